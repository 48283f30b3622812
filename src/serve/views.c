#include "serve/views.h"

#include "model/limits.h"

/* Lines of a fleet's difference: a new fleet of the largest size adds a line for each thing. */
enum { DIFF_LINES_MAX = 1000000 };

void visit_job_view(struct visit *v, struct job_view *x)
{
    visit_u32(v, "job_id", &x->job_id);
    visit_u32(v, "array_job_id", &x->array_job_id);
    visit_u32(v, "array_task_id", &x->array_task_id);
    visit_bool(v, "is_array", &x->is_array);
    visit_u32(v, "array_limit", &x->array_limit);
    visit_text(v, "name", &x->name);
    visit_text(v, "user", &x->user);
    visit_text(v, "account", &x->account);
    visit_text(v, "partition", &x->partition);
    visit_u32(v, "uid", &x->uid);
    visit_u32(v, "gid", &x->gid);
    visit_text(v, "state", &x->state);
    visit_text(v, "state_code", &x->state_code);
    visit_text(v, "reason", &x->reason);
    visit_text(v, "nodes", &x->nodes);
    visit_text(v, "site", &x->site);
    visit_text(v, "chip", &x->chip);
    visit_u32(v, "node_count", &x->node_count);
    visit_u32(v, "chips", &x->chips);
    visit_u32(v, "chip_milli", &x->chip_milli);
    visit_u32(v, "cpus", &x->cpus);
    visit_u32(v, "tasks", &x->tasks);
    visit_u32(v, "cpus_per_task", &x->cpus_per_task);
    visit_u64(v, "mem_mb", &x->mem_mb);
    visit_text(v, "gres", &x->gres);
    visit_i64(v, "submit_ms", &x->submit_ms);
    visit_i64(v, "eligible_ms", &x->eligible_ms);
    visit_i64(v, "start_ms", &x->start_ms);
    visit_i64(v, "end_ms", &x->end_ms);
    visit_i64(v, "time_limit_ms", &x->time_limit_ms);
    visit_bool(v, "exclusive", &x->exclusive);
    visit_i32(v, "priority", &x->priority);
    visit_i32(v, "nice", &x->nice);
    visit_i64(v, "account_score", &x->account_score);
    visit_text(v, "qos", &x->qos);
    visit_i32(v, "exit_code", &x->exit_code);
    visit_i32(v, "exit_signal", &x->exit_signal);
    visit_u32(v, "attempt", &x->attempt);
    visit_u32(v, "restarts", &x->restarts);
    visit_u32(v, "preemptions", &x->preemptions);
    visit_u32(v, "preempted_by", &x->preempted_by);
    visit_i64(v, "cost_uusd", &x->cost_uusd);
    visit_i64(v, "spent_uusd", &x->spent_uusd);
    visit_text(v, "trouble", &x->trouble);
    visit_text(v, "rule", &x->rule);
    visit_text(v, "dependency", &x->dependency);
    visit_text(v, "comment", &x->comment);
    visit_text(v, "workdir", &x->workdir);
    visit_text(v, "stdout_path", &x->stdout_path);
    visit_text(v, "stderr_path", &x->stderr_path);
    visit_text(v, "stdin_path", &x->stdin_path);
    visit_text(v, "purpose", &x->purpose);
    visit_i64(v, "deadline_ms", &x->deadline_ms);
    visit_i64(v, "begin_ms", &x->begin_ms);
    visit_bool(v, "requeue", &x->requeue);
    visit_u64(v, "spec_record", &x->spec_record);
    visit_u64(v, "decision_record", &x->decision_record);
    visit_text(v, "type", &x->type);
    visit_i64(v, "steps", &x->steps);
    visit_i64(v, "steps_total", &x->steps_total);
    visit_i64(v, "usteps_per_s", &x->usteps_per_s);
    visit_i64(v, "heartbeat_ms", &x->heartbeat_ms);
    visit_i64(v, "checkpoint_ms", &x->checkpoint_ms);
    visit_i64(v, "expected_end_ms", &x->expected_end_ms);
    visit_bool(v, "cancel_asked", &x->cancel_asked);
    visit_u32(v, "cancel_uid", &x->cancel_uid);
}

void visit_job_list(struct visit *v, struct job_list *x)
{
    VISIT_ARRAY(v, "jobs", x->jobs, x->count, JOBS_MAX, visit_job_view);
    visit_u32(v, "next", &x->next);
    visit_i64(v, "now_ms", &x->now_ms);
}

static void visit_node_group_view(struct visit *v, struct node_group_view *x)
{
    visit_text(v, "state", &x->state);
    visit_u32(v, "count", &x->count);
    visit_text(v, "nodes", &x->nodes);
}

