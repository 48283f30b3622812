/* cmd_serve.h - berth serve. */
#ifndef BERTH_CLI_CMD_SERVE_H
#define BERTH_CLI_CMD_SERVE_H

#include "cli/args.h"

extern const struct cli_option serve_options[];
int cmd_serve(int argc, char **argv);

#endif
