/* nodes.h - the nodes of one pool: what is free on each, and the best ones for a job.
 *
 * The best nodes are those that the packing rule (fit.h) prefers under the workload that the pool
 * has seen (seen.h); where the rule sees no difference, and before the first claim, best fit: the
 * order of shapes (shapes.h), then the lowest index. So large holes stay whole for large jobs. The
 * choice depends on the state alone, and a job that fits is never refused.
 *
 * The rule looks at shapes, the SHAPES_LOOKED_MAX tightest that could do. Where those do not hold
 * enough nodes and there are more, and in pools without chips, best fit by key decides: among the
 * nodes that satisfy a need, those with the lowest key, then the lowest index. A node's key is how
 * many whole chips are free, 0..63 (64 count as 63 here; the need is compared exactly), in pools
 * without chips its free CPUs in 64ths of a node. Over the array of nodes stands a tree of fan-out
 * 16: each inner node knows the set of keys below it and, for each kind of keys (at most 16 kinds),
 * the most CPUs, memory and part of a chip free on any one node, so a search descends only where an
 * answer can be. A change rewrites one path.
 *
 * Nodes that are down or drained have neither shape nor key. Where the pool has switches, those are
 * chosen first for jobs of several nodes (switches.h); a gang that wants adjacent nodes gets the
 * best block of them (contiguous.h). */
#ifndef BERTH_CORE_NODES_H
#define BERTH_CORE_NODES_H

#include "core/core.h"
#include "core/seen.h"
#include "core/shapes.h"
#include "core/size.h"
#include "model/topology.h"

enum {
    NODES_LEVELS_MAX = 6, /* 16^6 > NODES_PER_POOL_MAX */
    SHAPES_LOOKED_MAX = 64, /* scored for one choice: bounds it to some 20 us */
    KEY_KINDS_MAX = 16, /* neighbouring keys are one kind where there are more */
    SHAPES_COUNTED_MAX = 1024, /* looked at to tell whether a job fits: some 20 us */
};

struct node {
    uint64_t chip_mask; /* in use, wholly or in part */
    uint64_t mem_mb; /* in use */
    uint32_t cpus; /* in use */
    int state; /* enum node_state */
    bool is_kept;
    struct order_node in_shape;
    struct shape *shape; /* NULL: not up, or the pool has no chips */
};

/* The most of it on any one node with a key of that kind. */
struct node_most {
    uint64_t mem_free;
    uint32_t cpus_free;
    uint32_t milli_free; /* on one chip */
};

struct pool_nodes {
    uint32_t count;
    uint32_t chips_per_node, cpus_per_node;
    uint64_t mem_mb_per_node;
    uint32_t cpus_max; /* of a node; UINT32_MAX where the pool does not count them */
    uint64_t mem_max;
    struct node *node;
    uint16_t *milli; /* in use, by node and chip; NULL where chips are not shared */
    uint64_t *keys[NODES_LEVELS_MAX]; /* keys[0][i]: a set of bits, of nodes 16 i .. 16 i + 15 */
    struct node_most *most[NODES_LEVELS_MAX]; /* the same by kind of key */
    uint32_t key_kinds;
    uint32_t level_count;
    uint32_t by_key[64]; /* how many nodes have that key */
    const struct topology *topology; /* the pool's, which outlives this; NULL: not stated */
    uint32_t *on_leaf; /* by leaf and whole chips free: how many nodes that are up */
    struct shapes shapes;
    struct pool_use use;
    uint32_t chips_free; /* whole ones, on nodes that are up */

    struct seen seen; /* stored */
    struct fit_workload expected; /* follows from it; meaningless while it is empty */
    struct arena expected_arena;
};

/* The pool's topology is borrowed until nodes_release. */
void nodes_init(struct pool_nodes *n, const struct pool *p);
void nodes_release(struct pool_nodes *n);

/* Book what one part of a claim holds, or give it back. What is booked is free, what is given back
 * is booked. */
void nodes_take(struct pool_nodes *n, const struct claim_part *part);
void nodes_give(struct pool_nodes *n, const struct claim_part *part);
bool nodes_is_free(const struct pool_nodes *n, const struct claim_part *part);
void nodes_set_state(struct pool_nodes *n, uint32_t node, int state);
/* Keep the node for a job, or no longer: needs that say `beside_kept` then find it full (reserve.h). */
void nodes_keep(struct pool_nodes *n, uint32_t node, bool keep);

/* Does that size fit now? If so, *waste_out gets the whole chips that stay free on the best nodes,
 * and parts_out (z->nodes elements, in order of node; may be NULL) what the job would hold. */
bool nodes_choose(const struct pool_nodes *n, const struct size *z, struct claim_part *parts_out,
                  uint32_t *waste_out);
/* The same question without the choice: cheaper where only the answer counts. core/whatif.h asks it
 * of a pool as it would be. */
bool nodes_fit(const struct pool_nodes *n, const struct size *z);

/* A claim of that size was made: from now on more like it are expected. */
void nodes_note(struct pool_nodes *n, const struct size *z);
/* The same workload as another pool has seen (with as many chips on a node), or that was stored. */
void nodes_expect(struct pool_nodes *n, const struct seen *seen);

/* What the placement strands: by how many milli the room that the expected workload cannot use (part
 * F of fit.h) grows on these nodes, all together; 0 where it shrinks, and in a pool that has seen no
 * claim. The parts are free. */
int64_t nodes_stranded(const struct pool_nodes *n, const struct claim_part *parts, uint32_t count);

uint32_t nodes_up(const struct pool_nodes *n);
/* How many nodes that are up can hold `each` now, counted up to `enough`. */
uint32_t nodes_that_fit(const struct pool_nodes *n, const struct need *each, uint32_t enough);

/* The lowest node from `from` on that is up and can hold `each` now; NO_INDEX: none. */
uint32_t nodes_next(const struct pool_nodes *n, const struct need *each, uint32_t from);

/* ---- of one node, for nodes_choose.c and tests ----------------------------------------------- */

uint32_t node_chips_free(const struct pool_nodes *n, uint32_t i); /* whole ones */
uint32_t node_milli_used(const struct pool_nodes *n, uint32_t i); /* of all its chips */
/* Milli left on the chip. */
uint32_t node_chip_left(const struct pool_nodes *n, uint32_t i, uint32_t chip);
bool node_fits(const struct pool_nodes *n, uint32_t i, const struct need *each); /* now */
void node_free(const struct pool_nodes *n, uint32_t i, struct free_room *out);
uint32_t nodes_key(const struct pool_nodes *n, uint32_t chips, uint32_t cpus);
uint32_t node_key(const struct pool_nodes *n, uint32_t i);
uint32_t nodes_key_kind(const struct pool_nodes *n, uint32_t key);

#endif
