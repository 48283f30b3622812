#include "unit/engine/world.h"

#include <sys/mount.h>
#include <sys/resource.h>

/* ---- how a job ends ------------------------------------------------------------------------ */

static void a_job_runs_and_its_exit_code_is_told(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "echo hello; exit 7");
    world_wait(w, 1, 1, REPORT_STARTED);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_FINISHED);
    assert_int_equal(r->exit_code, 7);
    assert_int_equal(r->signal, 0);
    assert_false(r->timed_out);
    assert_false(r->out_of_memory);
    assert_string_equal(world_text(w, "slurm-1.out"), "hello\n");
    world_free(w);
}

static void a_job_that_dies_of_a_signal_is_told_with_it(void **state)
{
    (void)state;
    static const int signals[] = {SIGSEGV, SIGKILL, SIGTERM, SIGUSR2};
    struct world *w = world_new();
    for (uint32_t i = 0; i < 4; i++) {
        world_run(w, i + 1, 1, arena_printf(&w->arena, "kill -%d $$", signals[i]));
        const struct report *r = world_wait_end(w, i + 1, 1);
        assert_int_equal(r->kind, REPORT_FINISHED);
        assert_int_equal(r->signal, signals[i]);
        assert_int_equal(r->exit_code, 0);
        assert_false(r->timed_out);
    }
    world_free(w);
}

static void a_hundred_jobs_at_once_all_end(void **state)
{
    (void)state;
    struct world *w = world_new();
    for (uint32_t j = 1; j <= 100; j++)
        world_run(w, j, 1, arena_printf(&w->arena, "exit %u", (unsigned)j));
    for (uint32_t j = 1; j <= 100; j++)
        assert_int_equal(world_wait_end(w, j, 1)->exit_code, (int)j);
    world_free(w);
}

static void the_arguments_input_and_folder_are_the_jobs(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "pwd; echo $#; echo \"$1|$2\"; cat; umask");
    struct str arguments[] = {STR("a b"), STR("")};
    o->spec.arguments = arguments;
    o->spec.argument_count = 2;
    o->spec.stdin_path = STR("in-%j");
    struct str environment[] = {STR("SLURM_UMASK=0027")};
    o->spec.environment = environment;
    o->spec.environment_count = 1;
    FILE *in = fopen(arena_printf(&w->arena, "%s/in-1", w->work), "we");
    assert_non_null(in);
    fputs("input\n", in);
    fclose(in);
    world_start(w, o);
    world_wait_end(w, 1, 1);
    assert_string_equal(world_text(w, "slurm-1.out"),
                        arena_printf(&w->arena, "%s\n2\na b|\ninput\n0027\n", w->work));
    world_free(w);
}

static void output_files_are_truncated_or_appended_to(void **state)
{
    (void)state;
    struct world *w = world_new();
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        struct world_order *o = world_order(w, 1, attempt, "echo $BERTH_ATTEMPT; echo bad >&2");
        o->spec.stdout_path = STR("out");
        o->spec.stderr_path = STR("err");
        o->spec.output_append = attempt == 3;
        world_start(w, o);
        world_wait_end(w, 1, attempt);
    }
    assert_string_equal(world_text(w, "out"), "2\n3\n");
    assert_string_equal(world_text(w, "err"), "bad\nbad\n");
    world_free(w);
}

static void a_job_inherits_no_descriptor_and_no_blocked_signal(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "ls /proc/self/fd; exec grep -E 'Sig(Blk|Ign)' /proc/self/status");
    world_wait_end(w, 1, 1);
    assert_string_equal(world_text(w, "slurm-1.out"), /* 3 is ls's own */
                        "0\n1\n2\n3\n"
                        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    world_free(w);
}

/* ---- limits and signals -------------------------------------------------------------------- */

static void the_time_limit_ends_a_job_with_term(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "sleep 60");
    o->start.time_limit_ms = 300;
    int64_t begin = world_now();
    world_start(w, o);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_FINISHED);
    assert_true(r->timed_out);
    assert_int_equal(r->signal, SIGTERM);
    assert_true(world_now() - begin >= 300);
    world_free(w);
}

static void a_raised_limit_holds_in_place_of_the_old_one(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "sleep 2; echo done");
    o->start.time_limit_ms = 1000;
    world_start(w, o);
    world_wait(w, 1, 1, REPORT_STARTED);
    assert_int_equal(engine_limit(w->engine, (struct job_id){1}, 1, 60000, 1, world_now(), NULL),
                     ERR_NONE);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_false(r->timed_out);
    assert_int_equal(r->exit_code, 0);
    bool confirmed = false;
    for (size_t i = 0; i < w->report_count; i++)
        confirmed = confirmed || w->reports[i].limit_number == 1;
    assert_true(confirmed);
    world_free(w);
}

