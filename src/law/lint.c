#include "law/lint.h"

#include "base/check.h"
#include "base/civil.h"
#include "law/demand.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct linter {
    struct pack pack; /* compiled */
    const struct law_pack *p;
    int64_t on_ms;
    law_lint_report *report;
    void *ctx;
};

static void tell(struct linter *l, bool is_error, enum law_part part, uint32_t index,
                 const char *key, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

static void tell(struct linter *l, bool is_error, enum law_part part, uint32_t index,
                 const char *key, const char *fmt, ...)
{
    char text[ERRTEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct law_place at = {part, index, key};
    l->report(l->ctx, is_error, &at, text);
}

/* ---- sets ------------------------------------------------------------------------------------ */

static void lint_set(struct linter *l, uint32_t i)
{
    const struct set *s = &l->pack.sets[i];
    char date[CIVIL_TEXT_MAX];
    for (uint32_t k = 0; k < s->segment_count; k++) {
        bool before_first = k == 0 && s->segments[k].list.len == 0;
        if (s->segments[k].list.len > 0 || before_first) continue;
        tell(l, false, PART_SET, i, "members", "set '" STR_FMT "' is empty from %s",
             STR_ARG(s->def->name), civil_format(s->segments[k].from_ms, date));
    }
    for (uint32_t a = 0; a < s->def->member_count; a++)
        for (uint32_t b = a + 1; b < s->def->member_count; b++) {
            const struct law_member *x = &s->def->members[a], *y = &s->def->members[b];
            if (!str_eq(x->is, y->is)) continue;
            bool apart = (x->until_ms != 0 && x->until_ms <= y->from_ms) ||
                         (y->until_ms != 0 && y->until_ms <= x->from_ms);
            if (!apart)
                tell(l, false, PART_SET, i, "members",
                     "'" STR_FMT "' is named twice for the same time", STR_ARG(x->is));
        }
}

static void mark(const struct linter *l, const struct code *c, bool *used)
{
    if (c->expr == NULL) return;
    const struct cel_read *reads = NULL;
    uint32_t n = cel_expr_reads(c->expr, &reads);
    for (uint32_t i = 0; i < n; i++)
        if (reads[i].slot >= SLOT_FACTS && (uint32_t)reads[i].slot < l->pack.slot_count)
            used[reads[i].slot] = true;
}

static void lint_unused(struct linter *l)
{
    struct pack *p = &l->pack;
    bool *used = ARENA_ARRAY(&p->arena, p->slot_count, bool);
    for (uint32_t i = 0; i < l->p->let_count; i++) mark(l, &p->lets[i].code, used);
    for (uint32_t i = 0; i < l->p->act_count; i++) mark(l, &p->acts[i].when, used);
    for (uint32_t i = 0; i < l->p->rule_count; i++) {
        mark(l, &p->rules[i].when, used);
        mark(l, &p->rules[i].sum, used);
        mark(l, &p->rules[i].share_of, used);
    }
    for (uint32_t s = SLOT_FACTS; s < p->slot_count; s++) {
        if (used[s]) continue;
        enum law_part part = s < p->ownership_slot ? PART_SET
                             : s < p->let_slot     ? PART_OWNERSHIP
                                                   : PART_LET;
        uint32_t first = part == PART_SET         ? p->set_slot
                         : part == PART_OWNERSHIP ? p->ownership_slot
                                                  : p->let_slot;
        static const char *const keys[] = {"pack", "set", "let", "ownership", "rule", "act"};
        tell(l, false, part, s - first, keys[part], "'" STR_FMT "' is used by no expression",
             STR_ARG(p->schema.decls[s].name));
    }
}

/* ---- rules ----------------------------------------------------------------------------------- */

static uint32_t index_of(const struct linter *l, const struct rule *r)
{
    return (uint32_t)(r->def - l->p->rules);
}

/* An expression over no facts has one value. */
static bool never_holds(struct linter *l, const struct rule *r)
{
    if (r->when.expr == NULL || r->when.facts != 0 || r->when.dep_count > 0) return false;
    struct cel_value *vars = ARENA_ARRAY(&l->pack.arena, l->pack.slot_count, struct cel_value);
    struct cel_env env = {.vars = vars, .var_count = l->pack.slot_count};
    struct cel_value v = cel_eval(r->when.expr, &env, &l->pack.arena);
    return v.kind == CEL_BOOL && !v.as.b;
}

/* ---- terms that exclude each other ---- */

enum { TERMS_MAX = 64 }; /* of one rule, through its lets */

struct terms {
    struct cel_comparison items[TERMS_MAX];
    uint32_t count;
};

static void collect_terms(struct linter *l, const struct code *c, struct terms *t)
{
    struct cel_reason found[TERMS_MAX];
    struct cel_value *vars = ARENA_ARRAY(&l->pack.arena, l->pack.slot_count, struct cel_value);
    struct cel_env env = {.vars = vars, .var_count = l->pack.slot_count};
    if (c->expr == NULL) return;
    uint32_t n = cel_terms(c->expr, &env, &l->pack.arena, found, TERMS_MAX);
    for (uint32_t i = 0; i < n && i < TERMS_MAX; i++) {
        uint32_t let = (uint32_t)found[i].slot - l->pack.let_slot;
        if (found[i].slot < 0 && t->count < TERMS_MAX)
            t->items[t->count++] = found[i].comparison;
        else if (found[i].slot >= 0 && (uint32_t)found[i].slot >= l->pack.let_slot)
            collect_terms(l, &l->pack.lets[let].code, t);
    }
}

static bool is_constant(struct cel_value v)
{
    return v.kind != CEL_UNKNOWN && v.kind != CEL_ERROR;
}

static bool is_below(const char *op)
{
    return op[0] == '<';
}

/* Can no value be in both relations: `x a.op a.right` and `x b.op b.right`? */
static bool exclude(const struct cel_comparison *a, const struct cel_comparison *b)
{
    int order = 0;
    bool equal = strcmp(a->op, "==") == 0;
    if (equal && strcmp(b->op, "==") == 0) return !cel_equal(a->right, b->right);
    if (equal && strcmp(b->op, "in") == 0 && b->right.kind == CEL_LIST) {
        for (uint32_t i = 0; i < b->right.len; i++)
            if (cel_equal(b->right.as.items[i], a->right)) return false;
        return true;
    }
    bool ordered = (a->op[0] == '<' || a->op[0] == '>') && (b->op[0] == '<' || b->op[0] == '>');
    if (!ordered || !is_below(a->op) || is_below(b->op)) return false;
    if (!cel_compare(a->right, b->right, &order)) return false;
    bool both_closed = a->op[1] == '=' && b->op[1] == '=';
    return order < 0 || (order == 0 && !both_closed); /* x < 3 and x > 5 */
}

static bool terms_exclude(struct linter *l, const struct rule *r, struct str *fact_out)
{
    struct terms t = {.count = 0};
    collect_terms(l, &r->when, &t);
    for (uint32_t i = 0; i < t.count; i++)
        for (uint32_t k = 0; k < t.count; k++) {
            const struct cel_comparison *a = &t.items[i], *b = &t.items[k];
            if (!str_eq(a->left_text, b->left_text) || is_constant(a->left)) continue;
            if (!is_constant(a->right) || !is_constant(b->right) || !exclude(a, b)) continue;
            *fact_out = a->left_text;
            return true;
        }
    return false;
}

/* Suspended from its beginning to its end. */
static bool never_in_force(const struct rule *r)
{
    int64_t at = r->start_ms;
    for (uint32_t i = 0; i < r->def->suspended_count; i++) {
        const struct law_span *s = &r->def->suspended[i];
        if (s->from_ms > at) return false;
        if (s->to_ms == 0) return true;
        if (s->to_ms > at) at = s->to_ms;
    }
    return r->def->until_ms != 0 && at >= r->def->until_ms;
}

static bool same_words(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.len && (a.p[i] == ' ' || a.p[i] == '\n')) i++;
        while (k < b.len && (b.p[k] == ' ' || b.p[k] == '\n')) k++;
        if (i == a.len || k == b.len) return i == a.len && k == b.len;
        if (a.p[i++] != b.p[k++]) return false;
    }
}

