#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/nodes.h"
#include "unit/wires.h"
#include "world.h"

enum { NODES_MOST = 30 };

struct drawn {
    struct pool_nodes n;
    struct wires wires;
};

/* Do the nodes of these leaves (a set of bits) hold the job? Tried node by node. */
static bool holds(const struct drawn *d, const struct size *z, uint32_t leaves)
{
    uint32_t large = 0, all = 0;
    const struct need *less = &z->part[z->part[1].count > 0 ? 1 : 0].each;
    for (uint32_t i = 0; i < d->n.count; i++) {
        struct free_room f;
        if ((leaves >> d->wires.leaf_of[i] & 1) == 0) continue;
        if (d->n.node[i].state != NODE_UP) continue;
        node_free(&d->n, i, &f);
        large += f.chips >= z->part[0].each.chips && f.cpus >= z->part[0].each.cpus;
        all += f.chips >= less->chips && f.cpus >= less->cpus;
    }
    return large >= z->part[0].count && all >= z->nodes;
}

static uint32_t all_leaves(const struct drawn *d)
{
    return (UINT32_C(1) << d->wires.leaf_count) - 1;
}

/* The fewest leaves of `among` that hold the job; 0: none do. */
static uint32_t fewest_of(const struct drawn *d, const struct size *z, uint32_t among)
{
    uint32_t best = 0;
    for (uint32_t set = among; set != 0; set = (set - 1) & among) {
        uint32_t size = (uint32_t)__builtin_popcount(set);
        if ((best == 0 || size < best) && holds(d, z, set)) best = size;
    }
    return best;
}

/* One leaf, else those below one switch, of the lowest level that will do, else any. */
static uint32_t fewest(const struct drawn *d, const struct size *z)
{
    uint32_t anywhere = fewest_of(d, z, all_leaves(d));
    if (anywhere <= 1) return anywhere;
    for (uint32_t level = 1; level < SWITCH_LEVELS_MAX; level++) {
        uint32_t best = 0;
        for (uint32_t k = 0; k < d->wires.above_count; k++) {
            if (d->wires.above[k].level != level) continue;
            uint32_t here = fewest_of(d, z, d->wires.above[k].leaves);
            if (here > 0 && (best == 0 || here < best)) best = here;
        }
        if (best > 0) return best;
    }
    return anywhere;
}

static uint32_t leaves_of(const struct drawn *d, const struct claim_part *parts, uint32_t count)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < count; i++) set |= UINT32_C(1) << d->wires.leaf_of[parts[i].node];
    return set;
}

/* The level of the lowest switch above all these leaves; SWITCH_LEVELS_MAX: there is none. */
static uint32_t level_of(const struct drawn *d, uint32_t leaves)
{
    uint32_t best = (leaves & (leaves - 1)) == 0 ? 0 : SWITCH_LEVELS_MAX;
    for (uint32_t k = 0; k < d->wires.above_count; k++)
        if ((leaves & ~d->wires.above[k].leaves) == 0 && d->wires.above[k].level < best)
            best = d->wires.above[k].level;
    return best;
}

