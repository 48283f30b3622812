#include "agent/agent.h"

#include "agent/attempts.h"
#include "base/check.h"
#include "base/mem.h"
#include "core/defect.h"
#include "core/limits.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

const char *const agent_input_names[AGENT_INPUT_COUNT] = {
    "start",       "stop",         "signal",        "limit",        "forget",
    "spawned",     "spawn-failed", "exited",        "lost",         "found-running",
    "found-ended", "found-lost",   "found-unbegun", "found-barred", "clock"};
const char *const agent_output_names[AGENT_OUTPUT_COUNT] = {"spawn", "term", "kill",  "send",
                                                            "limit", "bar",  "erase", "report"};
const char *const agent_state_names[AGENT_STATE_COUNT] = {
    "none", "unbegun", "starting", "running", "stopping", "ended", "tomb"};

static_assert(AGENT_TOMBSTONE_MS > START_EXPIRY_MS, "a tombstone outlives every start order");

struct agent {
    struct agent_config config;
    int64_t now_ms; /* the agent's time: never decreases */
    struct attempts known;
};

struct agent *agent_new(struct agent_config config)
{
    ASSERT(config.floor_ms >= 0);
    struct agent *a = mem_alloc(1, sizeof *a);
    a->config = config;
    a->now_ms = config.floor_ms;
    attempts_init(&a->known);
    return a;
}

void agent_free(struct agent *a)
{
    if (a == NULL) return;
    attempts_release(&a->known);
    mem_free(a);
}

void agent_outputs_release(struct agent_outputs *out)
{
    mem_free(out->items);
    *out = (struct agent_outputs){0};
}

/* ---- putting out ---- */

static struct agent_output *put(struct agent_outputs *out, int kind, struct job_id job,
                                uint32_t number)
{
    out->items = mem_grow(out->items, &out->cap, out->count + 1, sizeof *out->items);
    struct agent_output *o = &out->items[out->count++];
    *o = (struct agent_output){.kind = kind, .job = job, .attempt = number};
    return o;
}

static struct agent_output *put_for(struct agent_outputs *out, int kind, const struct attempt *p)
{
    return put(out, kind, p->job, p->number);
}

static struct report *put_report(struct agent_outputs *out, const struct attempt *p, int kind,
                                 int64_t at_ms)
{
    struct report *r = &put_for(out, AGENT_REPORT, p)->report;
    *r = (struct report){.kind = kind, .job = p->job, .attempt = p->number, .at_ms = at_ms};
    return r;
}

static void put_started(struct agent_outputs *out, const struct attempt *p)
{
    put_report(out, p, REPORT_STARTED, p->at_ms)->limit_number = p->limit_number;
}

static void put_end(struct agent_outputs *out, const struct attempt *p)
{
    struct report *r = put_report(out, p, p->report, p->at_ms);
    r->exit_code = p->exit.code;
    r->signal = p->exit.signal;
    r->timed_out = p->exit.timed_out;
    r->out_of_memory = p->exit.out_of_memory;
    r->detail = str_of(p->detail);
}

static void put_gone(struct agent_outputs *out, const struct attempt *p, int64_t at_ms,
                     const char *why)
{
    put_report(out, p, REPORT_GONE, at_ms)->detail = str_of(why);
}

/* ---- changes of state ---- */

static void set_detail(struct attempt *p, struct str detail)
{
    mem_free(p->detail);
    p->detail = NULL;
    if (detail.len == 0) return;
    size_t len = detail.len < AGENT_DETAIL_MAX ? detail.len : AGENT_DETAIL_MAX;
    /* Cut between characters: the report goes into a text field, which must be UTF-8. */
    while (len < detail.len && len > 0 && ((unsigned char)detail.p[len] & 0xC0u) == 0x80u) len--;
    p->detail = mem_alloc(len + 1, 1);
    memcpy(p->detail, detail.p, len);
}

