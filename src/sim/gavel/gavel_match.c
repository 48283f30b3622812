#include "sim/gavel/gavel_match.h"

#include "base/mem.h"
#include "sim/gavel/gavel_push.h"

#include <math.h>
#include <string.h>

enum {
    T = GAVEL_TYPES,
    WAIT = GAVEL_TYPES, /* the place of jobs that run nowhere; it is never full */
    PLACES = GAVEL_TYPES + 1,
    CHAINS_PER_JOB_MAX = 8, /* an end for rounding that goes round in circles; one is usual */
    PASSES_MAX = 16, /* over all jobs, pushing others out: three are usual */
};

/* later[n][p] of a place where chains may begin: no n moves or fewer on from p to an end gain more.
 */
typedef double later_gain[PLACES][PLACES];

#define NO_GAIN (-1e300) /* of what cannot be; finite, so that it can be added to */

/* Moves from place[0] to place[1], ... */
struct chain {
    double gain;
    int place[PLACES + 1];
    int moves;
    unsigned passed; /* bits of the places behind the first */
};

/* The best move from each place to each other; a gain of NO_GAIN: there is none. */
struct best_moves {
    struct gavel_move of[PLACES][PLACES];
};

void gavel_match_init(struct gavel_match *m, uint32_t count)
{
    m->jobs = mem_grow(m->jobs, &m->job_cap, count, sizeof *m->jobs);
    m->ranked = mem_grow(m->ranked, &m->ranked_cap, count, sizeof *m->ranked);
    m->trial = mem_grow(m->trial, &m->trial_cap, count, sizeof *m->trial);
    m->running = mem_grow(m->running, &m->running_cap, count, sizeof *m->running);
    m->changed = mem_grow(m->changed, &m->changed_cap, 2 * (size_t)count, sizeof *m->changed);
    m->count = count;
}

void gavel_match_release(struct gavel_match *m)
{
    mem_free(m->jobs);
    mem_free(m->ranked);
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

static double greatest(const double value[T])
{
    double most = value[0];
    for (int k = 1; k < T; k++)
        if (value[k] > most) most = value[k];
    return most;
}

static bool any_idle(const struct gavel_match *m)
{
    for (int k = 0; k < T; k++)
        if (m->idle[k] > 0) return true;
    return false;
}

/* ---- the start ------------------------------------------------------------------------------- */

static bool ranks_before(struct gavel_ranked x, struct gavel_ranked y)
{
    return x.worth != y.worth ? x.worth > y.worth : x.job < y.job;
}

/* Put a job into the heap of m->ranked from place i downwards. */
static void sink_ranked(struct gavel_match *m, uint32_t i, struct gavel_ranked x)
{
    struct gavel_ranked *heap = m->ranked;
    for (uint32_t child; (child = 2 * i + 1) < m->heaped; i = child) {
        if (child + 1 < m->heaped && ranks_before(heap[child + 1], heap[child])) child++;
        if (!ranks_before(heap[child], x)) break;
        heap[i] = heap[child];
    }
    heap[i] = x;
}

static void rank_jobs(struct gavel_match *m)
{
    m->heaped = m->count;
    for (uint32_t i = 0; i < m->count; i++) {
        const struct gavel_match_job *j = &m->jobs[i];
        m->ranked[i] = (struct gavel_ranked){greatest(j->value) / j->gpus, i};
    }
    for (uint32_t i = m->count / 2; i-- > 0;) sink_ranked(m, i, m->ranked[i]);
}

/* Take the job of greatest worth off the heap. */
static uint32_t next_ranked(struct gavel_match *m)
{
    struct gavel_ranked first = m->ranked[0];
    m->heaped--;
    sink_ranked(m, 0, m->ranked[m->heaped]);
    m->ranked[m->heaped] = first;
    return first.job;
}

static void put(struct gavel_match *m, struct gavel_match_job *j, int type)
{
    j->type = type;
    if (type != GAVEL_NOWHERE) m->idle[type] -= (int32_t)j->gpus;
}

/* Jobs stay where they were: for jobs of one size the optimum is near, and the same from wherever
 * the search begins. */
static void stay(struct gavel_match *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        struct gavel_match_job *j = &m->jobs[i];
        int k = j->type;
        bool can = k != GAVEL_NOWHERE && j->value[k] > 0 && m->idle[k] >= (int32_t)j->gpus;
        put(m, j, can ? k : GAVEL_NOWHERE);
    }
}

/* The others take what is idle, by falling worth. */
static void start(struct gavel_match *m, bool one_size)
{
    if (one_size)
        stay(m);
    else
        for (uint32_t i = 0; i < m->count; i++) m->jobs[i].type = GAVEL_NOWHERE;
    rank_jobs(m);
    while (m->heaped > 0 && (!one_size || any_idle(m))) {
        struct gavel_match_job *j = &m->jobs[next_ranked(m)];
        if (j->type == GAVEL_NOWHERE) put(m, j, gavel_match_best_idle(j, m->idle, GAVEL_NOWHERE));
    }
}

/* ---- chains ---------------------------------------------------------------------------------- */

/* Put a move into the heap from place i downwards. */
static void sink_move(struct gavel_moves *h, uint32_t i, struct gavel_move x)
{
    for (uint32_t child; (child = 2 * i + 1) < h->count; i = child) {
        if (child + 1 < h->count && h->heap[child + 1].gain > h->heap[child].gain) child++;
        if (x.gain >= h->heap[child].gain) break;
        h->heap[i] = h->heap[child];
    }
    h->heap[i] = x;
}

static void add_move(struct gavel_moves *h, struct gavel_move x)
{
    if (h->count == h->cap)
        h->heap = mem_grow(h->heap, &h->cap, (size_t)h->count + 1, sizeof *h->heap);
    h->heap[h->count++] = x;
}

