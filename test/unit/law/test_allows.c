/* The fast evaluator against the literal one, over random packs and cases. */
#include "law/allows.h"
#include "law/decide.h"

#include "law_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PACKS = 500, CASES_PER_PACK = 420, FULL_PER_PACK = 4 };

static struct law *law_of(struct law_pack *packs, int n)
{
    struct law *law = law_new();
    struct errtext t;
    for (int i = 0; i < n; i++)
        if (law_adopt(law, &packs[i], &t) != ERR_NONE) fail_msg("%s", t.s);
    return law;
}

/* The rule that the literal evaluation names. */
static struct str stop_of(const struct decision *d)
{
    const struct rule *best = NULL;
    uint32_t best_rank = 0;
    for (uint32_t i = 0; i < d->law->rule_count; i++) {
        const struct stand *s = &d->stands[i];
        if (d->unresolved) {
            if (decision_turns_on(d, s)) return s->rule->def->id;
            continue;
        }
        if (s->rule == NULL || !s->binds || s->rule->def->lower_count > 0) continue;
        if (s->truth != LAW_YES) continue;
        struct demand q = decision_demand(d, s->rule, WORLD_BAD);
        if (rank_effect(q.rank) == EFFECT_PERMIT || q.met) continue;
        if (best == NULL || q.rank > best_rank) {
            best = s->rule;
            best_rank = q.rank;
        }
    }
    return best != NULL && !(d->bad.allowed && !d->unresolved) ? best->def->id : (struct str){0};
}

static void compare(const struct law *law, const struct law_case *c, uint64_t seed,
                    uint32_t tally[EFFECT_COUNT])
{
    struct arena arena;
    arena_init(&arena);
    struct decision d;
    decision_make(&d, law, c, &arena);
    struct law_answer fast;
    law_answer(law, c, &arena, &fast);
    int effect = d.unresolved ? EFFECT_UNRESOLVED : rank_effect(d.bad.rank);
    bool allowed = !d.unresolved && d.bad.allowed;
    struct str stop = stop_of(&d);
    if (fast.effect != effect || fast.allowed != allowed || !str_eq(fast.rule, stop) ||
        (!d.unresolved && fast.policy != rank_policy(d.bad.rank)))
        fail_msg("seed %llu: literal %s %d " STR_FMT ", fast %s %d " STR_FMT,
                 (unsigned long long)seed, law_effect_names[effect], allowed, STR_ARG(stop),
                 law_effect_names[fast.effect], fast.allowed, STR_ARG(fast.rule));
    tally[effect]++;
    arena_release(&arena);
}

static void the_fast_and_the_literal_evaluator_agree(void **state)
{
    (void)state;
    uint32_t tally[EFFECT_COUNT] = {0};
    struct arena arena;
    arena_init(&arena);
    for (uint64_t seed = 1; seed <= PACKS; seed++) {
        struct dice d = {seed};
        struct law_pack packs[2];
        arena_clear(&arena);
        random_pack(&d, &arena, 1, 6 + roll(&d, 14), &packs[0]);
        random_pack(&d, &arena, 2, 1 + roll(&d, 6), &packs[1]);
        struct law *law = law_of(packs, 2);
        if (one_in(&d, 3)) law_bind(law, roll(&d, 32));
        for (int i = 0; i < CASES_PER_PACK; i++) {
            struct law_case c;
            random_case(&d, &arena, &packs[0], &c);
            compare(law, &c, seed, tally);
        }
        law_free(law);
    }
    /* A test in which some verdict never occurs would show nothing about it. */
    for (int e = 0; e < EFFECT_COUNT; e++) assert_true(tally[e] > 1000);
    arena_release(&arena);
}

static void the_full_verdict_says_what_the_fast_one_says(void **state)
{
    (void)state;
    struct arena arena, words;
    arena_init(&arena);
    arena_init(&words);
    for (uint64_t seed = 1; seed <= PACKS; seed++) {
        struct dice d = {seed + 100000};
        struct law_pack pack;
        arena_clear(&arena);
        random_pack(&d, &arena, 1, 12, &pack);
        struct law *law = law_of(&pack, 1);
        for (int i = 0; i < FULL_PER_PACK; i++) {
            struct law_case c;
            struct law_verdict v;
            random_case(&d, &arena, &pack, &c);
            arena_clear(&words);
            law_decide(law, &c, &words, &v);
            int effect = 0;
            struct str rule;
            assert_int_equal(law_allows(law, &c, &words, &effect, &rule), v.allowed);
            assert_int_equal(effect, v.effect);
            assert_int_equal(v.effect == EFFECT_UNRESOLVED, v.unresolved_count > 0);
            if (v.next_change_ms != CIVIL_NEVER_MS) assert_true(v.next_change_ms > c.on_ms);
            for (uint32_t f = 0; f < v.finding_count; f++) {
                assert_true(v.findings[f].because.len > 0);
                if (v.findings[f].binding && v.effect != EFFECT_UNRESOLVED)
                    assert_true(v.findings[f].effect <= v.effect);
            }
        }
        law_free(law);
    }
    arena_release(&words);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fast_and_the_literal_evaluator_agree),
        cmocka_unit_test(the_full_verdict_says_what_the_fast_one_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
