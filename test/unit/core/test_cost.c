/* What a job costs where: the placer's integers against a slow model in floating point, and what
 * costs do to placement. */
#include "world.h"

#include "base/money.h"
#include "core/state.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- an independent model: doubles, linear search, no shared code ---------------------------- */

struct guess {
    double ms, lo, hi, paid, total;
    bool by_steps;
};

static double table_speed(const struct speeds *t, struct str type, struct str chip, double n,
                          double *lo, double *hi)
{
    for (int family = 0; family < 2; family++) {
        double below = 0, above = 0, v_below = 0, v_above = 0;
        for (uint32_t i = 0; i < t->row_count; i++) {
            const struct speed_row *r = &t->rows[i];
            bool is_it = family ? chip_is_named(chip, r->chip) : str_eq(chip, r->chip);
            if (!is_it || !str_eq(type, r->type)) continue;
            double v = (double)r->usteps_per_s / 1e6;
            if (r->chips <= n && r->chips > below) below = r->chips, v_below = v;
            if (r->chips >= n && (above == 0 || r->chips < above)) above = r->chips, v_above = v;
        }
        if (below == 0 && above == 0) continue;
        if (below == n) return *lo = *hi = v_below;
        if (above == 0) {
            *lo = v_below;
            *hi = v_below * n / below;
            return (*lo + *hi) / 2;
        }
        if (below == 0) {
            *hi = v_above;
            return *lo = v_above * n / above;
        }
        *lo = fmin(v_below, v_above);
        *hi = fmax(v_below, v_above);
        return v_below + (v_above - v_below) * (n - below) / (above - below);
    }
    return 0;
}

static double roof(const struct chip *c, double intensity)
{
    return fmin((double)c->fp16_tflops.milli * 1e9, intensity * (double)c->dram_bw_gbs.milli * 1e6);
}

static double sheet_ratio(const struct chip *a, double na, const struct chip *b, double nb,
                          double intensity, double *lo, double *hi)
{
    double peak = (double)b->fp16_tflops.milli / (double)a->fp16_tflops.milli;
    double memory = (double)b->dram_bw_gbs.milli / (double)a->dram_bw_gbs.milli, best = memory;
    if (intensity > 0) best = peak = memory = roof(b, intensity) / roof(a, intensity);
    *lo = fmin(peak, memory) / 1.7;
    *hi = fmax(peak, memory) * 1.7;
    if (str_eq(a->id, b->id)) best = *lo = *hi = 1;
    double n = nb / na;
    *lo *= fmin(n, 1);
    *hi *= fmax(n, 1);
    return best * n;
}

static double any_ratio(const struct core *c, const struct job_spec *s, const struct chip *a,
                        double na, const struct chip *b, double nb, double *lo, double *hi)
{
    double a_lo, a_hi, b_lo, b_hi;
    double va = table_speed(&c->speeds, s->work.type, a->id, na, &a_lo, &a_hi);
    double vb = table_speed(&c->speeds, s->work.type, b->id, nb, &b_lo, &b_hi);
    if (s->work.type.len > 0 && va > 0 && vb > 0) {
        *lo = b_lo / a_hi;
        *hi = b_hi / a_lo;
        return vb / va;
    }
    double intensity = 0;
    for (uint32_t i = 0; i < c->speeds.type_count; i++)
        if (str_eq(c->speeds.types[i].type, s->work.type))
            intensity = (double)c->speeds.types[i].mflop_per_byte / 1e3;
    return sheet_ratio(a, na, b, nb, intensity, lo, hi);
}

static const struct chip *chip_named(const struct fleet *f, struct str id)
{
    for (uint32_t i = 0; i < f->chip_count; i++)
        if (str_eq(f->chips[i].id, id)) return &f->chips[i];
    return NULL;
}

