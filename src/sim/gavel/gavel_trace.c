/* The reader of traces; gavel_source.h says what they look like. */
#include "sim/gavel/gavel_source.h"

#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { F_TYPE, F_STEPS = 5, F_GPUS, F_WEIGHT, F_SLO, F_ARRIVAL, FIELDS };

struct reader {
    const char *name;
    unsigned line;
    const struct gavel_speeds *speeds;
    struct gavel_source *source;
    struct errtext *error;
};

static enum err bad(const struct reader *r, const char *what, struct str got, const char *needed)
{
    return err_set(r->error, ERR_INVALID, "%s:%u: %s: '" STR_FMT "' is not %s", r->name, r->line,
                   what, STR_ARG(got), needed);
}

static enum err split(const struct reader *r, struct str line, struct str fields[FIELDS])
{
    int n = 0;
    for (size_t from = 0;; n++) {
        const char *tab = memchr(line.p + from, '\t', line.len - from);
        size_t to = tab != NULL ? (size_t)(tab - line.p) : line.len;
        if (n < FIELDS) fields[n] = (struct str){line.p + from, to - from};
        if (tab == NULL) break;
        from = to + 1;
    }
    if (n + 1 == FIELDS) return ERR_NONE;
    return err_set(r->error, ERR_INVALID,
                   "%s:%u: %d fields, but a job has %d with a tab between them: job type, command, "
                   "working directory, argument, needs data, total steps, scale factor, priority "
                   "weight, SLO, arrival",
                   r->name, r->line, n + 1, (int)FIELDS);
}

/* The speeds of the job: the table's row of its type and size. */
static enum err find_speeds(const struct reader *r, struct str type, struct gavel_job *j)
{
    const struct gavel_speed *row = gavel_speeds_find(r->speeds, type, j->gpus);
    if (row == NULL && gavel_speeds_model(r->speeds, type) != NULL)
        return err_set(r->error, ERR_INVALID,
                       "%s:%u: the throughput table has no row of '" STR_FMT
                       "' with scale_factor %u; add its speeds, or change the job",
                       r->name, r->line, STR_ARG(type), j->gpus);
    if (row == NULL)
        return err_set(r->error, ERR_INVALID,
                       "%s:%u: unknown job type '" STR_FMT
                       "': the throughput table has no such model; correct it, or add its speeds",
                       r->name, r->line, STR_ARG(type));
    memcpy(j->speed, row->speed, sizeof j->speed);
    return ERR_NONE;
}

static enum err take_job(struct reader *r, struct str line)
{
    struct gavel_source *s = r->source;
    struct str f[FIELDS];
    struct gavel_job j = {0};
    uint64_t gpus;
    enum err e = split(r, line, f);
    if (e != ERR_NONE) return e;
    if (!gavel_number(f[F_STEPS], GAVEL_STEPS_MAX, &j.steps) || j.steps < 1)
        return bad(r, "total steps", f[F_STEPS], "a number of steps, 1 or more");
    if (!str_to_u64(f[F_GPUS], &gpus) || gpus == 0 || gpus > GAVEL_GPUS_MAX)
        return bad(r, "scale factor", f[F_GPUS], "a number of GPUs from 1 to 1024");
    if (!gavel_number(f[F_WEIGHT], GAVEL_WEIGHT_MAX, &j.weight) || j.weight <= 1 / GAVEL_WEIGHT_MAX)
        return bad(r, "priority weight", f[F_WEIGHT], "a weight above 0; 1 is the usual one");
    if (!gavel_number(f[F_ARRIVAL], GAVEL_TIME_MAX_S, &j.arrival_s))
        return bad(r, "arrival", f[F_ARRIVAL], "a time in seconds, 0 or more");
    if (s->count > 0 && j.arrival_s < s->jobs[s->count - 1].arrival_s)
        return err_set(r->error, ERR_INVALID,
                       "%s:%u: arrives before the job of the line before it; sort the file by its "
                       "last field",
                       r->name, r->line);
    if (s->count == GAVEL_JOBS_MAX)
        return err_set(r->error, ERR_LIMIT, "%s:%u: more than %d jobs; split the trace", r->name,
                       r->line, (int)GAVEL_JOBS_MAX);
    j.gpus = (uint32_t)gpus;
    e = find_speeds(r, f[F_TYPE], &j);
    if (e != ERR_NONE) return e;
    s->jobs = mem_grow(s->jobs, &s->cap, (size_t)s->count + 1, sizeof *s->jobs);
    s->jobs[s->count++] = j;
    return ERR_NONE;
}

static enum err read_lines(struct reader *r, FILE *file)
{
    char text[GAVEL_LINE_MAX + 2]; /* with the line's end and the final NUL */
    enum err e = ERR_NONE;
    for (r->line = 1; e == ERR_NONE && fgets(text, sizeof text, file) != NULL; r->line++) {
        struct str line = str_of(text);
        bool ended = line.len > 0 && line.p[line.len - 1] == '\n';
        if (!ended && feof(file))
            return err_set(r->error, ERR_INVALID,
                           "%s:%u: the last line has no end: the file was cut short; fetch it "
                           "again, or end the line if it is whole",
                           r->name, r->line);
        if (!ended)
            return err_set(r->error, ERR_INVALID,
                           "%s:%u: a line of more than %d bytes, or with NUL", r->name, r->line,
                           (int)GAVEL_LINE_MAX);
        line.len--;
        if (line.len > 0 && line.p[line.len - 1] == '\r') line.len--;
        if (line.len > 0) e = take_job(r, line);
    }
    if (e == ERR_NONE && ferror(file))
        e = err_set(r->error, ERR_IO, "%s: cannot be read: %s", r->name, strerror(errno));
    if (e == ERR_NONE && r->source->count == 0)
        e = err_set(r->error, ERR_INVALID, "%s: no jobs", r->name);
    return e;
}

enum err gavel_source_parse(FILE *file, const char *name, const struct gavel_speeds *speeds,
                            struct gavel_source *out, struct errtext *error)
{
    struct gavel_source s = {0};
    struct reader r = {.name = name, .speeds = speeds, .source = &s, .error = error};
    enum err e = read_lines(&r, file);
    if (e != ERR_NONE) {
        gavel_source_release(&s);
        return e;
    }
    s.window_end = s.count;
    *out = s;
    return ERR_NONE;
}

enum err gavel_source_read(const char *path, const struct gavel_speeds *speeds,
                           struct gavel_source *out, struct errtext *error)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) return err_set(error, ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    enum err e = gavel_source_parse(f, path, speeds, out, error);
    fclose(f);
    return e;
}
