#include "core/fit.h"

#include "base/check.h"
#include "core/cut.h"

#include <stdlib.h>

/* The rule's numbers; the header says what they do. */
enum {
    FRAG_FACTOR = 1,
    CPU_FACTOR = 2,
    MEMORY_FACTOR = 1,
    WORTH_FACTOR = 5,
    SCARCE_FACTOR = 3,
    STEP = 50, /* burdens that differ by less are equal */
    PPM = 1000000,
};

struct fit_demand {
    int32_t milli;
    int32_t chips;
    uint64_t models;
    uint32_t first, count; /* in cpus */
};

struct fit_cpu {
    int64_t cpu; /* ascending within a demand */
    int64_t tasks; /* of the demand that ask for at most that much */
};

/* Chips by what they have left, most first, with running sums: sum[k] of the first k. */
struct sorted {
    int32_t milli[CHIPS_PER_NODE_MAX];
    int32_t sum[CHIPS_PER_NODE_MAX + 1];
    int32_t count;
};

bool fit_is_sharing(const struct fit_task *t)
{
    return t->chips == 1 && t->milli < CHIP_MILLI;
}

/* ---- what is expected ------------------------------------------------------------------------ */

static int cmp_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_demand(const void *a, const void *b)
{
    const struct fit_task *x = a, *y = b;
    int c = cmp_i64(y->milli, x->milli);
    if (c == 0) c = cmp_i64(y->chips, x->chips);
    if (c == 0) c = (x->models > y->models) - (x->models < y->models);
    return c != 0 ? c : cmp_i64(x->cpu, y->cpu);
}

/* Do they differ in CPU and memory only? */
static bool same_demand(const struct fit_task *a, const struct fit_task *b)
{
    return a->milli == b->milli && a->chips == b->chips && a->models == b->models;
}

/* `t`: the tasks with chips in the order of by_demand. */
static void group(struct fit_workload *w, const struct fit_task *t, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || !same_demand(&t[i], &t[i - 1]))
            w->demands[w->demand_count++] =
                (struct fit_demand){t[i].milli, t[i].chips, t[i].models, i, 0};
        struct fit_demand *d = &w->demands[w->demand_count - 1];
        w->cpus[i].cpu = t[i].cpu;
        w->cpus[i].tasks = t[i].count + (d->count > 0 ? w->cpus[i - 1].tasks : 0);
        d->count++;
    }
}

static void find_scarce(struct fit_workload *w, const struct fit_task *all, uint32_t count,
                        struct arena *arena)
{
    for (uint32_t i = 0; i < count; i++) w->scarce_count += all[i].scarce_ppm > 0;
    if (w->scarce_count == 0) return;
    w->scarce = ARENA_ARRAY(arena, w->scarce_count, struct fit_task);
    for (uint32_t i = 0, n = 0; i < count; i++) {
        ASSERT(all[i].scarce_ppm >= 0 && all[i].scarce_ppm <= FIT_SCARCE_PPM_MAX);
        if (all[i].scarce_ppm > 0) w->scarce[n++] = all[i];
    }
    qsort(w->scarce, w->scarce_count, sizeof *w->scarce, by_demand);
    w->scarce_demands = ARENA_ARRAY(arena, w->scarce_count, struct fit_demand);
    for (uint32_t i = 0; i < w->scarce_count; i++) {
        const struct fit_task *t = &w->scarce[i];
        if (i == 0 || !same_demand(t, t - 1))
            w->scarce_demands[w->scarce_demand_count++] =
                (struct fit_demand){t->milli, t->chips, t->models, i, 0};
        w->scarce_demands[w->scarce_demand_count - 1].count++;
    }
}

static void find_worth(struct fit_workload *w, const struct fit_task *all, uint32_t count,
                       struct arena *arena)
{
    int64_t asked[CHIP_MILLI] = {0};
    for (uint32_t i = 0; i < count; i++)
        if (fit_is_sharing(&all[i])) asked[all[i].milli] += all[i].count;
    w->worth = ARENA_ARRAY(arena, CHIP_MILLI + 1, int32_t);
    cut_worth(asked, w->worth);
}

void fit_expect(struct fit_workload *w, const struct fit_task *popular, uint32_t popular_count,
                const struct fit_task *all, uint32_t all_count, struct arena *arena)
{
    struct fit_task *t = ARENA_ARRAY(arena, popular_count, struct fit_task);
    uint32_t n = 0;
    *w = (struct fit_workload){0};
    w->demands = ARENA_ARRAY(arena, popular_count, struct fit_demand);
    w->cpus = ARENA_ARRAY(arena, popular_count, struct fit_cpu);
    for (uint32_t i = 0; i < popular_count; i++) {
        w->tasks += popular[i].count;
        if (popular[i].chips > 0) t[n++] = popular[i];
    }
    if (n > 1) qsort(t, n, sizeof *t, by_demand);
    group(w, t, n);
    find_scarce(w, all, all_count, arena);
    find_worth(w, all, all_count, arena);
    for (uint32_t i = 0; i < all_count; i++) {
        if (all[i].chips == 0) continue;
        w->milli_asked += all[i].count * all[i].chips * all[i].milli;
        w->cpu_asked += all[i].count * all[i].cpu;
        w->mem_asked += all[i].count * all[i].mem;
    }
}

/* ---- the burden ------------------------------------------------------------------------------ */

