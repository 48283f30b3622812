/* The daemon dies with -9 at all moments; the next one must neither lose, double nor orphan a job.
 */
#include "unit/engine/world.h"

/* ---- a daemon that is killed --------------------------------------------------------------- */

/* Run `drive` in a process of its own until it returns, and kill that. */
static void daemon_that_dies(struct world *w, void (*drive)(struct world *w))
{
    int done[2];
    assert_int_equal(pipe(done), 0);
    pid_t pid = fork();
    if (pid == 0) {
        world_open(w);
        drive(w);
        (void)!write(done[1], "x", 1);
        for (;;) pause();
    }
    char byte;
    assert_int_equal(read(done[0], &byte, 1), 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(done[0]);
    close(done[1]);
}

static void touch(struct world *w, const char *name)
{
    FILE *f = fopen(arena_printf(&w->arena, "%s/%s", w->work, name), "we");
    assert_non_null(f);
    fclose(f);
}

static void drive_waiting_job(struct world *w)
{
    world_run(w, 1, 1,
              "echo x >> ran; echo $$ > pid; while ! test -e go; do sleep 0.01; done; "
              "exit 9");
    world_wait_text(w, "pid", "\n");
}

static void a_running_job_outlives_the_daemon_and_is_adopted(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    daemon_that_dies(w, drive_waiting_job);
    assert_true(world_is_alive((pid_t)atoi(world_text(w, "pid"))));
    world_open(w);
    world_wait(w, 1, 1, REPORT_STARTED);
    world_run(w, 1, 1, "echo again >> ran"); /* the core says it again; it runs already */
    touch(w, "go");
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_FINISHED);
    assert_int_equal(r->exit_code, 9);
    assert_string_equal(world_text(w, "ran"), "x\n");
    world_free(w);
}

static void a_job_that_ended_while_no_daemon_ran_is_told(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    daemon_that_dies(w, drive_waiting_job);
    touch(w, "go");
    int64_t deadline = world_now() + WORLD_WAIT_MS;
    while (world_supervisor(w, 1, 1) != 0 && world_now() < deadline) poll(NULL, 0, 5);
    world_open(w);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_FINISHED);
    assert_int_equal(r->exit_code, 9);
    world_free(w);
}

static void an_adopted_job_can_be_stopped(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    daemon_that_dies(w, drive_waiting_job);
    world_open(w);
    world_stop(w, 1, 1, 5000);
    assert_int_equal(world_wait_end(w, 1, 1)->signal, SIGTERM);
    assert_false(world_is_alive((pid_t)atoi(world_text(w, "pid"))));
    world_free(w);
}

static void a_supervisor_that_died_while_no_daemon_ran_leaves_no_orphan(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    daemon_that_dies(w, drive_waiting_job);
    pid_t supervisor = world_supervisor(w, 1, 1);
    assert_true(supervisor > 1);
    assert_int_equal(kill(supervisor, SIGKILL), 0);
    world_open(w);
    assert_int_equal(world_wait_end(w, 1, 1)->kind, REPORT_GONE);
    assert_false(world_is_alive((pid_t)atoi(world_text(w, "pid"))));
    world_run(w, 1, 1, "echo again >> ran");
    world_run(w, 2, 1, "true");
    world_wait_end(w, 2, 1);
    assert_string_equal(world_text(w, "ran"), "x\n");
    world_free(w);
}

static void drive_limited_job(struct world *w)
{
    struct world_order *o =
        world_order(w, 1, 1, "echo $$ > pid; trap '' TERM; while :; do sleep 0.05; done");
    o->start.time_limit_ms = 300;
    world_start(w, o);
    world_wait_text(w, "pid", "\n");
}

static void limits_hold_while_no_daemon_runs(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    w->kill_wait_ms = 300;
    daemon_that_dies(w, drive_limited_job);
    int64_t deadline = world_now() + WORLD_WAIT_MS;
    while (world_supervisor(w, 1, 1) != 0 && world_now() < deadline) poll(NULL, 0, 5);
    assert_false(world_is_alive((pid_t)atoi(world_text(w, "pid"))));
    world_open(w);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_true(r->timed_out);
    assert_int_equal(r->signal, SIGKILL);
    world_free(w);
}

