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

#define BEFORE_ALL (INT64_MIN + 1) /* a place in the queue: more than any priority */

static bool is_before(int64_t major, uint32_t id, const struct order_node *n)
{
    return n == NULL || (major != n->major ? major < n->major : id < n->id);
}

void pass_update(struct core *c, struct share *s)
{
    if (order_holds(&s->in_pass)) order_remove(&c->pass, &s->in_pass);
    const struct order_node *first = order_first(&s->pass);
    bool looks = s->looks && is_before(s->look_major, s->look_id, first);
    if (!looks && first == NULL) return;
    int64_t score = share_score(c, s, c->now_ms);
    order_insert_minor(&c->pass, &s->in_pass, looks ? s->look_major : first->major, score,
                       looks ? s->look_id : first->id);
}

void pass_look(struct core *c)
{
    pass_look_no_more(c);
    for (size_t i = 0; i < c->share_count; i++) {
        struct share *s = c->shares[i];
        if (s->waiting.count == 0) continue;
        s->looks = true;
        s->found = false;
        s->look_major = BEFORE_ALL;
        s->look_id = (uint32_t)i; /* no two tenants at one place */
        pass_update(c, s);
    }
}

void pass_look_no_more(struct core *c)
{
    for (size_t i = 0; i < c->share_count; i++) {
        if (!c->shares[i]->looks) continue;
        c->shares[i]->looks = false;
        pass_update(c, c->shares[i]);
    }
}

static void look_at(struct core *c, struct share *s, const struct waiting_node *n, bool found)
{
    s->looks = n != NULL;
    s->found = found;
    s->look_major = n != NULL ? n->major : 0;
    s->look_id = n != NULL ? n->id : 0;
    pass_update(c, s);
}

static struct class *pass_drop(struct core *c, struct class *k)
{
    order_remove(&k->share->pass, &k->in_pass_node);
    k->in_pass = false;
    pass_update(c, k->share);
    return k;
}

struct class *pass_take(struct core *c)
{
    struct order_node *n;
    while ((n = order_first(&c->pass)) != NULL) {
        struct share *s = CONTAINER(n, struct share, in_pass);
        struct order_node *first = order_first(&s->pass);
        if (!s->looks || !is_before(s->look_major, s->look_id, first))
            return pass_drop(c, CONTAINER(first, struct class, in_pass_node));
        struct waiting_node *w = refill_next(c, s);
        look_at(c, s, w, true);
        bool is_next = order_first(&c->pass) == &s->in_pass && s->looks &&
                       is_before(s->look_major, s->look_id, order_first(&s->pass));
        if (!is_next) continue; /* another comes before it, or there is none */
        look_at(c, s, w, false);
        return CONTAINER(w, struct class, in_waiting);
    }
    return NULL;
}

/* ---- the queue as one ------------------------------------------------------------------------ */

uint32_t share_id_after(int64_t score, const struct rank *after)
{
    return score == after->score ? after->id : score > after->score ? 0 : UINT32_MAX;
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
        uint32_t id = share_id_after(share_score(c, s, c->now_ms), &at);
        struct order_node *n = order_after(&s->queue, -at.priority, id);
        if (n == NULL) continue;
        const struct entry *e = CONTAINER(n, struct entry, in_queue);
        struct rank r = rank_of(c, e, c->now_ms);
        if (best != NULL && !rank_is_before(&r, &best_at)) continue;
        best = e;
        best_at = r;
    }
    return best != NULL ? &best->job : NULL;
}
