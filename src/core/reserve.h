/* reserve.h - chips that are kept for a job which cannot start yet. Private to src/core.
 *
 * The jobs first in the queue that wait for room have a reservation each: the pool in which they
 * can start soonest when running jobs use their whole limits (then the pool they would like best),
 * the instant, and the nodes they will need. A pool is kept for one job at a time: one that would
 * start soonest where nodes are kept for a job before it simply comes after that. HEADS_MAX jobs
 * are looked at.
 *
 * A job behind the holder starts in that pool only if it is over by the instant, or leaves the
 * nodes alone. So no job behind can make the instant later; what can: a job before the holder that
 * starts there, a node that fails, a change of the fleet, the law or a limit, and an engine that is
 * slow to end what it was told to end. Also a job that comes before the holder, as its tenant's use
 * falls or a quota is given back: the pool is then kept for that one, and others start as they suit
 * it. What they take (a quota, their tenant's share) may put it behind again in the same step. This
 * is EASY backfilling (Lifka, "The ANL/IBM SP scheduling system", JSSPP 1995; Mu'alem and
 * Feitelson, IEEE TPDS 12(6), 2001) with a reservation for each of several pools, and with nodes
 * instead of a count, since room on single nodes is what a gang needs.
 *
 * Holds follow from the claims, the queue and the time alone; they are worked out again in each
 * step and after each claim that it makes, and are not stored. */
#ifndef BERTH_CORE_RESERVE_H
#define BERTH_CORE_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

struct core;
struct class;
struct job_spec;

enum { HEADS_MAX = 4 };

/* What is kept in one pool. */
struct reservation {
    uint32_t job; /* for whom; 0: nothing is kept */
    uint32_t class; /* its class's serial */
    int64_t at_ms; /* when it can start there; 0: any moment */
    uint32_t *nodes, node_count; /* in order; marked with nodes_keep */
    uint64_t changes; /* of the pool's outlook, when it was made */
    uint32_t before; /* the last other job for which the pool was kept; 0: none. Decides nothing */
    uint64_t passed; /* in this record it passed on from that one */
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

/* Must a job (0: one submitted now) of that spec, which may run so long in the pool, leave alone
 * what is kept there? */
bool reserve_binds(const struct core *c, const struct job_spec *s, uint32_t job, uint32_t pool,
                int64_t now_ms, int64_t limit_ms);
/* The longest limit of a job that may use kept nodes before they are needed; below 0: none. */
int64_t reserve_leaves_ms(const struct core *c, uint32_t pool, int64_t now_ms);

#endif
