#include "cli/cmd_sim.h"

#include "cli/cmd_sim_gavel.h"
#include "cli/cmd_sim_run.h"
#include "cli/say.h"
#include "read/suggest.h"
#include "sim/openb/openb_run.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OPT_NODES = OPTION_LONG, OPT_PODS, OPT_ORDER, OPT_POLICY, OPT_LOG, OPT_JSON };

const struct cli_option sim_options[] = {
    {OPT_NODES, "nodes", "FILE", "openb: CSV of the nodes (sn, cpu_milli, memory_mib, gpu, model)"},
    {OPT_PODS, "pods", "FILE",
     "openb: CSV of the tasks (name, cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec)"},
    {OPT_ORDER, "order", "FILE", "openb: lines N,NODE,RANK and P,POD: ties, and who comes when"},
    {OPT_POLICY, "policy", "NAME",
     "openb: berth (default), fgd, bestfit, dotprod, gpupacking or gpuclustering"},
    {OPT_LOG, "log", "FILE", "openb: write where each task went (pod, node, gpu_index, gpu_milli)"},
    {OPT_JSON, "json", NULL, "JSON"},
    {0},
};

const char sim_examples[] =
    "berth sim run --fleet fleet.yaml --trace jobs.csv\ta trace\n"
    "berth sim openb --nodes nodes.csv --pods pods.csv --order order.csv\tBerth's rule\n"
    "berth sim openb --nodes nodes.csv --pods pods.csv --order order.csv --policy fgd\tFGD's\n";

struct ask {
    const char *name; /* as typed */
    const char *nodes, *pods, *order, *log;
    int policy;
    bool json;
};

/* ---- what is told ---------------------------------------------------------------------------- */

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static json_t *rounded(double v, double places)
{
    return json_real(nearbyint(v * places) / places);
}

static void print_json(const struct ask *q, const struct openb_result *r, double cpu_seconds)
{
    enum { DIGITS = 15 }; /* as many as a double holds for sure */
    json_t *alloc = json_object(), *losses = json_object(), *all = json_object();
    for (int i = 0; i < OPENB_POINTS; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", openb_points[i]);
        json_object_set_new(alloc, key,
                            r->alloc_at[i] < 0 ? json_null() : rounded(r->alloc_at[i], 100));
    }
    for (int i = 0; i < OPENB_LOSSES; i++)
        json_object_set_new(losses, openb_loss_names[i], rounded(r->loss_milli[i], 100));
    json_object_set_new(all, "policy", json_string(openb_policy_names[q->policy]));
    json_object_set_new(all, "arrived", json_integer(r->arrived_pods));
    json_object_set_new(all, "failed", json_integer(r->failed_pods));
    json_object_set_new(all, "capacity_milli", json_integer(r->capacity_milli));
    json_object_set_new(all, "arrived_milli", json_integer(r->arrived_milli));
    json_object_set_new(all, "used_milli", json_integer(r->used_milli));
    json_object_set_new(all, "alloc_pct", rounded(percent(r->used_milli, r->capacity_milli), 1e4));
    json_object_set_new(all, "alloc_at", alloc);
    json_object_set_new(all, "cpu_pct",
                        rounded(percent(r->cpu_used_milli, r->cpu_total_milli), 1e4));
    json_object_set_new(all, "frag_milli", rounded(r->frag_milli, 100));
    json_object_set_new(all, "idle_by_use_milli", losses);
    json_object_set_new(all, "cpu_seconds", rounded(cpu_seconds, 1e6));
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(DIGITS));
    if (text != NULL) puts(text);
    free(text);
    json_decref(all);
}

