/* berth share (sshare): what each account has used of the fleet, and what it may still spend. As
 * sshare it prints Slurm's lines; as berth share, unless a format is asked for, a table for people. */
#include "base/civil.h"
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/lists.h"
#include "cli/say.h"
#include "cli/share_fields.h"
#include "cli/table.h"
#include "cli/times.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OPT_JSON = OPTION_LONG, OPT_IGNORED };

const struct cli_option share_options[] = {
    {'A', "accounts", "LIST", "only these accounts"},
    {'a', "all", NULL, "all accounts that you may see (always so)"},
    {'e', "helpformat", NULL, "list the fields"},
    {'h', "noheader", NULL, "print no header"},
    {'l', "long", NULL, "Slurm's long format"},
    {'n', NULL, NULL, NULL}, /* as sacct's */
    {'o', "format", "LIST", "fields with widths, such as \"Account,RawUsage%20,Left\""},
    {'p', "parsable", NULL, "values whole, '|' behind each"},
    {'P', "parsable2", NULL, "values whole, '|' between them"},
    {'U', "Users", NULL, "a line for each account that you, or the users of -u, may submit to"},
    {'u', "users", "LIST", "the same, of these users"},
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {'M', "clusters", "LIST", NULL},
    {'m', "partition", NULL, NULL},
    {'v', "verbose", NULL, NULL},
    {0},
};

struct options {
    struct str accounts, users;
    const char *format;
    enum format_style style;
    bool bare, by_user, json, list_fields, slurm;
};

static void parse_one(const struct args *a, int id, struct options *o)
{
    switch (id) {
    case 'A': o->accounts = str_of(a->value); break;
    case 'e': o->list_fields = true; break;
    case 'h':
    case 'n': o->bare = true; break;
    case 'l': o->format = SHARE_FORMAT_LONG; break;
    case 'o': o->format = a->value; break;
    case 'p': o->style = STYLE_BARS; break;
    case 'P': o->style = STYLE_BARS_BETWEEN; break;
    case 'U': o->by_user = true; break;
    case 'u':
        o->users = str_of(a->value);
        o->by_user = true;
        break;
    case OPT_JSON: o->json = true; break;
    default: break;
    }
}

static int parse(int argc, char **argv, struct options *o)
{
    struct args a;
    o->style = STYLE_PLUS;
    o->slurm = strcmp(argv[0], "sshare") == 0;
    args_init(&a, argc, argv, share_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        if (id == ARGS_STOP) return a.exit_code;
        parse_one(&a, id, o);
    }
    if (args_count(&a) > 0)
        return say_error(a.name, "'%s' is not understood; see '%s --help'", args_operands(&a)[0],
                         a.name);
    return GO_ON;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool may_submit(const struct share_view *v, struct str user)
{
    for (uint32_t i = 0; i < v->user_count; i++)
        if (str_eqz(v->users[i], "*") || str_eq(v->users[i], user)) return true;
    return false;
}

/* Slurm's lines: root, then the accounts, or an account's users. */
static enum err print_lines(struct api *a, const struct options *o, const struct share_list *list,
                            struct buf *out)
{
    struct format f;
    const char *text = o->format != NULL ? o->format : SHARE_FORMAT;
    enum err code = format_account(str_of(text), share_fields, share_field_count, &f, &a->error);
    if (code != ERR_NONE) return code;
    if (!o->bare) format_header(&f, o->style, out);
    if (!o->bare && o->style == STYLE_PLUS) format_rule(&f, out);
    struct str mine = o->users.len > 0 ? o->users : str_of(api_user_name(a));
    struct share_row row = {0};
    if (!o->by_user) format_row(&f, o->style, &row, list, out);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct share_view *v = &list->shares[i];
        if (o->accounts.len > 0 && !list_has(o->accounts, v->account)) continue;
        row = (struct share_row){.account = v};
        if (!o->by_user) format_row(&f, o->style, &row, list, out);
        struct str users = o->by_user ? mine : (struct str){0};
        while (list_next(&users, &row.user))
            if (may_submit(v, row.user)) format_row(&f, o->style, &row, list, out);
    }
    return ERR_NONE;
}

