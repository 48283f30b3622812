#include "base/visit.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void visit_fail(struct visit *v, const char *fmt, ...)
{
    if (v->failed != ERR_NONE) return;
    v->failed = ERR_INVALID;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->error.s, sizeof v->error.s, fmt, ap);
    va_end(ap);
}

static const char *key_name(const char *key)
{
    return key != NULL ? key : "(element)";
}

void visit_i64(struct visit *v, const char *key, int64_t *x)
{
    if (v->reading) *x = 0;
    if (v->failed == ERR_NONE) v->ops->i64(v, key, x);
}

/* Visit an integer of a narrower type through int64 with its range checked. */
static int64_t ranged(struct visit *v, const char *key, int64_t x, int64_t lo, int64_t hi)
{
    visit_i64(v, key, &x);
    if (v->failed == ERR_NONE && (x < lo || x > hi)) {
        visit_fail(v, "%s: %" PRId64 " is outside %" PRId64 "..%" PRId64, key_name(key), x, lo, hi);
        x = 0;
    }
    return v->failed == ERR_NONE ? x : 0;
}

void visit_u64(struct visit *v, const char *key, uint64_t *x)
{
    ASSERT(v->reading || *x <= INT64_MAX);
    uint64_t got = (uint64_t)ranged(v, key, v->reading ? 0 : (int64_t)*x, 0, INT64_MAX);
    if (v->reading) *x = got;
}

void visit_i32(struct visit *v, const char *key, int32_t *x)
{
    int32_t got = (int32_t)ranged(v, key, v->reading ? 0 : *x, INT32_MIN, INT32_MAX);
    if (v->reading) *x = got;
}

void visit_u32(struct visit *v, const char *key, uint32_t *x)
{
    uint32_t got = (uint32_t)ranged(v, key, v->reading ? 0 : *x, 0, UINT32_MAX);
    if (v->reading) *x = got;
}

void visit_bool(struct visit *v, const char *key, bool *x)
{
    if (v->reading) *x = false;
    if (v->failed == ERR_NONE) v->ops->boolean(v, key, x);
}

void visit_text(struct visit *v, const char *key, struct str *x)
{
    if (v->reading) *x = (struct str){0};
    if (v->failed == ERR_NONE) v->ops->text(v, key, x);
}

void visit_bytes(struct visit *v, const char *key, struct str *x)
{
    if (v->reading) *x = (struct str){0};
    if (v->failed == ERR_NONE) v->ops->bytes(v, key, x);
}

static int name_index(struct str name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (str_eqz(name, names[i])) return i;
    return -1;
}

static void fail_name(struct visit *v, const char *key, struct str got, const char *const *names,
                      int count)
{
    char list[512] = "";
    size_t len = 0;
    for (int i = 0; i < count && len < sizeof list - 64; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i > 0 ? ", " : "", names[i]);
    visit_fail(v, "%s: '" STR_FMT "' is none of: %s", key_name(key), STR_ARG(got), list);
}

void visit_enum(struct visit *v, const char *key, int *x, const char *const *names, int count)
{
    struct str name = {0};
    if (!v->reading) {
        ASSERT(*x >= 0 && *x < count);
        if (*x != 0 || key == NULL) name = str_of(names[*x]);
    }
    visit_text(v, key, &name);
    if (!v->reading) return;
    *x = 0;
    if (v->failed != ERR_NONE || name.len == 0) return;
    int i = name_index(name, names, count);
    if (i < 0)
        fail_name(v, key, name, names, count);
    else if (i == 0 && key != NULL && v->canonical)
        visit_fail(v, "%s: '%s' should have been left out", key, names[0]);
    else
        *x = i;
}

void visit_flags(struct visit *v, const char *key, uint32_t *x, const char *const *names, int count)
{
    ASSERT(count <= 32);
    size_t n = v->reading ? 0 : (size_t)__builtin_popcount(*x);
    uint32_t bits = v->reading ? 0 : *x;
    if (v->reading) *x = 0;
    if (!visit_list(v, key, &n, (size_t)count)) return;
    int next = 0;
    for (size_t k = 0; k < n; k++) {
        struct str name = {0};
        if (!v->reading) {
            while (((bits >> next) & 1u) == 0) next++;
            ASSERT(next < count);
            name = str_of(names[next++]);
        }
        visit_text(v, NULL, &name);
        if (!v->reading || v->failed != ERR_NONE) continue;
        int i = name_index(name, names, count);
        if (i < 0)
            fail_name(v, key, name, names, count);
        else if (v->canonical && (*x >> i) != 0)
            visit_fail(v, "%s: '%s' is out of order or stated twice", key_name(key), names[i]);
        else
            *x |= 1u << i;
    }
    visit_list_end(v);
}

bool visit_map(struct visit *v, const char *key, bool is_empty)
{
    return v->failed == ERR_NONE && v->ops->map_begin(v, key, is_empty);
}

void visit_map_end(struct visit *v)
{
    if (v->failed == ERR_NONE) v->ops->map_end(v);
}

bool visit_list(struct visit *v, const char *key, size_t *count, size_t max)
{
    if (v->failed != ERR_NONE) return false;
    ASSERT(v->reading || *count <= max);
    if (!v->ops->list_begin(v, key, count)) return false;
    if (*count > max) {
        visit_fail(v, "%s: %zu elements, at most %zu are allowed", key_name(key), *count, max);
        *count = 0;
        return false;
    }
    return true;
}

void visit_list_end(struct visit *v)
{
    if (v->failed == ERR_NONE) v->ops->list_end(v);
}

void visit_texts(struct visit *v, const char *key, struct str **items, uint32_t *count, size_t max)
{
    size_t n = v->reading ? 0 : *count;
    if (v->reading) {
        *items = NULL;
        *count = 0;
    }
    if (!visit_list(v, key, &n, max)) return;
    if (v->reading) {
        *items = ARENA_ARRAY(v->arena, n, struct str);
        *count = (uint32_t)n;
    }
    for (size_t i = 0; i < n; i++) visit_text(v, NULL, &(*items)[i]);
    visit_list_end(v);
}
