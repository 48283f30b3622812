/* oracle_reserve.c - RESERVE: a start that was promised to a waiting job is not put off by jobs that
 * stand behind it.
 *
 * After each step the promise of each pool is compared with that of the step before. It may come
 * later when the world changed (nodes, fleet, law, limits, an engine that is slow to obey), when a
 * job that may stand before the holder was placed there, or when the pool was kept for such a job
 * for a part of the step; otherwise somebody behind it took what was kept. */
#include "core/core.h"
#include "sim/world.h"

#include <inttypes.h>

static bool changes_the_world(const struct event *e)
{
    if (e->kind == EVENT_REPORT) return e->report.kind == REPORT_STARTED;
    return e->kind != EVENT_SUBMIT && e->kind != EVENT_CANCEL && e->kind != EVENT_HOLD &&
           e->kind != EVENT_RELEASE && e->kind != EVENT_TICK;
}

/* By what any order of the queue must respect: priority, and age within an account. */
static bool stands_behind(const struct job *j, const struct job *holder)
{
    if (j->spec.priority != holder->spec.priority) return j->spec.priority < holder->spec.priority;
    return str_eq(j->spec.tenant, holder->spec.tenant) && j->id.v > holder->id.v;
}

static bool was_overtaken(const struct sim *s, uint32_t pool, const struct job *holder,
                          const struct outcome *out)
{
    for (size_t i = 0; i < out->decision_count; i++) {
        const struct decision *d = &out->decisions[i];
        const struct job *j = core_job(s->shell.core, d->job);
        bool takes = d->kind == DECISION_PLACED || d->kind == DECISION_PREEMPTING;
        if (takes && d->pool == pool && j != NULL && !stands_behind(j, holder)) return true;
    }
    return false;
}

/* For a part of the step the pool was kept for one that waits and may stand before the holder. */
static bool was_passed_on(const struct sim *s, const struct pool_reservation *r,
                          const struct job *holder)
{
    const struct job *j = core_job(s->shell.core, r->between);
    return j != NULL && j->state == JOB_PENDING && !stands_behind(j, holder);
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
    for (uint32_t p = 0; f != NULL && p < f->pool_count; p++) {
        struct promise *old = &s->promises[p];
        struct pool_reservation now;
        core_reservation(s->shell.core, (struct pool_id){p}, &now);
        const struct job *holder = core_job(s->shell.core, now.job);
        bool is_later = now.job.v != 0 && now.job.v == old->job && now.at_ms > old->at_ms;
        if (is_later && !changes_the_world(e) && !is_unanswered(p, out) &&
            !was_overtaken(s, p, holder, out) && !was_passed_on(s, &now, holder))
            sim_fail(s, "RESERVE",
                     "job %" PRIu32 " was to start in pool %" PRIu32 " by %" PRId64
                     ", and now by %" PRId64,
                     now.job.v, p, old->at_ms, now.at_ms);
        *old = (struct promise){now.job.v, now.at_ms};
    }
}
