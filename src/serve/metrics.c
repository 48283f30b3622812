#include "serve/metrics.h"

#include "base/check.h"
#include "base/civil.h"
#include "serve/views_fill.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* Syncs and turns: 50 us to 1 s. */
static const int64_t fast_bounds_us[HISTOGRAM_BUCKETS] = {
    50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 250000, 1000000};
/* Waits in the queue: 10 ms to a week. */
static const int64_t slow_bounds_us[HISTOGRAM_BUCKETS] = {
    INT64_C(10000),       INT64_C(100000),      INT64_C(1000000),     INT64_C(10000000),
    INT64_C(60000000),    INT64_C(300000000),   INT64_C(900000000),   INT64_C(3600000000),
    INT64_C(14400000000), INT64_C(43200000000), INT64_C(86400000000), INT64_C(604800000000)};

void metrics_init(struct metrics *m)
{
    *m = (struct metrics){.sync.bounds_us = fast_bounds_us,
                          .turn.bounds_us = fast_bounds_us,
                          .wait.bounds_us = slow_bounds_us};
}

void histogram_add(struct histogram *h, int64_t us)
{
    int b = 0;
    while (b < HISTOGRAM_BUCKETS && us > h->bounds_us[b]) b++;
    h->bucket[b]++;
    h->count++;
    h->sum_us += us;
}

void metrics_refusal(struct metrics *m, struct str rule)
{
    if (rule.len == 0 || rule.len > ID_LEN_MAX) return;
    uint32_t i = 0;
    while (i < m->refusal_count && !str_eqz(rule, m->refusals[i].rule)) i++;
    if (i == m->refusal_count) {
        if (i == METRIC_RULES_MAX) return;
        memcpy(m->refusals[i].rule, rule.p, rule.len);
        m->refusals[i].rule[rule.len] = '\0';
        m->refusal_count++;
    }
    m->refusals[i].count++;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void put_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
    put_head(out, name, "counter", help);
    buf_printf(out, "%s %" PRIu64 "\n", name, value);
}

/* Microseconds as seconds, in integers. */
static void put_seconds(struct buf *out, int64_t us)
{
    buf_printf(out, "%" PRId64 ".%06" PRId64, us / 1000000, us % 1000000);
}

static void put_histogram(struct buf *out, const char *name, const char *help,
                          const struct histogram *h)
{
    put_head(out, name, "histogram", help);
    uint64_t sum = 0;
    for (int b = 0; b < HISTOGRAM_BUCKETS; b++) {
        sum += h->bucket[b];
        buf_printf(out, "%s_bucket{le=\"", name);
        put_seconds(out, h->bounds_us[b]);
        buf_printf(out, "\"} %" PRIu64 "\n", sum);
    }
    buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", name, h->count, name);
    put_seconds(out, h->sum_us);
    buf_printf(out, "\n%s_count %" PRIu64 "\n", name, h->count);
}

static void put_jobs(const struct core *c, struct buf *out)
{
    struct core_counts counts;
    core_counts(c, &counts);
    put_head(out, "berth_jobs", "gauge", "Jobs in memory by state.");
    for (int i = 0; i < JOB_STATE_COUNT; i++)
        buf_printf(out, "berth_jobs{state=\"%s\"} %u\n", job_state_names[i], counts.by_state[i]);
    put_head(out, "berth_pending_jobs", "gauge", "Pending jobs by reason.");
    for (int i = 0; i < REASON_COUNT; i++)
        if (counts.pending_by_reason[i] > 0)
            buf_printf(out, "berth_pending_jobs{reason=\"%s\"} %u\n", reason_names[i],
                       counts.pending_by_reason[i]);
}

static void put_pool_chips(const struct core *c, struct buf *out)
{
    const struct fleet *f = core_fleet(c);
    put_head(out, "berth_pool_chips", "gauge", "Accelerators of a pool by use.");
    for (uint32_t i = 0; i < f->pool_count; i++) {
        const struct pool *p = &f->pools[i];
        struct pool_use u = core_pool_use(c, (struct pool_id){i});
        const struct str country = f->sites[p->site_index].country;
        const struct {
            const char *state;
            uint32_t chips;
        } rows[] = {{"used", u.chips_used},
                    {"free", u.chips_up > u.chips_used ? u.chips_up - u.chips_used : 0},
                    {"down", u.chips_total - u.chips_up}};
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
            buf_printf(out,
                       "berth_pool_chips{pool=\"" STR_FMT "\",chip=\"" STR_FMT
                       "\",jurisdiction=\"" STR_FMT "\",state=\"%s\"} %u\n",
                       STR_ARG(p->id), STR_ARG(p->chip), STR_ARG(country), rows[k].state,
                       rows[k].chips);
    }
}

static void put_prices(const struct core *c, struct buf *out)
{
    const struct fleet *f = core_fleet(c);
    put_head(out, "berth_price_dollars_per_chip_hour", "gauge", "Price of a pool.");
    for (uint32_t i = 0; i < f->pool_count; i++) {
        buf_printf(out, "berth_price_dollars_per_chip_hour{pool=\"" STR_FMT "\"} ",
                   STR_ARG(f->pools[i].id));
        put_seconds(out, f->pools[i].title.uusd_per_chip_h);
        buf_putc(out, '\n');
    }
    put_head(out, "berth_lease_end_timestamp_seconds", "gauge", "When the lease of a pool ends.");
    for (uint32_t i = 0; i < f->pool_count; i++)
        if (f->pools[i].title.to_ms > 0)
            buf_printf(out,
                       "berth_lease_end_timestamp_seconds{lease=\"" STR_FMT "\"} %" PRId64 "\n",
                       STR_ARG(f->pools[i].id), f->pools[i].title.to_ms / 1000);
}

