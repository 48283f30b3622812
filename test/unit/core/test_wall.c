#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

/* One pool of four nodes, under maintenance from hour 4 to hour 6. */
static void pool_with_maintenance(struct world *w)
{
    world_init(w, 1);
    struct fleet *f = world_fleet_base(&w->arena, 1);
    struct pool *p = world_pool(&w->arena, f, 0, "only", "big", "tokyo", 4, 8);
    p->maintenance = ARENA_NEW(&w->arena, struct window);
    p->maintenance_count = 1;
    *p->maintenance = (struct window){WORLD_T0 + 4 * HOUR, WORLD_T0 + 6 * HOUR, STR("cooling")};
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

/* Two pools of a site which is closed from hour 3 to hour 8; the first has a window of its own. */
static void site_with_maintenance(struct world *w)
{
    world_init(w, 1);
    struct fleet *f = world_fleet_base(&w->arena, 2);
    for (uint32_t i = 0; i < 2; i++) {
        struct pool *p = world_pool(&w->arena, f, i, i == 0 ? "one" : "two", "big", "tokyo", 2, 8);
        p->title.uusd_per_chip_h = 1000000 + i;
    }
    f->pools[0].maintenance = ARENA_NEW(&w->arena, struct window);
    f->pools[0].maintenance_count = 1;
    *f->pools[0].maintenance = (struct window){WORLD_T0 + 4 * HOUR, WORLD_T0 + 6 * HOUR, {0}};
    f->sites[0].maintenance = ARENA_NEW(&w->arena, struct window);
    f->sites[0].maintenance_count = 1;
    *f->sites[0].maintenance =
        (struct window){WORLD_T0 + 3 * HOUR, WORLD_T0 + 8 * HOUR, STR("transformer")};
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static uint32_t submit(struct world *w, int64_t hours, uint32_t checkpoint_s)
{
    struct job_spec s = world_spec(8);
    s.time_limit_ms = hours * HOUR;
    s.checkpoint_s = checkpoint_s;
    return world_submit(w, &s);
}

static void go_to(struct world *w, int64_t at_ms)
{
    while (core_next_tick_ms(w->core) <= at_ms) {
        w->now_ms = core_next_tick_ms(w->core);
        world_tick(w);
    }
    w->now_ms = at_ms;
    world_tick(w);
}

static void a_job_starts_only_where_it_ends_before_maintenance(void **state)
{
    (void)state;
    struct world w;
    pool_with_maintenance(&w);
    uint32_t fits = submit(&w, 3, 0), late = submit(&w, 4, 0), saves = submit(&w, 9, 1800);
    assert_int_equal(world_job(&w, fits)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, saves)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, late)->reason, REASON_MAINTENANCE_FIRST);
    struct explanation x;
    core_explain(w.core, world_job(&w, late), &w.arena, &x);
    assert_string_equal(x.sentences[0].p, "pool only: its maintenance begins too soon: 3 h 57 min "
                                          "are left, the job may take 4 h 0 min");
    assert_int_equal(x.flip.kind, FLIP_TIME_LIMIT);
    assert_int_equal(core_last_start_ms(w.core, (struct pool_id){0}, w.now_ms),
                     WORLD_T0 + 3 * HOUR - 150000);
    world_release(&w);
}

static void maintenance_stops_what_still_runs_and_lets_it_go_on_afterwards(void **state)
{
    (void)state;
    struct world w;
    pool_with_maintenance(&w);
    uint32_t id = submit(&w, 9, 1800);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    go_to(&w, WORLD_T0 + 4 * HOUR - 90001);
    assert_int_equal(world_job(&w, id)->state, JOB_RUNNING);
    go_to(&w, WORLD_T0 + 4 * HOUR - 90000);
    assert_int_equal(world_job(&w, id)->state, JOB_COMPLETING);
    world_report(&w, REPORT_FINISHED, id, 1, 15);
    assert_int_equal(world_job(&w, id)->state, JOB_PENDING);
    go_to(&w, WORLD_T0 + 5 * HOUR);
    struct explanation x;
    core_explain(w.core, world_job(&w, id), &w.arena, &x);
    assert_int_equal(x.pools[0].reason, REASON_MAINTENANCE);
    assert_string_equal(x.sentences[0].p,
                        "pool only: it is under maintenance (cooling) until 2026-01-01T06:00:00Z");
    assert_int_equal(core_last_start_ms(w.core, (struct pool_id){0}, WORLD_T0 + 6 * HOUR), 0);
    go_to(&w, WORLD_T0 + 6 * HOUR);
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_job_that_saves_its_work_starts_close_to_the_end_of_a_lease(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    struct pool *p = world_pool(&w.arena, f, 0, "only", "big", "tokyo", 4, 8);
    p->title.kind = TITLE_LEASED;
    p->title.lessor = STR("landlord");
    p->title.to_ms = WORLD_T0 + 2 * HOUR;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    uint32_t saves = submit(&w, 9, 1800), loses = submit(&w, 9, 0);
    assert_int_equal(world_job(&w, saves)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, loses)->reason, REASON_LEASE_ENDS_FIRST);
    world_release(&w);
}

static void maintenance_of_a_site_closes_all_its_pools(void **state)
{
    (void)state;
    struct world w;
    site_with_maintenance(&w);
    uint32_t fits = submit(&w, 2, 0), late = submit(&w, 3, 0);
    assert_int_equal(world_job(&w, fits)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, late)->reason, REASON_MAINTENANCE_FIRST);
    world_finish(&w, fits, 0);
    go_to(&w, WORLD_T0 + 7 * HOUR); /* the pool's own is over, the site's goes on */
    struct explanation x;
    core_explain(w.core, world_job(&w, late), &w.arena, &x);
    for (uint32_t p = 0; p < 2; p++) {
        assert_int_equal(x.pools[p].reason, REASON_MAINTENANCE);
        assert_int_equal(x.pools[p].have, WORLD_T0 + 8 * HOUR);
    }
    assert_string_equal(
        x.sentences[1].p,
        "pool two: it is under maintenance (transformer) until 2026-01-01T08:00:00Z");
    go_to(&w, WORLD_T0 + 8 * HOUR);
    assert_int_equal(world_job(&w, late)->state, JOB_CONFIGURING);
    assert_null(core_window(core_fleet(w.core), 0, w.now_ms));
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maintenance_of_a_site_closes_all_its_pools),
        cmocka_unit_test(a_job_starts_only_where_it_ends_before_maintenance),
        cmocka_unit_test(maintenance_stops_what_still_runs_and_lets_it_go_on_afterwards),
        cmocka_unit_test(a_job_that_saves_its_work_starts_close_to_the_end_of_a_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
