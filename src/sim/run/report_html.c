/* report_html.c - the results of a run as one page. Everything is in the file: style, plots,
 * tables; colours follow the reader's scheme. */
#include "sim/run/report.h"

#include "base/civil.h"
#include "base/money.h"
#include "sim/run/plot.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    ROWS_MAX = 12, /* tenants, pools and rules in a plot; tables have all */
    TABLE_BINS = 60, /* rows of a table over time */
};

/* Series colours: Okabe and Ito, "Color Universal Design" (2008), which readers with any kind of
 * colour vision can tell apart; lighter where the page is dark. */
static const char style[] =
    ":root{color-scheme:light dark;--page:#fff;--ink:#1a1c1f;--soft:#5c636b;--line:#d9dde2;"
    "--tile:#f4f6f8;--s0:#0072b2;--s1:#e69f00;--s2:#009e73;--s3:#cc79a7;--s4:#56b4e9;--s5:#d55e00;"
    "--s6:#9aa2ab}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#14171a;--ink:#e8eaed;--soft:#a3abb5;"
    "--line:#353b42;--tile:#1e2328;--s0:#4ea5dc;--s1:#f0b440;--s2:#35bf97;--s3:#e09cc2;"
    "--s4:#8dcdf3;--s5:#ee7f3f;--s6:#717982}}\n"
    "body{margin:0 auto;max-width:62rem;padding:1.5rem;background:var(--page);color:var(--ink);"
    "font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;margin:0;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2.5rem 0 "
    ".25rem}"
    "p{margin:.25rem 0 .75rem;color:var(--soft)}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.75rem;"
    "margin:1.25rem 0}.tile{background:var(--tile);border-radius:.5rem;padding:.75rem 1rem}"
    ".tile b{display:block;font-size:1.5rem;font-weight:600;line-height:1.3}"
    ".tile span{color:var(--soft);font-size:.875rem}\n"
    ".plot{overflow-x:auto}.plot svg{display:block;width:100%;min-width:36rem;height:auto;"
    "font:13px system-ui,sans-serif}"
    ".label{fill:var(--soft)}.value{fill:var(--ink)}.axis{stroke:var(--soft)}"
    ".grid{stroke:var(--line)}.limit{stroke:var(--ink);stroke-dasharray:5 4}"
    ".area{stroke:var(--page);stroke-width:.5}"
    ".whisker{stroke:var(--s0);stroke-width:2}.median{stroke:var(--ink);stroke-width:2}"
    ".mean{fill:var(--page);stroke:var(--ink);stroke-width:1.5}\n"
    ".s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}"
    ".s4{fill:var(--s4)}.s5{fill:var(--s5)}.s6{fill:var(--s6)}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;margin:.5rem "
    "0;"
    "font-size:.875rem}.legend svg{display:inline-block;width:.8rem;height:.8rem;"
    "margin-right:.4rem;vertical-align:-.05rem}\n"
    ":focus-visible{outline:3px solid var(--s0);outline-offset:2px}\n"
    "details{margin:.75rem 0}summary{cursor:pointer;color:var(--soft)}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.875rem;"
    "font-variant-numeric:tabular-nums}th,td{padding:.25rem .75rem .25rem 0;text-align:right;"
    "border-bottom:1px solid var(--line);white-space:nowrap}"
    "th:first-child,td:first-child{text-align:left}th{font-weight:600}"
    "td.text{text-align:left;white-space:normal}\n";

struct page {
    const struct report_about *about;
    const struct run_result *x;
    struct arena arena;
    uint32_t lane[PLOT_SERIES_MAX]; /* pools with a colour of their own */
    uint32_t lanes; /* of these */
    bool has_others;
    struct buf *out;
};

/* ---- tables ---------------------------------------------------------------------------------- */

static void table_begin(struct page *g, const char *caption, const char *const *heads)
{
    buf_printf(g->out,
               "<details><summary>%s as a table</summary><div class=\"wide\" tabindex=\"0\" "
               "role=\"group\" aria-label=\"%s\"><table><tr>",
               caption, caption);
    for (size_t i = 0; heads[i] != NULL; i++)
        buf_printf(g->out, "<th scope=\"col\">%s</th>", heads[i]);
    buf_puts(g->out, "</tr>\n");
}

