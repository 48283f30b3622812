/* world.h - a small random world around a core, for the tests of this folder: a fleet, rule packs,
 * an engine that obeys sooner or later, and random requests. Everything follows from a seed. */
#ifndef BERTH_TEST_CORE_WORLD_H
#define BERTH_TEST_CORE_WORLD_H

#include "base/cbor.h"
#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/explain.h"
#include "unit/wires.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORLD_T0 INT64_C(1767225600000) /* 2026-01-01 */
#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)

struct rng {
    uint64_t s;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = (r->s += 0x9e3779b97f4a7c15U); /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t)(rng_next(r) % n);
}

static inline bool rng_one_in(struct rng *r, uint32_t n)
{
    return rng_below(r, n) == 0;
}

/* What the engine holds: attempts that were ordered to start and are not reported as over. */
struct attempt {
    uint32_t job, attempt;
    bool running, stopping;
    uint32_t limit_number;
};

struct world {
    struct core *core;
    struct outcome out;
    struct rng rng;
    uint64_t seed;
    struct arena arena; /* events */
    int64_t now_ms;
    uint64_t record;
    struct attempt *attempts;
    size_t attempt_count, attempt_cap;
    struct buf log; /* outcomes of all steps, as the ledger would hold them */
    bool check;
    uint32_t stepped, refused;
    uint32_t decided[DECISION_COUNT], because[REASON_COUNT]; /* of decisions; of pending jobs */
    bool more_law; /* more things that the law looks at, at the price of fewer ways out */
    struct core *twin; /* restored from a snapshot; must do the same ever after */
    struct outcome twin_out;
};

static inline void world_init(struct world *w, uint64_t seed)
{
    *w = (struct world){.rng = {seed}, .seed = seed, .now_ms = WORLD_T0, .check = true};
    w->core = core_new();
    outcome_init(&w->out);
    outcome_init(&w->twin_out);
    arena_init(&w->arena);
}

static inline void world_release(struct world *w)
{
    core_free(w->core);
    core_free(w->twin);
    outcome_release(&w->out);
    outcome_release(&w->twin_out);
    arena_release(&w->arena);
    mem_free(w->attempts);
    buf_release(&w->log);
}

static inline void put_outcome(struct buf *b, struct outcome *o)
{
    struct cbor_writer v;
    cbor_writer_init(&v, b);
    if (visit_map(&v.v, NULL, false)) {
        visit_outcome(&v.v, o);
        visit_map_end(&v.v);
    }
    for (size_t i = 0; i < o->effect_count; i++) {
        const struct effect *f = &o->effects[i];
        buf_printf(b, "|%d %u.%u site %u pool %u exp %lld grace %lld sig %u", f->kind, f->job.v,
                   f->attempt, f->site, f->pool, (long long)f->expires_ms, (long long)f->grace_ms,
                   f->signal);
    }
}

static inline void put_core(struct buf *b, struct core *c)
{
    struct cbor_writer v;
    cbor_writer_init(&v, b);
    if (visit_map(&v.v, NULL, false)) {
        visit_core(&v.v, c);
        visit_map_end(&v.v);
    }
}

static inline enum err get_core(struct str bytes, struct core *c, struct errtext *error)
{
    struct arena arena;
    arena_init(&arena);
    struct cbor_reader r;
    cbor_reader_init(&r, bytes, &arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_core(&r.v, c);
        visit_map_end(&r.v);
    }
    enum err e = cbor_reader_finish(&r, error);
    arena_release(&arena);
    return e;
}

/* ---- the engine's side ----------------------------------------------------------------------- */

static inline struct attempt *attempt_find(struct world *w, uint32_t job, uint32_t attempt)
{
    for (size_t i = 0; i < w->attempt_count; i++)
        if (w->attempts[i].job == job && w->attempts[i].attempt == attempt) return &w->attempts[i];
    return NULL;
}

static inline void world_obey(struct world *w)
{
    for (size_t i = 0; i < w->out.effect_count; i++) {
        const struct effect *f = &w->out.effects[i];
        struct attempt *a = attempt_find(w, f->job.v, f->attempt);
        if (f->kind == FX_START && a == NULL) {
            w->attempts =
                mem_grow(w->attempts, &w->attempt_cap, w->attempt_count + 1, sizeof *w->attempts);
            w->attempts[w->attempt_count++] =
                (struct attempt){.job = f->job.v, .attempt = f->attempt};
        } else if (f->kind == FX_STOP && a != NULL) {
            a->stopping = true;
        } else if (f->kind == FX_LIMIT && a != NULL) {
            a->limit_number = f->limit_number;
        } else if (f->kind == FX_FORGET && a != NULL) {
            *a = w->attempts[--w->attempt_count];
        }
    }
}

/* ---- steps
 * --------------------------------------------------------------------------------------- */

