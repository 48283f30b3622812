/* world.h - the state of one simulated world. Private to src/sim. */
#ifndef BERTH_SIM_WORLD_H
#define BERTH_SIM_WORLD_H

#include "agent/agent.h"
#include "core/explain.h"
#include "core/seen.h"
#include "port/store.h"
#include "sim/draw.h"
#include "sim/draw_work.h"
#include "sim/laws.h"
#include "sim/post.h"
#include "sim/rng.h"
#include "sim/sim.h"

/* 2026-03-01: chaos begins. Any day would do. */
#define SIM_BEGIN_MS INT64_C(1772323200000)

/* How bad this world is; drawn by seed, 0 where the fault does not happen. */
struct chaos {
    int64_t delay_max_ms;
    uint32_t late_percent; /* messages that take minutes */
    uint32_t loss_percent, double_percent;
    uint32_t weights[SIM_FAULT_COUNT]; /* of the faults that strike now and then */
    uint32_t weight_sum;
    uint32_t lies_percent; /* processes that lie of their progress */
    uint32_t death_permille; /* of the shell, after a step and before its sync */
    uint32_t spawn_percent, supervisor_percent, stubborn_percent;
    int64_t sync_max_ms;
};

/* What a client or an administrator asks. Sent until a reply comes or it gives up. */
struct request {
    struct event event;
    uint32_t laws, fleet, speeds; /* index of the version that it brings in; NO_INDEX */
    uint32_t tries_left;
    bool done;
    bool refused;
    struct job_id first_job; /* SUBMIT, when acknowledged */
    uint32_t job_count;
};

/* One record of the ledger. `event`, `outcome` and `hash` are on the simulated disk; the rest is
 * the simulator's own notebook about the record. */
struct record {
    struct buf event, outcome;
    unsigned char hash[STORE_HASH_BYTES];
    int64_t now_ms;
    uint32_t laws, fleet, speeds, bind; /* in force after it */
    struct order *orders; /* leave after the sync */
    uint32_t order_count;
    uint32_t request; /* whose reply leaves after the sync; NO_INDEX */
    struct note reply;
    struct decision_mark {
        struct job_id job;
        int kind;
    } * marks;
    uint32_t mark_count;
};

struct shell {
    bool is_up;
    uint32_t life;
    struct core *core; /* NULL while down */
    int64_t clock_offset_ms; /* of the machine's clock */
    int64_t stamp_ms; /* of the last event */
    int64_t still_until_ms; /* true time until which stamps stand still: the clock was set back */
    int64_t tick_at_ms; /* of the tick that is planned; CIVIL_NEVER_MS none */
    uint32_t ticks_in_place; /* ticks since time last moved */
    bool is_syncing;

    struct record *records; /* the ledger: 1 .. count at [0 ..] */
    size_t record_cap;
    uint64_t count, synced;
    struct buf snapshot; /* state after record snapshot_at; 0 none */
    uint64_t snapshot_at;
    struct buf before_crash; /* state when it died, to compare; empty unknown */
    struct arena scratch; /* one event */
    struct outcome outcome;
};

enum file_state { FILE_ACCEPTED, FILE_BEGUN, FILE_ENDED, FILE_BARRED };

/* What an engine keeps of an attempt on its disk, and the process beside it. */
struct attempt_file {
    struct job_id job;
    uint32_t attempt;
    int state; /* enum file_state */
    struct order order;
    int64_t until_ms; /* BARRED */
    struct agent_exit exit; /* ENDED */
    uint32_t life; /* grows when what was planned for the process no longer holds */

    bool runs; /* a process is alive */
    int64_t begun_ms, end_ms;
    int32_t end_code;
    bool ignores_term, ignores_limit;
    bool is_ending; /* its END is planned and will not be moved later */
    bool timed_out;
    uint32_t limit_number; /* the newest change of order.time_limit_ms */
    struct talk {
        int64_t every_ms; /* it says how far it is so often; 0: never */
        int64_t steps, total; /* what it says next, unless it lies */
        int64_t usteps_per_s;
        int64_t at_ms;
        bool lies;
    } talk;
};

struct machine {
    uint32_t site;
    bool is_up, has_link;
    uint32_t life;
    struct agent *agent; /* NULL while down */
    struct agent_outputs outputs;
    int64_t clock_offset_ms;
    int64_t floor_ms; /* on its disk */
    int64_t clock_at_ms; /* of the AGENT_CLOCK that is planned; CIVIL_NEVER_MS none */
    int64_t
        reachable_since_ms; /* it, its link and the shell are up since; CIVIL_NEVER_MS not now */
    struct attempt_file *files;
    size_t file_cap;
    uint32_t file_count;
    bool node_is_dead[SIM_POOLS_MAX][SIM_NODES_MAX];
};

