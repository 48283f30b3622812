/* progress.c - what running jobs say of their progress, and how fast that makes them.
 *
 * A heartbeat is taken at its word: it concerns nothing but the job that sent it. It moves no job
 * by itself. What comes of it: when the job will end; what it would lose if it were stopped now;
 * and, when it waits again, how long it will need where.
 *
 * Speed is measured between two heartbeats of one attempt, so that what comes before the first step
 * (loading, compiling) does not count. The stretch is kept between half of PROGRESS_WINDOW_MS and
 * the whole of it, by moving its beginning along at the speed measured: a job that becomes slower
 * is seen to. A step count that falls (the job went back to a checkpoint by itself) begins anew. */
#include "core/preempt.h"

#include "base/check.h"
#include "base/money.h"

#include <inttypes.h>

enum err progress_admit(const struct core *c, const struct event *ev, struct errtext *error)
{
    const struct heartbeat *h = &ev->heartbeat;
    const struct entry *e = entry_find(c, h->job.v);
    if (e == NULL) return err_set(error, ERR_NOT_FOUND, "no job %" PRIu32 " is known", h->job.v);
    if (!ev->actor_is_operator && ev->actor_uid != e->job.spec.uid)
        return err_set(error, ERR_DENIED, "job %" PRIu32 " is another user's", h->job.v);
    if (e->job.claim == NULL || (e->job.attempt != h->attempt && BERTH_DEFECT != 45))
        return err_set(error, ERR_CONFLICT, "attempt %" PRIu32 " of job %" PRIu32 " does not run",
                       h->attempt, h->job.v);
    if (h->steps < 0 || h->steps > WORK_STEPS_MAX || h->total < 0 || h->total > WORK_STEPS_MAX)
        return err_set(error, ERR_INVALID, "steps: 0 to %" PRId64 " are possible", WORK_STEPS_MAX);
    if (h->total > 0 && h->steps > h->total)
        return err_set(error, ERR_INVALID, "step %" PRId64 " of %" PRId64, h->steps, h->total);
    return ERR_NONE;
}

static void measure(struct job_progress *p)
{
    int64_t ms = p->at_ms - p->since_ms, steps = p->steps - p->since_steps;
    if (ms < PROGRESS_MEASURE_MS || steps <= 0) return;
    /* steps are at most 1e15 and ms is at least 1e4: 64 bits hold the quotient */
    p->usteps_per_s = money_scale(steps, INT64_C(1000000000), ms);
    if (p->usteps_per_s > USTEPS_PER_S_MAX) p->usteps_per_s = USTEPS_PER_S_MAX;
    if (ms <= PROGRESS_WINDOW_MS) return;
    p->since_ms += ms - PROGRESS_WINDOW_MS / 2;
    p->since_steps = p->steps - money_scale(steps, PROGRESS_WINDOW_MS / 2, ms);
}

void on_progress(struct core *c, const struct event *ev)
{
    const struct heartbeat *h = &ev->heartbeat;
    struct entry *e = entry_find(c, h->job.v);
    struct job_progress *p = &e->job.progress;
    bool begins = p->at_ms == 0 || (h->steps < p->steps && BERTH_DEFECT != 43);
    p->at_ms = c->now_ms;
    p->steps = h->steps;
    if (begins) {
        p->since_ms = c->now_ms;
        p->since_steps = h->steps;
        p->usteps_per_s = 0;
    }
    measure(p);
    if (h->checkpoint) {
        p->checkpointed_ms = c->now_ms;
        p->checkpointed_steps = h->steps;
    }
    if (h->total > 0) p->total = h->total;
    running_index(c, e);
}

int64_t progress_end_ms(const struct job *j)
{
    const struct job_progress *p = &j->progress;
    int64_t limit_end = j->start_ms + j->time_limit_ms;
    int64_t total = p->total > 0 ? p->total : j->spec.work.steps;
    if (p->at_ms == 0 || p->usteps_per_s == 0 || total == 0) return limit_end;
    int64_t left = total > p->steps ? total - p->steps : 0;
    int64_t end = money_add(p->at_ms, money_scale(left, INT64_C(1000000000), p->usteps_per_s));
    return end < limit_end ? end : limit_end;
}

void progress_keep(struct core *c, struct entry *e)
{
    struct job_progress *p = &e->job.progress;
    const struct claim *k = e->job.claim;
    struct job_spec s = e->job.spec;
    if (p->total > 0) s.work.steps = p->total;
    struct str chip = c->fleet.pools[k->pool.v].chip;
    if (p->usteps_per_s > 0 && chip.len > 0) {
        s.work.seen_chip = chip;
        s.work.seen_chips = k->chips;
        s.work.seen_usteps_per_s = p->usteps_per_s;
    }
    if (p->checkpointed_ms > 0)
        s.work.steps_done = BERTH_DEFECT == 46 ? p->steps : p->checkpointed_steps;
    if (p->checkpointed_ms >= e->job.start_ms && p->checkpointed_ms > 0)
        s.work.saved_site = c->fleet.sites[c->fleet.pools[k->pool.v].site_index].id;
    if (s.work.steps > 0 && s.work.steps_done > s.work.steps) s.work.steps_done = s.work.steps;
    if (p->at_ms > 0) entry_respec(c, e, &s);
    *p = (struct job_progress){.steps = s.work.steps_done,
                               .checkpointed_ms = p->checkpointed_ms,
                               .checkpointed_steps = p->checkpointed_steps};
}
