#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flips.h"

/* What may stand in a job's way, each in one pool or about the job itself, and every two of them at
 * once: in the same pool, and in two pools. What an explanation says of it must be true, and the
 * change that it states the first in the order of flip.c that works when all single changes are
 * tried on copies of the state. */

enum obstacle {
    CLEAR,
    NOT_NAMED,
    OTHER_KIND,
    TOO_FEW,
    MEMORY,
    PRICE,
    LEASE_LATER,
    UNDER_MAINTENANCE,
    LEASE_ENDS,
    MAINTENANCE_FIRST,
    TIME_LIMIT,
    BANNED,
    LICENCE,
    EVIDENCE,
    LAW_ENDS,
    DRAINED,
    NODES_DOWN,
    FULL,
    QUOTA,
    OBSTACLES,
};

/* In the order of obstacles: what is said of the pool, and where that stands in the order in which
 * one of several is told (explain.h). `site`: it goes by the pool's site. */
static const struct told {
    const char *name;
    int reason, order;
    bool site;
} told[OBSTACLES] = {
    [CLEAR] = {"nothing", REASON_CHOSEN, 99, false},
    [NOT_NAMED] = {"not named", REASON_NOT_NAMED, 1, false},
    [OTHER_KIND] = {"other kind", REASON_CHIP_KIND, 2, false},
    [TOO_FEW] = {"too few nodes", REASON_TOO_FEW_NODES, 3, false},
    [MEMORY] = {"memory", REASON_MEMORY, 3, false},
    [PRICE] = {"price", REASON_PRICE_ABOVE_MAX, 5, false},
    [LEASE_LATER] = {"lease later", REASON_LEASE_NOT_BEGUN, 6, false},
    [UNDER_MAINTENANCE] = {"maintenance", REASON_MAINTENANCE, 7, false},
    [LEASE_ENDS] = {"lease ends", REASON_LEASE_ENDS_FIRST, 8, false},
    [MAINTENANCE_FIRST] = {"maintenance first", REASON_MAINTENANCE_FIRST, 8, false},
    [TIME_LIMIT] = {"time limit", REASON_TIME_LIMIT, 9, false},
    [BANNED] = {"banned", REASON_LAW_FORBIDS, 0, true},
    [LICENCE] = {"licence", REASON_LAW_FORBIDS, 0, true},
    [EVIDENCE] = {"evidence", REASON_LAW_FORBIDS, 0, true},
    [LAW_ENDS] = {"law ends", REASON_LAW_ENDS_FIRST, 10, true},
    [DRAINED] = {"drained", REASON_PARTITION_DOWN, 11, false},
    [NODES_DOWN] = {"nodes down", REASON_NODES_DOWN, 12, false},
    [QUOTA] = {"quota", REASON_QUOTA, 13, true},
    [FULL] = {"full", REASON_RESOURCES, 14, false},
};

enum { NODES = 4, CHIPS = 4 };

static const char *const pool_ids[] = {"alpha", "beta"};

static void add_site(struct arena *a, struct fleet *f, struct pool *p, const char *country)
{
    struct site *all = ARENA_ARRAY(a, f->site_count + 1, struct site);
    for (uint32_t i = 0; i < f->site_count; i++) all[i] = f->sites[i];
    all[f->site_count] = all[0];
    all[f->site_count].id = all[f->site_count].name = p->id;
    all[f->site_count].country = str_of(country);
    f->sites = all;
    f->site_count++;
    p->site = p->id;
}

static void window_from(struct arena *a, struct pool *p, int64_t from_ms, int64_t to_ms)
{
    p->maintenance = ARENA_NEW(a, struct window);
    *p->maintenance = (struct window){.from_ms = from_ms, .to_ms = to_ms};
    p->maintenance_count = 1;
}

static void lease(struct pool *p, int64_t from_ms, int64_t to_ms)
{
    p->title.kind = TITLE_LEASED;
    p->title.lessor = STR("landlord");
    if (from_ms != 0) p->title.from_ms = from_ms;
    if (to_ms != 0) p->title.to_ms = to_ms;
}

