#include "read/sbatch.h"

#include "base/check.h"
#include "model/fleet.h"
#include "read/sbatch_options.h"

#include <stdio.h>
#include <string.h>

enum { SOURCE_SHOWN_MAX = 200 }; /* bytes of a script line that an error repeats */

/* One word of a command line or of a directive. */
struct token {
    struct str text;
    uint32_t column; /* in characters, from 1 */
};

struct line {
    struct token *tokens;
    uint32_t count;
    struct sbatch_place place; /* its column is set for each token */
    int scope; /* one bit of enum sbatch_scope */
};

void sbatch_request_init(struct sbatch_request *r, const struct sbatch_context *context,
                         struct arena *arena)
{
    *r = (struct sbatch_request){.context = context, .arena = arena};
}

void sbatch_note(struct sbatch_request *r, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (uint32_t i = 0; i < r->note_count; i++)
        if (str_eqz(r->notes[i], text)) return; /* warn once */
    if (r->note_count == SBATCH_NOTES_MAX) return;
    if (r->notes == NULL) r->notes = ARENA_ARRAY(r->arena, SBATCH_NOTES_MAX, struct str);
    r->notes[r->note_count++] = str_copy(r->arena, str_of(text));
}

/* Put the place before the message that *error holds, and the line with a caret behind it. */
static enum err fail_at(const struct sbatch_place *at, enum err e, struct errtext *error)
{
    if (error == NULL) return e;
    if (at->source == SBATCH_FROM_ENV)
        return err_prefix(error, e, "environment variable " STR_FMT, STR_ARG(at->text));
    if (at->source != SBATCH_FROM_SCRIPT) return e;
    err_prefix(error, e, "%s:%u:%u", at->file, at->line, at->column);
    if (at->text.len > SOURCE_SHOWN_MAX || !text_is_valid(at->text, SOURCE_SHOWN_MAX)) return e;
    struct errtext message = *error;
    return err_set(error, e, "%s\n    " STR_FMT "\n    %*s^", message.s, STR_ARG(at->text),
                   (int)at->column - 1, "");
}

/* ---- options --------------------------------------------------------------------------------- */

static enum err check_scope(const struct sbatch_option *o, int scope, struct errtext *error)
{
    if ((o->scope & scope) != 0) return ERR_NONE;
    if (scope == IN_SBATCH && (o->scope & IN_BERTH) != 0)
        return err_set(error, ERR_INVALID,
                       "--%s is Berth's own: write it on a #BERTH line, which Slurm ignores",
                       o->name);
    return err_set(error, ERR_INVALID, "--%s may stand on the command line only", o->name);
}

static enum err check_arg(const struct sbatch_option *o, bool has_value, struct errtext *error)
{
    if (o->arg == ARG_NEEDED && !has_value)
        return err_set(error, ERR_INVALID, "--%s needs a value", o->name);
    if (o->arg == ARG_NONE && has_value)
        return err_set(error, ERR_INVALID, "--%s takes no value", o->name);
    return ERR_NONE;
}

static void reset_group(struct sbatch_request *r, int group)
{
    r->group_option[group] = NULL;
    if (group == GROUP_CHIPS)
        r->chips = (struct sbatch_chips){0};
    else
        r->spec.mem_mb_per_node = r->spec.mem_mb_per_cpu = r->spec.mem_mb_per_chip = 0;
}

/* What a source of higher precedence states of a group replaces what others stated; one source may
 * state one of the options for memory. */
static enum err enter_group(struct sbatch_request *r, const struct sbatch_setting *s,
                            struct errtext *error)
{
    const struct sbatch_option *o = s->option, *other;
    if (o->group == GROUP_NONE) return ERR_NONE;
    if (r->group_source[o->group] < s->place.source) {
        reset_group(r, o->group);
        r->group_source[o->group] = s->place.source;
    }
    other = r->group_option[o->group];
    r->group_option[o->group] = o;
    if (o->group != GROUP_MEMORY || other == NULL || other == o) return ERR_NONE;
    return err_set(error, ERR_INVALID, "--%s is stated as well; state one of the two", other->name);
}

