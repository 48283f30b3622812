/* invariants.c - what is true after every step, looked at slowly and from the jobs alone.
 *
 *    1  a job holds a claim exactly while CONFIGURING, RUNNING or COMPLETING
 *    2  a claim names its job, its attempt and its pool; its parts are in order, its chips add up
 *    3  no chip (in thousandths), CPU or MB of a node is claimed beyond what the node has
 *    4  what the node index says is in use is the sum of the claims; its counters add up
 *    5  the queues hold the pending jobs, each once, in order, and so they do as one
 *    6  a pending job is in a class exactly when nothing but a place is missing; classes are alike
 *    7  counters by state and by reason equal what they count
 *    8  an array has no more tasks at once than its limit
 *    9  a permit has used what the fleet states and the claims hold; no more than its amount
 *   10  every claim is lawful now, within its lease, outside maintenance, or is being stopped
 *   11  each timer is set for what its job next waits for, and none is overdue
 *   12  no first job of a class fits anywhere (unless more are to be placed by the next tick)
 *   13  jobs that others wait for know them
 *   14  what a tenant uses an hour is the price of what its claims hold
 *   15  a hold is of a pending job in no class, awaits attempts that are being stopped for it, and is
 *       not overdue; no job was stopped for others too often
 *   16  the lists of running attempts, by priority and by end, are what the attempts say
 *   17  a counter holds what the claims add to it
 *   18  notes of nodes stand in order, each node has one at most, and none that is up
 *   19  what is kept for a waiting job is marked, no more is, and the job fits there at the instant
 *       it was told but not before, by the ends of claims
 *   20  an account is charged what claims and holds of its tenant may cost; what is left adds up, and
 *       the window is the present one */
#include "core/preempt.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/money.h"

#include <string.h>

#define BROKEN(n, ...) err_set(error, ERR_CORRUPT, "invariant " #n ": " __VA_ARGS__)

static enum err check_claim(const struct core *c, const struct entry *e, struct errtext *error)
{
    const struct job *j = &e->job;
    const struct claim *k = j->claim;
    if (job_state_holds_chips(j->state) != (k != NULL))
        return BROKEN(1, "job %u is %s and %s a claim", j->id.v, job_state_names[j->state],
                      k != NULL ? "has" : "has not");
    if (k == NULL) return ERR_NONE;
    if (k->job.v != j->id.v || k->attempt != j->attempt || k->pool.v != j->pool.v ||
        k->pool.v >= c->fleet.pool_count)
        return BROKEN(2, "the claim of job %u is another's", j->id.v);
    uint32_t chips = 0;
    for (uint32_t i = 0; i < k->part_count; i++) {
        chips += (uint32_t)__builtin_popcountll(k->parts[i].chip_mask);
        if (k->parts[i].milli > 0 && (k->chips != 1 || k->parts[i].milli >= CHIP_MILLI ||
                                      c->fleet.pools[k->pool.v].shards_per_chip == 0))
            return BROKEN(2, "the claim of job %u is no part of one chip", j->id.v);
        if (i > 0 && k->parts[i].node <= k->parts[i - 1].node)
            return BROKEN(2, "the claim of job %u is not in order of nodes", j->id.v);
    }
    if (chips != k->chips)
        return BROKEN(2, "the claim of job %u has %u chips, not %u", j->id.v, chips, k->chips);
    return ERR_NONE;
}

/* Sums over the claims of one pool against the node index. */
static enum err add_parts(const struct pool_nodes *n, struct node *sum, uint32_t *milli,
                          const struct claim_part *parts, size_t count, uint32_t pool,
                          struct errtext *error)
{
    for (size_t i = 0; i < count; i++) {
        struct node *x = &sum[parts[i].node];
        for (uint64_t m = parts[i].chip_mask; m != 0; m &= m - 1) {
            uint32_t chip = (uint32_t)__builtin_ctzll(m);
            if (chip >= n->chips_per_node)
                return BROKEN(3, "node %u of pool %u has no chip %u", parts[i].node, pool, chip);
            uint32_t *used = &milli[(size_t)parts[i].node * n->chips_per_node + chip];
            *used += parts[i].milli > 0 ? parts[i].milli : (uint32_t)CHIP_MILLI;
            if (*used > CHIP_MILLI)
                return BROKEN(3, "a chip of node %u of pool %u is claimed twice", parts[i].node,
                              pool);
        }
        x->chip_mask |= parts[i].chip_mask;
        x->cpus += parts[i].cpus;
        x->mem_mb += parts[i].mem_mb;
    }
    return ERR_NONE;
}

