/* checkpoint.c - the signed head of the ledger: on demand, and at intervals while it grows. */
#include "serve/api.h"
#include "serve/reply.h"
#include "store/audit.h"

enum {
    CHECKPOINT_EVERY_RECORDS = 10000,
    CHECKPOINT_EVERY_MS = 600000, /* ten minutes: what a thief of the disk could cut off unseen */
};

enum err checkpoint_open(struct server *s, struct errtext *error)
{
    struct store *store = journal_store(&s->journal);
    enum err e =
        audit_signer_load(s->config.state_dir, store->ops->origin(store), true, &s->signer, error);
    s->checkpoint_at = s->journal.head;
    s->checkpoint_steady_ms = steady_ms();
    return e;
}

enum err checkpoint_sign(struct server *s, struct buf *note_out, struct errtext *error)
{
    server_settle(s);
    enum err e = audit_checkpoint(journal_store(&s->journal), &s->signer, note_out, error);
    s->checkpoint_at = s->journal.head;
    s->checkpoint_steady_ms = steady_ms();
    return e;
}

void checkpoint_due(struct server *s)
{
    uint64_t grown = s->journal.head - s->checkpoint_at;
    if (grown == 0) return;
    if (grown < CHECKPOINT_EVERY_RECORDS &&
        steady_ms() - s->checkpoint_steady_ms < CHECKPOINT_EVERY_MS)
        return;
    struct buf note = {0};
    struct errtext error;
    if (checkpoint_sign(s, &note, &error) != ERR_NONE)
        server_log(s, "the ledger's head was not signed: %s", error.s);
    buf_release(&note);
}

void handle_checkpoint(struct server *s, struct op *op, struct str id)
{
    (void)id;
    struct buf note = {0};
    struct errtext error;
    enum err e = checkpoint_sign(s, &note, &error);
    if (e != ERR_NONE)
        reply_error(op, e, "%s", error.s);
    else
        reply_text(op, 200, "text/plain; charset=utf-8", buf_str(&note));
    buf_release(&note);
}
