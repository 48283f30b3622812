#include "sim/gavel/gavel_match.h"

#include "base/mem.h"
#include "sim/gavel/gavel_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    T = GAVEL_TYPES,
    WAIT = GAVEL_TYPES, /* the place of jobs that run nowhere; it is never full */
    PLACES = GAVEL_TYPES + 1,
    CHAINS_PER_JOB_MAX = 8, /* an end for rounding that goes round in circles; one is usual */
    PASSES_MAX = 16, /* over all jobs, pushing others out: three are usual */
    LOOKS_MAX = 50000000, /* at jobs, by pushing out: a tenth of a second; 100 jobs take 10,000 */
    FREED_MAX = 8, /* GPUs: what pushing out costs at the least is known so far, the largest job */
};
#define GAIN_MIN 1e-9 /* less is rounding */
#define ROUNDING 1e-12 /* of a sum of a few terms, relative */

/* Moves from place[0] to place[1], ... */
struct chain {
    double gain;
    int place[PLACES + 1];
    int moves;
    unsigned passed; /* bits of the places behind the first */
};

/* The best move from each place to each other; a gain of -INFINITY: there is none. */
struct best_moves {
    struct gavel_move of[PLACES][PLACES];
    double later[PLACES][PLACES]; /* [n][p]: no n moves or fewer on from p gain more */
};

void gavel_match_init(struct gavel_match *m, uint32_t count)
{
    m->jobs = mem_grow(m->jobs, &m->job_cap, count, sizeof *m->jobs);
    m->order = mem_grow(m->order, &m->order_cap, count, sizeof *m->order);
    m->trial = mem_grow(m->trial, &m->trial_cap, count, sizeof *m->trial);
    m->running = mem_grow(m->running, &m->running_cap, count, sizeof *m->running);
    m->changed = mem_grow(m->changed, &m->changed_cap, 2 * (size_t)count, sizeof *m->changed);
    m->count = count;
}

void gavel_match_release(struct gavel_match *m)
{
    mem_free(m->jobs);
    mem_free(m->order);
    mem_free(m->trial);
    mem_free(m->running);
    mem_free(m->changed);
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++) mem_free(m->moves[a][b].heap);
    *m = (struct gavel_match){0};
}

static double value_at(const struct gavel_match_job *j, int place)
{
    return place == WAIT || place == GAVEL_NOWHERE ? 0 : j->value[place];
}

/* ---- the start ------------------------------------------------------------------------------- */

static double best_per_gpu(const struct gavel_match_job *j)
{
    double best = 0;
    for (int k = 0; k < T; k++) best = fmax(best, j->value[k]);
    return best / j->gpus;
}

static int by_worth(const void *a, const void *b, void *jobs)
{
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    const struct gavel_match_job *all = jobs;
    if (all[i].worth != all[k].worth) return all[i].worth > all[k].worth ? -1 : 1;
    return (i > k) - (i < k);
}

/* The type of greatest value among those with `idle` GPUs enough, but not `except`. */
static int best_idle(const struct gavel_match_job *j, const int32_t idle[T], int except)
{
    int best = GAVEL_NOWHERE;
    for (int k = 0; k < T; k++)
        if (k != except && j->value[k] > value_at(j, best) && (int32_t)j->gpus <= idle[k]) best = k;
    return best;
}

static void start(struct gavel_match *m)
{
    if (m->count == 0) return;
    for (uint32_t i = 0; i < m->count; i++) {
        m->order[i] = i;
        m->jobs[i].worth = best_per_gpu(&m->jobs[i]);
    }
    qsort_r(m->order, m->count, sizeof *m->order, by_worth, m->jobs);
    for (uint32_t i = 0; i < m->count; i++) {
        struct gavel_match_job *j = &m->jobs[m->order[i]];
        j->type = best_idle(j, m->idle, GAVEL_NOWHERE);
        if (j->type != GAVEL_NOWHERE) m->idle[j->type] -= (int32_t)j->gpus;
    }
}

/* ---- chains ---------------------------------------------------------------------------------- */

static void push_move(struct gavel_moves *h, struct gavel_move x)
{
    h->heap = mem_grow(h->heap, &h->cap, (size_t)h->count + 1, sizeof *h->heap);
    uint32_t i = h->count++;
    for (; i > 0 && h->heap[(i - 1) / 2].gain < x.gain; i = (i - 1) / 2)
        h->heap[i] = h->heap[(i - 1) / 2];
    h->heap[i] = x;
}

