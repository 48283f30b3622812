#include "core/whatif.h"

#include "base/check.h"
#include "base/mem.h"

void whatif_begin(struct whatif *w, struct pool_nodes *n)
{
    *w = (struct whatif){.nodes = n};
}

void whatif_give(struct whatif *w, const struct claim_part *part)
{
    nodes_give(w->nodes, part);
    w->given = mem_grow(w->given, &w->cap, w->count + 1, sizeof *w->given);
    w->given[w->count++] = *part;
}

void whatif_give_claim(struct whatif *w, const struct claim *k)
{
    for (uint32_t i = 0; i < k->part_count; i++) whatif_give(w, &k->parts[i]);
}

void whatif_back(struct whatif *w, size_t count)
{
    ASSERT(count <= w->count);
    while (w->count > count) nodes_take(w->nodes, &w->given[--w->count]);
}

void whatif_end(struct whatif *w)
{
    whatif_back(w, 0);
    mem_free(w->given);
    *w = (struct whatif){0};
}
