/* cel_value.c - values: maps, unknowns, errors, equality and order. */
#include "base/check.h"
#include "law/cel/cel_values.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- unknowns and errors */

struct cel_value cel_unknown_named(struct arena *a, struct str name)
{
    struct cel_unknown *u = ARENA_NEW(a, struct cel_unknown);
    struct str *s = ARENA_NEW(a, struct str);
    *s = str_copy(a, name);
    u->names = s;
    u->count = 1;
    return (struct cel_value){.kind = CEL_UNKNOWN, .as.unknown = u};
}

struct cel_value cel_unknown_merge(struct arena *a, struct cel_value x, struct cel_value y)
{
    const struct cel_unknown *p = x.as.unknown, *q = y.as.unknown;
    if (p == NULL || p == q) return y;
    if (q == NULL) return x;
    struct str *names = ARENA_ARRAY(a, p->count + q->count, struct str);
    uint32_t n = 0, i = 0, j = 0;
    while (i < p->count || j < q->count) {
        int order = i == p->count ? 1 : j == q->count ? -1 : str_cmp(p->names[i], q->names[j]);
        names[n++] = order <= 0 ? p->names[i] : q->names[j];
        if (order <= 0) i++;
        if (order >= 0) j++;
    }
    struct cel_unknown *u = ARENA_NEW(a, struct cel_unknown);
    u->names = names;
    u->count = n;
    return (struct cel_value){.kind = CEL_UNKNOWN, .as.unknown = u};
}

struct cel_value cel_error(struct arena *a, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    ASSERT(n >= 0);
    struct cel_error *e = ARENA_NEW(a, struct cel_error);
    e->text = str_copy(a, str_of(text));
    e->position = CEL_NO_POSITION;
    return (struct cel_value){.kind = CEL_ERROR, .as.error = e};
}

/* ---------------------------------------------------------------- order */

static int order_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int order_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int order_double(double a, double b)
{
    return (a > b) - (a < b);
}

/* An integer beside a double: a double outside of the integer's range decides by itself, else the
 * integer is rounded to a double. So 9223372036854775807 equals 9223372036854775808.0, as the
 * conformance suite has it ("lossy"). */
static int order_int_double(int64_t i, double d)
{
    if (d > 0x1p63) return -1;
    if (d < -0x1p63) return 1;
    return order_double((double)i, d);
}

static int order_uint_double(uint64_t u, double d)
{
    if (d > 0x1p64) return -1;
    if (d < 0) return 1;
    return order_double((double)u, d);
}

static int order_int_uint(int64_t i, uint64_t u)
{
    return i < 0 ? -1 : order_u64((uint64_t)i, u);
}

static bool is_nan(struct cel_value v)
{
    return v.kind == CEL_DOUBLE && v.as.d != v.as.d;
}

bool cel_is_number(struct cel_value v)
{
    return v.kind == CEL_INT || v.kind == CEL_UINT || v.kind == CEL_DOUBLE;
}

/* Two numbers, neither NaN. */
static int order_numbers(struct cel_value a, struct cel_value b)
{
    if (a.kind == CEL_INT) {
        if (b.kind == CEL_INT) return order_i64(a.as.i, b.as.i);
        return b.kind == CEL_UINT ? order_int_uint(a.as.i, b.as.u)
                                  : order_int_double(a.as.i, b.as.d);
    }
    if (a.kind == CEL_UINT) {
        if (b.kind == CEL_UINT) return order_u64(a.as.u, b.as.u);
        return b.kind == CEL_INT ? -order_int_uint(b.as.i, a.as.u)
                                 : order_uint_double(a.as.u, b.as.d);
    }
    if (b.kind == CEL_DOUBLE) return order_double(a.as.d, b.as.d);
    return b.kind == CEL_INT ? -order_int_double(b.as.i, a.as.d)
                             : -order_uint_double(b.as.u, a.as.d);
}

