#include "model/topology.h"

#include "base/check.h"
#include "base/mem.h"
#include "model/nodelist.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RETURN_IF(call)                                                                            \
    do {                                                                                           \
        enum err e_ = (call);                                                                      \
        if (e_ != ERR_NONE) return e_;                                                             \
    } while (0)

/* ---- the short form -------------------------------------------------------------------------- */

static uint32_t quotient_up(uint32_t x, uint32_t by)
{
    return x / by + (x % by != 0);
}

static void alloc_tables(struct topology *t, struct arena *arena, uint32_t nodes, size_t spans)
{
    t->switches = ARENA_ARRAY(arena, t->switch_count, struct topology_switch);
    t->leaf_of = ARENA_ARRAY(arena, nodes, uint32_t);
    t->span_first = ARENA_ARRAY(arena, (size_t)t->leaf_count + 1, uint32_t);
    t->spans = ARENA_ARRAY(arena, spans, struct node_span);
}

static void build_short(const struct pool *p, struct arena *arena, struct topology *t)
{
    uint32_t per = p->nodes_per_switch, group = p->switches_per_spine;
    t->leaf_count = quotient_up(p->node_count, per);
    uint32_t spines = group > 0 ? quotient_up(t->leaf_count, group) : 0;
    t->switch_count = t->leaf_count + spines;
    t->level_count = spines > 0 ? 2 : 1;
    t->level_first[1] = t->leaf_count;
    t->level_first[2] = t->switch_count;
    t->leaf_nodes_max = per < p->node_count ? per : p->node_count;
    alloc_tables(t, arena, p->node_count, t->leaf_count);
    for (uint32_t i = 0; i < p->node_count; i++) t->leaf_of[i] = i / per;
    for (uint32_t l = 0; l < t->leaf_count; l++) {
        uint32_t left = p->node_count - l * per;
        t->switches[l] = (struct topology_switch){
            0, l, l + 1, spines > 0 ? t->leaf_count + l / group : NO_INDEX, NO_INDEX};
        t->spans[l] = (struct node_span){l * per, left < per ? left : per};
        t->span_first[l + 1] = l + 1;
    }
    for (uint32_t s = 0; s < spines; s++) {
        uint32_t left = t->leaf_count - s * group;
        t->switches[t->leaf_count + s] = (struct topology_switch){
            1, s * group, s * group + (left < group ? left : group), NO_INDEX, NO_INDEX};
    }
}

/* ---- switches by name ------------------------------------------------------------------------ */

/* What is worked out of one stated switch. */
struct vertex {
    uint32_t parent; /* index in pool->switches, NO_INDEX */
    uint32_t waits; /* switches below it whose level is not known yet */
    uint32_t level, leaves, first; /* leaves below it, the first of them */
    struct node_spans spans; /* of a leaf */
};

struct building {
    const struct pool *p;
    struct vertex *of; /* by index in pool->switches */
    uint32_t *order; /* those below before those above */
    uint32_t *index; /* where each stands in the topology */
    struct name_table names;
    uint32_t at; /* the one at fault */
};

static enum err bad(struct building *b, uint32_t at, struct errtext *error, const char *why)
{
    b->at = at;
    return err_set(error, ERR_INVALID, "pool '" STR_FMT "': switch '" STR_FMT "' %s",
                   STR_ARG(b->p->id), STR_ARG(b->p->switches[at].name), why);
}

static enum err bad_other(struct building *b, uint32_t at, struct errtext *error, const char *why,
                          struct str other)
{
    b->at = at;
    return err_set(error, ERR_INVALID, "pool '" STR_FMT "': switch '" STR_FMT "' %s '" STR_FMT "'",
                   STR_ARG(b->p->id), STR_ARG(b->p->switches[at].name), why, STR_ARG(other));
}

