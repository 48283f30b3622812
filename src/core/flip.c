/* flip.c - the smallest change that would make a waiting or refused job run.
 *
 * One change at a time is tried, in this order, and the first that works is told:
 *
 *   a job that may not be considered yet: release it, wait for a job, wait for its begin time;
 *   then what the law lacks (evidence, a permit, an unknown fact), a shorter time limit, a longer
 *   one, a higher price, less memory, fewer chips, another pool or kind of chip, nodes brought back, a
 *   drained pool opened, a larger budget; then waiting until an instant; last, more chips.
 *
 * "Works" is not guessed. A change of the job alone leaves the others blocked as they are, so it
 * works exactly when a pool takes the changed job now. Whatever frees or adds something may help
 * the jobs ahead as well, so that is played on a copy (scout.c). Where two things are in the way at
 * once no single change helps: FLIP_NONE, and several.c says what would together. */
#include "core/case.h"
#include "core/explain.h"
#include "core/state.h"

#include "base/check.h"
#include "base/money.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct flipper {
    const struct question *q;
    struct explanation *x;
    const struct legal *laws; /* for the job as it is */
    struct pool_reason *rows; /* of the changed job */
};

static bool found(struct flipper *f, int kind, int64_t value, uint32_t pool)
{
    f->x->flip.kind = kind;
    f->x->flip.value = value;
    f->x->flip.pool = pool;
    return true;
}

static struct str pool_name(const struct flipper *f, uint32_t pool)
{
    return pool == NO_INDEX ? STR("another pool") : f->q->c->fleet.pools[pool].id;
}

/* A change of the job that the law does not see. */
static bool found_change(struct flipper *f, int kind, int64_t value, uint32_t pool)
{
    found(f, kind, value, pool);
    f->x->flip.sentence =
        str_of(arena_printf(f->q->arena, "%s; it would then run in " STR_FMT,
                            change_words(f->q->arena, &f->x->flip), STR_ARG(pool_name(f, pool))));
    return true;
}

static void say(struct flipper *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct flipper *f, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    f->x->flip.sentence = str_copy(f->q->arena, str_of(text));
}

/* The pool that takes a job with that spec now, which the law sees as before; NO_INDEX: none. */
static uint32_t taker(struct flipper *f, const struct job_spec *s)
{
    uint32_t best, next;
    explain_rows(f->q, s, f->laws, f->rows, &best, &next);
    return best;
}

/* The same where the law sees a difference. */
static uint32_t lawful_taker(struct flipper *f, const struct job_spec *s)
{
    uint32_t best, next;
    explain_rows(f->q, s, explain_laws(f->q, s), f->rows, &best, &next);
    return best;
}

/* ---- the law
 * ------------------------------------------------------------------------------------------ */

/* Would a permit for so many chips do? Jobs ahead may take of it first. */
static bool permit_works(const struct question *q, const struct law_permit *new, int64_t amount)
{
    /* A deep copy: indexing writes into sites and titles, which must not be those of the state. */
    struct fleet f;
    fleet_copy(&q->c->fleet, q->arena, &f);
    f.permits = ARENA_ARRAY(q->arena, f.permit_count + 1, struct permit);
    if (f.permit_count > 0)
        memcpy(f.permits, q->c->fleet.permits, f.permit_count * sizeof *f.permits);
    f.permits[f.permit_count++] = (struct permit){.id = new->id,
                                                  .rule = new->rule,
                                                  .holder = new->holder,
                                                  .amount_known = true,
                                                  .amount = amount};
    struct scout *s = scout_new(q);
    if (s == NULL) return true; /* too large to play: by the law alone it would do */
    struct event e = {
        .kind = EVENT_FLEET, .now_ms = q->now_ms, .actor_is_operator = true, .fleet = &f};
    bool works = fleet_index(&f, q->arena, NULL) == ERR_NONE && scout_try(s, q, &e);
    scout_free(s);
    return works;
}

