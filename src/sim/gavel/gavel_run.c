#include "sim/gavel/gavel_run.h"

#include "base/check.h"
#include "base/mem.h"
#include "sim/gavel/gavel_berth.h"
#include "sim/gavel/gavel_even.h"
#include "sim/gavel/gavel_fifo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FAILS_MAX = 5 }; /* rounds in a row without a step, after which a job is dropped */
#define HEAD_START_S (GAVEL_ROUND_S / 2) /* time that every job counts as having had */
#define HOUR_S 3600.0

/* A job among those that a type may take. */
struct rank {
    double priority, deficit_s, share;
    uint32_t live;
};

struct run {
    struct gavel_source *source;
    const struct gavel_setup *setup;
    struct gavel_world world;
    size_t live_cap;
    uint32_t next; /* the first job that has not arrived */
    uint32_t to_come; /* jobs of the window that are not over */
    bool ran; /* something ran in the last round */
    double round_begin_s, round_end_s; /* round_end_s < 0: there was none */
    int policy; /* the one that is run */
    /* Of policies that state shares: */
    bool stale; /* jobs came or went since the last allocation */
    double last_reset_s;
    double given_s[GAVEL_TYPES]; /* time of all jobs since then */
    struct gavel_random order_random;
    struct rank *ranks;
    size_t rank_cap;
    struct gavel_fifo *fifo;
    struct gavel_berth *berth; /* of those that choose */
    /* The account: */
    double busy_gpu_s;
    double *jct_s; /* of the jobs that count, as they end */
    double *even_s; /* of all jobs of the window: the time under the even split */
    struct gavel_result *out;
    struct errtext *error;
};

/* ---- the account ----------------------------------------------------------------------------- */

static struct gavel_service *service_of(struct gavel_result *r, double weight)
{
    for (uint32_t i = 0; i < r->service_count; i++)
        if (r->service[i].weight == weight) return &r->service[i];
    if (r->service_count == GAVEL_WEIGHTS_MAX) return &r->service[GAVEL_WEIGHTS_MAX - 1];
    r->service[r->service_count].weight = weight;
    return &r->service[r->service_count++];
}

static double best_speed(const struct gavel_world *w, const struct gavel_job *j)
{
    double best = 0;
    for (int k = 0; k < GAVEL_TYPES; k++)
        if (gavel_can_run(w, j->speed[k], j->gpus, k)) best = fmax(best, j->speed[k]);
    return best;
}

