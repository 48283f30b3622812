/* sqlite_move.h - moves SQLite's log into the database beside the writer; private to sqlite_*.c.
 *
 * SQLite would do it in the writer's own commit, which then takes some 40 ms instead of 0.2. Here a
 * thread with a connection of its own does it while the writer goes on (SQLITE_CHECKPOINT_PASSIVE:
 * it waits for nobody and nobody waits for it). The log begins anew only when all of it was moved,
 * and the writer adds to it during a pass; so after each pass the writer moves the small rest
 * before its next transaction (sqlite_move_rest).
 *
 * How long the log gets: SQLITE_MOVE_PAGES and what the writer adds during one pass. While a reader
 * holds an old state open only the part before that state can be moved and the log grows on; it
 * begins anew after that reader has gone. A pass that fails costs nothing: what was not moved stays
 * in the log, and the next pass begins there.
 *
 * The thread starts with the first pass, so that a short-lived writer has none. */
#ifndef BERTH_STORE_SQLITE_MOVE_H
#define BERTH_STORE_SQLITE_MOVE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>

enum {
    SQLITE_MOVE_PAGES = 4096, /* begin a pass at 16 MiB: 64 MiB/s of records are 4 passes a second,
                                 and a restart reads little more */
};

struct sqlite_mover {
    sqlite3 *writer; /* borrowed: the connection whose log it is */
    const char *path, *vfs; /* borrowed */
    int pages; /* in the log after the last commit */
    int pass_at; /* pages at which the next pass begins */
    atomic_bool ended; /* a pass has ended and its rest was not moved yet */

    bool running; /* the thread */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t wake;
    bool wanted, stop;
};

/* From now on watch the writer's commits; takes the place of PRAGMA wal_autocheckpoint. `m` must
 * not move. */
void sqlite_move_watch(struct sqlite_mover *m, sqlite3 *writer, const char *path, const char *vfs);
/* Between two transactions of the writer, in its thread. */
void sqlite_move_rest(struct sqlite_mover *m);
/* End the thread; before the writer's connection is closed. A zero mover is left alone. */
void sqlite_move_stop(struct sqlite_mover *m);

#endif
