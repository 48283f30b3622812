#include "read/json_text.h"

#include "base/check.h"

#include <string.h>

static struct json_text *text_of(struct visit *v)
{
    return (struct json_text *)v;
}

/* Keys are the program's own words: letters, digits and "_". */
static void put_key(struct json_text *w, const char *key)
{
    if (w->comma) buf_putc(w->out, ',');
    w->comma = true;
    if (key == NULL) return;
    size_t len = strlen(key);
    buf_reserve(w->out, len + 3);
    char *p = w->out->p + w->out->len;
    *p++ = '"';
    memcpy(p, key, len);
    memcpy(p + len, "\":", 3);
    w->out->len += len + 3;
}

static void write_i64(struct visit *v, const char *key, int64_t *x)
{
    if (key != NULL && *x == 0) return;
    struct json_text *w = text_of(v);
    put_key(w, key);
    char digits[20]; /* of INT64_MIN: a sign and 19 */
    char *p = digits + sizeof digits;
    uint64_t left = *x < 0 ? 0 - (uint64_t)*x : (uint64_t)*x;
    do {
        *--p = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (*x < 0) *--p = '-';
    buf_put(w->out, p, (size_t)(digits + sizeof digits - p));
}

static void write_bool(struct visit *v, const char *key, bool *x)
{
    if (key != NULL && !*x) return;
    put_key(text_of(v), key);
    buf_puts(text_of(v)->out, *x ? "true" : "false");
}

static int put_chunk(const char *p, size_t len, void *out)
{
    buf_put(out, p, len);
    return 0;
}

static void put_json(struct buf *out, json_t *value)
{
    ASSERT(json_dump_callback(value, put_chunk, out, JSON_COMPACT | JSON_ENCODE_ANY) == 0);
    json_decref(value);
}

/* Printable ASCII without the two that JSON escapes. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') return false;
    }
    return true;
}

void json_text_put(struct buf *out, struct str s)
{
    if (!is_plain(s)) {
        put_json(out, json_of_bytes(s));
        return;
    }
    buf_reserve(out, s.len + 2);
    char *p = out->p + out->len;
    *p = '"';
    if (s.len > 0) memcpy(p + 1, s.p, s.len);
    memcpy(p + 1 + s.len, "\"", 2);
    out->len += s.len + 2;
}

static void write_string(struct visit *v, const char *key, struct str *x)
{
    if (key != NULL && x->len == 0) return;
    put_key(text_of(v), key);
    json_text_put(text_of(v)->out, *x);
}

static void open_container(struct json_text *w, const char *key, char open, char close)
{
    ASSERT(w->depth < JSON_DEPTH_MAX);
    put_key(w, key);
    buf_putc(w->out, open);
    w->close[w->depth++] = close;
    w->comma = false;
}

static bool write_map_begin(struct visit *v, const char *key, bool is_empty)
{
    if (is_empty) return false;
    open_container(text_of(v), key, '{', '}');
    return true;
}

static bool write_list_begin(struct visit *v, const char *key, size_t *count)
{
    if (key != NULL && *count == 0) return false;
    open_container(text_of(v), key, '[', ']');
    return true;
}

static void write_end(struct visit *v)
{
    struct json_text *w = text_of(v);
    ASSERT(w->depth > 0);
    buf_putc(w->out, w->close[--w->depth]);
    w->comma = true;
}

static const struct visit_ops text_ops = {
    .i64 = write_i64,
    .boolean = write_bool,
    .text = write_string,
    .bytes = write_string,
    .map_begin = write_map_begin,
    .map_end = write_end,
    .list_begin = write_list_begin,
    .list_end = write_end,
};

void json_text_init(struct json_text *w, struct buf *out)
{
    *w = (struct json_text){.v.ops = &text_ops, .out = out};
}
