#include "law/fact_schema.h"

#include "base/check.h"
#include "base/civil.h"

#include <string.h>

/* ---- making values --------------------------------------------------------------------------- */

static struct cel_value text_or_unknown(struct str s)
{
    return s.len > 0 ? cel_string(s) : cel_unknown();
}

static struct cel_value tri_value(int t)
{
    return t == TRI_UNKNOWN ? cel_unknown() : cel_bool(t == TRI_YES);
}

static struct cel_value ppm_value(bool known, int32_t ppm)
{
    return known ? cel_double(ppm / 1e6) : cel_unknown();
}

static struct cel_value strings_value(struct arena *a, bool known, const struct str *items,
                                      uint32_t count)
{
    if (!known) return cel_unknown();
    struct cel_value *values = count > 0 ? ARENA_ARRAY(a, count, struct cel_value) : NULL;
    for (uint32_t i = 0; i < count; i++) values[i] = cel_string(items[i]);
    return cel_list(values, count);
}

/* "data[12]": printf would take longer than the rest of the value. */
static struct str indexed(struct arena *arena, struct str head, uint32_t i, const char *tail)
{
    char digits[10];
    size_t n = 0, tail_len = strlen(tail);
    do digits[n++] = (char)('0' + i % 10);
    while ((i /= 10) != 0);
    char *p = arena_alloc(arena, head.len + n + tail_len + 1, 1);
    memcpy(p, head.p, head.len);
    for (size_t k = 0; k < n; k++) p[head.len + k] = digits[n - 1 - k];
    memcpy(p + head.len + n, tail, tail_len);
    return (struct str){p, head.len + n + tail_len};
}

static struct cel_value object_value(struct arena *a, const struct cel_type *type,
                                     const struct cel_value *fields, struct str path)
{
    struct cel_object *o = ARENA_NEW(a, struct cel_object);
    *o = (struct cel_object){.type = type, .fields = fields, .path = path};
    return cel_object(o);
}

/* The act concerns no chip (a job on CPUs, an export of data): its numbers are 0, its texts empty.
 */
static void fill_no_chip(struct cel_value *v)
{
    for (int i = 0; i < CHIP_QUANTITIES; i++) v[i] = cel_double(0);
    for (int i = CF_ID; i <= CF_VENDOR_HQ; i++) v[i] = cel_string((struct str){0});
    v[CF_YEAR] = cel_int(0);
    v[CF_DC] = cel_bool(false);
}

static void fill_chip(struct cel_value *v, const struct chip *c)
{
    for (int i = 0; i < CHIP_QUANTITIES; i++) {
        const struct quantity *q = law_chip_quantity_of(c, i);
        v[i] = q->known ? cel_double((double)q->milli / 1000.0) : cel_unknown();
    }
    v[CF_ID] = text_or_unknown(c->id);
    v[CF_NAME] = text_or_unknown(c->name);
    v[CF_VENDOR] = text_or_unknown(c->vendor);
    v[CF_VENDOR_HQ] = text_or_unknown(c->vendor_hq);
    v[CF_YEAR] = c->announced_year != 0 ? cel_int(c->announced_year) : cel_unknown();
    v[CF_DC] = tri_value(c->dc_marketed);
}

void law_facts_init(struct law_facts *f, const struct law_case *c, struct arena *arena)
{
    *f = (struct law_facts){.c = c, .arena = arena};
    law_parties_init(&f->parties, c, arena);
    f->party_values = ARENA_ARRAY(arena, f->parties.count, const struct cel_value *);
    if (!c->chip_present) return;
    for (int i = 0; i < CHIP_QUANTITIES; i++) {
        const struct quantity *q = law_chip_quantity_of(&c->chip, i);
        if (q->known && q->lo_milli < q->hi_milli) f->bars |= 1u << i;
    }
}

