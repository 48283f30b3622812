#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/contiguous.h"
#include "core/explain.h"
#include "core/nodes.h"
#include "unit/wires.h"
#include "world.h"

#include <string.h>

enum { NODES_MOST = WIRES_NODES_MAX };

/* ---- the definition, block by block ---------------------------------------------------------- */

static bool holds(const struct pool_nodes *n, uint32_t i, const struct need *each)
{
    struct free_room f;
    if (i >= n->count || n->node[i].state != NODE_UP) return false;
    node_free(n, i, &f);
    return f.chips >= each->chips && f.cpus >= each->cpus;
}

static const struct need *smaller(const struct size *z)
{
    return &z->part[z->part[1].count > 0 ? 1 : 0].each;
}

static bool is_block(const struct pool_nodes *n, const struct size *z, uint32_t first)
{
    uint32_t large = 0, all = 0;
    for (uint32_t i = first; i < first + z->nodes; i++) {
        large += holds(n, i, &z->part[0].each);
        all += holds(n, i, smaller(z));
    }
    return large >= z->part[0].count && all == z->nodes;
}

/* On how many leaves the block lies; w NULL: no switches are stated. */
static uint32_t switches_of(const struct wires *w, const struct size *z, uint32_t first)
{
    uint32_t leaves = 0;
    for (uint32_t i = first; w != NULL && i < first + z->nodes; i++)
        leaves |= UINT32_C(1) << w->leaf_of[i];
    return (uint32_t)__builtin_popcount(leaves);
}

static uint32_t run_of(const struct pool_nodes *n, const struct size *z, uint32_t first)
{
    uint32_t from = first, end = first;
    while (from > 0 && holds(n, from - 1, smaller(z))) from--;
    while (holds(n, end, smaller(z))) end++;
    return end - from;
}

static uint32_t best_block(const struct pool_nodes *n, const struct wires *w, const struct size *z)
{
    uint32_t best = NO_INDEX, switches = 0, run = 0;
    for (uint32_t i = 0; i + z->nodes <= n->count; i++) {
        if (!is_block(n, z, i)) continue;
        uint32_t s = switches_of(w, z, i), r = run_of(n, z, i);
        if (z->switches_max > 0 && s > z->switches_max) continue;
        if (best != NO_INDEX && (s > switches || (s == switches && r >= run))) continue;
        best = i;
        switches = s;
        run = r;
    }
    return best;
}

/* ---- against it ------------------------------------------------------------------------------ */

static struct size random_size(struct rng *r, uint32_t chips)
{
    struct size z = {.contiguous = true};
    z.part[0].each = (struct need){.chips = rng_below(r, chips + 1), .cpus = rng_below(r, 20)};
    z.part[0].count = 2 + rng_below(r, 5);
    if (rng_one_in(r, 3)) {
        z.part[1].each = (struct need){.chips = rng_below(r, z.part[0].each.chips + 1)};
        z.part[1].count = 1 + rng_below(r, 2);
    }
    z.nodes = z.part[0].count + z.part[1].count;
    if (rng_one_in(r, 3)) z.switches_max = 1 + rng_below(r, 3);
    return z;
}

static void check_choice(struct pool_nodes *n, const struct wires *w, const struct size *z,
                         struct claim_part *held, size_t *held_count)
{
    struct claim_part parts[16];
    uint32_t waste, large = 0, first = best_block(n, w, z);
    assert_int_equal(nodes_fit(n, z), first != NO_INDEX);
    assert_int_equal(nodes_choose(n, z, parts, &waste), first != NO_INDEX);
    if (first == NO_INDEX) return;
    for (uint32_t i = 0; i < z->nodes; i++) {
        const struct need *larger = &z->part[0].each;
        assert_int_equal(parts[i].node, first + i);
        large += (uint32_t)__builtin_popcountll(parts[i].chip_mask) == larger->chips &&
                 parts[i].cpus == larger->cpus;
        nodes_take(n, &parts[i]);
        held[(*held_count)++] = parts[i];
    }
    assert_true(large >= z->part[0].count);
    nodes_note(n, z);
}

static void a_gang_gets_the_best_block_of_adjacent_nodes(void **state)
{
    (void)state;
    uint32_t chosen = 0;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        struct rng r = {seed};
        struct pool p = {.node_count = 6 + rng_below(&r, NODES_MOST - 6),
                         .chips_per_node = seed % 5 == 0 ? 0 : 1u << rng_below(&r, 4),
                         .cpus_per_node = 32};
        struct arena arena = {0};
        struct wires wires;
        bool is_wired = rng_one_in(&r, 2);
        if (is_wired) wires_draw(seed, &arena, &p, &wires);
        struct pool_nodes n;
        struct claim_part held[2000];
        size_t count = 0;
        nodes_init(&n, &p);
        for (int round = 0; round < 60; round++) {
            struct size z = random_size(&r, p.chips_per_node);
            size_t before = count;
            check_choice(&n, is_wired ? &wires : NULL, &z, held, &count);
            chosen += count > before;
            while (count > 0 && rng_one_in(&r, 2)) {
                uint32_t at = rng_below(&r, (uint32_t)count);
                nodes_give(&n, &held[at]);
                held[at] = held[--count];
            }
            if (rng_one_in(&r, 4))
                nodes_set_state(&n, rng_below(&r, n.count), (int)rng_below(&r, NODE_STATE_COUNT));
            if (rng_one_in(&r, 2)) nodes_set_state(&n, rng_below(&r, n.count), NODE_UP);
        }
        nodes_release(&n);
        arena_release(&arena);
    }
    assert_true(chosen > 500);
}

/* ---- a job ----------------------------------------------------------------------------------- */

static void a_job_waits_for_adjacent_nodes_and_says_so(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "tokyo", "big", "tokyo", 3, 4);
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec one = world_spec(4);
    uint32_t first = world_submit(&w, &one), second = world_submit(&w, &one);
    assert_int_equal(world_job(&w, second)->claim->parts[0].node, 1);
    world_finish(&w, first, 0);
    struct job_spec gang = world_spec(8);
    gang.contiguous = true;
    uint32_t id = world_submit(&w, &gang);
    assert_int_equal(world_job(&w, id)->state, JOB_PENDING);
    struct explanation x;
    core_explain(w.core, world_job(&w, id), &w.arena, &x);
    assert_non_null(strstr(x.sentences[0].p, "adjacent nodes"));
    world_finish(&w, second, 0);
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gang_gets_the_best_block_of_adjacent_nodes),
        cmocka_unit_test(a_job_waits_for_adjacent_nodes_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
