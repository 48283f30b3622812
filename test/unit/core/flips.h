/* flips.h - carries out what an explanation says would help, and sees whether the job is placed. */
#ifndef BERTH_TEST_CORE_FLIPS_H
#define BERTH_TEST_CORE_FLIPS_H

#include "world.h"

/* A world of its own with the same state. */
static inline void restore(struct world *from, struct world *to)
{
    struct buf bytes = {0};
    struct errtext error;
    world_init(to, from->seed);
    to->now_ms = core_now_ms(from->core);
    to->record = from->record;
    put_core(&bytes, from->core);
    if (get_core(buf_str(&bytes), to->core, &error) != ERR_NONE) fail_msg("%s", error.s);
    buf_release(&bytes);
}

static inline bool is_placed(const struct world *w, uint32_t id)
{
    const struct job *j = world_job(w, id);
    return j != NULL && job_state_holds_chips(j->state);
}

/* Engines answer, time passes, limits are used up: until `at_ms`, or the job is placed. */
static inline void answer(struct world *w, uint32_t id)
{
    struct job_id at = {0};
    const struct job *j;
    while (!is_placed(w, id) && (j = core_job_after(w->core, at)) != NULL) {
        at = j->id;
        if (j->state == JOB_CONFIGURING)
            world_report(w, REPORT_STARTED, at.v, j->attempt, 0);
        else if (j->state == JOB_COMPLETING)
            world_report(w, REPORT_FINISHED, at.v, j->attempt, 0);
    }
}

static inline void play_until(struct world *w, uint32_t id, int64_t at_ms)
{
    answer(w, id);
    while (!is_placed(w, id) && core_next_tick_ms(w->core) <= at_ms) {
        w->now_ms = core_next_tick_ms(w->core);
        world_tick(w);
        answer(w, id);
    }
}

static inline bool apply_update(struct world *w, uint32_t *id, const struct job_spec *s,
                                uint32_t fields, int state)
{
    struct errtext error;
    struct job_spec copy = *s;
    enum err e;
    if (state == JOB_REFUSED || *id == 0) {
        e = world_submit_try(w, s, &error);
        *id = w->out.first_job.v;
    } else {
        struct event ev = {.kind = EVENT_UPDATE,
                           .job = {*id},
                           .actor_is_operator = true,
                           .spec = &copy,
                           .update_fields = fields};
        e = world_try(w, &ev, &error);
    }
    if (e != ERR_NONE) print_error("the flip is not admitted: %s\n", error.s);
    return e == ERR_NONE && is_placed(w, *id);
}

static inline bool apply_nodes_up(struct world *w, uint32_t id, const struct flip *f)
{
    const struct pool *p = &core_fleet(w->core)->pools[f->pool];
    struct node_change *n = ARENA_ARRAY(&w->arena, (size_t)f->value, struct node_change);
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->node_count && count < f->value; i++)
        if (core_node_use(w->core, (struct pool_id){f->pool}, i).state != NODE_UP)
            n[count++] = (struct node_change){.pool = p->id, .first = i, .count = 1};
    world_step(w, &(struct event){.kind = EVENT_NODES, .nodes = n, .node_change_count = count});
    return is_placed(w, id);
}

static inline bool apply_fleet(struct world *w, uint32_t *id, const struct flip *f,
                               const struct job_spec *spec, int state)
{
    struct fleet fleet;
    fleet_copy(core_fleet(w->core), &w->arena, &fleet);
    if (f->kind == FLIP_CAPACITY) {
        struct pool *p = &fleet.pools[f->pool];
        p->ranges[p->range_count - 1].count += (uint32_t)f->value / p->chips_per_node;
    } else if (f->kind == FLIP_PERMIT) {
        struct permit *all = ARENA_ARRAY(&w->arena, fleet.permit_count + 1, struct permit);
        for (uint32_t i = 0; i < fleet.permit_count; i++) all[i] = fleet.permits[i];
        uint32_t t = fleet_tenant(&fleet, spec->tenant);
        all[fleet.permit_count++] = (struct permit){.id = STR("new-permit"),
                                                    .rule = f->rule,
                                                    .unit = STR("chips"),
                                                    .holder = fleet.tenants[t].party,
                                                    .amount_known = true,
                                                    .amount = f->value};
        fleet.permits = all;
    } else if (f->kind == FLIP_BUDGET) {
        assert_true(str_eq(f->text, spec->tenant));
        fleet.tenants[fleet_tenant(&fleet, f->text)].budget.amount_uusd = f->value;
    } else if (f->kind == FLIP_OPEN) {
        fleet.pools[f->pool].drained = false;
    } else { /* the unknown fact of these worlds: who the tenant is */
        uint32_t t = fleet_tenant(&fleet, spec->tenant);
        fleet.tenants[t].party = STR("home");
    }
    world_fleet_done(&w->arena, &fleet);
    world_apply(w, &fleet);
    if (state == JOB_REFUSED) *id = world_submit(w, spec);
    return is_placed(w, *id);
}

