#include "cli/times.h"

#include "base/civil.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SECOND_MS INT64_C(1000)

struct span {
    int64_t days;
    int hours, minutes, seconds;
};

static struct span split(int64_t ms)
{
    int64_t s = ms / SECOND_MS;
    return (struct span){.days = s / 86400,
                         .hours = (int)(s / 3600 % 24),
                         .minutes = (int)(s / 60 % 60),
                         .seconds = (int)(s % 60)};
}

static const char *set(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
    return out;
}

const char *span_short(int64_t ms, char out[SPAN_TEXT_MAX])
{
    if (ms < 0) return set(out, SPAN_TEXT_MAX, "INVALID");
    struct span s = split(ms);
    if (s.days > 0) return span_long(ms, out);
    if (s.hours > 0)
        snprintf(out, SPAN_TEXT_MAX, "%d:%02d:%02d", s.hours, s.minutes, s.seconds);
    else
        snprintf(out, SPAN_TEXT_MAX, "%d:%02d", s.minutes, s.seconds);
    return out;
}

const char *span_long(int64_t ms, char out[SPAN_TEXT_MAX])
{
    if (ms < 0) return set(out, SPAN_TEXT_MAX, "INVALID");
    struct span s = split(ms);
    int n = s.days > 0 ? snprintf(out, SPAN_TEXT_MAX, "%" PRId64 "-", s.days) : 0;
    snprintf(out + n, SPAN_TEXT_MAX - (size_t)n, "%02d:%02d:%02d", s.hours, s.minutes, s.seconds);
    return out;
}

const char *span_words(int64_t ms, char out[SPAN_TEXT_MAX])
{
    if (ms < 0) ms = 0;
    struct span s = split(ms);
    if (s.days >= 3)
        snprintf(out, SPAN_TEXT_MAX, "%" PRId64 " days", s.days);
    else if (s.days > 0 && s.hours > 0)
        snprintf(out, SPAN_TEXT_MAX, "%" PRId64 " day%s %d h", s.days, s.days > 1 ? "s" : "",
                 s.hours);
    else if (s.days > 0)
        snprintf(out, SPAN_TEXT_MAX, "%" PRId64 " day%s", s.days, s.days > 1 ? "s" : "");
    else if (s.hours > 0 && s.minutes > 0)
        snprintf(out, SPAN_TEXT_MAX, "%d h %d min", s.hours, s.minutes);
    else if (s.hours > 0)
        snprintf(out, SPAN_TEXT_MAX, "%d h", s.hours);
    else if (s.minutes > 0)
        snprintf(out, SPAN_TEXT_MAX, "%d min", s.minutes);
    else
        snprintf(out, SPAN_TEXT_MAX, "%d s", s.seconds);
    return out;
}

static struct tm local(int64_t ms)
{
    time_t t = (time_t)(ms / SECOND_MS);
    struct tm tm = {0};
    localtime_r(&t, &tm);
    return tm;
}

const char *instant_iso(int64_t ms, char out[INSTANT_TEXT_MAX])
{
    struct tm tm = local(ms);
    if (strftime(out, INSTANT_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm) == 0) out[0] = '\0';
    return out;
}

const char *instant_words(int64_t ms, int64_t now_ms, char out[INSTANT_TEXT_MAX])
{
    struct tm tm = local(ms);
    struct tm now = local(now_ms);
    int64_t distance = ms > now_ms ? ms - now_ms : now_ms - ms;
    bool ok;
    if (tm.tm_yday == now.tm_yday && tm.tm_year == now.tm_year)
        ok = strftime(out, INSTANT_TEXT_MAX, "%H:%M:%S", &tm) != 0;
    else if (distance < 300 * CIVIL_DAY_MS)
        ok = strftime(out, INSTANT_TEXT_MAX, "%b %d %H:%M", &tm) != 0;
    else
        ok = strftime(out, INSTANT_TEXT_MAX, "%Y-%m-%d", &tm) != 0;
    if (!ok) out[0] = '\0';
    return out;
}

