/* nodes_choose.c - the best nodes of a pool for a job (nodes.h says which they are). */
#include "core/nodes.h"

#include "base/check.h"
#include "base/mem.h"
#include "core/contiguous.h"
#include "core/switches.h"

#include <stdlib.h>

enum { FAN = 16, KEY_MAX = 63 };

static bool room_fits(const struct free_room *f, const struct need *each)
{
    bool chips = each->milli == 0
                     ? f->chips >= each->chips
                     : f->chips > 0 || (f->partial_count > 0 && f->partial[0] >= each->milli);
    return chips && f->cpus >= each->cpus && f->mem_mb >= each->mem_mb &&
           !(f->is_kept && each->beside_kept);
}

/* Whole chips that must be free on a node. */
static uint32_t whole_chips(const struct need *each)
{
    return each->milli > 0 ? 0 : each->chips;
}

/* ---- taking ---------------------------------------------------------------------------------- */

static uint64_t lowest_free(const struct pool_nodes *n, uint32_t i, uint32_t chips)
{
    uint64_t mask = 0;
    for (uint32_t k = 0; k < chips; k++) {
        uint64_t free = ~(n->node[i].chip_mask | mask);
        mask |= free & (~free + 1);
    }
    return mask;
}

/* The chip for a share: of those with enough left the one with the least, of lowest index. */
static uint32_t tightest(const struct pool_nodes *n, uint32_t i, uint32_t milli)
{
    uint32_t best = NO_INDEX, least = CHIP_MILLI + 1;
    for (uint32_t k = 0; k < n->chips_per_node; k++) {
        uint32_t left = node_chip_left(n, i, k);
        if (left < milli || left >= least) continue;
        best = k;
        least = left;
    }
    ASSERT(best != NO_INDEX);
    return best;
}

struct taking {
    const struct pool_nodes *n;
    struct claim_part *parts; /* may be NULL */
    uint32_t got;
    uint32_t waste;
};

/* `milli`: of a chip with the least left from that on, if the need is a share. */
static void take(struct taking *t, const struct need *each, uint32_t i, uint32_t milli)
{
    uint64_t mask = each->milli > 0 ? UINT64_C(1) << tightest(t->n, i, milli)
                                    : lowest_free(t->n, i, each->chips);
    uint64_t opened = mask & ~t->n->node[i].chip_mask; /* idle before */
    t->waste += node_chips_free(t->n, i) - (uint32_t)__builtin_popcountll(opened);
    if (t->parts != NULL)
        t->parts[t->got] = (struct claim_part){i, each->cpus, mask, each->mem_mb, each->milli};
    t->got++;
}

/* ---- by the rule ----------------------------------------------------------------------------- */

struct ranked {
    const struct shape *shape;
    int32_t score;
    uint32_t milli; /* for a share: what is left on the chip that it goes to */
    uint32_t taken, last; /* nodes of the shape, and the last of them */
};

/* Shapes that satisfy a need, best first. */
struct ranking {
    struct ranked at[SHAPES_LOOKED_MAX];
    uint32_t count;
    bool complete; /* no other shape does */
};

/* In the words of the rule. What the pool does not count is 0. */
static struct fit_room room_of(const struct pool_nodes *n, const struct free_room *f)
{
    struct fit_room room = {.model = 1};
    for (uint32_t i = 0; i < f->partial_count; i++) room.milli[room.chips++] = f->partial[i];
    for (uint32_t i = 0; i < f->chips; i++) room.milli[room.chips++] = CHIP_MILLI;
    if (n->cpus_per_node > 0) room.cpu = f->cpus;
    if (n->mem_mb_per_node > 0) room.mem = (int64_t)f->mem_mb;
    return room;
}

static struct ranked score_of(const struct pool_nodes *n, const struct need *each,
                              const struct shape *x)
{
    struct ranked r = {.shape = x, .milli = each->milli};
    struct fit_task task = {.chips = (int32_t)each->chips,
                            .milli = each->milli > 0 ? (int32_t)each->milli : CHIP_MILLI,
                            .models = 1};
    if (n->seen.count == 0) return r;
    struct fit_room room = room_of(n, &x->free);
    if (n->cpus_per_node > 0) task.cpu = each->cpus;
    if (n->mem_mb_per_node > 0) task.mem = (int64_t)each->mem_mb;
    struct fit_score s = fit_score(&n->expected, &room, &task);
    r.score = s.score;
    if (s.chip >= 0) r.milli = (uint32_t)room.milli[s.chip];
    return r;
}

