/* demand.h - what a rule demands and whether the case meets it. Internal to src/law; used by the
 * literal evaluator (decide.c) and the fast one (allows.c), which combine it in different ways. */
#ifndef BERTH_LAW_DEMAND_H
#define BERTH_LAW_DEMAND_H

#include "law/eval.h"

/* The place of a demand on the ladder: effect, then policy. */
static inline uint32_t demand_rank(const struct law_require *q)
{
    return (uint32_t)q->effect * POLICY_COUNT + (uint32_t)q->policy;
}
static inline int rank_effect(uint32_t rank)
{
    return (int)(rank / POLICY_COUNT);
}
static inline int rank_policy(uint32_t rank)
{
    return (int)(rank % POLICY_COUNT);
}

/* Is the rule's own demand met by the evidence and permits of the case? A prohibition never is. */
struct meeting {
    bool met;
    const struct law_permit *permit; /* the one that meets it, or comes nearest; NULL: none */
    int64_t short_by; /* what the permit lacks; 0: nothing, or no permit */
};
struct meeting demand_meet(const struct law_case *c, const struct rule *r);

/* Is the evidence that an exception needs on record? LAW_MAYBE: evidence is not known. */
enum law_truth demand_needs(const struct law_case *c, const struct rule *r);

/* The rule concerns the case at all: one of its acts, in force on its date. */
static inline bool rule_concerns(const struct rule *r, const struct law_case *c)
{
    return (r->def->acts & c->acts) != 0 && rule_in_force(r, c->on_ms);
}

#endif
