/* store_util.h - what the tests of the store share: a folder, records, a ledger. */
#ifndef BERTH_TEST_STORE_UTIL_H
#define BERTH_TEST_STORE_UTIL_H

#include "base/str.h"
#include "store/sqlite_store.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#define OPS (&sqlite_store_ops)

/* A new empty folder; its name ends with the state directory that the store shall make. */
static inline char *new_dir(void)
{
    static char base[64];
    snprintf(base, sizeof base, "/tmp/berth-store-XXXXXX");
    assert_non_null(mkdtemp(base));
    size_t len = strlen(base) + 8;
    char *dir = malloc(len);
    assert_non_null(dir);
    snprintf(dir, len, "%s/state", base);
    return dir;
}

/* Remove a folder of new_dir with all in it, and free the name. */
static inline void drop_dir(char *dir)
{
    static const char *const names[] = {"ledger.db",  "ledger.db-wal", "ledger.db-shm",
                                        "lock",       "checkpoint",    "checkpoint.new",
                                        "ledger.key", "ledger.vkey",   "ledger.db-journal"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
    *strrchr(dir, '/') = '\0';
    rmdir(dir);
    free(dir);
}

static inline struct store *open_ledger(const char *dir, bool read_only, const char *vfs)
{
    struct store_options o = {.dir = dir,
                              .read_only = read_only,
                              .create = !read_only,
                              .origin = "example.org/t",
                              .vfs = vfs};
    struct store *s = NULL;
    struct errtext why;
    if (OPS->open(&o, &s, &why) != ERR_NONE) fail_msg("open: %s", why.s);
    return s;
}

/* Event and outcome of record `seq`, the same in every run: `bytes` of each or some more. */
static inline void fill(struct buf *event, struct buf *outcome, uint64_t seq, size_t bytes)
{
    buf_clear(event);
    buf_clear(outcome);
    buf_printf(event, "event %" PRIu64 " ", seq);
    buf_printf(outcome, "outcome %" PRIu64 " ", seq);
    while (event->len < bytes) buf_putc(event, (char)(event->len * 7 + seq));
    while (outcome->len < bytes) buf_putc(outcome, (char)(outcome->len * 13 + seq));
}

/* Append records from..from+count-1 in one batch. */
static inline enum err append_some(struct store *s, uint64_t from, size_t count, size_t bytes,
                                   struct errtext *error)
{
    struct ledger_record *r = calloc(count, sizeof *r);
    struct buf *b = calloc(2 * count, sizeof *b);
    assert_non_null(r);
    assert_non_null(b);
    for (size_t i = 0; i < count; i++) {
        fill(&b[2 * i], &b[2 * i + 1], from + i, bytes);
        r[i] = (struct ledger_record){.seq = from + i,
                                      .now_ms = INT64_C(1790000000000) + (int64_t)(from + i),
                                      .event = buf_str(&b[2 * i]),
                                      .outcome = buf_str(&b[2 * i + 1])};
    }
    struct store_batch batch = {.records = r, .record_count = count};
    enum err e = s->ops->append(s, &batch, error);
    for (size_t i = 0; i < 2 * count; i++) buf_release(&b[i]);
    free(b);
    free(r);
    return e;
}

static inline void must_append(struct store *s, uint64_t from, size_t count, size_t bytes)
{
    struct errtext why;
    if (append_some(s, from, count, bytes, &why) != ERR_NONE) fail_msg("append: %s", why.s);
}

#endif
