/* masks.c - the answers that the placer keeps against the law read literally, and how fast both
 * are.
 *
 *     masks LAW_DIR CHIPS_CSV [TRIPLES [SEED]]      default: 10000000 triples, seed 1
 *
 * A random fleet of invented parties, sites and pools, its words (evidence, lists, rules of
 * permits) taken from the packs themselves so that their rules are met and missed, and random jobs
 * that all wait: every pool is drained. Then the clock moves to random dates, between some of them
 * the owner changes which levels bind; then another fleet follows. On each date every (job, pool)
 * is asked of the core's masks (core_may) and compared with law_decide, the literal evaluator, on
 * the case built anew. The literal answer is worked out once for each kind of job, pool and date,
 * where a kind is what this program drew, not what the core takes for the same. Any mismatch ends
 * the run with status 1.
 *
 * Times are of this thread's CPU. */
#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "core/core.h"
#include "core/explain.h"
#include "read/chips_csv.h"
#include "read/pack_yaml.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PARTIES = 48,
    HEADS = 12, /* parties without owners */
    SITES = 32,
    TENANTS = 40,
    GROUPS = 80, /* pools that differ in what the law sees */
    TWINS = 2, /* pools that differ in price and size alone, of each group */
    POOLS = GROUPS * TWINS,
    PERMITS = 60,
    KINDS = 64, /* jobs that differ in what the law sees */
    JOBS = 2048,
    DATES = 8, /* of one fleet */
    WORLDS_MAX = 1000, /* fleets */
    WORDS_MAX = 2000,
};

struct words {
    struct str at[WORDS_MAX];
    uint32_t count;
};

struct bench {
    struct arena arena;
    uint64_t seed;
    struct law_pack *packs;
    uint32_t pack_count;
    struct chip *chips;
    uint32_t chip_count;
    struct words evidence, lists, rules; /* that the packs name */
    struct core *core;
    struct outcome out;
    uint64_t record;
    struct job_spec kinds[KINDS];
    uint32_t ids[JOBS], kind_of[JOBS];
    bool literal[KINDS][POOLS]; /* on this date */
    uint64_t triples, allowed, not_asked, decided, mismatches;
    uint32_t worlds, dates;
    double mask_s, literal_s, change_s;
};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static uint32_t below(struct bench *b, uint32_t n)
{
    uint64_t z = (b->seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) % n);
}

static bool one_in(struct bench *b, uint32_t n)
{
    return below(b, n) == 0;
}

/* ---- words of the packs ---------------------------------------------------------------------- */

static void learn(struct words *w, struct str word)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (str_eq(w->at[i], word)) return;
    if (word.len > 0 && w->count < WORDS_MAX) w->at[w->count++] = word;
}

static void learn_pack(struct bench *b, const struct law_pack *p)
{
    for (uint32_t i = 0; i < p->ownership_count; i++)
        for (uint32_t k = 0; k < p->ownerships[i].list_count; k++)
            learn(&b->lists, p->ownerships[i].lists[k]);
    for (uint32_t i = 0; i < p->rule_count; i++) {
        const struct law_rule *r = &p->rules[i];
        for (uint32_t k = 0; k < r->then.evidence_count; k++)
            learn(&b->evidence, r->then.evidence[k]);
        for (uint32_t k = 0; k < r->need_count; k++) learn(&b->evidence, r->needs[k]);
        learn(&b->evidence, r->doubt.confirmed_by);
        learn(&b->evidence, r->doubt.denied_by);
        if (r->then.effect == EFFECT_LICENCE) learn(&b->rules, r->id);
    }
}

/* Up to `most` of the words. */
static struct str *some(struct bench *b, const struct words *w, uint32_t most, uint32_t *count_out)
{
    struct str *out = ARENA_ARRAY(&b->arena, most, struct str);
    *count_out = w->count > 0 ? below(b, most + 1) : 0;
    for (uint32_t i = 0; i < *count_out; i++) out[i] = w->at[below(b, w->count)];
    return out;
}