static enum err check_pool(const struct core *c, uint32_t pool, struct errtext *error)
{
    const struct pool_nodes *n = &c->pools[pool];
    const struct pool *p = &c->fleet.pools[pool];
    struct node *sum = mem_alloc(n->count, sizeof *sum);
    uint32_t *milli = mem_alloc((size_t)n->count * n->chips_per_node, sizeof *milli);
    enum err e = ERR_NONE;
    for (struct order_node *o = order_first(&c->active); o != NULL && e == ERR_NONE;
         o = order_after(&c->active, o->major, o->id)) {
        const struct claim *k = CONTAINER(o, struct entry, in_group)->job.claim;
        if (k->pool.v == pool) e = add_parts(n, sum, milli, k->parts, k->part_count, pool, error);
    }
    for (struct order_node *o = order_first(&c->holders); o != NULL && e == ERR_NONE;
         o = order_after(&c->holders, o->major, o->id)) {
        const struct hold *h = CONTAINER(o, struct entry, in_group)->hold;
        if (h->pool == pool) e = add_parts(n, sum, milli, h->parts, h->part_count, pool, error);
    }
    uint32_t used = 0, idle = 0;
    uint64_t milli_used = 0;
    for (uint32_t i = 0; i < n->count && e == ERR_NONE; i++) {
        const struct node *x = &n->node[i];
        if ((p->cpus_per_node > 0 && sum[i].cpus > p->cpus_per_node) ||
            (p->mem_mb_per_node > 0 && sum[i].mem_mb > p->mem_mb_per_node))
            e = BROKEN(3, "node %u of pool %u is overcommitted", i, pool);
        else if (x->chip_mask != sum[i].chip_mask || x->cpus != sum[i].cpus ||
                 x->mem_mb != sum[i].mem_mb)
            e = BROKEN(4, "node %u of pool %u is not what its claims say", i, pool);
        for (uint32_t k = 0; k < n->chips_per_node && e == ERR_NONE; k++) {
            milli_used += milli[(size_t)i * n->chips_per_node + k];
            if (node_chip_left(n, i, k) != CHIP_MILLI - milli[(size_t)i * n->chips_per_node + k])
                e = BROKEN(4, "chip %u of node %u of pool %u is not what its claims say", k, i,
                           pool);
        }
        used += (uint32_t)__builtin_popcountll(x->chip_mask);
        idle += x->chip_mask == 0 && x->cpus == 0 && x->mem_mb == 0;
    }
    const struct pool_use *u = &n->use;
    if (e == ERR_NONE &&
        (u->chips_used != used || u->milli_used != milli_used || u->nodes_idle != idle ||
         n->count != p->node_count || u->nodes_up + u->nodes_down + u->nodes_drained != n->count ||
         u->nodes_idle + u->nodes_mixed + u->nodes_allocated != n->count))
        e = BROKEN(4, "the counters of pool %u do not add up", pool);
    mem_free(sum);
    mem_free(milli);
    return e;
}

