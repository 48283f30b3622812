/* trace_fields.c - the fields of Berth's own trace format, by name. docs/trace-format.md explains
 * them; test_trace.c holds that it names each. */
#include "sim/trace/trace_impl.h"

#include "base/money.h"
#include "model/fleet.h"
#include "read/sbatch_options.h"
#include "read/suggest.h"

#include <string.h>

enum field {
    F_SUBMIT,
    F_DURATION,
    F_ID,
    F_NAME,
    F_TENANT,
    F_CHIPS,
    F_CHIP,
    F_CHIPS_PER_NODE,
    F_NODES,
    F_CPUS,
    F_MEM_MB,
    F_TYPE,
    F_STEPS,
    F_LIMIT,
    F_PARTITION,
    F_SITE,
    F_DATA,
    F_PURPOSE,
    F_PRIORITY,
    F_DEADLINE,
    F_CHECKPOINT,
    F_MAX_PRICE,
    F_EXIT,
    FIELD_COUNT
};

static const char *const field_names[FIELD_COUNT + 1] = {
    [F_SUBMIT] = "submit",
    [F_DURATION] = "duration_s",
    [F_ID] = "id",
    [F_NAME] = "name",
    [F_TENANT] = "tenant",
    [F_CHIPS] = "chips",
    [F_CHIP] = "chip",
    [F_CHIPS_PER_NODE] = "chips_per_node",
    [F_NODES] = "nodes",
    [F_CPUS] = "cpus",
    [F_MEM_MB] = "mem_mb",
    [F_TYPE] = "type",
    [F_STEPS] = "steps",
    [F_LIMIT] = "limit_s",
    [F_PARTITION] = "partition",
    [F_SITE] = "site",
    [F_DATA] = "data",
    [F_PURPOSE] = "purpose",
    [F_PRIORITY] = "priority",
    [F_DEADLINE] = "deadline",
    [F_CHECKPOINT] = "checkpoint_s",
    [F_MAX_PRICE] = "max_price",
    [F_EXIT] = "exit",
};

#define DURATION_ON "duration_s." /* and the chip */

int trace_field_number(struct str name, struct str *chip_out)
{
    *chip_out = (struct str){0};
    if (str_starts(name, "x_")) return -2;
    if (str_starts(name, DURATION_ON) && name.len > sizeof DURATION_ON - 1) {
        size_t skip = sizeof DURATION_ON - 1;
        *chip_out = (struct str){name.p + skip, name.len - skip};
        return F_DURATION;
    }
    for (int i = 0; i < FIELD_COUNT; i++)
        if (str_eqz(name, field_names[i])) return i;
    return -1;
}

const char *trace_field_name(int field)
{
    return field >= 0 && field < FIELD_COUNT ? field_names[field] : NULL;
}

const char *trace_field_suggest(struct str name)
{
    return suggest(name, field_names);
}

/* ---- values ---------------------------------------------------------------------------------- */

struct str trace_whole(struct str value)
{
    size_t end = value.len;
    while (end > 0 && value.p[end - 1] == '0') end--;
    bool has = end > 1 && end < value.len && value.p[end - 1] == '.';
    return has ? (struct str){value.p, end - 1} : value;
}

static bool is_digits(struct str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.p[i] < '0' || value.p[i] > '9') return false;
    return value.len > 0;
}

static enum err take_u32(struct str value, uint32_t max, uint32_t *out, struct errtext *error)
{
    uint64_t n = 0;
    if (value.len > 0 && value.p[0] == '-')
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is negative", STR_ARG(value));
    bool fits = str_to_u64(value, &n);
    if (!fits && !is_digits(value))
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is not a whole number", STR_ARG(value));
    if (!fits || n > max)
        return err_set(error, ERR_LIMIT, "'" STR_FMT "' is more than %u", STR_ARG(value), max);
    *out = (uint32_t)n;
    return ERR_NONE;
}

static enum err take_id(struct str value, struct arena *arena, struct str *out,
                        struct errtext *error)
{
    if (!id_is_valid(value))
        return err_set(error, ERR_INVALID,
                       "'" STR_FMT "' is no valid name: letters, digits and . _ - : @ + inside, at "
                       "most %d bytes",
                       STR_ARG(value), (int)ID_LEN_MAX);
    *out = str_copy(arena, value);
    return ERR_NONE;
}

