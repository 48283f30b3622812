#include "core/explain.h"

#include "core/case.h"
#include "core/state.h"
#include "core/switches.h"

#include "base/check.h"
#include "base/money.h"
#include "law/pack.h"

/* ---- rows
 * -------------------------------------------------------------------------------------------- */

const struct legal *explain_laws(const struct question *q, const struct job_spec *spec)
{
    const struct core *c = q->c;
    struct legal *laws = ARENA_ARRAY(q->arena, c->pool_signature_count, struct legal);
    bool *known = ARENA_ARRAY(q->arena, c->pool_signature_count, bool);
    struct arena scratch;
    arena_init(&scratch);
    for (uint32_t p = 0; p < c->fleet.pool_count; p++) {
        uint32_t at = c->pool_signature[p];
        if (known[at]) continue;
        const struct entry *own = q->entry != NULL && q->entry->job.claim != NULL ? q->entry : NULL;
        legal_look(c, spec, p, q->now_ms, own, &scratch, &laws[at]);
        arena_clear(&scratch);
        known[at] = true;
    }
    arena_release(&scratch);
    return laws;
}

uint32_t question_job(const struct question *q)
{
    const struct entry *e = q->entry;
    return e != NULL && !job_state_is_ended(e->job.state) ? e->job.id.v : 0;
}

static uint32_t waste_in(const struct question *q, const struct job_spec *s, uint32_t pool)
{
    struct size z;
    uint32_t waste = 0;
    if (!spec_wants_chips(s)) return 0;
    size_now(q->c, s, question_job(q), pool, q->now_ms, &z);
    nodes_choose(&q->c->pools[pool], &z, NULL, &waste);
    return waste;
}

/* The placer's order between two pools that would both do (place.c, classes.c). */
static bool is_better(const struct question *asked, const struct job_spec *s,
                      const struct pool_reason *a, const struct pool_reason *b)
{
    const struct fleet *f = &asked->c->fleet;
    const struct pool *p = &f->pools[a->pool], *q = &f->pools[b->pool];
    if (a->late_ms != b->late_ms) return a->late_ms < b->late_ms;
    bool p_preferred = kind_is_preferred(s, p), q_preferred = kind_is_preferred(s, q);
    if (p_preferred != q_preferred) return p_preferred;
    if (a->cost_uusd != b->cost_uusd) return a->cost_uusd < b->cost_uusd;
    uint32_t p_waste = waste_in(asked, s, a->pool), q_waste = waste_in(asked, s, b->pool);
    if (p_waste != q_waste) return p_waste < q_waste;
    if (p->is_default != q->is_default) return p->is_default;
    if ((p->chips_per_node > 0) != (q->chips_per_node > 0)) return p->chips_per_node == 0;
    return a->pool < b->pool;
}

void explain_rows(const struct question *q, const struct job_spec *spec, const struct legal *laws,
                  struct pool_reason *rows, uint32_t *best_out, uint32_t *next_out)
{
    const struct core *c = q->c;
    *best_out = *next_out = NO_INDEX;
    for (uint32_t p = 0; p < c->fleet.pool_count; p++) {
        const struct legal *legal = &laws[c->pool_signature[p]];
        if (pool_row(c, spec, question_job(q), legal, p, q->now_ms, &rows[p]) != REASON_NONE)
            continue;
        if (*best_out == NO_INDEX || is_better(q, spec, &rows[p], &rows[*best_out])) {
            *next_out = *best_out;
            *best_out = p;
        } else if (*next_out == NO_INDEX || is_better(q, spec, &rows[p], &rows[*next_out])) {
            *next_out = p;
        }
    }
}

/* ---- words
 * -------------------------------------------------------------------------------------------- */

static const char *duration(struct arena *a, int64_t ms)
{
    int64_t minutes = ms < 0 ? 0 : ms / 60000;
    if (minutes < 120) return arena_printf(a, "%lld min", (long long)minutes);
    if (minutes < 48 * 60)
        return arena_printf(a, "%lld h %lld min", (long long)(minutes / 60),
                            (long long)(minutes % 60));
    return arena_printf(a, "%lld days", (long long)(minutes / 1440));
}

