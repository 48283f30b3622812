/* Whole runs of Gavel's experiments: the published figures, Berth's goals, what always holds. */
#include "base/mem.h"
#include "sim/gavel/gavel_even.h"
#include "sim/gavel/gavel_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#define FAIR "test/gavel/max_min_fairness.trace"
#define MAKESPAN "test/gavel/minimize_makespan.trace"

static struct arena arena;
static struct gavel_speeds speeds;

static int read_speeds(void **state)
{
    (void)state;
    struct errtext error;
    arena_init(&arena);
    return gavel_speeds_read("test/gavel/throughputs.csv", &arena, &speeds, &error) != ERR_NONE;
}

static int drop_speeds(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct gavel_setup setup_of(int policy, double reset_s)
{
    return (struct gavel_setup){.workers = {36, 36, 36},
                                .policy = policy,
                                .reset_s = reset_s,
                                .rounds_max = GAVEL_ROUNDS_MAX};
}

static struct gavel_result run_setup(struct gavel_source *s, const struct gavel_setup *setup)
{
    struct gavel_result r;
    struct errtext error = {""};
    enum err e = gavel_run(s, setup, &r, &error);
    assert_string_equal(error.s, "");
    assert_int_equal(e, ERR_NONE);
    gavel_source_release(s);
    return r;
}

/* A trace, on the cluster of Gavel's physical experiments. */
static struct gavel_result run_trace(const char *path, int policy, enum gavel_objective objective,
                                     double reset_s)
{
    struct gavel_source s;
    struct errtext error;
    struct gavel_setup setup = setup_of(policy, reset_s);
    setup.workers[GAVEL_V100] = 8;
    setup.workers[GAVEL_P100] = 16;
    setup.workers[GAVEL_K80] = 24;
    setup.objective = objective;
    assert_int_equal(gavel_source_read(path, &speeds, &s, &error), ERR_NONE);
    return run_setup(&s, &setup);
}

static struct gavel_result run_stream(const struct gavel_draw *draw, int policy, double reset_s)
{
    struct gavel_source s;
    struct errtext error;
    struct gavel_setup setup = setup_of(policy, reset_s);
    setup.seed = draw->seed;
    assert_int_equal(gavel_source_init(&s, draw, &speeds, &error), ERR_NONE);
    return run_setup(&s, &setup);
}

/* As precise as the published figure is printed. */
static void assert_near(double got, double published, double within)
{
    if (fabs(got - published) > within) fail_msg("%.7g, published %.7g", got, published);
}

static void fifo_perf_equals_the_published_simulator(void **state)
{
    (void)state;
    struct gavel_result r = run_trace(FAIR, GAVEL_FIFO_PERF, GAVEL_JCT, 1920);
    assert_near(r.avg_jct_h, 5.424126, 5e-7);
    assert_near(r.p99_jct_h, 8.7426, 5e-5);
    assert_near(r.makespan_h, 20.0888, 5e-5);
    assert_near(r.utilisation, 0.7225, 5e-5);
    assert_near(r.cost_usd, 245.43, 5e-3);
    assert_int_equal(r.rounds, 202);
    r = run_trace(MAKESPAN, GAVEL_FIFO_PERF, GAVEL_JCT, 1920);
    assert_near(r.avg_jct_h, 11.182760, 5e-7);
    assert_near(r.p99_jct_h, 22.7435, 5e-5);
    assert_near(r.makespan_h, 25.1948, 5e-5);
    assert_near(r.utilisation, 0.7698, 5e-5);
    assert_near(r.cost_usd, 320.66, 5e-3);
    assert_int_equal(r.rounds, 253);
    struct gavel_draw single = {.per_hour = 4, .window_begin = 4000, .window_end = 5000};
    r = run_stream(&single, GAVEL_FIFO_PERF, 1920);
    assert_near(r.avg_jct_h, 17.331238, 5e-7);
    assert_near(r.p99_jct_h, 143.7354, 5e-5);
    assert_near(r.makespan_h, 1367.9882, 5e-5);
    assert_near(r.utilisation, 0.5871, 5e-5);
    assert_near(r.cost_usd, 51279.42, 5e-3);
    assert_int_equal(r.rounds, 13681);
    struct gavel_draw multi = {
        .multi = true, .per_hour = 2.4, .window_begin = 500, .window_end = 1000};
    r = run_stream(&multi, GAVEL_FIFO_PERF, 1920);
    assert_int_equal(r.jobs, 499);
    assert_int_equal(r.dropped, 1);
    assert_near(r.avg_jct_h, 31.438934, 5e-7);
    assert_near(r.p99_jct_h, 170.2653, 5e-5);
    assert_near(r.makespan_h, 577.8971, 5e-5);
    assert_near(r.utilisation, 0.7033, 5e-5);
    assert_near(r.cost_usd, 22568.5, 5e-2);
}

static void fifo_equals_the_published_simulator_with_its_mistake(void **state)
{
    (void)state;
    struct gavel_draw d = {.per_hour = 4, .window_begin = 4000, .window_end = 5000};
    struct gavel_result r = run_stream(&d, GAVEL_FIFO, 1920);
    assert_near(r.avg_jct_h, 26.2720, 5e-5);
    assert_near(r.makespan_h, 1886.9910, 5e-5);
    assert_near(r.utilisation, 0.806, 5e-4);
    assert_near(r.cost_usd, 76904.9, 5e-2);
    assert_int_equal(r.rounds, 18871);
}

/* The same split in rounds: the ratio to it is 1, but for what rounds add and idle GPUs give. */
static void the_even_split_is_that_of_the_policy_isolated(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 3; seed++) {
        struct gavel_draw d = {.per_hour = 5, .seed = seed, .window_begin = 400, .window_end = 700};
        struct gavel_result r = run_stream(&d, GAVEL_ISOLATED, 0);
        assert_near(r.mean_ftf, 1, 0.08);
        assert_true(r.worst_ftf < 1.6); /* a job of half an hour that waited two rounds */
    }
}

