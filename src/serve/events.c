/* events.c - one server-sent event for each decision, sent once its record is durable. */
#include "base/check.h"
#include "base/mem.h"
#include "serve/reply.h"
#include "serve/server.h"

#include <inttypes.h>

/* A decision of the batch as event text, and whose job it concerns. */
struct pending_event {
    uint32_t uid;
    struct str text;
};

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
    s->events = mem_grow(s->events, &s->event_cap, s->event_count + 1, sizeof *s->events);
    s->events[s->event_count++] =
        (struct pending_event){uid, str_copy(&s->event_arena, buf_str(&text))};
    buf_release(&text);
}

void events_send(struct server *s)
{
    for (size_t i = 0; i < s->event_count; i++)
        streams_publish(&s->streams, s->events[i].uid, s->events[i].text);
    if (s->event_count > 0) http_wake(s->http);
    events_drop(s);
}

void events_drop(struct server *s)
{
    s->event_count = 0;
    arena_clear(&s->event_arena);
}
