/* Snapshots and signed checkpoints in the SQLite ledger. */
#include "store/sqlite_impl.h"

#include "base/check.h"
#include "port/sha256.h"
#include "store/file.h"
#include "store/sqlite_store.h"

#include <stdio.h>
#include <string.h>

#define SNAPSHOT_TAG "berth/ledger/snapshot/v1"

enum {
    PART_BYTES = 1024 * 1024, /* of a snapshot in one row: SQLite never holds a second copy of it */
};

static struct sqlite_store *sqlite_of(struct store *base)
{
    return (struct sqlite_store *)base;
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static void put_u64(unsigned char out[8], uint64_t x)
{
    for (int i = 0; i < 8; i++) out[i] = (unsigned char)(x >> (56 - 8 * i));
}

/* SHA-256 of tag, zero byte, seq, hash of record seq, length, bytes: binds the snapshot to one
 * place of one ledger. */
static void snapshot_hash(uint64_t seq, const unsigned char record_hash[STORE_HASH_BYTES],
                          struct str bytes, unsigned char out[STORE_HASH_BYTES])
{
    unsigned char seq_u64[8], len_u64[8];
    put_u64(seq_u64, seq);
    put_u64(len_u64, bytes.len);
    const struct str parts[] = {{SNAPSHOT_TAG, sizeof SNAPSHOT_TAG},
                                {(const char *)seq_u64, sizeof seq_u64},
                                {(const char *)record_hash, STORE_HASH_BYTES},
                                {(const char *)len_u64, sizeof len_u64},
                                bytes};
    sha256(parts, sizeof parts / sizeof *parts, out);
}

/* Hash of record `seq`; ERR_NOT_FOUND when there is none. */
static enum err record_hash(struct sqlite_store *s, uint64_t seq,
                            unsigned char out[STORE_HASH_BYTES], struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_RECORD_HASH, &e, error);
    if (st == NULL) return e;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)seq);
    int rc = sqlite3_step(st);
    if (rc == SQLITE_DONE)
        e = err_set(error, ERR_NOT_FOUND, "%s: there is no record %llu", s->path,
                    (unsigned long long)seq);
    else if (rc != SQLITE_ROW)
        e = sqlite_error(s, rc, "reading a hash", error);
    else if (!sqlite_hash(st, 0, out))
        e = err_set(error, ERR_CORRUPT, "%s: the hash of record %llu is damaged", s->path,
                    (unsigned long long)seq);
    sqlite3_reset(st);
    return e;
}

/* Run a statement with one number. */
static enum err run_number(struct sqlite_store *s, enum sql which, uint64_t number,
                           const char *doing, struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, which, &e, error);
    if (st == NULL) return e;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)number);
    return sqlite_run(s, st, doing, error);
}

static enum err insert_parts(struct sqlite_store *s, uint64_t seq, struct str bytes,
                             struct errtext *error)
{
    enum err e = ERR_NONE;
    for (int part = 0; e == ERR_NONE && bytes.len > 0; part++) {
        size_t n = bytes.len < PART_BYTES ? bytes.len : PART_BYTES;
        sqlite3_stmt *st = sqlite_get(s, SQL_PART_INSERT, &e, error);
        if (st == NULL) return e;
        sqlite3_bind_int64(st, 1, (sqlite3_int64)seq);
        sqlite3_bind_int64(st, 2, part);
        sqlite_bind_bytes(st, 3, (struct str){bytes.p, n});
        e = sqlite_run(s, st, "writing a snapshot", error);
        bytes.p += n;
        bytes.len -= n;
    }
    return e;
}

static enum err replace_snapshot(struct sqlite_store *s, uint64_t seq, struct str bytes,
                                 const unsigned char hash[STORE_HASH_BYTES], struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_SNAPSHOT_INSERT, &e, error);
    if (st == NULL) return e;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)seq);
    sqlite3_bind_int64(st, 2, (sqlite3_int64)bytes.len);
    sqlite_bind_bytes(st, 3, (struct str){(const char *)hash, STORE_HASH_BYTES});
    e = sqlite_run(s, st, "writing a snapshot", error);
    if (e == ERR_NONE)
        e = run_number(s, SQL_SNAPSHOT_DELETE, STORE_SNAPSHOTS_KEPT, "dropping a snapshot", error);
    if (e == ERR_NONE) e = run_number(s, SQL_PART_DELETE, seq, "dropping a snapshot", error);
    return e == ERR_NONE ? insert_parts(s, seq, bytes, error) : e;
}

