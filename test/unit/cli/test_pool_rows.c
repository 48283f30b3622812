/* sinfo's formats against lines as Slurm prints them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/node_set.h"
#include "cli/pool_rows.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* STR is no constant expression. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static struct node_group_view groups_a[] = {
    {TEXT("allocated"), 1, TEXT("th001")},
    {TEXT("mixed"), 2, TEXT("th[002-003]")},
    {TEXT("idle"), 4, TEXT("th[004-007]")},
    {TEXT("drained"), 1, TEXT("th008")},
};
static struct node_group_view groups_b[] = {{TEXT("idle"), 2, TEXT("c[1-2]")}};

static struct pool_view pools[] = {
    {
        .pool = TEXT("tokyo-h100"),
        .site = TEXT("tokyo"),
        .chip = TEXT("h100-sxm"),
        .up = true,
        .nodes = 8,
        .chips_per_node = 8,
        .cpus_per_node = 96,
        .mem_mb_per_node = 1048576,
        .chips_total = 64,
        .time_limit_max_ms = INT64_C(86400000),
        .groups = groups_a,
        .group_count = 4,
    },
    {
        .pool = TEXT("cpu"),
        .site = TEXT("tokyo"),
        .up = true,
        .is_default = true,
        .nodes = 2,
        .cpus_per_node = 16,
        .mem_mb_per_node = 65536,
        .groups = groups_b,
        .group_count = 1,
    },
};

/* The lines of a format over the groups of both pools. */
static char *print(const char *text)
{
    struct format format;
    struct errtext error;
    struct arena arena;
    struct pool_rows rows = {0};
    struct buf out = {0};
    arena_init(&arena);
    assert_int_equal(format_percent(str_of(text), pool_fields, pool_field_count, &format, &error),
                     ERR_NONE);
    for (size_t i = 0; i < 2; i++) pool_rows_add_groups(&rows, &pools[i]);
    pool_rows_join(&rows, &format, &arena);
    const void *pointers[16];
    for (size_t i = 0; i < rows.count; i++) pointers[i] = &rows.row[i];
    format_fit(&format, pointers, rows.count, NULL, true);
    format_header(&format, STYLE_CUT, &out);
    for (size_t i = 0; i < rows.count; i++)
        format_row(&format, STYLE_CUT, &rows.row[i], NULL, &out);
    pool_rows_release(&rows);
    arena_release(&arena);
    return out.p;
}

static void expect(char *got, const char *want)
{
    assert_string_equal(got, want);
    free(got);
}

static void the_default_format_is_sinfos(void **state)
{
    (void)state;
    expect(print(INFO_FORMAT), "PARTITION  AVAIL  TIMELIMIT  NODES  STATE NODELIST\n"
                               "tokyo-h100    up 1-00:00:00      1  alloc th001\n"
                               "tokyo-h100    up 1-00:00:00      2    mix th[002-003]\n"
                               "tokyo-h100    up 1-00:00:00      4   idle th[004-007]\n"
                               "tokyo-h100    up 1-00:00:00      1  drain th008\n"
                               "cpu*          up   infinite      2   idle c[1-2]\n");
}

static void the_summary_has_one_line_for_each_pool(void **state)
{
    (void)state;
    expect(print(INFO_FORMAT_SUMMARY), "PARTITION  AVAIL  TIMELIMIT   NODES(A/I/O/T) NODELIST\n"
                                       "tokyo-h100    up 1-00:00:00          3/4/1/8 th[001-008]\n"
                                       "cpu*          up   infinite          0/2/0/2 c[1-2]\n");
}

static void rows_that_look_the_same_are_one(void **state)
{
    (void)state;
    expect(print("%6t %3D %N"), "STATE  NOD NODELIST\n"
                                "alloc  1   th001\n"
                                "mix    2   th[002-003]\n"
                                "idle   6   c[1-2],th[004-007]\n"
                                "drain  1   th008\n");
    expect(print("%R %G"), "PARTITION GRES\n"
                           "tokyo-h100 gpu:h100-sxm:8\n"
                           "cpu (null)\n");
}

static void nodes_are_told_one_by_one(void **state)
{
    (void)state;
    struct node_view views[] = {
        {STR("th001"), STR("allocated"), 8, 96, 1000, {0}, 0, 0, {0}},
        {STR("th002"), STR("mixed"), 3, 10, 500, {0}, 0, 0, {0}},
        {STR("th008"), STR("down"), 0, 0, 0, STR("fan broken"), 0, 0, {0}},
    };
    struct node_list list = {.nodes = views, .count = 3};
    struct pool_rows rows = {0};
    struct format format;
    struct errtext error;
    struct buf out = {0};
    assert_int_equal(
        format_percent(STR("%n %C %E"), pool_fields, pool_field_count, &format, &error), ERR_NONE);
    assert_true(pool_format_needs_nodes(&format));
    pool_rows_add_nodes(&rows, &pools[0], &list);
    for (size_t i = 0; i < rows.count; i++)
        format_row(&format, STYLE_CUT, &rows.row[i], NULL, &out);
    assert_string_equal(out.p, "th001 96/0/0/96 none\n"
                               "th002 10/86/0/96 none\n"
                               "th008 0/0/96/96 fan broken\n");
    buf_release(&out);
    pool_rows_release(&rows);
}

