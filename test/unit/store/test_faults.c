#include "store_util.h"

#include "fault_vfs.h"
#include "store/chain.h"
#include "store/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { BYTES = 700, BATCH = 5, BATCHES = 6 };

/* ---- the work that is disturbed ------------------------------------------------------------- */

struct progress {
    uint64_t acked; /* appended and acknowledged up to here */
    bool done; /* all the work, without having met the fault */
};

/* Append batches up to record `end`; when one fails, once more if `again`. */
static bool work(struct store *s, uint64_t end, bool again, struct progress *p)
{
    for (uint64_t n = p->acked + 1; n <= end; n += BATCH) {
        struct errtext why = {""};
        enum err e = append_some(s, n, BATCH, BYTES, &why);
        if (e != ERR_NONE) {
            assert_int_equal(e, ERR_IO);
            assert_true(strlen(why.s) > 0);
        }
        if (e != ERR_NONE && again) e = append_some(s, n, BATCH, BYTES, &why);
        if (e != ERR_NONE) return false;
        p->acked = n + BATCH - 1;
    }
    return true;
}

static struct store *try_open(const char *dir, const char *vfs)
{
    struct store_options o = {.dir = dir, .create = true, .origin = "example.org/t", .vfs = vfs};
    struct store *s = NULL;
    struct errtext why = {""};
    if (OPS->open(&o, &s, &why) == ERR_NONE) return s;
    assert_true(strlen(why.s) > 0);
    return NULL;
}

/* Twice: open, append, snapshot, append, close (which moves the log into the database). */
static struct progress disturbed(const char *dir, bool again)
{
    struct progress p = {0};
    bool good = true;
    for (int round = 1; good && round <= 2; round++) {
        struct store *s = try_open(dir, FAULT_VFS);
        if (s == NULL && again) s = try_open(dir, FAULT_VFS);
        if (s == NULL) return p;
        good = work(s, (uint64_t)(round * BATCH * BATCHES / 3), again, &p);
        struct buf snapshot = {0};
        for (int i = 0; i < 5000; i++) buf_puts(&snapshot, "state ");
        if (good) s->ops->snapshot_put(s, 1, buf_str(&snapshot), NULL);
        buf_release(&snapshot);
        if (good) good = work(s, (uint64_t)((round + 1) * BATCH * BATCHES / 3), again, &p);
        OPS->close(s);
    }
    p.done = good && !fault.struck;
    return p;
}

/* ---- what must hold afterwards -------------------------------------------------------------- */

static bool check_bytes(void *arg, const struct ledger_record *r)
{
    struct buf event = {0}, outcome = {0};
    fill(&event, &outcome, r->seq, *(size_t *)arg);
    assert_true(str_eq(r->event, buf_str(&event)) && str_eq(r->outcome, buf_str(&outcome)));
    buf_release(&event);
    buf_release(&outcome);
    return true;
}

/* Every acknowledged record is there, and of the unacknowledged batch all or nothing; the ledger
 * verifies and can be continued. Gives the number of records. */
static uint64_t check_after(const char *dir, uint64_t acked, uint64_t batch)
{
    fault_vfs_arm(FAULT_IO, 0, false);
    struct store *s = open_ledger(dir, false, FAULT_VFS);
    struct store_head head;
    struct errtext why;
    struct verify_result r;
    size_t bytes = BYTES;
    assert_int_equal(s->ops->head(s, &head, NULL), ERR_NONE);
    assert_true(head.seq >= acked);
    assert_true(head.seq == acked || head.seq == acked + batch);
    assert_int_equal(s->ops->read(s, 1, 0, check_bytes, &bytes, NULL), ERR_NONE);
    if (ledger_verify(s, &(struct verify_options){0}, &r, &why) != ERR_NONE) fail_msg("%s", why.s);
    assert_int_equal(r.records, head.seq);
    must_append(s, head.seq + 1, 1, BYTES);
    OPS->close(s);
    return head.seq;
}