static bool are_in_force_together(const struct rule *a, const struct rule *b)
{
    int64_t a_end = a->def->until_ms, b_end = b->def->until_ms;
    return (a_end == 0 || b->start_ms < a_end) && (b_end == 0 || a->start_ms < b_end);
}

static bool covers(const struct rule *a, const struct rule *b)
{
    bool longer =
        a->start_ms <= b->start_ms &&
        (a->def->until_ms == 0 || (b->def->until_ms != 0 && b->def->until_ms <= a->def->until_ms));
    return longer && (b->def->acts & ~a->def->acts) == 0 && a->def->suspended_count == 0 &&
           !a->def->unenforced && a->def->level <= b->def->level;
}

static bool is_plain(const struct rule *r)
{
    const struct law_rule *d = r->def;
    return d->lower_count == 0 && !d->cap.present && !d->ratio.present && d->cost_percent == 0 &&
           d->grandfather_ms == 0;
}

/* Two demands on the very same facts. */
static void lint_pair(struct linter *l, const struct rule *a, const struct rule *b)
{
    if (!is_plain(a) || !is_plain(b) || !same_words(a->def->when, b->def->when)) return;
    if ((a->def->acts & b->def->acts) == 0 || !are_in_force_together(a, b)) return;
    uint32_t ra = demand_rank(&a->def->then), rb = demand_rank(&b->def->then);
    const struct rule *strict = ra >= rb ? a : b, *other = ra >= rb ? b : a;
    if (covers(strict, other))
        tell(l, false, PART_RULE, index_of(l, other), "rule",
             "shadowed: '" STR_FMT "' demands at least as much on the same facts",
             STR_ARG(strict->def->id));
    else if (ra != rb)
        tell(l, false, PART_RULE, index_of(l, b), "rule",
             "overlaps with '" STR_FMT "': the same facts, another demand", STR_ARG(a->def->id));
}

