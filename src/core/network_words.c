/* network_words.c - where on the network a job's nodes are, and what it waits for there, in words. */
#include "core/switches.h"

#include "core/state.h"

enum { LEAVES_NAMED_MAX = 4 }; /* the rest is counted */

/* The lowest switch above all leaves from `first` to `last`; NO_INDEX: there is none. */
static uint32_t common(const struct topology *t, uint32_t first, uint32_t last)
{
    uint32_t at = first;
    while (at != NO_INDEX && (first < t->switches[at].first || last >= t->switches[at].end))
        at = t->switches[at].parent;
    return at;
}

/* "leaf-a"; a node that no switch names is called by its own name. */
static const char *leaf_name(const struct pool *p, uint32_t leaf, struct arena *a)
{
    char name[SWITCH_NAME_MAX], node[NODE_NAME_MAX];
    const struct topology *t = p->topology;
    if (switch_name(p, leaf, name)[0] != '\0') return arena_printf(a, "%s", name);
    pool_node_name(p, t->spans[t->span_first[leaf]].first, node);
    return arena_printf(a, "none (%s)", node);
}

struct str network_words(const struct pool *p, const struct claim *k, struct arena *a)
{
    const struct topology *t = p->topology;
    char name[SWITCH_NAME_MAX];
    if (t == NULL || k == NULL || k->part_count < 2) return (struct str){0};
    bool *is_on = ARENA_ARRAY(a, t->leaf_count, bool);
    uint32_t first = NO_INDEX, last = 0, count = 0;
    for (uint32_t i = 0; i < k->part_count; i++) is_on[t->leaf_of[k->parts[i].node]] = true;
    const char *names = "";
    for (uint32_t l = 0; l < t->leaf_count; l++) {
        if (!is_on[l]) continue;
        if (first == NO_INDEX) first = l;
        last = l;
        if (count++ < LEAVES_NAMED_MAX)
            names = arena_printf(a, "%s%s%s", names, count > 1 ? ", " : "", leaf_name(p, l, a));
    }
    if (count == 1) return str_of(arena_printf(a, "all nodes on switch %s", names));
    if (count > LEAVES_NAMED_MAX)
        names = arena_printf(a, "%s and %u more", names, count - LEAVES_NAMED_MAX);
    uint32_t above = common(t, first, last);
    if (above == NO_INDEX)
        return str_of(arena_printf(a, "on %u switches, %s, below no common one", count, names));
    return str_of(
        arena_printf(a, "on %u switches, %s, below %s", count, names, switch_name(p, above, name)));
}

const char *fullest_words(const struct pool *p, const struct pool_nodes *n, const struct size *z,
                          struct arena *a)
{
    uint32_t nodes, leaf = switches_most(n, z, &nodes);
    if (nodes == 0) return "";
    return arena_printf(a, "; one switch has at most %u of its %u nodes, %s", nodes, z->nodes,
                        leaf_name(p, leaf, a));
}
