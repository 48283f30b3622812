/* oracle.c - what must hold after every step, whatever happened (CHECK, CAPACITY, TRUTH). */
#include "base/check.h"
#include "base/mem.h"
#include "sim/world.h"

#include <inttypes.h>
#include <string.h>

/* Why is asked after one of so many steps: an answer may play the future on a copy of the state. */
enum { EXPLAIN_EVERY = 60, EXPLAIN_CROWD_EVERY = 30 };
/* core_check is half of all time; a step that decided nothing gets it once in so many. */
enum { CHECK_QUIET_EVERY = 8 };

struct job_past *oracle_job(struct sim *s, struct job_id job)
{
    s->pasts = mem_grow(s->pasts, &s->past_cap, (size_t)job.v + 1, sizeof *s->pasts);
    return &s->pasts[job.v];
}

struct attempt_past *oracle_attempt(struct sim *s, struct job_id job, uint32_t attempt)
{
    struct job_past *p = oracle_job(s, job);
    for (uint32_t i = 0; i < p->attempt_count; i++)
        if (p->attempts[i].number == attempt) return &p->attempts[i];
    p->attempts =
        mem_grow(p->attempts, &p->attempt_cap, (size_t)p->attempt_count + 1, sizeof *p->attempts);
    struct attempt_past *a = &p->attempts[p->attempt_count++];
    *a = (struct attempt_past){.number = attempt, .permit = NO_INDEX};
    return a;
}

/* ---- CAPACITY: by the claims themselves, not by the core's bookkeeping ---- */

struct tally {
    uint32_t milli[CHIPS_PER_NODE_MAX]; /* of each chip */
    uint64_t cpus, mem_mb;
};

static void check_part(struct sim *s, const struct job *j, const struct claim_part *part,
                       struct tally *t)
{
    const struct pool *pool = &shell_fleet(s)->pools[j->claim->pool.v];
    uint64_t all =
        pool->chips_per_node == 64 ? UINT64_MAX : (UINT64_C(1) << pool->chips_per_node) - 1;
    if (part->node >= pool->node_count || part->node >= SIM_NODES_MAX) {
        sim_fail(s, "CAPACITY",
                 "job %" PRIu32 " holds node %" PRIu32 " of pool %" PRIu32 ", which has %" PRIu32,
                 j->id.v, part->node, j->claim->pool.v, pool->node_count);
        return;
    }
    t += part->node;
    bool beyond = (part->chip_mask & ~all) != 0;
    for (uint64_t m = part->chip_mask; m != 0; m &= m - 1) {
        uint32_t *milli = &t->milli[__builtin_ctzll(m)];
        *milli += part->milli > 0 ? part->milli : (uint32_t)CHIP_MILLI;
        beyond = beyond || *milli > CHIP_MILLI;
    }
    if (beyond)
        sim_fail(s, "CAPACITY",
                 "job %" PRIu32 " holds chips of node %" PRIu32 " of pool %" PRIu32
                 " that do not exist or that others hold",
                 j->id.v, part->node, j->claim->pool.v);
    t->cpus += part->cpus;
    t->mem_mb += part->mem_mb;
    if (t->cpus > pool->cpus_per_node ||
        (pool->mem_mb_per_node != 0 && t->mem_mb > pool->mem_mb_per_node))
        sim_fail(s, "CAPACITY",
                 "node %" PRIu32 " of pool %" PRIu32 " is overbooked: %" PRIu64 " CPUs, %" PRIu64
                 " MB",
                 part->node, j->claim->pool.v, t->cpus, t->mem_mb);
}

