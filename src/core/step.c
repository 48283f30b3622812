/* step.c - one event, in its order:
 *
 *   1. the date's law: has a date passed on which rules or facts change? has a budget's window turned?
 *   2. the event itself
 *   3. running attempts against law, permits and leases, where these changed
 *   4. everything that is due by now: begin times, limits, walls, repeats, purges
 *   5. array tasks whose turn has come
 *   6. waiting jobs are placed
 *   7. a submission that still waits says why
 */
#include "core/state.h"

#include "base/check.h"

static void on_packs(struct core *c, const struct event *ev)
{
    uint32_t levels = law_binding(c->law);
    law_free(c->law);
    c->law = law_new();
    law_bind(c->law, levels);
    for (uint32_t i = 0; i < ev->pack_count; i++) {
        struct errtext why;
        enum err e = law_adopt(c->law, &ev->packs[i], &why);
        ASSERT(e == ERR_NONE); /* core_admit has tried it */
    }
    if (BERTH_DEFECT != 2) legal_changed(c);
}

static void on_bind(struct core *c, const struct event *ev)
{
    law_bind(c->law, ev->bind_levels);
    legal_changed(c);
}

static void on_cancel(struct core *c, const struct event *ev)
{
    struct entry *e = entry_find(c, ev->job.v);
    ASSERT(e != NULL);
    if (ev->signal != 0) {
        struct effect *f = effect_add(c, FX_SIGNAL, e->job.id.v, e->job.attempt, e->job.pool.v);
        f->signal = ev->signal;
        return;
    }
    e->job.cancel_asked = true;
    e->job.cancel_uid = ev->actor_uid;
    if (e->job.state == JOB_PENDING)
        job_end(c, e, JOB_CANCELLED, REASON_NONE, (struct str){0});
    else
        attempt_stop(c, e, JOB_CANCELLED, false, REASON_NONE, (struct str){0});
}

static void on_hold(struct core *c, const struct event *ev)
{
    struct entry *e = entry_find(c, ev->job.v);
    bool is_owner = ev->actor_uid == e->job.spec.uid;
    if (is_owner)
        e->job.held_user = true;
    else
        e->job.held_admin = true;
    if (e->job.state == JOB_PENDING) job_settle(c, e); /* else when it waits again */
}

static void on_release(struct core *c, const struct event *ev)
{
    struct entry *e = entry_find(c, ev->job.v);
    e->job.held_user = false;
    if (ev->actor_is_operator) e->job.held_admin = false;
    if (e->job.state == JOB_PENDING) job_settle(c, e);
}

static void stop_on_node(struct core *c, uint32_t pool, uint32_t first, uint32_t end)
{
    struct order_node *n = order_first(&c->active);
    for (; n != NULL; n = order_after(&c->active, n->major, n->id)) {
        struct entry *e = CONTAINER(n, struct entry, in_group);
        const struct claim *k = e->job.claim;
        if (k->pool.v != pool) continue;
        bool is_there = false;
        for (uint32_t i = 0; i < k->part_count; i++)
            is_there = is_there || (k->parts[i].node >= first && k->parts[i].node < end);
        if (is_there) attempt_stop(c, e, JOB_NODE_FAIL, true, REASON_NODES_DOWN, (struct str){0});
    }
}

static void on_nodes(struct core *c, const struct event *ev)
{
    for (uint32_t i = 0; i < ev->node_change_count; i++) {
        const struct node_change *x = &ev->nodes[i];
        uint32_t pool = fleet_pool(&c->fleet, x->pool);
        ASSERT(pool != NO_INDEX);
        uint32_t first = x->count == 0 ? 0 : x->first;
        uint32_t end = x->count == 0 ? c->pools[pool].count : x->first + x->count;
        for (uint32_t n = first; n < end; n++) {
            nodes_set_state(&c->pools[pool], n, x->state);
            outlook_node(c, pool, n);
        }
        struct node_note note = {pool, first, end - first, x->reason, ev->actor_uid, c->now_ms};
        if (x->state == NODE_UP || first == end)
            node_notes_forget(&c->node_notes, pool, first, end - first);
        else
            node_notes_set(&c->node_notes, &note);
        if (x->state == NODE_DOWN) stop_on_node(c, pool, first, end);
    }
    c->retry_all = true;
}

static void on_tick(struct core *c, const struct event *ev)
{
    struct order_node *n = order_first(&c->active);
    for (; ev->stepped_ms > 0 && n != NULL; n = order_after(&c->active, n->major, n->id))
        attempt_later(c, CONTAINER(n, struct entry, in_group), ev->stepped_ms);
    if (!ev->resume) return;
    for (n = order_first(&c->active); n != NULL; n = order_after(&c->active, n->major, n->id)) {
        struct entry *e = CONTAINER(n, struct entry, in_group);
        if (e->job.state == JOB_RUNNING && !limit_is_open(&e->job)) continue;
        attempt_repeat(c, e);
        timer_set(c, e);
    }
}

static void apply(struct core *c, const struct event *ev)
{
    switch ((enum event_kind)ev->kind) {
    case EVENT_FLEET: fleet_enter(c, ev->fleet); break;
    case EVENT_PACKS: on_packs(c, ev); break;
    case EVENT_BIND: on_bind(c, ev); break;
    case EVENT_SUBMIT: on_submit(c, ev); break;
    case EVENT_CANCEL: on_cancel(c, ev); break;
    case EVENT_HOLD: on_hold(c, ev); break;
    case EVENT_RELEASE: on_release(c, ev); break;
    case EVENT_UPDATE: on_update(c, ev); break;
    case EVENT_REQUEUE:
        attempt_stop(c, entry_find(c, ev->job.v), JOB_CANCELLED, true, REASON_NONE,
                     (struct str){0});
        break;
    case EVENT_REPORT: on_report(c, ev); break;
    case EVENT_NODES: on_nodes(c, ev); break;
    case EVENT_SPEEDS: speeds_enter(c, ev->speeds); break;
    case EVENT_PROGRESS: on_progress(c, ev); break;
    case EVENT_TICK: on_tick(c, ev); break;
    case EVENT_COUNT: ASSERT(false); break;
    }
}

/* A submission that was not placed whole says so, with every pool's reason; the first task that
 * waits speaks for the others. */
static void say_queued(struct core *c)
{
    const struct outcome *o = c->out;
    for (uint32_t i = 0; i < o->job_count; i++) {
        struct entry *e = entry_find(c, o->first_job.v + i);
        if (e == NULL || e->job.state != JOB_PENDING) continue;
        struct decision *d =
            decide(c, DECISION_QUEUED, e, core_reason(c, &e->job), e->job.refusal_rule);
        decide_rows(c, e, d);
        return;
    }
}

static void outcome_clear(struct outcome *o)
{
    struct arena keep = o->arena;
    arena_clear(&keep);
    *o = (struct outcome){.arena = keep};
}

void core_step(struct core *c, uint64_t record, const struct event *e, struct outcome *out)
{
    ASSERT(e->now_ms >= c->now_ms);
    ASSERT(record == c->record + 1);
    outcome_clear(out);
    c->now_ms = e->now_ms;
    c->record = record;
    c->out = out;
    legal_segment(c);
    budgets_turn(c);
    apply(c, e);
    attempts_recheck(c);
    do {
        on_time(c);
        arrays_promote(c);
    } while (time_is_due(c)); /* a task whose turn has come may have something due at once */
    place_all(c);
    say_queued(c);
    c->out = NULL;
}
