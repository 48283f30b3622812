/* flips.c - what is not known, and what would change the verdict, in words. */
#include "law/flips.h"

#include "base/check.h"
#include "base/civil.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is not known ----------------------------------------------------------------------- */

/* The last names of both paths are the same. */
static bool ends_in(struct str fact, struct str question)
{
    size_t tail = 0;
    while (tail < question.len && question.p[question.len - 1 - tail] != '.') tail++;
    return fact.len > tail && fact.p[fact.len - 1 - tail] == '.' &&
           memcmp(fact.p + fact.len - tail, question.p + question.len - tail, tail) == 0;
}

static struct str question_of(const struct rule *r, struct str fact, uint32_t node)
{
    for (uint32_t i = 0; i < r->def->question_count; i++) {
        struct str q = r->def->questions[i].fact;
        /* "links.hq" asks for that field of whichever link it is. */
        bool any_link = str_starts(q, "links.") && node != NO_INDEX && ends_in(fact, q);
        if (any_link || str_eq(q, fact)) return r->def->questions[i].ask;
    }
    return (struct str){0};
}

static const struct law_ownership *ownership_of(const struct rule *r)
{
    for (uint32_t i = 0; i < r->when.dep_count; i++) {
        uint32_t slot = r->when.deps[i];
        if (slot >= r->pack->ownership_slot && slot < r->pack->let_slot)
            return &r->pack->def.ownerships[slot - r->pack->ownership_slot];
    }
    return NULL;
}

static struct str why_unknown(struct decision *d, const struct rule *r, const struct gap *g)
{
    struct buf b = {0};
    uint32_t node = law_facts_node(d->c, g->fact);
    const struct law_ownership *o = ownership_of(r);
    if (g->kind == GAP_FAULT) buf_puts(&b, "the rule's expression failed: ");
    if (g->text.len > 0)
        buf_put_str(&b, g->text);
    else if (node == NO_INDEX)
        buf_puts(&b, "not stated");
    else if (words_ends_with(g->fact, ".ultimate_parent_hq"))
        law_parties_put_gap(&d->ev.facts.parties, node, &b);
    else if (words_ends_with(g->fact, ".owners") && o != NULL)
        law_parties_put_held_gap(&d->ev.facts.parties, o, node, &b);
    else if (words_ends_with(g->fact, ".lists"))
        buf_puts(&b, "the party was not screened against lists");
    else
        buf_puts(&b, "not stated");
    struct str ask = question_of(r, g->fact, node);
    if (ask.len > 0) buf_printf(&b, "; ask: " STR_FMT, STR_ARG(ask));
    return words_keep(d, &b);
}

struct open_list {
    struct law_unknown *items;
    uint32_t count, cap;
};

static void add_open(struct decision *d, struct open_list *l, const struct rule *r,
                     const struct gap *g)
{
    uint32_t i = 0;
    while (i < l->count && !str_eq(l->items[i].fact, g->fact)) i++;
    if (i == l->count) {
        if (l->count == l->cap) {
            uint32_t cap = l->cap > 0 ? 2 * l->cap : 8;
            struct law_unknown *items = ARENA_ARRAY(d->arena, cap, struct law_unknown);
            if (l->count > 0) memcpy(items, l->items, l->count * sizeof *items);
            l->items = items;
            l->cap = cap;
        }
        l->items[l->count++] =
            (struct law_unknown){.fact = str_copy(d->arena, g->fact), .why = why_unknown(d, r, g)};
    }
    struct law_unknown *u = &l->items[i];
    for (uint32_t k = 0; k < u->rule_count; k++)
        if (str_eq(u->rules[k], r->def->id)) return;
    if (u->rules == NULL) u->rules = ARENA_ARRAY(d->arena, d->law->rule_count, struct str);
    u->rules[u->rule_count++] = str_copy(d->arena, r->def->id);
}

static void collect_open(struct decision *d, struct open_list *l, const struct rule *r)
{
    const struct stand *s = &d->stands[r->index];
    for (uint32_t i = 0; s->truth == LAW_MAYBE && i < s->gaps.count; i++)
        add_open(d, l, r, &s->gaps.items[i]);
    if (s->truth != LAW_NO && s->needs == LAW_MAYBE) {
        struct buf b = {0};
        buf_puts(&b, "not stated whether these are on record:");
        for (uint32_t i = 0; i < r->def->need_count; i++)
            buf_printf(&b, "%s " STR_FMT, i > 0 ? "," : "", STR_ARG(r->def->needs[i]));
        struct gap g = {GAP_FACT, STR("evidence"), words_keep(d, &b)};
        add_open(d, l, r, &g);
    }
    for (uint32_t i = 0; i < r->exception_count; i++) {
        const struct stand *e = &d->stands[r->exceptions[i]->index];
        if (e->rule != NULL && stand_applies(e, WORLD_GOOD)) collect_open(d, l, e->rule);
    }
}

