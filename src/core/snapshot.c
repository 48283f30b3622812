/* snapshot.c - the whole state as one map, and back (core.h: visit_core).
 *
 * Only what cannot be derived is written: see state.h. A job is read into one struct and entered at
 * once, so reading needs little memory beside the state itself. Bytes that were not written by this
 * code are refused, not believed: claims must be free, indexes in range, ids in order. */
#include "core/preempt.h"

#include "base/check.h"
#include "base/mem.h"
#include "law/pack.h"

#include <string.h>

/* ---- nodes that are not up
 * ------------------------------------------------------------------------ */

struct node_mark {
    uint32_t pool, first, count;
    int state;
};

static void visit_node_mark(struct visit *v, struct node_mark *m)
{
    visit_u32(v, "pool", &m->pool);
    visit_u32(v, "first", &m->first);
    visit_u32(v, "count", &m->count);
    visit_enum(v, "state", &m->state, node_state_names, NODE_STATE_COUNT);
}

/* Runs of equal states, in order. Fills `out` unless it is NULL. */
static size_t list_marks(const struct core *c, struct node_mark *out)
{
    size_t count = 0;
    for (uint32_t p = 0; p < c->fleet.pool_count; p++) {
        const struct pool_nodes *n = &c->pools[p];
        for (uint32_t i = 0; i < n->count;) {
            uint32_t first = i;
            int state = n->node[i].state;
            while (i < n->count && n->node[i].state == state) i++;
            if (state == NODE_UP) continue;
            if (out != NULL) out[count] = (struct node_mark){p, first, i - first, state};
            count++;
        }
    }
    return count;
}

static void visit_node_states(struct visit *v, struct core *c)
{
    size_t count = v->reading ? 0 : list_marks(c, NULL);
    struct node_mark *marks = NULL;
    if (!v->reading) {
        marks = mem_alloc(count, sizeof *marks);
        list_marks(c, marks);
    }
    struct node_mark *written = marks;
    VISIT_ARRAY(v, "node_states", marks, count, NODES_MAX, visit_node_mark);
    mem_free(written);
    if (!v->reading) return;
    for (size_t i = 0; i < count && v->failed == ERR_NONE; i++) {
        const struct node_mark *m = &marks[i];
        if (m->pool >= c->fleet.pool_count ||
            (uint64_t)m->first + m->count > c->pools[m->pool].count) {
            visit_fail(v, "node_states: no such nodes");
            return;
        }
        for (uint32_t k = 0; k < m->count; k++)
            nodes_set_state(&c->pools[m->pool], m->first + k, m->state);
    }
}

/* What was said of nodes that are not up, in order. */
static void visit_node_notes(struct visit *v, struct core *c)
{
    size_t count = v->reading ? 0 : c->node_notes.count;
    struct node_note *list = c->node_notes.list;
    VISIT_ARRAY(v, "node_notes", list, count, NODES_MAX, visit_node_note);
    uint32_t pool = 0, end = 0; /* of the note before */
    for (size_t i = 0; v->reading && v->failed == ERR_NONE && i < count; i++) {
        const struct node_note *x = &list[i];
        if (x->pool >= c->fleet.pool_count || x->count == 0 ||
            (uint64_t)x->first + x->count > c->pools[x->pool].count || x->pool < pool ||
            (x->pool == pool && x->first < end)) {
            visit_fail(v, "node_notes: no such nodes");
            return;
        }
        pool = x->pool;
        end = x->first + x->count;
        node_notes_set(&c->node_notes, x);
    }
}

/* ---- what pools have seen
 * ------------------------------------------------------------------------- */

struct pool_seen {
    uint32_t pool;
    struct seen seen;
};