static bool is_confirmed(const struct world *w, uint32_t number)
{
    for (size_t i = 0; i < w->report_count; i++)
        if (w->reports[i].limit_number == number) return true;
    return false;
}

/* The kernel has no room for another queued signal: the limit is not confirmed until it holds. */
static void a_limit_that_could_not_be_told_is_not_confirmed(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "sleep 60");
    o->start.time_limit_ms = 50000;
    world_start(w, o);
    world_wait(w, 1, 1, REPORT_STARTED);
    pid_t supervisor = world_supervisor(w, 1, 1);
    struct rlimit old, none;
    assert_int_equal(prlimit(supervisor, RLIMIT_SIGPENDING, NULL, &old), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
    assert_int_equal(prlimit(supervisor, RLIMIT_SIGPENDING, &none, NULL), 0);
    struct job_id job = {1};
    assert_int_equal(engine_limit(w->engine, job, 1, 500, 1, world_now(), NULL), ERR_NONE);
    world_turn(w, 50);
    assert_false(is_confirmed(w, 1));
    assert_int_equal(prlimit(supervisor, RLIMIT_SIGPENDING, &old, NULL), 0);
    assert_int_equal(engine_limit(w->engine, job, 1, 500, 1, world_now(), NULL), ERR_NONE);
    assert_true(world_wait_end(w, 1, 1)->timed_out);
    assert_true(is_confirmed(w, 1));
    world_free(w);
}

static void a_lowered_limit_ends_a_job_sooner(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "sleep 60");
    o->start.time_limit_ms = 50000;
    world_start(w, o);
    world_wait(w, 1, 1, REPORT_STARTED);
    assert_int_equal(engine_limit(w->engine, (struct job_id){1}, 1, 500, 1, world_now(), NULL),
                     ERR_NONE);
    assert_true(world_wait_end(w, 1, 1)->timed_out);
    world_free(w);
}

static void a_job_that_ignores_term_is_killed_after_the_wait(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o =
        world_order(w, 1, 1, "trap 'echo term' TERM; while :; do sleep 1; done");
    o->start.time_limit_ms = 200;
    world_start(w, o);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_true(r->timed_out);
    assert_int_equal(r->signal, SIGKILL);
    const char *text = world_text(w, "slurm-1.out");
    assert_non_null(strstr(text, "Terminated\nterm\n"));
    assert_non_null(strstr(text, "slurmstepd: error: *** JOB 1 ON cpu-001 CANCELLED AT 20"));
    assert_non_null(strstr(text, " DUE TO TIME LIMIT ***\n"));
    world_free(w);
}

static void why_a_job_was_stopped_stands_in_its_error_output(void **state)
{
    (void)state;
    static const char *const words[STOP_WHY_COUNT] = {
        [STOP_ASKED] = " ***\n",
        [STOP_TIME_LIMIT] = " DUE TO TIME LIMIT ***\n",
        [STOP_PREEMPTED] = " DUE TO PREEMPTION ***\n",
        [STOP_REQUEUED] = " DUE TO JOB REQUEUE ***\n",
        [STOP_NODE_FAILED] = " DUE TO NODE FAILURE ***\n",
        [STOP_UNLAWFUL] = " DUE TO THE LAW ***\n"};
    struct world *w = world_new();
    for (uint32_t why = 0; why < STOP_WHY_COUNT; why++) {
        struct world_order *o = world_order(w, why + 1, 1, "echo out; exec sleep 60");
        char name[32];
        o->spec.stderr_path = STR("job-%j.err");
        world_start(w, o);
        world_wait(w, why + 1, 1, REPORT_STARTED);
        /* The longest grace does not spill into why. */
        assert_int_equal(engine_stop(w->engine, (struct job_id){why + 1}, 1, PREEMPT_GRACE_MAX_MS,
                                     (enum stop_why)why, world_now(), NULL),
                         ERR_NONE);
        world_wait_end(w, why + 1, 1);
        snprintf(name, sizeof name, "job-%u.err", why + 1);
        const char *text = world_text(w, name), *at = strstr(text, "CANCELLED AT ");
        assert_non_null(at);
        assert_string_equal(at + strlen("CANCELLED AT 2026-12-01T09:30:00"), words[why]);
        snprintf(name, sizeof name, "slurm-%u.out", why + 1);
        assert_null(strstr(world_text(w, name), "CANCELLED"));
    }
    world_free(w);
}