static const char *capacity_words(const struct question *q, const struct pool_reason *r)
{
    const struct pool_nodes *n = &q->c->pools[r->pool];
    if (job_spec_shares(q->spec) && !q->spec->exclusive)
        return arena_printf(q->arena,
                            "%lld of %u chips are free as a whole; no chip, whole or shared, has "
                            "the part free that the job needs beside enough CPUs and memory",
                            (long long)r->have, n->use.chips_total);
    if (n->chips_per_node == 0 || !spec_wants_chips(q->spec))
        return "its nodes have not enough free CPUs or memory for the job now";
    if (r->have >= r->need && q->spec->contiguous)
        return arena_printf(q->arena,
                            "%lld of %u chips are free, but not with the CPUs, memory and whole "
                            "nodes that the job's %lld need on adjacent nodes%s",
                            (long long)r->have, n->use.chips_total, (long long)r->need,
                            q->spec->switches > 0 ? " of so few switches" : "");
    if (r->have >= r->need && q->spec->switches > 0) {
        struct size z;
        size_now(q->c, q->spec, question_job(q), r->pool, q->now_ms, &z);
        const char *most = switches_matter(n, &z)
                               ? fullest_words(&q->c->fleet.pools[r->pool], n, &z, q->arena)
                               : "";
        return arena_printf(q->arena,
                            "%lld of %u chips are free, but not with the CPUs, memory and whole "
                            "nodes that the job's %lld need on at most %u switch%s%s",
                            (long long)r->have, n->use.chips_total, (long long)r->need,
                            q->spec->switches, q->spec->switches == 1 ? "" : "es", most);
    }
    if (r->have >= r->need)
        return arena_printf(q->arena,
                            "%lld of %u chips are free, but not with the CPUs, memory and whole "
                            "nodes that the job's %lld need",
                            (long long)r->have, n->use.chips_total, (long long)r->need);
    return arena_printf(q->arena, "%lld of %u chips are free, the job needs %lld",
                        (long long)r->have, n->use.chips_total, (long long)r->need);
}

static const char *kept_words(const struct question *q, const struct pool_reason *r)
{
    const struct reservation *h = &q->c->reservations[r->pool];
    char date[CIVIL_TEXT_MAX];
    if (h->at_ms <= q->now_ms)
        return arena_printf(q->arena, "it has room, kept for job %u, which starts there next",
                            h->job);
    civil_format(h->at_ms, date);
    if (r->have < 60000)
        return arena_printf(q->arena, "it has room, kept for job %u, which starts there by %s",
                            h->job, date);
    return arena_printf(q->arena,
                        "it has room, kept for job %u, which starts there by %s; a job of at most "
                        "%s could use it before",
                        h->job, date, duration(q->arena, r->have));
}

static const char *law_words(const struct question *q, const struct pool_reason *r, struct str cite)
{
    const char *says = r->reason == REASON_LAW_FORBIDS      ? "does not allow it"
                       : r->reason == REASON_LAW_UNRESOLVED ? "cannot be decided: a fact is unknown"
                                                            : "will not allow it long enough";
    struct str rule = r->rule.len > 0 ? r->rule : STR("the law");
    if (cite.len == 0) return arena_printf(q->arena, STR_FMT " %s", STR_ARG(rule), says);
    return arena_printf(q->arena, STR_FMT " %s (" STR_FMT ")", STR_ARG(rule), says, STR_ARG(cite));
}

static const char *time_words(const struct question *q, const struct pool_reason *r)
{
    const char *need = duration(q->arena, r->need);
    const char *have = duration(q->arena, r->have);
    if (r->reason == REASON_LEASE_ENDS_FIRST)
        return arena_printf(q->arena, "its lease ends too soon: %s are left, the job may take %s",
                            have, need);
    if (r->reason == REASON_MAINTENANCE_FIRST)
        return arena_printf(q->arena,
                            "its maintenance begins too soon: %s are left, the job may take %s",
                            have, need);
    if (r->reason == REASON_TOO_SLOW)
        return arena_printf(q->arena,
                            "it is too slow: the steps left take %s there with a tenth to spare, "
                            "the time limit is %s",
                            need, have);
    if (r->reason == REASON_TIME_LIMIT)
        return arena_printf(q->arena, "it allows jobs of %s, the job may take %s", have, need);
    return arena_printf(q->arena, "the deadline is in %s, the job may take %s", have, need);
}

