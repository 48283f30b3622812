/* agent.h - the engine's side of the start and stop protocol: a pure state machine, one per engine.
 *
 * The core orders (core/decision.h: START STOP SIGNAL FORGET); orders may be late, lost, doubled or
 * out of order. Processes are run by somebody else (src/engine, or the simulator's machines), who
 * tells the agent facts (spawned, exited, ...) and carries out what the agent puts out. Between the
 * two the agent keeps these promises:
 *
 *   A1  an attempt is spawned at most once, and only by an unexpired START of the newest attempt
 *       known for its job;
 *   A2  two attempts of one job never run at once on one engine;
 *   A3  after GONE, FINISHED or REJECTED was reported for an attempt it never runs again;
 *   A4  the end of an attempt is reported again and again until FORGET.
 *
 * States of an attempt. What is not listed changes nothing and puts nothing out:
 *
 *   state     START              STOP               fact                        clock
 *   (none)    SPAWN -> STARTING  BAR, GONE -> TOMB  FOUND_*: as found; barred until
 *                                                   FORGET: GONE -> ENDED       -
 *   UNBEGUN   SPAWN -> STARTING  BAR, GONE -> TOMB  -                           ERASE -> (none)
 *   STARTING  -                  remembered         SPAWNED: STARTED -> RUNNING,
 *                                                   after a stop TERM -> STOPPING  -
 *   RUNNING   STARTED            TERM -> STOPPING   EXITED: FINISHED -> ENDED   -
 *   STOPPING  -                  KILL sooner        EXITED: FINISHED -> ENDED   KILL, again
 *   ENDED     its end again      its end again      -                           its end again
 *   TOMB      GONE               GONE               -                           ERASE -> (none)
 *
 *   A START that has expired, or whose older attempt still runs (which is then stopped), is dropped
 *   silently: the core repeats it. A START of an older attempt than one known answers GONE. In any
 *   active state LOST ends with GONE, SPAWN_FAILED with REJECTED (permanent) or GONE; where the
 *   attempt has not been seen to run, a BAR until FORGET goes before. FORGET turns ENDED into TOMB.
 *   SIGNAL reaches RUNNING and STOPPING only. LIMIT reaches RUNNING only, which answers STARTED with
 *   the newest limit_number it has taken; an older LIMIT changes nothing and is answered, too.
 *
 * Why A1 and A3 hold in spite of late orders: the agent's time is the greatest of its own clock and
 * of the `issued_ms` of every order, and never decreases. A START issued before a STOP or FORGET
 * expires at most START_EXPIRY_MS after that was issued; the tombstone stands AGENT_TOMBSTONE_MS,
 * which is longer; so when the tombstone falls, every START that could still arrive has expired.
 * After a STOP the core never says START of that attempt again. After a failed spawn it does, for as
 * long as the report is under way: so that bar stands until FORGET, however long that takes.
 * For this to survive a crash of the engine, its owner keeps what BAR, ERASE and the attempts'
 * files say on disk, and hands it back with FOUND_* and the floor.
 *
 * Pure: no I/O, clock, threads, floating point. Memory: about 100 bytes an attempt. */
#ifndef BERTH_AGENT_AGENT_H
#define BERTH_AGENT_AGENT_H

#include "core/decision.h"
#include "core/event.h"

/* How long a tombstone stands after the order that caused it: longer than a START may live
 * (core's START_EXPIRY_MS, 60 s), three times for unhurried clocks. */
#define AGENT_TOMBSTONE_MS INT64_C(180000)
/* An end that was not forgotten is reported again after this, then doubling up to the second. */
#define AGENT_REPEAT_FIRST_MS INT64_C(5000)
#define AGENT_REPEAT_LAST_MS INT64_C(60000)
/* A process that outlived its KILL (stuck in the kernel) gets it again after this. */
#define AGENT_KILL_REPEAT_MS INT64_C(5000)
/* Grace of a stop that the agent itself decides on (an older attempt still runs): Slurm's KillWait.
 */
#define AGENT_GRACE_MS INT64_C(30000)
/* Attempts known at once, tombstones included. At the limit a START or STOP of an unknown attempt
 * is dropped silently: the core repeats it until there is room. */
enum { AGENT_ATTEMPTS_MAX = 1000000 };
/* Bytes kept of a `detail`; the rest is cut. */
enum { AGENT_DETAIL_MAX = 512 };

