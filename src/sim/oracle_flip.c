/* oracle_flip.c - EXPLAIN: the smallest change that an explanation states, carried out on a copy of
 * the core; the job must hold chips then.
 *
 * The copy's engines answer at once and well, as the explanation assumes. */
#include "base/mem.h"
#include "sim/world.h"

#include <inttypes.h>

/* More steps than an explanation looks ahead (core/limits.h: SCOUT_STEPS_MAX). */
enum { STEPS_MAX = 4000 };

struct trial {
    struct core *core;
    struct outcome out;
    struct arena arena;
    struct job_id job; /* its id there; 0: it has to be submitted first */
    const struct job_spec *spec;
};

static bool step(struct trial *t, struct event *e)
{
    struct errtext why;
    if (e->now_ms < core_now_ms(t->core)) e->now_ms = core_now_ms(t->core);
    e->actor_is_operator = true;
    if (core_admit(t->core, e, &why) != ERR_NONE) return false;
    core_step(t->core, core_record(t->core) + 1, e, &t->out);
    return true;
}

static bool is_placed(const struct trial *t)
{
    const struct job *j = core_job(t->core, t->job);
    return j != NULL && job_state_holds_chips(j->state);
}

static bool submit(struct trial *t, struct job_spec *s)
{
    struct event e = {.kind = EVENT_SUBMIT, .actor_uid = s->uid, .spec = s};
    s->array_count = 0;
    if (!step(t, &e)) return false;
    t->job = t->out.first_job;
    return is_placed(t);
}

/* What its user does: another spec. */
static bool change_job(struct trial *t, struct job_spec *s, uint32_t fields)
{
    if (t->job.v == 0) return submit(t, s);
    struct event e = {.kind = EVENT_UPDATE, .job = t->job, .spec = s, .update_fields = fields};
    return step(t, &e) && is_placed(t);
}

static bool change_fleet(struct trial *t, struct fleet *f)
{
    struct errtext error;
    struct job_spec s = *t->spec;
    struct event e = {.kind = EVENT_FLEET, .fleet = f};
    if (fleet_index(f, &t->arena, &error) != ERR_NONE || !step(t, &e)) return false;
    return t->job.v != 0 ? is_placed(t) : submit(t, &s);
}

static bool add_permit(struct trial *t, const struct flip *x)
{
    struct fleet f;
    fleet_copy(core_fleet(t->core), &t->arena, &f);
    struct permit *all = ARENA_ARRAY(&t->arena, f.permit_count + 1, struct permit);
    for (uint32_t i = 0; i < f.permit_count; i++) all[i] = f.permits[i];
    all[f.permit_count++] =
        (struct permit){.id = STR("obtained"),
                        .rule = x->rule,
                        .holder = f.tenants[fleet_tenant(&f, t->spec->tenant)].party,
                        .unit = STR("chips"),
                        .amount_known = true,
                        .amount = x->value};
    f.permits = all;
    return change_fleet(t, &f);
}

static bool add_chips(struct trial *t, const struct flip *x)
{
    struct fleet f;
    fleet_copy(core_fleet(t->core), &t->arena, &f);
    struct pool *p = &f.pools[x->pool];
    p->ranges[p->range_count - 1].count += (uint32_t)x->value / p->chips_per_node;
    return change_fleet(t, &f);
}

static bool raise_budget(struct trial *t, const struct flip *x)
{
    struct fleet f;
    fleet_copy(core_fleet(t->core), &t->arena, &f);
    f.tenants[fleet_tenant(&f, x->text)].budget.amount_uusd = x->value;
    return change_fleet(t, &f);
}

static bool bring_up(struct trial *t, const struct flip *x)
{
    const struct pool *p = &core_fleet(t->core)->pools[x->pool];
    struct node_change *all = ARENA_ARRAY(&t->arena, (size_t)x->value, struct node_change);
    struct event e = {.kind = EVENT_NODES, .nodes = all};
    for (uint32_t i = 0; i < p->node_count && e.node_change_count < (uint32_t)x->value; i++)
        if (core_node_use(t->core, (struct pool_id){x->pool}, i).state != NODE_UP)
            all[e.node_change_count++] =
                (struct node_change){.pool = p->id, .first = i, .count = 1};
    struct job_spec s = *t->spec;
    if (!step(t, &e)) return false;
    return t->job.v != 0 ? is_placed(t) : submit(t, &s);
}

static bool open_pool(struct trial *t, const struct flip *x)
{
    struct fleet f;
    fleet_copy(core_fleet(t->core), &t->arena, &f);
    f.pools[x->pool].drained = false;
    return change_fleet(t, &f);
}

static bool release(struct trial *t)
{
    struct event e = {.kind = EVENT_RELEASE, .job = t->job};
    return step(t, &e) && is_placed(t);
}

/* ---- waiting ---- */

static void report(struct trial *t, const struct job *j, int kind, int32_t exit_code)
{
    struct event e = {.kind = EVENT_REPORT};
    e.report =
        (struct report){.kind = kind, .job = j->id, .attempt = j->attempt, .exit_code = exit_code};
    step(t, &e);
}

static void answer(struct trial *t)
{
    const struct job *j;
    for (struct job_id at = {0}; !is_placed(t) && (j = core_job_after(t->core, at)) != NULL;) {
        at = j->id;
        if (j->state == JOB_CONFIGURING) report(t, j, REPORT_STARTED, 0);
        if (j->state == JOB_COMPLETING) report(t, j, REPORT_FINISHED, 0);
    }
}

