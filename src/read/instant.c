#include "read/instant.h"

#include "base/civil.h"

#include <string.h>
#include <time.h>

enum { DAY_S = 86400 };

struct scan {
    struct str s;
    size_t at;
};

static bool at_end(const struct scan *c)
{
    return c->at == c->s.len;
}

static bool take(struct scan *c, char want)
{
    if (at_end(c) || c->s.p[c->at] != want) return false;
    c->at++;
    return true;
}

/* `min` to `max` decimal digits. */
static bool take_number(struct scan *c, size_t min, size_t max, int *out)
{
    size_t from = c->at;
    int v = 0;
    while (!at_end(c) && c->at - from < max && c->s.p[c->at] >= '0' && c->s.p[c->at] <= '9')
        v = v * 10 + (c->s.p[c->at++] - '0');
    if (c->at - from < min) return false;
    *out = v;
    return true;
}

static bool is_word(struct str s, const char *word)
{
    if (s.len != strlen(word)) return false;
    for (size_t i = 0; i < s.len; i++)
        if ((s.p[i] | 0x20) != word[i]) return false;
    return true;
}

static struct str rest(const struct scan *c)
{
    return (struct str){c->s.p + c->at, c->s.len - c->at};
}

static struct tm local_of(int64_t ms)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    return tm;
}

/* The instant of a local day and time of day; the day may run over (the 32nd is the next month's
 * first), since callers add days. */
static int64_t ms_of(struct tm tm, int seconds_of_day)
{
    tm.tm_hour = seconds_of_day / 3600;
    tm.tm_min = seconds_of_day / 60 % 60;
    tm.tm_sec = seconds_of_day % 60;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm) * 1000;
}

static int64_t next_at(int64_t now_ms, int seconds_of_day)
{
    struct tm tm = local_of(now_ms);
    int64_t ms = ms_of(tm, seconds_of_day);
    if (ms > now_ms) return ms;
    tm.tm_mday++;
    return ms_of(tm, seconds_of_day);
}

/* "+90", "+2hours": the length of the unit by its first letters, as Slurm has it. */
static bool read_offset(struct scan c, int64_t now_ms, int64_t *ms_out)
{
    static const struct {
        const char *name;
        int seconds;
    } units[] = {
        {"seconds", 1}, {"minutes", 60}, {"hours", 3600}, {"days", DAY_S}, {"weeks", 7 * DAY_S}};
    if (at_end(&c)) {
        *ms_out = now_ms;
        return true;
    }
    int n = 0;
    if (!take(&c, '+') || !take_number(&c, 1, 8, &n)) return false;
    struct str unit = rest(&c);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct str name = str_of(units[i].name);
        if (unit.len > name.len || memcmp(unit.p, name.p, unit.len) != 0) continue;
        *ms_out = now_ms + (int64_t)n * units[i].seconds * 1000; /* no unit: the first, seconds */
        return true;
    }
    return false;
}

/* "HH:MM[:SS]", into seconds of the day. */
static bool take_clock(struct scan *c, int *seconds_out)
{
    int h = 0, m = 0, s = 0;
    if (!take_number(c, 1, 2, &h) || !take(c, ':') || !take_number(c, 2, 2, &m)) return false;
    if (take(c, ':') && !take_number(c, 2, 2, &s)) return false;
    if (h > 23 || m > 59 || s > 59) return false;
    *seconds_out = h * 3600 + m * 60 + s;
    return true;
}

static bool read_clock(struct scan c, int64_t now_ms, int64_t *ms_out)
{
    int seconds = 0;
    if (!take_clock(&c, &seconds)) return false;
    if (!at_end(&c)) {
        while (take(&c, ' ')) continue;
        bool pm = is_word(rest(&c), "pm");
        int hour = seconds / 3600;
        if ((!pm && !is_word(rest(&c), "am")) || hour < 1 || hour > 12) return false;
        seconds += ((pm ? 12 : 0) - (hour == 12 ? 12 : 0)) * 3600;
    }
    *ms_out = next_at(now_ms, seconds);
    return true;
}

static bool day_of(int year, int month, int day, struct tm *out)
{
    if (year < 1970 || !civil_date_is_valid(year, month, day)) return false;
    *out = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    return true;
}

/* "MMDD[YY]" and "MM/DD[/YY][-HH:MM[:SS]]": without a year, the next such day. */
static bool read_us_date(struct scan c, int64_t now_ms, int64_t *ms_out)
{
    int month = 0, day = 0, year = 0, seconds = 0;
    if (!take_number(&c, 2, 2, &month)) return false;
    bool slashed = take(&c, '/');
    if (!take_number(&c, slashed ? 1 : 2, 2, &day)) return false;
    bool has_year = slashed ? take(&c, '/') : !at_end(&c);
    if (has_year && !take_number(&c, 2, 2, &year)) return false;
    if (slashed && take(&c, '-') && !take_clock(&c, &seconds)) return false;
    if (!at_end(&c)) return false;
    year = has_year ? year + 2000 : local_of(now_ms).tm_year + 1900;
    struct tm tm;
    if (!day_of(year, month, day, &tm)) return false;
    if (!has_year && ms_of(tm, 0) + (int64_t)DAY_S * 1000 <= now_ms &&
        !day_of(year + 1, month, day, &tm))
        return false;
    *ms_out = ms_of(tm, seconds);
    return true;
}

static bool read_iso(struct scan c, int64_t *ms_out)
{
    int year = 0, month = 0, day = 0, seconds = 0;
    struct tm tm;
    if (!take_number(&c, 4, 4, &year) || !take(&c, '-') || !take_number(&c, 2, 2, &month) ||
        !take(&c, '-') || !take_number(&c, 2, 2, &day) || !day_of(year, month, day, &tm))
        return false;
    if (!at_end(&c) && (!take(&c, 'T') || !take_clock(&c, &seconds) || !at_end(&c))) return false;
    *ms_out = ms_of(tm, seconds);
    return true;
}

static bool read_word(struct str s, int64_t now_ms, int64_t *ms_out)
{
    static const struct {
        const char *word;
        int hour;
    } words[] = {{"midnight", 0}, {"noon", 12}, {"fika", 15}, {"teatime", 16}};
    struct tm tm = local_of(now_ms);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!is_word(s, words[i].word)) continue;
        *ms_out = next_at(now_ms, words[i].hour * 3600);
        return true;
    }
    bool tomorrow = is_word(s, "tomorrow");
    if (!tomorrow && !is_word(s, "today")) return false;
    if (tomorrow) tm.tm_mday++;
    *ms_out = tomorrow ? ms_of(tm, 0) : now_ms;
    return true;
}

bool instant_read(struct str text, int64_t now_ms, int64_t *ms_out)
{
    if (text.len == 0) return false;
    struct scan c = {.s = text};
    if (str_starts(text, "now")) return read_offset((struct scan){text, 3}, now_ms, ms_out);
    bool has_zone = text.len > 11 && text.p[10] == 'T';
    if (has_zone && civil_parse(text, ms_out)) return true;
    return read_word(text, now_ms, ms_out) || read_clock(c, now_ms, ms_out) ||
           read_iso(c, ms_out) || read_us_date(c, now_ms, ms_out);
}
