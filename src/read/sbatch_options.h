/* sbatch_options.h - the one table of options, for scripts, command line and help. Private to the
 * reader of sbatch requests. */
#ifndef BERTH_READ_SBATCH_OPTIONS_H
#define BERTH_READ_SBATCH_OPTIONS_H

#include "read/sbatch.h"

enum sbatch_arg { ARG_NONE, ARG_NEEDED, ARG_OPTIONAL };

/* Where an option may stand, as bits. */
enum sbatch_scope {
    IN_COMMAND = 1,
    IN_SBATCH = 2, /* #SBATCH lines */
    IN_BERTH = 4, /* #BERTH lines */
    IN_ALL = IN_COMMAND | IN_SBATCH | IN_BERTH,
    IN_OURS = IN_COMMAND | IN_BERTH,
};

enum sbatch_group { GROUP_CHIPS, GROUP_MEMORY, GROUP_NONE };

/* Apply a value to the request; the error text needs no place. */
typedef enum err sbatch_handler(struct sbatch_request *r, struct str value, struct errtext *error);

struct sbatch_option {
    const char *name;
    char letter; /* 0: none */
    int arg; /* enum sbatch_arg */
    int scope; /* bits of enum sbatch_scope */
    int group; /* enum sbatch_group */
    sbatch_handler *apply; /* NULL: known to Slurm, see `refusal` */
    const char *refusal; /* NULL with apply NULL: accepted, with a note that it has no effect */
    const char *env; /* SBATCH_ variable; NULL: none */
    const char *value_name; /* help */
    const char *help; /* NULL: not listed */
};

extern const struct sbatch_option sbatch_options[];
extern const size_t sbatch_option_count;

const struct sbatch_option *sbatch_option_letter(char letter);
/* By name or an unambiguous beginning of it; NULL with the text set. */
const struct sbatch_option *sbatch_option_name(struct str name, struct errtext *error);

void sbatch_note(struct sbatch_request *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- values (sbatch_values.c, sbatch_lists.c, sbatch_chips.c)
 * ------------------------------------
 */

/* The next piece of *rest up to `separator`, which is consumed; false at the end. Text without any
 * separator is one piece; "" is none. A separator with nothing behind it leaves itself in *rest,
 * which is then no valid value of anything, so that "1-" is not taken for "1". */
bool sbatch_split(struct str *rest, char separator, struct str *piece);
/* A list of ids between commas (or `separator`). */
enum err sbatch_take_ids(struct sbatch_request *r, struct str value, char separator,
                         struct str **out, uint32_t *count_out, struct errtext *error);
/* Digits within lo..hi. */
enum err sbatch_take_u32(struct str value, uint32_t lo, uint32_t hi, uint32_t *out,
                         struct errtext *error);
enum err sbatch_bad(struct str value, const char *want, struct errtext *error);
/* "0.5", ".25": part of one chip, from 0.001 to 0.999, in thousandths. False: not written so. */
bool chip_part_parse(struct str text, uint32_t *milli_out);

sbatch_handler sbatch_set_account, sbatch_set_array, sbatch_set_begin, sbatch_set_chdir,
    sbatch_set_cluster_constraint, sbatch_set_clusters, sbatch_set_comment, sbatch_set_constraint,
    sbatch_set_contiguous, sbatch_set_cpus_per_gpu, sbatch_set_cpus_per_task, sbatch_set_deadline,
    sbatch_set_dependency, sbatch_set_error, sbatch_set_exclusive, sbatch_set_export,
    sbatch_set_gpus, sbatch_set_gpus_per_node, sbatch_set_gpus_per_task, sbatch_set_gres,
    sbatch_set_help, sbatch_set_hold, sbatch_set_input, sbatch_set_job_name, sbatch_set_mem,
    sbatch_set_mem_per_cpu, sbatch_set_mem_per_gpu, sbatch_set_nice, sbatch_set_no_requeue,
    sbatch_set_nodes, sbatch_set_ntasks, sbatch_set_ntasks_per_node, sbatch_set_open_mode,
    sbatch_set_output, sbatch_set_oversubscribe, sbatch_set_parsable, sbatch_set_partition,
    sbatch_set_prefer, sbatch_set_priority, sbatch_set_qos, sbatch_set_quiet, sbatch_set_requeue,
    sbatch_set_signal, sbatch_set_switches, sbatch_set_test_only, sbatch_set_time,
    sbatch_set_time_min, sbatch_set_usage, sbatch_set_verbose, sbatch_set_version, sbatch_set_wait,
    sbatch_set_wrap;
/* Berth's own. */
sbatch_handler sbatch_set_all, sbatch_set_json;
sbatch_handler sbatch_set_steps, sbatch_set_type, sbatch_set_checkpoint_size;
sbatch_handler sbatch_set_checkpoint, sbatch_set_checkpoint_cost, sbatch_set_restart_cost;
sbatch_handler sbatch_set_country, sbatch_set_data, sbatch_set_end_user, sbatch_set_evidence,
    sbatch_set_max_price, sbatch_set_purpose;

/* ---- the steps of reading, shared with the reader of task files (sbatch.c) ------------------- */

/* Apply every #BERTH line of a text that is not a script, wherever it stands. */
enum err sbatch_apply_berth_lines(struct sbatch_request *r, struct str text, const char *name,
                                  struct errtext *error);
/* Apply the options of the command line. */
enum err sbatch_apply_command(struct sbatch_request *r, struct errtext *error);
/* Make one request of what the options of a group stated; after all of them were applied. */
enum err sbatch_settle_chips(struct sbatch_request *r, struct errtext *error);
enum err sbatch_settle_environment(struct sbatch_request *r, struct errtext *error);
/* Tell the job the submitter's umask, as sbatch does, unless --export states one. */
enum err sbatch_put_umask(struct sbatch_request *r, struct errtext *error);
/* Set NAME=VALUE in the job's environment, in place of an entry of that name. */
enum err sbatch_put_variable(struct sbatch_request *r, struct str entry, struct errtext *error);
/* Fill in what was not stated and check the whole. `wrapper` is a literal. */
/* Make the priority `base` less `nice`, within the bounds of the type. */
void sbatch_set_priority_of(int64_t base, int64_t nice, struct job_spec *s);
enum err sbatch_finish(struct sbatch_request *r, const char *wrapper, struct errtext *error);

#endif
