#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/nodes.h"
#include "core/order.h"
#include "world.h"

static struct pool pool_of(uint32_t nodes, uint32_t chips, uint32_t cpus, uint64_t mem_mb)
{
    return (struct pool){.node_count = nodes,
                         .chips_per_node = chips,
                         .cpus_per_node = cpus,
                         .mem_mb_per_node = mem_mb};
}

/* The definition: all nodes by (key, index), the first that satisfy. */
static bool choose_slowly(const struct pool_nodes *n, const struct size *z, uint32_t *out)
{
    bool *taken = mem_alloc(n->count, sizeof *taken);
    uint32_t got = 0;
    for (int part = 0; part < 2; part++) {
        for (uint32_t k = 0; k < z->part[part].count; k++) {
            uint32_t best = NO_INDEX, best_free = UINT32_MAX;
            const struct need *each = &z->part[part].each;
            for (uint32_t i = 0; i < n->count; i++) {
                const struct node *x = &n->node[i];
                uint32_t chips = n->chips_per_node - (uint32_t)__builtin_popcountll(x->chip_mask);
                uint32_t cpus = n->cpus_max - x->cpus;
                if (taken[i] || x->state != NODE_UP || chips < each->chips || cpus < each->cpus ||
                    n->mem_max - x->mem_mb < each->mem_mb)
                    continue;
                uint32_t free = n->chips_per_node > 0 ? (chips < 63 ? chips : 63)
                                                      : cpus * 63 / n->cpus_per_node;
                if (free >= best_free) continue;
                best = i;
                best_free = free;
            }
            if (best == NO_INDEX) {
                mem_free(taken);
                return false;
            }
            taken[best] = true;
            out[got++] = best;
        }
    }
    mem_free(taken);
    return true;
}

static bool is_among(const uint32_t *list, uint32_t count, uint32_t x)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == x) return true;
    return false;
}

static struct job_spec random_spec(struct rng *r, uint32_t chips_per_node)
{
    struct job_spec s = {.tasks = 1 + rng_below(r, 12), .cpus_per_task = 1 + rng_below(r, 4)};
    if (rng_one_in(r, 2)) s.mem_mb_per_node = rng_below(r, 1000);
    if (rng_one_in(r, 8)) s.exclusive = true;
    if (chips_per_node == 0 || rng_one_in(r, 4)) return s;
    s.tasks = 1;
    s.chips = 1 + rng_below(r, 3 * chips_per_node);
    if (rng_one_in(r, 3)) s.nodes = 1 + rng_below(r, s.chips < 5 ? s.chips : 5);
    return s;
}

static void the_index_chooses_what_the_definition_says(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {0, 1, 4, 8, 16, 64};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct rng r = {seed};
        struct pool p = pool_of(1 + rng_below(&r, seed % 5 == 0 ? 700 : 40), kinds[seed % 6], 64,
                                rng_one_in(&r, 4) ? 0 : 4000);
        struct pool_nodes n;
        nodes_init(&n, &p);
        struct claim_part held[2000];
        size_t held_count = 0;
        for (int round = 0; round < 300; round++) {
            struct job_spec s = random_spec(&r, p.chips_per_node);
            struct size z;
            int64_t have, need;
            if (size_in_pool(&s, &p, &z, &have, &need) != REASON_NONE) continue;
            uint32_t slow[800];
            struct claim_part fast[800];
            uint32_t waste;
            bool fits = choose_slowly(&n, &z, slow);
            assert_int_equal(nodes_choose(&n, &z, fast, &waste), fits);
            for (uint32_t i = 0; fits && i < z.nodes; i++) {
                assert_true(is_among(slow, z.nodes, fast[i].node));
                assert_true(i == 0 || fast[i - 1].node < fast[i].node);
                if (held_count == 2000) continue;
                nodes_take(&n, &fast[i]);
                held[held_count++] = fast[i];
            }
            while (held_count > 0 && rng_one_in(&r, 2)) {
                uint32_t at = rng_below(&r, (uint32_t)held_count);
                nodes_give(&n, &held[at]);
                held[at] = held[--held_count];
            }
            if (rng_one_in(&r, 5))
                nodes_set_state(&n, rng_below(&r, n.count), (int)rng_below(&r, NODE_STATE_COUNT));
            if (rng_one_in(&r, 3)) nodes_set_state(&n, rng_below(&r, n.count), NODE_UP);
        }
        nodes_release(&n);
    }
}

