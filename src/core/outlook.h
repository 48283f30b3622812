/* outlook.h - when a size will fit in a pool, as far as the claims' limits tell. Private to
 * src/core.
 *
 * A node is ready for a need at the first instant at which enough of it is free once every claim
 * has ended by its limit at the latest: 0 when it has room already. A size (at most two needs, the
 * second no larger than the first, size.h) fits as soon as enough nodes are ready for each:
 *
 *     at = max(the count0-th smallest ready time for need 0,
 *              the (count0 + count1)-th smallest for need 1)
 *
 * What is kept, so that an event costs what it changes: on each node the claims that hold part of
 * it; in each pool the list of nodes on which a claim was made, ended or moved its end; for each
 * (size, pool) that was asked about, the nodes that are ready first, some more than are needed.
 * When asked again, only nodes that changed since are worked out anew. The nodes are found anew
 * from all only for a new size, when too many have changed, or when the spare ones are used up.
 *
 * The answer is the exact minimum, by (instant, node), so it does not depend on what was kept. */
#ifndef BERTH_CORE_OUTLOOK_H
#define BERTH_CORE_OUTLOOK_H

#include "core/size.h"

#include <stdbool.h>
#include <stdint.h>

struct core;
struct entry;
struct size_group;

enum {
    OUTLOOK_CHANGES = 256, /* remembered for each pool */
    OUTLOOK_SPARE = 128, /* nodes beyond those needed: how many changes until all are looked at */
    OUTLOOKS_MAX = 4096, /* kept in all, some 3 KB each for small sizes; then all are dropped */
};

/* A claim's hold on one node. */
struct resident {
    struct resident *next; /* on that node, in no order */
    struct entry *entry;
    uint32_t part;
};

/* What is known of one pool, for all sizes. */
struct pool_outlook {
    struct resident **on; /* by node */
    uint64_t changes; /* so far */
    uint32_t changed[OUTLOOK_CHANGES]; /* the last nodes that did */
};

struct ready_node {
    int64_t at_ms; /* 0: now; CIVIL_NEVER_MS: not by the end of claims alone */
    uint32_t node;
};

/* The nodes that are ready first for one need, in order; all others come after the last. */
struct ready_list {
    struct ready_node *node;
    uint32_t count, want, cap;
    bool all; /* no others */
};

/* One size in one pool. */
struct outlook {
    uint64_t changes; /* of the pool, taken in */
    struct size size;
    struct ready_list list[2];
};

void outlooks_init(struct core *c); /* for the present fleet: no claims yet */
void outlooks_release(struct core *c);
void outlooks_drop(struct core *c, struct size_group *g); /* what is kept for that size */

/* The claim is made, ends, or its end has moved. */
void outlook_enter(struct core *c, struct entry *e);
void outlook_leave(struct core *c, struct entry *e);
void outlook_moved(struct core *c, struct entry *e);
void outlook_node(struct core *c, uint32_t pool, uint32_t node); /* its state changed */

/* When the claim ends at the latest, as far as its limit and its wall tell; a stopped one: 1, any
 * moment. May lie in the past when an engine is late; CIVIL_NEVER_MS when it does not answer, and
 * while what the claim leaves is for a job in whose favour it was stopped. */
int64_t claim_until_ms(const struct core *c, const struct entry *e);
/* The same for one that would be made now with that limit. */
int64_t claim_would_end_ms(int64_t now_ms, int64_t limit_ms);

/* When the size of the group fits in the pool: 0 now, CIVIL_NEVER_MS not foreseen, as for a size that
 * insists on few switches (--switches). The pool takes the size (size_in_pool). */
int64_t outlook_at(struct core *c, struct size_group *g, uint32_t pool);
/* The nodes it would have then, right after outlook_at; `nodes` has room for size.nodes. */
void outlook_nodes(const struct core *c, const struct size_group *g, uint32_t pool,
                   uint32_t *nodes);

#endif
