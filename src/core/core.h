/* core.h - the pure step function at Berth's heart.
 *
 *     core_step(state, event) -> decisions + effects
 *
 * No I/O, clock, randomness, threads, locale or floating point; time is a field of the event. The
 * same events in the same order give the same state, decisions and effects. The live daemon, `berth
 * replay` and the simulator run these very objects. */
#ifndef BERTH_CORE_CORE_H
#define BERTH_CORE_CORE_H

#include "core/decision.h"
#include "core/event.h"
#include "core/job.h"

struct core;

struct core *core_new(void);
void core_free(struct core *c);

/* May this event be stepped? Pure; nothing changes. Refuses what a request may get wrong: unknown
 * tenant, job or pool, a user who may not act, a limit, an update that is not possible now. The
 * text is for the person who asked. `now_ms` below the state's time is the caller's mistake
 * (asserts). */
enum err core_admit(const struct core *c, const struct event *e, struct errtext *error);

/* Apply an admitted event. `record` is the ledger sequence number the event will have (from 1, each
 * one more than the last). Never fails. Overwrites *out. */
void core_step(struct core *c, uint64_t record, const struct event *e, struct outcome *out);

/* The next instant at which a tick would change anything; CIVIL_NEVER_MS when none. */
int64_t core_next_tick_ms(const struct core *c);

/* The whole state, for snapshots: write it, or read it into a core fresh from core_new. Equal
 * states write equal bytes. */
void visit_core(struct visit *v, struct core *c);

/* Every invariant, checked slowly and independently of the incremental bookkeeping: claims never
 * exceed nodes, counters equal sums, each active job has one claim, queue order holds ... The text
 * names the invariant by its number (core/invariants.c lists them). */
enum err core_check(const struct core *c, struct errtext *error);

/* ---- reading the state ----------------------------------------------------------------------- */

int64_t core_now_ms(const struct core *c);
uint64_t core_record(const struct core *c); /* of the last step; 0: none */
const struct fleet *core_fleet(const struct core *c); /* NULL before the first FLEET event */
const struct law *core_law(const struct core *c);
const struct speeds *core_speeds(const struct core *c);

/* A job by id, NULL when unknown or purged. Valid until the next step. */
const struct job *core_job(const struct core *c, struct job_id id);
/* Jobs in order of id: the first with an id greater than `after` (0: the first of all); NULL: end.
 */
const struct job *core_job_after(const struct core *c, struct job_id after);
/* Pending jobs in queue order (core/share.h) as of core_now_ms, starting behind `after` (0: the
 * head). */
const struct job *core_queue_after(const struct core *c, struct job_id after);
/* The job submitted with that key by that uid, or NULL. */
const struct job *core_job_by_key(const struct core *c, uint32_t uid, struct str key);

/* The law's answer that placement goes by: may this job, of core_job, start in that pool now? It is
 * looked up where the placer keeps it, never worked out. TRI_UNKNOWN: the placer has not had to
 * ask, since the job does not wait for chips or the pool would not do anyway. */
enum tri core_may(const struct core *c, const struct job *j, struct pool_id pool);

/* What a tenant has used and holds (core/share.h). */
struct tenant_share {
    uint32_t weight;
    int64_t used_uusd; /* decayed to `now_ms` */
    int64_t rate_uusd_h; /* what its claims use now */
    int64_t score; /* micro-USD: of two tenants, the jobs of the one with less go first */
    uint32_t pending, active; /* jobs that wait; that hold chips */
};
/* Of that tenant at `now_ms`, at least core_now_ms; all 0 but the weight while it has had no job.
 */
void core_share(const struct core *c, struct str tenant, int64_t now_ms, struct tenant_share *out);

