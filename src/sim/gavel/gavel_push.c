#include "sim/gavel/gavel_push.h"

#include <math.h>
#include <string.h>

enum {
    T = GAVEL_TYPES,
    LOOKS_MAX = 50000000, /* at jobs, in one matching: a tenth of a second; 100 jobs take 3,000 */
    ROOM_MAX = 8, /* GPUs: the cost of room is kept up to here, the largest published job */
};

/* A change that is being tried: m->trial has the types, this the rest. */
struct trial {
    int32_t idle[T];
    double gain;
};

/* What a job on type k loses at the least when it leaves. */
static double least_loss_of(const struct gavel_match_job *j, int k)
{
    double other = 0;
    for (int to = 0; to < T; to++)
        if (to != k && j->value[to] > other) other = j->value[to];
    return j->value[k] - other;
}

/* Note which jobs run on which type; they are few where many wait. */
static void note_running(struct gavel_match *m)
{
    uint32_t count[T] = {0}, at[T];
    for (uint32_t i = 0; i < m->count; i++) {
        m->trial[i] = m->jobs[i].type;
        if (m->trial[i] != GAVEL_NOWHERE) count[m->trial[i]]++;
    }
    m->running_from[0] = 0;
    for (int k = 0; k < T; k++) {
        at[k] = m->running_from[k];
        m->running_from[k + 1] = at[k] + count[k];
    }
    for (uint32_t i = 0; i < m->count; i++) {
        int k = m->trial[i];
        if (k == GAVEL_NOWHERE) continue;
        m->running[at[k]++] = (struct gavel_running){least_loss_of(&m->jobs[i], k), i};
    }
}

/* The job on type k that loses least for each GPU that is still `missing`; where it goes, *to.
 * UINT32_MAX: there is none. */
static uint32_t cheapest(const struct gavel_match *m, const struct trial *t, int k, int32_t missing,
                         int *to)
{
    uint32_t found = UINT32_MAX;
    double least = INFINITY;
    for (uint32_t n = m->running_from[k]; n < m->running_from[k + 1]; n++) {
        uint32_t x = m->running[n].job;
        const struct gavel_match_job *j = &m->jobs[x];
        int32_t counts = (int32_t)j->gpus < missing ? (int32_t)j->gpus : missing;
        if (m->trial[x] != k || m->running[n].loss / counts >= least) continue;
        int other = gavel_match_best_idle(j, t->idle, k);
        double loss = (j->value[k] - gavel_match_value(j, other)) / counts;
        if (loss >= least) continue;
        least = loss;
        found = x;
        *to = other;
    }
    return found;
}

static void move_in_trial(struct gavel_match *m, struct trial *t, uint32_t x, int to)
{
    const struct gavel_match_job *j = &m->jobs[x];
    int from = m->trial[x];
    if (from != GAVEL_NOWHERE) t->idle[from] += (int32_t)j->gpus;
    if (to != GAVEL_NOWHERE) t->idle[to] -= (int32_t)j->gpus;
    t->gain += gavel_match_value(j, to) - gavel_match_value(j, from);
    m->trial[x] = to;
    m->changed[m->changed_count++] = x;
}

/* Waiting jobs take what the trial leaves idle. */
static void fill(struct gavel_match *m, struct trial *t)
{
    int32_t idle = 0;
    for (int k = 0; k < T; k++) idle += t->idle[k];
    for (uint32_t i = 0; i < m->count && idle > 0; i++) {
        uint32_t x = gavel_match_nth(m, i);
        if (m->trial[x] != GAVEL_NOWHERE) continue;
        int to = gavel_match_best_idle(&m->jobs[x], t->idle, GAVEL_NOWHERE);
        if (to == GAVEL_NOWHERE) continue;
        move_in_trial(m, t, x, to);
        idle -= (int32_t)m->jobs[x].gpus;
    }
}

/* Let jobs leave type k until it is not overbooked; false when that cannot be, or when what is
 * gained falls to `least`. */
