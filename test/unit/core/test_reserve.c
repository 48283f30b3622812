#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

static void pools(struct world *w, uint32_t nodes, bool two)
{
    world_init(w, 1);
    struct fleet *f = world_fleet_base(&w->arena, two ? 2 : 1);
    world_pool(&w->arena, f, 0, "first", "big", "tokyo", nodes, 8);
    if (two) world_pool(&w->arena, f, 1, "other", "mid", "sydney", nodes, 8);
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static uint32_t submit(struct world *w, uint32_t chips, int64_t hours, const char *kind)
{
    struct job_spec s = world_spec(chips);
    struct str kinds[1] = {str_of(kind)};
    s.time_limit_ms = hours * HOUR;
    s.chip_kinds = kinds;
    s.chip_kind_count = kind != NULL;
    return world_submit(w, &s);
}

static bool holds(const struct world *w, uint32_t id)
{
    return job_state_holds_chips(world_job(w, id)->state);
}

static uint32_t started(struct world *w, uint32_t chips, int64_t hours, const char *kind)
{
    uint32_t id = submit(w, chips, hours, kind);
    assert_true(holds(w, id));
    world_report(w, REPORT_STARTED, id, 1, 0);
    return id;
}

static struct pool_reservation hold(const struct world *w, uint32_t pool)
{
    struct pool_reservation h;
    core_reservation(w->core, (struct pool_id){pool}, &h);
    return h;
}

/* Of two nodes one is in use for two hours, and the head needs both. */
static void a_later_job_may_use_kept_chips_only_until_they_are_needed(void **state)
{
    (void)state;
    struct world w;
    pools(&w, 2, false);
    started(&w, 8, 2, NULL);
    uint32_t head = submit(&w, 16, 1, NULL);
    assert_int_equal(hold(&w, 0).job.v, head);
    assert_int_equal(hold(&w, 0).node_count, 2);
    assert_int_equal(hold(&w, 0).at_ms, w.now_ms + 2 * HOUR + 30000);
    uint32_t late = submit(&w, 8, 2, NULL); /* a minute too long: its start may take that */
    uint32_t short_enough = submit(&w, 8, 1, NULL);
    assert_true(holds(&w, short_enough));
    assert_false(holds(&w, late));
    assert_int_equal(core_reason(w.core, world_job(&w, head)), REASON_RESOURCES);
    world_release(&w);
}

static void why_tells_for_whom_chips_are_kept(void **state)
{
    (void)state;
    struct world w;
    pools(&w, 2, false);
    started(&w, 8, 2, NULL);
    submit(&w, 16, 1, NULL);
    uint32_t late = submit(&w, 8, 5, NULL);
    assert_int_equal(core_reason(w.core, world_job(&w, late)), REASON_PRIORITY);
    struct explanation x;
    core_explain(w.core, world_job(&w, late), &w.arena, &x);
    assert_int_equal(x.reason, REASON_PRIORITY);
    assert_int_equal(x.pools[0].reason, REASON_PRIORITY);
    assert_string_equal(x.sentences[0].p,
                        "pool first: it has room, kept for job 2, which starts there by "
                        "2026-01-01T02:00:30Z; a job of at most 119 min could use it before");
    assert_int_equal(x.flip.kind, FLIP_TIME_LIMIT);
    assert_int_equal(x.flip.value, 119 * MINUTE);
    world_release(&w);
}

/* Small jobs arrive for ever; without a reservation the large one would never see a free pool. */
static void a_large_job_does_not_starve(void **state)
{
    (void)state;
    struct world w;
    pools(&w, 4, false);
    w.check = false;
    for (int i = 0; i < 4; i++) submit(&w, 8, 4, NULL);
    uint32_t head = submit(&w, 32, 1, NULL);
    int64_t promised = 0, from = w.now_ms;
    while (!holds(&w, head)) {
        w.now_ms += 10 * MINUTE;
        submit(&w, 8, 4, NULL);
        for (size_t i = 0; i < w.attempt_count; i++) {
            struct attempt a = w.attempts[i];
            const struct job *j = world_job(&w, a.job);
            if (j->state == JOB_CONFIGURING) world_report(&w, REPORT_STARTED, a.job, a.attempt, 0);
            if (j->state == JOB_RUNNING && w.now_ms - j->start_ms >= 3 * HOUR)
                world_report(&w, REPORT_FINISHED, a.job, a.attempt, 0);
        }
        int64_t at = holds(&w, head) ? 0 : hold(&w, 0).at_ms;
        assert_true(promised == 0 || at <= promised);
        if (at > 0) promised = at;
        assert_true(w.now_ms - from < 12 * HOUR);
    }
    world_release(&w);
}

static void heads_of_different_chips_are_kept_different_pools(void **state)
{
    (void)state;
    struct world w;
    pools(&w, 2, true);
    started(&w, 8, 2, "big");
    started(&w, 8, 3, "mid");
    uint32_t a = submit(&w, 16, 1, "big"), b = submit(&w, 16, 1, "mid");
    assert_int_equal(hold(&w, 0).job.v, a);
    assert_int_equal(hold(&w, 1).job.v, b);
    assert_false(holds(&w, submit(&w, 8, 9, NULL)));
    world_release(&w);
}

static void a_head_takes_the_pool_where_it_starts_soonest(void **state)
{
    (void)state;
    struct world w;
    pools(&w, 2, true);
    started(&w, 16, 5, "big");
    started(&w, 16, 2, "mid");
    uint32_t head = submit(&w, 16, 1, NULL);
    assert_int_equal(hold(&w, 1).job.v, head);
    assert_int_equal(hold(&w, 0).job.v, 0);
    world_release(&w);
}

static void a_job_with_more_priority_may_use_what_is_kept(void **state)
{
    (void)state;
    struct world w;
    pools(&w, 2, false);
    started(&w, 8, 2, NULL);
    uint32_t head = submit(&w, 16, 1, NULL);
    struct job_spec s = world_spec(8);
    s.time_limit_ms = 9 * HOUR;
    s.priority = 1;
    uint32_t urgent = world_submit(&w, &s);
    assert_true(holds(&w, urgent));
    assert_int_equal(hold(&w, 0).job.v, head);
    assert_int_equal(hold(&w, 0).at_ms, w.now_ms + MINUTE + 9 * HOUR + 30000);
    world_release(&w);
}

static void what_was_kept_is_free_when_the_head_leaves(void **state)
{
    (void)state;
    struct world w;
    pools(&w, 2, false);
    started(&w, 8, 2, NULL);
    uint32_t head = submit(&w, 16, 1, NULL);
    uint32_t late = submit(&w, 8, 9, NULL);
    assert_false(holds(&w, late));
    world_do(&w, EVENT_CANCEL, head);
    assert_true(holds(&w, late));
    assert_int_equal(hold(&w, 0).job.v, 0);
    world_release(&w);
}

/* ---- the soonest of many pools, against all ends of all claims ------------------------------- */

enum { MANY = 64, NODES = 2, HEADS = 270 };

/* How many nodes of the pool have `chips` free when the claims that end by `at_ms` have ended. */
static uint32_t nodes_free_at(const struct world *w, uint32_t pool, uint32_t chips, int64_t at_ms)
{
    uint32_t used[NODES] = {0}, fit = 0;
    for (uint32_t id = 1; core_job(w->core, (struct job_id){id}) != NULL; id++) {
        const struct job *j = core_job(w->core, (struct job_id){id});
        if (j->claim == NULL || j->claim->pool.v != pool) continue;
        if (j->start_ms + j->time_limit_ms + 30000 <= at_ms) continue;
        for (uint32_t i = 0; i < j->claim->part_count; i++)
            used[j->claim->parts[i].node] +=
                (uint32_t)__builtin_popcountll(j->claim->parts[i].chip_mask);
    }
    for (int i = 0; i < NODES; i++) fit += 8 - used[i] >= chips;
    return fit;
}

static uint32_t soonest_by_trying(const struct world *w, uint32_t chips, uint32_t nodes,
                                  int64_t *at_out)
{
    uint32_t best = MANY;
    for (uint32_t p = 0; p < MANY; p++)
        for (uint32_t id = 1; core_job(w->core, (struct job_id){id}) != NULL; id++) {
            const struct job *j = core_job(w->core, (struct job_id){id});
            if (j->claim == NULL || j->claim->pool.v != p) continue;
            int64_t at = j->start_ms + j->time_limit_ms + 30000;
            if (best < MANY && at >= *at_out) continue;
            if (nodes_free_at(w, p, chips, at) < nodes) continue;
            best = p;
            *at_out = at;
        }
    return best;
}

/* The job ends, if it runs, and who takes its place has started. */
static uint32_t submit_of(struct world *w, const char *tenant, uint32_t chips, int64_t hours)
{
    struct job_spec s = world_spec(chips);
    s.tenant = str_of(tenant);
    s.time_limit_ms = hours * HOUR;
    return world_submit(w, &s);
}

static uint32_t started_of(struct world *w, const char *tenant, uint32_t chips, int64_t hours)
{
    uint32_t id = submit_of(w, tenant, chips, hours);
    assert_true(holds(w, id));
    world_report(w, REPORT_STARTED, id, 1, 0);
    return id;
}

/* As acme's job ends, acme comes before boat, and the pool is kept for its large job; as its small
 * one starts beside that, acme is behind boat again. */
static void a_promise_put_off_says_for_whom_the_pool_was_kept_in_between(void **state)
{
    (void)state;
    struct world w;
    pools(&w, 1, false);
    uint32_t ends = started_of(&w, "acme", 4, 1);
    started_of(&w, "boat", 1, 10);
    started_of(&w, "fog", 3, 10);
    uint32_t holder = submit_of(&w, "boat", 4, 20);
    uint32_t large = submit_of(&w, "acme", 8, 1);
    uint32_t small = submit_of(&w, "acme", 2, 2);
    int64_t promised = hold(&w, 0).at_ms;
    assert_int_equal(hold(&w, 0).job.v, holder);
    assert_int_equal(promised, w.now_ms + HOUR + 30000);
    world_report(&w, REPORT_FINISHED, ends, 1, 0);
    assert_true(holds(&w, small));
    assert_int_equal(hold(&w, 0).job.v, holder);
    assert_true(hold(&w, 0).at_ms > promised);
    const struct decision *d = &w.out.decisions[w.out.decision_count - 1];
    assert_int_equal(d->kind, DECISION_POSTPONED);
    assert_int_equal(d->job.v, holder);
    assert_int_equal(d->for_job.v, large);
    world_tick(&w);
    assert_int_equal(hold(&w, 0).job.v, holder);
    assert_int_equal(w.out.decision_count, 0);
    world_release(&w);
}

/* Five heads, five pools: each pool has one node free of two, for three hours. */
static void a_promise_stands_when_four_others_come_before_it(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 5);
    for (uint32_t p = 0; p < 5; p++)
        world_pool(&w.arena, f, p, arena_printf(&w.arena, "pool%u", p), "big", "tokyo", 2, 8);
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec s = world_spec(16);
    struct str name;
    s.partitions = &name;
    s.partition_count = 1;
    for (uint32_t p = 0; p < 5; p++) {
        name = str_of(arena_printf(&w.arena, "pool%u", p));
        s.chips = 8;
        s.time_limit_ms = 3 * HOUR;
        world_report(&w, REPORT_STARTED, world_submit(&w, &s), 1, 0);
    }
    s.chips = 16;
    uint32_t holder = world_submit(&w, &s); /* in the last pool */
    int64_t promised = hold(&w, 4).at_ms;
    s.priority = 1;
    for (uint32_t p = 0; p < 4; p++) {
        name = str_of(arena_printf(&w.arena, "pool%u", p));
        uint32_t head = world_submit(&w, &s);
        assert_int_equal(hold(&w, p).job.v, head);
        assert_int_equal(w.out.decision_count, 1); /* nobody is put off */
    }
    assert_int_equal(hold(&w, 4).job.v, holder);
    s.priority = 0;
    s.chips = 8;
    s.time_limit_ms = 4 * HOUR;
    name = STR("pool4");
    assert_false(holds(&w, world_submit(&w, &s)));
    assert_int_equal(hold(&w, 4).at_ms, promised);
    world_release(&w);
}

