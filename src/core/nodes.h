/* nodes.h - the nodes of one pool: what is free on each, and the best ones for a job.
 *
 * Best fit: among the nodes that satisfy a need, those with the fewest free chips (in pools without
 * chips: with the least free CPUs, in 64ths of a node), then the lowest index. So large holes stay
 * whole for large jobs, and the choice depends on the state alone.
 *
 * A node's key is that measure, 0..63 (64 free chips count as 63 here; the need is compared
 * exactly). Nodes that are down or drained have none. Over the array of nodes stands a tree of
 * fan-out 16: each inner node knows the set of keys below it and the most free CPUs and memory of
 * any one node, so a search descends only where an answer can be. A change rewrites one path. */
#ifndef BERTH_CORE_NODES_H
#define BERTH_CORE_NODES_H

#include "core/core.h"
#include "core/size.h"

enum { NODES_LEVELS_MAX = 6 }; /* 16^6 > NODES_PER_POOL_MAX */

struct node {
    uint64_t chip_mask; /* in use */
    uint64_t mem_mb; /* in use */
    uint32_t cpus; /* in use */
    int state; /* enum node_state */
};

struct node_sum {
    uint64_t keys;
    uint64_t mem_free;
    uint32_t cpus_free;
};

struct pool_nodes {
    uint32_t count;
    uint32_t chips_per_node, cpus_per_node;
    uint64_t mem_mb_per_node;
    uint32_t cpus_max; /* of a node; UINT32_MAX where the pool does not count them */
    uint64_t mem_max;
    struct node *node;
    struct node_sum *sum[NODES_LEVELS_MAX]; /* sum[0][i]: nodes 16 i .. 16 i + 15 */
    uint32_t level_count;
    uint32_t by_key[64]; /* how many nodes have that key */
    struct pool_use use;
    uint32_t chips_free; /* on nodes that are up */
};

void nodes_init(struct pool_nodes *n, const struct pool *p);
void nodes_release(struct pool_nodes *n);

/* Book what one part of a claim holds, or give it back. What is booked is free, what is given back
 * is booked. */
void nodes_take(struct pool_nodes *n, const struct claim_part *part);
void nodes_give(struct pool_nodes *n, const struct claim_part *part);
bool nodes_is_free(const struct pool_nodes *n, const struct claim_part *part);
void nodes_set_state(struct pool_nodes *n, uint32_t node, int state);

/* Does that size fit now? If so, *waste_out gets the chips that stay free on the best nodes, and
 * parts_out (z->nodes elements, in order of node; may be NULL) what the job would hold. */
bool nodes_choose(const struct pool_nodes *n, const struct size *z, struct claim_part *parts_out,
                  uint32_t *waste_out);
/* The same question without the choice: cheaper where only the answer counts. core/whatif.h asks it
 * of a pool as it would be. */
bool nodes_fit(const struct pool_nodes *n, const struct size *z);

uint32_t nodes_up(const struct pool_nodes *n);
/* How many nodes that are up can hold `each` now, counted up to `enough`. */
uint32_t nodes_that_fit(const struct pool_nodes *n, const struct need *each, uint32_t enough);

#endif
