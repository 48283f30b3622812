#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/table.h"

static const struct table_column columns[] = {
    {"POOL", COLUMN_SHRINKS},
    {"FREE", COLUMN_RIGHT},
    {"WHY", COLUMN_WRAPS},
};

static void fill(struct table *t)
{
    table_init(t, columns, 3);
    table_add(t, STR("tokyo-h100-reserved"));
    table_addf(t, "%d/%d", 6, 16);
    table_add(t, STR("6 of 16 chips are free, the job needs 8 of them on one node"));
    table_add(t, STR("cpu"));
    table_add(t, STR("-"));
    table_add_colour(t, COLOUR_RED, STR("no chips"));
}

static void a_table_without_limit_is_as_wide_as_its_cells(void **state)
{
    (void)state;
    struct table t;
    struct buf out = {0};
    fill(&t);
    table_print(&t, &out, 0, 0, true, false);
    assert_string_equal(
        out.p, "POOL                 FREE  WHY\n"
               "tokyo-h100-reserved  6/16  6 of 16 chips are free, the job needs 8 of them on one "
               "node\n"
               "cpu                     -  no chips\n");
    buf_release(&out);
    table_release(&t);
}

static void a_last_column_wraps_before_others_are_cut(void **state)
{
    (void)state;
    struct table t;
    struct buf out = {0};
    fill(&t);
    table_print(&t, &out, 60, 2, false, false);
    assert_string_equal(out.p, "  tokyo-h100-reserved  6/16  6 of 16 chips are free, the job\n"
                               "                             needs 8 of them on one node\n"
                               "  cpu                     -  no chips\n");
    buf_clear(&out);
    table_print(&t, &out, 50, 0, false, false);
    assert_string_equal(out.p, "tokyo-h100..  6/16  6 of 16 chips are free, the\n"
                               "                    job needs 8 of them on one\n"
                               "                    node\n"
                               "cpu              -  no chips\n");
    buf_release(&out);
    table_release(&t);
}

static void what_can_be_spared_goes_where_cutting_does_not_suffice(void **state)
{
    (void)state;
    static const struct table_column spare[] = {{"POOL", COLUMN_SHRINKS},
                                                {"LIMIT", COLUMN_RIGHT | COLUMN_SPARE},
                                                {"SIZE", COLUMN_SHRINKS | COLUMN_SPARE},
                                                {"STATE", COLUMN_PLAIN}};
    struct table t;
    struct buf out = {0};
    table_init(&t, spare, 4);
    table_add(&t, STR("tokyo-h100-reserved"));
    table_add(&t, STR("10:00"));
    table_add(&t, STR("8 h100-sxm"));
    table_add(&t, STR("RUNNING"));
    table_print(&t, &out, 30, 0, false, false);
    assert_string_equal(out.p, "toky..  10:00  8 h1..  RUNNING\n");
    buf_clear(&out);
    table_print(&t, &out, 29, 0, false, false);
    assert_string_equal(out.p, "tokyo-h100-..  10:00  RUNNING\n");
    buf_clear(&out);
    table_print(&t, &out, 20, 0, false, false);
    assert_string_equal(out.p, "tokyo-h10..  RUNNING\n");
    buf_release(&out);
    table_release(&t);
}

static void colours_stand_only_where_they_are_wanted(void **state)
{
    (void)state;
    struct table t;
    struct buf out = {0};
    table_init(&t, columns, 3);
    table_add_colour(&t, COLOUR_GREEN, STR("a"));
    table_add(&t, STR("1"));
    table_add(&t, STR("x"));
    table_print(&t, &out, 0, 0, false, true);
    assert_string_equal(out.p, "\033[32ma\033[0m  1  x\n");
    buf_release(&out);
    table_release(&t);
}

static void widths_count_characters_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(text_columns(STR("z\xc3\xbcrich")), 6);
    assert_int_equal(text_cut(STR("z\xc3\xbcrich"), 2), 3);
    assert_int_equal(text_cut(STR("ab"), 9), 2);
}

static void text_wraps_at_words(void **state)
{
    (void)state;
    struct buf out = {0};
    text_wrap(&out, STR("one two three four"), 10, 0, 2);
    assert_string_equal(out.p, "one two\n  three\n  four");
    buf_clear(&out);
    text_wrap(&out, STR("incomprehensibilities, yes"), 10, 0, 0);
    assert_string_equal(out.p, "incomprehensibilities,\nyes");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_without_limit_is_as_wide_as_its_cells),
        cmocka_unit_test(a_last_column_wraps_before_others_are_cut),
        cmocka_unit_test(what_can_be_spared_goes_where_cutting_does_not_suffice),
        cmocka_unit_test(colours_stand_only_where_they_are_wanted),
        cmocka_unit_test(widths_count_characters_not_bytes),
        cmocka_unit_test(text_wraps_at_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
