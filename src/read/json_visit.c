#include "read/json_visit.h"

#include "base/check.h"
#include "base/mem.h"

#include <sodium.h>

#include <string.h>

enum err json_parse(struct str in, json_t **out, struct errtext *error)
{
    if (in.len > JSON_BYTES_MAX)
        return err_set(error, ERR_LIMIT, "JSON: %zu bytes; at most %d are allowed", in.len,
                       (int)JSON_BYTES_MAX);
    json_error_t e;
    json_t *j = json_loadb(in.p != NULL ? in.p : "", in.len,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    if (j == NULL)
        return err_set(error, ERR_INVALID, "JSON: line %d, column %d: %s", e.line, e.column,
                       e.text);
    *out = j;
    return ERR_NONE;
}

/* ---- writing --------------------------------------------------------------------------------- */

static struct json_writer *writer_of(struct visit *v)
{
    return (struct json_writer *)v;
}

/* Put a new value under its key, behind the list's last, or at the top. Takes `value`. */
static void put(struct json_writer *w, const char *key, json_t *value)
{
    ASSERT(value != NULL);
    int failed = 0;
    if (w->depth == 0) {
        ASSERT(w->root == NULL && key == NULL);
        w->root = value;
    } else if (key != NULL) {
        failed = json_object_set_new(w->level[w->depth - 1], key, value);
    } else {
        failed = json_array_append_new(w->level[w->depth - 1], value);
    }
    ASSERT(failed == 0);
}

static void write_i64(struct visit *v, const char *key, int64_t *x)
{
    if (key != NULL && *x == 0) return;
    put(writer_of(v), key, json_integer(*x));
}

static void write_bool(struct visit *v, const char *key, bool *x)
{
    if (key != NULL && !*x) return;
    put(writer_of(v), key, json_boolean(*x));
}

static json_t *base64_of(struct str s)
{
    size_t room = sodium_base64_encoded_len(s.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = mem_alloc(room, 1);
    sodium_bin2base64(text, room, (const unsigned char *)s.p, s.len,
                      sodium_base64_VARIANT_ORIGINAL);
    json_t *j = json_pack("{s:s}", "base64", text);
    mem_free(text);
    return j;
}

json_t *json_of_bytes(struct str s)
{
    bool is_text = str_is_utf8(s) && (s.len == 0 || memchr(s.p, '\0', s.len) == NULL);
    json_t *j = is_text ? json_stringn(s.len > 0 ? s.p : "", s.len) : base64_of(s);
    ASSERT(j != NULL);
    return j;
}

static void write_string(struct visit *v, const char *key, struct str *x)
{
    if (key != NULL && x->len == 0) return;
    put(writer_of(v), key, json_of_bytes(*x));
}

static void open_container(struct json_writer *w, const char *key, json_t *container)
{
    ASSERT(w->depth < JSON_DEPTH_MAX);
    put(w, key, container);
    w->level[w->depth++] = container;
}

static bool write_map_begin(struct visit *v, const char *key, bool is_empty)
{
    if (is_empty) return false;
    open_container(writer_of(v), key, json_object());
    return true;
}

static bool write_list_begin(struct visit *v, const char *key, size_t *count)
{
    if (key != NULL && *count == 0) return false;
    open_container(writer_of(v), key, json_array());
    return true;
}

static void write_end(struct visit *v)
{
    struct json_writer *w = writer_of(v);
    ASSERT(w->depth > 0);
    w->depth--;
}

static const struct visit_ops writer_ops = {
    .i64 = write_i64,
    .boolean = write_bool,
    .text = write_string,
    .bytes = write_string,
    .map_begin = write_map_begin,
    .map_end = write_end,
    .list_begin = write_list_begin,
    .list_end = write_end,
};

void json_writer_init(struct json_writer *w)
{
    *w = (struct json_writer){.v.ops = &writer_ops};
}

json_t *json_writer_finish(struct json_writer *w)
{
    ASSERT(w->depth == 0);
    json_t *root = w->root;
    w->root = NULL;
    return root;
}

/* ---- reading --------------------------------------------------------------------------------- */

static struct json_reader *reader_of(struct visit *v)
{
    return (struct json_reader *)v;
}

static const char *name_of(const char *key)
{
    return key != NULL ? key : "(element)";
}

/* One of 64 bits for a key, of its first three characters, to tell at once that an object has none
 * like it: of the hundred fields that a struct may have, a request states ten. */
static uint64_t key_bit(const char *key)
{
    unsigned n = (unsigned char)key[0] * 9u;
    if (key[0] != '\0') n += (unsigned char)key[1] * 5u;
    if (key[0] != '\0' && key[1] != '\0') n += (unsigned char)key[2] * 17u;
    return UINT64_C(1) << n % 64;
}

static uint64_t key_bits(const json_t *object)
{
    uint64_t bits = 0;
    json_t *o = (json_t *)(uintptr_t)object; /* not changed */
    for (void *it = json_object_iter(o); it != NULL; it = json_object_iter_next(o, it))
        bits |= key_bit(json_object_iter_key(it));
    return bits;
}

/* The value of the key, the next element, or the top; NULL when it is absent. */
static const json_t *take(struct json_reader *r, const char *key)
{
    if (r->depth == 0) return r->root;
    struct json_level *in = &r->level[r->depth - 1];
    if (key == NULL) {
        const json_t *element = json_array_get(in->container, in->next++);
        if (element == NULL) visit_fail(&r->v, "(element): the list ends too soon");
        return element;
    }
    ASSERT(json_is_object(in->container));
    if ((in->key_bits & key_bit(key)) == 0) return NULL;
    const json_t *value = json_object_get(in->container, key);
    if (value == NULL) return NULL;
    ASSERT(in->found_count < JSON_KEYS_MAX);
    in->found[in->found_count++] = key;
    return json_is_null(value) ? NULL : value;
}

static void read_i64(struct visit *v, const char *key, int64_t *x)
{
    const json_t *j = take(reader_of(v), key);
    if (j == NULL) return;
    if (json_is_integer(j))
        *x = json_integer_value(j);
    else
        visit_fail(v, "%s: not an integer", name_of(key));
}

static void read_bool(struct visit *v, const char *key, bool *x)
{
    const json_t *j = take(reader_of(v), key);
    if (j == NULL) return;
    if (json_is_boolean(j))
        *x = json_is_true(j);
    else
        visit_fail(v, "%s: not true or false", name_of(key));
}

static void read_text(struct visit *v, const char *key, struct str *x)
{
    const json_t *j = take(reader_of(v), key);
    if (j == NULL) return;
    struct str s = {json_string_value(j), json_string_length(j)};
    if (!json_is_string(j))
        visit_fail(v, "%s: not a string", name_of(key));
    else if (memchr(s.p, '\0', s.len) != NULL)
        visit_fail(v, "%s: has a NUL", name_of(key));
    else
        *x = str_copy(v->arena, s);
}

static bool decode_base64(struct visit *v, const json_t *j, struct str *x)
{
    const json_t *text = json_object_get(j, "base64");
    if (!json_is_string(text) || json_object_size(j) != 1) return false;
    size_t room = json_string_length(text) / 4 * 3 + 1, len = 0;
    unsigned char *bytes = arena_alloc(v->arena, room, 1);
    if (sodium_base642bin(bytes, room, json_string_value(text), json_string_length(text), NULL,
                          &len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    *x = (struct str){(const char *)bytes, len};
    return true;
}

static void read_bytes(struct visit *v, const char *key, struct str *x)
{
    const json_t *j = take(reader_of(v), key);
    if (j == NULL) return;
    if (json_is_string(j))
        *x = str_copy(v->arena, (struct str){json_string_value(j), json_string_length(j)});
    else if (!json_is_object(j) || !decode_base64(v, j, x))
        visit_fail(v, "%s: not a string or {\"base64\": \"...\"}", name_of(key));
}

static bool enter(struct json_reader *r, const char *key, const json_t *j)
{
    if (r->depth == JSON_DEPTH_MAX) {
        visit_fail(&r->v, "%s: nested too deep", name_of(key));
        return false;
    }
    struct json_level *in = &r->level[r->depth++];
    in->container = j;
    in->key = key;
    in->key_bits = json_is_object(j) ? key_bits(j) : 0;
    in->next = 0;
    in->found_count = 0;
    return true;
}

static bool read_map_begin(struct visit *v, const char *key, bool is_empty)
{
    (void)is_empty;
    const json_t *j = take(reader_of(v), key);
    if (j == NULL) return false;
    if (json_is_object(j)) return enter(reader_of(v), key, j);
    visit_fail(v, "%s: not an object", name_of(key));
    return false;
}

static bool was_found(const struct json_level *in, const char *key)
{
    for (size_t i = 0; i < in->found_count; i++)
        if (strcmp(in->found[i], key) == 0) return true;
    return false;
}

/* A key of the object that nobody asked for; NULL: none. */
static const char *unknown_key(const struct json_level *in)
{
    /* A struct names each field once, so as many found as there are means that all are known. */
    if (in->found_count == json_object_size(in->container)) return NULL;
    json_t *object = (json_t *)(uintptr_t)in->container; /* not changed */
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it))
        if (!was_found(in, json_object_iter_key(it))) return json_object_iter_key(it);
    return NULL;
}

static void read_map_end(struct visit *v)
{
    struct json_reader *r = reader_of(v);
    ASSERT(r->depth > 0);
    const char *unknown = unknown_key(&r->level[r->depth - 1]);
    if (unknown != NULL)
        visit_fail(v, "%.200s: unknown key", unknown);
    else
        r->depth--; /* a failure keeps it, for the path in the message */
}

static bool read_list_begin(struct visit *v, const char *key, size_t *count)
{
    *count = 0;
    const json_t *j = take(reader_of(v), key);
    if (j == NULL) return false;
    if (!json_is_array(j)) {
        visit_fail(v, "%s: not a list", name_of(key));
        return false;
    }
    if (!enter(reader_of(v), key, j)) return false;
    *count = json_array_size(j);
    return true;
}

static void read_list_end(struct visit *v)
{
    struct json_reader *r = reader_of(v);
    ASSERT(r->depth > 0);
    r->depth--;
}

static const struct visit_ops reader_ops = {
    .i64 = read_i64,
    .boolean = read_bool,
    .text = read_text,
    .bytes = read_bytes,
    .map_begin = read_map_begin,
    .map_end = read_map_end,
    .list_begin = read_list_begin,
    .list_end = read_list_end,
};

void json_reader_init(struct json_reader *r, const json_t *root, struct arena *arena)
{
    r->v = (struct visit){.ops = &reader_ops, .reading = true, .arena = arena};
    r->root = root;
    r->depth = 0;
}

/* The levels that were open at the failure, which later calls left as they were. */
static void put_path(const struct json_reader *r, struct buf *out)
{
    for (int i = 0; i < r->depth; i++) {
        if (r->level[i].key != NULL)
            buf_printf(out, "%s%s", out->len > 0 ? "." : "", r->level[i].key);
        if (json_is_array(r->level[i].container) && r->level[i].next > 0)
            buf_printf(out, "[%zu]", r->level[i].next - 1);
    }
}

enum err json_reader_finish(struct json_reader *r, struct errtext *error)
{
    if (r->v.failed == ERR_NONE) return ERR_NONE;
    static const char element[] = "(element)";
    struct buf text = {0};
    put_path(r, &text);
    const char *message = r->v.error.s;
    if (strncmp(message, element, sizeof element - 1) == 0)
        message += sizeof element - 1;
    else if (text.len > 0)
        buf_putc(&text, '.');
    buf_puts(&text, message);
    enum err e = err_set(error, ERR_INVALID, "%s", text.p);
    buf_release(&text);
    return e;
}
