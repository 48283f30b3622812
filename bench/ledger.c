/* ledger.c - durable records per second: the ledger beside the least that any ledger must do.
 *
 *     build/bench/ledger [DIR] [SECONDS]
 *
 * Raw is one write of the batch's bytes to a file and one fdatasync. The ledger does that through
 * SQLite's log, and besides hashes every record, chains it, grows the tree and moves the log into
 * the database. Records have 300 to 1,500 bytes. The two take turns of equal length on the same
 * disk, so that what else the machine does falls on both. DIR (default: the working directory) must
 * be on the disk to be measured. */
#include "base/check.h"
#include "base/mem.h"
#include "store/sqlite_store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SIZE_MIN = 300, /* bytes of event and outcome together */
    SIZE_MAX_BYTES = 1500,
    BATCH_MAX = 256,
    TURNS = 4, /* of each side for one row */
    COMMITS_MAX = 1000000, /* whose times are kept for one row */
};

struct side {
    const char *name;
    uint64_t records, commits;
    int64_t ns;
    int64_t *times; /* of each commit */
};

struct bench {
    const char *dir;
    int raw_fd;
    struct store *store;
    uint64_t seq;
    uint64_t random;
    char bytes[SIZE_MAX_BYTES * BATCH_MAX];
    struct ledger_record records[BATCH_MAX];
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint64_t next_random(struct bench *b)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return b->random;
}

/* Sizes for one batch; both sides write the same bytes. Gives their sum. */
static size_t fill_batch(struct bench *b, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = SIZE_MIN + next_random(b) % (SIZE_MAX_BYTES - SIZE_MIN + 1);
        char *at = b->bytes + used;
        memcpy(at, &b->random, sizeof b->random);
        b->records[i] = (struct ledger_record){
            .seq = b->seq + 1 + i,
            .now_ms = (int64_t)(b->seq + 1 + i),
            .event = {at, size / 2},
            .outcome = {at + size / 2, size - size / 2},
        };
        used += size;
    }
    return used;
}

static void commit_raw(struct bench *b, size_t count)
{
    size_t len = fill_batch(b, count);
    ssize_t n = write(b->raw_fd, b->bytes, len);
    ASSERT(n == (ssize_t)len);
    ASSERT(fdatasync(b->raw_fd) == 0);
}

static void commit_store(struct bench *b, size_t count)
{
    fill_batch(b, count);
    struct store_batch batch = {.records = b->records, .record_count = count};
    struct errtext error;
    if (b->store->ops->append(b->store, &batch, &error) != ERR_NONE) {
        fprintf(stderr, "ledger: %s\n", error.s);
        exit(1);
    }
    b->seq += count;
}

static void turn(struct bench *b, struct side *s, void (*commit)(struct bench *, size_t),
                 size_t count, int64_t length_ns)
{
    int64_t begun = now_ns(), end = begun + length_ns, before = begun;
    while (before < end) {
        commit(b, count);
        int64_t after = now_ns();
        if (s->commits < COMMITS_MAX) s->times[s->commits] = after - before;
        s->commits++;
        s->records += count;
        before = after;
    }
    s->ns += before - begun;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double per_second(const struct side *s)
{
    return (double)s->records * 1e9 / (double)s->ns;
}

static double percentile_ms(const struct side *s, uint64_t per_mille)
{
    uint64_t n = s->commits < COMMITS_MAX ? s->commits : COMMITS_MAX;
    return (double)s->times[(n - 1) * per_mille / 1000] / 1e6;
}

static void row(struct bench *b, size_t count, int64_t length_ns)
{
    struct side raw = {.name = "raw"}, store = {.name = "ledger"};
    raw.times = mem_alloc(COMMITS_MAX, sizeof *raw.times);
    store.times = mem_alloc(COMMITS_MAX, sizeof *store.times);
    for (int i = 0; i < TURNS; i++) {
        turn(b, &raw, commit_raw, count, length_ns / TURNS);
        turn(b, &store, commit_store, count, length_ns / TURNS);
    }
    struct side *sides[] = {&raw, &store};
    for (size_t i = 0; i < 2; i++) {
        struct side *s = sides[i];
        uint64_t kept = s->commits < COMMITS_MAX ? s->commits : COMMITS_MAX;
        qsort(s->times, kept, sizeof *s->times, by_value);
        printf("%5zu  %-6s  %10.0f  %9.0f  %8.3f  %8.3f", count, s->name, per_second(s),
               (double)s->commits * 1e9 / (double)s->ns, percentile_ms(s, 500),
               percentile_ms(s, 990));
        if (i == 1) printf("  %6.2f", per_second(s) / per_second(&raw));
        putchar('\n');
        mem_free(s->times);
    }
}

int main(int argc, char **argv)
{
    static const size_t batches[] = {1, 16, 64, 256};
    char base[4096], path[4300], state[4200];
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 2.0;
    struct bench *b = mem_alloc(1, sizeof *b);
    struct errtext error;
    snprintf(base, sizeof base, "%s/ledger-bench-XXXXXX", argc > 1 ? argv[1] : ".");
    if (mkdtemp(base) == NULL || seconds <= 0) {
        fprintf(stderr, "usage: ledger [DIR] [SECONDS]\n");
        return 1;
    }
    b->random = 88172645463325252u;
    snprintf(path, sizeof path, "%s/raw", base);
    snprintf(state, sizeof state, "%s/state", base);
    b->raw_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct store_options o = {.dir = state, .create = true};
    if (b->raw_fd < 0 || sqlite_store_ops.open(&o, &b->store, &error) != ERR_NONE) {
        fprintf(stderr, "ledger: cannot write in %s\n", base);
        return 1;
    }
    printf("durable records of %d to %d bytes, %.1f s for each row\n"
           "batch  side       records/s  commits/s    p50 ms    p99 ms  of raw\n",
           SIZE_MIN, SIZE_MAX_BYTES, seconds);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++)
        row(b, batches[i], (int64_t)(seconds * 1e9));
    b->store->ops->close(b->store);
    close(b->raw_fd);
    printf("%" PRIu64 " records in the ledger\n", b->seq);
    unlink(path);
    static const char *const names[] = {LEDGER_FILE, LEDGER_LOCK_FILE};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", state, names[i]);
        unlink(path);
    }
    rmdir(state);
    rmdir(base);
    mem_free(b);
    return 0;
}
