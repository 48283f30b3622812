#include "serve/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct stamp_clock at(int64_t wall_ms)
{
    return (struct stamp_clock){.last_ms = wall_ms};
}

static void stamps_follow_the_wall_clock(void **state)
{
    (void)state;
    struct stamp_clock c = at(1000000);
    assert_int_equal(stamp_clock_advance(&c, 1000010, 10), 1000010);
    assert_int_equal(stamp_clock_advance(&c, 1003000, 20),
                     1003000); /* a small step forward is believed */
    assert_false(c.leaping);
}

static void a_clock_set_back_makes_time_go_at_half_speed(void **state)
{
    (void)state;
    struct stamp_clock c = at(1000000);
    assert_int_equal(stamp_clock_advance(&c, 400000, 0), 1000000);
    assert_int_equal(c.set_back_ms, 600000);
    assert_int_equal(stamp_clock_advance(&c, 400100, 100), 1000050);
    assert_int_equal(stamp_clock_advance(&c, 400101, 101), 1000050);
    assert_int_equal(stamp_clock_advance(&c, 400102, 102), 1000051);
    /* 600 s behind: level after 1,200 s, and from then on the wall clock. */
    assert_int_equal(stamp_clock_advance(&c, 1600000, 1200000), 1600000);
    assert_int_equal(c.set_back_ms, 0);
}

static void a_leap_of_years_is_not_believed(void **state)
{
    (void)state;
    struct stamp_clock c = at(1000000);
    int64_t years_ms = INT64_C(10) * 365 * 86400000;
    assert_int_equal(stamp_clock_advance(&c, 1000000 + years_ms, 50), 1000050);
    assert_true(c.leaping);
    assert_int_equal(stamp_clock_advance(&c, 1000100 + years_ms, 150), 1000150);
    assert_int_equal(stamp_clock_advance(&c, 1000200, 200), 1000200);
    assert_false(c.leaping);
}

static void a_clock_that_comes_back_from_a_year_ago_is_believed(void **state)
{
    (void)state;
    struct stamp_clock c = at(INT64_C(40000000000));
    assert_int_equal(stamp_clock_advance(&c, INT64_C(40000000000) - INT64_C(365) * 86400000, 1000),
                     INT64_C(40000000500));
    assert_int_equal(stamp_clock_advance(&c, INT64_C(40000002000), 2000), INT64_C(40000002000));
    assert_false(c.leaping);
    assert_int_equal(c.set_back_ms, 0);
}

static void a_clock_that_is_set_ahead_waits_until_the_step_is_taken(void **state)
{
    (void)state;
    struct stamp_clock c = at(1000000);
    assert_int_equal(stamp_clock_take_step(&c), 0);
    assert_int_equal(stamp_clock_advance(&c, 4600100, 100), 1000100);
    assert_int_equal(stamp_clock_advance(&c, 4600200, 200), 1000200);
    assert_int_equal(c.step_ms, 3600000);
    assert_int_equal(stamp_clock_take_step(&c), 3600000);
    assert_int_equal(stamp_clock_advance(&c, 4600201, 201), 4600201);
    assert_int_equal(c.step_ms, 0);
    /* A step that was taken back before anybody took it is none. */
    assert_int_equal(stamp_clock_advance(&c, 8200300, 300), 4600300);
    assert_int_equal(stamp_clock_advance(&c, 4600400, 400), 4600400);
    assert_int_equal(stamp_clock_take_step(&c), 0);
}

static void a_new_clock_never_starts_before_the_ledger(void **state)
{
    (void)state;
    struct stamp_clock c;
    stamp_clock_init(&c, INT64_MAX / 4);
    assert_true(stamp_clock_now(&c) == INT64_MAX / 4);
    stamp_clock_init(&c, 0);
    int64_t first = stamp_clock_now(&c);
    assert_true(stamp_clock_now(&c) >= first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamps_follow_the_wall_clock),
        cmocka_unit_test(a_clock_set_back_makes_time_go_at_half_speed),
        cmocka_unit_test(a_leap_of_years_is_not_believed),
        cmocka_unit_test(a_clock_that_comes_back_from_a_year_ago_is_believed),
        cmocka_unit_test(a_clock_that_is_set_ahead_waits_until_the_step_is_taken),
        cmocka_unit_test(a_new_clock_never_starts_before_the_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
