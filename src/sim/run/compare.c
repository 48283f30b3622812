#include "sim/run/compare.h"

#include "base/civil.h"
#include "base/mem.h"
#include "base/money.h"
#include "sim/run/plot.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SECOND_MS = 1000, ROUNDING_UUSD = 10, TEXT_JOBS_MAX = 20, PAGE_JOBS_MAX = 500 };

const char *const compare_kind_names[COMPARE_KINDS] = {"verdict", "state", "pool", "start", "cost"};

static uint32_t number(struct names *n, struct str name)
{
    return name.len > 0 ? names_add(n, name) : NO_INDEX;
}

void compare_take(void *arg, const struct run_done *d)
{
    struct compare_side *s = arg;
    if (d->serial >= COMPARE_JOBS_MAX) return;
    s->rows = mem_grow(s->rows, &s->cap, d->serial + 1, sizeof *s->rows);
    if (s->count <= d->serial) s->count = d->serial + 1;
    s->rows[d->serial] = (struct compare_row){
        .known = true,
        .state = d->state,
        .reason = d->reason,
        .start_ms = d->start_ms,
        .end_ms = d->end_ms,
        .cost_uusd = d->cost_uusd,
        .pool = number(s->names, d->pool),
        .rule = number(s->names, d->rule),
        .label = number(s->names, d->label),
    };
}

void compare_release(struct compare_side *s)
{
    mem_free(s->rows);
    *s = (struct compare_side){0};
}

/* ---- differences
 * ---------------------------------------------------------------------------------- */

static bool differs(int64_t a, int64_t b, int64_t by)
{
    return a > b ? a - b > by : b - a > by;
}

/* The law lets it run nowhere, for good or as things stand. */
static bool is_stopped_by_law(const struct compare_row *r)
{
    return r->state == JOB_REFUSED ||
           (r->state == JOB_PENDING &&
            (r->reason == REASON_LAW_NO_SITE || r->reason == REASON_LAW_UNRESOLVED));
}

unsigned compare_job(const struct compare *c, size_t serial)
{
    unsigned kinds = 0;
    if (serial >= c->a->count || serial >= c->b->count) return 0;
    const struct compare_row *a = &c->a->rows[serial], *b = &c->b->rows[serial];
    if (!a->known || !b->known) return 0;
    if (is_stopped_by_law(a) != is_stopped_by_law(b)) kinds |= 1u << COMPARE_VERDICT;
    if (a->state != b->state) kinds |= 1u << COMPARE_STATE;
    if (a->pool != b->pool) kinds |= 1u << COMPARE_POOL;
    if ((a->start_ms == 0) != (b->start_ms == 0) || differs(a->start_ms, b->start_ms, SECOND_MS))
        kinds |= 1u << COMPARE_START;
    if (differs(a->cost_uusd, b->cost_uusd, ROUNDING_UUSD)) kinds |= 1u << COMPARE_COST;
    return kinds;
}

void compare_count(struct compare *c)
{
    c->jobs = c->a->count > c->b->count ? c->a->count : c->b->count;
    for (size_t i = 0; i < c->jobs; i++) {
        unsigned kinds = compare_job(c, i);
        c->changed += kinds != 0;
        for (int k = 0; k < COMPARE_KINDS; k++) c->by_kind[k] += kinds >> k & 1;
    }
}

static struct str name_of(const struct compare *c, uint32_t n)
{
    return n != NO_INDEX ? c->a->names->name[n] : (struct str){0};
}

static const char *state_name(const struct compare_row *r)
{
    return r->state < 0 ? "REJECTED" : job_state_names[r->state];
}

/* ---- text
 * ------------------------------------------------------------------------------------------ */

struct total {
    const char *name;
    double a, b;
    int decimals;
};

enum { TOTALS = 13 };

static void totals(const struct run_result *a, const struct run_result *b, struct total out[TOTALS])
{
    const struct total all[TOTALS] = {
        {"jobs completed", (double)a->completed, (double)b->completed, 0},
        {"refused by law", (double)a->refused, (double)b->refused, 0},
        {"rejected", (double)a->rejected, (double)b->rejected, 0},
        {"over their limit", (double)a->timed_out, (double)b->timed_out, 0},
        {"still waiting", (double)a->waiting, (double)b->waiting, 0},
        {"restarts", (double)a->restarts, (double)b->restarts, 0},
        {"mean wait, h", report_hours(spread_mean_ms(&a->wait)),
         report_hours(spread_mean_ms(&b->wait)), 3},
        {"mean completion, h", report_hours(spread_mean_ms(&a->jct)),
         report_hours(spread_mean_ms(&b->jct)), 3},
        {"makespan, h", report_hours((double)(a->end_ms - a->begin_ms)),
         report_hours((double)(b->end_ms - b->begin_ms)), 3},
        {"chips held, %", 100 * report_allocation(a), 100 * report_allocation(b), 2},
        {"useful, %", 100 * report_utilisation(a), 100 * report_utilisation(b), 2},
        {"chip hours", report_hours(a->held_chip_ms), report_hours(b->held_chip_ms), 1},
        {"cost, USD", (double)a->cost_uusd / 1e6, (double)b->cost_uusd / 1e6, 2},
    };
    for (int i = 0; i < TOTALS; i++) out[i] = all[i];
}

