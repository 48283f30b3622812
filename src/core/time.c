/* time.c - what the passing of time alone brings about. */
#include "core/preempt.h"

#include "base/check.h"

/* The next of several instants. */
static void sooner(int64_t *at, int64_t candidate)
{
    if (candidate < *at) *at = candidate;
}

static int64_t before_wall(const struct entry *e, int64_t lead_ms)
{
    return e->wall_ms == CIVIL_NEVER_MS ? CIVIL_NEVER_MS : e->wall_ms - lead_ms;
}

/* A pending job has waited long enough for few switches. One that holds room already has them. */
static int64_t switches_due(const struct entry *e)
{
    bool waits = e->job.spec.switches > 0 && e->job.eligible_ms > 0 && e->hold == NULL;
    if (!waits) return CIVIL_NEVER_MS;
    return e->job.eligible_ms + e->job.spec.switches_wait_ms;
}

/* A pending job can no longer end in time from this instant on. */
static int64_t deadline_lost(const struct entry *e)
{
    if (e->job.spec.deadline_ms == 0 || BERTH_DEFECT == 42) return CIVIL_NEVER_MS;
    return e->job.spec.deadline_ms - e->job.time_limit_ms + 1;
}

static bool wants_warning(const struct entry *e)
{
    return e->job.spec.signal_number > 0 && !e->warned;
}

bool may_purge(const struct entry *e)
{
    const struct array *a = e->array;
    return e->waiter_count == 0 &&
           (a == NULL ||
            (a->waiter_count == 0 && a->task_waiter_count == 0 && a->ended == a->count));
}

int64_t entry_due_ms(const struct entry *e)
{
    int64_t at = CIVIL_NEVER_MS;
    switch ((enum job_state)e->job.state) {
    case JOB_PENDING:
        if (e->job.reason == REASON_BEGIN_TIME) sooner(&at, eligible_at(e));
        sooner(&at, deadline_lost(e));
        sooner(&at, switches_due(e));
        if (e->preempt_at_ms > 0) sooner(&at, e->preempt_at_ms);
        if (e->hold != NULL) sooner(&at, e->hold->until_ms);
        break;
    case JOB_RUNNING:
        sooner(&at, e->job.start_ms + e->job.time_limit_ms);
        sooner(&at, before_wall(e, WALL_STOP_MS));
        if (wants_warning(e)) sooner(&at, before_wall(e, LAW_WARN_MS));
        if (limit_is_open(&e->job)) sooner(&at, e->repeat_ms);
        break;
    case JOB_CONFIGURING:
        sooner(&at, e->repeat_ms);
        sooner(&at, before_wall(e, WALL_STOP_MS));
        break;
    case JOB_COMPLETING: sooner(&at, e->repeat_ms); break;
    case JOB_COMPLETED:
    case JOB_FAILED:
    case JOB_CANCELLED:
    case JOB_TIMEOUT:
    case JOB_NODE_FAIL:
    case JOB_PREEMPTED:
    case JOB_OUT_OF_MEMORY:
    case JOB_DEADLINE:
    case JOB_REFUSED:
    case JOB_STATE_COUNT:
        /* The tasks of an array go together: its counters are made anew from what is in memory. */
        if (may_purge(e))
            at = (e->array != NULL ? e->array->last_end_ms : e->job.end_ms) + JOB_KEEP_MS;
        break;
    }
    return at;
}

void timer_set(struct core *c, struct entry *e)
{
    int64_t at = entry_due_ms(e);
    bool is_set = order_holds(&e->in_timers);
    if (is_set && e->in_timers.major == at) return;
    if (is_set) order_remove(&c->timers, &e->in_timers);
    if (at != CIVIL_NEVER_MS) order_insert(&c->timers, &e->in_timers, at, e->job.id.v);
}

static void warn(struct core *c, struct entry *e)
{
    struct effect *f = effect_add(c, FX_SIGNAL, e->job.id.v, e->job.attempt, e->job.pool.v);
    f->signal = e->job.spec.signal_number;
    e->warned = true;
}

