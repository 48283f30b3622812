#include "cli/cmd_law_eval.h"

#include "cli/say.h"
#include "read/cel_json.h"

#include <errno.h>
#include <string.h>

enum { OPT_VARS = OPTION_LONG, OPT_TYPE };

const struct cli_option law_eval_options[] = {
    {OPT_VARS, "vars", "FILE", "take variables from the JSON object in FILE (-: standard input)"},
    {OPT_TYPE, "type", NULL, "print the type that the checker deduces instead of the value"},
    {0},
};

struct evaluation {
    const char *name; /* of the command, for messages */
    const char *vars_file; /* NULL none */
    bool type_only;
    struct arena arena;
    struct cel_value vars; /* a map with string keys */
};

/* The whole of a file, "-" for standard input, up to `max` bytes. False after a message. */
static bool read_all(struct evaluation *ev, const char *path, size_t max, struct str *out)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *shown = is_stdin ? "standard input" : path;
    FILE *f = is_stdin ? stdin : fopen(path, "rb");
    if (f == NULL) {
        say_error(ev->name, "cannot open '%s': %s", path, strerror(errno));
        return false;
    }
    struct buf b = {0};
    char part[65536];
    size_t n;
    while (b.len <= max && (n = fread(part, 1, sizeof part, f)) > 0) buf_put(&b, part, n);
    bool failed = ferror(f) != 0;
    int why = errno;
    if (!is_stdin) (void)fclose(f);
    if (failed) {
        say_error(ev->name, "cannot read %s: %s", shown, strerror(why));
    } else if (b.len > max) {
        say_error(ev->name, "%s has more than %zu bytes", shown, max);
        failed = true;
    }
    *out = str_copy(&ev->arena, buf_str(&b));
    buf_release(&b);
    return !failed;
}

static bool read_vars(struct evaluation *ev)
{
    struct str text = STR("{}");
    struct errtext t;
    if (ev->vars_file != NULL && !read_all(ev, ev->vars_file, CEL_JSON_BYTES_MAX, &text)) {
        return false;
    }
    if (cel_from_json(&ev->arena, text, &ev->vars, &t) != ERR_NONE) {
        say_error(ev->name, "%s:%s", ev->vars_file, t.s);
        return false;
    }
    if (ev->vars.kind != CEL_MAP) {
        say_error(ev->name, "'%s' must hold one JSON object: {\"name\": value, ...}",
                  ev->vars_file);
        return false;
    }
    return true;
}

static bool lookup(void *ctx, struct str name, struct arena *a, struct cel_value *out)
{
    const struct evaluation *ev = ctx;
    (void)a;
    return cel_map_find(ev->vars.as.map, cel_string(name), out);
}

/* CEL's errors stand alone on stderr, as its own tools print them. */
static int fail(const char *text)
{
    (void)fprintf(stderr, "%s\n", text);
    return EXIT_USER;
}

static int print_type(struct evaluation *ev, struct str expr)
{
    const struct cel_map *m = ev->vars.as.map;
    struct cel_decl *decls = ARENA_ARRAY(&ev->arena, m->count, struct cel_decl);
    struct cel_schema schema = {.decls = decls, .count = m->count};
    struct cel_expr *e;
    struct errtext t;
    for (uint32_t i = 0; i < m->count; i++) {
        decls[i].name = cel_str(m->entries[i].key);
        decls[i].type = cel_type_of_value(&ev->arena, m->entries[i].value);
    }
    if (cel_compile(&ev->arena, expr, &schema, NULL, &e, &t) != ERR_NONE) return fail(t.s);
    (void)printf("%s\n", cel_expr_type(e));
    return say_end(ev->name, EXIT_DONE);
}

static int print_unknown(const struct cel_unknown *u)
{
    (void)fputs("unknown:", stderr);
    for (uint32_t i = 0; u != NULL && i < u->count; i++) {
        (void)fprintf(stderr, " " STR_FMT, STR_ARG(u->names[i]));
    }
    return fail("");
}