/* The room without what the part takes of it. */
static void room_lose(const struct pool_nodes *n, const struct claim_part *part,
                      struct fit_room *room)
{
    for (uint64_t m = part->chip_mask; m != 0; m &= m - 1) {
        int32_t left = (int32_t)node_chip_left(n, part->node, (uint32_t)__builtin_ctzll(m));
        int32_t i = 0;
        while (room->milli[i] != left) i++; /* chips with as much left are alike */
        room->milli[i] -= part->milli > 0 ? (int32_t)part->milli : CHIP_MILLI;
    }
    if (n->cpus_per_node > 0) room->cpu -= part->cpus;
    if (n->mem_mb_per_node > 0) room->mem -= (int64_t)part->mem_mb;
}

int64_t nodes_stranded(const struct pool_nodes *n, const struct claim_part *parts, uint32_t count)
{
    int64_t sum = 0;
    if (n->seen.count == 0 || n->chips_per_node == 0) return 0;
    for (uint32_t i = 0; i < count; i++) {
        struct free_room free;
        node_free(n, parts[i].node, &free);
        struct fit_room room = room_of(n, &free);
        sum -= fit_stranded(&n->expected, &room);
        room_lose(n, &parts[i], &room);
        sum += fit_stranded(&n->expected, &room);
    }
    return sum > 0 ? sum : 0;
}

static void rank(const struct pool_nodes *n, const struct need *each, struct ranking *out)
{
    uint32_t looked = 0;
    const struct shape *x = shapes_from(&n->shapes, whole_chips(each));
    out->count = 0;
    for (; x != NULL && looked < SHAPES_LOOKED_MAX; x = x->after, looked++) {
        if (!room_fits(&x->free, each)) continue;
        struct ranked r = score_of(n, each, x);
        uint32_t k = out->count++;
        for (; k > 0 && out->at[k - 1].score < r.score; k--) out->at[k] = out->at[k - 1];
        out->at[k] = r;
    }
    out->complete = x == NULL;
}

/* How many nodes of the shape were taken for the need before, and the last of them. */
static void skip_taken(struct ranked *r, const struct ranking *before)
{
    for (uint32_t i = 0; before != NULL && i < before->count; i++) {
        if (before->at[i].shape != r->shape) continue;
        r->taken = before->at[i].taken;
        r->last = before->at[i].last;
    }
}

/* Take `count` nodes in order, after those that `before` (may be NULL) took. False: too few. */
static bool take_ranked(struct taking *t, const struct need *each, struct ranking *r,
                        const struct ranking *before, uint32_t count)
{
    for (uint32_t i = 0; i < r->count && count > 0; i++) {
        struct ranked *x = &r->at[i];
        skip_taken(x, before);
        const struct order *nodes = &x->shape->nodes;
        for (; count > 0 && x->taken < nodes->count; count--) {
            struct order_node *o =
                x->taken == 0 ? order_first(nodes) : order_after(nodes, 0, x->last);
            x->last = o->id;
            x->taken++;
            take(t, each, o->id, x->milli);
        }
    }
    return count == 0;
}

/* TRI_UNKNOWN: the shapes looked at do not hold enough nodes, and there are others. */
static enum tri choose_by_rule(const struct size *z, struct taking *t)
{
    struct ranking first, second;
    rank(t->n, &z->part[0].each, &first);
    if (!take_ranked(t, &z->part[0].each, &first, NULL, z->part[0].count))
        return first.complete ? TRI_NO : TRI_UNKNOWN;
    if (z->part[1].count == 0) return TRI_YES;
    rank(t->n, &z->part[1].each, &second);
    if (take_ranked(t, &z->part[1].each, &second, &first, z->part[1].count)) return TRI_YES;
    return second.complete ? TRI_NO : TRI_UNKNOWN;
}

/* ---- by key ---------------------------------------------------------------------------------- */

bool node_fits(const struct pool_nodes *n, uint32_t i, const struct need *each)
{
    const struct node *x = &n->node[i];
    if (x->state != NODE_UP) return false;
    if (x->shape != NULL) return room_fits(&x->shape->free, each);
    return n->cpus_max - x->cpus >= each->cpus && n->mem_max - x->mem_mb >= each->mem_mb &&
           each->chips == 0 && !(x->is_kept && each->beside_kept);
}

/* May a node below that sum fit, with one of these keys? */
static bool sum_may_fit(const struct pool_nodes *n, uint32_t level, uint32_t at,
                        const struct need *each, uint64_t keys)
{
    const struct node_most *most = &n->most[level][(size_t)at * n->key_kinds];
    uint64_t both = n->keys[level][at] & keys;
    if (both == 0) return false;
    uint32_t first = nodes_key_kind(n, (uint32_t)__builtin_ctzll(both));
    uint32_t last = nodes_key_kind(n, 63 - (uint32_t)__builtin_clzll(both));
    for (uint32_t k = first; k <= last; k++)
        if (most[k].cpus_free >= each->cpus && most[k].mem_free >= each->mem_mb &&
            most[k].milli_free >= each->milli)
            return true;
    return false;
}

