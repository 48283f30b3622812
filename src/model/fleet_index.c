/* fleet_index.c - references resolved, bounds checked, once and for all. */
#include "base/check.h"
#include "base/civil.h"
#include "model/fleet_names.h"
#include "model/stock.h"
#include "model/topology.h"

#define RETURN_IF(call)                                                                            \
    do {                                                                                           \
        enum err e_ = (call);                                                                      \
        if (e_ != ERR_NONE) return e_;                                                             \
    } while (0)

/* ---- names ----------------------------------------------------------------------------------- */

static void table_new(struct name_table *t, struct arena *arena, size_t room)
{
    *t = (struct name_table){.entries = ARENA_ARRAY(arena, room, struct name_entry)};
}

static enum err table_add(struct name_table *t, const char *what, struct str id, uint32_t index,
                          struct errtext *error)
{
    if (!id_is_valid(id))
        return err_set(error, ERR_INVALID,
                       "%s '" STR_FMT "': not a valid id (letters and digits, . _ - : @ + between "
                       "them, at most %d bytes)",
                       what, STR_ARG(id), (int)ID_LEN_MAX);
    t->entries[t->count++] = (struct name_entry){.name = id, .index = index};
    return ERR_NONE;
}

/* Sort, and refuse a name that is stated twice. Aliases may be shared, but not with an id. */
static enum err table_close(struct name_table *t, const char *what, struct errtext *error)
{
    name_table_sort(t);
    for (uint32_t i = 1; i < t->count; i++) {
        const struct name_entry *a = &t->entries[i - 1], *b = &t->entries[i];
        if (!str_eq(a->name, b->name) || (a->is_alias && b->is_alias && a->index != b->index))
            continue;
        return err_set(error, ERR_INVALID, "%s '" STR_FMT "' is %s", what, STR_ARG(b->name),
                       b->is_alias ? "also an alias" : "stated twice");
    }
    return ERR_NONE;
}

#define INDEX_IDS(table, what, items, n)                                                           \
    do {                                                                                           \
        table_new(&(table), arena, (n));                                                           \
        for (uint32_t i_ = 0; i_ < (n); i_++)                                                      \
            RETURN_IF(table_add(&(table), (what), (items)[i_].id, i_, error));                     \
        RETURN_IF(table_close(&(table), (what), error));                                           \
    } while (0)

static enum err index_pool_names(const struct fleet *f, struct name_table *t, struct arena *arena,
                                 struct errtext *error)
{
    size_t room = f->pool_count;
    for (uint32_t i = 0; i < f->pool_count; i++) room += f->pools[i].alias_count;
    table_new(t, arena, room);
    for (uint32_t i = 0; i < f->pool_count; i++) {
        const struct pool *p = &f->pools[i];
        RETURN_IF(table_add(t, "pool", p->id, i, error));
        for (uint32_t k = 0; k < p->alias_count; k++) {
            RETURN_IF(table_add(t, "alias", p->aliases[k], i, error));
            t->entries[t->count - 1].is_alias = true;
        }
    }
    return table_close(t, "pool", error);
}

static enum err index_names(const struct fleet *f, struct fleet_names *n, struct arena *arena,
                            struct errtext *error)
{
    INDEX_IDS(n->parties, "party", f->parties, f->party_count);
    INDEX_IDS(n->chips, "chip", f->chips, f->chip_count);
    INDEX_IDS(n->sites, "site", f->sites, f->site_count);
    INDEX_IDS(n->tenants, "tenant", f->tenants, f->tenant_count);
    INDEX_IDS(n->permits, "permit", f->permits, f->permit_count);
    return index_pool_names(f, &n->pools, arena, error);
}