static void a_file_that_is_gone_is_not_made_again_to_tell_why(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "rm slurm-1.out; echo gone >removed; exec sleep 60");
    world_wait(w, 1, 1, REPORT_STARTED);
    world_wait_text(w, "removed", "gone");
    world_stop(w, 1, 1, 1000);
    assert_int_equal(world_wait_end(w, 1, 1)->signal, SIGTERM);
    assert_string_equal(world_text(w, "slurm-1.out"), "");
    world_free(w);
}

static void a_job_that_cleans_up_at_the_limit_has_still_timed_out(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "trap 'echo saved; exit 0' TERM; sleep 60 & wait");
    o->start.time_limit_ms = 200;
    world_start(w, o);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_true(r->timed_out);
    assert_int_equal(r->exit_code, 0);
    assert_non_null(strstr(world_text(w, "slurm-1.out"), "saved\n"));
    world_free(w);
}

static void nothing_runs_past_the_instant_it_must_end_by(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o =
        world_order(w, 1, 1, "trap 'echo term' TERM; while :; do sleep 0.1; done");
    o->start.end_by_ms = world_now() + 1500; /* TERM at +500, KILL at +1500 */
    world_start(w, o);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_true(r->timed_out);
    assert_int_equal(r->signal, SIGKILL);
    assert_true(world_now() >= o->start.end_by_ms);
    assert_true(world_now() < o->start.end_by_ms + 5000);
    world_free(w);
}

static void the_warning_signal_goes_to_the_script_alone_with_b(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(
        w, 1, 1,
        "trap 'echo warned' USR1; sh -c \"trap 'echo child' USR1; sleep 4 & wait\" & wait");
    o->spec.signal_number = SIGUSR1;
    o->spec.signal_before_s = 2;
    o->spec.signal_shell = true;
    o->start.time_limit_ms = 2300;
    world_start(w, o);
    world_wait_end(w, 1, 1);
    assert_non_null(strstr(world_text(w, "slurm-1.out"), "warned\n"));
    assert_null(strstr(world_text(w, "slurm-1.out"), "child\n"));
    world_free(w);
}

static void the_warning_signal_spares_the_script_without_b(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1,
                                        "sh -c \"trap 'echo child; exit 3' USR1; echo ready\n"
                                        "while :; do sleep 0.1; done\"\n"
                                        "echo code $?; exit 9");
    o->spec.signal_number = SIGUSR1;
    o->spec.signal_before_s = 8;
    o->start.time_limit_ms = 9000;
    world_start(w, o);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_false(r->timed_out);
    assert_int_equal(r->exit_code, 9);
    assert_non_null(strstr(world_text(w, "slurm-1.out"), "child\ncode 3\n"));
    world_free(w);
}

static void a_signal_does_not_kill_a_script_without_a_trap(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "echo ready; while ! test -e go; do :; done; exit 6");
    world_wait(w, 1, 1, REPORT_STARTED); /* an engine signals what it knows to run */
    world_wait_text(w, "slurm-1.out", "ready");
    for (int i = 0; i < 20; i++)
        assert_int_equal(
            engine_signal(w->engine, (struct job_id){1}, 1, SIGUSR1, world_now(), NULL), ERR_NONE);
    world_turn(w, 50);
    fclose(fopen(arena_printf(&w->arena, "%s/go", w->work), "we"));
    assert_int_equal(world_wait_end(w, 1, 1)->exit_code, 6);
    world_free(w);
}

/* scancel -s alone reaches what the script started, with -b the script, with -f both. */
static void a_signal_reaches_whom_it_is_for(void **state)
{
    (void)state;
    static const uint32_t to[] = {0, SIGNAL_TO_SHELL, SIGNAL_TO_ALL};
    struct world *w = world_new();
    for (uint32_t i = 0; i < sizeof to / sizeof *to; i++) {
        uint32_t id = i + 1;
        world_run(
            w, id, 1,
            "sh -c 'trap \"echo child\" USR1; echo > up; while ! test -e go; do sleep .01; done' & "
            "trap 's=shell' USR1; while ! test -e up; do sleep .01; done; echo ready >&2; "
            "while ! test -e go; do sleep .01; done; wait; echo $s");
        world_wait(w, id, 1, REPORT_STARTED);
        const char *file = arena_printf(&w->arena, "slurm-%u.out", id);
        world_wait_text(w, file, "ready");
        assert_int_equal(
            engine_signal(w->engine, (struct job_id){id}, 1, SIGUSR1 | to[i], world_now(), NULL),
            ERR_NONE);
        if (to[i] != SIGNAL_TO_SHELL) world_wait_text(w, file, "child");
        world_turn(w, 100);
        const char *go = arena_printf(&w->arena, "%s/go", w->work);
        fclose(fopen(go, "we"));
        assert_int_equal(world_wait_end(w, id, 1)->exit_code, 0);
        assert_int_equal(strstr(world_text(w, file), "child") != NULL, to[i] != SIGNAL_TO_SHELL);
        assert_int_equal(strstr(world_text(w, file), "shell") != NULL, to[i] != 0);
        assert_int_equal(unlink(go), 0);
        assert_int_equal(unlink(arena_printf(&w->arena, "%s/up", w->work)), 0);
    }
    world_free(w);
}

