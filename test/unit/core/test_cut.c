/* What parts of a chip are worth: cases known by thought, and the optimum of the linear program found
 * by trying every basis. */
#include "core/cut.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>

static void nothing_is_worth_but_a_whole_chip_when_nobody_shares(void **state)
{
    (void)state;
    int64_t asked[CHIP_MILLI] = {0};
    int32_t worth[CHIP_MILLI + 1];
    cut_worth(asked, worth);
    for (int32_t m = 0; m < CHIP_MILLI; m++) assert_int_equal(worth[m], 0);
    assert_int_equal(worth[CHIP_MILLI], CHIP_MILLI);
}

static void a_part_is_worth_what_will_be_used_of_it(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    static const struct {
        const char *what;
        int32_t size[COUNT], count[COUNT], part[COUNT], worth[COUNT];
    } rows[] = {
        {"halves", {500}, {7}, {499, 500, 999, 1000}, {0, 500, 500, 1000}},
        {"thirds waste a tenth of a chip", {300}, {7}, {299, 300, 700, 900}, {0, 333, 667, 1000}},
        {"most of a chip, and too few for the rest",
         {810, 190},
         {9, 1},
         {190, 810, 809},
         {0, 1000}},
        {"too many for the rest", {810, 190}, {1, 9}, {190, 810, 380}, {200, 800, 400}},
        {"two sizes for one another", {600, 400}, {5, 5}, {600 - 400, 1000}, {0, 1000}},
        {"a rounded part", {333}, {3}, {339, 340, 679, 680}, {0, 500, 500, 1000}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t asked[CHIP_MILLI] = {0};
        int32_t worth[CHIP_MILLI + 1];
        for (int k = 0; k < COUNT; k++) asked[rows[i].size[k]] += rows[i].count[k];
        asked[0] = 0;
        cut_worth(asked, worth);
        for (int k = 0; k < COUNT; k++)
            if (worth[rows[i].part[k]] != rows[i].worth[k])
                fail_msg("%s: %d is worth %d", rows[i].what, rows[i].part[k],
                         worth[rows[i].part[k]]);
    }
}

/* ---- the optimum, by trying every basis of three patterns ------------------------------------ */

enum { SIZES = 3, PATTERNS_MAX = 400 };

struct mix {
    int32_t size[SIZES];
    int32_t count[SIZES];
    double pattern[PATTERNS_MAX][SIZES];
    int patterns;
};

static void add_patterns(struct mix *m)
{
    int32_t a = CHIP_MILLI / m->size[0], b = CHIP_MILLI / m->size[1];
    m->patterns = 0;
    for (int32_t i = 0; i <= a; i++)
        for (int32_t k = 0; k <= b && i * m->size[0] + k * m->size[1] <= CHIP_MILLI; k++) {
            int32_t left = CHIP_MILLI - i * m->size[0] - k * m->size[1];
            assert_true(m->patterns < PATTERNS_MAX);
            double *p = m->pattern[m->patterns++];
            p[0] = i;
            p[1] = k;
            p[2] = left / m->size[2];
        }
}

static double det(const double *a, const double *b, const double *c)
{
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) +
           a[2] * (b[0] * c[1] - b[1] * c[0]);
}

/* The fewest chips for at least the mix: a basis of three among the patterns and the surpluses. */
static double fewest_chips(const struct mix *m)
{
    double column[PATTERNS_MAX + SIZES][SIZES] = {{0}}, want[SIZES], best = INFINITY;
    int n = m->patterns;
    for (int i = 0; i < SIZES; i++) want[i] = m->count[i];
    for (int k = 0; k < n; k++)
        for (int i = 0; i < SIZES; i++) column[k][i] = m->pattern[k][i];
    for (int i = 0; i < SIZES; i++) column[n + i][i] = -1;
    for (int a = 0; a < n + SIZES; a++)
        for (int b = a + 1; b < n + SIZES; b++)
            for (int c = b + 1; c < n + SIZES; c++) {
                double d = det(column[a], column[b], column[c]);
                if (fabs(d) < 0.5) continue; /* whole numbers */
                double x = det(want, column[b], column[c]) / d;
                double y = det(column[a], want, column[c]) / d;
                double z = det(column[a], column[b], want) / d;
                if (x < 0 || y < 0 || z < 0) continue;
                double chips = (a < n ? x : 0) + (b < n ? y : 0) + (c < n ? z : 0);
                if (chips < best) best = chips;
            }
    return best;
}

static void the_mix_is_worth_as_many_chips_as_it_needs_and_no_pattern_more_than_one(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int round = 0; round < 60; round++) {
        struct mix m = {0};
        int64_t asked[CHIP_MILLI] = {0}, sum = 0;
        int32_t worth[CHIP_MILLI + 1];
        for (int i = 0; i < SIZES; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            m.size[i] = 100 + 10 * (int32_t)((seed >> 33) % 90) - 10 * (i == 2);
            m.count[i] = 1 + (int32_t)((seed >> 48) % 50);
            asked[m.size[i]] += m.count[i];
        }
        add_patterns(&m);
        cut_worth(asked, worth);
        for (int32_t a = 0; a < CHIP_MILLI; a++) {
            assert_true(worth[a] <= worth[a + 1]);
            for (int32_t b = 0; a + b <= CHIP_MILLI; b++) /* a unit for each rounding */
                if (worth[a] + worth[b] > worth[a + b] + 2) fail_msg("%d and %d", a, b);
            sum += a > 0 ? asked[a] * worth[a] : 0;
        }
        double chips = fewest_chips(&m), got = (double)sum / CHIP_MILLI;
        if (got < 0.997 * chips || got > 1.003 * chips)
            fail_msg("round %d: %f of %f", round, got, chips);
    }
}

static void any_mix_ends_and_stays_within_a_chip(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int round = 0; round < 20; round++) {
        int64_t asked[CHIP_MILLI] = {0};
        int32_t worth[CHIP_MILLI + 1];
        for (int32_t m = 1; m < CHIP_MILLI; m++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            if (round > 0 && (seed >> 40) % 20 < (uint64_t)round) continue;
            asked[m] = round == 0 ? (INT64_C(1) << 40) - 1 : (int64_t)(seed >> (24 + round % 40));
        }
        cut_worth(asked, worth);
        for (int32_t m = 0; m <= CHIP_MILLI; m++) assert_in_range(worth[m], 0, CHIP_MILLI);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_worth_but_a_whole_chip_when_nobody_shares),
        cmocka_unit_test(a_part_is_worth_what_will_be_used_of_it),
        cmocka_unit_test(the_mix_is_worth_as_many_chips_as_it_needs_and_no_pattern_more_than_one),
        cmocka_unit_test(any_mix_ends_and_stays_within_a_chip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