static struct str country(struct bench *b)
{
    static const char *const codes[] = {"US", "CN", "CN", "CN", "DE", "FR", "NL", "MY",
                                        "SG", "TW", "JP", "VN", "ID", "IN", "AE", "SA",
                                        "KR", "HK", "AU", "BR", "RU", "KZ"};
    return str_of(codes[below(b, sizeof codes / sizeof *codes)]);
}

static int64_t date(struct bench *b)
{
    int64_t from = civil_days(2021, 1, 1), to = civil_days(2030, 1, 1);
    return (from + below(b, (uint32_t)(to - from))) * CIVIL_DAY_MS;
}

static struct str name(struct bench *b, const char *prefix, uint32_t i)
{
    return str_of(arena_printf(&b->arena, "%s%u", prefix, i));
}

/* ---- the fleet ------------------------------------------------------------------------------- */

static void draw_party(struct bench *b, struct fleet *f, uint32_t i)
{
    static const char *const kinds[] = {"critical-infrastructure", "state-owned", "government",
                                        "public-sector",           "us-person",   "bona-fide"};
    struct party *p = &f->parties[i];
    *p = (struct party){.id = name(b, "party", i), .name = name(b, "Invented ", i)};
    p->country = country(b);
    if (!one_in(b, 6)) p->hq = country(b);
    p->lists_known = !one_in(b, 8);
    if (p->lists_known && one_in(b, 4)) p->lists = some(b, &b->lists, 2, &p->list_count);
    p->kinds_known = !one_in(b, 8);
    if (p->kinds_known && one_in(b, 3)) {
        p->kinds = ARENA_NEW(&b->arena, struct str);
        p->kinds[p->kind_count++] = str_of(kinds[below(b, sizeof kinds / sizeof *kinds)]);
    }
    p->owners_known = !one_in(b, 6);
    if (!p->owners_known || i < HEADS) return;
    p->owners = ARENA_ARRAY(&b->arena, 2, struct owner);
    p->owner_count = 1 + below(b, 2);
    for (uint32_t k = 0; k < p->owner_count; k++) {
        struct owner *o = &p->owners[k];
        *o = (struct owner){.party = f->parties[below(b, i)].id, .share_known = !one_in(b, 8)};
        o->share_ppm = o->share_known ? (int32_t)(50000 * below(b, 11)) : 0;
        if (one_in(b, 4)) o->from_ms = date(b);
        if (o->from_ms == 0 && one_in(b, 4)) o->to_ms = date(b);
    }
}

static void draw_site(struct bench *b, struct fleet *f, uint32_t i)
{
    struct site *s = &f->sites[i];
    *s = (struct site){.id = name(b, "site", i), .name = name(b, "Hall ", i)};
    s->country = country(b);
    s->engine = STR("local");
    if (!one_in(b, 10)) s->operator_party = f->parties[below(b, PARTIES)].id;
    s->state_funded = (int)below(b, 3);
    s->public_hub = (int)below(b, 3);
    s->critical_infrastructure = (int)below(b, 3);
    s->build_progress_known = !one_in(b, 4);
    if (s->build_progress_known) s->build_progress_ppm = (int32_t)(100000 * below(b, 11));
}

static void draw_title(struct bench *b, const struct fleet *f, struct title *t)
{
    *t = (struct title){.kind = (int)below(b, TITLE_COUNT)};
    if (!one_in(b, 10)) t->owner = f->parties[below(b, PARTIES)].id;
    if (t->kind == TITLE_LEASED) t->lessor = f->parties[below(b, PARTIES)].id;
    if (one_in(b, 4)) {
        t->intermediaries = ARENA_NEW(&b->arena, struct str);
        t->intermediaries[t->intermediary_count++] = f->parties[below(b, PARTIES)].id;
    }
    if (!one_in(b, 3)) t->acquired_ms = date(b);
    t->evidence = some(b, &b->evidence, 6, &t->evidence_count);
}

/* One thing that the law sees, drawn again. */
static void vary_pool(struct bench *b, const struct fleet *f, struct pool *p)
{
    struct title other;
    draw_title(b, f, &other);
    switch (below(b, 6)) {
    case 0: p->title.owner = other.owner; break;
    case 1: p->title.acquired_ms = other.acquired_ms; break;
    case 2:
        p->title.evidence = other.evidence;
        p->title.evidence_count = other.evidence_count;
        break;
    case 3:
        p->title.intermediaries = other.intermediaries;
        p->title.intermediary_count = other.intermediary_count;
        break;
    case 4: p->site = f->sites[below(b, SITES)].id; break;
    default:
        if (p->chip.len > 0) p->chip = f->chips[below(b, f->chip_count)].id;
    }
}