/* One run with the k-th call failing; true when the run ended without reaching it. */
static bool run_disturbed(enum fault_kind kind, long k, bool for_ever)
{
    char *dir = new_dir();
    fault_vfs_arm(kind, k, for_ever);
    struct progress p = disturbed(dir, !for_ever);
    uint64_t found = check_after(dir, p.acked, BATCH);
    /* A fault that passes costs nothing: the second try goes through. */
    if (!for_ever) assert_int_equal(found, BATCH * BATCHES);
    drop_dir(dir);
    return p.done;
}

static void fail_each_call(enum fault_kind kind, bool for_ever)
{
    long k = 1;
    while (!run_disturbed(kind, k, for_ever)) k++;
    assert_true(k > 60); /* the faults were really met */
}

static void after_any_failing_call_the_second_try_succeeds(void **state)
{
    (void)state;
    fail_each_call(FAULT_IO, false);
    fail_each_call(FAULT_TORN, false);
    fail_each_call(FAULT_FULL, false);
}

static void after_the_disk_dies_at_any_call_every_acknowledged_record_is_there(void **state)
{
    (void)state;
    fail_each_call(FAULT_TORN, true);
    fail_each_call(FAULT_FULL, true);
}

static void a_full_disk_is_said_clearly(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct errtext why;
    fault_vfs_arm(FAULT_FULL, 0, false);
    struct store *s = open_ledger(dir, false, FAULT_VFS);
    must_append(s, 1, 1, BYTES);
    fault_vfs_arm(FAULT_FULL, 1, true);
    assert_int_equal(append_some(s, 2, 1, BYTES, &why), ERR_IO);
    assert_non_null(strstr(why.s, "ledger.db: the disk is full"));
    assert_non_null(strstr(why.s, "free some space"));
    fault_vfs_arm(FAULT_FULL, 0, false);
    must_append(s, 2, 1, BYTES);
    OPS->close(s);
    check_after(dir, 2, 0);
    drop_dir(dir);
}

