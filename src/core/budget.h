/* budget.h - what a tenant's jobs may cost in a window of time. Private to src/core.
 *
 * A budget (model/fleet.h) is an amount of money for each of the windows that follow one another
 * from an instant. What counts in the present window:
 *
 *     ended     what attempts that are over have cost since the window began
 *     charged   what attempts that hold chips cost from the window's begin (or their start, where
 *               that is later) to their time limit; and what a job costs whose room is being cleared
 *
 * A job starts in a pool only where  ended + charged + its own cost to its limit  is at most the
 * amount, without what is kept there for jobs of the tenant before it, to which a start is promised
 * (core/reserve.h). So the windows need no forecast: what an attempt may cost behind the window's
 * end counts in this one too, and what of it is then still to come counts in the next. No window's
 * cost is above the amount, except by attempts that outlast their limit, prices that rise, and amounts that
 * fall; then nothing that costs starts until the window turns. Nothing that runs is stopped.
 *
 * The sum moves when an attempt is made or ends, a limit changes, the fleet changes, or the window
 * turns; never by time alone, since what has been spent is no longer to come. An attempt costs its
 * chips and CPUs at the pool's price from its start, like in the accounts (cost.c); data that are
 * moved do not count.
 *
 * With a new fleet the count goes on where the new window begins no later than the old one did: then
 * all that was counted is in it. Else what has ended is forgotten; what runs counts from the begin
 * of the new window. */
#ifndef BERTH_CORE_BUDGET_H
#define BERTH_CORE_BUDGET_H

#include "base/str.h"
#include "model/fleet.h"

#include <stdbool.h>
#include <stdint.h>

struct core;
struct entry;
struct job_spec;
struct pool_reason;
struct share;

__extension__ typedef __int128 budget_sum; /* of JOBS_MAX costs, each clamped to MONEY_MAX */

/* Of one tenant. */
struct account {
    struct budget terms; /* as the fleet says now */
    int64_t from_ms, to_ms; /* the present window; to_ms CIVIL_NEVER_MS: without an end */
    bool binds; /* false: there is no budget, or it has not begun */

    /* stored */
    int64_t ended_uusd;

    /* derived */
    budget_sum charged_uusd;
    int64_t left_uusd; /* below 0: overdrawn; INT64_MAX: nothing binds */
    int64_t kept_uusd; /* of that, for starts that are promised (reserve.h) */
    bool kept_moved; /* ... for other jobs, or another amount, since waiting jobs were last tried */
    int64_t told_uusd, told_kept_uusd; /* left_uusd and kept_uusd when they were */
};

/* The window that `at_ms` is in. False: it comes before all; then until when. */
bool budget_window(const struct budget *b, int64_t at_ms, int64_t *from_out, int64_t *to_out);

/* The terms of the present fleet; before claims are charged. */
void account_enter(struct core *c, struct share *s);
/* The fleet is about to change: no claim is charged. */
void account_leave(struct share *s);
void account_settle(struct core *c, struct account *a); /* what is left, after a change */
/* Windows that have ended by c->now_ms give way to the next. */
void budgets_turn(struct core *c);
/* Waiting jobs whom a change of an account concerns are tried; false: there are none. */
bool budgets_retry(struct core *c);
void budgets_settled(struct core *c); /* a snapshot is read: they had been tried */

/* Charge what the job holds (a claim or a hold), anew. */
void budget_charge(struct core *c, struct entry *e);
/* It holds nothing any more; what it has cost counts as ended. */
void budget_release(struct core *c, struct entry *e);

/* What may that tenant's jobs that start at `now_ms` (at least c->now_ms) still cost? */
int64_t budget_left(const struct core *c, struct str tenant, int64_t now_ms);
/* REASON_BUDGET where a job (0: one submitted now) that may cost so much does not start. */
int budget_row(const struct core *c, const struct job_spec *s, uint32_t job, int64_t limit_uusd,
               int64_t now_ms, struct pool_reason *out);

#endif