static void sort_chips(const int32_t *milli, int32_t count, struct sorted *out)
{
    out->count = count;
    for (int32_t i = 0; i < count; i++) {
        int32_t k = i;
        for (; k > 0 && out->milli[k - 1] < milli[i]; k--) out->milli[k] = out->milli[k - 1];
        out->milli[k] = milli[i];
    }
    out->sum[0] = 0;
    for (int32_t i = 0; i < count; i++) out->sum[i + 1] = out->sum[i] + out->milli[i];
}

/* The tasks of a demand that so much CPU is enough for. */
static int64_t tasks_with(const struct fit_workload *w, const struct fit_demand *d, int64_t cpu)
{
    const struct fit_cpu *steps = &w->cpus[d->first];
    uint32_t k = d->count;
    while (k > 0 && steps[k - 1].cpu > cpu) k--;
    return k > 0 ? steps[k - 1].tasks : 0;
}

/* F, times the popular tasks. */
static int64_t frag(const struct fit_workload *w, const struct sorted *s, int64_t cpu,
                    uint64_t model)
{
    int64_t useful = 0;
    int32_t fit = 0; /* chips that are enough: demands ask for less and less */
    for (uint32_t i = 0; i < w->demand_count; i++) {
        const struct fit_demand *d = &w->demands[i];
        while (fit < s->count && s->milli[fit] >= d->milli) fit++;
        if (fit >= d->chips && (d->models & model) != 0)
            useful += tasks_with(w, d, cpu) * s->sum[fit];
    }
    return s->sum[s->count] * w->tasks - useful;
}

/* W. */
static int64_t scarce(const struct fit_workload *w, const struct sorted *s, int64_t cpu,
                      int64_t mem, uint64_t model)
{
    int64_t useful = 0;
    int32_t fit = 0; /* as in frag */
    for (uint32_t i = 0; i < w->scarce_demand_count; i++) {
        const struct fit_demand *d = &w->scarce_demands[i];
        const struct fit_task *t = &w->scarce[d->first];
        int64_t weight = 0;
        while (fit < s->count && s->milli[fit] >= d->milli) fit++;
        if (fit < d->chips || (d->models & model) == 0) continue;
        for (uint32_t k = 0; k < d->count && t[k].cpu <= cpu; k++)
            if (t[k].mem <= mem) weight += t[k].scarce_ppm;
        useful += weight * s->sum[fit];
    }
    return useful / PPM;
}

/* Idle milli of chips beyond those for which `left` of something is enough, at the usual need. */
static int64_t shortage(int64_t idle_milli, int64_t left, int64_t milli_asked, int64_t asked)
{
    if (asked == 0) return 0;
    int64_t served = left * milli_asked / asked;
    return idle_milli > served ? idle_milli - served : 0;
}

/* The burden of the room with these chips, CPU and memory left. */
static int64_t burden(const struct fit_workload *w, const struct fit_room *r, const int32_t *milli,
                      int64_t cpu, int64_t mem)
{
    struct sorted s;
    sort_chips(milli, r->chips, &s);
    int64_t idle = s.sum[s.count], worth = 0;
    for (int32_t i = 0; i < s.count; i++) worth += w->worth[s.milli[i]];
    return FRAG_FACTOR * frag(w, &s, cpu, r->model) / w->tasks +
           CPU_FACTOR * shortage(idle, cpu, w->milli_asked, w->cpu_asked) +
           MEMORY_FACTOR * shortage(idle, mem, w->milli_asked, w->mem_asked) -
           WORTH_FACTOR * worth - SCARCE_FACTOR * scarce(w, &s, cpu, mem, r->model);
}

int64_t fit_stranded(const struct fit_workload *w, const struct fit_room *r)
{
    struct sorted s;
    sort_chips(r->milli, r->chips, &s);
    return frag(w, &s, r->cpu, r->model) / w->tasks;
}

/* How much the burden falls, in steps: the score. */
static int32_t steps_of(int64_t fall)
{
    int64_t steps = fall >= 0 ? fall / STEP : -((-fall + STEP - 1) / STEP);
    ASSERT(steps > INT32_MIN && steps < INT32_MAX);
    return (int32_t)steps;
}

static void take_idle(int32_t *milli, int32_t chips, int32_t wanted)
{
    for (int32_t i = chips; i > 0 && wanted > 0; i--) {
        if (milli[i - 1] != CHIP_MILLI) continue;
        milli[i - 1] = 0;
        wanted--;
    }
    ASSERT(wanted == 0);
}

struct fit_score fit_score(const struct fit_workload *w, const struct fit_room *r,
                           const struct fit_task *t)
{
    ASSERT(r->chips >= 0 && r->chips <= CHIPS_PER_NODE_MAX);
    struct fit_score best = {INT32_MIN + 1, -1};
    int64_t cpu = r->cpu - t->cpu, mem = r->mem - t->mem;
    int64_t before = burden(w, r, r->milli, r->cpu, r->mem);
    int32_t left[CHIPS_PER_NODE_MAX];
    for (int32_t i = 0; i < r->chips; i++) left[i] = r->milli[i];
    if (!fit_is_sharing(t)) {
        take_idle(left, r->chips, t->chips);
        best.score = steps_of(before - burden(w, r, left, cpu, mem));
        return best;
    }
    for (int32_t i = 0; i < r->chips; i++) {
        bool seen = false; /* a chip with as much left gives the same score */
        for (int32_t k = 0; k < i; k++) seen = seen || r->milli[k] == r->milli[i];
        if (seen || left[i] < t->milli) continue;
        left[i] -= t->milli;
        int32_t score = steps_of(before - burden(w, r, left, cpu, mem));
        left[i] += t->milli;
        if (score > best.score) best = (struct fit_score){score, i};
    }
    return best;
}
