#include "core/outlook.h"

#include "core/forms.h"
#include "core/preempt.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- claims ---------------------------------------------------------------------------------- */

#define UNTIL_UNKNOWN INT64_C(-1)

int64_t claim_would_end_ms(int64_t now_ms, int64_t limit_ms)
{
    return now_ms + START_EXPIRY_MS + limit_ms + STOP_GRACE_MS;
}

static int64_t gone_by(int64_t wall_ms)
{
    return wall_ms == CIVIL_NEVER_MS ? CIVIL_NEVER_MS : wall_ms - WALL_STOP_MS + STOP_GRACE_MS;
}

/* The wall that stays whoever ends: one for want of room under a cap, or of a permit, does not. */
static int64_t firm_wall(const struct core *c, const struct entry *e)
{
    if (e->wall_reason != REASON_LAW_ENDS_FIRST) return e->wall_ms;
    int reason;
    uint32_t pool = e->job.pool.v;
    struct arena scratch;
    arena_init(&scratch);
    int64_t closes = wall_of_pool(&c->fleet, pool, c->now_ms, &reason);
    int64_t ends = legal_ends(c, &e->job.spec, pool, c->now_ms, &scratch);
    arena_release(&scratch);
    return closes < ends ? closes : ends;
}

int64_t claim_until_ms(const struct core *c, const struct entry *e)
{
    const struct job *j = &e->job;
    if (hold_awaits(c, e) || (j->state != JOB_RUNNING && e->repeats >= UNANSWERED_REPEATS))
        return CIVIL_NEVER_MS;
    if (j->state == JOB_COMPLETING) return 1;
    int64_t start = e->started ? j->start_ms : e->claimed_ms + START_EXPIRY_MS;
    int64_t until = start + j->time_limit_ms + STOP_GRACE_MS;
    if (gone_by(e->wall_ms) >= until) return until;
    int64_t wall = gone_by(firm_wall(c, e));
    return wall < until ? wall : until;
}

static void note(struct core *c, struct pool_outlook *o, uint32_t node)
{
    c->reserve_stale = true;
    o->changed[o->changes++ % OUTLOOK_CHANGES] = node;
}

void outlook_node(struct core *c, uint32_t pool, uint32_t node)
{
    note(c, &c->outlooks[pool], node);
}

void outlook_moved(struct core *c, struct entry *e)
{
    struct pool_outlook *o = &c->outlooks[e->job.claim->pool.v];
    for (uint32_t i = 0; i < e->resident_count; i++) {
        e->residents[i].until_ms = UNTIL_UNKNOWN;
        note(c, o, e->job.claim->parts[i].node);
    }
}

void outlook_enter(struct core *c, struct entry *e)
{
    const struct claim *k = e->job.claim;
    struct pool_outlook *o = &c->outlooks[k->pool.v];
    mem_free(e->residents);
    e->residents = mem_alloc(k->part_count, sizeof *e->residents);
    e->resident_count = k->part_count;
    for (uint32_t i = 0; i < k->part_count; i++) {
        struct resident **first = &o->on[k->parts[i].node];
        e->residents[i] = (struct resident){
            *first, e, i, k->parts[i].chip_mask != 0, UNTIL_UNKNOWN};
        *first = &e->residents[i];
    }
    outlook_moved(c, e);
}

void outlook_leave(struct core *c, struct entry *e)
{
    struct pool_outlook *o = &c->outlooks[e->job.claim->pool.v];
    outlook_moved(c, e);
    for (uint32_t i = 0; i < e->resident_count; i++) {
        struct resident **at = &o->on[e->job.claim->parts[i].node];
        while (*at != &e->residents[i]) at = &(*at)->next;
        *at = e->residents[i].next;
    }
    mem_free(e->residents);
    e->residents = NULL;
    e->resident_count = 0;
}

void outlooks_init(struct core *c)
{
    c->outlooks = mem_alloc(c->fleet.pool_count, sizeof *c->outlooks);
    for (uint32_t p = 0; p < c->fleet.pool_count; p++) {
        struct pool_outlook *o = &c->outlooks[p];
        uint32_t nodes = c->fleet.pools[p].node_count;
        o->on = mem_alloc(nodes, sizeof(struct resident *));
        o->node = mem_alloc(nodes, sizeof *o->node);
        o->changes = OUTLOOK_CHANGES + 1; /* none is known */
    }
    c->outlook_pools = c->fleet.pool_count;
}

