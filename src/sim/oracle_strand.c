/* oracle_strand.c - COST, of what a placement strands: counted again from the claims.
 *
 * By the definition of Weng et al. (USENIX ATC 2023, section 3), task by task and chip by chip, for
 * the workload that the pool had seen before the step. Looked at where one job alone got room in the
 * pool in a step: what the nodes had free then is what they have now and what it holds. */
#include "core/seen.h"
#include "sim/world.h"

#include <inttypes.h>
#include <string.h>

struct left {
    double milli[CHIPS_PER_NODE_MAX]; /* by chip */
    double cpus;
};

void oracle_strand_before(struct sim *s, const struct event *e)
{
    const struct fleet *f = core_fleet(s->shell.core);
    s->seen_known = f != NULL && e->kind != EVENT_FLEET;
    for (uint32_t p = 0; s->seen_known && p < f->pool_count; p++)
        s->seen[p] = *core_pool_seen(s->shell.core, (struct pool_id){p});
}

static void lose(struct left *l, const struct claim_part *parts, size_t count, uint32_t node)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].node != node) continue;
        for (uint32_t k = 0; k < CHIPS_PER_NODE_MAX; k++)
            if ((parts[i].chip_mask >> k & 1) != 0)
                l->milli[k] -= parts[i].milli > 0 ? parts[i].milli : 1000;
        l->cpus -= parts[i].cpus;
    }
}

/* What the node has left beside all claims and holds but those of `without`. */
static struct left left_on(const struct sim *s, uint32_t pool, uint32_t node, struct job_id without)
{
    const struct core *c = s->shell.core;
    const struct pool *p = &core_fleet(c)->pools[pool];
    struct left l = {.cpus = p->cpus_per_node};
    for (uint32_t k = 0; k < p->chips_per_node; k++) l.milli[k] = 1000;
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        struct job_hold h;
        if (j->id.v == without.v) continue;
        if (core_hold(c, j->id, &h) && h.pool.v == pool) lose(&l, h.parts, h.part_count, node);
        if (j->claim != NULL && j->claim->pool.v == pool)
            lose(&l, j->claim->parts, j->claim->part_count, node);
    }
    return l;
}

/* Of all that is left, what one kind of task cannot use. */
static double useless_to(const struct pool *p, const struct left *l, const struct seen_row *t)
{
    double all = 0, too_little = 0;
    uint32_t enough = 0;
    for (uint32_t k = 0; k < p->chips_per_node; k++) {
        all += l->milli[k];
        if (l->milli[k] < t->milli)
            too_little += l->milli[k];
        else
            enough++;
    }
    bool runs = t->chips > 0 && enough >= t->chips && (p->cpus_per_node == 0 || l->cpus >= t->cpus);
    return runs ? too_little : all;
}

static double useless(const struct pool *p, const struct left *l, const struct seen *seen)
{
    double sum = 0;
    for (uint32_t i = 0; i < seen->count; i++)
        sum += useless_to(p, l, &seen->rows[i]) * seen->rows[i].weight / seen->sum;
    return sum;
}

static bool is_alone(const struct outcome *out, const struct decision *d)
{
    for (size_t i = 0; i < out->decision_count; i++) {
        const struct decision *x = &out->decisions[i];
        bool takes = x->kind == DECISION_PLACED || x->kind == DECISION_PREEMPTING;
        if (x != d && takes && x->pool == d->pool) return false;
    }
    return true;
}

void oracle_strand(struct sim *s, const struct outcome *out, const struct decision *d,
                   const struct job *j, double ms)
{
    const struct pool *p = &core_fleet(s->shell.core)->pools[d->pool];
    const struct seen *seen = &s->seen[d->pool];
    double milli = 0, per_milli = (double)p->shadow_uusd_per_chip_h / 1000 * ms / 3.6e6;
    if (!s->seen_known || p->chips_per_node == 0 || !is_alone(out, d) || j->claim == NULL) return;
    for (uint32_t i = 0; seen->count > 0 && i < j->claim->part_count; i++) {
        uint32_t node = j->claim->parts[i].node;
        struct left before = left_on(s, d->pool, node, j->id);
        struct left after = left_on(s, d->pool, node, (struct job_id){0});
        milli += useless(p, &after, seen) - useless(p, &before, seen);
    }
    bool wants = j->spec.chips > 0 || j->spec.chips_per_node > 0;
    double should = milli > 0 && wants ? milli * per_milli : 0;
    double is = (double)d->pools[d->pool].stranded_uusd;
    double slack = 2 * per_milli * j->claim->part_count + should * 1e-3 + 3;
    if (should > 0) sim_count(s, STAT_STRANDED);
    if (is > should + slack || is < should - slack)
        sim_fail(s, "COST",
                 "job %" PRIu32 " strands %.0f milli of chips in pool %" PRIu32
                 ", said to cost %.0f, not %.0f",
                 j->id.v, milli, d->pool, is, should);
}
