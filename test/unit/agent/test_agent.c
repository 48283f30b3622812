/* The agent's protocol as tables: each line is one input and all that it puts out. */
#include "agent/agent.h"
#include "base/civil.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One line: at `at_s` seconds the input arrives; `out` is what must come of it, "" nothing. Orders
 * are issued at the time they arrive unless issued_s says otherwise. */
struct line {
    int64_t at_s;
    int kind; /* enum agent_input_kind */
    uint32_t job, attempt;
    const char *out;
    int64_t issued_s, expires_s; /* START: expires_s 0 means issued + 60 */
    int64_t grace_s;
    int32_t code, signal;
    bool permanent;
    int64_t until_s; /* -1: until FORGET */
    int64_t limit_s;
    uint32_t number; /* LIMIT, FOUND_RUNNING */
};

static void print_output(const struct agent_output *o, struct buf *text)
{
    if (text->len > 0) buf_puts(text, "; ");
    if (o->kind != AGENT_REPORT) buf_puts(text, agent_output_names[o->kind]);
    switch ((enum agent_output_kind)o->kind) {
    case AGENT_SEND: buf_printf(text, " %" PRIu32, o->signal); break;
    case AGENT_SET_LIMIT: buf_printf(text, " %" PRId64, o->limit_ms / 1000); break;
    case AGENT_BAR:
        if (o->until_ms == CIVIL_NEVER_MS)
            buf_puts(text, " until forgotten");
        else
            buf_printf(text, " until %" PRId64, o->until_ms / 1000);
        break;
    case AGENT_ERASE: buf_printf(text, " floor %" PRId64, o->until_ms / 1000); break;
    case AGENT_REPORT:
        buf_puts(text, report_names[o->report.kind]);
        if (o->report.exit_code != 0) buf_printf(text, " code %" PRId32, o->report.exit_code);
        if (o->report.signal != 0) buf_printf(text, " signal %" PRId32, o->report.signal);
        if (o->report.timed_out) buf_puts(text, " timed-out");
        if (o->report.limit_number != 0)
            buf_printf(text, " limit %" PRIu32, o->report.limit_number);
        assert_int_equal(o->report.job.v, o->job.v);
        assert_int_equal(o->report.attempt, o->attempt);
        break;
    case AGENT_SPAWN:
    case AGENT_TERM:
    case AGENT_KILL:
    case AGENT_OUTPUT_COUNT: break;
    }
    buf_printf(text, " %" PRIu32 ".%" PRIu32, o->job.v, o->attempt);
}

static void run_table(const struct line *lines, size_t count, struct agent_config config)
{
    struct agent *a = agent_new(config);
    struct agent_outputs out = {0};
    struct buf text = {0};
    for (size_t i = 0; i < count; i++) {
        const struct line *l = &lines[i];
        int64_t issued_s = l->issued_s != 0 ? l->issued_s : l->at_s;
        struct agent_input in = {
            .kind = l->kind,
            .now_ms = l->at_s * 1000,
            .job = {l->job},
            .attempt = l->attempt,
            .issued_ms = issued_s * 1000,
            .expires_ms = (l->expires_s != 0 ? l->expires_s : issued_s + 60) * 1000,
            .grace_ms = l->grace_s * 1000,
            .signal = (uint32_t)l->signal,
            .permanent = l->permanent,
            .exit = {.code = l->code, .signal = l->kind == AGENT_SIGNAL ? 0 : l->signal},
            .until_ms = l->until_s < 0 ? CIVIL_NEVER_MS : l->until_s * 1000,
            .detail = STR("why"),
            .limit_ms = l->limit_s * 1000,
            .limit_number = l->number,
        };
        agent_step(a, &in, &out);
        struct errtext error;
        if (agent_check(a, &error) != ERR_NONE) fail_msg("line %zu: %s", i + 1, error.s);
        buf_clear(&text);
        for (size_t k = 0; k < out.count; k++) print_output(&out.items[k], &text);
        if (!str_eqz(buf_str(&text), l->out))
            fail_msg("line %zu, %s at %" PRId64 " s: expected \"%s\", got \"%.*s\"", i + 1,
                     agent_input_names[l->kind], l->at_s, l->out, (int)text.len,
                     text.len > 0 ? text.p : "");
    }
    buf_release(&text);
    agent_outputs_release(&out);
    agent_free(a);
}

