#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/nodes.h"
#include "world.h"

enum { NODES_MOST = 30 };

/* Do the nodes of these switches (a set of bits) hold the job? Tried node by node. */
static bool holds(const struct pool_nodes *n, const struct size *z, uint32_t switches)
{
    uint32_t large = 0, all = 0;
    const struct need *less = &z->part[z->part[1].count > 0 ? 1 : 0].each;
    for (uint32_t i = 0; i < n->count; i++) {
        struct free_room f;
        if ((switches >> (i / n->nodes_per_switch) & 1) == 0) continue;
        if (n->node[i].state != NODE_UP) continue;
        node_free(n, i, &f);
        large += f.chips >= z->part[0].each.chips && f.cpus >= z->part[0].each.cpus;
        all += f.chips >= less->chips && f.cpus >= less->cpus;
    }
    return large >= z->part[0].count && all >= z->nodes;
}

static uint32_t switches_of(const struct pool_nodes *n)
{
    return (n->count + n->nodes_per_switch - 1) / n->nodes_per_switch;
}

/* The fewest switches of `among` that hold the job; 0: none do. */
static uint32_t fewest_of(const struct pool_nodes *n, const struct size *z, uint32_t among)
{
    uint32_t best = 0;
    for (uint32_t set = 1; set < UINT32_C(1) << switches_of(n); set++) {
        uint32_t size = (uint32_t)__builtin_popcount(set);
        if ((set & ~among) == 0 && (best == 0 || size < best) && holds(n, z, set)) best = size;
    }
    return best;
}

/* One switch, else those of one spine, else any. */
static uint32_t fewest(const struct pool_nodes *n, const struct size *z)
{
    uint32_t all = (UINT32_C(1) << switches_of(n)) - 1, best = 0;
    uint32_t anywhere = fewest_of(n, z, all);
    if (anywhere <= 1 || n->switches_per_spine == 0) return anywhere;
    for (uint32_t at = 0; at < switches_of(n); at += n->switches_per_spine) {
        uint32_t spine = ((UINT32_C(1) << n->switches_per_spine) - 1) << at & all;
        uint32_t here = fewest_of(n, z, spine);
        if (here > 0 && (best == 0 || here < best)) best = here;
    }
    return best > 0 ? best : anywhere;
}

static uint32_t used_by(const struct pool_nodes *n, const struct claim_part *parts, uint32_t count)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < count; i++)
        set |= UINT32_C(1) << (parts[i].node / n->nodes_per_switch);
    return (uint32_t)__builtin_popcount(set);
}

static struct size random_size(struct rng *r, uint32_t chips)
{
    struct size z = {0};
    z.part[0].each = (struct need){.chips = 1 + rng_below(r, chips), .cpus = rng_below(r, 20)};
    z.part[0].count = 2 + rng_below(r, 6);
    if (rng_one_in(r, 3)) {
        z.part[1].each = (struct need){.chips = rng_below(r, z.part[0].each.chips + 1)};
        z.part[1].count = 1;
    }
    z.nodes = z.part[0].count + z.part[1].count;
    return z;
}

static void check_choice(struct pool_nodes *n, const struct size *z, struct claim_part *held,
                         size_t *held_count)
{
    struct claim_part parts[16];
    uint32_t waste, least = fewest(n, z);
    bool is_even = z->part[1].count == 0;
    assert_int_equal(nodes_fit(n, z), least > 0);
    assert_int_equal(nodes_choose(n, z, parts, &waste), least > 0);
    for (uint32_t limit = 1; limit <= 4 && is_even; limit++) {
        struct size few = *z;
        few.switches_max = limit;
        uint32_t all = (UINT32_C(1) << switches_of(n)) - 1;
        uint32_t anywhere = fewest_of(n, z, all);
        assert_int_equal(nodes_fit(n, &few), anywhere > 0 && anywhere <= limit);
        bool chosen = nodes_choose(n, &few, parts, &waste);
        assert_int_equal(chosen, anywhere > 0 && anywhere <= limit);
        if (chosen) assert_true(used_by(n, parts, z->nodes) <= limit);
    }
    if (least == 0) return;
    assert_true(nodes_choose(n, z, parts, &waste));
    uint32_t used = used_by(n, parts, z->nodes);
    if (is_even || least == 1) assert_int_equal(used, least);
    assert_true(used >= least || n->switches_per_spine > 0);
    for (uint32_t i = 0; i < z->nodes; i++) {
        assert_true(i == 0 || parts[i - 1].node < parts[i].node);
        nodes_take(n, &parts[i]);
        held[(*held_count)++] = parts[i];
    }
    nodes_note(n, z);
}

