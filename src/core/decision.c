#include "core/decision.h"

#include "core/limits.h"

void visit_pool_reason(struct visit *v, struct pool_reason *r)
{
    visit_u32(v, "pool", &r->pool);
    visit_enum(v, "reason", &r->reason, reason_names, REASON_COUNT);
    visit_i64(v, "cost_uusd", &r->cost_uusd);
    visit_enum(v, "basis", &r->basis, basis_names, BASIS_COUNT);
    visit_i64(v, "expected_ms", &r->expected_ms);
    visit_i64(v, "lo_ms", &r->lo_ms);
    visit_i64(v, "hi_ms", &r->hi_ms);
    visit_i64(v, "moving_ms", &r->moving_ms);
    visit_i64(v, "moved_uusd", &r->moved_uusd);
    visit_i64(v, "stranded_uusd", &r->stranded_uusd);
    visit_i64(v, "late_ms", &r->late_ms);
    visit_text(v, "rule", &r->rule);
    visit_i64(v, "have", &r->have);
    visit_i64(v, "need", &r->need);
}

void visit_optional_index(struct visit *v, const char *key, uint32_t *index)
{
    uint64_t plus_one = v->reading || *index == NO_INDEX ? 0 : (uint64_t)*index + 1;
    visit_u64(v, key, &plus_one);
    if (plus_one > NO_INDEX)
        visit_fail(v, "%s: too large", key);
    else if (v->reading)
        *index = plus_one == 0 ? NO_INDEX : (uint32_t)(plus_one - 1);
}

void visit_decision(struct visit *v, struct decision *d)
{
    visit_enum(v, "kind", &d->kind, decision_names, DECISION_COUNT);
    visit_u32(v, "job", &d->job.v);
    visit_u32(v, "attempt", &d->attempt);
    visit_enum(v, "state", &d->state, job_state_names, JOB_STATE_COUNT);
    visit_enum(v, "reason", &d->reason, reason_names, REASON_COUNT);
    visit_optional_index(v, "pool_plus_one", &d->pool);
    visit_text(v, "pool_id", &d->pool_id);
    visit_i64(v, "cost_uusd", &d->cost_uusd);
    visit_text(v, "rule", &d->rule);
    visit_u32(v, "for_job", &d->for_job.v);
    visit_i64(v, "loss_uusd", &d->loss_uusd);
    visit_i64(v, "gain_uusd", &d->gain_uusd);
    VISIT_ARRAY(v, "pools", d->pools, d->pool_count, POOL_MAX, visit_pool_reason);
}

void outcome_init(struct outcome *o)
{
    *o = (struct outcome){0};
    arena_init(&o->arena);
}

void outcome_release(struct outcome *o)
{
    arena_release(&o->arena);
    *o = (struct outcome){0};
}

void visit_outcome(struct visit *v, struct outcome *o)
{
    visit_u32(v, "first_job", &o->first_job.v);
    visit_u32(v, "job_count", &o->job_count);
    VISIT_ARRAY(v, "decisions", o->decisions, o->decision_count, DECISIONS_MAX, visit_decision);
}
