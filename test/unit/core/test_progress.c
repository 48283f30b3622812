/* Heartbeats: what the core makes of them. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void fleet_of_two(struct world *w)
{
    struct fleet *f = world_fleet_base(&w->arena, 2);
    world_pool(&w->arena, f, 0, "one", "big", "tokyo", 2, 8);
    world_pool(&w->arena, f, 1, "two", "mid", "sydney", 2, 8);
    f->pools[1].title.uusd_per_chip_h = 3000000;
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static enum err say(struct world *w, uint32_t job, uint32_t attempt, int64_t steps, int64_t total,
                    bool checkpoint)
{
    struct event e = {.kind = EVENT_PROGRESS, .actor = STR("uid:1000"), .actor_uid = 1000};
    e.heartbeat = (struct heartbeat){{job}, attempt, steps, total, checkpoint};
    struct errtext error;
    return world_try(w, &e, &error);
}

static uint32_t running(struct world *w, int64_t time_limit_ms)
{
    struct job_spec s = world_spec(8);
    s.time_limit_ms = time_limit_ms;
    s.work.type = STR("train");
    uint32_t id = world_submit(w, &s);
    world_report(w, REPORT_STARTED, id, 1, 0);
    return id;
}

static void speed_is_measured_between_heartbeats_not_from_the_start(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    fleet_of_two(&w);
    uint32_t id = running(&w, 10 * HOUR);
    w.now_ms += 5 * MINUTE; /* loading */
    assert_int_equal(say(&w, id, 1, 100, 10000, false), ERR_NONE);
    assert_int_equal(world_job(&w, id)->progress.usteps_per_s, 0);
    assert_int_equal(progress_end_ms(world_job(&w, id)), WORLD_T0 + 10 * HOUR);
    w.now_ms += 5 * MINUTE;
    assert_int_equal(say(&w, id, 1, 400, 0, false), ERR_NONE);
    assert_int_equal(world_job(&w, id)->progress.usteps_per_s, 1000000);
    assert_int_equal(world_job(&w, id)->progress.steps, 400);
    assert_int_equal(progress_end_ms(world_job(&w, id)), w.now_ms + 9600 * 1000);
    world_release(&w);
}

static void a_job_that_becomes_slower_is_seen_to(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 2);
    fleet_of_two(&w);
    uint32_t id = running(&w, 100 * HOUR);
    int64_t steps = 0;
    for (int i = 0; i < 240; i++, steps += 60, w.now_ms += MINUTE) say(&w, id, 1, steps, 0, false);
    assert_in_range(world_job(&w, id)->progress.usteps_per_s, 990000, 1010000);
    for (int i = 0; i < 120; i++, steps += 30, w.now_ms += MINUTE) say(&w, id, 1, steps, 0, false);
    assert_in_range(world_job(&w, id)->progress.usteps_per_s, 490000, 540000);
    world_release(&w);
}

static void a_step_count_that_falls_begins_a_new_measurement(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 3);
    fleet_of_two(&w);
    uint32_t id = running(&w, 10 * HOUR);
    say(&w, id, 1, 0, 0, false);
    w.now_ms += MINUTE;
    say(&w, id, 1, 600, 0, false);
    w.now_ms += MINUTE;
    say(&w, id, 1, 100, 0, false);
    assert_int_equal(world_job(&w, id)->progress.usteps_per_s, 0);
    assert_int_equal(world_job(&w, id)->progress.steps, 100);
    w.now_ms += MINUTE;
    say(&w, id, 1, 220, 0, false);
    assert_int_equal(world_job(&w, id)->progress.usteps_per_s, 2000000);
    world_release(&w);
}

static void what_an_attempt_measured_and_saved_enters_the_wish_of_the_next(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 4);
    fleet_of_two(&w);
    uint32_t id = running(&w, 10 * HOUR);
    say(&w, id, 1, 0, 5000, false);
    w.now_ms += 10 * MINUTE;
    say(&w, id, 1, 1200, 0, true);
    w.now_ms += 10 * MINUTE;
    say(&w, id, 1, 2400, 0, false);
    assert_int_equal(world_job(&w, id)->progress.checkpointed_ms, w.now_ms - 10 * MINUTE);
    world_report(&w, REPORT_GONE, id, 1, 0);
    const struct job *j = world_job(&w, id);
    assert_int_equal(j->attempt, 2);
    assert_int_equal(j->spec.work.steps, 5000);
    assert_int_equal(j->spec.work.steps_done, 1200);
    assert_true(str_eqz(j->spec.work.seen_chip, "big"));
    assert_int_equal(j->spec.work.seen_chips, 8);
    assert_int_equal(j->spec.work.seen_usteps_per_s, 2000000);
    assert_int_equal(j->progress.at_ms, 0);
    assert_int_equal(j->progress.steps, 1200);
    world_release(&w);
}

static void heartbeats_of_others_and_of_old_attempts_are_refused(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 5);
    fleet_of_two(&w);
    uint32_t id = running(&w, 10 * HOUR);
    assert_int_equal(say(&w, id, 2, 1, 0, false), ERR_CONFLICT);
    assert_int_equal(say(&w, id + 1, 1, 1, 0, false), ERR_NOT_FOUND);
    assert_int_equal(say(&w, id, 1, -1, 0, false), ERR_INVALID);
    assert_int_equal(say(&w, id, 1, 11, 10, false), ERR_INVALID);
    assert_int_equal(say(&w, id, 1, WORK_STEPS_MAX + 1, 0, false), ERR_INVALID);
    struct event e = {.kind = EVENT_PROGRESS, .actor = STR("uid:1001"), .actor_uid = 1001};
    e.heartbeat = (struct heartbeat){{id}, 1, 5, 0, false};
    struct errtext error;
    assert_int_equal(world_try(&w, &e, &error), ERR_DENIED);
    world_report(&w, REPORT_FINISHED, id, 1, 0);
    assert_int_equal(say(&w, id, 1, 5, 0, false), ERR_CONFLICT);
    world_release(&w);
}

static void the_largest_numbers_do_not_overflow(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 6);
    fleet_of_two(&w);
    uint32_t id = running(&w, 10 * HOUR);
    say(&w, id, 1, 0, WORK_STEPS_MAX, false);
    w.now_ms += MINUTE;
    say(&w, id, 1, WORK_STEPS_MAX, WORK_STEPS_MAX, true);
    assert_int_equal(world_job(&w, id)->progress.usteps_per_s, USTEPS_PER_S_MAX);
    w.now_ms += 9 * HOUR;
    say(&w, id, 1, 1, WORK_STEPS_MAX, false);
    w.now_ms += MINUTE;
    say(&w, id, 1, 2, WORK_STEPS_MAX, false);
    assert_int_equal(progress_end_ms(world_job(&w, id)), WORLD_T0 + 10 * HOUR);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speed_is_measured_between_heartbeats_not_from_the_start),
        cmocka_unit_test(a_job_that_becomes_slower_is_seen_to),
        cmocka_unit_test(a_step_count_that_falls_begins_a_new_measurement),
        cmocka_unit_test(what_an_attempt_measured_and_saved_enters_the_wish_of_the_next),
        cmocka_unit_test(heartbeats_of_others_and_of_old_attempts_are_refused),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