static void active_due(struct core *c, struct entry *e)
{
    const struct job *j = &e->job;
    bool is_running = j->state == JOB_RUNNING;
    if (c->now_ms >= before_wall(e, WALL_STOP_MS))
        attempt_stop(c, e, JOB_TIMEOUT, true, e->wall_reason, e->wall_rule);
    else if (is_running && c->now_ms >= j->start_ms + j->time_limit_ms)
        attempt_stop(c, e, JOB_TIMEOUT, false, REASON_TIME_LIMIT, (struct str){0});
    else if (is_running && wants_warning(e) && c->now_ms >= before_wall(e, LAW_WARN_MS))
        warn(c, e);
    else if ((j->state == JOB_CONFIGURING || limit_is_open(j)) && c->now_ms >= e->repeat_ms)
        attempt_repeat(c, e);
}

/* A search for victims may be worth while again. */
static void search_due(struct core *c, struct entry *e)
{
    e->preempt_at_ms = 0;
    struct class *k = e->class;
    if (k == NULL || order_first(&k->jobs) != &e->in_group) return;
    class_candidates(c, k);
    if (preempt_may_help(c, k, e->job.spec.priority)) class_push(c, k, true);
}

/* Victims did not go in time. */
static void hold_due(struct core *c, struct entry *e)
{
    hold_drop(c, e);
    e->preempt_at_ms = c->now_ms + HOLD_RETRY_MS;
    job_settle(c, e);
    decide(c, DECISION_QUEUED, e, e->job.reason, e->job.refusal_rule);
}

static void entry_due(struct core *c, struct entry *e)
{
    if (e->job.state == JOB_PENDING) {
        if (c->now_ms >= deadline_lost(e))
            job_end(c, e, JOB_DEADLINE, REASON_DEADLINE, (struct str){0});
        else if (e->hold != NULL && c->now_ms >= e->hold->until_ms)
            hold_due(c, e);
        else if (c->now_ms >= switches_due(e))
            switches_relax(c, e);
        else
            job_settle(c, e);
        if (e->preempt_at_ms > 0 && c->now_ms >= e->preempt_at_ms) search_due(c, e);
    } else if (e->job.state == JOB_COMPLETING) {
        attempt_repeat(c, e);
    } else if (job_state_holds_chips(e->job.state)) {
        active_due(c, e);
    } else if (may_purge(e)) {
        entry_purge(c, e);
        return;
    }
    timer_set(c, e);
}

static void classes_due(struct core *c)
{
    struct order_node *n;
    while ((n = order_first(&c->rechecks)) != NULL && n->major <= c->now_ms) {
        struct class *k = CONTAINER(n, struct class, in_recheck);
        order_remove(&c->rechecks, n);
        class_push(c, k, true);
    }
}

static void openings_due(struct core *c)
{
    if (c->now_ms < c->opens_ms) return;
    c->retry_all = true;
    c->opens_ms = wall_next_opening(&c->fleet, c->now_ms);
}

bool time_is_due(const struct core *c)
{
    const struct order_node *n = order_first(&c->timers);
    return n != NULL && n->major <= c->now_ms;
}

void on_time(struct core *c)
{
    openings_due(c);
    classes_due(c);
    struct order_node *n;
    while ((n = order_first(&c->timers)) != NULL && n->major <= c->now_ms) {
        entry_due(c, CONTAINER(n, struct entry, in_timers));
    }
}

int64_t core_next_tick_ms(const struct core *c)
{
    if (c->more) return c->now_ms;
    int64_t at = c->segment_end_ms;
    const struct order_node *n = order_first(&c->timers);
    if (n != NULL) sooner(&at, n->major);
    n = order_first(&c->rechecks);
    if (n != NULL) sooner(&at, n->major);
    sooner(&at, c->opens_ms);
    return at > c->now_ms ? at : c->now_ms;
}
