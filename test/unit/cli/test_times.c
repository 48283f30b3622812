#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/civil.h"
#include "cli/times.h"

#include <stdlib.h>
#include <time.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_true(civil_parse(str_of(text), &ms));
    return ms;
}

static void spans_read_as_squeue_and_sacct_print_them(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *in_squeue, *in_sacct;
    } rows[] = {
        {0, "0:00", "00:00:00"},
        {7999, "0:07", "00:00:07"},
        {62 * INT64_C(1000), "1:02", "00:01:02"},
        {HOUR_MS + 2 * MINUTE_MS + 3000, "1:02:03", "01:02:03"},
        {12 * HOUR_MS, "12:00:00", "12:00:00"},
        {3 * CIVIL_DAY_MS + HOUR_MS + 3000, "3-01:00:03", "3-01:00:03"},
        {-1000, "INVALID", "INVALID"},
    };
    char text[SPAN_TEXT_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(span_short(rows[i].ms, text), rows[i].in_squeue);
        assert_string_equal(span_long(rows[i].ms, text), rows[i].in_sacct);
    }
}

static void spans_for_people_are_in_words(void **state)
{
    (void)state;
    char text[SPAN_TEXT_MAX];
    assert_string_equal(span_words(45000, text), "45 s");
    assert_string_equal(span_words(12 * MINUTE_MS, text), "12 min");
    assert_string_equal(span_words(3 * HOUR_MS + 20 * MINUTE_MS, text), "3 h 20 min");
    assert_string_equal(span_words(25 * HOUR_MS, text), "1 day 1 h");
    assert_string_equal(span_words(9 * CIVIL_DAY_MS, text), "9 days");
}

static void instants_are_printed_in_the_users_zone(void **state)
{
    (void)state;
    char text[INSTANT_TEXT_MAX];
    int64_t ms = at("2026-11-21T20:15:09Z");
    assert_string_equal(instant_iso(ms, text), "2026-11-21T20:15:09");
    assert_string_equal(instant_words(ms, ms - HOUR_MS, text), "20:15:09");
    assert_string_equal(instant_words(ms, ms - 2 * CIVIL_DAY_MS, text), "Nov 21 20:15");
    assert_string_equal(instant_words(ms, ms - 400 * CIVIL_DAY_MS, text), "2026-11-21");
    setenv("TZ", "JST-9", 1);
    tzset();
    assert_string_equal(instant_iso(ms, text), "2026-11-22T05:15:09");
    setenv("TZ", "UTC0", 1);
    tzset();
}

static void times_of_sacct_are_understood(void **state)
{
    (void)state;
    int64_t now = at("2026-11-21T20:15:09Z");
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"now", "2026-11-21T20:15:09Z"},
        {"now-2days", "2026-11-19T20:15:09Z"},
        {"now+1hour", "2026-11-21T21:15:09Z"},
        {"now-90", "2026-11-21T20:13:39Z"},
        {"now-1week", "2026-11-14T20:15:09Z"},
        {"today", "2026-11-21"},
        {"midnight", "2026-11-21"},
        {"noon", "2026-11-21T12:00:00Z"},
        {"tomorrow", "2026-11-22"},
        {"yesterday", "2026-11-20"},
        {"14:30", "2026-11-21T14:30:00Z"},
        {"14:30:05", "2026-11-21T14:30:05Z"},
        {"2026-11-01", "2026-11-01"},
        {"2026-11-01T08:00", "2026-11-01T08:00:00Z"},
        {"2026-11-01T08:00:30", "2026-11-01T08:00:30Z"},
        {"1101", "2026-11-01"},
        {"110125", "2025-11-01"},
        {"11/01", "2026-11-01"},
        {"11/01/25", "2025-11-01"},
        {"11/01/25-08:15", "2025-11-01T08:15:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t got = 0;
        if (!instant_parse(str_of(rows[i].text), now, &got)) fail_msg("%s", rows[i].text);
        if (got != at(rows[i].want)) fail_msg("%s gives %lld", rows[i].text, (long long)got);
    }
}

static void times_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",           "soon",       "now-",        "now-2fortnights",
        "2026-02-30", "2026-13-01", "25:00",       "12:60",
        "1301",       "0230",       "14:30x",      "2026-11-01 08:00",
        "now-2days3", "11/31",      "2026-11-01T", "123",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t got = 0;
        if (instant_parse(str_of(rows[i]), at("2026-11-21"), &got)) fail_msg("'%s'", rows[i]);
    }
}

static void money_is_in_dollars_and_cents(void **state)
{
    (void)state;
    char text[DOLLARS_TEXT_MAX];
    assert_string_equal(dollars(0, text), "$0.00");
    assert_string_equal(dollars(12345000, text), "$12.35");
    assert_string_equal(dollars(999999, text), "$1.0000");
    assert_string_equal(dollars(950000, text), "$0.95");
    assert_string_equal(dollars(4125, text), "$0.0041");
    assert_string_equal(dollars(1999996000, text), "$2000.00");
    assert_string_equal(dollars(-2100000, text), "-$2.10");
}

static void memory_is_in_the_unit_that_reads_best(void **state)
{
    (void)state;
    char text[SPAN_TEXT_MAX];
    assert_string_equal(megabytes(0, text), "0");
    assert_string_equal(megabytes(512, text), "512M");
    assert_string_equal(megabytes(4096, text), "4G");
    assert_string_equal(megabytes(1536, text), "1.50G");
    assert_string_equal(megabytes(1024 * 1024, text), "1T");
}

static void ranges_are_written_short_and_read_back(void **state)
{
    (void)state;
    static const uint32_t ids[] = {1, 2, 3, 5, 9, 10};
    struct buf out = {0};
    ranges_put(&out, ids, 6, 64);
    assert_string_equal(out.p, "1-3,5,9-10");
    uint32_t got[16];
    assert_int_equal(ranges_parse(buf_str(&out), got, 16), 6);
    assert_memory_equal(got, ids, sizeof ids);
    assert_int_equal(ranges_parse(STR("[4-6]"), got, 16), 3);
    buf_release(&out);
}

static void long_ranges_end_in_dots(void **state)
{
    (void)state;
    uint32_t ids[100];
    for (uint32_t i = 0; i < 100; i++) ids[i] = 2 * i;
    struct buf out = {0};
    ranges_put(&out, ids, 100, 10);
    assert_string_equal(out.p, "0,2,4,6,8,10,...");
    buf_release(&out);
}

static void ranges_that_are_none_are_refused(void **state)
{
    (void)state;
    uint32_t got[4];
    static const char *const rows[] = {"",    "a",  "3-1",        "1-", "1,,2",
                                       "1-5", "[1", "4294967295", "1 2"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(ranges_parse(str_of(rows[i]), got, 4), -1);
}

int main(void)
{
    setenv("TZ", "UTC0", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_read_as_squeue_and_sacct_print_them),
        cmocka_unit_test(spans_for_people_are_in_words),
        cmocka_unit_test(instants_are_printed_in_the_users_zone),
        cmocka_unit_test(times_of_sacct_are_understood),
        cmocka_unit_test(times_that_do_not_exist_are_refused),
        cmocka_unit_test(money_is_in_dollars_and_cents),
        cmocka_unit_test(memory_is_in_the_unit_that_reads_best),
        cmocka_unit_test(ranges_are_written_short_and_read_back),
        cmocka_unit_test(long_ranges_end_in_dots),
        cmocka_unit_test(ranges_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
