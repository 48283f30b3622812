/* wall.c - when pools close and open: leases and maintenance windows (core/wall.h). */
#include "core/wall.h"

#include "core/state.h"

/* The windows of a pool: its own, then its site's. NULL: there are no more. */
static const struct window *window_of(const struct fleet *f, uint32_t pool, uint32_t i)
{
    const struct pool *p = &f->pools[pool];
    const struct site *s = &f->sites[p->site_index];
    if (i < p->maintenance_count) return &p->maintenance[i];
    i -= p->maintenance_count;
    return i < s->maintenance_count ? &s->maintenance[i] : NULL;
}

int64_t wall_of_pool(const struct fleet *f, uint32_t pool, int64_t now_ms, int *reason_out)
{
    const struct title *t = &f->pools[pool].title;
    int64_t at = BERTH_DEFECT != 3 && t->to_ms > 0 ? t->to_ms : CIVIL_NEVER_MS;
    *reason_out = at == CIVIL_NEVER_MS ? REASON_NONE : REASON_LEASE_ENDS_FIRST;
    const struct window *w;
    for (uint32_t i = 0; (w = window_of(f, pool, i)) != NULL; i++) {
        if (w->to_ms <= now_ms || w->from_ms >= at || BERTH_DEFECT == 41) continue;
        at = w->from_ms;
        *reason_out = REASON_MAINTENANCE_FIRST;
    }
    return at;
}

const struct window *window_at(const struct fleet *f, uint32_t pool, int64_t now_ms)
{
    const struct window *w = core_window(f, pool, now_ms);
    return w != NULL && w->from_ms <= now_ms ? w : NULL;
}

const struct window *core_window(const struct fleet *f, uint32_t pool, int64_t now_ms)
{
    const struct window *w, *next = NULL;
    for (uint32_t i = 0; (w = window_of(f, pool, i)) != NULL; i++) {
        if (w->to_ms <= now_ms) continue;
        bool open = w->from_ms <= now_ms, next_open = next != NULL && next->from_ms <= now_ms;
        bool sooner = next == NULL || w->from_ms < next->from_ms;
        if (open && next_open ? w->to_ms > next->to_ms : sooner) next = w;
    }
    return next;
}

int64_t wall_next_opening(const struct fleet *f, int64_t now_ms)
{
    int64_t at = CIVIL_NEVER_MS;
    const struct window *w;
    for (uint32_t p = 0; p < f->pool_count; p++) {
        int64_t from_ms = f->pools[p].title.from_ms;
        if (from_ms > now_ms && from_ms < at) at = from_ms;
        for (uint32_t i = 0; (w = window_of(f, p, i)) != NULL; i++)
            if (w->to_ms > now_ms && w->to_ms < at) at = w->to_ms;
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
