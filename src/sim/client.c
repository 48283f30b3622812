/* client.c - the simulated users and administrators: they ask, and ask again until they are told.
 */
#include "base/civil.h"
#include "base/mem.h"
#include "sim/world.h"

#include <inttypes.h>

enum {
    RETRY_MIN_MS = 20000,
    RETRY_MAX_MS = 120000,
    TRIES_SURE = 1000000, /* of what must arrive in the end: submissions, fleets, packs */
    CROWD = 40, /* times as many jobs at once, where many come */
    TRIES_ONCE = 2, /* of what may be given up: cancel, hold ... */
};

uint32_t client_ask(struct sim *s, const struct event *e, uint32_t tries)
{
    s->requests =
        mem_grow(s->requests, &s->request_cap, (size_t)s->request_count + 1, sizeof *s->requests);
    uint32_t i = s->request_count++;
    s->requests[i] = (struct request){
        .event = *e, .laws = NO_INDEX, .fleet = NO_INDEX, .speeds = NO_INDEX, .tries_left = tries};
    sim_plan(s, (struct note){.kind = NOTE_CLIENT, .who = i}, 0);
    return i;
}

uint32_t client_ask_fleet(struct sim *s, struct fleet *f)
{
    struct event e = {
        .kind = EVENT_FLEET, .actor = STR("uid:0"), .actor_is_operator = true, .fleet = f};
    uint32_t version = sim_add_fleet(s, f);
    uint32_t i = client_ask(s, &e, TRIES_SURE);
    s->requests[i].fleet = version;
    return i;
}

uint32_t client_ask_laws(struct sim *s, struct laws *l)
{
    struct event e = {.kind = EVENT_PACKS,
                      .actor = STR("uid:0"),
                      .actor_is_operator = true,
                      .packs = l->packs,
                      .pack_count = l->pack_count};
    uint32_t version = sim_add_laws(s, l);
    uint32_t i = client_ask(s, &e, TRIES_SURE);
    s->requests[i].laws = version;
    return i;
}

uint32_t client_ask_speeds(struct sim *s, struct speeds *t)
{
    struct event e = {
        .kind = EVENT_SPEEDS, .actor = STR("uid:0"), .actor_is_operator = true, .speeds = t};
    uint32_t version = sim_add_speeds(s, t);
    uint32_t i = client_ask(s, &e, TRIES_SURE);
    s->requests[i].speeds = version;
    sim_count(s, STAT_SPEED_TABLES);
    return i;
}

uint32_t client_ask_job(struct sim *s, int kind, struct job_id job, uint32_t uid)
{
    struct event e = {.kind = kind,
                      .actor = uid == 0 ? STR("uid:0") : STR("uid:1000"),
                      .actor_uid = uid,
                      .actor_is_operator = uid == 0,
                      .job = job};
    return client_ask(s, &e, TRIES_ONCE);
}

void client_on_send(struct sim *s, const struct note *n)
{
    struct request *q = &s->requests[n->who];
    if (q->done || q->tries_left == 0) return;
    q->tries_left--;
    sim_send(s, (struct note){.kind = NOTE_REQUEST, .who = n->who});
    sim_plan(s, *n, rng_between(&s->rng, RETRY_MIN_MS, RETRY_MAX_MS));
}

void client_on_reply(struct sim *s, const struct note *n)
{
    struct request *q = &s->requests[n->who];
    bool changes_mind = false;
    if (q->event.kind == EVENT_SUBMIT && n->u.reply.err == ERR_NONE) {
        struct job_id first = n->u.reply.first_job;
        /* The core knows a key as long as it knows the job: until some minutes after its end. */
        bool is_known = q->first_job.v != 0 && oracle_job(s, q->first_job)->ended == 0 &&
                        oracle_job(s, first)->ended == 0;
        if (is_known && q->first_job.v != first.v)
            sim_fail(s, "TRUTH",
                     "submission " STR_FMT " was acknowledged as job %" PRIu32
                     " and again as job %" PRIu32,
                     STR_ARG(q->event.key), q->first_job.v, first.v);
        bool is_new = q->first_job.v == 0;
        changes_mind = is_new && sim_is_chaotic(s) && rng_chance(&s->rng, 20);
        if (is_new) s->stats->n[STAT_JOBS] += n->u.reply.job_count;
        q->first_job = first;
        q->job_count = n->u.reply.job_count;
        for (uint32_t i = 0; i < q->job_count; i++)
            oracle_job(s, (struct job_id){first.v + i})->acknowledged = true;
    }
    q->refused = q->refused || n->u.reply.err != ERR_NONE;
    q->done = true;
    /* Some think better of it at once, while the start is still on its way. */
    if (changes_mind)
        client_ask_job(s, rng_chance(&s->rng, 70) ? EVENT_CANCEL : EVENT_REQUEUE, q->first_job,
                       q->event.spec->uid);
}

/* ---- what they think of ---- */

