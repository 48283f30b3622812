/* args.h - options of a command from the table that also makes its help and manual page.
 *
 * Long options may be abbreviated while unambiguous and may stand behind the operands; "--" ends
 * them. Mistakes are reported on stderr with the nearest option, under the name the user typed. */
#ifndef BERTH_CLI_ARGS_H
#define BERTH_CLI_ARGS_H

#include "base/str.h"

#include <getopt.h>
#include <stdbool.h>

/* One option. Ids that are printable characters are also the short option; others begin at
 * OPTION_LONG. A table ends with an id of 0. */
enum { OPTION_LONG = 256, OPTIONS_MAX = 96 };

struct cli_option {
    int id;
    const char *name; /* long name; NULL: only the letter */
    const char *argument; /* "LIST"; "[=LIST]": may be left out; NULL: takes none */
    const char *help; /* one sentence without a full stop; NULL: accepted, not shown */
};

struct args {
    int argc;
    char **argv;
    const char *name; /* as typed: "squeue" */
    const struct cli_option *options;
    struct option longs[OPTIONS_MAX + 3]; /* with --help, --version and the end */
    char shorts[4 + 3 * OPTIONS_MAX];
    const char *value; /* of the option just given; NULL none */
    int operand; /* after ARGS_END: argv[operand ..] are the operands */
    int exit_code; /* after ARGS_STOP: what the command returns */
};

enum {
    ARGS_END = -1,
    ARGS_STOP = -2, /* a mistake was reported, or --help was answered */
    GO_ON = -1, /* a command's parser: no exit code yet, carry on */
};

/* `options` ends with id 0. `in_order`: stop at the first operand (its arguments are not ours). */
void args_init(struct args *a, int argc, char **argv, const struct cli_option *options,
               bool in_order);
/* The next option's id, ARGS_END or ARGS_STOP. --help, --version and -V are known to
 * every command. */
int args_next(struct args *a);
/* For Slurm's commands: what a variable of the environment states, where no option did (`*given`
 * NULL, or an empty text). A variable that is empty states nothing. */
void args_default(const char **given, const char *variable);
void args_default_str(struct str *given, const char *variable);
/* The operands that are left after ARGS_END. */
int args_count(const struct args *a);
char **args_operands(const struct args *a);

#endif