static void drive_stubborn_stop(struct world *w)
{
    world_run(w, 1, 1, "trap '' TERM; echo $$ > pid; while :; do sleep 0.05; done");
    world_wait_text(w, "pid", "\n");
    world_wait(w, 1, 1, REPORT_STARTED);
    world_stop(w, 1, 1, 500);
}

static void a_stop_goes_on_when_the_daemon_dies_behind_it(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    daemon_that_dies(w, drive_stubborn_stop);
    int64_t deadline = world_now() + WORLD_WAIT_MS;
    while (world_supervisor(w, 1, 1) != 0 && world_now() < deadline) poll(NULL, 0, 5);
    assert_false(world_is_alive((pid_t)atoi(world_text(w, "pid"))));
    world_open(w);
    assert_int_equal(world_wait_end(w, 1, 1)->signal, SIGKILL);
    world_free(w);
}

static void drive_rejected_job(struct world *w)
{
    struct world_order *o = world_order(w, 1, 1, "true");
    o->spec.workdir = STR("/nowhere");
    o->spec.stdout_path = STR("/dev/null");
    world_start(w, o);
    char path[160];
    struct stat st = {0};
    snprintf(path, sizeof path, "%s/attempts/1.1", w->state);
    while (st.st_size != 4096) { /* cut off at its end */
        poll(NULL, 0, 2);
        assert_int_equal(stat(path, &st), 0);
    }
}

static void a_rejection_nobody_heard_is_not_lost(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    daemon_that_dies(w, drive_rejected_job);
    world_open(w);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_REJECTED);
    assert_non_null(strstr(r->detail.p, "/nowhere"));
    world_free(w);
}

/* ---- states found on disk ------------------------------------------------------------------ */

static void create(struct world *w, struct state_dir *d, uint32_t job)
{
    struct errtext error;
    if (state_dir_open(d, w->state, &error) != ERR_NONE) fail_msg("%s", error.s);
    struct attempt_spec spec = {.id = {{job}, 1},
                                .uid = (uint32_t)geteuid(),
                                .workdir = str_of(w->work),
                                .stdout_path = STR("/dev/null"),
                                .script = STR("#!/bin/sh\necho old >> ran\n")};
    if (attempt_create(d, &spec, &error) != ERR_NONE) fail_msg("%s", error.s);
}

/* Overwrite part of a record. */
static void put_bytes(struct world *w, uint32_t job, off_t at, const char *bytes, size_t len)
{
    int fd = open(arena_printf(&w->arena, "%s/attempts/%u.1", w->state, (unsigned)job),
                  O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t)len);
    close(fd);
}

static void an_attempt_that_never_began_is_forgotten_and_may_be_started(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct state_dir d;
    create(w, &d, 1);
    state_dir_release(&d);
    world_open(w);
    world_turn(w, 10);
    assert_int_equal(w->report_count, 0);
    world_run(w, 1, 1, "echo new >> ran");
    assert_int_equal(world_wait_end(w, 1, 1)->kind, REPORT_FINISHED);
    assert_string_equal(world_text(w, "ran"), "new\n");
    world_free(w);
}

/* The dead daemon's spawner may still have the order in its socket. */
static void a_late_supervisor_of_a_forgotten_attempt_does_not_run_it(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct spawner old;
    struct state_dir d;
    struct attempt_id id = {{1}, 1};
    assert_int_equal(spawner_start(&old, w->state, NULL), ERR_NONE);
    create(w, &d, 1);
    world_open(w);
    assert_int_equal(spawner_order(&old, id, NULL), ERR_NONE);
    world_stop(w, 1, 1, 0);
    assert_int_equal(world_wait_end(w, 1, 1)->kind, REPORT_GONE);
    spawner_release(&old);
    world_run(w, 2, 1, "true");
    world_wait_end(w, 2, 1);
    assert_string_equal(world_text(w, "ran"), "");
    state_dir_release(&d);
    world_free(w);
}