/* Resolve `id`; an empty one gives NO_INDEX where `optional`. */
static enum err resolve(const struct name_table *t, struct str id, bool optional, const char *who,
                        struct str who_id, const char *what, uint32_t *index_out,
                        struct errtext *error)
{
    *index_out = NO_INDEX;
    if (optional && id.len == 0) return ERR_NONE;
    const struct name_entry *e = name_table_find(t, id);
    if (e == NULL || e->is_alias)
        return err_set(error, ERR_INVALID, "%s '" STR_FMT "': %s '" STR_FMT "' does not exist", who,
                       STR_ARG(who_id), what, STR_ARG(id));
    *index_out = e->index;
    return ERR_NONE;
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static enum err bad(const char *who, struct str id, const char *why, struct errtext *error)
{
    return err_set(error, ERR_INVALID, "%s '" STR_FMT "': %s", who, STR_ARG(id), why);
}

static bool in_range(int64_t x, int64_t lo, int64_t hi)
{
    return lo <= x && x <= hi;
}

static bool country_or_unknown(struct str code)
{
    return code.len == 0 || country_is_valid(code);
}

static bool dates_in_order(int64_t from_ms, int64_t to_ms)
{
    return from_ms >= 0 && to_ms >= 0 && (to_ms == 0 || from_ms < to_ms);
}

static bool texts_are_valid(const struct str *items, uint32_t count)
{
    if (count > LIST_MAX) return false;
    for (uint32_t i = 0; i < count; i++)
        if (items[i].len == 0 || !text_is_valid(items[i], NAME_LEN_MAX)) return false;
    return true;
}

static enum err check_counts(const struct fleet *f, struct errtext *error)
{
    const struct {
        const char *what;
        uint32_t count, max;
    } rows[] = {
        {"parties", f->party_count, PARTY_MAX},   {"chips", f->chip_count, CHIP_MAX},
        {"sites", f->site_count, SITE_MAX},       {"pools", f->pool_count, POOL_MAX},
        {"tenants", f->tenant_count, TENANT_MAX}, {"permits", f->permit_count, PERMIT_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].count > rows[i].max)
            return err_set(error, ERR_LIMIT, "%u %s; at most %u are allowed", rows[i].count,
                           rows[i].what, rows[i].max);
    if (!text_is_valid(f->name, NAME_LEN_MAX)) return bad("fleet", f->name, "bad name", error);
    if (!in_range(f->time_limit_default_ms, 0, TIME_LIMIT_MAX_MS))
        return bad("fleet", f->name, "the default time limit is out of range", error);
    if (f->share_half_life_ms != 0 &&
        !in_range(f->share_half_life_ms, SHARE_HALF_LIFE_MIN_MS, TIME_LIMIT_MAX_MS))
        return bad("fleet", f->name, "share_half_life is from one minute to ten years", error);
    if (!in_range(f->preempt_exempt_ms, 0, TIME_LIMIT_MAX_MS) ||
        !in_range(f->preempt_grace_ms, 0, PREEMPT_GRACE_MAX_MS))
        return bad("fleet", f->name, "preempt_exempt or preempt_grace is out of range", error);
    return ERR_NONE;
}

static enum err index_owners(struct party *p, const struct fleet_names *n, struct errtext *error)
{
    if (p->owner_count > LIST_MAX) return bad("party", p->id, "too many owners", error);
    if (p->owner_count > 0 && !p->owners_known)
        return bad("party", p->id, "has owners although they are said to be unknown", error);
    int64_t undated_ppm = 0;
    for (uint32_t i = 0; i < p->owner_count; i++) {
        struct owner *o = &p->owners[i];
        if (!in_range(o->share_ppm, 0, 1000000))
            return bad("party", p->id, "an owner's share is outside 0..100 %", error);
        if (!dates_in_order(o->from_ms, o->to_ms))
            return bad("party", p->id, "an owner's dates are not in order", error);
        if (o->share_known && o->from_ms == 0 && o->to_ms == 0) undated_ppm += o->share_ppm;
        RETURN_IF(
            resolve(&n->parties, o->party, false, "party", p->id, "owner", &o->party_index, error));
    }
    if (undated_ppm > 1000000)
        return bad("party", p->id, "its owners hold more than 100 % together", error);
    return ERR_NONE;
}

static enum err index_party(struct party *p, const struct fleet_names *n, struct errtext *error)
{
    if (!text_is_valid(p->name, NAME_LEN_MAX)) return bad("party", p->id, "bad name", error);
    if (!country_or_unknown(p->country) || !country_or_unknown(p->hq) ||
        !country_or_unknown(p->ultimate_parent_hq))
        return bad("party", p->id, "a country is not two capital letters", error);
    if (!texts_are_valid(p->lists, p->list_count) || !texts_are_valid(p->kinds, p->kind_count))
        return bad("party", p->id, "lists or kinds: too many, or one is empty or too long", error);
    return index_owners(p, n, error);
}

static enum err check_chip(const struct chip *c, struct errtext *error)
{
    const struct quantity *all[] = {
        &c->tpp,         &c->pd,       &c->dram_bw_gbs, &c->interconnect_gbs,
        &c->mem_gb,      &c->tdp_w,    &c->die_mm2,     &c->fp32_tflops,
        &c->fp16_tflops, &c->fp8_tops, &c->fp4_tflops,  &c->int4_tops};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const struct quantity *q = all[i];
        if (q->known && !(in_range(q->lo_milli, 0, q->milli) &&
                          in_range(q->hi_milli, q->milli, QUANTITY_MAX_MILLI)))
            return bad("chip", c->id, "a value is outside its error bar or its range", error);
    }
    if (!text_is_valid(c->name, NAME_LEN_MAX) || !text_is_valid(c->vendor, NAME_LEN_MAX) ||
        !text_is_valid(c->source, TEXT_LEN_MAX) || !text_is_valid(c->confidence, NAME_LEN_MAX))
        return bad("chip", c->id, "a text is too long or has control characters", error);
    if (!country_or_unknown(c->vendor_hq))
        return bad("chip", c->id, "vendor_hq is not two capital letters", error);
    return ERR_NONE;
}

