/* check.c - what must hold of a pack beyond its shape, as far as it needs no compiler. */
#include "base/civil.h"
#include "law/compile.h"
#include "model/fleet.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct checker {
    const struct law_pack *p;
    law_report *report;
    void *ctx;
    uint32_t faults;
    struct arena arena;
};

static void fault(struct checker *k, enum law_part part, uint32_t index, const char *key,
                  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void fault(struct checker *k, enum law_part part, uint32_t index, const char *key,
                  const char *fmt, ...)
{
    char text[ERRTEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct law_place at = {part, index, key};
    k->report(k->ctx, &at, text);
    k->faults++;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool is_identifier(struct str s)
{
    if (s.len == 0 || s.len > ID_LEN_MAX) return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return true;
}

/* Words of CEL, and facts, that a pack cannot take as a name. */
static bool is_taken(struct str s)
{
    static const char *const words[] = {
        "in",         "as",        "break",  "const",    "continue",   "else",     "for",
        "function",   "if",        "import", "let",      "loop",       "package",  "namespace",
        "return",     "var",       "void",   "while",    "true",       "false",    "null",
        "int",        "uint",      "double", "bool",     "string",     "bytes",    "list",
        "map",        "null_type", "type",   "dyn",      "has",        "all",      "exists",
        "exists_one", "filter",    "size",   "contains", "startsWith", "endsWith", "matches",
        "duration",   "timestamp"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eqz(s, words[i])) return true;
    for (int i = 0; i < SLOT_FACTS; i++)
        if (str_eq(s, law_fact_decls[i].name)) return true;
    return false;
}

struct named {
    struct str name;
    enum law_part part;
    uint32_t index;
};

static int compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = str_cmp(x->name, y->name);
    if (order != 0) return order;
    if (x->part != y->part) return x->part < y->part ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static const char *part_key(enum law_part part)
{
    static const char *const keys[] = {"pack", "set", "let", "ownership", "rule", "act"};
    return keys[part];
}

static void check_names(struct checker *k)
{
    const struct law_pack *p = k->p;
    uint32_t n = 0;
    struct named *names =
        ARENA_ARRAY(&k->arena, p->set_count + p->let_count + p->ownership_count + 1, struct named);
    for (uint32_t i = 0; i < p->set_count; i++)
        names[n++] = (struct named){p->sets[i].name, PART_SET, i};
    for (uint32_t i = 0; i < p->let_count; i++)
        names[n++] = (struct named){p->lets[i].name, PART_LET, i};
    for (uint32_t i = 0; i < p->ownership_count; i++)
        names[n++] = (struct named){p->ownerships[i].name, PART_OWNERSHIP, i};
    for (uint32_t i = 0; i < n; i++) {
        const struct named *x = &names[i];
        if (!is_identifier(x->name))
            fault(k, x->part, x->index, part_key(x->part),
                  "'" STR_FMT
                  "' is not a name: letters, digits and _, at most %d, not a digit first",
                  STR_ARG(x->name), ID_LEN_MAX);
        else if (is_taken(x->name))
            fault(k, x->part, x->index, part_key(x->part),
                  "'" STR_FMT "' is a word of the language or a fact; take another name",
                  STR_ARG(x->name));
    }
    qsort(names, n, sizeof *names, compare_named);
    for (uint32_t i = 1; i < n; i++)
        if (str_eq(names[i - 1].name, names[i].name))
            fault(k, names[i].part, names[i].index, part_key(names[i].part),
                  "'" STR_FMT "' is defined twice in this pack", STR_ARG(names[i].name));
}

/* ---- sets and ownership ---------------------------------------------------------------------- */

static void check_sets(struct checker *k)
{
    for (uint32_t i = 0; i < k->p->set_count; i++) {
        const struct law_set *s = &k->p->sets[i];
        if (s->member_count == 0)
            fault(k, PART_SET, i, "members", "set '" STR_FMT "' names nobody", STR_ARG(s->name));
        for (uint32_t m = 0; m < s->member_count; m++) {
            const struct law_member *x = &s->members[m];
            if (x->is.len == 0) fault(k, PART_SET, i, "members", "a member is empty");
            if (x->from_ms != 0 && x->until_ms != 0 && x->from_ms >= x->until_ms) {
                char from[CIVIL_TEXT_MAX], until[CIVIL_TEXT_MAX];
                fault(k, PART_SET, i, "members",
                      "member '" STR_FMT "': from %s is not before until %s", STR_ARG(x->is),
                      civil_format(x->from_ms, from), civil_format(x->until_ms, until));
            }
        }
    }
    for (uint32_t i = 0; i < k->p->ownership_count; i++) {
        const struct law_ownership *o = &k->p->ownerships[i];
        if (o->list_count == 0) fault(k, PART_OWNERSHIP, i, "lists", "no list is named");
        if (o->threshold_ppm < 0 || o->threshold_ppm > LAW_PPM)
            fault(k, PART_OWNERSHIP, i, "at_least", "a share lies between 0 %% and 100 %%");
        if (o->threshold_ppm == 0 && !o->strict)
            fault(k, PART_OWNERSHIP, i, "at_least", "at least 0 %% holds of everybody");
    }
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void check_order(struct checker *k, uint32_t i, int64_t a, const char *a_name, int64_t b,
                        const char *b_name)
{
    if (a == 0 || b == 0 || a < b) return;
    char at[CIVIL_TEXT_MAX], bt[CIVIL_TEXT_MAX];
    fault(k, PART_RULE, i, b_name, "%s %s is not after %s %s", b_name, civil_format(b, bt), a_name,
          civil_format(a, at));
}

static void check_dates(struct checker *k, uint32_t i)
{
    const struct law_rule *r = &k->p->rules[i];
    int64_t start = r->effective_ms != 0 ? r->effective_ms : r->published_ms;
    const char *start_name = r->effective_ms != 0 ? "effective" : "published";
    if (start == 0) fault(k, PART_RULE, i, "rule", "neither `effective` nor `published` is stated");
    check_order(k, i, start, start_name, r->until_ms, "until");
    check_order(k, i, r->compliance_ms, "compliance", r->until_ms, "until");
    if (r->compliance_ms != 0 && r->compliance_ms < start)
        fault(k, PART_RULE, i, "compliance", "`compliance` is before `%s`", start_name);
    for (uint32_t s = 0; s < r->suspended_count; s++) {
        const struct law_span *x = &r->suspended[s];
        if (x->from_ms != 0 && x->to_ms != 0 && x->from_ms >= x->to_ms)
            fault(k, PART_RULE, i, "suspended", "`from` is not before `to`");
        if (s > 0 && (r->suspended[s - 1].to_ms == 0 || x->from_ms < r->suspended[s - 1].to_ms))
            fault(k, PART_RULE, i, "suspended", "suspensions overlap or are not in order");
    }
    const struct law_doubt *d = &r->doubt;
    if (d->present && d->from_ms != 0 && d->to_ms != 0 && d->from_ms >= d->to_ms)
        fault(k, PART_RULE, i, "doubt", "`from` is not before `until`");
    const struct law_span *u = &r->unenforced_when;
    if (r->unenforced && u->from_ms != 0 && u->to_ms != 0 && u->from_ms >= u->to_ms)
        fault(k, PART_RULE, i, "unenforced", "`from` is not before `until`");
}

static bool is_role(struct str s)
{
    for (int r = 0; r < ROLE_COUNT; r++)
        if (str_eqz(s, law_role_names[r])) return true;
    return false;
}

static void check_fields(struct checker *k, uint32_t i)
{
    const struct law_rule *r = &k->p->rules[i];
    if (!id_is_valid(r->id))
        fault(k, PART_RULE, i, "rule",
              "'" STR_FMT "' is not an id: letters, digits, . _ - inside, at most %d bytes",
              STR_ARG(r->id), ID_LEN_MAX);
    if (r->acts == 0) fault(k, PART_RULE, i, "acts", "no act is named");
    if (r->then.effect == EFFECT_UNRESOLVED)
        fault(k, PART_RULE, i, "then", "`unresolved` is a verdict, not a demand");
    if (r->then.policy != POLICY_NONE && r->then.effect != EFFECT_LICENCE)
        fault(k, PART_RULE, i, "then", "only a licence has a policy");
    if (r->need_count > 0 && r->lower_count == 0)
        fault(k, PART_RULE, i, "needs",
              "`needs` is for an exception (`lowers`); a demand for evidence is `then: {condition: "
              "...}`");
    if (r->lower_count > 0 && (r->cap.present || r->ratio.present))
        fault(k, PART_RULE, i, "lowers", "an exception has no cap or ratio; state it in `when`");
    if (r->cap.present && r->ratio.present)
        fault(k, PART_RULE, i, "ratio", "a rule has a cap or a ratio, not both");
    if (r->cost_percent < 0 || r->cost_percent > 1000)
        fault(k, PART_RULE, i, "cost", "a cost lies between 0 %% and 1000 %%");
    for (uint32_t h = 0; h < r->holder_count; h++)
        if (!is_role(r->holders[h]))
            fault(k, PART_RULE, i, "permit", "'" STR_FMT "' is no role of the chain",
                  STR_ARG(r->holders[h]));
    bool is_each = str_eqz(r->cap.by, "case");
    if (r->cap.present && !is_each && !is_role(r->cap.by) && !str_eqz(r->cap.by, "site") &&
        !str_eqz(r->cap.by, "country") && !str_eqz(r->cap.by, "all"))
        fault(k, PART_RULE, i, "cap",
              "`by: " STR_FMT "` is neither a role of the chain nor site, country, all or case",
              STR_ARG(r->cap.by));
    if (r->cap.present && is_each && r->cap.window != WINDOW_ACT)
        fault(k, PART_RULE, i, "cap",
              "a cap over a window says whose counter it is: `by:` a role of the chain, site, "
              "country or all");
    if (r->cap.present && (r->cap.window == WINDOW_DAYS) != (r->cap.days > 0))
        fault(k, PART_RULE, i, "cap", "`days` is stated exactly when `window` is `days`");
    if (r->cap.present && r->cap.at_most_milli < 0)
        fault(k, PART_RULE, i, "cap", "`at_most` is negative");
    if (r->ratio.present && (r->ratio.bound_ppm < 0 || r->ratio.bound_ppm > LAW_PPM))
        fault(k, PART_RULE, i, "ratio", "a share lies between 0 %% and 100 %%");
}

static uint32_t find_rule(const struct law_pack *p, struct str id)
{
    for (uint32_t i = 0; i < p->rule_count; i++)
        if (str_eq(p->rules[i].id, id)) return i;
    return NO_INDEX;
}

/* Guidance, reports and proposals only tighten; what they may spare is what is held already. */
static void check_lowering(struct checker *k, uint32_t i, const struct law_rule *target)
{
    const struct law_rule *r = &k->p->rules[i];
    if (r->level == LEVEL_LAW || r->level == LEVEL_ACT) return;
    const uint32_t held_acts =
        1u << ACT_PLACE | 1u << ACT_REMOTE_USE | 1u << ACT_CONTINUE_USE | 1u << ACT_SERVICE;
    if (r->then.effect != EFFECT_PERMIT || (r->acts & ~held_acts) != 0)
        fault(k, PART_RULE, i, "lowers",
              "at level %s a rule only tightens, except that it may permit the acts place, "
              "remote_use, continue_use and service on chips already held",
              law_level_names[r->level]);
    if (!str_eq(r->law, target->law) ||
        (r->then.authority.len > 0 && target->then.authority.len > 0 &&
         !str_eq(r->then.authority, target->then.authority)))
        fault(k, PART_RULE, i, "lowers",
              "at level %s only the authority of '" STR_FMT "' can spare from it",
              law_level_names[r->level], STR_ARG(target->id));
}

static void check_exceptions(struct checker *k)
{
    const struct law_pack *p = k->p;
    for (uint32_t i = 0; i < p->rule_count; i++)
        for (uint32_t x = 0; x < p->rules[i].lower_count; x++) {
            uint32_t target = find_rule(p, p->rules[i].lowers[x]);
            if (target == NO_INDEX)
                fault(k, PART_RULE, i, "lowers", "there is no rule '" STR_FMT "' in this pack",
                      STR_ARG(p->rules[i].lowers[x]));
            else if (target == i)
                fault(k, PART_RULE, i, "lowers", "a rule cannot lower itself");
            else
                check_lowering(k, i, &p->rules[target]);
        }
}

/* Depth-first search for a cycle; 0 new, 1 on the path, 2 done. */
static void walk_exceptions(struct checker *k, uint32_t i, uint8_t *state)
{
    state[i] = 1;
    const struct law_rule *r = &k->p->rules[i];
    for (uint32_t x = 0; x < r->lower_count; x++) {
        uint32_t target = find_rule(k->p, r->lowers[x]);
        if (target == NO_INDEX || target == i) continue;
        if (state[target] == 1)
            fault(k, PART_RULE, i, "lowers",
                  "a cycle of exceptions: '" STR_FMT "' lowers '" STR_FMT
                  "', which leads back to it",
                  STR_ARG(r->id), STR_ARG(r->lowers[x]));
        else if (state[target] == 0)
            walk_exceptions(k, target, state);
    }
    state[i] = 2;
}

static void check_rule_ids(struct checker *k)
{
    const struct law_pack *p = k->p;
    struct named *names = ARENA_ARRAY(&k->arena, p->rule_count + 1, struct named);
    for (uint32_t i = 0; i < p->rule_count; i++)
        names[i] = (struct named){p->rules[i].id, PART_RULE, i};
    qsort(names, p->rule_count, sizeof *names, compare_named);
    for (uint32_t i = 1; i < p->rule_count; i++)
        if (str_eq(names[i - 1].name, names[i].name))
            fault(k, PART_RULE, names[i].index, "rule", "rule '" STR_FMT "' is defined twice",
                  STR_ARG(names[i].name));
}

uint32_t pack_check_shape(const struct law_pack *p, law_report *report, void *ctx)
{
    struct checker k = {.p = p, .report = report, .ctx = ctx};
    arena_init(&k.arena);
    if (!id_is_valid(p->id))
        fault(&k, PART_PACK, 0, "pack", "'" STR_FMT "' is not an id", STR_ARG(p->id));
    check_names(&k);
    check_sets(&k);
    check_rule_ids(&k);
    for (uint32_t i = 0; i < p->rule_count; i++) {
        check_fields(&k, i);
        check_dates(&k, i);
    }
    check_exceptions(&k);
    uint8_t *state = ARENA_ARRAY(&k.arena, p->rule_count + 1, uint8_t);
    for (uint32_t i = 0; i < p->rule_count; i++)
        if (state[i] == 0) walk_exceptions(&k, i, state);
    arena_release(&k.arena);
    return k.faults;
}