static void obstruct(struct arena *a, struct fleet *f, uint32_t pool, enum obstacle o)
{
    struct pool *p = &f->pools[pool];
    static const char *const countries[OBSTACLES] = {
        [BANNED] = "CN", [LICENCE] = "AU", [EVIDENCE] = "NZ", [LAW_ENDS] = "KR", [QUOTA] = "TH"};
    if (told[o].site) add_site(a, f, p, countries[o]);
    switch (o) {
    case NOT_NAMED: p->alias_count = 0; break;
    case OTHER_KIND: p->chip = STR("mid"); break;
    case TOO_FEW: p->ranges[0].count = 1; break;
    case MEMORY: p->mem_mb_per_node = 32000; break;
    case PRICE: p->title.uusd_per_chip_h = 3000000; break;
    case LEASE_LATER: lease(p, WORLD_T0 + 3 * HOUR, 0); break;
    case UNDER_MAINTENANCE: window_from(a, p, WORLD_T0 - HOUR, WORLD_T0 + HOUR); break;
    case LEASE_ENDS: lease(p, 0, WORLD_T0 + 90 * MINUTE); break;
    case MAINTENANCE_FIRST: window_from(a, p, WORLD_T0 + 100 * MINUTE, WORLD_T0 + 3 * HOUR); break;
    case TIME_LIMIT: p->time_limit_max_ms = HOUR; break;
    case DRAINED: p->drained = true; break;
    case CLEAR:
    case BANNED:
    case LICENCE:
    case EVIDENCE:
    case LAW_ENDS:
    case NODES_DOWN:
    case FULL:
    case QUOTA:
    case OBSTACLES: break;
    }
}

static struct fleet *fleet_with(struct world *w, const uint32_t first[2], const uint32_t second[2])
{
    struct arena *a = &w->arena;
    struct fleet *f = world_fleet_base(a, 2);
    for (uint32_t p = 0; p < 2; p++) {
        struct pool *x = world_pool(a, f, p, pool_ids[p], "big", "tokyo", NODES, CHIPS);
        x->aliases = ARENA_NEW(a, struct str);
        x->aliases[0] = STR("work");
        x->alias_count = 1;
    }
    f->permits = ARENA_NEW(a, struct permit);
    f->permit_count = 1;
    *f->permits = (struct permit){.id = STR("small"),
                                  .rule = STR("R-QUOTA"),
                                  .holder = STR("home"),
                                  .unit = STR("chips"),
                                  .amount_known = true,
                                  .amount = 10,
                                  .issuer = STR("authority")};
    for (uint32_t p = 0; p < 2; p++) {
        obstruct(a, f, p, (enum obstacle)first[p]);
        obstruct(a, f, p, (enum obstacle)second[p]);
    }
    world_fleet_done(a, f);
    return f;
}

static void adopt_law(struct world *w)
{
    struct law_rule rules[] = {
        world_rule("R-BAN", "site.country == 'CN'", EFFECT_FORBID),
        world_rule("R-LICENCE", "site.country == 'AU'", EFFECT_LICENCE),
        world_rule("R-EVIDENCE", "site.country == 'NZ'", EFFECT_CONDITION),
        world_rule("R-LATER", "site.country == 'KR'", EFFECT_FORBID),
        world_rule("R-QUOTA", "site.country == 'TH'", EFFECT_LICENCE),
    };
    struct str lab = STR("lab_test");
    rules[2].then.evidence = &lab;
    rules[2].then.evidence_count = 1;
    rules[2].permit = PERMIT_NONE;
    rules[3].effective_ms = WORLD_T0 + 80 * MINUTE;
    world_adopt(w, rules, sizeof rules / sizeof *rules);
}

/* A job that takes so many chips there for half an hour. */
static void take(struct world *w, uint32_t pool, uint32_t chips)
{
    struct job_spec s = world_spec(chips);
    struct str id = str_of(pool_ids[pool]);
    s.partitions = &id;
    s.partition_count = 1;
    s.time_limit_ms = 30 * MINUTE;
    world_submit(w, &s);
}

static void take_down(struct world *w, uint32_t pool)
{
    struct node_change down = {
        .pool = str_of(pool_ids[pool]), .first = 0, .count = NODES - 1, .state = NODE_DOWN};
    world_step(w, &(struct event){.kind = EVENT_NODES,
                                  .nodes = &down,
                                  .node_change_count = 1,
                                  .actor_is_operator = true});
}

