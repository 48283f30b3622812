#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

/* Two pools in tokyo: `dear` (2 nodes of 8 big chips) and `cheap` (1 node of 4 small ones). */
static void two_pools(struct world *w)
{
    world_init(w, 1);
    struct fleet *f = world_fleet_base(&w->arena, 2);
    world_pool(&w->arena, f, 0, "dear", "big", "tokyo", 2, 8);
    world_pool(&w->arena, f, 1, "cheap", "small", "tokyo", 1, 4)->title.uusd_per_chip_h = 500000;
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static void a_job_is_placed_in_the_cheapest_pool_and_runs_to_its_end(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(2);
    uint32_t id = world_submit(&w, &s);
    const struct job *j = world_job(&w, id);
    assert_int_equal(j->state, JOB_CONFIGURING);
    assert_int_equal(j->pool.v, 1);
    assert_int_equal(j->cost_uusd, 2 * 500000);
    assert_int_equal(w.out.decision_count, 1);
    assert_int_equal(w.out.decisions[0].kind, DECISION_PLACED);
    assert_int_equal(w.out.decisions[0].pool_count, 2);
    assert_int_equal(w.out.decisions[0].pools[0].reason, REASON_DEARER);
    assert_int_equal(w.out.decisions[0].pools[1].reason, REASON_CHOSEN);
    assert_int_equal(w.out.effect_count, 1);
    assert_int_equal(w.out.effects[0].kind, FX_START);
    assert_int_equal(w.out.effects[0].expires_ms, WORLD_T0 + 60000);
    w.now_ms += MINUTE;
    world_report(&w, REPORT_STARTED, id, 1, 0);
    assert_int_equal(world_job(&w, id)->state, JOB_RUNNING);
    w.now_ms += 30 * MINUTE;
    world_report(&w, REPORT_FINISHED, id, 1, 0);
    assert_int_equal(world_job(&w, id)->state, JOB_COMPLETED);
    assert_int_equal(world_job(&w, id)->spent_uusd, 2 * 250000);
    assert_int_equal(w.out.effects[0].kind, FX_FORGET);
    w.now_ms += 5 * MINUTE;
    world_tick(&w);
    assert_null(world_job(&w, id));
    world_release(&w);
}

static void chips_are_free_only_when_the_engine_confirms_the_end(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(16);
    uint32_t a = world_submit(&w, &s);
    uint32_t b = world_submit(&w, &s);
    assert_int_equal(world_job(&w, b)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, b)->reason, REASON_RESOURCES);
    world_report(&w, REPORT_STARTED, a, 1, 0);
    world_do(&w, EVENT_CANCEL, a);
    assert_int_equal(world_job(&w, a)->state, JOB_COMPLETING);
    assert_int_equal(w.out.effects[0].kind, FX_STOP);
    assert_int_equal(world_job(&w, b)->state, JOB_PENDING);
    world_report(&w, REPORT_FINISHED, a, 1, 15);
    assert_int_equal(world_job(&w, a)->state, JOB_CANCELLED);
    assert_int_equal(world_job(&w, b)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_smaller_later_job_may_start_before_one_that_does_not_fit(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec one = world_spec(8), two = world_spec(16), four = world_spec(8);
    world_submit(&w, &one);
    uint32_t waits = world_submit(&w, &two);
    uint32_t behind = world_submit(&w, &two);
    uint32_t fits = world_submit(&w, &four);
    assert_int_equal(world_job(&w, waits)->reason, REASON_RESOURCES);
    assert_int_equal(world_job(&w, behind)->reason, REASON_PRIORITY);
    assert_int_equal(world_job(&w, fits)->state, JOB_CONFIGURING);
    assert_int_equal(core_queue_after(w.core, (struct job_id){0})->id.v, waits);
    assert_int_equal(core_queue_after(w.core, (struct job_id){waits})->id.v, behind);
    assert_null(core_queue_after(w.core, (struct job_id){behind}));
    world_release(&w);
}

static void a_job_whose_attempt_is_gone_runs_again_under_a_new_number(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t id = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    world_report(&w, REPORT_GONE, id, 1, 0);
    const struct job *j = world_job(&w, id);
    assert_int_equal(j->state, JOB_CONFIGURING);
    assert_int_equal(j->attempt, 2);
    assert_int_equal(j->restarts, 1);
    world_report(&w, REPORT_FINISHED, id, 1, 0); /* late news of the first attempt */
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    assert_int_equal(w.out.effects[0].kind, FX_FORGET);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    assert_int_equal(w.out.effects[0].kind, FX_STOP);
    assert_int_equal(w.out.effects[0].attempt, 1);
    s.no_requeue = true;
    uint32_t once = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, once, 1, 0);
    world_report(&w, REPORT_GONE, once, 1, 0);
    assert_int_equal(world_job(&w, once)->state, JOB_NODE_FAIL);
    world_release(&w);
}

static void a_job_that_will_wait_again_can_be_held(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t id = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    world_do(&w, EVENT_REQUEUE, id);
    assert_int_equal(world_job(&w, id)->state, JOB_COMPLETING);
    world_do(&w, EVENT_HOLD, id);
    world_report(&w, REPORT_GONE, id, 1, 0);
    assert_int_equal(world_job(&w, id)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, id)->reason, REASON_HELD_USER);
    world_do(&w, EVENT_RELEASE, id);
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void orders_are_repeated_until_they_are_confirmed(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t id = world_submit(&w, &s);
    int64_t waits[] = {5000, 10000, 20000, 40000, 60000, 60000};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        assert_int_equal(core_next_tick_ms(w.core), w.now_ms + waits[i]);
        w.now_ms += waits[i];
        world_tick(&w);
        assert_int_equal(w.out.effect_count, 1);
        assert_int_equal(w.out.effects[0].kind, FX_START);
        assert_int_equal(w.out.effects[0].expires_ms, w.now_ms + 60000);
    }
    world_report(&w, REPORT_STARTED, id, 1, 0);
    world_step(&w, &(struct event){.kind = EVENT_TICK, .resume = true});
    assert_int_equal(w.out.effect_count, 0);
    world_do(&w, EVENT_REQUEUE, id);
    world_step(&w, &(struct event){.kind = EVENT_TICK, .resume = true});
    assert_int_equal(w.out.effects[0].kind, FX_STOP);
    world_release(&w);
}

