/* tally.h against nodes_fit on a pool that the claims have really left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/tally.h"
#include "unit/wires.h"
#include "world.h"

enum { CLAIMS = 60, NODES = 24 };

struct lot {
    struct pool_nodes pool; /* with all claims there */
    struct pool_nodes mirror; /* without those that are gone */
    struct claim claim[CLAIMS];
    struct claim_part parts[CLAIMS][3];
    bool gone[CLAIMS];
    uint32_t count;
};

/* By turns whole chips, shared ones, and none. */
static struct pool draw_pool(struct rng *r)
{
    uint32_t kind = rng_below(r, 3);
    return (struct pool){.node_count = NODES,
                         .chips_per_node = kind == 2 ? 0 : 4,
                         .shards_per_chip = kind == 1 ? 10 : 0,
                         .cpus_per_node = kind == 2 || rng_below(r, 2) == 0 ? 16 : 0,
                         .mem_mb_per_node = rng_below(r, 2) == 0 ? 100 : 0};
}

static struct size draw_size(struct rng *r, const struct pool *p, bool beside_kept)
{
    struct size z = {.nodes = 1 + rng_below(r, 3)};
    struct need *each = &z.part[0].each;
    each->chips = p->chips_per_node > 0 ? 1 + rng_below(r, p->chips_per_node) : 0;
    each->cpus = p->cpus_per_node > 0 ? 1 + rng_below(r, 8) : 0;
    each->mem_mb = p->mem_mb_per_node > 0 ? rng_below(r, 60) : 0;
    if (p->shards_per_chip > 0 && rng_below(r, 2) == 0) {
        each->chips = 1;
        each->milli = 100 + 100 * rng_below(r, 8);
        z.nodes = 1;
    }
    each->beside_kept = beside_kept;
    z.part[0].count = z.nodes;
    if (z.nodes > 1 && rng_below(r, 2) == 0) {
        z.part[0].count--;
        z.part[1].count = 1;
        z.part[1].each = *each;
        if (each->chips > 1) z.part[1].each.chips--;
    }
    return z;
}

static void fill(struct lot *l, struct rng *r, const struct pool *p)
{
    nodes_init(&l->pool, p);
    nodes_init(&l->mirror, p);
    for (l->count = 0; l->count < CLAIMS; l->count++) {
        struct size z = draw_size(r, p, false);
        struct claim *k = &l->claim[l->count];
        struct claim_part *parts = l->parts[l->count];
        uint32_t waste;
        if (!nodes_choose(&l->pool, &z, parts, &waste)) break;
        *k = (struct claim){.parts = parts, .part_count = z.nodes};
        for (uint32_t i = 0; i < z.nodes; i++) {
            nodes_take(&l->pool, &parts[i]);
            nodes_take(&l->mirror, &parts[i]);
        }
        l->gone[l->count] = false;
    }
    for (uint32_t i = 0; i < NODES; i++) {
        bool keep = rng_below(r, 4) == 0, drained = rng_below(r, 6) == 0;
        nodes_keep(&l->pool, i, keep);
        nodes_keep(&l->mirror, i, keep);
        nodes_set_state(&l->pool, i, drained ? NODE_DRAIN : NODE_UP);
        nodes_set_state(&l->mirror, i, drained ? NODE_DRAIN : NODE_UP);
    }
}

static void turn(struct lot *l, struct tally *t, uint32_t i)
{
    const struct claim *k = &l->claim[i];
    l->gone[i] = !l->gone[i];
    if (l->gone[i])
        tally_give(t, k);
    else
        tally_take(t, k);
    for (uint32_t n = 0; n < k->part_count; n++) {
        if (l->gone[i])
            nodes_give(&l->mirror, &k->parts[n]);
        else
            nodes_take(&l->mirror, &k->parts[n]);
    }
}

static void the_answer_is_that_of_the_pool_without_the_claims(void **state)
{
    (void)state;
    uint32_t yes = 0, no = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct rng r = {seed};
        struct lot l;
        struct tally t;
        struct pool p = draw_pool(&r);
        struct arena arena = {0};
        struct wires w;
        bool is_wired = rng_below(&r, 2) == 0;
        if (is_wired) wires_draw(rng_next(&r), &arena, &p, &w);
        fill(&l, &r, &p);
        struct size z = draw_size(&r, &p, rng_below(&r, 2) == 0);
        uint32_t form = z.nodes > 1 && p.chips_per_node > 0 ? rng_below(&r, 3) : 0;
        z.contiguous = form == 1;
        z.switches_max = form == 2 && is_wired ? 1 + rng_below(&r, 2) : 0;
        tally_begin(&t, &l.pool, &z);
        for (uint32_t i = 0; l.count > 0 && i < 4 * l.count; i++) {
            assert_int_equal(tally_fits(&t), nodes_fit(&l.mirror, &z));
            yes += tally_fits(&t);
            no += !tally_fits(&t);
            turn(&l, &t, rng_below(&r, l.count));
        }
        for (uint32_t i = 0; i < l.count; i++)
            if (l.gone[i]) turn(&l, &t, i);
        assert_int_equal(tally_fits(&t), nodes_fit(&l.pool, &z));
        tally_end(&t);
        nodes_release(&l.pool);
        nodes_release(&l.mirror);
        arena_release(&arena);
    }
    assert_true(yes > 1000);
    assert_true(no > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_is_that_of_the_pool_without_the_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
