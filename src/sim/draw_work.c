#include "sim/draw_work.h"

#include "base/money.h"

#include <string.h>

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

/* Types of jobs: steps a second on one chip of the kind "mid", in millionths. The last one is in no
 * table. */
static const struct {
    const char *name;
    int64_t usteps_per_s, mflop_per_byte;
} types[] = {{"train", 2000000, 200000},
             {"infer", 50000000, 900},
             {"render", 90000, 0},
             {"unheard-of", 1000000, 0}};
enum { TYPE_COUNT = sizeof types / sizeof *types, TABLE_TYPES = TYPE_COUNT - 1 };

/* Speed of each kind against "mid", in percent. */
static const uint32_t percent_of_mid[] = {310, 100, 60, 15};

/* ---- supply ---- */

static void draw_sheets(struct fleet *f)
{
    static const int64_t bandwidth_gbs[] = {4800, 1555, 300, 0}; /* nothing is known of the last */
    static const int64_t fp16_tflops[] = {989, 312, 65, 0};
    for (uint32_t i = 0; i < f->chip_count; i++) {
        int64_t bw = bandwidth_gbs[i] * 1000, fp = fp16_tflops[i] * 1000;
        f->chips[i].dram_bw_gbs = (struct quantity){bw > 0, bw, bw, bw};
        f->chips[i].fp16_tflops = (struct quantity){fp > 0, fp, fp, fp};
    }
}

static void draw_links(struct rng *r, struct arena *arena, const struct fleet *f, struct site *s)
{
    s->link_count = rng_below(r, 3);
    s->links = ARENA_ARRAY(arena, s->link_count, struct site_link);
    for (uint32_t i = 0; i < s->link_count; i++) {
        const struct site *from = &f->sites[rng_below(r, f->site_count)];
        s->links[i] = (struct site_link){.from = rng_chance(r, 50) ? from->id : from->country,
                                         .mbps = rng_chance(r, 70) ? rng_between(r, 100, 40000) : 0,
                                         .uusd_per_gb = rng_between(r, 0, 90) * MONEY_UUSD / 1000};
    }
}

/* One or two windows, in order and apart, the first perhaps open already. */
static void draw_windows(struct rng *r, struct arena *arena, int64_t from_ms, int64_t to_ms,
                         struct window **out, uint32_t *count_out)
{
    *count_out = 1 + rng_below(r, 2);
    *out = ARENA_ARRAY(arena, *count_out, struct window);
    int64_t at_ms = from_ms;
    for (uint32_t i = 0; i < *count_out; i++) {
        struct window *w = &(*out)[i];
        w->from_ms = rng_between(r, at_ms, to_ms > at_ms ? to_ms : at_ms + 1);
        w->to_ms = w->from_ms + rng_between(r, 1, 180) * MINUTE_MS;
        if (rng_chance(r, 50)) w->reason = STR("cooling");
        at_ms = w->to_ms;
    }
}

static void draw_prices(struct rng *r, struct pool *p)
{
    p->title.uusd_per_cpu_h = rng_chance(r, 50) ? rng_between(r, 1, 90) * MONEY_UUSD / 1000 : 0;
    if (p->chips_per_node > 0)
        p->shadow_uusd_per_chip_h = rng_chance(r, 40) ? rng_between(r, 1, 30) * MONEY_UUSD / 10 : 0;
}

void draw_supply(struct rng *r, struct arena *arena, struct fleet *f, int64_t from_ms,
                 int64_t to_ms)
{
    draw_sheets(f);
    for (uint32_t i = 0; i < f->site_count; i++) {
        struct site *s = &f->sites[i];
        draw_links(r, arena, f, s);
        if (rng_chance(r, 15))
            draw_windows(r, arena, from_ms, to_ms, &s->maintenance, &s->maintenance_count);
    }
    for (uint32_t i = 0; i < f->pool_count; i++) {
        struct pool *p = &f->pools[i];
        draw_prices(r, p);
        if (rng_chance(r, 30))
            draw_windows(r, arena, from_ms, to_ms, &p->maintenance, &p->maintenance_count);
        bool fits = p->time_limit_max_ms == 0 || p->time_limit_max_ms >= HOUR_MS;
        if (fits && rng_chance(r, 20)) p->time_limit_default_ms = rng_between(r, 5, 60) * MINUTE_MS;
    }
}

void draw_supply_change(struct rng *r, struct arena *arena, struct fleet *f, int64_t from_ms,
                        int64_t to_ms)
{
    struct pool *p = &f->pools[rng_below(r, f->pool_count)];
    struct site *s = &f->sites[p->site_index];
    switch (rng_below(r, 5)) {
    case 0: draw_prices(r, p); break;
    case 1: p->maintenance_count = 0; break;
    case 2: s->maintenance_count = 0; break;
    case 3: draw_windows(r, arena, from_ms, to_ms, &s->maintenance, &s->maintenance_count); break;
    default: draw_windows(r, arena, from_ms, to_ms, &p->maintenance, &p->maintenance_count); break;
    }
}

