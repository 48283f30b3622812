#include "core/preempt_search.h"

#include "core/whatif.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/money.h"

#include <stdlib.h>
#include <string.h>

/* ---- who runs
 * ------------------------------------------------------------------------------------- */

void running_leave(struct core *c, struct entry *e)
{
    uint32_t pool = e->job.pool.v;
    if (order_holds(&e->in_running)) order_remove(&c->running[pool], &e->in_running);
    if (order_holds(&e->in_ends)) order_remove(&c->ends[pool], &e->in_ends);
}

static bool may_be_stopped(const struct entry *e)
{
    const struct job *j = &e->job;
    return j->state == JOB_RUNNING && !j->spec.no_requeue &&
           (j->preemptions < PREEMPTIONS_MAX || BERTH_DEFECT == 90);
}

/* When its chips come free by themselves, as far as is known; -1: it cannot be told. One that is
 * being stopped is as good as gone, unless it does not obey or goes in favour of another. */
static int64_t natural_end(const struct core *c, const struct entry *e)
{
    const struct job *j = &e->job;
    if (j->state == JOB_RUNNING) return progress_end_ms(j);
    bool goes = j->state == JOB_COMPLETING && e->repeats < STUCK_REPEATS && !hold_awaits(c, e);
    return goes ? 0 : -1;
}

void running_index(struct core *c, struct entry *e)
{
    running_leave(c, e);
    uint32_t pool = e->job.pool.v, id = e->job.id.v;
    if (may_be_stopped(e))
        order_insert(&c->running[pool], &e->in_running, e->job.spec.priority, UINT32_MAX - id);
    int64_t end = natural_end(c, e);
    if (end >= 0) order_insert(&c->ends[pool], &e->in_ends, end, id);
}

/* ---- loss and gain
 * ----------------------------------------------------------------------------------- */

/* So many thousandths of a chip (of a CPU, in pools without chips) for so long, at the pool's price
 * and shadow price. */
static int64_t worth(const struct core *c, uint32_t pool, uint64_t milli, int64_t ms)
{
    const struct pool *p = &c->fleet.pools[pool];
    int64_t price = p->chips_per_node > 0
                        ? money_add(p->title.uusd_per_chip_h, p->shadow_uusd_per_chip_h)
                        : p->title.uusd_per_cpu_h;
    if (price == 0) price = PREEMPT_PRICE_UUSD;
    return money_scale(money_scale(price, (int64_t)milli, CHIP_MILLI), ms, INT64_C(3600000));
}

uint64_t preempt_milli(const struct core *c, const struct claim *k)
{
    if (c->fleet.pools[k->pool.v].chips_per_node > 0)
        return k->chips > 0 ? claim_milli(k) : CHIP_MILLI;
    uint64_t cpus = 0;
    for (uint32_t i = 0; i < k->part_count; i++) cpus += k->parts[i].cpus;
    return (cpus > 0 ? cpus : 1) * CHIP_MILLI;
}

static uint64_t milli_of_size(const struct core *c, uint32_t pool, const struct size *z)
{
    uint64_t cpus = 0;
    for (int i = 0; i < 2; i++) cpus += (uint64_t)z->part[i].each.cpus * z->part[i].count;
    uint64_t milli = c->fleet.pools[pool].chips_per_node > 0 ? z->milli : cpus * CHIP_MILLI;
    return milli > 0 ? milli : CHIP_MILLI;
}

static int64_t checkpoint_cost_ms(const struct job_spec *s)
{
    if (s->checkpoint_cost_s > 0) return (int64_t)s->checkpoint_cost_s * 1000;
    return s->checkpoint_s > 0 ? CHECKPOINT_COST_MS : 0;
}

int64_t preempt_loss(const struct core *c, const struct entry *e)
{
    const struct job_spec *s = &e->job.spec;
    int64_t saved = e->job.progress.checkpointed_ms;
    int64_t lost = c->now_ms - e->job.start_ms;
    if (saved > e->job.start_ms)
        lost = c->now_ms - saved;
    else if (s->checkpoint_s > 0)
        lost %= (int64_t)s->checkpoint_s * 1000;
    lost += checkpoint_cost_ms(s);
    lost += s->restart_cost_s > 0 ? (int64_t)s->restart_cost_s * 1000 : RESTART_COST_MS;
    return worth(c, e->job.pool.v, preempt_milli(c, e->job.claim), lost);
}

