/* decide.c - the verdict, by the letter: every rule that concerns the case is evaluated in full,
 * and the case is ruled twice, once as if every unknown turned out well and once badly. Where the
 * two rulings differ, the verdict is unresolved. This is the oracle for allows.c. */
#include "law/decide.h"

#include "base/civil.h"
#include "law/allows.h"

#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 64 }; /* future dates tried for the next change */

static void look_at(struct decision *d, const struct rule *r)
{
    if (!rule_concerns(r, d->c)) return;
    struct stand *s = &d->stands[r->index];
    s->rule = r;
    s->binds = rule_binds(r, d->c->on_ms, d->law->bind);
    s->truth = eval_rule(&d->ev, r, &s->gaps, &s->act);
    s->needs = demand_needs(d->c, r);
}

bool stand_applies(const struct stand *s, enum world w)
{
    if (s->rule == NULL) return false;
    bool exception = s->rule->def->lower_count > 0;
    if (exception && !s->binds) return false;
    if (s->truth == LAW_NO || s->needs == LAW_NO) return false;
    if (s->truth == LAW_YES && s->needs == LAW_YES) return true;
    /* What may lower is good to have; what may demand is bad to have. */
    return exception ? w == WORLD_GOOD : w == WORLD_BAD;
}

struct demand decision_demand(const struct decision *d, const struct rule *r, enum world w)
{
    struct demand out = {demand_rank(&r->def->then), r, demand_meet(d->c, r).met};
    for (uint32_t i = 0; i < r->exception_count; i++) {
        const struct rule *e = r->exceptions[i];
        if (!stand_applies(&d->stands[e->index], w)) continue;
        struct demand x = decision_demand(d, e, w);
        if (x.rank < out.rank) {
            out.rank = x.rank;
            out.by = x.by;
        }
        out.met |= x.met;
    }
    return out;
}

static struct ruling rule_in(const struct decision *d, enum world w)
{
    struct ruling out = {0, true};
    for (uint32_t i = 0; i < d->law->rule_count; i++) {
        const struct stand *s = &d->stands[i];
        if (s->rule == NULL || s->rule->def->lower_count > 0 || !s->binds) continue;
        if (!stand_applies(s, w)) continue;
        struct demand q = decision_demand(d, s->rule, w);
        if (q.rank > out.rank) out.rank = q.rank;
        if (rank_effect(q.rank) != EFFECT_PERMIT && !q.met) out.allowed = false;
    }
    return out;
}

void decision_make(struct decision *d, const struct law *law, const struct law_case *c,
                   struct arena *arena)
{
    *d = (struct decision){.law = law, .c = c, .arena = arena};
    evaluator_init(&d->ev, law, c, arena);
    d->stands = ARENA_ARRAY(arena, law->rule_count + 1, struct stand);
    for (uint32_t i = 0; i < law->rule_count; i++) look_at(d, law->rules[i]);
    d->good = rule_in(d, WORLD_GOOD);
    d->bad = rule_in(d, WORLD_BAD);
    d->unresolved = d->good.rank != d->bad.rank || d->good.allowed != d->bad.allowed;
}