static enum err apply(struct sbatch_request *r, const struct sbatch_setting *s,
                      struct errtext *error)
{
    const struct sbatch_option *o = s->option;
    if (o->apply == NULL && o->refusal == NULL) {
        sbatch_note(r, "--%s has no effect here", o->name);
        return ERR_NONE;
    }
    enum err e;
    if (o->apply == NULL) {
        e = err_set(error, ERR_INVALID, "%s", o->refusal);
    } else {
        e = enter_group(r, s, error);
        if (e == ERR_NONE) e = o->apply(r, s->value, error);
    }
    if (e == ERR_NONE) return e;
    return fail_at(&s->place, err_prefix(error, e, "--%s", o->name), error);
}

/* What becomes of each option of a line. */
typedef enum err setting_fn(struct sbatch_request *r, const struct sbatch_setting *s,
                            struct errtext *error);

/* "--name", "--name=value", "--name value" from token *i on, which is moved to its last token. */
static enum err long_option(struct sbatch_request *r, const struct line *l, uint32_t *i,
                            setting_fn *fn, struct errtext *error)
{
    struct sbatch_setting s = {.place = l->place};
    s.place.column = l->tokens[*i].column;
    struct str text = l->tokens[*i].text, name = {text.p + 2, text.len - 2};
    const char *equals = memchr(name.p, '=', name.len);
    if (equals != NULL) {
        s.value = (struct str){equals + 1, text.len - (size_t)(equals + 1 - text.p)};
        name.len = (size_t)(equals - name.p);
    }
    s.option = sbatch_option_name(name, error);
    if (s.option == NULL) return fail_at(&s.place, ERR_INVALID, error);
    bool has_value = equals != NULL;
    if (!has_value && s.option->arg == ARG_NEEDED && *i + 1 < l->count) {
        s.value = l->tokens[++*i].text;
        has_value = true;
    }
    enum err e = check_scope(s.option, l->scope, error);
    if (e == ERR_NONE) e = check_arg(s.option, has_value, error);
    return e == ERR_NONE ? fn(r, &s, error) : fail_at(&s.place, e, error);
}

/* "-N2", "-N 2", "-HN2": letters without a value, then perhaps one with. */
static enum err short_options(struct sbatch_request *r, const struct line *l, uint32_t *i,
                              setting_fn *fn, struct errtext *error)
{
    struct str text = l->tokens[*i].text;
    struct sbatch_place place = l->place;
    place.column = l->tokens[*i].column;
    for (size_t k = 1; k < text.len; k++) {
        struct sbatch_setting s = {.place = place, .option = sbatch_option_letter(text.p[k])};
        if (s.option == NULL) {
            err_set(error, ERR_INVALID, "unknown option '" STR_FMT "'", STR_ARG(text));
            return fail_at(&place, ERR_INVALID, error);
        }
        bool takes = s.option->arg != ARG_NONE;
        bool has_value = takes && k + 1 < text.len;
        if (has_value) s.value = (struct str){text.p + k + 1, text.len - k - 1};
        if (!has_value && s.option->arg == ARG_NEEDED && *i + 1 < l->count) {
            s.value = l->tokens[++*i].text;
            has_value = true;
        }
        enum err e = check_scope(s.option, l->scope, error);
        if (e == ERR_NONE) e = check_arg(s.option, has_value, error);
        if (e != ERR_NONE) return fail_at(&place, e, error);
        if ((e = fn(r, &s, error)) != ERR_NONE) return e;
        if (has_value) break;
    }
    return ERR_NONE;
}

/* All options of a line; *end_out is the index of the first token that is none. */
static enum err parse_options(struct sbatch_request *r, const struct line *l, setting_fn *fn,
                              uint32_t *end_out, struct errtext *error)
{
    uint32_t i = 0;
    for (; i < l->count; i++) {
        struct str t = l->tokens[i].text;
        if (str_eqz(t, "--")) {
            i++;
            break;
        }
        if (t.len < 2 || t.p[0] != '-') break;
        enum err e =
            t.p[1] == '-' ? long_option(r, l, &i, fn, error) : short_options(r, l, &i, fn, error);
        if (e != ERR_NONE) return e;
    }
    *end_out = i;
    return ERR_NONE;
}

/* ---- command line ---------------------------------------------------------------------------- */

