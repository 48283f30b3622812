/* Preemption: who is stopped for whom, what is held meanwhile, and that it ends. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* One pool of `nodes` nodes of 8 chips at 2 USD a chip hour. */
static struct fleet *one_pool(struct world *w, uint32_t nodes)
{
    struct fleet *f = world_fleet_base(&w->arena, 1);
    f->preempt = PREEMPT_REQUEUE;
    world_pool(&w->arena, f, 0, "pool", "big", "tokyo", nodes, 8);
    return f;
}

static void begin(struct world *w, struct fleet *f)
{
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static uint32_t submit(struct world *w, uint32_t chips, int32_t priority, int64_t limit_ms)
{
    struct job_spec s = world_spec(chips);
    s.priority = priority;
    s.time_limit_ms = limit_ms;
    return world_submit(w, &s);
}

/* Submit a job that runs at once. */
static uint32_t run(struct world *w, uint32_t chips, int32_t priority, int64_t limit_ms)
{
    uint32_t id = submit(w, chips, priority, limit_ms);
    assert_int_equal(world_job(w, id)->state, JOB_CONFIGURING);
    world_report(w, REPORT_STARTED, id, 1, 0);
    return id;
}

static void gone(struct world *w, uint32_t id)
{
    world_report(w, REPORT_FINISHED, id, world_job(w, id)->attempt, 0);
}

static void pass(struct world *w, int64_t ms)
{
    w->now_ms += ms;
    world_tick(w);
}

static const struct decision *decided(const struct world *w, int kind)
{
    for (size_t i = 0; i < w->out.decision_count; i++)
        if (w->out.decisions[i].kind == kind) return &w->out.decisions[i];
    return NULL;
}

static const struct effect *effect(const struct world *w, int kind)
{
    for (size_t i = 0; i < w->out.effect_count; i++)
        if (w->out.effects[i].kind == kind) return &w->out.effects[i];
    return NULL;
}

static void a_job_of_higher_priority_takes_the_place_of_a_lower_one(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    begin(&w, one_pool(&w, 1));
    uint32_t low = run(&w, 8, 0, 10 * HOUR);
    pass(&w, 30 * MINUTE);
    uint32_t high = submit(&w, 4, 10, HOUR);
    assert_int_equal(world_job(&w, low)->state, JOB_COMPLETING);
    assert_int_equal(world_job(&w, low)->reason, REASON_PREEMPTED);
    assert_int_equal(world_job(&w, high)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, high)->reason, REASON_PREEMPTING);
    const struct decision *d = decided(&w, DECISION_PREEMPTING);
    assert_non_null(d);
    assert_int_equal(d->job.v, high);
    /* 8 chips for 30 minutes and one to restart, at 2 USD: 8.27 USD. 4 chips for what is left of
     * 10 hours after a grace of half a minute, 10 points of priority: 759.33 USD. */
    assert_int_equal(d->loss_uusd, 8266667);
    assert_int_equal(d->gain_uusd, 10 * INT64_C(75933333));
    assert_int_equal(decided(&w, DECISION_STOPPED)->for_job.v, high);
    assert_int_equal(effect(&w, FX_STOP)->grace_ms, 30000);
    /* Its room is for nobody else, of however high a priority. */
    uint32_t other = submit(&w, 1, 100, HOUR);
    assert_int_equal(world_job(&w, other)->state, JOB_PENDING);
    gone(&w, low);
    assert_int_equal(world_job(&w, high)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, other)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, low)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, low)->preempted_by.v, high);
    assert_int_equal(world_job(&w, low)->preemptions, 1);
    assert_int_equal(world_job(&w, low)->restarts, 1);
    world_finish(&w, high, 0);
    world_finish(&w, other, 0);
    assert_int_equal(world_job(&w, low)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void nobody_is_stopped_who_must_not_be(void **state)
{
    (void)state;
    enum { OFF, EQUAL, NO_REQUEUE, YOUNG, DEAR, POOL_OFF, CASES };
    for (int k = 0; k < CASES; k++) {
        struct world w;
        world_init(&w, 1);
        struct fleet *f = one_pool(&w, 1);
        if (k == OFF) f->preempt = PREEMPT_UNSTATED;
        if (k == POOL_OFF) f->pools[0].preempt = PREEMPT_OFF;
        begin(&w, f);
        struct job_spec s = world_spec(8);
        s.time_limit_ms = k == DEAR ? 3 * HOUR : 10 * HOUR;
        s.no_requeue = k == NO_REQUEUE;
        s.priority = k == EQUAL ? 10 : 0;
        uint32_t low = world_submit(&w, &s);
        world_report(&w, REPORT_STARTED, low, 1, 0);
        pass(&w, k == YOUNG ? 59000 : k == DEAR ? 2 * HOUR : 30 * MINUTE);
        uint32_t high = submit(&w, 4, k == DEAR ? 1 : 10, HOUR);
        assert_int_equal(world_job(&w, low)->state, JOB_RUNNING);
        assert_int_equal(world_job(&w, high)->reason, REASON_RESOURCES);
        const struct preempt_look *look = &world_job(&w, high)->preempt_look;
        int expected = k == DEAR                   ? PREEMPT_LOSS
                       : k == OFF || k == POOL_OFF ? PREEMPT_NOT_LOOKED
                                                   : PREEMPT_NO_VICTIM;
        assert_int_equal(look->result, expected);
        if (k == DEAR) { /* 2 h and a minute of 8 chips; an hour less the grace of 4 */
            assert_int_equal(look->loss_uusd, 32266667);
            assert_int_equal(look->gain_uusd, 7933333);
        }
        world_release(&w);
    }
}

/* Its lease ends before the job could. */
static void nobody_is_stopped_where_room_is_not_all_that_is_missing(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = one_pool(&w, 1);
    f->pools[0].title.kind = TITLE_LEASED;
    f->pools[0].title.lessor = f->pools[0].title.owner;
    f->pools[0].title.to_ms = WORLD_T0 + 3 * HOUR;
    begin(&w, f);
    uint32_t low = run(&w, 8, 0, 2 * HOUR);
    pass(&w, 30 * MINUTE);
    uint32_t high = submit(&w, 8, 10, 4 * HOUR);
    assert_int_equal(world_job(&w, low)->state, JOB_RUNNING);
    assert_int_equal(world_job(&w, high)->preempt_look.result, PREEMPT_NOT_ROOM);
    struct str words = core_preempt_words(w.core, world_job(&w, high), &w.arena);
    assert_non_null(strstr(words.p, "room is not all that it lacks"));
    world_release(&w);
}

static void a_job_is_looked_at_again_when_its_victims_have_run_long_enough(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = one_pool(&w, 1);
    f->preempt_exempt_ms = 20 * MINUTE;
    begin(&w, f);
    uint32_t low = run(&w, 8, 0, 10 * HOUR);
    pass(&w, 10 * MINUTE);
    submit(&w, 4, 10, HOUR);
    assert_int_equal(world_job(&w, low)->state, JOB_RUNNING);
    for (int i = 0; i < 30 && world_job(&w, low)->state == JOB_RUNNING; i++) {
        w.now_ms = core_next_tick_ms(w.core);
        world_tick(&w);
    }
    assert_int_equal(world_job(&w, low)->state, JOB_COMPLETING);
    assert_int_equal(w.now_ms - WORLD_T0, 20 * MINUTE);
    world_release(&w);
}

static void a_job_is_stopped_only_so_often(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    begin(&w, one_pool(&w, 1));
    uint32_t low = run(&w, 8, 0, 100 * HOUR);
    uint32_t stopped = 0;
    for (int i = 0; i < 10; i++) {
        pass(&w, 10 * MINUTE);
        uint32_t high = submit(&w, 8, 10, HOUR);
        if (world_job(&w, low)->state != JOB_COMPLETING) break;
        stopped++;
        gone(&w, low);
        world_finish(&w, high, 0);
        world_report(&w, REPORT_STARTED, low, world_job(&w, low)->attempt, 0);
    }
    assert_int_equal(stopped, 5);
    world_release(&w);
}

static void what_was_saved_is_not_lost(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    begin(&w, one_pool(&w, 2));
    struct job_spec s = world_spec(8);
    s.time_limit_ms = 10 * HOUR;
    s.checkpoint_s = 600;
    s.checkpoint_cost_s = 120;
    s.restart_cost_s = 30;
    s.signal_number = 10;
    uint32_t saves = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, saves, 1, 0);
    uint32_t careless = run(&w, 8, 0, 10 * HOUR);
    pass(&w, 65 * MINUTE);
    uint32_t high = submit(&w, 8, 10, HOUR);
    assert_int_equal(world_job(&w, careless)->state, JOB_RUNNING);
    assert_int_equal(world_job(&w, saves)->state, JOB_COMPLETING);
    /* 5 minutes since it saved, 2 to save, half to restart, 8 chips at 2 USD */
    assert_int_equal(decided(&w, DECISION_PREEMPTING)->loss_uusd, 2000000);
    /* Its signal first; TERM when the time that it needs to save is over. */
    assert_null(effect(&w, FX_STOP));
    assert_int_equal(effect(&w, FX_SIGNAL)->signal, 10);
    assert_int_equal(core_next_tick_ms(w.core), w.now_ms + 120000);
    pass(&w, 120000);
    assert_non_null(effect(&w, FX_STOP));
    assert_int_equal(effect(&w, FX_STOP)->grace_ms, 30000);
    gone(&w, saves);
    assert_int_equal(world_job(&w, high)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_heartbeat_says_what_was_saved(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    begin(&w, one_pool(&w, 2));
    uint32_t first = run(&w, 8, 0, 10 * HOUR), second = run(&w, 8, 0, 10 * HOUR);
    pass(&w, 60 * MINUTE);
    struct event e = {.kind = EVENT_PROGRESS, .actor = STR("uid:1000"), .actor_uid = 1000};
    e.heartbeat = (struct heartbeat){{first}, 1, 10, 0, true};
    world_step(&w, &e);
    pass(&w, 4 * MINUTE);
    submit(&w, 8, 10, HOUR);
    assert_int_equal(world_job(&w, second)->state, JOB_RUNNING);
    assert_int_equal(world_job(&w, first)->state, JOB_COMPLETING);
    assert_int_equal(decided(&w, DECISION_PREEMPTING)->loss_uusd, 1333333);
    world_release(&w);
}

static void a_hold_that_is_not_honoured_is_given_up(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    begin(&w, one_pool(&w, 2));
    uint32_t a = run(&w, 8, 0, 10 * HOUR), b = run(&w, 4, 0, 10 * HOUR);
    pass(&w, 30 * MINUTE);
    struct job_spec s = world_spec(0);
    s.nodes = 2;
    s.chips_per_node = 8;
    s.priority = 50;
    uint32_t high = world_submit(&w, &s);
    assert_int_equal(world_job(&w, a)->state, JOB_COMPLETING);
    assert_int_equal(world_job(&w, b)->state, JOB_COMPLETING);
    gone(&w, b); /* a does not go */
    uint32_t small = submit(&w, 1, 0, HOUR);
    assert_int_equal(world_job(&w, small)->state, JOB_PENDING);
    for (int i = 0; i < 40 && world_job(&w, high)->reason == REASON_PREEMPTING; i++) {
        w.now_ms = core_next_tick_ms(w.core);
        world_tick(&w);
    }
    assert_int_equal(world_job(&w, high)->reason, REASON_RESOURCES);
    assert_int_equal(world_job(&w, small)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_cancel_gives_the_room_to_others(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    begin(&w, one_pool(&w, 2));
    uint32_t a = run(&w, 8, 0, 10 * HOUR), b = run(&w, 4, 0, 10 * HOUR);
    pass(&w, 30 * MINUTE);
    struct job_spec s = world_spec(0);
    s.nodes = 2;
    s.chips_per_node = 8;
    s.priority = 50;
    uint32_t high = world_submit(&w, &s);
    gone(&w, b);
    uint32_t small = submit(&w, 1, 0, HOUR);
    world_do(&w, EVENT_CANCEL, high);
    assert_int_equal(world_job(&w, high)->state, JOB_CANCELLED);
    assert_int_equal(world_job(&w, small)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, a)->state, JOB_COMPLETING);
    gone(&w, a);
    assert_int_equal(world_job(&w, a)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void who_is_on_the_way_out_for_nobody_is_counted_on(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    begin(&w, one_pool(&w, 2));
    uint32_t a = run(&w, 8, 0, 10 * HOUR), b = run(&w, 8, 0, 10 * HOUR);
    pass(&w, 30 * MINUTE);
    uint32_t first = submit(&w, 8, 50, HOUR);
    bool a_goes = world_job(&w, a)->state == JOB_COMPLETING;
    uint32_t goes = a_goes ? a : b, stays = a_goes ? b : a;
    assert_int_equal(world_job(&w, first)->reason, REASON_PREEMPTING);
    world_do(&w, EVENT_CANCEL, first);
    uint32_t second = submit(&w, 8, 50, HOUR);
    assert_int_equal(world_job(&w, second)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, stays)->state, JOB_RUNNING); /* nobody else is stopped */
    gone(&w, goes);
    assert_int_equal(world_job(&w, second)->state, JOB_CONFIGURING);
    world_release(&w);
}

/* Two nodes with two chips each in use; one chip on each is wanted, and one is free. The chip that
 * then comes free does together with that which is held: the job does not wait for its victim. */
static void a_job_for_which_others_are_stopped_starts_as_soon_as_it_fits(void **state)
{
    (void)state;
    struct world w;
    struct explanation x;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    f->preempt = PREEMPT_REQUEUE;
    world_pool(&w.arena, f, 0, "pool", "big", "tokyo", 2, 2);
    begin(&w, f);
    uint32_t high = run(&w, 1, 90, HOUR), low = run(&w, 1, 0, 10 * HOUR);
    run(&w, 1, 90, 10 * HOUR);
    pass(&w, 30 * MINUTE);
    struct job_spec s = world_spec(0);
    s.nodes = 2;
    s.chips_per_node = 1;
    s.priority = 50;
    s.time_limit_ms = HOUR;
    uint32_t wide = world_submit(&w, &s);
    assert_int_equal(world_job(&w, wide)->reason, REASON_PREEMPTING);
    assert_int_equal(world_job(&w, low)->state, JOB_COMPLETING);
    core_explain(w.core, world_job(&w, wide), &w.arena, &x);
    assert_int_equal(x.pools[0].reason, REASON_PREEMPTING);
    assert_non_null(strstr(x.sentences[0].p, "being stopped for it there"));
    assert_true(x.chosen == NO_INDEX);
    uint32_t small = submit(&w, 1, 10, HOUR);
    gone(&w, high);
    assert_int_equal(world_job(&w, wide)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, low)->state, JOB_COMPLETING); /* it has been told */
    assert_int_equal(world_job(&w, small)->state, JOB_PENDING);
    gone(&w, low);
    assert_int_equal(world_job(&w, small)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_lost_deadline_raises_the_gain(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct world w;
        world_init(&w, 1);
        begin(&w, one_pool(&w, 1));
        uint32_t low = run(&w, 8, 0, 3 * HOUR);
        pass(&w, HOUR);
        struct job_spec s = world_spec(8);
        s.priority = 1;
        s.time_limit_ms = 10 * HOUR;
        s.deadline_ms = w.now_ms + (late != 0 ? 11 : 13) * HOUR;
        /* What is lost: an hour and a minute. Two hours saved would do in any case, so let the
         * victim be dearer: three chips wait for one. */
        s.chips = 2;
        world_submit(&w, &s);
        assert_int_equal(world_job(&w, low)->state, late != 0 ? JOB_COMPLETING : JOB_RUNNING);
        world_release(&w);
    }
}

/* One chip comes free while a job of priority 50 waits for its two victims. It fits with the one that
 * has gone, but a job of priority 90 stands before it in the queue, and one of priority 10 behind. */
static void what_comes_free_goes_first_to_whoever_stands_first(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        struct world w;
        world_init(&w, 1);
        struct fleet *f = world_fleet_base(&w.arena, 1);
        f->preempt = PREEMPT_REQUEUE;
        world_pool(&w.arena, f, 0, "pool", "big", "tokyo", 1, 4);
        begin(&w, f);
        uint32_t a = run(&w, 1, 0, 10 * HOUR), b = run(&w, 1, 0, 10 * HOUR);
        uint32_t other = run(&w, 1, 95, HOUR);
        run(&w, 1, 95, 10 * HOUR);
        pass(&w, 30 * MINUTE);
        uint32_t wide = submit(&w, 2, 50, HOUR);
        assert_int_equal(world_job(&w, a)->state, JOB_COMPLETING);
        assert_int_equal(world_job(&w, b)->state, JOB_COMPLETING);
        uint32_t small = submit(&w, 1, before != 0 ? 90 : 10, HOUR);
        assert_int_equal(world_job(&w, small)->state, JOB_PENDING);
        gone(&w, a);
        assert_int_equal(world_job(&w, wide)->state, JOB_PENDING);
        gone(&w, other);
        assert_int_equal(world_job(&w, before != 0 ? small : wide)->state, JOB_CONFIGURING);
        assert_int_equal(world_job(&w, before != 0 ? wide : small)->state, JOB_PENDING);
        gone(&w, b);
        assert_int_equal(world_job(&w, wide)->state, JOB_CONFIGURING);
        assert_int_equal(world_job(&w, small)->state, JOB_CONFIGURING);
        world_release(&w);
    }
}

/* ---- the cheapest set, against all subsets --------------------------------------------------- */

struct model {
    uint32_t nodes, free[8];
    struct {
        uint32_t id, node, chips;
        int64_t minutes; /* it loses */
    } job[8];
    uint32_t jobs;
};

static bool model_fits(const struct model *m, uint32_t gone_bits, uint32_t nodes, uint32_t each)
{
    uint32_t fit = 0;
    for (uint32_t n = 0; n < m->nodes; n++) {
        uint32_t free = m->free[n];
        for (uint32_t k = 0; k < m->jobs; k++)
            if ((gone_bits >> k & 1) != 0 && m->job[k].node == n) free += m->job[k].chips;
        fit += free >= each;
    }
    return fit >= nodes;
}

static int64_t model_loss(const struct model *m, uint32_t gone_bits)
{
    int64_t loss = 0;
    for (uint32_t k = 0; k < m->jobs; k++)
        if ((gone_bits >> k & 1) != 0)
            loss += (m->job[k].minutes * m->job[k].chips * INT64_C(2000000) + 30) / 60;
    return loss;
}

static void fill(struct world *w, struct model *m)
{
    m->nodes = 1 + rng_below(&w->rng, 4);
    begin(w, one_pool(w, m->nodes));
    for (uint32_t n = 0; n < m->nodes; n++) m->free[n] = 8;
    uint32_t want = 1 + rng_below(&w->rng, 8);
    for (uint32_t k = 0; k < want; k++) {
        uint32_t chips = 1 + rng_below(&w->rng, 8), most = 0;
        for (uint32_t n = 0; n < m->nodes; n++)
            if (m->free[n] > most) most = m->free[n];
        if (most < chips) continue;
        uint32_t id = run(w, chips, 0, 100 * HOUR);
        uint32_t node = world_job(w, id)->claim->parts[0].node;
        m->free[node] -= chips;
        m->job[m->jobs].id = id;
        m->job[m->jobs].node = node;
        m->job[m->jobs].chips = chips;
        m->job[m->jobs++].minutes = w->now_ms / MINUTE; /* begun */
        pass(w, (1 + (int64_t)rng_below(&w->rng, 40)) * MINUTE);
    }
    for (uint32_t k = 0; k < m->jobs; k++)
        m->job[k].minutes = w->now_ms / MINUTE - m->job[k].minutes + 1;
}

static void the_cheapest_set_is_stopped(void **state)
{
    (void)state;
    uint32_t met = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct world w;
        struct model m = {0};
        world_init(&w, seed * 3);
        fill(&w, &m);
        uint32_t nodes = 1 + rng_below(&w.rng, m.nodes), each = 1 + rng_below(&w.rng, 8);
        struct job_spec s = world_spec(0);
        s.nodes = nodes;
        s.chips_per_node = each;
        s.priority = 1000;
        uint32_t high = world_submit(&w, &s);
        const struct decision *d = decided(&w, DECISION_PREEMPTING);
        uint32_t stopped = 0;
        for (uint32_t k = 0; k < m.jobs; k++)
            if (world_job(&w, m.job[k].id)->state == JOB_COMPLETING) stopped |= 1u << k;
        if (model_fits(&m, 0, nodes, each)) {
            assert_int_equal(stopped, 0);
            assert_int_equal(world_job(&w, high)->state, JOB_CONFIGURING);
        } else {
            int64_t least = INT64_MAX;
            for (uint32_t bits = 1; bits < 1u << m.jobs; bits++)
                if (model_fits(&m, bits, nodes, each) && model_loss(&m, bits) < least)
                    least = model_loss(&m, bits);
            assert_int_equal(d != NULL, least != INT64_MAX);
            if (d != NULL) {
                assert_true(model_fits(&m, stopped, nodes, each));
                assert_int_equal(model_loss(&m, stopped), least);
                assert_int_equal(d->loss_uusd, least);
                met++;
            }
        }
        world_release(&w);
    }
    assert_true(met > 100);
}

/* ---- many candidates: the search is not exact, but minimal and close
 * --------------------------------- */

static void a_large_set_is_minimal_and_cheap(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    w.check = false;
    begin(&w, one_pool(&w, 40));
    /* 40 nodes full of two jobs of 4 chips; those of node n have run for n minutes more. */
    for (int i = 0; i < 80; i++) {
        run(&w, 4, 0, 100 * HOUR);
        if (i % 2 == 1) pass(&w, MINUTE);
    }
    pass(&w, 10 * MINUTE);
    struct job_spec s = world_spec(0);
    s.nodes = 5;
    s.chips_per_node = 8;
    s.priority = 1000;
    world_submit(&w, &s);
    /* The five nodes begun last, two jobs each. */
    int64_t minutes = 0;
    for (int64_t n = 0; n < 5; n++) minutes += 2 * (10 + 1 + n + 1);
    uint32_t stopped = 0;
    for (uint32_t id = 1; id <= 80; id++) stopped += world_job(&w, id)->state == JOB_COMPLETING;
    assert_int_equal(stopped, 10);
    int64_t loss = decided(&w, DECISION_PREEMPTING)->loss_uusd;
    int64_t expected = minutes * 4 * 2000000 / 60;
    assert_true(loss - expected < 10 && expected - loss < 10);
    world_release(&w);
}

static void all_of_a_class_get_their_victims_at_once(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    begin(&w, one_pool(&w, 4));
    for (int i = 0; i < 4; i++) run(&w, 8, 0, 10 * HOUR);
    pass(&w, 10 * MINUTE);
    struct job_spec s = world_spec(8);
    s.priority = 10;
    s.array_count = 3;
    s.array_tasks = (uint32_t[]){0, 1, 2};
    s.array_limit = 2;
    uint32_t first = world_submit(&w, &s);
    assert_int_equal(world_job(&w, first)->reason, REASON_PREEMPTING);
    assert_int_equal(world_job(&w, first + 1)->reason, REASON_PREEMPTING);
    assert_int_equal(world_job(&w, first + 2)->reason, REASON_ARRAY_LIMIT);
    world_release(&w);
}

static void a_tenant_may_be_given_a_greatest_priority(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = one_pool(&w, 1);
    f->tenants[0].has_priority_max = true;
    f->tenants[0].priority_max = 5;
    begin(&w, f);
    struct job_spec s = world_spec(1);
    struct errtext error;
    s.priority = 6;
    assert_int_equal(world_submit_try(&w, &s, &error), ERR_DENIED);
    assert_non_null(strstr(error.s, "at most priority 5"));
    s.priority = 5;
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->spec.priority, 5);
    world_release(&w);
}

/* ---- no livelock: jobs of high priority for ever, and the low ones still end ----------------- */

static void tell(struct world *w, struct attempt a)
{
    const struct job *j = world_job(w, a.job);
    if (j == NULL || j->attempt != a.attempt) return;
    if (j->state == JOB_CONFIGURING)
        world_report(w, REPORT_STARTED, a.job, a.attempt, 0);
    else if (j->state == JOB_COMPLETING)
        world_report(w, REPORT_FINISHED, a.job, a.attempt, 0);
    else if (j->state == JOB_RUNNING && w->now_ms - j->start_ms >= j->time_limit_ms / 2)
        world_report(w, REPORT_FINISHED, a.job, a.attempt, 0);
}

/* Every hour two jobs come that need all chips for 20 minutes; the low ones save nothing and need
 * two hours: only the bound on preemptions lets them end. */
static void low_jobs_come_to_their_end_in_a_storm_of_high_ones(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    w.check = false;
    begin(&w, one_pool(&w, 2));
    uint32_t low[4], ended = 0;
    for (int i = 0; i < 4; i++) low[i] = submit(&w, 4, 0, 4 * HOUR);
    int minute = 0;
    for (; minute < 3000 && ended < 4; minute++) {
        w.now_ms += MINUTE;
        for (int i = 0; i < 2 && minute % 60 == 59; i++) submit(&w, 8, 5, 40 * MINUTE);
        world_tick(&w);
        for (size_t i = w.attempt_count; i > 0; i--)
            if (i <= w.attempt_count) tell(&w, w.attempts[i - 1]);
        for (int i = 0; i < 4; i++) {
            const struct job *j = low[i] != 0 ? world_job(&w, low[i]) : NULL;
            if (j == NULL || !job_state_is_ended(j->state)) continue;
            assert_int_equal(j->state, JOB_COMPLETED);
            assert_int_equal(j->preemptions, 5);
            ended++;
            low[i] = 0;
        }
    }
    assert_int_equal(ended, 4);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_of_higher_priority_takes_the_place_of_a_lower_one),
        cmocka_unit_test(nobody_is_stopped_who_must_not_be),
        cmocka_unit_test(nobody_is_stopped_where_room_is_not_all_that_is_missing),
        cmocka_unit_test(a_job_is_looked_at_again_when_its_victims_have_run_long_enough),
        cmocka_unit_test(a_job_is_stopped_only_so_often),
        cmocka_unit_test(what_was_saved_is_not_lost),
        cmocka_unit_test(a_heartbeat_says_what_was_saved),
        cmocka_unit_test(a_hold_that_is_not_honoured_is_given_up),
        cmocka_unit_test(a_cancel_gives_the_room_to_others),
        cmocka_unit_test(who_is_on_the_way_out_for_nobody_is_counted_on),
        cmocka_unit_test(a_job_for_which_others_are_stopped_starts_as_soon_as_it_fits),
        cmocka_unit_test(what_comes_free_goes_first_to_whoever_stands_first),
        cmocka_unit_test(a_lost_deadline_raises_the_gain),
        cmocka_unit_test(the_cheapest_set_is_stopped),
        cmocka_unit_test(a_large_set_is_minimal_and_cheap),
        cmocka_unit_test(all_of_a_class_get_their_victims_at_once),
        cmocka_unit_test(a_tenant_may_be_given_a_greatest_priority),
        cmocka_unit_test(low_jobs_come_to_their_end_in_a_storm_of_high_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
