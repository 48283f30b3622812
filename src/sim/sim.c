#include "sim/sim.h"

#include "base/civil.h"
#include "base/mem.h"
#include "sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

const char *const sim_stat_names[SIM_STAT_COUNT] = {
    "steps",          "submissions",   "refused-requests",
    "jobs",           "placed",        "queued",
    "refused",        "stopped",       "law-stops",
    "requeued",       "preempting",    "postponed",
    "preempted",      "ended",         "completed",
    "timeouts",       "cancelled",     "node-fails",
    "processes",      "messages",      "lost",
    "doubled",        "late",          "partitions",
    "shell-crashes",  "torn-records",  "from-snapshot",
    "engine-crashes", "host-losses",   "supervisor-deaths",
    "spawn-failures", "kills",         "bars",
    "node-faults",    "clock-jumps",   "law-changes",
    "fleet-changes",  "permit-uses",   "law-checks",
    "cap-checks",     "budget-checks", "explanations",
    "replays",        "sim-minutes",   "speed-tables",
    "heartbeats",     "false-beats",   "late-beats",
    "costs",          "counted-costs", "beat-costs",
    "moves",          "stranded",      "late-costs",
    "best-checks",    "walls",         "flips",
    "row-numbers",    "priority-rows", "wall-stops",
    "left-alone"};

enum { HOUR_MS = 60 * 60 * 1000, LATE_MS = 60 * 1000, LATE_MAX_MS = 10 * LATE_MS };

void sim_fail(struct sim *s, const char *oracle, const char *fmt, ...)
{
    if (s->result->failed) return; /* the first is the one to look at */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->result->text, sizeof s->result->text, fmt, ap);
    va_end(ap);
    s->result->failed = true;
    s->result->oracle = oracle;
    s->result->step = s->shell.count;
    sim_trace(s, "%s: %s", oracle, s->result->text);
}

void sim_trace(struct sim *s, const char *fmt, ...)
{
    if (s->options->trace == NULL) return;
    char date[CIVIL_TEXT_MAX];
    fprintf(s->options->trace, "%s  ", civil_format(s->now_ms, date));
    va_list ap;
    va_start(ap, fmt);
    vfprintf(s->options->trace, fmt, ap);
    va_end(ap);
    fputc('\n', s->options->trace);
}

void sim_plan(struct sim *s, struct note n, int64_t delay_ms)
{
    n.at_ms = s->now_ms + (delay_ms > 0 ? delay_ms : 0);
    post_put(&s->post, &n);
}

static int64_t draw_delay(struct sim *s)
{
    if (!rng_chance(&s->rng, s->chaos.late_percent))
        return rng_between(&s->rng, 0, s->chaos.delay_max_ms);
    sim_count(s, STAT_LATE);
    return rng_between(&s->rng, LATE_MS, LATE_MAX_MS);
}

void sim_send(struct sim *s, struct note n)
{
    sim_count(s, STAT_MESSAGES);
    if (rng_chance(&s->rng, s->chaos.loss_percent)) {
        sim_count(s, STAT_LOST);
        return;
    }
    sim_plan(s, n, draw_delay(s));
    if (!rng_chance(&s->rng, s->chaos.double_percent)) return;
    sim_count(s, STAT_DOUBLED);
    sim_plan(s, n, draw_delay(s));
}

uint32_t sim_add_fleet(struct sim *s, struct fleet *f)
{
    s->fleets = mem_grow(s->fleets, &s->fleet_cap, (size_t)s->fleet_count + 1, sizeof *s->fleets);
    s->fleets[s->fleet_count] = f;
    return s->fleet_count++;
}

uint32_t sim_add_laws(struct sim *s, struct laws *l)
{
    s->laws = mem_grow(s->laws, &s->laws_cap, (size_t)s->laws_count + 1, sizeof *s->laws);
    s->laws[s->laws_count] = l;
    return s->laws_count++;
}

uint32_t sim_add_speeds(struct sim *s, struct speeds *t)
{
    s->speeds = mem_grow(s->speeds, &s->speeds_cap, (size_t)s->speeds_count + 1, sizeof *s->speeds);
    s->speeds[s->speeds_count] = t;
    return s->speeds_count++;
}

