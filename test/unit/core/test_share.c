#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/decay.h"
#include "world.h"

#include <math.h>

#define WEEK (7 * 24 * HOUR)

/* ---- decay ----------------------------------------------------------------------------------- */

static void usage_halves_in_every_half_life(void **state)
{
    (void)state;
    assert_int_equal(decay_left(1000000, WEEK, WEEK), 500000);
    assert_int_equal(decay_left(1000000, 2 * WEEK, WEEK), 250000);
    assert_int_equal(decay_left(1000000, 0, WEEK), 1000000);
    assert_int_equal(decay_left(INT64_MAX, 64 * WEEK, WEEK), 0);
    assert_int_equal(decay_accrued(3600000, HOUR, 3652 * 24 * HOUR), 3599986); /* hardly decays */
    assert_int_equal(decay_accrued(0, HOUR, WEEK), 0);
}

/* Against the formula in floating point, which has 64 bits here and no series. */
static void decay_agrees_with_the_formula(void **state)
{
    (void)state;
    struct rng r = {1};
    for (int i = 0; i < 20000; i++) {
        int64_t half = 60000 + (int64_t)(rng_next(&r) % (uint64_t)(100 * WEEK));
        int64_t ms = (int64_t)(rng_next(&r) % (uint64_t)(rng_one_in(&r, 2) ? HOUR : 4 * half));
        int64_t amount = (int64_t)(rng_next(&r) >> (20 + rng_below(&r, 40)));
        long double lost = -expm1l(-logl(2) * (long double)ms / (long double)half);
        long double left = (long double)amount * (1 - lost);
        long double accrued = (long double)amount / 3600000 * (long double)half / logl(2) * lost;
        assert_true(fabsl((long double)decay_left(amount, ms, half) - left) <= 1);
        assert_true(fabsl((long double)decay_accrued(amount, ms, half) - accrued) <=
                    1 + (long double)amount / 3600000 / 1000000);
    }
}

/* ---- order ----------------------------------------------------------------------------------- */

static void one_pool(struct world *w, uint32_t nodes)
{
    world_init(w, 1);
    struct fleet *f = world_fleet_base(&w->arena, 1);
    world_pool(&w->arena, f, 0, "only", "big", "tokyo", nodes, 8);
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static uint32_t submit_for(struct world *w, const char *tenant, uint32_t chips, int32_t priority)
{
    struct job_spec s = world_spec(chips);
    s.tenant = str_of(tenant);
    s.priority = priority;
    return world_submit(w, &s);
}

static bool holds(const struct world *w, uint32_t id)
{
    return job_state_holds_chips(world_job(w, id)->state);
}

static void who_has_used_less_goes_first(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w, 1);
    uint32_t first = submit_for(&w, "acme", 8, 0);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    uint32_t more = submit_for(&w, "acme", 8, 0);
    uint32_t other = submit_for(&w, "boat", 8, 0);
    uint32_t urgent = submit_for(&w, "acme", 8, 1);
    /* The queue shows the order in which they will go. */
    assert_int_equal(core_queue_after(w.core, (struct job_id){0})->id.v, urgent);
    assert_int_equal(core_queue_after(w.core, (struct job_id){urgent})->id.v, other);
    assert_int_equal(core_queue_after(w.core, (struct job_id){other})->id.v, more);
    assert_null(core_queue_after(w.core, (struct job_id){more}));
    w.now_ms += HOUR / 2;
    world_report(&w, REPORT_FINISHED, first, 1, 0);
    assert_true(holds(&w, urgent)); /* priority comes before the share */
    world_finish(&w, urgent, 0);
    assert_true(holds(&w, other));
    world_finish(&w, other, 0);
    assert_true(holds(&w, more));
    world_release(&w);
}

static void a_claim_counts_from_the_instant_it_is_made(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w, 1);
    uint32_t all = submit_for(&w, "fog", 8, 0);
    uint32_t a[3], b[3];
    for (int i = 0; i < 3; i++) a[i] = submit_for(&w, "acme", 4, 0);
    for (int i = 0; i < 3; i++) b[i] = submit_for(&w, "boat", 4, 0);
    world_finish(&w, all, 0);
    /* Both have used nothing: one each, although all of acme's came first. */
    assert_true(holds(&w, a[0]) && holds(&w, b[0]));
    assert_false(holds(&w, a[1]) || holds(&w, b[1]));
    world_release(&w);
}

