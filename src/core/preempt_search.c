/* preempt_search.c - who in one pool (preempt_search.h). */
#include "core/preempt_search.h"

#include "core/whatif.h"

#include "base/check.h"
#include "base/money.h"

#include <stdlib.h>

/* ---- gone, and there again ------------------------------------------------------------------- */

static void give(struct search *s, const struct entry *e)
{
    const struct claim *k = e->job.claim;
    for (uint32_t i = 0; i < k->part_count; i++) nodes_give(&s->c->pools[s->pool], &k->parts[i]);
    s->work += k->part_count;
}

static void take(struct search *s, const struct entry *e)
{
    const struct claim *k = e->job.claim;
    for (uint32_t i = 0; i < k->part_count; i++) nodes_take(&s->c->pools[s->pool], &k->parts[i]);
    s->work += k->part_count;
}

static bool fits(struct search *s)
{
    s->work += s->size.nodes;
    return nodes_fit(&s->c->pools[s->pool], &s->size);
}

static void stay(struct search *s, uint32_t i, bool stays)
{
    if (s->v[i].stays == stays) return;
    s->v[i].stays = stays;
    if (stays)
        take(s, s->v[i].e);
    else
        give(s, s->v[i].e);
}

/* A job before this one counts on nodes that it will leave: all that a victim leaves is held for a
 * while, there too. */
static bool is_counted_on(const struct search *s, const struct claim *k)
{
    if (!s->size.part[0].each.beside_kept) return false;
    for (uint32_t i = 0; i < k->part_count; i++)
        if (s->c->pools[s->pool].node[k->parts[i].node].is_kept) return true;
    return false;
}

/* Those that may be stopped, lowest priority first, at most so many. */
static void collect(struct search *s, uint32_t most)
{
    s->count = 0;
    const struct order *all = &s->c->running[s->pool];
    int64_t since = s->c->now_ms - preempt_exempt_ms(s->c);
    uint32_t looked = 0, parts = 0;
    struct order_node *n = order_first(all);
    for (; n != NULL; n = order_after(all, n->major, n->id)) {
        struct entry *e = CONTAINER(n, struct entry, in_running);
        if (n->major >= s->priority || looked++ == most) return;
        if (e->job.start_ms > since && BERTH_DEFECT != 23) continue;
        parts += e->job.claim->part_count;
        if (parts > PREEMPT_PARTS_MAX) return;
        if (is_counted_on(s, e->job.claim)) continue;
        int64_t loss = preempt_loss(s->c, e);
        int64_t a_chip = money_scale(loss, CHIP_MILLI, (int64_t)preempt_milli(s->c, e->job.claim));
        s->v[s->count++] = (struct victim){e, loss, a_chip, 0, true};
    }
}

static int by_id(const struct victim *x, const struct victim *y)
{
    return x->e->job.id.v > y->e->job.id.v ? -1 : 1; /* ids differ */
}

static int dearest_first(int64_t x, int64_t y)
{
    return x > y ? -1 : x < y;
}

static int by_loss(const void *a, const void *b)
{
    const struct victim *x = a, *y = b;
    int o = dearest_first(x->loss_uusd, y->loss_uusd);
    return o != 0 ? o : by_id(x, y);
}

static int by_loss_per_chip(const void *a, const void *b)
{
    const struct victim *x = a, *y = b;
    int o = dearest_first(x->per_chip_uusd, y->per_chip_uusd);
    return o != 0 ? o : by_loss(a, b);
}

static uint32_t first_node(const struct victim *x)
{
    return x->e->job.claim->parts[0].node;
}

static int by_node(const void *a, const void *b)
{
    const struct victim *x = a, *y = b;
    uint32_t m = first_node(x), n = first_node(y);
    return m != n ? (m < n ? -1 : 1) : by_loss(a, b);
}

static int by_loss_of_node(const void *a, const void *b)
{
    const struct victim *x = a, *y = b;
    int o = dearest_first(x->node_uusd, y->node_uusd);
    return o != 0 ? o : by_node(a, b);
}

