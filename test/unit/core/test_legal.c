#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#define BIG "chip.tpp > 4800.0"
#define HELD_FROM_CN "chain.tenant.ultimate_parent_hq == 'CN'"

/* Big chips in tokyo (cheap) and sydney (dear), small ones in shanghai. */
static void three_pools(struct world *w)
{
    world_init(w, 1);
    struct fleet *f = world_fleet_base(&w->arena, 3);
    world_pool(&w->arena, f, 0, "tokyo-big", "big", "tokyo", 2, 8);
    world_pool(&w->arena, f, 1, "sydney-big", "big", "sydney", 2, 8)->title.uusd_per_chip_h =
        3000000;
    world_pool(&w->arena, f, 2, "shanghai-small", "small", "shanghai", 2, 8)
        ->title.uusd_per_chip_h = 1000000;
    f->permit_count = 1;
    f->permits = ARENA_NEW(&w->arena, struct permit);
    f->permits[0] = (struct permit){.id = STR("au-1"),
                                    .rule = STR("AU-LICENCE"),
                                    .holder = STR("home"),
                                    .amount_known = true,
                                    .amount = 12,
                                    .used = 2};
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static struct job_spec wants_big(uint32_t chips, const char *tenant)
{
    static struct str big = {"big", 3};
    struct job_spec s = world_spec(chips);
    s.tenant = str_of(tenant);
    s.chip_kinds = &big;
    s.chip_kind_count = 1;
    return s;
}

static void a_job_that_no_pool_may_run_is_refused_with_its_rule(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct law_rule ban = world_rule("BAN-1", BIG " && " HELD_FROM_CN, EFFECT_FORBID);
    world_adopt(&w, &ban, 1);
    struct job_spec s = wants_big(4, "boat");
    uint32_t id = world_submit(&w, &s);
    const struct job *j = world_job(&w, id);
    assert_int_equal(j->state, JOB_REFUSED);
    assert_true(str_eqz(j->refusal_rule, "BAN-1"));
    assert_int_equal(w.out.decision_count, 1);
    assert_int_equal(w.out.decisions[0].kind, DECISION_REFUSED);
    assert_int_equal(w.out.decisions[0].pools[0].reason, REASON_LAW_FORBIDS);
    assert_int_equal(w.out.decisions[0].pools[2].reason, REASON_CHIP_KIND);
    s = wants_big(4, "acme");
    assert_int_equal(world_job(&w, world_submit(&w, &s))->pool.v, 0);
    s = world_spec(4);
    s.tenant = STR("boat"); /* any kind will do: the law leaves the small ones */
    assert_int_equal(world_job(&w, world_submit(&w, &s))->pool.v, 2);
    world_release(&w);
}

static void an_unknown_fact_keeps_a_job_waiting_and_is_named(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct law_rule ban = world_rule("BAN-1", BIG " && " HELD_FROM_CN, EFFECT_FORBID);
    world_adopt(&w, &ban, 1);
    struct job_spec s = wants_big(4, "fog");
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, id)->reason, REASON_LAW_UNRESOLVED);
    struct explanation x;
    core_explain(w.core, world_job(&w, id), &w.arena, &x);
    assert_int_equal(x.flip.kind, FLIP_FACT);
    assert_true(str_starts(x.flip.text, "chain.tenant"));
    world_release(&w);
}

static void a_ban_that_will_end_lets_the_job_wait_for_that_day(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct law_rule ban = world_rule("BAN-1", BIG, EFFECT_FORBID);
    ban.until_ms = WORLD_T0 + 10 * HOUR;
    world_adopt(&w, &ban, 1);
    struct job_spec s = wants_big(4, "acme");
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->reason, REASON_LAW_NO_SITE);
    assert_int_equal(core_next_tick_ms(w.core), WORLD_T0 + 10 * HOUR);
    struct explanation x;
    core_explain(w.core, world_job(&w, id), &w.arena, &x);
    assert_int_equal(x.flip.kind, FLIP_CHIP_KIND);
    assert_int_equal(x.start_estimate_ms, WORLD_T0 + 10 * HOUR);
    w.now_ms = WORLD_T0 + 10 * HOUR;
    world_tick(&w);
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    world_release(&w);
}

static void a_coming_ban_is_a_wall_that_a_job_with_checkpoints_may_run_up_to(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct law_rule ban = world_rule("BAN-1", BIG, EFFECT_FORBID);
    ban.effective_ms = WORLD_T0 + 4 * HOUR;
    world_adopt(&w, &ban, 1);
    struct job_spec s = wants_big(4, "acme");
    s.time_limit_ms = 8 * HOUR;
    uint32_t rigid = world_submit(&w, &s);
    assert_int_equal(world_job(&w, rigid)->reason, REASON_LAW_ENDS_FIRST);
    assert_true(str_eqz(world_job(&w, rigid)->refusal_rule, "BAN-1"));
    s.chip_kind_count = 0; /* may move to the small ones, but these cost it less already */
    s.max_uusd_per_chip_h = 0;
    s.checkpoint_s = 600;
    s.signal_number = 10;
    s.chip_prefer = s.chip_kinds;
    s.chip_prefer_count = 1;
    uint32_t movable = world_submit(&w, &s);
    assert_int_equal(world_job(&w, movable)->pool.v, 0);
    world_report(&w, REPORT_STARTED, movable, 1, 0);
    w.now_ms = WORLD_T0 + 4 * HOUR - 10 * MINUTE;
    assert_int_equal(core_next_tick_ms(w.core), w.now_ms);
    world_tick(&w);
    assert_int_equal(w.out.effects[0].kind, FX_SIGNAL);
    assert_int_equal(w.out.effects[0].signal, 10);
    w.now_ms = WORLD_T0 + 4 * HOUR - 90 * 1000;
    world_tick(&w);
    assert_int_equal(w.out.effects[0].kind, FX_STOP);
    assert_int_equal(w.out.decisions[0].kind, DECISION_STOPPED);
    assert_true(str_eqz(w.out.decisions[0].rule, "BAN-1"));
    world_report(&w, REPORT_FINISHED, movable, 1, 0);
    assert_int_equal(world_job(&w, movable)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, movable)->pool.v, 2);
    assert_int_equal(world_job(&w, movable)->attempt, 2);
    world_release(&w);
}

