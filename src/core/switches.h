/* switches.h - where the gangs of a pool go when its nodes hang on switches.
 *
 * A pool may state that so many consecutive nodes of its list hang on one switch, and so many
 * consecutive switches on one spine (model/fleet.h). Links below one switch are shorter and not
 * shared with others, so a job of several nodes goes, in this order,
 *
 *   1  to one switch: among those that hold it, the one with the fewest nodes that are up and have
 *      enough whole chips free, then the lowest;
 *   2  to the switches of one spine: the spine on which it takes the fewest of them, then the one
 *      with the fewest such nodes, then the lowest;
 *   3  to any switches, as few as hold it.
 *
 * In 2 and 3 the switches with the most nodes that hold the job's smaller need are taken first, and
 * the last is replaced by the one with the fewest that still suffices. Where all nodes of the job
 * need the same, no choice takes fewer. Among the nodes of the switches the packing rule decides,
 * then the index. This is the habit of Slurm's topology/tree. A job of one node goes anywhere.
 *
 * Cost: a look at a counter for each switch; at the nodes of the switches that may do; only where
 * no switch holds the job, at all nodes of the pool. */
#ifndef BERTH_CORE_SWITCHES_H
#define BERTH_CORE_SWITCHES_H

#include "core/nodes.h"

/* Does the topology matter for that size? */
bool switches_matter(const struct pool_nodes *n, const struct size *z);
/* The switches that the job goes to, from mem_alloc, the caller's to free. False: it does not fit,
 * or not on as few as z->switches_max (0: any number). */
bool switches_pick(const struct pool_nodes *n, const struct size *z, uint32_t **list_out,
                   uint32_t *count_out);

#endif
