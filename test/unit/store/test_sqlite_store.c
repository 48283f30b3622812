#include "store_util.h"

#include "store/chain.h"
#include "store/merkle.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- helpers -------------------------------------------------------------------------------- */

struct seen {
    uint64_t next; /* the record expected next */
    size_t bytes;
    unsigned char prev[STORE_HASH_BYTES];
    uint64_t stop_after;
};

/* Each record has the bytes that were written and the hash that follows from them. */
static bool see(void *arg, const struct ledger_record *r)
{
    struct seen *s = arg;
    struct buf event = {0}, outcome = {0};
    unsigned char want[STORE_HASH_BYTES];
    fill(&event, &outcome, r->seq, s->bytes);
    assert_int_equal(r->seq, s->next);
    assert_true(str_eq(r->event, buf_str(&event)));
    assert_true(str_eq(r->outcome, buf_str(&outcome)));
    chain_hash(r, s->prev, want);
    assert_memory_equal(r->hash, want, sizeof want);
    memcpy(s->prev, want, sizeof want);
    buf_release(&event);
    buf_release(&outcome);
    s->next++;
    return r->seq != s->stop_after;
}

static void check_all(struct store *s, uint64_t count, size_t bytes)
{
    struct seen seen = {.next = 1, .bytes = bytes};
    struct store_head head;
    chain_origin_hash(STR("example.org/t"), seen.prev);
    assert_int_equal(s->ops->read(s, 1, 0, see, &seen, NULL), ERR_NONE);
    assert_int_equal(seen.next, count + 1);
    assert_int_equal(s->ops->head(s, &head, NULL), ERR_NONE);
    assert_int_equal(head.seq, count);
    assert_memory_equal(head.hash, seen.prev, sizeof seen.prev);
}

/* Run SQL on the ledger behind the store's back. */
static int sql(const char *dir, const char *text)
{
    char path[256];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int rc = sqlite3_exec(db, text, NULL, NULL, NULL);
    sqlite3_close(db);
    return rc;
}

static enum err open_err(const char *dir, bool read_only, bool create, struct errtext *why)
{
    struct store_options o = {.dir = dir, .read_only = read_only, .create = create};
    struct store *s = NULL;
    enum err e = OPS->open(&o, &s, why);
    if (e == ERR_NONE) OPS->close(s);
    return e;
}

/* ---- records -------------------------------------------------------------------------------- */

static void what_is_appended_is_read_back_also_after_reopening(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    check_all(s, 0, 40);
    must_append(s, 1, 1, 40);
    must_append(s, 2, 3, 40);
    must_append(s, 5, 2500, 40);
    check_all(s, 2504, 40);
    struct store_head a, b;
    assert_int_equal(s->ops->head(s, &a, NULL), ERR_NONE);
    OPS->close(s);
    s = open_ledger(dir, false, NULL);
    check_all(s, 2504, 40);
    assert_int_equal(s->ops->head(s, &b, NULL), ERR_NONE);
    assert_memory_equal(a.root, b.root, sizeof a.root);
    assert_int_equal(a.now_ms, b.now_ms);
    must_append(s, 2505, 1, 40);
    check_all(s, 2505, 40);
    OPS->close(s);
    drop_dir(dir);
}

static void reading_obeys_from_limit_and_the_callback(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 3000, 20);
    struct seen seen = {.next = 1, .bytes = 20};
    chain_origin_hash(STR("example.org/t"), seen.prev);
    assert_int_equal(s->ops->read(s, 1, 7, see, &seen, NULL), ERR_NONE);
    assert_int_equal(seen.next, 8);
    assert_int_equal(s->ops->read(s, 8, 1500, see, &seen, NULL), ERR_NONE);
    assert_int_equal(seen.next, 1508);
    seen.stop_after = 1510;
    assert_int_equal(s->ops->read(s, 1508, 0, see, &seen, NULL), ERR_NONE);
    assert_int_equal(seen.next, 1511);
    assert_int_equal(s->ops->read(s, 3001, 0, see, &seen, NULL), ERR_NONE);
    assert_int_equal(seen.next, 1511);
    OPS->close(s);
    drop_dir(dir);
}

