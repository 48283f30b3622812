/* whatif.h - questions about one pool as it would be if these claims were gone.
 *
 * What they hold is given back to the pool itself and noted; the end (or a step back) takes it
 * again, newest first. In between nodes_choose, nodes_fit and all the rest answer for the imagined
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

struct whatif {
    struct pool_nodes *nodes;
    struct claim_part *given;
    size_t count, cap; /* of given */
};

void whatif_begin(struct whatif *w, struct pool_nodes *n);
void whatif_give(struct whatif *w, const struct claim_part *part); /* which is booked */
void whatif_give_claim(struct whatif *w, const struct claim *k); /* all parts of it */
/* Undo all but the first `count` gives: w->count of an earlier moment. */
void whatif_back(struct whatif *w, size_t count);
/* Undo everything and give back the memory. */
void whatif_end(struct whatif *w);

#endif
