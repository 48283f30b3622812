/* run_impl.h - the world of run.h: jobs as the simulator knows them, its engine, its faults.
 * Private to src/sim/run. */
#ifndef BERTH_SIM_RUN_IMPL_H
#define BERTH_SIM_RUN_IMPL_H

#include "sim/rng.h"
#include "sim/run/run.h"

enum run_phase {
    PHASE_IDLE, /* nothing is known of the attempt */
    PHASE_ORDERED,
    PHASE_RUNNING,
    PHASE_OVER, /* it will not run any more; the report is under way */
};

/* A job that the core has in memory, with what only the world knows of it. */
struct run_job {
    bool live; /* submitted and not ended */
    bool placed; /* at least once */
    uint32_t id;
    uint32_t tenant; /* number */
    uint64_t serial;
    char *label;
    int64_t submit_ms, first_start_ms;
    struct run_work work; /* `on` is owned: one block with its names */
    double left; /* of its work: 1 at first */

    /* the present attempt */
    uint32_t attempt;
    uint32_t lane; /* of its pool; NO_INDEX: it holds nothing */
    uint64_t chip_milli; /* held: thousandths of chips */
    int phase; /* enum run_phase */
    int64_t begun_ms; /* RUNNING: since when */
    uint32_t limit_number; /* RUNNING: the newest change of its time limit */
    int64_t saved_ms; /* RUNNING: its state was saved then, on a signal; 0: not */
    int64_t spent_uusd; /* of attempts before */
};

enum { RUN_JOB_PAGE = 1024 };
struct run_page {
    struct run_job job[RUN_JOB_PAGE];
    uint32_t live;
};

enum world_kind {
    WORLD_BEGIN, /* the attempt's processes start */
    WORLD_END, /* they end by themselves, or by their limit */
    WORLD_STARTED, /* a report arrives at the core */
    WORLD_FINISHED,
    WORLD_GONE,
    WORLD_NODE_DOWN,
    WORLD_NODE_UP,
};

/* Something that will happen; stale when the attempt is not the job's present one. */
struct world_event {
    int64_t at_ms;
    uint64_t serial; /* breaks ties: first made, first done */
    int kind; /* enum world_kind */
    uint32_t job, attempt;
    uint32_t pool, node; /* NODE_ */
    int32_t exit_code, signal;
    bool timed_out;
    uint32_t limit_number; /* STARTED, END: the change of its time limit that it goes by */
};

struct run {
    struct run_options o;
    struct core *core;
    struct outcome outcome;
    struct arena arena;
    uint64_t record;
    int64_t now_ms;

    struct run_page **pages; /* by id / RUN_JOB_PAGE; NULL: none of it live */
    size_t page_count;
    uint64_t arrivals; /* jobs submitted, rejected ones too */
    uint64_t live; /* jobs not ended */
    uint64_t pending; /* of these, jobs that hold nothing */
    uint64_t active;

    struct world_event *heap; /* the earliest on top */
    size_t heap_count, heap_cap;
    uint64_t serial;

    struct rng rng;
    bool failing; /* the step under way is about nodes that failed */
    uint64_t node_total, node_events; /* of the fleet; things of the heap that are about nodes */

    /* figures */
    struct run_result result;
    struct names tenant_names;
    struct series series;
    struct bound bound;
    struct names rule_names, rejection_names;
    size_t tenant_cap, rule_cap, rejection_cap;
    bool has_first;
    /* Pools come and go with the fleet; figures are kept by lane, one for each pool that ever was.
     */
    uint32_t *lane_of; /* by index of the fleet in force */
    size_t lane_of_cap, pool_cap;
};

/* ---- run.c ----------------------------------------------------------------------------------- */
struct run_job *run_job(struct run *r, uint32_t id); /* NULL: not live */
/* Step an admitted event now, and do what follows from its outcome. */
void run_step(struct run *r, struct event *e);

/* ---- world.c: the engine and its faults ------------------------------------------------------ */
void world_init(struct run *r);
/* The instant of the next thing; CIVIL_NEVER_MS: none. */
int64_t world_next_ms(const struct run *r);
/* True when a thing other than failing and repaired nodes is to come. */
bool world_is_busy(const struct run *r);
/* Do the next thing, which is due. */
void world_do(struct run *r);
/* An order of the core. */
void world_order(struct run *r, const struct effect *f);
/* How long the whole work takes on that kind of chip ("" none); -1: it cannot run there. */
int64_t work_ms(const struct run_work *w, struct str chip);

/* ---- figures.c ------------------------------------------------------------------------------- */
/* The fleet in force is another: give every pool its lane. */
void figures_fleet(struct run *r);
void figures_init(struct run *r);
void figures_release(struct run *r);
struct run_tenant *figures_tenant(struct run *r, uint32_t number);
uint32_t figures_tenant_number(struct run *r, struct str name);
/* A job enters: its bound. */
void figures_arrived(struct run *r, const struct run_job *j, const struct job_spec *spec);
/* A running attempt did so much of its work for good. */
void figures_useful(struct run *r, const struct run_job *j, int64_t ms);
void figures_decision(struct run *r, const struct decision *d);
void figures_rejected(struct run *r, const struct run_done *d);
void figures_queue(struct run *r); /* the number of waiting jobs may have changed */
void figures_finish(struct run *r);

#endif
