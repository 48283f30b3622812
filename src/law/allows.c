/* allows.c - the fast answer: may it be done, and until when is the answer the same? One pass over
 * the rules in order of id, each evaluated only where it can still matter, with the two ends of
 * what is possible kept side by side:
 *
 *   lo   the verdict if every unknown turned out well: rules that may apply do not, exceptions that
 *        may apply do
 *   hi   the verdict if every unknown turned out badly
 *
 * Where the two ends differ the verdict is unresolved. law_decide computes the same literally.
 *
 * What was found out about a rule is kept until a date on which a fact or a set that it reads
 * changes; so another question about the same case costs little more than the pass. The date until
 * which an answer holds is the least of those that the pass met: a rule that would not apply when
 * it begins brings none. */
#include "law/allows.h"

#include "base/check.h"
#include "base/civil.h"
#include "law/demand.h"

#include <string.h>

/* What one rule demands at both ends. */
struct ends {
    uint32_t lo, hi; /* ranks */
    bool met_lo, met_hi;
};

/* A rule that applies or may apply. */
struct standing {
    const struct rule *rule;
    struct standing *next;
    struct ends ends;
    bool sure; /* it applies */
};

/* Does a rule apply, its dates aside? Good before `until_ms`. */
struct known {
    int64_t until_ms;
    uint8_t state; /* 0 not asked, else 1 + law_truth */
};

struct law_look {
    struct evaluator ev;
    struct law_case *c;
    bool implies; /* acts are worked out here */
    bool is_ahead; /* the dates on which the answer may change are asked for */
    int64_t on_ms;
    int64_t facts_until_ms; /* a party's owners change, or what a placement is */
    int64_t *sets_until_ms; /* by pack: one of its sets changes */
    struct known *known; /* by rule */
    struct law_seen seen; /* the answer in the making */
};

static void sooner(int64_t ms, int64_t *best)
{
    if (ms < *best) *best = ms;
}

/* ---- what is known of the case --------------------------------------------------------------- */

static void edges_of_party(const struct law_party *p, int64_t on_ms, int64_t *best)
{
    for (uint32_t i = 0; i < p->owner_count; i++) {
        law_nearer(p->owners[i].from_ms, on_ms, best);
        law_nearer(p->owners[i].to_ms, on_ms, best);
    }
}

static int64_t owners_until(const struct law_case *c)
{
    int64_t best = CIVIL_NEVER_MS;
    for (int r = 0; r < ROLE_COUNT; r++)
        if (c->chain_present[r]) edges_of_party(&c->chain[r], c->on_ms, &best);
    for (uint32_t i = 0; i < c->intermediary_count; i++)
        edges_of_party(&c->intermediaries[i], c->on_ms, &best);
    for (uint32_t i = 0; i < c->party_count; i++) edges_of_party(&c->parties[i], c->on_ms, &best);
    return best;
}

/* Nothing is known but the case itself. */
static void begin(struct law_look *k)
{
    const struct law *law = k->ev.law;
    struct law_case *c = k->c;
    k->on_ms = c->on_ms;
    k->facts_until_ms = k->is_ahead ? owners_until(c) : CIVIL_NEVER_MS;
    memset(k->known, 0, law->rule_count * sizeof *k->known);
    for (uint32_t i = 0; i < law->pack_count; i++)
        k->sets_until_ms[i] = k->is_ahead ? pack_next_set(law->packs[i], c->on_ms) : CIVIL_NEVER_MS;
    if (k->implies) c->acts = 1u << ACT_PLACE;
    evaluator_init(&k->ev, law, c, k->ev.arena);
    if (!k->implies) return;
    c->acts = eval_implied_acts(&k->ev);
    for (uint32_t i = 0; i < law->pack_count; i++)
        if (law->packs[i]->has_dated_acts) sooner(k->sets_until_ms[i], &k->facts_until_ms);
    /* That was the list of acts before they were known. */
    if ((k->ev.facts.built >> SLOT_ACTS & 1u) != 0) evaluator_init(&k->ev, law, c, k->ev.arena);
}

/* The case may have another date, other permits and other counters than the last time. */
static void refresh(struct law_look *k)
{
    const struct law *law = k->ev.law;
    uint32_t fleeting = 1u << SLOT_ON | 1u << SLOT_PERMITS;
    ASSERT(k->c->on_ms >= k->on_ms);
    if (k->c->on_ms >= k->facts_until_ms || (k->ev.facts.built & fleeting) != 0) {
        begin(k);
        return;
    }
    k->on_ms = k->c->on_ms;
    for (uint32_t i = 0; i < law->pack_count; i++) {
        if (k->on_ms < k->sets_until_ms[i]) continue;
        k->sets_until_ms[i] = pack_next_set(law->packs[i], k->on_ms);
        k->ev.envs[i] = (struct pack_env){0};
    }
}