static void visit_pool_seen(struct visit *v, struct pool_seen *s)
{
    struct seen_row *rows = s->seen.rows; /* when writing */
    visit_u32(v, "pool", &s->pool);
    VISIT_ARRAY(v, "rows", rows, s->seen.count, SEEN_ROWS_MAX, visit_seen_row);
    if (!v->reading) return;
    for (uint32_t i = 0; i < s->seen.count; i++) {
        s->seen.rows[i] = rows[i];
        s->seen.sum += rows[i].weight;
    }
}

static size_t list_seen(const struct core *c, struct pool_seen *out)
{
    size_t count = 0;
    for (uint32_t p = 0; p < c->fleet.pool_count; p++) {
        if (c->pools[p].seen.count == 0) continue;
        if (out != NULL) out[count] = (struct pool_seen){p, c->pools[p].seen};
        count++;
    }
    return count;
}

static void visit_seen(struct visit *v, struct core *c)
{
    size_t count = v->reading ? 0 : list_seen(c, NULL);
    struct pool_seen *list = NULL;
    if (!v->reading) {
        list = mem_alloc(count, sizeof *list);
        list_seen(c, list);
    }
    struct pool_seen *written = list;
    VISIT_ARRAY(v, "seen", list, count, POOL_MAX, visit_pool_seen);
    mem_free(written);
    if (!v->reading) return;
    for (size_t i = 0; i < count && v->failed == ERR_NONE; i++) {
        if (list[i].pool >= c->fleet.pool_count || !seen_is_sane(&list[i].seen))
            visit_fail(v, "seen: not what a pool has seen");
        else
            nodes_expect(&c->pools[list[i].pool], &list[i].seen);
    }
}

/* ---- jobs
 * ------------------------------------------------------------------------------------------- */

static void visit_u64_bits(struct visit *v, const char *key, uint64_t *x)
{
    uint64_t low = *x & UINT32_MAX, high = *x >> 32;
    char name[40];
    size_t len = strlen(key);
    ASSERT(len + 6 < sizeof name);
    memcpy(name, key, len);
    memcpy(name + len, "_low", 5);
    visit_u64(v, name, &low);
    memcpy(name + len, "_high", 6);
    visit_u64(v, name, &high);
    if (low > UINT32_MAX || high > UINT32_MAX) visit_fail(v, "%s: out of range", key);
    if (v->reading) *x = high << 32 | (low & UINT32_MAX);
}

static void visit_part(struct visit *v, struct claim_part *p)
{
    visit_u32(v, "node", &p->node);
    visit_u32(v, "cpus", &p->cpus);
    visit_u64_bits(v, "chips", &p->chip_mask);
    visit_u64(v, "mem_mb", &p->mem_mb);
    visit_u32(v, "milli", &p->milli);
}

static void visit_claim(struct visit *v, struct claim *k)
{
    visit_u32(v, "pool", &k->pool.v);
    visit_u32(v, "chips", &k->chips);
    VISIT_ARRAY(v, "parts", k->parts, k->part_count, JOB_NODES_MAX, visit_part);
}

/* ---- counters
 * --------------------------------------------------------------------------------------- */

static void visit_counter_day(struct visit *v, struct counter_day *d)
{
    visit_i64(v, "day_ms", &d->day_ms);
    visit_i64(v, "milli", &d->milli);
}

static void visit_counter(struct visit *v, struct counter *k)
{
    visit_text(v, "rule", &k->rule);
    visit_text(v, "key", &k->key);
    VISIT_ARRAY(v, "days", k->days, k->day_count, COUNTER_DAYS_MAX, visit_counter_day);
}

static bool counter_is_sane(const struct counter *k)
{
    for (size_t i = 0; i < k->day_count; i++)
        if (k->days[i].milli < 0 || k->days[i].milli > LAW_MILLI_MAX ||
            (i > 0 && k->days[i - 1].day_ms >= k->days[i].day_ms))
            return false;
    return k->rule.len > 0 && k->day_count > 0;
}

