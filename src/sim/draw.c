#include "sim/draw.h"

#include "base/check.h"
#include "base/civil.h"
#include "base/money.h"
#include "sim/draw_work.h"
#include "sim/laws.h"

#include <inttypes.h>

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };
/* Parties: three heads, whose headquarters are known, then firms. */
enum { HEADS = 3, FIRMS = 5 };

static struct str name_of(struct arena *arena, const char *prefix, uint32_t i)
{
    return str_of(arena_printf(arena, "%s%" PRIu32, prefix, i));
}

static struct str draw_country(struct rng *r)
{
    return str_of(sim_countries[rng_below(r, SIM_COUNTRY_COUNT)]);
}

/* ---- fleets ---- */

static void draw_parties(struct rng *r, struct arena *arena, struct fleet *f, int64_t from_ms,
                         int64_t to_ms)
{
    f->party_count = HEADS + FIRMS;
    f->parties = ARENA_ARRAY(arena, f->party_count, struct party);
    for (uint32_t i = 0; i < f->party_count; i++) {
        struct party *p = &f->parties[i];
        *p = (struct party){.id = name_of(arena, "party", i),
                            .name = STR("Invented Ltd"),
                            .country = draw_country(r),
                            .hq = draw_country(r),
                            .owners_known = true,
                            .lists_known = true,
                            .kinds_known = true};
        if (i < HEADS) continue;
        uint32_t how = rng_below(r, 10);
        if (how < 5) {
            p->owners = ARENA_NEW(arena, struct owner);
            p->owner_count = 1;
            *p->owners = (struct owner){.party = f->parties[rng_below(r, HEADS)].id,
                                        .share_known = true,
                                        .share_ppm = 1000000};
            if (rng_chance(r, 30)) p->owners->from_ms = rng_between(r, from_ms, to_ms);
            if (rng_chance(r, 30))
                p->owners->to_ms = rng_between(r, p->owners->from_ms + 1, to_ms) + HOUR_MS;
        } else if (how < 7) {
            p->owners_known = false;
            if (how == 5) p->ultimate_parent_hq = draw_country(r);
        }
    }
}

static void draw_chips(struct arena *arena, struct fleet *f)
{
    static const struct {
        const char *id;
        int64_t tpp;
    } kinds[] = {{"big", 15824}, {"mid", 4752}, {"small", 2368}, {"old", 900}};
    f->chip_count = 4;
    f->chips = ARENA_ARRAY(arena, f->chip_count, struct chip);
    for (uint32_t i = 0; i < f->chip_count; i++) {
        int64_t milli = kinds[i].tpp * 1000;
        f->chips[i] = (struct chip){.id = str_of(kinds[i].id),
                                    .name = str_of(kinds[i].id),
                                    .vendor = STR("Invented"),
                                    .vendor_hq = STR("US"),
                                    .tpp = {true, milli, milli, milli},
                                    .dc_marketed = TRI_YES};
    }
}

static void draw_sites(struct rng *r, struct arena *arena, struct fleet *f)
{
    f->site_count = 1 + rng_below(r, SIM_SITES_MAX);
    f->sites = ARENA_ARRAY(arena, f->site_count, struct site);
    for (uint32_t i = 0; i < f->site_count; i++)
        f->sites[i] = (struct site){.id = name_of(arena, "site", i),
                                    .name = STR("Invented hall"),
                                    .country = draw_country(r),
                                    .operator_party = f->parties[HEADS + rng_below(r, FIRMS)].id,
                                    .engine = name_of(arena, "site", i),
                                    .state_funded = TRI_NO,
                                    .public_hub = TRI_NO,
                                    .critical_infrastructure = TRI_NO};
}

