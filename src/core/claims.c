/* claims.c - attempts, from the start order until the engine confirms that they can no longer run.
 *
 *     PENDING --claim_make--> CONFIGURING --STARTED--> RUNNING
 *                                  |                      |
 *                                  +---- attempt_stop ----+--> COMPLETING
 *                                  |                      |        |
 *                                  +-- FINISHED, GONE, REJECTED ---+--> ended, or PENDING again
 *
 * Chips are given back only by a FINISHED, GONE or REJECTED report of that very attempt. */
#include "core/coming.h"
#include "core/explain.h"
#include "core/preempt.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/money.h"
#include "law/pack.h"
#include "model/nodelist.h"

#include <string.h>

uint64_t claim_milli(const struct claim *k)
{
    uint32_t share = k->part_count > 0 ? k->parts[0].milli : 0;
    return share > 0 ? share : (uint64_t)k->chips * CHIP_MILLI;
}

/* The instant by which the claim must be gone, and why. */
static void attempt_wall(struct core *c, struct entry *e, const struct legal *legal)
{
    e->wall_ms = wall_of_pool(&c->fleet, e->job.pool.v, c->now_ms, &e->wall_reason);
    e->wall_rule = (struct str){0};
    if (legal->until_ms >= e->wall_ms) return;
    e->wall_ms = legal->until_ms;
    e->wall_reason = REASON_LAW_ENDS_FIRST;
    e->wall_rule = intern(c, legal->rule);
}

static void counts_anew(struct core *c, struct entry *e);

static void order_start(struct core *c, struct entry *e)
{
    struct effect *f = effect_add(c, FX_START, e->job.id.v, e->job.attempt, e->job.pool.v);
    f->expires_ms = c->now_ms + START_EXPIRY_MS;
    if (e->wall_ms != CIVIL_NEVER_MS && f->expires_ms > e->wall_ms - WALL_STOP_MS)
        f->expires_ms = e->wall_ms - WALL_STOP_MS;
}

/* First only the job's own signal, where it has time to save its work. */
static void order_stop(struct core *c, struct entry *e)
{
    bool only_signal = c->now_ms < e->signal_until_ms;
    int kind = only_signal ? FX_SIGNAL : FX_STOP;
    struct effect *f = effect_add(c, kind, e->job.id.v, e->job.attempt, e->job.pool.v);
    if (only_signal)
        f->signal = e->job.spec.signal_number;
    else
        f->grace_ms = e->signal_until_ms == 0 && e->grace_ms > 0 ? e->grace_ms : STOP_GRACE_MS;
}

static void order_limit(struct core *c, struct entry *e)
{
    struct effect *f = effect_add(c, FX_LIMIT, e->job.id.v, e->job.attempt, e->job.pool.v);
    f->limit_ms = e->job.time_limit_ms;
    f->limit_number = e->job.limit_number;
}

static void repeat_first(struct core *c, struct entry *e)
{
    e->repeats = 0;
    e->repeat_ms = c->now_ms + REPEAT_MS;
    if (e->job.state == JOB_COMPLETING && c->now_ms < e->signal_until_ms)
        e->repeat_ms = e->signal_until_ms;
}

void attempt_repeat(struct core *c, struct entry *e)
{
    if (e->job.state == JOB_CONFIGURING && c->now_ms - e->claimed_ms > COMING_START_MS)
        counts_anew(c, e);
    if (e->job.state == JOB_CONFIGURING)
        order_start(c, e);
    else if (e->job.state == JOB_RUNNING)
        order_limit(c, e);
    else
        order_stop(c, e);
    if (e->job.state == JOB_COMPLETING && c->now_ms < e->signal_until_ms) return;
    int64_t wait = REPEAT_MS;
    for (uint32_t i = 0; i <= e->repeats && wait < REPEAT_MAX_MS; i++) wait *= 2;
    if (e->repeats < UINT32_MAX) e->repeats++;
    e->repeat_ms = c->now_ms + (wait < REPEAT_MAX_MS ? wait : REPEAT_MAX_MS);
    if (e->repeats == UNANSWERED_REPEATS) outlook_moved(c, e);
    running_index(c, e);
}

bool limit_is_open(const struct job *j)
{
    return j->state == JOB_RUNNING && j->limit_number != j->limit_confirmed;
}

