/* Each packing rule on examples small enough to compute by hand. */
#include "sim/openb/openb_berth.h"
#include "sim/openb/openb_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

/* The expected workload: three whole-device tasks for each that takes half of one, all with 4
 * cores. One model of device; nobody asks for a model. */
static struct openb_class classes[] = {
    {.cpu_milli = 4000, .gpu_count = 1, .gpu_milli = 1000, .models = UINT64_MAX, .pods = 3},
    {.cpu_milli = 4000, .gpu_count = 1, .gpu_milli = 500, .models = UINT64_MAX, .pods = 1},
};
static struct openb_node nodes[] = {{.cpu_milli = 64000, .gpu_count = 2, .model_bit = 1}};
static const struct openb_trace trace = {
    .nodes = nodes, .classes = classes, .node_count = 1, .class_count = 2, .pod_count = 4};

static struct openb_left node_with(int32_t cpu_milli, int32_t a, int32_t b)
{
    return (struct openb_left){.cpu_milli = cpu_milli,
                               .memory_mib = 1000,
                               .gpu_count = 2,
                               .gpu_milli = {a, b},
                               .gpu_sum = a + b,
                               .model_bit = 1};
}

static struct openb_class task(int32_t cpu_milli, int32_t gpu_count, int32_t gpu_milli)
{
    return (struct openb_class){.cpu_milli = cpu_milli,
                                .gpu_count = gpu_count,
                                .gpu_milli = gpu_milli,
                                .models = UINT64_MAX};
}

static struct openb_score score(int policy, struct openb_left n, struct openb_class c)
{
    struct arena arena;
    struct openb_scorer s;
    arena_init(&arena);
    openb_scorer_init(&s, policy, &trace, &arena);
    openb_note_change(&s, &n);
    struct openb_score out = openb_score(&s, &n, &c);
    arena_release(&arena);
    return out;
}

#define SCORE(policy, n, c) score(policy, n, c).score

static void a_task_fits_by_cpu_memory_model_and_devices(void **state)
{
    (void)state;
    struct openb_left n = node_with(8000, 1000, 400);
    struct openb_class c = task(8000, 1, 1000);
    assert_true(openb_fits(&n, &c));
    c.gpu_count = 2;
    assert_false(openb_fits(&n, &c));
    c = task(8001, 0, 0);
    assert_false(openb_fits(&n, &c));
    c = task(0, 0, 0);
    c.memory_mib = 1001;
    assert_false(openb_fits(&n, &c));
    c = task(0, 1, 100);
    c.models = 2;
    assert_false(openb_fits(&n, &c));
    c = task(0, 0, 0);
    n.pods = OPENB_PODS_ON_NODE_MAX;
    assert_false(openb_fits(&n, &c));
}

static void taking_uses_the_lowest_idle_devices_or_the_one_chosen(void **state)
{
    (void)state;
    struct openb_left n = node_with(8000, 300, 1000);
    struct openb_class whole = task(2000, 1, 1000), part = task(1000, 1, 300);
    assert_int_equal(openb_tightest(&n, 300), 0);
    assert_int_equal(openb_tightest(&n, 301), 1);
    openb_take(&n, &part, 0);
    openb_take(&n, &whole, 0);
    assert_int_equal(n.gpu_milli[0], 0);
    assert_int_equal(n.gpu_milli[1], 0);
    assert_int_equal(n.gpu_sum, 0);
    assert_int_equal(n.cpu_milli, 5000);
    assert_int_equal(n.pods, 2);
}

static void idle_milli_are_lost_for_the_reason_that_the_paper_names(void **state)
{
    (void)state;
    static const struct {
        int32_t cpu, a, b;
        double loss[OPENB_LOSSES];
    } rows[] = {
        {64000, 1000, 1000, {0, 0, 2000, 0, 0, 0, 0}},
        {64000, 500, 1000, {0, 375, 1125, 0, 0, 0, 0}}, /* 500 lost to three in four */
        {64000, 500, 0, {0, 375, 125, 0, 0, 0, 0}},
        {2000, 500, 1000, {0, 0, 0, 1500, 0, 0, 0}},
        {2000, 400, 0, {400, 0, 0, 0, 0, 0, 0}},
    };
    struct arena arena;
    struct openb_frag f;
    arena_init(&arena);
    openb_frag_init(&f, &trace, &arena);
    assert_int_equal(f.class_count, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct openb_sorted s;
        double got[OPENB_LOSSES];
        int32_t devices[] = {rows[i].a, rows[i].b};
        openb_sort_devices(devices, 2, &s);
        openb_frag_losses(&f, &s, rows[i].cpu, 1, got);
        for (int k = 0; k < OPENB_LOSSES; k++)
            if (fabs(got[k] - rows[i].loss[k]) > 1e-9)
                fail_msg("row %zu, %s: %f", i, openb_loss_names[k], got[k]);
    }
    arena_release(&arena);
}