static const char *maintenance_words(const struct question *q, const struct pool_reason *r)
{
    const struct window *w = window_at(&q->c->fleet, r->pool, q->now_ms);
    char date[CIVIL_TEXT_MAX];
    civil_format(r->have, date);
    if (w == NULL || w->reason.len == 0)
        return arena_printf(q->arena, "it is under maintenance until %s", date);
    return arena_printf(q->arena, "it is under maintenance (" STR_FMT ") until %s",
                        STR_ARG(w->reason), date);
}

static const char *never_words(const struct question *q, const struct pool_reason *r)
{
    const struct pool *p = &q->c->fleet.pools[r->pool];
    char have[MONEY_TEXT_MAX], need[MONEY_TEXT_MAX];
    if (r->reason == REASON_NOT_NAMED)
        return name_is_among(q->spec->not_sites, q->spec->not_site_count, p->site)
                   ? "it is at a site that the job excludes"
                   : "it is not in the partitions, sites or countries that the job names";
    if (r->reason == REASON_CHIP_KIND)
        return p->chip.len == 0
                   ? "it has no accelerators"
                   : arena_printf(q->arena,
                                  "its chips, " STR_FMT ", are not of a kind that the job accepts",
                                  STR_ARG(p->chip));
    if (r->reason == REASON_NOT_SHARED)
        return r->have == 0
                   ? "the job asks for part of a chip, and its chips are not shared"
                   : arena_printf(q->arena, "its chips are cut in %lld shards, the job needs %lld",
                                  (long long)r->have, (long long)r->need);
    if (r->reason == REASON_MEMORY)
        return arena_printf(q->arena, "its nodes have %lld MB, the job needs %lld on one",
                            (long long)r->have, (long long)r->need);
    if (r->reason == REASON_PRICE_ABOVE_MAX)
        return arena_printf(q->arena, "it costs %s USD a chip hour, the job pays at most %s",
                            money_format(r->have, have), money_format(r->need, need));
    return arena_printf(q->arena,
                        "it is too small: it has %lld, the job needs %lld (nodes, or "
                        "chips or CPUs of one node)",
                        (long long)r->have, (long long)r->need);
}

/* "; 3 h 20 min expected there (table: SOURCE)" where that is not the time limit. */
static const char *expected_words(const struct question *q, const struct pool_reason *r)
{
    if (r->basis == BASIS_LIMIT) return "";
    struct cost cost;
    cost_in_pool(q->c, q->spec, r->pool, &cost);
    const char *time = duration(q->arena, r->expected_ms);
    if (basis_is_measured(r->basis) || r->lo_ms == r->hi_ms)
        return arena_printf(q->arena, "; %s expected, measured (%s%s" STR_FMT ")", time,
                            basis_names[r->basis], cost.time.source.len > 0 ? ": " : "",
                            STR_ARG(cost.time.source));
    return arena_printf(q->arena, "; %s expected, between %s and %s (%s%s" STR_FMT ")", time,
                        duration(q->arena, r->lo_ms), duration(q->arena, r->hi_ms),
                        basis_names[r->basis], cost.time.source.len > 0 ? ": " : "",
                        STR_ARG(cost.time.source));
}

/* "; moving its data there takes 12 min and 4.50 USD of it" */
static const char *moving_words(const struct question *q, const struct pool_reason *r)
{
    char usd[MONEY_TEXT_MAX];
    if (r->moving_ms == 0 && r->moved_uusd == 0) return "";
    return arena_printf(q->arena, "; moving data there takes %s and %s USD of that",
                        duration(q->arena, r->moving_ms), money_format(r->moved_uusd, usd));
}

/* "; 0.40 USD of that for chips it leaves that little else can use" */
static const char *stranded_words(const struct question *q, const struct pool_reason *r)
{
    char usd[MONEY_TEXT_MAX];
    if (r->stranded_uusd == 0) return "";
    return arena_printf(q->arena,
                        "; %s USD of that for chips beside it that other work could not use",
                        money_format(r->stranded_uusd, usd));
}

/* "; it may miss its deadline by up to 40 min" */
static const char *late_words(const struct question *q, const struct pool_reason *r)
{
    if (r->late_ms == 0) return "";
    return arena_printf(q->arena, "; it may miss its deadline there, by up to %s",
                        duration(q->arena, r->late_ms));
}

