#include "store/sqlite_impl.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/chain.h"
#include "store/file.h"
#include "store/note.h"
#include "store/sqlite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUSY_WAIT_MS = 5000, /* a reader's recovery of the log holds the lock for less */
    LOG_BYTES_KEPT = 64 * 1024 * 1024, /* a snapshot may make the log longer; cut it back */
};

/* ---- the directory -------------------------------------------------------------------------- */

/* mkdir -p; the last folder is private. */
static enum err make_folders(const char *dir, struct errtext *error)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", dir);
    for (char *p = path + 1; *p != '\0'; p++) {
        if (*p != '/') continue;
        *p = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
            return err_set(error, ERR_IO, "%s: cannot make the folder: %s", path, strerror(errno));
        *p = '/';
    }
    if (mkdir(path, 0700) == 0) return file_sync_folder(path, error);
    if (errno != EEXIST)
        return err_set(error, ERR_IO, "%s: cannot make the folder: %s", path, strerror(errno));
    return ERR_NONE;
}

/* Become the one process that writes here. */
static enum err take_lock(struct sqlite_store *s, struct errtext *error)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/" LEDGER_LOCK_FILE, s->dir) >= (int)sizeof path)
        return err_set(error, ERR_LIMIT, "%s: the path is too long", s->dir);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock_fd < 0) {
        enum err e = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
        return err_set(error, e, "%s: cannot open the lock: %s", path, strerror(errno));
    }
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(s->lock_fd, F_SETLK, &lock) == 0) return ERR_NONE;
    if (errno != EACCES && errno != EAGAIN)
        return err_set(error, ERR_IO, "%s: cannot lock: %s", path, strerror(errno));
    char who[64] = "";
    if (fcntl(s->lock_fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0)
        snprintf(who, sizeof who, " (pid %ld)", (long)lock.l_pid);
    return err_set(error, ERR_CONFLICT,
                   "%s: another daemon%s works with this state directory; "
                   "stop it first, or choose another directory",
                   s->dir, who);
}

/* Make the database file itself, so that it is private from its first moment (SQLite gives its log
 * the same mode). */
static enum err make_file(struct sqlite_store *s, struct errtext *error)
{
    int fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) return ERR_NONE;
    if (fd < 0) return err_set(error, ERR_IO, "%s: cannot create: %s", s->path, strerror(errno));
    close(fd);
    return file_sync_folder(s->path, error);
}

/* ---- the database --------------------------------------------------------------------------- */

static enum err exec(struct sqlite_store *s, const char *sql, const char *doing,
                     struct errtext *error)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_NONE : sqlite_error(s, rc, doing, error);
}

/* The first column of the first row of a query as an integer or text. */
static enum err query_one(struct sqlite_store *s, const char *sql, int64_t *number,
                          struct buf *text, struct errtext *error)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    enum err e = ERR_NONE;
    if (rc == SQLITE_ROW) {
        if (number != NULL) *number = sqlite3_column_int64(st, 0);
        if (text != NULL) buf_put_str(text, sqlite_bytes(st, 0));
    } else if (rc == SQLITE_DONE) {
        e = err_set(error, ERR_CORRUPT, "%s: nothing is stored for: %s", s->path, sql);
    } else {
        e = sqlite_error(s, rc, "opening it", error);
    }
    sqlite3_finalize(st);
    return e;
}

/* "file:" URI of the path with the parameter; a path may hold any byte. */
static void put_uri(struct buf *out, const char *path, const char *parameter)
{
    buf_puts(out, "file:");
    for (; *path != '\0'; path++) {
        if (*path == '%' || *path == '?' || *path == '#')
            buf_printf(out, "%%%02x", (unsigned char)*path);
        else
            buf_putc(out, *path);
    }
    buf_printf(out, "?%s", parameter);
}

static enum err connect(struct sqlite_store *s, const struct store_options *o, bool immutable,
                        struct errtext *error)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= o->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    struct buf uri = {0};
    if (immutable) put_uri(&uri, s->path, "immutable=1");
    int rc = sqlite3_open_v2(immutable ? uri.p : s->path, &s->db,
                             flags | (immutable ? SQLITE_OPEN_URI : 0), o->vfs);
    buf_release(&uri);
    if (rc != SQLITE_OK) return sqlite_error(s, rc, "opening it", error);
    sqlite3_busy_timeout(s->db, BUSY_WAIT_MS);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return exec(s, "PRAGMA cell_size_check = ON", "opening it", error);
}

