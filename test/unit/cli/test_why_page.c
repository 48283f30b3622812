/* The pages of `berth why` and `berth plan`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/show.h"
#include "cli/why_page.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define T0 INT64_C(1795291200000) /* 2026-11-21T20:00:00Z */

enum { POOLS = 4 };

struct world {
    struct pool_view pools[POOLS];
    struct pool_list list;
    struct pool_reason rows[POOLS];
    struct str sentences[POOLS], cites[POOLS];
    struct explanation x;
    struct law_verdict verdict;
};

static struct pool_view pool(struct str id, struct str site, struct str chip, uint32_t used)
{
    return (struct pool_view){.pool = id,
                              .site = site,
                              .chip = chip,
                              .chips_total = 16,
                              .chips_up = 16,
                              .chips_used = used};
}

/* Chosen: tyo. Possible: sin. Not: syd (law), sha (kind). */
static void make(struct world *w)
{
    *w = (struct world){
        .pools = {pool(STR("tyo"), STR("tokyo"), STR("h100"), 0),
                  pool(STR("sin"), STR("singapore"), STR("h200"), 4),
                  pool(STR("syd"), STR("sydney"), STR("b200"), 0),
                  pool(STR("sha"), STR("shanghai"), STR("l20"), 16)},
        .rows = {{.pool = 0, .reason = REASON_CHOSEN, .cost_uusd = 4270000},
                 {.pool = 1, .reason = REASON_DEARER, .cost_uusd = 5600000},
                 {.pool = 2, .reason = REASON_LAW_FORBIDS, .cost_uusd = 11200000},
                 {.pool = 3, .reason = REASON_CHIP_KIND}},
        .sentences = {STR("pool tyo: chosen"), STR("pool sin: would do for 5.60 USD"),
                      STR("pool syd: XA-7 does not allow it"),
                      STR("pool sha: its chips, l20, are not of a kind that the job accepts")},
        .cites = {STR(""), STR(""), STR("Example Code 7"), STR("")},
        .verdict = {.allowed = true, .considered_count = 12},
    };
    w->list = (struct pool_list){.pools = w->pools, .count = POOLS, .now_ms = T0};
    w->x = (struct explanation){
        .now_ms = T0,
        .state = JOB_RUNNING,
        .chosen = 0,
        .runner_up = 1,
        .chosen_cost_uusd = 4270000,
        .runner_up_cost_uusd = 5600000,
        .pools = w->rows,
        .sentences = w->sentences,
        .cites = w->cites,
        .pool_count = POOLS,
        .flip = {.pool = NO_INDEX},
    };
}

static struct job_view job(void)
{
    return (struct job_view){
        .job_id = 7,
        .name = STR("train"),
        .account = STR("acme"),
        .partition = STR("tyo"),
        .site = STR("tokyo"),
        .chip = STR("h100"),
        .state = STR("RUNNING"),
        .nodes = STR("th01"),
        .start_ms = T0 - 60000,
        .spent_uusd = 35556,
        .stdout_path = STR("out-%j.txt"),
        .workdir = STR("/home/a"),
    };
}

static void a_running_job_shows_choice_and_alternatives(void **state)
{
    (void)state;
    struct world w;
    struct buf out = {0};
    struct page page = {.out = &out};
    struct job_view j = job();
    make(&w);
    page_why(&page, &j, &w.x, &w.verdict, &w.list);
    assert_string_equal(
        out.p, "Job 7 (train) of account acme is RUNNING since 19:59:00 on th01.\n"
               "  Chosen      tyo (tokyo, h100): expected cost $4.27\n"
               "  Runner-up   sin (singapore, h200): $5.60, which is $1.33 more\n"
               "  Law         allowed (permit): 12 rules looked at, none bites\n"
               "\n"
               "The other pools\n"
               "  POOL  CHIP    COST  REASON      WHY\n"
               "  sin   h200   $5.60  Dearer      would do for 5.60 USD\n"
               "  syd   b200  $11.20  LawForbids  XA-7 does not allow it [Example Code 7]\n"
               "  sha   l20        -  ChipKind    its chips, l20, are not of a kind that the job "
               "accepts\n");
    buf_release(&out);
}