/* The lowest node from `from` on with one of these keys (a set of bits) that satisfies `each`;
 * NO_INDEX: none. Walks up from `from` while nothing to its right in the subtree may fit, then down. */
static uint32_t find(const struct pool_nodes *n, const struct need *each, uint64_t keys,
                     uint32_t from)
{
    uint32_t i = from;
    while (i < n->count) {
        if (i % FAN == 0) { /* at the left edge of subtrees: skip the largest that cannot fit */
            uint32_t span = 1;
            uint32_t at = i;
            for (uint32_t level = 0; level < n->level_count && at % FAN == 0; level++) {
                at /= FAN;
                if (sum_may_fit(n, level, at, each, keys)) break;
                span *= FAN;
            }
            if (span > 1) {
                i += span;
                continue;
            }
        }
        if (node_fits(n, i, each) && (keys >> node_key(n, i) & 1) != 0) return i;
        i++;
    }
    return NO_INDEX;
}

uint32_t nodes_next(const struct pool_nodes *n, const struct need *each, uint32_t from)
{
    return find(n, each, UINT64_MAX << nodes_key(n, whole_chips(each), each->cpus), from);
}

/* A walk over the nodes that satisfy a need, best first: in order of (key, index). */
struct search {
    const struct pool_nodes *n;
    struct need each;
    uint32_t key, at; /* where the next search begins */
};

static struct search search_from(const struct pool_nodes *n, const struct need *each)
{
    return (struct search){n, *each, nodes_key(n, whole_chips(each), each->cpus), 0};
}

