/* job.h - the noun of demand: what a tenant asks for.
 *
 * A job_spec is what submission states, after defaults; it never changes (`berth update` makes a
 * new one). Sizes: a job asks for `chips` accelerators in all, or `chips_per_node` on each of
 * `nodes` nodes, or none at all (a CPU job). Words and meanings are sbatch's where sbatch has them.
 */
#ifndef BERTH_MODEL_JOB_H
#define BERTH_MODEL_JOB_H

#include "base/visit.h"
#include "model/ids.h"
#include "model/limits.h"

/* A data set that the job reads, moves or shows (law/facts: data). */
struct data_set {
    struct str class; /* personal sensitive-personal important payment public-sector public */
    struct str subject_country; /* whose persons' or country's data; "" unknown */
    struct str located; /* country where it lies; "" unknown */
    struct str accessed_from; /* country it is read from; "": where the job runs */
    bool persons_known;
    int64_t
        gb; /* to be moved to where the job runs, unless that is in the same country; 0 unknown */
    int64_t persons; /* distinct persons exported this year, this job included */
};

enum dependency_kind {
    DEPENDENCY_AFTER, /* after: has started or was cancelled */
    DEPENDENCY_AFTER_ANY, /* afterany: has ended */
    DEPENDENCY_AFTER_OK, /* afterok: ended with exit code 0 */
    DEPENDENCY_AFTER_NOTOK, /* afternotok: ended otherwise */
    DEPENDENCY_AFTER_CORR, /* aftercorr: the task of that array with the same number ended so */
    DEPENDENCY_SINGLETON, /* singleton: no other job of this name and user is active */
    DEPENDENCY_COUNT
};
extern const char *const dependency_names[DEPENDENCY_COUNT];

struct dependency {
    int kind; /* enum dependency_kind */
    uint32_t job; /* job id; an array's id means all its tasks; 0 for singleton */
    bool of_task; /* of that array only this task: */
    uint32_t task;
    uint32_t delay_min; /* after: so many minutes behind its start */
};

/* The words of the law's facts data.class and end_use, NULL at the end. A misspelt word would slip
 * past the rules that name it, so job_spec_check accepts only these. */
extern const char *const data_class_names[];
extern const char *const end_use_names[];

/* How much there is to do, and how fast it went so far: what hours are worked out from
 * (perf/estimate.h). */
struct job_work {
    struct str type; /* job type of the speed tables; "" unknown */
    int64_t steps; /* in all, 0: unknown; what a step is the job knows */
    int64_t steps_done; /* saved in the checkpoint that it begins from */
    struct str seen_chip; /* kind on which seen_usteps_per_s was measured; "" nowhere */
    uint32_t seen_chips;
    struct str saved_site; /* id: where the checkpoint lies; "" unknown, or there is none */
    int64_t checkpoint_gb; /* its size; 0 unknown */
    int64_t seen_usteps_per_s; /* millionths of a step a second, by an earlier attempt */
};

struct job_spec {
    struct str name;
    struct str tenant; /* account id */
    struct str user; /* unix user name, for the eye */
    uint32_t uid, gid;

    /* size */
    uint32_t nodes; /* 0: as few as fit */
    uint32_t chips; /* all nodes together; 0 with chips_per_node 0: no accelerator */
    uint32_t chips_per_node; /* 0: any split */
    uint32_t chip_milli; /* thousandths of its one chip, which others may share; 0: whole chips */
    uint32_t shards; /* the same in parts as the pool cuts its chips; 0: not stated so */
    uint32_t tasks; /* -n; 0: 1 */
    uint32_t tasks_per_node; /* --ntasks-per-node; 0: not stated */
    uint32_t cpus_per_task; /* -c; 0: 1 */
    uint64_t mem_mb_per_node, mem_mb_per_chip, mem_mb_per_cpu; /* at most one is not 0 */
    bool exclusive; /* whole nodes */
    bool contiguous; /* nodes that follow each other in the order of the pool */
    uint32_t switches; /* --switches: on at most so many; 0: any number */
    int64_t switches_wait_ms; /* once it could start otherwise, it waits so long for that */

    /* where */
    struct str *chip_kinds; /* acceptable kinds; empty: any */
    uint32_t chip_kind_count;
    struct str *chip_prefer; /* soft wish among them */
    uint32_t chip_prefer_count;
    struct str *partitions; /* pool ids or aliases; empty: any */
    uint32_t partition_count;
    struct str *sites; /* -M: site ids; empty: any */
    uint32_t site_count;
    struct str *not_sites; /* --cluster-constraint=!SITES: at none of these */
    uint32_t not_site_count;
    struct str *countries; /* SkyPilot region or infra: ISO codes; empty: any */
    uint32_t country_count;
    int64_t max_uusd_per_chip_h; /* --max-price; 0: none */

    /* when */
    int64_t time_limit_ms; /* 0: the pool's or fleet's default */
    int64_t begin_ms; /* not before; 0: now */
    int64_t deadline_ms; /* 0: none */
    struct dependency *dependencies;
    uint32_t dependency_count;
    bool dependency_any; /* '?' between them: one suffices */
    int32_t priority; /* larger first; --nice is taken off */
    int32_t nice; /* how much --nice took off it, for the eye */
    struct str qos;
    bool hold;
    struct job_work work;

    /* law */
    struct str purpose; /* law fact end_use; "" unknown */
    struct data_set *data;
    uint32_t data_count;
    bool data_known; /* an empty list then means: reads no regulated data */
    struct str *evidence; /* held on record for this job */
    uint32_t evidence_count;
    struct str end_user; /* party id; "": the tenant's party */

    /* array: task ids in order; empty: not an array */
    uint32_t *array_tasks;
    uint32_t array_count;
    uint32_t array_limit; /* %N: at most so many at once; 0: no limit */

    /* running it */
    bool no_requeue;
    uint32_t checkpoint_s; /* the job saves its state so often; 0: never */
    uint32_t checkpoint_cost_s; /* saving takes so long; 0: not stated */
    uint32_t restart_cost_s; /* it computes again so long after its start; 0: not stated */
    uint32_t signal_number; /* --signal; 0: none */
    uint32_t signal_before_s; /* seconds before the end */
    bool signal_shell; /* B: the batch shell only */
    struct str workdir, stdin_path, stdout_path, stderr_path;
    bool output_append;
    struct str comment;
    struct str submit_host;
    struct str wrapper; /* "sbatch", "berth", "skypilot": who asked */
    uint32_t nodes_limit; /* reserved word of --nodes=MIN-MAX: MAX; 0: none */

    /* heavy part: kept in the ledger record, not in the core's state */
    struct str script; /* bytes, begins with #! */
    struct str *arguments;
    uint32_t argument_count;
    struct str *environment; /* NAME=VALUE */
    uint32_t environment_count;
};

/* All fields; the light form leaves the heavy part out (the core's state and its snapshots). */
void visit_job_spec(struct visit *v, struct job_spec *s);
void visit_job_spec_light(struct visit *v, struct job_spec *s);

/* A deep copy of the light part in `arena`. */
void job_spec_copy_light(const struct job_spec *from, struct arena *arena, struct job_spec *out);

/* Bounds and contradictions that need no fleet: lengths, counts, chips vs nodes, dates. */
enum err job_spec_check(const struct job_spec *s, struct errtext *error);

/* Does it ask for part of a chip? */
bool job_spec_shares(const struct job_spec *s);
/* Chips in all, once the number of nodes is fixed; 0 for a CPU job. Part of a chip counts as one:
 * the law knows chips, not parts. */
uint32_t job_spec_chips(const struct job_spec *s);

#endif