static int64_t unit_ms(const char *unit)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {
        {"second", SECOND_MS}, {"minute", 60 * SECOND_MS}, {"hour", 3600 * SECOND_MS},
        {"day", CIVIL_DAY_MS}, {"week", 7 * CIVIL_DAY_MS},
    };
    size_t len = strlen(unit);
    if (len == 0) return SECOND_MS;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strncasecmp(units[i].name, unit, len) == 0 ||
            (len == strlen(units[i].name) + 1 && unit[len - 1] == 's' &&
             strncasecmp(units[i].name, unit, len - 1) == 0))
            return units[i].ms;
    return 0;
}

/* "now", "now+3hours", "now-90": true when the text begins so and is well formed. */
static bool parse_now(const char *text, int64_t now_ms, int64_t *ms_out)
{
    char sign[2] = "";
    char unit[16] = "";
    int64_t n = 0;
    int end = 0;
    if (strcasecmp(text, "now") == 0) {
        *ms_out = now_ms;
        return true;
    }
    if (sscanf(text, "now%1[+-]%9" SCNd64 "%n%15[a-zA-Z]%n", sign, &n, &end, unit, &end) < 2)
        return false;
    int64_t step = unit_ms(unit);
    if (text[end] != '\0' || step == 0) return false;
    *ms_out = now_ms + (sign[0] == '+' ? n : -n) * step;
    return true;
}

static bool from_local(struct tm tm, int64_t *ms_out)
{
    bool valid = civil_date_is_valid(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) &&
                 tm.tm_hour >= 0 && tm.tm_hour < 24 && tm.tm_min >= 0 && tm.tm_min < 60 &&
                 tm.tm_sec >= 0 && tm.tm_sec < 60;
    if (!valid) return false;
    tm.tm_isdst = -1;
    *ms_out = (int64_t)mktime(&tm) * SECOND_MS;
    return true;
}

static bool parse_word(const char *text, struct tm day, int64_t *ms_out)
{
    day.tm_hour = strcasecmp(text, "noon") == 0 ? 12 : 0;
    day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    if (strcasecmp(text, "tomorrow") == 0)
        day.tm_mday++;
    else if (strcasecmp(text, "yesterday") == 0)
        day.tm_mday--;
    else if (strcasecmp(text, "today") != 0 && strcasecmp(text, "midnight") != 0 &&
             strcasecmp(text, "noon") != 0)
        return false;
    *ms_out = (int64_t)mktime(&day) * SECOND_MS;
    return true;
}

/* The date forms; gives the rest behind the date, NULL when there is none. */
static const char *parse_date(const char *text, struct tm *tm)
{
    int y = 0, m = 0, d = 0, n = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &y, &m, &d, &n) == 3 && n > 0)
        tm->tm_year = y - 1900;
    else if (sscanf(text, "%2d/%2d/%2d%n", &m, &d, &y, &n) == 3 && n > 0)
        tm->tm_year = y + 100;
    else if (sscanf(text, "%2d/%2d%n", &m, &d, &n) == 2 && n > 0)
        y = 0;
    else if (strspn(text, "0123456789") == 6 && sscanf(text, "%2d%2d%2d%n", &m, &d, &y, &n) == 3)
        tm->tm_year = y + 100;
    else if (strspn(text, "0123456789") != 4 || sscanf(text, "%2d%2d%n", &m, &d, &n) != 2)
        return NULL;
    tm->tm_mon = m - 1;
    tm->tm_mday = d;
    return text + n;
}

