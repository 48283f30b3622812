/* Traces played through the core: against a queue worked out by hand, and what must hold of any. */
#include "base/check.h"
#include "base/civil.h"
#include "read/fleet_yaml.h"
#include "sim/rng.h"
#include "sim/run/feed.h"
#include "sim/run/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define T0 INT64_C(1767225600000) /* 2026-01-01 */

static const char fleet_text[] =
    "fleet: small\n"
    "parties:\n  owner: {name: O, country: JP, hq: JP, owners: [], lists: [], kinds: []}\n"
    "sites:\n  lab: {country: JP, operator: owner}\n"
    "chips:\n  fast: {name: Fast}\n  slow: {name: Slow}\n"
    "pools:\n"
    "  f: {site: lab, chip: fast, nodes: 'f[1-2]', chips_per_node: 2, cpus_per_node: 8, "
    "memory_per_node: 8G, "
    "title: {owned: {owner: owner, price: \"3.00\"}}}\n"
    "  s: {site: lab, chip: slow, nodes: 's[1-2]', chips_per_node: 4, cpus_per_node: 8, "
    "memory_per_node: 8G, "
    "title: {owned: {owner: owner, price: \"1.00\"}}}\n"
    "tenants:\n  lab: {party: owner, users: ['*'], default: true}\n";

/* A trace and the run made of it. */
struct played {
    struct arena arena;
    struct fleet fleet;
    FILE *file;
    struct trace *trace;
    struct feed_options options;
    struct feed feed;
    struct run *run;
    const struct run_result *x; /* NULL: it was refused */
    struct errtext error;
};

/* `o`: its speeds also say how long jobs last that state steps. */
static void play(struct played *p, const char *text, struct run_options o)
{
    struct yaml_errors errs;
    struct trace_options how = {.name = "t"};
    struct fleet *whole;
    *p = (struct played){.options = {.name = "t",
                                     .to_ms = CIVIL_NEVER_MS,
                                     .add_tenants = true,
                                     .speeds = o.speeds,
                                     .has_on = true,
                                     .on_ms = T0}};
    arena_init(&p->arena);
    yaml_errors_init(&errs, &p->arena);
    assert_int_equal(fleet_yaml_read(str_of(fleet_text), "f", NULL, 0, &p->arena, &p->fleet, &errs),
                     ERR_NONE);
    p->file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    assert_int_equal(trace_open(p->file, &how, &p->trace, &p->error), ERR_NONE);
    if (feed_init(&p->feed, p->trace, &p->fleet, &p->options, &p->error) != ERR_NONE) return;
    whole = ARENA_NEW(&p->arena, struct fleet);
    assert_int_equal(feed_fleet(&p->feed, &p->arena, whole, &p->error), ERR_NONE);
    o.fleet = whole;
    o.begin_ms = feed_begin_ms(&p->feed);
    assert_int_equal(run_new(&o, &p->run, &p->error), ERR_NONE);
    if (feed_run(&p->feed, p->run, &p->error) == ERR_NONE) p->x = run_finish(p->run);
    struct errtext broken;
    if (core_check(run_core(p->run), &broken) != ERR_NONE) fail_msg("%s", broken.s);
}

static void unplay(struct played *p)
{
    run_free(p->run);
    if (p->run != NULL) feed_release(&p->feed);
    trace_close(p->trace);
    fclose(p->file);
    arena_release(&p->arena);
}

/* ---- against a queue worked out by hand ------------------------------------------------------ */

/* First come, first served by `servers` equal ones; the sum of waits, and the last end. */
static void by_hand(const int64_t *at, const int64_t *lasts, int jobs, int servers,
                    int64_t *waits_out, int64_t *end_out)
{
    int64_t free_at[64] = {0};
    ASSERT(servers <= 64);
    *waits_out = *end_out = 0;
    for (int i = 0; i < jobs; i++) {
        int best = 0;
        for (int k = 1; k < servers; k++)
            if (free_at[k] < free_at[best]) best = k;
        int64_t start = free_at[best] > at[i] ? free_at[best] : at[i];
        *waits_out += start - at[i];
        free_at[best] = start + lasts[i];
        if (free_at[best] > *end_out) *end_out = free_at[best];
    }
}

