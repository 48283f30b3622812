#include "unit/store/store_util.h"

#include "cli/cmd_ledger.h"
#include "cli/say.h"
#include "store/file.h"
#include "store/replay.h"

#include <fcntl.h>
#include <jansson.h>
#include <sqlite3.h>
#include <sys/wait.h>

enum { TICKS = 12, ARGS_COUNT_MAX = 16 };

/* ---- a ledger of ticks, and a command run on it --------------------------------------------- */

static char *make_ledger(uint64_t forged)
{
    char *dir = new_dir();
    struct store *s = open_ledger(dir, false, NULL);
    struct core *core = core_new();
    struct outcome out;
    outcome_init(&out);
    for (uint64_t seq = 1; seq <= TICKS; seq++) {
        struct event e = {.kind = EVENT_TICK,
                          .now_ms = (int64_t)(1790000000000 + seq * 1000),
                          .actor = STR("clock"),
                          .resume = seq == 1};
        struct buf event = {0}, outcome = {0};
        core_step(core, seq, &e, &out);
        if (seq == forged) out.job_count = 3;
        replay_encode_event(&e, &event);
        replay_encode_outcome(&out, &outcome);
        struct ledger_record r = {
            .seq = seq, .now_ms = e.now_ms, .event = buf_str(&event), .outcome = buf_str(&outcome)};
        struct store_batch batch = {.records = &r, .record_count = 1};
        assert_int_equal(OPS->append(s, &batch, NULL), ERR_NONE);
        buf_release(&event);
        buf_release(&outcome);
    }
    outcome_release(&out);
    core_free(core);
    OPS->close(s);
    return dir;
}

static struct {
    int code;
    struct buf out, err;
} ran;

/* Run "ledger WORDS... --state DIR" (or replay) in a process of its own, as main does. */
static void run(const char *dir, int (*command)(int, char **), const char *const *words)
{
    char *argv[ARGS_COUNT_MAX], out[] = "/tmp/berth-out-XXXXXX", err[] = "/tmp/berth-err-XXXXXX";
    int argc = 0, out_fd = mkstemp(out), err_fd = mkstemp(err);
    assert_true(out_fd >= 0 && err_fd >= 0);
    for (; *words != NULL; words++) argv[argc++] = strdup(*words);
    argv[argc++] = strdup("--state");
    argv[argc++] = strdup(dir);
    argv[argc] = NULL;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (dup2(out_fd, STDOUT_FILENO) < 0 || dup2(err_fd, STDERR_FILENO) < 0) _exit(99);
        int code = command(argc, argv);
        fflush(NULL);
        _exit(code);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    ran.code = WEXITSTATUS(status);
    assert_int_equal(file_read(out, 1 << 20, &ran.out, NULL), ERR_NONE);
    assert_int_equal(file_read(err, 1 << 20, &ran.err, NULL), ERR_NONE);
    buf_puts(&ran.out, "");
    buf_puts(&ran.err, "");
    while (argc > 0) free(argv[--argc]);
    close(out_fd);
    close(err_fd);
    unlink(out);
    unlink(err);
}

#define LEDGER(dir, ...) run(dir, cmd_ledger, (const char *const[]){"ledger", __VA_ARGS__, NULL})
#define REPLAY(dir, ...) run(dir, cmd_replay, (const char *const[]){__VA_ARGS__, NULL})

static void expect(int code, const char *out, const char *err)
{
    if (ran.code != code || strstr(ran.out.p, out) == NULL || strstr(ran.err.p, err) == NULL)
        fail_msg("code %d, out '%s', err '%s'", ran.code, ran.out.p, ran.err.p);
}

static json_t *json_out(void)
{
    json_t *json = json_loadb(ran.out.p, ran.out.len, 0, NULL);
    if (json == NULL) fail_msg("not JSON: %s", ran.out.p);
    return json;
}

static void write_file(const char *path, struct str bytes)
{
    assert_int_equal(file_replace(path, 0600, bytes, NULL), ERR_NONE);
}

