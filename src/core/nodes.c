#include "core/nodes.h"

#include "base/check.h"
#include "base/mem.h"

enum { FAN = 16, KEY_MAX = 63 };
#define UNCOUNTED_MEM (UINT64_MAX / 2)

/* ---- one node -------------------------------------------------------------------------------- */

uint32_t node_chips_free(const struct pool_nodes *n, uint32_t i)
{
    return n->chips_per_node - (uint32_t)__builtin_popcountll(n->node[i].chip_mask);
}

static uint16_t *milli_of(const struct pool_nodes *n, uint32_t i)
{
    return &n->milli[(size_t)i * n->chips_per_node];
}

uint32_t node_chip_left(const struct pool_nodes *n, uint32_t i, uint32_t chip)
{
    ASSERT(chip < n->chips_per_node);
    if (n->milli != NULL) return CHIP_MILLI - milli_of(n, i)[chip];
    return (n->node[i].chip_mask >> chip & 1) != 0 ? 0 : CHIP_MILLI;
}

uint32_t node_milli_used(const struct pool_nodes *n, uint32_t i)
{
    uint32_t used = 0;
    if (n->milli == NULL) return (n->chips_per_node - node_chips_free(n, i)) * CHIP_MILLI;
    for (uint32_t k = 0; k < n->chips_per_node; k++) used += milli_of(n, i)[k];
    return used;
}

void node_free(const struct pool_nodes *n, uint32_t i, struct free_room *out)
{
    const struct node *x = &n->node[i];
    out->chips = node_chips_free(n, i);
    out->cpus = n->cpus_max - x->cpus;
    out->mem_mb = n->mem_max - x->mem_mb;
    out->is_kept = x->is_kept;
    out->partial_count = 0;
    for (uint64_t m = n->milli != NULL ? x->chip_mask : 0; m != 0; m &= m - 1) {
        uint16_t left = (uint16_t)node_chip_left(n, i, (uint32_t)__builtin_ctzll(m));
        if (left == 0) continue;
        uint32_t k = out->partial_count++;
        for (; k > 0 && out->partial[k - 1] < left; k--) out->partial[k] = out->partial[k - 1];
        out->partial[k] = left;
    }
}

uint32_t nodes_key(const struct pool_nodes *n, uint32_t chips, uint32_t cpus)
{
    if (n->chips_per_node > 0) return chips < KEY_MAX ? chips : KEY_MAX;
    if (n->cpus_per_node == 0) return 0;
    return (uint32_t)((uint64_t)cpus * KEY_MAX / n->cpus_per_node);
}

uint32_t node_key(const struct pool_nodes *n, uint32_t i)
{
    return nodes_key(n, node_chips_free(n, i), n->cpus_max - n->node[i].cpus);
}

uint32_t nodes_key_kind(const struct pool_nodes *n, uint32_t key)
{
    if (n->chips_per_node == 0) return 0; /* there a key is a number of CPUs */
    return n->chips_per_node < KEY_KINDS_MAX ? key : key / ((KEY_MAX + 1) / KEY_KINDS_MAX);
}

/* ---- the tree of sums ------------------------------------------------------------------------ */

static void most_add(struct node_most *total, const struct node_most *one)
{
    if (one->mem_free > total->mem_free) total->mem_free = one->mem_free;
    if (one->cpus_free > total->cpus_free) total->cpus_free = one->cpus_free;
    if (one->milli_free > total->milli_free) total->milli_free = one->milli_free;
}

/* What one node adds to the sums above it. */
static void leaf_add(const struct pool_nodes *n, uint32_t i, uint64_t *keys, struct node_most *most)
{
    const struct node *x = &n->node[i];
    if (x->state != NODE_UP) return;
    uint32_t key = node_key(n, i);
    struct node_most m = {n->mem_max - x->mem_mb, n->cpus_max - x->cpus, 0};
    if (node_chips_free(n, i) > 0)
        m.milli_free = CHIP_MILLI;
    else if (x->shape != NULL && x->shape->free.partial_count > 0)
        m.milli_free = x->shape->free.partial[0];
    *keys |= UINT64_C(1) << key;
    most_add(&most[nodes_key_kind(n, key)], &m);
}

static uint32_t level_width(const struct pool_nodes *n, uint32_t level)
{
    uint32_t width = n->count;
    for (uint32_t l = 0; l <= level; l++) width = (width + FAN - 1) / FAN;
    return width;
}

/* Put the sum in its place. False: it was that before. */
static bool sum_set(struct pool_nodes *n, uint32_t level, uint32_t at, uint64_t keys,
                    const struct node_most *most)
{
    struct node_most *old = &n->most[level][(size_t)at * n->key_kinds];
    bool differs = n->keys[level][at] != keys;
    n->keys[level][at] = keys;
    for (uint32_t k = 0; k < n->key_kinds; k++) {
        differs = differs || old[k].mem_free != most[k].mem_free ||
                  old[k].cpus_free != most[k].cpus_free || old[k].milli_free != most[k].milli_free;
        old[k] = most[k];
    }
    return differs;
}

