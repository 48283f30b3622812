/* launch.h - from a supervisor to the job's command: become the user, open the files, exec.
 *
 * The command is the script itself, run through its #! line, in its own process group, with the
 * uid, gid and supplementary groups of the submitter. The group must be one that the user database
 * gives that user; 0, from a submission that states none, is the user's own. Everything that depends on the user (working
 * folder, output files) is done after the change of user, so that no path of a job reaches what its
 * user could not. It dies with its supervisor (PR_SET_PDEATHSIG). */
#ifndef BERTH_ENGINE_LAUNCH_H
#define BERTH_ENGINE_LAUNCH_H

#include "engine/attempt_file.h"

struct command;

struct launch {
    struct command *command; /* in the arena; NULL: none was launched */
    pid_t child; /* also its process group */
    int outcome_fd; /* ends (read gives 0) when the command runs; else says why it cannot */
};

/* Fork the command. ERR_DENIED when this process cannot become the job's user. All errors are for
 * the user: the attempt is rejected with the text. `end_ms` is the instant, ms UTC, of its time
 * limit; 0: none. */
enum err launch_command(const struct state_dir *d, const struct attempt_spec *spec, int64_t now_ms,
                        int64_t end_ms, struct arena *arena, struct launch *out,
                        struct errtext *error);

/* Append the line to the job's error output, in a child of the caller that becomes the job's user
 * first: whatever lies under that name by now, nothing is written that the user could not write.
 * Nothing is created, and a pipe that nobody reads is left alone. The caller reaps the child. */
void launch_say(const struct launch *l, const char *line);

/* What the child wrote before it gave up; "" when the command runs. Closes outcome_fd. */
void launch_outcome(struct launch *l, struct errtext *out);

#endif
