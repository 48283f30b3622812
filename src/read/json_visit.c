#include "read/json_visit.h"

#include "base/check.h"
#include "base/mem.h"

#include <sodium.h>

#include <string.h>

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

static bool is_key(const struct json_node *n, const char *key)
{
    return strncmp(n->key.p, key, n->key.len) == 0 && key[n->key.len] == '\0';
}

/* The value of the key, the next element, or the top; NULL when it is absent. */
static struct json_node *take(struct json_reader *r, const char *key)
{
    if (r->depth == 0) return r->root;
    struct json_level *in = &r->level[r->depth - 1];
    if (key == NULL) {
        struct json_node *element = in->next;
        if (element == NULL) {
            visit_fail(&r->v, "(element): the list ends too soon");
            return NULL;
        }
        in->next = element->next;
        in->index++;
        return element;
    }
    ASSERT(in->container->kind == JSON_IS_MAP);
    /* Two bytes are enough for the bit: a second letter of a short key is its NUL. */
    if ((in->key_bits & json_key_bit(key, key[0] != '\0' && key[1] != '\0' ? 2 : 1)) == 0)
        return NULL;
    for (struct json_node *n = in->container->child; n != NULL; n = n->next) {
        if (!is_key(n, key)) continue;
        n->is_known = true;
        return n->kind == JSON_IS_NULL ? NULL : n;
    }
    return NULL;
}

static void read_i64(struct visit *v, const char *key, int64_t *x)
{
    const struct json_node *n = take(reader_of(v), key);
    if (n == NULL) return;
    if (n->kind == JSON_IS_INT)
        *x = n->number;
    else
        visit_fail(v, "%s: not an integer", name_of(key));
}

static void read_bool(struct visit *v, const char *key, bool *x)
{
    const struct json_node *n = take(reader_of(v), key);
    if (n == NULL) return;
    if (n->kind == JSON_IS_BOOL)
        *x = n->number != 0;
    else
        visit_fail(v, "%s: not true or false", name_of(key));
}

static void read_text(struct visit *v, const char *key, struct str *x)
{
    const struct json_node *n = take(reader_of(v), key);
    if (n == NULL) return;
    if (n->kind != JSON_IS_TEXT)
        visit_fail(v, "%s: not a string", name_of(key));
    else if (memchr(n->text.p, '\0', n->text.len) != NULL)
        visit_fail(v, "%s: has a NUL", name_of(key));
    else
        *x = n->text;
}

/* {"base64": "..."} */
static bool decode_base64(struct visit *v, const struct json_node *map, struct str *x)
{
    const struct json_node *n = map->child;
    if (map->count != 1 || !is_key(n, "base64") || n->kind != JSON_IS_TEXT) return false;
    size_t room = n->text.len / 4 * 3 + 1, len = 0;
    unsigned char *bytes = arena_alloc(v->arena, room, 1);
    if (sodium_base642bin(bytes, room, n->text.p, n->text.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    *x = (struct str){(const char *)bytes, len};
    return true;
}

static void read_bytes(struct visit *v, const char *key, struct str *x)
{
    const struct json_node *n = take(reader_of(v), key);
    if (n == NULL) return;
    if (n->kind == JSON_IS_TEXT)
        *x = n->text;
    else if (n->kind != JSON_IS_MAP || !decode_base64(v, n, x))
        visit_fail(v, "%s: not a string or {\"base64\": \"...\"}", name_of(key));
}

static uint64_t key_bits(const struct json_node *map)
{
    uint64_t bits = 0;
    for (const struct json_node *n = map->child; n != NULL; n = n->next)
        bits |= json_key_bit(n->key.p, n->key.len);
    return bits;
}

static bool enter(struct json_reader *r, const char *key, struct json_node *n)
{
    if (r->depth == JSON_DEPTH_MAX) {
        visit_fail(&r->v, "%s: nested too deep", name_of(key));
        return false;
    }
    r->level[r->depth++] = (struct json_level){.container = n,
                                               .key = key,
                                               .key_bits = n->kind == JSON_IS_MAP ? key_bits(n) : 0,
                                               .next = n->child};
    return true;
}

static bool read_map_begin(struct visit *v, const char *key, bool is_empty)
{
    (void)is_empty;
    struct json_node *n = take(reader_of(v), key);
    if (n == NULL) return false;
    if (n->kind == JSON_IS_MAP) return enter(reader_of(v), key, n);
    visit_fail(v, "%s: not an object", name_of(key));
    return false;
}

/* Of the map that ends, one that nobody asked for; NULL: none. */
static const struct json_node *unknown(const struct json_reader *r)
{
    const struct json_node *n = r->level[r->depth - 1].container->child;
    while (n != NULL && n->is_known) n = n->next;
    return n;
}

static void read_map_end(struct visit *v)
{
    struct json_reader *r = reader_of(v);
    ASSERT(r->depth > 0);
    const struct json_node *n = unknown(r);
    if (n != NULL)
        visit_fail(v, "%.*s: unknown key", n->key.len < 200 ? (int)n->key.len : 200, n->key.p);
    else
        r->depth--; /* a failure keeps it, for the path in the message */
}

static bool read_list_begin(struct visit *v, const char *key, size_t *count)
{
    *count = 0;
    struct json_node *n = take(reader_of(v), key);
    if (n == NULL) return false;
    if (n->kind != JSON_IS_LIST) {
        visit_fail(v, "%s: not a list", name_of(key));
        return false;
    }
    if (!enter(reader_of(v), key, n)) return false;
    *count = n->count;
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

void json_reader_init(struct json_reader *r, struct json_node *root, struct arena *arena)
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
        if (r->level[i].index > 0) buf_printf(out, "[%zu]", r->level[i].index - 1);
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
