/* The files of the packing experiment, whole runs of small ones, and the published results where
 * the published traces are at hand (BERTH_BENCH names their folder). */
#include "sim/openb/openb_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NODES "sn,cpu_milli,memory_mib,gpu,model\n"
#define PODS "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
static const char good_nodes[] = NODES "a,8000,1000,2,X\nb,8000,1000,1,Y\n";
static const char good_pods[] = PODS "half,1000,10,1,500,\nwhole,1000,10,1,1000,Y\n"
                                     "pair,2000,10,2,1000,\nnone,4000,10,0,0,\n";
static const char good_order[] = "N,a,1\nN,b,0\nP,half\n";

static enum err parse(const char *nodes, const char *pods, const char *order, struct arena *arena,
                      struct openb_trace *out, struct errtext *error)
{
    const char *texts[] = {nodes, pods, order};
    struct openb_input in[] = {{NULL, "nodes"}, {NULL, "pods"}, {NULL, "order"}};
    for (int i = 0; i < 3; i++) {
        in[i].file = fmemopen((void *)(uintptr_t)texts[i], strlen(texts[i]), "r");
        assert_non_null(in[i].file);
    }
    enum err e = openb_trace_parse(&in[0], &in[1], &in[2], arena, out, error);
    for (int i = 0; i < 3; i++) fclose(in[i].file);
    return e;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void files_are_read_into_nodes_by_rank_and_arrivals(void **state)
{
    (void)state;
    struct arena arena;
    struct openb_trace t;
    struct errtext error = {""};
    arena_init(&arena);
    enum err e = parse(good_nodes, good_pods, "P,whole\r\nN,a,1\nN,b,0\nP,half-tuned-12\n\nP,half",
                       &arena, &t, &error);
    assert_string_equal(error.s, "");
    assert_int_equal(e, ERR_NONE);
    assert_int_equal(t.node_count, 2);
    assert_true(str_eqz(t.nodes[0].name, "b"));
    assert_int_equal(t.capacity_milli, 3000);
    assert_int_equal(t.class_count, 4);
    assert_int_equal(t.arrival_count, 3);
    assert_int_equal(t.classes[t.arrivals[0].class_index].models, 2);
    assert_true(t.classes[t.arrivals[1].class_index].models == UINT64_MAX);
    assert_true(str_eqz(t.arrivals[1].name, "half-tuned-12"));
    assert_int_equal(t.arrivals[1].class_index, t.arrivals[2].class_index);
    arena_release(&arena);
}

static void a_mistake_is_told_with_its_file_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *nodes, *pods, *order, *message;
    } rows[] = {
        {"sn,cpu_milli\n", good_pods, good_order, "nodes:1: column memory_mib is missing"},
        {NODES, good_pods, good_order, "nodes: no nodes"},
        {NODES "a,-1,0,0,\n", good_pods, good_order,
         "nodes:2: column cpu_milli: '-1' is not a number from 0 to 100000000"},
        {NODES "a,1,0,17,X\n", good_pods, good_order,
         "nodes:2: column gpu: '17' is not a number from 0 to 16"},
        {NODES "a,1,0,0,\na,1,0,0,\n", good_pods, good_order, "nodes: node 'a' is stated twice"},
        {NODES ",1,0,0,\n", good_pods, good_order,
         "nodes:2: column sn: a name of 1 to 256 bytes is needed"},
        {good_nodes, PODS, good_order, "pods: no pods"},
        {good_nodes, PODS "p,1,1,2,500,\n", good_order,
         "pods:2: num_gpu 2 with gpu_milli 500: no device has no share, one has 1 to 1000, "
         "several have 1000 each"},
        {good_nodes, PODS "p,1,1,0,0,\n\np,1,1,0\n", good_order,
         "pods:4: 4 fields, but the header has 6"},
        {good_nodes, PODS "p,1,1,0,0,\np,2,1,0,0,\n", good_order, "pods: pod 'p' is stated twice"},
        {good_nodes, good_pods, "N,a,1\nP,who\n", "order:2: the pod list has no pod 'who'"},
        {good_nodes, good_pods, "N,c,1\n", "order:1: the node list has no node 'c'"},
        {good_nodes, good_pods, "N,a\n", "order:1: a node is written N,<node>,<rank>"},
        {good_nodes, good_pods, "N,a,20000\n", "order:1: '20000' is not a rank from 0 to 19999"},
        {good_nodes, good_pods, "N,a,0\nN,a,1\n", "order:2: node 'a' has a rank already"},
        {good_nodes, good_pods, "N,a,0\nN,b,0\nP,half\n", "order: two nodes have rank 0"},
        {good_nodes, good_pods, "N,a,0\nP,half\n", "order: node 'b' has no line N"},
        {good_nodes, good_pods, "N,a,0\nN,b,1\n", "order: no line P: nothing arrives"},
        {good_nodes, good_pods, "what\n", "order:1: a line begins with N, or P,"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena;
        struct openb_trace t = {0};
        struct errtext error = {""};
        arena_init(&arena);
        enum err e = parse(rows[i].nodes, rows[i].pods, rows[i].order, &arena, &t, &error);
        assert_int_not_equal(e, ERR_NONE);
        assert_string_equal(error.s, rows[i].message);
        assert_null(t.nodes);
        arena_release(&arena);
    }
}