static void sizes_follow_from_the_words_of_sbatch(void **state)
{
    (void)state;
    struct pool p = pool_of(10, 8, 64, 512000);
    static const struct {
        struct job_spec s;
        int why;
        uint32_t count0, chips0, cpus0, count1, chips1;
    } rows[] = {
        {{.chips = 1}, REASON_NONE, 1, 1, 1, 0, 0},
        {{.chips = 8, .cpus_per_task = 16}, REASON_NONE, 1, 8, 16, 0, 0},
        {{.chips = 20}, REASON_NONE, 2, 8, 1, 1, 4},
        {{.chips = 20, .nodes = 3}, REASON_NONE, 2, 7, 1, 1, 6},
        {{.chips = 6, .nodes = 3, .tasks = 6}, REASON_NONE, 3, 2, 2, 0, 0},
        {{.chips_per_node = 4}, REASON_NONE, 1, 4, 1, 0, 0},
        {{.chips_per_node = 4, .nodes = 5}, REASON_NONE, 5, 4, 1, 0, 0},
        {{.chips_per_node = 9}, REASON_TOO_FEW_NODES, 0, 0, 0, 0, 0},
        {{.chips = 81}, REASON_TOO_FEW_NODES, 0, 0, 0, 0, 0},
        {{.chips = 1, .mem_mb_per_chip = 600000}, REASON_MEMORY, 0, 0, 0, 0, 0},
        {{.chips = 1, .exclusive = true}, REASON_NONE, 1, 8, 64, 0, 0},
        {{.tasks = 100}, REASON_NONE, 1, 0, 64, 1, 0},
        {{.tasks = 100, .nodes = 10}, REASON_NONE, 10, 0, 10, 0, 0},
        {{.tasks = 5, .tasks_per_node = 2}, REASON_NONE, 3, 0, 2, 0, 0},
        {{.tasks = 1, .cpus_per_task = 65}, REASON_TOO_FEW_NODES, 0, 0, 0, 0, 0},
        {{.tasks = 64, .mem_mb_per_cpu = 16000}, REASON_NONE, 2, 0, 32, 0, 0},
        {{.nodes = 11}, REASON_TOO_FEW_NODES, 0, 0, 0, 0, 0},
        {{.chips = 24, .nodes_limit = 2}, REASON_TOO_FEW_NODES, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct size z;
        int64_t have, need;
        int why = size_in_pool(&rows[i].s, &p, &z, &have, &need);
        if (why != rows[i].why) fail_msg("row %zu: %s", i, reason_names[why]);
        if (why != REASON_NONE) continue;
        if (z.part[0].count != rows[i].count0 || z.part[0].each.chips != rows[i].chips0 ||
            z.part[0].each.cpus != rows[i].cpus0 || z.part[1].count != rows[i].count1 ||
            (z.part[1].count > 0 && z.part[1].each.chips != rows[i].chips1))
            fail_msg("row %zu: %u x (%u chips, %u cpus) + %u x %u", i, z.part[0].count,
                     z.part[0].each.chips, z.part[0].each.cpus, z.part[1].count,
                     z.part[1].each.chips);
    }
    struct pool none = pool_of(4, 0, 32, 0);
    struct job_spec s = {.chips = 1};
    struct size z;
    int64_t have, need;
    assert_int_equal(size_in_pool(&s, &none, &z, &have, &need), REASON_CHIP_KIND);
}

struct thing {
    struct order_node node;
    struct hash_node by_id;
    bool in;
};

static void ordered_sets_keep_their_order(void **state)
{
    (void)state;
    enum { THINGS = 500 };
    static struct thing things[THINGS];
    struct rng r = {9};
    struct order o = {0};
    struct hash h = {0};
    for (int round = 0; round < 20000; round++) {
        uint32_t i = rng_below(&r, THINGS);
        if (things[i].in) {
            order_remove(&o, &things[i].node);
            hash_remove(&h, &things[i].by_id);
        } else {
            order_insert(&o, &things[i].node, (int64_t)rng_below(&r, 7) - 3, i + 1);
            hash_insert(&h, &things[i].by_id, i % 50);
        }
        things[i].in = !things[i].in;
        if (round % 500 != 0) continue;
        uint32_t count = 0;
        const struct order_node *last = NULL;
        for (struct order_node *n = order_first(&o); n != NULL;
             n = order_after(&o, n->major, n->id), count++) {
            assert_true(last == NULL || last->major < n->major ||
                        (last->major == n->major && last->id < n->id));
            last = n;
        }
        assert_int_equal(count, o.count);
        uint32_t found = 0;
        for (uint64_t v = 0; v < 50; v++)
            for (struct hash_node *n = hash_find(&h, v); n != NULL; n = hash_next(n)) found++;
        assert_int_equal(found, o.count);
    }
    hash_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_index_chooses_what_the_definition_says),
        cmocka_unit_test(sizes_follow_from_the_words_of_sbatch),
        cmocka_unit_test(ordered_sets_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
