/* shell.c - the simulated shell: stamp, admit, encode, step, append, sync; only then reply and
 * order.
 *
 * What the daemon does (src/serve) with a disk that takes its time and a life that may end
 * anywhere. The core steps what was decoded from the record's bytes, never the sender's struct. */
#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "sim/world.h"

#include <inttypes.h>
#include <string.h>

/* More ticks than this without time moving on: the core asks for a tick that changes nothing. */
enum { TICKS_IN_PLACE_MAX = 50 };
/* The tick that is planned may be late by this before a new one is planned. */
enum { TICK_SLACK_MS = 2000 };
/* A shell that dies in the middle of its work is back within this. */
enum { DOWN_MAX_MS = 120000 };

void shell_init(struct sim *s)
{
    struct shell *sh = &s->shell;
    *sh = (struct shell){.is_up = true, .tick_at_ms = CIVIL_NEVER_MS};
    arena_init(&sh->scratch);
    outcome_init(&sh->outcome);
    sh->core = core_new();
}

static void record_release(struct record *r)
{
    buf_release(&r->event);
    buf_release(&r->outcome);
    mem_free(r->orders);
    mem_free(r->marks);
    *r = (struct record){0};
}

static void cut_records(struct shell *sh, uint64_t count)
{
    while (sh->count > count) record_release(&sh->records[--sh->count]);
}

void shell_release(struct sim *s)
{
    struct shell *sh = &s->shell;
    cut_records(sh, 0);
    mem_free(sh->records);
    buf_release(&sh->snapshot);
    buf_release(&sh->before_crash);
    outcome_release(&sh->outcome);
    arena_release(&sh->scratch);
    core_free(sh->core);
    *sh = (struct shell){0};
}

static const struct record *last_record(const struct sim *s)
{
    return s->shell.count > 0 ? &s->shell.records[s->shell.count - 1] : NULL;
}

const struct fleet *shell_fleet(const struct sim *s)
{
    const struct record *r = last_record(s);
    return r == NULL || r->fleet == NO_INDEX ? NULL : s->fleets[r->fleet];
}

const struct laws *shell_laws(const struct sim *s)
{
    const struct record *r = last_record(s);
    return s->laws[r == NULL ? 0 : r->laws];
}

const struct speeds *shell_speeds(const struct sim *s)
{
    const struct record *r = last_record(s);
    return s->speeds[r == NULL ? 0 : r->speeds];
}

uint32_t shell_bind(const struct sim *s)
{
    const struct record *r = last_record(s);
    return r == NULL ? LAW_BIND_DEFAULT : r->bind;
}

static int64_t stamp(struct sim *s)
{
    int64_t clock_ms = s->now_ms + s->shell.clock_offset_ms;
    return clock_ms > s->shell.stamp_ms ? clock_ms : s->shell.stamp_ms;
}

/* ---- ticks ---- */

static void plan_tick(struct sim *s)
{
    struct shell *sh = &s->shell;
    if (!sh->is_up) return;
    int64_t next_ms = core_next_tick_ms(sh->core);
    if (next_ms == CIVIL_NEVER_MS) return;
    int64_t due_ms = next_ms - sh->clock_offset_ms;
    if (due_ms < s->now_ms) due_ms = s->now_ms;
    if (sh->tick_at_ms != CIVIL_NEVER_MS && sh->tick_at_ms <= due_ms + TICK_SLACK_MS) return;
    if (sim_is_chaotic(s))
        due_ms +=
            rng_chance(&s->rng, 3) ? rng_between(&s->rng, 0, 60000) : rng_between(&s->rng, 0, 500);
    sh->tick_at_ms = due_ms;
    sim_plan(s, (struct note){.kind = NOTE_TICK, .life = sh->life}, due_ms - s->now_ms);
}

