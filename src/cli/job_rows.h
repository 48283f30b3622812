/* job_rows.h - the rows of squeue and sacct: jobs, with waiting array tasks in one row, and order.
 */
#ifndef BERTH_CLI_JOB_ROWS_H
#define BERTH_CLI_JOB_ROWS_H

#include "base/arena.h"
#include "base/err.h"
#include "cli/fields.h"
#include "model/fleet.h"
#include "serve/views.h"

/* A row borrows its job. */
struct job_row {
    const struct job_view *job; /* of an array in one row: its first task that waits */
    struct str tasks; /* "1-3,7" when the row stands for several waiting tasks; else "" */
    uint32_t task_count; /* 1 for a single job */
};

enum { ARRAY_TEXT_MAX = 64 }; /* bytes of the task list after which Slurm writes "..." */

/* One row for each job; with `collapse` one for all pending tasks of an array, at the place of the
 * first. Rows live in the arena. */
void job_rows_make(const struct job_list *list, bool collapse, struct arena *arena,
                   struct job_row **rows_out, size_t *count_out);

/* Sort by keys as squeue -S takes them: letters of the percent dialect with + or - before, such as
 * "P,t,-p". Jobs that are equal in all keys stand in order of id. */
enum err job_rows_sort(struct job_row *rows, size_t count, struct str keys, struct errtext *error);

/* The tasks of a row: "1-3,7", with the array's limit "1-3,7%2". */
void job_row_tasks(const struct job_row *row, struct buf *out);
/* "12", "12_4" or "12_[1-3%2]". */
void job_row_id(const struct job_row *row, struct buf *out);
void job_view_id(const struct job_view *job, struct buf *out);

/* Are these names or codes of states, or "all"? The text lists those that there are. */
enum err job_states_check(struct str list, struct errtext *error);

/* Milliseconds that the job has run, at `now_ms`. */
int64_t job_elapsed_ms(const struct job_view *job, int64_t now_ms);
/* No limit was asked for: UNLIMITED is stored as the longest that there is. */
bool job_view_is_unlimited(const struct job_view *job);
bool job_view_is_ended(const struct job_view *job);
bool job_view_is_pending(const struct job_view *job);

/* The first node it was placed on, where its script runs; "" not placed. Written into `name`. */
struct str job_first_node(const struct job_view *j, char name[NODE_NAME_MAX]);

/* The file that holds what the job wrote to stdout or, with `errors`, to stderr: the pattern of its
 * submission filled in. Lives in the arena. */
struct str job_output_file(const struct job_view *j, bool errors, struct arena *arena);

/* What the getters know beside the row. */
struct job_env {
    int64_t now_ms;
    struct str cluster; /* the fleet's name */
};

/* The fields of squeue (percent and long dialects) over struct job_row and struct job_env. */
extern const struct field queue_fields[];
extern const size_t queue_field_count;

/* The fields of sacct (account dialect). */
extern const struct field acct_fields[];
extern const size_t acct_field_count;

#define QUEUE_FORMAT "%.18i %.9P %.8j %.8u %.2t %.10M %.6D %R"
#define QUEUE_FORMAT_LONG "%.18i %.9P %.8j %.8u %.8T %.10M %.9l %.6D %R"
#define QUEUE_FORMAT_START "%.18i %.9P %.8j %.8u %.2t %.19S %.6D %20Y %R"
#define ACCT_FORMAT "JobID,JobName,Partition,Account,AllocCPUS,State,ExitCode"
#define ACCT_FORMAT_BRIEF "JobID,State,ExitCode"
#define ACCT_FORMAT_LONG                                                                           \
    "JobID,JobName,User,Account,Partition,Site,Chip,AllocGPUS,AllocCPUS,NNodes,Submit,Start,End,"  \
    "Elapsed,Timelimit,State,ExitCode,Restarts,Cost"

#endif
