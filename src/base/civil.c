#include "base/civil.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

int64_t civil_days(int32_t year, int32_t month, int32_t day)
{
    int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

bool civil_date_is_valid(int32_t year, int32_t month, int32_t day)
{
    static const int32_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static int64_t civil_to_ms(const struct civil *c)
{
    ASSERT(civil_date_is_valid(c->year, c->month, c->day));
    int64_t s = (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + c->second;
    return civil_days(c->year, c->month, c->day) * CIVIL_DAY_MS + s * 1000 + c->ms;
}

struct civil civil_of_ms(int64_t ms)
{
    int64_t days = ms / CIVIL_DAY_MS, rest = ms % CIVIL_DAY_MS;
    if (rest < 0) {
        rest += CIVIL_DAY_MS;
        days--;
    }
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int32_t month = (int32_t)(mp < 10 ? mp + 3 : mp - 9);
    return (struct civil){
        .year = (int32_t)(yoe + era * 400 + (month <= 2 ? 1 : 0)),
        .month = month,
        .day = (int32_t)(doy - (153 * mp + 2) / 5 + 1),
        .hour = (int32_t)(rest / 3600000),
        .minute = (int32_t)(rest / 60000 % 60),
        .second = (int32_t)(rest / 1000 % 60),
        .ms = (int32_t)(rest % 1000),
    };
}

/* Exactly `n` digits at *i; advances *i. */
static bool digits(struct str s, size_t *i, size_t n, int32_t *out)
{
    if (s.len - *i < n) return false;
    int32_t v = 0;
    for (size_t k = 0; k < n; k++) {
        char c = s.p[*i + k];
        if (c < '0' || c > '9') return false;
        v = v * 10 + (c - '0');
    }
    *i += n;
    *out = v;
    return true;
}

static bool expect(struct str s, size_t *i, char c)
{
    if (*i >= s.len || s.p[*i] != c) return false;
    (*i)++;
    return true;
}

static bool parse_fraction(struct str s, size_t *i, int32_t *ms_out)
{
    int32_t ms = 0, scale = 100;
    size_t start = *i;
    for (; *i < s.len && s.p[*i] >= '0' && s.p[*i] <= '9'; (*i)++) {
        ms += (s.p[*i] - '0') * scale;
        scale /= 10;
    }
    *ms_out = ms;
    return *i > start && *i - start <= 9;
}

static bool parse_zone(struct str s, size_t *i, int64_t *offset_ms_out)
{
    *offset_ms_out = 0;
    if (expect(s, i, 'Z')) return true;
    int64_t sign = 1;
    if (expect(s, i, '-'))
        sign = -1;
    else if (!expect(s, i, '+'))
        return false;
    int32_t h = 0, m = 0;
    if (!digits(s, i, 2, &h) || !expect(s, i, ':') || !digits(s, i, 2, &m)) return false;
    if (h > 23 || m > 59) return false;
    *offset_ms_out = sign * ((int64_t)h * 60 + m) * 60000;
    return true;
}

bool civil_parse(struct str text, int64_t *ms_out)
{
    struct civil c = {0};
    size_t i = 0;
    if (!digits(text, &i, 4, &c.year) || !expect(text, &i, '-') || !digits(text, &i, 2, &c.month) ||
        !expect(text, &i, '-') || !digits(text, &i, 2, &c.day))
        return false;
    if (!civil_date_is_valid(c.year, c.month, c.day)) return false;
    int64_t offset_ms = 0;
    if (i < text.len) {
        if (!expect(text, &i, 'T') || !digits(text, &i, 2, &c.hour) || !expect(text, &i, ':') ||
            !digits(text, &i, 2, &c.minute) || !expect(text, &i, ':') ||
            !digits(text, &i, 2, &c.second))
            return false;
        if (c.hour > 23 || c.minute > 59 || c.second > 59) return false;
        if (expect(text, &i, '.') && !parse_fraction(text, &i, &c.ms)) return false;
        if (!parse_zone(text, &i, &offset_ms) || i != text.len) return false;
    }
    *ms_out = civil_to_ms(&c) - offset_ms;
    return true;
}

const char *civil_format(int64_t ms, char out[CIVIL_TEXT_MAX])
{
    if (ms == CIVIL_NEVER_MS || ms == CIVIL_ALWAYS_MS) {
        snprintf(out, CIVIL_TEXT_MAX, "%s", ms == CIVIL_NEVER_MS ? "never" : "always");
        return out;
    }
    struct civil c = civil_of_ms(ms);
    int n = snprintf(out, CIVIL_TEXT_MAX, "%04d-%02d-%02d", c.year, c.month, c.day);
    if (ms % CIVIL_DAY_MS == 0 || n < 0 || n > 15) return out;
    char *p = out + n;
    size_t left = CIVIL_TEXT_MAX - (size_t)n;
    if (c.ms != 0)
        snprintf(p, left, "T%02d:%02d:%02d.%03dZ", c.hour, c.minute, c.second, c.ms);
    else
        snprintf(p, left, "T%02d:%02d:%02dZ", c.hour, c.minute, c.second);
    return out;
}