/* A start order may be under way with either limit: the engine is told once it has begun. */
void attempt_limit(struct core *c, struct entry *e, int64_t limit_ms)
{
    e->job.time_limit_ms = limit_ms;
    e->job.limit_number++;
    counts_anew(c, e);
    if (e->job.state != JOB_RUNNING) return;
    repeat_first(c, e);
    order_limit(c, e);
}

void attempt_later(struct core *c, struct entry *e, int64_t by_ms)
{
    struct job_progress *p = &e->job.progress;
    if (p->at_ms > 0) p->at_ms += by_ms;
    if (p->since_ms > 0) p->since_ms += by_ms;
    if (p->checkpointed_ms > 0) p->checkpointed_ms += by_ms;
    if (!e->started || BERTH_DEFECT == 63) return;
    e->job.start_ms += by_ms;
    counts_anew(c, e);
    running_index(c, e);
    outlook_moved(c, e);
    budget_charge(c, e);
    timer_set(c, e);
}

void claim_enter(struct core *c, struct entry *e)
{
    const struct claim *k = e->job.claim;
    struct pool_nodes *n = &c->pools[k->pool.v];
    for (uint32_t i = 0; i < k->part_count; i++) nodes_take(n, &k->parts[i]);
    permits_enter(c, e);
    share_hold(c, e);
    outlook_enter(c, e);
}

/* What is known of the claim when it is gone. */
static void name_nodes(struct core *c, struct entry *e, uint32_t pool, const struct claim *k)
{
    uint32_t *nodes = mem_alloc(k->part_count, sizeof *nodes);
    e->job.cpus = 0;
    for (uint32_t i = 0; i < k->part_count; i++) {
        nodes[i] = k->parts[i].node;
        e->job.cpus += k->parts[i].cpus;
    }
    struct buf text = {0};
    nodelist_format(&c->fleet.pools[pool], nodes, k->part_count, &text);
    entry_set_nodes(e, buf_str(&text));
    buf_release(&text);
    mem_free(nodes);
}

/* The latest instant at which the attempt may still run, its wall aside. */
static int64_t may_run_until(const struct core *c, const struct entry *e)
{
    if (e->started) return e->job.start_ms + e->job.time_limit_ms;
    return c->now_ms + COMING_START_MS + e->job.time_limit_ms;
}

/* The caps that begin while the attempt may last, in the legal scratch; what it counts is left
 * aside. */
static void caps_ahead(struct core *c, const struct entry *e, struct coming **caps, uint32_t *count)
{
    coming_caps(c, &e->job.spec, e->job.pool.v, c->now_ms, may_run_until(c, e), e,
                &c->legal_scratch, caps, count);
}

/* Where a cap that begins later has no room for it, that is its wall (struct legal). */
static void counts_ahead(struct core *c, const struct coming *caps, uint32_t cap_count,
                         struct count *counts, uint32_t *count)
{
    for (uint32_t i = 0; i < cap_count; i++) {
        if (!caps[i].has_room) continue;
        struct counter *k = counter_of(c, caps[i].rule->id, caps[i].key);
        counts[(*count)++] = count_of(k, caps[i].milli, true);
    }
}

/* What the attempt, which counts nowhere yet, would add to counters, in the legal scratch. */
static void counts_now(struct core *c, struct entry *e, struct count **counts, uint32_t *count)
{
    struct law_case x;
    struct coming *caps;
    uint32_t later;
    *count = 0;
    if (law_caps(c->law) == 0) return;
    caps_ahead(c, e, &caps, &later);
    core_case(c, &e->job.spec, e->job.pool.v, c->now_ms, &c->legal_scratch, &x);
    counts_of(c, &x, &c->legal_scratch, later, counts, count);
    counts_ahead(c, caps, later, *counts, count);
}

/* It may last longer, or not so long: which caps does it run into that begin later? What it counts
 * now stays: asked anew, it would stand behind what is being stopped (over_milli). */
static void counts_anew(struct core *c, struct entry *e)
{
    if (!c->caps_may_come || e->job.state == JOB_COMPLETING) return;
    struct legal legal;
    struct coming *caps;
    uint32_t later, count = 0;
    ASSERT(e->count_over == 0);
    legal_look(c, &e->job.spec, e->job.pool.v, c->now_ms, e, &c->legal_scratch, &legal);
    caps_ahead(c, e, &caps, &later);
    struct count *counts = ARENA_ARRAY(&c->legal_scratch, e->count_count + later, struct count);
    for (uint32_t i = 0; i < e->count_count; i++)
        if (!e->counts[i].is_later) counts[count++] = e->counts[i];
    counts_ahead(c, caps, later, counts, &count);
    counts_give(c, e, false);
    counts_take(c, e, counts, count, 0);
    attempt_wall(c, e, &legal);
    arena_clear(&c->legal_scratch);
}

