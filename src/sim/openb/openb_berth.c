#include "sim/openb/openb_berth.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

/* The rule's numbers; the header says what they do. */
enum {
    FRAG_FACTOR = 3,
    CPU_FACTOR = 3,
    MEMORY_FACTOR = 2,
    OPEN_FACTOR = 4,
    IDLE_CREDIT_MILLI = 800,
    OPEN_PARTS = 20, /* room is open when one in so many sharing tasks could come */
    WHOLE = 1000, /* parts are in thousandths */
    STEP = 50, /* burdens that differ by less are equal */
};

/* Classes of M that differ in CPU only; they are looked at together. */
struct demand {
    int32_t gpu_milli;
    int32_t gpu_count;
    uint64_t models;
    uint32_t first, count; /* in cpus */
};

struct cpu_step {
    int32_t cpu_milli; /* ascending within a demand */
    int64_t pods; /* of the demand that ask for at most that much */
};

struct openb_berth {
    struct demand *demands; /* by gpu_milli, falling */
    struct cpu_step *cpus;
    uint32_t demand_count;
    int64_t pods; /* in M, those that ask for no device too */
    /* What the GPU tasks of the pod list ask for in all. */
    int64_t gpu_asked_milli, cpu_asked_milli, memory_asked_mib;
    int32_t open_from_milli, open_below_milli;
    int64_t *wanted_ppm; /* W's part, by node */
};

/* ---- what is expected ------------------------------------------------------------------------ */

static int cmp_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_demand(const void *a, const void *b)
{
    const struct openb_class *x = a, *y = b;
    int c = cmp_i64(y->gpu_milli, x->gpu_milli);
    if (c == 0) c = cmp_i64(y->gpu_count, x->gpu_count);
    if (c == 0) c = (x->models > y->models) - (x->models < y->models);
    return c != 0 ? c : cmp_i64(x->cpu_milli, y->cpu_milli);
}

/* `c`: the GPU classes of M in the order of by_demand. */
static void group(struct openb_berth *b, const struct openb_class *c, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bool same = i > 0 && c[i].gpu_milli == c[i - 1].gpu_milli &&
                    c[i].gpu_count == c[i - 1].gpu_count && c[i].models == c[i - 1].models;
        if (!same)
            b->demands[b->demand_count++] =
                (struct demand){c[i].gpu_milli, c[i].gpu_count, c[i].models, i, 0};
        struct demand *d = &b->demands[b->demand_count - 1];
        b->cpus[i].cpu_milli = c[i].cpu_milli;
        b->cpus[i].pods = (int64_t)c[i].pods + (d->count > 0 ? b->cpus[i - 1].pods : 0);
        d->count++;
    }
}

/* From where on, and below what, room on a device is open to sharing tasks. */
static void find_open(struct openb_berth *b, const struct openb_trace *t)
{
    int64_t by_milli[OPENB_GPU_MILLI] = {0}, sharing = 0, below = 0;
    for (uint32_t i = 0; i < t->class_count; i++) {
        if (!openb_is_sharing(&t->classes[i])) continue;
        by_milli[t->classes[i].gpu_milli] += t->classes[i].pods;
        sharing += t->classes[i].pods;
    }
    for (int32_t milli = 1; milli < OPENB_GPU_MILLI; milli++) {
        if (by_milli[milli] == 0) continue;
        below += by_milli[milli];
        if (b->open_from_milli == 0 && below * OPEN_PARTS >= sharing) b->open_from_milli = milli;
        b->open_below_milli = milli;
    }
}

static int64_t milli_of(const struct openb_node *n)
{
    return (int64_t)n->gpu_count * OPENB_GPU_MILLI;
}

static bool could_run(const struct openb_node *n, const struct openb_class *c)
{
    return n->cpu_milli >= c->cpu_milli && n->memory_mib >= c->memory_mib &&
           n->gpu_count >= c->gpu_count && (c->models & n->model_bit) != 0;
}

