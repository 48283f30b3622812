/* place.c - which waiting jobs start now, and where.
 *
 * Jobs are tried in queue order (share.h: priority, then the tenant's fair share, then id); one
 * that does not fit is passed over and later ones may start, where that does not delay the first
 * (reserve.h). A job goes to the first pool, best first, that the law allows and that has room:
 * a deadline kept, preferred kinds, then the least cost (cost.c); between pools of equal cost to the
 * one whose best nodes leave the fewest chips free beside it. */
#include "core/preempt.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/money.h"

void mark_pool(struct core *c, uint32_t pool)
{
    c->marked[pool / 64] |= UINT64_C(1) << (pool % 64);
    c->marked_any = c->fresh_any = true;
}

bool pool_is_marked(const struct core *c, uint32_t pool)
{
    return (c->marked[pool / 64] >> (pool % 64) & 1) != 0;
}

/* ---- why a class waits
 * ----------------------------------------------------------------------------- */

static void sooner(int64_t *at, int64_t candidate, int64_t now_ms)
{
    if (candidate > now_ms && candidate < *at) *at = candidate;
}

void class_recheck(struct core *c, struct class *k)
{
    class_candidates(c, k);
    const struct job_spec *s = &k->box->spec;
    int64_t at = CIVIL_NEVER_MS;
    k->uses_quota = false;
    for (uint32_t i = 0; i < k->candidate_count; i++) {
        uint32_t p = k->candidates[i].pool;
        int64_t limit = limit_in_pool(&c->fleet, s, p);
        int64_t last = wall_last_start(&c->fleet, p, wall_run_ms(s, limit), c->now_ms);
        if (last != CIVIL_NEVER_MS) sooner(&at, last + 1, c->now_ms);
        if (s->deadline_ms > 0) sooner(&at, s->deadline_ms - limit + 1, c->now_ms);
        if (k->candidates[i].limit_uusd > k->share->account.left_uusd)
            sooner(&at, k->share->account.to_ms, c->now_ms);
        const struct legal *legal = legal_of(c, k->signature, s, p);
        if (legal->until_ms != CIVIL_NEVER_MS)
            sooner(&at, legal->until_ms - law_safe_until(s, limit, 0) + 1, c->now_ms);
        k->uses_quota = k->uses_quota || legal->looks_at_permits || legal->by_counter;
    }
    if (order_holds(&k->in_recheck)) order_remove(&c->rechecks, &k->in_recheck);
    if (at != CIVIL_NEVER_MS) order_insert(&c->rechecks, &k->in_recheck, at, k->serial);
}

/* No pool would do, law and time aside: is it only the price? */
static int reason_without_candidates(const struct core *c, const struct job_spec *s)
{
    int why = REASON_BAD_CONSTRAINTS;
    for (uint32_t p = 0; p < c->fleet.pool_count; p++) {
        struct pool_reason row;
        if (pool_row_static(&c->fleet, s, p, &row) == REASON_PRICE_ABOVE_MAX)
            why = REASON_PRICE_ABOVE_MAX;
    }
    return why;
}

static uint32_t class_first(const struct class *k)
{
    return order_first(&k->jobs)->id;
}

/* The class fits nowhere now: say why, with the reason of the pool that is nearest to taking it. */
static void class_judge(struct core *c, struct class *k)
{
    const struct job_spec *s = &k->box->spec;
    int why = -1;
    struct str rule = {0};
    for (uint32_t i = 0; i < k->candidate_count; i++) {
        uint32_t p = k->candidates[i].pool;
        struct pool_reason row = {0};
        const struct legal *legal = legal_of(c, k->signature, s, p);
        int one = candidate_row(c, s, class_first(k), legal, &k->candidates[i], c->now_ms, &row);
        int nearer = why < 0 ? one : reason_nearer(why, one);
        if (nearer != why) rule = row.rule;
        why = nearer;
    }
    if (why < 0) why = reason_without_candidates(c, s);
    if (why == REASON_LAW_FORBIDS) why = REASON_LAW_NO_SITE;
    if (why == REASON_PRIORITY) why = REASON_RESOURCES; /* told apart when asked: core_reason */
    class_set_reason(c, k, why, intern(c, rule));
    class_recheck(c, k);
}

bool law_refuses(struct core *c, struct entry *e, struct str *rule_out)
{
    struct class *k = class_of(c, e->box);
    class_candidates(c, k);
    const struct job_spec *s = &k->box->spec;
    for (uint32_t i = 0; i < k->candidate_count; i++) {
        const struct legal *legal = legal_of(c, k->signature, s, k->candidates[i].pool);
        if (legal->allowed || legal->effect == EFFECT_UNRESOLVED) return false;
        if (i == 0) *rule_out = intern(c, legal->rule);
    }
    bool refuses = k->candidate_count > 0;
    for (uint32_t i = 0; i < k->candidate_count && refuses; i++)
        refuses =
            legal_from(c, s, k->candidates[i].pool, c->now_ms, &c->legal_scratch) == CIVIL_NEVER_MS;
    arena_clear(&c->legal_scratch);
    return refuses;
}

/* ---- one class
 * ----------------------------------------------------------------------------------------- */

/* Only what a placement strands, and then its waste, may decide between them. Candidates come in
 * order, so that those behind one of another rank are of another rank too. */
