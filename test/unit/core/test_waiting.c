/* What waits for room, found by the least that it needs: against looking at each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/size.h"
#include "core/waiting.h"
#include "world.h"

enum { COUNT = 300, ROUNDS = 4000 };

struct thing {
    struct waiting_node node;
    bool odd;
};

/* What is free. */
struct room {
    struct least has;
};

static bool may_do(const void *of, const struct least *l, int64_t major, uint32_t id)
{
    const struct least *has = &((const struct room *)of)->has;
    (void)major;
    (void)id;
    return (l->pools & has->pools) != 0 && l->milli <= has->milli && l->cpus <= has->cpus &&
           l->mem_mb <= has->mem_mb && l->nodes <= has->nodes && l->limit_ms <= has->limit_ms;
}

static bool does(const void *of, struct waiting_node *n)
{
    (void)of;
    return CONTAINER(n, struct thing, node)->odd;
}

static struct least any(struct rng *r)
{
    return (struct least){.mem_mb = rng_below(r, 8),
                          .limit_ms = rng_below(r, 8),
                          .pools = UINT64_C(1) << rng_below(r, 4),
                          .milli = rng_below(r, 8),
                          .cpus = rng_below(r, 8),
                          .nodes = rng_below(r, 4)};
}

static bool is_after(const struct waiting_node *n, int64_t major, uint32_t id)
{
    return n->heap != 0 && (n->major != major ? n->major > major : n->id > id);
}

static struct waiting_node *by_looking(struct thing *all, int64_t major, uint32_t id,
                                       const struct room *room)
{
    struct waiting_node *best = NULL;
    for (int i = 0; i < COUNT; i++) {
        struct waiting_node *n = &all[i].node;
        if (!is_after(n, major, id) || (best != NULL && !is_after(best, n->major, n->id))) continue;
        if (room == NULL || (may_do(room, &n->own, 0, 0) && all[i].odd)) best = n;
    }
    return best;
}

static void the_first_that_could_do_is_found(void **state)
{
    (void)state;
    struct thing *all = mem_alloc(COUNT, sizeof *all);
    struct waiting w = {0};
    struct rng r = {3};
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t i = rng_below(&r, COUNT);
        if (all[i].node.heap != 0) {
            waiting_remove(&w, &all[i].node);
        } else {
            struct least own = any(&r);
            all[i].odd = rng_one_in(&r, 2);
            waiting_insert(&w, &all[i].node, (int64_t)rng_below(&r, 5) - 2, i + 1, &own);
        }
        struct room room = {any(&r)};
        int64_t major = (int64_t)rng_below(&r, 6) - 3;
        uint32_t id = rng_below(&r, COUNT);
        assert_ptr_equal(waiting_find(&w, major, id, may_do, does, &room),
                         by_looking(all, major, id, &room));
        assert_ptr_equal(waiting_after(&w, major, id), by_looking(all, major, id, NULL));
    }
    mem_free(all);
}

static struct job_spec any_spec(struct rng *r)
{
    struct job_spec s = {
        .tasks = rng_below(r, 20), .cpus_per_task = rng_below(r, 5), .exclusive = rng_one_in(r, 8)};
    if (rng_one_in(r, 2)) s.chips = rng_below(r, 40);
    if (rng_one_in(r, 3)) s.chips_per_node = rng_below(r, 9);
    if (rng_one_in(r, 2)) s.nodes = rng_below(r, 6);
    if (rng_one_in(r, 3)) s.tasks_per_node = rng_below(r, 6);
    if (rng_one_in(r, 3))
        s.mem_mb_per_node = rng_below(r, 1000);
    else if (rng_one_in(r, 2))
        s.mem_mb_per_chip = rng_below(r, 200);
    else
        s.mem_mb_per_cpu = rng_below(r, 50);
    if (!rng_one_in(r, 6)) return s;
    s.chips = 1;
    s.chips_per_node = s.nodes = 0;
    if (rng_one_in(r, 2))
        s.shards = 1 + rng_below(r, 8);
    else
        s.chip_milli = 1 + rng_below(r, 999);
    return s;
}

