/* oracle_explain.c - EXPLAIN: why a job is where it is must be complete and true at any moment.
 *
 * That the stated change really helps is a property test of the core (test/unit/core); here
 * explanations are asked for in states that such tests do not reach. */
#include "core/explain.h"
#include "sim/world.h"

#include <inttypes.h>
#include <math.h>

static const struct job *some_job(struct sim *s)
{
    const struct core *c = s->shell.core;
    uint32_t count = 0;
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id))
        count++;
    if (count == 0) return NULL;
    const struct job *j = core_job_after(c, (struct job_id){0});
    for (uint32_t skip = rng_below(&s->rng, count); skip > 0; skip--) j = core_job_after(c, j->id);
    return j;
}

static void check_row(struct sim *s, const struct job *j, const struct explanation *x, uint32_t i)
{
    const struct pool_reason *row = &x->pools[i];
    if (row->pool != i || x->sentences[i].len == 0)
        sim_fail(s, "EXPLAIN", "job %" PRIu32 ": pool %" PRIu32 " has no row or no sentence",
                 j->id.v, i);
    if (row->reason == REASON_CHOSEN && x->chosen != i)
        sim_fail(s, "EXPLAIN", "job %" PRIu32 ": pool %" PRIu32 " is marked, but not chosen",
                 j->id.v, i);
    bool by_law = row->reason == REASON_LAW_FORBIDS || row->reason == REASON_LAW_UNRESOLVED;
    if (by_law && (row->rule.len == 0 || oracle_law_allows(s, j, i)))
        sim_fail(s, "EXPLAIN",
                 "job %" PRIu32 ": pool %" PRIu32 " is said to be forbidden by '" STR_FMT
                 "', but it is allowed, or no rule is named",
                 j->id.v, i, STR_ARG(row->rule));
}

static void check_budget_row(struct sim *s, const struct job *j, const struct pool_reason *row)
{
    double left;
    if (row->reason != REASON_BUDGET || !oracle_budget_left(s, j, &left)) return;
    if (row->need > row->have && fabs(left - (double)row->have) < 1000) return;
    sim_fail(s, "EXPLAIN",
             "job %" PRIu32 ": its budget is said to have %" PRId64 " left, not %.0f, and %" PRId64
             " to be needed",
             j->id.v, row->have, left, row->need);
}

void oracle_explain(struct sim *s)
{
    const struct job *j = some_job(s);
    if (j == NULL) return;
    struct arena arena;
    struct explanation x;
    arena_init(&arena);
    sim_count(s, STAT_EXPLANATIONS);
    core_explain(s->shell.core, j, &arena, &x);
    if (x.pool_count != shell_fleet(s)->pool_count)
        sim_fail(s, "EXPLAIN", "job %" PRIu32 ": %" PRIu32 " rows for %" PRIu32 " pools", j->id.v,
                 x.pool_count, shell_fleet(s)->pool_count);
    for (uint32_t i = 0; i < x.pool_count && !sim_has_failed(s); i++) {
        check_row(s, j, &x, i);
        if (j->state == JOB_PENDING) check_budget_row(s, j, &x.pools[i]);
    }
    arena_release(&arena);
}
