/* decision.h - what a step decided and what it wants done.
 *
 * Decisions are stored in the ledger beside the event that caused them; a replay must give the same
 * bytes. Effects are orders to engines; they leave only after the record is durable, are idempotent
 * by (job, attempt), and are repeated until the engine confirms. */
#ifndef BERTH_CORE_DECISION_H
#define BERTH_CORE_DECISION_H

#include "core/job.h"
#include "law/law.h"
#include "perf/estimate.h"

/* One pool as it looked when the decision was made. */
struct pool_reason {
    uint32_t pool; /* index in the fleet of that time */
    int reason; /* enum reason */
    int64_t cost_uusd; /* of the whole job there, shadow prices included; 0: it is too large */
    int basis; /* enum basis: what the expected time rests on; BASIS_LIMIT: only on the limit */
    int64_t moving_ms, moved_uusd; /* data and checkpoint to it: in cost_uusd, not in expected_ms */
    int64_t stranded_uusd; /* what the job strands where it could start: in cost_uusd */
    int64_t late_ms; /* by so much it may miss its deadline, if it starts now; 0: it does not */
    int64_t expected_ms, lo_ms, hi_ms; /* that time and its bar; 0 with BASIS_LIMIT */
    struct str rule; /* law reasons: the rule's id */
    int64_t have, need; /* the numbers behind the reason: chips, nodes, MB, ms or micro-USD */
};

enum decision_kind {
    DECISION_QUEUED, /* accepted, waits */
    DECISION_PLACED, /* a claim was made, a start ordered */
    DECISION_REFUSED, /* no pool may lawfully run it */
    DECISION_STOPPED, /* a running attempt is ordered to end (limit, law, lease, cancel, node) */
    DECISION_REQUEUED, /* an attempt is over; the job waits again */
    DECISION_ENDED, /* the job is over */
    DECISION_PREEMPTING, /* others are stopped for the job, which waits for their room */
    DECISION_POSTPONED, /* the start promised to the waiting job comes later: one before it took its
                           room or money, or is promised the pool (core/reserve.h) */
    DECISION_COUNT
};
extern const char *const decision_names[DECISION_COUNT];

struct decision {
    int kind; /* enum decision_kind */
    struct job_id job;
    uint32_t attempt;
    int state; /* enum job_state after it */
    int reason; /* enum reason */
    uint32_t pool; /* PLACED STOPPED REQUEUED ENDED PREEMPTING: pool index; POSTPONED: where it was
                      promised; else NO_INDEX */
    struct str pool_id; /* its id, for readers of the ledger */
    int64_t cost_uusd;
    struct str rule; /* the rule that decided, where one did */
    struct job_id for_job; /* REASON_PREEMPTED, POSTPONED: in whose favour */
    int64_t loss_uusd; /* PREEMPTING: of all victims; STOPPED for another: its own */
    int64_t gain_uusd; /* PREEMPTING: what starting earlier is worth */
    struct pool_reason *pools; /* QUEUED PLACED REFUSED: every pool */
    uint32_t pool_count;
};

/* An index or NO_INDEX: stored plus one, so that "none" is the absent value. */
void visit_optional_index(struct visit *v, const char *key, uint32_t *index);
void visit_pool_reason(struct visit *v, struct pool_reason *r);
void visit_decision(struct visit *v, struct decision *d);

enum effect_kind {
    FX_START, /* run the attempt; engines ignore a start they know or have been told to stop */
    FX_STOP, /* end it: TERM, then KILL after grace_ms; confirm when it can no longer run */
    FX_SIGNAL, /* send a signal to a running attempt */
    FX_LIMIT, /* a running attempt has another time limit from now on; confirmed by STARTED */
    FX_FORGET, /* its end is durable: the engine may forget the attempt */
    FX_COUNT
};
extern const char *const effect_names[FX_COUNT];

struct effect {
    int kind; /* enum effect_kind */
    struct job_id job;
    uint32_t attempt;
    uint32_t site; /* index in fleet.sites: whose engine */
    uint32_t pool;
    int64_t expires_ms; /* START: not to be started after this instant */
    int64_t grace_ms; /* STOP */
    uint32_t signal; /* SIGNAL */
    int64_t limit_ms; /* LIMIT: from the attempt's start */
    uint32_t limit_number; /* LIMIT: job.limit_number; engines ignore one older than they have */
};

/* Everything one step gave. Lives in `arena`, which core_step clears first. */
struct outcome {
    struct arena arena;
    struct decision *decisions;
    size_t decision_count, decision_cap;
    struct effect *effects;
    size_t effect_count, effect_cap;
    struct job_id first_job; /* SUBMIT: the first id given */
    uint32_t job_count; /* SUBMIT: how many (array tasks) */
};

void outcome_init(struct outcome *o);
void outcome_release(struct outcome *o);

/* The decisions (not the effects, which follow from them) as one canonical map for the ledger. */
void visit_outcome(struct visit *v, struct outcome *o);

#endif
