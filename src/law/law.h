/* law.h - what the rest of Berth asks of the law: may this act be done, why, and until when.
 *
 * A `struct law` is a set of adopted rule packs, compiled. It is pure and deterministic: the same
 * packs and the same case give the same verdict, byte for byte. Packs enter the core as events, so
 * the ledger alone tells which law applied.
 *
 * Combination (design section 6): jurisdictions are conjunctive, the verdict is the strictest
 * effect of all binding rules that apply; an exception lowers only the rule it names; levels that
 * do not bind give warnings; a fact that is unknown and could change the verdict makes it
 * `unresolved`. */
#ifndef BERTH_LAW_LAW_H
#define BERTH_LAW_LAW_H

#include "law/case.h"

/* Effects in order of strictness. `unresolved` is not on the ladder: it says that the ladder's
 * place cannot be told, and counts as not allowed. */
enum law_effect {
    EFFECT_PERMIT,
    EFFECT_NOTICE,
    EFFECT_CONDITION,
    EFFECT_LICENCE,
    EFFECT_FORBID,
    EFFECT_UNRESOLVED,
    EFFECT_COUNT
};
extern const char *const law_effect_names[EFFECT_COUNT];

enum law_policy {
    POLICY_NONE,
    POLICY_APPROVE,
    POLICY_CASE_BY_CASE,
    POLICY_PRESUMPTION_OF_DENIAL,
    POLICY_COUNT
};
extern const char *const law_policy_names[POLICY_COUNT];

/* Where a rule's authority comes from. Bits of the set that binds. */
enum law_level {
    LEVEL_LAW,
    LEVEL_ACT,
    LEVEL_GUIDANCE,
    LEVEL_REPORTED,
    LEVEL_PROPOSED,
    LEVEL_COUNT
};
extern const char *const law_level_names[LEVEL_COUNT];
#define LAW_BIND_DEFAULT ((1u << LEVEL_LAW) | (1u << LEVEL_ACT) | (1u << LEVEL_GUIDANCE))

/* A number that was compared. In thousandths of the fact's unit. */
struct law_number {
    struct str fact, op;
    int64_t value_milli, bound_milli, margin_milli; /* margin = value - bound */
};

struct law_finding {
    struct str rule, level, cite, source;
    struct str title; /* of the rule */
    bool binding;
    int effect; /* enum law_effect */
    int policy; /* enum law_policy */
    struct str authority;
    uint32_t days; /* of a notice: how long before the act */
    struct str because; /* one sentence: what of the case made the rule apply */
    struct str note; /* why it does not bind, though it applies; "" */
    struct str lowered_by; /* the exception whose demand this is; "" none */
    struct str report, record; /* what must be reported or kept, in words; "" nothing */
    struct law_number *numbers;
    uint32_t number_count;
    bool met; /* the requirement is met by evidence or permits of the case */
    struct str permit; /* id or rule of the permit consumed; "" none */
    int64_t short_by; /* amount missing from the permit; 0 none */
    struct str *missing_evidence;
    uint32_t missing_count;
};

struct law_unknown {
    struct str fact; /* path: chain.tenant.ultimate_parent_hq */
    struct str why;
    struct str *rules;
    uint32_t rule_count;
};

struct law_cost {
    struct str rule;
    int32_t percent;
};

struct law_verdict {
    int64_t on_ms;
    int effect; /* enum law_effect, before evidence and permits are counted */
    int policy;
    struct str authority;
    bool allowed; /* the act may be done now: permit, or all that is required is met */
    struct law_unknown *unresolved;
    uint32_t unresolved_count;
    struct law_cost *costs;
    uint32_t cost_count;
    struct law_finding *findings; /* strictest first, then by rule id */
    uint32_t finding_count;
    struct str *considered; /* ids of the rules looked at, sorted */
    uint32_t considered_count;
    struct str *flip; /* what would change it, in words */
    uint32_t flip_count;
    int64_t next_change_ms; /* the next instant at which this case's verdict changes by date alone;
                               CIVIL_NEVER_MS: none is known */
};

void visit_law_verdict(struct visit *v, struct law_verdict *x);

struct law_pack; /* law/pack.h: typed content of a pack folder */
struct law_rule;

struct law;
struct law *law_new(void);
void law_free(struct law *law);

/* Adopt a pack whole, in place of one with the same id, or not at all. Copies what it keeps. */
enum err law_adopt(struct law *law, struct law_pack *pack, struct errtext *error);
/* Which levels bind: bits of enum law_level. LAW_BIND_DEFAULT at first. */
void law_bind(struct law *law, uint32_t levels);
uint32_t law_binding(const struct law *law);

/* Decide a case in full, with findings and words. Everything in *out lives in `arena`. Looks the
 * strictest path up literally: this is the oracle for law_allows. */
void law_decide(const struct law *law, const struct law_case *c, struct arena *arena,
                struct law_verdict *out);

