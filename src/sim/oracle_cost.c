/* oracle_cost.c - COST: every cost that a decision states, worked out again, and that the chosen
 * pool is the cheapest that was free.
 *
 * In floating point and by plain loops over the tables, from what the headers promise (perf/
 * estimate.h, speeds.h, roofline.h; core/cost.c), with what each rounding to whole numbers may make
 * wrong carried along. What it is compared with: expected time, bar, source and cost of every row
 * of a placement or of a job that waits. Of a job that was placed the pools that were free and
 * lawful must cost no less, unless it prefers the kind of the one chosen or would keep the deadline
 * less surely. What a placement strands: oracle_strand.c. */
#include "core/size.h"
#include "sim/world.h"

#include <inttypes.h>

#define BAR_MAX 0x1p63 /* where whole numbers end, and the core clamps */

/* A speed or a ratio, and how wrong rounding may have made it, as a part of it. */
struct bar {
    double best, lo, hi, wrong;
};

static double at_least(double x, double least)
{
    return x > least ? x : least;
}

static double at_most(double x, double most)
{
    return x < most ? x : most;
}

/* ---- the tables, row by row ---- */

static bool by_table(const struct speeds *t, struct str type, struct str chip, uint32_t chips,
                     struct bar *out, bool *exact)
{
    const struct speed_row *below = NULL, *above = NULL;
    for (uint32_t i = 0; i < t->row_count && type.len > 0; i++) {
        const struct speed_row *r = &t->rows[i];
        if (!str_eq(r->type, type) || !str_eq(r->chip, chip)) continue;
        if (r->chips <= chips && (below == NULL || r->chips > below->chips)) below = r;
        if (r->chips >= chips && (above == NULL || r->chips < above->chips)) above = r;
    }
    if (below == NULL && above == NULL) return false;
    *exact = below != NULL && below == above;
    double x = below != NULL ? (double)below->usteps_per_s : 0;
    double y = above != NULL ? (double)above->usteps_per_s : 0;
    if (*exact) {
        *out = (struct bar){x, x, x, 0};
    } else if (above == NULL) {
        double linear = at_most(x * chips / below->chips, BAR_MAX);
        *out = (struct bar){(x + linear) / 2, x, linear, 0};
    } else if (below == NULL) {
        double linear = at_least(y * chips / above->chips, 1);
        *out = (struct bar){linear, linear, y, 0};
    } else {
        double part = (double)(chips - below->chips) / (above->chips - below->chips);
        *out = (struct bar){x + (y - x) * part, x < y ? x : y, x < y ? y : x, 0};
    }
    out->wrong = 1 / out->lo;
    return true;
}

static double intensity(const struct speeds *t, struct str type)
{
    for (uint32_t i = 0; i < t->type_count; i++)
        if (str_eq(t->types[i].type, type)) return (double)t->types[i].mflop_per_byte / 1000;
    return 0;
}

/* ---- data sheets: in the simulated worlds a chip has both rates or none ---- */

static struct bar ratio_within(double best, double lo, double hi)
{
    struct bar r = {at_most(at_least(best, 1e-6), 1e9), at_most(at_least(lo, 1e-6), 1e9),
                    at_most(at_least(hi, 1e-6), 1e9), 0};
    r.wrong = 2e-6 / r.lo;
    return r;
}

static bool by_sheets(const struct chip *a, uint32_t a_chips, const struct chip *b,
                      uint32_t b_chips, double flop_per_byte, struct bar *out)
{
    double best = 1, lo = 1, hi = 1;
    if (a != b) {
        if (!a->fp16_tflops.known || !b->fp16_tflops.known) return false;
        double peak_a = (double)a->fp16_tflops.milli, peak_b = (double)b->fp16_tflops.milli;
        double bytes_a = (double)a->dram_bw_gbs.milli / 1000;
        double bytes_b = (double)b->dram_bw_gbs.milli / 1000;
        double memory = bytes_b / bytes_a, other = peak_b / peak_a;
        if (flop_per_byte > 0)
            memory = other =
                at_most(peak_b, bytes_b * flop_per_byte) / at_most(peak_a, bytes_a * flop_per_byte);
        best = memory;
        lo = (memory < other ? memory : other) / 1.7;
        hi = (memory < other ? other : memory) * 1.7;
    }
    double linear = (double)b_chips / a_chips;
    *out =
        ratio_within(best * linear, linear < 1 ? lo * linear : lo, linear > 1 ? hi * linear : hi);
    return true;
}

