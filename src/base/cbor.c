#include "base/cbor.h"

#include "base/check.h"

#include <string.h>

enum { MAJOR_UINT, MAJOR_NINT, MAJOR_BYTES, MAJOR_TEXT, MAJOR_ARRAY, MAJOR_MAP, MAJOR_SIMPLE = 7 };
enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21 };

/* ---- writing --------------------------------------------------------------------------------- */

enum { HEAD_MAX = 9 }; /* bytes */

static size_t head_encode(unsigned char out[HEAD_MAX], int major, uint64_t n)
{
    unsigned char top = (unsigned char)(major << 5);
    if (n < 24) {
        out[0] = (unsigned char)(top | n);
        return 1;
    }
    int width = n <= UINT8_MAX ? 0 : n <= UINT16_MAX ? 1 : n <= UINT32_MAX ? 2 : 3;
    out[0] = (unsigned char)(top | (24 + width));
    size_t len = (size_t)1 << width;
    for (size_t i = 0; i < len; i++) out[1 + i] = (unsigned char)(n >> (8 * (len - 1 - i)));
    return 1 + len;
}

/* A head and `len` bytes behind it. */
static void put(struct buf *out, int major, uint64_t n, const char *bytes, size_t len)
{
    buf_reserve(out, HEAD_MAX + len);
    unsigned char *p = (unsigned char *)out->p + out->len;
    size_t head = head_encode(p, major, n);
    if (len > 0) memcpy(p + head, bytes, len);
    p[head + len] = '\0';
    out->len += head + len;
}

static void put_head(struct buf *out, int major, uint64_t n)
{
    put(out, major, n, NULL, 0);
}

static struct cbor_writer *writer_of(struct visit *v)
{
    return (struct cbor_writer *)v;
}

/* The key of the next value, or one more element of the list. */
static void put_key(struct cbor_writer *w, const char *key)
{
    if (key == NULL) return;
    ASSERT(w->depth > 0 && w->level[w->depth - 1].is_map);
    size_t len = strlen(key);
    put(w->out, MAJOR_TEXT, len, key, len);
    w->level[w->depth - 1].keys++;
}

static void write_i64(struct visit *v, const char *key, int64_t *x)
{
    struct cbor_writer *w = writer_of(v);
    if (key != NULL && *x == 0) return;
    put_key(w, key);
    if (*x >= 0)
        put_head(w->out, MAJOR_UINT, (uint64_t)*x);
    else
        put_head(w->out, MAJOR_NINT, (uint64_t)(-(*x + 1)));
}

static void write_bool(struct visit *v, const char *key, bool *x)
{
    struct cbor_writer *w = writer_of(v);
    if (key != NULL && !*x) return;
    put_key(w, key);
    put_head(w->out, MAJOR_SIMPLE, *x ? SIMPLE_TRUE : SIMPLE_FALSE);
}

static void write_string(struct cbor_writer *w, const char *key, const struct str *x, int major)
{
    if (key != NULL && x->len == 0) return;
    put_key(w, key);
    put(w->out, major, x->len, x->p, x->len);
}

static void write_text(struct visit *v, const char *key, struct str *x)
{
    write_string(writer_of(v), key, x, MAJOR_TEXT);
}

static void write_bytes(struct visit *v, const char *key, struct str *x)
{
    write_string(writer_of(v), key, x, MAJOR_BYTES);
}

static void level_push(struct cbor_writer *w, bool is_map)
{
    ASSERT(w->depth < CBOR_DEPTH_MAX);
    w->level[w->depth].is_map = is_map;
    w->level[w->depth].keys = 0;
    w->level[w->depth].head = w->out->len;
    w->depth++;
}

/* A map's size is known only at its end: one byte is kept for the head and widened if needed. */
static bool write_map_begin(struct visit *v, const char *key, bool is_empty)
{
    struct cbor_writer *w = writer_of(v);
    if (is_empty) return false;
    put_key(w, key);
    level_push(w, true);
    put_head(w->out, MAJOR_MAP, 0);
    return true;
}