static void lint_source(struct linter *l, uint32_t i)
{
    const struct law_rule *r = &l->p->rules[i];
    bool binds = r->level <= LEVEL_GUIDANCE;
    if (binds && str_eqz(r->source.basis, "memory"))
        tell(l, true, PART_RULE, i, "basis",
             "a rule that rests on memory cannot bind: confirm it from a public text, or make it "
             "`reported`");
    if (binds && str_eqz(r->source.confidence, "low"))
        tell(l, false, PART_RULE, i, "confidence", "a rule of low confidence binds");
    if (r->source.basis.len == 0) tell(l, false, PART_RULE, i, "rule", "no `basis` is stated");
    int64_t days = (l->on_ms - r->source.read_ms) / CIVIL_DAY_MS;
    if (days > LINT_SOURCE_DAYS)
        tell(l, false, PART_RULE, i, "read",
             "the source was read %" PRId64 " days ago; read it again", days);
    if (r->source.read_ms > l->on_ms)
        tell(l, false, PART_RULE, i, "read", "the source was read after today");
}

static void lint_rule(struct linter *l, const struct rule *r)
{
    uint32_t i = index_of(l, r);
    const struct law_rule *d = r->def;
    struct str fact;
    if (never_holds(l, r)) tell(l, true, PART_RULE, i, "when", "the rule can never apply");
    if (terms_exclude(l, r, &fact))
        tell(l, true, PART_RULE, i, "when",
             "the rule can never apply: what it asks of " STR_FMT " excludes itself",
             STR_ARG(fact));
    if (never_in_force(r))
        tell(l, true, PART_RULE, i, "suspended", "the rule is suspended for all its time");
    if (((r->when.facts | r->sum.facts) >> SLOT_ON & 1u) != 0)
        tell(l, false, PART_RULE, i, "when",
             "reads `on`: the day it changes cannot be foreseen; use effective, until, or dated "
             "sets");
    bool idle = d->then.effect == EFFECT_PERMIT && d->lower_count == 0 && d->cost_percent == 0 &&
                d->report.len == 0 && d->record.len == 0;
    if (idle)
        tell(l, false, PART_RULE, i, "then",
             "permits what nothing forbids; an exception names the rules it `lowers`");
    lint_source(l, i);
}

static void ignore(void *ctx, const struct law_place *at, const char *text)
{
    (void)ctx;
    (void)at;
    (void)text;
}

void law_pack_lint(const struct law_pack *p, int64_t on_ms, law_lint_report *report, void *ctx)
{
    struct linter l = {.p = p, .on_ms = on_ms, .report = report, .ctx = ctx};
    l.pack.def = *p;
    arena_init(&l.pack.arena);
    bool sound = pack_compile(&l.pack, ignore, NULL);
    ASSERT(sound);
    for (uint32_t i = 0; i < p->set_count; i++) lint_set(&l, i);
    lint_unused(&l);
    for (uint32_t i = 0; i < p->rule_count; i++) {
        lint_rule(&l, &l.pack.rules[i]);
        for (uint32_t k = 0; k < i; k++) lint_pair(&l, &l.pack.rules[k], &l.pack.rules[i]);
    }
    arena_release(&l.pack.arena);
}
