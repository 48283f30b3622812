#include "core/switches.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What one leaf can give to a job. */
struct offer {
    uint32_t at; /* the leaf */
    uint32_t large, all; /* nodes that hold the larger need, and those that hold the smaller */
};

/* A choice of leaves. */
struct pick {
    uint32_t *list;
    uint32_t count;
};

bool switches_matter(const struct pool_nodes *n, const struct size *z)
{
    return n->topology != NULL && z->nodes > 1;
}

static const struct need *smaller(const struct size *z)
{
    return z->part[1].count > 0 ? &z->part[1].each : &z->part[0].each;
}

/* Nodes on the leaf that are up and have enough whole chips free: not fewer than hold the job. */
static uint32_t most_on(const struct pool_nodes *n, const struct size *z, uint32_t at)
{
    const uint32_t *by_chips = &n->on_leaf[(size_t)at * (n->chips_per_node + 1)];
    uint32_t nodes = 0;
    for (uint32_t k = smaller(z)->chips; k <= n->chips_per_node; k++) nodes += by_chips[k];
    return nodes;
}

static struct offer offer_of(const struct pool_nodes *n, const struct size *z, uint32_t at)
{
    const struct topology *t = n->topology;
    struct offer o = {.at = at};
    for (uint32_t k = t->span_first[at]; k < t->span_first[at + 1]; k++) {
        uint32_t end = t->spans[k].first + t->spans[k].count;
        for (uint32_t i = t->spans[k].first; i < end; i++) {
            o.large += node_fits(n, i, &z->part[0].each);
            o.all += node_fits(n, i, smaller(z));
        }
    }
    return o;
}

static bool suffices(const struct size *z, uint32_t large, uint32_t all)
{
    return large >= z->part[0].count && all >= z->nodes;
}

static uint32_t pick_one(const struct pool_nodes *n, const struct size *z)
{
    uint32_t best = NO_INDEX, fewest = UINT32_MAX;
    for (uint32_t at = 0; at < n->topology->leaf_count; at++) {
        uint32_t most = most_on(n, z, at);
        if (most < z->nodes || most >= fewest) continue;
        struct offer o = offer_of(n, z, at);
        if (!suffices(z, o.large, o.all)) continue;
        best = at;
        fewest = most;
    }
    return best;
}

