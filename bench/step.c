/* step.c - how long one step of the core takes, at 1,000, 10,000 and 125,000 nodes of 8 chips with
 * 100,000 jobs waiting; memory; and the time to write and read a snapshot.
 *
 *     step [--longest] [--shapes=N] [NODES [PENDING [STEPS]]]
 *                                      default: the three sizes, 100000, 20000
 *
 * The fleet is 32 pools of four kinds of chips at eight sites in four countries, under three rules.
 * It is filled, 100,000 more jobs queue behind, and at their head stands one for an eighth of a
 * pool, for which nodes are kept. Then the measured steps follow: a submission, an end (which frees
 * chips that a waiting job takes), a start confirmed, a cancel, in turn; later with preemption on.
 * Times are of core_step alone, with everything that a record of the ledger needs in its outcome;
 * they are of this thread's CPU, so that other work on the machine does not count.
 *
 * --longest shows the longest steps of each part and what they did. --shapes=N draws jobs of N
 * different sizes (chips, CPUs, memory) instead of eight. */
#include "bench.h"

#include "base/cbor.h"
#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "core/core.h"

#include <string.h>

enum { POOLS = 32, SITES = 8, CHIPS = 4, CHIPS_PER_NODE = 8 };
#define START_MS INT64_C(1767225600000)

static struct quantity exactly(int64_t milli)
{
    return (struct quantity){true, milli, milli, milli};
}

static struct str name(struct arena *a, const char *prefix, uint32_t i)
{
    return str_of(arena_printf(a, "%s%u", prefix, i));
}

static void make_places(struct arena *a, struct fleet *f)
{
    static const char *const countries[] = {"JP", "AU", "SG", "MY"};
    f->chips = ARENA_ARRAY(a, CHIPS, struct chip);
    f->chip_count = CHIPS;
    for (uint32_t i = 0; i < CHIPS; i++) {
        f->chips[i] = (struct chip){.id = name(a, "kind", i),
                                    .name = name(a, "kind", i),
                                    .vendor = STR("maker"),
                                    .vendor_hq = STR("US"),
                                    .dc_marketed = TRI_YES};
        f->chips[i].tpp = exactly(2000000 + 4000000 * (int64_t)i);
    }
    f->sites = ARENA_ARRAY(a, SITES, struct site);
    f->site_count = SITES;
    for (uint32_t i = 0; i < SITES; i++)
        f->sites[i] = (struct site){.id = name(a, "site", i),
                                    .name = name(a, "site", i),
                                    .country = str_of(countries[i % 4]),
                                    .engine = STR("local"),
                                    .operator_party = STR("owner")};
}

static void make_people(struct arena *a, struct fleet *f)
{
    static const char *const hqs[] = {"JP", "AU", "CN"};
    f->parties = ARENA_ARRAY(a, 3, struct party);
    f->party_count = 3;
    f->tenants = ARENA_ARRAY(a, 3, struct tenant);
    f->tenant_count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        struct str id = i == 0 ? STR("owner") : name(a, "party", i);
        f->parties[i] = (struct party){.id = id,
                                       .name = id,
                                       .country = str_of(hqs[i]),
                                       .hq = str_of(hqs[i]),
                                       .owners_known = true,
                                       .lists_known = true,
                                       .kinds_known = true};
        f->tenants[i] = (struct tenant){.id = name(a, "account", i),
                                        .party = id,
                                        .weight = 1,
                                        .user_count = 1,
                                        .is_default = i == 0};
        f->tenants[i].users = ARENA_NEW(a, struct str);
        f->tenants[i].users[0] = STR("*");
    }
}

