#include "sim/run/feed.h"

#include "base/check.h"
#include "base/civil.h"
#include "perf/estimate.h"

#include <inttypes.h>
#include <string.h>

enum { PROGRESS_ROWS = 4096, MINUTE_MS = 60000 };

/* ---- a row and the fleet --------------------------------------------------------------------- */

void feed_defaults(const struct fleet *f, struct job_spec *spec)
{
    for (uint32_t i = 0; i < f->tenant_count && spec->tenant.len == 0; i++)
        if (f->tenants[i].is_default || f->tenant_count == 1) spec->tenant = f->tenants[i].id;
    uint32_t t = fleet_tenant(f, spec->tenant);
    if (t == NO_INDEX) return;
    if (f->tenants[t].reads_no_data) spec->data_known = true;
    if (spec->purpose.len == 0) spec->purpose = f->tenants[t].purpose;
}

static enum err at(const struct feed *f, const struct trace_job *job, const char *field,
                   enum err code, struct errtext *error)
{
    return err_prefix(error, code, "%s:%u:%u", f->o->name, job->line,
                      trace_column(f->trace, field));
}

static bool has_kind(const struct chip *chips, uint32_t count, struct str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (chip_is_named(chips[i].id, name)) return true;
    return false;
}

static bool is_kind(const struct feed *f, struct str name)
{
    return has_kind(f->fleet->chips, f->fleet->chip_count, name) ||
           has_kind(f->o->catalogue, f->o->catalogue_count, name);
}

static struct str mapped(const struct feed *f, struct str kind)
{
    for (uint32_t m = 0; m < f->o->map_count; m++)
        if (str_eq(kind, f->o->map[m].from)) return f->o->map[m].to;
    return kind;
}

/* Kinds and places as the fleet names them; one that is mapped to any frees the job from all. The
 * trace's own lists stay as they are. */
static void map_names(const struct feed *f, struct trace_job *job, struct arena *arena)
{
    struct job_spec *s = &job->spec;
    if (f->o->any_partition) s->partition_count = 0;
    if (f->o->map_count == 0) return;
    struct str *kinds = ARENA_ARRAY(arena, s->chip_kind_count, struct str);
    uint32_t count = s->chip_kind_count;
    for (uint32_t i = 0; i < count; i++) {
        kinds[i] = mapped(f, s->chip_kinds[i]);
        if (kinds[i].len == 0) s->chip_kind_count = 0;
    }
    s->chip_kinds = kinds;
    struct trace_duration *on = ARENA_ARRAY(arena, job->on_count, struct trace_duration);
    for (uint32_t i = 0; i < job->on_count; i++)
        on[i] = (struct trace_duration){mapped(f, job->on[i].chip), job->on[i].ms};
    job->on = on;
}

static enum err check_kinds(const struct feed *f, const struct trace_job *job,
                            struct errtext *error)
{
    for (uint32_t i = 0; i < job->spec.chip_kind_count; i++) {
        if (is_kind(f, job->spec.chip_kinds[i])) continue;
        enum err e = err_set(error, ERR_NOT_FOUND,
                             "there is no chip '" STR_FMT "' in the fleet or the catalogue; "
                             "--chip " STR_FMT "=NAME says which one is meant",
                             STR_ARG(job->spec.chip_kinds[i]), STR_ARG(job->spec.chip_kinds[i]));
        return at(f, job, "chip", e, error);
    }
    return ERR_NONE;
}

static enum err check_places(const struct feed *f, const struct trace_job *job,
                             struct errtext *error)
{
    const struct job_spec *s = &job->spec;
    for (uint32_t i = 0; i < s->partition_count; i++) {
        if (fleet_pool(f->fleet, s->partitions[i]) != NO_INDEX) continue;
        return at(f, job, "partition",
                  err_set(error, ERR_NOT_FOUND,
                          "the fleet has no pool or partition '" STR_FMT
                          "'; --any-partition leaves them out of account",
                          STR_ARG(s->partitions[i])),
                  error);
    }
    for (uint32_t i = 0; i < s->site_count; i++) {
        if (fleet_site(f->fleet, s->sites[i]) != NO_INDEX) continue;
        return at(f, job, "site",
                  err_set(error, ERR_NOT_FOUND, "the fleet has no site '" STR_FMT "'",
                          STR_ARG(s->sites[i])),
                  error);
    }
    return ERR_NONE;
}