void shell_set_clock(struct sim *s, int64_t offset_ms)
{
    struct shell *sh = &s->shell;
    int64_t before_ms = stamp(s);
    sh->clock_offset_ms = offset_ms;
    int64_t stepped_ms = stamp(s) - before_ms;
    int64_t passes_ms = sh->stamp_ms - offset_ms; /* when the clock passes the last stamp */
    sh->still_until_ms = passes_ms > s->now_ms ? passes_ms : s->now_ms;
    if (stepped_ms > 0 && !sh->is_up) s->clock_unseen_ms += stepped_ms;
    if (stepped_ms > 0 && sh->is_up) {
        struct event e = {.kind = EVENT_TICK, .actor = STR("clock"), .stepped_ms = stepped_ms};
        shell_take(s, &e, NO_INDEX);
    }
    plan_tick(s);
}

void shell_on_tick(struct sim *s, const struct note *n)
{
    struct shell *sh = &s->shell;
    if (n->life != sh->life || n->at_ms != sh->tick_at_ms || !sh->is_up) return;
    sh->tick_at_ms = CIVIL_NEVER_MS;
    int64_t next_ms = core_next_tick_ms(sh->core);
    if (next_ms == CIVIL_NEVER_MS) return; /* what was due has gone meanwhile */
    if (stamp(s) < next_ms) { /* the clock stepped back meanwhile */
        int64_t wait_ms = next_ms - sh->clock_offset_ms - s->now_ms;
        sh->tick_at_ms = s->now_ms + wait_ms;
        sim_plan(s, (struct note){.kind = NOTE_TICK, .life = sh->life}, wait_ms);
        return;
    }
    bool moves = stamp(s) > core_now_ms(sh->core);
    sh->ticks_in_place = moves ? 0 : sh->ticks_in_place + 1;
    if (sh->ticks_in_place > TICKS_IN_PLACE_MAX) {
        sim_fail(s, "PROGRESS", "%d ticks in one instant: the core asks for ticks that do nothing",
                 (int)TICKS_IN_PLACE_MAX);
        return;
    }
    shell_take(s, &(struct event){.kind = EVENT_TICK, .actor = STR("clock")}, NO_INDEX);
}

/* ---- a record ---- */

static void keep_orders(struct sim *s, struct record *r, const struct outcome *out)
{
    r->orders = mem_alloc(out->effect_count, sizeof *r->orders);
    r->order_count = (uint32_t)out->effect_count;
    for (size_t i = 0; i < out->effect_count; i++) {
        const struct effect *e = &out->effects[i];
        struct order *o = &r->orders[i];
        *o = (struct order){.effect = *e, .issued_ms = r->now_ms};
        if (e->site >= s->machine_count) {
            sim_fail(s, "TRUTH",
                     "%s of job %" PRIu32 " goes to site %" PRIu32 ", which does not exist",
                     effect_names[e->kind], e->job.v, e->site);
            o->effect.site = 0;
        }
        if (e->kind != FX_START) continue;
        const struct job *j = core_job(s->shell.core, e->job);
        if (j == NULL || j->claim == NULL || j->claim->attempt != e->attempt) {
            sim_fail(s, "TRUTH", "start of job %" PRIu32 " attempt %" PRIu32 " without a claim",
                     e->job.v, e->attempt);
            continue;
        }
        ASSERT(j->claim->part_count <= SIM_PARTS_MAX);
        o->time_limit_ms = j->time_limit_ms;
        o->part_count = j->claim->part_count;
        o->uid = j->spec.uid;
        o->steps_done = j->spec.work.steps_done;
        o->steps = j->spec.work.steps;
        memcpy(o->parts, j->claim->parts, o->part_count * sizeof *o->parts);
    }
}