static inline enum err world_try(struct world *w, struct event *e, struct errtext *error)
{
    e->now_ms = w->now_ms;
    enum err code = core_admit(w->core, e, error);
    if (code != ERR_NONE) {
        w->refused++;
        return code;
    }
    core_step(w->core, ++w->record, e, &w->out);
    w->stepped++;
    size_t from = w->log.len;
    put_outcome(&w->log, &w->out);
    for (size_t i = 0; i < w->out.decision_count; i++) w->decided[w->out.decisions[i].kind]++;
    struct core_counts counts;
    core_counts(w->core, &counts);
    for (int i = 0; i < REASON_COUNT; i++) w->because[i] += counts.pending_by_reason[i];
    if (w->twin != NULL) {
        core_step(w->twin, w->record, e, &w->twin_out);
        struct buf twin = {0};
        put_outcome(&twin, &w->twin_out);
        bool same = twin.len == w->log.len - from && memcmp(twin.p, w->log.p + from, twin.len) == 0;
        buf_release(&twin);
        if (!same || core_next_tick_ms(w->core) != core_next_tick_ms(w->twin)) {
            fprintf(stderr, "record %llu (%s): the restored core does otherwise\n",
                    (unsigned long long)w->record, event_names[e->kind]);
            abort();
        }
    }
    world_obey(w);
    struct errtext broken;
    if (w->check && core_check(w->core, &broken) != ERR_NONE) {
        fprintf(stderr, "after record %llu (%s): %s\n", (unsigned long long)w->record,
                event_names[e->kind], broken.s);
        abort();
    }
    return ERR_NONE;
}

static inline void world_step(struct world *w, struct event *e)
{
    struct errtext error;
    if (world_try(w, e, &error) == ERR_NONE) return;
    fprintf(stderr, "%s refused: %s\n", event_names[e->kind], error.s);
    abort();
}

static inline void world_tick(struct world *w)
{
    world_step(w, &(struct event){.kind = EVENT_TICK, .actor = STR("clock")});
}

static inline void world_report(struct world *w, int kind, uint32_t job, uint32_t attempt,
                                int exit_code)
{
    struct event e = {.kind = EVENT_REPORT, .actor = STR("engine:local")};
    e.report = (struct report){
        .kind = kind, .job = {job}, .attempt = attempt, .at_ms = w->now_ms, .exit_code = exit_code};
    world_step(w, &e);
}

/* A job's spec with the defaults that a shell would state. */
static inline struct job_spec world_spec(uint32_t chips)
{
    return (struct job_spec){.name = STR("train"),
                             .tenant = STR("acme"),
                             .user = STR("ada"),
                             .uid = 1000,
                             .gid = 1000,
                             .chips = chips,
                             .time_limit_ms = HOUR,
                             .workdir = STR("/home/ada"),
                             .data_known = true,
                             .purpose = STR("research")};
}

static inline enum err world_submit_try(struct world *w, const struct job_spec *spec,
                                        struct errtext *error)
{
    struct job_spec s = *spec;
    struct event e = {
        .kind = EVENT_SUBMIT, .actor = STR("uid:1000"), .actor_uid = s.uid, .spec = &s};
    return world_try(w, &e, error);
}

/* Submit; gives the (first) id. */
static inline uint32_t world_submit(struct world *w, const struct job_spec *spec)
{
    struct errtext error;
    if (world_submit_try(w, spec, &error) != ERR_NONE) {
        fprintf(stderr, "submit refused: %s\n", error.s);
        abort();
    }
    return w->out.first_job.v;
}

static inline const struct job *world_job(const struct world *w, uint32_t id)
{
    return core_job(w->core, (struct job_id){id});
}

static inline void world_do(struct world *w, int kind, uint32_t job)
{
    world_step(w, &(struct event){
                      .kind = kind, .actor = STR("uid:1000"), .actor_uid = 1000, .job = {job}});
}

/* Run a job that was placed to its end. */
static inline void world_finish(struct world *w, uint32_t job, int exit_code)
{
    uint32_t attempt = world_job(w, job)->attempt;
    world_report(w, REPORT_STARTED, job, attempt, 0);
    world_report(w, REPORT_FINISHED, job, attempt, exit_code);
}

/* ---- fleets
 * --------------------------------------------------------------------------------------- */

static inline struct quantity exactly(int64_t milli)
{
    return (struct quantity){true, milli, milli, milli};
}

static inline struct str world_name(struct arena *a, const char *prefix, uint32_t i)
{
    return str_of(arena_printf(a, "%s%u", prefix, i));
}

/* Parties: home (JP), held (SG, parent CN), foreign (CN), landlord (US); tenant acme is home's,
 * boat held's, fog of no known party. Sites: tokyo JP, sydney AU, shanghai CN. */
