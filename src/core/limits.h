/* limits.h - the core's own bounds and times, with their reasons. Times in milliseconds.
 *
 * Time between an order and the world (an engine is told, waits, acts) is what most of these are
 * about. Their arithmetic, asserted below:
 *
 *     a wall (lease end, or the instant at which the law stops allowing an attempt)
 *       - WALL_STOP_MS      the stop order leaves: grace of STOP_GRACE_MS, then KILL, and time to
 *                           repeat the order
 *       - START_EXPIRY_MS   the start order may be obeyed so late
 *       - the time limit    so the start must be ordered before this
 */
#ifndef BERTH_CORE_LIMITS_H
#define BERTH_CORE_LIMITS_H

#include "model/limits.h"

#include <stdint.h>

enum {
    START_EXPIRY_MS = 60 * 1000, /* a start order is not obeyed later than this; engines remember
                                    stops longer (agent/agent.h) */
    STOP_GRACE_MS = 30 * 1000, /* between TERM and KILL; Slurm's KillWait default */
    REPEAT_MS = 5 * 1000, /* first repeat of an unconfirmed order; doubles each time */
    REPEAT_MAX_MS = 60 * 1000, /* ... up to this */
    UNANSWERED_REPEATS = 4, /* of an order, 75 s: then nobody counts on what its claim will leave */
    WALL_STOP_MS = 90 * 1000, /* a stop is ordered so long before a wall */
    LAW_WARN_MS = 10 * 60 * 1000, /* a job with --signal is signalled so long before a wall */
    JOB_KEEP_MS = 5 * 60 * 1000, /* ended jobs stay in memory; Slurm's MinJobAge default */
    REQUEUE_DELAY_MS = 1000, /* second and later restarts wait this, doubling: no tight loops */
    REQUEUE_DELAY_MAX_MS = 60 * 1000,
    TIME_LIMIT_DEFAULT_MS = 60 * 60 * 1000, /* where neither job, pool nor fleet states one */

    SPEED_MARGIN_PERCENT = 110, /* work must fit in a time limit with a tenth to spare, for what is
                                   no step: loading, saving */
    PROGRESS_MEASURE_MS = 10 * 1000, /* a speed is not measured over less: heartbeats jitter by a
                                        second or so */
    PROGRESS_WINDOW_MS = 60 * 60 * 1000, /* ... nor over more: jobs change */

    PREEMPT_EXEMPT_MS = 60 * 1000, /* where the fleet states none: a start is confirmed and has got
                                      somewhere before it may be undone */
    PREEMPT_GRACE_MS = 5 * 60 * 1000, /* where the fleet states none: the most that a job gets to
                                         save its work */
    CHECKPOINT_COST_MS = 30 * 1000, /* of a job that saves its work and does not state how long that
                                       takes: the grace that every job gets */
    RESTART_COST_MS = 60 * 1000, /* until a job computes again, where not stated */
    PREEMPTIONS_MAX = 5, /* a job is stopped so often for others, then it is left alone until it
                            ends: no livelock */
    PREEMPT_LOOK_FIRST =
        48, /* running jobs looked at, lowest priority first, for victims in a pool */
    PREEMPT_LOOK_MAX = 256, /* ... where these do not make room */
    PREEMPT_ENDS_MAX = 64, /* next ends of which the nodes are looked at, to tell how long the job
                              would wait */
    PREEMPT_COUNT_MAX = 1024, /* ... further ones of which only the chips are counted */
    PREEMPT_PARTS_MAX = 1024, /* nodes that these hold, all together: bounds one search */
    PREEMPT_EXACT_MAX = 8, /* of so few candidates the very cheapest set is found: 2^8 fits */
    PREEMPT_POOLS_MAX = 4, /* pools searched for one job, best first */
    PREEMPT_WORK_MAX = 768, /* nodes given, taken or looked at: after so many no further order, pool
                               or, in a step, search is begun; some tenths of a millisecond */
    PREEMPT_PUT_OFF = 16, /* of the searches put off, so many are due in each following second */
    PREEMPT_RETRY_MS = 60 * 1000, /* a search without success is repeated so often at most */
    STUCK_REPEATS = 4, /* a stop repeated so often (75 s and more) is not about to be obeyed */
    HOLD_RETRY_MS = 30 * 60 * 1000, /* no further search after victims did not go */
    HOLD_SLACK_MS = 5 * 60 * 1000, /* room is held so much longer than victims may take to go: an
                                      engine may be out of reach for a while */

    STEP_PLACE_MAX = 1024, /* claims made by one step: bounds a record; the rest follow with the
                              next tick, which is then due at once */
    CLASS_EMPTY_MAX = 256, /* classes without a waiting job that are kept for the next one */
    TROUBLE_LEN_MAX = 256, /* bytes kept of what an engine says of a failed attempt: one line */
    FLIPS_TOGETHER_MAX = 6, /* changes told together: the kinds that a job makes by itself */
    LEGAL_LOOK_MAX = 64, /* future dates looked at for one verdict */
    COUNTERS_MAX = 1000000, /* of caps: one for each capped rule and party, site or country */
    COUNTER_DAYS_MAX = 40000, /* of one counter: a window has at most 36,500 days */
    PACKS_MAX = 256, /* rule packs: about one per jurisdiction */
    DECISIONS_MAX = 8 * 1000 * 1000, /* of one step: a few for each job in memory */
    NODE_CHANGES_MAX = 4096, /* changes in one NODES event */
    BUDGET_STEP_UUSD = 10000, /* a cent: to that budgets are told */
    SCOUT_BUDGET = 20000, /* jobs copied, in all copies, for one explanation: about 0.3 s */
    SCOUT_COPY_MIN = 100, /* what a copy counts beside its jobs */
    SCOUT_STEPS_MAX = 2000, /* steps played on one copy */
};

/* Parts of a hold: nodes with all their chips apart, and what victims leave. */
#define HOLD_PARTS_MAX ((size_t)JOB_NODES_MAX * CHIPS_PER_NODE_MAX + PREEMPT_PARTS_MAX)

/* Chips without a price count so much an hour, in micro-USD, when losses are weighed: inside one
 * pool the price cancels out. */
#define PREEMPT_PRICE_UUSD INT64_C(1000000)

#define WALL_START_MS ((int64_t)WALL_STOP_MS + START_EXPIRY_MS)

_Static_assert(WALL_STOP_MS >= STOP_GRACE_MS + 2 * REPEAT_MS, "a lost stop order can be repeated");
_Static_assert(REPEAT_MAX_MS <= START_EXPIRY_MS, "an unanswered start is said again in time");

/* A claim is expected to begin within this, where it is asked whether it may run into a cap that
 * begins later. One that has not begun by then is asked again with each repeat of its order. */
#define COMING_START_MS (INT64_C(3600) * 1000)

#endif
