/* The text writer against its oracle: the tree of struct json_writer, dumped by jansson. */
#include "model/fleet.h"
#include "model/job.h"
#include "read/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

typedef void visit_any(struct visit *v, void *what);

static void check_same(visit_any *visit, void *what)
{
    struct json_writer tree;
    json_writer_init(&tree);
    assert_true(visit_map(&tree.v, NULL, false));
    visit(&tree.v, what);
    visit_map_end(&tree.v);
    json_t *j = json_writer_finish(&tree);
    char *want = json_dumps(j, JSON_COMPACT);
    json_decref(j);

    struct buf got = {0};
    struct json_text text;
    json_text_init(&text, &got);
    assert_true(visit_map(&text.v, NULL, false));
    visit(&text.v, what);
    visit_map_end(&text.v);
    assert_int_equal(text.depth, 0);
    assert_string_equal(got.p, want);
    buf_release(&got);
    free(want);
}

static void spec_any(struct visit *v, void *what)
{
    visit_job_spec(v, what);
}

static void fleet_any(struct visit *v, void *what)
{
    visit_fleet(v, what);
}

static void a_struct_has_the_same_text_by_both_ways(void **state)
{
    (void)state;
    uint32_t tasks[] = {0, 3, UINT32_MAX};
    struct str kinds[] = {STR("h100-sxm"), STR("")};
    struct str arguments[] = {STR(""), {"\xff\x00", 2}, STR("a\"b\\c/d"), {"x\0y", 3}};
    struct job_spec s = {.name = STR("caf\xc3\xa9"),
                         .uid = UINT32_MAX,
                         .exclusive = true,
                         .chip_kinds = kinds,
                         .chip_kind_count = 2,
                         .priority = INT32_MIN,
                         .time_limit_ms = 3600000,
                         .array_tasks = tasks,
                         .array_count = 3,
                         .comment = STR("tab\t newline\n bell\a del\x7f \xf0\x9f\x9a\xa2"),
                         .script = STR("#!/bin/sh\necho \"$1\"\n"),
                         .arguments = arguments,
                         .argument_count = 4};
    check_same(spec_any, &s);
    struct job_spec empty = {0};
    check_same(spec_any, &empty);
    struct chip chips[] = {{.id = STR("x1"), .tpp = {true, 5, 4, 6}, .dc_marketed = TRI_YES},
                           {.id = STR("x2")}};
    struct fleet f = {.name = STR("f"), .chips = chips, .chip_count = 2};
    check_same(fleet_any, &f);
}

struct numbers {
    int64_t items[6];
};

static void numbers_any(struct visit *v, void *what)
{
    struct numbers *n = what;
    size_t count = 6;
    visit_i64(v, "last", &n->items[5]);
    if (!visit_list(v, "all", &count, 6)) return;
    for (size_t i = 0; i < count; i++) visit_i64(v, NULL, &n->items[i]);
    visit_list_end(v);
}

static void numbers_reach_both_ends_of_64_bits(void **state)
{
    (void)state;
    struct numbers n = {{INT64_MIN, -1, 0, 9, 10, INT64_MAX}};
    check_same(numbers_any, &n);
}

static void every_byte_is_escaped_as_jansson_does(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char bytes[3] = {'a', (char)c, 'b'};
        struct str s = {bytes, sizeof bytes};
        json_t *j = json_of_bytes(s);
        char *want = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
        json_decref(j);
        struct buf got = {0};
        json_text_put(&got, s);
        assert_string_equal(got.p, want);
        buf_release(&got);
        free(want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_struct_has_the_same_text_by_both_ways),
        cmocka_unit_test(numbers_reach_both_ends_of_64_bits),
        cmocka_unit_test(every_byte_is_escaped_as_jansson_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