static void pop_move(struct gavel_moves *h)
{
    struct gavel_move x = h->heap[--h->count];
    uint32_t i = 0;
    for (uint32_t child; (child = 2 * i + 1) < h->count; i = child) {
        if (child + 1 < h->count && h->heap[child + 1].gain > h->heap[child].gain) child++;
        if (x.gain >= h->heap[child].gain) break;
        h->heap[i] = h->heap[child];
    }
    h->heap[i] = x;
}

static int place_of(const struct gavel_match_job *j)
{
    return j->type == GAVEL_NOWHERE ? WAIT : j->type;
}

/* Note all moves of a job from where it is now. */
static void note_moves(struct gavel_match *m, uint32_t i)
{
    const struct gavel_match_job *j = &m->jobs[i];
    int at = place_of(j);
    for (int to = 0; to < PLACES; to++)
        if (to != at && (to == WAIT || j->value[to] > 0))
            push_move(&m->moves[at][to], (struct gavel_move){value_at(j, to) - value_at(j, at), i});
}

static void note_all_moves(struct gavel_match *m, uint32_t gpus)
{
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++) m->moves[a][b].count = 0;
    for (uint32_t i = 0; i < m->count; i++)
        if (m->jobs[i].gpus == gpus) note_moves(m, i);
}

static void find_moves(struct gavel_match *m, struct best_moves *best)
{
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++) {
            struct gavel_moves *h = &m->moves[a][b];
            while (h->count > 0 && place_of(&m->jobs[h->heap[0].job]) != a) pop_move(h);
            best->of[a][b] = h->count > 0 ? h->heap[0] : (struct gavel_move){-INFINITY, 0};
        }
}

/* Chains that may pass a place again are simpler, and gain no less. */
static void find_later(struct best_moves *best)
{
    for (int from = 0; from < PLACES; from++) best->later[0][from] = 0;
    for (int n = 1; n < PLACES; n++)
        for (int from = 0; from < PLACES; from++) {
            double most = 0;
            for (int to = 0; to < PLACES; to++)
                if (to != from) most = fmax(most, best->of[from][to].gain + best->later[n - 1][to]);
            best->later[n][from] = most * (1 + ROUNDING);
        }
}

/* Try all ways to go on from the chain so far that may gain more than what was found, and keep the
 * best complete one. */
static void extend(const struct gavel_match *m, uint32_t gpus, const struct best_moves *best,
                   struct chain *c, struct chain *found)
{
    int at = c->place[c->moves];
    const double *later = best->later[PLACES - 1 - c->moves];
    for (int to = 0; to < PLACES; to++) {
        double before = c->gain, gain = before + best->of[at][to].gain;
        if (to == at || (c->passed & 1U << to) != 0 || gain + later[to] <= found->gain) continue;
        bool closes = to == c->place[0];
        c->gain = gain;
        c->passed |= 1U << to;
        c->place[++c->moves] = to;
        bool room = to == WAIT || m->idle[to] >= (int32_t)gpus;
        if ((closes || room) && gain > found->gain) *found = *c;
        if (!closes && c->moves < PLACES) extend(m, gpus, best, c, found);
        c->moves--;
        c->passed &= ~(1U << to);
        c->gain = before;
    }
}

/* Make the best chain of jobs of that size; false when none gains. */
static bool improve_by_chain(struct gavel_match *m, uint32_t gpus)
{
    struct best_moves best;
    struct chain found = {.gain = GAIN_MIN};
    find_moves(m, &best);
    find_later(&best);
    for (int from = 0; from < PLACES; from++) {
        struct chain c = {.place = {from}};
        extend(m, gpus, &best, &c, &found);
    }
    if (found.moves == 0) return false;
    for (int k = 0; k < found.moves; k++) {
        int from = found.place[k], to = found.place[k + 1];
        uint32_t moved = best.of[from][to].job;
        m->jobs[moved].type = to == WAIT ? GAVEL_NOWHERE : to;
        note_moves(m, moved);
        if (from != WAIT) m->idle[from] += (int32_t)gpus;
        if (to != WAIT) m->idle[to] -= (int32_t)gpus;
    }
    return true;
}

/* What a GPU more of each type adds: the best chain of jobs of that size that would end there.
 * Their moves are noted. */
