#include "sim/gavel/gavel_berth.h"

#include "base/mem.h"
#include "sim/gavel/gavel_even.h"
#include "sim/gavel/gavel_match.h"

#include <math.h>

/* The rule's numbers; the header says what they do. */
#define QUEUE_FACTOR 30.0
#define QUEUE_FACTOR_BLIND 1.0
#define QUEUE_PACE 0.02 /* the part of the smoothed queue that each round renews */
#define RENT_PACE 0.1 /* and of the rents */
#define LATE_FROM_LEAST 0.6
#define LATE_FROM_MOST 0.75
#define LATE_FROM_BLIND 1.05
#define WORST_FADES (1.0 / 300) /* with each job that ends */

/* What the rule knows of a job. */
struct view {
    double best; /* its greatest speed, steps a second */
    double left_s; /* seconds that it needs at that speed, known or guessed */
    double cost; /* m */
    double late; /* of its worth; 1: not late */
};

struct gavel_berth {
    bool blind;
    struct gavel_even *even; /* NULL when blind */
    uint32_t admitted; /* jobs that it knows */
    double worst; /* the greatest finish-time ratio of late; not when blind */
    double rent[GAVEL_TYPES];
    double queue; /* c */
    struct view *views;
    size_t view_cap;
    struct gavel_match match;
};

struct gavel_berth *gavel_berth_new(bool blind, const int32_t workers[GAVEL_TYPES])
{
    struct gavel_berth *b = mem_alloc(1, sizeof *b);
    b->blind = blind;
    b->worst = 1;
    if (!blind) b->even = gavel_even_new(workers);
    return b;
}

void gavel_berth_free(struct gavel_berth *b)
{
    if (b == NULL) return;
    gavel_match_release(&b->match);
    gavel_even_free(b->even);
    mem_free(b->views);
    mem_free(b);
}

/* ---- the jobs -------------------------------------------------------------------------------- */

/* Let the jobs that came since the last round join the even split. */
static void admit(struct gavel_berth *b, const struct gavel_world *w)
{
    uint32_t first = w->count;
    while (first > 0 && w->live[first - 1].index >= b->admitted) first--;
    for (uint32_t i = first; i < w->count; i++) {
        gavel_even_admit(b->even, w->live[i].index, &w->live[i].job);
        b->admitted = w->live[i].index + 1;
    }
}

static double fourth_power(double x)
{
    return x * x * x * x;
}

/* The finish-time ratio of a job that ends after so many seconds; where it is not above `from`,
 * something up to `from`. */
static double finish_ratio(struct gavel_berth *b, const struct gavel_live *l, double took_s,
                           double from)
{
    double arrival_s = l->job.arrival_s;
    double at_most = took_s / (gavel_even_end_at_least_s(b->even, l->index) - arrival_s);
    if (at_most <= from) return at_most;
    return took_s / (gavel_even_end_s(b->even, l->index) - arrival_s);
}

/* What the finish-time ratio that the job is heading for adds to its worth. */
static double late_factor(struct gavel_berth *b, const struct gavel_world *w, uint32_t i,
                          double left_s, double had_s)
{
    const struct gavel_live *l = &w->live[i];
    double age_s = w->now_s - l->job.arrival_s, known_s = had_s + GAVEL_ROUND_S;
    if (b->blind)
        return fourth_power(fmax(1, (age_s + known_s) / (l->even_s + known_s) / LATE_FROM_BLIND));
    double from = fmin(LATE_FROM_MOST, fmax(LATE_FROM_LEAST, b->worst));
    double f = fourth_power(fmax(1, finish_ratio(b, l, age_s + left_s, from) / from));
    return f * f * f;
}

static void view_jobs(struct gavel_berth *b, const struct gavel_world *w)
{
    double had_s = 0; /* on average, at the best speed */
    for (uint32_t i = 0; i < w->count; i++) {
        const struct gavel_job *j = &w->live[i].job;
        struct view *v = &b->views[i];
        v->best = 0;
        for (int k = 0; k < GAVEL_TYPES; k++)
            if (gavel_can_run(w, j->speed[k], j->gpus, k)) v->best = fmax(v->best, j->speed[k]);
        had_s += w->live[i].done / v->best / w->count;
    }
    for (uint32_t i = 0; i < w->count; i++) {
        const struct gavel_live *l = &w->live[i];
        struct view *v = &b->views[i];
        v->left_s =
            b->blind ? l->done / v->best + had_s + GAVEL_ROUND_S : gavel_steps_left(l) / v->best;
        v->cost = INFINITY;
        for (int k = 0; k < GAVEL_TYPES; k++)
            if (gavel_can_run(w, l->job.speed[k], l->job.gpus, k))
                v->cost = fmin(v->cost, (1 + l->job.gpus * b->rent[k]) * v->best / l->job.speed[k]);
        v->late = late_factor(b, w, i, v->left_s, had_s);
    }
}