static void a_rule_adopted_now_moves_what_runs_and_ends_what_cannot_move(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct job_spec s = wants_big(4, "boat");
    uint32_t moves = world_submit(&w, &s);
    s.no_requeue = true;
    uint32_t ends = world_submit(&w, &s);
    s.tenant = STR("acme");
    uint32_t stays = world_submit(&w, &s);
    struct law_rule ban =
        world_rule("BAN-1", "site.country == 'JP' && " HELD_FROM_CN, EFFECT_FORBID);
    world_adopt(&w, &ban, 1);
    assert_int_equal(world_job(&w, moves)->state, JOB_COMPLETING);
    assert_int_equal(world_job(&w, ends)->state, JOB_COMPLETING);
    assert_int_equal(world_job(&w, stays)->state, JOB_CONFIGURING);
    world_report(&w, REPORT_GONE, moves, 1, 0);
    world_report(&w, REPORT_GONE, ends, 1, 0);
    assert_int_equal(world_job(&w, moves)->pool.v, 1);
    assert_int_equal(world_job(&w, ends)->state, JOB_CANCELLED);
    assert_int_equal(world_job(&w, ends)->reason, REASON_LAW_FORBIDS);
    assert_true(str_eqz(world_job(&w, ends)->refusal_rule, "BAN-1"));
    world_release(&w);
}

static void a_permit_is_consumed_while_held_and_never_above_its_amount(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct law_rule rules[] = {
        world_rule("AU-LICENCE", BIG " && site.country == 'AU'", EFFECT_LICENCE),
        world_rule("JP-BAN", BIG " && site.country == 'JP'", EFFECT_FORBID),
    };
    struct str tenant = STR("tenant");
    rules[0].holders = &tenant;
    rules[0].holder_count = 1;
    world_adopt(&w, rules, 2);
    struct job_spec s = wants_big(6, "acme");
    uint32_t a = world_submit(&w, &s), b = world_submit(&w, &s);
    assert_int_equal(world_job(&w, a)->pool.v, 1); /* 2 were used before, 6 now: 4 are left */
    assert_int_equal(world_job(&w, b)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, b)->reason, REASON_QUOTA);
    s.chips = 4;
    uint32_t fits = world_submit(&w, &s);
    assert_int_equal(world_job(&w, fits)->state, JOB_CONFIGURING);
    world_finish(&w, a, 0);
    assert_int_equal(world_job(&w, b)->state, JOB_CONFIGURING);
    s = wants_big(6, "boat"); /* the permit is not its own, but no date will help */
    assert_int_equal(world_job(&w, world_submit(&w, &s))->state, JOB_REFUSED);
    world_release(&w);
}

static void levels_bind_by_the_owner_s_choice(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct law_rule ban = world_rule("RUMOUR", BIG, EFFECT_FORBID);
    ban.level = LEVEL_REPORTED;
    world_adopt(&w, &ban, 1);
    struct job_spec s = wants_big(4, "acme");
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    world_step(&w, &(struct event){.kind = EVENT_BIND,
                                   .actor_is_operator = true,
                                   .bind_levels = LAW_BIND_DEFAULT | 1u << LEVEL_REPORTED});
    assert_int_equal(world_job(&w, id)->state, JOB_COMPLETING);
    world_report(&w, REPORT_GONE, id, 1, 0);
    assert_int_equal(world_job(&w, id)->reason, REASON_LAW_NO_SITE);
    world_release(&w);
}

/* The cells must never say another thing than the law itself does. */
static void claims_are_lawful_through_every_change_of_law(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 115; seed++) {
        struct world w;
        world_init(&w, seed);
        world_apply(&w, world_random_fleet(&w, 0));
        for (int i = 0; i < 200; i++) {
            world_random(&w); /* core_check looks at every claim by the law itself */
            if (i % 7 == 0) world_random_law(&w);
        }
        world_release(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_no_pool_may_run_is_refused_with_its_rule),
        cmocka_unit_test(an_unknown_fact_keeps_a_job_waiting_and_is_named),
        cmocka_unit_test(a_ban_that_will_end_lets_the_job_wait_for_that_day),
        cmocka_unit_test(a_coming_ban_is_a_wall_that_a_job_with_checkpoints_may_run_up_to),
        cmocka_unit_test(a_rule_adopted_now_moves_what_runs_and_ends_what_cannot_move),
        cmocka_unit_test(a_permit_is_consumed_while_held_and_never_above_its_amount),
        cmocka_unit_test(levels_bind_by_the_owner_s_choice),
        cmocka_unit_test(claims_are_lawful_through_every_change_of_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