static void end_one(struct world *w, uint32_t id)
{
    const struct job *j = world_job(w, id);
    if (j->state != JOB_RUNNING) return;
    world_report(w, REPORT_FINISHED, id, j->attempt, 0);
    for (id = 1; (j = core_job(w->core, (struct job_id){id})) != NULL; id++)
        if (j->state == JOB_CONFIGURING) world_report(w, REPORT_STARTED, id, j->attempt, 0);
}

/* More heads and pools than are remembered at once (OUTLOOKS_MAX). */
static void every_head_takes_the_soonest_of_many_pools(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct rng r = {7};
    struct fleet *f = world_fleet_base(&w.arena, MANY);
    for (uint32_t p = 0; p < MANY; p++)
        world_pool(&w.arena, f, p, arena_printf(&w.arena, "pool%02u", p), "big", "tokyo", NODES, 8);
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    for (uint32_t misses = 0; misses < 20;) {
        struct job_spec s = world_spec(1 + rng_below(&r, 8));
        s.time_limit_ms = HOUR + 1000 * (int64_t)rng_below(&r, 100000);
        uint32_t id = world_submit(&w, &s);
        if (holds(&w, id)) {
            world_report(&w, REPORT_STARTED, id, 1, 0);
            continue;
        }
        misses++;
        world_do(&w, EVENT_CANCEL, id);
    }
    for (uint32_t i = 0; i < HEADS; i++) {
        struct job_spec s = world_spec(0);
        s.nodes = 1 + rng_below(&r, NODES);
        s.chips_per_node = s.nodes == 1 ? 8 : 2 + rng_below(&r, 7);
        s.cpus_per_task = 1 + i % 8;
        s.mem_mb_per_node = i;
        s.priority = (int32_t)i + 1;
        uint32_t id = world_submit(&w, &s);
        if (holds(&w, id)) continue;
        int64_t at;
        uint32_t pool = soonest_by_trying(&w, s.chips_per_node, s.nodes, &at);
        assert_int_equal(hold(&w, pool).job.v, id);
        assert_int_equal(hold(&w, pool).at_ms, at);
        if (i % 4 == 0) end_one(&w, 1 + rng_below(&r, 200));
    }
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_later_job_may_use_kept_chips_only_until_they_are_needed),
        cmocka_unit_test(why_tells_for_whom_chips_are_kept),
        cmocka_unit_test(a_large_job_does_not_starve),
        cmocka_unit_test(heads_of_different_chips_are_kept_different_pools),
        cmocka_unit_test(a_head_takes_the_pool_where_it_starts_soonest),
        cmocka_unit_test(a_job_with_more_priority_may_use_what_is_kept),
        cmocka_unit_test(what_was_kept_is_free_when_the_head_leaves),
        cmocka_unit_test(a_promise_put_off_says_for_whom_the_pool_was_kept_in_between),
        cmocka_unit_test(a_promise_stands_when_four_others_come_before_it),
        cmocka_unit_test(every_head_takes_the_soonest_of_many_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