static bool flip_permit(struct flipper *f, struct law_case *x, const struct law_finding *lacks,
                        uint32_t pool)
{
    const struct question *q = f->q;
    struct law_permit *all = ARENA_ARRAY(q->arena, x->permit_count + 1, struct law_permit);
    for (uint32_t i = 0; i < x->permit_count; i++) all[i] = x->permits[i];
    struct law_permit *new = &all[x->permit_count++];
    *new = (struct law_permit){
        .rule = lacks->rule, .id = STR("to-be-obtained"), .holder = x->chain[ROLE_TENANT].id};
    x->permits = all;
    int effect;
    struct str rule;
    if (!law_allows(q->c->law, x, q->arena, &effect, &rule)) return false;
    int64_t amount = x->amount;
    for (int i = 0; i < 4; i++, amount *= 2) {
        if (!permit_works(q, new, amount)) continue;
        f->x->flip.rule = str_copy(q->arena, lacks->rule);
        say(f,
            "a permit under " STR_FMT ", held by " STR_FMT ", for %lld chips; it would then run "
            "in " STR_FMT,
            STR_ARG(lacks->rule), STR_ARG(new->holder), (long long)amount,
            STR_ARG(pool_name(f, pool)));
        return found(f, FLIP_PERMIT, amount, pool);
    }
    return false;
}

static bool flip_evidence(struct flipper *f, const struct law_finding *lacks)
{
    const struct question *q = f->q;
    struct job_spec s = *q->spec;
    struct str *all = ARENA_ARRAY(q->arena, s.evidence_count + 1, struct str);
    for (uint32_t i = 0; i < s.evidence_count; i++) all[i] = s.evidence[i];
    all[s.evidence_count++] = lacks->missing_evidence[0];
    s.evidence = all;
    uint32_t at = lawful_taker(f, &s);
    if (at == NO_INDEX) return false;
    f->x->flip.text = str_copy(q->arena, lacks->missing_evidence[0]);
    f->x->flip.rule = str_copy(q->arena, lacks->rule);
    say(f,
        "put the evidence " STR_FMT " on record, as " STR_FMT
        " asks (submit with --evidence=" STR_FMT "); it would then run in " STR_FMT,
        STR_ARG(f->x->flip.text), STR_ARG(lacks->rule), STR_ARG(f->x->flip.text),
        STR_ARG(pool_name(f, at)));
    return found(f, FLIP_EVIDENCE, 0, at);
}

static bool flip_fact(struct flipper *f, const struct law_unknown *u, uint32_t pool)
{
    f->x->flip.text = str_copy(f->q->arena, u->fact);
    if (u->rule_count > 0) f->x->flip.rule = str_copy(f->q->arena, u->rules[0]);
    say(f,
        "state the unknown fact " STR_FMT "; " STR_FMT " decides by it whether pool " STR_FMT
        " may run the job",
        STR_ARG(u->fact), STR_ARG(f->x->flip.rule), STR_ARG(pool_name(f, pool)));
    return found(f, FLIP_FACT, 0, pool);
}

/* What the law asks in the pool, where that one thing would do and it is of that kind. */
static bool law_in_pool(struct flipper *f, uint32_t pool, int kind)
{
    const struct question *q = f->q;
    struct pool_reason row;
    if (pool_row(q->c, q->spec, question_job(q), NULL, pool, q->now_ms, &row) != REASON_NONE)
        return false;
    struct law_case x;
    struct law_verdict verdict;
    core_case(q->c, q->spec, pool, q->now_ms, q->arena, &x);
    law_decide(q->c->law, &x, q->arena, &verdict);
    const struct law_finding *lacks = NULL;
    uint32_t lack_count = 0;
    for (uint32_t i = 0; i < verdict.finding_count; i++) {
        const struct law_finding *g = &verdict.findings[i];
        if (!g->binding || g->met || g->effect == EFFECT_PERMIT) continue;
        lacks = g;
        lack_count++;
    }
    if (verdict.unresolved_count == 1 && lack_count == 0)
        return kind == FLIP_FACT && flip_fact(f, &verdict.unresolved[0], pool);
    if (verdict.unresolved_count > 0 || lack_count != 1) return false;
    if (lacks->missing_count == 1) return kind == FLIP_EVIDENCE && flip_evidence(f, lacks);
    bool may_be_permitted = lacks->effect == EFFECT_LICENCE && x.chain_present[ROLE_TENANT];
    return kind == FLIP_PERMIT && may_be_permitted && flip_permit(f, &x, lacks, pool);
}

