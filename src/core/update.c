/* update.c - changing a job that exists. */
#include "core/preempt.h"

#include "base/check.h"

static bool has(const struct event *ev, enum update_field f)
{
    return (ev->update_fields >> f & 1) != 0;
}

void update_merge(const struct job_spec *old, const struct event *ev, struct job_spec *out)
{
    const struct job_spec *s = ev->spec;
    *out = *old;
    if (has(ev, UPDATE_NAME)) out->name = s->name;
    if (has(ev, UPDATE_PRIORITY)) {
        out->priority = s->priority;
        out->nice = s->nice;
    }
    if (has(ev, UPDATE_TIME_LIMIT)) out->time_limit_ms = s->time_limit_ms;
    if (has(ev, UPDATE_BEGIN)) out->begin_ms = s->begin_ms;
    if (has(ev, UPDATE_DEADLINE)) out->deadline_ms = s->deadline_ms;
    if (has(ev, UPDATE_PARTITION)) {
        out->partitions = s->partitions;
        out->partition_count = s->partition_count;
    }
    if (has(ev, UPDATE_CHIP_KINDS)) {
        out->chip_kinds = s->chip_kinds;
        out->chip_kind_count = s->chip_kind_count;
    }
    if (has(ev, UPDATE_CHIPS)) {
        out->chips = s->chips;
        out->chips_per_node = s->chips_per_node;
        out->chip_milli = s->chip_milli;
        out->shards = s->shards;
    }
    if (has(ev, UPDATE_NODES)) {
        out->nodes = s->nodes;
        out->nodes_limit = s->nodes_limit;
    }
    if (has(ev, UPDATE_MAX_PRICE)) out->max_uusd_per_chip_h = s->max_uusd_per_chip_h;
    if (has(ev, UPDATE_COMMENT)) out->comment = s->comment;
    if (has(ev, UPDATE_REQUEUE)) out->no_requeue = s->no_requeue;
    if (has(ev, UPDATE_DEPENDENCY)) {
        out->dependencies = s->dependencies;
        out->dependency_count = s->dependency_count;
        out->dependency_any = s->dependency_any;
    }
    if (has(ev, UPDATE_SITES)) {
        out->sites = s->sites;
        out->site_count = s->site_count;
        out->not_sites = s->not_sites;
        out->not_site_count = s->not_site_count;
        out->countries = s->countries;
        out->country_count = s->country_count;
    }
    if (has(ev, UPDATE_DATA)) {
        out->data = s->data;
        out->data_count = s->data_count;
        out->data_known = s->data_known;
    }
    if (has(ev, UPDATE_PURPOSE)) out->purpose = s->purpose;
    if (has(ev, UPDATE_EVIDENCE)) {
        out->evidence = s->evidence;
        out->evidence_count = s->evidence_count;
    }
    if (has(ev, UPDATE_MEMORY)) {
        out->mem_mb_per_node = s->mem_mb_per_node;
        out->mem_mb_per_chip = s->mem_mb_per_chip;
        out->mem_mb_per_cpu = s->mem_mb_per_cpu;
    }
    if (has(ev, UPDATE_TYPE)) out->work.type = s->work.type;
    if (has(ev, UPDATE_STEPS)) {
        out->work.steps = s->work.steps;
        out->work.steps_done = s->work.steps_done;
    }
}

/* The job has joined those of its name. The one that was the first of them may have been waiting for
 * a place, and now has to wait for this one. */
static void name_joined(struct core *c, const struct entry *e)
{
    struct order_node *n = order_after(&e->name->live, 0, e->job.id.v);
    if (n == NULL || order_first(&e->name->live) != &e->in_name) return;
    struct entry *second = CONTAINER(n, struct entry, in_name);
    if (second->job.state == JOB_PENDING) job_settle(c, second);
}

/* Give the job that spec; `ev` says which fields an order names. */
static void entry_update(struct core *c, struct entry *e, const struct job_spec *merged,
                         const struct event *ev)
{
    struct job *j = &e->job;
    bool is_pending = j->state == JOB_PENDING;
    if (e->class != NULL) class_leave(c, e);
    hold_drop(c, e);
    dependencies_leave(c, e);
    struct name_group *group = e->name;
    bool was_shared = group->live.count > 1;
    entry_leave_name(c, e);
    if (is_pending) queue_leave(e);

    entry_respec(c, e, merged);

    entry_index_name(c, e);
    if (has(ev, UPDATE_DEPENDENCY)) e->dependencies_met = 0;
    if (has(ev, UPDATE_DEPENDENCY)) e->not_before_ms = 0; /* it may be a delay of theirs */
    dependencies_enter(c, e);
    if (was_shared && e->name != group) wake_namesakes(c, group);
    if (e->name != group) name_joined(c, e);
    if (is_pending) {
        queue_enter(e);
        j->time_limit_ms = limit_anywhere(c, &j->spec);
        e->preempt_at_ms = 0;
        job_settle(c, e);
    } else {
        if (has(ev, UPDATE_TIME_LIMIT)) attempt_limit(c, e, j->spec.time_limit_ms);
        if (j->claim != NULL) {
            running_index(c, e);
            outlook_moved(c, e);
            budget_charge(c, e);
        }
        timer_set(c, e);
    }
}

void on_update(struct core *c, const struct event *ev)
{
    struct entry *e = entry_find(c, ev->job.v);
    struct job_spec merged;
    update_merge(&e->job.spec, ev, &merged);
    entry_update(c, e, &merged, ev);
}

void switches_relax(struct core *c, struct entry *e)
{
    struct job_spec merged = e->job.spec;
    merged.switches = 0;
    merged.switches_wait_ms = 0;
    const struct event nothing = {.kind = EVENT_UPDATE};
    entry_update(c, e, &merged, &nothing);
}
