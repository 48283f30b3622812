#include "read/case_yaml.h"

#include "law/law.h"
#include "law/pack.h"
#include "law/party.h"
#include "read/chip_yaml.h"
#include "read/party_words.h"
#include "read/suggest.h"

#include <string.h>

struct reader {
    struct yaml_errors *errs;
    const struct case_world *world;
    struct arena *arena;
    struct law_case *c;
};

static const char *const party_keys[] = {"id",     "name",  "country", "hq", "ultimate_parent_hq",
                                         "owners", "lists", "kinds",   NULL};

/* A getter for the keys of one map; missing keys are unknown facts. */
static const struct yaml_node *fact(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = yaml_get(map, key);
    return n != NULL && !yaml_is(n, "unknown") ? n : NULL;
}

static void country(struct reader *r, const struct yaml_node *map, const char *key, struct str *out)
{
    const struct yaml_node *n = fact(map, key);
    if (n != NULL) yaml_country(r->errs, n, out);
}

/* ---- parties --------------------------------------------------------------------------------- */

static void read_owner(struct reader *r, const struct yaml_node *n, struct law_owner *o)
{
    static const char *const keys[] = {"party", "share", "from", "to", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x = yaml_need(r->errs, n, "party");
    if (x != NULL && !yaml_is(x, "unknown")) yaml_id(r->errs, x, &o->id);
    if ((x = fact(n, "share")) != NULL) o->share_known = yaml_share(r->errs, x, &o->share_ppm);
    if ((x = yaml_get(n, "from")) != NULL) yaml_date(r->errs, x, false, &o->from_ms);
    if ((x = yaml_get(n, "to")) != NULL) yaml_date(r->errs, x, true, &o->to_ms);
    if (o->from_ms != 0 && o->to_ms != 0 && o->from_ms >= o->to_ms)
        yaml_fail(r->errs, yaml_get(n, "to"), "`to` is before `from`");
}

static void read_owners(struct reader *r, const struct yaml_node *n, struct law_party *p)
{
    if (!yaml_list(r->errs, n, LIST_MAX)) return;
    p->owners_known = true;
    p->owner_count = n->count;
    p->owners = ARENA_ARRAY(r->arena, n->count + 1, struct law_owner);
    for (uint32_t i = 0; i < n->count; i++) read_owner(r, &n->items[i], &p->owners[i]);
}

static void read_words(struct reader *r, const struct yaml_node *map, const char *key, bool *known,
                       struct str **items, uint32_t *count)
{
    const struct yaml_node *n = fact(map, key);
    if (n != NULL) *known = yaml_texts(r->errs, n, LIST_MAX, NAME_LEN_MAX, items, count);
}

static void read_party(struct reader *r, const struct yaml_node *n, struct law_party *p)
{
    if (!yaml_map(r->errs, n, party_keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x;
    if ((x = yaml_get(n, "id")) != NULL) yaml_id(r->errs, x, &p->id);
    country(r, n, "country", &p->country);
    country(r, n, "hq", &p->hq);
    country(r, n, "ultimate_parent_hq", &p->ultimate_parent_hq);
    if ((x = fact(n, "owners")) != NULL) read_owners(r, x, p);
    read_words(r, n, "lists", &p->lists_known, &p->lists, &p->list_count);
    read_words(r, n, "kinds", &p->kinds_known, &p->kinds, &p->kind_count);
    party_words_check(r->errs, n);
}

/* A party of the fleet file as the law sees it. */
static void party_of_fleet(struct reader *r, const struct party *from, struct law_party *p)
{
    *p = (struct law_party){
        .id = from->id,
        .country = from->country,
        .hq = from->hq,
        .ultimate_parent_hq = from->ultimate_parent_hq,
        .owners_known = from->owners_known,
        .owner_count = from->owner_count,
        .lists_known = from->lists_known,
        .lists = from->lists,
        .list_count = from->list_count,
        .kinds_known = from->kinds_known,
        .kinds = from->kinds,
        .kind_count = from->kind_count,
    };
    p->owners = ARENA_ARRAY(r->arena, p->owner_count + 1, struct law_owner);
    for (uint32_t i = 0; i < p->owner_count; i++)
        p->owners[i] = (struct law_owner){from->owners[i].party, from->owners[i].share_known,
                                          from->owners[i].share_ppm, from->owners[i].from_ms,
                                          from->owners[i].to_ms};
}

static const struct law_party *case_party(const struct law_case *c, struct str id)
{
    for (uint32_t i = 0; i < c->party_count; i++)
        if (str_eq(c->parties[i].id, id)) return &c->parties[i];
    return NULL;
}

/* A party inline, or the id of one that the case or the fleet describes. */
static void read_party_or_id(struct reader *r, const struct yaml_node *n, struct law_party *p)
{
    if (n->kind != YAML_SCALAR) {
        read_party(r, n, p);
        return;
    }
    struct str id = {0};
    if (!yaml_id(r->errs, n, &id)) return;
    const struct law_party *known = case_party(r->c, id);
    uint32_t i =
        known == NULL && r->world->fleet != NULL ? fleet_party(r->world->fleet, id) : NO_INDEX;
    if (known != NULL)
        *p = *known;
    else if (i != NO_INDEX)
        party_of_fleet(r, &r->world->fleet->parties[i], p);
    else
        yaml_fail(r->errs, n,
                  "party '" STR_FMT "' is not described; write it out here or under `parties`",
                  STR_ARG(id));
}

static void read_chain(struct reader *r, const struct yaml_node *n)
{
    static const char *const keys[] = {"exporter", "owner",          "lessor",
                                       "operator", "consignee",      "tenant",
                                       "end_user", "intermediaries", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    for (int i = 0; i < ROLE_COUNT; i++) {
        const struct yaml_node *x = fact(n, law_role_names[i]);
        if (x == NULL) continue;
        r->c->chain_present[i] = true;
        read_party_or_id(r, x, &r->c->chain[i]);
    }
    const struct yaml_node *x = fact(n, "intermediaries");
    if (x == NULL || !yaml_list(r->errs, x, LIST_MAX)) return;
    r->c->intermediaries_known = true;
    r->c->intermediary_count = x->count;
    r->c->intermediaries = ARENA_ARRAY(r->arena, x->count + 1, struct law_party);
    for (uint32_t i = 0; i < x->count; i++)
        read_party_or_id(r, &x->items[i], &r->c->intermediaries[i]);
}

static void read_parties(struct reader *r, const struct yaml_node *n)
{
    if (!yaml_list(r->errs, n, CASE_PARTIES_MAX)) return;
    r->c->parties = ARENA_ARRAY(r->arena, n->count + 1, struct law_party);
    for (uint32_t i = 0; i < n->count; i++) {
        struct law_party *p = &r->c->parties[i];
        read_party(r, &n->items[i], p);
        if (n->items[i].kind == YAML_MAP && yaml_get(&n->items[i], "id") == NULL)
            yaml_fail(r->errs, &n->items[i], "a party under `parties` needs an `id`");
        if (p->id.len > 0 && case_party(r->c, p->id) != NULL)
            yaml_fail(r->errs, &n->items[i], "party '" STR_FMT "' is described twice",
                      STR_ARG(p->id));
        r->c->party_count = i + 1;
    }
}

/* Parties of the fleet that own parties of the case, and their owners, and so on. */
static void add_fleet_owners(struct reader *r)
{
    const struct fleet *f = r->world->fleet;
    struct law_case *c = r->c;
    if (f == NULL) return;
    uint32_t cap = f->party_count + c->party_count + 1;
    struct law_party *all = ARENA_ARRAY(r->arena, cap, struct law_party);
    if (c->party_count > 0) memcpy(all, c->parties, c->party_count * sizeof *all);
    c->parties = all;
    uint32_t in_chain = ROLE_COUNT + c->intermediary_count;
    for (uint32_t i = 0; i < in_chain + c->party_count; i++) {
        const struct law_party *p = i < ROLE_COUNT ? &c->chain[i]
                                    : i < in_chain ? &c->intermediaries[i - ROLE_COUNT]
                                                   : &c->parties[i - in_chain];
        for (uint32_t k = 0; k < p->owner_count; k++) {
            uint32_t at = fleet_party(f, p->owners[k].id);
            if (at == NO_INDEX || case_party(c, p->owners[k].id) != NULL) continue;
            if (c->party_count == CASE_PARTIES_MAX || c->party_count + 1 == cap) return;
            party_of_fleet(r, &f->parties[at], &c->parties[c->party_count++]);
        }
    }
}

/* ---- cycles of owners ------------------------------------------------------------------------ */

struct walk {
    struct reader *r;
    const struct law_party **parties; /* those with owners */
    uint8_t *state; /* 0 new, 1 on the path, 2 done */
    uint32_t count;
    const struct yaml_node *at;
    bool failed;
};

static void walk_owners(struct walk *w, uint32_t i, int depth)
{
    if (depth > 64) {
        if (!w->failed) yaml_fail(w->r->errs, w->at, "a chain of owners is longer than 64");
        w->failed = true;
        return;
    }
    w->state[i] = 1;
    for (uint32_t k = 0; k < w->parties[i]->owner_count && !w->failed; k++)
        for (uint32_t x = 0; x < w->count && !w->failed; x++) {
            if (!str_eq(w->parties[x]->id, w->parties[i]->owners[k].id)) continue;
            if (w->state[x] == 1) {
                yaml_fail(w->r->errs, w->at,
                          "a cycle of owners: '" STR_FMT "' and '" STR_FMT "' own each other",
                          STR_ARG(w->parties[i]->id), STR_ARG(w->parties[x]->id));
                w->failed = true;
            } else if (w->state[x] == 0)
                walk_owners(w, x, depth + 1);
        }
    w->state[i] = 2;
}

static void add_to_walk(struct walk *w, const struct law_party *p)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < p->owner_count; i++)
        if (p->owners[i].share_known &&
            law_in_span(p->owners[i].from_ms, p->owners[i].to_ms, w->r->c->on_ms))
            sum += p->owners[i].share_ppm;
    if (sum > 1000000)
        yaml_fail(w->r->errs, w->at, "the owners of '" STR_FMT "' hold more than 100 %% together",
                  STR_ARG(p->id));
    if (p->owner_count > 0 && p->id.len > 0) w->parties[w->count++] = p;
}

static void check_owners(struct reader *r, const struct yaml_node *at)
{
    const struct law_case *c = r->c;
    uint32_t max = ROLE_COUNT + c->intermediary_count + c->party_count;
    struct walk w = {.r = r, .at = at};
    w.parties = ARENA_ARRAY(r->arena, max, const struct law_party *);
    w.state = ARENA_ARRAY(r->arena, max, uint8_t);
    for (int i = 0; i < ROLE_COUNT; i++)
        if (c->chain_present[i]) add_to_walk(&w, &c->chain[i]);
    for (uint32_t i = 0; i < c->intermediary_count; i++) add_to_walk(&w, &c->intermediaries[i]);
    for (uint32_t i = 0; i < c->party_count; i++) add_to_walk(&w, &c->parties[i]);
    for (uint32_t i = 0; i < w.count && !w.failed; i++)
        if (w.state[i] == 0) walk_owners(&w, i, 0);
}

/* ---- the other facts ------------------------------------------------------------------------- */

static void refuse_chip(struct reader *r, const struct yaml_node *n, struct str id)
{
    const char **names = ARENA_ARRAY(r->arena, r->world->chip_count + 1, const char *);
    for (uint32_t i = 0; i < r->world->chip_count; i++)
        names[i] = str_dupz(r->arena, r->world->chips[i].id);
    const char *near = suggest(id, names);
    if (r->world->chip_count == 0)
        yaml_fail(
            r->errs, n,
            "chip '" STR_FMT "': no catalogue of chips was found; name the folder of chips.csv "
            "in $BERTH_DATA, or state the chip's numbers: {id: " STR_FMT ", tpp: ..., pd: ...}",
            STR_ARG(id), STR_ARG(id));
    else if (near != NULL)
        yaml_fail(r->errs, n, "chip '" STR_FMT "' is not in the catalogue; did you mean '%s'?",
                  STR_ARG(id), near);
    else
        yaml_fail(r->errs, n,
                  "chip '" STR_FMT "' is not in the catalogue; state its numbers: {id: " STR_FMT
                  ", tpp: ..., pd: ...}",
                  STR_ARG(id), STR_ARG(id));
}

static bool find_chip(const struct case_world *w, struct str id, struct chip *out)
{
    for (uint32_t i = 0; i < w->chip_count; i++)
        if (str_eq(w->chips[i].id, id)) {
            *out = w->chips[i];
            return true;
        }
    return false;
}

/* An id of the catalogue, or a map that overrides it. */
static void read_chip(struct reader *r, const struct yaml_node *n, struct chip *out)
{
    struct str id = {0};
    if (n->kind == YAML_MAP) {
        const struct yaml_node *x = yaml_get(n, "id");
        if (x != NULL && yaml_id(r->errs, x, &id) && !find_chip(r->world, id, out)) out->id = id;
        chip_yaml_read(r->errs, n, out);
    } else if (yaml_id(r->errs, n, &id) && !find_chip(r->world, id, out)) {
        refuse_chip(r, n, id);
    }
}

static void read_site(struct reader *r, const struct yaml_node *n)
{
    static const char *const keys[] = {
        "id", "country", "state_funded", "build_progress", "public_hub", "critical_infrastructure",
        NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    struct law_site *s = &r->c->site;
    const struct yaml_node *x;
    s->present = true;
    if ((x = yaml_get(n, "id")) != NULL) yaml_id(r->errs, x, &s->id);
    country(r, n, "country", &s->country);
    if ((x = yaml_get(n, "state_funded")) != NULL) yaml_tri(r->errs, x, &s->state_funded);
    if ((x = yaml_get(n, "public_hub")) != NULL) yaml_tri(r->errs, x, &s->public_hub);
    if ((x = yaml_get(n, "critical_infrastructure")) != NULL)
        yaml_tri(r->errs, x, &s->critical_infrastructure);
    if ((x = fact(n, "build_progress")) != NULL)
        s->build_progress_known = yaml_share(r->errs, x, &s->build_progress_ppm);
}

static void read_data_set(struct reader *r, const struct yaml_node *n, struct data_set *d)
{
    static const char *const keys[] = {"class",         "subject_country", "located",
                                       "accessed_from", "persons",         NULL};
    static const char *const classes[] = {"personal", "sensitive-personal", "important",
                                          "payment",  "public-sector",      "public"};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x = fact(n, "class");
    int class = 0;
    if (x != NULL && yaml_enum(r->errs, x, classes, sizeof classes / sizeof *classes, &class))
        d->class = str_of(classes[class]);
    country(r, n, "subject_country", &d->subject_country);
    country(r, n, "located", &d->located);
    country(r, n, "accessed_from", &d->accessed_from);
    if ((x = fact(n, "persons")) != NULL)
        d->persons_known = yaml_i64(r->errs, x, 0, INT64_MAX, &d->persons);
}

static void read_data(struct reader *r, const struct yaml_node *n)
{
    if (!yaml_list(r->errs, n, DATA_SETS_MAX)) return;
    r->c->data_known = true;
    r->c->data_count = n->count;
    r->c->data = ARENA_ARRAY(r->arena, n->count + 1, struct data_set);
    for (uint32_t i = 0; i < n->count; i++) read_data_set(r, &n->items[i], &r->c->data[i]);
}

static void read_permit(struct reader *r, const struct yaml_node *n, struct law_permit *p)
{
    static const char *const keys[] = {"id",   "rule", "holder", "amount", "used",
                                       "from", "to",   "note",   NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x;
    if ((x = yaml_get(n, "id")) != NULL) yaml_id(r->errs, x, &p->id);
    if ((x = yaml_need(r->errs, n, "rule")) != NULL) yaml_id(r->errs, x, &p->rule);
    if ((x = yaml_need(r->errs, n, "holder")) != NULL) yaml_id(r->errs, x, &p->holder);
    if ((x = fact(n, "amount")) != NULL)
        p->amount_known = yaml_i64(r->errs, x, 0, INT64_MAX, &p->amount);
    if ((x = yaml_get(n, "used")) != NULL) yaml_i64(r->errs, x, 0, INT64_MAX, &p->used);
    if ((x = yaml_get(n, "from")) != NULL) yaml_date(r->errs, x, false, &p->from_ms);
    if ((x = yaml_get(n, "to")) != NULL) yaml_date(r->errs, x, true, &p->to_ms);
    if (p->from_ms != 0 && p->to_ms != 0 && p->from_ms >= p->to_ms)
        yaml_fail(r->errs, yaml_get(n, "to"), "`to` is before `from`");
}

static void read_permits(struct reader *r, const struct yaml_node *n)
{
    if (!yaml_list(r->errs, n, CASE_PERMITS_MAX)) return;
    r->c->permit_count = n->count;
    r->c->permits = ARENA_ARRAY(r->arena, n->count + 1, struct law_permit);
    for (uint32_t i = 0; i < n->count; i++) read_permit(r, &n->items[i], &r->c->permits[i]);
}

static void read_counters(struct reader *r, const struct yaml_node *n)
{
    static const char *const keys[] = {"rule", "used", NULL};
    struct law_case *c = r->c;
    if (!yaml_list(r->errs, n, LAW_RULES_MAX)) return;
    c->counters_known = true;
    c->counter_count = n->count;
    c->counters = ARENA_ARRAY(r->arena, n->count + 1, struct law_used);
    for (uint32_t i = 0; i < n->count; i++) {
        const struct yaml_node *row = &n->items[i], *x;
        if (!yaml_map(r->errs, row, keys) && row->kind != YAML_MAP) continue;
        if ((x = yaml_need(r->errs, row, "rule")) != NULL)
            yaml_id(r->errs, x, &c->counters[i].rule);
        if ((x = yaml_need(r->errs, row, "used")) != NULL)
            yaml_decimal(r->errs, x, 3, 0, LAW_MILLI_MAX, &c->counters[i].milli);
    }
}

static void read_stock(struct reader *r, const struct yaml_node *n, struct stock *out)
{
    static const char *const keys[] = {"chip", "amount", "country", NULL};
    if (!yaml_list(r->errs, n, CASE_FLEET_MAX)) return;
    out->count = n->count;
    out->rows = ARENA_ARRAY(r->arena, n->count + 1, struct stock_row);
    for (uint32_t i = 0; i < n->count; i++) {
        const struct yaml_node *row = &n->items[i], *x;
        struct chip *chip = ARENA_NEW(r->arena, struct chip);
        out->rows[i].chip = chip;
        if (!yaml_map(r->errs, row, keys) && row->kind != YAML_MAP) continue;
        if ((x = yaml_need(r->errs, row, "chip")) != NULL) read_chip(r, x, chip);
        if ((x = yaml_need(r->errs, row, "amount")) != NULL)
            yaml_i64(r->errs, x, 0, INT64_C(1000000000), &out->rows[i].amount);
        country(r, row, "country", &out->rows[i].country);
    }
}

static void read_fleet(struct reader *r, const struct yaml_node *n)
{
    static const char *const keys[] = {"scope", "chips", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    struct law_fleet fleet = {0};
    const struct yaml_node *scope = yaml_need(r->errs, n, "scope"), *x;
    if (scope != NULL) yaml_id(r->errs, scope, &fleet.scope);
    for (uint32_t i = 0; i < r->c->fleet_count; i++)
        if (str_eq(r->c->fleets[i].scope, fleet.scope))
            yaml_fail(r->errs, scope, "what the '" STR_FMT "' holds is stated twice",
                      STR_ARG(fleet.scope));
    if ((x = yaml_need(r->errs, n, "chips")) == NULL) return;
    read_stock(r, x, &fleet.stock);
    r->c->fleets[r->c->fleet_count++] = fleet;
}

/* One scope, or a list of them. */
static void read_fleets(struct reader *r, const struct yaml_node *n)
{
    if (n->kind != YAML_LIST) {
        read_fleet(r, n);
        return;
    }
    if (!yaml_list(r->errs, n, LAW_SCOPES_MAX)) return;
    for (uint32_t i = 0; i < n->count; i++) read_fleet(r, &n->items[i]);
}

static bool case_yaml_chip(struct yaml_errors *errs, const struct yaml_node *n,
                           const struct case_world *world, struct law_case *out)
{
    struct reader r = {.errs = errs, .world = world, .arena = errs->arena, .c = out};
    uint32_t before = errs->total;
    out->chip_present = !yaml_is(n, "none");
    if (out->chip_present && !yaml_is(n, "unknown")) read_chip(&r, n, &out->chip);
    return errs->total == before;
}

bool case_yaml_acts(struct yaml_errors *errs, const struct yaml_node *n, uint32_t *acts_out)
{
    uint32_t before = errs->total, acts = 0;
    const struct yaml_node *items = n->kind == YAML_LIST ? n->items : n;
    uint32_t count = n->kind == YAML_LIST ? n->count : 1;
    if (count == 0) yaml_fail(errs, n, "no act is named");
    for (uint32_t i = 0; i < count; i++) {
        int act = 0;
        if (yaml_enum(errs, &items[i], law_act_names, ACT_COUNT, &act)) acts |= 1u << act;
    }
    *acts_out = acts;
    return errs->total == before;
}

static const char *const case_keys[] = {"name",    "note",     "on",     "act",      "from",
                                        "to",      "chip",     "amount", "chain",    "parties",
                                        "site",    "end_use",  "data",   "acquired", "evidence",
                                        "permits", "counters", "fleet",  NULL};

void case_yaml_facts(struct yaml_errors *errs, const struct yaml_node *n,
                     const struct case_world *world, struct arena *arena, struct law_case *out)
{
    struct reader r = {errs, world, arena, out};
    const struct yaml_node *x;
    out->chip_present = true; /* until `chip: none` says otherwise */
    if ((x = yaml_get(n, "chip")) != NULL) case_yaml_chip(errs, x, world, out);
    if ((x = fact(n, "amount")) != NULL)
        out->amount_known = yaml_i64(errs, x, 0, INT64_C(1000000000), &out->amount);
    if ((x = yaml_get(n, "parties")) != NULL) read_parties(&r, x);
    if ((x = yaml_get(n, "chain")) != NULL) read_chain(&r, x);
    add_fleet_owners(&r);
    check_owners(&r, yaml_get(n, "chain") != NULL ? yaml_get(n, "chain") : n);
    if ((x = fact(n, "site")) != NULL) read_site(&r, x);
    if ((x = fact(n, "end_use")) != NULL) {
        int use = 0, count = 0;
        while (end_use_names[count] != NULL) count++;
        if (yaml_enum(errs, x, end_use_names, count, &use))
            out->end_use = str_of(end_use_names[use]);
    }
    if ((x = fact(n, "data")) != NULL) read_data(&r, x);
    if ((x = fact(n, "acquired")) != NULL) yaml_date(errs, x, false, &out->acquired_ms);
    read_words(&r, n, "evidence", &out->evidence_known, &out->evidence, &out->evidence_count);
    if ((x = yaml_get(n, "permits")) != NULL) read_permits(&r, x);
    if ((x = yaml_get(n, "counters")) != NULL) read_counters(&r, x);
    if ((x = fact(n, "fleet")) != NULL) read_fleets(&r, x);
}

bool case_yaml_node(struct yaml_errors *errs, const struct yaml_node *n,
                    const struct case_world *world, struct arena *arena, struct law_case *out,
                    struct str *name_out)
{
    uint32_t before = errs->total;
    *out = (struct law_case){0};
    struct str name = {0};
    if (!yaml_map(errs, n, case_keys) && n->kind != YAML_MAP) return false;
    const struct yaml_node *x;
    if ((x = yaml_get(n, "name")) != NULL) yaml_line(errs, x, NAME_LEN_MAX, &name);
    if ((x = yaml_need(errs, n, "on")) != NULL) yaml_date(errs, x, false, &out->on_ms);
    if ((x = yaml_need(errs, n, "act")) != NULL) case_yaml_acts(errs, x, &out->acts);
    if ((x = fact(n, "from")) != NULL) yaml_country(errs, x, &out->from);
    if ((x = fact(n, "to")) != NULL) yaml_country(errs, x, &out->to);
    case_yaml_facts(errs, n, world, arena, out);
    if (name_out != NULL) *name_out = name;
    return errs->total == before;
}

bool case_yaml_read(struct str bytes, struct str file, const struct case_world *world,
                    struct arena *arena, struct yaml_errors *errs, struct case_file *out)
{
    uint32_t before = errs->total;
    *out = (struct case_file){0};
    struct yaml_doc *doc = ARENA_NEW(arena, struct yaml_doc);
    if (!yaml_parse(bytes, YAML_BYTES_MAX, file, arena, errs, doc)) return false;
    const struct yaml_node *items = doc->root;
    uint32_t count = 1;
    if (doc->root->kind == YAML_LIST) {
        if (!yaml_list(errs, doc->root, CASES_MAX)) return false;
        items = doc->root->items;
        count = doc->root->count;
        if (count == 0) yaml_fail(errs, doc->root, "the list of cases is empty");
    }
    out->cases = ARENA_ARRAY(arena, count + 1, struct law_case);
    out->names = ARENA_ARRAY(arena, count + 1, struct str);
    out->nodes = ARENA_ARRAY(arena, count + 1, const struct yaml_node *);
    out->count = count;
    for (uint32_t i = 0; i < count; i++) {
        out->nodes[i] = &items[i];
        case_yaml_node(errs, &items[i], world, arena, &out->cases[i], &out->names[i]);
    }
    return errs->total == before;
}