static void check_claims(struct sim *s)
{
    static const struct tally nothing[SIM_POOLS_MAX][SIM_NODES_MAX];
    struct tally tallies[SIM_POOLS_MAX][SIM_NODES_MAX];
    memcpy(tallies, nothing, sizeof tallies);
    const struct core *c = s->shell.core;
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        if ((j->claim != NULL) != job_state_holds_chips(j->state))
            sim_fail(s, "CAPACITY", "job %" PRIu32 " is %s %s claim", j->id.v,
                     job_state_names[j->state], j->claim != NULL ? "with a" : "without a");
        if (j->claim == NULL) continue;
        for (uint32_t i = 0; i < j->claim->part_count && !sim_has_failed(s); i++)
            check_part(s, j, &j->claim->parts[i], tallies[j->claim->pool.v]);
    }
}

/* ---- TRUTH ---- */

static bool parts_equal(const struct claim *c, const struct order *o)
{
    if (c->part_count != o->part_count || c->pool.v != o->effect.pool) return false;
    for (uint32_t i = 0; i < c->part_count; i++)
        if (c->parts[i].node != o->parts[i].node ||
            c->parts[i].chip_mask != o->parts[i].chip_mask ||
            c->parts[i].milli != o->parts[i].milli)
            return false;
    return true;
}

static void check_process(struct sim *s, const struct attempt_file *f)
{
    const struct job *j = core_job(s->shell.core, f->job);
    if (j == NULL || j->claim == NULL || j->claim->attempt != f->attempt)
        sim_fail(s, "TRUTH",
                 "%" PRIu32 ".%" PRIu32 " runs, but the core holds no claim for it (%s)", f->job.v,
                 f->attempt, j == NULL ? "unknown job" : job_state_names[j->state]);
    else if (!parts_equal(j->claim, &f->order))
        sim_fail(s, "TRUTH", "%" PRIu32 ".%" PRIu32 " runs elsewhere than its claim says", f->job.v,
                 f->attempt);
    else if (j->state == JOB_RUNNING && j->limit_confirmed == j->limit_number &&
             f->order.time_limit_ms != j->time_limit_ms)
        sim_fail(s, "TRUTH",
                 "%" PRIu32 ".%" PRIu32 " runs under a limit of %" PRId64
                 " s, the core says %" PRId64 " s and that this is confirmed",
                 f->job.v, f->attempt, f->order.time_limit_ms / 1000, j->time_limit_ms / 1000);
}

static void check_processes(struct sim *s)
{
    for (uint32_t i = 0; i < s->machine_count; i++)
        for (uint32_t k = 0; k < s->machines[i].file_count; k++) {
            const struct attempt_file *f = &s->machines[i].files[k];
            if (!f->runs || sim_has_failed(s)) continue;
            check_process(s, f);
            if (!sim_has_failed(s)) oracle_wall_process(s, &s->machines[i], f);
        }
}

static void check_placed(struct sim *s, const struct decision *d)
{
    const struct core *c = s->shell.core;
    const struct job *j = core_job(c, d->job);
    if (j == NULL || j->claim == NULL || j->claim->attempt != d->attempt) {
        sim_fail(s, "TRUTH", "job %" PRIu32 " was placed and has no claim", d->job.v);
        return;
    }
    const struct pool *pool = &shell_fleet(s)->pools[d->pool];
    int64_t now_ms = core_now_ms(c);
    oracle_wall_placed(s, j);
    if (pool->drained)
        sim_fail(s, "CAPACITY", "job %" PRIu32 " starts in the drained pool %" PRIu32, d->job.v,
                 d->pool);
    for (uint32_t i = 0; i < j->claim->part_count; i++)
        if (core_node_use(c, j->claim->pool, j->claim->parts[i].node).state != NODE_UP)
            sim_fail(s, "CAPACITY",
                     "job %" PRIu32 " starts on node %" PRIu32 " of pool %" PRIu32
                     ", which is not up",
                     d->job.v, j->claim->parts[i].node, d->pool);
    struct attempt_past *p = oracle_attempt(s, d->job, d->attempt);
    if (p->begun > 0)
        sim_fail(s, "TRUTH", "%" PRIu32 ".%" PRIu32 " is placed again after it ran", d->job.v,
                 d->attempt);
    p->placed_ms = now_ms;
    p->stopping_since_ms = 0;
}

