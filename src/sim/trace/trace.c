#include "sim/trace/trace_impl.h"

#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *const trace_format_names[TRACE_FORMAT_COUNT + 1] = {"auto",  "csv",    "jsonl", "openb",
                                                                "gavel", "philly", "sacct", NULL};

static const struct trace_ops *const ops_of[TRACE_FORMAT_COUNT] = {
    [TRACE_CSV] = &trace_csv_ops,       [TRACE_JSONL] = &trace_jsonl_ops,
    [TRACE_OPENB] = &trace_openb_ops,   [TRACE_GAVEL] = &trace_gavel_ops,
    [TRACE_PHILLY] = &trace_philly_ops, [TRACE_SACCT] = &trace_sacct_ops,
};

/* ---- lines and values ------------------------------------------------------------------------ */

static enum err take_line(struct trace_lines *l, int byte, struct errtext *error)
{
    for (; byte != '\n' && byte != EOF; byte = getc(l->file)) {
        if (byte == '\0') return err_set(error, ERR_INVALID, "%s:%u: a NUL byte", l->name, l->line);
        if (l->text.len == TRACE_LINE_MAX)
            return err_set(error, ERR_LIMIT, "%s:%u: a line of more than %d bytes", l->name,
                           l->line, (int)TRACE_LINE_MAX);
        buf_putc(&l->text, (char)byte);
    }
    l->cut = byte == EOF;
    if (l->text.len > 0 && l->text.p[l->text.len - 1] == '\r') l->text.p[--l->text.len] = '\0';
    if (!str_is_utf8(buf_str(&l->text)))
        return err_set(error, ERR_INVALID, "%s:%u: not valid UTF-8", l->name, l->line);
    return ERR_NONE;
}

enum err trace_lines_next(struct trace_lines *l, bool *more_out, struct errtext *error)
{
    int byte;
    *more_out = false;
    buf_clear(&l->text);
    while (l->text.len == 0) {
        byte = getc(l->file);
        if (byte == EOF) break;
        l->line++;
        enum err e = take_line(l, byte, error);
        if (e != ERR_NONE) return e;
    }
    if (ferror(l->file))
        return err_set(error, ERR_IO, "%s: cannot be read: %s", l->name, strerror(errno));
    *more_out = l->text.len > 0;
    return ERR_NONE;
}

enum err trace_split_line(const struct trace_lines *l, char separator, struct trace_split *out,
                          struct errtext *error)
{
    struct str line = buf_str(&l->text);
    out->count = 0;
    for (size_t from = 0, i = 0; i <= line.len; i++) {
        if (i < line.len && line.p[i] != separator) continue;
        if (out->count == TRACE_COLUMNS_MAX)
            return err_set(error, ERR_LIMIT, "%s:%u: more than %d fields", l->name, l->line,
                           (int)TRACE_COLUMNS_MAX);
        out->field[out->count++] = (struct str){line.p + from, i - from};
        from = i + 1;
    }
    return ERR_NONE;
}

enum err trace_fail(const struct trace *t, unsigned line, unsigned column, enum err code,
                    struct errtext *error)
{
    return err_prefix(error, code, "%s:%u:%u", t->o.name, line, column);
}

enum err trace_seconds(struct str text, int64_t max_s, int64_t *ms_out, struct errtext *error)
{
    enum { DECIMALS_MAX = 9 };
    int64_t whole = 0, thousandths = 0;
    size_t i = 0, point = text.len;
    if (text.len > 0 && text.p[0] == '-')
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is negative", STR_ARG(text));
    for (; i < text.len && text.p[i] >= '0' && text.p[i] <= '9' && whole <= max_s; i++)
        whole = whole * 10 + (text.p[i] - '0');
    if (i > 0 && i < text.len && text.p[i] == '.') {
        point = i++;
        for (; i < text.len && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
            size_t place = i - point;
            if (place <= 3) thousandths = thousandths * 10 + (text.p[i] - '0');
            if (place == 4 && text.p[i] >= '5') thousandths++;
        }
        for (size_t place = i - point; place <= 3; place++) thousandths *= 10;
    }
    if (i == 0 || i == point + 1 || (i < text.len && whole <= max_s) ||
        (point < text.len && i - point - 1 > DECIMALS_MAX))
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is not a number of seconds",
                       STR_ARG(text));
    if (whole > max_s || (whole == max_s && thousandths > 0))
        return err_set(error, ERR_LIMIT, "'" STR_FMT "' is more than %" PRId64 " seconds",
                       STR_ARG(text), max_s);
    *ms_out = whole * 1000 + thousandths;
    return ERR_NONE;
}

