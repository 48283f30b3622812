/* words.c - the words of a finding: why the rule applies, with which numbers, what meets it and
 * what is missing. Everything is found out again from the expressions; nothing here decides. */
#include "law/words.h"

#include "base/check.h"
#include "base/civil.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COMPARISONS_MAX = 64, /* of one expression that are told */
    NUMBERS_MAX = 32, /* of one finding */
    WHEN_SHOWN_MAX = 160 /* bytes of an expression that is quoted because nothing else explains */
};

struct str words_keep(struct decision *d, struct buf *b)
{
    struct str s = str_copy(d->arena, buf_str(b));
    buf_release(b);
    return s;
}

static bool is_number(struct cel_value v)
{
    return v.kind == CEL_INT || v.kind == CEL_UINT || v.kind == CEL_DOUBLE;
}

static double number_of(struct cel_value v)
{
    if (v.kind == CEL_DOUBLE) return v.as.d;
    return v.kind == CEL_UINT ? (double)v.as.u : (double)v.as.i;
}

static int64_t milli_of(double x)
{
    const double most = 9e18;
    double m = x * 1000.0;
    if (!(m > -most)) return -(int64_t)most; /* also what is not a number */
    if (m > most) return (int64_t)most;
    return (int64_t)(m < 0 ? m - 0.5 : m + 0.5);
}

void words_put_milli(struct buf *b, int64_t milli)
{
    int64_t part = milli % 1000;
    if (milli < 0) buf_putc(b, '-');
    buf_printf(b, "%" PRId64, milli < 0 ? -(milli / 1000) : milli / 1000);
    if (part < 0) part = -part;
    if (part == 0) return;
    char digits[8];
    snprintf(digits, sizeof digits, "%03d", (int)part);
    size_t len = 3;
    while (digits[len - 1] == '0') len--;
    buf_printf(b, ".%.*s", (int)len, digits);
}

static void put_date(struct buf *b, int64_t ms)
{
    char date[CIVIL_TEXT_MAX];
    buf_puts(b, civil_format(ms, date));
}

static void put_value(struct decision *d, struct buf *b, struct cel_value v)
{
    if (v.kind == CEL_STRING)
        buf_put_str(b, cel_str(v));
    else if (is_number(v))
        words_put_milli(b, milli_of(number_of(v)));
    else if (v.kind == CEL_BOOL)
        buf_puts(b, v.as.b ? "true" : "false");
    else if (v.kind == CEL_TIMESTAMP && v.as.i < CIVIL_NEVER_MS / 1000)
        put_date(b, v.as.i * 1000 + v.len / 1000000);
    else
        buf_put_str(b, cel_value_text(d->arena, v));
}

/* ---- comparisons ----------------------------------------------------------------------------- */

static bool list_has(struct cel_value list, struct cel_value item)
{
    for (uint32_t i = 0; list.kind == CEL_LIST && i < list.len; i++)
        if (cel_equal(list.as.items[i], item)) return true;
    return false;
}

static bool is_known(struct cel_value v)
{
    return v.kind != CEL_UNKNOWN && v.kind != CEL_ERROR && v.kind != CEL_ABSENT;
}

static bool comparison_holds(const struct cel_comparison *c)
{
    if (!is_known(c->left) || !is_known(c->right)) return false;
    if (strcmp(c->op, "==") == 0) return cel_equal(c->left, c->right);
    if (strcmp(c->op, "!=") == 0) return !cel_equal(c->left, c->right);
    if (strcmp(c->op, "in") == 0) return list_has(c->right, c->left);
    int order = 0;
    if (!cel_compare(c->left, c->right, &order)) return false;
    if (strcmp(c->op, "<") == 0) return order < 0;
    if (strcmp(c->op, "<=") == 0) return order <= 0;
    return strcmp(c->op, ">") == 0 ? order > 0 : order >= 0;
}

