/* limits.h - how much of everything, and what happens at the limit.
 *
 * Every bound on outside input that concerns the nouns of the model stands here. At a limit the
 * request is refused with ERR_LIMIT and the number; nothing is cut silently. */
#ifndef BERTH_MODEL_LIMITS_H
#define BERTH_MODEL_LIMITS_H

#include <stdint.h>

enum {
    PARTY_MAX = 100000, /* parties of a fleet */
    CHIP_MAX = 1000, /* kinds in the catalogue */
    SITE_MAX = 10000, /* data centres */
    POOL_MAX = 4096, /* pools: a decision lists every one, so this bounds a record */
    TENANT_MAX = 100000, /* accounts */
    PERMIT_MAX = 100000, /* permits and licences */
    NODES_PER_POOL_MAX = 1000000,
    NODES_MAX = 4000000, /* all pools together */
    CHIPS_PER_NODE_MAX = 64, /* a claim marks chips of a node in one 64-bit word */
    CHIP_MILLI = 1000, /* a whole chip, where parts of chips are counted: they are thousandths */
    CPUS_PER_NODE_MAX = 65535, /* Slurm counts the CPUs of a node in 16 bits */
    MEM_MB_PER_NODE_MAX = 1 << 30, /* 1 PiB: above every machine, and products stay in 64 bits */
    NODE_RANGES_MAX = 1000, /* ranges of one hostlist expression */
    SWITCHES_MAX = 65536, /* named ones of a pool: leaves of 16 nodes for the largest pool */
    SWITCH_LEVELS_MAX = 8, /* leaves are one: the deepest networks built have four */
    ID_LEN_MAX = 64, /* bytes of an id: party, chip, site, pool, tenant, rule */
    NAME_LEN_MAX = 256, /* bytes of a free name or path component */
    TEXT_LEN_MAX = 4096, /* bytes of a path, comment or one environment entry's name */
    WINDOWS_MAX = 64, /* maintenance windows of a pool or site: more than a year of weekly ones */
    LIST_MAX = 256, /* short lists: evidence, kinds, acceptable chips */
    SCRIPT_LEN_MAX = 4 * 1024 * 1024, /* bytes: Slurm's max_script_size default */
    ENV_LEN_MAX = 1024 * 1024, /* bytes of all environment entries of a job */
    ENV_COUNT_MAX = 4096,
    ARRAY_TASKS_MAX = 10000, /* tasks of one array job (Slurm's MaxArraySize default is 1001) */
    DEPENDENCY_MAX = 64, /* jobs one job waits for */
    DEPENDENCY_DELAY_MIN_MAX = 366 * 24 * 60, /* minutes behind a start: a year; no job runs longer */
    DATA_SETS_MAX = 64, /* data sets one job reads */
    JOBS_MAX = 2000000, /* jobs in memory, ended ones that are not yet purged included */
    JOB_NODES_MAX = 65536, /* nodes of one gang */
    JOB_TASKS_MAX = 16 * 1024 * 1024, /* -n: 256 processes on each node of the largest gang */
    BUDGET_DAYS_MAX = 3652, /* of one window of a budget: ten years */
    SWITCHES_WAIT_DEFAULT_MS = 300 * 1000, /* --switches without a time: Slurm's max_switch_wait */
    SIGNAL_MAX = 64, /* the last real-time signal of Linux */
    /* Added to the number of a signal that is sent to a running job; neither: as --signal without
     * B:, to what the batch script started. */
    SIGNAL_TO_SHELL = 256, /* to the batch script's own process */
    SIGNAL_TO_ALL = 512, /* to that and all others */
    SIGNAL_BEFORE_S_MAX = 65535, /* --signal: Slurm's bound */
    CHECKPOINT_S_MAX = 30 * 86400, /* a job that saves more rarely than monthly does not save */
    PREEMPT_GRACE_MAX_MS = 3600 * 1000, /* another job waits meanwhile: more than an hour is no way
                                           to make room */
};

#define TIME_LIMIT_MAX_MS (INT64_C(3653) * 86400000) /* ten years: sums with instants stay sane */
#define WORK_STEPS_MAX INT64_C(1000000000000000) /* the largest run known has 1e13 tokens */
#define USTEPS_PER_S_MAX INT64_C(1000000000000000) /* a billion steps a second, in millionths */
#define SHARE_HALF_LIFE_MIN_MS (INT64_C(60) * 1000) /* shorter, and the queue has no memory */
#define FLOP_PER_BYTE_MAX INT64_C(1000000) /* of a job type: chips reach 1000 */
#define LINK_MBPS_MAX INT64_C(1000000000) /* a Pbit/s: above every cable */
#define DATA_GB_MAX INT64_C(1000000000) /* an exabyte: above every data set */
#define PRICE_MAX_UUSD INT64_C(1000000000000) /* a million USD: per chip hour, or per kWh */
#define BUDGET_MAX_UUSD INT64_C(1000000000000000000) /* 1e12 USD: above what any fleet costs */
#define INSTANT_MAX_MS INT64_C(253370764800000) /* the year 9999: calendar dates end there */
#define QUANTITY_MAX_MILLI INT64_C(1000000000000000) /* 1e12 units: chip figures need 1e6 */

#endif