static void draw_title(struct rng *r, struct arena *arena, const struct fleet *f, int64_t from_ms,
                       int64_t to_ms, struct title *t)
{
    *t = (struct title){.kind = (int)rng_below(r, TITLE_COUNT),
                        .owner = f->parties[HEADS + rng_below(r, FIRMS)].id,
                        .uusd_per_chip_h = rng_between(r, 1, 40) * MONEY_UUSD / 10,
                        .acquired_ms = from_ms - 30 * CIVIL_DAY_MS};
    if (t->kind == TITLE_LEASED) {
        t->lessor = f->parties[HEADS + rng_below(r, FIRMS)].id;
        if (rng_chance(r, 30)) t->from_ms = rng_between(r, from_ms, (from_ms + to_ms) / 2);
        if (rng_chance(r, 70))
            t->to_ms = rng_between(r, (t->from_ms != 0 ? t->from_ms : from_ms) + 3 * HOUR_MS,
                                   to_ms + 12 * HOUR_MS);
    }
    if (rng_chance(r, 30)) {
        t->evidence = ARENA_NEW(arena, struct str);
        t->evidence[0] = STR("ev-A");
        t->evidence_count = 1;
    }
}

/* The pool's nodes on switches with names, uneven and in no order, some on none; then switches above
 * these, until one is left or chance ends it. */
static void draw_switches(struct rng *r, struct arena *arena, struct pool *p)
{
    const struct node_range *all = &p->ranges[0];
    uint32_t leaves = 1 + rng_below(r, 3), roots = 0;
    struct str root[SIM_NODES_MAX];
    p->nodes_per_switch = p->switch_count = 0;
    p->switches = ARENA_ARRAY(arena, 2 * SIM_NODES_MAX, struct pool_switch);
    for (uint32_t i = 0; i < leaves; i++)
        p->switches[i].ranges = ARENA_ARRAY(arena, all->count, struct node_range);
    for (uint32_t n = 0; n < all->count; n++) {
        struct pool_switch *s = &p->switches[rng_below(r, leaves)];
        if (rng_chance(r, 10)) continue;
        s->ranges[s->range_count] = *all;
        s->ranges[s->range_count].first = all->first + n;
        s->ranges[s->range_count++].count = 1;
    }
    for (uint32_t i = 0; i < leaves; i++) {
        if (p->switches[i].range_count == 0) continue;
        p->switches[p->switch_count] = p->switches[i];
        root[roots] = p->switches[p->switch_count].name = name_of(arena, "leaf", i);
        p->switch_count++;
        roots++;
    }
    while (roots > 1 && rng_chance(r, 70)) {
        struct pool_switch *s = &p->switches[p->switch_count];
        *s = (struct pool_switch){.name = name_of(arena, "above", p->switch_count++)};
        s->below = ARENA_ARRAY(arena, roots, struct str);
        s->below_count = 2 + rng_below(r, roots - 1);
        for (uint32_t i = 0; i < s->below_count; i++) s->below[i] = root[--roots];
        root[roots++] = s->name;
    }
}

static void draw_pool(struct rng *r, struct arena *arena, const struct fleet *f, uint32_t i,
                      int64_t from_ms, int64_t to_ms, struct pool *p)
{
    static const uint32_t widths[] = {1, 2, 4, 8, 8};
    bool is_cpu = i == 0 || rng_chance(r, 15);
    *p = (struct pool){.id = name_of(arena, "pool", i),
                       .site = f->sites[rng_below(r, f->site_count)].id,
                       .cpus_per_node = 8u << rng_below(r, 4),
                       .mem_mb_per_node = rng_chance(r, 80) ? 64000u << rng_below(r, 4) : 0,
                       .ranges = ARENA_NEW(arena, struct node_range),
                       .range_count = 1,
                       .is_default = i == 0};
    p->ranges[0] = (struct node_range){.prefix = name_of(arena, "n", i),
                                       .suffix = {0},
                                       .first = 1,
                                       .count = 1 + rng_below(r, SIM_NODES_MAX - 2),
                                       .width = 3,
                                       .numbered = true};
    p->ranges[0].prefix = str_of(arena_printf(arena, "n%" PRIu32 "-", i));
    if (!is_cpu) {
        p->chip = f->chips[rng_below(r, f->chip_count)].id;
        p->chips_per_node = widths[rng_below(r, 5)];
        struct rng own = *r; /* shares and switches leave the draw of all else as it is */
        if (rng_chance(&own, 30)) p->nodes_per_switch = 1 + rng_below(&own, 3);
        if (rng_chance(&own, 40)) p->shards_per_chip = rng_chance(&own, 50) ? 4 : 10;
        if (p->nodes_per_switch > 0 && rng_chance(&own, 50)) draw_switches(&own, arena, p);
    }
    if (rng_chance(r, 20)) p->time_limit_max_ms = rng_between(r, 1, 4) * HOUR_MS;
    if (rng_chance(r, 30)) {
        p->aliases = ARENA_NEW(arena, struct str);
        p->aliases[0] = name_of(arena, "part", i);
        p->alias_count = 1;
    }
    draw_title(r, arena, f, from_ms, to_ms, &p->title);
    if (is_cpu) p->title.uusd_per_chip_h = 0;
}