static const char *chosen_words(const struct question *q, const struct explanation *x,
                                const struct pool_reason *r)
{
    char cost[MONEY_TEXT_MAX], more[MONEY_TEXT_MAX];
    const char *time = arena_printf(q->arena, "%s%s%s%s", expected_words(q, r), moving_words(q, r),
                                    stranded_words(q, r), late_words(q, r));
    money_format(r->cost_uusd, cost);
    if (r->reason == REASON_CHOSEN)
        return arena_printf(q->arena, "chosen, at a cost of %s USD%s", cost, time);
    int64_t extra = r->cost_uusd - x->chosen_cost_uusd;
    if (extra <= 0)
        return arena_printf(q->arena, "would do for %s USD; another is taken first%s", cost, time);
    return arena_printf(q->arena, "would do for %s USD, %s more than the chosen one%s", cost,
                        money_format(extra, more), time);
}

static const char *quota_words(const struct question *q, const struct pool_reason *r,
                               struct str cite)
{
    const struct law_rule *rule = law_rule(q->c->law, r->rule);
    if (rule == NULL || !rule->cap.present)
        return arena_printf(q->arena,
                            "running jobs have used the permit under " STR_FMT
                            " up to %lld chips, the job needs %lld",
                            STR_ARG(r->rule), (long long)r->have, (long long)r->need);
    return arena_printf(q->arena,
                        "under the cap of " STR_FMT " (" STR_FMT ") %lld " STR_FMT
                        " are left, the job needs %lld",
                        STR_ARG(r->rule), STR_ARG(cite), (long long)r->have,
                        STR_ARG(rule->cap.unit), (long long)r->need);
}

static const char *window_words(struct arena *a, const struct budget *b)
{
    if (b->per == BUDGET_EVER) return "in all";
    if (b->per != BUDGET_DAYS) return arena_printf(a, "a %s", budget_names[b->per]);
    return b->days == 1 ? "a day" : arena_printf(a, "in %u days", b->days);
}

static int64_t to_cents(int64_t uusd)
{
    return (uusd + BUDGET_STEP_UUSD / 2) / BUDGET_STEP_UUSD * BUDGET_STEP_UUSD;
}

static const char *budget_words(const struct question *q, const struct pool_reason *r)
{
    struct tenant_budget b;
    char cost[MONEY_TEXT_MAX], all[MONEY_TEXT_MAX], spent[MONEY_TEXT_MAX], kept[MONEY_TEXT_MAX];
    char date[CIVIL_TEXT_MAX];
    core_budget(q->c, q->spec->tenant, q->now_ms, &b);
    const char *until = "", *ahead = "";
    int64_t for_others = reserve_keeps_uusd(q->c, q->spec, question_job(q));
    if (for_others > 0)
        ahead = arena_printf(q->arena, ", and %s kept for jobs before it whose start is promised",
                             money_format(to_cents(for_others), kept));
    if (b.to_ms != CIVIL_NEVER_MS)
        until = arena_printf(q->arena, "; the next begins on %s", civil_format(b.to_ms, date));
    return arena_printf(
        q->arena,
        "the job may cost %s USD there until its time limit; of the budget of " STR_FMT
        ", %s USD %s, %s are spent and %s committed to running jobs%s%s",
        money_format(r->need, cost), STR_ARG(q->spec->tenant),
        money_format(b.terms.amount_uusd, all), window_words(q->arena, &b.terms),
        money_format(to_cents(b.spent_uusd), spent), money_format(to_cents(b.committed_uusd), kept),
        ahead, until);
}