static void an_empty_and_a_large_event_are_kept(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 1, 3 * 1024 * 1024);
    check_all(s, 1, 3 * 1024 * 1024);
    struct ledger_record r = {.seq = 2, .now_ms = INT64_C(1790000000001)};
    struct store_batch batch = {.records = &r, .record_count = 1};
    assert_int_equal(s->ops->append(s, &batch, NULL), ERR_NONE);
    OPS->close(s);
    s = open_ledger(dir, false, NULL); /* its hash is checked */
    OPS->close(s);
    drop_dir(dir);
}

static void a_gap_or_a_time_that_goes_back_is_refused_whole(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 5, 20);
    assert_int_equal(append_some(s, 7, 1, 20, NULL), ERR_CONFLICT);
    assert_int_equal(append_some(s, 5, 1, 20, NULL), ERR_CONFLICT);
    struct ledger_record r[2] = {{.seq = 6, .now_ms = INT64_C(1790000000010)},
                                 {.seq = 7, .now_ms = INT64_C(1790000000009)}};
    struct store_batch batch = {.records = r, .record_count = 2};
    assert_int_equal(s->ops->append(s, &batch, NULL), ERR_CONFLICT);
    check_all(s, 5, 20);
    must_append(s, 6, 2, 20);
    check_all(s, 7, 20);
    OPS->close(s);
    drop_dir(dir);
}

static enum err node(void *arg, unsigned level, uint64_t index, unsigned char out[STORE_HASH_BYTES],
                     struct errtext *error)
{
    struct store *s = arg;
    return s->ops->tree_hash(s, level, index, out, error);
}

static bool add_leaf(void *arg, const struct ledger_record *r)
{
    merkle_frontier_add(arg, merkle_leaf(r->hash));
    return true;
}

static void the_tree_of_any_size_is_made_of_stored_hashes(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    for (uint64_t n = 1; n <= 70000; n += 3500) must_append(s, n, 3500, 8);
    static const uint64_t sizes[] = {1,   2,    255,  256,   257,   511,   512,   513,
                                     768, 1000, 4097, 65535, 65536, 65537, 69999, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct merkle_frontier f = {0};
        struct merkle_hash root, want;
        assert_int_equal(s->ops->read(s, 1, sizes[i], add_leaf, &f, NULL), ERR_NONE);
        assert_int_equal(merkle_root(sizes[i], node, s, &root, NULL), ERR_NONE);
        want = merkle_frontier_root(&f);
        assert_memory_equal(root.h, want.h, sizeof want.h);
    }
    unsigned char h[STORE_HASH_BYTES];
    assert_int_equal(s->ops->tree_hash(s, 0, 70000, h, NULL), ERR_CORRUPT);
    assert_int_equal(s->ops->tree_hash(s, 17, 0, h, NULL), ERR_CORRUPT);
    OPS->close(s);
    drop_dir(dir);
}

/* ---- the file and who may open it ----------------------------------------------------------- */

static void files_are_private(void **state)
{
    (void)state;
    static const char *const names[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm", "lock"};
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 1, 20);
    struct stat st;
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    OPS->close(s);
    drop_dir(dir);
}

static void a_slash_behind_the_directory_changes_nothing(void **state)
{
    (void)state;
    char *dir = new_dir(), slashed[256];
    struct stat st;
    snprintf(slashed, sizeof slashed, "%s//", dir);
    struct store *s = open_ledger(slashed, false, NULL);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    OPS->close(s);
    drop_dir(dir);
}

