/* machine.c - the simulated engines: an agent, a disk of attempt files, supervisors and processes.
 *
 * One machine serves one site. The engine (with its agent) may die while supervisors and processes
 * live on; a power cut takes those too; the disk stays. Whatever the core believes, the truth about
 * processes is here. */
#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "sim/world.h"

#include <inttypes.h>

enum {
    SPAWN_DELAY_MAX_MS = 2000, /* from SPAWN to the process */
    FACT_DELAY_MAX_MS = 300, /* from a supervisor to its agent */
    TERM_DELAY_MAX_MS = 20000, /* how long a process takes to heed TERM */
    KILL_DELAY_MAX_MS = 500,
    HANG_MAX_MS = 90000, /* a process stuck in the kernel outlives its KILL */
    LIMIT_GRACE_MS = 30000, /* a supervisor's own TERM to KILL */
    BEAT_MS = 300000, /* an engine looks at its nodes so often */
};

static int64_t clock_of(const struct sim *s, const struct machine *m)
{
    return s->now_ms + m->clock_offset_ms;
}

static uint32_t index_of(const struct sim *s, const struct machine *m)
{
    return (uint32_t)(m - s->machines);
}

static struct attempt_file *find(struct machine *m, struct job_id job, uint32_t attempt)
{
    for (uint32_t i = 0; i < m->file_count; i++)
        if (m->files[i].job.v == job.v && m->files[i].attempt == attempt) return &m->files[i];
    return NULL;
}

static struct attempt_file *find_or_add(struct machine *m, struct job_id job, uint32_t attempt)
{
    struct attempt_file *f = find(m, job, attempt);
    if (f != NULL) return f;
    m->files = mem_grow(m->files, &m->file_cap, (size_t)m->file_count + 1, sizeof *m->files);
    f = &m->files[m->file_count++];
    *f = (struct attempt_file){.job = job, .attempt = attempt};
    return f;
}

/* ---- the agent ---- */

static void step_agent(struct sim *s, struct machine *m, const struct agent_input *in,
                       const struct order *order);

static void plan_clock(struct sim *s, struct machine *m)
{
    int64_t next_ms = agent_next_ms(m->agent);
    if (next_ms == CIVIL_NEVER_MS) return;
    int64_t due_ms = next_ms - m->clock_offset_ms;
    if (due_ms < s->now_ms) due_ms = s->now_ms;
    if (m->clock_at_ms != CIVIL_NEVER_MS && m->clock_at_ms <= due_ms) return;
    m->clock_at_ms = due_ms;
    sim_plan(s, (struct note){.kind = NOTE_AGENT_CLOCK, .who = index_of(s, m), .life = m->life},
             due_ms - s->now_ms);
}

void machine_set_clock(struct sim *s, struct machine *m, int64_t offset_ms)
{
    m->clock_offset_ms = offset_ms;
    m->clock_at_ms = CIVIL_NEVER_MS;
    if (m->is_up) plan_clock(s, m);
}

void machine_on_clock(struct sim *s, const struct note *n)
{
    struct machine *m = &s->machines[n->who];
    if (!m->is_up || n->life != m->life || n->at_ms != m->clock_at_ms) return;
    m->clock_at_ms = CIVIL_NEVER_MS;
    struct agent_input in = {.kind = AGENT_CLOCK, .now_ms = clock_of(s, m)};
    step_agent(s, m, &in, NULL);
}

static void plan_fact(struct sim *s, struct machine *m, struct agent_input fact)
{
    if (!m->is_up) return; /* nobody listens; the files tell it later */
    struct note n = {.kind = NOTE_FACT, .who = index_of(s, m), .life = m->life};
    n.u.fact = fact;
    sim_plan(s, n, rng_between(&s->rng, 0, FACT_DELAY_MAX_MS));
}

void machine_on_fact(struct sim *s, const struct note *n)
{
    struct machine *m = &s->machines[n->who];
    if (!m->is_up || n->life != m->life) return;
    struct agent_input in = n->u.fact;
    in.now_ms = clock_of(s, m);
    step_agent(s, m, &in, NULL);
}

