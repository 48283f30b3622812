/* nodelist.h - some nodes of a pool as one hostlist expression, as Slurm prints it:
 * "tyo[001-004,007],rack-b". */
#ifndef BERTH_MODEL_NODELIST_H
#define BERTH_MODEL_NODELIST_H

#include "model/fleet.h"

/* `nodes` are indexes in the pool, ascending, without duplicates. Appends to `out`. */
void nodelist_format(const struct pool *p, const uint32_t *nodes, uint32_t count, struct buf *out);

#endif
