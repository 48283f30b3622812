/* legal.c - the law's answers, remembered.
 *
 * Jobs that no law can tell apart share a signature, pools likewise; a verdict is worked out once
 * for a pair of signatures and kept in a cell. Cells are good for one epoch, until the packs, what
 * binds or the fleet change, and before the date on which a rule or a fact behind the answer
 * changes: a date that passes costs only the cells that it concerns. Where a permit is part of the
 * answer, the cell is also worked out again whenever a claim takes from a permit or gives back;
 * where the job would count under a cap, when its counter crosses what the cell can bear. */
#include "core/case.h"
#include "core/coming.h"
#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"
#include "law/pack.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(offsetof(struct entry, job) == 0, "a job of core_job is the head of its entry");

/* What each permit has used, apart from what `own` holds and what has no room. */
static const int64_t *used_beside(const struct core *c, const struct entry *own,
                                  struct arena *scratch)
{
    if (own == NULL) return c->permit_used;
    uint32_t count = c->fleet.permit_count;
    int64_t *used = ARENA_ARRAY(scratch, count, int64_t);
    for (uint32_t i = 0; i < count; i++) used[i] = c->permit_used[i] - c->permit_over[i];
    for (uint32_t i = 0; i + own->permit_over < own->permit_count; i++)
        used[own->permits[i]] -= own->job.claim->chips;
    return used;
}

void core_case_job(const struct core *c, const struct job *j, uint32_t pool, int64_t now_ms,
                   struct arena *arena, struct law_case *out)
{
    const struct entry *own = j->claim != NULL ? (const struct entry *)j : NULL;
    const int64_t *used = used_beside(c, own, arena);
    case_build(&c->fleet, &j->spec, pool, now_ms, used, arena, out);
    law_imply_acts(c->law, out, arena);
    counters_show(c, own, arena, out);
}

/* All counters at 0: what others will have used by then, their dates will tell. */
static void forget_counters(struct law_case *x)
{
    x->counters_known = true;
    x->counter_count = 0;
}

/* From the date of the last answer on: the next one known on which it is `allowed`, into *seen, the
 * case with it. False: none is. *permits_out becomes true when permits were looked at. */
static bool seek(struct law_look *look, struct law_case *x, bool allowed, struct law_seen *seen,
                 bool *permits_out)
{
    for (int i = 0; i < LEGAL_LOOK_MAX; i++) {
        if (seen->until_ms == CIVIL_NEVER_MS) return false;
        x->on_ms = seen->until_ms;
        law_look_ask(look, seen);
        *permits_out |= seen->by_permits;
        if (seen->allowed == allowed) return true;
    }
    return false;
}

/* Ask the same date with other quotas. What is kept holds as long as all answers behind it do. */
static void ask_now(struct law_look *look, struct legal *out, struct law_seen *seen)
{
    law_look_ask(look, seen);
    if (seen->until_ms < out->holds_until_ms) out->holds_until_ms = seen->until_ms;
    out->looks_at_permits |= seen->by_permits;
}

/* Not allowed: would it be, had claims not used up permits and caps? Then *seen is that answer. */
static bool look_beyond_quota(const struct core *c, struct law_look *look, struct law_case *x,
                              struct legal *out, struct law_seen *seen)
{
    if (!seen->by_permits && !seen->by_counters) return false;
    case_permits_use(&c->fleet, x, NULL);
    forget_counters(x);
    ask_now(look, out, seen);
    return seen->allowed;
}

/* Allowed: do permits have a part in it? Leaves the case as it was. */
static bool rests_on_permits(struct law_look *look, struct law_case *x, struct legal *out,
                             const struct law_seen *seen)
{
    struct law_seen bare;
    uint32_t count = x->permit_count;
    if (!seen->by_permits) return false;
    x->permit_count = 0;
    ask_now(look, out, &bare);
    x->permit_count = count;
    return !bare.allowed;
}

/* As if no cap began later. */
static void look(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                 const struct entry *own, struct arena *scratch, struct legal *out)
{
    struct law_case x;
    struct law_seen seen;
    case_build(&c->fleet, spec, pool, now_ms, used_beside(c, own, scratch), scratch, &x);
    counters_show(c, own, scratch, &x);
    struct law_look *looked = law_look_new(c->law, &x, scratch);
    *out = (struct legal){.until_ms = CIVIL_NEVER_MS, .holds_until_ms = CIVIL_NEVER_MS};
    ask_now(looked, out, &seen);
    out->allowed = seen.allowed;
    out->effect = seen.effect;
    out->rule = seen.rule;
    if (seen.allowed) {
        out->by_permit = rests_on_permits(looked, &x, out, &seen);
        if (x.counter_count > 0 && seen.by_counters) {
            forget_counters(&x);
            ask_now(looked, out, &seen);
        }
    } else if (look_beyond_quota(c, looked, &x, out, &seen)) {
        out->allowed = out->short_of_quota = true;
        out->by_permit = c->fleet.permit_count > 0;
    } else {
        return;
    }
    forget_counters(&x);
    if (!seek(looked, &x, false, &seen, &out->looks_at_permits)) return;
    out->until_ms = x.on_ms;
    if (out->rule.len == 0) out->rule = seen.rule;
}