/* ---- decisions ---- */

static void count_decision(struct sim *s, const struct decision *d)
{
    static const int stats[DECISION_COUNT] = {
        [DECISION_QUEUED] = STAT_QUEUED,         [DECISION_PLACED] = STAT_PLACED,
        [DECISION_REFUSED] = STAT_REFUSED,       [DECISION_STOPPED] = STAT_STOPPED,
        [DECISION_REQUEUED] = STAT_REQUEUED,     [DECISION_ENDED] = STAT_ENDED,
        [DECISION_PREEMPTING] = STAT_PREEMPTING, [DECISION_POSTPONED] = STAT_POSTPONED};
    sim_count(s, stats[d->kind]);
    if (d->kind == DECISION_STOPPED &&
        (d->reason == REASON_LAW_FORBIDS || d->reason == REASON_LAW_ENDS_FIRST ||
         d->reason == REASON_LAW_UNRESOLVED || d->reason == REASON_LAW_NO_SITE))
        sim_count(s, STAT_LAW_STOPS);
    if (d->kind == DECISION_STOPPED && d->reason == REASON_PREEMPTED) sim_count(s, STAT_PREEMPTED);
    if (d->kind == DECISION_STOPPED &&
        (d->reason == REASON_LEASE_ENDS_FIRST || d->reason == REASON_MAINTENANCE_FIRST))
        sim_count(s, STAT_WALL_STOPS);
    if (d->kind != DECISION_ENDED) return;
    if (d->state == JOB_COMPLETED) sim_count(s, STAT_COMPLETED);
    if (d->state == JOB_TIMEOUT) sim_count(s, STAT_TIMEOUTS);
    if (d->state == JOB_CANCELLED) sim_count(s, STAT_CANCELLED);
    if (d->state == JOB_NODE_FAIL) sim_count(s, STAT_NODE_FAILS);
}

static void note_stopping(struct sim *s)
{
    const struct core *c = s->shell.core;
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        if (j->state != JOB_COMPLETING) continue;
        struct attempt_past *p = oracle_attempt(s, j->id, j->claim->attempt);
        if (p->stopping_since_ms == 0) p->stopping_since_ms = core_now_ms(c);
    }
}

void oracle_step(struct sim *s, const struct event *e, const struct outcome *out)
{
    struct errtext why;
    sim_trace(s, "[%" PRIu64 "] %s", s->shell.count, event_names[e->kind]);
    bool is_quiet = out->decision_count == 0 && e->kind != EVENT_FLEET && e->kind != EVENT_PACKS;
    bool is_checked = !is_quiet || rng_below(&s->rng, CHECK_QUIET_EVERY) == 0;
    if (is_checked && core_check(s->shell.core, &why) != ERR_NONE) {
        sim_fail(s, "CHECK", "%s", why.s);
        return;
    }
    for (size_t i = 0; i < out->decision_count && !sim_has_failed(s); i++) {
        const struct decision *d = &out->decisions[i];
        sim_trace(s, "    job %" PRIu32 ".%" PRIu32 " %s -> %s (%s) pool %" PRId64 " " STR_FMT,
                  d->job.v, d->attempt, decision_names[d->kind], job_state_names[d->state],
                  reason_names[d->reason], d->pool == NO_INDEX ? -1 : (int64_t)d->pool,
                  STR_ARG(d->rule));
        count_decision(s, d);
        if (d->kind == DECISION_PLACED) check_placed(s, d);
        if (d->kind == DECISION_STOPPED) oracle_wall_stopped(s, d);
        if (!sim_has_failed(s)) oracle_law_decision(s, d);
    }
    if (shell_fleet(s) == NULL || sim_has_failed(s)) return;
    oracle_beat(s, e, out);
    if (!sim_has_failed(s)) oracle_cost(s, out);
    if (sim_has_failed(s)) return;
    oracle_preempt(s, e, out);
    if (sim_has_failed(s)) return;
    note_stopping(s);
    check_claims(s);
    check_processes(s);
    if (!sim_has_failed(s)) oracle_law_running(s);
    if (!sim_has_failed(s)) oracle_reserve(s, e, out);
    if (!sim_has_failed(s)) oracle_quota(s);
    if (!sim_has_failed(s)) oracle_cap(s, e, out);
    if (!sim_has_failed(s)) oracle_budget(s, out);
    uint32_t every = s->is_crowded ? EXPLAIN_CROWD_EVERY : EXPLAIN_EVERY;
    if (!sim_has_failed(s) && rng_below(&s->rng, every) == 0) oracle_explain(s);
}