static void disconnect(struct sqlite_store *s)
{
    for (int i = 0; i < SQL_COUNT; i++) {
        sqlite3_finalize(s->cached[i]);
        s->cached[i] = NULL;
    }
    sqlite3_close(s->db);
    s->db = NULL;
}

static enum err create_schema(struct sqlite_store *s, const char *origin, struct errtext *error)
{
    char fresh[64];
    if (origin == NULL) {
        unsigned char id[16];
        char hex[2 * sizeof id + 1];
        randombytes_buf(id, sizeof id);
        snprintf(fresh, sizeof fresh, "berth.invalid/%s",
                 sodium_bin2hex(hex, sizeof hex, id, sizeof id));
        origin = fresh;
    }
    enum err e = note_name_check(str_of(origin), error);
    if (e != ERR_NONE) return err_prefix(error, e, "the ledger's origin '%s'", origin);
    e = sqlite_do(s, SQL_BEGIN_WRITE, "making it", error);
    if (e != ERR_NONE) return e;
    char identity[128];
    snprintf(identity, sizeof identity, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             LEDGER_APPLICATION_ID, LEDGER_FORMAT);
    e = exec(s, sqlite_schema, "making it", error);
    if (e == ERR_NONE) e = exec(s, identity, "making it", error);
    sqlite3_stmt *st = NULL;
    if (e == ERR_NONE) {
        int rc = sqlite3_prepare_v2(s->db, "INSERT INTO meta VALUES('origin', ?1)", -1, &st, NULL);
        if (rc != SQLITE_OK) e = sqlite_error(s, rc, "making it", error);
    }
    if (e == ERR_NONE) {
        sqlite_bind_str(st, 1, str_of(origin));
        e = sqlite_run(s, st, "making it", error);
    }
    sqlite3_finalize(st);
    return sqlite_end(s, e, "making it", error);
}

/* Is this a ledger that this release reads? *is_empty: an empty database, to be made one. */
static enum err identify(struct sqlite_store *s, bool *is_empty, struct errtext *error)
{
    int64_t id = 0, version = 0, tables = 0;
    enum err e = query_one(s, "SELECT count(*) FROM sqlite_schema", &tables, NULL, error);
    if (e == ERR_NONE) e = query_one(s, "PRAGMA application_id", &id, NULL, error);
    if (e == ERR_NONE) e = query_one(s, "PRAGMA user_version", &version, NULL, error);
    if (e != ERR_NONE) return e;
    *is_empty = tables == 0 && id == 0;
    if (*is_empty) return ERR_NONE;
    if (id != LEDGER_APPLICATION_ID)
        return err_set(error, ERR_INVALID, "%s: a database, but not a Berth ledger", s->path);
    if (version != LEDGER_FORMAT)
        return err_set(error, ERR_INVALID,
                       "%s: written in ledger format %lld; this release knows "
                       "format %d: use a newer release",
                       s->path, (long long)version, LEDGER_FORMAT);
    return ERR_NONE;
}

static enum err no_ledger(const struct sqlite_store *s, struct errtext *error)
{
    return err_set(error, ERR_NOT_FOUND,
                   "%s: there is no ledger here; start the daemon once, or "
                   "name another state directory",
                   s->path);
}

static enum err prepare_writer(struct sqlite_store *s, const char *vfs, struct errtext *error)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
             "PRAGMA journal_size_limit = %d",
             LOG_BYTES_KEPT);
    enum err e = exec(s, sql, "opening it", error);
    if (e == ERR_NONE) sqlite_move_watch(&s->mover, s->db, s->path, vfs);
    return e;
}

/* The last record must have the hash that its bytes give: the cheap part of verification, against
 * a tail that was damaged since. */
struct tail {
    unsigned char hash[STORE_HASH_BYTES];
    bool good;
    bool have_prev;
};

static bool see_tail(void *arg, const struct ledger_record *r)
{
    struct tail *t = arg;
    if (t->have_prev) {
        unsigned char want[STORE_HASH_BYTES];
        chain_hash(r, t->hash, want);
        t->good = memcmp(want, r->hash, STORE_HASH_BYTES) == 0;
    }
    memcpy(t->hash, r->hash, STORE_HASH_BYTES);
    t->have_prev = true;
    return true;
}

