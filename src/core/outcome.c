/* outcome.c - writing down what a step decided. */
#include "core/state.h"

#include "base/check.h"
#include "base/money.h"

#include <string.h>

/* Grow an array in the outcome's arena: the old copy stays until the next step. */
static void *grow(struct arena *a, void *items, size_t *cap, size_t size)
{
    size_t next = *cap == 0 ? 16 : *cap * 2;
    void *more = arena_alloc(a, next, size);
    if (*cap > 0) memcpy(more, items, *cap * size);
    *cap = next;
    return more;
}

struct decision *decide(struct core *c, int kind, struct entry *e, int reason, struct str rule)
{
    struct outcome *o = c->out;
    if (o->decision_count == o->decision_cap)
        o->decisions = grow(&o->arena, o->decisions, &o->decision_cap, sizeof *o->decisions);
    struct decision *d = &o->decisions[o->decision_count++];
    *d = (struct decision){
        .kind = kind,
        .job = e->job.id,
        .attempt = e->job.attempt,
        .state = e->job.state,
        .reason = reason,
        .pool = NO_INDEX,
        .cost_uusd = e->job.cost_uusd,
        .rule = rule,
        .for_job = reason == REASON_PREEMPTED ? e->job.preempted_by : (struct job_id){0},
    };
    bool has_pool = kind == DECISION_PLACED || kind == DECISION_STOPPED ||
                    kind == DECISION_REQUEUED || kind == DECISION_ENDED;
    if (has_pool && e->job.pool.v < c->fleet.pool_count) {
        d->pool = e->job.pool.v;
        d->pool_id = str_copy(&o->arena, c->fleet.pools[d->pool].id);
    }
    e->job.decision_record = c->record;
    return d;
}

void decide_rows(struct core *c, struct entry *e, struct decision *d)
{
    uint32_t count = c->fleet.pool_count;
    if (count == 0) return;
    struct class *k = class_of(c, e->box);
    d->pools = ARENA_ARRAY(&c->out->arena, count, struct pool_reason);
    d->pool_count = count;
    for (uint32_t p = 0; p < count; p++) {
        struct pool_reason *row = &d->pools[p];
        const struct legal *legal = legal_of(c, k->signature, &k->box->spec, p);
        int why = pool_row(c, &k->box->spec, e->job.id.v, legal, p, c->now_ms, row);
        row->rule = intern(c, row->rule);
        if (p == d->pool)
            row->reason = REASON_CHOSEN;
        else if (why == REASON_NONE)
            row->reason = REASON_DEARER;
        if (p == d->pool) row->have = row->need = 0;
    }
}

void decide_stranded(struct decision *d, int64_t stranded_uusd)
{
    struct pool_reason *row = &d->pools[d->pool];
    ASSERT(d->pool < d->pool_count);
    row->cost_uusd = money_add(row->cost_uusd, stranded_uusd - row->stranded_uusd);
    row->stranded_uusd = stranded_uusd;
}

struct effect *effect_add(struct core *c, int kind, uint32_t job, uint32_t attempt, uint32_t pool)
{
    struct outcome *o = c->out;
    ASSERT(pool < c->fleet.pool_count);
    if (o->effect_count == o->effect_cap)
        o->effects = grow(&o->arena, o->effects, &o->effect_cap, sizeof *o->effects);
    struct effect *f = &o->effects[o->effect_count++];
    *f = (struct effect){
        .kind = kind,
        .job = {job},
        .attempt = attempt,
        .site = c->fleet.pools[pool].site_index,
        .pool = pool,
    };
    return f;
}