static bool is_literal(struct str text)
{
    return text.len > 0 && (text.p[0] == '"' || text.p[0] == '\'' || text.p[0] == '-' ||
                            (text.p[0] >= '0' && text.p[0] <= '9'));
}

static const char *turned(const char *op)
{
    if (strcmp(op, "<") == 0) return ">";
    if (strcmp(op, "<=") == 0) return ">=";
    if (strcmp(op, ">") == 0) return "<";
    return strcmp(op, ">=") == 0 ? "<=" : op;
}

/* Comparisons, each once, with facts to the left. */
struct told {
    struct cel_comparison items[COMPARISONS_MAX];
    uint32_t count;
};

static void tell(struct told *t, struct cel_comparison c)
{
    bool by_name = c.op[0] >= 'a' && c.op[0] <= 'z'; /* "in", "matches": its sides cannot change */
    if (is_literal(c.left_text) && !by_name) {
        c = (struct cel_comparison){c.right_text, c.left_text, turned(c.op), c.right, c.left};
    }
    for (uint32_t i = 0; i < t->count; i++) {
        const struct cel_comparison *o = &t->items[i];
        if (str_eq(o->left_text, c.left_text) && strcmp(o->op, c.op) == 0 &&
            str_eq(o->right_text, c.right_text))
            return;
    }
    if (t->count < COMPARISONS_MAX) t->items[t->count++] = c;
}

/* All comparisons that hold, of the rule's expression and the lets it uses. */
static void tell_all(struct decision *d, const struct rule *r, struct told *t)
{
    for (uint32_t i = 0; r->when.expr != NULL && i <= r->when.dep_count; i++) {
        const struct code *code = &r->when;
        if (i > 0) {
            uint32_t slot = r->when.deps[i - 1];
            if (slot < r->pack->let_slot) continue;
            code = &r->pack->lets[slot - r->pack->let_slot].code;
        }
        struct cel_comparison found[COMPARISONS_MAX];
        struct cel_env env = eval_env(&d->ev, r->pack, code);
        uint32_t n = cel_comparisons(code->expr, &env, d->arena, found, COMPARISONS_MAX);
        for (uint32_t k = 0; k < n && k < COMPARISONS_MAX; k++)
            if (comparison_holds(&found[k])) tell(t, found[k]);
    }
}

/* What is said of a comparison that counts because it does not hold; NULL: nothing, for that two
 * words differ explains little. */
static const char *opposite(const struct cel_comparison *c)
{
    if (strcmp(c->op, "in") == 0) return "not in";
    if (!is_number(c->left) || !is_number(c->right)) return NULL;
    if (strcmp(c->op, "<") == 0) return ">=";
    if (strcmp(c->op, "<=") == 0) return ">";
    if (strcmp(c->op, ">") == 0) return "<=";
    return strcmp(c->op, ">=") == 0 ? "<" : NULL;
}

/* The comparisons that make the code true, through the lets it names. No let leads back to itself.
 */
static void tell_reasons(struct decision *d, const struct pack *p, const struct code *code,
                         struct told *t)
{
    struct cel_reason found[COMPARISONS_MAX];
    if (code->expr == NULL) return;
    struct cel_env env = eval_env(&d->ev, p, code);
    uint32_t n = cel_reasons(code->expr, &env, d->arena, found, COMPARISONS_MAX);
    for (uint32_t i = 0; i < n && i < COMPARISONS_MAX; i++) {
        struct cel_comparison *c = &found[i].comparison;
        if (found[i].slot >= 0) {
            if ((uint32_t)found[i].slot >= p->let_slot)
                tell_reasons(d, p, &p->lets[(uint32_t)found[i].slot - p->let_slot].code, t);
            continue;
        }
        if (!found[i].holds) c->op = opposite(c);
        if (c->op != NULL && is_known(c->left) && is_known(c->right)) tell(t, *c);
    }
}

/* ---- because --------------------------------------------------------------------------------- */

static void separate(struct buf *b)
{
    if (b->len > 0) buf_puts(b, "; ");
}

