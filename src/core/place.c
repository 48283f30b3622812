/* place.c - which waiting jobs start now, and where.
 *
 * Jobs are tried in queue order (share.h: priority, then the tenant's fair share, then id); one
 * that does not fit is passed over and later ones may start. A job goes to the first pool, best
 * first, that the law allows and that has room: preferred kinds, then the least cost; between pools
 * of equal cost to the one whose best nodes leave the fewest chips free beside it. */
#include "core/preempt.h"

#include "base/check.h"

void mark_pool(struct core *c, uint32_t pool)
{
    c->marked[pool / 64] |= UINT64_C(1) << (pool % 64);
    c->marked_any = true;
}

static bool is_marked(const struct core *c, uint32_t pool)
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
        int64_t last = lease_last_start(&c->fleet, p, limit);
        if (last != CIVIL_NEVER_MS) sooner(&at, last + 1, c->now_ms);
        if (s->deadline_ms > 0) sooner(&at, s->deadline_ms - limit + 1, c->now_ms);
        const struct legal *legal = legal_of(c, k->signature, s, p);
        if (legal->until_ms != CIVIL_NEVER_MS)
            sooner(&at, legal->until_ms - law_safe_until(s, limit, 0) + 1, c->now_ms);
        k->uses_quota = k->uses_quota || legal->by_permit || legal->by_counter;
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
        int one = candidate_row(c, s, legal, &k->candidates[i], c->now_ms, &row);
        int nearer = why < 0 ? one : reason_nearer(why, one);
        if (nearer != why) rule = row.rule;
        why = nearer;
    }
    if (why < 0) why = reason_without_candidates(c, s);
    if (why == REASON_LAW_FORBIDS) why = REASON_LAW_NO_SITE;
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

/* The best pool for the class's first job now; NO_INDEX: none. */
static uint32_t choose_pool(struct core *c, struct class *k)
{
    const struct job_spec *s = &k->box->spec;
    const struct candidate *best = NULL;
    uint32_t best_waste = UINT32_MAX;
    for (uint32_t i = 0; i < k->candidate_count; i++) {
        const struct candidate *x = &k->candidates[i];
        if (best != NULL && (!spec_wants_chips(s) || x->cost_uusd != best->cost_uusd ||
                             x->preferred != best->preferred))
            break;
        if (!k->try_all && !is_marked(c, x->pool)) continue;
        struct pool_reason row = {0};
        const struct legal *legal = legal_of(c, k->signature, s, x->pool);
        if (candidate_row(c, s, legal, x, c->now_ms, &row) != REASON_NONE) continue;
        struct size z;
        int64_t have, need;
        uint32_t waste;
        size_in_pool(s, &c->fleet.pools[x->pool], &z, &have, &need);
        bool fits = nodes_choose(&c->pools[x->pool], &z, NULL, &waste);
        ASSERT(fits);
#if BERTH_DEFECT == 5
        static uint32_t hidden;
        if (best != NULL && waste == best_waste && ++hidden % 2 == 0) best = x;
#endif
        if (best != NULL && waste >= best_waste) continue;
        best = x;
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
    int64_t have, need;
    size_in_pool(&k->box->spec, &c->fleet.pools[pool], &z, &have, &need);
    bool try_all = k->try_all;
    claim_make(c, e, pool, &z, &legal);
    c->placed++;
    if (order_first(&k->jobs) != NULL) class_push(c, k, try_all);
}

/* ---- all classes that the step may have helped
 * ------------------------------------------------------- */

static void push_for_pool(struct core *c, uint32_t pool)
{
    for (struct size_group *g = c->sizes; g != NULL; g = g->next) {
        struct size z;
        int64_t have, need;
        if (g->waiting == 0) continue;
        if (size_in_pool(&g->box->spec, &c->fleet.pools[pool], &z, &have, &need) != REASON_NONE)
            continue;
        if (!nodes_fit(&c->pools[pool], &z)) continue;
        for (struct class *k = g->classes; k != NULL; k = k->size_next) {
            if (k->is_empty || k->in_pass) continue;
            class_candidates(c, k);
            if (class_may_use(k, pool)) class_push(c, k, false);
        }
    }
}

static void push_marked(struct core *c)
{
    for (uint32_t p = 0; p < c->fleet.pool_count; p++) {
        if (c->marked[p / 64] == 0)
            p |= 63; /* none of these 64 */
        else if (is_marked(c, p))
            push_for_pool(c, p);
    }
}

static bool uses_quota(const struct class *k)
{
    return k->uses_quota;
}

static void run_pass(struct core *c)
{
    struct class *k;
    while ((k = pass_take(c)) != NULL) {
        if (c->placed < STEP_PLACE_MAX)
            try_class(c, k);
        else
            c->more = true;
    }
}

void place_all(struct core *c)
{
    if (!c->has_fleet) return;
    c->placed = c->preempt_work = c->put_off = 0;
    holds_place(c);
    if (c->retry_all || c->more)
        classes_retry(c, NULL);
    else if (c->marked_any)
        push_marked(c);
    c->retry_all = c->more = false;
    do { /* again while claims change what quotas leave: once more at most per claim made */
        if (c->quotas_changed) classes_retry(c, uses_quota);
        c->quotas_changed = false;
        run_pass(c);
    } while (c->quotas_changed);
    for (uint32_t i = 0; c->marked_any && i <= c->fleet.pool_count / 64; i++) c->marked[i] = 0;
    c->marked_any = false;
}
