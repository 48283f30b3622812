/* cost.c - what a job costs in a pool (design section 7):
 *
 *     cost = chips x hours(job, chip) x (price + shadow price) + CPUs x hours x their price
 *            + data and checkpoint transfer + fragmentation x hours x shadow price
 *
 * and a pool that surely keeps the job's deadline comes before any that may not, whatever it costs.
 *
 * Transfer: gigabytes that lie in another country (or a checkpoint at another site) x the price of
 * the site's first link from there, and the claim's chips and CPUs while they wait for them. What is
 * not stated (sizes, places, links) costs nothing.
 *
 * Hours are expected ones (perf/estimate.h): from steps and a speed where both are known, else the
 * time limit, carried over from the kind of chip that the job names first. Shadow prices say what a
 * chip is worth to others; they steer the choice of a pool and are not paid.
 *
 * Fragmentation: what the placement strands, by the rule that chooses nodes inside a pool
 * (nodes_stranded): thousandths of chips that the work this pool sees could use before and cannot
 * now. Others do without them as long as the job is there, so they are charged for that long, and at
 * the shadow price, which is what a chip is worth to others. It depends on what is free, so it is
 * worked out when the job could start; it is never below 0, so a pool whose cost without it is above
 * the best found need not be looked at.
 *
 * Lateness: nobody states what a missed deadline costs, so no price is invented. A start is surely in
 * time if even the longest of the estimate (its bar, perf/estimate.h) ends by the deadline: the
 * slack is no less than the estimate's error. Pools where it is come first; among the others the one
 * that may be late by the least; then cost decides. Where no steps are counted the time limit bounds
 * the run, and a start that could pass the deadline within it is refused anyway (pool_row.c). This is
 * the total tardiness of scheduling theory (Pinedo, Scheduling, section 1.1) put before the total
 * cost, with the worst case of the bar for the completion time.
 *
 * The time limit stays what the job states, wherever it runs: it is a wall-clock limit, as
 * everywhere. So a pool where the work would not be done in time is no place for the job (TooSlow).
 * Only where steps are counted is that known: a limit alone is an upper bound, and who accepts a
 * kind of chip says that it suffices there. */
#include "core/state.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/money.h"

static int64_t price_of(int64_t uusd_per_h, uint64_t count, int64_t ms)
{
    return money_scale(money_scale(uusd_per_h, (int64_t)count, 1), ms, MS_PER_H);
}

/* Part of a chip costs that part of its price. */
static int64_t chips_price(int64_t uusd_per_chip_h, uint64_t milli, int64_t ms)
{
    return money_scale(money_scale(uusd_per_chip_h, (int64_t)milli, CHIP_MILLI), ms, MS_PER_H);
}

static void estimate_in(const struct core *c, const struct job_spec *s, uint32_t pool,
                        uint32_t chips, struct estimate *out)
{
    const struct pool *p = &c->fleet.pools[pool];
    const struct chip *chip = p->chip_index == NO_INDEX ? NULL : &c->fleet.chips[p->chip_index];
    estimate_duration(&c->speeds, &c->fleet, &s->work, s->chip_kinds, s->chip_kind_count,
                      limit_in_pool(&c->fleet, s, pool), chip, chips, out);
}

/* ---- transfer
 * ----------------------------------------------------------------------------------- */

static const struct site *site_with_id(const struct fleet *f, struct str id)
{
    uint32_t i = id.len > 0 ? fleet_site(f, id) : NO_INDEX;
    return i == NO_INDEX ? NULL : &f->sites[i];
}

static const struct site_link *link_from(const struct site *to, struct str site, struct str country)
{
    for (uint32_t i = 0; i < to->link_count; i++) {
        struct str from = to->links[i].from;
        if ((site.len > 0 && str_eq(from, site)) || (country.len > 0 && str_eq(from, country)))
            return &to->links[i];
    }
    return NULL;
}

static void move(const struct site_link *link, int64_t gb, struct cost *out)
{
    if (link == NULL || gb <= 0) return;
    out->moved_uusd = money_add(out->moved_uusd, money_scale(link->uusd_per_gb, gb, 1));
    if (link->mbps > 0)
        out->moving_ms = money_add(out->moving_ms, money_scale(gb, 8000000, link->mbps));
}

static void transfer(const struct core *c, const struct job_spec *s, const struct site *to,
                     struct cost *out)
{
    for (uint32_t i = 0; i < s->data_count; i++) {
        const struct data_set *d = &s->data[i];
        if (d->located.len > 0 && !str_eq(d->located, to->country))
            move(link_from(to, (struct str){0}, d->located), d->gb, out);
    }
    const struct site *saved = site_with_id(&c->fleet, s->work.saved_site);
    if (saved != NULL && saved != to)
        move(link_from(to, saved->id, saved->country), s->work.checkpoint_gb, out);
}

/* ---- the whole
 * ---------------------------------------------------------------------------------- */

