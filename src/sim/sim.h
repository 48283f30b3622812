/* sim.h - simulation by seed: the real core, agents, law and encodings in a made-up world.
 *
 * One seed makes one world: a small fleet of several sites with leases, permits and parties; rule
 * packs that begin, end, are suspended and replaced; clients that submit, cancel, hold, update and
 * requeue; a shell that stamps, admits, encodes, steps, appends, syncs and only then replies and
 * orders; engines with agents, supervisors and processes. Time is virtual. Between them lies a
 * network that delays, loses, doubles and reorders; shells, engines, hosts, nodes and supervisors
 * die; clocks jump; facts turn out wrong and are corrected.
 *
 * After every step independent oracles look for a broken promise:
 *
 *   CHECK     core_check and agent_check: the parts' own invariants
 *   LAW       every claim is allowed: by law_decide, and by an evaluator of its own that knows the
 *             rules as typed conditions and shares no code with src/law; what became unlawful is
 *             being stopped; a refusal is right
 *   CAPACITY  claims fit the nodes and do not overlap; no two processes share a chip
 *   REPLAY    the fold of the ledger, from scratch or from a snapshot, gives the same state bytes
 *             and the same decisions
 *   TRUTH     an attempt's process runs at most once, one attempt of a job at a time, and under a
 *             claim; an acknowledged job is never lost and ends exactly once
 *   LEASE     nothing starts that would outlast its lease; nothing that can be reached runs past
 *             its lease, into maintenance or past its limit; and whatever the shell sees its
 *             clock do, a limit is of time that passed
 *   WALL      nothing starts that could neither end nor save its work before maintenance, its
 *             deadline or the day on which the law forbids it; what is said to be in the way, is
 *   COST      every cost and expected time of a decision, worked out again from the tables, data
 *             sheets, heartbeats and prices; no pool was free that costs less
 *   BEAT      heartbeats are taken of what runs only, and speed and saved work are what they say
 *   QUOTA     permits are never overdrawn
 *   PREEMPT   jobs are stopped for others only where they must be, for less than it gains, of lower
 *             priority and not too often; the others get the room
 *   RESERVE   no job behind the head of the queue puts off the start it was promised
 *   EXPLAIN   why a job is where it is: every pool has its reason, true as to law, time and room;
 *             the numbers that it names, and the change that is said to help, do
 *   CHAIN     the hash chain over the records holds
 *   PROGRESS  when the world is healed everything comes to its end and is forgotten everywhere
 *
 * The same seed and options give the same run, byte for byte. */
#ifndef BERTH_SIM_SIM_H
#define BERTH_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What may go wrong. A seed draws which of these its world suffers, and how much. */
enum sim_fault {
    FAULT_DELAY, /* messages take up to minutes, and so overtake each other */
    FAULT_LOSS,
    FAULT_DUPLICATE,
    FAULT_PARTITION, /* a site cannot be reached for a while */
    FAULT_SHELL_CRASH, /* the shell's memory is lost */
    FAULT_TORN, /* and with it some of what was written but not synced */
    FAULT_ENGINE_CRASH, /* the engine's memory is lost; supervisors and processes live on */
    FAULT_HOST_LOSS, /* a site loses power: its processes are gone */
    FAULT_SUPERVISOR, /* a supervisor dies */
    FAULT_SPAWN, /* an attempt cannot be started */
    FAULT_STUBBORN, /* processes ignore TERM, or hang in the kernel, or outlive their time limit */
    FAULT_NODE, /* nodes go down, come back, are drained */
    FAULT_CLOCK, /* clocks jump forwards and back */
    FAULT_LAW, /* rule packs and binding levels change in mid-run */
    FAULT_FLEET, /* leases, prices, permits, facts and nodes change in mid-run */
    FAULT_SPEEDS, /* tables of speeds are replaced in mid-run */
    FAULT_LIES, /* some jobs say false things of their progress */
    SIM_FAULT_COUNT
};
extern const char *const sim_fault_names[SIM_FAULT_COUNT];
#define SIM_FAULTS_ALL ((1u << SIM_FAULT_COUNT) - 1)