static bool carried(const struct sim *s, struct str type, const struct chip *from,
                    uint32_t from_chips, const struct chip *to, uint32_t to_chips, struct bar *out,
                    bool *table)
{
    const struct speeds *t = shell_speeds(s);
    struct bar a, b;
    bool exact;
    *table = by_table(t, type, from->id, from_chips, &a, &exact) &&
             by_table(t, type, to->id, to_chips, &b, &exact);
    if (!*table) return by_sheets(from, from_chips, to, to_chips, intensity(t, type), out);
    *out = ratio_within(b.best / a.best, b.lo / a.hi, b.hi / a.lo);
    out->wrong += a.wrong + b.wrong;
    return true;
}

/* ---- hours ---- */

struct hours {
    double ms, lo_ms, hi_ms, wrong;
    int basis;
};

static void from_steps(double left, const struct bar *speed, int basis, struct hours *out)
{
    *out = (struct hours){at_most(at_least(left * 1e9 / at_least(speed->best, 1), 1), BAR_MAX),
                          at_most(at_least(left * 1e9 / at_least(speed->hi, 1), 1), BAR_MAX),
                          at_most(at_least(left * 1e9 / at_least(speed->lo, 1), 1), BAR_MAX),
                          speed->wrong + 2 / at_least(speed->lo, 1), basis};
}

static struct bar times(const struct bar *a, const struct bar *b, double lo, double hi)
{
    struct bar x = {a->best * b->best, lo * b->lo, hi * b->hi, a->wrong + b->wrong};
    return x;
}

static bool from_beats(const struct sim *s, const struct job_work *w, const struct chip *chip,
                       uint32_t chips, double left, struct hours *out)
{
    const struct fleet *f = shell_fleet(s);
    double seen = (double)w->seen_usteps_per_s;
    struct bar own = {seen, seen, seen, 0}, r;
    if (seen <= 0) return false;
    if (str_eq(w->seen_chip, chip->id) && w->seen_chips == chips) {
        from_steps(left, &own, BASIS_HEARTBEAT, out);
        return true;
    }
    uint32_t at = fleet_chip(f, w->seen_chip);
    bool table;
    if (at == NO_INDEX ||
        !carried(s, w->type, &f->chips[at], w->seen_chips, chip, chips, &r, &table))
        return false;
    struct bar speed = times(&own, &r, seen, seen);
    from_steps(left, &speed, table ? BASIS_HEARTBEAT_TABLE : BASIS_HEARTBEAT_ROOFLINE, out);
    return true;
}

static bool from_tables(const struct sim *s, const struct job_work *w, const struct chip *chip,
                        uint32_t chips, double left, struct hours *out)
{
    const struct fleet *f = shell_fleet(s);
    const struct speeds *t = shell_speeds(s);
    struct bar there, r;
    bool exact;
    if (by_table(t, w->type, chip->id, chips, &there, &exact)) {
        from_steps(left, &there, exact ? BASIS_TABLE : BASIS_TABLE_GANG, out);
        return true;
    }
    for (uint32_t i = 0; i < f->chip_count; i++) {
        if (!by_table(t, w->type, f->chips[i].id, chips, &there, &exact)) continue;
        if (!by_sheets(&f->chips[i], chips, chip, chips, intensity(t, w->type), &r)) continue;
        struct bar speed = times(&there, &r, there.lo, there.hi);
        from_steps(left, &speed, BASIS_TABLE_ROOFLINE, out);
        return true;
    }
    return false;
}

static struct hours hours_of(const struct sim *s, const struct job *j, const struct pool *p,
                             uint32_t chips, int64_t limit_ms)
{
    const struct fleet *f = shell_fleet(s);
    const struct job_work *w = &j->spec.work;
    double limit = (double)limit_ms, left = (double)(w->steps - w->steps_done);
    struct hours h = {limit, limit, limit, 0, BASIS_LIMIT};
    if (p->chip_index == NO_INDEX || chips == 0) return h;
    const struct chip *chip = &f->chips[p->chip_index], *first = chip;
    if (left > 0 &&
        (from_beats(s, w, chip, chips, left, &h) || from_tables(s, w, chip, chips, left, &h)))
        return h;
    if (j->spec.chip_kind_count > 0) first = &f->chips[fleet_chip(f, j->spec.chip_kinds[0])];
    struct bar r;
    bool table;
    if (first == chip || !carried(s, w->type, first, chips, chip, chips, &r, &table)) return h;
    h = (struct hours){at_least(limit / r.best, 1), at_least(limit / r.hi, 1),
                       at_least(limit / r.lo, 1), r.wrong,
                       table ? BASIS_LIMIT_TABLE : BASIS_LIMIT_ROOFLINE};
    return h;
}

/* ---- money ---- */

