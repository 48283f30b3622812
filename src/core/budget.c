#include "core/budget.h"

#include "core/state.h"

#include "base/check.h"
#include "base/money.h"

/* ---- windows --------------------------------------------------------------------------------- */

/* So many months later, at midnight; the day is at most the 28th, which every month has. */
static int64_t months_later(int64_t from_ms, int64_t months)
{
    struct civil d = civil_of_ms(from_ms);
    int64_t month = d.month - 1 + months, year = d.year + month / 12;
    if (year > 9999) return CIVIL_NEVER_MS;
    return civil_days((int32_t)year, (int32_t)(month % 12) + 1, d.day) * CIVIL_DAY_MS;
}

static int64_t months_of(int per)
{
    return per == BUDGET_MONTH ? 1 : per == BUDGET_QUARTER ? 3 : 12;
}

static void month_window(const struct budget *b, int64_t at_ms, int64_t *from_out, int64_t *to_out)
{
    struct civil first = civil_of_ms(b->from_ms), at = civil_of_ms(at_ms);
    int64_t each = months_of(b->per);
    int64_t months = (int64_t)(at.year - first.year) * 12 + at.month - first.month;
    if (at.day < first.day) months--;
    months -= months % each;
    *from_out = months_later(b->from_ms, months);
    *to_out = months_later(b->from_ms, months + each);
}

bool budget_window(const struct budget *b, int64_t at_ms, int64_t *from_out, int64_t *to_out)
{
    *from_out = 0;
    *to_out = b->per == BUDGET_NONE ? CIVIL_NEVER_MS : b->from_ms;
    if (b->per == BUDGET_NONE || at_ms < b->from_ms) return false;
    int64_t each = b->days * CIVIL_DAY_MS;
    if (b->per == BUDGET_EVER) {
        *from_out = b->from_ms;
        *to_out = CIVIL_NEVER_MS;
    } else if (b->per == BUDGET_DAYS) {
        *from_out = at_ms - (at_ms - b->from_ms) % each;
        *to_out = *from_out + each;
    } else {
        month_window(b, at_ms, from_out, to_out);
    }
    return true;
}

/* ---- accounts -------------------------------------------------------------------------------- */

static bool has_terms(const struct share *s)
{
    return s->account.terms.per != BUDGET_NONE;
}

static void window_enter(struct core *c, struct account *a)
{
    a->binds = budget_window(&a->terms, c->now_ms, &a->from_ms, &a->to_ms);
    if (a->to_ms < c->budget_turn_ms) c->budget_turn_ms = a->to_ms;
}

void account_settle(struct core *c, struct account *a)
{
    a->left_uusd = INT64_MAX;
    if (a->binds) {
        budget_sum left = (budget_sum)a->terms.amount_uusd - a->ended_uusd - a->charged_uusd;
        a->left_uusd = left < -MONEY_MAX ? -MONEY_MAX : (int64_t)left;
    }
    if (a->left_uusd != a->told_uusd) c->budgets_moved = true;
}

static const struct budget *terms_of(const struct core *c, struct str tenant)
{
    static const struct budget none;
    uint32_t t = c->has_fleet ? fleet_tenant(&c->fleet, tenant) : NO_INDEX;
    return t != NO_INDEX ? &c->fleet.tenants[t].budget : &none;
}

void account_enter(struct core *c, struct share *s)
{
    struct account *a = &s->account;
    int64_t from_ms = a->from_ms;
    bool had = a->binds;
    a->terms = *terms_of(c, s->tenant);
    window_enter(c, a);
    if (!had || !a->binds || a->from_ms > from_ms) a->ended_uusd = 0;
    a->charged_uusd = 0;
    a->kept_uusd = a->told_kept_uusd = 0; /* nothing is promised in the new fleet yet */
    account_settle(c, a);
}

void account_leave(struct share *s)
{
    s->account.charged_uusd = 0;
}

/* ---- what jobs cost -------------------------------------------------------------------------- */