/* Does the rule apply to the case, its dates aside? *until_out: good before. */
static enum law_truth truth_of(struct law_look *k, const struct rule *r, int64_t *until_out)
{
    struct known *known = &k->known[r->index];
    if (r->def->cap.present) {
        k->seen.by_counters = true;
        k->seen.by_permits |= !k->c->counters_known;
    }
    if (known->state == 0 || k->on_ms >= known->until_ms) {
        known->until_ms = k->facts_until_ms;
        if (r->is_dated) sooner(k->sets_until_ms[r->pack->index], &known->until_ms);
        law_nearer(r->def->doubt.from_ms, k->on_ms, &known->until_ms);
        law_nearer(r->def->doubt.to_ms, k->on_ms, &known->until_ms);
        known->state = (uint8_t)(1 + eval_rule(&k->ev, r, NULL, NULL));
    }
    *until_out = known->until_ms;
    enum law_truth t = (enum law_truth)(known->state - 1);
    if (r->def->cap.present) known->state = 0; /* counters and permits may be others next time */
    return t;
}

/* ---- one answer ------------------------------------------------------------------------------ */

/* Permits under the rule have a part in the answer. */
static void note_permits(struct law_look *k, const struct rule *r)
{
    const struct law_case *c = k->c;
    for (uint32_t i = 0; i < c->permit_count; i++) {
        if (!str_eq(c->permits[i].rule, r->def->id)) continue;
        k->seen.by_permits = true;
        law_nearer(c->permits[i].from_ms, c->on_ms, &k->seen.until_ms);
        law_nearer(c->permits[i].to_ms, c->on_ms, &k->seen.until_ms);
    }
}

static enum law_truth lowering(struct law_look *k, const struct rule *e)
{
    const struct law_case *c = k->c;
    if ((e->def->acts & c->acts) == 0) return LAW_NO;
    if (k->is_ahead) sooner(rule_next_date(e, c->on_ms), &k->seen.until_ms);
    if (!rule_concerns(e, c) || !rule_binds(e, c->on_ms, k->ev.law->bind)) return LAW_NO;
    enum law_truth needs = demand_needs(c, e);
    if (needs == LAW_NO) return LAW_NO;
    int64_t until;
    enum law_truth t = truth_of(k, e, &until);
    sooner(until, &k->seen.until_ms);
    return t == LAW_YES ? needs : t;
}

static struct ends find_ends(struct law_look *k, const struct rule *r)
{
    uint32_t rank = demand_rank(&r->def->then);
    bool met = demand_meet(k->c, r).met;
    struct ends out = {rank, rank, met, met};
    note_permits(k, r);
    for (uint32_t i = 0; i < r->exception_count; i++) {
        enum law_truth t = lowering(k, r->exceptions[i]);
        if (t == LAW_NO) continue;
        struct ends e = find_ends(k, r->exceptions[i]);
        if (e.lo < out.lo) out.lo = e.lo;
        out.met_lo |= e.met_lo;
        if (t != LAW_YES) continue;
        if (e.hi < out.hi) out.hi = e.hi;
        out.met_hi |= e.met_hi;
    }
    return out;
}

static bool stops(uint32_t rank, bool met)
{
    return rank_effect(rank) != EFFECT_PERMIT && !met;
}

/* The rule to name: for a refusal the strictest demand that is not met, for an unresolved verdict
 * the first rule that an unknown fact could bring in. */
static const struct rule *find_stop(const struct standing *first, uint32_t lo, bool unresolved,
                                    bool allowed_differs)
{
    const struct rule *best = NULL;
    uint32_t best_rank = 0;
    for (const struct standing *s = first; s != NULL; s = s->next) {
        bool unmet = stops(s->ends.hi, s->ends.met_hi);
        bool open = !s->sure || s->ends.lo != s->ends.hi || s->ends.met_lo != s->ends.met_hi;
        if (unresolved && open && (s->ends.hi > lo || (allowed_differs && unmet))) return s->rule;
        if (!unresolved && s->sure && unmet && (best == NULL || s->ends.hi > best_rank)) {
            best = s->rule;
            best_rank = s->ends.hi;
        }
    }
    return best;
}

/* Does the rule apply now? Notes when that may change: for one that is not in force, only where it
 * would apply then. */
static enum law_truth stand_of(struct law_look *k, const struct rule *r)
{
    const struct law_case *c = k->c;
    bool is_live = rule_in_force(r, c->on_ms) && rule_binds(r, c->on_ms, k->ev.law->bind);
    if (!is_live && !k->is_ahead) return LAW_NO;
    int64_t edge = k->is_ahead ? rule_next_date(r, c->on_ms) : CIVIL_NEVER_MS, until;
    if (!is_live && edge == CIVIL_NEVER_MS) return LAW_NO;
    enum law_truth t = truth_of(k, r, &until);
    if (is_live)
        sooner(t == LAW_NO || until < edge ? until : edge, &k->seen.until_ms);
    else
        sooner(t != LAW_NO || until < edge ? edge : until, &k->seen.until_ms);
    return is_live ? t : LAW_NO;
}