static void read_counter(struct visit *v, struct core *c)
{
    struct counter read = {0};
    visit_counter(v, &read);
    if (v->failed != ERR_NONE) return;
    if (!counter_is_sane(&read)) {
        visit_fail(v, "counters: not in order, or out of range");
        return;
    }
    struct counter *k = counter_of(c, read.rule, read.key);
    if (k->day_count > 0) {
        visit_fail(v, "counters: one is there twice");
        return;
    }
    k->days = mem_grow(NULL, &k->day_cap, read.day_count, sizeof *k->days);
    memcpy(k->days, read.days, read.day_count * sizeof *k->days);
    k->day_count = read.day_count;
}

/* Those that ended claims count in; the rest follows from the claims. */
static void visit_counters(struct visit *v, struct core *c)
{
    size_t count = 0;
    for (size_t i = 0; !v->reading && i < c->counter_count; i++)
        count += c->counters[i]->day_count > 0;
    if (!visit_list(v, "counters", &count, COUNTERS_MAX)) return;
    for (size_t i = 0, at = 0; i < count && v->failed == ERR_NONE; i++, at++) {
        while (!v->reading && c->counters[at]->day_count == 0) at++;
        if (!visit_map(v, NULL, false)) continue;
        if (v->reading)
            read_counter(v, c);
        else
            visit_counter(v, c->counters[at]);
        visit_map_end(v);
    }
    visit_list_end(v);
}

static void visit_count(struct visit *v, struct core *c, struct count *k)
{
    struct str rule = {0}, key = {0};
    if (!v->reading) {
        rule = k->counter->rule;
        key = k->counter->key;
    }
    visit_text(v, "rule", &rule);
    visit_text(v, "key", &key);
    visit_i64(v, "milli", &k->milli);
    visit_bool(v, "later", &k->is_later);
    if (!v->reading || v->failed != ERR_NONE) return;
    if (k->milli < 0 || k->milli > LAW_MILLI_MAX / JOBS_MAX) visit_fail(v, "counts: out of range");
    k->counter = counter_of(c, rule, key);
}

static void visit_counts(struct visit *v, struct core *c, struct entry *e)
{
    size_t count = v->reading ? 0 : e->count_count;
    if (!visit_list(v, "counts", &count, LAW_RULES_MAX * PACKS_MAX)) return;
    if (v->reading) {
        e->counts = ARENA_ARRAY(v->arena, count, struct count);
        e->count_count = (uint32_t)count;
    }
    for (size_t i = 0; i < count && v->failed == ERR_NONE; i++) {
        if (!visit_map(v, NULL, false)) continue;
        visit_count(v, c, &e->counts[i]);
        visit_map_end(v);
    }
    visit_list_end(v);
}

static void visit_permits(struct visit *v, struct entry *e)
{
    size_t count = v->reading ? 0 : e->permit_count;
    if (!visit_list(v, "permits", &count, PERMIT_MAX)) return;
    if (v->reading) {
        e->permits = ARENA_ARRAY(v->arena, count, uint32_t);
        e->permit_count = (uint32_t)count;
    }
    for (size_t i = 0; i < count; i++) visit_u32(v, NULL, &e->permits[i]);
    visit_list_end(v);
}

static void visit_progress(struct visit *v, struct job_progress *p)
{
    visit_i64(v, "at_ms", &p->at_ms);
    visit_i64(v, "total", &p->total);
    visit_i64(v, "steps", &p->steps);
    visit_i64(v, "usteps_per_s", &p->usteps_per_s);
    visit_i64(v, "checkpointed_ms", &p->checkpointed_ms);
    visit_i64(v, "checkpointed_steps", &p->checkpointed_steps);
    visit_i64(v, "since_ms", &p->since_ms);
    visit_i64(v, "since_steps", &p->since_steps);
}

static bool is_silent(const struct job_progress *p)
{
    return p->at_ms == 0 && p->checkpointed_ms == 0 && p->steps == 0;
}

