/* talk.c - what simulated processes say of their progress, and when: to the point, too late, in the
 * wrong order, twice, after their end, or false. */
#include "base/money.h"
#include "sim/world.h"

enum { MINUTE_MS = 60 * 1000 };

static void send(struct sim *s, const struct machine *m, const struct attempt_file *f,
                 int64_t steps, int64_t total)
{
    struct note n = {.kind = NOTE_PROGRESS, .who = (uint32_t)(m - s->machines)};
    n.u.progress.uid = f->order.uid;
    n.u.progress.beat = (struct heartbeat){.job = f->job,
                                           .attempt = f->attempt,
                                           .steps = steps,
                                           .total = total,
                                           .checkpoint = rng_chance(&s->rng, 40)};
    sim_send(s, n);
}

static void plan(struct sim *s, const struct machine *m, const struct attempt_file *f)
{
    struct note n = {.kind = NOTE_SPEAK, .who = (uint32_t)(m - s->machines)};
    n.job = f->job;
    n.attempt = f->attempt;
    sim_plan(s, n, rng_between(&s->rng, f->talk.every_ms / 2, f->talk.every_ms));
}

void talk_begin(struct sim *s, const struct machine *m, struct attempt_file *f)
{
    if (!rng_chance(&s->rng, 50)) return;
    int64_t steps = f->order.steps > 0 ? f->order.steps : 100000;
    int64_t limit_s = f->order.time_limit_ms / 1000 + 1;
    f->talk = (struct talk){.every_ms = rng_between(&s->rng, 1, 40) * MINUTE_MS,
                            .steps = f->order.steps_done,
                            .total = rng_chance(&s->rng, 50) ? steps : 0,
                            .at_ms = s->now_ms,
                            .lies = rng_chance(&s->rng, s->chaos.lies_percent)};
    /* Most would be done within half of their limit to twice as much. */
    f->talk.usteps_per_s =
        money_scale(steps, 1000000, limit_s) / 100 * rng_between(&s->rng, 50, 200);
    plan(s, m, f);
}

/* What a program with a fault in it would say. */
static void lie(struct sim *s, const struct machine *m, struct attempt_file *f)
{
    struct talk *t = &f->talk;
    sim_count(s, STAT_FALSE_BEATS);
    switch (rng_below(&s->rng, 6)) {
    case 0: send(s, m, f, t->steps / 2, t->total); break;
    case 1: send(s, m, f, 0, 0); break;
    case 2: send(s, m, f, WORK_STEPS_MAX, WORK_STEPS_MAX); break;
    case 3: send(s, m, f, t->steps, t->steps + 1); break;
    case 4: send(s, m, f, t->steps, WORK_STEPS_MAX); break;
    default: send(s, m, f, t->steps, t->steps > 0 ? t->steps - 1 : -1); break;
    }
}

static void speak(struct sim *s, const struct machine *m, struct attempt_file *f)
{
    struct talk *t = &f->talk;
    int64_t did = money_scale(t->usteps_per_s, s->now_ms - t->at_ms, INT64_C(1000000000));
    t->at_ms = s->now_ms;
    t->steps = money_add(t->steps, did);
    if (t->total > 0 && t->steps > t->total) t->steps = t->total;
    if (t->lies && rng_chance(&s->rng, 50))
        lie(s, m, f);
    else
        send(s, m, f, t->steps, rng_chance(&s->rng, 50) ? t->total : 0);
}

void talk_on_time(struct sim *s, const struct note *n)
{
    struct machine *m = &s->machines[n->who];
    for (uint32_t i = 0; i < m->file_count; i++) {
        struct attempt_file *f = &m->files[i];
        if (f->job.v != n->job.v || f->attempt != n->attempt || !f->runs) continue;
        speak(s, m, f);
        plan(s, m, f);
    }
}

void talk_end(struct sim *s, const struct machine *m, struct attempt_file *f)
{
    if (f->talk.every_ms == 0 || !rng_chance(&s->rng, 20)) return;
    sim_count(s, STAT_LATE_BEATS);
    send(s, m, f, f->talk.steps, f->talk.total);
}
