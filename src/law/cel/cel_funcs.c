/* cel_funcs.c - the standard functions: conversions, strings, size, type, parts of times. */
#include "base/civil.h"
#include "law/cel/cel_eval.h"
#include "law/cel/cel_values.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- conversions */

static struct cel_value cannot_convert(struct cel_run *r, const struct cel_node *n,
                                       struct cel_value v)
{
    return cel_fail(r, n, "type conversion error from %s to %s: '" STR_FMT "'", cel_kind_name(v),
                    cel_fn_name((enum cel_fn)n->fn), (int)(v.len > 60 ? 60 : v.len), v.as.s);
}

static struct cel_value to_bool(struct cel_run *r, const struct cel_node *n, struct cel_value v)
{
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
    if (v.kind == CEL_BOOL) return v;
    if (v.kind != CEL_STRING) return cel_no_overload(r, n, &v, 1);
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (str_eqz(cel_str(v), yes[i])) return cel_bool(true);
        if (str_eqz(cel_str(v), no[i])) return cel_bool(false);
    }
    return cannot_convert(r, n, v);
}

static struct cel_value to_int(struct cel_run *r, const struct cel_node *n, struct cel_value v)
{
    int64_t i = 0;
    struct str s = cel_str(v);
    bool ok = true;
    if (v.kind == CEL_INT) return v;
    if (v.kind == CEL_UINT) {
        ok = v.as.u <= INT64_MAX;
        i = (int64_t)v.as.u;
    } else if (v.kind == CEL_DOUBLE) {
        ok = cel_double_to_i64(v.as.d, &i);
    } else if (v.kind == CEL_TIMESTAMP) {
        i = v.as.i;
    } else if (v.kind == CEL_DURATION) { /* nanoseconds, as in the reference implementation */
        ok = !__builtin_mul_overflow(v.as.i, INT64_C(1000000000), &i) &&
             !__builtin_add_overflow(i, (int64_t)v.len, &i);
    } else if (v.kind == CEL_STRING) {
        bool plus = s.len > 1 && s.p[0] == '+' && s.p[1] != '-';
        if (plus) s = (struct str){s.p + 1, s.len - 1};
        if (!str_to_i64(s, &i)) return cannot_convert(r, n, v);
    } else {
        return cel_no_overload(r, n, &v, 1);
    }
    return ok ? cel_int(i) : cel_fail(r, n, "range error: the value does not fit int");
}

static struct cel_value to_uint(struct cel_run *r, const struct cel_node *n, struct cel_value v)
{
    uint64_t u = 0;
    bool ok = true;
    if (v.kind == CEL_UINT) return v;
    if (v.kind == CEL_INT) {
        ok = v.as.i >= 0;
        u = (uint64_t)v.as.i;
    } else if (v.kind == CEL_DOUBLE) {
        ok = cel_double_to_u64(v.as.d, &u);
    } else if (v.kind == CEL_STRING) {
        if (!str_to_u64(cel_str(v), &u)) return cannot_convert(r, n, v);
    } else {
        return cel_no_overload(r, n, &v, 1);
    }
    return ok ? cel_uint(u) : cel_fail(r, n, "range error: the value does not fit uint");
}

/* [+-] digits [. digits] [e [+-] digits], with digits on at least one side of the point. */
static bool is_decimal(struct str s)
{
    size_t i = s.len > 0 && (s.p[0] == '+' || s.p[0] == '-') ? 1 : 0, digits = 0;
    for (; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++) digits++;
    if (i < s.len && s.p[i] == '.') i++;
    for (; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++) digits++;
    if (digits > 0 && i < s.len && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        if (i < s.len && (s.p[i] == '+' || s.p[i] == '-')) i++;
        size_t from = i;
        while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9') i++;
        digits = i > from ? digits : 0;
    }
    return digits > 0 && i == s.len;
}

static bool is_word(struct str s, const char *lower)
{
    size_t n = strlen(lower);
    if (s.len != n) return false;
    for (size_t i = 0; i < n; i++) {
        char c = s.p[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c) != lower[i]) return false;
    }
    return true;
}

static struct cel_value to_double(struct cel_run *r, const struct cel_node *n, struct cel_value v)
{
    if (v.kind == CEL_DOUBLE) return v;
    if (v.kind == CEL_INT) return cel_double((double)v.as.i);
    if (v.kind == CEL_UINT) return cel_double((double)v.as.u);
    if (v.kind != CEL_STRING) return cel_no_overload(r, n, &v, 1);
    struct str s = cel_str(v), word = s;
    bool minus = s.len > 0 && s.p[0] == '-';
    if (minus || (s.len > 0 && s.p[0] == '+')) word = (struct str){s.p + 1, s.len - 1};
    if (is_word(s, "nan")) return cel_double((double)NAN);
    if (is_word(word, "inf") || is_word(word, "infinity")) {
        return cel_double((double)(minus ? -INFINITY : INFINITY));
    }
    if (!is_decimal(s)) return cannot_convert(r, n, v);
    double d = strtod(str_dupz(r->a, s), NULL);
    return isinf(d) ? cannot_convert(r, n, v) : cel_double(d);
}

