/* contiguous.h - where the gangs go that want to be on adjacent nodes (`sbatch --contiguous`).
 *
 * The nodes of a pool, in the order of the fleet file, are a line; a block is a stretch of it with
 * as many nodes as the job has, all of which can hold its smaller need and enough of them its larger
 * one. Of the blocks that also keep to --switches the job gets the one
 *
 *   1  on the fewest switches, where the pool states them;
 *   2  in the shortest run of adjacent nodes that could hold its smaller need, so that long runs stay
 *      whole for long gangs;
 *   3  first in the line.
 *
 * Which of its nodes get the larger need says the packing rule. This is Slurm's meaning of the
 * option: the allocated nodes form a contiguous set, the smallest that suffices. A job of one node
 * goes anywhere.
 *
 * Cost: a look at each node that holds the smaller need; others are passed over in the tree of sums
 * (nodes.h). Whether some block will do is known at the first. */
#ifndef BERTH_CORE_CONTIGUOUS_H
#define BERTH_CORE_CONTIGUOUS_H

#include "core/nodes.h"

/* Must the nodes of that size be adjacent? */
bool contiguous_matters(const struct size *z);
/* The first node of the best block; NO_INDEX: there is none. */
uint32_t contiguous_pick(const struct pool_nodes *n, const struct size *z);
bool contiguous_fits(const struct pool_nodes *n, const struct size *z);

#endif
