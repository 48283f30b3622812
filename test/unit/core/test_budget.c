#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/budget.h"
#include "world.h"

#define USD INT64_C(1000000)

/* ---- windows --------------------------------------------------------------------------------- */

static int64_t day(const char *text)
{
    int64_t ms = 0;
    if (!civil_parse(str_of(text), &ms)) fail_msg("%s", text);
    return ms;
}

static void windows_follow_one_another_from_the_first(void **state)
{
    (void)state;
    static const struct {
        int per;
        uint32_t days;
        const char *first, *at, *from, *to;
    } rows[] = {
        {BUDGET_MONTH, 0, "1970-01-01", "2026-02-28T23:59:59Z", "2026-02-01", "2026-03-01"},
        {BUDGET_MONTH, 0, "2026-01-15", "2026-03-14T23:59:59Z", "2026-02-15", "2026-03-15"},
        {BUDGET_MONTH, 0, "2026-01-15", "2026-03-15", "2026-03-15", "2026-04-15"},
        {BUDGET_QUARTER, 0, "1970-01-01", "2026-12-31", "2026-10-01", "2027-01-01"},
        {BUDGET_QUARTER, 0, "2025-02-01", "2026-01-31", "2025-11-01", "2026-02-01"},
        {BUDGET_YEAR, 0, "2020-04-01", "2026-03-31", "2025-04-01", "2026-04-01"},
        {BUDGET_YEAR, 0, "2020-04-01", "2026-04-01", "2026-04-01", "2027-04-01"},
        {BUDGET_DAYS, 7, "2026-01-05", "2026-01-18T12:00:00Z", "2026-01-12", "2026-01-19"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct budget b = {rows[i].per, rows[i].days, USD, day(rows[i].first)};
        int64_t from, to;
        assert_true(budget_window(&b, day(rows[i].at), &from, &to));
        assert_int_equal(from, day(rows[i].from));
        assert_int_equal(to, day(rows[i].to));
        assert_true(budget_window(&b, to, &from, &to));
        assert_int_equal(from, day(rows[i].to));
    }
}

static void before_its_first_day_a_budget_binds_nobody(void **state)
{
    (void)state;
    struct budget b = {BUDGET_EVER, 0, USD, day("2026-05-01")};
    int64_t from, to;
    assert_false(budget_window(&b, day("2026-04-30"), &from, &to));
    assert_int_equal(to, day("2026-05-01"));
    assert_true(budget_window(&b, day("2126-04-30"), &from, &to));
    assert_int_equal(to, CIVIL_NEVER_MS);
}

/* ---- jobs ------------------------------------------------------------------------------------ */

/* One pool of 4 nodes of 8 chips, 2 USD a chip hour; acme has that budget. */
static struct fleet *fleet_with(struct world *w, const struct budget *b)
{
    struct fleet *f = world_fleet_base(&w->arena, 1);
    world_pool(&w->arena, f, 0, "only", "big", "tokyo", 4, 8);
    f->tenants[0].budget = *b;
    world_fleet_done(&w->arena, f);
    return f;
}

static void begin(struct world *w, int per, int64_t usd)
{
    world_init(w, 1);
    struct budget b = {.per = per, .days = per == BUDGET_DAYS ? 1 : 0, .amount_uusd = usd * USD};
    world_apply(w, fleet_with(w, &b));
}

static uint32_t submit(struct world *w, uint32_t chips, int64_t hours)
{
    struct job_spec s = world_spec(chips);
    s.time_limit_ms = hours * HOUR;
    return world_submit(w, &s);
}

static bool holds(const struct world *w, uint32_t id)
{
    return job_state_holds_chips(world_job(w, id)->state);
}

static struct tenant_budget look(const struct world *w)
{
    struct tenant_budget b;
    core_budget(w->core, STR("acme"), w->now_ms, &b);
    return b;
}

static void a_job_waits_where_it_could_cost_more_than_is_left(void **state)
{
    (void)state;
    struct world w;
    begin(&w, BUDGET_MONTH, 30);
    uint32_t first = submit(&w, 8, 1), second = submit(&w, 8, 1); /* 16 USD each */
    assert_true(holds(&w, first));
    assert_int_equal(world_job(&w, second)->reason, REASON_BUDGET);
    uint32_t small = submit(&w, 7, 1); /* 14 USD: exactly what is left */
    assert_true(holds(&w, small));
    assert_int_equal(look(&w).left_uusd, 0);
    assert_int_equal(look(&w).committed_uusd, 30 * USD);
    struct job_spec other = world_spec(8);
    other.tenant = STR("boat");
    assert_true(holds(&w, world_submit(&w, &other))); /* others have no budget */
    world_release(&w);
}

static uint32_t submit_first(struct world *w, uint32_t chips, int64_t hours)
{
    struct job_spec s = world_spec(chips);
    s.time_limit_ms = hours * HOUR;
    s.priority = 1;
    return world_submit(w, &s);
}

/* Three of four nodes are in use for two hours, by others; acme has 40 USD. */
static void begin_beside_others(struct world *w)
{
    begin(w, BUDGET_MONTH, 40);
    struct job_spec other = world_spec(24);
    other.tenant = STR("boat");
    other.time_limit_ms = 2 * HOUR;
    world_report(w, REPORT_STARTED, world_submit(w, &other), 1, 0);
}

/* The head needs two nodes. There is room for an hour on the fourth, but not the money. */
static void a_job_behind_leaves_the_money_for_a_start_that_is_promised(void **state)
{
    (void)state;
    struct world w;
    begin_beside_others(&w);
    uint32_t head = submit(&w, 16, 1); /* 32 of 40 USD */
    struct pool_reservation kept;
    assert_true(core_reservation(w.core, (struct pool_id){0}, &kept));
    assert_int_equal(kept.job.v, head);
    assert_int_equal(kept.uusd, 32 * USD);
    uint32_t behind = submit(&w, 8, 1);
    assert_int_equal(world_job(&w, behind)->reason, REASON_BUDGET);
    struct explanation x;
    core_explain(w.core, world_job(&w, behind), &w.arena, &x);
    assert_string_equal(x.sentences[0].p,
                        "pool only: the job may cost 16.00 USD there until its time limit; of the "
                        "budget of acme, 40.00 USD a month, 0.00 are spent and 0.00 committed to "
                        "running jobs, and 32.00 kept for jobs before it whose start is promised; "
                        "the next begins on 2026-02-01");
    assert_int_equal(x.flip.kind, FLIP_TIME_LIMIT); /* 8 of its 16 USD are left */
    assert_int_equal(x.flip.value, HOUR / 2);
    uint32_t small = submit(&w, 4, 1); /* these 8 USD */
    assert_true(holds(&w, small));
    world_finish(&w, small, 0);
    assert_false(holds(&w, behind));
    world_do(&w, EVENT_CANCEL, head);
    assert_true(holds(&w, behind));
    world_release(&w);
}

static void a_job_before_the_head_takes_its_money_and_the_step_says_so(void **state)
{
    (void)state;
    struct world w;
    begin_beside_others(&w);
    uint32_t head = submit(&w, 16, 1), before = submit_first(&w, 8, 1);
    assert_true(holds(&w, before));
    assert_int_equal(w.out.decision_count, 2);
    const struct decision *d = &w.out.decisions[1];
    assert_int_equal(d->kind, DECISION_POSTPONED);
    assert_int_equal(d->job.v, head);
    assert_int_equal(d->for_job.v, before);
    assert_int_equal(d->pool, 0);
    struct pool_reservation kept;
    assert_false(core_reservation(w.core, (struct pool_id){0}, &kept));
    assert_int_equal(world_job(&w, head)->reason, REASON_BUDGET);
    world_finish(&w, before, 0); /* at once: it has cost nothing */
    assert_true(core_reservation(w.core, (struct pool_id){0}, &kept));
    world_release(&w);
}

static void of_jobs_alike_only_those_behind_leave_it_the_money(void **state)
{
    (void)state;
    struct world w;
    begin_beside_others(&w);
    submit(&w, 16, 1);
    uint32_t behind = submit(&w, 8, 1), before = submit_first(&w, 8, 1);
    assert_false(holds(&w, behind));
    assert_true(holds(&w, before));
    world_release(&w);
}

static void what_is_not_used_of_the_limit_is_given_back(void **state)
{
    (void)state;
    struct world w;
    begin(&w, BUDGET_MONTH, 30);
    uint32_t first = submit(&w, 8, 1), second = submit(&w, 8, 1);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    w.now_ms += HOUR / 16;
    assert_int_equal(look(&w).spent_uusd, 1 * USD);
    assert_int_equal(look(&w).committed_uusd, 15 * USD);
    world_report(&w, REPORT_FINISHED, first, 1, 0); /* after 1 USD */
    assert_true(holds(&w, second));
    assert_int_equal(look(&w).spent_uusd, 1 * USD);
    assert_int_equal(look(&w).left_uusd, 13 * USD);
    world_release(&w);
}

static void the_next_window_begins_with_the_whole_amount(void **state)
{
    (void)state;
    struct world w;
    begin(&w, BUDGET_DAYS, 30);
    uint32_t first = submit(&w, 8, 1);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    w.now_ms += HOUR;
    world_report(&w, REPORT_FINISHED, first, 1, 0);
    uint32_t second = submit(&w, 8, 1);
    assert_int_equal(world_job(&w, second)->reason, REASON_BUDGET);
    while (!holds(&w, second)) { /* nothing but time passes */
        w.now_ms = core_next_tick_ms(w.core);
        assert_in_range(w.now_ms, WORLD_T0, WORLD_T0 + 24 * HOUR);
        world_tick(&w);
    }
    assert_int_equal(w.now_ms, WORLD_T0 + 24 * HOUR);
    assert_int_equal(look(&w).spent_uusd, 0);
    assert_int_equal(look(&w).left_uusd, 14 * USD);
    world_release(&w);
}

static void an_attempt_across_the_turn_counts_in_each_window_what_it_takes_there(void **state)
{
    (void)state;
    struct world w;
    begin(&w, BUDGET_DAYS, 100);
    w.now_ms = WORLD_T0 + 22 * HOUR;
    uint32_t id = submit(&w, 8, 4); /* 64 USD, half of them behind the turn */
    world_report(&w, REPORT_STARTED, id, 1, 0);
    assert_int_equal(look(&w).left_uusd, 36 * USD);
    w.now_ms = WORLD_T0 + 24 * HOUR;
    assert_int_equal(look(&w).left_uusd, 68 * USD); /* before any event has turned it */
    world_tick(&w);
    assert_int_equal(look(&w).left_uusd, 68 * USD);
    w.now_ms += HOUR;
    world_report(&w, REPORT_FINISHED, id, 1, 0);
    assert_int_equal(look(&w).spent_uusd, 16 * USD);
    world_release(&w);
}

static void a_larger_amount_lets_the_job_start_and_keeps_what_was_spent(void **state)
{
    (void)state;
    struct world w;
    begin(&w, BUDGET_QUARTER, 20);
    uint32_t first = submit(&w, 8, 1);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    w.now_ms += HOUR;
    world_report(&w, REPORT_FINISHED, first, 1, 0);
    uint32_t second = submit(&w, 8, 1);
    struct explanation x;
    core_explain(w.core, world_job(&w, second), &w.arena, &x);
    assert_int_equal(x.pools[0].reason, REASON_BUDGET);
    assert_string_equal(
        x.sentences[0].p,
        "pool only: the job may cost 16.00 USD there until its time limit; of the "
        "budget of acme, 20.00 USD a quarter, 16.00 are spent and 0.00 committed to "
        "running jobs; the next begins on 2026-04-01");
    assert_int_equal(x.flip.kind, FLIP_TIME_LIMIT); /* 4 of 16 USD are left */
    assert_int_equal(x.flip.value, HOUR / 4);
    assert_int_equal(x.start_estimate_ms, day("2026-04-01"));
    struct budget b = {.per = BUDGET_QUARTER, .amount_uusd = 31 * USD};
    world_apply(&w, fleet_with(&w, &b));
    assert_false(holds(&w, second));
    b.amount_uusd = 32 * USD;
    world_apply(&w, fleet_with(&w, &b));
    assert_true(holds(&w, second));
    assert_int_equal(look(&w).left_uusd, 0);
    b.per = BUDGET_MONTH; /* it begins on the same day */
    world_apply(&w, fleet_with(&w, &b));
    assert_int_equal(look(&w).spent_uusd, 16 * USD);
    b = (struct budget){BUDGET_DAYS, 1, 50 * USD, w.now_ms - HOUR / 2};
    world_apply(&w, fleet_with(&w, &b)); /* and this one later: only what runs is counted */
    assert_int_equal(look(&w).left_uusd, 34 * USD);
    world_release(&w);
}

static void a_job_above_the_whole_amount_waits_and_is_told_what_would_do(void **state)
{
    (void)state;
    struct world w;
    begin(&w, BUDGET_EVER, 0);
    uint32_t id = submit(&w, 8, 1);
    struct explanation x;
    core_explain(w.core, world_job(&w, id), &w.arena, &x);
    assert_int_equal(world_job(&w, id)->reason, REASON_BUDGET);
    assert_int_equal(x.flip.kind, FLIP_BUDGET);
    assert_int_equal(x.flip.value, 16 * USD);
    assert_string_equal(x.flip.sentence.p,
                        "raise the budget of acme from 0.00 to 16.00 USD (in the fleet file)");
    struct job_spec s = world_spec(1); /* the answer for one that is not submitted is the same */
    core_explain_spec(w.core, &s, w.now_ms + HOUR, &w.arena, &x);
    assert_int_equal(x.pools[0].reason, REASON_BUDGET);
    assert_int_equal(x.flip.value, 2 * USD);
    world_release(&w);
}

static void a_lower_limit_gives_back_what_it_cuts_off(void **state)
{
    (void)state;
    struct world w;
    begin(&w, BUDGET_EVER, 48);
    uint32_t first = submit(&w, 8, 2), second = submit(&w, 8, 2);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    assert_int_equal(world_job(&w, second)->reason, REASON_BUDGET);
    struct job_spec s = world_spec(8);
    world_step(&w, &(struct event){.kind = EVENT_UPDATE,
                                   .job = {first},
                                   .actor_is_operator = true,
                                   .spec = &s, /* one hour */
                                   .update_fields = 1u << UPDATE_TIME_LIMIT});
    assert_true(holds(&w, second));
    world_release(&w);
}

static void a_higher_limit_must_be_within_what_is_left(void **state)
{
    (void)state;
    struct world w;
    struct errtext error;
    begin(&w, BUDGET_EVER, 48);
    uint32_t id = submit(&w, 8, 2); /* 32 USD */
    world_report(&w, REPORT_STARTED, id, 1, 0);
    struct job_spec s = {.time_limit_ms = 4 * HOUR};
    struct event more = {.kind = EVENT_UPDATE,
                         .job = {id},
                         .actor_is_operator = true,
                         .spec = &s,
                         .update_fields = 1u << UPDATE_TIME_LIMIT};
    assert_int_equal(world_try(&w, &more, &error), ERR_CONFLICT);
    assert_non_null(strstr(error.s, "32.00 USD more"));
    s.time_limit_ms = 3 * HOUR;
    assert_int_equal(world_try(&w, &more, &error), ERR_NONE);
    assert_int_equal(look(&w).left_uusd, 0);
    world_release(&w);
}

static void what_costs_nothing_is_not_stopped_by_a_budget(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct budget b = {.per = BUDGET_EVER, .amount_uusd = 0};
    struct fleet *f = fleet_with(&w, &b);
    f->pools[0].title.uusd_per_chip_h = 0;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    assert_true(holds(&w, submit(&w, 8, 1)));
    world_release(&w);
}

/* So that a change of the account costs as much as there are kinds of jobs, not jobs. */
static void one_behind_its_like_is_told_of_the_budget_too(void **state)
{
    (void)state;
    struct world w;
    begin(&w, BUDGET_EVER, 20);
    submit(&w, 8, 1);
    submit(&w, 8, 1);
    const struct job *j = world_job(&w, submit(&w, 8, 1));
    assert_int_equal(j->reason, REASON_PRIORITY);
    assert_int_equal(core_reason(w.core, j), REASON_BUDGET);
    world_release(&w);
}

/* No victim for nothing: the room that is made for it is paid for already. */
static void a_job_that_others_make_room_for_is_charged_meanwhile(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct budget b = {.per = BUDGET_EVER, .amount_uusd = 150 * USD};
    struct fleet *f = fleet_with(&w, &b);
    f->preempt = PREEMPT_REQUEUE;
    f->preempt_exempt_ms = 1;
    world_apply(&w, f);
    struct job_spec low = world_spec(32);
    low.tenant = STR("boat");
    low.time_limit_ms = 12 * HOUR;
    uint32_t victim = world_submit(&w, &low);
    world_report(&w, REPORT_STARTED, victim, 1, 0);
    w.now_ms += MINUTE;
    struct job_spec high = world_spec(32);
    high.priority = 10;
    high.time_limit_ms = 2 * HOUR; /* 128 USD */
    uint32_t id = world_submit(&w, &high);
    assert_int_equal(world_job(&w, id)->reason, REASON_PREEMPTING);
    assert_int_equal(look(&w).committed_uusd, 128 * USD);
    assert_int_equal(look(&w).left_uusd, 22 * USD);
    world_report(&w, REPORT_FINISHED, victim, 1, 0);
    assert_true(holds(&w, id));
    assert_int_equal(look(&w).left_uusd, 22 * USD);
    world_release(&w);
}

/* Random worlds, of which core_check recounts each account after each step. */
static void accounts_add_up_in_random_worlds(void **state)
{
    (void)state;
    uint32_t waited = 0;
    for (uint64_t seed = 1; seed <= 240; seed += 8) {
        struct world w;
        world_init(&w, seed);
        world_apply(&w, world_random_fleet(&w, 0));
        for (int i = 0; i < 150; i++) world_random(&w);
        waited += w.because[REASON_BUDGET];
        world_release(&w);
    }
    assert_true(waited > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_follow_one_another_from_the_first),
        cmocka_unit_test(before_its_first_day_a_budget_binds_nobody),
        cmocka_unit_test(a_job_waits_where_it_could_cost_more_than_is_left),
        cmocka_unit_test(a_job_behind_leaves_the_money_for_a_start_that_is_promised),
        cmocka_unit_test(a_job_before_the_head_takes_its_money_and_the_step_says_so),
        cmocka_unit_test(of_jobs_alike_only_those_behind_leave_it_the_money),
        cmocka_unit_test(what_is_not_used_of_the_limit_is_given_back),
        cmocka_unit_test(the_next_window_begins_with_the_whole_amount),
        cmocka_unit_test(an_attempt_across_the_turn_counts_in_each_window_what_it_takes_there),
        cmocka_unit_test(a_larger_amount_lets_the_job_start_and_keeps_what_was_spent),
        cmocka_unit_test(a_job_above_the_whole_amount_waits_and_is_told_what_would_do),
        cmocka_unit_test(a_lower_limit_gives_back_what_it_cuts_off),
        cmocka_unit_test(a_higher_limit_must_be_within_what_is_left),
        cmocka_unit_test(what_costs_nothing_is_not_stopped_by_a_budget),
        cmocka_unit_test(one_behind_its_like_is_told_of_the_budget_too),
        cmocka_unit_test(a_job_that_others_make_room_for_is_charged_meanwhile),
        cmocka_unit_test(accounts_add_up_in_random_worlds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