static int compare_open(const void *a, const void *b)
{
    const struct law_unknown *x = a, *y = b;
    return str_cmp(x->fact, y->fact);
}

static int compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void words_unresolved(struct decision *d, struct law_verdict *out)
{
    struct open_list l = {0};
    for (uint32_t i = 0; i < d->law->rule_count; i++)
        if (decision_turns_on(d, &d->stands[i])) collect_open(d, &l, d->stands[i].rule);
    if (l.count > 0) qsort(l.items, l.count, sizeof *l.items, compare_open);
    for (uint32_t i = 0; i < l.count; i++)
        qsort(l.items[i].rules, l.items[i].rule_count, sizeof(struct str), compare_str);
    out->unresolved = l.items;
    out->unresolved_count = l.count;
}

enum { STOCK_MAX = 1 << 30 }; /* chips: more than anybody holds */

/* ---- what would change it -------------------------------------------------------------------- */

void flips_add(struct flips *l, struct buf *b)
{
    struct str s = words_keep(l->d, b);
    for (uint32_t i = 0; i < l->count; i++)
        if (str_eq(l->items[i], s)) return;
    if (l->count < l->max) l->items[l->count++] = s;
}

enum law_truth flips_truth(const struct decision *d, const struct rule *r, const struct law_case *x)
{
    struct arena scratch;
    struct evaluator ev;
    arena_init(&scratch);
    evaluator_init(&ev, d->law, x, &scratch);
    enum law_truth t = eval_rule(&ev, r, NULL, NULL);
    arena_release(&scratch);
    return t;
}

static void put_demand(struct buf *b, uint32_t rank)
{
    buf_puts(b, law_effect_names[rank_effect(rank)]);
    if (rank_policy(rank) != POLICY_NONE) buf_printf(b, " %s", law_policy_names[rank_policy(rank)]);
}

static void flip_by_permit(struct flips *l, const struct law_finding *f, const struct rule *by)
{
    const struct law_case *c = l->d->c;
    struct buf b = {0};
    if (by->def->permit == PERMIT_NONE) return;
    if (f->permit.len > 0 && f->short_by > 0) {
        buf_printf(&b, "permit " STR_FMT " covers %" PRId64 " more", STR_ARG(f->permit),
                   f->short_by);
        flips_add(l, &b);
        return;
    }
    buf_puts(&b, f->effect == EFFECT_LICENCE ? "obtain a licence" : "obtain a permit");
    if (f->authority.len > 0) buf_printf(&b, " of " STR_FMT, STR_ARG(f->authority));
    buf_printf(&b, " under " STR_FMT, STR_ARG(by->def->id));
    if (by->def->permit == PERMIT_CHIPS && c->amount_known)
        buf_printf(&b, " for %" PRId64 " chips", c->amount);
    if (f->policy != POLICY_NONE) buf_printf(&b, " (%s)", law_policy_names[f->policy]);
    flips_add(l, &b);
}

static void flip_by_evidence(struct flips *l, const struct law_finding *f, const struct rule *by)
{
    struct buf b = {0};
    if (f->effect == EFFECT_NOTICE) {
        buf_puts(&b, "notify");
        if (f->authority.len > 0) buf_printf(&b, " " STR_FMT, STR_ARG(f->authority));
        if (f->days > 0) buf_printf(&b, " %u days before", f->days);
    } else {
        buf_puts(&b, "meet the condition of ");
        buf_put_str(&b, by->def->id);
    }
    for (uint32_t i = 0, n = 0; i < by->def->then.evidence_count; i++) {
        if (has_evidence(l->d->c, by->def->then.evidence[i])) continue;
        buf_puts(&b, n++ > 0 ? ", " : " and put on record: ");
        buf_put_str(&b, by->def->then.evidence[i]);
    }
    flips_add(l, &b);
}

