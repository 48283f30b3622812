/* cmd_sim_gavel.h - `berth sim gavel`: the experiments of Gavel, on unequal chips. */
#ifndef BERTH_CLI_CMD_SIM_GAVEL_H
#define BERTH_CLI_CMD_SIM_GAVEL_H

/* sim gavel --throughputs F (--trace F | --generate KIND --rate R --window A:B --seed N)
 * [OPTION]...: one run (sim/gavel/gavel_run.h has the rules, gavel_policy.h the policies). Gives
 * 0, or 1 when an option or a file is wrong. */
int cmd_sim_gavel(int argc, char **argv);

#endif