/* Spread what each class asks for over the nodes that could run it: W. */
static void find_wanted(struct openb_berth *b, const struct openb_trace *t)
{
    for (uint32_t i = 0; i < t->class_count && t->capacity_milli > 0; i++) {
        const struct openb_class *c = &t->classes[i];
        int64_t could = 0; /* milli of those nodes */
        if (c->gpu_count == 0) continue;
        for (uint32_t k = 0; k < t->node_count; k++)
            if (could_run(&t->nodes[k], c)) could += milli_of(&t->nodes[k]);
        if (could == 0) continue;
        int64_t asked = (int64_t)c->pods * c->gpu_count * c->gpu_milli;
        int64_t rarity = WHOLE - could * WHOLE / t->capacity_milli;
        int64_t weight_ppm = rarity * rarity;
        for (uint32_t k = 0; k < t->node_count; k++)
            if (could_run(&t->nodes[k], c)) b->wanted_ppm[k] += asked * weight_ppm / could;
    }
    for (uint32_t k = 0; k < t->node_count; k++)
        if (b->wanted_ppm[k] > WHOLE * WHOLE) b->wanted_ppm[k] = WHOLE * WHOLE;
}

struct openb_berth *openb_berth_new(const struct openb_trace *t, const struct openb_frag *f,
                                    struct arena *arena)
{
    struct openb_berth *b = ARENA_NEW(arena, struct openb_berth);
    struct openb_class *c = ARENA_ARRAY(arena, f->class_count, struct openb_class);
    uint32_t n = 0;
    b->demands = ARENA_ARRAY(arena, f->class_count, struct demand);
    b->cpus = ARENA_ARRAY(arena, f->class_count, struct cpu_step);
    for (uint32_t i = 0; i < f->class_count; i++) {
        b->pods += f->classes[i].pods;
        if (f->classes[i].gpu_count > 0) c[n++] = f->classes[i];
    }
    qsort(c, n, sizeof *c, by_demand);
    group(b, c, n);
    find_open(b, t);
    b->wanted_ppm = ARENA_ARRAY(arena, t->node_count, int64_t);
    find_wanted(b, t);
    for (uint32_t i = 0; i < t->class_count; i++) {
        const struct openb_class *k = &t->classes[i];
        if (k->gpu_count == 0) continue;
        b->gpu_asked_milli += (int64_t)k->pods * k->gpu_count * k->gpu_milli;
        b->cpu_asked_milli += (int64_t)k->pods * k->cpu_milli;
        b->memory_asked_mib += (int64_t)k->pods * k->memory_mib;
    }
    return b;
}

/* ---- the burden ------------------------------------------------------------------------------ */

/* The tasks of each demand that so much CPU is enough for. */
static void count_by_cpu(const struct openb_berth *b, int32_t cpu_milli, int64_t *pods_out)
{
    for (uint32_t i = 0; i < b->demand_count; i++) {
        const struct demand *d = &b->demands[i];
        const struct cpu_step *steps = &b->cpus[d->first];
        uint32_t k = d->count;
        while (k > 0 && steps[k - 1].cpu_milli > cpu_milli) k--;
        pods_out[i] = k > 0 ? steps[k - 1].pods : 0;
    }
}

/* F, times the tasks in M. */
static int64_t frag(const struct openb_berth *b, const struct openb_sorted *s, uint64_t model_bit,
                    const int64_t *cpu_pods)
{
    int64_t useful = 0;
    int32_t fit = 0; /* devices that are enough: demands ask for less and less */
    for (uint32_t i = 0; i < b->demand_count; i++) {
        const struct demand *d = &b->demands[i];
        while (fit < s->count && s->milli[fit] >= d->gpu_milli) fit++;
        if (fit >= d->gpu_count && (d->models & model_bit) != 0)
            useful += cpu_pods[i] * s->sum[fit];
    }
    return s->sum[s->count] * b->pods - useful;
}