/* What the attempt costs in the window that begins at `from_ms`, until `at_ms`. */
static int64_t cost_until(const struct core *c, const struct entry *e, int64_t from_ms,
                          int64_t at_ms)
{
    int64_t since = e->job.start_ms > from_ms ? e->job.start_ms : from_ms;
    return at_ms > since ? cost_of_claim(c, e->job.claim, at_ms - since) : 0;
}

/* The same, to its limit. One that has not begun may still use all of that. */
static int64_t cost_to_limit(const struct core *c, const struct entry *e, int64_t from_ms)
{
    const struct job *j = &e->job;
    if (!e->started) return cost_of_claim(c, j->claim, j->time_limit_ms);
    return cost_until(c, e, from_ms, j->start_ms + j->time_limit_ms);
}

static int64_t charge_of(const struct core *c, const struct entry *e)
{
    if (e->job.claim != NULL) return cost_to_limit(c, e, e->share->account.from_ms);
    struct cost cost;
    cost_in_pool(c, &e->job.spec, e->hold->pool, &cost);
    return cost.limit_uusd;
}

void budget_charge(struct core *c, struct entry *e)
{
    if (!has_terms(e->share)) return;
    struct account *a = &e->share->account;
    a->charged_uusd -= e->charge_uusd;
    e->charge_uusd = charge_of(c, e);
    a->charged_uusd += e->charge_uusd;
    account_settle(c, a);
}

void budget_release(struct core *c, struct entry *e)
{
    struct account *a = &e->share->account;
    if (!has_terms(e->share)) return;
    a->charged_uusd -= e->charge_uusd;
    e->charge_uusd = 0;
    if (a->binds && e->job.claim != NULL && e->started && BERTH_DEFECT != 50)
        a->ended_uusd = money_add(a->ended_uusd, cost_until(c, e, a->from_ms, c->now_ms));
    account_settle(c, a);
}

/* ---- time ------------------------------------------------------------------------------------ */

void budgets_turn(struct core *c)
{
    if (c->now_ms < c->budget_turn_ms) return;
    c->budget_turn_ms = CIVIL_NEVER_MS;
    for (size_t i = 0; i < c->share_count; i++) {
        struct account *a = &c->shares[i]->account;
        if (c->now_ms >= a->to_ms) a->ended_uusd = 0;
        window_enter(c, a);
        account_settle(c, a);
    }
    struct order_node *n = order_first(&c->active);
    for (; n != NULL; n = order_after(&c->active, n->major, n->id))
        budget_charge(c, CONTAINER(n, struct entry, in_group));
}

/* ---- who is concerned ------------------------------------------------------------------------ */

/* Did the account come to allow, or not to allow, the class in some pool? Whom the money kept
 * concerns depends on its place in the queue: whoever it may concern is tried. */
static bool is_concerned(const struct class *k)
{
    const struct account *a = &k->share->account;
    int64_t lo = a->left_uusd < a->told_uusd ? a->left_uusd : a->told_uusd;
    int64_t hi = a->left_uusd < a->told_uusd ? a->told_uusd : a->left_uusd;
    if (a->kept_moved || lo < hi)
        lo -= a->kept_uusd > a->told_kept_uusd ? a->kept_uusd : a->told_kept_uusd;
    for (uint32_t i = 0; lo < hi && i < k->candidate_count; i++)
        if (k->candidates[i].limit_uusd > lo && k->candidates[i].limit_uusd <= hi) return true;
    return false;
}

bool budgets_retry(struct core *c)
{
    if (!c->budgets_moved) return false;
    classes_retry(c, is_concerned);
    budgets_settled(c);
    return true;
}

void budgets_settled(struct core *c)
{
    for (size_t i = 0; i < c->share_count; i++) {
        struct account *a = &c->shares[i]->account;
        a->told_uusd = a->left_uusd;
        a->told_kept_uusd = a->kept_uusd;
        a->kept_moved = false;
    }
    c->budgets_moved = false;
}

