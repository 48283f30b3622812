/* Tables of speeds: order, lookup, gangs between and beyond those measured; the roofline. */
#include "base/cbor.h"
#include "perf/roofline.h"
#include "perf/speeds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct speed_row row(const char *type, const char *chip, uint32_t chips, int64_t usteps)
{
    return (struct speed_row){str_of(type), str_of(chip), chips, usteps, STR("test")};
}

static void rows_are_put_in_order_and_the_last_of_equals_stays(void **state)
{
    (void)state;
    struct speed_row rows[] = {row("lm", "h100", 8, 80), row("cnn", "v100", 1, 5),
                               row("lm", "h100", 1, 10), row("lm", "a100", 1, 4),
                               row("lm", "h100", 8, 88)};
    struct speed_type types[] = {{STR("z"), 5, {0}}, {STR("a"), 6, {0}}, {STR("z"), 7, {0}}};
    struct speeds t = {rows, 5, types, 3};
    assert_int_equal(speeds_check(&t, NULL), ERR_INVALID);
    speeds_sort(&t);
    assert_int_equal(speeds_check(&t, NULL), ERR_NONE);
    assert_int_equal(t.row_count, 4);
    assert_true(str_eqz(t.rows[0].type, "cnn"));
    assert_int_equal(t.rows[3].usteps_per_s, 88);
    assert_int_equal(t.type_count, 2);
    assert_int_equal(speeds_mflop_per_byte(&t, STR("z")), 7);
    assert_int_equal(speeds_mflop_per_byte(&t, STR("a")), 6);
    assert_int_equal(speeds_mflop_per_byte(&t, STR("b")), 0);
}

static void what_is_out_of_range_is_refused(void **state)
{
    (void)state;
    struct speed_row bad[] = {row("", "h100", 1, 1), row("lm", "h 100", 1, 1),
                              row("lm", "h100", 0, 1), row("lm", "h100", 1, 0),
                              row("lm", "h100", 1, USTEPS_PER_S_MAX + 1)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct errtext error;
        struct speeds t = {&bad[i], 1, NULL, 0};
        assert_int_equal(speeds_check(&t, &error), ERR_INVALID);
        assert_non_null(strstr(error.s, "row 1"));
    }
    struct speed_type type = {STR("lm"), 0, {0}};
    assert_int_equal(speeds_check(&(struct speeds){NULL, 0, &type, 1}, NULL), ERR_INVALID);
    struct speeds many = {NULL, SPEED_ROWS_MAX + 1, NULL, 0};
    assert_int_equal(speeds_check(&many, NULL), ERR_LIMIT);
}

