#include "law/lint.h"

#include "base/check.h"
#include "base/civil.h"
#include "law/demand.h"
#include "law/lint_logic.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct linter {
    struct pack pack; /* compiled */
    struct arena scratch;
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

/* ---- sources --------------------------------------------------------------------------------- */

static void lint_age(struct linter *l, const struct law_source *s, enum law_part part, uint32_t i)
{
    int64_t days = (l->on_ms - s->read_ms) / CIVIL_DAY_MS;
    if (days > LINT_SOURCE_DAYS)
        tell(l, false, part, i, "read", "the source was read %" PRId64 " days ago; read it again",
             days);
    if (s->read_ms > l->on_ms) tell(l, false, part, i, "read", "the source was read after today");
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

enum { DATES_MAX = 64 }; /* of one question: on later ones the claims are taken as possible */

/* Can the claims all be, on some date in the life of the rule, for one of `acts`? */
static bool possible(struct linter *l, const struct rule *lived, uint32_t acts,
                     const struct logic_claim *claims, uint32_t count, struct str *fact_out)
{
    int64_t end = lived->def->until_ms != 0 ? lived->def->until_ms : CIVIL_NEVER_MS;
    int64_t on = lived->start_ms;
    for (int i = 0; i < DATES_MAX; i++) {
        arena_clear(&l->scratch);
        if (logic_possible(&l->pack, on, acts, claims, count, &l->scratch, fact_out)) return true;
        on = pack_next_set(&l->pack, on);
        if (on >= end) return false;
    }
    return true;
}

/* In its life, whenever `a` applies to one of its acts, `b` does. */
static bool follows(struct linter *l, const struct rule *a, const struct rule *b)
{
    struct logic_claim claims[] = {{&a->when, true}, {&b->when, false}};
    struct str fact;
    return !possible(l, a, a->def->acts, claims, 2, &fact);
}

static void lint_applies(struct linter *l, const struct rule *r)
{
    struct logic_claim claim = {&r->when, true};
    struct str fact = {0};
    if (possible(l, r, r->def->acts, &claim, 1, &fact)) return;
    if (str_eqz(fact, "act"))
        tell(l, true, PART_RULE, index_of(l, r), "when",
             "the rule can never apply: none of its `acts` is what it asks of act");
    else if (fact.len > 0)
        tell(l, true, PART_RULE, index_of(l, r), "when",
             "the rule can never apply: what it asks of " STR_FMT " excludes itself",
             STR_ARG(fact));
    else
        tell(l, true, PART_RULE, index_of(l, r), "when", "the rule can never apply");
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

static bool are_in_force_together(const struct rule *a, const struct rule *b)
{
    int64_t a_end = a->def->until_ms, b_end = b->def->until_ms;
    return (a_end == 0 || b->start_ms < a_end) && (b_end == 0 || a->start_ms < b_end);
}

/* Wherever and whenever `b` is, `a` is: in time, for acts, and not less binding. */
static bool covers(const struct rule *a, const struct rule *b)
{
    bool longer =
        a->start_ms <= b->start_ms &&
        (a->def->until_ms == 0 || (b->def->until_ms != 0 && b->def->until_ms <= a->def->until_ms));
    return longer && (b->def->acts & ~a->def->acts) == 0 && a->def->suspended_count == 0 &&
           !a->def->unenforced && !a->def->doubt.present && a->exception_count == 0 &&
           a->def->level <= b->def->level;
}

static bool is_plain(const struct rule *r)
{
    const struct law_rule *d = r->def;
    return d->lower_count == 0 && !d->cap.present && !d->ratio.present && d->cost_percent == 0 &&
           d->grandfather_ms == 0;
}

static bool asks_all_evidence_of(const struct law_require *a, const struct law_require *b)
{
    for (uint32_t i = 0; i < b->evidence_count; i++) {
        bool asked = false;
        for (uint32_t k = 0; k < a->evidence_count; k++)
            if (str_eq(a->evidence[k], b->evidence[i])) asked = true;
        if (!asked) return false;
    }
    return true;
}

/* Where `a` applies, `b` adds nothing: who is refused or meets `a`, is refused or meets `b`. */
static bool demands_no_less(const struct rule *a, const struct rule *b)
{
    const struct law_require *x = &a->def->then, *y = &b->def->then;
    if (x->effect == EFFECT_FORBID) return true; /* no permit meets it */
    if (b->def->report.len > 0 || b->def->record.len > 0) return false;
    return x->effect == y->effect && demand_rank(x) >= demand_rank(y) &&
           str_eq(x->authority, y->authority) && asks_all_evidence_of(x, y);
}

static bool shadows(struct linter *l, const struct rule *a, const struct rule *b)
{
    return covers(a, b) && demands_no_less(a, b) && follows(l, b, a);
}

/* Two ways to review one application. */
static bool policies_differ(const struct rule *a, const struct rule *b)
{
    const struct law_require *x = &a->def->then, *y = &b->def->then;
    return a->def->level == b->def->level && x->policy != POLICY_NONE && y->policy != POLICY_NONE &&
           x->policy != y->policy && x->authority.len > 0 && str_eq(x->authority, y->authority);
}

static bool meet(struct linter *l, const struct rule *a, const struct rule *b)
{
    struct logic_claim claims[] = {{&a->when, true}, {&b->when, true}};
    struct str fact;
    const struct rule *later = a->start_ms >= b->start_ms ? a : b;
    return possible(l, later, a->def->acts & b->def->acts, claims, 2, &fact);
}

/* Two demands on the same facts. */
static void lint_pair(struct linter *l, const struct rule *a, const struct rule *b)
{
    if (!is_plain(a) || !is_plain(b) || !are_in_force_together(a, b)) return;
    if ((a->def->acts & b->def->acts) == 0) return;
    const struct rule *other = shadows(l, a, b) ? b : shadows(l, b, a) ? a : NULL;
    if (other != NULL) {
        tell(l, false, PART_RULE, index_of(l, other), "rule",
             "shadowed: '" STR_FMT "' demands at least as much wherever it applies",
             STR_ARG((other == a ? b : a)->def->id));
        return;
    }
    if (a->def->doubt.present || b->def->doubt.present) return;
    bool differ = demand_rank(&a->def->then) != demand_rank(&b->def->then);
    if (differ && follows(l, a, b) && follows(l, b, a))
        tell(l, false, PART_RULE, index_of(l, b), "rule",
             "overlaps with '" STR_FMT "': the same facts, another demand", STR_ARG(a->def->id));
    else if (policies_differ(a, b) && meet(l, a, b))
        tell(l, false, PART_RULE, index_of(l, b), "rule",
             "overlaps with '" STR_FMT "', which has another policy of review; the stricter "
             "counts: part their facts, or let one lower the other",
             STR_ARG(a->def->id));
}

/* An exception that can never meet what it lowers. */
static void lint_exception(struct linter *l, const struct rule *e, const struct rule *r)
{
    uint32_t i = index_of(l, e);
    if ((e->def->acts & r->def->acts) == 0)
        tell(l, true, PART_RULE, i, "lowers", "'" STR_FMT "' has none of its acts",
             STR_ARG(r->def->id));
    else if (!are_in_force_together(e, r))
        tell(l, true, PART_RULE, i, "lowers", "'" STR_FMT "' is never in force when it is",
             STR_ARG(r->def->id));
    else if (!meet(l, e, r))
        tell(l, true, PART_RULE, i, "lowers", "'" STR_FMT "' never applies where it does",
             STR_ARG(r->def->id));
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
    lint_age(l, &r->source, PART_RULE, i);
}

static void lint_rule(struct linter *l, const struct rule *r)
{
    uint32_t i = index_of(l, r);
    const struct law_rule *d = r->def;
    lint_applies(l, r);
    for (uint32_t k = 0; k < r->exception_count; k++) lint_exception(l, r->exceptions[k], r);
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
    arena_init(&l.scratch);
    bool sound = pack_compile(&l.pack, ignore, NULL);
    ASSERT(sound);
    for (uint32_t i = 0; i < p->set_count; i++) {
        lint_set(&l, i);
        lint_age(&l, &p->sets[i].source, PART_SET, i);
    }
    for (uint32_t i = 0; i < p->ownership_count; i++)
        lint_age(&l, &p->ownerships[i].source, PART_OWNERSHIP, i);
    lint_unused(&l);
    for (uint32_t i = 0; i < p->rule_count; i++) {
        lint_rule(&l, &l.pack.rules[i]);
        for (uint32_t k = 0; k < i; k++) lint_pair(&l, &l.pack.rules[k], &l.pack.rules[i]);
    }
    arena_release(&l.scratch);
    arena_release(&l.pack.arena);
}
