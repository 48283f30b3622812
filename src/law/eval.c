#include "law/eval.h"

#include "base/check.h"
#include "base/civil.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    POINTS_MAX = 24, /* of one quantity: its ends, its best value, three about each bound */
    GRID_MAX = 512 /* combinations tried; a rule that compares more is not decided */
};

void gaps_add(struct gaps *g, struct arena *a, enum gap_kind kind, struct str fact, struct str text)
{
    if (g == NULL) return;
    for (uint32_t i = 0; i < g->count; i++)
        if (str_eq(g->items[i].fact, fact)) return;
    if (g->count == g->cap) {
        uint32_t cap = g->cap > 0 ? 2 * g->cap : 8;
        struct gap *items = ARENA_ARRAY(a, cap, struct gap);
        if (g->count > 0) memcpy(items, g->items, g->count * sizeof *items);
        g->items = items;
        g->cap = cap;
    }
    g->items[g->count++] = (struct gap){kind, fact, text};
}

void evaluator_init(struct evaluator *ev, const struct law *law, const struct law_case *c,
                    struct arena *arena)
{
    *ev = (struct evaluator){.law = law, .c = c, .arena = arena};
    law_facts_init(&ev->facts, c, arena);
    ev->envs = ARENA_ARRAY(arena, law->pack_count + 1, struct pack_env);
}

/* ---- the environment ------------------------------------------------------------------------- */

static void prepare(struct evaluator *ev, const struct pack *p, const struct code *c)
{
    struct pack_env *env = &ev->envs[p->index];
    if (env->vars == NULL) {
        env->vars = ARENA_ARRAY(ev->arena, p->slot_count, struct cel_value);
        env->ready = ARENA_ARRAY(ev->arena, p->slot_count, uint8_t);
    }
    law_facts_build(&ev->facts, c->facts);
    uint32_t facts = c->facts;
    while (facts != 0) {
        int i = __builtin_ctz(facts);
        facts &= facts - 1;
        env->vars[i] = ev->facts.slots[i];
    }
    for (uint32_t d = 0; d < c->dep_count; d++) {
        uint32_t slot = c->deps[d];
        if (env->ready[slot]) continue;
        if (slot < p->ownership_slot) {
            env->vars[slot] = set_members(&p->sets[slot - p->set_slot], ev->c->on_ms);
        } else if (slot < p->let_slot) {
            env->vars[slot] =
                law_facts_ownership(&ev->facts, &p->def.ownerships[slot - p->ownership_slot]);
        } else {
            const struct code *let = &p->lets[slot - p->let_slot].code;
            struct cel_env e = {.vars = env->vars, .var_count = p->slot_count};
            env->vars[slot] = cel_eval(let->expr, &e, ev->arena);
            /* What depends on the act, or on a number with a bar, may differ the next time. */
            if ((let->facts >> SLOT_ACT & 1u) != 0 || (let->quantities & ev->facts.bars) != 0)
                continue;
        }
        env->ready[slot] = 1;
    }
}

struct cel_env eval_env(struct evaluator *ev, const struct pack *p, const struct code *c)
{
    prepare(ev, p, c);
    return (struct cel_env){.vars = ev->envs[p->index].vars, .var_count = p->slot_count};
}

struct cel_value eval_code(struct evaluator *ev, const struct pack *p, const struct code *c)
{
    if (c->expr == NULL) return cel_bool(true);
    struct cel_env env = eval_env(ev, p, c);
    return cel_eval(c->expr, &env, ev->arena);
}

uint32_t eval_implied_acts(struct evaluator *ev)
{
    uint32_t acts = 1u << ACT_PLACE;
    law_facts_set_act(&ev->facts, ACT_PLACE);
    for (uint32_t i = 0; i < ev->law->pack_count; i++) {
        const struct pack *p = ev->law->packs[i];
        for (uint32_t a = 0; a < p->def.act_count; a++) {
            if ((acts >> p->acts[a].def->act & 1u) != 0) continue;
            struct cel_value v = eval_code(ev, p, &p->acts[a].when);
            if (v.kind != CEL_BOOL || v.as.b) acts |= 1u << p->acts[a].def->act;
        }
    }
    return acts;
}