static bool sum_again(struct pool_nodes *n, uint32_t level, uint32_t at)
{
    uint32_t below = level == 0 ? n->count : level_width(n, level - 1);
    uint32_t end = (at + 1) * FAN < below ? (at + 1) * FAN : below;
    uint32_t kinds = n->key_kinds;
    uint64_t keys = 0;
    struct node_most most[KEY_KINDS_MAX] = {0};
    for (uint32_t i = at * FAN; i < end; i++) {
        if (level == 0) {
            leaf_add(n, i, &keys, most);
            continue;
        }
        keys |= n->keys[level - 1][i];
        for (uint32_t k = 0; k < kinds; k++)
            most_add(&most[k], &n->most[level - 1][(size_t)i * kinds + k]);
    }
    return sum_set(n, level, at, keys, most);
}

/* Where a sum stays as it was, those above it do too. */
static void sum_path(struct pool_nodes *n, uint32_t i)
{
    bool differs = true;
    for (uint32_t level = 0; differs && level < n->level_count; level++)
        differs = sum_again(n, level, i /= FAN);
}

/* ---- changes --------------------------------------------------------------------------------- */

/* The node's part in the counters. */
static void count_node(struct pool_nodes *n, uint32_t i, bool in)
{
    const struct node *x = &n->node[i];
    uint32_t one = in ? 1 : UINT32_MAX; /* unsigned arithmetic wraps: adds or subtracts */
    uint32_t used = (uint32_t)__builtin_popcountll(x->chip_mask);
    struct pool_use *u = &n->use;
    u->chips_used += one * used;
    u->milli_used += in ? node_milli_used(n, i) : -(uint64_t)node_milli_used(n, i);
    if (x->state == NODE_UP) {
        n->by_key[node_key(n, i)] += one;
        if (n->topology != NULL)
            n->on_leaf[(size_t)n->topology->leaf_of[i] * (n->chips_per_node + 1) +
                       n->chips_per_node - used] += one;
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

static void enter_shape(struct pool_nodes *n, uint32_t i)
{
    struct node *x = &n->node[i];
    struct free_room free;
    if (x->state != NODE_UP || n->chips_per_node == 0) return;
    node_free(n, i, &free);
    x->shape = shapes_enter(&n->shapes, &free, &x->in_shape, i);
}

/* Before a change: the node leaves all indexes. */
static void take_out(struct pool_nodes *n, uint32_t i)
{
    struct node *x = &n->node[i];
    count_node(n, i, false);
    if (x->shape == NULL) return;
    shapes_leave(&n->shapes, x->shape, &x->in_shape);
    x->shape = NULL;
}

/* After it. */
static void put_back(struct pool_nodes *n, uint32_t i)
{
    count_node(n, i, true);
    enter_shape(n, i);
    sum_path(n, i);
}

void nodes_init(struct pool_nodes *n, const struct pool *p)
{
    *n = (struct pool_nodes){.count = p->node_count,
                             .chips_per_node = p->chips_per_node,
                             .cpus_per_node = p->cpus_per_node,
                             .mem_mb_per_node = p->mem_mb_per_node,
                             .topology = p->topology};
    ASSERT(p->chips_per_node <= CHIPS_PER_NODE_MAX);
    arena_init(&n->expected_arena);
    n->cpus_max = p->cpus_per_node > 0 || p->chips_per_node == 0 ? p->cpus_per_node : UINT32_MAX;
    n->mem_max = p->mem_mb_per_node > 0 ? p->mem_mb_per_node : UNCOUNTED_MEM;
    n->node = mem_alloc(n->count, sizeof *n->node);
    if (p->shards_per_chip > 0)
        n->milli = mem_alloc((size_t)n->count * n->chips_per_node, sizeof *n->milli);
    if (n->topology != NULL)
        n->on_leaf = mem_alloc((size_t)n->topology->leaf_count * (n->chips_per_node + 1),
                               sizeof *n->on_leaf);
    n->use.chips_total = n->count * n->chips_per_node;
    n->key_kinds = nodes_key_kind(n, n->chips_per_node < KEY_MAX ? n->chips_per_node : KEY_MAX) + 1;
    for (uint32_t i = 0; i < n->count; i++) {
        count_node(n, i, true);
        enter_shape(n, i);
    }
    for (uint32_t level = 0; level == 0 || level_width(n, level - 1) > 1; level++) {
        ASSERT(level < NODES_LEVELS_MAX);
        uint32_t width = level_width(n, level);
        n->keys[level] = mem_alloc(width, sizeof *n->keys[level]);
        n->most[level] = mem_alloc((size_t)width * n->key_kinds, sizeof *n->most[level]);
        n->level_count = level + 1;
        for (uint32_t at = 0; at < width; at++) sum_again(n, level, at);
    }
}

void nodes_release(struct pool_nodes *n)
{
    mem_free(n->node);
    mem_free(n->milli);
    mem_free(n->on_leaf);
    shapes_release(&n->shapes);
    arena_release(&n->expected_arena);
    for (uint32_t level = 0; level < n->level_count; level++) {
        mem_free(n->keys[level]);
        mem_free(n->most[level]);
    }
    *n = (struct pool_nodes){0};
}

static bool chips_are_free(const struct pool_nodes *n, const struct claim_part *part)
{
    uint64_t chips = n->chips_per_node == 64 ? UINT64_MAX : (UINT64_C(1) << n->chips_per_node) - 1;
    if ((part->chip_mask & ~chips) != 0) return false;
    if (part->milli == 0) return (n->node[part->node].chip_mask & part->chip_mask) == 0;
    return n->milli != NULL && part->milli < CHIP_MILLI &&
           __builtin_popcountll(part->chip_mask) == 1 &&
           part->milli <= node_chip_left(n, part->node, (uint32_t)__builtin_ctzll(part->chip_mask));
}

bool nodes_is_free(const struct pool_nodes *n, const struct claim_part *part)
{
    if (part->node >= n->count) return false;
    const struct node *x = &n->node[part->node];
    return chips_are_free(n, part) && part->cpus <= n->cpus_max - x->cpus &&
           part->mem_mb <= n->mem_max - x->mem_mb;
}

/* What the part holds of each of its chips. */
static uint16_t milli_each(const struct claim_part *part)
{
    return (uint16_t)(part->milli > 0 ? part->milli : CHIP_MILLI);
}

void nodes_take(struct pool_nodes *n, const struct claim_part *part)
{
    ASSERT(nodes_is_free(n, part));
    struct node *x = &n->node[part->node];
    take_out(n, part->node);
    x->chip_mask |= part->chip_mask;
    x->cpus += part->cpus;
    x->mem_mb += part->mem_mb;
    for (uint64_t m = n->milli != NULL ? part->chip_mask : 0; m != 0; m &= m - 1)
        milli_of(n, part->node)[__builtin_ctzll(m)] += milli_each(part);
    put_back(n, part->node);
}

void nodes_give(struct pool_nodes *n, const struct claim_part *part)
{
    ASSERT(part->node < n->count);
    struct node *x = &n->node[part->node];
    ASSERT((x->chip_mask & part->chip_mask) == part->chip_mask);
    ASSERT(x->cpus >= part->cpus);
    ASSERT(x->mem_mb >= part->mem_mb);
    take_out(n, part->node);
    uint64_t free = part->chip_mask; /* chips that nobody uses afterwards */
    for (uint64_t m = n->milli != NULL ? part->chip_mask : 0; m != 0; m &= m - 1) {
        uint16_t *used = &milli_of(n, part->node)[__builtin_ctzll(m)];
        ASSERT(*used >= milli_each(part));
        *used = (uint16_t)(*used - milli_each(part));
        if (*used > 0) free &= ~(m & (~m + 1));
    }
    x->chip_mask &= ~free;
    x->cpus -= part->cpus;
    x->mem_mb -= part->mem_mb;
    put_back(n, part->node);
}

void nodes_set_state(struct pool_nodes *n, uint32_t node, int state)
{
    ASSERT(node < n->count);
    if (n->node[node].state == state) return;
    take_out(n, node);
    n->node[node].state = state;
    put_back(n, node);
}

void nodes_keep(struct pool_nodes *n, uint32_t node, bool keep)
{
    ASSERT(node < n->count);
    struct node *x = &n->node[node];
    if (x->is_kept == keep) return;
    if (x->shape != NULL) shapes_leave(&n->shapes, x->shape, &x->in_shape);
    x->is_kept = keep;
    enter_shape(n, node); /* nothing else depends on it */
}

uint32_t nodes_up(const struct pool_nodes *n)
{
    return n->use.nodes_up;
}

/* ---- what is expected ------------------------------------------------------------------------ */

static void expect_again(struct pool_nodes *n)
{
    if (n->seen.count > 0) seen_expect(&n->seen, &n->expected, &n->expected_arena);
}

void nodes_note(struct pool_nodes *n, const struct size *z)
{
    if (n->chips_per_node == 0) return;
    for (int i = 0; i < 2; i++) {
        struct need each = z->part[i].each;
        if (z->part[i].count == 0) continue;
        if (n->mem_mb_per_node == 0) each.mem_mb = 0; /* not counted */
        seen_note(&n->seen, &each, n->cpus_per_node);
    }
    expect_again(n);
}

void nodes_expect(struct pool_nodes *n, const struct seen *seen)
{
    n->seen = *seen;
    expect_again(n);
}