static void table_end(struct page *g)
{
    buf_puts(g->out, "</table></div></details>\n");
}

static void cell_text(struct page *g, struct str text)
{
    buf_puts(g->out, "<td class=\"text\">");
    plot_text(g->out, text);
    buf_puts(g->out, "</td>");
}

static void cell_count(struct page *g, uint64_t n)
{
    buf_printf(g->out, "<td>%" PRIu64 "</td>", n);
}

static void cell_span(struct page *g, double ms)
{
    buf_puts(g->out, "<td>");
    plot_span(g->out, ms);
    buf_puts(g->out, "</td>");
}

static void cell_real(struct page *g, int decimals, double v)
{
    buf_printf(g->out, "<td>%.*f</td>", decimals, v);
}

static void cell_usd(struct page *g, int64_t uusd)
{
    char text[MONEY_TEXT_MAX];
    buf_printf(g->out, "<td>%s</td>", money_format(uusd, text));
}

static int64_t cents(int64_t uusd)
{
    return (uusd + 5000) / 10000 * 10000;
}

/* ---- head ------------------------------------------------------------------------------------ */

static void tile(struct page *g, const char *head, const char *figure, const char *foot)
{
    buf_printf(g->out, "<div class=\"tile\"><span>%s</span><b>%s</b><span>%s</span></div>\n", head,
               figure, foot);
}

static const char *span_text(struct page *g, double ms)
{
    struct buf b = {0};
    plot_span(&b, ms);
    const char *kept = arena_printf(&g->arena, "%s", b.p);
    buf_release(&b);
    return kept;
}

static const char *bound_text(struct page *g, double ms)
{
    const char *whose = report_is_whole(g->x) ? "no scheduler is" : "with all jobs, none is";
    return arena_printf(&g->arena, "%s below %s", whose, span_text(g, ms));
}

static void tiles(struct page *g)
{
    const struct run_result *x = g->x;
    char money[MONEY_TEXT_MAX];
    buf_puts(g->out, "<div class=\"tiles\">\n");
    tile(g, "Jobs completed", arena_printf(&g->arena, "%" PRIu64, x->completed),
         arena_printf(&g->arena, "of %" PRIu64 " submitted", x->submitted));
    tile(g, "Median wait", span_text(g, (double)spread_quantile(&x->wait, 500000)),
         arena_printf(&g->arena, "99 %% within %s",
                      span_text(g, (double)spread_quantile(&x->wait, 990000))));
    tile(g, "Mean completion", span_text(g, spread_mean_ms(&x->jct)),
         bound_text(g, x->bound.mean_jct_ms));
    tile(g, "Makespan", span_text(g, (double)(x->end_ms - x->begin_ms)),
         bound_text(g, x->bound.makespan_ms));
    tile(g, "Chips held", arena_printf(&g->arena, "%.1f %%", 100 * report_allocation(x)),
         arena_printf(&g->arena, "%.1f %% did useful work", 100 * report_utilisation(x)));
    tile(g, "Cost", arena_printf(&g->arena, "%s USD", money_format(cents(x->cost_uusd), money)),
         arena_printf(&g->arena, "%.0f chip hours", report_hours(x->held_chip_ms)));
    buf_puts(g->out, "</div>\n");
}

