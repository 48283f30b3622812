/* api_speeds.c - the tables of measured speeds. */
#include "serve/api.h"
#include "serve/reply.h"

#include <inttypes.h>
#include <stdio.h>

static void visit_speeds_any(struct visit *v, void *what)
{
    visit_speeds(v, what);
}

void handle_speeds(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct speeds t = *core_speeds(s->journal.core);
    reply_visit(op, 200, visit_speeds_any, &t);
}

/* The body is a table as CSV; it goes over those that come with Berth. */
void handle_speeds_adopt(struct server *s, struct op *op, struct str id)
{
    const char *name = op_query(op, "name");
    struct str actor = str_of(arena_printf(&s->scratch, "uid:%" PRIu32, op->peer.uid));
    struct errtext error;
    bool changed = false;
    FILE *own = op->body.len > 0 ? fmemopen(op->body.p, op->body.len, "r") : NULL;
    enum err e = own == NULL ? err_set(&error, ERR_INVALID, "a table as CSV is wanted")
                             : server_adopt_speeds(s, own, name != NULL ? name : "speeds.csv",
                                                   actor, op->peer.uid, &changed, &error);
    if (own != NULL) fclose(own);
    if (e != ERR_NONE)
        reply_error(op, e, "%s", error.s);
    else
        handle_speeds(s, op, id);
}