static bool wait_until(struct trial *t, int64_t at_ms)
{
    struct job_spec s = *t->spec;
    if (t->job.v == 0 && submit(t, &s)) return true;
    answer(t);
    for (int i = 0; i < STEPS_MAX && !is_placed(t); i++) {
        int64_t next_ms = core_next_tick_ms(t->core);
        if (next_ms > at_ms) break;
        struct event tick = {.kind = EVENT_TICK, .now_ms = next_ms};
        step(t, &tick);
        answer(t);
    }
    return is_placed(t);
}

static bool wait_job(struct trial *t, uint32_t other)
{
    const struct job *j = core_job(t->core, (struct job_id){other});
    bool badly = false;
    for (uint32_t i = 0; i < t->spec->dependency_count; i++)
        badly = badly || (t->spec->dependencies[i].job == other &&
                          t->spec->dependencies[i].kind == DEPENDENCY_AFTER_NOTOK);
    if (j != NULL && j->state == JOB_CONFIGURING) report(t, j, REPORT_STARTED, 0);
    j = core_job(t->core, (struct job_id){other});
    if (!is_placed(t) && j != NULL) report(t, j, REPORT_FINISHED, badly ? 1 : 0);
    return is_placed(t);
}

/* ---- all ---- */

static struct str *with(struct trial *t, const struct str *list, uint32_t *count, struct str one)
{
    struct str *all = ARENA_ARRAY(&t->arena, *count + 1, struct str);
    for (uint32_t i = 0; i < *count; i++) all[i] = list[i];
    all[(*count)++] = one;
    return all;
}

/* The job with that change, which the law may see. Gives the fields; 0: no change of the job. */
static uint32_t change_spec(struct trial *t, const struct flip *x, struct job_spec *s)
{
    switch (x->kind) {
    case FLIP_CHIPS:
        s->chips = (uint32_t)x->value;
        s->chips_per_node = s->nodes = s->nodes_limit = s->chip_milli = s->shards = 0;
        return 1u << UPDATE_CHIPS | 1u << UPDATE_NODES;
    case FLIP_CHIP_KIND:
        s->chip_kinds = with(t, s->chip_kinds, &s->chip_kind_count, x->text);
        return 1u << UPDATE_CHIP_KINDS;
    case FLIP_UNNAME:
        s->partition_count = s->site_count = s->not_site_count = s->country_count = 0;
        return 1u << UPDATE_PARTITION | 1u << UPDATE_SITES;
    case FLIP_MAX_PRICE: s->max_uusd_per_chip_h = x->value; return 1u << UPDATE_MAX_PRICE;
    case FLIP_TIME_LIMIT:
    case FLIP_MORE_TIME: s->time_limit_ms = x->value; return 1u << UPDATE_TIME_LIMIT;
    case FLIP_MEMORY:
        s->mem_mb_per_node = (uint64_t)x->value;
        s->mem_mb_per_chip = s->mem_mb_per_cpu = 0;
        return 1u << UPDATE_MEMORY;
    case FLIP_EVIDENCE:
        s->evidence = with(t, s->evidence, &s->evidence_count, x->text);
        return 1u << UPDATE_EVIDENCE;
    default: return 0;
    }
}

static bool carry_out(struct trial *t, const struct explanation *said)
{
    const struct flip *x = &said->flip;
    struct job_spec s = *t->spec;
    uint32_t fields = change_spec(t, x, &s);
    for (uint32_t i = 0; i < said->together_count; i++)
        fields |= change_spec(t, &said->together[i], &s);
    if (fields != 0) return change_job(t, &s, fields);
    switch ((enum flip_kind)x->kind) {
    case FLIP_RELEASE: return release(t);
    case FLIP_WAIT_UNTIL: return wait_until(t, x->value);
    case FLIP_WAIT_JOB: return wait_job(t, (uint32_t)x->value);
    case FLIP_NODES_UP: return bring_up(t, x);
    case FLIP_OPEN: return open_pool(t, x);
    case FLIP_PERMIT: return add_permit(t, x);
    case FLIP_CAPACITY: return add_chips(t, x);
    case FLIP_BUDGET: return raise_budget(t, x);
    case FLIP_CHIPS:
    case FLIP_CHIP_KIND:
    case FLIP_UNNAME:
    case FLIP_MAX_PRICE:
    case FLIP_TIME_LIMIT:
    case FLIP_MORE_TIME:
    case FLIP_MEMORY:
    case FLIP_EVIDENCE:
    case FLIP_FACT: /* it is named, not promised: once known, it may forbid */
    case FLIP_NONE:
    case FLIP_COUNT: break;
    }
    return true;
}

void oracle_flip(struct sim *s, const struct job *j, const struct explanation *x)
{
    struct buf bytes = {0};
    ledger_write_core(&bytes, s->shell.core);
    struct trial t = {.core = ledger_read_core(buf_str(&bytes)), .spec = &j->spec};
    buf_release(&bytes);
    outcome_init(&t.out);
    arena_init(&t.arena);
    if (j->state == JOB_PENDING) t.job = j->id;
    sim_count(s, STAT_FLIPS);
    if (!carry_out(&t, x)) {
        const struct job *now = core_job(t.core, t.job);
        sim_fail(s, "EXPLAIN",
                 "job %" PRIu32 " (%s %s): after this it is %s (%s): " STR_FMT " [%s %" PRId64 "]",
                 j->id.v, job_state_names[j->state], reason_names[x->reason],
                 now == NULL ? "gone" : job_state_names[now->state],
                 now == NULL ? "" : reason_names[core_reason(t.core, now)],
                 STR_ARG(x->flip.sentence), flip_names[x->flip.kind], x->flip.value);
    }
    core_free(t.core);
    outcome_release(&t.out);
    arena_release(&t.arena);
}