/* What the oracles remember of one attempt. */
struct attempt_past {
    uint32_t number;
    uint32_t begun; /* times its process began: at most once */
    uint32_t permit; /* that its claim relies on, or NO_INDEX */
    int64_t over_since_ms; /* true time since which it runs past its lease or limit; 0 not */
    int64_t placed_ms;
    int64_t stopping_since_ms; /* first seen COMPLETING; 0 never */
    /* Under the caps of the law of that version, by rule; 0: nothing. */
    uint32_t laws;
    int64_t uses[LAWS_RULES_MAX];
    struct str keys[LAWS_RULES_MAX];
    uint64_t seen_record, over_record; /* first record with its claim; that which freed it, or 0 */
    int64_t over_ms;
    bool preempted; /* stopped for another job */
    /* As last seen, for its account. */
    uint32_t tenant;
    double uusd_per_ms;
    int64_t start_ms, limit_ms; /* start_ms 0: it has not begun */
    int64_t ran_from_ms, unseen_ms; /* then: true time, and clock_unseen_ms */
};

/* Room that is held for a job while others are being stopped for it. */
struct held {
    struct job_id job;
    uint32_t pool;
    int64_t until_ms;
    bool nodes_changed; /* since then */
};

/* A heartbeat that the core took. */
struct beat {
    struct job_id job;
    uint32_t attempt;
    uint64_t record;
    int64_t at_ms, steps;
    bool checkpoint;
};

/* The clock was set ahead: heartbeats of records before this one were so much later by it. */
struct clock_step {
    uint64_t record;
    int64_t by_ms;
};

struct job_past {
    uint32_t ended; /* decisions in durable records that ended it */
    bool acknowledged;
    struct attempt_past *attempts;
    size_t attempt_cap;
    uint32_t attempt_count;
};

enum phase {
    PHASE_BUILD, /* fleet and law are brought in; nothing goes wrong yet */
    PHASE_CHAOS,
    PHASE_CALM, /* nothing new goes wrong; everything in flight must settle */
    PHASE_DRAIN, /* law, leases and holds no longer stand in the way: all jobs must end */
    PHASE_FORGET, /* all have ended: everything must be forgotten */
    PHASE_OVER
};

struct sim {
    struct rng rng;
    struct arena arena; /* lives as long as the world */
    const struct sim_options *options;
    struct sim_stats *stats;
    struct sim_result *result;
    struct post post;
    int64_t now_ms; /* true time */
    int phase; /* enum phase */
    int64_t chaos_end_ms, phase_end_ms;
    struct chaos chaos;

    struct shell shell;
    struct machine machines[SIM_SITES_MAX];
    uint32_t machine_count;

    struct fleet **fleets; /* versions */
    size_t fleet_cap;
    uint32_t fleet_count;
    struct laws **laws;
    size_t laws_cap;
    uint32_t laws_count;
    struct speeds **speeds;
    size_t speeds_cap;
    uint32_t speeds_count;

    struct request *requests;
    size_t request_cap;
    uint32_t request_count;
    uint32_t jobs_wanted, jobs_drawn;
    bool is_crowded; /* most jobs come at once, and wait for each other */
    bool is_stormy; /* urgent jobs come all the time, and others are stopped for them */

    struct promise {
        uint32_t job; /* 0: none */
        int64_t at_ms;
    } promises[SIM_POOLS_MAX]; /* as of the last step, by pool */
    struct seen seen[SIM_POOLS_MAX]; /* what pools expected before the step, if that is known */
    bool seen_known;
    struct job_past *pasts; /* by job id */
    size_t past_cap;
    struct beat *beats; /* in order */
    size_t beat_cap, beat_count;
    struct clock_step *clock_steps; /* in order */
    size_t clock_step_cap, clock_step_count;
    int64_t clock_unseen_ms; /* the clock was set ahead by that while no shell saw it */
    struct held *held;
    size_t held_cap;
    uint32_t held_count;
    int64_t relied[LAWS_RULES_MAX]; /* by permit: chips that relied on it after the last step */
};

