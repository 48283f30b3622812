/* state.h - what the core remembers. Private to src/core.
 *
 * Stored (visit_core, snapshot.c): the fleet, the law and what binds, node states, the jobs with
 * their claims, times and counters. Everything else is derived from that and rebuilt when a
 * snapshot is read: claims on nodes, queues, classes, timers, indexes. Whatever is derived must
 * never make a difference to a decision; test_snapshot.c runs a core and its restored copy side by
 * side to hold that.
 *
 * How waiting jobs are found without looking at all of them. Jobs that are alike in everything that
 * placement reads form a class (classes.c); within it the queue order (share.h) decides. After each
 * step, unless `more` is set, no class's first job can be placed anywhere (invariant 12). A step
 * that frees or adds something marks the pools (or classes) concerned, and only classes that could
 * use those are tried, first jobs in queue order. */
#ifndef BERTH_CORE_STATE_H
#define BERTH_CORE_STATE_H

#include "base/civil.h"
#include "core/core.h"
#include "core/defect.h"
#include "core/hash.h"
#include "core/limits.h"
#include "core/node_notes.h"
#include "core/nodes.h"
#include "core/order.h"
#include "core/outlook.h"
#include "core/reserve.h"
#include "core/share.h"
#include "core/size.h"
#include "core/wall.h"
#include "perf/estimate.h"

/* The light part of a job's spec, shared by the tasks of an array; in one block of its own size. */
struct spec_box {
    struct arena arena;
    struct job_spec spec;
    uint32_t users;
};

/* Whose live jobs have that name: for singleton dependencies. In order of id. */
struct name_group {
    struct hash_node by_name;
    struct order live;
    uint32_t uid;
    struct str name; /* behind the struct */
};

/* An array job. Its own id is that of its first task. */
struct array {
    struct hash_node by_id;
    uint32_t first, count; /* ids first .. first + count - 1 */
    uint32_t limit; /* tasks at once; 0: any number */
    uint32_t active, eligible; /* tasks that hold chips, and those in a class */
    uint32_t begun, ended, ended_ok; /* tasks that have started or ended; ended; COMPLETED */
    uint32_t in_memory; /* tasks not yet purged */
    uint32_t *waiters; /* pending jobs that depend on the whole array */
    size_t waiter_count, waiter_cap;
    size_t task_waiter_count; /* waiters of its single tasks, all together */
    int64_t last_end_ms; /* of the tasks that have ended */
    struct array *next_marked; /* c->arrays_marked */
    bool is_marked;
};

struct class;
struct counter;

/* What a claim adds to a counter. */
struct count {
    struct counter *counter;
    int64_t milli;
    bool is_later; /* under a cap that begins while the claim may last (coming.h) */
};

/* What acts add up to under the cap of one rule, for one party, site or country (law.h). A claim
 * counts while it lasts; when it has ended, by the day of its end. */
struct counter_day {
    int64_t day_ms; /* its midnight */
    int64_t milli;
};
struct counter {
    struct str rule, key; /* behind the struct; c->counters is in order of both */
    /* stored */
    struct counter_day *days; /* ascending */
    size_t day_count, day_cap;
    /* derived */
    int64_t held_milli; /* claims that last, without those counted in over_milli */
    int64_t over_milli; /* claims being stopped because a cap shrank below them: nobody else may
                           take in their place, but what runs on is not judged by them */
    int64_t later_milli; /* what claims hold ahead, beside held_milli, as the cap begins to bind
                            them while they last (coming.h) */
    int64_t past_milli; /* of the days, as far as they still count */
    int64_t stated_milli; /* used before, as the fleet's permits under the rule state */
};

/* Room in a pool for which a waiting job has had others stopped. Nothing else takes it. */
struct hold {
    uint32_t pool;
    int64_t until_ms; /* then it is given up: a victim does not go */
    struct claim_part *parts; /* booked: what was free, then what victims leave; a node may be there
                                 more than once */
    size_t part_count, part_cap;
    uint32_t *victims; /* jobs that are still to go */
    uint32_t victim_count;
};