static enum err check_windows(const char *what, struct str id, const struct window *windows,
                              uint32_t count, struct errtext *error)
{
    if (count > WINDOWS_MAX) return bad(what, id, "more than 64 maintenance windows", error);
    for (uint32_t i = 0; i < count; i++) {
        const struct window *w = &windows[i];
        if (w->from_ms <= 0 || w->from_ms >= w->to_ms)
            return bad(what, id, "maintenance ends before it begins", error);
        if (i > 0 && w->from_ms < w[-1].to_ms)
            return bad(what, id, "maintenance windows are not in order, or overlap", error);
        if (!text_is_valid(w->reason, NAME_LEN_MAX))
            return bad(what, id, "the reason of a maintenance is not a line of text", error);
    }
    return ERR_NONE;
}

static enum err index_site(struct site *s, const struct fleet_names *n, struct errtext *error)
{
    if (!text_is_valid(s->name, NAME_LEN_MAX) || !text_is_valid(s->engine, NAME_LEN_MAX))
        return bad("site", s->id, "a text is too long or has control characters", error);
    if (!country_or_unknown(s->country))
        return bad("site", s->id, "country is not two capital letters", error);
    if (!in_range(s->build_progress_ppm, 0, 1000000))
        return bad("site", s->id, "build progress is outside 0..100 %", error);
    if (!in_range(s->power_uusd_per_kwh, 0, PRICE_MAX_UUSD))
        return bad("site", s->id, "the power price is out of range", error);
    for (uint32_t i = 0; i < s->link_count; i++) {
        const struct site_link *l = &s->links[i];
        if (!id_is_valid(l->from) || !in_range(l->mbps, 0, LINK_MBPS_MAX) ||
            !in_range(l->uusd_per_gb, 0, PRICE_MAX_UUSD))
            return bad("site", s->id, "a link: from, speed or price is out of range", error);
    }
    RETURN_IF(check_windows("site", s->id, s->maintenance, s->maintenance_count, error));
    return resolve(&n->parties, s->operator_party, true, "site", s->id, "operator",
                   &s->operator_index, error);
}

/* ---- pools ----------------------------------------------------------------------------------- */

static enum err index_title(struct pool *p, const struct fleet_names *n, struct arena *arena,
                            struct errtext *error)
{
    struct title *t = &p->title;
    if (t->kind < 0 || t->kind >= TITLE_COUNT) return bad("pool", p->id, "bad title", error);
    if (!dates_in_order(t->from_ms, t->to_ms))
        return bad("pool", p->id, "the lease ends before it begins", error);
    if (!in_range(t->uusd_per_chip_h, 0, PRICE_MAX_UUSD) ||
        !in_range(t->uusd_per_cpu_h, 0, PRICE_MAX_UUSD) ||
        !in_range(p->shadow_uusd_per_chip_h, 0, PRICE_MAX_UUSD))
        return bad("pool", p->id, "the price is out of range", error);
    if (t->minimum_term_ms < 0 || t->acquired_ms < 0)
        return bad("pool", p->id, "a date or term is negative", error);
    if (!texts_are_valid(t->evidence, t->evidence_count) || t->intermediary_count > LIST_MAX)
        return bad("pool", p->id, "evidence or intermediaries: too many, or bad texts", error);
    RETURN_IF(resolve(&n->parties, t->owner, true, "pool", p->id, "owner", &t->owner_index, error));
    RETURN_IF(
        resolve(&n->parties, t->lessor, true, "pool", p->id, "lessor", &t->lessor_index, error));
    t->intermediary_indexes = ARENA_ARRAY(arena, t->intermediary_count, uint32_t);
    for (uint32_t i = 0; i < t->intermediary_count; i++)
        RETURN_IF(resolve(&n->parties, t->intermediaries[i], false, "pool", p->id, "intermediary",
                          &t->intermediary_indexes[i], error));
    return ERR_NONE;
}

