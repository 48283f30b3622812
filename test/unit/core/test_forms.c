#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/forms.h"
#include "unit/wires.h"
#include "world.h"

enum { NODES_MOST = 12 };

/* ---- the definition: every set of nodes ------------------------------------------------------ */

static bool has_form(const struct form_nodes *f, const uint32_t *on, const struct size *z,
                     uint32_t set)
{
    uint32_t switches = 0, gaps = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        if ((set >> i & 1) == 0) continue;
        switches |= UINT32_C(1) << on[i];
        gaps += i == 0 || (set >> (i - 1) & 1) == 0;
    }
    return (!z->contiguous || gaps == 1) &&
           (z->switches_max == 0 || (uint32_t)__builtin_popcount(switches) <= z->switches_max);
}

/* When that set is ready. */
static int64_t set_at(const struct form_nodes *f, const struct size *z, uint32_t set)
{
    int64_t at = 0, times[NODES_MOST];
    uint32_t count = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        if ((set >> i & 1) == 0) continue;
        if (f->small[i] > at) at = f->small[i];
        uint32_t k = count++;
        for (; k > 0 && times[k - 1] > f->large[i]; k--) times[k] = times[k - 1];
        times[k] = f->large[i];
    }
    int64_t large = times[z->part[0].count - 1];
    return large > at ? large : at;
}

static int64_t soonest(const struct form_nodes *f, const uint32_t *on, const struct size *z)
{
    int64_t best = CIVIL_NEVER_MS;
    for (uint32_t set = 1; set < UINT32_C(1) << f->count; set++) {
        if ((uint32_t)__builtin_popcount(set) != z->nodes || !has_form(f, on, z, set)) continue;
        int64_t at = set_at(f, z, set);
        if (at < best) best = at;
    }
    return best;
}

/* On two switches or more a gang of two needs is foreseen as on one, or as if it were even. */
static int64_t foreseen(const struct form_nodes *f, const uint32_t *on, const struct size *z)
{
    if (z->contiguous || z->switches_max < 2 || z->part[1].count == 0) return soonest(f, on, z);
    struct size one = *z, even = *z;
    one.switches_max = 1;
    even.part[0].count = z->nodes;
    even.part[1].count = 0;
    const struct form_nodes large = {f->large, f->large, f->count, f->topology};
    int64_t a = soonest(f, on, &one), b = soonest(&large, on, &even), best = soonest(f, on, z);
    assert_true(best <= a && best <= b);
    return a < b ? a : b;
}

/* ---- against it ------------------------------------------------------------------------------ */

static int64_t random_time(struct rng *r)
{
    if (rng_one_in(r, 8)) return CIVIL_NEVER_MS;
    return rng_one_in(r, 4) ? rng_below(r, 2) : 1 + (int64_t)rng_below(r, 40) * 1000000007;
}

static void check(struct rng *r)
{
    int64_t large[NODES_MOST], small[NODES_MOST];
    struct pool p = {.node_count = 4 + rng_below(r, NODES_MOST - 4)};
    struct wires w;
    struct arena arena = {0};
    wires_draw(rng_next(r), &arena, &p, &w);
    struct form_nodes f = {large, small, p.node_count, p.topology};
    struct size z = {.contiguous = rng_one_in(r, 2)};
    bool is_even = rng_one_in(r, 2);
    z.part[0].count = 1 + rng_below(r, 3);
    z.part[1].count = is_even ? 0 : 1 + rng_below(r, 2);
    z.nodes = z.part[0].count + z.part[1].count;
    if (!z.contiguous || rng_one_in(r, 2)) z.switches_max = 1 + rng_below(r, 3);
    for (uint32_t i = 0; i < f.count; i++) {
        large[i] = random_time(r);
        small[i] = is_even || rng_one_in(r, 2) ? large[i] : random_time(r);
        if (small[i] > large[i]) small[i] = large[i];
    }
    int64_t at = foreseen(&f, w.leaf_of, &z);
    assert_true(form_at(&f, &z, 0) == at);
    assert_true(form_at(&f, &z, random_time(r)) == at);
    uint32_t nodes[NODES_MOST], set = 0;
    if (at != CIVIL_NEVER_MS) form_take(&f, &z, at, nodes);
    arena_release(&arena);
    if (at == CIVIL_NEVER_MS) return;
    for (uint32_t i = 0; i < z.nodes; i++) set |= UINT32_C(1) << nodes[i];
    assert_int_equal(__builtin_popcount(set), z.nodes);
    assert_true(has_form(&f, w.leaf_of, &z, set));
    assert_true(set_at(&f, &z, set) <= at);
}