static void flip_by_exceptions(struct flips *l, const struct rule *r)
{
    for (uint32_t i = 0; i < r->exception_count; i++) {
        const struct stand *e = &l->d->stands[r->exceptions[i]->index];
        if (e->rule == NULL || !e->binds || e->truth != LAW_YES || e->needs == LAW_YES) continue;
        struct buf b = {0};
        buf_puts(&b, "with");
        for (uint32_t k = 0, n = 0; k < e->rule->def->need_count; k++)
            if (!has_evidence(l->d->c, e->rule->def->needs[k]))
                buf_printf(&b, "%s " STR_FMT, n++ > 0 ? "," : "", STR_ARG(e->rule->def->needs[k]));
        buf_printf(&b, " on record " STR_FMT " lowers " STR_FMT " to ", STR_ARG(e->rule->def->id),
                   STR_ARG(r->def->id));
        put_demand(&b, demand_rank(&e->rule->def->then));
        flips_add(l, &b);
    }
}

/* Would the rule let a chip go that is just beyond the bound? */
static void flip_by_chip(struct flips *l, const struct rule *r, const struct law_number *n)
{
    struct law_facts *facts = &l->d->ev.facts;
    int q = law_chip_quantity(n->fact);
    if (q < 0 || !l->d->c->chip_present) return;
    bool above = str_starts(n->op, ">");
    if (!above && !str_starts(n->op, "<")) return;
    double beyond = (double)n->bound_milli / 1000.0 + (above ? -0.001 : 0.001);
    struct cel_value before = facts->chip[q];
    uint32_t bars = facts->bars;
    facts->chip[q] = cel_double(beyond);
    facts->bars &= ~(1u << q);
    /* Lets that were computed with the old number must not be used. */
    struct evaluator fresh = l->d->ev;
    fresh.envs = ARENA_ARRAY(l->d->arena, l->d->law->pack_count + 1, struct pack_env);
    fresh.facts = *facts;
    enum law_truth t = eval_rule(&fresh, r, NULL, NULL);
    facts->chip[q] = before;
    facts->bars = bars;
    if (t != LAW_NO) return;
    struct buf b = {0};
    buf_printf(&b, "a chip with " STR_FMT " %s ", STR_ARG(n->fact),
               str_eqz(n->op, ">")    ? "<="
               : str_eqz(n->op, ">=") ? "<"
               : str_eqz(n->op, "<")  ? ">="
                                      : ">");
    words_put_milli(&b, n->bound_milli);
    buf_puts(&b, " (this one: ");
    words_put_milli(&b, n->value_milli);
    buf_printf(&b, "): " STR_FMT " would not apply", STR_ARG(r->def->id));
    flips_add(l, &b);
}

/* ---- caps and ratios ---- */

/* Fewer chips, as many as the cap leaves. */
static void flip_by_amount(struct flips *l, const struct rule *r)
{
    const struct law_case *c = l->d->c;
    int64_t lo = 0, hi = c->amount; /* lo: it does not apply (0: nothing tried); hi: it does */
    if (!r->def->cap.present || !c->amount_known) return;
    while (hi - lo > 1) {
        int64_t mid = lo + (hi - lo) / 2;
        struct law_case x = *c;
        x.amount = mid;
        *(flips_truth(l->d, r, &x) == LAW_NO ? &lo : &hi) = mid;
    }
    if (lo <= 0) return;
    struct buf b = {0};
    buf_printf(&b, "at most %" PRId64 " chips: " STR_FMT " would not apply", lo,
               STR_ARG(r->def->id));
    flips_add(l, &b);
}

/* The act alone is within the cap: what would have to leave its window? */
static void flip_by_window(struct flips *l, const struct rule *r)
{
    int64_t own = 0, used = 0, at_most = r->def->cap.at_most_milli;
    if (!r->def->cap.present || r->def->cap.window == WINDOW_ACT) return;
    if (!eval_cap(&l->d->ev, r, NULL, &own, &used) || own > at_most || used == 0) return;
    struct buf b = {0};
    if (r->def->cap.window == WINDOW_YEAR) {
        char date[CIVIL_TEXT_MAX];
        buf_printf(&b, "from %s, when the counter of " STR_FMT " begins anew: it would not apply",
                   civil_format(law_cap_until(r->def, l->d->c->on_ms), date), STR_ARG(r->def->id));
    } else if (r->def->cap.window != WINDOW_EVER) {
        buf_printf(&b, "once the counter of " STR_FMT ", now at ", STR_ARG(r->def->id));
        words_put_milli(&b, used);
        buf_puts(&b, ", is down to ");
        words_put_milli(&b, at_most - own);
        buf_printf(&b, " " STR_FMT ": it would not apply", STR_ARG(r->def->cap.unit));
    }
    if (b.len > 0)
        flips_add(l, &b);
    else
        buf_release(&b);
}

