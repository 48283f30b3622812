/* commands.h - every command in one table, from which come dispatch, help, manual pages and shell
 * completion. */
#ifndef BERTH_CLI_COMMANDS_H
#define BERTH_CLI_COMMANDS_H

#include "base/str.h"
#include "cli/args.h"

#include <stddef.h>

enum command_group { GROUP_JOBS, GROUP_FLEET, GROUP_LAW, GROUP_RECORD, GROUP_OTHER, GROUP_COUNT };
extern const char *const command_group_titles[GROUP_COUNT];

struct command {
    const char *name;
    const char *alias; /* Slurm's command that this one also is; NULL none */
    int group; /* enum command_group */
    const char *summary; /* one line, no full stop */
    const char *usage; /* what follows the name: "[OPTION]... FILE" */
    const char *about; /* paragraphs, separated by a newline; NULL: the summary says all */
    const struct cli_option *options; /* ends with id 0; NULL none */
    const struct cli_option *(*options_of)(void); /* in place of it, where they are computed */
    const char *examples; /* lines "command\twhat it does"; NULL none */
    const char *exits; /* lines "code\tmeaning" beside the usual ones; NULL none */
    /* argv[0] is the name as typed: the command's or its alias. Gives the exit code. */
    int (*run)(int argc, char **argv);
};

extern const struct command commands[];
extern const size_t command_count;

/* The command with that name or alias, NULL when there is none. */
const struct command *command_find(const char *name);
/* Its options, ending with id 0; NULL none. */
const struct cli_option *command_options(const struct command *c);
/* The name or alias nearest to a word that is none, NULL when none is near. */
const char *command_nearest(const char *word);
/* Run what the words ask for: argv[0] is the program's name (perhaps by a link named like a Slurm
 * command), argv[1] a command. Gives the exit code. */
int command_dispatch(int argc, char **argv);

/* Print the help of the command on stdout; gives its exit code. */
int command_usage(const struct command *c);
/* Help of all commands, or of one; appended as plain text. */
void command_help_all(struct buf *out);
void command_help(const struct command *c, struct buf *out);
/* The manual page in man(7) form: of one command, or of all (berth(1)). */
void command_man(const struct command *c, struct buf *out);
void command_man_all(struct buf *out);
/* A completion script for "bash", "zsh" or "fish"; false for another shell. */
bool command_completion(const char *shell, struct buf *out);

/* The commands, each in its own file. */
int cmd_submit(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_queue(int argc, char **argv);
int cmd_order(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_progress(int argc, char **argv);
int cmd_cancel(int argc, char **argv);
int cmd_hold(int argc, char **argv);
int cmd_release(int argc, char **argv);
int cmd_requeue(int argc, char **argv);
int cmd_update(int argc, char **argv);
int cmd_scontrol(int argc, char **argv);
int cmd_logs(int argc, char **argv);
int cmd_acct(int argc, char **argv);
int cmd_share(int argc, char **argv);
int cmd_fleet(int argc, char **argv);
int cmd_speeds(int argc, char **argv);
int cmd_drain(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_ping(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_man(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* Their options. Those of submit and update come from sbatch's table (read/sbatch_options.h). */
const struct cli_option *submit_options(void);
const struct cli_option *update_options(void);
extern const struct cli_option queue_options[];
extern const struct cli_option order_options[];
extern const struct cli_option info_options[];
extern const struct cli_option why_options[];
extern const struct cli_option progress_options[];
extern const struct cli_option cancel_options[];
extern const struct cli_option no_options[];
extern const struct cli_option act_options[];
extern const struct cli_option scontrol_options[];
extern const struct cli_option logs_options[];
extern const struct cli_option acct_options[];
extern const struct cli_option share_options[];
extern const struct cli_option fleet_options[];
extern const struct cli_option speeds_options[];
extern const struct cli_option nodes_options[];
extern const struct cli_option ping_options[];
extern const struct cli_option man_options[];

#endif
