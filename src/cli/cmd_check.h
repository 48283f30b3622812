/* cmd_check.h - `berth check`: may this be done, by which rule, and until when. */
#ifndef BERTH_CLI_CMD_CHECK_H
#define BERTH_CLI_CMD_CHECK_H

#include "cli/args.h"

extern const struct cli_option check_options[];

/* check [--json] [--law DIR]... [--bind LIST] [--fleet FILE] FILE...: the verdict on every case or
 * deal of the files ("-": standard input). Gives 0 when all may be done now, 2 when one is refused
 * or its demands are not met, else 3 when one is unresolved; 1 when a file is wrong. */
int cmd_check(int argc, char **argv);

#endif