static struct cel_value owners_value(struct law_facts *f, const struct law_party *p)
{
    if (!p->owners_known) return cel_unknown();
    struct cel_value *items = ARENA_ARRAY(f->arena, p->owner_count + 1, struct cel_value);
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->owner_count; i++) {
        const struct law_owner *o = &p->owners[i];
        if (!law_in_span(o->from_ms, o->to_ms, f->c->on_ms)) continue;
        struct cel_value *v = ARENA_ARRAY(f->arena, 2, struct cel_value);
        v[0] = text_or_unknown(o->id);
        v[1] = ppm_value(o->share_known, o->share_ppm);
        items[count++] = object_value(f->arena, &fact_owner, v, (struct str){0});
    }
    return cel_list(items, count);
}

#define PATH(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const struct str role_paths[ROLE_COUNT] = {
    PATH("chain.exporter"),  PATH("chain.owner"),  PATH("chain.lessor"),  PATH("chain.operator"),
    PATH("chain.consignee"), PATH("chain.tenant"), PATH("chain.end_user")};

/* The path of a node, without field: "chain.tenant". */
static struct str law_facts_node_path(const struct law_case *c, uint32_t node, struct arena *arena)
{
    if (node < ROLE_COUNT) return role_paths[node];
    node -= ROLE_COUNT;
    if (node < c->intermediary_count)
        return indexed(arena, STR("chain.intermediaries["), node, "]");
    return indexed(arena, STR("parties["), node - c->intermediary_count, "]");
}

static const struct cel_value *party_value(struct law_facts *f, uint32_t node)
{
    if (f->party_values[node] != NULL) return f->party_values[node];
    const struct law_party *p = f->parties.nodes[node].party;
    struct cel_value *v = ARENA_ARRAY(f->arena, PF_COUNT + 1, struct cel_value);
    if (p != NULL) {
        v[PF_ID] = text_or_unknown(p->id);
        v[PF_COUNTRY] = text_or_unknown(p->country);
        v[PF_HQ] = text_or_unknown(p->hq);
        v[PF_ULTIMATE_HQ] = text_or_unknown(law_parties_ultimate_hq(&f->parties, node));
        v[PF_OWNERS] = owners_value(f, p);
        v[PF_LISTS] = strings_value(f->arena, p->lists_known, p->lists, p->list_count);
        v[PF_KINDS] = strings_value(f->arena, p->kinds_known, p->kinds, p->kind_count);
    }
    v[PF_ROLE] = v[PF_DEPTH] = cel_absent();
    if (node < ROLE_COUNT)
        v[PF_ROLE] = cel_string(str_of(law_role_names[node]));
    else if (node < ROLE_COUNT + f->c->intermediary_count)
        v[PF_ROLE] = cel_string(STR("intermediary"));
    struct str path = law_facts_node_path(f->c, node, f->arena);
    v[PF_COUNT] = object_value(f->arena, &fact_party, v, path);
    f->party_values[node] = &v[PF_COUNT];
    return f->party_values[node];
}

/* The order of the chain: the intermediaries stand between the lessor and the operator. */
static uint32_t chain_order(const struct law_case *c, uint32_t *out)
{
    uint32_t n = 0;
    for (uint32_t r = 0; r < ROLE_COUNT; r++) {
        if (r == ROLE_OPERATOR)
            for (uint32_t i = 0; i < c->intermediary_count; i++)
                out[n++] = law_node_intermediary(i);
        if (c->chain_present[r]) out[n++] = r;
    }
    return n;
}

static struct cel_value links_value(struct law_facts *f)
{
    uint32_t max = ROLE_COUNT + f->c->intermediary_count;
    uint32_t *order = ARENA_ARRAY(f->arena, max, uint32_t);
    struct cel_value *items = ARENA_ARRAY(f->arena, max, struct cel_value);
    uint32_t n = chain_order(f->c, order);
    for (uint32_t i = 0; i < n; i++) {
        const struct cel_object *o = party_value(f, order[i])->as.object;
        struct cel_value *v = ARENA_ARRAY(f->arena, PF_COUNT, struct cel_value);
        memcpy(v, o->fields, PF_COUNT * sizeof *v);
        v[PF_DEPTH] = cel_int(i);
        items[i] = object_value(f->arena, &fact_party, v, o->path);
    }
    return cel_list(items, n);
}

