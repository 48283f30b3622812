#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flips.h"

static void check_rows(const struct world *w, const struct job *j, const struct explanation *x)
{
    assert_int_equal(x->pool_count, core_fleet(w->core)->pool_count);
    assert_int_equal(x->job.v, j->id.v);
    for (uint32_t p = 0; p < x->pool_count; p++) {
        assert_int_equal(x->pools[p].pool, p);
        assert_true(x->pools[p].reason != REASON_NONE);
        assert_true(str_starts(x->sentences[p], "pool pool"));
        bool by_law = x->pools[p].reason == REASON_LAW_FORBIDS;
        if (by_law) assert_true(x->cites[p].len > 0 && x->pools[p].rule.len > 0);
    }
    if (job_state_holds_chips(j->state)) {
        assert_int_equal(x->chosen, j->pool.v);
        assert_int_equal(x->chosen_cost_uusd, j->cost_uusd);
        assert_int_equal(x->flip.kind, FLIP_NONE);
    }
    if (j->state == JOB_PENDING && j->reason == REASON_RESOURCES)
        assert_int_equal(x->chosen, NO_INDEX);
    if (j->state == JOB_PENDING || j->state == JOB_REFUSED) assert_true(x->flip.sentence.len > 0);
}

struct tally {
    uint32_t situations, together, flips[FLIP_COUNT], fact_changes;
    uint32_t open,
        open_none; /* of jobs that want nothing but a place: no hold, no dependency ... */
};

static bool is_open(int reason)
{
    return reason != REASON_HELD_USER && reason != REASON_HELD_ADMIN &&
           reason != REASON_DEPENDENCY && reason != REASON_DEPENDENCY_NEVER &&
           reason != REASON_ARRAY_LIMIT && reason != REASON_BEGIN_TIME;
}

static void explain_all(struct world *w, struct tally *t)
{
    struct arena arena;
    arena_init(&arena);
    for (const struct job *j = core_job_after(w->core, (struct job_id){0}); j != NULL;
         j = core_job_after(w->core, j->id)) {
        struct explanation x;
        arena_clear(&arena);
        core_explain(w->core, j, &arena, &x);
        check_rows(w, j, &x);
        if (j->state != JOB_PENDING && j->state != JOB_REFUSED) continue;
        t->situations++;
        t->flips[x.flip.kind]++;
        t->open += is_open(x.reason);
        t->open_none += is_open(x.reason) && x.flip.kind == FLIP_NONE;
        if (x.flip.kind == FLIP_NONE && x.together_count == 0) continue;
        t->together += x.flip.kind == FLIP_NONE;
        struct world copy;
        restore(w, &copy);
        bool works = x.together_count > 0 ? together_works(&copy, j->id.v, &x)
                                          : flip_works(&copy, j->id.v, &x.flip);
        if (!works && x.flip.kind == FLIP_FACT) {
            t->fact_changes++; /* the fact, once known, may forbid: it was named, not promised */
        } else if (!works) {
            fail_msg("BERTH_TEST_SEED=%llu record %llu job %u (%s %s): %s %lld does not place it "
                     "(%s %s): " STR_FMT,
                     (unsigned long long)w->seed, (unsigned long long)w->record, j->id.v,
                     job_state_names[j->state], reason_names[j->reason], flip_names[x.flip.kind],
                     (long long)x.flip.value, job_state_names[world_job(&copy, j->id.v)->state],
                     reason_names[world_job(&copy, j->id.v)->reason], STR_ARG(x.flip.sentence));
        }
        world_release(&copy);
    }
    arena_release(&arena);
}

static void the_stated_change_places_the_job(void **state)
{
    (void)state;
    struct tally t = {0};
    const char *from = getenv("BERTH_TEST_SEED");
    uint64_t first = from != NULL ? strtoull(from, NULL, 10) : 1;
    uint64_t last = from != NULL ? first : 64;
    for (uint64_t seed = first; seed <= last; seed++) {
        struct world w;
        world_init(&w, seed);
        w.check = false;
        world_apply(&w, world_random_fleet(&w, 0));
        for (int i = 0; i < 160; i++) {
            world_random(&w);
            if (i % 40 == 39) explain_all(&w, &t);
        }
        world_release(&w);
    }
    print_message("  %u situations\n", t.situations);
    for (int i = 0; i < FLIP_COUNT; i++) print_message("  %-10s %u\n", flip_names[i], t.flips[i]);
    print_message("  several together %u\n", t.together);
    if (from != NULL) return;
    assert_true(t.situations >= 2000);
    assert_true(t.flips[FLIP_BUDGET] > 0);
    print_message("  no answer for %u of %u that want only a place\n", t.open_none, t.open);
    assert_true(t.open_none < t.open / 4); /* others lack two things at once */
    assert_true(t.flips[FLIP_NONE] < t.situations * 2 / 5);
}