static void a_job_over_its_limit_is_stopped_and_times_out(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t id = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    assert_int_equal(core_next_tick_ms(w.core), w.now_ms + HOUR);
    w.now_ms += HOUR;
    world_tick(&w);
    assert_int_equal(w.out.effects[0].kind, FX_STOP);
    world_report(&w, REPORT_FINISHED, id, 1, 143);
    assert_int_equal(world_job(&w, id)->state, JOB_TIMEOUT);
    world_release(&w);
}

static void a_running_job_keeps_its_time_when_the_clock_is_set_ahead(void **state)
{
    (void)state;
    struct world w;
    struct errtext error;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t id = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    int64_t start_ms = w.now_ms;
    w.now_ms += HOUR / 2 + 3 * HOUR;
    struct event set = {.kind = EVENT_TICK, .actor = STR("clock"), .stepped_ms = 3 * HOUR};
    world_step(&w, &set);
    assert_int_equal(w.out.effect_count, 0);
    assert_int_equal(world_job(&w, id)->start_ms, start_ms + 3 * HOUR);
    assert_int_equal(core_next_tick_ms(w.core), start_ms + 4 * HOUR);
    /* Not by more than has passed since the last event, and not back. */
    w.now_ms += MINUTE;
    set.stepped_ms = 2 * MINUTE;
    assert_int_equal(world_try(&w, &set, &error), ERR_INVALID);
    set.stepped_ms = -1;
    assert_int_equal(world_try(&w, &set, &error), ERR_INVALID);
    w.now_ms = start_ms + 4 * HOUR;
    world_tick(&w);
    assert_int_equal(w.out.effects[0].kind, FX_STOP);
    world_release(&w);
}