bool cel_compare(struct cel_value a, struct cel_value b, int *out)
{
    if (cel_is_number(a) && cel_is_number(b)) {
        if (is_nan(a) || is_nan(b)) return false;
        *out = order_numbers(a, b);
        return true;
    }
    if (a.kind != b.kind) return false;
    if (a.kind == CEL_BOOL) {
        *out = (int)a.as.b - (int)b.as.b;
    } else if (a.kind == CEL_STRING || a.kind == CEL_BYTES) {
        *out = str_cmp(cel_str(a), cel_str(b)); /* UTF-8 sorts as its code points do */
    } else if (a.kind == CEL_TIMESTAMP || a.kind == CEL_DURATION) {
        *out = a.as.i != b.as.i ? order_i64(a.as.i, b.as.i) : order_u64(a.len, b.len);
    } else {
        return false;
    }
    return true;
}

/* ---------------------------------------------------------------- equality */

/* The verdict on two parts of one pair of containers: a difference decides whatever else is there,
 * an unknown outlasts equality. */
static enum cel_truth both(enum cel_truth x, enum cel_truth y)
{
    if (x == CEL_NO || y == CEL_NO) return CEL_NO;
    return x == CEL_MAYBE || y == CEL_MAYBE ? CEL_MAYBE : CEL_YES;
}

static enum cel_truth match_lists(struct cel_value a, struct cel_value b, uint64_t *cost)
{
    if (a.len != b.len) return CEL_NO;
    enum cel_truth t = CEL_YES;
    for (uint32_t i = 0; i < a.len && t != CEL_NO; i++) {
        t = both(t, cel_match(a.as.items[i], b.as.items[i], cost));
    }
    return t;
}

static enum cel_truth match_maps(const struct cel_map *a, const struct cel_map *b, uint64_t *cost)
{
    bool open = a->open || b->open;
    if (!open && a->count != b->count) return CEL_NO;
    enum cel_truth t = open ? CEL_MAYBE : CEL_YES;
    for (uint32_t i = 0; i < a->count && t != CEL_NO; i++) {
        struct cel_value other;
        if (cel_map_find(b, a->entries[i].key, &other)) {
            t = both(t, cel_match(a->entries[i].value, other, cost));
        } else if (!b->open) {
            t = CEL_NO;
        }
    }
    for (uint32_t i = 0; i < b->count && t != CEL_NO && open && !a->open; i++) {
        struct cel_value other;
        if (!cel_map_find(a, b->entries[i].key, &other)) t = CEL_NO;
    }
    return t;
}

static enum cel_truth match_objects(const struct cel_object *a, const struct cel_object *b,
                                    uint64_t *cost)
{
    if (a == b) return CEL_YES;
    if (a->type->field_count != b->type->field_count || !str_eq(a->type->name, b->type->name)) {
        return CEL_NO;
    }
    enum cel_truth t = CEL_YES;
    for (uint32_t i = 0; i < a->type->field_count && t != CEL_NO; i++) {
        t = both(t, cel_match(a->fields[i], b->fields[i], cost));
    }
    return t;
}

enum cel_truth cel_match(struct cel_value a, struct cel_value b, uint64_t *cost)
{
    if (*cost == 0) return CEL_NO;
    --*cost;
    if (a.kind == CEL_UNKNOWN || b.kind == CEL_UNKNOWN) return CEL_MAYBE;
    if (cel_is_number(a) && cel_is_number(b)) {
        return !is_nan(a) && !is_nan(b) && order_numbers(a, b) == 0 ? CEL_YES : CEL_NO;
    }
    if (a.kind != b.kind) return CEL_NO;
    switch (a.kind) {
    case CEL_NULL:
    case CEL_ABSENT: return CEL_YES;
    case CEL_BOOL: return a.as.b == b.as.b ? CEL_YES : CEL_NO;
    case CEL_STRING:
    case CEL_BYTES:
    case CEL_TYPE: return str_eq(cel_str(a), cel_str(b)) ? CEL_YES : CEL_NO;
    case CEL_TIMESTAMP:
    case CEL_DURATION: return a.as.i == b.as.i && a.len == b.len ? CEL_YES : CEL_NO;
    case CEL_LIST: return match_lists(a, b, cost);
    case CEL_MAP: return match_maps(a.as.map, b.as.map, cost);
    case CEL_OBJECT: return match_objects(a.as.object, b.as.object, cost);
    case CEL_UNKNOWN:
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE:
    case CEL_ERROR:
    case CEL_DYN:
    case CEL_NEVER:
    case CEL_KIND_COUNT: break;
    }
    return CEL_NO;
}