bool node_range_is_sound(const struct node_range *r)
{
    bool fits = (uint64_t)r->first + r->count <= UINT64_C(1000000000) && r->width <= 9;
    bool is_sound = r->numbered ? fits : r->count == 1 && r->suffix.len == 0;
    return is_sound && r->count > 0 && r->prefix.len > 0 &&
           text_is_valid(r->prefix, NAME_LEN_MAX) && text_is_valid(r->suffix, NAME_LEN_MAX);
}

/* Ranges may come from a file or a ledger, so nothing about them is taken on trust. */
static enum err count_nodes(struct pool *p, struct errtext *error)
{
    uint64_t nodes = 0;
    if (p->range_count > NODE_RANGES_MAX) return bad("pool", p->id, "too many ranges", error);
    for (uint32_t i = 0; i < p->range_count; i++) {
        if (!node_range_is_sound(&p->ranges[i]))
            return bad("pool", p->id, "a range of nodes is not sound", error);
        nodes += p->ranges[i].count;
    }
    if (nodes == 0) return bad("pool", p->id, "has no nodes", error);
    if (nodes > NODES_PER_POOL_MAX)
        return err_set(error, ERR_LIMIT, "pool '" STR_FMT "': more than %d nodes", STR_ARG(p->id),
                       (int)NODES_PER_POOL_MAX);
    p->node_count = (uint32_t)nodes;
    return ERR_NONE;
}

static enum err check_pool_shape(const struct pool *p, struct errtext *error)
{
    if (p->alias_count > LIST_MAX) return bad("pool", p->id, "too many aliases", error);
    if (p->chip.len == 0 && p->chips_per_node != 0)
        return bad("pool", p->id, "chips_per_node is given but no chip", error);
    if (p->chip.len > 0 && !in_range(p->chips_per_node, 1, CHIPS_PER_NODE_MAX))
        return bad("pool", p->id, "chips_per_node must be 1..64", error);
    if (p->shards_per_chip != 0 && (p->chip.len == 0 || CHIP_MILLI % p->shards_per_chip != 0))
        return bad("pool", p->id, "shards_per_chip must divide 1000, and needs chips", error);
    if (p->nodes_per_switch > NODES_PER_POOL_MAX || p->switches_per_spine > NODES_PER_POOL_MAX ||
        (p->switches_per_spine > 0 && p->nodes_per_switch == 0))
        return bad("pool", p->id, "switches_per_spine needs nodes_per_switch; both have a bound",
                   error);
    if (p->switch_count > SWITCHES_MAX || (p->switch_count > 0 && p->nodes_per_switch > 0))
        return bad("pool", p->id, "too many switches, or both names and numbers of them", error);
    if (!in_range(p->cpus_per_node, 1, CPUS_PER_NODE_MAX))
        return bad("pool", p->id, "cpus_per_node must be 1..65535", error);
    if (p->mem_mb_per_node > MEM_MB_PER_NODE_MAX)
        return bad("pool", p->id, "memory of a node is more than 1 PiB", error);
    if (!in_range(p->time_limit_max_ms, 0, TIME_LIMIT_MAX_MS) ||
        !in_range(p->time_limit_default_ms, 0, TIME_LIMIT_MAX_MS))
        return bad("pool", p->id, "a time limit is out of range", error);
    if (p->time_limit_max_ms != 0 && p->time_limit_default_ms > p->time_limit_max_ms)
        return bad("pool", p->id, "the default time limit is above the greatest", error);
    return ERR_NONE;
}

static enum err index_pools(struct fleet *f, const struct fleet_names *n, struct arena *arena,
                            struct errtext *error)
{
    uint64_t nodes = 0;
    uint32_t defaults = 0;
    for (uint32_t i = 0; i < f->pool_count; i++) {
        struct pool *p = &f->pools[i];
        RETURN_IF(check_pool_shape(p, error));
        RETURN_IF(check_windows("pool", p->id, p->maintenance, p->maintenance_count, error));
        RETURN_IF(count_nodes(p, error));
        nodes += p->node_count;
        defaults += p->is_default;
        RETURN_IF(resolve(&n->chips, p->chip, true, "pool", p->id, "chip", &p->chip_index, error));
        RETURN_IF(resolve(&n->sites, p->site, false, "pool", p->id, "site", &p->site_index, error));
        RETURN_IF(index_title(p, n, arena, error));
    }
    if (nodes > NODES_MAX)
        return err_set(error, ERR_LIMIT, "more than %d nodes in all pools", (int)NODES_MAX);
    if (defaults > 1) return err_set(error, ERR_INVALID, "more than one pool is the default");
    RETURN_IF(fleet_check_nodes(f, error));
    for (uint32_t i = 0; i < f->pool_count; i++)
        RETURN_IF(topology_build(&f->pools[i], arena, NULL, error));
    return ERR_NONE;
}