static void note_unknown(struct evaluator *ev, const struct rule *r, struct cel_value v,
                         struct gaps *gaps)
{
    if (gaps == NULL) return;
    if (v.kind == CEL_UNKNOWN && v.as.unknown != NULL) {
        for (uint32_t i = 0; i < v.as.unknown->count; i++)
            gaps_add(gaps, ev->arena, GAP_FACT, v.as.unknown->names[i], (struct str){0});
        return;
    }
    struct str text = v.kind == CEL_ERROR ? v.as.error->text : STR("it gives no truth value");
    gaps_add(gaps, ev->arena, GAP_FAULT, r->def->id, text);
}

static enum law_truth truth_of(struct evaluator *ev, const struct rule *r, struct cel_value v,
                               struct gaps *gaps)
{
    if (v.kind == CEL_BOOL) return v.as.b ? LAW_YES : LAW_NO;
    note_unknown(ev, r, v, gaps);
    return LAW_MAYBE;
}

/* ---- permits, caps and ratios ---------------------------------------------------------------- */

bool has_evidence(const struct law_case *c, struct str name)
{
    for (uint32_t i = 0; i < c->evidence_count; i++)
        if (str_eq(c->evidence[i], name)) return true;
    return false;
}

static bool is_holder(const struct law_case *c, const struct rule *r, struct str holder)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        bool named = r->def->holder_count == 0;
        for (uint32_t h = 0; h < r->def->holder_count; h++)
            if (str_eqz(r->def->holders[h], law_role_names[role])) named = true;
        if (!named) continue;
        if (str_eqz(holder, law_role_names[role])) return true;
        if (c->chain_present[role] && holder.len > 0 && str_eq(c->chain[role].id, holder))
            return true;
    }
    return false;
}

bool permit_applies(const struct law_case *c, const struct rule *r, struct str rule_id,
                    const struct law_permit *p)
{
    if (!str_eq(p->rule, rule_id) || !is_holder(c, r, p->holder)) return false;
    return law_in_span(p->from_ms, p->to_ms, c->on_ms);
}

static double number_of(struct cel_value v)
{
    if (v.kind == CEL_INT) return (double)v.as.i;
    if (v.kind == CEL_UINT) return (double)v.as.u;
    return v.kind == CEL_DOUBLE ? v.as.d : (double)NAN;
}

enum { ROUNDING = 1000000 }; /* sums are taken as exact to a billionth of their unit */

/* Rounded up: no part of a chip is lost on the way to a cap. */
static int64_t milli_up(double x)
{
    double milli = ceil(x * 1000.0 - 1.0 / ROUNDING);
    if (milli <= 0) return 0;
    return milli < (double)LAW_MILLI_MAX ? (int64_t)milli : LAW_MILLI_MAX;
}

static int64_t add_milli(int64_t a, int64_t b)
{
    return a > LAW_MILLI_MAX - b ? LAW_MILLI_MAX : a + b;
}

static int64_t used_before(const struct law_case *c, const struct rule *r)
{
    int64_t used = 0;
    if (r->def->cap.window == WINDOW_ACT) return 0;
    for (uint32_t i = 0; c->counters_known && i < c->counter_count; i++)
        if (str_eq(c->counters[i].rule, r->def->id)) used = add_milli(used, c->counters[i].milli);
    for (uint32_t i = 0; !c->counters_known && i < c->permit_count; i++)
        if (permit_applies(c, r, r->def->id, &c->permits[i]))
            used = add_milli(used, milli_up((double)c->permits[i].used));
    return used;
}

