/* Timestamps, durations, their parts and time zones. */
#include "unit/law/cel_cases.h"

static void timestamps_read_rfc_3339(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"timestamp('2025-01-31T12:34:56Z')", "timestamp(\"2025-01-31T12:34:56Z\")"},
        {"timestamp('2025-01-31T12:34:56.7Z')", "timestamp(\"2025-01-31T12:34:56.7Z\")"},
        {"timestamp('2025-01-31T12:34:56.123456789Z')",
         "timestamp(\"2025-01-31T12:34:56.123456789Z\")"},
        {"timestamp('2025-01-31T12:34:56+08:00')", "timestamp(\"2025-01-31T04:34:56Z\")"},
        {"timestamp('2025-01-31T00:00:00-03:30')", "timestamp(\"2025-01-31T03:30:00Z\")"},
        {"timestamp('2024-02-29T00:00:00Z')", "timestamp(\"2024-02-29T00:00:00Z\")"},
        {"timestamp('1969-12-31T23:59:59.5Z')", "timestamp(\"1969-12-31T23:59:59.5Z\")"},
        {"timestamp(1)", "timestamp(\"1970-01-01T00:00:01Z\")"},
        {"timestamp(-1)", "timestamp(\"1969-12-31T23:59:59Z\")"},
        {"timestamp(timestamp(0))", "timestamp(\"1970-01-01T00:00:00Z\")"},
        {"timestamp('0001-01-01T00:00:00Z')", "timestamp(\"0001-01-01T00:00:00Z\")"},
        {"timestamp('9999-12-31T23:59:59.999999999Z')",
         "timestamp(\"9999-12-31T23:59:59.999999999Z\")"},
        {"timestamp(253402300800)", "!range"},
        {"timestamp(-62135596801)", "!range"},
        {"timestamp('0000-06-01T00:00:00Z')", "!range"},
        {"timestamp('12025-01-01T00:00:00Z')", "!range"},
        {"timestamp('0001-01-01T00:00:00+01:00')", "!range"},
        {"timestamp('9999-12-31T23:59:59-01:00')", "!range"},
        {"timestamp('2023-02-29T00:00:00Z')", "!no timestamp"},
        {"timestamp('2025-13-01T00:00:00Z')", "!no timestamp"},
        {"timestamp('2025-01-01T24:00:00Z')", "!no timestamp"},
        {"timestamp('2025-01-01T00:60:00Z')", "!no timestamp"},
        {"timestamp('2025-01-01')", "!no timestamp"},
        {"timestamp('2025-01-01T00:00:00')", "!no timestamp"},
        {"timestamp('2025-01-01 00:00:00Z')", "!no timestamp"},
        {"timestamp('2025-01-01T00:00:00.Z')", "!no timestamp"},
        {"timestamp('2025-01-01T00:00:00Zx')", "!no timestamp"},
        {"timestamp('')", "!no timestamp"},
        {"timestamp(1.5)", "!no such overload"},
        {"timestamp(1u)", "!no such overload"},
    };
    run_cel_cases(CASES(cases), NULL, NULL);
}

