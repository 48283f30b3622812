/* main.c - wiring only: the words on the command line go to cli/dispatch.c. */
#include "cli/commands.h"

#include <signal.h>

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of the write, not our end */
    return command_dispatch(argc, argv);
}
