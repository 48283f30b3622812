#include "sim/openb/openb_berth.h"

#include "core/fit.h"

enum { WHOLE = 1000 }; /* parts are in thousandths */

_Static_assert((int)OPENB_GPU_MILLI == (int)CHIP_MILLI, "a device is a chip");
_Static_assert((int)OPENB_GPUS_MAX <= (int)CHIPS_PER_NODE_MAX, "a node of the trace is a room");

struct openb_berth {
    struct fit_workload workload;
    int64_t *wanted_ppm; /* by node */
};

static struct fit_task task_of(const struct openb_class *c)
{
    return (struct fit_task){.chips = c->gpu_count,
                             .milli = c->gpu_milli,
                             .cpu = c->cpu_milli,
                             .mem = c->memory_mib,
                             .models = c->models,
                             .count = c->pods};
}

static struct fit_task *tasks_of(const struct openb_class *c, uint32_t count, struct arena *arena)
{
    struct fit_task *t = ARENA_ARRAY(arena, count, struct fit_task);
    for (uint32_t i = 0; i < count; i++) t[i] = task_of(&c[i]);
    return t;
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
    fit_expect(&b->workload, tasks_of(f->classes, f->class_count, arena), f->class_count,
               tasks_of(t->classes, t->class_count, arena), t->class_count, arena);
    b->wanted_ppm = ARENA_ARRAY(arena, t->node_count, int64_t);
    find_wanted(b, t);
    return b;
}

struct openb_score openb_berth_score(const struct openb_berth *b, const struct openb_left *n,
                                     const struct openb_class *c)
{
    struct fit_room r;
    struct fit_task t = task_of(c);
    r.chips = n->gpu_count;
    for (int32_t i = 0; i < n->gpu_count; i++) r.milli[i] = n->gpu_milli[i];
    r.cpu = n->cpu_milli;
    r.mem = n->memory_mib;
    r.model = n->model_bit;
    r.wanted_ppm = b->wanted_ppm[n->index];
    struct fit_score s = fit_score(&b->workload, &r, &t);
    return (struct openb_score){s.score, s.chip >= 0 ? s.chip : 0};
}