struct sim_options {
    uint32_t faults; /* bits of enum sim_fault that may happen */
    uint64_t steps_max; /* stop (and pass) after so many steps of the core; 0: no limit */
    FILE *trace; /* one line for everything that happens; NULL none */
};

/* What happened: proof that the faults and paths really were met. Summed over seeds. */
enum sim_stat {
    STAT_STEPS,
    STAT_EVENTS_SUBMIT,
    STAT_ADMIT_REFUSALS,
    STAT_JOBS,
    STAT_PLACED,
    STAT_QUEUED,
    STAT_REFUSED,
    STAT_STOPPED,
    STAT_LAW_STOPS,
    STAT_REQUEUED,
    STAT_PREEMPTING,
    STAT_POSTPONED,
    STAT_PREEMPTED,
    STAT_ENDED,
    STAT_COMPLETED,
    STAT_TIMEOUTS,
    STAT_CANCELLED,
    STAT_NODE_FAILS,
    STAT_PROCESSES,
    STAT_MESSAGES,
    STAT_LOST,
    STAT_DOUBLED,
    STAT_LATE, /* messages delayed by more than a minute */
    STAT_PARTITIONS,
    STAT_SHELL_CRASHES,
    STAT_TORN_RECORDS,
    STAT_FROM_SNAPSHOT,
    STAT_ENGINE_CRASHES,
    STAT_HOST_LOSSES,
    STAT_SUPERVISOR_DEATHS,
    STAT_SPAWN_FAILURES,
    STAT_KILLS,
    STAT_BARS,
    STAT_NODE_FAULTS,
    STAT_CLOCK_JUMPS,
    STAT_LAW_CHANGES,
    STAT_FLEET_CHANGES,
    STAT_PERMIT_USES,
    STAT_LAW_CHECKS, /* claims judged by both evaluators */
    STAT_CAP_CHECKS, /* claims set against a cap */
    STAT_BUDGET_CHECKS, /* jobs placed under a budget */
    STAT_EXPLANATIONS,
    STAT_REPLAYS,
    STAT_SIM_MINUTES,
    STAT_SPEED_TABLES,
    STAT_BEATS, /* heartbeats taken */
    STAT_FALSE_BEATS, /* of those sent: lies */
    STAT_LATE_BEATS, /* sent after the end of their attempt */
    STAT_COSTS, /* costs recounted */
    STAT_COUNTED_COSTS, /* of them: with hours from steps, tables or data sheets */
    STAT_BEAT_COSTS, /* of them: with hours from heartbeats */
    STAT_MOVES, /* of them: with data to move */
    STAT_STRANDED, /* placements that strand chips, whose price was recounted */
    STAT_LATE_COSTS, /* costs of pools where a deadline may be missed */
    STAT_BEST_CHECKS, /* pools that were free and lawful, and dearer than the chosen one */
    STAT_WALLS, /* starts with a wall before them */
    STAT_FLIPS, /* stated changes carried out on a copy */
    STAT_ROW_NUMBERS, /* numbers of rows kept to */
    STAT_PRIORITY_ROWS, /* pools with room that is kept for another job */
    STAT_WALL_STOPS, /* attempts stopped before a lease's end or maintenance */
    STAT_LEFT_ALONE, /* jobs stopped for others so often that they no longer may be */
    SIM_STAT_COUNT
};
extern const char *const sim_stat_names[SIM_STAT_COUNT];

struct sim_stats {
    uint64_t n[SIM_STAT_COUNT];
    uint64_t preemptions_most; /* of one job */
};

enum { SIM_TEXT_MAX = 1024 };

struct sim_result {
    bool failed;
    const char *oracle; /* "LAW" ...; NULL when it passed */
    char text[SIM_TEXT_MAX]; /* what was seen */
    uint64_t step; /* ledger record at which it was seen */
};

/* Run the world of one seed. Adds to *stats. */
void sim_run(uint64_t seed, const struct sim_options *options, struct sim_stats *stats,
             struct sim_result *result);

#endif
