/* oracle_law.c - LAW, RATIO and QUOTA: every claim judged again, by law_decide and by laws_judge.
 * RATIO is what a rule about shares decides: what a site holds is added up here anew. */
#include "core/explain.h"
#include "sim/world.h"

#include <inttypes.h>

static struct laws_case case_of(const struct sim *s, const struct job *j, uint32_t pool)
{
    return (struct laws_case){.fleet = shell_fleet(s),
                              .spec = &j->spec,
                              .pool = pool,
                              .on_ms = core_now_ms(s->shell.core),
                              .bind = shell_bind(s)};
}

static enum judgement judge(const struct sim *s, const struct job *j, uint32_t pool,
                            uint32_t *permit_out)
{
    struct laws_case c = case_of(s, j, pool);
    return laws_judge(shell_laws(s), &c, permit_out);
}

/* By which name a placement that is forbidden is reported. */
static const char *oracle_of(const struct sim *s, const struct job *j, uint32_t pool)
{
    struct laws_case c = case_of(s, j, pool);
    return laws_ratio_forbids(shell_laws(s), &c) ? "RATIO" : "LAW";
}

static bool is_ratio(const struct laws *l, struct str rule)
{
    for (uint32_t i = 0; i < l->rule_count; i++)
        if (str_eq(l->rules[i].id, rule)) return l->rules[i].ratio.present;
    return false;
}

/* What the claim itself adds to the counter of that rule. */
static int64_t own_use(const struct sim *s, const struct job *j, uint32_t pool, struct str rule)
{
    const struct laws *l = shell_laws(s);
    struct laws_case c = {.fleet = shell_fleet(s),
                          .spec = &j->spec,
                          .pool = pool,
                          .on_ms = core_now_ms(s->shell.core)};
    int64_t use = 0;
    struct str key;
    bool is_met;
    for (uint32_t r = 0; r < l->rule_count; r++)
        if (str_eq(l->rules[r].id, rule))
            use = laws_cap_use(l, &c, r, j->claim->chips, &key, &is_met);
    return use;
}

/* law_decide on the core's own case, without what this very claim takes from a permit or a cap. */
static bool decide_allows(struct sim *s, const struct job *j, uint32_t pool)
{
    struct arena arena;
    struct law_case x;
    struct law_verdict verdict;
    arena_init(&arena);
    core_case(s->shell.core, &j->spec, pool, core_now_ms(s->shell.core), &arena, &x);
    law_decide(core_law(s->shell.core), &x, &arena, &verdict);
    for (uint32_t i = 0; i < verdict.finding_count; i++) {
        const struct law_finding *f = &verdict.findings[i];
        for (uint32_t k = 0; f->binding && !f->met && k < x.permit_count; k++)
            if (str_eq(x.permits[k].rule, f->rule)) x.permits[k].used -= j->claim->chips;
    }
    for (uint32_t k = 0; k < x.counter_count; k++)
        x.counters[k].milli -= 1000 * own_use(s, j, pool, x.counters[k].rule);
    if (!verdict.allowed) law_decide(core_law(s->shell.core), &x, &arena, &verdict);
    bool allowed = verdict.allowed;
    arena_release(&arena);
    return allowed;
}

static void check_placed(struct sim *s, const struct decision *d)
{
    const struct job *j = core_job(s->shell.core, d->job);
    uint32_t permit;
    sim_count(s, STAT_LAW_CHECKS);
    if (judge(s, j, d->pool, &permit) == JUDGED_FORBIDDEN)
        sim_fail(s, oracle_of(s, j, d->pool),
                 "job %" PRIu32 " was placed in pool %" PRIu32
                 ", where no law allows it (law %" PRIu32 ")",
                 d->job.v, d->pool, shell_laws(s)->version);
    else if (!decide_allows(s, j, d->pool))
        sim_fail(s, "LAW",
                 "job %" PRIu32 " was placed in pool %" PRIu32 ", which law_decide does not allow",
                 d->job.v, d->pool);
    if (permit != NO_INDEX) sim_count(s, STAT_PERMIT_USES);
}