/* A job with its private part. */
struct entry {
    struct job job;
    struct spec_box *box; /* job.spec points into it */

    /* stored */
    int64_t not_before_ms; /* after a failed attempt, or a start behind which it waits; 0: none */
    uint64_t dependencies_met; /* bit i: spec.dependencies[i] is satisfied for good */
    int64_t repeat_ms; /* CONFIGURING, COMPLETING, limit_is_open: when the order is said again */
    uint32_t repeats;
    int64_t claimed_ms; /* when the claim was made */
    int64_t wall_ms; /* of the claim: it must be gone by then; CIVIL_NEVER_MS */
    int wall_reason; /* enum reason: why */
    struct str wall_rule; /* interned */
    bool started; /* the present attempt was seen to run */
    bool warned; /* its signal before the wall was sent */
    struct str stop_rule; /* interned: the rule behind a stop */
    int stop_reason; /* enum reason */
    int64_t grace_ms; /* of the stop: from TERM to KILL; 0: STOP_GRACE_MS */
    int64_t signal_until_ms; /* until then the stop is only the job's own signal; 0: none */
    int64_t preempt_at_ms; /* no search for victims before this instant; 0: at any time */
    struct hold *hold; /* PENDING for REASON_PREEMPTING */
    uint32_t *permits; /* indexes in fleet.permits that the claim consumes, once each */
    uint32_t permit_count;
    struct count *counts; /* what it adds to counters, one for each */
    uint32_t count_count;
    uint32_t permit_over, count_over; /* so many of these at their ends have no room: see
                                         counter.over_milli */

    /* derived */
    struct share *share; /* its tenant's */
    int64_t charge_uusd; /* in its account, for its claim or hold */
    struct order_node in_queue; /* share->queue while PENDING */
    struct order_node in_group; /* class->jobs while eligible, c->active while it holds chips,
                                   c->holders while it has a hold */
    struct order_node in_running, in_ends; /* c->running and c->ends of its pool */
    struct order_node in_timers;
    struct order_node in_name; /* name_group->live until ended */
    struct hash_node by_key; /* while it has a key */
    bool has_key;
    bool in_begun, in_ended; /* is counted so in its array */
    struct resident *residents; /* of the claim, one for each part */
    uint32_t resident_count;
    struct class *class; /* while eligible */
    struct array *array; /* NULL: none */
    struct name_group *name;
    uint32_t *waiters; /* pending jobs that depend on this one */
    size_t waiter_count, waiter_cap;
};

/* The law's answer for one (job signature, pool signature) pair. */
struct legal {
    bool allowed;
    bool by_permit; /* a permit is part of why, now */
    bool by_counter; /* the claim would add to a counter (told by legal_of alone) */
    bool short_of_quota; /* would be allowed, had claims not used up a permit or a cap */
    int effect; /* enum law_effect */
    struct str rule; /* the first that stops it; "" none. Borrowed from the law */
    int64_t until_ms; /* allowed: the next date known on which it is not; CIVIL_NEVER_MS */
    int64_t holds_until_ms; /* all of this is so before then, permits and counters aside */
    bool looks_at_permits; /* ... now or on a later date: it holds while as much of them is used */
};

/* The answer holds while the counter is on the same side of its cap. */
struct cell_cap {
    const struct counter *counter;
    bool is_coming; /* the cap does not bind yet */
    int64_t room_milli; /* what may be used before the claim, for the claim to be within the cap */
    bool is_within;
};

struct legal_cell {
    uint32_t epoch; /* c->legal_epoch when filled; 0 never */
    struct cell_cap *caps;
    uint32_t cap_count;
    uint32_t permit_epoch; /* c->permit_epoch when the permits were looked at */
    struct legal at;
};

/* What the law can see of a job: tenant, end user, purpose, data, evidence, amount. */
struct signature {
    struct hash_node by_bytes;
    struct str bytes; /* behind the struct */
    uint32_t users; /* classes */
    struct legal_cell *cells; /* by pool signature */
    uint32_t cell_count;
};