/* Caps that begin when there is no room are dates on which the law stops allowing it. */
static void look_ahead(const struct core *c, const struct job_spec *spec, uint32_t pool,
                       int64_t now_ms, const struct entry *own, struct arena *scratch,
                       struct legal *out, struct coming **caps, uint32_t *count)
{
    *count = 0;
    if (!out->allowed) return;
    coming_caps(c, spec, pool, now_ms, out->until_ms, own, scratch, caps, count);
    for (uint32_t i = 0; i < *count; i++) {
        const struct coming *k = &(*caps)[i];
        if (k->has_room || k->is_met) continue;
        out->until_ms = k->at_ms;
        if (!out->short_of_quota) out->rule = k->rule->id;
        return;
    }
}

void legal_look(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                const struct entry *own, struct arena *scratch, struct legal *out)
{
    struct coming *caps;
    uint32_t count;
    look(c, spec, pool, now_ms, own, scratch, out);
    look_ahead(c, spec, pool, now_ms, own, scratch, out, &caps, &count);
}

/* The next date known on which it is `allowed`, or not, whatever is used of quotas; CIVIL_NEVER_MS. */
static int64_t next_date(const struct core *c, const struct job_spec *spec, uint32_t pool,
                         int64_t now_ms, bool allowed, struct arena *scratch)
{
    struct law_case x;
    struct law_seen seen;
    case_build(&c->fleet, spec, pool, now_ms, NULL, scratch, &x);
    forget_counters(&x);
    struct law_look *look = law_look_new(c->law, &x, scratch);
    law_look_ask(look, &seen);
    bool permits = false;
    return seek(look, &x, allowed, &seen, &permits) ? x.on_ms : CIVIL_NEVER_MS;
}

int64_t legal_from(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                   struct arena *scratch)
{
    return next_date(c, spec, pool, now_ms, true, scratch); /* quotas may be free by then */
}

int64_t legal_ends(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                   struct arena *scratch)
{
    return next_date(c, spec, pool, now_ms, false, scratch);
}

static int64_t permit_left(const struct core *c, struct str rule)
{
    int64_t left = 0;
    for (uint32_t i = 0; i < c->fleet.permit_count; i++) {
        const struct permit *p = &c->fleet.permits[i];
        if (str_eq(p->rule, rule) && p->amount - c->permit_used[i] > left)
            left = p->amount - c->permit_used[i];
    }
    return left;
}

void legal_quota(const struct core *c, const struct job_spec *spec, uint32_t pool,
                 const struct legal *legal, int64_t *have_out, int64_t *need_out)
{
    const struct law_rule *r = law_rule(c->law, legal->rule);
    *need_out = case_chips(&c->fleet, spec, pool);
    *have_out = permit_left(c, legal->rule);
    if (r == NULL || !r->cap.present) return;
    struct arena scratch;
    struct law_case x;
    struct law_add *adds;
    uint32_t count;
    arena_init(&scratch);
    core_case(c, spec, pool, c->now_ms, &scratch, &x);
    law_adds(c->law, &x, &scratch, &adds, &count);
    int64_t left = r->cap.at_most_milli;
    for (uint32_t i = 0; i < x.counter_count; i++)
        if (str_eq(x.counters[i].rule, r->id)) left -= x.counters[i].milli;
    *have_out = left > 0 ? left / 1000 : 0;
    for (uint32_t i = 0; i < count; i++)
        if (law_cap_at(c->law, adds[i].cap) == r) *need_out = (adds[i].milli + 999) / 1000;
    arena_release(&scratch);
}

static int64_t cell_cap_used(const struct core *c, const struct cell_cap *k)
{
    if (k->is_coming) return counter_then(c, k->counter->rule, k->counter->key, NULL);
    return counter_used(k->counter);
}