static void records_cannot_be_changed_through_sql(void **state)
{
    (void)state;
    static const char *const attempts[] = {
        "UPDATE record SET event = x'00' WHERE seq = 2",
        "UPDATE record SET seq = 9 WHERE seq = 3",
        "DELETE FROM record WHERE seq = 3",
        "DELETE FROM record",
        "INSERT OR REPLACE INTO record VALUES(2, 0, zeroblob(32), x'00', x'00')",
        "INSERT INTO record VALUES(9, 0, zeroblob(32), x'00', x'00')",
        "UPDATE tree SET hash = zeroblob(32)",
        "DELETE FROM tree",
        "UPDATE checkpoint SET note = x'00'",
        "UPDATE checkpoint SET size = 2",
        "DELETE FROM checkpoint",
    };
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 300, 20);
    assert_int_equal(s->ops->checkpoint_put(s, 3, STR("a note"), NULL), ERR_NONE);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
        assert_int_equal(sql(dir, attempts[i]), SQLITE_CONSTRAINT);
    check_all(s, 300, 20);
    OPS->close(s);
    drop_dir(dir);
}

static void a_second_daemon_is_told_the_pid_of_the_first(void **state)
{
    (void)state;
    char *dir = new_dir();
    int ready[2], done[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(done), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *s = open_ledger(dir, false, NULL);
        must_append(s, 1, 10, 20);
        char c = 'r';
        if (write(ready[1], &c, 1) != 1 || read(done[0], &c, 1) != 1) _exit(1);
        _exit(0); /* without closing: the lock must go with the process */
    }
    char c = 0, pid[32];
    assert_int_equal(read(ready[0], &c, 1), 1);
    struct errtext why;
    assert_int_equal(open_err(dir, false, true, &why), ERR_CONFLICT);
    snprintf(pid, sizeof pid, "(pid %ld)", (long)child);
    assert_non_null(strstr(why.s, pid));
    struct store *reader = open_ledger(dir, true, NULL); /* readers are welcome meanwhile */
    check_all(reader, 10, 20);
    OPS->close(reader);
    assert_int_equal(write(done[1], &c, 1), 1);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct store *s = open_ledger(dir, false, NULL);
    check_all(s, 10, 20);
    OPS->close(s);
    drop_dir(dir);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(done[i]);
    }
}

static void a_child_of_the_daemon_does_not_keep_the_lock(void **state)
{
    (void)state;
    char *dir = new_dir();
    int done[2];
    assert_int_equal(pipe(done), 0);
    struct store *s = open_ledger(dir, false, NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* as a supervisor does: lives on with what it inherited */
        char c = 0;
        close(done[1]);
        if (read(done[0], &c, 1) < 0) _exit(1);
        _exit(0);
    }
    OPS->close(s);
    s = open_ledger(dir, false, NULL);
    OPS->close(s);
    close(done[0]);
    close(done[1]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    drop_dir(dir);
}

static void what_is_no_ledger_is_refused_clearly(void **state)
{
    (void)state;
    char *dir = new_dir(), path[256];
    struct errtext why;
    assert_int_equal(open_err(dir, true, false, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.s, "there is no ledger here"));
    assert_int_equal(open_err(dir, false, false, &why), ERR_NOT_FOUND);
    assert_int_equal(mkdir(dir, 0700), 0);
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 300; i++) fputs("this is not a database, whatever its name\n", f);
    fclose(f);
    assert_int_equal(open_err(dir, false, true, &why), ERR_CORRUPT);
    assert_int_equal(open_err(dir, true, false, &why), ERR_CORRUPT);
    unlink(path);
    assert_int_equal(sql(dir, "CREATE TABLE notes(x)"), SQLITE_OK);
    assert_int_equal(open_err(dir, false, true, &why), ERR_INVALID);
    assert_non_null(strstr(why.s, "not a Berth ledger"));
    unlink(path);
    assert_int_equal(open_err(dir, false, true, &why), ERR_NONE);
    assert_int_equal(sql(dir, "PRAGMA user_version = 2"), SQLITE_OK);
    assert_int_equal(open_err(dir, false, true, &why), ERR_INVALID);
    assert_non_null(strstr(why.s, "newer release"));
    drop_dir(dir);
}

