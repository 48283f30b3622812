#include "sim/openb/openb_policy.h"

#include "base/check.h"
#include "sim/openb/openb_berth.h"

#include <math.h>

const char *const openb_policy_names[OPENB_POLICIES + 1] = {
    "fgd", "bestfit", "dotprod", "gpupacking", "gpuclustering", "berth", NULL,
};

/* The published scores divide by these whatever the nodes are. */
static const double cpu_unit_milli = 128000, gpu_unit_milli = 8000;
enum { GPU_UNIT_MILLI = 8000 };

/* ---- what is common -------------------------------------------------------------------------- */

void openb_left_init(struct openb_left *left, const struct openb_node *n)
{
    *left = (struct openb_left){.cpu_milli = n->cpu_milli,
                                .memory_mib = n->memory_mib,
                                .gpu_count = n->gpu_count,
                                .gpu_sum = (int64_t)n->gpu_count * OPENB_GPU_MILLI,
                                .model_bit = n->model_bit};
    for (int32_t i = 0; i < n->gpu_count; i++) left->gpu_milli[i] = OPENB_GPU_MILLI;
}

bool openb_fits(const struct openb_left *n, const struct openb_class *c)
{
    if (n->cpu_milli < c->cpu_milli || n->memory_mib < c->memory_mib) return false;
    if (n->pods >= OPENB_PODS_ON_NODE_MAX) return false;
    if (c->gpu_count == 0) return true;
    if ((c->models & n->model_bit) == 0) return false;
    int32_t fit = 0;
    for (int32_t i = 0; i < n->gpu_count; i++) fit += n->gpu_milli[i] >= c->gpu_milli;
    return fit >= c->gpu_count;
}

int32_t openb_tightest(const struct openb_left *n, int32_t gpu_milli)
{
    int32_t best = -1;
    for (int32_t i = 0; i < n->gpu_count; i++)
        if (n->gpu_milli[i] >= gpu_milli && (best < 0 || n->gpu_milli[i] < n->gpu_milli[best]))
            best = i;
    return best;
}

bool openb_is_sharing(const struct openb_class *c)
{
    return c->gpu_count == 1 && c->gpu_milli < OPENB_GPU_MILLI;
}

void openb_take_idle(int32_t *gpu_milli, int32_t gpu_count, int32_t wanted)
{
    for (int32_t i = 0; i < gpu_count && wanted > 0; i++) {
        if (gpu_milli[i] != OPENB_GPU_MILLI) continue;
        gpu_milli[i] = 0;
        wanted--;
    }
    ASSERT(wanted == 0);
}

/* ---- fgd ------------------------------------------------------------------------------------- */

/* F of the node with so much left on its devices, and so much CPU. */
static double frag_with(const struct openb_scorer *s, const struct openb_left *n,
                        const int32_t *gpu_milli, int32_t cpu_milli)
{
    struct openb_sorted sorted;
    double losses[OPENB_LOSSES];
    openb_sort_devices(gpu_milli, n->gpu_count, &sorted);
    openb_frag_losses(&s->frag, &sorted, cpu_milli, n->model_bit, losses);
    return openb_frag_sum(losses);
}

static int32_t fgd_score(double before, double after)
{
    return (int32_t)(1 / (1 + exp((after - before) / 1000)) * 100);
}

static struct openb_score fgd(const struct openb_scorer *s, const struct openb_left *n,
                              const struct openb_class *c)
{
    int32_t left[OPENB_GPUS_MAX] = {0}, cpu = n->cpu_milli - c->cpu_milli;
    struct openb_score best = {.score = -1};
    for (int32_t i = 0; i < n->gpu_count; i++) left[i] = n->gpu_milli[i];
    if (!openb_is_sharing(c)) {
        openb_take_idle(left, n->gpu_count, c->gpu_count);
        best.score = fgd_score(n->frag_milli, frag_with(s, n, left, cpu));
        return best;
    }
    for (int32_t i = 0; i < n->gpu_count; i++) {
        bool seen = false; /* a device with as much left gives the same score */
        for (int32_t k = 0; k < i; k++) seen = seen || n->gpu_milli[k] == n->gpu_milli[i];
        if (seen || left[i] < c->gpu_milli) continue;
        left[i] -= c->gpu_milli;
        int32_t score = fgd_score(n->frag_milli, frag_with(s, n, left, cpu));
        left[i] += c->gpu_milli;
        if (score > best.score) best = (struct openb_score){score, i};
    }
    return best;
}

/* ---- the others ------------------------------------------------------------------------------ */

/* The published rule then stretches the scores of the feasible nodes to 0..100 in integers. Only
 * the highest reaches 100, so that the choice is the same without. */
