/* sqlite_impl.h - what the files sqlite_*.c share; private to them. */
#ifndef BERTH_STORE_SQLITE_IMPL_H
#define BERTH_STORE_SQLITE_IMPL_H

#include "port/store.h"
#include "store/merkle.h"
#include "store/sqlite_move.h"

#include <limits.h>
#include <sqlite3.h>

/* The statements that are prepared once and kept. Their text is in sqlite_sql.c. */
enum sql {
    SQL_BEGIN_READ,
    SQL_BEGIN_WRITE,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_RECORD_INSERT,
    SQL_RECORD_READ,
    SQL_RECORD_LAST,
    SQL_RECORD_HASH,
    SQL_RECORD_HASHES,
    SQL_TREE_INSERT,
    SQL_TREE_HASHES,
    SQL_HISTORY_INSERT,
    SQL_SNAPSHOT_LIST,
    SQL_SNAPSHOT_INSERT,
    SQL_SNAPSHOT_DELETE,
    SQL_PART_INSERT,
    SQL_PART_READ,
    SQL_PART_DELETE,
    SQL_CHECKPOINT_READ,
    SQL_CHECKPOINT_INSERT,
    SQL_CHECKPOINT_UPDATE,
    SQL_CHECKPOINT_LAST,
    SQL_CHECKPOINT_LIST,
    SQL_COUNT
};

/* Makes tables, indexes and triggers of an empty database. */
extern const char sqlite_schema[];

struct sqlite_store {
    struct store base;
    sqlite3 *db;
    int lock_fd; /* -1: read-only */
    bool read_only;
    char dir[PATH_MAX];
    char path[PATH_MAX]; /* of the database file */
    struct buf origin;
    struct store_head head; /* of the writer; a reader looks anew each time */
    struct merkle_frontier frontier; /* of the writer */
    struct sqlite_mover mover; /* of the writer */
    sqlite3_stmt *cached[SQL_COUNT];
};

/* Turn a result code of SQLite into an error whose text names the file, what was `doing`, the cause
 * and what to do. */
enum err sqlite_error(const struct sqlite_store *s, int rc, const char *doing,
                      struct errtext *error);

/* The kept statement, reset and unbound; NULL with *error set when it cannot be prepared. */
sqlite3_stmt *sqlite_get(struct sqlite_store *s, enum sql which, enum err *e,
                         struct errtext *error);
/* Run a statement that gives no rows, and reset it. */
enum err sqlite_run(struct sqlite_store *s, sqlite3_stmt *st, const char *doing,
                    struct errtext *error);
/* Run one of the statements without parameters. */
enum err sqlite_do(struct sqlite_store *s, enum sql which, const char *doing,
                   struct errtext *error);
/* Commit when `e` is ERR_NONE, else (or when that fails) roll back. Gives the outcome. */
enum err sqlite_end(struct sqlite_store *s, enum err e, const char *doing, struct errtext *error);

void sqlite_bind_bytes(sqlite3_stmt *st, int index, struct str bytes);
void sqlite_bind_str(sqlite3_stmt *st, int index, struct str text);
struct str sqlite_bytes(sqlite3_stmt *st, int column);
/* The hash in a column; false when it is not a blob of 32 bytes. */
bool sqlite_hash(sqlite3_stmt *st, int column, unsigned char out[STORE_HASH_BYTES]);

/* sqlite_open.c */
enum err sqlite_store_open(const struct store_options *options, struct store **out,
                           struct errtext *error);
void sqlite_store_close(struct store *base);

/* sqlite_store.c: read where the ledger stands, with the frontier of its tree when `f` is not
 * NULL. */
enum err sqlite_load_head(struct sqlite_store *s, struct store_head *out, struct merkle_frontier *f,
                          struct errtext *error);
enum err sqlite_tree_hash(struct store *base, unsigned level, uint64_t index,
                          unsigned char out[STORE_HASH_BYTES], struct errtext *error);

/* sqlite_aux.c */
enum err sqlite_snapshot_put(struct store *base, uint64_t seq, struct str bytes,
                             struct errtext *error);
enum err sqlite_snapshot_latest(struct store *base, uint64_t at_most, uint64_t *seq_out,
                                struct buf *out, store_warn_fn *warn, void *warn_arg,
                                struct errtext *error);
enum err sqlite_checkpoint_put(struct store *base, uint64_t size, struct str note,
                               struct errtext *error);
enum err sqlite_checkpoint_latest(struct store *base, uint64_t *size_out, struct buf *out,
                                  struct errtext *error);
enum err sqlite_checkpoint_each(struct store *base, store_note_fn *fn, void *arg,
                                struct errtext *error);

/* sqlite_history.c */
enum err sqlite_history_insert(struct sqlite_store *s, const struct history_row *row,
                               struct errtext *error);
enum err sqlite_history_query(struct store *base, const struct history_filter *filter,
                              store_history_fn *fn, void *arg, struct errtext *error);

#endif
