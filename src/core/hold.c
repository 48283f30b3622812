/* hold.c - room that is kept for a job for which others are being stopped, until it fits: when the
 * last of them has gone, or before, when something else has come free as well. */
#include "core/preempt.h"
#include "core/tally.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

void hold_free(struct hold *h)
{
    if (h == NULL) return;
    mem_free(h->parts);
    mem_free(h->victims);
    mem_free(h);
}

/* What the victims leave is counted on by others no longer, or again. */
static void victims_moved(struct core *c, const struct hold *h)
{
    for (uint32_t i = 0; i < h->victim_count; i++) {
        struct entry *v = entry_find(c, h->victims[i]);
        if (v == NULL || v->resident_count == 0) continue;
        outlook_moved(c, v);
        running_index(c, v);
    }
}

/* ---- how much it lacks, by the number of chips ----------------------------------------------- */

/* Holders stand in c->holders by pool and by what they lack, so that those for whom too few chips
 * are free are not looked at. First of all stand those that a victim has just left. */
#define JUST_LEFT INT64_C(0)

static int64_t standing(uint32_t pool, uint32_t lacks)
{
    return ((int64_t)pool + 1) << 32 | lacks;
}

/* Whole chips that it needs beside those it holds; 0 where chips do not tell. */
static uint32_t lacks(const struct core *c, const struct entry *e)
{
    const struct hold *h = e->hold;
    struct size z;
    int64_t have, need;
    uint32_t chips = 0;
    int why = size_in_pool(&e->job.spec, &c->fleet.pools[h->pool], &z, &have, &need);
    ASSERT(why == REASON_NONE);
    if (z.part[0].each.milli > 0) return 0;
    for (size_t i = 0; i < h->part_count; i++)
        if (h->parts[i].milli == 0) chips += (uint32_t)__builtin_popcountll(h->parts[i].chip_mask);
    return z.chips > chips ? z.chips - chips : 0;
}

int64_t hold_standing(const struct core *c, const struct entry *e)
{
    return standing(e->hold->pool, lacks(c, e));
}

static void stand(struct core *c, struct entry *e, int64_t major)
{
    if (order_holds(&e->in_group)) order_remove(&c->holders, &e->in_group);
    order_insert(&c->holders, &e->in_group, major, e->job.id.v);
}

/* ---- held, and free again -------------------------------------------------------------------- */

static void book(struct core *c, struct entry *e)
{
    struct hold *h = e->hold;
    for (size_t i = 0; i < h->part_count; i++) {
        nodes_take(&c->pools[h->pool], &h->parts[i]);
        outlook_node(c, h->pool, h->parts[i].node);
    }
    stand(c, e, hold_standing(c, e));
    budget_charge(c, e);
    if (e->array != NULL) e->array->eligible++;
}

void hold_make(struct core *c, struct entry *e, struct hold *h)
{
    ASSERT(e->hold == NULL && h->victim_count > 0);
    promises_claim(c, e);
    class_leave(c, e);
    e->hold = h;
    book(c, e);
    victims_moved(c, h);
    entry_set_reason(c, e, REASON_PREEMPTING);
    timer_set(c, e);
}

bool hold_enter(struct core *c, struct entry *e)
{
    struct hold *h = e->hold;
    struct pool_nodes *n = &c->pools[h->pool];
    size_t taken = 0;
    while (taken < h->part_count && nodes_is_free(n, &h->parts[taken]))
        nodes_take(n, &h->parts[taken++]);
    bool all = taken == h->part_count;
    while (taken > 0) nodes_give(n, &h->parts[--taken]);
    if (all) book(c, e);
    return all;
}

void hold_drop(struct core *c, struct entry *e)
{
    struct hold *h = e->hold;
    if (h == NULL) return;
    for (size_t i = 0; i < h->part_count; i++) {
        nodes_give(&c->pools[h->pool], &h->parts[i]);
        outlook_node(c, h->pool, h->parts[i].node);
    }
    mark_pool(c, h->pool);
    order_remove(&c->holders, &e->in_group);
    if (e->array != NULL) {
        e->array->eligible--;
        array_mark(c, e->array);
    }
    budget_release(c, e);
    e->hold = NULL;
    victims_moved(c, h);
    hold_free(h);
}

void holds_drop(struct core *c)
{
    struct order_node *n;
    while ((n = order_first(&c->holders)) != NULL) {
        struct entry *e = CONTAINER(n, struct entry, in_group);
        hold_drop(c, e);
        job_settle(c, e);
    }
}

static bool lists(const struct hold *h, uint32_t job)
{
    for (uint32_t i = 0; i < h->victim_count; i++)
        if (h->victims[i] == job) return true;
    return false;
}

static struct entry *holder_of(const struct core *c, const struct entry *victim)
{
    if (victim->job.preempted_by.v == 0) return NULL;
    struct entry *e = entry_find(c, victim->job.preempted_by.v);
    return e != NULL && e->hold != NULL && lists(e->hold, victim->job.id.v) ? e : NULL;
}

bool hold_awaits(const struct core *c, const struct entry *e)
{
    return e->job.state == JOB_COMPLETING && holder_of(c, e) != NULL;
}

