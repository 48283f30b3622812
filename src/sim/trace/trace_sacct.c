/* trace_sacct.c - Slurm's accounting as `sacct -P` prints it (or -p, with a '|' behind each line).
 *
 * Needed: JobID, Submit, and the time that the job ran: ElapsedRaw, Elapsed, or Start and End. Used
 * where present: JobName, Account (else User: the tenant), Partition, ReqTRES (else AllocTRES),
 * NNodes, TimelimitRaw or Timelimit, State, ExitCode. Other columns are passed over; so is
 * Priority, which Slurm works out anew all the time and nobody asked for. Steps (12.batch) and jobs
 * that never ran or still do are passed over. Times have no zone in this output and are taken as
 * UTC.
 *
 * TRES: "billing=8,cpu=8,gres/gpu=4,gres/gpu:h200=4,mem=64G,node=2", totals over all nodes
 * (slurm.conf(5), AccountingStorageTRES). */
#include "sim/trace/trace_impl.h"

#include "read/sbatch_options.h"
#include "read/units.h"

#include <string.h>

enum column {
    C_JOB,
    C_SUBMIT,
    C_NAME,
    C_ACCOUNT,
    C_USER,
    C_PARTITION,
    C_START,
    C_END,
    C_ELAPSED_RAW,
    C_ELAPSED,
    C_REQ_TRES,
    C_ALLOC_TRES,
    C_NODES,
    C_LIMIT_RAW,
    C_LIMIT,
    C_STATE,
    C_EXIT,
    COLUMN_COUNT
};

static const char *const headers[COLUMN_COUNT] = {
    "JobID",  "Submit",       "JobName",    "Account", "User",    "Partition",
    "Start",  "End",          "ElapsedRaw", "Elapsed", "ReqTRES", "AllocTRES",
    "NNodes", "TimelimitRaw", "Timelimit",  "State",   "ExitCode"};

/* The fields of the line read last. */
struct row {
    struct trace_split s;
    int header_count;
};

/* sacct does not escape: a job's name with '|' in it gives fields too many, which are its own. */
static void join_name(const struct trace *t, struct row *r)
{
    int extra = r->s.count - r->header_count, name = t->field_of[C_NAME];
    if (extra <= 0 || name < 0) return;
    const struct str *last = &r->s.field[name + extra];
    r->s.field[name].len = (size_t)(last->p + last->len - r->s.field[name].p);
    for (int i = name + 1; i < r->header_count; i++) r->s.field[i] = r->s.field[i + extra];
    r->s.count = r->header_count;
}

static enum err split(struct trace *t, struct row *r, struct errtext *error)
{
    enum err e = trace_split_line(&t->lines, '|', &r->s, error);
    if (e != ERR_NONE) return e;
    if (r->header_count > 0) join_name(t, r);
    if (r->header_count == 0 || r->s.count == r->header_count) return ERR_NONE;
    return err_set(error, ERR_INVALID, "%s:%u: %d fields, but the header has %d%s", t->o.name,
                   t->lines.line, r->s.count, r->header_count,
                   t->lines.cut ? "; the file ends inside this line" : "");
}

static enum err begin(struct trace *t, struct errtext *error)
{
    bool more = false;
    struct row *r = ARENA_NEW(&t->kept, struct row);
    t->state = r;
    t->lines.file = t->file;
    t->lines.name = t->o.name;
    enum err e = trace_lines_next(&t->lines, &more, error);
    if (e == ERR_NONE && !more) e = err_set(error, ERR_INVALID, "%s: the file is empty", t->o.name);
    if (e == ERR_NONE) e = split(t, r, error);
    if (e != ERR_NONE) return e;
    for (int c = 0; c < COLUMN_COUNT; c++) {
        t->field_of[c] = -1;
        for (int i = 0; i < r->s.count; i++)
            if (str_eqz(r->s.field[i], headers[c])) t->field_of[c] = i;
    }
    r->header_count = r->s.count;
    bool lasts = t->field_of[C_ELAPSED_RAW] >= 0 || t->field_of[C_ELAPSED] >= 0 ||
                 (t->field_of[C_START] >= 0 && t->field_of[C_END] >= 0);
    if (t->field_of[C_JOB] >= 0 && t->field_of[C_SUBMIT] >= 0 && lasts) return ERR_NONE;
    return err_set(error, ERR_INVALID,
                   "%s:1: sacct's columns must have JobID, Submit and ElapsedRaw; for instance: "
                   "sacct -a -P -o JobID,Submit,Start,ElapsedRaw,TimelimitRaw,ReqTRES,NNodes,"
                   "Account,Partition,State,ExitCode",
                   t->o.name);
}

