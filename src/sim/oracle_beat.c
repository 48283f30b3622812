/* oracle_beat.c - BEAT: what the core makes of heartbeats, against a list of all that it took.
 *
 * A heartbeat is taken only of an attempt that holds its claim. The speed made of them lies between
 * the least and the greatest of those from one heartbeat to the next since the steps last fell; it
 * is a mean of them, however it is windowed. What a job takes along when it waits again is what it
 * last said it had saved. */
#include "base/mem.h"
#include "core/limits.h"
#include "sim/world.h"

#include <inttypes.h>

int64_t oracle_beat_at(const struct sim *s, const struct beat *b)
{
    int64_t at_ms = b->at_ms;
    for (size_t i = 0; i < s->clock_step_count; i++)
        if (s->clock_steps[i].record > b->record) at_ms += s->clock_steps[i].by_ms;
    return at_ms;
}

/* The least and greatest speed that the attempt's heartbeats show; false: fewer than two. */
static bool slopes(const struct sim *s, struct job_id job, uint32_t attempt, double *lo, double *hi)
{
    const struct beat *last = NULL;
    bool any = false;
    for (size_t i = 0; i < s->beat_count; i++) {
        const struct beat *b = &s->beats[i];
        if (b->job.v != job.v || b->attempt != attempt) continue;
        if (last == NULL || b->steps < last->steps) {
            any = false;
        } else {
            double ms = (double)(oracle_beat_at(s, b) - oracle_beat_at(s, last));
            double did = (double)(b->steps - last->steps);
            double usteps = ms > 0 ? did * 1e9 / ms : did > 0 ? 1e30 : 0;
            if (ms > 0 || did > 0) {
                *lo = any && *lo < usteps ? *lo : usteps;
                *hi = any && *hi > usteps ? *hi : usteps;
                any = true;
            }
        }
        last = b;
    }
    return any;
}

static void check_speed(struct sim *s, struct job_id job, uint32_t attempt, int64_t usteps_per_s)
{
    double lo = 0, hi = 0, has = (double)usteps_per_s;
    if (usteps_per_s == 0) return;
    if (!slopes(s, job, attempt, &lo, &hi))
        lo = hi = -1;
    else if (lo > (double)USTEPS_PER_S_MAX)
        lo = (double)USTEPS_PER_S_MAX;
    /* A window that was moved begins at a whole number of steps. */
    double slack = 2e9 / (PROGRESS_WINDOW_MS / 2.0);
    if (has < lo * 0.999 - slack || has > hi * 1.001 + slack)
        sim_fail(s, "BEAT",
                 "%" PRIu32 ".%" PRIu32 " is said to do %" PRId64
                 " usteps/s; by its heartbeats it does %.0f to %.0f",
                 job.v, attempt, usteps_per_s, lo, hi);
}

static void take(struct sim *s, const struct heartbeat *h)
{
    const struct job *j = core_job(s->shell.core, h->job);
    sim_count(s, STAT_BEATS);
    if (j == NULL || j->claim == NULL || j->claim->attempt != h->attempt) {
        sim_fail(s, "BEAT", "%" PRIu32 ".%" PRIu32 " holds nothing, yet its heartbeat was taken",
                 h->job.v, h->attempt);
        return;
    }
    s->beats = mem_grow(s->beats, &s->beat_cap, s->beat_count + 1, sizeof *s->beats);
    s->beats[s->beat_count++] = (struct beat){.job = h->job,
                                              .attempt = h->attempt,
                                              .record = s->shell.count,
                                              .at_ms = core_now_ms(s->shell.core),
                                              .steps = h->steps,
                                              .checkpoint = h->checkpoint};
    if (j->progress.steps != h->steps)
        sim_fail(s, "BEAT", "job %" PRIu32 " said step %" PRId64 ", the core knows %" PRId64,
                 h->job.v, h->steps, j->progress.steps);
    check_speed(s, h->job, h->attempt, j->progress.usteps_per_s);
}

const struct beat *oracle_beat_saved(const struct sim *s, struct job_id job)
{
    for (size_t i = s->beat_count; i > 0; i--)
        if (s->beats[i - 1].job.v == job.v && s->beats[i - 1].checkpoint) return &s->beats[i - 1];
    return NULL;
}

/* It waits again, with the number of the next attempt. */
static void check_kept(struct sim *s, const struct decision *d)
{
    const struct job *j = core_job(s->shell.core, d->job);
    const struct beat *saved = oracle_beat_saved(s, d->job);
    bool has_spoken = false;
    for (size_t i = 0; i < s->beat_count; i++)
        has_spoken =
            has_spoken || (s->beats[i].job.v == d->job.v && s->beats[i].attempt + 1 == d->attempt);
    if (j == NULL || !has_spoken) return;
    const struct job_work *w = &j->spec.work;
    int64_t done = saved != NULL ? saved->steps : w->steps_done;
    if (w->steps > 0 && done > w->steps) done = w->steps;
    if (w->steps_done != done)
        sim_fail(s, "BEAT",
                 "job %" PRIu32 " saved %" PRId64 " steps and begins again from %" PRId64, d->job.v,
                 done, w->steps_done);
}

void oracle_beat(struct sim *s, const struct event *e, const struct outcome *out)
{
    if (e->kind == EVENT_PROGRESS) take(s, &e->heartbeat);
    if (e->kind == EVENT_TICK && e->stepped_ms > 0) {
        s->clock_steps = mem_grow(s->clock_steps, &s->clock_step_cap, s->clock_step_count + 1,
                                  sizeof *s->clock_steps);
        s->clock_steps[s->clock_step_count++] = (struct clock_step){s->shell.count, e->stepped_ms};
    }
    for (size_t i = 0; i < out->decision_count && !sim_has_failed(s); i++)
        if (out->decisions[i].kind == DECISION_REQUEUED) check_kept(s, &out->decisions[i]);
}

void oracle_beat_undo(struct sim *s, uint64_t synced)
{
    while (s->beat_count > 0 && s->beats[s->beat_count - 1].record > synced) s->beat_count--;
    while (s->clock_step_count > 0 && s->clock_steps[s->clock_step_count - 1].record > synced)
        s->clock_unseen_ms += s->clock_steps[--s->clock_step_count].by_ms;
}