/* Kept until the script and the environment were read, which come before. */
static enum err keep(struct sbatch_request *r, const struct sbatch_setting *s,
                     struct errtext *error)
{
    sbatch_handler *fn = s->option->apply;
    if (r->setting_count == SBATCH_SETTINGS_MAX)
        return err_set(error, ERR_LIMIT, "more than %d options", (int)SBATCH_SETTINGS_MAX);
    r->settings[r->setting_count++] = *s;
    /* These decide what is read next. */
    if (fn == sbatch_set_wrap || fn == sbatch_set_help || fn == sbatch_set_usage ||
        fn == sbatch_set_version)
        return apply(r, s, error);
    return ERR_NONE;
}

static enum err take_arguments(struct sbatch_request *r, const struct token *tokens, uint32_t count,
                               struct errtext *error)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eqz(tokens[i].text, ":"))
            return err_set(error, ERR_INVALID,
                           "heterogeneous jobs (:) are not supported; submit "
                           "the parts as jobs of their own");
    if (r->is_wrap && count > 0)
        return err_set(error, ERR_INVALID, "a script and --wrap are both given; choose one");
    if (count == 0) return ERR_NONE;
    r->script_path = str_dupz(r->arena, tokens[0].text);
    r->spec.argument_count = count - 1;
    r->spec.arguments = ARENA_ARRAY(r->arena, count, struct str);
    for (uint32_t i = 1; i < count; i++)
        r->spec.arguments[i - 1] = str_copy(r->arena, tokens[i].text);
    return ERR_NONE;
}

enum err sbatch_read_command(struct sbatch_request *r, int argc, char *const *argv,
                             struct errtext *error)
{
    ASSERT(argc >= 1);
    uint32_t count = (uint32_t)argc - 1, end = 0;
    struct line l = {.tokens = ARENA_ARRAY(r->arena, count, struct token),
                     .count = count,
                     .place = {.source = SBATCH_FROM_COMMAND},
                     .scope = IN_COMMAND};
    for (uint32_t i = 0; i < count; i++) l.tokens[i].text = str_copy(r->arena, str_of(argv[i + 1]));
    r->settings = ARENA_ARRAY(r->arena, SBATCH_SETTINGS_MAX, struct sbatch_setting);
    enum err e = parse_options(r, &l, keep, &end, error);
    return e == ERR_NONE ? take_arguments(r, l.tokens + end, count - end, error) : e;
}

/* ---- script ---------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word of a directive from *at on: quotes and backslashes as Slurm treats them; '#' where
 * a word would begin starts a comment. *more_out is false at the end. */
static enum err next_word(struct sbatch_request *r, struct str text, size_t *at, struct token *out,
                          bool *more_out, struct errtext *error)
{
    size_t i = *at, n = 0;
    while (i < text.len && is_blank(text.p[i])) i++;
    *more_out = i < text.len && text.p[i] != '#';
    if (!*more_out) return ERR_NONE;
    out->column = 1;
    for (size_t k = 0; k < i; k++)
        if (((unsigned char)text.p[k] & 0xc0) != 0x80) out->column++;
    char *word = arena_alloc(r->arena, text.len - i + 1, 1), quote = 0;
    for (; i < text.len && (quote != 0 || !is_blank(text.p[i])); i++) {
        char c = text.p[i];
        if (c == '\\' && quote != '\'' && i + 1 < text.len)
            word[n++] = text.p[++i];
        else if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == quote)
            quote = 0;
        else
            word[n++] = c;
    }
    if (quote != 0) return err_set(error, ERR_INVALID, "the quote %c is not closed", quote);
    out->text = (struct str){word, n};
    *at = i;
    return ERR_NONE;
}

static enum err read_directive(struct sbatch_request *r, struct line *l, size_t from,
                               struct errtext *error)
{
    enum { WORDS_MAX = 256 }; /* of one line: sbatch has fewer options */
    struct token tokens[WORDS_MAX];
    l->tokens = tokens;
    l->count = 0;
    for (bool more = true; more;) {
        struct token t = {0};
        enum err e = next_word(r, l->place.text, &from, &t, &more, error);
        if (e == ERR_NONE && more && l->count == WORDS_MAX)
            e = err_set(error, ERR_LIMIT, "more than %d words on a line", (int)WORDS_MAX);
        l->place.column = t.column > 0 ? t.column : 1;
        if (e != ERR_NONE) return fail_at(&l->place, e, error);
        if (more) tokens[l->count++] = t;
    }
    uint32_t end = 0;
    enum err e = parse_options(r, l, apply, &end, error);
    if (e != ERR_NONE || end == l->count) return e;
    l->place.column = tokens[end].column;
    struct str word = tokens[end].text;
    if (str_eqz(word, "hetjob") || str_eqz(word, "packjob"))
        e = err_set(error, ERR_INVALID,
                    "heterogeneous jobs are not supported; submit the parts as "
                    "jobs of their own");
    else
        e = err_set(error, ERR_INVALID, "'" STR_FMT "' is not an option", STR_ARG(word));
    return fail_at(&l->place, e, error);
}

