#include "core/reserve.h"

#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>

void reserve_init(struct core *c)
{
    c->reservations = mem_alloc(c->fleet.pool_count, sizeof *c->reservations);
    c->reserved_count = 0;
    c->reserve_stale = true;
}

void reserve_release(struct core *c)
{
    for (uint32_t i = 0; i < c->reserved_count; i++) mem_free(c->reservations[c->reserved_in[i]].nodes);
    mem_free(c->reservations);
    c->reservations = NULL;
    c->reserved_count = 0;
}

/* ---- who waits for room ---------------------------------------------------------------------- */

/* What the class needs at least, in which pools the law may let it run. */
static void least_of_class(struct core *c, struct class *k, struct least *out)
{
    *out = (struct least){.pools = UINT64_MAX};
    if (k->fleet_epoch != c->fleet_epoch) return; /* its pools are not known yet */
    const struct job_spec *s = &k->box->spec;
    struct size z;
    size_least(s, c->chips_fewest, c->chips_most, &z);
    const struct need *each = &z.part[0].each;
    out->milli = each->milli > 0 ? each->milli : each->chips * CHIP_MILLI;
    out->cpus = each->cpus;
    out->mem_mb = each->mem_mb;
    out->nodes = z.nodes;
    out->limit_ms = s->time_limit_ms;
    out->pools = 0;
    for (uint32_t i = 0; i < k->candidate_count; i++) {
        uint32_t pool = k->candidates[i].pool;
        const struct legal *legal = legal_of(c, k->signature, s, pool);
        bool may = legal->allowed || legal->by_permit || legal->by_counter || legal->short_of_quota;
        if (may) out->pools |= UINT64_C(1) << (pool % 64);
    }
}

void reserve_law(struct core *c)
{
    if (!c->waiting_stale) return;
    c->waiting_stale = false;
    for (struct size_group *g = c->sizes; g != NULL; g = g->next) {
        for (struct class *k = g->classes; k != NULL; k = k->size_next) {
            if (k->in_waiting.heap == 0) continue;
            class_candidates(c, k);
            reserve_class(c, k);
        }
    }
}

void reserve_class(struct core *c, struct class *k)
{
    struct waiting *set = &k->share->waiting;
    if (k->in_waiting.heap != 0) waiting_remove(set, &k->in_waiting);
    bool waits = k->reason == REASON_RESOURCES;
    const struct order_node *first = order_first(&k->jobs);
    struct least least;
    if (waits && first != NULL) {
        least_of_class(c, k, &least);
        waiting_insert(set, &k->in_waiting, first->major, first->id, &least);
    }
    c->reserve_stale = true;
}

/* The class whose first job comes next behind `last`; `r` gets that job's place. */
static struct class *next_head(const struct core *c, const struct rank *last, struct rank *r)
{
    struct class *best = NULL;
    for (size_t i = 0; i < c->share_count; i++) {
        const struct share *s = c->shares[i];
        if (s->waiting.count == 0) continue;
        uint32_t id = share_id_after(s->score, last);
        struct waiting_node *n = waiting_after(&s->waiting, -last->priority, id);
        if (n == NULL) continue;
        struct rank one = {-n->major, s->score, n->id};
        if (best != NULL && !rank_is_before(&one, r)) continue;
        best = CONTAINER(n, struct class, in_waiting);
        *r = one;
    }
    return best;
}

/* ---- where and when -------------------------------------------------------------------------- */

/* May the first job of the class ever start in the pool, time and room aside? */
static bool may_come(struct core *c, struct class *k, const struct candidate *x)
{
    const struct legal *legal = legal_of(c, k->signature, &k->box->spec, x->pool);
    return legal->allowed && !legal->short_of_quota && !c->fleet.pools[x->pool].drained &&
           x->limit_uusd <= k->share->account.left_uusd;
}

/* When it could start there; CIVIL_NEVER_MS: not foreseen. */
static int64_t start_in(struct core *c, struct class *k, uint32_t pool)
{
    const struct job_spec *s = &k->box->spec;
    int64_t at = outlook_at(c, k->size, pool);
    if (at == CIVIL_NEVER_MS) return CIVIL_NEVER_MS;
    struct pool_reason row = {0};
    int64_t when = at > c->now_ms ? at : c->now_ms;
    const struct legal *legal = legal_of(c, k->signature, s, pool);
    return pool_row_time(c, s, legal, pool, when, &row) == REASON_NONE ? at : CIVIL_NEVER_MS;
}

