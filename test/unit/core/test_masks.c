/* The answers that the placer keeps (core_may) against the law read literally (law_decide), over
 * random jobs, pools, laws and dates. bench/masks.c does the same with the rule packs of law/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "law/law.h"
#include "world.h"

enum { TRIPLES = 100000, STEPS_MAX = 120, SEEDS_MAX = 500 };

struct tally {
    uint64_t triples, allowed, not_asked;
};

static bool literally(const struct world *w, const struct job *j, uint32_t pool, struct arena *a)
{
    struct law_case x;
    struct law_verdict verdict;
    core_case(w->core, &j->spec, pool, core_now_ms(w->core), a, &x);
    law_decide(core_law(w->core), &x, a, &verdict);
    return verdict.allowed;
}

static void compare(const struct world *w, struct arena *a, struct tally *t)
{
    const struct fleet *f = core_fleet(w->core);
    const struct job *j = core_queue_after(w->core, (struct job_id){0});
    for (; j != NULL; j = core_queue_after(w->core, j->id)) {
        for (uint32_t p = 0; p < f->pool_count; p++) {
            enum tri may = core_may(w->core, j, (struct pool_id){p});
            if (may == TRI_UNKNOWN) {
                t->not_asked++;
                continue;
            }
            arena_clear(a);
            bool allowed = literally(w, j, p, a);
            int64_t now_ms = core_now_ms(w->core);
            assert_int_equal(core_allows(w->core, &j->spec, p, now_ms, a), allowed);
            t->triples++;
            t->allowed += allowed;
            if (allowed == (may == TRI_YES)) continue;
            fprintf(stderr, "seed %llu record %llu: job %u in pool %u: kept %s, the law says %d\n",
                    (unsigned long long)w->seed, (unsigned long long)w->record, j->id.v, p,
                    tri_names[may], allowed);
            abort();
        }
    }
}

/* Jobs that differ in one thing that the law sees: each must have answers of its own. */
static void submit_siblings(struct world *w)
{
    static const char *const places[] = {"CN", "JP", ""}, *const users[] = {"", "foreign", "held"};
    struct str evidence = STR("standard_contract");
    struct data_set data = {.class = STR("personal"), .subject_country = STR("CN")};
    struct job_spec s;
    struct errtext error;
    world_random_spec(w, &s);
    s.hold = false;
    s.begin_ms = s.deadline_ms = 0;
    s.dependency_count = s.array_count = 0;
    s.data = &data;
    s.data_count = 1;
    for (int i = 0; i < 3; i++) {
        data.located = str_of(places[i]);
        s.end_user = str_of(users[rng_below(&w->rng, 3)]);
        world_submit_try(w, &s, &error);
    }
    for (int i = 0; i < 3; i++) {
        s.end_user = str_of(users[i]);
        world_submit_try(w, &s, &error);
    }
    s.evidence = &evidence;
    s.evidence_count = 1;
    world_submit_try(w, &s, &error);
}

static void what_is_kept_is_what_the_law_says_on_every_date(void **state)
{
    (void)state;
    struct tally t = {0};
    struct arena a;
    arena_init(&a);
    uint64_t seed = 1;
    for (; t.triples < TRIPLES && seed <= SEEDS_MAX; seed++) {
        struct world w;
        world_init(&w, seed);
        w.check = false; /* core_check has tests of its own */
        w.more_law = true;
        world_apply(&w, world_random_fleet(&w, 0));
        for (int i = 0; i < STEPS_MAX; i++) {
            world_random(&w);
            if (i % 20 == 0) world_random_law(&w);
            if (i % 25 == 10) submit_siblings(&w);
            compare(&w, &a, &t);
        }
        world_release(&w);
    }
    arena_release(&a);
    assert_true(t.triples >= TRIPLES);
    assert_true(t.allowed > TRIPLES / 20 && t.allowed < t.triples - TRIPLES / 20);
}

static void nothing_is_kept_for_a_job_that_does_not_wait_for_chips(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "tokyo", "big", "tokyo", 1, 8);
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec s = world_spec(8);
    uint32_t runs = world_submit(&w, &s), waits = world_submit(&w, &s);
    s.hold = true;
    uint32_t held = world_submit(&w, &s);
    struct pool_id pool = {0};
    assert_int_equal(core_may(w.core, world_job(&w, runs), pool), TRI_UNKNOWN);
    assert_int_equal(core_may(w.core, world_job(&w, waits), pool), TRI_YES);
    assert_int_equal(core_may(w.core, world_job(&w, held), pool), TRI_UNKNOWN);
    assert_int_equal(core_may(w.core, world_job(&w, waits), (struct pool_id){1}), TRI_UNKNOWN);
    struct law_rule ban = world_rule("BAN-1", "site.country == 'JP'", EFFECT_FORBID);
    world_adopt(&w, &ban, 1);
    assert_int_equal(core_may(w.core, world_job(&w, waits), pool), TRI_NO);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_what_the_law_says_on_every_date),
        cmocka_unit_test(nothing_is_kept_for_a_job_that_does_not_wait_for_chips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