static void draw_pool(struct bench *b, struct fleet *f, uint32_t i)
{
    struct pool *p = &f->pools[i];
    if (i % TWINS != 0) {
        *p = f->pools[i - i % TWINS];
    } else if (i > 0 && one_in(b, 2)) {
        *p = f->pools[i - TWINS];
        vary_pool(b, f, p);
    } else {
        bool has_chips = !one_in(b, 16);
        *p = (struct pool){.cpus_per_node = 128, .mem_mb_per_node = 1000000, .drained = true};
        if (has_chips) p->chip = f->chips[below(b, f->chip_count)].id;
        p->chips_per_node = has_chips ? 8 : 0;
        p->site = f->sites[below(b, SITES)].id;
        draw_title(b, f, &p->title);
    }
    p->id = name(b, "pool", i);
    p->title.uusd_per_chip_h = 100000 * (1 + (int64_t)below(b, 40));
    p->ranges = ARENA_NEW(&b->arena, struct node_range);
    p->range_count = 1;
    p->ranges[0] = (struct node_range){.prefix = str_of(arena_printf(&b->arena, "p%u-n", i)),
                                       .first = 1,
                                       .count = 64 + below(b, 200),
                                       .numbered = true};
}

static void draw_rest(struct bench *b, struct fleet *f)
{
    f->tenants = ARENA_ARRAY(&b->arena, TENANTS, struct tenant);
    f->tenant_count = TENANTS;
    for (uint32_t i = 0; i < TENANTS; i++) {
        struct tenant *t = &f->tenants[i];
        *t = (struct tenant){.id = name(b, "tenant", i), .weight = 1, .is_default = i == 0};
        if (!one_in(b, 12)) t->party = f->parties[below(b, PARTIES)].id;
        t->users = ARENA_NEW(&b->arena, struct str);
        t->users[t->user_count++] = STR("*");
    }
    if (b->rules.count == 0) return;
    f->permits = ARENA_ARRAY(&b->arena, PERMITS, struct permit);
    f->permit_count = PERMITS;
    for (uint32_t i = 0; i < PERMITS; i++) {
        struct permit *p = &f->permits[i];
        *p = (struct permit){.id = name(b, "permit", i), .unit = STR("chips")};
        p->rule = b->rules.at[below(b, b->rules.count)];
        p->holder = f->parties[below(b, PARTIES)].id;
        p->amount_known = !one_in(b, 5);
        p->amount = p->amount_known ? 64 * (1 + (int64_t)below(b, 20)) : 0;
        if (p->amount_known) p->used = below(b, (uint32_t)p->amount);
        if (one_in(b, 2)) p->from_ms = date(b);
        if (one_in(b, 2)) p->to_ms = (p->from_ms != 0 ? p->from_ms : date(b)) + 400 * CIVIL_DAY_MS;
    }
}

static enum err draw_fleet(struct bench *b, struct fleet *f, struct errtext *t)
{
    *f = (struct fleet){.name = STR("masks"), .chips = b->chips, .chip_count = b->chip_count};
    f->parties = ARENA_ARRAY(&b->arena, PARTIES, struct party);
    f->sites = ARENA_ARRAY(&b->arena, SITES, struct site);
    f->pools = ARENA_ARRAY(&b->arena, POOLS, struct pool);
    f->party_count = PARTIES;
    f->site_count = SITES;
    f->pool_count = POOLS;
    for (uint32_t i = 0; i < PARTIES; i++) draw_party(b, f, i);
    for (uint32_t i = 0; i < SITES; i++) draw_site(b, f, i);
    for (uint32_t i = 0; i < POOLS; i++) draw_pool(b, f, i);
    draw_rest(b, f);
    return fleet_index(f, &b->arena, t);
}

/* ---- the jobs -------------------------------------------------------------------------------- */