/* The candidate with the least bound, the first of equals; NO_INDEX: all are CIVIL_NEVER_MS. */
static uint32_t least_of(const int64_t *bounds, uint32_t count)
{
    uint32_t least = NO_INDEX;
    for (uint32_t i = 0; i < count; i++)
        if (bounds[i] < (least == NO_INDEX ? CIVIL_NEVER_MS : bounds[least])) least = i;
    return least;
}

/* Pools are asked in the order of what is known at a glance, until none of the others can be
 * sooner. */
static uint32_t soonest_pool(struct core *c, struct class *k, int64_t *at_out)
{
    class_candidates(c, k);
    int64_t *bounds = mem_alloc(k->candidate_count, sizeof *bounds);
    for (uint32_t i = 0; i < k->candidate_count; i++) {
        const struct candidate *x = &k->candidates[i];
        bounds[i] = may_come(c, k, x) ? outlook_bound(c, k->size, x->pool) : CIVIL_NEVER_MS;
    }
    uint32_t best = NO_INDEX, i;
    while ((i = least_of(bounds, k->candidate_count)) != NO_INDEX) {
        if (best != NO_INDEX && (bounds[i] > *at_out || (bounds[i] == *at_out && i > best))) break;
        bounds[i] = CIVIL_NEVER_MS;
        int64_t at = start_in(c, k, k->candidates[i].pool);
        if (at == CIVIL_NEVER_MS) continue;
        if (best != NO_INDEX && (at > *at_out || (at == *at_out && i > best))) continue;
        best = i;
        *at_out = at;
    }
    mem_free(bounds);
    return best != NO_INDEX ? k->candidates[best].pool : NO_INDEX;
}

/* ---- what is kept ---------------------------------------------------------------------------- */