static enum err check_tenant(struct feed *f, const struct trace_job *job, struct errtext *error)
{
    struct str name = job->spec.tenant;
    if (name.len == 0 || fleet_tenant(f->fleet, name) != NO_INDEX) return ERR_NONE;
    if (!f->o->add_tenants && f->fleet->tenant_count > 0)
        return at(f, job, "tenant",
                  err_set(error, ERR_NOT_FOUND,
                          "the fleet has no tenant '" STR_FMT "'; name it in the fleet file, or "
                          "give --add-tenants",
                          STR_ARG(name)),
                  error);
    names_add(&f->missing, name);
    if (f->missing.count + f->fleet->tenant_count > TENANT_MAX)
        return at(f, job, "tenant",
                  err_set(error, ERR_LIMIT, "more than %d tenants", (int)TENANT_MAX), error);
    return ERR_NONE;
}

/* A job that states steps lasts as long as the tables say, on each kind that the fleet has. */
static enum err settle_steps(const struct feed *f, struct trace_job *job, struct arena *arena,
                             struct errtext *error)
{
    static const struct speeds none;
    const struct fleet *fleet = f->fleet;
    const struct job_spec *s = &job->spec;
    const struct speeds *tables = f->o->speeds != NULL ? f->o->speeds : &none;
    if (job->duration_ms >= 0 || job->on_count > 0) return ERR_NONE;
    struct trace_duration *on = ARENA_ARRAY(arena, fleet->chip_count, struct trace_duration);
    for (uint32_t i = 0; i < fleet->chip_count; i++) {
        struct estimate e;
        estimate_duration(tables, fleet, &s->work, s->chip_kinds, s->chip_kind_count, MINUTE_MS,
                          &fleet->chips[i], job_spec_chips(s), &e);
        if (basis_counts_steps(e.basis))
            on[job->on_count++] = (struct trace_duration){fleet->chips[i].id, e.ms};
    }
    job->on = on;
    if (job->on_count > 0) return ERR_NONE;
    return at(f, job, "type",
              err_set(error, ERR_NOT_FOUND,
                      "no table says how fast jobs of type '" STR_FMT "' go on a chip of this "
                      "fleet; state a duration, or give --speeds FILE",
                      STR_ARG(s->work.type)),
              error);
}