static void a_line_without_end_is_refused(void **state)
{
    (void)state;
    struct arena arena;
    struct openb_trace t;
    struct errtext error;
    struct buf order = {0};
    arena_init(&arena);
    buf_puts(&order, "N,a,0\nP,");
    for (int i = 0; i < OPENB_LINE_MAX; i++) buf_putc(&order, 'x');
    buf_putc(&order, '\n');
    assert_int_equal(parse(good_nodes, good_pods, order.p, &arena, &t, &error), ERR_INVALID);
    assert_string_equal(error.s, "order:2: a line of more than 512 bytes, or with NUL");
    buf_release(&order);
    arena_release(&arena);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct arena arena;
    struct openb_trace t;
    struct errtext error;
    arena_init(&arena);
    assert_int_equal(openb_trace_read("/nonexistent", "/", "/", &arena, &t, &error), ERR_IO);
    assert_string_equal(error.s, "/nonexistent: cannot be opened: No such file or directory");
    arena_release(&arena);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void run_logged(const struct openb_trace *t, int policy, struct openb_result *out,
                       struct buf *log)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    assert_non_null(f);
    openb_run(t, policy, f, out);
    fclose(f);
    buf_put(log, text, len);
    free(text);
}

static void run_text(int policy, const char *order, struct openb_result *out, struct buf *log)
{
    struct arena arena;
    struct openb_trace t;
    struct errtext error = {""};
    arena_init(&arena);
    assert_int_equal(parse(good_nodes, good_pods, order, &arena, &t, &error), ERR_NONE);
    run_logged(&t, policy, out, log);
    arena_release(&arena);
}

static void every_arrival_is_placed_once_or_fails_once(void **state)
{
    (void)state;
    struct openb_result r;
    struct buf log = {0};
    /* b ranks first. It has the only Y, which the first half takes: the tie of packing by rank. */
    run_text(OPENB_GPUPACKING,
             "N,a,1\nN,b,0\nP,none\nP,half\nP,whole\nP,half-tuned-0\nP,pair\nP,pair-tuned-1\n"
             "P,none-tuned-2\nP,none-tuned-3\n",
             &r, &log);
    assert_string_equal(log.p, "pod,node,gpu_index,gpu_milli\n"
                               "none,b,,0\n"
                               "half,b,0,500\n"
                               "whole,,,1000\n"
                               "half-tuned-0,b,0,500\n"
                               "pair,a,0-1,1000\n"
                               "pair-tuned-1,,,1000\n"
                               "none-tuned-2,a,,0\n"
                               "none-tuned-3,,,0\n");
    assert_int_equal(r.arrived_pods, 8);
    assert_int_equal(r.failed_pods, 3);
    assert_int_equal(r.arrived_milli, 6000);
    assert_int_equal(r.used_milli, 3000);
    assert_int_equal(r.cpu_total_milli, 16000);
    assert_int_equal(r.cpu_used_milli, 12000);
    assert_true(r.frag_milli == 0);
    buf_release(&log);
}

/* A cluster kept by other means than the run's, to hold its log against. */
enum { SMALL_NODES = 6, SMALL_ARRIVALS = 200, SMALL_TASKS = 6 };
struct small_node {
    int cpu, gpus, milli[4];
    char model;
};
static const struct {
    int cpu, gpus, milli;
    const char *spec;
} small_tasks[SMALL_TASKS] = {{3000, 1, 1000, ""}, {900, 1, 810, ""}, {2000, 1, 470, ""},
                              {1000, 1, 160, "A"}, {4000, 0, 0, ""},  {7000, 4, 1000, "B|A"}};