static struct explanation explain_of(struct world *w, uint32_t id)
{
    struct explanation x;
    core_explain(w->core, world_job(w, id), &w->arena, &x);
    return x;
}

static void sentences_read_well(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 3);
    struct fleet *f = world_fleet_base(&w.arena, 3);
    world_pool(&w.arena, f, 0, "tokyo-big", "big", "tokyo", 2, 8);
    world_pool(&w.arena, f, 1, "shanghai-big", "big", "shanghai", 2, 8);
    world_pool(&w.arena, f, 2, "sydney-small", "small", "sydney", 1, 4)->title.uusd_per_chip_h = 1;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct law_rule ban = world_rule("CN-2026", "site.country == 'CN'", EFFECT_FORBID);
    world_adopt(&w, &ban, 1);
    struct job_spec s = world_spec(5);
    world_submit(&w, &s);
    world_submit(&w, &s);
    s.chips = 8;
    uint32_t id = world_submit(&w, &s);
    struct explanation x = explain_of(&w, id);
    assert_string_equal(x.sentences[0].p,
                        "pool tokyo-big: 6 of 16 chips are free, the job needs 8");
    assert_string_equal(x.sentences[1].p,
                        "pool shanghai-big: CN-2026 does not allow it (Test Act 1)");
    assert_string_equal(x.sentences[2].p, "pool sydney-small: it is too small: it has 1, the job "
                                          "needs 2 (nodes, or chips or CPUs of one node)");
    assert_int_equal(x.flip.kind, FLIP_CHIPS);
    assert_int_equal(x.flip.value, 4);
    assert_string_equal(x.flip.sentence.p, "ask for at most 4 chips (--gpus=4); it would then run "
                                           "in sydney-small at once");
    assert_int_equal(x.start_estimate_ms, WORLD_T0 + HOUR);
    s = world_spec(1);
    struct explanation y;
    core_explain_spec(w.core, &s, w.now_ms, &w.arena, &y);
    assert_int_equal(y.chosen, 2);
    assert_int_equal(y.runner_up, 0);
    assert_string_equal(y.sentences[2].p, "pool sydney-small: chosen, at a cost of 0.000001 USD");
    assert_string_equal(y.sentences[0].p,
                        "pool tokyo-big: would do for 2.00 USD, 1.999999 more than the chosen one");
    s.not_sites = &STR("sydney");
    s.not_site_count = 1;
    core_explain_spec(w.core, &s, w.now_ms, &w.arena, &y);
    assert_int_equal(y.chosen, 0);
    assert_string_equal(y.sentences[2].p,
                        "pool sydney-small: it is at a site that the job excludes");
    s.not_sites = &STR("kyoto");
    struct errtext error;
    assert_int_equal(world_submit_try(&w, &s, &error), ERR_NOT_FOUND);
    world_release(&w);
}

static void a_job_with_too_much_memory_is_told_how_much_would_do(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 3);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    world_pool(&w.arena, f, 0, "only", "big", "tokyo", 1, 8);
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec s = world_spec(2);
    s.mem_mb_per_chip = 200000;
    struct explanation x;
    core_explain_spec(w.core, &s, w.now_ms, &w.arena, &x);
    assert_int_equal(x.flip.kind, FLIP_MEMORY);
    assert_int_equal(x.flip.value, 256000);
    s.mem_mb_per_chip = 0;
    s.mem_mb_per_node = (uint64_t)x.flip.value;
    assert_int_equal(world_job(&w, world_submit(&w, &s))->state, JOB_CONFIGURING);
    world_release(&w);
}

static void an_explanation_survives_its_encoding(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 5);
    world_apply(&w, world_random_fleet(&w, 0));
    for (int i = 0; i < 60; i++) world_random(&w);
    uint32_t id = world_any_job(&w);
    struct explanation x = explain_of(&w, id), back = {0};
    struct buf one = {0}, two = {0};
    for (int round = 0; round < 2; round++) {
        struct cbor_writer v;
        cbor_writer_init(&v, round == 0 ? &one : &two);
        if (visit_map(&v.v, NULL, false)) {
            visit_explanation(&v.v, round == 0 ? &x : &back);
            visit_map_end(&v.v);
        }
        struct cbor_reader r;
        cbor_reader_init(&r, buf_str(&one), &w.arena);
        if (visit_map(&r.v, NULL, false)) {
            visit_explanation(&r.v, &back);
            visit_map_end(&r.v);
        }
        assert_int_equal(cbor_reader_finish(&r, NULL), ERR_NONE);
    }
    assert_true(str_eq(buf_str(&one), buf_str(&two)));
    buf_release(&one);
    buf_release(&two);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_read_well),
        cmocka_unit_test(a_job_with_too_much_memory_is_told_how_much_would_do),
        cmocka_unit_test(an_explanation_survives_its_encoding),
        cmocka_unit_test(the_stated_change_places_the_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