static struct cel_value to_string(struct cel_run *r, const struct cel_node *n, struct cel_value v)
{
    char text[CEL_TIME_TEXT_MAX] = "";
    switch (v.kind) {
    case CEL_STRING: return v;
    case CEL_BOOL: return cel_string(v.as.b ? STR("true") : STR("false"));
    case CEL_INT: return cel_string(str_of(arena_printf(r->a, "%" PRId64, v.as.i)));
    case CEL_UINT: return cel_string(str_of(arena_printf(r->a, "%" PRIu64, v.as.u)));
    case CEL_DOUBLE:
        if (isinf(v.as.d)) return cel_string(v.as.d < 0 ? STR("-Inf") : STR("+Inf"));
        (void)cel_double_text(v.as.d, text);
        break;
    case CEL_TIMESTAMP: (void)cel_timestamp_text(v, text); break;
    case CEL_DURATION: (void)cel_duration_text(v, text); break;
    case CEL_BYTES:
        if (!cel_charge(r, v.len / 16)) return v;
        if (!str_is_utf8(cel_str(v))) {
            return cel_fail(r, n, "invalid UTF-8 in bytes, cannot convert to string");
        }
        return cel_string(cel_str(v));
    case CEL_UNKNOWN:
    case CEL_NULL:
    case CEL_LIST:
    case CEL_MAP:
    case CEL_TYPE:
    case CEL_OBJECT:
    case CEL_ERROR:
    case CEL_ABSENT:
    case CEL_DYN:
    case CEL_NEVER:
    case CEL_KIND_COUNT: return cel_no_overload(r, n, &v, 1);
    }
    return cel_string(str_copy(r->a, str_of(text)));
}

static struct cel_value to_time(struct cel_run *r, const struct cel_node *n, struct cel_value v)
{
    bool instant = n->fn == FN_TIMESTAMP;
    if (v.kind == (instant ? CEL_TIMESTAMP : CEL_DURATION)) return v;
    if (v.kind == CEL_STRING) {
        return cel_place(n, instant ? cel_parse_timestamp(r->a, cel_str(v))
                                    : cel_parse_duration(r->a, cel_str(v)));
    }
    if (instant && v.kind == CEL_INT) return cel_place(n, cel_make_timestamp(r->a, v.as.i, 0));
    return cel_no_overload(r, n, &v, 1);
}

/* ---------------------------------------------------------------- strings, size */

static bool string_test(enum cel_fn fn, struct str s, struct str part)
{
    if (part.len == 0) return true;
    if (part.len > s.len) return false;
    if (fn == FN_STARTS_WITH) return memcmp(s.p, part.p, part.len) == 0;
    if (fn == FN_ENDS_WITH) return memcmp(s.p + s.len - part.len, part.p, part.len) == 0;
    return memmem(s.p, s.len, part.p, part.len) != NULL;
}

/* A pattern that is not a constant is compiled at each evaluation; this is what that costs at
 * least, in steps. */
#define REGEX_COMPILE_COST 2000

static struct cel_value matches(struct cel_run *r, const struct cel_node *n,
                                const struct cel_value *args)
{
    const struct regex *re = n->regex;
    if (re == NULL) {
        const char *fault = "";
        size_t at;
        if (!cel_charge(r, REGEX_COMPILE_COST + args[1].len)) return cel_null();
        re = regex_compile(r->a, cel_str(args[1]), &fault, &at);
        if (re == NULL) return cel_fail(r, n, "invalid regular expression: %s", fault);
    }
    if (!cel_charge(r, regex_cost(re, args[0].len))) return cel_null();
    return cel_bool(regex_matches(re, cel_str(args[0]), r->a));
}

static struct cel_value size_of(struct cel_run *r, const struct cel_node *n, struct cel_value v)
{
    int64_t runes = 0;
    if (v.kind == CEL_BYTES || v.kind == CEL_LIST) return cel_int(v.len);
    if (v.kind == CEL_MAP) {
        if (!v.as.map->open) return cel_int(v.as.map->count);
        return (struct cel_value){.kind = CEL_UNKNOWN, .as.unknown = n->unknown};
    }
    if (v.kind != CEL_STRING) return cel_no_overload(r, n, &v, 1);
    if (!cel_charge(r, v.len / 16)) return cel_null();
    for (uint32_t i = 0; i < v.len; i++) runes += ((unsigned char)v.as.s[i] & 0xC0) != 0x80 ? 1 : 0;
    return cel_int(runes);
}

/* ---------------------------------------------------------------- parts of times */

static struct cel_value duration_part(struct cel_run *r, const struct cel_node *n,
                                      struct cel_value v)
{
    /* Toward zero: -1.5 s is -1 second and -500 milliseconds. */
    bool back = v.as.i < 0 && v.len > 0;
    int64_t seconds = v.as.i + (back ? 1 : 0);
    int64_t nanos = (int64_t)v.len - (back ? INT64_C(1000000000) : 0);
    if (n->fn == FN_GET_HOURS) return cel_int(seconds / 3600);
    if (n->fn == FN_GET_MINUTES) return cel_int(seconds / 60);
    if (n->fn == FN_GET_SECONDS) return cel_int(seconds);
    if (n->fn == FN_GET_MILLISECONDS) return cel_int(nanos / 1000000);
    return cel_no_overload(r, n, &v, 1);
}

