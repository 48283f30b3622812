#include "core/nodes.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>

enum { FAN = 16, KEY_MAX = 63 };
#define UNCOUNTED_MEM (UINT64_MAX / 2)

static uint32_t chips_free(const struct pool_nodes *n, uint32_t i)
{
    return n->chips_per_node - (uint32_t)__builtin_popcountll(n->node[i].chip_mask);
}

static uint32_t key_of(const struct pool_nodes *n, uint32_t chips, uint32_t cpus)
{
    if (n->chips_per_node > 0) return chips < KEY_MAX ? chips : KEY_MAX;
    if (n->cpus_per_node == 0) return 0;
    return (uint32_t)((uint64_t)cpus * KEY_MAX / n->cpus_per_node);
}

static uint32_t node_key(const struct pool_nodes *n, uint32_t i)
{
    return key_of(n, chips_free(n, i), n->cpus_max - n->node[i].cpus);
}

/* What one node adds to the sum above it. */
static struct node_sum leaf_sum(const struct pool_nodes *n, uint32_t i)
{
    const struct node *x = &n->node[i];
    if (x->state != NODE_UP) return (struct node_sum){0};
    return (struct node_sum){UINT64_C(1) << node_key(n, i), n->mem_max - x->mem_mb,
                             n->cpus_max - x->cpus};
}

static uint32_t level_width(const struct pool_nodes *n, uint32_t level)
{
    uint32_t width = n->count;
    for (uint32_t l = 0; l <= level; l++) width = (width + FAN - 1) / FAN;
    return width;
}

static void sum_again(struct pool_nodes *n, uint32_t level, uint32_t at)
{
    uint32_t below = level == 0 ? n->count : level_width(n, level - 1);
    uint32_t end = (at + 1) * FAN < below ? (at + 1) * FAN : below;
    struct node_sum total = {0};
    for (uint32_t i = at * FAN; i < end; i++) {
        struct node_sum one = level == 0 ? leaf_sum(n, i) : n->sum[level - 1][i];
        total.keys |= one.keys;
        if (one.mem_free > total.mem_free) total.mem_free = one.mem_free;
        if (one.cpus_free > total.cpus_free) total.cpus_free = one.cpus_free;
    }
    n->sum[level][at] = total;
}

static void sum_path(struct pool_nodes *n, uint32_t i)
{
    for (uint32_t level = 0; level < n->level_count; level++) sum_again(n, level, i /= FAN);
}

/* The node's part in the counters: taken out before a change, put back after it. */
static void count_node(struct pool_nodes *n, uint32_t i, bool in)
{
    const struct node *x = &n->node[i];
    uint32_t one = in ? 1 : UINT32_MAX; /* unsigned arithmetic wraps: adds or subtracts */
    uint32_t used = (uint32_t)__builtin_popcountll(x->chip_mask);
    struct pool_use *u = &n->use;
    u->chips_used += one * used;
    if (x->state == NODE_UP) {
        n->by_key[node_key(n, i)] += one;
        u->nodes_up += one;
        u->chips_up += one * n->chips_per_node;
        n->chips_free += one * (n->chips_per_node - used);
    } else if (x->state == NODE_DOWN) {
        u->nodes_down += one;
    } else {
        u->nodes_drained += one;
    }
    bool is_full = n->chips_per_node > 0 ? used == n->chips_per_node : x->cpus == n->cpus_max;
    if (used == 0 && x->cpus == 0 && x->mem_mb == 0)
        u->nodes_idle += one;
    else if (is_full)
        u->nodes_allocated += one;
    else
        u->nodes_mixed += one;
}