/* Length of the mark when the line is a directive: "#SBATCH" and a blank or the end. */
static size_t directive_mark(struct str line, int *scope_out)
{
    static const struct {
        const char *mark;
        int scope;
    } marks[] = {{"#SBATCH", IN_SBATCH}, {"#BERTH", IN_BERTH}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t len = strlen(marks[i].mark);
        if (!str_starts(line, marks[i].mark) || (line.len > len && !is_blank(line.p[len])))
            continue;
        *scope_out = marks[i].scope;
        return len;
    }
    return 0;
}

static bool is_comment_or_empty(struct str line)
{
    size_t i = 0;
    while (i < line.len && is_blank(line.p[i])) i++;
    return i == line.len || line.p[i] == '#';
}

static enum err read_directives(struct sbatch_request *r, struct str script, const char *name,
                                struct errtext *error)
{
    bool ended = false;
    uint32_t number = 0;
    for (size_t at = 0; at < script.len;) {
        const char *newline = memchr(script.p + at, '\n', script.len - at);
        size_t end = newline != NULL ? (size_t)(newline - script.p) : script.len;
        struct line l = {.place = {.source = SBATCH_FROM_SCRIPT, .file = name, .line = ++number}};
        l.place.text = (struct str){script.p + at, end - at};
        at = end + 1;
        size_t mark = directive_mark(l.place.text, &l.scope);
        if (mark == 0) {
            ended = ended || !is_comment_or_empty(l.place.text);
        } else if (ended) {
            sbatch_note(r, "%s:%u: directives behind the first command are ignored", name, number);
            break;
        } else {
            enum err e = read_directive(r, &l, mark, error);
            if (e != ERR_NONE) return e;
        }
    }
    return ERR_NONE;
}

enum err sbatch_apply_berth_lines(struct sbatch_request *r, struct str text, const char *name,
                                  struct errtext *error)
{
    uint32_t number = 0;
    for (size_t at = 0; at < text.len;) {
        const char *newline = memchr(text.p + at, '\n', text.len - at);
        size_t end = newline != NULL ? (size_t)(newline - text.p) : text.len;
        struct line l = {.place = {.source = SBATCH_FROM_SCRIPT, .file = name, .line = ++number}};
        l.place.text = (struct str){text.p + at, end - at};
        at = end + 1;
        if (l.place.text.len > 0 && l.place.text.p[l.place.text.len - 1] == '\r')
            l.place.text.len--;
        size_t mark = directive_mark(l.place.text, &l.scope);
        if (mark == 0 || l.scope != IN_BERTH) continue;
        enum err e = read_directive(r, &l, mark, error);
        if (e != ERR_NONE) return e;
    }
    return ERR_NONE;
}

/* What can be said of a script before its directives are read. */
static enum err check_script(struct str script, const char *name, struct errtext *error)
{
    if (script.len > SCRIPT_LEN_MAX)
        return err_set(error, ERR_LIMIT, "%s: the script has %zu bytes; at most %d are allowed",
                       name, script.len, (int)SCRIPT_LEN_MAX);
    if (script.len == 0) return err_set(error, ERR_INVALID, "%s: the script is empty", name);
    if (!str_starts(script, "#!"))
        return err_set(error, ERR_INVALID,
                       "%s:1:1: this does not look like a batch script; its first line must be #! "
                       "and the path of an interpreter, for instance #!/bin/sh",
                       name);
    if (memmem(script.p, script.len, "\r\n", 2) != NULL)
        return err_set(error, ERR_INVALID,
                       "%s: the script has DOS line ends (CR LF); convert it with dos2unix", name);
    if (memchr(script.p, '\0', script.len) != NULL)
        return err_set(error, ERR_INVALID, "%s: the script has a NUL byte; submit a text file",
                       name);
    return ERR_NONE;
}

