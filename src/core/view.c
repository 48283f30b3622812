/* view.c - reading the state from outside (core.h). */
#include "core/state.h"

#include "base/check.h"

int64_t core_now_ms(const struct core *c)
{
    return c->now_ms;
}

uint64_t core_record(const struct core *c)
{
    return c->record;
}

const struct fleet *core_fleet(const struct core *c)
{
    return c->has_fleet ? &c->fleet : NULL;
}

const struct law *core_law(const struct core *c)
{
    return c->law;
}

const struct speeds *core_speeds(const struct core *c)
{
    return &c->speeds;
}

const struct job *core_job(const struct core *c, struct job_id id)
{
    const struct entry *e = entry_find(c, id.v);
    return e != NULL ? &e->job : NULL;
}

const struct job *core_job_after(const struct core *c, struct job_id after)
{
    const struct entry *e = entry_after(c, after.v);
    return e != NULL ? &e->job : NULL;
}

struct pool_use core_pool_use(const struct core *c, struct pool_id pool)
{
    ASSERT(c->has_fleet && pool.v < c->fleet.pool_count);
    return c->pools[pool.v].use;
}

const struct seen *core_pool_seen(const struct core *c, struct pool_id pool)
{
    ASSERT(c->has_fleet && pool.v < c->fleet.pool_count);
    return &c->pools[pool.v].seen;
}

struct node_use core_node_use(const struct core *c, struct pool_id pool, uint32_t node)
{
    ASSERT(c->has_fleet && pool.v < c->fleet.pool_count);
    ASSERT(node < c->pools[pool.v].count);
    const struct node *n = &c->pools[pool.v].node[node];
    struct node_use use = {.state = n->state,
                           .chip_mask = n->chip_mask,
                           .milli_used = node_milli_used(&c->pools[pool.v], node),
                           .cpus_used = n->cpus,
                           .mem_mb_used = n->mem_mb};
    const struct node_note *note =
        n->state != NODE_UP ? node_notes_find(&c->node_notes, pool.v, node) : NULL;
    if (note == NULL) return use;
    use.reason = note->reason;
    use.reason_uid = note->uid;
    use.reason_ms = note->at_ms;
    return use;
}

int64_t core_permit_used(const struct core *c, uint32_t permit)
{
    ASSERT(permit < c->fleet.permit_count);
    return c->permit_used[permit];
}

bool core_hold(const struct core *c, struct job_id id, struct job_hold *out)
{
    const struct entry *e = entry_find(c, id.v);
    if (e == NULL || e->hold == NULL) return false;
    const struct hold *h = e->hold;
    *out = (struct job_hold){.pool = {h->pool},
                             .until_ms = h->until_ms,
                             .parts = h->parts,
                             .part_count = h->part_count,
                             .victims = h->victims,
                             .victim_count = h->victim_count};
    return true;
}

void core_counts(const struct core *c, struct core_counts *out)
{
    *out = c->counts;
}