/* ---- sim.c ---- */
void sim_fail(struct sim *s, const char *oracle, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void sim_trace(struct sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline bool sim_has_failed(const struct sim *s)
{
    return s->result->failed;
}
static inline void sim_count(struct sim *s, int stat)
{
    s->stats->n[stat]++;
}
static inline bool sim_is_chaotic(const struct sim *s)
{
    return s->phase == PHASE_CHAOS;
}
/* Plan a note for `delay_ms` from now. */
void sim_plan(struct sim *s, struct note n, int64_t delay_ms);
/* The same over the network between the shell and a machine or client: late, lost or twice. */
void sim_send(struct sim *s, struct note n);
uint32_t sim_add_fleet(struct sim *s, struct fleet *f);
uint32_t sim_add_laws(struct sim *s, struct laws *l);
uint32_t sim_add_speeds(struct sim *s, struct speeds *t);

/* ---- shell.c ---- */
void shell_init(struct sim *s);
void shell_release(struct sim *s);
/* One event arrives; `request` is whose, or NO_INDEX. */
void shell_take(struct sim *s, const struct event *e, uint32_t request);
void shell_on_tick(struct sim *s, const struct note *n);
void shell_on_sync(struct sim *s, const struct note *n);
void shell_on_request(struct sim *s, const struct note *n);
void shell_on_report(struct sim *s, const struct note *n);
void shell_on_nodes(struct sim *s, const struct note *n);
void shell_on_progress(struct sim *s, const struct note *n);
void shell_crash(struct sim *s, bool torn, int64_t down_ms);
void shell_recover(struct sim *s);
void shell_set_clock(struct sim *s, int64_t offset_ms);
const struct fleet *shell_fleet(const struct sim *s); /* as of the last record */
const struct laws *shell_laws(const struct sim *s);
const struct speeds *shell_speeds(const struct sim *s); /* empty before the first */
uint32_t shell_bind(const struct sim *s);

/* ---- ledger.c: the shell's disk ---- */
/* Write `e` as bytes of the ledger. */
void ledger_write_event(struct buf *out, struct event *e);
/* Read it back; strings point into `bytes`. */
bool ledger_read_event(struct str bytes, struct arena *arena, struct event *out);
void ledger_write_outcome(struct buf *out, struct outcome *o);
void ledger_write_core(struct buf *out, struct core *c);
/* NULL when the bytes do not read. */
struct core *ledger_read_core(struct str bytes);
/* Chain record `seq` to the one before it. */
void ledger_seal(struct sim *s, uint64_t seq);
/* Step records first .. last into the core; every outcome must come out again (REPLAY). */
bool ledger_fold(struct sim *s, struct core *c, uint64_t first, uint64_t last);
/* The whole of the ledger gives the state of the live core, byte for byte (REPLAY, CHAIN). */
void ledger_check(struct sim *s);

/* ---- machine.c ---- */
void machines_init(struct sim *s);
void machines_release(struct sim *s);
void machine_on_order(struct sim *s, const struct note *n);
void machine_on_fact(struct sim *s, const struct note *n);
void machine_on_clock(struct sim *s, const struct note *n);
void machine_on_begin(struct sim *s, const struct note *n);
void machine_on_end(struct sim *s, const struct note *n);
void machine_on_limit(struct sim *s, const struct note *n);
void machine_on_beat(struct sim *s, const struct note *n);
/* ---- talk.c: what processes say of their progress ---- */
void talk_begin(struct sim *s, const struct machine *m, struct attempt_file *f);
void talk_end(struct sim *s, const struct machine *m, struct attempt_file *f);
void talk_on_time(struct sim *s, const struct note *n);

void machine_crash(struct sim *s, struct machine *m, bool loses_power, int64_t down_ms);
void machine_start(struct sim *s, struct machine *m);
void machine_set_clock(struct sim *s, struct machine *m, int64_t offset_ms);
/* The supervisor of a random process dies. */
void machine_lose_supervisor(struct sim *s, struct machine *m);
/* A node dies (its processes with it) or comes back. */
void machine_set_node(struct sim *s, struct machine *m, uint32_t pool, uint32_t node, bool dead);
/* Note who is reachable now, after links, engines or the shell changed. */
void machines_note_reach(struct sim *s);

/* ---- client.c ---- */
uint32_t client_ask(struct sim *s, const struct event *e, uint32_t tries);
void client_on_send(struct sim *s, const struct note *n);
void client_on_reply(struct sim *s, const struct note *n);
void client_on_act(struct sim *s);
/* An administrator brings in a fleet or the law. */
uint32_t client_ask_fleet(struct sim *s, struct fleet *f);
uint32_t client_ask_laws(struct sim *s, struct laws *l);
uint32_t client_ask_speeds(struct sim *s, struct speeds *t);
uint32_t client_ask_job(struct sim *s, int kind, struct job_id job, uint32_t uid);

/* ---- fault.c ---- */
void chaos_draw(struct sim *s);
void fault_strike(struct sim *s);
/* Everything that is broken works again. */
void fault_heal(struct sim *s);

/* ---- phase.c ---- */
void phase_on_time(struct sim *s);

/* ---- oracle.c ---- */
struct job_past *oracle_job(struct sim *s, struct job_id job);
struct attempt_past *oracle_attempt(struct sim *s, struct job_id job, uint32_t attempt);
/* After a step: `e` as stepped, `out` what it gave. */
void oracle_step(struct sim *s, const struct event *e, const struct outcome *out);
/* A record has become durable. */
void oracle_durable(struct sim *s, const struct record *r);
/* A process begins: world-wide, whatever the core believes. */
void oracle_begin(struct sim *s, const struct machine *m, const struct attempt_file *f);
/* The core is up again: nothing that was acknowledged may be missing. */
void oracle_recovered(struct sim *s);

/* ---- oracle_law.c ---- */
void oracle_law_decision(struct sim *s, const struct decision *d);
void oracle_law_running(struct sim *s);
void oracle_quota(struct sim *s);
/* Does the second evaluator say that the law allows it there now? */
bool oracle_law_allows(struct sim *s, const struct job *j, uint32_t pool);
/* The same at another instant, as far as is known now: it does not forbid it. */
bool oracle_law_tolerates(struct sim *s, const struct job *j, uint32_t pool, int64_t on_ms);

/* ---- oracle_cap.c ---- */
/* After each step: what everybody uses under caps, counted from nothing. */
void oracle_cap(struct sim *s, const struct event *e, const struct outcome *out);
/* Records after `synced` are undone. */
void oracle_cap_undo(struct sim *s, uint64_t synced);

/* ---- oracle_beat.c ---- */
void oracle_beat(struct sim *s, const struct event *e, const struct outcome *out);
/* The last heartbeat of the job that said its work was saved; NULL none. */
const struct beat *oracle_beat_saved(const struct sim *s, struct job_id job);
/* When it was taken, by the clock as it is now. */
int64_t oracle_beat_at(const struct sim *s, const struct beat *b);
void oracle_beat_undo(struct sim *s, uint64_t synced);

/* ---- oracle_cost.c ---- */
/* After a step: what it says of costs, and that no cheaper pool was free. */
void oracle_cost(struct sim *s, const struct outcome *out);

/* ---- oracle_wall.c ---- */
/* A job was placed: it can end, or save its work, before every wall. */
void oracle_wall_placed(struct sim *s, const struct job *j);
void oracle_wall_stopped(struct sim *s, const struct decision *d);
/* A process runs: not past a wall for long, where it can be told. */
void oracle_wall_process(struct sim *s, const struct machine *m, const struct attempt_file *f);
/* The reason of a row, as far as time is concerned, is that which walls and limits give. */
void oracle_wall_row(struct sim *s, const struct job *j, const struct pool_reason *row);

/* ---- oracle_strand.c ---- */
void oracle_strand_before(struct sim *s, const struct event *e); /* before a step */
/* Of a job that was placed, and is expected to be there for so long. */
void oracle_strand(struct sim *s, const struct outcome *out, const struct decision *d,
                   const struct job *j, double ms);

/* ---- oracle_budget.c ---- */
/* After each step, and after oracle_cap: what budgets have been charged, counted from nothing. */
void oracle_budget(struct sim *s, const struct outcome *out);
/* What the tenant of the job may still spend, in micro-USD; false: nothing binds, or room is being
 * cleared for a job of it, which is not counted here. */
bool oracle_budget_left(const struct sim *s, const struct job *j, double *left_out);
/* What of that is kept for starts promised to jobs of the tenant before it. */
double oracle_budget_kept(const struct sim *s, const struct job *j);

/* ---- oracle_preempt.c ---- */
/* Does the job fit in that pool, if those `gone` were? By brute force, for --switches and
 * --contiguous too. */
bool oracle_fits(struct sim *s, const struct job *j, uint32_t pool, const uint32_t *gone,
                 uint32_t gone_count);
/* After a step: `e` as stepped, `out` what it gave. */
void oracle_preempt(struct sim *s, const struct event *e, const struct outcome *out);
/* What was not durable has not happened. */
void oracle_preempt_recovered(struct sim *s);

/* ---- oracle_reserve.c ---- */
void oracle_reserve(struct sim *s, const struct event *e, const struct outcome *out);

/* ---- oracle_flip.c ---- */
/* The change that `x` states for the job, which waits or was refused, lets it start. */
void oracle_flip(struct sim *s, const struct job *j, const struct explanation *x);

/* ---- oracle_explain.c ---- */
/* Ask why about a random job. */
void oracle_explain(struct sim *s);

#endif