static void put_owner_path(struct decision *d, struct buf *b, uint32_t node)
{
    struct buf path = {0};
    law_parties_put_path(&d->ev.facts.parties, node, &path);
    if (path.len > 0) {
        buf_puts(b, " (");
        buf_put_str(b, buf_str(&path));
        buf_puts(b, ")");
    }
    buf_release(&path);
}

bool words_ends_with(struct str s, const char *tail)
{
    size_t n = strlen(tail);
    return s.len >= n && memcmp(s.p + s.len - n, tail, n) == 0;
}

static void put_comparison(struct decision *d, struct buf *b, const struct cel_comparison *c)
{
    separate(b);
    if (!is_literal(c->left_text)) { /* a literal is its value */
        buf_put_str(b, c->left_text);
        buf_puts(b, " ");
    }
    if (is_number(c->left) || c->left.kind == CEL_TIMESTAMP) {
        put_value(d, b, c->left);
        buf_printf(b, " %s ", c->op);
        put_value(d, b, c->right);
        return;
    }
    if (strcmp(c->op, "==") == 0) {
        buf_puts(b, "is ");
        put_value(d, b, c->left);
    } else if (strcmp(c->op, "!=") == 0) {
        put_value(d, b, c->left);
        buf_puts(b, " is not ");
        put_value(d, b, c->right);
    } else {
        put_value(d, b, c->left);
        buf_printf(b, " %s ", c->op);
        buf_put_str(b, c->right_text);
    }
    uint32_t node = law_facts_node(d->c, c->left_text);
    if (node != NO_INDEX && words_ends_with(c->left_text, ".ultimate_parent_hq"))
        put_owner_path(d, b, node);
}

/* Evaluate the rule's condition with one slot set to another value. */
static bool holds_with(struct decision *d, const struct rule *r, enum law_slot slot,
                       struct cel_value value)
{
    struct pack_env *env = &d->ev.envs[r->pack->index];
    struct cel_value before = d->ev.facts.slots[slot];
    struct cel_value result = {0};
    for (int pass = 0; pass < 2; pass++) {
        /* What was computed from the slot is computed anew, now and when it is put back. */
        for (uint32_t i = 0; i < r->pack->def.let_count; i++)
            if ((r->pack->lets[i].code.facts >> slot & 1u) != 0)
                env->ready[r->pack->let_slot + i] = 0;
        d->ev.facts.slots[slot] = pass == 0 ? value : before;
        if (pass == 0)
            result = eval_code(&d->ev, r->pack, &r->when);
        else
            eval_env(&d->ev, r->pack, &r->when);
    }
    return result.kind == CEL_BOOL && result.as.b;
}

/* "tenant acme (hq SG, ultimate parent CN, held 60 % by holding)" */
static void put_link(struct decision *d, struct buf *b, uint32_t node)
{
    const struct law_party *p = d->ev.facts.parties.nodes[node].party;
    ASSERT(p != NULL);
    buf_printf(b, "%s ", node < ROLE_COUNT ? law_role_names[node] : "intermediary");
    buf_put_str(b, p->id.len > 0 ? p->id : STR("(unnamed)"));
    struct str parent = law_parties_ultimate_hq(&d->ev.facts.parties, node);
    struct buf facts = {0};
    if (p->hq.len > 0) buf_printf(&facts, "headquarters " STR_FMT, STR_ARG(p->hq));
    if (parent.len > 0) {
        if (facts.len > 0) buf_puts(&facts, ", ");
        buf_printf(&facts, "ultimate parent " STR_FMT, STR_ARG(parent));
    }
    struct buf path = {0};
    law_parties_put_path(&d->ev.facts.parties, node, &path);
    if (path.len > 0) buf_printf(&facts, ", " STR_FMT, STR_ARG(buf_str(&path)));
    buf_release(&path);
    for (uint32_t i = 0; i < p->list_count; i++)
        buf_printf(&facts, "%son " STR_FMT, facts.len > 0 ? ", " : "", STR_ARG(p->lists[i]));
    if (facts.len > 0) buf_printf(b, " (" STR_FMT ")", STR_ARG(buf_str(&facts)));
    buf_release(&facts);
}