static void gangs_between_and_beyond_those_measured_get_a_bar(void **state)
{
    (void)state;
    struct speed_row rows[] = {row("lm", "h100", 2, 200), row("lm", "h100", 8, 740),
                               row("lm", "h100-sxm", 1, 120), row("slow", "h100", 2, 100),
                               row("slow", "h100", 4, 80)};
    struct speeds t = {rows, 5, NULL, 0};
    static const struct {
        const char *type, *chip;
        uint32_t chips;
        int64_t value, lo, hi;
    } cases[] = {
        {"lm", "h100-pcie", 2, 200, 200, 200},
        {"lm", "h100-pcie", 8, 740, 740, 740},
        {"lm", "h100-pcie", 5, 470, 200, 740},
        {"lm", "h100-pcie", 1, 100, 100, 200},
        {"lm", "h100-pcie", 16, 1110, 740, 1480},
        {"lm", "h100-sxm", 1, 120, 120, 120}, /* the very kind goes before its family ... */
        {"lm", "h100-sxm", 2, 180, 120, 240}, /* ... with all its gangs */
        {"slow", "h100-nvl", 3, 90, 80, 100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct speed v;
        assert_true(
            speeds_find(&t, str_of(cases[i].type), str_of(cases[i].chip), cases[i].chips, &v));
        assert_int_equal(v.usteps_per_s, cases[i].value);
        assert_int_equal(v.lo, cases[i].lo);
        assert_int_equal(v.hi, cases[i].hi);
        assert_int_equal(v.exact, cases[i].lo == cases[i].hi);
    }
    struct speed v;
    assert_false(speeds_find(&t, STR("lm"), STR("a100"), 1, &v));
    assert_false(speeds_find(&t, STR("other"), STR("h100"), 1, &v));
    assert_false(speeds_find(&t, (struct str){0}, STR("h100"), 1, &v));
    assert_false(speeds_find(&t, STR("lm"), STR("h1000"), 1, &v));
}

static void tables_are_read_back_as_they_were_written(void **state)
{
    (void)state;
    struct speed_row rows[] = {row("cnn", "v100", 1, 5), row("lm", "h100", 8, 80)};
    struct speed_type types[] = {{STR("lm"), 1500, STR("paper")}};
    struct speeds t = {rows, 2, types, 1}, back = {0};
    struct buf bytes = {0};
    struct cbor_writer w;
    cbor_writer_init(&w, &bytes);
    assert_true(visit_map(&w.v, NULL, false));
    visit_speeds(&w.v, &t);
    visit_map_end(&w.v);
    struct arena arena;
    arena_init(&arena);
    struct cbor_reader r;
    cbor_reader_init(&r, buf_str(&bytes), &arena);
    assert_true(visit_map(&r.v, NULL, false));
    visit_speeds(&r.v, &back);
    visit_map_end(&r.v);
    assert_int_equal(cbor_reader_finish(&r, NULL), ERR_NONE);
    struct speeds copy;
    speeds_copy(&back, &arena, &copy);
    buf_release(&bytes);
    assert_int_equal(copy.row_count, 2);
    assert_true(str_eqz(copy.rows[1].chip, "h100"));
    assert_int_equal(copy.rows[1].usteps_per_s, 80);
    assert_int_equal(copy.types[0].mflop_per_byte, 1500);
    arena_release(&arena);
}

/* ---- the roofline */

static struct quantity exactly(int64_t milli)
{
    return (struct quantity){true, milli, milli, milli};
}

static struct chip chip_of(const char *id, int64_t tflops, int64_t gbs)
{
    struct chip c = {.id = str_of(id)};
    if (tflops > 0) c.fp16_tflops = exactly(tflops * 1000);
    if (gbs > 0) c.dram_bw_gbs = exactly(gbs * 1000);
    return c;
}

static void the_roofline_is_the_lower_of_two_ceilings(void **state)
{
    (void)state;
    struct chip a = chip_of("a", 100, 1000), b = chip_of("b", 400, 2000), dark = {.id = STR("d")};
    struct ratio r;
    assert_true(roofline_ratio(&a, 1, &b, 1, 0, &r)); /* nothing known of the type: memory */
    assert_int_equal(r.ppm, 2000000);
    assert_int_equal(r.lo_ppm, 1176471);
    assert_int_equal(r.hi_ppm, 6800000);
    assert_true(roofline_ratio(&a, 1, &b, 1, 10 * 1000, &r)); /* both bound by memory */
    assert_int_equal(r.ppm, 2000000);
    assert_int_equal(r.hi_ppm, 3400000);
    assert_true(roofline_ratio(&a, 1, &b, 1, 1000 * 1000, &r)); /* both bound by the peak */
    assert_int_equal(r.ppm, 4000000);
    assert_true(roofline_ratio(&a, 1, &b, 1, 150 * 1000, &r)); /* a by its peak, b by memory */
    assert_int_equal(r.ppm, 3000000);
    assert_false(roofline_ratio(&a, 1, &dark, 1, 0, &r));
    assert_true(roofline_ratio(&dark, 4, &dark, 4, 0, &r)); /* of itself all is known */
    assert_int_equal(r.lo_ppm, RATIO_ONE);
    assert_int_equal(r.hi_ppm, RATIO_ONE);
}

static void gangs_of_other_sizes_are_linear_at_best(void **state)
{
    (void)state;
    struct chip a = chip_of("a", 100, 1000);
    struct ratio r;
    assert_true(roofline_ratio(&a, 2, &a, 8, 0, &r));
    assert_int_equal(r.ppm, 4000000);
    assert_int_equal(r.lo_ppm, 1000000);
    assert_int_equal(r.hi_ppm, 4000000);
    assert_true(roofline_ratio(&a, 8, &a, 2, 0, &r));
    assert_int_equal(r.ppm, 250000);
    assert_int_equal(r.lo_ppm, 250000);
    assert_int_equal(r.hi_ppm, 1000000);
}

static void one_known_rate_is_better_than_none(void **state)
{
    (void)state;
    struct chip a = chip_of("a", 100, 0), b = chip_of("b", 300, 900), c = chip_of("c", 0, 300);
    struct ratio r;
    assert_true(roofline_ratio(&a, 1, &b, 1, 5000, &r));
    assert_int_equal(r.ppm, 3000000);
    assert_true(roofline_ratio(&b, 1, &c, 1, 5000, &r));
    assert_int_equal(r.ppm, 333333);
    assert_false(roofline_ratio(&a, 1, &c, 1, 5000, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_put_in_order_and_the_last_of_equals_stays),
        cmocka_unit_test(what_is_out_of_range_is_refused),
        cmocka_unit_test(gangs_between_and_beyond_those_measured_get_a_bar),
        cmocka_unit_test(tables_are_read_back_as_they_were_written),
        cmocka_unit_test(the_roofline_is_the_lower_of_two_ceilings),
        cmocka_unit_test(gangs_of_other_sizes_are_linear_at_best),
        cmocka_unit_test(one_known_rate_is_better_than_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