/* Classes of equal size: what fits a pool for one fits it for all. */
struct size_group {
    struct hash_node by_bytes;
    struct str bytes;
    struct size_group *prev, *next; /* c->sizes; the order makes no difference */
    struct class *classes;
    uint32_t waiting; /* classes with a waiting job */
    struct spec_box *box;
    struct outlook **outlooks; /* by pool, those asked for; NULL: none yet */
};

struct candidate {
    int64_t cost_uusd;
    int64_t limit_uusd; /* what it may cost there, for its account */
    uint32_t pool;
    bool preferred, too_slow;
    int64_t sure_until_ms; /* as of struct cost */
};

struct class
{
    struct hash_node by_bytes;
    struct str bytes; /* behind the struct */
    struct spec_box *box; /* one of its jobs' */
    struct share *share; /* its jobs' tenant's */
    struct signature *signature;
    struct size_group *size;
    struct class *size_prev, *size_next;
    struct class *empty_prev, *empty_next; /* c->empty, oldest first */
    bool is_empty; /* in that list */
    struct order jobs; /* in queue order */

    uint32_t fleet_epoch; /* c->fleet_epoch when candidates were made */
    struct candidate *candidates; /* pools that would do, law and time aside; best first */
    int64_t order_until_ms; /* from then on another may be best: a deadline comes near */
    uint32_t candidate_count;
    uint64_t *candidate_bits; /* by pool */

    uint32_t serial;
    int reason; /* why its first job waits */
    struct str rule; /* interned */
    struct order_node in_recheck; /* when time alone may change `reason` */
    bool uses_quota; /* its reason may change when a permit or a counter does */
    bool try_all; /* in this pass: any candidate may do; else only pools marked */
    struct waiting_node in_waiting; /* share->waiting */
    bool in_pass;
    struct order_node in_pass_node; /* share->pass */
};

enum { JOB_PAGE = 1024 };
struct job_page {
    struct entry *slot[JOB_PAGE];
    uint32_t used;
};

struct core {
    /* stored */
    int64_t now_ms;
    uint64_t record;
    uint32_t next_id;
    bool has_fleet;
    struct arena fleet_arena;
    struct fleet fleet;
    struct law *law;
    struct arena speeds_arena;
    struct speeds speeds;
    struct node_notes node_notes;
    bool more; /* the last step made STEP_PLACE_MAX claims; others may fit */
    struct counter **counters; /* in order of rule and key */
    size_t counter_count, counter_cap;

    /* derived: fleet */
    struct pool_nodes *pools;
    struct pool_outlook *outlooks; /* by pool */
    uint32_t outlook_pools; /* how many */
    uint32_t outlook_count; /* of the size groups */
    uint64_t outlook_form_nodes; /* those of gangs that insist on a form: nodes of their pools */
    struct reservation *reservations; /* by pool */
    uint32_t reserved_in[PROMISES_MAX], reserved_count; /* pools in which something is kept, in
                                                           queue order of those for whom */
    bool reserve_stale;
    uint32_t chips_fewest, chips_most; /* on a node of the pools that have chips */
    uint32_t *pool_signature; /* by pool */
    uint32_t pool_signature_count;
    uint32_t fleet_epoch; /* from 1; one more with each fleet */
    int64_t opens_ms; /* the next instant at which a lease begins or a window ends */
    int64_t *fact_dates; /* dates in the fleet on which facts of cases change, ascending */
    size_t fact_date_count;
    int64_t *permit_held; /* by permit: chips that claims consume */
    int64_t *permit_used; /* by permit: fleet.used + held, what cases show */
    int64_t *permit_over; /* by permit: part of held, like counter.over_milli */

    /* derived: law */
    uint32_t legal_epoch; /* from 1; one more when any verdict may have changed */
    bool waiting_stale; /* what is noted with those that wait for room may be too little */
    uint32_t permit_epoch; /* from 1; one more when a permit's use changed */
    int64_t segment_end_ms; /* next date on which any verdict may change */
    bool caps_may_come; /* a cap on placements may begin later (coming.h) */