static void pass(struct law_look *k, struct law_answer *out)
{
    const struct law *law = k->ev.law;
    struct standing *first = NULL, **end = &first;
    uint32_t lo = 0, hi = 0, stop = 0;
    bool allowed_lo = true, allowed_hi = true;
    for (uint32_t i = 0; i < law->rule_count; i++) {
        const struct rule *r = law->rules[i];
        /* It cannot change anything: a demand at least as strict is surely not met. */
        if (r->def->lower_count > 0 || demand_rank(&r->def->then) <= stop) continue;
        if ((r->def->acts & k->c->acts) == 0) continue;
        enum law_truth t = stand_of(k, r);
        if (t == LAW_NO) continue;
        struct standing *s = ARENA_NEW(k->ev.arena, struct standing);
        *s = (struct standing){.rule = r, .ends = find_ends(k, r), .sure = t == LAW_YES};
        *end = s;
        end = &s->next;
        if (s->ends.hi > hi) hi = s->ends.hi;
        if (stops(s->ends.hi, s->ends.met_hi)) allowed_hi = false;
        if (!s->sure) continue;
        if (s->ends.lo > lo) lo = s->ends.lo;
        if (stops(s->ends.lo, s->ends.met_lo)) {
            allowed_lo = false;
            if (s->ends.lo > stop) stop = s->ends.lo;
        }
    }
    bool unresolved = lo != hi || allowed_lo != allowed_hi;
    out->effect = unresolved ? EFFECT_UNRESOLVED : rank_effect(lo);
    out->policy = unresolved ? POLICY_NONE : rank_policy(lo);
    out->allowed = !unresolved && allowed_lo;
    const struct rule *r =
        out->allowed ? NULL : find_stop(first, lo, unresolved, allowed_lo != allowed_hi);
    out->rule = r != NULL ? r->def->id : (struct str){0};
}

static void look_init(struct law_look *k, const struct law *law, struct law_case *c,
                      struct arena *arena)
{
    k->c = c;
    k->ev.law = law;
    k->ev.arena = arena;
    k->known = ARENA_ARRAY(arena, law->rule_count, struct known);
    k->sets_until_ms = ARENA_ARRAY(arena, law->pack_count, int64_t);
    begin(k);
}

void law_answer(const struct law *law, const struct law_case *c, struct arena *scratch,
                struct law_answer *out)
{
    struct law_case x = *c;
    struct law_look k = {0};
    look_init(&k, law, &x, scratch);
    pass(&k, out);
}

bool law_allows(const struct law *law, const struct law_case *c, struct arena *scratch,
                int *effect_out, struct str *binding_rule_out)
{
    struct law_answer answer;
    law_answer(law, c, scratch, &answer);
    *effect_out = answer.effect;
    *binding_rule_out = answer.rule;
    return answer.allowed;
}

bool law_allows_placement(const struct law *law, struct law_case *c, struct arena *scratch,
                          int *effect_out, struct str *binding_rule_out)
{
    struct law_answer answer;
    struct law_look k = {.implies = true};
    look_init(&k, law, c, scratch);
    pass(&k, &answer);
    *effect_out = answer.effect;
    *binding_rule_out = answer.rule;
    return answer.allowed;
}

/* ---- again and again ------------------------------------------------------------------------- */

struct law_look *law_look_new(const struct law *law, struct law_case *c, struct arena *arena)
{
    struct law_look *k = ARENA_NEW(arena, struct law_look);
    k->implies = k->is_ahead = true;
    look_init(k, law, c, arena);
    return k;
}

/* Which counters the act falls under changes with the dates of their rules. */
static void note_caps(struct law_look *k)
{
    const struct law *law = k->ev.law;
    for (uint32_t i = 0; i < law->cap_count; i++) {
        const struct rule *r = law->caps[i];
        if ((r->def->acts & k->c->acts) == 0) continue;
        sooner(rule_next_date(r, k->on_ms), &k->seen.until_ms);
        if (r->is_dated) sooner(k->sets_until_ms[r->pack->index], &k->seen.until_ms);
    }
}

void law_look_ask(struct law_look *k, struct law_seen *out)
{
    struct law_answer answer;
    refresh(k);
    k->seen = (struct law_seen){.until_ms = k->facts_until_ms};
    pass(k, &answer);
    note_caps(k);
    if ((k->ev.facts.built >> SLOT_PERMITS & 1u) != 0) k->seen.by_permits = true;
    /* What compares the date may turn at any time; it is asked as often as the law changes. */
    if ((k->ev.facts.built >> SLOT_ON & 1u) != 0)
        sooner(law_next_change(k->ev.law, k->on_ms), &k->seen.until_ms);
    k->seen.allowed = answer.allowed;
    k->seen.effect = answer.effect;
    k->seen.rule = answer.rule;
    *out = k->seen;
}