/* Steps a second on the gang; 0: the steps say nothing here. */
static double speed_of(const struct core *c, const struct job_spec *s, const struct chip *chip,
                       double n, double *lo, double *hi)
{
    const struct job_work *w = &s->work;
    const struct chip *seen = chip_named(&c->fleet, w->seen_chip);
    double r, v;
    if (w->seen_usteps_per_s > 0 && seen != NULL) {
        v = (double)w->seen_usteps_per_s / 1e6;
        *lo = *hi = v;
        if (seen == chip && w->seen_chips == n) return v;
        r = any_ratio(c, s, seen, w->seen_chips, chip, n, lo, hi);
        *lo *= v;
        *hi *= v;
        return r * v;
    }
    if (w->type.len == 0) return 0;
    v = table_speed(&c->speeds, w->type, chip->id, n, lo, hi);
    if (v > 0) return v;
    for (uint32_t i = 0; i < c->fleet.chip_count; i++) {
        double v_lo, v_hi;
        const struct chip *from = &c->fleet.chips[i];
        v = table_speed(&c->speeds, w->type, from->id, n, &v_lo, &v_hi);
        if (v <= 0) continue;
        double intensity = 0;
        for (uint32_t k = 0; k < c->speeds.type_count; k++)
            if (str_eq(c->speeds.types[k].type, w->type))
                intensity = (double)c->speeds.types[k].mflop_per_byte / 1e3;
        r = sheet_ratio(from, n, chip, n, intensity, lo, hi);
        *lo *= v_lo;
        *hi *= v_hi;
        return v * r;
    }
    return 0;
}

static struct guess guess_cost(const struct core *c, const struct job_spec *s, uint32_t pool,
                               const struct size *z)
{
    const struct fleet *f = &c->fleet;
    const struct pool *p = &f->pools[pool];
    double limit = (double)limit_in_pool(f, s, pool), n = z->chips, lo = 0, hi = 0;
    struct guess g = {limit, limit, limit, 0, 0, false};
    if (n > 0) {
        const struct chip *chip = chip_named(f, p->chip), *first = chip;
        double left = (double)(s->work.steps - s->work.steps_done);
        double v = left > 0 ? speed_of(c, s, chip, n, &lo, &hi) : 0;
        if (v > 0) {
            g = (struct guess){left / v * 1e3, left / hi * 1e3, left / lo * 1e3, 0, 0, true};
        } else if (s->chip_kind_count > 0 && !str_eq(chip->id, s->chip_kinds[0])) {
            first = chip_named(f, s->chip_kinds[0]);
            if (first != NULL) {
                double r = any_ratio(c, s, first, n, chip, n, &lo, &hi);
                g = (struct guess){limit / r, limit / hi, limit / lo, 0, 0, false};
            }
        }
    }
    double cpus = (double)z->part[0].count * z->part[0].each.cpus +
                  (double)z->part[1].count * z->part[1].each.cpus;
    n = (double)z->milli / 1e3; /* part of a chip costs that part */
    double moving = 0, moved = 0;
    const struct site *site = &f->sites[p->site_index];
    for (uint32_t i = 0; i <= s->data_count; i++) {
        struct str country = {0}, from = {0};
        double gb = 0;
        if (i < s->data_count) {
            country = s->data[i].located;
            gb = (double)s->data[i].gb;
            if (country.len == 0 || str_eq(country, site->country)) continue;
        } else {
            for (uint32_t k = 0; k < f->site_count; k++)
                if (str_eq(f->sites[k].id, s->work.saved_site)) country = f->sites[k].country;
            from = s->work.saved_site;
            gb = (double)s->work.checkpoint_gb;
            if (country.len == 0 || str_eq(from, site->id)) continue;
        }
        for (uint32_t k = 0; k < site->link_count; k++) {
            const struct site_link *l = &site->links[k];
            if (!str_eq(l->from, country) && (from.len == 0 || !str_eq(l->from, from))) continue;
            moved += gb * (double)l->uusd_per_gb;
            if (l->mbps > 0) moving += gb * 8e6 / (double)l->mbps;
            break;
        }
    }
    double run = g.ms;
    g.ms += moving;
    g.paid =
        moved + g.ms / 3.6e6 *
                    (n * (double)p->title.uusd_per_chip_h + cpus * (double)p->title.uusd_per_cpu_h);
    g.total = g.paid + g.ms / 3.6e6 * n * (double)p->shadow_uusd_per_chip_h;
    g.ms = run;
    return g;
}

