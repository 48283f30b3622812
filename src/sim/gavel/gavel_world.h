/* gavel_world.h - what a policy sees of a run: the cluster and the jobs that are there. */
#ifndef BERTH_SIM_GAVEL_WORLD_H
#define BERTH_SIM_GAVEL_WORLD_H

#include "sim/gavel/gavel_job.h"

#include <stdbool.h>

enum { GAVEL_NOWHERE = -1 };

/* Seconds of a round: what a job can do at most before the next decision. */
#define GAVEL_ROUND_S 360.0

/* A job that has arrived and is not done. */
struct gavel_live {
    struct gavel_job job;
    uint32_t index; /* in the source */
    double done; /* steps */
    /* Of policies that state shares (gavel_policy.h): */
    double share[GAVEL_TYPES]; /* of the time, by type, from the last allocation */
    double got_s[GAVEL_TYPES]; /* time since the last allocation, with half a round for a start */
    double deficit_s[GAVEL_TYPES]; /* time that was due and not given, up to the last allocation */
    bool has_share; /* was there at the last allocation */
    /* Of the round: */
    int type; /* where it runs, or ran last; GAVEL_NOWHERE */
    double steps, finish_s; /* what it does in the round, and until when */
    int fails; /* rounds in a row in which it did nothing */
    /* For the account: */
    double ran_gpu_s; /* GPU seconds it had */
    double even_s; /* time for the same steps with an even part of the cluster */
    double first_s; /* the first round that it could be in */
    double last_s; /* when it last ran; its arrival */
    double wait_s; /* the longest time in which it did not run */
};

struct gavel_world {
    double now_s;
    int32_t workers[GAVEL_TYPES]; /* GPUs of each type */
    struct gavel_live *live; /* by arrival */
    uint32_t count;
};

static inline double gavel_steps_left(const struct gavel_live *j)
{
    return j->job.steps - j->done;
}

/* True when the type has so many GPUs, and a job of that speed there (0: cannot run) fits. */
static inline bool gavel_can_run(const struct gavel_world *w, double speed, uint32_t gpus, int type)
{
    return speed > 0 && (int32_t)gpus <= w->workers[type];
}

#endif