static void sort(struct search *s, int (*order)(const void *, const void *))
{
    s->work += s->count;
    qsort(s->v, s->count, sizeof *s->v, order);
}

static void sum_nodes(struct search *s)
{
    sort(s, by_node);
    for (uint32_t i = 0; i < s->count;) {
        uint32_t first = i;
        int64_t sum = 0;
        for (; i < s->count && first_node(&s->v[i]) == first_node(&s->v[first]); i++)
            sum = money_add(sum, s->v[i].loss_uusd);
        for (uint32_t k = first; k < i; k++) s->v[k].node_uusd = sum;
    }
}

/* Let v[from .. from + count - 1] stay, unless the job then no longer fits. */
static bool spare(struct search *s, uint32_t from, uint32_t count)
{
    if (count > s->count - from) count = s->count - from;
    for (uint32_t i = 0; i < count; i++) stay(s, from + i, true);
    if (fits(s)) return true;
    for (uint32_t i = 0; i < count; i++) stay(s, from + i, false);
    return false;
}

/* From the last on let them go, doubling their number, until the job fits; gives the first of those
 * gone. All are there. False: not even all make room. */
static bool clear(struct search *s, uint32_t *first_out)
{
    uint32_t first = s->count;
    for (uint32_t run = 1; first > 0; run *= 2) {
        uint32_t to = first > run ? first - run : 0;
        while (first > to) stay(s, --first, false);
        if (!fits(s)) continue;
        *first_out = first;
        return true;
    }
    return false;
}

/* v[i ..] are gone and the job fits. From the first on let each stay that is not needed: what is
 * left is minimal, since more room never takes a place away. Runs of them are found by doubling. */
static void reduce(struct search *s, uint32_t i)
{
    while (i < s->count) {
        uint32_t run = 1;
        for (; i < s->count && spare(s, i, run); run *= 2)
            i += run < s->count - i ? run : s->count - i;
        if (i == s->count) return;
        for (run /= 2; run > 0; run /= 2)
            if (run < s->count - i && spare(s, i, run)) i += run;
        i++; /* needed */
    }
}

static void keep_if_cheaper(struct search *s)
{
    int64_t loss = 0;
    for (uint32_t i = 0; i < s->count; i++)
        if (!s->v[i].stays) loss = money_add(loss, s->v[i].loss_uusd);
    if (s->best_count > 0 && loss >= s->best_loss_uusd) return;
    s->best_loss_uusd = loss;
    s->best_count = 0;
    for (uint32_t i = 0; i < s->count; i++)
        if (!s->v[i].stays || (BERTH_DEFECT == 21 && i == 0)) s->best[s->best_count++] = s->v[i].e;
}

static void all_stay(struct search *s)
{
    for (uint32_t i = 0; i < s->count; i++) stay(s, i, true);
}

/* A minimal set, the dearest by that order being spared first. False: there is none. */
static bool try_order(struct search *s, int (*order)(const void *, const void *))
{
    uint32_t first;
    sort(s, order);
    bool found = clear(s, &first);
    if (found) {
        reduce(s, first);
        keep_if_cheaper(s);
    }
    all_stay(s);
    return found;
}

/* The very cheapest set, where v[i ..] are still to be decided and gone, and the others lose
 * `loss`. */
static void branch(struct search *s, uint32_t i, int64_t loss)
{
    if (loss >= s->best_loss_uusd) return;
    if (i == s->count) {
        keep_if_cheaper(s);
        return;
    }
    stay(s, i, true);
    if (fits(s)) branch(s, i + 1, loss);
    stay(s, i, false);
    branch(s, i + 1, money_add(loss, s->v[i].loss_uusd));
}

/* Could they make room, by the number of chips alone? */
static bool chips_suffice(const struct search *s)
{
    if (s->size.part[0].each.milli > 0) return true; /* part of a chip may be free already */
    uint64_t chips = s->c->pools[s->pool].chips_free;
    for (uint32_t i = 0; i < s->count; i++) chips += s->v[i].e->job.claim->chips;
    return chips >= s->size.chips;
}

