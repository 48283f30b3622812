#include "sim/openb/openb_frag.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

const char *const openb_loss_names[OPENB_LOSSES] = {
    "q1_lack_both", "q2_lack_gpu", "q3_satisfied", "q4_lack_cpu",
    "xl_satisfied", "xr_lack_cpu", "no_access",
};

/* ---- the expected workload ------------------------------------------------------------------- */

static int cmp_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* By what the published code groups by: CPU, share, devices, models as written. */
static int cmp_shape(const struct openb_class *a, const struct openb_class *b)
{
    int c = cmp_i64(a->cpu_milli, b->cpu_milli);
    if (c == 0) c = cmp_i64(a->gpu_milli, b->gpu_milli);
    if (c == 0) c = cmp_i64(a->gpu_count, b->gpu_count);
    return c != 0 ? c : str_cmp(a->spec, b->spec);
}

static int by_shape(const void *a, const void *b)
{
    return cmp_shape(a, b);
}

static int by_popularity(const void *a, const void *b)
{
    const struct openb_class *x = a, *y = b;
    int c = cmp_i64(y->pods, x->pods);
    return c != 0 ? c : cmp_shape(y, x);
}

/* Classes that differ in memory only are one; the popular ones stay. Gives how many tasks. */
static int64_t take_popular(struct openb_frag *f, const struct openb_trace *t, struct arena *arena)
{
    uint32_t n = 0, kept = 0;
    int64_t pods = 0;
    struct openb_class *c = ARENA_ARRAY(arena, t->class_count, struct openb_class);
    memcpy(c, t->classes, t->class_count * sizeof *c);
    qsort(c, t->class_count, sizeof *c, by_shape);
    for (uint32_t i = 0; i < t->class_count; i++) {
        c[i].memory_mib = 0;
        if (n > 0 && cmp_shape(&c[n - 1], &c[i]) == 0)
            c[n - 1].pods += c[i].pods;
        else
            c[n++] = c[i];
    }
    qsort(c, n, sizeof *c, by_popularity);
    while (kept < n && pods * 100 < (int64_t)OPENB_POPULAR_PERCENT * t->pod_count)
        pods += c[kept++].pods;
    f->classes = c;
    f->class_count = kept;
    return pods;
}

void openb_frag_init(struct openb_frag *f, const struct openb_trace *t, struct arena *arena)
{
    int64_t pods = take_popular(f, t, arena);
    ASSERT(f->class_count > 0);
    f->parts = ARENA_ARRAY(arena, f->class_count, double);
    double all = t->pod_count; /* the published code divides twice: see the head on last bits */
    for (uint32_t i = 0; i < f->class_count; i++)
        f->parts[i] = (double)f->classes[i].pods / all / ((double)pods / all);
}

/* ---- the measure ----------------------------------------------------------------------------- */

void openb_sort_devices(const int32_t *gpu_milli, int32_t count, struct openb_sorted *out)
{
    ASSERT(count >= 0 && count <= OPENB_GPUS_MAX);
    out->count = count;
    for (int32_t i = 0; i < count; i++) {
        int32_t k = i;
        for (; k > 0 && out->milli[k - 1] < gpu_milli[i]; k--) out->milli[k] = out->milli[k - 1];
        out->milli[k] = gpu_milli[i];
    }
    out->sum[0] = 0;
    for (int32_t i = 0; i < count; i++) out->sum[i + 1] = out->sum[i] + out->milli[i];
}

void openb_frag_losses(const struct openb_frag *f, const struct openb_sorted *s, int32_t cpu_milli,
                       uint64_t model_bit, double out[OPENB_LOSSES])
{
    int32_t all = s->sum[s->count];
    for (int i = 0; i < OPENB_LOSSES; i++) out[i] = 0;
    if (all == 0) return;
    for (uint32_t i = 0; i < f->class_count; i++) {
        const struct openb_class *m = &f->classes[i];
        bool cpu = cpu_milli >= m->cpu_milli;
        if (m->gpu_count == 0) {
            out[cpu ? OPENB_NO_GPU_ASKED : OPENB_NO_GPU_LACK_CPU] += f->parts[i] * all;
        } else if ((m->models & model_bit) == 0) {
            out[OPENB_NO_ACCESS] += f->parts[i] * all;
        } else if (s->count < m->gpu_count || s->milli[m->gpu_count - 1] < m->gpu_milli) {
            out[cpu ? OPENB_LACK_GPU : OPENB_LACK_BOTH] += f->parts[i] * all;
        } else if (!cpu) {
            out[OPENB_LACK_CPU] += f->parts[i] * all;
        } else {
            int32_t fit = m->gpu_count; /* devices that are enough */
            while (fit < s->count && s->milli[fit] >= m->gpu_milli) fit++;
            out[OPENB_LACK_GPU] += f->parts[i] * (all - s->sum[fit]);
            out[OPENB_SATISFIED] += f->parts[i] * s->sum[fit];
        }
    }
}

double openb_frag_sum(const double losses[OPENB_LOSSES])
{
    double sum = 0;
    for (int i = 0; i < OPENB_LOSSES; i++)
        if (i != OPENB_SATISFIED) sum += losses[i];
    return sum;
}
