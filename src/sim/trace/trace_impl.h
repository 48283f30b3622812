/* trace_impl.h - what the readers of the formats share. Private to src/sim/trace. */
#ifndef BERTH_SIM_TRACE_IMPL_H
#define BERTH_SIM_TRACE_IMPL_H

#include "base/arena.h"
#include "read/csv.h"
#include "sim/trace/trace.h"

/* Text of a line, without its end, read in a bounded way. */
struct trace_lines {
    FILE *file;
    const char *name;
    unsigned line; /* the one read last, from 1 */
    bool cut; /* it had no line end */
    struct buf text;
};

/* The next line that is not empty; *more_out is false at the end. Refuses NUL, invalid UTF-8 and
 * lines that are too long. */
enum err trace_lines_next(struct trace_lines *l, bool *more_out, struct errtext *error);

/* What a format implements. `next` gives one job in t->row (spec, durations ...), allocating in
 * t->arena, which trace_next has cleared; *found_out is false at the end of the file. */
struct trace_ops {
    bool sorted; /* files are in the order of submission */
    enum err (*begin)(struct trace *t, struct errtext *error); /* at the beginning of the file */
    enum err (*next)(struct trace *t, struct trace_job *out, bool *found_out,
                     struct errtext *error);
    void (*end)(struct trace *t); /* NULL: nothing to release */
};

extern const struct trace_ops trace_csv_ops, trace_jsonl_ops, trace_openb_ops, trace_gavel_ops,
    trace_philly_ops, trace_sacct_ops;

enum { TRACE_COLUMNS_MAX = CSV_FIELDS_MAX };

struct trace {
    const struct trace_ops *ops;
    struct trace_options o;
    FILE *file;
    int format;
    struct arena arena; /* of the row */
    struct arena kept; /* of the whole trace: names, tables, sorted rows */

    /* reading */
    struct csv *csv; /* formats with a header row and commas */
    struct trace_lines lines; /* the others */
    int field_of[TRACE_COLUMNS_MAX]; /* by column: the number of the field */
    struct str chip_of[TRACE_COLUMNS_MAX]; /* and the chip of "duration_s.CHIP", else "" */
    void *state; /* a reader's own, in `kept` */
    uint64_t skipped;

    /* times */
    bool has_first, absolute;
    int64_t last_ms;
    unsigned last_line;

    /* sorted formats: all rows, in order */
    struct trace_job *rows;
    size_t row_count, row_cap, row_next;

    const struct trace_job *job; /* given last */
};

/* "file:line:column: text" around what `error` holds. */
enum err trace_fail(const struct trace *t, unsigned line, unsigned column, enum err code,
                    struct errtext *error);

/* A submit time: seconds (relative or Unix) or an RFC 3339 instant. The first decides for all. */
enum err trace_take_time(struct trace *t, struct str text, int64_t *ms_out, struct errtext *error);

/* The fields of the line read last, between separators; they point into it. False: too many. */
struct trace_split {
    struct str field[TRACE_COLUMNS_MAX];
    int count;
};
enum err trace_split_line(const struct trace_lines *l, char separator, struct trace_split *out,
                          struct errtext *error);

/* "YYYY-MM-DD hh:mm:ss" or with a T between, without a zone: taken as UTC, as the files of others
 * do not say more. Also what civil_parse takes. False: it is none of these. */
bool trace_local_time(struct str text, int64_t *ms_out);

/* "4.0" as "4": tables in which a number is missing somewhere come out of pandas in this way. */
struct str trace_whole(struct str value);

/* ---- fields of Berth's own format (trace_fields.c), for CSV and JSON Lines ------------------- */

enum err trace_set_field(struct trace *t, struct trace_job *job, int field, struct str value,
                         struct errtext *error);
/* The number of a field by its name; for "duration_s.CHIP" that of duration_s.CHIP, with the chip
 * in *chip_out. -1: there is no such field; -2: not read on purpose ("x_..."). */
int trace_field_number(struct str name, struct str *chip_out);
const char *trace_field_name(int field);
/* The nearest name of a field, for a message; NULL none. */
const char *trace_field_suggest(struct str name);
/* Add a duration on one kind of chip. */
enum err trace_set_duration_on(struct trace *t, struct trace_job *job, struct str chip,
                               struct str value, struct errtext *error);
void trace_job_begin(struct trace_job *job, unsigned line);
/* Required fields, and what follows from others; the spec is checked. */
enum err trace_job_finish(struct trace_job *job, struct errtext *error);

/* Ids as the model has them from text of other systems: letters, digits and . _ - : @ + inside;
 * other characters become '_'. Lives in `arena`. */
struct str trace_id_of(struct str text, struct arena *arena);

#endif