enum err sqlite_snapshot_put(struct store *base, uint64_t seq, struct str bytes,
                             struct errtext *error)
{
    struct sqlite_store *s = sqlite_of(base);
    ASSERT(!s->read_only);
    if (bytes.len > STORE_SNAPSHOT_MAX)
        return err_set(error, ERR_LIMIT, "%s: a snapshot of %zu bytes is over the limit of %d",
                       s->path, bytes.len, STORE_SNAPSHOT_MAX);
    unsigned char last[STORE_HASH_BYTES], hash[STORE_HASH_BYTES];
    enum err e = record_hash(s, seq, last, error);
    if (e != ERR_NONE) return e;
    snapshot_hash(seq, last, bytes, hash);
    e = sqlite_do(s, SQL_BEGIN_WRITE, "writing a snapshot", error);
    if (e != ERR_NONE) return e;
    e = replace_snapshot(s, seq, bytes, hash, error);
    return sqlite_end(s, e, "writing a snapshot", error);
}

struct snapshot_row {
    uint64_t seq, bytes;
    unsigned char hash[STORE_HASH_BYTES];
};

/* The kept snapshots up to `at_most`, the newest first. */
static enum err list_snapshots(struct sqlite_store *s, uint64_t at_most,
                               struct snapshot_row rows[STORE_SNAPSHOTS_KEPT], size_t *count,
                               struct errtext *error)
{
    enum err e;
    *count = 0;
    sqlite3_stmt *st = sqlite_get(s, SQL_SNAPSHOT_LIST, &e, error);
    if (st == NULL) return e;
    sqlite3_bind_int64(st, 1, at_most > INT64_MAX ? INT64_MAX : (sqlite3_int64)at_most);
    int rc = SQLITE_DONE;
    while (*count < STORE_SNAPSHOTS_KEPT && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct snapshot_row *r = &rows[*count];
        r->seq = (uint64_t)sqlite3_column_int64(st, 0);
        r->bytes = (uint64_t)sqlite3_column_int64(st, 1);
        if (!sqlite_hash(st, 2, r->hash)) memset(r->hash, 0, sizeof r->hash); /* fits nothing */
        ++*count;
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW) e = sqlite_error(s, rc, "reading snapshots", error);
    sqlite3_reset(st);
    return e;
}

static enum err read_parts(struct sqlite_store *s, uint64_t seq, struct buf *out,
                           struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_PART_READ, &e, error);
    if (st == NULL) return e;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)seq);
    buf_clear(out);
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && out->len <= STORE_SNAPSHOT_MAX)
        buf_put_str(out, sqlite_bytes(st, 0));
    if (rc != SQLITE_DONE && rc != SQLITE_ROW) e = sqlite_error(s, rc, "reading a snapshot", error);
    sqlite3_reset(st);
    return e;
}

/* Read one snapshot and hold it against its hash. */
static enum err read_snapshot(struct sqlite_store *s, const struct snapshot_row *row,
                              struct buf *out, struct errtext *error)
{
    unsigned char last[STORE_HASH_BYTES], hash[STORE_HASH_BYTES];
    enum err e = record_hash(s, row->seq, last, error);
    if (e == ERR_NONE) e = read_parts(s, row->seq, out, error);
    if (e != ERR_NONE) return e;
    snapshot_hash(row->seq, last, buf_str(out), hash);
    if (out->len == row->bytes && memcmp(hash, row->hash, sizeof hash) == 0) return ERR_NONE;
    return err_set(error, ERR_CORRUPT, "%s: its bytes do not fit its hash", s->path);
}

enum err sqlite_snapshot_latest(struct store *base, uint64_t at_most, uint64_t *seq_out,
                                struct buf *out, store_warn_fn *warn, void *warn_arg,
                                struct errtext *error)
{
    struct sqlite_store *s = sqlite_of(base);
    struct snapshot_row rows[STORE_SNAPSHOTS_KEPT];
    size_t count = 0;
    *seq_out = 0;
    enum err e = list_snapshots(s, at_most, rows, &count, error);
    if (e != ERR_NONE) return e;
    for (size_t i = 0; i < count; i++) {
        struct errtext why;
        e = read_snapshot(s, &rows[i], out, &why);
        if (e == ERR_NONE) {
            *seq_out = rows[i].seq;
            return ERR_NONE;
        }
        char line[ERRTEXT_MAX + 128];
        snprintf(line, sizeof line, "the snapshot at record %llu is passed over: %s",
                 (unsigned long long)rows[i].seq, why.s);
        if (warn != NULL) warn(warn_arg, line);
    }
    buf_clear(out);
    return ERR_NONE;
}

