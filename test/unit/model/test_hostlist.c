#include "model/fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void parse(struct arena *a, const char *text, struct pool *p)
{
    struct errtext error;
    *p = (struct pool){0};
    if (hostlist_parse(str_of(text), a, &p->ranges, &p->range_count, &error) != ERR_NONE)
        fail_msg("%s: %s", text, error.s);
    for (uint32_t i = 0; i < p->range_count; i++) p->node_count += p->ranges[i].count;
}

static void hostlists_name_the_nodes_they_should(void **state)
{
    (void)state;
    static const struct {
        const char *text, *names;
    } rows[] = {
        {"a", "a"},
        {"a,b7", "a,b7"},
        {"n[1-3]", "n1,n2,n3"},
        {"n[01-03]", "n01,n02,n03"},
        {"n[8-11]", "n8,n9,n10,n11"},
        {"n[08-11]", "n08,n09,n10,n11"},
        {"n[098-101]", "n098,n099,n100,n101"},
        {"n[0-1]", "n0,n1"},
        {"n[00]", "n00"},
        {"a[1-2,7],b7", "a1,a2,a7,b7"},
        {"r1-c[3,05-06]-ib", "r1-c3-ib,r1-c05-ib,r1-c06-ib"},
        {"x.example.net", "x.example.net"},
    };
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pool p;
        parse(&a, rows[i].text, &p);
        struct buf got = {0};
        for (uint32_t k = 0; k < p.node_count; k++) {
            char name[NODE_NAME_MAX];
            if (k > 0) buf_putc(&got, ',');
            buf_puts(&got, pool_node_name(&p, k, name));
            assert_int_equal(pool_node_index(&p, str_of(name)), k);
        }
        assert_string_equal(got.p, rows[i].names);
        buf_release(&got);
    }
    arena_release(&a);
}

static void bad_hostlists_are_refused_with_a_text(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",        ",",     "a,",       ",a",       "a,,b",         "a[",
        "a[]",     "a[1",   "a[1-",     "a[1-]",    "a[-1]",        "a[2-1]",
        "a[1,]",   "a[x]",  "a[1-2]b3", "a[1]b[2]", "[1-2]",        "-a",
        "a b",     "a[1-2", "a]",       "a[1 -2]",  "a[0-1000000]", "a[0-99999999999]",
        "a[1-2];", "a/b",   "a[1-2]\n", "\xff",
    };
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct node_range *r = NULL;
        uint32_t n = 0;
        struct errtext error = {""};
        if (hostlist_parse(str_of(rows[i]), &a, &r, &n, &error) == ERR_NONE)
            fail_msg("accepted: '%s'", rows[i]);
        assert_true(strlen(error.s) > 10);
    }
    arena_release(&a);
}

static void too_many_ranges_are_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i <= NODE_RANGES_MAX; i++) buf_printf(&text, "%sn%d", i > 0 ? "," : "", i);
    struct arena a;
    arena_init(&a);
    struct node_range *r = NULL;
    uint32_t n = 0;
    assert_int_equal(hostlist_parse(buf_str(&text), &a, &r, &n, NULL), ERR_LIMIT);
    buf_clear(&text);
    buf_puts(&text, "n[1");
    for (int i = 2; i <= NODE_RANGES_MAX + 1; i++) buf_printf(&text, ",%d", i);
    buf_puts(&text, "]");
    assert_int_equal(hostlist_parse(buf_str(&text), &a, &r, &n, NULL), ERR_LIMIT);
    buf_release(&text);
    arena_release(&a);
}

static void names_outside_the_list_are_not_found(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct pool p;
    parse(&a, "n[08-11]-ib,n[1-3],single", &p);
    static const char *const absent[] = {"n8-ib", "n008-ib", "n12-ib", "n01", "n4",  "n",
                                         "-ib",   "n-ib",    "singl",  "",    "n1x", "n10-i"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_int_equal(pool_node_index(&p, str_of(absent[i])), NO_INDEX);
    assert_int_equal(pool_node_index(&p, STR("n08-ib")), 0);
    assert_int_equal(pool_node_index(&p, STR("single")), 7);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostlists_name_the_nodes_they_should),
        cmocka_unit_test(bad_hostlists_are_refused_with_a_text),
        cmocka_unit_test(too_many_ranges_are_refused),
        cmocka_unit_test(names_outside_the_list_are_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