/* In thousandths of chips, as a need of 0 < milli < 1000 is less than a whole chip. */
static uint32_t milli_of(const struct need *each)
{
    return each->milli > 0 ? each->milli : each->chips * CHIP_MILLI;
}

static void no_pool_asks_for_less_than_the_least(void **state)
{
    (void)state;
    struct rng r = {11};
    uint32_t taken = 0;
    for (int round = 0; round < 200000; round++) {
        static const uint32_t sizes[] = {2, 4, 8};
        struct job_spec s = any_spec(&r);
        struct pool p = {.node_count = 1 + rng_below(&r, 20),
                         .chips_per_node = rng_one_in(&r, 5) ? 0 : sizes[rng_below(&r, 3)],
                         .shards_per_chip = rng_one_in(&r, 2) ? 8 : 0,
                         .cpus_per_node = rng_one_in(&r, 5) ? 0 : 8 + rng_below(&r, 60),
                         .mem_mb_per_node = rng_one_in(&r, 5) ? 0 : 2000};
        struct size least, z;
        int64_t have, need;
        if (size_in_pool(&s, &p, &z, &have, &need) != REASON_NONE) continue;
        taken++;
        size_least(&s, 2, 8, &least);
        const struct need *each = &z.part[0].each, *at_least = &least.part[0].each;
        assert_true(milli_of(at_least) <= milli_of(each));
        assert_true(at_least->cpus <= each->cpus);
        assert_true(at_least->mem_mb <= each->mem_mb);
        assert_true(least.nodes <= z.part[0].count);
    }
    assert_true(taken > 20000);
}

/* Barred from the second pool, the job waits for room in the first; on the day the bar falls both
 * are full, so its reason stays the same. */
static void a_pool_that_the_law_has_opened_is_seen_when_its_room_comes_free(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 2);
    world_pool(&w.arena, f, 0, "first", "big", "tokyo", 1, 8);
    world_pool(&w.arena, f, 1, "other", "mid", "sydney", 1, 8);
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct law_rule bar = world_rule(
        "BAR-1", "chain.tenant.ultimate_parent_hq == 'CN' && site.country == 'AU'", EFFECT_FORBID);
    bar.until_ms = WORLD_T0 + 10 * HOUR;
    world_adopt(&w, &bar, 1);
    struct job_spec s = world_spec(8);
    s.time_limit_ms = 24 * HOUR;
    uint32_t one = world_submit(&w, &s), two = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, one, 1, 0);
    world_report(&w, REPORT_STARTED, two, 1, 0);
    s.priority = 1;
    uint32_t third = world_submit(&w, &s);
    s.priority = 0;
    s.tenant = STR("boat");
    uint32_t barred = world_submit(&w, &s);
    assert_int_equal(world_job(&w, barred)->reason, REASON_RESOURCES);
    bool is_first = world_job(&w, one)->pool.v == 0;
    world_report(&w, REPORT_FINISHED, is_first ? one : two, 1, 0);
    assert_int_equal(world_job(&w, third)->pool.v, 0);
    world_report(&w, REPORT_STARTED, third, 1, 0);
    w.now_ms = WORLD_T0 + 10 * HOUR;
    world_tick(&w);
    assert_int_equal(world_job(&w, barred)->reason, REASON_RESOURCES);
    w.now_ms += HOUR;
    world_report(&w, REPORT_FINISHED, is_first ? two : one, 1, 0);
    assert_int_equal(world_job(&w, barred)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, barred)->pool.v, 1);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_could_do_is_found),
        cmocka_unit_test(no_pool_asks_for_less_than_the_least),
        cmocka_unit_test(a_pool_that_the_law_has_opened_is_seen_when_its_room_comes_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
