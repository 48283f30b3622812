#include "perf/estimate.h"

#include "base/check.h"
#include "base/money.h"
#include "perf/roofline.h"

const char *const basis_names[BASIS_COUNT] = {
    [BASIS_LIMIT] = "limit",
    [BASIS_HEARTBEAT] = "heartbeat",
    [BASIS_HEARTBEAT_TABLE] = "heartbeat+table",
    [BASIS_HEARTBEAT_ROOFLINE] = "heartbeat+roofline",
    [BASIS_TABLE] = "table",
    [BASIS_TABLE_GANG] = "table+gang",
    [BASIS_TABLE_ROOFLINE] = "table+roofline",
    [BASIS_LIMIT_TABLE] = "limit+table",
    [BASIS_LIMIT_ROOFLINE] = "limit+roofline",
};

bool basis_is_measured(int basis)
{
    return basis == BASIS_HEARTBEAT || basis == BASIS_TABLE;
}

bool basis_counts_steps(int basis)
{
    return basis >= BASIS_HEARTBEAT && basis <= BASIS_TABLE_ROOFLINE;
}

/* All that the steps below read. */
struct task {
    const struct speeds *t;
    const struct fleet *f;
    const struct job_work *work;
    const struct chip *chip;
    uint32_t chips;
    struct estimate *out;
};

static int64_t at_least_one(int64_t x)
{
    return x > 0 ? x : 1;
}

static const struct chip *chip_with_id(const struct fleet *f, struct str id)
{
    uint32_t c = fleet_chip(f, id);
    return c == NO_INDEX ? NULL : &f->chips[c];
}

/* The kind that a time limit is for: the gang's own where the first name means it too. */
static const struct chip *reference(const struct fleet *f, const struct str *kinds, uint32_t count,
                                    const struct chip *own)
{
    if (count == 0 || chip_is_named(own->id, kinds[0])) return own;
    for (uint32_t c = 0; c < f->chip_count; c++)
        if (chip_is_named(f->chips[c].id, kinds[0])) return &f->chips[c];
    return own;
}

/* Speed of the task's gang over that of `chips` chips of kind `from`: by the tables where they know
 * the type on both, else by the data sheets. */
static bool ratio_from(const struct task *k, const struct chip *from, uint32_t chips,
                       struct ratio *out, bool *by_table, struct str *source)
{
    struct speed a, b;
    *source = (struct str){0};
    *by_table = speeds_find(k->t, k->work->type, from->id, chips, &a) &&
                speeds_find(k->t, k->work->type, k->chip->id, k->chips, &b);
    if (!*by_table)
        return roofline_ratio(from, chips, k->chip, k->chips,
                              speeds_mflop_per_byte(k->t, k->work->type), out);
    *source = b.source;
    int64_t *ppm[] = {&out->ppm, &out->lo_ppm, &out->hi_ppm};
    const int64_t num[] = {b.usteps_per_s, b.lo, b.hi}, den[] = {a.usteps_per_s, a.hi, a.lo};
    for (int i = 0; i < 3; i++) {
        int64_t x = money_scale(num[i], RATIO_ONE, den[i]);
        *ppm[i] = x < 1 ? 1 : x < RATIO_MAX ? x : RATIO_MAX;
    }
    return true;
}

/* ---- from steps ------------------------------------------------------------------------------ */

static void set_by_speed(const struct task *k, const struct speed *v, int basis)
{
    int64_t left = k->work->steps - k->work->steps_done;
    const int64_t billion = INT64_C(1000000000); /* steps x 1e6 / usteps, in ms */
    k->out->ms = at_least_one(money_scale(left, billion, v->usteps_per_s));
    k->out->lo_ms = at_least_one(money_scale(left, billion, v->hi));
    k->out->hi_ms = at_least_one(money_scale(left, billion, v->lo));
    k->out->basis = basis;
    k->out->source = v->source;
}

