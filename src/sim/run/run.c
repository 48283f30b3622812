#include "sim/run/run_impl.h"

#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- jobs ------------------------------------------------------------------------------------ */

struct run_job *run_job(struct run *r, uint32_t id)
{
    size_t page = id / RUN_JOB_PAGE;
    if (page >= r->page_count || r->pages[page] == NULL) return NULL;
    struct run_job *j = &r->pages[page]->job[id % RUN_JOB_PAGE];
    return j->live ? j : NULL;
}

/* The durations by chip and their names in one block. */
static struct trace_duration *copy_speeds(const struct run_work *w)
{
    size_t names = 0;
    for (uint32_t i = 0; i < w->on_count; i++) names += w->on[i].chip.len;
    if (w->on_count == 0) return NULL;
    struct trace_duration *all = mem_alloc(1, w->on_count * sizeof *all + names);
    char *text = (char *)(all + w->on_count);
    for (uint32_t i = 0; i < w->on_count; i++) {
        memcpy(text, w->on[i].chip.p, w->on[i].chip.len);
        all[i] = (struct trace_duration){{text, w->on[i].chip.len}, w->on[i].ms};
        text += w->on[i].chip.len;
    }
    return all;
}

/* The label of a task of the submission. */
static struct str label_of(const struct run_arrival *a, uint32_t task, char room[16])
{
    if (a->label.len > 0) return a->label;
    int n = snprintf(room, 16, "%" PRIu32, a->label_number + task);
    return (struct str){room, (size_t)n};
}

static struct run_job *job_new(struct run *r, uint32_t id, const struct run_arrival *a,
                               uint32_t task)
{
    char room[16];
    struct str label = label_of(a, task, room);
    size_t page = id / RUN_JOB_PAGE;
    r->pages = mem_grow(r->pages, &r->page_count, page + 1, sizeof *r->pages);
    if (r->pages[page] == NULL) r->pages[page] = mem_alloc(1, sizeof **r->pages);
    struct run_job *j = &r->pages[page]->job[id % RUN_JOB_PAGE];
    ASSERT(!j->live);
    *j = (struct run_job){.live = true,
                          .id = id,
                          .tenant = figures_tenant_number(r, a->tenant),
                          .submit_ms = r->now_ms,
                          .work = a->work[task],
                          .serial = r->arrivals++,
                          .left = 1,
                          .lane = NO_INDEX};
    j->work.on = copy_speeds(&a->work[task]);
    j->label = mem_alloc(label.len + 1, 1);
    memcpy(j->label, label.p, label.len);
    r->pages[page]->live++;
    r->live++;
    r->pending++;
    return j;
}

static void job_free(struct run *r, struct run_job *j)
{
    struct run_page *page = r->pages[j->id / RUN_JOB_PAGE];
    mem_free(j->label);
    mem_free((void *)(uintptr_t)j->work.on);
    j->live = false;
    r->live--;
    if (--page->live > 0) return;
    r->pages[j->id / RUN_JOB_PAGE] = NULL;
    mem_free(page);
}

