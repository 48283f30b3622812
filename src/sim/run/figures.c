/* figures.c - what is counted during a run. */
#include "sim/run/run_impl.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/money.h"

#include <stdlib.h>
#include <string.h>

/* Of the series; pools count thousandths of chips. */
enum { QUEUE_LANE, CHIPS_LANE, FIRST_POOL_LANE };
#define MILLI 1000.0

static uint32_t pool_chips(const struct pool *p)
{
    return p->node_count * p->chips_per_node;
}

static uint32_t lane_named(const struct run_result *x, struct str id)
{
    uint32_t i = 0;
    while (i < x->pool_count && !str_eq(x->pools[i].id, id)) i++;
    return i;
}

void figures_fleet(struct run *r)
{
    const struct fleet *f = core_fleet(r->core);
    struct run_result *x = &r->result;
    uint64_t chips = 0;
    r->lane_of = mem_grow(r->lane_of, &r->lane_of_cap, f->pool_count, sizeof *r->lane_of);
    for (uint32_t p = 0; p < f->pool_count; p++) {
        const struct pool *pool = &f->pools[p];
        uint32_t lane = lane_named(x, pool->id);
        r->lane_of[p] = lane;
        if (lane == x->pool_count) {
            x->pools = mem_grow(x->pools, &r->pool_cap, lane + 1, sizeof *x->pools);
            x->pools[lane] = (struct run_pool){.id = str_copy(&r->arena, pool->id),
                                               .chip = str_copy(&r->arena, pool->chip)};
            x->pool_count++;
            series_add_lane(&r->series);
        }
        x->pools[lane].chips = pool_chips(pool);
        x->pools[lane].uusd_per_chip_h = pool->title.uusd_per_chip_h;
        chips += pool_chips(pool);
    }
    x->chips = chips;
    series_set(&r->series, CHIPS_LANE, r->now_ms, (int64_t)chips);
}

void figures_init(struct run *r)
{
    const struct fleet *f = r->o.fleet;
    struct run_result *x = &r->result;
    uint64_t chips = r->o.bound_chips;
    names_init(&r->tenant_names);
    names_init(&r->rule_names);
    names_init(&r->rejection_names);
    x->begin_ms = r->o.begin_ms;
    for (uint32_t p = 0; p < f->pool_count && r->o.bound_chips == 0; p++)
        chips += pool_chips(&f->pools[p]);
    series_init(&r->series, FIRST_POOL_LANE, r->o.begin_ms);
    bound_init(&r->bound, chips, r->o.begin_ms);
    x->series = &r->series;
    x->tenant_names = &r->tenant_names;
}

void figures_release(struct run *r)
{
    struct run_result *x = &r->result;
    for (uint32_t i = 0; i < x->tenant_count; i++) {
        spread_release(&x->tenants[i].wait);
        spread_release(&x->tenants[i].jct);
    }
    spread_release(&x->wait);
    spread_release(&x->jct);
    mem_free(x->tenants);
    mem_free(x->pools);
    mem_free(r->lane_of);
    mem_free(x->rules);
    mem_free(x->rejections);
    names_release(&r->tenant_names);
    names_release(&r->rule_names);
    names_release(&r->rejection_names);
    series_release(&r->series);
    bound_release(&r->bound);
}

/* ---- tenants --------------------------------------------------------------------------------- */

uint32_t figures_tenant_number(struct run *r, struct str name)
{
    struct run_result *x = &r->result;
    uint32_t n = names_find(&r->tenant_names, name);
    if (n != NO_INDEX) return n;
    if (r->tenant_names.count >= RUN_TENANTS_MAX) name = STR("(others)");
    n = names_add(&r->tenant_names, name);
    if (n < x->tenant_count) return n;
    x->tenants = mem_grow(x->tenants, &r->tenant_cap, n + 1, sizeof *x->tenants);
    x->tenant_count = n + 1;
    return n;
}

/* ---- arrivals -------------------------------------------------------------------------------- */

static bool is_named(const struct job_spec *s, const struct pool *p)
{
    bool kind = s->chip_kind_count == 0, named = s->partition_count == 0;
    for (uint32_t i = 0; i < s->chip_kind_count; i++)
        kind = kind || chip_is_named(p->chip, s->chip_kinds[i]);
    for (uint32_t i = 0; i < s->partition_count; i++)
        named = named || pool_is_named(p, s->partitions[i]);
    return kind && named;
}

