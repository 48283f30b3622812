/* oracle_preempt.c - PREEMPT: nobody is stopped for another job without need, and the other job
 * gets the room.
 *
 * A decision to preempt is looked at after the step that made it: its victims still hold what they
 * held. Whether the job fits is worked out from the claims and holds alone, by counting nodes. What
 * becomes of the room is followed from step to step. */
#include "base/check.h"
#include "base/mem.h"
#include "core/limits.h"
#include "core/size.h"
#include "sim/world.h"

#include <inttypes.h>
#include <string.h>

/* ---- does it fit? ---- */

struct room {
    uint32_t milli[CHIPS_PER_NODE_MAX]; /* in use, of each chip */
    uint64_t cpus, mem_mb;
};

static void use(struct room *rooms, const struct claim_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct room *r = &rooms[parts[i].node];
        for (uint32_t k = 0; k < CHIPS_PER_NODE_MAX; k++)
            if ((parts[i].chip_mask >> k & 1) != 0)
                r->milli[k] += parts[i].milli > 0 ? parts[i].milli : 1000;
        r->cpus += parts[i].cpus;
        r->mem_mb += parts[i].mem_mb;
    }
}

static bool is_in(const uint32_t *ids, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++)
        if (ids[i] == id) return true;
    return false;
}

/* What is in use of the pool, but for the jobs `gone` and what is held for `job`. */
static void fill(struct sim *s, uint32_t pool, struct job_id job, const uint32_t *gone,
                 uint32_t gone_count, struct room rooms[SIM_NODES_MAX])
{
    static const struct room nothing[SIM_NODES_MAX];
    memcpy(rooms, nothing, sizeof nothing);
    const struct core *c = s->shell.core;
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        struct job_hold h;
        if (j->id.v != job.v && core_hold(c, j->id, &h) && h.pool.v == pool)
            use(rooms, h.parts, h.part_count);
        if (j->claim == NULL || j->claim->pool.v != pool || is_in(gone, gone_count, j->id.v))
            continue;
        use(rooms, j->claim->parts, j->claim->part_count);
    }
}

static bool node_does(const struct pool *p, const struct room *r, const struct need *each)
{
    uint32_t whole = 0, most = 0;
    for (uint32_t k = 0; k < p->chips_per_node; k++) {
        whole += r->milli[k] == 0;
        if (1000 - r->milli[k] > most) most = 1000 - r->milli[k];
    }
    bool chips = each->milli > 0 ? most >= each->milli : whole >= each->chips;
    bool cpus = p->cpus_per_node == 0 || r->cpus + each->cpus <= p->cpus_per_node;
    bool mem = p->mem_mb_per_node == 0 || r->mem_mb + each->mem_mb <= p->mem_mb_per_node;
    return chips && cpus && mem;
}

/* Nodes that can hold a need, as bits. */
static uint32_t nodes_that_do(const struct sim *s, uint32_t pool, const struct room *rooms,
                              const struct need *each)
{
    const struct pool *p = &shell_fleet(s)->pools[pool];
    uint32_t nodes = 0;
    for (uint32_t n = 0; n < p->node_count; n++)
        if (core_node_use(s->shell.core, (struct pool_id){pool}, n).state == NODE_UP &&
            node_does(p, &rooms[n], each))
            nodes |= UINT32_C(1) << n;
    return nodes;
}

/* A number for the switch that the node hangs on, by the words of the fleet file alone. */
static uint32_t switch_of(const struct pool *p, uint32_t node)
{
    char name[NODE_NAME_MAX];
    if (p->nodes_per_switch > 0) return node / p->nodes_per_switch;
    pool_node_name(p, node, name);
    for (uint32_t i = 0; i < p->switch_count; i++) {
        struct pool below = {.ranges = p->switches[i].ranges,
                             .range_count = p->switches[i].range_count};
        if (pool_node_index(&below, str_of(name)) != NO_INDEX) return i;
    }
    return p->switch_count + node;
}

