/* views.h - what the API shows: jobs, pools, nodes, leases and replies as flat records.
 *
 * The daemon fills them from the core; the command line reads them back with the same visit
 * functions, so names and meanings are defined once, here. Field names are stable
 * (docs/openapi.yaml). Instants are ms UTC, 0: not yet or none. Money is micro-USD. */
#ifndef BERTH_SERVE_VIEWS_H
#define BERTH_SERVE_VIEWS_H

#include "base/visit.h"

struct job_view {
    uint32_t job_id, array_job_id, array_task_id;
    bool is_array;
    uint32_t array_limit; /* tasks at once; 0: no limit */
    struct str name, user, account, partition; /* partition: pool placed in, or those asked for */
    uint32_t uid, gid;
    struct str state, state_code, reason; /* "PENDING", "PD", "Resources" */
    struct str nodes; /* compressed hostlist; "" while not placed */
    struct str site, chip; /* of the pool placed in */
    uint32_t node_count, chips, cpus, tasks, cpus_per_task;
    uint32_t chip_milli; /* thousandths of its one chip, held or asked for; 0: whole chips */
    uint64_t mem_mb; /* per node */
    struct str gres; /* as asked: "gpu:h100-sxm:8"; "" none */
    int64_t submit_ms, eligible_ms, start_ms, end_ms, time_limit_ms;
    bool exclusive; /* whole nodes */
    int32_t priority, nice; /* nice: how much was taken off the priority */
    int64_t account_score; /* while it waits: of equal priority, jobs with less go first */
    struct str qos;
    int32_t exit_code, exit_signal;
    uint32_t attempt, restarts;
    uint32_t preemptions, preempted_by; /* times it was stopped for another; for which, the last */
    int64_t cost_uusd, spent_uusd; /* expected by the decision; of ended attempts */
    struct str trouble; /* why its engine could not start the last attempt, or lost it; "" no trouble */
    struct str rule; /* rule that refused it or keeps it waiting */
    struct str dependency, comment, workdir, stdout_path, stderr_path, stdin_path;
    struct str purpose;
    int64_t deadline_ms, begin_ms;
    bool requeue;
    uint64_t spec_record, decision_record;
    struct str type; /* job type of the speed tables; "" none */
    int64_t steps, steps_total; /* done as it says, and in all; 0 unknown */
    int64_t usteps_per_s; /* of the present attempt; 0 unknown */
    int64_t heartbeat_ms, checkpoint_ms; /* last said how far it is; last saved its work */
    int64_t expected_end_ms; /* running: by its heartbeats, else its time limit */
    bool cancel_asked; /* somebody cancelled it: cancel_uid */
    uint32_t cancel_uid;
};
void visit_job_view(struct visit *v, struct job_view *x);

struct job_list {
    struct job_view *jobs;
    uint32_t count;
    uint32_t next; /* pass as `after` to go on; 0: that was all */
    int64_t now_ms;
};
void visit_job_list(struct visit *v, struct job_list *x);

/* Rows of `sinfo`: nodes of one pool in one state. */
struct node_group_view {
    struct str state; /* idle mixed allocated draining drained maint down */
    uint32_t count;
    struct str nodes;
};

struct pool_view {
    struct str pool, site, country, chip, engine, title; /* title: owned leased on-demand */
    struct str aliases; /* comma separated */
    bool up; /* false: drained as a whole */
    bool is_default;
    uint32_t nodes, chips_per_node, shards_per_chip, cpus_per_node;
    uint64_t mem_mb_per_node;
    uint32_t nodes_idle, nodes_mixed, nodes_allocated, nodes_down, nodes_drained;
    uint32_t chips_total, chips_up, chips_used;
    uint64_t milli_used; /* thousandths of chips in use */
    int64_t uusd_per_chip_h, time_limit_max_ms, lease_from_ms, lease_to_ms;
    int64_t last_safe_start_ms; /* of a job with the default time limit; 0: no wall ahead */
    int64_t maintenance_from_ms, maintenance_to_ms; /* that it is under, or the next; 0: none */
    struct str maintenance_reason;
    struct node_group_view *groups;
    uint32_t group_count;
};
void visit_pool_view(struct visit *v, struct pool_view *x);

struct pool_list {
    struct pool_view *pools;
    uint32_t count;
    int64_t now_ms;
    struct str fleet; /* its name: SLURM_CLUSTER_NAME */
};
void visit_pool_list(struct visit *v, struct pool_list *x);

/* Reply to a submission. HTTP 201 also when the law refuses: the job exists and says why. */
struct submit_reply {
    uint32_t job_id, count;
    struct str state, reason;
    struct str rule, cite, sentence; /* law: the rule that decided, its text's place, its title */
    struct str pool; /* where it was placed; "" not yet */
    bool repeated; /* the idempotency key was known: nothing was stored anew */
};
void visit_submit_reply(struct visit *v, struct submit_reply *x);

