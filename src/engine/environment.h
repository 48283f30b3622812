/* environment.h - the environment of a job's command.
 *
 * Order of precedence, strongest first: what Berth sets (the names below), what the submitter
 * exported, what a login would give (HOME, USER, LOGNAME, SHELL, PATH: added by the supervisor
 * where they are missing). A name that Berth owns never passes through from the submitter, so that
 * a job submitted from within a job does not see the outer one's; SLURM_SUBMIT_DIR alone does,
 * because sbatch sets it where it runs.
 *
 * Names and meanings are Slurm's (sbatch(1), "output environment variables"), so that scripts run
 * unchanged; BERTH_* says what Slurm has no word for; SKYPILOT_* is set for tasks that came as
 * SkyPilot files. The supervisor adds what only it knows: SLURM_JOB_START_TIME, SLURM_JOB_END_TIME
 * and SLURM_TASK_PID.
 *
 * A job with chips gets the variable by which its vendor's runtime is told the devices; the numbers
 * are those of the claim, in PCI order. The other vendors' are unset, not empty: HIP reads CUDA's
 * too. A job without chips gets every one of them empty, so that it cannot use a chip by accident.
 *
 * All tasks of a multi-node gang are the script's to start; it runs once, on the first node. */
#ifndef BERTH_ENGINE_ENVIRONMENT_H
#define BERTH_ENGINE_ENVIRONMENT_H

#include "port/engine.h"

/* BERTH_PROGRESS is BERTH_SOCKET with this behind it (serve/heartbeat.h). */
#define PROGRESS_SUFFIX ".progress"

struct environment_extra {
    struct str socket; /* BERTH_SOCKET: the daemon's; "" none. Heartbeats go beside it */
    struct str mark; /* BERTH_MARK: engine/attempt_file.h */
};

/* NAME=VALUE entries, allocated in `arena` (those of the submitter are borrowed from the order). */
void environment_build(const struct engine_start *order, const struct environment_extra *extra,
                       struct arena *arena, struct str **entries_out, uint32_t *count_out);

/* The value of `name` among the entries, the last one where it stands twice; false: absent. */
bool environment_get(const struct str *entries, uint32_t count, const char *name,
                     struct str *value_out);

#endif
