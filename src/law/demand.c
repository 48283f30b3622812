#include "law/demand.h"

/* What a permit must cover, in its own unit; -1 when the case does not say. */
static int64_t needed(const struct law_case *c, const struct rule *r)
{
    switch ((enum law_permit_count)r->def->permit) {
    case PERMIT_CHIPS: return c->amount_known ? c->amount : -1;
    case PERMIT_TPP: {
        if (!c->amount_known || !c->chip_present || !c->chip.tpp.known) return -1;
        int64_t milli = 0;
        if (__builtin_mul_overflow(c->amount, c->chip.tpp.hi_milli, &milli)) return INT64_MAX;
        return milli / 1000 + (milli % 1000 != 0);
    }
    case PERMIT_PERSONS: {
        if (!c->data_known) return -1;
        int64_t sum = 0;
        for (uint32_t i = 0; i < c->data_count; i++) {
            if (!c->data[i].persons_known) return -1;
            if (__builtin_add_overflow(sum, c->data[i].persons, &sum)) return INT64_MAX;
        }
        return sum;
    }
    case PERMIT_NOTHING:
    case PERMIT_NONE:
    case PERMIT_COUNT: break;
    }
    return 0;
}

static struct meeting meet_by_permit(const struct law_case *c, const struct rule *r)
{
    struct meeting best = {0};
    if (r->def->permit == PERMIT_NONE) return best;
    int64_t need = needed(c, r);
    for (uint32_t i = 0; i < c->permit_count; i++) {
        const struct law_permit *p = &c->permits[i];
        if (!permit_applies(c, r, r->def->id, p)) continue;
        bool counted = p->amount_known && r->def->permit != PERMIT_NOTHING;
        if (!counted) return (struct meeting){.met = true, .permit = p};
        int64_t left = p->amount > p->used ? p->amount - p->used : 0;
        if (need >= 0 && need <= left) return (struct meeting){.met = true, .permit = p};
        int64_t short_by = need >= 0 ? need - left : 0;
        if (best.permit == NULL || short_by < best.short_by)
            best = (struct meeting){.permit = p, .short_by = short_by};
    }
    return best;
}

struct meeting demand_meet(const struct law_case *c, const struct rule *r)
{
    const struct law_require *q = &r->def->then;
    if (q->effect == EFFECT_PERMIT) return (struct meeting){.met = true};
    if (q->effect == EFFECT_FORBID) return (struct meeting){0};
    bool by_evidence = q->effect != EFFECT_LICENCE && q->evidence_count > 0;
    for (uint32_t i = 0; by_evidence && i < q->evidence_count; i++)
        by_evidence = has_evidence(c, q->evidence[i]);
    if (by_evidence) return (struct meeting){.met = true};
    return meet_by_permit(c, r);
}

enum law_truth demand_needs(const struct law_case *c, const struct rule *r)
{
    if (r->def->need_count == 0) return LAW_YES;
    if (!c->evidence_known) return LAW_MAYBE;
    for (uint32_t i = 0; i < r->def->need_count; i++)
        if (!has_evidence(c, r->def->needs[i])) return LAW_NO;
    return LAW_YES;
}