static void end_attempt(struct agent *a, uint32_t slot, int report, const struct agent_input *in,
                        struct agent_outputs *out)
{
    struct attempt *p = &a->known.slots[slot];
    p->state = AGENT_ENDED;
    p->report = report;
    p->at_ms = in->now_ms;
    p->exit = in->exit;
    set_detail(p, in->detail);
    p->repeat_ms = AGENT_REPEAT_FIRST_MS;
    attempts_set_due(&a->known, slot, a->now_ms + p->repeat_ms);
    put_end(out, p);
}

static void stop_running(struct agent *a, uint32_t slot, int64_t grace_ms,
                         struct agent_outputs *out)
{
    struct attempt *p = &a->known.slots[slot];
    ASSERT(p->state == AGENT_RUNNING);
    p->state = AGENT_STOPPING;
    put_for(out, AGENT_TERM, p);
    if (grace_ms <= 0) {
        put_for(out, AGENT_KILL, p);
        grace_ms = AGENT_KILL_REPEAT_MS;
    }
    attempts_set_due(&a->known, slot, a->now_ms + grace_ms);
}

/* Bring an active attempt to its end; asking again may only shorten the grace. */
static void stop_active(struct agent *a, uint32_t slot, int64_t grace_ms, struct agent_outputs *out)
{
    struct attempt *p = &a->known.slots[slot];
    if (p->state == AGENT_RUNNING) {
        stop_running(a, slot, grace_ms, out);
    } else if (p->state == AGENT_STOPPING) {
        if (grace_ms <= 0) put_for(out, AGENT_KILL, p);
        int64_t due_ms = a->now_ms + (grace_ms <= 0 ? AGENT_KILL_REPEAT_MS : grace_ms);
        if (due_ms < p->due_ms) attempts_set_due(&a->known, slot, due_ms);
    } else {
        ASSERT(p->state == AGENT_STARTING);
        if (!p->stop_asked || grace_ms < p->grace_ms) p->grace_ms = grace_ms;
        p->stop_asked = true;
    }
}

/* Make sure that an attempt which does not run never will, and say so. `slot` ATTEMPT_NONE:
 * unknown.
 */
static void bar_attempt(struct agent *a, uint32_t slot, const struct agent_input *in,
                        const char *why, struct agent_outputs *out)
{
    if (slot == ATTEMPT_NONE) {
        if (a->known.count >= AGENT_ATTEMPTS_MAX) return;
#if BERTH_DEFECT == 8
        put_gone(out, &(struct attempt){.job = in->job, .number = in->attempt}, in->now_ms, why);
        return;
#endif
        slot = attempts_add(&a->known, in->job, in->attempt);
    }
    struct attempt *p = &a->known.slots[slot];
    p->state = AGENT_TOMB;
    attempts_set_due(&a->known, slot, a->now_ms + AGENT_TOMBSTONE_MS);
    put_for(out, AGENT_BAR, p)->until_ms = p->due_ms;
    put_gone(out, p, in->now_ms, why);
}

/* It never ran, and is reported GONE or REJECTED until that is forgotten. A report may be under way
 * for long, while the core, which does not have it yet, says START again and again; a life of the
 * engine that did not know of the report would obey. */
static void bar_until_forgotten(struct agent *a, uint32_t slot, struct agent_outputs *out)
{
    put_for(out, AGENT_BAR, &a->known.slots[slot])->until_ms = CIVIL_NEVER_MS;
}

/* ---- orders ---- */

