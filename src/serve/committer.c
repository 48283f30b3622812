#include "serve/committer.h"

#include "base/check.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static int64_t steady_us(void)
{
    struct timespec t;
    ASSERT(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void tell(struct committer *c)
{
    uint64_t one = 1;
    ssize_t n = write(c->event_fd, &one, sizeof one);
    ASSERT(n == (ssize_t)sizeof one);
}

static enum err append(struct store *store, struct store_batch *batch, int64_t *took_us,
                       struct errtext *error)
{
    int64_t begun = steady_us();
    enum err e = store->ops->append(store, batch, error);
    *took_us = steady_us() - begun;
    return e;
}

static void *commit_for_ever(void *arg)
{
    pthread_setname_np(pthread_self(), "berth-commit");
    struct committer *c = arg;
    pthread_mutex_lock(&c->mutex);
    while (true) {
        while (c->batch == NULL && !c->stop) pthread_cond_wait(&c->wake, &c->mutex);
        if (c->batch == NULL) break;
        struct store_batch *batch = c->batch;
        pthread_mutex_unlock(&c->mutex);
        int64_t took_us = 0;
        struct errtext error;
        enum err e = append(c->store, batch, &took_us, &error);
        pthread_mutex_lock(&c->mutex);
        c->result = e;
        if (e != ERR_NONE) c->error = error;
        c->took_us = took_us;
        c->batch = NULL;
        atomic_store_explicit(&c->is_busy, false, memory_order_release);
        pthread_cond_signal(&c->ended);
        tell(c);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

enum err committer_start(struct committer *c, struct store *store, struct errtext *error)
{
    *c = (struct committer){.store = store};
    c->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->event_fd < 0) return err_set(error, ERR_IO, "eventfd: %s", strerror(errno));
    ASSERT(pthread_mutex_init(&c->mutex, NULL) == 0);
    ASSERT(pthread_cond_init(&c->wake, NULL) == 0);
    ASSERT(pthread_cond_init(&c->ended, NULL) == 0);
    int failed = pthread_create(&c->thread, NULL, commit_for_ever, c);
    c->running = failed == 0;
    if (c->running) return ERR_NONE;
    close(c->event_fd);
    return err_set(error, ERR_UNAVAILABLE, "cannot start a thread: %s", strerror(failed));
}

void committer_stop(struct committer *c)
{
    if (!c->running) return;
    pthread_mutex_lock(&c->mutex);
    c->stop = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->mutex);
    pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->ended);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->mutex);
    close(c->event_fd);
    c->running = false;
}

void committer_begin(struct committer *c, struct store_batch *batch)
{
    ASSERT(!committer_is_busy(c));
    pthread_mutex_lock(&c->mutex);
    c->batch = batch;
    atomic_store_explicit(&c->is_busy, true, memory_order_release);
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->mutex);
}

bool committer_is_busy(const struct committer *c)
{
    return atomic_load_explicit(&c->is_busy, memory_order_acquire);
}

enum err committer_end(struct committer *c, int64_t *took_us, struct errtext *error)
{
    pthread_mutex_lock(&c->mutex);
    while (committer_is_busy(c)) pthread_cond_wait(&c->ended, &c->mutex);
    enum err e = c->result;
    if (e != ERR_NONE && error != NULL) *error = c->error;
    *took_us = c->took_us;
    pthread_mutex_unlock(&c->mutex);
    uint64_t count = 0;
    ssize_t n = read(c->event_fd, &count, sizeof count);
    ASSERT(n == (ssize_t)sizeof count);
    return e;
}

enum err committer_run(struct committer *c, struct store_batch *batch, int64_t *took_us,
                       struct errtext *error)
{
    ASSERT(!committer_is_busy(c));
    return append(c->store, batch, took_us, error);
}