void machine_on_order(struct sim *s, const struct note *n)
{
    struct machine *m = &s->machines[n->who];
    if (!m->is_up || !m->has_link) return;
    struct agent_input in = agent_order(&n->u.order.effect, n->u.order.issued_ms, clock_of(s, m));
    sim_trace(s, "order %s %" PRIu32 ".%" PRIu32 " reaches site %" PRIu32,
              agent_input_names[in.kind], in.job.v, in.attempt, m->site);
    step_agent(s, m, &in, &n->u.order);
}

/* ---- processes ---- */

static void plan_end(struct sim *s, struct machine *m, struct attempt_file *f, int64_t delay_ms)
{
    f->life++;
    f->end_ms = s->now_ms + delay_ms;
    sim_plan(s,
             (struct note){.kind = NOTE_END,
                           .who = index_of(s, m),
                           .life = f->life,
                           .job = f->job,
                           .attempt = f->attempt},
             delay_ms);
}

static void do_spawn(struct sim *s, struct machine *m, const struct agent_output *o,
                     const struct order *order)
{
    ASSERT(order != NULL); /* only a START makes the agent spawn */
    struct agent_input fact = {.job = o->job, .attempt = o->attempt};
    if (rng_chance(&s->rng, s->chaos.spawn_percent)) {
        sim_count(s, STAT_SPAWN_FAILURES);
        fact.kind = AGENT_SPAWN_FAILED;
        fact.permanent = rng_chance(&s->rng, 30);
        fact.detail = fact.permanent ? STR("no such directory") : STR("no memory for a process");
        plan_fact(s, m, fact);
        return;
    }
    struct attempt_file *f = find_or_add(m, o->job, o->attempt);
    f->state = FILE_ACCEPTED;
    f->order = *order;
    f->life++;
    sim_plan(s,
             (struct note){.kind = NOTE_BEGIN,
                           .who = index_of(s, m),
                           .life = f->life,
                           .job = f->job,
                           .attempt = f->attempt},
             rng_between(&s->rng, 0, SPAWN_DELAY_MAX_MS));
}

static bool stands_on_dead_node(const struct machine *m, const struct order *o)
{
    for (uint32_t i = 0; i < o->part_count; i++)
        if (m->node_is_dead[o->effect.pool][o->parts[i].node]) return true;
    return false;
}

/* The supervisor takes the attempt and begins, or finds that it may not. */
void machine_on_begin(struct sim *s, const struct note *n)
{
    struct machine *m = &s->machines[n->who];
    struct attempt_file *f = find(m, n->job, n->attempt);
    if (f == NULL || f->state != FILE_ACCEPTED || f->life != n->life) return;
    if (stands_on_dead_node(m, &f->order)) {
        f->state = FILE_BEGUN; /* it cannot be told how far it came */
        plan_fact(s, m,
                  (struct agent_input){.kind = AGENT_LOST,
                                       .job = f->job,
                                       .attempt = f->attempt,
                                       .detail = STR("its node is dead")});
        return;
    }
    sim_count(s, STAT_PROCESSES);
    sim_trace(s, "process %" PRIu32 ".%" PRIu32 " begins", f->job.v, f->attempt);
    oracle_begin(s, m, f);
    f->state = FILE_BEGUN;
    f->runs = true;
    f->begun_ms = s->now_ms;
    f->end_code = rng_chance(&s->rng, 75) ? 0 : 1 + (int32_t)rng_below(&s->rng, 100);
    f->ignores_term = rng_chance(&s->rng, s->chaos.stubborn_percent);
    f->ignores_limit = rng_chance(&s->rng, s->chaos.stubborn_percent);
    /* Most end within their limit, some would run for ever. */
    int64_t limit_ms = f->order.time_limit_ms;
    int64_t run_ms =
        rng_chance(&s->rng, 10) ? 10 * limit_ms : rng_between(&s->rng, 100, limit_ms + 1000);
    plan_end(s, m, f, run_ms);
    struct note limit = {.kind = NOTE_LIMIT, .who = n->who, .job = f->job, .attempt = f->attempt};
    sim_plan(s, limit, limit_ms);
    talk_begin(s, m, f);
    plan_fact(s, m,
              (struct agent_input){.kind = AGENT_SPAWNED, .job = f->job, .attempt = f->attempt});
    if (rng_chance(&s->rng, s->chaos.supervisor_percent)) machine_lose_supervisor(s, m);
}

