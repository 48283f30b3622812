#include "read/fleet_yaml.h"

#include "base/check.h"
#include "base/mem.h"
#include "model/fleet_names.h"
#include "model/job.h"
#include "read/budget_yaml.h"
#include "read/chip_yaml.h"
#include "read/party_words.h"
#include "read/suggest.h"
#include "read/switches_yaml.h"
#include "read/units.h"

#include <string.h>

enum { SUGGEST_MAX = 1000 }; /* ids compared for "did you mean": more would take seconds */

struct reader {
    struct yaml_errors *errs;
    struct arena *arena;
    struct fleet *f;
    const struct yaml_node *root;
};

/* ---- small steps ----------------------------------------------------------------------------- */

static void line(struct reader *r, const struct yaml_node *map, const char *key, size_t max,
                 struct str *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_line(r->errs, n, max, out);
}

static void country(struct reader *r, const struct yaml_node *map, const char *key, struct str *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_country(r->errs, n, out);
}

static void id(struct reader *r, const struct yaml_node *map, const char *key, struct str *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_id(r->errs, n, out);
}

/* An id, or `unknown` for none. */
static void id_or_unknown(struct reader *r, const struct yaml_node *map, const char *key,
                          struct str *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL && !yaml_is(n, "unknown")) yaml_id(r->errs, n, out);
}

static void boolean(struct reader *r, const struct yaml_node *map, const char *key, bool *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_bool(r->errs, n, out);
}

static void tri(struct reader *r, const struct yaml_node *map, const char *key, int *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_tri(r->errs, n, out);
}

static void date(struct reader *r, const struct yaml_node *map, const char *key, bool is_end,
                 int64_t *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n == NULL) return;
    if (yaml_date(r->errs, n, is_end, out) && *out <= 0)
        yaml_fail(r->errs, n, "dates before 1970 are not kept; leave the key out");
}

static void money(struct reader *r, const struct yaml_node *map, const char *key, int64_t *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_money(r->errs, n, out);
}

static void duration(struct reader *r, const struct yaml_node *map, const char *key, int64_t *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    struct str text;
    if (n == NULL || !yaml_text(r->errs, n, NAME_LEN_MAX, &text)) return;
    if (!duration_parse(text, out))
        yaml_fail(r->errs, n,
                  "'" STR_FMT "' is not a duration; write minutes, 4:00:00 or 2-12:00:00",
                  STR_ARG(text));
}

static void preempt(struct reader *r, const struct yaml_node *map, int *out)
{
    const struct yaml_node *n = yaml_get(map, "preempt");
    int mode = 0; /* the words, without "unstated" */
    if (n != NULL && yaml_enum(r->errs, n, preempt_names + 1, PREEMPT_MODE_COUNT - 1, &mode))
        *out = mode + 1;
}

/* A list of texts, or `unknown`; *known tells which. Absent means unknown. */
static void texts_or_unknown(struct reader *r, const struct yaml_node *map, const char *key,
                             struct str **items, uint32_t *count, bool *known)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n == NULL || yaml_is(n, "unknown")) return;
    *known = yaml_texts(r->errs, n, LIST_MAX, NAME_LEN_MAX, items, count);
}

static void order_of_dates(struct reader *r, const struct yaml_node *at, int64_t from_ms,
                           int64_t to_ms)
{
    if (to_ms != 0 && from_ms >= to_ms)
        yaml_fail(r->errs, yaml_get(at, "to"), "ends before it begins");
}

/* The maps of one section: `count` and, in order, ids and bodies. */
struct section {
    uint32_t count;
    const struct yaml_node *map;
};

static struct section section(struct reader *r, const char *key, uint32_t max)
{
    const struct yaml_node *n = yaml_get(r->root, key);
    if (n == NULL) return (struct section){0};
    if (n->kind != YAML_MAP) {
        yaml_fail(r->errs, n, "expected a map from id to description");
        return (struct section){0};
    }
    if (n->count > max) {
        yaml_fail(r->errs, yaml_key(r->root, key), "%u entries; at most %u are allowed", n->count,
                  max);
        return (struct section){0};
    }
    struct str unused;
    for (uint32_t i = 0; i < n->count; i++) yaml_id(r->errs, &n->keys[i], &unused);
    return (struct section){.count = n->count, .map = n};
}