static void near(double a, double b, double off)
{
    double most = off + 1e-3 * fmax(fabs(a), fabs(b)); /* ratios are kept in millionths */
    if (fabs(a - b) > most) fail_msg("%.3f is not %.3f", a, b);
}

static void random_work(struct world *w, struct job_spec *s)
{
    struct rng *r = &w->rng;
    for (uint32_t i = 0; i < s->data_count; i++) {
        s->data[i].located = rng_one_in(r, 2) ? STR("CN") : STR("AU");
        s->data[i].gb = rng_below(r, 4000);
    }
    if (rng_one_in(r, 3)) s->work.saved_site = STR("sydney");
    if (rng_one_in(r, 2)) s->work.checkpoint_gb = rng_below(r, 2000);
    static const char *const chips[] = {"big", "mid", "small"};
    if (!rng_one_in(r, 3)) return;
    s->work.steps_done = rng_below(r, 500);
    s->work.seen_chip = str_of(chips[rng_below(r, 3)]);
    s->work.seen_chips = 1 + rng_below(r, 8);
    s->work.seen_usteps_per_s = 1000 * (1 + (int64_t)rng_below(r, 5000));
}

static void costs_agree_with_a_slow_model_in_floating_point(void **state)
{
    (void)state;
    uint32_t compared = 0, stepped = 0, slow = 0, bases[BASIS_COUNT] = {0};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct world w;
        world_init(&w, seed);
        struct fleet *f = world_random_fleet(&w, seed);
        for (uint32_t p = 0; p < f->pool_count; p++) {
            f->pools[p].title.uusd_per_cpu_h = rng_one_in(&w.rng, 2) ? 30000 : 0;
            f->pools[p].shadow_uusd_per_chip_h = rng_one_in(&w.rng, 2) ? 700000 : 0;
        }
        struct site_link links[] = {
            {STR("sydney"), 40000, 30000}, {STR("CN"), 1000, 0}, {STR("AU"), 0, 50000}};
        for (uint32_t k = 0; k < f->site_count; k++) {
            f->sites[k].links = links + rng_below(&w.rng, 2);
            f->sites[k].link_count = rng_below(&w.rng, 3);
        }
        world_apply(&w, f);
        world_random_speeds(&w);
        for (int i = 0; i < 40; i++) {
            struct job_spec s;
            world_random_spec(&w, &s);
            random_work(&w, &s);
            for (uint32_t p = 0; p < w.core->fleet.pool_count; p++) {
                struct size z;
                struct cost x;
                int64_t have, need;
                cost_in_pool(w.core, &s, p, &x);
                if (size_in_pool(&s, &w.core->fleet.pools[p], &z, &have, &need) != REASON_NONE) {
                    assert_int_equal(x.total_uusd, 0);
                    continue;
                }
                struct guess g = guess_cost(w.core, &s, p, &z);
                near((double)x.time.ms, g.ms, 2);
                near((double)x.time.lo_ms, g.lo, 2);
                near((double)x.time.hi_ms, g.hi, 2);
                near((double)x.paid_uusd, g.paid, 3e6);
                near((double)x.total_uusd, g.total, 3e6);
                assert_int_equal(basis_counts_steps(x.time.basis), g.by_steps);
                struct pool_reason row;
                bool too_slow = speed_row(w.core, &s, p, &row) == REASON_TOO_SLOW;
                double need_ms = g.lo * 1.1, limit = (double)limit_in_pool(f, &s, p);
                if (fabs(need_ms - limit) > 1e-3 * limit)
                    assert_int_equal(too_slow, g.by_steps && need_ms > limit);
                compared++;
                stepped += g.by_steps;
                slow += too_slow;
                bases[x.time.basis]++;
            }
        }
        world_release(&w);
    }
    assert_true(compared > 5000 && stepped > 300 && slow > 50);
    for (int b = 0; b < BASIS_COUNT; b++) assert_true(bases[b] > 3);
}

