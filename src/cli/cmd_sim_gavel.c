/* berth sim gavel: training jobs on three kinds of GPU, in rounds. */
#include "cli/cmd_sim_gavel.h"

#include "cli/commands.h"
#include "cli/say.h"
#include "read/suggest.h"
#include "sim/gavel/gavel_run.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    OPT_THROUGHPUTS = OPTION_LONG,
    OPT_TRACE,
    OPT_GENERATE,
    OPT_RATE,
    OPT_WINDOW,
    OPT_SEED,
    OPT_CLUSTER,
    OPT_POLICY,
    OPT_OBJECTIVE,
    OPT_RESET,
    OPT_JSON
};

static const struct cli_option gavel_options[] = {
    {OPT_THROUGHPUTS, "throughputs", "FILE",
     "CSV of speeds in steps a second (model, scale_factor, v100, p100, k80)"},
    {OPT_TRACE, "trace", "FILE", "the jobs: ten fields with a tab between them, sorted by arrival"},
    {OPT_GENERATE, "generate", "KIND", "draw the jobs instead: single (one GPU each) or multi"},
    {OPT_RATE, "rate", "R", "generate: jobs an hour; 0: all are there at the start"},
    {OPT_WINDOW, "window", "A:B", "generate: the jobs that count, from number A to before B"},
    {OPT_SEED, "seed", "N", "generate: another seed draws other jobs (default 0)"},
    {OPT_CLUSTER, "cluster", "LIST", "GPUs of each type (default v100=36,p100=36,k80=36)"},
    {OPT_POLICY, "policy", "NAME",
     "berth (default), berth_blind, fifo, fifo_perf, isolated, las, las_perf or makespan_perf"},
    {OPT_OBJECTIVE, "objective", "NAME", "what berth goes for: jct (default) or makespan"},
    {OPT_RESET, "reset", "SECONDS",
     "state shares anew at most that often (default 1920, as the published simulator; 0, whenever "
     "jobs come or go, gives the published figures)"},
    {OPT_JSON, "json", NULL, "JSON"},
    {0},
};

static const struct command gavel_command = {
    .name = "sim gavel",
    .summary = "run Gavel's experiments on unequal chips",
    .usage =
        "--throughputs FILE (--trace FILE | --generate KIND --rate R --window A:B) [OPTION]...",
    .about = "The experiments of Gavel (OSDI 2020): training jobs on v100, p100 and k80 GPUs, in "
             "rounds of six minutes, between which jobs may be moved at no cost. It says how long "
             "jobs take from arrival to end (job completion time, JCT), how long all take, what "
             "it costs, and how even it is. The traces and the table of speeds are at "
             "github.com/stanford-futuredata/gavel.",
    .options = gavel_options,
    .examples =
        "berth sim gavel --throughputs speeds.csv --trace jobs.trace --cluster "
        "v100=8,p100=16,k80=24\ta trace\n"
        "berth sim gavel --throughputs speeds.csv --generate single --rate 5.2 --window 4000:5000 "
        "--policy las_perf\tjobs 4000 to 4999 of an endless stream\n",
};

struct ask {
    const char *name; /* as typed */
    const char *throughputs, *trace;
    bool generate, has_rate, has_window, has_seed, json;
    struct gavel_draw draw;
    struct gavel_setup setup;
};

/* ---- what is told ---------------------------------------------------------------------------- */

static json_t *ratio(double worst, double mean)
{
    return json_pack("{s:f, s:f}", "worst", worst, "mean", mean);
}

static json_t *service_list(const struct gavel_result *r)
{
    json_t *list = json_array();
    double all = 0;
    for (uint32_t i = 0; i < r->service_count; i++) all += r->service[i].gpu_h;
    for (uint32_t i = 0; i < r->service_count; i++) {
        const struct gavel_service *s = &r->service[i];
        json_array_append_new(list,
                              json_pack("{s:f, s:I, s:f, s:f, s:f}", "weight", s->weight, "jobs",
                                        (json_int_t)s->jobs, "gpu_h", s->gpu_h, "share",
                                        all > 0 ? s->gpu_h / all : 0, "avg_jct_h", s->jct_h));
    }
    return list;
}