static void move(const struct site *to, struct str site, struct str country, int64_t gb, double *ms,
                 double *uusd)
{
    for (uint32_t i = 0; i < to->link_count && gb > 0; i++) {
        const struct site_link *l = &to->links[i];
        bool is_it = (site.len > 0 && str_eq(l->from, site)) ||
                     (country.len > 0 && str_eq(l->from, country));
        if (!is_it) continue;
        *uusd += (double)l->uusd_per_gb * (double)gb;
        if (l->mbps > 0) *ms += (double)gb * 8e6 / (double)l->mbps;
        return;
    }
}

struct price {
    struct hours hours;
    double moving_ms, moved_uusd, uusd;
    double slack; /* of uusd, for what is whole: ms and micro-USD */
};

static void price_of(const struct sim *s, const struct job *j, uint32_t pool, const struct size *z,
                     int64_t limit_ms, struct price *x)
{
    const struct fleet *f = shell_fleet(s);
    const struct pool *p = &f->pools[pool];
    const struct site *to = &f->sites[p->site_index];
    *x = (struct price){.hours = hours_of(s, j, p, z->chips, limit_ms)};
    for (uint32_t i = 0; i < j->spec.data_count; i++)
        if (!str_eq(j->spec.data[i].located, to->country))
            move(to, (struct str){0}, j->spec.data[i].located, j->spec.data[i].gb, &x->moving_ms,
                 &x->moved_uusd);
    uint32_t saved =
        j->spec.work.saved_site.len > 0 ? fleet_site(f, j->spec.work.saved_site) : NO_INDEX;
    if (saved != NO_INDEX && &f->sites[saved] != to)
        move(to, f->sites[saved].id, f->sites[saved].country, j->spec.work.checkpoint_gb,
             &x->moving_ms, &x->moved_uusd);
    double cpus = (double)z->part[0].count * z->part[0].each.cpus +
                  (double)z->part[1].count * z->part[1].each.cpus;
    double per_h =
        (double)z->milli / 1000 * (double)(p->title.uusd_per_chip_h + p->shadow_uusd_per_chip_h) +
        cpus * (double)p->title.uusd_per_cpu_h;
    x->uusd = at_most(per_h * (x->hours.ms + x->moving_ms) / 3.6e6 + x->moved_uusd, BAR_MAX);
    x->slack = 6 + per_h * 4 / 3.6e6;
}

/* ---- decisions ---- */

static bool is_near(int64_t is, double should, double wrong, double slack)
{
    double off = (double)is - should;
    return (off < 0 ? -off : off) <= should * (wrong + 1e-6) + slack;
}

/* By the longest that it may take there, if it starts now. */
static void check_late(struct sim *s, const struct job *j, const struct pool_reason *row,
                       const struct price *x)
{
    double start = (double)core_now_ms(s->shell.core), deadline = (double)j->spec.deadline_ms;
    double span = at_most(x->hours.hi_ms + x->moving_ms, deadline);
    bool counts = basis_counts_steps(x->hours.basis);
    double late = deadline > 0 && counts ? at_least(start + span - deadline, 0) : 0;
    if (late > 0) sim_count(s, STAT_LATE_COSTS);
    double off = (double)row->late_ms - late;
    if ((off < 0 ? -off : off) > span * (x->hours.wrong + 1e-6) + 4)
        sim_fail(s, "COST",
                 "job %" PRIu32 " may be late by %.0f ms in pool %" PRIu32 ", not by %" PRId64,
                 j->id.v, late, row->pool, row->late_ms);
}

