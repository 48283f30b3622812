/* Help, manual pages and shell completion, all made from the table of commands. */
#include "cli/commands.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

enum { HELP_WIDTH = 80, HELP_INDENT = 28 };

const char *const command_group_titles[GROUP_COUNT] = {"Jobs", "Fleet", "Law", "Ledger", "Other"};

static const char exits_usual[] = "0\tdone\n"
                                  "1\tthe request is wrong, or could not be carried out\n"
                                  "4\tno daemon answers\n";

/* Give the next line of *text in *line; false at the end. */
static bool next_line(const char **text, struct str *line)
{
    if (*text == NULL || **text == '\0') return false;
    size_t n = strcspn(*text, "\n");
    *line = (struct str){*text, n};
    *text += (*text)[n] == '\n' ? n + 1 : n;
    return true;
}

/* Split at the first tab. */
static void split_tab(struct str line, struct str *left, struct str *right)
{
    const char *tab = memchr(line.p, '\t', line.len);
    size_t n = tab != NULL ? (size_t)(tab - line.p) : line.len;
    *left = (struct str){line.p, n};
    *right = tab != NULL ? (struct str){tab + 1, line.len - n - 1} : (struct str){0};
}

/* "-t, --states LIST" as people write it. */
static void put_option_name(struct buf *out, const struct cli_option *o)
{
    bool maybe = o->argument != NULL && strncmp(o->argument, "[=", 2) == 0;
    if (o->id < OPTION_LONG) buf_printf(out, "-%c", o->id);
    if (o->id < OPTION_LONG && o->name != NULL) buf_puts(out, ", ");
    if (o->name != NULL) buf_printf(out, "--%s", o->name);
    if (o->argument == NULL) return;
    if (!maybe) buf_putc(out, o->name != NULL ? '=' : ' ');
    buf_puts(out, o->argument);
}

static void put_pair(struct buf *out, size_t line_start, struct str help)
{
    int at = (int)(out->len - line_start);
    if (at + 2 > HELP_INDENT) {
        buf_printf(out, "\n%*s", HELP_INDENT, "");
    } else {
        buf_printf(out, "%*s", HELP_INDENT - at, "");
    }
    text_wrap(out, help, HELP_WIDTH, HELP_INDENT, HELP_INDENT);
    buf_putc(out, '\n');
}

static void put_summary(struct buf *out, const struct command *c)
{
    size_t start = out->len;
    buf_printf(out, "  %s", c->name);
    if (c->alias != NULL && strcmp(c->alias, c->name) != 0) buf_printf(out, " (%s)", c->alias);
    put_pair(out, start, str_of(c->summary));
}

void command_help_all(struct buf *out)
{
    buf_puts(out, "berth places jobs on scarce accelerators: lawfully, at least cost, and says "
                  "why.\n\nusage: berth COMMAND [OPTION]...\n");
    for (int g = 0; g < GROUP_COUNT; g++) {
        buf_printf(out, "\n%s\n", command_group_titles[g]);
        for (size_t i = 0; i < command_count; i++)
            if (commands[i].group == g) put_summary(out, &commands[i]);
    }
    buf_puts(
        out,
        "\n'berth help COMMAND' tells more. A link named sbatch, squeue, sinfo, "
        "scancel,\nscontrol, sacct, sshare or sprio that points to berth acts as that command.\n");
}

static void put_tabbed(struct buf *out, const char *lines)
{
    struct str line, left, right;
    while (next_line(&lines, &line)) {
        size_t start = out->len;
        split_tab(line, &left, &right);
        buf_printf(out, "  " STR_FMT, STR_ARG(left));
        if (right.len > 0)
            put_pair(out, start, right);
        else
            buf_putc(out, '\n');
    }
}