int64_t preempt_exempt_ms(const struct core *c)
{
    return c->fleet.preempt_exempt_ms > 0 ? c->fleet.preempt_exempt_ms : PREEMPT_EXEMPT_MS;
}

/* How long a victim has to save its work: as it states to need; all have STOP_GRACE_MS. */
static int64_t grace_of(const struct core *c, const struct entry *e)
{
    int64_t most = c->fleet.preempt_grace_ms > 0 ? c->fleet.preempt_grace_ms : PREEMPT_GRACE_MS;
    int64_t grace = checkpoint_cost_ms(&e->job.spec);
    if (grace > most) grace = most;
    if (grace < STOP_GRACE_MS) grace = STOP_GRACE_MS;
    /* Its own wall must not come meanwhile. */
    return e->wall_ms - c->now_ms - WALL_STOP_MS < grace ? STOP_GRACE_MS : grace;
}

static int64_t gain_of(struct search *s, const struct class *k, const struct legal *legal)
{
    const struct core *c = s->c;
    const struct job_spec *spec = &k->box->spec;
    int64_t grace = 0, difference = INT64_MAX;
    for (uint32_t i = 0; i < s->best_count; i++) {
        int64_t one = grace_of(c, s->best[i]);
        int64_t less = (int64_t)s->priority - s->best[i]->job.spec.priority;
        if (one > grace) grace = one;
        if (less < difference) difference = less;
    }
    int64_t natural = search_natural_start(s);
    int64_t saved = natural - c->now_ms - grace;
    if (saved <= 0) return 0;
    struct pool_reason row = {0};
    int then = pool_row_now(c, spec, order_first(&k->jobs)->id, legal, s->pool, natural, &row);
    if (then != REASON_RESOURCES) saved += limit_in_pool(&c->fleet, spec, s->pool);
    int64_t once = worth(c, s->pool, milli_of_size(c, s->pool, &s->size), saved);
    return money_scale(once, difference, 1);
}

/* ---- the choice between pools
 * -------------------------------------------------------------------------- */

struct plan {
    uint32_t pool;
    struct entry **victims;
    uint32_t victim_count;
    int64_t loss_uusd, gain_uusd;
    struct size size;
};

/* Is room all that is missing, now and when the victims have had their grace? */
static bool lacks_only_room(const struct core *c, const struct job_spec *s, uint32_t job,
                            const struct legal *legal, uint32_t pool)
{
    int64_t most = c->fleet.preempt_grace_ms > 0 ? c->fleet.preempt_grace_ms : PREEMPT_GRACE_MS;
    struct pool_reason row = {0};
    return pool_row_now(c, s, job, legal, pool, c->now_ms, &row) == REASON_RESOURCES &&
           pool_row_now(c, s, job, legal, pool, c->now_ms + most + STOP_GRACE_MS, &row) ==
               REASON_RESOURCES;
}

static bool has_lower(const struct core *c, uint32_t pool, int32_t priority)
{
    const struct order_node *n = order_first(&c->running[pool]);
    return n != NULL && n->major < priority;
}

bool preempt_may_help(const struct core *c, const struct class *k, int32_t priority)
{
    for (uint32_t i = 0; c->preempts && i < k->candidate_count; i++) {
        uint32_t p = k->candidates[i].pool;
        if (pool_preempts(&c->fleet, p) && has_lower(c, p, priority)) return true;
    }
    return false;
}

static void note(struct preempt_look *look, int result, const struct search *s, int64_t gain)
{
    bool nearer =
        result > look->result ||
        (result == PREEMPT_LOSS && s->best_loss_uusd - gain < look->loss_uusd - look->gain_uusd);
    if (!nearer) return;
    look->result = result;
    look->pool = s->pool;
    look->victims = result == PREEMPT_NOT_ENOUGH ? s->count : s->best_count;
    look->loss_uusd = s->best_loss_uusd;
    look->gain_uusd = gain;
}

/* What is kept for a job before it is left alone, however short it is: it cannot start at once, and
 * a victim that stands there is counted on to end by itself. */