#define RUN(...) RUN_WITH(((struct agent_config){0}), __VA_ARGS__)
#define RUN_WITH(config, ...)                                                                      \
    do {                                                                                           \
        static const struct line lines_[] = {__VA_ARGS__};                                         \
        run_table(lines_, sizeof lines_ / sizeof *lines_, (config));                               \
    } while (0)

static void a_start_spawns_once_and_answers_started_again(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 1, .out = "spawn 7.1"}, {2, AGENT_START, 7, 1, .out = ""},
        {3, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
        {4, AGENT_START, 7, 1, .out = "started 7.1"}, {5, AGENT_SPAWNED, 7, 1, .out = ""},
        {9, AGENT_EXITED, 7, 1, .out = "finished code 3 7.1", .code = 3},
        {10, AGENT_START, 7, 1, .out = "finished code 3 7.1"}, {11, AGENT_EXITED, 7, 1, .out = ""});
}

static void an_expired_start_does_not_spawn_and_says_nothing(void **state)
{
    (void)state;
    RUN({100, AGENT_START, 7, 1, .out = "", .issued_s = 1, .expires_s = 61},
        {101, AGENT_START, 7, 1, .out = "spawn 7.1", .issued_s = 90, .expires_s = 150});
}

static void the_time_of_an_order_counts_where_the_engine_clock_is_behind(void **state)
{
    (void)state;
    RUN({10, AGENT_STOP, 8, 1, .out = "bar until 1180 8.1; gone 8.1", .issued_s = 1000},
        {11, AGENT_START, 7, 1, .out = "", .issued_s = 900, .expires_s = 960});
}

static void a_stop_of_an_unknown_attempt_bars_it(void **state)
{
    (void)state;
    RUN({1, AGENT_STOP, 7, 1, .out = "bar until 181 7.1; gone 7.1", .grace_s = 30},
        {2, AGENT_START, 7, 1, .out = "gone 7.1"}, {3, AGENT_STOP, 7, 1, .out = "gone 7.1"},
        {4, AGENT_FORGET, 7, 1, .out = ""},
        {50, AGENT_START, 7, 1, .out = "gone 7.1", .issued_s = 1}, {180, AGENT_CLOCK, .out = ""},
        {181, AGENT_CLOCK, .out = "erase floor 181 7.1"},
        {182, AGENT_START, 7, 1, .out = "", .issued_s = 1},
        {183, AGENT_START, 7, 2, .out = "spawn 7.2"});
}

static void an_older_attempt_than_the_newest_known_is_barred(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 3, .out = "spawn 7.3"},
        {2, AGENT_START, 7, 2, .out = "bar until 182 7.2; gone 7.2"},
        {3, AGENT_SPAWNED, 7, 3, .out = "started 7.3"}, {4, AGENT_START, 7, 2, .out = "gone 7.2"},
        {5, AGENT_START, 8, 1, .out = "spawn 8.1"});
}

static void a_newer_attempt_waits_until_the_older_one_is_gone(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 1, .out = "spawn 7.1"}, {2, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
        {3, AGENT_START, 7, 2, .out = "term 7.1"}, {8, AGENT_START, 7, 2, .out = ""},
        {33, AGENT_CLOCK, .out = "kill 7.1"},
        {34, AGENT_EXITED, 7, 1, .out = "finished signal 9 7.1", .signal = 9},
        {35, AGENT_START, 7, 2, .out = "spawn 7.2"});
}

