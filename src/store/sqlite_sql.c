/* What is asked of SQLite, in SQL, and what it answers when it fails. */
#include "store/sqlite_impl.h"

#include "base/check.h"

#include <errno.h>
#include <string.h>

/* Column order: the hash stands before the bytes, so that reading hashes does not touch them. */
const char sqlite_schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE record(seq INTEGER PRIMARY KEY, now_ms INTEGER NOT NULL,"
    " hash BLOB NOT NULL, event BLOB NOT NULL, outcome BLOB NOT NULL) STRICT;"
    "CREATE TABLE tree(level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,"
    " PRIMARY KEY(level, idx)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT;"
    "CREATE TABLE snapshot(seq INTEGER PRIMARY KEY, bytes INTEGER NOT NULL,"
    " hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE snapshot_part(seq INTEGER NOT NULL, part INTEGER NOT NULL,"
    " bytes BLOB NOT NULL, PRIMARY KEY(seq, part)) STRICT;"
    "CREATE TABLE history(job INTEGER PRIMARY KEY, array_job INTEGER NOT NULL,"
    " array_task INTEGER NOT NULL, uid INTEGER NOT NULL, user TEXT NOT NULL,"
    " account TEXT NOT NULL, name TEXT NOT NULL, partition TEXT NOT NULL, state TEXT NOT NULL,"
    " submit_ms INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,"
    " exit_code INTEGER NOT NULL, exit_signal INTEGER NOT NULL, chips INTEGER NOT NULL,"
    " nodes TEXT NOT NULL, cost_uusd INTEGER NOT NULL, more BLOB NOT NULL) STRICT;"
    "CREATE INDEX history_array ON history(array_job) WHERE array_job > 0;"
    "CREATE INDEX history_end ON history(end_ms);"
    "CREATE TRIGGER record_next BEFORE INSERT ON record"
    " WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM record)"
    " BEGIN SELECT RAISE(ABORT, 'a ledger record must follow the last one'); END;"
    "CREATE TRIGGER record_kept BEFORE DELETE ON record"
    " BEGIN SELECT RAISE(ABORT, 'ledger records are never deleted'); END;"
    "CREATE TRIGGER record_same BEFORE UPDATE ON record"
    " BEGIN SELECT RAISE(ABORT, 'ledger records are never changed'); END;"
    "CREATE TRIGGER tree_kept BEFORE DELETE ON tree"
    " BEGIN SELECT RAISE(ABORT, 'tree hashes are never deleted'); END;"
    "CREATE TRIGGER tree_same BEFORE UPDATE ON tree"
    " BEGIN SELECT RAISE(ABORT, 'tree hashes are never changed'); END;"
    "CREATE TRIGGER checkpoint_kept BEFORE DELETE ON checkpoint"
    " BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;"
    "CREATE TRIGGER checkpoint_same BEFORE UPDATE ON checkpoint"
    " WHEN NEW.size IS NOT OLD.size OR substr(NEW.note, 1, length(OLD.note)) IS NOT OLD.note"
    " BEGIN SELECT RAISE(ABORT, 'checkpoints only gain signatures'); END;";

static const char *const sql_text[SQL_COUNT] = {
    [SQL_BEGIN_READ] = "BEGIN",
    [SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_RECORD_INSERT] =
        "INSERT INTO record(seq, now_ms, hash, event, outcome) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_RECORD_READ] = "SELECT seq, now_ms, hash, event, outcome FROM record WHERE seq >= ?1"
                        " ORDER BY seq LIMIT ?2",
    [SQL_RECORD_LAST] = "SELECT seq, now_ms, hash FROM record ORDER BY seq DESC LIMIT 1",
    [SQL_RECORD_HASH] = "SELECT hash FROM record WHERE seq = ?1",
    [SQL_RECORD_HASHES] = "SELECT hash FROM record WHERE seq >= ?1 AND seq < ?2 ORDER BY seq",
    [SQL_TREE_INSERT] = "INSERT INTO tree(level, idx, hash) VALUES(?1, ?2, ?3)",
    [SQL_TREE_HASHES] = "SELECT hash FROM tree WHERE level = ?3 AND idx >= ?1 AND idx < ?2"
                        " ORDER BY idx",
    [SQL_HISTORY_INSERT] =
        "INSERT OR REPLACE INTO history VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
        " ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    [SQL_SNAPSHOT_LIST] = "SELECT seq, bytes, hash FROM snapshot WHERE seq <= ?1 ORDER BY seq DESC",
    [SQL_SNAPSHOT_INSERT] = "INSERT OR REPLACE INTO snapshot(seq, bytes, hash) VALUES(?1, ?2, ?3)",
    [SQL_SNAPSHOT_DELETE] = "DELETE FROM snapshot WHERE seq NOT IN"
                            " (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT ?1)",
    [SQL_PART_INSERT] = "INSERT OR REPLACE INTO snapshot_part(seq, part, bytes)"
                        " VALUES(?1, ?2, ?3)",
    [SQL_PART_READ] = "SELECT bytes FROM snapshot_part WHERE seq = ?1 ORDER BY part",
    [SQL_PART_DELETE] = "DELETE FROM snapshot_part WHERE seq = ?1 OR seq NOT IN"
                        " (SELECT seq FROM snapshot)",
    [SQL_CHECKPOINT_READ] = "SELECT note FROM checkpoint WHERE size = ?1",
    [SQL_CHECKPOINT_INSERT] = "INSERT INTO checkpoint(size, note) VALUES(?1, ?2)",
    [SQL_CHECKPOINT_UPDATE] = "UPDATE checkpoint SET note = ?2 WHERE size = ?1",
    [SQL_CHECKPOINT_LAST] = "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1",
    [SQL_CHECKPOINT_LIST] = "SELECT size, note FROM checkpoint ORDER BY size",
};

/* ---- errors and statements ------------------------------------------------------------------ */

static enum err disk_full(const struct sqlite_store *s, const char *doing, struct errtext *error)
{
    return err_set(error, ERR_IO,
                   "%s: the disk is full or a size limit is reached while %s; "
                   "nothing of this was stored: free some space and try again",
                   s->path, doing);
}

enum err sqlite_error(const struct sqlite_store *s, int rc, const char *doing,
                      struct errtext *error)
{
    const char *said = s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
    int cause = s->db != NULL ? sqlite3_system_errno(s->db) : 0;
    const char *system = cause != 0 ? strerror(cause) : "no cause given";
    switch (rc & 0xff) {
    case SQLITE_FULL: return disk_full(s, doing, error);
    case SQLITE_IOERR:
        if (cause == ENOSPC || cause == EDQUOT || cause == EFBIG) return disk_full(s, doing, error);
        return err_set(
            error, ERR_IO,
            "%s: input or output failed while %s: %s (%s); look at the disk: is it full, "
            "is a limit on file size set, does the system log name it?",
            s->path, doing, said, system);
    case SQLITE_READONLY:
        return err_set(error, ERR_IO,
                       "%s: cannot be written while %s: the file, its folder or its "
                       "file system is read-only",
                       s->path, doing);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return err_set(error, ERR_IO, "%s: cannot be opened while %s: %s (%s)", s->path, doing,
                       said, system);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return err_set(error, ERR_CORRUPT,
                       "%s: the file is damaged (found while %s: %s); put a "
                       "good copy in its place",
                       s->path, doing, said);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(error, ERR_UNAVAILABLE,
                       "%s: another program has locked the file while %s; "
                       "close it",
                       s->path, doing);
    case SQLITE_CONSTRAINT:
        return err_set(error, ERR_CONFLICT, "%s: refused while %s: %s", s->path, doing, said);
    case SQLITE_TOOBIG: return err_set(error, ERR_LIMIT, "%s: too large while %s", s->path, doing);
    default: return err_set(error, ERR_IO, "%s: SQLite failed while %s: %s", s->path, doing, said);
    }
}

sqlite3_stmt *sqlite_get(struct sqlite_store *s, enum sql which, enum err *e, struct errtext *error)
{
    sqlite3_stmt **st = &s->cached[which];
    if (*st == NULL) {
        int rc =
            sqlite3_prepare_v3(s->db, sql_text[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
        if (rc != SQLITE_OK) {
            *e = sqlite_error(s, rc, "preparing a statement", error);
            return NULL;
        }
    }
    ASSERT(!sqlite3_stmt_busy(*st)); /* the store is not used from inside its callbacks */
    sqlite3_clear_bindings(*st);
    *e = ERR_NONE;
    return *st;
}

enum err sqlite_run(struct sqlite_store *s, sqlite3_stmt *st, const char *doing,
                    struct errtext *error)
{
    int rc = sqlite3_step(st);
    enum err e = rc == SQLITE_DONE ? ERR_NONE : sqlite_error(s, rc, doing, error);
    sqlite3_reset(st);
    return e;
}

enum err sqlite_do(struct sqlite_store *s, enum sql which, const char *doing, struct errtext *error)
{
    enum err e;
    sqlite3_stmt *st = sqlite_get(s, which, &e, error);
    return st != NULL ? sqlite_run(s, st, doing, error) : e;
}

enum err sqlite_end(struct sqlite_store *s, enum err e, const char *doing, struct errtext *error)
{
    if (e == ERR_NONE) e = sqlite_do(s, SQL_COMMIT, doing, error);
    /* Some failures end the transaction by themselves; a failing rollback is such a one. */
    if (e != ERR_NONE && !sqlite3_get_autocommit(s->db)) sqlite_do(s, SQL_ROLLBACK, doing, NULL);
    return e;
}

void sqlite_bind_bytes(sqlite3_stmt *st, int index, struct str bytes)
{
    sqlite3_bind_blob64(st, index, bytes.len > 0 ? bytes.p : "", bytes.len, SQLITE_STATIC);
}

void sqlite_bind_str(sqlite3_stmt *st, int index, struct str text)
{
    sqlite3_bind_text64(st, index, text.len > 0 ? text.p : "", text.len, SQLITE_STATIC,
                        SQLITE_UTF8);
}

struct str sqlite_bytes(sqlite3_stmt *st, int column)
{
    const void *p = sqlite3_column_blob(st, column);
    return (struct str){p, (size_t)sqlite3_column_bytes(st, column)};
}

bool sqlite_hash(sqlite3_stmt *st, int column, unsigned char out[STORE_HASH_BYTES])
{
    if (sqlite3_column_type(st, column) != SQLITE_BLOB) return false;
    struct str hash = sqlite_bytes(st, column);
    if (hash.len != STORE_HASH_BYTES) return false;
    memcpy(out, hash.p, STORE_HASH_BYTES);
    return true;
}