static void draw_tenants(struct rng *r, struct arena *arena, struct fleet *f)
{
    f->tenant_count = 3;
    f->tenants = ARENA_ARRAY(arena, f->tenant_count, struct tenant);
    for (uint32_t i = 0; i < f->tenant_count; i++) {
        struct str *users = ARENA_NEW(arena, struct str);
        *users = STR("*");
        f->tenants[i] =
            (struct tenant){.id = name_of(arena, "tenant", i),
                            .party = rng_chance(r, 90) ? f->parties[HEADS + rng_below(r, FIRMS)].id
                                                       : (struct str){0},
                            .weight = 1 + rng_below(r, 4),
                            .users = users,
                            .user_count = 1,
                            .is_default = i == 0};
    }
}

/* At most one permit a rule, so that it is plain which one a claim relies on. */
static void draw_permits(struct rng *r, struct arena *arena, struct fleet *f, int64_t from_ms,
                         int64_t to_ms)
{
    f->permits = ARENA_ARRAY(arena, LAWS_RULES_MAX, struct permit);
    for (uint32_t i = 0; i < LAWS_RULES_MAX; i++) {
        if (rng_chance(r, 25)) continue;
        struct permit *p = &f->permits[f->permit_count++];
        /* Of somebody who is in the chain of some claims. */
        struct str holder = rng_chance(r, 60) ? f->tenants[rng_below(r, f->tenant_count)].party
                                              : f->pools[rng_below(r, f->pool_count)].title.owner;
        if (holder.len == 0) holder = f->parties[HEADS].id;
        *p = (struct permit){.id = name_of(arena, "permit", i),
                             .rule = str_of(arena_printf(arena, "XA-%" PRIu32, i + 1)),
                             .holder = holder,
                             .unit = STR("chips"),
                             .amount_known = true,
                             .amount = rng_between(r, 2, 40),
                             .used = rng_chance(r, 30) ? 1 : 0,
                             .issuer = STR("XA-TRADE")};
        if (rng_chance(r, 30)) p->from_ms = rng_between(r, from_ms, to_ms);
        if (rng_chance(r, 30))
            p->to_ms = rng_between(r, (p->from_ms != 0 ? p->from_ms : from_ms) + 1, to_ms) + 1;
    }
}

static void index_fleet(struct fleet *f, struct arena *arena)
{
    struct errtext error;
    enum err e = fleet_index(f, arena, &error);
    ASSERT(e == ERR_NONE);
}

/* By a generator of its own, so that older seeds go on giving the worlds that they gave. */
static void draw_preemption(const struct rng *r, struct fleet *f)
{
    struct rng own = *r;
    rng_init(&own, rng_next(&own) ^ f->pool_count);
    if (rng_chance(&own, 75)) f->preempt = PREEMPT_REQUEUE;
    f->preempt_exempt_ms = rng_chance(&own, 50) ? rng_between(&own, 1, 600) * 1000 : 0;
    f->preempt_grace_ms = rng_chance(&own, 30) ? rng_between(&own, 1, 4) * MINUTE_MS : 0;
    if (rng_chance(&own, 30))
        f->pools[rng_below(&own, f->pool_count)].preempt = (int)rng_below(&own, 3);
}

