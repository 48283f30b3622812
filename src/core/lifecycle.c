/* lifecycle.c - jobs that wait, and how jobs end. */
#include "core/preempt.h"

#include "base/check.h"

bool reason_is_eligible(int reason)
{
    return reason != REASON_HELD_ADMIN && reason != REASON_HELD_USER &&
           reason != REASON_DEPENDENCY && reason != REASON_DEPENDENCY_NEVER &&
           reason != REASON_BEGIN_TIME && reason != REASON_ARRAY_LIMIT &&
           reason != REASON_PREEMPTING;
}

int64_t eligible_at(const struct entry *e)
{
    int64_t begin = e->job.spec.begin_ms;
    return begin > e->not_before_ms ? begin : e->not_before_ms;
}

/* Why a pending job may not even be considered; REASON_NONE: it may. */
static int why_not_eligible(struct core *c, struct entry *e)
{
    /* First, held or not: what is met is remembered when it happens, with the delay behind it. */
    int dependencies = dependencies_state(c, e);
    if (e->job.held_admin) return REASON_HELD_ADMIN;
    if (e->job.held_user) return REASON_HELD_USER;
    if (dependencies == DEPENDENCY_FAILED) return REASON_DEPENDENCY_NEVER;
    if (dependencies == DEPENDENCY_WAITS) return REASON_DEPENDENCY;
    if (eligible_at(e) > c->now_ms) return REASON_BEGIN_TIME;
    const struct array *a = e->array;
    if (a != NULL && a->limit > 0 && e->class == NULL && e->hold == NULL &&
        a->active + a->eligible >= a->limit)
        return REASON_ARRAY_LIMIT;
    return REASON_NONE;
}

void job_settle(struct core *c, struct entry *e)
{
    ASSERT(e->job.state == JOB_PENDING);
    int why = why_not_eligible(c, e);
    if (why == REASON_NONE && e->class == NULL && e->hold == NULL) {
        if (e->job.eligible_ms == 0) e->job.eligible_ms = c->now_ms;
        class_enter(c, e);
    } else if (why != REASON_NONE) {
        if (e->class != NULL) class_leave(c, e);
        hold_drop(c, e);
        entry_set_reason(c, e, why);
    }
    timer_set(c, e);
}

/* ---- arrays ---------------------------------------------------------------------------------- */

void array_mark(struct core *c, struct array *a)
{
    if (a->is_marked || a->limit == 0) return;
    a->is_marked = true;
    a->next_marked = c->arrays_marked;
    c->arrays_marked = a;
}

static void promote(struct core *c, struct array *a)
{
    for (uint32_t i = 0; i < a->count && a->active + a->eligible < a->limit; i++) {
        struct entry *e = entry_find(c, a->first + i);
        if (e != NULL && e->job.state == JOB_PENDING && e->job.reason == REASON_ARRAY_LIMIT)
            job_settle(c, e);
    }
}

void arrays_promote(struct core *c)
{
    while (c->arrays_marked != NULL) {
        struct array *a = c->arrays_marked;
        c->arrays_marked = a->next_marked;
        a->is_marked = false;
        promote(c, a);
    }
}

void array_count(struct entry *e)
{
    struct array *a = e->array;
    if (a == NULL) return;
    bool ended = job_state_is_ended(e->job.state);
    bool begun = ended || e->job.start_ms > 0 || e->job.restarts > 0;
    if (begun && !e->in_begun) a->begun++;
    if (ended && !e->in_ended) {
        a->ended++;
        if (e->job.end_ms > a->last_end_ms) a->last_end_ms = e->job.end_ms;
        a->ended_ok += e->job.state == JOB_COMPLETED;
    }
    e->in_begun = e->in_begun || begun;
    e->in_ended = e->in_ended || ended;
}

/* Tasks may be purged when all have ended and nobody waits for the array: bring their timers up to
 * date when that changes. */
void array_purge_timers(struct core *c, struct array *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        struct entry *e = entry_find(c, a->first + i);
        if (e != NULL && job_state_is_ended(e->job.state)) timer_set(c, e);
    }
}

/* ---- ends
 * --------------------------------------------------------------------------------------------- */

void job_close(struct core *c, struct entry *e, int state, int reason, struct str rule)
{
    struct job *j = &e->job;
    ASSERT(job_state_is_ended(state) && j->claim == NULL);
    if (e->class != NULL) class_leave(c, e);
    hold_drop(c, e);
    dependencies_leave(c, e);
    entry_set_state(c, e, state);
    j->reason = reason;
    j->refusal_rule = rule;
    j->end_ms = c->now_ms;
    struct name_group *g = e->name->live.count > 1 ? e->name : NULL;
    entry_leave_name(c, e);
    array_count(e);
    timer_set(c, e);
    if (e->array != NULL && e->array->ended == e->array->count) array_purge_timers(c, e->array);
    wake_waiters(c, e);
    if (g != NULL) wake_namesakes(c, g);
}

void job_end(struct core *c, struct entry *e, int state, int reason, struct str rule)
{
    job_close(c, e, state, reason, rule);
    decide(c, DECISION_ENDED, e, reason, rule);
}

void job_requeue(struct core *c, struct entry *e, int reason, struct str rule, bool failed)
{
    struct job *j = &e->job;
    ASSERT(j->claim == NULL && job_state_holds_chips(j->state));
    if (e->started) j->restarts++;
    if (BERTH_DEFECT != 4) j->attempt++; /* the fence: news of the old attempt is no news */
    e->not_before_ms = 0;
    if (failed && j->attempt > 2) {
        int64_t wait = REQUEUE_DELAY_MS;
        for (uint32_t i = 3; i < j->attempt && wait < REQUEUE_DELAY_MAX_MS; i++) wait *= 2;
        e->not_before_ms = c->now_ms + (wait < REQUEUE_DELAY_MAX_MS ? wait : REQUEUE_DELAY_MAX_MS);
    }
    j->requeue_asked = false;
    j->stop_state = JOB_PENDING;
    j->start_ms = 0;
    j->time_limit_ms = limit_anywhere(c, &j->spec);
    e->started = e->warned = false;
    e->grace_ms = e->signal_until_ms = e->preempt_at_ms = 0;
    e->stop_reason = REASON_NONE;
    e->stop_rule = (struct str){0};
    entry_set_state(c, e, JOB_PENDING);
    entry_set_reason(c, e, REASON_PRIORITY);
    array_count(e);
    decide(c, DECISION_REQUEUED, e, reason, rule);
    job_settle(c, e);
}