void nodes_init(struct pool_nodes *n, const struct pool *p)
{
    *n = (struct pool_nodes){.count = p->node_count,
                             .chips_per_node = p->chips_per_node,
                             .cpus_per_node = p->cpus_per_node,
                             .mem_mb_per_node = p->mem_mb_per_node};
    ASSERT(p->chips_per_node <= CHIPS_PER_NODE_MAX);
    n->cpus_max = p->cpus_per_node > 0 || p->chips_per_node == 0 ? p->cpus_per_node : UINT32_MAX;
    n->mem_max = p->mem_mb_per_node > 0 ? p->mem_mb_per_node : UNCOUNTED_MEM;
    n->node = mem_alloc(n->count, sizeof *n->node);
    n->use.chips_total = n->count * n->chips_per_node;
    for (uint32_t i = 0; i < n->count; i++) count_node(n, i, true);
    for (uint32_t level = 0; level == 0 || level_width(n, level - 1) > 1; level++) {
        ASSERT(level < NODES_LEVELS_MAX);
        uint32_t width = level_width(n, level);
        n->sum[level] = mem_alloc(width, sizeof *n->sum[level]);
        n->level_count = level + 1;
        for (uint32_t at = 0; at < width; at++) sum_again(n, level, at);
    }
}

void nodes_release(struct pool_nodes *n)
{
    mem_free(n->node);
    for (uint32_t level = 0; level < n->level_count; level++) mem_free(n->sum[level]);
    *n = (struct pool_nodes){0};
}

bool nodes_is_free(const struct pool_nodes *n, const struct claim_part *part)
{
    if (part->node >= n->count) return false;
    const struct node *x = &n->node[part->node];
    uint64_t chips = n->chips_per_node == 64 ? UINT64_MAX : (UINT64_C(1) << n->chips_per_node) - 1;
    return (part->chip_mask & ~chips) == 0 && (x->chip_mask & part->chip_mask) == 0 &&
           part->cpus <= n->cpus_max - x->cpus && part->mem_mb <= n->mem_max - x->mem_mb;
}

void nodes_take(struct pool_nodes *n, const struct claim_part *part)
{
    ASSERT(nodes_is_free(n, part));
    struct node *x = &n->node[part->node];
    count_node(n, part->node, false);
    x->chip_mask |= part->chip_mask;
    x->cpus += part->cpus;
    x->mem_mb += part->mem_mb;
    count_node(n, part->node, true);
    sum_path(n, part->node);
}

void nodes_give(struct pool_nodes *n, const struct claim_part *part)
{
    ASSERT(part->node < n->count);
    struct node *x = &n->node[part->node];
    ASSERT((x->chip_mask & part->chip_mask) == part->chip_mask);
    ASSERT(x->cpus >= part->cpus);
    ASSERT(x->mem_mb >= part->mem_mb);
    count_node(n, part->node, false);
    x->chip_mask &= ~part->chip_mask;
    x->cpus -= part->cpus;
    x->mem_mb -= part->mem_mb;
    count_node(n, part->node, true);
    sum_path(n, part->node);
}

void nodes_set_state(struct pool_nodes *n, uint32_t node, int state)
{
    ASSERT(node < n->count);
    if (n->node[node].state == state) return;
    count_node(n, node, false);
    n->node[node].state = state;
    count_node(n, node, true);
    sum_path(n, node);
}

static bool leaf_fits(const struct pool_nodes *n, const struct need *each, uint32_t key, uint32_t i)
{
    const struct node *x = &n->node[i];
    return x->state == NODE_UP && chips_free(n, i) >= each->chips &&
           n->cpus_max - x->cpus >= each->cpus && n->mem_max - x->mem_mb >= each->mem_mb &&
           node_key(n, i) == key;
}

static bool sum_may_fit(const struct node_sum *s, const struct need *each, uint32_t key)
{
    return (s->keys >> key & 1) != 0 && s->cpus_free >= each->cpus && s->mem_free >= each->mem_mb;
}

/* The lowest node from `from` on with that key that satisfies `each`; NO_INDEX: none. Walks up from
 * `from` while nothing to its right in the subtree may fit, then down. */
static uint32_t find(const struct pool_nodes *n, const struct need *each, uint32_t key,
                     uint32_t from)
{
    uint32_t i = from;
    while (i < n->count) {
        if (i % FAN == 0) { /* at the left edge of subtrees: skip the largest that cannot fit */
            uint32_t span = 1;
            uint32_t at = i;
            for (uint32_t level = 0; level < n->level_count && at % FAN == 0; level++) {
                at /= FAN;
                if (sum_may_fit(&n->sum[level][at], each, key)) break;
                span *= FAN;
            }
            if (span > 1) {
                i += span;
                continue;
            }
        }
        if (leaf_fits(n, each, key, i)) return i;
        i++;
    }
    return NO_INDEX;
}

