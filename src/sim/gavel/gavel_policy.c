#include "sim/gavel/gavel_policy.h"

#include "base/check.h"
#include "base/mem.h"
#include "sim/gavel/gavel_lp.h"

#include <math.h>
#include <string.h>

const char *const gavel_policy_names[GAVEL_POLICIES + 1] = {"berth",     "berth_blind",   "fifo",
                                                            "fifo_perf", "isolated",      "las",
                                                            "las_perf",  "makespan_perf", NULL};
const char *const gavel_objective_names[GAVEL_OBJECTIVES + 1] = {"jct", "makespan", NULL};

bool gavel_policy_chooses(int policy)
{
    return policy == GAVEL_BERTH || policy == GAVEL_BERTH_BLIND;
}

bool gavel_policy_is_agnostic(int policy)
{
    return policy == GAVEL_LAS || policy == GAVEL_FIFO || policy == GAVEL_ISOLATED;
}

bool gavel_policy_is_fifo(int policy)
{
    return policy == GAVEL_FIFO || policy == GAVEL_FIFO_PERF;
}

static void allocate_fifo(struct gavel_world *w)
{
    int32_t idle[GAVEL_TYPES];
    memcpy(idle, w->workers, sizeof idle);
    for (uint32_t i = 0; i < w->count; i++) {
        struct gavel_live *l = &w->live[i];
        int best = GAVEL_NOWHERE;
        for (int j = 0; j < GAVEL_TYPES; j++)
            if ((int32_t)l->job.gpus <= idle[j] &&
                (best == GAVEL_NOWHERE || l->job.speed[j] > l->job.speed[best]))
                best = j;
        if (best == GAVEL_NOWHERE) return;
        l->share[best] = 1;
        if (l->job.speed[best] > 0) idle[best] -= (int32_t)l->job.gpus;
    }
}

static void allocate_isolated(struct gavel_world *w)
{
    double all = 0;
    for (int j = 0; j < GAVEL_TYPES; j++) all += w->workers[j];
    for (uint32_t i = 0; i < w->count; i++) {
        struct gavel_live *l = &w->live[i];
        double most = fmax((double)w->count * l->job.gpus, all);
        for (int j = 0; j < GAVEL_TYPES; j++) l->share[j] = w->workers[j] / most;
    }
}

/* The job's row of the program. Speeds stand for "speed x scale" of the papers. */
static struct gavel_lp_job program_row(const struct gavel_world *w, const struct gavel_live *l,
                                       int policy)
{
    struct gavel_lp_job row = {.gpus = l->job.gpus};
    double even = 0, all = 0; /* speed with an even part of the cluster */
    for (int j = 0; j < GAVEL_TYPES; j++) {
        row.speed[j] = policy == GAVEL_LAS ? 1 : l->job.speed[j];
        even += row.speed[j] * w->workers[j];
        all += w->workers[j];
    }
    row.need = policy == GAVEL_MAKESPAN_PERF ? gavel_steps_left(l)
                                             : l->job.weight * even / (all * l->job.gpus);
    return row;
}

void gavel_allocate(struct gavel_world *w, int policy)
{
    ASSERT(!gavel_policy_chooses(policy) && policy != GAVEL_FIFO);
    for (uint32_t i = 0; i < w->count; i++)
        for (int j = 0; j < GAVEL_TYPES; j++) w->live[i].share[j] = 0;
    if (w->count == 0) return;
    if (policy == GAVEL_FIFO_PERF) {
        allocate_fifo(w);
        return;
    }
    if (policy == GAVEL_ISOLATED) {
        allocate_isolated(w);
        return;
    }
    struct gavel_lp_job *rows = mem_alloc(w->count, sizeof *rows);
    double(*x)[GAVEL_TYPES] = mem_alloc(w->count, sizeof *x);
    for (uint32_t i = 0; i < w->count; i++) rows[i] = program_row(w, &w->live[i], policy);
    gavel_lp_solve(rows, w->count, w->workers, x);
    for (uint32_t i = 0; i < w->count; i++) memcpy(w->live[i].share, x[i], sizeof x[i]);
    mem_free(rows);
    mem_free(x);
}