static void rows_are_sorted_by_what_they_show(void **state)
{
    (void)state;
    struct pool_rows rows = {0};
    struct errtext error;
    for (size_t i = 0; i < 2; i++) pool_rows_add_groups(&rows, &pools[i]);
    pool_rows_add_none(&rows, &pools[1]);
    for (size_t i = 0; i < rows.count; i++) rows.row[i].place = rows.row[i].pool == &pools[1];
    /* Slurm's default: partitions as configured, what is out of use first, then what works. */
    assert_int_equal(pool_rows_sort(&rows, STR("#P,-t"), &error), ERR_NONE);
    static const char *const states[] = {"drained", "mixed", "allocated", "idle", "idle", "n/a"};
    for (size_t i = 0; i < rows.count; i++) assert_true(str_eqz(rows.row[i].state, states[i]));
    assert_int_equal(pool_rows_sort(&rows, STR("D,-N"), &error), ERR_NONE); /* numbers as numbers */
    static const char *const nodes[] = {"",       "th008",      "th001", "th[002-003]",
                                        "c[1-2]", "th[004-007]"};
    for (size_t i = 0; i < rows.count; i++) assert_true(str_eqz(rows.row[i].nodes, nodes[i]));
    assert_int_equal(pool_rows_sort(&rows, STR("Pt"), &error), ERR_INVALID);
    pool_rows_release(&rows);
}

static void hostlists_are_folded(void **state)
{
    (void)state;
    static const struct {
        const char *list, *in_order, *sorted;
    } rows[] = {
        {"a1,a2,a3,b7", "a[1-3],b7", "a[1-3],b7"},
        {"a3,a1,b7,a2,c", "a[3,1],b7,a2,c", "a[1-3],b7,c"},
        {"th[001-003],th004,th005", "th[001-005]", "th[001-005]"},
        {"th[001-002]-x,th003-x", "th[001-002]-x,th003-x", "th[001-002]-x,th003-x"},
        {"n[1-4,7]", "n[1-4,7]", "n[1-4,7]"},
        {"7", "7", "7"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct errtext error;
        for (int sorted = 0; sorted < 2; sorted++) {
            struct buf out = {0};
            assert_int_equal(hostlist_fold(str_of(rows[i].list), sorted, &out, &error), ERR_NONE);
            assert_string_equal(out.p, sorted ? rows[i].sorted : rows[i].in_order);
            buf_release(&out);
        }
    }
    struct buf out = {0};
    struct errtext error;
    assert_int_equal(hostlist_fold(STR("a[3-1]"), false, &out, &error), ERR_INVALID);
    assert_int_equal(out.len, 0);
}

static void all_fields_stand_between_bars(void **state)
{
    (void)state;
    struct format format;
    struct errtext error;
    struct buf out = {0};
    assert_int_equal(format_percent(STR("<%all>"), pool_fields, pool_field_count, &format, &error),
                     ERR_NONE);
    format_header(&format, STYLE_CUT, &out);
    assert_int_equal(strncmp(out.p, "<AVAIL|NODES(A/I)|", 18), 0);
    assert_string_equal(out.p + out.len - 9, "THREADS>\n");
    buf_release(&out);
}

static void the_default_format_needs_no_nodes(void **state)
{
    (void)state;
    struct format format;
    struct errtext error;
    assert_int_equal(
        format_percent(STR(INFO_FORMAT), pool_fields, pool_field_count, &format, &error), ERR_NONE);
    assert_false(pool_format_needs_nodes(&format));
}

static void no_getter_needs_more_than_an_empty_pool(void **state)
{
    (void)state;
    struct pool_view nothing = {0};
    struct pool_row row = {.pool = &nothing};
    struct buf out = {0};
    for (size_t i = 0; i < pool_field_count; i++) pool_fields[i].put(&row, NULL, &out);
    assert_true(out.len > 0);
    buf_release(&out);
}

int main(void)
{
    setenv("TZ", "UTC0", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_format_is_sinfos),
        cmocka_unit_test(the_summary_has_one_line_for_each_pool),
        cmocka_unit_test(rows_that_look_the_same_are_one),
        cmocka_unit_test(nodes_are_told_one_by_one),
        cmocka_unit_test(rows_are_sorted_by_what_they_show),
        cmocka_unit_test(hostlists_are_folded),
        cmocka_unit_test(all_fields_stand_between_bars),
        cmocka_unit_test(the_default_format_needs_no_nodes),
        cmocka_unit_test(no_getter_needs_more_than_an_empty_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