/* A job is over; it counts when it is of the window and was not dropped. */
static void note_end(struct run *r, const struct gavel_live *l, bool dropped)
{
    struct gavel_result *out = r->out;
    r->stale = true;
    if (l->index < r->source->window_begin || l->index >= r->source->window_end) return;
    r->to_come--;
    if (dropped) {
        out->dropped++;
        return;
    }
    double even_s = r->even_s[l->index - r->source->window_begin];
    double jct_s = l->finish_s - l->job.arrival_s, ftf = jct_s / even_s, own = jct_s / l->even_s;
    double alone_s = l->job.steps / best_speed(&r->world, &l->job);
    struct gavel_service *s = service_of(out, l->job.weight);
    r->jct_s[out->jobs++] = jct_s;
    out->mean_ftf += ftf;
    out->worst_ftf = fmax(out->worst_ftf, ftf);
    out->floor_ftf = fmax(out->floor_ftf, (l->first_s - l->job.arrival_s + alone_s) / even_s);
    out->mean_own += own;
    out->worst_own = fmax(out->worst_own, own);
    out->worst_wait_h = fmax(out->worst_wait_h, l->wait_s / HOUR_S);
    s->jobs++;
    s->gpu_h += l->ran_gpu_s / HOUR_S;
    s->jct_h += jct_s / HOUR_S;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int by_weight(const void *a, const void *b)
{
    const struct gavel_service *x = a, *y = b;
    return (x->weight < y->weight) - (x->weight > y->weight);
}

/* The value below which a part of the sorted ones lie, between neighbours in proportion. */
static double quantile(const double *sorted, uint32_t count, double part)
{
    double at = part * (count - 1);
    uint32_t i = (uint32_t)at;
    return i + 1 < count ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

static void close_account(struct run *r)
{
    struct gavel_result *out = r->out;
    double workers = 0, sum = 0;
    for (int j = 0; j < GAVEL_TYPES; j++) workers += r->world.workers[j];
    out->makespan_h = r->world.now_s / HOUR_S;
    if (r->world.now_s > 0) out->utilisation = r->busy_gpu_s / (workers * r->world.now_s);
    for (uint32_t i = 0; i < out->service_count; i++) out->service[i].jct_h /= out->service[i].jobs;
    qsort(out->service, out->service_count, sizeof *out->service, by_weight);
    if (out->jobs == 0) return;
    qsort(r->jct_s, out->jobs, sizeof *r->jct_s, by_size);
    for (uint32_t i = 0; i < out->jobs; i++) sum += r->jct_s[i];
    out->avg_jct_h = sum / out->jobs / HOUR_S;
    out->p99_jct_h = quantile(r->jct_s, out->jobs, 0.99) / HOUR_S;
    out->mean_ftf /= out->jobs;
    out->mean_own /= out->jobs;
}

/* ---- the end of a round ---------------------------------------------------------------------- */

/* True when every GPU of the job had a step to do: they are split into whole steps, the last GPU
 * having what is left over. */
static bool all_gpus_worked(const struct gavel_live *l)
{
    double piece = floor(l->steps / l->job.gpus);
    double last = l->job.gpus == 1 ? l->steps : l->steps - piece * (l->job.gpus - 1);
    return last > 0 && (l->job.gpus == 1 || piece > 0);
}

/* Book what the job did in the round. False when it is over. */
static bool book(struct run *r, struct gavel_live *l)
{
    double seconds = l->finish_s - r->round_begin_s;
    if (!all_gpus_worked(l) || seconds <= 0) {
        r->stale = true;
        if (++l->fails < FAILS_MAX) return true;
        note_end(r, l, true);
        return false;
    }
    int j = l->type;
    double gpu_s = seconds * l->job.gpus;
    l->fails = 0;
    l->done += l->steps;
    l->got_s[j] += seconds;
    r->given_s[j] += seconds;
    r->busy_gpu_s += gpu_s;
    r->out->cost_usd += gavel_usd_per_gpu_h[j] * gpu_s / HOUR_S;
    l->ran_gpu_s += l->steps / l->job.speed[j] * l->job.gpus;
    l->even_s += gavel_even_s(&r->world, &l->job, l->steps);
    l->last_s = l->finish_s;
    if (gavel_steps_left(l) > 0) return true;
    note_end(r, l, false);
    return false;
}

static void end_round(struct run *r)
{
    struct gavel_world *w = &r->world;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        struct gavel_live *l = &w->live[i];
        if (l->type != GAVEL_NOWHERE && !book(r, l)) continue;
        if (kept != i) w->live[kept] = *l;
        kept++;
    }
    w->count = kept;
}

/* ---- arrivals -------------------------------------------------------------------------------- */

static void admit(struct run *r)
{
    struct gavel_world *w = &r->world;
    while (gavel_source_has(r->source, r->next) && r->source->jobs[r->next].arrival_s <= w->now_s) {
        const struct gavel_job *j = &r->source->jobs[r->next];
        w->live = mem_grow(w->live, &r->live_cap, (size_t)w->count + 1, sizeof *w->live);
        struct gavel_live *l = &w->live[w->count++];
        *l = (struct gavel_live){.job = *j,
                                 .index = r->next++,
                                 .type = GAVEL_NOWHERE,
                                 .first_s = w->now_s,
                                 .last_s = j->arrival_s};
        for (int k = 0; k < GAVEL_TYPES; k++) l->got_s[k] = HEAD_START_S;
        r->stale = true;
    }
}

static bool runs_somewhere(const struct gavel_world *w, const double speed[GAVEL_TYPES],
                           uint32_t gpus)
{
    for (int j = 0; j < GAVEL_TYPES; j++)
        if (gavel_can_run(w, speed[j], gpus, j)) return true;
    return false;
}

/* Every job can run on the cluster, or this says which one cannot. */
static enum err check_jobs(const struct run *r)
{
    const struct gavel_source *s = r->source;
    for (int m = 0; s->endless && m < GAVEL_MODELS; m++)
        for (int size = 0; size < GAVEL_SIZES; size++) {
            const struct gavel_speed *row = s->model[m][size];
            if (row != NULL && !runs_somewhere(&r->world, row->speed, row->gpus))
                return err_set(r->error, ERR_INVALID,
                               "the stream has jobs of %u GPUs, and no type of the cluster has as "
                               "many and can run '" STR_FMT "' on them; give a larger --cluster",
                               row->gpus, STR_ARG(row->model));
        }
    for (uint32_t i = 0; i < s->count; i++)
        if (!runs_somewhere(&r->world, s->jobs[i].speed, s->jobs[i].gpus))
            return err_set(r->error, ERR_INVALID,
                           "job %u of the workload asks for %u GPUs of one type, and no type of "
                           "the cluster has as many and can run it; give a larger --cluster",
                           i + 1, s->jobs[i].gpus);
    return ERR_NONE;
}

/* ---- rounds from stated shares --------------------------------------------------------------- */

static void reset_shares(struct run *r)
{
    struct gavel_world *w = &r->world;
    double past_s = w->now_s - r->last_reset_s;
    for (uint32_t i = 0; i < w->count; i++) {
        struct gavel_live *l = &w->live[i];
        for (int j = 0; j < GAVEL_TYPES; j++) {
            l->deficit_s[j] +=
                (l->has_share ? l->share[j] * past_s : 0) - (l->got_s[j] - HEAD_START_S);
            l->got_s[j] = HEAD_START_S;
        }
        l->has_share = true;
    }
    for (int j = 0; j < GAVEL_TYPES; j++) r->given_s[j] = HEAD_START_S * w->count;
    r->last_reset_s = w->now_s;
    if (r->fifo != NULL)
        gavel_fifo_allocate(r->fifo, w);
    else
        gavel_allocate(w, r->policy);
    r->stale = false;
    r->out->allocations++;
}

static bool goes_before(const struct rank *x, const struct rank *y)
{
    if (x->priority != y->priority) return x->priority > y->priority;
    if (x->deficit_s != y->deficit_s) return x->deficit_s > y->deficit_s;
    if (x->share != y->share) return x->share > y->share;
    return x->live < y->live;
}

/* Put a rank into the heap from place i downwards; the first in order is on top. */
static void sink(struct rank *heap, uint32_t count, uint32_t i, struct rank x)
{
    for (uint32_t child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && goes_before(&heap[child + 1], &heap[child])) child++;
        if (!goes_before(&heap[child], &x)) break;
        heap[i] = heap[child];
    }
    heap[i] = x;
}