static void no_amount_overflows(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 1);
    struct fleet *f = world_fleet_base(&w.arena, 1);
    struct pool *p = world_pool(&w.arena, f, 0, "pool0", "big", "tokyo", 60000, 8);
    p->title.uusd_per_chip_h = p->title.uusd_per_cpu_h = PRICE_MAX_UUSD;
    p->shadow_uusd_per_chip_h = PRICE_MAX_UUSD;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec s = world_spec(480000);
    s.work.steps = WORK_STEPS_MAX;
    s.work.seen_chip = STR("big");
    s.work.seen_chips = 1;
    s.work.seen_usteps_per_s = 1;
    s.time_limit_ms = TIME_LIMIT_MAX_MS;
    struct cost x;
    cost_in_pool(w.core, &s, 0, &x);
    assert_int_equal(x.total_uusd, MONEY_MAX);
    assert_true(x.paid_uusd > 0 && x.time.ms > 0 && x.time.lo_ms > 0);
    world_release(&w);
}

/* ---- what costs do --------------------------------------------------------------------------- */

/* Pool0: big chips at 4 USD; pool1: mid chips at 2 USD. */
static void two_kinds(struct world *w, uint64_t seed)
{
    world_init(w, seed);
    struct fleet *f = world_fleet_base(&w->arena, 2);
    world_pool(&w->arena, f, 0, "pool0", "big", "tokyo", 2, 8)->title.uusd_per_chip_h = 4000000;
    world_pool(&w->arena, f, 1, "pool1", "mid", "sydney", 2, 8)->title.uusd_per_chip_h = 2000000;
    world_fleet_done(&w->arena, f);
    world_apply(w, f);
}

static void adopt(struct world *w, int64_t big, int64_t mid)
{
    struct speed_row rows[] = {{STR("lm"), STR("big"), 8, big, STR("test")},
                               {STR("lm"), STR("mid"), 8, mid, STR("test")}};
    struct speeds t = {rows, 2, NULL, 0};
    world_step(w, &(struct event){.kind = EVENT_SPEEDS, .speeds = &t, .actor_is_operator = true});
}

static struct job_spec lm(int64_t steps)
{
    struct job_spec s = world_spec(8);
    s.work.type = STR("lm");
    s.work.steps = steps;
    return s;
}

static void the_dearer_chip_wins_where_it_is_faster_by_more(void **state)
{
    (void)state;
    struct world w;
    two_kinds(&w, 1);
    struct job_spec s = lm(1000);
    uint32_t unknown = world_submit(&w, &s); /* no table: the limit on both, so the cheaper one */
    assert_int_equal(world_job(&w, unknown)->pool.v, 1);
    world_finish(&w, unknown, 0);
    adopt(&w, 3000000, 1000000);
    uint32_t faster = world_submit(&w, &s);
    assert_int_equal(world_job(&w, faster)->pool.v, 0);
    assert_int_equal(world_job(&w, faster)->cost_uusd, 2962960); /* 8 x 4 USD x 333.333 s */
    world_finish(&w, faster, 0);
    adopt(&w, 1500000, 1000000);
    uint32_t not_by_enough = world_submit(&w, &s);
    assert_int_equal(world_job(&w, not_by_enough)->pool.v, 1);
    world_release(&w);
}