void machine_on_limit(struct sim *s, const struct note *n)
{
    struct machine *m = &s->machines[n->who];
    struct attempt_file *f = find(m, n->job, n->attempt);
    if (f == NULL || !f->runs || f->is_ending || f->ignores_limit) return;
    if (s->now_ms < f->begun_ms + f->order.time_limit_ms) return; /* it was raised meanwhile */
    f->timed_out = f->is_ending = true;
    plan_end(s, m, f,
             f->ignores_term ? LIMIT_GRACE_MS : rng_between(&s->rng, 0, TERM_DELAY_MAX_MS));
}

void machine_on_end(struct sim *s, const struct note *n)
{
    struct machine *m = &s->machines[n->who];
    struct attempt_file *f = find(m, n->job, n->attempt);
    if (f == NULL || !f->runs || f->life != n->life) return;
    f->runs = false;
    f->state = FILE_ENDED;
    f->exit = (struct agent_exit){.code = f->is_ending ? 0 : f->end_code,
                                  .signal = f->is_ending ? 15 : 0,
                                  .timed_out = f->timed_out,
                                  .out_of_memory = !f->is_ending && f->end_code == 99};
    sim_trace(s, "process %" PRIu32 ".%" PRIu32 " ends", f->job.v, f->attempt);
    talk_end(s, m, f);
    plan_fact(s, m,
              (struct agent_input){
                  .kind = AGENT_EXITED, .job = f->job, .attempt = f->attempt, .exit = f->exit});
}

static void do_limit(struct sim *s, struct machine *m, struct attempt_file *f,
                     const struct agent_output *o)
{
    if (f == NULL || !f->runs) return;
    f->order.time_limit_ms = o->limit_ms;
    f->limit_number = o->limit_number;
    int64_t left_ms = f->begun_ms + o->limit_ms - s->now_ms;
    struct note limit = {
        .kind = NOTE_LIMIT, .who = index_of(s, m), .job = f->job, .attempt = f->attempt};
    sim_plan(s, limit, left_ms > 0 ? left_ms : 0);
}

static void do_term(struct sim *s, struct machine *m, struct attempt_file *f)
{
    if (f == NULL || !f->runs || f->is_ending || f->ignores_term) return;
    f->is_ending = true;
    plan_end(s, m, f, rng_between(&s->rng, 0, TERM_DELAY_MAX_MS));
}

static void do_kill(struct sim *s, struct machine *m, struct attempt_file *f)
{
    sim_count(s, STAT_KILLS);
    if (f == NULL || !f->runs) return;
    bool hangs = rng_chance(&s->rng, s->chaos.stubborn_percent / 2);
    int64_t delay_ms = rng_between(&s->rng, 0, hangs ? HANG_MAX_MS : KILL_DELAY_MAX_MS);
    if (f->is_ending && f->end_ms <= s->now_ms + delay_ms) return;
    f->is_ending = true;
    plan_end(s, m, f, delay_ms);
}

/* Its processes are gone and no exit status is left. */
static void lose(struct sim *s, struct machine *m, struct attempt_file *f, struct str why)
{
    if (!f->runs) return;
    f->runs = false;
    f->life++;
    sim_trace(s, "process %" PRIu32 ".%" PRIu32 " is lost: " STR_FMT, f->job.v, f->attempt,
              STR_ARG(why));
    plan_fact(s, m,
              (struct agent_input){
                  .kind = AGENT_LOST, .job = f->job, .attempt = f->attempt, .detail = why});
}

void machine_lose_supervisor(struct sim *s, struct machine *m)
{
    if (m->file_count == 0) return;
    struct attempt_file *f = &m->files[rng_below(&s->rng, m->file_count)];
    if (!f->runs) return;
    sim_count(s, STAT_SUPERVISOR_DEATHS);
    lose(s, m, f, STR("its supervisor died"));
}

/* ---- what the agent puts out ---- */

