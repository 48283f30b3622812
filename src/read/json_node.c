#include "read/json_node.h"

#include "base/check.h"

#include <string.h>

struct parser {
    const char *p, *end; /* what is left */
    struct arena *arena;
    const char *why; /* of the first mistake, which stands at p; NULL: none */
};

static bool fail(struct parser *s, const char *why)
{
    if (s->why == NULL) s->why = why;
    return false;
}

static void skip_space(struct parser *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
        s->p++;
}

/* The next byte that is no space; NUL at the end. */
static char peek(struct parser *s)
{
    skip_space(s);
    return s->p < s->end ? *s->p : '\0';
}

/* ---- strings --------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The four digits behind "\u"; -1: they are not there. */
static int32_t code_unit(struct str raw, size_t at)
{
    int32_t unit = 0;
    if (raw.len - at < 4) return -1;
    for (size_t i = at; i < at + 4; i++) {
        int digit = hex_digit(raw.p[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (char)(lead[more] | c);
    return more + 1;
}

/* "\uXXXX" at raw.p[at - 2], a pair of them above U+FFFF. Gives the bytes read behind "\u", 0: it
 * is wrong. */
static size_t unescape_unicode(struct str raw, size_t at, char *out, size_t *len)
{
    int32_t unit = code_unit(raw, at);
    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff)) return 0;
    if (unit < 0xd800 || unit > 0xdbff) {
        *len += put_utf8(out + *len, (uint32_t)unit);
        return 4;
    }
    if (raw.len - at < 10 || raw.p[at + 4] != '\\' || raw.p[at + 5] != 'u') return 0;
    int32_t low = code_unit(raw, at + 6);
    if (low < 0xdc00 || low > 0xdfff) return 0;
    *len +=
        put_utf8(out + *len, 0x10000 + (((uint32_t)unit & 0x3ff) << 10 | ((uint32_t)low & 0x3ff)));
    return 10;
}

/* Undo the escapes of `raw` into `out`, which has room for as much. False: one is wrong. */
static bool unescape(struct str raw, char *out, size_t *len)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    *len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.p[i] != '\\') {
            out[(*len)++] = raw.p[i];
            continue;
        }
        ASSERT(i + 1 < raw.len); /* a backslash at the end would have taken the quote with it */
        char c = raw.p[++i];
        const char *known = memchr(from, c, sizeof from - 1);
        if (known != NULL) {
            out[(*len)++] = to[known - from];
            continue;
        }
        size_t took = c == 'u' ? unescape_unicode(raw, i + 1, out, len) : 0;
        if (took == 0) return false;
        i += took;
    }
    return true;
}

/* At the opening quote. The text is in the input where it can be, or `copied` for its NUL. */
static bool parse_text(struct parser *s, bool copied, struct str *out)
{
    const char *begin = ++s->p;
    bool escaped = false;
    unsigned char seen = 0;
    for (; s->p < s->end && *s->p != '"'; s->p++) {
        if ((unsigned char)*s->p < 0x20) return fail(s, "a control character in a string");
        seen |= (unsigned char)*s->p;
        if (*s->p != '\\') continue;
        escaped = true;
        if (++s->p == s->end) break;
        if ((unsigned char)*s->p < 0x20) return fail(s, "a control character in a string");
    }
    if (s->p == s->end) return fail(s, "the string does not end");
    struct str raw = {begin, (size_t)(s->p - begin)};
    if (seen >= 0x80 && !str_is_utf8(raw)) return fail(s, "the string is not UTF-8");
    if (escaped) {
        char *text = arena_alloc(s->arena, raw.len + 1, 1);
        size_t len = 0;
        if (!unescape(raw, text, &len)) return fail(s, "a wrong escape in the string");
        text[len] = '\0';
        raw = (struct str){text, len};
    } else if (copied) {
        raw = str_copy(s->arena, raw);
    }
    s->p++;
    *out = raw;
    return true;
}

/* ---- numbers and words ----------------------------------------------------------------------- */

static size_t skip_digits(struct parser *s)
{
    const char *begin = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') s->p++;
    return (size_t)(s->p - begin);
}

static bool parse_number(struct parser *s, struct json_node *n)
{
    const char *begin = s->p;
    if (*s->p == '-') s->p++;
    bool zero = s->p < s->end && *s->p == '0';
    size_t digits = skip_digits(s);
    if (digits == 0 || (zero && digits > 1)) return fail(s, "a number is wrong");
    struct str integer = {begin, (size_t)(s->p - begin)};
    n->kind = JSON_IS_INT;
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        n->kind = JSON_IS_REAL;
        if (skip_digits(s) == 0) return fail(s, "a number is wrong");
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        n->kind = JSON_IS_REAL;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-')) s->p++;
        if (skip_digits(s) == 0) return fail(s, "a number is wrong");
    }
    if (n->kind == JSON_IS_INT && !str_to_i64(integer, &n->number))
        return fail(s, "an integer has more than 64 bits");
    return true;
}

static bool parse_word(struct parser *s, struct json_node *n)
{
    static const struct {
        struct str word;
        enum json_kind kind;
        int64_t number;
    } words[] = {{{"null", 4}, JSON_IS_NULL, 0},
                 {{"true", 4}, JSON_IS_BOOL, 1},
                 {{"false", 5}, JSON_IS_BOOL, 0}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct str w = words[i].word;
        if ((size_t)(s->end - s->p) < w.len || memcmp(s->p, w.p, w.len) != 0) continue;
        s->p += w.len;
        n->kind = words[i].kind;
        n->number = words[i].number;
        return true;
    }
    return fail(s, "a value is missing or unknown");
}

/* ---- lists and maps -------------------------------------------------------------------------- */

static bool parse_value(struct parser *s, struct json_node *n, int depth);

