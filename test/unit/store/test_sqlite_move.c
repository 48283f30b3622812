/* SQLite's log is moved into the database beside the writer: it begins anew again and again while
 * batches are appended, and a reader that stays open holds nobody up. */
#include "store_util.h"

#include "store/sqlite_move.h"
#include "store/verify.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum {
    RECORD = 64 * 1024, /* bytes of an event and of an outcome */
    BATCH = 8, /* 1 MiB a commit: a pass each 16 */
    COMMITS_MAX = 2000,
    LOG_MAX = 8 * SQLITE_MOVE_PAGES * 4096, /* bytes: the length that starts a pass, and what is
                                               appended while a busy machine makes one */
};

static FILE *open_log(const char *dir)
{
    char path[256];
    snprintf(path, sizeof path, "%s/ledger.db-wal", dir);
    return fopen(path, "rb");
}

/* How often the log has begun anew: the checkpoint sequence number in its header
 * (sqlite.org/fileformat2.html, section 4.1). */
static uint32_t log_generation(const char *dir)
{
    unsigned char h[16];
    FILE *f = open_log(dir);
    assert_non_null(f);
    assert_int_equal(fread(h, 1, sizeof h, f), sizeof h);
    fclose(f);
    return (uint32_t)h[12] << 24 | (uint32_t)h[13] << 16 | (uint32_t)h[14] << 8 | h[15];
}

static off_t log_bytes(const char *dir)
{
    struct stat st;
    FILE *f = open_log(dir);
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    fclose(f);
    return st.st_size;
}

/* Append until the log has begun anew `times` times; gives the last record. */
static uint64_t append_until(struct store *s, const char *dir, uint64_t last, uint32_t times)
{
    uint32_t want = log_generation(dir) + times;
    for (int i = 0; log_generation(dir) != want; i++) {
        if (i == COMMITS_MAX) fail_msg("the log was not moved within %d commits", i);
        must_append(s, last + 1, BATCH, RECORD);
        last += BATCH;
    }
    return last;
}

static void check(struct store *s, uint64_t last)
{
    struct verify_result r;
    struct errtext why;
    if (ledger_verify(s, &(struct verify_options){0}, &r, &why) != ERR_NONE) fail_msg("%s", why.s);
    assert_int_equal(r.records, last);
}

static void the_log_begins_anew_while_batches_are_appended(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 1, RECORD);
    uint64_t last = append_until(s, dir, 1, 2);
    assert_in_range(log_bytes(dir), 1, LOG_MAX);
    check(s, last);
    OPS->close(s);
    s = open_ledger(dir, false, NULL);
    check(s, last);
    OPS->close(s);
    drop_dir(dir);
}

static void a_reader_that_stays_holds_up_nobody(void **state)
{
    (void)state;
    char *dir = new_dir(), path[256];
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 1, RECORD);
    sqlite3 *reader = NULL;
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM record", NULL, NULL, NULL),
                     SQLITE_OK);
    uint32_t generation = log_generation(dir);
    uint64_t last = 1;
    for (int i = 0; i < 24; i++) {
        must_append(s, last + 1, BATCH, RECORD);
        last += BATCH;
    }
    assert_int_equal(log_generation(dir), generation); /* what it reads is still there */
    assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(reader);
    last = append_until(s, dir, last, 1);
    check(s, last);
    OPS->close(s);
    drop_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_begins_anew_while_batches_are_appended),
        cmocka_unit_test(a_reader_that_stays_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