static void take_start(struct agent *a, const struct agent_input *in, struct agent_outputs *out)
{
    uint32_t slot = attempts_find(&a->known, in->job, in->attempt);
    int state = slot == ATTEMPT_NONE ? AGENT_NONE : a->known.slots[slot].state;
    if (state == AGENT_NONE || state == AGENT_UNBEGUN) {
        if (in->attempt < attempts_newest(&a->known, in->job)) {
            bar_attempt(a, slot, in, "a newer attempt is known", out);
            return;
        }
#if BERTH_DEFECT != 9
        if (a->now_ms > in->expires_ms) return;
#endif
        uint32_t other = attempts_other_active(&a->known, in->job, in->attempt);
        if (other != ATTEMPT_NONE) {
            stop_active(a, other, AGENT_GRACE_MS, out);
            return;
        }
        if (slot == ATTEMPT_NONE) {
            if (a->known.count >= AGENT_ATTEMPTS_MAX) return;
            slot = attempts_add(&a->known, in->job, in->attempt);
        }
        a->known.slots[slot].state = AGENT_STARTING;
        attempts_set_due(&a->known, slot, CIVIL_NEVER_MS);
        put_for(out, AGENT_SPAWN, &a->known.slots[slot]);
        return;
    }
    const struct attempt *p = &a->known.slots[slot];
    if (state == AGENT_RUNNING) put_started(out, p);
    if (state == AGENT_ENDED) put_end(out, p);
    if (state == AGENT_TOMB) put_gone(out, p, in->now_ms, "it was stopped before");
}

static void take_stop(struct agent *a, const struct agent_input *in, struct agent_outputs *out)
{
    uint32_t slot = attempts_find(&a->known, in->job, in->attempt);
    int state = slot == ATTEMPT_NONE ? AGENT_NONE : a->known.slots[slot].state;
    if (state == AGENT_NONE || state == AGENT_UNBEGUN)
        bar_attempt(a, slot, in, "stopped before it started", out);
    else if (state == AGENT_ENDED)
        put_end(out, &a->known.slots[slot]);
    else if (state == AGENT_TOMB)
        put_gone(out, &a->known.slots[slot], in->now_ms, "it was stopped before");
    else
        stop_active(a, slot, in->grace_ms, out);
}

static void take_signal(struct agent *a, const struct agent_input *in, struct agent_outputs *out)
{
    uint32_t slot = attempts_find(&a->known, in->job, in->attempt);
    if (slot == ATTEMPT_NONE) return;
    const struct attempt *p = &a->known.slots[slot];
    if (p->state == AGENT_RUNNING || p->state == AGENT_STOPPING)
        put_for(out, AGENT_SEND, p)->signal = in->signal;
}

static void take_limit(struct agent *a, const struct agent_input *in, struct agent_outputs *out)
{
    uint32_t slot = attempts_find(&a->known, in->job, in->attempt);
    if (slot == ATTEMPT_NONE) return;
    struct attempt *p = &a->known.slots[slot];
    if (p->state != AGENT_RUNNING) return;
    if (in->limit_number > p->limit_number) {
        struct agent_output *o = put_for(out, AGENT_SET_LIMIT, p);
        o->limit_ms = in->limit_ms;
        o->limit_number = p->limit_number = in->limit_number;
    }
    put_started(out, p);
}

static void erase(struct agent *a, uint32_t slot, struct agent_outputs *out)
{
    struct attempt *p = &a->known.slots[slot];
    if (!p->erased) put_for(out, AGENT_ERASE, p)->until_ms = a->now_ms;
    p->erased = true;
}

static void take_forget(struct agent *a, const struct agent_input *in, struct agent_outputs *out)
{
    uint32_t slot = attempts_find(&a->known, in->job, in->attempt);
    if (slot == ATTEMPT_NONE) return;
    struct attempt *p = &a->known.slots[slot];
    if (p->state != AGENT_ENDED && p->state != AGENT_TOMB) return;
    if (p->state == AGENT_ENDED) {
        p->state = AGENT_TOMB;
        set_detail(p, (struct str){0});
        attempts_set_due(&a->known, slot, a->now_ms + AGENT_TOMBSTONE_MS);
    }
    if (a->config.erase_at_once) erase(a, slot, out);
}

/* ---- facts ---- */

static void take_spawned(struct agent *a, uint32_t slot, const struct agent_input *in,
                         struct agent_outputs *out)
{
    struct attempt *p = &a->known.slots[slot];
    if (p->state != AGENT_STARTING) return;
    p->state = AGENT_RUNNING;
    p->at_ms = in->now_ms;
    put_started(out, p);
    if (p->stop_asked) stop_running(a, slot, p->grace_ms, out);
}