static enum err index_names(struct building *b, struct errtext *error)
{
    const struct pool *p = b->p;
    for (uint32_t i = 0; i < p->switch_count; i++) {
        const struct pool_switch *s = &p->switches[i];
        if (!id_is_valid(s->name)) return bad(b, i, error, "has a name that is not a valid id");
        if (s->range_count > 0 && s->below_count > 0)
            return bad(b, i, error, "has both nodes and switches; it may have one of them");
        if (s->range_count == 0 && s->below_count == 0)
            return bad(b, i, error, "has neither nodes nor switches");
        b->names.entries[b->names.count++] = (struct name_entry){.name = s->name, .index = i};
    }
    name_table_sort(&b->names);
    for (uint32_t i = 1; i < b->names.count; i++)
        if (str_eq(b->names.entries[i - 1].name, b->names.entries[i].name))
            return bad(b, b->names.entries[i].index, error, "is named twice");
    return ERR_NONE;
}

static enum err link_below(struct building *b, uint32_t at, struct errtext *error)
{
    const struct pool_switch *s = &b->p->switches[at];
    for (uint32_t k = 0; k < s->below_count; k++) {
        const struct name_entry *e = name_table_find(&b->names, s->below[k]);
        if (e == NULL)
            return bad_other(b, at, error, "names a switch that is not there:", s->below[k]);
        struct vertex *v = &b->of[e->index];
        if (v->parent == at) return bad_other(b, at, error, "names twice", s->below[k]);
        if (v->parent != NO_INDEX)
            return bad_other(b, at, error, "takes one that is below another already:", s->below[k]);
        v->parent = at;
        b->of[at].waits++;
    }
    return ERR_NONE;
}

/* Levels and numbers of leaves, from below: what is left over is a circle. */
static enum err find_levels(struct building *b, struct errtext *error)
{
    uint32_t known = 0, count = b->p->switch_count;
    for (uint32_t i = 0; i < count; i++) {
        if (b->p->switches[i].range_count == 0) continue;
        b->of[i].leaves = 1;
        b->order[known++] = i;
    }
    for (uint32_t k = 0; k < known; k++) {
        const struct vertex *v = &b->of[b->order[k]];
        if (v->parent == NO_INDEX) continue;
        struct vertex *up = &b->of[v->parent];
        if (up->level <= v->level) up->level = v->level + 1;
        up->leaves += v->leaves;
        if (--up->waits == 0) b->order[known++] = v->parent;
        if (up->level >= SWITCH_LEVELS_MAX)
            return bad(b, v->parent, error, "is more than eight levels high");
    }
    for (uint32_t i = 0; i < count; i++)
        if (b->of[i].waits > 0) return bad(b, i, error, "is below itself, or above one that is");
    ASSERT(known == count);
    return ERR_NONE;
}

/* The first leaf of each, from above; the switches below one stand in the order in which it names
 * them. */
static void number_leaves(struct building *b)
{
    uint32_t next = 0, count = b->p->switch_count;
    for (uint32_t i = 0; i < count; i++) {
        if (b->of[i].parent != NO_INDEX) continue;
        b->of[i].first = next;
        next += b->of[i].leaves;
    }
    for (uint32_t k = count; k > 0; k--) {
        const struct pool_switch *s = &b->p->switches[b->order[k - 1]];
        next = b->of[b->order[k - 1]].first;
        for (uint32_t i = 0; i < s->below_count; i++) {
            struct vertex *v = &b->of[name_table_find(&b->names, s->below[i])->index];
            v->first = next;
            next += v->leaves;
        }
    }
}

