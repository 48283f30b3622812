/* world.c - the engine of a run: attempts begin, end, are stopped; nodes fail and come back. */
#include "sim/run/run_impl.h"

#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"

#include <math.h>

/* ---- what is to come ------------------------------------------------------------------------- */

static bool is_before(const struct world_event *a, const struct world_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->serial < b->serial;
}

static void push(struct run *r, int64_t after_ms, struct world_event w)
{
    w.at_ms = r->now_ms + after_ms;
    w.serial = r->serial++;
    r->heap = mem_grow(r->heap, &r->heap_cap, r->heap_count + 1, sizeof *r->heap);
    size_t i = r->heap_count++;
    for (; i > 0 && is_before(&w, &r->heap[(i - 1) / 2]); i = (i - 1) / 2)
        r->heap[i] = r->heap[(i - 1) / 2];
    r->heap[i] = w;
    if (w.kind == WORLD_NODE_DOWN || w.kind == WORLD_NODE_UP) r->node_events++;
}

static struct world_event pop(struct run *r)
{
    struct world_event top = r->heap[0], last = r->heap[--r->heap_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < r->heap_count; i = child) {
        if (child + 1 < r->heap_count && is_before(&r->heap[child + 1], &r->heap[child])) child++;
        if (!is_before(&r->heap[child], &last)) break;
        r->heap[i] = r->heap[child];
    }
    r->heap[i] = last;
    if (top.kind == WORLD_NODE_DOWN || top.kind == WORLD_NODE_UP) r->node_events--;
    return top;
}

int64_t world_next_ms(const struct run *r)
{
    return r->heap_count > 0 ? r->heap[0].at_ms : CIVIL_NEVER_MS;
}

bool world_is_busy(const struct run *r)
{
    return r->heap_count > r->node_events;
}

/* ---- attempts -------------------------------------------------------------------------------- */

int64_t work_ms(const struct run_work *w, struct str chip)
{
    for (uint32_t i = 0; i < w->on_count; i++)
        if (chip.len > 0 && chip_is_named(chip, w->on[i].chip)) return w->on[i].ms;
    return w->duration_ms;
}

/* How long a message to the core is under way. */
static int64_t delay_ms(struct run *r)
{
    if (!r->o.faults || !rng_chance(&r->rng, RUN_LATE_PERCENT)) return 0;
    return rng_between(&r->rng, 0, RUN_LATE_MAX_MS);
}

static struct world_event about(const struct run_job *j, int kind)
{
    return (struct world_event){.kind = kind, .job = j->id, .attempt = j->attempt};
}

static int64_t left_ms(const struct run *r, const struct run_job *j)
{
    int64_t whole = work_ms(&j->work, r->result.pools[j->lane].chip);
    return whole < 0 ? 0 : (int64_t)ceil((double)whole * j->left);
}

/* Its end, by its work or by its limit, each counted from its begin. */
static void plan_end(struct run *r, struct run_job *j, int64_t limit_ms)
{
    struct world_event end = about(j, WORLD_END);
    int64_t left = left_ms(r, j);
    bool cannot = work_ms(&j->work, r->result.pools[j->lane].chip) < 0;
    end.limit_number = j->limit_number;
    end.timed_out = !cannot && left > limit_ms;
    end.exit_code = cannot ? 1 : j->work.exit_code;
    int64_t at_ms = j->begun_ms + (end.timed_out ? limit_ms : left);
    push(r, at_ms > r->now_ms ? at_ms - r->now_ms : 0, end);
}

/* The attempt's processes start; its limit will end them if its work does not. */
static void begin(struct run *r, struct run_job *j)
{
    const struct job *known = core_job(r->core, (struct job_id){j->id});
    if (j->phase != PHASE_ORDERED || known == NULL) return;
    j->phase = PHASE_RUNNING;
    j->begun_ms = r->now_ms;
    j->saved_ms = 0;
    if (j->first_start_ms == 0) j->first_start_ms = r->now_ms;
    j->limit_number = 0;
    push(r, delay_ms(r), about(j, WORLD_STARTED));
    plan_end(r, j, known->time_limit_ms);
}

/* Another limit: the end that was planned before it does not count any more. */
static void limit(struct run *r, struct run_job *j, const struct effect *f)
{
    if (j->phase != PHASE_RUNNING || f->limit_number <= j->limit_number) return;
    j->limit_number = f->limit_number;
    struct world_event started = about(j, WORLD_STARTED);
    started.limit_number = f->limit_number;
    push(r, delay_ms(r), started);
    plan_end(r, j, f->limit_ms);
}

static void end_of(struct run *r, struct run_job *j, const struct world_event *w)
{
    if (j->phase != PHASE_RUNNING || w->limit_number != j->limit_number) return;
    j->phase = PHASE_OVER;
    if (!w->timed_out) {
        figures_useful(r, j, r->now_ms - j->begun_ms);
        j->left = 0;
    }
    struct world_event report = *w;
    report.kind = WORLD_FINISHED;
    report.limit_number = 0;
    push(r, delay_ms(r), report);
}

