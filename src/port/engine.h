/* engine.h - the edge between the controller and whatever runs processes (design sections 4 and 9).
 *
 * An engine runs the attempts of one or more sites: processes on this machine (engine/local.h) or a
 * Slurm cluster. One thread owns it, the daemon's writer; no function blocks on a job. Orders are
 * the core's effects (core/decision.h) and are idempotent by (job, attempt): the core says each
 * again until the engine's report has entered the ledger, so an order may be lost or repeated
 * without harm.
 *
 * What an engine promises
 * - A command of one attempt runs at most once, whatever dies: engine, daemon or supervisor.
 * - Two attempts of one job never run at the same time.
 * - FINISHED, GONE and REJECTED are said only when nothing of the attempt runs and nothing of it
 *   ever will. After one of them every repeated start or stop brings the same report again, until
 *   `forget`.
 * - A start that comes after its expires_ms, or for an attempt that was stopped, does not run.
 *
 * Errors of orders: ERR_IO or ERR_UNAVAILABLE say that the engine cannot act now (disk full,
 * spawner dead); nothing has happened and the core's repetition will try again. What is wrong with
 * one job (no such directory, a uid that cannot be taken) is no error of the order but a
 * REPORT_REJECTED.
 *
 * Time: `now_ms` is the caller's stamp, ms UTC, never decreasing. */
#ifndef BERTH_PORT_ENGINE_H
#define BERTH_PORT_ENGINE_H

#include "base/err.h"
#include "core/event.h"
#include "core/job.h"
#include "model/fleet.h"

struct engine;

enum { ENGINE_OPS_VERSION = 3 };

/* Why an attempt is stopped, for the line in its error output that Slurm's users look for. */
enum stop_why {
    STOP_ASKED, /* cancelled */
    STOP_TIME_LIMIT,
    STOP_PREEMPTED,
    STOP_REQUEUED,
    STOP_NODE_FAILED,
    STOP_UNLAWFUL,
    STOP_WHY_COUNT
};

/* What a start order carries. Everything is borrowed for the call; the engine keeps copies. */
struct engine_start {
    const struct fleet *fleet; /* indexed; gives the pool, its site, chip and node names */
    const struct claim *claim; /* job id, attempt, pool, nodes and chips; at least one part */
    const struct job_spec *spec; /* whole: with script, arguments and environment */
    int64_t expires_ms; /* not to be started after this instant */
    int64_t time_limit_ms; /* from its start; then TERM, KILL and timed_out. 0: none */
    int64_t end_by_ms; /* instant at which it must be over (lease end, law wall). 0: none */
    uint32_t restarts; /* SLURM_RESTART_COUNT */
    struct job_id array_job; /* 0: not a task of an array */
    uint32_t array_task;
};

/* One call per report, in the order they happened. `r` is borrowed for the call. */
typedef void engine_report_fn(void *context, const struct report *r);

struct engine_ops {
    uint32_t version; /* ENGINE_OPS_VERSION */
    const char *name; /* "local", "slurm" */

    /* Find what runs or ended while nobody watched, and take it over; once, before any order. What
     * it learns comes out of `drain`. */
    enum err (*recover)(struct engine *e, int64_t now_ms, struct errtext *error);

    /* Run the attempt. */
    enum err (*start)(struct engine *e, const struct engine_start *order, int64_t now_ms,
                      struct errtext *error);
    /* End it: TERM, after grace_ms KILL. An attempt never seen will never run; it is GONE. */
    enum err (*stop)(struct engine *e, struct job_id job, uint32_t attempt, int64_t grace_ms,
                     enum stop_why why, int64_t now_ms, struct errtext *error);
    /* Send a signal, with SIGNAL_TO_SHELL or SIGNAL_TO_ALL or neither, to its processes; nothing
     * happens where it does not run. */
    enum err (*signal)(struct engine *e, struct job_id job, uint32_t attempt, uint32_t signal,
                       int64_t now_ms, struct errtext *error);
    /* End it `limit_ms` after its start, not when the start order said; answered by a STARTED
     * report with `number`, the newest change of the limit. Nothing happens where it does not run.
     */
    enum err (*limit)(struct engine *e, struct job_id job, uint32_t attempt, int64_t limit_ms,
                      uint32_t number, int64_t now_ms, struct errtext *error);
    /* Its end is durable: drop what is kept of it. Does nothing where it still runs. */
    enum err (*forget)(struct engine *e, struct job_id job, uint32_t attempt, int64_t now_ms,
                       struct errtext *error);

    /* A descriptor, the same for life, that polls readable (POLLIN) when `drain` has work. Its own
     * deadlines make it readable too; the caller needs no timer for the engine. */
    int (*poll_fd)(const struct engine *e);
    /* Do what is due and hand out the reports. Never blocks. `fn` must not call the engine. */
    void (*drain)(struct engine *e, int64_t now_ms, engine_report_fn *fn, void *context);

    /* Let go of everything; what runs goes on running. Frees `e`. */
    void (*close)(struct engine *e);
};

/* The head of every engine; its own state follows. */
struct engine {
    const struct engine_ops *ops;
};

static inline enum err engine_recover(struct engine *e, int64_t now_ms, struct errtext *error)
{
    return e->ops->recover(e, now_ms, error);
}

static inline enum err engine_start(struct engine *e, const struct engine_start *order,
                                    int64_t now_ms, struct errtext *error)
{
    return e->ops->start(e, order, now_ms, error);
}

static inline enum err engine_stop(struct engine *e, struct job_id job, uint32_t attempt,
                                   int64_t grace_ms, enum stop_why why, int64_t now_ms,
                                   struct errtext *error)
{
    return e->ops->stop(e, job, attempt, grace_ms, why, now_ms, error);
}

static inline enum err engine_signal(struct engine *e, struct job_id job, uint32_t attempt,
                                     uint32_t signal, int64_t now_ms, struct errtext *error)
{
    return e->ops->signal(e, job, attempt, signal, now_ms, error);
}

static inline enum err engine_limit(struct engine *e, struct job_id job, uint32_t attempt,
                                    int64_t limit_ms, uint32_t number, int64_t now_ms,
                                    struct errtext *error)
{
    return e->ops->limit(e, job, attempt, limit_ms, number, now_ms, error);
}

static inline enum err engine_forget(struct engine *e, struct job_id job, uint32_t attempt,
                                     int64_t now_ms, struct errtext *error)
{
    return e->ops->forget(e, job, attempt, now_ms, error);
}

static inline int engine_poll_fd(const struct engine *e)
{
    return e->ops->poll_fd(e);
}

static inline void engine_drain(struct engine *e, int64_t now_ms, engine_report_fn *fn,
                                void *context)
{
    e->ops->drain(e, now_ms, fn, context);
}

static inline void engine_close(struct engine *e)
{
    if (e != NULL) e->ops->close(e);
}

#endif
