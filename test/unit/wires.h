/* wires.h - a pool of some nodes with switches drawn at random, and the same told plainly, for
 * tests to reason from: by name, uneven, in no order, on several levels, with nodes on no switch; or
 * in short, by numbers. */
#ifndef BERTH_TEST_WIRES_H
#define BERTH_TEST_WIRES_H

#include "model/topology.h"

#include <stdio.h>
#include <stdlib.h>

enum { WIRES_NODES_MAX = 32, WIRES_NAMED_MAX = 7, WIRES_ALONE_MAX = 2, WIRES_ABOVE_MAX = 8 };

struct wires {
    uint32_t leaf_of[WIRES_NODES_MAX]; /* by node; a node on no switch has one of its own */
    uint32_t leaf_count;
    struct {
        uint32_t level, leaves; /* leaves: a set of bits */
        struct str name; /* "" in short */
    } above[WIRES_ABOVE_MAX];
    uint32_t above_count;
};

static inline uint32_t wires_below(uint64_t *seed, uint32_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % n;
}

static inline void wires_short(uint64_t *seed, struct pool *p, struct wires *w)
{
    p->nodes_per_switch = 3 + wires_below(seed, 4);
    p->switches_per_spine = wires_below(seed, 2) == 0 ? 2 : 0;
    w->leaf_count = (p->node_count + p->nodes_per_switch - 1) / p->nodes_per_switch;
    for (uint32_t i = 0; i < p->node_count; i++) w->leaf_of[i] = i / p->nodes_per_switch;
    uint32_t all = (UINT32_C(1) << w->leaf_count) - 1;
    for (uint32_t l = 0; l < w->leaf_count && p->switches_per_spine > 0; l += 2) {
        w->above[w->above_count].level = 1;
        w->above[w->above_count++].leaves = UINT32_C(3) << l & all;
    }
}

static inline void wires_leaves(uint64_t *seed, struct arena *a, struct pool *p, struct wires *w)
{
    uint32_t named = 1 + wires_below(seed, WIRES_NAMED_MAX), alone = 0;
    if (named > p->node_count) named = p->node_count;
    p->switch_count = named;
    for (uint32_t i = 0; i < named; i++) {
        p->switches[i].name = str_of(arena_printf(a, "leaf%u", i));
        p->switches[i].ranges = ARENA_ARRAY(a, p->node_count, struct node_range);
    }
    for (uint32_t i = 0; i < p->node_count; i++) {
        if (i >= named && alone < WIRES_ALONE_MAX && wires_below(seed, 15) == 0) {
            w->leaf_of[i] = named + alone++;
            continue;
        }
        uint32_t at = i < named ? i : wires_below(seed, wires_below(seed, 2) == 0 ? named : 1);
        struct pool_switch *s = &p->switches[at];
        s->ranges[s->range_count] = p->ranges[0];
        s->ranges[s->range_count].first += i;
        s->ranges[s->range_count++].count = 1;
        w->leaf_of[i] = at;
    }
    w->leaf_count = named + alone;
}

/* Switches above what has none yet, a few at a time. They stand before those below them. */
static inline void wires_above(uint64_t *seed, struct arena *a, struct pool *p, struct wires *w)
{
    struct {
        struct str name;
        uint32_t level, leaves;
    } root[WIRES_NAMED_MAX];
    uint32_t roots = p->switch_count;
    for (uint32_t i = 0; i < roots; i++) {
        root[i].name = p->switches[i].name;
        root[i].level = 0;
        root[i].leaves = UINT32_C(1) << i;
    }
    while (roots > 1 && wires_below(seed, 4) > 0) {
        struct pool_switch s = {
            .name = str_of(arena_printf(a, "above%u", w->above_count)),
            .below = ARENA_ARRAY(a, roots, struct str),
        };
        uint32_t level = 0, leaves = 0, count = 2 + wires_below(seed, roots - 1);
        while (s.below_count < count) {
            uint32_t at = wires_below(seed, roots);
            s.below[s.below_count++] = root[at].name;
            leaves |= root[at].leaves;
            if (root[at].level >= level) level = root[at].level + 1;
            root[at] = root[--roots];
        }
        for (uint32_t i = p->switch_count++; i > 0; i--) p->switches[i] = p->switches[i - 1];
        p->switches[0] = s;
        root[roots].name = w->above[w->above_count].name = s.name;
        root[roots].level = w->above[w->above_count].level = level;
        root[roots++].leaves = w->above[w->above_count++].leaves = leaves;
    }
}

/* Switches for a pool whose node_count is set: its id, its names of nodes and its topology. */
static inline void wires_draw(uint64_t seed, struct arena *a, struct pool *p, struct wires *w)
{
    struct errtext error;
    *w = (struct wires){0};
    p->id = STR("pool");
    p->range_count = 1;
    p->ranges = ARENA_NEW(a, struct node_range);
    p->ranges[0] = (struct node_range){
        .prefix = STR("n"), .first = 1, .count = p->node_count, .width = 2, .numbered = true};
    p->switches = ARENA_ARRAY(a, WIRES_NAMED_MAX + WIRES_ABOVE_MAX, struct pool_switch);
    if (wires_below(&seed, 3) == 0) {
        wires_short(&seed, p, w);
    } else {
        wires_leaves(&seed, a, p, w);
        wires_above(&seed, a, p, w);
    }
    if (topology_build(p, a, NULL, &error) == ERR_NONE) return;
    fprintf(stderr, "topology: %s\n", error.s);
    abort();
}

#endif