enum err trace_take_time(struct trace *t, struct str text, int64_t *ms_out, struct errtext *error)
{
    enum { YEARS_MAX = 8000 }; /* an instant of the year 9999 in seconds, roughly */
    int64_t ms = 0;
    bool is_date = civil_parse(text, &ms);
    if (!is_date) {
        enum err e = trace_seconds(text, TRACE_SECONDS_MAX / 10 * YEARS_MAX, &ms, error);
        if (e == ERR_INVALID && text.len > 0 && text.p[0] != '-')
            return err_set(error, e,
                           "'" STR_FMT "' is neither a number of seconds nor an instant "
                           "such as 2026-01-31T08:00:00Z",
                           STR_ARG(text));
        if (e != ERR_NONE) return e;
    }
    bool absolute = is_date || ms / 1000 >= TRACE_UNIX_FROM_S;
    if (ms < 0) return err_set(error, ERR_INVALID, "before 1970");
    if (!t->has_first) t->absolute = absolute;
    if (absolute != t->absolute)
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is %s, but the first submit time is %s",
                       STR_ARG(text),
                       absolute ? "an instant" : "a number of seconds since the beginning",
                       absolute ? "a number of seconds since the beginning" : "an instant");
    t->has_first = true;
    *ms_out = ms;
    return ERR_NONE;
}

bool trace_local_time(struct str text, int64_t *ms_out)
{
    enum { LOCAL_LEN = 19 }; /* "2017-10-07 01:12:09" */
    char whole[LOCAL_LEN + 1];
    if (civil_parse(text, ms_out)) return true;
    if (text.len != LOCAL_LEN || (text.p[10] != ' ' && text.p[10] != 'T')) return false;
    memcpy(whole, text.p, LOCAL_LEN);
    whole[10] = 'T';
    whole[LOCAL_LEN] = 'Z';
    return civil_parse((struct str){whole, sizeof whole}, ms_out);
}

/* ---- which format ---------------------------------------------------------------------------- */

/* Guess by the first line: its separators and a word that only one format has. */
static int guess(struct str line)
{
    static const struct {
        const char *has;
        int format;
    } marks[] = {{"JobID|", TRACE_SACCT},
                 {"|JobID", TRACE_SACCT},
                 {"cpu_milli", TRACE_OPENB},
                 {"num_gpus", TRACE_PHILLY},
                 {"\t", TRACE_GAVEL}};
    size_t i = 0;
    while (i < line.len && line.p[i] == ' ') i++;
    if (i < line.len && line.p[i] == '[') return TRACE_PHILLY;
    if (i < line.len && line.p[i] == '{') return TRACE_JSONL;
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (line.len > 0 && memmem(line.p, line.len, marks[k].has, strlen(marks[k].has)) != NULL)
            return marks[k].format;
    return TRACE_CSV;
}

static enum err find_format(struct trace *t, struct errtext *error)
{
    bool more = false;
    struct trace_lines l = {.file = t->file, .name = t->o.name};
    t->format = t->o.format;
    if (t->format != TRACE_AUTO) return ERR_NONE;
    (void)csv_skip_mark(t->file); /* a failure is met again, and told, in begin() */
    enum err e = trace_lines_next(&l, &more, error);
    if (e == ERR_NONE && !more) e = err_set(error, ERR_INVALID, "%s: the file is empty", t->o.name);
    t->format = guess(buf_str(&l.text));
    buf_release(&l.text);
    return e;
}

/* ---- order ----------------------------------------------------------------------------------- */

static enum err check_order(struct trace *t, const struct trace_job *job, struct errtext *error)
{
    if (job->submit_ms < t->last_ms) {
        enum err e = err_set(error, ERR_INVALID,
                             "submitted before the job of line %u; sort the file by its submit "
                             "times",
                             t->last_line);
        return trace_fail(t, job->line, trace_column(t, "submit"), e, error);
    }
    t->last_ms = job->submit_ms;
    t->last_line = job->line;
    return ERR_NONE;
}