static void take_fact(struct agent *a, const struct agent_input *in, struct agent_outputs *out)
{
    uint32_t slot = attempts_find(&a->known, in->job, in->attempt);
    if (slot == ATTEMPT_NONE || !attempt_is_active(&a->known.slots[slot])) return;
    bool has_not_run = a->known.slots[slot].state == AGENT_STARTING;
    if (has_not_run && (in->kind == AGENT_LOST || in->kind == AGENT_SPAWN_FAILED))
        bar_until_forgotten(a, slot, out);
    if (in->kind == AGENT_SPAWNED)
        take_spawned(a, slot, in, out);
    else if (in->kind == AGENT_EXITED)
        end_attempt(a, slot, REPORT_FINISHED, in, out);
    else if (in->kind == AGENT_LOST)
        end_attempt(a, slot, REPORT_GONE, in, out);
    else if (has_not_run)
        end_attempt(a, slot, in->permanent ? REPORT_REJECTED : REPORT_GONE, in, out);
}

static void take_found(struct agent *a, const struct agent_input *in, struct agent_outputs *out)
{
    if (attempts_find(&a->known, in->job, in->attempt) != ATTEMPT_NONE) return;
    /* What is on disk cannot be dropped: the limit was kept when it came to be there. */
    ASSERT(a->known.count < AGENT_ATTEMPTS_MAX);
    uint32_t slot = attempts_add(&a->known, in->job, in->attempt);
    struct attempt *p = &a->known.slots[slot];
    if (in->kind == AGENT_FOUND_RUNNING) {
        p->state = AGENT_RUNNING;
        p->at_ms = in->now_ms;
        p->limit_number = in->limit_number;
        put_started(out, p);
    } else if (in->kind == AGENT_FOUND_ENDED) {
        end_attempt(a, slot, REPORT_FINISHED, in, out);
    } else if (in->kind == AGENT_FOUND_LOST) {
        end_attempt(a, slot, in->permanent ? REPORT_REJECTED : REPORT_GONE, in, out);
    } else if (in->kind == AGENT_FOUND_UNBEGUN) {
        p->state = AGENT_UNBEGUN;
        attempts_set_due(&a->known, slot, a->now_ms + AGENT_TOMBSTONE_MS);
    } else if (in->until_ms == CIVIL_NEVER_MS) {
        end_attempt(a, slot, REPORT_GONE, in, out);
    } else {
        p->state = AGENT_TOMB;
        attempts_set_due(&a->known, slot, in->until_ms);
    }
}

/* ---- the clock ---- */

static void take_due(struct agent *a, uint32_t slot, struct agent_outputs *out)
{
    struct attempt *p = &a->known.slots[slot];
    if (p->state == AGENT_STOPPING) {
        put_for(out, AGENT_KILL, p);
        attempts_set_due(&a->known, slot, a->now_ms + AGENT_KILL_REPEAT_MS);
    } else if (p->state == AGENT_ENDED) {
        put_end(out, p);
        p->repeat_ms *= 2;
        if (p->repeat_ms > AGENT_REPEAT_LAST_MS) p->repeat_ms = AGENT_REPEAT_LAST_MS;
        attempts_set_due(&a->known, slot, a->now_ms + p->repeat_ms);
    } else {
        ASSERT(p->state == AGENT_TOMB || p->state == AGENT_UNBEGUN);
        erase(a, slot, out);
        attempts_remove(&a->known, slot);
    }
}

