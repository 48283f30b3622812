/* trace.h - recorded or made-up arrivals of jobs, one after the other.
 *
 * docs/trace-format.md is the manual: Berth's own format (CSV or JSON Lines) and what is taken from
 * the formats of others. A trace is read as a stream in bounded memory; formats whose files are not
 * in the order of submission are read whole and sorted, up to TRACE_SORTED_MAX rows.
 *
 * What a reader gives is a job_spec as a tenant would have submitted it, and beside it what only a
 * simulator may know: how long the job really runs, by chip, and how it ends. Names in it (tenant,
 * chips, partitions) are those of the file; whether a fleet has them is for the caller to check. */
#ifndef BERTH_SIM_TRACE_H
#define BERTH_SIM_TRACE_H

#include "base/err.h"
#include "model/job.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    TRACE_LINE_MAX = 1024 * 1024, /* bytes of a line: those of job lists have under 2 kB */
    TRACE_SORTED_MAX = 2000000, /* rows of a file that must be sorted: about 1 GB of memory */
    TRACE_CHIPS_MAX = 64, /* chip kinds for which one job states durations */
    TRACE_NAMES_MAX = 100000, /* different tenants, kinds and partitions that are remembered */
};

#define TRACE_SECONDS_MAX INT64_C(315576000) /* ten years: a duration, limit or relative time */
/* A first submit time of so many seconds or more is Unix time (2001-09-09), else relative. */
#define TRACE_UNIX_FROM_S INT64_C(1000000000)

enum trace_format {
    TRACE_AUTO, /* by the first line */
    TRACE_CSV,
    TRACE_JSONL,
    TRACE_OPENB, /* pod list of cluster-trace-gpu-v2023 (FGD, USENIX ATC 2023) */
    TRACE_GAVEL, /* .trace of Gavel (OSDI 2020) */
    TRACE_PHILLY, /* Philly (USENIX ATC 2019): cluster_job_log, or CSV made of it */
    TRACE_SACCT, /* sacct -P or -p with its header */
    TRACE_FORMAT_COUNT
};
extern const char *const trace_format_names[TRACE_FORMAT_COUNT + 1]; /* NULL at the end */

/* How long a job runs on one kind of chip. */
struct trace_duration {
    struct str chip; /* as chip_is_named takes it */
    int64_t ms;
};

struct trace_job {
    unsigned line; /* where it stands, from 1 */
    int64_t submit_ms; /* since the trace's zero, or since 1970: trace_is_absolute */
    struct str id; /* as the file has it; "" none */
    struct job_spec spec; /* begin, deadline and dependencies as instants of the trace */
    int64_t duration_ms; /* on chips that `on` does not name; -1: it cannot run on those. With
                            on_count 0: not stated; spec.work says steps and type instead */
    struct trace_duration *on;
    uint32_t on_count;
    int32_t exit_code; /* with which it ends; 0..255 */
};

struct trace_options {
    const char *name; /* of the file, in messages */
    int format; /* enum trace_format */
};

struct trace;

/* Read from `file`, which must be one that can be read again from its beginning (not a pipe); both
 * are borrowed. ERR_INVALID and ERR_LIMIT name file, line and column. */
enum err trace_open(FILE *file, const struct trace_options *o, struct trace **out,
                    struct errtext *error);
void trace_close(struct trace *t); /* NULL is allowed */

/* The next job, in the order of submission; *more_out is false at the end. It lives until the next
 * call. After a failure only trace_close may follow. */
enum err trace_next(struct trace *t, struct trace_job *out, bool *more_out, struct errtext *error);
/* Begin again. */
enum err trace_rewind(struct trace *t, struct errtext *error);

int trace_format(const struct trace *t); /* never TRACE_AUTO */
/* Submit times are instants; else they count from the trace's own zero. Known after the first
 * trace_next. */
bool trace_is_absolute(const struct trace *t);
/* Where the job given last states something, for messages about it: the column of the file, from 1,
 * that gave `field` ("chip", "tenant", "partition" ...), or 1. */
unsigned trace_column(const struct trace *t, const char *field);
/* How many rows the file has, guessed from how much of it `rows` took; for a progress bar. */
uint64_t trace_rows_guess(const struct trace *t, uint64_t rows);
/* Rows that are no jobs to simulate (steps, jobs that never ran), so far. */
uint64_t trace_skipped(const struct trace *t);
/* The file's last line had no line end: perhaps it was cut off. Known at the end. */
bool trace_is_cut(const struct trace *t);

/* "12", "0.25", "1e5" is refused: seconds with at most nine decimals, in ms, rounded half up; at
 * most `max_s`. A minus sign is refused with words of its own. */
enum err trace_seconds(struct str text, int64_t max_s, int64_t *ms_out, struct errtext *error);

#endif