static enum err check_share(const struct core *c, const struct share *s, struct errtext *error)
{
    const struct entry *before = NULL;
    for (struct order_node *n = order_first(&s->queue); n != NULL;
         n = order_after(&s->queue, n->major, n->id)) {
        const struct entry *e = CONTAINER(n, struct entry, in_queue);
        if (e->job.state != JOB_PENDING || !str_eq(e->job.spec.tenant, s->tenant))
            return BROKEN(5, "job %u is queued and %s", e->job.id.v, job_state_names[e->job.state]);
        if (before != NULL && (before->job.spec.priority < e->job.spec.priority ||
                               (before->job.spec.priority == e->job.spec.priority &&
                                before->job.id.v >= e->job.id.v)))
            return BROKEN(5, "job %u stands behind job %u", e->job.id.v, before->job.id.v);
        before = e;
    }
    int64_t rate = 0;
    for (struct order_node *n = order_first(&c->active); n != NULL;
         n = order_after(&c->active, n->major, n->id)) {
        const struct entry *e = CONTAINER(n, struct entry, in_group);
        const struct claim *k = e->job.claim;
        const struct title *t = &c->fleet.pools[k->pool.v].title;
        int64_t own = money_scale(t->uusd_per_chip_h, (int64_t)claim_milli(k), CHIP_MILLI);
        for (uint32_t i = 0; i < k->part_count; i++)
            own = money_add(own, money_scale(t->uusd_per_cpu_h, k->parts[i].cpus, 1));
        if (own == 0) own = money_scale(SHARE_UUSD_PER_CHIP_H, (int64_t)claim_milli(k), CHIP_MILLI);
        if (e->share == s) rate = money_add(rate, own);
    }
    if (s->rate_uusd_h != rate || s->used_uusd < 0 || s->at_ms > c->now_ms)
        return BROKEN(14, "tenant " STR_FMT " uses %lld an hour, not %lld", STR_ARG(s->tenant),
                      (long long)rate, (long long)s->rate_uusd_h);
    return ERR_NONE;
}

static enum err check_account(const struct core *c, const struct share *s, struct errtext *error)
{
    struct tenant_budget b;
    core_budget(c, s->tenant, c->now_ms, &b);
    budget_sum charged = 0;
    for (const struct entry *e = entry_after(c, 0); e != NULL; e = entry_after(c, e->job.id.v)) {
        if (e->charge_uusd != 0 && e->job.claim == NULL && e->hold == NULL)
            return BROKEN(20, "job %u holds nothing, yet its account is charged", e->job.id.v);
        if (e->share == s) charged += e->charge_uusd;
    }
    const struct account *a = &s->account;
    if (charged != a->charged_uusd || a->left_uusd != b.left_uusd || a->binds != b.binds)
        return BROKEN(20, "the budget of " STR_FMT " has %lld left, not %lld", STR_ARG(s->tenant),
                      (long long)b.left_uusd, (long long)a->left_uusd);
    if (a->ended_uusd < 0 || (a->binds && (c->now_ms < a->from_ms || c->now_ms >= a->to_ms)))
        return BROKEN(20, "the budget of " STR_FMT " is in another window", STR_ARG(s->tenant));
    return ERR_NONE;
}

/* The queues together, and their order as one. */
static enum err check_queue(const struct core *c, struct errtext *error)
{
    uint32_t count = 0;
    for (size_t i = 0; i < c->share_count; i++) {
        count += c->shares[i]->queue.count;
        enum err e = check_share(c, c->shares[i], error);
        if (e == ERR_NONE && c->has_budgets) e = check_account(c, c->shares[i], error);
        if (e != ERR_NONE) return e;
    }
    if (count != c->counts.by_state[JOB_PENDING])
        return BROKEN(5, "%u jobs are queued, %u pending", count, c->counts.by_state[JOB_PENDING]);
    struct rank last = {0};
    uint32_t seen = 0;
    const struct job *j = core_queue_after(c, (struct job_id){0});
    for (; j != NULL; j = core_queue_after(c, j->id)) {
        struct rank r = rank_of(c, entry_find(c, j->id.v), c->now_ms);
        if (seen++ > 0 && !rank_is_before(&last, &r))
            return BROKEN(5, "job %u stands behind job %u", j->id.v, last.id);
        last = r;
    }
    if (seen != count) return BROKEN(5, "%u of %u queued jobs are in order", seen, count);
    return ERR_NONE;
}