/* Of the start, with what is known of the time. */
static int64_t sure_until(const struct job_spec *s, const struct cost *x)
{
    if (s->deadline_ms == 0 || !basis_counts_steps(x->time.basis) || BERTH_DEFECT == 80)
        return CIVIL_NEVER_MS;
    int64_t span = money_add(x->time.hi_ms, x->moving_ms);
    return span < s->deadline_ms ? s->deadline_ms - span : 0;
}

int64_t late_by_ms(int64_t sure_until_ms, int64_t now_ms)
{
    return sure_until_ms != CIVIL_NEVER_MS && now_ms > sure_until_ms ? now_ms - sure_until_ms : 0;
}

void cost_in_pool(const struct core *c, const struct job_spec *s, uint32_t pool, struct cost *out)
{
    *out = (struct cost){.sure_until_ms = CIVIL_NEVER_MS};
    const struct pool *p = &c->fleet.pools[pool];
    struct size z;
    int64_t have, need;
    if (size_in_pool(s, p, &z, &have, &need) != REASON_NONE) return;
    estimate_in(c, s, pool, z.chips, &out->time);
    uint64_t cpus = (uint64_t)z.part[0].count * z.part[0].each.cpus +
                    (uint64_t)z.part[1].count * z.part[1].each.cpus;
    transfer(c, s, &c->fleet.sites[p->site_index], out);
    out->sure_until_ms = sure_until(s, out);
    int64_t ms = money_add(out->time.ms, out->moving_ms);
    out->paid_uusd = money_add(chips_price(p->title.uusd_per_chip_h, z.milli, ms),
                               price_of(p->title.uusd_per_cpu_h, cpus, ms));
    int64_t limit = limit_in_pool(&c->fleet, s, pool);
    out->limit_uusd = money_add(chips_price(p->title.uusd_per_chip_h, z.milli, limit),
                                price_of(p->title.uusd_per_cpu_h, cpus, limit));
    out->paid_uusd = money_add(out->paid_uusd, out->moved_uusd);
    out->total_uusd =
        BERTH_DEFECT == 44
            ? out->paid_uusd
            : money_add(out->paid_uusd, chips_price(p->shadow_uusd_per_chip_h, z.milli, ms));
}

int64_t stranded_uusd(const struct core *c, const struct job_spec *s, uint32_t pool,
                      const struct claim_part *parts, uint32_t count)
{
    int64_t shadow = c->fleet.pools[pool].shadow_uusd_per_chip_h;
    if (shadow == 0 || BERTH_DEFECT == 81) return 0;
    int64_t milli = nodes_stranded(&c->pools[pool], parts, count);
    struct cost cost;
    cost_in_pool(c, s, pool, &cost);
    return chips_price(shadow, (uint64_t)milli, money_add(cost.time.ms, cost.moving_ms));
}

int64_t stranded_now(const struct core *c, const struct job_spec *s, uint32_t pool,
                     const struct size *z, uint32_t *waste_out)
{
    bool is_free = c->fleet.pools[pool].shadow_uusd_per_chip_h == 0;
    struct claim_part *parts = is_free ? NULL : mem_alloc(z->nodes, sizeof *parts);
    bool fits = nodes_choose(&c->pools[pool], z, parts, waste_out);
    ASSERT(fits);
    int64_t uusd = is_free ? 0 : stranded_uusd(c, s, pool, parts, z->nodes);
    mem_free(parts);
    return uusd;
}

int64_t cost_of_claim(const struct core *c, const struct claim *k, int64_t ms)
{
    const struct title *t = &c->fleet.pools[k->pool.v].title;
    uint64_t cpus = 0;
    for (uint32_t i = 0; i < k->part_count; i++) cpus += k->parts[i].cpus;
    return money_add(chips_price(t->uusd_per_chip_h, claim_milli(k), ms),
                     price_of(t->uusd_per_cpu_h, cpus, ms));
}

int speed_row(const struct core *c, const struct job_spec *s, uint32_t pool,
              struct pool_reason *out)
{
    struct size z;
    int64_t have, need;
    if (s->work.steps == 0) return REASON_NONE;
    if (size_in_pool(s, &c->fleet.pools[pool], &z, &have, &need) != REASON_NONE) return REASON_NONE;
    struct estimate e;
    estimate_in(c, s, pool, z.chips, &e);
    if (!basis_counts_steps(e.basis)) return REASON_NONE;
    out->have = limit_in_pool(&c->fleet, s, pool);
    out->need = money_scale(e.lo_ms, SPEED_MARGIN_PERCENT, 100);
    return out->need > out->have ? REASON_TOO_SLOW : REASON_NONE;
}

/* ---- the tables
 * -------------------------------------------------------------------------------- */

void speeds_enter(struct core *c, const struct speeds *t)
{
    struct arena old = c->speeds_arena;
    arena_init(&c->speeds_arena);
    speeds_copy(t, &c->speeds_arena, &c->speeds);
    arena_release(&old);
    if (BERTH_DEFECT != 40) c->fleet_epoch++; /* candidates and their costs are made anew */
    c->waiting_stale = c->retry_all = true;
}
