/* gavel_match.h - which job runs on which type: the matching of greatest value.
 *
 *     maximise  sum of value[i][type of i],  the jobs on type j asking for at most workers_j GPUs
 *
 * The start is greedy, by value per GPU; jobs of one size first stay where they ran last, which is
 * near the best and, where several are best, moves the fewest. It is improved by chains of moves
 * among jobs of one size: a job goes from one type to the next, the job that gains most there goes
 * further, until the chain closes, ends in idle GPUs, or ends with a job that waits. With T types a
 * chain has at most T + 1 moves, and the best job for each pair of types stands for all: a heap for
 * each pair keeps it at hand, so that a chain costs the logarithm of the jobs. For jobs of one size
 * no chain that gains means that the matching is optimal (it is a transport problem; Klein, "A
 * primal method for minimal cost flows", Management Science 14(3), 1967). Jobs of several sizes
 * make it a knapsack problem: there a job may also push out the cheapest others, whatever their
 * size, where that gains; what becomes free is filled (gavel_push.h). Jobs, not prices, are
 * compared, so the result is a local optimum: on Gavel's traces as good as simulated annealing with
 * a thousand times the work. */
#ifndef BERTH_SIM_GAVEL_MATCH_H
#define BERTH_SIM_GAVEL_MATCH_H

#include "sim/gavel/gavel_world.h"

#include <stddef.h>

#define GAVEL_MATCH_GAIN_MIN 1e-9 /* less is rounding */
#define GAVEL_MATCH_ROUNDING 1e-12 /* of a sum of a few terms, relative */

struct gavel_match_job {
    double value[GAVEL_TYPES]; /* > 0; 0: cannot run there, or should not */
    uint32_t gpus; /* > 0 */
    int type; /* in: where it ran last, for a shorter search; out: where it runs; GAVEL_NOWHERE */
};

/* A job and its best value for a GPU. */
struct gavel_ranked {
    double worth;
    uint32_t job;
};

/* A move of a job from a type to another (or into waiting, or out of it), and what it gains. */
struct gavel_move {
    double gain;
    uint32_t job;
};

/* A job that has a type, and the least that it loses when it leaves it. */
struct gavel_running {
    double loss;
    uint32_t job;
};

/* The greatest gain on top; a job that has gone elsewhere since is dropped when it comes there. */
struct gavel_moves {
    struct gavel_move *heap;
    uint32_t count;
    size_t cap;
};

/* Memory that is kept between calls; zero at first. */
struct gavel_match {
    struct gavel_match_job *jobs;
    uint32_t count;
    size_t job_cap;
    struct gavel_ranked *ranked; /* a heap of jobs by worth; those taken off stand behind it */
    uint32_t heaped; /* how many are still in the heap */
    size_t ranked_cap;
    int *trial; /* the types, and those of a change that is being tried */
    size_t trial_cap;
    struct gavel_running *running; /* by type; within one as they stand in `jobs` */
    uint32_t running_from[GAVEL_TYPES + 1]; /* where those of each type begin */
    size_t running_cap;
    uint32_t *changed; /* jobs whose type in `trial` is another; pushed out and back, twice */
    uint32_t changed_count;
    size_t changed_cap;
    int32_t idle[GAVEL_TYPES];
    struct gavel_moves moves[GAVEL_TYPES + 1][GAVEL_TYPES + 1]; /* the last place: waiting */
    uint64_t looks; /* at jobs, by pushing out, in this call */
};

/* Make room for `count` jobs; the caller then fills all of `jobs`. */
void gavel_match_init(struct gavel_match *m, uint32_t count);
void gavel_match_release(struct gavel_match *m);

/* Choose `type` of every job. Where the jobs differ in size, the types that come in are not looked
 * at. price_out: what one GPU more of each type would add. */
void gavel_match_solve(struct gavel_match *m, const int32_t workers[GAVEL_TYPES],
                       double price_out[GAVEL_TYPES]);

/* The job of n-th greatest worth, from 0; known as soon as one took it off the heap. */
static inline uint32_t gavel_match_nth(const struct gavel_match *m, uint32_t n)
{
    return m->ranked[m->count - 1 - n].job;
}

static inline double gavel_match_value(const struct gavel_match_job *j, int type)
{
    return type == GAVEL_NOWHERE ? 0 : j->value[type];
}

/* The type of greatest value among those with `idle` GPUs enough, but not `except`. */
static inline int gavel_match_best_idle(const struct gavel_match_job *j,
                                        const int32_t idle[GAVEL_TYPES], int except)
{
    int best = GAVEL_NOWHERE;
    double most = 0;
    for (int k = 0; k < GAVEL_TYPES; k++)
        if (k != except && j->value[k] > most && (int32_t)j->gpus <= idle[k]) {
            most = j->value[k];
            best = k;
        }
    return best;
}

#endif