/* The job of all these tests: two whole nodes for two hours. */
static struct job_spec the_job(void)
{
    static struct str kinds[] = {{"big", 3}}, partitions[] = {{"work", 4}};
    struct job_spec s = world_spec(2 * CHIPS);
    s.nodes = 2;
    s.mem_mb_per_node = 64000;
    s.time_limit_ms = 2 * HOUR;
    s.max_uusd_per_chip_h = 2500000;
    s.chip_kinds = kinds;
    s.chip_kind_count = 1;
    s.partitions = partitions;
    s.partition_count = 1;
    return s;
}

/* A world in which these stand in the way; gives the job, 0 where it is not even taken. */
static uint32_t world_with(struct world *w, const uint32_t first[2], const uint32_t second[2])
{
    uint32_t used[2], clear[2] = {CLEAR, CLEAR};
    world_init(w, 1);
    for (uint32_t p = 0; p < 2; p++)
        used[p] = first[p] == QUOTA || second[p] == QUOTA ? QUOTA : CLEAR;
    adopt_law(w);
    world_apply(w, fleet_with(w, used, clear));
    for (uint32_t p = 0; p < 2; p++) {
        if (used[p] == QUOTA) take(w, p, CHIPS);
        if (first[p] == FULL || second[p] == FULL) take(w, p, NODES * CHIPS);
    }
    world_apply(w, fleet_with(w, first, second));
    for (uint32_t p = 0; p < 2; p++)
        if (first[p] == NODES_DOWN || second[p] == NODES_DOWN) take_down(w, p);
    struct job_spec s = the_job();
    struct errtext error;
    return world_submit_try(w, &s, &error) == ERR_NONE ? w->out.first_job.v : 0;
}

/* Some two do not go together: a site has one country, a job that runs keeps its nodes and chips. */
static bool is_possible(uint32_t a, uint32_t b)
{
    if (a != CLEAR && a == b) return false;
    if (told[a].site && told[b].site) return false;
    bool has_job = a == FULL || b == FULL || a == QUOTA || b == QUOTA;
    uint32_t other = a == FULL || a == QUOTA ? b : a;
    bool moves = told[other].site || other == OTHER_KIND || other == TOO_FEW || other == MEMORY ||
                 other == NODES_DOWN || other == UNDER_MAINTENANCE;
    if (has_job && moves) return false;
    bool windows = (a == UNDER_MAINTENANCE || a == MAINTENANCE_FIRST) &&
                   (b == UNDER_MAINTENANCE || b == MAINTENANCE_FIRST);
    bool one_node = (a == TOO_FEW && b == NODES_DOWN) || (a == NODES_DOWN && b == TOO_FEW);
    bool leases = (a == LEASE_LATER && b == LEASE_ENDS) || (a == LEASE_ENDS && b == LEASE_LATER);
    bool quotas = a + b == FULL + QUOTA;
    return !windows && !one_node && !leases && !quotas;
}

/* ---- all single changes ---------------------------------------------------------------------- */

static bool works(struct world *w, uint32_t id, const struct flip *f)
{
    struct world copy;
    restore(w, &copy);
    copy.check = false;
    bool done = flip_works(&copy, id, f);
    world_release(&copy);
    return done;
}

/* The value nearest to `hard`, in steps from `easy`, with which that change works; what works with one
 * works with all that are easier. */
static bool nearest(struct world *w, uint32_t id, struct flip *f, int64_t easy, int64_t hard,
                    int64_t step)
{
    int64_t lo = 0, hi = (hard - easy) / step; /* in steps */
    f->value = easy;
    if (!works(w, id, f)) return false;
    while (lo < hi) {
        int64_t middle = lo + (hi - lo + 1) / 2;
        f->value = easy + middle * step;
        if (works(w, id, f))
            lo = middle;
        else
            hi = middle - 1;
    }
    f->value = easy + lo * step;
    return true;
}

static bool nearest_in_a_pool(struct world *w, uint32_t id, struct flip *f, int64_t easy,
                              int64_t hard, int64_t step)
{
    for (f->pool = 0; f->pool < 2; f->pool++)
        if (nearest(w, id, f, easy, hard, step)) return true;
    return false;
}