/* ---- parties --------------------------------------------------------------------------------- */

static void read_owner(struct reader *r, const struct yaml_node *n, struct owner *o)
{
    static const char *const keys[] = {"party", "share", "from", "to", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *party = yaml_need(r->errs, n, "party");
    if (party != NULL) yaml_id(r->errs, party, &o->party);
    const struct yaml_node *share = yaml_need(r->errs, n, "share");
    if (share != NULL && !yaml_is(share, "unknown"))
        o->share_known = yaml_share(r->errs, share, &o->share_ppm);
    date(r, n, "from", false, &o->from_ms);
    date(r, n, "to", true, &o->to_ms);
    order_of_dates(r, n, o->from_ms, o->to_ms);
}

static void read_party(struct reader *r, const struct yaml_node *n, struct party *p)
{
    static const char *const keys[] = {"name",   "country", "hq",    "ultimate_parent_hq",
                                       "owners", "lists",   "kinds", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    line(r, n, "name", NAME_LEN_MAX, &p->name);
    country(r, n, "country", &p->country);
    country(r, n, "hq", &p->hq);
    country(r, n, "ultimate_parent_hq", &p->ultimate_parent_hq);
    texts_or_unknown(r, n, "lists", &p->lists, &p->list_count, &p->lists_known);
    texts_or_unknown(r, n, "kinds", &p->kinds, &p->kind_count, &p->kinds_known);
    party_words_check(r->errs, n);
    const struct yaml_node *owners = yaml_get(n, "owners");
    if (owners == NULL || yaml_is(owners, "unknown")) return;
    if (!yaml_list(r->errs, owners, LIST_MAX)) return;
    p->owners_known = true;
    p->owner_count = owners->count;
    p->owners = ARENA_ARRAY(r->arena, owners->count, struct owner);
    for (uint32_t i = 0; i < owners->count; i++) read_owner(r, &owners->items[i], &p->owners[i]);
}

static void read_parties(struct reader *r)
{
    struct section s = section(r, "parties", PARTY_MAX);
    r->f->party_count = s.count;
    r->f->parties = ARENA_ARRAY(r->arena, s.count, struct party);
    for (uint32_t i = 0; i < s.count; i++) {
        r->f->parties[i].id = s.map->keys[i].text;
        read_party(r, &s.map->items[i], &r->f->parties[i]);
    }
}

/* ---- chips ----------------------------------------------------------------------------------- */

/* The catalogue's chips that pools name, then the fleet file's own, each in its order. */
static void read_chips(struct reader *r, const struct chip *catalogue, uint32_t catalogue_count)
{
    struct section own = section(r, "chips", CHIP_MAX);
    const struct yaml_node *pools = yaml_get(r->root, "pools");
    struct chip *chips = ARENA_ARRAY(r->arena, (size_t)catalogue_count + own.count, struct chip);
    bool *used = ARENA_ARRAY(r->arena, catalogue_count, bool);
    for (uint32_t i = 0; pools != NULL && pools->kind == YAML_MAP && i < pools->count; i++) {
        const struct yaml_node *chip = yaml_get(&pools->items[i], "chip");
        for (uint32_t k = 0; chip != NULL && k < catalogue_count; k++)
            if (chip->kind == YAML_SCALAR && str_eq(catalogue[k].id, chip->text)) used[k] = true;
    }
    uint32_t n = 0;
    for (uint32_t k = 0; k < catalogue_count; k++) {
        struct chip c = catalogue[k];
        const struct yaml_node *override = NULL;
        for (uint32_t i = 0; i < own.count; i++)
            if (str_eq(own.map->keys[i].text, c.id)) override = &own.map->items[i];
        if (override != NULL) chip_yaml_read(r->errs, override, &c);
        if (used[k] || override != NULL) chips[n++] = c;
    }
    for (uint32_t i = 0; i < own.count; i++) {
        struct chip c = {.id = own.map->keys[i].text};
        bool is_override = false;
        for (uint32_t k = 0; k < catalogue_count; k++)
            if (str_eq(catalogue[k].id, c.id)) is_override = true;
        if (is_override) continue;
        chip_yaml_read(r->errs, &own.map->items[i], &c);
        chips[n++] = c;
    }
    r->f->chips = chips;
    r->f->chip_count = n;
}

/* ---- sites ----------------------------------------------------------------------------------- */

static void read_window(struct reader *r, const struct yaml_node *n, struct window *w)
{
    static const char *const keys[] = {"from", "to", "reason", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    yaml_need(r->errs, n, "from");
    yaml_need(r->errs, n, "to");
    date(r, n, "from", false, &w->from_ms);
    date(r, n, "to", true, &w->to_ms);
    order_of_dates(r, n, w->from_ms, w->to_ms);
    line(r, n, "reason", NAME_LEN_MAX, &w->reason);
}

static void read_maintenance(struct reader *r, const struct yaml_node *n, struct window **out,
                             uint32_t *count_out)
{
    const struct yaml_node *x = yaml_get(n, "maintenance");
    if (x == NULL || !yaml_list(r->errs, x, WINDOWS_MAX)) return;
    struct window *w = ARENA_ARRAY(r->arena, x->count, struct window);
    *out = w;
    *count_out = x->count;
    for (uint32_t i = 0; i < x->count; i++) {
        read_window(r, &x->items[i], &w[i]);
        if (i > 0 && w[i].from_ms < w[i - 1].to_ms)
            yaml_fail(r->errs, &x->items[i], "overlaps the one before, or is not in order");
    }
}

static void read_link(struct reader *r, const struct yaml_node *n, struct site_link *l)
{
    static const char *const keys[] = {"from", "gbps", "price_per_gb", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x;
    uint32_t gbps = 0;
    if ((x = yaml_need(r->errs, n, "from")) != NULL) yaml_id(r->errs, x, &l->from);
    if ((x = yaml_get(n, "gbps")) != NULL)
        yaml_u32(r->errs, x, 1, (uint32_t)(LINK_MBPS_MAX / 1000), &gbps);
    l->mbps = (int64_t)gbps * 1000;
    money(r, n, "price_per_gb", &l->uusd_per_gb);
}

static void read_links(struct reader *r, const struct yaml_node *n, struct site *s)
{
    if (n == NULL || !yaml_list(r->errs, n, LIST_MAX)) return;
    s->link_count = n->count;
    s->links = ARENA_ARRAY(r->arena, n->count, struct site_link);
    for (uint32_t i = 0; i < n->count; i++) read_link(r, &n->items[i], &s->links[i]);
}

static void read_site(struct reader *r, const struct yaml_node *n, struct site *s)
{
    static const char *const keys[] = {"name",        "country",        "operator",
                                       "engine",      "state_funded",   "public_hub",
                                       "power_price", "build_progress", "critical_infrastructure",
                                       "links",       "maintenance",    NULL};
    s->engine = STR("local");
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    line(r, n, "name", NAME_LEN_MAX, &s->name);
    const struct yaml_node *where = yaml_need(r->errs, n, "country");
    if (where != NULL) yaml_country(r->errs, where, &s->country);
    id_or_unknown(r, n, "operator", &s->operator_party);
    id(r, n, "engine", &s->engine);
    tri(r, n, "state_funded", &s->state_funded);
    tri(r, n, "public_hub", &s->public_hub);
    tri(r, n, "critical_infrastructure", &s->critical_infrastructure);
    const struct yaml_node *built = yaml_get(n, "build_progress");
    if (built != NULL && !yaml_is(built, "unknown"))
        s->build_progress_known = yaml_share(r->errs, built, &s->build_progress_ppm);
    money(r, n, "power_price", &s->power_uusd_per_kwh);
    read_links(r, yaml_get(n, "links"), s);
    read_maintenance(r, n, &s->maintenance, &s->maintenance_count);
}

static void read_sites(struct reader *r)
{
    struct section s = section(r, "sites", SITE_MAX);
    r->f->site_count = s.count;
    r->f->sites = ARENA_ARRAY(r->arena, s.count, struct site);
    for (uint32_t i = 0; i < s.count; i++) {
        r->f->sites[i].id = s.map->keys[i].text;
        read_site(r, &s.map->items[i], &r->f->sites[i]);
    }
}

/* ---- pools ----------------------------------------------------------------------------------- */

/* Keys that make sense for every kind of title, then those of a lease. */
static void read_title_body(struct reader *r, const struct yaml_node *n, struct title *t)
{
    static const char *const owned[] = {"owner",    "price",    "cpu_price",
                                        "acquired", "evidence", NULL};
    static const char *const rented[] = {"owner",    "lessor",       "intermediaries",
                                         "price",    "cpu_price",    "acquired",
                                         "evidence", "minimum_term", NULL};
    static const char *const leased[] = {
        "owner",    "lessor",       "intermediaries", "price", "cpu_price", "acquired",
        "evidence", "minimum_term", "from",           "to",    NULL};
    static const char *const *const keys[TITLE_COUNT] = {owned, leased, rented};
    if (!yaml_map(r->errs, n, keys[t->kind]) && n->kind != YAML_MAP) return;
    id_or_unknown(r, n, "owner", &t->owner);
    id_or_unknown(r, n, "lessor", &t->lessor);
    const struct yaml_node *price = yaml_need(r->errs, n, "price");
    if (price != NULL) yaml_money(r->errs, price, &t->uusd_per_chip_h);
    if ((price = yaml_get(n, "cpu_price")) != NULL) yaml_money(r->errs, price, &t->uusd_per_cpu_h);
    const struct yaml_node *list = yaml_get(n, "intermediaries");
    if (list != NULL) yaml_ids(r->errs, list, LIST_MAX, &t->intermediaries, &t->intermediary_count);
    if ((list = yaml_get(n, "evidence")) != NULL)
        yaml_ids(r->errs, list, LIST_MAX, &t->evidence, &t->evidence_count);
    date(r, n, "acquired", false, &t->acquired_ms);
    duration(r, n, "minimum_term", &t->minimum_term_ms);
    if (t->kind != TITLE_LEASED) return;
    date(r, n, "from", false, &t->from_ms);
    if (yaml_need(r->errs, n, "to") != NULL) date(r, n, "to", true, &t->to_ms);
    order_of_dates(r, n, t->from_ms, t->to_ms);
}

static void read_title(struct reader *r, const struct yaml_node *n, struct title *t)
{
    if (n->kind != YAML_MAP || n->count != 1) {
        yaml_fail(r->errs, n,
                  "expected one of {owned: {...}}, {leased: {...}}, {on_demand: {...}}");
        return;
    }
    if (yaml_enum(r->errs, &n->keys[0], title_names, TITLE_COUNT, &t->kind))
        read_title_body(r, &n->items[0], t);
}

static void read_nodes(struct reader *r, const struct yaml_node *n, struct pool *p)
{
    struct str text;
    struct errtext error;
    if (!yaml_text(r->errs, n, TEXT_LEN_MAX * 16, &text)) return;
    if (hostlist_parse(text, r->arena, &p->ranges, &p->range_count, &error) != ERR_NONE)
        yaml_fail(r->errs, n, "%s", error.s);
}

static void read_memory(struct reader *r, const struct yaml_node *n, struct pool *p)
{
    struct str text;
    if (!yaml_text(r->errs, n, NAME_LEN_MAX, &text)) return;
    if (!memory_parse(text, &p->mem_mb_per_node) || p->mem_mb_per_node == 0)
        yaml_fail(r->errs, n, "'" STR_FMT "' is not an amount of memory; write 512G, 2T or MB",
                  STR_ARG(text));
}

static void read_pool_size(struct reader *r, const struct yaml_node *n, struct pool *p)
{
    const struct yaml_node *x;
    if ((x = yaml_need(r->errs, n, "nodes")) != NULL) read_nodes(r, x, p);
    if ((x = yaml_need(r->errs, n, "cpus_per_node")) != NULL)
        yaml_u32(r->errs, x, 1, CPUS_PER_NODE_MAX, &p->cpus_per_node);
    if ((x = yaml_need(r->errs, n, "memory_per_node")) != NULL) read_memory(r, x, p);
    switches_yaml_read(r->errs, n, r->arena, p);
    const struct yaml_node *chip = yaml_get(n, "chip");
    x = yaml_get(n, "chips_per_node");
    if (chip == NULL && x != NULL)
        yaml_fail(r->errs, yaml_key(n, "chips_per_node"), "a pool with chips needs the key chip");
    if (chip == NULL) return;
    yaml_id(r->errs, chip, &p->chip);
    if (x == NULL) x = yaml_need(r->errs, n, "chips_per_node");
    if (x != NULL) yaml_u32(r->errs, x, 1, CHIPS_PER_NODE_MAX, &p->chips_per_node);
    if ((x = yaml_get(n, "shards_per_chip")) == NULL) return;
    if (yaml_u32(r->errs, x, 1, CHIP_MILLI, &p->shards_per_chip) &&
        CHIP_MILLI % p->shards_per_chip != 0)
        yaml_fail(r->errs, x, "does not divide 1000; write 2, 4, 5, 8, 10, 20, 50 or 100");
}

static void read_pool(struct reader *r, const struct yaml_node *n, struct pool *p)
{
    static const char *const keys[] = {"site",
                                       "chip",
                                       "nodes",
                                       "partition",
                                       "chips_per_node",
                                       "shards_per_chip",
                                       "nodes_per_switch",
                                       "switches_per_spine",
                                       "switches",
                                       "cpus_per_node",
                                       "title",
                                       "memory_per_node",
                                       "max_time",
                                       "default_time",
                                       "default",
                                       "drained",
                                       "maintenance",
                                       "preempt",
                                       "shadow_price",
                                       NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x;
    if ((x = yaml_get(n, "shadow_price")) != NULL)
        yaml_money(r->errs, x, &p->shadow_uusd_per_chip_h);
    if ((x = yaml_need(r->errs, n, "site")) != NULL) yaml_id(r->errs, x, &p->site);
    if ((x = yaml_get(n, "partition")) != NULL)
        yaml_ids(r->errs, x, LIST_MAX, &p->aliases, &p->alias_count);
    read_pool_size(r, n, p);
    if ((x = yaml_need(r->errs, n, "title")) != NULL) read_title(r, x, &p->title);
    duration(r, n, "max_time", &p->time_limit_max_ms);
    duration(r, n, "default_time", &p->time_limit_default_ms);
    if (p->time_limit_max_ms != 0 && p->time_limit_default_ms > p->time_limit_max_ms)
        yaml_fail(r->errs, yaml_get(n, "default_time"), "is more than max_time");
    boolean(r, n, "default", &p->is_default);
    boolean(r, n, "drained", &p->drained);
    read_maintenance(r, n, &p->maintenance, &p->maintenance_count);
    preempt(r, n, &p->preempt);
}

static void read_pools(struct reader *r)
{
    struct section s = section(r, "pools", POOL_MAX);
    r->f->pool_count = s.count;
    r->f->pools = ARENA_ARRAY(r->arena, s.count, struct pool);
    for (uint32_t i = 0; i < s.count; i++) {
        r->f->pools[i].id = s.map->keys[i].text;
        read_pool(r, &s.map->items[i], &r->f->pools[i]);
    }
}

/* ---- tenants and permits --------------------------------------------------------------------- */

static void read_tenant(struct reader *r, const struct yaml_node *n, struct tenant *t)
{
    static const char *const keys[] = {"party",   "weight",       "users",  "default", "data",
                                       "purpose", "priority_max", "budget", NULL};
    t->weight = 1;
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    id_or_unknown(r, n, "party", &t->party);
    const struct yaml_node *x = yaml_get(n, "weight");
    if (x != NULL) yaml_u32(r->errs, x, 1, 1000000, &t->weight);
    if ((x = yaml_need(r->errs, n, "users")) != NULL)
        yaml_texts(r->errs, x, LIST_MAX, NAME_LEN_MAX, &t->users, &t->user_count);
    boolean(r, n, "default", &t->is_default);
    int64_t most = 0;
    if ((x = yaml_get(n, "priority_max")) != NULL)
        t->has_priority_max = yaml_i64(r->errs, x, INT32_MIN, INT32_MAX, &most);
    t->priority_max = (int32_t)most;
    if ((x = yaml_get(n, "budget")) != NULL) budget_yaml_read(r->errs, x, &t->budget);
    if ((x = yaml_get(n, "data")) != NULL) {
        t->reads_no_data = yaml_is(x, "none");
        if (!t->reads_no_data && !yaml_is(x, "unknown"))
            yaml_fail(r->errs, x, "data is none or unknown; a job states its data sets itself");
    }
    if ((x = yaml_get(n, "purpose")) != NULL && !yaml_is(x, "unknown")) {
        int use = 0, count = 0;
        while (end_use_names[count] != NULL) count++;
        if (yaml_enum(r->errs, x, end_use_names, count, &use))
            t->purpose = str_of(end_use_names[use]);
    }
}

static void read_tenants(struct reader *r)
{
    struct section s = section(r, "tenants", TENANT_MAX);
    r->f->tenant_count = s.count;
    r->f->tenants = ARENA_ARRAY(r->arena, s.count, struct tenant);
    for (uint32_t i = 0; i < s.count; i++) {
        r->f->tenants[i].id = s.map->keys[i].text;
        read_tenant(r, &s.map->items[i], &r->f->tenants[i]);
    }
}

static void read_permit(struct reader *r, const struct yaml_node *n, struct permit *p)
{
    static const char *const keys[] = {"rule", "holder", "amount", "used", "unit",
                                       "from", "to",     "issuer", "note", NULL};
    static const char *const units[] = {"chips", "tpp", "persons"};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x;
    if ((x = yaml_need(r->errs, n, "rule")) != NULL) yaml_id(r->errs, x, &p->rule);
    if ((x = yaml_need(r->errs, n, "holder")) != NULL) yaml_id(r->errs, x, &p->holder);
    int unit = 0;
    if ((x = yaml_get(n, "unit")) != NULL) yaml_enum(r->errs, x, units, 3, &unit);
    p->unit = str_of(units[unit]);
    if ((x = yaml_get(n, "amount")) != NULL && !yaml_is(x, "unknown"))
        p->amount_known = yaml_i64(r->errs, x, 0, INT64_MAX, &p->amount);
    if ((x = yaml_get(n, "used")) != NULL) {
        if (yaml_i64(r->errs, x, 0, INT64_MAX, &p->used) && p->amount_known && p->used > p->amount)
            yaml_fail(r->errs, x, "more is used than the amount");
    }
    date(r, n, "from", false, &p->from_ms);
    date(r, n, "to", true, &p->to_ms);
    order_of_dates(r, n, p->from_ms, p->to_ms);
    line(r, n, "issuer", NAME_LEN_MAX, &p->issuer);
    line(r, n, "note", TEXT_LEN_MAX, &p->note);
}

static void read_permits(struct reader *r)
{
    struct section s = section(r, "permits", PERMIT_MAX);
    r->f->permit_count = s.count;
    r->f->permits = ARENA_ARRAY(r->arena, s.count, struct permit);
    for (uint32_t i = 0; i < s.count; i++) {
        r->f->permits[i].id = s.map->keys[i].text;
        read_permit(r, &s.map->items[i], &r->f->permits[i]);
    }
}

/* ---- references ------------------------------------------------------------------------------ */

struct names {
    const char *what;
    struct name_table table;
};

#define NAMES_OF(r, label, list, n)                                                                \
    ((struct names){(label), table_of((r), (list), (n), sizeof *(list))})

/* The ids of an array of structs that begin with their id. */
static struct name_table table_of(struct reader *r, const void *items, uint32_t count, size_t size)
{
    struct name_table t = {.entries = ARENA_ARRAY(r->arena, count, struct name_entry),
                           .count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct str name;
        memcpy(&name, (const char *)items + i * size, sizeof name);
        t.entries[i] = (struct name_entry){.name = name, .index = i};
    }
    name_table_sort(&t);
    return t;
}

static const char *near_name(struct reader *r, const struct names *names, struct str word)
{
    if (names->table.count > SUGGEST_MAX) return NULL;
    const char **all = ARENA_ARRAY(r->arena, names->table.count + 1, const char *);
    for (uint32_t i = 0; i < names->table.count; i++)
        all[i] = str_dupz(r->arena, names->table.entries[i].name);
    return suggest(word, all);
}

static void reference(struct reader *r, const struct names *names, const struct yaml_node *n)
{
    if (n == NULL || n->kind != YAML_SCALAR || yaml_is(n, "unknown")) return;
    if (!id_is_valid(n->text) || name_table_find(&names->table, n->text) != NULL) return;
    const char *near = near_name(r, names, n->text);
    if (near != NULL)
        yaml_fail(r->errs, n, "%s '" STR_FMT "' does not exist; did you mean '%s'?", names->what,
                  STR_ARG(n->text), near);
    else
        yaml_fail(r->errs, n, "%s '" STR_FMT "' does not exist", names->what, STR_ARG(n->text));
}

static void references(struct reader *r, const struct names *names, const struct yaml_node *list)
{
    if (list == NULL || list->kind != YAML_LIST) {
        reference(r, names, list);
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) reference(r, names, &list->items[i]);
}

static void check_pool_references(struct reader *r, const struct names *parties,
                                  const struct names *sites, const struct names *chips)
{
    const struct yaml_node *pools = yaml_get(r->root, "pools");
    for (uint32_t i = 0; i < r->f->pool_count; i++) {
        const struct yaml_node *pool = &pools->items[i], *title = yaml_get(pool, "title");
        reference(r, sites, yaml_get(pool, "site"));
        reference(r, chips, yaml_get(pool, "chip"));
        if (title == NULL || title->kind != YAML_MAP || title->count != 1) continue;
        reference(r, parties, yaml_get(&title->items[0], "owner"));
        reference(r, parties, yaml_get(&title->items[0], "lessor"));
        references(r, parties, yaml_get(&title->items[0], "intermediaries"));
    }
}

static void check_references(struct reader *r, const struct chip *catalogue,
                             uint32_t catalogue_count)
{
    struct fleet *f = r->f;
    struct names parties = NAMES_OF(r, "party", f->parties, f->party_count);
    struct names sites = NAMES_OF(r, "site", f->sites, f->site_count);
    struct names chips = NAMES_OF(r, "chip", f->chips, f->chip_count);
    struct names known = NAMES_OF(r, "chip", catalogue, catalogue_count);
    /* Ids of the catalogue serve as suggestions too; a used one is among the fleet's already. */
    struct name_entry *both =
        ARENA_ARRAY(r->arena, chips.table.count + known.table.count, struct name_entry);
    memcpy(both, chips.table.entries, chips.table.count * sizeof *both);
    if (known.table.count > 0)
        memcpy(both + chips.table.count, known.table.entries, known.table.count * sizeof *both);
    chips.table.entries = both;
    chips.table.count += known.table.count;
    name_table_sort(&chips.table);

    const struct yaml_node *n = yaml_get(r->root, "parties");
    for (uint32_t i = 0; i < f->party_count; i++) {
        const struct yaml_node *owners = yaml_get(&n->items[i], "owners");
        for (uint32_t k = 0; k < f->parties[i].owner_count; k++)
            reference(r, &parties, yaml_get(&owners->items[k], "party"));
    }
    n = yaml_get(r->root, "sites");
    for (uint32_t i = 0; i < f->site_count; i++)
        reference(r, &parties, yaml_get(&n->items[i], "operator"));
    check_pool_references(r, &parties, &sites, &chips);
    n = yaml_get(r->root, "tenants");
    for (uint32_t i = 0; i < f->tenant_count; i++)
        reference(r, &parties, yaml_get(&n->items[i], "party"));
    n = yaml_get(r->root, "permits");
    for (uint32_t i = 0; i < f->permit_count; i++)
        reference(r, &parties, yaml_get(&n->items[i], "holder"));
}

/* The place of a message of fleet_index, which names things by id in quotes: the last of them
 * that is a key of a section; else the file. */
static const struct yaml_node *place_of(const struct reader *r, const char *message)
{
    static const char *const sections[] = {"parties", "chips",   "sites",
                                           "pools",   "tenants", "permits"};
    const struct yaml_node *best = r->root;
    for (const char *p = strchr(message, '\''); p != NULL; p = strchr(p, '\'')) {
        const char *end = strchr(p + 1, '\'');
        if (end == NULL) break;
        struct str name = {p + 1, (size_t)(end - p - 1)};
        for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
            const struct yaml_node *map = yaml_get(r->root, sections[i]);
            for (uint32_t k = 0; map != NULL && map->kind == YAML_MAP && k < map->count; k++)
                if (str_eq(map->keys[k].text, name)) best = &map->keys[k];
        }
        p = end + 1;
    }
    return best;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void read_half_life(struct reader *r)
{
    const struct yaml_node *n = yaml_get(r->root, "share_half_life");
    duration(r, r->root, "share_half_life", &r->f->share_half_life_ms);
    int64_t ms = r->f->share_half_life_ms;
    if (ms != 0 && (ms < SHARE_HALF_LIFE_MIN_MS || ms > TIME_LIMIT_MAX_MS))
        yaml_fail(r->errs, n, "share_half_life is from one minute to ten years");
}

static void read_root(struct reader *r, const struct chip *catalogue, uint32_t catalogue_count)
{
    static const char *const keys[] = {
        "fleet", "default_time", "share_half_life", "parties", "chips",          "sites",
        "pools", "tenants",      "permits",         "preempt", "preempt_exempt", "preempt_grace",
        NULL};
    if (!yaml_map(r->errs, r->root, keys) && r->root->kind != YAML_MAP) return;
    const struct yaml_node *name = yaml_need(r->errs, r->root, "fleet");
    if (name != NULL) yaml_line(r->errs, name, NAME_LEN_MAX, &r->f->name);
    duration(r, r->root, "default_time", &r->f->time_limit_default_ms);
    read_half_life(r);
    preempt(r, r->root, &r->f->preempt);
    duration(r, r->root, "preempt_exempt", &r->f->preempt_exempt_ms);
    duration(r, r->root, "preempt_grace", &r->f->preempt_grace_ms);
    if (r->f->preempt_grace_ms > PREEMPT_GRACE_MAX_MS)
        yaml_fail(r->errs, yaml_get(r->root, "preempt_grace"), "is more than an hour");
    yaml_need(r->errs, r->root, "pools");
    yaml_need(r->errs, r->root, "tenants");
    read_parties(r);
    read_chips(r, catalogue, catalogue_count);
    read_sites(r);
    read_pools(r);
    read_tenants(r);
    read_permits(r);
    check_references(r, catalogue, catalogue_count);
}

enum err fleet_yaml_read(struct str bytes, const char *file_name, const struct chip *catalogue,
                         uint32_t catalogue_count, struct arena *arena, struct fleet *out,
                         struct yaml_errors *errs)
{
    struct yaml_doc doc;
    struct fleet raw = {0};
    /* The raw fleet borrows from the file's text and the catalogue; the copy owns itself. */
    struct arena scratch = {0};
    struct reader r = {.errs = errs, .arena = &scratch, .f = &raw};
    uint32_t errors_before = errs->total;
    if (yaml_parse(bytes, YAML_BYTES_MAX, str_of(file_name), &scratch, errs, &doc)) {
        r.root = doc.root;
        read_root(&r, catalogue, catalogue_count);
        struct errtext error;
        if (errs->total == errors_before && fleet_index(&raw, &scratch, &error) != ERR_NONE)
            yaml_fail(errs, place_of(&r, error.s), "%s", error.s);
    }
    bool ok = errs->total == errors_before;
    if (ok) fleet_copy(&raw, arena, out);
    arena_release(&scratch);
    return ok ? ERR_NONE : ERR_INVALID;
}
