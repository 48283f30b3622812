/* oracle_explain.c - EXPLAIN: why a job is where it is must be complete and true at any moment.
 *
 * Every pool has its row. What is said of the law is what the second evaluator says, of time what
 * walls and limits give, of room what the claims leave. Where the row states a number by which the
 * job misses, a job that keeps to it is no longer kept away by that. And the smallest change that
 * is stated for the whole job is carried out (oracle_flip.c). */
#include "core/explain.h"
#include "core/size.h"
#include "sim/world.h"

#include <inttypes.h>
#include <math.h>

enum { MINUTE_MS = 60 * 1000 };

static bool waits(const struct job *j)
{
    return j->state == JOB_PENDING || j->state == JOB_REFUSED;
}

/* A random job; most often one of those about which there is something to be said. */
static const struct job *some_job(struct sim *s)
{
    const struct core *c = s->shell.core;
    uint32_t count = 0, waiting = 0;
    const struct job *j;
    for (j = core_job_after(c, (struct job_id){0}); j != NULL; j = core_job_after(c, j->id)) {
        count++;
        waiting += waits(j);
    }
    if (count == 0) return NULL;
    bool only_waiting = waiting > 0 && rng_chance(&s->rng, 80);
    uint32_t skip = rng_below(&s->rng, only_waiting ? waiting : count);
    for (j = core_job_after(c, (struct job_id){0}); j != NULL; j = core_job_after(c, j->id))
        if ((!only_waiting || waits(j)) && skip-- == 0) return j;
    return NULL;
}

/* ---- rows ---- */

/* A job for which others are being stopped waits for them there, not for room, of which some is
 * already held for it. */
static void check_hold(struct sim *s, const struct job *j, const struct pool_reason *row)
{
    struct job_hold h;
    bool is_held = core_hold(s->shell.core, j->id, &h) && h.pool.v == row->pool;
    if (row->reason == (is_held ? REASON_RESOURCES : REASON_PREEMPTING))
        sim_fail(s, "EXPLAIN", "job %" PRIu32 ": pool %" PRIu32 " is said to be %s", j->id.v,
                 row->pool,
                 is_held ? "full, but others are being stopped for it there"
                         : "left by others for it, but nothing is held for it there");
}

static void check_room(struct sim *s, const struct job *j, const struct pool_reason *row)
{
    struct pool_reservation kept;
    bool fits = oracle_fits(s, j, row->pool, NULL, 0);
    if (row->reason == REASON_RESOURCES && fits)
        sim_fail(s, "EXPLAIN", "job %" PRIu32 " fits in pool %" PRIu32 ", which is said to be full",
                 j->id.v, row->pool);
    if (row->reason != REASON_PRIORITY) return;
    sim_count(s, STAT_PRIORITY_ROWS);
    if (!core_reservation(s->shell.core, (struct pool_id){row->pool}, &kept) ||
        kept.job.v == j->id.v || !fits)
        sim_fail(s, "EXPLAIN",
                 "job %" PRIu32 " is said to be kept from pool %" PRIu32
                 " by what is kept there, but nothing is, or it is for that very job, or it would "
                 "not fit anyway",
                 j->id.v, row->pool);
}

/* The job as the row would have it; false: the row states no number that the job could keep to. */
static bool keep_to(const struct sim *s, const struct pool_reason *row, struct job_spec *spec,
                    struct str kinds[2])
{
    switch (row->reason) {
    case REASON_PRICE_ABOVE_MAX: spec->max_uusd_per_chip_h = row->have; return true;
    case REASON_TOO_SLOW:
        if (row->need > TIME_LIMIT_MAX_MS - MINUTE_MS) return false;
        spec->time_limit_ms = (row->need + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS;
        return true;
    case REASON_TIME_LIMIT:
    case REASON_LEASE_ENDS_FIRST:
    case REASON_MAINTENANCE_FIRST:
    case REASON_LAW_ENDS_FIRST:
    case REASON_DEADLINE:
    case REASON_PRIORITY:
        spec->time_limit_ms = row->have - row->have % MINUTE_MS;
        return spec->time_limit_ms > 0;
    case REASON_MEMORY:
        spec->mem_mb_per_node = (uint64_t)row->have;
        spec->mem_mb_per_chip = spec->mem_mb_per_cpu = 0;
        return true;
    case REASON_CHIP_KIND:
        kinds[0] = shell_fleet(s)->pools[row->pool].chip;
        spec->chip_kinds = kinds;
        spec->chip_kind_count = 1;
        return kinds[0].len > 0;
    case REASON_NOT_NAMED:
        spec->partition_count = spec->site_count = spec->country_count = 0;
        spec->not_site_count = 0;
        return true;
    default: return false;
    }
}

/* As submitted now with that change, the pool has another reason or none. */
static void check_number(struct sim *s, const struct job *j, const struct pool_reason *row)
{
    struct job_spec spec = j->spec;
    struct str kinds[2];
    if (!keep_to(s, row, &spec, kinds)) return;
    struct arena arena;
    struct explanation x;
    arena_init(&arena);
    sim_count(s, STAT_ROW_NUMBERS);
    core_explain_spec(s->shell.core, &spec, core_now_ms(s->shell.core), &arena, &x);
    if (x.pools[row->pool].reason == row->reason)
        sim_fail(s, "EXPLAIN",
                 "job %" PRIu32 " is kept from pool %" PRIu32 " by %s (has %" PRId64
                 ", needs %" PRId64 "), and still is (%" PRId64 ", %" PRId64
                 ") when it keeps to that",
                 j->id.v, row->pool, reason_names[row->reason], row->have, row->need,
                 x.pools[row->pool].have, x.pools[row->pool].need);
    arena_release(&arena);
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
    if (waits(j) && !sim_has_failed(s)) oracle_wall_row(s, j, row);
    if (j->state == JOB_PENDING && !sim_has_failed(s)) check_room(s, j, row);
    if (!sim_has_failed(s)) check_hold(s, j, row);
}

static void check_budget_row(struct sim *s, const struct job *j, const struct pool_reason *row)
{
    double left;
    if (row->reason != REASON_BUDGET || !oracle_budget_left(s, j, &left)) return;
    double kept = oracle_budget_kept(s, j);
    if (left > 0) left = left > kept ? left - kept : 0;
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
    if (waits(j) && !sim_has_failed(s)) {
        check_number(s, j, &x.pools[rng_below(&s->rng, x.pool_count)]);
        if (x.flip.sentence.len == 0)
            sim_fail(s, "EXPLAIN", "job %" PRIu32 " waits, and nothing is said to help", j->id.v);
        else if ((x.flip.kind != FLIP_NONE || x.together_count > 0) && !sim_has_failed(s))
            oracle_flip(s, j, &x);
    }
    arena_release(&arena);
}
