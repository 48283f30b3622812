/* forms.h - when a gang's nodes are ready in the form that it insists on: on adjacent nodes
 * (contiguous.h), on few switches (switches.h), or both.
 *
 * Given when each node is ready for the gang's larger and for its smaller need (outlook.h), the
 * gang can start at the first instant by which enough nodes in that form are: the least t for which
 *
 *     some block of adjacent nodes (on few enough switches), or some set of nodes on few enough
 *     switches, has all its nodes ready for the smaller need by t, and enough for the larger one.
 *
 * More nodes ready never hurt, so t is found by halving; each t asked about costs one look at every
 * node. What is foreseen is what will fit (contiguous_fits, switches_pick).
 *
 * A gang of two different needs on two switches or more may be ready sooner than is foreseen: which
 * switches to take for both needs is a knapsack. It is foreseen where one switch holds it, or where
 * all its nodes could have the larger need. */
#ifndef BERTH_CORE_FORMS_H
#define BERTH_CORE_FORMS_H

#include "core/nodes.h"

/* When nodes are ready, by index: 0 now, CIVIL_NEVER_MS not foreseen. */
struct form_nodes {
    const int64_t *large, *small; /* the same where all needs are equal */
    uint32_t count;
    const struct topology *topology; /* NULL: no switches are stated */
};

/* Does a gang of that size insist on a form there? */
bool form_matters(const struct pool_nodes *n, const struct size *z);
/* The instant, CIVIL_NEVER_MS: not foreseen. `hint`: the answer before, or any instant; it only
 * saves time. */
int64_t form_at(const struct form_nodes *f, const struct size *z, int64_t hint);
/* The nodes, in any order, that are ready in that form by `at`, which form_at gave; out: z->nodes. */
void form_take(const struct form_nodes *f, const struct size *z, int64_t at, uint32_t *out);

#endif