/* Ask for another time limit of a job. */
static enum err ask_limit(struct world *w, uint32_t id, int64_t limit_ms, bool operator,
                          struct errtext * error)
{
    struct job_spec s = {.time_limit_ms = limit_ms};
    return world_try(w,
                     &(struct event){.kind = EVENT_UPDATE,
                                     .job = {id},
                                     .actor_uid = 1000,
                                     .actor_is_operator = operator,
                                     .spec = & s,
                                     .update_fields = 1u << UPDATE_TIME_LIMIT},
                     error);
}

static void confirm_limit(struct world *w, uint32_t id, uint32_t number)
{
    struct event e = {
        .kind = EVENT_REPORT,
        .actor = STR("engine:local"),
        .report = {.kind = REPORT_STARTED, .job = {id}, .attempt = 1, .limit_number = number}};
    world_step(w, &e);
}

static void an_operator_raises_the_limit_of_a_running_job(void **state)
{
    (void)state;
    struct world w;
    struct errtext error;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t id = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    int64_t start_ms = w.now_ms;
    w.now_ms += HOUR / 2;
    assert_int_equal(ask_limit(&w, id, 2 * HOUR, false, &error), ERR_DENIED);
    assert_int_equal(ask_limit(&w, id, 2 * HOUR, true, &error), ERR_NONE);
    assert_int_equal(w.out.effect_count, 1);
    assert_int_equal(w.out.effects[0].kind, FX_LIMIT);
    assert_int_equal(w.out.effects[0].limit_ms, 2 * HOUR);
    assert_int_equal(w.out.effects[0].limit_number, 1);
    /* Said again until the engine has it; an answer to an older order is none. */
    assert_int_equal(ask_limit(&w, id, 3 * HOUR, true, &error), ERR_NONE);
    confirm_limit(&w, id, 1);
    assert_int_equal(core_next_tick_ms(w.core), w.now_ms + 5000);
    w.now_ms += 5000;
    world_tick(&w);
    assert_int_equal(w.out.effects[0].kind, FX_LIMIT);
    assert_int_equal(w.out.effects[0].limit_number, 2);
    world_step(&w, &(struct event){.kind = EVENT_TICK, .resume = true});
    assert_int_equal(w.out.effects[0].limit_number, 2);
    confirm_limit(&w, id, 2);
    assert_int_equal(core_next_tick_ms(w.core), start_ms + 3 * HOUR);
    /* Its owner may only lower it. */
    assert_int_equal(ask_limit(&w, id, 2 * HOUR, false, &error), ERR_NONE);
    assert_int_equal(w.out.effects[0].limit_ms, 2 * HOUR);
    confirm_limit(&w, id, 3);
    assert_int_equal(core_next_tick_ms(w.core), start_ms + 2 * HOUR);
    world_release(&w);
}

static void a_limit_changed_before_the_start_is_ordered_after_it(void **state)
{
    (void)state;
    struct world w;
    struct errtext error;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(ask_limit(&w, id, 2 * HOUR, true, &error), ERR_NONE);
    assert_int_equal(w.out.effect_count, 0);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    assert_int_equal(w.out.effects[0].kind, FX_LIMIT);
    assert_int_equal(w.out.effects[0].limit_ms, 2 * HOUR);
    world_release(&w);
}

static void array_tasks_get_consecutive_ids_and_keep_their_limit(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    uint32_t tasks[] = {3, 5, 9, 11};
    struct job_spec s = world_spec(1);
    s.array_tasks = tasks;
    s.array_count = 4;
    s.array_limit = 2;
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(w.out.job_count, 4);
    assert_int_equal(world_job(&w, id + 2)->array_task, 9);
    assert_int_equal(world_job(&w, id + 1)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, id + 2)->reason, REASON_ARRAY_LIMIT);
    world_finish(&w, id, 0);
    assert_int_equal(world_job(&w, id + 2)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, id + 3)->reason, REASON_ARRAY_LIMIT);
    world_do(&w, EVENT_HOLD, id + 3);
    world_finish(&w, id + 1, 0);
    assert_int_equal(world_job(&w, id + 3)->reason, REASON_HELD_USER);
    world_do(&w, EVENT_RELEASE, id + 3);
    assert_int_equal(world_job(&w, id + 3)->state, JOB_CONFIGURING);
    world_release(&w);
}