static bool try_kind(struct world *w, uint32_t id, int kind, struct flip *f)
{
    static const char *const rules[] = {"R-BAN", "R-LICENCE", "R-EVIDENCE", "R-LATER", "R-QUOTA"};
    static const char *const chips[] = {"big", "mid", "small"};
    *f = (struct flip){.kind = kind, .pool = NO_INDEX};
    switch (kind) {
    case FLIP_EVIDENCE: f->text = STR("lab_test"); return works(w, id, f);
    case FLIP_PERMIT:
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
            f->rule = str_of(rules[i]);
            if (nearest(w, id, f, 8, 8, 1)) return true;
        }
        return false;
    case FLIP_TIME_LIMIT: return nearest(w, id, f, MINUTE, 119 * MINUTE, MINUTE);
    case FLIP_MAX_PRICE: return nearest(w, id, f, 4000000, 2600000, -100000);
    case FLIP_MEMORY: return nearest(w, id, f, 1000, 63000, 1000);
    case FLIP_CHIPS: return nearest(w, id, f, 1, 7, 1);
    case FLIP_UNNAME: return works(w, id, f);
    case FLIP_CHIP_KIND:
        for (size_t i = 0; i < sizeof chips / sizeof *chips; i++) {
            f->text = str_of(chips[i]);
            if (works(w, id, f)) return true;
        }
        return false;
    case FLIP_OPEN: return nearest_in_a_pool(w, id, f, 0, 0, 1);
    case FLIP_NODES_UP: return nearest_in_a_pool(w, id, f, NODES - 1, 1, -1);
    case FLIP_WAIT_UNTIL: return nearest(w, id, f, w->now_ms + 5 * HOUR, w->now_ms, -5 * MINUTE);
    case FLIP_CAPACITY: return nearest_in_a_pool(w, id, f, 8 * CHIPS, CHIPS, -CHIPS);
    default: return false;
    }
}

/* The order of flip.c, without those for which nothing here stands in the way. */
static const int order[] = {
    FLIP_EVIDENCE, FLIP_PERMIT,    FLIP_TIME_LIMIT, FLIP_MAX_PRICE, FLIP_MEMORY,     FLIP_CHIPS,
    FLIP_UNNAME,   FLIP_CHIP_KIND, FLIP_NODES_UP,   FLIP_OPEN,      FLIP_WAIT_UNTIL, FLIP_CAPACITY,
};

/* Is the least of its kind also told? Of instants and of nodes to add only that it is enough. */
static bool is_exact(int kind)
{
    return kind == FLIP_TIME_LIMIT || kind == FLIP_OPEN || kind == FLIP_MAX_PRICE ||
           kind == FLIP_CHIPS || kind == FLIP_NODES_UP;
}

struct tally {
    uint32_t states, refused, together, flips[FLIP_COUNT], wrong;
};

static void complain(struct tally *t, const uint32_t *first, const uint32_t *second,
                     const char *what, const struct flip *said, const struct flip *best)
{
    t->wrong++;
    print_error("alpha: %s, %s; beta: %s, %s: %s: said %s %lld (" STR_FMT "), found %s %lld\n",
                told[first[0]].name, told[second[0]].name, told[first[1]].name,
                told[second[1]].name, what, flip_names[said->kind], (long long)said->value,
                STR_ARG(said->sentence), flip_names[best->kind], (long long)best->value);
}

/* Can the job get rid of it by itself? Gives a number for what it would change; 0: no. */
static uint32_t own_change(uint32_t o)
{
    switch (o) {
    case NOT_NAMED: return 1;
    case OTHER_KIND: return 2;
    case MEMORY: return 4;
    case PRICE: return 8;
    case LEASE_ENDS:
    case MAINTENANCE_FIRST:
    case TIME_LIMIT:
    case LAW_ENDS: return 16;
    default: return 0;
    }
}

/* How many changes of the job are needed together, in the pool that needs the fewest; 0: they are
 * not enough anywhere. */
static uint32_t changes_needed(const uint32_t *first, const uint32_t *second)
{
    uint32_t best = 0;
    for (uint32_t p = 0; p < 2; p++) {
        uint32_t a = own_change(first[p]), b = own_change(second[p]);
        if ((first[p] != CLEAR && a == 0) || (second[p] != CLEAR && b == 0)) continue;
        uint32_t count = (uint32_t)__builtin_popcount(a | b);
        if (best == 0 || count < best) best = count;
    }
    return best;
}