static void a_gang_goes_to_as_few_switches_as_hold_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 80; seed++) {
        struct rng r = {seed};
        struct pool p = {.node_count = 6 + rng_below(&r, NODES_MOST - 6),
                         .chips_per_node = 1u << rng_below(&r, 4),
                         .cpus_per_node = 32,
                         .nodes_per_switch = 3 + rng_below(&r, 4),
                         .switches_per_spine = rng_one_in(&r, 2) ? 2 : 0};
        struct pool_nodes n;
        struct claim_part held[2000];
        size_t count = 0;
        nodes_init(&n, &p);
        for (int round = 0; round < 40; round++) {
            struct size z = random_size(&r, p.chips_per_node);
            check_choice(&n, &z, held, &count);
            while (count > 0 && !rng_one_in(&r, 4)) {
                uint32_t at = rng_below(&r, (uint32_t)count);
                nodes_give(&n, &held[at]);
                held[at] = held[--count];
            }
            if (rng_one_in(&r, 4))
                nodes_set_state(&n, rng_below(&r, n.count), (int)rng_below(&r, NODE_STATE_COUNT));
        }
        nodes_release(&n);
    }
}

static void a_job_waits_for_few_switches_only_so_long(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    struct pool *p = world_pool(&w.arena, f, 0, "tokyo", "big", "tokyo", 4, 4);
    p->nodes_per_switch = 2;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct node_change down = {.pool = STR("tokyo"), .first = 1, .count = 2, .state = NODE_DOWN};
    world_step(&w, &(struct event){.kind = EVENT_NODES,
                                   .nodes = &down,
                                   .node_change_count = 1,
                                   .actor_is_operator = true});
    struct job_spec gang = world_spec(8);
    gang.nodes = 2;
    gang.switches = 1;
    gang.switches_wait_ms = 10 * MINUTE;
    uint32_t id = world_submit(&w, &gang);
    assert_int_equal(world_job(&w, id)->state, JOB_PENDING);
    assert_int_equal(core_next_tick_ms(w.core), w.now_ms + 10 * MINUTE);
    w.now_ms += 10 * MINUTE;
    world_step(&w, &(struct event){.kind = EVENT_TICK, .actor = STR("clock")});
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    world_release(&w);
}

/* Its turn comes and its patience ends at one instant. */
static void a_task_that_waits_for_no_switches_does_not_wait(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "tokyo", "big", "tokyo", 2, 4)->nodes_per_switch = 1;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec gang = world_spec(8);
    gang.nodes = 2;
    gang.switches = 1;
    gang.array_count = 2;
    gang.array_tasks = ARENA_ARRAY(&w.arena, 2, uint32_t);
    gang.array_tasks[1] = 1;
    gang.array_limit = 1;
    uint32_t id = world_submit(&w, &gang);
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    world_finish(&w, id, 0);
    assert_int_equal(world_job(&w, id + 1)->state, JOB_CONFIGURING);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gang_goes_to_as_few_switches_as_hold_it),
        cmocka_unit_test(a_job_waits_for_few_switches_only_so_long),
        cmocka_unit_test(a_task_that_waits_for_no_switches_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