static uint32_t submit_after(struct world *w, int kind, uint32_t job)
{
    struct dependency d = {.kind = kind, .job = job};
    struct job_spec s = world_spec(1);
    s.dependencies = &d;
    s.dependency_count = 1;
    return world_submit(w, &s);
}

static void a_delay_counts_from_the_start_of_what_is_waited_for(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t first = world_submit(&w, &s);
    struct dependency d = {.kind = DEPENDENCY_AFTER, .job = first, .delay_min = 5};
    s.dependencies = &d;
    s.dependency_count = 1;
    uint32_t after = world_submit(&w, &s), held = world_submit(&w, &s);
    world_do(&w, EVENT_HOLD, held);
    assert_int_equal(world_job(&w, after)->reason, REASON_DEPENDENCY);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    int64_t start_ms = world_job(&w, first)->start_ms;
    assert_int_equal(world_job(&w, after)->reason, REASON_BEGIN_TIME);
    world_report(&w, REPORT_FINISHED, first, 1, 0); /* that it is over changes nothing */
    assert_int_equal(world_job(&w, after)->reason, REASON_BEGIN_TIME);
    assert_int_equal(core_next_tick_ms(w.core), start_ms + 5 * 60000);
    w.now_ms = start_ms + 5 * 60000 - 1;
    world_tick(&w);
    assert_int_equal(world_job(&w, after)->reason, REASON_BEGIN_TIME);
    struct explanation x; /* and that is known while it is held */
    core_explain(w.core, world_job(&w, held), &w.arena, &x);
    assert_int_not_equal(x.flip.kind, FLIP_RELEASE);
    world_do(&w, EVENT_RELEASE, held); /* held meanwhile: it counts from the same start */
    assert_int_equal(world_job(&w, held)->reason, REASON_BEGIN_TIME);
    w.now_ms = start_ms + 5 * 60000;
    world_tick(&w);
    assert_int_equal(world_job(&w, after)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, held)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void dependencies_wait_for_what_they_name(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t first = world_submit(&w, &s);
    uint32_t after = submit_after(&w, DEPENDENCY_AFTER, first);
    uint32_t any = submit_after(&w, DEPENDENCY_AFTER_ANY, first);
    uint32_t ok = submit_after(&w, DEPENDENCY_AFTER_OK, first);
    uint32_t notok = submit_after(&w, DEPENDENCY_AFTER_NOTOK, first);
    uint32_t single = submit_after(&w, DEPENDENCY_SINGLETON, 0);
    assert_int_equal(world_job(&w, after)->reason, REASON_DEPENDENCY);
    world_report(&w, REPORT_STARTED, first, 1, 0);
    assert_int_equal(world_job(&w, after)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, any)->reason, REASON_DEPENDENCY);
    world_report(&w, REPORT_FINISHED, first, 1, 0);
    assert_int_equal(world_job(&w, any)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, ok)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, notok)->reason, REASON_DEPENDENCY_NEVER);
    world_finish(&w, after, 0);
    world_finish(&w, any, 0);
    assert_int_equal(world_job(&w, single)->reason, REASON_DEPENDENCY);
    world_finish(&w, ok, 1);
    world_do(&w, EVENT_CANCEL, notok);
    assert_int_equal(world_job(&w, single)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void rename_to(struct world *w, uint32_t id, const char *name)
{
    struct job_spec s = {.name = str_of(name)};
    struct event e = {.kind = EVENT_UPDATE,
                      .actor = STR("uid:1000"),
                      .actor_uid = 1000,
                      .job = {id},
                      .spec = &s,
                      .update_fields = 1u << UPDATE_NAME};
    world_step(w, &e);
}

/* A singleton that only lacks room is not the first of its name any more. */
static void a_singleton_waits_again_for_an_older_job_that_takes_its_name(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct dependency d = {.kind = DEPENDENCY_SINGLETON};
    struct job_spec s = world_spec(8);
    uint32_t full[2] = {world_submit(&w, &s), world_submit(&w, &s)};
    uint32_t older = world_submit(&w, &s);
    s.name = STR("alone");
    s.dependencies = &d;
    s.dependency_count = 1;
    uint32_t single = world_submit(&w, &s), later = world_submit(&w, &s);
    assert_int_equal(world_job(&w, single)->reason, REASON_PRIORITY);
    assert_int_equal(world_job(&w, later)->reason, REASON_DEPENDENCY);
    rename_to(&w, older, "alone");
    assert_int_equal(world_job(&w, single)->reason, REASON_DEPENDENCY);
    world_finish(&w, full[0], 0);
    assert_int_equal(world_job(&w, older)->state, JOB_CONFIGURING);
    rename_to(&w, older, "other");
    assert_int_equal(world_job(&w, single)->reason, REASON_RESOURCES);
    world_finish(&w, full[1], 0);
    assert_int_equal(world_job(&w, single)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_task_waits_for_the_task_of_the_same_number(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    uint32_t first_tasks[] = {1, 2, 3}, then_tasks[] = {2, 3, 4};
    struct job_spec s = world_spec(1);
    s.array_tasks = first_tasks;
    s.array_count = 3;
    uint32_t a = world_submit(&w, &s);
    struct dependency corr = {.kind = DEPENDENCY_AFTER_CORR, .job = a};
    s.array_tasks = then_tasks;
    s.dependencies = &corr;
    s.dependency_count = 1;
    uint32_t b = world_submit(&w, &s);
    s.array_count = 0;
    uint32_t all = world_submit(&w, &s); /* no task itself: waits for the whole array */
    assert_int_equal(world_job(&w, b)->reason, REASON_DEPENDENCY);
    assert_int_equal(world_job(&w, b + 2)->reason, REASON_DEPENDENCY_NEVER);
    world_finish(&w, a, 0);
    assert_int_equal(world_job(&w, b)->reason, REASON_DEPENDENCY);
    world_finish(&w, a + 1, 0);
    assert_int_equal(world_job(&w, b)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, b + 1)->reason, REASON_DEPENDENCY);
    world_finish(&w, a + 2, 1);
    assert_int_equal(world_job(&w, b + 1)->reason, REASON_DEPENDENCY_NEVER);
    assert_int_equal(world_job(&w, all)->reason, REASON_DEPENDENCY_NEVER);
    world_release(&w);
}

static void a_job_waits_for_one_task_of_an_array(void **state)
{
    (void)state;
    static uint32_t tasks[] = {1, 5, 9};
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    s.array_tasks = tasks;
    s.array_count = 3;
    uint32_t a = world_submit(&w, &s);
    struct dependency first = {DEPENDENCY_AFTER_OK, a, true, 1, 0};
    struct dependency last = {DEPENDENCY_AFTER_NOTOK, a, true, 9, 0};
    s.array_count = 0;
    s.dependency_count = 1;
    s.dependencies = &first;
    uint32_t x = world_submit(&w, &s);
    s.dependencies = &last;
    uint32_t y = world_submit(&w, &s);
    world_finish(&w, a + 1, 1); /* task 5 is nothing to either */
    assert_int_equal(world_job(&w, x)->reason, REASON_DEPENDENCY);
    assert_int_equal(world_job(&w, y)->reason, REASON_DEPENDENCY);
    world_finish(&w, a, 0);
    assert_int_equal(world_job(&w, x)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, y)->reason, REASON_DEPENDENCY);
    world_finish(&w, a + 2, 1);
    assert_int_equal(world_job(&w, y)->state, JOB_CONFIGURING);
    struct dependency none = {DEPENDENCY_AFTER_OK, a, true, 4, 0},
                      single = {DEPENDENCY_AFTER_ANY, x, true, 1, 0};
    struct errtext error;
    s.dependencies = &none;
    assert_int_equal(world_submit_try(&w, &s, &error), ERR_NOT_FOUND);
    s.dependencies = &single; /* not an array */
    assert_int_equal(world_submit_try(&w, &s, &error), ERR_NOT_FOUND);
    s.dependency_count = 0;
    s.qos = STR("high");
    assert_int_equal(world_submit_try(&w, &s, &error), ERR_NOT_FOUND);
    world_release(&w);
}

static void what_others_wait_for_is_not_purged(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(1);
    uint32_t first = world_submit(&w, &s);
    uint32_t second = submit_after(&w, DEPENDENCY_AFTER_NOTOK, first);
    world_finish(&w, first, 0);
    w.now_ms += HOUR;
    world_tick(&w);
    assert_non_null(world_job(&w, first));
    world_do(&w, EVENT_CANCEL, second);
    world_tick(&w);
    assert_null(world_job(&w, first));
    world_release(&w);
}

static void a_down_node_stops_its_jobs_and_takes_no_others(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct job_spec s = world_spec(8);
    uint32_t a = world_submit(&w, &s);
    assert_int_equal(world_job(&w, a)->claim->parts[0].node, 0);
    struct node_change down = {.pool = STR("dear"), .first = 0, .count = 1, .state = NODE_DOWN};
    world_step(&w, &(struct event){.kind = EVENT_NODES, .nodes = &down, .node_change_count = 1});
    assert_int_equal(w.out.effects[0].kind, FX_STOP);
    world_report(&w, REPORT_GONE, a, 1, 0);
    assert_int_equal(world_job(&w, a)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, a)->claim->parts[0].node, 1);
    struct job_spec both = world_spec(16);
    uint32_t b = world_submit(&w, &both);
    assert_int_equal(world_job(&w, b)->reason, REASON_NODES_DOWN);
    world_release(&w);
}

