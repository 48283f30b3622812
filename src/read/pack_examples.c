/* pack_examples.c - examples of rules, and vectors: cases with the verdicts they must have. */
#include "read/pack_reader.h"

#include "base/civil.h"

const char *const example_kind_names[EXAMPLE_COUNT] = {"refused", "permitted", "unresolved"};

/* ---- examples -------------------------------------------------------------------------------- */

/* "licence case-by-case". */
static void read_verdict(struct pack_reader *r, const struct yaml_node *n, struct expectation *e)
{
    struct str text = {0};
    if (!yaml_line(r->errs, n, NAME_LEN_MAX, &text)) return;
    size_t cut = 0;
    while (cut < text.len && text.p[cut] != ' ') cut++;
    struct yaml_node first = *n, rest = *n;
    first.text = (struct str){text.p, cut};
    if (!yaml_enum(r->errs, &first, law_effect_names, EFFECT_COUNT, &e->effect)) return;
    if (cut == text.len) return;
    rest.text = (struct str){text.p + cut + 1, text.len - cut - 1};
    if (yaml_enum(r->errs, &rest, law_policy_names, POLICY_COUNT, &e->policy) &&
        e->effect != EFFECT_LICENCE)
        yaml_fail(r->errs, n, "only a licence has a policy");
}

/* A verdict, or a map of what is compared. */
static void read_expectation(struct pack_reader *r, const struct yaml_node *n,
                             struct expectation *e)
{
    static const char *const keys[] = {"verdict", "allowed",     "rules", "unresolved",
                                       "cost",    "next_change", "flip",  NULL};
    e->cost_percent = -1;
    if (n->kind == YAML_SCALAR) {
        read_verdict(r, n, e);
        return;
    }
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x = yaml_need(r->errs, n, "verdict");
    if (x != NULL) read_verdict(r, x, e);
    pack_texts(r, n, "rules", &e->rules, &e->rule_count);
    pack_texts(r, n, "unresolved", &e->unresolved, &e->unresolved_count);
    int64_t percent = 0;
    if ((x = yaml_get(n, "cost")) != NULL && yaml_i64(r->errs, x, 0, 1000, &percent))
        e->cost_percent = (int32_t)percent;
    if ((x = yaml_get(n, "allowed")) != NULL) yaml_tri(r->errs, x, &e->allowed);
    if ((x = yaml_get(n, "next_change")) != NULL) {
        e->next_stated = true;
        e->next_change_ms = CIVIL_NEVER_MS;
        if (!yaml_is(x, "none")) yaml_date(r->errs, x, false, &e->next_change_ms);
    }
    pack_texts(r, n, "flip", &e->flip, &e->flip_count);
}

static void read_example(struct pack_reader *r, const struct yaml_node *n, struct law_example *x)
{
    static const char *const keys[] = {"refused", "permitted", "unresolved",
                                       "case",    "expect",    NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    int kinds = 0;
    for (int i = 0; i < EXAMPLE_COUNT; i++) {
        if (yaml_get(n, example_kind_names[i]) == NULL) continue;
        kinds++;
        x->kind = i;
        pack_need_line(r, n, example_kind_names[i], &x->title);
    }
    if (kinds != 1)
        yaml_fail(r->errs, n, "an example begins with one of refused, permitted, unresolved");
    const struct yaml_node *c = yaml_need(r->errs, n, "case");
    if (c != NULL) case_yaml_node(r->errs, c, r->world, r->arena, &x->c, NULL);
    c = yaml_need(r->errs, n, "expect");
    if (c != NULL) read_expectation(r, c, &x->expect);
}

static uint32_t count_examples(const struct yaml_node *const *rules, uint32_t count)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct yaml_node *list = yaml_get(rules[i], "examples");
        if (list != NULL && list->kind == YAML_LIST) n += list->count;
    }
    return n;
}

void pack_read_examples(struct pack_reader *r)
{
    struct pack_file *out = r->out;
    uint32_t rules = out->pack.rule_count;
    out->examples =
        ARENA_ARRAY(r->arena, count_examples(r->out->places.rules, rules) + 1, struct law_example);
    for (uint32_t i = 0; i < rules; i++) {
        const struct yaml_node *list = yaml_get(r->out->places.rules[i], "examples");
        if (list == NULL || !yaml_list(r->errs, list, EXAMPLES_MAX)) continue;
        for (uint32_t k = 0; k < list->count; k++) {
            struct law_example *x = &out->examples[out->example_count++];
            x->rule = i;
            x->node = &list->items[k];
            read_example(r, x->node, x);
        }
    }
}

/* ---- vectors --------------------------------------------------------------------------------- */

static void read_levels(struct pack_reader *r, const struct yaml_node *n, uint32_t *out)
{
    if (!yaml_list(r->errs, n, LEVEL_COUNT)) return;
    for (uint32_t i = 0; i < n->count; i++) {
        int level = 0;
        if (yaml_enum(r->errs, &n->items[i], law_level_names, LEVEL_COUNT, &level))
            *out |= 1u << level;
    }
}

bool vectors_yaml_read(struct str bytes, struct str file, const struct case_world *world,
                       struct arena *arena, struct yaml_errors *errs, struct vector **out,
                       uint32_t *count_out)
{
    static const char *const keys[] = {"title", "case", "bind", "expect", NULL};
    uint32_t before = errs->total;
    struct pack_reader r = {.errs = errs, .world = world, .arena = arena};
    struct yaml_doc *doc = ARENA_NEW(arena, struct yaml_doc);
    *count_out = 0;
    if (!yaml_parse(bytes, YAML_BYTES_MAX, file, arena, errs, doc)) return false;
    if (!yaml_list(errs, doc->root, CASES_MAX)) return false;
    *out = ARENA_ARRAY(arena, doc->root->count + 1, struct vector);
    *count_out = doc->root->count;
    for (uint32_t i = 0; i < doc->root->count; i++) {
        const struct yaml_node *n = &doc->root->items[i], *x;
        struct vector *v = &(*out)[i];
        v->node = n;
        if (!yaml_map(errs, n, keys) && n->kind != YAML_MAP) continue;
        pack_need_line(&r, n, "title", &v->title);
        if ((x = yaml_need(errs, n, "case")) != NULL)
            case_yaml_node(errs, x, world, arena, &v->c, NULL);
        if ((x = yaml_get(n, "bind")) != NULL) read_levels(&r, x, &v->bind);
        if ((x = yaml_need(errs, n, "expect")) != NULL) read_expectation(&r, x, &v->expect);
    }
    return errs->total == before;
}