static void put_state(const struct compare_row *r, struct buf *out)
{
    buf_puts(out, state_name(r));
    if (r->state == JOB_PENDING) buf_printf(out, " (%s)", reason_names[r->reason]);
}

/* Whole cents from a dollar on, else four decimals. */
static const char *usd(int64_t uusd, char room[MONEY_TEXT_MAX])
{
    int64_t unit = uusd >= MONEY_UUSD ? 10000 : 100;
    return money_format((uusd + unit / 2) / unit * unit, room);
}

static void put_change(const struct compare *c, size_t serial, struct buf *out)
{
    const struct compare_row *a = &c->a->rows[serial], *b = &c->b->rows[serial];
    char from[CIVIL_TEXT_MAX], to[CIVIL_TEXT_MAX];
    unsigned kinds = compare_job(c, serial);
    const char *gap = "";
    if (kinds >> COMPARE_STATE & 1) {
        const struct compare_row *stopped = is_stopped_by_law(b) ? b : a;
        put_state(a, out);
        buf_puts(out, " -> ");
        put_state(b, out);
        if (is_stopped_by_law(stopped) && stopped->rule != NO_INDEX)
            buf_printf(out, " by " STR_FMT, STR_ARG(name_of(c, stopped->rule)));
        gap = "; ";
    }
    if (kinds >> COMPARE_POOL & 1) {
        struct str x = name_of(c, a->pool), y = name_of(c, b->pool);
        buf_printf(out, "%spool %.*s -> %.*s", gap, (int)(x.len > 0 ? x.len : 4),
                   x.len > 0 ? x.p : "none", (int)(y.len > 0 ? y.len : 4),
                   y.len > 0 ? y.p : "none");
        gap = "; ";
    }
    if (kinds >> COMPARE_START & 1) {
        buf_printf(out, "%sstart %s -> %s", gap,
                   a->start_ms > 0 ? civil_format(a->start_ms, from) : "never",
                   b->start_ms > 0 ? civil_format(b->start_ms, to) : "never");
        gap = "; ";
    }
    if (kinds >> COMPARE_COST & 1) {
        char x[MONEY_TEXT_MAX], y[MONEY_TEXT_MAX];
        buf_printf(out, "%scost %s -> %s USD", gap, usd(a->cost_uusd, x), usd(b->cost_uusd, y));
    }
}

static void put_kinds(const struct compare *c, struct buf *out)
{
    buf_printf(out, "%" PRIu64 " of %" PRIu64 " jobs change", c->changed, c->jobs);
    const char *gap = ": ";
    for (int k = 0; k < COMPARE_KINDS; k++) {
        if (c->by_kind[k] == 0) continue;
        buf_printf(out, "%s%" PRIu64 " %s", gap, c->by_kind[k], compare_kind_names[k]);
        gap = ", ";
    }
}

void compare_text(const struct compare *c, const struct run_result *a, const struct run_result *b,
                  struct buf *out)
{
    struct total all[TOTALS];
    totals(a, b, all);
    buf_printf(out, "A: %s\nB: %s\n\n%-20s %14s %14s %14s\n", c->a_name, c->b_name, "", "A", "B",
               "B - A");
    for (int i = 0; i < TOTALS; i++)
        buf_printf(out, "%-20s %14.*f %14.*f %+14.*f\n", all[i].name, all[i].decimals, all[i].a,
                   all[i].decimals, all[i].b, all[i].decimals, all[i].b - all[i].a);
    buf_putc(out, '\n');
    put_kinds(c, out);
    buf_putc(out, '\n');
    uint64_t shown = 0;
    for (size_t i = 0; i < c->jobs && shown < TEXT_JOBS_MAX; i++) {
        if (compare_job(c, i) == 0) continue;
        buf_printf(out, "job " STR_FMT ": ", STR_ARG(name_of(c, c->a->rows[i].label)));
        put_change(c, i, out);
        buf_putc(out, '\n');
        shown++;
    }
    if (shown < c->changed)
        buf_printf(out, "and %" PRIu64 " more; --json lists them\n", c->changed - shown);
}