static void a_stop_sends_term_then_kill_until_the_attempt_is_gone(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 1, .out = "spawn 7.1"}, {2, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
        {10, AGENT_STOP, 7, 1, .out = "term 7.1", .grace_s = 30},
        {15, AGENT_STOP, 7, 1, .out = "", .grace_s = 30}, {39, AGENT_CLOCK, .out = ""},
        {40, AGENT_CLOCK, .out = "kill 7.1"}, {45, AGENT_CLOCK, .out = "kill 7.1"},
        {46, AGENT_EXITED, 7, 1, .out = "finished signal 9 7.1", .signal = 9},
        {47, AGENT_STOP, 7, 1, .out = "finished signal 9 7.1"}, {48, AGENT_FORGET, 7, 1, .out = ""},
        {49, AGENT_STOP, 7, 1, .out = "gone 7.1"});
}

static void a_second_stop_may_shorten_the_grace_but_not_lengthen_it(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 1, .out = "spawn 7.1"}, {2, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
        {10, AGENT_STOP, 7, 1, .out = "term 7.1", .grace_s = 30},
        {11, AGENT_STOP, 7, 1, .out = "", .grace_s = 5},
        {12, AGENT_STOP, 7, 1, .out = "", .grace_s = 60}, {16, AGENT_CLOCK, .out = "kill 7.1"},
        {17, AGENT_STOP, 7, 1, .out = "kill 7.1", .grace_s = 0});
}

static void a_stop_without_grace_kills_at_once(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 1, .out = "spawn 7.1"}, {2, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
        {3, AGENT_STOP, 7, 1, .out = "term 7.1; kill 7.1"}, {8, AGENT_CLOCK, .out = "kill 7.1"});
}

static void a_stop_during_the_spawn_is_carried_out_when_it_runs(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 1, .out = "spawn 7.1"}, {2, AGENT_STOP, 7, 1, .out = "", .grace_s = 30},
        {3, AGENT_SPAWNED, 7, 1, .out = "started 7.1; term 7.1"},
        {33, AGENT_CLOCK, .out = "kill 7.1"},
        {34, AGENT_EXITED, 7, 1, .out = "finished signal 9 7.1", .signal = 9},
        {35, AGENT_FORGET, 7, 1, .out = ""}, {40, AGENT_START, 8, 1, .out = "spawn 8.1"},
        {41, AGENT_STOP, 8, 1, .out = "", .grace_s = 30},
        {42, AGENT_SPAWN_FAILED, 8, 1, .out = "bar until forgotten 8.1; gone 8.1"});
}

static void a_failed_spawn_is_rejected_or_gone(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 1, .out = "spawn 7.1"},
        {2, AGENT_SPAWN_FAILED, 7, 1, .out = "bar until forgotten 7.1; rejected 7.1",
         .permanent = true},
        {3, AGENT_START, 7, 1, .out = "rejected 7.1"}, {3, AGENT_FORGET, 7, 1, .out = ""},
        {4, AGENT_START, 8, 1, .out = "spawn 8.1"},
        {5, AGENT_SPAWN_FAILED, 8, 1, .out = "bar until forgotten 8.1; gone 8.1"},
        {6, AGENT_START, 8, 1, .out = "gone 8.1"}, {7, AGENT_SPAWN_FAILED, 9, 1, .out = ""});
}

static void an_end_is_reported_until_it_is_forgotten(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 1, .out = "spawn 7.1"}, {2, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
        {10, AGENT_EXITED, 7, 1, .out = "finished 7.1"}, {15, AGENT_CLOCK, .out = "finished 7.1"},
        {24, AGENT_CLOCK, .out = ""}, {25, AGENT_CLOCK, .out = "finished 7.1"},
        {45, AGENT_CLOCK, .out = "finished 7.1"}, {85, AGENT_CLOCK, .out = "finished 7.1"},
        {145, AGENT_CLOCK, .out = "finished 7.1"}, {205, AGENT_CLOCK, .out = "finished 7.1"},
        {206, AGENT_FORGET, 7, 1, .out = ""}, {300, AGENT_CLOCK, .out = ""},
        {386, AGENT_CLOCK, .out = "erase floor 386 7.1"}, {387, AGENT_FORGET, 7, 1, .out = ""});
}

