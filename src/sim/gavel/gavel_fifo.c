#include "sim/gavel/gavel_fifo.h"

#include "base/mem.h"
#include "sim/gavel/gavel_random.h"

#include <string.h>

/* A job that was given a type; it may have ended since. */
struct held {
    uint32_t index;
    int type;
};

struct gavel_fifo {
    struct gavel_random random;
    struct held *held; /* by index */
    uint32_t count;
    size_t cap;
    int32_t idle[GAVEL_TYPES];
};

struct gavel_fifo *gavel_fifo_new(uint32_t seed)
{
    struct gavel_fifo *f = mem_alloc(1, sizeof *f);
    gavel_random_init(&f->random, seed);
    return f;
}

void gavel_fifo_free(struct gavel_fifo *f)
{
    if (f == NULL) return;
    mem_free(f->held);
    mem_free(f);
}

static void give(struct gavel_fifo *f, struct gavel_live *l, int type)
{
    l->share[type] = 1;
    f->idle[type] -= (int32_t)l->job.gpus;
}

/* The first job that holds no type, from *at on; NULL when there is none. */
static struct gavel_live *next_waiting(struct gavel_world *w, uint32_t *at)
{
    for (; *at < w->count; ++*at) {
        const double *share = w->live[*at].share;
        bool holds = false;
        for (int k = 0; k < GAVEL_TYPES; k++) holds |= share[k] > 0;
        if (!holds) return &w->live[*at];
    }
    return NULL;
}

/* Jobs that still run keep their place; those that ended give it to the first that waits, if it
 * fits. */
static void pass_places_on(struct gavel_fifo *f, struct gavel_world *w, uint32_t *at)
{
    for (uint32_t h = 0, i = 0; h < f->count; h++) {
        struct held *x = &f->held[h];
        while (i < w->count && w->live[i].index < x->index) i++;
        if (i < w->count && w->live[i].index == x->index) {
            f->idle[x->type] -= (int32_t)w->live[i].job.gpus;
            continue;
        }
        struct gavel_live *l = next_waiting(w, at);
        if (l != NULL && (int32_t)l->job.gpus <= f->idle[x->type]) give(f, l, x->type);
    }
}

/* Hand out what is free, with the mistake that the header tells. */
static void hand_out(struct gavel_fifo *f, struct gavel_world *w, uint32_t *at)
{
    int listed[GAVEL_TYPES], count = 0;
    for (int k = GAVEL_TYPES; k-- > 0;) /* by name: k80, p100, v100 */
        if (f->idle[k] > 0) listed[count++] = k;
    for (struct gavel_live *l; count > 0 && (l = next_waiting(w, at)) != NULL;) {
        int fits[GAVEL_TYPES];
        uint32_t fit_count = 0;
        for (int n = 0; n < count; n++)
            if (f->idle[listed[n]] >= (int32_t)l->job.gpus) fits[fit_count++] = n;
        if (fit_count == 0) return;
        int drawn = fits[gavel_random_below(&f->random, fit_count)], type = listed[count - 1];
        give(f, l, type);
        if (f->idle[type] != 0) continue;
        count--;
        memmove(&listed[drawn], &listed[drawn + 1], (size_t)(count - drawn) * sizeof *listed);
    }
}

void gavel_fifo_allocate(struct gavel_fifo *f, struct gavel_world *w)
{
    uint32_t at = 0;
    memcpy(f->idle, w->workers, sizeof f->idle);
    pass_places_on(f, w, &at);
    hand_out(f, w, &at);
    f->count = 0;
    for (uint32_t i = 0; i < w->count; i++)
        for (int k = 0; k < GAVEL_TYPES; k++)
            if (w->live[i].share[k] > 0) {
                f->held = mem_grow(f->held, &f->cap, (size_t)f->count + 1, sizeof *f->held);
                f->held[f->count++] = (struct held){w->live[i].index, k};
            }
}