static void draw_budgets(const struct rng *r, struct fleet *f, int64_t from_ms)
{
    struct rng own = rng_fork(r, 4);
    if (!rng_chance(&own, 40)) return;
    for (uint32_t i = 0; i < f->tenant_count; i++) {
        struct budget *b = &f->tenants[i].budget;
        if (rng_chance(&own, 40)) continue;
        b->per = rng_chance(&own, 50) ? BUDGET_DAYS : BUDGET_EVER;
        b->days = b->per == BUDGET_DAYS ? 1 : 0;
        b->amount_uusd = rng_between(&own, 5, b->days > 0 ? 60 : 200) * MONEY_UUSD;
        b->from_ms = from_ms + rng_between(&own, -20, 6) * HOUR_MS; /* before it nothing binds */
    }
}

static void change_budgets(const struct rng *r, struct fleet *f)
{
    struct rng own = rng_fork(r, 5);
    struct budget *b = &f->tenants[rng_below(&own, f->tenant_count)].budget;
    if (b->per != BUDGET_NONE && rng_chance(&own, 50))
        b->amount_uusd = rng_between(&own, 5, 200) * MONEY_UUSD;
}

struct fleet *draw_fleet(struct rng *r, struct arena *arena, int64_t from_ms, int64_t to_ms)
{
    struct fleet *f = ARENA_NEW(arena, struct fleet);
    f->name = STR("simulated");
    f->time_limit_default_ms = 30 * MINUTE_MS;
    draw_parties(r, arena, f, from_ms, to_ms);
    draw_chips(arena, f);
    draw_sites(r, arena, f);
    f->pool_count = 2 + rng_below(r, SIM_POOLS_MAX - 1);
    f->pools = ARENA_ARRAY(arena, f->pool_count, struct pool);
    for (uint32_t i = 0; i < f->pool_count; i++)
        draw_pool(r, arena, f, i, from_ms, to_ms, &f->pools[i]);
    draw_tenants(r, arena, f);
    draw_permits(r, arena, f, from_ms, to_ms);
    draw_preemption(r, f);
    struct rng own = rng_fork(r, 1);
    draw_supply(&own, arena, f, from_ms, to_ms);
    draw_budgets(r, f, from_ms);
    index_fleet(f, arena);
    return f;
}

/* ---- changes ---- */

static void change_lease(struct rng *r, struct title *t, int64_t from_ms, int64_t to_ms)
{
    int64_t begin_ms = t->from_ms > from_ms ? t->from_ms : from_ms;
    t->kind = TITLE_LEASED;
    t->to_ms = rng_chance(r, 30) ? 0 : begin_ms + rng_between(r, 1, to_ms - from_ms);
}

static void change_party(struct rng *r, struct party *p)
{
    if (p->owner_count > 0) {
        p->owners[0].to_ms = 0; /* it had not been sold after all */
    } else {
        p->ultimate_parent_hq = draw_country(r);
        p->hq = draw_country(r);
    }
}

static void change_nodes(struct rng *r, struct node_range *range)
{
    if (rng_chance(r, 70) && range->count < SIM_NODES_MAX)
        range->count++;
    else if (range->count > 1)
        range->count--;
}