static bool has_key(const struct json_node *map, const struct json_node *n)
{
    for (const struct json_node *c = map->child; c != n; c = c->next)
        if (str_eq(c->key, n->key)) return true;
    return false;
}

/* `bits` has the keys before it. */
static bool parse_key(struct parser *s, const struct json_node *map, struct json_node *n,
                      uint64_t *bits)
{
    if (peek(s) != '"') return fail(s, "a key in quotes is missing");
    if (!parse_text(s, false, &n->key)) return false;
    if (memchr(n->key.p, '\0', n->key.len) != NULL) return fail(s, "a key has a NUL");
    uint64_t bit = json_key_bit(n->key.p, n->key.len);
    if ((*bits & bit) != 0 && has_key(map, n)) return fail(s, "a key stands twice in its object");
    *bits |= bit;
    if (map->count > JSON_KEYS_MAX) return fail(s, "an object has too many keys");
    if (peek(s) != ':') return fail(s, "a colon is missing");
    s->p++;
    return true;
}

/* At the opening bracket of a list or map. */
static bool parse_container(struct parser *s, struct json_node *n, int depth)
{
    if (depth == JSON_DEPTH_MAX) return fail(s, "nested too deep");
    bool is_map = *s->p++ == '{';
    char close = is_map ? '}' : ']';
    n->kind = is_map ? JSON_IS_MAP : JSON_IS_LIST;
    struct json_node **tail = &n->child;
    uint64_t bits = 0;
    if (peek(s) == close) {
        s->p++;
        return true;
    }
    while (true) {
        struct json_node *child = ARENA_ARRAY(s->arena, 1, struct json_node);
        *tail = child;
        tail = &child->next;
        n->count++;
        if (is_map && !parse_key(s, n, child, &bits)) return false;
        if (!parse_value(s, child, depth + 1)) return false;
        char c = peek(s);
        if (c != close && c != ',') return fail(s, "a comma or the closing bracket is missing");
        s->p++;
        if (c == close) return true;
    }
}

static bool parse_value(struct parser *s, struct json_node *n, int depth)
{
    char c = peek(s);
    switch (c) {
    case '{':
    case '[': return parse_container(s, n, depth);
    case '"': n->kind = JSON_IS_TEXT; return parse_text(s, true, &n->text);
    default: return c == '-' || (c >= '0' && c <= '9') ? parse_number(s, n) : parse_word(s, n);
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum err mistake(const struct parser *s, struct str in, struct errtext *error)
{
    int line = 1, column = 1;
    for (const char *p = in.p; p < s->p; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*p & 0xc0) != 0x80) {
            column++; /* of characters, not bytes */
        }
    }
    return err_set(error, ERR_INVALID, "JSON: line %d, column %d: %s", line, column, s->why);
}

enum err json_node_parse(struct str in, struct arena *arena, struct json_node **out,
                         struct errtext *error)
{
    if (in.len > JSON_BYTES_MAX)
        return err_set(error, ERR_LIMIT, "JSON: %zu bytes; at most %d are allowed", in.len,
                       (int)JSON_BYTES_MAX);
    if (in.p == NULL) in.p = "";
    struct parser s = {.p = in.p, .end = in.p + in.len, .arena = arena};
    struct json_node *root = ARENA_ARRAY(arena, 1, struct json_node);
    if (parse_value(&s, root, 0)) {
        skip_space(&s);
        if (s.p != s.end) fail(&s, "something stands behind the end");
    }
    if (s.why != NULL) return mistake(&s, in, error);
    *out = root;
    return ERR_NONE;
}

static void fill(struct json_node *n, json_t *j, struct arena *arena, int depth);

static struct json_node **add(struct json_node *n, struct json_node **tail, const char *key,
                              json_t *value, struct arena *arena, int depth)
{
    struct json_node *child = ARENA_ARRAY(arena, 1, struct json_node);
    child->key = str_of(key);
    fill(child, value, arena, depth + 1);
    *tail = child;
    n->count++;
    return &child->next;
}

/* What is nested deeper than a reader goes is left empty. */
static void fill(struct json_node *n, json_t *j, struct arena *arena, int depth)
{
    struct json_node **tail = &n->child;
    switch (json_typeof(j)) {
    case JSON_NULL: n->kind = JSON_IS_NULL; break;
    case JSON_TRUE:
    case JSON_FALSE:
        n->kind = JSON_IS_BOOL;
        n->number = json_is_true(j);
        break;
    case JSON_INTEGER:
        n->kind = JSON_IS_INT;
        n->number = json_integer_value(j);
        break;
    case JSON_REAL: n->kind = JSON_IS_REAL; break;
    case JSON_STRING:
        n->kind = JSON_IS_TEXT;
        n->text = str_copy(arena, (struct str){json_string_value(j), json_string_length(j)});
        break;
    case JSON_ARRAY:
        n->kind = JSON_IS_LIST;
        for (size_t i = 0; depth < JSON_DEPTH_MAX && i < json_array_size(j); i++)
            tail = add(n, tail, NULL, json_array_get(j, i), arena, depth);
        break;
    case JSON_OBJECT:
        n->kind = JSON_IS_MAP;
        for (void *it = depth < JSON_DEPTH_MAX ? json_object_iter(j) : NULL; it != NULL;
             it = json_object_iter_next(j, it))
            tail = add(n, tail, json_object_iter_key(it), json_object_iter_value(it), arena, depth);
        break;
    }
}

struct json_node *json_node_of(const json_t *j, struct arena *arena)
{
    if (j == NULL) return NULL;
    struct json_node *root = ARENA_ARRAY(arena, 1, struct json_node);
    fill(root, (json_t *)(uintptr_t)j, arena, 0); /* not changed */
    return root;
}