/* The permits that make it lawful, whichever they are, and the counters that it falls under. */
static void quotas_take(struct core *c, struct entry *e, const struct legal *legal)
{
    uint32_t *permits = NULL, permit_count = 0, count;
    struct count *counts = NULL;
    if (legal->by_permit)
        legal_permits(c, &e->job.spec, e->job.pool.v, NULL, 0, &c->legal_scratch, &permits,
                      &permit_count);
    counts_now(c, e, &counts, &count);
    permits_take(c, e, permits, permit_count, 0);
    counts_take(c, e, counts, count, 0);
    arena_clear(&c->legal_scratch);
}

void claim_make(struct core *c, struct entry *e, uint32_t pool, const struct size *z,
                const struct legal *legal)
{
    struct job *j = &e->job;
    struct claim *k = mem_alloc(1, sizeof *k);
    *k = (struct claim){.job = j->id, .attempt = j->attempt, .pool = {pool}, .chips = z->chips};
    k->parts = mem_alloc(z->nodes, sizeof *k->parts);
    k->part_count = z->nodes;
    uint32_t waste;
    bool fits = nodes_choose(&c->pools[pool], z, k->parts, &waste);
    ASSERT(fits);
    int64_t stranded = z->chips > 0 ? stranded_uusd(c, &j->spec, pool, k->parts, z->nodes) : 0;
    nodes_note(&c->pools[pool], z);
    name_nodes(c, e, pool, k);
    if (e->class != NULL) class_leave(c, e);
    if (j->eligible_ms == 0) j->eligible_ms = c->now_ms;
    j->claim = k;
    j->pool.v = pool;
    e->claimed_ms = c->now_ms;
    entry_set_state(c, e, JOB_CONFIGURING);
    e->job.reason = REASON_NONE;
    share_settle(c, e->share);
    claim_enter(c, e);
    pass_update(c, e->share);
    order_insert(&c->active, &e->in_group, 0, j->id.v);
    if (e->array != NULL) e->array->active++;
    j->time_limit_ms = limit_in_pool(&c->fleet, &j->spec, pool);
    j->limit_number = j->limit_confirmed = 0;
    struct cost cost;
    cost_in_pool(c, &j->spec, pool, &cost);
    j->cost_uusd = cost.paid_uusd;
    j->start_ms = 0;
    e->preempt_at_ms = 0;
    j->preempt_look = (struct preempt_look){.pool = NO_INDEX};
    e->started = e->warned = false;
    attempt_wall(c, e, legal);
    repeat_first(c, e);
    struct decision *d = decide(c, DECISION_PLACED, e, REASON_CHOSEN, (struct str){0});
    decide_rows(c, e, d);
    decide_stranded(d, stranded);
    quotas_take(c, e, legal);
    order_start(c, e);
    timer_set(c, e);
    budget_charge(c, e);
    ASSERT(e->charge_uusd == 0 || e->share->account.left_uusd >= 0);
}

/* What the attempt held is free again. `ran`: it may have run, and counts under caps. */
static void claim_free(struct core *c, struct entry *e, bool ran)
{
    struct claim *k = e->job.claim;
    if (!hold_inherit(c, e)) {
        for (uint32_t i = 0; i < k->part_count; i++) nodes_give(&c->pools[k->pool.v], &k->parts[i]);
        mark_pool(c, k->pool.v);
    }
    permits_give(c, e);
    outlook_leave(c, e);
    budget_release(c, e);
    share_drop(c, e);
    running_leave(c, e);
    if (c->caps_may_come && counts_matter_later(c, e)) c->recheck_attempts = true;
    counts_give(c, e, ran);
    order_remove(&c->active, &e->in_group);
    if (e->array != NULL) {
        e->array->active--;
        array_mark(c, e->array);
    }
    mem_free(k->parts);
    mem_free(k);
    e->job.claim = NULL;
}