static int print_value(struct evaluation *ev, struct str expr)
{
    struct cel_env env = {.lookup = lookup, .ctx = ev};
    struct cel_expr *e;
    struct errtext t;
    if (cel_compile(&ev->arena, expr, NULL, NULL, &e, &t) != ERR_NONE) return fail(t.s);
    struct cel_value v = cel_eval(e, &env, &ev->arena);
    if (v.kind == CEL_ERROR) return fail(cel_error_text(&ev->arena, e, v));
    if (v.kind == CEL_UNKNOWN) return print_unknown(v.as.unknown);
    struct buf out = {0};
    int code = EXIT_DONE;
    if (cel_to_json(v, &out, &t) == ERR_NONE) {
        (void)printf(STR_FMT "\n", STR_ARG(buf_str(&out)));
    } else {
        code = say_error(ev->name, "%s", t.s);
    }
    buf_release(&out);
    return say_end(ev->name, code);
}

static int evaluate(struct evaluation *ev, const char *operand)
{
    struct str expr = str_of(operand);
    if (strcmp(operand, "-") == 0) {
        if (ev->vars_file != NULL && strcmp(ev->vars_file, "-") == 0) {
            return say_error(ev->name, "only one of EXPR and --vars can be standard input");
        }
        if (!read_all(ev, "-", CEL_SOURCE_BYTES_MAX, &expr)) return EXIT_USER;
    }
    if (!read_vars(ev)) return EXIT_USER;
    return ev->type_only ? print_type(ev, expr) : print_value(ev, expr);
}

/* How many words the option at `word` takes: 0 when it is none. */
static int option_words(const char *word, bool last)
{
    if (strcmp(word, "--vars") == 0) return last ? 0 : 2;
    return strncmp(word, "--vars=", 7) == 0 || strcmp(word, "--type") == 0 ? 1 : 0;
}

/* An expression may begin with a minus, as in -1 < 0. So only words that are options here are left
 * to the parser of options; `sorted` gets them first, then "--", then all else. */
static int options_first(int argc, char **argv, char **sorted)
{
    static char end[] = "--";
    int count = 0, words;
    sorted[count++] = argv[0];
    for (int pass = 0; pass < 2; pass++) {
        bool ended = false;
        for (int i = 1; i < argc; i += words) {
            int taken = ended ? 0 : option_words(argv[i], i + 1 == argc);
            bool mark = !ended && strcmp(argv[i], end) == 0;
            words = taken > 0 ? taken : 1;
            ended = ended || mark;
            if (mark || (taken > 0) != (pass == 0)) continue;
            for (int k = 0; k < words; k++) sorted[count++] = argv[i + k];
        }
        if (pass == 0) sorted[count++] = end;
    }
    return count;
}

static int print_help(const char *name)
{
    (void)printf(
        "usage: berth law eval EXPR [--vars FILE] [--type]\n"
        "Evaluates an expression of the rule language (CEL) and prints its value as JSON;\n"
        "EXPR - is read from standard input.\n");
    for (const struct cli_option *o = law_eval_options; o->id != 0; o++) {
        (void)printf("  --%s %-6s %s\n", o->name, o->argument != NULL ? o->argument : "", o->help);
    }
    (void)printf("Examples:\n"
                 "  berth law eval '[1, 2, 3].exists(n, n * 2 == 4)'\n"
                 "  berth law eval 'chip.tpp >= 4800.0' --vars facts.json\n"
                 "  berth law eval '{\"a\": [1, 2]}' --type\n");
    return say_end(name, EXIT_DONE);
}

int cmd_law_eval(int argc, char **argv)
{
    struct evaluation ev = {.name = argv[0]};
    struct args a;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) return print_help(argv[0]);
    arena_init(&ev.arena);
    char **sorted = ARENA_ARRAY(&ev.arena, (size_t)argc + 2, char *);
    int code = GO_ON;
    args_init(&a, options_first(argc, argv, sorted), sorted, law_eval_options, false);
    for (int id; code == GO_ON && (id = args_next(&a)) != ARGS_END;) {
        if (id == ARGS_STOP) code = a.exit_code;
        if (id == OPT_VARS) ev.vars_file = a.value;
        if (id == OPT_TYPE) ev.type_only = true;
    }
    if (code == GO_ON && args_count(&a) != 1) {
        code = say_error(ev.name, "one expression is wanted, in quotes: %s '1 + 2 == 3'", ev.name);
    }
    if (code == GO_ON) code = evaluate(&ev, args_operands(&a)[0]);
    arena_release(&ev.arena);
    return code;
}