    /* derived: jobs */
    struct job_page **pages;
    size_t page_cap;
    size_t first_page; /* none before it has jobs */
    uint32_t job_count;
    struct share **shares; /* by name of the tenant */
    size_t share_count, share_cap;
    int64_t budget_turn_ms; /* when the first window of an account ends */
    bool has_budgets; /* some tenant has one */
    struct order active; /* holding chips, by id */
    struct order holders; /* with a hold, by (hold_standing, id) */
    struct order
        *running; /* by pool: attempts that may be stopped for others, by (priority, -id) */
    struct order *ends; /* by pool: attempts by the instant at which their time limit ends them */
    bool preempts; /* some pool allows preemption */
    struct order timers; /* by (due, id) */
    struct hash keys; /* by (uid, key) */
    struct hash names; /* struct name_group */
    struct hash arrays;
    struct core_counts counts;
    struct hash interned;
    struct arena intern_arena;

    struct hash classes, signatures, size_groups;
    struct size_group *sizes;
    struct class *empty, *empty_last;
    uint32_t empty_count;
    uint32_t class_serial;
    struct order rechecks; /* classes, by (instant, serial) */

    /* of the present step */
    struct order pass; /* tenants with classes to try, by (-priority, score, id) of the first job */
    uint64_t *marked; /* pools that have something new to give */
    bool fresh_any; /* ... since it was last looked who can use it */
    bool marked_any, retry_all, recheck_attempts, quotas_changed, budgets_moved;
    struct array *arrays_marked; /* a task may take a turn that another has left */
    uint32_t placed;
    uint32_t preempt_work; /* done in searching for victims */
    uint32_t put_off; /* searches that had to wait */
    struct promise promises[PROMISES_MAX]; /* as they were when it began */
    uint32_t promise_count;
    uint32_t claimed; /* the last job for which it made a claim or a hold; 0: none yet */
    struct outcome *out;
    struct arena scratch; /* for one computation */
    struct arena legal_scratch;
    struct buf key_buf;
};

/* ---- state.c: jobs in memory -------------------------------------------------------------- */
struct entry *entry_find(const struct core *c, uint32_t id);
struct entry *entry_after(const struct core *c, uint32_t id);
void entry_add(struct core *c, struct entry *e);
/* The job is over and nobody refers to it. */
void entry_purge(struct core *c, struct entry *e);
/* Keep a copy as the job's node list, or as what its engine said. */
void entry_set_nodes(struct entry *e, struct str nodes);
void entry_set_trouble(struct entry *e, struct str says);
/* Give the job a spec of its own. What is indexed by the spec is the caller's concern. */
void entry_respec(struct core *c, struct entry *e, const struct job_spec *spec);
struct spec_box *box_new(struct core *c, const struct job_spec *spec);
void box_drop(struct spec_box *box);
struct str intern(struct core *c, struct str s);
void queue_enter(struct entry *e); /* of its tenant */
void queue_leave(struct entry *e);
void entry_set_state(struct core *c, struct entry *e, int state);
void entry_set_reason(struct core *c, struct entry *e, int reason);
/* Enter the job in the indexes that follow from its spec and state alone. */
void entry_index(struct core *c, struct entry *e);
void entry_index_name(struct core *c, struct entry *e);
void entry_leave_name(struct core *c, struct entry *e);
struct array *array_find(const struct core *c, uint32_t id);
void waiter_add(uint32_t **list, size_t *count, size_t *cap, uint32_t job);
void waiter_drop(uint32_t *list, size_t *count, uint32_t job);

/* ---- fleet_state.c: a new fleet ------------------------------------------------------------ */
void fleet_enter(struct core *c, const struct fleet *f);
void fleet_derive(struct core *c); /* from c->fleet; nodes empty and up */
/* Why the fleet cannot replace the present one while jobs hold what they hold. */
enum err fleet_admit(const struct core *c, const struct fleet *f, struct errtext *error);