static int by_submit(const void *a, const void *b)
{
    const struct trace_job *x = a, *y = b;
    if (x->submit_ms != y->submit_ms) return x->submit_ms < y->submit_ms ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* A deep copy of a row into `kept`. */
static void keep_row(struct trace *t, const struct trace_job *job)
{
    t->rows = mem_grow(t->rows, &t->row_cap, t->row_count + 1, sizeof *t->rows);
    struct trace_job *to = &t->rows[t->row_count++];
    *to = *job;
    job_spec_copy_light(&job->spec, &t->kept, &to->spec);
    to->id = str_copy(&t->kept, job->id);
    to->on = ARENA_ARRAY(&t->kept, job->on_count, struct trace_duration);
    for (uint32_t i = 0; i < job->on_count; i++) {
        to->on[i] = job->on[i];
        to->on[i].chip = str_copy(&t->kept, job->on[i].chip);
    }
}

static enum err read_all(struct trace *t, struct errtext *error)
{
    for (;;) {
        struct trace_job job;
        bool found = false;
        arena_clear(&t->arena);
        enum err e = t->ops->next(t, &job, &found, error);
        if (e != ERR_NONE) return e;
        if (!found) break;
        if (t->row_count == TRACE_SORTED_MAX)
            return err_set(error, ERR_LIMIT, "%s:%u: more than %d jobs; split the file", t->o.name,
                           job.line, (int)TRACE_SORTED_MAX);
        keep_row(t, &job);
    }
    if (t->row_count > 0) qsort(t->rows, t->row_count, sizeof *t->rows, by_submit);
    return ERR_NONE;
}

/* ---- the stream ------------------------------------------------------------------------------ */

static enum err begin(struct trace *t, struct errtext *error)
{
    if (fseeko(t->file, 0, SEEK_SET) != 0 || !csv_skip_mark(t->file))
        return err_set(error, ERR_INVALID,
                       "%s: cannot be read twice, as it must be; give a file, not a pipe",
                       t->o.name);
    t->last_ms = 0;
    t->last_line = 0;
    t->job = NULL;
    enum err e = t->ops->begin(t, error);
    return e == ERR_NONE && !t->ops->sorted ? read_all(t, error) : e;
}

enum err trace_open(FILE *file, const struct trace_options *o, struct trace **out,
                    struct errtext *error)
{
    struct trace *t = mem_alloc(1, sizeof *t);
    t->o = *o;
    t->file = file;
    arena_init(&t->arena);
    arena_init(&t->kept);
    enum err e = find_format(t, error);
    if (e == ERR_NONE) {
        t->ops = ops_of[t->format];
        ASSERT(t->ops != NULL);
        e = begin(t, error);
    }
    if (e == ERR_NONE)
        *out = t;
    else
        trace_close(t);
    return e;
}

void trace_close(struct trace *t)
{
    if (t == NULL) return;
    if (t->ops != NULL && t->ops->end != NULL) t->ops->end(t);
    buf_release(&t->lines.text);
    arena_release(&t->arena);
    arena_release(&t->kept);
    mem_free(t->rows);
    mem_free(t);
}

enum err trace_rewind(struct trace *t, struct errtext *error)
{
    t->row_next = 0;
    if (!t->ops->sorted) return ERR_NONE;
    if (t->ops->end != NULL) t->ops->end(t);
    t->skipped = 0;
    t->has_first = false;
    return begin(t, error);
}

enum err trace_next(struct trace *t, struct trace_job *out, bool *more_out, struct errtext *error)
{
    if (!t->ops->sorted) {
        *more_out = t->row_next < t->row_count;
        if (*more_out) *out = t->rows[t->row_next++];
        return ERR_NONE;
    }
    arena_clear(&t->arena);
    enum err e = t->ops->next(t, out, more_out, error);
    if (e == ERR_NONE && *more_out) e = check_order(t, out, error);
    return e;
}

int trace_format(const struct trace *t)
{
    return t->format;
}

bool trace_is_absolute(const struct trace *t)
{
    return t->absolute;
}

unsigned trace_column(const struct trace *t, const char *field)
{
    if (t->csv == NULL) return 1;
    return csv_position(t->csv, csv_column(t->csv, field));
}

uint64_t trace_rows_guess(const struct trace *t, uint64_t rows)
{
    struct stat file;
    long at = ftell(t->file);
    if (!t->ops->sorted) return t->row_count;
    if (at <= 0 || fstat(fileno(t->file), &file) != 0 || file.st_size < at) return rows;
    return (uint64_t)((double)rows * (double)file.st_size / (double)at);
}

uint64_t trace_skipped(const struct trace *t)
{
    return t->skipped;
}

bool trace_is_cut(const struct trace *t)
{
    return t->csv != NULL ? csv_is_cut(t->csv) : t->lines.cut;
}