/* ---- checkpoints ---------------------------------------------------------------------------- */

/* The stored note of exactly that size, copied; *found false when there is none. */
static enum err read_checkpoint(struct sqlite_store *s, uint64_t size, struct buf *out, bool *found,
                                struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_CHECKPOINT_READ, &e, error);
    if (st == NULL) return e;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)size);
    int rc = sqlite3_step(st);
    *found = rc == SQLITE_ROW;
    buf_clear(out);
    if (*found)
        buf_put_str(out, sqlite_bytes(st, 0));
    else if (rc != SQLITE_DONE)
        e = sqlite_error(s, rc, "reading a checkpoint", error);
    sqlite3_reset(st);
    return e;
}

static enum err write_checkpoint(struct sqlite_store *s, uint64_t size, struct str note,
                                 struct errtext *error)
{
    struct buf old = {0};
    bool found = false;
    enum err e = read_checkpoint(s, size, &old, &found, error);
    if (e != ERR_NONE || (found && str_eq(buf_str(&old), note))) goto out;
    if (found && (note.len < old.len || memcmp(note.p, old.p, old.len) != 0)) {
        e = err_set(error, ERR_CONFLICT, "%s: another checkpoint of size %llu was signed before",
                    s->path, (unsigned long long)size);
        goto out;
    }
    sqlite3_stmt *st =
        sqlite_get(s, found ? SQL_CHECKPOINT_UPDATE : SQL_CHECKPOINT_INSERT, &e, error);
    if (st == NULL) goto out;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)size);
    sqlite_bind_bytes(st, 2, note);
    e = sqlite_run(s, st, "keeping a checkpoint", error);
out:
    buf_release(&old);
    return e;
}

/* The newest checkpoint as a file, for whoever publishes it. */
static enum err publish(struct sqlite_store *s, struct errtext *error)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/" LEDGER_CHECKPOINT_FILE, s->dir) >= (int)sizeof path)
        return err_set(error, ERR_LIMIT, "%s: the path is too long", s->dir);
    struct buf note = {0};
    uint64_t size = 0;
    enum err e = sqlite_checkpoint_latest(&s->base, &size, &note, error);
    if (e == ERR_NONE) e = file_replace(path, 0644, buf_str(&note), error);
    buf_release(&note);
    return e;
}

enum err sqlite_checkpoint_put(struct store *base, uint64_t size, struct str note,
                               struct errtext *error)
{
    struct sqlite_store *s = sqlite_of(base);
    ASSERT(!s->read_only);
    ASSERT(size <= s->head.seq);
    if (note.len > STORE_NOTE_MAX)
        return err_set(error, ERR_LIMIT, "%s: a checkpoint has at most %d bytes", s->path,
                       STORE_NOTE_MAX);
    enum err e = sqlite_do(s, SQL_BEGIN_WRITE, "keeping a checkpoint", error);
    if (e != ERR_NONE) return e;
    e = write_checkpoint(s, size, note, error);
    e = sqlite_end(s, e, "keeping a checkpoint", error);
    return e == ERR_NONE ? publish(s, error) : e;
}

enum err sqlite_checkpoint_latest(struct store *base, uint64_t *size_out, struct buf *out,
                                  struct errtext *error)
{
    struct sqlite_store *s = sqlite_of(base);
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_CHECKPOINT_LAST, &e, error);
    if (st == NULL) return e;
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        *size_out = (uint64_t)sqlite3_column_int64(st, 0);
        buf_clear(out);
        buf_put_str(out, sqlite_bytes(st, 1));
    } else if (rc == SQLITE_DONE) {
        e = err_set(error, ERR_NOT_FOUND, "%s: no checkpoint was signed yet", s->path);
    } else {
        e = sqlite_error(s, rc, "reading a checkpoint", error);
    }
    sqlite3_reset(st);
    return e;
}

enum err sqlite_checkpoint_each(struct store *base, store_note_fn *fn, void *arg,
                                struct errtext *error)
{
    struct sqlite_store *s = sqlite_of(base);
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_CHECKPOINT_LIST, &e, error);
    if (st == NULL) return e;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        if (!fn(arg, (uint64_t)sqlite3_column_int64(st, 0), sqlite_bytes(st, 1))) break;
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        e = sqlite_error(s, rc, "reading checkpoints", error);
    sqlite3_reset(st);
    return e;
}
