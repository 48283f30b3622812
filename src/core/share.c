#include "core/share.h"

#include "core/decay.h"
#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/money.h"

#include <string.h>

/* ---- the table of tenants -------------------------------------------------------------------- */

/* Where the tenant stands, or would, in order of names. */
static size_t place_of(const struct core *c, struct str tenant)
{
    size_t low = 0, high = c->share_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (str_cmp(c->shares[middle]->tenant, tenant) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct share *share_find(const struct core *c, struct str tenant)
{
    size_t at = place_of(c, tenant);
    bool found = at < c->share_count && str_eq(c->shares[at]->tenant, tenant);
    return found ? c->shares[at] : NULL;
}

static uint32_t weight_of(const struct core *c, struct str tenant)
{
    uint32_t t = c->has_fleet ? fleet_tenant(&c->fleet, tenant) : NO_INDEX;
    return t != NO_INDEX ? c->fleet.tenants[t].weight : 1;
}

struct share *share_of(struct core *c, struct str tenant)
{
    size_t at = place_of(c, tenant);
    if (at < c->share_count && str_eq(c->shares[at]->tenant, tenant)) return c->shares[at];
    struct share *s = mem_alloc(1, sizeof *s + tenant.len);
    char *name = (char *)(s + 1);
    if (tenant.len > 0) memcpy(name, tenant.p, tenant.len);
    s->tenant = (struct str){name, tenant.len};
    s->weight = weight_of(c, tenant);
    s->at_ms = c->now_ms;
    account_enter(c, s);
    s->account.told_uusd = s->account.left_uusd;
    c->shares = mem_grow(c->shares, &c->share_cap, c->share_count + 1, sizeof(struct share *));
    memmove(c->shares + at + 1, c->shares + at, (c->share_count - at) * sizeof(struct share *));
    c->shares[at] = s;
    c->share_count++;
    return s;
}

void shares_release(struct core *c)
{
    for (size_t i = 0; i < c->share_count; i++) mem_free(c->shares[i]);
    mem_free(c->shares);
}

/* ---- usage ----------------------------------------------------------------------------------- */

static int64_t half_life_ms(const struct core *c)
{
    int64_t stated = c->fleet.share_half_life_ms;
    return stated > 0 ? stated : SHARE_HALF_LIFE_DEFAULT_MS;
}

bool share_is_used(const struct share *s)
{
    return s->used_uusd > 0 || s->active > 0 || s->account.ended_uusd > 0;
}

int64_t share_used(const struct core *c, const struct share *s, int64_t now_ms)
{
    int64_t half = half_life_ms(c), ms = now_ms > s->at_ms ? now_ms - s->at_ms : 0;
    return money_add(decay_left(s->used_uusd, ms, half), decay_accrued(s->rate_uusd_h, ms, half));
}

int64_t share_score(const struct core *c, const struct share *s, int64_t now_ms)
{
    return money_add(share_used(c, s, now_ms), s->rate_uusd_h) / s->weight;
}

void share_settle(struct core *c, struct share *s)
{
    s->used_uusd = share_used(c, s, c->now_ms);
    s->at_ms = c->now_ms;
}

/* What the claim costs in an hour. */
static int64_t rate_of(const struct core *c, const struct entry *e)
{
    const struct claim *k = e->job.claim;
    int64_t rate = cost_of_claim(c, k, MS_PER_H);
    if (rate == 0) rate = money_scale(SHARE_UUSD_PER_CHIP_H, (int64_t)claim_milli(k), CHIP_MILLI);
    return rate < SHARE_RATE_MAX_UUSD_H ? rate : SHARE_RATE_MAX_UUSD_H;
}

void share_hold(struct core *c, struct entry *e)
{
    e->share->active++;
    e->share->rate_uusd_h += rate_of(c, e);
}

void share_drop(struct core *c, struct entry *e)
{
    ASSERT(e->share->active > 0);
    share_settle(c, e->share);
    e->share->active--;
    e->share->rate_uusd_h -= rate_of(c, e);
    pass_update(c, e->share);
}

void shares_leave_fleet(struct core *c)
{
    for (size_t i = 0; i < c->share_count; i++) {
        share_settle(c, c->shares[i]);
        c->shares[i]->rate_uusd_h = 0;
        c->shares[i]->active = 0;
        account_leave(c->shares[i]);
    }
}

void shares_enter_fleet(struct core *c)
{
    c->budget_turn_ms = CIVIL_NEVER_MS;
    for (size_t i = 0; i < c->share_count; i++) {
        c->shares[i]->weight = weight_of(c, c->shares[i]->tenant);
        account_enter(c, c->shares[i]);
    }
}

void core_share(const struct core *c, struct str tenant, int64_t now_ms, struct tenant_share *out)
{
    const struct share *s = share_find(c, tenant);
    *out = (struct tenant_share){.weight = weight_of(c, tenant)};
    if (s == NULL) return;
    out->used_uusd = share_used(c, s, now_ms);
    out->rate_uusd_h = s->rate_uusd_h;
    out->score = share_score(c, s, now_ms);
    out->pending = s->queue.count;
    out->active = s->active;
}

/* ---- order ----------------------------------------------------------------------------------- */

struct rank rank_of(const struct core *c, const struct entry *e, int64_t now_ms)
{
    return (struct rank){e->job.spec.priority, share_score(c, e->share, now_ms), e->job.id.v};
}

bool rank_is_before(const struct rank *a, const struct rank *b)
{
    if (a->priority != b->priority) return a->priority > b->priority;
    return a->score != b->score ? a->score < b->score : a->id < b->id;
}

void pass_update(struct core *c, struct share *s)
{
    if (order_holds(&s->in_pass)) order_remove(&c->pass, &s->in_pass);
    const struct order_node *first = order_first(&s->pass);
    if (first == NULL) return;
    int64_t score = share_score(c, s, c->now_ms);
    order_insert_minor(&c->pass, &s->in_pass, first->major, score, first->id);
}

struct class *pass_take(struct core *c)
{
    struct order_node *n = order_first(&c->pass);
    if (n == NULL) return NULL;
    struct share *s = CONTAINER(n, struct share, in_pass);
    struct class *k = CONTAINER(order_first(&s->pass), struct class, in_pass_node);
    order_remove(&s->pass, &k->in_pass_node);
    k->in_pass = false;
    pass_update(c, s);
    return k;
}

/* ---- the queue as one ------------------------------------------------------------------------ */

struct order_node *share_next(const struct order *set, int64_t score, const struct rank *after)
{
    uint32_t id = score == after->score ? after->id : score > after->score ? 0 : UINT32_MAX;
    return order_after(set, -after->priority, id);
}

const struct job *core_queue_after(const struct core *c, struct job_id after)
{
    const struct entry *from = after.v == 0 ? NULL : entry_find(c, after.v), *best = NULL;
    if (after.v != 0 && from == NULL) return NULL;
    struct rank at = {INT64_MAX, 0, 0}, best_at = {0};
    if (from != NULL) at = rank_of(c, from, c->now_ms);
    for (size_t i = 0; i < c->share_count; i++) {
        const struct share *s = c->shares[i];
        if (s->queue.count == 0) continue;
        struct order_node *n = share_next(&s->queue, share_score(c, s, c->now_ms), &at);
        if (n == NULL) continue;
        const struct entry *e = CONTAINER(n, struct entry, in_queue);
        struct rank r = rank_of(c, e, c->now_ms);
        if (best != NULL && !rank_is_before(&r, &best_at)) continue;
        best = e;
        best_at = r;
    }
    return best != NULL ? &best->job : NULL;
}