/* ---- classes.c ------------------------------------------------------------------------------ */
void class_enter(struct core *c, struct entry *e); /* the job is eligible */
void class_join(struct core *c, struct entry *e); /* the same, leaving reasons as they are */
void class_leave(struct core *c, struct entry *e);
struct class *class_of(struct core *c, struct spec_box *box);
void class_candidates(struct core *c, struct class *k); /* make them if they are stale */
void class_set_reason(struct core *c, struct class *k, int reason, struct str rule);
void class_push(struct core *c, struct class *k, bool try_all);
/* Try every class with a waiting job again (that `wanted` wants; NULL: all), with any pool. */
void classes_retry(struct core *c, bool (*wanted)(const struct class *k));
bool class_may_use(const struct class *k, uint32_t pool);
void classes_release(struct core *c);

/* ---- refill.c ------------------------------------------------------------------------------- */
/* The tenant's next class, from where it looks, that waits for room and finds some in a marked
 * pool; NULL: none. */
struct waiting_node *refill_next(struct core *c, const struct share *s);

/* ---- legal.c -------------------------------------------------------------------------------- */
/* The law's answer now, from the cells. */
const struct legal *legal_of(struct core *c, struct signature *s, const struct job_spec *spec,
                             uint32_t pool);
/* The same worked out from nothing. What `own` (may be NULL) holds of permits counts as unused. */
void legal_look(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                const struct entry *own, struct arena *scratch, struct legal *out);
/* Not allowed now: the next date known on which it is; CIVIL_NEVER_MS. */
int64_t legal_from(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                   struct arena *scratch);
/* Allowed now: the next date known on which it is not, however much others leave of permits and caps;
 * CIVIL_NEVER_MS. No earlier than the `until_ms` of any look. */
int64_t legal_ends(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                   struct arena *scratch);
/* The permits that make it allowed now, as indexes in the fleet; looks only at those in `among`
 * unless that is NULL. False: it is not allowed (by these). */
bool legal_permits(const struct core *c, const struct job_spec *spec, uint32_t pool,
                   const uint32_t *among, uint32_t among_count, struct arena *scratch,
                   uint32_t **permits_out, uint32_t *count_out);
/* Group the pools that no law can tell apart; find the dates on which facts of the fleet change. */
void legal_fleet(struct core *c);
void legal_segment(struct core *c); /* has the segment that c->now_ms was in ended? */
void segment_begin(struct core *c); /* when will the present one end? */
void legal_changed(struct core *c); /* the packs, what binds, the fleet or the segment changed */
void signature_bytes(const struct job_spec *s, struct buf *out);
void signature_clear_cells(struct signature *s);
/* Of a job that is short of quota in the pool: what is left, and what it needs (whole units of the
 * permit or cap of legal->rule). */
void legal_quota(const struct core *c, const struct job_spec *spec, uint32_t pool,
                 const struct legal *legal, int64_t *have_out, int64_t *need_out);
/* The last `over` of them have no room. */
void permits_take(struct core *c, struct entry *e, const uint32_t *permits, uint32_t count,
                  uint32_t over);
void permits_give(struct core *c, struct entry *e);
void permits_enter(struct core *c, const struct entry *e); /* book what a claim consumes */

/* ---- counters.c: what claims add up to under the law's caps ----------------------------------- */
/* The counter, made if it is new. */
struct counter *counter_of(struct core *c, struct str rule, struct str key);
/* What counts before a new claim. */
int64_t counter_used(const struct counter *k);
/* What will count under the rule's cap when it begins to bind, without what `own` (may be NULL)
 * counts. */
int64_t counter_then(const struct core *c, struct str rule, struct str key,
                     const struct entry *own);
/* Into the case: the counters that it falls under, without what `own` (may be NULL) holds. */
void counters_show(const struct core *c, const struct entry *own, struct arena *arena,
                   struct law_case *x);
struct count count_of(struct counter *k, int64_t milli, bool is_later);
/* What a claim for that case, which is lawful, adds to counters, in `arena`, with room for `more`
 * behind it. */
void counts_of(struct core *c, const struct law_case *x, struct arena *arena, uint32_t more,
               struct count **counts_out, uint32_t *count_out);
/* The last `over` of them have no room. */
void counts_take(struct core *c, struct entry *e, const struct count *counts, uint32_t count,
                 uint32_t over);
