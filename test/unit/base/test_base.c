#include "base/civil.h"
#include "base/money.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void civil_round_trips_every_day_of_four_centuries(void **state)
{
    (void)state;
    int64_t first = civil_days(1900, 1, 1);
    for (int64_t d = first; d < first + 146097; d++) {
        struct civil c = civil_of_ms(d * CIVIL_DAY_MS);
        assert_true(civil_date_is_valid(c.year, c.month, c.day));
        assert_int_equal(civil_days(c.year, c.month, c.day), d);
    }
}

static void civil_parse_refuses_dates_that_do_not_exist(void **state)
{
    (void)state;
    static const char *const bad[] = {"2026-02-29",
                                      "2026-13-01",
                                      "2026-00-10",
                                      "2026-1-01",
                                      "",
                                      "2026-11-21T24:00:00Z",
                                      "2026-11-21T10:00:00",
                                      "x",
                                      "2026-11-21 10:00:00Z",
                                      "2026-11-21T10:00:00Zz"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 0;
        assert_false(civil_parse(str_of(bad[i]), &ms));
    }
}

static void civil_parse_and_format_agree(void **state)
{
    (void)state;
    static const char *const good[] = {"2026-11-21", "1970-01-01", "2024-02-29",
                                       "2026-11-21T20:15:00Z", "2026-11-21T20:15:00.123Z"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms = 0;
        char text[CIVIL_TEXT_MAX];
        assert_true(civil_parse(str_of(good[i]), &ms));
        assert_string_equal(civil_format(ms, text), good[i]);
    }
    int64_t a = 0, b = 0;
    assert_true(civil_parse(str_of("2026-01-15T00:01:00-05:00"), &a));
    assert_true(civil_parse(str_of("2026-01-15T05:01:00Z"), &b));
    assert_int_equal(a, b);
}

static void money_scales_in_128_bits_and_clamps(void **state)
{
    (void)state;
    assert_int_equal(money_scale(2100000, 3600000, 3600000), 2100000);
    assert_int_equal(money_scale(1, 1, 2), 1);
    assert_true(money_scale(INT64_MAX, INT64_MAX, 1) == MONEY_MAX);
    assert_true(money_add(MONEY_MAX, 1) == MONEY_MAX);
}

static void money_text_round_trips(void **state)
{
    (void)state;
    int64_t v = 0;
    char text[MONEY_TEXT_MAX];
    assert_true(money_parse(STR("2.1"), &v));
    assert_string_equal(money_format(v, text), "2.10");
    assert_true(money_parse(STR("0.004125"), &v));
    assert_string_equal(money_format(v, text), "0.004125");
    assert_false(money_parse(STR("1.0000001"), &v));
    assert_false(money_parse(STR("-1"), &v));
    assert_false(money_parse(STR("."), &v));
    assert_string_equal(money_format(-1500000, text), "-1.50");
}

static void utf8_refuses_overlong_and_surrogate_forms(void **state)
{
    (void)state;
    assert_true(str_is_utf8(STR("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80")));
    assert_false(str_is_utf8(STR("\xc0\x80")));
    assert_false(str_is_utf8(STR("\xed\xa0\x80")));
    assert_false(str_is_utf8(STR("\xf4\x90\x80\x80")));
    assert_false(str_is_utf8(STR("\xe2\x82")));
}

static void numbers_refuse_overflow_and_junk(void **state)
{
    (void)state;
    uint64_t u = 0;
    int64_t i = 0;
    assert_true(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_false(str_to_u64(STR("18446744073709551616"), &u));
    assert_true(str_to_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_false(str_to_i64(STR("9223372036854775808"), &i));
    assert_false(str_to_i64(STR("1x"), &i));
    assert_false(str_to_i64(STR(""), &i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(civil_round_trips_every_day_of_four_centuries),
        cmocka_unit_test(civil_parse_refuses_dates_that_do_not_exist),
        cmocka_unit_test(civil_parse_and_format_agree),
        cmocka_unit_test(money_scales_in_128_bits_and_clamps),
        cmocka_unit_test(money_text_round_trips),
        cmocka_unit_test(utf8_refuses_overlong_and_surrogate_forms),
        cmocka_unit_test(numbers_refuse_overflow_and_junk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