static void fgd_prefers_what_leaves_less_that_cannot_be_used(void **state)
{
    (void)state;
    /* F rises by 375: 100 / (1 + e^0.375) = 40.7 */
    assert_int_equal(SCORE(OPENB_FGD, node_with(64000, 1000, 1000), task(4000, 1, 500)), 40);
    /* F falls by 375 on the half-used device: 59.3 */
    struct openb_score s = score(OPENB_FGD, node_with(64000, 1000, 500), task(4000, 1, 500));
    assert_int_equal(s.score, 59);
    assert_int_equal(s.device, 1);
    /* F stays */
    assert_int_equal(SCORE(OPENB_FGD, node_with(64000, 500, 1000), task(4000, 1, 1000)), 50);
    /* The CPU that is left is too little for anything: F rises by 2000, 100 / (1 + e^2) = 11.9 */
    assert_int_equal(SCORE(OPENB_FGD, node_with(64000, 1000, 1000), task(62000, 0, 0)), 11);
}

static void bestfit_prefers_little_left(void **state)
{
    (void)state;
    /* s = 48/128/2 + 1/8/2 = 0.25 */
    assert_int_equal(SCORE(OPENB_BESTFIT, node_with(64000, 1000, 1000), task(16000, 1, 1000)), 75);
    assert_int_equal(SCORE(OPENB_BESTFIT, node_with(16000, 1000, 0), task(16000, 1, 1000)), 100);
}

static void dotprod_avoids_what_points_the_same_way(void **state)
{
    (void)state;
    /* 1 - (0.5 * 0.125 + 0.25 * 0.125) / 2 = 0.953 */
    assert_int_equal(SCORE(OPENB_DOTPROD, node_with(64000, 1000, 1000), task(16000, 1, 1000)), 95);
}

static void gpupacking_prefers_used_devices_then_used_nodes(void **state)
{
    (void)state;
    assert_int_equal(SCORE(OPENB_GPUPACKING, node_with(1, 1000, 1000), task(0, 1, 500)), 31);
    assert_int_equal(SCORE(OPENB_GPUPACKING, node_with(1, 1000, 600), task(0, 1, 1000)), 49);
    assert_int_equal(SCORE(OPENB_GPUPACKING, node_with(1, 1000, 600), task(0, 1, 700)), 49);
    struct openb_score s = score(OPENB_GPUPACKING, node_with(1, 1000, 600), task(0, 1, 500));
    assert_int_equal(s.score, 94);
    assert_int_equal(s.device, 1);
    assert_int_equal(SCORE(OPENB_GPUPACKING, node_with(1, 1000, 600), task(0, 0, 0)), 0);
}

static void gpuclustering_keeps_kinds_together(void **state)
{
    (void)state;
    struct openb_class share = task(0, 1, 400), whole = task(0, 1, 1000);
    struct openb_left n = node_with(1, 1000, 1000);
    assert_int_equal(SCORE(OPENB_GPUCLUSTERING, n, share), 18 + 25);
    openb_take(&n, &share, 0);
    assert_int_equal(SCORE(OPENB_GPUCLUSTERING, n, share), 20 + 75);
    assert_int_equal(SCORE(OPENB_GPUCLUSTERING, n, whole), 20);
    openb_take(&n, &whole, 0);
    assert_int_equal(SCORE(OPENB_GPUCLUSTERING, n, share), 23 + 50);
    assert_int_equal(SCORE(OPENB_GPUCLUSTERING, n, task(0, 0, 0)), 0);
}

static void berth_keeps_cpu_beside_idle_devices(void **state)
{
    (void)state;
    /* Then 2000 of CPU serve 2000 * 3500 / 16000 = 437 of 1000 idle milli, and no class can run: the
     * burden grows by 1000 + 2 * 563, which is 43 steps of 50. */
    assert_int_equal(SCORE(OPENB_BERTH, node_with(8000, 1000, 0), task(6000, 0, 0)), -43);
    assert_int_equal(SCORE(OPENB_BERTH, node_with(64000, 1000, 0), task(6000, 0, 0)), 0);
}