static inline bool waits_for_failure(const struct job_spec *s, uint32_t other)
{
    for (uint32_t i = 0; i < s->dependency_count; i++)
        if (s->dependencies[i].job == other && s->dependencies[i].kind == DEPENDENCY_AFTER_NOTOK)
            return true;
    return false;
}

static inline bool apply_wait_job(struct world *w, uint32_t id, uint32_t other)
{
    const struct job *j = world_job(w, other);
    int code = waits_for_failure(&world_job(w, id)->spec, other) ? 1 : 0;
    if (j->state == JOB_CONFIGURING) world_report(w, REPORT_STARTED, other, j->attempt, 0);
    if (is_placed(w, id)) return true;
    world_report(w, REPORT_FINISHED, other, world_job(w, other)->attempt, code);
    return is_placed(w, id);
}

/* The job with that change of its own. Gives the fields; 0: it is no change of the job. */
static inline uint32_t flip_spec(struct world *w, const struct flip *f, struct job_spec *s)
{
    switch (f->kind) {
    case FLIP_CHIPS:
        s->chips = (uint32_t)f->value;
        s->chips_per_node = s->nodes = s->nodes_limit = s->chip_milli = s->shards = 0;
        return 1u << UPDATE_CHIPS | 1u << UPDATE_NODES;
    case FLIP_CHIP_KIND: {
        struct str *kinds = ARENA_ARRAY(&w->arena, s->chip_kind_count + 1, struct str);
        for (uint32_t i = 0; i < s->chip_kind_count; i++) kinds[i] = s->chip_kinds[i];
        kinds[s->chip_kind_count++] = f->text;
        s->chip_kinds = kinds;
        return 1u << UPDATE_CHIP_KINDS;
    }
    case FLIP_UNNAME:
        s->partition_count = s->site_count = s->country_count = 0;
        return 1u << UPDATE_PARTITION | 1u << UPDATE_SITES;
    case FLIP_MAX_PRICE: s->max_uusd_per_chip_h = f->value; return 1u << UPDATE_MAX_PRICE;
    case FLIP_TIME_LIMIT:
    case FLIP_MORE_TIME: s->time_limit_ms = f->value; return 1u << UPDATE_TIME_LIMIT;
    case FLIP_MEMORY:
        s->mem_mb_per_node = (uint64_t)f->value;
        s->mem_mb_per_chip = s->mem_mb_per_cpu = 0;
        return 1u << UPDATE_MEMORY;
    case FLIP_EVIDENCE: {
        struct str *all = ARENA_ARRAY(&w->arena, s->evidence_count + 1, struct str);
        for (uint32_t i = 0; i < s->evidence_count; i++) all[i] = s->evidence[i];
        all[s->evidence_count++] = f->text;
        s->evidence = all;
        return 1u << UPDATE_EVIDENCE;
    }
    default: return 0;
    }
}

/* The same for all that an explanation tells together. */
static inline bool together_works(struct world *w, uint32_t id, const struct explanation *x)
{
    struct job_spec s;
    uint32_t fields = 0;
    int state = world_job(w, id)->state;
    job_spec_copy_light(&world_job(w, id)->spec, &w->arena, &s);
    for (uint32_t i = 0; i < x->together_count; i++) fields |= flip_spec(w, &x->together[i], &s);
    return apply_update(w, &id, &s, fields, state);
}

/* Do what the flip says and see the job placed by the next step (or by the instant it names). */
static inline bool flip_works(struct world *w, uint32_t id, const struct flip *f)
{
    const struct job *j = world_job(w, id);
    int state = j->state;
    struct job_spec s;
    job_spec_copy_light(&j->spec, &w->arena, &s);
    uint32_t fields = flip_spec(w, f, &s);
    if (fields != 0) return apply_update(w, &id, &s, fields, state);
    switch (f->kind) {
    case FLIP_RELEASE:
        world_step(w,
                   &(struct event){.kind = EVENT_RELEASE, .job = {id}, .actor_is_operator = true});
        return is_placed(w, id);
    case FLIP_WAIT_UNTIL:
        if (state == JOB_REFUSED) id = world_submit(w, &s);
        play_until(w, id, f->value);
        return is_placed(w, id);
    case FLIP_WAIT_JOB: return apply_wait_job(w, id, (uint32_t)f->value);
    case FLIP_NODES_UP: return apply_nodes_up(w, id, f);
    case FLIP_FACT:
        if (!str_eqz(s.tenant, "fog")) return true; /* nothing else is unknown in these worlds */
        return apply_fleet(w, &id, f, &s, state);
    case FLIP_OPEN:
    case FLIP_PERMIT:
    case FLIP_BUDGET:
    case FLIP_CAPACITY: return apply_fleet(w, &id, f, &s, state);
    case FLIP_NONE:
    case FLIP_COUNT: break;
    }
    return false;
}

#endif
