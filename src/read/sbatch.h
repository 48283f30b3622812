/* sbatch.h - sbatch command lines, SBATCH_ variables and batch scripts, read into a job_spec.
 *
 * The words and meanings are sbatch(1)'s; an unmodified script works. Precedence, highest first:
 * command line, environment (SBATCH_*), script. Directives are lines that begin with #SBATCH (or
 * #BERTH, for what only Berth knows; Slurm ignores those) and end at the first line that is neither
 * empty nor a comment.
 *
 * What an option of Slurm that Berth does not have could change decides how it is treated: one that
 * cannot change size, place or law is accepted with a note, every other is refused by name and
 * place. Nothing that bears on size or place is ignored silently.
 *
 * A value given by a source of higher precedence replaces all of its group: `--gres` on the command
 * line replaces `--gpus-per-node` of the script (groups: chips; memory).
 *
 *     struct sbatch_request r;
 *     sbatch_request_init(&r, &context, &arena);
 *     e = sbatch_read_command(&r, argc, argv, &error);      // knows the script's path then
 *     e = sbatch_read_script(&r, bytes, path, &error);      // r.spec is complete and checked
 */
#ifndef BERTH_READ_SBATCH_H
#define BERTH_READ_SBATCH_H

#include "base/err.h"
#include "model/job.h"

enum {
    SBATCH_NOTES_MAX = 32, /* notes kept for one submission; more of them help nobody */
    SBATCH_SETTINGS_MAX = 1024, /* options of one command line or one script */
};

/* Who submits, where and when. Borrowed. */
struct sbatch_context {
    char *const *environment; /* NAME=VALUE, NULL at the end */
    const char *workdir; /* absolute */
    const char *host, *user;
    const char *umask; /* in octal; NULL: not told to the job */
    uint32_t uid, gid;
    int64_t now_ms;
};

struct sbatch_option;

/* Where an option was stated. */
struct sbatch_place {
    int source; /* enum sbatch_source */
    const char *file; /* scripts */
    uint32_t line, column;
    struct str text; /* scripts: the line; environment: the variable */
};

enum sbatch_source {
    SBATCH_FROM_NOWHERE,
    SBATCH_FROM_SCRIPT,
    SBATCH_FROM_ENV,
    SBATCH_FROM_COMMAND
};

struct sbatch_setting {
    const struct sbatch_option *option;
    struct str value;
    struct sbatch_place place;
};

/* Chips as the options state them, before they are made one request. */
struct sbatch_chips {
    uint32_t total, per_node, per_task; /* 0: not stated */
    uint32_t milli, shards; /* part of one chip, in one of two ways; then `total` is 1 or 0 */
    uint32_t cpus_per_chip;
    struct str kind; /* from --gpus or --gres; "": any */
    struct str *kinds; /* acceptable ones of a task file, unless --constraint names others */
    uint32_t kind_count;
};

struct sbatch_request {
    struct job_spec spec;
    bool test_only, parsable, wait, quiet, verbose;
    bool clusters_given; /* --clusters, not "all" */
    bool json, all; /* Berth's own: the API's reply as it is; plan: every pool */
    bool help, usage, version; /* asked for instead of a job */
    bool is_wrap;
    const char *script_path; /* NULL: read from standard input, or wrapped */
    struct str *notes; /* for the user's eyes, one line each */
    uint32_t note_count;

    /* being built */
    const struct sbatch_context *context;
    struct arena *arena;
    struct sbatch_setting *settings; /* of the command line */
    uint32_t setting_count;
    struct str wrap;
    int64_t nice; /* --nice, taken off the priority at the end */
    struct sbatch_chips chips;
    struct str *constraint; /* kinds that --constraint accepts */
    uint32_t constraint_count;
    struct str export; /* --export as stated */
    bool export_given;
    int64_t time_min_ms; /* --time-min; 0: not stated */
    int group_source[2]; /* enum sbatch_source that last set a group */
    const struct sbatch_option *group_option[2]; /* that it set it by */
};

/* Everything read lives in `arena`; both are borrowed. */
void sbatch_request_init(struct sbatch_request *r, const struct sbatch_context *context,
                         struct arena *arena);

/* Read options and the script's path from argv[1 .. argc-1]. */
enum err sbatch_read_command(struct sbatch_request *r, int argc, char *const *argv,
                             struct errtext *error);

/* Read the script (ignored with --wrap), the environment and the command line into r->spec, fill in
 * defaults and check the whole. `name` is shown in errors, which give line and column. */
enum err sbatch_read_script(struct sbatch_request *r, struct str script, const char *name,
                            struct errtext *error);

#endif
