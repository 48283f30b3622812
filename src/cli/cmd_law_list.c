/* berth law list, berth law show: the rules as a table, and one rule whole. */
#include "base/civil.h"
#include "cli/api.h"
#include "cli/cmd_law.h"
#include "cli/law_files.h"
#include "cli/say.h"
#include "cli/table.h"
#include "read/suggest.h"

#include <string.h>
#include <time.h>

enum { OPT_LAW = OPTION_LONG, OPT_ON, OPT_BIND, OPT_JSON };

const struct cli_option law_list_options[] = {
    {OPT_LAW, "law", "DIR", "read the packs of DIR; may be repeated"},
    {OPT_ON, "on", "DATE", "how the rules stand on DATE instead of today"},
    {OPT_BIND, "bind", "LIST", "levels that bind (law,act,guidance)"},
    {OPT_JSON, "json", NULL, "as JSON: of show, each rule in a line, within its pack"},
    {0},
};

struct listing {
    struct law_files files;
    int64_t on_ms;
    char **operands;
    int operand_count;
    bool json;
};

static int parse(struct listing *l, int argc, char **argv, bool operands_are_packs)
{
    struct args a;
    l->on_ms = (int64_t)time(NULL) * 1000;
    args_init(&a, argc, argv, law_list_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        int code = GO_ON;
        if (id == ARGS_STOP) return a.exit_code;
        if (id == OPT_LAW) code = law_files_add(&l->files, a.value);
        if (id == OPT_JSON) l->json = true;
        if (id == OPT_BIND) code = law_files_bind(&l->files, a.value);
        if (id == OPT_ON && !civil_parse(str_of(a.value), &l->on_ms))
            code = say_error(a.name, "--on takes a date such as 2026-01-31, not '%s'", a.value);
        if (code != GO_ON) return code;
    }
    l->operands = args_operands(&a);
    l->operand_count = args_count(&a);
    for (int i = 0; operands_are_packs && i < l->operand_count; i++) {
        int code = law_files_add(&l->files, l->operands[i]);
        if (code != GO_ON) return code;
    }
    int code = law_files_chips(&l->files);
    return code == GO_ON ? law_files_load(&l->files) : code;
}

static const char *state_text(enum law_state s)
{
    switch (s) {
    case LAW_STATE_FUTURE: return "not yet";
    case LAW_STATE_COMING: return "in force, to comply later";
    case LAW_STATE_BINDING: return "binds";
    case LAW_STATE_WARNING: return "warns";
    case LAW_STATE_UNENFORCED: return "not enforced";
    case LAW_STATE_SUSPENDED: return "suspended";
    case LAW_STATE_ENDED: return "ended";
    }
    return "";
}

static enum colour state_colour(enum law_state s)
{
    switch (s) {
    case LAW_STATE_BINDING: return COLOUR_NONE;
    case LAW_STATE_WARNING:
    case LAW_STATE_COMING:
    case LAW_STATE_UNENFORCED: return COLOUR_YELLOW;
    case LAW_STATE_FUTURE:
    case LAW_STATE_SUSPENDED:
    case LAW_STATE_ENDED: return COLOUR_DIM;
    }
    return COLOUR_NONE;
}

/* A rule that would bind or warn may be in doubt: whether it is in force is not known. */
static bool in_doubt(const struct law_rule *r, enum law_state s, int64_t on_ms)
{
    const struct law_doubt *d = &r->doubt;
    return d->present && (s == LAW_STATE_BINDING || s == LAW_STATE_WARNING) &&
           on_ms >= d->from_ms && (d->to_ms == 0 || on_ms < d->to_ms);
}

static const char *date_text(int64_t ms, char out[CIVIL_TEXT_MAX])
{
    return ms != 0 ? civil_format(ms, out) : "-";
}

/* What the rule says, in a few words. */
static void put_demand(const struct law_rule *r, struct buf *out)
{
    if (r->lower_count > 0) buf_puts(out, "lowers to ");
    put_verdict_words(out, r->then.effect, r->then.policy);
    if (r->cost_percent > 0) buf_printf(out, ", costs %d %%", r->cost_percent);
}

static void add_rule(struct table *t, const struct listing *l, const struct law_rule *r)
{
    char date[CIVIL_TEXT_MAX];
    enum law_state s = law_rule_state(l->files.law, r->id, l->on_ms);
    struct buf demand = {0};
    table_add(t, r->id);
    table_add(t, r->law);
    table_add(t, str_of(law_level_names[r->level]));
    table_add(t, str_of(date_text(r->effective_ms != 0 ? r->effective_ms : r->published_ms, date)));
    table_add(t, str_of(date_text(r->until_ms, date)));
    if (in_doubt(r, s, l->on_ms))
        table_add_colour(t, COLOUR_YELLOW, STR("in doubt"));
    else
        table_add_colour(t, state_colour(s), str_of(state_text(s)));
    put_demand(r, &demand);
    table_add(t, buf_str(&demand));
    table_add(t, r->title);
    buf_release(&demand);
}