static void head(struct page *g)
{
    char from[CIVIL_TEXT_MAX], to[CIVIL_TEXT_MAX];
    const struct report_about *a = g->about;
    buf_puts(g->out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    plot_text(g->out, str_of(a->title));
    buf_printf(g->out, "</title>\n<style>%s</style></head><body>\n<h1>", style);
    plot_text(g->out, str_of(a->title));
    buf_puts(g->out, "</h1>\n<p>");
    buf_printf(g->out, "%s to %s. Fleet ", civil_format(g->x->begin_ms, from),
               civil_format(g->x->end_ms, to));
    plot_text(g->out, str_of(a->fleet));
    buf_printf(g->out, ", %" PRIu64 " chips; law: ", g->x->chips);
    plot_text(g->out, str_of(a->law));
    buf_printf(g->out,
               "; faults: %s. Simulated by Berth " BERTH_VERSION " in %.2f s of CPU time.</p>\n",
               a->faults, a->cpu_seconds);
}

/* ---- over time ------------------------------------------------------------------------------- */

/* The pools that held most get a colour; the rest is drawn as one. */
static void choose_lanes(struct page *g)
{
    const struct run_result *x = g->x;
    for (uint32_t k = 0; k < PLOT_SERIES_MAX; k++) {
        uint32_t best = NO_INDEX;
        for (uint32_t p = 0; p < x->pool_count; p++) {
            bool taken = x->pools[p].chips == 0;
            for (uint32_t i = 0; i < g->lanes; i++) taken = taken || g->lane[i] == p;
            if (!taken &&
                (best == NO_INDEX || x->pools[p].held_chip_ms > x->pools[best].held_chip_ms))
                best = p;
        }
        if (best == NO_INDEX) return;
        g->lane[g->lanes++] = best;
    }
    uint32_t with_chips = 0;
    for (uint32_t p = 0; p < x->pool_count; p++) with_chips += x->pools[p].chips > 0;
    g->has_others = with_chips > g->lanes;
}

static double held(const void *arg, uint32_t lane, uint32_t bin)
{
    const struct page *g = arg;
    if (lane < g->lanes) return run_chips_held(g->x, g->lane[lane], bin);
    double sum = 0;
    for (uint32_t p = 0; p < g->x->pool_count; p++) {
        bool shown = false;
        for (uint32_t i = 0; i < g->lanes; i++) shown = shown || g->lane[i] == p;
        if (!shown) sum += run_chips_held(g->x, p, bin);
    }
    return sum;
}

static double waiting(const void *arg, uint32_t lane, uint32_t bin)
{
    const struct page *g = arg;
    (void)lane;
    return run_jobs_waiting(g->x, bin);
}

static void legend(struct page *g)
{
    buf_puts(g->out, "<ul class=\"legend\">");
    for (uint32_t i = 0; i < g->lanes + g->has_others; i++) {
        buf_printf(g->out,
                   "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"s%" PRIu32
                   "\" width=\"10\" height=\"10\" rx=\"2\"/></svg>",
                   i < g->lanes ? i : PLOT_SERIES_MAX);
        if (i < g->lanes) {
            plot_text(g->out, g->x->pools[g->lane[i]].id);
            buf_puts(g->out, " (");
            plot_text(g->out, g->x->pools[g->lane[i]].chip);
            buf_puts(g->out, ")");
        } else {
            buf_puts(g->out, "other pools");
        }
        buf_puts(g->out, "</li>");
    }
    buf_puts(g->out, "</ul>\n");
}

static void table_over_time(struct page *g)
{
    static const char *const heads[] = {"From", "Chips held", "Jobs waiting", NULL};
    const struct run_result *x = g->x;
    uint32_t every = (x->bins + TABLE_BINS - 1) / TABLE_BINS;
    table_begin(g, "Allocation and queue", heads);
    for (uint32_t b = 0; every > 0 && b < x->bins; b += every) {
        double chips = 0, jobs = 0;
        uint32_t n = 0;
        for (; n < every && b + n < x->bins; n++) {
            for (uint32_t p = 0; p < x->pool_count; p++) chips += run_chips_held(x, p, b + n);
            jobs += run_jobs_waiting(x, b + n);
        }
        char when[CIVIL_TEXT_MAX];
        buf_puts(g->out, "<tr>");
        cell_text(g,
                  str_of(civil_format(x->series->begin_ms + (int64_t)b * x->series->bin_ms, when)));
        cell_real(g, 1, chips / n);
        cell_real(g, 1, jobs / n);
        buf_puts(g->out, "</tr>\n");
    }
    table_end(g);
}

static void over_time(struct page *g)
{
    const struct run_result *x = g->x;
    struct plot_areas p = {
        .id = "alloc",
        .title = "Chips held over time",
        .desc = "Stacked areas, one for each pool; the dashed line is what the fleet has.",
        .height = 300,
        .begin_ms = x->series->begin_ms,
        .bin_ms = x->series->bin_ms,
        .end_ms = x->series->lanes[0].since_ms,
        .bins = x->bins,
        .lanes = g->lanes + g->has_others,
        .value = held,
        .arg = g,
        .limit = (double)x->chips,
        .limit_word = arena_printf(&g->arena, "%" PRIu64 " chips", x->chips)};
    buf_puts(g->out, "<h2>Chips held over time</h2>\n");
    legend(g);
    plot_areas(&p, g->out);
    p.id = "queue";
    p.title = "Jobs waiting over time";
    p.desc = arena_printf(&g->arena, "One area; at most %" PRIu64 " jobs waited at once.",
                          x->queue_peak);
    p.height = 200;
    p.lanes = 1;
    p.value = waiting;
    p.limit = 0;
    buf_printf(g->out, "<h2>Jobs waiting over time</h2>\n<p>At most %" PRIu64 " at once.</p>\n",
               x->queue_peak);
    plot_areas(&p, g->out);
    table_over_time(g);
}

/* ---- tenants --------------------------------------------------------------------------------- */

static const uint32_t quantiles[PLOT_QUANTILES] = {100000, 250000, 500000, 750000, 990000};

static void ranges(struct page *g, const uint32_t *order, const char *id, const char *title,
                   const char *desc, bool jct)
{
    const struct run_result *x = g->x;
    struct plot_range rows[ROWS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->tenant_count && n < ROWS_MAX; i++) {
        const struct run_tenant *t = &x->tenants[order[i]];
        const struct spread *s = jct ? &t->jct : &t->wait;
        if (s->count == 0) continue;
        rows[n].label = x->tenant_names->name[order[i]];
        rows[n].mean_ms = spread_mean_ms(s);
        for (int k = 0; k < PLOT_QUANTILES; k++)
            rows[n].ms[k] = (double)spread_quantile(s, quantiles[k]);
        n++;
    }
    buf_printf(g->out, "<h2>%s</h2>\n<p>%s</p>\n", title, desc);
    if (n > 0) plot_ranges(id, title, desc, rows, n, g->out);
}

static void tenants(struct page *g)
{
    static const char *const heads[] = {
        "Tenant",   "Submitted", "Completed", "Refused", "Rejected",   "Wait p50", "p90", "p99",
        "JCT mean", "p50",       "p90",       "p99",     "Chip hours", "Cost USD", NULL};
    static const uint32_t ppm[] = {500000, 900000, 990000};
    const struct run_result *x = g->x;
    const uint32_t *order = report_tenants(x, &g->arena);
    ranges(g, order, "wait", "Wait before the first start, by tenant",
           "Line: 10 % to 99 % of jobs; box: the middle half; bar: median; ring: mean. Tenants by "
           "the chip time they held.",
           false);
    ranges(g, order, "jct", "From submission to completion, by tenant",
           "The same for jobs that ran to their end.", true);
    table_begin(g, "Tenants", heads);
    for (uint32_t i = 0; i < x->tenant_count; i++) {
        const struct run_tenant *t = &x->tenants[order[i]];
        buf_puts(g->out, "<tr>");
        cell_text(g, x->tenant_names->name[order[i]]);
        cell_count(g, t->submitted);
        cell_count(g, t->completed);
        cell_count(g, t->refused);
        cell_count(g, t->rejected);
        for (int k = 0; k < 3; k++) cell_span(g, (double)spread_quantile(&t->wait, ppm[k]));
        cell_span(g, spread_mean_ms(&t->jct));
        for (int k = 0; k < 3; k++) cell_span(g, (double)spread_quantile(&t->jct, ppm[k]));
        cell_real(g, 1, report_hours(t->chip_ms));
        cell_usd(g, cents(t->cost_uusd));
        buf_puts(g->out, "</tr>\n");
    }
    table_end(g);
}

/* ---- pools and refusals ---------------------------------------------------------------------- */

static void pools(struct page *g)
{
    static const char *const heads[] = {"Pool",       "Chip",   "Chips",    "USD per chip hour",
                                        "Chip hours", "Held %", "Useful %", "Attempts",
                                        "Cost USD",   NULL};
    const struct run_result *x = g->x;
    struct plot_bar bars[ROWS_MAX];
    uint32_t n = 0;
    double span = (double)(x->end_ms - x->begin_ms);
    for (uint32_t p = 0; p < x->pool_count && n < ROWS_MAX; p++) {
        char usd[MONEY_TEXT_MAX];
        const struct run_pool *pool = &x->pools[p];
        if (pool->chips == 0) continue;
        bars[n].label = pool->id;
        bars[n].value = (double)pool->uusd_per_chip_h;
        bars[n++].text =
            arena_printf(&g->arena, "%s USD", money_format(pool->uusd_per_chip_h, usd));
    }
    buf_puts(g->out, "<h2>Price of each pool</h2>\n<p>USD for a chip hour.</p>\n");
    plot_bars("price", "Price of each pool", "Bars: USD for a chip hour.", bars, n, g->out);
    table_begin(g, "Pools", heads);
    for (uint32_t p = 0; p < x->pool_count; p++) {
        const struct run_pool *pool = &x->pools[p];
        double have = (double)pool->chips * span, total = pool->held_chip_ms;
        buf_puts(g->out, "<tr>");
        cell_text(g, pool->id);
        cell_text(g, pool->chip);
        cell_count(g, pool->chips);
        cell_usd(g, pool->uusd_per_chip_h);
        cell_real(g, 1, report_hours(total));
        cell_real(g, 1, have > 0 ? 100 * total / have : 0);
        cell_real(g, 1, have > 0 ? 100 * pool->useful_chip_ms / have : 0);
        cell_count(g, pool->started);
        cell_usd(g, cents(pool->cost_uusd));
        buf_puts(g->out, "</tr>\n");
    }
    table_end(g);
}

static void counted(struct page *g, const char *id, const char *title, const char *none,
                    const struct run_count *rows, uint32_t count)
{
    static const char *const heads[] = {"Reason", "Jobs", "First", NULL};
    struct plot_bar bars[ROWS_MAX];
    uint32_t n = count < ROWS_MAX ? count : ROWS_MAX;
    buf_printf(g->out, "<h2>%s</h2>\n", title);
    if (count == 0) {
        buf_printf(g->out, "<p>%s</p>\n", none);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        bars[i] = (struct plot_bar){rows[i].name, (double)rows[i].count,
                                    arena_printf(&g->arena, "%" PRIu64 " jobs", rows[i].count)};
    plot_bars(id, title, "Bars: numbers of jobs.", bars, n, g->out);
    table_begin(g, title, heads);
    for (uint32_t i = 0; i < count; i++) {
        buf_puts(g->out, "<tr>");
        cell_text(g, rows[i].name);
        cell_count(g, rows[i].count);
        cell_text(g, rows[i].first);
        buf_puts(g->out, "</tr>\n");
    }
    table_end(g);
}

static void still_waiting(struct page *g)
{
    struct run_count rows[REASON_COUNT];
    uint32_t n = 0;
    for (int i = 0; i < REASON_COUNT; i++)
        if (g->x->reasons[i] > 0)
            rows[n++] =
                (struct run_count){.name = str_of(reason_names[i]), .count = g->x->reasons[i]};
    if (n > 0) counted(g, "left", "Still waiting at the end, by reason", "", rows, n);
}

void report_html(const struct report_about *about, const struct run_result *x, struct str before,
                 struct buf *out)
{
    struct page g = {.about = about, .x = x, .out = out};
    arena_init(&g.arena);
    choose_lanes(&g);
    head(&g);
    tiles(&g);
    buf_put_str(out, before);
    over_time(&g);
    tenants(&g);
    pools(&g);
    counted(&g, "rules", "Refused by law, by rule", "The law refused nothing.", x->rules,
            x->rule_count);
    if (x->rejection_count > 0)
        counted(&g, "rejected", "Requests that were not taken", "", x->rejections,
                x->rejection_count);
    still_waiting(&g);
    buf_puts(out, "</body></html>\n");
    arena_release(&g.arena);
}