static struct tenant_share share(const struct world *w, const char *tenant)
{
    struct tenant_share s;
    core_share(w->core, str_of(tenant), w->now_ms, &s);
    return s;
}

static void usage_is_the_price_of_the_time_that_chips_are_held(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w, 2);
    uint32_t id = submit_for(&w, "acme", 8, 0);
    w.now_ms += HOUR / 4; /* it is slow to start; the chips are held */
    world_report(&w, REPORT_STARTED, id, 1, 0);
    w.now_ms += HOUR / 4;
    world_report(&w, REPORT_FINISHED, id, 1, 0);
    /* 8 chips x 2 USD x half an hour, of which about 0.1 % has decayed. */
    int64_t used = share(&w, "acme").used_uusd;
    assert_in_range(used, 7990000, 8000000);
    assert_int_equal(share(&w, "acme").rate_uusd_h, 0);
    w.now_ms += WEEK;
    assert_int_equal(share(&w, "acme").used_uusd, (used + 1) / 2);
    assert_int_equal(share(&w, "boat").used_uusd, 0);
    world_release(&w);
}

static void a_weight_of_three_gets_three_times_as_much(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    w.check = false; /* many steps; the other tests check each */
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "only", "big", "tokyo", 4, 8);
    f->tenants[1].weight = 3;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    for (int i = 0; i < 600; i++) submit_for(&w, "acme", 8, 0);
    for (int i = 0; i < 600; i++) submit_for(&w, "boat", 8, 0);
    int64_t hours[2] = {0};
    for (int i = 0; i < 400; i++) { /* every quarter of an hour one of the running jobs ends */
        w.now_ms += 15 * MINUTE;
        struct attempt a = w.attempts[rng_below(&w.rng, (uint32_t)w.attempt_count)];
        hours[str_eqz(world_job(&w, a.job)->spec.tenant, "boat")]++;
        world_report(&w, REPORT_STARTED, a.job, a.attempt, 0);
        world_report(&w, REPORT_FINISHED, a.job, a.attempt, 0);
    }
    assert_in_range(hours[1], 280, 320);
    world_release(&w);
}

static void chips_without_a_price_are_shared_too(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "only", "big", "tokyo", 1, 8)->title.uusd_per_chip_h = 0;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    uint32_t first = submit_for(&w, "acme", 8, 0);
    uint32_t more = submit_for(&w, "acme", 8, 0);
    uint32_t other = submit_for(&w, "boat", 8, 0);
    w.now_ms += MINUTE;
    world_finish(&w, first, 0);
    assert_true(holds(&w, other) && !holds(&w, more));
    world_release(&w);
}

static void a_new_fleet_keeps_what_was_used(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w, 2);
    submit_for(&w, "acme", 8, 0);
    w.now_ms += HOUR;
    int64_t before = share(&w, "acme").used_uusd;
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "only", "big", "tokyo", 2, 8)->title.uusd_per_chip_h = 4000000;
    f->tenants[0].weight = 5;
    f->share_half_life_ms = HOUR;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct tenant_share s = share(&w, "acme");
    assert_int_equal(s.used_uusd, before);
    assert_int_equal(s.rate_uusd_h, 32000000);
    assert_int_equal(s.weight, 5);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_halves_in_every_half_life),
        cmocka_unit_test(decay_agrees_with_the_formula),
        cmocka_unit_test(who_has_used_less_goes_first),
        cmocka_unit_test(a_claim_counts_from_the_instant_it_is_made),
        cmocka_unit_test(usage_is_the_price_of_the_time_that_chips_are_held),
        cmocka_unit_test(a_weight_of_three_gets_three_times_as_much),
        cmocka_unit_test(chips_without_a_price_are_shared_too),
        cmocka_unit_test(a_new_fleet_keeps_what_was_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