static void build(struct sim *s)
{
    s->now_ms = SIM_BEGIN_MS;
    s->chaos = (struct chaos){.delay_max_ms = 50, .sync_max_ms = 10};
    s->chaos_end_ms = SIM_BEGIN_MS + rng_between(&s->rng, 4, 30) * HOUR_MS;
    s->jobs_wanted = 8 + rng_below(&s->rng, 50);
    struct rng own = rng_fork(&s->rng, 4);
    s->is_crowded = rng_chance(&own, 30);
    if (s->is_crowded) s->jobs_wanted += rng_below(&own, 40);
    own = rng_fork(&s->rng, 6);
    s->is_stormy = !s->is_crowded && rng_chance(&own, 8);
    if (s->is_stormy) s->jobs_wanted += 60;
    int64_t horizon_ms = s->chaos_end_ms + HOUR_MS;
    struct fleet *f = draw_fleet(&s->rng, &s->arena, SIM_BEGIN_MS, horizon_ms);
    /* Version 0 is what holds before any packs: nothing. */
    sim_add_laws(s, laws_draw(&s->rng, &s->arena, 0, true, f, SIM_BEGIN_MS, horizon_ms));
    sim_add_speeds(s, ARENA_NEW(&s->arena, struct speeds));
    shell_init(s);
    client_ask_fleet(s, f);
    if (rng_chance(&s->rng, 75)) client_ask_speeds(s, draw_speeds(&s->rng, &s->arena, f));
    client_ask_laws(s, laws_draw(&s->rng, &s->arena, 1, false, f, SIM_BEGIN_MS, horizon_ms));
    machines_init(s);
    sim_plan(s, (struct note){.kind = NOTE_PHASE}, 60000);
}

static void deliver(struct sim *s, const struct note *n)
{
    switch ((enum note_kind)n->kind) {
    case NOTE_REQUEST: shell_on_request(s, n); break;
    case NOTE_REPLY: client_on_reply(s, n); break;
    case NOTE_REPORT:
        if (s->machines[n->who].has_link) shell_on_report(s, n);
        break;
    case NOTE_NODES: shell_on_nodes(s, n); break;
    case NOTE_ORDER: machine_on_order(s, n); break;
    case NOTE_TICK: shell_on_tick(s, n); break;
    case NOTE_SYNC: shell_on_sync(s, n); break;
    case NOTE_RECOVER:
        if (n->life == s->shell.life && !s->shell.is_up) shell_recover(s);
        break;
    case NOTE_FACT: machine_on_fact(s, n); break;
    case NOTE_AGENT_CLOCK: machine_on_clock(s, n); break;
    case NOTE_MACHINE_UP:
        if (n->life == s->machines[n->who].life) machine_start(s, &s->machines[n->who]);
        break;
    case NOTE_LINK_UP:
        s->machines[n->who].has_link = true;
        machines_note_reach(s);
        break;
    case NOTE_BEGIN: machine_on_begin(s, n); break;
    case NOTE_END: machine_on_end(s, n); break;
    case NOTE_LIMIT: machine_on_limit(s, n); break;
    case NOTE_BEAT: machine_on_beat(s, n); break;
    case NOTE_SPEAK: talk_on_time(s, n); break;
    case NOTE_PROGRESS:
        if (s->machines[n->who].has_link) shell_on_progress(s, n);
        break;
    case NOTE_CLIENT: client_on_send(s, n); break;
    case NOTE_ACT: client_on_act(s); break;
    case NOTE_FAULT: fault_strike(s); break;
    case NOTE_PHASE: phase_on_time(s); break;
    }
}

void sim_run(uint64_t seed, const struct sim_options *options, struct sim_stats *stats,
             struct sim_result *result)
{
    struct sim *s = mem_alloc(1, sizeof *s);
    *result = (struct sim_result){0};
    s->options = options;
    s->stats = stats;
    s->result = result;
    rng_init(&s->rng, seed);
    arena_init(&s->arena);
    build(s);
    struct note n;
    while (!result->failed && s->phase != PHASE_OVER && post_take(&s->post, &n)) {
        s->now_ms = n.at_ms;
        deliver(s, &n);
        if (options->steps_max != 0 && s->shell.count >= options->steps_max) break;
    }
    stats->n[STAT_SIM_MINUTES] += (uint64_t)(s->now_ms - SIM_BEGIN_MS) / 60000;
    shell_release(s);
    machines_release(s);
    post_release(&s->post);
    for (size_t i = 0; i < s->past_cap; i++) mem_free(s->pasts[i].attempts);
    mem_free(s->pasts);
    mem_free(s->held);
    mem_free(s->beats);
    mem_free(s->clock_steps);
    mem_free(s->requests);
    mem_free(s->fleets);
    mem_free(s->laws);
    mem_free(s->speeds);
    arena_release(&s->arena);
    mem_free(s);
}
