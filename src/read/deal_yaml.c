#include "read/deal_yaml.h"

#include "base/civil.h"
#include "law/law.h"

const char *const deal_kind_names[DEAL_KIND_COUNT] = {"lease", "purchase"};

bool deal_yaml_is(const struct yaml_node *n)
{
    return yaml_get(n, "deal") != NULL;
}

static void read_dates(struct yaml_errors *errs, const struct yaml_node *n, struct deal *d)
{
    const struct yaml_node *x = yaml_need(errs, n, "signed");
    if (x != NULL) yaml_date(errs, x, false, &d->signed_ms);
    d->starts_ms = d->signed_ms;
    d->ends_ms = CIVIL_NEVER_MS;
    if ((x = yaml_get(n, "starts")) != NULL) yaml_date(errs, x, false, &d->starts_ms);
    if (d->starts_ms < d->signed_ms) yaml_fail(errs, x, "the deal starts before it is signed");
    if ((x = yaml_get(n, "ends")) != NULL && yaml_date(errs, x, true, &d->ends_ms) &&
        d->ends_ms <= d->starts_ms)
        yaml_fail(errs, x, "the deal ends before it starts");
}

/* One row: the facts of the deal with this row's chip, amount and site. */
static void read_row(struct yaml_errors *errs, const struct yaml_node *n,
                     const struct case_world *world, struct arena *arena, struct law_case *row)
{
    static const char *const keys[] = {"chip", "amount", "site", NULL};
    if (!yaml_map(errs, n, keys) && n->kind != YAML_MAP) return;
    struct law_case facts = {0};
    case_yaml_facts(errs, n, world, arena, &facts);
    yaml_need(errs, n, "chip");
    yaml_need(errs, n, "amount");
    row->chip_present = facts.chip_present;
    row->chip = facts.chip;
    row->amount_known = facts.amount_known;
    row->amount = facts.amount;
    if (facts.site.present) row->site = facts.site;
}

bool deal_yaml_node(struct yaml_errors *errs, const struct yaml_node *n,
                    const struct case_world *world, struct arena *arena, struct deal *out)
{
    static const char *const keys[] = {
        "deal", "name",     "note",     "signed",  "starts",   "ends",  "value_usd",
        "from", "acts",     "chips",    "chain",   "parties",  "site",  "end_use",
        "data", "acquired", "evidence", "permits", "counters", "fleet", NULL};
    uint32_t before = errs->total;
    *out = (struct deal){0};
    if (!yaml_map(errs, n, keys) && n->kind != YAML_MAP) return false;
    const struct yaml_node *x;
    if ((x = yaml_need(errs, n, "deal")) != NULL)
        yaml_enum(errs, x, deal_kind_names, DEAL_KIND_COUNT, &out->kind);
    if ((x = yaml_get(n, "name")) != NULL) yaml_line(errs, x, NAME_LEN_MAX, &out->name);
    if ((x = yaml_get(n, "value_usd")) != NULL)
        yaml_i64(errs, x, 0, INT64_C(1000000000000000), &out->value_usd);
    read_dates(errs, n, out);
    out->moves = 1u << ACT_EXPORT | 1u << ACT_IMPORT;
    if ((x = yaml_get(n, "acts")) != NULL) case_yaml_acts(errs, x, &out->moves);
    struct law_case common = {.on_ms = out->signed_ms};
    if ((x = yaml_get(n, "from")) != NULL) yaml_country(errs, x, &common.from);
    case_yaml_facts(errs, n, world, arena, &common);
    x = yaml_need(errs, n, "chips");
    if (x == NULL || !yaml_list(errs, x, DEAL_ROWS_MAX)) return false;
    if (x->count == 0) yaml_fail(errs, x, "the deal names no chips");
    out->row_count = x->count;
    out->rows = ARENA_ARRAY(arena, x->count + 1, struct law_case);
    for (uint32_t i = 0; i < x->count; i++) {
        out->rows[i] = common;
        read_row(errs, &x->items[i], world, arena, &out->rows[i]);
        out->rows[i].to = out->rows[i].site.country;
    }
    return errs->total == before;
}

static void add_act(struct deal *d, uint32_t row, int act, int time)
{
    struct deal_act *a = &d->acts[d->act_count++];
    *a = (struct deal_act){.row = row, .act = act, .time = time, .c = d->rows[row]};
    a->c.acts = 1u << act;
    a->c.on_ms = time == DEAL_SIGNING ? d->signed_ms : d->starts_ms;
    /* Use takes place where the chips stand. */
    if (time == DEAL_USE) a->c.from = a->c.to;
    /* What is bought is acquired when it is delivered. */
    if (time == DEAL_USE && d->kind == DEAL_PURCHASE && a->c.acquired_ms == 0)
        a->c.acquired_ms = d->starts_ms;
}

void deal_acts(struct deal *d, const struct law *law, struct arena *arena)
{
    d->acts = ARENA_ARRAY(arena, d->row_count * (size_t)(ACT_COUNT + 2) + 1, struct deal_act);
    d->act_count = 0;
    for (uint32_t r = 0; r < d->row_count; r++) {
        const struct law_case *row = &d->rows[r];
        add_act(d, r, d->kind == DEAL_LEASE ? ACT_LEASE : ACT_PURCHASE, DEAL_SIGNING);
        bool moves = d->kind == DEAL_PURCHASE && row->from.len > 0 && !str_eq(row->from, row->to);
        for (int a = 0; moves && a < ACT_COUNT; a++)
            if (d->moves >> a & 1u) add_act(d, r, a, DEAL_START);
        struct law_case use = *row;
        use.on_ms = d->starts_ms;
        use.from = use.to;
        law_imply_acts(law, &use, arena);
        for (int a = 0; a < ACT_COUNT; a++)
            if (use.acts >> a & 1u) add_act(d, r, a, DEAL_USE);
    }
}
