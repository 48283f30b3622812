/* reserve.h - starts that are promised to jobs which cannot start yet. Private to src/core.
 *
 * The jobs first in the queue that wait for room have a reservation each: the pool in which they
 * can start soonest when running jobs use their whole limits (then the pool they would like best),
 * the instant, the nodes they will need, and the money that they may cost their tenant's budget. A
 * pool is kept for one job at a time: one that would start soonest where nodes are kept for a job
 * before it simply comes after that. HEADS_MAX jobs are looked at, and as many as PROMISES_MAX keep
 * what they have: once a start is promised to a job, it stays promised when others come before it
 * in the queue that want other pools.
 *
 * A job behind the holder starts in that pool only if it is over by the instant, or leaves the
 * nodes alone; and if it is of the same tenant, anywhere only if it leaves the money. So no job
 * behind can make the instant later. What can: a node that fails, a change of the fleet, the law or
 * a limit, an engine that is slow to end what it was told to end; and a job that stands before the
 * holder and starts, or wants the pool for itself, as its tenant's use has fallen, say. Then the
 * step decides DECISION_POSTPONED and names that job. This
 * is EASY backfilling (Lifka, "The ANL/IBM SP scheduling system", JSSPP 1995; Mu'alem and
 * Feitelson, IEEE TPDS 12(6), 2001) with a reservation for each of several pools, and with nodes
 * instead of a count, since room on single nodes is what a gang needs.
 *
 * Reservations follow from the claims, the queue, the time and from whom a start is promised to
 * where; only that is stored. They are worked out again in each step and after each claim that it
 * makes. */
#ifndef BERTH_CORE_RESERVE_H
#define BERTH_CORE_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

struct core;
struct class;
struct entry;
struct job_spec;
struct share;

enum {
    HEADS_MAX = 4,
    PROMISES_MAX = 8 /* each costs a look at its pools after every claim */
};

/* What is kept in one pool. */
struct reservation {
    uint32_t job; /* for whom; 0: nothing is kept */
    uint32_t class; /* its class's serial */
    int64_t at_ms; /* when it can start there; 0: any moment */
    uint32_t *nodes, node_count; /* in order; marked with nodes_keep */
    uint64_t changes; /* of the pool's outlook, when it was made */
    struct share *share; /* its tenant's */
    int64_t uusd; /* what it may cost there, kept in that tenant's budget; 0: nothing binds */
};

/* A start that was promised when the step began. */
struct promise {
    uint32_t job, pool;
    int64_t at_ms;
    uint32_t for_job; /* put off in this step, for that job before it; 0: it stands */
    bool yields; /* the last claim of the step was made for a job before it */
};

void reserve_init(struct core *c); /* for the present fleet */
void reserve_release(struct core *c); /* the nodes' marks go with the nodes */

/* The class waits for room, or no longer, or its first job is another. */
void reserve_class(struct core *c, struct class *k);
/* Law, date, fleet or speeds may have changed (c->waiting_stale): what do those who wait need at
 * least, and in which pools may they run now? Before anybody is looked for (refill.c). */
void reserve_law(struct core *c);
/* Bring the reservations up to date with claims, queue and time (c->reserve_stale: any of them changed);
 * marks the pools in which more may start now. */
void reserve_update(struct core *c);

/* What the starts promised to jobs of the tenant before that one (0: one submitted now) may cost. */
int64_t reserve_keeps_uusd(const struct core *c, const struct job_spec *s, uint32_t job);

/* ---- promise.c: who puts off what was promised */
void promises_begin(struct core *c); /* of a step's placements */
void promises_claim(struct core *c,
                    const struct entry *e); /* a claim or hold is about to be made */
void promises_look(struct core *c); /* reservations are up to date again */
void promises_say(struct core *c); /* decide DECISION_POSTPONED for those put off */

/* Must a job (0: one submitted now) of that spec, which may run so long in the pool, leave alone
 * what is kept there? */
bool reserve_binds(const struct core *c, const struct job_spec *s, uint32_t job, uint32_t pool,
                   int64_t now_ms, int64_t limit_ms);
/* The longest limit of a job that may use kept nodes before they are needed; below 0: none. */
int64_t reserve_leaves_ms(const struct core *c, uint32_t pool, int64_t now_ms);

#endif