static void visit_look(struct visit *v, struct preempt_look *x)
{
    visit_enum(v, "result", &x->result, preempt_result_names, PREEMPT_RESULT_COUNT);
    visit_i64(v, "at_ms", &x->at_ms);
    visit_optional_index(v, "pool_plus_one", &x->pool);
    visit_u32(v, "victims", &x->victims);
    visit_i64(v, "loss_uusd", &x->loss_uusd);
    visit_i64(v, "gain_uusd", &x->gain_uusd);
}

static void visit_hold(struct visit *v, struct hold *h)
{
    visit_u32(v, "pool", &h->pool);
    visit_i64(v, "until_ms", &h->until_ms);
    VISIT_ARRAY(v, "parts", h->parts, h->part_count, HOLD_PARTS_MAX, visit_part);
    size_t count = v->reading ? 0 : h->victim_count;
    if (!visit_list(v, "victims", &count, PREEMPT_LOOK_MAX)) return;
    if (v->reading) {
        h->victims = ARENA_ARRAY(v->arena, count, uint32_t);
        h->victim_count = (uint32_t)count;
    }
    for (size_t i = 0; i < count; i++) visit_u32(v, NULL, &h->victims[i]);
    visit_list_end(v);
}

static void visit_job_life(struct visit *v, struct job *j)
{
    visit_enum(v, "state", &j->state, job_state_names, JOB_STATE_COUNT);
    visit_enum(v, "reason", &j->reason, reason_names, REASON_COUNT);
    visit_i64(v, "submit_ms", &j->submit_ms);
    visit_i64(v, "eligible_ms", &j->eligible_ms);
    visit_i64(v, "start_ms", &j->start_ms);
    visit_i64(v, "end_ms", &j->end_ms);
    visit_i64(v, "time_limit_ms", &j->time_limit_ms);
    visit_u32(v, "limit_number", &j->limit_number);
    visit_u32(v, "limit_confirmed", &j->limit_confirmed);
    visit_u32(v, "attempt", &j->attempt);
    visit_u32(v, "restarts", &j->restarts);
    visit_u32(v, "preemptions", &j->preemptions);
    visit_u32(v, "preempted_by", &j->preempted_by.v);
    if (visit_map(v, "preempt_look", j->preempt_look.at_ms == 0 && !v->reading)) {
        visit_look(v, &j->preempt_look);
        visit_map_end(v);
    } else if (v->reading) {
        j->preempt_look.pool = NO_INDEX;
    }
    visit_bool(v, "held_user", &j->held_user);
    visit_bool(v, "held_admin", &j->held_admin);
    visit_bool(v, "cancel_asked", &j->cancel_asked);
    visit_u32(v, "cancel_uid", &j->cancel_uid);
    if (BERTH_DEFECT != 7) visit_bool(v, "requeue_asked", &j->requeue_asked);
    visit_enum(v, "stop_state", &j->stop_state, job_state_names, JOB_STATE_COUNT);
    visit_optional_index(v, "pool_plus_one", &j->pool.v);
    visit_text(v, "nodes", &j->nodes);
    visit_u32(v, "cpus", &j->cpus);
    visit_i64(v, "cost_uusd", &j->cost_uusd);
    visit_i64(v, "spent_uusd", &j->spent_uusd);
    visit_i32(v, "exit_code", &j->exit_code);
    visit_i32(v, "exit_signal", &j->exit_signal);
    visit_text(v, "trouble", &j->trouble);
    if (visit_map(v, "progress", is_silent(&j->progress) && !v->reading)) {
        visit_progress(v, &j->progress);
        visit_map_end(v);
    }
    visit_text(v, "refusal_rule", &j->refusal_rule);
    visit_u64(v, "decision_record", &j->decision_record);
}

/* The task before this one in its array, when both have the very same spec. */
static struct entry *task_before(const struct core *c, const struct job *j)
{
    if (j->array_job.v == 0 || j->array_job.v == j->id.v) return NULL;
    struct entry *before = entry_find(c, j->id.v - 1);
    return before != NULL && before->job.array_job.v == j->array_job.v ? before : NULL;
}

