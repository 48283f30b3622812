#include "cli/cmd_law.h"

#include "cli/cmd_check.h"
#include "cli/cmd_law_eval.h"
#include "cli/say.h"
#include "read/suggest.h"

#include <stdio.h>
#include <string.h>

struct part {
    const char *name;
    const char *full; /* as messages name it */
    int (*run)(int argc, char **argv);
    const char *help;
};

static const struct part parts[] = {
    {"list", "law list", cmd_law_list,
     "[--on DATE] [DIR]...\tevery rule, its level and how it stands"},
    {"show", "law show", cmd_law_show,
     "RULE...\tone rule whole: text, dates, conditions, examples"},
    {"lint", "law lint", cmd_law_lint, "[DIR]...\twhat is wrong or doubtful in the packs"},
    {"test", "law test", cmd_law_test,
     "[--cases FILE] [DIR]...\trun the examples of the packs, and cases with expected verdicts"},
    {"diff", "law diff", cmd_law_diff,
     "--from DATE --to DATE | --with PACK  CASE...\twhich verdicts change, and why"},
    {"explain", "law explain", cmd_check, "CASE...\tthe verdict on a case, as berth check"},
    {"eval", "law eval", cmd_law_eval, "EXPR [--vars FILE] [--type]\tan expression, tried out"},
};
enum { PARTS = sizeof parts / sizeof *parts };

static int usage(FILE *to)
{
    fputs("usage: berth law COMMAND ...\n", to);
    for (int i = 0; i < PARTS; i++) {
        const char *tab = strchr(parts[i].help, '\t');
        fprintf(to, "  %s %.*s\n        %s\n", parts[i].name, (int)(tab - parts[i].help),
                parts[i].help, tab + 1);
    }
    fputs(
        "Packs are read from --law DIR, else $BERTH_LAW, else ./law or where Berth is installed.\n",
        to);
    return EXIT_USER;
}

int cmd_law(int argc, char **argv)
{
    if (argc < 2) return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return say_end(argv[0], EXIT_DONE);
    }
    const char *names[PARTS + 1] = {0};
    for (int i = 0; i < PARTS; i++) {
        names[i] = parts[i].name;
        if (strcmp(argv[1], parts[i].name) != 0) continue;
        char full[32];
        snprintf(full, sizeof full, "%s", parts[i].full);
        argv[1] = full;
        return parts[i].run(argc - 1, argv + 1);
    }
    const char *near = suggest(str_of(argv[1]), names);
    if (near != NULL)
        return say_error(argv[0], "there is no 'law %s'; did you mean 'law %s'?", argv[1], near);
    return say_error(argv[0], "there is no 'law %s'; see 'berth law --help'", argv[1]);
}