/* Are these nodes on as few switches, and as close together, as the job insists? */
static bool has_form(const struct pool *p, const uint32_t *on, const struct job_spec *j,
                     uint32_t nodes)
{
    bool is_stated = p->nodes_per_switch > 0 || p->switch_count > 0;
    uint32_t switches = 0, gaps = 0;
    for (uint32_t n = 0; n < p->node_count; n++) {
        if ((nodes >> n & 1) == 0) continue;
        if (is_stated) switches |= UINT32_C(1) << on[n];
        gaps += n == 0 || (nodes >> (n - 1) & 1) == 0;
    }
    bool is_alone = (nodes & (nodes - 1)) == 0;
    return is_alone ||
           ((!j->contiguous || gaps <= 1) &&
            (j->switches == 0 || (uint32_t)__builtin_popcount(switches) <= j->switches));
}

/* Every set of as many nodes as the job wants is tried. The needs of part[1] are no greater than
 * those of part[0]. */
bool oracle_fits(struct sim *s, const struct job *j, uint32_t pool, const uint32_t *gone,
                 uint32_t gone_count)
{
    const struct pool *p = &shell_fleet(s)->pools[pool];
    struct room rooms[SIM_NODES_MAX];
    struct size z;
    int64_t have, need;
    if (size_in_pool(&j->spec, p, &z, &have, &need) != REASON_NONE) return false;
    fill(s, pool, j->id, gone, gone_count, rooms);
    uint32_t on[SIM_NODES_MAX];
    for (uint32_t n = 0; n < p->node_count; n++) on[n] = switch_of(p, n);
    const struct need *smaller = &z.part[z.part[1].count > 0 ? 1 : 0].each;
    uint32_t first = nodes_that_do(s, pool, rooms, &z.part[0].each);
    uint32_t any = nodes_that_do(s, pool, rooms, smaller);
    for (uint32_t set = 1; set < UINT32_C(1) << p->node_count; set++)
        if ((set & ~any) == 0 && (uint32_t)__builtin_popcount(set) == z.nodes &&
            (uint32_t)__builtin_popcount(set & first) >= z.part[0].count &&
            has_form(p, on, &j->spec, set))
            return true;
    return false;
}

/* ---- a decision ---- */

/* Price x chips x (time since it saved, and to save and restart), in micro-USD. */
static double loss_of(struct sim *s, const struct job *v)
{
    const struct job_spec *x = &v->spec;
    const struct pool *p = &shell_fleet(s)->pools[v->claim->pool.v];
    double since_s = (double)(core_now_ms(s->shell.core) - v->start_ms) / 1000;
    double cost_s = x->checkpoint_cost_s;
    const struct beat *saved = oracle_beat_saved(s, v->id);
    int64_t saved_ms = saved != NULL ? oracle_beat_at(s, saved) : 0;
    if (saved_ms > v->start_ms)
        since_s = (double)(core_now_ms(s->shell.core) - saved_ms) / 1000;
    else if (x->checkpoint_s > 0)
        since_s -= (double)x->checkpoint_s * (double)(int64_t)(since_s / x->checkpoint_s);
    if (x->checkpoint_s > 0 && cost_s <= 0) cost_s = CHECKPOINT_COST_MS / 1000;
    cost_s += x->restart_cost_s > 0 ? x->restart_cost_s : RESTART_COST_MS / 1000;
    double chips = 0, cpus = 0;
    for (uint32_t i = 0; i < v->claim->part_count; i++) {
        const struct claim_part *part = &v->claim->parts[i];
        double whole = __builtin_popcountll(part->chip_mask);
        chips += part->milli > 0 ? part->milli / 1000.0 : whole;
        cpus += part->cpus;
    }
    double weight = p->chips_per_node == 0 ? cpus : chips;
    if (weight <= 0) weight = 1;
    double price = p->chips_per_node == 0
                       ? (double)p->title.uusd_per_cpu_h
                       : (double)p->title.uusd_per_chip_h + (double)p->shadow_uusd_per_chip_h;
    if (price <= 0) price = 1e6;
    return price * weight * (since_s + cost_s) / 3600;
}