static void durations_read_units(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"duration('1s')", "duration(\"1s\")"},
        {"duration('-1s')", "duration(\"-1s\")"},
        {"duration('+1s')", "duration(\"1s\")"},
        {"duration('0')", "duration(\"0s\")"},
        {"duration('1h')", "duration(\"3600s\")"},
        {"duration('1h30m5s')", "duration(\"5405s\")"},
        {"duration('1.5h')", "duration(\"5400s\")"},
        {"duration('100ms')", "duration(\"0.1s\")"},
        {"duration('-100ms')", "duration(\"-0.1s\")"},
        {"duration('1us')", "duration(\"0.000001s\")"},
        {"duration('1µs')", "duration(\"0.000001s\")"},
        {"duration('1ns')", "duration(\"0.000000001s\")"},
        {"duration('1.5ms')", "duration(\"0.0015s\")"},
        {"duration('.5s')", "duration(\"0.5s\")"},
        {"duration('1.s')", "duration(\"1s\")"},
        {"duration('3000ms')", "duration(\"3s\")"},
        {"duration('315576000000s')", "duration(\"315576000000s\")"},
        {"duration('-315576000000s')", "duration(\"-315576000000s\")"},
        {"duration('315576000001s')", "!range"},
        {"duration('315576000000.1s')", "!range"},
        {"duration('-315576000000.1s')", "!range"},
        {"duration('99999999999999999999999s')", "!range"},
        {"duration(duration('1s'))", "duration(\"1s\")"},
        {"duration('')", "!no duration"},
        {"duration('-')", "!no duration"},
        {"duration('1')", "!no duration"},
        {"duration('s')", "!no duration"},
        {"duration('1d')", "!no duration"},
        {"duration('1x')", "!no duration"},
        {"duration('.s')", "!no duration"},
        {"duration('1s ')", "!no duration"},
        {"duration('1h-5m')", "!no duration"},
        {"duration(1)", "!no such overload"},
    };
    run_cel_cases(CASES(cases), NULL, NULL);
}

static void times_are_added_and_stay_in_range(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"timestamp(0) + duration('1m')", "timestamp(\"1970-01-01T00:01:00Z\")"},
        {"duration('1m') + timestamp(0)", "timestamp(\"1970-01-01T00:01:00Z\")"},
        {"timestamp(0) - duration('0.5s')", "timestamp(\"1969-12-31T23:59:59.5Z\")"},
        {"timestamp(10) - timestamp(4)", "duration(\"6s\")"},
        {"timestamp(4) - timestamp(10)", "duration(\"-6s\")"},
        {"duration('1s') + duration('0.5s')", "duration(\"1.5s\")"},
        {"duration('1s') - duration('1.5s')", "duration(\"-0.5s\")"},
        {"duration('0.6s') + duration('0.6s')", "duration(\"1.2s\")"},
        {"timestamp(0) + timestamp(0)", "!no such overload"},
        {"duration('1s') - timestamp(0)", "!no such overload"},
        {"timestamp(0) + 1", "!no such overload"},
        {"duration('1s') * 2", "!no such overload"},
        {"timestamp('9999-12-31T23:59:59Z') + duration('1s')", "!range"},
        {"timestamp('0001-01-01T00:00:00Z') - duration('1ns')", "!range"},
        {"timestamp('0001-01-01T00:00:00Z') + duration('-1ns')", "!range"},
        {"duration('315576000000s') + duration('1ns')", "!range"},
        {"duration('-315576000000s') - duration('1ns')", "!range"},
        {"timestamp('9999-12-31T00:00:00Z') - timestamp('0001-01-01T00:00:00Z')", "!range"},
        {"timestamp('2200-01-01T00:00:00Z') - timestamp('1970-01-01T00:00:00Z')",
         "duration(\"7258118400s\")"},
    };
    run_cel_cases(CASES(cases), NULL, NULL);
}

