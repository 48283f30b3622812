/* event.h - everything the core can learn. One event is one record of the ledger.
 *
 * The shell (src/serve) authenticates, checks the shape, stamps `now_ms` (never decreasing) and
 * asks core_admit; only an admitted event is written and stepped. An event carries all that the
 * step needs, so that the ledger alone re-derives every decision. */
#ifndef BERTH_CORE_EVENT_H
#define BERTH_CORE_EVENT_H

#include "law/law.h"
#include "law/pack.h"
#include "model/fleet.h"
#include "model/job.h"
#include "perf/speeds.h"

enum event_kind {
    EVENT_FLEET, /* a fleet file was applied, whole */
    EVENT_PACKS, /* rule packs were adopted, whole, in place of all before */
    EVENT_BIND, /* the owner chose which levels of law bind */
    EVENT_SUBMIT,
    EVENT_CANCEL,
    EVENT_HOLD,
    EVENT_RELEASE,
    EVENT_UPDATE,
    EVENT_REQUEUE, /* scontrol requeue */
    EVENT_REPORT, /* an engine speaks about one attempt */
    EVENT_NODES, /* an engine or an operator says which nodes are up, down or draining */
    EVENT_SPEEDS, /* tables of measured speeds were adopted, whole, in place of all before */
    EVENT_PROGRESS, /* a running job says how far it is */
    EVENT_TICK, /* time has passed; sent at core_next_tick_ms, and once at start-up with resume */
    EVENT_COUNT
};
extern const char *const event_names[EVENT_COUNT];

enum report_kind {
    REPORT_STARTED, /* the attempt's processes run */
    REPORT_FINISHED, /* the attempt ended by itself, by its time limit or by our stop; it is gone */
    REPORT_GONE, /* the attempt does not run and will never run; nothing is known of its end */
    REPORT_REJECTED, /* it could not be started (no such user, no directory); it will never run */
    REPORT_COUNT
};
extern const char *const report_names[REPORT_COUNT];

struct report {
    int kind; /* enum report_kind */
    struct job_id job;
    uint32_t attempt;
    int64_t at_ms; /* when it happened, by the engine's clock; for the eye only */
    int32_t exit_code; /* 0..255 */
    int32_t signal; /* that ended it; 0 none */
    bool timed_out; /* its time limit ended it */
    bool out_of_memory;
    struct str detail; /* why rejected or gone */
    uint32_t limit_number; /* STARTED: the newest change of its time limit that is enforced */
};

enum node_state { NODE_UP, NODE_DOWN, NODE_DRAIN, NODE_STATE_COUNT };
extern const char *const node_state_names[NODE_STATE_COUNT];

/* Heartbeat of one attempt. */
struct heartbeat {
    struct job_id job;
    uint32_t attempt;
    int64_t steps; /* done so far, all attempts together */
    int64_t total; /* in all; 0: as stated before */
    bool checkpoint; /* what is done so far has been saved */
};

struct node_change {
    struct str pool;
    uint32_t first, count; /* node indexes; count 0: the whole pool */
    int state; /* enum node_state */
    struct str reason;
};

/* What `berth update` and `scontrol update` may change. A field counts when its bit is in `fields`.
 */
enum update_field {
    UPDATE_NAME,
    UPDATE_PRIORITY,
    UPDATE_TIME_LIMIT,
    UPDATE_BEGIN,
    UPDATE_DEADLINE,
    UPDATE_PARTITION,
    UPDATE_CHIP_KINDS,
    UPDATE_CHIPS,
    UPDATE_NODES,
    UPDATE_MAX_PRICE,
    UPDATE_COMMENT,
    UPDATE_REQUEUE,
    UPDATE_DEPENDENCY,
    UPDATE_SITES,
    UPDATE_DATA,
    UPDATE_PURPOSE,
    UPDATE_EVIDENCE,
    UPDATE_MEMORY,
    UPDATE_TYPE,
    UPDATE_STEPS,
    UPDATE_FIELD_COUNT
};

extern const char *const update_field_names[UPDATE_FIELD_COUNT];

struct event {
    int kind; /* enum event_kind */
    int64_t now_ms;
    struct str actor; /* who: "uid:1000", "engine:local", "clock" */
    uint32_t actor_uid; /* of requests */
    bool actor_is_operator;

    struct fleet *fleet; /* FLEET */
    struct law_pack *packs; /* PACKS */
    uint32_t pack_count;
    uint32_t bind_levels; /* BIND */
    struct job_spec *spec; /* SUBMIT; UPDATE: the fields named */
    struct str key; /* SUBMIT: idempotency key; "" none */
    uint32_t update_fields; /* UPDATE: bits of enum update_field */
    struct job_id job; /* CANCEL HOLD RELEASE UPDATE REQUEUE */
    uint32_t signal; /* CANCEL: send this signal (one of SIGNAL_TO_ may be added) instead of ending
                        it; 0: end it */
    struct report report; /* REPORT */
    struct node_change *nodes; /* NODES */
    uint32_t node_change_count;
    struct speeds *speeds; /* SPEEDS */
    struct heartbeat heartbeat; /* PROGRESS */
    bool resume; /* TICK: the shell has just started: say again what is unconfirmed */
    int64_t stepped_ms; /* TICK: the clock was set ahead by so much since the event before, or the
                           machine stood still: nothing has run for that long. 0: it was not */
};

/* Visits exactly the members that belong to the kind. */
void visit_event(struct visit *v, struct event *e);

#endif
