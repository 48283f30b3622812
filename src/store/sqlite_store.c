#include "store/sqlite_store.h"

#include "base/check.h"
#include "store/chain.h"
#include "store/sqlite_impl.h"

#include <string.h>

enum {
    READ_CHUNK = 1024, /* records of one read transaction: a long reading must not keep the writer
                          from moving its log */
};

static struct sqlite_store *sqlite_of(struct store *base)
{
    return (struct sqlite_store *)base;
}

static struct str origin(const struct store *base)
{
    const struct sqlite_store *s = (const struct sqlite_store *)base;
    return buf_str(&s->origin);
}

/* ---- the tree ------------------------------------------------------------------------------- */

/* Stored are the leaves (in the records) and the levels that are multiples of LEDGER_TREE_STEP; a
 * level between is made of at most 128 hashes of the stored level below it. */
enum err sqlite_tree_hash(struct store *base, unsigned level, uint64_t index,
                          unsigned char out[STORE_HASH_BYTES], struct errtext *error)
{
    struct sqlite_store *s = sqlite_of(base);
    unsigned stored = level - level % LEDGER_TREE_STEP;
    uint64_t count = UINT64_C(1) << (level - stored);
    uint64_t first = index * count + (stored == 0 ? 1 : 0); /* leaf i is record i + 1 */
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, stored == 0 ? SQL_RECORD_HASHES : SQL_TREE_HASHES, &e, error);
    if (st == NULL) return e;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)first);
    sqlite3_bind_int64(st, 2, (sqlite3_int64)(first + count));
    if (stored != 0) sqlite3_bind_int64(st, 3, stored);
    struct merkle_frontier f = {0};
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct merkle_hash h;
        if (!sqlite_hash(st, 0, h.h)) break;
        merkle_frontier_add(&f, stored == 0 ? merkle_leaf(h.h) : h);
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        e = sqlite_error(s, rc, "reading the tree", error);
    else if (f.size != count)
        e = err_set(error, ERR_CORRUPT,
                    "%s: a hash of the tree is missing or damaged: level %u, "
                    "index %llu",
                    s->path, stored, (unsigned long long)(index * count + f.size));
    else
        memcpy(out, f.last[level - stored].h, STORE_HASH_BYTES);
    sqlite3_reset(st);
    return e;
}

static enum err tree_node(void *arg, unsigned level, uint64_t index,
                          unsigned char out[STORE_HASH_BYTES], struct errtext *error)
{
    return sqlite_tree_hash(arg, level, index, out, error);
}

/* ---- head ----------------------------------------------------------------------------------- */

static enum err read_last(struct sqlite_store *s, struct store_head *h, struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_RECORD_LAST, &e, error);
    if (st == NULL) return e;
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        sqlite3_int64 seq = sqlite3_column_int64(st, 0);
        h->seq = (uint64_t)seq;
        h->now_ms = sqlite3_column_int64(st, 1);
        if (seq < 1 || !sqlite_hash(st, 2, h->hash))
            e = err_set(error, ERR_CORRUPT, "%s: the last record is damaged", s->path);
    } else if (rc == SQLITE_DONE) {
        h->seq = 0;
        h->now_ms = INT64_MIN;
        chain_origin_hash(buf_str(&s->origin), h->hash);
    } else {
        e = sqlite_error(s, rc, "reading the last record", error);
    }
    sqlite3_reset(st);
    return e;
}

enum err sqlite_load_head(struct sqlite_store *s, struct store_head *out, struct merkle_frontier *f,
                          struct errtext *error)
{
    struct store_head h = {0};
    struct merkle_frontier frontier = {0};
    enum err e = sqlite_do(s, SQL_BEGIN_READ, "reading the head", error);
    if (e != ERR_NONE) return e;
    e = read_last(s, &h, error);
    if (e == ERR_NONE) e = merkle_frontier_load(&frontier, h.seq, tree_node, &s->base, error);
    e = sqlite_end(s, e, "reading the head", error);
    if (e != ERR_NONE) return e;
    memcpy(h.root, merkle_frontier_root(&frontier).h, STORE_HASH_BYTES);
    *out = h;
    if (f != NULL) *f = frontier;
    return ERR_NONE;
}

static enum err head(struct store *base, struct store_head *out, struct errtext *error)
{
    struct sqlite_store *s = sqlite_of(base);
    if (s->read_only) return sqlite_load_head(s, out, NULL, error);
    *out = s->head;
    return ERR_NONE;
}