void attempt_stop(struct core *c, struct entry *e, int state, bool requeue, int reason,
                  struct str rule)
{
    struct job *j = &e->job;
    ASSERT(job_state_holds_chips(j->state));
    bool is_stopping = j->state == JOB_COMPLETING;
    if (is_stopping && state != JOB_CANCELLED) return;
    j->stop_state = state;
    j->requeue_asked = requeue && !j->spec.no_requeue;
    e->stop_reason = reason;
    e->stop_rule = intern(c, rule);
    if (is_stopping) return;
    entry_set_state(c, e, JOB_COMPLETING);
    outlook_moved(c, e);
    j->reason = reason;
    repeat_first(c, e);
    decide(c, DECISION_STOPPED, e, reason, e->stop_rule);
    order_stop(c, e);
    running_index(c, e);
    timer_set(c, e);
#if BERTH_DEFECT == 1
    for (uint32_t i = 0; i < j->claim->part_count; i++)
        nodes_give(&c->pools[j->claim->pool.v], &j->claim->parts[i]);
    j->claim->part_count = 0;
    mark_pool(c, j->claim->pool.v);
#endif
}

/* ---- reports
 * -------------------------------------------------------------------------------------- */

static void on_started(struct core *c, struct entry *e, const struct report *r)
{
    struct job *j = &e->job;
    bool is_news = r->limit_number > j->limit_confirmed && r->limit_number <= j->limit_number;
    if (is_news) j->limit_confirmed = r->limit_number;
    if (e->started) {
        if (is_news) timer_set(c, e);
        return;
    }
    e->started = true;
    j->start_ms = c->now_ms;
    counts_anew(c, e);
    if (j->state == JOB_CONFIGURING) entry_set_state(c, e, JOB_RUNNING);
    if (limit_is_open(j)) {
        repeat_first(c, e);
        order_limit(c, e);
    }
    running_index(c, e);
    outlook_moved(c, e);
    array_count(e);
    timer_set(c, e);
    wake_waiters(c, e);
}

/* The end state of an attempt that was not asked to stop. */
static int state_of_end(const struct report *r, int *reason)
{
    *reason = REASON_NONE;
    if (r->kind == REPORT_REJECTED) {
        *reason = REASON_LAUNCH_FAILED;
        return JOB_FAILED;
    }
    if (r->kind == REPORT_GONE) {
        *reason = REASON_NODES_DOWN;
        return JOB_NODE_FAIL;
    }
    if (r->timed_out) {
        *reason = REASON_TIME_LIMIT;
        return JOB_TIMEOUT;
    }
    if (r->out_of_memory) return JOB_OUT_OF_MEMORY;
    if (r->exit_code == 0 && r->signal == 0) return JOB_COMPLETED;
    *reason = REASON_NON_ZERO_EXIT;
    return JOB_FAILED;
}

static void attempt_over(struct core *c, struct entry *e, const struct report *r)
{
    struct job *j = &e->job;
    bool was_stopping = j->state == JOB_COMPLETING;
    int reason, state = state_of_end(r, &reason);
    bool ended_well = r->kind == REPORT_FINISHED && state == JOB_COMPLETED;
    if (e->started)
        j->spent_uusd =
            money_add(j->spent_uusd, cost_of_claim(c, j->claim, c->now_ms - j->start_ms));
    if (r->kind == REPORT_FINISHED) {
        j->exit_code = r->exit_code;
        j->exit_signal = r->signal;
    }
    entry_set_trouble(e, r->kind == REPORT_FINISHED ? (struct str){0} : r->detail);
    effect_add(c, FX_FORGET, j->id.v, j->attempt, j->pool.v);
    bool again = was_stopping ? j->requeue_asked : r->kind == REPORT_GONE && !j->spec.no_requeue;
    if (again) progress_keep(c, e);
    claim_free(c, e, r->kind != REPORT_REJECTED);
    if (was_stopping && j->requeue_asked) {
        job_requeue(c, e, e->stop_reason, e->stop_rule, false);
    } else if (was_stopping && !(j->stop_state == JOB_TIMEOUT && ended_well)) {
        job_end(c, e, j->stop_state, e->stop_reason, e->stop_rule);
    } else if (again) {
        job_requeue(c, e, reason, (struct str){0}, true);
    } else {
        job_end(c, e, state, reason, (struct str){0});
    }
}

/* The site whose engine speaks: "engine:NAME" names a site or the engine of one. The pool where the
 * job runs or ran goes first, as several sites may share an engine. NO_INDEX: cannot be told. */