static void a_limit_on_file_size_is_no_end(void **state)
{
    (void)state;
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = 600 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    uint64_t n = 1;
    struct errtext why;
    enum err e;
    while ((e = append_some(s, n, BATCH, BYTES, &why)) == ERR_NONE) n += BATCH;
    assert_int_equal(e, ERR_IO);
    assert_non_null(strstr(why.s, "ledger.db"));
    assert_int_equal(append_some(s, n, BATCH, BYTES, &why), ERR_IO);
    struct store_head head;
    assert_int_equal(s->ops->head(s, &head, NULL), ERR_NONE);
    assert_int_equal(head.seq, n - 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    must_append(s, n, BATCH, BYTES);
    OPS->close(s);
    assert_int_equal(check_after(dir, n + BATCH - 1, 0), n + BATCH - 1);
    drop_dir(dir);
}

/* ---- a torn log ----------------------------------------------------------------------------- */

static void copy_file(const char *from, const char *to, const char *name, off_t cut)
{
    char a[256], b[256], chunk[4096];
    snprintf(a, sizeof a, "%s/%s", from, name);
    snprintf(b, sizeof b, "%s/%s", to, name);
    FILE *in = fopen(a, "rb"), *out = fopen(b, "wb");
    assert_non_null(in);
    assert_non_null(out);
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
        assert_int_equal(fwrite(chunk, 1, n, out), n);
    fclose(in);
    fclose(out);
    if (cut >= 0) assert_int_equal(truncate(b, cut), 0);
}

/* A log cut in the middle of a record loses that record and what follows, nothing before it. */
static void a_log_cut_at_any_place_gives_a_prefix(void **state)
{
    (void)state;
    char *dir = new_dir(), path[256];
    struct store *s = open_ledger(dir, false, NULL);
    for (uint64_t n = 1; n <= 12; n++) must_append(s, n, 1, BYTES);
    snprintf(path, sizeof path, "%s/ledger.db-wal", dir);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    uint64_t before = 0;
    for (off_t cut = 0; cut <= st.st_size; cut += 997) {
        char *copy = new_dir();
        assert_int_equal(mkdir(copy, 0700), 0);
        copy_file(dir, copy, "ledger.db", -1);
        copy_file(dir, copy, "ledger.db-wal", cut);
        struct store *t = NULL;
        struct store_options o = {.dir = copy, .create = true, .origin = "example.org/t"};
        assert_int_equal(OPS->open(&o, &t, NULL), ERR_NONE);
        struct store_head head;
        size_t bytes = BYTES;
        assert_int_equal(t->ops->head(t, &head, NULL), ERR_NONE);
        assert_true(head.seq >= before);
        before = head.seq;
        assert_int_equal(t->ops->read(t, 1, 0, check_bytes, &bytes, NULL), ERR_NONE);
        OPS->close(t);
        drop_dir(copy);
    }
    assert_true(before >= 11);
    OPS->close(s);
    drop_dir(dir);
}

/* ---- kill -9 -------------------------------------------------------------------------------- */

/* Append, and after each acknowledgement write the last sequence number to the pipe. */
static void append_for_ever(const char *dir, int fd)
{
    struct store *s = try_open(dir, NULL);
    struct store_head head;
    if (s == NULL || s->ops->head(s, &head, NULL) != ERR_NONE) _exit(6);
    for (uint64_t n = head.seq + 1;;) {
        size_t batch = 1 + n % BATCH;
        if (append_some(s, n, batch, BYTES, NULL) != ERR_NONE) _exit(7);
        n += batch;
        uint64_t acked = n - 1;
        if (write(fd, &acked, sizeof acked) != (ssize_t)sizeof acked) _exit(3);
    }
}

/* Start a writer, kill it after `acks` acknowledgements and `spin` rounds of a loop; gives the last
 * record that it acknowledged. */
static uint64_t kill_a_writer(const char *dir, uint64_t acks, uint64_t spin)
{
    int fds[2], status = 0;
    uint64_t acked = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(fds[0]);
        append_for_ever(dir, fds[1]);
    }
    close(fds[1]);
    for (; acks > 0; acks--) assert_int_equal(read(fds[0], &acked, sizeof acked), sizeof acked);
    for (volatile uint64_t left = spin; left > 0; left--)
        ; /* the moment of the kill */
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    while (read(fds[0], &acked, sizeof acked) == (ssize_t)sizeof acked)
        ;
    close(fds[0]);
    return acked;
}

static void a_hundred_kills_lose_no_acknowledged_record(void **state)
{
    (void)state;
    char *dir = new_dir();
    uint64_t acked = 0, random = 2463534242u;
    for (int i = 0; i < 100; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint64_t last = kill_a_writer(dir, random % 12, random >> 20 & 0xfffff);
        if (last > acked) acked = last;
        struct store *s = open_ledger(dir, false, NULL);
        struct store_head head;
        assert_int_equal(s->ops->head(s, &head, NULL), ERR_NONE);
        assert_true(head.seq >= acked && head.seq <= acked + BATCH);
        acked = head.seq;
        OPS->close(s);
    }
    assert_true(acked > 100);
    check_after(dir, acked, 0);
    drop_dir(dir);
}

int main(void)
{
    fault_vfs_register();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_any_failing_call_the_second_try_succeeds),
        cmocka_unit_test(after_the_disk_dies_at_any_call_every_acknowledged_record_is_there),
        cmocka_unit_test(a_full_disk_is_said_clearly),
        cmocka_unit_test(a_limit_on_file_size_is_no_end),
        cmocka_unit_test(a_log_cut_at_any_place_gives_a_prefix),
        cmocka_unit_test(a_hundred_kills_lose_no_acknowledged_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