bool eval_cap(struct evaluator *ev, const struct rule *r, struct gaps *gaps, int64_t *own_out,
              int64_t *used_out)
{
    struct cel_value v = eval_code(ev, r->pack, &r->sum);
    double sum = number_of(v);
    if (isnan(sum)) {
        note_unknown(ev, r, v, gaps);
        return false;
    }
    *own_out = milli_up(sum);
    *used_out = used_before(ev->c, r);
    return true;
}

static enum law_truth cap_truth(struct evaluator *ev, const struct rule *r, struct gaps *gaps)
{
    int64_t own, used;
    if (!eval_cap(ev, r, gaps, &own, &used)) return LAW_MAYBE;
    return add_milli(own, used) > r->def->cap.at_most_milli ? LAW_YES : LAW_NO;
}

static const struct law_fleet *fleet_of(const struct law_case *c, struct str scope)
{
    for (uint32_t i = 0; i < c->fleet_count; i++)
        if (str_eq(c->fleets[i].scope, scope)) return &c->fleets[i];
    return NULL;
}

bool eval_stock(struct evaluator *ev, const struct rule *r, struct gaps *gaps,
                struct law_stock *out)
{
    const struct law_ratio *ratio = &r->def->ratio;
    const struct law_fleet *fleet = fleet_of(ev->c, ratio->per);
    *out = (struct law_stock){0};
    if (fleet == NULL) {
        if (gaps == NULL) return false;
        gaps_add(gaps, ev->arena, GAP_FACT, STR("fleet"),
                 str_of(arena_printf(ev->arena, "what the %.*s holds after the act is not stated",
                                     STR_ARG(ratio->per))));
        return false;
    }
    for (uint32_t i = 0; i < fleet->stock.count; i++) {
        ev->facts.slots[SLOT_ROW] = law_facts_row(&ev->facts, fleet, i);
        enum law_truth in = truth_of(ev, r, eval_code(ev, r->pack, &r->share_of), gaps);
        const struct stock_row *row = &fleet->stock.rows[i];
        const struct quantity *tpp = &row->chip->tpp;
        double amount = (double)row->amount, lo = amount, hi = amount;
        if (ratio->unit == UNIT_TPP) {
            if (!tpp->known && gaps != NULL)
                gaps_add(gaps, ev->arena, GAP_FACT,
                         law_facts_row_path(&ev->facts, fleet, i, "].chip.tpp"), (struct str){0});
            if (!tpp->known) return false;
            lo *= (double)tpp->lo_milli;
            hi *= (double)tpp->hi_milli;
        }
        if (in == LAW_MAYBE) return false;
        *(in == LAW_YES ? &out->in_lo : &out->out_lo) += lo;
        *(in == LAW_YES ? &out->in_hi : &out->out_hi) += hi;
    }
    return true;
}

bool eval_share(struct evaluator *ev, const struct rule *r, struct gaps *gaps, double *lo_out,
                double *hi_out)
{
    struct law_stock s;
    if (!eval_stock(ev, r, gaps, &s)) return false;
    *lo_out = *hi_out = -1;
    if (s.in_hi + s.out_hi <= 0) return true;
    /* Multiplied first: a share that is a whole number of ppm comes out exactly. */
    *lo_out = s.in_lo * LAW_PPM / (s.in_lo + s.out_hi);
    *hi_out = s.in_hi * LAW_PPM / (s.in_hi + s.out_lo);
    return true;
}

bool share_is_kept(const struct law_ratio *r, double ppm)
{
    if (ppm < 0) return true; /* nothing is held */
    switch ((enum law_bound)r->bound) {
    case BOUND_AT_LEAST: return ppm >= r->bound_ppm;
    case BOUND_MORE_THAN: return ppm > r->bound_ppm;
    case BOUND_AT_MOST: return ppm <= r->bound_ppm;
    case BOUND_LESS_THAN: return ppm < r->bound_ppm;
    case BOUND_COUNT: break;
    }
    return true;
}