static inline struct fleet *world_fleet_base(struct arena *a, uint32_t pools)
{
    struct fleet *f = ARENA_NEW(a, struct fleet);
    f->name = STR("test");
    f->party_count = 4;
    f->parties = ARENA_ARRAY(a, 4, struct party);
    static const char *const ids[] = {"home", "held", "foreign", "landlord"};
    static const char *const hqs[] = {"JP", "SG", "CN", "US"};
    for (int i = 0; i < 4; i++) {
        struct party *p = &f->parties[i];
        *p = (struct party){.id = str_of(ids[i]),
                            .name = str_of(ids[i]),
                            .country = str_of(hqs[i]),
                            .hq = str_of(hqs[i]),
                            .lists_known = true,
                            .kinds_known = true,
                            .owners_known = true};
    }
    f->parties[1].owner_count = 1;
    f->parties[1].owners = ARENA_NEW(a, struct owner);
    *f->parties[1].owners =
        (struct owner){.party = STR("foreign"), .share_known = true, .share_ppm = 800000};
    f->chip_count = 3;
    f->chips = ARENA_ARRAY(a, 3, struct chip);
    static const char *const chips[] = {"big", "mid", "small"};
    static const int64_t tpp[] = {16000, 4700, 1000};
    for (int i = 0; i < 3; i++) {
        f->chips[i] = (struct chip){.id = str_of(chips[i]),
                                    .name = str_of(chips[i]),
                                    .vendor = STR("maker"),
                                    .vendor_hq = STR("US"),
                                    .dc_marketed = TRI_YES};
        f->chips[i].tpp = exactly(tpp[i] * 1000);
        f->chips[i].pd = exactly(5000);
        f->chips[i].fp16_tflops = exactly(tpp[i] * 1000 / 16);
        f->chips[i].dram_bw_gbs = exactly(3000000 - 800000 * i);
    }
    f->site_count = 3;
    f->sites = ARENA_ARRAY(a, 3, struct site);
    static const char *const sites[] = {"tokyo", "sydney", "shanghai"};
    static const char *const countries[] = {"JP", "AU", "CN"};
    for (int i = 0; i < 3; i++)
        f->sites[i] = (struct site){.id = str_of(sites[i]),
                                    .name = str_of(sites[i]),
                                    .country = str_of(countries[i]),
                                    .operator_party = STR("home"),
                                    .engine = STR("local"),
                                    .state_funded = TRI_NO,
                                    .public_hub = TRI_NO,
                                    .critical_infrastructure = TRI_NO};
    f->tenant_count = 3;
    f->tenants = ARENA_ARRAY(a, 3, struct tenant);
    static const char *const tenants[] = {"acme", "boat", "fog"};
    static const char *const of[] = {"home", "held", ""};
    for (int i = 0; i < 3; i++) {
        f->tenants[i] = (struct tenant){.id = str_of(tenants[i]),
                                        .party = str_of(of[i]),
                                        .weight = 1,
                                        .user_count = 1,
                                        .is_default = i == 0};
        f->tenants[i].users = ARENA_NEW(a, struct str);
        f->tenants[i].users[0] = STR("*");
    }
    f->pool_count = pools;
    f->pools = ARENA_ARRAY(a, pools, struct pool);
    return f;
}

/* chip NULL: no accelerators. */
static inline struct pool *world_pool(struct arena *a, struct fleet *f, uint32_t at, const char *id,
                                      const char *chip, const char *site, uint32_t nodes,
                                      uint32_t chips_per_node)
{
    struct pool *p = &f->pools[at];
    *p = (struct pool){.id = str_of(arena_printf(a, "%s", id)),
                       .chip = str_of(chip),
                       .site = str_of(site),
                       .chips_per_node = chip != NULL ? chips_per_node : 0,
                       .cpus_per_node = 32,
                       .mem_mb_per_node = 256000,
                       .range_count = 1};
    p->ranges = ARENA_NEW(a, struct node_range);
    p->ranges[0] = (struct node_range){.prefix = str_of(arena_printf(a, "%s-n", id)),
                                       .first = 1,
                                       .count = nodes,
                                       .width = 3,
                                       .numbered = true};
    p->title =
        (struct title){.kind = TITLE_OWNED, .owner = STR("home"), .uusd_per_chip_h = 2000000};
    return p;
}

/* Switches with names, in place of numbers of them. */
static inline void world_switches(struct world *w, struct pool *p, uint64_t seed)
{
    struct wires wires = {0};
    p->nodes_per_switch = 0;
    p->node_count = p->ranges[0].count;
    p->switches = ARENA_ARRAY(&w->arena, WIRES_NAMED_MAX + WIRES_ABOVE_MAX, struct pool_switch);
    wires_leaves(&seed, &w->arena, p, &wires);
    wires_above(&seed, &w->arena, p, &wires);
}

static inline void world_fleet_done(struct arena *a, struct fleet *f)
{
    struct errtext error;
    if (fleet_index(f, a, &error) == ERR_NONE) return;
    fprintf(stderr, "fleet: %s\n", error.s);
    abort();
}

static inline void world_apply(struct world *w, struct fleet *f)
{
    world_step(
        w, &(struct event){
               .kind = EVENT_FLEET, .fleet = f, .actor = STR("uid:0"), .actor_is_operator = true});
}