static bool cell_is_good(const struct core *c, const struct legal_cell *cell)
{
    if (cell->epoch != c->legal_epoch || c->now_ms >= cell->at.holds_until_ms) return false;
    if (cell->at.looks_at_permits && cell->permit_epoch != c->permit_epoch) return false;
    for (uint32_t i = 0; i < cell->cap_count; i++) {
        const struct cell_cap *k = &cell->caps[i];
        if ((cell_cap_used(c, k) <= k->room_milli) != k->is_within) return false;
    }
    return true;
}

void signature_clear_cells(struct signature *s)
{
    for (uint32_t i = 0; i < s->cell_count; i++) mem_free(s->cells[i].caps);
    mem_free(s->cells);
    s->cells = NULL;
    s->cell_count = 0;
}

static bool caps_may_count(const struct core *c)
{
    for (uint32_t i = 0; i < law_caps(c->law); i++)
        if ((law_cap_at(c->law, i)->acts & law_placement_acts(c->law)) != 0) return true;
    return false;
}

static void cell_cap_set(struct core *c, struct cell_cap *k, const struct law_rule *r,
                         struct str key, int64_t milli, bool is_coming)
{
    k->counter = counter_of(c, r->id, key);
    k->is_coming = is_coming;
    k->room_milli = r->cap.at_most_milli - milli;
    k->is_within = cell_cap_used(c, k) <= k->room_milli;
}

/* Which counters would change the answer of the cell, and where. */
static void cell_caps(struct core *c, const struct job_spec *spec, uint32_t pool,
                      struct legal_cell *cell)
{
    mem_free(cell->caps);
    cell->caps = NULL;
    cell->cap_count = 0;
    if (!caps_may_count(c)) return;
    struct law_case x;
    struct law_add *adds;
    struct coming *coming;
    uint32_t add_count, coming_count;
    look_ahead(c, spec, pool, c->now_ms, NULL, &c->legal_scratch, &cell->at, &coming,
               &coming_count);
    core_case(c, spec, pool, c->now_ms, &c->legal_scratch, &x);
    law_adds(c->law, &x, &c->legal_scratch, &adds, &add_count);
    cell->cap_count = add_count + coming_count;
    if (cell->cap_count > 0) cell->caps = mem_alloc(cell->cap_count, sizeof *cell->caps);
    for (uint32_t i = 0; i < add_count; i++) {
        const struct law_rule *r = law_cap_at(c->law, adds[i].cap);
        cell_cap_set(c, &cell->caps[i], r, law_cap_key(r, &x), adds[i].milli, false);
    }
    for (uint32_t i = 0; i < coming_count; i++) {
        const struct coming *k = &coming[i];
        cell_cap_set(c, &cell->caps[add_count + i], k->rule, k->key, k->milli, true);
        if (!k->has_room) cell->at.looks_at_permits = true; /* is it met? */
    }
    cell->at.by_counter = cell->cap_count > 0;
}

const struct legal *legal_of(struct core *c, struct signature *s, const struct job_spec *spec,
                             uint32_t pool)
{
    if (s->cell_count != c->pool_signature_count) {
        signature_clear_cells(s);
        s->cells = mem_alloc(c->pool_signature_count, sizeof *s->cells);
        s->cell_count = c->pool_signature_count;
    }
    struct legal_cell *cell = &s->cells[c->pool_signature[pool]];
    if (!cell_is_good(c, cell)) {
        look(c, spec, pool, c->now_ms, NULL, &c->legal_scratch, &cell->at);
        cell_caps(c, spec, pool, cell);
        arena_clear(&c->legal_scratch);
        cell->epoch = c->legal_epoch;
        cell->permit_epoch = c->permit_epoch;
    }
    return &cell->at;
}

enum tri core_may(const struct core *c, const struct job *j, struct pool_id pool)
{
    const struct class *k = ((const struct entry *)j)->class;
    if (k == NULL || pool.v >= c->fleet.pool_count) return TRI_UNKNOWN;
    uint32_t at = c->pool_signature[pool.v];
    if (at >= k->signature->cell_count) return TRI_UNKNOWN;
    const struct legal_cell *cell = &k->signature->cells[at];
    if (!cell_is_good(c, cell)) return TRI_UNKNOWN;
    return cell->at.allowed && !cell->at.short_of_quota ? TRI_YES : TRI_NO;
}

/* ---- permits --------------------------------------------------------------------------------- */

static uint32_t permit_named(const struct fleet *f, struct str name)
{
    for (uint32_t i = 0; i < f->permit_count; i++)
        if (str_eq(f->permits[i].id, name)) return i;
    for (uint32_t i = 0; i < f->permit_count; i++)
        if (str_eq(f->permits[i].rule, name)) return i;
    return NO_INDEX;
}