/* ---- appending ------------------------------------------------------------------------------ */

static enum err check_record(const struct sqlite_store *s, const struct ledger_record *r,
                             const struct store_head *after, struct errtext *error)
{
    if (r->seq != after->seq + 1)
        return err_set(error, ERR_CONFLICT, "%s: record %llu does not follow record %llu", s->path,
                       (unsigned long long)r->seq, (unsigned long long)after->seq);
    if (r->now_ms < after->now_ms)
        return err_set(error, ERR_CONFLICT, "%s: record %llu is older than the one before", s->path,
                       (unsigned long long)r->seq);
    if (r->event.len > STORE_RECORD_MAX || r->outcome.len > STORE_RECORD_MAX)
        return err_set(error, ERR_LIMIT, "%s: record %llu is over %d bytes", s->path,
                       (unsigned long long)r->seq, STORE_RECORD_MAX);
    return ERR_NONE;
}

static enum err insert_record(struct sqlite_store *s, const struct ledger_record *r,
                              struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_RECORD_INSERT, &e, error);
    if (st == NULL) return e;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)r->seq);
    sqlite3_bind_int64(st, 2, r->now_ms);
    sqlite_bind_bytes(st, 3, (struct str){(const char *)r->hash, STORE_HASH_BYTES});
    sqlite_bind_bytes(st, 4, r->event);
    sqlite_bind_bytes(st, 5, r->outcome);
    return sqlite_run(s, st, "appending a record", error);
}

/* Store the subtrees that the last leaf completed, of the levels that are kept. */
static enum err insert_tree(struct sqlite_store *s, const struct merkle_frontier *f,
                            unsigned completed, struct errtext *error)
{
    for (unsigned level = LEDGER_TREE_STEP; level <= completed; level += LEDGER_TREE_STEP) {
        enum err e;
        sqlite3_stmt *st = sqlite_get(s, SQL_TREE_INSERT, &e, error);
        if (st == NULL) return e;
        sqlite3_bind_int64(st, 1, level);
        sqlite3_bind_int64(st, 2, (sqlite3_int64)((f->size >> level) - 1));
        sqlite_bind_bytes(st, 3, (struct str){(const char *)f->last[level].h, STORE_HASH_BYTES});
        e = sqlite_run(s, st, "appending to the tree", error);
        if (e != ERR_NONE) return e;
    }
    return ERR_NONE;
}

/* The rows of a batch, inside a transaction. `h` and `f` move on with each record. */
static enum err insert_batch(struct sqlite_store *s, struct store_batch *batch,
                             struct store_head *h, struct merkle_frontier *f, struct errtext *error)
{
    enum err e = ERR_NONE;
    for (size_t i = 0; e == ERR_NONE && i < batch->record_count; i++) {
        struct ledger_record *r = &batch->records[i];
        e = check_record(s, r, h, error);
        if (e != ERR_NONE) break;
        chain_hash(r, h->hash, r->hash);
        h->seq = r->seq;
        h->now_ms = r->now_ms;
        memcpy(h->hash, r->hash, STORE_HASH_BYTES);
        unsigned completed = merkle_frontier_add(f, merkle_leaf(r->hash));
        e = insert_record(s, r, error);
        if (e == ERR_NONE) e = insert_tree(s, f, completed, error);
    }
    for (size_t i = 0; e == ERR_NONE && i < batch->history_count; i++)
        e = sqlite_history_insert(s, &batch->history[i], error);
    return e;
}

/* A file that was renamed or removed can still be written, but nobody will ever find what is. */
static enum err check_place(struct sqlite_store *s, struct errtext *error)
{
    int moved = 0;
    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || !moved)
        return ERR_NONE;
    return err_set(error, ERR_IO,
                   "%s was moved or deleted under the daemon; put it back, or start the daemon "
                   "again",
                   s->path);
}

