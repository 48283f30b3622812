/* attempt_spec.h - everything a supervisor needs to run one attempt, and how an attempt ended.
 *
 * The daemon resolves a start order into an attempt_spec (paths expanded, environment complete) and
 * writes it into the attempt's record (engine/attempt_file.h) as canonical CBOR; the supervisor
 * reads it and needs nothing else. Paths, arguments and environment are bytes, not text: Unix asks
 * no more of them. */
#ifndef BERTH_ENGINE_ATTEMPT_SPEC_H
#define BERTH_ENGINE_ATTEMPT_SPEC_H

#include "base/visit.h"
#include "model/ids.h"

/* Names one attempt on disk and in messages. */
struct attempt_id {
    struct job_id job;
    uint32_t attempt;
};

struct attempt_spec {
    struct attempt_id id;
    uint32_t uid, gid;
    uint32_t umask;
    int64_t time_limit_ms; /* from the start of the command; 0: none */
    int64_t end_by_ms; /* instant, ms UTC, by which nothing may run; 0: none */
    int64_t kill_wait_ms; /* from TERM to KILL at a limit */
    uint32_t signal_number; /* sent before the limit; 0: none */
    uint32_t signal_before_s;
    bool signal_shell; /* signals go to the batch script alone, else to all but it */
    bool append; /* to output files, instead of truncating them */
    struct str workdir; /* absolute */
    struct str stdin_path, stdout_path, stderr_path; /* expanded; stderr "": with stdout */
    struct str *arguments; /* of the script, without its own name */
    uint32_t argument_count;
    struct str *environment; /* NAME=VALUE */
    uint32_t environment_count;
    struct str script;
};

enum attempt_end_kind {
    ATTEMPT_EXITED, /* the command ran and everything it left behind is gone */
    ATTEMPT_REJECTED, /* the command cannot be started; `detail` says why */
    ATTEMPT_LOST, /* the supervisor died and its processes were ended, their status is unknown; or
                     the machine could not start the command now (no memory, disk full) */
    ATTEMPT_END_COUNT
};
extern const char *const attempt_end_names[ATTEMPT_END_COUNT];

struct attempt_end {
    int kind; /* enum attempt_end_kind */
    int32_t exit_code; /* 0..255 */
    int32_t signal; /* that ended the command; 0 none */
    bool timed_out; /* ended by its time limit or its end_by instant */
    bool out_of_memory;
    int64_t at_ms;
    struct str detail;
};

void visit_attempt_spec(struct visit *v, struct attempt_spec *s);
void visit_attempt_end(struct visit *v, struct attempt_end *e);

#endif
