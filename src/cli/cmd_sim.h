/* cmd_sim.h - `berth sim`: run a published experiment, to stand beside its published figures. */
#ifndef BERTH_CLI_CMD_SIM_H
#define BERTH_CLI_CMD_SIM_H

#include "cli/args.h"

extern const struct cli_option sim_options[];
extern const char sim_examples[]; /* for the table of commands */

/* sim openb --nodes F --pods F --order F [--policy P] [--log F] [--json]: one run of the packing
 * experiment (sim/openb/openb_trace.h has the files, openb_policy.h the policies). Gives 0, or 1
 * when a file is wrong. */
int cmd_sim(int argc, char **argv);

#endif