/* What it waits for besides a place is there: or an update would find it missing. */
static enum err check_eligible(const struct core *c, const struct entry *e, struct errtext *error)
{
    uint32_t waits_for;
    bool is_held = e->job.held_user || e->job.held_admin;
    bool is_met = dependencies_look(c, e, &waits_for) == DEPENDENCY_MET;
    if (is_held || !is_met || eligible_at(e) > c->now_ms)
        return BROKEN(6, "job %u waits for a place, but is held, or for a job or a time too",
                      e->job.id.v);
    return ERR_NONE;
}

static enum err check_pending(const struct core *c, const struct entry *e, struct errtext *error)
{
    if (e->job.state != JOB_PENDING) {
        if (e->class != NULL) return BROKEN(6, "job %u is over, yet in a class", e->job.id.v);
        return ERR_NONE;
    }
    if ((e->class != NULL) != reason_is_eligible(e->job.reason))
        return BROKEN(6, "job %u waits for %s and is %sin a class", e->job.id.v,
                      reason_names[e->job.reason], e->class != NULL ? "" : "not ");
    if (e->class != NULL || e->hold != NULL) {
        enum err code = check_eligible(c, e, error);
        if (code != ERR_NONE) return code;
    }
    if (e->class == NULL) return ERR_NONE;
    const struct entry *first = CONTAINER(order_first(&e->class->jobs), struct entry, in_group);
    if (first == e && e->job.reason != e->class->reason)
        return BROKEN(6, "the first job of a class, %u, has another reason", e->job.id.v);
    if (first != e && e->job.reason != e->class->reason && e->job.reason != REASON_PRIORITY)
        return BROKEN(6, "job %u of a class has another reason", e->job.id.v);
    return ERR_NONE;
}

static enum err check_counts(const struct core *c, struct errtext *error)
{
    struct core_counts sum = {0};
    uint32_t jobs = 0;
    for (const struct entry *e = entry_after(c, 0); e != NULL; e = entry_after(c, e->job.id.v)) {
        sum.by_state[e->job.state]++;
        if (e->job.state == JOB_PENDING) sum.pending_by_reason[e->job.reason]++;
        jobs++;
    }
    for (int i = 0; i < JOB_STATE_COUNT; i++)
        if (sum.by_state[i] != c->counts.by_state[i])
            return BROKEN(7, "%u jobs are %s, not %u", sum.by_state[i], job_state_names[i],
                          c->counts.by_state[i]);
    for (int i = 0; i < REASON_COUNT; i++)
        if (sum.pending_by_reason[i] != c->counts.pending_by_reason[i])
            return BROKEN(7, "%u jobs wait for %s, not %u", sum.pending_by_reason[i],
                          reason_names[i], c->counts.pending_by_reason[i]);
    if (jobs != c->job_count) return BROKEN(7, "%u jobs, not %u", jobs, c->job_count);
    return ERR_NONE;
}

static enum err check_array(const struct core *c, const struct entry *e, struct errtext *error)
{
    const struct array *a = e->array;
    if (a == NULL || a->first != e->job.id.v) return ERR_NONE;
    uint32_t active = 0, eligible = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct entry *t = entry_find(c, a->first + i);
        if (t == NULL) continue;
        active += t->job.claim != NULL;
        eligible += t->class != NULL || t->hold != NULL;
    }
    if (active != a->active || eligible != a->eligible)
        return BROKEN(8, "array %u counts %u active tasks, has %u", a->first, a->active, active);
    if (a->limit > 0 && active + eligible > a->limit)
        return BROKEN(8, "array %u has %u tasks at once, may have %u", a->first, active + eligible,
                      a->limit);
    return ERR_NONE;
}

static enum err check_notes(const struct core *c, struct errtext *error)
{
    for (size_t i = 0; i < c->node_notes.count; i++) {
        const struct node_note *x = &c->node_notes.list[i], *before = i > 0 ? x - 1 : NULL;
        if (before != NULL &&
            (before->pool > x->pool ||
             (before->pool == x->pool && before->first + before->count > x->first)))
            return BROKEN(18, "notes of nodes overlap in pool %u", x->pool);
        for (uint32_t n = x->first; n < x->first + x->count; n++)
            if (c->pools[x->pool].node[n].state == NODE_UP)
                return BROKEN(18, "node %u of pool %u is up and has a note", n, x->pool);
    }
    return ERR_NONE;
}

