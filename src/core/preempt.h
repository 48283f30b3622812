/* preempt.h - room for a waiting job by stopping running ones. Private to src/core.
 *
 * The rule (docs/decisions/0043-preemption.md): stopping jobs costs their chips, at the price of
 * the pool, for the time they must compute again, save and restart. Starting a job now instead of
 * when running jobs' time limits would let it start is worth its chips, at the same price, for the
 * time saved, once for each point by which its priority is above the victims'. The cheapest set of
 * victims is stopped when its loss is less than that gain.
 *
 * Who: a class's first job, where the fleet allows preemption, no pool has room, and in some pool
 * room is all that is missing. Whom: running attempts of strictly lower priority that may be
 * requeued, have run for the exempt time and were stopped for others fewer than PREEMPTIONS_MAX
 * times. Never a victim for nothing: no proper subset of the set would do.
 *
 * loss of one victim = price x chips x (time since its last checkpoint + checkpoint cost + restart
 * cost); a job that states no --checkpoint has saved nothing and has no checkpoint cost. gain =
 * price x chips x time saved x least difference of priority; where waiting would mean a lost
 * deadline or a start too late for the lease or the law, the job's whole time limit counts beside
 * the time saved.
 *
 * How: a victim gets the grace that it states to need (--checkpoint-cost), at least STOP_GRACE_MS
 * and at most the fleet's preempt_grace: with --signal that signal first and TERM when the grace is
 * over, otherwise TERM at once and KILL when the grace is over. It then waits again.
 *
 * Meanwhile its room is held (struct hold): what is free of it is booked at once, what victims
 * leave passes to the hold, and when the last has left the job is placed before anybody else; or
 * before that, in its turn in the queue, when with something else that has come free in the pool it
 * fits already. Those that are still to go then go for nobody: they have been told. A hold is given up when a victim does not go in time or the world has changed (fleet, law, lease,
 * nodes, the job itself); then the job waits in the queue as before.
 *
 * Search: c->running lists, for each pool, the attempts that may be stopped, lowest priority and
 * youngest first. The first PREEMPT_LOOK_FIRST of them are candidates (PREEMPT_LOOK_MAX where these
 * do not make room). They are imagined gone (tally.h), the cheapest first, until the job fits;
 * then, from the dearest on, whoever is not needed takes its place again. Done in three orders
 * (loss; loss per chip; loss of the whole node), of which the cheapest result stands, and exactly,
 * by branch and bound, among at most PREEMPT_EXACT_MAX. A search that fails is repeated after
 * PREEMPT_RETRY_MS; what one step searches is bounded by PREEMPT_WORK_MAX. */
#ifndef BERTH_CORE_PREEMPT_H
#define BERTH_CORE_PREEMPT_H

#include "core/state.h"

/* The class's first job fits nowhere: are others stopped for it? Then it has left the class. */
bool preempt_for(struct core *c, struct class *k);
/* May it be worth searching again for the waiting job, as far as can be told at a glance? */
bool preempt_may_help(const struct core *c, const struct class *k, int32_t priority);
/* What stopping the running attempt now would lose. */
int64_t preempt_loss(const struct core *c, const struct entry *e);

/* Bring c->running and c->ends up to date with what the attempt is now. */
void running_index(struct core *c, struct entry *e);
void running_leave(struct core *c, struct entry *e);

/* ---- hold.c ----------------------------------------------------------------------------------- */
/* The job leaves its class and waits for the victims; takes `h`, whose parts are free, and books
 * them. */
void hold_make(struct core *c, struct entry *e, struct hold *h);
/* The same for a job read from a snapshot, which is in no class. False: the parts are not free. */
bool hold_enter(struct core *c, struct entry *e);
/* The job has no hold any more, if it had one; what was booked is free. */
void hold_drop(struct core *c, struct entry *e);
void hold_free(struct hold *h);
/* All of them, the jobs going back to the queue: the fleet changes. */
void holds_drop(struct core *c);
/* Place those whose victims are gone, and of those that one has just left such as fit already. */
void holds_place(struct core *c);
/* Those that fit already, since something else has come free. */
struct early {
    struct entry **list; /* in queue order; from mem_grow, the caller's to free */
    size_t count, cap, next;
};
/* List them: in the pools that have something new to give, or in all. */
void holds_look(struct core *c, bool all, struct early *x);
/* Place the next of them that stand before that job in the queue (NULL: all) and still fit. True: some
 * were. */
bool holds_early(struct core *c, struct early *x, const struct entry *before);
/* The place of a holder in c->holders. */
int64_t hold_standing(const struct core *c, const struct entry *e);
/* The attempt is over: what it held passes to the hold that it was stopped for. False: to none. */
bool hold_inherit(struct core *c, struct entry *e);
/* Is the attempt being stopped for a hold that still stands? */
bool hold_awaits(const struct core *c, const struct entry *e);

#endif