static const char *row_words(const struct question *q, const struct explanation *x,
                             const struct pool_reason *r, struct str cite)
{
    char date[CIVIL_TEXT_MAX];
    switch ((enum reason)r->reason) {
    case REASON_CHOSEN:
    case REASON_DEARER: return chosen_words(q, x, r);
    case REASON_LAW_FORBIDS:
    case REASON_LAW_UNRESOLVED:
    case REASON_LAW_ENDS_FIRST: return law_words(q, r, cite);
    case REASON_LEASE_ENDS_FIRST:
    case REASON_MAINTENANCE_FIRST:
    case REASON_TIME_LIMIT:
    case REASON_DEADLINE:
    case REASON_TOO_SLOW: return time_words(q, r);
    case REASON_MAINTENANCE: return maintenance_words(q, r);
    case REASON_LEASE_NOT_BEGUN:
        return arena_printf(q->arena, "its lease begins on %s", civil_format(r->have, date));
    case REASON_PARTITION_DOWN: return "it is drained: nothing new starts there";
    case REASON_NODES_DOWN:
        return arena_printf(q->arena, "%lld of %u nodes are up, the job needs %lld",
                            (long long)r->have, q->c->pools[r->pool].count, (long long)r->need);
    case REASON_QUOTA: return quota_words(q, r, cite);
    case REASON_BUDGET: return budget_words(q, r);
    case REASON_RESOURCES: return capacity_words(q, r);
    case REASON_PRIORITY: return kept_words(q, r);
    case REASON_PREEMPTING:
        return "room is held for the job until it fits, at the latest when those that are being "
               "stopped for it there have gone";
    case REASON_NOT_NAMED:
    case REASON_CHIP_KIND:
    case REASON_NOT_SHARED:
    case REASON_MEMORY:
    case REASON_PRICE_ABOVE_MAX:
    case REASON_TOO_FEW_NODES: return never_words(q, r);
    case REASON_NONE:
    case REASON_DEPENDENCY:
    case REASON_DEPENDENCY_NEVER:
    case REASON_BEGIN_TIME:
    case REASON_HELD_USER:
    case REASON_HELD_ADMIN:
    case REASON_ARRAY_LIMIT:
    case REASON_BAD_CONSTRAINTS:
    case REASON_LAUNCH_FAILED:
    case REASON_NON_ZERO_EXIT:
    case REASON_LAW_NO_SITE:
    case REASON_PREEMPTED:
    case REASON_COUNT: break;
    }
    return reason_names[r->reason];
}

static void put_words(const struct question *q, struct explanation *x)
{
    for (uint32_t p = 0; p < x->pool_count; p++) {
        struct pool_reason *r = &x->pools[p];
        struct str title;
        r->rule = str_copy(q->arena, r->rule);
        if (law_cite(q->c->law, r->rule, &x->cites[p], &title))
            x->cites[p] = str_copy(q->arena, x->cites[p]);
        x->sentences[p] =
            str_of(arena_printf(q->arena, "pool " STR_FMT ": %s", STR_ARG(q->c->fleet.pools[p].id),
                                row_words(q, x, r, x->cites[p])));
    }
}

/* ---- the whole
 * --------------------------------------------------------------------------------------------- */

/* An active job's own pool is the chosen one, whatever would be chosen now. */
static void mark_rows(const struct question *q, struct explanation *x, uint32_t best, uint32_t next)
{
    const struct entry *e = q->entry;
    bool is_active = e != NULL && e->job.claim != NULL;
    x->chosen = is_active ? e->job.pool.v : best;
    x->runner_up = is_active && best != x->chosen ? best : next;
    for (uint32_t p = 0; p < x->pool_count; p++) {
        struct pool_reason *r = &x->pools[p];
        if (p == x->chosen) {
            r->reason = REASON_CHOSEN;
            r->have = r->need = 0;
            if (is_active) r->cost_uusd = e->job.cost_uusd;
        } else if (r->reason == REASON_NONE) {
            r->reason = REASON_DEARER;
        }
    }
    if (x->chosen != NO_INDEX) x->chosen_cost_uusd = x->pools[x->chosen].cost_uusd;
    if (x->runner_up != NO_INDEX) x->runner_up_cost_uusd = x->pools[x->runner_up].cost_uusd;
}

/* What is held for the job counts as taken, also for itself: where others are being stopped for it,
 * that is what it waits for. */
static void mark_hold(const struct question *q, struct explanation *x)
{
    if (q->entry == NULL || q->entry->hold == NULL) return;
    struct pool_reason *r = &x->pools[q->entry->hold->pool];
    if (r->reason != REASON_RESOURCES) return;
    r->reason = REASON_PREEMPTING;
    r->have = r->need = 0;
}

