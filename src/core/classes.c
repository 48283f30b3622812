/* classes.c - waiting jobs that placement cannot tell apart. */
#include "core/explain.h"
#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

static void put_u64(struct buf *b, uint64_t x)
{
    buf_put(b, &x, sizeof x);
}

static void put_strs(struct buf *b, const struct str *s, uint32_t count)
{
    put_u64(b, count);
    for (uint32_t i = 0; i < count; i++) {
        put_u64(b, s[i].len);
        buf_put_str(b, s[i]);
    }
}

/* What size_in_pool reads. */
static void size_bytes(const struct job_spec *s, struct buf *b)
{
    put_u64(b, (uint64_t)s->nodes << 32 | s->nodes_limit);
    put_u64(b, (uint64_t)s->chips << 32 | s->chips_per_node);
    put_u64(b, (uint64_t)s->chip_milli << 32 | s->shards);
    put_u64(b, (uint64_t)s->switches << 1 | s->contiguous);
    put_u64(b, (uint64_t)s->tasks << 32 | s->tasks_per_node);
    put_u64(b, (uint64_t)s->cpus_per_task << 1 | s->exclusive);
    put_u64(b, s->mem_mb_per_node);
    put_u64(b, s->mem_mb_per_chip);
    put_u64(b, s->mem_mb_per_cpu);
}

/* What the rest of placement reads. */
static void wish_bytes(const struct job_spec *s, struct buf *b)
{
    put_strs(b, s->chip_kinds, s->chip_kind_count);
    put_strs(b, s->chip_prefer, s->chip_prefer_count);
    put_strs(b, s->partitions, s->partition_count);
    put_strs(b, s->sites, s->site_count);
    put_strs(b, s->not_sites, s->not_site_count);
    put_strs(b, s->countries, s->country_count);
    put_u64(b, (uint64_t)s->max_uusd_per_chip_h);
    put_u64(b, (uint64_t)s->time_limit_ms);
    put_u64(b, (uint64_t)s->deadline_ms);
    put_u64(b, (uint64_t)s->checkpoint_s << 1 | s->no_requeue);
    for (uint32_t i = 0; i < s->data_count; i++) {
        put_strs(b, &s->data[i].located, 1);
        put_u64(b, (uint64_t)s->data[i].gb);
    }
    put_strs(b, &s->work.saved_site, 1);
    put_u64(b, (uint64_t)s->work.checkpoint_gb);
    put_strs(b, &s->work.type, 1);
    put_u64(b, (uint64_t)s->work.steps);
    put_u64(b, (uint64_t)s->work.steps_done);
    put_strs(b, &s->work.seen_chip, 1);
    put_u64(b, s->work.seen_chips);
    put_u64(b, (uint64_t)s->work.seen_usteps_per_s);
}

void core_legal_bytes(const struct job_spec *s, struct buf *b)
{
    signature_bytes(s, b);
    size_bytes(s, b); /* the amount of chips follows from it */
}

static struct signature *signature_of(struct core *c, const struct job_spec *s)
{
    buf_clear(&c->key_buf);
    core_legal_bytes(s, &c->key_buf);
    struct str bytes = buf_str(&c->key_buf);
    uint64_t value = hash_bytes(bytes.p, bytes.len, 0);
    struct hash_node *n = hash_find(&c->signatures, value);
    for (; n != NULL; n = hash_next(n)) {
        struct signature *g = CONTAINER(n, struct signature, by_bytes);
        if (!str_eq(g->bytes, bytes)) continue;
        g->users++;
        return g;
    }
    struct signature *g = mem_alloc(1, sizeof *g + bytes.len);
    memcpy(g + 1, bytes.p, bytes.len);
    g->bytes = (struct str){(const char *)(g + 1), bytes.len};
    g->users = 1;
    hash_insert(&c->signatures, &g->by_bytes, value);
    return g;
}

static void signature_drop(struct core *c, struct signature *g)
{
    if (--g->users > 0) return;
    hash_remove(&c->signatures, &g->by_bytes);
    signature_clear_cells(g);
    mem_free(g);
}

