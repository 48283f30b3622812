/* berth law diff: which verdicts change between two dates, or with another pack: of stored cases,
 * or of what runs and stands in the daemon's fleet. */
#include "base/civil.h"
#include "cli/api.h"
#include "cli/check_page.h"
#include "cli/cmd_law.h"
#include "cli/law_files.h"
#include "cli/say.h"
#include "read/text_file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_LAW = OPTION_LONG, OPT_BIND, OPT_FROM, OPT_TO, OPT_WITH, OPT_CASES };

const struct cli_option law_diff_options[] = {
    {OPT_LAW, "law", "DIR", "read the packs of DIR; may be repeated"},
    {OPT_BIND, "bind", "LIST", "levels that bind (law,act,guidance)"},
    {OPT_FROM, "from", "DATE", "compare the law of this date ..."},
    {OPT_TO, "to", "DATE", "... with that of this one, instead of the date of each case"},
    {OPT_WITH, "with", "DIR", "compare with the pack of DIR added, or in place of one of its id"},
    {OPT_CASES, "cases", "DIR", "the case files (*.yaml) of DIR, besides those named"},
    {0},
};

struct diff {
    struct law_files before, after; /* the same files but for --with */
    const char *with, *case_dir; /* NULL none */
    int64_t from_ms, to_ms; /* 0: the case's own date */
    uint32_t cases, changed;
};

static bool same_verdict(const struct law_verdict *a, const struct law_verdict *b)
{
    return a->effect == b->effect && a->policy == b->policy && a->allowed == b->allowed;
}

/* The findings that count in one verdict and not in the other. */
static void put_new(const struct law_verdict *in, const struct law_verdict *other, char sign,
                    struct buf *out)
{
    for (uint32_t i = 0; i < in->finding_count; i++) {
        const struct law_finding *f = &in->findings[i];
        bool found = false;
        for (uint32_t k = 0; k < other->finding_count && !found; k++)
            found = str_eq(other->findings[k].rule, f->rule) &&
                    other->findings[k].effect == f->effect &&
                    other->findings[k].policy == f->policy &&
                    other->findings[k].binding == f->binding && other->findings[k].met == f->met;
        if (found) continue;
        buf_printf(out, "    %c " STR_FMT " ", sign, STR_ARG(f->rule));
        put_verdict_words(out, f->effect, f->policy);
        buf_printf(out, "%s: " STR_FMT "\n", f->binding ? "" : " (warning)", STR_ARG(f->title));
    }
    for (uint32_t i = 0; i < in->unresolved_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < other->unresolved_count && !found; k++)
            found = str_eq(other->unresolved[k].fact, in->unresolved[i].fact);
        if (!found)
            buf_printf(out, "    %c " STR_FMT " is unknown\n", sign,
                       STR_ARG(in->unresolved[i].fact));
    }
}

static void compare(struct diff *d, const struct law_case *c, struct str name, const char *file,
                    uint32_t index)
{
    struct arena arena;
    struct law_verdict a, b;
    struct law_case then = *c, now = *c;
    arena_init(&arena);
    if (d->from_ms != 0) then.on_ms = d->from_ms;
    if (d->to_ms != 0) now.on_ms = d->to_ms;
    law_decide(d->before.law, &then, &arena, &a);
    law_decide(d->after.law, &now, &arena, &b);
    d->cases++;
    if (!same_verdict(&a, &b)) {
        struct buf out = {0};
        d->changed++;
        buf_printf(&out, "%s[%u] ", file, index);
        if (name.len > 0) buf_printf(&out, STR_FMT ": ", STR_ARG(name));
        check_put_case(c, &out);
        buf_puts(&out, "\n    ");
        check_put_verdict(&a, &out);
        buf_puts(&out, "  ->  ");
        check_put_verdict(&b, &out);
        buf_putc(&out, '\n');
        put_new(&a, &b, '-', &out);
        put_new(&b, &a, '+', &out);
        say_buf(&out, stdout);
        buf_release(&out);
    }
    arena_release(&arena);
}

static int compare_file(struct diff *d, const char *path)
{
    struct law_files *f = &d->before;
    struct errtext e;
    struct str bytes = {0};
    struct case_file cases;
    if (text_file_read(path, YAML_BYTES_MAX, &f->arena, &bytes, &e) != ERR_NONE)
        return say_error(f->name, "%s", e.s);
    if (!case_yaml_read(bytes, str_of(path), &f->world, &f->arena, &f->errs, &cases))
        return law_files_errors(f);
    for (uint32_t i = 0; i < cases.count; i++)
        compare(d, &cases.cases[i], cases.names[i], path, i + 1);
    return GO_ON;
}

static int is_yaml(const struct dirent *e)
{
    size_t len = strlen(e->d_name);
    return e->d_name[0] != '.' && len > 5 && strcmp(e->d_name + len - 5, ".yaml") == 0;
}

/* The case files of a folder, in order of name. */
static int compare_dir(struct diff *d, const char *dir)
{
    struct dirent **names;
    int count = scandir(dir, &names, is_yaml, alphasort);
    int code = GO_ON;
    if (count < 0)
        return say_error(d->before.name, "cannot read the folder '%s': %s", dir, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (code == GO_ON)
            code = compare_file(d, arena_printf(&d->before.arena, "%s/%s", dir, names[i]->d_name));
        free(names[i]);
    }
    free(names);
    return code;
}