static void small_init(struct small_node n[SMALL_NODES])
{
    for (int i = 0; i < SMALL_NODES; i++) {
        n[i] = (struct small_node){.cpu = 10000 + 3000 * i, .gpus = i % 2 == 0 ? 4 : 2};
        n[i].model = i % 3 == 0 ? 'A' : 'B';
        for (int k = 0; k < n[i].gpus; k++) n[i].milli[k] = 1000;
    }
}

static bool small_fits(const struct small_node *n, int task)
{
    int enough = 0;
    const char *spec = small_tasks[task].spec;
    if (n->cpu < small_tasks[task].cpu) return false;
    if (spec[0] != '\0' && strchr(spec, n->model) == NULL) return false;
    for (int k = 0; k < n->gpus; k++) enough += n->milli[k] >= small_tasks[task].milli;
    return enough >= small_tasks[task].gpus;
}

/* "t<task>-tuned-<i>,n<node>,<device>-<device>,<milli>": the placement must be possible; without a
 * node nothing may have been. */
static void check_row(struct small_node n[SMALL_NODES], const char *row)
{
    int task = row[1] - '0', devices = 0;
    const char *p = strchr(row, ',') + 1;
    assert_true(row[0] == 't' && task >= 0 && task < SMALL_TASKS);
    if (*p == ',') {
        for (int i = 0; i < SMALL_NODES; i++)
            if (small_fits(&n[i], task)) fail_msg("node %d can take: %.40s", i, row);
        return;
    }
    struct small_node *to = &n[p[1] - '0'];
    assert_true(small_fits(to, task));
    to->cpu -= small_tasks[task].cpu;
    for (p += 3; *p != ','; p++) {
        if (*p == '-') continue;
        int *left = &to->milli[*p - '0'];
        assert_true(*p - '0' < to->gpus && *left >= small_tasks[task].milli);
        *left -= small_tasks[task].milli;
        devices++;
    }
    assert_int_equal(devices, small_tasks[task].gpus);
}

static void small_files(struct buf *nodes, struct buf *pods, struct buf *order)
{
    struct small_node n[SMALL_NODES];
    uint32_t chance = 1;
    small_init(n);
    buf_puts(nodes, NODES);
    buf_puts(pods, PODS);
    for (int i = 0; i < SMALL_NODES; i++) {
        buf_printf(nodes, "n%d,%d,1000,%d,%c\n", i, n[i].cpu, n[i].gpus, n[i].model);
        buf_printf(order, "N,n%d,%d\n", i, i * 5 % SMALL_NODES);
    }
    for (int i = 0; i < SMALL_TASKS; i++)
        buf_printf(pods, "t%d,%d,1,%d,%d,%s\n", i, small_tasks[i].cpu, small_tasks[i].gpus,
                   small_tasks[i].milli, small_tasks[i].spec);
    for (int i = 0; i < SMALL_ARRIVALS; i++) {
        chance = chance * 1664525 + 1013904223;
        buf_printf(order, "P,t%u-tuned-%d\n", (chance >> 16) % SMALL_TASKS, i);
    }
}

static void no_policy_refuses_what_fits_or_gives_what_is_gone(void **state)
{
    (void)state;
    struct buf nodes = {0}, pods = {0}, order = {0};
    struct arena arena;
    struct openb_trace t;
    struct errtext error = {""};
    arena_init(&arena);
    small_files(&nodes, &pods, &order);
    assert_int_equal(parse(nodes.p, pods.p, order.p, &arena, &t, &error), ERR_NONE);
    for (int policy = 0; policy < OPENB_POLICIES; policy++) {
        struct small_node n[SMALL_NODES];
        struct openb_result r;
        int rows = 0;
        struct buf log = {0};
        run_logged(&t, policy, &r, &log);
        small_init(n);
        for (const char *row = strchr(log.p, '\n') + 1; *row != '\0';
             row = strchr(row, '\n') + 1, rows++)
            check_row(n, row);
        assert_int_equal(rows, SMALL_ARRIVALS);
        assert_true(r.failed_pods > 0);
        buf_release(&log);
    }
    buf_release(&nodes);
    buf_release(&pods);
    buf_release(&order);
    arena_release(&arena);
}