static void a_bad_origin_is_refused_and_the_default_is_random(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store_options o = {.dir = dir, .create = true, .origin = "two words"};
    struct store *s = NULL;
    struct errtext why;
    assert_int_equal(OPS->open(&o, &s, &why), ERR_INVALID);
    o.origin = NULL;
    assert_int_equal(OPS->open(&o, &s, &why), ERR_NONE);
    struct str origin = OPS->origin(s);
    assert_true(str_starts(origin, "berth.invalid/"));
    assert_int_equal(origin.len, 14 + 32);
    OPS->close(s);
    drop_dir(dir);
}

static void a_damaged_last_record_stops_the_daemon(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 4, 20);
    OPS->close(s);
    assert_int_equal(sql(dir, "DROP TRIGGER record_same; UPDATE record SET now_ms = now_ms + 1"
                              " WHERE seq = 4"),
                     SQLITE_OK);
    struct errtext why;
    assert_int_equal(open_err(dir, false, true, &why), ERR_CORRUPT);
    assert_non_null(strstr(why.s, "record 4"));
    drop_dir(dir);
}

static void a_ledger_taken_away_takes_no_more_until_it_is_back(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 10, 20);
    char path[256], aside[256];
    struct errtext why = {""};
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    snprintf(aside, sizeof aside, "%s/aside.db", dir);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(append_some(s, 11, 1, 20, &why), ERR_IO);
    assert_non_null(strstr(why.s, "moved or deleted"));
    check_all(s, 10, 20); /* what is there can still be read */
    assert_int_equal(rename(aside, path), 0);
    must_append(s, 11, 1, 20);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(append_some(s, 12, 1, 20, &why), ERR_IO);
    OPS->close(s);
    drop_dir(dir);
}

/* As another user, whom permissions bind. */
static void read_only_places_give_clear_errors_and_can_be_read(void **state)
{
    (void)state;
    if (geteuid() != 0) skip();
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 10, 20);
    OPS->close(s);
    char path[256], parent[256];
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(dir, '/') - dir), dir);
    assert_int_equal(chmod(parent, 0755), 0);
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(chmod(path, 0644), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0) _exit(9);
        struct errtext why;
        struct store_options o = {.dir = dir, .create = true};
        if (OPS->open(&o, &s, &why) != ERR_IO) _exit(1);
        if (strstr(why.s, "lock") == NULL || strstr(why.s, "denied") == NULL) _exit(2);
        o = (struct store_options){.dir = dir, .read_only = true};
        if (OPS->open(&o, &s, &why) != ERR_NONE) _exit(3);
        struct store_head head;
        if (s->ops->head(s, &head, &why) != ERR_NONE || head.seq != 10) _exit(4);
        OPS->close(s);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    drop_dir(dir);
}

