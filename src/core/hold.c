/* hold.c - room that is kept for a job until those who were stopped for it have gone. */
#include "core/preempt.h"

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
        if (v != NULL && v->resident_count > 0) outlook_moved(c, v);
    }
}

static void book(struct core *c, struct entry *e)
{
    struct hold *h = e->hold;
    for (size_t i = 0; i < h->part_count; i++) {
        nodes_take(&c->pools[h->pool], &h->parts[i]);
        outlook_node(c, h->pool, h->parts[i].node);
    }
    order_insert(&c->holders, &e->in_group, h->victim_count > 0, e->job.id.v);
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
    if (left == 0) {
        order_remove(&c->holders, &holder->in_group);
        order_insert(&c->holders, &holder->in_group, 0, holder->job.id.v);
    }
    if (BERTH_DEFECT == 22) return false;
    h->parts = mem_grow(h->parts, &h->part_cap, h->part_count + k->part_count, sizeof *h->parts);
    memcpy(h->parts + h->part_count, k->parts, k->part_count * sizeof *k->parts);
    h->part_count += k->part_count;
    return true;
}

/* All victims are gone. The world may have changed since they were chosen: then the job waits as
 * before, and the record says why. */
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

void holds_place(struct core *c)
{
    struct order_node *n;
    while ((n = order_first(&c->holders)) != NULL && n->major == 0)
        place(c, CONTAINER(n, struct entry, in_group));
}