static struct cel_value node_list(struct law_facts *f, uint32_t first, uint32_t count)
{
    struct cel_value *items = count > 0 ? ARENA_ARRAY(f->arena, count, struct cel_value) : NULL;
    for (uint32_t i = 0; i < count; i++) items[i] = *party_value(f, first + i);
    return cel_list(items, count);
}

static struct cel_value chain_value(struct law_facts *f)
{
    struct cel_value *v = ARENA_ARRAY(f->arena, CHAIN_FIELDS, struct cel_value);
    for (uint32_t i = 0; i < ROLE_COUNT; i++) v[i] = *party_value(f, i);
    v[ROLE_COUNT] = f->c->intermediaries_known
                        ? node_list(f, law_node_intermediary(0), f->c->intermediary_count)
                        : cel_unknown();
    return object_value(f->arena, &fact_chain, v, STR("chain"));
}

static struct cel_value site_value(struct law_facts *f)
{
    const struct law_site *s = &f->c->site;
    struct cel_value *v = ARENA_ARRAY(f->arena, 5, struct cel_value);
    if (s->present) {
        v[0] = text_or_unknown(s->country);
        v[1] = tri_value(s->state_funded);
        v[2] = tri_value(s->public_hub);
        v[3] = tri_value(s->critical_infrastructure);
        v[4] = ppm_value(s->build_progress_known, s->build_progress_ppm);
    }
    return object_value(f->arena, &fact_site, v, STR("site"));
}

static struct cel_value data_value(struct law_facts *f)
{
    if (!f->c->data_known) return cel_unknown();
    uint32_t n = f->c->data_count;
    struct cel_value *items = ARENA_ARRAY(f->arena, n + 1, struct cel_value);
    for (uint32_t i = 0; i < n; i++) {
        const struct data_set *d = &f->c->data[i];
        struct cel_value *v = ARENA_ARRAY(f->arena, 5, struct cel_value);
        v[0] = text_or_unknown(d->class);
        v[1] = text_or_unknown(d->subject_country);
        v[2] = text_or_unknown(d->located);
        /* Where it is not stated, data are read where the chips stand. */
        v[3] = text_or_unknown(d->accessed_from.len > 0 ? d->accessed_from : f->c->site.country);
        v[4] = d->persons_known ? cel_int(d->persons) : cel_unknown();
        struct str path = indexed(f->arena, STR("data["), i, "]");
        items[i] = object_value(f->arena, &fact_data, v, path);
    }
    return cel_list(items, n);
}

static struct cel_value instant_or_absent(struct arena *a, int64_t ms)
{
    return ms != 0 ? cel_timestamp_ms(a, ms) : cel_absent();
}

static struct cel_value permits_value(struct law_facts *f)
{
    uint32_t n = f->c->permit_count;
    struct cel_value *items = ARENA_ARRAY(f->arena, n + 1, struct cel_value);
    for (uint32_t i = 0; i < n; i++) {
        const struct law_permit *p = &f->c->permits[i];
        struct cel_value *v = ARENA_ARRAY(f->arena, 6, struct cel_value);
        v[0] = text_or_unknown(p->rule);
        v[1] = text_or_unknown(p->holder);
        v[2] = p->amount_known ? cel_int(p->amount) : cel_absent();
        v[3] = cel_int(p->used);
        v[4] = instant_or_absent(f->arena, p->from_ms);
        v[5] = instant_or_absent(f->arena, p->to_ms);
        struct str path = indexed(f->arena, STR("permits["), i, "]");
        items[i] = object_value(f->arena, &fact_permit, v, path);
    }
    return cel_list(items, n);
}

struct str law_facts_row_path(struct law_facts *f, const struct law_fleet *fleet, uint32_t index,
                              const char *suffix)
{
    struct str prefix = STR("fleet.chips[");
    if (fleet != f->c->fleets)
        prefix = str_of(arena_printf(f->arena, "fleet(" STR_FMT ").chips[", STR_ARG(fleet->scope)));
    return indexed(f->arena, prefix, index, suffix);
}

