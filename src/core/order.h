/* order.h - ordered sets of things that carry their own links: a treap.
 *
 * Keys are (major, minor, id), smallest first; a key occurs once in a set. Most sets need no minor:
 * it is 0 there. A node's place in the heap is a mix of its id, so the shape, like everything else
 * here, is the same in every run. All operations take O(log n) steps for any sequence of ids that
 * is not chosen against the mix.
 *
 * Seidel and Aragon, "Randomized search trees", Algorithmica 16 (1996). */
#ifndef BERTH_CORE_ORDER_H
#define BERTH_CORE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct order_node {
    struct order_node *left, *right;
    int64_t major, minor;
    uint32_t id;
    uint32_t heap; /* 0: in no set */
};

struct order {
    struct order_node *root;
    uint32_t count;
};

/* `n` is in no set; its key is in none of this set's nodes. */
void order_insert(struct order *o, struct order_node *n, int64_t major, uint32_t id);
void order_insert_minor(struct order *o, struct order_node *n, int64_t major, int64_t minor,
                        uint32_t id);
/* `n` is in this set. */
void order_remove(struct order *o, struct order_node *n);
uint32_t order_heap_of(uint32_t id); /* a mix of the id, never 0: its place in the heap */
bool order_holds(const struct order_node *n); /* is it in a set? */
/* The first node, or the first with a key greater than (major, 0, id); NULL: none. */
struct order_node *order_first(const struct order *o);
struct order_node *order_after(const struct order *o, int64_t major, uint32_t id);
/* The first nodes, at most `most`; a walk costs less than asking for each from the root. Gives how
 * many. */
uint32_t order_list(const struct order *o, struct order_node **out, uint32_t most);

/* The struct of type `type` whose member `member` is `node`. */
#define CONTAINER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif
