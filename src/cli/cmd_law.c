#include "cli/cmd_law.h"

#include "cli/cmd_check.h"
#include "cli/cmd_law_eval.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "read/suggest.h"

#include <stdio.h>
#include <string.h>

#define PACKS_FROM                                                                                 \
    "Packs are read from --law DIR, else $BERTH_LAW, else ./law or where Berth is installed."

static const struct command parts[] = {
    {.name = "law list",
     .summary = "every rule, its level, its dates and how it stands",
     .usage = "[OPTION]... [DIR]...",
     .about = PACKS_FROM,
     .options = law_list_options,
     .examples = "berth law list --on 2027-01-01\thow the rules stand on that day\n",
     .run = cmd_law_list},
    {.name = "law show",
     .summary = "a rule whole: text, dates, conditions, examples",
     .usage = "[OPTION]... RULE...",
     .about = PACKS_FROM,
     .options = law_list_options,
     .run = cmd_law_show},
    {.name = "law lint",
     .summary = "what is wrong or doubtful in rule packs",
     .usage = "[OPTION]... [DIR]...",
     .about = PACKS_FROM,
     .options = law_lint_options,
     .exits = "1\ta pack cannot be read, or has an error\n",
     .run = cmd_law_lint},
    {.name = "law test",
     .summary = "run the examples of packs, and cases with the verdicts they must have",
     .usage = "[OPTION]... [DIR]...",
     .about = PACKS_FROM,
     .options = law_test_options,
     .examples = "berth law test --cases test/law/vectors.yaml\tall packs and the dated cases\n",
     .exits = "1\tsomething fails\n",
     .run = cmd_law_test},
    {.name = "law diff",
     .summary = "which verdicts change between two dates, or with another pack",
     .usage = "[--from DATE --to DATE] [--with DIR] [--cases DIR] [FILE...]",
     .about = PACKS_FROM,
     .options = law_diff_options,
     .examples =
         "berth law diff --from 2026-11-01 --to 2026-12-01 cases.yaml\twhat a month brings\n"
         "berth law diff --from 2026-11-01 --to 2026-12-01\tthe same for the daemon's jobs, pools "
         "and leases (operators)\n"
         "berth law diff --with draft/us --cases cases/\twhat a draft would change, for stored "
         "cases "
         "and the daemon\n",
     .run = cmd_law_diff},
    {.name = "law explain",
     .summary = "the verdict on cases, as 'berth check' gives it",
     .usage = "[OPTION]... FILE...",
     .about = PACKS_FROM,
     .options = check_options,
     .run = cmd_check},
    {.name = "law eval",
     .summary = "the value of an expression of the rule language",
     .usage = "EXPR [--vars FILE] [--type]",
     .options = law_eval_options,
     .run = cmd_law_eval},
};
enum { PARTS = sizeof parts / sizeof *parts, PREFIX = sizeof "law " - 1 };

static void usage(FILE *to)
{
    fputs("usage: berth law VERB ...\n", to);
    for (int i = 0; i < PARTS; i++)
        fprintf(to, "  %-8s %s\n", parts[i].name + PREFIX, parts[i].summary);
    fputs(PACKS_FROM "\n'berth law VERB --help' tells more.\n", to);
}

static int run(const struct command *c, int argc, char **argv)
{
    char name[32];
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0) return command_usage(c);
    snprintf(name, sizeof name, "%s", c->name);
    argv[0] = name;
    return c->run(argc, argv);
}

int cmd_law(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_USER;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return say_end(argv[0], EXIT_DONE);
    }
    const char *names[PARTS + 1] = {0};
    for (int i = 0; i < PARTS; i++) {
        names[i] = parts[i].name + PREFIX;
        if (strcmp(argv[1], names[i]) == 0) return run(&parts[i], argc - 1, argv + 1);
    }
    const char *near = suggest(str_of(argv[1]), names);
    if (near != NULL)
        return say_error(argv[0], "there is no 'law %s'; did you mean 'law %s'?", argv[1], near);
    return say_error(argv[0], "there is no 'law %s'; see 'berth law --help'", argv[1]);
}