void draw_supply_healed(struct fleet *f)
{
    for (uint32_t i = 0; i < f->site_count; i++) f->sites[i].maintenance_count = 0;
    for (uint32_t i = 0; i < f->pool_count; i++) {
        f->pools[i].maintenance_count = 0;
        f->pools[i].title.uusd_per_cpu_h = f->pools[i].shadow_uusd_per_chip_h = 0;
    }
}

/* ---- tables ---- */

static void draw_row(struct rng *r, const struct fleet *f, uint32_t type, uint32_t chip,
                     uint32_t chips, struct speeds *out)
{
    int64_t usteps = types[type].usteps_per_s * percent_of_mid[chip] / 100;
    usteps = usteps * rng_between(r, 50, 100) / 100 * chips; /* gangs lose by talking */
    if (rng_chance(r, 3)) usteps = rng_chance(r, 50) ? 1 : USTEPS_PER_S_MAX;
    out->rows[out->row_count++] = (struct speed_row){.type = str_of(types[type].name),
                                                     .chip = f->chips[chip].id,
                                                     .chips = chips,
                                                     .usteps_per_s = usteps > 0 ? usteps : 1,
                                                     .source = STR("made up")};
}

struct speeds *draw_speeds(struct rng *r, struct arena *arena, const struct fleet *f)
{
    static const uint32_t gangs[] = {1, 2, 4, 8};
    struct speeds *t = ARENA_NEW(arena, struct speeds);
    t->rows = ARENA_ARRAY(arena, TABLE_TYPES * 4 * f->chip_count, struct speed_row);
    t->types = ARENA_ARRAY(arena, TABLE_TYPES, struct speed_type);
    for (uint32_t i = 0; i < TABLE_TYPES; i++) {
        for (uint32_t c = 0; c < f->chip_count; c++)
            for (uint32_t g = 0; g < 4 && !rng_chance(r, 30); g++)
                if (rng_chance(r, 60)) draw_row(r, f, i, c, gangs[g], t);
        if (types[i].mflop_per_byte == 0 || rng_chance(r, 30)) continue;
        t->types[t->type_count++] = (struct speed_type){.type = str_of(types[i].name),
                                                        .mflop_per_byte = types[i].mflop_per_byte,
                                                        .source = STR("made up")};
    }
    speeds_sort(t);
    return t;
}

/* ---- demand ---- */

void draw_storm(struct rng *r, const struct fleet *f, struct job_spec *s)
{
    bool is_urgent = rng_chance(r, 60);
    *s = (struct job_spec){.name = s->name,
                           .tenant = f->tenants[0].id,
                           .user = s->user,
                           .uid = s->uid,
                           .gid = s->gid,
                           .workdir = s->workdir,
                           .wrapper = s->wrapper,
                           .script = s->script,
                           .partitions = &f->pools[0].id,
                           .partition_count = 1,
                           .nodes = 1,
                           .cpus_per_task = f->pools[0].cpus_per_node,
                           .purpose = STR("research"),
                           .data_known = true,
                           .priority = is_urgent ? 50 : 0,
                           .no_requeue = is_urgent,
                           .signal_number = is_urgent ? 0 : 10,
                           .checkpoint_s = is_urgent ? 0 : 600,
                           .checkpoint_cost_s = is_urgent ? 0 : 240,
                           .time_limit_ms = (is_urgent ? rng_between(r, 3, 10) : 240) * MINUTE_MS};
}

void draw_work(struct rng *r, struct arena *arena, const struct fleet *f, struct job_spec *s)
{
    for (uint32_t i = 0; i < s->data_count; i++)
        if (rng_chance(r, 70)) s->data[i].gb = rng_between(r, 1, 2000);
    if ((s->chips == 0 && s->chips_per_node == 0) || rng_chance(r, 40)) return;
    uint32_t type = rng_below(r, TYPE_COUNT);
    s->work.type = str_of(types[type].name);
    if (rng_chance(r, 30)) s->work.checkpoint_gb = rng_between(r, 1, 500);
    if (rng_chance(r, 15)) {
        s->chip_prefer = ARENA_NEW(arena, struct str);
        s->chip_prefer[0] = f->chips[rng_below(r, f->chip_count)].id;
        s->chip_prefer_count = 1;
    }
    if (s->time_limit_ms == 0 || rng_chance(r, 30)) return;
    /* As many as some kind does within the limit, and others do not. */
    int64_t per_s = types[type].usteps_per_s * percent_of_mid[rng_below(r, 4)] / 100;
    int64_t chips = s->chips > 0 ? s->chips : 1;
    s->work.steps =
        1 + per_s * (s->time_limit_ms / 1000) / 1000000 * chips * rng_between(r, 10, 100) / 100;
    if (rng_chance(r, 20)) s->work.steps_done = s->work.steps * rng_between(r, 0, 100) / 100;
}