static bool flip_law(struct flipper *f)
{
    static const int kinds[] = {FLIP_EVIDENCE, FLIP_PERMIT, FLIP_FACT};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (uint32_t p = 0; p < f->x->pool_count; p++) {
            int why = f->x->pools[p].reason;
            bool by_law = why == REASON_LAW_FORBIDS || why == REASON_LAW_UNRESOLVED ||
                          why == REASON_QUOTA; /* of a permit; a cap is not for anyone to raise */
            if (by_law && law_in_pool(f, p, kinds[k])) return true;
        }
    }
    f->x->flip.text = f->x->flip.rule = (struct str){0};
    return false;
}

/* ---- the job
 * ---------------------------------------------------------------------------------------------- */

bool reason_is_about_time(int why)
{
    return why == REASON_LEASE_ENDS_FIRST || why == REASON_MAINTENANCE_FIRST ||
           why == REASON_TIME_LIMIT || why == REASON_LAW_ENDS_FIRST || why == REASON_DEADLINE ||
           why == REASON_PRIORITY || why == REASON_BUDGET;
}

/* The longest limit, in whole minutes, with which that pool takes the job now; 0: none. */
static int64_t limit_for(struct flipper *f, uint32_t pool)
{
    struct job_spec s = *f->q->spec;
    struct pool_reason row = f->x->pools[pool];
    for (int i = 0; i < 4 && reason_is_about_time(row.reason); i++) {
        int64_t most = row.have;
        if (row.reason == REASON_BUDGET) /* money, which buys so much time */
            most = row.have > 0
                       ? money_scale(limit_in_pool(&f->q->c->fleet, &s, pool), row.have, row.need)
                       : 0;
        s.time_limit_ms = most - most % 60000;
        if (s.time_limit_ms <= 0) return 0;
        taker(f, &s);
        row = f->rows[pool];
    }
    return row.reason == REASON_NONE ? s.time_limit_ms : 0;
}

static bool flip_time_limit(struct flipper *f)
{
    int64_t best = 0;
    uint32_t at = NO_INDEX;
    for (uint32_t p = 0; p < f->x->pool_count; p++) {
        if (!reason_is_about_time(f->x->pools[p].reason)) continue;
        int64_t limit = limit_for(f, p);
        if (limit <= best) continue;
        best = limit;
        at = p;
    }
    if (best == 0) return false;
    return found_change(f, FLIP_TIME_LIMIT, best, at);
}

/* Where the work takes longer than the limit. */
static bool flip_more_time(struct flipper *f)
{
    struct job_spec s = *f->q->spec;
    int64_t best = 0;
    uint32_t best_at = NO_INDEX;
    for (uint32_t p = 0; p < f->x->pool_count; p++) {
        const struct pool_reason *r = &f->x->pools[p];
        if (r->reason != REASON_TOO_SLOW || r->need > TIME_LIMIT_MAX_MS) continue;
        s.time_limit_ms = (r->need + 59999) / 60000 * 60000;
        if (best != 0 && s.time_limit_ms >= best) continue;
        uint32_t at = taker(f, &s);
        if (at == NO_INDEX) continue;
        best = s.time_limit_ms;
        best_at = at;
    }
    if (best == 0) return false;
    return found_change(f, FLIP_MORE_TIME, best, best_at);
}

static bool flip_price(struct flipper *f)
{
    struct job_spec s = *f->q->spec;
    int64_t best = 0;
    uint32_t best_at = NO_INDEX;
    for (uint32_t p = 0; p < f->x->pool_count; p++) {
        const struct pool_reason *r = &f->x->pools[p];
        if (r->reason != REASON_PRICE_ABOVE_MAX) continue;
        if (best != 0 && r->have >= best) continue;
        s.max_uusd_per_chip_h = r->have;
        uint32_t at = taker(f, &s);
        if (at == NO_INDEX) continue;
        best = r->have;
        best_at = at;
    }
    if (best == 0) return false;
    return found_change(f, FLIP_MAX_PRICE, best, best_at);
}