static void note_queue(struct gavel_berth *b, const struct gavel_world *w)
{
    double asked = 0, all = 0;
    for (uint32_t i = 0; i < w->count; i++) asked += w->live[i].job.gpus;
    for (int k = 0; k < GAVEL_TYPES; k++) all += w->workers[k];
    double now = fmax(0, asked / all - 1);
    b->queue = fmax(now, b->queue + QUEUE_PACE * (now - b->queue));
}

/* ---- the values ------------------------------------------------------------------------------ */

/* The worth of a round of the job's work. `urgent`: what a short job has on top when jobs wait. */
static double worth(const struct gavel_world *w, uint32_t i, const struct view *v, double urgent,
                    double mean_size)
{
    double waited = (w->now_s - w->live[i].last_s) / mean_size;
    return w->live[i].job.weight * v->cost * (1 + urgent / (1 + v->cost * v->left_s / mean_size)) *
           v->late * (1 + waited * waited);
}

static void value_job(const struct gavel_berth *b, const struct gavel_world *w, uint32_t i,
                      double mean_size, struct gavel_match_job *out)
{
    const struct gavel_job *j = &w->live[i].job;
    const struct view *v = &b->views[i];
    double urgent = (b->blind ? QUEUE_FACTOR_BLIND : QUEUE_FACTOR) * b->queue;
    double left = b->blind ? INFINITY : v->left_s / GAVEL_ROUND_S; /* rounds */
    double work = worth(w, i, v, urgent, mean_size);
    out->gpus = j->gpus;
    out->type = w->live[i].type;
    for (int k = 0; k < GAVEL_TYPES; k++) {
        double r = j->speed[k] / v->best;
        out->value[k] = 0;
        if (!gavel_can_run(w, j->speed[k], j->gpus, k)) continue;
        out->value[k] = work * fmin(r, left);
        if (left < r) out->value[k] += j->weight * v->late * (1 + urgent) * (1 - left / r);
    }
}

/* Let the rents follow the prices of the last matching, over the mean worth of the jobs that run.
 * Costs are left out of the worth, as rents are part of them. */
static void note_rents(struct gavel_berth *b, const struct gavel_world *w,
                       const double price[GAVEL_TYPES])
{
    double sum = 0, least = INFINITY;
    uint32_t running = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct gavel_match_job *j = &b->match.jobs[i];
        if (j->type == GAVEL_NOWHERE) continue;
        double best = 0;
        for (int k = 0; k < GAVEL_TYPES; k++) best = fmax(best, j->value[k]);
        sum += best / b->views[i].cost;
        running++;
    }
    if (running == 0) return;
    for (int k = 0; k < GAVEL_TYPES; k++)
        if (w->workers[k] > 0) least = fmin(least, price[k]);
    for (int k = 0; k < GAVEL_TYPES; k++)
        b->rent[k] += RENT_PACE * (fmax(0, price[k] - least) * running / sum - b->rent[k]);
}

/* Let the worst ratio follow those of the jobs that will end in the round. */
static void note_ends(struct gavel_berth *b, const struct gavel_world *w)
{
    for (uint32_t i = 0; i < w->count; i++) {
        const struct gavel_live *l = &w->live[i];
        if (l->type == GAVEL_NOWHERE) continue;
        double left_s = gavel_steps_left(l) / l->job.speed[l->type];
        if (left_s > GAVEL_ROUND_S) continue;
        b->worst -= b->worst * WORST_FADES;
        b->worst =
            fmax(b->worst, finish_ratio(b, l, w->now_s + left_s - l->job.arrival_s, b->worst));
    }
}

void gavel_berth_choose(struct gavel_berth *b, struct gavel_world *w)
{
    double price[GAVEL_TYPES], size = 0;
    b->views = mem_grow(b->views, &b->view_cap, w->count, sizeof *b->views);
    if (!b->blind) admit(b, w);
    view_jobs(b, w);
    note_queue(b, w);
    for (uint32_t i = 0; i < w->count; i++)
        size += b->views[i].cost * b->views[i].left_s / w->count;
    size += 1; /* seconds: jobs may have next to nothing left */
    gavel_match_init(&b->match, w->count);
    for (uint32_t i = 0; i < w->count; i++) value_job(b, w, i, size, &b->match.jobs[i]);
    gavel_match_solve(&b->match, w->workers, price);
    note_rents(b, w, price);
    for (uint32_t i = 0; i < w->count; i++) w->live[i].type = b->match.jobs[i].type;
    if (!b->blind) note_ends(b, w);
}