static void check_row(struct sim *s, const struct job *j, const struct pool_reason *row)
{
    const struct fleet *f = shell_fleet(s);
    const struct pool *p = &f->pools[row->pool];
    struct size z;
    int64_t have, need;
    struct price x = {.hours = {.basis = BASIS_LIMIT}};
    bool can = size_in_pool(&j->spec, p, &z, &have, &need) == REASON_NONE;
    int64_t limit_ms = j->spec.time_limit_ms > 0      ? j->spec.time_limit_ms
                       : p->time_limit_default_ms > 0 ? p->time_limit_default_ms
                                                      : f->time_limit_default_ms;
    if (can) price_of(s, j, row->pool, &z, limit_ms, &x);
    sim_count(s, STAT_COSTS);
    if (x.hours.basis != BASIS_LIMIT) sim_count(s, STAT_COUNTED_COSTS);
    if (x.hours.basis >= BASIS_HEARTBEAT && x.hours.basis <= BASIS_HEARTBEAT_ROOFLINE)
        sim_count(s, STAT_BEAT_COSTS);
    if (x.moving_ms > 0 || x.moved_uusd > 0) sim_count(s, STAT_MOVES);
    bool timed = x.hours.basis == BASIS_LIMIT
                     ? row->expected_ms == 0
                     : is_near(row->expected_ms, x.hours.ms, x.hours.wrong, 2) &&
                           is_near(row->lo_ms, x.hours.lo_ms, x.hours.wrong, 2) &&
                           is_near(row->hi_ms, x.hours.hi_ms, x.hours.wrong, 2);
    if (row->basis != x.hours.basis || !timed)
        sim_fail(s, "COST",
                 "job %" PRIu32 " in pool %" PRIu32 ": %" PRId64 " ms (%" PRId64 " to %" PRId64
                 ") expected by %s, not %.0f (%.0f to %.0f) by %s",
                 j->id.v, row->pool, row->expected_ms, row->lo_ms, row->hi_ms,
                 basis_names[row->basis], x.hours.ms, x.hours.lo_ms, x.hours.hi_ms,
                 basis_names[x.hours.basis]);
    else if (!is_near(row->cost_uusd, at_most(x.uusd + (double)row->stranded_uusd, BAR_MAX),
                      x.hours.wrong, x.slack) ||
             !is_near(row->moving_ms, x.moving_ms, 0, 2) ||
             !is_near(row->moved_uusd, x.moved_uusd, 0, 6))
        sim_fail(s, "COST",
                 "job %" PRIu32 " in pool %" PRIu32 " costs %" PRId64 " (%" PRId64
                 " of it to move data, %" PRId64 " ms), not %.0f (%.0f, %.0f ms)",
                 j->id.v, row->pool, row->cost_uusd, row->moved_uusd, row->moving_ms, x.uusd,
                 x.moved_uusd, x.moving_ms);
    else
        check_late(s, j, row, &x);
}

static bool is_preferred(const struct sim *s, const struct job *j, uint32_t pool)
{
    for (uint32_t i = 0; i < j->spec.chip_prefer_count; i++)
        if (str_eq(shell_fleet(s)->pools[pool].chip, j->spec.chip_prefer[i])) return true;
    return false;
}

static bool had_hold(const struct sim *s, struct job_id job)
{
    for (uint32_t i = 0; i < s->held_count; i++)
        if (s->held[i].job.v == job.v) return true;
    return false;
}

/* Those that were free too cost no less: what is said to be dearer is, and what is said to be full
 * is. */
static void check_best(struct sim *s, const struct decision *d, const struct job *j)
{
    const struct pool_reason *own = &d->pools[d->pool];
    for (uint32_t i = 0; i < d->pool_count && !sim_has_failed(s); i++) {
        const struct pool_reason *row = &d->pools[i];
        bool fits = row->reason == REASON_RESOURCES && oracle_fits(s, j, i, NULL, 0);
        if (fits)
            sim_fail(s, "COST",
                     "job %" PRIu32 " fits in pool %" PRIu32 ", which is said to be full", j->id.v,
                     i);
        if (row->reason != REASON_DEARER || had_hold(s, j->id)) continue;
        sim_count(s, STAT_BEST_CHECKS);
        bool p = is_preferred(s, j, d->pool), q = is_preferred(s, j, i);
        bool level = row->late_ms == own->late_ms;
        if (row->late_ms < own->late_ms || (level && q && !p) ||
            (level && p == q && row->cost_uusd < own->cost_uusd))
            sim_fail(s, "COST",
                     "job %" PRIu32 " was placed in pool %" PRIu32 " at %" PRId64
                     ", though it could run in pool %" PRIu32 " at %" PRId64,
                     j->id.v, d->pool, own->cost_uusd, i, row->cost_uusd);
    }
}

/* For how long, as the row of the chosen pool, which has been checked, says. */
static void check_stranded(struct sim *s, const struct outcome *out, const struct decision *d,
                           const struct job *j)
{
    const struct pool_reason *row = &d->pools[d->pool];
    int64_t ms = row->basis == BASIS_LIMIT ? j->time_limit_ms : row->expected_ms;
    oracle_strand(s, out, d, j, (double)ms + (double)row->moving_ms);
}

void oracle_cost(struct sim *s, const struct outcome *out)
{
    for (size_t i = 0; i < out->decision_count && !sim_has_failed(s); i++) {
        const struct decision *d = &out->decisions[i];
        const struct job *j = core_job(s->shell.core, d->job);
        if (j == NULL || d->pool_count == 0) continue;
        for (uint32_t k = 0; k < d->pool_count && !sim_has_failed(s); k++) {
            check_row(s, j, &d->pools[k]);
            if (!sim_has_failed(s)) oracle_wall_row(s, j, &d->pools[k]);
        }
        if (d->kind == DECISION_PLACED && !sim_has_failed(s)) check_best(s, d, j);
        if (d->kind == DECISION_PLACED && !sim_has_failed(s)) check_stranded(s, out, d, j);
    }
}
