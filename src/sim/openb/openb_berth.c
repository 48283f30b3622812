#include "sim/openb/openb_berth.h"

#include "core/fit.h"

enum { WHOLE = 1000 }; /* parts are in thousandths */

_Static_assert((int)OPENB_GPU_MILLI == (int)CHIP_MILLI, "a device is a chip");
_Static_assert((int)OPENB_GPUS_MAX <= (int)CHIPS_PER_NODE_MAX, "a node of the trace is a room");
_Static_assert((int)FIT_SCARCE_PPM_MAX == (int)WHOLE * (int)WHOLE, "a weight is a part squared");

struct openb_berth {
    struct fit_workload workload;
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

static int64_t milli_of(const struct openb_node *n)
{
    return (int64_t)n->gpu_count * OPENB_GPU_MILLI;
}

static bool could_run(const struct openb_node *n, const struct openb_class *c)
{
    return n->cpu_milli >= c->cpu_milli && n->memory_mib >= c->memory_mib &&
           n->gpu_count >= c->gpu_count && (c->models & n->model_bit) != 0;
}

/* How scarce room for the class is: W's weight. */
static int64_t scarce_ppm(const struct openb_trace *t, const struct openb_class *c)
{
    int64_t could = 0; /* milli of the nodes that could run it */
    if (c->gpu_count == 0 || t->capacity_milli == 0) return 0;
    for (uint32_t i = 0; i < t->node_count; i++)
        if (could_run(&t->nodes[i], c)) could += milli_of(&t->nodes[i]);
    if (could == 0) return 0;
    int64_t asked = (int64_t)c->pods * c->gpu_count * c->gpu_milli;
    int64_t rarity = WHOLE - could * WHOLE / t->capacity_milli;
    int64_t weight = rarity * rarity * asked / could;
    return weight < FIT_SCARCE_PPM_MAX ? weight : FIT_SCARCE_PPM_MAX;
}

struct openb_berth *openb_berth_new(const struct openb_trace *t, const struct openb_frag *f,
                                    struct arena *arena)
{
    struct openb_berth *b = ARENA_NEW(arena, struct openb_berth);
    struct fit_task *popular = ARENA_ARRAY(arena, f->class_count, struct fit_task);
    struct fit_task *all = ARENA_ARRAY(arena, t->class_count, struct fit_task);
    for (uint32_t i = 0; i < f->class_count; i++) popular[i] = task_of(&f->classes[i]);
    for (uint32_t i = 0; i < t->class_count; i++) {
        all[i] = task_of(&t->classes[i]);
        all[i].scarce_ppm = scarce_ppm(t, &t->classes[i]);
    }
    fit_expect(&b->workload, popular, f->class_count, all, t->class_count, arena);
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
    struct fit_score s = fit_score(&b->workload, &r, &t);
    return (struct openb_score){s.score, s.chip >= 0 ? s.chip : 0};
}
