#include "sim/run/recorded.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/replay.h"

/* ---- what became of each job ----------------------------------------------------------------- */

struct reading {
    struct recorded *r;
    struct arena arena; /* of one record */
    enum err failed;
    struct errtext *error;
};

static struct recorded_job *job_of(struct recorded *r, uint32_t id)
{
    r->jobs = mem_grow(r->jobs, &r->job_cap, (size_t)id + 1, sizeof *r->jobs);
    for (; r->last_job < id; r->last_job++)
        r->jobs[r->last_job + 1] = (struct recorded_job){.duration_ms = -1, .pool = NO_INDEX};
    return &r->jobs[id];
}

static void take_report(struct recorded *r, const struct event *e)
{
    if (e->report.kind != REPORT_STARTED || e->report.job.v > r->last_job) return;
    struct recorded_job *j = job_of(r, e->report.job.v);
    if (j->start_ms == 0) j->start_ms = e->now_ms;
    j->begun_ms = e->now_ms;
}

static bool ended_by_itself(const struct event *cause, const struct decision *d)
{
    return cause->kind == EVENT_REPORT && cause->report.kind == REPORT_FINISHED &&
           !cause->report.timed_out && cause->report.job.v == d->job.v &&
           (d->state == JOB_COMPLETED || d->state == JOB_FAILED || d->state == JOB_OUT_OF_MEMORY);
}

static void take_decision(struct recorded *r, const struct event *cause, const struct decision *d)
{
    if (d->job.v == 0) return;
    struct recorded_job *j = job_of(r, d->job.v);
    if (d->kind == DECISION_PLACED) j->pool = names_add(&r->pool_names, d->pool_id);
    if (d->kind != DECISION_ENDED || j->begun_ms == 0 || !ended_by_itself(cause, d)) return;
    j->duration_ms = cause->now_ms - j->begun_ms;
    j->exit_code = cause->report.exit_code;
    if (d->state != JOB_COMPLETED && j->exit_code == 0) j->exit_code = 1;
}

static uint64_t chips_of(const struct fleet *f)
{
    uint64_t chips = 0;
    for (uint32_t p = 0; p < f->pool_count; p++)
        chips += (uint64_t)f->pools[p].node_count * f->pools[p].chips_per_node;
    return chips;
}

/* Fleet and law as they are when the first job comes. Texts of a record do not outlive it, so it is
 * read again into the recording's arena. */
static enum err keep_world(struct recorded *r, const struct ledger_record *record,
                           struct errtext *error)
{
    struct replay_record typed;
    struct ledger_record kept = *record;
    kept.event = str_copy(&r->arena, record->event);
    kept.outcome = str_copy(&r->arena, record->outcome);
    enum err e = replay_decode(&kept, &r->arena, &typed, error);
    if (e != ERR_NONE) return e;
    if (typed.event.kind == EVENT_FLEET) {
        r->fleet = typed.event.fleet;
        e = fleet_index(r->fleet, &r->arena, error);
    } else {
        r->packs = typed.event.packs;
        r->pack_count = typed.event.pack_count;
    }
    return e;
}

static enum err take_record(struct reading *g, const struct ledger_record *record)
{
    struct recorded *r = g->r;
    struct replay_record typed;
    arena_clear(&g->arena);
    enum err e = replay_decode(record, &g->arena, &typed, g->error);
    if (e != ERR_NONE) return e;
    const struct event *ev = &typed.event;
    bool is_early = r->begin_ms == 0;
    r->records = record->seq;
    if (ev->kind == EVENT_SUBMIT && is_early) r->begin_ms = ev->now_ms;
    if (ev->kind == EVENT_BIND && is_early) r->bind = ev->bind_levels;
    if (ev->kind == EVENT_FLEET && chips_of(ev->fleet) > r->most_chips) {
        e = fleet_index(ev->fleet, &g->arena, g->error);
        if (e == ERR_NONE) r->most_chips = chips_of(ev->fleet);
    }
    if (e == ERR_NONE && is_early && (ev->kind == EVENT_FLEET || ev->kind == EVENT_PACKS))
        e = keep_world(r, record, g->error);
    if (ev->kind == EVENT_REPORT) take_report(r, ev);
    for (size_t i = 0; i < typed.outcome.decision_count; i++)
        take_decision(r, ev, &typed.outcome.decisions[i]);
    return e;
}

static bool on_record(void *arg, const struct ledger_record *record)
{
    struct reading *g = arg;
    g->failed = take_record(g, record);
    return g->failed == ERR_NONE;
}

enum err recorded_load(struct store *s, struct recorded *out, struct errtext *error)
{
    *out = (struct recorded){.bind = LAW_BIND_DEFAULT};
    arena_init(&out->arena);
    names_init(&out->pool_names);
    out->origin = str_copy(&out->arena, s->ops->origin(s));
    struct reading g = {.r = out, .error = error};
    arena_init(&g.arena);
    enum err e = s->ops->read(s, 1, 0, on_record, &g, error);
    if (e == ERR_NONE) e = g.failed;
    if (e == ERR_NONE && (out->begin_ms == 0 || out->fleet == NULL))
        e = err_set(error, ERR_INVALID, "nobody has submitted a job to this ledger");
    arena_release(&g.arena);
    if (e != ERR_NONE) recorded_release(out);
    return e;
}

void recorded_release(struct recorded *r)
{
    mem_free(r->jobs);
    names_release(&r->pool_names);
    arena_release(&r->arena);
    *r = (struct recorded){0};
}

/* ---- playing it again
 * ----------------------------------------------------------------------------- */