/* The same answer as law_decide(...).allowed, without words: what the placer's masks are made of.
 * *binding_rule_out gets the first binding rule that stops it (borrowed from the law; "" if none),
 * *effect_out the verdict's effect. */
bool law_allows(const struct law *law, const struct law_case *c, struct arena *scratch,
                int *effect_out, struct str *binding_rule_out);
/* The same of a placement: c->acts are filled in, as law_imply_acts would, for half the work. */
bool law_allows_placement(const struct law *law, struct law_case *c, struct arena *scratch,
                          int *effect_out, struct str *binding_rule_out);

/* ---- one case, asked again ----
 *
 * Who keeps answers asks of one case: now, on later dates, with fewer permits, with other counters.
 * A look keeps what it found out for as long as it holds. */
struct law_look;
struct law_seen {
    bool allowed; /* as law_allows would say, with the acts that law_imply_acts adds on that date */
    int effect; /* enum law_effect */
    struct str rule; /* the first that stops it; "" none. Borrowed from the law */
    /* The answer is the same on every date before this one, as long as permits and counters are;
     * CIVIL_NEVER_MS: for ever. Where a rule compares the date itself: until the law next changes.
     */
    int64_t until_ms;
    /* Permits of the case, or caps, were looked at: false where the answer is the same without. */
    bool by_permits, by_counters;
};
/* The case is borrowed and its acts are filled in. Lives in `arena`. */
struct law_look *law_look_new(const struct law *law, struct law_case *c, struct arena *arena);
/* Ask the case as it is now: since the last time its user may have set a later date, and changed
 * its permits and counters, nothing else. */
void law_look_ask(struct law_look *look, struct law_seen *out);

/* The placement of a job in a pool is several acts; which ones is data of the packs (their `acts`
 * map). Adds the implied acts to c->acts, given the rest of the case. ACT_PLACE is always in. */
void law_imply_acts(const struct law *law, struct law_case *c, struct arena *scratch);

/* The first instant after `after_ms` at which any rule, set or suspension of the adopted packs
 * begins, ends or returns; CIVIL_NEVER_MS when none is known. Within [now, next) a verdict depends
 * on the date only through the facts of the case. */
int64_t law_next_change(const struct law *law, int64_t after_ms);

/* ---- caps over a window ----
 *
 * What acts add up to is not known to the law: its user keeps a counter for each capped rule and
 * each party (site, country) that the rule counts by, and states them in a case (`counters`). */

/* Sums of acts are told up to this many thousandths; beyond it they stay there. */
#define LAW_MILLI_MAX (INT64_MAX / 4)

/* Acts that a placement may be under the adopted packs: bits. */
uint32_t law_placement_acts(const struct law *law);
/* Capped rules whose window is not the single act, in order of id. */
uint32_t law_caps(const struct law *law);
const struct law_rule *law_cap_at(const struct law *law, uint32_t index);
/* Under whose counter an act of the case falls: an id or a country; "" one for all, or unknown. */
struct str law_cap_key(const struct law_rule *rule, const struct law_case *c);

/* An act of the case counts towards a cap. */
struct law_add {
    uint32_t cap; /* law_cap_at */
    int64_t milli; /* thousandths of the cap's unit */
};
/* All caps in force that the case counts towards, whether they bind or not, in order of rule; what
 * may count does, at the most it may be. */
void law_adds(const struct law *law, const struct law_case *c, struct arena *arena,
              struct law_add **adds_out, uint32_t *count_out);
/* What ended at `end_ms` counts under the cap of the rule until this instant. */
int64_t law_cap_until(const struct law_rule *rule, int64_t end_ms);

/* Citation of a rule by id; false when no adopted pack has it. */
bool law_cite(const struct law *law, struct str rule, struct str *cite_out, struct str *title_out);

/* The typed text of a rule; NULL when no adopted pack has it. Borrowed from the law. */
const struct law_rule *law_rule(const struct law *law, struct str id);
/* The adopted packs, in order of id. */
uint32_t law_packs(const struct law *law);
const struct law_pack *law_pack_at(const struct law *law, uint32_t index);

/* How a rule stands on a date. */
enum law_state {
    LAW_STATE_FUTURE, /* not begun */
    LAW_STATE_COMING, /* in force, but its compliance date is still to come */
    LAW_STATE_BINDING,
    LAW_STATE_WARNING, /* in force at a level that does not bind */
    LAW_STATE_UNENFORCED,
    LAW_STATE_SUSPENDED,
    LAW_STATE_ENDED
};
/* `id` must be an adopted rule. */
enum law_state law_rule_state(const struct law *law, struct str id, int64_t on_ms);

/* Digest over the adopted packs in order of id: 64 hex digits, for `rule@digest`. The value is the
 * one the packs carry (computed by the reader of packs, which may hash). */
void law_digests(const struct law *law, struct arena *arena, struct str **lines_out,
                 uint32_t *count_out);

/* Visit the adopted packs (snapshots). A reader must be given a law from law_new. */
void visit_law(struct visit *v, struct law *law);

#endif
