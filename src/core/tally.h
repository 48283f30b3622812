/* tally.h - would a size fit in a pool if some of its claims were gone?
 *
 * For the search of victims (preempt_search.h), which asks that many times for one job, while it lets
 * claims go and come again. A size fits where enough nodes can hold each of its needs. So the nodes
 * that can are counted once, in the pool as it is; after that only nodes of the claims that go or
 * come are looked at, each a small copy beside the pool, whose indexes stay as they are. A claim costs
 * its own nodes, a question nothing.
 *
 * A size that insists on a form (adjacent nodes, few switches) is not decided by a count: then the
 * claims are given back to the pool itself, and the pool is asked (nodes_fit). Either way nothing
 * else may change the pool meanwhile, and all that went must be there again at the end.
 *
 * The answer is that of nodes_fit on the pool without these claims. */
#ifndef BERTH_CORE_TALLY_H
#define BERTH_CORE_TALLY_H

#include "core/limits.h"
#include "core/nodes.h"

#include <stddef.h>

enum {
    TALLY_SLOTS = 4 * PREEMPT_PARTS_MAX, /* a power of two: at most a quarter is in use */
};

/* A node that a claim touched, as it would be. */
struct tally_node {
    uint32_t node;
    uint32_t cpus; /* in use, as the next two */
    uint64_t mem_mb;
    uint64_t chip_mask;
    bool is_up, is_kept;
    bool does[2]; /* it can hold each of the two needs */
};

struct tally {
    struct pool_nodes *pool;
    const struct size *size; /* borrowed until the end */
    bool by_form;
    uint32_t does[2]; /* nodes that can hold each need; of those that could from the beginning as
                         many as are wanted */
    struct tally_node *node;
    size_t count, cap; /* of node; at most PREEMPT_PARTS_MAX */
    uint16_t *milli; /* in use, by node and chip; NULL where chips are not shared */
    size_t milli_cap;
    uint16_t slot[TALLY_SLOTS]; /* by hash of the node: its place in `node`, from 1; 0: none */
};

void tally_begin(struct tally *t, struct pool_nodes *n, const struct size *z);
/* The claim, which is booked, goes; it comes again. Together those that ever go have at most
 * PREEMPT_PARTS_MAX nodes. */
void tally_give(struct tally *t, const struct claim *k);
void tally_take(struct tally *t, const struct claim *k);
bool tally_fits(const struct tally *t);
/* All that went is there again. */
void tally_end(struct tally *t);

#endif
