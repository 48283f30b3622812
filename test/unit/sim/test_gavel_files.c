/* The files and the generator of Gavel's experiments. */
#include "sim/gavel/gavel_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "model,scale_factor,k80,p100,v100\n"
#define A "A\tcmd\tdir\t-n\t1\t"
static const char table[] = HEADER "A,1,1,2,4\nA,2,0,3,7.5\nB,1,1e-3,2.25,0\n";

struct both {
    struct arena arena;
    struct gavel_speeds speeds;
    struct gavel_source source;
    struct errtext error;
};

static FILE *open_text(const char *text)
{
    FILE *f = text[0] != '\0' ? fmemopen((void *)(uintptr_t)text, strlen(text), "r")
                              : fopen("/dev/null", "re");
    assert_non_null(f);
    return f;
}

/* Both files; both->source is released by the caller when all is well. */
static enum err parse(struct both *b, const char *speeds, const char *trace)
{
    *b = (struct both){.error = {""}};
    arena_init(&b->arena);
    FILE *f = open_text(speeds);
    enum err e = gavel_speeds_parse(f, "speeds", &b->arena, &b->speeds, &b->error);
    fclose(f);
    if (e != ERR_NONE) return e;
    f = open_text(trace);
    e = gavel_source_parse(f, "trace", &b->speeds, &b->source, &b->error);
    fclose(f);
    return e;
}

static void both_release(struct both *b)
{
    gavel_source_release(&b->source);
    arena_release(&b->arena);
}

static void a_trace_is_read_into_jobs_with_their_speeds(void **state)
{
    (void)state;
    struct both b;
    assert_int_equal(parse(&b, table, A "12\t1\t1\t-1.000000\t0\n\n" A "5\t2\t2.5\t1.2\t7.5\r\n"),
                     ERR_NONE);
    assert_int_equal(b.source.count, 2);
    assert_int_equal(b.source.window_end, 2);
    assert_false(b.source.endless);
    const struct gavel_job *j = &b.source.jobs[1];
    assert_int_equal(j->gpus, 2);
    assert_true(j->steps == 5 && j->weight == 2.5 && j->arrival_s == 7.5);
    assert_true(j->speed[GAVEL_V100] == 7.5 && j->speed[GAVEL_P100] == 3 &&
                j->speed[GAVEL_K80] == 0);
    assert_true(gavel_source_has(&b.source, 1));
    assert_false(gavel_source_has(&b.source, 2));
    both_release(&b);
}

static void a_mistake_in_the_trace_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *trace, *message;
    } rows[] = {
        {"", "trace: no jobs"},
        {A "12\t1\t1\t-1\t0\nA\tcmd\n",
         "trace:2: 2 fields, but a job has 10 with a tab between them: job type, command, working "
         "directory, argument, needs data, total steps, scale factor, priority weight, SLO, "
         "arrival"},
        {A "12\t1\t1\t-1\t0\n" A "12\t1\t1\t-1\t1",
         "trace:2: the last line has no end: the file was cut short; fetch it again, or end the "
         "line if it is whole"},
        {A "-12\t1\t1\t-1\t0\n", "trace:1: total steps: '-12' is not a number of steps, 1 or more"},
        {A "nan\t1\t1\t-1\t0\n", "trace:1: total steps: 'nan' is not a number of steps, 1 or more"},
        {A "12\t0\t1\t-1\t0\n",
         "trace:1: scale factor: '0' is not a number of GPUs from 1 to 1024"},
        {A "12\t-1\t1\t-1\t0\n",
         "trace:1: scale factor: '-1' is not a number of GPUs from 1 to 1024"},
        {A "12\t1\t0\t-1\t0\n",
         "trace:1: priority weight: '0' is not a weight above 0; 1 is the usual one"},
        {A "12\t1\t1\t-1\t-3\n", "trace:1: arrival: '-3' is not a time in seconds, 0 or more"},
        {A "12\t1\t1\t-1\t1e11\n", "trace:1: arrival: '1e11' is not a time in seconds, 0 or more"},
        {A "12\t1\t1\t-1\t5\n" A "12\t1\t1\t-1\t4\n",
         "trace:2: arrives before the job of the line before it; sort the file by its last field"},
        {"C\tcmd\tdir\t-n\t1\t12\t1\t1\t-1\t0\n",
         "trace:1: unknown job type 'C': the throughput table has no such model; correct it, or "
         "add its speeds"},
        {A "12\t4\t1\t-1\t0\n",
         "trace:1: the throughput table has no row of 'A' with scale_factor 4; add its speeds, or "
         "change the job"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct both b;
        assert_int_not_equal(parse(&b, table, rows[i].trace), ERR_NONE);
        assert_string_equal(b.error.s, rows[i].message);
        assert_null(b.source.jobs);
        both_release(&b);
    }
}

