#include "core/whatif.h"

#include "base/check.h"
#include "base/mem.h"

void whatif_begin(struct whatif *w, struct pool_nodes *n)
{
    *w = (struct whatif){.nodes = n};
}

static void note(struct whatif *w, const struct claim_part *part, bool is_take)
{
    w->changes = mem_grow(w->changes, &w->cap, w->count + 1, sizeof *w->changes);
    w->changes[w->count++] = (struct whatif_change){*part, is_take};
}

void whatif_give(struct whatif *w, const struct claim_part *part)
{
    nodes_give(w->nodes, part);
    note(w, part, false);
}

void whatif_take(struct whatif *w, const struct claim_part *part)
{
    nodes_take(w->nodes, part);
    note(w, part, true);
}

void whatif_give_claim(struct whatif *w, const struct claim *k)
{
    for (uint32_t i = 0; i < k->part_count; i++) whatif_give(w, &k->parts[i]);
}

bool whatif_place(struct whatif *w, const struct size *z)
{
    struct claim_part *parts = mem_alloc(z->nodes, sizeof *parts);
    uint32_t waste;
    bool fits = nodes_choose(w->nodes, z, parts, &waste);
    for (uint32_t i = 0; fits && i < z->nodes; i++) whatif_take(w, &parts[i]);
    mem_free(parts);
    return fits;
}

void whatif_back(struct whatif *w, size_t count)
{
    ASSERT(count <= w->count);
    while (w->count > count) {
        const struct whatif_change *x = &w->changes[--w->count];
        if (x->is_take)
            nodes_give(w->nodes, &x->part);
        else
            nodes_take(w->nodes, &x->part);
    }
}

void whatif_end(struct whatif *w)
{
    whatif_back(w, 0);
    mem_free(w->changes);
    *w = (struct whatif){0};
}
