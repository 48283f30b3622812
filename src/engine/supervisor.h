/* supervisor.h - the small process beside each running attempt.
 *
 * It is forked from the spawner (engine/spawner.h) and owes nothing to the daemon: it holds the
 * attempt's lock, runs the command, enforces the limits, ends what is left when the command is
 * over, writes down how it ended, and goes. It leads a session of its own and is a subreaper, so
 * every process of the job, daemonized ones included, is its descendant: "no child is left"
 * (ECHILD) is the proof that nothing of the attempt runs.
 *
 * Orders come as queued signals, their value in si_value:
 *   SUPERVISOR_STOP    TERM to every process, KILL after that many ms; a later order only shortens.
 *                      SUPERVISOR_WHY times an enum stop_why is added to it
 *   SUPERVISOR_SIGNAL  deliver that signal (below); SIGNAL_TO_SHELL: to the script's process, also where
 *                      signal_shell is not set, SIGNAL_TO_ALL: to it and all others
 *   SUPERVISOR_LIMIT   the time limit is so many seconds from the start of the command; too late
 * once the old one has brought TERM SIGTERM            as SUPERVISOR_STOP with the attempt's
 * kill_wait_ms
 *
 * Limits: at the time limit, and kill_wait_ms before end_by_ms, TERM; after kill_wait_ms KILL. The
 * attempt counts as timed out whatever its exit code then is. `signal_number` is delivered
 * signal_before_s before that, and again where the limit is raised after it was. The time limit is
 * measured by a clock that nobody sets; end_by_ms by the calendar, looked at again at least every
 * minute.
 *
 * Delivery of a signal: KILL, TERM, STOP and CONT reach every process. Others reach all but the
 * script's own process, as a signal to Slurm's job steps does, because a shell without a trap would
 * die of it; where the script's is the only process (it has exec'ed the program) they reach it if
 * it has a handler. With signal_shell (--signal=B:) they reach only the script's process.
 *
 * What a stop was for is the last line of its error output, as Slurm's users look for it:
 * "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2026-12-01T09:30:00 DUE TO TIME LIMIT ***".
 *
 * After the command: processes it left behind get TERM, after SUPERVISOR_LEFTOVER_MS KILL. */
#ifndef BERTH_ENGINE_SUPERVISOR_H
#define BERTH_ENGINE_SUPERVISOR_H

#include "engine/attempt_file.h"
#include "model/limits.h"
#include "port/engine.h"

#include <signal.h>

#define SUPERVISOR_STOP SIGRTMIN
#define SUPERVISOR_SIGNAL (SIGRTMIN + 1)
#define SUPERVISOR_LIMIT (SIGRTMIN + 2)

enum {
    SUPERVISOR_LEFTOVER_MS = 2000,
    SUPERVISOR_KILL_AGAIN_MS = 200, /* between rounds of KILL while processes are left */
    SUPERVISOR_WRITE_AGAIN_MS = 1000, /* between tries to write the end */
    SUPERVISOR_LOOK_MS = 60000, /* at most, between looks at the calendar */
    SUPERVISOR_WHY = 1 << 24, /* above every grace (ms: 4.6 h) */
};

/* A clock that leaps ahead by more is not believed: a day, as CLOCK_LEAP_MS of the daemon. */
#define SUPERVISOR_LEAP_MS (INT64_C(24) * 3600 * 1000)
/* A longer time limit is none: a thousand years, so that sums of instants stay within 64 bits. */
#define SUPERVISOR_LIMIT_MAX_MS (INT64_C(1000) * 366 * 86400 * 1000)

_Static_assert((int)PREEMPT_GRACE_MAX_MS < (int)SUPERVISOR_WHY,
               "the longest grace leaves room for why");
_Static_assert((int)STOP_WHY_COUNT <= INT32_MAX / SUPERVISOR_WHY, "both fit a signal's value");

struct supervisor_context {
    const struct state_dir *dir;
    int notify_fd;
    int64_t oom_kills; /* of the machine, shortly before the start; -1 unknown */
};

/* All signals are blocked. Does not return; the process ends. */
_Noreturn void supervisor_run(const struct supervisor_context *context, struct attempt_id id);

/* The kernel's count of processes killed for want of memory; -1 unknown. */
int64_t oom_kills_read(void);

#endif