static uint32_t pool_of_speaker(const struct core *c, const struct event *ev, const struct entry *e)
{
    const struct fleet *f = &c->fleet;
    uint32_t known = e != NULL && e->job.pool.v < f->pool_count ? e->job.pool.v : NO_INDEX;
    if (!str_starts(ev->actor, "engine:")) return known;
    size_t skip = sizeof "engine:" - 1;
    struct str name = {ev->actor.p + skip, ev->actor.len - skip};
    for (uint32_t i = 0; i <= f->pool_count; i++) {
        uint32_t p = i == 0 ? known : i - 1;
        if (p == NO_INDEX) continue;
        const struct site *site = &f->sites[f->pools[p].site_index];
        if (str_eq(site->id, name) || str_eq(site->engine, name)) return p;
    }
    return known;
}

/* News of an attempt that holds nothing here: bring the engine back into line. */
static void on_stale(struct core *c, const struct event *ev, const struct entry *e)
{
    uint32_t pool = pool_of_speaker(c, ev, e);
    if (pool == NO_INDEX) return;
    int kind = ev->report.kind == REPORT_STARTED ? FX_STOP : FX_FORGET;
    struct effect *f = effect_add(c, kind, ev->report.job.v, ev->report.attempt, pool);
    if (kind == FX_STOP) f->grace_ms = STOP_GRACE_MS;
}

void on_report(struct core *c, const struct event *ev)
{
    struct entry *e = entry_find(c, ev->report.job.v);
    if (e == NULL || e->job.claim == NULL || e->job.attempt != ev->report.attempt)
        on_stale(c, ev, e);
    else if (ev->report.kind == REPORT_STARTED)
        on_started(c, e, &ev->report);
    else
        attempt_over(c, e, &ev->report);
}

/* ---- when the law or the fleet has changed
 * ---------------------------------------------------------- */

static bool attempt_is_lawful(struct core *c, struct entry *e, struct legal *legal)
{
    struct class *k = class_of(c, e->box);
    *legal = *legal_of(c, k->signature, &k->box->spec, e->job.pool.v);
    return legal->allowed && !legal->short_of_quota;
}

/* What an attempt had of permits and counters when the recheck began. */
struct kept {
    uint32_t *permits, permit_count;
    struct count *counts;
    uint32_t count_count;
    bool is_open; /* it goes on only if it finds something besides */
};

static void *copy_of(const void *from, size_t count, size_t size)
{
    if (count == 0) return NULL;
    void *to = mem_alloc(count, size);
    memcpy(to, from, count * size);
    return to;
}

static void quotas_drop(struct core *c, struct entry *e, struct kept *had)
{
    had->permit_count = e->permit_count;
    had->permits = copy_of(e->permits, e->permit_count, sizeof *e->permits);
    had->count_count = e->count_count;
    had->counts = copy_of(e->counts, e->count_count, sizeof *e->counts);
    had->is_open = e->permit_count + e->count_count == 0;
    permits_give(c, e);
    counts_give(c, e, false);
}

/* What is being stopped will be gone by the day on which a cap begins. */
static void later_drop(const struct core *c, const struct entry *e, struct kept *had)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < had->count_count; i++) {
        const struct count *k = &had->counts[i];
        const struct law_rule *r = law_rule(c->law, k->counter->rule);
        bool has_room =
            e->job.state != JOB_COMPLETING && r != NULL && r->cap.present &&
            counter_then(c, r->id, k->counter->key, NULL) <= r->cap.at_most_milli - k->milli;
        if (!k->is_later || has_room) had->counts[kept++] = *k;
    }
    had->count_count = kept;
}

/* Does the cap of the counter bind, and not have room for so much more? */
static bool is_beyond_cap(const struct core *c, const struct count *k)
{
    const struct law_rule *r = law_rule(c->law, k->counter->rule);
    return r != NULL && r->cap.present &&
           law_rule_state(c->law, r->id, c->now_ms) == LAW_STATE_BINDING &&
           counter_used(k->counter) > r->cap.at_most_milli - k->milli;
}

