/* switches.h - where the gangs of a pool go when its nodes hang on switches.
 *
 * A pool may say which of its nodes hang on one switch, and which switches below others
 * (model/topology.h). Links below one switch are shorter and not shared with others, so a job of
 * several nodes goes, in this order,
 *
 *   1  to one leaf: among those that hold it, the one with the fewest nodes that are up and have
 *      enough whole chips free, then the lowest;
 *   2  to the leaves below one switch, of the lowest level that has one which holds it: the switch
 *      below which it takes the fewest leaves, then the one with the fewest such nodes, then the
 *      lowest;
 *   3  to any leaves, as few as hold it.
 *
 * In 2 and 3 the leaves with the most nodes that hold the job's smaller need are taken first, and
 * the last is replaced by the one with the fewest that still suffices. Where all nodes of the job
 * need the same, no choice takes fewer; where they do not, those with the most nodes that hold the
 * larger need are taken if they hold as many as the job has, and are fewer. Among the nodes of the switches the packing rule decides,
 * then the index. This is the habit of Slurm's topology/tree. A job of one node goes anywhere.
 *
 * What a job bounds with --switches is the number of leaves.
 *
 * Cost: a look at a counter for each leaf; at the nodes of the leaves that may do; only where no
 * switch holds the job, at all nodes of the pool. */
#ifndef BERTH_CORE_SWITCHES_H
#define BERTH_CORE_SWITCHES_H

#include "core/nodes.h"

/* Does the topology matter for that size? */
bool switches_matter(const struct pool_nodes *n, const struct size *z);
/* The leaves that the job goes to, from mem_alloc, the caller's to free. False: it does not fit,
 * or not on as few as z->switches_max (0: any number). */
bool switches_pick(const struct pool_nodes *n, const struct size *z, uint32_t **list_out,
                   uint32_t *count_out);

/* The leaf with the most nodes that can hold the job's smaller need now, the lowest of equals, and
 * how many it has. */
uint32_t switches_most(const struct pool_nodes *n, const struct size *z, uint32_t *nodes_out);

#endif
