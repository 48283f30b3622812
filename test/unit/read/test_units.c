#include "base/civil.h"
#include "read/instant.h"
#include "read/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

static void durations_are_read_as_sbatch_reads_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } rows[] = {
        {"30", 1800},
        {"30:15", 1815},
        {"1:00:00", 3600},
        {"2-12", 216000},
        {"2-12:30", 217800},
        {"2-12:30:15", 217815},
        {"0-1", 3600},
        {"UNLIMITED", 0},
        {"infinite", 0},
        {"-1", 0},
        {"90:00:00", 324000},
        {"0:30", 30},
        {"", -1},
        {"0", -1},
        {"0:00", -1},
        {"1:", -1},
        {":1", -1},
        {"1:2:3:4", -1},
        {"1-", -1},
        {"-", -1},
        {"1-2-3", -1},
        {"1h", -1},
        {"1.5", -1},
        {" 1", -1},
        {"9999999999", -1},
        {"9999-0", -1},
        {"-2", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1000;
        bool ok = duration_parse(str_of(rows[i].text), &ms);
        if (ok != (rows[i].seconds >= 0) || ms != rows[i].seconds * 1000)
            fail_msg("'%s' gave %s %lld", rows[i].text, ok ? "ok" : "no", (long long)ms);
    }
}

static void memory_is_read_in_powers_of_1024(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t mb;
    } rows[] = {
        {"100", 100},       {"4G", 4096}, {"4g", 4096},  {"1T", 1048576},
        {"1K", 1},          {"1025K", 2}, {"512M", 512}, {"0", 0},
        {"1P", 1073741824}, {"2P", -1},   {"G", -1},     {"", -1},
        {"1.5G", -1},       {"-1", -1},   {"1GB", -1},   {"99999999999999", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t mb = 0;
        bool ok = memory_parse(str_of(rows[i].text), &mb);
        if (ok != (rows[i].mb >= 0) || (ok && mb != (uint64_t)rows[i].mb))
            fail_msg("'%s' gave %s %llu", rows[i].text, ok ? "ok" : "no", (unsigned long long)mb);
    }
}

static void instants_are_read_in_the_local_zone(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* UTC; NULL: refused */
    } rows[] = {
        /* Tokyo is UTC+9; now is 2026-11-21 15:30 there. */
        {"now", "2026-11-21T06:30:00Z"},
        {"now+90", "2026-11-21T06:31:30Z"},
        {"now+1hour", "2026-11-21T07:30:00Z"},
        {"now+2hours", "2026-11-21T08:30:00Z"},
        {"now+3min", "2026-11-21T06:33:00Z"},
        {"now+1week", "2026-11-28T06:30:00Z"},
        {"16:00", "2026-11-21T07:00:00Z"},
        {"15:00", "2026-11-22T06:00:00Z"},
        {"04:00pm", "2026-11-21T07:00:00Z"},
        {"4:00 PM", "2026-11-21T07:00:00Z"},
        {"12:15am", "2026-11-21T15:15:00Z"},
        {"today", "2026-11-21T06:30:00Z"},
        {"tomorrow", "2026-11-21T15:00:00Z"},
        {"midnight", "2026-11-21T15:00:00Z"},
        {"noon", "2026-11-22T03:00:00Z"},
        {"teatime", "2026-11-21T07:00:00Z"},
        {"2027-01-02", "2027-01-01T15:00:00Z"},
        {"2027-01-02T10:00", "2027-01-02T01:00:00Z"},
        {"2027-01-02T10:00:30", "2027-01-02T01:00:30Z"},
        {"2027-01-02T10:00:00Z", "2027-01-02T10:00:00Z"},
        {"2027-01-02T10:00:00+02:00", "2027-01-02T08:00:00Z"},
        {"1225", "2026-12-24T15:00:00Z"},
        {"12/25/27", "2027-12-24T15:00:00Z"},
        {"0103", "2027-01-02T15:00:00Z"},
        {"12/25/27-10:00", "2027-12-25T01:00:00Z"},
        {"12/25-10:00:30", "2026-12-25T01:00:30Z"},
        {"01/03", "2027-01-02T15:00:00Z"},
        {"", NULL},
        {"soon", NULL},
        {"now-1hour", NULL},
        {"now+hour", NULL},
        {"now+1fortnight", NULL},
        {"25:00", NULL},
        {"13:00pm", NULL},
        {"2027-02-30", NULL},
        {"2027-01-02T", NULL},
        {"2027-01-02 10:00", NULL},
        {"1301", NULL},
        {"12/32", NULL},
        {"12/25/", NULL},
        {"12/25-", NULL},
        {"1225-10:00", NULL},
    };
    setenv("TZ", "JST-9", 1);
    tzset();
    int64_t now = 0;
    assert_true(civil_parse(STR("2026-11-21T06:30:00Z"), &now));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = 0, want = 0;
        bool ok = instant_read(str_of(rows[i].text), now, &ms);
        char got[CIVIL_TEXT_MAX];
        if (rows[i].want == NULL) {
            if (ok) fail_msg("'%s' gave %s", rows[i].text, civil_format(ms, got));
            continue;
        }
        assert_true(civil_parse(str_of(rows[i].want), &want));
        if (!ok || ms != want)
            fail_msg("'%s' gave %s, wanted %s", rows[i].text, ok ? civil_format(ms, got) : "no",
                     rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_as_sbatch_reads_them),
        cmocka_unit_test(memory_is_read_in_powers_of_1024),
        cmocka_unit_test(instants_are_read_in_the_local_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