/* A row of the table, as JSON. */
struct rule_row {
    struct str rule, law, pack, level, stands, demand, title;
    int64_t from_ms, until_ms;
};

static void visit_rule_row(struct visit *v, struct rule_row *x)
{
    visit_text(v, "rule", &x->rule);
    visit_text(v, "law", &x->law);
    visit_text(v, "pack", &x->pack);
    visit_text(v, "level", &x->level);
    visit_i64(v, "from_ms", &x->from_ms);
    visit_i64(v, "until_ms", &x->until_ms);
    visit_text(v, "stands", &x->stands);
    visit_text(v, "then", &x->demand);
    visit_text(v, "title", &x->title);
}

struct rule_rows {
    struct rule_row *rows;
    uint32_t count;
    int64_t on_ms;
};

static void visit_rule_rows(struct visit *v, void *what)
{
    struct rule_rows *x = what;
    visit_i64(v, "on_ms", &x->on_ms);
    VISIT_ARRAY(v, "rules", x->rows, x->count, UINT32_MAX, visit_rule_row);
}

static struct rule_row row_of(struct listing *l, const struct law_pack *p, const struct law_rule *r)
{
    struct buf demand = {0};
    put_demand(r, &demand);
    enum law_state s = law_rule_state(l->files.law, r->id, l->on_ms);
    struct rule_row row = {.rule = r->id,
                           .law = r->law,
                           .pack = p->id,
                           .level = str_of(law_level_names[r->level]),
                           .stands = in_doubt(r, s, l->on_ms) ? STR("in doubt")
                                                              : str_of(state_text(s)),
                           .demand = str_copy(&l->files.arena, buf_str(&demand)),
                           .title = r->title,
                           .from_ms = r->effective_ms != 0 ? r->effective_ms : r->published_ms,
                           .until_ms = r->until_ms};
    buf_release(&demand);
    return row;
}

static void list_json(struct listing *l)
{
    struct rule_rows x = {.on_ms = l->on_ms};
    for (uint32_t i = 0; i < law_packs(l->files.law); i++)
        x.count += law_pack_at(l->files.law, i)->rule_count;
    x.rows = ARENA_ARRAY(&l->files.arena, x.count, struct rule_row);
    x.count = 0;
    for (uint32_t i = 0; i < law_packs(l->files.law); i++) {
        const struct law_pack *p = law_pack_at(l->files.law, i);
        for (uint32_t r = 0; r < p->rule_count; r++)
            x.rows[x.count++] = row_of(l, p, &p->rules[r]);
    }
    api_print(visit_rule_rows, &x);
}

static void visit_pack_any(struct visit *v, void *what)
{
    visit_law_pack(v, what);
}

int cmd_law_list(int argc, char **argv)
{
    static const struct table_column columns[] = {
        {"RULE", COLUMN_PLAIN},   {"LAW", COLUMN_PLAIN},    {"LEVEL", COLUMN_PLAIN},
        {"FROM", COLUMN_PLAIN},   {"UNTIL", COLUMN_PLAIN},  {"STANDS", COLUMN_PLAIN},
        {"THEN", COLUMN_SHRINKS}, {"TITLE", COLUMN_SHRINKS}};
    struct listing l = {0};
    law_files_init(&l.files, argv[0]);
    int code = parse(&l, argc, argv, true);
    if (code == GO_ON && l.json) {
        list_json(&l);
        code = EXIT_DONE;
    } else if (code == GO_ON) {
        struct table t;
        struct buf text = {0};
        table_init(&t, columns, sizeof columns / sizeof *columns);
        for (uint32_t i = 0; i < law_packs(l.files.law); i++) {
            const struct law_pack *p = law_pack_at(l.files.law, i);
            for (uint32_t r = 0; r < p->rule_count; r++) add_rule(&t, &l, &p->rules[r]);
        }
        table_print(&t, &text, say_width(), 0, true, say_in_colour());
        say_buf(&text, stdout);
        buf_release(&text);
        table_release(&t);
        code = EXIT_DONE;
    }
    law_files_release(&l.files);
    return say_end(argv[0], code);
}

/* ---- show ------------------------------------------------------------------------------------ */

struct sheet {
    struct buf out;
    int width;
};

static void line(struct sheet *s, const char *name, struct str text)
{
    enum { NAME_WIDTH = 14 };
    if (text.len == 0) return;
    buf_printf(&s->out, "%-*s", NAME_WIDTH, name);
    text_wrap(&s->out, text, s->width, NAME_WIDTH, NAME_WIDTH);
    buf_putc(&s->out, '\n');
}