static void a_reader_sees_what_is_appended_meanwhile(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    struct store *reader = open_ledger(dir, true, NULL);
    for (uint64_t n = 1; n <= 30; n++) {
        must_append(s, n, 1, 20);
        check_all(reader, n, 20);
    }
    OPS->close(s);
    OPS->close(reader);
    drop_dir(dir);
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static void warn(void *arg, const char *line)
{
    (void)line;
    ++*(int *)arg;
}

static void take_snapshot(struct store *s, uint64_t seq, size_t len)
{
    struct buf bytes = {0};
    while (bytes.len < len) buf_putc(&bytes, (char)(bytes.len * 31 + seq));
    struct errtext why;
    if (s->ops->snapshot_put(s, seq, buf_str(&bytes), &why) != ERR_NONE) fail_msg("%s", why.s);
    buf_release(&bytes);
}

static uint64_t latest(struct store *s, uint64_t at_most, int *warnings)
{
    uint64_t seq = 77;
    struct buf bytes = {0};
    *warnings = 0;
    struct errtext why;
    if (s->ops->snapshot_latest(s, at_most, &seq, &bytes, warn, warnings, &why) != ERR_NONE)
        fail_msg("%s", why.s);
    for (size_t i = 0; i < bytes.len; i++) assert_int_equal(bytes.p[i], (char)(i * 31 + seq));
    buf_release(&bytes);
    return seq;
}

static void the_two_newest_snapshots_are_kept(void **state)
{
    (void)state;
    char *dir = new_dir();
    int warnings = 0;
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 50, 20);
    assert_int_equal(latest(s, 50, &warnings), 0);
    assert_int_equal(s->ops->snapshot_put(s, 51, STR("x"), NULL), ERR_NOT_FOUND);
    take_snapshot(s, 10, 100);
    take_snapshot(s, 20, 3 * 1024 * 1024 + 17);
    assert_int_equal(latest(s, UINT64_MAX, &warnings), 20);
    assert_int_equal(latest(s, 19, &warnings), 10);
    take_snapshot(s, 30, 1024 * 1024);
    assert_int_equal(latest(s, 50, &warnings), 30);
    assert_int_equal(latest(s, 29, &warnings), 20);
    assert_int_equal(latest(s, 19, &warnings), 0);
    take_snapshot(s, 30, 0);
    assert_int_equal(latest(s, 50, &warnings), 30);
    assert_int_equal(warnings, 0);
    OPS->close(s);
    drop_dir(dir);
}

static void a_damaged_snapshot_is_passed_over_with_a_warning(void **state)
{
    (void)state;
    static const char *const damage[] = {
        "UPDATE snapshot_part SET bytes = zeroblob(length(bytes)) WHERE seq = 20 AND part = 1",
        "DELETE FROM snapshot_part WHERE seq = 20 AND part = 2",
        "UPDATE snapshot SET hash = zeroblob(32) WHERE seq = 20",
        "UPDATE snapshot SET hash = x'00' WHERE seq = 20",
        "UPDATE snapshot SET bytes = bytes - 1 WHERE seq = 20",
    };
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        char *dir = new_dir();
        int warnings = 0;
        struct store *s = open_ledger(dir, false, NULL);
        must_append(s, 1, 30, 20);
        take_snapshot(s, 10, 100);
        take_snapshot(s, 20, 3 * 1024 * 1024 + 17);
        assert_int_equal(sql(dir, damage[i]), SQLITE_OK);
        assert_int_equal(latest(s, 30, &warnings), 10);
        assert_int_equal(warnings, 1);
        OPS->close(s);
        drop_dir(dir);
    }
}

/* ---- history -------------------------------------------------------------------------------- */

static bool put_job(void *arg, const struct history_row *r)
{
    buf_printf(arg, "%u ", r->job);
    return true;
}

static void expect_jobs(struct store *s, struct history_filter f, const char *want)
{
    struct buf got = {0};
    struct errtext why;
    buf_puts(&got, "");
    if (s->ops->history_query(s, &f, put_job, &got, &why) != ERR_NONE) fail_msg("%s", why.s);
    assert_string_equal(got.p, want);
    buf_release(&got);
}

static bool same_row(void *arg, const struct history_row *r)
{
    const struct history_row *want = arg;
    assert_int_equal(r->array_job, want->array_job);
    assert_int_equal(r->array_task, want->array_task);
    assert_int_equal(r->submit_ms, want->submit_ms);
    assert_int_equal(r->start_ms, want->start_ms);
    assert_int_equal(r->end_ms, want->end_ms);
    assert_int_equal(r->exit_code, want->exit_code);
    assert_int_equal(r->exit_signal, want->exit_signal);
    assert_int_equal(r->chips, want->chips);
    assert_int_equal(r->cost_uusd, want->cost_uusd);
    assert_true(str_eq(r->nodes, want->nodes));
    assert_true(str_eq(r->user, want->user));
    assert_true(str_eq(r->name, want->name));
    assert_true(str_eq(r->blob, want->blob));
    return true;
}