/* Tasks share the box of their array until one is changed: the spec, which lists all tasks, is
 * written once. When reading, e->box is the box to share, or NULL. */
static void visit_spec(struct visit *v, const struct core *c, struct entry *e)
{
    struct entry *before = task_before(c, &e->job);
    bool shared = !v->reading && before != NULL && before->box == e->box;
    visit_bool(v, "spec_as_before", &shared);
    if (v->reading) e->box = NULL;
    if (!shared) {
        visit_job_spec_light(v, &e->job.spec);
    } else if (v->reading && before == NULL) {
        visit_fail(v, "jobs: job %u has no task before it", e->job.id.v);
    } else if (v->reading) {
        e->box = before->box;
        e->job.spec = before->box->spec;
    }
}

/* `claim` and `hold`: where they are read to. */
static void visit_entry(struct visit *v, struct core *c, struct entry *e, struct claim *claim,
                        struct hold *hold)
{
    struct job *j = &e->job;
    visit_u32(v, "id", &j->id.v);
    visit_u64(v, "spec_record", &j->spec_record);
    visit_u32(v, "array_job", &j->array_job.v);
    visit_u32(v, "array_task", &j->array_task);
    visit_text(v, "key", &j->key);
    visit_job_life(v, j);
    if (visit_map(v, "claim", j->claim == NULL && !v->reading)) {
        if (v->reading) j->claim = claim;
        visit_claim(v, j->claim);
        visit_map_end(v);
    }
    if (visit_map(v, "hold", e->hold == NULL && !v->reading)) {
        if (v->reading) e->hold = hold;
        visit_hold(v, e->hold);
        visit_map_end(v);
    }
    visit_i64(v, "grace_ms", &e->grace_ms);
    visit_i64(v, "signal_until_ms", &e->signal_until_ms);
    visit_i64(v, "preempt_at_ms", &e->preempt_at_ms);
    visit_i64(v, "not_before_ms", &e->not_before_ms);
    visit_u64_bits(v, "dependencies_met", &e->dependencies_met);
    visit_i64(v, "repeat_ms", &e->repeat_ms);
    visit_u32(v, "repeats", &e->repeats);
    visit_i64(v, "claimed_ms", &e->claimed_ms);
    int64_t wall = e->wall_ms == CIVIL_NEVER_MS ? 0 : e->wall_ms;
    visit_i64(v, "wall_ms", &wall);
    if (v->reading) e->wall_ms = wall == 0 ? CIVIL_NEVER_MS : wall;
    visit_enum(v, "wall_reason", &e->wall_reason, reason_names, REASON_COUNT);
    visit_text(v, "wall_rule", &e->wall_rule);
    visit_bool(v, "started", &e->started);
    visit_bool(v, "warned", &e->warned);
    visit_text(v, "stop_rule", &e->stop_rule);
    visit_enum(v, "stop_reason", &e->stop_reason, reason_names, REASON_COUNT);
    visit_permits(v, e);
    visit_u32(v, "permit_over", &e->permit_over);
    visit_counts(v, c, e);
    visit_u32(v, "count_over", &e->count_over);
    visit_spec(v, c, e);
}