bool decision_turns_on(const struct decision *d, const struct stand *s)
{
    if (!d->unresolved || s->rule == NULL || !s->binds || s->rule->def->lower_count > 0)
        return false;
    if (!stand_applies(s, WORLD_BAD)) return false;
    struct demand good = decision_demand(d, s->rule, WORLD_GOOD);
    struct demand bad = decision_demand(d, s->rule, WORLD_BAD);
    bool sure = stand_applies(s, WORLD_GOOD);
    if (sure && good.rank == bad.rank && good.met == bad.met) return false;
    bool unmet = rank_effect(bad.rank) != EFFECT_PERMIT && !bad.met;
    return bad.rank > d->good.rank || (d->good.allowed != d->bad.allowed && unmet);
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static int compare_findings(const void *a, const void *b)
{
    const struct law_finding *x = a, *y = b;
    if (x->effect != y->effect) return x->effect > y->effect ? -1 : 1;
    if (x->policy != y->policy) return x->policy > y->policy ? -1 : 1;
    return str_cmp(x->rule, y->rule);
}

/* The exception spares from the rule's cost. */
static bool spares_cost(const struct decision *d, const struct rule *r, const struct rule *e)
{
    if (e->def->cost_percent >= r->def->cost_percent) return false;
    for (uint32_t i = 0; i < r->exception_count; i++)
        if (r->exceptions[i] == e) return stand_applies(&d->stands[e->index], WORLD_BAD);
    return false;
}

/* An exception is a finding where its demand is the one that counts, and binds where it counts for
 * a rule that binds. */
static bool is_deciding(const struct decision *d, const struct rule *e, bool *binds_out)
{
    bool deciding = false;
    *binds_out = false;
    for (uint32_t i = 0; i < d->law->rule_count; i++) {
        const struct stand *s = &d->stands[i];
        if (s->rule == NULL || s->rule->def->lower_count > 0 || s->truth != LAW_YES) continue;
        if (decision_demand(d, s->rule, WORLD_BAD).by != e && !spares_cost(d, s->rule, e)) continue;
        deciding = true;
        *binds_out |= s->binds;
    }
    return deciding;
}

static bool is_finding(const struct decision *d, const struct stand *s, bool *binds_out)
{
    *binds_out = s->binds;
    if (s->rule == NULL || s->truth != LAW_YES) return false;
    return s->rule->def->lower_count == 0 || is_deciding(d, s->rule, binds_out);
}

static int32_t cost_of(const struct decision *d, const struct rule *r)
{
    int32_t percent = r->def->cost_percent;
    for (uint32_t i = 0; i < r->exception_count; i++) {
        const struct rule *e = r->exceptions[i];
        if (!stand_applies(&d->stands[e->index], WORLD_BAD)) continue;
        int32_t lower = cost_of(d, e);
        if (lower < percent) percent = lower;
    }
    return percent;
}

static void list_findings(struct decision *d, struct law_verdict *out)
{
    uint32_t n = d->law->rule_count;
    out->findings = ARENA_ARRAY(d->arena, n + 1, struct law_finding);
    out->considered = ARENA_ARRAY(d->arena, n + 1, struct str);
    out->costs = ARENA_ARRAY(d->arena, n + 1, struct law_cost);
    for (uint32_t i = 0; i < n; i++) {
        const struct stand *s = &d->stands[i];
        if (s->rule == NULL) continue;
        struct str id = str_copy(d->arena, s->rule->def->id);
        out->considered[out->considered_count++] = id;
        bool binds = false;
        if (!is_finding(d, s, &binds)) continue;
        words_finding(d, s, &out->findings[out->finding_count]);
        out->findings[out->finding_count++].binding = binds;
        int32_t percent = s->rule->def->lower_count == 0 ? cost_of(d, s->rule) : 0;
        if (percent > 0 && s->binds) out->costs[out->cost_count++] = (struct law_cost){id, percent};
    }
    qsort(out->findings, out->finding_count, sizeof *out->findings, compare_findings);
}

static void set_authority(struct law_verdict *out)
{
    for (uint32_t i = 0; i < out->finding_count && out->effect != EFFECT_UNRESOLVED; i++) {
        const struct law_finding *f = &out->findings[i];
        if (f->binding && f->effect == out->effect && f->policy == out->policy &&
            f->authority.len > 0) {
            out->authority = f->authority;
            return;
        }
    }
}

/* ---- the next date --------------------------------------------------------------------------- */

static void nearest_of_party(const struct law_party *p, int64_t after_ms, int64_t *best)
{
    for (uint32_t i = 0; i < p->owner_count; i++) {
        law_nearer(p->owners[i].from_ms, after_ms, best);
        law_nearer(p->owners[i].to_ms, after_ms, best);
    }
}

/* The next date on which the law, a permit or a holding of this case begins or ends. */
static int64_t next_date(const struct law *law, const struct law_case *c, int64_t after_ms)
{
    int64_t best = law_next_change(law, after_ms);
    for (uint32_t i = 0; i < c->permit_count; i++) {
        law_nearer(c->permits[i].from_ms, after_ms, &best);
        law_nearer(c->permits[i].to_ms, after_ms, &best);
    }
    for (int r = 0; r < ROLE_COUNT; r++)
        if (c->chain_present[r]) nearest_of_party(&c->chain[r], after_ms, &best);
    for (uint32_t i = 0; i < c->intermediary_count; i++)
        nearest_of_party(&c->intermediaries[i], after_ms, &best);
    for (uint32_t i = 0; i < c->party_count; i++) nearest_of_party(&c->parties[i], after_ms, &best);
    return best;
}

/* The facts an unresolved verdict turns on, as one text in a fixed order. */
static struct str open_facts(const struct law *law, const struct law_case *c, struct arena *arena)
{
    struct decision d;
    decision_make(&d, law, c, arena);
    struct law_verdict v = {0};
    words_unresolved(&d, &v);
    struct buf b = {0};
    for (uint32_t i = 0; i < v.unresolved_count; i++)
        buf_printf(&b, STR_FMT "\n", STR_ARG(v.unresolved[i].fact));
    struct str text = str_copy(arena, buf_str(&b));
    buf_release(&b);
    return text;
}

static int64_t next_change(const struct law *law, const struct law_case *c)
{
    struct arena arena;
    arena_init(&arena);
    struct law_case at = *c;
    struct law_answer now, then;
    law_answer(law, &at, &arena, &now);
    bool open = now.effect == EFFECT_UNRESOLVED;
    struct arena kept;
    arena_init(&kept);
    struct str facts = open ? open_facts(law, &at, &kept) : (struct str){0};
    int64_t found = CIVIL_NEVER_MS;
    for (int i = 0; i < CHANGES_MAX; i++) {
        at.on_ms = next_date(law, c, at.on_ms);
        if (at.on_ms == CIVIL_NEVER_MS) break;
        arena_clear(&arena);
        law_answer(law, &at, &arena, &then);
        bool same =
            then.effect == now.effect && then.policy == now.policy && then.allowed == now.allowed;
        if (same && open) same = str_eq(facts, open_facts(law, &at, &arena));
        if (same) continue;
        found = at.on_ms;
        break;
    }
    arena_release(&kept);
    arena_release(&arena);
    return found;
}

void law_decide(const struct law *law, const struct law_case *c, struct arena *arena,
                struct law_verdict *out)
{
    struct decision d;
    decision_make(&d, law, c, arena);
    *out = (struct law_verdict){.on_ms = c->on_ms};
    out->effect = d.unresolved ? EFFECT_UNRESOLVED : rank_effect(d.bad.rank);
    out->policy = d.unresolved ? POLICY_NONE : rank_policy(d.bad.rank);
    out->allowed = !d.unresolved && d.bad.allowed;
    list_findings(&d, out);
    set_authority(out);
    words_unresolved(&d, out);
    out->next_change_ms = next_change(law, c);
    words_flip(&d, out);
}