/* The pools follow from the world's seed; lease ends, drains and permits also from `variant`. */
/* The pool is like the one before it in all that the law sees, or in all but one thing. */
static inline void world_twin(struct world *w, struct rng *r, struct fleet *f, uint32_t at)
{
    struct pool *p = &f->pools[at];
    const struct pool *q = &f->pools[at - 1];
    p->chip = q->chip;
    p->site = q->site;
    p->chips_per_node = q->chips_per_node;
    p->shards_per_chip = q->shards_per_chip;
    p->title = q->title;
    p->title.uusd_per_chip_h += 250000;
    if (rng_one_in(r, 2)) {
        p->title.acquired_ms =
            q->title.acquired_ms == WORLD_T0 ? WORLD_T0 - CIVIL_DAY_MS : WORLD_T0;
    } else if (q->title.evidence_count == 0) {
        p->title.evidence_count = 1;
        p->title.evidence = ARENA_NEW(&w->arena, struct str);
        p->title.evidence[0] = STR("lab_test");
    } else {
        p->title.evidence_count = 0;
    }
}

/* In some worlds two tenants have a budget; from generators of their own, so that the rest stays as it
 * is drawn. */
static inline void world_random_budgets(struct world *w, struct fleet *f, uint64_t variant)
{
    struct rng r = {w->seed ^ 77}, v = {w->seed ^ variant ^ 78};
    if (w->seed % 8 != 1) return;
    for (uint32_t i = 0; i < 2; i++) {
        struct budget *b = &f->tenants[i].budget;
        b->per = BUDGET_EVER + (int)rng_below(&r, 2);
        b->days = b->per == BUDGET_DAYS ? 1 : 0;
        b->from_ms = WORLD_T0 - (int64_t)rng_below(&r, 20) * HOUR;
        if (rng_one_in(&r, 4)) b->from_ms += 24 * HOUR;
        b->amount_uusd =
            (20 + (int64_t)rng_below(&v, 100)) * (b->per == BUDGET_EVER ? 4 : 1) * 1000000;
    }
}

static inline struct fleet *world_random_fleet(struct world *w, uint64_t variant)
{
    struct rng r = {w->seed}, v = {w->seed ^ variant};
    struct arena *a = &w->arena;
    static const char *const chips[] = {"big", "mid", "small"};
    static const char *const sites[] = {"tokyo", "sydney", "shanghai"};
    uint32_t pools = 2 + rng_below(&r, 5);
    struct fleet *f = world_fleet_base(a, pools);
    if (w->seed % 3 == 0) {
        f->preempt = PREEMPT_REQUEUE;
        f->preempt_exempt_ms = 1 + (int64_t)(w->seed % 20) * MINUTE;
    }
    for (uint32_t i = 0; i < pools; i++) {
        bool cpu = rng_one_in(&r, 5);
        struct str id = world_name(a, "pool", i);
        struct pool *p =
            world_pool(a, f, i, id.p, cpu ? NULL : chips[rng_below(&r, 3)], sites[rng_below(&r, 3)],
                       1 + rng_below(&r, 6), 1u << rng_below(&r, 4));
        p->title.uusd_per_chip_h = 500000 * (1 + (int64_t)rng_below(&r, 6));
        p->is_default = i == 0;
        p->drained = rng_one_in(&v, 12);
        if (rng_one_in(&r, 4)) {
            p->title.kind = TITLE_LEASED;
            p->title.lessor = STR("landlord");
            p->title.from_ms = WORLD_T0 + (int64_t)rng_below(&r, 10) * HOUR;
            p->title.to_ms = p->title.from_ms + (4 + (int64_t)rng_below(&v, 40)) * HOUR;
        }
        struct rng own = r; /* shares and switches leave the draw of all else as it is */
        bool is_wired = rng_one_in(&own, 3);
        if (is_wired) p->nodes_per_switch = 1 + rng_below(&own, 3);
        if (!cpu && rng_one_in(&own, 3)) p->shards_per_chip = rng_one_in(&own, 2) ? 4 : 10;
        if (is_wired && rng_one_in(&own, 2)) world_switches(w, p, w->seed + i);
        if (rng_one_in(&r, 5)) p->time_limit_max_ms = (1 + (int64_t)rng_below(&r, 4)) * HOUR;
        if ((w->seed + i) % 5 ==
            0) { /* from the seed: the rest of the world stays as it is drawn */
            p->maintenance = ARENA_NEW(a, struct window);
            p->maintenance_count = 1;
            p->maintenance->from_ms = WORLD_T0 + (int64_t)(w->seed % 23 + 1) * HOUR;
            p->maintenance->to_ms = p->maintenance->from_ms + 2 * HOUR;
        }
        if (w->more_law && !rng_one_in(&r, 4))
            p->title.acquired_ms = WORLD_T0 - (int64_t)rng_below(&r, 2) * CIVIL_DAY_MS;
        if (w->more_law && i > 0 && rng_one_in(&r, 3)) world_twin(w, &r, f, i);
    }
    f->permit_count = 2;
    f->permits = ARENA_ARRAY(a, 2, struct permit);
    for (uint32_t i = 0; i < 2; i++)
        f->permits[i] = (struct permit){.id = i == 0 ? STR("permit-a") : STR("permit-b"),
                                        .rule = STR("R-LICENCE"),
                                        .holder = i == 0 ? STR("home") : STR("held"),
                                        .unit = STR("chips"),
                                        .amount_known = true,
                                        .amount = 4 + rng_below(&v, 12),
                                        .issuer = STR("authority")};
    world_random_budgets(w, f, variant);
    world_fleet_done(a, f);
    return f;
}