static void keep_marks(struct record *r, const struct outcome *out)
{
    r->marks = mem_alloc(out->decision_count + out->job_count, sizeof *r->marks);
    for (size_t i = 0; i < out->decision_count; i++) {
        const struct decision *d = &out->decisions[i];
        /* The refusal of an array speaks for all its tasks. */
        uint32_t count = d->kind == DECISION_REFUSED ? out->job_count : 1;
        for (uint32_t k = 0; k < count; k++)
            r->marks[r->mark_count++] = (struct decision_mark){{d->job.v + k}, d->kind};
    }
}

static void start_sync(struct sim *s)
{
    struct shell *sh = &s->shell;
    if (sh->is_syncing) return;
    sh->is_syncing = true;
    struct note n = {.kind = NOTE_SYNC, .life = sh->life};
    n.u.record = sh->count;
    sim_plan(s, n, rng_between(&s->rng, 0, s->chaos.sync_max_ms));
}

/* Takes the bytes of the event. */
static void append(struct sim *s, struct buf *event, const struct event *e, uint32_t request)
{
    struct shell *sh = &s->shell;
    const struct record *prev = last_record(s);
    struct record r = {.event = *event,
                       .now_ms = e->now_ms,
                       .laws = prev == NULL ? 0 : prev->laws,
                       .fleet = prev == NULL ? NO_INDEX : prev->fleet,
                       .speeds = prev == NULL ? 0 : prev->speeds,
                       .bind = prev == NULL ? LAW_BIND_DEFAULT : prev->bind,
                       .request = request};
    if (e->kind == EVENT_BIND) r.bind = e->bind_levels;
    if (request != NO_INDEX) {
        const struct request *q = &s->requests[request];
        if (q->laws != NO_INDEX) r.laws = q->laws;
        if (q->fleet != NO_INDEX) r.fleet = q->fleet;
        if (q->speeds != NO_INDEX) r.speeds = q->speeds;
        r.reply = (struct note){.kind = NOTE_REPLY, .who = request};
        r.reply.u.reply.first_job = sh->outcome.first_job;
        r.reply.u.reply.job_count = sh->outcome.job_count;
    }
    *event = (struct buf){0};
    ledger_write_outcome(&r.outcome, &sh->outcome);
    sh->records = mem_grow(sh->records, &sh->record_cap, sh->count + 1, sizeof *sh->records);
    keep_orders(s, &r, &sh->outcome);
    keep_marks(&r, &sh->outcome);
    sh->records[sh->count++] = r;
    ledger_seal(s, sh->count);
    start_sync(s);
}

static void refuse(struct sim *s, const struct event *e, uint32_t request, enum err err,
                   const struct errtext *why)
{
    sim_count(s, STAT_ADMIT_REFUSALS);
    sim_trace(s, "refused %s: %s", event_names[e->kind], why->s);
    if (why->s[0] == '\0') sim_fail(s, "CHECK", "%s refused without a text", event_names[e->kind]);
    if (request == NO_INDEX || s->shell.count != s->shell.synced) return; /* it will ask again */
    struct note reply = {.kind = NOTE_REPLY, .who = request};
    reply.u.reply.err = err;
    sim_send(s, reply);
}

void shell_take(struct sim *s, const struct event *event, uint32_t request)
{
    struct shell *sh = &s->shell;
    if (!sh->is_up || sim_has_failed(s)) return;
    struct event sent = *event, e;
    sent.now_ms = stamp(s);
    struct buf bytes = {0};
    ledger_write_event(&bytes, &sent);
    /* The core may keep nothing of the event: these bytes are freed as soon as it has stepped. */
    char *copy = mem_alloc(bytes.len, 1);
    size_t copy_len = bytes.len;
    memcpy(copy, bytes.p, copy_len);
    arena_clear(&sh->scratch);
    bool dies = false;
    bool readable = ledger_read_event((struct str){copy, copy_len}, &sh->scratch, &e);
    struct errtext why = {{0}};
    if (!readable) {
        sim_fail(s, "REPLAY", "a %s event cannot be read back", event_names[sent.kind]);
    } else {
        enum err err = core_admit(sh->core, &e, &why);
        if (err != ERR_NONE) {
            refuse(s, &e, request, err, &why);
        } else {
            sh->stamp_ms = e.now_ms;
            oracle_strand_before(s, &e);
            core_step(sh->core, sh->count + 1, &e, &sh->outcome);
            sim_count(s, STAT_STEPS);
            append(s, &bytes, &e, request);
            oracle_step(s, &e, &sh->outcome);
            dies = rng_below(&s->rng, 1000) < s->chaos.death_permille;
        }
    }
    memset(copy, 0xa5, copy_len);
    mem_free(copy);
    arena_clear(&sh->scratch);
    buf_release(&bytes);
    if (dies)
        shell_crash(s, true, rng_between(&s->rng, 0, DOWN_MAX_MS));
    else if (!sim_has_failed(s))
        plan_tick(s);
}

