/* pool_row.c - one pool in the eyes of one job: why not, and at what cost. */
#include "core/state.h"

#include "base/check.h"
#include "base/money.h"

bool name_is_among(const struct str *names, uint32_t count, struct str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eq(names[i], name)) return true;
    return false;
}

/* "h100" names every variant of it, "h100-sxm" one (model/fleet.h: chip_is_named). */
static bool kind_is_among(const struct str *names, uint32_t count, struct str chip)
{
    for (uint32_t i = 0; i < count; i++)
        if (chip_is_named(chip, names[i])) return true;
    return false;
}

static bool pool_is_wanted(const struct fleet *f, const struct job_spec *s, const struct pool *p)
{
    const struct site *site = &f->sites[p->site_index];
    if (s->site_count > 0 && !name_is_among(s->sites, s->site_count, site->id)) return false;
    if (name_is_among(s->not_sites, s->not_site_count, site->id)) return false;
    if (s->country_count > 0 && !name_is_among(s->countries, s->country_count, site->country))
        return false;
    if (s->partition_count == 0) return true;
    for (uint32_t i = 0; i < s->partition_count; i++)
        if (pool_is_named(p, s->partitions[i])) return true;
    return false;
}

bool kind_is_preferred(const struct job_spec *s, const struct pool *p)
{
    return kind_is_among(s->chip_prefer, s->chip_prefer_count, p->chip);
}

int64_t limit_in_pool(const struct fleet *f, const struct job_spec *s, uint32_t pool)
{
    if (s->time_limit_ms > 0) return s->time_limit_ms;
    if (f->pools[pool].time_limit_default_ms > 0) return f->pools[pool].time_limit_default_ms;
    return f->time_limit_default_ms > 0 ? f->time_limit_default_ms : TIME_LIMIT_DEFAULT_MS;
}

int64_t limit_anywhere(const struct core *c, const struct job_spec *s)
{
    if (s->time_limit_ms > 0) return s->time_limit_ms;
    return c->fleet.time_limit_default_ms > 0 ? c->fleet.time_limit_default_ms
                                              : TIME_LIMIT_DEFAULT_MS;
}

int64_t law_safe_until(const struct job_spec *s, int64_t limit_ms, int64_t now_ms)
{
    return now_ms + WALL_START_MS + wall_run_ms(s, limit_ms);
}

int pool_row_static(const struct fleet *f, const struct job_spec *s, uint32_t pool,
                    struct pool_reason *out)
{
    const struct pool *p = &f->pools[pool];
    out->have = out->need = 0;
    if (!pool_is_wanted(f, s, p)) return REASON_NOT_NAMED;
    if (s->chip_kind_count > 0 && !kind_is_among(s->chip_kinds, s->chip_kind_count, p->chip))
        return REASON_CHIP_KIND;
    struct size z;
    int why = size_in_pool(s, p, &z, &out->have, &out->need);
    if (why != REASON_NONE) return why;
    out->have = p->title.uusd_per_chip_h;
    out->need = s->max_uusd_per_chip_h;
    if (out->need > 0 && spec_wants_chips(s) && out->have > out->need)
        return REASON_PRICE_ABOVE_MAX;
    out->have = out->need = 0;
    return REASON_NONE;
}

static int wall_row(const struct fleet *f, const struct job_spec *s, uint32_t pool, int64_t now_ms,
                    struct pool_reason *out)
{
    const struct pool *p = &f->pools[pool];
    const struct window *w = window_at(f, pool, now_ms);
    out->have = p->title.from_ms;
    out->need = now_ms;
    if (p->title.from_ms > now_ms) return REASON_LEASE_NOT_BEGUN;
    if (w != NULL) {
        out->have = w->to_ms;
        return REASON_MAINTENANCE;
    }
    int reason;
    int64_t at = wall_of_pool(f, pool, now_ms, &reason);
    if (at == CIVIL_NEVER_MS) return REASON_NONE;
    out->have = at - WALL_START_MS - now_ms;
    out->need = wall_run_ms(s, limit_in_pool(f, s, pool));
    return out->have < out->need ? reason : REASON_NONE;
}

static int time_row(const struct fleet *f, const struct job_spec *s, const struct legal *legal,
                    uint32_t pool, int64_t now_ms, struct pool_reason *out)
{
    int64_t limit = limit_in_pool(f, s, pool);
    out->have = f->pools[pool].time_limit_max_ms;
    out->need = limit;
    if (out->have > 0 && limit > out->have) return REASON_TIME_LIMIT;
    out->have = s->deadline_ms - now_ms;
    if (s->deadline_ms > 0 && limit > out->have && BERTH_DEFECT != 42) return REASON_DEADLINE;
    if (legal == NULL || legal->until_ms >= law_safe_until(s, limit, now_ms)) return REASON_NONE;
    out->have = legal->until_ms - now_ms - WALL_START_MS;
    out->rule = legal->rule;
    return REASON_LAW_ENDS_FIRST;
}

int pool_row_time(const struct core *c, const struct job_spec *s, const struct legal *legal,
                  uint32_t pool, int64_t start_ms, struct pool_reason *out)
{
    int why = wall_row(&c->fleet, s, pool, start_ms, out);
    return why == REASON_NONE ? time_row(&c->fleet, s, legal, pool, start_ms, out) : why;
}

void size_now(const struct core *c, const struct job_spec *s, uint32_t job, uint32_t pool,
              int64_t now_ms, struct size *out)
{
    int64_t have, need, limit = limit_in_pool(&c->fleet, s, pool);
    int why = size_in_pool(s, &c->fleet.pools[pool], out, &have, &need);
    ASSERT(why == REASON_NONE);
    if (!reserve_binds(c, s, job, pool, now_ms, limit)) return;
    out->part[0].each.beside_kept = out->part[1].each.beside_kept = true;
}

