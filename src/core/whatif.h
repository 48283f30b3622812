/* whatif.h - questions about one pool as it would be: if these claims were gone, if those were
 * made.
 *
 * The gives and takes are applied to the pool itself and noted; the end (or a step back) undoes
 * them, newest first. In between nodes_choose, nodes_fit and all the rest answer for the imagined
 * pool, at their usual speed and with their usual rule, so that what is foreseen is what will be
 * chosen. Nothing else may change the pool meanwhile, and no step may end within a what-if.
 *
 *     struct whatif w;
 *     whatif_begin(&w, &c->pools[p]);
 *     whatif_give_claim(&w, victim->job.claim);
 *     bool fits = nodes_fit(&c->pools[p], &z);
 *     whatif_end(&w); */
#ifndef BERTH_CORE_WHATIF_H
#define BERTH_CORE_WHATIF_H

#include "core/nodes.h"

#include <stddef.h>

struct whatif_change {
    struct claim_part part;
    bool is_take;
};

struct whatif {
    struct pool_nodes *nodes;
    struct whatif_change *changes;
    size_t count, cap;
};

void whatif_begin(struct whatif *w, struct pool_nodes *n);
/* What is given back is booked, what is taken is free (nodes.h). */
void whatif_give(struct whatif *w, const struct claim_part *part);
void whatif_take(struct whatif *w, const struct claim_part *part);
void whatif_give_claim(struct whatif *w, const struct claim *k); /* all parts of it */
/* Book the best nodes for that size; false: it does not fit, and nothing has changed. */
bool whatif_place(struct whatif *w, const struct size *z);
/* Undo all but the first `count` changes: w->count of an earlier moment. */
void whatif_back(struct whatif *w, size_t count);
/* Undo everything and give back the memory. */
void whatif_end(struct whatif *w);

#endif