static void a_queue_of_equal_jobs_goes_as_by_hand(void **state)
{
    (void)state;
    enum { JOBS = 400, SERVERS = 4 };
    int64_t at[JOBS], lasts[JOBS], now = 0, waits, end, work = 0;
    struct buf text = {0};
    struct rng rng;
    buf_puts(&text, "submit,duration_s,chips,chip,tenant\n");
    rng_init(&rng, 7);
    for (int i = 0; i < JOBS; i++) {
        now += rng_between(&rng, 0, 40);
        at[i] = now * 1000;
        lasts[i] = 1000 * rng_between(&rng, 1, 150);
        work += lasts[i];
        buf_printf(&text, "%lld,%lld,1,fast,lab\n", (long long)now, (long long)lasts[i] / 1000);
    }
    by_hand(at, lasts, JOBS, SERVERS, &waits, &end);
    struct played p;
    play(&p, text.p, (struct run_options){0});
    assert_non_null(p.x);
    assert_int_equal(p.x->completed, JOBS);
    assert_int_equal((int64_t)llround(p.x->wait.sum_ms), waits);
    assert_int_equal(p.x->end_ms, T0 + end);
    assert_int_equal((int64_t)llround(p.x->held_chip_ms), work);
    assert_int_equal((int64_t)llround(p.x->useful_chip_ms), work);
    assert_true(llabs(p.x->cost_uusd - work * 3000000 / 3600000) <= JOBS);
    assert_true(p.x->bound.makespan_ms <= (double)(p.x->end_ms - p.x->begin_ms));
    assert_true(p.x->bound.mean_jct_ms <= spread_mean_ms(&p.x->jct));
    unplay(&p);
    buf_release(&text);
}

/* ---- what a trace says ----------------------------------------------------------------------- */

static void a_job_lasts_as_long_as_the_trace_says_of_its_chip(void **state)
{
    (void)state;
    struct played p;
    play(&p,
         "submit,duration_s.fast,duration_s.slow,chips,chip\n0,10,100,4,fast\n0,10,100,8,slow\n",
         (struct run_options){0});
    assert_non_null(p.x);
    assert_int_equal(p.x->completed, 2);
    assert_int_equal((int64_t)llround(p.x->pools[0].held_chip_ms), 40000);
    assert_int_equal((int64_t)llround(p.x->pools[1].held_chip_ms), 800000);
    assert_int_equal(p.x->end_ms - p.x->begin_ms, 100000);
    unplay(&p);
}

static void a_job_of_steps_lasts_as_long_as_the_tables_say(void **state)
{
    (void)state;
    struct speed_row rows[] = {
        {STR("lm"), STR("fast"), 2, 4000000, STR("measured")}, /* 4 steps a second */
        {STR("lm"), STR("slow"), 2, 1000000, STR("measured")},
    };
    struct speeds speeds = {.rows = rows, .row_count = 2};
    struct played p;
    play(&p, "submit,steps,type,chips,chip\n0,400,lm,2,fast\n0,400,lm,2,slow\n",
         (struct run_options){.speeds = &speeds});
    assert_non_null(p.x);
    assert_int_equal(p.x->completed, 2);
    assert_int_equal((int64_t)llround(p.x->pools[0].held_chip_ms), 200000);
    assert_int_equal((int64_t)llround(p.x->pools[1].held_chip_ms), 800000);
    unplay(&p);
    /* Slow chips cost a third, and take four times as long: the core knows both. */
    play(&p, "submit,steps,type,chips\n0,400,lm,2\n", (struct run_options){.speeds = &speeds});
    assert_int_equal(p.x->pools[0].started, 1);
    unplay(&p);
    play(&p, "submit,steps,type,chips\n0,400,other,2\n", (struct run_options){.speeds = &speeds});
    assert_null(p.x);
    assert_non_null(strstr(p.error.s, "t:2:7: no table says how fast jobs of type 'other' go"));
    unplay(&p);
}

static void a_job_over_its_limit_is_ended(void **state)
{
    (void)state;
    struct played p;
    play(&p, "submit,duration_s,chips,limit_s\n0,1000,1,60\n", (struct run_options){0});
    assert_non_null(p.x);
    assert_int_equal(p.x->timed_out, 1);
    assert_int_equal(p.x->end_ms - p.x->begin_ms, 60000);
    unplay(&p);
}

static void what_can_never_fit_is_rejected_and_counted(void **state)
{
    (void)state;
    struct played p;
    play(&p, "submit,id,duration_s,chips,chips_per_node,nodes\n0,big,5,,8,1\n1,ok,5,1,,\n",
         (struct run_options){0});
    assert_non_null(p.x);
    assert_int_equal(p.x->rejected, 1);
    assert_int_equal(p.x->completed, 1);
    assert_int_equal(p.x->rejection_count, 1);
    assert_true(str_eqz(p.x->rejections[0].first, "big"));
    unplay(&p);
}

