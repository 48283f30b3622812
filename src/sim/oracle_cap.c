/* oracle_cap.c - CAP: what claims use under the caps of the law, added up from nothing after each
 * step, attempt by attempt, in a way that has nothing in common with the core's counters. */
#include "core/limits.h"
#include "sim/world.h"

#include <inttypes.h>

static struct laws_case case_of(const struct sim *s, const struct job *j)
{
    return (struct laws_case){.fleet = shell_fleet(s),
                              .spec = &j->spec,
                              .pool = j->claim->pool.v,
                              .on_ms = core_now_ms(s->shell.core),
                              .bind = shell_bind(s)};
}

/* What runs on is under the law of now. */
static void note_use(struct sim *s, const struct job *j, struct attempt_past *p)
{
    const struct laws *l = shell_laws(s);
    struct laws_case c = case_of(s, j);
    p->laws = l->version;
    for (uint32_t r = 0; r < LAWS_RULES_MAX; r++) {
        bool is_met = false;
        p->uses[r] = 0;
        if (r < l->rule_count)
            p->uses[r] = laws_cap_use(l, &c, r, j->claim->chips, &p->keys[r], &is_met);
        if (is_met) p->uses[r] = 0;
    }
}

static void forget(struct attempt_past *p)
{
    for (int r = 0; r < LAWS_RULES_MAX; r++) p->uses[r] = 0;
}

static bool stops_by_law(const struct outcome *out)
{
    for (size_t i = 0; i < out->decision_count; i++) {
        const struct decision *d = &out->decisions[i];
        if (d->kind == DECISION_STOPPED &&
            (d->reason == REASON_QUOTA || d->reason == REASON_LAW_FORBIDS ||
             d->reason == REASON_LAW_UNRESOLVED))
            return true;
    }
    return false;
}

/* When there is no room for all, what is being stopped gives way to what goes on, and is not held
 * against it (state.h: over_milli). */
static void note_stops(struct sim *s, const struct outcome *out)
{
    const struct core *c = s->shell.core;
    if (!stops_by_law(out)) return;
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id))
        if (j->state == JOB_COMPLETING) forget(oracle_attempt(s, j->id, j->claim->attempt));
}

/* It runs on, or did when this step asked what is lawful at its instant. Asked for by the event, or
 * told by it of lost nodes, a stop comes before that; for its time or for others, after it. */
static bool has_run(const struct job *j, const struct outcome *out)
{
    if (j->state != JOB_COMPLETING) return true;
    for (size_t i = 0; i < out->decision_count; i++) {
        const struct decision *d = &out->decisions[i];
        if (d->kind == DECISION_STOPPED && d->job.v == j->id.v)
            return d->reason != REASON_NONE && d->reason != REASON_NODES_DOWN;
    }
    return false;
}

static void note_claims(struct sim *s, const struct event *e, const struct outcome *out)
{
    const struct core *c = s->shell.core;
    for (uint32_t id = 1; id < s->past_cap; id++) {
        const struct job *j = core_job(c, (struct job_id){id});
        for (uint32_t i = 0; i < s->pasts[id].attempt_count; i++) {
            struct attempt_past *p = &s->pasts[id].attempts[i];
            bool lives = j != NULL && j->claim != NULL && j->claim->attempt == p->number;
            if (lives && p->seen_record == 0) p->seen_record = s->shell.count;
            if (lives && has_run(j, out)) note_use(s, j, p);
            if (lives || p->seen_record == 0 || p->over_record != 0) continue;
            p->over_record = s->shell.count;
            p->over_ms = core_now_ms(c);
            bool rejected = e->kind == EVENT_REPORT && e->report.kind == REPORT_REJECTED &&
                            e->report.job.v == id && e->report.attempt == p->number;
            if (rejected) forget(p);
        }
    }
}