static struct speed scaled(int64_t usteps_per_s, const struct ratio *r)
{
    struct speed v = {.usteps_per_s = at_least_one(money_scale(usteps_per_s, r->ppm, RATIO_ONE)),
                      .lo = at_least_one(money_scale(usteps_per_s, r->lo_ppm, RATIO_ONE)),
                      .hi = at_least_one(money_scale(usteps_per_s, r->hi_ppm, RATIO_ONE))};
    return v;
}

static bool by_heartbeat(const struct task *k)
{
    const struct job_work *w = k->work;
    if (w->seen_usteps_per_s <= 0 || w->seen_chips == 0) return false;
    if (str_eq(w->seen_chip, k->chip->id) && w->seen_chips == k->chips) {
        int64_t v = w->seen_usteps_per_s;
        set_by_speed(k, &(struct speed){.usteps_per_s = v, .lo = v, .hi = v}, BASIS_HEARTBEAT);
        return true;
    }
    const struct chip *from = chip_with_id(k->f, w->seen_chip);
    struct ratio r;
    bool by_table;
    struct str source;
    if (from == NULL || !ratio_from(k, from, w->seen_chips, &r, &by_table, &source)) return false;
    struct speed v = scaled(w->seen_usteps_per_s, &r);
    v.source = source;
    set_by_speed(k, &v, by_table ? BASIS_HEARTBEAT_TABLE : BASIS_HEARTBEAT_ROOFLINE);
    return true;
}

static bool by_table(const struct task *k)
{
    struct speed v;
    if (!speeds_find(k->t, k->work->type, k->chip->id, k->chips, &v)) return false;
    set_by_speed(k, &v, v.exact ? BASIS_TABLE : BASIS_TABLE_GANG);
    return true;
}

/* From the first kind of the catalogue on which the type was measured. */
static bool by_other_kind(const struct task *k)
{
    int64_t intensity = speeds_mflop_per_byte(k->t, k->work->type);
    for (uint32_t c = 0; c < k->f->chip_count; c++) {
        const struct chip *from = &k->f->chips[c];
        struct speed there;
        struct ratio r;
        if (!speeds_find(k->t, k->work->type, from->id, k->chips, &there)) continue;
        if (!roofline_ratio(from, k->chips, k->chip, k->chips, intensity, &r)) continue;
        struct speed v = scaled(there.usteps_per_s, &r);
        v.lo = at_least_one(money_scale(there.lo, r.lo_ppm, RATIO_ONE));
        v.hi = at_least_one(money_scale(there.hi, r.hi_ppm, RATIO_ONE));
        v.source = there.source;
        set_by_speed(k, &v, BASIS_TABLE_ROOFLINE);
        return true;
    }
    return false;
}

/* ---- from the time limit --------------------------------------------------------------------- */

static void by_limit(const struct task *k, const struct chip *from, int64_t limit_ms)
{
    struct ratio r;
    bool table;
    struct str source;
    if (from == k->chip || !ratio_from(k, from, k->chips, &r, &table, &source)) return;
    k->out->ms = at_least_one(money_scale(limit_ms, RATIO_ONE, r.ppm));
    k->out->lo_ms = at_least_one(money_scale(limit_ms, RATIO_ONE, r.hi_ppm));
    k->out->hi_ms = at_least_one(money_scale(limit_ms, RATIO_ONE, r.lo_ppm));
    k->out->basis = table ? BASIS_LIMIT_TABLE : BASIS_LIMIT_ROOFLINE;
    k->out->source = source;
}

void estimate_duration(const struct speeds *t, const struct fleet *f, const struct job_work *work,
                       const struct str *kinds, uint32_t kind_count, int64_t limit_ms,
                       const struct chip *chip, uint32_t chips, struct estimate *out)
{
    ASSERT(limit_ms > 0);
    *out = (struct estimate){limit_ms, limit_ms, limit_ms, BASIS_LIMIT, {0}};
    if (chip == NULL || chips == 0) return;
    struct task k = {t, f, work, chip, chips, out};
    bool counts = work->steps > work->steps_done;
    if (counts && (by_heartbeat(&k) || by_table(&k) || by_other_kind(&k))) return;
    by_limit(&k, reference(f, kinds, kind_count, chip), limit_ms);
}
