/* job.h - the life of a job in the core, and the chips it holds. Read-only outside src/core. */
#ifndef BERTH_CORE_JOB_H
#define BERTH_CORE_JOB_H

#include "model/job.h"

/* Slurm's states, and REFUSED: no pool may lawfully run it (a decision, not an error). */
enum job_state {
    JOB_PENDING,
    JOB_CONFIGURING, /* a start was ordered and is not yet confirmed */
    JOB_RUNNING,
    JOB_COMPLETING, /* a stop was ordered; the chips are still held */
    JOB_COMPLETED, /* from here on: ended */
    JOB_FAILED,
    JOB_CANCELLED,
    JOB_TIMEOUT,
    JOB_NODE_FAIL,
    JOB_PREEMPTED,
    JOB_OUT_OF_MEMORY,
    JOB_DEADLINE,
    JOB_REFUSED,
    JOB_STATE_COUNT
};
extern const char
    *const job_state_names[JOB_STATE_COUNT]; /* "PENDING" ... as squeue -t takes them */
extern const char *const job_state_codes[JOB_STATE_COUNT]; /* "PD" ... as squeue prints them */
bool job_state_is_ended(int state);
bool job_state_holds_chips(int state); /* CONFIGURING RUNNING COMPLETING */

/* Why a job is where it is. Slurm's names where the meaning is equal, then Berth's. */
enum reason {
    REASON_NONE,
    REASON_PRIORITY, /* jobs before it in the queue take what is free */
    REASON_RESOURCES, /* not enough free chips, CPUs or memory now */
    REASON_DEPENDENCY,
    REASON_DEPENDENCY_NEVER, /* DependencyNeverSatisfied */
    REASON_BEGIN_TIME,
    REASON_HELD_USER,
    REASON_HELD_ADMIN,
    REASON_ARRAY_LIMIT, /* JobArrayTaskLimit */
    REASON_PARTITION_DOWN,
    REASON_NODES_DOWN, /* ReqNodeNotAvail */
    REASON_TIME_LIMIT, /* PartitionTimeLimit: asks more time than the pool allows */
    REASON_DEADLINE,
    REASON_BAD_CONSTRAINTS, /* no pool has the chips, nodes, memory or names it asks for */
    REASON_LAUNCH_FAILED,
    REASON_NON_ZERO_EXIT,
    REASON_LAW_NO_SITE, /* LawNoSite: the law forbids every pool that would do */
    REASON_LAW_UNRESOLVED, /* LawUnresolved: an unknown fact stops it */
    REASON_LAW_FORBIDS, /* per pool */
    REASON_LAW_ENDS_FIRST, /* LawExpiresBeforeEnd */
    REASON_LEASE_ENDS_FIRST,
    REASON_LEASE_NOT_BEGUN,
    REASON_MAINTENANCE, /* the pool is in a maintenance window */
    REASON_MAINTENANCE_FIRST, /* ... one begins before the job could end */
    REASON_PRICE_ABOVE_MAX,
    REASON_QUOTA, /* QuotaExhausted: a permit's amount is used up */
    REASON_BUDGET, /* AssocGrpBillingMinutes: the tenant's budget has no room for what it may cost */
    REASON_MEMORY, /* a node of the pool is too small */
    REASON_CHIP_KIND, /* per pool: not among the acceptable kinds */
    REASON_NOT_SHARED, /* per pool: part of a chip is asked for, and its chips are not shared */
    REASON_NOT_NAMED, /* per pool: not among the partitions, sites or countries named, or excluded */
    REASON_TOO_FEW_NODES, /* per pool: never large enough */
    REASON_TOO_SLOW, /* per pool: its steps take longer than the time limit there */
    REASON_DEARER, /* per pool: would do, but costs more than the chosen one */
    REASON_CHOSEN, /* per pool: this is the one */
    REASON_PREEMPTED, /* it was stopped so that a job of higher priority can run */
    REASON_PREEMPTING, /* others are being stopped for it (there); their room is held for it */
    REASON_COUNT
};
extern const char *const reason_names[REASON_COUNT];

/* Chips, CPUs and memory of one node held by one attempt. */
struct claim_part {
    uint32_t node; /* index in the pool */
    uint32_t cpus;
    uint64_t chip_mask; /* bit i: chip i of the node */
    uint64_t mem_mb;
    uint32_t milli; /* of the one chip in the mask; 0: its chips whole */
};

