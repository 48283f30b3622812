/* Any bytes as JSON: no crash, and the parser of requests says what jansson says, about what is
 * JSON and about every value in it. Refused by ours alone: nesting and keys beyond its bounds, and
 * a NUL behind a number, which jansson 2.14 skips. By jansson alone: a fraction that overflows a
 * double. */
#include "base/check.h"
#include "read/json_node.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same(const struct json_node *n, const json_t *j)
{
    switch (n->kind) {
    case JSON_IS_NULL: return json_is_null(j);
    case JSON_IS_BOOL: return json_is_boolean(j) && json_is_true(j) == (n->number != 0);
    case JSON_IS_INT: return json_is_integer(j) && json_integer_value(j) == n->number;
    case JSON_IS_REAL: return json_is_real(j);
    case JSON_IS_TEXT:
        return json_is_string(j) && n->text.p[n->text.len] == '\0' &&
               str_eq(n->text, (struct str){json_string_value(j), json_string_length(j)});
    case JSON_IS_LIST:
        if (!json_is_array(j) || json_array_size(j) != n->count) return false;
        break;
    case JSON_IS_MAP:
        if (!json_is_object(j) || json_object_size(j) != n->count) return false;
        break;
    }
    size_t i = 0;
    for (const struct json_node *c = n->child; c != NULL; c = c->next, i++) {
        const json_t *other = n->kind == JSON_IS_LIST ? json_array_get(j, i)
                                                      : json_object_getn(j, c->key.p, c->key.len);
        if (other == NULL || !is_same(c, other)) return false;
    }
    return i == n->count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct errtext error = {""};
    struct str in = {(const char *)data, size};
    struct json_node *n = NULL;
    enum err e = json_node_parse(in, &a, &n, &error);
    json_error_t why;
    json_t *j = json_loadb(size > 0 ? in.p : "", size,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    if (e == ERR_NONE && j != NULL)
        ASSERT(is_same(n, j));
    else if (e == ERR_NONE)
        ASSERT(strstr(why.text, "real number overflow") != NULL);
    else if (j != NULL)
        ASSERT(strstr(error.s, "nested too deep") != NULL ||
               strstr(error.s, "too many keys") != NULL || memchr(in.p, '\0', size) != NULL);
    json_decref(j);
    arena_release(&a);
    return 0;
}