static void send_report(struct sim *s, struct machine *m, const struct report *r)
{
    if (!m->has_link) return;
    struct note n = {.kind = NOTE_REPORT, .who = index_of(s, m)};
    n.u.report = *r;
    n.u.report.detail = str_copy(&s->arena, r->detail);
    sim_trace(s, "site %" PRIu32 " reports %s %" PRIu32 ".%" PRIu32, m->site, report_names[r->kind],
              r->job.v, r->attempt);
    sim_send(s, n);
}

static void erase(struct sim *s, struct machine *m, const struct agent_output *o)
{
    if (o->until_ms > m->floor_ms) m->floor_ms = o->until_ms;
    struct attempt_file *f = find(m, o->job, o->attempt);
    if (f == NULL) return;
    if (f->runs) {
        sim_fail(s, "TRUTH", "%" PRIu32 ".%" PRIu32 " is erased while it runs", f->job.v,
                 f->attempt);
        return;
    }
    *f = m->files[--m->file_count];
}

static void carry_out(struct sim *s, struct machine *m, const struct agent_output *o,
                      const struct order *order)
{
    struct attempt_file *f = find(m, o->job, o->attempt);
    switch ((enum agent_output_kind)o->kind) {
    case AGENT_SPAWN: do_spawn(s, m, o, order); break;
    case AGENT_TERM: do_term(s, m, f); break;
    case AGENT_KILL: do_kill(s, m, f); break;
    case AGENT_SET_LIMIT: do_limit(s, m, f, o); break;
    case AGENT_SEND: break; /* the processes here take no notice */
    case AGENT_BAR:
        sim_count(s, STAT_BARS);
        f = find_or_add(m, o->job, o->attempt);
        if (f->runs)
            sim_fail(s, "TRUTH", "%" PRIu32 ".%" PRIu32 " is barred while it runs", o->job.v,
                     o->attempt);
        f->state = FILE_BARRED;
        f->until_ms = o->until_ms;
        break;
    case AGENT_ERASE: erase(s, m, o); break;
    case AGENT_REPORT: send_report(s, m, &o->report); break;
    case AGENT_OUTPUT_COUNT: break;
    }
}

static void step_agent(struct sim *s, struct machine *m, const struct agent_input *in,
                       const struct order *order)
{
    agent_step(m->agent, in, &m->outputs);
    struct errtext why;
    if (agent_check(m->agent, &why) != ERR_NONE) sim_fail(s, "CHECK", "%s", why.s);
    for (size_t i = 0; i < m->outputs.count; i++) carry_out(s, m, &m->outputs.items[i], order);
    plan_clock(s, m);
}

/* ---- life and death of the engine ---- */

void machine_crash(struct sim *s, struct machine *m, bool loses_power, int64_t down_ms)
{
    if (!m->is_up) return;
    sim_count(s, loses_power ? STAT_HOST_LOSSES : STAT_ENGINE_CRASHES);
    sim_trace(s, "engine of site %" PRIu32 " dies%s", m->site,
              loses_power ? ", and its processes" : "");
    agent_free(m->agent);
    m->agent = NULL;
    m->is_up = false;
    m->life++;
    m->clock_at_ms = CIVIL_NEVER_MS;
    for (uint32_t i = 0; i < m->file_count; i++) {
        struct attempt_file *f = &m->files[i];
        if (loses_power) lose(s, m, f, STR("power cut"));
        /* A supervisor that was only just forked may go on without its engine, or not. */
        if (f->state == FILE_ACCEPTED && (loses_power || rng_chance(&s->rng, 50))) f->life++;
    }
    machines_note_reach(s);
    sim_plan(s, (struct note){.kind = NOTE_MACHINE_UP, .who = index_of(s, m), .life = m->life},
             down_ms);
}

static void adopt(struct sim *s, struct machine *m, struct attempt_file *f)
{
    struct agent_input in = {.now_ms = clock_of(s, m), .job = f->job, .attempt = f->attempt};
    switch ((enum file_state)f->state) {
    case FILE_ACCEPTED:
        f->life++; /* its supervisor, if one is on its way, will not begin any more */
        in.kind = AGENT_FOUND_UNBEGUN;
        break;
    case FILE_BEGUN:
        in.kind = f->runs ? AGENT_FOUND_RUNNING : AGENT_FOUND_LOST;
        in.limit_number = f->limit_number;
        in.detail = STR("it left no exit status");
        break;
    case FILE_ENDED:
        in.kind = AGENT_FOUND_ENDED;
        in.exit = f->exit;
        break;
    case FILE_BARRED:
        in.kind = AGENT_FOUND_BARRED;
        in.until_ms = f->until_ms;
        break;
    }
    step_agent(s, m, &in, NULL);
}

