/* pack.h - the typed content of a rule pack: what a folder law/NAME/ says.
 *
 * Format and meaning: docs/law-language.md. A pack is read from YAML by read/pack_yaml.h, which
 * also computes its digest; it enters the core as an event and is adopted by law_adopt (law/law.h).
 * Examples of rules are tests, not law: they stay with the reader.
 *
 * Dates are instants in ms UTC; 0 means "not stated". Every interval of the law is half open: it
 * holds from its `from` until just before its `to` or `until`. Expressions are CEL (law/cel/cel.h)
 * as written. Everything is borrowed from the arena the pack was read into. */
#ifndef BERTH_LAW_PACK_H
#define BERTH_LAW_PACK_H

#include "base/visit.h"

/* How much of everything one pack may hold; over it is ERR_LIMIT. */
enum {
    LAW_RULES_MAX = 1000, /* the largest national pack has some 40 */
    LAW_SETS_MAX = 500,
    LAW_LETS_MAX = 500,
    LAW_OWNERSHIPS_MAX = 64,
    LAW_ACTS_MAX = 64, /* entries of the map from placements to acts */
    LAW_MEMBERS_MAX = 10000, /* of one set: the lists of parties are the long ones */
    LAW_SPANS_MAX = 32, /* suspensions of one rule */
    LAW_NAMES_MAX = 64, /* evidence, lowered rules, questions, notes of one thing */
    LAW_EXPR_LEN_MAX = 16384, /* bytes of one expression; the longest in use is some 600 */
    LAW_TEXT_LEN_MAX = 4096, /* bytes of a title, citation, note */
};

/* [from, to); 0: open on that side. */
struct law_span {
    int64_t from_ms, to_ms;
    struct str reason;
};

/* A country, list or other word that is in a set for a time. */
struct law_member {
    struct str is;
    int64_t from_ms, until_ms;
    struct str cite;
};

/* Where a statement comes from. */
struct law_source {
    struct str cite; /* as a lawyer cites it */
    struct str source; /* address of a public text */
    int64_t read_ms; /* the day it was read */
    struct str confidence; /* high medium low */
    struct str basis; /* verbatim firm press memory */
    struct str note;
};

/* In expressions a set is a list(string): its members on the date of the case. */
struct law_set {
    struct str name, title;
    struct law_source source;
    struct law_member *members;
    uint32_t member_count;
};

/* A named expression; may use sets, ownerships and other lets of its pack, not itself. */
struct law_let {
    struct str name, title, is;
};

/* Is a party held, directly or through others, by parties on one of `lists` with at least (strict:
 * more than) `threshold_ppm` in aggregate? An owner that is itself so held counts wholly. In
 * expressions an object with one bool for each role, `intermediaries` and `any`. */
struct law_ownership {
    struct str name, title;
    struct law_source source;
    struct str *lists;
    uint32_t list_count;
    int32_t threshold_ppm;
    bool strict;
};

/* What a rule demands: `then`. */
struct law_require {
    int effect; /* enum law_effect, not unresolved */
    int policy; /* enum law_policy, of a licence */
    uint32_t days; /* of a notice: how long before the act */
    struct str authority;
    struct str *evidence; /* of a notice or condition: names that meet it together */
    uint32_t evidence_count;
};

/* What to ask when a fact is unknown. */
struct law_question {
    struct str fact, ask;
};

/* In [from, to) it is not known whether the rule is in force: its end or return is contested, or
 * nobody has read what became of it. Where it would apply, the verdict is unresolved, until one of
 * two words is on record as evidence. */
struct law_doubt {
    bool present;
    int64_t from_ms, to_ms;
    struct str ask; /* the question to clear up */
    struct str confirmed_by, denied_by; /* evidence: it is in force, it is not */
};

/* At most `at_most_milli` thousandths of `unit`, summed over acts of one `by` in one window. An act
 * that lasts (a job holding chips) counts while it lasts; afterwards it counts to the end of the
 * calendar year (UTC) in which it ended, for ever, for so many whole days more, or no longer
 * (`held`). */
enum law_window { WINDOW_ACT, WINDOW_YEAR, WINDOW_EVER, WINDOW_DAYS, WINDOW_HELD, WINDOW_COUNT };
extern const char *const law_window_names[WINDOW_COUNT];

