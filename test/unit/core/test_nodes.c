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

/* ---- the definition, over all nodes ---------------------------------------------------------- */

struct seen_node {
    struct free_room free;
    uint32_t index;
    int32_t score;
};

static bool satisfies(const struct free_room *f, const struct need *each)
{
    bool has_share = f->chips > 0;
    for (uint32_t i = 0; i < f->partial_count; i++)
        has_share = has_share || f->partial[i] >= each->milli;
    return (each->milli > 0 ? has_share : f->chips >= each->chips) && f->cpus >= each->cpus &&
           f->mem_mb >= each->mem_mb;
}

static int cmp_room(const struct free_room *a, const struct free_room *b)
{
    if (a->chips != b->chips) return a->chips < b->chips ? -1 : 1;
    if (a->partial_count != b->partial_count) return a->partial_count < b->partial_count ? -1 : 1;
    for (uint32_t i = 0; i < a->partial_count; i++)
        if (a->partial[i] != b->partial[i]) return a->partial[i] < b->partial[i] ? -1 : 1;
    if (a->cpus != b->cpus) return a->cpus < b->cpus ? -1 : 1;
    return a->mem_mb < b->mem_mb ? -1 : a->mem_mb > b->mem_mb;
}

static int by_room(const void *a, const void *b)
{
    const struct seen_node *x = a, *y = b;
    int c = cmp_room(&x->free, &y->free);
    return c != 0 ? c : (x->index > y->index) - (x->index < y->index);
}

static int by_score(const void *a, const void *b)
{
    const struct seen_node *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return by_room(a, b);
}

static int32_t score_slowly(const struct pool_nodes *n, const struct free_room *f,
                            const struct need *each)
{
    struct fit_room room = {.model = 1};
    struct fit_task task = {.chips = (int32_t)each->chips, .milli = CHIP_MILLI, .models = 1};
    if (n->seen.count == 0) return 0;
    if (each->milli > 0) task.milli = (int32_t)each->milli;
    for (uint32_t i = 0; i < f->chips; i++) room.milli[room.chips++] = CHIP_MILLI;
    for (uint32_t i = 0; i < f->partial_count; i++) room.milli[room.chips++] = f->partial[i];
    if (n->cpus_per_node > 0) room.cpu = f->cpus, task.cpu = each->cpus;
    if (n->mem_mb_per_node > 0) room.mem = (int64_t)f->mem_mb, task.mem = (int64_t)each->mem_mb;
    return fit_score(&n->expected, &room, &task).score;
}

/* The nodes that satisfy, best first, of the tightest SHAPES_LOOKED_MAX kinds; *all_out: of all. */
static uint32_t rank_slowly(const struct pool_nodes *n, const struct need *each,
                            struct seen_node *out, bool *all_out)
{
    uint32_t count = 0, kept = 0, kinds = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        out[count].index = i;
        node_free(n, i, &out[count].free);
        bool is_near = each->milli > 0 || out[count].free.chips >= each->chips;
        if (n->node[i].state == NODE_UP && is_near) count++;
    }
    qsort(out, count, sizeof *out, by_room);
    *all_out = true;
    for (uint32_t i = 0; i < count; i++) {
        kinds += i == 0 || cmp_room(&out[i - 1].free, &out[i].free) != 0;
        if (kinds > SHAPES_LOOKED_MAX) *all_out = false;
    }
    kinds = 0;
    struct free_room last = {0};
    for (uint32_t i = 0; i < count; i++) {
        kinds += i == 0 || cmp_room(&last, &out[i].free) != 0;
        last = out[i].free;
        if (kinds > SHAPES_LOOKED_MAX || !satisfies(&last, each)) continue;
        out[kept] = out[i];
        out[kept++].score = score_slowly(n, &last, each);
    }
    qsort(out, kept, sizeof *out, by_score);
    return kept;
}

static enum tri choose_by_rule(const struct pool_nodes *n, const struct size *z, uint32_t *out)
{
    static struct seen_node list[800];
    bool taken[800] = {false}, all;
    uint32_t got = 0;
    for (int part = 0; part < 2; part++) {
        uint32_t count = rank_slowly(n, &z->part[part].each, list, &all), wanted = 0;
        for (uint32_t i = 0; i < count && wanted < z->part[part].count; i++) {
            if (taken[list[i].index]) continue;
            taken[list[i].index] = true;
            out[got++] = list[i].index;
            wanted++;
        }
        if (wanted < z->part[part].count) return all ? TRI_NO : TRI_UNKNOWN;
    }
    return TRI_YES;
}

