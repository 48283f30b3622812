#include "cli/ledger_show.h"

#include "base/cbor.h"
#include "base/civil.h"
#include "cli/table.h"
#include "cli/times.h"
#include "read/json_visit.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

enum { HASH_DIGITS = 12 }; /* of a record's hash in a line: enough to tell records apart */

bool ledger_concerns(const struct replay_record *r, uint32_t job)
{
    if (r->event.job.v == job || r->event.report.job.v == job) return true;
    for (size_t i = 0; i < r->outcome.decision_count; i++)
        if (r->outcome.decisions[i].job.v == job) return true;
    uint32_t first = r->outcome.first_job.v;
    return first != 0 && job >= first && job - first < r->outcome.job_count;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void put_spec(const struct job_spec *s, struct buf *out)
{
    buf_printf(out, " '" STR_FMT "' of " STR_FMT, STR_ARG(s->name), STR_ARG(s->tenant));
    uint32_t chips = job_spec_chips(s);
    if (chips > 0) buf_printf(out, ", %" PRIu32 " chips", chips);
    if (s->array_count > 0) buf_printf(out, ", array of %" PRIu32, s->array_count);
}

static void put_report(const struct report *r, struct buf *out)
{
    buf_printf(out, " job %" PRIu32 " attempt %" PRIu32 " %s", r->job.v, r->attempt,
               report_names[r->kind]);
    if (r->kind == REPORT_FINISHED && r->signal != 0)
        buf_printf(out, ", signal %d", r->signal);
    else if (r->kind == REPORT_FINISHED)
        buf_printf(out, ", exit %d", r->exit_code);
    if (r->timed_out) buf_puts(out, ", time limit");
    if (r->out_of_memory) buf_puts(out, ", out of memory");
    if (r->detail.len > 0) buf_printf(out, ": " STR_FMT, STR_ARG(r->detail));
}

static void put_packs(const struct event *e, struct buf *out)
{
    for (uint32_t i = 0; i < e->pack_count; i++)
        buf_printf(out, "%s " STR_FMT, i > 0 ? "," : "", STR_ARG(e->packs[i].id));
}

static void put_nodes(const struct event *e, struct buf *out)
{
    for (uint32_t i = 0; i < e->node_change_count; i++) {
        const struct node_change *n = &e->nodes[i];
        buf_printf(out, "%s " STR_FMT, i > 0 ? "," : "", STR_ARG(n->pool));
        if (n->count > 0)
            buf_printf(out, "[%" PRIu32 "-%" PRIu32 "]", n->first, n->first + n->count - 1);
        buf_printf(out, " %s", node_state_names[n->state]);
        if (n->reason.len > 0) buf_printf(out, " (" STR_FMT ")", STR_ARG(n->reason));
    }
}

static void put_heartbeat(const struct heartbeat *h, struct buf *out)
{
    buf_printf(out, " job %" PRIu32 " attempt %" PRIu32 ": step %" PRId64, h->job.v, h->attempt,
               h->steps);
    if (h->total > 0) buf_printf(out, " of %" PRId64, h->total);
    if (h->checkpoint) buf_puts(out, ", saved");
}

static void put_levels(uint32_t levels, struct buf *out)
{
    for (int i = 0; i < LEVEL_COUNT; i++)
        if ((levels >> i & 1) != 0) buf_printf(out, " %s", law_level_names[i]);
}

static void put_event(const struct event *e, struct buf *out)
{
    buf_printf(out, "%-8s", event_names[e->kind]);
    switch ((enum event_kind)e->kind) {
    case EVENT_FLEET:
        buf_printf(out, " " STR_FMT ", %" PRIu32 " pools", STR_ARG(e->fleet->name),
                   e->fleet->pool_count);
        break;
    case EVENT_PACKS: put_packs(e, out); break;
    case EVENT_BIND: put_levels(e->bind_levels, out); break;
    case EVENT_SUBMIT: put_spec(e->spec, out); break;
    case EVENT_CANCEL:
        buf_printf(out, " job %" PRIu32, e->job.v);
        if (e->signal != 0) buf_printf(out, " with signal %" PRIu32, e->signal);
        break;
    case EVENT_HOLD:
    case EVENT_RELEASE:
    case EVENT_UPDATE:
    case EVENT_REQUEUE: buf_printf(out, " job %" PRIu32, e->job.v); break;
    case EVENT_REPORT: put_report(&e->report, out); break;
    case EVENT_NODES: put_nodes(e, out); break;
    case EVENT_SPEEDS:
        buf_printf(out, " %" PRIu32 " rows, %" PRIu32 " types", e->speeds->row_count,
                   e->speeds->type_count);
        break;
    case EVENT_PROGRESS: put_heartbeat(&e->heartbeat, out); break;
    case EVENT_TICK:
        if (e->resume) buf_puts(out, " resume");
        if (e->stepped_ms > 0)
            buf_printf(out, " clock set ahead by %" PRId64 " s", e->stepped_ms / 1000);
        break;
    case EVENT_COUNT: break;
    }
    if (e->actor.len > 0) buf_printf(out, "  by " STR_FMT, STR_ARG(e->actor));
}

static void put_decision(const struct decision *d, struct buf *out)
{
    char money[DOLLARS_TEXT_MAX];
    buf_printf(out, "job %" PRIu32 " %s", d->job.v, decision_names[d->kind]);
    if (d->pool_id.len > 0) buf_printf(out, " in " STR_FMT, STR_ARG(d->pool_id));
    if (d->attempt > 0) buf_printf(out, ", attempt %" PRIu32, d->attempt);
    if (d->kind == DECISION_ENDED) buf_printf(out, ", %s", job_state_names[d->state]);
    if (d->reason != REASON_NONE && d->reason != REASON_CHOSEN)
        buf_printf(out, ", %s", reason_names[d->reason]);
    if (d->for_job.v != 0) buf_printf(out, " by job %" PRIu32, d->for_job.v);
    if (d->rule.len > 0) buf_printf(out, ", rule " STR_FMT, STR_ARG(d->rule));
    if (d->loss_uusd > 0) buf_printf(out, ", loses %s", dollars(d->loss_uusd, money));
    if (d->gain_uusd > 0) buf_printf(out, ", gains %s", dollars(d->gain_uusd, money));
    if (d->cost_uusd > 0) buf_printf(out, ", %s", dollars(d->cost_uusd, money));
}

/* The decisions that are to be shown; their number. */
static size_t choose(const struct outcome *o, uint32_t job,
                     const struct decision *chosen[LEDGER_LINES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < o->decision_count; i++) {
        if (job != 0 && o->decisions[i].job.v != job) continue;
        if (count < LEDGER_LINES_MAX) chosen[count] = &o->decisions[i];
        count++;
    }
    return count;
}

void ledger_put_line(const struct ledger_record *record, const struct replay_record *r,
                     uint32_t job, struct buf *out)
{
    char when[CIVIL_TEXT_MAX], hash[2 * STORE_HASH_BYTES + 1];
    const struct decision *chosen[LEDGER_LINES_MAX];
    size_t count = choose(&r->outcome, job, chosen), begin = out->len;
    sodium_bin2hex(hash, sizeof hash, record->hash, STORE_HASH_BYTES);
    buf_printf(out, "%8" PRIu64 "  %-24s  %.*s  ", record->seq, civil_format(record->now_ms, when),
               HASH_DIGITS, hash);
    put_event(&r->event, out);
    if (count == 1) {
        buf_puts(out, "  ->  ");
        put_decision(chosen[0], out);
    }
    buf_putc(out, '\n');
    for (size_t i = 0; count > 1 && i < count && i < LEDGER_LINES_MAX; i++) {
        buf_printf(out, "%10s->  ", "");
        put_decision(chosen[i], out);
        buf_putc(out, '\n');
    }
    if (count > LEDGER_LINES_MAX)
        buf_printf(out, "%10s->  and %zu more decisions\n", "", count - LEDGER_LINES_MAX);
    text_clean_page(out, begin);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *outcome_json(struct outcome *o)
{
    struct json_writer w;
    json_writer_init(&w);
    if (visit_map(&w.v, NULL, false)) {
        visit_outcome(&w.v, o);
        visit_map_end(&w.v);
    }
    return json_writer_finish(&w);
}

static json_t *event_json(struct event *e)
{
    struct json_writer w;
    json_writer_init(&w);
    if (visit_map(&w.v, NULL, false)) {
        visit_event(&w.v, e);
        visit_map_end(&w.v);
    }
    return json_writer_finish(&w);
}

json_t *ledger_json(const struct ledger_record *record, struct replay_record *r)
{
    char hash[2 * STORE_HASH_BYTES + 1];
    sodium_bin2hex(hash, sizeof hash, record->hash, STORE_HASH_BYTES);
    json_t *out = json_object();
    json_object_set_new(out, "seq", json_integer((json_int_t)record->seq));
    json_object_set_new(out, "now_ms", json_integer(record->now_ms));
    json_object_set_new(out, "hash", json_string(hash));
    json_object_set_new(out, "event", event_json(&r->event));
    json_object_set_new(out, "outcome", outcome_json(&r->outcome));
    return out;
}

void ledger_put_outcome(struct str cbor, struct buf *out)
{
    struct arena arena;
    struct cbor_reader reader;
    struct outcome o = {0};
    struct errtext why;
    arena_init(&arena);
    cbor_reader_init(&reader, cbor, &arena);
    if (visit_map(&reader.v, NULL, false)) {
        visit_outcome(&reader.v, &o);
        visit_map_end(&reader.v);
    }
    if (cbor_reader_finish(&reader, &why) != ERR_NONE) {
        buf_printf(out, "(%zu bytes that cannot be read: %s)\n", cbor.len, why.s);
    } else {
        json_t *json = outcome_json(&o);
        char *text = json_dumps(json, JSON_INDENT(2));
        buf_printf(out, "%s\n", text != NULL ? text : "");
        free(text);
        json_decref(json);
    }
    arena_release(&arena);
}