static void the_death_of_the_supervisor_is_gone(void **state)
{
    (void)state;
    RUN({1, AGENT_START, 7, 1, .out = "spawn 7.1"},
        {2, AGENT_LOST, 7, 1, .out = "bar until forgotten 7.1; gone 7.1"},
        {2, AGENT_FORGET, 7, 1, .out = ""}, {3, AGENT_START, 8, 1, .out = "spawn 8.1"},
        {4, AGENT_SPAWNED, 8, 1, .out = "started 8.1"}, {5, AGENT_LOST, 8, 1, .out = "gone 8.1"},
        {6, AGENT_STOP, 8, 1, .out = "gone 8.1"}, {7, AGENT_LOST, 9, 1, .out = ""});
}

static void signals_reach_running_attempts_only(void **state)
{
    (void)state;
    RUN({1, AGENT_SIGNAL, 7, 1, .out = "", .signal = 10},
        {2, AGENT_START, 7, 1, .out = "spawn 7.1"},
        {3, AGENT_SIGNAL, 7, 1, .out = "", .signal = 10},
        {4, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
        {5, AGENT_SIGNAL, 7, 1, .out = "send 10 7.1", .signal = 10},
        {6, AGENT_STOP, 7, 1, .out = "term 7.1", .grace_s = 30},
        {7, AGENT_SIGNAL, 7, 1, .out = "send 12 7.1", .signal = 12},
        {8, AGENT_EXITED, 7, 1, .out = "finished 7.1"},
        {9, AGENT_SIGNAL, 7, 1, .out = "", .signal = 10});
}

static void a_limit_is_set_once_and_never_by_an_older_order(void **state)
{
    (void)state;
    RUN({1, AGENT_LIMIT, 7, 1, .out = "", .limit_s = 60, .number = 1},
        {2, AGENT_START, 7, 1, .out = "spawn 7.1"},
        {3, AGENT_LIMIT, 7, 1, .out = "", .limit_s = 60, .number = 1},
        {4, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
        {5, AGENT_LIMIT, 7, 1, .out = "limit 90 7.1; started limit 2 7.1", .limit_s = 90,
         .number = 2},
        {6, AGENT_LIMIT, 7, 1, .out = "started limit 2 7.1", .limit_s = 60, .number = 1},
        {7, AGENT_START, 7, 1, .out = "started limit 2 7.1"},
        {8, AGENT_STOP, 7, 1, .out = "term 7.1", .grace_s = 30},
        {9, AGENT_LIMIT, 7, 1, .out = "", .limit_s = 99, .number = 3},
        {9, AGENT_FOUND_RUNNING, 8, 1, .out = "started limit 4 8.1", .number = 4},
        {9, AGENT_LIMIT, 8, 1, .out = "started limit 4 8.1", .limit_s = 99, .number = 3});
}

/* Seed 9102 of the simulator: the report was under way for minutes, the engine died meanwhile. */
static void a_failed_spawn_is_not_tried_again_before_it_is_forgotten(void **state)
{
    (void)state;
    RUN({1, AGENT_FOUND_BARRED, 5, 1, .out = "gone 5.1", .until_s = -1},
        {300, AGENT_START, 5, 1, .out = "gone 5.1; gone 5.1"},
        {4000, AGENT_START, 5, 1, .out = "gone 5.1; gone 5.1"},
        {4001, AGENT_FORGET, 5, 1, .out = ""}, {4002, AGENT_START, 5, 1, .out = "gone 5.1"},
        {4181, AGENT_CLOCK, .out = "erase floor 4181 5.1"});
}

static void what_is_found_at_start_up_is_adopted(void **state)
{
    (void)state;
    RUN_WITH(((struct agent_config){.floor_ms = 5000}),
             {1, AGENT_FOUND_RUNNING, 1, 1, .out = "started 1.1"},
             {1, AGENT_FOUND_ENDED, 2, 1, .out = "finished code 4 2.1", .code = 4},
             {1, AGENT_FOUND_LOST, 3, 1, .out = "gone 3.1"},
             {1, AGENT_FOUND_UNBEGUN, 4, 1, .out = ""},
             {1, AGENT_FOUND_BARRED, 5, 1, .out = "", .until_s = 100},
             {1, AGENT_FOUND_UNBEGUN, 6, 1, .out = ""}, {1, AGENT_FOUND_RUNNING, 1, 1, .out = ""},
             {2, AGENT_START, 1, 1, .out = "started 1.1"},
             {2, AGENT_START, 2, 1, .out = "finished code 4 2.1"},
             {2, AGENT_START, 4, 1, .out = "spawn 4.1"}, {2, AGENT_START, 5, 1, .out = "gone 5.1"},
             {2, AGENT_STOP, 6, 1, .out = "bar until 185 6.1; gone 6.1"},
             {3, AGENT_FORGET, 2, 1, .out = ""}, {3, AGENT_FORGET, 3, 1, .out = ""},
             {100, AGENT_CLOCK, .out = "erase floor 100 5.1"});
}

static void an_attempt_that_never_began_is_erased_when_nobody_asks_for_it(void **state)
{
    (void)state;
    RUN({1, AGENT_FOUND_UNBEGUN, 4, 1, .out = ""}, {180, AGENT_CLOCK, .out = ""},
        {181, AGENT_CLOCK, .out = "erase floor 181 4.1"});
}

static void the_floor_keeps_expired_starts_expired_after_a_crash(void **state)
{
    (void)state;
    RUN_WITH(((struct agent_config){.floor_ms = 500000}),
             {1, AGENT_START, 7, 1, .out = "", .issued_s = 430, .expires_s = 490},
             {2, AGENT_START, 7, 1, .out = "spawn 7.1", .issued_s = 450, .expires_s = 510});
}

static void the_engine_clock_may_step_back(void **state)
{
    (void)state;
    RUN({1000, AGENT_STOP, 7, 1, .out = "bar until 1180 7.1; gone 7.1"},
        {10, AGENT_START, 7, 1, .out = "gone 7.1", .issued_s = 999},
        {11, AGENT_START, 8, 1, .out = "", .issued_s = 900, .expires_s = 960});
}

static void erase_at_once_leaves_the_tombstone_in_memory(void **state)
{
    (void)state;
    RUN_WITH(((struct agent_config){.erase_at_once = true}),
             {1, AGENT_START, 7, 1, .out = "spawn 7.1"},
             {2, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
             {3, AGENT_EXITED, 7, 1, .out = "finished 7.1"},
             {4, AGENT_FORGET, 7, 1, .out = "erase floor 4 7.1"},
             {5, AGENT_FORGET, 7, 1, .out = ""}, {6, AGENT_START, 7, 1, .out = "gone 7.1"},
             {184, AGENT_CLOCK, .out = ""}, {185, AGENT_START, 7, 1, .out = "", .issued_s = 6});
}

static void forget_of_what_still_runs_is_ignored(void **state)
{
    (void)state;
    RUN({1, AGENT_FORGET, 7, 1, .out = ""}, {2, AGENT_START, 7, 1, .out = "spawn 7.1"},
        {3, AGENT_FORGET, 7, 1, .out = ""}, {4, AGENT_SPAWNED, 7, 1, .out = "started 7.1"},
        {5, AGENT_FORGET, 7, 1, .out = ""}, {6, AGENT_START, 7, 1, .out = "started 7.1"});
}

static void a_long_detail_is_cut_between_characters(void **state)
{
    (void)state;
    char text[AGENT_DETAIL_MAX + 8];
    memset(text, 'x', sizeof text);
    memcpy(text + AGENT_DETAIL_MAX - 1, "\xc3\xa9", 2);
    struct agent *a = agent_new((struct agent_config){0});
    struct agent_outputs out = {0};
    struct agent_input in = {
        .kind = AGENT_FOUND_LOST, .job = {1}, .attempt = 1, .detail = {text, sizeof text}};
    agent_step(a, &in, &out);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.items[0].report.detail.len, AGENT_DETAIL_MAX - 1);
    assert_true(str_is_utf8(out.items[0].report.detail));
    agent_outputs_release(&out);
    agent_free(a);
}

static void effects_of_the_core_become_orders(void **state)
{
    (void)state;
    struct effect e = {.kind = FX_STOP, .job = {9}, .attempt = 4, .grace_ms = 77};
    struct agent_input in = agent_order(&e, 1000, 2000);
    assert_int_equal(in.kind, AGENT_STOP);
    assert_int_equal(in.job.v, 9);
    assert_int_equal(in.attempt, 4);
    assert_int_equal(in.grace_ms, 77);
    assert_int_equal(in.issued_ms, 1000);
    assert_int_equal(in.now_ms, 2000);
}

/* ---- random inputs against the promises A1..A3, with the simplest possible engine ---- */

static uint32_t next(uint64_t *s)
{
    *s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*s >> 33);
}

enum { RANDOM_JOBS = 5, RANDOM_ATTEMPTS = 6, RANDOM_STEPS = 40000 };

static void no_order_of_inputs_breaks_the_promises(void **state)
{
    (void)state;
    uint64_t seed = 1;
    struct agent *a = agent_new((struct agent_config){0});
    struct agent_outputs out = {0};
    int spawned[RANDOM_JOBS + 1][RANDOM_ATTEMPTS + 1] = {0};
    bool runs[RANDOM_JOBS + 1][RANDOM_ATTEMPTS + 1] = {0};
    bool over[RANDOM_JOBS + 1][RANDOM_ATTEMPTS + 1] = {0};
    int64_t now_ms = 0;
    for (int i = 0; i < RANDOM_STEPS; i++) {
        /* Few steps of time, so that no tombstone falls: START orders here never expire. */
        now_ms += next(&seed) % 4;
        struct agent_input in = {.kind = (int)(next(&seed) % (AGENT_LOST + 1)),
                                 .now_ms = now_ms,
                                 .job = {1 + next(&seed) % RANDOM_JOBS},
                                 .attempt = 1 + next(&seed) % RANDOM_ATTEMPTS,
                                 .expires_ms = INT64_MAX,
                                 .grace_ms = next(&seed) % 3};
        if (next(&seed) % 8 == 0) in.kind = AGENT_CLOCK;
        bool *running = &runs[in.job.v][in.attempt];
        if ((in.kind >= AGENT_SPAWNED && in.kind <= AGENT_LOST) && !*running) continue;
        if (in.kind == AGENT_EXITED || in.kind == AGENT_LOST || in.kind == AGENT_SPAWN_FAILED) {
            if (in.kind == AGENT_SPAWN_FAILED &&
                agent_state(a, in.job, in.attempt) != AGENT_STARTING)
                continue;
            *running = false;
        }
        agent_step(a, &in, &out);
        struct errtext error;
        if (agent_check(a, &error) != ERR_NONE) fail_msg("step %d: %s", i, error.s);
        for (size_t k = 0; k < out.count; k++) {
            const struct agent_output *o = &out.items[k];
            if (o->kind == AGENT_SPAWN) {
                assert_int_equal(++spawned[o->job.v][o->attempt], 1);
                assert_false(over[o->job.v][o->attempt]);
                for (int n = 1; n <= RANDOM_ATTEMPTS; n++) assert_false(runs[o->job.v][n]);
                runs[o->job.v][o->attempt] = true;
            }
            if (o->kind == AGENT_REPORT && o->report.kind != REPORT_STARTED) {
                over[o->job.v][o->attempt] = true;
                assert_false(runs[o->job.v][o->attempt]);
            }
        }
    }
    agent_outputs_release(&out);
    agent_free(a);
}

static void a_hundred_thousand_attempts_are_kept_in_order_of_their_timers(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    struct agent *a = agent_new((struct agent_config){0});
    struct agent_outputs out = {0};
    uint64_t seed = 2;
    for (uint32_t i = 0; i < MANY; i++) {
        struct agent_input in = {.kind = AGENT_FOUND_BARRED,
                                 .job = {1 + i},
                                 .attempt = 1,
                                 .until_ms = 1 + next(&seed) % 1000000};
        agent_step(a, &in, &out);
    }
    assert_int_equal(agent_count(a), MANY);
    int64_t last_ms = 0;
    size_t erased = 0;
    while (agent_next_ms(a) != CIVIL_NEVER_MS) {
        int64_t due_ms = agent_next_ms(a);
        assert_true(due_ms > last_ms);
        last_ms = due_ms;
        agent_step(a, &(struct agent_input){.kind = AGENT_CLOCK, .now_ms = due_ms}, &out);
        erased += out.count;
    }
    assert_int_equal(erased, MANY);
    assert_int_equal(agent_count(a), 0);
    agent_outputs_release(&out);
    agent_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_spawns_once_and_answers_started_again),
        cmocka_unit_test(an_expired_start_does_not_spawn_and_says_nothing),
        cmocka_unit_test(the_time_of_an_order_counts_where_the_engine_clock_is_behind),
        cmocka_unit_test(a_stop_of_an_unknown_attempt_bars_it),
        cmocka_unit_test(an_older_attempt_than_the_newest_known_is_barred),
        cmocka_unit_test(a_newer_attempt_waits_until_the_older_one_is_gone),
        cmocka_unit_test(a_stop_sends_term_then_kill_until_the_attempt_is_gone),
        cmocka_unit_test(a_second_stop_may_shorten_the_grace_but_not_lengthen_it),
        cmocka_unit_test(a_stop_without_grace_kills_at_once),
        cmocka_unit_test(a_stop_during_the_spawn_is_carried_out_when_it_runs),
        cmocka_unit_test(a_failed_spawn_is_rejected_or_gone),
        cmocka_unit_test(an_end_is_reported_until_it_is_forgotten),
        cmocka_unit_test(the_death_of_the_supervisor_is_gone),
        cmocka_unit_test(signals_reach_running_attempts_only),
        cmocka_unit_test(a_limit_is_set_once_and_never_by_an_older_order),
        cmocka_unit_test(a_failed_spawn_is_not_tried_again_before_it_is_forgotten),
        cmocka_unit_test(what_is_found_at_start_up_is_adopted),
        cmocka_unit_test(an_attempt_that_never_began_is_erased_when_nobody_asks_for_it),
        cmocka_unit_test(the_floor_keeps_expired_starts_expired_after_a_crash),
        cmocka_unit_test(the_engine_clock_may_step_back),
        cmocka_unit_test(erase_at_once_leaves_the_tombstone_in_memory),
        cmocka_unit_test(forget_of_what_still_runs_is_ignored),
        cmocka_unit_test(a_long_detail_is_cut_between_characters),
        cmocka_unit_test(effects_of_the_core_become_orders),
        cmocka_unit_test(no_order_of_inputs_breaks_the_promises),
        cmocka_unit_test(a_hundred_thousand_attempts_are_kept_in_order_of_their_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
