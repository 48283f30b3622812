/* gavel_job.h - the words of Gavel's experiments: chip types, jobs, limits.
 *
 * Gavel (Narayanan et al., "Heterogeneity-Aware Cluster Scheduling Policies for Deep Learning
 * Workloads", OSDI 2020) runs training jobs on a cluster of three kinds of GPU. A job is a number
 * of steps; a table says how many steps a second it does on each kind. Time goes in rounds of six
 * minutes; between rounds a job may be stopped, moved to another kind and resumed at no cost. */
#ifndef BERTH_SIM_GAVEL_JOB_H
#define BERTH_SIM_GAVEL_JOB_H

#include <stdint.h>

enum gavel_type { GAVEL_V100, GAVEL_P100, GAVEL_K80, GAVEL_TYPES };

extern const char *const gavel_type_names[GAVEL_TYPES + 1]; /* NULL at the end */

/* What a GPU of each type costs, USD an hour: Google Cloud's prices as the published simulator has
 * them (the only prices in it). */
extern const double gavel_usd_per_gpu_h[GAVEL_TYPES];

/* Bounds on outside input. */
enum {
    GAVEL_SPEEDS_MAX = 4096, /* rows of the throughput table: the published one has 83 */
    GAVEL_NAME_MAX = 128, /* bytes of a model's name: the longest published has 32 */
    GAVEL_JOBS_MAX = 1000000, /* jobs of a trace or a window: the published windows end at 5,000 */
    GAVEL_GPUS_MAX = 1024, /* GPUs of one job: the published jobs ask for 8 at most */
    GAVEL_WORKERS_MAX = 100000, /* GPUs of one type: the published clusters have 36 */
    GAVEL_LINE_MAX = 4096, /* bytes of a trace's line: the longest published has 198 */
    GAVEL_ROUNDS_MAX =
        20000000, /* 228 years of six minutes: a run that takes longer is a mistake */
};
#define GAVEL_SPEED_MIN 1e-9 /* steps a second, where it is not 0 */
#define GAVEL_SPEED_MAX 1e9
#define GAVEL_STEPS_MAX 1e15 /* a double counts them one by one */
#define GAVEL_TIME_MAX_S 1e10 /* 317 years */
#define GAVEL_WEIGHT_MAX 1e6
#define GAVEL_RATE_MAX 1e6 /* jobs an hour */

struct gavel_job {
    double steps; /* > 0; those of drawn jobs are no whole numbers */
    double speed[GAVEL_TYPES]; /* steps a second of all its GPUs together; 0: cannot run there */
    double weight; /* priority, > 0; 1 is the usual one */
    double arrival_s;
    uint32_t gpus; /* all of one type, all at the same time */
};

#endif