/* Leave in the case only the permits in `among`. */
static void keep_permits(const struct fleet *f, struct law_case *x, const uint32_t *among,
                         uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < x->permit_count; i++) {
        bool is_among = false;
        for (uint32_t k = 0; k < count; k++)
            is_among = is_among || str_eq(f->permits[among[k]].id, x->permits[i].id);
        if (is_among) x->permits[kept++] = x->permits[i];
    }
    x->permit_count = kept;
}

bool legal_permits(const struct core *c, const struct job_spec *spec, uint32_t pool,
                   const uint32_t *among, uint32_t among_count, struct arena *scratch,
                   uint32_t **permits_out, uint32_t *count_out)
{
    struct law_case x;
    struct law_verdict verdict;
    core_case(c, spec, pool, c->now_ms, scratch, &x);
    if (among != NULL) keep_permits(&c->fleet, &x, among, among_count);
    law_decide(c->law, &x, scratch, &verdict);
    *permits_out = ARENA_ARRAY(scratch, verdict.finding_count, uint32_t);
    *count_out = 0;
    for (uint32_t i = 0; i < verdict.finding_count; i++) {
        const struct law_finding *g = &verdict.findings[i];
        if (!g->binding || !g->met || g->permit.len == 0) continue;
        uint32_t p = permit_named(&c->fleet, g->permit);
        if (p == NO_INDEX) continue;
        struct str unit = c->fleet.permits[p].unit;
        bool is_listed = unit.len > 0 && !str_eqz(unit, "chips");
        for (uint32_t k = 0; k < *count_out; k++) is_listed = is_listed || (*permits_out)[k] == p;
        if (!is_listed) (*permits_out)[(*count_out)++] = p;
    }
    return verdict.allowed;
}

static void permits_add(struct core *c, const struct entry *e, int64_t chips)
{
    for (uint32_t i = 0; i < e->permit_count; i++) {
        uint32_t p = e->permits[i];
        c->permit_held[p] += chips;
        c->permit_used[p] += chips;
        if (i + e->permit_over >= e->permit_count) c->permit_over[p] += chips;
    }
}

void permits_enter(struct core *c, const struct entry *e)
{
    permits_add(c, e, e->job.claim->chips);
}

void permits_take(struct core *c, struct entry *e, const uint32_t *permits, uint32_t count,
                  uint32_t over)
{
    ASSERT(e->permit_count == 0 && e->job.claim != NULL && over <= count);
    if (count == 0) return;
    e->permits = mem_alloc(count, sizeof *e->permits);
    memcpy(e->permits, permits, count * sizeof *e->permits);
    e->permit_count = count;
    e->permit_over = over;
    permits_enter(c, e);
    c->permit_epoch++;
    c->quotas_changed = true;
}

void permits_give(struct core *c, struct entry *e)
{
    if (e->permit_count == 0) return;
    ASSERT(e->job.claim != NULL);
    permits_add(c, e, -(int64_t)e->job.claim->chips * (BERTH_DEFECT == 6 ? 2 : 1));
    mem_free(e->permits);
    e->permits = NULL;
    e->permit_count = e->permit_over = 0;
    c->permit_epoch++;
    c->quotas_changed = true;
}

/* ---- dates ----------------------------------------------------------------------------------- */

static int64_t legal_next_date(const struct core *c, int64_t after_ms)
{
    int64_t next = law_next_change(c->law, after_ms);
    size_t lo = 0, hi = c->fact_date_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->fact_dates[mid] > after_ms)
            hi = mid;
        else
            lo = mid + 1;
    }
    if (lo < c->fact_date_count && c->fact_dates[lo] < next) next = c->fact_dates[lo];
    return next;
}

void segment_begin(struct core *c)
{
    int64_t law = legal_next_date(c, c->now_ms), counters = counters_next_date(c);
    c->segment_end_ms = law < counters ? law : counters;
    c->caps_may_come = law != CIVIL_NEVER_MS && coming_any(c);
}

/* Cells know until when they hold. */
static void date_changed(struct core *c)
{
    counters_refresh(c);
    segment_begin(c);
    c->waiting_stale = true;
    c->retry_all = true;
    c->recheck_attempts = true;
}

void legal_changed(struct core *c)
{
    c->legal_epoch++;
    date_changed(c);
}

void legal_segment(struct core *c)
{
    if (c->now_ms >= c->segment_end_ms) date_changed(c);
}