static void an_ordered_signal_reaches_the_job(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1,
              "trap 'echo got; exit 5' USR2; echo ready; while read x; do :; done; "
              "while :; do :; done");
    world_wait(w, 1, 1, REPORT_STARTED); /* an engine signals what it knows to run */
    world_wait_text(w, "slurm-1.out", "ready");
    assert_int_equal(engine_signal(w->engine, (struct job_id){1}, 1, SIGUSR2, world_now(), NULL),
                     ERR_NONE);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->exit_code, 5);
    assert_string_equal(world_text(w, "slurm-1.out"), "ready\ngot\n");
    world_free(w);
}

static void stop_and_cont_signals_suspend_and_resume_the_whole_job(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "sh -c 'echo $$ > pid; while ! test -e go; do :; done; echo done > done'");
    world_wait(w, 1, 1, REPORT_STARTED); /* an engine signals what it knows to run */
    world_wait_text(w, "pid", "\n");
    pid_t pid = (pid_t)atoi(world_text(w, "pid"));
    struct job_id job = {1};
    assert_int_equal(engine_signal(w->engine, job, 1, SIGSTOP, world_now(), NULL), ERR_NONE);
    int64_t deadline = world_now() + WORLD_WAIT_MS;
    while (world_process_state(pid) != 'T' && world_now() < deadline) world_turn(w, 5);
    assert_int_equal(world_process_state(pid), 'T');
    fclose(fopen(arena_printf(&w->arena, "%s/go", w->work), "we"));
    world_turn(w, 20);
    assert_string_equal(world_text(w, "done"), "");
    assert_int_equal(engine_signal(w->engine, job, 1, SIGCONT, world_now(), NULL), ERR_NONE);
    assert_int_equal(world_wait_end(w, 1, 1)->exit_code, 0);
    assert_string_equal(world_text(w, "done"), "done\n");
    world_free(w);
}

/* ---- stopping ------------------------------------------------------------------------------ */

static void a_stop_ends_a_running_job(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "sleep 60 & echo $! > pid; wait");
    world_wait(w, 1, 1, REPORT_STARTED);
    world_wait_text(w, "pid", "\n");
    world_stop(w, 1, 1, 10000);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_FINISHED);
    assert_int_equal(r->signal, SIGTERM);
    assert_false(r->timed_out);
    assert_false(world_is_alive((pid_t)atoi(world_text(w, "pid"))));
    world_free(w);
}

static void a_stop_kills_after_its_grace(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "trap '' TERM; echo ready; sh -c 'sleep 60'");
    world_wait_text(w, "slurm-1.out", "ready");
    int64_t begin = world_now();
    world_stop(w, 1, 1, 400);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->signal, SIGKILL);
    assert_true(world_now() - begin >= 400);
    world_free(w);
}

static void a_second_stop_may_shorten_the_grace(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "trap '' TERM; echo ready; while :; do sleep 1; done");
    world_wait_text(w, "slurm-1.out", "ready");
    world_stop(w, 1, 1, 600000);
    world_turn(w, 50);
    assert_null(world_find(w, 1, 1, KINDS_END));
    world_stop(w, 1, 1, 0);
    assert_int_equal(world_wait_end(w, 1, 1)->signal, SIGKILL);
    world_free(w);
}

static void a_stopped_process_still_gets_its_term(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "trap 'echo bye; exit 4' TERM; echo ready; kill -STOP $$; sleep 60");
    world_wait_text(w, "slurm-1.out", "ready");
    world_stop(w, 1, 1, 10000);
    assert_int_equal(world_wait_end(w, 1, 1)->exit_code, 4);
    world_free(w);
}

