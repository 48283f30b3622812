/* oracle_budget.c - BUDGET: no job starts where its tenant's budget could be exceeded, counted from
 * nothing after each step, attempt by attempt, in floating point, in a way that has nothing in
 * common with the core's accounts. */
#include "core/size.h"
#include "sim/world.h"

#include <inttypes.h>

#define DAY_MS INT64_C(86400000)
/* The core rounds each cost to a micro-USD. */
#define SLACK_UUSD 1000.0

static double rate_of(const struct fleet *f, const struct claim *k)
{
    const struct title *t = &f->pools[k->pool.v].title;
    double chips = 0, cpus = 0;
    for (uint32_t i = 0; i < k->part_count; i++) {
        const struct claim_part *x = &k->parts[i];
        int count = __builtin_popcountll(x->chip_mask);
        chips += x->milli > 0 ? x->milli / 1000.0 : (double)count;
        cpus += x->cpus;
    }
    return (chips * (double)t->uusd_per_chip_h + cpus * (double)t->uusd_per_cpu_h) / 3600000.0;
}

static void note_attempts(struct sim *s)
{
    const struct core *c = s->shell.core;
    const struct fleet *f = shell_fleet(s);
    for (const struct job *j = core_job_after(c, (struct job_id){0}); j != NULL;
         j = core_job_after(c, j->id)) {
        if (j->claim == NULL) continue;
        struct attempt_past *p = oracle_attempt(s, j->id, j->claim->attempt);
        p->tenant = fleet_tenant(f, j->spec.tenant);
        p->uusd_per_ms = rate_of(f, j->claim);
        if (p->start_ms == 0) {
            p->ran_from_ms = s->now_ms;
            p->unseen_ms = s->clock_unseen_ms;
        }
        p->start_ms = j->start_ms;
        p->limit_ms = j->time_limit_ms;
    }
}

/* The simulated worlds know windows of one day and those without an end. */
static bool window_begin(const struct budget *b, int64_t now_ms, int64_t *begin_out)
{
    *begin_out = b->from_ms;
    if (b->per == BUDGET_NONE || now_ms < b->from_ms) return false;
    while (b->per == BUDGET_DAYS && *begin_out + DAY_MS <= now_ms) *begin_out += DAY_MS;
    return true;
}

/* What the attempt may have cost in the window when it is over. */
static double cost_of(const struct attempt_past *p, int64_t begin_ms)
{
    bool is_over = p->over_record != 0;
    if (p->start_ms == 0) return is_over ? 0 : p->uusd_per_ms * (double)p->limit_ms;
    int64_t from = p->start_ms > begin_ms ? p->start_ms : begin_ms;
    int64_t to = is_over ? p->over_ms : p->start_ms + p->limit_ms;
    return to > from ? p->uusd_per_ms * (double)(to - from) : 0;
}

static double charged(const struct sim *s, uint32_t tenant, int64_t begin_ms)
{
    double sum = 0;
    for (uint32_t id = 1; id < s->past_cap; id++)
        for (uint32_t i = 0; i < s->pasts[id].attempt_count; i++) {
            const struct attempt_past *p = &s->pasts[id].attempts[i];
            if (p->seen_record != 0 && p->tenant == tenant) sum += cost_of(p, begin_ms);
        }
    return sum;
}

bool oracle_budget_left(const struct sim *s, const struct job *j, double *left_out)
{
    const struct core *c = s->shell.core;
    const struct fleet *f = shell_fleet(s);
    uint32_t tenant = fleet_tenant(f, j->spec.tenant);
    int64_t begin_ms;
    if (!window_begin(&f->tenants[tenant].budget, core_now_ms(c), &begin_ms)) return false;
    for (const struct job *o = core_job_after(c, (struct job_id){0}); o != NULL;
         o = core_job_after(c, o->id))
        if (o->state == JOB_PENDING && o->reason == REASON_PREEMPTING) return false;
    *left_out = (double)f->tenants[tenant].budget.amount_uusd - charged(s, tenant, begin_ms);
    return true;
}

/* What the job may cost in the pool. */
static double cost_there(const struct fleet *f, const struct job *j, uint32_t pool)
{
    const struct pool *p = &f->pools[pool];
    int64_t limit_ms = j->spec.time_limit_ms, have, need;
    struct size z;
    if (limit_ms == 0)
        limit_ms =
            p->time_limit_default_ms > 0 ? p->time_limit_default_ms : f->time_limit_default_ms;
    if (size_in_pool(&j->spec, p, &z, &have, &need) != REASON_NONE) return 0;
    double cpus = (double)z.part[0].count * z.part[0].each.cpus +
                  (double)z.part[1].count * z.part[1].each.cpus;
    double rate = (double)z.milli / 1000 * (double)p->title.uusd_per_chip_h +
                  cpus * (double)p->title.uusd_per_cpu_h;
    return rate / 3600000.0 * (double)limit_ms;
}

double oracle_budget_kept(const struct sim *s, const struct job *j)
{
    const struct core *c = s->shell.core;
    const struct fleet *f = shell_fleet(s);
    double sum = 0;
    for (uint32_t p = 0; p < f->pool_count; p++) {
        struct pool_reservation r;
        if (!core_reservation(c, (struct pool_id){p}, &r)) continue;
        const struct job *holder = core_job(c, r.job);
        bool is_before = holder->spec.priority != j->spec.priority
                             ? holder->spec.priority > j->spec.priority
                             : holder->id.v < j->id.v;
        if (is_before && str_eq(holder->spec.tenant, j->spec.tenant))
            sum += cost_there(f, holder, p);
    }
    return sum;
}

void oracle_budget(struct sim *s, const struct outcome *out)
{
    const struct fleet *f = shell_fleet(s);
    note_attempts(s);
    for (size_t i = 0; i < out->decision_count && !sim_has_failed(s); i++) {
        const struct decision *d = &out->decisions[i];
        if (d->kind != DECISION_PLACED) continue;
        const struct attempt_past *p = oracle_attempt(s, d->job, d->attempt);
        const struct budget *b = &f->tenants[p->tenant].budget;
        int64_t begin_ms;
        if (p->uusd_per_ms == 0 || !window_begin(b, core_now_ms(s->shell.core), &begin_ms))
            continue;
        sim_count(s, STAT_BUDGET_CHECKS);
        double sum = charged(s, p->tenant, begin_ms);
        if (sum > (double)b->amount_uusd + SLACK_UUSD)
            sim_fail(s, "BUDGET",
                     "job %" PRIu32 " was placed, and jobs of its tenant may then cost %.0f, which "
                     "is more than the budget's %" PRId64,
                     d->job.v, sum, b->amount_uusd);
    }
}