struct playing {
    struct recorded *r;
    const struct whatif *w;
    struct run *run;
    struct arena arena; /* of one record */
    uint32_t *ids; /* by recorded id: the run's; 0: it does not know the job */
    void (*progress)(void *arg, uint64_t done, uint64_t total);
    void *arg;
    enum err failed;
    struct errtext *error;
};

static uint32_t id_of(const struct playing *p, uint32_t recorded)
{
    return recorded <= p->r->last_job ? p->ids[recorded] : 0;
}

static void map_dependencies(const struct playing *p, struct job_spec *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->dependency_count; i++) {
        struct dependency d = s->dependencies[i];
        if (d.job != 0) d.job = id_of(p, d.job);
        if (d.job == 0 && d.kind != DEPENDENCY_SINGLETON)
            continue; /* on a job that was not taken */
        s->dependencies[n++] = d;
    }
    s->dependency_count = n;
}

static int64_t whole_limit(const struct fleet *f, const struct job_spec *s)
{
    if (s->time_limit_ms > 0) return s->time_limit_ms;
    return f->time_limit_default_ms > 0 ? f->time_limit_default_ms : 3600 * 1000;
}

static enum err submit(struct playing *p, const struct replay_record *typed)
{
    const struct event *ev = &typed->event;
    uint32_t count = typed->outcome.job_count, first = typed->outcome.first_job.v, id = 0;
    if (count == 0 || first + count - 1 > p->r->last_job) return ERR_NONE;
    struct run_work *work = ARENA_ARRAY(&p->arena, count, struct run_work);
    int64_t limit = whole_limit(core_fleet(run_core(p->run)), ev->spec);
    for (uint32_t i = 0; i < count; i++) {
        const struct recorded_job *j = &p->r->jobs[first + i];
        work[i].duration_ms = j->duration_ms >= 0 ? j->duration_ms : limit + 1;
        work[i].exit_code = j->exit_code;
        if (j->duration_ms < 0 && j->start_ms == 0) work[i].duration_ms = limit;
    }
    map_dependencies(p, ev->spec);
    struct run_arrival a = {.spec = ev->spec,
                            .work = work,
                            .tenant = ev->spec->tenant.len > 0 ? ev->spec->tenant : STR("(none)"),
                            .label_number = first};
    enum err e = run_submit(p->run, ev->now_ms, &a, &id, p->error);
    for (uint32_t i = 0; i < count && id != 0; i++) p->ids[first + i] = id + i;
    return e;
}

/* Changes of fleet and law, under what is asked. False: this one is not played. */
static enum err change_world(struct playing *p, struct event *ev, bool *wanted_out)
{
    const struct whatif none = {0}, *w = p->w != NULL ? p->w : &none;
    enum err e = ERR_NONE;
    *wanted_out = true;
    if (ev->kind == EVENT_FLEET) {
        *wanted_out = w->fleet == NULL;
        e = fleet_index(ev->fleet, &p->arena, p->error);
        if (e == ERR_NONE && *wanted_out)
            e = whatif_fleet(w, ev->fleet, &p->arena, &ev->fleet, p->error);
    } else if (ev->kind == EVENT_PACKS) {
        whatif_packs(w, ev->packs, ev->pack_count, &p->arena, &ev->packs, &ev->pack_count);
    } else if (ev->kind == EVENT_BIND) {
        *wanted_out = !w->has_bind;
    }
    return e;
}

static bool names_job(int kind)
{
    return kind == EVENT_CANCEL || kind == EVENT_HOLD || kind == EVENT_RELEASE ||
           kind == EVENT_UPDATE || kind == EVENT_REQUEUE;
}

static bool is_of_the_world(int kind)
{
    return kind == EVENT_REPORT || kind == EVENT_TICK || kind == EVENT_PROGRESS;
}

static enum err play_record(struct playing *p, const struct ledger_record *record)
{
    struct replay_record typed;
    bool wanted = true;
    arena_clear(&p->arena);
    enum err e = replay_decode(record, &p->arena, &typed, p->error);
    if (e != ERR_NONE) return e;
    struct event *ev = &typed.event;
    bool is_early = ev->now_ms < p->r->begin_ms;
    bool stays = ev->kind == EVENT_NODES || ev->kind == EVENT_SPEEDS; /* though it is early */
    if (is_of_the_world(ev->kind) || (is_early && !stays)) return ERR_NONE;
    if (ev->kind == EVENT_SUBMIT) return submit(p, &typed);
    if (names_job(ev->kind) && (ev->job.v = id_of(p, ev->job.v)) == 0) return ERR_NONE;
    if (ev->kind == EVENT_UPDATE) map_dependencies(p, ev->spec);
    e = change_world(p, ev, &wanted);
    /* A request about a job that has ended here, or about nodes that are no more, finds nothing. */
    if (e == ERR_NONE && wanted) run_event(p->run, ev->now_ms, ev, NULL);
    return e;
}

static bool on_play(void *arg, const struct ledger_record *record)
{
    enum { PROGRESS_RECORDS = 1024 };
    struct playing *p = arg;
    p->failed = play_record(p, record);
    if (p->progress != NULL && record->seq % PROGRESS_RECORDS == 0)
        p->progress(p->arg, record->seq, p->r->records);
    return p->failed == ERR_NONE;
}

enum err recorded_run(struct recorded *r, struct store *s, const struct whatif *w, struct run *run,
                      void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg,
                      struct errtext *error)
{
    struct playing p = {
        .r = r, .w = w, .run = run, .progress = progress, .arg = arg, .error = error};
    arena_init(&p.arena);
    p.ids = mem_alloc((size_t)r->last_job + 1, sizeof *p.ids);
    enum err e = s->ops->read(s, 1, r->records, on_play, &p, error);
    if (e == ERR_NONE) e = p.failed;
    mem_free(p.ids);
    arena_release(&p.arena);
    return e;
}
