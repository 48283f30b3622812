#include "read/pack_reader.h"

/* ---- small parts ----------------------------------------------------------------------------- */

void pack_line(struct pack_reader *r, const struct yaml_node *map, const char *key, struct str *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_line(r->errs, n, LAW_TEXT_LEN_MAX, out);
}

void pack_need_line(struct pack_reader *r, const struct yaml_node *map, const char *key,
                    struct str *out)
{
    const struct yaml_node *n = yaml_need(r->errs, map, key);
    if (n != NULL) yaml_line(r->errs, n, LAW_TEXT_LEN_MAX, out);
}

/* Prose, perhaps of several lines. */
static void prose(struct pack_reader *r, const struct yaml_node *map, const char *key,
                  struct str *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_text(r->errs, n, LAW_TEXT_LEN_MAX, out);
}

static void expression(struct pack_reader *r, const struct yaml_node *map, const char *key,
                       struct str *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_text(r->errs, n, LAW_EXPR_LEN_MAX, out);
}

static void date(struct pack_reader *r, const struct yaml_node *map, const char *key, int64_t *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_date(r->errs, n, false, out);
}

static void word(struct pack_reader *r, const struct yaml_node *map, const char *key,
                 const char *const *names, int count, struct str *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    int i = 0;
    if (n != NULL && yaml_enum(r->errs, n, names, count, &i)) *out = str_of(names[i]);
}

void pack_texts(struct pack_reader *r, const struct yaml_node *map, const char *key,
                struct str **out, uint32_t *count)
{
    const struct yaml_node *n = yaml_get(map, key);
    if (n != NULL) yaml_texts(r->errs, n, LAW_NAMES_MAX, NAME_LEN_MAX, out, count);
}

static void read_source(struct pack_reader *r, const struct yaml_node *n, bool required,
                        struct law_source *s)
{
    static const char *const confidences[] = {"high", "medium", "low"};
    static const char *const bases[] = {"verbatim", "firm", "press", "memory"};
    if (required) {
        pack_need_line(r, n, "cite", &s->cite);
        pack_need_line(r, n, "source", &s->source);
        yaml_need(r->errs, n, "read");
    } else {
        pack_line(r, n, "cite", &s->cite);
        pack_line(r, n, "source", &s->source);
    }
    date(r, n, "read", &s->read_ms);
    word(r, n, "confidence", confidences, 3, &s->confidence);
    word(r, n, "basis", bases, 4, &s->basis);
    prose(r, n, "note", &s->note);
}

#define SOURCE_KEYS "cite", "source", "read", "confidence", "basis", "note"

/* ---- sets, lets, ownership, acts ------------------------------------------------------------- */

static void read_member(struct pack_reader *r, const struct yaml_node *n, struct law_member *m)
{
    static const char *const keys[] = {"is", "from", "until", "cite", "note", NULL};
    if (n->kind == YAML_SCALAR) {
        yaml_line(r->errs, n, NAME_LEN_MAX, &m->is);
        return;
    }
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    pack_need_line(r, n, "is", &m->is);
    date(r, n, "from", &m->from_ms);
    date(r, n, "until", &m->until_ms);
    pack_line(r, n, "cite", &m->cite);
}

