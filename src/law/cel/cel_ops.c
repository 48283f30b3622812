/* cel_ops.c - arithmetic. Integers are exact or an error ("integer overflow"), doubles follow IEEE
 * 754 without errors, times stay in their range (langdef "Overflow"). */
#include "law/cel/cel_eval.h"
#include "law/cel/cel_values.h"

#include <string.h>

static struct cel_value int_op(struct cel_run *r, const struct cel_node *n, int64_t x, int64_t y)
{
    int64_t v = 0;
    bool overflow = false;
    if (n->op == OP_ADD) {
        overflow = __builtin_add_overflow(x, y, &v);
    } else if (n->op == OP_SUB) {
        overflow = __builtin_sub_overflow(x, y, &v);
    } else if (n->op == OP_MUL) {
        overflow = __builtin_mul_overflow(x, y, &v);
    } else if (y == 0) {
        return cel_fail(r, n, n->op == OP_DIV ? "divide by zero" : "modulus by zero");
    } else if (x == INT64_MIN && y == -1) {
        overflow = true;
    } else {
        v = n->op == OP_DIV ? x / y : x % y;
    }
    return overflow ? cel_fail(r, n, "integer overflow") : cel_int(v);
}

static struct cel_value uint_op(struct cel_run *r, const struct cel_node *n, uint64_t x, uint64_t y)
{
    uint64_t v = 0;
    bool overflow = false;
    if (n->op == OP_ADD) {
        overflow = __builtin_add_overflow(x, y, &v);
    } else if (n->op == OP_SUB) {
        overflow = __builtin_sub_overflow(x, y, &v);
    } else if (n->op == OP_MUL) {
        overflow = __builtin_mul_overflow(x, y, &v);
    } else if (y == 0) {
        return cel_fail(r, n, n->op == OP_DIV ? "divide by zero" : "modulus by zero");
    } else {
        v = n->op == OP_DIV ? x / y : x % y;
    }
    return overflow ? cel_fail(r, n, "unsigned integer overflow") : cel_uint(v);
}

/* Division by zero is what IEEE 754 says: an infinity or NaN. UBSan counts it as an error unless it
 * is told, hence the attribute. */
__attribute__((no_sanitize("float-divide-by-zero"))) static double divide(double x, double y)
{
    return x / y;
}

static struct cel_value concat_bytes(struct cel_run *r, struct cel_value x, struct cel_value y)
{
    size_t len = (size_t)x.len + y.len;
    if (!cel_charge(r, len / 16) || len > UINT32_MAX) return cel_error(r->a, "string too long");
    char *p = arena_alloc(r->a, len + 1, 1);
    if (x.len > 0) memcpy(p, x.as.s, x.len);
    if (y.len > 0) memcpy(p + x.len, y.as.s, y.len);
    return (struct cel_value){.kind = x.kind, .len = (uint32_t)len, .as.s = p};
}

static struct cel_value concat_lists(struct cel_run *r, struct cel_value x, struct cel_value y)
{
    size_t len = (size_t)x.len + y.len;
    if (x.len == 0) return y;
    if (y.len == 0) return x;
    if (!cel_charge(r, len) || len > UINT32_MAX) return cel_error(r->a, "list too long");
    struct cel_value *items = ARENA_ARRAY(r->a, len, struct cel_value);
    memcpy(items, x.as.items, x.len * sizeof(struct cel_value));
    memcpy(items + x.len, y.as.items, y.len * sizeof(struct cel_value));
    return cel_list(items, (uint32_t)len);
}

static struct cel_value add_times(struct cel_run *r, struct cel_value x, struct cel_value y)
{
    int64_t seconds = x.as.i + y.as.i, nanos = (int64_t)x.len + y.len; /* ranges: no overflow */
    bool instant = x.kind == CEL_TIMESTAMP || y.kind == CEL_TIMESTAMP;
    return instant ? cel_make_timestamp(r->a, seconds, nanos)
                   : cel_make_duration(r->a, seconds, nanos);
}

static struct cel_value subtract_times(struct cel_run *r, struct cel_value x, struct cel_value y)
{
    int64_t seconds = x.as.i - y.as.i, nanos = (int64_t)x.len - y.len;
    if (y.kind == CEL_DURATION && x.kind == CEL_TIMESTAMP) {
        return cel_make_timestamp(r->a, seconds, nanos);
    }
    /* The distance of two instants must fit int64 nanoseconds: the conformance suite has the whole
     * span of the calendar as an error ("sub_time_duration_over"), though a duration could hold it.
     */
    int64_t total;
    if (x.kind == CEL_TIMESTAMP && (__builtin_mul_overflow(seconds, INT64_C(1000000000), &total) ||
                                    __builtin_add_overflow(total, nanos, &total))) {
        return cel_error(r->a, "duration out of range: the instants are 292 years or more apart");
    }
    return cel_make_duration(r->a, seconds, nanos);
}

static bool is_time(struct cel_value v)
{
    return v.kind == CEL_TIMESTAMP || v.kind == CEL_DURATION;
}

struct cel_value cel_arithmetic(struct cel_run *r, const struct cel_node *n, struct cel_value x,
                                struct cel_value y)
{
    struct cel_value args[] = {x, y};
    if (x.kind == y.kind) {
        if (x.kind == CEL_INT) return int_op(r, n, x.as.i, y.as.i);
        if (x.kind == CEL_UINT) return uint_op(r, n, x.as.u, y.as.u);
        if (x.kind == CEL_DOUBLE) {
            if (n->op == OP_ADD) return cel_double(x.as.d + y.as.d);
            if (n->op == OP_SUB) return cel_double(x.as.d - y.as.d);
            if (n->op == OP_MUL) return cel_double(x.as.d * y.as.d);
            if (n->op == OP_DIV) return cel_double(divide(x.as.d, y.as.d));
        }
        if (n->op == OP_ADD && (x.kind == CEL_STRING || x.kind == CEL_BYTES)) {
            return cel_place(n, concat_bytes(r, x, y));
        }
        if (n->op == OP_ADD && x.kind == CEL_LIST) return cel_place(n, concat_lists(r, x, y));
    }
    if (is_time(x) && is_time(y)) {
        bool instants = x.kind == CEL_TIMESTAMP && y.kind == CEL_TIMESTAMP;
        if (n->op == OP_ADD && !instants) return cel_place(n, add_times(r, x, y));
        if (n->op == OP_SUB && (x.kind == CEL_TIMESTAMP || y.kind == CEL_DURATION)) {
            return cel_place(n, subtract_times(r, x, y));
        }
    }
    return cel_no_overload(r, n, args, 2);
}

struct cel_value cel_negate(struct cel_run *r, const struct cel_node *n, struct cel_value x)
{
    if (x.kind == CEL_DOUBLE) return cel_double(-x.as.d);
    if (x.kind != CEL_INT) return cel_no_overload(r, n, &x, 1);
    return x.as.i == INT64_MIN ? cel_fail(r, n, "integer overflow") : cel_int(-x.as.i);
}