struct cel_value law_facts_row(struct law_facts *f, const struct law_fleet *fleet, uint32_t index)
{
    ASSERT(index < fleet->stock.count);
    const struct stock_row *row = &fleet->stock.rows[index];
    struct str path = law_facts_row_path(f, fleet, index, "]");
    struct cel_value *chip = ARENA_ARRAY(f->arena, CF_COUNT, struct cel_value);
    fill_chip(chip, row->chip);
    struct cel_value *v = ARENA_ARRAY(f->arena, 3, struct cel_value);
    v[0] = object_value(f->arena, &fact_chip, chip, law_facts_row_path(f, fleet, index, "].chip"));
    v[1] = cel_int(row->amount);
    v[2] = text_or_unknown(row->country);
    return object_value(f->arena, &fact_row, v, path);
}

static struct cel_value fleet_value(struct law_facts *f)
{
    struct cel_value *v = ARENA_ARRAY(f->arena, 4, struct cel_value);
    if (f->c->fleet_count > 0) {
        const struct law_fleet *fleet = &f->c->fleets[0];
        uint32_t n = fleet->stock.count;
        struct cel_value *rows = ARENA_ARRAY(f->arena, n + 1, struct cel_value);
        int64_t total = 0;
        double tpp = 0;
        bool tpp_known = true;
        for (uint32_t i = 0; i < n; i++) {
            const struct stock_row *row = &fleet->stock.rows[i];
            rows[i] = law_facts_row(f, fleet, i);
            total += row->amount;
            tpp += (double)row->chip->tpp.milli / 1000.0 * (double)row->amount;
            if (!row->chip->tpp.known) tpp_known = false;
        }
        v[0] = text_or_unknown(fleet->scope);
        v[1] = cel_list(rows, n);
        v[2] = cel_int(total);
        v[3] = tpp_known ? cel_double(tpp) : cel_unknown();
    }
    return object_value(f->arena, &fact_fleet, v, STR("fleet"));
}

static struct cel_value chip_value(struct law_facts *f)
{
    f->chip = ARENA_ARRAY(f->arena, CF_COUNT, struct cel_value);
    if (f->c->chip_present)
        fill_chip(f->chip, &f->c->chip);
    else
        fill_no_chip(f->chip);
    return object_value(f->arena, &fact_chip, f->chip, STR("chip"));
}

static struct cel_value acts_value(struct law_facts *f)
{
    struct cel_value *items = ARENA_ARRAY(f->arena, ACT_COUNT, struct cel_value);
    uint32_t n = 0;
    for (int i = 0; i < ACT_COUNT; i++)
        if ((f->c->acts >> i) & 1u) items[n++] = cel_string(str_of(law_act_names[i]));
    return cel_list(items, n);
}

static struct cel_value slot_value(struct law_facts *f, enum law_slot slot)
{
    const struct law_case *c = f->c;
    switch (slot) {
    case SLOT_ON: return cel_timestamp_ms(f->arena, c->on_ms);
    case SLOT_ACTS: return acts_value(f);
    case SLOT_FROM: return text_or_unknown(c->from);
    case SLOT_TO: return text_or_unknown(c->to);
    case SLOT_CHIP: return chip_value(f);
    case SLOT_AMOUNT: return c->amount_known ? cel_int(c->amount) : cel_unknown();
    case SLOT_CHAIN: return chain_value(f);
    case SLOT_LINKS: return links_value(f);
    case SLOT_PARTIES: return node_list(f, law_node_party(c, 0), c->party_count);
    case SLOT_SITE: return site_value(f);
    case SLOT_END_USE: return text_or_unknown(c->end_use);
    case SLOT_DATA: return data_value(f);
    case SLOT_ACQUIRED:
        return c->acquired_ms != 0 ? cel_timestamp_ms(f->arena, c->acquired_ms) : cel_unknown();
    case SLOT_EVIDENCE:
        return strings_value(f->arena, c->evidence_known, c->evidence, c->evidence_count);
    case SLOT_PERMITS: return permits_value(f);
    case SLOT_FLEET: return fleet_value(f);
    case SLOT_ACT:
    case SLOT_ROW:
    case SLOT_FACTS: break;
    }
    return cel_unknown();
}

