/* visit_event.c - the form of an event outside the program (docs/ledger-format.md). */
#include "core/event.h"

#include "core/limits.h"

const char *const update_field_names[UPDATE_FIELD_COUNT] = {
    [UPDATE_NAME] = "name",
    [UPDATE_PRIORITY] = "priority",
    [UPDATE_TIME_LIMIT] = "time_limit",
    [UPDATE_BEGIN] = "begin",
    [UPDATE_DEADLINE] = "deadline",
    [UPDATE_PARTITION] = "partition",
    [UPDATE_CHIP_KINDS] = "chip_kinds",
    [UPDATE_CHIPS] = "chips",
    [UPDATE_NODES] = "nodes",
    [UPDATE_MAX_PRICE] = "max_price",
    [UPDATE_COMMENT] = "comment",
    [UPDATE_REQUEUE] = "requeue",
    [UPDATE_DEPENDENCY] = "dependency",
    [UPDATE_SITES] = "sites",
    [UPDATE_DATA] = "data",
    [UPDATE_PURPOSE] = "purpose",
    [UPDATE_EVIDENCE] = "evidence",
    [UPDATE_MEMORY] = "memory",
    [UPDATE_TYPE] = "type",
    [UPDATE_STEPS] = "steps",
};

static void visit_report(struct visit *v, struct report *r)
{
    visit_enum(v, "kind", &r->kind, report_names, REPORT_COUNT);
    visit_u32(v, "job", &r->job.v);
    visit_u32(v, "attempt", &r->attempt);
    visit_i64(v, "at_ms", &r->at_ms);
    visit_i32(v, "exit_code", &r->exit_code);
    visit_i32(v, "signal", &r->signal);
    visit_bool(v, "timed_out", &r->timed_out);
    visit_bool(v, "out_of_memory", &r->out_of_memory);
    visit_text(v, "detail", &r->detail);
    visit_u32(v, "limit_number", &r->limit_number);
}

static void visit_heartbeat(struct visit *v, struct heartbeat *h)
{
    visit_u32(v, "job", &h->job.v);
    visit_u32(v, "attempt", &h->attempt);
    visit_i64(v, "steps", &h->steps);
    visit_i64(v, "total", &h->total);
    visit_bool(v, "checkpoint", &h->checkpoint);
}

static void visit_node_change(struct visit *v, struct node_change *n)
{
    visit_text(v, "pool", &n->pool);
    visit_u32(v, "first", &n->first);
    visit_u32(v, "count", &n->count);
    visit_enum(v, "state", &n->state, node_state_names, NODE_STATE_COUNT);
    visit_text(v, "reason", &n->reason);
}

static void visit_event_fleet(struct visit *v, struct event *e)
{
    if (v->reading) e->fleet = ARENA_NEW(v->arena, struct fleet);
    if (!visit_map(v, "fleet", false)) {
        visit_fail(v, "fleet: missing");
        return;
    }
    visit_fleet(v, e->fleet);
    visit_map_end(v);
    struct errtext why;
    if (v->reading && v->failed == ERR_NONE && fleet_index(e->fleet, v->arena, &why) != ERR_NONE)
        visit_fail(v, "fleet: %s", why.s);
}

static void visit_event_spec(struct visit *v, struct event *e)
{
    if (v->reading) e->spec = ARENA_NEW(v->arena, struct job_spec);
    if (!visit_map(v, "spec", false)) {
        visit_fail(v, "spec: missing");
        return;
    }
    visit_job_spec(v, e->spec);
    visit_map_end(v);
}

static void visit_event_speeds(struct visit *v, struct event *e)
{
    if (v->reading) e->speeds = ARENA_NEW(v->arena, struct speeds);
    visit_speeds(v, e->speeds);
    struct errtext why;
    if (v->reading && v->failed == ERR_NONE && speeds_check(e->speeds, &why) != ERR_NONE)
        visit_fail(v, "%s", why.s);
}

static void visit_event_members(struct visit *v, struct event *e)
{
    switch ((enum event_kind)e->kind) {
    case EVENT_FLEET: visit_event_fleet(v, e); break;
    case EVENT_PACKS:
        VISIT_ARRAY(v, "packs", e->packs, e->pack_count, PACKS_MAX, visit_law_pack);
        break;
    case EVENT_BIND:
        visit_flags(v, "bind_levels", &e->bind_levels, law_level_names, LEVEL_COUNT);
        break;
    case EVENT_SUBMIT:
        visit_text(v, "key", &e->key);
        visit_event_spec(v, e);
        break;
    case EVENT_CANCEL:
        visit_u32(v, "job", &e->job.v);
        visit_u32(v, "signal", &e->signal);
        break;
    case EVENT_UPDATE:
        visit_u32(v, "job", &e->job.v);
        visit_flags(v, "update_fields", &e->update_fields, update_field_names, UPDATE_FIELD_COUNT);
        visit_event_spec(v, e);
        break;
    case EVENT_HOLD:
    case EVENT_RELEASE:
    case EVENT_REQUEUE: visit_u32(v, "job", &e->job.v); break;
    case EVENT_REPORT:
        if (visit_map(v, "report", false)) {
            visit_report(v, &e->report);
            visit_map_end(v);
        } else {
            visit_fail(v, "report: missing");
        }
        break;
    case EVENT_NODES:
        VISIT_ARRAY(v, "nodes", e->nodes, e->node_change_count, NODE_CHANGES_MAX,
                    visit_node_change);
        break;
    case EVENT_SPEEDS: visit_event_speeds(v, e); break;
    case EVENT_PROGRESS: visit_heartbeat(v, &e->heartbeat); break;
    case EVENT_TICK:
        visit_bool(v, "resume", &e->resume);
        visit_i64(v, "stepped_ms", &e->stepped_ms);
        break;
    case EVENT_COUNT: break;
    }
}

void visit_event(struct visit *v, struct event *e)
{
    visit_enum(v, "kind", &e->kind, event_names, EVENT_COUNT);
    visit_i64(v, "now_ms", &e->now_ms);
    visit_text(v, "actor", &e->actor);
    visit_u32(v, "actor_uid", &e->actor_uid);
    visit_bool(v, "actor_is_operator", &e->actor_is_operator);
    visit_event_members(v, e);
}