static struct fleet *make_fleet(struct arena *a, uint32_t nodes)
{
    struct fleet *f = ARENA_NEW(a, struct fleet);
    f->name = STR("bench");
    make_places(a, f);
    make_people(a, f);
    f->pools = ARENA_ARRAY(a, POOLS, struct pool);
    f->pool_count = POOLS;
    for (uint32_t i = 0; i < POOLS; i++) {
        struct pool *p = &f->pools[i];
        *p = (struct pool){.id = name(a, "pool", i),
                           .chip = f->chips[i % CHIPS].id,
                           .site = f->sites[i % SITES].id,
                           .chips_per_node = CHIPS_PER_NODE,
                           .cpus_per_node = 128,
                           .mem_mb_per_node = 2000000,
                           .range_count = 1};
        p->ranges = ARENA_NEW(a, struct node_range);
        p->ranges[0] = (struct node_range){.prefix = name(a, "p", i * 1000),
                                           .first = 1,
                                           .count = nodes / POOLS,
                                           .width = 5,
                                           .numbered = true};
        p->title = (struct title){.kind = TITLE_OWNED,
                                  .owner = STR("owner"),
                                  .uusd_per_chip_h = 1000000 + 500000 * (i % CHIPS)};
    }
    struct errtext error;
    if (fleet_index(f, a, &error) != ERR_NONE) {
        fprintf(stderr, "fleet: %s\n", error.s);
        exit(1);
    }
    return f;
}

static struct law_pack *make_pack(struct arena *a)
{
    static const char *const when[] = {
        "chip.tpp > 4800.0 && chain.tenant.ultimate_parent_hq == 'CN'",
        "site.country == 'MY' && chip.tpp > 10000.0 && chain.tenant.hq != 'JP'",
        "site.country == 'SG' && data.exists(d, d.class == 'personal')",
    };
    struct law_pack *p = ARENA_NEW(a, struct law_pack);
    *p = (struct law_pack){
        .id = STR("bench"), .title = STR("bench"), .jurisdiction = STR("XX"), .rule_count = 3};
    p->digest = STR("0000000000000000000000000000000000000000000000000000000000000000");
    p->rules = ARENA_ARRAY(a, 3, struct law_rule);
    for (uint32_t i = 0; i < 3; i++)
        p->rules[i] = (struct law_rule){.id = name(a, "RULE-", i),
                                        .title = name(a, "rule ", i),
                                        .law = STR("XX"),
                                        .level = LEVEL_ACT,
                                        .effective_ms = START_MS - CIVIL_DAY_MS,
                                        .acts = 1u << ACT_PLACE,
                                        .when = str_of(when[i]),
                                        .then = {.effect = EFFECT_FORBID},
                                        .source = {.cite = STR("Act 1"),
                                                   .source = STR("https://law.example/1"),
                                                   .read_ms = START_MS,
                                                   .confidence = STR("high"),
                                                   .basis = STR("verbatim")}};
    return p;
}

/* What one step did. */
struct done {
    double us;
    const char *kind;
    uint32_t at; /* which step */
    uint32_t chips, nodes; /* of the job that it was about */
    uint32_t placed, preempting, stopped; /* jobs */
};

struct bench {
    struct core *core;
    struct outcome out;
    uint64_t record;
    int64_t now_ms;
    uint32_t shapes; /* 0: eight sizes */
    bool shows_longest;
    struct done last;
    struct job_id *placed; /* jobs that were told to start, those that ended meanwhile too */
    size_t placed_count, placed_cap;
};

static void step(struct bench *b, struct event *e)
{
    struct errtext error;
    e->now_ms = b->now_ms;
    if (core_admit(b->core, e, &error) != ERR_NONE) {
        fprintf(stderr, "%s: %s\n", event_names[e->kind], error.s);
        exit(1);
    }
    b->last = (struct done){0};
    const struct job *j = e->kind == EVENT_REPORT   ? core_job(b->core, e->report.job)
                          : e->kind == EVENT_CANCEL ? core_job(b->core, e->job)
                                                    : NULL;
    if (e->kind == EVENT_SUBMIT) b->last.chips = e->spec->chips;
    if (j != NULL) b->last.chips = j->spec.chips;
    if (j != NULL && j->claim != NULL) b->last.nodes = j->claim->part_count;
    double from = cpu_us();
    core_step(b->core, ++b->record, e, &b->out);
    b->last.us = cpu_us() - from;
    for (size_t i = 0; i < b->out.decision_count; i++) {
        int kind = b->out.decisions[i].kind;
        b->last.placed += kind == DECISION_PLACED;
        b->last.preempting += kind == DECISION_PREEMPTING;
        b->last.stopped += kind == DECISION_STOPPED;
    }
    for (size_t i = 0; i < b->out.effect_count; i++) {
        if (b->out.effects[i].kind != FX_START) continue;
        b->placed = mem_grow(b->placed, &b->placed_cap, b->placed_count + 1, sizeof *b->placed);
        b->placed[b->placed_count++] = b->out.effects[i].job;
    }
}