void outlooks_drop(struct core *c, struct size_group *g)
{
    for (uint32_t p = 0; g->outlooks != NULL && p < c->outlook_pools; p++) {
        struct outlook *o = g->outlooks[p];
        if (o == NULL) continue;
        mem_free(o->list[0].node);
        mem_free(o->list[1].node);
        if (o->form.ready[1] != o->form.ready[0]) mem_free(o->form.ready[1]);
        mem_free(o->form.ready[0]);
        c->outlook_form_nodes -= o->form.nodes;
        mem_free(o);
        c->outlook_count--;
    }
    mem_free(g->outlooks);
    g->outlooks = NULL;
}

void outlooks_release(struct core *c)
{
    for (struct size_group *g = c->sizes; g != NULL; g = g->next) outlooks_drop(c, g);
    for (uint32_t p = 0; p < c->outlook_pools; p++) {
        mem_free(c->outlooks[p].on);
        mem_free(c->outlooks[p].node);
    }
    mem_free(c->outlooks);
    c->outlooks = NULL;
    c->outlook_pools = 0;
}

/* ---- one node -------------------------------------------------------------------------------- */

enum { RESIDENTS_SORTED = 256 }; /* more on one node: it counts as ready when all have ended */

/* What is free on a node, as claims end. */
struct room {
    uint32_t cpus, chips;
    uint64_t mem_mb;
    uint16_t left[CHIPS_PER_NODE_MAX]; /* milli, by chip */
};

static bool room_suffices(const struct room *r, uint32_t chips_per_node, const struct need *each)
{
    uint32_t whole = 0;
    bool share = false;
    for (uint32_t k = 0; k < chips_per_node; k++) {
        whole += r->left[k] == CHIP_MILLI;
        share = share || r->left[k] >= each->milli;
    }
    bool chips = each->milli > 0 ? share : whole >= each->chips;
    return chips && r->cpus >= each->cpus && r->mem_mb >= each->mem_mb;
}

static void room_gain(struct room *r, const struct claim_part *part)
{
    r->cpus += part->cpus;
    r->mem_mb += part->mem_mb;
    for (uint64_t m = part->chip_mask; m != 0; m &= m - 1) {
        uint16_t *left = &r->left[__builtin_ctzll(m)];
        *left = (uint16_t)(*left + (part->milli > 0 ? part->milli : CHIP_MILLI));
    }
}

static uint32_t sort_residents(const struct resident *first, const struct resident **by_end)
{
    uint32_t count = 0;
    for (const struct resident *r = first; r != NULL; r = r->next) {
        if (count == RESIDENTS_SORTED) return count + 1;
        uint32_t k = count++;
        for (; k > 0 && by_end[k - 1]->until_ms > r->until_ms; k--) by_end[k] = by_end[k - 1];
        by_end[k] = r;
    }
    return count;
}

static int64_t last_end(const struct resident *first)
{
    int64_t last = 0;
    for (const struct resident *r = first; r != NULL; r = r->next)
        if (r->until_ms > last) last = r->until_ms;
    return last;
}

/* The pool's changes are known. */
static int64_t node_ready_ms(const struct core *c, uint32_t pool, uint32_t i,
                             const struct need *each)
{
    const struct pool_nodes *n = &c->pools[pool];
    const struct node *x = &n->node[i];
    if (x->state != NODE_UP) return CIVIL_NEVER_MS;
    struct room r = {.cpus = n->cpus_max - x->cpus, .mem_mb = n->mem_max - x->mem_mb};
    for (uint32_t k = 0; k < n->chips_per_node; k++) r.left[k] = (uint16_t)node_chip_left(n, i, k);
    if (room_suffices(&r, n->chips_per_node, each)) return 0;
    const struct resident *first = c->outlooks[pool].on[i], *by_end[RESIDENTS_SORTED];
    uint32_t count = sort_residents(first, by_end);
    if (count > RESIDENTS_SORTED) return last_end(first);
    for (uint32_t k = 0; k < count; k++) {
        room_gain(&r, &by_end[k]->entry->job.claim->parts[by_end[k]->part]);
        if (room_suffices(&r, n->chips_per_node, each)) return by_end[k]->until_ms;
    }
    return CIVIL_NEVER_MS;
}