void counts_enter(struct entry *e); /* book what a stored claim adds */
/* Does its end change what runs into a cap that begins later? */
bool counts_matter_later(const struct core *c, const struct entry *e);
/* The claim is over; `ran`: and counts as long as its caps say. */
void counts_give(struct core *c, struct entry *e, bool ran);
/* The law, the fleet or the date changed: what still counts now? */
void counters_refresh(struct core *c);
int64_t counters_next_date(const struct core *c); /* when something stops counting */
void counters_release(struct core *c);

/* ---- pool_row.c: one pool in the eyes of one job --------------------------------------------- */
/* The first reason, in the order of core/explain.h, why the job cannot start in the pool now, with
 * the numbers behind it; REASON_NONE: it can. With `legal` NULL the law is left out. `job` says
 * whose turn it would be: 0 is one submitted now. */
int pool_row(const struct core *c, const struct job_spec *s, uint32_t job,
             const struct legal *legal, uint32_t pool, int64_t now_ms, struct pool_reason *out);
/* The same for a pool that pool_row_static takes. */
int pool_row_now(const struct core *c, const struct job_spec *s, uint32_t job,
                 const struct legal *legal, uint32_t pool, int64_t now_ms, struct pool_reason *out);
/* The same for a pool of the class's candidates, of which it is known whether it is too slow. */
int candidate_row(const struct core *c, const struct job_spec *s, uint32_t job,
                  const struct legal *legal, const struct candidate *x, int64_t now_ms,
                  struct pool_reason *out);
/* Lease, time limit, deadline and the law's end alone, for a start at that instant. */
int pool_row_time(const struct core *c, const struct job_spec *s, const struct legal *legal,
                  uint32_t pool, int64_t start_ms, struct pool_reason *out);
/* What the job would take in a pool that takes it: not on nodes kept for others if it must leave
 * those alone. */
void size_now(const struct core *c, const struct job_spec *s, uint32_t job, uint32_t pool,
              int64_t now_ms, struct size *out);
/* Names, kind, size, memory and price alone: what only a change of the job or the fleet changes. */
int pool_row_static(const struct fleet *f, const struct job_spec *s, uint32_t pool,
                    struct pool_reason *out);
int64_t limit_in_pool(const struct fleet *f, const struct job_spec *s, uint32_t pool);
int64_t limit_anywhere(const struct core *c, const struct job_spec *s);
bool kind_is_preferred(const struct job_spec *s, const struct pool *p);
bool name_is_among(const struct str *names, uint32_t count, struct str name);
/* The instant before which the law must not stop allowing the job, if it starts now. */
int64_t law_safe_until(const struct job_spec *s, int64_t limit_ms, int64_t now_ms);
/* Of two reasons why pools do not take a job, the one that is nearer to a start. */
int reason_nearer(int a, int b);

/* ---- cost.c: what a job costs where
 * ---------------------------------------------------------- */
#define MS_PER_H INT64_C(3600000)
struct cost {
    struct estimate time; /* how long it is expected to run there */
    int64_t moving_ms; /* before that, while data and checkpoint are moved there */
    int64_t moved_uusd; /* what links ask for that */
    int64_t limit_uusd; /* what chips and CPUs cost until the time limit */
    int64_t paid_uusd; /* expected to be spent */
    int64_t total_uusd; /* what pools are compared by: with shadow prices */
    int64_t
        sure_until_ms; /* the last start after which the deadline is kept even if the job takes the
                              longest of its estimate; CIVIL_NEVER_MS: no deadline, or no estimate */
};
/* All 0 where the job is too large for the pool. */
void cost_in_pool(const struct core *c, const struct job_spec *s, uint32_t pool, struct cost *out);
/* By how much the job may be late if it starts there at that instant; 0: it is surely in time. */
int64_t late_by_ms(int64_t sure_until_ms, int64_t now_ms);
/* What the parts, which are free, strand in the pool (nodes_stranded), at its shadow price for as long
 * as the job is expected to be there. */
int64_t stranded_uusd(const struct core *c, const struct job_spec *s, uint32_t pool,
                      const struct claim_part *parts, uint32_t count);
/* The same on the nodes that the job, which fits, would get now. Gives their waste too. */
int64_t stranded_now(const struct core *c, const struct job_spec *s, uint32_t pool,
                     const struct size *z, uint32_t *waste_out);