bool instant_parse(struct str in, int64_t now_ms, int64_t *ms_out)
{
    char text[64];
    if (in.len == 0 || in.len >= sizeof text) return false;
    memcpy(text, in.p, in.len);
    text[in.len] = '\0';
    struct tm tm = local(now_ms);
    if (parse_now(text, now_ms, ms_out) || parse_word(text, tm, ms_out)) return true;
    if (strpbrk(text, " \t+") != NULL) return false; /* which sscanf would skip */
    tm.tm_sec = 0;
    const char *rest = parse_date(text, &tm);
    if (rest != NULL && *rest == '\0') {
        tm.tm_hour = tm.tm_min = 0;
        return from_local(tm, ms_out);
    }
    if (rest != NULL && *rest != 'T' && *rest != '-') return false;
    const char *clock = rest != NULL ? rest + 1 : text;
    int n = 0;
    if (sscanf(clock, "%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &n) != 2) return false;
    clock += n;
    n = 0;
    if (*clock == ':' && sscanf(clock, ":%2d%n", &tm.tm_sec, &n) == 1) clock += n;
    return *clock == '\0' && from_local(tm, ms_out);
}

const char *dollars(int64_t uusd, char out[DOLLARS_TEXT_MAX])
{
    const char *sign = uusd < 0 ? "-" : "";
    int64_t abs = uusd < 0 ? -uusd : uusd;
    if (abs > 0 && abs < 1000000 && abs % 10000 != 0)
        snprintf(out, DOLLARS_TEXT_MAX, "%s$%.4f", sign, (double)abs / 1e6);
    else
        snprintf(out, DOLLARS_TEXT_MAX, "%s$%" PRId64 ".%02" PRId64, sign, (abs + 5000) / 1000000,
                 (abs + 5000) / 10000 % 100);
    return out;
}

const char *megabytes(uint64_t mb, char out[SPAN_TEXT_MAX])
{
    static const char units[] = "MGTP";
    size_t u = 0;
    double x = (double)mb;
    while (x >= 1024 && u + 2 < sizeof units) {
        x /= 1024;
        u++;
    }
    if (mb == 0) return set(out, SPAN_TEXT_MAX, "0");
    bool whole = x - (double)(uint64_t)x < 0.005;
    snprintf(out, SPAN_TEXT_MAX, "%.*f%c", whole ? 0 : x < 10 ? 2 : 1, x, units[u]);
    return out;
}

void ranges_put(struct buf *out, const uint32_t *ids, size_t count, size_t max_len)
{
    size_t start = out->len;
    for (size_t i = 0; i < count;) {
        size_t j = i + 1;
        while (j < count && ids[j] == ids[j - 1] + 1) j++;
        if (out->len - start > max_len) {
            buf_puts(out, ",...");
            return;
        }
        buf_printf(out, "%s%" PRIu32, i > 0 ? "," : "", ids[i]);
        if (j - i > 1) buf_printf(out, "-%" PRIu32, ids[j - 1]);
        i = j;
    }
}

static bool take_number(struct str *s, uint32_t *out)
{
    uint64_t n = 0;
    size_t digits = 0;
    while (digits < s->len && s->p[digits] >= '0' && s->p[digits] <= '9') digits++;
    if (!str_to_u64((struct str){s->p, digits}, &n) || n >= UINT32_MAX) return false;
    s->p += digits;
    s->len -= digits;
    *out = (uint32_t)n;
    return true;
}

int ranges_parse(struct str s, uint32_t *ids, int max)
{
    if (s.len >= 2 && s.p[0] == '[' && s.p[s.len - 1] == ']') s = (struct str){s.p + 1, s.len - 2};
    int count = 0;
    for (;;) {
        uint32_t first = 0;
        if (!take_number(&s, &first)) return -1;
        uint32_t last = first;
        if (s.len > 0 && s.p[0] == '-') {
            s = (struct str){s.p + 1, s.len - 1};
            if (!take_number(&s, &last) || last < first) return -1;
        }
        if (last - first >= (uint32_t)(max - count)) return -1;
        for (uint32_t i = first; i <= last; i++) ids[count++] = i;
        if (s.len == 0) return count;
        if (s.p[0] != ',') return -1;
        s = (struct str){s.p + 1, s.len - 1};
    }
}