enum agent_input_kind {
    /* orders */
    AGENT_START, /* issued_ms, expires_ms */
    AGENT_STOP, /* issued_ms, grace_ms */
    AGENT_SIGNAL, /* issued_ms, signal */
    AGENT_LIMIT, /* issued_ms, limit_ms, limit_number */
    AGENT_FORGET, /* issued_ms */
    /* facts: exactly one of SPAWNED, SPAWN_FAILED, EXITED, LOST answers a SPAWN, and exactly one of
     * EXITED, LOST follows SPAWNED */
    AGENT_SPAWNED,
    AGENT_SPAWN_FAILED, /* nothing ran and nothing will; permanent, detail */
    AGENT_EXITED, /* exit; every process of the attempt is gone */
    AGENT_LOST, /* its supervisor died; every process of the attempt is gone; detail */
    /* what the engine found when it started, before any order; each attempt once */
    AGENT_FOUND_RUNNING,
    AGENT_FOUND_ENDED, /* exit */
    AGENT_FOUND_LOST, /* it began, does not run and left no exit status; detail */
    AGENT_FOUND_UNBEGUN, /* it never began, and will not unless it is spawned again */
    AGENT_FOUND_BARRED, /* a BAR was carried out; until_ms as that said */
    /* */
    AGENT_CLOCK, /* time has passed: due at agent_next_ms */
    AGENT_INPUT_COUNT
};
extern const char *const agent_input_names[AGENT_INPUT_COUNT];

struct agent_exit {
    int32_t code; /* 0..255 */
    int32_t signal; /* 0 none */
    bool timed_out, out_of_memory;
};

struct agent_input {
    int kind; /* enum agent_input_kind */
    int64_t now_ms; /* by the engine's clock; may step back, the agent's time does not */
    struct job_id job;
    uint32_t attempt;
    int64_t issued_ms; /* orders: the core's time when it gave the order (event.now_ms) */
    int64_t expires_ms; /* START */
    int64_t grace_ms; /* STOP: from TERM to KILL; 0: KILL at once */
    uint32_t signal; /* SIGNAL */
    int64_t limit_ms; /* LIMIT: from the attempt's start */
    uint32_t limit_number; /* LIMIT; FOUND_RUNNING: the newest that was carried out, where known */
    bool permanent; /* SPAWN_FAILED, FOUND_LOST: trying again elsewhere cannot help */
    struct agent_exit exit; /* EXITED FOUND_ENDED */
    int64_t until_ms; /* FOUND_BARRED */
    struct str detail; /* SPAWN_FAILED LOST FOUND_LOST; copied */
};

enum agent_output_kind {
    AGENT_SPAWN, /* start the attempt's processes; a fact answers */
    AGENT_TERM, /* ask its processes to end (SIGTERM) */
    AGENT_KILL, /* end them (SIGKILL); comes again until the fact */
    AGENT_SEND, /* send `signal` to them */
    AGENT_SET_LIMIT, /* end them `limit_ms` after their start, not when it was said before */
    AGENT_BAR, /* write down, so that a crash of the engine does not lose it, that this attempt must
                  not be spawned until `until_ms` (CIVIL_NEVER_MS: until ERASE); before the report
                  that follows leaves */
    AGENT_ERASE, /* remove what is kept of the attempt. Where orders may outlive the engine's
                    process first write down `until_ms`: the floor for agent_new after a crash */
    AGENT_REPORT, /* tell the core `report`; its detail is valid until the next agent_step */
    AGENT_OUTPUT_COUNT
};
extern const char *const agent_output_names[AGENT_OUTPUT_COUNT];

struct agent_output {
    int kind; /* enum agent_output_kind */
    struct job_id job;
    uint32_t attempt;
    uint32_t signal; /* SEND */
    int64_t limit_ms; /* SET_LIMIT */
    uint32_t limit_number; /* SET_LIMIT */
    int64_t until_ms; /* BAR, ERASE */
    struct report report; /* REPORT */
};

/* What one step put out, in order. Zero-initialise; agent_outputs_release at the end. */
struct agent_outputs {
    struct agent_output *items;
    size_t count, cap;
};
void agent_outputs_release(struct agent_outputs *out);

struct agent_config {
    int64_t floor_ms; /* the greatest until_ms of an ERASE written down; 0 none */
    bool erase_at_once; /* orders cannot outlive this process (they are function calls), so FORGET
                           erases immediately and only memory keeps the tombstone */
};

struct agent;
struct agent *agent_new(struct agent_config config);
void agent_free(struct agent *a);

/* Take one input; overwrites *out. Never fails: an order or fact that makes no sense is dropped. */
void agent_step(struct agent *a, const struct agent_input *in, struct agent_outputs *out);

/* The input that an effect of the core means. */
struct agent_input agent_order(const struct effect *e, int64_t issued_ms, int64_t now_ms);

/* When AGENT_CLOCK would next do something, in the agent's time; CIVIL_NEVER_MS: never. */
int64_t agent_next_ms(const struct agent *a);

/* ---- reading, for tests, views and oracles ---- */

enum agent_state {
    AGENT_NONE, /* not known */
    AGENT_UNBEGUN,
    AGENT_STARTING,
    AGENT_RUNNING,
    AGENT_STOPPING,
    AGENT_ENDED,
    AGENT_TOMB,
    AGENT_STATE_COUNT
};
extern const char *const agent_state_names[AGENT_STATE_COUNT];

int agent_state(const struct agent *a, struct job_id job, uint32_t attempt);
size_t agent_count(const struct agent *a); /* attempts known, tombstones included */

/* Every invariant of the tables, checked slowly; the text names the one that is broken. */
enum err agent_check(const struct agent *a, struct errtext *error);

#endif
