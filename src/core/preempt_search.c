/* preempt_search.c - who in one pool (preempt_search.h). */
#include "core/preempt_search.h"

#include "base/check.h"
#include "base/money.h"

#include <stdlib.h>

/* ---- gone, and there again ------------------------------------------------------------------- */

static bool fits(struct search *s, const struct tally *t)
{
    s->work += s->size.nodes;
    return tally_fits(t);
}

static void stay(struct search *s, uint32_t i, bool stays)
{
    if (s->v[i].stays == stays) return;
    s->v[i].stays = stays;
    const struct claim *k = s->v[i].e->job.claim;
    s->work += k->part_count;
    if (stays)
        tally_take(&s->tally, k);
    else
        tally_give(&s->tally, k);
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
    struct order_node *first[PREEMPT_LOOK_MAX];
    int64_t since = s->c->now_ms - preempt_exempt_ms(s->c);
    uint32_t listed = order_list(&s->c->running[s->pool], first, most), parts = 0;
    for (uint32_t i = 0; i < listed && first[i]->major < s->priority; i++) {
        struct entry *e = CONTAINER(first[i], struct entry, in_running);
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
    if (fits(s, &s->tally)) return true;
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
        if (!fits(s, &s->tally)) continue;
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
    if (fits(s, &s->tally)) branch(s, i + 1, loss);
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
    tally_begin(&s->tally, &s->c->pools[s->pool], &s->size);
    collect(s, PREEMPT_LOOK_FIRST);
    bool found = find_victims(s);
    if (!found && s->count == PREEMPT_LOOK_FIRST) {
        collect(s, PREEMPT_LOOK_MAX);
        found = find_victims(s);
    }
    tally_end(&s->tally);
    return found;
}

/* ---- how long it would wait otherwise -------------------------------------------------------- */

/* Those that end next by their limits, soonest first, and so many of them imagined gone. */
struct ends {
    struct entry *next[PREEMPT_ENDS_MAX];
    uint32_t count, gone;
    struct order_node *behind; /* the first that is not among them */
    int64_t chips; /* free when all have ended */
    struct tally tally;
};

static void ends_list(const struct search *s, struct ends *x)
{
    struct order_node *first[PREEMPT_ENDS_MAX + 1];
    uint32_t listed = order_list(&s->c->ends[s->pool], first, PREEMPT_ENDS_MAX + 1), parts = 0;
    x->count = x->gone = 0;
    x->chips = s->c->pools[s->pool].chips_free;
    for (; x->count < listed && x->count < PREEMPT_ENDS_MAX; x->count++) {
        struct entry *e = CONTAINER(first[x->count], struct entry, in_ends);
        parts += e->job.claim->part_count;
        if (parts > PREEMPT_PARTS_MAX) break;
        x->chips += e->job.claim->chips;
        x->next[x->count] = e;
    }
    x->behind = x->count < listed ? first[x->count] : NULL;
}

/* Let only the first `count` be gone. Gives how many nodes that changes. */
static uint32_t ends_move(struct ends *x, uint32_t count)
{
    uint32_t nodes = 0;
    while (x->gone != count) {
        bool goes = x->gone < count;
        const struct claim *k = x->next[goes ? x->gone++ : --x->gone]->job.claim;
        nodes += k->part_count;
        if (goes)
            tally_give(&x->tally, k);
        else
            tally_take(&x->tally, k);
    }
    return nodes;
}

static bool fits_after(struct search *s, struct ends *x, uint32_t count)
{
    s->work += ends_move(x, count);
    return fits(s, &x->tally);
}

/* After how many the job fits, by doubling and then halving; 0: not even after all. It does not fit
 * now. */
static uint32_t ends_needed(struct search *s, struct ends *x)
{
    uint32_t few = 0, enough = 1; /* it does not fit after `few` */
    while (enough < x->count && !fits_after(s, x, enough)) {
        few = enough;
        enough *= 2;
    }
    if (enough >= x->count) {
        if (x->count == 0 || !fits_after(s, x, x->count)) return 0;
        enough = x->count;
    }
    while (enough > few + 1) {
        uint32_t mid = few + (enough - few) / 2;
        if (fits_after(s, x, mid))
            enough = mid;
        else
            few = mid;
    }
    return enough;
}

/* When enough chips are free, by their number alone. */
static int64_t chips_natural(const struct search *s, const struct ends *x)
{
    const struct order *ends = &s->c->ends[s->pool];
    struct order_node *n = x->behind;
    int64_t at = x->count > 0 ? x->next[x->count - 1]->in_ends.major : 0, chips = x->chips;
    for (uint32_t i = 0; n != NULL && chips < s->size.chips && i < PREEMPT_COUNT_MAX; i++) {
        at = n->major;
        chips += CONTAINER(n, struct entry, in_ends)->job.claim->chips;
        n = order_after(ends, n->major, n->id);
    }
    return at;
}

int64_t search_natural_start(struct search *s)
{
    struct ends x;
    ends_list(s, &x);
    tally_begin(&x.tally, &s->c->pools[s->pool], &s->size);
    uint32_t needed = ends_needed(s, &x);
    ends_move(&x, 0);
    tally_end(&x.tally);
    int64_t at = needed > 0 ? x.next[needed - 1]->in_ends.major : chips_natural(s, &x);
    return at > s->c->now_ms ? at : s->c->now_ms;
}