static void the_curve_is_the_mean_over_the_arrivals_of_a_point(void **state)
{
    (void)state;
    struct openb_result r;
    struct buf log = {0};
    /* 3000 milli: after pair and whole 100 % have come and been placed; none-s come at 100 % too.
     */
    run_text(OPENB_FGD, "N,a,0\nN,b,1\nP,pair\nP,whole\nP,none\nP,half\n", &r, &log);
    assert_true(r.alloc_at[0] < 0);
    assert_true(fabs(r.alloc_at[2] - 100) < 1e-9);
    buf_release(&log);
}

/* ---- the published results ------------------------------------------------------------------- */

static bool read_published(struct arena *arena, int seed, struct openb_trace *t)
{
    const char *folder = getenv("BERTH_BENCH");
    struct errtext error = {""};
    if (folder == NULL || folder[0] == '\0') return false;
    const char *nodes = arena_printf(arena, "%s/openb_node_list_gpu_node.csv", folder);
    const char *pods = arena_printf(arena, "%s/openb_pod_list_default.csv", folder);
    const char *order =
        arena_printf(arena, "%s/orders/openb_pod_list_default.s%d.csv", folder, seed);
    if (openb_trace_read(nodes, pods, order, arena, t, &error) != ERR_NONE) fail_msg("%s", error.s);
    return true;
}

/* Seed 42 of the default trace, as the published simulator ended it. */
static void the_published_end_states_are_met_to_the_digit(void **state)
{
    (void)state;
    static const struct {
        int policy;
        uint32_t failed;
        int64_t used;
        double frag, loss[OPENB_LOSSES];
    } rows[] = {
        {OPENB_DOTPROD,
         2874,
         5624470,
         584628.04,
         {199871.36, 37792.11, 2901.96, 267073.80, 4290.19, 75600.58, 0}},
        {OPENB_GPUCLUSTERING,
         2797,
         5686120,
         519629.26,
         {138726.23, 71294.50, 6250.74, 238100.77, 7756.03, 63751.73, 0}},
        {OPENB_GPUPACKING,
         2794,
         5688580,
         518404.81,
         {155464.88, 69503.52, 5015.19, 222263.15, 7612.81, 63560.45, 0}},
        {OPENB_BESTFIT,
         2676,
         5785450,
         422360.83,
         {214462.25, 42295.11, 4189.17, 107602.34, 4604.65, 53396.48, 0}},
        {OPENB_FGD,
         2532,
         5919410,
         291361.65,
         {138432.67, 85864.49, 1228.35, 27278.88, 6055.27, 33730.34, 0}},
    };
    struct arena arena;
    struct openb_trace t;
    arena_init(&arena);
    bool there = read_published(&arena, 42, &t);
    for (size_t i = 0; there && i < sizeof rows / sizeof *rows; i++) {
        struct openb_result r;
        openb_run(&t, rows[i].policy, NULL, &r);
        assert_int_equal(r.arrived_milli, 8075080);
        assert_int_equal(r.failed_pods, rows[i].failed);
        assert_int_equal(r.used_milli, rows[i].used);
        assert_true(fabs(r.frag_milli - rows[i].frag) < 0.006);
        for (int k = 0; k < OPENB_LOSSES; k++)
            assert_true(fabs(r.loss_milli[k] - rows[i].loss[k]) < 0.006);
    }
    arena_release(&arena);
    if (!there) skip();
}

static void berth_fills_more_than_the_goal_on_the_default_trace(void **state)
{
    (void)state;
    enum { FIRST_SEED = 42, SEEDS = 10 };
    double sum = 0;
    for (int i = 0; i < SEEDS; i++) {
        struct arena arena;
        struct openb_trace t;
        struct openb_result r;
        arena_init(&arena);
        bool there = read_published(&arena, FIRST_SEED + i, &t);
        if (there) openb_run(&t, OPENB_BERTH, NULL, &r);
        arena_release(&arena);
        if (!there) skip();
        sum += 100 * (double)r.used_milli / (double)r.capacity_milli;
    }
    assert_true(sum / SEEDS >= 96.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_into_nodes_by_rank_and_arrivals),
        cmocka_unit_test(a_mistake_is_told_with_its_file_and_line),
        cmocka_unit_test(a_line_without_end_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(every_arrival_is_placed_once_or_fails_once),
        cmocka_unit_test(no_policy_refuses_what_fits_or_gives_what_is_gone),
        cmocka_unit_test(the_curve_is_the_mean_over_the_arrivals_of_a_point),
        cmocka_unit_test(the_published_end_states_are_met_to_the_digit),
        cmocka_unit_test(berth_fills_more_than_the_goal_on_the_default_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