static void a_shadow_price_steers_and_is_not_paid(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 2);
    struct fleet *f = world_fleet_base(&w.arena, 2);
    struct pool *a = world_pool(&w.arena, f, 0, "pool0", "big", "tokyo", 2, 8);
    world_pool(&w.arena, f, 1, "pool1", "big", "sydney", 2, 8)->title.uusd_per_chip_h = 2500000;
    a->title.uusd_per_cpu_h = 100000;
    a->shadow_uusd_per_chip_h = 600000;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec s = world_spec(8);
    uint32_t there = world_submit(&w, &s);
    assert_int_equal(world_job(&w, there)->pool.v, 1);
    s.sites = &f->sites[0].id;
    s.site_count = 1;
    s.cpus_per_task = 10;
    uint32_t here = world_submit(&w, &s);
    assert_int_equal(world_job(&w, here)->cost_uusd, 16000000 + 1000000);
    w.now_ms += HOUR / 2;
    world_report(&w, REPORT_STARTED, here, 1, 0);
    w.now_ms += HOUR / 2;
    world_report(&w, REPORT_FINISHED, here, 1, 0);
    assert_int_equal(world_job(&w, here)->spent_uusd, 8500000);
    world_release(&w);
}

/* What is known of big chips is measured; mid ones are carried over by their data sheets, so that
 * nobody knows whether the cheaper pool makes it in time. */
static void a_deadline_is_worth_the_dearer_pool_that_surely_keeps_it(void **state)
{
    (void)state;
    struct world w;
    two_kinds(&w, 8);
    struct speed_row row = {STR("lm"), STR("big"), 8, 1000000, STR("test")};
    struct speeds t = {&row, 1, NULL, 0};
    world_step(&w, &(struct event){.kind = EVENT_SPEEDS, .speeds = &t, .actor_is_operator = true});
    struct job_spec s = lm(600);
    s.time_limit_ms = 100 * MINUTE;
    uint32_t free = world_submit(&w, &s);
    const struct pool_reason *rows = w.out.decisions[0].pools;
    int64_t longest = rows[1].hi_ms, expected = rows[1].expected_ms;
    assert_int_equal(world_job(&w, free)->pool.v, 1); /* no deadline: the cheaper one */
    assert_true(rows[1].cost_uusd < rows[0].cost_uusd && expected < longest);
    world_finish(&w, free, 0);
    s.time_limit_ms = expected + MINUTE;
    s.deadline_ms = w.now_ms + longest;
    uint32_t just = world_submit(&w, &s);
    assert_int_equal(world_job(&w, just)->pool.v, 1);
    world_finish(&w, just, 0);
    s.deadline_ms = w.now_ms + longest - 1; /* in time if all goes as expected */
    uint32_t tight = world_submit(&w, &s);
    assert_int_equal(world_job(&w, tight)->pool.v, 0);
    rows = w.out.decisions[0].pools;
    assert_int_equal(rows[1].reason, REASON_DEARER);
    assert_int_equal(rows[1].late_ms, 1);
    assert_int_equal(rows[0].late_ms, 0);
    s.sites = &w.core->fleet.sites[w.core->fleet.pools[1].site_index].id;
    s.site_count = 1;
    uint32_t only = world_submit(&w, &s); /* better there than nowhere */
    assert_int_equal(world_job(&w, only)->pool.v, 1);
    world_release(&w);
}

/* A job that waits: what was the best pool when it came is not when its deadline is near. */
static void the_best_pool_changes_as_the_deadline_comes_near(void **state)
{
    (void)state;
    struct world w;
    two_kinds(&w, 9);
    struct speed_row row = {STR("lm"), STR("big"), 8, 1000000, STR("test")};
    struct speeds t = {&row, 1, NULL, 0};
    world_step(&w, &(struct event){.kind = EVENT_SPEEDS, .speeds = &t, .actor_is_operator = true});
    struct job_spec filler = world_spec(16), s = lm(600);
    uint32_t one = world_submit(&w, &filler), two = world_submit(&w, &filler);
    s.time_limit_ms = 100 * MINUTE;
    struct cost x;
    cost_in_pool(w.core, &s, 1, &x);
    s.time_limit_ms = x.time.ms + MINUTE;
    s.deadline_ms = w.now_ms + x.time.hi_ms + 5 * MINUTE;
    s.priority = 5;
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->state, JOB_PENDING);
    w.now_ms += 6 * MINUTE;
    struct node_change down[] = {
        {.pool = STR("pool0"), .first = 0, .count = 2, .state = NODE_DRAIN},
        {.pool = STR("pool1"), .first = 0, .count = 2, .state = NODE_DRAIN}};
    struct event nodes = {
        .kind = EVENT_NODES, .nodes = down, .node_change_count = 2, .actor_is_operator = true};
    world_step(&w, &nodes);
    world_finish(&w, one, 0);
    world_finish(&w, two, 0);
    down[0].state = down[1].state = NODE_UP;
    world_step(&w, &nodes);
    assert_int_equal(world_job(&w, id)->pool.v, 0);
    world_release(&w);
}

