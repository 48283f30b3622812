/* raw.c - the least that any durable log must do on this disk: append and fdatasync.
 *
 *     build/bench/raw BYTES DIR [SECONDS]
 *
 * Two ways, for records of BYTES bytes. "batch N": one thread writes N records and syncs, again and
 * again: what the disk gives when nobody waits for anything. "clients N": N threads each hand one
 * record to a writer thread and wait until it is durable; the writer takes all that wait, writes, syncs
 * once and wakes them: the same group commit that the daemon makes, without HTTP, JSON, law, core and
 * SQLite. Prints "batch N RECORDS_PER_SECOND" and "clients N RECORDS_PER_SECOND". */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static char *block;
static long bytes;
static int fd;

static void write_and_sync(long records)
{
    size_t len = (size_t)records * (size_t)bytes;
    if (write(fd, block, len) != (ssize_t)len || fdatasync(fd) != 0) {
        perror("write");
        exit(1);
    }
}

static double batches(long records, double seconds)
{
    long commits = 0;
    double begun = now_s();
    while (now_s() - begun < seconds) {
        write_and_sync(records);
        commits++;
    }
    return (double)(commits * records) / (now_s() - begun);
}

/* ---- clients that wait ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER, durable = PTHREAD_COND_INITIALIZER;
static unsigned long asked, synced;
static atomic_bool stop;

static void *client(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        pthread_mutex_lock(&mutex);
        unsigned long mine = ++asked;
        if (mine == synced + 1) pthread_cond_signal(&arrived);
        while (synced < mine) pthread_cond_wait(&durable, &mutex);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static double clients(long count, double seconds)
{
    pthread_t threads[CLIENTS_MAX];
    asked = synced = 0;
    atomic_store(&stop, false);
    for (long i = 0; i < count; i++) pthread_create(&threads[i], NULL, client, NULL);
    double begun = now_s(), ended = begun;
    for (bool last = false; !last;) {
        ended = now_s();
        if (ended - begun >= seconds) {
            atomic_store(&stop, true);
            last = true;
        }
        pthread_mutex_lock(&mutex);
        while (asked == synced && !last) pthread_cond_wait(&arrived, &mutex);
        unsigned long upto = asked;
        pthread_mutex_unlock(&mutex);
        if (upto > synced) write_and_sync((long)(upto - synced));
        pthread_mutex_lock(&mutex);
        synced = upto;
        pthread_cond_broadcast(&durable);
        pthread_mutex_unlock(&mutex);
    }
    double rate = (double)synced / (ended - begun);
    /* Those that asked between the last look and the stop. */
    pthread_mutex_lock(&mutex);
    synced = asked + (unsigned long)count;
    pthread_cond_broadcast(&durable);
    pthread_mutex_unlock(&mutex);
    for (long i = 0; i < count; i++) pthread_join(threads[i], NULL);
    return rate;
}

int main(int argc, char **argv)
{
    bytes = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 2;
    if (bytes < 1 || bytes > 100000 || seconds <= 0) {
        fprintf(stderr, "usage: raw BYTES DIR [SECONDS]\n");
        return 1;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/raw-XXXXXX", argv[2]);
    fd = mkstemp(path);
    block = malloc(CLIENTS_MAX * (size_t)bytes);
    if (fd < 0 || block == NULL) {
        perror(path);
        return 1;
    }
    unlink(path);
    memset(block, 'x', CLIENTS_MAX * (size_t)bytes);
    static const long counts[] = {1, 64};
    for (int i = 0; i < 2; i++) printf("batch %ld %.0f\n", counts[i], batches(counts[i], seconds));
    for (int i = 0; i < 2; i++)
        printf("clients %ld %.0f\n", counts[i], clients(counts[i], seconds));
    free(block);
    close(fd);
    return 0;
}