static void requests_that_can_never_be_met_are_refused_with_words(void **state)
{
    (void)state;
    struct world w;
    two_pools(&w);
    struct errtext error;
    struct job_spec s = world_spec(17);
    assert_int_equal(world_submit_try(&w, &s, &error), ERR_INVALID);
    assert_non_null(strstr(error.s, "has 2"));
    s = world_spec(1);
    s.mem_mb_per_node = 1000000;
    assert_int_equal(world_submit_try(&w, &s, &error), ERR_INVALID);
    assert_non_null(strstr(error.s, "memory"));
    s = world_spec(1);
    struct str gone = STR("h9000");
    s.chip_kinds = &gone;
    s.chip_kind_count = 1;
    assert_int_equal(world_submit_try(&w, &s, &error), ERR_NOT_FOUND);
    assert_non_null(strstr(error.s, "big, mid, small"));
    s = world_spec(1);
    s.tenant = STR("nobody");
    assert_int_equal(world_submit_try(&w, &s, &error), ERR_NOT_FOUND);
    struct event cancel = {.kind = EVENT_CANCEL, .job = {77}, .actor_uid = 1000};
    assert_int_equal(world_try(&w, &cancel, &error), ERR_NOT_FOUND);
    s = world_spec(1);
    cancel.job.v = world_submit(&w, &s);
    cancel.actor_uid = 1001;
    assert_int_equal(world_try(&w, &cancel, &error), ERR_DENIED);
    world_release(&w);
}