/* ---- tenants and permits --------------------------------------------------------------------- */

static enum err check_budget(const struct tenant *t, struct errtext *error)
{
    const struct budget *b = &t->budget;
    if (b->per == BUDGET_NONE && (b->days != 0 || b->amount_uusd != 0 || b->from_ms != 0))
        return bad("tenant", t->id, "budget: per is missing", error);
    if (!in_range(b->amount_uusd, 0, BUDGET_MAX_UUSD))
        return bad("tenant", t->id, "budget: the amount is out of range", error);
    if ((b->per == BUDGET_DAYS) != (b->days > 0) || b->days > BUDGET_DAYS_MAX)
        return bad("tenant", t->id, "budget: days are 1..3652", error);
    if (!in_range(b->from_ms, 0, INSTANT_MAX_MS))
        return bad("tenant", t->id, "budget: from is out of range", error);
    bool by_calendar = b->per >= BUDGET_MONTH;
    if (by_calendar && (b->from_ms % CIVIL_DAY_MS != 0 || civil_of_ms(b->from_ms).day > 28))
        return bad("tenant", t->id, "budget: from must be one of the first 28 days of a month",
                   error);
    return ERR_NONE;
}

static enum err index_tenants(struct fleet *f, const struct fleet_names *n, struct errtext *error)
{
    uint32_t defaults = 0;
    for (uint32_t i = 0; i < f->tenant_count; i++) {
        struct tenant *t = &f->tenants[i];
        if (t->weight == 0) return bad("tenant", t->id, "weight must be at least 1", error);
        if (!texts_are_valid(t->users, t->user_count))
            return bad("tenant", t->id, "users: too many, or one is empty or too long", error);
        RETURN_IF(check_budget(t, error));
        defaults += t->is_default;
        RETURN_IF(
            resolve(&n->parties, t->party, true, "tenant", t->id, "party", &t->party_index, error));
    }
    if (defaults > 1) return err_set(error, ERR_INVALID, "more than one tenant is the default");
    return ERR_NONE;
}

static enum err index_permits(struct fleet *f, const struct fleet_names *n, struct errtext *error)
{
    for (uint32_t i = 0; i < f->permit_count; i++) {
        struct permit *p = &f->permits[i];
        if (p->amount < 0 || p->used < 0 || (p->amount_known && p->used > p->amount))
            return bad("permit", p->id, "used must be 0..amount", error);
        if (!dates_in_order(p->from_ms, p->to_ms))
            return bad("permit", p->id, "ends before it begins", error);
        if (!text_is_valid(p->unit, ID_LEN_MAX) || !text_is_valid(p->issuer, NAME_LEN_MAX) ||
            !text_is_valid(p->note, TEXT_LEN_MAX) || !id_is_valid(p->rule))
            return bad("permit", p->id, "rule, unit, issuer or note is not valid", error);
        RETURN_IF(resolve(&n->parties, p->holder, false, "permit", p->id, "holder",
                          &p->holder_index, error));
    }
    return ERR_NONE;
}

enum err fleet_index(struct fleet *f, struct arena *arena, struct errtext *error)
{
    struct fleet_names *n = ARENA_NEW(arena, struct fleet_names);
    RETURN_IF(check_counts(f, error));
    RETURN_IF(index_names(f, n, arena, error));
    for (uint32_t i = 0; i < f->party_count; i++) RETURN_IF(index_party(&f->parties[i], n, error));
    RETURN_IF(fleet_check_owners(f, error));
    for (uint32_t i = 0; i < f->chip_count; i++) RETURN_IF(check_chip(&f->chips[i], error));
    for (uint32_t i = 0; i < f->site_count; i++) RETURN_IF(index_site(&f->sites[i], n, error));
    RETURN_IF(index_pools(f, n, arena, error));
    RETURN_IF(index_tenants(f, n, error));
    RETURN_IF(index_permits(f, n, error));
    stock_fleet(f, arena);
    f->names = n;
    return ERR_NONE;
}