static void size_beside_kept(struct search *s, const struct class *k)
{
    const struct job_spec *spec = &k->box->spec;
    uint32_t job = order_first(&k->jobs)->id;
    size_now(s->c, spec, job, s->pool, s->c->now_ms, &s->size);
    bool binds = reserve_binds(s->c, spec, job, s->pool, s->c->now_ms, INT64_MAX);
    s->size.part[0].each.beside_kept = s->size.part[1].each.beside_kept = binds;
}

static void search_pool(struct search *s, const struct class *k, const struct legal *legal,
                        struct plan *best, struct preempt_look *look)
{
    size_beside_kept(s, k);
    bool found = search_victims(s);
    if (s->count == 0) return;
    if (!found) {
        note(look, PREEMPT_NOT_ENOUGH, s, 0);
        return;
    }
    if (best->victim_count > 0 && best->loss_uusd <= s->best_loss_uusd) return;
    int64_t gain = gain_of(s, k, legal);
    bool pays = s->best_loss_uusd < gain;
    note(look, pays ? PREEMPT_DONE : PREEMPT_LOSS, s, gain);
    if (!pays) return;
    best->pool = s->pool;
    best->victim_count = s->best_count;
    memcpy(best->victims, s->best, s->best_count * sizeof(struct entry *));
    best->loss_uusd = s->best_loss_uusd;
    best->gain_uusd = gain;
    best->size = s->size;
}

static void search_all(struct core *c, struct class *k, int32_t priority, struct plan *best,
                       struct preempt_look *look)
{
    struct search *s = mem_alloc(1, sizeof *s);
    s->c = c;
    s->priority = priority;
    uint32_t pools = 0;
    for (uint32_t i = 0; i < k->candidate_count && pools < PREEMPT_POOLS_MAX; i++) {
        if (s->work > PREEMPT_WORK_MAX) break;
        s->pool = k->candidates[i].pool;
        if (!pool_preempts(&c->fleet, s->pool) || !has_lower(c, s->pool, priority)) continue;
        const struct legal *legal = legal_of(c, k->signature, &k->box->spec, s->pool);
        if (!lacks_only_room(c, &k->box->spec, order_first(&k->jobs)->id, legal, s->pool)) {
            note(look, PREEMPT_NOT_ROOM, s, 0);
            continue;
        }
        search_pool(s, k, legal, best, look);
        pools++;
    }
    c->preempt_work += s->work;
    mem_free(s);
}

/* ---- doing it
 * -------------------------------------------------------------------------------------- */

static void add_part(struct hold *h, struct claim_part part)
{
    if (part.chip_mask == 0 && part.cpus == 0 && part.mem_mb == 0) return;
    h->parts = mem_grow(h->parts, &h->part_cap, h->part_count + 1, sizeof *h->parts);
    h->parts[h->part_count++] = part;
}

/* Add what of the part is free on its node now. */
static void add_free(struct hold *h, const struct pool_nodes *n, const struct claim_part *part)
{
    const struct node *x = &n->node[part->node];
    struct claim_part free = *part;
    free.chip_mask = free.milli = 0;
    if (free.cpus > n->cpus_max - x->cpus) free.cpus = n->cpus_max - x->cpus;
    if (free.mem_mb > n->mem_max - x->mem_mb) free.mem_mb = n->mem_max - x->mem_mb;
    for (uint64_t m = part->chip_mask; m != 0; m &= m - 1) {
        uint64_t chip = m & (~m + 1);
        uint32_t left = node_chip_left(n, part->node, (uint32_t)__builtin_ctzll(m));
        if (part->milli > 0 && left > part->milli) left = part->milli;
        if (left == CHIP_MILLI)
            free.chip_mask |= chip;
        else if (left > 0) /* of a chip that others share */
            add_part(h, (struct claim_part){part->node, 0, chip, 0, left});
    }
    add_part(h, free);
}

