#include "core/preempt.h"

#include "base/cbor.h"
#include "base/check.h"
#include "base/mem.h"

#include <string.h>

struct core *core_new(void)
{
    struct core *c = mem_alloc(1, sizeof *c);
    arena_init(&c->fleet_arena);
    arena_init(&c->speeds_arena);
    arena_init(&c->intern_arena);
    arena_init(&c->scratch);
    arena_init(&c->legal_scratch);
    c->law = law_new();
    c->next_id = 1;
    c->legal_epoch = 1;
    c->permit_epoch = 1;
    c->segment_end_ms = c->budget_turn_ms = CIVIL_NEVER_MS;
    c->opens_ms = CIVIL_NEVER_MS;
    return c;
}

/* A copy on the heap in place of the one before. */
static void own_text(struct str *own, struct str text)
{
    char *old; /* ours: made below */
    memcpy(&old, &own->p, sizeof old);
    mem_free(old);
    *own = (struct str){0};
    if (text.len == 0) return;
    char *copy = mem_alloc(text.len, 1);
    memcpy(copy, text.p, text.len);
    *own = (struct str){copy, text.len};
}

void entry_set_nodes(struct entry *e, struct str nodes)
{
    own_text(&e->job.nodes, nodes);
}

void entry_set_trouble(struct entry *e, struct str says)
{
    if (says.len > TROUBLE_LEN_MAX) says.len = TROUBLE_LEN_MAX;
    while (says.len > 0 && !text_is_valid(says, TROUBLE_LEN_MAX)) says.len--;
    own_text(&e->job.trouble, says);
}

static void entry_free(struct entry *e)
{
    own_text(&e->job.nodes, (struct str){0});
    own_text(&e->job.trouble, (struct str){0});
    if (e->job.claim != NULL) mem_free(e->job.claim->parts);
    mem_free(e->job.claim);
    mem_free(e->residents);
    mem_free(e->permits);
    mem_free(e->counts);
    mem_free(e->waiters);
    hold_free(e->hold);
    box_drop(e->box);
    mem_free(e);
}

void core_free(struct core *c)
{
    if (c == NULL) return;
    for (struct entry *e = entry_after(c, 0); e != NULL;) {
        uint32_t id = e->job.id.v;
        if (e->array != NULL && --e->array->in_memory == 0) {
            mem_free(e->array->waiters);
            mem_free(e->array);
        }
        if (e->name != NULL && --e->name->live.count == 0) mem_free(e->name);
        c->pages[id / JOB_PAGE]->slot[id % JOB_PAGE] = NULL;
        entry_free(e);
        e = entry_after(c, id);
    }
    for (size_t i = 0; i < c->page_cap; i++) mem_free(c->pages[i]);
    mem_free(c->pages);
    reserve_release(c);
    outlooks_release(c);
    classes_release(c);
    shares_release(c);
    for (uint32_t p = 0; c->pools != NULL && p < c->fleet.pool_count; p++)
        nodes_release(&c->pools[p]);
    mem_free(c->pools);
    node_notes_release(&c->node_notes);
    mem_free(c->pool_signature);
    mem_free(c->fact_dates);
    mem_free(c->permit_held);
    mem_free(c->permit_used);
    mem_free(c->permit_over);
    counters_release(c);
    mem_free(c->marked);
    mem_free(c->running);
    mem_free(c->ends);
    hash_release(&c->keys);
    hash_release(&c->names);
    hash_release(&c->arrays);
    hash_release(&c->interned);
    arena_release(&c->fleet_arena);
    arena_release(&c->speeds_arena);
    arena_release(&c->intern_arena);
    arena_release(&c->scratch);
    arena_release(&c->legal_scratch);
    buf_release(&c->key_buf);
    law_free(c->law);
    mem_free(c);
}

/* ---- strings and specs --------------------------------------------------------------------- */

struct interned {
    struct hash_node node;
    struct str text;
};

/* Ids of rules that some job was refused or stopped by: few, so they are kept for ever. */
struct str intern(struct core *c, struct str s)
{
    if (s.len == 0) return (struct str){0};
    uint64_t value = hash_bytes(s.p, s.len, 0);
    for (struct hash_node *n = hash_find(&c->interned, value); n != NULL; n = hash_next(n)) {
        struct interned *i = CONTAINER(n, struct interned, node);
        if (str_eq(i->text, s)) return i->text;
    }
    struct interned *i = ARENA_NEW(&c->intern_arena, struct interned);
    i->text = str_copy(&c->intern_arena, s);
    hash_insert(&c->interned, &i->node, value);
    return i->text;
}

