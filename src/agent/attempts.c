#include "agent/attempts.h"

#include "base/check.h"
#include "base/mem.h"

#include <inttypes.h>

enum { BUCKETS_FIRST = 16 };

static uint32_t bucket_of(const struct attempts *t, struct job_id job)
{
    /* Fibonacci hashing (Knuth, TAOCP 3, 6.4): job ids are dense, so one multiplication is enough.
     */
    return (uint32_t)(((uint64_t)job.v * UINT64_C(11400714819323198485)) >> 32) &
           (t->bucket_count - 1);
}

void attempts_init(struct attempts *t)
{
    *t = (struct attempts){.free_head = ATTEMPT_NONE, .bucket_count = BUCKETS_FIRST};
    t->buckets = mem_alloc(t->bucket_count, sizeof *t->buckets);
    for (uint32_t i = 0; i < t->bucket_count; i++) t->buckets[i] = ATTEMPT_NONE;
}

void attempts_release(struct attempts *t)
{
    for (uint32_t i = 0; i < t->slot_count; i++) mem_free(t->slots[i].detail);
    mem_free(t->slots);
    mem_free(t->buckets);
    mem_free(t->heap);
    *t = (struct attempts){0};
}

/* ---- the heap of timers ---- */

static bool is_before(const struct attempts *t, uint32_t a, uint32_t b)
{
    const struct attempt *x = &t->slots[a], *y = &t->slots[b];
    if (x->due_ms != y->due_ms) return x->due_ms < y->due_ms;
    if (x->job.v != y->job.v) return x->job.v < y->job.v;
    return x->number < y->number;
}

static void heap_put(struct attempts *t, uint32_t at, uint32_t slot)
{
    t->heap[at] = slot;
    t->slots[slot].heap_at = at;
}

static void heap_up(struct attempts *t, uint32_t at)
{
    uint32_t slot = t->heap[at];
    while (at > 0 && is_before(t, slot, t->heap[(at - 1) / 2])) {
        heap_put(t, at, t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_put(t, at, slot);
}

static void heap_down(struct attempts *t, uint32_t at)
{
    uint32_t slot = t->heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= t->heap_count) break;
        if (child + 1 < t->heap_count && is_before(t, t->heap[child + 1], t->heap[child])) child++;
        if (!is_before(t, t->heap[child], slot)) break;
        heap_put(t, at, t->heap[child]);
        at = child;
    }
    heap_put(t, at, slot);
}

static void heap_remove(struct attempts *t, uint32_t slot)
{
    uint32_t at = t->slots[slot].heap_at;
    if (at == ATTEMPT_NONE) return;
    ASSERT(t->heap[at] == slot);
    t->slots[slot].heap_at = ATTEMPT_NONE;
    uint32_t last = t->heap[--t->heap_count];
    if (last == slot) return;
    heap_put(t, at, last);
    heap_up(t, at);
    heap_down(t, t->slots[last].heap_at);
}

void attempts_set_due(struct attempts *t, uint32_t slot, int64_t due_ms)
{
    ASSERT(t->slots[slot].job.v != 0);
    heap_remove(t, slot);
    t->slots[slot].due_ms = due_ms;
    if (due_ms == CIVIL_NEVER_MS) return;
    t->heap = mem_grow(t->heap, &t->heap_cap, (size_t)t->heap_count + 1, sizeof *t->heap);
    heap_put(t, t->heap_count, slot);
    heap_up(t, t->heap_count++);
}

uint32_t attempts_first_due(const struct attempts *t)
{
    return t->heap_count > 0 ? t->heap[0] : ATTEMPT_NONE;
}

/* ---- the index ---- */

static void buckets_grow(struct attempts *t)
{
    mem_free(t->buckets);
    t->bucket_count *= 2;
    t->buckets = mem_alloc(t->bucket_count, sizeof *t->buckets);
    for (uint32_t i = 0; i < t->bucket_count; i++) t->buckets[i] = ATTEMPT_NONE;
    for (uint32_t i = 0; i < t->slot_count; i++) {
        if (t->slots[i].job.v == 0) continue;
        uint32_t b = bucket_of(t, t->slots[i].job);
        t->slots[i].next = t->buckets[b];
        t->buckets[b] = i;
    }
}

uint32_t attempts_find(const struct attempts *t, struct job_id job, uint32_t number)
{
    uint32_t i = t->buckets[bucket_of(t, job)];
    while (i != ATTEMPT_NONE && (t->slots[i].job.v != job.v || t->slots[i].number != number))
        i = t->slots[i].next;
    return i;
}