/* All nodes by (key, index), the first that satisfy. */
static bool choose_by_key(const struct pool_nodes *n, const struct size *z, uint32_t *out)
{
    bool taken[800] = {false};
    uint32_t got = 0;
    for (int part = 0; part < 2; part++) {
        for (uint32_t k = 0; k < z->part[part].count; k++) {
            uint32_t best = NO_INDEX, best_key = UINT32_MAX;
            for (uint32_t i = 0; i < n->count; i++) {
                struct free_room f;
                node_free(n, i, &f);
                if (taken[i] || n->node[i].state != NODE_UP || !satisfies(&f, &z->part[part].each))
                    continue;
                uint32_t key = n->chips_per_node > 0 ? (f.chips < 63 ? f.chips : 63)
                                                     : f.cpus * 63 / n->cpus_per_node;
                if (key >= best_key) continue;
                best = i;
                best_key = key;
            }
            if (best == NO_INDEX) return false;
            taken[best] = true;
            out[got++] = best;
        }
    }
    return true;
}

static bool choose_slowly(const struct pool_nodes *n, const struct size *z, uint32_t *out)
{
    enum tri by_rule = n->chips_per_node > 0 ? choose_by_rule(n, z, out) : TRI_UNKNOWN;
    return by_rule == TRI_UNKNOWN ? choose_by_key(n, z, out) : by_rule == TRI_YES;
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
    if (rng_one_in(r, 3)) {
        s.chips = 1;
        s.chip_milli = 1 + rng_below(r, 999);
        return s;
    }
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
        if (p.chips_per_node > 0 && seed % 2 == 0) p.shards_per_chip = seed % 4 == 0 ? 4 : 10;
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
            assert_int_equal(nodes_fit(&n, &z), fits);
            if (fits && rng_one_in(&r, 3)) nodes_note(&n, &z);
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

static void shares_are_rounded_up_to_shards_of_the_pool(void **state)
{
    (void)state;
    struct pool p = pool_of(2, 4, 64, 512000);
    static const struct {
        uint32_t milli, shards, per_chip, exclusive;
        int why;
        uint32_t need_milli, chips;
        uint64_t paid_milli;
    } rows[] = {
        {500, 0, 4, 0, REASON_NONE, 500, 1, 500}, {501, 0, 4, 0, REASON_NONE, 750, 1, 750},
        {1, 0, 10, 0, REASON_NONE, 100, 1, 100},  {800, 0, 4, 0, REASON_NONE, 0, 1, 1000},
        {0, 3, 4, 0, REASON_NONE, 750, 1, 750},   {0, 4, 4, 0, REASON_NONE, 0, 1, 1000},
        {0, 5, 4, 0, REASON_NOT_SHARED, 0, 0, 0}, {500, 0, 0, 0, REASON_NOT_SHARED, 0, 0, 0},
        {500, 0, 4, 1, REASON_NONE, 0, 4, 4000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct job_spec s = {.chips = 1,
                             .chip_milli = rows[i].milli,
                             .shards = rows[i].shards,
                             .exclusive = rows[i].exclusive != 0};
        struct size z;
        int64_t have, need;
        p.shards_per_chip = rows[i].per_chip;
        int why = size_in_pool(&s, &p, &z, &have, &need);
        if (why != rows[i].why) fail_msg("row %zu: %s", i, reason_names[why]);
        if (why != REASON_NONE) continue;
        assert_int_equal(z.part[0].each.milli, rows[i].need_milli);
        assert_int_equal(z.chips, rows[i].chips);
        assert_int_equal(z.milli, rows[i].paid_milli);
    }
}

static void a_chip_is_shared_until_it_is_full(void **state)
{
    (void)state;
    struct pool p = pool_of(1, 2, 64, 0);
    p.shards_per_chip = 4;
    struct pool_nodes n;
    nodes_init(&n, &p);
    struct size half = {.part[0] = {.each = {.chips = 1, .cpus = 1, .milli = 500}, .count = 1},
                        .nodes = 1,
                        .chips = 1,
                        .milli = 500};
    struct claim_part held[4];
    uint32_t waste;
    for (int i = 0; i < 4; i++) {
        assert_true(nodes_choose(&n, &half, &held[i], &waste));
        nodes_take(&n, &held[i]);
    }
    assert_int_equal(held[0].chip_mask, held[1].chip_mask); /* the open chip before the idle one */
    assert_int_equal(held[2].chip_mask, held[3].chip_mask);
    assert_int_equal(n.use.chips_used, 2);
    assert_false(nodes_fit(&n, &half));
    nodes_give(&n, &held[0]);
    assert_int_equal(n.use.chips_used, 2);
    assert_int_equal(n.chips_free, 0);
    assert_true(nodes_fit(&n, &half));
    nodes_give(&n, &held[1]);
    assert_int_equal(n.chips_free, 1);
    struct claim_part whole = {.chip_mask = held[2].chip_mask};
    assert_false(nodes_is_free(&n, &whole));
    nodes_release(&n);
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
        cmocka_unit_test(shares_are_rounded_up_to_shards_of_the_pool),
        cmocka_unit_test(a_chip_is_shared_until_it_is_full),
        cmocka_unit_test(sizes_follow_from_the_words_of_sbatch),
        cmocka_unit_test(ordered_sets_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
