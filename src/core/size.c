#include "core/size.h"

#include "base/check.h"

bool spec_wants_chips(const struct job_spec *s)
{
    return s->chips > 0 || s->chips_per_node > 0;
}

static uint32_t at_least_one(uint32_t x)
{
    return x > 0 ? x : 1;
}

static uint32_t divide_up(uint64_t a, uint64_t b)
{
    uint64_t q = (a + b - 1) / b;
    return q < UINT32_MAX ? (uint32_t)q : UINT32_MAX;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

/* CPUs and memory of a node that runs `tasks` tasks and holds each.chips chips. False: the CPUs
 * overflow, so no node has as many. */
static bool node_need(const struct job_spec *s, uint64_t tasks, struct need *each)
{
    uint64_t cpus = multiply(tasks, at_least_one(s->cpus_per_task));
    if (cpus > UINT32_MAX) return false;
    each->cpus = (uint32_t)cpus;
    each->mem_mb = s->mem_mb_per_node;
    if (s->mem_mb_per_chip > 0) each->mem_mb = multiply(s->mem_mb_per_chip, each->chips);
    if (s->mem_mb_per_cpu > 0) each->mem_mb = multiply(s->mem_mb_per_cpu, each->cpus);
    return true;
}

/* Split the chips over nodes; false with the numbers when a node has too few of them. */
static bool split_chips(const struct job_spec *s, const struct pool *p, struct size *z,
                        int64_t *have, int64_t *need)
{
    uint32_t per_node = p->chips_per_node, most;
    if (s->chips_per_node > 0) {
        most = s->chips_per_node;
        z->part[0].each.chips = most;
        z->part[0].count = s->nodes > 0 ? s->nodes : divide_up(at_least_one(s->chips), most);
    } else if (s->nodes > 0) {
        uint32_t base = s->chips / s->nodes, extra = s->chips % s->nodes;
        most = base + (extra > 0);
        z->part[0].each.chips = most;
        z->part[0].count = extra > 0 ? extra : s->nodes;
        z->part[1].each.chips = base;
        z->part[1].count = s->nodes - z->part[0].count;
    } else {
        uint32_t full = s->chips / per_node, rest = s->chips % per_node;
        most = full > 0 ? per_node : rest;
        z->part[0].each.chips = most;
        z->part[0].count = full > 0 ? full : 1;
        z->part[1].each.chips = full > 0 ? rest : 0;
        z->part[1].count = full > 0 && rest > 0;
    }
    *have = per_node;
    *need = most;
    return most <= per_node;
}

/* The shards of a chip that hold what is asked for, as thousandths; all of them: a whole chip. */
static int share_in_pool(const struct job_spec *s, const struct pool *p, struct size *z,
                         int64_t *have, int64_t *need)
{
    uint32_t all = p->shards_per_chip;
    if (!job_spec_shares(s)) return REASON_NONE;
    uint32_t shards =
        s->shards > 0 ? s->shards : divide_up((uint64_t)s->chip_milli * all, CHIP_MILLI);
    *have = all;
    *need = at_least_one(shards);
    if (shards > all || all == 0) return REASON_NOT_SHARED;
    if (shards < all) z->part[0].each.milli = shards * (CHIP_MILLI / all);
    return REASON_NONE;
}

static int chips_in_pool(const struct job_spec *s, const struct pool *p, struct size *z,
                         int64_t *have, int64_t *need)
{
    *have = 0;
    *need = 1;
    if (p->chips_per_node == 0) return REASON_CHIP_KIND;
    int why = share_in_pool(s, p, z, have, need);
    if (why != REASON_NONE) return why;
    if (!split_chips(s, p, z, have, need)) return REASON_TOO_FEW_NODES;
    uint64_t nodes = (uint64_t)z->part[0].count + z->part[1].count;
    uint64_t tasks =
        s->tasks_per_node > 0 ? s->tasks_per_node : divide_up(at_least_one(s->tasks), nodes);
    for (int i = 0; i < 2; i++)
        if (!node_need(s, tasks, &z->part[i].each)) return REASON_TOO_FEW_NODES;
    return REASON_NONE;
}

static int cpus_in_pool(const struct job_spec *s, const struct pool *p, struct size *z,
                        int64_t *have, int64_t *need)
{
    uint32_t per_task = at_least_one(s->cpus_per_task), tasks = at_least_one(s->tasks);
    *have = p->cpus_per_node;
    *need = per_task;
    uint64_t on_node = tasks;
    if (s->tasks_per_node > 0) {
        on_node = s->tasks_per_node;
        z->part[0].count = s->nodes > 0 ? s->nodes : divide_up(tasks, on_node);
    } else if (s->nodes > 0) {
        on_node = divide_up(tasks, s->nodes);
        z->part[0].count = s->nodes;
    } else {
        uint64_t most = p->cpus_per_node / per_task;
        if (most == 0) return REASON_TOO_FEW_NODES;
        uint64_t task_mb = multiply(s->mem_mb_per_cpu, per_task);
        if (task_mb > 0 && p->mem_mb_per_node > 0 && p->mem_mb_per_node / task_mb < most)
            most = p->mem_mb_per_node / task_mb;
        *have = (int64_t)p->mem_mb_per_node;
        *need = task_mb > INT64_MAX ? INT64_MAX : (int64_t)task_mb;
        if (most == 0) return REASON_MEMORY;
        on_node = tasks < most ? tasks : most;
        z->part[0].count = (uint32_t)(tasks / on_node);
        z->part[1].count = tasks % on_node > 0;
        if (z->part[1].count > 0 && !node_need(s, tasks % on_node, &z->part[1].each))
            return REASON_TOO_FEW_NODES;
    }
    return node_need(s, on_node, &z->part[0].each) ? REASON_NONE : REASON_TOO_FEW_NODES;
}

/* Does each node suffice, and are there enough of them? Makes exclusive needs whole nodes. */
static int check_nodes(const struct job_spec *s, const struct pool *p, struct size *z,
                       int64_t *have, int64_t *need)
{
    for (int i = 0; i < 2; i++) {
        struct need *each = &z->part[i].each;
        if (z->part[i].count == 0) continue;
        *have = p->cpus_per_node;
        *need = each->cpus;
        bool counts_cpus = p->cpus_per_node > 0 || p->chips_per_node == 0;
        if (counts_cpus && each->cpus > p->cpus_per_node) return REASON_TOO_FEW_NODES;
        if (!counts_cpus && !spec_wants_chips(s)) return REASON_TOO_FEW_NODES;
        *have = (int64_t)p->mem_mb_per_node;
        *need = each->mem_mb > INT64_MAX ? INT64_MAX : (int64_t)each->mem_mb;
        if (p->mem_mb_per_node > 0 && each->mem_mb > p->mem_mb_per_node) return REASON_MEMORY;
        if (!s->exclusive) continue;
        each->chips = p->chips_per_node;
        each->milli = 0;
        if (p->cpus_per_node > 0) each->cpus = p->cpus_per_node;
        if (p->mem_mb_per_node > 0) each->mem_mb = p->mem_mb_per_node;
    }
    uint64_t nodes = (uint64_t)z->part[0].count + z->part[1].count;
    uint64_t most = p->node_count < JOB_NODES_MAX ? p->node_count : JOB_NODES_MAX;
    if (s->nodes_limit > 0 && s->nodes_limit < most) most = s->nodes_limit;
    *have = (int64_t)most;
    *need = (int64_t)nodes;
    return nodes > most ? REASON_TOO_FEW_NODES : REASON_NONE;
}

int size_in_pool(const struct job_spec *s, const struct pool *p, struct size *out,
                 int64_t *have_out, int64_t *need_out)
{
    *out = (struct size){0};
    int why = spec_wants_chips(s) ? chips_in_pool(s, p, out, have_out, need_out)
                                  : cpus_in_pool(s, p, out, have_out, need_out);
    if (why == REASON_NONE) why = check_nodes(s, p, out, have_out, need_out);
    if (why != REASON_NONE) return why;
    out->nodes = out->part[0].count + out->part[1].count;
    out->chips =
        out->part[0].count * out->part[0].each.chips + out->part[1].count * out->part[1].each.chips;
    out->switches_max = s->switches;
    out->contiguous = s->contiguous;
    uint32_t milli = out->part[0].each.milli;
    out->milli = milli > 0 ? milli : (uint64_t)out->chips * CHIP_MILLI;
    ASSERT(out->nodes > 0);
    return REASON_NONE;
}

/* On how many nodes at most, and how many chips on each at least? */
static uint64_t spread(const struct job_spec *s, uint32_t fewest, uint32_t most, struct size *z)
{
    struct need *each = &z->part[0].each;
    if (s->chips_per_node > 0) {
        each->chips = s->chips_per_node;
        z->nodes = s->nodes > 0 ? s->nodes : divide_up(at_least_one(s->chips), each->chips);
        return z->nodes;
    }
    if (s->nodes > 0) {
        each->chips = divide_up(s->chips, s->nodes);
        z->nodes = s->chips % s->nodes > 0 ? s->chips % s->nodes : s->nodes;
        return s->nodes;
    }
    each->chips = s->chips < fewest ? s->chips : fewest;
    z->nodes = at_least_one(s->chips / at_least_one(most));
    return divide_up(s->chips, at_least_one(fewest));
}

void size_least(const struct job_spec *s, uint32_t fewest, uint32_t most, struct size *out)
{
    *out = (struct size){.nodes = 1};
    struct need *each = &out->part[0].each;
    uint64_t tasks = at_least_one(s->tasks);
    if (spec_wants_chips(s)) {
        uint64_t nodes = spread(s, fewest, most, out);
        if (job_spec_shares(s)) each->milli = s->chip_milli > 0 ? s->chip_milli : 1;
        tasks = divide_up(tasks, nodes);
    } else if (s->nodes > 0) {
        out->nodes = s->nodes;
        tasks = divide_up(tasks, s->nodes);
    } else {
        tasks = 1;
    }
    if (s->tasks_per_node > 0) tasks = s->tasks_per_node;
    if (!node_need(s, tasks, each)) each->cpus = UINT32_MAX;
    out->part[0].count = out->nodes;
}