static void raise_prices(struct gavel_match *m, uint32_t gpus, double price[T])
{
    struct best_moves best;
    double hole[PLACES] = {0};
    find_moves(m, &best);
    for (int round = 0; round < T; round++)
        for (int to = 0; to < T; to++)
            for (int from = 0; from < PLACES; from++)
                if (from != to) hole[to] = fmax(hole[to], best.of[from][to].gain + hole[from]);
    for (int k = 0; k < T; k++) price[k] = fmax(price[k], hole[k] / gpus);
}

/* ---- pushing out, for jobs of several sizes -------------------------------------------------- */

/* Note which jobs run; they are few where many wait. */
static void note_running(struct gavel_match *m)
{
    m->running_count = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        m->trial[i] = m->jobs[i].type;
        if (m->trial[i] != GAVEL_NOWHERE) m->running[m->running_count++] = i;
    }
}

/* A change that is being tried: m->trial has the types, this the rest. */
struct trial {
    int32_t idle[T];
    double gain;
};

/* The job on type k, other than `i`, that loses least for each GPU that is still `missing`; where
 * it goes, *to. UINT32_MAX: there is none. */
static uint32_t cheapest(const struct gavel_match *m, const struct trial *t, int k, uint32_t i,
                         int32_t missing, int *to)
{
    uint32_t found = UINT32_MAX;
    double least = INFINITY;
    for (uint32_t n = 0; n < m->running_count; n++) {
        uint32_t x = m->running[n];
        const struct gavel_match_job *j = &m->jobs[x];
        if (m->trial[x] != k || x == i) continue;
        int other = best_idle(j, t->idle, k);
        double loss = (j->value[k] - value_at(j, other)) / fmin(missing, j->gpus);
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
    t->gain += value_at(j, to) - value_at(j, from);
    m->trial[x] = to;
    m->changed[m->changed_count++] = x;
}

/* Waiting jobs take what the trial leaves idle. */
static void fill(struct gavel_match *m, struct trial *t)
{
    int32_t idle = 0;
    for (int k = 0; k < T; k++) idle += t->idle[k];
    for (uint32_t i = 0; i < m->count && idle > 0; i++) {
        uint32_t x = m->order[i];
        if (m->trial[x] != GAVEL_NOWHERE) continue;
        int to = best_idle(&m->jobs[x], t->idle, GAVEL_NOWHERE);
        if (to == GAVEL_NOWHERE) continue;
        move_in_trial(m, t, x, to);
        idle -= (int32_t)m->jobs[x].gpus;
    }
}

/* Put job i on type k in m->trial, at the cost of others; false when that does not gain. */
static bool try_pushing(struct gavel_match *m, struct trial *t, uint32_t i, int k)
{
    move_in_trial(m, t, i, k);
    while (t->idle[k] < 0 && t->gain > 0) {
        int to = GAVEL_NOWHERE;
        uint32_t x = cheapest(m, t, k, i, -t->idle[k], &to);
        m->looks += m->running_count;
        if (x == UINT32_MAX) return false; /* larger than the type */
        move_in_trial(m, t, x, to);
    }
    if (t->idle[k] < 0 || t->gain <= 0) return false;
    fill(m, t);
    return t->gain > GAIN_MIN;
}

/* The same, and keep it if it gains. */
static bool push_in(struct gavel_match *m, uint32_t i, int k)
{
    struct trial t = {.gain = 0};
    memcpy(t.idle, m->idle, sizeof t.idle);
    m->changed_count = 0;
    if (!try_pushing(m, &t, i, k)) {
        for (uint32_t n = 0; n < m->changed_count; n++)
            m->trial[m->changed[n]] = m->jobs[m->changed[n]].type;
        return false;
    }
    for (uint32_t n = 0; n < m->changed_count; n++)
        m->jobs[m->changed[n]].type = m->trial[m->changed[n]];
    memcpy(m->idle, t.idle, sizeof m->idle);
    note_running(m);
    return true;
}

/* What freeing 1, 2, ... GPUs of a type costs at the least: were jobs cut at will, and each free to
 * go where it likes best. */
struct least_loss {
    double per_gpu; /* of the job that loses least for each of its own */
    double of[FREED_MAX + 1];
};

/* A job, or what is left of it. */
struct piece {
    double loss_per_gpu;
    uint32_t gpus;
};

/* Put a piece among the cheapest, in order; FREED_MAX of them are enough, as none is smaller than a
 * GPU. */
static uint32_t keep_cheapest(struct piece *kept, uint32_t count, struct piece x)
{
    uint32_t i = count < FREED_MAX ? count : FREED_MAX - 1;
    if (count == FREED_MAX && x.loss_per_gpu >= kept[i].loss_per_gpu) return count;
    for (; i > 0 && kept[i - 1].loss_per_gpu > x.loss_per_gpu; i--) kept[i] = kept[i - 1];
    kept[i] = x;
    return count < FREED_MAX ? count + 1 : count;
}

static void find_least_loss(const struct gavel_match *m, int k, struct least_loss *out)
{
    struct piece kept[FREED_MAX];
    uint32_t count = 0, n = 0, freed = 0; /* freed: by jobs that gain elsewhere */
    double sum = 0;
    out->per_gpu = INFINITY;
    for (uint32_t r = 0; r < m->running_count; r++) {
        const struct gavel_match_job *j = &m->jobs[m->running[r]];
        if (j->type != k) continue;
        double other = 0;
        for (int to = 0; to < T; to++)
            if (to != k) other = fmax(other, j->value[to]);
        double loss = j->value[k] - other, per_gpu = loss / j->gpus;
        out->per_gpu = fmin(out->per_gpu, per_gpu);
        if (loss > 0) {
            count = keep_cheapest(kept, count, (struct piece){per_gpu, j->gpus});
        } else {
            sum += loss;
            freed += j->gpus;
        }
    }
    for (uint32_t gpus = 0; gpus <= FREED_MAX; gpus++) {
        if (gpus > freed) {
            if (n < count && kept[n].gpus == 0) n++;
            sum += n < count ? kept[n].loss_per_gpu : INFINITY;
            if (n < count) kept[n].gpus--;
        }
        out->of[gpus] = sum * (sum > 0 ? 1 - ROUNDING : 1 + ROUNDING);
    }
}

static double loss_at_least(const struct least_loss *l, int32_t gpus)
{
    return fmax(gpus * l->per_gpu, l->of[gpus < FREED_MAX ? gpus : FREED_MAX]);
}

static bool improve_by_pushing(struct gavel_match *m)
{
    bool any = false;
    note_running(m);
    for (int k = 0; k < T; k++) {
        struct least_loss least;
        find_least_loss(m, k, &least);
        for (uint32_t n = 0; n < m->count && m->looks < LOOKS_MAX; n++) {
            uint32_t i = m->order[n];
            const struct gavel_match_job *j = &m->jobs[i];
            double gain = j->value[k] - value_at(j, j->type);
            int32_t missing = (int32_t)j->gpus - m->idle[k];
            if (j->type == k || j->value[k] <= 0 || gain <= 0) continue;
            if (missing > 0 && gain <= loss_at_least(&least, missing)) continue;
            if (!push_in(m, i, k)) continue;
            find_least_loss(m, k, &least);
            any = true;
        }
    }
    return any;
}

/* ---- all ------------------------------------------------------------------------------------- */

/* The smallest size above `gpus`; 0 when there is none. */
static uint32_t next_size(const struct gavel_match *m, uint32_t gpus)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < m->count; i++)
        if (m->jobs[i].gpus > gpus && (next == 0 || m->jobs[i].gpus < next)) next = m->jobs[i].gpus;
    return next;
}

void gavel_match_solve(struct gavel_match *m, const int32_t workers[GAVEL_TYPES],
                       double price_out[GAVEL_TYPES])
{
    bool one_size = next_size(m, next_size(m, 0)) == 0;
    uint64_t chains = 0, chains_max = (uint64_t)CHAINS_PER_JOB_MAX * m->count;
    m->looks = 0;
    memcpy(m->idle, workers, sizeof m->idle);
    start(m);
    for (int pass = 0; pass < PASSES_MAX; pass++) {
        for (uint32_t gpus = 0; (gpus = next_size(m, gpus)) != 0;) {
            note_all_moves(m, gpus);
            while (chains < chains_max && improve_by_chain(m, gpus)) chains++;
        }
        if (one_size || !improve_by_pushing(m)) break;
    }
    for (int k = 0; k < T; k++) price_out[k] = 0;
    for (uint32_t gpus = 0; (gpus = next_size(m, gpus)) != 0;) {
        if (!one_size) note_all_moves(m, gpus);
        raise_prices(m, gpus, price_out);
    }
}