/* Find the cheapest set; false: not even all together make room. */
static bool find_victims(struct search *s)
{
    sum_nodes(s);
    if (!chips_suffice(s) || !try_order(s, by_loss_of_node)) return false;
    if (s->work > PREEMPT_WORK_MAX) return true;
    try_order(s, by_loss_per_chip);
    try_order(s, by_loss);
    if (s->count > PREEMPT_EXACT_MAX) return true;
    for (uint32_t i = 0; i < s->count; i++) stay(s, i, false);
    branch(s, 0, 0);
    all_stay(s);
    return true;
}

bool search_victims(struct search *s)
{
    s->best_count = 0;
    s->best_loss_uusd = 0;
    collect(s, PREEMPT_LOOK_FIRST);
    bool found = find_victims(s);
    if (!found && s->count == PREEMPT_LOOK_FIRST) {
        collect(s, PREEMPT_LOOK_MAX);
        found = find_victims(s);
    }
    return found;
}

/* ---- how long it would wait otherwise -------------------------------------------------------- */

/* Does the job fit when only the first `count` of those that end next have ended? */
static bool fits_after(struct search *s, struct whatif *w, struct entry **next,
                       const size_t *changes, uint32_t *ended, uint32_t count)
{
    if (count < *ended) whatif_back(w, changes[count]);
    for (uint32_t i = *ended; i < count; i++) whatif_give_claim(w, next[i]->job.claim);
    s->work += (uint32_t)(count < *ended ? changes[*ended] - changes[count]
                                         : changes[count] - changes[*ended]);
    *ended = count;
    return fits(s);
}

/* From `n` on: when enough chips are free, by their number alone. */
static int64_t chips_natural(const struct search *s, struct order_node *n, int64_t chips,
                             int64_t at)
{
    const struct order *ends = &s->c->ends[s->pool];
    for (uint32_t i = 0; n != NULL && chips < s->size.chips && i < PREEMPT_COUNT_MAX; i++) {
        at = n->major;
        chips += CONTAINER(n, struct entry, in_ends)->job.claim->chips;
        n = order_after(ends, n->major, n->id);
    }
    return at;
}

int64_t search_natural_start(struct search *s)
{
    struct entry *next[PREEMPT_ENDS_MAX];
    size_t changes[PREEMPT_ENDS_MAX + 1] = {0}; /* of the what-if, when so many have ended */
    const struct order *ends = &s->c->ends[s->pool];
    uint32_t count = 0, ended = 0;
    int64_t chips = s->c->pools[s->pool].chips_free;
    struct order_node *n = order_first(ends);
    for (; n != NULL && count < PREEMPT_ENDS_MAX; n = order_after(ends, n->major, n->id)) {
        next[count] = CONTAINER(n, struct entry, in_ends);
        size_t sum = changes[count] + next[count]->job.claim->part_count;
        if (sum > PREEMPT_PARTS_MAX) break;
        chips += next[count]->job.claim->chips;
        changes[++count] = sum;
    }
    struct whatif w;
    whatif_begin(&w, &s->c->pools[s->pool]);
    uint32_t few = 0, enough = 1; /* it does not fit after `few` */
    while (enough < count && !fits_after(s, &w, next, changes, &ended, enough)) {
        few = enough;
        enough *= 2;
    }
    if (enough >= count && (count == 0 || !fits_after(s, &w, next, changes, &ended, count))) {
        enough = few = count;
    } else if (enough > count) {
        enough = count;
    }
    while (enough > few + 1) {
        uint32_t mid = few + (enough - few) / 2;
        if (fits_after(s, &w, next, changes, &ended, mid))
            enough = mid;
        else
            few = mid;
    }
    whatif_end(&w);
    int64_t at = enough > 0 ? next[enough - 1]->in_ends.major : 0;
    if (enough == few) at = chips_natural(s, n, chips, at);
    return at > s->c->now_ms ? at : s->c->now_ms;
}