static void node_look(struct core *c, uint32_t pool, uint32_t i)
{
    const struct pool_nodes *n = &c->pools[pool];
    const struct node *x = &n->node[i];
    struct node_outlook *o = &c->outlooks[pool].node[i];
    *o = (struct node_outlook){.first_ms = CIVIL_NEVER_MS};
    for (struct resident *r = c->outlooks[pool].on[i]; r != NULL; r = r->next) {
        if (r->until_ms == UNTIL_UNKNOWN) r->until_ms = claim_until_ms(c, r->entry);
        if (r->until_ms < o->first_ms) o->first_ms = r->until_ms;
        if (r->has_chips && r->until_ms > o->idle_ms) o->idle_ms = r->until_ms;
    }
    if (x->state != NODE_UP) {
        o->first_ms = CIVIL_NEVER_MS;
        return;
    }
    o->mem_free = n->mem_max - x->mem_mb;
    o->cpus_free = n->cpus_max - x->cpus;
    o->chips_free = (uint16_t)node_chips_free(n, i);
    for (uint32_t k = 0; k < n->chips_per_node; k++) {
        uint32_t left = node_chip_left(n, i, k);
        if (left > o->milli_free) o->milli_free = (uint16_t)left;
    }
}

/* Bring what is known of the nodes up to date. */
static void pool_look(struct core *c, uint32_t pool)
{
    struct pool_outlook *p = &c->outlooks[pool];
    if (p->changes - p->known > OUTLOOK_CHANGES)
        for (uint32_t i = 0; i < c->pools[pool].count; i++) node_look(c, pool, i);
    else
        for (uint64_t i = p->known; i < p->changes; i++)
            node_look(c, pool, p->changed[i % OUTLOOK_CHANGES]);
    p->known = p->changes;
}

static bool fits_now(const struct node_outlook *o, const struct need *each)
{
    bool chips = each->milli > 0 ? o->milli_free >= each->milli : o->chips_free >= each->chips;
    return chips && o->cpus_free >= each->cpus && o->mem_free >= each->mem_mb;
}

/* The node is not ready before that. */
static int64_t node_bound_ms(const struct pool_nodes *n, const struct node_outlook *o,
                             const struct need *each)
{
    if (fits_now(o, each)) return 0;
    bool wants_all = each->milli == 0 && each->chips > 0 && each->chips == n->chips_per_node;
    return wants_all && o->idle_ms > o->first_ms ? o->idle_ms : o->first_ms;
}

/* ---- the nodes that are ready first ---------------------------------------------------------- */

static bool is_sooner(const struct ready_node *a, const struct ready_node *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->node < b->node;
}

static int by_time(const void *a, const void *b)
{
    return is_sooner(a, b) ? -1 : 1; /* nodes differ */
}

/* The heap's first node is the last of them all; it makes place for a sooner one. */
static void heap_sink(struct ready_node *heap, uint32_t count, uint32_t at, struct ready_node x)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_sooner(&heap[child], &heap[child + 1])) child++;
        if (!is_sooner(&x, &heap[child])) break;
        heap[at] = heap[child];
    }
    heap[at] = x;
}

/* The `most` nodes that are ready first, or whose bounds come first, in no order. Gives how many. */
static uint32_t find_first(const struct core *c, uint32_t pool, const struct need *each, bool exact,
                           uint32_t most, struct ready_node *out)
{
    const struct pool_nodes *n = &c->pools[pool];
    const struct node_outlook *node = c->outlooks[pool].node;
    uint32_t count = 0;
    for (uint32_t i = 0; i < n->count; i++) {
        struct ready_node x = {node_bound_ms(n, &node[i], each), i};
        if (count == most && !is_sooner(&x, &out[0])) continue;
        if (exact && x.at_ms > 0) x.at_ms = node_ready_ms(c, pool, i, each);
        if (count < most) {
            out[count++] = x;
            if (count == most)
                for (uint32_t k = count / 2; k-- > 0;) heap_sink(out, count, k, out[k]);
        } else if (is_sooner(&x, &out[0])) {
            heap_sink(out, count, 0, x);
        }
    }
    return count;
}

/* ---- one need in one pool: its bound --------------------------------------------------------- */

static void bound_find(const struct core *c, uint32_t pool, const struct need *each,
                       struct ready_list *l)
{
    struct ready_node *first = mem_alloc(l->want, sizeof *first);
    uint32_t count = find_first(c, pool, each, false, l->want, first);
    l->bound_ms = count == l->want ? first[0].at_ms : CIVIL_NEVER_MS;
    l->sooner = 0;
    for (uint32_t i = 0; i < count; i++) l->sooner += first[i].at_ms < l->bound_ms;
    mem_free(first);
}