static struct size_group *size_group_of(struct core *c, struct spec_box *box)
{
    buf_clear(&c->key_buf);
    size_bytes(&box->spec, &c->key_buf);
    struct str bytes = buf_str(&c->key_buf);
    uint64_t value = hash_bytes(bytes.p, bytes.len, 0);
    struct hash_node *n = hash_find(&c->size_groups, value);
    for (; n != NULL; n = hash_next(n)) {
        struct size_group *g = CONTAINER(n, struct size_group, by_bytes);
        if (str_eq(g->bytes, bytes)) return g;
    }
    struct size_group *g = mem_alloc(1, sizeof *g + bytes.len);
    memcpy(g + 1, bytes.p, bytes.len);
    g->bytes = (struct str){(const char *)(g + 1), bytes.len};
    g->box = box;
    box->users++;
    hash_insert(&c->size_groups, &g->by_bytes, value);
    g->next = c->sizes;
    if (g->next != NULL) g->next->prev = g;
    c->sizes = g;
    return g;
}

static void size_group_drop(struct core *c, struct size_group *g)
{
    if (g->classes != NULL) return;
    outlooks_drop(c, g);
    hash_remove(&c->size_groups, &g->by_bytes);
    if (g->prev != NULL)
        g->prev->next = g->next;
    else
        c->sizes = g->next;
    if (g->next != NULL) g->next->prev = g->prev;
    box_drop(g->box);
    mem_free(g);
}

static void class_free(struct core *c, struct class *k)
{
    if (order_holds(&k->in_recheck)) order_remove(&c->rechecks, &k->in_recheck);
    hash_remove(&c->classes, &k->by_bytes);
    if (k->size_prev != NULL)
        k->size_prev->size_next = k->size_next;
    else
        k->size->classes = k->size_next;
    if (k->size_next != NULL) k->size_next->size_prev = k->size_prev;
    size_group_drop(c, k->size);
    signature_drop(c, k->signature);
    box_drop(k->box);
    mem_free(k->candidates);
    mem_free(k->candidate_bits);
    mem_free(k);
}

static void empty_push(struct core *c, struct class *k)
{
    k->is_empty = true;
    k->empty_prev = c->empty_last;
    k->empty_next = NULL;
    if (c->empty_last != NULL)
        c->empty_last->empty_next = k;
    else
        c->empty = k;
    c->empty_last = k;
    c->empty_count++;
}

static void empty_drop(struct core *c, struct class *k)
{
    if (k->empty_prev != NULL)
        k->empty_prev->empty_next = k->empty_next;
    else
        c->empty = k->empty_next;
    if (k->empty_next != NULL)
        k->empty_next->empty_prev = k->empty_prev;
    else
        c->empty_last = k->empty_prev;
    k->empty_prev = k->empty_next = NULL;
    k->is_empty = false;
    c->empty_count--;
}

/* Keep the empty classes used last; never the newest, which the caller may be about to use. */
static void empty_trim(struct core *c)
{
    while (c->empty_count > CLASS_EMPTY_MAX) {
        struct class *oldest = c->empty;
        empty_drop(c, oldest);
        class_free(c, oldest);
    }
}

static struct class *class_new(struct core *c, struct spec_box *box, struct str bytes,
                               uint64_t value)
{
    struct class *k = mem_alloc(1, sizeof *k + bytes.len);
    memcpy(k + 1, bytes.p, bytes.len);
    k->bytes = (struct str){(const char *)(k + 1), bytes.len};
    hash_insert(&c->classes, &k->by_bytes, value);
    k->box = box;
    box->users++;
    k->share = share_of(c, box->spec.tenant);
    k->signature = signature_of(c, &box->spec);
    k->size = size_group_of(c, box);
    k->size_next = k->size->classes;
    if (k->size_next != NULL) k->size_next->size_prev = k;
    k->size->classes = k;
    k->serial = ++c->class_serial;
    k->reason = REASON_NONE; /* until it is tried */
    empty_push(c, k);
    empty_trim(c);
    return k;
}

struct class *class_of(struct core *c, struct spec_box *box)
{
    struct buf *b = &c->key_buf;
    buf_clear(b);
    signature_bytes(&box->spec, b);
    size_bytes(&box->spec, b);
    wish_bytes(&box->spec, b);
    struct str bytes = buf_str(b);
    uint64_t value = hash_bytes(bytes.p, bytes.len, 0);
    for (struct hash_node *n = hash_find(&c->classes, value); n != NULL; n = hash_next(n)) {
        struct class *k = CONTAINER(n, struct class, by_bytes);
        if (str_eq(k->bytes, bytes)) return k;
    }
    char *own = arena_copy(&c->scratch, bytes.p, bytes.len);
    struct class *k = class_new(c, box, (struct str){own, bytes.len}, value);
    arena_clear(&c->scratch);
    return k;
}