static struct str field(const struct trace *t, int column)
{
    const struct row *r = t->state;
    int at = t->field_of[column];
    return at >= 0 && at < r->s.count ? r->s.field[at] : (struct str){0};
}

static enum err bad(const struct trace *t, int column, const char *want, struct errtext *error)
{
    struct str text = field(t, column);
    size_t at = text.p != NULL ? (size_t)(text.p - t->lines.text.p) : 0;
    enum err e = err_set(error, ERR_INVALID, "%s: '" STR_FMT "' is not %s", headers[column],
                         STR_ARG(text), want);
    return trace_fail(t, t->lines.line, (unsigned)at + 1, e, error);
}

/* ---- which rows are jobs that ran ------------------------------------------------------------ */

static bool is_unset(struct str text)
{
    return text.len == 0 || str_eqz(text, "Unknown") || str_eqz(text, "None");
}

static bool is_job_that_ran(const struct trace *t)
{
    static const char *const open[] = {"PENDING", "RUNNING", "SUSPENDED", "REQUEUED", "RESIZING"};
    struct str id = field(t, C_JOB), state = field(t, C_STATE);
    if (id.len == 0 || memchr(id.p, '.', id.len) != NULL) return false;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (str_starts(state, open[i])) return false;
    return t->field_of[C_START] < 0 || !is_unset(field(t, C_START));
}

/* ---- values
 * -------------------------------------------------------------------------------------- */

static enum err take_duration(struct trace *t, struct trace_job *out, struct errtext *error)
{
    int64_t start = 0, end = 0;
    struct str raw = field(t, C_ELAPSED_RAW), text = field(t, C_ELAPSED);
    if (raw.len > 0) {
        if (trace_seconds(raw, TRACE_SECONDS_MAX, &out->duration_ms, error) == ERR_NONE)
            return ERR_NONE;
        return bad(t, C_ELAPSED_RAW, "a number of seconds", error);
    }
    if (text.len > 0) {
        if (str_eqz(text, "00:00:00"))
            out->duration_ms = 0; /* duration_parse takes limits: not 0 */
        if (out->duration_ms == 0 || duration_parse(text, &out->duration_ms)) return ERR_NONE;
        return bad(t, C_ELAPSED, "a time such as 1-02:03:04", error);
    }
    if (!trace_local_time(field(t, C_START), &start))
        return bad(t, C_START, "a time such as 2026-01-31T08:00:00", error);
    if (!trace_local_time(field(t, C_END), &end) || end < start)
        return bad(t, C_END, "a time behind Start", error);
    out->duration_ms = end - start;
    return ERR_NONE;
}

static enum err take_limit(struct trace *t, struct job_spec *s, struct errtext *error)
{
    struct str raw = field(t, C_LIMIT_RAW), text = field(t, C_LIMIT);
    uint64_t minutes = 0;
    if (raw.len > 0 && str_to_u64(raw, &minutes) && minutes <= TIME_LIMIT_MAX_MS / 60000) {
        s->time_limit_ms = (int64_t)minutes * 60000;
    } else if (text.len > 0 && !str_eqz(text, "Partition_Limit")) {
        if (!duration_parse(text, &s->time_limit_ms))
            return bad(t, C_LIMIT, "a time limit such as 1-00:00:00", error);
    }
    return ERR_NONE; /* UNLIMITED and Partition_Limit: none */
}

/* "64G", "1.50T": as memory_parse has it, with decimals as newer releases print them. */
static bool take_memory(struct str text, uint64_t *mb_out)
{
    static const char units[] = "KMGTP";
    int64_t thousandths = 0;
    const char *unit = text.len > 1 ? strchr(units, text.p[text.len - 1]) : NULL;
    if (memory_parse(text, mb_out)) return true;
    if (unit == NULL || *unit == '\0') return false;
    struct str digits = {text.p, text.len - 1};
    if (trace_seconds(digits, MEM_MB_PER_NODE_MAX, &thousandths, NULL) != ERR_NONE) return false;
    double mb = (double)thousandths / 1000;
    for (const char *u = units; u < unit; u++) mb *= 1024;
    *mb_out = (uint64_t)(mb / 1024) + 1;
    return *mb_out <= MEM_MB_PER_NODE_MAX;
}

