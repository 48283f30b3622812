/* cel_time.c - timestamps and durations as text and in range.
 *
 * Both are whole seconds plus 0..999,999,999 nanoseconds to add, so that order is that of the
 * pairs. Ranges are those of google.protobuf.Timestamp and Duration (timestamp.proto,
 * duration.proto). */
#include "base/civil.h"
#include "law/cel/cel_values.h"

#include <inttypes.h>
#include <stdio.h>

#define NANOS INT64_C(1000000000)
#define TIMESTAMP_MIN_S INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define TIMESTAMP_MAX_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DURATION_MAX_S INT64_C(315576000000) /* 10,000 years of 365.25 days */

/* Carry whole seconds out of `nanos`, which ends in 0..999,999,999. False on overflow. */
static bool normalize(int64_t *seconds, int64_t *nanos)
{
    int64_t carry = *nanos / NANOS;
    *nanos %= NANOS;
    if (*nanos < 0) {
        *nanos += NANOS;
        carry--;
    }
    return !__builtin_add_overflow(*seconds, carry, seconds);
}

struct cel_value cel_make_timestamp(struct arena *a, int64_t seconds, int64_t nanos)
{
    if (!normalize(&seconds, &nanos) || seconds < TIMESTAMP_MIN_S || seconds > TIMESTAMP_MAX_S) {
        return cel_error(a, "timestamp out of range: it must lie in years 0001 to 9999");
    }
    return (struct cel_value){.kind = CEL_TIMESTAMP, .len = (uint32_t)nanos, .as.i = seconds};
}

struct cel_value cel_make_duration(struct arena *a, int64_t seconds, int64_t nanos)
{
    bool ok = normalize(&seconds, &nanos);
    /* Exactly +10,000 years is in range, more by a nanosecond is not; so for -10,000 years, where
     * added nanoseconds lead back into the range. */
    if (!ok || seconds < -DURATION_MAX_S || seconds > DURATION_MAX_S ||
        (seconds == DURATION_MAX_S && nanos > 0)) {
        return cel_error(a, "duration out of range: it must lie within 10,000 years");
    }
    return (struct cel_value){.kind = CEL_DURATION, .len = (uint32_t)nanos, .as.i = seconds};
}

struct cel_value cel_timestamp_ms(struct arena *a, int64_t ms)
{
    int64_t s = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
    return cel_make_timestamp(a, s, (ms - s * 1000) * 1000000);
}

/* ---------------------------------------------------------------- timestamp text */

struct scan {
    const char *p, *end;
};

static bool take(struct scan *s, char c)
{
    if (s->p == s->end || *s->p != c) return false;
    s->p++;
    return true;
}

static bool take_digits(struct scan *s, int count, int32_t *out)
{
    int32_t v = 0;
    for (int i = 0; i < count; i++) {
        if (s->p == s->end || *s->p < '0' || *s->p > '9') return false;
        v = v * 10 + (*s->p++ - '0');
    }
    *out = v;
    return true;
}

/* ".5" to nanoseconds; nothing is 0. At most nine digits count, further ones are dropped. */
static bool take_fraction(struct scan *s, int64_t *nanos)
{
    int64_t unit = NANOS;
    *nanos = 0;
    if (!take(s, '.')) return true;
    const char *first = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
        unit /= 10;
        *nanos += (*s->p++ - '0') * unit;
    }
    return s->p > first;
}

/* "Z" or "+hh:mm" to seconds east of UTC. */
static bool take_zone(struct scan *s, int64_t *offset)
{
    int32_t h, m;
    *offset = 0;
    if (take(s, 'Z') || take(s, 'z')) return true;
    bool west = take(s, '-');
    if (!west && !take(s, '+')) return false;
    if (!take_digits(s, 2, &h) || !take(s, ':') || !take_digits(s, 2, &m)) return false;
    if (h > 23 || m > 59) return false;
    *offset = (h * 60 + m) * (west ? -60 : 60);
    return true;
}

struct cel_value cel_parse_timestamp(struct arena *a, struct str text)
{
    struct scan s = {text.p, text.p + text.len};
    int32_t y, mo, d, h, mi, sec;
    int64_t nanos, offset;
    /* A year of five digits is well formed as far as a person is concerned: say "range". */
    size_t digits = 0;
    while (digits < text.len && text.p[digits] >= '0' && text.p[digits] <= '9') digits++;
    bool shaped = digits == 4 && take_digits(&s, 4, &y) && take(&s, '-') &&
                  take_digits(&s, 2, &mo) && take(&s, '-') && take_digits(&s, 2, &d) &&
                  (take(&s, 'T') || take(&s, 't')) && take_digits(&s, 2, &h) && take(&s, ':') &&
                  take_digits(&s, 2, &mi) && take(&s, ':') && take_digits(&s, 2, &sec) &&
                  take_fraction(&s, &nanos) && take_zone(&s, &offset) && s.p == s.end;
    if ((shaped && y == 0) || (digits > 4 && digits < text.len && text.p[digits] == '-')) {
        return cel_error(a, "timestamp out of range: it must lie in years 0001 to 9999");
    }
    if (!shaped || !civil_date_is_valid(y, mo, d) || h > 23 || mi > 59 || sec > 59) {
        return cel_error(
            a, "type conversion error: '" STR_FMT "' is no timestamp such as 2026-01-31T00:00:00Z",
            (int)(text.len > 60 ? 60 : text.len), text.p);
    }
    int64_t seconds = civil_days(y, mo, d) * 86400 + h * 3600 + mi * 60 + sec - offset;
    return cel_make_timestamp(a, seconds, nanos);
}