static int cmp_node(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Mark the nodes of the second list instead of those of the first; both in order. True: some node
 * is no longer kept. */
static bool move_marks(struct pool_nodes *n, const uint32_t *old, uint32_t old_count,
                       const uint32_t *new, uint32_t new_count)
{
    bool gives = false;
    for (uint32_t i = 0, k = 0; i < old_count || k < new_count;) {
        if (k == new_count || (i < old_count && old[i] < new[k])) {
            nodes_keep(n, old[i++], false);
            gives = true;
        } else if (i == old_count || new[k] < old[i]) {
            nodes_keep(n, new[k++], true);
        } else {
            i++;
            k++;
        }
    }
    return gives;
}

/* What a head is to have. */
struct wish {
    struct class *class;
    uint32_t job, pool;
    int64_t at_ms;
};

/* NULL: nothing is kept there any more. */
static void reserve_set(struct core *c, uint32_t pool, const struct wish *w)
{
    struct reservation *h = &c->reservations[pool];
    struct reservation new = {.changes = c->outlooks[pool].changes};
    if (w != NULL) {
        struct size z;
        int64_t have, need;
        size_in_pool(&w->class->box->spec, &c->fleet.pools[pool], &z, &have, &need);
        new.job = w->job;
        new.class = w->class->serial;
        new.at_ms = w->at_ms;
        new.node_count = z.nodes;
        new.nodes = mem_alloc(z.nodes, sizeof *new.nodes);
        outlook_nodes(c, w->class->size, pool, new.nodes);
        if (z.nodes > 1) qsort(new.nodes, z.nodes, sizeof *new.nodes, cmp_node);
    }
    bool passes = h->job != 0 && h->job != new.job;
    new.before = passes ? h->job : h->before;
    new.passed = passes ? c->record : h->passed;
    bool gives = move_marks(&c->pools[pool], h->nodes, h->node_count, new.nodes, new.node_count);
    bool loosens = h->job != 0 && (h->job != new.job || new.at_ms > h->at_ms);
    if (gives || loosens) mark_pool(c, pool);
    mem_free(h->nodes);
    *h = new;
}

static bool reservation_stands(const struct core *c, const struct wish *w)
{
    const struct reservation *h = &c->reservations[w->pool];
    return h->job == w->job && h->class == w->class->serial && h->at_ms == w->at_ms &&
           h->changes == c->outlooks[w->pool].changes;
}

/* A tenant that has passed the one for whose job a pool is kept need not leave that alone any more:
 * whoever did so may start. */
static void note_turns(struct core *c, uint32_t pool)
{
    const struct entry *holder = entry_find(c, c->reservations[pool].job);
    for (size_t i = 0; holder != NULL && i < c->share_count; i++) {
        const struct share *s = c->shares[i], *h = holder->share;
        bool was_before = s->score_was < h->score_was, is_behind = s->score > h->score;
        bool is_level = s->score_was == h->score_was && s->score == h->score;
        if (s->waiting.count == 0 || was_before || is_behind || is_level) continue;
        mark_pool(c, pool);
        return;
    }
}

static void scores_update(struct core *c)
{
    for (size_t i = 0; i < c->share_count; i++) {
        struct share *s = c->shares[i];
        if (s->waiting.count == 0) continue;
        s->score_was = s->score;
        s->score = share_score(c, s, c->now_ms);
    }
    for (uint32_t i = 0; i < c->reserved_count; i++) note_turns(c, c->reserved_in[i]);
}

/* The heads that get a pool, in queue order. */
static uint32_t find_wishes(struct core *c, struct wish wishes[HEADS_MAX])
{
    uint32_t count = 0;
    struct rank last = {INT64_MAX, 0, 0};
    scores_update(c);
    for (int i = 0; i < HEADS_MAX; i++) {
        struct rank r;
        struct class *k = next_head(c, &last, &r);
        if (k == NULL) break;
        last = r;
        struct wish w = {.class = k, .job = r.id};
        w.pool = soonest_pool(c, k, &w.at_ms);
        bool is_taken = w.pool == NO_INDEX;
        for (uint32_t n = 0; n < count; n++) is_taken = is_taken || wishes[n].pool == w.pool;
        if (!is_taken) wishes[count++] = w;
    }
    return count;
}

void reserve_update(struct core *c)
{
    if (!c->reserve_stale) return;
    c->reserve_stale = false;
    struct wish wishes[HEADS_MAX];
    uint32_t count = find_wishes(c, wishes);
    for (uint32_t i = 0; i < c->reserved_count; i++) {
        bool goes_on = false;
        for (uint32_t n = 0; n < count; n++) goes_on = goes_on || wishes[n].pool == c->reserved_in[i];
        if (!goes_on) reserve_set(c, c->reserved_in[i], NULL);
    }
    for (uint32_t n = 0; n < count; n++) {
        if (!reservation_stands(c, &wishes[n])) reserve_set(c, wishes[n].pool, &wishes[n]);
        c->reserved_in[n] = wishes[n].pool;
    }
    c->reserved_count = count;
}

/* ---- what is shown --------------------------------------------------------------------------- */

bool core_reservation(const struct core *c, struct pool_id pool, struct pool_reservation *out)
{
    ASSERT(c->has_fleet && pool.v < c->fleet.pool_count);
    const struct reservation *h = &c->reservations[pool.v];
    bool passed = h->passed == c->record && h->before != h->job;
    *out = (struct pool_reservation){.job = {h->job},
                                     .at_ms = h->at_ms,
                                     .nodes = h->nodes,
                                     .node_count = h->node_count,
                                     .between = {passed ? h->before : 0}};
    return h->job != 0;
}

int core_reason(const struct core *c, const struct job *j)
{
    const struct entry *e = j->reason == REASON_PRIORITY ? entry_find(c, j->id.v) : NULL;
    if (e != NULL && e->class != NULL && e->class->reason == REASON_BUDGET) return REASON_BUDGET;
    if (j->state != JOB_PENDING || j->reason != REASON_RESOURCES) return j->reason;
    for (uint32_t i = 0; i < c->reserved_count; i++) {
        uint32_t p = c->reserved_in[i];
        struct pool_reason row = {0};
        if (core_may(c, j, (struct pool_id){p}) != TRI_YES) continue;
        if (pool_row(c, &j->spec, j->id.v, NULL, p, c->now_ms, &row) == REASON_PRIORITY)
            return REASON_PRIORITY;
    }
    return j->reason;
}

/* ---- whom it binds --------------------------------------------------------------------------- */

int64_t reserve_leaves_ms(const struct core *c, uint32_t pool, int64_t now_ms)
{
    return c->reservations[pool].at_ms - claim_would_end_ms(now_ms, 0);
}

static struct rank rank_of_spec(const struct core *c, const struct job_spec *s)
{
    const struct share *t = share_find(c, s->tenant);
    return (struct rank){s->priority, t != NULL ? share_score(c, t, c->now_ms) : 0, UINT32_MAX};
}

bool reserve_binds(const struct core *c, const struct job_spec *s, uint32_t job, uint32_t pool,
                int64_t now_ms, int64_t limit_ms)
{
    const struct reservation *h = &c->reservations[pool];
    if (BERTH_DEFECT == 30 || h->job == 0 || h->job == job) return false;
    if (reserve_leaves_ms(c, pool, now_ms) >= limit_ms) return false;
    const struct entry *holder = entry_find(c, h->job), *e = job != 0 ? entry_find(c, job) : NULL;
    if (holder == NULL) return false;
    struct rank theirs = rank_of(c, holder, c->now_ms);
    struct rank mine = e != NULL ? rank_of(c, e, c->now_ms) : rank_of_spec(c, s);
    return rank_is_before(&theirs, &mine);
}
