/* case.c - the legal case of a job in a pool (core_case).
 *
 * A placement is the act `place` at the pool's site, both from and to the site's country; the packs
 * add the acts that it implies (law_imply_acts): remote use, data export and so on. The chain is
 * the pool's owner, lessor and intermediaries, the site's operator, the tenant's party and the end
 * user (the tenant's party where none is stated). A job that holds no chips has no chip in its
 * case. Evidence is the pool's and the job's together, and is known: what is not on record is not
 * there. Permits are those whose holder is in the chain. Shares of the law count what stands, free
 * or not: at the pool's site (the fact `fleet`), in its country, of its operator, owner and lessor
 * what they operate, own and let, of the tenant and the end user what they own or operate, and of
 * all. */
#include "core/case.h"

#include "base/check.h"

struct builder {
    const struct fleet *fleet;
    struct arena *arena;
    struct law_case *out;
    uint32_t tenant, end_user; /* parties */
    uint32_t *listed; /* parties in the chain, then their owners, and so on */
    size_t listed_count, listed_cap;
};

static void list_party(struct builder *b, uint32_t party)
{
    if (party == NO_INDEX) return;
    for (size_t i = 0; i < b->listed_count; i++)
        if (b->listed[i] == party) return;
    if (b->listed_count == b->listed_cap) {
        size_t cap = b->listed_cap == 0 ? 16 : b->listed_cap * 2;
        uint32_t *more = ARENA_ARRAY(b->arena, cap, uint32_t);
        for (size_t i = 0; i < b->listed_count; i++) more[i] = b->listed[i];
        b->listed = more;
        b->listed_cap = cap;
    }
    b->listed[b->listed_count++] = party;
}

static void party_of(struct builder *b, uint32_t index, struct law_party *out)
{
    const struct party *p = &b->fleet->parties[index];
    *out = (struct law_party){
        .id = p->id,
        .country = p->country,
        .hq = p->hq,
        .ultimate_parent_hq = p->ultimate_parent_hq,
        .owners_known = p->owners_known,
        .owner_count = p->owner_count,
        .lists_known = p->lists_known,
        .lists = p->lists,
        .list_count = p->list_count,
        .kinds_known = p->kinds_known,
        .kinds = p->kinds,
        .kind_count = p->kind_count,
    };
    if (p->owner_count == 0) return;
    out->owners = arena_alloc(b->arena, p->owner_count, sizeof *out->owners);
    for (uint32_t i = 0; i < p->owner_count; i++) {
        const struct owner *o = &p->owners[i];
        out->owners[i].id = o->party;
        out->owners[i].share_known = o->share_known;
        out->owners[i].share_ppm = o->share_ppm;
        out->owners[i].from_ms = o->from_ms;
        out->owners[i].to_ms = o->to_ms;
    }
}

static void role(struct builder *b, enum law_role r, uint32_t party)
{
    if (party == NO_INDEX) return;
    party_of(b, party, &b->out->chain[r]);
    b->out->chain_present[r] = true;
    list_party(b, party);
}

static void chain(struct builder *b, const struct job_spec *s, const struct pool *p,
                  const struct site *site)
{
    const struct fleet *f = b->fleet;
    const struct title *t = &p->title;
    role(b, ROLE_OWNER, t->owner_index);
    role(b, ROLE_LESSOR, t->lessor_index);
    role(b, ROLE_OPERATOR, site->operator_index);
    uint32_t tenant = fleet_tenant(f, s->tenant);
    b->tenant = tenant == NO_INDEX ? NO_INDEX : f->tenants[tenant].party_index;
    b->end_user = s->end_user.len > 0 ? fleet_party(f, s->end_user) : b->tenant;
    role(b, ROLE_TENANT, b->tenant);
    role(b, ROLE_END_USER, b->end_user);
    struct law_case *out = b->out;
    out->intermediaries_known = true;
    out->intermediary_count = t->intermediary_count;
    if (t->intermediary_count == 0) return;
    out->intermediaries = ARENA_ARRAY(b->arena, t->intermediary_count, struct law_party);
    for (uint32_t i = 0; i < t->intermediary_count; i++) {
        party_of(b, t->intermediary_indexes[i], &out->intermediaries[i]);
        list_party(b, t->intermediary_indexes[i]);
    }
}

/* Owners of those in the chain, owners of these, and so on. */
static void further_parties(struct builder *b, size_t in_chain)
{
    for (size_t i = 0; i < b->listed_count; i++) {
        const struct party *p = &b->fleet->parties[b->listed[i]];
        for (uint32_t k = 0; k < p->owner_count; k++) list_party(b, p->owners[k].party_index);
    }
    size_t count = b->listed_count - in_chain;
    if (count == 0) return;
    b->out->parties = ARENA_ARRAY(b->arena, count, struct law_party);
    b->out->party_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) party_of(b, b->listed[in_chain + i], &b->out->parties[i]);
}

static void permits(struct builder *b, size_t in_chain, const int64_t *used)
{
    const struct fleet *f = b->fleet;
    if (f->permit_count == 0) return;
    b->out->permits = ARENA_ARRAY(b->arena, f->permit_count, struct law_permit);
    for (uint32_t i = 0; i < f->permit_count; i++) {
        const struct permit *p = &f->permits[i];
        bool is_in_chain = false;
        for (size_t k = 0; k < in_chain; k++)
            is_in_chain = is_in_chain || b->listed[k] == p->holder_index;
        if (!is_in_chain) continue;
        b->out->permits[b->out->permit_count++] = (struct law_permit){
            .rule = p->rule,
            .holder = p->holder,
            .id = p->id,
            .amount_known = p->amount_known,
            .amount = p->amount,
            .used = used != NULL ? used[i] : p->used,
            .from_ms = p->from_ms,
            .to_ms = p->to_ms,
        };
    }
}