struct spec_box *box_new(struct core *c, const struct job_spec *spec)
{
    struct spec_box *box = mem_alloc(1, sizeof *box);
    /* Once to learn how much room it takes, once into a block of that size. */
    job_spec_copy_light(spec, &c->scratch, &box->spec);
    arena_init_sized(&box->arena, c->scratch.used_bytes);
    arena_clear(&c->scratch);
    job_spec_copy_light(spec, &box->arena, &box->spec);
    box->users = 1;
    return box;
}

void box_drop(struct spec_box *box)
{
    if (box == NULL || --box->users > 0) return;
    arena_release(&box->arena);
    mem_free(box);
}

/* ---- the table of jobs ----------------------------------------------------------------------- */

struct entry *entry_find(const struct core *c, uint32_t id)
{
    size_t page = id / JOB_PAGE;
    if (page >= c->page_cap || c->pages[page] == NULL) return NULL;
    return c->pages[page]->slot[id % JOB_PAGE];
}

struct entry *entry_after(const struct core *c, uint32_t id)
{
    if (id == UINT32_MAX) return NULL;
    size_t from = (size_t)id + 1, page = from / JOB_PAGE, slot = from % JOB_PAGE;
    if (page < c->first_page) {
        page = c->first_page;
        slot = 0;
    }
    for (; page < c->page_cap; page++, slot = 0) {
        if (c->pages[page] == NULL) continue;
        for (; slot < JOB_PAGE; slot++)
            if (c->pages[page]->slot[slot] != NULL) return c->pages[page]->slot[slot];
    }
    return NULL;
}

static void table_put(struct core *c, struct entry *e)
{
    uint32_t id = e->job.id.v;
    size_t page = id / JOB_PAGE;
    c->pages = mem_grow(c->pages, &c->page_cap, page + 1, sizeof(struct job_page *));
    if (c->pages[page] == NULL) c->pages[page] = mem_alloc(1, sizeof(struct job_page));
    ASSERT(c->pages[page]->slot[id % JOB_PAGE] == NULL);
    c->pages[page]->slot[id % JOB_PAGE] = e;
    c->pages[page]->used++;
    c->job_count++;
}

static void table_drop(struct core *c, uint32_t id)
{
    size_t page = id / JOB_PAGE;
    c->pages[page]->slot[id % JOB_PAGE] = NULL;
    c->job_count--;
    if (--c->pages[page]->used > 0) return;
    mem_free(c->pages[page]);
    c->pages[page] = NULL;
    while (c->first_page < c->page_cap && c->pages[c->first_page] == NULL &&
           c->first_page < c->next_id / JOB_PAGE)
        c->first_page++;
}

/* ---- indexes --------------------------------------------------------------------------------- */

static uint64_t key_hash(uint32_t uid, struct str key)
{
    return hash_bytes(key.p, key.len, uid);
}

const struct job *core_job_by_key(const struct core *c, uint32_t uid, struct str key)
{
    if (key.len == 0) return NULL;
    struct hash_node *n = hash_find(&c->keys, key_hash(uid, key));
    for (; n != NULL; n = hash_next(n)) {
        struct entry *e = CONTAINER(n, struct entry, by_key);
        if (e->job.spec.uid == uid && str_eq(e->job.key, key)) return &e->job;
    }
    return NULL;
}

static struct name_group *name_group_of(struct core *c, uint32_t uid, struct str name)
{
    uint64_t value = hash_bytes(name.p, name.len, uid);
    for (struct hash_node *n = hash_find(&c->names, value); n != NULL; n = hash_next(n)) {
        struct name_group *g = CONTAINER(n, struct name_group, by_name);
        if (g->uid == uid && str_eq(g->name, name)) return g;
    }
    struct name_group *g = mem_alloc(1, sizeof *g + name.len);
    char *text = (char *)(g + 1);
    if (name.len > 0) memcpy(text, name.p, name.len);
    g->uid = uid;
    g->name = (struct str){text, name.len};
    hash_insert(&c->names, &g->by_name, value);
    return g;
}

void entry_index_name(struct core *c, struct entry *e)
{
    e->name = name_group_of(c, e->job.spec.uid, e->job.spec.name);
    order_insert(&e->name->live, &e->in_name, 0, e->job.id.v);
}

void entry_leave_name(struct core *c, struct entry *e)
{
    if (e->name == NULL) return;
    order_remove(&e->name->live, &e->in_name);
    if (e->name->live.count == 0) {
        hash_remove(&c->names, &e->name->by_name);
        mem_free(e->name);
    }
    e->name = NULL;
}