/* What the restored core relies on; false: these are not bytes that visit_core wrote. */
static bool entry_is_sane(const struct core *c, const struct entry *e)
{
    const struct job *j = &e->job;
    bool holds = job_state_holds_chips(j->state);
    if (j->id.v == 0 || j->id.v >= c->next_id || entry_find(c, j->id.v) != NULL) return false;
    if (holds != (j->claim != NULL) || j->attempt == 0) return false;
    if (j->spec.dependency_count > DEPENDENCY_MAX) return false;
    if ((j->array_job.v != 0) != (j->spec.array_count > 0)) return false;
    if (j->array_job.v != 0 &&
        (j->array_job.v > j->id.v || j->id.v - j->array_job.v >= j->spec.array_count))
        return false;
    bool waits = j->state == JOB_PENDING && j->reason == REASON_PREEMPTING;
    if (waits != (e->hold != NULL) || (waits && e->hold->pool >= c->fleet.pool_count)) return false;
    if (!holds) return e->permit_count + e->count_count == 0;
    if (e->permit_over > e->permit_count || e->count_over > e->count_count) return false;
    if (j->claim->pool.v >= c->fleet.pool_count || j->claim->pool.v != j->pool.v) return false;
    for (uint32_t i = 0; i < e->permit_count; i++)
        if (e->permits[i] >= c->fleet.permit_count) return false;
    /* Parts are of different nodes in order, so each can be looked at by itself. */
    for (uint32_t i = 0; i < j->claim->part_count; i++) {
        if (!nodes_is_free(&c->pools[j->claim->pool.v], &j->claim->parts[i])) return false;
        if (i > 0 && j->claim->parts[i - 1].node >= j->claim->parts[i].node) return false;
    }
    return true;
}

static void *copy_array(const void *from, size_t count, size_t size)
{
    void *to = mem_alloc(count, size);
    if (count > 0) memcpy(to, from, count * size);
    return to;
}

static struct spec_box *box_for(struct core *c, const struct entry *read)
{
    if (read->box == NULL) return box_new(c, &read->job.spec);
    read->box->users++;
    return read->box;
}

/* False: the parts of its hold are not free. */
static bool enter(struct core *c, const struct entry *read)
{
    struct entry *e = mem_alloc(1, sizeof *e);
    *e = *read;
    struct job *j = &e->job;
    e->box = box_for(c, read);
    j->spec = e->box->spec;
    if (j->key.len > 0) j->key = str_copy(&e->box->arena, j->key);
    j->nodes = (struct str){0};
    entry_set_nodes(e, read->job.nodes);
    j->trouble = (struct str){0};
    entry_set_trouble(e, read->job.trouble);
    j->refusal_rule = intern(c, j->refusal_rule);
    e->wall_rule = intern(c, e->wall_rule);
    e->stop_rule = intern(c, e->stop_rule);
    if (e->permit_count > 0)
        e->permits = copy_array(read->permits, e->permit_count, sizeof *e->permits);
    else
        e->permits = NULL;
    e->counts =
        e->count_count > 0 ? copy_array(read->counts, e->count_count, sizeof *e->counts) : NULL;
    counts_enter(e);
    if (read->job.claim != NULL) {
        const struct claim *k = read->job.claim;
        j->claim = copy_array(k, 1, sizeof *k);
        j->claim->parts = copy_array(k->parts, k->part_count, sizeof *k->parts);
        j->claim->job = j->id;
        j->claim->attempt = j->attempt;
    }
    if (read->hold != NULL) {
        const struct hold *h = read->hold;
        e->hold = copy_array(h, 1, sizeof *h);
        e->hold->part_cap = h->part_count;
        e->hold->parts = copy_array(h->parts, h->part_count, sizeof *h->parts);
        e->hold->victims = copy_array(h->victims, h->victim_count, sizeof *h->victims);
    }
    entry_add(c, e);
    array_count(e);
    if (e->hold != NULL) return hold_enter(c, e);
    if (j->claim == NULL) return true;
    claim_enter(c, e);
    budget_charge(c, e);
    order_insert(&c->active, &e->in_group, 0, j->id.v);
    if (e->array != NULL) e->array->active++;
    return true;
}