/* Pool1 is cheaper, but has gaps of four chips only, which is what its own work needs; pool0 has a
 * gap of just two. */
static void a_cheap_pool_whose_gap_would_be_ruined_loses_against_a_perfect_fit(void **state)
{
    (void)state;
    for (int has_shadow = 0; has_shadow < 2; has_shadow++) {
        struct world w;
        world_init(&w, 10);
        struct fleet *f = world_fleet_base(&w.arena, 2);
        struct pool *a = world_pool(&w.arena, f, 0, "pool0", "big", "tokyo", 1, 8);
        struct pool *b = world_pool(&w.arena, f, 1, "pool1", "big", "sydney", 2, 8);
        a->title.uusd_per_chip_h = 2000000;
        b->title.uusd_per_chip_h = 1900000;
        a->shadow_uusd_per_chip_h = b->shadow_uusd_per_chip_h = has_shadow ? 500000 : 0;
        world_fleet_done(&w.arena, f);
        world_apply(&w, f);
        struct job_spec s = world_spec(4);
        for (int i = 0; i < 3; i++) world_submit(&w, &s); /* pool1: 4 of 16 chips are left */
        s.sites = &w.core->fleet.sites[w.core->fleet.pools[0].site_index].id;
        s.site_count = 1;
        s.chips = 6;
        world_submit(&w, &s); /* pool0: 2 of 8 */
        s = world_spec(2);
        uint32_t id = world_submit(&w, &s);
        const struct pool_reason *rows = w.out.decisions[0].pools;
        assert_int_equal(world_job(&w, id)->pool.v, has_shadow ? 0 : 1);
        if (has_shadow) {
            assert_int_equal(rows[0].stranded_uusd, 0);
            assert_int_equal(rows[1].stranded_uusd, 1000000); /* two chips for an hour */
            assert_int_equal(rows[1].cost_uusd, 3800000 + 1000000 + 1000000);
            assert_int_equal(rows[1].reason, REASON_DEARER);
        }
        world_release(&w);
    }
}

static void data_pull_a_job_to_where_they_lie(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, 7);
    struct fleet *f = world_fleet_base(&w.arena, 2);
    world_pool(&w.arena, f, 0, "pool0", "big", "tokyo", 2, 8)->title.uusd_per_chip_h = 1900000;
    world_pool(&w.arena, f, 1, "pool1", "big", "sydney", 2, 8);
    struct site_link link = {STR("AU"), 8000, 20000};
    f->sites[0].links = &link;
    f->sites[0].link_count = 1;
    world_fleet_done(&w.arena, f);
    world_apply(&w, f);
    struct job_spec s = world_spec(8);
    struct data_set d = {.class = STR("public"), .located = STR("AU"), .gb = 360};
    s.data = &d;
    s.data_count = 1;
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->pool.v, 1);
    const struct pool_reason *rows = w.out.decisions[0].pools;
    assert_int_equal(rows[1].moved_uusd, 0);
    assert_int_equal(rows[0].moved_uusd, 7200000);
    assert_int_equal(rows[0].moving_ms, 6 * MINUTE);
    assert_int_equal(rows[0].cost_uusd, 15200000 + 1520000 + 7200000);
    d.gb = 1;
    id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->pool.v, 0);
    world_release(&w);
}