void law_facts_build(struct law_facts *f, uint32_t slots)
{
    slots &= ~(f->built | 1u << SLOT_ACT | 1u << SLOT_ROW);
    f->built |= slots;
    while (slots != 0) {
        int i = __builtin_ctz(slots);
        slots &= slots - 1;
        f->slots[i] = slot_value(f, (enum law_slot)i);
    }
}

void law_facts_set_act(struct law_facts *f, enum law_act act)
{
    f->slots[SLOT_ACT] = cel_string(str_of(law_act_names[act]));
}

/* ---- ownership ------------------------------------------------------------------------------- */

/* "Any of these parties": the join of single answers, with the names of what is unknown. */
struct held_join {
    enum law_truth truth;
    struct cel_value unknown; /* without names until something is unknown */
};

static void join_unknown(struct arena *a, struct held_join *j, struct cel_value v)
{
    j->unknown = j->unknown.as.unknown == NULL ? v : cel_unknown_merge(a, j->unknown, v);
    if (j->truth == LAW_NO) j->truth = LAW_MAYBE;
}

static struct cel_value join_value(const struct held_join *j)
{
    return j->truth == LAW_MAYBE ? j->unknown : cel_bool(j->truth == LAW_YES);
}

static struct cel_value held_value(struct law_facts *f, const struct law_ownership *o,
                                   uint32_t node, struct held_join *j)
{
    enum law_truth t = law_parties_held(&f->parties, o, node);
    if (t == LAW_YES) j->truth = LAW_YES;
    if (t != LAW_MAYBE) return cel_bool(t == LAW_YES);
    struct str path = law_facts_node_path(f->c, node, f->arena);
    static const char field[] = ".owners";
    char *p =
        arena_alloc(f->arena, path.len + sizeof field, 1); /* printf would take the most time */
    memcpy(p, path.p, path.len);
    memcpy(p + path.len, field, sizeof field);
    struct str name = {p, path.len + sizeof field - 1};
    struct cel_value v = cel_unknown_named(f->arena, name);
    join_unknown(f->arena, j, v);
    return v;
}

struct cel_value law_facts_ownership(struct law_facts *f, const struct law_ownership *o)
{
    enum { INTERMEDIARIES = ROLE_COUNT, ANY };
    const struct law_case *c = f->c;
    struct cel_value *v = ARENA_ARRAY(f->arena, ROLE_COUNT + 2, struct cel_value);
    struct held_join any = {0}, middle = {0};
    for (uint32_t r = 0; r < ROLE_COUNT; r++) {
        if (c->chain_present[r])
            v[r] = held_value(f, o, r, &any);
        else
            v[r] = cel_unknown_named(f->arena, role_paths[r]); /* not a link, so not in `any` */
    }
    for (uint32_t i = 0; i < c->intermediary_count; i++)
        held_value(f, o, law_node_intermediary(i), &middle);
    if (middle.unknown.as.unknown != NULL) join_unknown(f->arena, &any, middle.unknown);
    if (middle.truth == LAW_YES) any.truth = LAW_YES;
    v[INTERMEDIARIES] = c->intermediaries_known
                            ? join_value(&middle)
                            : cel_unknown_named(f->arena, STR("chain.intermediaries"));
    v[ANY] = join_value(&any);
    return object_value(f->arena, &law_ownership_type, v, (struct str){0});
}

/* ---- paths ----------------------------------------------------------------------------------- */

uint32_t law_facts_node(const struct law_case *c, struct str path)
{
    for (uint32_t r = 0; r < ROLE_COUNT; r++) {
        size_t len = role_paths[r].len;
        if (path.len >= len && memcmp(path.p, role_paths[r].p, len) == 0 &&
            (path.len == len || path.p[len] == '.'))
            return r;
    }
    static const struct str list = PATH("chain.intermediaries[");
    if (path.len <= list.len || memcmp(path.p, list.p, list.len) != 0) return NO_INDEX;
    const char *end = memchr(path.p, ']', path.len);
    uint64_t i = 0;
    if (end == NULL ||
        !str_to_u64((struct str){path.p + list.len, (size_t)(end - path.p) - list.len}, &i))
        return NO_INDEX;
    return i < c->intermediary_count ? law_node_intermediary((uint32_t)i) : NO_INDEX;
}
