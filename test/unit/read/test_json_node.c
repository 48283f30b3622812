#include "read/json_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static enum err parse(struct arena *a, const char *text, struct json_node **out,
                      struct errtext *error)
{
    *error = (struct errtext){""};
    return json_node_parse(str_of(text), a, out, error);
}

static void values_keep_their_kind_order_and_bytes(void **state)
{
    (void)state;
    struct arena a = {0};
    struct json_node *n = NULL;
    struct errtext error;
    static const char text[] = " {\"b\\u00e9\" : [ -9223372036854775808, 1.0, true, false, null ],"
                               "\n\"a\":\"x\\ud83d\\ude00\\u0000\\n\" , \"c\":{}} ";
    assert_int_equal(parse(&a, text, &n, &error), ERR_NONE);
    assert_int_equal(n->kind, JSON_IS_MAP);
    assert_int_equal(n->count, 3);
    const struct json_node *b = n->child;
    assert_true(str_eqz(b->key, "b\xc3\xa9"));
    assert_int_equal(b->count, 5);
    assert_true(b->child->number == INT64_MIN);
    assert_int_equal(b->child->next->kind, JSON_IS_REAL);
    assert_int_equal(b->child->next->next->number, 1);
    assert_int_equal(b->child->next->next->next->number, 0);
    assert_int_equal(b->child->next->next->next->next->kind, JSON_IS_NULL);
    static const char want[] = "x\xf0\x9f\x98\x80\0\n";
    assert_int_equal(b->next->text.len, sizeof want - 1);
    assert_memory_equal(b->next->text.p, want, sizeof want);
    assert_int_equal(b->next->next->kind, JSON_IS_MAP);
    assert_null(b->next->next->next);
    arena_release(&a);
}

static void mistakes_are_named_with_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", "line 1, column 1: a value is missing"},
        {"{\n  \"caf\xc3\xa9\": nul}", "line 2, column 11: a value is missing or unknown"},
        {"[1,]", "line 1, column 4: a value is missing"},
        {"[1 2]", "line 1, column 4: a comma or the closing bracket"},
        {"[1}", "line 1, column 3: a comma or the closing bracket"},
        {"{1:2}", "line 1, column 2: a key in quotes"},
        {"{\"a\",", "line 1, column 5: a colon"},
        {"{\"a\":1,\"a\":2}", "a key stands twice"},
        {"{\"a\\u0000\":1}", "a key has a NUL"},
        {"{\"a\":1,\"\\u0061\":2}", "a key stands twice"},
        {"\"a\nb\"", "a control character"},
        {"\"\\\n\"", "a control character"},
        {"\"ab", "the string does not end"},
        {"\"ab\\", "the string does not end"},
        {"\"\\x\"", "a wrong escape"},
        {"\"\\u12g4\"", "a wrong escape"},
        {"\"\\u12\"", "a wrong escape"},
        {"\"\\ud800\"", "a wrong escape"},
        {"\"\\udc00\"", "a wrong escape"},
        {"\"\\ud800\\u0041\"", "a wrong escape"},
        {"\"\xff\"", "not UTF-8"},
        {"\"\xed\xa0\x80\"", "not UTF-8"},
        {"\xef\xbb\xbf{}", "a value is missing"},
        {"01", "a number is wrong"},
        {"-", "a number is wrong"},
        {"1.", "a number is wrong"},
        {"1e+", "a number is wrong"},
        {"+1", "a value is missing"},
        {"9223372036854775808", "more than 64 bits"},
        {"{} x", "line 1, column 4: something stands behind the end"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "line 1, column 17: nested too deep"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct json_node *n = NULL;
        struct errtext error;
        if (parse(&a, rows[i].in, &n, &error) != ERR_INVALID) fail_msg("accepted %s", rows[i].in);
        if (strstr(error.s, rows[i].out) == NULL)
            fail_msg("%s gave '%s', wanted '%s'", rows[i].in, error.s, rows[i].out);
        arena_release(&a);
    }
}