/* Let the ranked jobs take what is idle of type j, in order. Few of many do: hence a heap. */
static void take_in_order(struct run *r, uint32_t count, int j, int32_t *idle)
{
    for (uint32_t i = count / 2; i-- > 0;) sink(r->ranks, count, i, r->ranks[i]);
    while (count > 0 && *idle > 0) {
        struct gavel_live *l = &r->world.live[r->ranks[0].live];
        count--;
        sink(r->ranks, count, 0, r->ranks[count]);
        if ((int32_t)l->job.gpus > *idle) continue;
        l->type = j;
        *idle -= (int32_t)l->job.gpus;
    }
}

static uint32_t rank_jobs(struct run *r, int j, bool with_priority)
{
    const struct gavel_world *w = &r->world;
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        const struct gavel_live *l = &w->live[i];
        if (l->type != GAVEL_NOWHERE || l->job.speed[j] <= 0) continue;
        double priority = 0;
        if (l->has_share && l->share[j] > 0)
            priority =
                r->given_s[j] > 0 ? l->share[j] * r->given_s[j] / l->got_s[j] : l->share[j] * 1e9;
        if ((priority > 0) != with_priority) continue;
        r->ranks[count++] =
            (struct rank){priority, l->deficit_s[j], l->has_share ? l->share[j] : 0, i};
    }
    return count;
}

/* Gavel's mechanism, section 5 of its paper. What has no share gets what is left over, but not
 * under FIFO. A job that came after the last allocation may take GPUs, and then does not run. */
static void choose_by_shares(struct run *r)
{
    struct gavel_world *w = &r->world;
    if (r->stale && (w->now_s - r->last_reset_s >= r->setup->reset_s || r->last_reset_s == 0))
        reset_shares(r);
    for (uint32_t i = 0; i < w->count; i++) w->live[i].type = GAVEL_NOWHERE;
    r->ranks = mem_grow(r->ranks, &r->rank_cap, w->count, sizeof *r->ranks);
    int order[GAVEL_TYPES];
    uint32_t types = 0;
    for (int j = 0; j < GAVEL_TYPES; j++)
        if (w->workers[j] > 0) order[types++] = j;
    if (gavel_policy_is_agnostic(r->policy)) gavel_random_shuffle(&r->order_random, order, types);
    for (uint32_t k = 0; k < types; k++) {
        int j = order[k];
        int32_t idle = w->workers[j];
        take_in_order(r, rank_jobs(r, j, true), j, &idle);
        if (idle > 0 && !gavel_policy_is_fifo(r->policy))
            take_in_order(r, rank_jobs(r, j, false), j, &idle);
    }
    for (uint32_t i = 0; i < w->count; i++)
        if (!w->live[i].has_share) w->live[i].type = GAVEL_NOWHERE;
}