static enum law_truth ratio_truth(struct evaluator *ev, const struct rule *r, struct gaps *gaps)
{
    double lo = 0, hi = 0;
    if (!eval_share(ev, r, gaps, &lo, &hi)) return LAW_MAYBE;
    bool kept_lo = share_is_kept(&r->def->ratio, lo), kept_hi = share_is_kept(&r->def->ratio, hi);
    if (kept_lo == kept_hi) return kept_lo ? LAW_NO : LAW_YES;
    gaps_add(gaps, ev->arena, GAP_BAR, STR("fleet"),
             STR("the bound lies inside the error bars of the fleet's chips"));
    return LAW_MAYBE;
}

/* ---- one rule -------------------------------------------------------------------------------- */

/* With the numbers of the chip as they stand now. */
static enum law_truth truth_at_point(struct evaluator *ev, const struct rule *r, struct gaps *gaps)
{
    struct gaps *found = gaps, local = {0};
    if (gaps != NULL && (r->def->cap.present || r->def->ratio.present)) found = &local;
    enum law_truth t = truth_of(ev, r, eval_code(ev, r->pack, &r->when), found);
    if (t == LAW_NO) return LAW_NO;
    enum law_truth second = LAW_YES;
    if (r->def->cap.present) second = cap_truth(ev, r, found);
    if (r->def->ratio.present) second = ratio_truth(ev, r, found);
    if (second == LAW_NO) return LAW_NO;
    for (uint32_t i = 0; found == &local && i < local.count; i++)
        gaps_add(gaps, ev->arena, local.items[i].kind, local.items[i].fact, local.items[i].text);
    return t == LAW_YES && second == LAW_YES ? LAW_YES : LAW_MAYBE;
}

struct points {
    int quantity;
    uint32_t count;
    double at[POINTS_MAX];
    bool overflows; /* more bounds inside the bar than are tried */
    double bound; /* one that lies inside the bar; not a number: none */
};

static void add_point(struct points *p, double x, const struct quantity *q)
{
    if (x * 1000.0 < (double)q->lo_milli || x * 1000.0 > (double)q->hi_milli) return;
    if (p->count == POINTS_MAX)
        p->overflows = true;
    else
        p->at[p->count++] = x;
}

static void add_bounds(const struct code *c, struct points *p, const struct quantity *q)
{
    for (uint32_t i = 0; i < c->bound_count; i++) {
        double b = c->bounds[i].at;
        if (c->bounds[i].quantity != p->quantity) continue;
        uint32_t before = p->count;
        add_point(p, b, q);
        if (p->count > before) p->bound = b;
        add_point(p, b - 0.0005, q);
        add_point(p, b + 0.0005, q);
    }
}

/* Between two neighbouring bounds that a comparison names, its truth does not change; so the ends,
 * the bounds and their neighbours stand for the whole bar. */
static void find_points(struct evaluator *ev, const struct rule *r, int quantity, struct points *p)
{
    const struct quantity *q = law_chip_quantity_of(&ev->c->chip, quantity);
    *p = (struct points){.quantity = quantity, .bound = (double)NAN};
    add_point(p, (double)q->milli / 1000.0, q); /* the best value comes first */
    add_point(p, (double)q->lo_milli / 1000.0, q);
    add_point(p, (double)q->hi_milli / 1000.0, q);
    add_bounds(&r->when, p, q);
    for (uint32_t d = 0; d < r->when.dep_count; d++)
        if (r->when.deps[d] >= r->pack->let_slot)
            add_bounds(&r->pack->lets[r->when.deps[d] - r->pack->let_slot].code, p, q);
}

static void add_bar_gap(struct evaluator *ev, const struct points *p, struct gaps *gaps)
{
    if (gaps == NULL) return;
    const struct quantity *q = law_chip_quantity_of(&ev->c->chip, p->quantity);
    char bound[64] = "a bound of the rule";
    if (!isnan(p->bound)) snprintf(bound, sizeof bound, "the bound %.10g", p->bound);
    gaps_add(gaps, ev->arena, GAP_BAR,
             str_of(arena_printf(ev->arena, "chip.%s", law_chip_quantity_names[p->quantity])),
             str_of(arena_printf(ev->arena, "%s lies inside its error bar %.10g..%.10g", bound,
                                 (double)q->lo_milli / 1000.0, (double)q->hi_milli / 1000.0)));
}