/* A random job that was acknowledged, or 0. */
static struct job_id some_job(struct sim *s, uint32_t *uid_out)
{
    for (int tries = 0; tries < 8 && s->request_count > 0; tries++) {
        const struct request *q = &s->requests[rng_below(&s->rng, s->request_count)];
        if (q->first_job.v == 0) continue;
        *uid_out = q->event.spec->uid;
        return (struct job_id){q->first_job.v + rng_below(&s->rng, q->job_count)};
    }
    return (struct job_id){0};
}

static void draw_dependencies(struct sim *s, struct job_spec *spec)
{
    if (!rng_chance(&s->rng, 15)) return;
    uint32_t count = 1 + rng_below(&s->rng, 2), uid = 0;
    spec->dependencies = ARENA_ARRAY(&s->arena, count, struct dependency);
    for (uint32_t i = 0; i < count; i++) {
        struct dependency *d = &spec->dependencies[spec->dependency_count];
        d->kind = (int)rng_below(&s->rng, DEPENDENCY_COUNT);
        if (d->kind != DEPENDENCY_SINGLETON) d->job = some_job(s, &uid).v;
        if (d->kind == DEPENDENCY_SINGLETON || d->job != 0) spec->dependency_count++;
    }
    spec->dependency_any = rng_chance(&s->rng, 20);
    for (uint32_t i = 0; !spec->dependency_any && i < spec->dependency_count; i++)
        if (spec->dependencies[i].kind == DEPENDENCY_AFTER)
            spec->dependencies[i].delay_min = spec->dependencies[i].job % 5;
}

static void submit(struct sim *s)
{
    uint32_t number = ++s->jobs_drawn;
    struct job_spec *spec = ARENA_NEW(&s->arena, struct job_spec);
    draw_job_spec(&s->rng, &s->arena, s->fleets[s->fleet_count - 1], number,
                  s->now_ms + s->shell.clock_offset_ms, spec);
    draw_dependencies(s, spec);
    if (s->is_stormy) draw_storm(&s->rng, s->fleets[s->fleet_count - 1], spec);
    struct event e = {.kind = EVENT_SUBMIT,
                      .actor = STR("uid:1000"),
                      .actor_uid = spec->uid,
                      .spec = spec,
                      .key = str_of(arena_printf(&s->arena, "key-%" PRIu32, number))};
    client_ask(s, &e, TRIES_SURE);
}

static void update(struct sim *s, struct job_id job, uint32_t uid)
{
    struct job_spec *spec = ARENA_NEW(&s->arena, struct job_spec);
    draw_job_spec(&s->rng, &s->arena, s->fleets[s->fleet_count - 1], 1, s->now_ms, spec);
    static const uint32_t fields[] = {
        UPDATE_PRIORITY, UPDATE_TIME_LIMIT, UPDATE_BEGIN,     UPDATE_PURPOSE, UPDATE_EVIDENCE,
        UPDATE_DATA,     UPDATE_CHIP_KINDS, UPDATE_MAX_PRICE, UPDATE_NAME,    UPDATE_PARTITION};
    uint32_t uses = 1 + rng_below(&s->rng, 2), bits = 0;
    for (uint32_t i = 0; i < uses; i++) bits |= 1u << fields[rng_below(&s->rng, 10)];
    if (spec->time_limit_ms == 0) spec->time_limit_ms = 600000;
    uint32_t i = client_ask_job(s, EVENT_UPDATE, job, rng_chance(&s->rng, 30) ? 0 : uid);
    s->requests[i].event.spec = spec;
    s->requests[i].event.update_fields = bits;
}

static void act_on_job(struct sim *s)
{
    uint32_t uid = 0;
    struct job_id job = some_job(s, &uid);
    if (job.v == 0) return;
    uint32_t draw = rng_below(&s->rng, 100);
    uint32_t as = rng_chance(&s->rng, 20) ? 0 : uid;
    if (draw < 20)
        client_ask_job(s, EVENT_CANCEL, job, as);
    else if (draw < 35)
        client_ask_job(s, EVENT_HOLD, job, as);
    else if (draw < 55)
        client_ask_job(s, EVENT_RELEASE, job, 0);
    else if (draw < 75)
        update(s, job, uid);
    else if (draw < 90)
        client_ask_job(s, EVENT_REQUEUE, job, as);
    else {
        uint32_t i = client_ask_job(s, EVENT_CANCEL, job, as);
        s->requests[i].event.signal = 10;
    }
}

void client_on_act(struct sim *s)
{
    if (s->phase != PHASE_CHAOS) return;
    bool submits = s->jobs_drawn < s->jobs_wanted && rng_chance(&s->rng, 60);
    if (submits)
        submit(s);
    else
        act_on_job(s);
    int64_t span_ms = s->chaos_end_ms - SIM_BEGIN_MS;
    int64_t mean_ms = span_ms / (3 * (int64_t)s->jobs_wanted);
    if (s->is_crowded && s->jobs_drawn < s->jobs_wanted) mean_ms /= CROWD;
    /* In bursts: now and then a long pause. */
    int64_t wait_ms = rng_chance(&s->rng, 70) ? rng_between(&s->rng, 0, mean_ms)
                                              : rng_between(&s->rng, 0, 4 * mean_ms);
    sim_plan(s, (struct note){.kind = NOTE_ACT}, wait_ms);
}