static bool make_room(struct gavel_match *m, struct trial *t, int k, double least)
{
    while (t->idle[k] < 0 && t->gain > least) {
        int to = GAVEL_NOWHERE;
        uint32_t x = cheapest(m, t, k, -t->idle[k], &to);
        m->looks += m->running_from[k + 1] - m->running_from[k];
        if (x == UINT32_MAX) return false; /* more than the type has */
        move_in_trial(m, t, x, to);
    }
    return t->idle[k] >= 0 && t->gain > least;
}

static void undo(struct gavel_match *m)
{
    for (uint32_t n = 0; n < m->changed_count; n++)
        m->trial[m->changed[n]] = m->jobs[m->changed[n]].type;
}

/* Put job i on type k at the cost of others, if that gains. */
static bool push_in(struct gavel_match *m, uint32_t i, int k)
{
    struct trial t = {.gain = 0};
    memcpy(t.idle, m->idle, sizeof t.idle);
    m->changed_count = 0;
    move_in_trial(m, &t, i, k);
    bool gains = make_room(m, &t, k, 0);
    if (gains) fill(m, &t);
    if (!gains || t.gain <= GAVEL_MATCH_GAIN_MIN) {
        undo(m);
        return false;
    }
    for (uint32_t n = 0; n < m->changed_count; n++)
        m->jobs[m->changed[n]].type = m->trial[m->changed[n]];
    memcpy(m->idle, t.idle, sizeof m->idle);
    note_running(m);
    return true;
}

/* What it costs to make room on a type, as long as nothing changes. */
struct room {
    bool known[ROOM_MAX + 1];
    double cost[ROOM_MAX + 1]; /* by missing GPUs, for a job that waits; INFINITY: it cannot be */
    double per_gpu; /* what the job there that loses least for each of its GPUs loses for one */
};

static void forget(const struct gavel_match *m, int k, struct room *out)
{
    *out = (struct room){.per_gpu = INFINITY};
    for (uint32_t n = m->running_from[k]; n < m->running_from[k + 1]; n++) {
        double per_gpu = m->running[n].loss / m->jobs[m->running[n].job].gpus;
        if (per_gpu < out->per_gpu) out->per_gpu = per_gpu;
    }
}

/* Who makes room for a waiting job depends on the missing GPUs alone. */
static double cost_of_room(struct gavel_match *m, int k, int32_t missing)
{
    struct trial t = {.gain = 0};
    memcpy(t.idle, m->idle, sizeof t.idle);
    t.idle[k] = -missing;
    m->changed_count = 0;
    bool can = make_room(m, &t, k, -INFINITY);
    undo(m);
    return can ? -t.gain : INFINITY;
}

/* The least that job i can cost others on type k. */
static double cost_at_least(struct gavel_match *m, struct room *r, uint32_t i, int k,
                            int32_t missing)
{
    if (m->jobs[i].type != GAVEL_NOWHERE || missing > ROOM_MAX) return missing * r->per_gpu;
    if (!r->known[missing]) r->cost[missing] = cost_of_room(m, k, missing);
    r->known[missing] = true;
    return r->cost[missing];
}

bool gavel_push(struct gavel_match *m)
{
    bool any = false;
    note_running(m);
    for (int k = 0; k < T; k++) {
        struct room room;
        forget(m, k, &room);
        for (uint32_t n = 0; n < m->count && m->looks < LOOKS_MAX; n++) {
            uint32_t i = gavel_match_nth(m, n);
            const struct gavel_match_job *j = &m->jobs[i];
            double gain = j->value[k] - gavel_match_value(j, j->type);
            int32_t missing = (int32_t)j->gpus - m->idle[k];
            if (j->type == k || j->value[k] <= 0 || gain <= 0) continue;
            if (missing > 0) {
                double cost = cost_at_least(m, &room, i, k, missing);
                if (gain * (1 + GAVEL_MATCH_ROUNDING) <= cost * (1 - GAVEL_MATCH_ROUNDING))
                    continue;
            }
            if (!push_in(m, i, k)) continue;
            forget(m, k, &room);
            any = true;
        }
    }
    return any;
}
