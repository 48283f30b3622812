/* cmd_ledger.h - berth ledger and berth replay: they read the state directory itself, so that an
 * audit needs no daemon and trusts none. */
#ifndef BERTH_CLI_CMD_LEDGER_H
#define BERTH_CLI_CMD_LEDGER_H

#include "cli/args.h"

extern const struct cli_option ledger_options[];
extern const char ledger_examples[]; /* for the table of commands */
int cmd_ledger(int argc, char **argv);

extern const struct cli_option replay_options[];
extern const char replay_examples[];
int cmd_replay(int argc, char **argv);

#endif
