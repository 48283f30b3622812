#include "store/audit.h"

#include "base/check.h"
#include "store/chain.h"
#include "store/file.h"
#include "store/sqlite_store.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { KEY_FILE_MAX = 1024 };

static enum err path_of(const char *dir, const char *name, char out[PATH_MAX],
                        struct errtext *error)
{
    if (snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX) return ERR_NONE;
    return err_set(error, ERR_LIMIT, "%s: the path is too long", dir);
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* Write DIR/ledger.vkey unless it says the same already. */
static enum err keep_vkey(const char *dir, const struct note_key *key, struct errtext *error)
{
    char path[PATH_MAX];
    enum err e = path_of(dir, LEDGER_VKEY_FILE, path, error);
    if (e != ERR_NONE) return e;
    struct buf line = {0}, old = {0};
    note_key_format(key, &line);
    buf_putc(&line, '\n');
    if (file_read(path, KEY_FILE_MAX, &old, NULL) != ERR_NONE ||
        !str_eq(buf_str(&old), buf_str(&line)))
        e = file_replace(path, 0644, buf_str(&line), error);
    buf_release(&line);
    buf_release(&old);
    return e;
}

enum err audit_signer_load(const char *dir, struct str origin, bool create, struct note_signer *out,
                           struct errtext *error)
{
    char path[PATH_MAX], name[NOTE_NAME_MAX + 1];
    enum err e = path_of(dir, LEDGER_KEY_FILE, path, error);
    if (e != ERR_NONE) return e;
    ASSERT(origin.len <= NOTE_NAME_MAX);
    snprintf(name, sizeof name, STR_FMT, STR_ARG(origin));
    struct note_signer s;
    e = note_signer_load(path, create ? name : NULL, &s, error);
    if (e != ERR_NONE) return e;
    if (strcmp(s.key.name, name) != 0)
        e = err_set(error, ERR_CONFLICT, "%s: the key is named %s, the ledger %s", path, s.key.name,
                    name);
    if (e == ERR_NONE && create) e = keep_vkey(dir, &s.key, error);
    if (e == ERR_NONE) *out = s;
    note_signer_release(&s);
    return e;
}

enum err audit_key_load(const char *dir, struct note_key *out, struct errtext *error)
{
    char path[PATH_MAX];
    enum err e = path_of(dir, LEDGER_VKEY_FILE, path, error);
    if (e != ERR_NONE) return e;
    struct buf line = {0};
    e = file_read(path, KEY_FILE_MAX, &line, error);
    if (e == ERR_NONE) {
        struct str text = buf_str(&line);
        if (text.len > 0 && text.p[text.len - 1] == '\n') text.len--;
        e = note_key_parse(text, out, error);
        if (e != ERR_NONE) err_prefix(error, e, "%s", path);
    }
    buf_release(&line);
    return e;
}

/* ---- checkpoints ---------------------------------------------------------------------------- */

enum err audit_sign_head(struct store *s, const struct note_signer *signer, uint64_t *size_out,
                         struct buf *note_out, struct errtext *error)
{
    struct store_head head;
    enum err e = s->ops->head(s, &head, error);
    if (e != ERR_NONE) return e;
    struct checkpoint c = {.origin = s->ops->origin(s), .size = head.seq};
    memcpy(c.root.h, head.root, STORE_HASH_BYTES);
    struct buf text = {0};
    checkpoint_format(&c, &text);
    buf_clear(note_out);
    note_sign(buf_str(&text), signer, note_out);
    buf_release(&text);
    *size_out = head.seq;
    return ERR_NONE;
}

enum err audit_checkpoint(struct store *s, const struct note_signer *signer, struct buf *note_out,
                          struct errtext *error)
{
    uint64_t size = 0;
    enum err e = audit_sign_head(s, signer, &size, note_out, error);
    return e == ERR_NONE ? s->ops->checkpoint_put(s, size, buf_str(note_out), error) : e;
}

/* ---- proofs --------------------------------------------------------------------------------- */

struct wanted {
    uint64_t seq;
    bool whole;
    unsigned char prev[STORE_HASH_BYTES];
    struct buf *extra;
};

static bool take_record(void *arg, const struct ledger_record *r)
{
    struct wanted *w = arg;
    if (r->seq < w->seq)
        memcpy(w->prev, r->hash, STORE_HASH_BYTES);
    else if (w->whole)
        chain_message(r, w->prev, w->extra);
    else
        buf_put(w->extra, r->hash, STORE_HASH_BYTES);
    return true;
}

static enum err tree_node(void *arg, unsigned level, uint64_t index,
                          unsigned char out[STORE_HASH_BYTES], struct errtext *error)
{
    struct store *s = arg;
    return s->ops->tree_hash(s, level, index, out, error);
}

/* Proof of leaf p->index against the checkpoint of `size` leaves. */
static enum err build_proof(struct store *s, uint64_t size, bool whole, struct tlog_proof *p,
                            struct errtext *error)
{
    struct wanted w = {.seq = p->index + 1, .whole = whole, .extra = &p->extra};
    if (w.seq == 1) chain_origin_hash(s->ops->origin(s), w.prev);
    uint64_t from = w.seq == 1 ? 1 : w.seq - 1;
    enum err e = s->ops->read(s, from, w.seq - from + 1, take_record, &w, error);
    return e == ERR_NONE ? merkle_prove_inclusion(p->index, size, tree_node, s, &p->path, error)
                         : e;
}

enum err audit_prove(struct store *s, uint64_t seq, bool whole, struct buf *out,
                     struct errtext *error)
{
    struct store_head head;
    struct buf note = {0};
    struct tlog_proof p = {.index = seq - 1};
    uint64_t size = 0;
    enum err e = s->ops->head(s, &head, error);
    if (e == ERR_NONE && (seq == 0 || seq > head.seq))
        e = err_set(error, ERR_NOT_FOUND, "there is no record %" PRIu64 "; the last is %" PRIu64,
                    seq, head.seq);
    if (e == ERR_NONE) e = s->ops->checkpoint_latest(s, &size, &note, error);
    if (e == ERR_NONE && seq > size)
        e = err_set(error, ERR_NOT_FOUND,
                    "record %" PRIu64 " is newer than the last checkpoint "
                    "(of %" PRIu64 " records): wait for the next, or sign one now",
                    seq, size);
    if (e == ERR_NONE) e = build_proof(s, size, whole, &p, error);
    if (e == ERR_NONE) {
        p.note = buf_str(&note);
        tlog_proof_format(&p, out);
    }
    tlog_proof_release(&p);
    buf_release(&note);
    return e;
}

void audit_evidence_release(struct audit_evidence *e)
{
    buf_release(&e->message);
    *e = (struct audit_evidence){0};
}

/* The record's hash from the proof's extra data: itself, or that of the message it carries. */
static enum err take_extra(struct tlog_proof *p, struct audit_evidence *out, struct errtext *error)
{
    if (p->extra.len == STORE_HASH_BYTES) {
        memcpy(out->hash, p->extra.p, STORE_HASH_BYTES);
        return ERR_NONE;
    }
    out->message = p->extra;
    p->extra = (struct buf){0};
    enum err e = chain_parse(buf_str(&out->message), &out->record, out->prev, error);
    if (e != ERR_NONE) return err_prefix(error, e, "the proof's extra line");
    if (out->record.seq != out->seq)
        return err_set(error, ERR_CORRUPT,
                       "the proof is for record %" PRIu64 " but carries record "
                       "%" PRIu64,
                       out->seq, out->record.seq);
    memcpy(out->hash, out->record.hash, STORE_HASH_BYTES);
    out->whole = true;
    return ERR_NONE;
}

enum err audit_check_proof(struct str proof, const struct note_key *key, struct audit_evidence *out,
                           struct errtext *error)
{
    *out = (struct audit_evidence){0};
    struct tlog_proof p;
    struct str text;
    enum err e = tlog_proof_parse(proof, &p, error);
    if (e == ERR_NONE) e = note_open(p.note, key, 1, &text, error);
    if (e == ERR_NONE) e = checkpoint_parse(text, &out->checkpoint, error);
    if (e == ERR_NONE && !str_eqz(out->checkpoint.origin, key->name))
        e = err_set(error, ERR_CORRUPT, "the checkpoint is of " STR_FMT ", the key of %s",
                    STR_ARG(out->checkpoint.origin), key->name);
    if (e == ERR_NONE && p.index >= out->checkpoint.size)
        e = err_set(error, ERR_CORRUPT,
                    "the proof is for record %" PRIu64 ", the checkpoint "
                    "covers %" PRIu64,
                    p.index + 1, out->checkpoint.size);
    if (e == ERR_NONE) {
        out->seq = p.index + 1;
        e = take_extra(&p, out, error);
    }
    if (e == ERR_NONE &&
        !merkle_check_inclusion(p.index, out->checkpoint.size, merkle_leaf(out->hash), &p.path,
                                out->checkpoint.root))
        e = err_set(error, ERR_CORRUPT, "record %" PRIu64 " is not in the tree that was signed",
                    out->seq);
    tlog_proof_release(&p);
    if (e != ERR_NONE) audit_evidence_release(out);
    return e;
}
