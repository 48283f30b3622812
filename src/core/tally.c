#include "core/tally.h"

#include "base/check.h"
#include "base/mem.h"
#include "core/contiguous.h"
#include "core/switches.h"

#include <string.h>

_Static_assert((TALLY_SLOTS & (TALLY_SLOTS - 1)) == 0, "a slot is a mask of the hash");
_Static_assert(PREEMPT_PARTS_MAX < UINT16_MAX, "a place fits its slot");

static uint16_t *milli_of(const struct tally *t, const struct tally_node *x)
{
    return &t->milli[(size_t)(x - t->node) * t->pool->chips_per_node];
}

/* As node_fits, of the copy. */
static bool can_hold(const struct tally *t, const struct tally_node *x, const struct need *each)
{
    const struct pool_nodes *n = t->pool;
    if (!x->is_up || (x->is_kept && each->beside_kept)) return false;
    if (n->cpus_max - x->cpus < each->cpus || n->mem_max - x->mem_mb < each->mem_mb) return false;
    uint32_t whole = n->chips_per_node - (uint32_t)__builtin_popcountll(x->chip_mask);
    if (each->milli == 0) return whole >= each->chips;
    if (whole > 0) return true;
    for (uint32_t k = 0; n->milli != NULL && k < n->chips_per_node; k++)
        if (milli_of(t, x)[k] + each->milli <= CHIP_MILLI) return true;
    return false;
}

static void look(const struct tally *t, struct tally_node *x)
{
    for (int k = 0; k < 2; k++)
        x->does[k] = t->size->part[k].count > 0 && can_hold(t, x, &t->size->part[k].each);
}

static struct tally_node *copy_node(struct tally *t, uint32_t node)
{
    const struct pool_nodes *n = t->pool;
    ASSERT(t->count < PREEMPT_PARTS_MAX);
    t->node = mem_grow(t->node, &t->cap, t->count + 1, sizeof *t->node);
    const struct node *from = &n->node[node];
    struct tally_node *x = &t->node[t->count++];
    *x = (struct tally_node){.node = node,
                             .cpus = from->cpus,
                             .mem_mb = from->mem_mb,
                             .chip_mask = from->chip_mask,
                             .is_up = from->state == NODE_UP,
                             .is_kept = from->is_kept};
    if (n->milli != NULL) {
        size_t chips = n->chips_per_node;
        t->milli = mem_grow(t->milli, &t->milli_cap, t->count * chips, sizeof *t->milli);
        memcpy(milli_of(t, x), &n->milli[node * chips], chips * sizeof *t->milli);
    }
    look(t, x);
    return x;
}

/* The node's copy, made if it is new. */
static struct tally_node *node_of(struct tally *t, uint32_t node)
{
    uint32_t at = node * UINT32_C(2654435769) >> 16; /* Fibonacci hashing (Knuth, TAOCP 3, 6.4) */
    for (;; at++) {
        uint16_t *slot = &t->slot[at % TALLY_SLOTS];
        if (*slot == 0) {
            struct tally_node *x = copy_node(t, node);
            *slot = (uint16_t)t->count;
            return x;
        }
        if (t->node[*slot - 1].node == node) return &t->node[*slot - 1];
    }
}

/* What the part holds of each of its chips. */
static uint16_t milli_each(const struct claim_part *part)
{
    return (uint16_t)(part->milli > 0 ? part->milli : CHIP_MILLI);
}

static void chips_go(const struct tally *t, struct tally_node *x, const struct claim_part *part)
{
    uint64_t free = part->chip_mask; /* chips that nobody uses afterwards */
    for (uint64_t m = t->milli != NULL ? part->chip_mask : 0; m != 0; m &= m - 1) {
        uint16_t *used = &milli_of(t, x)[__builtin_ctzll(m)];
        ASSERT(*used >= milli_each(part));
        *used = (uint16_t)(*used - milli_each(part));
        if (*used > 0) free &= ~(m & (~m + 1));
    }
    x->chip_mask &= ~free;
}

static void chips_come(const struct tally *t, struct tally_node *x, const struct claim_part *part)
{
    for (uint64_t m = t->milli != NULL ? part->chip_mask : 0; m != 0; m &= m - 1)
        milli_of(t, x)[__builtin_ctzll(m)] += milli_each(part);
    x->chip_mask |= part->chip_mask;
}

static void move_part(struct tally *t, const struct claim_part *part, bool goes)
{
    struct tally_node *x = node_of(t, part->node);
    bool did[2] = {x->does[0], x->does[1]};
    if (goes) {
        ASSERT(x->cpus >= part->cpus && x->mem_mb >= part->mem_mb);
        x->cpus -= part->cpus;
        x->mem_mb -= part->mem_mb;
        chips_go(t, x, part);
    } else {
        x->cpus += part->cpus;
        x->mem_mb += part->mem_mb;
        chips_come(t, x, part);
    }
    look(t, x);
    for (int k = 0; k < 2; k++) {
        t->does[k] += x->does[k];
        t->does[k] -= did[k];
    }
}

void tally_begin(struct tally *t, struct pool_nodes *n, const struct size *z)
{
    *t = (struct tally){.pool = n, .size = z};
    t->by_form = contiguous_matters(z) || (z->switches_max > 0 && switches_matter(n, z));
    if (t->by_form) return;
    t->does[0] = nodes_that_fit(n, &z->part[0].each, z->part[0].count);
    if (z->part[1].count > 0) t->does[1] = nodes_that_fit(n, &z->part[1].each, z->nodes);
}

void tally_give(struct tally *t, const struct claim *k)
{
    for (uint32_t i = 0; i < k->part_count; i++) {
        if (t->by_form)
            nodes_give(t->pool, &k->parts[i]);
        else
            move_part(t, &k->parts[i], true);
    }
}

void tally_take(struct tally *t, const struct claim *k)
{
    for (uint32_t i = 0; i < k->part_count; i++) {
        if (t->by_form)
            nodes_take(t->pool, &k->parts[i]);
        else
            move_part(t, &k->parts[i], false);
    }
}

bool tally_fits(const struct tally *t)
{
    const struct size *z = t->size;
    if (t->by_form) return nodes_fit(t->pool, z);
    /* What satisfies the first need satisfies the second too. */
    return t->does[0] >= z->part[0].count && (z->part[1].count == 0 || t->does[1] >= z->nodes);
}

void tally_end(struct tally *t)
{
    mem_free(t->node);
    mem_free(t->milli);
    *t = (struct tally){0};
}
