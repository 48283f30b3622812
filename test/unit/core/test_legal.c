#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#define BIG "chip.tpp > 4800.0"
#define HELD_FROM_CN "chain.tenant.ultimate_parent_hq == 'CN'"

/* Big chips in tokyo (cheap) and sydney (dear), small ones in shanghai. */
static struct fleet *fleet_of_three(struct world *w)
{
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
    return f;
}

static void enter(struct world *w, struct fleet *f)
{
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static void three_pools(struct world *w)
{
    world_init(w, 1);
    enter(w, fleet_of_three(w));
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

/* Whether a licence that is asked for later can be had depends on who holds the permit today. */
static void a_permit_given_back_opens_what_a_coming_rule_had_closed(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = fleet_of_three(&w);
    f->pools[1].title.owner = STR("landlord"); /* which is sold in an hour */
    f->parties[3].owner_count = 1;
    f->parties[3].owners = ARENA_NEW(&w.arena, struct owner);
    *f->parties[3].owners = (struct owner){.party = STR("foreign"),
                                           .share_known = true,
                                           .share_ppm = 1000000,
                                           .from_ms = WORLD_T0 + HOUR};
    enter(&w, f);
    struct law_rule rules[] = {
        world_rule("AU-LICENCE",
                   BIG " && site.country == 'AU' && (end_use == 'commercial-training' || "
                       "chain.owner.ultimate_parent_hq == 'CN')",
                   EFFECT_LICENCE),
        world_rule("JP-BAN", BIG " && site.country == 'JP'", EFFECT_FORBID),
    };
    world_adopt(&w, rules, 2);
    struct job_spec s = wants_big(8, "acme");
    s.purpose = STR("commercial-training");
    uint32_t holder = world_submit(&w, &s); /* of the permit 2 chips are left */
    assert_int_equal(world_job(&w, holder)->pool.v, 1);
    s = wants_big(4, "acme");
    s.time_limit_ms = 2 * HOUR;
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->reason, REASON_LAW_ENDS_FIRST);
    world_finish(&w, holder, 0);
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
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

static void a_rule_amended_to_begin_sooner_or_later_moves_the_wall_of_what_runs(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct law_rule ban = world_rule("BAN-1", BIG " && site.country == 'JP'", EFFECT_FORBID);
    ban.effective_ms = WORLD_T0 + 40 * HOUR;
    world_adopt(&w, &ban, 1);
    struct job_spec s = wants_big(4, "acme");
    s.time_limit_ms = 30 * HOUR;
    s.checkpoint_s = 600;
    s.signal_number = 12;
    uint32_t id = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    assert_int_equal(world_job(&w, id)->pool.v, 0);
    assert_int_equal(core_next_tick_ms(w.core), WORLD_T0 + 30 * HOUR); /* its own limit */
    ban.effective_ms = WORLD_T0 + 2 * HOUR;
    world_adopt(&w, &ban, 1);
    assert_int_equal(world_job(&w, id)->state, JOB_RUNNING);
    assert_int_equal(core_next_tick_ms(w.core), WORLD_T0 + 2 * HOUR - 10 * MINUTE);
    ban.effective_ms = WORLD_T0 + 4 * HOUR;
    world_adopt(&w, &ban, 1);
    w.now_ms = core_next_tick_ms(w.core);
    assert_int_equal(w.now_ms, WORLD_T0 + 4 * HOUR - 10 * MINUTE);
    world_tick(&w);
    assert_int_equal(w.out.effects[0].kind, FX_SIGNAL);
    assert_int_equal(w.out.effects[0].signal, 12);
    world_adopt(&w, NULL, 0); /* repealed: it runs on */
    w.now_ms = WORLD_T0 + 29 * HOUR;
    world_tick(&w);
    assert_int_equal(world_job(&w, id)->state, JOB_RUNNING);
    world_release(&w);
}

static void a_suspended_rule_lets_jobs_run_until_it_returns(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct law_rule ban = world_rule("BAN-1", BIG " && site.country == 'JP'", EFFECT_FORBID);
    struct law_span pause = {WORLD_T0 + HOUR, WORLD_T0 + 6 * HOUR, STR("a truce")};
    ban.suspended = &pause;
    ban.suspended_count = 1;
    world_adopt(&w, &ban, 1);
    struct job_spec s = wants_big(4, "acme");
    struct str tokyo = STR("tokyo");
    s.sites = &tokyo;
    s.site_count = 1;
    s.time_limit_ms = 3 * HOUR;
    uint32_t fits = world_submit(&w, &s);
    assert_int_equal(world_job(&w, fits)->reason, REASON_LAW_NO_SITE);
    s.time_limit_ms = 9 * HOUR;
    uint32_t rigid = world_submit(&w, &s);
    s.site_count = 0; /* may go on in sydney */
    s.checkpoint_s = 600;
    s.max_uusd_per_chip_h = 3000000;
    uint32_t moves = world_submit(&w, &s);
    assert_int_equal(world_job(&w, moves)->pool.v, 1);
    world_finish(&w, moves, 0);
    w.now_ms = WORLD_T0 + HOUR;
    world_tick(&w);
    assert_int_equal(world_job(&w, fits)->state, JOB_CONFIGURING);
    world_finish(&w, fits, 0);
    assert_int_equal(world_job(&w, rigid)->reason, REASON_LAW_ENDS_FIRST);
    assert_true(str_eqz(world_job(&w, rigid)->refusal_rule, "BAN-1"));
    moves = world_submit(&w, &s);
    assert_int_equal(world_job(&w, moves)->pool.v, 0);
    world_report(&w, REPORT_STARTED, moves, 1, 0);
    w.now_ms = WORLD_T0 + 6 * HOUR - 90 * 1000;
    world_tick(&w);
    assert_int_equal(w.out.decisions[0].kind, DECISION_STOPPED);
    assert_int_equal(w.out.decisions[0].reason, REASON_LAW_ENDS_FIRST);
    assert_true(str_eqz(w.out.decisions[0].rule, "BAN-1"));
    world_report(&w, REPORT_FINISHED, moves, 1, 0);
    assert_int_equal(world_job(&w, moves)->pool.v, 1);
    world_release(&w);
}

static void bind(struct world *w, uint32_t levels)
{
    world_step(
        w, &(struct event){.kind = EVENT_BIND, .actor_is_operator = true, .bind_levels = levels});
}

static void a_proposal_stops_what_it_forbids_while_the_owner_lets_it_bind(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    struct law_rule bill = world_rule("BILL-7", BIG " && " HELD_FROM_CN, EFFECT_FORBID);
    bill.level = LEVEL_PROPOSED;
    world_adopt(&w, &bill, 1);
    struct job_spec s = wants_big(4, "boat");
    uint32_t runs = world_submit(&w, &s);
    world_report(&w, REPORT_STARTED, runs, 1, 0);
    bind(&w, LAW_BIND_DEFAULT | 1u << LEVEL_PROPOSED);
    assert_int_equal(world_job(&w, runs)->state, JOB_COMPLETING);
    assert_int_equal(w.out.decisions[0].kind, DECISION_STOPPED);
    assert_int_equal(w.out.decisions[0].reason, REASON_LAW_FORBIDS);
    assert_true(str_eqz(w.out.decisions[0].rule, "BILL-7"));
    world_report(&w, REPORT_GONE, runs, 1, 0);
    assert_int_equal(world_job(&w, runs)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, runs)->reason, REASON_LAW_NO_SITE);
    assert_int_equal(world_job(&w, world_submit(&w, &s))->state, JOB_REFUSED);
    bind(&w, LAW_BIND_DEFAULT);
    assert_int_equal(world_job(&w, runs)->state, JOB_CONFIGURING);
    world_release(&w);
}

/* What acme's cases show as used of the one permit. */
static int64_t used(struct world *w)
{
    struct law_case x;
    struct job_spec s = wants_big(1, "acme");
    core_case(w->core, &s, 1, w->now_ms, &w->arena, &x);
    assert_int_equal(x.permit_count, 1);
    return x.permits[0].used;
}

static void adopt_licence(struct world *w)
{
    struct law_rule rules[] = {
        world_rule("AU-LICENCE", BIG " && site.country == 'AU'", EFFECT_LICENCE),
        world_rule("JP-BAN", BIG " && site.country == 'JP'", EFFECT_FORBID),
    };
    world_adopt(w, rules, 2);
}

static void every_end_of_an_attempt_gives_its_permit_back(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w);
    adopt_licence(&w);
    struct job_spec s = wants_big(6, "acme");
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(used(&w), 8);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    world_do(&w, EVENT_REQUEUE, id);
    assert_int_equal(used(&w), 8); /* until the engine says that it is gone */
    world_report(&w, REPORT_FINISHED, id, 1, 0);
    assert_int_equal(world_job(&w, id)->attempt, 2);
    assert_int_equal(used(&w), 8); /* taken anew by the second attempt */
    world_report(&w, REPORT_GONE, id, 2, 0); /* lost, and started again */
    w.now_ms = core_next_tick_ms(w.core);
    world_tick(&w);
    assert_int_equal(world_job(&w, id)->attempt, 3);
    assert_int_equal(used(&w), 8);
    struct law_rule ban = world_rule("BAN-1", BIG, EFFECT_FORBID);
    world_adopt(&w, &ban, 1);
    assert_int_equal(used(&w), 8);
    world_report(&w, REPORT_GONE, id, 3, 0);
    assert_int_equal(used(&w), 2);
    adopt_licence(&w);
    w.now_ms += HOUR;
    world_tick(&w);
    assert_int_equal(used(&w), 8);
    world_do(&w, EVENT_CANCEL, id);
    world_report(&w, REPORT_REJECTED, id, world_job(&w, id)->attempt, 0);
    assert_int_equal(used(&w), 2);
    world_release(&w);
}

