/* party.h - who stands behind a party: ultimate parents and holdings through chains of owners.
 *
 * Ultimate parent (its headquarters is what the rules ask for). Where the owners of a party are
 * known, those in force at the date of the case are followed upwards: headquarters X decides when
 * owners whose own ultimate parent is in X hold more than half together. When nobody can, even if
 * every unknown share and headquarters were the worst, the party is its own ultimate parent. In
 * between it is unknown. Where owners are not given, what the case states is taken.
 *
 * Holdings (15 CFR 744.11, the "50 %" rule, and its like): a party is held by the listed when
 * owners that count have at least (or more than) the threshold together. An owner counts, with its
 * whole share, when it is on one of the lists or is itself so held. An unknown share lies between
 * nothing and what the known shares leave.
 *
 * A cycle of owners, and a chain longer than LAW_OWNER_DEPTH_MAX, are unknown; readers refuse the
 * former. Pure; memory from the arena of the case. */
#ifndef BERTH_LAW_PARTY_H
#define BERTH_LAW_PARTY_H

#include "base/str.h"
#include "law/case.h"
#include "law/pack.h"

enum {
    LAW_OWNER_DEPTH_MAX = 64, /* bounds the recursion; real groups are below 20 */
    LAW_PPM = 1000000
};

enum law_truth { LAW_NO, LAW_YES, LAW_MAYBE };

/* A party of the case and what was computed of it. */
struct law_node {
    const struct law_party *party; /* NULL: a role that is absent */
    struct str ultimate_hq; /* when done; "" unknown */
    uint8_t state; /* 0 not computed, 1 being computed, 2 done */
};

/* What is known of one ownership test, by node: 0 not computed, 1 being computed, 2 + law_truth. */
struct law_held {
    const struct law_ownership *test;
    uint8_t *states;
    struct law_held *next;
};

/* Nodes: the roles in order of enum law_role, the intermediaries, the further parties. */
struct law_parties {
    const struct law_case *c;
    struct arena *arena;
    struct law_node *nodes;
    uint32_t count;
    uint32_t *by_id; /* nodes with an id, sorted by id, then by index; made when first needed */
    uint32_t by_id_count;
    bool is_indexed;
    struct law_held *held;
};

void law_parties_init(struct law_parties *ps, const struct law_case *c, struct arena *arena);

static inline uint32_t law_node_intermediary(uint32_t i)
{
    return ROLE_COUNT + i;
}
static inline uint32_t law_node_party(const struct law_case *c, uint32_t i)
{
    return ROLE_COUNT + c->intermediary_count + i;
}

/* Headquarters of the ultimate parent; "" unknown. */
struct str law_parties_ultimate_hq(struct law_parties *ps, uint32_t node);

/* Is the party held by the listed? */
enum law_truth law_parties_held(struct law_parties *ps, const struct law_ownership *o,
                                uint32_t node);

/* For people. How the ultimate parent was found: "held 60 % by holding, held 100 % by top"; nothing
 * when the party is its own. */
void law_parties_put_path(struct law_parties *ps, uint32_t node, struct buf *out);
/* Why it is not known: "the share of fund in holding is not known". */
void law_parties_put_gap(struct law_parties *ps, uint32_t node, struct buf *out);
/* Which owners count: "26 % l1 (XA-LIST), 26 % l2 (XA-MIL): 52 %". */
void law_parties_put_holders(struct law_parties *ps, const struct law_ownership *o, uint32_t node,
                             struct buf *out);
/* What keeps the holding from being known. */
void law_parties_put_held_gap(struct law_parties *ps, const struct law_ownership *o, uint32_t node,
                              struct buf *out);

/* "52 %", "33.3 %". */
void law_put_percent(struct buf *out, int64_t ppm);

/* True when [from, to) holds `on`; 0 is open. */
static inline bool law_in_span(int64_t from_ms, int64_t to_ms, int64_t on_ms)
{
    return (from_ms == 0 || from_ms <= on_ms) && (to_ms == 0 || on_ms < to_ms);
}

#endif