static void check_victim(struct sim *s, const struct job *j, const struct decision *d,
                         const struct job *v)
{
    const struct fleet *f = shell_fleet(s);
    int64_t exempt_ms = f->preempt_exempt_ms > 0 ? f->preempt_exempt_ms : PREEMPT_EXEMPT_MS;
    struct job_past *past = oracle_job(s, v->id);
    oracle_attempt(s, v->id, v->attempt)->preempted = true;
    uint32_t times = 0;
    for (uint32_t i = 0; i < past->attempt_count; i++) times += past->attempts[i].preempted;
    if (times == PREEMPTIONS_MAX) sim_count(s, STAT_LEFT_ALONE);
    if (times > s->stats->preemptions_most) s->stats->preemptions_most = times;
    const char *wrong = NULL;
    if (v->spec.priority >= j->spec.priority) wrong = "its priority is not lower";
    if (v->claim == NULL || v->claim->pool.v != d->pool) wrong = "it does not run in that pool";
    if (v->spec.no_requeue) wrong = "it may not be requeued";
    if (core_now_ms(s->shell.core) - v->start_ms < exempt_ms) wrong = "it has not run long enough";
    if (times > PREEMPTIONS_MAX) wrong = "it was stopped too often";
    if (wrong != NULL)
        sim_fail(s, "PREEMPT", "job %" PRIu32 " is stopped for job %" PRIu32 ", yet %s", v->id.v,
                 j->id.v, wrong);
}

static uint32_t victims_of(const struct outcome *out, struct job_id job,
                           uint32_t victims[PREEMPT_LOOK_MAX])
{
    uint32_t count = 0;
    for (size_t i = 0; i < out->decision_count; i++) {
        const struct decision *d = &out->decisions[i];
        if (d->kind == DECISION_STOPPED && d->reason == REASON_PREEMPTED && d->for_job.v == job.v)
            victims[count++] = d->job.v;
    }
    return count;
}

static void check_decision(struct sim *s, const struct outcome *out, const struct decision *d)
{
    uint32_t victims[PREEMPT_LOOK_MAX];
    uint32_t count = victims_of(out, d->job, victims);
    const struct job *j = core_job(s->shell.core, d->job);
    double loss = 0;
    for (uint32_t i = 0; i < count && !sim_has_failed(s); i++) {
        const struct job *v = core_job(s->shell.core, (struct job_id){victims[i]});
        check_victim(s, j, d, v);
        if (!sim_has_failed(s)) loss += loss_of(s, v);
    }
    if (sim_has_failed(s)) return;
    double slack = 2.0 * count + 2;
    if (count == 0 || d->loss_uusd >= d->gain_uusd || loss > (double)d->loss_uusd + slack ||
        loss < (double)d->loss_uusd - slack)
        sim_fail(s, "PREEMPT",
                 "job %" PRIu32 " has %" PRIu32 " victims, which lose %.0f, said to be %" PRId64
                 " for a gain of %" PRId64,
                 d->job.v, count, loss, d->loss_uusd, d->gain_uusd);
    else if (!oracle_fits(s, j, d->pool, victims, count))
        sim_fail(s, "PREEMPT", "job %" PRIu32 " does not fit though its victims were gone",
                 d->job.v);
    /* It may have had to leave nodes alone that are kept for a job before it, or were until this
     * step. */
    struct pool_reservation r;
    core_reservation(s->shell.core, (struct pool_id){d->pool}, &r);
    uint32_t was = s->promises[d->pool].job;
    bool is_sure = (r.job.v == 0 || r.job.v == d->job.v) && (was == 0 || was == d->job.v);
    for (uint32_t i = 0; i < count && is_sure && !sim_has_failed(s); i++) {
        uint32_t kept = victims[i];
        victims[i] = 0;
        if (oracle_fits(s, j, d->pool, victims, count))
            sim_fail(s, "PREEMPT", "job %" PRIu32 " is stopped for job %" PRIu32 " without need",
                     kept, d->job.v);
        victims[i] = kept;
    }
}

/* ---- what becomes of the room ---- */

static struct held *held_find(struct sim *s, struct job_id job)
{
    for (uint32_t i = 0; i < s->held_count; i++)
        if (s->held[i].job.v == job.v) return &s->held[i];
    return NULL;
}

static void held_add(struct sim *s, struct job_id job, const struct job_hold *h)
{
    s->held = mem_grow(s->held, &s->held_cap, (size_t)s->held_count + 1, sizeof *s->held);
    s->held[s->held_count++] =
        (struct held){.job = job, .pool = h->pool.v, .until_ms = h->until_ms};
}

