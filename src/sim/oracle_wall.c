/* oracle_wall.c - WALL and LEASE: leases, maintenance, limits, deadlines and dates of the law.
 *
 * A job starts only where it can end before the next wall, or save its work once and go on later;
 * nothing that can be reached runs on past a wall or its limit; and when a decision says of a pool
 * that time is in the way, it is, and in the way that is said. Worked out from the fleet and the
 * job alone. */
#include "core/limits.h"
#include "sim/world.h"

#include <inttypes.h>

/* A reachable process is gone this long after its wall or time limit: grace, lost stops (repeated
 * at most a minute apart), messages minutes late, processes that hang. */
enum { OVER_SLACK_MS = 15 * 60 * 1000 };
/* The law is asked at so many instants between a start and the end that it allows for. */
enum { LAW_LOOKS = 6 };

static int64_t limit_of(const struct sim *s, const struct job *j, uint32_t pool)
{
    const struct fleet *f = shell_fleet(s);
    if (j->spec.time_limit_ms > 0) return j->spec.time_limit_ms;
    return f->pools[pool].time_limit_default_ms > 0 ? f->pools[pool].time_limit_default_ms
                                                    : f->time_limit_default_ms;
}

/* Until the job ends, or has saved its work, where it may go on later. */
static int64_t run_of(const struct job *j, int64_t limit_ms)
{
    int64_t save_ms = (int64_t)j->spec.checkpoint_s * 1000;
    return save_ms > 0 && save_ms < limit_ms && !j->spec.no_requeue ? save_ms : limit_ms;
}

static bool is_closed(const struct sim *s, uint32_t pool, int64_t at_ms)
{
    const struct fleet *f = shell_fleet(s);
    const struct pool *p = &f->pools[pool];
    const struct site *site = &f->sites[p->site_index];
    bool is = false;
    for (uint32_t i = 0; i < p->maintenance_count; i++)
        is = is || (p->maintenance[i].from_ms <= at_ms && at_ms < p->maintenance[i].to_ms);
    for (uint32_t i = 0; i < site->maintenance_count; i++)
        is = is || (site->maintenance[i].from_ms <= at_ms && at_ms < site->maintenance[i].to_ms);
    return is;
}

/* The first end of the lease or beginning of a window from `at_ms` on; INT64_MAX none. */
static int64_t wall_after(const struct sim *s, uint32_t pool, int64_t at_ms, int *reason_out)
{
    const struct pool *p = &shell_fleet(s)->pools[pool];
    const struct site *site = &shell_fleet(s)->sites[p->site_index];
    int64_t wall_ms = p->title.to_ms != 0 ? p->title.to_ms : INT64_MAX;
    *reason_out = REASON_LEASE_ENDS_FIRST;
    for (uint32_t i = 0; i < p->maintenance_count + site->maintenance_count; i++) {
        int64_t from_ms = i < p->maintenance_count
                              ? p->maintenance[i].from_ms
                              : site->maintenance[i - p->maintenance_count].from_ms;
        if (from_ms < at_ms || from_ms >= wall_ms) continue;
        wall_ms = from_ms;
        *reason_out = REASON_MAINTENANCE_FIRST;
    }
    return wall_ms;
}

/* ---- starts ---- */

static void check_law_ahead(struct sim *s, const struct job *j, int64_t run_ms)
{
    int64_t now_ms = core_now_ms(s->shell.core);
    if (!oracle_law_allows(s, j, j->claim->pool.v)) return; /* only words allow it: LAW's */
    for (int i = 1; i <= LAW_LOOKS && !sim_has_failed(s); i++) {
        int64_t on_ms = now_ms + run_ms * i / LAW_LOOKS;
        if (!oracle_law_tolerates(s, j, j->claim->pool.v, on_ms))
            sim_fail(s, "WALL",
                     "job %" PRIu32 " starts in pool %" PRIu32
                     ", where the law will forbid it in %" PRId64 " s",
                     j->id.v, j->claim->pool.v, (on_ms - now_ms) / 1000);
    }
}

void oracle_wall_placed(struct sim *s, const struct job *j)
{
    const struct pool *pool = &shell_fleet(s)->pools[j->claim->pool.v];
    int64_t now_ms = core_now_ms(s->shell.core), run_ms = run_of(j, j->time_limit_ms);
    int reason;
    int64_t wall_ms = wall_after(s, j->claim->pool.v, now_ms, &reason);
    if (wall_ms != INT64_MAX) sim_count(s, STAT_WALLS);
    if (pool->title.from_ms > now_ms || (wall_ms != INT64_MAX && now_ms + run_ms > wall_ms))
        sim_fail(s, reason == REASON_LEASE_ENDS_FIRST ? "LEASE" : "WALL",
                 "job %" PRIu32 " starts in pool %" PRIu32
                 " before its lease, or would outlast it or run into maintenance",
                 j->id.v, j->claim->pool.v);
    else if (is_closed(s, j->claim->pool.v, now_ms))
        sim_fail(s, "WALL", "job %" PRIu32 " starts in pool %" PRIu32 ", which is being maintained",
                 j->id.v, j->claim->pool.v);
    else if (j->spec.deadline_ms != 0 && now_ms + j->time_limit_ms > j->spec.deadline_ms)
        sim_fail(s, "WALL",
                 "job %" PRIu32 " starts %" PRId64 " s before its deadline, for %" PRId64, j->id.v,
                 (j->spec.deadline_ms - now_ms) / 1000, j->time_limit_ms / 1000);
    else
        check_law_ahead(s, j, run_ms);
}