/* What a tenant's jobs may cost, and have cost (core/budget.h). */
struct tenant_budget {
    struct budget terms; /* per BUDGET_NONE: it has none */
    bool binds; /* false also: it has not begun */
    int64_t from_ms, to_ms; /* the window; to_ms CIVIL_NEVER_MS: without an end */
    int64_t spent_uusd; /* since the window began */
    int64_t
        committed_uusd; /* what running jobs may still cost, and those that others make room for */
    int64_t left_uusd; /* below 0: overdrawn; INT64_MAX: nothing binds */
};
/* Of that tenant at `now_ms`, at least core_now_ms. */
void core_budget(const struct core *c, struct str tenant, int64_t now_ms,
                 struct tenant_budget *out);
/* Of all tenants of the fleet, in one pass; `out` has as many rows. */
void core_budgets(const struct core *c, int64_t now_ms, struct tenant_budget *out);

struct pool_use {
    uint32_t nodes_up, nodes_down, nodes_drained, nodes_idle, nodes_mixed, nodes_allocated;
    uint32_t chips_total, chips_up, chips_used; /* used: wholly or in part */
    uint64_t milli_used; /* thousandths of chips */
};
/* How much of a permit's amount is used: what the fleet file states, and what claims hold. */
int64_t core_permit_used(const struct core *c, uint32_t permit);
struct pool_use core_pool_use(const struct core *c, struct pool_id pool);
/* The workload that is expected of the pool (core/seen.h), until the next step. */
struct seen;
const struct seen *core_pool_seen(const struct core *c, struct pool_id pool);
/* One node: its state (enum node_state), and what is in use. */
struct node_use {
    int state;
    uint64_t chip_mask; /* in use, wholly or in part */
    uint32_t milli_used; /* thousandths of chips */
    uint32_t cpus_used;
    uint64_t mem_mb_used;
    struct str
        reason; /* why it is not up, as the operator said; "" nothing said. Borrowed until the
                          next step */
    uint32_t reason_uid; /* who took it out of use */
    int64_t reason_ms; /* and when; 0: it is up, or that is not known */
};
struct node_use core_node_use(const struct core *c, struct pool_id pool, uint32_t node);

/* The room that is held for a waiting job while others are being stopped for it (core/preempt.h). */
struct job_hold {
    struct pool_id pool;
    int64_t until_ms; /* then it is given up */
    const struct claim_part *parts; /* already held; a node may occur more than once */
    size_t part_count;
    const uint32_t *victims; /* jobs that are still to go */
    uint32_t victim_count;
};
/* False: none is. Valid until the next step. */
bool core_hold(const struct core *c, struct job_id id, struct job_hold *out);
/* What is kept in a pool for a job that cannot start yet (core/reserve.h). */
struct pool_reservation {
    struct job_id job;
    int64_t at_ms; /* it starts there by then, as far as limits tell; in the past: any moment */
    const uint32_t *nodes; /* in order; valid until the next step */
    uint32_t node_count;
    int64_t uusd; /* kept in its tenant's budget for it; 0: no budget binds */
};
/* False: nothing is kept there. */
bool core_reservation(const struct core *c, struct pool_id pool, struct pool_reservation *out);
/* The job's reason as people are told it: one that waits for chips (Resources) while a pool keeps
 * some that would do for a job before it waits for its turn (Priority), as in Slurm; one behind its
 * like that waits for a budget waits for that, too. */
int core_reason(const struct core *c, const struct job *j);

/* The last instant at which a job with the pool's default limit may still start there before the
 * lease ends or maintenance begins; 0: no such wall is known. In the past: such a job cannot start
 * before it is over. */
int64_t core_last_start_ms(const struct core *c, struct pool_id pool, int64_t now_ms);

/* The maintenance that the pool is under, of several that which ends last, or else the next: its own
 * or its site's. NULL: none is announced. */
const struct window *core_window(const struct fleet *f, uint32_t pool, int64_t now_ms);

struct core_counts {
    uint32_t by_state[JOB_STATE_COUNT];
    uint32_t pending_by_reason[REASON_COUNT];
};
void core_counts(const struct core *c, struct core_counts *out);

#endif
