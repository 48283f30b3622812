/* fault.c - what goes wrong, when, and how it is mended. */
#include "base/civil.h"
#include "sim/world.h"

#include <inttypes.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS };

const char *const sim_fault_names[SIM_FAULT_COUNT] = {
    "delay",        "loss",      "duplicate",  "partition", "shell-crash", "torn",
    "engine-crash", "host-loss", "supervisor", "spawn",     "stubborn",    "node",
    "clock",        "law",       "fleet",      "speeds",    "lies"};

static bool draws(struct sim *s, int fault)
{
    return rng_chance(&s->rng, 55) && (s->options->faults & (1u << fault)) != 0;
}

void chaos_draw(struct sim *s)
{
    struct chaos *c = &s->chaos;
    *c = (struct chaos){.delay_max_ms = 200, .sync_max_ms = rng_between(&s->rng, 0, 400)};
    if (draws(s, FAULT_DELAY)) {
        c->delay_max_ms = rng_between(&s->rng, 1, 30) * SECOND_MS;
        c->late_percent = rng_below(&s->rng, 8);
    }
    if (draws(s, FAULT_LOSS)) c->loss_percent = 1 + rng_below(&s->rng, 30);
    if (draws(s, FAULT_DUPLICATE)) c->double_percent = 1 + rng_below(&s->rng, 30);
    if (draws(s, FAULT_SPAWN)) c->spawn_percent = 1 + rng_below(&s->rng, 20);
    if (draws(s, FAULT_SUPERVISOR)) c->supervisor_percent = 1 + rng_below(&s->rng, 20);
    if (draws(s, FAULT_STUBBORN)) c->stubborn_percent = 1 + rng_below(&s->rng, 60);
    if (draws(s, FAULT_SHELL_CRASH)) c->death_permille = 1 + rng_below(&s->rng, 15);
    if (draws(s, FAULT_LIES)) c->lies_percent = 1 + rng_below(&s->rng, 50);
    static const int strikes[] = {
        FAULT_PARTITION, FAULT_SHELL_CRASH, FAULT_ENGINE_CRASH, FAULT_HOST_LOSS, FAULT_SUPERVISOR,
        FAULT_NODE,      FAULT_CLOCK,       FAULT_LAW,          FAULT_FLEET,     FAULT_SPEEDS};
    for (size_t i = 0; i < sizeof strikes / sizeof *strikes; i++) {
        if (!draws(s, strikes[i])) continue;
        c->weights[strikes[i]] = 1 + rng_below(&s->rng, 10);
        c->weight_sum += c->weights[strikes[i]];
    }
}

static struct machine *some_machine(struct sim *s)
{
    return &s->machines[rng_below(&s->rng, s->machine_count)];
}

static int64_t some_minutes(struct sim *s, int64_t max)
{
    return rng_between(&s->rng, SECOND_MS, max * MINUTE_MS);
}

static void cut_link(struct sim *s)
{
    struct machine *m = some_machine(s);
    if (!m->has_link) return;
    sim_count(s, STAT_PARTITIONS);
    sim_trace(s, "site %" PRIu32 " is cut off", m->site);
    m->has_link = false;
    machines_note_reach(s);
    sim_plan(s, (struct note){.kind = NOTE_LINK_UP, .who = m->site}, some_minutes(s, 60));
}

static void change_node(struct sim *s)
{
    const struct fleet *f = s->fleets[s->fleet_count - 1];
    uint32_t pool = rng_below(&s->rng, f->pool_count);
    uint32_t node = rng_below(&s->rng, f->pools[pool].node_count);
    struct machine *m = &s->machines[f->pools[pool].site_index];
    sim_count(s, STAT_NODE_FAULTS);
    if (rng_chance(&s->rng, 60)) {
        machine_set_node(s, m, pool, node, !m->node_is_dead[pool][node]);
        return;
    }
    /* An operator says so, rightly or not. */
    struct note n = {.kind = NOTE_NODES};
    n.u.nodes.pool = pool;
    n.u.nodes.node = node;
    n.u.nodes.state = (int)rng_below(&s->rng, NODE_STATE_COUNT);
    sim_send(s, n);
}

