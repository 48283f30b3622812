/* trace_own.c - Berth's own format: CSV with a header row, and JSON Lines with the same names. */
#include "sim/trace/trace_impl.h"

#include "base/check.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* ---- CSV ------------------------------------------------------------------------------------- */

static enum err unknown_name(struct trace *t, unsigned line, unsigned column, struct str name,
                             struct errtext *error)
{
    const char *near = trace_field_suggest(name);
    enum err e = err_set(error, ERR_INVALID,
                         "there is no column '" STR_FMT "'%s%s%s; docs/trace-format.md lists them, "
                         "and one whose name begins with x_ is passed over",
                         STR_ARG(name), near != NULL ? "; did you mean '" : "",
                         near != NULL ? near : "", near != NULL ? "'?" : "");
    return trace_fail(t, line, column, e, error);
}

static enum err take_header(struct trace *t, struct errtext *error)
{
    unsigned at = 1;
    for (int i = 0; i < csv_columns(t->csv); i++) {
        struct str name = csv_header(t->csv, i);
        t->field_of[i] = trace_field_number(name, &t->chip_of[i]);
        if (t->field_of[i] == -1) return unknown_name(t, 1, at, name, error);
        for (int k = 0; k < i; k++) {
            if (!str_eq(csv_header(t->csv, k), name)) continue;
            enum err e =
                err_set(error, ERR_INVALID, "column '" STR_FMT "' is there twice", STR_ARG(name));
            return trace_fail(t, 1, at, e, error);
        }
        at += (unsigned)name.len + 1;
    }
    return ERR_NONE;
}

static enum err csv_begin(struct trace *t, struct errtext *error)
{
    enum err e = csv_new(t->file, t->o.name, &t->csv, error);
    return e == ERR_NONE ? take_header(t, error) : e;
}

static enum err csv_take(struct trace *t, struct trace_job *out, bool *found_out,
                         struct errtext *error)
{
    enum err e = csv_next(t->csv, found_out, error);
    if (e != ERR_NONE || !*found_out) return e;
    trace_job_begin(out, csv_line(t->csv));
    for (int i = 0; i < csv_columns(t->csv); i++) {
        struct str chip = t->chip_of[i], value = csv_field(t->csv, i);
        if (t->field_of[i] < 0) continue;
        e = chip.len > 0 ? trace_set_duration_on(t, out, chip, value, error)
                         : trace_set_field(t, out, t->field_of[i], value, error);
        if (e != ERR_NONE) {
            e = err_prefix(error, e, STR_FMT, STR_ARG(csv_header(t->csv, i)));
            return trace_fail(t, out->line, csv_position(t->csv, i), e, error);
        }
    }
    e = trace_job_finish(out, error);
    return e == ERR_NONE ? e : trace_fail(t, out->line, 1, e, error);
}

static void csv_end(struct trace *t)
{
    csv_free(t->csv);
    t->csv = NULL;
}

const struct trace_ops trace_csv_ops = {
    .sorted = true, .begin = csv_begin, .next = csv_take, .end = csv_end};

/* ---- JSON Lines ------------------------------------------------------------------------------ */

static enum err lines_begin(struct trace *t, struct errtext *error)
{
    (void)error;
    t->lines.file = t->file;
    t->lines.name = t->o.name;
    t->lines.line = 0;
    return ERR_NONE;
}

/* The text of a scalar or of a list of them, with '|' between; false: it is neither. */
static bool json_text(const json_t *value, struct buf *out)
{
    if (json_is_string(value)) {
        buf_put(out, json_string_value(value), json_string_length(value));
    } else if (json_is_integer(value)) {
        buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        buf_printf(out, "%.3f", json_real_value(value));
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            const json_t *item = json_array_get(value, i);
            if (json_is_array(item)) return false;
            if (i > 0) buf_putc(out, '|');
            if (!json_text(item, out)) return false;
        }
    } else {
        return json_is_null(value);
    }
    return true;
}

static enum err take_member(struct trace *t, struct trace_job *out, const char *key,
                            const json_t *value, struct errtext *error)
{
    struct str chip;
    struct buf text = {0};
    int field = trace_field_number(str_of(key), &chip);
    if (field == -2) return ERR_NONE;
    enum err e;
    if (field < 0) {
        const char *near = trace_field_suggest(str_of(key));
        e = err_set(error, ERR_INVALID, "there is no such field%s%s%s",
                    near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                    near != NULL ? "'?" : "");
    } else if (!json_text(value, &text)) {
        e = err_set(error, ERR_INVALID, "must be a number, a text or a list of texts");
    } else if (chip.len > 0) {
        e = trace_set_duration_on(t, out, chip, buf_str(&text), error);
    } else {
        e = trace_set_field(t, out, field, buf_str(&text), error);
    }
    buf_release(&text);
    return e == ERR_NONE ? e : err_prefix(error, e, "%s", key);
}

/* The column at which a key stands in the line, for messages. */
static unsigned key_column(const struct trace *t, const char *key)
{
    struct buf quoted = {0};
    buf_printf(&quoted, "\"%s\"", key);
    const char *at = memmem(t->lines.text.p, t->lines.text.len, quoted.p, quoted.len);
    buf_release(&quoted);
    return at != NULL ? (unsigned)(at - t->lines.text.p) + 1 : 1;
}

static enum err take_object(struct trace *t, json_t *object, struct trace_job *out,
                            struct errtext *error)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        enum err e = take_member(t, out, key, value, error);
        if (e != ERR_NONE) return trace_fail(t, out->line, key_column(t, key), e, error);
    }
    enum err e = trace_job_finish(out, error);
    return e == ERR_NONE ? e : trace_fail(t, out->line, 1, e, error);
}

static enum err jsonl_next(struct trace *t, struct trace_job *out, bool *found_out,
                           struct errtext *error)
{
    json_error_t why;
    enum err e = trace_lines_next(&t->lines, found_out, error);
    if (e != ERR_NONE || !*found_out) return e;
    trace_job_begin(out, t->lines.line);
    json_t *object = json_loadb(t->lines.text.p, t->lines.text.len, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(object)) {
        e = err_set(error, ERR_INVALID, "%s%s",
                    object == NULL ? why.text : "a line must be one JSON object",
                    t->lines.cut ? "; the file ends inside this line" : "");
        unsigned column = object == NULL && why.column > 0 ? (unsigned)why.column : 1;
        json_decref(object);
        return trace_fail(t, out->line, column, e, error);
    }
    e = take_object(t, object, out, error);
    json_decref(object);
    return e;
}

const struct trace_ops trace_jsonl_ops = {.sorted = true, .begin = lines_begin, .next = jsonl_next};
