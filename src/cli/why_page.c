#include "cli/why_page.h"

#include "base/civil.h"
#include "cli/job_rows.h"
#include "cli/table.h"
#include "cli/times.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABEL = 12, /* columns before the text of a labelled line */
    WHY_WIDTH = 100, /* of the table without a terminal to fit: sentences wrap, names stay */
};

bool reason_is_law(int reason)
{
    return reason == REASON_LAW_NO_SITE || reason == REASON_LAW_UNRESOLVED ||
           reason == REASON_LAW_FORBIDS || reason == REASON_LAW_ENDS_FIRST;
}

/* How near a pool with this reason comes to taking the job; smaller is nearer. */
static int distance(int reason)
{
    if (reason == REASON_CHOSEN) return 0;
    if (reason == REASON_RESOURCES || reason == REASON_QUOTA || reason == REASON_NODES_DOWN ||
        reason == REASON_BUDGET || reason == REASON_PARTITION_DOWN ||
        reason == REASON_LEASE_NOT_BEGUN)
        return 1;
    return reason_is_law(reason) ? 2 : 3;
}

int plan_reason(const struct explanation *x)
{
    if (x->chosen != NO_INDEX) return REASON_CHOSEN;
    int nearest = REASON_BAD_CONSTRAINTS;
    for (uint32_t i = 0; i < x->pool_count; i++)
        if (distance(x->pools[i].reason) < distance(nearest)) nearest = x->pools[i].reason;
    return nearest;
}

static void put_coloured(const struct page *p, enum colour c, const char *text)
{
    bool on = p->colour && c != COLOUR_NONE;
    if (on) buf_puts(p->out, colour_begin(c));
    buf_puts(p->out, text);
    if (on) buf_puts(p->out, COLOUR_END);
}

/* Words wrapped at the page's width, and the end of the line; the cursor stands at column `at`. */
static void put_wrapped(const struct page *p, struct str text, int at, int indent)
{
    text_wrap(p->out, text, p->width, at, indent);
    buf_putc(p->out, '\n');
}

static void put_label(const struct page *p, const char *label)
{
    buf_puts(p->out, "  ");
    put_coloured(p, COLOUR_BOLD, label);
    buf_printf(p->out, "%*s", LABEL - (int)strlen(label), "");
}

static void put_line(const struct page *p, const char *label, struct str text)
{
    put_label(p, label);
    put_wrapped(p, text, LABEL + 2, LABEL + 2);
}

__attribute__((format(printf, 3, 4))) static void put_linef(const struct page *p, const char *label,
                                                            const char *fmt, ...)
{
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put_line(p, label, str_of(text));
}

static void put_heading(const struct page *p, const char *text)
{
    buf_putc(p->out, '\n');
    put_coloured(p, COLOUR_BOLD, text);
    buf_putc(p->out, '\n');
}

/* The pool at an index of the explanation, or NULL (the fleet has changed since). */
static const struct pool_view *pool_at(const struct pool_list *pools, uint32_t index)
{
    return index < pools->count ? &pools->pools[index] : NULL;
}

static struct str pool_name(const struct pool_list *pools, uint32_t index)
{
    const struct pool_view *pool = pool_at(pools, index);
    return pool != NULL ? pool->pool : STR("?");
}

/* ---- order of the rows: chosen, then possible ones by cost, then the others as in the fleet ----- */

struct ranked {
    uint32_t row; /* index in explanation.pools */
    int rank; /* 0 chosen, 1 possible, 2 not possible */
    int64_t cost_uusd;
};