struct fleet *draw_fleet_change(struct rng *r, struct arena *arena, const struct fleet *old,
                                int64_t from_ms, int64_t to_ms)
{
    struct fleet *f = ARENA_NEW(arena, struct fleet);
    fleet_copy(old, arena, f);
    for (uint32_t n = 1 + rng_below(r, 3); n > 0; n--) {
        struct pool *pool = &f->pools[rng_below(r, f->pool_count)];
        switch (rng_below(r, 7)) {
        case 0: change_lease(r, &pool->title, from_ms, to_ms); break;
        case 1: pool->title.uusd_per_chip_h = rng_between(r, 0, 40) * MONEY_UUSD / 10; break;
        case 2: pool->drained = !pool->drained; break;
        case 3: change_nodes(r, &pool->ranges[0]); break;
        case 4: change_party(r, &f->parties[HEADS + rng_below(r, FIRMS)]); break;
        case 5:
            if (f->permit_count > 0) {
                int64_t *amount = &f->permits[rng_below(r, f->permit_count)].amount;
                *amount += rng_between(r, -10, 10);
                if (*amount < 2) *amount = 2;
            }
            break;
        default:
            if (f->permit_count > 0)
                f->permits[rng_below(r, f->permit_count)].to_ms = rng_between(r, from_ms, to_ms);
            break;
        }
    }
    change_budgets(r, f);
    struct rng wires = rng_fork(r, 3);
    for (uint32_t i = 0; i < f->pool_count; i++)
        if (f->pools[i].switch_count > 0) draw_switches(&wires, arena, &f->pools[i]);
    for (uint32_t i = 0; i < f->permit_count; i++)
        if (f->permits[i].to_ms != 0 && f->permits[i].to_ms <= f->permits[i].from_ms)
            f->permits[i].to_ms = f->permits[i].from_ms + 1;
    struct rng own = rng_fork(r, 2);
    if (rng_chance(&own, 50)) draw_supply_change(&own, arena, f, from_ms, to_ms);
    index_fleet(f, arena);
    return f;
}

struct fleet *draw_fleet_healed(struct arena *arena, const struct fleet *old)
{
    struct fleet *f = ARENA_NEW(arena, struct fleet);
    fleet_copy(old, arena, f);
    for (uint32_t i = 0; i < f->pool_count; i++) {
        struct pool *p = &f->pools[i];
        p->drained = false;
        p->title.from_ms = p->title.to_ms = 0;
        p->title.uusd_per_chip_h = 0;
        p->time_limit_max_ms = 0;
        p->ranges[0].count = SIM_NODES_MAX;
    }
    draw_supply_healed(f);
    for (uint32_t i = 0; i < f->tenant_count; i++) f->tenants[i].budget = (struct budget){0};
    index_fleet(f, arena);
    return f;
}

/* ---- jobs ---- */

static void draw_size(struct rng *r, struct job_spec *s)
{
    if (rng_chance(r, 30)) {
        s->cpus_per_task = rng_chance(r, 60) ? 1 + rng_below(r, 8) : 0;
        if (rng_chance(r, 20)) s->nodes = 1 + rng_below(r, 3);
    } else if (rng_chance(r, 60)) {
        s->chips = 1 + rng_below(r, rng_chance(r, 70) ? 4 : 16);
        if (rng_chance(r, 20)) s->mem_mb_per_chip = 4000;
    } else {
        s->nodes = 1 + rng_below(r, 3);
        s->chips_per_node = 1u << rng_below(r, 4);
        if (rng_chance(r, 15)) s->exclusive = true;
    }
    struct rng own = *r; /* shares and switches leave the draw of all else as it is */
    if (s->nodes > 1 && rng_chance(&own, 30)) {
        s->switches = 1 + rng_below(&own, 2);
        s->switches_wait_ms = rng_between(&own, 0, 120) * MINUTE_MS;
    }
    if (s->chips == 1 && s->nodes == 0 && rng_chance(&own, 60)) {
        if (rng_chance(&own, 50))
            s->chip_milli = 100 + 100 * rng_below(&own, 8);
        else
            s->shards = 1 + rng_below(&own, 4);
    }
    s->contiguous = (s->nodes > 1 || s->chips > 4) && rng_chance(&own, 25);
    if (rng_chance(r, 20) && s->mem_mb_per_chip == 0)
        s->mem_mb_per_node = 1000u * (1 + rng_below(r, 64));
}

