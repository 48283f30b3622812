#include "model/fleet.h"
#include "model/job.h"
#include "read/json_visit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static enum err read_spec(const char *text, struct arena *a, struct job_spec *s,
                          struct errtext *error)
{
    json_t *j = NULL;
    if (json_parse(str_of(text), &j, error) != ERR_NONE) return ERR_INVALID;
    struct json_reader r;
    json_reader_init(&r, j, a);
    *s = (struct job_spec){0};
    if (visit_map(&r.v, NULL, false)) {
        visit_job_spec(&r.v, s);
        visit_map_end(&r.v);
    }
    enum err e = json_reader_finish(&r, error);
    json_decref(j);
    return e;
}

static char *write_spec(struct job_spec *s)
{
    struct json_writer w;
    json_writer_init(&w);
    assert_true(visit_map(&w.v, NULL, false));
    visit_job_spec(&w.v, s);
    visit_map_end(&w.v);
    json_t *j = json_writer_finish(&w);
    char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    return text;
}

static void a_spec_is_written_and_read_back(void **state)
{
    (void)state;
    static const char text[] =
        "{\"name\":\"caf\xc3\xa9\",\"uid\":1000,\"nodes\":2,\"exclusive\":true,"
        "\"chip_kinds\":[\"h100-sxm\"],\"time_limit_ms\":3600000,"
        "\"dependencies\":[{\"kind\":\"afterok\",\"job\":7},{\"kind\":\"singleton\"}],"
        "\"priority\":-5,\"array_tasks\":[0,3],"
        "\"script\":\"#!/bin/sh\\n\",\"arguments\":[\"\",\"x\",{\"base64\":\"/wA=\"}]}";
    struct arena a = {0};
    struct job_spec s;
    struct errtext error = {""};
    if (read_spec(text, &a, &s, &error) != ERR_NONE) fail_msg("%s", error.s);
    assert_int_equal(s.dependencies[0].kind, DEPENDENCY_AFTER_OK);
    assert_int_equal(s.priority, -5);
    assert_int_equal(s.arguments[2].len, 2);
    char *again = write_spec(&s);
    assert_string_equal(again, text);
    free(again);
    arena_release(&a);
}

static void mistakes_are_named_with_their_path(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"{\"nodes\": \"2\"}", "nodes: not an integer"},
        {"{\"nodes\": 2.0}", "nodes: not an integer"},
        {"{\"nodes\": -1}", "nodes: -1 is outside 0..4294967295"},
        {"{\"wat\": 1}", "wat: unknown key"},
        {"{\"exclusive\": 1}", "exclusive: not true or false"},
        {"{\"name\": 1}", "name: not a string"},
        {"{\"name\": \"a\\u0000b\"}", "name: has a NUL"},
        {"{\"chip_kinds\": \"h100\"}", "chip_kinds: not a list"},
        {"{\"chip_kinds\": [\"a\", 2]}", "chip_kinds[1]: not a string"},
        {"{\"chip_kinds\": [null]}", "chip_kinds[0]: not a string"},
        {"{\"dependencies\": [{\"kind\": \"after\", \"job\": 1}, {\"kind\": \"x\"}]}",
         "dependencies[1].kind: 'x' is none of: after, afterany"},
        {"{\"dependencies\": [{}, 5]}", "dependencies[1]: not an object"},
        {"{\"dependencies\": [{\"zip\": 5}]}", "dependencies[0].zip: unknown key"},
        {"{\"array_tasks\": [1, 99999999999]}", "array_tasks[1]: 99999999999 is outside"},
        {"{\"arguments\": [{\"base64\": \"/w\"}]}", "arguments[0]: not a string or"},
        {"{\"arguments\": [{\"base64\": \"/wA=\", \"x\": 1}]}", "arguments[0]: not a string or"},
        {"{\"nodes\": 1, \"nodes\": 2}", "JSON: line 1"},
        {"{\"nodes\": 99999999999999999999}", "JSON: line 1"},
        {"{} x", "JSON: line 1"},
        {"", "JSON: line 1"},
        {"[]", "not an object"},
        {"7", "not an object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct job_spec s;
        struct errtext error = {""};
        if (read_spec(rows[i].in, &a, &s, &error) == ERR_NONE) fail_msg("accepted %s", rows[i].in);
        if (strstr(error.s, rows[i].out) == NULL)
            fail_msg("%s gave '%s', wanted '%s'", rows[i].in, error.s, rows[i].out);
        arena_release(&a);
    }
}

static void zeros_nulls_and_any_order_are_accepted(void **state)
{
    (void)state;
    struct arena a = {0};
    struct job_spec s;
    struct errtext error = {""};
    static const char text[] = "{\"script\": null, \"nodes\": 3, \"name\": \"\", \"hold\": false, "
                               "\"chip_kinds\": [], \"dependencies\": null}";
    if (read_spec(text, &a, &s, &error) != ERR_NONE) fail_msg("%s", error.s);
    assert_int_equal(s.nodes, 3);
    arena_release(&a);
}

static void a_fleet_survives_the_trip(void **state)
{
    (void)state;
    struct arena a = {0};
    struct chip chips[] = {{.id = STR("x1"), .tpp = {true, 5, 4, 6}, .dc_marketed = TRI_YES}};
    struct fleet f = {.name = STR("f"), .chips = chips, .chip_count = 1}, back = {0};
    struct json_writer w;
    json_writer_init(&w);
    assert_true(visit_map(&w.v, NULL, false));
    visit_fleet(&w.v, &f);
    visit_map_end(&w.v);
    json_t *j = json_writer_finish(&w);
    struct json_reader r;
    json_reader_init(&r, j, &a);
    assert_true(visit_map(&r.v, NULL, false));
    visit_fleet(&r.v, &back);
    visit_map_end(&r.v);
    assert_int_equal(json_reader_finish(&r, NULL), ERR_NONE);
    json_decref(j);
    assert_true(str_eqz(back.chips[0].id, "x1"));
    assert_int_equal(back.chips[0].tpp.hi_milli, 6);
    assert_false(back.chips[0].pd.known);
    assert_int_equal(back.chips[0].dc_marketed, TRI_YES);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spec_is_written_and_read_back),
        cmocka_unit_test(mistakes_are_named_with_their_path),
        cmocka_unit_test(zeros_nulls_and_any_order_are_accepted),
        cmocka_unit_test(a_fleet_survives_the_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