static void put_permit(struct buf *out, const char *name, const struct permit *p, int64_t value)
{
    buf_printf(out, "%s{rule=\"" STR_FMT "\",permit=\"" STR_FMT "\"} %" PRId64 "\n", name,
               STR_ARG(p->rule), STR_ARG(p->id), value);
}

static void put_permits(const struct core *c, struct buf *out)
{
    const struct fleet *f = core_fleet(c);
    put_head(out, "berth_quota_limit", "gauge", "Amount of a permit.");
    for (uint32_t i = 0; i < f->permit_count; i++)
        if (f->permits[i].amount_known)
            put_permit(out, "berth_quota_limit", &f->permits[i], f->permits[i].amount);
    put_head(out, "berth_quota_usage", "gauge", "How much of it is used.");
    for (uint32_t i = 0; i < f->permit_count; i++)
        put_permit(out, "berth_quota_usage", &f->permits[i], core_permit_used(c, i));
}

static void put_gauge_of(struct buf *out, const char *name, const struct share_view *v,
                         int64_t uusd)
{
    buf_printf(out, "%s{tenant=\"" STR_FMT "\"} %s", name, STR_ARG(v->account),
               uusd < 0 ? "-" : "");
    put_seconds(out, uusd < 0 ? -uusd : uusd);
    buf_putc(out, '\n');
}

/* Accounts, and budgets where they have one. */
static void put_shares(const struct core *c, int64_t now_ms, struct buf *out)
{
    static const struct {
        const char *name, *help;
        size_t at; /* of the value in a share_view */
        bool of_budget;
    } rows[] = {
        {"berth_tenant_usage_dollars", "What an account has used, halved in every half-life.",
         offsetof(struct share_view, used_uusd), false},
        {"berth_tenant_dollars_per_hour", "What the running jobs of an account cost.",
         offsetof(struct share_view, uusd_per_h), false},
        {"berth_tenant_budget_dollars", "What the jobs of an account may cost in a window.",
         offsetof(struct share_view, budget_uusd), true},
        {"berth_tenant_budget_spent_dollars", "What they have cost since the window began.",
         offsetof(struct share_view, spent_uusd), true},
        {"berth_tenant_budget_committed_dollars",
         "What those that run may still cost, to their time limits.",
         offsetof(struct share_view, committed_uusd), true},
        {"berth_tenant_budget_left_dollars", "What further jobs may cost.",
         offsetof(struct share_view, left_uusd), true},
    };
    struct arena arena;
    struct share_list list;
    arena_init(&arena);
    view_shares(c, now_ms, &arena, &list);
    if (list.count > METRIC_TENANTS_MAX) list.count = METRIC_TENANTS_MAX;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        put_head(out, rows[r].name, "gauge", rows[r].help);
        for (uint32_t i = 0; i < list.count; i++) {
            const struct share_view *v = &list.shares[i];
            int64_t value;
            memcpy(&value, (const char *)v + rows[r].at, sizeof value);
            if (!rows[r].of_budget || v->budget_per.len > 0)
                put_gauge_of(out, rows[r].name, v, value);
        }
    }
    put_head(out, "berth_tenant_budget_end_timestamp_seconds", "gauge",
             "When the window of a budget ends.");
    for (uint32_t i = 0; i < list.count; i++)
        if (list.shares[i].window_to_ms > 0)
            buf_printf(out,
                       "berth_tenant_budget_end_timestamp_seconds{tenant=\"" STR_FMT "\"} %" PRId64
                       "\n",
                       STR_ARG(list.shares[i].account), list.shares[i].window_to_ms / 1000);
    arena_release(&arena);
}

static void put_refusals(const struct metrics *m, struct buf *out)
{
    put_head(out, "berth_refusals_total", "counter", "Jobs refused, by the rule that decided.");
    for (uint32_t i = 0; i < m->refusal_count; i++)
        buf_printf(out, "berth_refusals_total{rule=\"%s\"} %" PRIu64 "\n", m->refusals[i].rule,
                   m->refusals[i].count);
}

void metrics_print(const struct metrics *m, struct journal *j, struct buf *out)
{
    put_head(out, "berth_build_info", "gauge", "The release that runs.");
    buf_printf(out, "berth_build_info{version=\"%s\"} 1\n", BERTH_VERSION);
    put_jobs(j->core, out);
    if (core_fleet(j->core) != NULL) {
        put_pool_chips(j->core, out);
        put_prices(j->core, out);
        put_permits(j->core, out);
        put_shares(j->core, journal_now_ms(j), out);
    }
    put_refusals(m, out);
    put_counter(out, "berth_requests_total", "API requests answered.", m->requests_total);
    put_counter(out, "berth_request_errors_total", "API requests answered with an error.",
                m->request_errors_total);
    put_counter(out, "berth_submits_total", "Jobs accepted.", m->submits_total);
    put_counter(out, "berth_starts_total", "Attempts placed.", m->starts_total);
    put_counter(out, "berth_ends_total", "Jobs ended.", m->ends_total);
    put_counter(out, "berth_preemptions_total", "Attempts stopped for jobs of higher priority.",
                m->preemptions_total);
    put_counter(out, "berth_ledger_records_total", "Ledger records in all.", j->head);
    put_counter(out, "berth_ledger_failed_syncs_total", "Batches the store refused.",
                j->stats.failed_batches);
    put_histogram(out, "berth_ledger_fsync_seconds", "Time of one durable group commit.", &m->sync);
    put_histogram(out, "berth_sched_cycle_seconds", "Time of one turn of the loop.", &m->turn);
    put_histogram(out, "berth_admission_wait_seconds", "From submission to the first start.",
                  &m->wait);
}
