/* trace_gavel.c - traces of Gavel (Narayanan et al., OSDI 2020;
 * github.com/stanford-futuredata/gavel).
 *
 * Lines of ten fields between tabs, without a header: job type, command, folder, argument, needs a
 * data folder (0 or 1), total steps, GPUs, weight, SLO (below 0: none) and arrival (seconds). Taken
 * are type, steps, GPUs and arrival; how long that lasts on which chip, tables of measured speeds
 * know. The weight of another than 1 becomes a priority. */
#include "sim/trace/trace_impl.h"

enum field {
    F_TYPE,
    F_COMMAND,
    F_FOLDER,
    F_ARGUMENT,
    F_DATA,
    F_STEPS,
    F_GPUS,
    F_WEIGHT,
    F_SLO,
    F_AT,
    FIELDS
};

static enum err begin(struct trace *t, struct errtext *error)
{
    (void)error;
    t->lines.file = t->file;
    t->lines.name = t->o.name;
    t->lines.line = 0;
    if (t->state == NULL) t->state = ARENA_NEW(&t->kept, struct trace_split);
    return ERR_NONE;
}

static enum err bad(const struct trace *t, int field, const char *want, struct errtext *error)
{
    const struct trace_split *s = t->state;
    size_t at = (size_t)(s->field[field].p - t->lines.text.p);
    enum err e =
        err_set(error, ERR_INVALID, "'" STR_FMT "' is not %s", STR_ARG(s->field[field]), want);
    return trace_fail(t, t->lines.line, (unsigned)at + 1, e, error);
}

static enum err take(struct trace *t, struct trace_job *out, struct errtext *error)
{
    const struct trace_split *s = t->state;
    struct job_spec *spec = &out->spec;
    uint64_t steps = 0, gpus = 0, weight = 0;
    if (s->field[F_TYPE].len == 0 || s->field[F_TYPE].len > NAME_LEN_MAX)
        return bad(t, F_TYPE, "a type of jobs", error);
    if (!str_to_u64(s->field[F_STEPS], &steps) || steps == 0 || steps > WORK_STEPS_MAX)
        return bad(t, F_STEPS, "a number of steps", error);
    if (!str_to_u64(s->field[F_GPUS], &gpus) || gpus == 0 || gpus > JOB_NODES_MAX)
        return bad(t, F_GPUS, "a number of GPUs", error);
    if (trace_seconds(s->field[F_AT], TRACE_SECONDS_MAX, &out->submit_ms, error) != ERR_NONE)
        return bad(t, F_AT, "an arrival in seconds", error);
    t->has_first = true;
    if (str_to_u64(s->field[F_WEIGHT], &weight) && weight > 1 && weight <= INT32_MAX)
        spec->priority = (int32_t)weight;
    spec->work.type = str_copy(&t->arena, s->field[F_TYPE]);
    spec->work.steps = (int64_t)steps;
    spec->chips = (uint32_t)gpus;
    return ERR_NONE;
}

static enum err next(struct trace *t, struct trace_job *out, bool *found_out, struct errtext *error)
{
    struct trace_split *s = t->state;
    enum err e = trace_lines_next(&t->lines, found_out, error);
    if (e == ERR_NONE && *found_out) e = trace_split_line(&t->lines, '\t', s, error);
    if (e != ERR_NONE || !*found_out) return e;
    if (s->count != FIELDS)
        return err_set(error, ERR_INVALID, "%s:%u: %d fields between tabs; a Gavel trace has %d%s",
                       t->o.name, t->lines.line, s->count, (int)FIELDS,
                       t->lines.cut ? "; the file ends inside this line" : "");
    trace_job_begin(out, t->lines.line);
    e = take(t, out, error);
    if (e != ERR_NONE) return e;
    e = trace_job_finish(out, error);
    return e == ERR_NONE ? e : trace_fail(t, out->line, 1, e, error);
}

const struct trace_ops trace_gavel_ops = {.sorted = true, .begin = begin, .next = next};