static void draw_data(struct bench *b, struct job_spec *s)
{
    s->data = NULL;
    s->data_count = 0;
    s->data_known = !one_in(b, 6);
    if (!s->data_known || one_in(b, 3)) return;
    s->data = ARENA_ARRAY(&b->arena, 2, struct data_set);
    s->data_count = 1 + below(b, 2);
    for (uint32_t i = 0; i < s->data_count; i++) {
        struct data_set *d = &s->data[i];
        *d = (struct data_set){.class = str_of(data_class_names[below(b, 6)])};
        d->subject_country = country(b);
        if (!one_in(b, 4)) d->located = country(b);
        if (one_in(b, 3)) d->accessed_from = country(b);
        d->persons_known = !one_in(b, 3);
        if (d->persons_known) d->persons = (int64_t)below(b, 40) * 50000;
    }
}

/* One thing that the law sees, drawn again. */
static void vary_kind(struct bench *b, struct job_spec *s)
{
    switch (below(b, 6)) {
    case 0: s->chips = 8u << below(b, 6); break;
    case 1: s->tenant = name(b, "tenant", below(b, TENANTS)); break;
    case 2: s->end_user = name(b, "party", below(b, PARTIES)); break;
    case 3: s->purpose = str_of(end_use_names[below(b, 9)]); break;
    case 4: s->evidence = some(b, &b->evidence, 12, &s->evidence_count); break;
    default: draw_data(b, s);
    }
}

static void draw_kind(struct bench *b, uint32_t i)
{
    struct job_spec *s = &b->kinds[i];
    if (i > 0 && one_in(b, 2)) {
        *s = b->kinds[i - 1];
        vary_kind(b, s);
        return;
    }
    *s = (struct job_spec){.name = STR("job"), .user = STR("ada"), .workdir = STR("/home/ada")};
    s->uid = s->gid = 1000;
    s->chips = 8u << below(b, 6);
    s->tenant = name(b, "tenant", below(b, TENANTS));
    if (one_in(b, 4)) s->end_user = name(b, "party", below(b, PARTIES));
    if (!one_in(b, 8)) s->purpose = str_of(end_use_names[below(b, 9)]);
    s->evidence = some(b, &b->evidence, 12, &s->evidence_count);
    draw_data(b, s);
}

static bool step(struct bench *b, struct event *e)
{
    struct errtext t;
    e->actor = STR("uid:0");
    e->actor_is_operator = true;
    if (core_admit(b->core, e, &t) != ERR_NONE)
        return fprintf(stderr, "%s: %s\n", event_names[e->kind], t.s), false;
    core_step(b->core, ++b->record, e, &b->out);
    return true;
}

/* Jobs of one kind differ in what the law does not see. */
static bool submit(struct bench *b, int64_t now_ms)
{
    for (uint32_t i = 0; i < KINDS; i++) draw_kind(b, i);
    for (uint32_t i = 0; i < JOBS; i++) {
        b->kind_of[i] = below(b, KINDS);
        struct job_spec s = b->kinds[b->kind_of[i]];
        s.priority = (int32_t)below(b, 100);
        s.time_limit_ms = (1 + (int64_t)below(b, 4)) * 3600000;
        s.checkpoint_s = 600 * below(b, 2);
        struct event e = {.kind = EVENT_SUBMIT, .now_ms = now_ms, .spec = &s};
        e.actor_uid = s.uid;
        if (!step(b, &e)) return false;
        b->ids[i] = b->out.first_job.v;
    }
    return true;
}

/* ---- one date -------------------------------------------------------------------------------- */

static void read_literally(struct bench *b, struct arena *a)
{
    double begin = cpu_s();
    for (uint32_t k = 0; k < KINDS; k++) {
        for (uint32_t p = 0; p < POOLS; p++) {
            struct law_case x;
            struct law_verdict v;
            arena_clear(a);
            core_case(b->core, &b->kinds[k], p, core_now_ms(b->core), a, &x);
            law_decide(core_law(b->core), &x, a, &v);
            b->literal[k][p] = v.allowed;
            b->decided++;
        }
    }
    b->literal_s += cpu_s() - begin;
}