static void ended_jobs_are_found_by_every_condition(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    struct history_row rows[] = {
        {.job = 1,
         .uid = 1000,
         .user = STR("ann"),
         .account = STR("lab"),
         .name = STR("train"),
         .partition = STR("h100"),
         .state = STR("COMPLETED"),
         .submit_ms = 100,
         .start_ms = 110,
         .end_ms = 200,
         .chips = 8,
         .nodes = STR("n[1-2]"),
         .cost_uusd = -5,
         .blob = STR("\xa0")},
        {.job = 3,
         .array_job = 2,
         .array_task = 7,
         .uid = 1001,
         .user = STR("bob"),
         .account = STR("lab"),
         .name = STR("it's"),
         .partition = STR("l20"),
         .state = STR("FAILED"),
         .submit_ms = 150,
         .start_ms = 0,
         .end_ms = 300,
         .exit_code = 9},
        {.job = 2,
         .array_job = 2,
         .array_task = 6,
         .uid = 1001,
         .user = STR("bob"),
         .account = STR("ops"),
         .name = STR("sweep"),
         .partition = STR("l20"),
         .state = STR("CANCELLED"),
         .submit_ms = 150,
         .end_ms = 250,
         .exit_signal = 15},
    };
    struct ledger_record r = {.seq = 1, .now_ms = 300, .event = STR("e"), .outcome = STR("o")};
    struct store_batch batch = {&r, 1, rows, 3};
    assert_int_equal(s->ops->append(s, &batch, NULL), ERR_NONE);
    const uint32_t one[] = {1}, two[] = {2}, both[] = {3, 1};
    const struct str failed[] = {STR("FAILED"), STR("TIMEOUT")};
    expect_jobs(s, (struct history_filter){0}, "1 2 3 ");
    expect_jobs(s, (struct history_filter){.jobs = one, .job_count = 1}, "1 ");
    expect_jobs(s, (struct history_filter){.jobs = two, .job_count = 1}, "2 3 ");
    expect_jobs(s, (struct history_filter){.jobs = both, .job_count = 2}, "1 3 ");
    expect_jobs(s, (struct history_filter){.by_uid = true, .uid = 1001}, "2 3 ");
    expect_jobs(s, (struct history_filter){.by_uid = true}, "");
    expect_jobs(s, (struct history_filter){.user = STR("ann")}, "1 ");
    expect_jobs(s, (struct history_filter){.account = STR("lab")}, "1 3 ");
    expect_jobs(s, (struct history_filter){.name = STR("it's")}, "3 ");
    expect_jobs(s, (struct history_filter){.partition = STR("l20"), .user = STR("ann")}, "");
    expect_jobs(s, (struct history_filter){.states = failed, .state_count = 2}, "3 ");
    expect_jobs(s, (struct history_filter){.from_ms = 250}, "2 3 ");
    expect_jobs(s, (struct history_filter){.to_ms = 150}, "1 ");
    expect_jobs(s, (struct history_filter){.limit = 2}, "1 2 ");
    expect_jobs(s, (struct history_filter){.after = 1}, "2 3 ");
    expect_jobs(s, (struct history_filter){.after = 1, .limit = 1}, "2 ");
    expect_jobs(s, (struct history_filter){.after = UINT32_MAX}, "");
    struct history_filter f = {.jobs = one, .job_count = 1};
    assert_int_equal(s->ops->history_query(s, &f, same_row, &rows[0], NULL), ERR_NONE);
    f.jobs = both;
    assert_int_equal(s->ops->history_query(s, &f, same_row, &rows[1], NULL), ERR_NONE);
    f.job_count = STORE_FILTER_LIST_MAX + 1;
    assert_int_equal(s->ops->history_query(s, &f, put_job, NULL, NULL), ERR_LIMIT);
    OPS->close(s);
    drop_dir(dir);
}

