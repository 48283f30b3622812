/* local_work.h - the local engine's work between the agent and the files: carry out what the agent
 * says, tell it what the files say. Private to src/engine/local*.c. */
#ifndef BERTH_ENGINE_LOCAL_WORK_H
#define BERTH_ENGINE_LOCAL_WORK_H

#include "agent/agent.h"
#include "engine/local.h"

/* An attempt that the agent holds for STARTING, RUNNING or STOPPING. */
struct active {
    struct attempt_id id;
    int64_t patience_ms; /* instant at which a start without news is taken back */
    int64_t grace_ms; /* of the TERM to come */
    enum stop_why why; /* of the same */
    int64_t limit_owed_s; /* a changed time limit that its supervisor was not yet told; 0: none */
};

struct local {
    struct engine base;
    struct state_dir dir;
    const struct spawner *spawner;
    char *socket; /* owned */
    int64_t kill_wait_ms;
    struct agent *agent;
    struct agent_outputs outputs;
    int lock_fd, notify_fd, timer_fd, epoll_fd;
    int64_t now_ms; /* the caller's, in the present call; never decreases */
    int64_t look_ms; /* when the files of active attempts are looked at next */
    int64_t armed_ms; /* what the timer is set to; CIVIL_NEVER_MS: not set */
    struct active *active; /* in order of id */
    size_t active_count, active_cap;
    struct report *reports; /* not yet handed out; details in report_arena */
    size_t report_count, report_cap;
    struct arena report_arena, scratch;
};

/* The attempt among the watched ones, or NULL. Valid until the set changes. */
struct active *local_active(const struct local *l, struct attempt_id id);
/* Add it to those whose files are looked at. */
void local_watch(struct local *l, struct attempt_id id);

/* Give the agent an input and do what it says: spawn, signal, erase, queue reports. */
void local_feed(struct local *l, const struct agent_input *in);
/* A fact without an exit status; SPAWN_FAILED is permanent. */
void local_feed_fact(struct local *l, struct attempt_id id, int kind, struct str detail);

/* Look at a watched attempt's files and tell the agent what is new. `now`: a start that has not
 * begun is taken back instead of waited for. Does nothing for others. */
void local_learn(struct local *l, struct attempt_id id, bool now);
void local_look_at_all(struct local *l);

/* Have its supervisor, where it has one, end everything: TERM, and KILL after grace_ms. */
void local_stop_supervisor(struct local *l, struct attempt_id id, int64_t grace_ms,
                           enum stop_why why);

struct agent_exit local_exit_of(const struct attempt_end *end);

#endif
