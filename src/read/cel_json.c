/* cel_json.c - see cel_json.h. */
#include "read/cel_json.h"

#include "law/cel/cel_check.h"
#include "law/cel/cel_values.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define INTEROPERABLE_MAX INT64_C(9007199254740991) /* 2^53 - 1: exact in every JSON reader */

/* ---------------------------------------------------------------- from JSON */

static enum err convert(struct arena *a, const json_t *j, int depth, struct cel_value *out,
                        struct errtext *t);

static struct str string_of(struct arena *a, const char *p, size_t len)
{
    return (struct str){arena_copy(a, p, len), len};
}

static enum err convert_list(struct arena *a, const json_t *j, int depth, struct cel_value *out,
                             struct errtext *t)
{
    size_t count = json_array_size(j);
    struct cel_value *items = ARENA_ARRAY(a, count, struct cel_value);
    for (size_t i = 0; i < count; i++) {
        enum err e = convert(a, json_array_get(j, i), depth + 1, &items[i], t);
        if (e != ERR_NONE) return e;
    }
    *out = cel_list(items, (uint32_t)count);
    return ERR_NONE;
}

static enum err convert_object(struct arena *a, json_t *j, int depth, struct cel_value *out,
                               struct errtext *t)
{
    struct cel_entry *entries = ARENA_ARRAY(a, json_object_size(j), struct cel_entry);
    uint32_t count = 0;
    for (void *it = json_object_iter(j); it != NULL; it = json_object_iter_next(j, it)) {
        const char *key = json_object_iter_key(it);
        entries[count].key = cel_string(string_of(a, key, json_object_iter_key_len(it)));
        enum err e = convert(a, json_object_iter_value(it), depth + 1, &entries[count].value, t);
        if (e != ERR_NONE) return e;
        count++;
    }
    *out = cel_map_new(a, entries, count, false, STR(""));
    return ERR_NONE;
}

static enum err convert(struct arena *a, const json_t *j, int depth, struct cel_value *out,
                        struct errtext *t)
{
    if (depth > CEL_JSON_DEPTH_MAX) {
        return err_set(t, ERR_LIMIT, "the JSON is nested deeper than %d levels",
                       CEL_JSON_DEPTH_MAX);
    }
    switch (json_typeof(j)) {
    case JSON_OBJECT: return convert_object(a, (json_t *)(uintptr_t)j, depth, out, t);
    case JSON_ARRAY: return convert_list(a, j, depth, out, t);
    case JSON_STRING:
        *out = cel_string(string_of(a, json_string_value(j), json_string_length(j)));
        break;
    case JSON_INTEGER: *out = cel_int(json_integer_value(j)); break;
    case JSON_REAL: *out = cel_double(json_real_value(j)); break;
    case JSON_TRUE: *out = cel_bool(true); break;
    case JSON_FALSE: *out = cel_bool(false); break;
    case JSON_NULL: *out = cel_null(); break;
    }
    return ERR_NONE;
}

enum err cel_from_json(struct arena *a, struct str text, struct cel_value *out, struct errtext *t)
{
    json_error_t why;
    if (text.len > CEL_JSON_BYTES_MAX) {
        return err_set(t, ERR_LIMIT, "the JSON has %zu bytes; at most %d are allowed", text.len,
                       CEL_JSON_BYTES_MAX);
    }
    json_t *j = json_loadb(text.p != NULL ? text.p : "", text.len,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    if (j == NULL) {
        return err_set(t, ERR_INVALID, "%d:%d: %s", why.line, why.column, why.text);
    }
    enum err e = convert(a, j, 0, out, t);
    json_decref(j);
    return e;
}

/* ---------------------------------------------------------------- to JSON */

static void put_text(struct buf *b, struct str s)
{
    buf_putc(b, '"');
    for (size_t i = 0; i < s.len && b->len <= CEL_JSON_BYTES_MAX; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '"' || c == '\\') {
            buf_putc(b, '\\');
            buf_putc(b, (char)c);
        } else if (c == '\n') {
            buf_puts(b, "\\n");
        } else if (c == '\t') {
            buf_puts(b, "\\t");
        } else if (c == '\r') {
            buf_puts(b, "\\r");
        } else if (c < 0x20 || c == 0x7F) {
            buf_printf(b, "\\u%04x", c);
        } else {
            buf_putc(b, (char)c);
        }
    }
    buf_putc(b, '"');
}

static void put_base64(struct buf *b, struct str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buf_putc(b, '"');
    for (size_t i = 0; i < s.len && b->len <= CEL_JSON_BYTES_MAX; i += 3) {
        size_t left = s.len - i;
        uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;
        if (left > 1) v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
        if (left > 2) v |= (uint32_t)(unsigned char)s.p[i + 2];
        buf_putc(b, digits[v >> 18]);
        buf_putc(b, digits[(v >> 12) & 63]);
        buf_putc(b, left > 1 ? digits[(v >> 6) & 63] : '=');
        buf_putc(b, left > 2 ? digits[v & 63] : '=');
    }
    buf_putc(b, '"');
}

static void put_double(struct buf *b, double d)
{
    char text[CEL_DOUBLE_TEXT_MAX];
    (void)cel_double_text(d, text);
    if (isnan(d) || isinf(d)) {
        buf_printf(b, "\"%s\"", text);
    } else {
        buf_puts(b, text);
        if (strpbrk(text, ".e") == NULL) buf_puts(b, ".0");
    }
}