/* The lowest level at which one switch holds the job. */
static uint32_t level_for(const struct drawn *d, const struct size *z)
{
    for (uint32_t l = 0; l < d->wires.leaf_count; l++)
        if (holds(d, z, UINT32_C(1) << l)) return 0;
    uint32_t best = SWITCH_LEVELS_MAX;
    for (uint32_t k = 0; k < d->wires.above_count; k++)
        if (d->wires.above[k].level < best && holds(d, z, d->wires.above[k].leaves))
            best = d->wires.above[k].level;
    return best;
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

/* Gives whether the job goes to the leaves below one switch that is no leaf. */
static bool check_choice(struct drawn *d, const struct size *z, struct claim_part *held,
                         size_t *held_count)
{
    struct claim_part parts[16];
    uint32_t waste, least = fewest(d, z);
    bool is_even = z->part[1].count == 0;
    assert_int_equal(nodes_fit(&d->n, z), least > 0);
    assert_int_equal(nodes_choose(&d->n, z, parts, &waste), least > 0);
    for (uint32_t limit = 1; limit <= 4 && is_even; limit++) {
        struct size few = *z;
        few.switches_max = limit;
        uint32_t anywhere = fewest_of(d, z, all_leaves(d));
        assert_int_equal(nodes_fit(&d->n, &few), anywhere > 0 && anywhere <= limit);
        bool chosen = nodes_choose(&d->n, &few, parts, &waste);
        assert_int_equal(chosen, anywhere > 0 && anywhere <= limit);
        if (chosen)
            assert_true((uint32_t)__builtin_popcount(leaves_of(d, parts, z->nodes)) <= limit);
    }
    /* What forms.h foresees for a gang of two needs. */
    struct size large = *z;
    large.part[0].count = z->nodes;
    large.part[1].count = 0;
    uint32_t sure = is_even ? 0 : fewest_of(d, &large, all_leaves(d));
    for (uint32_t limit = 1; limit <= 4 && sure > 0; limit++) {
        struct size few = *z;
        few.switches_max = limit;
        if (sure > limit) continue;
        assert_true(nodes_fit(&d->n, &few));
        assert_true(nodes_choose(&d->n, &few, parts, &waste));
        assert_true((uint32_t)__builtin_popcount(leaves_of(d, parts, z->nodes)) <= limit);
    }
    if (least == 0) return false;
    assert_true(nodes_choose(&d->n, z, parts, &waste));
    uint32_t leaves = leaves_of(d, parts, z->nodes), level = level_for(d, z);
    uint32_t used = (uint32_t)__builtin_popcount(leaves);
    if (is_even || least == 1) assert_int_equal(used, least);
    assert_true(used >= least || d->wires.above_count > 0);
    assert_true(level_of(d, leaves) <= level);
    for (uint32_t i = 0; i < z->nodes; i++) {
        assert_true(i == 0 || parts[i - 1].node < parts[i].node);
        nodes_take(&d->n, &parts[i]);
        held[(*held_count)++] = parts[i];
    }
    nodes_note(&d->n, z);
    return level > 0 && level < SWITCH_LEVELS_MAX;
}

static void a_gang_goes_to_as_few_switches_as_hold_it(void **state)
{
    (void)state;
    uint32_t below = 0;
    for (uint64_t seed = 1; seed <= 160; seed++) {
        struct rng r = {seed};
        struct pool p = {.node_count = 6 + rng_below(&r, NODES_MOST - 6),
                         .chips_per_node = 1u << rng_below(&r, 4),
                         .cpus_per_node = 32};
        struct drawn d;
        struct arena arena = {0};
        struct claim_part held[2000];
        size_t count = 0;
        wires_draw(seed, &arena, &p, &d.wires);
        nodes_init(&d.n, &p);
        for (int round = 0; round < 30; round++) {
            struct size z = random_size(&r, p.chips_per_node);
            below += check_choice(&d, &z, held, &count);
            while (count > 0 && !rng_one_in(&r, 4)) {
                uint32_t at = rng_below(&r, (uint32_t)count);
                nodes_give(&d.n, &held[at]);
                held[at] = held[--count];
            }
            if (rng_one_in(&r, 4))
                nodes_set_state(&d.n, rng_below(&r, d.n.count),
                                (int)rng_below(&r, NODE_STATE_COUNT));
        }
        nodes_release(&d.n);
        arena_release(&arena);
    }
    assert_true(below > 200); /* otherwise this shows nothing */
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
    struct explanation x;
    core_explain(w.core, world_job(&w, id), &w.arena, &x);
    assert_non_null(strstr(x.sentences[0].p, "on at most 1 switch; one switch has at most 1 of "
                                             "its 2 nodes, tokyo-switch0"));
    assert_int_equal(x.network.len, 0);
    w.now_ms += 10 * MINUTE;
    world_step(&w, &(struct event){.kind = EVENT_TICK, .actor = STR("clock")});
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    core_explain(w.core, world_job(&w, id), &w.arena, &x);
    assert_string_equal(x.network.p,
                        "on 2 switches, tokyo-switch0, tokyo-switch1, below no common one");
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