static int span_order(const void *a, const void *b)
{
    const struct node_span *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorted, and joined where they touch. */
static void fold_spans(struct node_spans *s)
{
    size_t kept = 0;
    if (s->count > 1) qsort(s->items, s->count, sizeof *s->items, span_order);
    for (size_t i = 0; i < s->count; i++) {
        struct node_span *last = kept > 0 ? &s->items[kept - 1] : NULL;
        if (last != NULL && last->first + last->count == s->items[i].first)
            last->count += s->items[i].count;
        else
            s->items[kept++] = s->items[i];
    }
    s->count = kept;
}

/* The nodes of each leaf; node_on: by node, the stated switch on which it hangs, NO_INDEX before. */
static enum err find_spans(struct building *b, uint32_t *node_on, struct errtext *error)
{
    const struct pool *p = b->p;
    struct node_classes finder;
    struct errtext why;
    enum err e = ERR_NONE;
    node_finder_init(&finder, p);
    for (uint32_t i = 0; i < p->switch_count && e == ERR_NONE; i++) {
        const struct pool_switch *s = &p->switches[i];
        struct node_spans *spans = &b->of[i].spans;
        for (uint32_t k = 0; k < s->range_count && e == ERR_NONE; k++) {
            if (!node_range_is_sound(&s->ranges[k]))
                e = bad(b, i, error, "has a range of nodes that is not sound");
            else if (node_finder_find(&finder, &s->ranges[k], spans, &why) != ERR_NONE)
                e = bad(b, i, error, why.s);
        }
        for (size_t k = 0; k < spans->count && e == ERR_NONE; k++) {
            uint32_t n = spans->items[k].first, end = n + spans->items[k].count;
            for (; n < end && node_on[n] == NO_INDEX; n++) node_on[n] = i;
            if (n == end) continue;
            char name[NODE_NAME_MAX], text[NODE_NAME_MAX + ID_LEN_MAX + 64];
            snprintf(text, sizeof text, "has node '%s', which is on switch '" STR_FMT "' already",
                     pool_node_name(p, n, name), STR_ARG(p->switches[node_on[n]].name));
            e = bad(b, i, error, text);
        }
        fold_spans(spans);
    }
    node_finder_release(&finder);
    return e;
}

static int switch_order(const void *a, const void *b)
{
    const struct topology_switch *x = a, *y = b;
    if (x->level != y->level) return x->level < y->level ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static void fill_switches(const struct building *b, struct topology *t)
{
    uint32_t stated = b->p->switch_count, alone = t->switch_count - stated;
    uint32_t named = t->leaf_count - alone;
    for (uint32_t i = 0; i < stated; i++) {
        const struct vertex *v = &b->of[i];
        t->switches[i] =
            (struct topology_switch){v->level, v->first, v->first + v->leaves, v->parent, i};
    }
    for (uint32_t i = 0; i < alone; i++)
        t->switches[stated + i] =
            (struct topology_switch){0, named + i, named + i + 1, NO_INDEX, NO_INDEX};
    qsort(t->switches, t->switch_count, sizeof *t->switches, switch_order);
    for (uint32_t i = 0; i < t->switch_count; i++) {
        const struct topology_switch *s = &t->switches[i];
        if (s->stated != NO_INDEX) b->index[s->stated] = i;
        for (; t->level_count <= s->level; t->level_count++) t->level_first[t->level_count] = i;
    }
    t->level_first[t->level_count] = t->switch_count;
    for (uint32_t i = 0; i < t->switch_count; i++)
        if (t->switches[i].parent != NO_INDEX)
            t->switches[i].parent = b->index[t->switches[i].parent];
}

static void fill_nodes(const struct building *b, const uint32_t *node_on, struct topology *t)
{
    uint32_t spans = 0, next = 0; /* next: a node that may hang on no switch */
    for (uint32_t l = 0; l < t->leaf_count; l++) {
        uint32_t stated = t->switches[l].stated;
        t->span_first[l] = spans;
        if (stated == NO_INDEX) {
            while (node_on[next] != NO_INDEX) next++;
            t->spans[spans++] = (struct node_span){next++, 1};
        } else {
            const struct node_spans *own = &b->of[stated].spans;
            for (size_t k = 0; k < own->count; k++) t->spans[spans++] = own->items[k];
        }
        uint32_t nodes = 0;
        for (uint32_t k = t->span_first[l]; k < spans; k++) {
            for (uint32_t i = 0; i < t->spans[k].count; i++) t->leaf_of[t->spans[k].first + i] = l;
            nodes += t->spans[k].count;
        }
        if (nodes > t->leaf_nodes_max) t->leaf_nodes_max = nodes;
    }
    t->span_first[t->leaf_count] = spans;
}

static enum err build_named(struct building *b, uint32_t *node_on, struct arena *arena,
                            struct topology *t, struct errtext *error)
{
    const struct pool *p = b->p;
    RETURN_IF(index_names(b, error));
    for (uint32_t i = 0; i < p->switch_count; i++) b->of[i].parent = NO_INDEX;
    for (uint32_t i = 0; i < p->switch_count; i++) RETURN_IF(link_below(b, i, error));
    RETURN_IF(find_levels(b, error));
    number_leaves(b);
    for (uint32_t i = 0; i < p->node_count; i++) node_on[i] = NO_INDEX;
    RETURN_IF(find_spans(b, node_on, error));
    size_t spans = 0;
    for (uint32_t i = 0; i < p->switch_count; i++) {
        t->leaf_count += p->switches[i].range_count > 0;
        spans += b->of[i].spans.count;
    }
    uint32_t alone = 0;
    for (uint32_t i = 0; i < p->node_count; i++) alone += node_on[i] == NO_INDEX;
    t->leaf_count += alone;
    t->switch_count = p->switch_count + alone;
    alloc_tables(t, arena, p->node_count, spans + alone);
    fill_switches(b, t);
    fill_nodes(b, node_on, t);
    return ERR_NONE;
}

/* ---- both ------------------------------------------------------------------------------------ */

enum err topology_build(struct pool *p, struct arena *arena, uint32_t *at_out,
                        struct errtext *error)
{
    p->topology = NULL;
    if (p->switch_count == 0 && p->nodes_per_switch == 0) return ERR_NONE;
    struct topology *t = ARENA_NEW(arena, struct topology);
    if (p->switch_count == 0) {
        build_short(p, arena, t);
        p->topology = t;
        return ERR_NONE;
    }
    struct building b = {.p = p,
                         .of = mem_alloc(p->switch_count, sizeof *b.of),
                         .order = mem_alloc(p->switch_count, sizeof *b.order),
                         .index = mem_alloc(p->switch_count, sizeof *b.index),
                         .names.entries = mem_alloc(p->switch_count, sizeof *b.names.entries)};
    uint32_t *node_on = mem_alloc(p->node_count, sizeof *node_on);
    enum err e = build_named(&b, node_on, arena, t, error);
    if (e == ERR_NONE) p->topology = t;
    if (e != ERR_NONE && at_out != NULL) *at_out = b.at;
    for (uint32_t i = 0; i < p->switch_count; i++) mem_free(b.of[i].spans.items);
    mem_free(b.of);
    mem_free(b.order);
    mem_free(b.index);
    mem_free(b.names.entries);
    mem_free(node_on);
    return e;
}

const char *switch_name(const struct pool *p, uint32_t at, char out[SWITCH_NAME_MAX])
{
    const struct topology *t = p->topology;
    ASSERT(t != NULL && at < t->switch_count);
    const struct topology_switch *s = &t->switches[at];
    out[0] = '\0';
    if (s->stated != NO_INDEX)
        snprintf(out, SWITCH_NAME_MAX, STR_FMT, STR_ARG(p->switches[s->stated].name));
    else if (p->switch_count == 0)
        snprintf(out, SWITCH_NAME_MAX, STR_FMT "-%s%" PRIu32, STR_ARG(p->id),
                 s->level == 0 ? "switch" : "spine", at - t->level_first[s->level]);
    return out;
}

uint32_t switch_index(const struct pool *p, struct str name)
{
    char text[SWITCH_NAME_MAX];
    uint32_t count = p->topology != NULL ? p->topology->switch_count : 0;
    for (uint32_t i = 0; i < count && name.len > 0; i++)
        if (str_eqz(name, switch_name(p, i, text))) return i;
    return NO_INDEX;
}

bool switch_next_nodes(const struct topology *t, uint32_t at, uint32_t *next, struct node_span *out)
{
    const struct topology_switch *s = &t->switches[at];
    uint32_t k = t->span_first[s->first] + *next;
    if (k >= t->span_first[s->end]) return false;
    *out = t->spans[k];
    (*next)++;
    return true;
}

static int node_order(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

void switch_put_nodes(const struct pool *p, uint32_t at, struct buf *out)
{
    struct node_span s;
    uint32_t count = 0;
    for (uint32_t next = 0; switch_next_nodes(p->topology, at, &next, &s);) count += s.count;
    uint32_t *nodes = mem_alloc(count, sizeof *nodes);
    count = 0;
    for (uint32_t next = 0; switch_next_nodes(p->topology, at, &next, &s);)
        for (uint32_t i = 0; i < s.count; i++) nodes[count++] = s.first + i;
    if (count > 1) qsort(nodes, count, sizeof *nodes, node_order);
    nodelist_format(p, nodes, count, out);
    mem_free(nodes);
}