static void a_mistake_in_the_table_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *speeds, *message;
    } rows[] = {
        {"model,scale_factor,v100,p100\nA,1,1,1\n", "speeds:1: column k80 is missing"},
        {HEADER, "speeds: no rows"},
        {HEADER "A,1,1,1\n", "speeds:2: 4 fields, but the header has 5"},
        {HEADER ",1,1,1,1\n", "speeds:2: column model: a name of 1 to 128 bytes is needed"},
        {HEADER "A,0,1,1,1\n", "speeds:2: column scale_factor: '0' is not a number from 1 to 1024"},
        {HEADER "A,1,1,-1,1\n", "speeds:2: column p100: '-1' is not a speed: steps a second, 0 "
                                "where the model cannot run"},
        {HEADER "A,1,1,0x1,1\n", "speeds:2: column p100: '0x1' is not a speed: steps a second, 0 "
                                 "where the model cannot run"},
        {HEADER "A,1,1,1,1\nB,1,1,1,1\nA,1,2,2,2\n",
         "speeds: 'A' with scale_factor 1 stands twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct both b;
        assert_int_not_equal(parse(&b, rows[i].speeds, ""), ERR_NONE);
        assert_string_equal(b.error.s, rows[i].message);
        both_release(&b);
    }
}

static void a_line_without_end_is_refused(void **state)
{
    (void)state;
    struct both b;
    struct buf trace = {0};
    for (int i = 0; i <= GAVEL_LINE_MAX; i++) buf_putc(&trace, 'x');
    buf_putc(&trace, '\n');
    assert_int_equal(parse(&b, table, trace.p), ERR_INVALID);
    assert_string_equal(b.error.s, "trace:1: a line of more than 4096 bytes, or with NUL");
    buf_release(&trace);
    both_release(&b);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct both b = {.error = {""}};
    assert_int_equal(gavel_speeds_read("/nonexistent", &b.arena, &b.speeds, &b.error), ERR_IO);
    assert_string_equal(b.error.s, "/nonexistent: cannot be opened: No such file or directory");
    assert_int_equal(gavel_source_read("/nonexistent", &b.speeds, &b.source, &b.error), ERR_IO);
    assert_string_equal(b.error.s, "/nonexistent: cannot be opened: No such file or directory");
}

/* The expected numbers were printed by CPython 3. */
static void random_numbers_are_those_of_cpython(void **state)
{
    (void)state;
    static const uint32_t below[] = {7, 4, 23, 3, 21, 23};
    struct gavel_random r;
    int items[] = {0, 1, 2};
    gavel_random_init(&r, 42);
    assert_true(gavel_random_unit(&r) == 0.6394267984578837);
    assert_true(gavel_random_unit(&r) == 0.025010755222666936);
    assert_true(gavel_random_uniform(&r, 3, 4) == 3.2750293183691195);
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
        assert_int_equal(gavel_random_below(&r, 26), below[i]);
    gavel_random_shuffle(&r, items, 3);
    assert_true(items[0] == 1 && items[1] == 0 && items[2] == 2);
    gavel_random_shuffle(&r, items, 3);
    assert_int_equal(gavel_random_u32(&r), UINT32_C(136505587));
    gavel_random_init(&r, 7);
    for (int i = 0; i < 1000; i++) gavel_random_unit(&r);
    assert_true(gavel_random_unit(&r) == 0.950867979111096);
}

