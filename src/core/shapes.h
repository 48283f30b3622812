/* shapes.h - the nodes of a pool, sorted by what is free on them.
 *
 * Nodes on which the same is free are equal for every rule of placement: they form a shape. A pool
 * of many thousand nodes has few shapes, so a choice looks at shapes, not at nodes. Their order is
 * that of best fit: fewest whole chips free, then least left on chips in part use, then fewest
 * CPUs, then least memory; nodes that are not kept first. It follows from the contents alone.
 *
 * Shapes stand in a treap by that order (see order.h) and on a list; the nodes of a shape are an
 * ordered set by index. A node that changes moves from one shape to another in O(log n). */
#ifndef BERTH_CORE_SHAPES_H
#define BERTH_CORE_SHAPES_H

#include "core/order.h"
#include "model/limits.h"

#include <stdbool.h>

/* What is free on a node. */
struct free_room {
    uint32_t chips; /* whole ones */
    uint32_t cpus;
    uint64_t mem_mb;
    bool is_kept; /* the node is kept for a job (nodes_keep) */
    uint32_t partial_count;
    uint16_t partial[CHIPS_PER_NODE_MAX]; /* milli left on chips in part use, falling */
};

struct shape {
    struct free_room free;
    struct order nodes; /* by index; never empty */
    struct shape *before, *after; /* in order */
    struct shape *left, *right; /* in the treap */
    uint32_t heap;
};

struct shapes {
    struct shape *root, *first, *last;
    uint32_t count;
};

/* Their order: below 0, 0 or above 0. */
int free_room_compare(const struct free_room *a, const struct free_room *b);
void shapes_release(struct shapes *s);
/* Put the node, which is in no shape, where it belongs. Gives its shape. */
struct shape *shapes_enter(struct shapes *s, const struct free_room *free, struct order_node *node,
                           uint32_t index);
/* Take it out; a shape without nodes disappears. */
void shapes_leave(struct shapes *s, struct shape *x, struct order_node *node);
/* The first shape with at least so many whole chips free; NULL: none. */
struct shape *shapes_from(const struct shapes *s, uint32_t chips);

#endif
