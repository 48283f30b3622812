/* cel_zone.c - time zones by name, without the system's zone files.
 *
 * Rules speak of a handful of zones, and a result must not depend on which zone database a machine
 * has. So this is a table: the offset of a zone and, where it has daylight saving, the family of
 * rules it follows, each with the first year for which that has been the law without a break. An
 * earlier instant, or another name, is an error; never a wrong answer. Source: IANA time zone
 * database; every row was compared with release 2025b of it at random
 * instants from its first year to 2037. */
#include "base/civil.h"
#include "law/cel/cel_values.h"

#include <stddef.h>

enum rules {
    FIXED,
    EU, /* last Sunday of March to last Sunday of October, 01:00 UTC */
    US, /* second Sunday of March to first Sunday of November, 02:00 on the wall */
    NF, /* Newfoundland: as US, but at 00:01 until 2011 */
    AU, /* first Sunday of October to first Sunday of April, 02:00 standard time */
    NZ /* last Sunday of September to first Sunday of April, 02:00 standard time */
};

static const struct zone {
    const char *name;
    int16_t offset_min; /* standard time, minutes east of UTC */
    int16_t since; /* first full year in which this row holds */
    enum rules rules;
} zones[] = {
    {"UTC", 0, 1, FIXED},
    {"GMT", 0, 1, FIXED},
    {"Etc/UTC", 0, 1, FIXED},
    {"Etc/GMT", 0, 1, FIXED},
    {"Z", 0, 1, FIXED},
    {"Africa/Johannesburg", 120, 1945, FIXED},
    {"Africa/Lagos", 60, 1920, FIXED},
    {"Africa/Nairobi", 180, 1943, FIXED},
    {"America/Anchorage", -540, 2007, US},
    {"America/Bogota", -300, 1994, FIXED},
    {"America/Chicago", -360, 2007, US},
    {"America/Denver", -420, 2007, US},
    {"America/Halifax", -240, 2007, US},
    {"America/Los_Angeles", -480, 2007, US},
    {"America/New_York", -300, 2007, US},
    {"America/Phoenix", -420, 1969, FIXED},
    {"America/St_Johns", -210, 2007, NF},
    {"America/Toronto", -300, 2007, US},
    {"Asia/Bangkok", 420, 1921, FIXED},
    {"Asia/Dubai", 240, 1921, FIXED},
    {"Asia/Ho_Chi_Minh", 420, 1976, FIXED},
    {"Asia/Hong_Kong", 480, 1980, FIXED},
    {"Asia/Jakarta", 420, 1964, FIXED},
    {"Asia/Kathmandu", 345, 1986, FIXED},
    {"Asia/Kolkata", 330, 1946, FIXED},
    {"Asia/Kuala_Lumpur", 480, 1982, FIXED},
    {"Asia/Macau", 480, 1980, FIXED},
    {"Asia/Manila", 480, 1991, FIXED},
    {"Asia/Qatar", 180, 1973, FIXED},
    {"Asia/Riyadh", 180, 1948, FIXED},
    {"Asia/Seoul", 540, 1989, FIXED},
    {"Asia/Shanghai", 480, 1992, FIXED},
    {"Asia/Singapore", 480, 1982, FIXED},
    {"Asia/Taipei", 480, 1980, FIXED},
    {"Asia/Tokyo", 540, 1952, FIXED},
    {"Australia/Adelaide", 570, 2009, AU},
    {"Australia/Brisbane", 600, 1993, FIXED},
    {"Australia/Darwin", 570, 1945, FIXED},
    {"Australia/Hobart", 600, 2009, AU},
    {"Australia/Melbourne", 600, 2009, AU},
    {"Australia/Perth", 480, 2010, FIXED},
    {"Australia/Sydney", 600, 2009, AU},
    {"Europe/Amsterdam", 60, 1996, EU},
    {"Europe/Athens", 120, 1996, EU},
    {"Europe/Berlin", 60, 1996, EU},
    {"Europe/Brussels", 60, 1996, EU},
    {"Europe/Dublin", 0, 1996, EU},
    {"Europe/Helsinki", 120, 1996, EU},
    {"Europe/Kyiv", 120, 1997, EU},
    {"Europe/Lisbon", 0, 1997, EU},
    {"Europe/London", 0, 1996, EU},
    {"Europe/Madrid", 60, 1996, EU},
    {"Europe/Oslo", 60, 1996, EU},
    {"Europe/Paris", 60, 1996, EU},
    {"Europe/Rome", 60, 1996, EU},
    {"Europe/Stockholm", 60, 1996, EU},
    {"Europe/Vienna", 60, 1996, EU},
    {"Europe/Warsaw", 60, 1996, EU},
    {"Europe/Zurich", 60, 1996, EU},
    {"Pacific/Auckland", 720, 2008, NZ},
    {"Pacific/Honolulu", -600, 1948, FIXED},
    {"US/Alaska", -540, 2007, US},
    {"US/Arizona", -420, 1969, FIXED},
    {"US/Central", -360, 2007, US},
    {"US/Eastern", -300, 2007, US},
    {"US/Hawaii", -600, 1948, FIXED},
    {"US/Mountain", -420, 2007, US},
    {"US/Pacific", -480, 2007, US},
};