/* What of the attempt's work is kept when it is stopped now: to its last checkpoint. */
static void keep_saved(struct run *r, struct run_job *j)
{
    const struct job *known = core_job(r->core, (struct job_id){j->id});
    int64_t whole = work_ms(&j->work, r->result.pools[j->lane].chip);
    int64_t period = known != NULL ? (int64_t)known->spec.checkpoint_s * 1000 : 0;
    int64_t ran = r->now_ms - j->begun_ms;
    int64_t kept = period > 0 ? ran / period * period : 0;
    if (j->saved_ms > 0 && j->saved_ms - j->begun_ms > kept) kept = j->saved_ms - j->begun_ms;
    if (whole <= 0 || kept <= 0) return;
    j->left -= (double)kept / (double)whole;
    if (j->left < 0) j->left = 0;
    figures_useful(r, j, kept);
}

static void stop(struct run *r, struct run_job *j)
{
    if (j->phase == PHASE_IDLE || j->phase == PHASE_OVER) return;
    bool ran = j->phase == PHASE_RUNNING && !r->failing;
    if (j->phase == PHASE_RUNNING) keep_saved(r, j);
    j->phase = PHASE_OVER;
    struct world_event report = about(j, ran ? WORLD_FINISHED : WORLD_GONE);
    report.signal = ran ? 15 : 0;
    push(r, delay_ms(r), report);
}

void world_order(struct run *r, const struct effect *f)
{
    struct run_job *j = run_job(r, f->job.v);
    if (j == NULL || j->attempt != f->attempt || j->lane == NO_INDEX) return;
    switch ((enum effect_kind)f->kind) {
    case FX_START:
        if (j->phase != PHASE_IDLE) return; /* said again */
        j->phase = PHASE_ORDERED;
        push(r, 0, about(j, WORLD_BEGIN));
        return;
    case FX_STOP: stop(r, j); return;
    case FX_SIGNAL:
        if (j->phase == PHASE_RUNNING) j->saved_ms = r->now_ms;
        return;
    case FX_LIMIT: limit(r, j, f); return;
    case FX_FORGET:
    case FX_COUNT: return;
    }
}

static void report(struct run *r, const struct world_event *w)
{
    static const int kinds[] = {[WORLD_STARTED] = REPORT_STARTED,
                                [WORLD_FINISHED] = REPORT_FINISHED,
                                [WORLD_GONE] = REPORT_GONE};
    struct event e = {.kind = EVENT_REPORT,
                      .actor = STR("engine:sim"),
                      .report = {.kind = kinds[w->kind],
                                 .job = {w->job},
                                 .attempt = w->attempt,
                                 .at_ms = r->now_ms,
                                 .exit_code = w->exit_code,
                                 .signal = w->signal,
                                 .timed_out = w->timed_out,
                                 .limit_number = w->limit_number}};
    run_step(r, &e);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static uint64_t count_nodes(const struct fleet *f)
{
    uint64_t n = 0;
    for (uint32_t p = 0; p < f->pool_count; p++) n += f->pools[p].node_count;
    return n;
}

/* The next failure somewhere in the fleet: exponential, as of many parts that fail independently.
 */
static void plan_failure(struct run *r)
{
    const double mean_ms = RUN_NODE_MTBF_H * 3600e3 / (double)r->node_total;
    double u = (double)(rng_next(&r->rng) >> 11) / 9007199254740992.0; /* 2^53 */
    push(r, 1 + (int64_t)(-log1p(-u) * mean_ms), (struct world_event){.kind = WORLD_NODE_DOWN});
}

static void set_node(struct run *r, uint32_t pool, uint32_t node, int state)
{
    struct node_change change = {.pool = core_fleet(r->core)->pools[pool].id,
                                 .first = node,
                                 .count = 1,
                                 .state = state,
                                 .reason = STR("simulated failure")};
    struct event e = {.kind = EVENT_NODES,
                      .actor = STR("engine:sim"),
                      .actor_is_operator = true,
                      .nodes = &change,
                      .node_change_count = 1};
    r->failing = state == NODE_DOWN;
    run_step(r, &e);
    r->failing = false;
}

static void fail_node(struct run *r)
{
    const struct fleet *f = core_fleet(r->core);
    uint64_t at = rng_next(&r->rng) % r->node_total;
    uint32_t pool = 0;
    for (; at >= f->pools[pool].node_count; pool++) at -= f->pools[pool].node_count;
    uint32_t node = (uint32_t)at;
    plan_failure(r);
    if (core_node_use(r->core, (struct pool_id){pool}, node).state != NODE_UP) return;
    r->result.node_faults++;
    push(r, rng_between(&r->rng, RUN_REPAIR_MIN_MS, RUN_REPAIR_MAX_MS),
         (struct world_event){.kind = WORLD_NODE_UP, .pool = pool, .node = node});
    set_node(r, pool, node, NODE_DOWN);
}

void world_init(struct run *r)
{
    rng_init(&r->rng, r->o.seed);
    r->node_total = count_nodes(core_fleet(r->core));
    if (r->o.faults && r->node_total > 0) plan_failure(r);
}

void world_do(struct run *r)
{
    struct world_event w = pop(r);
    struct run_job *j = run_job(r, w.job);
    bool is_present = j != NULL && j->attempt == w.attempt && j->lane != NO_INDEX;
    switch ((enum world_kind)w.kind) {
    case WORLD_BEGIN:
        if (is_present) begin(r, j);
        return;
    case WORLD_END:
        if (is_present) end_of(r, j, &w);
        return;
    case WORLD_STARTED:
    case WORLD_FINISHED:
    case WORLD_GONE: report(r, &w); return;
    case WORLD_NODE_DOWN: fail_node(r); return;
    case WORLD_NODE_UP: set_node(r, w.pool, w.node, NODE_UP); return;
    }
}
