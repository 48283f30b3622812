/* legal.c - the law's answers, remembered.
 *
 * Jobs that no law can tell apart share a signature, pools likewise; a verdict is worked out once
 * for a pair of signatures and kept in a cell. Cells are good for one epoch: until the packs, what
 * binds or the fleet change, or a date passes on which a rule or a fact changes. Where a permit is
 * part of the answer, the cell is also worked out again whenever a claim takes from a permit or
 * gives back. */
#include "core/case.h"
#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool allows(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t on_ms,
                   const int64_t *used, bool with_permits, struct arena *scratch, struct legal *out)
{
    struct law_case x;
    case_build(&c->fleet, c->law, spec, pool, on_ms, used, scratch, &x);
    if (!with_permits) x.permit_count = 0;
    out->rule = (struct str){0};
    return law_allows(c->law, &x, scratch, &out->effect, &out->rule);
}

/* What each permit has used, apart from what `own` holds. */
static const int64_t *used_without(const struct core *c, const struct entry *own,
                                   struct arena *scratch)
{
    if (own == NULL || own->permit_count == 0) return c->permit_used;
    int64_t *used = ARENA_ARRAY(scratch, c->fleet.permit_count, int64_t);
    memcpy(used, c->permit_used, c->fleet.permit_count * sizeof *used);
    for (uint32_t i = 0; i < own->permit_count; i++) used[own->permits[i]] -= own->job.claim->chips;
    return used;
}

void legal_look(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                const struct entry *own, struct arena *scratch, struct legal *out)
{
    *out = (struct legal){.until_ms = CIVIL_NEVER_MS};
    const int64_t *used = used_without(c, own, scratch);
    struct legal aside;
    out->allowed = allows(c, spec, pool, now_ms, used, true, scratch, out);
    if (c->fleet.permit_count > 0 && out->allowed) {
        out->by_permit = !allows(c, spec, pool, now_ms, used, false, scratch, &aside);
    } else if (c->fleet.permit_count > 0 &&
               allows(c, spec, pool, now_ms, NULL, true, scratch, &aside)) {
        out->allowed = out->by_permit = out->short_of_permit = true;
        used = NULL;
    }
    if (!out->allowed) return;
    int64_t date = now_ms;
    for (int i = 0; i < LEGAL_LOOK_MAX; i++) {
        date = legal_next_date(c, date);
        if (date == CIVIL_NEVER_MS) return;
        if (allows(c, spec, pool, date, used, true, scratch, &aside)) continue;
        out->until_ms = date;
        if (out->rule.len == 0) out->rule = aside.rule;
        return;
    }
}

int64_t legal_from(const struct core *c, const struct job_spec *spec, uint32_t pool, int64_t now_ms,
                   struct arena *scratch)
{
    int64_t date = now_ms;
    struct legal aside;
    for (int i = 0; i < LEGAL_LOOK_MAX; i++) {
        date = legal_next_date(c, date);
        if (date == CIVIL_NEVER_MS) break;
        if (allows(c, spec, pool, date, c->permit_used, true, scratch, &aside)) return date;
    }
    return CIVIL_NEVER_MS;
}

static bool cell_is_good(const struct core *c, const struct legal_cell *cell)
{
    return cell->epoch == c->legal_epoch &&
           (!cell->at.by_permit || cell->permit_epoch == c->permit_epoch);
}

const struct legal *legal_of(struct core *c, struct signature *s, const struct job_spec *spec,
                             uint32_t pool)
{
    if (s->cell_count != c->pool_signature_count) {
        mem_free(s->cells);
        s->cells = mem_alloc(c->pool_signature_count, sizeof *s->cells);
        s->cell_count = c->pool_signature_count;
    }
    struct legal_cell *cell = &s->cells[c->pool_signature[pool]];
    if (!cell_is_good(c, cell)) {
        legal_look(c, spec, pool, c->now_ms, NULL, &c->legal_scratch, &cell->at);
        arena_clear(&c->legal_scratch);
        cell->epoch = c->legal_epoch;
        cell->permit_epoch = c->permit_epoch;
    }
    return &cell->at;
}

_Static_assert(offsetof(struct entry, job) == 0, "a job of core_job is the head of its entry");

enum tri core_may(const struct core *c, const struct job *j, struct pool_id pool)
{
    const struct class *k = ((const struct entry *)j)->class;
    if (k == NULL || pool.v >= c->fleet.pool_count) return TRI_UNKNOWN;
    uint32_t at = c->pool_signature[pool.v];
    if (at >= k->signature->cell_count) return TRI_UNKNOWN;
    const struct legal_cell *cell = &k->signature->cells[at];
    if (!cell_is_good(c, cell)) return TRI_UNKNOWN;
    return cell->at.allowed && !cell->at.short_of_permit ? TRI_YES : TRI_NO;
}

/* ---- permits ----------------------------------------------------------------------------------
 */

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
    case_build(&c->fleet, c->law, spec, pool, c->now_ms, c->permit_used, scratch, &x);
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

void permits_take(struct core *c, struct entry *e, const uint32_t *permits, uint32_t count)
{
    ASSERT(e->permit_count == 0 && e->job.claim != NULL);
    if (count == 0) return;
    e->permits = mem_alloc(count, sizeof *e->permits);
    e->permit_count = count;
    for (uint32_t i = 0; i < count; i++) {
        e->permits[i] = permits[i];
        c->permit_held[permits[i]] += e->job.claim->chips;
        c->permit_used[permits[i]] += e->job.claim->chips;
    }
    c->permit_epoch++;
    c->permits_changed = true;
}

void permits_give(struct core *c, struct entry *e)
{
    if (e->permit_count == 0) return;
    ASSERT(e->job.claim != NULL);
    for (uint32_t i = 0; i < e->permit_count; i++) {
        int64_t chips = e->job.claim->chips;
        if (BERTH_DEFECT == 6) chips *= 2;
        c->permit_held[e->permits[i]] -= chips;
        c->permit_used[e->permits[i]] -= chips;
    }
    mem_free(e->permits);
    e->permits = NULL;
    e->permit_count = 0;
    c->permit_epoch++;
    c->permits_changed = true;
}

/* ---- dates -------------------------------------------------------------------------------------
 */

int64_t legal_next_date(const struct core *c, int64_t after_ms)
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

void legal_changed(struct core *c)
{
    c->legal_epoch++;
    c->segment_end_ms = legal_next_date(c, c->now_ms);
    c->retry_all = true;
    c->recheck_attempts = true;
}

void legal_segment(struct core *c)
{
    if (c->now_ms >= c->segment_end_ms) legal_changed(c);
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

/* ---- signatures --------------------------------------------------------------------------------
 */

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
    put_str(out, s->end_user);
    put_str(out, s->purpose);
    put_strs(out, s->evidence, s->evidence_count);
    put_u64(out, s->data_known);
    put_u64(out, s->data_count);
    for (uint32_t i = 0; i < s->data_count; i++) {
        const struct data_set *d = &s->data[i];
        put_str(out, d->class);
        put_str(out, d->subject_country);
        put_str(out, d->located);
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
    put_u64(out, (uint64_t)t->acquired_ms);
    put_strs(out, t->intermediaries, t->intermediary_count);
    put_strs(out, t->evidence, t->evidence_count);
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
