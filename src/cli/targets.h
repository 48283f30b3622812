/* targets.h - the jobs that a command is about: "12", "12_3", "12_[1-3,5]". */
#ifndef BERTH_CLI_TARGETS_H
#define BERTH_CLI_TARGETS_H

#include "cli/api.h"

enum { TARGETS_MAX = 1000, TARGET_TASKS_MAX = 10000 };

/* One word of the command line. */
struct target {
    uint32_t job;
    uint32_t *tasks; /* of an array; task_count 0: the job, or all tasks of the array */
    uint32_t task_count;
};

/* Parse one word; ERR_INVALID when it names no job. Tasks live in the arena. */
enum err target_parse(struct str word, struct arena *arena, struct target *out,
                      struct errtext *error);
bool target_has(const struct target *t, const struct job_view *job);

/* Several of them, and the ids of their jobs and arrays as the API takes them. */
struct target_set {
    struct target *targets;
    struct str *texts; /* each as typed */
    uint32_t count; /* 0: every job */
    struct str ids; /* "12,13" */
};

/* Parse words, which may hold several targets separated by commas; what is read lives in the arena.
 */
enum err target_set_parse(char *const *words, int count, struct arena *arena,
                          struct target_set *out, struct errtext *error);
/* Drop the jobs of the list that no target names. */
void target_set_keep(const struct target_set *set, struct job_list *list);

/* The jobs that the words name, in order of id, ended ones included, each once. ERR_NOT_FOUND names
 * the first word that fits no job. Words may hold several targets separated by commas. */
enum err targets_find(struct api *a, char *const *words, int count, struct job_list *out);

/* The body of a request to end a job or to send it a signal (with one of SIGNAL_TO_ or neither). */
enum { CANCEL_BODY_MAX = 96 };
const char *cancel_body(uint32_t signal, bool array, char out[CANCEL_BODY_MAX]);

/* POST /v1/jobs/ID/ACTION (cancel hold release requeue) for each job of the list, many at a time.
 * `signal` 0: none; one of SIGNAL_TO_ may be added. `done`: what to print of a success, such as
 * "held job"; NULL nothing. `json`: print the daemon's replies in place of it. Prints what failed;
 * gives the exit code. */
int targets_do(struct api *a, const struct job_list *list, const char *action, uint32_t signal,
               const char *done, bool json);

/* The same for the jobs that the words name; closes `a`. */
int targets_act(struct api *a, char *const *words, int count, const char *action, const char *done,
                bool json);

#endif