static void print_text(const struct ask *q, const struct openb_result *r, double cpu_seconds)
{
    printf("policy      %s\n", openb_policy_names[q->policy]);
    printf("arrived     %u tasks, %.2f %% of the GPU capacity\n", r->arrived_pods,
           percent(r->arrived_milli, r->capacity_milli));
    printf("failed      %u tasks\n", r->failed_pods);
    printf("allocated   %.4f %% (%" PRId64 " of %" PRId64 " milli), CPU %.2f %%\n",
           percent(r->used_milli, r->capacity_milli), r->used_milli, r->capacity_milli,
           percent(r->cpu_used_milli, r->cpu_total_milli));
    printf("fragments   %.2f milli, %.2f %% of what is idle\n", r->frag_milli,
           r->used_milli < r->capacity_milli
               ? 100 * r->frag_milli / (double)(r->capacity_milli - r->used_milli)
               : 0);
    printf("at arrived ");
    for (int i = 0; i < OPENB_POINTS; i++)
        if (r->alloc_at[i] >= 0) printf("  %d %%: %.2f", openb_points[i], r->alloc_at[i]);
    printf("\nCPU time    %.3f s\n", cpu_seconds);
}

/* ---- the run --------------------------------------------------------------------------------- */

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int close_log(const struct ask *q, FILE *log)
{
    bool bad = ferror(log) != 0;
    if (fclose(log) != 0 || bad)
        return say_error(q->name, "%s: cannot be written: %s", q->log, strerror(errno));
    return EXIT_DONE;
}

static int run_openb(const struct ask *q)
{
    struct arena arena;
    struct openb_trace trace;
    struct openb_result result;
    struct errtext error;
    FILE *log = NULL;
    double begun = cpu_now();
    int code = EXIT_DONE;
    arena_init(&arena);
    enum err e = openb_trace_read(q->nodes, q->pods, q->order, &arena, &trace, &error);
    if (e != ERR_NONE) {
        code = say_failure(q->name, e, &error);
        goto out;
    }
    if (q->log != NULL && (log = fopen(q->log, "we")) == NULL) {
        code = say_error(q->name, "%s: cannot be written: %s", q->log, strerror(errno));
        goto out;
    }
    openb_run(&trace, q->policy, log, &result);
    if (log != NULL) code = close_log(q, log);
    if (code != EXIT_DONE) goto out;
    (q->json ? print_json : print_text)(q, &result, cpu_now() - begun);
out:
    arena_release(&arena);
    return code;
}

/* ---- the command line ------------------------------------------------------------------------ */

static int take_policy(struct ask *q, const char *name)
{
    for (int i = 0; i < OPENB_POLICIES; i++)
        if (strcmp(openb_policy_names[i], name) == 0) {
            q->policy = i;
            return GO_ON;
        }
    const char *near = suggest(str_of(name), openb_policy_names);
    return say_error(q->name, "there is no policy '%s'%s%s%s", name,
                     near != NULL ? "; did you mean '" : "; see --help", near != NULL ? near : "",
                     near != NULL ? "'?" : "");
}

static int parse_one(struct ask *q, struct args *a, int id)
{
    switch (id) {
    case ARGS_STOP: return a->exit_code;
    case OPT_NODES: q->nodes = a->value; break;
    case OPT_PODS: q->pods = a->value; break;
    case OPT_ORDER: q->order = a->value; break;
    case OPT_POLICY: return take_policy(q, a->value);
    case OPT_LOG: q->log = a->value; break;
    case OPT_JSON: q->json = true; break;
    default: break;
    }
    return GO_ON;
}

int cmd_sim(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "run") == 0) return cmd_sim_run(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "gavel") == 0) return cmd_sim_gavel(argc - 1, argv + 1);
    struct ask q = {.name = argv[0], .policy = OPENB_BERTH};
    struct args a;
    args_init(&a, argc, argv, sim_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        int code = parse_one(&q, &a, id);
        if (code != GO_ON) return code;
    }
    if (args_count(&a) != 1 || strcmp(args_operands(&a)[0], "openb") != 0)
        return say_error(q.name,
                         "name what to do: 'berth sim run', 'berth sim openb' or 'berth sim "
                         "gavel'; see 'berth sim --help'");
    if (q.nodes == NULL || q.pods == NULL || q.order == NULL)
        return say_error(q.name, "openb needs --nodes, --pods and --order");
    return say_end(q.name, run_openb(&q));
}