static void a_permit_that_ends_is_a_wall_and_one_that_shrinks_stops_the_youngest(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = fleet_of_three(&w);
    f->permits[0].to_ms = WORLD_T0 + 5 * HOUR;
    enter(&w, f);
    adopt_licence(&w);
    struct job_spec s = wants_big(4, "acme");
    s.time_limit_ms = 8 * HOUR;
    uint32_t rigid = world_submit(&w, &s);
    assert_int_equal(world_job(&w, rigid)->reason, REASON_LAW_ENDS_FIRST);
    assert_true(str_eqz(world_job(&w, rigid)->refusal_rule, "AU-LICENCE"));
    s.time_limit_ms = 2 * HOUR;
    uint32_t eldest = world_submit(&w, &s), youngest = world_submit(&w, &s);
    assert_int_equal(used(&w), 10);
    f = fleet_of_three(&w);
    f->permits[0].amount = 7;
    enter(&w, f);
    assert_int_equal(world_job(&w, eldest)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, youngest)->state, JOB_COMPLETING);
    assert_int_equal(w.out.decisions[0].reason, REASON_QUOTA);
    assert_true(str_eqz(w.out.decisions[0].rule, "AU-LICENCE"));
    world_report(&w, REPORT_GONE, youngest, 1, 0);
    assert_int_equal(used(&w), 6);
    world_release(&w);
}

