#include "sim/gavel/gavel_even.h"

#include "base/check.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

/* A job that is there; it ends when its size's clock shows `end`. */
struct entry {
    double end;
    uint32_t index;
};

/* The jobs of one size, the first to end behind the others. */
struct size {
    uint32_t gpus;
    double clock;
    struct entry *entries;
    uint32_t count;
    size_t cap;
};

struct gavel_even {
    double workers[GAVEL_TYPES], all;
    struct size *sizes;
    uint32_t size_count;
    size_t size_cap;
    uint32_t present;
    double now_s;
    double *end_s; /* by index; of jobs that are present, as last foreseen: never too late */
    size_t end_cap;
    bool foreseen; /* no job came since */
};

static struct size *size_of(struct gavel_even *e, uint32_t gpus)
{
    for (uint32_t i = 0; i < e->size_count; i++)
        if (e->sizes[i].gpus == gpus) return &e->sizes[i];
    e->sizes = mem_grow(e->sizes, &e->size_cap, (size_t)e->size_count + 1, sizeof *e->sizes);
    e->sizes[e->size_count].gpus = gpus;
    return &e->sizes[e->size_count++];
}

/* Behind those that end later, and behind equals. */
static void insert(struct size *z, struct entry x)
{
    uint32_t low = 0, high = z->count;
    z->entries = mem_grow(z->entries, &z->cap, (size_t)z->count + 1, sizeof *z->entries);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (z->entries[middle].end < x.end)
            high = middle;
        else
            low = middle + 1;
    }
    memmove(&z->entries[low + 1], &z->entries[low], (z->count - low) * sizeof *z->entries);
    z->entries[low] = x;
    z->count++;
}

/* What a clock of that size gains a second. */
static double pace(const struct gavel_even *e, const struct size *z)
{
    return 1 / fmax((double)e->present * z->gpus, e->all);
}

static void advance(struct gavel_even *e, double until_s)
{
    for (uint32_t i = 0; i < e->size_count; i++)
        e->sizes[i].clock += (until_s - e->now_s) * pace(e, &e->sizes[i]);
    e->now_s = until_s;
}

/* The size whose first job ends next, and when; NULL when there is no job. */
static struct size *next_end(const struct gavel_even *e, double *when_s)
{
    struct size *first = NULL;
    *when_s = INFINITY;
    for (uint32_t i = 0; i < e->size_count; i++) {
        struct size *z = &e->sizes[i];
        if (z->count == 0) continue;
        double at_s = e->now_s + (z->entries[z->count - 1].end - z->clock) / pace(e, z);
        if (at_s >= *when_s) continue;
        *when_s = at_s;
        first = z;
    }
    return first;
}

/* Let the jobs end that end before that time. */
static void run_until(struct gavel_even *e, double until_s)
{
    struct size *z;
    for (double end_s; (z = next_end(e, &end_s)) != NULL && end_s < until_s;) {
        advance(e, end_s);
        e->end_s[z->entries[--z->count].index] = end_s;
        e->present--;
    }
}

struct gavel_even *gavel_even_new(const int32_t workers[GAVEL_TYPES])
{
    struct gavel_even *e = mem_alloc(1, sizeof *e);
    for (int j = 0; j < GAVEL_TYPES; j++) {
        e->workers[j] = workers[j];
        e->all += workers[j];
    }
    return e;
}

void gavel_even_free(struct gavel_even *e)
{
    if (e == NULL) return;
    for (uint32_t i = 0; i < e->size_count; i++) mem_free(e->sizes[i].entries);
    mem_free(e->sizes);
    mem_free(e->end_s);
    mem_free(e);
}

void gavel_even_admit(struct gavel_even *e, uint32_t index, const struct gavel_job *j)
{
    double speed = 0;
    for (int k = 0; k < GAVEL_TYPES; k++) speed += e->workers[k] * j->speed[k];
    ASSERT(speed > 0);
    run_until(e, j->arrival_s);
    advance(e, j->arrival_s);
    struct size *z = size_of(e, j->gpus);
    e->end_s = mem_grow(e->end_s, &e->end_cap, (size_t)index + 1, sizeof *e->end_s);
    insert(z, (struct entry){z->clock + j->steps / speed, index});
    e->end_s[index] = j->arrival_s + j->steps / speed * fmax(j->gpus, e->all);
    e->present++;
    e->foreseen = false;
}

/* Go on from now as if no more jobs came, and note the ends of the jobs present. What is taken off
 * the lists stays where it is: only the counts are a copy's. */
static void foresee(struct gavel_even *e)
{
    struct gavel_even f = *e;
    f.sizes = mem_alloc(e->size_count, sizeof *f.sizes);
    memcpy(f.sizes, e->sizes, e->size_count * sizeof *f.sizes);
    run_until(&f, INFINITY);
    mem_free(f.sizes);
    e->foreseen = true;
}

double gavel_even_end_s(struct gavel_even *e, uint32_t index)
{
    ASSERT(index < e->end_cap);
    if (!e->foreseen) foresee(e);
    return e->end_s[index];
}

double gavel_even_end_at_least_s(const struct gavel_even *e, uint32_t index)
{
    ASSERT(index < e->end_cap);
    return e->end_s[index];
}

/* When the last job of the window ends, as far as jobs have come. */
static double window_end_s(struct gavel_even *e, const struct gavel_source *s)
{
    double last_s = 0;
    for (uint32_t k = s->window_begin; k < s->window_end; k++)
        last_s = fmax(last_s, gavel_even_end_s(e, k));
    return last_s;
}

void gavel_even_times(struct gavel_source *s, const int32_t workers[GAVEL_TYPES], double *even_s)
{
    struct gavel_even *e = gavel_even_new(workers);
    double last_s = 0;
    for (uint32_t i = 0; gavel_source_has(s, i); i++) {
        double at_s = s->jobs[i].arrival_s;
        if (i >= s->window_end && at_s > last_s && at_s > (last_s = window_end_s(e, s))) break;
        gavel_even_admit(e, i, &s->jobs[i]);
    }
    for (uint32_t k = s->window_begin; k < s->window_end; k++)
        even_s[k - s->window_begin] = gavel_even_end_s(e, k) - s->jobs[k].arrival_s;
    gavel_even_free(e);
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
