/* cmd_law.h - `berth law`: the rule packs as their authors and readers use them. */
#ifndef BERTH_CLI_CMD_LAW_H
#define BERTH_CLI_CMD_LAW_H

#include "cli/args.h"

/* law list|show|lint|test|diff|explain|eval ...; argv[0] is "law". */
int cmd_law(int argc, char **argv);

/* Its parts; argv[0] is "law list" and so on. Each gives the exit code. */
int cmd_law_list(int argc, char **argv);
int cmd_law_show(int argc, char **argv);
int cmd_law_lint(int argc, char **argv);
int cmd_law_test(int argc, char **argv);
int cmd_law_diff(int argc, char **argv);
extern const struct cli_option law_list_options[]; /* also of show */
extern const struct cli_option law_lint_options[];
extern const struct cli_option law_test_options[];
extern const struct cli_option law_diff_options[];

#endif