/* 240 kinds of jobs: sizes from 1 chip to 16 nodes, three tenants, ten limits; with --shapes so
 * many times more by their CPUs and memory. */
static uint32_t submit_sized(struct bench *b, int32_t priority, uint32_t chips)
{
    uint32_t shape = b->shapes > 0 ? below(b->shapes / 8) : 0;
    struct job_spec s = {.name = STR("train"),
                         .user = STR("ada"),
                         .uid = 1000,
                         .gid = 1000,
                         .chips = chips,
                         .cpus_per_task = b->shapes > 0 ? 2 + 2 * (shape % 16) : 8,
                         .mem_mb_per_chip = 2000 * (shape / 16),
                         .data_known = true,
                         .time_limit_ms = (1 + (int64_t)below(10)) * 3600000,
                         .workdir = STR("/home/ada/run"),
                         .stdout_path = STR("out-%j.txt"),
                         .purpose = STR("research")};
    static const char *const tenants[] = {"account0", "account1", "account2"};
    s.tenant = str_of(tenants[below(3)]);
    s.priority = priority;
    struct event e = {.kind = EVENT_SUBMIT, .actor_uid = 1000, .spec = &s};
    step(b, &e);
    return b->out.first_job.v;
}

static uint32_t submit_at(struct bench *b, int32_t priority)
{
    static const uint32_t sizes[] = {1, 1, 1, 2, 4, 8, 16, 128};
    return submit_sized(b, priority, sizes[below(8)]);
}

static uint32_t submit(struct bench *b)
{
    return submit_at(b, (int32_t)below(3));
}

static void report(struct bench *b, uint32_t job, int kind)
{
    const struct job *j = core_job(b->core, (struct job_id){job});
    struct event e = {.kind = EVENT_REPORT, .actor = STR("engine:local")};
    e.report = (struct report){.kind = kind, .job = j->id, .attempt = j->attempt};
    step(b, &e);
}

/* A job in that state; those that are over leave the list when they are met. */
static uint32_t any_in_state(struct bench *b, int state)
{
    for (int tries = 0; tries < 10000 && b->placed_count > 0; tries++) {
        size_t at = below((uint32_t)b->placed_count);
        const struct job *j = core_job(b->core, b->placed[at]);
        if (j == NULL || j->claim == NULL)
            b->placed[at] = b->placed[--b->placed_count];
        else if (j->state == state)
            return j->id.v;
    }
    return 0;
}

static long peak_kb(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long kb = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0) kb = strtol(line + 6, NULL, 10);
    if (f != NULL) fclose(f);
    return kb;
}

static void fill(struct bench *b, uint32_t pending)
{
    double from = now_us();
    uint32_t jobs = 0;
    struct core_counts counts;
    do {
        for (int i = 0; i < 1000; i++, jobs++) submit(b);
        core_counts(b->core, &counts);
    } while (counts.by_state[JOB_PENDING] < pending);
    for (size_t i = 0, n = b->placed_count; i < n; i++) report(b, b->placed[i].v, REPORT_STARTED);
    core_counts(b->core, &counts);
    printf("  filled: %u jobs submitted, %u run, %u wait, %.1f s\n", jobs,
           counts.by_state[JOB_RUNNING], counts.by_state[JOB_PENDING], (now_us() - from) / 1e6);
}