static bool kept_with(const struct law_ratio *ratio, const struct law_stock *s, double in,
                      double out)
{
    double all = s->in_lo + in + s->out_lo + out;
    return share_is_kept(ratio, (s->in_lo + in) * LAW_PPM / all);
}

/* How many chips more, of the kind that the share lacks, would keep it. */
static void flip_by_stock(struct flips *l, const struct rule *r)
{
    const struct law_ratio *ratio = &r->def->ratio;
    struct law_stock s;
    if (!ratio->present || ratio->unit != UNIT_CHIPS || !eval_stock(&l->d->ev, r, NULL, &s)) return;
    bool lacks_in = ratio->bound == BOUND_AT_LEAST || ratio->bound == BOUND_MORE_THAN;
    int64_t lo = 0, hi = 1; /* with lo more it is not kept */
    while (hi < STOCK_MAX &&
           !kept_with(ratio, &s, lacks_in ? (double)hi : 0, lacks_in ? 0 : (double)hi))
        hi *= 2;
    if (hi >= STOCK_MAX) return; /* no amount would do: more than 100 %, less than 0 % */
    while (hi - lo > 1) {
        int64_t mid = lo + (hi - lo) / 2;
        double more = (double)mid;
        *(kept_with(ratio, &s, lacks_in ? more : 0, lacks_in ? 0 : more) ? &hi : &lo) = mid;
    }
    struct buf b = {0};
    buf_printf(
        &b, "%" PRId64 " more chips at the " STR_FMT " %s " STR_FMT ": " STR_FMT " would not apply",
        hi, STR_ARG(ratio->per), lacks_in ? "with" : "without", STR_ARG(ratio->share_of),
        STR_ARG(r->def->id));
    flips_add(l, &b);
}

static const struct rule *rule_named(const struct decision *d, struct str id)
{
    for (uint32_t i = 0; i < d->law->rule_count; i++)
        if (str_eq(d->law->rules[i]->def->id, id)) return d->law->rules[i];
    return NULL;
}

static void flip_finding(struct flips *l, const struct law_verdict *v, const struct law_finding *f)
{
    const struct rule *r = rule_named(l->d, f->rule);
    ASSERT(r != NULL);
    if (r->def->lower_count > 0) return;
    if (!f->binding) {
        uint32_t rank = (uint32_t)f->effect * POLICY_COUNT + (uint32_t)f->policy;
        if (rank <= (uint32_t)v->effect * POLICY_COUNT + (uint32_t)v->policy) return;
        struct buf b = {0};
        buf_printf(&b, "if " STR_FMT " (" STR_FMT ") bound: ", STR_ARG(f->rule), STR_ARG(f->level));
        put_demand(&b, rank);
        flips_add(l, &b);
        return;
    }
    if (f->met) return;
    const struct rule *by = f->lowered_by.len > 0 ? rule_named(l->d, f->lowered_by) : r;
    bool evidence = f->effect == EFFECT_NOTICE || f->effect == EFFECT_CONDITION;
    if (evidence && by->def->then.evidence_count > 0)
        flip_by_evidence(l, f, by);
    else if (f->effect != EFFECT_FORBID)
        flip_by_permit(l, f, by);
    flip_by_exceptions(l, r);
    struct law_finding all; /* another bound may be the one that would end it */
    words_all_numbers(l->d, &l->d->stands[r->index], &all);
    for (uint32_t i = 0; i < all.number_count; i++) flip_by_chip(l, r, &all.numbers[i]);
    flip_by_amount(l, r);
    flip_by_window(l, r);
    flip_by_stock(l, r);
    flip_by_facts(l, r);
}

void words_flip(struct decision *d, struct law_verdict *out)
{
    struct flips l = {.d = d, .max = out->unresolved_count + 12 * out->finding_count + 64};
    l.items = ARENA_ARRAY(d->arena, l.max, struct str);
    for (uint32_t i = 0; i < out->unresolved_count; i++) {
        struct buf b = {0};
        buf_printf(&b, "state " STR_FMT, STR_ARG(out->unresolved[i].fact));
        flips_add(&l, &b);
    }
    for (uint32_t i = 0; i < out->finding_count; i++) flip_finding(&l, out, &out->findings[i]);
    if (out->next_change_ms != CIVIL_NEVER_MS) {
        char date[CIVIL_TEXT_MAX];
        struct buf b = {0};
        buf_printf(&b, "on %s the verdict on this case changes by date alone",
                   civil_format(out->next_change_ms, date));
        flips_add(&l, &b);
    }
    out->flip = l.items;
    out->flip_count = l.count;
}
