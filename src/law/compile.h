/* compile.h - rule packs made ready for evaluation. Internal to src/law.
 *
 * A pack has one schema: the facts (law/facts.h), then its sets, ownership tests and lets, each a
 * slot. Each expression knows which facts and which slots of the pack it depends on, so that only
 * those are computed for a case. */
#ifndef BERTH_LAW_COMPILE_H
#define BERTH_LAW_COMPILE_H

#include "law/facts.h"
#include "law/law.h"
#include "law/pack.h"

/* A number that a comparison of the expression sets against a quantity of the chip. */
struct code_bound {
    int quantity;
    double at;
};

/* A compiled expression and what it depends on, lets looked through. */
struct code {
    const struct cel_expr *expr; /* NULL: there is none */
    uint32_t facts; /* bits of enum law_slot */
    uint32_t quantities; /* bits of the chip's quantities */
    uint32_t *deps; /* slots of the pack, each after those it needs itself */
    uint32_t dep_count;
    struct code_bound *bounds; /* of this expression, without those of its lets */
    uint32_t bound_count;
};

/* The members of a set from one date to the next. */
struct set_segment {
    int64_t from_ms; /* CIVIL_ALWAYS_MS: since ever */
    struct cel_value list;
};

struct set {
    const struct law_set *def;
    struct set_segment *segments; /* in order of date; at least one */
    uint32_t segment_count;
};

struct let {
    const struct law_let *def;
    struct code code;
};

struct rule {
    const struct law_rule *def;
    const struct pack *pack;
    struct code when, sum, share_of;
    struct rule **exceptions; /* rules that lower this one, in order of id */
    uint32_t exception_count;
    uint32_t index; /* in law->rules */
    int64_t start_ms;
    bool is_dated; /* reads a set whose members change with the date */
};

struct implied {
    const struct law_implied *def;
    struct code when;
};

struct pack {
    struct arena arena; /* owns everything below */
    struct law_pack def;
    uint32_t index; /* in law->packs */
    struct cel_schema schema;
    uint32_t set_slot, ownership_slot, let_slot, slot_count;
    struct set *sets;
    struct let *lets;
    struct rule *rules; /* in order of id */
    struct implied *acts;
    bool has_dated_acts; /* they read a set whose members change with the date */
};

struct law {
    uint32_t bind; /* bits of enum law_level */
    struct pack **packs; /* in order of id */
    uint32_t pack_count;
    size_t pack_cap;
    struct rule **rules; /* of all packs, in order of id */
    uint32_t rule_count;
    size_t rule_cap;
    const struct rule **caps; /* those with a cap over a window, in order of id */
    uint32_t cap_count;
    size_t cap_cap;
    uint32_t placement_acts; /* bits of enum law_act */
};

typedef void law_report(void *ctx, const struct law_place *at, const char *text);

/* Check `p->def` and compile it into `p->arena`. Reports every fault; true when there was none.
 * What was compiled of a pack with faults must not be used. */
bool pack_compile(struct pack *p, law_report *report, void *ctx);

/* check.c: what needs no compiler. Returns the number of faults. */
uint32_t pack_check_shape(const struct law_pack *p, law_report *report, void *ctx);

/* check_words.c: facts compared with words that none of them can be. The same; `p` is compiled. */
uint32_t pack_check_words(const struct pack *p, law_report *report, void *ctx);

/* True when the rule is in force at `on`: begun, not ended, not suspended. */
bool rule_in_force(const struct rule *r, int64_t on_ms);
/* True when it also binds under the levels of `bind`: enforced and past its compliance date. */
bool rule_binds(const struct rule *r, int64_t on_ms, uint32_t bind);
/* The first date after `after_ms` on which that may change, CIVIL_NEVER_MS: none; when one of the
 * pack's sets changes. */
int64_t rule_next_date(const struct rule *r, int64_t after_ms);
int64_t pack_next_set(const struct pack *p, int64_t after_ms);
/* *best becomes `ms`, where that is a date (not 0) between. */
static inline void law_nearer(int64_t ms, int64_t after_ms, int64_t *best)
{
    if (ms > after_ms && ms < *best && ms != 0) *best = ms;
}
struct cel_value set_members(const struct set *s, int64_t on_ms);

#endif