static bool flip_memory(struct flipper *f)
{
    struct job_spec s = *f->q->spec;
    s.mem_mb_per_chip = s.mem_mb_per_cpu = 0;
    int64_t best = 0;
    uint32_t best_at = NO_INDEX;
    for (uint32_t p = 0; p < f->x->pool_count; p++) {
        const struct pool_reason *r = &f->x->pools[p];
        if (r->reason != REASON_MEMORY || r->have <= best) continue;
        s.mem_mb_per_node = (uint64_t)r->have;
        uint32_t at = taker(f, &s);
        if (at == NO_INDEX) continue;
        best = r->have;
        best_at = at;
    }
    if (best == 0) return false;
    return found_change(f, FLIP_MEMORY, best, best_at);
}

/* The job with that many chips in all, on as few nodes as hold them. */
static struct job_spec with_chips(const struct job_spec *s, uint32_t chips)
{
    struct job_spec t = *s;
    t.chips = chips;
    t.chips_per_node = t.nodes = t.nodes_limit = t.chip_milli = t.shards = 0;
    return t;
}

static bool flip_chips(struct flipper *f)
{
    const struct job_spec *s = f->q->spec;
    if (!spec_wants_chips(s) || s->exclusive) return false;
    uint32_t lo = 0, hi = job_spec_chips(s); /* lo fits somewhere (0: nothing tried), hi does not */
    if (job_spec_shares(s)) hi = 2; /* a whole chip may be found where none is shared */
    uint32_t at = NO_INDEX;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        struct job_spec t = with_chips(s, mid);
        uint32_t pool = lawful_taker(f, &t);
        if (pool == NO_INDEX) {
            hi = mid;
        } else {
            lo = mid;
            at = pool;
        }
    }
    if (lo == 0) return false;
    if (job_spec_shares(s))
        say(f, "ask for a whole chip (--gpus=1); it would then run in " STR_FMT " at once",
            STR_ARG(pool_name(f, at)));
    else
        say(f, "ask for at most %u chips (--gpus=%u); it would then run in " STR_FMT " at once", lo,
            lo, STR_ARG(pool_name(f, at)));
    return found(f, FLIP_CHIPS, lo, at);
}

static bool flip_unname(struct flipper *f)
{
    struct job_spec s = *f->q->spec;
    if (s.partition_count + s.site_count + s.not_site_count + s.country_count == 0) return false;
    s.partition_count = s.site_count = s.not_site_count = s.country_count = 0;
    uint32_t at = taker(f, &s);
    if (at == NO_INDEX) return false;
    return found_change(f, FLIP_UNNAME, 0, at);
}

static bool flip_kind(struct flipper *f)
{
    const struct fleet *fleet = &f->q->c->fleet;
    struct job_spec s = *f->q->spec;
    if (s.chip_kind_count == 0) return false;
    struct str *kinds = ARENA_ARRAY(f->q->arena, s.chip_kind_count + 1, struct str);
    for (uint32_t i = 0; i < s.chip_kind_count; i++) kinds[i] = s.chip_kinds[i];
    s.chip_kinds = kinds;
    s.chip_kind_count++;
    for (uint32_t k = 0; k < fleet->chip_count; k++) {
        kinds[s.chip_kind_count - 1] = fleet->chips[k].id;
        uint32_t at = taker(f, &s);
        if (at == NO_INDEX) continue;
        f->x->flip.text = fleet->chips[k].id;
        return found_change(f, FLIP_CHIP_KIND, 0, at);
    }
    return false;
}

/* ---- the fleet, played on a copy
 * ---------------------------------------------------------------------------- */

/* Bring back the first `count` nodes of the pool that are not up. */
static uint32_t bring_up(const struct question *q, uint32_t pool, uint32_t count,
                         struct node_change *out)
{
    const struct pool_nodes *n = &q->c->pools[pool];
    uint32_t got = 0;
    for (uint32_t i = 0; i < n->count && got < count; i++)
        if (n->node[i].state != NODE_UP)
            out[got++] = (struct node_change){
                .pool = q->c->fleet.pools[pool].id, .first = i, .count = 1, .state = NODE_UP};
    return got;
}