/* The least chip time and the shortest duration over all pools that the job names. */
void figures_arrived(struct run *r, const struct run_job *j, const struct job_spec *s)
{
    const struct fleet *f = core_fleet(r->core);
    uint32_t chips = job_spec_chips(s);
    int64_t least = -1;
    for (uint32_t p = 0; p < f->pool_count; p++) {
        if ((chips > 0) != (f->pools[p].chips_per_node > 0 && chips > 0)) continue;
        if (!is_named(s, &f->pools[p])) continue;
        int64_t ms = work_ms(&j->work, f->pools[p].chip);
        if (ms >= 0 && (least < 0 || ms < least)) least = ms;
    }
    r->result.submitted++;
    r->result.tenants[j->tenant].submitted++;
    if (!r->has_first) r->result.begin_ms = r->now_ms;
    r->has_first = true;
    if (least < 0) return;
    if (s->time_limit_ms > 0 && least > s->time_limit_ms) least = s->time_limit_ms;
    double each = s->chip_milli > 0 ? s->chip_milli / MILLI : 1;
    /* Shards have other sizes in other pools: what such a job takes at least is not known. */
    if (s->shards > 0) each = 0;
    bound_add(&r->bound, r->now_ms, (double)least * chips * each, least);
}

static struct run_count *count_of(struct run_count **counts, uint32_t *count, size_t *cap,
                                  struct names *names, struct str name)
{
    uint32_t n = names_add(names, name);
    if (n >= *count) {
        *counts = mem_grow(*counts, cap, n + 1, sizeof **counts);
        *count = n + 1;
    }
    (*counts)[n].name = names->name[n];
    (*counts)[n].count++;
    return &(*counts)[n];
}

void figures_rejected(struct run *r, const struct run_done *d)
{
    struct run_result *x = &r->result;
    struct str name = d->text;
    uint32_t tenant = figures_tenant_number(r, d->tenant);
    x->rejected++;
    x->submitted++;
    x->tenants[tenant].rejected++;
    x->tenants[tenant].submitted++;
    bool is_known = names_find(&r->rejection_names, name) != NO_INDEX;
    if (!is_known && r->rejection_names.count >= RUN_TEXTS_MAX) name = STR("other reasons");
    struct run_count *c =
        count_of(&x->rejections, &x->rejection_count, &r->rejection_cap, &r->rejection_names, name);
    if (c->count == 1) c->first = str_copy(&r->arena, d->label);
}

/* ---- decisions ------------------------------------------------------------------------------- */

static void hold(struct run *r, uint32_t lane, int64_t milli)
{
    uint32_t at = FIRST_POOL_LANE + lane;
    series_set(&r->series, at, r->now_ms, r->series.lanes[at].value + milli);
}

/* An attempt is over: what was held is free, and was paid. */
static void attempt_over(struct run *r, struct run_job *j, const struct job *known)
{
    struct run_result *x = &r->result;
    hold(r, j->lane, -(int64_t)j->chip_milli);
    int64_t spent = known->spent_uusd - j->spent_uusd;
    j->spent_uusd = known->spent_uusd;
    x->pools[j->lane].cost_uusd = money_add(x->pools[j->lane].cost_uusd, spent);
    x->tenants[j->tenant].cost_uusd = money_add(x->tenants[j->tenant].cost_uusd, spent);
    x->cost_uusd = money_add(x->cost_uusd, spent);
    if (j->phase != PHASE_IDLE && j->begun_ms > 0)
        x->tenants[j->tenant].chip_ms +=
            (double)j->chip_milli / MILLI * (double)(r->now_ms - j->begun_ms);
}

static void job_over(struct run *r, const struct run_job *j, const struct job *known)
{
    struct run_result *x = &r->result;
    struct run_tenant *t = &x->tenants[j->tenant];
    x->completed += known->state == JOB_COMPLETED;
    x->timed_out += known->state == JOB_TIMEOUT;
    x->failed += known->state != JOB_COMPLETED && known->state != JOB_TIMEOUT;
    t->completed += known->state == JOB_COMPLETED;
    t->failed += known->state != JOB_COMPLETED;
    if (r->now_ms > x->end_ms) x->end_ms = r->now_ms;
    if (j->first_start_ms == 0) return;
    spread_add(&x->wait, j->first_start_ms - j->submit_ms);
    spread_add(&t->wait, j->first_start_ms - j->submit_ms);
    if (known->state != JOB_COMPLETED && known->state != JOB_FAILED) return;
    spread_add(&x->jct, r->now_ms - j->submit_ms);
    spread_add(&t->jct, r->now_ms - j->submit_ms);
}