static enum err check_permits(const struct core *c, struct errtext *error)
{
    for (uint32_t p = 0; p < c->fleet.permit_count; p++) {
        int64_t held = 0, over = 0;
        for (struct order_node *n = order_first(&c->active); n != NULL;
             n = order_after(&c->active, n->major, n->id)) {
            const struct entry *e = CONTAINER(n, struct entry, in_group);
            for (uint32_t i = 0; i < e->permit_count; i++) {
                if (e->permits[i] != p) continue;
                held += e->job.claim->chips;
                if (i + e->permit_over >= e->permit_count) over += e->job.claim->chips;
            }
        }
        const struct permit *x = &c->fleet.permits[p];
        if (held != c->permit_held[p] || c->permit_used[p] != x->used + held ||
            over != c->permit_over[p])
            return BROKEN(9, "permit " STR_FMT " is held %lld times, not %lld", STR_ARG(x->id),
                          (long long)held, (long long)c->permit_held[p]);
    }
    return ERR_NONE;
}

static enum err check_counter(const struct core *c, const struct counter *k, struct errtext *error)
{
    int64_t held = 0, over = 0, later = 0;
    for (struct order_node *n = order_first(&c->active); n != NULL;
         n = order_after(&c->active, n->major, n->id)) {
        const struct entry *e = CONTAINER(n, struct entry, in_group);
        int64_t now = 0, then = 0;
        for (uint32_t i = 0; i < e->count_count; i++) {
            if (e->counts[i].counter != k) continue;
            bool is_over = i + e->count_over >= e->count_count;
            *(e->counts[i].is_later ? &then : is_over ? &over : &now) += e->counts[i].milli;
        }
        held += now;
        if (then > 0) later += then - now;
    }
    if (held == k->held_milli && over == k->over_milli && later == k->later_milli) return ERR_NONE;
    return BROKEN(17, "the counter of " STR_FMT " for " STR_FMT " holds %lld, not %lld",
                  STR_ARG(k->rule), STR_ARG(k->key), (long long)(held + over),
                  (long long)(k->held_milli + k->over_milli));
}

static bool is_listed(const uint32_t *list, size_t count, uint32_t x)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == x) return true;
    return false;
}

static enum err check_waits(const struct core *c, const struct entry *e, struct errtext *error)
{
    if (job_state_is_ended(e->job.state)) return ERR_NONE;
    for (uint32_t i = 0; i < e->job.spec.dependency_count; i++) {
        const struct dependency *d = &e->job.spec.dependencies[i];
        if ((e->dependencies_met >> i & 1) != 0 || d->kind == DEPENDENCY_SINGLETON) continue;
        struct array *a;
        struct entry *x;
        dependency_target(c, e, d, &a, &x);
        bool known = a != NULL   ? is_listed(a->waiters, a->waiter_count, e->job.id.v)
                     : x != NULL ? is_listed(x->waiters, x->waiter_count, e->job.id.v)
                                 : true;
        if (!known)
            return BROKEN(13, "job %u waits for job %u, which does not know", e->job.id.v, d->job);
    }
    return ERR_NONE;
}

static enum err check_hold(const struct core *c, const struct entry *e, struct errtext *error)
{
    const struct job *j = &e->job;
    if (j->preemptions > PREEMPTIONS_MAX)
        return BROKEN(15, "job %u was stopped for others %u times", j->id.v, j->preemptions);
    bool waits = j->state == JOB_PENDING && j->reason == REASON_PREEMPTING;
    const struct hold *h = e->hold;
    if (waits != (h != NULL)) return BROKEN(15, "job %u has a hold, or lacks one", j->id.v);
    if (h == NULL) return ERR_NONE;
    if (e->class != NULL || h->victim_count == 0 || h->until_ms <= c->now_ms)
        return BROKEN(15, "the hold of job %u should have come to its end", j->id.v);
    if (e->in_group.major != hold_standing(c, e))
        return BROKEN(15, "job %u is not listed by what it lacks", j->id.v);
    for (uint32_t i = 0; i < h->victim_count; i++) {
        const struct entry *v = entry_find(c, h->victims[i]);
        if (v == NULL || v->job.state != JOB_COMPLETING || v->job.preempted_by.v != j->id.v ||
            v->job.claim->pool.v != h->pool)
            return BROKEN(15, "job %u awaits the end of job %u in vain", j->id.v, h->victims[i]);
    }
    return ERR_NONE;
}