static void names_that_the_fleet_lacks_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"submit,duration_s,chips,chip\n0,1,1,fast\n1,1,1,quick\n",
         "t:3:7: there is no chip 'quick'"},
        {"submit,duration_s,partition\n0,1,gpu\n",
         "t:2:5: the fleet has no pool or partition 'gpu'"},
        {"submit,duration_s,site\n0,1,x\n", "t:2:5: the fleet has no site 'x'"},
        {"submit,duration_s\n", "t: there is no job"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct played p;
        play(&p, rows[i].text, (struct run_options){0});
        assert_null(p.x);
        if (strncmp(p.error.s, rows[i].expected, strlen(rows[i].expected)) != 0)
            fail_msg("expected %s\ngot %s", rows[i].expected, p.error.s);
        unplay(&p);
    }
}

/* ---- faults ---------------------------------------------------------------------------------- */

static char *faulty(uint64_t seed, uint64_t *failures_out)
{
    struct buf text = {0};
    struct rng rng;
    struct played p;
    buf_puts(&text, "submit,duration_s,chips,checkpoint_s,tenant\n");
    rng_init(&rng, 3);
    for (int i = 0; i < 300; i++)
        buf_printf(&text, "%d,%lld,%u,%d,t%d\n", i * 3000, (long long)rng_between(&rng, 1, 90000),
                   1 + rng_below(&rng, 4), i % 2 == 0 ? 600 : 0, i % 3);
    play(&p, text.p, (struct run_options){.faults = true, .seed = seed});
    assert_non_null(p.x);
    assert_int_equal(p.x->completed, 300);
    assert_int_equal(p.x->waiting, 0);
    assert_true(p.x->useful_chip_ms <= p.x->held_chip_ms + 1);
    assert_int_equal(p.x->restarts, p.x->node_failures);
    *failures_out += p.x->node_failures;
    struct report_about about = {.trace = "t", .format = "csv", .fleet = "f", .law = "none"};
    json_t *json = report_json(&about, p.x);
    char *out = json_dumps(json, JSON_SORT_KEYS);
    json_decref(json);
    unplay(&p);
    buf_release(&text);
    return out;
}

static void faults_lose_work_but_no_job_and_repeat_by_seed(void **state)
{
    (void)state;
    uint64_t failures = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        char *a = faulty(seed, &failures), *b = faulty(seed, &failures);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    assert_true(failures > 0);
}