/* The first job shows what stops the class; those behind it wait for it. */
static int reason_behind(const struct class *k)
{
    bool by_turn = k->reason == REASON_NONE || k->reason == REASON_RESOURCES ||
                   k->reason == REASON_QUOTA || k->reason == REASON_BUDGET;
    return by_turn ? REASON_PRIORITY : k->reason;
}

/* Try the class in this step's pass, in the place of its first job. */
void class_push(struct core *c, struct class *k, bool try_all)
{
    struct order_node *first = order_first(&k->jobs);
    if (try_all) k->try_all = true;
    struct order *pass = &k->share->pass;
    const struct order_node *next = order_first(pass);
    if (k->in_pass) order_remove(pass, &k->in_pass_node);
    k->in_pass = first != NULL;
    if (k->in_pass) order_insert(pass, &k->in_pass_node, first->major, first->id);
    if (order_first(pass) != next || next == &k->in_pass_node) pass_update(c, k->share);
}

void class_set_reason(struct core *c, struct class *k, int reason, struct str rule)
{
    if (k->reason == reason && str_eq(k->rule, rule)) return;
    int was_behind = reason_behind(k);
    struct str old_rule = k->rule;
    k->reason = reason;
    k->rule = rule;
    struct order_node *n = order_first(&k->jobs);
    if (n == NULL) return;
    reserve_class(c, k);
    struct entry *first = CONTAINER(n, struct entry, in_group);
    entry_set_reason(c, first, reason);
    first->job.refusal_rule = rule;
    if (was_behind == reason_behind(k) && str_eq(old_rule, rule)) return;
    while ((n = order_after(&k->jobs, n->major, n->id)) != NULL) {
        struct entry *e = CONTAINER(n, struct entry, in_group);
        entry_set_reason(c, e, reason_behind(k));
        e->job.refusal_rule = rule;
    }
}

void class_join(struct core *c, struct entry *e)
{
    ASSERT(e->class == NULL && e->job.state == JOB_PENDING);
    struct class *k = class_of(c, e->box);
    if (k->is_empty) {
        empty_drop(c, k);
        k->size->waiting++;
        k->try_all = true; /* until it has been tried in a pass */
    }
    order_insert(&k->jobs, &e->in_group, -(int64_t)e->job.spec.priority, e->job.id.v);
    if (order_first(&k->jobs) == &e->in_group) {
        reserve_class(c, k);
        /* What is kept for a job before those that wait may not be before this one. */
        if (k->reason == REASON_BUDGET) k->try_all = true;
    }
    e->class = k;
    if (e->array != NULL) e->array->eligible++;
    if (k->try_all || k->in_pass) class_push(c, k, false);
}

void class_enter(struct core *c, struct entry *e)
{
    class_join(c, e);
    struct class *k = e->class;
    e->job.refusal_rule = k->rule;
    bool is_first = order_first(&k->jobs) == &e->in_group;
    entry_set_reason(c, e, is_first ? k->reason : reason_behind(k));
    struct order_node *second = order_after(&k->jobs, e->in_group.major, e->in_group.id);
    if (is_first && second != NULL)
        entry_set_reason(c, CONTAINER(second, struct entry, in_group), reason_behind(k));
}

void class_leave(struct core *c, struct entry *e)
{
    struct class *k = e->class;
    ASSERT(k != NULL);
    bool was_first = order_first(&k->jobs) == &e->in_group;
    order_remove(&k->jobs, &e->in_group);
    if (was_first) reserve_class(c, k);
    if (k->in_pass) class_push(c, k, false);
    e->class = NULL;
    e->job.refusal_rule = (struct str){0};
    if (e->array != NULL) {
        e->array->eligible--;
        array_mark(c, e->array);
    }
    struct order_node *first = order_first(&k->jobs);
    if (first != NULL) {
        entry_set_reason(c, CONTAINER(first, struct entry, in_group), k->reason);
        return;
    }
    k->size->waiting--;
    k->reason = REASON_NONE; /* until it is tried */
    k->rule = (struct str){0};
    k->uses_quota = false;
    if (order_holds(&k->in_recheck)) order_remove(&c->rechecks, &k->in_recheck);
    empty_push(c, k);
    empty_trim(c);
}