/* All combinations of points of the quantities with bars that a rule reads. */
struct grid {
    struct points points[CHIP_QUANTITIES];
    uint32_t n, size; /* size > GRID_MAX: too many to try */
};

static void grid_init(struct evaluator *ev, const struct rule *r, struct grid *g)
{
    uint32_t bars = ev->facts.bars & (r->when.quantities | r->sum.quantities);
    g->n = 0;
    g->size = 1;
    if (bars == 0) return;
    law_facts_build(&ev->facts, 1u << SLOT_CHIP);
    for (int q = 0; q < CHIP_QUANTITIES; q++)
        if (bars >> q & 1u) {
            struct points *p = &g->points[g->n++];
            find_points(ev, r, q, p);
            if (p->overflows)
                g->size = GRID_MAX + 1;
            else if (g->size <= GRID_MAX)
                g->size *= p->count;
        }
}

/* Put combination `index` into the facts; 0 is the best values. Tells how many are off their best
 * value, and the last of these. */
static void grid_set(struct evaluator *ev, const struct grid *g, uint32_t index, uint32_t *off_out,
                     uint32_t *last_out)
{
    *off_out = *last_out = 0;
    for (uint32_t k = 0; k < g->n; k++) {
        uint32_t at = index % g->points[k].count;
        index /= g->points[k].count;
        ev->facts.chip[g->points[k].quantity] = cel_double(g->points[k].at[at]);
        if (at != 0) ++*off_out, *last_out = k;
    }
}

/* Try all combinations of points; restores the best values. */
static enum law_truth truth_over_bars(struct evaluator *ev, const struct rule *r, struct gaps *gaps)
{
    struct grid grid;
    uint32_t off, last, moved = 0; /* quantities that change the truth alone */
    grid_init(ev, r, &grid);
    enum law_truth best = truth_at_point(ev, r, gaps), all = best;
    if (grid.size > GRID_MAX) all = LAW_MAYBE;
    for (uint32_t i = 1; i < grid.size && grid.size <= GRID_MAX; i++) {
        grid_set(ev, &grid, i, &off, &last);
        enum law_truth t = truth_at_point(ev, r, gaps);
        if (t == best) continue;
        all = LAW_MAYBE;
        if (off == 1) moved |= 1u << last;
        if (gaps == NULL) break;
    }
    grid_set(ev, &grid, 0, &off, &last);
    for (uint32_t k = 0; k < grid.n; k++)
        if (all == LAW_MAYBE && best != LAW_MAYBE && (moved == 0 || (moved >> k & 1u)))
            add_bar_gap(ev, &grid.points[k], gaps);
    return all;
}

static enum law_truth truth_for_act(struct evaluator *ev, const struct rule *r, struct gaps *gaps)
{
    uint32_t bars = ev->facts.bars & (r->when.quantities | r->sum.quantities);
    return bars != 0 ? truth_over_bars(ev, r, gaps) : truth_at_point(ev, r, gaps);
}