struct error_reply {
    struct str error, message; /* error: err_name() */
};
void visit_error_reply(struct visit *v, struct error_reply *x);

struct ping_reply {
    struct str version, fleet;
    int64_t now_ms, started_ms;
    uint64_t record;
    uint32_t jobs_pending, jobs_running;
};
void visit_ping_reply(struct visit *v, struct ping_reply *x);

/* One node of a pool: GET /v1/pools/ID/nodes. */
struct node_view {
    struct str name, state; /* idle mixed allocated draining drained maint down */
    uint32_t chips_used, cpus_used;
    uint64_t mem_mb_used;
    struct str reason; /* why it is out of use, as the operator said; "" nothing said */
    uint32_t reason_uid; /* who took it out of use */
    int64_t reason_ms; /* when; 0: it is in use */
    struct str on_switch; /* that it hangs on; "" not stated */
};
struct node_list {
    struct node_view *nodes;
    uint32_t count;
};
void visit_node_list(struct visit *v, struct node_list *x);

/* One switch of a pool: GET /v1/pools/ID/switches, lower levels first. */
struct switch_view {
    struct str name;
    uint32_t level; /* 0: nodes hang on it */
    uint32_t node_count;
    struct str nodes; /* compressed hostlist, of all below it */
    struct str *below; /* switches right below it */
    uint32_t below_count;
};
struct switch_list {
    struct switch_view *switches;
    uint32_t count;
};
void visit_switch_list(struct visit *v, struct switch_list *x);

/* One leased pool: GET /v1/leases. */
struct lease_view {
    struct str pool, site, chip, lessor; /* lessor: party id */
    int64_t from_ms, to_ms;
    uint32_t chips;
    int64_t uusd_per_chip_h;
    int64_t last_safe_start_ms; /* as in pool_view */
};
struct lease_list {
    struct lease_view *leases;
    uint32_t count;
};
void visit_lease_list(struct visit *v, struct lease_list *x);

/* An account's share of the chips, and its budget: GET /v1/shares. */
struct share_view {
    struct str account;
    struct str *users; /* who may submit; "*": anyone */
    uint32_t user_count;
    uint32_t weight;
    int64_t used_uusd; /* halved in every half-life */
    int64_t uusd_per_h; /* what its running jobs use */
    uint32_t pending, running; /* jobs that wait; that hold chips */
    /* Its budget; budget_per "": it has none. */
    struct str budget_per;
    uint32_t budget_days;
    int64_t budget_uusd;
    bool budget_binds; /* false: it begins at window_to_ms */
    int64_t window_from_ms, window_to_ms; /* 0: without an end */
    int64_t spent_uusd, committed_uusd, left_uusd; /* in the window; see core/core.h */
};
struct share_list {
    struct share_view *shares; /* those that the caller may see, in the fleet's order */
    uint32_t count;
    uint64_t weights; /* of all accounts together */
    int64_t used_uusd; /* likewise */
    int64_t now_ms;
};
void visit_share_list(struct visit *v, struct share_list *x);

/* The adopted rule packs: GET /v1/law. */
struct pack_view {
    struct str id, digest, title;
    uint32_t rules;
};
struct law_view {
    struct pack_view *packs;
    uint32_t pack_count;
    struct str *binding; /* levels, as law_level_names */
    uint32_t binding_count;
    int64_t next_change_ms;
};
void visit_law_view(struct visit *v, struct law_view *x);

/* What the law changes between two dates for jobs that run and pools: GET /v1/law/diff. */
enum law_change_kind {
    LAW_CHANGE_JOB, /* one that holds chips there */
    LAW_CHANGE_WAITING, /* one that waits, in a pool that would do */
    LAW_CHANGE_POOL, /* whoever's work runs there: going on to use all its chips */
    LAW_CHANGE_LEASE, /* of a leased pool */
    LAW_CHANGE_COUNT
};
extern const char *const law_change_names[LAW_CHANGE_COUNT];
struct law_change_view {
    int kind; /* enum law_change_kind */
    uint32_t job_id; /* of the first two kinds */
    struct str pool;
    struct str from, to; /* law_effect_names */
    bool from_allowed, to_allowed;
    struct str rule, title, cite; /* what stops it on the second date, else on the first; "" none */
};
struct law_diff_view {
    int64_t from_ms, to_ms;
    struct str with; /* folder of packs that take effect on the second date; "" none */
    uint32_t compared; /* verdicts */
    struct law_change_view *changes; /* jobs in order of id, then pools in the fleet's order */
    uint32_t count;
};
void visit_law_diff_view(struct visit *v, struct law_diff_view *x);

/* What applying a fleet file changes, or would change: POST /v1/fleet. */
struct fleet_reply {
    struct str *diff; /* one line for each thing added, removed or changed */
    uint32_t diff_count;
    bool applied; /* false: dry run */
};
void visit_fleet_reply(struct visit *v, struct fleet_reply *x);

#endif