static void parts_of_times_are_those_of_utc_or_a_zone(void **state)
{
    (void)state;
#define T "timestamp('2025-03-09T23:45:06.789Z')" /* a Sunday */
    static const struct cel_case cases[] = {
        {T ".getFullYear()", "2025"},
        {T ".getMonth()", "2"},
        {T ".getDate()", "9"},
        {T ".getDayOfMonth()", "8"},
        {T ".getDayOfWeek()", "0"},
        {T ".getDayOfYear()", "67"},
        {T ".getHours()", "23"},
        {T ".getMinutes()", "45"},
        {T ".getSeconds()", "6"},
        {T ".getMilliseconds()", "789"},
        {"timestamp('2024-12-31T00:00:00Z').getDayOfYear()", "365"},
        {"timestamp('1969-12-31T23:59:59.5Z').getSeconds()", "59"},
        {"timestamp('1969-12-31T23:59:59.5Z').getMilliseconds()", "500"},
        {"timestamp('0001-01-01T00:00:00Z').getDayOfWeek()", "1"},
        {T ".getDate('UTC')", "9"},
        {T ".getDate('+08:00')", "10"},
        {T ".getDate('08:00')", "10"},
        {T ".getHours('-00:30')", "23"},
        {T ".getMinutes('+05:45')", "30"},
        {T ".getHours('Asia/Tokyo')", "8"},
        {T ".getDayOfWeek('Asia/Tokyo')", "1"},
        {T ".getMinutes('Asia/Kathmandu')", "30"},
        {T ".getHours('Australia/Sydney')", "10"},
        {"timestamp('2025-07-01T00:00:00Z').getHours('Australia/Sydney')", "10"},
        {"timestamp('2025-01-01T00:00:00Z').getHours('Australia/Sydney')", "11"},
        {"timestamp('2025-04-05T15:59:59Z').getHours('Australia/Sydney')", "2"},
        {"timestamp('2025-04-05T16:00:00Z').getHours('Australia/Sydney')", "2"},
        {"timestamp('2025-10-04T15:59:59Z').getHours('Australia/Sydney')", "1"},
        {"timestamp('2025-10-04T16:00:00Z').getHours('Australia/Sydney')", "3"},
        {"timestamp('2025-03-09T06:59:59Z').getHours('America/New_York')", "1"},
        {"timestamp('2025-03-09T07:00:00Z').getHours('America/New_York')", "3"},
        {"timestamp('2025-11-02T05:59:59Z').getHours('America/New_York')", "1"},
        {"timestamp('2025-11-02T06:00:00Z').getHours('America/New_York')", "1"},
        {"timestamp('2025-11-02T07:00:00Z').getHours('America/New_York')", "2"},
        {"timestamp('2025-03-30T00:59:59Z').getHours('Europe/Paris')", "1"},
        {"timestamp('2025-03-30T01:00:00Z').getHours('Europe/Paris')", "3"},
        {"timestamp('2025-10-26T00:59:59Z').getHours('Europe/Paris')", "2"},
        {"timestamp('2025-10-26T01:00:00Z').getHours('Europe/Paris')", "2"},
        {"timestamp('2025-09-27T13:59:59Z').getHours('Pacific/Auckland')", "1"},
        {"timestamp('2025-09-27T14:00:00Z').getHours('Pacific/Auckland')", "3"},
        {"timestamp('2009-02-13T02:00:00Z').getMinutes('America/St_Johns')", "30"},
        {"timestamp('2010-03-14T03:31:00Z').getHours('America/St_Johns')", "1"},
        {T ".getHours('Mars/Olympus')", "!unknown time zone"},
        {T ".getHours('')", "!unknown time zone"},
        {T ".getHours('+25:00')", "!unknown time zone"},
        {T ".getHours('8:00')", "!unknown time zone"},
        {"timestamp('1970-01-01T00:00:00Z').getHours('Europe/Paris')", "!unknown time zone"},
        {T ".getHours(8)", "!no such overload"},
        {T ".getHours('UTC', 'UTC')", "!no such overload"},
        {"getHours(" T ")", "!no such overload"},
        {"'x'.getHours()", "!no such overload"},
        {"duration('3h4m5.678s').getHours()", "3"},
        {"duration('3h4m5.678s').getMinutes()", "184"},
        {"duration('3h4m5.678s').getSeconds()", "11045"},
        {"duration('3h4m5.678s').getMilliseconds()", "678"},
        {"duration('-1.5s').getSeconds()", "-1"},
        {"duration('-1.5s').getMilliseconds()", "-500"},
        {"duration('1s').getFullYear()", "!no such overload"},
        {"duration('1s').getHours('UTC')", "!no such overload"},
    };
#undef T
    run_cel_cases(CASES(cases), NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timestamps_read_rfc_3339),
        cmocka_unit_test(durations_read_units),
        cmocka_unit_test(times_are_added_and_stay_in_range),
        cmocka_unit_test(parts_of_times_are_those_of_utc_or_a_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