static bool flip_nodes_up(struct flipper *f)
{
    const struct question *q = f->q;
    for (uint32_t p = 0; p < f->x->pool_count; p++) {
        const struct pool_reason *r = &f->x->pools[p];
        int64_t lack = r->need - r->have;
        if (r->reason != REASON_NODES_DOWN || lack <= 0 || lack > NODE_CHANGES_MAX) continue;
        struct scout *s = scout_new(q);
        if (s == NULL) return false;
        struct node_change *all = ARENA_ARRAY(q->arena, (size_t)lack, struct node_change);
        struct event e = {.kind = EVENT_NODES, .now_ms = q->now_ms, .nodes = all};
        e.node_change_count = bring_up(q, p, (uint32_t)lack, all);
        bool works = scout_try(s, q, &e);
        scout_free(s);
        if (!works) continue;
        say(f, "bring %lld more nodes of pool " STR_FMT " up", (long long)lack,
            STR_ARG(pool_name(f, p)));
        return found(f, FLIP_NODES_UP, lack, p);
    }
    return false;
}

static bool flip_open(struct flipper *f)
{
    const struct question *q = f->q;
    for (uint32_t p = 0; p < f->x->pool_count; p++) {
        if (f->x->pools[p].reason != REASON_PARTITION_DOWN) continue;
        struct fleet open;
        fleet_copy(&q->c->fleet, q->arena, &open);
        open.pools[p].drained = false;
        struct scout *s = scout_new(q);
        if (s == NULL) return false;
        struct event e = {
            .kind = EVENT_FLEET, .now_ms = q->now_ms, .actor_is_operator = true, .fleet = &open};
        bool works = scout_try(s, q, &e);
        scout_free(s);
        if (!works) continue;
        say(f, "take pool " STR_FMT " back into use (its `drained` in the fleet file)",
            STR_ARG(pool_name(f, p)));
        return found(f, FLIP_OPEN, 0, p);
    }
    return false;
}

static bool budget_works(const struct question *q, int64_t amount_uusd)
{
    struct fleet f;
    fleet_copy(&q->c->fleet, q->arena, &f);
    struct scout *s = scout_new(q);
    if (s == NULL) return false;
    struct event e = {
        .kind = EVENT_FLEET, .now_ms = q->now_ms, .actor_is_operator = true, .fleet = &f};
    f.tenants[fleet_tenant(&f, q->spec->tenant)].budget.amount_uusd = amount_uusd;
    bool works = scout_try(s, q, &e);
    scout_free(s);
    return works;
}

static bool flip_budget(struct flipper *f)
{
    const struct question *q = f->q;
    int64_t lack = 0;
    for (uint32_t p = 0; p < f->x->pool_count; p++) {
        const struct pool_reason *r = &f->x->pools[p];
        int64_t more = money_add(r->need, -r->have);
        if (r->reason == REASON_BUDGET && (lack == 0 || more < lack)) lack = more;
    }
    if (lack == 0) return false;
    const struct tenant *t = &q->c->fleet.tenants[fleet_tenant(&q->c->fleet, q->spec->tenant)];
    for (int i = 0; i < 4;
         i++, lack = money_add(lack, lack)) { /* jobs ahead may take of it first */
        int64_t amount = money_add(t->budget.amount_uusd, lack);
        int64_t cents = amount % BUDGET_STEP_UUSD;
        if (cents > 0) amount = money_add(amount, BUDGET_STEP_UUSD - cents);
        if (amount > BUDGET_MAX_UUSD || !budget_works(q, amount)) continue;
        char old[MONEY_TEXT_MAX], new[MONEY_TEXT_MAX];
        f->x->flip.text = str_copy(q->arena, t->id);
        say(f, "raise the budget of " STR_FMT " from %s to %s USD (in the fleet file)",
            STR_ARG(t->id), money_format(t->budget.amount_uusd, old), money_format(amount, new));
        return found(f, FLIP_BUDGET, amount, NO_INDEX);
    }
    return false;
}

/* The fleet with `nodes` more nodes in the pool; false: its node names do not go on. */
static bool with_nodes(const struct question *q, uint32_t pool, uint32_t nodes, struct fleet *out)
{
    fleet_copy(&q->c->fleet, q->arena, out); /* deep: indexing writes into it */
    struct pool *p = &out->pools[pool];
    if (p->range_count == 0 || !p->ranges[p->range_count - 1].numbered) return false;
    struct node_range *ranges = ARENA_ARRAY(q->arena, p->range_count, struct node_range);
    memcpy(ranges, p->ranges, p->range_count * sizeof *ranges);
    ranges[p->range_count - 1].count += nodes;
    p->ranges = ranges;
    return fleet_index(out, q->arena, NULL) == ERR_NONE;
}