static void a_gang_is_foreseen_at_the_first_instant_at_which_its_form_is_ready(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct rng r = {seed};
        check(&r);
    }
}

/* ---- a job ----------------------------------------------------------------------------------- */

static uint32_t submit(struct world *w, uint32_t chips, int64_t limit, uint32_t priority)
{
    struct job_spec s = world_spec(chips);
    s.time_limit_ms = limit;
    s.priority = (int32_t)priority;
    return world_submit(w, &s);
}

/* Nodes 0 and 2 come free first; they are not adjacent. The smaller job behind may have neither of
 * those that are kept, unless it is over by then. */
static void adjacent_nodes_are_kept_for_the_head_of_the_queue(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "tokyo", "big", "tokyo", 4, 4);
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    uint32_t a = submit(&w, 4, 60 * MINUTE, 1);
    submit(&w, 4, 120 * MINUTE, 1);
    submit(&w, 4, 90 * MINUTE, 1);
    submit(&w, 4, 300 * MINUTE, 1);
    struct job_spec gang = world_spec(8);
    gang.time_limit_ms = 60 * MINUTE;
    gang.contiguous = true;
    gang.priority = 1;
    uint32_t id = world_submit(&w, &gang);
    assert_int_equal(world_job(&w, id)->state, JOB_PENDING);
    struct pool_reservation r;
    assert_true(core_reservation(w.core, (struct pool_id){0}, &r));
    assert_int_equal(r.job.v, id);
    assert_int_equal(r.node_count, 2);
    assert_int_equal(r.nodes[0] + 1, r.nodes[1]);
    assert_true(r.at_ms > w.now_ms + 119 * MINUTE && r.at_ms < w.now_ms + 125 * MINUTE);
    world_finish(&w, a, 0);
    uint32_t longer = submit(&w, 4, 200 * MINUTE, 0), shorter = submit(&w, 4, 60 * MINUTE, 0);
    assert_int_equal(world_job(&w, longer)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, shorter)->state, JOB_CONFIGURING);
    world_release(&w);
}

/* Three nodes of a gang need 4, 3 and 3 chips, on two switches of the three. Nodes 0 and 1, 2 and 3,
 * 4 and 5 share one. */
static void nodes_are_kept_for_a_gang_of_two_needs_on_two_switches(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "tokyo", "big", "tokyo", 6, 4)->nodes_per_switch = 2;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    static const int64_t minutes[] = {60, 400, 70, 400, 400, 80};
    for (int i = 0; i < 6; i++) submit(&w, 4, minutes[i] * MINUTE, 1);
    struct job_spec gang = world_spec(10);
    gang.nodes = 3;
    gang.switches = 2;
    gang.switches_wait_ms = 1000 * HOUR;
    gang.time_limit_ms = 60 * MINUTE;
    gang.priority = 1;
    uint32_t id = world_submit(&w, &gang);
    assert_int_equal(world_job(&w, id)->state, JOB_PENDING);
    struct pool_reservation r;
    assert_true(core_reservation(w.core, (struct pool_id){0}, &r));
    assert_int_equal(r.job.v, id);
    assert_int_equal(r.node_count, 3);
    assert_true(r.at_ms > w.now_ms + 399 * MINUTE && r.at_ms < w.now_ms + 405 * MINUTE);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gang_is_foreseen_at_the_first_instant_at_which_its_form_is_ready),
        cmocka_unit_test(adjacent_nodes_are_kept_for_the_head_of_the_queue),
        cmocka_unit_test(nodes_are_kept_for_a_gang_of_two_needs_on_two_switches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