static void a_job_stopped_before_its_start_never_runs(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_stop(w, 1, 1, 0);
    assert_int_equal(world_wait_end(w, 1, 1)->kind, REPORT_GONE);
    w->report_count = 0;
    world_run(w, 1, 1, "echo ran > ran");
    assert_int_equal(world_wait_end(w, 1, 1)->kind, REPORT_GONE);
    world_run(w, 2, 1, "true");
    world_wait_end(w, 2, 1);
    assert_string_equal(world_text(w, "ran"), "");
    world_free(w);
}

/* The stop comes at another moment of the start each time. Whatever it meets, the attempt ends, and
 * GONE is only said of one that never ran. */
static void a_stop_during_the_start_is_decisive(void **state)
{
    (void)state;
    struct world *w = world_new();
    unsigned gone = 0, finished = 0;
    for (uint32_t j = 1; j <= 120; j++) {
        world_run(w, j, 1, arena_printf(&w->arena, "echo x > ran-%u; sleep 30", (unsigned)j));
        struct timespec pause = {.tv_nsec = (long)(j % 30) * 500000};
        nanosleep(&pause, NULL); /* moves the stop through the start; nothing is awaited */
        world_stop(w, j, 1, 0);
        const struct report *r = world_wait_end(w, j, 1);
        if (r->kind == REPORT_GONE) {
            gone++;
            assert_string_equal(world_text(w, arena_printf(&w->arena, "ran-%u", (unsigned)j)), "");
        } else {
            finished++;
            assert_int_equal(r->kind, REPORT_FINISHED);
        }
    }
    print_message("             %u gone, %u finished\n", gone, finished);
    assert_int_equal(gone + finished, 120);
    world_free(w);
}

static void a_job_that_hangs_while_it_starts_can_be_stopped(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "echo x > ran");
    o->spec.stdout_path = STR("fifo"); /* that nobody reads */
    assert_int_equal(mkfifo(arena_printf(&w->arena, "%s/fifo", w->work), 0600), 0);
    world_start(w, o);
    int64_t deadline = world_now() + WORLD_WAIT_MS;
    while (world_supervisor(w, 1, 1) == 0 && world_now() < deadline) world_turn(w, 5);
    world_stop(w, 1, 1, 100);
    world_wait_end(w, 1, 1);
    assert_string_equal(world_text(w, "ran"), "");
    world_free(w);
}

/* ---- nothing outlives its job -------------------------------------------------------------- */

static void a_process_that_daemonized_ends_with_its_job(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1,
              "setsid env -i sh -c '(trap \"\" TERM HUP; echo $$ > daemon.pid; exec sleep 600) &' "
              "< /dev/null > /dev/null 2>&1\n"
              "while ! test -s daemon.pid; do sleep 0.01; done\n"
              "exit 2");
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_FINISHED);
    assert_int_equal(r->exit_code, 2);
    pid_t pid = (pid_t)atoi(world_text(w, "daemon.pid"));
    assert_true(pid > 1);
    assert_false(world_is_alive(pid));
    world_free(w);
}

static void background_processes_get_term_before_kill(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(
        w, 1, 1,
        "sh -c 'trap \"echo cleaned; exit\" TERM; touch ready; while :; do sleep 0.05; done' &\n"
        "while ! test -e ready; do sleep 0.01; done");
    assert_int_equal(world_wait_end(w, 1, 1)->exit_code, 0);
    assert_non_null(strstr(world_text(w, "slurm-1.out"), "cleaned\n"));
    world_free(w);
}

static void when_a_supervisor_is_killed_its_job_ends_and_is_gone(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1,
              "setsid sh -c 'echo $$ > far.pid; sleep 600' &\n"
              "sleep 600 & echo $! > near.pid\n"
              "while ! test -s far.pid; do sleep 0.01; done\n"
              "echo ready; wait");
    world_wait_text(w, "slurm-1.out", "ready");
    pid_t supervisor = world_supervisor(w, 1, 1);
    assert_true(supervisor > 1);
    assert_int_equal(kill(supervisor, SIGKILL), 0);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_GONE);
    assert_true(str_eqz(r->detail, "its supervisor died"));
    assert_false(world_is_alive((pid_t)atoi(world_text(w, "near.pid"))));
    assert_false(world_is_alive((pid_t)atoi(world_text(w, "far.pid"))));
    world_free(w);
}

/* ---- idempotence --------------------------------------------------------------------------- */

static void a_repeated_start_runs_the_job_once(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "echo x >> ran; sleep 0.3");
    for (int i = 0; i < 20; i++) {
        world_start(w, o);
        world_turn(w, 5);
    }
    world_wait_end(w, 1, 1);
    w->report_count = 0;
    world_start(w, o); /* after its end: the end is told again */
    assert_int_equal(world_wait_end(w, 1, 1)->kind, REPORT_FINISHED);
    assert_string_equal(world_text(w, "ran"), "x\n");
    world_free(w);
}

