/* trace_philly.c - the trace of Philly (Jeon et al., "Analysis of Large-Scale Multi-Tenant GPU
 * Clusters for DNN Training Workloads", USENIX ATC 2019; github.com/msr-fiddle/philly-traces).
 *
 * Two forms: cluster_job_log, a JSON list of objects with jobid, vc (the tenant), submitted_time,
 * status and attempts (each with start_time, end_time and detail, which names the GPUs); and CSV
 * derived from it by others: timestamp, duration (seconds), num_gpus and perhaps cluster (the
 * tenant). A job lasts as long as its attempts together; one without a whole attempt is passed
 * over. Times have no zone and are taken as UTC; a CSV timestamp may also be in seconds. */
#include "sim/trace/trace_impl.h"

#include <jansson.h>

/* ---- the JSON list --------------------------------------------------------------------------- */

/* The text of the next object of the list, byte by byte, so that a file of any length is read in
 * bounded memory. */
struct scan {
    unsigned line; /* being read */
    unsigned begin_line; /* of the object */
    struct buf text;
};

static int take(struct trace *t, struct scan *s)
{
    int byte = getc(t->file);
    if (byte == '\n') s->line++;
    return byte;
}

static bool is_blank(int byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static enum err scan_fail(const struct trace *t, const struct scan *s, enum err code,
                          const char *why, struct errtext *error)
{
    return err_set(error, code, "%s:%u: %s", t->o.name, s->line, why);
}

/* From behind the opening brace to the closing one. */
static enum err scan_object(struct trace *t, struct scan *s, struct errtext *error)
{
    bool in_text = false;
    buf_putc(&s->text, '{');
    for (int depth = 1, byte; depth > 0;) {
        byte = take(t, s);
        if (byte == EOF) return scan_fail(t, s, ERR_INVALID, "the file ends inside a job", error);
        if (s->text.len >= TRACE_LINE_MAX)
            return scan_fail(t, s, ERR_LIMIT, "a job of more than 1 MiB", error);
        buf_putc(&s->text, (char)byte);
        if (in_text && byte == '\\') {
            byte = take(t, s);
            if (byte != EOF) buf_putc(&s->text, (char)byte);
            continue;
        }
        if (byte == '"') in_text = !in_text;
        if (in_text) continue;
        if (byte == '{' || byte == '[') depth++;
        if (byte == '}' || byte == ']') depth--;
    }
    return ERR_NONE;
}

/* *found_out false: the list ended. */
static enum err scan_next(struct trace *t, struct scan *s, bool *found_out, struct errtext *error)
{
    int byte;
    do byte = take(t, s);
    while (is_blank(byte) || byte == ',' || (byte == '[' && s->begin_line == 0));
    *found_out = byte == '{';
    buf_clear(&s->text);
    s->begin_line = s->line;
    if (byte == '{') return scan_object(t, s, error);
    if (byte == ']') return ERR_NONE;
    return scan_fail(t, s, ERR_INVALID,
                     byte == EOF ? "the file ends before the list does" : "expected a JSON object",
                     error);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* Adds the time of a whole attempt; its GPUs are those of the job. */
static void take_attempt(const json_t *attempt, struct trace_job *out)
{
    int64_t start = 0, end = 0;
    const json_t *detail = json_object_get(attempt, "detail");
    size_t gpus = 0;
    for (size_t i = 0; i < json_array_size(detail); i++)
        gpus += json_array_size(json_object_get(json_array_get(detail, i), "gpus"));
    if (!trace_local_time(str_of(text_of(attempt, "start_time")), &start) ||
        !trace_local_time(str_of(text_of(attempt, "end_time")), &end) || end < start || gpus == 0)
        return;
    out->duration_ms = (out->duration_ms < 0 ? 0 : out->duration_ms) + (end - start);
    out->spec.chips = gpus < UINT32_MAX ? (uint32_t)gpus : UINT32_MAX;
}

static enum err take_object(struct trace *t, const json_t *object, struct trace_job *out,
                            struct errtext *error)
{
    const char *status = text_of(object, "status"), *vc = text_of(object, "vc");
    const json_t *attempts = json_object_get(object, "attempts");
    out->id = str_copy(&t->arena, str_of(text_of(object, "jobid")));
    if (!trace_local_time(str_of(text_of(object, "submitted_time")), &out->submit_ms) ||
        out->submit_ms < 0)
        return err_set(error, ERR_INVALID,
                       "submitted_time is not a time such as "
                       "\"2017-10-07 01:12:09\"");
    t->has_first = t->absolute = true;
    if (vc[0] != '\0') out->spec.tenant = trace_id_of(str_of(vc), &t->arena);
    for (size_t i = 0; i < json_array_size(attempts); i++)
        take_attempt(json_array_get(attempts, i), out);
    if (str_eqz(str_of(status), "Failed")) out->exit_code = 1;
    if (str_eqz(str_of(status), "Killed")) out->exit_code = 130; /* as a shell tells of ^C */
    return ERR_NONE;
}

static enum err json_next(struct trace *t, struct trace_job *out, bool *found_out,
                          struct errtext *error)
{
    struct scan *s = t->state;
    for (;;) {
        json_error_t why;
        enum err e = scan_next(t, s, found_out, error);
        if (e != ERR_NONE || !*found_out) return e;
        trace_job_begin(out, s->begin_line);
        json_t *object = json_loadb(s->text.p, s->text.len, JSON_REJECT_DUPLICATES, &why);
        e = object != NULL ? take_object(t, object, out, error)
                           : err_set(error, ERR_INVALID, "%s", why.text);
        json_decref(object);
        if (e == ERR_NONE && out->duration_ms >= 0) e = trace_job_finish(out, error);
        if (e != ERR_NONE) return trace_fail(t, out->line, 1, e, error);
        if (out->duration_ms >= 0) return ERR_NONE;
        t->skipped++;
    }
}

/* ---- the table
 * ----------------------------------------------------------------------------------- */

enum column { C_TIME, C_DURATION, C_GPUS, C_CLUSTER, COLUMN_COUNT };
static const char *const headers[COLUMN_COUNT] = {"timestamp", "duration", "num_gpus", "cluster"};

static enum err begin(struct trace *t, struct errtext *error)
{
    int byte;
    long from = ftell(t->file);
    do byte = getc(t->file);
    while (is_blank(byte));
    if (fseek(t->file, from, SEEK_SET) != 0)
        return err_set(error, ERR_IO, "%s: cannot be read again", t->o.name);
    if (byte == '[') {
        struct scan *s = ARENA_NEW(&t->kept, struct scan);
        s->line = 1;
        t->state = s;
        return ERR_NONE;
    }
    enum err e = csv_new(t->file, t->o.name, &t->csv, error);
    for (int i = 0; e == ERR_NONE && i < COLUMN_COUNT; i++) {
        t->field_of[i] = csv_column(t->csv, headers[i]);
        if (t->field_of[i] < 0 && i != C_CLUSTER)
            e = err_set(error, ERR_INVALID, "%s:1: there is no column '%s'", t->o.name, headers[i]);
    }
    return e;
}

static enum err take_row(struct trace *t, struct trace_job *out, int *column_out,
                         struct errtext *error)
{
    struct str when = csv_field(t->csv, t->field_of[C_TIME]);
    struct str gpus = csv_field(t->csv, t->field_of[C_GPUS]);
    struct str cluster = csv_field(t->csv, t->field_of[C_CLUSTER]);
    uint64_t chips = 0;
    enum err e = ERR_NONE;
    *column_out = C_TIME;
    if (t->absolute && trace_local_time(when, &out->submit_ms) && out->submit_ms >= 0)
        e = ERR_NONE;
    else if (!t->has_first && trace_local_time(when, &out->submit_ms) && out->submit_ms >= 0)
        t->has_first = t->absolute = true;
    else
        e = trace_take_time(t, when, &out->submit_ms, error);
    if (e != ERR_NONE) return e;
    *column_out = C_DURATION;
    e = trace_seconds(csv_field(t->csv, t->field_of[C_DURATION]), TRACE_SECONDS_MAX,
                      &out->duration_ms, error);
    if (e != ERR_NONE) return e;
    *column_out = C_GPUS;
    if (!str_to_u64(trace_whole(gpus), &chips) ||
        chips > (uint64_t)JOB_NODES_MAX * CHIPS_PER_NODE_MAX)
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is not a number of GPUs", STR_ARG(gpus));
    out->spec.chips = (uint32_t)chips;
    if (cluster.len > 0) out->spec.tenant = trace_id_of(cluster, &t->arena);
    return ERR_NONE;
}

static enum err next(struct trace *t, struct trace_job *out, bool *found_out, struct errtext *error)
{
    int column = 0;
    if (t->state != NULL) return json_next(t, out, found_out, error);
    enum err e = csv_next(t->csv, found_out, error);
    if (e != ERR_NONE || !*found_out) return e;
    trace_job_begin(out, csv_line(t->csv));
    e = take_row(t, out, &column, error);
    if (e != ERR_NONE) {
        e = err_prefix(error, e, "%s", headers[column]);
        return trace_fail(t, out->line, csv_position(t->csv, t->field_of[column]), e, error);
    }
    e = trace_job_finish(out, error);
    return e == ERR_NONE ? e : trace_fail(t, out->line, 1, e, error);
}

static void end(struct trace *t)
{
    struct scan *s = t->state;
    if (s != NULL) buf_release(&s->text);
    csv_free(t->csv);
    t->csv = NULL;
    t->state = NULL;
}

const struct trace_ops trace_philly_ops = {.begin = begin, .next = next, .end = end};