static void read_jobs(struct visit *v, struct core *c, size_t count)
{
    struct arena *outer = v->arena;
    struct arena one;
    arena_init(&one);
    v->arena = &one;
    uint32_t last = 0;
    for (size_t i = 0; i < count && v->failed == ERR_NONE; i++) {
        struct entry e = {0};
        struct claim claim = {0};
        struct hold hold = {0};
        if (!visit_map(v, NULL, false)) break;
        visit_entry(v, c, &e, &claim, &hold);
        visit_map_end(v);
        if (v->failed != ERR_NONE) break;
        if (e.job.id.v <= last || !entry_is_sane(c, &e)) {
            visit_fail(v, "jobs: job %u does not agree with the rest of the state", e.job.id.v);
            break;
        }
        last = e.job.id.v;
        if (!enter(c, &e)) visit_fail(v, "jobs: what is held for job %u is not free", last);
        arena_clear(&one);
    }
    v->arena = outer;
    arena_release(&one);
}

static void visit_jobs(struct visit *v, struct core *c)
{
    size_t count = v->reading ? 0 : c->job_count;
    if (!visit_list(v, "jobs", &count, JOBS_MAX)) return;
    if (v->reading) {
        read_jobs(v, c, count);
    } else {
        for (struct entry *e = entry_after(c, 0); e != NULL; e = entry_after(c, e->job.id.v)) {
            if (!visit_map(v, NULL, false)) continue;
            visit_entry(v, c, e, NULL, NULL);
            visit_map_end(v);
        }
    }
    visit_list_end(v);
}

/* ---- derived again
 * ---------------------------------------------------------------------------------- */

/* A job's stored reason says whether it was in a class, and the first one's, why the class waits.
 */
static void derive(struct core *c)
{
    counters_refresh(c);
    segment_begin(c);
    for (struct entry *e = entry_after(c, 0); e != NULL; e = entry_after(c, e->job.id.v)) {
        if (e->job.state == JOB_PENDING) {
            dependencies_enter(c, e);
            if (reason_is_eligible(e->job.reason)) class_join(c, e);
        } else if (job_state_holds_chips(e->job.state)) {
            dependencies_enter(c, e);
        }
    }
    for (struct entry *e = entry_after(c, 0); e != NULL; e = entry_after(c, e->job.id.v)) {
        if (e->job.claim != NULL) running_index(c, e);
        timer_set(c, e);
    }
    for (size_t i = 0; i < c->share_count; i++) account_settle(c, &c->shares[i]->account);
    budgets_settled(c);
    struct class *k;
    while ((k = pass_take(c)) != NULL) {
        k->try_all = false;
        const struct entry *first = CONTAINER(order_first(&k->jobs), struct entry, in_group);
        k->reason = first->job.reason;
        k->rule = first->job.refusal_rule;
        class_recheck(c, k); /* first, as what the class may use is noted with it below */
        reserve_class(c, k);
    }
    c->waiting_stale = false;
    if (c->has_fleet) reserve_restore(c);
}

/* To whom a start is promised, and where: nodes and instants follow from the state (reserve.h). */
static void visit_promises(struct visit *v, struct core *c)
{
    size_t count = c->reserved_count;
    if (!visit_list(v, "promises", &count, PROMISES_MAX)) return;
    for (size_t i = 0; i < count && v->failed == ERR_NONE; i++) {
        uint32_t pool = v->reading ? 0 : c->reserved_in[i];
        uint32_t job = v->reading ? 0 : c->reservations[pool].job;
        if (!visit_map(v, NULL, false)) break;
        visit_u32(v, "pool", &pool);
        visit_u32(v, "job", &job);
        visit_map_end(v);
        if (!v->reading || v->failed != ERR_NONE) continue;
        const struct entry *e = entry_find(c, job);
        if (pool >= c->fleet.pool_count || c->reservations[pool].job != 0 || e == NULL ||
            e->job.state != JOB_PENDING) {
            visit_fail(v, "promises: job %u in pool %u does not agree with the rest", job, pool);
            break;
        }
        c->reservations[pool].job = job;
        c->reserved_in[c->reserved_count++] = pool;
    }
    visit_list_end(v);
}

