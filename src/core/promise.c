/* promise.c - starts that were promised when the step began, and for whom they were put off.
 *
 * The blame is found where it falls: a claim is about to be made, by a job before or behind the one
 * with the promise; then the reservations are worked out again. Only a job before it is ever named:
 * if one behind put it off, nothing would be said, and the simulator's oracle RESERVE finds that. */
#include "core/reserve.h"

#include "core/state.h"

void promises_begin(struct core *c)
{
    c->claimed = 0;
    c->promise_count = c->reserved_count;
    for (uint32_t i = 0; i < c->reserved_count; i++) {
        uint32_t pool = c->reserved_in[i];
        const struct reservation *h = &c->reservations[pool];
        c->promises[i] = (struct promise){.job = h->job, .pool = pool, .at_ms = h->at_ms};
    }
}

static bool comes_before(const struct core *c, uint32_t job, uint32_t holder)
{
    const struct entry *a = entry_find(c, job), *b = entry_find(c, holder);
    if (a == NULL || b == NULL || a == b) return false;
    struct rank x = rank_of(c, a, c->now_ms), y = rank_of(c, b, c->now_ms);
    return rank_is_before(&x, &y);
}

void promises_claim(struct core *c, const struct entry *e)
{
    c->claimed = e->job.id.v;
    for (uint32_t i = 0; i < c->promise_count; i++)
        c->promises[i].yields = comes_before(c, e->job.id.v, c->promises[i].job);
}

/* Is a start kept for it that is no later? */
static bool stands(const struct core *c, const struct promise *p)
{
    for (uint32_t i = 0; i < c->reserved_count; i++) {
        const struct reservation *h = &c->reservations[c->reserved_in[i]];
        if (h->job == p->job) return h->at_ms <= p->at_ms;
    }
    return false;
}

/* For whom it has just been put off; 0: for nobody, the world has changed. */
static uint32_t cause_of(const struct core *c, const struct promise *p)
{
    uint32_t next = c->reservations[p->pool].job;
    if (comes_before(c, next, p->job)) return next;
    if (c->claimed != 0) return p->yields ? c->claimed : 0;
    if (c->reserved_count < PROMISES_MAX) return 0;
    next = c->reservations[c->reserved_in[PROMISES_MAX - 1]].job;
    return comes_before(c, next, p->job) ? next : 0;
}

void promises_look(struct core *c)
{
    for (uint32_t i = 0; i < c->promise_count; i++) {
        struct promise *p = &c->promises[i];
        if (stands(c, p))
            p->for_job = 0;
        else if (p->for_job == 0)
            p->for_job = cause_of(c, p);
    }
}

void promises_say(struct core *c)
{
    for (uint32_t i = 0; i < c->promise_count; i++) {
        const struct promise *p = &c->promises[i];
        struct entry *e = p->for_job != 0 ? entry_find(c, p->job) : NULL;
        if (e == NULL || e->class == NULL) continue; /* it waits no more, or for something else */
        struct decision *d = decide(c, DECISION_POSTPONED, e, REASON_PRIORITY, (struct str){0});
        d->pool = p->pool;
        d->pool_id = str_copy(&c->out->arena, c->fleet.pools[p->pool].id);
        d->for_job.v = p->for_job;
    }
}