/* The node has changed. False: the bound may be less. */
static bool bound_renew(const struct core *c, uint32_t pool, const struct need *each,
                        struct ready_list *l, uint32_t node)
{
    const struct node_outlook *o = &c->outlooks[pool].node[node];
    l->sooner += node_bound_ms(&c->pools[pool], o, each) < l->bound_ms;
    return l->sooner < l->want;
}

/* ---- one need in one pool: its nodes --------------------------------------------------------- */

static void list_put(struct ready_list *l, struct ready_node x)
{
    if (l->count == l->cap) {
        l->count--;
        l->all = false;
    }
    uint32_t low = 0, high = l->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (is_sooner(&l->node[middle], &x))
            low = middle + 1;
        else
            high = middle;
    }
    memmove(l->node + low + 1, l->node + low, (l->count - low) * sizeof *l->node);
    l->node[low] = x;
    l->count++;
}

static void list_build(const struct core *c, uint32_t pool, const struct need *each,
                       struct ready_list *l)
{
    uint32_t nodes = c->pools[pool].count;
    l->cap = l->want + OUTLOOK_SPARE < nodes ? l->want + OUTLOOK_SPARE : nodes;
    if (l->node == NULL) l->node = mem_alloc(l->cap, sizeof *l->node);
    l->count = find_first(c, pool, each, true, l->cap, l->node);
    l->all = l->count == nodes;
    qsort(l->node, l->count, sizeof *l->node, by_time);
}

/* The node may be ready at another instant than before. False: too few are left to tell. */
static bool list_renew(const struct core *c, uint32_t pool, const struct need *each,
                       struct ready_list *l, uint32_t node)
{
    bool all = l->all;
    const struct node_outlook *o = &c->outlooks[pool].node[node];
    struct ready_node last = l->node[l->count - 1];
    struct ready_node x = {node_bound_ms(&c->pools[pool], o, each), node};
    bool enters = all || is_sooner(&x, &last);
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->node[i].node != node) continue;
        memmove(l->node + i, l->node + i + 1, (l->count - i - 1) * sizeof *l->node);
        l->count--;
        break;
    }
    if (enters && x.at_ms > 0) x.at_ms = node_ready_ms(c, pool, node, each);
    if (enters && (all || is_sooner(&x, &last))) list_put(l, x);
    return l->all || l->count >= l->want;
}

/* ---- one size in one pool: its form ---------------------------------------------------------- */

static bool is_even(const struct outlook *o)
{
    return o->size.part[1].count == 0;
}

static void form_look(const struct core *c, struct outlook *o, uint32_t pool, uint32_t node)
{
    for (int k = 0; k < (is_even(o) ? 1 : 2); k++)
        o->form.ready[k][node] = node_ready_ms(c, pool, node, &o->size.part[k].each);
    o->form.is_known = false;
}

static void form_look_all(const struct core *c, struct outlook *o, uint32_t pool)
{
    struct ready_form *f = &o->form;
    if (f->ready[0] == NULL) {
        f->ready[0] = mem_alloc(f->nodes, sizeof *f->ready[0]);
        f->ready[1] = is_even(o) ? f->ready[0] : mem_alloc(f->nodes, sizeof *f->ready[1]);
    }
    for (uint32_t i = 0; i < f->nodes; i++) form_look(c, o, pool, i);
}

static struct form_nodes form_nodes_of(const struct core *c, const struct outlook *o, uint32_t pool)
{
    const struct pool_nodes *n = &c->pools[pool];
    return (struct form_nodes){o->form.ready[0], o->form.ready[1], n->count, n->topology};
}

/* Its changes are taken in. */
static int64_t formed_at(const struct core *c, struct outlook *o, uint32_t pool)
{
    if (o->form.ready[0] == NULL) form_look_all(c, o, pool);
    if (!o->form.is_known) {
        struct form_nodes f = form_nodes_of(c, o, pool);
        o->form.at_ms = form_at(&f, &o->size, o->form.at_ms);
        o->form.is_known = true;
    }
    return o->form.at_ms;
}

/* ---- one size in one pool -------------------------------------------------------------------- */