static void put_integer(struct buf *b, struct cel_value v)
{
    if (v.kind == CEL_UINT) {
        const char *quote = v.as.u > (uint64_t)INTEROPERABLE_MAX ? "\"" : "";
        buf_printf(b, "%s%" PRIu64 "%s", quote, v.as.u, quote);
    } else {
        bool wide = v.as.i > INTEROPERABLE_MAX || v.as.i < -INTEROPERABLE_MAX;
        buf_printf(b, "%s%" PRId64 "%s", wide ? "\"" : "", v.as.i, wide ? "\"" : "");
    }
}

static enum err put_value(struct buf *b, struct cel_value v, struct errtext *t);

static enum err put_list(struct buf *b, struct cel_value v, struct errtext *t)
{
    enum err e = ERR_NONE;
    buf_putc(b, '[');
    for (uint32_t i = 0; i < v.len && e == ERR_NONE; i++) {
        if (i > 0) buf_putc(b, ',');
        e = put_value(b, v.as.items[i], t);
    }
    buf_putc(b, ']');
    return e;
}

/* Keys are bool, int, uint or string. */
static void put_key(struct buf *b, struct cel_value key)
{
    if (key.kind == CEL_STRING) {
        put_text(b, cel_str(key));
    } else if (key.kind == CEL_BOOL) {
        buf_puts(b, key.as.b ? "\"true\"" : "\"false\"");
    } else if (key.kind == CEL_UINT) {
        buf_printf(b, "\"%" PRIu64 "\"", key.as.u);
    } else {
        buf_printf(b, "\"%" PRId64 "\"", key.as.i);
    }
}

static enum err put_map(struct buf *b, const struct cel_map *m, struct errtext *t)
{
    enum err e = ERR_NONE;
    buf_putc(b, '{');
    for (uint32_t i = 0; i < m->count && e == ERR_NONE; i++) {
        if (i > 0) buf_putc(b, ',');
        put_key(b, m->entries[i].key);
        buf_putc(b, ':');
        e = put_value(b, m->entries[i].value, t);
    }
    buf_putc(b, '}');
    return e;
}

static enum err put_object(struct buf *b, const struct cel_object *o, struct errtext *t)
{
    enum err e = ERR_NONE;
    bool first = true;
    buf_putc(b, '{');
    for (uint32_t i = 0; i < o->type->field_count && e == ERR_NONE; i++) {
        if (o->fields[i].kind == CEL_ABSENT) continue;
        if (!first) buf_putc(b, ',');
        first = false;
        put_text(b, o->type->fields[i].name);
        buf_putc(b, ':');
        e = put_value(b, o->fields[i], t);
    }
    buf_putc(b, '}');
    return e;
}

static enum err refuse(struct cel_value v, struct errtext *t)
{
    const struct cel_unknown *u = v.as.unknown;
    if (v.kind != CEL_UNKNOWN) return err_set(t, ERR_INVALID, "the value is an error");
    if (u == NULL) return err_set(t, ERR_INVALID, "the value depends on a fact that is not known");
    return err_set(t, ERR_INVALID, "the value depends on a fact that is not known: " STR_FMT,
                   STR_ARG(u->names[0]));
}

static enum err put_value(struct buf *b, struct cel_value v, struct errtext *t)
{
    char text[CEL_TIME_TEXT_MAX];
    /* A value that shares its parts may be far larger as text than in memory. */
    if (b->len > CEL_JSON_BYTES_MAX) {
        return err_set(t, ERR_LIMIT, "the value takes more than %d bytes of JSON",
                       CEL_JSON_BYTES_MAX);
    }
    switch (v.kind) {
    case CEL_NULL:
    case CEL_ABSENT: buf_puts(b, "null"); break;
    case CEL_BOOL: buf_puts(b, v.as.b ? "true" : "false"); break;
    case CEL_INT:
    case CEL_UINT: put_integer(b, v); break;
    case CEL_DOUBLE: put_double(b, v.as.d); break;
    case CEL_STRING:
    case CEL_TYPE: put_text(b, cel_str(v)); break;
    case CEL_BYTES: put_base64(b, cel_str(v)); break;
    case CEL_LIST: return put_list(b, v, t);
    case CEL_MAP: return put_map(b, v.as.map, t);
    case CEL_OBJECT: return put_object(b, v.as.object, t);
    case CEL_TIMESTAMP: buf_printf(b, "\"%s\"", cel_timestamp_text(v, text)); break;
    case CEL_DURATION: buf_printf(b, "\"%s\"", cel_duration_text(v, text)); break;
    case CEL_UNKNOWN:
    case CEL_ERROR: return refuse(v, t);
    case CEL_DYN:
    case CEL_NEVER:
    case CEL_KIND_COUNT: break;
    }
    return ERR_NONE;
}

enum err cel_to_json(struct cel_value v, struct buf *out, struct errtext *t)
{
    return put_value(out, v, t);
}

/* ---------------------------------------------------------------- types */

const struct cel_type *cel_type_of_value(struct arena *a, struct cel_value v)
{
    const struct cel_type *elem = cel_type_of_kind(CEL_NEVER), *key = elem;
    if (v.kind == CEL_LIST) {
        for (uint32_t i = 0; i < v.len; i++) {
            elem = cel_types_join(a, elem, cel_type_of_value(a, v.as.items[i]));
        }
        return cel_type_list(a, elem);
    }
    if (v.kind == CEL_MAP) {
        for (uint32_t i = 0; i < v.as.map->count; i++) {
            key = cel_types_join(a, key, cel_type_of_kind(v.as.map->entries[i].key.kind));
            elem = cel_types_join(a, elem, cel_type_of_value(a, v.as.map->entries[i].value));
        }
        return cel_type_map(a, key, elem);
    }
    return v.kind == CEL_OBJECT ? v.as.object->type : cel_type_of_kind(v.kind);
}