/* ---- what is left ---------------------------------------------------------------------------- */

static void begin_look(const struct core *c, struct str tenant, int64_t now_ms,
                       struct tenant_budget *b)
{
    const struct share *s = share_find(c, tenant);
    *b = (struct tenant_budget){.terms = *terms_of(c, tenant)};
    b->binds = budget_window(&b->terms, now_ms, &b->from_ms, &b->to_ms);
    if (b->binds && s != NULL && s->account.binds && b->from_ms == s->account.from_ms)
        b->spent_uusd = s->account.ended_uusd;
    b->left_uusd = b->binds ? b->terms.amount_uusd - b->spent_uusd : INT64_MAX;
}

static void add_charge(struct tenant_budget *b, int64_t all_uusd, int64_t spent_uusd)
{
    b->spent_uusd = money_add(b->spent_uusd, spent_uusd);
    if (all_uusd > spent_uusd)
        b->committed_uusd = money_add(b->committed_uusd, all_uusd - spent_uusd);
    if (__builtin_sub_overflow(b->left_uusd, all_uusd, &b->left_uusd)) b->left_uusd = -MONEY_MAX;
}

static void add_entry(const struct core *c, const struct entry *e, int64_t now_ms,
                      struct tenant_budget *b)
{
    if (!b->binds) return;
    if (e->hold != NULL) {
        add_charge(b, e->charge_uusd, 0);
        return;
    }
    int64_t spent = e->started ? cost_until(c, e, b->from_ms, now_ms) : 0;
    add_charge(b, cost_to_limit(c, e, b->from_ms), spent);
}

void core_budget(const struct core *c, struct str tenant, int64_t now_ms, struct tenant_budget *out)
{
    const struct order *const sets[] = {&c->active, &c->holders};
    begin_look(c, tenant, now_ms, out);
    for (int i = 0; i < 2; i++)
        for (struct order_node *n = order_first(sets[i]); n != NULL;
             n = order_after(sets[i], n->major, n->id)) {
            const struct entry *e = CONTAINER(n, struct entry, in_group);
            if (str_eq(e->share->tenant, tenant)) add_entry(c, e, now_ms, out);
        }
}

void core_budgets(const struct core *c, int64_t now_ms, struct tenant_budget *out)
{
    const struct order *const sets[] = {&c->active, &c->holders};
    for (uint32_t t = 0; t < c->fleet.tenant_count; t++)
        begin_look(c, c->fleet.tenants[t].id, now_ms, &out[t]);
    for (int i = 0; i < 2 && c->has_budgets; i++)
        for (struct order_node *n = order_first(sets[i]); n != NULL;
             n = order_after(sets[i], n->major, n->id)) {
            const struct entry *e = CONTAINER(n, struct entry, in_group);
            uint32_t t = fleet_tenant(&c->fleet, e->share->tenant);
            if (t != NO_INDEX) add_entry(c, e, now_ms, &out[t]);
        }
}

int64_t budget_left(const struct core *c, struct str tenant, int64_t now_ms)
{
    if (!c->has_budgets) return INT64_MAX;
    const struct share *s = share_find(c, tenant);
    if (s != NULL && now_ms < s->account.to_ms) return s->account.left_uusd;
    struct tenant_budget b;
    core_budget(c, tenant, now_ms, &b);
    return b.left_uusd;
}

int budget_row(const struct core *c, const struct job_spec *s, uint32_t job, int64_t limit_uusd,
               int64_t now_ms, struct pool_reason *out)
{
    if (limit_uusd == 0 || !c->has_budgets) return REASON_NONE;
    int64_t left = budget_left(c, s->tenant, now_ms);
    if (left > 0 && left < INT64_MAX) {
        int64_t kept = reserve_keeps_uusd(c, s, job);
        left = left > kept ? left - kept : 0;
    }
    if (limit_uusd <= left) return REASON_NONE;
    out->have = left;
    out->need = limit_uusd;
    return REASON_BUDGET;
}