static void an_object_has_at_most_so_many_keys(void **state)
{
    (void)state;
    for (int keys = JSON_KEYS_MAX; keys <= JSON_KEYS_MAX + 1; keys++) {
        struct arena a = {0};
        struct json_node *n = NULL;
        struct errtext error;
        struct buf text = {0};
        for (int i = 0; i < keys; i++) buf_printf(&text, "%c\"k%d\":%d", i > 0 ? ',' : '{', i, i);
        buf_putc(&text, '}');
        bool ok = parse(&a, text.p, &n, &error) == ERR_NONE;
        assert_int_equal(ok, keys == JSON_KEYS_MAX);
        buf_release(&text);
        arena_release(&a);
    }
}

static uint64_t next(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* The bytes of a tree, to hold one parser's against the other's. */
static void put(struct buf *out, const struct json_node *n)
{
    buf_printf(out, "%d:" STR_FMT "=", (int)n->kind, STR_ARG(n->key));
    if (n->kind == JSON_IS_TEXT) buf_put_str(out, n->text);
    if (n->kind == JSON_IS_INT || n->kind == JSON_IS_BOOL)
        buf_printf(out, "%lld", (long long)n->number);
    if (n->kind != JSON_IS_LIST && n->kind != JSON_IS_MAP) return;
    buf_printf(out, "%zu{", n->count);
    for (const struct json_node *c = n->child; c != NULL; c = c->next) put(out, c);
    buf_putc(out, '}');
}

/* Of a text that mostly is JSON: a few bytes changed for others that matter to it. */
static void it_says_what_jansson_says_of_damaged_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"spec\":{\"name\":\"b\",\"uid\":1000,\"hold\":true,\"script\":\"#!/bin/sh\\ntrue\\n\","
        "\"args\":[\"\",\"x\",{\"base64\":\"/w==\"}]},\"key\":null}",
        "[0,-0,12,-9223372036854775808,9223372036854775807,1.5e-3,1E9,true,false,null,{},[]]",
        "{\"a\\u00e9\\ud83d\\ude00\":\"\\\"\\\\\\/"
        "\\b\\u0000\",\"caf\xc3\xa9\":\"\xf0\x9f\x98\x80\"}"};
    static const char bytes[] = "{}[]\",:\\u0d8c9-+.eE trn\n\x7f\x80\xc3\xed\xf4\x01";
    uint64_t seed = 1;
    int accepted = 0;
    for (int round = 0; round < 30000; round++) {
        char text[200];
        const char *from = texts[next(&seed) % 3];
        size_t len = strlen(from);
        memcpy(text, from, len);
        for (uint64_t changes = next(&seed) % 3 + 1; changes > 0; changes--)
            text[next(&seed) % len] = bytes[next(&seed) % (sizeof bytes - 1)];
        struct arena a = {0};
        struct json_node *n = NULL;
        struct errtext error;
        bool ok = json_node_parse((struct str){text, len}, &a, &n, &error) == ERR_NONE;
        json_error_t why;
        json_t *j =
            json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
        if (ok != (j != NULL) && strstr(why.text, "real number overflow") == NULL)
            fail_msg("round %d: '%.*s': ours says '%s', jansson '%s'", round, (int)len, text,
                     error.s, why.text);
        if (ok && j != NULL) {
            struct buf x = {0}, y = {0};
            put(&x, n);
            put(&y, json_node_of(j, &a));
            if (!str_eq(buf_str(&x), buf_str(&y)))
                fail_msg("round %d: '%.*s' is\n%s\nand to jansson\n%s", round, (int)len, text, x.p,
                         y.p);
            buf_release(&x);
            buf_release(&y);
            accepted++;
        }
        json_decref(j);
        arena_release(&a);
    }
    assert_true(accepted > 1000 && accepted < 29000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_keep_their_kind_order_and_bytes),
        cmocka_unit_test(mistakes_are_named_with_line_and_column),
        cmocka_unit_test(an_object_has_at_most_so_many_keys),
        cmocka_unit_test(it_says_what_jansson_says_of_damaged_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
