/* A node's score for a class of task changes only when the node does, so it is kept until then: an
 * arrival looks again only at nodes that were used since the last arrival of its class. As nothing
 * ever leaves, a node that cannot take a class never will. */
#include "sim/openb/openb_run.h"

#include "base/check.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

const int openb_points[OPENB_POINTS] = {90, 95, 100, 110, 120, 130};

enum { CANNOT = INT32_MIN };

/* The scores of all nodes for one class. */
struct scores {
    int32_t *score; /* by node; CANNOT; NULL before the first arrival */
    int8_t *device;
    uint32_t seen; /* placements that the scores know of */
};

struct world {
    const struct openb_trace *trace;
    struct arena arena;
    struct openb_scorer scorer;
    struct openb_left *left; /* by node, as is all below */
    uint32_t *changed; /* the last placement on the node, from 1 */
    uint32_t *placements; /* the node of each placement */
    uint32_t placement_count;
    struct scores *scores; /* by class */
};

static void world_init(struct world *w, const struct openb_trace *t, int policy)
{
    *w = (struct world){.trace = t};
    arena_init(&w->arena);
    openb_scorer_init(&w->scorer, policy, t, &w->arena);
    w->left = ARENA_ARRAY(&w->arena, t->node_count, struct openb_left);
    w->changed = ARENA_ARRAY(&w->arena, t->node_count, uint32_t);
    w->placements = ARENA_ARRAY(&w->arena, t->arrival_count, uint32_t);
    w->scores = ARENA_ARRAY(&w->arena, t->class_count, struct scores);
    for (uint32_t i = 0; i < t->node_count; i++) {
        openb_left_init(&w->left[i], &t->nodes[i]);
        openb_note_change(&w->scorer, &w->left[i]);
    }
}

/* ---- choosing -------------------------------------------------------------------------------- */

static void rescore(const struct world *w, struct scores *s, uint32_t node,
                    const struct openb_class *c)
{
    if (s->score[node] == CANNOT) return;
    if (!openb_fits(&w->left[node], c)) {
        s->score[node] = CANNOT;
        return;
    }
    struct openb_score got = openb_score(&w->scorer, &w->left[node], c);
    ASSERT(got.score != CANNOT);
    s->score[node] = got.score;
    s->device[node] = (int8_t)got.device;
}

static void refresh(struct world *w, struct scores *s, const struct openb_class *c)
{
    uint32_t n = w->trace->node_count;
    if (s->score == NULL) {
        s->score = ARENA_ARRAY(&w->arena, n, int32_t);
        s->device = ARENA_ARRAY(&w->arena, n, int8_t);
        for (uint32_t i = 0; i < n; i++) rescore(w, s, i, c);
    } else {
        for (uint32_t i = s->seen; i < w->placement_count; i++)
            if (w->changed[w->placements[i]] == i + 1) rescore(w, s, w->placements[i], c);
    }
    s->seen = w->placement_count;
}

/* The first of the best nodes: the one of lowest rank. UINT32_MAX when none can. */
static uint32_t choose(const struct scores *s, uint32_t node_count)
{
    uint32_t best = UINT32_MAX;
    int32_t score = CANNOT;
    for (uint32_t i = 0; i < node_count; i++) {
        if (s->score[i] <= score) continue;
        score = s->score[i];
        best = i;
    }
    return best;
}

/* ---- recording ------------------------------------------------------------------------------- */

static void log_row(FILE *log, struct str pod, struct str node, const struct openb_left *before,
                    const struct openb_left *after, int32_t gpu_milli)
{
    const char *dash = "";
    fprintf(log, STR_FMT "," STR_FMT ",", STR_ARG(pod), STR_ARG(node));
    for (int32_t i = 0; i < after->gpu_count; i++) {
        if (before->gpu_milli[i] == after->gpu_milli[i]) continue;
        fprintf(log, "%s%d", dash, i);
        dash = "-";
    }
    fprintf(log, ",%d\n", gpu_milli);
}

struct curve {
    double sum[OPENB_POINTS];
    uint32_t count[OPENB_POINTS];
};

static void sample(struct curve *c, const struct openb_result *r)
{
    if (r->capacity_milli == 0) return;
    double capacity = (double)r->capacity_milli;
    double arrived = nearbyint(100 * (double)r->arrived_milli / capacity);
    for (int i = 0; i < OPENB_POINTS; i++) {
        if (arrived != openb_points[i]) continue;
        c->sum[i] += nearbyint(10000 * (double)r->used_milli / capacity) / 100;
        c->count[i]++;
    }
}

static void finish(const struct world *w, const struct curve *c, struct openb_result *r)
{
    for (uint32_t i = 0; i < w->trace->node_count; i++) {
        const struct openb_left *n = &w->left[i];
        struct openb_sorted s;
        double losses[OPENB_LOSSES];
        openb_sort_devices(n->gpu_milli, n->gpu_count, &s);
        openb_frag_losses(&w->scorer.frag, &s, n->cpu_milli, n->model_bit, losses);
        for (int k = 0; k < OPENB_LOSSES; k++) r->loss_milli[k] += losses[k];
        r->cpu_total_milli += w->trace->nodes[i].cpu_milli;
        r->cpu_used_milli += w->trace->nodes[i].cpu_milli - n->cpu_milli;
    }
    r->frag_milli = openb_frag_sum(r->loss_milli);
    for (int i = 0; i < OPENB_POINTS; i++)
        r->alloc_at[i] = c->count[i] > 0 ? c->sum[i] / c->count[i] : -1;
}

/* ---- the run --------------------------------------------------------------------------------- */

static void place(struct world *w, const struct openb_class *c, uint32_t node, int32_t device)
{
    openb_take(&w->left[node], c, device);
    openb_note_change(&w->scorer, &w->left[node]);
    w->placements[w->placement_count++] = node;
    w->changed[node] = w->placement_count;
}

void openb_run(const struct openb_trace *t, int policy, FILE *log, struct openb_result *out)
{
    struct world w;
    struct curve curve = {0};
    struct openb_result r = {.capacity_milli = t->capacity_milli};
    world_init(&w, t, policy);
    if (log != NULL) fputs("pod,node,gpu_index,gpu_milli\n", log);
    for (uint32_t i = 0; i < t->arrival_count; i++) {
        const struct openb_arrival *a = &t->arrivals[i];
        const struct openb_class *c = &t->classes[a->class_index];
        struct scores *s = &w.scores[a->class_index];
        int64_t asked = (int64_t)c->gpu_count * c->gpu_milli;
        refresh(&w, s, c);
        uint32_t node = choose(s, t->node_count);
        struct openb_left before = {0}, nowhere = {0};
        r.arrived_pods++;
        r.arrived_milli += asked;
        if (node != UINT32_MAX) {
            before = w.left[node];
            place(&w, c, node, s->device[node]);
            r.used_milli += asked;
        } else {
            r.failed_pods++;
        }
        if (log != NULL)
            log_row(log, a->name, node != UINT32_MAX ? t->nodes[node].name : (struct str){0},
                    &before, node != UINT32_MAX ? &w.left[node] : &nowhere, c->gpu_milli);
        sample(&curve, &r);
    }
    finish(&w, &curve, &r);
    arena_release(&w.arena);
    *out = r;
}