struct array *array_find(const struct core *c, uint32_t id)
{
    struct hash_node *n = hash_find(&c->arrays, hash_bytes(&id, sizeof id, 0));
    for (; n != NULL; n = hash_next(n)) {
        struct array *a = CONTAINER(n, struct array, by_id);
        if (a->first == id) return a;
    }
    return NULL;
}

static void enter_array(struct core *c, struct entry *e)
{
    uint32_t id = e->job.array_job.v;
    if (id == 0) return;
    struct array *a = array_find(c, id);
    if (a == NULL) {
        a = mem_alloc(1, sizeof *a);
        a->first = id;
        a->count = e->job.spec.array_count;
        hash_insert(&c->arrays, &a->by_id, hash_bytes(&id, sizeof id, 0));
    }
    a->limit = e->job.spec.array_limit;
    a->in_memory++;
    e->array = a;
}

void queue_enter(struct entry *e)
{
    order_insert(&e->share->queue, &e->in_queue, -(int64_t)e->job.spec.priority, e->job.id.v);
}

void queue_leave(struct entry *e)
{
    order_remove(&e->share->queue, &e->in_queue);
}

void entry_index(struct core *c, struct entry *e)
{
    e->share = share_of(c, e->job.spec.tenant);
    enter_array(c, e);
    if (e->job.key.len > 0) {
        hash_insert(&c->keys, &e->by_key, key_hash(e->job.spec.uid, e->job.key));
        e->has_key = true;
    }
    c->counts.by_state[e->job.state]++;
    if (e->job.state == JOB_PENDING) {
        c->counts.pending_by_reason[e->job.reason]++;
        queue_enter(e);
    }
    if (!job_state_is_ended(e->job.state)) entry_index_name(c, e);
}

void entry_add(struct core *c, struct entry *e)
{
    ASSERT(e->job.id.v > 0 && e->job.id.v < c->next_id);
    table_put(c, e);
    entry_index(c, e);
}

void entry_purge(struct core *c, struct entry *e)
{
    ASSERT(job_state_is_ended(e->job.state) && e->waiter_count == 0 && e->job.claim == NULL &&
           e->hold == NULL);
    if (e->has_key) hash_remove(&c->keys, &e->by_key);
    if (order_holds(&e->in_timers)) order_remove(&c->timers, &e->in_timers);
    c->counts.by_state[e->job.state]--;
    struct array *a = e->array;
    if (a != NULL && --a->in_memory == 0) {
        ASSERT(a->waiter_count == 0);
        hash_remove(&c->arrays, &a->by_id);
        mem_free(a->waiters);
        mem_free(a);
    }
    table_drop(c, e->job.id.v);
    entry_free(e);
}

void entry_set_reason(struct core *c, struct entry *e, int reason)
{
    if (e->job.state == JOB_PENDING) {
        c->counts.pending_by_reason[e->job.reason]--;
        c->counts.pending_by_reason[reason]++;
    }
    e->job.reason = reason;
}

void entry_respec(struct core *c, struct entry *e, const struct job_spec *spec)
{
    struct spec_box *old = e->box;
    e->box = box_new(c, spec);
    e->job.spec = e->box->spec;
    e->job.key = str_copy(&e->box->arena, e->job.key);
    box_drop(old);
}

void entry_set_state(struct core *c, struct entry *e, int state)
{
    int old = e->job.state;
    ASSERT(!job_state_is_ended(old) && old != state);
    ASSERT(e->class == NULL);
    if (old == JOB_PENDING) {
        c->counts.pending_by_reason[e->job.reason]--;
        queue_leave(e);
    }
    c->counts.by_state[old]--;
    c->counts.by_state[state]++;
    e->job.state = state;
    if (state == JOB_PENDING) {
        c->counts.pending_by_reason[e->job.reason]++;
        queue_enter(e);
    }
}

/* ---- who waits for whom ---------------------------------------------------------------------- */

void waiter_add(uint32_t **list, size_t *count, size_t *cap, uint32_t job)
{
    *list = mem_grow(*list, cap, *count + 1, sizeof **list);
    size_t at = (*count)++;
    /* By id, as they are entered again from a snapshot: who is woken first may get what is left. */
    for (; at > 0 && (*list)[at - 1] > job; at--) (*list)[at] = (*list)[at - 1];
    (*list)[at] = job;
}

void waiter_drop(uint32_t *list, size_t *count, uint32_t job)
{
    for (size_t i = 0; i < *count; i++) {
        if (list[i] != job) continue;
        memmove(list + i, list + i + 1, (*count - i - 1) * sizeof *list);
        (*count)--;
        return;
    }
}