static struct hold *hold_of(struct core *c, const struct plan *plan)
{
    struct claim_part *parts = mem_alloc(plan->size.nodes, sizeof *parts);
    uint32_t waste;
    struct whatif w;
    whatif_begin(&w, &c->pools[plan->pool]);
    for (uint32_t i = 0; i < plan->victim_count; i++)
        whatif_give_claim(&w, plan->victims[i]->job.claim);
    bool fits = nodes_choose(&c->pools[plan->pool], &plan->size, parts, &waste);
    ASSERT(fits);
    whatif_end(&w);
    struct hold *h = mem_alloc(1, sizeof *h);
    h->pool = plan->pool;
    for (uint32_t i = 0; i < plan->size.nodes; i++) add_free(h, &c->pools[plan->pool], &parts[i]);
    mem_free(parts);
    h->victims = mem_alloc(plan->victim_count, sizeof *h->victims);
    for (uint32_t i = 0; i < plan->victim_count; i++) {
        h->victims[i] = plan->victims[i]->job.id.v;
        int64_t gone = c->now_ms + grace_of(c, plan->victims[i]) + STOP_GRACE_MS + HOLD_SLACK_MS;
        if (gone > h->until_ms) h->until_ms = gone;
    }
    h->victim_count = plan->victim_count;
    return h;
}

static void stop_victim(struct core *c, struct entry *e, struct job_id winner)
{
    int64_t loss = preempt_loss(c, e);
    e->job.preempted_by = winner;
    e->job.preemptions++;
    e->grace_ms = grace_of(c, e);
    if (e->job.spec.signal_number > 0) e->signal_until_ms = c->now_ms + e->grace_ms;
    attempt_stop(c, e, JOB_PREEMPTED, true, REASON_PREEMPTED, (struct str){0});
    struct decision *d = &c->out->decisions[c->out->decision_count - 1];
    ASSERT(d->kind == DECISION_STOPPED && d->job.v == e->job.id.v);
    d->loss_uusd = loss;
}

static void carry_out(struct core *c, struct entry *e, const struct plan *plan)
{
    hold_make(c, e, hold_of(c, plan));
    struct decision *d = decide(c, DECISION_PREEMPTING, e, REASON_PREEMPTING, (struct str){0});
    d->pool = plan->pool;
    d->pool_id = str_copy(&c->out->arena, c->fleet.pools[plan->pool].id);
    d->loss_uusd = plan->loss_uusd;
    d->gain_uusd = plan->gain_uusd;
    for (uint32_t i = 0; i < plan->victim_count; i++) stop_victim(c, plan->victims[i], e->job.id);
}

bool preempt_for(struct core *c, struct class *k)
{
    struct entry *e = CONTAINER(order_first(&k->jobs), struct entry, in_group);
    struct job *j = &e->job;
    if (!c->preempts || e->preempt_at_ms > c->now_ms) return false;
    int32_t priority = j->spec.priority + (BERTH_DEFECT == 20);
    if (!preempt_may_help(c, k, priority)) {
        j->preempt_look = (struct preempt_look){.result = PREEMPT_NO_VICTIM, .pool = NO_INDEX};
        j->preempt_look.at_ms = c->now_ms;
        return false;
    }
    if (c->preempt_work > PREEMPT_WORK_MAX) { /* put off, so many a second */
        e->preempt_at_ms = c->now_ms + 1000 * (1 + (int64_t)(c->put_off++ / PREEMPT_PUT_OFF));
        timer_set(c, e);
        return false;
    }
    struct plan plan = {.victims = mem_alloc(PREEMPT_LOOK_MAX, sizeof(struct entry *))};
    struct preempt_look look = {.result = PREEMPT_NO_VICTIM, .pool = NO_INDEX, .at_ms = c->now_ms};
    search_all(c, k, priority, &plan, &look);
    bool found = plan.victim_count > 0;
    if (found)
        look = (struct preempt_look){.result = PREEMPT_DONE,
                                     .at_ms = c->now_ms,
                                     .pool = plan.pool,
                                     .victims = plan.victim_count,
                                     .loss_uusd = plan.loss_uusd,
                                     .gain_uusd = plan.gain_uusd};
    j->preempt_look = look;
    e->preempt_at_ms = found ? 0 : (c->now_ms / PREEMPT_RETRY_MS + 1) * PREEMPT_RETRY_MS;
    if (found)
        carry_out(c, e, &plan);
    else
        timer_set(c, e);
    mem_free(plan.victims);
    return found;
}