/* Take back what it had; what permits and caps that shrank have no room for goes last. */
static void quotas_keep(struct core *c, struct entry *e, struct kept *had)
{
    later_drop(c, e, had);
    uint32_t over = 0;
    for (uint32_t i = 0; i + over < had->permit_count;) {
        uint32_t p = had->permits[i], *last = &had->permits[had->permit_count - over - 1];
        const struct permit *x = &c->fleet.permits[p];
        if (!x->amount_known || c->permit_used[p] + e->job.claim->chips <= x->amount) {
            i++;
            continue;
        }
        had->permits[i] = *last;
        *last = p;
        over++;
    }
    permits_take(c, e, had->permits, had->permit_count, over);
    over = 0;
    for (uint32_t i = 0; i + over < had->count_count;) {
        struct count k = had->counts[i], *last = &had->counts[had->count_count - over - 1];
        if (k.is_later || !is_beyond_cap(c, &k)) {
            i++;
            continue;
        }
        had->counts[i] = *last;
        *last = k;
        over++;
    }
    counts_take(c, e, had->counts, had->count_count, over);
}

static bool had_counts(const struct kept *had, const struct count *counts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        bool is_there = false;
        for (uint32_t k = 0; k < had->count_count; k++)
            is_there = is_there || (had->counts[k].counter == counts[i].counter &&
                                    had->counts[k].milli >= counts[i].milli);
        if (!is_there) return false;
    }
    return true;
}

static void attempt_goes_on(struct core *c, struct entry *e, const struct legal *legal)
{
    attempt_wall(c, e, legal);
    outlook_moved(c, e);
    timer_set(c, e);
}

/* With what it had alone, does the attempt go on? */
static void recheck_holder(struct core *c, struct entry *e, struct kept *had)
{
    struct legal legal;
    uint32_t *permits = NULL, permit_count = 0, count = 0;
    struct count *counts = NULL;
    bool goes_on = attempt_is_lawful(c, e, &legal);
    if (goes_on && legal.by_permit)
        goes_on = legal_permits(c, &e->job.spec, e->job.pool.v, had->permits, had->permit_count,
                                &c->legal_scratch, &permits, &permit_count);
    if (goes_on) counts_now(c, e, &counts, &count);
    goes_on = goes_on && had_counts(had, counts, count);
    had->is_open = !goes_on;
    if (goes_on) {
        permits_take(c, e, permits, permit_count, 0);
        counts_take(c, e, counts, count, 0);
        attempt_goes_on(c, e, &legal);
    }
    arena_clear(&c->legal_scratch);
}

/* With what is left over? An attempt that is stopped uses what it had until it is gone. */
static void recheck_open(struct core *c, struct entry *e, struct kept *had)
{
    struct legal legal;
    permits_give(c, e);
    counts_give(c, e, false);
    if (attempt_is_lawful(c, e, &legal)) {
        quotas_take(c, e, &legal);
        attempt_goes_on(c, e, &legal);
        return;
    }
    int reason = legal.short_of_quota                ? REASON_QUOTA
                 : legal.effect == EFFECT_UNRESOLVED ? REASON_LAW_UNRESOLVED
                                                     : REASON_LAW_FORBIDS;
    quotas_keep(c, e, had);
    attempt_stop(c, e, JOB_CANCELLED, true, reason, legal.rule);
}

/* Nobody loses a permit, or room under a cap, to one that did not hold it before. Those that go on
 * with what they had keep that, lower ids first, so that of a quota that shrank the eldest keep what
 * is left. Attempts that are being stopped keep theirs until they are gone. The rest hold on to
 * theirs until, lower ids first, they find what they need in what is left over, or are stopped. */
void attempts_recheck(struct core *c)
{
    enum { DROP, HOLDERS, KEEP, OPEN, ROUNDS };
    if (!c->recheck_attempts) return;
    c->recheck_attempts = false;
    struct kept *kept = mem_alloc(c->active.count, sizeof *kept);
    for (int round = DROP; round < ROUNDS; round++) {
        struct order_node *n = order_first(&c->active);
        for (size_t i = 0; n != NULL; n = order_after(&c->active, n->major, n->id), i++) {
            struct entry *e = CONTAINER(n, struct entry, in_group);
            bool stops = e->job.state == JOB_COMPLETING;
            if (round == DROP)
                quotas_drop(c, e, &kept[i]);
            else if (round == HOLDERS && !stops && !kept[i].is_open)
                recheck_holder(c, e, &kept[i]);
            else if (round == KEEP && (stops || kept[i].is_open))
                quotas_keep(c, e, &kept[i]);
            else if (round == OPEN && !stops && kept[i].is_open)
                recheck_open(c, e, &kept[i]);
        }
    }
    for (size_t i = 0, count = c->active.count; i < count; i++) {
        mem_free(kept[i].permits);
        mem_free(kept[i].counts);
    }
    mem_free(kept);
}