/* One "name=value" of a TRES list. False: the value is not a number. */
static bool take_resource(struct trace *t, struct job_spec *s, struct str name, struct str value,
                          uint64_t *cpus, uint64_t *mem_mb)
{
    static const char gpu[] = "gres/gpu";
    uint64_t n = 0;
    if (str_eqz(name, "mem")) return take_memory(value, mem_mb);
    bool typed = str_starts(name, "gres/gpu:");
    if (!typed && !str_eqz(name, gpu) && !str_eqz(name, "cpu") && !str_eqz(name, "node"))
        return true;
    if (!str_to_u64(value, &n) || n > UINT32_MAX) return false;
    if (str_eqz(name, "cpu")) *cpus = n;
    if (str_eqz(name, "node")) s->nodes = (uint32_t)n;
    if (str_eqz(name, gpu) || (typed && s->chips == 0)) s->chips = (uint32_t)n;
    if (!typed || s->chip_kind_count > 0) return true;
    struct str kind = {name.p + sizeof gpu, name.len - sizeof gpu};
    s->chip_kinds = ARENA_NEW(&t->arena, struct str);
    s->chip_kinds[s->chip_kind_count++] = trace_id_of(kind, &t->arena);
    return true;
}

static uint64_t share_up(uint64_t total, uint32_t nodes)
{
    return nodes > 1 ? (total + nodes - 1) / nodes : total;
}

static enum err take_tres(struct trace *t, struct job_spec *s, struct errtext *error)
{
    int column = field(t, C_REQ_TRES).len > 0 ? C_REQ_TRES : C_ALLOC_TRES;
    struct str rest = field(t, column), piece, name;
    uint64_t cpus = 0, mem_mb = 0, nodes = 0;
    while (sbatch_split(&rest, ',', &piece)) {
        if (!sbatch_split(&piece, '=', &name) || !take_resource(t, s, name, piece, &cpus, &mem_mb))
            return bad(t, column, "a list such as cpu=8,gres/gpu=4,mem=64G,node=1", error);
    }
    if (s->nodes == 0 && str_to_u64(field(t, C_NODES), &nodes) && nodes <= JOB_NODES_MAX)
        s->nodes = (uint32_t)nodes;
    if (cpus > (uint64_t)CPUS_PER_NODE_MAX * JOB_NODES_MAX)
        return bad(t, column, "a size that a cluster has", error);
    s->cpus_per_task = (uint32_t)share_up(cpus, s->nodes);
    s->mem_mb_per_node = share_up(mem_mb, s->nodes);
    if (s->chips > 0 && s->nodes > s->chips) s->nodes = s->chips; /* nodes without a chip */
    return ERR_NONE;
}

static void take_names(struct trace *t, struct trace_job *out)
{
    struct job_spec *s = &out->spec;
    struct str tenant = field(t, C_ACCOUNT).len > 0 ? field(t, C_ACCOUNT) : field(t, C_USER);
    struct str exit_text = field(t, C_EXIT), code;
    uint64_t n = 0;
    out->id = str_copy(&t->arena, field(t, C_JOB));
    s->name = str_copy(&t->arena, field(t, C_NAME));
    if (tenant.len > 0) s->tenant = trace_id_of(tenant, &t->arena);
    if (field(t, C_PARTITION).len > 0) {
        s->partitions = ARENA_NEW(&t->arena, struct str);
        s->partitions[s->partition_count++] = trace_id_of(field(t, C_PARTITION), &t->arena);
    }
    if (sbatch_split(&exit_text, ':', &code) && str_to_u64(code, &n) && n <= 255)
        out->exit_code = (int32_t)n;
}

static enum err next(struct trace *t, struct trace_job *out, bool *found_out, struct errtext *error)
{
    for (;;) {
        enum err e = trace_lines_next(&t->lines, found_out, error);
        if (e == ERR_NONE && *found_out) e = split(t, t->state, error);
        if (e != ERR_NONE || !*found_out) return e;
        if (is_job_that_ran(t)) break;
        t->skipped++;
    }
    trace_job_begin(out, t->lines.line);
    if (!trace_local_time(field(t, C_SUBMIT), &out->submit_ms) || out->submit_ms < 0)
        return bad(t, C_SUBMIT, "a time such as 2026-01-31T08:00:00", error);
    t->has_first = t->absolute = true;
    enum err e = take_duration(t, out, error);
    if (e == ERR_NONE) e = take_limit(t, &out->spec, error);
    if (e == ERR_NONE) e = take_tres(t, &out->spec, error);
    if (e != ERR_NONE) return e;
    take_names(t, out);
    e = trace_job_finish(out, error);
    return e == ERR_NONE ? e : trace_fail(t, out->line, 1, e, error);
}

const struct trace_ops trace_sacct_ops = {.begin = begin, .next = next};