/* Days since 1970 of the `nth` Sunday (1.., or 0 for the last) of a month. */
static int64_t sunday(int32_t year, int32_t month, int nth)
{
    int64_t first = civil_days(year, month, 1);
    int64_t to_sunday = ((3 - first) % 7 + 7) % 7; /* day 3 (1970-01-04) was a Sunday */
    if (nth > 0) return first + to_sunday + (nth - 1) * 7;
    int64_t last = month == 12 ? civil_days(year, 12, 31) : civil_days(year, month + 1, 1) - 1;
    return last - ((last - 3) % 7 + 7) % 7;
}

/* Is daylight saving in force at `utc_s`, which lies in `year` on the zone's standard clock? */
static bool is_summer(enum rules rules, int32_t year, int64_t utc_s, int64_t standard_s)
{
    int64_t from, to; /* north: summer is [from, to); south: winter is [to, from) */
    switch (rules) {
    case FIXED: return false;
    case EU:
        from = sunday(year, 3, 0) * 86400 + 3600;
        to = sunday(year, 10, 0) * 86400 + 3600;
        return utc_s >= from && utc_s < to;
    case US:
    case NF: {
        int64_t wall = rules == NF && year < 2012 ? 60 : 7200;
        from = sunday(year, 3, 2) * 86400 + wall;
        to = sunday(year, 11, 1) * 86400 + wall - 3600; /* the wall is an hour ahead then */
        return standard_s >= from && standard_s < to;
    }
    case AU: from = sunday(year, 10, 1) * 86400 + 7200; break;
    case NZ: from = sunday(year, 9, 0) * 86400 + 7200; break;
    default: return false;
    }
    to = sunday(year, 4, 1) * 86400 + 7200;
    return standard_s >= from || standard_s < to;
}

/* "+hh:mm", "-hh:mm" or "hh:mm". */
static bool fixed_offset(struct str zone, int32_t *out)
{
    struct str s = zone;
    bool west = s.len > 0 && s.p[0] == '-';
    if (west || (s.len > 0 && s.p[0] == '+')) s = (struct str){s.p + 1, s.len - 1};
    if (s.len != 5 || s.p[2] != ':') return false;
    for (size_t i = 0; i < 5; i++) {
        if (i != 2 && (s.p[i] < '0' || s.p[i] > '9')) return false;
    }
    int32_t h = (s.p[0] - '0') * 10 + s.p[1] - '0', m = (s.p[3] - '0') * 10 + s.p[4] - '0';
    if (h > 23 || m > 59) return false;
    *out = (h * 60 + m) * (west ? -60 : 60);
    return true;
}

bool cel_zone_offset(struct str name, int64_t utc_s, int32_t *offset_s_out)
{
    if (fixed_offset(name, offset_s_out)) return true;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        const struct zone *z = &zones[i];
        if (!str_eqz(name, z->name)) continue;
        int64_t standard_s = utc_s + z->offset_min * 60;
        int32_t year = civil_of_ms(standard_s * 1000).year;
        if (year < z->since) return false;
        *offset_s_out =
            z->offset_min * 60 + (is_summer(z->rules, year, utc_s, standard_s) ? 3600 : 0);
        return true;
    }
    return false;
}