static void an_expired_start_does_nothing(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "echo x > ran");
    o->start.expires_ms = world_now() - 1;
    world_start(w, o);
    world_run(w, 2, 1, "true");
    world_wait_end(w, 2, 1);
    assert_null(world_find(w, 1, 1, ~0u));
    assert_string_equal(world_text(w, "ran"), "");
    world_free(w);
}

static void forgetting_an_attempt_leaves_nothing_of_it(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "true");
    world_wait_end(w, 1, 1);
    char record[160], script[200];
    snprintf(record, sizeof record, "%s/attempts/1.1", w->state);
    snprintf(script, sizeof script, "%s.script", record);
    struct stat st;
    assert_int_equal(stat(record, &st), 0);
    assert_int_equal(st.st_size, 4096); /* the spec was cut off when the job ended */
    assert_int_not_equal(access(script, F_OK), 0);
    world_forget(w, 1, 1);
    assert_int_not_equal(access(record, F_OK), 0);
    world_free(w);
}

static void a_running_attempt_is_not_forgotten(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "while ! test -e go; do sleep 0.01; done");
    world_wait(w, 1, 1, REPORT_STARTED);
    world_forget(w, 1, 1);
    fclose(fopen(arena_printf(&w->arena, "%s/go", w->work), "we"));
    assert_int_equal(world_wait_end(w, 1, 1)->kind, REPORT_FINISHED);
    world_free(w);
}

static void a_newer_attempt_waits_until_the_older_one_has_ended(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "sleep 60");
    world_wait(w, 1, 1, REPORT_STARTED);
    struct world_order *second = world_order(w, 1, 2, "echo second > ran");
    int64_t deadline = world_now() + WORLD_WAIT_MS;
    while (world_find(w, 1, 2, KINDS_END) == NULL && world_now() < deadline) {
        world_start(w, second); /* as the core repeats it */
        world_turn(w, 20);
    }
    assert_int_equal(world_wait_end(w, 1, 1)->signal, SIGTERM);
    assert_int_equal(world_wait_end(w, 1, 2)->kind, REPORT_FINISHED);
    assert_string_equal(world_text(w, "ran"), "second\n");
    world_free(w);
}

/* ---- what cannot be started ---------------------------------------------------------------- */

static void reject(struct world *w, const struct world_order *o, const char *want)
{
    world_start(w, o);
    const struct report *r = world_wait_end(w, o->claim.job.v, 1);
    assert_int_equal(r->kind, REPORT_REJECTED);
    if (strstr(r->detail.p, want) == NULL) fail_msg("\"%s\" lacks \"%s\"", r->detail.p, want);
}

static void what_cannot_start_is_rejected_with_the_reason(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct world_order *o = world_order(w, 1, 1, "true");
    o->spec.workdir = STR("/nowhere/at/all");
    o->spec.stdout_path = STR("/dev/null");
    reject(w, o, "cannot enter the working folder /nowhere/at/all: No such file or directory");

    o = world_order(w, 2, 1, "true");
    o->spec.stdout_path = STR("missing/%j");
    reject(w, o, "work/missing/2: No such file or directory");

    o = world_order(w, 3, 1, "true");
    o->spec.stdin_path = STR("no-input");
    reject(w, o, "cannot open input");

    o = world_order(w, 4, 1, "true");
    o->spec.script = STR("#!/no/such/shell\ntrue\n");
    reject(w, o, "cannot run the script by its first line #!/no/such/shell: No such file");

    o = world_order(w, 6, 1, "true");
    o->spec.script = STR("#!/bin/sh\r\ntrue\r\n");
    reject(w, o, "first line #!/bin/sh?: No such file");

    o = world_order(w, 5, 1, "true");
    o->spec.script = STR("true\n");
    reject(w, o, "Exec format error");
    world_free(w);
}