static void print_change(const struct law_change_view *x)
{
    switch ((enum law_change_kind)x->kind) {
    case LAW_CHANGE_JOB: printf("job %" PRIu32 " in ", x->job_id); break;
    case LAW_CHANGE_WAITING: printf("job %" PRIu32 ", waiting, in ", x->job_id); break;
    case LAW_CHANGE_POOL: printf("pool "); break;
    case LAW_CHANGE_LEASE: printf("lease of "); break;
    case LAW_CHANGE_COUNT: break;
    }
    printf(STR_FMT ": " STR_FMT "%s  ->  " STR_FMT "%s\n", STR_ARG(x->pool), STR_ARG(x->from),
           x->from_allowed ? " (allowed)" : "", STR_ARG(x->to), x->to_allowed ? " (allowed)" : "");
    if (x->rule.len > 0)
        printf("    " STR_FMT ": " STR_FMT " (" STR_FMT ")\n", STR_ARG(x->rule), STR_ARG(x->title),
               STR_ARG(x->cite));
}

/* The daemon's jobs, pools and leases, by its packs and its fleet. Where cases were compared too,
 * it need not run. */
static int compare_daemon(const struct diff *d, const char *name, bool alone)
{
    struct api a;
    struct law_diff_view view;
    char with[PATH_MAX];
    if (d->with != NULL && realpath(d->with, with) == NULL)
        return say_error(name, "cannot read the folder '%s': %s", d->with, strerror(errno));
    int exit_code = api_open(&a, name);
    if (exit_code != EXIT_DONE) return exit_code;
    enum err code = api_law_diff(&a, d->from_ms, d->to_ms, d->with != NULL ? with : NULL, &view);
    if (code == ERR_UNAVAILABLE && !alone) {
        say_note(name, "no daemon answers, so only the cases were compared");
        return api_close(&a, EXIT_DONE);
    }
    if (code != ERR_NONE) return api_fail(&a, code);
    for (uint32_t i = 0; i < view.count; i++) print_change(&view.changes[i]);
    printf("%" PRIu32 " of %" PRIu32 " verdicts on jobs, pools and leases change\n", view.count,
           view.compared);
    return api_close(&a, EXIT_DONE);
}

static int take_date(const struct args *a, const char *option, int64_t *out)
{
    if (civil_parse(str_of(a->value), out)) return GO_ON;
    return say_error(a->name, "%s takes a date such as 2026-01-31, not '%s'", option, a->value);
}

static int parse_one(struct diff *d, const struct args *a, int id)
{
    int code = GO_ON;
    switch (id) {
    case ARGS_STOP: return a->exit_code;
    case OPT_LAW:
        code = law_files_add(&d->before, a->value);
        return code == GO_ON ? law_files_add(&d->after, a->value) : code;
    case OPT_BIND:
        code = law_files_bind(&d->before, a->value);
        return code == GO_ON ? law_files_bind(&d->after, a->value) : code;
    case OPT_FROM: return take_date(a, "--from", &d->from_ms);
    case OPT_TO: return take_date(a, "--to", &d->to_ms);
    case OPT_WITH: d->with = a->value; return GO_ON;
    case OPT_CASES: d->case_dir = a->value; return GO_ON;
    default: return GO_ON;
    }
}

static int load(struct diff *d)
{
    int code = law_files_chips(&d->before);
    if (code != GO_ON) return code;
    d->after.world = d->before.world;
    code = law_files_load(&d->before);
    if (code != GO_ON) return code;
    if (d->after.dir_count == 0) code = law_files_add(&d->after, d->before.dirs[0]);
    if (code == GO_ON && d->with != NULL) code = law_files_add(&d->after, d->with);
    return code == GO_ON ? law_files_load(&d->after) : code;
}

static int run(struct diff *d, int argc, char **argv)
{
    struct args a;
    args_init(&a, argc, argv, law_diff_options, false);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        int code = parse_one(d, &a, id);
        if (code != GO_ON) return code;
    }
    if (d->with == NULL && (d->from_ms == 0 || d->to_ms == 0))
        return say_error(a.name, "state --from and --to, or --with");
    if (d->with == NULL && d->from_ms == d->to_ms)
        return say_error(a.name,
                         "--from and --to are the same date, between which nothing changes");
    bool has_cases = args_count(&a) > 0 || d->case_dir != NULL;
    bool own_law = d->before.dir_count > 0 || d->before.bind != LAW_BIND_DEFAULT;
    if (!has_cases && own_law)
        return say_error(a.name, "name the case files to compare; what a daemon runs is judged by "
                                 "its own packs, without --law and --bind");
    int code = has_cases ? load(d) : GO_ON;
    for (int i = 0; code == GO_ON && i < args_count(&a); i++)
        code = compare_file(d, args_operands(&a)[i]);
    if (code == GO_ON && d->case_dir != NULL) code = compare_dir(d, d->case_dir);
    if (code != GO_ON) return code;
    if (has_cases) printf("%u of %u verdicts on cases change\n", d->changed, d->cases);
    bool asks_daemon = args_count(&a) == 0 && !own_law;
    return asks_daemon ? compare_daemon(d, a.name, !has_cases) : EXIT_DONE;
}

int cmd_law_diff(int argc, char **argv)
{
    struct diff d = {0};
    law_files_init(&d.before, argv[0]);
    law_files_init(&d.after, argv[0]);
    int code = run(&d, argc, argv);
    law_files_release(&d.after);
    law_files_release(&d.before);
    return say_end(argv[0], code);
}