/* What one attempt of one job holds, from the start order until the engine confirms that the
 * attempt can no longer run. `attempt` is the fencing number: news of another attempt is ignored.
 */
struct claim {
    struct job_id job;
    uint32_t attempt;
    struct pool_id pool;
    struct claim_part *parts; /* in order of node */
    uint32_t part_count;
    uint32_t chips; /* sum over parts */
};

/* What a job has said of its progress (core/progress.c). Steps count over all attempts. */
struct job_progress {
    int64_t at_ms; /* when the present attempt last spoke; 0: not yet */
    int64_t total; /* steps in all, as the present attempt says; 0: as spec.work says */
    int64_t steps; /* done by then; while it is silent, those that it began from */
    int64_t usteps_per_s; /* its speed, millionths of a step a second; 0: not known yet */
    int64_t checkpointed_ms; /* when an attempt last saved its work; 0: none has */
    int64_t checkpointed_steps; /* done by then */
    int64_t since_ms, since_steps; /* between here and at_ms, steps the speed was measured */
};
struct job;
/* When the attempt that runs is expected to end: by its heartbeats, else at its time limit. */
int64_t progress_end_ms(const struct job *j);

/* What came of the last search for running jobs to stop in favour of a waiting one. */
enum preempt_result {
    PREEMPT_NOT_LOOKED,
    PREEMPT_NO_VICTIM, /* no running job of lower priority may be stopped */
    PREEMPT_NOT_ROOM, /* some may, but room is not all that the job lacks where they run */
    PREEMPT_NOT_ENOUGH, /* not even stopping all of these would make room */
    PREEMPT_LOSS, /* what they would lose is not less than what the job would gain */
    PREEMPT_DONE,
    PREEMPT_RESULT_COUNT
};
extern const char *const preempt_result_names[PREEMPT_RESULT_COUNT];

struct preempt_look {
    int result; /* enum preempt_result */
    int64_t at_ms;
    uint32_t pool; /* NO_INDEX: none, or no longer in the fleet */
    uint32_t victims; /* how many jobs would have been stopped there */
    int64_t loss_uusd, gain_uusd;
};

/* Thousandths of chips that it holds: what is paid for. */
uint64_t claim_milli(const struct claim *k);

struct job {
    struct job_id id;
    struct job_spec spec; /* light part */
    uint64_t spec_record; /* ledger record that holds the whole spec */
    struct job_id array_job; /* first id of its array; 0: not an array */
    uint32_t array_task;
    struct str key; /* idempotency key */

    int state; /* enum job_state */
    int reason; /* enum reason */
    int64_t submit_ms, eligible_ms, start_ms, end_ms; /* 0: not yet */
    int64_t time_limit_ms; /* in force */
    uint32_t limit_number; /* how often that was changed in the present attempt */
    uint32_t limit_confirmed; /* the newest change that its engine says it enforces */
    uint32_t attempt; /* number of the present or next attempt, from 1; grows */
    uint32_t restarts;
    uint32_t preemptions; /* how often it was stopped for another job */
    struct job_id preempted_by; /* for which the last time; 0: never */
    struct preempt_look preempt_look; /* waiting: the last search in its favour */
    bool held_user, held_admin;
    bool cancel_asked; /* by whom: cancel_uid */
    uint32_t cancel_uid;
    bool requeue_asked; /* the present attempt is stopped to run again */
    int stop_state; /* COMPLETING: the state it ends in, unless it finished by itself */
    struct claim *claim; /* while job_state_holds_chips */
    struct pool_id pool; /* of the present or last claim; NO_INDEX: none yet, or no longer in the
                            fleet */
    struct str nodes; /* of the present or last claim, as a hostlist; "" never placed */
    uint32_t cpus; /* of the present or last claim; 0 never placed */
    int64_t cost_uusd; /* what the decision expected the attempt to cost */
    int64_t spent_uusd; /* price x chip-time of attempts that ended */
    int32_t exit_code, exit_signal;
    struct str trouble; /* what the engine said when it could not start the last attempt, or lost it;
                           at most TROUBLE_LEN_MAX bytes; "" nothing */
    struct job_progress progress;
    struct str refusal_rule; /* REFUSED or LawNoSite: the rule that decided */
    uint64_t decision_record; /* ledger record of the last decision about it */
};

#endif