void visit_pool_view(struct visit *v, struct pool_view *x)
{
    visit_text(v, "pool", &x->pool);
    visit_text(v, "site", &x->site);
    visit_text(v, "country", &x->country);
    visit_text(v, "chip", &x->chip);
    visit_text(v, "engine", &x->engine);
    visit_text(v, "title", &x->title);
    visit_text(v, "aliases", &x->aliases);
    visit_bool(v, "up", &x->up);
    visit_bool(v, "is_default", &x->is_default);
    visit_u32(v, "nodes", &x->nodes);
    visit_u32(v, "chips_per_node", &x->chips_per_node);
    visit_u32(v, "shards_per_chip", &x->shards_per_chip);
    visit_u32(v, "cpus_per_node", &x->cpus_per_node);
    visit_u64(v, "mem_mb_per_node", &x->mem_mb_per_node);
    visit_u32(v, "nodes_idle", &x->nodes_idle);
    visit_u32(v, "nodes_mixed", &x->nodes_mixed);
    visit_u32(v, "nodes_allocated", &x->nodes_allocated);
    visit_u32(v, "nodes_down", &x->nodes_down);
    visit_u32(v, "nodes_drained", &x->nodes_drained);
    visit_u32(v, "chips_total", &x->chips_total);
    visit_u32(v, "chips_up", &x->chips_up);
    visit_u32(v, "chips_used", &x->chips_used);
    visit_u64(v, "milli_used", &x->milli_used);
    visit_i64(v, "uusd_per_chip_h", &x->uusd_per_chip_h);
    visit_i64(v, "time_limit_max_ms", &x->time_limit_max_ms);
    visit_i64(v, "lease_from_ms", &x->lease_from_ms);
    visit_i64(v, "lease_to_ms", &x->lease_to_ms);
    visit_i64(v, "last_safe_start_ms", &x->last_safe_start_ms);
    visit_i64(v, "maintenance_from_ms", &x->maintenance_from_ms);
    visit_i64(v, "maintenance_to_ms", &x->maintenance_to_ms);
    visit_text(v, "maintenance_reason", &x->maintenance_reason);
    VISIT_ARRAY(v, "groups", x->groups, x->group_count, LIST_MAX, visit_node_group_view);
}

void visit_pool_list(struct visit *v, struct pool_list *x)
{
    VISIT_ARRAY(v, "pools", x->pools, x->count, POOL_MAX, visit_pool_view);
    visit_i64(v, "now_ms", &x->now_ms);
    visit_text(v, "fleet", &x->fleet);
}

void visit_submit_reply(struct visit *v, struct submit_reply *x)
{
    visit_u32(v, "job_id", &x->job_id);
    visit_u32(v, "count", &x->count);
    visit_text(v, "state", &x->state);
    visit_text(v, "reason", &x->reason);
    visit_text(v, "sentence", &x->sentence);
    visit_text(v, "rule", &x->rule);
    visit_text(v, "cite", &x->cite);
    visit_text(v, "pool", &x->pool);
    visit_bool(v, "repeated", &x->repeated);
}

void visit_error_reply(struct visit *v, struct error_reply *x)
{
    visit_text(v, "error", &x->error);
    visit_text(v, "message", &x->message);
}

void visit_ping_reply(struct visit *v, struct ping_reply *x)
{
    visit_text(v, "version", &x->version);
    visit_text(v, "fleet", &x->fleet);
    visit_i64(v, "now_ms", &x->now_ms);
    visit_i64(v, "started_ms", &x->started_ms);
    visit_u64(v, "record", &x->record);
    visit_u32(v, "jobs_pending", &x->jobs_pending);
    visit_u32(v, "jobs_running", &x->jobs_running);
}

static void visit_node_view(struct visit *v, struct node_view *x)
{
    visit_text(v, "name", &x->name);
    visit_text(v, "state", &x->state);
    visit_u32(v, "chips_used", &x->chips_used);
    visit_u32(v, "cpus_used", &x->cpus_used);
    visit_u64(v, "mem_mb_used", &x->mem_mb_used);
    visit_text(v, "reason", &x->reason);
    visit_u32(v, "reason_uid", &x->reason_uid);
    visit_i64(v, "reason_ms", &x->reason_ms);
    visit_text(v, "switch", &x->on_switch);
}

void visit_node_list(struct visit *v, struct node_list *x)
{
    VISIT_ARRAY(v, "nodes", x->nodes, x->count, NODES_PER_POOL_MAX, visit_node_view);
}