static void evidence(struct builder *b, const struct job_spec *s, const struct title *t)
{
    uint32_t count = s->evidence_count + t->evidence_count;
    b->out->evidence_known = true;
    b->out->evidence_count = count;
    if (count == 0) return;
    struct str *all = ARENA_ARRAY(b->arena, count, struct str);
    for (uint32_t i = 0; i < t->evidence_count; i++) all[i] = t->evidence[i];
    for (uint32_t i = 0; i < s->evidence_count; i++) all[t->evidence_count + i] = s->evidence[i];
    b->out->evidence = all;
}

static void scope(struct law_case *x, struct str name, const struct stock *stock)
{
    ASSERT(x->fleet_count < LAW_SCOPES_MAX);
    x->fleets[x->fleet_count++] = (struct law_fleet){name, *stock};
}

static const struct party *party_at(const struct fleet *f, uint32_t index)
{
    return index == NO_INDEX ? NULL : &f->parties[index];
}

/* Scopes of whom nothing is known are left out: a share of theirs is unknown. */
static void scopes(struct builder *b, const struct pool *p, const struct site *site)
{
    const struct fleet *f = b->fleet;
    const struct party *op = party_at(f, site->operator_index);
    const struct party *owner = party_at(f, p->title.owner_index);
    const struct party *lessor = party_at(f, p->title.lessor_index);
    const struct party *tenant = party_at(f, b->tenant), *end_user = party_at(f, b->end_user);
    scope(b->out, STR("site"), &site->stock);
    if (site->country.len > 0) scope(b->out, STR("country"), &site->country_stock);
    if (op != NULL) scope(b->out, STR("operator"), &op->operated);
    if (owner != NULL) scope(b->out, STR("owner"), &owner->owned);
    if (lessor != NULL) scope(b->out, STR("lessor"), &lessor->let);
    if (tenant != NULL) scope(b->out, STR("tenant"), &tenant->held);
    if (end_user != NULL) scope(b->out, STR("end_user"), &end_user->held);
    scope(b->out, STR("all"), &f->stock);
    for (uint32_t i = 0; BERTH_DEFECT != 0 && i < b->out->fleet_count; i++) {
        struct stock *held = &b->out->fleets[i].stock;
        if (BERTH_DEFECT == 60 && held->count > 1) held->count = 1;
        if (BERTH_DEFECT == 61) *held = site->stock;
    }
}

uint32_t case_chips(const struct fleet *f, const struct job_spec *s, uint32_t pool)
{
    /* As if the pool were large enough: the number must depend on nothing that pools of one legal
     * signature differ in. */
    struct pool endless = f->pools[pool];
    endless.node_count = UINT32_MAX;
    struct size z;
    int64_t have, need;
    if (size_in_pool(s, &endless, &z, &have, &need) == REASON_NONE) return z.chips;
    return job_spec_chips(s);
}

void case_build(const struct fleet *f, const struct job_spec *s, uint32_t pool, int64_t now_ms,
                const int64_t *permit_used, struct arena *arena, struct law_case *out)
{
    ASSERT(pool < f->pool_count);
    const struct pool *p = &f->pools[pool];
    const struct site *site = &f->sites[p->site_index];
    *out = (struct law_case){.on_ms = now_ms, .acts = 1u << ACT_PLACE};
    out->from = out->to = site->country;
    out->amount_known = true;
    out->amount = case_chips(f, s, pool);
    out->chip_present = p->chip_index != NO_INDEX && out->amount > 0;
    if (out->chip_present) out->chip = f->chips[p->chip_index];
    struct builder b = {.fleet = f, .arena = arena, .out = out};
    chain(&b, s, p, site);
    size_t in_chain = b.listed_count;
    further_parties(&b, in_chain);
    permits(&b, in_chain, permit_used);
    evidence(&b, s, &p->title);
    scopes(&b, p, site);
    out->site = (struct law_site){
        .present = true,
        .id = site->id,
        .country = site->country,
        .state_funded = site->state_funded,
        .public_hub = site->public_hub,
        .critical_infrastructure = site->critical_infrastructure,
        .build_progress_known = site->build_progress_known,
        .build_progress_ppm = site->build_progress_ppm,
    };
    out->end_use = s->purpose;
    out->data_known = s->data_known || s->data_count > 0;
    out->data = s->data;
    out->data_count = s->data_count;
    out->acquired_ms = p->title.acquired_ms;
}

void case_permits_use(const struct fleet *f, struct law_case *x, const int64_t *permit_used)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < f->permit_count && k < x->permit_count; i++) {
        const struct permit *p = &f->permits[i];
        if (p->id.p != x->permits[k].id.p || !str_eq(p->id, x->permits[k].id)) continue;
        x->permits[k++].used = permit_used != NULL ? permit_used[i] : p->used;
    }
}

void core_case(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
               struct arena *arena, struct law_case *out)
{
    ASSERT(c->has_fleet);
    case_build(&c->fleet, spec, pool, now_ms, c->permit_used, arena, out);
    law_imply_acts(c->law, out, arena);
    counters_show(c, NULL, arena, out);
}

bool core_allows(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                 struct arena *scratch)
{
    struct law_case x;
    int effect;
    struct str rule;
    ASSERT(c->has_fleet);
    case_build(&c->fleet, spec, pool, now_ms, c->permit_used, scratch, &x);
    counters_show(c, NULL, scratch, &x);
    return law_allows_placement(c->law, &x, scratch, &effect, &rule);
}
