/* events.c - one server-sent event for each decision, sent once its record is durable. */
#include "base/check.h"
#include "base/mem.h"
#include "serve/reply.h"
#include "serve/server.h"

#include <inttypes.h>

static void visit_decision_any(struct visit *v, void *d)
{
    visit_decision(v, d);
}

void events_add(struct server *s, const struct decision *d, uint32_t uid)
{
    if (!streams_wanted(&s->streams)) return;
    struct decision copy = *d;
    /* The rows of every pool are in the ledger; the event is for those who watch. */
    copy.pools = NULL;
    copy.pool_count = 0;
    struct buf text = {0};
    buf_printf(&text, "id: %" PRIu64 "\nevent: decision\ndata: ", s->journal.head);
    json_put(&text, visit_decision_any, &copy);
    buf_puts(&text, "\n\n");
    struct outbox *o = &s->open;
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
    arena_clear(&o->arena);
}