/* Is there a reason why the room was given up, other than that somebody took it? */
static bool may_be_given_up(struct sim *s, const struct event *e, const struct outcome *out,
                            const struct held *h)
{
    const struct job *j = core_job(s->shell.core, h->job);
    if (j == NULL || j->state != JOB_PENDING || j->held_user || j->held_admin) return true;
    if (e->kind == EVENT_FLEET || (e->kind == EVENT_UPDATE && e->job.v == h->job.v)) return true;
    if (core_now_ms(s->shell.core) >= h->until_ms) return true;
    for (size_t i = 0; i < out->decision_count; i++) {
        const struct decision *d = &out->decisions[i];
        if (d->kind != DECISION_QUEUED || d->job.v != h->job.v) continue;
        bool lacks_room = d->reason == REASON_RESOURCES || d->reason == REASON_NODES_DOWN;
        return !lacks_room || h->nodes_changed;
    }
    return false;
}

static bool was_placed(const struct outcome *out, const struct held *h)
{
    for (size_t i = 0; i < out->decision_count; i++)
        if (out->decisions[i].kind == DECISION_PLACED && out->decisions[i].job.v == h->job.v)
            return out->decisions[i].pool == h->pool;
    return false;
}

static void follow(struct sim *s, const struct event *e, const struct outcome *out)
{
    for (uint32_t i = 0; i < s->held_count && !sim_has_failed(s);) {
        struct held *h = &s->held[i];
        struct job_hold now;
        h->nodes_changed = h->nodes_changed || e->kind == EVENT_NODES;
        if (core_hold(s->shell.core, h->job, &now)) {
            i++;
            continue;
        }
        if (!was_placed(out, h) && !may_be_given_up(s, e, out, h))
            sim_fail(s, "PREEMPT", "job %" PRIu32 " lost the room for which others were stopped",
                     h->job.v);
        *h = s->held[--s->held_count];
    }
}

/* Nothing but room is in its way, and there is room, with what is held for it: then it must have
 * started. Not so where nodes are kept for another. */
static void check_waits(struct sim *s, const struct held *h)
{
    const struct job *j = core_job(s->shell.core, h->job);
    struct pool_reservation r;
    core_reservation(s->shell.core, (struct pool_id){h->pool}, &r);
    uint32_t was = s->promises[h->pool].job;
    if (r.job.v != 0 || was != 0 || !oracle_fits(s, j, h->pool, NULL, 0)) return;
    struct arena arena;
    struct explanation x;
    arena_init(&arena);
    core_explain(s->shell.core, j, &arena, &x);
    int reason = x.pools[h->pool].reason;
    arena_release(&arena);
    if (reason == REASON_PREEMPTING || reason == REASON_CHOSEN)
        sim_fail(s, "PREEMPT",
                 "job %" PRIu32 " waits for others to stop, though it fits in pool %" PRIu32,
                 h->job.v, h->pool);
}

void oracle_preempt(struct sim *s, const struct event *e, const struct outcome *out)
{
    follow(s, e, out);
    for (uint32_t i = 0; i < s->held_count && !sim_has_failed(s); i++) check_waits(s, &s->held[i]);
    for (size_t i = 0; i < out->decision_count && !sim_has_failed(s); i++) {
        const struct decision *d = &out->decisions[i];
        struct job_hold h;
        if (d->kind != DECISION_PREEMPTING) continue;
        check_decision(s, out, d);
        if (!sim_has_failed(s) && held_find(s, d->job) == NULL &&
            core_hold(s->shell.core, d->job, &h))
            held_add(s, d->job, &h);
    }
}

void oracle_preempt_recovered(struct sim *s)
{
    const struct core *c = s->shell.core;
    s->held_count = 0;
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        struct job_hold h;
        if (core_hold(c, j->id, &h)) {
            held_add(s, j->id, &h);
            s->held[s->held_count - 1].nodes_changed = true; /* perhaps, before */
        }
        if (j->claim != NULL && j->state != JOB_COMPLETING)
            oracle_attempt(s, j->id, j->attempt)->preempted = false;
    }
}