static void visit_share(struct visit *v, struct share *s)
{
    visit_text(v, "tenant", &s->tenant);
    visit_i64(v, "used_uusd", &s->used_uusd);
    visit_i64(v, "at_ms", &s->at_ms);
    visit_i64(v, "ended_uusd", &s->account.ended_uusd);
}

/* Before the jobs: their claims count from the instant at which the usage was settled. A tenant
 * that has used nothing yet is not written. */
static void visit_shares(struct visit *v, struct core *c)
{
    size_t count = 0;
    for (size_t i = 0; i < c->share_count; i++) count += share_is_used(c->shares[i]);
    if (!visit_list(v, "shares", &count, JOBS_MAX)) return;
    for (size_t i = 0; !v->reading && i < c->share_count; i++) {
        if (!share_is_used(c->shares[i]) || !visit_map(v, NULL, false)) continue;
        visit_share(v, c->shares[i]);
        visit_map_end(v);
    }
    for (size_t i = 0; v->reading && i < count && v->failed == ERR_NONE; i++) {
        struct share read = {0};
        if (!visit_map(v, NULL, false)) break;
        visit_share(v, &read);
        visit_map_end(v);
        if (read.used_uusd < 0 || read.at_ms > c->now_ms || read.account.ended_uusd < 0)
            visit_fail(v, "shares: the usage of " STR_FMT " is not one", STR_ARG(read.tenant));
        if (v->failed != ERR_NONE) break;
        struct share *s = share_of(c, read.tenant);
        s->used_uusd = read.used_uusd;
        s->at_ms = read.at_ms;
        s->account.ended_uusd = read.account.ended_uusd;
    }
    visit_list_end(v);
}

static void visit_speeds_part(struct visit *v, struct core *c)
{
    bool is_empty = c->speeds.row_count == 0 && c->speeds.type_count == 0;
    if (!visit_map(v, "speeds", is_empty && !v->reading)) return;
    struct speeds read = {0};
    visit_speeds(v, v->reading ? &read : &c->speeds);
    visit_map_end(v);
    struct errtext why;
    if (!v->reading || v->failed != ERR_NONE) return;
    if (speeds_check(&read, &why) != ERR_NONE)
        visit_fail(v, "%s", why.s);
    else
        speeds_copy(&read, &c->speeds_arena, &c->speeds);
}

static void visit_fleet_part(struct visit *v, struct core *c)
{
    if (!visit_map(v, "fleet", !c->has_fleet && !v->reading)) return;
    struct fleet read = {0};
    visit_fleet(v, v->reading ? &read : &c->fleet);
    visit_map_end(v);
    if (!v->reading || v->failed != ERR_NONE) return;
    struct errtext why;
    if (fleet_index(&read, v->arena, &why) != ERR_NONE) {
        visit_fail(v, "fleet: %s", why.s);
        return;
    }
    fleet_copy(&read, &c->fleet_arena, &c->fleet);
    fleet_derive(c);
}

void visit_core(struct visit *v, struct core *c)
{
    ASSERT(!v->reading || (c->record == 0 && c->job_count == 0));
    visit_i64(v, "now_ms", &c->now_ms);
    visit_u64(v, "record", &c->record);
    visit_u32(v, "next_id", &c->next_id);
    visit_bool(v, "more", &c->more);
    if (visit_map(v, "law", false)) {
        visit_law(v, c->law);
        visit_map_end(v);
    }
    visit_speeds_part(v, c);
    visit_fleet_part(v, c);
    visit_node_states(v, c);
    visit_node_notes(v, c);
    visit_seen(v, c);
    visit_shares(v, c);
    visit_counters(v, c);
    visit_jobs(v, c);
    visit_promises(v, c);
    if (v->reading && v->failed == ERR_NONE && c->next_id == 0) visit_fail(v, "next_id: missing");
    if (v->reading && v->failed == ERR_NONE) derive(c);
}