static void draw_where(struct rng *r, struct arena *arena, const struct fleet *f,
                       struct job_spec *s)
{
    if (rng_chance(r, 20) && (s->chips > 0 || s->chips_per_node > 0)) {
        s->chip_kinds = ARENA_ARRAY(arena, 2, struct str);
        s->chip_kinds[0] = f->chips[rng_below(r, 2)].id;
        s->chip_kinds[1] = f->chips[2 + rng_below(r, 2)].id;
        s->chip_kind_count = 2;
    }
    if (rng_chance(r, 15)) {
        s->partitions = ARENA_NEW(arena, struct str);
        s->partitions[0] = f->pools[rng_below(r, f->pool_count)].id;
        s->partition_count = 1;
    }
    if (rng_chance(r, 10)) s->max_uusd_per_chip_h = rng_between(r, 5, 40) * MONEY_UUSD / 10;
}

static void draw_when(struct rng *r, struct arena *arena, int64_t now_ms, struct job_spec *s)
{
    s->time_limit_ms = rng_chance(r, 10)   ? 0
                       : rng_chance(r, 60) ? rng_between(r, 1, 30) * MINUTE_MS
                                           : rng_between(r, 30, 240) * MINUTE_MS;
    if (rng_chance(r, 10)) s->begin_ms = now_ms + rng_between(r, 0, 120) * MINUTE_MS;
    if (rng_chance(r, 10))
        s->deadline_ms =
            (s->begin_ms != 0 ? s->begin_ms : now_ms) + rng_between(r, 10, 600) * MINUTE_MS;
    s->priority = rng_chance(r, 30) ? (int32_t)rng_between(r, -50, 50) : 0;
    s->hold = rng_chance(r, 5);
    if (rng_chance(r, 10)) {
        s->array_count = 2 + rng_below(r, 4);
        s->array_tasks = ARENA_ARRAY(arena, s->array_count, uint32_t);
        for (uint32_t i = 0; i < s->array_count; i++) s->array_tasks[i] = 10 + i;
        if (rng_chance(r, 50)) s->array_limit = 1 + rng_below(r, 2);
    }
}

static void draw_law_facts(struct rng *r, struct arena *arena, const struct fleet *f,
                           struct job_spec *s)
{
    static const char *const purposes[] = {"research", "commercial-training", "military", ""};
    static const uint32_t weights[] = {45, 75, 90, 100};
    uint32_t draw = rng_below(r, 100), at = 0;
    while (draw >= weights[at]) at++;
    s->purpose = str_of(purposes[at]);
    s->data_known = rng_chance(r, 92);
    if (s->data_known && rng_chance(r, 35)) {
        s->data = ARENA_NEW(arena, struct data_set);
        *s->data = (struct data_set){.class = rng_chance(r, 50) ? STR("personal") : STR("public"),
                                     .subject_country = draw_country(r),
                                     .located = draw_country(r),
                                     .persons_known = true,
                                     .persons = 1000};
        s->data_count = 1;
    }
    if (rng_chance(r, 50)) {
        s->evidence = ARENA_NEW(arena, struct str);
        s->evidence[0] = STR("ev-A");
        s->evidence_count = 1;
    }
    if (rng_chance(r, 10)) s->end_user = f->parties[HEADS + rng_below(r, FIRMS)].id;
}

void draw_job_spec(struct rng *r, struct arena *arena, const struct fleet *f, uint32_t number,
                   int64_t now_ms, struct job_spec *out)
{
    *out = (struct job_spec){.name = name_of(arena, "job", number % 7),
                             .tenant = f->tenants[rng_below(r, f->tenant_count)].id,
                             .user = STR("alice"),
                             .uid = 1000 + number % 3,
                             .gid = 1000,
                             .no_requeue = rng_chance(r, 20),
                             .checkpoint_s = rng_chance(r, 30) ? 60 * (1 + rng_below(r, 10)) : 0,
                             .workdir = STR("/home/alice"),
                             .wrapper = STR("sbatch"),
                             .script = STR("#!/bin/sh\nexec work\n")};
    if (rng_chance(r, 20)) {
        out->signal_number = 10;
        out->signal_before_s = 60;
    }
    draw_size(r, out);
    draw_where(r, arena, f, out);
    draw_when(r, arena, now_ms, out);
    draw_law_facts(r, arena, f, out);
    struct rng own = rng_fork(r, 3);
    draw_work(&own, arena, f, out);
}