/* Whether the rule is in force at all may be in doubt. */
static enum law_truth doubt_truth(struct evaluator *ev, const struct rule *r, struct gaps *gaps)
{
    const struct law_doubt *d = &r->def->doubt;
    if (!d->present || !law_in_span(d->from_ms, d->to_ms, ev->c->on_ms)) return LAW_YES;
    if (d->confirmed_by.len > 0 && has_evidence(ev->c, d->confirmed_by)) return LAW_YES;
    if (d->denied_by.len > 0 && has_evidence(ev->c, d->denied_by)) return LAW_NO;
    if (gaps == NULL) return LAW_MAYBE;
    struct buf b = {0};
    buf_printf(&b, "it is not known whether the rule is in force; ask: " STR_FMT, STR_ARG(d->ask));
    bool asks = d->ask.len > 0 && d->ask.p[d->ask.len - 1] == '?';
    if (d->confirmed_by.len > 0)
        buf_printf(&b, "%s put on record " STR_FMT, asks ? " If so," : "; if so,",
                   STR_ARG(d->confirmed_by));
    if (d->denied_by.len > 0) buf_printf(&b, "; if not, " STR_FMT, STR_ARG(d->denied_by));
    gaps_add(gaps, ev->arena, GAP_FACT,
             str_of(arena_printf(ev->arena, "in_force." STR_FMT, STR_ARG(r->def->id))),
             str_copy(ev->arena, buf_str(&b)));
    buf_release(&b);
    return LAW_MAYBE;
}

enum law_truth eval_rule(struct evaluator *ev, const struct rule *r, struct gaps *gaps,
                         enum law_act *act_out)
{
    int64_t grandfather = r->def->grandfather_ms;
    if (grandfather != 0 && ev->c->acquired_ms != 0 && ev->c->acquired_ms < grandfather)
        return LAW_NO;
    uint32_t acts = ev->c->acts & r->def->acts;
    bool each = ((r->when.facts | r->sum.facts | r->share_of.facts) >> SLOT_ACT & 1u) != 0;
    enum law_truth t = LAW_NO;
    for (int a = 0; a < ACT_COUNT && t != LAW_YES; a++) {
        if ((acts >> a & 1u) == 0) continue;
        law_facts_set_act(&ev->facts, (enum law_act)a);
        enum law_truth one = truth_for_act(ev, r, gaps);
        if (one != LAW_NO) {
            t = one;
            if (act_out != NULL) *act_out = (enum law_act)a;
        }
        if (!each) break;
    }
    if (t == LAW_NO) return LAW_NO;
    enum law_truth doubt = doubt_truth(ev, r, gaps);
    if (doubt == LAW_NO) return LAW_NO;
    bool unknown_age = grandfather != 0 && ev->c->acquired_ms == 0;
    if (unknown_age) gaps_add(gaps, ev->arena, GAP_FACT, STR("acquired"), (struct str){0});
    return unknown_age || doubt == LAW_MAYBE ? LAW_MAYBE : t;
}

/* The most that one act may add; -1: it does not count. */
static int64_t most_added(struct evaluator *ev, const struct rule *r)
{
    struct grid grid;
    uint32_t off, last;
    int64_t most = -1;
    grid_init(ev, r, &grid);
    uint32_t count = grid.size <= GRID_MAX ? grid.size : 1;
    for (uint32_t i = 0; i < count; i++) {
        grid_set(ev, &grid, i, &off, &last);
        if (truth_of(ev, r, eval_code(ev, r->pack, &r->when), NULL) == LAW_NO) continue;
        double sum = number_of(eval_code(ev, r->pack, &r->sum));
        if (!isnan(sum) && milli_up(sum) > most) most = milli_up(sum);
    }
    if (grid.n > 0) grid_set(ev, &grid, 0, &off, &last);
    return most;
}

bool eval_add(struct evaluator *ev, const struct rule *r, int64_t *milli_out)
{
    int64_t grandfather = r->def->grandfather_ms, most = -1;
    if (grandfather != 0 && ev->c->acquired_ms != 0 && ev->c->acquired_ms < grandfather)
        return false;
    if (doubt_truth(ev, r, NULL) == LAW_NO) return false;
    for (int a = 0; a < ACT_COUNT; a++) {
        if ((ev->c->acts & r->def->acts & 1u << a) == 0) continue;
        law_facts_set_act(&ev->facts, (enum law_act)a);
        int64_t one = most_added(ev, r);
        if (one > most) most = one;
    }
    *milli_out = most;
    return most >= 0;
}