void classes_release(struct core *c)
{
    for (struct size_group *g = c->sizes; g != NULL;) {
        struct size_group *next_group = g->next;
        for (struct class *k = g->classes; k != NULL;) {
            struct class *next = k->size_next; /* the last one frees its group */
            class_free(c, k);
            k = next;
        }
        g = next_group;
    }
    hash_release(&c->classes);
    hash_release(&c->signatures);
    hash_release(&c->size_groups);
}

/* ---- candidates
 * ---------------------------------------------------------------------------------- */

/* Those where the deadline is surely kept, then where it may be missed by the least (cost.c); preferred
 * kinds first (sbatch's --prefer: "try these before others"), then the least cost, then
 * for jobs without chips the default pool and pools without chips, then the order of the fleet. */
static bool is_better(const struct core *c, const struct candidate *a, const struct candidate *b)
{
    const struct fleet *f = &c->fleet;
    int64_t a_late = late_by_ms(a->sure_until_ms, c->now_ms);
    int64_t b_late = late_by_ms(b->sure_until_ms, c->now_ms);
    if (a_late != b_late) return a_late < b_late;
    if (a->preferred != b->preferred) return a->preferred;
    if (a->cost_uusd != b->cost_uusd) return a->cost_uusd < b->cost_uusd;
    const struct pool *p = &f->pools[a->pool], *q = &f->pools[b->pool];
    if (p->is_default != q->is_default) return p->is_default;
    bool p_has_chips = p->chips_per_node > 0, q_has_chips = q->chips_per_node > 0;
    if (p_has_chips != q_has_chips) return q_has_chips;
    return a->pool < b->pool;
}

static void sort_candidates(const struct core *c, struct candidate *a, struct candidate *spare,
                            uint32_t n)
{
    if (n < 2) return;
    uint32_t half = n / 2, i = 0, k = half, out = 0;
    sort_candidates(c, a, spare, half);
    sort_candidates(c, a + half, spare + half, n - half);
    while (i < half || k < n) {
        bool left = k == n || (i < half && !is_better(c, &a[k], &a[i]));
        spare[out++] = left ? a[i++] : a[k++];
    }
    memcpy(a, spare, n * sizeof *a);
}

void class_candidates(struct core *c, struct class *k)
{
    if (k->fleet_epoch == c->fleet_epoch && c->now_ms < k->order_until_ms) return;
    const struct fleet *f = &c->fleet;
    const struct job_spec *s = &k->box->spec;
    mem_free(k->candidates);
    mem_free(k->candidate_bits);
    k->candidate_bits = mem_alloc(f->pool_count / 64 + 1, sizeof *k->candidate_bits);
    struct candidate *all = ARENA_ARRAY(&c->scratch, 2 * (size_t)f->pool_count, struct candidate);
    uint32_t n = 0;
    k->order_until_ms = CIVIL_NEVER_MS;
    for (uint32_t p = 0; p < f->pool_count; p++) {
        struct pool_reason row;
        if (pool_row_static(f, s, p, &row) != REASON_NONE) continue;
        struct cost cost;
        cost_in_pool(c, s, p, &cost);
        all[n++] = (struct candidate){cost.total_uusd,
                                      cost.limit_uusd,
                                      p,
                                      kind_is_preferred(s, &f->pools[p]),
                                      speed_row(c, s, p, &row) != REASON_NONE,
                                      cost.sure_until_ms};
        bool turns = cost.sure_until_ms >= c->now_ms && cost.sure_until_ms < k->order_until_ms;
        if (turns) k->order_until_ms = cost.sure_until_ms + 1;
        k->candidate_bits[p / 64] |= UINT64_C(1) << (p % 64);
    }
    sort_candidates(c, all, all + f->pool_count, n);
    k->candidates = mem_alloc(n, sizeof *k->candidates);
    if (n > 0) memcpy(k->candidates, all, n * sizeof *all);
    k->candidate_count = n;
    arena_clear(&c->scratch);
    k->fleet_epoch = c->fleet_epoch;
}

bool class_may_use(const struct class *k, uint32_t pool)
{
    return (k->candidate_bits[pool / 64] >> (pool % 64) & 1) != 0;
}

void classes_retry(struct core *c, bool (*wanted)(const struct class *k))
{
    for (struct size_group *g = c->sizes; g != NULL; g = g->next)
        for (struct class *k = g->classes; k != NULL; k = k->size_next)
            if (!k->is_empty && (wanted == NULL || wanted(k))) class_push(c, k, true);
}