void oracle_durable(struct sim *s, const struct record *r)
{
    for (uint32_t i = 0; i < r->mark_count; i++) {
        if (r->marks[i].kind != DECISION_ENDED && r->marks[i].kind != DECISION_REFUSED) continue;
        struct job_past *p = oracle_job(s, r->marks[i].job);
        if (++p->ended > 1)
            sim_fail(s, "TRUTH", "job %" PRIu32 " ends a second time", r->marks[i].job.v);
    }
}

void oracle_recovered(struct sim *s)
{
    /* Records that were not durable are undone, and with them what they gave back. */
    for (int i = 0; i < LAWS_RULES_MAX; i++) s->relied[i] = INT64_MAX;
    oracle_cap_undo(s, s->shell.count);
    oracle_beat_undo(s, s->shell.count);
    for (int i = 0; i < SIM_POOLS_MAX; i++) s->promises[i].job = 0;
    for (uint32_t id = 1; id < s->past_cap; id++) {
        const struct job_past *p = &s->pasts[id];
        if (p->acknowledged && p->ended == 0 &&
            core_job(s->shell.core, (struct job_id){id}) == NULL)
            sim_fail(s, "TRUTH", "job %" PRIu32 " was acknowledged and is lost", id);
    }
    oracle_preempt_recovered(s);
    if (shell_fleet(s) != NULL && !sim_has_failed(s)) check_processes(s);
}

/* ---- the world ---- */

void oracle_begin(struct sim *s, const struct machine *m, const struct attempt_file *f)
{
    if (++oracle_attempt(s, f->job, f->attempt)->begun > 1)
        sim_fail(s, "TRUTH", "%" PRIu32 ".%" PRIu32 " runs a second time", f->job.v, f->attempt);
    for (uint32_t i = 0; i < s->machine_count; i++)
        for (uint32_t k = 0; k < s->machines[i].file_count; k++) {
            const struct attempt_file *g = &s->machines[i].files[k];
            if (!g->runs || g == f) continue;
            if (g->job.v == f->job.v)
                sim_fail(s, "TRUTH",
                         "attempts %" PRIu32 " and %" PRIu32 " of job %" PRIu32 " run at once",
                         g->attempt, f->attempt, f->job.v);
            if (&s->machines[i] != m || g->order.effect.pool != f->order.effect.pool) continue;
            for (uint32_t a = 0; a < f->order.part_count; a++)
                for (uint32_t b = 0; b < g->order.part_count; b++)
                    if (f->order.parts[a].node == g->order.parts[b].node &&
                        (f->order.parts[a].chip_mask & g->order.parts[b].chip_mask) != 0 &&
                        (f->order.parts[a].milli == 0 || g->order.parts[b].milli == 0))
                        sim_fail(s, "CAPACITY",
                                 "%" PRIu32 ".%" PRIu32 " and %" PRIu32 ".%" PRIu32
                                 " run on the same chip",
                                 f->job.v, f->attempt, g->job.v, g->attempt);
        }
    if (!s->shell.is_up || sim_has_failed(s)) return;
    check_process(s, f);
}