static void a_pool_where_the_work_does_not_fit_the_limit_is_too_slow(void **state)
{
    (void)state;
    struct world w;
    two_kinds(&w, 3);
    adopt(&w, 3000000, 1000000);
    struct job_spec s = lm(3600); /* an hour on mid chips: a tenth too long for the limit */
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->pool.v, 0);
    struct pool_reason row = w.out.decisions[0].pools[1];
    assert_int_equal(row.reason, REASON_TOO_SLOW);
    assert_int_equal(row.have, HOUR);
    assert_int_equal(row.need, HOUR + 6 * MINUTE);
    assert_int_equal(row.basis, BASIS_TABLE);
    assert_int_equal(row.expected_ms, HOUR);
    s.work.steps = 36000;
    uint32_t nowhere = world_submit(&w, &s);
    assert_int_equal(world_job(&w, nowhere)->state, JOB_PENDING);
    assert_int_equal(world_job(&w, nowhere)->reason, REASON_TOO_SLOW);
    struct explanation x;
    core_explain(w.core, world_job(&w, nowhere), &w.arena, &x);
    assert_int_equal(x.flip.kind, FLIP_MORE_TIME);
    assert_int_equal(x.flip.value, 220 * MINUTE);
    world_release(&w);
}

static void heartbeats_decide_where_the_next_attempt_goes(void **state)
{
    (void)state;
    struct world w;
    two_kinds(&w, 4);
    adopt(&w, 1900000, 1000000); /* by the table the mid chips are cheaper */
    struct job_spec s = lm(2000);
    s.time_limit_ms = 10 * HOUR;
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->pool.v, 1);
    world_report(&w, REPORT_STARTED, id, 1, 0);
    struct event e = {.kind = EVENT_PROGRESS, .actor_uid = 1000};
    for (int64_t i = 0; i < 3; i++, w.now_ms += MINUTE) {
        e.heartbeat = (struct heartbeat){{id}, 1, i * 6, 0, i == 1};
        world_step(&w, &e);
    }
    world_report(&w, REPORT_GONE, id, 1, 0);
    const struct job *j = world_job(&w, id);
    assert_int_equal(j->attempt, 2);
    assert_int_equal(j->spec.work.seen_usteps_per_s, 100000);
    const struct pool_reason *rows = w.out.decisions[w.out.decision_count - 1].pools;
    assert_int_equal(rows[1].basis, BASIS_HEARTBEAT);
    assert_int_equal(rows[1].expected_ms, 19940000);
    assert_int_equal(rows[0].basis, BASIS_HEARTBEAT_TABLE);
    assert_in_range(rows[0].expected_ms, 19940000 * 10 / 19 - 20, 19940000 * 10 / 19 + 20);
    world_release(&w);
}

static void new_tables_are_looked_at_by_jobs_that_wait(void **state)
{
    (void)state;
    struct world w;
    two_kinds(&w, 5);
    adopt(&w, 10000, 10000);
    struct job_spec s = lm(3600);
    uint32_t id = world_submit(&w, &s);
    assert_int_equal(world_job(&w, id)->reason, REASON_TOO_SLOW);
    adopt(&w, 10000, 4000000);
    assert_int_equal(world_job(&w, id)->state, JOB_CONFIGURING);
    assert_int_equal(world_job(&w, id)->pool.v, 1);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_agree_with_a_slow_model_in_floating_point),
        cmocka_unit_test(no_amount_overflows),
        cmocka_unit_test(the_dearer_chip_wins_where_it_is_faster_by_more),
        cmocka_unit_test(a_shadow_price_steers_and_is_not_paid),
        cmocka_unit_test(a_deadline_is_worth_the_dearer_pool_that_surely_keeps_it),
        cmocka_unit_test(the_best_pool_changes_as_the_deadline_comes_near),
        cmocka_unit_test(a_cheap_pool_whose_gap_would_be_ruined_loses_against_a_perfect_fit),
        cmocka_unit_test(data_pull_a_job_to_where_they_lie),
        cmocka_unit_test(a_pool_where_the_work_does_not_fit_the_limit_is_too_slow),
        cmocka_unit_test(heartbeats_decide_where_the_next_attempt_goes),
        cmocka_unit_test(new_tables_are_looked_at_by_jobs_that_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