/* ---- environment ----------------------------------------------------------------------------- */

static enum err read_environment(struct sbatch_request *r, struct errtext *error)
{
    char *const *environment = r->context->environment;
    for (size_t i = 0; environment != NULL && i < sbatch_option_count; i++) {
        const struct sbatch_option *o = &sbatch_options[i];
        size_t len = o->env != NULL ? strlen(o->env) : 0;
        for (size_t k = 0; len > 0 && environment[k] != NULL; k++) {
            if (strncmp(environment[k], o->env, len) != 0 || environment[k][len] != '=') continue;
            struct str value = str_of(environment[k] + len + 1);
            bool is_empty = value.len == 0 && o->arg == ARG_NEEDED;
            if (is_empty || (o->arg == ARG_NONE && str_eqz(value, "0"))) break;
            struct sbatch_setting s = {
                .option = o,
                .value = o->arg != ARG_NONE ? str_copy(r->arena, value) : (struct str){0},
                .place = {.source = SBATCH_FROM_ENV, .text = str_of(o->env)}};
            enum err e = apply(r, &s, error);
            if (e != ERR_NONE) return e;
            break;
        }
    }
    return ERR_NONE;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static struct str base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return str_of(slash != NULL ? slash + 1 : path);
}

enum err sbatch_apply_command(struct sbatch_request *r, struct errtext *error)
{
    enum err e = ERR_NONE;
    for (uint32_t i = 0; e == ERR_NONE && i < r->setting_count; i++)
        e = apply(r, &r->settings[i], error);
    return e;
}

void sbatch_set_priority_of(int64_t base, int64_t nice, struct job_spec *s)
{
    int64_t priority = base - nice;
    s->priority = priority < INT32_MIN   ? INT32_MIN
                  : priority > INT32_MAX ? INT32_MAX
                                         : (int32_t)priority;
    s->nice = (int32_t)nice;
}

enum err sbatch_finish(struct sbatch_request *r, const char *wrapper, struct errtext *error)
{
    struct job_spec *s = &r->spec;
    const struct sbatch_context *c = r->context;
    if (s->name.len == 0) {
        s->name = r->is_wrap               ? STR("wrap")
                  : r->script_path != NULL ? base_name(r->script_path)
                                           : STR("sbatch");
        if (!text_is_valid(s->name, NAME_LEN_MAX)) s->name = STR("sbatch");
    }
    s->user = str_copy(r->arena, str_of(c->user));
    s->uid = c->uid;
    s->gid = c->gid;
    s->submit_host = str_copy(r->arena, str_of(c->host));
    if (s->workdir.len == 0) s->workdir = str_copy(r->arena, str_of(c->workdir));
    if (s->stdout_path.len == 0)
        s->stdout_path = s->array_count > 0 ? STR("slurm-%A_%a.out") : STR("slurm-%j.out");
    if (r->time_min_ms > s->time_limit_ms && s->time_limit_ms > 0)
        return err_set(error, ERR_INVALID, "--time-min is longer than --time");
    s->wrapper = str_of(wrapper);
    sbatch_set_priority_of(s->priority, r->nice, s);
    return job_spec_check(s, error);
}

enum err sbatch_read_script(struct sbatch_request *r, struct str script, const char *name,
                            struct errtext *error)
{
    enum err e = ERR_NONE;
    if (!r->is_wrap) {
        e = check_script(script, name, error);
        if (e != ERR_NONE) return e;
        r->spec.script = str_copy(r->arena, script);
        e = read_directives(r, r->spec.script, name, error);
    } else {
        r->spec.script = str_of(arena_printf(
            r->arena, "#!/bin/sh\n# This script was created by sbatch --wrap.\n\n" STR_FMT "\n",
            STR_ARG(r->wrap)));
    }
    if (e == ERR_NONE) e = read_environment(r, error);
    if (e == ERR_NONE) e = sbatch_apply_command(r, error);
    if (e == ERR_NONE) e = sbatch_settle_chips(r, error);
    if (e == ERR_NONE) e = sbatch_settle_environment(r, error);
    return e == ERR_NONE ? sbatch_finish(r, "sbatch", error) : e;
}
