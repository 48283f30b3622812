#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/table.h"

#include <string.h>

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

static void text_that_could_steer_a_terminal_is_shown_as_marks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cell, *page;
    } cases[] = {
        {"plain z\xc3\xbcrich \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x9a\xa2", NULL, NULL},
        {"\033]0;title\a", "?]0;title?", "?]0;title?"},
        {"a\nb\tc\rd\x7f", "a?b?c?d?", "a\nb\tc?d?"},
        {"\xc2\x9b"
         "31mred",
         "?31mred", "?31mred"}, /* CSI as one character */
        {"\xc2\xa0\xc2\x80\xc2\x9f", "\xc2\xa0??", "\xc2\xa0??"},
        {"a\xe2\x80\xae"
         "b\xe2\x81\xa9"
         "c\xe2\x80\xa8",
         "a?b?c?", "a?b?c?"},
        {"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", NULL, NULL}, /* their neighbours */
        {"a\x9bz\xff\xc3", "a?z??", "a?z??"}, /* not UTF-8 */
        {"\xe2\x80", "??", "??"},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};
        buf_puts(&b, "\033");
        buf_puts(&b, cases[i].text);
        text_clean(&b, 1);
        assert_int_equal(b.p[0], '\033'); /* what is before `from` is not its business */
        assert_string_equal(b.p + 1, cases[i].cell != NULL ? cases[i].cell : cases[i].text);
        assert_int_equal(b.len, strlen(b.p));
        buf_clear(&b);
        buf_puts(&b, cases[i].text);
        text_clean_page(&b, 0);
        assert_string_equal(b.p, cases[i].page != NULL ? cases[i].page : cases[i].text);
        buf_release(&b);
    }
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
        cmocka_unit_test(text_that_could_steer_a_terminal_is_shown_as_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