/* The head of the queue: a job for an eighth of a pool, for which nodes are kept. Once it has found
 * room, another comes. Gives its id. */
static uint32_t keep_a_head(struct bench *b, uint32_t head, uint32_t nodes)
{
    const struct job *j = core_job(b->core, (struct job_id){head});
    if (j != NULL && j->state == JOB_PENDING) return head;
    return submit_sized(b, 100, CHIPS_PER_NODE * (nodes / POOLS / 8 + 1));
}

/* ---- steps of one part ----------------------------------------------------------------------- */

enum { KINDS = 4, LONGEST = 20 };

struct steps {
    const char *const *names; /* of the kinds */
    double *us[KINDS + 1]; /* by kind, and all */
    size_t n[KINDS + 1];
    struct done longest[LONGEST]; /* the longest first */
};

static void steps_init(struct steps *s, const char *const *names, uint32_t count)
{
    *s = (struct steps){.names = names};
    for (int k = 0; k <= KINDS; k++) s->us[k] = mem_alloc(count, sizeof(double));
}

static void steps_add(struct steps *s, struct bench *b, int kind, uint32_t at)
{
    struct done x = b->last;
    x.kind = s->names[kind];
    x.at = at;
    s->us[kind][s->n[kind]++] = s->us[KINDS][s->n[KINDS]++] = x.us;
    if (x.us <= s->longest[LONGEST - 1].us) return;
    int k = LONGEST - 1;
    for (; k > 0 && s->longest[k - 1].us < x.us; k--) s->longest[k] = s->longest[k - 1];
    s->longest[k] = x;
}

static void steps_end(struct steps *s, const struct bench *b)
{
    for (int k = 0; k < KINDS; k++) print_times(s->names[k], s->us[k], s->n[k]);
    print_times("all", s->us[KINDS], s->n[KINDS]);
    for (int k = 0; b->shows_longest && k < LONGEST && s->longest[k].us > 0; k++) {
        const struct done *x = &s->longest[k];
        printf("    %9.1f us  step %-6u %-22s %4u chips, %4u nodes: %u placed, %u stopped for %u\n",
               x->us, x->at, x->kind, x->chips, x->nodes, x->placed, x->stopped, x->preempting);
    }
    for (int k = 0; k <= KINDS; k++) mem_free(s->us[k]);
}

static void measure(struct bench *b, uint32_t nodes, uint32_t steps)
{
    uint32_t head = 0, heads = 0;
    static const char *const names[KINDS] = {"submit", "end and refill", "start confirmed",
                                             "cancel"};
    struct steps s;
    steps_init(&s, names, steps);
    for (uint32_t i = 0; i < steps; i++) {
        int kind = (int)(i % KINDS);
        b->now_ms += 10;
        uint32_t job = 0, was = head;
        head = keep_a_head(b, head, nodes);
        heads += head != was;
        if (kind == 0) submit(b);
        if (kind == 1) report(b, any_in_state(b, JOB_RUNNING), REPORT_FINISHED);
        if (kind == 2 && (job = any_in_state(b, JOB_CONFIGURING)) == 0) continue;
        if (kind == 2) report(b, job, REPORT_STARTED);
        if (kind == 3) {
            job = core_queue_after(b->core, (struct job_id){head})->id.v;
            struct event e = {.kind = EVENT_CANCEL, .actor_uid = 1000, .job = {job}};
            step(b, &e);
        }
        steps_add(&s, b, kind, i);
    }
    printf("  at the head a job for %u nodes (%u of them came to run)\n", nodes / POOLS / 8 + 1,
           heads - 1);
    steps_end(&s, b);
}

