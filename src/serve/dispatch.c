/* dispatch.c - orders to engines, once the record that decided them is durable.
 *
 * An order that cannot be given now (disk full, spawner dead) is only logged: the core says it
 * again until the engine's report has entered the ledger. */
#include "base/check.h"
#include "serve/server.h"

#include <inttypes.h>
#include <string.h>

static struct spec_slot *slot_for(struct server *s, uint64_t record)
{
    struct spec_slot *oldest = &s->specs[0];
    for (int i = 0; i < SPEC_SLOTS; i++) {
        if (s->specs[i].record == record) return &s->specs[i];
        if (s->specs[i].used < oldest->used) oldest = &s->specs[i];
    }
    return oldest;
}

/* The spec as it was submitted, from the cache or the ledger. */
static const struct job_spec *spec_of_record(struct server *s, uint64_t record,
                                             struct errtext *error)
{
    struct spec_slot *slot = slot_for(s, record);
    slot->used = ++s->spec_turn;
    if (slot->record == record) return &slot->spec;
    arena_clear(&slot->arena);
    slot->record = 0;
    if (journal_spec(&s->journal, record, &slot->arena, &slot->spec, error) != ERR_NONE)
        return NULL;
    slot->record = record;
    return &slot->spec;
}

const struct job_spec *dispatch_submitted(struct server *s, const struct job *j,
                                          struct errtext *error)
{
    return spec_of_record(s, j->spec_record, error);
}

const struct job_spec *dispatch_spec(struct server *s, const struct job *j, struct job_spec *out,
                                     struct errtext *error)
{
    const struct job_spec *submitted = spec_of_record(s, j->spec_record, error);
    if (submitted == NULL) return NULL;
    /* Updates change the light part; script, arguments and environment never change. */
    *out = j->spec;
    out->script = submitted->script;
    out->arguments = submitted->arguments;
    out->argument_count = submitted->argument_count;
    out->environment = submitted->environment;
    out->environment_count = submitted->environment_count;
    return out;
}

static enum err start(struct server *s, const struct effect *e, struct errtext *error)
{
    const struct job *j = core_job(s->journal.core, e->job);
    /* A later event of the same batch has ended this attempt: its stop follows. */
    if (j == NULL || j->attempt != e->attempt || j->claim == NULL) return ERR_NONE;
    struct job_spec spec;
    if (dispatch_spec(s, j, &spec, error) == NULL) return ERR_CORRUPT;
    const struct fleet *f = core_fleet(s->journal.core);
    struct engine_start order = {
        .fleet = f,
        .claim = j->claim,
        .spec = &spec,
        .expires_ms = e->expires_ms,
        .time_limit_ms = j->time_limit_ms,
        .end_by_ms = f->pools[e->pool].title.to_ms,
        .restarts = j->restarts,
        .array_job = j->array_job,
        .array_task = j->array_task,
    };
    return engine_start(s->local, &order, core_now_ms(s->journal.core), error);
}

static enum stop_why why_stopped(const struct job *j)
{
    if (j == NULL) return STOP_ASKED;
    if (j->stop_state == JOB_TIMEOUT) return STOP_TIME_LIMIT;
    if (j->stop_state == JOB_NODE_FAIL) return STOP_NODE_FAILED;
    if (j->reason == REASON_PREEMPTED) return STOP_PREEMPTED;
    if (j->reason >= REASON_LAW_NO_SITE && j->reason <= REASON_LAW_ENDS_FIRST) return STOP_UNLAWFUL;
    if (j->reason == REASON_QUOTA) return STOP_UNLAWFUL;
    return j->requeue_asked ? STOP_REQUEUED : STOP_ASKED;
}

void dispatch_effect(struct server *s, const struct effect *e)
{
    struct errtext error;
    enum err failed = ERR_NONE;
    int64_t now_ms = core_now_ms(s->journal.core);
    switch ((enum effect_kind)e->kind) {
    case FX_START: failed = start(s, e, &error); break;
    case FX_STOP:
        failed = engine_stop(s->local, e->job, e->attempt, e->grace_ms,
                             why_stopped(core_job(s->journal.core, e->job)), now_ms, &error);
        break;
    case FX_SIGNAL:
        failed = engine_signal(s->local, e->job, e->attempt, e->signal, now_ms, &error);
        break;
    case FX_LIMIT:
        failed = engine_limit(s->local, e->job, e->attempt, e->limit_ms, e->limit_number, now_ms,
                              &error);
        break;
    case FX_FORGET: failed = engine_forget(s->local, e->job, e->attempt, now_ms, &error); break;
    case FX_COUNT: UNREACHABLE("not an effect");
    }
    if (failed != ERR_NONE)
        server_log(s, "job %" PRIu32 ": %s cannot be ordered now, it will be repeated: %s",
                   e->job.v, effect_names[e->kind], error.s);
}
