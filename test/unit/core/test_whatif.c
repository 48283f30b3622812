#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/whatif.h"
#include "world.h"

static bool is_alike(const struct pool_nodes *a, const struct pool_nodes *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        const struct node *x = &a->node[i], *y = &b->node[i];
        if (x->chip_mask != y->chip_mask || x->cpus != y->cpus || x->mem_mb != y->mem_mb)
            return false;
    }
    return a->chips_free == b->chips_free && a->use.chips_used == b->use.chips_used &&
           a->use.nodes_idle == b->use.nodes_idle && a->use.nodes_mixed == b->use.nodes_mixed;
}

static void nothing_is_left_of_what_was_only_imagined(void **state)
{
    (void)state;
    struct pool p = {
        .node_count = 30, .chips_per_node = 8, .cpus_per_node = 64, .mem_mb_per_node = 4000};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct rng r = {seed};
        struct pool_nodes real, mirror;
        struct claim_part held[200];
        struct whatif w;
        nodes_init(&real, &p);
        nodes_init(&mirror, &p);
        size_t count = 0;
        for (; count < 20 + rng_below(&r, 100); count++) {
            struct size z = {.part[0] = {.each = {.chips = 1 + rng_below(&r, 8),
                                                  .cpus = 1 + rng_below(&r, 8),
                                                  .mem_mb = 10},
                                         .count = 1},
                             .nodes = 1};
            uint32_t waste;
            if (!nodes_choose(&real, &z, &held[count], &waste)) break;
            nodes_take(&real, &held[count]);
            nodes_take(&mirror, &held[count]);
        }
        struct size big = {.part[0] = {.each = {.chips = 8, .cpus = 8, .mem_mb = 100}, .count = 2},
                           .nodes = 2};
        whatif_begin(&w, &real);
        size_t half = 0;
        for (size_t i = 0; i < count; i += 2) {
            if (i < count / 2) half = i / 2 + 1;
            whatif_give(&w, &held[i]);
            nodes_give(&mirror, &held[i]);
        }
        assert_true(is_alike(&real, &mirror));
        assert_int_equal(nodes_fit(&real, &big), nodes_fit(&mirror, &big));
        whatif_back(&w, half);
        for (size_t i = 2 * half; i < count; i += 2) nodes_take(&mirror, &held[i]);
        assert_true(is_alike(&real, &mirror));
        assert_int_equal(nodes_fit(&real, &big), nodes_fit(&mirror, &big));
        for (size_t i = 0; i < 2 * half; i += 2) nodes_take(&mirror, &held[i]);
        whatif_end(&w);
        assert_true(is_alike(&real, &mirror));
        nodes_release(&real);
        nodes_release(&mirror);
    }
}

static void room_appears_where_a_claim_is_imagined_gone(void **state)
{
    (void)state;
    struct pool p = {.node_count = 2, .chips_per_node = 8};
    struct pool_nodes n;
    nodes_init(&n, &p);
    struct claim_part parts[2] = {{.node = 0, .chip_mask = 1}, {.node = 1, .chip_mask = 0x80}};
    struct claim claim = {.parts = parts, .part_count = 2, .chips = 2};
    nodes_take(&n, &parts[0]);
    nodes_take(&n, &parts[1]);
    struct size whole = {.part[0] = {.each = {.chips = 8}, .count = 2}, .nodes = 2, .chips = 16};
    struct whatif w;
    assert_false(nodes_fit(&n, &whole));
    whatif_begin(&w, &n);
    whatif_give_claim(&w, &claim);
    assert_true(nodes_fit(&n, &whole));
    whatif_end(&w);
    assert_false(nodes_fit(&n, &whole));
    nodes_release(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_of_what_was_only_imagined),
        cmocka_unit_test(room_appears_where_a_claim_is_imagined_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