/* ---- law
 * -------------------------------------------------------------------------------------------- */

static inline struct law_source world_source(void)
{
    return (struct law_source){.cite = STR("Test Act 1"),
                               .source = STR("https://law.example/1"),
                               .read_ms = WORLD_T0,
                               .confidence = STR("high"),
                               .basis = STR("verbatim")};
}

static inline struct law_rule world_rule(const char *id, const char *when, int effect)
{
    return (struct law_rule){
        .id = str_of(id),
        .title = str_of(id),
        .law = STR("XX"),
        .level = LEVEL_ACT,
        .effective_ms = WORLD_T0 - CIVIL_DAY_MS,
        .acts = 1u << ACT_PLACE,
        .when = str_of(when),
        .then = {.effect = effect,
                 .authority = STR("authority"),
                 .policy = effect == EFFECT_LICENCE ? POLICY_APPROVE : POLICY_NONE},
        .source = world_source()};
}

static inline struct law_pack *world_pack(struct arena *a, const struct law_rule *rules,
                                          uint32_t count)
{
    struct law_pack *p = ARENA_NEW(a, struct law_pack);
    p->id = STR("test");
    p->digest = STR("0000000000000000000000000000000000000000000000000000000000000000");
    p->title = STR("test rules");
    p->jurisdiction = STR("XX");
    p->rules = ARENA_ARRAY(a, count, struct law_rule);
    for (uint32_t i = 0; i < count; i++) p->rules[i] = rules[i];
    p->rule_count = count;
    return p;
}

static inline void world_adopt(struct world *w, const struct law_rule *rules, uint32_t count)
{
    struct law_pack *p = world_pack(&w->arena, rules, count);
    world_step(w, &(struct event){.kind = EVENT_PACKS,
                                  .packs = p,
                                  .pack_count = 1,
                                  .actor = STR("uid:0"),
                                  .actor_is_operator = true});
}

/* Some of: a ban of chips acquired late; a test to be on record; data that must stay; a ban of some
 * end users. */
static inline uint32_t world_more_law(struct world *w, struct law_rule *rules, uint32_t n)
{
    struct rng *r = &w->rng;
    if (rng_one_in(r, 2)) {
        rules[n] =
            world_rule("R-AGE", "chip.tpp > 4000.0 && chain.tenant.country == 'SG'", EFFECT_FORBID);
        rules[n++].grandfather_ms = WORLD_T0 - HOUR;
    }
    if (rng_one_in(r, 4)) {
        rules[n] = world_rule("R-TEST", "chip.tpp > 900.0 && amount > 2", EFFECT_CONDITION);
        rules[n].permit = PERMIT_NONE;
        rules[n].then.evidence = ARENA_NEW(&w->arena, struct str);
        rules[n].then.evidence[0] = STR("lab_test");
        rules[n++].then.evidence_count = 1;
    }
    if (rng_one_in(r, 2))
        rules[n++] = world_rule(
            "R-STAYS", "data.exists(d, d.located == 'CN') && site.country != 'CN'", EFFECT_FORBID);
    if (rng_one_in(r, 2))
        rules[n++] = world_rule(
            "R-END", "chip.tpp > 4000.0 && chain.end_user.country in ['CN', 'US']", EFFECT_FORBID);
    return n;
}

/* Some of: a ban of big chips for parties with a parent in CN, from a date, perhaps suspended; a
 * licence for big chips in AU; evidence for personal data in JP; a ban that ends; a cap
 * on what somebody may use; with `more_law` also those above. */