/* What the claim costs in so much time. */
int64_t cost_of_claim(const struct core *c, const struct claim *k, int64_t ms);
/* REASON_TOO_SLOW where even the best of the estimate does not fit in the time limit. */
int speed_row(const struct core *c, const struct job_spec *s, uint32_t pool,
              struct pool_reason *out);
void speeds_enter(struct core *c, const struct speeds *t); /* a SPEEDS event */

/* ---- place.c --------------------------------------------------------------------------------- */
void place_all(struct core *c);
void reserve_restore(struct core *c); /* as the last step left them */
void mark_pool(struct core *c, uint32_t pool);
bool pool_is_marked(const struct core *c, uint32_t pool);
/* When time alone may change why the class waits: keep that in c->rechecks. */
void class_recheck(struct core *c, struct class *k);
/* Would the law take the job nowhere, for good as far as is known? Names the rule. */
bool law_refuses(struct core *c, struct entry *e, struct str *rule_out);

/* ---- claims.c: attempts from the start order to their end ------------------------------------ */
void claim_make(struct core *c, struct entry *e, uint32_t pool, const struct size *z,
                const struct legal *legal);
void claim_enter(struct core *c, struct entry *e); /* book an existing claim */
/* Order the end of the attempt: afterwards the job waits again (`requeue`, and it may) or ends in
 * `state`. One that is being stopped already keeps its order, except that a cancel prevails. */
void attempt_stop(struct core *c, struct entry *e, int state, bool requeue, int reason,
                  struct str rule);
void attempt_repeat(struct core *c, struct entry *e);
/* Give the attempt another time limit, and order it where the attempt runs. */
void attempt_limit(struct core *c, struct entry *e, int64_t limit_ms);
/* The clock was set ahead by so much while the attempt held its claim: what was noted of it by the
 * old clock happened so much later by the new one. So it keeps its time, and pays for no more. */
void attempt_later(struct core *c, struct entry *e, int64_t by_ms);
/* The engine has not confirmed the limit in force. */
bool limit_is_open(const struct job *j);
void on_report(struct core *c, const struct event *ev);
void attempts_recheck(struct core *c); /* the law, a permit or the fleet changed */

/* ---- lifecycle.c: jobs that wait, and their ends --------------------------------------------- */
void job_settle(struct core *c, struct entry *e); /* PENDING: eligible, or why not */
void job_close(struct core *c, struct entry *e, int state, int reason, struct str rule);
void job_end(struct core *c, struct entry *e, int state, int reason, struct str rule);
void job_requeue(struct core *c, struct entry *e, int reason, struct str rule, bool failed);
bool reason_is_eligible(int reason); /* of a pending job: it is in a class */
int64_t eligible_at(const struct entry *e);
void array_mark(struct core *c, struct array *a);
void arrays_promote(struct core *c);
void array_count(struct entry *e); /* bring its array's counters up to date */
void array_purge_timers(struct core *c,
                        struct array *a); /* whether its tasks may be purged changed */

/* ---- dependencies.c -------------------------------------------------------------------------- */
/* What e waits for by `d`: an array, or one job; neither: it is long over, or never was. */
void dependency_target(const struct core *c, const struct entry *e, const struct dependency *d,
                       struct array **array_out, struct entry **entry_out);
enum dependency_state { DEPENDENCY_MET, DEPENDENCY_WAITS, DEPENDENCY_FAILED };
int dependencies_state(struct core *c, struct entry *e); /* remembers what is met for good */
/* The same, only looking; with the first job that it waits for (0: none, or a namesake). */
int dependencies_look(const struct core *c, const struct entry *e, uint32_t *waits_for_out);
void dependencies_enter(struct core *c, struct entry *e); /* register with what it waits for */
void dependencies_leave(struct core *c, struct entry *e);
void wake_waiters(struct core *c, struct entry *e); /* e has started or ended */
void wake_namesakes(struct core *c, struct name_group *g);

/* ---- explain.c, flip.c, scout.c: why, and what would change it
 * ------------------------------------ */