static void history_of_a_refused_append_is_not_kept(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    struct history_row row = {.job = 1};
    struct ledger_record r[2] = {{.seq = 1}, {.seq = 3}};
    struct store_batch batch = {r, 2, &row, 1};
    assert_int_equal(s->ops->append(s, &batch, NULL), ERR_CONFLICT);
    expect_jobs(s, (struct history_filter){0}, "");
    OPS->close(s);
    drop_dir(dir);
}

/* ---- checkpoints ---------------------------------------------------------------------------- */

static bool put_note(void *arg, uint64_t size, struct str note)
{
    buf_printf(arg, "%" PRIu64 ":" STR_FMT " ", size, STR_ARG(note));
    return true;
}

static void checkpoints_are_kept_published_and_only_extended(void **state)
{
    (void)state;
    char *dir = new_dir(), path[256], text[64] = "";
    struct store *s = open_ledger(dir, false, NULL);
    must_append(s, 1, 9, 20);
    struct buf note = {0};
    uint64_t size = 0;
    assert_int_equal(s->ops->checkpoint_latest(s, &size, &note, NULL), ERR_NOT_FOUND);
    assert_int_equal(s->ops->checkpoint_put(s, 7, STR("seven"), NULL), ERR_NONE);
    assert_int_equal(s->ops->checkpoint_put(s, 5, STR("five"), NULL), ERR_NONE);
    assert_int_equal(s->ops->checkpoint_put(s, 7, STR("seven"), NULL), ERR_NONE);
    assert_int_equal(s->ops->checkpoint_put(s, 7, STR("seve"), NULL), ERR_CONFLICT);
    assert_int_equal(s->ops->checkpoint_put(s, 7, STR("other"), NULL), ERR_CONFLICT);
    assert_int_equal(s->ops->checkpoint_put(s, 7, STR("seven+"), NULL), ERR_NONE);
    assert_int_equal(s->ops->checkpoint_latest(s, &size, &note, NULL), ERR_NONE);
    assert_int_equal(size, 7);
    assert_true(str_eqz(buf_str(&note), "seven+"));
    buf_clear(&note);
    assert_int_equal(s->ops->checkpoint_each(s, put_note, &note, NULL), ERR_NONE);
    assert_string_equal(note.p, "5:five 7:seven+ ");
    snprintf(path, sizeof path, "%s/checkpoint", dir);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_string_equal(text, "seven+");
    buf_release(&note);
    OPS->close(s);
    drop_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_is_read_back_also_after_reopening),
        cmocka_unit_test(reading_obeys_from_limit_and_the_callback),
        cmocka_unit_test(an_empty_and_a_large_event_are_kept),
        cmocka_unit_test(a_gap_or_a_time_that_goes_back_is_refused_whole),
        cmocka_unit_test(the_tree_of_any_size_is_made_of_stored_hashes),
        cmocka_unit_test(files_are_private),
        cmocka_unit_test(a_slash_behind_the_directory_changes_nothing),
        cmocka_unit_test(records_cannot_be_changed_through_sql),
        cmocka_unit_test(a_second_daemon_is_told_the_pid_of_the_first),
        cmocka_unit_test(a_child_of_the_daemon_does_not_keep_the_lock),
        cmocka_unit_test(what_is_no_ledger_is_refused_clearly),
        cmocka_unit_test(a_bad_origin_is_refused_and_the_default_is_random),
        cmocka_unit_test(a_damaged_last_record_stops_the_daemon),
        cmocka_unit_test(a_ledger_taken_away_takes_no_more_until_it_is_back),
        cmocka_unit_test(read_only_places_give_clear_errors_and_can_be_read),
        cmocka_unit_test(a_reader_sees_what_is_appended_meanwhile),
        cmocka_unit_test(the_two_newest_snapshots_are_kept),
        cmocka_unit_test(a_damaged_snapshot_is_passed_over_with_a_warning),
        cmocka_unit_test(ended_jobs_are_found_by_every_condition),
        cmocka_unit_test(history_of_a_refused_append_is_not_kept),
        cmocka_unit_test(checkpoints_are_kept_published_and_only_extended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