static inline void world_random_law(struct world *w)
{
    struct rng *r = &w->rng;
    struct law_rule rules[9];
    uint32_t n = 0;
    if (!rng_one_in(r, 3)) {
        rules[n] = world_rule(
            "R-BAN", "chip.tpp > 4800.0 && chain.tenant.ultimate_parent_hq == 'CN'", EFFECT_FORBID);
        if (rng_one_in(r, 2)) rules[n].effective_ms = w->now_ms + (int64_t)rng_below(r, 20) * HOUR;
        n++;
    }
    if (!rng_one_in(r, 3))
        rules[n++] =
            world_rule("R-LICENCE", "chip.tpp > 4000.0 && site.country == 'AU'", EFFECT_LICENCE);
    if (!rng_one_in(r, 3)) {
        rules[n] =
            world_rule("R-DATA", "site.country == 'CN' && data.exists(d, d.class == 'personal')",
                       EFFECT_CONDITION);
        rules[n].then.evidence = ARENA_NEW(&w->arena, struct str);
        rules[n].then.evidence[0] = STR("standard_contract");
        rules[n].then.evidence_count = 1;
        n++;
    }
    if (rng_one_in(r, 2)) {
        rules[n] =
            world_rule("R-CLOSED", "site.country == 'JP' && chip.tpp > 15000.0", EFFECT_FORBID);
        rules[n].effective_ms = w->now_ms + (int64_t)rng_below(r, 12) * HOUR;
        rules[n].until_ms = rules[n].effective_ms + (1 + (int64_t)rng_below(r, 10)) * HOUR;
        n++;
    }
    if (w->more_law) n = world_more_law(w, rules, n);
    if (!rng_one_in(r, 3)) {
        static const char *const by[] = {"tenant", "end_user", "site", "country", "all"};
        rules[n] = world_rule("R-CAP", "chip.tpp > 4000.0 && end_use == 'research'",
                              rng_one_in(r, 2) ? EFFECT_FORBID : EFFECT_LICENCE);
        rules[n].cap =
            (struct law_cap){.present = true,
                             .sum = rng_one_in(r, 2) ? STR("amount") : STR("double(amount) * 1.5"),
                             .by = str_of(by[rng_below(r, 5)]),
                             .window = WINDOW_YEAR + (int)rng_below(r, 4),
                             .at_most_milli = 1000 * (1 + (int64_t)rng_below(r, 40)),
                             .unit = STR("units")};
        if (rules[n].cap.window == WINDOW_DAYS) rules[n].cap.days = 1 + rng_below(r, 2);
        if (rng_one_in(r, 4)) rules[n].until_ms = w->now_ms + (int64_t)rng_below(r, 30) * HOUR;
        n++;
    }
    world_adopt(w, rules, n);
}

/* ---- random life
 * --------------------------------------------------------------------------------------- */

