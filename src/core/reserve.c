#include "core/reserve.h"

#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/money.h"

#include <stdlib.h>

void reserve_init(struct core *c)
{
    c->reservations = mem_alloc(c->fleet.pool_count, sizeof *c->reservations);
    c->reserved_count = 0;
    c->reserve_stale = true;
}

void reserve_release(struct core *c)
{
    for (uint32_t i = 0; i < c->reserved_count; i++)
        mem_free(c->reservations[c->reserved_in[i]].nodes);
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

/* One of the first in the queue. */
struct head {
    struct class *class;
    struct rank rank; /* of its first job */
    int64_t left_uusd; /* of its tenant's budget, without what is kept for jobs before it */
    uint32_t pool; /* where a start is promised to it; NO_INDEX */
};

/* What a head is to have. */
struct wish {
    const struct head *head;
    const struct candidate *in; /* NULL: nothing can be foreseen */
    int64_t at_ms;
};

/* May the head ever start in the pool, time and room aside? */
static bool may_come(struct core *c, const struct head *head, const struct candidate *x)
{
    const struct class *k = head->class;
    const struct legal *legal = legal_of(c, k->signature, &k->box->spec, x->pool);
    return legal->allowed && !legal->short_of_quota && !c->fleet.pools[x->pool].drained &&
           x->limit_uusd <= head->left_uusd;
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

/* The soonest pool, then the best. Pools are asked in the order of what is known at a glance, until
 * none of the others can be sooner. */
static void find_soonest(struct core *c, struct wish *w)
{
    struct class *k = w->head->class;
    class_candidates(c, k);
    int64_t *bounds = mem_alloc(k->candidate_count, sizeof *bounds);
    for (uint32_t i = 0; i < k->candidate_count; i++) {
        const struct candidate *x = &k->candidates[i];
        bounds[i] = may_come(c, w->head, x) ? outlook_bound(c, k->size, x->pool) : CIVIL_NEVER_MS;
    }
    uint32_t best = NO_INDEX, i;
    while ((i = least_of(bounds, k->candidate_count)) != NO_INDEX) {
        if (best != NO_INDEX && (bounds[i] > w->at_ms || (bounds[i] == w->at_ms && i > best)))
            break;
        bounds[i] = CIVIL_NEVER_MS;
        int64_t at = start_in(c, k, k->candidates[i].pool);
        if (at == CIVIL_NEVER_MS) continue;
        if (best != NO_INDEX && (at > w->at_ms || (at == w->at_ms && i > best))) continue;
        best = i;
        w->at_ms = at;
    }
    mem_free(bounds);
    w->in = best != NO_INDEX ? &k->candidates[best] : NULL;
}

/* The pool where a start is promised to the head, as long as it can be foreseen there. */
static void find_promised(struct core *c, struct wish *w)
{
    struct class *k = w->head->class;
    w->in = NULL;
    for (uint32_t i = 0; i < k->candidate_count; i++) {
        const struct candidate *x = &k->candidates[i];
        if (x->pool != w->head->pool || !may_come(c, w->head, x)) continue;
        w->at_ms = start_in(c, k, x->pool);
        if (w->at_ms != CIVIL_NEVER_MS) w->in = x;
    }
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

/* The money kept for the job is another's, or another amount. */
static void money_moves(struct core *c, struct reservation *h, int64_t sign)
{
    if (h->uusd == 0) return;
    struct account *a = &h->share->account;
    a->kept_uusd += sign * h->uusd;
    a->kept_moved = c->budgets_moved = true;
}

/* What the start may cost a budget. */
static int64_t money_of(const struct wish *w)
{
    return w->head->class->share->account.binds ? w->in->limit_uusd : 0;
}

/* NULL: nothing is kept there any more. */
static void reserve_set(struct core *c, uint32_t pool, const struct wish *w)
{
    struct reservation *h = &c->reservations[pool];
    struct reservation new = {.changes = c->outlooks[pool].changes};
    if (w != NULL) {
        struct class *k = w->head->class;
        struct size z;
        int64_t have, need;
        size_in_pool(&k->box->spec, &c->fleet.pools[pool], &z, &have, &need);
        new.job = w->head->rank.id;
        new.class = k->serial;
        new.at_ms = w->at_ms;
        new.share = k->share;
        new.uusd = money_of(w);
        new.node_count = z.nodes;
        new.nodes = mem_alloc(z.nodes, sizeof *new.nodes);
        outlook_nodes(c, k->size, pool, new.nodes);
        if (z.nodes > 1) qsort(new.nodes, z.nodes, sizeof *new.nodes, cmp_node);
    }
    if (h->job != new.job || h->uusd != new.uusd) {
        money_moves(c, h, -1);
        money_moves(c, &new, 1);
    }
    bool gives = move_marks(&c->pools[pool], h->nodes, h->node_count, new.nodes, new.node_count);
    bool loosens = h->job != 0 && (h->job != new.job || new.at_ms > h->at_ms);
    if (gives || loosens) mark_pool(c, pool);
    mem_free(h->nodes);
    *h = new;
}

static bool reservation_stands(const struct core *c, const struct wish *w)
{
    const struct reservation *h = &c->reservations[w->in->pool];
    return h->job == w->head->rank.id && h->class == w->head->class->serial &&
           h->at_ms == w->at_ms && h->uusd == money_of(w) &&
           h->changes == c->outlooks[w->in->pool].changes;
}

/* A tenant that has passed the one for whose job a pool is kept need not leave that alone any more:
 * whoever did so may start. */
static void note_turns(struct core *c, uint32_t pool)
{
    const struct entry *holder = entry_find(c, c->reservations[pool].job);
    for (size_t i = 0; holder != NULL && i < c->share_count; i++) {
        const struct share *s = c->shares[i], *h = holder->share;
        bool was_before = s->score_was < h->score_was;
        bool is_behind = s->score > h->score;
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

static void head_put(struct head *heads, uint32_t *count, struct head x)
{
    uint32_t i = (*count)++;
    for (; i > 0 && rank_is_before(&x.rank, &heads[i - 1].rank); i--) heads[i] = heads[i - 1];
    heads[i] = x;
}

/* The class of the job to which a start is promised in the pool; NULL: it waits for room no more. */
static struct class *class_promised(const struct core *c, uint32_t pool)
{
    const struct entry *e = entry_find(c, c->reservations[pool].job);
    return e != NULL && e->class != NULL && e->class->in_waiting.heap != 0 ? e->class : NULL;
}

/* The first in the queue, and those to whom a start is promised, in queue order. */
static uint32_t find_heads(const struct core *c, struct head heads[HEADS_MAX + PROMISES_MAX])
{
    uint32_t count = 0, n;
    struct rank last = {INT64_MAX, 0, 0}, r;
    struct class *k;
    while (count < HEADS_MAX && (k = next_head(c, &last, &r)) != NULL) {
        heads[count++] = (struct head){k, r, k->share->account.left_uusd, NO_INDEX};
        last = r;
    }
    for (uint32_t i = 0; i < c->reserved_count; i++) {
        if ((k = class_promised(c, c->reserved_in[i])) == NULL) continue;
        for (n = 0; n < count && heads[n].class != k;) n++;
        if (n < count) {
            heads[n].pool = c->reserved_in[i];
            continue;
        }
        r = (struct rank){-k->in_waiting.major, k->share->score, k->in_waiting.id};
        head_put(heads, &count,
                 (struct head){k, r, k->share->account.left_uusd, c->reserved_in[i]});
    }
    return count;
}

static bool is_taken(const struct wish *wishes, uint32_t count, const struct wish *w)
{
    bool taken = w->in == NULL;
    for (uint32_t i = 0; i < count; i++) taken = taken || wishes[i].in->pool == w->in->pool;
    return taken;
}

/* The heads that get a pool, in queue order. One whose soonest pool is kept for a job before it
 * comes after that; but what was promised to it elsewhere stays so. */
static uint32_t find_wishes(struct core *c, struct head *heads, uint32_t head_count,
                            struct wish wishes[PROMISES_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < head_count && count < PROMISES_MAX; i++) {
        struct wish w = {.head = &heads[i]};
        find_soonest(c, &w);
        if (is_taken(wishes, count, &w) && heads[i].pool != NO_INDEX) find_promised(c, &w);
        if (is_taken(wishes, count, &w)) continue;
        wishes[count++] = w;
        for (uint32_t n = i + 1; n < head_count; n++)
            if (heads[n].class->share == heads[i].class->share) heads[n].left_uusd -= money_of(&w);
    }
    return count;
}

void reserve_update(struct core *c)
{
    if (!c->reserve_stale) return;
    c->reserve_stale = false;
    struct head heads[HEADS_MAX + PROMISES_MAX];
    struct wish wishes[PROMISES_MAX];
    scores_update(c);
    uint32_t count = find_wishes(c, heads, find_heads(c, heads), wishes);
    for (uint32_t i = 0; i < c->reserved_count; i++) {
        bool goes_on = false;
        for (uint32_t n = 0; n < count; n++)
            goes_on = goes_on || wishes[n].in->pool == c->reserved_in[i];
        if (!goes_on) reserve_set(c, c->reserved_in[i], NULL);
    }
    for (uint32_t n = 0; n < count; n++) {
        uint32_t pool = wishes[n].in->pool;
        if (!reservation_stands(c, &wishes[n])) reserve_set(c, pool, &wishes[n]);
        c->reserved_in[n] = pool;
    }
    c->reserved_count = count;
    promises_look(c);
}

/* ---- what is shown --------------------------------------------------------------------------- */

bool core_reservation(const struct core *c, struct pool_id pool, struct pool_reservation *out)
{
    ASSERT(c->has_fleet && pool.v < c->fleet.pool_count);
    const struct reservation *h = &c->reservations[pool.v];
    *out = (struct pool_reservation){.job = {h->job},
                                     .at_ms = h->at_ms,
                                     .nodes = h->nodes,
                                     .node_count = h->node_count,
                                     .uusd = h->uusd};
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

/* The job's place in the queue; job 0: that of `s`, submitted now. For a job `s` may be its class's,
 * whose jobs differ in priority. */
static struct rank rank_of_who(const struct core *c, const struct job_spec *s, uint32_t job)
{
    const struct entry *e = job != 0 ? entry_find(c, job) : NULL;
    if (e != NULL) return rank_of(c, e, c->now_ms);
    const struct share *t = share_find(c, s->tenant);
    return (struct rank){s->priority, t != NULL ? share_score(c, t, c->now_ms) : 0, UINT32_MAX};
}

bool reserve_binds(const struct core *c, const struct job_spec *s, uint32_t job, uint32_t pool,
                   int64_t now_ms, int64_t limit_ms)
{
    const struct reservation *h = &c->reservations[pool];
    if (BERTH_DEFECT == 30 || h->job == 0 || h->job == job) return false;
    if (reserve_leaves_ms(c, pool, now_ms) >= limit_ms) return false;
    const struct entry *holder = entry_find(c, h->job);
    if (holder == NULL) return false;
    struct rank theirs = rank_of(c, holder, c->now_ms), mine = rank_of_who(c, s, job);
    return rank_is_before(&theirs, &mine);
}

int64_t reserve_keeps_uusd(const struct core *c, const struct job_spec *s, uint32_t job)
{
    const struct share *mine = share_find(c, s->tenant);
    struct rank own = rank_of_who(c, s, job);
    int64_t sum = 0;
    for (uint32_t i = 0; i < c->reserved_count; i++) {
        const struct reservation *h = &c->reservations[c->reserved_in[i]];
        const struct entry *holder = entry_find(c, h->job);
        if (h->uusd == 0 || h->share != mine || holder == NULL) continue;
        struct rank theirs = rank_of(c, holder, c->now_ms);
        if (rank_is_before(&theirs, &own)) sum = money_add(sum, h->uusd);
    }
    return sum;
}