static enum err check_running(const struct entry *e, struct errtext *error)
{
    const struct job *j = &e->job;
    bool stoppable =
        j->state == JOB_RUNNING && !j->spec.no_requeue && j->preemptions < PREEMPTIONS_MAX;
    if (stoppable != order_holds(&e->in_running) ||
        (stoppable && e->in_running.major != j->spec.priority))
        return BROKEN(16, "job %u is not listed as what may be stopped", j->id.v);
    bool is_running = j->state == JOB_RUNNING;
    if (is_running ? e->in_ends.major != progress_end_ms(j)
                   : order_holds(&e->in_ends) && e->in_ends.major != 0)
        return BROKEN(16, "the end of job %u is not listed right", j->id.v);
    return ERR_NONE;
}

/* By the law itself, not by the cells. */
static enum err check_law(const struct core *c, const struct entry *e, struct errtext *error)
{
    if (e->job.state != JOB_CONFIGURING && e->job.state != JOB_RUNNING) return ERR_NONE;
    struct arena scratch;
    struct legal legal;
    arena_init(&scratch);
    legal_look(c, &e->job.spec, e->job.pool.v, c->now_ms, e, &scratch, &legal);
    arena_release(&scratch);
    if (!legal.allowed || legal.short_of_quota)
        return BROKEN(10, "job %u runs in pool %u against rule " STR_FMT, e->job.id.v,
                      e->job.pool.v, STR_ARG(legal.rule));
    int64_t to = c->fleet.pools[e->job.pool.v].title.to_ms;
    if (window_at(&c->fleet, e->job.pool.v, c->now_ms) != NULL)
        return BROKEN(10, "job %u runs in a maintenance window of pool %u", e->job.id.v,
                      e->job.pool.v);
    if (to != 0 && c->now_ms >= to)
        return BROKEN(10, "job %u runs beyond the lease of pool %u", e->job.id.v, e->job.pool.v);
    return ERR_NONE;
}

static enum err check_timer(const struct core *c, const struct entry *e, struct errtext *error)
{
    int64_t at = entry_due_ms(e);
    int64_t set = order_holds(&e->in_timers) ? e->in_timers.major : CIVIL_NEVER_MS;
    if (at != set || at <= c->now_ms)
        return BROKEN(11, "job %u is due at %lld, its timer is %lld, now is %lld", e->job.id.v,
                      (long long)at, (long long)set, (long long)c->now_ms);
    return ERR_NONE;
}

static enum err check_blocked(const struct core *c, const struct entry *e, struct errtext *error)
{
    if (c->more || e->class == NULL) return ERR_NONE;
    if (order_first(&e->class->jobs) != &e->in_group) return ERR_NONE;
    struct arena scratch;
    arena_init(&scratch);
    enum err code = ERR_NONE;
    for (uint32_t p = 0; p < c->fleet.pool_count && code == ERR_NONE; p++) {
        struct legal legal;
        struct pool_reason row;
        legal_look(c, &e->job.spec, p, c->now_ms, NULL, &scratch, &legal);
        if (pool_row(c, &e->job.spec, e->job.id.v, &legal, p, c->now_ms, &row) == REASON_NONE)
            code = BROKEN(12, "job %u waits, yet pool %u would take it", e->job.id.v, p);
        arena_clear(&scratch);
    }
    arena_release(&scratch);
    return code;
}

