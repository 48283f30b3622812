/* eval.h - does one rule apply to one case? Internal to src/law.
 *
 * Three-valued: LAW_MAYBE when facts that are not known decide it, when a bound lies inside the
 * error bar of a number of the chip, or when the expression fails. */
#ifndef BERTH_LAW_EVAL_H
#define BERTH_LAW_EVAL_H

#include "law/compile.h"

/* What keeps a rule from being decided. */
enum gap_kind { GAP_FACT, GAP_BAR, GAP_FAULT };
struct gap {
    enum gap_kind kind;
    struct str fact; /* path; GAP_FAULT: the rule's id */
    struct str text; /* GAP_FAULT: the error; GAP_BAR: "the bound 4800 lies inside 4700..4900" */
};
struct gaps {
    struct gap *items;
    uint32_t count, cap;
};
/* Adds it unless there is one of that fact already. */
void gaps_add(struct gaps *g, struct arena *a, enum gap_kind kind, struct str fact,
              struct str text);

struct pack_env {
    struct cel_value *vars; /* by slot; NULL: the pack was not asked yet */
    uint8_t *ready;
};

/* One case under a law. */
struct evaluator {
    const struct law *law;
    const struct law_case *c;
    struct arena *arena;
    struct law_facts facts;
    struct pack_env *envs; /* by pack */
};

void evaluator_init(struct evaluator *ev, const struct law *law, const struct law_case *c,
                    struct arena *arena);

/* The value of a pack's expression for the case as it stands; CEL_BOOL true when there is none. */
struct cel_value eval_code(struct evaluator *ev, const struct pack *p, const struct code *c);
/* The environment of a pack with everything `c` depends on; for cel_comparisons. */
struct cel_env eval_env(struct evaluator *ev, const struct pack *p, const struct code *c);

/* The acts that a placement is, by the packs' maps, ACT_PLACE among them: bits. The case's own are not
 * read but by those maps that name `acts`. */
uint32_t eval_implied_acts(struct evaluator *ev);

/* Does the rule apply? Its acts and dates are the caller's to check. `gaps` may be NULL. *act_out
 * (may be NULL) is an act for which it applies, or may. */
enum law_truth eval_rule(struct evaluator *ev, const struct rule *r, struct gaps *gaps,
                         enum law_act *act_out);

/* The share a ratio speaks of, in ppm, as the least and the most it may be; negative when the fleet
 * is empty. False when the fleet or a row is unknown. */
bool eval_share(struct evaluator *ev, const struct rule *r, struct gaps *gaps, double *lo_out,
                double *hi_out);
/* What the fleet holds that the ratio counts in, and out, as the least and the most it may be, in
 * chips or chips x TPP. False when the fleet or a row is unknown. */
struct law_stock {
    double in_lo, in_hi, out_lo, out_hi;
};
bool eval_stock(struct evaluator *ev, const struct rule *r, struct gaps *gaps,
                struct law_stock *out);
bool share_is_kept(const struct law_ratio *r, double ppm); /* ppm < 0: the fleet is empty */
/* What a cap compares with its bound, in thousandths of its unit: what this act adds, rounded up,
 * and what acts before it have used. False when the first is unknown. */
bool eval_cap(struct evaluator *ev, const struct rule *r, struct gaps *gaps, int64_t *own_out,
              int64_t *used_out);
/* What the act adds to the counter of the rule's cap: the most that it may be, within error bars
 * and where facts are unknown. False: it does not count, or nobody can say how much. Whether the
 * rule is in force, and speaks of the acts, is the caller's to check. */
bool eval_add(struct evaluator *ev, const struct rule *r, int64_t *milli_out);

/* Do the permits count for this rule's holders? A permit of the rule whose dates hold at `on` and
 * whose holder is in the chain (in one of the rule's roles, where it names some). */
bool permit_applies(const struct law_case *c, const struct rule *r, struct str rule_id,
                    const struct law_permit *p);

/* Evidence is on record. */
bool has_evidence(const struct law_case *c, struct str name);

#endif
