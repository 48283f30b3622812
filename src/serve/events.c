/* events.c - one server-sent event for each decision, sent once its record is durable.
 *
 * The id of an event is "RECORD.INDEX": its ledger record, and its place among the decisions of that
 * record. A client that reconnects with the last id that it read is sent what the ledger has behind
 * it, then what is decided next; nothing is left out or said twice. */
#include "base/cbor.h"
#include "base/check.h"
#include "base/mem.h"
#include "serve/reply.h"
#include "serve/server.h"

#include <inttypes.h>
#include <string.h>

static void visit_decision_any(struct visit *v, void *d)
{
    visit_decision(v, d);
}

/* The rows of every pool are in the ledger; the event is for those who watch. */
static void put_event(const struct decision *d, uint64_t record, uint32_t index, struct buf *out)
{
    struct decision copy = *d;
    copy.pools = NULL;
    copy.pool_count = 0;
    buf_printf(out, "id: %" PRIu64 ".%" PRIu32 "\nevent: decision\ndata: ", record, index);
    json_put(out, visit_decision_any, &copy);
    buf_puts(out, "\n\n");
}

void events_add(struct server *s, const struct decision *d, uint32_t uid)
{
    struct outbox *o = &s->open;
    o->event_index = o->event_record == s->journal.head ? o->event_index + 1 : 0;
    o->event_record = s->journal.head;
    if (!streams_wanted(&s->streams)) return;
    struct buf text = {0};
    put_event(d, o->event_record, o->event_index, &text);
    o->events = mem_grow(o->events, &o->event_cap, o->event_count + 1, sizeof *o->events);
    o->events[o->event_count++] = (struct pending_event){uid, str_copy(&o->arena, buf_str(&text))};
    buf_release(&text);
}

void events_send(struct server *s, struct outbox *o)
{
    for (size_t i = 0; i < o->event_count; i++)
        streams_publish(&s->streams, o->events[i].uid, o->events[i].text);
    if (o->event_count > 0) http_wake(s->http);
    events_drop(o);
}

void events_drop(struct outbox *o)
{
    o->event_count = 0;
    o->event_record = 0;
    o->event_index = 0;
    arena_clear(&o->arena);
}

/* ---- what a client missed -------------------------------------------------------------------- */

struct missed {
    struct server *s;
    const struct peer *peer;
    uint64_t record;
    uint32_t index; /* the last one read: in `record`; UINT32_MAX: all of it */
    struct buf *out;
    struct arena arena;
    enum err failed;
    struct errtext *error;
};

/* "RECORD" or "RECORD.INDEX". */
static bool read_id(const char *text, struct missed *m)
{
    const char *dot = strchr(text, '.');
    uint64_t index = UINT32_MAX;
    struct str record = {text, dot != NULL ? (size_t)(dot - text) : strlen(text)};
    if (dot != NULL && (!str_to_u64(str_of(dot + 1), &index) || index >= UINT32_MAX)) return false;
    m->index = (uint32_t)index;
    return str_to_u64(record, &m->record);
}

static bool may_see(const struct missed *m, const struct decision *d)
{
    if (m->peer->is_operator) return true;
    const struct job *j = core_job(m->s->journal.core, d->job);
    return j != NULL && j->spec.uid == m->peer->uid;
}

static bool put_missed(void *arg, const struct ledger_record *r)
{
    struct missed *m = arg;
    struct outcome o = {0};
    struct cbor_reader reader;
    arena_clear(&m->arena);
    cbor_reader_init(&reader, r->outcome, &m->arena);
    if (visit_map(&reader.v, NULL, false)) {
        visit_outcome(&reader.v, &o);
        visit_map_end(&reader.v);
    }
    m->failed = cbor_reader_finish(&reader, m->error);
    for (uint32_t i = 0; m->failed == ERR_NONE && i < o.decision_count; i++) {
        bool was_read = r->seq == m->record && (m->index == UINT32_MAX || i <= m->index);
        if (!was_read && may_see(m, &o.decisions[i])) put_event(&o.decisions[i], r->seq, i, m->out);
    }
    return m->failed == ERR_NONE;
}

enum err events_missed(struct server *s, const struct peer *peer, const char *last, struct buf *out,
                       struct errtext *error)
{
    struct missed m = {.s = s, .peer = peer, .out = out, .error = error};
    server_settle(s);
    if (!read_id(last, &m) || m.record > s->journal.head)
        return err_set(error, ERR_INVALID,
                       "Last-Event-ID: '%s' is not the id of an event of this ledger", last);
    if (s->journal.head - m.record > STREAM_MISSED_RECORDS_MAX)
        return err_set(error, ERR_LIMIT,
                       "Last-Event-ID: more than %d records were missed; read them at "
                       "/v1/ledger?from=%" PRIu64 ", and connect without it",
                       STREAM_MISSED_RECORDS_MAX, m.record + 1);
    struct store *store = journal_store(&s->journal);
    uint64_t from = m.record > 0 ? m.record : 1;
    arena_init(&m.arena);
    enum err e = from <= s->journal.head ? store->ops->read(store, from, s->journal.head - from + 1,
                                                            put_missed, &m, error)
                                         : ERR_NONE;
    arena_release(&m.arena);
    return e != ERR_NONE ? e : m.failed;
}