static bool capacity_works(struct flipper *f, uint32_t pool, uint32_t nodes)
{
    struct fleet larger;
    if (!with_nodes(f->q, pool, nodes, &larger)) return false;
    struct scout *s = scout_new(f->q);
    if (s == NULL) return false;
    struct event e = {
        .kind = EVENT_FLEET, .now_ms = f->q->now_ms, .actor_is_operator = true, .fleet = &larger};
    bool works = scout_try(s, f->q, &e);
    scout_free(s);
    return works;
}

static bool flip_capacity(struct flipper *f)
{
    const struct question *q = f->q;
    for (uint32_t p = 0; p < f->x->pool_count; p++) {
        int why = f->x->pools[p].reason;
        if (why != REASON_RESOURCES && why != REASON_PRIORITY && why != REASON_PREEMPTING &&
            why != REASON_TOO_FEW_NODES)
            continue;
        uint32_t per_node = q->c->fleet.pools[p].chips_per_node;
        if (per_node == 0) continue;
        uint32_t nodes = job_spec_chips(q->spec) / per_node + 1;
        for (int i = 0; i < 4; i++, nodes *= 2) { /* more than it needs: others stand ahead */
            if (!capacity_works(f, p, nodes)) continue;
            say(f, "%u more chips in pool " STR_FMT " would let it run at once", nodes * per_node,
                STR_ARG(pool_name(f, p)));
            return found(f, FLIP_CAPACITY, (int64_t)nodes * per_node, p);
        }
    }
    return false;
}

static bool flip_wait(struct flipper *f)
{
    int64_t at = f->x->start_estimate_ms;
    if (at == 0) return false;
    char date[CIVIL_TEXT_MAX];
    civil_format(at, date);
    say(f, "wait: it can start at %s, if running jobs use their whole time limit", date);
    return found(f, FLIP_WAIT_UNTIL, at, f->x->flip.pool);
}

/* ---- jobs that may not be considered yet
 * ------------------------------------------------------------------------ */

struct gates {
    bool held, dependency, dependency_never, begin, array;
    uint32_t count, waits_for;
};

static struct gates gates_of(const struct question *q)
{
    struct gates g = {0};
    const struct entry *e = q->entry;
    if (e != NULL && (e->class != NULL || e->hold != NULL)) return g;
    if (e == NULL || e->job.state != JOB_PENDING) { /* as if it were submitted now */
        g.held = q->spec->hold;
        g.begin = q->spec->begin_ms > q->now_ms;
        g.dependency = q->spec->dependency_count > 0;
        g.count = (uint32_t)g.held + g.begin + g.dependency;
        return g;
    }
    g.held = e->job.held_user || e->job.held_admin;
    int dependencies = dependencies_look(q->c, e, &g.waits_for);
    g.dependency = dependencies == DEPENDENCY_WAITS;
    g.dependency_never = dependencies == DEPENDENCY_FAILED;
    g.begin = eligible_at(e) > q->now_ms;
    const struct array *a = e->array;
    g.array = a != NULL && a->limit > 0 && a->active + a->eligible >= a->limit;
    g.count = (uint32_t)g.held + g.dependency + g.dependency_never + g.begin + g.array;
    return g;
}

/* Would the job run as soon as `other` is over? */
static bool flip_job(struct flipper *f, uint32_t other, bool well)
{
    struct scout *s = scout_new(f->q);
    if (s == NULL) return false;
    bool works = scout_end(s, other, well);
    uint32_t pool = works ? scout_pool(s) : NO_INDEX;
    scout_free(s);
    if (!works) return false;
    say(f, "wait for job %u to end%s; it would then run in " STR_FMT, other,
        well ? "" : " with an exit code other than 0", STR_ARG(pool_name(f, pool)));
    return found(f, FLIP_WAIT_JOB, other, pool);
}

