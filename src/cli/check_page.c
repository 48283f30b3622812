#include "cli/check_page.h"

#include "base/civil.h"
#include "cli/say.h"
#include "cli/table.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { INDENT = 2, DETAIL = 6 };

struct page {
    struct buf *out;
    int width;
    bool colour;
};

void check_put_case(const struct law_case *c, struct buf *out)
{
    bool first = true;
    for (int a = 0; a < ACT_COUNT; a++) {
        if ((c->acts >> a & 1u) == 0) continue;
        buf_printf(out, "%s%s", first ? "" : ", ", law_act_names[a]);
        first = false;
    }
    if (c->from.len > 0 && !str_eq(c->from, c->to))
        buf_printf(out, " from " STR_FMT, STR_ARG(c->from));
    if (c->to.len > 0)
        buf_printf(out, " %s " STR_FMT, str_eq(c->from, c->to) ? "in" : "to", STR_ARG(c->to));
    else if (c->site.country.len > 0)
        buf_printf(out, " in " STR_FMT, STR_ARG(c->site.country));
    if (!c->chip_present || c->chip.id.len == 0) return;
    buf_puts(out, ", ");
    if (c->amount_known) buf_printf(out, "%" PRId64 " x ", c->amount);
    buf_put_str(out, c->chip.id);
}

static void put_demand(struct buf *out, int effect, int policy, struct str authority)
{
    for (const char *p = law_effect_names[effect]; *p != '\0'; p++)
        buf_putc(out, (char)toupper((unsigned char)*p));
    if (policy == POLICY_PRESUMPTION_OF_DENIAL)
        buf_puts(out, ", presumed to be denied");
    else if (policy == POLICY_APPROVE)
        buf_puts(out, ", presumed to be approved");
    else if (policy == POLICY_CASE_BY_CASE)
        buf_puts(out, ", reviewed case by case");
    if (authority.len > 0) buf_printf(out, " (" STR_FMT ")", STR_ARG(authority));
}

void check_put_verdict(const struct law_verdict *v, struct buf *out)
{
    put_demand(out, v->effect, v->policy, v->authority);
    if (v->effect != EFFECT_PERMIT && v->allowed) buf_puts(out, " - met");
}

void check_put_short(const struct law_verdict *v, struct buf *out)
{
    static const char *const policies[POLICY_COUNT] = {"", ", approval presumed", ", case by case",
                                                       ", denial presumed"};
    struct str authority = v->policy == POLICY_NONE ? v->authority : (struct str){0};
    put_demand(out, v->effect, POLICY_NONE, authority);
    buf_puts(out, policies[v->policy]);
    if (v->effect != EFFECT_PERMIT && v->allowed) buf_puts(out, " - met");
}

int check_colour(const struct law_verdict *v)
{
    if (v->effect == EFFECT_UNRESOLVED) return COLOUR_YELLOW;
    return v->allowed ? COLOUR_GREEN : COLOUR_RED;
}

static void put_coloured(const struct page *p, enum colour c, struct str text)
{
    if (p->colour) buf_puts(p->out, colour_begin(c));
    buf_put_str(p->out, text);
    if (p->colour) buf_puts(p->out, COLOUR_END);
}

static void put_blanks(const struct page *p, int n)
{
    while (n-- > 0) buf_putc(p->out, ' ');
}

/* A paragraph that begins at column `at`; empties `b`. */
static void put_lines(const struct page *p, struct buf *b, int at, int indent)
{
    put_blanks(p, at);
    text_wrap(p->out, buf_str(b), p->width, at, indent);
    buf_putc(p->out, '\n');
    buf_clear(b);
}

static void heading(const struct page *p, const char *text)
{
    put_coloured(p, COLOUR_BOLD, str_of(text));
    buf_putc(p->out, '\n');
}

static void put_milli(struct buf *b, int64_t milli)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%.3f", (double)milli / 1000.0);
    while (n > 0 && text[n - 1] == '0') n--;
    if (n > 0 && text[n - 1] == '.') n--;
    buf_printf(b, "%.*s", n, text);
}

static void put_numbers(const struct page *p, const struct law_finding *f, struct buf *b)
{
    for (uint32_t i = 0; i < f->number_count; i++) {
        const struct law_number *n = &f->numbers[i];
        buf_printf(b, STR_FMT " = ", STR_ARG(n->fact));
        put_milli(b, n->value_milli);
        buf_printf(b, "  " STR_FMT " ", STR_ARG(n->op));
        put_milli(b, n->bound_milli);
        buf_puts(b, "  (margin ");
        put_milli(b, n->margin_milli);
        buf_puts(b, ")");
        put_lines(p, b, DETAIL, DETAIL + 2);
    }
}

static void put_list(const struct page *p, const char *head, const struct str *items,
                     uint32_t count, struct buf *b)
{
    if (count == 0) return;
    buf_puts(b, head);
    for (uint32_t i = 0; i < count; i++)
        buf_printf(b, "%s " STR_FMT, i > 0 ? "," : "", STR_ARG(items[i]));
    put_lines(p, b, DETAIL, DETAIL + 2);
}