/* Bring the last one of the heap to its place. */
static void raise_last(struct gavel_moves *h)
{
    uint32_t i = h->count - 1;
    struct gavel_move x = h->heap[i];
    for (; i > 0 && h->heap[(i - 1) / 2].gain < x.gain; i = (i - 1) / 2)
        h->heap[i] = h->heap[(i - 1) / 2];
    h->heap[i] = x;
}

static int place_of(const struct gavel_match_job *j)
{
    return j->type == GAVEL_NOWHERE ? WAIT : j->type;
}

/* The moves of a job from where it is now go to the ends of the heaps. */
static void add_moves(struct gavel_match *m, uint32_t i)
{
    const struct gavel_match_job *j = &m->jobs[i];
    int at = place_of(j);
    double here = value_at(j, at);
    for (int to = 0; to < PLACES; to++)
        if (to != at && (to == WAIT || j->value[to] > 0))
            add_move(&m->moves[at][to], (struct gavel_move){value_at(j, to) - here, i});
}

static void note_all_moves(struct gavel_match *m, uint32_t gpus)
{
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++) m->moves[a][b].count = 0;
    for (uint32_t i = 0; i < m->count; i++)
        if (m->jobs[i].gpus == gpus) add_moves(m, i);
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++) {
            struct gavel_moves *h = &m->moves[a][b];
            for (uint32_t i = h->count / 2; i-- > 0;) sink_move(h, i, h->heap[i]);
        }
}

/* Note the moves of a job that has just moved. */
static void note_moves(struct gavel_match *m, uint32_t i)
{
    int at = place_of(&m->jobs[i]);
    uint32_t before[PLACES];
    for (int to = 0; to < PLACES; to++) before[to] = m->moves[at][to].count;
    add_moves(m, i);
    for (int to = 0; to < PLACES; to++)
        if (m->moves[at][to].count > before[to]) raise_last(&m->moves[at][to]);
}

static void find_moves(struct gavel_match *m, struct best_moves *best)
{
    for (int a = 0; a < PLACES; a++)
        for (int b = 0; b < PLACES; b++) {
            struct gavel_moves *h = &m->moves[a][b];
            while (h->count > 0 && place_of(&m->jobs[h->heap[0].job]) != a) {
                h->count--;
                sink_move(h, 0, h->heap[h->count]);
            }
            best->of[a][b] = h->count > 0 ? h->heap[0] : (struct gavel_move){NO_GAIN, 0};
        }
}

static bool has_room(const struct gavel_match *m, int place, uint32_t gpus)
{
    return place == WAIT || m->idle[place] >= (int32_t)gpus;
}

/* Of chains that begin at `from`. Those that may pass a place again are simpler, and gain no less.
 */
static void find_later(const struct gavel_match *m, uint32_t gpus, const struct best_moves *best,
                       int from, later_gain later)
{
    for (int p = 0; p < PLACES; p++) later[0][p] = p == from || has_room(m, p, gpus) ? 0 : NO_GAIN;
    for (int n = 1; n < PLACES; n++)
        for (int p = 0; p < PLACES; p++) {
            later[n][p] = later[0][p];
            for (int to = 0; to < PLACES; to++) {
                double move = best->of[p][to].gain, rest = later[n - 1][to];
                if (to == p) continue;
                double gain = move + rest + GAVEL_MATCH_ROUNDING * (fabs(move) + fabs(rest));
                if (gain > later[n][p]) later[n][p] = gain;
            }
        }
}

/* Try all ways to go on from the chain so far that may gain more than what was found, and keep the
 * best complete one. */
static void extend(const struct gavel_match *m, uint32_t gpus, const struct best_moves *best,
                   later_gain later, struct chain *c, struct chain *found)
{
    int at = c->place[c->moves], left = PLACES - 1 - c->moves;
    for (int to = 0; to < PLACES; to++) {
        double before = c->gain, gain = before + best->of[at][to].gain;
        if (to == at || (c->passed & 1U << to) != 0) continue;
        if (gain + later[left][to] + GAVEL_MATCH_ROUNDING * fabs(gain) <= found->gain) continue;
        bool closes = to == c->place[0];
        c->gain = gain;
        c->passed |= 1U << to;
        c->place[++c->moves] = to;
        if ((closes || has_room(m, to, gpus)) && gain > found->gain) *found = *c;
        if (!closes && c->moves < PLACES) extend(m, gpus, best, later, c, found);
        c->moves--;
        c->passed &= ~(1U << to);
        c->gain = before;
    }
}

/* Make the best chain of jobs of that size; false when none gains. */
static bool improve_by_chain(struct gavel_match *m, uint32_t gpus)
{
    struct best_moves best;
    struct chain found = {.gain = GAVEL_MATCH_GAIN_MIN};
    find_moves(m, &best);
    for (int from = 0; from < PLACES; from++) {
        struct chain c = {.place = {from}};
        later_gain later;
        find_later(m, gpus, &best, from, later);
        extend(m, gpus, &best, later, &c, &found);
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
    start(m, one_size);
    for (int pass = 0; pass < PASSES_MAX; pass++) {
        for (uint32_t gpus = 0; (gpus = next_size(m, gpus)) != 0;) {
            note_all_moves(m, gpus);
            while (chains < chains_max && improve_by_chain(m, gpus)) chains++;
        }
        if (one_size || !gavel_push(m)) break;
    }
    for (int k = 0; k < T; k++) price_out[k] = 0;
    for (uint32_t gpus = 0; (gpus = next_size(m, gpus)) != 0;) {
        if (!one_size) note_all_moves(m, gpus);
        raise_prices(m, gpus, price_out);
    }
}