static int by_size(const void *a, const void *b)
{
    const struct offer *x = a, *y = b;
    if (x->all != y->all) return x->all > y->all ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static int by_large(const void *a, const void *b)
{
    const struct offer *x = a, *y = b;
    if (x->large != y->large) return x->large > y->large ? -1 : 1;
    return by_size(a, b);
}

/* The leaves first .. end - 1 that have nodes for the job. Gives how many. Where the nodes of a leaf
 * follow those of the one before, as is usual, each node that does is met once in the tree. */
static uint32_t find_offers(const struct pool_nodes *n, const struct size *z, uint32_t first,
                            uint32_t end, struct offer *out)
{
    const struct topology *t = n->topology;
    uint32_t offers = 0, from = 1, next = 0; /* from .. next - 1: no node that does */
    for (uint32_t at = first; at < end; at++) {
        struct offer o = {.at = at};
        for (uint32_t k = t->span_first[at]; k < t->span_first[at + 1]; k++) {
            const struct node_span *s = &t->spans[k];
            if (s->first < from || s->first > next)
                next = nodes_next(n, smaller(z), from = s->first);
            while (next != NO_INDEX && next - s->first < s->count) {
                o.large += node_fits(n, next, &z->part[0].each);
                o.all++;
                next = nodes_next(n, smaller(z), from = next + 1);
            }
        }
        if (o.all > 0) out[offers++] = o;
    }
    return offers;
}

/* How many of these leaves hold the job if all its nodes had the larger need; 0: they do not. They
 * come first then. */
static uint32_t pick_large(const struct size *z, uint32_t offers, struct offer *spare)
{
    uint32_t taken = 0, large = 0;
    if (offers > 1) qsort(spare, offers, sizeof *spare, by_large);
    for (; taken < offers && large < z->nodes; taken++) large += spare[taken].large;
    return large >= z->nodes ? taken : 0;
}

/* Those with the most nodes; 0: they do not hold the job. */
static uint32_t pick_most(const struct size *z, uint32_t offers, struct offer *spare)
{
    uint32_t taken = 0, large = 0, all = 0;
    if (offers > 1) qsort(spare, offers, sizeof *spare, by_size);
    for (; taken < offers && !suffices(z, large, all); taken++) {
        large += spare[taken].large;
        all += spare[taken].all;
    }
    if (taken == 0 || !suffices(z, large, all)) return 0;
    uint32_t last = taken - 1;
    large -= spare[last].large;
    all -= spare[last].all;
    for (uint32_t i = offers; i > taken; i--) /* the smallest first */
        if (suffices(z, large + spare[i - 1].large, all + spare[i - 1].all)) {
            struct offer smallest = spare[i - 1];
            spare[i - 1] = spare[last];
            spare[last] = smallest;
            break;
        }
    return taken;
}

/* As few of these leaves as hold the job; 0: they do not. `spare`: room for as many offers. */
static uint32_t pick_among(const struct pool_nodes *n, const struct size *z, uint32_t first,
                           uint32_t end, struct offer *spare)
{
    uint32_t offers = find_offers(n, z, first, end, spare);
    uint32_t most = pick_most(z, offers, spare);
    if (z->part[1].count == 0) return most;
    uint32_t large = pick_large(z, offers, spare);
    if (large > 0 && (most == 0 || large < most)) return large;
    return pick_most(z, offers, spare);
}

static void keep(struct pick *p, const struct offer *offers, uint32_t count)
{
    p->count = count;
    for (uint32_t i = 0; i < count; i++) p->list[i] = offers[i].at;
}

/* No choice of the leaves first .. end - 1 holds the job on fewer, by the nodes with enough whole
 * chips. `spare`: room for as many offers. *most_out: all these nodes. */
static uint32_t fewest_of(const struct pool_nodes *n, const struct size *z, uint32_t first,
                          uint32_t end, struct offer *spare, uint32_t *most_out)
{
    uint32_t count = 0, nodes = 0, offers = end - first;
    *most_out = 0;
    for (uint32_t at = first; at < end; at++) {
        spare[at - first] = (struct offer){.at = at, .all = most_on(n, z, at)};
        *most_out += spare[at - first].all;
    }
    if (*most_out < z->nodes) return UINT32_MAX;
    if (offers > 1) qsort(spare, offers, sizeof *spare, by_size);
    for (; nodes < z->nodes; count++) nodes += spare[count].all;
    return count;
}

/* Below the switch of that level where it takes the fewest leaves. */
static void pick_level(const struct pool_nodes *n, const struct size *z, uint32_t level,
                       struct offer *spare, struct pick *out)
{
    const struct topology *t = n->topology;
    uint32_t least = UINT32_MAX;
    out->count = 0;
    for (uint32_t s = t->level_first[level]; s < t->level_first[level + 1]; s++) {
        uint32_t first = t->switches[s].first, end = t->switches[s].end;
        uint32_t most, fewest = fewest_of(n, z, first, end, spare, &most);
        if (fewest == UINT32_MAX || (out->count > 0 && fewest > out->count)) continue;
        if (out->count > 0 && fewest == out->count && most >= least) continue;
        uint32_t taken = pick_among(n, z, first, end, spare);
        if (taken == 0) continue;
        bool better =
            out->count == 0 || taken < out->count || (taken == out->count && most < least);
        if (!better) continue;
        keep(out, spare, taken);
        least = most;
    }
}

bool switches_pick(const struct pool_nodes *n, const struct size *z, uint32_t **list_out,
                   uint32_t *count_out)
{
    ASSERT(switches_matter(n, z));
    const struct topology *t = n->topology;
    uint32_t limit = z->switches_max > 0 ? z->switches_max : UINT32_MAX;
    struct pick p = {mem_alloc(t->leaf_count, sizeof *p.list), 0};
    uint32_t one = pick_one(n, z);
    if (one != NO_INDEX) {
        p.list[0] = one;
        p.count = 1;
    } else if (limit > 1) {
        struct offer *spare = mem_alloc(t->leaf_count, sizeof *spare);
        for (uint32_t l = 1; l < t->level_count && (p.count == 0 || p.count > limit); l++)
            pick_level(n, z, l, spare, &p);
        if (p.count == 0 || p.count > limit)
            keep(&p, spare, pick_among(n, z, 0, t->leaf_count, spare));
        mem_free(spare);
    }
    bool found = p.count > 0 && p.count <= limit;
    if (!found) mem_free(p.list);
    *list_out = found ? p.list : NULL;
    *count_out = found ? p.count : 0;
    return found;
}

uint32_t switches_most(const struct pool_nodes *n, const struct size *z, uint32_t *nodes_out)
{
    uint32_t best = 0;
    *nodes_out = 0;
    for (uint32_t at = 0; at < n->topology->leaf_count; at++) {
        if (most_on(n, z, at) <= *nodes_out) continue;
        uint32_t nodes = offer_of(n, z, at).all;
        if (nodes <= *nodes_out) continue;
        *nodes_out = nodes;
        best = at;
    }
    return best;
}
