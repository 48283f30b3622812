/* cmd_law_eval.h - `berth law eval`: an expression of the rule language, tried out. */
#ifndef BERTH_CLI_CMD_LAW_EVAL_H
#define BERTH_CLI_CMD_LAW_EVAL_H

#include "cli/args.h"

extern const struct cli_option law_eval_options[];

/* law eval EXPR [--vars FILE] [--type]: print the value of EXPR as CEL's JSON (read/cel_json.h), or
 * with --type the type the checker deduces. EXPR "-" is read from standard input. Variables are the
 * keys of the JSON object in FILE. argv[0] is the command's name for messages. Gives EXIT_DONE, or
 * EXIT_USER with the error on stderr. */
int cmd_law_eval(int argc, char **argv);

#endif
