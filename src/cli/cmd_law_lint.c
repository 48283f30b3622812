/* berth law lint: what is wrong or doubtful in rule packs, at its place. */
#include "base/civil.h"
#include "cli/cmd_law.h"
#include "cli/law_files.h"
#include "cli/say.h"
#include "law/lint.h"

#include <time.h>

enum { OPT_LAW = OPTION_LONG, OPT_ON };

const struct cli_option law_lint_options[] = {
    {OPT_LAW, "law", "DIR", "read the packs of DIR; may be repeated"},
    {OPT_ON, "on", "DATE", "take DATE for today, when the age of sources is judged"},
    {0},
};

struct lint {
    struct law_files files;
    const struct pack_file *pack;
    struct yaml_errors found; /* faults and doubts, printed in order of place */
    int64_t on_ms;
    uint32_t errors, warnings;
};

static void report(void *ctx, bool is_error, const struct law_place *at, const char *text)
{
    struct lint *l = ctx;
    const struct yaml_node *n = pack_node(l->pack, at);
    is_error ? l->errors++ : l->warnings++;
    yaml_fail(&l->found, n, "%s: %s", is_error ? "error" : "warning", text);
}

static void lint_examples(struct lint *l)
{
    const struct pack_file *p = l->pack;
    struct arena arena;
    struct buf why = {0};
    arena_init(&arena);
    for (uint32_t r = 0; r < p->pack.rule_count; r++) {
        uint32_t kinds[EXAMPLE_COUNT] = {0};
        struct law_place at = {PART_RULE, r, "rule"};
        for (uint32_t i = 0; i < p->example_count; i++) {
            const struct law_example *x = &p->examples[i];
            if (x->rule != r) continue;
            kinds[x->kind]++;
            if (example_holds(p, x, &arena, &why)) continue;
            l->errors++;
            yaml_fail(&l->found, x->node, "error: example fails: " STR_FMT, STR_ARG(buf_str(&why)));
            buf_clear(&why);
            arena_clear(&arena);
        }
        for (int k = EXAMPLE_REFUSED; k <= EXAMPLE_PERMITTED; k++)
            if (kinds[k] == 0)
                report(l, true, &at,
                       k == EXAMPLE_REFUSED ? "no `refused` example" : "no `permitted` example");
    }
    buf_release(&why);
    arena_release(&arena);
}

static int parse(struct lint *l, int argc, char **argv)
{
    struct args a;
    args_init(&a, argc, argv, law_lint_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        int code = GO_ON;
        if (id == ARGS_STOP) return a.exit_code;
        if (id == OPT_LAW) code = law_files_add(&l->files, a.value);
        if (id == OPT_ON && !civil_parse(str_of(a.value), &l->on_ms))
            code = say_error(a.name, "--on takes a date such as 2026-01-31, not '%s'", a.value);
        if (code != GO_ON) return code;
    }
    for (int i = 0; i < args_count(&a); i++) {
        int code = law_files_add(&l->files, args_operands(&a)[i]);
        if (code != GO_ON) return code;
    }
    return GO_ON;
}

int cmd_law_lint(int argc, char **argv)
{
    struct lint l = {.on_ms = (int64_t)time(NULL) * 1000};
    law_files_init(&l.files, argv[0]);
    yaml_errors_init(&l.found, &l.files.arena);
    int code = parse(&l, argc, argv);
    if (code == GO_ON) code = law_files_chips(&l.files);
    if (code == GO_ON) code = law_files_load(&l.files);
    if (code == GO_ON) {
        for (uint32_t i = 0; i < l.files.pack_count; i++) {
            l.pack = &l.files.packs[i];
            law_pack_lint(&l.pack->pack, l.on_ms, report, &l);
            lint_examples(&l);
        }
        struct buf text = {0};
        yaml_errors_print(&l.found, &text);
        say_buf(&text, stdout);
        buf_release(&text);
        printf("%u errors, %u warnings in %u packs\n", l.errors, l.warnings, l.files.pack_count);
        code = l.errors == 0 ? EXIT_DONE : EXIT_USER;
    }
    law_files_release(&l.files);
    return say_end(argv[0], code);
}
