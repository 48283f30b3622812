#include "store/sqlite_move.h"

#include "base/check.h"

static void pass(sqlite3 *db)
{
    /* An error is no news: what is not moved stays in the log. */
    (void)sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* A connection that knows the log: SQLite opens the log with the first reading. NULL: none to be
 * had. */
static sqlite3 *connect_mover(const struct sqlite_mover *m)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(m->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, m->vfs);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "PRAGMA synchronous = FULL; SELECT 1 FROM sqlite_schema", NULL, NULL,
                          NULL);
    if (rc == SQLITE_OK) return db;
    sqlite3_close(db);
    return NULL;
}

static void *move_for_ever(void *arg)
{
    pthread_setname_np(pthread_self(), "berth-move");
    struct sqlite_mover *m = arg;
    sqlite3 *db = NULL;
    pthread_mutex_lock(&m->mutex);
    while (!m->stop) {
        if (!m->wanted) {
            pthread_cond_wait(&m->wake, &m->mutex);
            continue;
        }
        m->wanted = false;
        pthread_mutex_unlock(&m->mutex);
        if (db == NULL) db = connect_mover(m);
        if (db != NULL) pass(db);
        /* Without a connection the whole log is the rest. */
        atomic_store_explicit(&m->ended, true, memory_order_release);
        pthread_mutex_lock(&m->mutex);
    }
    pthread_mutex_unlock(&m->mutex);
    sqlite3_close(db);
    return NULL;
}

static bool start(struct sqlite_mover *m)
{
    if (m->running) return true;
    ASSERT(pthread_mutex_init(&m->mutex, NULL) == 0);
    ASSERT(pthread_cond_init(&m->wake, NULL) == 0);
    m->running = pthread_create(&m->thread, NULL, move_for_ever, m) == 0;
    if (m->running) return true;
    pthread_cond_destroy(&m->wake);
    pthread_mutex_destroy(&m->mutex);
    return false;
}

static void begin_pass(struct sqlite_mover *m)
{
    m->pass_at = m->pages + SQLITE_MOVE_PAGES; /* if the log goes on growing behind a reader */
    if (!start(m)) {
        atomic_store_explicit(&m->ended, true, memory_order_release);
        return;
    }
    pthread_mutex_lock(&m->mutex);
    m->wanted = true;
    pthread_cond_signal(&m->wake);
    pthread_mutex_unlock(&m->mutex);
}

/* After each commit of the writer, in its thread. */
static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
    (void)db, (void)name;
    struct sqlite_mover *m = arg;
    if (pages < m->pages) m->pass_at = SQLITE_MOVE_PAGES; /* it has begun anew */
    m->pages = pages;
    if (pages >= m->pass_at) begin_pass(m);
    return SQLITE_OK;
}

void sqlite_move_watch(struct sqlite_mover *m, sqlite3 *writer, const char *path, const char *vfs)
{
    *m = (struct sqlite_mover){
        .writer = writer, .path = path, .vfs = vfs, .pass_at = SQLITE_MOVE_PAGES};
    sqlite3_wal_hook(writer, on_commit, m);
}

void sqlite_move_rest(struct sqlite_mover *m)
{
    if (!atomic_load_explicit(&m->ended, memory_order_acquire)) return;
    atomic_store_explicit(&m->ended, false, memory_order_relaxed);
    pass(m->writer);
}

void sqlite_move_stop(struct sqlite_mover *m)
{
    if (!m->running) return;
    pthread_mutex_lock(&m->mutex);
    m->stop = true;
    pthread_cond_signal(&m->wake);
    pthread_mutex_unlock(&m->mutex);
    pthread_join(m->thread, NULL);
    pthread_cond_destroy(&m->wake);
    pthread_mutex_destroy(&m->mutex);
    m->running = false;
}