/* The pool as it will be when the claims that end by `at_ms` have ended. */
static bool fits_at(const struct core *c, uint32_t pool, const struct size *z, int64_t at_ms)
{
    struct pool_nodes n;
    nodes_init(&n, &c->fleet.pools[pool]);
    for (uint32_t i = 0; i < n.count; i++) nodes_set_state(&n, i, c->pools[pool].node[i].state);
    for (struct order_node *o = order_first(&c->active); o != NULL;
         o = order_after(&c->active, o->major, o->id)) {
        const struct entry *e = CONTAINER(o, struct entry, in_group);
        if (e->job.claim->pool.v != pool || claim_until_ms(c, e) <= at_ms) continue;
        for (uint32_t i = 0; i < e->job.claim->part_count; i++)
            nodes_take(&n, &e->job.claim->parts[i]);
    }
    for (struct order_node *o = order_first(&c->holders); o != NULL;
         o = order_after(&c->holders, o->major, o->id)) {
        const struct hold *h = CONTAINER(o, struct entry, in_group)->hold;
        for (uint32_t i = 0; h->pool == pool && i < h->part_count; i++)
            nodes_take(&n, &h->parts[i]);
    }
    bool fits = nodes_fit(&n, z);
    nodes_release(&n);
    return fits;
}

static enum err check_reservation(const struct core *c, uint32_t pool, struct errtext *error)
{
    const struct reservation *h = &c->reservations[pool];
    uint32_t marked = 0;
    for (uint32_t i = 0; i < c->pools[pool].count; i++) marked += c->pools[pool].node[i].is_kept;
    for (uint32_t i = 0; i < h->node_count; i++)
        if (!c->pools[pool].node[h->nodes[i]].is_kept)
            return BROKEN(19, "node %u of pool %u is kept and not marked", h->nodes[i], pool);
    if (marked != h->node_count)
        return BROKEN(19, "%u nodes of pool %u are marked, %u kept", marked, pool, h->node_count);
    if (h->job == 0) return ERR_NONE;
    const struct entry *e = entry_find(c, h->job);
    struct size z;
    int64_t have, need;
    if (e == NULL || e->job.state != JOB_PENDING || e->class == NULL ||
        size_in_pool(&e->job.spec, &c->fleet.pools[pool], &z, &have, &need) != REASON_NONE)
        return BROKEN(19, "pool %u is kept for job %u, which does not wait for it", pool, h->job);
    bool may_be_sooner = z.switches_max > 1 && z.part[1].count > 0; /* forms.h */
    if (!fits_at(c, pool, &z, h->at_ms) ||
        (h->at_ms > 0 && !may_be_sooner && fits_at(c, pool, &z, h->at_ms - 1)))
        return BROKEN(19, "pool %u does not first take job %u at %lld", pool, h->job,
                      (long long)h->at_ms);
    return ERR_NONE;
}

enum err core_check(const struct core *c, struct errtext *error)
{
    enum err code = check_queue(c, error);
    if (code == ERR_NONE) code = check_counts(c, error);
    if (code == ERR_NONE) code = check_permits(c, error);
    for (size_t i = 0; i < c->counter_count && code == ERR_NONE; i++)
        code = check_counter(c, c->counters[i], error);
    if (code == ERR_NONE) code = check_notes(c, error);
    for (const struct entry *e = entry_after(c, 0); e != NULL && code == ERR_NONE;
         e = entry_after(c, e->job.id.v)) {
        code = check_claim(c, e, error);
        if (code == ERR_NONE) code = check_pending(c, e, error);
        if (code == ERR_NONE) code = check_array(c, e, error);
        if (code == ERR_NONE) code = check_waits(c, e, error);
        if (code == ERR_NONE) code = check_law(c, e, error);
        if (code == ERR_NONE) code = check_hold(c, e, error);
        if (code == ERR_NONE) code = check_running(e, error);
        if (code == ERR_NONE) code = check_timer(c, e, error);
        if (code == ERR_NONE) code = check_blocked(c, e, error);
    }
    for (uint32_t p = 0; p < c->fleet.pool_count && code == ERR_NONE; p++) {
        code = check_pool(c, p, error);
        if (code == ERR_NONE) code = check_reservation(c, p, error);
    }
    return code;
}
