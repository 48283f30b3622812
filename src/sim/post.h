/* post.h - everything that will happen, in order of time: messages on the network, timers, faults.
 *
 * A binary heap with the total order (at_ms, seq); seq numbers what was put in, so things of one
 * instant happen in the order in which they were planned. */
#ifndef BERTH_SIM_POST_H
#define BERTH_SIM_POST_H

#include "agent/agent.h"
#include "core/event.h"

enum { SIM_PARTS_MAX = 16 }; /* nodes of one gang in the simulated fleets */

/* An order on its way to an engine, with what a real one carries of the job. */
struct order {
    struct effect effect;
    int64_t issued_ms;
    int64_t time_limit_ms;
    struct claim_part parts[SIM_PARTS_MAX];
    uint32_t part_count;
    uint32_t uid;
    int64_t steps_done, steps; /* 0: not stated */
};

enum note_kind {
    NOTE_REQUEST, /* client to shell: index of a request */
    NOTE_REPLY, /* shell to client */
    NOTE_REPORT, /* engine to shell */
    NOTE_NODES, /* engine to shell: how its nodes are */
    NOTE_ORDER, /* shell to engine */
    NOTE_TICK, /* the shell's timer */
    NOTE_SYNC, /* the shell's disk is done */
    NOTE_RECOVER, /* the shell starts again */
    NOTE_FACT, /* supervisor to agent, on one machine */
    NOTE_AGENT_CLOCK, /* the agent's timer */
    NOTE_MACHINE_UP, /* the engine starts again */
    NOTE_LINK_UP, /* a partition ends */
    NOTE_BEGIN, /* a supervisor begins */
    NOTE_END, /* a process ends */
    NOTE_LIMIT, /* a supervisor's time limit */
    NOTE_BEAT, /* an engine looks at its nodes */
    NOTE_SPEAK, /* a process thinks of its progress */
    NOTE_PROGRESS, /* process to shell */
    NOTE_CLIENT, /* a client acts: index of a request */
    NOTE_ACT, /* a client thinks of something to ask */
    NOTE_FAULT, /* something goes wrong */
    NOTE_PHASE, /* chaos ends, healing goes on */
};

struct note {
    int64_t at_ms;
    uint64_t seq;
    int kind; /* enum note_kind */
    uint32_t who; /* machine; or request */
    uint32_t life; /* of shell, machine or process: news for an earlier life is dropped */
    struct job_id job; /* BEGIN END LIMIT SPEAK */
    uint32_t attempt;
    union {
        struct order order;
        struct report report;
        struct agent_input fact;
        struct {
            struct heartbeat beat;
            uint32_t uid;
        } progress;
        struct {
            enum err err;
            struct job_id first_job;
            uint32_t job_count;
        } reply;
        struct {
            uint32_t pool, node;
            int state; /* enum node_state */
        } nodes;
        uint64_t record; /* SYNC */
    } u;
};

struct post {
    struct note *notes;
    size_t cap, count;
    uint64_t seq;
};

void post_release(struct post *p);
void post_put(struct post *p, const struct note *n); /* n->seq is given here */
bool post_take(struct post *p, struct note *out); /* false when nothing is left */

#endif