static void put_note(const struct page *p, const char *head, struct str text, struct buf *b)
{
    if (text.len == 0) return;
    buf_puts(b, head);
    buf_put_str(b, text);
    put_lines(p, b, DETAIL, DETAIL + 2);
}

static void put_finding(const struct page *p, const struct law_finding *f, struct buf *b)
{
    put_blanks(p, INDENT);
    put_coloured(p, COLOUR_BOLD, f->rule);
    buf_puts(b, "  ");
    put_demand(b, f->effect, f->policy, f->authority);
    if (f->days > 0) buf_printf(b, ", %u days before", f->days);
    if (f->effect != EFFECT_PERMIT) buf_puts(b, f->met ? "  met" : "  not met");
    buf_printf(b, "  [" STR_FMT "]", STR_ARG(f->level));
    put_lines(p, b, 0, DETAIL);
    put_note(p, "", f->title, b);
    put_note(p, "because ", f->because, b);
    put_numbers(p, f, b);
    put_note(p, "note: ", f->note, b);
    put_note(p, "lowered by ", f->lowered_by, b);
    if (f->permit.len > 0) {
        buf_printf(b, "permit " STR_FMT, STR_ARG(f->permit));
        if (f->short_by > 0) buf_printf(b, " is short by %" PRId64, f->short_by);
        put_lines(p, b, DETAIL, DETAIL + 2);
    }
    put_list(p, "not on record:", f->missing_evidence, f->missing_count, b);
    put_note(p, "report: ", f->report, b);
    put_note(p, "keep a record: ", f->record, b);
    buf_printf(b, STR_FMT "  " STR_FMT, STR_ARG(f->cite), STR_ARG(f->source));
    put_lines(p, b, DETAIL, DETAIL + 2);
}

static void put_findings(const struct page *p, const struct law_verdict *v, bool binding,
                         const char *head, struct buf *b)
{
    bool any = false;
    for (uint32_t i = 0; i < v->finding_count; i++) {
        if (v->findings[i].binding != binding) continue;
        if (!any) heading(p, head);
        any = true;
        put_finding(p, &v->findings[i], b);
    }
}

static void put_unknown(const struct page *p, const struct law_verdict *v, struct buf *b)
{
    if (v->unresolved_count > 0) heading(p, "Not known, and it matters");
    for (uint32_t i = 0; i < v->unresolved_count; i++) {
        const struct law_unknown *u = &v->unresolved[i];
        buf_printf(b, STR_FMT ": " STR_FMT, STR_ARG(u->fact), STR_ARG(u->why));
        put_lines(p, b, INDENT, DETAIL);
        put_list(p, "asked by", u->rules, u->rule_count, b);
    }
}

static void put_changes(const struct page *p, const struct law_verdict *v, struct buf *b)
{
    if (v->flip_count > 0) heading(p, "What would change it");
    for (uint32_t i = 0; i < v->flip_count; i++) {
        buf_printf(b, "- " STR_FMT, STR_ARG(v->flip[i]));
        put_lines(p, b, INDENT, INDENT + 2);
    }
    char date[CIVIL_TEXT_MAX];
    if (v->next_change_ms == CIVIL_NEVER_MS)
        buf_puts(b, "No date is known on which it changes.");
    else
        buf_printf(b, "Changes next on %s.", civil_format(v->next_change_ms, date));
    put_lines(p, b, 0, 0);
}

static void put_considered(const struct page *p, const struct law_verdict *v, struct str law,
                           struct buf *b)
{
    buf_printf(b, "Rules looked at (" STR_FMT "):", STR_ARG(law));
    for (uint32_t i = 0; i < v->considered_count; i++)
        buf_printf(b, "%s " STR_FMT, i > 0 ? "," : "", STR_ARG(v->considered[i]));
    if (v->considered_count == 0) buf_puts(b, " none concerns this act on this date");
    put_lines(p, b, 0, INDENT);
}

void check_page_put(const struct law_case *c, const struct law_verdict *v, struct str name,
                    struct str law, int width, bool colour, struct buf *out)
{
    struct page p = {out, width, colour};
    struct buf b = {0};
    char date[CIVIL_TEXT_MAX];
    if (name.len > 0) buf_printf(&b, STR_FMT ": ", STR_ARG(name));
    check_put_case(c, &b);
    buf_printf(&b, ", on %s", civil_format(v->on_ms, date));
    put_lines(&p, &b, 0, INDENT);
    check_put_verdict(v, &b);
    if (colour) buf_puts(out, colour_begin((enum colour)check_colour(v)));
    text_wrap(out, buf_str(&b), width, 0, INDENT);
    buf_puts(out, colour ? COLOUR_END "\n" : "\n");
    buf_clear(&b);
    for (uint32_t i = 0; i < v->cost_count; i++) {
        buf_printf(&b, "costs %d %% by " STR_FMT, v->costs[i].percent, STR_ARG(v->costs[i].rule));
        put_lines(&p, &b, INDENT, DETAIL);
    }
    put_findings(&p, v, true, "Findings", &b);
    put_findings(&p, v, false, "Warnings (these do not bind)", &b);
    put_unknown(&p, v, &b);
    put_changes(&p, v, &b);
    put_considered(&p, v, law, &b);
    buf_release(&b);
}
