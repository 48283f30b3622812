/* attempts.h - the attempts an agent knows: found by (job, attempt), and in order of their timers.
 *
 * Slots are reused, so an index is valid until attempts_remove of that slot. Buckets are chains of
 * slots; nothing is ever visited in bucket order except the few attempts of one job, among which
 * the order does not matter. Private to src/agent. */
#ifndef BERTH_AGENT_ATTEMPTS_H
#define BERTH_AGENT_ATTEMPTS_H

#include "agent/agent.h"
#include "base/civil.h"

#define ATTEMPT_NONE UINT32_MAX

struct attempt {
    struct job_id job; /* 0: a free slot */
    uint32_t number;
    int state; /* enum agent_state */
    bool stop_asked; /* STARTING: a STOP came before the answer to SPAWN */
    bool erased; /* TOMB: nothing is left on disk */
    int64_t grace_ms; /* STARTING, with stop_asked */
    int64_t due_ms; /* STOPPING: next KILL; ENDED: next report; TOMB UNBEGUN: erase; else never */
    int64_t repeat_ms; /* ENDED: the delay that led to due_ms */
    int report; /* ENDED: enum report_kind */
    int64_t at_ms; /* RUNNING STOPPING ENDED: when that began, by the engine's clock */
    struct agent_exit exit; /* ENDED */
    char *detail; /* ENDED: heap, NUL-terminated; NULL none */
    uint32_t limit_number; /* RUNNING: the newest LIMIT carried out; 0 none */
    uint32_t next; /* in the bucket, or in the list of free slots */
    uint32_t heap_at; /* place in the heap of timers; ATTEMPT_NONE: no timer */
};

struct attempts {
    struct attempt *slots;
    size_t slot_cap;
    uint32_t slot_count; /* used or freed once */
    uint32_t free_head, count;
    uint32_t *buckets; /* bucket_count a power of two */
    uint32_t bucket_count;
    uint32_t *heap; /* slots by (due_ms, job, number), least first */
    size_t heap_cap;
    uint32_t heap_count;
};

void attempts_init(struct attempts *t);
void attempts_release(struct attempts *t);

/* The slot of that attempt, or ATTEMPT_NONE. */
uint32_t attempts_find(const struct attempts *t, struct job_id job, uint32_t number);
/* A new slot without timer; the attempt must be unknown and the table below AGENT_ATTEMPTS_MAX. */
uint32_t attempts_add(struct attempts *t, struct job_id job, uint32_t number);
void attempts_remove(struct attempts *t, uint32_t slot);
/* Change a slot's timer; CIVIL_NEVER_MS takes it away. */
void attempts_set_due(struct attempts *t, uint32_t slot, int64_t due_ms);
/* The slot whose timer is first; ATTEMPT_NONE when there is none. */
uint32_t attempts_first_due(const struct attempts *t);

/* The greatest attempt number known of a job, 0 when none. */
uint32_t attempts_newest(const struct attempts *t, struct job_id job);
/* Another attempt of the job that has or may have processes, or ATTEMPT_NONE. */
uint32_t attempts_other_active(const struct attempts *t, struct job_id job, uint32_t number);

bool attempt_is_active(const struct attempt *p);

/* Index, heap and free list agree with the slots. */
enum err attempts_check(const struct attempts *t, struct errtext *error);

#endif
