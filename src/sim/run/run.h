/* run.h - the core on a virtual clock, with an engine that does what it is told.
 *
 * The very objects of the daemon decide (core_admit, core_step); this file only plays the world
 * around them: arrivals are submitted at their instants, each started attempt runs for as long as
 * its job lasts on that chip, and the clock jumps from event to event. With `faults` nodes fail and
 * are repaired, and reports come late; the seed decides when, and the same seed gives the same run.
 *
 * The caller pushes arrivals (and other requests) in the order of time, then finishes; results are
 * kept in bounded memory, however many jobs there are. */
#ifndef BERTH_SIM_RUN_H
#define BERTH_SIM_RUN_H

#include "core/core.h"
#include "sim/run/bound.h"
#include "sim/run/names.h"
#include "sim/run/series.h"
#include "sim/run/spread.h"
#include "sim/trace/trace.h"

enum {
    RUN_TENANTS_MAX = 1000, /* tenants with figures of their own; the rest are added up */
    RUN_TEXTS_MAX = 50, /* different reasons of rejected requests that are kept */
    /* A gap in which nothing runs and nothing arrives, after which waiting jobs are given up. */
    RUN_IDLE_DAYS_MAX = 366,
    /* Faults. A node of 8 accelerators fails about every 6,300 hours: 419 unexpected interruptions
     * in 54 days on 16,384 GPUs ("The Llama 3 Herd of Models", 2024, section 3.3.4). */
    RUN_NODE_MTBF_H = 6300,
    RUN_REPAIR_MIN_MS = 10 * 60 * 1000, /* a reboot ... */
    RUN_REPAIR_MAX_MS = 24 * 3600 * 1000, /* ... or a part, within a day */
    RUN_LATE_PERCENT = 10, /* reports that are late */
    RUN_LATE_MAX_MS = 5 * 60 * 1000,
};

/* How long one task of a job runs, and how it ends. */
struct run_work {
    int64_t duration_ms; /* on chips that `on` does not name; -1: on those it cannot run */
    const struct trace_duration *on;
    uint32_t on_count;
    int32_t exit_code; /* 0..255 */
};

/* One submission. Everything is borrowed for the call. */
struct run_arrival {
    struct job_spec *spec;
    const struct run_work *work; /* one for each task of an array, else one */
    struct str tenant; /* under which the figures are counted */
    struct str label; /* its name in what is told about it; "": label_number, counted up by task */
    uint32_t label_number;
    int32_t uid; /* as which it is submitted; -1: the operator's */
};

/* What became of one job; strings are borrowed for the call. */
struct run_done {
    uint64_t serial; /* its place among all jobs that were submitted, from 0; tasks count singly */
    struct str label, tenant;
    uint32_t job; /* 0: rejected */
    int64_t submit_ms, start_ms, end_ms; /* start: of its first attempt; 0: never */
    int state; /* enum job_state; PENDING: still waiting at the end. -1: rejected */
    int reason; /* enum reason of its last state */
    struct str pool; /* of its last attempt; "" none */
    struct str rule; /* the rule that refused or stopped it; "" none */
    struct str text; /* rejected: why */
    uint64_t chip_milli; /* thousandths of chips that its last attempt held */
    uint32_t restarts;
    int64_t cost_uusd;
};

struct run_options {
    struct fleet *fleet;
    struct law_pack *packs;
    uint32_t pack_count;
    uint32_t bind; /* levels that bind */
    struct speeds *speeds; /* tables of measured speeds; NULL none */
    int64_t begin_ms; /* fleet and law enter at this instant */
    uint64_t bound_chips; /* for the bound: the most that the fleet ever has; 0: what it has now */
    bool faults;
    uint64_t seed;
    void (*done)(void *arg, const struct run_done *d); /* each job, when it has ended; NULL */
    void *arg;
};

/* ---- results --------------------------------------------------------------------------------- */

struct run_tenant {
    uint64_t submitted, started, completed, failed, refused, rejected;
    struct spread wait, jct; /* of jobs that started; of jobs that ran to their end */
    double chip_ms; /* held */
    int64_t cost_uusd;
};

struct run_pool {
    struct str id, chip;
    uint64_t chips; /* at the end */
    int64_t uusd_per_chip_h; /* likewise */
    uint64_t started;
    double held_chip_ms;
    double useful_chip_ms; /* of attempts whose work counted */
    int64_t cost_uusd;
};

struct run_count {
    struct str name; /* rule id, or the text of a rejection */
    struct str first; /* label of the first job concerned */
    uint64_t count;
};

struct run_result {
    int64_t begin_ms, end_ms; /* the first arrival's instant; the last end's */
    uint64_t submitted, started, completed, failed, timed_out, refused, rejected, waiting;
    uint64_t preempted, restarts, node_failures, node_faults; /* attempts, not jobs */
    uint64_t steps; /* of the core */
    int64_t cost_uusd;
    struct spread wait, jct;
    double held_chip_ms, useful_chip_ms;
    uint64_t chips; /* of the fleet at the end */
    double fleet_chip_ms; /* what the fleet had, from the first arrival to the last end */
    uint64_t queue_peak;
    struct bounds bound;

    struct run_pool *pools;
    uint32_t pool_count;
    struct names *tenant_names;
    struct run_tenant *tenants; /* by number; the last of RUN_TENANTS_MAX + 1 is "(others)" */
    uint32_t tenant_count;
    struct run_count *rules; /* refused by law: by rule, most first */
    uint32_t rule_count;
    struct run_count *rejections; /* most first */
    uint32_t rejection_count;
    uint64_t reasons[REASON_COUNT]; /* of those that still wait */
    struct series *series; /* run_chips_held, run_jobs_waiting */
    uint32_t bins;
};

/* Means over a bin of the series. */
double run_chips_held(const struct run_result *x, uint32_t pool, uint32_t bin);
double run_jobs_waiting(const struct run_result *x, uint32_t bin);

/* ---- the run --------------------------------------------------------------------------------- */

struct run;

/* ERR_*: fleet or law are not taken. */
enum err run_new(const struct run_options *o, struct run **out, struct errtext *error);
void run_free(struct run *r); /* NULL is allowed */

const struct core *run_core(const struct run *r);

/* Let time pass up to the instant (which may be in the past: then nothing happens) and submit. A
 * request that the core does not take is counted and told to `done`; it is no error.
 * ERR_LIMIT: more jobs wait than the core takes. *first_out gets the first job's id, 0: rejected.
 */
enum err run_submit(struct run *r, int64_t at_ms, const struct run_arrival *a, uint32_t *first_out,
                    struct errtext *error);
/* Let time pass and step another event if the core takes it (cancel, hold, update, nodes, fleet
 * ...); its time is set here. False: it was not taken. */
bool run_event(struct run *r, int64_t at_ms, struct event *e, struct errtext *error);
/* No more will come: play until nothing runs and nothing can start. Gives the results, which live
 * as long as the run. */
const struct run_result *run_finish(struct run *r);

#endif
