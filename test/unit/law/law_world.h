/* law_world.h - random packs and random cases for tests of src/law. Everything follows from a seed.
 */
#ifndef BERTH_TEST_LAW_WORLD_H
#define BERTH_TEST_LAW_WORLD_H

#include "base/civil.h"
#include "law/law.h"
#include "law/pack.h"

#include <stdio.h>

struct dice {
    uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static inline uint64_t roll64(struct dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}
/* 0 .. n-1 */
static inline uint32_t roll(struct dice *d, uint32_t n)
{
    return (uint32_t)(roll64(d) % n);
}
static inline bool one_in(struct dice *d, uint32_t n)
{
    return roll(d, n) == 0;
}
#define WORD(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
#define PICK(d, list) ((list)[roll((d), sizeof(list) / sizeof *(list))])

static inline int64_t random_day(struct dice *d)
{
    return civil_days(2023, 1, 1) * CIVIL_DAY_MS + (int64_t)roll(d, 1800) * CIVIL_DAY_MS;
}

static const char *const world_countries[] = {"US", "CN", "SG", "JP", "DE"};
static const char *const world_evidence[] = {"ev_a", "ev_b", "ev_c"};
static const char *const world_lists[] = {"L1", "L2", "L3"};
static const uint32_t world_acts[] = {1u << ACT_EXPORT, 1u << ACT_PLACE, 1u << ACT_REMOTE_USE,
                                      1u << ACT_EXPORT | 1u << ACT_PLACE};

static const char *const world_whens[] = {
    "",
    "chip.tpp >= 4800",
    "big",
    "big && to in CLOSED",
    "to in CLOSED",
    "chip.tpp >= 1600 && chip.pd >= 5.92",
    "chip.tpp > 4000 && chip.tpp < 4900",
    "chain.tenant.hq in CLOSED || chain.tenant.ultimate_parent_hq in CLOSED",
    "links.exists(p, p.ultimate_parent_hq in CLOSED)",
    "links.all(p, p.hq != \"CN\")",
    "HELD.any",
    "HELD.tenant && big",
    "end_use == \"military\"",
    "end_use != \"research\" && site.country == \"CN\"",
    "data.exists(d, d.class == \"personal\" && d.persons >= 100000)",
    "act == \"export\" ? to == \"CN\" : site.state_funded",
    "site.public_hub && chip.vendor_hq != \"CN\"",
    "chain.operator.kinds.exists(k, k == \"bona-fide\")",
    "amount > 100",
    "foreign",
};

static inline struct str world_text(struct arena *a, const char *fmt, unsigned n)
{
    char text[32];
    /* The format is one of this header's. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, fmt, n);
#pragma GCC diagnostic pop
    return str_copy(a, str_of(text));
}

static inline void random_demand(struct dice *d, struct arena *a, struct law_require *q)
{
    q->effect = (int)roll(d, EFFECT_UNRESOLVED);
    if (q->effect == EFFECT_LICENCE) q->policy = (int)roll(d, POLICY_COUNT);
    if ((q->effect == EFFECT_NOTICE || q->effect == EFFECT_CONDITION) && !one_in(d, 4)) {
        q->evidence = ARENA_ARRAY(a, 1, struct str);
        q->evidence[0] = str_of(PICK(d, world_evidence));
        q->evidence_count = 1;
    }
}

static inline void random_dates(struct dice *d, struct arena *a, struct law_rule *r)
{
    r->effective_ms = civil_days(2022, 6, 1) * CIVIL_DAY_MS + (int64_t)roll(d, 800) * CIVIL_DAY_MS;
    if (one_in(d, 5)) r->compliance_ms = r->effective_ms + (1 + roll(d, 200)) * CIVIL_DAY_MS;
    if (one_in(d, 6)) r->until_ms = r->effective_ms + (300 + roll(d, 900)) * CIVIL_DAY_MS;
    if (one_in(d, 6)) {
        r->suspended = ARENA_NEW(a, struct law_span);
        r->suspended_count = 1;
        r->suspended->from_ms = r->effective_ms + roll(d, 500) * CIVIL_DAY_MS;
        r->suspended->to_ms = r->suspended->from_ms + (1 + roll(d, 300)) * CIVIL_DAY_MS;
    }
    if (one_in(d, 9)) {
        r->unenforced = true;
        r->unenforced_when = (struct law_span){random_day(d), 0, STR("said so")};
    }
    if (one_in(d, 12)) {
        r->doubt.present = true;
        r->doubt.from_ms = random_day(d);
        r->doubt.ask = STR("is it in force?");
        r->doubt.confirmed_by = STR("ev_a");
        r->doubt.denied_by = STR("ev_b");
    }
    if (one_in(d, 8)) r->grandfather_ms = random_day(d);
}

static inline void random_limits(struct dice *d, struct law_rule *r)
{
    if (one_in(d, 10)) {
        r->cap = (struct law_cap){.present = true,
                                  .sum = STR("double(amount) * chip.tpp"),
                                  .by = STR("tenant"),
                                  .window = (int)roll(d, 3),
                                  .at_most_milli = INT64_C(500000000)};
    } else if (one_in(d, 10)) {
        r->ratio = (struct law_ratio){.present = true,
                                      .share_of = STR("row.chip.vendor_hq == \"CN\""),
                                      .per = STR("site"),
                                      .unit = (int)roll(d, UNIT_COUNT),
                                      .bound = (int)roll(d, BOUND_COUNT),
                                      .bound_ppm = 500000};
    }
}

/* A pack of `count` rules, about a third of them exceptions to earlier ones. */
static inline void random_pack(struct dice *d, struct arena *a, unsigned id, uint32_t count,
                               struct law_pack *p)
{
    static struct law_member members[] = {{.is = WORD("CN")},
                                          {.is = WORD("SG"), .from_ms = 1735689600000},
                                          {.is = WORD("JP"), .until_ms = 1735689600000}};
    static struct law_set sets[] = {
        {.name = WORD("CLOSED"), .members = members, .member_count = 3}};
    static struct str lists[] = {WORD("L1"), WORD("L2")};
    static struct law_ownership ownerships[] = {
        {.name = WORD("HELD"), .lists = lists, .list_count = 2, .threshold_ppm = 500000}};
    static struct law_let lets[] = {
        {.name = WORD("foreign"), .is = WORD("act != \"place\" && from != to")},
        {.name = WORD("big"),
         .is = WORD("chip.tpp >= 4800 || (chip.tpp >= 1600 && chip.pd >= 5.92)")}};
    *p = (struct law_pack){.id = world_text(a, "pack%u", id),
                           .jurisdiction = STR("XA"),
                           .sets = sets,
                           .set_count = 1,
                           .lets = lets,
                           .let_count = 2,
                           .ownerships = ownerships,
                           .ownership_count = 1};
    p->rules = ARENA_ARRAY(a, count, struct law_rule);
    p->rule_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct law_rule *r = &p->rules[i];
        r->id = world_text(a, "R%u", id * 100 + (i * 7) % 31);
        r->title = STR("a rule");
        r->law = STR("XA");
        r->level = (int)roll(d, LEVEL_COUNT);
        r->acts = PICK(d, world_acts);
        r->when = str_of(PICK(d, world_whens));
        r->permit = (int)roll(d, PERMIT_COUNT);
        if (one_in(d, 6)) r->cost_percent = (int32_t)roll(d, 30);
        random_demand(d, a, &r->then);
        random_dates(d, a, r);
        if (i > 0 && one_in(d, 3)) {
            r->level = one_in(d, 2) ? LEVEL_LAW : LEVEL_ACT;
            r->lower_count = 1 + roll(d, 2);
            r->lowers = ARENA_ARRAY(a, r->lower_count, struct str);
            for (uint32_t k = 0; k < r->lower_count; k++) r->lowers[k] = p->rules[roll(d, i)].id;
            if (one_in(d, 2)) {
                r->needs = ARENA_ARRAY(a, 1, struct str);
                r->needs[0] = str_of(PICK(d, world_evidence));
                r->need_count = 1;
            }
        } else
            random_limits(d, r);
    }
}

static inline struct quantity random_quantity(struct dice *d, int64_t around)
{
    struct quantity q = {.known = !one_in(d, 8)};
    q.milli = around * 1000 + (int64_t)roll(d, 400) * around;
    q.lo_milli = q.hi_milli = q.milli;
    if (one_in(d, 4)) {
        q.lo_milli -= (int64_t)roll(d, 300) * around;
        q.hi_milli += (int64_t)roll(d, 300) * around;
    }
    return q;
}

static inline struct str maybe_country(struct dice *d)
{
    return one_in(d, 5) ? (struct str){0} : str_of(PICK(d, world_countries));
}

static inline void random_party(struct dice *d, struct arena *a, struct law_party *p)
{
    static const char *const ids[] = {"p0", "p1", "p2", "p3"};
    p->country = maybe_country(d);
    p->hq = maybe_country(d);
    p->ultimate_parent_hq = maybe_country(d);
    p->owners_known = !one_in(d, 4);
    p->owner_count = p->owners_known ? roll(d, 4) : 0;
    p->owners = ARENA_ARRAY(a, 4, struct law_owner);
    for (uint32_t i = 0; i < p->owner_count; i++) {
        struct law_owner *o = &p->owners[i];
        o->id = str_of(PICK(d, ids));
        o->share_known = !one_in(d, 5);
        o->share_ppm = (int32_t)roll(d, 600001);
        if (one_in(d, 4)) o->from_ms = random_day(d);
        if (one_in(d, 4)) o->to_ms = random_day(d);
    }
    p->lists_known = !one_in(d, 4);
    p->lists = ARENA_ARRAY(a, 1, struct str);
    p->list_count = p->lists_known && one_in(d, 3) ? 1 : 0;
    p->lists[0] = str_of(PICK(d, world_lists));
    p->kinds_known = !one_in(d, 3);
    p->kinds = ARENA_ARRAY(a, 1, struct str);
    p->kind_count = p->kinds_known ? roll(d, 2) : 0;
    p->kinds[0] = STR("bona-fide");
}

static inline void random_chip(struct dice *d, struct chip *c)
{
    static const int64_t sizes[] = {900, 1500, 2400, 4700, 15000};
    *c = (struct chip){.id = STR("chip"), .vendor_hq = maybe_country(d)};
    c->tpp = random_quantity(d, PICK(d, sizes));
    c->pd = random_quantity(d, 5);
}

static inline void random_permits(struct dice *d, struct arena *a, const struct law_pack *p,
                                  struct law_case *c)
{
    c->permit_count = roll(d, 3);
    c->permits = ARENA_ARRAY(a, 3, struct law_permit);
    for (uint32_t i = 0; i < c->permit_count; i++)
        c->permits[i] = (struct law_permit){.rule = p->rules[roll(d, p->rule_count)].id,
                                            .holder = STR("tenant"),
                                            .amount_known = !one_in(d, 3),
                                            .amount = roll(d, 400),
                                            .used = roll(d, 100),
                                            .from_ms = one_in(d, 3) ? random_day(d) : 0,
                                            .to_ms = one_in(d, 3) ? random_day(d) : 0};
}

static inline void random_case(struct dice *d, struct arena *a, const struct law_pack *p,
                               struct law_case *c)
{
    static const char *const uses[] = {"military", "research", "commercial-training"};
    *c = (struct law_case){.on_ms = random_day(d), .acts = PICK(d, world_acts)};
    c->from = maybe_country(d);
    c->to = maybe_country(d);
    c->chip_present = !one_in(d, 10);
    random_chip(d, &c->chip);
    c->amount_known = !one_in(d, 6);
    c->amount = roll(d, 300);
    for (int r = 0; r < ROLE_COUNT; r++) {
        c->chain_present[r] = one_in(d, 2);
        random_party(d, a, &c->chain[r]);
    }
    c->intermediaries_known = one_in(d, 2);
    c->intermediary_count = c->intermediaries_known ? roll(d, 2) : 0;
    c->intermediaries = ARENA_ARRAY(a, 2, struct law_party);
    random_party(d, a, &c->intermediaries[0]);
    c->party_count = 4;
    c->parties = ARENA_ARRAY(a, 4, struct law_party);
    for (unsigned i = 0; i < 4; i++) {
        random_party(d, a, &c->parties[i]);
        c->parties[i].id = world_text(a, "p%u", i);
    }
    c->site = (struct law_site){.present = !one_in(d, 5),
                                .country = maybe_country(d),
                                .state_funded = (int)roll(d, 3),
                                .public_hub = (int)roll(d, 3)};
    if (!one_in(d, 4)) c->end_use = str_of(PICK(d, uses));
    c->data_known = !one_in(d, 4);
    c->data_count = c->data_known ? roll(d, 3) : 0;
    c->data = ARENA_ARRAY(a, 3, struct data_set);
    for (uint32_t i = 0; i < c->data_count; i++)
        c->data[i] = (struct data_set){.class = one_in(d, 2) ? STR("personal") : STR("public"),
                                       .persons_known = !one_in(d, 4),
                                       .persons = roll(d, 200000)};
    if (!one_in(d, 3)) c->acquired_ms = random_day(d);
    c->evidence_known = !one_in(d, 5);
    c->evidence_count = c->evidence_known ? roll(d, 3) : 0;
    c->evidence = ARENA_ARRAY(a, 3, struct str);
    for (uint32_t i = 0; i < c->evidence_count; i++)
        c->evidence[i] = str_of(PICK(d, world_evidence));
    random_permits(d, a, p, c);
    c->fleet_count = roll(d, 3);
    for (uint32_t i = 0; i < c->fleet_count; i++) {
        struct law_fleet *fleet = &c->fleets[i];
        fleet->scope = (i == 0) == one_in(d, 4) ? STR("operator") : STR("site");
        fleet->stock.count = roll(d, 4);
        fleet->stock.rows = ARENA_ARRAY(a, 4, struct stock_row);
        for (uint32_t k = 0; k < fleet->stock.count; k++) {
            struct chip *chip = ARENA_NEW(a, struct chip);
            random_chip(d, chip);
            fleet->stock.rows[k] =
                (struct stock_row){.chip = chip,
                                   .amount = roll(d, 50),
                                   .country = one_in(d, 4) ? (struct str){0} : STR("CN")};
        }
    }
}

#endif