/* Idle milli of GPU beyond those for which `left` of something is enough, at the usual need. */
static int64_t shortage(int64_t idle_milli, int64_t left, int64_t gpu_asked, int64_t asked)
{
    if (asked == 0) return 0;
    int64_t served = left * gpu_asked / asked;
    return idle_milli > served ? idle_milli - served : 0;
}

/* What does not depend on how the idle milli lie on the devices. */
struct rest {
    int32_t cpu_milli, memory_mib;
    uint64_t model_bit;
    int64_t wanted_ppm; /* of the node */
    int64_t cpu_pods[OPENB_CLASSES_MAX]; /* by demand */
};

static int64_t burden(const struct openb_berth *b, const struct rest *r, const int32_t *gpu_milli,
                      int32_t gpu_count)
{
    struct openb_sorted s;
    openb_sort_devices(gpu_milli, gpu_count, &s);
    int64_t idle = s.sum[s.count], open = 0;
    for (int32_t i = 0; i < s.count; i++) {
        if (s.milli[i] == OPENB_GPU_MILLI)
            open += IDLE_CREDIT_MILLI;
        else if (s.milli[i] >= b->open_from_milli && s.milli[i] < b->open_below_milli)
            open += s.milli[i];
    }
    return FRAG_FACTOR * frag(b, &s, r->model_bit, r->cpu_pods) / b->pods +
           CPU_FACTOR * shortage(idle, r->cpu_milli, b->gpu_asked_milli, b->cpu_asked_milli) +
           MEMORY_FACTOR * shortage(idle, r->memory_mib, b->gpu_asked_milli, b->memory_asked_mib) -
           OPEN_FACTOR * open - idle * r->wanted_ppm / (WHOLE * WHOLE);
}

/* How much the burden falls, in steps: the score. */
static int32_t steps_of(int64_t fall)
{
    int64_t steps = fall >= 0 ? fall / STEP : -((-fall + STEP - 1) / STEP);
    ASSERT(steps > INT32_MIN && steps < INT32_MAX);
    return (int32_t)steps;
}

static void rest_init(struct rest *r, const struct openb_berth *b, const struct openb_left *n,
                      const struct openb_class *taken)
{
    r->cpu_milli = n->cpu_milli - (taken != NULL ? taken->cpu_milli : 0);
    r->memory_mib = n->memory_mib - (taken != NULL ? taken->memory_mib : 0);
    r->model_bit = n->model_bit;
    r->wanted_ppm = b->wanted_ppm[n->index];
    count_by_cpu(b, r->cpu_milli, r->cpu_pods);
}

struct openb_score openb_berth_score(const struct openb_berth *b, const struct openb_left *n,
                                     const struct openb_class *c)
{
    struct rest r;
    struct openb_score best = {.score = INT32_MIN + 1};
    int32_t left[OPENB_GPUS_MAX];
    rest_init(&r, b, n, NULL);
    int64_t before = burden(b, &r, n->gpu_milli, n->gpu_count);
    rest_init(&r, b, n, c);
    memcpy(left, n->gpu_milli, sizeof left);
    if (!openb_is_sharing(c)) {
        openb_take_idle(left, n->gpu_count, c->gpu_count);
        best.score = steps_of(before - burden(b, &r, left, n->gpu_count));
        return best;
    }
    for (int32_t i = 0; i < n->gpu_count; i++) {
        bool seen = false; /* a device with as much left gives the same score */
        for (int32_t k = 0; k < i; k++) seen = seen || n->gpu_milli[k] == n->gpu_milli[i];
        if (seen || left[i] < c->gpu_milli) continue;
        left[i] -= c->gpu_milli;
        int32_t score = steps_of(before - burden(b, &r, left, n->gpu_count));
        left[i] += c->gpu_milli;
        if (score > best.score) best = (struct openb_score){score, i};
    }
    return best;
}