static enum err append(struct store *base, struct store_batch *batch, struct errtext *error)
{
    struct sqlite_store *s = sqlite_of(base);
    ASSERT(!s->read_only);
    ASSERT(batch->record_count > 0 && batch->record_count <= STORE_BATCH_MAX);
    struct store_head h = s->head;
    struct merkle_frontier f = s->frontier;
    sqlite_move_rest(&s->mover);
    enum err e = check_place(s, error);
    if (e != ERR_NONE) return e;
    e = sqlite_do(s, SQL_BEGIN_WRITE, "beginning to append", error);
    if (e != ERR_NONE) return e;
    e = insert_batch(s, batch, &h, &f, error);
    e = sqlite_end(s, e, "appending", error);
    if (e != ERR_NONE) return e;
    ASSERT(f.size == h.seq);
    memcpy(h.root, merkle_frontier_root(&f).h, STORE_HASH_BYTES);
    s->head = h;
    s->frontier = f;
    return ERR_NONE;
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum err read_row(struct sqlite_store *s, sqlite3_stmt *st, uint64_t want,
                         struct ledger_record *r, struct errtext *error)
{
    uint64_t seq = (uint64_t)sqlite3_column_int64(st, 0);
    if (seq != want)
        return err_set(error, ERR_CORRUPT, "%s: record %llu is missing", s->path,
                       (unsigned long long)want);
    if (sqlite3_column_type(st, 1) != SQLITE_INTEGER || !sqlite_hash(st, 2, r->hash) ||
        sqlite3_column_type(st, 3) != SQLITE_BLOB || sqlite3_column_type(st, 4) != SQLITE_BLOB)
        return err_set(error, ERR_CORRUPT, "%s: record %llu is damaged", s->path,
                       (unsigned long long)want);
    r->seq = seq;
    r->now_ms = sqlite3_column_int64(st, 1);
    r->event = sqlite_bytes(st, 3);
    r->outcome = sqlite_bytes(st, 4);
    return ERR_NONE;
}

/* One chunk: *from moves on; *more: the chunk was full and `fn` wants to go on. */
static enum err read_chunk(struct sqlite_store *s, uint64_t *from, uint64_t limit,
                           store_record_fn *fn, void *arg, bool *more, struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, SQL_RECORD_READ, &e, error);
    if (st == NULL) return e;
    sqlite3_bind_int64(st, 1, (sqlite3_int64)*from);
    sqlite3_bind_int64(st, 2, (sqlite3_int64)limit);
    *more = true;
    uint64_t rows = 0;
    int rc = SQLITE_ROW;
    while (e == ERR_NONE && *more && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        struct ledger_record r;
        e = read_row(s, st, *from, &r, error);
        if (e != ERR_NONE) break;
        rows++;
        ++*from;
        *more = fn(arg, &r);
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        e = sqlite_error(s, rc, "reading records", error);
        err_prefix(error, e, "record %llu", (unsigned long long)*from);
    }
    if (rows < limit) *more = false;
    sqlite3_reset(st);
    return e;
}

static enum err read_records(struct store *base, uint64_t from, uint64_t limit, store_record_fn *fn,
                             void *arg, struct errtext *error)
{
    ASSERT(from > 0 && from <= INT64_MAX);
    bool more = true;
    enum err e = ERR_NONE;
    uint64_t left = limit == 0 ? UINT64_MAX : limit;
    while (e == ERR_NONE && more && left > 0) {
        uint64_t before = from;
        uint64_t chunk = left < READ_CHUNK ? left : READ_CHUNK;
        e = read_chunk(sqlite_of(base), &from, chunk, fn, arg, &more, error);
        left -= from - before;
    }
    return e;
}

/* ---- the container -------------------------------------------------------------------------- */

static enum err check_container(struct store *base, struct errtext *error)
{
    struct sqlite_store *s = sqlite_of(base);
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, "PRAGMA integrity_check(1)", -1, &st, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    enum err e = ERR_NONE;
    if (rc != SQLITE_ROW) {
        e = sqlite_error(s, rc, "checking the file", error);
    } else {
        struct str said = sqlite_bytes(st, 0);
        if (!str_eqz(said, "ok"))
            e = err_set(error, ERR_CORRUPT, "%s: the file is damaged: " STR_FMT, s->path,
                        STR_ARG(said));
    }
    sqlite3_finalize(st);
    return e;
}

const struct store_ops sqlite_store_ops = {
    .version = STORE_OPS_VERSION,
    .name = "sqlite",
    .open = sqlite_store_open,
    .close = sqlite_store_close,
    .origin = origin,
    .head = head,
    .append = append,
    .read = read_records,
    .tree_hash = sqlite_tree_hash,
    .snapshot_put = sqlite_snapshot_put,
    .snapshot_latest = sqlite_snapshot_latest,
    .history_query = sqlite_history_query,
    .checkpoint_put = sqlite_checkpoint_put,
    .checkpoint_latest = sqlite_checkpoint_latest,
    .checkpoint_each = sqlite_checkpoint_each,
    .check_container = check_container,
};