/* ".5", ".000000001" or nothing: as many decimals as are needed. */
static const char *fraction_text(uint32_t nanos, char out[16])
{
    (void)snprintf(out, 16, ".%09" PRIu32, nanos);
    size_t len = 10;
    while (len > 1 && out[len - 1] == '0') len--;
    out[len == 1 ? 0 : len] = '\0';
    return out;
}

const char *cel_timestamp_text(struct cel_value v, char out[CEL_TIME_TEXT_MAX])
{
    struct civil c = civil_of_ms(v.as.i * 1000);
    char fraction[16];
    (void)snprintf(out, CEL_TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", c.year, c.month,
                   c.day, c.hour, c.minute, c.second, fraction_text(v.len, fraction));
    return out;
}

/* ---------------------------------------------------------------- duration text */

/* A unit at the cursor, in nanoseconds; 0 when there is none. */
static int64_t take_unit(struct scan *s)
{
    if (take(s, 'h')) return 3600 * NANOS;
    if (take(s, 'm')) return take(s, 's') ? 1000000 : 60 * NANOS;
    if (take(s, 's')) return NANOS;
    if (take(s, 'n')) return take(s, 's') ? 1 : 0;
    if (take(s, 'u') || (take(s, '\xC2') && take(s, '\xB5')) ||
        (take(s, '\xCE') && take(s, '\xBC'))) {
        return take(s, 's') ? 1000 : 0;
    }
    return 0;
}

/* One "12.5h". Adds to seconds and nanos; false when it is malformed, *range when it is too big. */
static bool take_part(struct scan *s, int64_t *seconds, int64_t *nanos, bool *range)
{
    int64_t whole = 0, fraction = 0;
    const char *first = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
        if (whole < INT64_MAX / 100) whole = whole * 10 + (*s->p - '0');
        s->p++;
    }
    bool digits = s->p > first;
    if (s->p < s->end && *s->p == '.') {
        /* "1." and ".5" are fine, "." is not: as Go's time.ParseDuration, which CEL follows. */
        bool more = s->p + 1 < s->end && s->p[1] >= '0' && s->p[1] <= '9';
        if (!more && !digits) return false;
        if (!more) {
            s->p++;
        } else if (!take_fraction(s, &fraction)) {
            return false;
        }
    } else if (!digits) {
        return false;
    }
    int64_t unit = take_unit(s);
    if (unit == 0) return false;
    if (unit >= NANOS) { /* h, m, s: whole seconds, and fractions in nanoseconds */
        *range = *range || whole > DURATION_MAX_S / (unit / NANOS);
        if (!*range) *seconds += whole * (unit / NANOS);
        *nanos += fraction * (unit / NANOS);
    } else {
        *seconds += whole / (NANOS / unit);
        *nanos += whole % (NANOS / unit) * unit + fraction / (NANOS / unit);
    }
    *range = *range || !normalize(seconds, nanos) || *seconds > DURATION_MAX_S;
    if (*range) *seconds = *nanos = 0; /* go on only to see whether the rest is well formed */
    return true;
}

struct cel_value cel_parse_duration(struct arena *a, struct str text)
{
    struct scan s = {text.p, text.p + text.len};
    int64_t seconds = 0, nanos = 0;
    bool negative = take(&s, '-'), range = false;
    if (!negative) (void)take(&s, '+');
    bool ok = s.p < s.end;
    if (s.end - s.p == 1 && *s.p == '0') s.p++; /* "0" needs no unit */
    while (ok && s.p < s.end) ok = take_part(&s, &seconds, &nanos, &range);
    if (!ok) {
        return cel_error(
            a, "type conversion error: '" STR_FMT "' is no duration such as 90s, 1h30m or 1.5s",
            (int)(text.len > 60 ? 60 : text.len), text.p);
    }
    if (range) return cel_error(a, "duration out of range: it must lie within 10,000 years");
    return negative ? cel_make_duration(a, -seconds, -nanos) : cel_make_duration(a, seconds, nanos);
}

const char *cel_duration_text(struct cel_value v, char out[CEL_TIME_TEXT_MAX])
{
    bool negative = v.as.i < 0;
    int64_t seconds = v.as.i;
    uint32_t nanos = v.len;
    if (negative && nanos > 0) {
        seconds++;
        nanos = (uint32_t)NANOS - nanos;
    }
    char fraction[16];
    (void)snprintf(out, CEL_TIME_TEXT_MAX, "%s%" PRId64 "%ss", negative ? "-" : "",
                   negative ? -seconds : seconds, fraction_text(nanos, fraction));
    return out;
}