/* Seed 8327 of the simulator. */
static void
a_rule_that_comes_to_reach_elder_jobs_leaves_permits_to_those_that_hold_them(void **state)
{
    (void)state;
    struct world w;
    three_pools(&w); /* of the permit 10 chips are left */
    struct job_spec s = wants_big(6, "acme");
    struct law_rule rules[] = {
        world_rule("AU-LICENCE", BIG " && site.country == 'AU' && end_use == 'commercial-training'",
                   EFFECT_LICENCE),
        world_rule("JP-BAN", BIG " && site.country == 'JP'", EFFECT_FORBID),
    };
    world_adopt(&w, rules, 2);
    uint32_t elder = world_submit(&w, &s); /* its purpose is research: needs none */
    assert_int_equal(used(&w), 2);
    s.purpose = STR("commercial-training");
    uint32_t holder = world_submit(&w, &s);
    assert_int_equal(used(&w), 8);
    rules[0].when = STR(BIG " && site.country == 'AU'");
    world_adopt(&w, rules, 2);
    assert_int_equal(world_job(&w, elder)->state, JOB_COMPLETING);
    assert_int_equal(world_job(&w, holder)->state, JOB_CONFIGURING);
    assert_int_equal(used(&w), 8);
    world_report(&w, REPORT_GONE, elder, 1, 0);
    assert_int_equal(world_job(&w, elder)->reason, REASON_QUOTA);
    assert_int_equal(used(&w), 8);
    world_release(&w);
}