static void write_map_end(struct visit *v)
{
    struct cbor_writer *w = writer_of(v);
    ASSERT(w->depth > 0);
    w->depth--;
    ASSERT(w->level[w->depth].is_map);
    size_t head = w->level[w->depth].head;
    unsigned char bytes[HEAD_MAX];
    size_t len = head_encode(bytes, MAJOR_MAP, w->level[w->depth].keys);
    if (len > 1) {
        size_t body = w->out->len - head - 1;
        buf_put(w->out, bytes, len - 1); /* make room */
        memmove(w->out->p + head + len, w->out->p + head + 1, body);
    }
    memcpy(w->out->p + head, bytes, len);
}

static bool write_list_begin(struct visit *v, const char *key, size_t *count)
{
    struct cbor_writer *w = writer_of(v);
    if (key != NULL && *count == 0) return false;
    put_key(w, key);
    level_push(w, false);
    put_head(w->out, MAJOR_ARRAY, *count);
    return true;
}

static void write_list_end(struct visit *v)
{
    struct cbor_writer *w = writer_of(v);
    ASSERT(w->depth > 0);
    w->depth--;
    ASSERT(!w->level[w->depth].is_map);
}

static const struct visit_ops writer_ops = {
    .i64 = write_i64,
    .boolean = write_bool,
    .text = write_text,
    .bytes = write_bytes,
    .map_begin = write_map_begin,
    .map_end = write_map_end,
    .list_begin = write_list_begin,
    .list_end = write_list_end,
};

