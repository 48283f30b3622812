/* CEL values from JSON and to JSON. */
#include "law/cel/cel.h"
#include "read/cel_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void values_become_the_json_of_the_specification(void **state)
{
    (void)state;
    static const struct {
        const char *expr, *json;
    } cases[] = {
        {"null", "null"},
        {"true", "true"},
        {"1", "1"},
        {"-9007199254740991", "-9007199254740991"},
        {"-9007199254740992", "\"-9007199254740992\""},
        {"9007199254740991", "9007199254740991"},
        {"9007199254740992", "\"9007199254740992\""},
        {"5u", "5"},
        {"18446744073709551615u", "\"18446744073709551615\""},
        {"1.5", "1.5"},
        {"10.0", "10.0"},
        {"-0.0", "-0.0"},
        {"1e100", "1e+100"},
        {"0.1", "0.1"},
        {"0.0 / 0.0", "\"NaN\""},
        {"1.0 / 0.0", "\"Infinity\""},
        {"-1.0 / 0.0", "\"-Infinity\""},
        {"'a\"\\\\\\n\\t\\r\\u0001é'", "\"a\\\"\\\\\\n\\t\\r\\u0001é\""},
        {"b''", "\"\""},
        {"b'a'", "\"YQ==\""},
        {"b'ab'", "\"YWI=\""},
        {"b'abc'", "\"YWJj\""},
        {"b'\\xff\\xfe\\xfd'", "\"//79\""},
        {"[1, 'a', [true]]", "[1,\"a\",[true]]"},
        {"[]", "[]"},
        {"{}", "{}"},
        {"{'a': 1, 'b': {'c': null}}", "{\"a\":1,\"b\":{\"c\":null}}"},
        {"{1: 'x', 2u: 'y', true: 'z', -3: 'w'}",
         "{\"1\":\"x\",\"2\":\"y\",\"true\":\"z\",\"-3\":\"w\"}"},
        {"timestamp('2025-01-31T12:00:00.5+01:00')", "\"2025-01-31T11:00:00.5Z\""},
        {"duration('90m')", "\"5400s\""},
        {"duration('-1.5s')", "\"-1.5s\""},
        {"type(1)", "\"int\""},
        {"type(timestamp(0))", "\"google.protobuf.Timestamp\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct buf b = {0};
        struct cel_expr *e;
        arena_init(&a);
        assert_int_equal(cel_compile(&a, str_of(cases[i].expr), NULL, NULL, &e, NULL), ERR_NONE);
        assert_int_equal(cel_to_json(cel_eval(e, NULL, &a), &b, NULL), ERR_NONE);
        assert_string_equal(b.p, cases[i].json);
        buf_release(&b);
        arena_release(&a);
    }
}

static void json_becomes_values(void **state)
{
    (void)state;
    static const struct {
        const char *json, *value, *type;
    } cases[] = {
        {"null", "null", "null"},
        {"true", "true", "bool"},
        {"1", "1", "int"},
        {"-9223372036854775808", "-9223372036854775808", "int"},
        {"1.0", "1.0", "double"},
        {"1e2", "100.0", "double"},
        {"\"a\\u00e9\"", "\"aé\"", "string"},
        {"\"a\\u0000b\"", "\"a\\x00b\"", "string"},
        {"[1, 2]", "[1, 2]", "list(int)"},
        {"[1, \"a\"]", "[1, \"a\"]", "list(dyn)"},
        {"[[], [1]]", "[[], [1]]", "list(list(int))"},
        {"{\"b\": 1, \"a\": 2}", "{\"b\": 1, \"a\": 2}", "map(string, int)"},
        {"{\"b\": 1, \"a\": []}", "{\"b\": 1, \"a\": []}", "map(string, dyn)"},
        {"{}", "{}", "map(dyn, dyn)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct cel_value v;
        arena_init(&a);
        assert_int_equal(cel_from_json(&a, str_of(cases[i].json), &v, NULL), ERR_NONE);
        assert_string_equal(cel_value_text(&a, v).p, cases[i].value);
        assert_string_equal(cel_type_text(&a, cel_type_of_value(&a, v)), cases[i].type);
        arena_release(&a);
    }
}

static void bad_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "{",        "[1,]",    "{\"a\":1,\"a\":2}",
                                      "tru",   "1 2",      "'a'",     "99999999999999999999",
                                      "1e999", "\"\xff\"", "{\"a\"}", "[\"\\ud800\"]"};
    struct arena a;
    struct cel_value v;
    struct errtext t;
    arena_init(&a);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(cel_from_json(&a, str_of(bad[i]), &v, &t), ERR_INVALID);
    }
    assert_int_equal(cel_from_json(&a, STR("{\n \"a\": x}"), &v, &t), ERR_INVALID);
    assert_non_null(strstr(t.s, "2:"));
    arena_release(&a);
}

static void depth_is_limited(void **state)
{
    (void)state;
    struct arena a;
    struct cel_value v;
    struct errtext t;
    char text[2 * CEL_JSON_DEPTH_MAX + 8];
    arena_init(&a);
    memset(text, '[', CEL_JSON_DEPTH_MAX + 2);
    memset(text + CEL_JSON_DEPTH_MAX + 2, ']', CEL_JSON_DEPTH_MAX + 2);
    assert_int_equal(cel_from_json(&a, (struct str){text, 2 * (CEL_JSON_DEPTH_MAX + 2)}, &v, &t),
                     ERR_LIMIT);
    assert_int_equal(
        cel_from_json(&a, (struct str){text + 1, 2 * (CEL_JSON_DEPTH_MAX + 1)}, &v, &t), ERR_NONE);
    arena_release(&a);
}

static void a_value_that_shares_its_parts_is_not_written_without_end(void **state)
{
    (void)state;
    struct arena a;
    struct buf b = {0};
    struct errtext t;
    arena_init(&a);
    struct cel_value pair[2] = {cel_int(1), cel_int(1)};
    struct cel_value v = cel_list(pair, 2);
    for (int i = 0; i < 60; i++) {
        struct cel_value *next = ARENA_ARRAY(&a, 2, struct cel_value);
        next[0] = next[1] = v;
        v = cel_list(next, 2);
    }
    assert_int_equal(cel_to_json(v, &b, &t), ERR_LIMIT);
    buf_release(&b);
    arena_release(&a);
}

static void unknowns_and_errors_have_no_json(void **state)
{
    (void)state;
    struct arena a;
    struct buf b = {0};
    struct errtext t;
    arena_init(&a);
    struct cel_value items[] = {cel_int(1), cel_unknown_named(&a, STR("chain.tenant.hq"))};
    assert_int_equal(cel_to_json(cel_list(items, 2), &b, &t), ERR_INVALID);
    assert_non_null(strstr(t.s, "not known: chain.tenant.hq"));
    assert_int_equal(cel_to_json(cel_error(&a, "broken"), &b, &t), ERR_INVALID);
    assert_int_equal(cel_to_json(cel_unknown(), &b, &t), ERR_INVALID);
    buf_release(&b);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_the_json_of_the_specification),
        cmocka_unit_test(json_becomes_values),
        cmocka_unit_test(bad_json_is_refused_with_its_place),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(a_value_that_shares_its_parts_is_not_written_without_end),
        cmocka_unit_test(unknowns_and_errors_have_no_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