void machine_start(struct sim *s, struct machine *m)
{
    if (m->is_up) return;
    m->is_up = true;
    m->life++;
    m->agent = agent_new((struct agent_config){.floor_ms = m->floor_ms});
    sim_trace(s, "engine of site %" PRIu32 " is back", m->site);
    machines_note_reach(s);
    /* Adopting may erase files, which moves others: go by what is there now. */
    struct attempt_file *found = mem_alloc(m->file_count, sizeof *found);
    uint32_t count = m->file_count;
    for (uint32_t i = 0; i < count; i++) found[i] = m->files[i];
    for (uint32_t i = 0; i < count; i++) {
        struct attempt_file *f = find(m, found[i].job, found[i].attempt);
        if (f != NULL) adopt(s, m, f);
    }
    mem_free(found);
}

/* ---- nodes ---- */

void machine_set_node(struct sim *s, struct machine *m, uint32_t pool, uint32_t node, bool dead)
{
    m->node_is_dead[pool][node] = dead;
    sim_trace(s, "node %" PRIu32 " of pool %" PRIu32 " %s", node, pool, dead ? "dies" : "is back");
    for (uint32_t i = 0; dead && i < m->file_count; i++) {
        struct attempt_file *f = &m->files[i];
        if (!f->runs || f->order.effect.pool != pool) continue;
        for (uint32_t k = 0; k < f->order.part_count; k++)
            if (f->order.parts[k].node == node) {
                lose(s, m, f, STR("its node died"));
                break;
            }
    }
}

/* The engine compares its nodes with what the shell believes, as a real one does when it polls. */
void machine_on_beat(struct sim *s, const struct note *n)
{
    struct machine *m = &s->machines[n->who];
    const struct fleet *f = s->shell.is_up ? core_fleet(s->shell.core) : NULL;
    for (uint32_t p = 0; f != NULL && m->is_up && m->has_link && p < f->pool_count; p++) {
        if (f->pools[p].site_index != m->site) continue;
        for (uint32_t i = 0; i < f->pools[p].node_count && i < SIM_NODES_MAX; i++) {
            bool down = core_node_use(s->shell.core, (struct pool_id){p}, i).state == NODE_DOWN;
            if (down == m->node_is_dead[p][i]) continue;
            struct note tell = {.kind = NOTE_NODES, .who = n->who};
            tell.u.nodes.pool = p;
            tell.u.nodes.node = i;
            tell.u.nodes.state = m->node_is_dead[p][i] ? NODE_DOWN : NODE_UP;
            sim_send(s, tell);
        }
    }
    sim_plan(s, *n, BEAT_MS);
}

void machines_init(struct sim *s)
{
    s->machine_count = s->fleets[0]->site_count;
    for (uint32_t i = 0; i < s->machine_count; i++) {
        struct machine *m = &s->machines[i];
        *m = (struct machine){.site = i, .has_link = true, .clock_at_ms = CIVIL_NEVER_MS};
        machine_start(s, m);
        sim_plan(s, (struct note){.kind = NOTE_BEAT, .who = i}, rng_between(&s->rng, 0, BEAT_MS));
    }
}

void machines_release(struct sim *s)
{
    for (uint32_t i = 0; i < s->machine_count; i++) {
        agent_free(s->machines[i].agent);
        agent_outputs_release(&s->machines[i].outputs);
        mem_free(s->machines[i].files);
    }
}

void machines_note_reach(struct sim *s)
{
    for (uint32_t i = 0; i < s->machine_count; i++) {
        struct machine *m = &s->machines[i];
        bool reachable = m->is_up && m->has_link && s->shell.is_up;
        if (!reachable)
            m->reachable_since_ms = CIVIL_NEVER_MS;
        else if (m->reachable_since_ms == CIVIL_NEVER_MS)
            m->reachable_since_ms = s->now_ms;
    }
}
