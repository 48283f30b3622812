/* fleet_state.c - a fleet takes the place of the one before; jobs keep what they hold. */
#include "core/preempt.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

void fleet_derive(struct core *c)
{
    const struct fleet *f = &c->fleet;
    c->has_fleet = true;
    c->pools = mem_alloc(f->pool_count, sizeof *c->pools);
    for (uint32_t p = 0; p < f->pool_count; p++) nodes_init(&c->pools[p], &f->pools[p]);
    c->marked = mem_alloc(f->pool_count / 64 + 1, sizeof *c->marked);
    c->marked_any = c->fresh_any = false;
    outlooks_init(c);
    reserve_init(c);
    c->permit_held = mem_alloc(f->permit_count, sizeof *c->permit_held);
    c->permit_used = mem_alloc(f->permit_count, sizeof *c->permit_used);
    c->permit_over = mem_alloc(f->permit_count, sizeof *c->permit_over);
    for (uint32_t i = 0; i < f->permit_count; i++) c->permit_used[i] = f->permits[i].used;
    c->chips_fewest = c->chips_most = 0;
    for (uint32_t p = 0; p < f->pool_count; p++) {
        uint32_t chips = f->pools[p].chips_per_node;
        if (chips > 0 && (c->chips_fewest == 0 || chips < c->chips_fewest)) c->chips_fewest = chips;
        if (chips > c->chips_most) c->chips_most = chips;
    }
    c->running = mem_alloc(f->pool_count, sizeof *c->running);
    c->ends = mem_alloc(f->pool_count, sizeof *c->ends);
    c->preempts = false;
    for (uint32_t p = 0; p < f->pool_count; p++) c->preempts = c->preempts || pool_preempts(f, p);
    c->has_budgets = false;
    for (uint32_t t = 0; t < f->tenant_count; t++)
        c->has_budgets = c->has_budgets || f->tenants[t].budget.per != BUDGET_NONE;
    c->fleet_epoch++;
    c->waiting_stale = true;
    legal_fleet(c);
    c->opens_ms = wall_next_opening(f, c->now_ms);
}

/* Put the indexes that the job keeps into the words of the new fleet. */
static void entry_move(struct core *c, struct entry *e, const struct fleet *old,
                       const uint32_t *pool_map)
{
    uint32_t *looked = &e->job.preempt_look.pool;
    if (*looked < old->pool_count) *looked = pool_map[*looked];
    if (e->job.pool.v < old->pool_count) e->job.pool.v = pool_map[e->job.pool.v];
    if (e->job.claim == NULL) return;
    e->job.claim->pool = e->job.pool;
    uint32_t kept = 0, over = 0;
    for (uint32_t i = 0; i < e->permit_count; i++) {
        struct str id = old->permits[e->permits[i]].id;
        bool is_over = i + e->permit_over >= e->permit_count;
        for (uint32_t k = 0; k < c->fleet.permit_count; k++) {
            if (!str_eq(c->fleet.permits[k].id, id)) continue;
            e->permits[kept++] = k;
            over += is_over;
        }
    }
    e->permit_count = kept;
    e->permit_over = over;
}

static void states_move(struct core *c, const struct fleet *old, const struct pool_nodes *nodes,
                        const uint32_t *pool_map)
{
    char name[NODE_NAME_MAX];
    for (uint32_t p = 0; p < old->pool_count; p++) {
        if (pool_map[p] == NO_INDEX) continue;
        for (uint32_t i = 0; i < nodes[p].count; i++) {
            if (nodes[p].node[i].state == NODE_UP) continue;
            pool_node_name(&old->pools[p], i, name);
            uint32_t at = pool_node_index(&c->fleet.pools[pool_map[p]], str_of(name));
            if (at != NO_INDEX) nodes_set_state(&c->pools[pool_map[p]], at, nodes[p].node[i].state);
        }
    }
}

/* Neighbours that stay neighbours keep one note. */
static void note_move(struct core *c, const struct fleet *old, const struct node_note *x,
                      uint32_t pool)
{
    char name[NODE_NAME_MAX];
    struct node_note moved = *x;
    moved.pool = pool;
    moved.count = 0;
    for (uint32_t i = 0; i < x->count; i++) {
        pool_node_name(&old->pools[x->pool], x->first + i, name);
        uint32_t at = pool_node_index(&c->fleet.pools[pool], str_of(name));
        if (at != NO_INDEX && moved.count > 0 && at == moved.first + moved.count) {
            moved.count++;
            continue;
        }
        if (moved.count > 0) node_notes_set(&c->node_notes, &moved);
        moved.first = at;
        moved.count = at != NO_INDEX ? 1 : 0;
    }
    if (moved.count > 0) node_notes_set(&c->node_notes, &moved);
}

static void notes_move(struct core *c, const struct fleet *old, const uint32_t *pool_map)
{
    struct node_notes before = c->node_notes;
    c->node_notes = (struct node_notes){0};
    for (size_t i = 0; i < before.count; i++) {
        uint32_t pool = pool_map[before.list[i].pool];
        if (pool != NO_INDEX) note_move(c, old, &before.list[i], pool);
    }
    node_notes_release(&before);
}

