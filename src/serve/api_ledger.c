#include "base/cbor.h"
#include "base/check.h"
#include "serve/api.h"
#include "serve/reply.h"
#include "serve/views.h"
#include "store/sqlite_store.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { LEDGER_PAGE_DEFAULT = 100, LEDGER_PAGE_MAX = 10000, LEDGER_REPLY_MAX = 64 * 1024 * 1024 };

struct ledger_page {
    struct buf body;
    uint64_t count, last;
    bool cut;
    struct arena arena;
    enum err failed;
    struct errtext error;
};

static void visit_event_any(struct visit *v, void *e)
{
    visit_event(v, e);
}

static void visit_outcome_any(struct visit *v, void *o)
{
    visit_outcome(v, o);
}

/* Decode one CBOR map through its visit function. */
static enum err decode(struct str bytes, struct arena *arena, visit_fn *visit, void *what,
                       struct errtext *error)
{
    struct cbor_reader r;
    cbor_reader_init(&r, bytes, arena);
    if (visit_map(&r.v, NULL, false)) {
        visit(&r.v, what);
        visit_map_end(&r.v);
    }
    return cbor_reader_finish(&r, error);
}

static bool put_record(void *arg, const struct ledger_record *r)
{
    struct ledger_page *p = arg;
    struct event event = {0};
    struct outcome outcome = {0};
    char hex[STORE_HASH_BYTES * 2 + 1];
    arena_clear(&p->arena);
    p->failed = decode(r->event, &p->arena, visit_event_any, &event, &p->error);
    if (p->failed == ERR_NONE)
        p->failed = decode(r->outcome, &p->arena, visit_outcome_any, &outcome, &p->error);
    if (p->failed != ERR_NONE) return false;
    sodium_bin2hex(hex, sizeof hex, r->hash, sizeof r->hash);
    buf_printf(&p->body, "%s{\"seq\":%" PRIu64 ",\"now_ms\":%" PRId64 ",\"hash\":\"%s\",\"event\":",
               p->count > 0 ? "," : "", r->seq, r->now_ms, hex);
    json_put(&p->body, visit_event_any, &event);
    buf_puts(&p->body, ",\"outcome\":");
    json_put(&p->body, visit_outcome_any, &outcome);
    buf_putc(&p->body, '}');
    p->count++;
    p->last = r->seq;
    p->cut = p->body.len > LEDGER_REPLY_MAX;
    return !p->cut;
}

static enum err query_u64(const struct op *op, const char *name, uint64_t *out,
                          struct errtext *error)
{
    const char *text = op_query(op, name);
    if (text == NULL || str_to_u64(str_of(text), out)) return ERR_NONE;
    return err_set(error, ERR_INVALID, "%s: a number is wanted", name);
}

void handle_ledger(struct server *s, struct op *op, struct str id)
{
    (void)id;
    uint64_t from = 1, limit = LEDGER_PAGE_DEFAULT;
    struct ledger_page p = {0};
    enum err e = query_u64(op, "from", &from, &p.error);
    if (e == ERR_NONE) e = query_u64(op, "limit", &limit, &p.error);
    if (limit == 0 || limit > LEDGER_PAGE_MAX) limit = LEDGER_PAGE_MAX;
    if (from == 0) from = 1;
    if (e == ERR_NONE) server_settle(s);
    arena_init(&p.arena);
    buf_puts(&p.body, "{\"records\":[");
    if (e == ERR_NONE && from <= s->journal.head) {
        struct store *store = journal_store(&s->journal);
        e = store->ops->read(store, from, limit, put_record, &p, &p.error);
    }
    if (e == ERR_NONE) e = p.failed;
    if (e != ERR_NONE) {
        reply_error(op, e, "%s", p.error.s);
    } else {
        buf_puts(&p.body, "]");
        if (p.last != 0 && p.last < s->journal.head)
            buf_printf(&p.body, ",\"next\":%" PRIu64, p.last + 1);
        buf_puts(&p.body, "}");
        reply_json(op, 200, buf_str(&p.body));
    }
    buf_release(&p.body);
    arena_release(&p.arena);
}

void handle_events(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct buf missed = {0};
    struct errtext error;
    enum err e = ERR_NONE;
    if (strcmp(op->method, "HEAD") == 0) {
        reply_text(op, 200, "text/event-stream", STR(""));
        return;
    }
    if (op->last_event != NULL) e = events_missed(s, &op->peer, op->last_event, &missed, &error);
    /* What is decided from here on is published to it: nothing falls between. */
    if (e == ERR_NONE) {
        op->status = 200;
        op->stream = streams_enter(&s->streams, op->peer, buf_str(&missed));
        if (op->stream == NULL)
            e = err_set(&error, ERR_UNAVAILABLE,
                        "too many event streams; close one or try again later");
    }
    if (e != ERR_NONE) reply_error(op, e, "%s", error.s);
    buf_release(&missed);
}

void handle_metrics(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct buf text = {0};
    metrics_print(&s->metrics, &s->journal, &text);
    reply_text(op, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&text));
    buf_release(&text);
}

static void visit_ping_any(struct visit *v, void *what)
{
    visit_ping_reply(v, what);
}

void handle_ping(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct core_counts counts;
    core_counts(s->journal.core, &counts);
    const struct fleet *f = core_fleet(s->journal.core);
    struct ping_reply reply = {
        .version = str_of(BERTH_VERSION),
        .fleet = f != NULL ? f->name : (struct str){0},
        .now_ms = journal_now_ms(&s->journal),
        .started_ms = s->started_ms,
        .record = s->journal.head,
        .jobs_pending = counts.by_state[JOB_PENDING],
        .jobs_running = counts.by_state[JOB_RUNNING] + counts.by_state[JOB_CONFIGURING] +
                        counts.by_state[JOB_COMPLETING],
    };
    reply_visit(op, 200, visit_ping_any, &reply);
}
