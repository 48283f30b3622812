/* civil.h - calendar time without the C library's clock, zone or locale.
 *
 * Instants are int64 milliseconds since 1970-01-01T00:00:00Z (UTC, no leap seconds), proleptic
 * Gregorian calendar. The law's dates are read as 00:00 UTC of that day. */
#ifndef BERTH_BASE_CIVIL_H
#define BERTH_BASE_CIVIL_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define CIVIL_DAY_MS INT64_C(86400000)
#define CIVIL_NEVER_MS INT64_MAX /* an instant after every other */
#define CIVIL_ALWAYS_MS INT64_MIN /* an instant before every other */
enum { CIVIL_TEXT_MAX = 32 };

struct civil {
    int32_t year; /* 1..9999 */
    int32_t month, day; /* 1..12, 1..31 */
    int32_t hour, minute, second, ms;
};

/* Days since 1970-01-01 of a valid date (Howard Hinnant's days_from_civil). */
int64_t civil_days(int32_t year, int32_t month, int32_t day);
bool civil_date_is_valid(int32_t year, int32_t month, int32_t day);
struct civil civil_of_ms(int64_t ms);

/* "YYYY-MM-DD" or RFC 3339 "YYYY-MM-DDThh:mm:ss[.fff](Z|+hh:mm)"; false when it is neither or names
 * a date or time that does not exist. */
bool civil_parse(struct str text, int64_t *ms_out);

/* "2026-11-21" when the instant is a midnight, else "2026-11-21T20:15:00Z" (".123" when needed);
 * "never" and "always" for the two ends. */
const char *civil_format(int64_t ms, char out[CIVIL_TEXT_MAX]);

#endif