/* Jobs of high priority come into the full fleet and have others stopped, or find nobody. */
static void measure_preemption(struct bench *b, struct fleet *f, uint32_t steps)
{
    static const char *const names[KINDS] = {"submit, high priority", "victim ends",
                                             "start confirmed", "job ends"};
    uint32_t preempting = 0, stopped = 0;
    f->preempt = PREEMPT_REQUEUE;
    b->now_ms += 30 * 60000; /* past the exempt time */
    step(b, &(struct event){.kind = EVENT_FLEET, .fleet = f, .actor_is_operator = true});
    struct steps s;
    steps_init(&s, names, steps);
    for (uint32_t i = 0; i < steps; i++) {
        static const int states[KINDS] = {0, JOB_COMPLETING, JOB_CONFIGURING, JOB_RUNNING};
        int kind = (int)(i % KINDS);
        b->now_ms += 10;
        uint32_t job = kind > 0 ? any_in_state(b, states[kind]) : 0;
        if (kind > 0 && job == 0) continue;
        if (kind == 0)
            submit_at(b, 3 + (int32_t)below(10));
        else
            report(b, job, kind == 2 ? REPORT_STARTED : REPORT_FINISHED);
        preempting += b->last.preempting;
        stopped += b->last.stopped;
        steps_add(&s, b, kind, i);
    }
    printf("  with preemption: %u jobs had %u others stopped\n", preempting, stopped);
    steps_end(&s, b);
}

static void snapshot(struct bench *b)
{
    struct buf bytes = {0};
    struct cbor_writer w;
    double from = now_us();
    cbor_writer_init(&w, &bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit_core(&w.v, b->core);
        visit_map_end(&w.v);
    }
    double written = now_us();
    core_free(b->core);
    b->core = core_new();
    double freed = now_us();
    struct arena arena;
    arena_init(&arena);
    struct cbor_reader r;
    cbor_reader_init(&r, buf_str(&bytes), &arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_core(&r.v, b->core);
        visit_map_end(&r.v);
    }
    struct errtext error;
    if (cbor_reader_finish(&r, &error) != ERR_NONE) {
        fprintf(stderr, "snapshot: %s\n", error.s);
        exit(1);
    }
    arena_release(&arena);
    printf("  snapshot: %.1f MB, written in %.0f ms, read in %.0f ms\n", (double)bytes.len / 1e6,
           (written - from) / 1e3, (now_us() - freed) / 1e3);
    buf_release(&bytes);
}

static void run(const struct bench *options, uint32_t nodes, uint32_t pending, uint32_t steps)
{
    struct bench b = *options;
    struct arena arena;
    b.core = core_new();
    b.now_ms = START_MS;
    arena_init(&arena);
    outcome_init(&b.out);
    printf("%u nodes, %u chips, %u jobs waiting\n", nodes, nodes * CHIPS_PER_NODE, pending);
    struct fleet *f = make_fleet(&arena, nodes);
    step(&b, &(struct event){.kind = EVENT_FLEET, .fleet = f, .actor_is_operator = true});
    step(&b, &(struct event){.kind = EVENT_PACKS,
                             .packs = make_pack(&arena),
                             .pack_count = 1,
                             .actor_is_operator = true});
    fill(&b, pending);
    measure(&b, nodes, steps);
    snapshot(&b);
    measure(&b, nodes, steps / 4);
    measure_preemption(&b, f, steps);
    printf("  peak memory %.0f MiB (of this process so far)\n", (double)peak_kb() / 1024);
    core_free(b.core);
    outcome_release(&b.out);
    arena_release(&arena);
    mem_free(b.placed);
}

int main(int argc, char **argv)
{
    struct bench options = {0};
    for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
        options.shows_longest = options.shows_longest || strcmp(argv[1], "--longest") == 0;
        if (strncmp(argv[1], "--shapes=", 9) == 0)
            options.shapes = (uint32_t)strtoul(argv[1] + 9, NULL, 10);
    }
    uint32_t pending = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100000;
    uint32_t steps = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 20000;
    if (argc > 1) {
        run(&options, (uint32_t)strtoul(argv[1], NULL, 10), pending, steps);
        return 0;
    }
    static const uint32_t sizes[] = {1000, 10000, 125000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        run(&options, sizes[i], pending, steps);
    return 0;
}