static int ranked_cmp(const void *pa, const void *pb)
{
    const struct ranked *a = pa;
    const struct ranked *b = pb;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    if (a->rank == 1 && a->cost_uusd != b->cost_uusd) return a->cost_uusd < b->cost_uusd ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static struct ranked *rank(const struct explanation *x, struct arena *arena)
{
    struct ranked *order = ARENA_ARRAY(arena, x->pool_count, struct ranked);
    for (uint32_t i = 0; i < x->pool_count; i++) {
        const struct pool_reason *r = &x->pools[i];
        int rank = r->reason == REASON_CHOSEN || r->pool == x->chosen ? 0
                   : r->reason == REASON_DEARER                       ? 1
                                                                      : 2;
        order[i] = (struct ranked){i, rank, r->cost_uusd};
    }
    qsort(order, x->pool_count, sizeof *order, ranked_cmp);
    return order;
}

/* The sentence of a row without "pool NAME: " before it, which the table says already. */
static struct str sentence_of(const struct explanation *x, uint32_t row, struct str pool)
{
    struct str s = x->sentences != NULL ? x->sentences[row] : (struct str){0};
    char before[NAME_LEN_MAX + 16];
    int n = snprintf(before, sizeof before, "pool %.*s: ", STR_ARG(pool));
    if (n > 0 && (size_t)n < sizeof before && str_starts(s, before))
        s = (struct str){s.p + n, s.len - (size_t)n};
    return s;
}

static struct str cite_of(const struct explanation *x, uint32_t row)
{
    return x->cites != NULL ? x->cites[row] : (struct str){0};
}

/* A sentence, and the citation where the sentence does not hold it already. */
static void put_reason(struct buf *out, struct str sentence, struct str cite)
{
    buf_put_str(out, sentence);
    if (cite.len > 0 &&
        (sentence.len < cite.len || memmem(sentence.p, sentence.len, cite.p, cite.len) == NULL))
        buf_printf(out, " [" STR_FMT "]", STR_ARG(cite));
}

static void add_cost(struct table *t, int64_t cost_uusd)
{
    char text[DOLLARS_TEXT_MAX];
    table_add(t, str_of(cost_uusd != 0 ? dollars(cost_uusd, text) : "-"));
}

/* ---- berth why ------------------------------------------------------------------------------ */

static void headline(const struct page *p, const struct job_view *j, int64_t now_ms)
{
    struct buf text = {0};
    char when[INSTANT_TEXT_MAX];
    buf_puts(&text, "Job ");
    job_view_id(j, &text);
    buf_printf(&text, " (" STR_FMT ") of account " STR_FMT " is " STR_FMT, STR_ARG(j->name),
               STR_ARG(j->account), STR_ARG(j->state));
    if (job_view_is_pending(j) && j->reason.len > 0)
        buf_printf(&text, ": " STR_FMT, STR_ARG(j->reason));
    else if (job_view_is_ended(j) && j->end_ms != 0)
        buf_printf(&text, " since %s", instant_words(j->end_ms, now_ms, when));
    else if (j->start_ms != 0)
        buf_printf(&text, " since %s", instant_words(j->start_ms, now_ms, when));
    if (j->nodes.len > 0) buf_printf(&text, " on " STR_FMT, STR_ARG(j->nodes));
    buf_putc(&text, '.');
    text_clean(&text, 0);
    put_coloured(p, COLOUR_BOLD, text.p);
    buf_putc(p->out, '\n');
    buf_release(&text);
}

/* "tyo-h100 (tyo-1, h100-sxm)" */
static void put_place(struct buf *out, struct str pool, struct str site, struct str chip)
{
    buf_put_str(out, pool);
    if (site.len > 0) buf_printf(out, " (" STR_FMT, STR_ARG(site));
    if (site.len > 0 && chip.len > 0) buf_printf(out, ", " STR_FMT, STR_ARG(chip));
    if (site.len > 0) buf_putc(out, ')');
}

/* ": 30 min at $2.00 a chip hour (table: 25 to 40 min)", where more is known than the limit. */
static void put_time(struct buf *out, const struct pool_view *pool, const struct pool_reason *r)
{
    char ms[SPAN_TEXT_MAX], lo[SPAN_TEXT_MAX], hi[SPAN_TEXT_MAX], price[DOLLARS_TEXT_MAX];
    if (r->basis == BASIS_LIMIT) return;
    buf_printf(out, ": %s at %s a chip hour (%s", span_words(r->expected_ms, ms),
               dollars(pool->uusd_per_chip_h, price), basis_names[r->basis]);
    if (r->lo_ms < r->hi_ms)
        buf_printf(out, ": %s to %s", span_words(r->lo_ms, lo), span_words(r->hi_ms, hi));
    buf_putc(out, ')');
}

static void put_choice(const struct page *p, const char *label, const struct explanation *x,
                       const struct pool_view *pool, uint32_t index, const char *says,
                       int64_t more_uusd)
{
    struct buf line = {0};
    char cost[DOLLARS_TEXT_MAX], more[DOLLARS_TEXT_MAX];
    const struct pool_reason *r = index < x->pool_count ? &x->pools[index] : NULL;
    int64_t cost_uusd = index == x->chosen ? x->chosen_cost_uusd : x->runner_up_cost_uusd;
    put_place(&line, pool->pool, pool->site, pool->chip);
    buf_printf(&line, ": %s%s", says, dollars(cost_uusd, cost));
    if (more_uusd > 0) buf_printf(&line, ", which is %s more", dollars(more_uusd, more));
    if (r != NULL) put_time(&line, pool, r);
    put_line(p, label, buf_str(&line));
    buf_release(&line);
}

static void choice(const struct page *p, const struct explanation *x, const struct pool_list *pools)
{
    char when[INSTANT_TEXT_MAX];
    const struct pool_view *chosen = pool_at(pools, x->chosen);
    const struct pool_view *next = pool_at(pools, x->runner_up);
    if (chosen != NULL) put_choice(p, "Chosen", x, chosen, x->chosen, "expected cost ", 0);
    if (chosen != NULL && next != NULL)
        put_choice(p, "Runner-up", x, next, x->runner_up, "",
                   x->runner_up_cost_uusd - x->chosen_cost_uusd);
    if (x->start_estimate_ms != 0 && x->state == JOB_PENDING)
        put_linef(p, "Start", "expected %s, if running jobs use their whole time limit",
                  instant_words(x->start_estimate_ms, x->now_ms, when));
}

/* What went wrong with the last attempt, in its engine's words. */
static void trouble(const struct page *p, const struct job_view *j)
{
    bool was_refused = str_eqz(j->reason, reason_names[REASON_LAUNCH_FAILED]);
    put_linef(p, "Trouble", "attempt %" PRIu32 " %s: %.*s",
              job_view_is_pending(j) && j->attempt > 1 ? j->attempt - 1 : j->attempt,
              was_refused ? "could not be started" : "was lost", STR_ARG(j->trouble));
}

/* Where a job that is over ran, and what it cost. */
static void past(const struct page *p, const struct job_view *j)
{
    struct buf line = {0};
    char text[DOLLARS_TEXT_MAX];
    if (j->start_ms != 0) {
        put_place(&line, j->partition, j->site, j->chip);
        buf_printf(&line, " for %s", span_words(job_elapsed_ms(j, j->end_ms), text));
        buf_printf(&line, ", at a cost of %s", dollars(j->spent_uusd, text));
        put_line(p, "Ran in", buf_str(&line));
    }
    buf_clear(&line);
    if (j->exit_signal != 0)
        buf_printf(&line, "signal %" PRId32, j->exit_signal);
    else
        buf_printf(&line, "exit code %" PRId32, j->exit_code);
    if (j->start_ms != 0) put_line(p, "Ended with", buf_str(&line));
    if (j->rule.len > 0) put_line(p, "Rule", j->rule);
    buf_release(&line);
}

static void other_pools(const struct page *p, const struct explanation *x,
                        const struct pool_list *pools, bool is_over)
{
    const unsigned names = p->width != 0 ? COLUMN_SHRINKS : COLUMN_PLAIN;
    const struct table_column columns[] = {
        {"POOL", names},          {"CHIP", names},       {"COST", COLUMN_RIGHT},
        {"REASON", COLUMN_PLAIN}, {"WHY", COLUMN_WRAPS},
    };
    struct table t;
    struct arena arena;
    arena_init(&arena);
    table_init(&t, columns, sizeof columns / sizeof *columns);
    const struct ranked *order = rank(x, &arena);
    uint32_t shown = 0, left = 0;
    for (uint32_t i = 0; i < x->pool_count; i++) {
        const struct pool_reason *r = &x->pools[order[i].row];
        const struct pool_view *pool = pool_at(pools, r->pool);
        if (order[i].rank == 0 && !is_over) continue;
        if (!p->all && shown == PAGE_POOLS) {
            left++;
            continue;
        }
        shown++;
        struct str name = pool_name(pools, r->pool);
        struct str cite = cite_of(x, order[i].row);
        table_add(&t, name);
        table_add(&t, pool != NULL ? pool->chip : STR(""));
        add_cost(&t, r->cost_uusd);
        table_add_colour(&t, reason_is_law(r->reason) ? COLOUR_RED : COLOUR_NONE,
                         str_of(reason_names[r->reason]));
        struct str why = sentence_of(x, order[i].row, name);
        struct buf text = {0};
        put_reason(&text, why, cite);
        table_add(&t, buf_str(&text));
        buf_release(&text);
    }
    if (shown > 0) {
        put_heading(p, is_over                 ? "If it were submitted now"
                       : x->chosen != NO_INDEX ? "The other pools"
                                               : "The pools");
        table_print(&t, p->out, p->width != 0 ? p->width : WHY_WIDTH, 2, true, p->colour);
    }
    if (left > 0) buf_printf(p->out, "  ... and %" PRIu32 " more (--all shows them)\n", left);
    table_release(&t);
    arena_release(&arena);
}

static const char *effect_name(int effect)
{
    return effect >= 0 && effect < EFFECT_COUNT ? law_effect_names[effect] : "?";
}

static void law_line(const struct page *p, const struct law_verdict *v)
{
    if (v->considered_count == 0 && v->finding_count == 0) return;
    const char *allowed = v->allowed ? "allowed" : "not allowed";
    if (v->finding_count == 0) {
        put_linef(p, "Law", "%s (%s): %" PRIu32 " rule%s looked at, none bites", allowed,
                  effect_name(v->effect), v->considered_count, v->considered_count == 1 ? "" : "s");
        return;
    }
    /* The strictest that stops it, else the strictest that binds, else the strictest of all. */
    uint32_t at = 0, binding = 0;
    while (at < v->finding_count && (!v->findings[at].binding || v->findings[at].met)) at++;
    while (binding < v->finding_count && !v->findings[binding].binding) binding++;
    if (at == v->finding_count) at = binding < v->finding_count ? binding : 0;
    const struct law_finding *f = &v->findings[at];
    put_linef(p, "Law", "%s (%s): %.*s [%.*s]", allowed, effect_name(v->effect), STR_ARG(f->rule),
              STR_ARG(f->cite));
}

void page_why(const struct page *p, const struct job_view *job, const struct explanation *x,
              const struct law_verdict *verdict, const struct pool_list *pools)
{
    bool is_over = job_view_is_ended(job) && !str_eqz(job->state, job_state_names[JOB_REFUSED]);
    headline(p, job, x->now_ms);
    if (x->preempt.len > 0) put_line(p, "Preempt", x->preempt);
    if (job->trouble.len > 0) trouble(p, job);
    if (is_over)
        past(p, job);
    else
        choice(p, x, pools);
    if (x->network.len > 0) put_line(p, "Network", x->network);
    law_line(p, verdict);
    other_pools(p, x, pools, is_over);
    if (!is_over && x->flip.sentence.len > 0) {
        put_heading(p, "What would change it");
        buf_puts(p->out, "  ");
        put_wrapped(p, x->flip.sentence, 2, 2);
    }
}

/* ---- berth plan ----------------------------------------------------------------------------- */

static const char *law_word(int reason)
{
    switch (reason) {
    case REASON_LAW_NO_SITE:
    case REASON_LAW_FORBIDS: return "refused";
    case REASON_LAW_UNRESOLVED: return "unresolved";
    case REASON_LAW_ENDS_FIRST: return "ends first";
    default: return "allowed";
    }
}

static void plan_row(struct table *t, const struct explanation *x, const struct ranked *r,
                     const struct pool_list *pools)
{
    const struct pool_reason *row = &x->pools[r->row];
    const struct pool_view *pool = pool_at(pools, row->pool);
    bool law = reason_is_law(row->reason);
    table_add(t, pool_name(pools, row->pool));
    table_add(t, pool != NULL ? pool->site : STR(""));
    table_add(t, pool != NULL ? pool->chip : STR(""));
    uint32_t free = 0;
    if (pool != NULL && pool->chips_up > pool->chips_used) free = pool->chips_up - pool->chips_used;
    if (pool != NULL && pool->chips_total > 0)
        table_addf(t, "%" PRIu32 "/%" PRIu32, free, pool->chips_total);
    else
        table_add(t, STR("-"));
    add_cost(t, row->cost_uusd);
    table_add_colour(t, law ? COLOUR_RED : COLOUR_GREEN, str_of(law_word(row->reason)));
    table_add_colour(t, COLOUR_GREEN, r->rank == 0 ? STR("<-- chosen") : STR(""));
}

static void why_not(const struct page *p, const struct explanation *x, const struct ranked *order,
                    uint32_t shown, const struct pool_list *pools)
{
    bool any = false;
    for (uint32_t i = 0; i < shown; i++) {
        const struct pool_reason *r = &x->pools[order[i].row];
        if (order[i].rank < 2) continue;
        if (!any) put_heading(p, "Why not");
        any = true;
        struct str name = pool_name(pools, r->pool);
        struct str cite = cite_of(x, order[i].row);
        struct buf line = {0};
        buf_printf(&line, STR_FMT ": ", STR_ARG(name));
        put_reason(&line, sentence_of(x, order[i].row, name), cite);
        buf_puts(p->out, "  ");
        put_wrapped(p, buf_str(&line), 2, 4);
        buf_release(&line);
    }
}

void page_plan(const struct page *p, const struct explanation *x, const struct pool_list *pools)
{
    static const struct table_column columns[] = {
        {"POOL", COLUMN_SHRINKS}, {"SITE", COLUMN_SHRINKS}, {"CHIP", COLUMN_SHRINKS},
        {"FREE", COLUMN_RIGHT},   {"COST", COLUMN_RIGHT},   {"LAW", COLUMN_PLAIN},
        {"CHOSEN", COLUMN_PLAIN},
    };
    struct arena arena;
    struct table t;
    char text[DOLLARS_TEXT_MAX + INSTANT_TEXT_MAX];
    arena_init(&arena);
    table_init(&t, columns, sizeof columns / sizeof *columns);
    const struct ranked *order = rank(x, &arena);
    uint32_t shown = p->all || x->pool_count <= PAGE_POOLS ? x->pool_count : PAGE_POOLS;
    for (uint32_t i = 0; i < shown; i++) plan_row(&t, x, &order[i], pools);
    table_print(&t, p->out, p->width, 0, true, p->colour);
    table_release(&t);
    if (shown < x->pool_count)
        buf_printf(p->out, "... and %" PRIu32 " more (--all shows them)\n", x->pool_count - shown);
    why_not(p, x, order, shown, pools);
    buf_putc(p->out, '\n');
    if (x->chosen != NO_INDEX)
        buf_printf(p->out, "It would start now in " STR_FMT " for %s.\n",
                   STR_ARG(pool_name(pools, x->chosen)), dollars(x->chosen_cost_uusd, text));
    else if (x->start_estimate_ms != 0)
        buf_printf(p->out, "It would wait (%s) and start about %s.\n", reason_names[plan_reason(x)],
                   instant_words(x->start_estimate_ms, x->now_ms, text));
    else
        buf_printf(p->out, "It would not start now: %s.\n", reason_names[plan_reason(x)]);
    if (x->flip.sentence.len > 0) {
        buf_puts(p->out, "What would change it: ");
        put_wrapped(p, x->flip.sentence, 22, 2);
    }
    arena_release(&arena);
}

/* ---- a verdict ------------------------------------------------------------------------------ */

/* "12.5" of 12500 thousandths. */
static void put_milli(struct buf *out, int64_t milli)
{
    const char *sign = milli < 0 ? "-" : "";
    int64_t abs = milli < 0 ? -milli : milli;
    buf_printf(out, "%s%" PRId64, sign, abs / 1000);
    if (abs % 1000 != 0) {
        buf_printf(out, ".%03" PRId64, abs % 1000);
        while (out->p[out->len - 1] == '0') out->len--;
    }
}

static void put_finding(const struct page *p, const struct law_finding *f)
{
    struct buf line = {0};
    buf_printf(&line, STR_FMT ": %s%s%s", STR_ARG(f->rule), effect_name(f->effect),
               f->binding ? "" : " (warning: this level does not bind)",
               f->met ? ", and what it asks is met" : "");
    buf_puts(p->out, "  ");
    put_coloured(p, f->binding && !f->met && f->effect > EFFECT_PERMIT ? COLOUR_RED : COLOUR_NONE,
                 line.p);
    buf_putc(p->out, '\n');
    buf_clear(&line);
    if (f->because.len > 0) {
        buf_puts(p->out, "    ");
        put_wrapped(p, f->because, 4, 4);
    }
    for (uint32_t i = 0; i < f->number_count; i++) {
        const struct law_number *n = &f->numbers[i];
        buf_clear(&line);
        buf_printf(&line, STR_FMT " is ", STR_ARG(n->fact));
        put_milli(&line, n->value_milli);
        buf_printf(&line, "; the bound is " STR_FMT " ", STR_ARG(n->op));
        put_milli(&line, n->bound_milli);
        buf_puts(p->out, "    ");
        put_wrapped(p, buf_str(&line), 4, 4);
    }
    for (uint32_t i = 0; i < f->missing_count; i++)
        buf_printf(p->out, "    missing evidence: " STR_FMT "\n", STR_ARG(f->missing_evidence[i]));
    if (f->short_by > 0)
        buf_printf(p->out, "    the permit is short by %" PRId64 "\n", f->short_by);
    if (f->cite.len > 0) {
        buf_puts(p->out, "    ");
        put_wrapped(p, f->cite, 4, 4);
    }
    buf_release(&line);
}

void page_verdict(const struct page *p, const struct law_verdict *v, int64_t now_ms)
{
    char text[INSTANT_TEXT_MAX];
    put_coloured(p, v->allowed ? COLOUR_GREEN : COLOUR_RED, v->allowed ? "allowed" : "not allowed");
    buf_printf(p->out, " (%s), %" PRIu32 " rule%s looked at\n", effect_name(v->effect),
               v->considered_count, v->considered_count == 1 ? "" : "s");
    for (uint32_t i = 0; i < v->finding_count; i++) put_finding(p, &v->findings[i]);
    if (v->unresolved_count > 0) put_heading(p, "Unknown");
    for (uint32_t i = 0; i < v->unresolved_count; i++) {
        struct buf line = {0};
        buf_printf(&line, STR_FMT ": " STR_FMT, STR_ARG(v->unresolved[i].fact),
                   STR_ARG(v->unresolved[i].why));
        buf_puts(p->out, "  ");
        put_wrapped(p, buf_str(&line), 2, 4);
        buf_release(&line);
    }
    if (v->flip_count > 0) put_heading(p, "What would change it");
    for (uint32_t i = 0; i < v->flip_count; i++) {
        buf_puts(p->out, "  ");
        put_wrapped(p, v->flip[i], 2, 4);
    }
    if (v->next_change_ms != 0 && v->next_change_ms != CIVIL_NEVER_MS)
        buf_printf(p->out, "\nBy date alone it changes next: %s\n",
                   instant_words(v->next_change_ms, now_ms, text));
}