static enum err take_text(struct str value, struct arena *arena, struct str *out,
                          struct errtext *error)
{
    if (!text_is_valid(value, NAME_LEN_MAX))
        return err_set(error, ERR_INVALID, "longer than %d bytes, or with control characters",
                       (int)NAME_LEN_MAX);
    *out = str_copy(arena, value);
    return ERR_NONE;
}

/* "none", or data sets as `#BERTH --data` has them with ';' between. */
static enum err take_data(struct sbatch_request *r, struct str value, struct errtext *error)
{
    struct str piece;
    enum err e = ERR_NONE;
    while (e == ERR_NONE && sbatch_split(&value, ';', &piece)) e = sbatch_set_data(r, piece, error);
    return e;
}

static enum err take_priority(struct str value, int32_t *out, struct errtext *error)
{
    int64_t n = 0;
    if (!str_to_i64(value, &n) || n < INT32_MIN || n > INT32_MAX)
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is not a whole number of 32 bits",
                       STR_ARG(value));
    *out = (int32_t)n;
    return ERR_NONE;
}

/* Whole chips, or part of one: "0.5". */
static enum err take_chips(struct job_spec *s, struct str value, struct errtext *error)
{
    int64_t milli = 0;
    if (value.len == 0 || memchr(value.p, '.', value.len) == NULL)
        return take_u32(value, (uint32_t)JOB_NODES_MAX * CHIPS_PER_NODE_MAX, &s->chips, error);
    if (trace_seconds(value, 1, &milli, NULL) != ERR_NONE || milli < 1 || milli > 999)
        return err_set(error, ERR_INVALID,
                       "'" STR_FMT "' is neither a whole number nor part of one chip such as 0.5",
                       STR_ARG(value));
    s->chips = 1;
    s->chip_milli = (uint32_t)milli;
    return ERR_NONE;
}

static enum err take_steps(struct str value, int64_t *out, struct errtext *error)
{
    uint64_t n = 0;
    if (!str_to_u64(value, &n) || n == 0 || n > WORK_STEPS_MAX)
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is not a whole number of 1 to %lld",
                       STR_ARG(value), (long long)WORK_STEPS_MAX);
    *out = (int64_t)n;
    return ERR_NONE;
}

static enum err take_limit(struct str value, int64_t *out, struct errtext *error)
{
    enum err e = trace_seconds(value, TRACE_SECONDS_MAX, out, error);
    if (e == ERR_NONE && *out == 0)
        return err_set(error, ERR_INVALID, "a limit of 0; leave it empty where there is none");
    return e;
}

/* The fields that take a whole number. */
static enum err set_number(struct trace_job *job, int field, struct str value,
                           struct errtext *error)
{
    struct job_spec *s = &job->spec;
    uint32_t n = 0;
    enum err e;
    switch (field) {
    case F_CHIPS: return take_chips(s, value, error);
    case F_CHIPS_PER_NODE: return take_u32(value, CHIPS_PER_NODE_MAX, &s->chips_per_node, error);
    case F_NODES: return take_u32(value, JOB_NODES_MAX, &s->nodes, error);
    case F_CPUS: return take_u32(value, CPUS_PER_NODE_MAX, &s->cpus_per_task, error);
    case F_MEM_MB:
        e = take_u32(value, MEM_MB_PER_NODE_MAX, &n, error);
        s->mem_mb_per_node = n;
        return e;
    case F_CHECKPOINT: return take_u32(value, CHECKPOINT_S_MAX, &s->checkpoint_s, error);
    default:
        e = take_u32(value, 255, &n, error);
        job->exit_code = (int32_t)n;
        return e;
    }
}