static void tell(struct run *r, const struct run_job *j)
{
    const struct job *known = core_job(r->core, (struct job_id){j->id});
    const struct fleet *f = core_fleet(r->core);
    if (r->o.done == NULL || known == NULL) return;
    struct run_done d = {.serial = j->serial,
                         .label = str_of(j->label),
                         .tenant = r->tenant_names.name[j->tenant],
                         .job = j->id,
                         .submit_ms = j->submit_ms,
                         .start_ms = j->first_start_ms,
                         .end_ms = job_state_is_ended(known->state) ? r->now_ms : 0,
                         .state = known->state,
                         .reason = known->reason,
                         .rule = known->refusal_rule,
                         .chip_milli = j->chip_milli,
                         .restarts = known->restarts,
                         .cost_uusd = known->spent_uusd};
    if (known->pool.v < f->pool_count) d.pool = f->pools[known->pool.v].id;
    r->o.done(r->o.arg, &d);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* The job whose claim, if any, the decision changes, kept in step with the core. */
static void follow(struct run *r, const struct decision *d)
{
    struct run_job *j = run_job(r, d->job.v);
    if (j == NULL) return;
    bool held = j->lane != NO_INDEX;
    figures_decision(r, d);
    if (d->kind == DECISION_PLACED) {
        ASSERT(!held);
        const struct job *known = core_job(r->core, d->job);
        ASSERT(known != NULL && known->claim != NULL);
        j->lane = r->lane_of[d->pool];
        j->attempt = d->attempt;
        j->placed = true;
        j->begun_ms = 0;
        j->chip_milli = claim_milli(known->claim);
        r->pending--;
        r->active++;
    } else if (d->kind == DECISION_REQUEUED || d->kind == DECISION_ENDED) {
        j->phase = PHASE_IDLE;
        j->lane = NO_INDEX;
        if (held) r->active--;
        if (held) r->pending++;
    }
    if (d->kind != DECISION_ENDED && d->kind != DECISION_REFUSED) return;
    tell(r, j);
    r->pending--;
    job_free(r, j);
}

/* Of an array that is refused the first task speaks for all. */
static void follow_tasks(struct run *r)
{
    for (uint32_t i = 0; i < r->outcome.job_count; i++) {
        struct job_id id = {r->outcome.first_job.v + i};
        const struct job *known = core_job(r->core, id);
        if (run_job(r, id.v) == NULL || known == NULL || known->state != JOB_REFUSED) continue;
        struct decision d = {.kind = DECISION_REFUSED, .job = id, .rule = known->refusal_rule};
        follow(r, &d);
    }
}

/* The core has taken it: know its jobs before its decisions are followed. */
static void take_jobs(struct run *r, const struct run_arrival *a)
{
    for (uint32_t i = 0; i < r->outcome.job_count; i++) {
        struct run_job *j = job_new(r, r->outcome.first_job.v + i, a, i);
        figures_arrived(r, j, a->spec);
    }
}

/* `a`: the submission whose event it is; NULL: another event. */
static void step(struct run *r, struct event *e, const struct run_arrival *a)
{
    e->now_ms = r->now_ms;
    core_step(r->core, ++r->record, e, &r->outcome);
    r->result.steps++;
    if (a != NULL) take_jobs(r, a);
    if (e->kind == EVENT_FLEET) figures_fleet(r);
    for (size_t i = 0; i < r->outcome.decision_count; i++) follow(r, &r->outcome.decisions[i]);
    follow_tasks(r);
    for (size_t i = 0; i < r->outcome.effect_count; i++) world_order(r, &r->outcome.effects[i]);
    figures_queue(r);
}

void run_step(struct run *r, struct event *e)
{
    step(r, e, NULL);
}

static bool step_if_admitted(struct run *r, struct event *e, struct errtext *error)
{
    e->now_ms = r->now_ms;
    if (core_admit(r->core, e, error) != ERR_NONE) return false;
    run_step(r, e);
    return true;
}

/* Reports first, then the clock's ticks: what the engine says at an instant was true before it. */
static int64_t next_ms(const struct run *r)
{
    int64_t world = world_next_ms(r), tick = core_next_tick_ms(r->core);
    return tick < world ? tick : world;
}

static void play_until(struct run *r, int64_t to_ms)
{
    int64_t at;
    while ((at = next_ms(r)) <= to_ms && at != CIVIL_NEVER_MS) {
        if (at > r->now_ms) r->now_ms = at;
        if (world_next_ms(r) <= r->now_ms) {
            world_do(r);
        } else {
            struct event tick = {.kind = EVENT_TICK, .actor = STR("clock")};
            run_step(r, &tick);
        }
    }
    if (to_ms > r->now_ms && to_ms != CIVIL_NEVER_MS) r->now_ms = to_ms;
}

/* ---- what the caller says -------------------------------------------------------------------- */

static enum err enter(struct run *r, struct errtext *error)
{
    struct event law = {.kind = EVENT_PACKS,
                        .actor = STR("sim"),
                        .actor_is_operator = true,
                        .packs = r->o.packs,
                        .pack_count = r->o.pack_count};
    struct event bind = {.kind = EVENT_BIND,
                         .actor = STR("sim"),
                         .actor_is_operator = true,
                         .bind_levels = r->o.bind};
    struct event speeds = {.kind = EVENT_SPEEDS,
                           .actor = STR("sim"),
                           .actor_is_operator = true,
                           .speeds = r->o.speeds};
    struct event fleet = {
        .kind = EVENT_FLEET, .actor = STR("sim"), .actor_is_operator = true, .fleet = r->o.fleet};
    if (r->o.pack_count > 0 && !step_if_admitted(r, &law, error)) return ERR_INVALID;
    if (!step_if_admitted(r, &bind, error)) return ERR_INVALID;
    if (r->o.speeds != NULL && !step_if_admitted(r, &speeds, error)) return ERR_INVALID;
    return step_if_admitted(r, &fleet, error) ? ERR_NONE : ERR_INVALID;
}

enum err run_new(const struct run_options *o, struct run **out, struct errtext *error)
{
    struct run *r = mem_alloc(1, sizeof *r);
    r->o = *o;
    r->now_ms = o->begin_ms;
    r->core = core_new();
    outcome_init(&r->outcome);
    arena_init(&r->arena);
    figures_init(r);
    enum err e = enter(r, error);
    if (e != ERR_NONE) {
        run_free(r);
        return e;
    }
    world_init(r);
    *out = r;
    return ERR_NONE;
}

void run_free(struct run *r)
{
    if (r == NULL) return;
    for (size_t p = 0; p < r->page_count; p++) {
        for (int i = 0; r->pages[p] != NULL && i < RUN_JOB_PAGE; i++)
            if (r->pages[p] != NULL && r->pages[p]->job[i].live) job_free(r, &r->pages[p]->job[i]);
    }
    mem_free(r->pages);
    mem_free(r->heap);
    figures_release(r);
    core_free(r->core);
    outcome_release(&r->outcome);
    arena_release(&r->arena);
    mem_free(r);
}

const struct core *run_core(const struct run *r)
{
    return r->core;
}

static void reject(struct run *r, const struct run_arrival *a, const char *text)
{
    uint32_t tasks = a->spec->array_count > 0 ? a->spec->array_count : 1;
    for (uint32_t i = 0; i < tasks; i++) {
        char room[16];
        struct run_done d = {.serial = r->arrivals++,
                             .label = label_of(a, i, room),
                             .tenant = a->tenant,
                             .submit_ms = r->now_ms,
                             .state = -1,
                             .text = str_of(text)};
        figures_rejected(r, &d);
        if (r->o.done != NULL) r->o.done(r->o.arg, &d);
    }
}

enum err run_submit(struct run *r, int64_t at_ms, const struct run_arrival *a, uint32_t *first_out,
                    struct errtext *error)
{
    struct errtext why;
    struct event e = {.kind = EVENT_SUBMIT,
                      .actor = STR("sim"),
                      .actor_uid = a->spec->uid,
                      .actor_is_operator = true,
                      .spec = a->spec};
    play_until(r, at_ms);
    e.now_ms = r->now_ms;
    *first_out = 0;
    enum err code = core_admit(r->core, &e, &why);
    if (code == ERR_LIMIT) { /* the spec was checked: too many jobs wait */
        if (error != NULL) *error = why;
        return code;
    }
    if (code != ERR_NONE) {
        reject(r, a, why.s);
        return ERR_NONE;
    }
    step(r, &e, a);
    *first_out = r->outcome.first_job.v;
    return ERR_NONE;
}

bool run_event(struct run *r, int64_t at_ms, struct event *e, struct errtext *error)
{
    play_until(r, at_ms);
    return step_if_admitted(r, e, error);
}

const struct run_result *run_finish(struct run *r)
{
    const int64_t patience_ms = RUN_IDLE_DAYS_MAX * CIVIL_DAY_MS;
    int64_t busy_ms = r->now_ms; /* when something ran or was under way the last time */
    while (r->live > 0) {
        bool busy = r->active > 0 || world_is_busy(r);
        if (busy) busy_ms = r->now_ms;
        int64_t at = busy ? next_ms(r) : core_next_tick_ms(r->core);
        if (at == CIVIL_NEVER_MS || (!busy && at - busy_ms > patience_ms)) break;
        play_until(r, at);
    }
    for (size_t p = 0; p < r->page_count; p++)
        for (int i = 0; r->pages[p] != NULL && i < RUN_JOB_PAGE; i++)
            if (r->pages[p]->job[i].live) tell(r, &r->pages[p]->job[i]);
    figures_finish(r);
    return &r->result;
}