/* Shanghai holds 16 small chips made abroad, and `domestic` nodes of 8 that nothing may start on.
 */
static struct fleet *fleet_with_share(struct world *w, uint32_t domestic)
{
    struct fleet *f = world_fleet_base(&w->arena, 3);
    f->chips[1].vendor_hq = STR("CN");
    world_pool(&w->arena, f, 0, "small-a", "small", "shanghai", 1, 8);
    world_pool(&w->arena, f, 1, "small-b", "small", "shanghai", 1, 8);
    world_pool(&w->arena, f, 2, "domestic", "mid", "shanghai", domestic, 8)->drained = true;
    return f;
}

static void a_share_of_chips_is_counted_over_all_that_the_site_holds(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    enter(&w, fleet_with_share(&w, 3));
    struct law_rule share = world_rule("SHARE-1", "site.country == 'CN'", EFFECT_FORBID);
    share.ratio = (struct law_ratio){.present = true,
                                     .share_of = STR("row.chip.vendor_hq == 'CN'"),
                                     .per = STR("site"),
                                     .unit = UNIT_CHIPS,
                                     .bound = BOUND_MORE_THAN,
                                     .bound_ppm = 500000};
    world_adopt(&w, &share, 1);
    struct job_spec s = world_spec(8);
    s.time_limit_ms = 4 * HOUR;
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING); /* 24 of 40 are domestic */
    struct law_case x;
    core_case(w.core, &s, 0, w.now_ms, &w.arena, &x);
    assert_true(x.fleet_count > 0 && str_eqz(x.fleets[0].scope, "site"));
    const struct stock *held = &x.fleets[0].stock;
    assert_int_equal(held->count, 2);
    assert_true(str_eqz(held->rows[0].chip->id, "small"));
    assert_int_equal(held->rows[0].amount, 16);
    assert_int_equal(held->rows[1].amount, 24);
    enter(&w, fleet_with_share(&w, 2)); /* 16 of 32 are not more than half */
    assert_int_equal(world_job(&w, id)->state, JOB_COMPLETING);
    assert_int_equal(w.out.decisions[0].reason, REASON_LAW_FORBIDS);
    assert_true(str_eqz(w.out.decisions[0].rule, "SHARE-1"));
    world_report(&w, REPORT_GONE, id, 1, 0);
    assert_int_equal(world_job(&w, id)->reason, REASON_LAW_NO_SITE);
    world_release(&w);
}

/* Tokyo has 8 big chips of home's, Sydney 24 small ones: 16 let by the landlord, 8 of held's. */
static struct fleet *fleet_with_scopes(struct world *w)
{
    struct fleet *f = world_fleet_base(&w->arena, 4);
    world_pool(&w->arena, f, 0, "a", "big", "tokyo", 1, 8);
    struct pool *b = world_pool(&w->arena, f, 1, "b", "small", "sydney", 2, 8);
    b->title.kind = TITLE_LEASED;
    b->title.lessor = b->title.owner = STR("landlord");
    world_pool(&w->arena, f, 2, "c", "small", "sydney", 1, 8)->title.owner = STR("held");
    world_pool(&w->arena, f, 3, "d", "small", "shanghai", 1, 8)->title.owner = (struct str){0};
    f->pools[0].title.owner = STR("home");
    f->sites[2].operator_party = (struct str){0};
    return f;
}