static void date_line(struct sheet *s, const char *name, int64_t ms)
{
    char date[CIVIL_TEXT_MAX];
    if (ms != 0) line(s, name, str_of(civil_format(ms, date)));
}

static void list_line(struct sheet *s, const char *name, const struct str *items, uint32_t count)
{
    struct buf b = {0};
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&b, "%s" STR_FMT, i > 0 ? ", " : "", STR_ARG(items[i]));
    line(s, name, buf_str(&b));
    buf_release(&b);
}

static void span_line(struct sheet *s, const char *name, const struct law_span *x)
{
    char from[CIVIL_TEXT_MAX], to[CIVIL_TEXT_MAX];
    struct buf b = {0};
    buf_printf(&b, "from %s until %s", x->from_ms != 0 ? civil_format(x->from_ms, from) : "ever",
               x->to_ms != 0 ? civil_format(x->to_ms, to) : "further notice");
    if (x->reason.len > 0) buf_printf(&b, ": " STR_FMT, STR_ARG(x->reason));
    line(s, name, buf_str(&b));
    buf_release(&b);
}

static void demand_line(struct sheet *s, const struct law_rule *r)
{
    struct buf b = {0};
    put_verdict_words(&b, r->then.effect, r->then.policy);
    if (r->then.authority.len > 0) buf_printf(&b, " of " STR_FMT, STR_ARG(r->then.authority));
    if (r->then.days > 0) buf_printf(&b, ", %u days before", r->then.days);
    if (r->cost_percent > 0) buf_printf(&b, ", costs %d %%", r->cost_percent);
    line(s, "then", buf_str(&b));
    buf_release(&b);
    list_line(s, "evidence", r->then.evidence, r->then.evidence_count);
    list_line(s, "lowers", r->lowers, r->lower_count);
    list_line(s, "needs", r->needs, r->need_count);
    line(s, "report", r->report);
    line(s, "record", r->record);
    line(s, "permit counts", str_of(law_permit_count_names[r->permit]));
    list_line(s, "holders", r->holders, r->holder_count);
}

static void limit_lines(struct sheet *s, const struct law_rule *r)
{
    struct buf b = {0};
    if (r->cap.present) {
        buf_printf(&b, STR_FMT " by " STR_FMT ", window %s, at most %.10g " STR_FMT,
                   STR_ARG(r->cap.sum), STR_ARG(r->cap.by), law_window_names[r->cap.window],
                   (double)r->cap.at_most_milli / 1000.0, STR_ARG(r->cap.unit));
        line(s, "cap", buf_str(&b));
        buf_clear(&b);
    }
    if (r->ratio.present) {
        buf_printf(&b, "share of " STR_FMT " by %s per " STR_FMT ", %s %.10g %%",
                   STR_ARG(r->ratio.share_of), law_unit_names[r->ratio.unit], STR_ARG(r->ratio.per),
                   law_bound_names[r->ratio.bound], r->ratio.bound_ppm / 10000.0);
        line(s, "ratio", buf_str(&b));
    }
    buf_release(&b);
}

/* The lets and sets that the expression names, one level deep: what a reader needs beside it. */
static void word_lines(struct sheet *s, const struct law_pack *p, struct str when)
{
    for (uint32_t i = 0; i < p->let_count; i++)
        if (p->lets[i].name.len > 0 && when.len > 0 &&
            memmem(when.p, when.len, p->lets[i].name.p, p->lets[i].name.len) != NULL) {
            struct buf b = {0};
            buf_printf(&b, STR_FMT " is " STR_FMT, STR_ARG(p->lets[i].name),
                       STR_ARG(p->lets[i].is));
            line(s, "  where", buf_str(&b));
            buf_release(&b);
        }
}

