/* Tables of speeds as files: what is read, what is refused with its line, and the project's own. */
#include "read/speeds_csv.h"

#include "base/check.h"
#include "read/chips_csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum err read_text(const char *text, struct arena *arena, struct speeds *into,
                          struct errtext *error)
{
    char *copy = str_dupz(arena, str_of(text));
    FILE *f = fmemopen(copy, strlen(copy), "r");
    assert_non_null(f);
    enum err e = speeds_read(f, "t.csv", arena, into, error);
    fclose(f);
    return e;
}

#define HEAD "type,chip,chips,steps_per_s,source\n"

static void a_later_table_adds_rows_and_replaces_equal_ones(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct speeds t = {0};
    struct errtext error;
    assert_int_equal(read_text(HEAD "lm,h100,8,80.5,us\ncnn,v100,1,0.000001,us\n", &a, &t, &error),
                     ERR_NONE);
    assert_int_equal(read_text("type,flop_per_byte,source\nlm,12.5,paper\n", &a, &t, &error),
                     ERR_NONE);
    assert_int_equal(
        read_text("chips,steps_per_s,source,chip,type,note\n8,99,them,h100,lm,x\n", &a, &t, &error),
        ERR_NONE);
    assert_int_equal(t.row_count, 2);
    assert_int_equal(t.type_count, 1);
    assert_true(str_eqz(t.rows[0].type, "cnn"));
    assert_int_equal(t.rows[0].usteps_per_s, 1);
    assert_int_equal(t.rows[1].usteps_per_s, 99000000);
    assert_true(str_eqz(t.rows[1].source, "them"));
    assert_int_equal(t.types[0].mflop_per_byte, 12500);
    arena_release(&a);
}

static void faults_are_told_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"type,chip,chips,source\nlm,h100,8,us\n", "t.csv: column steps_per_s is missing"},
        {"type,flop_per_byte\nlm,8\n", "t.csv: column source is missing"},
        {HEAD "lm,h100,8,80,us\nlm,h100,0,80,us\n", "t.csv:3: chips: out of range"},
        {HEAD "lm,h100,many,80,us\n", "t.csv:2: column chips: 'many' is not a whole number"},
        {HEAD "lm,h100,8,-3,us\n", "t.csv:2: column steps_per_s: '-3' is not a number"},
        {HEAD "lm,h100,8,0,us\n", "t.csv:2: steps a second: out of range"},
        {HEAD ",h100,8,1,us\n", "t.csv:2: the job type has 1 to"},
        {HEAD "lm,h 100,8,1,us\n", "t.csv:2: 'h 100' is no kind of chip"},
        {"type,flop_per_byte,source\nlm,0,us\n", "t.csv:2: operations a byte: out of range"},
        {"type,flop_per_byte,source\nlm,0.0001,us\n", "t.csv:2: column flop_per_byte"},
        {HEAD "lm,h100\n", "t.csv:2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a;
        arena_init(&a);
        struct speeds t = {0};
        struct errtext error = {0};
        assert_int_not_equal(read_text(cases[i].text, &a, &t, &error), ERR_NONE);
        if (strstr(error.s, cases[i].says) == NULL)
            fail_msg("case %zu: '%s' does not say '%s'", i, error.s, cases[i].says);
        assert_int_equal(t.row_count, 0);
        arena_release(&a);
    }
}

static void the_projects_own_tables_name_chips_of_the_catalogue(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct speeds t = {0};
    struct errtext error;
    struct chip *chips = NULL;
    uint32_t count = 0;
    enum err e = speeds_load("data/speeds.csv", &a, &t, &error);
    if (e == ERR_NONE) e = speeds_load("data/job-types.csv", &a, &t, &error);
    if (e == ERR_NONE) e = chips_load("data/chips.csv", &a, &chips, &count, &error);
    if (e != ERR_NONE) fail_msg("%s", error.s);
    assert_true(t.row_count > 500 && t.type_count >= 3);
    for (uint32_t i = 0; i < t.row_count; i++) {
        bool named = false;
        for (uint32_t c = 0; c < count; c++)
            named = named || chip_is_named(chips[c].id, t.rows[i].chip);
        if (!named) fail_msg("no chip is named " STR_FMT, STR_ARG(t.rows[i].chip));
    }
    struct speed v;
    assert_true(speeds_find(&t, STR("ResNet-50 (batch size 64)"), STR("v100-sxm2-16"), 1, &v));
    assert_true(v.exact);
    assert_int_equal(speeds_load("data/none.csv", &a, &t, &error), ERR_NOT_FOUND);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_later_table_adds_rows_and_replaces_equal_ones),
        cmocka_unit_test(faults_are_told_with_their_line),
        cmocka_unit_test(the_projects_own_tables_name_chips_of_the_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