static void berth_fills_a_device_in_use_before_it_opens_one(void **state)
{
    (void)state;
    struct openb_score s = score(OPENB_BERTH, node_with(64000, 1000, 500), task(4000, 1, 500));
    assert_int_equal(s.device, 1);
    /* Half a device is worth 500 wherever it is; three in four could not use it, */
    assert_int_equal(s.score, (375 - 5 * 500 - 49) / 50);
    /* or cannot use the other half when one is opened. */
    assert_int_equal(SCORE(OPENB_BERTH, node_with(64000, 1000, 0), task(4000, 1, 500)),
                     (-375 - 5 * 500 - 49) / 50);
}

/* Model B is on the second of two nodes, and somebody wants it: half of all milli could not do, so the
 * weight is a quarter of what the class asks for, of 2000. */
static int32_t score_beside(struct openb_class wanting, uint64_t model, struct openb_class c)
{
    struct openb_class expected[] = {classes[0], wanting};
    struct openb_node two[] = {nodes[0], nodes[0]};
    struct openb_trace t = {.nodes = two,
                            .classes = expected,
                            .node_count = 2,
                            .class_count = 2,
                            .pod_count = 4,
                            .capacity_milli = 4000};
    struct openb_left n = node_with(64000, 1000, 1000);
    struct openb_scorer s;
    struct arena arena;
    two[0].memory_mib = two[1].memory_mib = 1000;
    two[1].model_bit = 2;
    expected[1].models = 2;
    expected[1].spec = STR("B");
    expected[1].pods = 1;
    n.model_bit = model;
    arena_init(&arena);
    openb_scorer_init(&s, OPENB_BERTH, &t, &arena);
    int32_t out = openb_score(&s, &n, &c).score;
    arena_release(&arena);
    return out;
}

static void berth_leaves_rare_nodes_to_those_who_need_them(void **state)
{
    (void)state;
    /* On A a quarter of M finds nothing: F falls by 250 as a device is taken. On B W falls by 1000
     * times 1000 / 2000 / 4. */
    assert_int_equal(score_beside(classes[0], 1, task(4000, 1, 1000)), (250 - 5 * 1000 - 49) / 50);
    assert_int_equal(score_beside(classes[0], 2, task(4000, 1, 1000)),
                     (-5 * 1000 - 3 * 125 - 49) / 50);
}

static void berth_counts_a_rare_node_as_lost_to_a_gang_with_the_first_device_taken(void **state)
{
    (void)state;
    struct openb_class gang = task(4000, 2, 1000);
    /* F: the gang is a quarter of M and could use the other 1000. W falls by 2000 times
     * 2000 / 2000 / 4: all that the gang could have. */
    assert_int_equal(score_beside(gang, 2, task(4000, 1, 1000)),
                     (-250 - 5 * 1000 - 3 * 500 - 49) / 50);
    /* So it is with the CPU that the gang needs: */
    gang.cpu_milli = 64000;
    assert_int_equal(score_beside(gang, 2, task(4000, 0, 0)), (-500 - 3 * 500) / 50);
    /* and with memory, which F does not look at. */
    gang.cpu_milli = 4000;
    gang.memory_mib = 1000;
    struct openb_class c = task(0, 0, 0);
    c.memory_mib = 1;
    assert_int_equal(score_beside(gang, 2, c), -3 * 500 / 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_fits_by_cpu_memory_model_and_devices),
        cmocka_unit_test(taking_uses_the_lowest_idle_devices_or_the_one_chosen),
        cmocka_unit_test(idle_milli_are_lost_for_the_reason_that_the_paper_names),
        cmocka_unit_test(fgd_prefers_what_leaves_less_that_cannot_be_used),
        cmocka_unit_test(bestfit_prefers_little_left),
        cmocka_unit_test(dotprod_avoids_what_points_the_same_way),
        cmocka_unit_test(gpupacking_prefers_used_devices_then_used_nodes),
        cmocka_unit_test(gpuclustering_keeps_kinds_together),
        cmocka_unit_test(berth_keeps_cpu_beside_idle_devices),
        cmocka_unit_test(berth_fills_a_device_in_use_before_it_opens_one),
        cmocka_unit_test(berth_leaves_rare_nodes_to_those_who_need_them),
        cmocka_unit_test(berth_counts_a_rare_node_as_lost_to_a_gang_with_the_first_device_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
