/* allows.c - the fast answer: may it be done? One pass over the rules in order of id, each
 * evaluated only where it can still matter, with the two ends of what is possible kept side by
 * side:
 *
 *   lo   the verdict if every unknown turned out well: rules that may apply do not, exceptions that
 *        may apply do
 *   hi   the verdict if every unknown turned out badly
 *
 * Where the two ends differ the verdict is unresolved. law_decide computes the same literally. */
#include "law/allows.h"

#include "law/demand.h"

/* What one rule demands at both ends. */
struct ends {
    uint32_t lo, hi; /* ranks */
    bool met_lo, met_hi;
};

/* A rule that applies or may apply. */
struct standing {
    const struct rule *rule;
    struct ends ends;
    bool sure; /* it applies */
};

struct run {
    struct evaluator ev;
    uint8_t *lowering; /* by rule: 0 not asked, else 1 + law_truth: does the exception lower? */
    struct standing *standings;
    uint32_t count;
};

static enum law_truth lowering(struct run *run, const struct rule *e)
{
    uint8_t *memo = &run->lowering[e->index];
    if (*memo != 0) return (enum law_truth)(*memo - 1);
    const struct law_case *c = run->ev.c;
    enum law_truth t = LAW_NO;
    if (rule_concerns(e, c) && rule_binds(e, c->on_ms, run->ev.law->bind)) {
        enum law_truth needs = demand_needs(c, e);
        if (needs != LAW_NO) t = eval_rule(&run->ev, e, NULL, NULL);
        if (t == LAW_YES) t = needs;
    }
    *memo = (uint8_t)(1 + t);
    return t;
}

static struct ends find_ends(struct run *run, const struct rule *r)
{
    uint32_t rank = demand_rank(&r->def->then);
    bool met = demand_meet(run->ev.c, r).met;
    struct ends out = {rank, rank, met, met};
    for (uint32_t i = 0; i < r->exception_count; i++) {
        enum law_truth t = lowering(run, r->exceptions[i]);
        if (t == LAW_NO) continue;
        struct ends e = find_ends(run, r->exceptions[i]);
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
static const struct rule *find_stop(const struct run *run, uint32_t lo, bool unresolved,
                                    bool allowed_differs)
{
    const struct rule *best = NULL;
    uint32_t best_rank = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        const struct standing *s = &run->standings[i];
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

void law_answer(const struct law *law, const struct law_case *c, struct arena *scratch,
                struct law_answer *out)
{
    struct run run = {0};
    evaluator_init(&run.ev, law, c, scratch);
    run.lowering = ARENA_ARRAY(scratch, law->rule_count + 1, uint8_t);
    run.standings = ARENA_ARRAY(scratch, law->rule_count + 1, struct standing);
    uint32_t lo = 0, hi = 0, stop = 0;
    bool allowed_lo = true, allowed_hi = true;
    for (uint32_t i = 0; i < law->rule_count; i++) {
        const struct rule *r = law->rules[i];
        uint32_t rank = demand_rank(&r->def->then);
        /* It cannot change anything: a demand at least as strict is surely not met. */
        if (r->def->lower_count > 0 || rank <= stop) continue;
        if (!rule_concerns(r, c) || !rule_binds(r, c->on_ms, law->bind)) continue;
        enum law_truth t = eval_rule(&run.ev, r, NULL, NULL);
        if (t == LAW_NO) continue;
        struct standing s = {r, find_ends(&run, r), t == LAW_YES};
        run.standings[run.count++] = s;
        if (s.ends.hi > hi) hi = s.ends.hi;
        if (stops(s.ends.hi, s.ends.met_hi)) allowed_hi = false;
        if (!s.sure) continue;
        if (s.ends.lo > lo) lo = s.ends.lo;
        if (stops(s.ends.lo, s.ends.met_lo)) {
            allowed_lo = false;
            if (s.ends.lo > stop) stop = s.ends.lo;
        }
    }
    bool unresolved = lo != hi || allowed_lo != allowed_hi;
    out->effect = unresolved ? EFFECT_UNRESOLVED : rank_effect(lo);
    out->policy = unresolved ? POLICY_NONE : rank_policy(lo);
    out->allowed = !unresolved && allowed_lo;
    const struct rule *r =
        out->allowed ? NULL : find_stop(&run, lo, unresolved, allowed_lo != allowed_hi);
    out->rule = r != NULL ? r->def->id : (struct str){0};
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
