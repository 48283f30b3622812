#include "sim/gavel/gavel_source.h"

#include "base/check.h"
#include "base/mem.h"

#include <math.h>

/* The models in the order in which the stream numbers them; only those marked so are
 * drawn with several GPUs. */
static const struct {
    const char *name;
    bool distributed;
} models[GAVEL_MODELS] = {
    {"ResNet-18 (batch size 16)", true},
    {"ResNet-18 (batch size 32)", true},
    {"ResNet-18 (batch size 64)", true},
    {"ResNet-18 (batch size 128)", true},
    {"ResNet-18 (batch size 256)", true},
    {"ResNet-50 (batch size 16)", true},
    {"ResNet-50 (batch size 32)", true},
    {"ResNet-50 (batch size 64)", true},
    {"ResNet-50 (batch size 128)", true},
    {"Transformer (batch size 16)", true},
    {"Transformer (batch size 32)", true},
    {"Transformer (batch size 64)", true},
    {"Transformer (batch size 128)", true},
    {"Transformer (batch size 256)", true},
    {"LM (batch size 5)", true},
    {"LM (batch size 10)", true},
    {"LM (batch size 20)", true},
    {"LM (batch size 40)", true},
    {"LM (batch size 80)", true},
    {"Recommendation (batch size 512)", false},
    {"Recommendation (batch size 1024)", false},
    {"Recommendation (batch size 2048)", false},
    {"Recommendation (batch size 4096)", false},
    {"Recommendation (batch size 8192)", false},
    {"A3C", false},
    {"CycleGAN", false},
};

/* 0..3: the size of a job is 2 to that power. */
static int size_of(double r)
{
    return r >= 0.7 && r <= 0.8 ? 1 : r > 0.8 && r <= 0.95 ? 2 : r > 0.95 ? 3 : 0;
}

static void draw_job(struct gavel_source *s, struct gavel_job *out)
{
    struct gavel_random *r = &s->job_random;
    int size = size_of(gavel_random_uniform(r, 0, 1));
    if (!s->draw.multi) size = 0;
    double minutes = gavel_random_unit(r) >= 0.8 ? pow(10, gavel_random_uniform(r, 3, 4))
                                                 : pow(10, gavel_random_uniform(r, 1.5, 3));
    const struct gavel_speed *m;
    do m = s->model[gavel_random_below(r, GAVEL_MODELS)][size];
    while (m == NULL);
    out->gpus = m->gpus;
    for (int j = 0; j < GAVEL_TYPES; j++) out->speed[j] = m->speed[j];
    out->steps = 60 * minutes * m->speed[GAVEL_V100];
    out->weight = 1;
}

static void draw_next(struct gavel_source *s)
{
    s->jobs = mem_grow(s->jobs, &s->cap, (size_t)s->count + 1, sizeof *s->jobs);
    struct gavel_job *j = &s->jobs[s->count];
    draw_job(s, j);
    if (s->count > 0 && s->draw.per_hour > 0) {
        double mean_s = 3600 / s->draw.per_hour;
        j->arrival_s =
            j[-1].arrival_s + -log(1 - gavel_random_unit(&s->time_random)) / (1 / mean_s);
    }
    s->count++;
}

bool gavel_source_has(struct gavel_source *s, uint32_t index)
{
    while (s->endless && s->count <= index && s->count < 2 * GAVEL_JOBS_MAX) draw_next(s);
    return index < s->count;
}

enum err gavel_source_init(struct gavel_source *s, const struct gavel_draw *draw,
                           const struct gavel_speeds *speeds, struct errtext *error)
{
    ASSERT(draw->window_begin < draw->window_end && draw->window_end <= GAVEL_JOBS_MAX);
    *s = (struct gavel_source){
        .draw = *draw, .window_begin = draw->window_begin, .window_end = draw->window_end};
    for (int m = 0; m < GAVEL_MODELS; m++)
        for (int size = 0; size < (draw->multi && models[m].distributed ? GAVEL_SIZES : 1);
             size++) {
            s->model[m][size] =
                gavel_speeds_find(speeds, str_of(models[m].name), UINT32_C(1) << size);
            if (s->model[m][size] == NULL || s->model[m][size]->speed[GAVEL_V100] <= 0)
                return err_set(error, ERR_INVALID,
                               "the throughput table has no speed on a v100 of '%s' with "
                               "scale_factor %d, and --generate draws it",
                               models[m].name, 1 << size);
        }
    gavel_random_init(&s->job_random, draw->seed + 2);
    gavel_random_init(&s->time_random, draw->seed + 3);
    s->endless = true;
    if (draw->per_hour > 0) return ERR_NONE;
    gavel_source_has(s, draw->window_end - 1);
    s->endless = false;
    return ERR_NONE;
}

void gavel_source_release(struct gavel_source *s)
{
    mem_free(s->jobs);
    *s = (struct gavel_source){0};
}