/* ---- a table for people ---------------------------------------------------------------------- */

/* Windows begin and end in UTC, so their dates are shown in it. */
static void add_budget(struct table *t, const struct share_view *v)
{
    char text[DOLLARS_TEXT_MAX], date[CIVIL_TEXT_MAX];
    if (v->budget_per.len == 0) {
        for (int i = 0; i < 5; i++) table_add(t, STR(""));
        return;
    }
    table_add(t, str_of(dollars(v->budget_uusd, text)));
    if (!v->budget_binds) {
        for (int i = 0; i < 3; i++) table_add(t, STR("-"));
        table_addf(t, "begins %s", civil_format(v->window_to_ms, date));
        return;
    }
    table_add(t, str_of(dollars(v->spent_uusd, text)));
    table_add(t, str_of(dollars(v->committed_uusd, text)));
    table_add_colour(t, v->left_uusd <= 0 ? COLOUR_RED : COLOUR_NONE,
                     str_of(dollars(v->left_uusd, text)));
    table_add(t, str_of(v->window_to_ms == 0 ? "never" : civil_format(v->window_to_ms, date)));
}

static void print_table(const struct options *o, const struct share_list *list, struct buf *out)
{
    static const struct table_column columns[] = {
        {"ACCOUNT", COLUMN_SHRINKS},
        {"WEIGHT", COLUMN_RIGHT},
        {"SHARE", COLUMN_RIGHT},
        {"USED", COLUMN_RIGHT},
        {"NOW/H", COLUMN_RIGHT | COLUMN_DROPS},
        {"WAIT", COLUMN_RIGHT | COLUMN_DROPS},
        {"RUN", COLUMN_RIGHT | COLUMN_DROPS},
        {"BUDGET", COLUMN_RIGHT},
        {"SPENT", COLUMN_RIGHT},
        {"COMMITTED", COLUMN_RIGHT},
        {"LEFT", COLUMN_RIGHT},
        {"WINDOW ENDS", COLUMN_SHRINKS},
    };
    char text[DOLLARS_TEXT_MAX];
    struct table t;
    table_init(&t, columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct share_view *v = &list->shares[i];
        if (o->accounts.len > 0 && !list_has(o->accounts, v->account)) continue;
        table_add(&t, v->account);
        table_addf(&t, "%" PRIu32, v->weight);
        table_addf(&t, "%.1f%%", 100 * share_norm(list, v));
        table_addf(&t, "%.1f%%", 100 * share_usage(list, v));
        table_add(&t, str_of(dollars(v->uusd_per_h, text)));
        table_addf(&t, "%" PRIu32, v->pending);
        table_addf(&t, "%" PRIu32, v->running);
        add_budget(&t, v);
    }
    table_print(&t, out, say_width(), 0, !o->bare, say_in_colour());
    table_release(&t);
}

int cmd_share(int argc, char **argv)
{
    struct options o = {0};
    int exit_code = parse(argc, argv, &o);
    if (exit_code != GO_ON) return exit_code;
    if (o.list_fields) return fields_list(argv[0], share_fields, share_field_count);
    struct api a;
    struct share_list list;
    struct buf out = {0};
    exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    enum err code = api_shares(&a, &list);
    bool lines = o.slurm || o.format != NULL || o.by_user || o.style != STYLE_PLUS;
    if (code == ERR_NONE && o.json)
        api_print_json(&a);
    else if (code == ERR_NONE && lines)
        code = print_lines(&a, &o, &list, &out);
    else if (code == ERR_NONE)
        print_table(&o, &list, &out);
    say_buf(&out, stdout);
    buf_release(&out);
    if (code != ERR_NONE) return api_fail(&a, code);
    return api_close(&a, say_end(argv[0], EXIT_DONE));
}