void pack_read_set(struct pack_reader *r, const struct yaml_node *n, struct law_set *s)
{
    static const char *const keys[] = {"set", "title", SOURCE_KEYS, "members", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    pack_need_line(r, n, "set", &s->name);
    pack_line(r, n, "title", &s->title);
    read_source(r, n, true, &s->source);
    const struct yaml_node *m = yaml_need(r->errs, n, "members");
    if (m == NULL || !yaml_list(r->errs, m, LAW_MEMBERS_MAX)) return;
    s->member_count = m->count;
    s->members = ARENA_ARRAY(r->arena, m->count + 1, struct law_member);
    for (uint32_t i = 0; i < m->count; i++) read_member(r, &m->items[i], &s->members[i]);
}

void pack_read_let(struct pack_reader *r, const struct yaml_node *n, struct law_let *l)
{
    static const char *const keys[] = {"let", "title", "is", "note", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    pack_need_line(r, n, "let", &l->name);
    pack_line(r, n, "title", &l->title);
    yaml_need(r->errs, n, "is");
    expression(r, n, "is", &l->is);
}

void pack_read_ownership(struct pack_reader *r, const struct yaml_node *n, struct law_ownership *o)
{
    static const char *const keys[] = {"ownership", "title",     SOURCE_KEYS, "lists",
                                       "at_least",  "more_than", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    pack_need_line(r, n, "ownership", &o->name);
    pack_line(r, n, "title", &o->title);
    read_source(r, n, true, &o->source);
    yaml_need(r->errs, n, "lists");
    pack_texts(r, n, "lists", &o->lists, &o->list_count);
    const struct yaml_node *least = yaml_get(n, "at_least"), *more = yaml_get(n, "more_than");
    if ((least == NULL) == (more == NULL))
        yaml_fail(r->errs, n, "an ownership test states `at_least` or `more_than`, one of them");
    o->strict = least == NULL;
    if (least != NULL)
        yaml_share(r->errs, least, &o->threshold_ppm);
    else if (more != NULL)
        yaml_share(r->errs, more, &o->threshold_ppm);
}

void pack_read_implied(struct pack_reader *r, const struct yaml_node *n, struct law_implied *a)
{
    static const char *const keys[] = {"act", "when", SOURCE_KEYS, NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x = yaml_need(r->errs, n, "act");
    if (x != NULL) yaml_enum(r->errs, x, law_act_names, ACT_COUNT, &a->act);
    expression(r, n, "when", &a->when);
    read_source(r, n, false, &a->source);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void read_span(struct pack_reader *r, const struct yaml_node *n, const char *end_key,
                      struct law_span *s)
{
    date(r, n, "from", &s->from_ms);
    date(r, n, end_key, &s->to_ms);
    prose(r, n, "reason", &s->reason);
}

static void read_suspensions(struct pack_reader *r, const struct yaml_node *n,
                             struct law_rule *rule)
{
    static const char *const keys[] = {"from", "to", "reason", NULL};
    if (!yaml_list(r->errs, n, LAW_SPANS_MAX)) return;
    rule->suspended_count = n->count;
    rule->suspended = ARENA_ARRAY(r->arena, n->count + 1, struct law_span);
    for (uint32_t i = 0; i < n->count; i++)
        if (yaml_map(r->errs, &n->items[i], keys) || n->items[i].kind == YAML_MAP)
            read_span(r, &n->items[i], "to", &rule->suspended[i]);
}

static void read_demand_keys(struct pack_reader *r, const struct yaml_node *n,
                             struct law_require *q)
{
    static const char *const keys[EFFECT_COUNT][5] = {
        [EFFECT_NOTICE] = {"days", "authority", "evidence", NULL},
        [EFFECT_CONDITION] = {"evidence", "authority", NULL},
        [EFFECT_LICENCE] = {"authority", "policy", NULL},
        [EFFECT_PERMIT] = {"authority", NULL},
        [EFFECT_FORBID] = {"authority", NULL},
    };
    if (yaml_is_null(n)) return;
    if (!yaml_map(r->errs, n, keys[q->effect]) && n->kind != YAML_MAP) return;
    const struct yaml_node *x;
    pack_line(r, n, "authority", &q->authority);
    if ((x = yaml_get(n, "days")) != NULL) yaml_u32(r->errs, x, 0, 3650, &q->days);
    if ((x = yaml_get(n, "policy")) != NULL)
        yaml_enum(r->errs, x, law_policy_names, POLICY_COUNT, &q->policy);
    pack_texts(r, n, "evidence", &q->evidence, &q->evidence_count);
}

/* `permit`, or {licence: {authority: BIS, policy: approve}}. */
static void read_then(struct pack_reader *r, const struct yaml_node *n, struct law_require *q)
{
    if (n->kind == YAML_SCALAR) {
        yaml_enum(r->errs, n, law_effect_names, EFFECT_UNRESOLVED, &q->effect);
        return;
    }
    if (n->kind != YAML_MAP || n->count != 1) {
        yaml_fail(r->errs, n, "`then` is one of permit, notice, condition, licence, forbid");
        return;
    }
    if (yaml_enum(r->errs, &n->keys[0], law_effect_names, EFFECT_UNRESOLVED, &q->effect))
        read_demand_keys(r, &n->items[0], q);
}

static void read_permit(struct pack_reader *r, const struct yaml_node *n, struct law_rule *rule)
{
    static const char *const keys[] = {"counts", "holders", NULL};
    if (yaml_is(n, "none")) {
        rule->permit = PERMIT_NONE;
        return;
    }
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x = yaml_get(n, "counts");
    if (x != NULL) yaml_enum(r->errs, x, law_permit_count_names, PERMIT_NONE, &rule->permit);
    pack_texts(r, n, "holders", &rule->holders, &rule->holder_count);
}

static void read_cap(struct pack_reader *r, const struct yaml_node *n, struct law_cap *c)
{
    static const char *const keys[] = {"sum", "by", "window", "days", "at_most", "unit", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x;
    c->present = true;
    yaml_need(r->errs, n, "sum");
    expression(r, n, "sum", &c->sum);
    c->by = STR("case");
    pack_line(r, n, "by", &c->by);
    if ((x = yaml_get(n, "window")) != NULL)
        yaml_enum(r->errs, x, law_window_names, WINDOW_COUNT, &c->window);
    if ((x = yaml_get(n, "days")) != NULL) yaml_u32(r->errs, x, 1, 36500, &c->days);
    if ((x = yaml_need(r->errs, n, "at_most")) != NULL)
        yaml_decimal(r->errs, x, 3, 0, INT64_MAX, &c->at_most_milli);
    pack_line(r, n, "unit", &c->unit);
}

static void read_ratio(struct pack_reader *r, const struct yaml_node *n, struct law_ratio *q)
{
    static const char *const keys[] = {"share_of",  "per",     "unit",      "at_least",
                                       "more_than", "at_most", "less_than", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x;
    q->present = true;
    yaml_need(r->errs, n, "share_of");
    expression(r, n, "share_of", &q->share_of);
    pack_need_line(r, n, "per", &q->per);
    if ((x = yaml_get(n, "unit")) != NULL)
        yaml_enum(r->errs, x, law_unit_names, UNIT_COUNT, &q->unit);
    int bounds = 0;
    for (int i = 0; i < BOUND_COUNT; i++) {
        if ((x = yaml_get(n, law_bound_names[i])) == NULL) continue;
        bounds++;
        q->bound = i;
        yaml_share(r->errs, x, &q->bound_ppm);
    }
    if (bounds != 1)
        yaml_fail(r->errs, n, "a ratio states one of at_least, more_than, at_most, less_than");
}

static void read_questions(struct pack_reader *r, const struct yaml_node *n, struct law_rule *rule)
{
    if (n->kind != YAML_MAP || n->count > LAW_NAMES_MAX) {
        yaml_fail(r->errs, n, "`questions` maps facts to what to ask, at most %d", LAW_NAMES_MAX);
        return;
    }
    rule->question_count = n->count;
    rule->questions = ARENA_ARRAY(r->arena, n->count + 1, struct law_question);
    for (uint32_t i = 0; i < n->count; i++) {
        yaml_line(r->errs, &n->keys[i], NAME_LEN_MAX, &rule->questions[i].fact);
        yaml_line(r->errs, &n->items[i], LAW_TEXT_LEN_MAX, &rule->questions[i].ask);
    }
}

static void read_doubt(struct pack_reader *r, const struct yaml_node *n, struct law_doubt *d)
{
    static const char *const keys[] = {"from", "until", "ask", "confirmed_by", "denied_by", NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    d->present = true;
    date(r, n, "from", &d->from_ms);
    date(r, n, "until", &d->to_ms);
    pack_need_line(r, n, "ask", &d->ask);
    pack_line(r, n, "confirmed_by", &d->confirmed_by);
    pack_line(r, n, "denied_by", &d->denied_by);
}

static void read_dates(struct pack_reader *r, const struct yaml_node *n, struct law_rule *rule)
{
    static const char *const keys[] = {"reason", "from", "until", NULL};
    date(r, n, "published", &rule->published_ms);
    date(r, n, "effective", &rule->effective_ms);
    date(r, n, "compliance", &rule->compliance_ms);
    date(r, n, "until", &rule->until_ms);
    date(r, n, "grandfather", &rule->grandfather_ms);
    const struct yaml_node *x = yaml_get(n, "suspended");
    if (x != NULL) read_suspensions(r, x, rule);
    if ((x = yaml_get(n, "doubt")) != NULL) read_doubt(r, x, &rule->doubt);
    x = yaml_get(n, "unenforced");
    if (x == NULL || (!yaml_map(r->errs, x, keys) && x->kind != YAML_MAP)) return;
    rule->unenforced = true;
    yaml_need(r->errs, x, "reason");
    read_span(r, x, "until", &rule->unenforced_when);
}

void pack_read_rule(struct pack_reader *r, const struct yaml_node *n, struct law_rule *rule)
{
    static const char *const keys[] = {
        "rule",  "title",     "law",        "level",     "published", "effective", "compliance",
        "until", "suspended", "unenforced", "doubt",     "acts",      "when",      "grandfather",
        "then",  "lowers",    "needs",      "cost",      "report",    "record",    "permit",
        "cap",   "ratio",     "questions",  SOURCE_KEYS, "examples",  NULL};
    if (!yaml_map(r->errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x;
    pack_need_line(r, n, "rule", &rule->id);
    pack_need_line(r, n, "title", &rule->title);
    pack_line(r, n, "law", &rule->law);
    if ((x = yaml_need(r->errs, n, "level")) != NULL)
        yaml_enum(r->errs, x, law_level_names, LEVEL_COUNT, &rule->level);
    read_dates(r, n, rule);
    if ((x = yaml_need(r->errs, n, "acts")) != NULL) case_yaml_acts(r->errs, x, &rule->acts);
    expression(r, n, "when", &rule->when);
    if ((x = yaml_need(r->errs, n, "then")) != NULL) read_then(r, x, &rule->then);
    pack_texts(r, n, "lowers", &rule->lowers, &rule->lower_count);
    pack_texts(r, n, "needs", &rule->needs, &rule->need_count);
    int32_t cost_ppm = 0;
    if ((x = yaml_get(n, "cost")) != NULL && yaml_share(r->errs, x, &cost_ppm)) {
        rule->cost_percent = cost_ppm / 10000;
        if (cost_ppm % 10000 != 0) yaml_fail(r->errs, x, "a cost is a whole number of percent");
    }
    prose(r, n, "report", &rule->report);
    prose(r, n, "record", &rule->record);
    if ((x = yaml_get(n, "permit")) != NULL) read_permit(r, x, rule);
    if ((x = yaml_get(n, "cap")) != NULL) read_cap(r, x, &rule->cap);
    if ((x = yaml_get(n, "ratio")) != NULL) read_ratio(r, x, &rule->ratio);
    if ((x = yaml_get(n, "questions")) != NULL) read_questions(r, x, rule);
    read_source(r, n, true, &rule->source);
}
