/* oracle_reserve.c - RESERVE: a start that was promised to a waiting job is not put off by jobs that
 * stand behind it.
 *
 * After each step the promise of each pool is compared with that of the step before. It may come
 * later when the world changed (nodes, fleet, law, limits, an engine that is slow to obey), or when
 * the step says for which job that stands before the holder; otherwise somebody behind it took what
 * was kept, nodes or money. */
#include "core/core.h"
#include "sim/world.h"

#include <inttypes.h>

static bool changes_the_world(const struct event *e)
{
    if (e->kind == EVENT_REPORT) return e->report.kind == REPORT_STARTED;
    if (e->kind == EVENT_TICK) return e->stepped_ms > 0;
    return e->kind != EVENT_SUBMIT && e->kind != EVENT_CANCEL && e->kind != EVENT_HOLD &&
           e->kind != EVENT_RELEASE;
}

/* By what any order of the queue must respect: priority, and age within an account. */
static bool stands_behind(const struct job *j, const struct job *holder)
{
    if (j->spec.priority != holder->spec.priority) return j->spec.priority < holder->spec.priority;
    return str_eq(j->spec.tenant, holder->spec.tenant) && j->id.v > holder->id.v;
}

static bool has_started(const struct outcome *out, struct job_id job)
{
    for (size_t i = 0; i < out->decision_count; i++) {
        const struct decision *d = &out->decisions[i];
        bool takes = d->kind == DECISION_PLACED || d->kind == DECISION_PREEMPTING;
        if (takes && d->job.v == job.v) return true;
    }
    return false;
}

/* What the step says of a promise that was put off: for a job that may stand before, and that has
 * started or waits. */
static void check_postponed(struct sim *s, const struct decision *d, const struct outcome *out)
{
    const struct job *j = core_job(s->shell.core, d->for_job),
                     *holder = core_job(s->shell.core, d->job);
    bool is_live = j != NULL && (j->state == JOB_PENDING || has_started(out, d->for_job));
    if (holder != NULL && holder->state == JOB_PENDING && is_live && !stands_behind(j, holder))
        return;
    sim_fail(s, "RESERVE",
             "job %" PRIu32 " is said to be put off for job %" PRIu32
             ", which stands behind it, or neither waits nor starts",
             d->job.v, d->for_job.v);
}

static bool is_postponed(const struct outcome *out, uint32_t job)
{
    for (size_t i = 0; i < out->decision_count; i++)
        if (out->decisions[i].kind == DECISION_POSTPONED && out->decisions[i].job.v == job)
            return true;
    return false;
}

/* An order was said again: its engine does not answer. */
static bool is_unanswered(uint32_t pool, const struct outcome *out)
{
    for (size_t i = 0; i < out->effect_count; i++) {
        const struct effect *f = &out->effects[i];
        bool is_new = f->pool != pool || (f->kind != FX_START && f->kind != FX_STOP);
        for (size_t k = 0; k < out->decision_count && !is_new; k++)
            is_new = out->decisions[k].job.v == f->job.v;
        if (!is_new) return true;
    }
    return false;
}

void oracle_reserve(struct sim *s, const struct event *e, const struct outcome *out)
{
    const struct fleet *f = core_fleet(s->shell.core);
    for (size_t i = 0; i < out->decision_count; i++)
        if (out->decisions[i].kind == DECISION_POSTPONED)
            check_postponed(s, &out->decisions[i], out);
    for (uint32_t p = 0; f != NULL && p < f->pool_count; p++) {
        struct promise *old = &s->promises[p];
        struct pool_reservation now;
        core_reservation(s->shell.core, (struct pool_id){p}, &now);
        bool is_later = now.job.v != 0 && now.job.v == old->job && now.at_ms > old->at_ms;
        if (is_later && !changes_the_world(e) && !is_unanswered(p, out) &&
            !is_postponed(out, now.job.v))
            sim_fail(s, "RESERVE",
                     "job %" PRIu32 " was to start in pool %" PRIu32 " by %" PRId64
                     ", and now by %" PRId64,
                     now.job.v, p, old->at_ms, now.at_ms);
        *old = (struct promise){now.job.v, now.at_ms};
    }
}