/* Which link of the chain alone would make the rule apply. */
static void put_deciding_link(struct decision *d, struct buf *b, const struct rule *r)
{
    if ((r->when.facts >> SLOT_LINKS & 1u) == 0) return;
    struct cel_value links = d->ev.facts.slots[SLOT_LINKS];
    for (uint32_t i = 0; i < links.len; i++) {
        if (!holds_with(d, r, SLOT_LINKS, cel_list(&links.as.items[i], 1))) continue;
        uint32_t node = law_facts_node(d->c, links.as.items[i].as.object->path);
        if (node == NO_INDEX) continue;
        separate(b);
        buf_puts(b, "decided by ");
        put_link(d, b, node);
        return;
    }
}

static void put_deciding_data(struct decision *d, struct buf *b, const struct rule *r)
{
    if ((r->when.facts >> SLOT_DATA & 1u) == 0) return;
    struct cel_value list = d->ev.facts.slots[SLOT_DATA];
    for (uint32_t i = 0; list.kind == CEL_LIST && i < list.len; i++) {
        if (!holds_with(d, r, SLOT_DATA, cel_list(&list.as.items[i], 1))) continue;
        const struct data_set *x = &d->c->data[i];
        separate(b);
        buf_printf(b, "data set %u: " STR_FMT, i + 1, STR_ARG(x->class));
        if (x->subject_country.len > 0)
            buf_printf(b, ", subjects in " STR_FMT, STR_ARG(x->subject_country));
        if (x->accessed_from.len > 0)
            buf_printf(b, ", read from " STR_FMT, STR_ARG(x->accessed_from));
        if (x->persons_known) buf_printf(b, ", %" PRId64 " persons", x->persons);
        return;
    }
}

static void put_holdings(struct decision *d, struct buf *b, const struct rule *r)
{
    struct law_parties *ps = &d->ev.facts.parties;
    for (uint32_t i = 0; i < r->when.dep_count; i++) {
        uint32_t slot = r->when.deps[i];
        if (slot < r->pack->ownership_slot || slot >= r->pack->let_slot) continue;
        const struct law_ownership *o = &r->pack->def.ownerships[slot - r->pack->ownership_slot];
        uint32_t links = ROLE_COUNT + d->c->intermediary_count;
        for (uint32_t n = 0; n < links; n++) {
            if (ps->nodes[n].party == NULL || law_parties_held(ps, o, n) != LAW_YES) continue;
            separate(b);
            put_link(d, b, n);
            buf_puts(b, ": ");
            law_parties_put_holders(ps, o, n, b);
            break;
        }
    }
}

/* What the rule's cap compares with its bound. */
static int64_t cap_total(struct decision *d, const struct rule *r)
{
    int64_t own = 0, used = 0;
    eval_cap(&d->ev, r, NULL, &own, &used);
    return own > LAW_MILLI_MAX - used ? LAW_MILLI_MAX : own + used;
}

static void put_limits(struct decision *d, struct buf *b, const struct rule *r)
{
    if (r->def->cap.present) {
        separate(b);
        buf_put_str(b, r->def->cap.sum);
        buf_puts(b, ": ");
        words_put_milli(b, cap_total(d, r));
        buf_puts(b, " > ");
        words_put_milli(b, r->def->cap.at_most_milli);
        buf_printf(b, " " STR_FMT, STR_ARG(r->def->cap.unit));
    }
    double lo = 0, hi = 0;
    if (r->def->ratio.present && eval_share(&d->ev, r, NULL, &lo, &hi)) {
        separate(b);
        buf_puts(b, "share of chips with ");
        buf_put_str(b, r->def->ratio.share_of);
        buf_puts(b, ": ");
        law_put_percent(b, (int64_t)lo);
        buf_puts(b, ", the rule asks ");
        for (const char *p = law_bound_names[r->def->ratio.bound]; *p != '\0'; p++)
            buf_putc(b, *p == '_' ? ' ' : *p);
        buf_puts(b, " ");
        law_put_percent(b, r->def->ratio.bound_ppm);
    }
}