static bool are_level(const struct core *c, const struct candidate *a, const struct candidate *b)
{
    return a->preferred == b->preferred &&
           late_by_ms(a->sure_until_ms, c->now_ms) == late_by_ms(b->sure_until_ms, c->now_ms);
}

/* The best pool for the class's first job now; NO_INDEX: none. */
static uint32_t choose_pool(struct core *c, struct class *k)
{
    const struct job_spec *s = &k->box->spec;
    const struct candidate *best = NULL;
    int64_t best_uusd = 0; /* with what it strands */
    uint32_t best_waste = UINT32_MAX;
    for (uint32_t i = 0; i < k->candidate_count; i++) {
        const struct candidate *x = &k->candidates[i];
        if (best != NULL &&
            (!spec_wants_chips(s) || x->cost_uusd > best_uusd || !are_level(c, x, best)))
            break;
        if (!k->try_all && !pool_is_marked(c, x->pool)) continue;
        struct pool_reason row = {0};
        const struct legal *legal = legal_of(c, k->signature, s, x->pool);
        if (candidate_row(c, s, class_first(k), legal, x, c->now_ms, &row) != REASON_NONE) continue;
        struct size z;
        uint32_t waste;
        size_now(c, s, class_first(k), x->pool, c->now_ms, &z);
        int64_t uusd = money_add(x->cost_uusd, stranded_now(c, s, x->pool, &z, &waste));
#if BERTH_DEFECT == 5
        static uint32_t hidden;
        if (best != NULL && uusd == best_uusd && waste == best_waste && ++hidden % 2 == 0) best = x;
#endif
        if (best != NULL && (uusd > best_uusd || (uusd == best_uusd && waste >= best_waste)))
            continue;
        best = x;
        best_uusd = uusd;
        best_waste = waste;
    }
    return best != NULL ? best->pool : NO_INDEX;
}

/* Place the class's first job if that is possible. */
static void try_class(struct core *c, struct class *k)
{
    class_candidates(c, k);
    uint32_t pool = choose_pool(c, k);
    if (pool == NO_INDEX) {
        bool try_all = k->try_all;
        if (try_all) class_judge(c, k);
        k->try_all = false;
        if (preempt_for(c, k) && order_first(&k->jobs) != NULL) class_push(c, k, try_all);
        return;
    }
    struct entry *e = CONTAINER(order_first(&k->jobs), struct entry, in_group);
    struct legal legal = *legal_of(c, k->signature, &k->box->spec, pool);
    struct size z;
    size_now(c, &k->box->spec, e->job.id.v, pool, c->now_ms, &z);
    bool try_all = k->try_all;
    promises_claim(c, e);
    claim_make(c, e, pool, &z, &legal);
    c->placed++;
    if (order_first(&k->jobs) != NULL) class_push(c, k, try_all);
}

/* ---- all classes that the step may have helped
 * ------------------------------------------------------- */

static void look_fresh(struct core *c)
{
    c->fresh_any = false;
    reserve_law(c);
    if (!c->more) pass_look(c);
}

static bool uses_quota(const struct class *k)
{
    return k->uses_quota;
}

/* The next class to try. What is kept follows the jobs before it as they wait now; that, and
 * quotas used or given back, may let others try again: once more at most per claim made. */
static struct class *next_class(struct core *c)
{
    for (;;) {
        reserve_update(c);
        if (c->fresh_any) look_fresh(c);
        struct class *k = pass_take(c);
        if (k != NULL) return k;
        bool again = budgets_retry(c) || c->quotas_changed;
        if (!again) return NULL;
        if (c->quotas_changed) classes_retry(c, uses_quota);
        c->quotas_changed = false;
    }
}

static void unmark_all(struct core *c)
{
    for (uint32_t i = 0; c->marked_any && i <= c->fleet.pool_count / 64; i++) c->marked[i] = 0;
    c->marked_any = c->fresh_any = false;
}

static void try_next(struct core *c, struct class *k, struct early *early)
{
    if (c->placed >= STEP_PLACE_MAX) {
        if (!c->more) pass_look_no_more(c);
        c->more = true;
    } else if (holds_early(c, early, CONTAINER(order_first(&k->jobs), struct entry, in_group))) {
        class_push(c, k, false); /* there may be less now */
    } else {
        try_class(c, k);
    }
}

/* In queue order, and those that hold some room already in their turn. */
static void try_everybody(struct core *c, bool looks_at_all_holds)
{
    struct early early = {0};
    holds_look(c, looks_at_all_holds, &early);
    for (;;) {
        struct class *k = next_class(c);
        if (k != NULL) {
            try_next(c, k, &early);
            continue;
        }
        holds_look(c, looks_at_all_holds, &early);
        if (!holds_early(c, &early, NULL)) break;
    }
    mem_free(early.list);
}

void place_all(struct core *c)
{
    if (!c->has_fleet) return;
    c->placed = c->preempt_work = c->put_off = 0;
    c->reserve_stale = true; /* time has passed */
    promises_begin(c);
    reserve_update(c);
    holds_place(c);
    bool all = c->retry_all || c->more;
    if (all) classes_retry(c, NULL);
    c->retry_all = c->more = false;
    if (c->quotas_changed) classes_retry(c, uses_quota);
    c->quotas_changed = false;
    budgets_retry(c);
    try_everybody(c, all);
    unmark_all(c);
    promises_say(c);
}

void reserve_restore(struct core *c)
{
    c->reserve_stale = true;
    reserve_update(c);
    unmark_all(c);
    budgets_settled(c);
}