void figures_useful(struct run *r, const struct run_job *j, int64_t ms)
{
    double chip_ms = (double)j->chip_milli / MILLI * (double)ms;
    r->result.useful_chip_ms += chip_ms;
    r->result.pools[j->lane].useful_chip_ms += chip_ms;
}

void figures_decision(struct run *r, const struct decision *d)
{
    struct run_result *x = &r->result;
    struct run_job *j = run_job(r, d->job.v);
    const struct job *known = core_job(r->core, d->job);
    ASSERT(j != NULL && known != NULL);
    switch ((enum decision_kind)d->kind) {
    case DECISION_PLACED:
        ASSERT(known->claim != NULL);
        hold(r, r->lane_of[d->pool], (int64_t)claim_milli(known->claim));
        x->pools[r->lane_of[d->pool]].started++;
        x->started += !j->placed;
        x->tenants[j->tenant].started += !j->placed;
        break;
    case DECISION_REFUSED: {
        x->refused++;
        x->tenants[j->tenant].refused++;
        struct run_count *c =
            count_of(&x->rules, &x->rule_count, &r->rule_cap, &r->rule_names, d->rule);
        if (c->count == 1) c->first = str_copy(&r->arena, str_of(j->label));
        break;
    }
    case DECISION_REQUEUED:
        x->restarts++;
        x->node_failures += d->reason == REASON_NODES_DOWN;
        x->preempted += d->reason == REASON_PREEMPTED;
        if (j->lane != NO_INDEX) attempt_over(r, j, known);
        break;
    case DECISION_ENDED:
        if (j->lane != NO_INDEX) attempt_over(r, j, known);
        job_over(r, j, known);
        break;
    case DECISION_QUEUED:
    case DECISION_STOPPED:
    case DECISION_PREEMPTING:
    case DECISION_POSTPONED:
    case DECISION_COUNT: break;
    }
}

void figures_queue(struct run *r)
{
    if (r->series.lanes[QUEUE_LANE].value == (int64_t)r->pending) return;
    series_set(&r->series, QUEUE_LANE, r->now_ms, (int64_t)r->pending);
}

double run_chips_held(const struct run_result *x, uint32_t pool, uint32_t bin)
{
    return series_mean(x->series, FIRST_POOL_LANE + pool, bin) / MILLI;
}

double run_jobs_waiting(const struct run_result *x, uint32_t bin)
{
    return series_mean(x->series, QUEUE_LANE, bin);
}

/* ---- the end --------------------------------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
    const struct run_count *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return str_cmp(x->name, y->name);
}

void figures_finish(struct run *r)
{
    struct run_result *x = &r->result;
    if (x->end_ms < x->begin_ms) x->end_ms = x->begin_ms;
    if (x->rule_count > 0) qsort(x->rules, x->rule_count, sizeof *x->rules, by_count);
    if (x->rejection_count > 0)
        qsort(x->rejections, x->rejection_count, sizeof *x->rejections, by_count);
    int64_t last_ms = x->end_ms;
    for (uint32_t i = 0; i < r->series.lane_count; i++)
        if (r->series.lanes[i].since_ms > last_ms) last_ms = r->series.lanes[i].since_ms;
    x->bins = series_close(&r->series, last_ms);
    x->queue_peak = (uint64_t)r->series.lanes[QUEUE_LANE].peak;
    for (uint32_t p = 0; p < x->pool_count; p++) {
        x->pools[p].held_chip_ms = r->series.lanes[FIRST_POOL_LANE + p].total / MILLI;
        x->held_chip_ms += x->pools[p].held_chip_ms;
    }
    x->fleet_chip_ms = r->series.lanes[CHIPS_LANE].total;
    x->bound = bound_finish(&r->bound);
    x->waiting = r->live;
    struct job_id after = {0};
    const struct job *j;
    while ((j = core_queue_after(r->core, after)) != NULL) {
        x->reasons[j->reason]++;
        after = j->id;
    }
}