/* That a text is not empty only guards the rest of a rule. */
static bool says_something(const struct cel_comparison *c)
{
    if (strcmp(c->op, "!=") != 0) return true;
    return c->left.kind == CEL_STRING && c->right.kind == CEL_STRING && c->right.len > 0;
}

static struct str because(struct decision *d, const struct rule *r, const struct told *t)
{
    struct buf b = {0};
    for (uint32_t i = 0; i < t->count; i++)
        if (says_something(&t->items[i])) put_comparison(d, &b, &t->items[i]);
    put_deciding_link(d, &b, r);
    put_deciding_data(d, &b, r);
    put_holdings(d, &b, r);
    put_limits(d, &b, r);
    for (uint32_t i = 0; b.len == 0 && i < t->count; i++) put_comparison(d, &b, &t->items[i]);
    if (b.len == 0 && r->def->when.len == 0) buf_puts(&b, "it applies to every such act");
    if (b.len == 0) {
        buf_puts(&b, "its condition holds: ");
        struct str w = r->def->when;
        bool cut = w.len > WHEN_SHOWN_MAX;
        for (size_t i = 0; i < (cut ? WHEN_SHOWN_MAX : w.len); i++)
            buf_putc(&b, w.p[i] == '\n' ? ' ' : w.p[i]);
        if (cut) buf_puts(&b, "...");
    }
    return words_keep(d, &b);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void add_number(struct decision *d, struct law_finding *f, struct str fact, const char *op,
                       int64_t value, int64_t bound)
{
    if (f->numbers == NULL) f->numbers = ARENA_ARRAY(d->arena, NUMBERS_MAX, struct law_number);
    if (f->number_count == NUMBERS_MAX) return;
    f->numbers[f->number_count++] =
        (struct law_number){str_copy(d->arena, fact), str_of(op), value, bound, value - bound};
}

static void list_numbers(struct decision *d, const struct told *t, struct law_finding *f)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const struct cel_comparison *c = &t->items[i];
        if (is_number(c->left) && is_number(c->right) && strcmp(c->op, "!=") != 0)
            add_number(d, f, c->left_text, c->op, milli_of(number_of(c->left)),
                       milli_of(number_of(c->right)));
    }
}

static void list_limits(struct decision *d, const struct rule *r, struct law_finding *f)
{
    if (r->def->cap.present)
        add_number(d, f, r->def->cap.sum, ">", cap_total(d, r), r->def->cap.at_most_milli);
    static const char *const broken[BOUND_COUNT] = {"<", "<=", ">", ">="};
    double lo = 0, hi = 0;
    if (r->def->ratio.present && eval_share(&d->ev, r, NULL, &lo, &hi))
        add_number(d, f, STR("fleet.share"), broken[r->def->ratio.bound], milli_of(lo / LAW_PPM),
                   milli_of((double)r->def->ratio.bound_ppm / LAW_PPM));
}

void words_all_numbers(struct decision *d, const struct stand *s, struct law_finding *f)
{
    struct told t = {.count = 0};
    *f = (struct law_finding){.number_count = 0};
    law_facts_set_act(&d->ev.facts, s->act);
    tell_all(d, s->rule, &t);
    list_numbers(d, &t, f);
}

/* ---- findings -------------------------------------------------------------------------------- */

