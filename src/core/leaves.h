/* leaves.h - on how many leaves of the topology nodes hang, as nodes come and go. */
#ifndef BERTH_CORE_LEAVES_H
#define BERTH_CORE_LEAVES_H

#include "model/topology.h"

struct leaves {
    const struct topology *topology; /* NULL: not stated; all nodes are then on one */
    uint32_t *nodes; /* by leaf: how many of those that came are there */
    uint32_t count; /* leaves with any */
};

void leaves_init(struct leaves *l, const struct topology *t);
void leaves_release(struct leaves *l);
void leaves_add(struct leaves *l, uint32_t node);
void leaves_drop(struct leaves *l, uint32_t node);
/* No set of so many nodes is on fewer. */
uint32_t leaves_least(const struct leaves *l, uint32_t nodes);

#endif