static enum err check_tail(struct sqlite_store *s, struct errtext *error)
{
    uint64_t seq = s->head.seq;
    if (seq == 0) return ERR_NONE;
    struct tail t = {.good = true};
    if (seq == 1) {
        chain_origin_hash(buf_str(&s->origin), t.hash);
        t.have_prev = true;
    }
    enum err e = s->base.ops->read(&s->base, seq == 1 ? 1 : seq - 1, 2, see_tail, &t, error);
    if (e != ERR_NONE || t.good) return e;
    return err_set(error, ERR_CORRUPT,
                   "%s: record %llu, the last one, does not fit its hash; put a "
                   "good copy in its place",
                   s->path, (unsigned long long)seq);
}

static enum err load(struct sqlite_store *s, const struct store_options *o, struct errtext *error)
{
    bool is_empty = false;
    enum err e = identify(s, &is_empty, error);
    if (e == ERR_NONE && is_empty && (s->read_only || !o->create)) e = no_ledger(s, error);
    if (e == ERR_NONE && !s->read_only) e = prepare_writer(s, o->vfs, error);
    if (e == ERR_NONE && is_empty) e = create_schema(s, o->origin, error);
    if (e == ERR_NONE)
        e = query_one(s, "SELECT value FROM meta WHERE key = 'origin'", NULL, &s->origin, error);
    if (e != ERR_NONE || s->read_only) return e; /* a verifier opens what is damaged */
    e = sqlite_load_head(s, &s->head, &s->frontier, error);
    return e == ERR_NONE ? check_tail(s, error) : e;
}

/* A reader without write permission cannot make the log's index. When there is no log nobody writes
 * (a writer keeps one while it runs), and the file alone is the whole ledger. */
static bool may_read_immutable(const struct sqlite_store *s)
{
    char path[PATH_MAX];
    struct stat st;
    if (snprintf(path, sizeof path, "%s-wal", s->path) >= (int)sizeof path) return false;
    return stat(path, &st) != 0 && errno == ENOENT;
}

static enum err open_reader(struct sqlite_store *s, const struct store_options *o,
                            struct errtext *error)
{
    struct stat st;
    if (stat(s->path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return no_ledger(s, error);
    enum err e = connect(s, o, false, error);
    if (e == ERR_NONE) e = load(s, o, error);
    if (e != ERR_IO || s->db == NULL || !may_read_immutable(s)) return e;
    int code = sqlite3_errcode(s->db) & 0xff;
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) return e;
    disconnect(s);
    buf_clear(&s->origin);
    e = connect(s, o, true, error);
    return e == ERR_NONE ? load(s, o, error) : e;
}

static enum err open_writer(struct sqlite_store *s, const struct store_options *o,
                            struct errtext *error)
{
    struct stat st;
    enum err e = o->create ? make_folders(s->dir, error) : ERR_NONE;
    if (e == ERR_NONE && !o->create && stat(s->path, &st) != 0 &&
        (errno == ENOENT || errno == ENOTDIR))
        e = no_ledger(s, error);
    if (e == ERR_NONE) e = take_lock(s, error);
    if (e == ERR_NONE && o->create) e = make_file(s, error);
    if (e == ERR_NONE) e = connect(s, o, false, error);
    return e == ERR_NONE ? load(s, o, error) : e;
}

enum err sqlite_store_open(const struct store_options *options, struct store **out,
                           struct errtext *error)
{
    if (sodium_init() < 0)
        return err_set(error, ERR_IO, "libsodium cannot start: no source of random numbers");
    struct sqlite_store *s = mem_alloc(1, sizeof *s);
    s->base.ops = &sqlite_store_ops;
    s->read_only = options->read_only;
    s->lock_fd = -1;
    size_t len = strlen(options->dir);
    while (len > 1 && options->dir[len - 1] == '/') len--;
    enum err e = ERR_NONE;
    if (len >= sizeof s->dir - 32 || /* room for the names of the files */
        snprintf(s->dir, sizeof s->dir, "%.*s", (int)len, options->dir) < 0 ||
        snprintf(s->path, sizeof s->path, "%s/" LEDGER_FILE, s->dir) >= (int)sizeof s->path)
        e = err_set(error, ERR_LIMIT, "%s: the path is too long", options->dir);
    else
        e = s->read_only ? open_reader(s, options, error) : open_writer(s, options, error);
    if (e == ERR_NONE)
        *out = &s->base;
    else
        sqlite_store_close(&s->base);
    return e;
}

void sqlite_store_close(struct store *base)
{
    if (base == NULL) return;
    struct sqlite_store *s = (struct sqlite_store *)base;
    sqlite_move_stop(&s->mover);
    disconnect(s);
    if (s->lock_fd >= 0) close(s->lock_fd);
    buf_release(&s->origin);
    mem_free(s);
}