uint32_t attempts_add(struct attempts *t, struct job_id job, uint32_t number)
{
    ASSERT(job.v != 0);
    ASSERT(t->count < AGENT_ATTEMPTS_MAX);
    ASSERT(attempts_find(t, job, number) == ATTEMPT_NONE);
    if (t->count >= t->bucket_count) buckets_grow(t);
    uint32_t i = t->free_head;
    if (i != ATTEMPT_NONE) {
        t->free_head = t->slots[i].next;
    } else {
        t->slots = mem_grow(t->slots, &t->slot_cap, (size_t)t->slot_count + 1, sizeof *t->slots);
        i = t->slot_count++;
    }
    uint32_t b = bucket_of(t, job);
    t->slots[i] = (struct attempt){.job = job,
                                   .number = number,
                                   .due_ms = CIVIL_NEVER_MS,
                                   .next = t->buckets[b],
                                   .heap_at = ATTEMPT_NONE};
    t->buckets[b] = i;
    t->count++;
    return i;
}

void attempts_remove(struct attempts *t, uint32_t slot)
{
    struct attempt *p = &t->slots[slot];
    ASSERT(p->job.v != 0);
    heap_remove(t, slot);
    uint32_t *link = &t->buckets[bucket_of(t, p->job)];
    while (*link != slot) {
        ASSERT(*link != ATTEMPT_NONE);
        link = &t->slots[*link].next;
    }
    *link = p->next;
    mem_free(p->detail);
    *p = (struct attempt){.next = t->free_head, .heap_at = ATTEMPT_NONE};
    t->free_head = slot;
    t->count--;
}

bool attempt_is_active(const struct attempt *p)
{
    return p->state == AGENT_STARTING || p->state == AGENT_RUNNING || p->state == AGENT_STOPPING;
}

uint32_t attempts_newest(const struct attempts *t, struct job_id job)
{
    uint32_t newest = 0;
    for (uint32_t i = t->buckets[bucket_of(t, job)]; i != ATTEMPT_NONE; i = t->slots[i].next)
        if (t->slots[i].job.v == job.v && t->slots[i].number > newest) newest = t->slots[i].number;
    return newest;
}

uint32_t attempts_other_active(const struct attempts *t, struct job_id job, uint32_t number)
{
    uint32_t i = t->buckets[bucket_of(t, job)];
    while (i != ATTEMPT_NONE && (t->slots[i].job.v != job.v || t->slots[i].number == number ||
                                 !attempt_is_active(&t->slots[i])))
        i = t->slots[i].next;
    return i;
}

enum err attempts_check(const struct attempts *t, struct errtext *error)
{
    uint32_t used = 0, timed = 0, chained = 0, freed = 0;
    for (uint32_t i = 0; i < t->slot_count; i++) {
        const struct attempt *p = &t->slots[i];
        if (p->job.v == 0) continue;
        used++;
        bool has_timer = p->heap_at != ATTEMPT_NONE;
        timed += has_timer ? 1 : 0;
        if (attempts_find(t, p->job, p->number) != i)
            return err_set(error, ERR_CORRUPT, "agent attempts: %" PRIu32 ".%" PRIu32 " not found",
                           p->job.v, p->number);
        if (has_timer != (p->due_ms != CIVIL_NEVER_MS))
            return err_set(error, ERR_CORRUPT, "agent attempts: %" PRIu32 ".%" PRIu32 " timer",
                           p->job.v, p->number);
    }
    for (uint32_t b = 0; b < t->bucket_count; b++)
        for (uint32_t i = t->buckets[b]; i != ATTEMPT_NONE; i = t->slots[i].next) chained++;
    for (uint32_t i = t->free_head; i != ATTEMPT_NONE; i = t->slots[i].next) freed++;
    for (uint32_t h = 0; h < t->heap_count; h++)
        if (t->slots[t->heap[h]].heap_at != h ||
            (h > 0 && is_before(t, t->heap[h], t->heap[(h - 1) / 2])))
            return err_set(error, ERR_CORRUPT, "agent attempts: heap order at %" PRIu32, h);
    if (used != t->count || chained != used || timed != t->heap_count ||
        used + freed != t->slot_count)
        return err_set(error, ERR_CORRUPT, "agent attempts: counts differ");
    return ERR_NONE;
}