/* A walk over the nodes that satisfy a need, best first: in order of (key, index). */
struct search {
    const struct pool_nodes *n;
    struct need each;
    uint32_t key, at; /* where the next search begins */
};

static struct search search_from(const struct pool_nodes *n, const struct need *each)
{
    return (struct search){n, *each, key_of(n, each->chips, each->cpus), 0};
}

/* The next best node; NO_INDEX: no more. */
static uint32_t search_next(struct search *s)
{
    for (; s->key <= KEY_MAX; s->key++, s->at = 0) {
        if (s->n->by_key[s->key] == 0) continue;
        uint32_t i = find(s->n, &s->each, s->key, s->at);
        if (i == NO_INDEX) continue;
        s->at = i + 1;
        return i;
    }
    return NO_INDEX;
}

/* Could `count` nodes satisfy `each`, by the number of nodes with a sufficient key alone? */
static bool keys_suffice(const struct pool_nodes *n, const struct need *each, uint32_t count)
{
    uint32_t nodes = 0;
    for (uint32_t k = key_of(n, each->chips, each->cpus); k <= KEY_MAX && nodes < count; k++)
        nodes += n->by_key[k];
    return nodes >= count;
}

static uint64_t lowest_free(const struct pool_nodes *n, uint32_t i, uint32_t chips)
{
    uint64_t mask = 0;
    for (uint32_t k = 0; k < chips; k++) {
        uint64_t free = ~(n->node[i].chip_mask | mask);
        mask |= free & (~free + 1);
    }
    return mask;
}

static int part_order(const void *a, const void *b)
{
    const struct claim_part *x = a, *y = b;
    return x->node < y->node ? -1 : x->node > y->node;
}

static void take_note(const struct pool_nodes *n, const struct need *each, uint32_t i,
                      struct claim_part *parts, uint32_t at, uint32_t *waste)
{
    *waste += chips_free(n, i) - each->chips;
    if (parts == NULL) return;
    parts[at] = (struct claim_part){i, each->cpus, lowest_free(n, i, each->chips), each->mem_mb};
}

bool nodes_choose(const struct pool_nodes *n, const struct size *z, struct claim_part *parts_out,
                  uint32_t *waste_out)
{
    const struct need *first = &z->part[0].each, *second = &z->part[1].each;
    *waste_out = 0;
    if (!keys_suffice(n, first, z->part[0].count)) return false;
    if (z->part[1].count > 0 && !keys_suffice(n, second, z->nodes)) return false;
    uint32_t got = 0;
    struct search s = search_from(n, first);
    for (; got < z->part[0].count; got++) {
        uint32_t i = search_next(&s);
        if (i == NO_INDEX) return false;
        take_note(n, first, i, parts_out, got, waste_out);
    }
    struct search t = search_from(n, second);
    while (got < z->nodes) {
        uint32_t i = search_next(&t);
        if (i == NO_INDEX) return false;
        /* Chosen for part[0] already: it satisfies that need and stands before its search's end. */
        bool is_before = t.key != s.key ? t.key < s.key : i < s.at;
        if (is_before && leaf_fits(n, first, t.key, i)) continue;
        take_note(n, second, i, parts_out, got++, waste_out);
    }
    if (parts_out != NULL && z->nodes > 1)
        qsort(parts_out, z->nodes, sizeof *parts_out, part_order);
    return true;
}

bool nodes_fit(const struct pool_nodes *n, const struct size *z)
{
    uint32_t waste;
    return nodes_choose(n, z, NULL, &waste);
}

uint32_t nodes_up(const struct pool_nodes *n)
{
    return n->use.nodes_up;
}

uint32_t nodes_that_fit(const struct pool_nodes *n, const struct need *each, uint32_t enough)
{
    uint32_t count = 0;
    struct search s = search_from(n, each);
    while (count < enough && search_next(&s) != NO_INDEX) count++;
    return count;
}