/* ---- JSON
 * ------------------------------------------------------------------------------------------ */

static json_t *row_json(const struct compare *c, const struct compare_row *r)
{
    char when[CIVIL_TEXT_MAX];
    json_t *o = json_object();
    struct str pool = name_of(c, r->pool), rule = name_of(c, r->rule);
    json_object_set_new(o, "state", json_string(state_name(r)));
    if (r->reason != REASON_NONE)
        json_object_set_new(o, "reason", json_string(reason_names[r->reason]));
    if (pool.len > 0) json_object_set_new(o, "pool", json_stringn(pool.p, pool.len));
    if (r->start_ms > 0)
        json_object_set_new(o, "start", json_string(civil_format(r->start_ms, when)));
    if (r->end_ms > 0) json_object_set_new(o, "end", json_string(civil_format(r->end_ms, when)));
    json_object_set_new(o, "cost_usd", json_real((double)r->cost_uusd / 1e6));
    if (rule.len > 0) json_object_set_new(o, "rule", json_stringn(rule.p, rule.len));
    return o;
}

json_t *compare_json(const struct compare *c)
{
    json_t *o = json_object(), *kinds = json_object(), *list = json_array();
    json_object_set_new(o, "a", json_string(c->a_name));
    json_object_set_new(o, "b", json_string(c->b_name));
    json_object_set_new(o, "jobs", json_integer((json_int_t)c->jobs));
    json_object_set_new(o, "changed", json_integer((json_int_t)c->changed));
    for (int k = 0; k < COMPARE_KINDS; k++)
        json_object_set_new(kinds, compare_kind_names[k], json_integer((json_int_t)c->by_kind[k]));
    json_object_set_new(o, "by_kind", kinds);
    for (size_t i = 0; i < c->jobs && json_array_size(list) < COMPARE_LIST_MAX; i++) {
        if (compare_job(c, i) == 0) continue;
        json_t *one = json_object();
        struct str label = name_of(c, c->a->rows[i].label);
        json_object_set_new(one, "id", json_stringn(label.p != NULL ? label.p : "", label.len));
        json_object_set_new(one, "a", row_json(c, &c->a->rows[i]));
        json_object_set_new(one, "b", row_json(c, &c->b->rows[i]));
        json_array_append_new(list, one);
    }
    json_object_set_new(o, "changes", list);
    return o;
}

/* ---- page
 * ------------------------------------------------------------------------------------------ */

void compare_html(const struct compare *c, const struct run_result *a, const struct run_result *b,
                  struct buf *out)
{
    struct total all[TOTALS];
    struct buf line = {0};
    totals(a, b, all);
    buf_puts(out, "<h2>What changes</h2>\n<p>A: ");
    plot_text(out, str_of(c->a_name));
    buf_puts(out, ". B: ");
    plot_text(out, str_of(c->b_name));
    buf_puts(out,
             ". The figures and plots of this page are those of B.</p>\n<div class=\"wide\" "
             "tabindex=\"0\" role=\"group\" "
             "aria-label=\"What changes\">"
             "<table><tr><th scope=\"col\"></th><th scope=\"col\">A</th><th scope=\"col\">B</th>"
             "<th scope=\"col\">B - A</th></tr>\n");
    for (int i = 0; i < TOTALS; i++)
        buf_printf(out, "<tr><td>%s</td><td>%.*f</td><td>%.*f</td><td>%+.*f</td></tr>\n",
                   all[i].name, all[i].decimals, all[i].a, all[i].decimals, all[i].b,
                   all[i].decimals, all[i].b - all[i].a);
    buf_puts(out, "</table></div>\n<p>");
    put_kinds(c, out);
    buf_puts(out, ".</p>\n<details><summary>Jobs that change</summary>"
                  "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Jobs that "
                  "change\"><table><tr>"
                  "<th scope=\"col\">Job</th><th scope=\"col\">Change</th></tr>\n");
    uint64_t shown = 0;
    for (size_t i = 0; i < c->jobs && shown < PAGE_JOBS_MAX; i++) {
        if (compare_job(c, i) == 0) continue;
        buf_puts(out, "<tr><td>");
        plot_text(out, name_of(c, c->a->rows[i].label));
        buf_puts(out, "</td><td class=\"text\">");
        buf_clear(&line);
        put_change(c, i, &line);
        plot_text(out, buf_str(&line));
        buf_puts(out, "</td></tr>\n");
        shown++;
    }
    buf_puts(out, "</table></div></details>\n");
    buf_release(&line);
}