static inline void world_random_spec(struct world *w, struct job_spec *s)
{
    struct rng *r = &w->rng;
    struct arena *a = &w->arena;
    *s = world_spec(rng_one_in(r, 4) ? 0 : 1 + rng_below(r, 8));
    static const char *const tenants[] = {"acme", "boat", "fog"};
    static const char *const chips[] = {"big", "mid", "small"};
    static const char *const countries[] = {"JP", "AU", "CN"};
    s->tenant = str_of(tenants[rng_below(r, 3)]);
    s->name = world_name(a, "job", rng_below(r, 4));
    s->priority = rng_one_in(r, 4) ? (int32_t)rng_below(r, 5) : 0;
    s->time_limit_ms = rng_one_in(r, 6) ? 0 : (1 + (int64_t)rng_below(r, 12)) * 20 * MINUTE;
    if (s->chips > 0 && rng_one_in(r, 4)) {
        s->chips_per_node = 1 + rng_below(r, 4);
        s->nodes = 1 + rng_below(r, 3);
        s->chips = 0;
    } else if (s->chips > 1 && rng_one_in(r, 4)) {
        s->nodes = 1 + rng_below(r, s->chips);
    }
    struct rng own = *r; /* shares and switches leave the draw of all else as it is */
    if (rng_one_in(&own, 6)) {
        s->switches = 1 + rng_below(&own, 2);
        s->switches_wait_ms = (int64_t)rng_below(&own, 200) * MINUTE;
    }
    if (s->chips == 1 && s->nodes == 0 && rng_one_in(&own, 3)) {
        if (rng_one_in(&own, 2))
            s->chip_milli = 1 + rng_below(&own, 999);
        else
            s->shards = 1 + rng_below(&own, 6);
    }
    if (s->chips == 0 && s->chips_per_node == 0) {
        s->tasks = 1 + rng_below(r, 40);
        s->cpus_per_task = 1 + rng_below(r, 3);
    }
    if (rng_one_in(r, 3)) s->mem_mb_per_node = 1000 * (1 + (uint64_t)rng_below(r, 256));
    s->exclusive = rng_one_in(r, 10);
    if (rng_one_in(r, 4)) {
        s->chip_kind_count = 1 + rng_below(r, 2);
        s->chip_kinds = ARENA_ARRAY(a, 2, struct str);
        for (int i = 0; i < 2; i++) s->chip_kinds[i] = str_of(chips[rng_below(r, 3)]);
    }
    if (rng_one_in(r, 5)) {
        s->chip_prefer_count = 1;
        s->chip_prefer = ARENA_NEW(a, struct str);
        s->chip_prefer[0] = str_of(chips[rng_below(r, 3)]);
    }
    if (rng_one_in(r, 6)) {
        s->country_count = 1;
        s->countries = ARENA_NEW(a, struct str);
        s->countries[0] = str_of(countries[rng_below(r, 3)]);
    }
    if (rng_one_in(r, 6)) s->max_uusd_per_chip_h = 1000000 * (1 + (int64_t)rng_below(r, 3));
    if (rng_one_in(r, 8)) s->begin_ms = w->now_ms + (int64_t)rng_below(r, 5) * HOUR;
    if (rng_one_in(r, 10)) s->deadline_ms = w->now_ms + (8 + (int64_t)rng_below(r, 20)) * HOUR;
    s->hold = rng_one_in(r, 12);
    s->no_requeue = rng_one_in(r, 5);
    if (rng_one_in(r, 3)) s->checkpoint_s = 600;
    static const char *const types[] = {"lm", "resnet", "new"};
    if (rng_one_in(r, 3)) s->work.type = str_of(types[rng_below(r, 3)]);
    if (rng_one_in(r, 4)) s->work.steps = 1000 * (1 + (int64_t)rng_below(r, 20));
    if (rng_one_in(r, 4)) s->signal_number = 10;
    if (rng_one_in(r, 4)) {
        s->data = ARENA_NEW(a, struct data_set);
        s->data[0] = (struct data_set){
            .class = STR("personal"), .subject_country = STR("CN"), .located = STR("CN")};
        s->data_count = 1;
    }
    if (rng_one_in(r, 4)) {
        s->evidence = ARENA_NEW(a, struct str);
        s->evidence[0] = STR("standard_contract");
        s->evidence_count = 1;
    }
    if (rng_one_in(r, 6)) {
        s->array_count = 1 + rng_below(r, 6);
        s->array_tasks = ARENA_ARRAY(a, s->array_count, uint32_t);
        for (uint32_t i = 0; i < s->array_count; i++) s->array_tasks[i] = i * 2;
        s->array_limit = rng_below(r, 3);
    }
    uint32_t jobs = w->stepped; /* ids are of that order */
    if (rng_one_in(r, 4) && jobs > 1) {
        static const int kinds[] = {DEPENDENCY_AFTER, DEPENDENCY_AFTER_ANY, DEPENDENCY_AFTER_OK,
                                    DEPENDENCY_AFTER_NOTOK, DEPENDENCY_SINGLETON};
        s->dependency_count = 1 + rng_below(r, 2);
        s->dependencies = ARENA_ARRAY(a, 2, struct dependency);
        for (int i = 0; i < 2; i++) {
            s->dependencies[i].kind = kinds[rng_below(r, 5)];
            if (s->dependencies[i].kind != DEPENDENCY_SINGLETON)
                s->dependencies[i].job = 1 + rng_below(r, jobs);
            bool corr = s->array_count > 0 && s->dependencies[i].kind == DEPENDENCY_AFTER_OK;
            if (corr) s->dependencies[i].kind = DEPENDENCY_AFTER_CORR;
        }
        s->dependency_any = rng_one_in(r, 3);
    }
}

static inline uint32_t world_any_job(struct world *w)
{
    uint32_t count = 0, pick = 0;
    for (const struct job *j = core_job_after(w->core, (struct job_id){0}); j != NULL;
         j = core_job_after(w->core, j->id))
        if (rng_below(&w->rng, ++count) == 0) pick = j->id.v;
    return pick;
}

static inline void world_random_update(struct world *w)
{
    struct job_spec s;
    world_random_spec(w, &s);
    struct event e = {.kind = EVENT_UPDATE,
                      .actor_uid = 1000,
                      .spec = &s,
                      .actor_is_operator = true,
                      .job = {world_any_job(w)}};
    e.update_fields = 1u << rng_below(&w->rng, UPDATE_FIELD_COUNT);
    struct errtext error;
    world_try(w, &e, &error);
}

static inline void world_random_nodes(struct world *w)
{
    const struct fleet *f = core_fleet(w->core);
    const struct pool *p = &f->pools[rng_below(&w->rng, f->pool_count)];
    struct node_change n = {.pool = p->id,
                            .first = rng_below(&w->rng, p->node_count),
                            .count = rng_below(&w->rng, 2),
                            .state = NODE_UP};
    if (rng_one_in(&w->rng, 3)) n.state = (int)rng_below(&w->rng, NODE_STATE_COUNT);
    if (n.count == 0) n.state = NODE_UP;
    if (p->node_count % 2 == 0) n.reason = STR("bad fan");
    world_step(w, &(struct event){.kind = EVENT_NODES, .nodes = &n, .node_change_count = 1});
}

static inline void world_random_progress(struct world *w, struct attempt a)
{
    struct rng *r = &w->rng;
    struct event e = {.kind = EVENT_PROGRESS, .actor = STR("uid:1000"), .actor_uid = 1000};
    e.heartbeat = (struct heartbeat){.job = {a.job},
                                     .attempt = a.attempt,
                                     .steps = rng_below(r, 1000),
                                     .total = rng_one_in(r, 3) ? 1000 : 0,
                                     .checkpoint = rng_one_in(r, 2)};
    struct errtext error;
    world_try(w, &e, &error);
}