static void without_a_terminal_long_sentences_wrap_and_names_stay_whole(void **state)
{
    (void)state;
    struct world w;
    struct buf out = {0};
    struct page page = {.out = &out};
    struct job_view j = job();
    make(&w);
    w.pools[2].pool = STR("sydney-and-all-that-is-south-of-it-with-a-long-name");
    w.sentences[2] = STR("a sentence that says of this one pool at length why the law keeps the "
                         "job from it, and which goes on after that");
    page_why(&page, &j, &w.x, &w.verdict, &w.list);
    assert_non_null(strstr(out.p, "  sydney-and-all-that-is-south-of-it-with-a-long-name  b200"));
    assert_null(strstr(out.p, ".."));
    assert_non_null(strstr(out.p, "LawForbids  a sentence that says of this\n"));
    buf_release(&out);
}

static void a_waiting_job_shows_what_would_change_it(void **state)
{
    (void)state;
    struct world w;
    struct buf out = {0};
    struct page page = {.out = &out};
    struct job_view j = job();
    make(&w);
    j.state = STR("PENDING");
    j.reason = STR("Resources");
    j.nodes = STR("");
    j.start_ms = 0;
    w.x.state = JOB_PENDING;
    w.x.chosen = w.x.runner_up = NO_INDEX;
    w.rows[0].reason = w.rows[1].reason = REASON_RESOURCES;
    w.x.start_estimate_ms = T0 + 3600000;
    w.x.flip = (struct flip){.kind = FLIP_CHIPS, .sentence = STR("ask for at most 4 chips")};
    page_why(&page, &j, &w.x, &w.verdict, &w.list);
    assert_non_null(strstr(out.p, "is PENDING: Resources.\n"));
    assert_non_null(strstr(out.p, "  Start       expected 21:00:00, if running jobs use their"));
    assert_non_null(strstr(out.p, "\nThe pools\n"));
    assert_non_null(strstr(out.p, "\nWhat would change it\n  ask for at most 4 chips\n"));
    assert_null(strstr(out.p, "Chosen"));
    buf_release(&out);
}

static void a_job_that_is_over_shows_where_it_ran(void **state)
{
    (void)state;
    struct world w;
    struct buf out = {0};
    struct page page = {.out = &out};
    struct job_view j = job();
    make(&w);
    j.state = STR("FAILED");
    j.nodes = STR("");
    j.end_ms = T0;
    j.exit_code = 3;
    page_why(&page, &j, &w.x, &w.verdict, &w.list);
    assert_non_null(strstr(out.p,
                           "  Ran in      tyo (tokyo, h100) for 1 min, at a cost of $0.0356\n"
                           "  Ended with  exit code 3\n"));
    assert_non_null(strstr(out.p, "\nIf it were submitted now\n"));
    buf_release(&out);
}

static void a_plan_is_a_table_with_a_line_for_each_pool_that_will_not_do(void **state)
{
    (void)state;
    struct world w;
    struct buf out = {0};
    struct page page = {.out = &out};
    make(&w);
    page_plan(&page, &w.x, &w.list);
    assert_string_equal(out.p, "POOL  SITE       CHIP   FREE    COST  LAW      CHOSEN\n"
                               "tyo   tokyo      h100  16/16   $4.27  allowed  <-- chosen\n"
                               "sin   singapore  h200  12/16   $5.60  allowed\n"
                               "syd   sydney     b200  16/16  $11.20  refused\n"
                               "sha   shanghai   l20    0/16       -  allowed\n"
                               "\n"
                               "Why not\n"
                               "  syd: XA-7 does not allow it [Example Code 7]\n"
                               "  sha: its chips, l20, are not of a kind that the job accepts\n"
                               "\n"
                               "It would start now in tyo for $4.27.\n");
    assert_int_equal(plan_reason(&w.x), REASON_CHOSEN);
    w.x.chosen = NO_INDEX;
    w.rows[0].reason = w.rows[1].reason = REASON_CHIP_KIND;
    assert_int_equal(plan_reason(&w.x), REASON_LAW_FORBIDS);
    w.rows[1].reason = REASON_RESOURCES;
    assert_int_equal(plan_reason(&w.x), REASON_RESOURCES);
    buf_release(&out);
}

