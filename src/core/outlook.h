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
 * it, what is free, when the first of them ends and when all that hold chips have; in each pool the
 * list of nodes on which a claim was made, ended or moved its end; for each (size, pool) that was
 * asked about a bound, an instant before which it cannot fit by those alone, and where that did not
 * decide, the nodes that are ready first, some more than are needed. When asked again, only nodes
 * that changed since are looked at. All are looked at only for a new size, when too many have
 * changed, or when the spare ones are used up.
 *
 * A gang that insists on adjacent nodes or on few switches waits for them in that form: then the
 * ready times of all nodes are kept, and the instant is the one of forms.h.
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
    OUTLOOK_CHANGES = 1024, /* remembered for each pool */
    OUTLOOK_SPARE = 128, /* nodes beyond those needed: how many changes until all are looked at */
    OUTLOOKS_MAX = 16384, /* kept in all, 0.2 KB each, or 3 KB where nodes are listed; then all are
                             dropped */
    OUTLOOK_FORM_NODES = 4 * 1000 * 1000, /* nodes of gangs that insist on a form, each in its pool:
                                             at most 64 MB; then the same */
};

/* A claim's hold on one node. */
struct resident {
    struct resident *next; /* on that node, in no order */
    struct entry *entry;
    uint32_t part;
    bool has_chips;
    int64_t until_ms; /* claim_until_ms; below 0: to be asked when the node is looked at */
};

/* What is known of one node, for all sizes; of one that is not up: nothing is free or will be. */
struct node_outlook {
    int64_t first_ms; /* when the first of its claims ends; CIVIL_NEVER_MS: it has none */
    int64_t idle_ms; /* when all claims that hold chips have ended; 0: there are none */
    uint64_t mem_free;
    uint32_t cpus_free;
    uint16_t chips_free, milli_free; /* whole ones; the most left on one */
};

/* What is known of one pool, for all sizes. */
struct pool_outlook {
    struct resident **on; /* by node */
    struct node_outlook *node;
    uint64_t changes; /* so far */
    uint64_t known; /* of these, taken into `node` */
    uint32_t changed[OUTLOOK_CHANGES]; /* the last nodes that did */
};

struct ready_node {
    int64_t at_ms; /* 0: now; CIVIL_NEVER_MS: not by the end of claims alone */
    uint32_t node;
};

/* The nodes that are ready first for one need, in order; all others come after the last. */
struct ready_list {
    struct ready_node *node; /* NULL: not listed */
    uint32_t count, want, cap;
    bool all; /* no others */
    int64_t bound_ms; /* fewer than `want` nodes are ready before that */
    uint32_t sooner; /* nodes that may be, as far as first_ms and idle_ms tell: at most so many */
};

/* When each node is ready, for a size that insists on a form (forms.h). */
struct ready_form {
    uint32_t nodes; /* of the pool; 0: the size insists on none */
    int64_t *ready[2]; /* by node, for each need; NULL: not known */
    int64_t at_ms; /* the answer, while `is_known` */
    bool is_known;
};

/* One size in one pool. */
struct outlook {
    uint64_t changes; /* of the pool, taken in */
    struct size size;
    bool is_known, is_listed; /* the bounds are; the nodes are */
    struct ready_list list[2];
    struct ready_form form;
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
 * moment. A wall that is there for want of room under a cap, or of a permit, does not count: when
 * others end it goes, and a start promised by it would be put off for nobody who stands before. May
 * lie in the past when an engine is late; CIVIL_NEVER_MS when it does not answer, and while what the
 * claim leaves is for a job in whose favour it was stopped. */
int64_t claim_until_ms(const struct core *c, const struct entry *e);
/* The same for one that would be made now with that limit. */
int64_t claim_would_end_ms(int64_t now_ms, int64_t limit_ms);

/* When the size of the group fits in the pool: 0 now, CIVIL_NEVER_MS not foreseen.
 * The pool takes the size (size_in_pool). */
int64_t outlook_at(struct core *c, struct size_group *g, uint32_t pool);
/* An instant before which it does not, found without listing nodes: equal to outlook_at or less. */
int64_t outlook_bound(struct core *c, struct size_group *g, uint32_t pool);
/* The nodes it would have then; `nodes` has room for size.nodes. */
void outlook_nodes(struct core *c, struct size_group *g, uint32_t pool, uint32_t *nodes);

#endif