static void explain(const struct question *q, struct explanation *x)
{
    const struct core *c = q->c;
    *x = (struct explanation){.now_ms = q->now_ms, .chosen = NO_INDEX, .runner_up = NO_INDEX};
    x->flip.pool = NO_INDEX;
    if (q->entry != NULL) {
        x->job = q->entry->job.id;
        x->state = q->entry->job.state;
        x->reason = core_reason(c, &q->entry->job);
    }
    if (q->entry != NULL) x->preempt = core_preempt_words(c, &q->entry->job, q->arena);
    if (!c->has_fleet) {
        x->flip.sentence = STR("apply a fleet first");
        return;
    }
    if (q->entry != NULL && q->entry->job.claim != NULL)
        x->network = network_words(&c->fleet.pools[q->entry->job.claim->pool.v],
                                   q->entry->job.claim, q->arena);
    x->pool_count = c->fleet.pool_count;
    x->pools = ARENA_ARRAY(q->arena, x->pool_count, struct pool_reason);
    x->sentences = ARENA_ARRAY(q->arena, x->pool_count, struct str);
    x->cites = ARENA_ARRAY(q->arena, x->pool_count, struct str);
    uint32_t best, next;
    const struct legal *laws = explain_laws(q, q->spec);
    explain_rows(q, q->spec, laws, x->pools, &best, &next);
    mark_rows(q, x, best, next);
    mark_hold(q, x);
    put_words(q, x);
    explain_flip(q, laws, x);
}

void core_explain(const struct core *c, const struct job *j, struct arena *arena,
                  struct explanation *out)
{
    const struct entry *e = entry_find(c, j->id.v);
    ASSERT(e != NULL && &e->job == j);
    uint32_t left = SCOUT_BUDGET;
    struct question q = {c, &j->spec, e, c->now_ms, arena, &left};
    explain(&q, out);
}

void core_explain_spec(const struct core *c, const struct job_spec *spec, int64_t now_ms,
                       struct arena *arena, struct explanation *out)
{
    ASSERT(now_ms >= c->now_ms);
    uint32_t left = SCOUT_BUDGET;
    struct question q = {c, spec, NULL, now_ms, arena, &left};
    explain(&q, out);
}

bool core_pool_would_do(const struct core *c, const struct job_spec *spec, uint32_t pool)
{
    struct pool_reason row = {0};
    return pool_row_static(&c->fleet, spec, pool, &row) == REASON_NONE;
}

/* ---- outside
 * -------------------------------------------------------------------------------------------------
 */

static void visit_flip(struct visit *v, struct flip *f)
{
    visit_enum(v, "kind", &f->kind, flip_names, FLIP_COUNT);
    visit_i64(v, "value", &f->value);
    visit_optional_index(v, "pool_plus_one", &f->pool);
    visit_text(v, "text", &f->text);
    visit_text(v, "rule", &f->rule);
    visit_text(v, "sentence", &f->sentence);
}

static void visit_rows(struct visit *v, struct explanation *x)
{
    size_t count = v->reading ? 0 : x->pool_count;
    if (!visit_list(v, "pools", &count, POOL_MAX)) return;
    if (v->reading) {
        x->pools = ARENA_ARRAY(v->arena, count, struct pool_reason);
        x->sentences = ARENA_ARRAY(v->arena, count, struct str);
        x->cites = ARENA_ARRAY(v->arena, count, struct str);
        x->pool_count = (uint32_t)count;
    }
    for (size_t i = 0; i < count; i++) {
        if (!visit_map(v, NULL, false)) continue;
        visit_pool_reason(v, &x->pools[i]);
        visit_text(v, "sentence", &x->sentences[i]);
        visit_text(v, "cite", &x->cites[i]);
        visit_map_end(v);
    }
    visit_list_end(v);
}

void visit_explanation(struct visit *v, struct explanation *x)
{
    visit_u32(v, "job", &x->job.v);
    visit_enum(v, "state", &x->state, job_state_names, JOB_STATE_COUNT);
    visit_enum(v, "reason", &x->reason, reason_names, REASON_COUNT);
    visit_i64(v, "now_ms", &x->now_ms);
    visit_optional_index(v, "chosen_plus_one", &x->chosen);
    visit_optional_index(v, "runner_up_plus_one", &x->runner_up);
    visit_i64(v, "chosen_cost_uusd", &x->chosen_cost_uusd);
    visit_i64(v, "runner_up_cost_uusd", &x->runner_up_cost_uusd);
    visit_i64(v, "start_estimate_ms", &x->start_estimate_ms);
    visit_rows(v, x);
    visit_text(v, "preempt", &x->preempt);
    visit_text(v, "network", &x->network);
    if (visit_map(v, "flip", x->flip.kind == FLIP_NONE && x->flip.sentence.len == 0)) {
        visit_flip(v, &x->flip);
        visit_map_end(v);
    }
    VISIT_ARRAY(v, "together", x->together, x->together_count, FLIPS_TOGETHER_MAX, visit_flip);
}