static void a_lease_is_a_wall(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    struct pool *p = world_pool(&w.arena, f, 0, "leased", "big", "tokyo", 1, 8);
    p->title.kind = TITLE_LEASED;
    p->title.lessor = STR("landlord");
    p->title.from_ms = WORLD_T0 + HOUR;
    p->title.to_ms = WORLD_T0 + 3 * HOUR;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec s = world_spec(8);
    uint32_t a = world_submit(&w, &s), b = world_submit(&w, &s);
    assert_int_equal(world_job(&w, a)->reason, REASON_LEASE_NOT_BEGUN);
    assert_int_equal(core_next_tick_ms(w.core), WORLD_T0 + HOUR);
    w.now_ms = WORLD_T0 + HOUR;
    world_tick(&w);
    assert_int_equal(world_job(&w, a)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, b)->reason, REASON_RESOURCES);
    world_report(&w, REPORT_STARTED, a, 1, 0);
    struct errtext error;
    assert_int_equal(ask_limit(&w, a, 2 * HOUR, true, &error), ERR_CONFLICT);
    assert_non_null(strstr(error.s, "LeaseEndsFirst"));
    w.now_ms = WORLD_T0 + 2 * HOUR;
    world_finish(&w, a, 0);
    assert_int_equal(world_job(&w, b)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, b)->reason, REASON_LEASE_ENDS_FIRST);
    world_release(&w);
}