static struct outlook *outlook_of(struct core *c, struct size_group *g, uint32_t pool)
{
    if (g->outlooks != NULL && g->outlooks[pool] != NULL) return g->outlooks[pool];
    struct outlook *o = mem_alloc(1, sizeof *o);
    int64_t have, need;
    int why = size_in_pool(&g->box->spec, &c->fleet.pools[pool], &o->size, &have, &need);
    ASSERT(why == REASON_NONE);
    o->form.nodes = form_matters(&c->pools[pool], &o->size) ? c->pools[pool].count : 0;
    if (c->outlook_count >= OUTLOOKS_MAX ||
        c->outlook_form_nodes + o->form.nodes > OUTLOOK_FORM_NODES)
        for (struct size_group *x = c->sizes; x != NULL; x = x->next) outlooks_drop(c, x);
    if (g->outlooks == NULL) g->outlooks = mem_alloc(c->outlook_pools, sizeof(struct outlook *));
    c->outlook_form_nodes += o->form.nodes;
    o->list[0].want = o->size.part[0].count;
    o->list[1].want = o->size.part[1].count > 0 ? o->size.nodes : 0;
    g->outlooks[pool] = o;
    c->outlook_count++;
    return o;
}

/* What is known is brought up to date, as far as that can be done change by change. */
static void outlook_renew(struct core *c, struct outlook *o, uint32_t pool)
{
    const struct pool_outlook *p = &c->outlooks[pool];
    pool_look(c, pool);
    bool all = p->changes - o->changes > OUTLOOK_CHANGES;
    if (all) o->is_known = o->is_listed = false;
    if (o->form.ready[0] != NULL && all) form_look_all(c, o, pool);
    for (uint64_t i = o->changes; o->form.ready[0] != NULL && !all && i < p->changes; i++)
        form_look(c, o, pool, p->changed[i % OUTLOOK_CHANGES]);
    for (int k = 0; k < 2; k++) {
        struct ready_list *l = &o->list[k];
        const struct need *each = &o->size.part[k].each;
        for (uint64_t i = o->changes; l->want > 0 && i < p->changes; i++) {
            uint32_t node = p->changed[i % OUTLOOK_CHANGES];
            if (o->is_listed) o->is_listed = list_renew(c, pool, each, l, node);
            if (o->is_known) o->is_known = bound_renew(c, pool, each, l, node);
            if (!o->is_listed && !o->is_known) break;
        }
    }
    o->changes = p->changes;
}

static int64_t listed_at(const struct outlook *o)
{
    int64_t at = 0;
    for (int k = 0; k < 2; k++) {
        const struct ready_list *l = &o->list[k];
        if (l->want == 0) continue;
        int64_t one = l->count < l->want ? CIVIL_NEVER_MS : l->node[l->want - 1].at_ms;
        if (one > at) at = one;
    }
    return at;
}

int64_t outlook_bound(struct core *c, struct size_group *g, uint32_t pool)
{
    struct outlook *o = outlook_of(c, g, pool);
    if (o->changes != c->outlooks[pool].changes) outlook_renew(c, o, pool);
    if (o->form.is_known) return o->form.at_ms;
    if (o->is_listed) return listed_at(o);
    int64_t at = 0;
    for (int k = 0; k < 2; k++) {
        struct ready_list *l = &o->list[k];
        if (l->want == 0) continue;
        if (!o->is_known) bound_find(c, pool, &o->size.part[k].each, l);
        if (l->bound_ms > at) at = l->bound_ms;
    }
    o->is_known = true;
    return at;
}

int64_t outlook_at(struct core *c, struct size_group *g, uint32_t pool)
{
    struct outlook *o = outlook_of(c, g, pool);
    if (o->changes != c->outlooks[pool].changes) outlook_renew(c, o, pool);
    if (o->form.nodes > 0) return formed_at(c, o, pool);
    for (int k = 0; !o->is_listed && k < 2; k++)
        if (o->list[k].want > 0) list_build(c, pool, &o->size.part[k].each, &o->list[k]);
    o->is_listed = true;
    return listed_at(o);
}

void outlook_nodes(struct core *c, struct size_group *g, uint32_t pool, uint32_t *nodes)
{
    outlook_at(c, g, pool); /* what was listed may have been dropped for others */
    const struct outlook *o = g->outlooks[pool];
    if (o->form.nodes > 0) {
        struct form_nodes f = form_nodes_of(c, o, pool);
        form_take(&f, &o->size, o->form.at_ms, nodes);
        return;
    }
    const struct ready_list *first = &o->list[0], *second = &o->list[1];
    uint32_t got = 0;
    for (; got < first->want; got++) nodes[got] = first->node[got].node;
    for (uint32_t i = 0; i < second->count && got < o->size.nodes; i++) {
        bool taken = false;
        for (uint32_t k = 0; k < first->want && !taken; k++)
            taken = nodes[k] == second->node[i].node;
        if (!taken) nodes[got++] = second->node[i].node;
    }
    ASSERT(got == o->size.nodes);
}