static void of_many_pools_the_first_are_shown(void **state)
{
    (void)state;
    enum { MANY = PAGE_POOLS + 7 };
    static struct pool_view pools[MANY];
    static struct pool_reason rows[MANY];
    static struct str texts[MANY];
    struct buf out = {0};
    struct page page = {.out = &out};
    for (uint32_t i = 0; i < MANY; i++) {
        pools[i] = pool(STR("p"), STR("s"), STR("c"), 0);
        rows[i] = (struct pool_reason){.pool = i, .reason = REASON_CHIP_KIND};
    }
    struct pool_list list = {.pools = pools, .count = MANY};
    struct explanation x = {.chosen = NO_INDEX,
                            .runner_up = NO_INDEX,
                            .pools = rows,
                            .sentences = texts,
                            .cites = texts,
                            .pool_count = MANY};
    page_plan(&page, &x, &list);
    assert_non_null(strstr(out.p, "... and 7 more (--all shows them)\n"));
    page.all = true;
    buf_clear(&out);
    page_plan(&page, &x, &list);
    assert_null(strstr(out.p, "more (--all"));
    buf_release(&out);
}

static void a_verdict_names_rule_numbers_and_what_is_missing(void **state)
{
    (void)state;
    struct law_number number = {STR("chip.tpp"), STR("<"), 21000500, 21000000, 500};
    struct str missing[] = {STR("lab_test")};
    struct law_finding finding = {
        .rule = STR("XA-4"),
        .binding = true,
        .effect = EFFECT_LICENCE,
        .because = STR("the chip is large"),
        .numbers = &number,
        .number_count = 1,
        .missing_evidence = missing,
        .missing_count = 1,
        .cite = STR("Example Code 4"),
    };
    struct str flips[] = {STR("obtain a licence")};
    struct law_verdict v = {.effect = EFFECT_LICENCE,
                            .findings = &finding,
                            .finding_count = 1,
                            .considered_count = 1,
                            .flip = flips,
                            .flip_count = 1,
                            .next_change_ms = T0 + INT64_C(86400000)};
    struct buf out = {0};
    struct page page = {.out = &out};
    page_verdict(&page, &v, T0);
    assert_string_equal(out.p, "not allowed (licence), 1 rule looked at\n"
                               "  XA-4: licence\n"
                               "    the chip is large\n"
                               "    chip.tpp is 21000.5; the bound is < 21000\n"
                               "    missing evidence: lab_test\n"
                               "    Example Code 4\n"
                               "\n"
                               "What would change it\n"
                               "  obtain a licence\n"
                               "\n"
                               "By date alone it changes next: Nov 22 20:00\n");
    buf_release(&out);
}

static void scontrol_shows_a_job_as_slurm_does(void **state)
{
    (void)state;
    struct job_view j = job();
    struct buf out = {0};
    j.cpus = j.tasks = 1;
    j.time_limit_ms = 3600000;
    show_job(&j, T0, false, &out);
    assert_int_equal(strncmp(out.p, "JobId=7 JobName=train\n   UserId=nobody(0) GroupId=N/A", 50),
                     0);
    assert_non_null(strstr(out.p, "\n   JobState=RUNNING Reason=None Dependency=(null)\n"));
    assert_non_null(strstr(out.p, "\n   RunTime=00:01:00 TimeLimit=01:00:00 TimeMin=N/A\n"));
    assert_non_null(strstr(out.p, "\n   StdOut=/home/a/out-7.txt\n"));
    buf_clear(&out);
    show_job(&j, T0, true, &out);
    assert_ptr_equal(strchr(out.p, '\n'), out.p + out.len - 1);
    assert_non_null(strstr(out.p, " NodeList=th01 "));
    buf_release(&out);
}

int main(void)
{
    setenv("TZ", "UTC0", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_job_shows_choice_and_alternatives),
        cmocka_unit_test(without_a_terminal_long_sentences_wrap_and_names_stay_whole),
        cmocka_unit_test(a_waiting_job_shows_what_would_change_it),
        cmocka_unit_test(a_job_that_is_over_shows_where_it_ran),
        cmocka_unit_test(a_plan_is_a_table_with_a_line_for_each_pool_that_will_not_do),
        cmocka_unit_test(of_many_pools_the_first_are_shown),
        cmocka_unit_test(a_verdict_names_rule_numbers_and_what_is_missing),
        cmocka_unit_test(scontrol_shows_a_job_as_slurm_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