/* ---- what runs ---- */

static bool is_over(const struct sim *s, const struct job *j)
{
    int64_t now_ms = core_now_ms(s->shell.core);
    const struct title *t = &shell_fleet(s)->pools[j->claim->pool.v].title;
    bool lease_over = t->to_ms != 0 && now_ms > t->to_ms;
    bool limit_over =
        j->state != JOB_CONFIGURING && j->start_ms != 0 && now_ms > j->start_ms + j->time_limit_ms;
    return lease_over || limit_over || is_closed(s, j->claim->pool.v, now_ms);
}

void oracle_wall_process(struct sim *s, const struct machine *m, const struct attempt_file *f)
{
    const struct job *j = core_job(s->shell.core, f->job);
    struct attempt_past *p = oracle_attempt(s, f->job, f->attempt);
    if (!is_over(s, j)) {
        p->over_since_ms = 0;
        return;
    }
    if (p->over_since_ms == 0) p->over_since_ms = s->now_ms;
    int64_t since_ms =
        m->reachable_since_ms > p->over_since_ms ? m->reachable_since_ms : p->over_since_ms;
    /* While time stands still the core repeats no order. */
    if (s->shell.still_until_ms > since_ms) since_ms = s->shell.still_until_ms;
    if (m->reachable_since_ms != INT64_MAX && s->now_ms - since_ms > OVER_SLACK_MS)
        sim_fail(s, "LEASE",
                 "%" PRIu32 ".%" PRIu32 " still runs %" PRId64
                 " s after its lease or time limit, or into maintenance, though it can be reached",
                 f->job.v, f->attempt, (s->now_ms - p->over_since_ms) / 1000);
}

/* Whatever the clock does, a limit is of time that passed. */
void oracle_wall_stopped(struct sim *s, const struct decision *d)
{
    if (d->reason != REASON_TIME_LIMIT) return;
    const struct job *j = core_job(s->shell.core, d->job);
    const struct attempt_past *p = oracle_attempt(s, d->job, d->attempt);
    int64_t ran_ms = s->now_ms - p->ran_from_ms + s->clock_unseen_ms - p->unseen_ms;
    if (j->claim != NULL && ran_ms < j->time_limit_ms)
        sim_fail(s, "LEASE",
                 "job %" PRIu32 " is stopped for its limit of %" PRId64 " s after %" PRId64 " s",
                 j->id.v, j->time_limit_ms / 1000, ran_ms / 1000);
}

/* ---- what is said ---- */

/* What of time is in the way, in the order in which it is told; REASON_NONE. */
static int obstacle(const struct sim *s, const struct job *j, uint32_t pool)
{
    const struct pool *p = &shell_fleet(s)->pools[pool];
    int64_t now_ms = core_now_ms(s->shell.core), limit_ms = limit_of(s, j, pool);
    int reason;
    if (p->title.from_ms > now_ms) return REASON_LEASE_NOT_BEGUN;
    if (is_closed(s, pool, now_ms)) return REASON_MAINTENANCE;
    int64_t wall_ms = wall_after(s, pool, now_ms, &reason);
    if (wall_ms != INT64_MAX && wall_ms - WALL_START_MS - now_ms < run_of(j, limit_ms))
        return reason;
    if (p->time_limit_max_ms > 0 && limit_ms > p->time_limit_max_ms) return REASON_TIME_LIMIT;
    if (j->spec.deadline_ms > 0 && now_ms + limit_ms > j->spec.deadline_ms) return REASON_DEADLINE;
    return REASON_NONE;
}

void oracle_wall_row(struct sim *s, const struct job *j, const struct pool_reason *row)
{
    int should = REASON_NONE;
    switch (row->reason) {
    case REASON_LEASE_NOT_BEGUN:
    case REASON_MAINTENANCE:
    case REASON_LEASE_ENDS_FIRST:
    case REASON_MAINTENANCE_FIRST:
    case REASON_TIME_LIMIT:
    case REASON_DEADLINE: should = row->reason; break;
    case REASON_DEARER:
    case REASON_RESOURCES:
    case REASON_PRIORITY:
    case REASON_QUOTA:
    case REASON_TOO_SLOW:
    case REASON_NODES_DOWN:
    case REASON_PARTITION_DOWN: break;
    default: return; /* told before time is looked at, or chosen */
    }
    int is = obstacle(s, j, row->pool);
    if (is != should)
        sim_fail(s, "WALL",
                 "job %" PRIu32 " is said to be kept from pool %" PRIu32
                 " by %s; of time, %s is in the way",
                 j->id.v, row->pool, reason_names[row->reason], reason_names[is]);
}