static inline void world_random_report(struct world *w)
{
    struct rng *r = &w->rng;
    if (w->attempt_count == 0) return;
    struct attempt a = w->attempts[rng_below(r, (uint32_t)w->attempt_count)];
    if (rng_one_in(r, 5)) {
        world_random_progress(w, a);
        return;
    }
    if (a.limit_number > 0 && rng_one_in(r, 2)) a.running = a.stopping = false; /* confirms it */
    if (rng_one_in(r, 12)) a.attempt = 1 + rng_below(r, 3); /* stale, or of the future */
    struct event e = {.kind = EVENT_REPORT, .actor = STR("engine:local")};
    e.report = (struct report){.kind = REPORT_STARTED,
                               .job = {a.job},
                               .attempt = a.attempt,
                               .limit_number = a.limit_number};
    if (a.running || a.stopping) {
        static const int kinds[] = {REPORT_FINISHED, REPORT_FINISHED, REPORT_FINISHED, REPORT_GONE,
                                    REPORT_REJECTED};
        e.report.kind = kinds[rng_below(r, a.running ? 4 : 5)];
        e.report.exit_code = rng_one_in(r, 4) ? 1 : 0;
        e.report.timed_out = rng_one_in(r, 8);
    }
    struct attempt *own = attempt_find(w, a.job, a.attempt);
    if (own != NULL && e.report.kind == REPORT_STARTED) own->running = true;
    world_step(w, &e);
}

/* Speeds of two types; which rows there are is chance. */
static inline void world_random_speeds(struct world *w)
{
    struct rng *r = &w->rng;
    static const char *const types[] = {"lm", "resnet"};
    static const char *const chips[] = {"big", "mid", "small"};
    struct speeds t = {.rows = ARENA_ARRAY(&w->arena, 12, struct speed_row),
                       .types = ARENA_NEW(&w->arena, struct speed_type),
                       .type_count = rng_below(r, 2)};
    t.types[0] = (struct speed_type){STR("lm"), 1 + rng_below(r, 400000), STR("test")};
    for (int type = 0; type < 2; type++)
        for (int chip = 0; chip < 3; chip++)
            for (uint32_t n = 1; n <= 8; n *= 8)
                if (rng_one_in(r, 2))
                    t.rows[t.row_count++] = (struct speed_row){
                        str_of(types[type]), str_of(chips[chip]), n,
                        (1 + (int64_t)rng_below(r, 3000)) * 1000 * n, STR("test")};
    world_step(w, &(struct event){.kind = EVENT_SPEEDS, .speeds = &t, .actor_is_operator = true});
}

/* One random event, after some time has passed. */
static inline void world_random(struct world *w)
{
    struct rng *r = &w->rng;
    struct errtext error;
    if (w->arena.used_bytes > 1000000) arena_clear(&w->arena);
    if (rng_one_in(r, 2)) w->now_ms += rng_below(r, 20 * 60000);
    if (rng_one_in(r, 20)) w->now_ms += rng_below(r, 2 * 3600000);
    uint32_t what = rng_below(r, 100);
    struct event e = {
        .actor_uid = 1000, .job = {world_any_job(w)}, .actor_is_operator = rng_one_in(r, 3)};
    if (what < 30) {
        struct job_spec s;
        world_random_spec(w, &s);
        world_submit_try(w, &s, &error);
    } else if (what < 70) {
        world_random_report(w);
    } else if (what < 75) {
        e.kind = EVENT_CANCEL;
        world_try(w, &e, &error);
    } else if (what < 78) {
        e.kind = rng_one_in(r, 3) ? EVENT_HOLD : EVENT_RELEASE;
        if (rng_one_in(r, 2)) e.actor_uid = 0;
        world_try(w, &e, &error);
    } else if (what < 80) {
        e.kind = EVENT_REQUEUE;
        world_try(w, &e, &error);
    } else if (what < 86) {
        world_random_update(w);
    } else if (what < 88) {
        world_random_nodes(w);
    } else if (what < 89) {
        if (rng_one_in(r, 2))
            world_random_law(w);
        else
            world_random_speeds(w);
    } else if (what < 90) {
        e.kind = EVENT_FLEET;
        e.actor_is_operator = true;
        e.fleet = world_random_fleet(w, rng_next(r));
        world_try(w, &e, &error);
    } else {
        int64_t next = core_next_tick_ms(w->core);
        if (next != CIVIL_NEVER_MS && next > w->now_ms && next < w->now_ms + 6 * HOUR)
            w->now_ms = next;
        e.kind = EVENT_TICK;
        e.resume = rng_one_in(r, 5);
        world_try(w, &e, &error);
    }
}

#endif