static struct str binding_note(struct decision *d, const struct stand *s)
{
    if (s->binds) return (struct str){0};
    const struct law_rule *r = s->rule->def;
    char date[CIVIL_TEXT_MAX];
    if (r->compliance_ms != 0 && d->c->on_ms < r->compliance_ms)
        return str_of(arena_printf(d->arena, "to be complied with from %s",
                                   civil_format(r->compliance_ms, date)));
    if (r->unenforced &&
        law_in_span(r->unenforced_when.from_ms, r->unenforced_when.to_ms, d->c->on_ms))
        return str_of(arena_printf(d->arena, "in the text but not enforced: " STR_FMT,
                                   STR_ARG(r->unenforced_when.reason)));
    return str_of(arena_printf(d->arena, "a warning: level `%s` does not bind here",
                               law_level_names[r->level]));
}

static void add_missing(struct decision *d, struct law_finding *f, const struct str *names,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (has_evidence(d->c, names[i])) continue;
        bool told = false;
        for (uint32_t k = 0; k < f->missing_count; k++)
            if (str_eq(f->missing_evidence[k], names[i])) told = true;
        if (told || f->missing_count == LAW_NAMES_MAX) continue;
        if (f->missing_evidence == NULL)
            f->missing_evidence = ARENA_ARRAY(d->arena, LAW_NAMES_MAX, struct str);
        f->missing_evidence[f->missing_count++] = str_copy(d->arena, names[i]);
    }
}

/* The evidence that would meet the demand, and that which would let an exception lower it. */
static void list_missing(struct decision *d, const struct rule *r, const struct rule *by,
                         struct law_finding *f)
{
    if (!f->met && by->def->then.effect != EFFECT_LICENCE)
        add_missing(d, f, by->def->then.evidence, by->def->then.evidence_count);
    for (uint32_t i = 0; i < r->exception_count; i++) {
        const struct stand *e = &d->stands[r->exceptions[i]->index];
        if (e->rule != NULL && e->binds && e->truth == LAW_YES && e->needs != LAW_YES)
            add_missing(d, f, e->rule->def->needs, e->rule->def->need_count);
    }
}

static void find_permit(const struct decision *d, const struct rule *r, struct law_finding *f)
{
    struct meeting m = demand_meet(d->c, r);
    for (uint32_t i = 0; !m.met && i < r->exception_count; i++) {
        const struct rule *e = r->exceptions[i];
        if (!stand_applies(&d->stands[e->index], WORLD_BAD)) continue;
        struct meeting x = demand_meet(d->c, e);
        if (x.met || (m.permit == NULL && x.permit != NULL)) m = x;
    }
    if (m.permit == NULL) return;
    f->permit = str_copy(d->arena, m.permit->id.len > 0 ? m.permit->id : m.permit->rule);
    f->short_by = m.short_by;
}

void words_finding(struct decision *d, const struct stand *s, struct law_finding *f)
{
    const struct rule *r = s->rule;
    struct demand q = {demand_rank(&r->def->then), r, demand_meet(d->c, r).met};
    if (r->def->lower_count == 0) q = decision_demand(d, r, WORLD_BAD);
    *f = (struct law_finding){
        .rule = str_copy(d->arena, r->def->id),
        .title = str_copy(d->arena, r->def->title),
        .level = str_of(law_level_names[r->def->level]),
        .cite = str_copy(d->arena, r->def->source.cite),
        .source = str_copy(d->arena, r->def->source.source),
        .binding = s->binds,
        .effect = rank_effect(q.rank),
        .policy = rank_policy(q.rank),
        .authority = str_copy(d->arena, q.by->def->then.authority),
        .days = q.by->def->then.days,
        .met = q.met || rank_effect(q.rank) == EFFECT_PERMIT,
        .note = binding_note(d, s),
        .report = str_copy(d->arena, r->def->report),
        .record = str_copy(d->arena, r->def->record),
    };
    if (q.by != r) f->lowered_by = str_copy(d->arena, q.by->def->id);
    law_facts_set_act(&d->ev.facts, s->act);
    struct told t = {.count = 0};
    tell_reasons(d, r->pack, &r->when, &t);
    f->because = because(d, r, &t);
    list_numbers(d, &t, f);
    list_limits(d, r, f);
    find_permit(d, r, f);
    list_missing(d, r, q.by, f);
}
