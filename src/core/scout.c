/* scout.c - the future, played on a copy of the state.
 *
 * What a waiting job needs besides time depends on the jobs ahead of it and on their order, so the
 * only honest answer is to step a copy. It assumes that running jobs use their whole time limit,
 * end well, and that engines answer at once. A copy costs about a snapshot written and read, so an
 * explanation has a budget of them. */
#include "core/explain.h"
#include "core/state.h"

#include "base/cbor.h"
#include "base/check.h"
#include "base/mem.h"

#include <string.h>

struct scout {
    struct core *c;
    struct outcome out;
    uint32_t job;
    uint32_t steps;
};

static void put_core(const struct core *c, struct buf *bytes)
{
    struct core *written; /* a writing visit changes nothing */
    memcpy(&written, &c, sizeof written);
    struct cbor_writer w;
    cbor_writer_init(&w, bytes);
    if (!visit_map(&w.v, NULL, false)) return;
    visit_core(&w.v, written);
    visit_map_end(&w.v);
}

static void get_core(struct str bytes, struct core *c)
{
    struct arena arena;
    arena_init(&arena);
    struct cbor_reader r;
    cbor_reader_init(&r, bytes, &arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_core(&r.v, c);
        visit_map_end(&r.v);
    }
    enum err e = cbor_reader_finish(&r, NULL);
    ASSERT(e == ERR_NONE);
    arena_release(&arena);
}

static bool step(struct scout *s, struct event *e)
{
    if (e->now_ms < s->c->now_ms) e->now_ms = s->c->now_ms;
    if (core_admit(s->c, e, NULL) != ERR_NONE) return false;
    core_step(s->c, s->c->record + 1, e, &s->out);
    s->steps++;
    return true;
}

static bool is_placed(const struct scout *s)
{
    const struct entry *e = entry_find(s->c, s->job);
    return e != NULL && job_state_holds_chips(e->job.state);
}

static bool lives(const struct question *q)
{
    return q->entry != NULL && q->entry->job.state == JOB_PENDING;
}

/* Submit the job as if it were new. */
static void submit(struct scout *s, const struct question *q)
{
    struct job_spec spec = *q->spec;
    struct event e = {.kind = EVENT_SUBMIT,
                      .now_ms = q->now_ms,
                      .actor_uid = spec.uid,
                      .actor_is_operator = true,
                      .spec = &spec};
    spec.array_count = 0;
    if (step(s, &e)) s->job = s->out.first_job.v;
}

struct scout *scout_new(const struct question *q)
{
    const struct core *c = q->c;
    uint32_t price = SCOUT_COPY_MIN + c->job_count + c->speeds.row_count / 20;
    if (price > *q->scout_left) return NULL;
    *q->scout_left -= price;
    struct scout *s = mem_alloc(1, sizeof *s);
    struct buf bytes = {0};
    put_core(c, &bytes);
    s->c = core_new();
    outcome_init(&s->out);
    get_core(buf_str(&bytes), s->c);
    buf_release(&bytes);
    if (lives(q)) s->job = q->entry->job.id.v;
    return s;
}

void scout_free(struct scout *s)
{
    if (s == NULL) return;
    core_free(s->c);
    outcome_release(&s->out);
    mem_free(s);
}

uint32_t scout_pool(const struct scout *s)
{
    return entry_find(s->c, s->job)->job.pool.v;
}

bool scout_try(struct scout *s, const struct question *q, struct event *e)
{
    if (!step(s, e)) return false;
    if (!lives(q)) submit(s, q);
    return is_placed(s);
}

static void report(struct scout *s, const struct entry *e, int kind, int exit_code)
{
    struct event ev = {.kind = EVENT_REPORT, .now_ms = s->c->now_ms};
    ev.report = (struct report){
        .kind = kind, .job = e->job.id, .attempt = e->job.attempt, .exit_code = exit_code};
    step(s, &ev);
}

/* Engines answer: what was told to start has started, what was told to stop has ended well; a job
 * that has used its limit has just been told to stop. In order of id, each job once. */
static void answer(struct scout *s)
{
    uint32_t id = 0;
    struct order_node *n;
    while (!is_placed(s) && (n = order_after(&s->c->active, 0, id)) != NULL) {
        const struct entry *e = CONTAINER(n, struct entry, in_group);
        id = e->job.id.v;
        if (e->job.state == JOB_CONFIGURING)
            report(s, e, REPORT_STARTED, 0);
        else if (e->job.state == JOB_COMPLETING)
            report(s, e, REPORT_FINISHED, 0);
    }
}

int64_t scout_wait(struct scout *s, const struct question *q)
{
    if (!lives(q)) submit(s, q);
    if (s->job == 0) return CIVIL_NEVER_MS;
    answer(s);
    while (!is_placed(s) && s->steps < SCOUT_STEPS_MAX) {
        int64_t next = core_next_tick_ms(s->c);
        if (next == CIVIL_NEVER_MS || entry_find(s->c, s->job) == NULL) return CIVIL_NEVER_MS;
        struct event tick = {.kind = EVENT_TICK, .now_ms = next};
        step(s, &tick);
        answer(s);
    }
    return is_placed(s) ? s->c->now_ms : CIVIL_NEVER_MS;
}

bool scout_end(struct scout *s, uint32_t other, bool well)
{
    const struct entry *e = entry_find(s->c, other);
    if (e == NULL || e->job.claim == NULL) return false;
    if (e->job.state == JOB_CONFIGURING) report(s, e, REPORT_STARTED, 0);
    if (is_placed(s)) return true;
    report(s, e, REPORT_FINISHED, well ? 0 : 1);
    return is_placed(s);
}
