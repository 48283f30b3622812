/* trace_openb.c - pod lists of cluster-trace-gpu-v2023 (github.com/alibaba/clusterdata), the trace
 * of FGD (USENIX ATC 2023), as jobs that come and go.
 *
 * Columns: name, cpu_milli, memory_mib, num_gpu, gpu_milli (of each device), gpu_spec (models with
 * '|' between), creation_time, scheduled_time, deletion_time (seconds). A pod is submitted when it
 * was created and lasts from when it was scheduled until it was deleted; one that was never
 * scheduled is passed over. */
#include "sim/trace/trace_impl.h"

enum column {
    C_NAME,
    C_CPU,
    C_MEMORY,
    C_GPUS,
    C_MILLI,
    C_SPEC,
    C_CREATED,
    C_SCHEDULED,
    C_DELETED,
    COLUMN_COUNT
};

static const char *const headers[COLUMN_COUNT] = {
    "name",     "cpu_milli",     "memory_mib",     "num_gpu",      "gpu_milli",
    "gpu_spec", "creation_time", "scheduled_time", "deletion_time"};

static enum err begin(struct trace *t, struct errtext *error)
{
    enum err e = csv_new(t->file, t->o.name, &t->csv, error);
    if (e != ERR_NONE) return e;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        t->field_of[i] = csv_column(t->csv, headers[i]);
        if (t->field_of[i] < 0 && i != C_SPEC)
            return err_set(error, ERR_INVALID, "%s:1: there is no column '%s'", t->o.name,
                           headers[i]);
    }
    return ERR_NONE;
}

static enum err bad(const struct trace *t, int column, enum err code, struct errtext *error)
{
    code = err_prefix(error, code, "%s", headers[column]);
    return trace_fail(t, csv_line(t->csv), csv_position(t->csv, t->field_of[column]), code, error);
}

static struct str field(const struct trace *t, int column)
{
    return csv_field(t->csv, t->field_of[column]);
}

static enum err take_number(const struct trace *t, int column, uint64_t max, uint64_t *out,
                            struct errtext *error)
{
    struct str text = field(t, column);
    if (str_to_u64(text, out) && *out <= max) return ERR_NONE;
    return bad(t, column,
               err_set(error, ERR_INVALID, "'" STR_FMT "' is not a whole number of at most %llu",
                       STR_ARG(text), (unsigned long long)max),
               error);
}

static enum err take_seconds(const struct trace *t, int column, int64_t *out, struct errtext *error)
{
    enum err e = trace_seconds(field(t, column), TRACE_SECONDS_MAX, out, error);
    return e == ERR_NONE ? e : bad(t, column, e, error);
}

static enum err take_size(struct trace *t, struct job_spec *s, struct errtext *error)
{
    enum { MILLI = 1000 };
    uint64_t cpu = 0, memory = 0, gpus = 0, milli = 0;
    enum err e = take_number(t, C_CPU, (uint64_t)CPUS_PER_NODE_MAX * MILLI, &cpu, error);
    if (e == ERR_NONE) e = take_number(t, C_MEMORY, MEM_MB_PER_NODE_MAX, &memory, error);
    if (e == ERR_NONE) e = take_number(t, C_GPUS, CHIPS_PER_NODE_MAX, &gpus, error);
    if (e == ERR_NONE) e = take_number(t, C_MILLI, MILLI, &milli, error);
    s->cpus_per_task = (uint32_t)((cpu + MILLI - 1) / MILLI);
    s->mem_mb_per_node = memory;
    s->nodes = 1;
    if (gpus == 1 && milli > 0 && milli < MILLI) {
        s->chips = 1;
        s->chip_milli = (uint32_t)milli;
    } else {
        s->chips_per_node = (uint32_t)gpus;
    }
    return e;
}

/* Models with '|' between; one that stands twice counts once. */
static enum err take_models(struct trace *t, struct job_spec *s, struct errtext *error)
{
    struct str rest = field(t, C_SPEC);
    if (rest.len == 0) return ERR_NONE;
    s->chip_kinds = ARENA_ARRAY(&t->arena, LIST_MAX, struct str);
    for (size_t from = 0, i = 0; i <= rest.len; i++) {
        if (i < rest.len && rest.p[i] != '|') continue;
        struct str one = {rest.p + from, i - from};
        from = i + 1;
        bool twice = false;
        for (uint32_t k = 0; k < s->chip_kind_count; k++)
            twice = twice || str_eq(s->chip_kinds[k], one);
        if (twice) continue;
        if (s->chip_kind_count == LIST_MAX)
            return bad(t, C_SPEC, err_set(error, ERR_LIMIT, "too many models"), error);
        s->chip_kinds[s->chip_kind_count++] = trace_id_of(one, &t->arena);
    }
    return ERR_NONE;
}

static enum err take_times(struct trace *t, struct trace_job *out, struct errtext *error)
{
    int64_t scheduled = 0, deleted = 0;
    enum err e = take_seconds(t, C_CREATED, &out->submit_ms, error);
    if (e == ERR_NONE) e = take_seconds(t, C_SCHEDULED, &scheduled, error);
    if (e == ERR_NONE) e = take_seconds(t, C_DELETED, &deleted, error);
    if (e != ERR_NONE) return e;
    out->duration_ms = deleted - scheduled;
    if (out->duration_ms >= 0) return ERR_NONE;
    return bad(t, C_DELETED, err_set(error, ERR_INVALID, "deleted before it was scheduled"), error);
}

static enum err next(struct trace *t, struct trace_job *out, bool *found_out, struct errtext *error)
{
    for (;;) {
        enum err e = csv_next(t->csv, found_out, error);
        if (e != ERR_NONE || !*found_out) return e;
        if (field(t, C_SCHEDULED).len > 0) break;
        t->skipped++;
    }
    trace_job_begin(out, csv_line(t->csv));
    out->id = str_copy(&t->arena, field(t, C_NAME));
    enum err e = take_times(t, out, error);
    if (e == ERR_NONE) e = take_size(t, &out->spec, error);
    if (e == ERR_NONE) e = take_models(t, &out->spec, error);
    if (e != ERR_NONE) return e;
    e = trace_job_finish(out, error);
    return e == ERR_NONE ? e : trace_fail(t, out->line, 1, e, error);
}

static void end(struct trace *t)
{
    csv_free(t->csv);
    t->csv = NULL;
}

const struct trace_ops trace_openb_ops = {.begin = begin, .next = next, .end = end};