static int date_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void fact_dates(struct core *c)
{
    const struct fleet *f = &c->fleet;
    size_t most = 3 * (size_t)f->permit_count, n = 0;
    for (uint32_t i = 0; i < f->party_count; i++) most += 2 * (size_t)f->parties[i].owner_count;
    int64_t *all = mem_alloc(most, sizeof *all);
    for (uint32_t i = 0; i < f->party_count; i++) {
        for (uint32_t k = 0; k < f->parties[i].owner_count; k++) {
            all[n++] = f->parties[i].owners[k].from_ms;
            all[n++] = f->parties[i].owners[k].to_ms;
        }
    }
    for (uint32_t i = 0; i < f->permit_count; i++) {
        int64_t to = f->permits[i].to_ms;
        all[n++] = f->permits[i].from_ms;
        all[n++] = to;
        if (to > 0 && to < CIVIL_NEVER_MS - CIVIL_DAY_MS)
            all[n++] = to + CIVIL_DAY_MS; /* "to" names a day: it ends with the day */
    }
    if (n > 0) qsort(all, n, sizeof *all, date_order);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (all[i] != 0 && (kept == 0 || all[kept - 1] != all[i])) all[kept++] = all[i];
    mem_free(c->fact_dates);
    c->fact_dates = all;
    c->fact_date_count = kept;
}

/* ---- signatures ------------------------------------------------------------------------------ */

static void put_u64(struct buf *b, uint64_t x)
{
    buf_put(b, &x, sizeof x);
}

static void put_str(struct buf *b, struct str s)
{
    put_u64(b, s.len);
    buf_put_str(b, s);
}

static void put_strs(struct buf *b, const struct str *s, uint32_t count)
{
    put_u64(b, count);
    for (uint32_t i = 0; i < count; i++) put_str(b, s[i]);
}

void signature_bytes(const struct job_spec *s, struct buf *out)
{
    put_str(out, s->tenant);
    if (BERTH_DEFECT != 14) put_str(out, s->end_user);
    put_str(out, s->purpose);
    put_strs(out, s->evidence, s->evidence_count);
    put_u64(out, s->data_known);
    put_u64(out, s->data_count);
    for (uint32_t i = 0; i < s->data_count; i++) {
        const struct data_set *d = &s->data[i];
        put_str(out, d->class);
        put_str(out, d->subject_country);
        if (BERTH_DEFECT != 13) put_str(out, d->located);
        put_str(out, d->accessed_from);
        put_u64(out, d->persons_known);
        put_u64(out, (uint64_t)d->persons);
    }
}

static void pool_bytes(const struct pool *p, struct buf *out)
{
    const struct title *t = &p->title;
    put_u64(out, p->chip_index);
    put_u64(out, p->site_index);
    put_u64(out, p->chips_per_node);
    put_u64(out, p->cpus_per_node);
    put_u64(out, p->mem_mb_per_node);
    put_u64(out, t->owner_index);
    put_u64(out, t->lessor_index);
    if (BERTH_DEFECT != 12) put_u64(out, (uint64_t)t->acquired_ms);
    put_strs(out, t->intermediaries, t->intermediary_count);
    if (BERTH_DEFECT != 15) put_strs(out, t->evidence, t->evidence_count);
}

struct pool_group {
    struct hash_node node;
    struct str bytes;
    uint32_t signature;
};

static uint32_t pool_group_of(struct core *c, struct hash *groups, struct str bytes)
{
    uint64_t value = hash_bytes(bytes.p, bytes.len, 0);
    for (struct hash_node *n = hash_find(groups, value); n != NULL; n = hash_next(n)) {
        struct pool_group *g = CONTAINER(n, struct pool_group, node);
        if (str_eq(g->bytes, bytes)) return g->signature;
    }
    struct pool_group *g = ARENA_NEW(&c->scratch, struct pool_group);
    g->bytes = str_copy(&c->scratch, bytes);
    g->signature = c->pool_signature_count++;
    hash_insert(groups, &g->node, value);
    return g->signature;
}

void legal_fleet(struct core *c)
{
    struct hash groups = {0};
    mem_free(c->pool_signature);
    c->pool_signature = mem_alloc(c->fleet.pool_count, sizeof *c->pool_signature);
    c->pool_signature_count = 0;
    for (uint32_t p = 0; p < c->fleet.pool_count; p++) {
        buf_clear(&c->key_buf);
        pool_bytes(&c->fleet.pools[p], &c->key_buf);
        c->pool_signature[p] = pool_group_of(c, &groups, buf_str(&c->key_buf));
    }
    hash_release(&groups);
    arena_clear(&c->scratch);
    fact_dates(c);
}