static bool waits_for_failure(const struct job_spec *s, uint32_t other)
{
    for (uint32_t i = 0; i < s->dependency_count; i++)
        if (s->dependencies[i].job == other && s->dependencies[i].kind == DEPENDENCY_AFTER_NOTOK)
            return true;
    return false;
}

static bool flip_array(struct flipper *f)
{
    const struct array *a = f->q->entry->array;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct entry *t = entry_find(f->q->c, a->first + i);
        if (t != NULL && t->job.claim != NULL) return flip_job(f, t->job.id.v, true);
    }
    return false;
}

static bool flip_gates(struct flipper *f, const struct gates *g)
{
    uint32_t pool = f->x->chosen;
    bool lives = f->q->entry != NULL && f->q->entry->job.state == JOB_PENDING;
    if (g->count == 1 && g->held && lives && pool != NO_INDEX) {
        const struct job *j = &f->q->entry->job;
        say(f, "release it (berth release %u)%s; it would then run in " STR_FMT, j->id.v,
            j->held_admin ? ", which an operator must do" : "", STR_ARG(pool_name(f, pool)));
        return found(f, FLIP_RELEASE, 0, pool);
    }
    if (g->count == 1 && g->dependency && g->waits_for != 0 &&
        flip_job(f, g->waits_for, !waits_for_failure(f->q->spec, g->waits_for)))
        return true;
    if (g->count == 1 && g->array && flip_array(f)) return true;
    if (!g->held && !g->dependency_never && flip_wait(f)) return true;
    if (g->dependency_never)
        say(f, "what it depends on can no longer happen; cancel it, or change its dependency "
               "(berth update --dependency)");
    else if (g->held)
        say(f, "it is held; after its release it still waits for a place or a time");
    else if (g->dependency && g->waits_for != 0)
        say(f, "it waits for job %u first", g->waits_for);
    else
        say(f, "several things must happen first");
    return false;
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Is there a pool that only wants for free room, not for something the job or the law would have to
 * change? Then waiting is natural. */
static void estimate(struct flipper *f)
{
    struct scout *s = scout_new(f->q);
    if (s == NULL) return;
    int64_t at = scout_wait(s, f->q);
    if (at != CIVIL_NEVER_MS) {
        f->x->start_estimate_ms = at;
        f->x->flip.pool = scout_pool(s);
    }
    scout_free(s);
}

static bool wants_no_flip(const struct flipper *f)
{
    const struct entry *e = f->q->entry;
    if (e == NULL) return f->x->chosen != NO_INDEX && gates_of(f->q).count == 0;
    return e->job.state != JOB_PENDING && e->job.state != JOB_REFUSED;
}

void explain_flip(const struct question *q, const struct legal *laws, struct explanation *x)
{
    struct flipper f = {.q = q, .x = x, .laws = laws};
    if (q->entry != NULL && q->entry->job.start_ms > 0)
        x->start_estimate_ms = q->entry->job.start_ms;
    else if (wants_no_flip(&f) && x->chosen != NO_INDEX)
        x->start_estimate_ms = q->now_ms;
    if (wants_no_flip(&f)) return;
    f.rows = ARENA_ARRAY(q->arena, x->pool_count, struct pool_reason);
    estimate(&f);
    struct gates g = gates_of(q);
    if (g.count > 0) {
        if (!flip_gates(&f, &g)) x->flip.pool = NO_INDEX;
        return;
    }
    static bool (*const flips[])(struct flipper *) = {
        flip_law,    flip_time_limit, flip_more_time, flip_price,    flip_memory,
        flip_chips,  flip_unname,     flip_kind,      flip_nodes_up, flip_open,
        flip_budget, flip_wait,       flip_capacity,
    };
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++)
        if (flips[i](&f)) return;
    x->flip.pool = NO_INDEX;
    bool by_room = x->reason == REASON_PRIORITY || x->reason == REASON_RESOURCES ||
                   x->reason == REASON_PREEMPTING;
    if (by_room && x->start_estimate_ms == 0)
        say(&f, "wait for running jobs to end; too many jobs stand ahead to say until when");
    else
        say(&f, "no single change is known to help; the rows say what each pool lacks");
    explain_several(q, laws, x);
}
