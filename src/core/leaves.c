#include "core/leaves.h"

#include "base/mem.h"

void leaves_init(struct leaves *l, const struct topology *t)
{
    *l = (struct leaves){.topology = t, .count = t == NULL};
    if (t != NULL) l->nodes = mem_alloc(t->leaf_count, sizeof *l->nodes);
}

void leaves_release(struct leaves *l)
{
    mem_free(l->nodes);
    *l = (struct leaves){0};
}

void leaves_add(struct leaves *l, uint32_t node)
{
    if (l->topology != NULL && l->nodes[l->topology->leaf_of[node]]++ == 0) l->count++;
}

void leaves_drop(struct leaves *l, uint32_t node)
{
    if (l->topology != NULL && --l->nodes[l->topology->leaf_of[node]] == 0) l->count--;
}

uint32_t leaves_least(const struct leaves *l, uint32_t nodes)
{
    if (l->topology == NULL) return 1;
    uint32_t most = l->topology->leaf_nodes_max;
    return nodes / most + (nodes % most != 0);
}