static int capacity_row(const struct core *c, const struct job_spec *s, uint32_t job,
                        const struct legal *legal, uint32_t pool, int64_t now_ms,
                        struct pool_reason *out)
{
    const struct pool_nodes *n = &c->pools[pool];
    struct size z;
    size_now(c, s, job, pool, now_ms, &z);
    out->have = nodes_up(n);
    out->need = z.nodes;
    if (c->fleet.pools[pool].drained) return REASON_PARTITION_DOWN;
    if (nodes_up(n) < z.nodes) return REASON_NODES_DOWN;
    if (legal != NULL && legal->short_of_quota) {
        legal_quota(c, s, pool, legal, &out->have, &out->need);
        out->rule = legal->rule;
        return REASON_QUOTA;
    }
    if (nodes_fit(n, &z)) return REASON_NONE;
    if (z.part[0].each.beside_kept) {
        z.part[0].each.beside_kept = z.part[1].each.beside_kept = false;
        out->have = reserve_leaves_ms(c, pool, now_ms);
        out->need = limit_in_pool(&c->fleet, s, pool);
        if (nodes_fit(n, &z)) return REASON_PRIORITY;
    }
    out->have = z.chips > 0 ? n->chips_free : nodes_up(n);
    out->need = z.chips > 0 ? z.chips : z.nodes;
    return REASON_RESOURCES;
}

static int law_row(const struct legal *legal, struct pool_reason *out)
{
    if (legal == NULL || legal->allowed) return REASON_NONE;
    out->rule = legal->rule;
    return legal->effect == EFFECT_UNRESOLVED ? REASON_LAW_UNRESOLVED : REASON_LAW_FORBIDS;
}

static int row_now(const struct core *c, const struct job_spec *s, uint32_t job,
                   const struct legal *legal, uint32_t pool, int64_t now_ms, bool may_be_slow,
                   int64_t limit_uusd, struct pool_reason *out)
{
    out->have = out->need = 0;
    int why = law_row(legal, out);
    if (why == REASON_NONE) why = pool_row_time(c, s, legal, pool, now_ms, out);
    if (why == REASON_NONE && may_be_slow) why = speed_row(c, s, pool, out);
    if (why == REASON_NONE) why = budget_row(c, s, job, limit_uusd, now_ms, out);
    if (why == REASON_NONE) why = capacity_row(c, s, job, legal, pool, now_ms, out);
    if (why == REASON_NONE) out->have = out->need = 0;
    return why;
}

int pool_row_now(const struct core *c, const struct job_spec *s, uint32_t job,
                 const struct legal *legal, uint32_t pool, int64_t now_ms, struct pool_reason *out)
{
    struct cost cost = {0};
    if (c->has_budgets) cost_in_pool(c, s, pool, &cost);
    return row_now(c, s, job, legal, pool, now_ms, true, cost.limit_uusd, out);
}

int candidate_row(const struct core *c, const struct job_spec *s, uint32_t job,
                  const struct legal *legal, const struct candidate *x, int64_t now_ms,
                  struct pool_reason *out)
{
    return row_now(c, s, job, legal, x->pool, now_ms, x->too_slow, x->limit_uusd, out);
}

int pool_row(const struct core *c, const struct job_spec *s, uint32_t job,
             const struct legal *legal, uint32_t pool, int64_t now_ms, struct pool_reason *out)
{
    *out = (struct pool_reason){.pool = pool};
    int why = law_row(legal, out);
    if (why == REASON_NONE) why = pool_row_static(&c->fleet, s, pool, out);
    if (why == REASON_NONE) why = pool_row_now(c, s, job, legal, pool, now_ms, out);
    struct cost cost;
    cost_in_pool(c, s, pool, &cost);
    if (why == REASON_NONE && spec_wants_chips(s)) {
        struct size z;
        uint32_t waste;
        size_now(c, s, job, pool, now_ms, &z);
        out->stranded_uusd = stranded_now(c, s, pool, &z, &waste);
    }
    out->cost_uusd = money_add(cost.total_uusd, out->stranded_uusd);
    out->late_ms = late_by_ms(cost.sure_until_ms, now_ms);
    out->moving_ms = cost.moving_ms;
    out->moved_uusd = cost.moved_uusd;
    if (cost.time.basis != BASIS_LIMIT) {
        out->basis = cost.time.basis;
        out->expected_ms = cost.time.ms;
        out->lo_ms = cost.time.lo_ms;
        out->hi_ms = cost.time.hi_ms;
    }
    out->reason = why;
    return why;
}

int reason_nearer(int a, int b)
{
    /* Nearest to a start first; reasons not named here do not compete. */
    static const int order[] = {
        REASON_NONE,
        REASON_PRIORITY,
        REASON_RESOURCES,
        REASON_QUOTA,
        REASON_BUDGET,
        REASON_NODES_DOWN,
        REASON_PARTITION_DOWN,
        REASON_MAINTENANCE,
        REASON_LEASE_NOT_BEGUN,
        REASON_LAW_ENDS_FIRST,
        REASON_MAINTENANCE_FIRST,
        REASON_LEASE_ENDS_FIRST,
        REASON_DEADLINE,
        REASON_LAW_UNRESOLVED,
        REASON_LAW_FORBIDS,
        REASON_TOO_SLOW,
        REASON_TIME_LIMIT,
        REASON_PRICE_ABOVE_MAX,
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i] == a) return a;
        if (order[i] == b) return b;
    }
    return a;
}
