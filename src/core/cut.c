#include "core/cut.h"

#include "base/check.h"

#include <stdbool.h>

__extension__ typedef __int128 wide;

enum {
    SIZES_MAX = CUT_UNITS_MAX - 1, /* below a chip */
    ONE = 1 << 24,
    NEAR = ONE / 1024, /* worth no pivot: a thousandth of a chip */
    ROUNDS_PER_SIZE = 8, /* the published mixes take 3 to 5 */
};

/* The restricted program: as many patterns as sizes. Row of `inverse`: pattern; column: size. */
struct program {
    int32_t unit_milli, units; /* of a chip */
    int32_t count; /* of sizes */
    int32_t size[SIZES_MAX]; /* in units, ascending */
    int64_t inverse[SIZES_MAX][SIZES_MAX]; /* of the basis */
    int64_t used[SIZES_MAX]; /* how often each pattern, of all shares asked for together */
    int64_t price[SIZES_MAX]; /* of a share; below 0 where less of it would do */
};

/* What parts are worth by the prices, and the best pattern. */
struct knapsack {
    int64_t worth[CUT_UNITS_MAX + 1];
    int32_t last[CUT_UNITS_MAX + 1]; /* the share put in last; -1: none */
};

static int64_t bounded(wide x)
{
    const int64_t most = INT64_C(1) << 48;
    return x > most ? most : x < -most ? -most : (int64_t)x;
}

static int32_t gcd(int32_t a, int32_t b)
{
    while (b != 0) {
        int32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Patterns of one size each. false: nothing is asked for. */
static bool begin(struct program *p, const int64_t *asked)
{
    int64_t by_units[CUT_UNITS_MAX] = {0}, sum = 0;
    p->unit_milli = CHIP_MILLI;
    p->count = 0;
    for (int32_t m = 1; m < CHIP_MILLI; m++)
        if (asked[m] > 0) p->unit_milli = gcd(p->unit_milli, m);
    if (p->unit_milli < CHIP_MILLI / CUT_UNITS_MAX) p->unit_milli = CHIP_MILLI / CUT_UNITS_MAX;
    p->units = CHIP_MILLI / p->unit_milli;
    for (int32_t m = 1; m <= CHIP_MILLI - p->unit_milli; m++) {
        by_units[(m + p->unit_milli - 1) / p->unit_milli] += asked[m];
        sum += asked[m];
    }
    for (int32_t u = 1; u < p->units; u++) {
        int32_t i = p->count, in_chip = p->units / u;
        if (by_units[u] == 0) continue;
        for (int32_t k = 0; k <= i; k++) p->inverse[i][k] = p->inverse[k][i] = 0;
        p->inverse[i][i] = ONE / in_chip;
        p->used[i] = (int64_t)((wide)by_units[u] * ONE / sum / in_chip);
        p->size[p->count++] = u;
    }
    return p->count > 0;
}

static void find_prices(struct program *p)
{
    for (int32_t i = 0; i < p->count; i++) {
        p->price[i] = 0;
        for (int32_t k = 0; k < p->count; k++) p->price[i] += p->inverse[k][i];
    }
}

static void fill(const struct program *p, struct knapsack *s)
{
    s->worth[0] = 0;
    for (int32_t u = 1; u <= p->units; u++) {
        s->worth[u] = s->worth[u - 1];
        s->last[u] = -1;
        for (int32_t i = 0; i < p->count && p->size[i] <= u; i++) {
            int64_t with = s->worth[u - p->size[i]] + p->price[i];
            if (with <= s->worth[u]) continue;
            s->worth[u] = with;
            s->last[u] = i;
        }
    }
}

/* What the best pattern takes of each pattern in the basis: its column. */
static void column(const struct program *p, const struct knapsack *s, int64_t *out)
{
    for (int32_t k = 0; k < p->count; k++) out[k] = 0;
    for (int32_t u = p->units; u > 0;) {
        int32_t i = s->last[u];
        for (int32_t k = 0; i >= 0 && k < p->count; k++) out[k] += p->inverse[k][i];
        u -= i >= 0 ? p->size[i] : 1;
    }
}

/* The pattern that runs out first when the new one grows; -1: none, by rounding. */
static int32_t first_out(const struct program *p, const int64_t *column)
{
    int32_t out = -1;
    for (int32_t k = 0; k < p->count; k++) {
        if (column[k] <= NEAR) continue;
        if (out < 0 || (wide)p->used[k] * column[out] < (wide)p->used[out] * column[k]) out = k;
    }
    return out;
}

static void pivot(struct program *p, const int64_t *column, int32_t out)
{
    int64_t *row = p->inverse[out];
    for (int32_t i = 0; i < p->count; i++) row[i] = bounded((wide)row[i] * ONE / column[out]);
    p->used[out] = bounded((wide)p->used[out] * ONE / column[out]);
    for (int32_t k = 0; k < p->count; k++) {
        if (k == out || column[k] == 0) continue;
        for (int32_t i = 0; i < p->count; i++)
            p->inverse[k][i] = bounded(p->inverse[k][i] - (wide)column[k] * row[i] / ONE);
        p->used[k] = bounded(p->used[k] - (wide)column[k] * p->used[out] / ONE);
        if (p->used[k] < 0) p->used[k] = 0;
    }
}

void cut_worth(const int64_t asked[CHIP_MILLI], int32_t worth_out[CHIP_MILLI + 1])
{
    struct program p;
    struct knapsack s = {0};
    int64_t taken[SIZES_MAX];
    for (int32_t m = 0; m < CHIP_MILLI; m++) worth_out[m] = 0;
    worth_out[CHIP_MILLI] = CHIP_MILLI;
    if (!begin(&p, asked)) return;
    for (int32_t left = ROUNDS_PER_SIZE * p.count;; left--) {
        find_prices(&p);
        fill(&p, &s);
        if (left == 0 || s.worth[p.units] <= ONE + NEAR) break;
        column(&p, &s, taken);
        int32_t out = first_out(&p, taken);
        if (out < 0) break;
        pivot(&p, taken, out);
    }
    int64_t chip = s.worth[p.units] > ONE ? s.worth[p.units] : ONE;
    for (int32_t m = 1; m < CHIP_MILLI; m++)
        worth_out[m] = (int32_t)(((wide)s.worth[m / p.unit_milli] * CHIP_MILLI + chip / 2) / chip);
}