/* What was asked of a pool is what its successor may expect. */
static void seen_move(struct core *c, uint32_t old_count, const struct pool_nodes *nodes,
                      const uint32_t *pool_map)
{
    for (uint32_t p = 0; p < old_count; p++) {
        uint32_t at = pool_map[p];
        if (at != NO_INDEX && c->pools[at].chips_per_node == nodes[p].chips_per_node)
            nodes_expect(&c->pools[at], &nodes[p].seen);
    }
}

/* The pool with exactly that id (an alias would not do). */
static uint32_t pool_with_id(const struct fleet *f, struct str id)
{
    uint32_t p = fleet_pool(f, id);
    return p != NO_INDEX && str_eq(f->pools[p].id, id) ? p : NO_INDEX;
}

void fleet_enter(struct core *c, const struct fleet *f)
{
    struct arena old_arena = c->fleet_arena;
    holds_drop(c);
    struct fleet old = c->fleet;
    struct pool_nodes *old_pools = c->pools;
    mem_free(c->marked);
    reserve_release(c);
    outlooks_release(c);
    mem_free(c->permit_held);
    mem_free(c->permit_used);
    shares_leave_fleet(c);
    mem_free(c->running);
    mem_free(c->ends);
    mem_free(c->permit_over);
    arena_init(&c->fleet_arena);
    fleet_copy(f, &c->fleet_arena, &c->fleet);
    fleet_derive(c);
    shares_enter_fleet(c);
    uint32_t *pool_map = mem_alloc(old.pool_count, sizeof *pool_map);
    for (uint32_t p = 0; p < old.pool_count; p++)
        pool_map[p] = pool_with_id(&c->fleet, old.pools[p].id);
    for (struct entry *e = entry_after(c, 0); e != NULL; e = entry_after(c, e->job.id.v)) {
        entry_move(c, e, &old, pool_map);
        e->charge_uusd = 0;
        if (e->job.claim == NULL) continue;
        claim_enter(c, e);
        budget_charge(c, e);
        e->in_running = e->in_ends = (struct order_node){0};
        running_index(c, e);
    }
    states_move(c, &old, old_pools, pool_map);
    notes_move(c, &old, pool_map);
    seen_move(c, old.pool_count, old_pools, pool_map);
    for (uint32_t p = 0; p < old.pool_count; p++) nodes_release(&old_pools[p]);
    mem_free(old_pools);
    mem_free(pool_map);
    arena_release(&old_arena);
    legal_changed(c);
}

static enum err pool_admit(const struct core *c, const struct entry *e, const struct fleet *f,
                           struct errtext *error)
{
    const struct claim *k = e->job.claim;
    const struct pool *old = &c->fleet.pools[k->pool.v];
    uint32_t at = pool_with_id(f, old->id);
    const char *what = NULL;
    char old_name[NODE_NAME_MAX], new_name[NODE_NAME_MAX];
    if (at == NO_INDEX) {
        what = "would disappear";
    } else if (!str_eq(old->chip, f->pools[at].chip) || !str_eq(old->site, f->pools[at].site) ||
               old->chips_per_node != f->pools[at].chips_per_node) {
        what = "would change its chips or its site";
    } else if ((f->pools[at].cpus_per_node != 0 &&
                f->pools[at].cpus_per_node < old->cpus_per_node) ||
               (f->pools[at].mem_mb_per_node != 0 &&
                f->pools[at].mem_mb_per_node < old->mem_mb_per_node) ||
               (old->cpus_per_node == 0 && f->pools[at].cpus_per_node != 0) ||
               (old->mem_mb_per_node == 0 && f->pools[at].mem_mb_per_node != 0)) {
        what = "would have smaller nodes";
    }
    if (what == NULL && k->parts[0].milli > 0 &&
        old->shards_per_chip != f->pools[at].shards_per_chip)
        what = "would cut its chips in other shards";
    for (uint32_t i = 0; what == NULL && i < k->part_count; i++) {
        if (k->parts[i].node >= f->pools[at].node_count ||
            strcmp(pool_node_name(old, k->parts[i].node, old_name),
                   pool_node_name(&f->pools[at], k->parts[i].node, new_name)) != 0)
            what = "would lose or rename nodes in use";
    }
    if (what == NULL) return ERR_NONE;
    return err_set(error, ERR_CONFLICT,
                   "pool " STR_FMT " %s while job %u runs there; set it `drained`, wait for its "
                   "jobs or cancel them, then apply the fleet again",
                   STR_ARG(old->id), what, e->job.id.v);
}

enum err fleet_admit(const struct core *c, const struct fleet *f, struct errtext *error)
{
    for (struct order_node *n = order_first(&c->active); n != NULL;
         n = order_after(&c->active, n->major, n->id)) {
        enum err e = pool_admit(c, CONTAINER(n, struct entry, in_group), f, error);
        if (e != ERR_NONE) return e;
    }
    return ERR_NONE;
}
