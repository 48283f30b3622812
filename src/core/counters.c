/* counters.c - what claims add up to under the law's caps (law.h: caps over a window).
 *
 * A counter belongs to a rule and to whatever the rule counts by. It is a sum of four parts: what
 * claims hold, what claims hold that have no room (a cap shrank; they are being stopped), what
 * ended claims still count for, and what the fleet file says was used before. Ended claims are kept
 * by the UTC day of their end, so a counter's state is bounded by its window, and how long they
 * count follows from the rule as it stands, also when the rule is amended. */
#include "core/case.h"
#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"
#include "law/pack.h"

#include <string.h>

/* What one claim may add. All claims together can then be added up. */
#define CLAIM_MILLI_MAX INT64_C(1000000000000)
_Static_assert(CLAIM_MILLI_MAX < LAW_MILLI_MAX / JOBS_MAX, "counters do not overflow");

static int name_order(const struct counter *k, struct str rule, struct str key)
{
    int order = str_cmp(k->rule, rule);
    return order != 0 ? order : str_cmp(k->key, key);
}

/* Where it is, or would be. */
static size_t place_of(const struct core *c, struct str rule, struct str key)
{
    size_t lo = 0, hi = c->counter_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (name_order(c->counters[mid], rule, key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static const struct counter *counter_find(const struct core *c, struct str rule, struct str key)
{
    size_t at = place_of(c, rule, key);
    bool is_there = at < c->counter_count && name_order(c->counters[at], rule, key) == 0;
    return is_there ? c->counters[at] : NULL;
}

static int64_t stated(const struct core *c, struct str rule, struct str key)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < c->fleet.permit_count; i++) {
        const struct permit *p = &c->fleet.permits[i];
        if (!str_eq(p->rule, rule) || (key.len > 0 && !str_eq(p->holder, key))) continue;
        sum += p->used < LAW_MILLI_MAX / 1000 ? p->used * 1000 : LAW_MILLI_MAX;
        if (sum > LAW_MILLI_MAX) sum = LAW_MILLI_MAX;
    }
    return sum;
}

struct counter *counter_of(struct core *c, struct str rule, struct str key)
{
    size_t at = place_of(c, rule, key);
    if (at < c->counter_count && name_order(c->counters[at], rule, key) == 0)
        return c->counters[at];
    struct counter *k = mem_alloc(1, sizeof *k + rule.len + key.len);
    char *text = (char *)(k + 1);
    if (rule.len > 0) memcpy(text, rule.p, rule.len);
    if (key.len > 0) memcpy(text + rule.len, key.p, key.len);
    k->rule = (struct str){text, rule.len};
    k->key = (struct str){text + rule.len, key.len};
    k->stated_milli = stated(c, rule, key);
    c->counters = mem_grow(c->counters, &c->counter_cap, c->counter_count + 1, sizeof *c->counters);
    memmove(c->counters + at + 1, c->counters + at, (c->counter_count - at) * sizeof *c->counters);
    c->counters[at] = k;
    c->counter_count++;
    return k;
}

static int64_t add(int64_t a, int64_t b)
{
    return a > LAW_MILLI_MAX - b ? LAW_MILLI_MAX : a + b;
}

/* What the claim holds now of the counter under which its entry `i` counts later. */
static int64_t holds_now(const struct entry *e, uint32_t i)
{
    for (uint32_t k = 0; k + e->count_over < e->count_count; k++)
        if (e->counts[k].counter == e->counts[i].counter && !e->counts[k].is_later)
            return e->counts[k].milli;
    return 0;
}

/* What entry `i` of the claim adds: what counts now and later is counted once. */
static int64_t part_of(const struct entry *e, uint32_t i)
{
    return e->counts[i].milli - (e->counts[i].is_later ? holds_now(e, i) : 0);
}

/* What counts before the claim of `own` (NULL: before a new one), which is judged anew, without
 * what is being stopped for lack of room. */
static int64_t used_beside(const struct counter *k, const struct entry *own)
{
    int64_t claims = k->held_milli + k->later_milli;
    for (uint32_t i = 0; own != NULL && i + own->count_over < own->count_count; i++)
        if (own->counts[i].counter == k) claims -= part_of(own, i);
    return add(claims, add(k->past_milli, k->stated_milli));
}

int64_t counter_used(const struct counter *k)
{
    return add(k->over_milli, used_beside(k, NULL));
}

int64_t counter_then(const struct core *c, struct str rule, struct str key, const struct entry *own)
{
    const struct counter *k = counter_find(c, rule, key);
    return k != NULL ? used_beside(k, own) : stated(c, rule, key);
}

void counters_show(const struct core *c, const struct entry *own, struct arena *arena,
                   struct law_case *x)
{
    uint32_t caps = law_caps(c->law);
    x->counters_known = true;
    x->counters = ARENA_ARRAY(arena, caps, struct law_used);
    x->counter_count = 0;
    for (uint32_t i = 0; i < caps; i++) {
        const struct law_rule *r = law_cap_at(c->law, i);
        if ((r->acts & law_placement_acts(c->law)) == 0) continue;
        struct str key = law_cap_key(r, x);
        const struct counter *k = counter_find(c, r->id, key);
        int64_t used = k == NULL     ? stated(c, r->id, key)
                       : own == NULL ? counter_used(k)
                                     : used_beside(k, own);
        if (used > 0) x->counters[x->counter_count++] = (struct law_used){r->id, used};
    }
}

struct count count_of(struct counter *k, int64_t milli, bool is_later)
{
    return (struct count){k, milli < CLAIM_MILLI_MAX ? milli : CLAIM_MILLI_MAX, is_later};
}

void counts_of(struct core *c, const struct law_case *x, struct arena *arena, uint32_t more,
               struct count **counts_out, uint32_t *count_out)
{
    struct law_add *adds;
    law_adds(c->law, x, arena, &adds, count_out);
    *counts_out = ARENA_ARRAY(arena, *count_out + more, struct count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *count_out; i++) {
        const struct law_rule *r = law_cap_at(c->law, adds[i].cap);
        struct counter *k = counter_of(c, r->id, law_cap_key(r, x));
        bool is_within = counter_used(k) <= r->cap.at_most_milli - adds[i].milli;
        /* Lawful beyond the cap: by a permit, evidence or an exception. Those do not use it up. */
        if (!is_within && law_rule_state(c->law, r->id, x->on_ms) == LAW_STATE_BINDING) continue;
        (*counts_out)[kept++] = count_of(k, adds[i].milli, false);
    }
    *count_out = kept;
}

static void book(const struct entry *e, uint32_t i, int sign)
{
    struct counter *k = e->counts[i].counter;
    int64_t milli = sign * part_of(e, i);
    if (e->counts[i].is_later)
        k->later_milli += milli;
    else if (i + e->count_over < e->count_count)
        k->held_milli += milli;
    else
        k->over_milli += milli;
}

void counts_enter(struct entry *e)
{
    for (uint32_t i = 0; i < e->count_count; i++) book(e, i, 1);
}

bool counts_matter_later(const struct core *c, const struct entry *e)
{
    for (uint32_t i = 0; i < e->count_count; i++) {
        const struct count *k = &e->counts[i];
        const struct law_rule *r = law_rule(c->law, k->counter->rule);
        bool goes_on = r != NULL && r->cap.window != WINDOW_HELD && k->counter->later_milli > 0;
        if (k->is_later || goes_on) return true;
    }
    return false;
}

void counts_take(struct core *c, struct entry *e, const struct count *counts, uint32_t count,
                 uint32_t over)
{
    ASSERT(e->count_count == 0 && over <= count);
    if (count == 0) return;
    e->counts = mem_alloc(count, sizeof *e->counts);
    memcpy(e->counts, counts, count * sizeof *e->counts);
    e->count_count = count;
    e->count_over = over;
    counts_enter(e);
    c->quotas_changed = true;
}

static void keep_past(struct core *c, struct counter *k, int64_t milli)
{
    const struct law_rule *r = law_rule(c->law, k->rule);
    if (milli == 0 || (r != NULL && r->cap.window == WINDOW_HELD)) return;
    int64_t past = c->now_ms % CIVIL_DAY_MS, day = c->now_ms - past - (past < 0 ? CIVIL_DAY_MS : 0);
    if (k->day_count == 0 || k->days[k->day_count - 1].day_ms != day) {
        k->days = mem_grow(k->days, &k->day_cap, k->day_count + 1, sizeof *k->days);
        k->days[k->day_count++] = (struct counter_day){.day_ms = day};
    }
    struct counter_day *d = &k->days[k->day_count - 1];
    d->milli = add(d->milli, milli);
    k->past_milli = add(k->past_milli, milli);
    if (r == NULL) return;
    int64_t until = law_cap_until(r, day);
    if (until < c->segment_end_ms) c->segment_end_ms = until;
}

void counts_give(struct core *c, struct entry *e, bool ran)
{
    if (e->count_count == 0) return;
    for (uint32_t i = 0; i < e->count_count; i++) {
        bool is_over = i + e->count_over >= e->count_count;
        book(e, i, -1);
        if (ran && !is_over && !e->counts[i].is_later && BERTH_DEFECT != 10)
            keep_past(c, e->counts[i].counter, e->counts[i].milli);
    }
    mem_free(e->counts);
    e->counts = NULL;
    e->count_count = e->count_over = 0;
    c->quotas_changed = true;
}

void counters_refresh(struct core *c)
{
    for (size_t i = 0; i < c->counter_count; i++) {
        struct counter *k = c->counters[i];
        const struct law_rule *r = law_rule(c->law, k->rule);
        size_t kept = 0;
        k->past_milli = 0;
        for (size_t d = 0; d < k->day_count; d++) {
            if (r != NULL && law_cap_until(r, k->days[d].day_ms) <= c->now_ms) continue;
            k->days[kept++] = k->days[d];
            k->past_milli = add(k->past_milli, k->days[d].milli);
        }
        k->day_count = kept;
        k->stated_milli = stated(c, k->rule, k->key);
    }
}

int64_t counters_next_date(const struct core *c)
{
    int64_t next = CIVIL_NEVER_MS;
    for (size_t i = 0; i < c->counter_count; i++) {
        const struct counter *k = c->counters[i];
        const struct law_rule *r = law_rule(c->law, k->rule);
        if (r == NULL || k->day_count == 0) continue;
        int64_t until = law_cap_until(r, k->days[0].day_ms); /* the eldest goes first */
        if (until < next) next = until;
    }
    return next;
}

void counters_release(struct core *c)
{
    for (size_t i = 0; i < c->counter_count; i++) {
        mem_free(c->counters[i]->days);
        mem_free(c->counters[i]);
    }
    mem_free(c->counters);
}
