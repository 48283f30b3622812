/* Caps over a window: what claims add up to, for how long, and who must give way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/limits.h"
#include "world.h"

/* One pool of 4 nodes of 8 chips in Tokyo; both tenants may use it. */
static void one_pool(struct world *w)
{
    world_init(w, 1);
    struct fleet *f = world_fleet_base(&w->arena, 1);
    world_pool(&w->arena, f, 0, "tokyo-big", "big", "tokyo", 4, 8);
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static struct law_rule capped(const char *by, int window, int64_t at_most)
{
    struct law_rule r = world_rule("CAP-1", "chip.id == 'big'", EFFECT_FORBID);
    r.cap = (struct law_cap){.present = true,
                             .sum = STR("amount"),
                             .by = str_of(by),
                             .window = window,
                             .days = window == WINDOW_DAYS ? 30 : 0,
                             .at_most_milli = at_most * 1000,
                             .unit = STR("chips")};
    return r;
}

static uint32_t submit(struct world *w, const char *tenant, uint32_t chips)
{
    struct job_spec s = world_spec(chips);
    s.tenant = str_of(tenant);
    return world_submit(w, &s);
}

static void what_is_held_stays_within_the_cap_and_is_given_back(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = capped("tenant", WINDOW_HELD, 10);
    world_adopt(&w, &r, 1);
    uint32_t a = submit(&w, "acme", 6), b = submit(&w, "acme", 6), c = submit(&w, "boat", 6);
    assert_int_equal(world_job(&w, a)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, b)->reason, REASON_QUOTA);
    assert_true(str_eqz(world_job(&w, b)->refusal_rule, "CAP-1"));
    assert_int_equal(world_job(&w, c)->state, JOB_CONFIGURING); /* another party's counter */
    struct explanation x;
    core_explain(w.core, world_job(&w, b), &w.arena, &x);
    assert_int_equal(x.pools[0].have, 4);
    assert_int_equal(x.pools[0].need, 6);
    assert_int_equal(x.flip.kind, FLIP_CHIPS);
    assert_int_equal(x.flip.value, 4);
    assert_int_equal(submit(&w, "acme", 4) > 0 ? w.out.decisions[0].kind : -1, DECISION_PLACED);
    world_do(&w, EVENT_CANCEL, a);
    assert_int_equal(world_job(&w, b)->state, JOB_PENDING); /* still held */
    world_report(&w, REPORT_GONE, a, 1, 0);
    assert_int_equal(world_job(&w, b)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_job_larger_than_the_cap_is_refused(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = capped("tenant", WINDOW_HELD, 10);
    world_adopt(&w, &r, 1);
    assert_int_equal(world_job(&w, submit(&w, "acme", 11))->state, JOB_REFUSED);
    world_release(&w);
}

/* It was refused before the job came for which a node is kept now; submitted again it stands behind
 * that. */
static void a_refused_job_is_told_what_it_could_have_as_the_newest(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = capped("tenant", WINDOW_HELD, 20);
    world_adopt(&w, &r, 1);
    uint32_t refused = submit(&w, "acme", 21);
    assert_int_equal(world_job(&w, refused)->state, JOB_REFUSED);
    submit(&w, "boat", 20);
    w.now_ms += MINUTE; /* who begins now ends after that */
    assert_int_equal(world_job(&w, submit(&w, "acme", 16))->reason, REASON_RESOURCES);
    struct explanation x;
    core_explain(w.core, world_job(&w, refused), &w.arena, &x);
    assert_int_equal(x.flip.kind, FLIP_CHIPS);
    uint32_t again = submit(&w, "acme", (uint32_t)x.flip.value);
    assert_int_equal(world_job(&w, again)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void what_ran_counts_until_its_window_has_moved_on(void **state)
{
    (void)state;
    static const struct {
        int window;
        int64_t until_ms; /* from 1 January 2026 */
    } rows[] = {
        {WINDOW_DAYS, 31 * CIVIL_DAY_MS}, /* 30 whole days after the day of the end */
        {WINDOW_YEAR, 365 * CIVIL_DAY_MS},
        {WINDOW_EVER, CIVIL_NEVER_MS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        one_pool(&w);
        struct law_rule r = capped("all", rows[i].window, 10);
        world_adopt(&w, &r, 1);
        uint32_t a = submit(&w, "acme", 7);
        w.now_ms += HOUR;
        world_finish(&w, a, 0);
        uint32_t b = submit(&w, "boat", 7);
        assert_int_equal(world_job(&w, b)->reason, REASON_QUOTA);
        if (rows[i].until_ms == CIVIL_NEVER_MS) {
            w.now_ms = WORLD_T0 + 3650 * CIVIL_DAY_MS;
            world_tick(&w);
            assert_int_equal(world_job(&w, b)->reason, REASON_QUOTA);
            world_release(&w);
            continue;
        }
        struct explanation x;
        core_explain(w.core, world_job(&w, b), &w.arena, &x);
        assert_int_equal(x.start_estimate_ms, WORLD_T0 + rows[i].until_ms);
        w.now_ms = WORLD_T0 + rows[i].until_ms - 1;
        world_tick(&w);
        assert_int_equal(world_job(&w, b)->state, JOB_PENDING);
        assert_int_equal(core_next_tick_ms(w.core), WORLD_T0 + rows[i].until_ms);
        w.now_ms++;
        world_tick(&w);
        assert_int_equal(world_job(&w, b)->state, JOB_CONFIGURING);
        world_release(&w);
    }
}

static void an_attempt_that_could_not_be_started_does_not_count(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = capped("tenant", WINDOW_EVER, 10);
    world_adopt(&w, &r, 1);
    world_report(&w, REPORT_REJECTED, submit(&w, "acme", 7), 1, 0);
    assert_int_equal(world_job(&w, submit(&w, "acme", 7))->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_cap_adopted_or_lowered_stops_the_youngest(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    uint32_t id[3];
    for (int i = 0; i < 3; i++) id[i] = submit(&w, "acme", 4);
    struct law_rule r = capped("tenant", WINDOW_YEAR, 9);
    world_adopt(&w, &r, 1);
    assert_int_equal(world_job(&w, id[1])->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, id[2])->state, JOB_COMPLETING);
    assert_int_equal(w.out.decisions[0].reason, REASON_QUOTA);
    r = capped("tenant", WINDOW_YEAR, 5);
    world_adopt(&w, &r, 1);
    assert_int_equal(world_job(&w, id[0])->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, id[1])->state, JOB_COMPLETING);
    uint32_t new = submit(&w, "acme", 1); /* the one that is being stopped still uses its chips */
    assert_int_equal(world_job(&w, new)->reason, REASON_QUOTA);
    world_report(&w, REPORT_GONE, id[1], 1, 0);
    assert_int_equal(world_job(&w, new)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_cap_that_does_not_bind_counts_all_the_same(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = capped("country", WINDOW_YEAR, 9);
    r.level = LEVEL_PROPOSED;
    world_adopt(&w, &r, 1);
    uint32_t a = submit(&w, "acme", 6), b = submit(&w, "boat", 6);
    assert_int_equal(world_job(&w, b)->state, JOB_CONFIGURING);
    world_step(&w, &(struct event){.kind = EVENT_BIND,
                                   .bind_levels = LAW_BIND_DEFAULT | 1u << LEVEL_PROPOSED,
                                   .actor_is_operator = true});
    assert_int_equal(world_job(&w, a)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, b)->state, JOB_COMPLETING);
    world_release(&w);
}

static void what_the_fleet_states_as_used_before_counts(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "tokyo-big", "big", "tokyo", 4, 8);
    f->permit_count = 1;
    f->permits = ARENA_NEW(&w.arena, struct permit);
    f->permits[0] =
        (struct permit){.id = STR("p"), .rule = STR("CAP-1"), .holder = STR("home"), .used = 6};
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct law_rule r = capped("tenant", WINDOW_YEAR, 9);
    world_adopt(&w, &r, 1);
    assert_int_equal(world_job(&w, submit(&w, "acme", 3))->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, submit(&w, "acme", 1))->reason, REASON_QUOTA);
    assert_int_equal(world_job(&w, submit(&w, "boat", 9))->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_counter_of_tpp_counts_tpp(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = capped("tenant", WINDOW_HELD, 80000);
    r.cap.sum = STR("chip.tpp * double(amount)");
    r.cap.unit = STR("TPP");
    world_adopt(&w, &r, 1);
    submit(&w, "acme", 4); /* 64,000 of 80,000 */
    uint32_t b = submit(&w, "acme", 2);
    struct explanation x;
    core_explain(w.core, world_job(&w, b), &w.arena, &x);
    assert_int_equal(x.pools[0].have, 16000);
    assert_int_equal(x.pools[0].need, 32000);
    assert_int_equal(x.flip.value, 1);
    assert_int_equal(world_job(&w, submit(&w, "acme", 1))->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_restored_core_counts_alike(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = capped("tenant", WINDOW_DAYS, 12);
    world_adopt(&w, &r, 1);
    world_finish(&w, submit(&w, "acme", 3), 0);
    w.now_ms += 3 * CIVIL_DAY_MS;
    world_finish(&w, submit(&w, "acme", 3), 0);
    submit(&w, "acme", 4);
    submit(&w, "acme", 4);
    struct buf bytes = {0}, again = {0};
    put_core(&bytes, w.core);
    w.twin = core_new();
    struct errtext error;
    assert_int_equal(get_core(buf_str(&bytes), w.twin, &error), ERR_NONE);
    put_core(&again, w.twin);
    assert_true(str_eq(buf_str(&bytes), buf_str(&again)));
    buf_release(&bytes);
    buf_release(&again);
    for (int i = 0; i < 40; i++) { /* the world compares every step */
        w.now_ms += CIVIL_DAY_MS;
        world_tick(&w);
        submit(&w, "acme", 2);
    }
    world_release(&w);
}

/* A cap of 10 chips for all that begins in five hours. */
static void begins_later(struct world *w)
{
    one_pool(w);
    struct law_rule r = capped("all", WINDOW_HELD, 10);
    r.effective_ms = WORLD_T0 + 5 * HOUR;
    world_adopt(w, &r, 1);
}

static uint32_t submit_for(struct world *w, uint32_t chips, int64_t limit_ms, uint32_t checkpoint_s)
{
    struct job_spec s = world_spec(chips);
    s.time_limit_ms = limit_ms;
    s.checkpoint_s = checkpoint_s;
    return world_submit(w, &s);
}

static void a_cap_that_begins_later_has_room_for_those_that_were_there_first(void **state)
{
    (void)state;
    struct world w;
    begins_later(&w);
    uint32_t early = submit_for(&w, 6, 3 * HOUR, 0); /* ends before */
    uint32_t first = submit_for(&w, 6, 9 * HOUR, 0), late = submit_for(&w, 6, 9 * HOUR, 0);
    uint32_t small = submit_for(&w, 4, 9 * HOUR, 0), saves = submit_for(&w, 8, 9 * HOUR, 3600);
    assert_int_equal(world_job(&w, early)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, first)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, late)->reason, REASON_LAW_ENDS_FIRST);
    assert_true(str_eqz(world_job(&w, late)->refusal_rule, "CAP-1"));
    assert_int_equal(world_job(&w, small)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, saves)->state, JOB_CONFIGURING); /* it saves its work before */
    world_report(&w, REPORT_STARTED, first, 1, 0);
    world_report(&w, REPORT_STARTED, small, 1, 0);
    world_report(&w, REPORT_STARTED, saves, 1, 0);
    world_finish(&w, early, 0);
    w.now_ms = WORLD_T0 + 5 * HOUR - WALL_STOP_MS - 1;
    world_tick(&w);
    assert_int_equal(world_job(&w, saves)->state, JOB_RUNNING);
    assert_int_equal(core_next_tick_ms(w.core), w.now_ms + 1);
    w.now_ms++;
    world_tick(&w);
    assert_int_equal(world_job(&w, saves)->state, JOB_COMPLETING);
    assert_int_equal(w.out.decisions[0].reason, REASON_LAW_ENDS_FIRST);
    assert_true(str_eqz(w.out.decisions[0].rule, "CAP-1"));
    world_report(&w, REPORT_GONE, saves, 1, 0);
    w.now_ms = WORLD_T0 + 5 * HOUR;
    world_tick(&w);
    assert_int_equal(world_job(&w, first)->state, JOB_RUNNING);
    assert_int_equal(world_job(&w, small)->state, JOB_RUNNING);
    assert_int_equal(world_job(&w, late)->reason, REASON_QUOTA);
    assert_int_equal(world_job(&w, saves)->state, JOB_PENDING);
    world_release(&w);
}

static void room_under_a_cap_that_begins_later_goes_to_what_runs_before_what_waits(void **state)
{
    (void)state;
    struct world w;
    begins_later(&w);
    uint32_t first = submit_for(&w, 6, 9 * HOUR, 0), saves = submit_for(&w, 6, 9 * HOUR, 3600);
    uint32_t waits = submit_for(&w, 6, 9 * HOUR, 0);
    assert_int_equal(world_job(&w, saves)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, waits)->reason, REASON_LAW_ENDS_FIRST);
    world_report(&w, REPORT_STARTED, saves, 1, 0);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    w.now_ms += HOUR;
    world_finish(&w, first, 0);
    assert_int_equal(world_job(&w, waits)->reason, REASON_LAW_ENDS_FIRST);
    w.now_ms = WORLD_T0 + 5 * HOUR;
    world_tick(&w);
    assert_int_equal(world_job(&w, saves)->state, JOB_RUNNING); /* its wall is gone */
    world_release(&w);
}

static struct pool_reservation kept(const struct world *w)
{
    struct pool_reservation r;
    assert_true(core_reservation(w->core, (struct pool_id){0}, &r));
    return r;
}

/* One of two jobs that run is to save its work before the cap begins; the other ends, then there is
 * room for it under the cap, and it runs on. */
static void a_start_is_not_promised_by_a_wall_that_goes_when_others_end(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = capped("tenant", WINDOW_HELD, 30);
    r.effective_ms = WORLD_T0 + 5 * HOUR;
    world_adopt(&w, &r, 1);
    uint32_t first = submit_for(&w, 8, 9 * HOUR, 0), saves = submit_for(&w, 24, 9 * HOUR, 3600);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    world_report(&w, REPORT_STARTED, saves, 1, 0);
    uint32_t head = submit(&w, "boat", 24);
    int64_t at_ms = kept(&w).at_ms;
    assert_int_equal(kept(&w).job.v, head);
    assert_int_equal(at_ms, WORLD_T0 + 9 * HOUR + STOP_GRACE_MS);
    world_finish(&w, first, 0);
    assert_int_equal(kept(&w).job.v, head);
    assert_int_equal(kept(&w).at_ms, at_ms);
    w.now_ms = WORLD_T0 + 5 * HOUR;
    world_tick(&w);
    assert_int_equal(world_job(&w, saves)->state, JOB_RUNNING);
    world_release(&w);
}

static void a_start_is_promised_by_a_wall_that_the_law_has_whoever_ends(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = world_rule("BAN-1", "chain.tenant.country == 'JP'", EFFECT_FORBID);
    r.effective_ms = WORLD_T0 + 5 * HOUR;
    world_adopt(&w, &r, 1);
    uint32_t saves = submit_for(&w, 16, 9 * HOUR, 3600);
    world_report(&w, REPORT_STARTED, saves, 1, 0);
    uint32_t head = submit(&w, "boat", 24);
    assert_int_equal(kept(&w).job.v, head);
    assert_int_equal(kept(&w).at_ms, WORLD_T0 + 5 * HOUR - WALL_STOP_MS + STOP_GRACE_MS);
    world_release(&w);
}

static void what_runs_when_a_cap_is_adopted_for_later_keeps_its_place_by_age(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    uint32_t a = submit_for(&w, 6, 9 * HOUR, 3600), b = submit_for(&w, 6, 9 * HOUR, 3600);
    world_report(&w, REPORT_STARTED, b, 1, 0);
    world_report(&w, REPORT_STARTED, a, 1, 0);
    struct law_rule r = capped("all", WINDOW_HELD, 10);
    r.effective_ms = WORLD_T0 + 5 * HOUR;
    world_adopt(&w, &r, 1);
    assert_int_equal(world_job(&w, a)->state, JOB_RUNNING);
    assert_int_equal(world_job(&w, b)->state, JOB_RUNNING);
    r.cap.at_most_milli = 4000; /* amended: neither has room */
    world_adopt(&w, &r, 1);
    r.cap.at_most_milli = 10000;
    world_adopt(&w, &r, 1);
    w.now_ms = WORLD_T0 + 5 * HOUR - WALL_STOP_MS;
    world_tick(&w);
    assert_int_equal(world_job(&w, a)->state, JOB_RUNNING);
    assert_int_equal(world_job(&w, b)->state, JOB_COMPLETING);
    world_release(&w);
}

static void what_is_being_stopped_counts_under_a_cap_that_does_not_bind(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r = capped("all", WINDOW_YEAR, 10);
    r.level = LEVEL_PROPOSED;
    world_adopt(&w, &r, 1);
    uint32_t large = submit(&w, "acme", 16), small = submit(&w, "acme", 8);
    world_report(&w, REPORT_STARTED, large, 1, 0);
    world_do(&w, EVENT_CANCEL, large);
    world_adopt(&w, &r, 1); /* all claims are looked at anew */
    world_report(&w, REPORT_GONE, large, 1, 0);
    assert_int_equal(world_job(&w, small)->state, JOB_CONFIGURING);
    world_step(&w, &(struct event){.kind = EVENT_BIND,
                                   .bind_levels = LAW_BIND_DEFAULT | 1u << LEVEL_PROPOSED,
                                   .actor_is_operator = true});
    assert_int_equal(world_job(&w, small)->state, JOB_COMPLETING); /* 16 were used */
    assert_int_equal(w.out.decisions[0].reason, REASON_QUOTA);
    world_release(&w);
}

/* With a cap that begins later a start asks anew what the claim counts under. */
static void a_start_keeps_its_room_while_others_are_being_stopped(void **state)
{
    (void)state;
    struct world w;
    one_pool(&w);
    struct law_rule r[2] = {capped("all", WINDOW_HELD, 12), capped("all", WINDOW_HELD, 30)};
    r[1].id = STR("CAP-2");
    r[1].effective_ms = WORLD_T0 + CIVIL_DAY_MS;
    world_adopt(&w, r, 2);
    uint32_t first = submit_for(&w, 6, HOUR, 0), second = submit_for(&w, 6, HOUR, 0);
    r[0].cap.at_most_milli = 9000;
    world_adopt(&w, r, 2);
    assert_int_equal(world_job(&w, second)->state, JOB_COMPLETING);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    world_report(&w, REPORT_GONE, second, 1, 0);
    assert_int_equal(world_job(&w, first)->state, JOB_RUNNING);
    assert_int_equal(world_job(&w, second)->reason, REASON_QUOTA); /* 6 of 9 are used */
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_stays_within_the_cap_and_is_given_back),
        cmocka_unit_test(a_job_larger_than_the_cap_is_refused),
        cmocka_unit_test(a_refused_job_is_told_what_it_could_have_as_the_newest),
        cmocka_unit_test(what_ran_counts_until_its_window_has_moved_on),
        cmocka_unit_test(an_attempt_that_could_not_be_started_does_not_count),
        cmocka_unit_test(a_cap_adopted_or_lowered_stops_the_youngest),
        cmocka_unit_test(a_cap_that_does_not_bind_counts_all_the_same),
        cmocka_unit_test(what_the_fleet_states_as_used_before_counts),
        cmocka_unit_test(a_counter_of_tpp_counts_tpp),
        cmocka_unit_test(a_restored_core_counts_alike),
        cmocka_unit_test(a_cap_that_begins_later_has_room_for_those_that_were_there_first),
        cmocka_unit_test(room_under_a_cap_that_begins_later_goes_to_what_runs_before_what_waits),
        cmocka_unit_test(a_start_is_not_promised_by_a_wall_that_goes_when_others_end),
        cmocka_unit_test(a_start_is_promised_by_a_wall_that_the_law_has_whoever_ends),
        cmocka_unit_test(what_runs_when_a_cap_is_adopted_for_later_keeps_its_place_by_age),
        cmocka_unit_test(what_is_being_stopped_counts_under_a_cap_that_does_not_bind),
        cmocka_unit_test(a_start_keeps_its_room_while_others_are_being_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