static void random_life_keeps_every_invariant(void **state)
{
    (void)state;
    uint32_t decided[DECISION_COUNT] = {0}, because[REASON_COUNT] = {0};
    for (uint64_t seed = 1; seed <= 80; seed++) {
        struct world w;
        world_init(&w, seed);
        world_apply(&w, world_random_fleet(&w, 0));
        for (int i = 0; i < 400; i++) world_random(&w);
        assert_true(w.stepped > 40);
        for (int i = 0; i < DECISION_COUNT; i++) decided[i] += w.decided[i];
        for (int i = 0; i < REASON_COUNT; i++) because[i] += w.because[i];
        world_release(&w);
    }
    /* A life in which these never happen tests nothing. */
    for (int i = 0; i < DECISION_COUNT; i++) {
        print_message("  %-9s %u\n", decision_names[i], decided[i]);
        assert_true(decided[i] > 20);
    }
    static const int met[] = {
        REASON_PRIORITY,         REASON_RESOURCES,       REASON_DEPENDENCY,
        REASON_DEPENDENCY_NEVER, REASON_BEGIN_TIME,      REASON_HELD_USER,
        REASON_HELD_ADMIN,       REASON_ARRAY_LIMIT,     REASON_PARTITION_DOWN,
        REASON_NODES_DOWN,       REASON_TIME_LIMIT,      REASON_LAW_NO_SITE,
        REASON_LAW_UNRESOLVED,   REASON_LAW_ENDS_FIRST,  REASON_LEASE_ENDS_FIRST,
        REASON_LEASE_NOT_BEGUN,  REASON_PRICE_ABOVE_MAX, REASON_QUOTA,
    };
    for (size_t i = 0; i < sizeof met / sizeof *met; i++) {
        print_message("  %-25s %u\n", reason_names[met[i]], because[met[i]]);
        assert_true(because[met[i]] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_placed_in_the_cheapest_pool_and_runs_to_its_end),
        cmocka_unit_test(chips_are_free_only_when_the_engine_confirms_the_end),
        cmocka_unit_test(a_smaller_later_job_may_start_before_one_that_does_not_fit),
        cmocka_unit_test(a_job_whose_attempt_is_gone_runs_again_under_a_new_number),
        cmocka_unit_test(a_job_that_will_wait_again_can_be_held),
        cmocka_unit_test(orders_are_repeated_until_they_are_confirmed),
        cmocka_unit_test(a_job_over_its_limit_is_stopped_and_times_out),
        cmocka_unit_test(a_running_job_keeps_its_time_when_the_clock_is_set_ahead),
        cmocka_unit_test(an_operator_raises_the_limit_of_a_running_job),
        cmocka_unit_test(a_limit_changed_before_the_start_is_ordered_after_it),
        cmocka_unit_test(array_tasks_get_consecutive_ids_and_keep_their_limit),
        cmocka_unit_test(dependencies_wait_for_what_they_name),
        cmocka_unit_test(a_delay_counts_from_the_start_of_what_is_waited_for),
        cmocka_unit_test(a_singleton_waits_again_for_an_older_job_that_takes_its_name),
        cmocka_unit_test(a_task_waits_for_the_task_of_the_same_number),
        cmocka_unit_test(a_job_waits_for_one_task_of_an_array),
        cmocka_unit_test(what_others_wait_for_is_not_purged),
        cmocka_unit_test(a_down_node_stops_its_jobs_and_takes_no_others),
        cmocka_unit_test(requests_that_can_never_be_met_are_refused_with_words),
        cmocka_unit_test(a_lease_is_a_wall),
        cmocka_unit_test(random_life_keeps_every_invariant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