bool oracle_law_allows(struct sim *s, const struct job *j, uint32_t pool)
{
    uint32_t permit;
    return judge(s, j, pool, &permit) == JUDGED_ALLOWED;
}

bool oracle_law_tolerates(struct sim *s, const struct job *j, uint32_t pool, int64_t on_ms)
{
    uint32_t permit;
    struct laws_case c = {.fleet = shell_fleet(s),
                          .spec = &j->spec,
                          .pool = pool,
                          .on_ms = on_ms,
                          .bind = shell_bind(s)};
    return laws_judge(shell_laws(s), &c, &permit) != JUDGED_FORBIDDEN;
}

void oracle_law_decision(struct sim *s, const struct decision *d)
{
    const struct job *j = core_job(s->shell.core, d->job);
    if (j == NULL) return;
    if (d->kind == DECISION_PLACED) check_placed(s, d);
    for (uint32_t i = 0; i < d->pool_count && !sim_has_failed(s); i++) {
        int reason = d->pools[i].reason;
        if (reason != REASON_LAW_FORBIDS && reason != REASON_LAW_UNRESOLVED) continue;
        sim_count(s, STAT_LAW_CHECKS);
        if (oracle_law_allows(s, j, d->pools[i].pool))
            sim_fail(s, is_ratio(shell_laws(s), d->pools[i].rule) ? "RATIO" : "LAW",
                     "job %" PRIu32 " is kept from pool %" PRIu32 " by rule '" STR_FMT
                     "' (%s), though the law allows it",
                     d->job.v, d->pools[i].pool, STR_ARG(d->pools[i].rule), reason_names[reason]);
    }
}

/* What runs and is not being stopped must be lawful after every step. */
void oracle_law_running(struct sim *s)
{
    const struct core *c = s->shell.core;
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        uint32_t permit;
        if (j->state != JOB_CONFIGURING && j->state != JOB_RUNNING) continue;
        if (judge(s, j, j->claim->pool.v, &permit) == JUDGED_FORBIDDEN) {
            sim_fail(s, oracle_of(s, j, j->claim->pool.v),
                     "job %" PRIu32 " is %s in pool %" PRIu32 ", where no law allows it any more",
                     j->id.v, job_state_names[j->state], j->claim->pool.v);
            return;
        }
    }
}

/* What runs on relies on the permit that the law of now asks for; what is being stopped keeps what
 * it relied on until its chips are free. Of a permit that shrank more may be relied on until then,
 * but no more than before. */
void oracle_quota(struct sim *s)
{
    const struct core *c = s->shell.core;
    const struct fleet *f = shell_fleet(s);
    int64_t runs[LAWS_RULES_MAX] = {0}, all[LAWS_RULES_MAX] = {0};
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        if (j->claim == NULL) continue;
        struct attempt_past *p = oracle_attempt(s, j->id, j->claim->attempt);
        bool is_stopping = j->state == JOB_COMPLETING;
        if (!is_stopping) {
            enum judgement judged = judge(s, j, j->claim->pool.v, &p->permit);
            if (judged != JUDGED_ALLOWED) p->permit = NO_INDEX;
        }
        if (p->permit == NO_INDEX) continue;
        all[p->permit] += j->claim->chips;
        if (!is_stopping) runs[p->permit] += j->claim->chips;
    }
    for (uint32_t i = 0; i < f->permit_count; i++) {
        int64_t left = f->permits[i].amount - f->permits[i].used;
        if (runs[i] > left || (all[i] > left && all[i] > s->relied[i]))
            sim_fail(s, "QUOTA",
                     "permit '" STR_FMT "' has %" PRId64 " chips left, but %" PRId64
                     " rely on it, %" PRId64 " of them not being stopped",
                     STR_ARG(f->permits[i].id), left, all[i], runs[i]);
        s->relied[i] = all[i];
    }
}