static void a_share_is_counted_over_what_stands_together_by_the_word_of_the_rule(void **state)
{
    (void)state;
    static const struct {
        const char *tenant, *per;
        uint32_t pool;
        int percent; /* big chips, rounded down; -1: nobody knows */
    } rows[] = {
        {"acme", "site", 0, 100},    {"acme", "site", 1, 0},      {"acme", "country", 1, 0},
        {"acme", "operator", 0, 25}, {"acme", "operator", 3, -1}, {"acme", "owner", 0, 100},
        {"acme", "owner", 1, 0},     {"acme", "owner", 3, -1},    {"acme", "lessor", 1, 0},
        {"acme", "lessor", 0, -1},   {"acme", "tenant", 3, 25},   {"boat", "tenant", 0, 0},
        {"fog", "tenant", 0, -1},    {"acme", "end_user", 0, 25}, {"acme", "all", 3, 20},
        {"acme", "firm", 0, -1},     {"acme", "exporter", 0, -1},
    };
    struct world w;
    world_init(&w, 1);
    enter(&w, fleet_with_scopes(&w));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct law_rule share = world_rule("SHARE-1", "true", EFFECT_FORBID);
        share.ratio = (struct law_ratio){.present = true,
                                         .share_of = STR("row.chip.id == 'big'"),
                                         .per = str_of(rows[i].per),
                                         .unit = UNIT_CHIPS,
                                         .bound = BOUND_AT_LEAST};
        struct job_spec s = world_spec(8);
        s.tenant = str_of(rows[i].tenant);
        for (int asked = 0; asked <= 100; asked += 5) {
            share.ratio.bound_ppm = 10000 * asked;
            world_adopt(&w, &share, 1);
            struct arena a;
            struct law_case x;
            struct law_verdict v;
            arena_init(&a);
            core_case(w.core, &s, rows[i].pool, w.now_ms, &a, &x);
            law_decide(core_law(w.core), &x, &a, &v);
            int expected = rows[i].percent < 0        ? EFFECT_UNRESOLVED
                           : asked <= rows[i].percent ? EFFECT_PERMIT
                                                      : EFFECT_FORBID;
            if (v.effect != expected)
                print_message("per %s, pool %u, %d %%\n", rows[i].per, rows[i].pool, asked);
            assert_int_equal(v.effect, expected);
            assert_int_equal(core_allows(w.core, &s, rows[i].pool, w.now_ms, &a), v.allowed);
            arena_release(&a);
        }
    }
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
        cmocka_unit_test(a_permit_given_back_opens_what_a_coming_rule_had_closed),
        cmocka_unit_test(levels_bind_by_the_owner_s_choice),
        cmocka_unit_test(a_rule_amended_to_begin_sooner_or_later_moves_the_wall_of_what_runs),
        cmocka_unit_test(a_suspended_rule_lets_jobs_run_until_it_returns),
        cmocka_unit_test(a_proposal_stops_what_it_forbids_while_the_owner_lets_it_bind),
        cmocka_unit_test(every_end_of_an_attempt_gives_its_permit_back),
        cmocka_unit_test(a_permit_that_ends_is_a_wall_and_one_that_shrinks_stops_the_youngest),
        cmocka_unit_test(
            a_rule_that_comes_to_reach_elder_jobs_leaves_permits_to_those_that_hold_them),
        cmocka_unit_test(a_share_of_chips_is_counted_over_all_that_the_site_holds),
        cmocka_unit_test(a_share_is_counted_over_what_stands_together_by_the_word_of_the_rule),
        cmocka_unit_test(claims_are_lawful_through_every_change_of_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