/* ---- the tools ------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void quantiles_are_within_a_five_hundredth(void **state)
{
    (void)state;
    enum { N = 5000 };
    static int64_t all[N];
    struct spread s = {0};
    struct rng rng;
    rng_init(&rng, 11);
    for (int i = 0; i < N; i++) {
        all[i] = (int64_t)(rng_next(&rng) >> (4 + rng_below(&rng, 58)));
        spread_add(&s, all[i]);
    }
    qsort(all, N, sizeof *all, by_value);
    for (uint32_t ppm = 0; ppm <= 1000000; ppm += 1000) {
        uint64_t rank = ((uint64_t)N * ppm + 999999) / 1000000;
        double true_value = (double)all[rank == 0 ? 0 : rank - 1];
        double got = (double)spread_quantile(&s, ppm);
        if (fabs(got - true_value) > true_value / 500)
            fail_msg("%u ppm: %.0f, got %.0f", ppm, true_value, got);
    }
    assert_int_equal(s.max_ms, all[N - 1]);
    spread_release(&s);
}

static void a_series_keeps_the_integral_however_long_it_grows(void **state)
{
    (void)state;
    struct series s;
    struct rng rng;
    double sum = 0, binned = 0;
    int64_t at = T0, value = 0;
    series_init(&s, 2, T0);
    rng_init(&rng, 5);
    for (int i = 0; i < 20000; i++) {
        int64_t step = (int64_t)(rng_next(&rng) % 100000);
        sum += (double)value * (double)step;
        at += step;
        value = rng_between(&rng, 0, 99);
        series_set(&s, 1, at, value);
    }
    uint32_t bins = series_close(&s, at);
    assert_true(bins > SERIES_BINS / 3 && bins <= SERIES_BINS);
    for (uint32_t b = 0; b < bins; b++) {
        int64_t to = T0 + (int64_t)(b + 1) * s.bin_ms;
        double width = (double)((to < at ? to : at) - (T0 + (int64_t)b * s.bin_ms));
        binned += series_mean(&s, 1, b) * width;
    }
    assert_true(fabs(s.lanes[1].total - sum) <= sum * 1e-12);
    assert_true(fabs(binned - sum) <= sum * 1e-9);
    series_release(&s);
}

/* The relaxed machine in steps of one millisecond: always the job with the least left. */
static void the_bound_is_that_of_the_relaxed_machine_step_by_step(void **state)
{
    (void)state;
    enum { JOBS = 12, CHIPS = 3 };
    struct rng rng;
    rng_init(&rng, 9);
    for (int round = 0; round < 50; round++) {
        int64_t at[JOBS], left[JOBS], now = 0, sum = 0, end = 0;
        struct bound b;
        bound_init(&b, CHIPS, 0);
        for (int i = 0; i < JOBS; i++) {
            now += rng_between(&rng, 0, 20);
            at[i] = now;
            left[i] = CHIPS * rng_between(&rng, 1, 40);
            bound_add(&b, at[i], (double)left[i], 1);
        }
        for (int64_t t = 0, open = JOBS; open > 0; t++) {
            int best = -1;
            for (int i = 0; i < JOBS; i++)
                if (at[i] <= t && left[i] > 0 && (best < 0 || left[i] < left[best])) best = i;
            if (best < 0 || (left[best] -= CHIPS) > 0) continue;
            open--;
            sum += t + 1 - at[best];
            end = t + 1;
        }
        struct bounds got = bound_finish(&b);
        assert_true(fabs(got.mean_jct_ms * JOBS - (double)sum) < 1e-6);
        assert_true(fabs(got.makespan_ms - (double)end) < 1e-6);
        bound_release(&b);
    }
}

static void a_page_is_closed_and_shows_no_raw_markup_of_names(void **state)
{
    (void)state;
    struct played p;
    struct buf page = {0};
    play(&p, "submit,duration_s,chips,tenant\n0,100,2,lab\n5,60,1,b\n", (struct run_options){0});
    struct report_about about = {.title = "<b>&\"",
                                 .trace = "t",
                                 .format = "csv",
                                 .fleet = "<f>",
                                 .law = "none",
                                 .faults = "none"};
    report_html(&about, p.x, (struct str){0}, &page);
    assert_non_null(strstr(page.p, "<title>&lt;b&gt;&amp;&quot;</title>"));
    assert_null(strstr(page.p, "<f>"));
    assert_null(strstr(page.p, "<script"));
    assert_null(strstr(page.p, "http"));
    assert_non_null(strstr(page.p, "</body></html>"));
    assert_null(strstr(page.p, "\"nan"));
    assert_null(strstr(page.p, ",nan"));
    assert_null(strstr(page.p, ">nan"));
    static const char *const pairs[] = {"svg", "table", "details", "text", "desc", "h2"};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char open[16], close[16];
        int balance = 0;
        snprintf(open, sizeof open, "<%s", pairs[i]);
        snprintf(close, sizeof close, "</%s>", pairs[i]);
        for (const char *s = page.p; (s = strstr(s, open)) != NULL; s++) balance++;
        for (const char *s = page.p; (s = strstr(s, close)) != NULL; s++) balance--;
        assert_int_equal(balance, 0);
    }
    buf_release(&page);
    unplay(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_of_equal_jobs_goes_as_by_hand),
        cmocka_unit_test(a_job_lasts_as_long_as_the_trace_says_of_its_chip),
        cmocka_unit_test(a_job_of_steps_lasts_as_long_as_the_tables_say),
        cmocka_unit_test(a_job_over_its_limit_is_ended),
        cmocka_unit_test(what_can_never_fit_is_rejected_and_counted),
        cmocka_unit_test(names_that_the_fleet_lacks_are_told_with_their_place),
        cmocka_unit_test(faults_lose_work_but_no_job_and_repeat_by_seed),
        cmocka_unit_test(quantiles_are_within_a_five_hundredth),
        cmocka_unit_test(a_series_keeps_the_integral_however_long_it_grows),
        cmocka_unit_test(the_bound_is_that_of_the_relaxed_machine_step_by_step),
        cmocka_unit_test(a_page_is_closed_and_shows_no_raw_markup_of_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