static void damage(const char *dir, const char *sql)
{
    char path[256];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void a_sound_ledger_verifies_before_and_after_signing(void **state)
{
    (void)state;
    char *dir = make_ledger(0);
    LEDGER(dir, "verify");
    expect(EXIT_DONE, "good: example.org/t, 12 records, every hash fits", "");
    expect(EXIT_DONE, "no checkpoint was signed yet", "");
    LEDGER(dir, "key");
    expect(EXIT_USER, "", "nothing was signed yet");
    LEDGER(dir, "checkpoint");
    expect(EXIT_DONE, "example.org/t\n12\n", "");
    LEDGER(dir, "verify");
    expect(EXIT_DONE, "1 signed checkpoint fits; the newest covers 12 records", "");
    LEDGER(dir, "verify", "--json");
    json_t *json = json_out();
    assert_true(json_is_true(json_object_get(json, "good")));
    assert_int_equal(json_integer_value(json_object_get(json, "covered")), TICKS);
    json_decref(json);
    drop_dir(dir);
}

static void damage_is_named_and_gives_an_exit_code(void **state)
{
    (void)state;
    char *dir = make_ledger(0);
    LEDGER(dir, "checkpoint");
    damage(dir, "DROP TRIGGER record_same; UPDATE record SET event = x'a0' WHERE seq = 7");
    LEDGER(dir, "verify");
    expect(EXIT_USER, "NOT GOOD: 1 faults", "record 7 is not what was written");
    LEDGER(dir, "verify", "--json");
    json_t *json = json_out();
    assert_true(json_is_false(json_object_get(json, "good")));
    assert_int_equal(json_integer_value(json_object_get(json, "first_fault")), 7);
    json_decref(json);
    drop_dir(dir);
}

static void a_cut_tail_is_found_by_a_checkpoint_kept_elsewhere(void **state)
{
    (void)state;
    char *dir = make_ledger(0), path[] = "/tmp/berth-note-XXXXXX", published[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    LEDGER(dir, "checkpoint");
    write_file(path, buf_str(&ran.out));
    damage(dir, "DROP TRIGGER record_kept; DROP TRIGGER checkpoint_kept;"
                "DELETE FROM record WHERE seq > 9; DELETE FROM checkpoint");
    snprintf(published, sizeof published, "%s/checkpoint", dir);
    LEDGER(dir, "verify"); /* by the published copy */
    expect(EXIT_USER, "NOT GOOD", "records 10 to 12 are missing");
    unlink(published);
    LEDGER(dir, "verify");
    expect(EXIT_DONE, "9 records", "");
    LEDGER(dir, "verify", "--checkpoint", path);
    expect(EXIT_USER, "NOT GOOD", "records 10 to 12 are missing");
    LEDGER(dir, "verify", "--checkpoint", "/nonexistent");
    expect(EXIT_USER, "", "/nonexistent: No such file");
    unlink(path);
    drop_dir(dir);
}

static void a_proof_is_checked_without_the_ledger(void **state)
{
    (void)state;
    char *dir = make_ledger(0), path[] = "/tmp/berth-proof-XXXXXX", key[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    LEDGER(dir, "prove", "5");
    expect(EXIT_USER, "", "no checkpoint was signed yet");
    LEDGER(dir, "checkpoint");
    LEDGER(dir, "key");
    snprintf(key, sizeof key, "%.*s", (int)strcspn(ran.out.p, "\n"), ran.out.p);
    LEDGER(dir, "prove", "5", "--whole");
    expect(EXIT_DONE, "c2sp.org/tlog-proof@v1\nextra ", "");
    write_file(path, buf_str(&ran.out));
    LEDGER("/nonexistent", "verify", "--proof", path, "--key", key);
    expect(EXIT_DONE, "good: record 5 with hash", "");
    expect(EXIT_DONE, "tick", "");
    LEDGER("/nonexistent", "verify", "--proof", path);
    expect(EXIT_USER, "", "--proof needs --key");
    LEDGER(dir, "prove", "13");
    expect(EXIT_USER, "", "there is no record 13");
    LEDGER(dir, "prove", "3");
    write_file(path, buf_str(&ran.out));
    LEDGER(dir, "verify", "--proof", path, "--key", key);
    expect(EXIT_DONE, "good: record 3 with hash", "");
    unlink(path);
    drop_dir(dir);
}

static void show_gives_lines_and_json(void **state)
{
    (void)state;
    char *dir = make_ledger(0);
    LEDGER(dir, "show", "--from", "1", "--to", "2");
    expect(EXIT_DONE, "       1  2026-09-21T14:13:21Z", "");
    expect(EXIT_DONE, "tick     resume  by clock\n", "");
    assert_null(strstr(ran.out.p, "\n       3"));
    LEDGER(dir, "show", "--job", "4");
    expect(EXIT_DONE, "", "");
    assert_int_equal(ran.out.len, 0);
    LEDGER(dir, "show", "--json", "--from", "11");
    json_t *json = json_out();
    const json_t *records = json_object_get(json, "records");
    assert_int_equal(json_array_size(records), 2);
    const json_t *last = json_array_get(records, 1);
    assert_int_equal(json_integer_value(json_object_get(last, "seq")), TICKS);
    assert_string_equal(json_string_value(json_object_get(json_object_get(last, "event"), "kind")),
                        "tick");
    json_decref(json);
    LEDGER(dir, "show", "--from", "5", "--to", "4");
    expect(EXIT_USER, "", "--to 4 stands before --from 5");
    LEDGER(dir, "show", "--from", "x");
    expect(EXIT_USER, "", "--from: 'x'");
    drop_dir(dir);
}

static void replay_compares_and_shows_the_first_difference(void **state)
{
    (void)state;
    char *dir = make_ledger(0);
    REPLAY(dir, "replay");
    expect(EXIT_DONE, "good: 12 records from 1 to 12", "");
    REPLAY(dir, "replay", "--until", "4", "--json");
    json_t *json = json_out();
    assert_int_equal(json_integer_value(json_object_get(json, "last")), 4);
    json_decref(json);
    REPLAY(dir, "replay", "--until", "13");
    expect(EXIT_USER, "", "there is no record 13");
    drop_dir(dir);
    dir = make_ledger(6);
    LEDGER(dir, "verify");
    expect(EXIT_DONE, "good", "");
    REPLAY(dir, "replay");
    expect(EXIT_USER, "", "record 6: the stored decisions are not the ones");
    expect(EXIT_USER, "", "-   \"job_count\": 3");
    drop_dir(dir);
}

/* The daemon holds the lock: everything that reads works, and signing without keeping. */
static void all_works_beside_a_running_daemon(void **state)
{
    (void)state;
    char *dir = make_ledger(0);
    struct store *s = open_ledger(dir, false, NULL);
    LEDGER(dir, "verify");
    expect(EXIT_DONE, "12 records", "");
    LEDGER(dir, "checkpoint");
    expect(EXIT_DONE, "example.org/t\n12\n", "was not kept");
    REPLAY(dir, "replay");
    expect(EXIT_DONE, "good", "");
    OPS->close(s);
    drop_dir(dir);
}

static void mistakes_are_answered_with_what_to_do(void **state)
{
    (void)state;
    char *dir = make_ledger(0);
    LEDGER(dir, "shwo");
    expect(EXIT_USER, "", "verify, show, key, checkpoint or prove SEQ");
    LEDGER(dir, "show", "7");
    expect(EXIT_USER, "", "show: what is '7'?");
    LEDGER(dir, "prove");
    expect(EXIT_USER, "", "the number of one record");
    LEDGER("/nonexistent", "show");
    expect(EXIT_USER, "", "there is no ledger here");
    REPLAY("/nonexistent", "replay");
    expect(EXIT_USER, "", "there is no ledger here");
    REPLAY(dir, "replay", "now");
    expect(EXIT_USER, "", "no operand is expected");
    drop_dir(dir);
    buf_release(&ran.out);
    buf_release(&ran.err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_ledger_verifies_before_and_after_signing),
        cmocka_unit_test(damage_is_named_and_gives_an_exit_code),
        cmocka_unit_test(a_cut_tail_is_found_by_a_checkpoint_kept_elsewhere),
        cmocka_unit_test(a_proof_is_checked_without_the_ledger),
        cmocka_unit_test(show_gives_lines_and_json),
        cmocka_unit_test(replay_compares_and_shows_the_first_difference),
        cmocka_unit_test(all_works_beside_a_running_daemon),
        cmocka_unit_test(mistakes_are_answered_with_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
