/* The line by which a job says how far it is, and how such lines are merged. */
#include "serve/heartbeat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_line_is_read_as_it_is_documented(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        struct heartbeat beat;
    } cases[] = {
        {"job 12.1 step 1200 of 5000 saved\n", {{12}, 1, 1200, 5000, true}},
        {"job 12.1 step 1200 of 5000", {{12}, 1, 1200, 5000, false}},
        {"job 12 step 0", {{12}, 0, 0, 0, false}},
        {"  job 7.3  step 5 saved ", {{7}, 3, 5, 0, true}},
        {"job 4294967295.2 step 1000000000000000", {{4294967295U}, 2, 1000000000000000, 0, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heartbeat b;
        assert_true(heartbeat_parse(str_of(cases[i].line), &b));
        assert_int_equal(b.job.v, cases[i].beat.job.v);
        assert_int_equal(b.attempt, cases[i].beat.attempt);
        assert_int_equal(b.steps, cases[i].beat.steps);
        assert_int_equal(b.total, cases[i].beat.total);
        assert_int_equal(b.checkpoint, cases[i].beat.checkpoint);
    }
}

static void anything_else_is_no_heartbeat(void **state)
{
    (void)state;
    static const char *const lines[] = {"",
                                        "job",
                                        "job 12",
                                        "job 12 step",
                                        "job 12 step x",
                                        "job 12 step -1",
                                        "job 0 step 1",
                                        "job 12. step 1",
                                        "job .1 step 1",
                                        "job 12.1 steps 4",
                                        "job 12 step 5 of",
                                        "step 5",
                                        "job 12 step 5 of 0",
                                        "job 12 step 5 of 4",
                                        "job 12 step 5 saved saved",
                                        "job 12 step 5 saved of 9",
                                        "job 4294967296 step 1",
                                        "job 12 step 1000000000000001",
                                        "job 12 step 5 at once"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct heartbeat b;
        if (heartbeat_parse(str_of(lines[i]), &b)) fail_msg("'%s' was taken", lines[i]);
    }
}

static void what_was_saved_is_not_overtaken_by_what_was_not(void **state)
{
    (void)state;
    struct heartbeat b = {{1}, 1, 100, 1000, false};
    heartbeat_merge(&b, &(struct heartbeat){{1}, 1, 150, 0, false});
    assert_int_equal(b.steps, 150);
    assert_int_equal(b.total, 1000);
    heartbeat_merge(&b, &(struct heartbeat){{1}, 1, 200, 0, true});
    heartbeat_merge(&b, &(struct heartbeat){{1}, 1, 250, 2000, false});
    assert_int_equal(b.steps, 200);
    assert_true(b.checkpoint);
    assert_int_equal(b.total, 2000);
    heartbeat_merge(&b, &(struct heartbeat){{1}, 1, 300, 0, true});
    assert_int_equal(b.steps, 300);
    assert_int_equal(b.total, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_as_it_is_documented),
        cmocka_unit_test(anything_else_is_no_heartbeat),
        cmocka_unit_test(what_was_saved_is_not_overtaken_by_what_was_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