bool hold_inherit(struct core *c, struct entry *e)
{
    struct entry *holder = holder_of(c, e);
    if (holder == NULL) return false;
    struct hold *h = holder->hold;
    const struct claim *k = e->job.claim;
    ASSERT(k->pool.v == h->pool);
    size_t left = h->victim_count;
    waiter_drop(h->victims, &left, e->job.id.v);
    h->victim_count = (uint32_t)left;
    stand(c, holder, JUST_LEFT);
    if (BERTH_DEFECT == 22) return false;
    h->parts = mem_grow(h->parts, &h->part_cap, h->part_count + k->part_count, sizeof *h->parts);
    memcpy(h->parts + h->part_count, k->parts, k->part_count * sizeof *k->parts);
    h->part_count += k->part_count;
    return true;
}

/* ---- the start ------------------------------------------------------------------------------- */

/* The world may have changed since the victims were chosen: then the job waits as before, and the
 * record says why. */
static void place(struct core *c, struct entry *e)
{
    uint32_t pool = e->hold->pool;
    struct spec_box *box = e->box;
    hold_drop(c, e);
    struct class *k = class_of(c, box);
    struct legal legal = *legal_of(c, k->signature, &box->spec, pool);
    struct pool_reason row = {0};
    int why = pool_row_static(&c->fleet, &box->spec, pool, &row);
    if (why == REASON_NONE)
        why = pool_row_now(c, &box->spec, e->job.id.v, &legal, pool, c->now_ms, &row);
    if (why != REASON_NONE) {
        job_settle(c, e);
        decide(c, DECISION_QUEUED, e, why, intern(c, row.rule));
        return;
    }
    struct size z;
    size_now(c, &box->spec, e->job.id.v, pool, c->now_ms, &z);
    promises_claim(c, e);
    claim_make(c, e, pool, &z, &legal);
    c->placed++;
}

/* Does the job fit already, with what is free in the pool beside what it holds? */
static bool fits_already(const struct core *c, const struct entry *e, uint32_t pool)
{
    struct hold *h = e->hold;
    struct size z;
    struct tally t;
    if (h->part_count > PREEMPT_PARTS_MAX || BERTH_DEFECT == 91) return false;
    size_now(c, &e->job.spec, e->job.id.v, pool, c->now_ms, &z);
    const struct claim held = {.parts = h->parts, .part_count = (uint32_t)h->part_count};
    tally_begin(&t, &c->pools[pool], &z);
    tally_give(&t, &held);
    bool fits = tally_fits(&t);
    tally_take(&t, &held);
    tally_end(&t);
    return fits;
}

/* Is room all that it waits for, and there? What is committed of its budget for the hold itself
 * counts as taken. */
static bool may_start(struct core *c, struct entry *e)
{
    uint32_t pool = e->hold->pool;
    const struct job_spec *s = &e->job.spec;
    if (!fits_already(c, e, pool)) return false;
    const struct legal *legal = legal_of(c, class_of(c, e->box)->signature, s, pool);
    struct pool_reason row = {0};
    int why = pool_row_static(&c->fleet, s, pool, &row);
    if (why == REASON_NONE) why = pool_row_now(c, s, e->job.id.v, legal, pool, c->now_ms, &row);
    return why == REASON_NONE || why == REASON_RESOURCES || why == REASON_PRIORITY;
}

static void early_put(const struct core *c, struct early *x, struct entry *e)
{
    struct rank r = rank_of(c, e, c->now_ms);
    x->list = mem_grow(x->list, &x->cap, x->count + 1, sizeof *x->list);
    size_t i = x->count++;
    for (; i > x->next; i--) {
        struct rank before = rank_of(c, x->list[i - 1], c->now_ms);
        if (!rank_is_before(&r, &before)) break;
        x->list[i] = x->list[i - 1];
    }
    x->list[i] = e;
}

static void list_pool(struct core *c, struct early *x, uint32_t pool)
{
    int64_t last = standing(pool, c->pools[pool].chips_free);
    struct order_node *n = order_after(&c->holders, standing(pool, 0) - 1, UINT32_MAX);
    for (; n != NULL && n->major <= last; n = order_after(&c->holders, n->major, n->id)) {
        struct entry *e = CONTAINER(n, struct entry, in_group);
        if (may_start(c, e)) early_put(c, x, e);
    }
}

void holds_look(struct core *c, bool all, struct early *x)
{
    x->count = x->next = 0;
    if (c->holders.count == 0) return;
    for (uint32_t p = 0; p < c->fleet.pool_count; p++)
        if (all || pool_is_marked(c, p)) list_pool(c, x, p);
}

bool holds_early(struct core *c, struct early *x, const struct entry *before)
{
    bool any = false;
    for (; x->next < x->count && c->placed < STEP_PLACE_MAX; x->next++) {
        struct entry *e = x->list[x->next];
        if (before != NULL) {
            struct rank a = rank_of(c, e, c->now_ms), b = rank_of(c, before, c->now_ms);
            if (!rank_is_before(&a, &b)) break;
        }
        if (e->hold == NULL || !may_start(c, e)) continue;
        place(c, e);
        reserve_update(c);
        any = true;
    }
    return any;
}

void holds_place(struct core *c)
{
    struct order_node *n;
    while ((n = order_first(&c->holders)) != NULL && n->major == JUST_LEFT) {
        struct entry *e = CONTAINER(n, struct entry, in_group);
        bool last = e->hold->victim_count == 0;
        if (last || may_start(c, e))
            place(c, e);
        else
            stand(c, e, hold_standing(c, e));
    }
}