static int32_t bestfit(const struct openb_left *n, const struct openb_class *c)
{
    int64_t gpu = n->gpu_sum - (int64_t)c->gpu_count * c->gpu_milli;
    double s = (double)(n->cpu_milli - c->cpu_milli) / cpu_unit_milli * 0.5 +
               (double)gpu / gpu_unit_milli * 0.5;
    return (int32_t)((1 - s) * 100);
}

static int32_t dotprod(const struct openb_left *n, const struct openb_class *c)
{
    double task_gpu = (double)c->gpu_count * c->gpu_milli;
    double cpu = (n->cpu_milli / cpu_unit_milli) * (c->cpu_milli / cpu_unit_milli);
    double gpu = ((double)n->gpu_sum / gpu_unit_milli) * (task_gpu / gpu_unit_milli);
    return (int32_t)(100 * (1 - (cpu + gpu) / 2));
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t gpupacking(const struct openb_left *n, const struct openb_class *c)
{
    if (c->gpu_count == 0) return 0;
    struct openb_sorted s;
    openb_sort_devices(n->gpu_milli, n->gpu_count, &s);
    int32_t idle = 0, idle_taken = 0, percent = 0;
    for (int32_t i = 0; i < s.count; i++) idle += s.milli[i] == OPENB_GPU_MILLI;
    if (idle == s.count) return larger(33 - idle, idle);
    int32_t wanted = c->gpu_count;
    for (int32_t i = s.count - 1; i >= 0 && wanted > 0; i--) {
        if (s.milli[i] < c->gpu_milli) continue;
        wanted--;
        idle_taken += s.milli[i] == OPENB_GPU_MILLI;
        percent += s.milli[i] * 100 / OPENB_GPU_MILLI;
    }
    return idle_taken > 0 ? larger(50 - idle_taken, 33) : larger(100 - percent / 10, 50);
}

static uint32_t tag_of(const struct openb_class *c)
{
    return c->gpu_count == 0 ? 0 : openb_is_sharing(c) ? 1 : UINT32_C(1) << c->gpu_count;
}

static int32_t gpuclustering(const struct openb_left *n, const struct openb_class *c)
{
    uint32_t tag = tag_of(c);
    if (tag == 0) return 0;
    int32_t base = (int32_t)(25 * (GPU_UNIT_MILLI - n->gpu_sum) / GPU_UNIT_MILLI);
    if ((n->tags & tag) != 0) return base + (n->tags == tag ? 75 : 50);
    return base + (n->tags == 0 ? 25 : 0);
}

void openb_take(struct openb_left *n, const struct openb_class *c, int32_t device)
{
    n->cpu_milli -= c->cpu_milli;
    n->memory_mib -= c->memory_mib;
    n->pods++;
    n->tags |= tag_of(c);
    n->gpu_sum -= (int64_t)c->gpu_count * c->gpu_milli;
    if (openb_is_sharing(c)) {
        n->gpu_milli[device] -= c->gpu_milli;
        ASSERT(n->gpu_milli[device] >= 0);
        return;
    }
    openb_take_idle(n->gpu_milli, n->gpu_count, c->gpu_count);
}

/* ---- all ------------------------------------------------------------------------------------- */

void openb_scorer_init(struct openb_scorer *s, int policy, const struct openb_trace *t,
                       struct arena *arena)
{
    ASSERT(policy >= 0 && policy < OPENB_POLICIES);
    *s = (struct openb_scorer){.policy = policy};
    openb_frag_init(&s->frag, t, arena);
    if (policy == OPENB_BERTH) s->berth = openb_berth_new(t, &s->frag, arena);
}

void openb_note_change(const struct openb_scorer *s, struct openb_left *n)
{
    if (s->policy == OPENB_FGD) n->frag_milli = frag_with(s, n, n->gpu_milli, n->cpu_milli);
}

struct openb_score openb_score(const struct openb_scorer *s, const struct openb_left *n,
                               const struct openb_class *c)
{
    if (s->policy == OPENB_FGD) return fgd(s, n, c);
    if (s->policy == OPENB_BERTH) return openb_berth_score(s->berth, n, c);
    struct openb_score out = {0};
    if (openb_is_sharing(c)) out.device = openb_tightest(n, c->gpu_milli);
    if (s->policy == OPENB_BESTFIT) out.score = bestfit(n, c);
    if (s->policy == OPENB_DOTPROD) out.score = dotprod(n, c);
    if (s->policy == OPENB_GPUPACKING) out.score = gpupacking(n, c);
    if (s->policy == OPENB_GPUCLUSTERING) out.score = gpuclustering(n, c);
    return out;
}