static void check_together(struct world *w, uint32_t id, const uint32_t *first,
                           const uint32_t *second, const struct explanation *x, struct tally *t)
{
    struct flip none = {0};
    struct world copy;
    if (x->together_count != changes_needed(first, second))
        complain(t, first, second, "number of changes", &x->flip, &none);
    if (x->together_count == 0) return;
    t->together++;
    restore(w, &copy);
    copy.check = false;
    if (!together_works(&copy, id, x)) complain(t, first, second, "together", &x->flip, &none);
    world_release(&copy);
}

static void check_flip(struct world *w, uint32_t id, const uint32_t *first, const uint32_t *second,
                       const struct explanation *x, struct tally *t)
{
    struct flip best = {.kind = FLIP_NONE};
    for (size_t i = 0; i < sizeof order / sizeof *order && best.kind == FLIP_NONE; i++)
        if (!try_kind(w, id, order[i], &best)) best = (struct flip){.kind = FLIP_NONE};
    t->flips[x->flip.kind]++;
    if (x->flip.kind != best.kind)
        complain(t, first, second, "kind", &x->flip, &best);
    else if (is_exact(best.kind) && x->flip.value != best.value)
        complain(t, first, second, "value", &x->flip, &best);
    else if (best.kind != FLIP_NONE && !works(w, id, &x->flip))
        complain(t, first, second, "does not work", &x->flip, &best);
    if (best.kind == FLIP_NONE) check_together(w, id, first, second, x, t);
}

static void check_state(const uint32_t first[2], const uint32_t second[2], struct tally *t)
{
    struct world w;
    struct explanation x;
    struct flip none = {0};
    uint32_t id = world_with(&w, first, second);
    if (id == 0) { /* no pool could ever take it, and the door says so */
        t->refused++;
        world_release(&w);
        return;
    }
    core_explain(w.core, world_job(&w, id), &w.arena, &x);
    t->states++;
    for (uint32_t p = 0; p < 2; p++) {
        uint32_t a = first[p], b = second[p];
        bool is_a = told[a].order <= told[b].order, is_tie = told[a].order == told[b].order;
        int want = told[is_a ? a : b].reason, got = x.pools[p].reason;
        if (got == want || (is_tie && got == told[b].reason)) continue;
        print_error("%s: %s, ", pool_ids[p], reason_names[got]);
        complain(t, first, second, "reason", &x.flip, &none);
    }
    bool is_open = x.chosen != NO_INDEX;
    assert_int_equal(is_open, job_state_holds_chips(world_job(&w, id)->state));
    if (!is_open) check_flip(&w, id, first, second, &x, t);
    world_release(&w);
}

static void finish(const struct tally *t)
{
    print_message("  %u states, %u not taken, %u with several changes together\n", t->states,
                  t->refused, t->together);
    for (int i = 0; i < FLIP_COUNT; i++)
        if (t->flips[i] > 0) print_message("  %-10s %u\n", flip_names[i], t->flips[i]);
    assert_int_equal(t->wrong, 0);
}

static void each_thing_in_the_way_has_its_reason_and_its_change(void **state)
{
    (void)state;
    static const uint32_t clear[2] = {CLEAR, CLEAR};
    struct tally t = {0};
    for (uint32_t a = CLEAR; a < OBSTACLES; a++) check_state((uint32_t[2]){a, BANNED}, clear, &t);
    finish(&t);
}

static void two_things_in_one_pool_need_two_changes_or_one_that_is_enough(void **state)
{
    (void)state;
    struct tally t = {0};
    for (uint32_t a = CLEAR + 1; a < OBSTACLES; a++)
        for (uint32_t b = a + 1; b < OBSTACLES; b++)
            if (is_possible(a, b))
                check_state((uint32_t[2]){a, BANNED}, (uint32_t[2]){b, CLEAR}, &t);
    finish(&t);
}

static void of_two_pools_the_smaller_change_is_told(void **state)
{
    (void)state;
    static const uint32_t clear[2] = {CLEAR, CLEAR};
    struct tally t = {0};
    for (uint32_t a = CLEAR + 1; a < OBSTACLES; a++)
        for (uint32_t b = CLEAR + 1; b < OBSTACLES; b++)
            if (a != BANNED && b != BANNED) check_state((uint32_t[2]){a, b}, clear, &t);
    finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thing_in_the_way_has_its_reason_and_its_change),
        cmocka_unit_test(two_things_in_one_pool_need_two_changes_or_one_that_is_enough),
        cmocka_unit_test(of_two_pools_the_smaller_change_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