static void jump_clock(struct sim *s)
{
    sim_count(s, STAT_CLOCK_JUMPS);
    int64_t jump_ms = rng_between(&s->rng, -20, 20) * MINUTE_MS;
    if (rng_chance(&s->rng, 50)) {
        sim_trace(s, "the shell's clock is off by %" PRId64 " s", jump_ms / 1000);
        shell_set_clock(s, jump_ms);
    } else {
        struct machine *m = some_machine(s);
        machine_set_clock(s, m, jump_ms);
        sim_trace(s, "the clock of site %" PRIu32 " is off by %" PRId64 " s", m->site,
                  jump_ms / 1000);
    }
}

static void change_law(struct sim *s)
{
    sim_count(s, STAT_LAW_CHANGES);
    if (rng_chance(&s->rng, 25)) {
        uint32_t levels = (uint32_t)rng_below(&s->rng, 1u << LEVEL_COUNT) | (1u << LEVEL_LAW);
        struct event e = {.kind = EVENT_BIND,
                          .actor = STR("uid:0"),
                          .actor_is_operator = true,
                          .bind_levels = levels};
        client_ask(s, &e, 2);
        return;
    }
    const struct fleet *f = s->fleets[s->fleet_count - 1];
    client_ask_laws(s, laws_draw(&s->rng, &s->arena, s->laws_count, false, f, s->now_ms,
                                 s->chaos_end_ms + 60 * MINUTE_MS));
}

static void change_fleet(struct sim *s)
{
    sim_count(s, STAT_FLEET_CHANGES);
    client_ask_fleet(s, draw_fleet_change(&s->rng, &s->arena, s->fleets[s->fleet_count - 1],
                                          s->now_ms, s->chaos_end_ms + 60 * MINUTE_MS));
}

static void change_speeds(struct sim *s)
{
    client_ask_speeds(s, draw_speeds(&s->rng, &s->arena, s->fleets[s->fleet_count - 1]));
}

static int draw_strike(struct sim *s)
{
    uint32_t at = rng_below(&s->rng, s->chaos.weight_sum);
    int fault = 0;
    while (at >= s->chaos.weights[fault]) at -= s->chaos.weights[fault++];
    return fault;
}

void fault_strike(struct sim *s)
{
    if (!sim_is_chaotic(s) || s->chaos.weight_sum == 0) return;
    bool torn = rng_chance(&s->rng, 60);
    switch ((enum sim_fault)draw_strike(s)) {
    case FAULT_PARTITION: cut_link(s); break;
    case FAULT_SHELL_CRASH: shell_crash(s, torn, some_minutes(s, 20)); break;
    case FAULT_ENGINE_CRASH: machine_crash(s, some_machine(s), false, some_minutes(s, 10)); break;
    case FAULT_HOST_LOSS: machine_crash(s, some_machine(s), true, some_minutes(s, 30)); break;
    case FAULT_SUPERVISOR: machine_lose_supervisor(s, some_machine(s)); break;
    case FAULT_NODE: change_node(s); break;
    case FAULT_CLOCK: jump_clock(s); break;
    case FAULT_LAW: change_law(s); break;
    case FAULT_FLEET: change_fleet(s); break;
    case FAULT_SPEEDS: change_speeds(s); break;
    case FAULT_DELAY:
    case FAULT_LOSS:
    case FAULT_DUPLICATE:
    case FAULT_TORN:
    case FAULT_SPAWN:
    case FAULT_STUBBORN:
    case FAULT_LIES:
    case SIM_FAULT_COUNT: break; /* these are everywhere, not now and then */
    }
    sim_plan(s, (struct note){.kind = NOTE_FAULT}, some_minutes(s, 30));
}

void fault_heal(struct sim *s)
{
    s->chaos = (struct chaos){.delay_max_ms = 200, .sync_max_ms = 50};
    for (uint32_t i = 0; i < s->machine_count; i++) {
        struct machine *m = &s->machines[i];
        m->has_link = true;
        machine_set_clock(s, m, 0);
        for (uint32_t p = 0; p < SIM_POOLS_MAX; p++)
            for (uint32_t n = 0; n < SIM_NODES_MAX; n++) m->node_is_dead[p][n] = false;
        machine_start(s, m);
    }
    if (!s->shell.is_up) shell_recover(s);
    shell_set_clock(s, 0);
    machines_note_reach(s);
}
