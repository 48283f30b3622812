/* waiting.h - a tenant's classes that wait for room, in queue order, found by what they need at
 * least. Private to src/core.
 *
 * A treap (order.h) whose nodes know the least that any class below them needs: so the next class
 * that could use what has come free is found without asking all of them. A subtree is passed over
 * when even its least needs, taken together, find no room; what is asked of a subtree may be true
 * for it and false for each of its classes, never the other way round.
 *
 * Aragon and Seidel, as order.h; sums over subtrees: Cormen et al., Introduction to Algorithms,
 * chapter "Augmenting data structures". */
#ifndef BERTH_CORE_WAITING_H
#define BERTH_CORE_WAITING_H

#include "core/order.h"

/* No class below needs less. All 0 and all pools: nothing is known. */
struct least {
    uint64_t mem_mb; /* of a node, as cpus and milli */
    int64_t limit_ms; /* how long it may run */
    uint64_t pools; /* in which it may run: bit p % 64 */
    uint32_t milli; /* of chips: 1000 for a whole one */
    uint32_t cpus;
    uint32_t nodes; /* so many of these */
};

struct waiting_node {
    struct waiting_node *left, *right;
    int64_t major;
    uint32_t id;
    uint32_t heap; /* 0: in no tree */
    struct least own, all; /* of the class; of all in the subtree */
};

struct waiting {
    struct waiting_node *root;
    uint32_t count;
};

void waiting_insert(struct waiting *w, struct waiting_node *n, int64_t major, uint32_t id,
                    const struct least *own);
void waiting_remove(struct waiting *w, struct waiting_node *n);

/* Could one that needs this, and whose key is greater than (major, id), do? */
typedef bool waiting_test(const void *of, const struct least *l, int64_t major, uint32_t id);
/* May the class itself have it? */
typedef bool waiting_take(const void *of, struct waiting_node *n);
/* The first node with a key greater than (major, id) that passes both; NULL: none. */
struct waiting_node *waiting_find(const struct waiting *w, int64_t major, uint32_t id,
                                  waiting_test *test, waiting_take *take, const void *of);
/* The first node with a greater key. */
struct waiting_node *waiting_after(const struct waiting *w, int64_t major, uint32_t id);

#endif