enum err trace_set_field(struct trace *t, struct trace_job *job, int field, struct str value,
                         struct errtext *error)
{
    struct job_spec *s = &job->spec;
    struct sbatch_request r = {.spec = *s, .arena = &t->arena};
    enum err e;
    if (value.len == 0) return ERR_NONE; /* not stated */
    switch ((enum field)field) {
    case F_SUBMIT: return trace_take_time(t, value, &job->submit_ms, error);
    case F_DURATION: return trace_seconds(value, TRACE_SECONDS_MAX, &job->duration_ms, error);
    case F_ID: return take_text(value, &t->arena, &job->id, error);
    case F_NAME: return take_text(value, &t->arena, &s->name, error);
    case F_TENANT: return take_id(value, &t->arena, &s->tenant, error);
    case F_TYPE: return take_text(value, &t->arena, &s->work.type, error);
    case F_STEPS: return take_steps(trace_whole(value), &s->work.steps, error);
    case F_CHIP: return sbatch_take_ids(&r, value, '|', &s->chip_kinds, &s->chip_kind_count, error);
    case F_PARTITION:
        return sbatch_take_ids(&r, value, '|', &s->partitions, &s->partition_count, error);
    case F_SITE: return sbatch_take_ids(&r, value, '|', &s->sites, &s->site_count, error);
    case F_LIMIT: return take_limit(value, &s->time_limit_ms, error);
    case F_PRIORITY: return take_priority(trace_whole(value), &s->priority, error);
    case F_DEADLINE: return trace_take_time(t, value, &s->deadline_ms, error);
    case F_MAX_PRICE:
        if (money_parse(value, &s->max_uusd_per_chip_h)) return ERR_NONE;
        return sbatch_bad(value, "a price in USD such as 2.10", error);
    case F_DATA:
    case F_PURPOSE:
        e = field == F_DATA ? take_data(&r, value, error) : sbatch_set_purpose(&r, value, error);
        *s = r.spec;
        return e;
    case F_CHIPS:
    case F_CHIPS_PER_NODE:
    case F_NODES:
    case F_CPUS:
    case F_MEM_MB:
    case F_CHECKPOINT:
    case F_EXIT: return set_number(job, field, trace_whole(value), error);
    case FIELD_COUNT: break;
    }
    return err_set(error, ERR_INVALID, "no such field");
}

enum err trace_set_duration_on(struct trace *t, struct trace_job *job, struct str chip,
                               struct str value, struct errtext *error)
{
    if (value.len == 0) return ERR_NONE;
    if (!id_is_valid(chip))
        return err_set(error, ERR_INVALID, "'" STR_FMT "' is no kind of chip", STR_ARG(chip));
    if (job->on_count == TRACE_CHIPS_MAX)
        return err_set(error, ERR_LIMIT, "durations on more than %d kinds of chips",
                       (int)TRACE_CHIPS_MAX);
    if (job->on == NULL) job->on = ARENA_ARRAY(&t->arena, TRACE_CHIPS_MAX, struct trace_duration);
    struct trace_duration *d = &job->on[job->on_count];
    d->chip = str_copy(&t->arena, chip);
    enum err e = trace_seconds(value, TRACE_SECONDS_MAX, &d->ms, error);
    if (e == ERR_NONE) job->on_count++;
    return e;
}

/* ---- one job --------------------------------------------------------------------------------- */

void trace_job_begin(struct trace_job *job, unsigned line)
{
    *job = (struct trace_job){.line = line, .submit_ms = -1, .duration_ms = -1};
}

enum err trace_job_finish(struct trace_job *job, struct errtext *error)
{
    struct job_spec *s = &job->spec;
    if (job->submit_ms < 0) return err_set(error, ERR_INVALID, "no submit time");
    if (job->duration_ms < 0 && job->on_count == 0 && (s->work.steps == 0 || s->work.type.len == 0))
        return err_set(error, ERR_INVALID, "no duration, nor steps of a type");
    if (s->cpus_per_task > 0) { /* CPUs are stated for each node: one task with them */
        s->tasks_per_node = 1;
        s->tasks = s->nodes;
    }
    return job_spec_check(s, error);
}

struct str trace_id_of(struct str text, struct arena *arena)
{
    if (id_is_valid(text)) return str_copy(arena, text);
    size_t len = text.len < ID_LEN_MAX ? text.len : ID_LEN_MAX;
    char *p = arena_copy(arena, text.p != NULL ? text.p : "", len);
    for (size_t i = 0; i < len; i++) {
        bool inside = i > 0 && i + 1 < len;
        char c = p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !(inside && strchr("._-:@+", c) != NULL && c != '\0'))
            p[i] = inside ? '_' : 'x';
    }
    return (struct str){p, len};
}