/* Two spawners are told of the same attempt, many times: one supervisor runs it. */
static void of_two_supervisors_of_one_attempt_one_runs(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct spawner one, two;
    assert_int_equal(spawner_start(&one, w->state, NULL), ERR_NONE);
    assert_int_equal(spawner_start(&two, w->state, NULL), ERR_NONE);
    struct state_dir d = {.fd = -1, .attempts_fd = -1};
    for (uint32_t j = 1; j <= 20; j++) {
        state_dir_release(&d);
        create(w, &d, j);
        struct attempt_id id = {{j}, 1};
        for (int i = 0; i < 4; i++)
            assert_int_equal(spawner_order(i % 2 == 0 ? &one : &two, id, NULL), ERR_NONE);
    }
    world_open(w);
    for (uint32_t j = 1; j <= 20; j++)
        world_run(w, j, 1, "echo new >> ran"); /* where recovery came before the supervisor */
    for (uint32_t j = 1; j <= 20; j++)
        assert_int_equal(world_wait_end(w, j, 1)->kind, REPORT_FINISHED);
    size_t lines = 0;
    for (const char *p = world_text(w, "ran"); *p != '\0'; p++) lines += *p == '\n';
    assert_int_equal(lines, 20);
    spawner_release(&one);
    spawner_release(&two);
    state_dir_release(&d);
    world_free(w);
}

/* A process that leads a session of its own and waits to be killed. */
static pid_t bystander_new(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setsid();
        for (;;) (void)pause();
    }
    while (getsid(pid) != pid) (void)usleep(1000);
    return pid;
}

static void after_a_reboot_what_had_begun_is_gone_and_nobody_is_killed(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct state_dir d;
    create(w, &d, 1);
    /* The session has that number in this boot, and belongs to somebody else. */
    pid_t bystander = bystander_new();
    const char *begun = arena_printf(&w->arena, "begun %d another-boot:1\n", (int)bystander);
    put_bytes(w, 1, 0, begun, strlen(begun));
    state_dir_release(&d);
    world_open(w);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_GONE);
    assert_true(str_eqz(r->detail, "the machine was restarted"));
    assert_int_equal(waitpid(bystander, NULL, WNOHANG), 0); /* lives */
    assert_int_equal(kill(bystander, SIGKILL), 0);
    assert_int_equal(waitpid(bystander, NULL, 0), bystander);
    world_free(w);
}

static void a_damaged_record_of_an_end_is_still_an_end(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    static const struct str damaged[] = {
        {"1", 1}, {"1\x01\0\xff", 4}, {"1\xff\xff", 3}, {"1\x06\0\xa1\x64kind", 9}};
    for (uint32_t j = 1; j <= 4; j++) {
        struct state_dir d;
        create(w, &d, j);
        put_bytes(w, j, 129, damaged[j - 1].p, damaged[j - 1].len);
        state_dir_release(&d);
    }
    world_open(w);
    for (uint32_t j = 1; j <= 4; j++) assert_int_equal(world_wait_end(w, j, 1)->kind, REPORT_GONE);
    world_free(w);
}

static void strange_names_among_the_attempts_are_left_alone(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    struct state_dir d;
    assert_int_equal(state_dir_open(&d, w->state, NULL), ERR_NONE);
    static const char *const names[] = {"0.1",   "1.0",          "01.1", "1",   "x.y",
                                        "1.1.1", "4294967296.1", "-1.1", "1.+1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(mkdirat(d.attempts_fd, names[i], 0700), 0);
    world_open(w);
    world_turn(w, 10);
    assert_int_equal(w->report_count, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(faccessat(d.attempts_fd, names[i], F_OK, 0), 0);
    state_dir_release(&d);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_job_outlives_the_daemon_and_is_adopted),
        cmocka_unit_test(a_job_that_ended_while_no_daemon_ran_is_told),
        cmocka_unit_test(an_adopted_job_can_be_stopped),
        cmocka_unit_test(a_supervisor_that_died_while_no_daemon_ran_leaves_no_orphan),
        cmocka_unit_test(limits_hold_while_no_daemon_runs),
        cmocka_unit_test(a_stop_goes_on_when_the_daemon_dies_behind_it),
        cmocka_unit_test(a_rejection_nobody_heard_is_not_lost),
        cmocka_unit_test(an_attempt_that_never_began_is_forgotten_and_may_be_started),
        cmocka_unit_test(a_late_supervisor_of_a_forgotten_attempt_does_not_run_it),
        cmocka_unit_test(of_two_supervisors_of_one_attempt_one_runs),
        cmocka_unit_test(after_a_reboot_what_had_begun_is_gone_and_nobody_is_killed),
        cmocka_unit_test(a_damaged_record_of_an_end_is_still_an_end),
        cmocka_unit_test(strange_names_among_the_attempts_are_left_alone),
    };
    return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