/* ---- the disk is done ---- */

static void maybe_snapshot(struct sim *s)
{
    struct shell *sh = &s->shell;
    if (sh->count != sh->synced || !rng_chance(&s->rng, 4)) return;
    buf_clear(&sh->snapshot);
    ledger_write_core(&sh->snapshot, sh->core);
    sh->snapshot_at = sh->count;
}

void shell_on_sync(struct sim *s, const struct note *n)
{
    struct shell *sh = &s->shell;
    if (n->life != sh->life || !sh->is_up) return;
    sh->is_syncing = false;
    uint64_t from = sh->synced;
    sh->synced = n->u.record;
    for (uint64_t i = from; i < sh->synced; i++) {
        const struct record *r = &sh->records[i];
        oracle_durable(s, r);
        if (r->request != NO_INDEX) sim_send(s, r->reply);
        for (uint32_t k = 0; k < r->order_count; k++) {
            struct note o = {.kind = NOTE_ORDER, .who = r->orders[k].effect.site};
            o.u.order = r->orders[k];
            sim_send(s, o);
        }
    }
    if (sh->count > sh->synced) start_sync(s);
    maybe_snapshot(s);
}

/* ---- what arrives ---- */

void shell_on_request(struct sim *s, const struct note *n)
{
    struct shell *sh = &s->shell;
    if (!sh->is_up) return;
    const struct request *q = &s->requests[n->who];
    if (q->event.kind == EVENT_SUBMIT) {
        const struct job *j = core_job_by_key(sh->core, q->event.spec->uid, q->event.key);
        if (j != NULL) {
            if (sh->count != sh->synced) return;
            struct note reply = {.kind = NOTE_REPLY, .who = n->who};
            reply.u.reply.first_job = j->array_job.v != 0 ? j->array_job : j->id;
            reply.u.reply.job_count =
                q->event.spec->array_count > 0 ? q->event.spec->array_count : 1;
            sim_send(s, reply);
            return;
        }
        sim_count(s, STAT_EVENTS_SUBMIT);
    }
    shell_take(s, &q->event, n->who);
}

/* Every site has an engine of its own, named after it. */
static struct str engine_name(struct sim *s, uint32_t site)
{
    return str_of(arena_printf(&s->arena, "engine:site%" PRIu32, site));
}

void shell_on_report(struct sim *s, const struct note *n)
{
    struct event e = {.kind = EVENT_REPORT, .actor = engine_name(s, n->who), .report = n->u.report};
    shell_take(s, &e, NO_INDEX);
}

void shell_on_nodes(struct sim *s, const struct note *n)
{
    const struct fleet *f = s->shell.is_up ? core_fleet(s->shell.core) : NULL;
    if (f == NULL || n->u.nodes.pool >= f->pool_count ||
        n->u.nodes.node >= f->pools[n->u.nodes.pool].node_count)
        return;
    struct node_change change = {.pool = f->pools[n->u.nodes.pool].id,
                                 .first = n->u.nodes.node,
                                 .count = 1,
                                 .state = n->u.nodes.state,
                                 .reason = STR("simulated")};
    struct event e = {.kind = EVENT_NODES,
                      .actor = engine_name(s, n->who),
                      .actor_is_operator = true,
                      .nodes = &change,
                      .node_change_count = 1};
    shell_take(s, &e, NO_INDEX);
}