/* A job without a limit states one that its work needs wherever it may run. */
static void settle_limit(struct trace_job *job)
{
    int64_t longest = job->duration_ms;
    for (uint32_t i = 0; i < job->on_count; i++)
        if (job->on[i].ms > longest) longest = job->on[i].ms;
    /* The placer wants a tenth to spare of what it works out from steps. */
    if (job->spec.work.steps > 0) longest += longest / 5;
    if (job->spec.time_limit_ms == 0)
        job->spec.time_limit_ms = (longest + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS + MINUTE_MS;
    if (job->spec.time_limit_ms > TIME_LIMIT_MAX_MS) job->spec.time_limit_ms = TIME_LIMIT_MAX_MS;
}

/* A job that has durations on some kinds only runs on those. */
static void settle_kinds(struct trace_job *job, struct arena *arena)
{
    struct job_spec *s = &job->spec;
    if (job->duration_ms >= 0 || s->chip_kind_count > 0) return;
    s->chip_kinds = ARENA_ARRAY(arena, job->on_count, struct str);
    for (uint32_t i = 0; i < job->on_count; i++)
        if (job->on[i].ms >= 0) s->chip_kinds[s->chip_kind_count++] = job->on[i].chip;
}

static bool is_wanted(const struct feed *f, const struct trace_job *job)
{
    return job->submit_ms >= f->o->from_ms && job->submit_ms < f->o->to_ms;
}

/* ---- the first pass -------------------------------------------------------------------------- */

static enum err check_row(struct feed *f, struct trace_job *job, struct arena *arena,
                          struct errtext *error)
{
    map_names(f, job, arena);
    enum err e = check_kinds(f, job, error);
    if (e == ERR_NONE) e = check_places(f, job, error);
    if (e == ERR_NONE) e = check_tenant(f, job, error);
    if (e == ERR_NONE) e = settle_steps(f, job, arena, error);
    return e;
}

static enum err check_all(struct feed *f, struct arena *arena, struct errtext *error)
{
    for (;;) {
        struct trace_job job;
        bool more = false;
        arena_clear(arena);
        enum err e = trace_next(f->trace, &job, &more, error);
        if (e != ERR_NONE) return e;
        if (!more) break;
        f->rows++;
        if (f->o->progress != NULL && f->rows % PROGRESS_ROWS == 0)
            f->o->progress(f->o->arg, f->rows, trace_rows_guess(f->trace, f->rows));
        if (!is_wanted(f, &job)) continue;
        e = check_row(f, &job, arena, error);
        if (e != ERR_NONE) return e;
        if (f->jobs++ == 0) f->first_ms = job.submit_ms;
        f->last_ms = job.submit_ms;
    }
    if (f->jobs == 0)
        return err_set(error, ERR_INVALID, "%s: there is no job%s", f->o->name,
                       f->rows > 0 ? " between --from and --to" : "");
    return ERR_NONE;
}

enum err feed_init(struct feed *f, struct trace *trace, const struct fleet *fleet,
                   const struct feed_options *o, struct errtext *error)
{
    *f = (struct feed){.o = o, .trace = trace, .fleet = fleet};
    struct arena arena;
    arena_init(&arena);
    names_init(&f->missing);
    enum err e = check_all(f, &arena, error);
    arena_release(&arena);
    if (e != ERR_NONE) {
        feed_release(f);
        return e;
    }
    if (o->has_on) f->shift_ms = o->on_ms - (trace_is_absolute(trace) ? f->first_ms : 0);
    return ERR_NONE;
}

void feed_release(struct feed *f)
{
    names_release(&f->missing);
}

int64_t feed_begin_ms(const struct feed *f)
{
    return f->first_ms + f->shift_ms;
}

enum err feed_fleet(const struct feed *f, struct arena *arena, struct fleet *out,
                    struct errtext *error)
{
    struct str *anyone = ARENA_NEW(arena, struct str);
    *anyone = STR("*");
    *out = *f->fleet;
    uint32_t count = f->fleet->tenant_count + (uint32_t)f->missing.count;
    struct tenant *tenants = ARENA_ARRAY(arena, count, struct tenant);
    for (uint32_t i = 0; i < f->fleet->tenant_count; i++) tenants[i] = f->fleet->tenants[i];
    count = f->fleet->tenant_count;
    for (uint32_t i = 0; i < f->missing.count; i++) {
        if (fleet_tenant(f->fleet, f->missing.name[i]) != NO_INDEX) continue;
        tenants[count++] = (struct tenant){
            .id = f->missing.name[i], .weight = 1, .users = anyone, .user_count = 1};
    }
    out->tenants = tenants;
    out->tenant_count = count;
    return fleet_index(out, arena, error);
}

/* ---- the second pass ------------------------------------------------------------------------- */

static enum err submit(struct feed *f, struct run *r, struct trace_job *job, struct arena *arena,
                       struct errtext *error)
{
    struct run_work work;
    struct run_arrival a = {.spec = &job->spec, .work = &work, .label = job->id};
    char label[32];
    int n = snprintf(label, sizeof label, "line %u", job->line);
    if (a.label.len == 0) a.label = (struct str){label, (size_t)n};
    map_names(f, job, arena);
    enum err e = settle_steps(f, job, arena, error);
    if (e != ERR_NONE) return e;
    settle_limit(job);
    settle_kinds(job, arena);
    work = (struct run_work){.duration_ms = job->duration_ms,
                             .on = job->on,
                             .on_count = job->on_count,
                             .exit_code = job->exit_code};
    if (job->spec.deadline_ms > 0) job->spec.deadline_ms += f->shift_ms;
    feed_defaults(core_fleet(run_core(r)), &job->spec);
    a.tenant = job->spec.tenant.len > 0 ? job->spec.tenant : STR("(none)");
    uint32_t first = 0;
    e = run_submit(r, job->submit_ms + f->shift_ms, &a, &first, error);
    return e == ERR_NONE ? e : at(f, job, "submit", e, error);
}

enum err feed_run(struct feed *f, struct run *r, struct errtext *error)
{
    struct arena arena;
    arena_init(&arena);
    enum err e = trace_rewind(f->trace, error);
    for (uint64_t row = 0; e == ERR_NONE; row++) {
        struct trace_job job;
        bool more = false;
        arena_clear(&arena);
        e = trace_next(f->trace, &job, &more, error);
        if (e != ERR_NONE || !more) break;
        if (is_wanted(f, &job)) e = submit(f, r, &job, &arena, error);
        if (f->o->progress != NULL && row % PROGRESS_ROWS == 0)
            f->o->progress(f->o->arg, row, f->rows);
    }
    arena_release(&arena);
    return e;
}