static void without_root_another_users_job_is_rejected(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    if (geteuid() == 0) assert_int_equal(chown(w->root, 65534, 65534), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
        world_open(w);
        struct world_order *o = world_order(w, 1, 1, "true");
        o->spec.uid = 0;
        world_start(w, o);
        const struct report *r = world_wait_end(w, 1, 1);
        bool told = r->kind == REPORT_REJECTED && strstr(r->detail.p, "cannot become") != NULL;
        world_close(w);
        _exit(told ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    world_free(w);
}

static void as_root_a_job_runs_as_its_user_and_sees_no_more(void **state)
{
    (void)state;
    if (geteuid() != 0) skip();
    struct world *w = world_new();
    struct world_order *o =
        world_order(w, 1, 1,
                    arena_printf(&w->arena,
                                 "id -u; id -g; id -G; ls %s; touch mine; cat \"$0\" | wc -l; "
                                 "echo $HOME",
                                 w->state));
    o->spec.uid = o->spec.gid = 65534;
    world_start(w, o);
    const struct report *r = world_wait_end(w, 1, 1);
    assert_int_equal(r->kind, REPORT_FINISHED);
    const char *out = world_text(w, "slurm-1.out");
    assert_non_null(strstr(out, "65534\n65534\n65534\n"));
    assert_non_null(strstr(out, "ermission denied"));
    struct stat st;
    assert_int_equal(stat(arena_printf(&w->arena, "%s/mine", w->work), &st), 0);
    assert_int_equal(st.st_uid, 65534);

    /* A place that only root may write is closed to it. */
    o = world_order(w, 2, 1, "true");
    o->spec.uid = o->spec.gid = 65534;
    o->spec.stdout_path = str_of(arena_printf(&w->arena, "%s/state/stolen", w->root));
    reject(w, o, "Permission denied");
    world_free(w);
}

static unsigned fill_disk(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    char page[4096] = {1};
    unsigned pages = 0;
    while (write(fd, page, sizeof page) == (ssize_t)sizeof page) pages++;
    close(fd);
    return pages;
}

static void a_full_disk_refuses_new_jobs_and_loses_no_end(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    assert_int_equal(mkdir(w->state, 0700), 0);
    if (mount("berth-test", w->state, "tmpfs", 0, "size=128k,mode=700") != 0) {
        world_free(w);
        skip(); /* not allowed here */
    }
    world_open(w);
    world_run(w, 1, 1, "echo ready; while ! test -e go; do sleep 0.01; done; exit 8");
    world_wait_text(w, "slurm-1.out", "ready");
    const char *filler = arena_printf(&w->arena, "%s/filler", w->state);
    assert_true(fill_disk(filler) > 0);

    struct world_order *o = world_order(w, 2, 1, "true");
    struct errtext error;
    assert_int_equal(engine_start(w->engine, &o->start, world_now(), &error), ERR_IO);
    assert_non_null(strstr(error.s, "No space left"));
    fclose(fopen(arena_printf(&w->arena, "%s/go", w->work), "we"));
    assert_int_equal(world_wait_end(w, 1, 1)->exit_code, 8);

    assert_int_equal(unlink(filler), 0);
    world_start(w, o); /* as the core repeats it */
    assert_int_equal(world_wait_end(w, 2, 1)->kind, REPORT_FINISHED);
    world_close(w);
    assert_int_equal(umount2(w->state, MNT_DETACH), 0);
    world_free(w);
}

/* ---- the engine itself --------------------------------------------------------------------- */

static void two_daemons_cannot_share_a_folder(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct local_config config = {.dir = w->state, .spawner = &w->spawner};
    struct engine *second = NULL;
    struct errtext error;
    pid_t pid = fork();
    if (pid == 0) _exit(local_engine_new(&config, &second, &error) == ERR_CONFLICT ? 0 : 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    world_free(w);
}

static void a_folder_open_to_others_is_refused(void **state)
{
    (void)state;
    struct world *w = world_new_closed();
    assert_int_equal(mkdir(w->state, 0755), 0);
    struct errtext error;
    assert_int_equal(spawner_start(&w->spawner, w->state, &error), ERR_DENIED);
    assert_non_null(strstr(error.s, "chmod 700"));
    world_free(w);
}

static void without_its_spawner_the_engine_says_so_and_stops_still_work(void **state)
{
    (void)state;
    struct world *w = world_new();
    world_run(w, 1, 1, "sleep 60");
    world_wait(w, 1, 1, REPORT_STARTED);
    assert_int_equal(kill(w->spawner.pid, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(w->spawner.pid, &status, 0), w->spawner.pid);
    w->spawner.pid = 0;
    struct world_order *o = world_order(w, 2, 1, "true");
    struct errtext error;
    assert_int_equal(engine_start(w->engine, &o->start, world_now(), &error), ERR_UNAVAILABLE);
    assert_non_null(strstr(error.s, "restart berth serve"));
    world_stop(w, 1, 1, 1000);
    assert_int_equal(world_wait_end(w, 1, 1)->signal, SIGTERM);
    world_free(w);
}

static void a_start_of_which_nothing_is_heard_is_taken_back(void **state)
{
    (void)state;
    struct world *w = world_new();
    assert_int_equal(kill(w->spawner.pid, SIGSTOP), 0);
    struct world_order *o = world_order(w, 1, 1, "echo x > ran");
    world_start(w, o);
    /* The engine's clock is the caller's: let its patience pass. */
    engine_drain(w->engine, world_now() + LOCAL_SPAWN_PATIENCE_MS + 1, world_take, w);
    const struct report *r = world_find(w, 1, 1, KINDS_END);
    assert_non_null(r);
    assert_int_equal(r->kind, REPORT_GONE);
    assert_int_equal(kill(w->spawner.pid, SIGCONT), 0);
    world_run(w, 2, 1, "true"); /* behind the first in the spawner's queue */
    world_wait_end(w, 2, 1);
    assert_string_equal(world_text(w, "ran"), "");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_runs_and_its_exit_code_is_told),
        cmocka_unit_test(a_job_that_dies_of_a_signal_is_told_with_it),
        cmocka_unit_test(a_hundred_jobs_at_once_all_end),
        cmocka_unit_test(the_arguments_input_and_folder_are_the_jobs),
        cmocka_unit_test(output_files_are_truncated_or_appended_to),
        cmocka_unit_test(a_job_inherits_no_descriptor_and_no_blocked_signal),
        cmocka_unit_test(the_time_limit_ends_a_job_with_term),
        cmocka_unit_test(a_raised_limit_holds_in_place_of_the_old_one),
        cmocka_unit_test(a_limit_that_could_not_be_told_is_not_confirmed),
        cmocka_unit_test(a_lowered_limit_ends_a_job_sooner),
        cmocka_unit_test(a_job_that_ignores_term_is_killed_after_the_wait),
        cmocka_unit_test(why_a_job_was_stopped_stands_in_its_error_output),
        cmocka_unit_test(a_file_that_is_gone_is_not_made_again_to_tell_why),
        cmocka_unit_test(a_job_that_cleans_up_at_the_limit_has_still_timed_out),
        cmocka_unit_test(nothing_runs_past_the_instant_it_must_end_by),
        cmocka_unit_test(the_warning_signal_goes_to_the_script_alone_with_b),
        cmocka_unit_test(the_warning_signal_spares_the_script_without_b),
        cmocka_unit_test(a_signal_does_not_kill_a_script_without_a_trap),
        cmocka_unit_test(a_signal_reaches_whom_it_is_for),
        cmocka_unit_test(an_ordered_signal_reaches_the_job),
        cmocka_unit_test(stop_and_cont_signals_suspend_and_resume_the_whole_job),
        cmocka_unit_test(a_stop_ends_a_running_job),
        cmocka_unit_test(a_stop_kills_after_its_grace),
        cmocka_unit_test(a_second_stop_may_shorten_the_grace),
        cmocka_unit_test(a_stopped_process_still_gets_its_term),
        cmocka_unit_test(a_job_stopped_before_its_start_never_runs),
        cmocka_unit_test(a_stop_during_the_start_is_decisive),
        cmocka_unit_test(a_job_that_hangs_while_it_starts_can_be_stopped),
        cmocka_unit_test(a_process_that_daemonized_ends_with_its_job),
        cmocka_unit_test(background_processes_get_term_before_kill),
        cmocka_unit_test(when_a_supervisor_is_killed_its_job_ends_and_is_gone),
        cmocka_unit_test(a_repeated_start_runs_the_job_once),
        cmocka_unit_test(an_expired_start_does_nothing),
        cmocka_unit_test(forgetting_an_attempt_leaves_nothing_of_it),
        cmocka_unit_test(a_running_attempt_is_not_forgotten),
        cmocka_unit_test(a_newer_attempt_waits_until_the_older_one_has_ended),
        cmocka_unit_test(what_cannot_start_is_rejected_with_the_reason),
        cmocka_unit_test(without_root_another_users_job_is_rejected),
        cmocka_unit_test(as_root_a_job_runs_as_its_user_and_sees_no_more),
        cmocka_unit_test(a_full_disk_refuses_new_jobs_and_loses_no_end),
        cmocka_unit_test(two_daemons_cannot_share_a_folder),
        cmocka_unit_test(a_folder_open_to_others_is_refused),
        cmocka_unit_test(without_its_spawner_the_engine_says_so_and_stops_still_work),
        cmocka_unit_test(a_start_of_which_nothing_is_heard_is_taken_back),
    };
    return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