void agent_step(struct agent *a, const struct agent_input *in, struct agent_outputs *out)
{
    ASSERT(in->kind >= 0 && in->kind < AGENT_INPUT_COUNT);
    ASSERT(in->kind == AGENT_CLOCK || (in->job.v != 0 && in->attempt != 0));
    out->count = 0;
    if (in->now_ms > a->now_ms) a->now_ms = in->now_ms;
    if (in->kind <= AGENT_FORGET && in->issued_ms > a->now_ms) a->now_ms = in->issued_ms;

    switch ((enum agent_input_kind)in->kind) {
    case AGENT_START: take_start(a, in, out); break;
    case AGENT_STOP: take_stop(a, in, out); break;
    case AGENT_SIGNAL: take_signal(a, in, out); break;
    case AGENT_LIMIT: take_limit(a, in, out); break;
    case AGENT_FORGET: take_forget(a, in, out); break;
    case AGENT_SPAWNED:
    case AGENT_SPAWN_FAILED:
    case AGENT_EXITED:
    case AGENT_LOST: take_fact(a, in, out); break;
    case AGENT_FOUND_RUNNING:
    case AGENT_FOUND_ENDED:
    case AGENT_FOUND_LOST:
    case AGENT_FOUND_UNBEGUN:
    case AGENT_FOUND_BARRED: take_found(a, in, out); break;
    case AGENT_CLOCK:
    case AGENT_INPUT_COUNT: break;
    }
    /* Every timer that is set here lies after now, so this ends. */
    for (;;) {
        uint32_t slot = attempts_first_due(&a->known);
        if (slot == ATTEMPT_NONE || a->known.slots[slot].due_ms > a->now_ms) break;
        take_due(a, slot, out);
    }
}

struct agent_input agent_order(const struct effect *e, int64_t issued_ms, int64_t now_ms)
{
    static const int kinds[FX_COUNT] = {[FX_START] = AGENT_START,
                                        [FX_STOP] = AGENT_STOP,
                                        [FX_SIGNAL] = AGENT_SIGNAL,
                                        [FX_LIMIT] = AGENT_LIMIT,
                                        [FX_FORGET] = AGENT_FORGET};
    ASSERT(e->kind >= 0 && e->kind < FX_COUNT);
    return (struct agent_input){.kind = kinds[e->kind],
                                .now_ms = now_ms,
                                .job = e->job,
                                .attempt = e->attempt,
                                .issued_ms = issued_ms,
                                .expires_ms = e->expires_ms,
                                .grace_ms = e->grace_ms,
                                .signal = e->signal,
                                .limit_ms = e->limit_ms,
                                .limit_number = e->limit_number};
}

int64_t agent_next_ms(const struct agent *a)
{
    uint32_t slot = attempts_first_due(&a->known);
    return slot == ATTEMPT_NONE ? CIVIL_NEVER_MS : a->known.slots[slot].due_ms;
}

int agent_state(const struct agent *a, struct job_id job, uint32_t attempt)
{
    uint32_t slot = attempts_find(&a->known, job, attempt);
    return slot == ATTEMPT_NONE ? AGENT_NONE : a->known.slots[slot].state;
}

size_t agent_count(const struct agent *a)
{
    return a->known.count;
}

enum err agent_check(const struct agent *a, struct errtext *error)
{
    enum err e = attempts_check(&a->known, error);
    if (e != ERR_NONE) return e;
    for (uint32_t i = 0; i < a->known.slot_count; i++) {
        const struct attempt *p = &a->known.slots[i];
        if (p->job.v == 0) continue;
        bool timed = p->due_ms != CIVIL_NEVER_MS;
        bool wants_timer = p->state != AGENT_STARTING && p->state != AGENT_RUNNING;
        if (p->state <= AGENT_NONE || p->state >= AGENT_STATE_COUNT || timed != wants_timer)
            return err_set(error, ERR_CORRUPT, "agent: state %d of %" PRIu32 ".%" PRIu32, p->state,
                           p->job.v, p->number);
        if (attempt_is_active(p) &&
            attempts_other_active(&a->known, p->job, p->number) != ATTEMPT_NONE)
            return err_set(error, ERR_CORRUPT, "agent A2: two attempts of job %" PRIu32 " run",
                           p->job.v);
    }
    return ERR_NONE;
}