void cbor_writer_init(struct cbor_writer *w, struct buf *out)
{
    *w = (struct cbor_writer){.out = out};
    w->v.ops = &writer_ops;
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct cbor_reader *reader_of(struct visit *v)
{
    return (struct cbor_reader *)v;
}

/* Read a head at p without consuming it; 0 when it is cut, not shortest, or of a kind never
 * written. */
static size_t head_peek(const struct cbor_reader *r, int *major, uint64_t *n)
{
    size_t left = (size_t)(r->end - r->p);
    if (left == 0) return 0;
    *major = r->p[0] >> 5;
    unsigned low = r->p[0] & 31u;
    if (low < 24) {
        *n = low;
        return 1;
    }
    if (low > 27) return 0;
    size_t len = (size_t)1 << (low - 24);
    if (left < 1 + len) return 0;
    uint64_t x = 0;
    for (size_t i = 0; i < len; i++) x = x << 8 | r->p[1 + i];
    static const uint64_t least[4] = {24, UINT8_MAX + UINT64_C(1), UINT16_MAX + UINT64_C(1),
                                      UINT32_MAX + UINT64_C(1)};
    if (x < least[low - 24]) return 0;
    *n = x;
    return 1 + len;
}

static bool take_head(struct cbor_reader *r, int want, const char *key, uint64_t *n)
{
    int major = 0;
    size_t len = head_peek(r, &major, n);
    if (len == 0 || major != want) {
        visit_fail(&r->v, "%s: not the expected kind of value", key != NULL ? key : "(element)");
        return false;
    }
    r->p += len;
    return true;
}

/* Position at the value of `key`: true when it is there (its key consumed) or key is NULL. */
static bool at_key(struct cbor_reader *r, const char *key)
{
    if (key == NULL) {
        if (r->depth > 0) {
            ASSERT(!r->level[r->depth - 1].is_map);
            if (r->level[r->depth - 1].left == 0) {
                visit_fail(&r->v, "a list ends too soon");
                return false;
            }
            r->level[r->depth - 1].left--;
        }
        return true;
    }
    ASSERT(r->depth > 0 && r->level[r->depth - 1].is_map);
    if (r->level[r->depth - 1].left == 0) return false;
    int major = 0;
    uint64_t n = 0;
    size_t head = head_peek(r, &major, &n);
    size_t left = (size_t)(r->end - r->p) - head;
    if (head == 0 || major != MAJOR_TEXT || n > left) {
        visit_fail(&r->v, "a map key is damaged");
        return false;
    }
    if (n != strlen(key) || memcmp(r->p + head, key, n) != 0) return false;
    r->p += head + n;
    r->level[r->depth - 1].left--;
    return true;
}

static void fail_zero(struct cbor_reader *r, const char *key)
{
    visit_fail(&r->v, "%s: a zero value that should have been left out", key);
}

static void read_i64(struct visit *v, const char *key, int64_t *x)
{
    struct cbor_reader *r = reader_of(v);
    if (!at_key(r, key)) return;
    int major = 0;
    uint64_t n = 0;
    size_t len = head_peek(r, &major, &n);
    if (len == 0 || (major != MAJOR_UINT && major != MAJOR_NINT) || n > INT64_MAX) {
        visit_fail(v, "%s: not an integer", key != NULL ? key : "(element)");
        return;
    }
    r->p += len;
    *x = major == MAJOR_UINT ? (int64_t)n : -(int64_t)n - 1;
    if (key != NULL && *x == 0) fail_zero(r, key);
}

static void read_bool(struct visit *v, const char *key, bool *x)
{
    struct cbor_reader *r = reader_of(v);
    uint64_t n = 0;
    if (!at_key(r, key) || !take_head(r, MAJOR_SIMPLE, key, &n)) return;
    if (n != SIMPLE_FALSE && n != SIMPLE_TRUE) visit_fail(v, "not a truth value");
    *x = n == SIMPLE_TRUE;
    if (key != NULL && !*x) fail_zero(r, key);
}

static void read_string(struct cbor_reader *r, const char *key, struct str *x, int major)
{
    uint64_t n = 0;
    if (!at_key(r, key) || !take_head(r, major, key, &n)) return;
    if (n > (uint64_t)(r->end - r->p)) {
        visit_fail(&r->v, "%s: a string is cut off", key != NULL ? key : "(element)");
        return;
    }
    *x = (struct str){(const char *)r->p, (size_t)n};
    r->p += n;
    if (key != NULL && n == 0) fail_zero(r, key);
}

static void read_text(struct visit *v, const char *key, struct str *x)
{
    read_string(reader_of(v), key, x, MAJOR_TEXT);
    if (!str_is_utf8(*x)) {
        visit_fail(v, "%s: not UTF-8", key != NULL ? key : "(element)");
        *x = (struct str){0};
    }
}

static void read_bytes(struct visit *v, const char *key, struct str *x)
{
    read_string(reader_of(v), key, x, MAJOR_BYTES);
}

static bool enter(struct cbor_reader *r, const char *key, int major, uint64_t *n)
{
    if (!at_key(r, key) || !take_head(r, major, key, n)) return false;
    /* Every pair or element takes at least one byte, so a larger count is a lie. */
    if (*n > (uint64_t)(r->end - r->p) || r->depth == CBOR_DEPTH_MAX) {
        visit_fail(&r->v, "%s: a list or map is cut off or too deep", key != NULL ? key : "(top)");
        return false;
    }
    r->level[r->depth].left = *n;
    r->level[r->depth].is_map = major == MAJOR_MAP;
    r->depth++;
    return true;
}

static bool read_map_begin(struct visit *v, const char *key, bool is_empty)
{
    (void)is_empty;
    uint64_t n = 0;
    return enter(reader_of(v), key, MAJOR_MAP, &n);
}

static void read_end(struct visit *v)
{
    struct cbor_reader *r = reader_of(v);
    ASSERT(r->depth > 0);
    r->depth--;
    if (r->level[r->depth].left != 0)
        visit_fail(v, "unknown or misplaced key or element (written by a newer release?)");
}

static bool read_list_begin(struct visit *v, const char *key, size_t *count)
{
    uint64_t n = 0;
    *count = 0;
    if (!enter(reader_of(v), key, MAJOR_ARRAY, &n)) return false;
    if (key != NULL && n == 0) {
        fail_zero(reader_of(v), key);
        return false;
    }
    *count = (size_t)n;
    return true;
}

static const struct visit_ops reader_ops = {
    .i64 = read_i64,
    .boolean = read_bool,
    .text = read_text,
    .bytes = read_bytes,
    .map_begin = read_map_begin,
    .map_end = read_end,
    .list_begin = read_list_begin,
    .list_end = read_end,
};

void cbor_reader_init(struct cbor_reader *r, struct str in, struct arena *arena)
{
    *r = (struct cbor_reader){.p = (const unsigned char *)in.p,
                              .end = (const unsigned char *)in.p + in.len};
    r->v.ops = &reader_ops;
    r->v.reading = true;
    r->v.canonical = true;
    r->v.arena = arena;
}

enum err cbor_reader_finish(struct cbor_reader *r, struct errtext *error)
{
    if (r->v.failed != ERR_NONE) return err_set(error, ERR_CORRUPT, "%s", r->v.error.s);
    if (r->p != r->end) return err_set(error, ERR_CORRUPT, "bytes left over after the value");
    return ERR_NONE;
}