static void print_json(const struct ask *q, const struct gavel_result *r, double cpu_seconds)
{
    enum { DIGITS = 15 }; /* as many as a double holds for sure */
    json_t *all = json_object();
    json_object_set_new(all, "policy", json_string(gavel_policy_names[q->setup.policy]));
    json_object_set_new(all, "objective", json_string(gavel_objective_names[q->setup.objective]));
    json_object_set_new(all, "jobs", json_integer(r->jobs));
    json_object_set_new(all, "dropped", json_integer(r->dropped));
    json_object_set_new(all, "avg_jct_h", json_real(r->avg_jct_h));
    json_object_set_new(all, "p99_jct_h", json_real(r->p99_jct_h));
    json_object_set_new(all, "makespan_h", json_real(r->makespan_h));
    json_object_set_new(all, "utilisation", json_real(r->utilisation));
    json_object_set_new(all, "cost_usd", json_real(r->cost_usd));
    json_object_set_new(all, "rounds", json_integer(r->rounds));
    json_object_set_new(all, "allocations", json_integer(r->allocations));
    json_t *ftf = ratio(r->worst_ftf, r->mean_ftf);
    json_object_set_new(ftf, "floor", json_real(r->floor_ftf));
    json_object_set_new(all, "finish_time_ratio", ftf);
    json_object_set_new(all, "own_n_ratio", ratio(r->worst_own, r->mean_own));
    json_object_set_new(all, "worst_wait_h", json_real(r->worst_wait_h));
    json_object_set_new(all, "service", service_list(r));
    json_object_set_new(all, "cpu_seconds", json_real(cpu_seconds));
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(DIGITS));
    if (text != NULL) puts(text);
    free(text);
    json_decref(all);
}

static void print_text(const struct ask *q, const struct gavel_result *r, double cpu_seconds)
{
    printf("policy       %s%s\n", gavel_policy_names[q->setup.policy],
           q->setup.objective == GAVEL_MAKESPAN ? ", for the makespan" : "");
    printf("jobs         %u, and %u dropped\n", r->jobs, r->dropped);
    printf("completion   %.3f h on average, 99 %% within %.3f h\n", r->avg_jct_h, r->p99_jct_h);
    printf("makespan     %.3f h, %u rounds\n", r->makespan_h, r->rounds);
    printf("utilisation  %.2f %%\n", 100 * r->utilisation);
    printf("cost         %.2f USD\n", r->cost_usd);
    printf("finish time  over that under an even split: worst %.3f (no less than %.3f for anyone), "
           "mean %.3f\n",
           r->worst_ftf, r->floor_ftf, r->mean_ftf);
    printf("             over that with 1/n, n being the jobs in this run: worst %.3f, mean %.3f\n",
           r->worst_own, r->mean_own);
    printf("longest wait %.2f h\n", r->worst_wait_h);
    for (uint32_t i = 0; i < r->service_count && r->service_count > 1; i++)
        printf("weight %-5g %u jobs, %.1f GPU hours, %.3f h on average\n", r->service[i].weight,
               r->service[i].jobs, r->service[i].gpu_h, r->service[i].jct_h);
    printf("CPU time     %.3f s\n", cpu_seconds);
}

/* ---- the run --------------------------------------------------------------------------------- */

static double cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(const struct ask *q)
{
    struct arena arena;
    struct gavel_speeds speeds;
    struct gavel_source source = {0};
    struct gavel_result result;
    struct errtext error;
    double begun = cpu_now();
    arena_init(&arena);
    enum err e = gavel_speeds_read(q->throughputs, &arena, &speeds, &error);
    if (e == ERR_NONE)
        e = q->generate ? gavel_source_init(&source, &q->draw, &speeds, &error)
                        : gavel_source_read(q->trace, &speeds, &source, &error);
    if (e == ERR_NONE) e = gavel_run(&source, &q->setup, &result, &error);
    int code = e == ERR_NONE ? EXIT_DONE : say_failure(q->name, e, &error);
    if (e == ERR_NONE) (q->json ? print_json : print_text)(q, &result, cpu_now() - begun);
    gavel_source_release(&source);
    arena_release(&arena);
    return code;
}

/* ---- the command line ------------------------------------------------------------------------ */

/* The place of a name in a list, or an error told. */
static int take_name(const struct ask *q, const char *what, const char *name,
                     const char *const *names, int *out)
{
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0) {
            *out = i;
            return GO_ON;
        }
    const char *near = suggest(str_of(name), names);
    return say_error(q->name, "there is no %s '%s'%s%s%s", what, name,
                     near != NULL ? "; did you mean '" : "; see --help", near != NULL ? near : "",
                     near != NULL ? "'?" : "");
}

static int take_generate(struct ask *q, const char *kind)
{
    static const char *const kinds[] = {"single", "multi", NULL};
    int which = 0, code = take_name(q, "kind of stream", kind, kinds, &which);
    q->generate = true;
    q->draw.multi = which == 1;
    return code;
}

static int take_number(const struct ask *q, const char *option, const char *text, double max,
                       double *out)
{
    if (gavel_number(str_of(text), max, out)) return GO_ON;
    return say_error(q->name, "--%s: '%s' is not a number from 0 to %g", option, text, max);
}

static int take_seed(struct ask *q, const char *text)
{
    uint64_t seed;
    if (!str_to_u64(str_of(text), &seed) || seed > UINT32_MAX / 2)
        return say_error(q->name, "--seed: '%s' is not a number from 0 to %u", text,
                         UINT32_MAX / 2);
    q->has_seed = true;
    q->draw.seed = q->setup.seed = (uint32_t)seed;
    return GO_ON;
}