static void show_rule(struct sheet *s, const struct listing *l, const struct law_pack *p,
                      const struct law_rule *r)
{
    line(s, "rule", r->id);
    line(s, "title", r->title);
    line(s, "law", r->law);
    line(s, "level", str_of(law_level_names[r->level]));
    enum law_state state = law_rule_state(l->files.law, r->id, l->on_ms);
    line(s, "stands", in_doubt(r, state, l->on_ms) ? STR("in doubt") : str_of(state_text(state)));
    date_line(s, "published", r->published_ms);
    date_line(s, "effective", r->effective_ms);
    date_line(s, "compliance", r->compliance_ms);
    date_line(s, "until", r->until_ms);
    for (uint32_t i = 0; i < r->suspended_count; i++) span_line(s, "suspended", &r->suspended[i]);
    if (r->unenforced) span_line(s, "unenforced", &r->unenforced_when);
    if (r->doubt.present) {
        struct law_span x = {r->doubt.from_ms, r->doubt.to_ms, r->doubt.ask};
        span_line(s, "in doubt", &x);
    }
    struct str acts[ACT_COUNT];
    uint32_t n = 0;
    for (int a = 0; a < ACT_COUNT; a++)
        if (r->acts >> a & 1u) acts[n++] = str_of(law_act_names[a]);
    list_line(s, "acts", acts, n);
    line(s, "when", r->when.len > 0 ? r->when : STR("always"));
    word_lines(s, p, r->when);
    date_line(s, "grandfather", r->grandfather_ms);
    limit_lines(s, r);
    demand_line(s, r);
    for (uint32_t i = 0; i < r->question_count; i++) {
        struct buf b = {0};
        buf_printf(&b, STR_FMT ": " STR_FMT, STR_ARG(r->questions[i].fact),
                   STR_ARG(r->questions[i].ask));
        line(s, "ask", buf_str(&b));
        buf_release(&b);
    }
    line(s, "cite", r->source.cite);
    line(s, "source", r->source.source);
    date_line(s, "read", r->source.read_ms);
    line(s, "confidence", r->source.confidence);
    line(s, "basis", r->source.basis);
    line(s, "note", r->source.note);
    struct buf pack = {0};
    buf_printf(&pack, STR_FMT "@" STR_FMT, STR_ARG(p->id), STR_ARG(p->digest));
    line(s, "pack", buf_str(&pack));
    buf_release(&pack);
}

static const struct law_pack *pack_of(const struct listing *l, const struct law_rule *r)
{
    for (uint32_t i = 0; i < law_packs(l->files.law); i++) {
        const struct law_pack *p = law_pack_at(l->files.law, i);
        if (r >= p->rules && r < p->rules + p->rule_count) return p;
    }
    return NULL;
}

static void put_examples(struct sheet *s, const struct listing *l, struct str rule)
{
    for (uint32_t i = 0; i < l->files.pack_count; i++) {
        const struct pack_file *p = &l->files.packs[i];
        for (uint32_t k = 0; k < p->example_count; k++) {
            const struct law_example *x = &p->examples[k];
            if (!str_eq(p->pack.rules[x->rule].id, rule)) continue;
            struct buf b = {0};
            buf_printf(&b, "%s: " STR_FMT " (", example_kind_names[x->kind], STR_ARG(x->title));
            put_verdict_words(&b, x->expect.effect, x->expect.policy);
            buf_puts(&b, ")");
            line(s, "example", buf_str(&b));
            buf_release(&b);
        }
    }
}

static int no_such_rule(struct listing *l, const char *name, const char *id)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->files.pack_count; i++) n += l->files.packs[i].pack.rule_count;
    const char **ids = ARENA_ARRAY(&l->files.arena, n + 1, const char *);
    n = 0;
    for (uint32_t i = 0; i < l->files.pack_count; i++)
        for (uint32_t r = 0; r < l->files.packs[i].pack.rule_count; r++)
            ids[n++] = str_dupz(&l->files.arena, l->files.packs[i].pack.rules[r].id);
    const char *near = suggest(str_of(id), ids);
    if (near != NULL) return say_error(name, "there is no rule '%s'; did you mean '%s'?", id, near);
    return say_error(name, "there is no rule '%s'; 'berth law list' lists them", id);
}

int cmd_law_show(int argc, char **argv)
{
    struct listing l = {0};
    struct sheet s = {.width = say_width()};
    law_files_init(&l.files, argv[0]);
    int code = parse(&l, argc, argv, false);
    if (code == GO_ON && l.operand_count == 0)
        code = say_error(argv[0], "name a rule; 'berth law list' lists them");
    for (int i = 0; code == GO_ON && i < l.operand_count; i++) {
        const struct law_rule *r = law_rule(l.files.law, str_of(l.operands[i]));
        if (r == NULL) {
            code = no_such_rule(&l, argv[0], l.operands[i]);
            break;
        }
        if (l.json) {
            struct law_pack alone = *pack_of(&l, r);
            struct law_rule rule = *r;
            alone.rules = &rule;
            alone.rule_count = 1;
            api_print(visit_pack_any, &alone);
            continue;
        }
        if (i > 0) buf_putc(&s.out, '\n');
        show_rule(&s, &l, pack_of(&l, r), r);
        put_examples(&s, &l, r->id);
    }
    if (s.out.len > 0) fwrite(s.out.p, 1, s.out.len, stdout);
    buf_release(&s.out);
    law_files_release(&l.files);
    return say_end(argv[0], code == GO_ON ? EXIT_DONE : code);
}
