/* wall.c - when pools close and open: leases and maintenance windows (core/wall.h). */
#include "core/wall.h"

#include "core/state.h"

int64_t wall_of_pool(const struct fleet *f, uint32_t pool, int64_t now_ms, int *reason_out)
{
    const struct pool *p = &f->pools[pool];
    int64_t at = BERTH_DEFECT != 3 && p->title.to_ms > 0 ? p->title.to_ms : CIVIL_NEVER_MS;
    *reason_out = at == CIVIL_NEVER_MS ? REASON_NONE : REASON_LEASE_ENDS_FIRST;
    for (uint32_t i = 0; i < p->maintenance_count; i++) {
        const struct window *w = &p->maintenance[i];
        if (w->to_ms <= now_ms || w->from_ms >= at || BERTH_DEFECT == 41) continue;
        at = w->from_ms;
        *reason_out = REASON_MAINTENANCE_FIRST;
    }
    return at;
}

const struct window *window_at(const struct pool *p, int64_t now_ms)
{
    for (uint32_t i = 0; i < p->maintenance_count; i++)
        if (p->maintenance[i].from_ms <= now_ms && now_ms < p->maintenance[i].to_ms)
            return &p->maintenance[i];
    return NULL;
}

int64_t wall_next_opening(const struct fleet *f, int64_t now_ms)
{
    int64_t at = CIVIL_NEVER_MS;
    for (uint32_t i = 0; i < f->pool_count; i++) {
        const struct pool *p = &f->pools[i];
        if (p->title.from_ms > now_ms && p->title.from_ms < at) at = p->title.from_ms;
        for (uint32_t k = 0; k < p->maintenance_count; k++) {
            int64_t to = p->maintenance[k].to_ms;
            if (to > now_ms && to < at) at = to;
        }
    }
    return at;
}

int64_t wall_run_ms(const struct job_spec *s, int64_t limit_ms)
{
    bool can_move = s->checkpoint_s > 0 && !s->no_requeue;
    int64_t checkpoint_ms = (int64_t)s->checkpoint_s * 1000;
    return can_move && checkpoint_ms < limit_ms ? checkpoint_ms : limit_ms;
}

int64_t wall_last_start(const struct fleet *f, uint32_t pool, int64_t run_ms, int64_t now_ms)
{
    int reason;
    int64_t at = wall_of_pool(f, pool, now_ms, &reason);
    return at == CIVIL_NEVER_MS ? CIVIL_NEVER_MS : at - WALL_START_MS - run_ms;
}

int64_t core_last_start_ms(const struct core *c, struct pool_id pool, int64_t now_ms)
{
    static const struct job_spec plain;
    int64_t limit = limit_in_pool(&c->fleet, &plain, pool.v);
    int64_t at = wall_last_start(&c->fleet, pool.v, limit, now_ms);
    return at == CIVIL_NEVER_MS ? 0 : at;
}