static int take_window(struct ask *q, const char *text)
{
    const char *colon = strchr(text, ':');
    struct str from = {text, colon != NULL ? (size_t)(colon - text) : 0};
    uint64_t begin, end;
    if (colon == NULL || !str_to_u64(from, &begin) || !str_to_u64(str_of(colon + 1), &end) ||
        begin >= end || end > GAVEL_JOBS_MAX)
        return say_error(q->name, "--window: '%s' is not A:B with A less than B, and B at most %d",
                         text, (int)GAVEL_JOBS_MAX);
    q->has_window = true;
    q->draw.window_begin = (uint32_t)begin;
    q->draw.window_end = (uint32_t)end;
    return GO_ON;
}

/* "v100=36,p100=36": what is not named has none. */
static int take_cluster(struct ask *q, const char *text)
{
    bool given[GAVEL_TYPES] = {false};
    uint64_t count, all = 0;
    memset(q->setup.workers, 0, sizeof q->setup.workers);
    for (const char *p = text;; p++) {
        size_t len = strcspn(p, ",");
        const char *equals = memchr(p, '=', len);
        size_t name_len = equals != NULL ? (size_t)(equals - p) : len;
        int j = 0;
        while (j < GAVEL_TYPES && !str_eqz((struct str){p, name_len}, gavel_type_names[j])) j++;
        if (j == GAVEL_TYPES || given[j] || equals == NULL ||
            !str_to_u64((struct str){equals + 1, len - name_len - 1}, &count) ||
            count > GAVEL_WORKERS_MAX)
            return say_error(q->name,
                             "--cluster: '%.*s' is not TYPE=GPUS, with each of v100, p100 and k80 "
                             "once at most, and at most %d GPUs",
                             (int)len, p, (int)GAVEL_WORKERS_MAX);
        given[j] = true;
        q->setup.workers[j] = (int32_t)count;
        all += count;
        p += len;
        if (*p == '\0') break;
    }
    if (all == 0) return say_error(q->name, "--cluster: '%s' has no GPUs", text);
    return GO_ON;
}

static int parse_one(struct ask *q, struct args *a, int id)
{
    int objective = 0, code;
    switch (id) {
    case ARGS_STOP: return a->exit_code;
    case OPT_THROUGHPUTS: q->throughputs = a->value; break;
    case OPT_TRACE: q->trace = a->value; break;
    case OPT_GENERATE: return take_generate(q, a->value);
    case OPT_RATE:
        q->has_rate = true;
        return take_number(q, "rate", a->value, GAVEL_RATE_MAX, &q->draw.per_hour);
    case OPT_WINDOW: return take_window(q, a->value);
    case OPT_SEED: return take_seed(q, a->value);
    case OPT_CLUSTER: return take_cluster(q, a->value);
    case OPT_POLICY: return take_name(q, "policy", a->value, gavel_policy_names, &q->setup.policy);
    case OPT_OBJECTIVE:
        code = take_name(q, "objective", a->value, gavel_objective_names, &objective);
        q->setup.objective = (enum gavel_objective)objective;
        return code;
    case OPT_RESET: return take_number(q, "reset", a->value, GAVEL_TIME_MAX_S, &q->setup.reset_s);
    case OPT_JSON: q->json = true; break;
    default: break;
    }
    return GO_ON;
}

/* What must be given together, or not. */
static int check(const struct ask *q)
{
    if (q->throughputs == NULL) return say_error(q->name, "gavel needs --throughputs");
    if ((q->trace != NULL) == q->generate)
        return say_error(q->name, "gavel needs either --trace or --generate");
    if (q->generate && (!q->has_rate || !q->has_window))
        return say_error(q->name, "--generate needs --rate and --window");
    if (!q->generate && (q->has_rate || q->has_window || q->has_seed))
        return say_error(q->name, "--rate, --window and --seed are for --generate");
    if (q->setup.objective != GAVEL_JCT && q->setup.policy != GAVEL_BERTH)
        return say_error(q->name, "--objective is for --policy berth");
    return GO_ON;
}

int cmd_sim_gavel(int argc, char **argv)
{
    struct ask q = {.name = "sim gavel",
                    .setup = {.workers = {36, 36, 36},
                              .policy = GAVEL_BERTH,
                              .reset_s = GAVEL_RESET_S,
                              .rounds_max = GAVEL_ROUNDS_MAX}};
    struct args a;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0) return command_usage(&gavel_command);
    args_init(&a, argc, argv, gavel_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        int code = parse_one(&q, &a, id);
        if (code != GO_ON) return code;
    }
    if (args_count(&a) > 0)
        return say_error(q.name, "'%s' is too much; see 'berth sim gavel --help'",
                         args_operands(&a)[0]);
    int code = check(&q);
    if (code != GO_ON) return code;
    return say_end(q.name, run(&q));
}
