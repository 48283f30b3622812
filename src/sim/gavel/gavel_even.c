#include "sim/gavel/gavel_even.h"

#include "base/check.h"
#include "base/mem.h"

#include <math.h>

/* A job that is there; it ends when its size's clock shows `end`. */
struct entry {
    double end;
    uint32_t index;
};

/* The jobs of one size: a heap, the first to end on top. */
struct size {
    uint32_t gpus;
    double clock;
    struct entry *heap;
    uint32_t count;
    size_t cap;
};

struct even {
    struct gavel_source *source;
    double workers[GAVEL_TYPES], all;
    struct size *sizes;
    uint32_t size_count;
    size_t size_cap;
    uint32_t present;
    double now_s;
};

static struct size *size_of(struct even *e, uint32_t gpus)
{
    for (uint32_t i = 0; i < e->size_count; i++)
        if (e->sizes[i].gpus == gpus) return &e->sizes[i];
    e->sizes = mem_grow(e->sizes, &e->size_cap, (size_t)e->size_count + 1, sizeof *e->sizes);
    e->sizes[e->size_count].gpus = gpus;
    return &e->sizes[e->size_count++];
}

static void push(struct size *z, struct entry x)
{
    z->heap = mem_grow(z->heap, &z->cap, (size_t)z->count + 1, sizeof *z->heap);
    uint32_t i = z->count++;
    for (; i > 0 && z->heap[(i - 1) / 2].end > x.end; i = (i - 1) / 2)
        z->heap[i] = z->heap[(i - 1) / 2];
    z->heap[i] = x;
}

static struct entry pop(struct size *z)
{
    struct entry top = z->heap[0], x = z->heap[--z->count];
    uint32_t i = 0;
    for (uint32_t child; (child = 2 * i + 1) < z->count; i = child) {
        if (child + 1 < z->count && z->heap[child + 1].end < z->heap[child].end) child++;
        if (x.end <= z->heap[child].end) break;
        z->heap[i] = z->heap[child];
    }
    z->heap[i] = x;
    return top;
}

/* What a clock of that size gains a second. */
static double pace(const struct even *e, const struct size *z)
{
    return 1 / fmax((double)e->present * z->gpus, e->all);
}

static void advance(struct even *e, double until_s)
{
    for (uint32_t i = 0; i < e->size_count; i++)
        e->sizes[i].clock += (until_s - e->now_s) * pace(e, &e->sizes[i]);
    e->now_s = until_s;
}

static void admit(struct even *e, uint32_t index)
{
    const struct gavel_job *j = &e->source->jobs[index];
    struct size *z = size_of(e, j->gpus);
    double speed = 0;
    for (int k = 0; k < GAVEL_TYPES; k++) speed += e->workers[k] * j->speed[k];
    ASSERT(speed > 0);
    push(z, (struct entry){z->clock + j->steps / speed, index});
    e->present++;
}

/* The size whose first job ends next, and when; NULL when there is no job. */
static struct size *next_end(const struct even *e, double *when_s)
{
    struct size *first = NULL;
    *when_s = INFINITY;
    for (uint32_t i = 0; i < e->size_count; i++) {
        struct size *z = &e->sizes[i];
        if (z->count == 0) continue;
        double at_s = e->now_s + (z->heap[0].end - z->clock) / pace(e, z);
        if (at_s >= *when_s) continue;
        *when_s = at_s;
        first = z;
    }
    return first;
}

void gavel_even_times(struct gavel_source *s, const int32_t workers[GAVEL_TYPES], double *even_s)
{
    struct even e = {.source = s};
    uint32_t next = 0, to_end = s->window_end - s->window_begin;
    for (int j = 0; j < GAVEL_TYPES; j++) {
        e.workers[j] = workers[j];
        e.all += workers[j];
    }
    while (to_end > 0) {
        double end_s;
        struct size *z = next_end(&e, &end_s);
        if (gavel_source_has(s, next) && s->jobs[next].arrival_s <= end_s) {
            advance(&e, s->jobs[next].arrival_s);
            admit(&e, next++);
            continue;
        }
        ASSERT(z != NULL);
        advance(&e, end_s);
        struct entry x = pop(z);
        e.present--;
        if (x.index < s->window_begin || x.index >= s->window_end) continue;
        even_s[x.index - s->window_begin] = end_s - s->jobs[x.index].arrival_s;
        to_end--;
    }
    for (uint32_t i = 0; i < e.size_count; i++) mem_free(e.sizes[i].heap);
    mem_free(e.sizes);
}

double gavel_even_s(const struct gavel_world *w, const struct gavel_job *j, double steps)
{
    double all = 0, speed = 0;
    for (int k = 0; k < GAVEL_TYPES; k++) {
        all += w->workers[k];
        speed += w->workers[k] * j->speed[k];
    }
    return steps * fmax((double)w->count * j->gpus, all) / speed;
}
