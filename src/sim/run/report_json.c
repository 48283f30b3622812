#include "sim/run/report.h"

#include "base/civil.h"
#include "base/money.h"

#include <math.h>
#include <stdlib.h>

#define HOUR_MS 3600000.0

double report_hours(double ms)
{
    return ms / HOUR_MS;
}

bool report_is_whole(const struct run_result *x)
{
    return x->jct.count == x->submitted;
}

double report_allocation(const struct run_result *x)
{
    return x->fleet_chip_ms > 0 ? x->held_chip_ms / x->fleet_chip_ms : 0;
}

double report_utilisation(const struct run_result *x)
{
    return x->fleet_chip_ms > 0 ? x->useful_chip_ms / x->fleet_chip_ms : 0;
}

struct ranked {
    double held;
    uint32_t number;
};

static int by_held(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->held > y->held || x->held < y->held) return x->held > y->held ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

uint32_t *report_tenants(const struct run_result *x, struct arena *arena)
{
    struct ranked *all = ARENA_ARRAY(arena, x->tenant_count, struct ranked);
    uint32_t *order = ARENA_ARRAY(arena, x->tenant_count, uint32_t);
    for (uint32_t i = 0; i < x->tenant_count; i++)
        all[i] = (struct ranked){x->tenants[i].chip_ms, i};
    if (x->tenant_count > 0) qsort(all, x->tenant_count, sizeof *all, by_held);
    for (uint32_t i = 0; i < x->tenant_count; i++) order[i] = all[i].number;
    return order;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static json_t *number(double v, double places)
{
    return json_real(nearbyint(v * places) / places);
}

static json_t *text(struct str s)
{
    return json_stringn(s.p != NULL ? s.p : "", s.len);
}

static json_t *count(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *usd(int64_t uusd)
{
    return number((double)uusd / 1e6, 1e6);
}

static json_t *instant(int64_t ms)
{
    char when[CIVIL_TEXT_MAX];
    return json_string(civil_format(ms, when));
}

static json_t *distribution(const struct spread *h)
{
    static const struct {
        const char *name;
        uint32_t ppm;
    } rows[] = {{"p50_s", 500000}, {"p90_s", 900000}, {"p99_s", 990000}};
    json_t *o = json_object();
    json_object_set_new(o, "jobs", count(h->count));
    json_object_set_new(o, "mean_s", number(spread_mean_ms(h) / 1e3, 1e3));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_object_set_new(o, rows[i].name,
                            number((double)spread_quantile(h, rows[i].ppm) / 1e3, 1e3));
    json_object_set_new(o, "max_s", number((double)h->max_ms / 1e3, 1e3));
    return o;
}

static json_t *jobs(const struct run_result *x)
{
    json_t *o = json_object(), *why = json_object();
    json_object_set_new(o, "submitted", count(x->submitted));
    json_object_set_new(o, "started", count(x->started));
    json_object_set_new(o, "completed", count(x->completed));
    json_object_set_new(o, "timed_out", count(x->timed_out));
    json_object_set_new(o, "failed", count(x->failed));
    json_object_set_new(o, "refused_by_law", count(x->refused));
    json_object_set_new(o, "rejected", count(x->rejected));
    json_object_set_new(o, "waiting", count(x->waiting));
    for (int i = 0; i < REASON_COUNT; i++)
        if (x->reasons[i] > 0) json_object_set_new(why, reason_names[i], count(x->reasons[i]));
    json_object_set_new(o, "waiting_because", why);
    json_object_set_new(o, "restarts", count(x->restarts));
    json_object_set_new(o, "preemptions", count(x->preempted));
    json_object_set_new(o, "lost_to_nodes", count(x->node_failures));
    return o;
}

static json_t *counts(const struct run_count *rows, uint32_t n, const char *name)
{
    json_t *all = json_array();
    for (uint32_t i = 0; i < n; i++) {
        json_t *o = json_object();
        json_object_set_new(o, name, text(rows[i].name));
        json_object_set_new(o, "jobs", count(rows[i].count));
        if (rows[i].first.len > 0) json_object_set_new(o, "first", text(rows[i].first));
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *bounds(const struct run_result *x)
{
    json_t *o = json_object();
    double makespan = x->bound.makespan_ms, fleet = (double)x->chips * makespan;
    json_object_set_new(o, "makespan_h", number(report_hours(makespan), 1e6));
    json_object_set_new(o, "mean_jct_s", number(x->bound.mean_jct_ms / 1e3, 1e3));
    json_object_set_new(o, "utilisation",
                        number(fleet > 0 ? x->bound.work_chip_ms / fleet : 0, 1e6));
    json_object_set_new(o, "chip_h", number(report_hours(x->bound.work_chip_ms), 1e3));
    return o;
}

static json_t *pools(const struct run_result *x)
{
    json_t *all = json_array();
    double span = (double)(x->end_ms - x->begin_ms);
    for (uint32_t p = 0; p < x->pool_count; p++) {
        const struct run_pool *pool = &x->pools[p];
        json_t *o = json_object(), *held = json_array();
        double have = (double)pool->chips * span;
        json_object_set_new(o, "pool", text(pool->id));
        json_object_set_new(o, "chip", text(pool->chip));
        json_object_set_new(o, "chips", count(pool->chips));
        json_object_set_new(o, "usd_per_chip_h", usd(pool->uusd_per_chip_h));
        json_object_set_new(o, "attempts", count(pool->started));
        json_object_set_new(o, "chip_h", number(report_hours(pool->held_chip_ms), 1e3));
        json_object_set_new(o, "allocation", number(have > 0 ? pool->held_chip_ms / have : 0, 1e6));
        json_object_set_new(o, "utilisation",
                            number(have > 0 ? pool->useful_chip_ms / have : 0, 1e6));
        json_object_set_new(o, "cost_usd", usd(pool->cost_uusd));
        for (uint32_t b = 0; b < x->bins; b++)
            json_array_append_new(held, number(run_chips_held(x, p, b), 1e3));
        json_object_set_new(o, "chips_held", held);
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *tenants(const struct run_result *x)
{
    struct arena arena;
    json_t *all = json_array();
    arena_init(&arena);
    const uint32_t *order = report_tenants(x, &arena);
    for (uint32_t i = 0; i < x->tenant_count; i++) {
        const struct run_tenant *t = &x->tenants[order[i]];
        json_t *o = json_object();
        json_object_set_new(o, "tenant", text(x->tenant_names->name[order[i]]));
        json_object_set_new(o, "submitted", count(t->submitted));
        json_object_set_new(o, "started", count(t->started));
        json_object_set_new(o, "completed", count(t->completed));
        json_object_set_new(o, "refused_by_law", count(t->refused));
        json_object_set_new(o, "rejected", count(t->rejected));
        json_object_set_new(o, "wait", distribution(&t->wait));
        json_object_set_new(o, "jct", distribution(&t->jct));
        json_object_set_new(o, "chip_h", number(report_hours(t->chip_ms), 1e3));
        json_object_set_new(o, "cost_usd", usd(t->cost_uusd));
        json_array_append_new(all, o);
    }
    arena_release(&arena);
    return all;
}

json_t *report_json(const struct report_about *about, const struct run_result *x)
{
    json_t *o = json_object(), *queue = json_array();
    json_object_set_new(o, "trace", json_string(about->trace));
    json_object_set_new(o, "format", json_string(about->format));
    json_object_set_new(o, "fleet", json_string(about->fleet));
    json_object_set_new(o, "law", json_string(about->law));
    json_object_set_new(o, "faults", json_string(about->faults));
    json_object_set_new(o, "from", instant(x->begin_ms));
    json_object_set_new(o, "to", instant(x->end_ms));
    json_object_set_new(o, "rows_skipped", count(about->skipped));
    json_object_set_new(o, "jobs", jobs(x));
    json_object_set_new(o, "wait", distribution(&x->wait));
    json_object_set_new(o, "jct", distribution(&x->jct));
    json_object_set_new(o, "makespan_h",
                        number(report_hours((double)(x->end_ms - x->begin_ms)), 1e6));
    json_object_set_new(o, "chips", count(x->chips));
    json_object_set_new(o, "allocation", number(report_allocation(x), 1e6));
    json_object_set_new(o, "utilisation", number(report_utilisation(x), 1e6));
    json_object_set_new(o, "cost_usd", usd(x->cost_uusd));
    json_object_set_new(o, "bound", bounds(x));
    json_object_set_new(o, "refusals", counts(x->rules, x->rule_count, "rule"));
    json_object_set_new(o, "rejections", counts(x->rejections, x->rejection_count, "text"));
    json_object_set_new(o, "pools", pools(x));
    json_object_set_new(o, "tenants", tenants(x));
    json_object_set_new(o, "bin_s", number((double)x->series->bin_ms / 1e3, 1e3));
    for (uint32_t b = 0; b < x->bins; b++)
        json_array_append_new(queue, number(run_jobs_waiting(x, b), 1e3));
    json_object_set_new(o, "jobs_waiting", queue);
    json_object_set_new(o, "queue_peak", count(x->queue_peak));
    json_object_set_new(o, "node_failures", count(x->node_faults));
    json_object_set_new(o, "steps", count(x->steps));
    json_object_set_new(o, "cpu_seconds", number(about->cpu_seconds, 1e6));
    return o;
}