/* ---- the run --------------------------------------------------------------------------------- */

static void choose(struct run *r)
{
    if (r->berth != NULL)
        gavel_berth_choose(r->berth, &r->world);
    else
        choose_by_shares(r);
}

/* Begin the chosen jobs; the round ends when the last of them does. */
static void begin_round(struct run *r)
{
    struct gavel_world *w = &r->world;
    r->ran = false;
    for (uint32_t i = 0; i < w->count; i++) {
        struct gavel_live *l = &w->live[i];
        if (l->type == GAVEL_NOWHERE) continue;
        double speed = l->job.speed[l->type];
        l->steps = fmin(floor(speed * GAVEL_ROUND_S), gavel_steps_left(l));
        l->finish_s = w->now_s + l->steps / speed;
        l->wait_s = fmax(l->wait_s, w->now_s - l->last_s);
        r->round_end_s = r->ran ? fmax(r->round_end_s, l->finish_s) : l->finish_s;
        r->ran = true;
    }
}

static bool is_over(struct run *r)
{
    if (r->source->endless) return r->to_come == 0;
    return r->world.count == 0 && !gavel_source_has(r->source, r->next);
}

/* Bring the clock to the end of the round that ran, or to the next arrival. */
static void advance(struct run *r)
{
    struct gavel_world *w = &r->world;
    bool more = gavel_source_has(r->source, r->next);
    if (r->ran) {
        w->now_s = r->round_end_s;
        end_round(r);
        r->round_begin_s = r->round_end_s;
    } else if (more) {
        w->now_s = fmax(w->now_s, r->source->jobs[r->next].arrival_s);
    }
    if (!more && !r->ran) r->last_reset_s = 0; /* lets jobs that wait for an allocation have one */
}

static enum err run_rounds(struct run *r)
{
    enum err e = ERR_NONE;
    while (e == ERR_NONE && !is_over(r)) {
        advance(r);
        admit(r);
        choose(r);
        begin_round(r);
        if (++r->out->rounds > r->setup->rounds_max)
            e = err_set(r->error, ERR_LIMIT,
                        "the jobs are not done after %u rounds (%.0f hours); lessen their steps or "
                        "give a larger --cluster",
                        r->setup->rounds_max, r->world.now_s / HOUR_S);
    }
    return e;
}

enum err gavel_run(struct gavel_source *s, const struct gavel_setup *setup,
                   struct gavel_result *out, struct errtext *error)
{
    struct gavel_result result = {0};
    struct run r = {.source = s, .setup = setup, .out = &result, .error = error, .stale = true};
    memcpy(r.world.workers, setup->workers, sizeof r.world.workers);
    gavel_random_init(&r.order_random, setup->seed + 5);
    r.to_come = s->window_end - s->window_begin;
    r.jct_s = mem_alloc(r.to_come, sizeof *r.jct_s);
    r.even_s = mem_alloc(r.to_come, sizeof *r.even_s);
    r.policy = setup->policy;
    if (gavel_policy_chooses(r.policy) && setup->objective == GAVEL_MAKESPAN)
        r.policy = GAVEL_MAKESPAN_PERF;
    if (gavel_policy_chooses(r.policy))
        r.berth = gavel_berth_new(r.policy == GAVEL_BERTH_BLIND, setup->workers);
    if (r.policy == GAVEL_FIFO) r.fifo = gavel_fifo_new(setup->seed);
    enum err e = check_jobs(&r);
    if (e == ERR_NONE) {
        gavel_even_times(s, setup->workers, r.even_s);
        e = run_rounds(&r);
    }
    close_account(&r);
    gavel_berth_free(r.berth);
    gavel_fifo_free(r.fifo);
    mem_free(r.world.live);
    mem_free(r.ranks);
    mem_free(r.jct_s);
    mem_free(r.even_s);
    if (e == ERR_NONE) *out = result;
    return e;
}