/* Figure 8 of the paper; the optimum of the program is not one point, so the figure is not. */
static void fair_shares_come_near_the_published_figures(void **state)
{
    (void)state;
    static const struct {
        int policy;
        double per_hour, jct_h, reset_s;
    } rows[] = {
        {GAVEL_LAS_PERF, 0.8, 17.64, 0},      {GAVEL_LAS_PERF, 2.8, 16.04, 0},
        {GAVEL_LAS_PERF, 4.4, 17.48, 0},      {GAVEL_LAS_PERF, 5.2, 22.02, 0},
        {GAVEL_LAS_PERF, 5.6, 28.96, 1000},   {GAVEL_LAS, 2, 23.47, 0},
        {GAVEL_FIFO_PERF, 5.6, 104.12, 1000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gavel_draw d = {
            .per_hour = rows[i].per_hour, .window_begin = 4000, .window_end = 5000};
        struct gavel_result r = run_stream(&d, rows[i].policy, rows[i].reset_s);
        assert_near(r.avg_jct_h, rows[i].jct_h, 0.035 * rows[i].jct_h);
    }
    assert_near(run_trace(FAIR, GAVEL_LAS_PERF, GAVEL_JCT, 1920).avg_jct_h, 4.115, 0.144);
}

static void makespan_perf_ends_near_the_bound(void **state)
{
    (void)state;
    struct gavel_result r = run_trace(MAKESPAN, GAVEL_MAKESPAN_PERF, GAVEL_JCT, 1920);
    assert_true(r.makespan_h >= 17.7083 && r.makespan_h <= 18.08);
    static const struct {
        uint32_t jobs;
        double makespan_h; /* mean of seeds 0, 1, 2 */
    } rows[] = {{100, 161.163998}, {500, 169.422498}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double sum = 0;
        for (uint32_t seed = 0; seed < 3; seed++) {
            struct gavel_draw d = {.multi = true, .seed = seed, .window_end = rows[i].jobs};
            sum += run_stream(&d, GAVEL_MAKESPAN_PERF, 0).makespan_h;
        }
        assert_near(sum / 3, rows[i].makespan_h, 0.035 * rows[i].makespan_h);
    }
}

static void berth_meets_its_goals(void **state)
{
    (void)state;
    struct gavel_result r = run_trace(FAIR, GAVEL_BERTH, GAVEL_JCT, 0);
    assert_true(r.avg_jct_h <= 3.4);
    assert_true(r.worst_ftf < run_trace(FAIR, GAVEL_LAS_PERF, GAVEL_JCT, 0).worst_ftf);
    r = run_trace(MAKESPAN, GAVEL_BERTH, GAVEL_JCT, 0);
    assert_true(r.avg_jct_h <= 7.3);
    assert_true(r.worst_ftf < run_trace(MAKESPAN, GAVEL_LAS_PERF, GAVEL_JCT, 0).worst_ftf);
    r = run_trace(MAKESPAN, GAVEL_BERTH, GAVEL_MAKESPAN, 0);
    assert_true(r.makespan_h <= 17.95);
    struct gavel_draw d = {.per_hour = 5.2, .window_begin = 4000, .window_end = 5000};
    r = run_stream(&d, GAVEL_BERTH, 0);
    assert_true(r.avg_jct_h <= 19.5 && r.worst_own < 2 && r.worst_ftf < 0.9);
    r = run_stream(&d, GAVEL_BERTH_BLIND, 0);
    assert_true(r.avg_jct_h < 22.1 && r.worst_own < 2 && r.worst_ftf < 0.9);
}

static void berth_beats_fair_shares_on_streams_that_it_was_not_made_for(void **state)
{
    (void)state;
    for (uint32_t seed = 11; seed < 14; seed++)
        for (int multi = 0; multi < 2; multi++) {
            struct gavel_draw d = {.multi = multi == 1,
                                   .per_hour = multi == 1 ? 2.4 : 5.2,
                                   .seed = seed,
                                   .window_begin = 400,
                                   .window_end = 700};
            struct gavel_result las = run_stream(&d, GAVEL_LAS_PERF, 0);
            for (int p = GAVEL_BERTH; p <= GAVEL_BERTH_BLIND; p++) {
                struct gavel_result r = run_stream(&d, p, 0);
                assert_int_equal(r.jobs + r.dropped, 300);
                assert_true(r.avg_jct_h < las.avg_jct_h);
                assert_true(r.worst_ftf >= r.floor_ftf);
                if (p == GAVEL_BERTH)
                    assert_true(r.worst_ftf < fmax(las.worst_ftf, r.floor_ftf + 0.001));
            }
        }
}

/* Short jobs keep 1.9 of two GPUs busy for 521 hours; with shortest jobs first, a
 * job of ten hours would have little before they end. */
static void no_job_waits_for_ever(void **state)
{
    (void)state;
    enum { SHORT_ONES = 5000 };
    for (int p = GAVEL_BERTH; p <= GAVEL_BERTH_BLIND; p++) {
        struct gavel_source s = {.window_end = 1};
        s.jobs = mem_alloc(SHORT_ONES + 1, sizeof *s.jobs);
        s.count = SHORT_ONES + 1;
        for (uint32_t i = 0; i < s.count; i++) {
            s.jobs[i] = (struct gavel_job){
                .steps = i == 0 ? 36000 : 720, .weight = 1, .arrival_s = 375.0 * i, .gpus = 1};
            for (int k = 0; k < GAVEL_TYPES; k++) s.jobs[i].speed[k] = 1;
        }
        struct gavel_setup setup = setup_of(p, 0);
        memcpy(setup.workers, (int32_t[]){2, 0, 0}, sizeof setup.workers);
        struct gavel_result r = run_setup(&s, &setup);
        assert_int_equal(r.jobs, 1);
        assert_true(r.worst_wait_h < 24 && r.avg_jct_h < 150);
    }
}

static void the_same_run_gives_the_same_figures(void **state)
{
    (void)state;
    for (int p = 0; p < GAVEL_POLICIES; p++) {
        struct gavel_draw d = {
            .multi = true, .per_hour = 2, .seed = 5, .window_begin = 50, .window_end = 80};
        struct gavel_result a = run_stream(&d, p, 0), b = run_stream(&d, p, 0);
        assert_true(a.avg_jct_h == b.avg_jct_h && a.cost_usd == b.cost_usd);
        assert_int_equal(a.rounds, b.rounds);
        assert_int_equal(a.jobs + a.dropped, 30);
        assert_true(a.utilisation > 0 && a.utilisation <= 1);
        assert_true(a.p99_jct_h >= a.avg_jct_h && a.worst_ftf >= a.mean_ftf);
        assert_int_equal(a.service_count, 1);
        assert_int_equal(a.service[0].jobs, a.jobs);
    }
}

static struct gavel_source three_jobs(void)
{
    struct gavel_source s = {.count = 3, .window_end = 3};
    s.jobs = mem_alloc(3, sizeof *s.jobs);
    for (int i = 0; i < 3; i++)
        s.jobs[i] = (struct gavel_job){.steps = 360 * (i + 1),
                                       .speed = {2, 1, 0},
                                       .weight = i == 2 ? 5 : 1,
                                       .arrival_s = 60 * i,
                                       .gpus = i == 1 ? 2 : 1};
    return s;
}

/* One v100 and two p100. At 0: job 0 on the v100, 180 s. At 180: job 1 on the p100s: 360 steps
 * until 540 and the other 360 until 900; job 2 on the v100: 720 steps until 540, the last 360 until
 * 720. */
static void a_small_run_is_as_reckoned_by_hand(void **state)
{
    (void)state;
    struct gavel_source s = three_jobs();
    struct gavel_setup setup = setup_of(GAVEL_FIFO_PERF, 0);
    memcpy(setup.workers, (int32_t[]){1, 2, 0}, sizeof setup.workers);
    struct gavel_result r = run_setup(&s, &setup);
    double jct_s[] = {180, 900 - 60, 720 - 120};
    assert_near(r.avg_jct_h, (jct_s[0] + jct_s[1] + jct_s[2]) / 3 / 3600, 1e-12);
    assert_near(r.makespan_h, 0.25, 1e-12);
    assert_near(r.utilisation, (180 + 2 * 720 + 540) / (3.0 * 900), 1e-12);
    assert_near(r.cost_usd, (0.74 * 720 + 0.43 * 1440) / 3600, 1e-12);
    assert_near(r.worst_wait_h, 120 / 3600.0, 1e-12);
    assert_int_equal(r.service_count, 2);
    assert_true(r.service[0].weight == 5 && r.service[0].jobs == 1);
    assert_near(r.service[0].gpu_h, 540 / 3600.0, 1e-12);
}

/* Two v100. Job A (1,800 steps, at 0) has both, as job of two GPUs; at 180, when it has 360 of 900
 * s behind it, job B (one GPU, 720 s on its own) comes: A has half of what it had, B one GPU of the
 * two; B ends at 900, when A has 360 s left; A ends at 1,260. */
static void the_even_split_is_as_reckoned_by_hand(void **state)
{
    (void)state;
    struct gavel_source s = {.count = 2, .window_end = 2};
    s.jobs = mem_alloc(2, sizeof *s.jobs);
    s.jobs[0] = (struct gavel_job){.steps = 1800, .speed = {2, 0, 0}, .weight = 1, .gpus = 2};
    s.jobs[1] = (struct gavel_job){
        .steps = 720, .speed = {1, 0, 0}, .weight = 1, .arrival_s = 180, .gpus = 1};
    double even_s[2];
    gavel_even_times(&s, (int32_t[]){2, 0, 0}, even_s);
    assert_near(even_s[0], 180 + 720 + 360, 1e-9);
    assert_near(even_s[1], 720, 1e-9);
    gavel_source_release(&s);
}

static void what_cannot_run_is_told_before_the_run(void **state)
{
    (void)state;
    struct errtext error;
    struct gavel_result r;
    struct gavel_source s = three_jobs();
    struct gavel_setup setup = setup_of(GAVEL_BERTH, 0);
    memcpy(setup.workers, (int32_t[]){1, 1, 8}, sizeof setup.workers);
    assert_int_equal(gavel_run(&s, &setup, &r, &error), ERR_INVALID);
    assert_string_equal(error.s,
                        "job 2 of the workload asks for 2 GPUs of one type, and no type of the "
                        "cluster has as many and can run it; give a larger --cluster");
    memcpy(setup.workers, (int32_t[]){1, 2, 0}, sizeof setup.workers);
    setup.rounds_max = 2;
    assert_int_equal(gavel_run(&s, &setup, &r, &error), ERR_LIMIT);
    assert_non_null(strstr(error.s, "the jobs are not done after 2 rounds"));
    gavel_source_release(&s);
    struct gavel_draw draw = {.multi = true, .per_hour = 1, .window_end = 10};
    assert_int_equal(gavel_source_init(&s, &draw, &speeds, &error), ERR_NONE);
    memcpy(setup.workers, (int32_t[]){4, 4, 4}, sizeof setup.workers);
    assert_int_equal(gavel_run(&s, &setup, &r, &error), ERR_INVALID);
    assert_non_null(strstr(error.s, "the stream has jobs of 8 GPUs"));
    gavel_source_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifo_perf_equals_the_published_simulator),
        cmocka_unit_test(fifo_equals_the_published_simulator_with_its_mistake),
        cmocka_unit_test(the_even_split_is_that_of_the_policy_isolated),
        cmocka_unit_test(fair_shares_come_near_the_published_figures),
        cmocka_unit_test(makespan_perf_ends_near_the_bound),
        cmocka_unit_test(berth_meets_its_goals),
        cmocka_unit_test(berth_beats_fair_shares_on_streams_that_it_was_not_made_for),
        cmocka_unit_test(no_job_waits_for_ever),
        cmocka_unit_test(the_same_run_gives_the_same_figures),
        cmocka_unit_test(a_small_run_is_as_reckoned_by_hand),
        cmocka_unit_test(the_even_split_is_as_reckoned_by_hand),
        cmocka_unit_test(what_cannot_run_is_told_before_the_run),
    };
    return cmocka_run_group_tests(tests, read_speeds, drop_speeds);
}