void command_help(const struct command *c, struct buf *out)
{
    const char *about = c->about;
    struct str line;
    buf_printf(out, "usage: berth %s%s%s\n", c->name, c->usage[0] != '\0' ? " " : "", c->usage);
    if (c->alias != NULL && strcmp(c->alias, c->name) != 0)
        buf_printf(out, "   or: %s%s%s\n", c->alias, c->usage[0] != '\0' ? " " : "", c->usage);
    buf_printf(out, "\n%c%s.\n",
               c->summary[0] - ('a' <= c->summary[0] && c->summary[0] <= 'z') * 32, c->summary + 1);
    while (next_line(&about, &line)) {
        buf_putc(out, '\n');
        text_wrap(out, line, HELP_WIDTH, 0, 0);
        buf_putc(out, '\n');
    }
    if (command_options(c) != NULL) buf_puts(out, "\nOptions\n");
    for (const struct cli_option *o = command_options(c); o != NULL && o->id != 0; o++) {
        if (o->help == NULL) continue;
        size_t start = out->len;
        buf_puts(out, "  ");
        put_option_name(out, o);
        put_pair(out, start, str_of(o->help));
    }
    if (c->examples != NULL) {
        buf_puts(out, "\nExamples\n");
        put_tabbed(out, c->examples);
    }
    if (c->exits != NULL) {
        buf_puts(out, "\nExit codes\n");
        put_tabbed(out, exits_usual);
        put_tabbed(out, c->exits);
    }
}

/* ---- manual pages (man(7) of groff) --------------------------------------------------------- */

/* Text with roff's special characters escaped. */
static void put_roff(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == '\\')
            buf_puts(out, "\\e");
        else if (c == '"')
            buf_puts(out, "\\(dq");
        else if (c == '-')
            buf_puts(out, "\\-");
        else if (c == '\'' && (i == 0 || text.p[i - 1] == '\n'))
            buf_puts(out, "\\(aq");
        else if (c == '.' && (i == 0 || text.p[i - 1] == '\n'))
            buf_puts(out, "\\&.");
        else
            buf_putc(out, c);
    }
}

static void put_title(struct buf *out, const char *name)
{
    buf_puts(out, ".TH \"BERTH");
    if (name != NULL) buf_puts(out, "\\-");
    for (const char *p = name; p != NULL && *p != '\0'; p++)
        buf_putc(out, (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p));
    buf_puts(out, "\" 1 \"\" \"berth " BERTH_VERSION "\" \"Berth\"\n");
}

static void put_roff_pairs(struct buf *out, const char *lines, bool bold)
{
    struct str line, left, right;
    while (next_line(&lines, &line)) {
        split_tab(line, &left, &right);
        buf_puts(out, ".TP\n");
        if (bold) buf_puts(out, ".B ");
        put_roff(out, left);
        buf_putc(out, '\n');
        put_roff(out, right);
        buf_putc(out, '\n');
    }
}

void command_man(const struct command *c, struct buf *out)
{
    const char *about = c->about;
    struct str line;
    put_title(out, c->name);
    buf_printf(out, ".SH NAME\nberth\\-%s \\- ", c->name);
    put_roff(out, str_of(c->summary));
    buf_printf(out, "\n.SH SYNOPSIS\n.B berth %s\n", c->name);
    put_roff(out, str_of(c->usage));
    if (c->alias != NULL && strcmp(c->alias, c->name) != 0) {
        buf_printf(out, "\n.br\n.B %s\n", c->alias);
        put_roff(out, str_of(c->usage));
    }
    buf_puts(out, "\n.SH DESCRIPTION\n");
    if (about == NULL) {
        put_roff(out, str_of(c->summary));
        buf_puts(out, ".\n");
    }
    while (next_line(&about, &line)) {
        put_roff(out, line);
        buf_puts(out, "\n.PP\n");
    }
    if (command_options(c) != NULL) buf_puts(out, ".SH OPTIONS\n");
    for (const struct cli_option *o = command_options(c); o != NULL && o->id != 0; o++) {
        if (o->help == NULL) continue;
        struct buf name = {0};
        put_option_name(&name, o);
        buf_puts(out, ".TP\n.B ");
        put_roff(out, buf_str(&name));
        buf_putc(out, '\n');
        put_roff(out, str_of(o->help));
        buf_puts(out, ".\n");
        buf_release(&name);
    }
    buf_puts(out, ".SH EXIT STATUS\n");
    put_roff_pairs(out, exits_usual, true);
    put_roff_pairs(out, c->exits, true);
    if (c->examples != NULL) buf_puts(out, ".SH EXAMPLES\n");
    put_roff_pairs(out, c->examples, true);
    buf_puts(out, ".SH SEE ALSO\n.BR berth (1)\n");
}