static void visit_switch_view(struct visit *v, struct switch_view *x)
{
    visit_text(v, "name", &x->name);
    visit_u32(v, "level", &x->level);
    visit_u32(v, "node_count", &x->node_count);
    visit_text(v, "nodes", &x->nodes);
    visit_texts(v, "switches", &x->below, &x->below_count, NODES_PER_POOL_MAX);
}

void visit_switch_list(struct visit *v, struct switch_list *x)
{
    VISIT_ARRAY(v, "switches", x->switches, x->count, 2 * NODES_PER_POOL_MAX, visit_switch_view);
}

static void visit_lease_view(struct visit *v, struct lease_view *x)
{
    visit_text(v, "pool", &x->pool);
    visit_text(v, "site", &x->site);
    visit_text(v, "chip", &x->chip);
    visit_text(v, "lessor", &x->lessor);
    visit_i64(v, "from_ms", &x->from_ms);
    visit_i64(v, "to_ms", &x->to_ms);
    visit_u32(v, "chips", &x->chips);
    visit_i64(v, "uusd_per_chip_h", &x->uusd_per_chip_h);
    visit_i64(v, "last_safe_start_ms", &x->last_safe_start_ms);
}

void visit_lease_list(struct visit *v, struct lease_list *x)
{
    VISIT_ARRAY(v, "leases", x->leases, x->count, POOL_MAX, visit_lease_view);
}

static void visit_share_view(struct visit *v, struct share_view *x)
{
    visit_text(v, "account", &x->account);
    visit_texts(v, "users", &x->users, &x->user_count, LIST_MAX);
    visit_u32(v, "weight", &x->weight);
    visit_i64(v, "used_uusd", &x->used_uusd);
    visit_i64(v, "uusd_per_h", &x->uusd_per_h);
    visit_u32(v, "pending", &x->pending);
    visit_u32(v, "running", &x->running);
    visit_text(v, "budget_per", &x->budget_per);
    visit_u32(v, "budget_days", &x->budget_days);
    visit_i64(v, "budget_uusd", &x->budget_uusd);
    visit_bool(v, "budget_binds", &x->budget_binds);
    visit_i64(v, "window_from_ms", &x->window_from_ms);
    visit_i64(v, "window_to_ms", &x->window_to_ms);
    visit_i64(v, "spent_uusd", &x->spent_uusd);
    visit_i64(v, "committed_uusd", &x->committed_uusd);
    visit_i64(v, "left_uusd", &x->left_uusd);
}

void visit_share_list(struct visit *v, struct share_list *x)
{
    VISIT_ARRAY(v, "shares", x->shares, x->count, TENANT_MAX, visit_share_view);
    visit_u64(v, "weights", &x->weights);
    visit_i64(v, "used_uusd", &x->used_uusd);
    visit_i64(v, "now_ms", &x->now_ms);
}

static void visit_pack_view(struct visit *v, struct pack_view *x)
{
    visit_text(v, "id", &x->id);
    visit_text(v, "digest", &x->digest);
    visit_text(v, "title", &x->title);
    visit_u32(v, "rules", &x->rules);
}

void visit_law_view(struct visit *v, struct law_view *x)
{
    VISIT_ARRAY(v, "packs", x->packs, x->pack_count, LIST_MAX, visit_pack_view);
    visit_texts(v, "binding", &x->binding, &x->binding_count, LIST_MAX);
    visit_i64(v, "next_change_ms", &x->next_change_ms);
}

const char *const law_change_names[LAW_CHANGE_COUNT] = {"job", "waiting", "pool", "lease"};

static void visit_law_change_view(struct visit *v, struct law_change_view *x)
{
    visit_enum(v, "kind", &x->kind, law_change_names, LAW_CHANGE_COUNT);
    visit_u32(v, "job_id", &x->job_id);
    visit_text(v, "pool", &x->pool);
    visit_text(v, "from", &x->from);
    visit_text(v, "to", &x->to);
    visit_bool(v, "from_allowed", &x->from_allowed);
    visit_bool(v, "to_allowed", &x->to_allowed);
    visit_text(v, "rule", &x->rule);
    visit_text(v, "title", &x->title);
    visit_text(v, "cite", &x->cite);
}

void visit_law_diff_view(struct visit *v, struct law_diff_view *x)
{
    visit_i64(v, "from_ms", &x->from_ms);
    visit_i64(v, "to_ms", &x->to_ms);
    visit_text(v, "with", &x->with);
    visit_u32(v, "compared", &x->compared);
    VISIT_ARRAY(v, "changes", x->changes, x->count, JOBS_MAX, visit_law_change_view);
}

void visit_fleet_reply(struct visit *v, struct fleet_reply *x)
{
    visit_texts(v, "diff", &x->diff, &x->diff_count, DIFF_LINES_MAX);
    visit_bool(v, "applied", &x->applied);
}
