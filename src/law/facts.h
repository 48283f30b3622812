/* facts.h - the facts of a case as values of the rule language.
 *
 * Every fact of law/case.h has a variable: a slot of the schema below. Values are made when a rule
 * first reads them, so a case pays only for what the law asks. Unknown facts are CEL unknowns that
 * carry their path. */
#ifndef BERTH_LAW_FACTS_H
#define BERTH_LAW_FACTS_H

#include "law/case.h"
#include "law/cel/cel.h"
#include "law/party.h"

enum law_slot {
    SLOT_ON,
    SLOT_ACT,
    SLOT_ACTS,
    SLOT_FROM,
    SLOT_TO,
    SLOT_CHIP,
    SLOT_AMOUNT,
    SLOT_CHAIN,
    SLOT_LINKS,
    SLOT_PARTIES,
    SLOT_SITE,
    SLOT_END_USE,
    SLOT_DATA,
    SLOT_ACQUIRED,
    SLOT_EVIDENCE,
    SLOT_PERMITS,
    SLOT_FLEET,
    SLOT_ROW, /* only inside a ratio's share_of */
    SLOT_FACTS
};
/* Declarations of the facts, by slot. */
extern const struct cel_decl law_fact_decls[SLOT_FACTS];
/* The type of an ownership test: bools `any`, `intermediaries` and one for each role. */
extern const struct cel_type law_ownership_type;

/* Fields of `chip` that are quantities with an error bar; they are its first fields. */
enum { CHIP_QUANTITIES = 12 };
/* Index of the quantity named by a path ("chip.tpp"), or -1. */
int law_chip_quantity(struct str path);
extern const char *const law_chip_quantity_names[CHIP_QUANTITIES];
const struct quantity *law_chip_quantity_of(const struct chip *c, int index);

struct law_facts {
    const struct law_case *c;
    struct arena *arena;
    struct law_parties parties;
    uint32_t built; /* bits of enum law_slot */
    struct cel_value slots[SLOT_FACTS];
    struct cel_value *chip; /* fields of the case's chip; the first may be set to corners of bars */
    uint32_t bars; /* bits of the quantities of the chip whose bar is not a point */
    const struct cel_value **party_values; /* by node, as objects; NULL: not made */
};

/* `c` and `arena` are borrowed for as long as the facts are used. */
void law_facts_init(struct law_facts *f, const struct law_case *c, struct arena *arena);

/* Make the values of these slots (bits), where they are not made yet. SLOT_ACT is set by
 * law_facts_set_act, SLOT_ROW by law_facts_row. */
void law_facts_build(struct law_facts *f, uint32_t slots);
void law_facts_set_act(struct law_facts *f, enum law_act act);

/* The path of a row of one of the case's fleets: "fleet.chips[0]", of another than the first
 * "fleet(owner).chips[0]"; `suffix` from the bracket on. */
struct str law_facts_row_path(struct law_facts *f, const struct law_fleet *fleet, uint32_t index,
                              const char *suffix);
/* That row as the value of `row`. */
struct cel_value law_facts_row(struct law_facts *f, const struct law_fleet *fleet, uint32_t index);

/* The ownership test over the chain of the case. */
struct cel_value law_facts_ownership(struct law_facts *f, const struct law_ownership *o);

/* Node (law/party.h) that a path such as "chain.tenant.hq" or "chain.intermediaries[1].lists"
 * speaks of, or NO_INDEX. */
uint32_t law_facts_node(const struct law_case *c, struct str path);

#endif