void shell_on_progress(struct sim *s, const struct note *n)
{
    struct event e = {.kind = EVENT_PROGRESS,
                      .actor = STR("uid:1000"),
                      .actor_uid = n->u.progress.uid,
                      .heartbeat = n->u.progress.beat};
    shell_take(s, &e, NO_INDEX);
}

/* ---- death and return ---- */

void shell_crash(struct sim *s, bool torn, int64_t down_ms)
{
    struct shell *sh = &s->shell;
    if (!sh->is_up) return;
    sim_count(s, STAT_SHELL_CRASHES);
    buf_clear(&sh->before_crash);
    uint64_t left = sh->count;
    torn = torn && (s->options->faults & (1u << FAULT_TORN)) != 0;
    if (torn && sh->count > sh->synced)
        left = sh->synced + rng_below(&s->rng, (uint32_t)(sh->count - sh->synced) + 1);
    sim_trace(
        s, "shell dies at record %" PRIu64 ", %" PRIu64 " of %" PRIu64 " unsynced records are lost",
        sh->count, sh->count - left, sh->count - sh->synced);
    s->stats->n[STAT_TORN_RECORDS] += sh->count - left;
    if (left == sh->count) ledger_write_core(&sh->before_crash, sh->core);
    core_free(sh->core);
    sh->core = NULL;
    sh->is_up = sh->is_syncing = false;
    sh->life++;
    sh->tick_at_ms = CIVIL_NEVER_MS;
    cut_records(sh, left);
    if (sh->snapshot_at > left) sh->snapshot_at = 0;
    machines_note_reach(s);
    sim_plan(s, (struct note){.kind = NOTE_RECOVER, .life = sh->life}, down_ms);
}

static void compare_states(struct sim *s, struct str a, struct str b, const char *how)
{
    if (!str_eq(a, b))
        sim_fail(s, "REPLAY", "after record %" PRIu64 " the state %s", s->shell.count, how);
}

void shell_recover(struct sim *s)
{
    struct shell *sh = &s->shell;
    struct core *c = NULL;
    uint64_t from = 1;
    if (sh->snapshot_at > 0 && rng_chance(&s->rng, 85)) {
        sim_count(s, STAT_FROM_SNAPSHOT);
        c = ledger_read_core(buf_str(&sh->snapshot));
        from = sh->snapshot_at + 1;
        if (c == NULL)
            sim_fail(s, "REPLAY", "the snapshot after record %" PRIu64 " cannot be read back",
                     sh->snapshot_at);
    }
    if (c == NULL) {
        c = core_new();
        from = 1;
    }
    sim_count(s, STAT_REPLAYS);
    sh->core = c;
    if (!ledger_fold(s, c, from, sh->count)) return;
    struct buf now = {0};
    ledger_write_core(&now, c);
    if (sh->before_crash.len > 0)
        compare_states(s, buf_str(&now), buf_str(&sh->before_crash),
                       "that was recovered differs from the one that died");
    buf_release(&now);
    /* What survived the crash is durable, acknowledged or not. */
    while (sh->synced < sh->count) oracle_durable(s, &sh->records[sh->synced++]);
    sh->is_up = true;
    sh->stamp_ms = core_now_ms(c);
    sim_trace(s, "shell is back at record %" PRIu64 " from record %" PRIu64, sh->count, from);
    if (from > 1 && rng_chance(&s->rng, 15)) ledger_check(s);
    machines_note_reach(s);
    oracle_recovered(s);
    shell_take(s, &(struct event){.kind = EVENT_TICK, .actor = STR("clock"), .resume = true},
               NO_INDEX);
}