/* Nothing but look-ups; the sum keeps them from being left out. */
static uint64_t read_masks(struct bench *b, uint64_t *asked_out)
{
    uint64_t yes = 0, asked = 0;
    double begin = cpu_s();
    for (uint32_t i = 0; i < JOBS; i++) {
        const struct job *j = core_job(b->core, (struct job_id){b->ids[i]});
        for (uint32_t p = 0; j != NULL && p < POOLS; p++) {
            enum tri may = core_may(b->core, j, (struct pool_id){p});
            yes += may == TRI_YES;
            asked += may != TRI_UNKNOWN;
        }
    }
    b->mask_s += cpu_s() - begin;
    *asked_out = asked;
    return yes;
}

static void compare(struct bench *b)
{
    uint64_t asked, yes = read_masks(b, &asked);
    b->triples += asked;
    b->allowed += yes;
    b->not_asked += (uint64_t)JOBS * POOLS - asked;
    for (uint32_t i = 0; i < JOBS; i++) {
        const struct job *j = core_job(b->core, (struct job_id){b->ids[i]});
        for (uint32_t p = 0; j != NULL && p < POOLS; p++) {
            enum tri may = core_may(b->core, j, (struct pool_id){p});
            bool literal = b->literal[b->kind_of[i]][p];
            if (may == TRI_UNKNOWN || (may == TRI_YES) == literal) continue;
            if (b->mismatches++ < 10)
                printf("MISMATCH: job %u in pool %u on %" PRId64 ": kept %s, literally %d\n",
                       b->ids[i], p, core_now_ms(b->core), tri_names[may], literal);
        }
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int order_dates(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static bool begin(struct bench *b, int64_t now_ms)
{
    struct fleet f;
    struct errtext t;
    b->core = core_new();
    outcome_init(&b->out);
    if (draw_fleet(b, &f, &t) != ERR_NONE) return fprintf(stderr, "%s\n", t.s), false;
    struct event packs = {.kind = EVENT_PACKS, .now_ms = now_ms, .packs = b->packs};
    packs.pack_count = b->pack_count;
    struct event fleet = {.kind = EVENT_FLEET, .now_ms = now_ms, .fleet = &f};
    return step(b, &packs) && step(b, &fleet) && submit(b, now_ms);
}

/* The clock alone, or the clock and what binds. */
static bool move_to(struct bench *b, int64_t now_ms, uint32_t levels)
{
    double from = cpu_s();
    struct event tick = {.kind = EVENT_TICK, .now_ms = now_ms};
    struct event bind = {.kind = EVENT_BIND, .now_ms = now_ms, .bind_levels = levels};
    bool ok = step(b, &tick) && (law_binding(core_law(b->core)) == levels || step(b, &bind));
    b->change_s += cpu_s() - from;
    return ok;
}

/* Verdicts from nothing: over cases at hand, and with the case built each time. */
static void from_scratch(struct bench *b, struct arena *a)
{
    enum { CASES = 256, ROUNDS = 100 };
    struct arena kept;
    struct law_case *cases = mem_alloc(CASES, sizeof *cases);
    uint64_t allowed = 0;
    arena_init(&kept);
    for (int built = 0; built < 2; built++) {
        double from = cpu_s();
        for (uint32_t i = 0; i < CASES * ROUNDS; i++) {
            struct law_case *x = &cases[i % CASES];
            const struct job_spec *spec = &b->kinds[below(b, KINDS)];
            uint32_t pool = below(b, POOLS);
            int effect;
            struct str rule;
            arena_clear(a);
            if (built == 1) {
                allowed += core_allows(b->core, spec, pool, date(b), a);
                continue;
            }
            if (i < CASES) {
                double paused = cpu_s();
                core_case(b->core, spec, pool, date(b), &kept, x);
                from += cpu_s() - paused;
            }
            allowed += law_allows(core_law(b->core), x, a, &effect, &rule);
        }
        double s = cpu_s() - from;
        printf("from scratch, %s: %.0f verdicts/s (%.1f%% allowed)\n",
               built ? "case built each time" : "case at hand", CASES * ROUNDS / s,
               100.0 * (double)allowed / (CASES * ROUNDS));
        allowed = 0;
    }
    mem_free(cases);
    arena_release(&kept);
}

/* One fleet and its jobs, on DATES dates. */
static bool compare_world(struct bench *b, uint64_t goal, struct arena *a)
{
    int64_t dates[DATES];
    for (uint32_t i = 0; i < DATES; i++) dates[i] = date(b);
    qsort(dates, DATES, sizeof *dates, order_dates);
    if (!begin(b, dates[0])) return false;
    for (uint32_t i = 0; i < DATES && b->triples < goal; i++) {
        bool all_levels = i % 4 >= 2; /* so that half of the dates pass without another event */
        if (!move_to(b, dates[i], all_levels ? (1u << LEVEL_COUNT) - 1 : LAW_BIND_DEFAULT))
            return false;
        read_literally(b, a);
        compare(b);
        b->dates++;
    }
    return true;
}

static void end(struct bench *b)
{
    core_free(b->core);
    outcome_release(&b->out);
    b->core = NULL;
    b->record = 0;
}

static void report(const struct bench *b)
{
    printf("%" PRIu64 " triples of job, pool and date, %u dates of %u fleets, %" PRIu64
           " mismatches\n",
           b->triples, b->dates, b->worlds, b->mismatches);
    printf("%.1f%% allowed; %" PRIu64 " not asked by the placer\n",
           100.0 * (double)b->allowed / (double)b->triples, b->not_asked);
    printf("masked: %.1f M verdicts/s\n", (double)b->triples / b->mask_s / 1e6);
    printf("law_decide: %" PRIu64 " verdicts, %.0f/s\n", b->decided,
           (double)b->decided / b->literal_s);
    printf("masks made anew for all jobs and pools: %.0f ms a date\n",
           1e3 * b->change_s / b->dates);
}

static int compare_worlds(struct bench *b, uint64_t goal)
{
    struct arena a;
    arena_init(&a);
    bool ok = true;
    while (ok && b->triples < goal && b->worlds < WORLDS_MAX) {
        if (b->worlds > 0) end(b);
        b->worlds++;
        ok = compare_world(b, goal, &a);
    }
    if (ok) {
        report(b);
        from_scratch(b, &a);
    }
    end(b);
    arena_release(&a);
    return ok && b->mismatches == 0 && b->triples >= goal ? 0 : 1;
}

static bool load(struct bench *b, const char *law_dir, const char *chips_csv)
{
    struct yaml_errors errs;
    struct errtext t;
    struct case_world world = {0};
    struct pack_file *files = NULL;
    if (chips_load(chips_csv, &b->arena, &b->chips, &b->chip_count, &t) != ERR_NONE)
        return fprintf(stderr, "%s\n", t.s), false;
    world.chips = b->chips;
    world.chip_count = b->chip_count;
    yaml_errors_init(&errs, &b->arena);
    if (!packs_load(law_dir, &world, &b->arena, &errs, &files, &b->pack_count)) {
        struct buf text = {0};
        yaml_errors_print(&errs, &text);
        fprintf(stderr, STR_FMT, STR_ARG(buf_str(&text)));
        buf_release(&text);
        return false;
    }
    uint32_t rules = 0;
    b->packs = ARENA_ARRAY(&b->arena, b->pack_count, struct law_pack);
    for (uint32_t i = 0; i < b->pack_count; i++) {
        b->packs[i] = files[i].pack;
        learn_pack(b, &b->packs[i]);
        rules += b->packs[i].rule_count;
    }
    printf("%u packs, %u rules; %d jobs of %d kinds, %d pools in %d groups\n", b->pack_count, rules,
           JOBS, KINDS, POOLS, GROUPS);
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 3) return fprintf(stderr, "usage: masks LAW_DIR CHIPS_CSV [TRIPLES [SEED]]\n"), 1;
    struct bench *b = mem_alloc(1, sizeof *b);
    arena_init(&b->arena);
    b->seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    uint64_t goal = argc > 3 ? strtoull(argv[3], NULL, 10) : 10000000;
    int rc = load(b, argv[1], argv[2]) ? compare_worlds(b, goal) : 1;
    arena_release(&b->arena);
    mem_free(b);
    return rc;
}