/* The next best node; NO_INDEX: no more. */
static uint32_t search_next(struct search *s)
{
    for (; s->key <= KEY_MAX; s->key++, s->at = 0) {
        if (s->n->by_key[s->key] == 0) continue;
        uint32_t i = find(s->n, &s->each, UINT64_C(1) << s->key, s->at);
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
    for (uint32_t k = search_from(n, each).key; k <= KEY_MAX && nodes < count; k++)
        nodes += n->by_key[k];
    return nodes >= count;
}

static bool choose_by_key(const struct size *z, struct taking *t)
{
    const struct need *first = &z->part[0].each, *second = &z->part[1].each;
    struct search s = search_from(t->n, first);
    while (t->got < z->part[0].count) {
        uint32_t i = search_next(&s);
        if (i == NO_INDEX) return false;
        take(t, first, i, first->milli);
    }
    struct search r = search_from(t->n, second);
    while (t->got < z->nodes) {
        uint32_t i = search_next(&r);
        if (i == NO_INDEX) return false;
        /* Chosen for part[0] already: it satisfies that need and stands before its search's end. */
        bool is_before = r.key != s.key ? r.key < s.key : i < s.at;
        if (is_before && node_fits(t->n, i, first)) continue;
        take(t, second, i, second->milli);
    }
    return true;
}

/* ---- on switches, or on adjacent nodes ------------------------------------------------------- */

static const struct free_room no_room; /* of nodes that are in no shape */

struct place {
    const struct free_room *free;
    uint32_t node, slot; /* slot: among all nodes of the stretches */
    int32_t score;
};

static int by_score(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    int c = free_room_compare(x->free, y->free);
    return c != 0 ? c : (x->node > y->node) - (x->node < y->node);
}

/* Scores of the shapes met last: neighbours are often alike. */
struct scores {
    const struct shape *shape[16];
    int32_t score[16];
};

static int32_t score_on(const struct pool_nodes *n, const struct need *each, const struct shape *x,
                        struct scores *known)
{
    size_t slot = x->heap % 16;
    if (x != known->shape[slot]) {
        known->shape[slot] = x;
        known->score[slot] = score_of(n, each, x).score;
    }
    return known->score[slot];
}

/* The nodes of these stretches that satisfy the need and are not taken. */
static uint32_t list_places(const struct taking *t, const struct need *each,
                            const struct node_span *list, uint32_t count, const bool *taken,
                            struct place *out)
{
    const struct pool_nodes *n = t->n;
    struct scores known = {0};
    uint32_t places = 0, slot = 0;
    for (uint32_t s = 0; s < count; s++) {
        for (uint32_t k = 0; k < list[s].count; k++, slot++) {
            uint32_t i = list[s].first + k;
            if (taken[slot] || !node_fits(n, i, each)) continue;
            const struct shape *x = n->node[i].shape;
            out[places++] = (struct place){x != NULL ? &x->free : &no_room, i, slot,
                                           x != NULL ? score_on(n, each, x, &known) : 0};
        }
    }
    if (places > 1) qsort(out, places, sizeof *out, by_score);
    return places;
}

/* The nodes that the rule likes best of these, which hold the job. */
static void choose_in(const struct size *z, const struct node_span *list, uint32_t count,
                      struct taking *t)
{
    size_t nodes = 0;
    for (uint32_t s = 0; s < count; s++) nodes += list[s].count;
    struct place *places = mem_alloc(nodes, sizeof *places);
    bool *taken = mem_alloc(nodes, sizeof *taken);
    for (int part = 0; part < 2; part++) {
        if (z->part[part].count == 0) continue;
        uint32_t found = list_places(t, &z->part[part].each, list, count, taken, places);
        ASSERT(found >= z->part[part].count);
        for (uint32_t i = 0; i < z->part[part].count; i++) {
            taken[places[i].slot] = true;
            take(t, &z->part[part].each, places[i].node, 0);
        }
    }
    mem_free(places);
    mem_free(taken);
}

static bool choose_on_switches(const struct size *z, struct taking *t)
{
    const struct pool_nodes *n = t->n;
    uint32_t *list, count;
    if (!switches_pick(n, z, &list, &count)) return false;
    const uint32_t *span_first = n->topology->span_first;
    uint32_t spans = 0;
    for (uint32_t s = 0; s < count; s++) spans += span_first[list[s] + 1] - span_first[list[s]];
    struct node_span *stretches = mem_alloc(spans, sizeof *stretches);
    spans = 0;
    for (uint32_t s = 0; s < count; s++)
        for (uint32_t k = span_first[list[s]]; k < span_first[list[s] + 1]; k++)
            stretches[spans++] = n->topology->spans[k];
    choose_in(z, stretches, spans, t);
    mem_free(list);
    mem_free(stretches);
    return true;
}

static bool choose_adjacent(const struct size *z, struct taking *t)
{
    struct node_span block = {contiguous_pick(t->n, z), z->nodes};
    if (block.first == NO_INDEX) return false;
    choose_in(z, &block, 1, t);
    return true;
}

/* ---- both ------------------------------------------------------------------------------------ */

static int part_order(const void *a, const void *b)
{
    const struct claim_part *x = a, *y = b;
    return x->node < y->node ? -1 : x->node > y->node;
}

static bool is_hopeless(const struct pool_nodes *n, const struct size *z)
{
    return !keys_suffice(n, &z->part[0].each, z->part[0].count) ||
           (z->part[1].count > 0 && !keys_suffice(n, &z->part[1].each, z->nodes));
}

bool nodes_choose(const struct pool_nodes *n, const struct size *z, struct claim_part *parts_out,
                  uint32_t *waste_out)
{
    if (is_hopeless(n, z)) return false;
    struct taking t = {.n = n, .parts = parts_out};
    enum tri fits = TRI_UNKNOWN;
    if (contiguous_matters(z))
        fits = choose_adjacent(z, &t) ? TRI_YES : TRI_NO;
    else if (switches_matter(n, z))
        fits = choose_on_switches(z, &t) ? TRI_YES : TRI_NO;
    else if (n->chips_per_node > 0)
        fits = choose_by_rule(z, &t);
    if (fits == TRI_UNKNOWN) {
        t = (struct taking){.n = n, .parts = parts_out};
        fits = choose_by_key(z, &t) ? TRI_YES : TRI_NO;
    }
    if (fits == TRI_NO) return false;
    ASSERT(t.got == z->nodes);
    if (parts_out != NULL && z->nodes > 1)
        qsort(parts_out, z->nodes, sizeof *parts_out, part_order);
    *waste_out = t.waste;
    return true;
}

uint32_t nodes_that_fit(const struct pool_nodes *n, const struct need *each, uint32_t enough)
{
    uint32_t count = 0, looked = 0;
    const struct shape *x = n->shapes.last; /* the roomiest first: most likely to do */
    bool is_out = false;
    for (; x != NULL && !is_out && looked < SHAPES_COUNTED_MAX && count < enough; looked++) {
        if (room_fits(&x->free, each)) count += x->nodes.count;
        is_out = x->free.chips < whole_chips(each);
        x = x->before;
    }
    if (count >= enough) return enough;
    if ((x == NULL || is_out) && n->chips_per_node > 0) return count;
    struct search s = search_from(n, each);
    for (count = 0; count < enough && search_next(&s) != NO_INDEX;) count++;
    return count;
}

bool nodes_fit(const struct pool_nodes *n, const struct size *z)
{
    const struct need *first = &z->part[0].each, *second = &z->part[1].each;
    if (is_hopeless(n, z)) return false;
    if (contiguous_matters(z)) return contiguous_fits(n, z);
    if (z->switches_max > 0 && switches_matter(n, z)) {
        uint32_t *list, count;
        bool fits = switches_pick(n, z, &list, &count);
        mem_free(list);
        return fits;
    }
    /* What satisfies the first need satisfies the second too. */
    return nodes_that_fit(n, first, z->part[0].count) >= z->part[0].count &&
           (z->part[1].count == 0 || nodes_that_fit(n, second, z->nodes) >= z->nodes);
}