static void streams_are_drawn_on_demand_and_alike_for_a_seed(void **state)
{
    (void)state;
    struct both b = {.error = {""}};
    struct gavel_source again;
    struct gavel_draw draw = {
        .multi = true, .per_hour = 2, .seed = 3, .window_begin = 10, .window_end = 20};
    arena_init(&b.arena);
    assert_int_equal(gavel_speeds_read("test/gavel/throughputs.csv", &b.arena, &b.speeds, &b.error),
                     ERR_NONE);
    assert_int_equal(gavel_source_init(&b.source, &draw, &b.speeds, &b.error), ERR_NONE);
    assert_int_equal(gavel_source_init(&again, &draw, &b.speeds, &b.error), ERR_NONE);
    assert_int_equal(b.source.count, 0);
    assert_true(gavel_source_has(&b.source, 999));
    assert_int_equal(b.source.count, 1000);
    for (uint32_t i = 0; i < 1000; i += 111) assert_true(gavel_source_has(&again, i));
    for (uint32_t i = 0; i < 1000; i++) {
        const struct gavel_job *j = &b.source.jobs[i];
        assert_true(j->gpus == 1 || j->gpus == 2 || j->gpus == 4 || j->gpus == 8);
        assert_true(i == 0 ? j->arrival_s == 0 : j->arrival_s >= j[-1].arrival_s);
        double minutes = j->steps / j->speed[GAVEL_V100] / 60;
        assert_true(minutes > 31.6 && minutes < 10000.1);
        if (i < again.count) assert_true(again.jobs[i].steps == j->steps);
    }
    double hours = b.source.jobs[999].arrival_s / 3600;
    assert_true(hours > 450 && hours < 550);
    gavel_source_release(&again);
    both_release(&b);
}

static void a_stream_at_rate_0_is_all_there_at_the_start(void **state)
{
    (void)state;
    struct both b = {.error = {""}};
    struct gavel_draw draw = {.window_begin = 0, .window_end = 30};
    arena_init(&b.arena);
    assert_int_equal(gavel_speeds_read("test/gavel/throughputs.csv", &b.arena, &b.speeds, &b.error),
                     ERR_NONE);
    assert_int_equal(gavel_source_init(&b.source, &draw, &b.speeds, &b.error), ERR_NONE);
    assert_int_equal(b.source.count, 30);
    assert_false(gavel_source_has(&b.source, 30));
    for (uint32_t i = 0; i < 30; i++)
        assert_true(b.source.jobs[i].arrival_s == 0 && b.source.jobs[i].gpus == 1);
    both_release(&b);
}

static void a_stream_needs_the_speeds_of_all_models_that_it_draws(void **state)
{
    (void)state;
    struct both b;
    struct gavel_source s;
    struct gavel_draw draw = {.window_begin = 0, .window_end = 1};
    assert_int_equal(parse(&b, table, A "12\t1\t1\t-1\t0\n"), ERR_NONE);
    assert_int_equal(gavel_source_init(&s, &draw, &b.speeds, &b.error), ERR_INVALID);
    assert_string_equal(b.error.s, "the throughput table has no speed on a v100 of 'ResNet-18 "
                                   "(batch size 16)' with scale_factor 1, and --generate draws it");
    both_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_is_read_into_jobs_with_their_speeds),
        cmocka_unit_test(a_mistake_in_the_trace_is_told_with_its_line),
        cmocka_unit_test(a_mistake_in_the_table_is_told_with_its_line),
        cmocka_unit_test(a_line_without_end_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(random_numbers_are_those_of_cpython),
        cmocka_unit_test(streams_are_drawn_on_demand_and_alike_for_a_seed),
        cmocka_unit_test(a_stream_at_rate_0_is_all_there_at_the_start),
        cmocka_unit_test(a_stream_needs_the_speeds_of_all_models_that_it_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