struct explanation;
struct question {
    const struct core *c;
    const struct job_spec *spec;
    const struct entry *entry; /* NULL: a job that was never submitted */
    int64_t now_ms;
    struct arena *arena; /* of the answer */
    uint32_t *scout_left; /* how many jobs may still be copied for it (scout.c) */
};
/* Its id, which is its place in the queue; 0: it would be submitted now, as one that is over would. */
uint32_t question_job(const struct question *q);
/* The law's answers for a job with that spec, by pool signature. */
const struct legal *explain_laws(const struct question *q, const struct job_spec *spec);
/* All rows of a job with that spec and those answers; `best_out` and `next_out`: the pools that
 * would take it now, in order of preference (NO_INDEX: none). */
void explain_rows(const struct question *q, const struct job_spec *spec, const struct legal *laws,
                  struct pool_reason *rows, uint32_t *best_out, uint32_t *next_out);
void explain_flip(const struct question *q, const struct legal *laws, struct explanation *x);
/* Where no single change helps: sets x->together, and says it in place of the flip's sentence. */
void explain_several(const struct question *q, const struct legal *laws, struct explanation *x);
/* In words, a change of the job that the law does not see. */
struct flip;
const char *change_words(struct arena *a, const struct flip *f);
bool reason_is_about_time(int reason);

/* ---- network_words.c: switches in words ------------------------------------------------------ */
/* On which switches the nodes of the claim hang; "" for one node, or where none are stated. */
struct str network_words(const struct pool *p, const struct claim *k, struct arena *a);
/* "; one switch has at most 2 of its 4 nodes, leaf-b": "" where none has any. */
const char *fullest_words(const struct pool *p, const struct pool_nodes *n, const struct size *z,
                          struct arena *a);
/* A copy of the core to play the future on; NULL when that would take too long. */
struct scout;
struct scout *scout_new(const struct question *q);
void scout_free(struct scout *s);
/* Does the event make the job run at once (submitted after it, unless it waits already)? */
bool scout_try(struct scout *s, const struct question *q, struct event *e);
/* Let time pass, running jobs using their whole limit, until the job is placed. Gives that instant;
 * CIVIL_NEVER_MS: not as far as was looked. */
int64_t scout_wait(struct scout *s, const struct question *q);
/* The job `other` starts if it has to and ends well (or badly): does that place the job? */
bool scout_end(struct scout *s, uint32_t other, bool well);
uint32_t scout_pool(const struct scout *s); /* where the job was placed */

/* ---- progress.c: heartbeats ------------------------------------------------------------------ */
enum err progress_admit(const struct core *c, const struct event *ev, struct errtext *error);
void on_progress(struct core *c, const struct event *ev);
/* The attempt is over and the job is to wait again: how fast it was and where it goes on from enter
 * its wish. To be called while it has its claim. */
void progress_keep(struct core *c, struct entry *e);

/* ---- submit.c, update.c, time.c, outcome.c --------------------------------------------------- */
void on_submit(struct core *c, const struct event *ev);
void on_update(struct core *c, const struct event *ev);
/* The spec after an UPDATE event; borrows from both. */
/* The job has waited long enough for few switches: from now on any will do. */
void switches_relax(struct core *c, struct entry *e);
void update_merge(const struct job_spec *old, const struct event *ev, struct job_spec *out);
void on_time(struct core *c); /* everything that is due at c->now_ms */
bool time_is_due(const struct core *c); /* some job has something due */
void timer_set(struct core *c, struct entry *e);
/* When the next thing is due for the job; CIVIL_NEVER_MS: nothing by time alone. */
int64_t entry_due_ms(const struct entry *e);
bool may_purge(const struct entry *e);
struct decision *decide(struct core *c, int kind, struct entry *e, int reason, struct str rule);
void decide_rows(struct core *c, struct entry *e, struct decision *d);
/* What the placement has stranded enters the row of the chosen pool. */
void decide_stranded(struct decision *d, int64_t stranded_uusd);
struct effect *effect_add(struct core *c, int kind, uint32_t job, uint32_t attempt, uint32_t pool);

#endif
