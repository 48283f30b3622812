#include "sim/laws.h"

#include "base/check.h"
#include "base/civil.h"

#include <inttypes.h>

const char *const sim_countries[SIM_COUNTRY_COUNT] = {"JP", "SG", "AU", "MY", "CN", "US"};

static const uint32_t acts[] = {ACT_PLACE, ACT_REMOTE_USE, ACT_DATA_EXPORT};

/* ---- three-valued logic over the facts of a case ---- */

enum truth { NO, YES, UNKNOWN };

static enum truth not3(enum truth t)
{
    return t == UNKNOWN ? UNKNOWN : t == YES ? NO : YES;
}

static enum truth and3(enum truth a, enum truth b)
{
    if (a == NO || b == NO) return NO;
    return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

static bool in_span(int64_t from_ms, int64_t to_ms, int64_t on_ms)
{
    return (from_ms == 0 || from_ms <= on_ms) && (to_ms == 0 || on_ms < to_ms);
}

static enum truth in_set(const struct laws *l, uint32_t set, struct str country, int64_t on_ms)
{
    if (country.len == 0) return UNKNOWN;
    for (uint32_t i = 0; i < LAWS_SET_MEMBERS; i++) {
        const struct sim_member *m = &l->sets[set][i];
        if (str_eqz(country, sim_countries[m->country]) && in_span(m->from_ms, m->until_ms, on_ms))
            return YES;
    }
    return NO;
}

/* Headquarters of a party's ultimate parent at an instant; "" unknown. */
static struct str sim_parent_hq(const struct fleet *f, uint32_t party, int64_t on_ms)
{
    if (party == NO_INDEX) return (struct str){0};
    const struct party *p = &f->parties[party];
    if (!p->owners_known) return p->ultimate_parent_hq;
    /* The simulated parties have at most one owner, who holds everything. */
    ASSERT(p->owner_count <= 1);
    if (p->owner_count == 1 && in_span(p->owners[0].from_ms, p->owners[0].to_ms, on_ms))
        return sim_parent_hq(f, p->owners[0].party_index, on_ms);
    return p->hq;
}

static uint32_t tenant_party(const struct laws_case *c)
{
    uint32_t tenant = fleet_tenant(c->fleet, c->spec->tenant);
    return tenant == NO_INDEX ? NO_INDEX : c->fleet->tenants[tenant].party_index;
}

static uint32_t end_user_party(const struct laws_case *c)
{
    return c->spec->end_user.len > 0 ? fleet_party(c->fleet, c->spec->end_user) : tenant_party(c);
}

static struct str tenant_country(const struct laws_case *c)
{
    uint32_t party = tenant_party(c);
    return party == NO_INDEX ? (struct str){0} : c->fleet->parties[party].country;
}

static struct str site_country(const struct laws_case *c)
{
    return c->fleet->sites[c->fleet->pools[c->pool].site_index].country;
}

static enum truth any_data(const struct laws_case *c, const char *class)
{
    if (!c->spec->data_known) return UNKNOWN;
    for (uint32_t i = 0; i < c->spec->data_count; i++)
        if (str_eqz(c->spec->data[i].class, class)) return YES;
    return NO;
}

static enum truth condition_holds(const struct laws *l, const struct laws_case *c,
                                  const struct condition *k)
{
    const struct pool *pool = &c->fleet->pools[c->pool];
    /* A job that holds no chips has no chip in its case, wherever it runs. */
    bool has_chips = c->spec->chips > 0 || c->spec->chips_per_node > 0;
    const struct chip *chip =
        pool->chip_index == NO_INDEX || !has_chips ? NULL : &c->fleet->chips[pool->chip_index];
    enum truth t = UNKNOWN;
    switch ((enum condition_kind)k->kind) {
    case CONDITION_SITE_IN: t = in_set(l, k->set, site_country(c), c->on_ms); break;
    case CONDITION_TENANT_IN: t = in_set(l, k->set, tenant_country(c), c->on_ms); break;
    case CONDITION_PARENT_IN:
        t = in_set(l, k->set, sim_parent_hq(c->fleet, tenant_party(c), c->on_ms), c->on_ms);
        break;
    case CONDITION_OWNER_PARENT_IN:
        t = in_set(l, k->set, sim_parent_hq(c->fleet, pool->title.owner_index, c->on_ms), c->on_ms);
        break;
    case CONDITION_TPP: /* a case without a chip reads 0 and "" (law/case.h) */
        if (chip == NULL || chip->tpp.known)
            t = chip != NULL && chip->tpp.milli >= k->tpp * 1000 ? YES : NO;
        break;
    case CONDITION_CHIP: t = chip != NULL && str_eq(chip->id, k->chip) ? YES : NO; break;
    case CONDITION_END_USE:
        if (c->spec->purpose.len > 0) t = str_eqz(c->spec->purpose, "military") ? YES : NO;
        break;
    case CONDITION_DATA: t = any_data(c, "personal"); break;
    case CONDITION_KIND_COUNT: break;
    }
    return k->negated ? not3(t) : t;
}

/* Is the placement the act that a rule speaks of? An act that is unknown counts as done. */
static bool is_act(const struct laws_case *c, uint32_t act)
{
    if (act == ACT_PLACE) return true;
    if (act == ACT_DATA_EXPORT) return any_data(c, "personal") != NO;
    struct str tenant = tenant_country(c), site = site_country(c);
    return tenant.len == 0 || site.len == 0 || !str_eq(tenant, site);
}

static bool has_evidence(const struct laws_case *c, struct str name)
{
    const struct title *t = &c->fleet->pools[c->pool].title;
    for (uint32_t i = 0; i < t->evidence_count; i++)
        if (str_eq(t->evidence[i], name)) return true;
    for (uint32_t i = 0; i < c->spec->evidence_count; i++)
        if (str_eq(c->spec->evidence[i], name)) return true;
    return false;
}

static bool is_in_chain(const struct laws_case *c, uint32_t party)
{
    const struct pool *pool = &c->fleet->pools[c->pool];
    return party == tenant_party(c) || party == end_user_party(c) ||
           party == pool->title.owner_index || party == pool->title.lessor_index ||
           party == c->fleet->sites[pool->site_index].operator_index;
}

static int64_t asked_chips(const struct job_spec *s)
{
    return s->chips > 0 ? s->chips : (int64_t)s->chips_per_node * s->nodes;
}

/* A permit that is too small for this job alone is none; what other claims use of it is QUOTA's. */
static uint32_t permit_for(const struct laws_case *c, struct str rule)
{
    int64_t chips = asked_chips(c->spec);
    for (uint32_t i = 0; i < c->fleet->permit_count; i++) {
        const struct permit *p = &c->fleet->permits[i];
        if (str_eq(p->rule, rule) && p->amount - p->used >= chips &&
            in_span(p->from_ms, p->to_ms, c->on_ms) && is_in_chain(c, p->holder_index))
            return i;
    }
    return NO_INDEX;
}

static bool rule_is_begun(const struct sim_rule *r, const struct laws_case *c)
{
    if (!in_span(r->effective_ms, r->until_ms, c->on_ms)) return false;
    bool suspendable = r->suspended_from_ms != 0 || r->suspended_to_ms != 0;
    return !(suspendable && in_span(r->suspended_from_ms, r->suspended_to_ms, c->on_ms));
}

static bool rule_is_in_force(const struct sim_rule *r, const struct laws_case *c)
{
    return (c->bind & (1u << r->level)) != 0 && rule_is_begun(r, c);
}

/* ---- caps and ratios ---- */

static enum truth all_conditions(const struct laws *l, const struct laws_case *c,
                                 const struct sim_rule *r)
{
    enum truth t = YES;
    for (uint32_t k = 0; k < r->condition_count; k++)
        t = and3(t, condition_holds(l, c, &r->conditions[k]));
    return t;
}

/* What one job of so many chips uses; -1: nobody knows. */
static int64_t use_of(const struct laws_case *c, const struct sim_cap *cap, int64_t chips)
{
    const struct pool *pool = &c->fleet->pools[c->pool];
    if (!cap->by_tpp) return chips;
    if (chips == 0 || pool->chip_index == NO_INDEX) return 0; /* no chip in the case: it reads 0 */
    const struct quantity *tpp = &c->fleet->chips[pool->chip_index].tpp;
    return tpp->known ? tpp->milli / 1000 * chips : -1;
}

/* The job alone is beyond the cap; what others use is the oracle's to know. */
static enum truth cap_is_broken(const struct laws_case *c, const struct sim_cap *cap)
{
    int64_t use = use_of(c, cap, asked_chips(c->spec));
    return use < 0 ? UNKNOWN : use > cap->at_most ? YES : NO;
}

/* Do two pools stand together under that word? `unknown_out`: it cannot be told of the first. */
static bool stands_with(const struct laws_case *c, int per, const struct pool *p, bool *unknown_out)
{
    const struct fleet *f = c->fleet;
    const struct pool *mine = &f->pools[c->pool];
    const struct site *site = &f->sites[p->site_index], *at = &f->sites[mine->site_index];
    uint32_t who = NO_INDEX;
    switch ((enum sim_ratio_per)per) {
    case PER_SITE: return site == at;
    case PER_COUNTRY:
        *unknown_out = at->country.len == 0;
        return str_eq(site->country, at->country);
    case PER_OPERATOR: who = at->operator_index; break;
    case PER_OWNER: who = mine->title.owner_index; break;
    case PER_LESSOR: who = mine->title.lessor_index; break;
    case PER_TENANT: who = tenant_party(c); break;
    case PER_END_USER: who = end_user_party(c); break;
    case PER_ALL:
    case PER_COUNT: return true;
    }
    *unknown_out = who == NO_INDEX;
    if (per == PER_OPERATOR) return site->operator_index == who;
    if (per == PER_OWNER) return p->title.owner_index == who;
    if (per == PER_LESSOR) return p->title.lessor_index == who;
    return site->operator_index == who || p->title.owner_index == who;
}

static enum truth ratio_is_broken(const struct laws_case *c, const struct sim_ratio *ratio)
{
    const struct fleet *f = c->fleet;
    uint64_t in = 0, all = 0;
    bool is_unknown = false;
    for (uint32_t p = 0; p < f->pool_count; p++) {
        const struct pool *pool = &f->pools[p];
        if (!stands_with(c, ratio->per, pool, &is_unknown) || pool->chip_index == NO_INDEX)
            continue;
        uint64_t chips = (uint64_t)pool->node_count * pool->chips_per_node;
        all += chips;
        struct str country = f->sites[pool->site_index].country;
        if (ratio->chip.len > 0 ? str_eq(pool->chip, ratio->chip)
                                : str_eqz(country, sim_countries[ratio->country]))
            in += chips;
    }
    if (is_unknown) return UNKNOWN;
    return all > 0 && in * 1000000 < (uint64_t)ratio->at_least_ppm * all ? YES : NO;
}

static struct str cap_key(const struct laws_case *c, int by)
{
    const struct fleet *f = c->fleet;
    const struct site *site = &f->sites[f->pools[c->pool].site_index];
    uint32_t party = NO_INDEX;
    switch ((enum sim_cap_by)by) {
    case CAP_TENANT: party = tenant_party(c); break;
    case CAP_OPERATOR: party = site->operator_index; break;
    case CAP_SITE: return site->id;
    case CAP_COUNTRY: return site->country;
    case CAP_ALL:
    case CAP_BY_COUNT: break;
    }
    return party == NO_INDEX ? (struct str){0} : f->parties[party].id;
}

bool laws_rule_binds(const struct laws *l, const struct laws_case *c, uint32_t rule)
{
    return rule_is_in_force(&l->rules[rule], c);
}

int64_t laws_cap_use(const struct laws *l, const struct laws_case *c, uint32_t rule, uint32_t chips,
                     struct str *key_out, bool *met_out)
{
    const struct sim_rule *r = &l->rules[rule];
    if (!r->cap.present || !rule_is_begun(r, c) || !is_act(c, r->act)) return 0;
    if (all_conditions(l, c, r) == NO) return 0;
    *met_out = r->effect == EFFECT_CONDITION && has_evidence(c, r->evidence);
    *key_out = cap_key(c, r->cap.by);
    int64_t use = use_of(c, &r->cap, chips);
    return use > 0 ? use : 0;
}

int64_t laws_cap_until(const struct sim_cap *cap, int64_t end_ms)
{
    int64_t day = end_ms / CIVIL_DAY_MS;
    if (cap->window == WINDOW_HELD) return end_ms;
    if (cap->window == WINDOW_DAYS) return (day + cap->days + 1) * CIVIL_DAY_MS;
    int32_t year = 2026;
    while (civil_days(year, 1, 1) <= day) year++;
    return civil_days(year, 1, 1) * CIVIL_DAY_MS;
}

/* ---- the verdict ---- */

enum judgement laws_judge(const struct laws *l, const struct laws_case *c, uint32_t *permit_out)
{
    bool unsure = false;
    *permit_out = NO_INDEX;
    for (uint32_t i = 0; i < l->rule_count; i++) {
        const struct sim_rule *r = &l->rules[i];
        if (!rule_is_in_force(r, c) || !is_act(c, r->act)) continue;
        enum truth applies = all_conditions(l, c, r);
        if (r->cap.present) applies = and3(applies, cap_is_broken(c, &r->cap));
        if (r->ratio.present) applies = and3(applies, ratio_is_broken(c, &r->ratio));
        bool open = r->effect == EFFECT_LICENCE || r->cap.present;
        if (applies == NO && !(c->spec->exclusive && r->cap.present)) continue;
        if (c->spec->exclusive && open) { /* for how many chips? */
            unsure = true;
            continue;
        }
        uint32_t permit = r->effect == EFFECT_LICENCE ? permit_for(c, r->id) : NO_INDEX;
        bool met =
            permit != NO_INDEX || (r->effect == EFFECT_CONDITION && has_evidence(c, r->evidence));
        if (applies == UNKNOWN) {
            if (r->effect == EFFECT_FORBID) return JUDGED_FORBIDDEN;
            unsure = true;
            continue;
        }
        if (!met) return JUDGED_FORBIDDEN;
        if (permit != NO_INDEX) *permit_out = permit;
    }
    return unsure ? JUDGED_UNSURE : JUDGED_ALLOWED;
}

bool laws_ratio_forbids(const struct laws *l, const struct laws_case *c)
{
    for (uint32_t i = 0; i < l->rule_count; i++) {
        const struct sim_rule *r = &l->rules[i];
        if (!r->ratio.present || !rule_is_in_force(r, c) || !is_act(c, r->act)) continue;
        bool met = (r->effect == EFFECT_LICENCE && permit_for(c, r->id) != NO_INDEX) ||
                   (r->effect == EFFECT_CONDITION && has_evidence(c, r->evidence));
        if (!met && and3(all_conditions(l, c, r), ratio_is_broken(c, &r->ratio)) == YES)
            return true;
    }
    return false;
}

/* ---- drawing ---- */

static int64_t draw_date(struct rng *r, int64_t from_ms, int64_t to_ms)
{
    return rng_between(r, from_ms / 1000, to_ms / 1000) * 1000;
}

static void draw_condition(struct rng *r, struct arena *arena, const struct fleet *f,
                           struct condition *k)
{
    static const int64_t limits[] = {1600, 2400, 4800};
    *k = (struct condition){.kind = (int)rng_below(r, CONDITION_KIND_COUNT),
                            .negated = rng_chance(r, 20),
                            .set = rng_below(r, LAWS_SETS),
                            .tpp = limits[rng_below(r, 3)]};
    if (k->kind == CONDITION_CHIP)
        k->chip = str_copy(arena, f->chips[rng_below(r, f->chip_count)].id);
}

static void draw_cap(struct rng *r, struct arena *arena, uint32_t version, struct sim_rule *out)
{
    static const int windows[] = {WINDOW_YEAR, WINDOW_DAYS, WINDOW_HELD};
    struct sim_cap *cap = &out->cap;
    *cap = (struct sim_cap){.present = true,
                            .by_tpp = rng_chance(r, 30),
                            .by = (int)rng_below(r, CAP_BY_COUNT),
                            .window = windows[rng_below(r, 3)],
                            .at_most = rng_between(r, 2, 60)};
    if (cap->by_tpp) cap->at_most *= 2000;
    if (cap->window == WINDOW_DAYS) cap->days = 1 + rng_below(r, 3);
    out->id = str_of(arena_printf(arena, STR_FMT "-CAP-%" PRIu32, STR_ARG(out->id), version));
    if (out->effect == EFFECT_LICENCE) out->effect = EFFECT_FORBID; /* there are no such permits */
    if (out->condition_count > 1) out->condition_count = 1; /* it should bite */
}

/* By a generator of its own, whose and what, so that older seeds go on giving the worlds that they
 * gave. */
static void draw_ratio(struct rng *r, const struct fleet *f, struct sim_ratio *out)
{
    struct rng own = rng_fork(r, 6);
    *out =
        (struct sim_ratio){.present = true,
                           .per = rng_chance(&own, 30) ? PER_SITE : (int)rng_below(&own, PER_COUNT),
                           .country = rng_below(&own, SIM_COUNTRY_COUNT)};
    bool by_country = rng_chance(&own, 25);
    struct str chip = f->chips[rng_below(r, f->chip_count)].id;
    if (!by_country) out->chip = chip;
    out->at_least_ppm = 50000 * (int32_t)(1 + rng_below(r, 9));
}

static void draw_rule(struct rng *r, struct arena *arena, const struct fleet *f, uint32_t version,
                      struct str id, int64_t from_ms, int64_t to_ms, struct sim_rule *out)
{
    static const int levels[] = {LEVEL_LAW, LEVEL_LAW, LEVEL_LAW, LEVEL_GUIDANCE, LEVEL_PROPOSED};
    static const int effects[] = {EFFECT_FORBID, EFFECT_LICENCE, EFFECT_CONDITION};
    *out = (struct sim_rule){.id = id,
                             .level = levels[rng_below(r, 5)],
                             .act = acts[rng_below(r, 3)],
                             .effect = effects[rng_below(r, 3)],
                             .evidence = STR("ev-A"),
                             .condition_count = 1 + rng_below(r, LAWS_CONDITIONS_MAX)};
    /* Half were always in force; a date must be stated, so those began long ago. */
    out->effective_ms =
        rng_chance(r, 50) ? from_ms - 400 * CIVIL_DAY_MS : draw_date(r, from_ms, to_ms);
    if (rng_chance(r, 30)) out->until_ms = draw_date(r, out->effective_ms + 1000, to_ms + 1000000);
    if (rng_chance(r, 25)) {
        out->suspended_from_ms = draw_date(r, from_ms, to_ms);
        if (rng_chance(r, 70))
            out->suspended_to_ms = draw_date(r, out->suspended_from_ms + 1000, to_ms + 1000000);
    }
    for (uint32_t i = 0; i < out->condition_count; i++)
        draw_condition(r, arena, f, &out->conditions[i]);
    uint32_t kind = rng_below(r, 10);
    if (kind < 3) draw_cap(r, arena, version, out);
    if (kind == 3) draw_ratio(r, f, &out->ratio);
}

/* ---- the same in the language of the core ---- */

static void put_condition(struct buf *text, const struct condition *k)
{
    if (k->negated) buf_puts(text, "!(");
    switch ((enum condition_kind)k->kind) {
    case CONDITION_SITE_IN: buf_printf(text, "site.country in S%" PRIu32, k->set); break;
    case CONDITION_TENANT_IN: buf_printf(text, "chain.tenant.country in S%" PRIu32, k->set); break;
    case CONDITION_PARENT_IN:
        buf_printf(text, "chain.tenant.ultimate_parent_hq in S%" PRIu32, k->set);
        break;
    case CONDITION_OWNER_PARENT_IN:
        buf_printf(text, "chain.owner.ultimate_parent_hq in S%" PRIu32, k->set);
        break;
    case CONDITION_TPP: buf_printf(text, "chip.tpp >= %" PRId64, k->tpp); break;
    case CONDITION_CHIP: buf_printf(text, "chip.id == \"" STR_FMT "\"", STR_ARG(k->chip)); break;
    case CONDITION_END_USE: buf_puts(text, "end_use == \"military\""); break;
    case CONDITION_DATA: buf_puts(text, "data.exists(d, d.class == \"personal\")"); break;
    case CONDITION_KIND_COUNT: break;
    }
    if (k->negated) buf_putc(text, ')');
}

static const struct law_source invented = {.cite = {"Example Code", 12},
                                           .source = {"https://law.example/code", 24},
                                           .read_ms = INT64_C(1767225600000),
                                           .confidence = {"high", 4},
                                           .basis = {"verbatim", 8}};

static void write_cap(const struct sim_cap *cap, struct law_cap *out)
{
    static const char *const by[CAP_BY_COUNT] = {"tenant", "operator", "site", "country", "all"};
    *out = (struct law_cap){.present = true,
                            .sum = cap->by_tpp ? STR("chip.tpp * double(amount)") : STR("amount"),
                            .by = str_of(by[cap->by]),
                            .window = cap->window,
                            .days = cap->days,
                            .at_most_milli = cap->at_most * 1000,
                            .unit = cap->by_tpp ? STR("TPP") : STR("chips")};
}

static void write_ratio(const struct sim_ratio *ratio, struct arena *arena, struct law_ratio *out)
{
    static const char *const per[PER_COUNT] = {"site",   "country", "operator", "owner",
                                               "lessor", "tenant",  "end_user", "all"};
    *out = (struct law_ratio){.present = true,
                              .per = str_of(per[ratio->per]),
                              .bound = BOUND_AT_LEAST,
                              .bound_ppm = ratio->at_least_ppm};
    out->share_of =
        ratio->chip.len > 0
            ? str_of(arena_printf(arena, "row.chip.id == \"" STR_FMT "\"", STR_ARG(ratio->chip)))
            : str_of(arena_printf(arena, "row.country == \"%s\"", sim_countries[ratio->country]));
}

static void write_rule(const struct sim_rule *r, struct arena *arena, struct law_rule *out)
{
    struct buf when = {0};
    for (uint32_t i = 0; i < r->condition_count; i++) {
        if (i > 0) buf_puts(&when, " && ");
        put_condition(&when, &r->conditions[i]);
    }
    *out = (struct law_rule){.id = r->id,
                             .title = STR("a rule of the simulated world"),
                             .law = STR("XA"),
                             .level = r->level,
                             .effective_ms = r->effective_ms,
                             .until_ms = r->until_ms,
                             .acts = 1u << r->act,
                             .when = str_copy(arena, buf_str(&when)),
                             .source = invented};
    buf_release(&when);
    out->then.effect = r->effect;
    if (r->effect == EFFECT_LICENCE) {
        out->then.policy = POLICY_CASE_BY_CASE;
        out->then.authority = STR("XA-TRADE");
    }
    if (r->effect == EFFECT_CONDITION) {
        out->permit = PERMIT_NONE; /* evidence alone meets it */
        out->then.evidence = ARENA_NEW(arena, struct str);
        out->then.evidence[0] = r->evidence;
        out->then.evidence_count = 1;
    }
    if (r->cap.present) write_cap(&r->cap, &out->cap);
    if (r->ratio.present) write_ratio(&r->ratio, arena, &out->ratio);
    if (r->suspended_from_ms != 0) {
        out->suspended = ARENA_NEW(arena, struct law_span);
        *out->suspended = (struct law_span){r->suspended_from_ms, r->suspended_to_ms, STR("test")};
        out->suspended_count = 1;
    }
}

static void write_set(const struct laws *l, uint32_t set, struct arena *arena, struct law_set *out)
{
    *out = (struct law_set){.name = str_of(arena_printf(arena, "S%" PRIu32, set)),
                            .title = STR("countries"),
                            .source = invented,
                            .members = ARENA_ARRAY(arena, LAWS_SET_MEMBERS, struct law_member),
                            .member_count = LAWS_SET_MEMBERS};
    for (uint32_t i = 0; i < LAWS_SET_MEMBERS; i++) {
        const struct sim_member *m = &l->sets[set][i];
        out->members[i] = (struct law_member){.is = str_of(sim_countries[m->country]),
                                              .from_ms = m->from_ms,
                                              .until_ms = m->until_ms};
    }
}

static void write_pack(const struct laws *l, struct arena *arena, struct law_pack *out)
{
    *out = (struct law_pack){
        .id = STR("xa"),
        .digest = str_of(arena_printf(arena, "%064" PRIx32, l->version)),
        .title = STR("Law of the simulated world"),
        .jurisdiction = STR("XA"),
        .sets = ARENA_ARRAY(arena, LAWS_SETS, struct law_set),
        .set_count = LAWS_SETS,
        .rules = ARENA_ARRAY(arena, LAWS_RULES_MAX, struct law_rule),
        .rule_count = l->rule_count,
        .acts = ARENA_ARRAY(arena, 2, struct law_implied),
        .act_count = 2,
    };
    for (uint32_t i = 0; i < LAWS_SETS; i++) write_set(l, i, arena, &out->sets[i]);
    for (uint32_t i = 0; i < l->rule_count; i++) write_rule(&l->rules[i], arena, &out->rules[i]);
    out->acts[0] =
        (struct law_implied){ACT_REMOTE_USE, STR("chain.tenant.country != site.country"), invented};
    out->acts[1] = (struct law_implied){ACT_DATA_EXPORT,
                                        STR("data.exists(d, d.class == \"personal\")"), invented};
}

struct laws *laws_draw(struct rng *r, struct arena *arena, uint32_t version, bool lenient,
                       const struct fleet *fleet, int64_t from_ms, int64_t to_ms)
{
    struct laws *l = ARENA_NEW(arena, struct laws);
    l->version = version;
    for (uint32_t i = 0; i < LAWS_SETS; i++)
        for (uint32_t k = 0; k < LAWS_SET_MEMBERS; k++) {
            struct sim_member *m = &l->sets[i][k];
            /* Distinct members, the first for ever, so that no set is empty. */
            m->country = (i + 2 * k) % SIM_COUNTRY_COUNT;
            if (k > 0 && rng_chance(r, 40)) m->from_ms = draw_date(r, from_ms, to_ms);
            if (k > 0 && rng_chance(r, 40))
                m->until_ms =
                    draw_date(r, (m->from_ms != 0 ? m->from_ms : from_ms) + 1000, to_ms + 1000000);
        }
    l->rule_count = lenient ? 0 : rng_below(r, LAWS_RULES_MAX + 1);
    for (uint32_t i = 0; i < l->rule_count; i++)
        draw_rule(r, arena, fleet, version, str_of(arena_printf(arena, "XA-%" PRIu32, i + 1)),
                  from_ms, to_ms, &l->rules[i]);
    if (lenient && rng_chance(r, 50)) return l; /* no packs at all is lenient too */
    l->packs = ARENA_NEW(arena, struct law_pack);
    l->pack_count = 1;
    write_pack(l, arena, l->packs);
    return l;
}
