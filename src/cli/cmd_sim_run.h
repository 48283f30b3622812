/* cmd_sim_run.h - `berth sim run`: recorded arrivals, played through the core on a virtual clock.
 */
#ifndef BERTH_CLI_CMD_SIM_RUN_H
#define BERTH_CLI_CMD_SIM_RUN_H

/* sim run --fleet F --trace T [OPTION]...: play a trace against a fleet and tell what came of it.
 * argv[0] is the name for messages. Gives 0, or 1 when a file is wrong. */
int cmd_sim_run(int argc, char **argv);

#endif
