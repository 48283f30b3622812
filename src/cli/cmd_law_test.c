/* berth law test: the examples of the packs, and files of cases with the verdicts they must have.
 */
#include "cli/cmd_law.h"
#include "cli/law_files.h"
#include "cli/say.h"
#include "read/text_file.h"

#include <string.h>

enum { OPT_LAW = OPTION_LONG, OPT_CASES, OPT_BIND };
enum { CASE_FILES_MAX = 64 };

const struct cli_option law_test_options[] = {
    {OPT_LAW, "law", "DIR", "read the packs of DIR; may be repeated"},
    {OPT_CASES, "cases", "FILE", "also test the cases of FILE under all packs; may be repeated"},
    {OPT_BIND, "bind", "LIST", "levels that bind for --cases (law,act,guidance)"},
    {'q', "quiet", NULL, "print only what fails"},
    {0},
};

struct tally {
    struct law_files files;
    const char *case_files[CASE_FILES_MAX];
    int case_file_count;
    bool quiet;
    uint32_t passed, failed;
};

/* FILE:LINE of a node. */
static void put_place(const struct yaml_node *n)
{
    uint32_t line = 1;
    for (uint32_t i = 0; i < n->at && i < n->doc->bytes.len; i++)
        if (n->doc->bytes.p[i] == '\n') line++;
    printf(STR_FMT ":%u: ", STR_ARG(n->doc->file), line);
}

static void tell(struct tally *t, bool ok, const struct yaml_node *at, struct str rule,
                 struct str title, struct buf *why)
{
    ok ? t->passed++ : t->failed++;
    if (!ok) {
        put_place(at);
        printf("FAILED " STR_FMT "%s" STR_FMT ": " STR_FMT "\n", STR_ARG(rule),
               rule.len > 0 ? ", " : "", STR_ARG(title), STR_ARG(buf_str(why)));
    } else if (!t->quiet) {
        printf("ok " STR_FMT "%s" STR_FMT "\n", STR_ARG(rule), rule.len > 0 ? ", " : "",
               STR_ARG(title));
    }
    buf_clear(why);
}

static void test_examples(struct tally *t)
{
    struct arena arena;
    struct buf why = {0};
    arena_init(&arena);
    for (uint32_t i = 0; i < t->files.pack_count; i++) {
        const struct pack_file *p = &t->files.packs[i];
        for (uint32_t k = 0; k < p->example_count; k++) {
            const struct law_example *x = &p->examples[k];
            bool ok = example_holds(p, x, &arena, &why);
            tell(t, ok, x->node, p->pack.rules[x->rule].id, x->title, &why);
            arena_clear(&arena);
        }
    }
    buf_release(&why);
    arena_release(&arena);
}

static int test_cases(struct tally *t, const char *path)
{
    struct errtext e;
    struct str bytes = {0};
    struct vector *vectors = NULL;
    uint32_t count = 0;
    struct law_files *f = &t->files;
    if (text_file_read(path, YAML_BYTES_MAX, &f->arena, &bytes, &e) != ERR_NONE)
        return say_error(f->name, "%s", e.s);
    if (!vectors_yaml_read(bytes, str_of(path), &f->world, &f->arena, &f->errs, &vectors, &count))
        return law_files_errors(f);
    struct arena arena;
    struct buf why = {0};
    arena_init(&arena);
    for (uint32_t i = 0; i < count; i++) {
        law_bind(f->law, vectors[i].bind != 0 ? vectors[i].bind : f->bind);
        bool ok = expectation_holds(f->law, &vectors[i].c, &vectors[i].expect, &arena, &why);
        tell(t, ok, vectors[i].node, (struct str){0}, vectors[i].title, &why);
        arena_clear(&arena);
    }
    buf_release(&why);
    arena_release(&arena);
    return GO_ON;
}

static int parse(struct tally *t, int argc, char **argv)
{
    struct args a;
    args_init(&a, argc, argv, law_test_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        int code = GO_ON;
        if (id == ARGS_STOP) return a.exit_code;
        if (id == OPT_LAW) code = law_files_add(&t->files, a.value);
        if (id == OPT_BIND) code = law_files_bind(&t->files, a.value);
        if (id == OPT_CASES && t->case_file_count == CASE_FILES_MAX)
            code = say_error(a.name, "--cases is given more than %d times", CASE_FILES_MAX);
        else if (id == OPT_CASES)
            t->case_files[t->case_file_count++] = a.value;
        if (id == 'q') t->quiet = true;
        if (code != GO_ON) return code;
    }
    for (int i = 0; i < args_count(&a); i++) {
        int code = law_files_add(&t->files, args_operands(&a)[i]);
        if (code != GO_ON) return code;
    }
    return GO_ON;
}

int cmd_law_test(int argc, char **argv)
{
    struct tally t = {0};
    law_files_init(&t.files, argv[0]);
    int code = parse(&t, argc, argv);
    if (code == GO_ON) code = law_files_chips(&t.files);
    if (code == GO_ON) code = law_files_load(&t.files);
    if (code == GO_ON) {
        test_examples(&t);
        for (int i = 0; i < t.case_file_count && code == GO_ON; i++)
            code = test_cases(&t, t.case_files[i]);
    }
    if (code == GO_ON) {
        printf("%u passed, %u failed\n", t.passed, t.failed);
        code = t.failed == 0 ? EXIT_DONE : EXIT_USER;
    }
    law_files_release(&t.files);
    return say_end(argv[0], code);
}
