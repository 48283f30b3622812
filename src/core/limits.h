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

#include <stdint.h>

enum {
    START_EXPIRY_MS = 60 * 1000, /* a start order is not obeyed later than this; engines remember
                                    stops longer (agent/agent.h) */
    STOP_GRACE_MS = 30 * 1000, /* between TERM and KILL; Slurm's KillWait default */
    REPEAT_MS = 5 * 1000, /* first repeat of an unconfirmed order; doubles each time */
    REPEAT_MAX_MS = 60 * 1000, /* ... up to this */
    WALL_STOP_MS = 90 * 1000, /* a stop is ordered so long before a wall */
    LAW_WARN_MS = 10 * 60 * 1000, /* a job with --signal is signalled so long before a wall */
    JOB_KEEP_MS = 5 * 60 * 1000, /* ended jobs stay in memory; Slurm's MinJobAge default */
    REQUEUE_DELAY_MS = 1000, /* second and later restarts wait this, doubling: no tight loops */
    REQUEUE_DELAY_MAX_MS = 60 * 1000,
    TIME_LIMIT_DEFAULT_MS = 60 * 60 * 1000, /* where neither job, pool nor fleet states one */

    PROGRESS_MEASURE_MS = 10 * 1000, /* a speed is not measured over less: heartbeats jitter by a
                                        second or so */
    PROGRESS_WINDOW_MS = 60 * 60 * 1000, /* ... nor over more: jobs change */

    STEP_PLACE_MAX = 1024, /* claims made by one step: bounds a record; the rest follow with the
                              next tick, which is then due at once */
    CLASS_EMPTY_MAX = 256, /* classes without a waiting job that are kept for the next one */
    LEGAL_LOOK_MAX = 64, /* future dates looked at for one verdict */
    PACKS_MAX = 256, /* rule packs: about one per jurisdiction */
    DECISIONS_MAX = 8 * 1000 * 1000, /* of one step: a few for each job in memory */
    NODE_CHANGES_MAX = 4096, /* changes in one NODES event */
    SCOUT_BUDGET = 20000, /* jobs copied, in all copies, for one explanation: about 0.3 s */
    SCOUT_COPY_MIN = 100, /* what a copy counts beside its jobs */
    SCOUT_STEPS_MAX = 2000, /* steps played on one copy */
};

#define WALL_START_MS ((int64_t)WALL_STOP_MS + START_EXPIRY_MS)

_Static_assert(WALL_STOP_MS >= STOP_GRACE_MS + 2 * REPEAT_MS, "a lost stop order can be repeated");
_Static_assert(REPEAT_MAX_MS <= START_EXPIRY_MS, "an unanswered start is said again in time");

#endif