static int64_t used_by_all(const struct sim *s, uint32_t rule, struct str key)
{
    const struct laws *l = shell_laws(s);
    int64_t sum = 0, now_ms = core_now_ms(s->shell.core);
    for (uint32_t id = 1; id < s->past_cap; id++)
        for (uint32_t i = 0; i < s->pasts[id].attempt_count; i++) {
            const struct attempt_past *p = &s->pasts[id].attempts[i];
            if (p->laws != l->version || p->uses[rule] == 0 || !str_eq(p->keys[rule], key))
                continue;
            bool counts =
                p->over_record == 0 || laws_cap_until(&l->rules[rule].cap, p->over_ms) > now_ms;
            if (counts) sum += p->uses[rule];
        }
    return sum;
}

static void check_claim(struct sim *s, const struct job *j)
{
    const struct laws *l = shell_laws(s);
    struct laws_case c = case_of(s, j);
    const struct attempt_past *p = oracle_attempt(s, j->id, j->claim->attempt);
    for (uint32_t r = 0; r < l->rule_count; r++) {
        if (p->uses[r] == 0 || !laws_rule_binds(l, &c, r)) continue;
        int64_t used = used_by_all(s, r, p->keys[r]);
        sim_count(s, STAT_CAP_CHECKS);
        if (used > l->rules[r].cap.at_most)
            sim_fail(s, "CAP",
                     "job %" PRIu32 " runs in pool %" PRIu32 ", yet %" PRId64
                     " are used under rule '" STR_FMT "' (of '" STR_FMT "'), which allows %" PRId64,
                     j->id.v, j->claim->pool.v, used, STR_ARG(l->rules[r].id), STR_ARG(p->keys[r]),
                     l->rules[r].cap.at_most);
    }
}

/* The rule is a cap that the attempt did not count under before this step. */
static bool is_new_cap(struct sim *s, const struct decision *d)
{
    const struct laws *l = shell_laws(s);
    const struct job *j = core_job(s->shell.core, d->job);
    if (j == NULL || j->claim == NULL) return false;
    const struct attempt_past *p = oracle_attempt(s, d->job, j->claim->attempt);
    for (uint32_t r = 0; r < l->rule_count; r++)
        if (str_eq(l->rules[r].id, d->rule))
            return l->rules[r].cap.present && p->laws == l->version && p->uses[r] == 0;
    return false;
}

/* When a cap begins on a date, what runs into it was stopped before, if the shell had the time. */
static void check_foreseen(struct sim *s, const struct event *e, const struct outcome *out)
{
    bool by_date = e->kind != EVENT_PACKS && e->kind != EVENT_BIND && e->kind != EVENT_FLEET;
    if (!by_date || s->shell.count < 2) return;
    int64_t before_ms = s->shell.records[s->shell.count - 2].now_ms;
    if (core_now_ms(s->shell.core) - before_ms > WALL_STOP_MS) return;
    for (size_t i = 0; i < out->decision_count; i++) {
        const struct decision *d = &out->decisions[i];
        if (d->kind == DECISION_STOPPED && d->reason == REASON_QUOTA && is_new_cap(s, d))
            sim_fail(s, "WALL",
                     "job %" PRIu32 " is stopped when rule '" STR_FMT
                     "' begins to bind, and not before",
                     d->job.v, STR_ARG(d->rule));
    }
}

void oracle_cap(struct sim *s, const struct event *e, const struct outcome *out)
{
    const struct core *c = s->shell.core;
    check_foreseen(s, e, out);
    note_claims(s, e, out);
    note_stops(s, out);
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id))
        if (!sim_has_failed(s) && (j->state == JOB_CONFIGURING || j->state == JOB_RUNNING))
            check_claim(s, j);
}

void oracle_cap_undo(struct sim *s, uint64_t synced)
{
    for (uint32_t id = 1; id < s->past_cap; id++)
        for (uint32_t i = 0; i < s->pasts[id].attempt_count; i++) {
            struct attempt_past *p = &s->pasts[id].attempts[i];
            if (p->over_record > synced) p->over_record = 0;
            if (p->seen_record <= synced) continue;
            p->seen_record = 0;
            forget(p);
        }
}