void command_man_all(struct buf *out)
{
    put_title(out, NULL);
    buf_puts(out, ".SH NAME\nberth \\- place jobs on scarce accelerators: lawfully, at least cost, "
                  "and say why\n.SH SYNOPSIS\n.B berth\n.I COMMAND\n[OPTION]...\n.SH DESCRIPTION\n"
                  "One binary: the daemon, the command line and the record of both. Each command "
                  "has a page of its own, such as\n.BR berth\\-submit (1).\n"
                  "A link named sbatch, squeue, sinfo, scancel, scontrol, sacct, sshare or sprio "
                  "that points to "
                  "berth acts as that command.\n");
    for (int g = 0; g < GROUP_COUNT; g++) {
        buf_printf(out, ".SS %s\n", command_group_titles[g]);
        for (size_t i = 0; i < command_count; i++) {
            if (commands[i].group != g) continue;
            buf_printf(out, ".TP\n.BR berth\\-%s (1)\n", commands[i].name);
            put_roff(out, str_of(commands[i].summary));
            buf_puts(out, ".\n");
        }
    }
    buf_puts(out, ".SH ENVIRONMENT\n");
    put_roff_pairs(out,
                   "BERTH_SOCKET\tThe daemon's unix socket.\n"
                   "BERTH_URL\tThe daemon's address over TCP, such as http://127.0.0.1:7070, in "
                   "place of the socket.\n"
                   "BERTH_TOKEN, BERTH_TOKEN_FILE\tThe bearer token for BERTH_URL, or the file "
                   "that holds it.\n"
                   "BERTH_STATE\tThe daemon's state folder.\n"
                   "BERTH_LAW, BERTH_DATA\tThe folders of rule packs and of catalogues.\n"
                   "NO_COLOR\tNo colours.\n",
                   true);
    buf_puts(out, ".SH EXIT STATUS\n");
    put_roff_pairs(out, exits_usual, true);
    put_roff_pairs(out, "2\trefused by law\n3\tlawful, but no capacity now\n", true);
}

/* ---- completion ----------------------------------------------------------------------------- */

static bool needs_value(const struct cli_option *o)
{
    return o->argument != NULL && strncmp(o->argument, "[=", 2) != 0;
}

/* Help text within single quotes of a shell: quotes and characters that zsh reads are dropped. */
static void put_plain(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (strchr("'\"[]`$\\:", *text) == NULL) buf_putc(out, *text);
}

static void put_long_options(struct buf *out, const struct command *c)
{
    for (const struct cli_option *o = command_options(c); o != NULL && o->id != 0; o++)
        if (o->name != NULL && o->help != NULL) buf_printf(out, " --%s", o->name);
    buf_puts(out, " --help");
}