bool cel_equal(struct cel_value a, struct cel_value b)
{
    uint64_t cost = UINT64_MAX;
    return cel_match(a, b, &cost) == CEL_YES;
}

/* ---------------------------------------------------------------- maps */

static bool is_key(struct cel_value v)
{
    return v.kind == CEL_BOOL || v.kind == CEL_INT || v.kind == CEL_UINT || v.kind == CEL_STRING;
}

/* A total order over keys: bools, then numbers, then strings. `b` may be a double that is looked
 * for; it was made an integer before when it is one. */
static int key_order(struct cel_value a, struct cel_value b)
{
    int rank_a = a.kind == CEL_BOOL ? 0 : a.kind == CEL_STRING ? 2 : 1;
    int rank_b = b.kind == CEL_BOOL ? 0 : b.kind == CEL_STRING ? 2 : 1;
    int order = 0;
    if (rank_a != rank_b) return rank_a - rank_b;
    (void)cel_compare(a, b, &order);
    return order;
}

/* Merge sort of entry indexes by key: n log n on any input, stable, no recursion. */
static uint32_t *sorted_order(struct arena *a, const struct cel_entry *e, uint32_t n)
{
    uint32_t *from = ARENA_ARRAY(a, n, uint32_t), *to = ARENA_ARRAY(a, n, uint32_t);
    for (uint32_t i = 0; i < n; i++) from[i] = i;
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t lo = 0; lo < n; lo += 2 * width) {
            uint64_t mid = lo + width < n ? lo + width : n;
            uint64_t hi = mid + width < n ? mid + width : n;
            uint64_t i = lo, j = mid;
            for (uint64_t k = lo; k < hi; k++) {
                bool left = i < mid && (j == hi || key_order(e[from[i]].key, e[from[j]].key) <= 0);
                to[k] = left ? from[i++] : from[j++];
            }
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

struct cel_value cel_map_new(struct arena *a, const struct cel_entry *entries, uint32_t count,
                             bool open, struct str path)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!is_key(entries[i].key)) {
            return cel_error(a, "unsupported key type: %s", cel_kind_name(entries[i].key));
        }
    }
    struct cel_map *m = ARENA_NEW(a, struct cel_map);
    m->entries = entries;
    m->count = count;
    m->open = open;
    m->path = path;
    m->order = sorted_order(a, entries, count);
    for (uint32_t i = 1; i < count; i++) {
        struct cel_value key = entries[m->order[i]].key;
        if (key_order(entries[m->order[i - 1]].key, key) == 0) {
            return cel_error(a, "Failed with repeated key: " STR_FMT,
                             STR_ARG(cel_value_text(a, key)));
        }
    }
    return (struct cel_value){.kind = CEL_MAP, .as.map = m};
}

bool cel_map_find(const struct cel_map *m, struct cel_value key, struct cel_value *out)
{
    if (key.kind == CEL_DOUBLE) {
        int64_t i;
        uint64_t u;
        if (cel_double_to_i64(key.as.d, &i) && (double)i == key.as.d) {
            key = cel_int(i);
        } else if (cel_double_to_u64(key.as.d, &u) && (double)u == key.as.d) {
            key = cel_uint(u);
        }
    }
    if (!is_key(key)) return false;
    uint32_t lo = 0, hi = m->count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const struct cel_entry *e = &m->entries[m->order[mid]];
        int order = key_order(e->key, key);
        if (order == 0) {
            *out = e->value;
            return true;
        }
        if (order < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return false;
}

/* Both refuse the ends of the range: the nearest double may stand for an integer outside of it. */
bool cel_double_to_i64(double d, int64_t *out)
{
    if (!(d > -0x1p63 && d < 0x1p63)) return false;
    *out = (int64_t)d;
    return true;
}

bool cel_double_to_u64(double d, uint64_t *out)
{
    if (!(d >= 0 && d < 0x1p64)) return false;
    *out = (uint64_t)d;
    return true;
}