static int64_t timestamp_part(enum cel_fn fn, int64_t seconds, uint32_t nanos)
{
    int64_t days = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0);
    if (fn == FN_GET_DAY_OF_WEEK) return ((days + 4) % 7 + 7) % 7; /* day 0 was a Thursday */
    if (fn == FN_GET_MILLISECONDS) return nanos / 1000000;
    struct civil c = civil_of_ms(seconds * 1000);
    if (fn == FN_GET_DATE) return c.day;
    if (fn == FN_GET_DAY_OF_MONTH) return c.day - 1;
    if (fn == FN_GET_DAY_OF_YEAR) return days - civil_days(c.year, 1, 1);
    if (fn == FN_GET_FULL_YEAR) return c.year;
    if (fn == FN_GET_MONTH) return c.month - 1;
    if (fn == FN_GET_HOURS) return c.hour;
    if (fn == FN_GET_MINUTES) return c.minute;
    return c.second;
}

static struct cel_value time_part(struct cel_run *r, const struct cel_node *n,
                                  const struct cel_value *args)
{
    int32_t offset = 0;
    if (args[0].kind == CEL_DURATION && n->arg_count == 1) return duration_part(r, n, args[0]);
    if (args[0].kind != CEL_TIMESTAMP || (n->arg_count == 2 && args[1].kind != CEL_STRING)) {
        return cel_no_overload(r, n, args, n->arg_count);
    }
    if (n->arg_count == 2 && !cel_zone_offset(cel_str(args[1]), args[0].as.i, &offset)) {
        return cel_fail(
            r, n, "unknown time zone '" STR_FMT "' at that date; use an offset such as '+08:00'",
            (int)(args[1].len > 60 ? 60 : args[1].len), args[1].as.s);
    }
    return cel_int(timestamp_part((enum cel_fn)n->fn, args[0].as.i + offset, args[0].len));
}

/* ---------------------------------------------------------------- dispatch */

/* Is `n` written in a style and with a number of arguments that its function has? */
static bool is_shaped(const struct cel_node *n)
{
    if (n->fn >= FN_GET_DATE && n->fn <= FN_GET_SECONDS) {
        return n->member && (n->arg_count == 1 || n->arg_count == 2);
    }
    if (n->fn == FN_CONTAINS || n->fn == FN_STARTS_WITH || n->fn == FN_ENDS_WITH) {
        return n->member && n->arg_count == 2;
    }
    if (n->fn == FN_MATCHES) return n->arg_count == 2;
    if (n->fn == FN_SIZE) return n->arg_count == 1;
    return !n->member && n->arg_count == 1;
}

struct cel_value cel_call(struct cel_run *r, const struct cel_node *n, const struct cel_value *args)
{
    if (!is_shaped(n)) return cel_no_overload(r, n, args, n->arg_count);
    switch ((enum cel_fn)n->fn) {
    case FN_BOOL: return to_bool(r, n, args[0]);
    case FN_BYTES:
        if (args[0].kind != CEL_STRING && args[0].kind != CEL_BYTES) break;
        return cel_bytes(cel_str(args[0]));
    case FN_DOUBLE: return to_double(r, n, args[0]);
    case FN_DYN: return args[0];
    case FN_INT: return to_int(r, n, args[0]);
    case FN_MATCHES:
        if (args[0].kind != CEL_STRING || args[1].kind != CEL_STRING) break;
        return matches(r, n, args);
    case FN_SIZE: return size_of(r, n, args[0]);
    case FN_STRING: return to_string(r, n, args[0]);
    case FN_TIMESTAMP:
    case FN_DURATION: return to_time(r, n, args[0]);
    case FN_TYPE: {
        struct str name = cel_type_name(args[0]);
        return (struct cel_value){.kind = CEL_TYPE, .len = (uint32_t)name.len, .as.s = name.p};
    }
    case FN_UINT: return to_uint(r, n, args[0]);
    case FN_CONTAINS:
    case FN_STARTS_WITH:
    case FN_ENDS_WITH:
        if (args[0].kind != CEL_STRING || args[1].kind != CEL_STRING) break;
        if (!cel_charge(r, args[0].len / 16)) return cel_null();
        return cel_bool(string_test((enum cel_fn)n->fn, cel_str(args[0]), cel_str(args[1])));
    case FN_GET_DATE:
    case FN_GET_DAY_OF_MONTH:
    case FN_GET_DAY_OF_WEEK:
    case FN_GET_DAY_OF_YEAR:
    case FN_GET_FULL_YEAR:
    case FN_GET_HOURS:
    case FN_GET_MILLISECONDS:
    case FN_GET_MINUTES:
    case FN_GET_MONTH:
    case FN_GET_SECONDS: return time_part(r, n, args);
    case FN_NONE:
    case FN_COUNT: break;
    }
    return cel_no_overload(r, n, args, n->arg_count);
}