static void put_bash(struct buf *out)
{
    buf_puts(out, "# berth completion for bash: source <(berth completion bash)\n"
                  "_berth()\n{\n    local cur=${COMP_WORDS[COMP_CWORD]} cmd=${COMP_WORDS[0]##*/} "
                  "words=\n"
                  "    if [[ $cmd == berth ]]; then\n        if ((COMP_CWORD == 1)); then\n"
                  "            COMPREPLY=($(compgen -W '");
    for (size_t i = 0; i < command_count; i++)
        buf_printf(out, "%s%s", i > 0 ? " " : "", commands[i].name);
    buf_puts(out, "' -- \"$cur\"))\n            return\n        fi\n        cmd=${COMP_WORDS[1]}\n"
                  "    fi\n    case $cmd in\n");
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &commands[i];
        buf_printf(out, "    %s", c->name);
        if (c->alias != NULL && strcmp(c->alias, c->name) != 0) buf_printf(out, "|%s", c->alias);
        buf_puts(out, ") words='");
        put_long_options(out, c);
        buf_puts(out, "' ;;\n");
    }
    buf_puts(out, "    esac\n    if [[ $cur == -* ]]; then\n"
                  "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n    else\n"
                  "        COMPREPLY=($(compgen -f -- \"$cur\"))\n    fi\n}\n"
                  "complete -o filenames -F _berth berth");
    for (size_t i = 0; i < command_count; i++)
        if (commands[i].alias != NULL) buf_printf(out, " %s", commands[i].alias);
    buf_putc(out, '\n');
}

static void put_zsh(struct buf *out)
{
    buf_puts(out, "#compdef berth");
    for (size_t i = 0; i < command_count; i++)
        if (commands[i].alias != NULL) buf_printf(out, " %s", commands[i].alias);
    buf_puts(out, "\n# berth completion for zsh: put it as _berth in a folder of $fpath\n"
                  "_berth() {\n    local cmd=$service\n    local -a names\n    names=(\n");
    for (size_t i = 0; i < command_count; i++) {
        buf_printf(out, "        '%s:", commands[i].name);
        put_plain(out, commands[i].summary);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "    )\n    if [[ $cmd == berth ]]; then\n        if ((CURRENT == 2)); then\n"
                  "            _describe command names\n            return\n        fi\n"
                  "        cmd=${words[2]}\n        shift words\n        ((CURRENT--))\n    fi\n"
                  "    case $cmd in\n");
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &commands[i];
        buf_printf(out, "    %s", c->name);
        if (c->alias != NULL && strcmp(c->alias, c->name) != 0) buf_printf(out, "|%s", c->alias);
        buf_puts(out, ")\n        _arguments");
        for (const struct cli_option *o = command_options(c); o != NULL && o->id != 0; o++) {
            if (o->name == NULL || o->help == NULL) continue;
            bool takes = needs_value(o);
            buf_printf(out, " \\\n            '--%s%s[", o->name, takes ? "=" : "");
            put_plain(out, o->help);
            buf_printf(out, "]%s'", takes ? ":value:" : "");
        }
        buf_puts(out, " \\\n            '*:file:_files' ;;\n");
    }
    buf_puts(out, "    esac\n}\n_berth \"$@\"\n");
}

static void put_fish(struct buf *out)
{
    buf_puts(out, "# berth completion for fish: berth completion fish | source\n"
                  "complete -c berth -n __fish_use_subcommand -f\n");
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &commands[i];
        buf_printf(out, "complete -c berth -n __fish_use_subcommand -a %s -d '", c->name);
        put_plain(out, c->summary);
        buf_puts(out, "'\n");
        for (const struct cli_option *o = command_options(c); o != NULL && o->id != 0; o++) {
            if (o->name == NULL || o->help == NULL) continue;
            bool takes = needs_value(o);
            buf_printf(out, "complete -c berth -n '__fish_seen_subcommand_from %s' -l %s%s -d '",
                       c->name, o->name, takes ? " -r" : "");
            put_plain(out, o->help);
            buf_puts(out, "'\n");
        }
    }
}

bool command_completion(const char *shell, struct buf *out)
{
    if (strcmp(shell, "bash") == 0)
        put_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        put_zsh(out);
    else if (strcmp(shell, "fish") == 0)
        put_fish(out);
    else
        return false;
    return true;
}
