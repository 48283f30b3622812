#include "sim/run/report.h"

#include "base/civil.h"
#include "base/money.h"
#include "sim/run/plot.h"

#include <inttypes.h>

enum { TEXT_ROWS_MAX = 12 }; /* pools, tenants, rules and rejections of each list */

static void put_distribution(struct buf *out, const struct spread *h)
{
    static const struct {
        const char *name;
        uint32_t ppm;
    } rows[] = {{", half within ", 500000}, {", 90 % ", 900000}, {", 99 % ", 990000}};
    buf_puts(out, "mean ");
    plot_span(out, spread_mean_ms(h));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_puts(out, rows[i].name);
        plot_span(out, (double)spread_quantile(h, rows[i].ppm));
    }
}

static void put_jobs(const struct run_result *x, struct buf *out)
{
    buf_printf(out, "jobs        %" PRIu64 " submitted, %" PRIu64 " started, %" PRIu64 " completed",
               x->submitted, x->started, x->completed);
    const struct {
        const char *word;
        uint64_t n;
    } rows[] = {{"over their limit", x->timed_out}, {"failed", x->failed},
                {"refused by law", x->refused},     {"rejected", x->rejected},
                {"still waiting", x->waiting},      {"restarts", x->restarts},
                {"preemptions", x->preempted},      {"node failures", x->node_faults}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].n > 0) buf_printf(out, ", %" PRIu64 " %s", rows[i].n, rows[i].word);
    buf_putc(out, '\n');
    for (int i = 0; i < REASON_COUNT; i++)
        if (x->reasons[i] > 0)
            buf_printf(out, "waiting     %" PRIu64 " because of %s\n", x->reasons[i],
                       reason_names[i]);
}

static void put_counts(const char *head, const struct run_count *rows, uint32_t n, struct buf *out)
{
    for (uint32_t i = 0; i < n && i < TEXT_ROWS_MAX; i++) {
        buf_printf(out, "%-11s %" PRIu64 " x " STR_FMT, head, rows[i].count, STR_ARG(rows[i].name));
        if (rows[i].first.len > 0) buf_printf(out, " (" STR_FMT ")", STR_ARG(rows[i].first));
        buf_putc(out, '\n');
    }
}

static void put_pools(const struct run_result *x, struct buf *out)
{
    char money[MONEY_TEXT_MAX];
    double span = (double)(x->end_ms - x->begin_ms);
    for (uint32_t p = 0; p < x->pool_count && p < TEXT_ROWS_MAX; p++) {
        const struct run_pool *pool = &x->pools[p];
        double have = (double)pool->chips * span;
        buf_printf(out,
                   "pool        " STR_FMT ": %" PRIu64 " chips, %.1f %% held, %" PRIu64
                   " attempts, %s USD\n",
                   STR_ARG(pool->id), pool->chips, have > 0 ? 100 * pool->held_chip_ms / have : 0,
                   pool->started, money_format((pool->cost_uusd + 5000) / 10000 * 10000, money));
    }
}

void report_text(const struct report_about *about, const struct run_result *x, struct buf *out)
{
    char from[CIVIL_TEXT_MAX], to[CIVIL_TEXT_MAX], money[MONEY_TEXT_MAX];
    double span = (double)(x->end_ms - x->begin_ms);
    /* The bounds are of all that was submitted, the figures beside them of what ended. */
    const char *all = report_is_whole(x) ? "" : "with all jobs ";
    buf_printf(out, "trace       %s (%s), fleet %s, law: %s\n", about->trace, about->format,
               about->fleet, about->law);
    buf_printf(out, "time        %s to %s, ", civil_format(x->begin_ms, from),
               civil_format(x->end_ms, to));
    plot_span(out, span);
    buf_printf(out, "; no scheduler could be done %sbefore ", all);
    plot_span(out, x->bound.makespan_ms);
    buf_putc(out, '\n');
    put_jobs(x, out);
    put_counts("refused", x->rules, x->rule_count, out);
    put_counts("rejected", x->rejections, x->rejection_count, out);
    buf_puts(out, "wait        ");
    put_distribution(out, &x->wait);
    buf_puts(out, "\ncompletion  ");
    put_distribution(out, &x->jct);
    buf_printf(out, "; no scheduler's mean %sis below ", all[0] != '\0' ? "of all jobs " : "");
    plot_span(out, x->bound.mean_jct_ms);
    buf_printf(out, "\nchips       %" PRIu64 ", %.2f %% held, %.2f %% useful\n", x->chips,
               100 * report_allocation(x), 100 * report_utilisation(x));
    put_pools(x, out);
    buf_printf(out, "cost        %s USD\n",
               money_format((x->cost_uusd + 5000) / 10000 * 10000, money));
    buf_printf(out, "CPU time    %.3f s, %" PRIu64 " steps of the core\n", about->cpu_seconds,
               x->steps);
}