struct law_cap {
    bool present;
    struct str sum; /* expression: what this act adds; a number */
    struct str by; /* whose counter: a role of the chain, "site", "country" (where the act ends), or
                      "all" (one for all); of WINDOW_ACT also "case" */
    int window; /* enum law_window */
    uint32_t days; /* of WINDOW_DAYS */
    int64_t at_most_milli;
    struct str unit;
};

/* The share of the rows of `fleet` for which `share_of` holds, by number of chips or by TPP. */
enum law_bound { BOUND_AT_LEAST, BOUND_MORE_THAN, BOUND_AT_MOST, BOUND_LESS_THAN, BOUND_COUNT };
extern const char *const law_bound_names[BOUND_COUNT];
enum law_unit { UNIT_CHIPS, UNIT_TPP, UNIT_COUNT };
extern const char *const law_unit_names[UNIT_COUNT];

struct law_ratio {
    bool present;
    struct str share_of; /* expression over `row` and the facts */
    struct str per; /* must equal fleet.scope: "site", "operator" ... */
    int unit; /* enum law_unit */
    int bound; /* enum law_bound */
    int32_t bound_ppm;
};

/* What a permit under the rule must cover. */
enum law_permit_count {
    PERMIT_CHIPS,
    PERMIT_PERSONS,
    PERMIT_TPP,
    PERMIT_NOTHING,
    PERMIT_NONE,
    PERMIT_COUNT
};
extern const char *const law_permit_count_names[PERMIT_COUNT];

struct law_rule {
    struct str id, title;
    struct str law; /* jurisdiction; the pack's where the rule states none */
    int level; /* enum law_level */
    int64_t published_ms, effective_ms, compliance_ms, until_ms;
    struct law_span *suspended;
    uint32_t suspended_count;
    bool unenforced; /* in the text, but its authority says it does not enforce it */
    struct law_span unenforced_when; /* reason: its words */
    struct law_doubt doubt;
    uint32_t acts; /* bits of enum law_act */
    struct str when; /* expression: bool; "" always */
    int64_t grandfather_ms; /* chips acquired before are not reached; 0: no such clause */
    struct law_require then;
    struct str *lowers; /* ids of rules of this pack: then this rule is an exception to them */
    uint32_t lower_count;
    struct str *needs; /* evidence without which an exception does not lower */
    uint32_t need_count;
    int32_t cost_percent; /* a duty or levy on the value, 0..1000 */
    struct str report, record; /* what must be reported or kept, in words; "" nothing */
    int permit; /* enum law_permit_count: what a permit counts; PERMIT_NONE: none can meet it */
    struct str *holders; /* roles that may hold the permit; empty: any party of the chain */
    uint32_t holder_count;
    struct law_cap cap;
    struct law_ratio ratio;
    struct law_question *questions;
    uint32_t question_count;
    struct law_source source;
};

/* "A placement is also this act when": an entry of the map from placements to acts. */
struct law_implied {
    int act; /* enum law_act */
    struct str when;
    struct law_source source;
};

struct law_pack {
    struct str id;
    struct str digest; /* 64 hex digits: SHA-256 of the pack's canonical CBOR without this field;
                          set by the reader */
    struct str title, jurisdiction;
    struct str *notes; /* what is not known, in words */
    uint32_t note_count;
    struct law_set *sets;
    uint32_t set_count;
    struct law_let *lets;
    uint32_t let_count;
    struct law_ownership *ownerships;
    uint32_t ownership_count;
    struct law_rule *rules;
    uint32_t rule_count;
    struct law_implied *acts;
    uint32_t act_count;
};

void visit_law_pack(struct visit *v, struct law_pack *p);

/* Where in a pack a fault is. `member` names the key ("when", "until", "members"), or "". */
enum law_part { PART_PACK, PART_SET, PART_LET, PART_OWNERSHIP, PART_RULE, PART_ACT };
struct law_place {
    enum law_part part;
    uint32_t index;
    const char *key;
};

/* Everything that must hold beyond the shape: names unique and well formed, dates in order, sets
 * that name somebody, exceptions that name rules of this pack without a cycle, levels that only
 * tighten, expressions that compile with the right type and compare facts with words that they can
 * be. Calls `report` once for each fault; true when there was none. */
bool law_pack_check(const struct law_pack *p,
                    void (*report)(void *ctx, const struct law_place *at, const char *text),
                    void *ctx);

#endif
