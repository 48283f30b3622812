/* refill.c - which waiting job can use what has come free.
 *
 * Only classes whose first job waits for room are asked (REASON_RESOURCES): for the others room is
 * not what is missing, and what is tries them again by itself. They stand in queue order by tenant
 * (waiting.h); whole subtrees are passed over by the least that any of their classes needs.
 *
 * Who is found is a function of the state alone: the first in queue order for which fits() holds.
 * What is noted in the tree only rules out such as do not fit, so a core that has noted it at
 * another time, after a restore say, finds the same. */
#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"

/* A marked pool, in the eyes of one tenant. */
struct marked {
    uint32_t pool;
    bool is_kept; /* something is kept there for a job */
    struct rank holder; /* that job's */
    int64_t leaves_ms; /* the longest limit that is over before */
};

struct refill {
    struct core *c;
    int64_t score; /* of the tenant */
    struct marked *pools;
    uint32_t pool_count;
};

static struct need need_of(const struct least *l, bool beside_kept)
{
    return (struct need){.chips = l->milli >= CHIP_MILLI ? l->milli / CHIP_MILLI : l->milli > 0,
                         .milli = l->milli < CHIP_MILLI ? l->milli : 0,
                         .cpus = l->cpus,
                         .mem_mb = l->mem_mb,
                         .beside_kept = beside_kept};
}

/* Could a class that needs this, and stands behind that place, find room in a marked pool? */
static bool may_fit(const void *of, const struct least *l, int64_t major, uint32_t id)
{
    const struct refill *r = of;
    const struct rank at_best = {-major, r->score, id};
    for (uint32_t i = 0; i < r->pool_count; i++) {
        const struct marked *m = &r->pools[i];
        if ((l->pools >> (m->pool % 64) & 1) == 0) continue;
        bool beside =
            m->is_kept && l->limit_ms > m->leaves_ms && rank_is_before(&m->holder, &at_best);
        struct size z = {.nodes = l->nodes};
        z.part[0].each = need_of(l, beside);
        z.part[0].count = l->nodes;
        if (nodes_fit(&r->c->pools[m->pool], &z)) return true;
    }
    return false;
}

/* Is room all that it lacked in one of them? */
static bool fits(const void *of, struct waiting_node *n)
{
    const struct refill *r = of;
    struct core *c = r->c;
    const struct class *k = CONTAINER(n, struct class, in_waiting);
    const struct job_spec *s = &k->box->spec;
    ASSERT(k->fleet_epoch == c->fleet_epoch); /* reserve_law */
    for (uint32_t i = 0; i < r->pool_count; i++) {
        uint32_t pool = r->pools[i].pool;
        struct size z;
        if (!class_may_use(k, pool)) continue;
        const struct legal *legal = legal_of(c, k->signature, s, pool);
        if (!legal->allowed || legal->short_of_quota) continue;
        size_now(c, s, n->id, pool, c->now_ms, &z);
        if (nodes_fit(&c->pools[pool], &z)) return true;
    }
    return false;
}

static void list_marked(const struct core *c, struct refill *r)
{
    for (uint32_t p = 0; p < c->fleet.pool_count; p++) {
        if ((c->marked[p / 64] >> (p % 64) & 1) == 0) continue;
        const struct entry *holder = entry_find(c, c->reservations[p].job);
        struct marked m = {.pool = p, .is_kept = holder != NULL};
        if (holder != NULL) {
            m.holder = rank_of(c, holder, c->now_ms);
            m.leaves_ms = reserve_leaves_ms(c, p, c->now_ms);
        }
        r->pools[r->pool_count++] = m;
    }
}

struct waiting_node *refill_next(struct core *c, const struct share *s)
{
    struct refill r = {.c = c, .score = share_score(c, s, c->now_ms)};
    r.pools = mem_alloc(c->fleet.pool_count, sizeof *r.pools);
    list_marked(c, &r);
    uint32_t id = s->found ? s->look_id - 1 : s->look_id;
    struct waiting_node *n = waiting_find(&s->waiting, s->look_major, id, may_fit, fits, &r);
    mem_free(r.pools);
    return n;
}
