/* phase.c - the course of a world: build, chaos, calm, drain, forget. */
#include "base/civil.h"
#include "sim/world.h"

#include <inttypes.h>

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };
/* In the calm every order and report in flight must settle within this. */
enum { SETTLE_MS = 45 * MINUTE_MS, CALM_MS = 3 * HOUR_MS };
/* All jobs together need less than this once nothing stands in their way. */
#define DRAIN_MAX_MS ((int64_t)40 * CIVIL_DAY_MS)
/* Core and agents forget within minutes (JOB_KEEP_MS, AGENT_TOMBSTONE_MS). */
enum { FORGET_MS = 30 * MINUTE_MS, LOOK_MS = 10 * MINUTE_MS };

static void look_again(struct sim *s, int64_t delay_ms)
{
    sim_plan(s, (struct note){.kind = NOTE_PHASE}, delay_ms);
}

static void check_settled(struct sim *s)
{
    const struct core *c = s->shell.core;
    int64_t now_ms = core_now_ms(c);
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        const struct attempt_past *p =
            j->claim != NULL ? oracle_attempt(s, j->id, j->claim->attempt) : NULL;
        bool stuck = j->state == JOB_CONFIGURING && now_ms - p->placed_ms > SETTLE_MS;
        if (stuck || (j->state == JOB_COMPLETING && p->stopping_since_ms != 0 &&
                      now_ms - p->stopping_since_ms > SETTLE_MS))
            sim_fail(s, "PROGRESS", "job %" PRIu32 " has been %s for too long", j->id.v,
                     job_state_names[j->state]);
    }
}

static void begin_drain(struct sim *s)
{
    const struct fleet *f = s->fleets[s->fleet_count - 1];
    client_ask_laws(s, laws_draw(&s->rng, &s->arena, s->laws_count, true, f, s->now_ms, s->now_ms));
    client_ask_fleet(s, draw_fleet_healed(&s->arena, f));
    s->phase = PHASE_DRAIN;
    s->phase_end_ms = s->now_ms + DRAIN_MAX_MS;
}

/* Nodes that an operator had taken out come back. */
static void undrain(struct sim *s)
{
    const struct fleet *f = core_fleet(s->shell.core);
    for (uint32_t p = 0; p < f->pool_count; p++)
        for (uint32_t n = 0; n < f->pools[p].node_count; n++) {
            if (core_node_use(s->shell.core, (struct pool_id){p}, n).state == NODE_UP) continue;
            struct note tell = {.kind = NOTE_NODES};
            tell.u.nodes.pool = p;
            tell.u.nodes.node = n;
            tell.u.nodes.state = NODE_UP;
            sim_send(s, tell);
        }
}

static bool drained(struct sim *s)
{
    const struct core *c = s->shell.core;
    bool all = true;
    undrain(s);
    for (uint32_t i = 0; i < s->request_count; i++)
        all = all && (s->requests[i].done || s->requests[i].tries_left == 0);
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        if (job_state_is_ended(j->state)) continue;
        all = false;
        if (j->held_user || j->held_admin) client_ask_job(s, EVENT_RELEASE, j->id, 0);
        /* By its own word it would never be done in time. */
        bool is_hopeless = j->reason == REASON_DEPENDENCY_NEVER ||
                           (j->state == JOB_PENDING && j->reason == REASON_TOO_SLOW);
        if (is_hopeless) client_ask_job(s, EVENT_CANCEL, j->id, 0);
        if (s->now_ms > s->phase_end_ms && !sim_has_failed(s))
            sim_fail(s, "PROGRESS", "job %" PRIu32 " is still %s (%s) though nothing is in its way",
                     j->id.v, job_state_names[j->state], reason_names[j->reason]);
    }
    return all;
}

static void check_forgotten(struct sim *s)
{
    const struct job *left = core_job_after(s->shell.core, (struct job_id){0});
    if (left != NULL)
        sim_fail(s, "PROGRESS", "job %" PRIu32 " (%s) is never purged", left->id.v,
                 job_state_names[left->state]);
    for (uint32_t i = 0; i < s->machine_count; i++) {
        const struct machine *m = &s->machines[i];
        if (m->file_count > 0)
            sim_fail(
                s, "PROGRESS",
                "site %" PRIu32 " never forgets attempt %" PRIu32 ".%" PRIu32 " (%s)", m->site,
                m->files[0].job.v, m->files[0].attempt,
                agent_state_names[agent_state(m->agent, m->files[0].job, m->files[0].attempt)]);
        else if (agent_count(m->agent) > 0)
            sim_fail(s, "PROGRESS", "the agent of site %" PRIu32 " never forgets", m->site);
    }
    for (size_t i = 0; i < s->past_cap; i++)
        if (s->pasts[i].acknowledged && s->pasts[i].ended != 1)
            sim_fail(s, "TRUTH", "job %zu was acknowledged and ended %" PRIu32 " times", i,
                     s->pasts[i].ended);
    ledger_check(s);
}

void phase_on_time(struct sim *s)
{
    switch ((enum phase)s->phase) {
    case PHASE_BUILD:
        s->phase = PHASE_CHAOS;
        chaos_draw(s);
        sim_plan(s, (struct note){.kind = NOTE_ACT}, 0);
        sim_plan(s, (struct note){.kind = NOTE_FAULT}, MINUTE_MS);
        look_again(s, s->chaos_end_ms - s->now_ms);
        break;
    case PHASE_CHAOS:
        sim_trace(s, "the world heals");
        s->phase = PHASE_CALM;
        fault_heal(s);
        look_again(s, CALM_MS);
        break;
    case PHASE_CALM:
        check_settled(s);
        begin_drain(s);
        look_again(s, LOOK_MS);
        break;
    case PHASE_DRAIN:
        if (drained(s)) s->phase = PHASE_FORGET;
        look_again(s, s->phase == PHASE_FORGET ? FORGET_MS : LOOK_MS);
        break;
    case PHASE_FORGET:
        check_forgotten(s);
        s->phase = PHASE_OVER;
        break;
    case PHASE_OVER: break;
    }
}
