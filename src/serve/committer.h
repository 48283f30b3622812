/* committer.h - the thread that waits for the disk, so that the writer thread need not.
 *
 * Between committer_begin and committer_end the store and the batch are the committer's: nobody
 * else touches them. At all other times they are the caller's, who may use the store itself. */
#ifndef BERTH_SERVE_COMMITTER_H
#define BERTH_SERVE_COMMITTER_H

#include "port/store.h"

#include <pthread.h>
#include <stdatomic.h>

struct committer {
    struct store *store;
    pthread_t thread;
    bool running; /* the thread */
    int event_fd; /* readable when a commit has ended */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t wake, ended;
    struct store_batch *batch; /* to be appended; NULL: nothing */
    bool stop;
    atomic_bool is_busy; /* set by begin, cleared when the commit has ended */

    /* of the last commit */
    enum err result;
    struct errtext error;
    int64_t took_us;
};

/* `store` is borrowed. */
enum err committer_start(struct committer *c, struct store *store, struct errtext *error);
/* Waits for the commit under way. A committer that is all zero, or was not started, is left alone.
 */
void committer_stop(struct committer *c);

/* Append the batch in the thread; the caller keeps its memory as it is until committer_end. No
 * commit is under way. */
void committer_begin(struct committer *c, struct store_batch *batch);
bool committer_is_busy(const struct committer *c);
/* Wait until the commit has ended, and give its outcome; `took_us`: the time of the append. */
enum err committer_end(struct committer *c, int64_t *took_us, struct errtext *error);
/* Append in the calling thread. No commit is under way. */
enum err committer_run(struct committer *c, struct store_batch *batch, int64_t *took_us,
                       struct errtext *error);

#endif
