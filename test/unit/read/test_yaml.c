#include "base/civil.h"
#include "read/suggest.h"
#include "read/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct yaml_errors errs;
    struct yaml_doc doc;
    struct buf text;
};

static bool parse(struct fixture *f, const char *text)
{
    *f = (struct fixture){0};
    yaml_errors_init(&f->errs, &f->arena);
    return yaml_parse(str_of(text), YAML_BYTES_MAX, STR("x.yaml"), &f->arena, &f->errs, &f->doc);
}

static const char *errors(struct fixture *f)
{
    buf_clear(&f->text);
    buf_puts(&f->text, "");
    yaml_errors_print(&f->errs, &f->text);
    return f->text.p;
}

static void release(struct fixture *f)
{
    buf_release(&f->text);
    arena_release(&f->arena);
}

/* LeakSanitizer watches: libfyaml loses memory where it undoes them itself. */
static void doubled_quotes_are_undone(void **state)
{
    (void)state;
    struct fixture f;
    struct buf text = {0};
    for (size_t times = 0; times <= 300; times += 50) {
        buf_clear(&text);
        buf_puts(&text, "before: x\na: '");
        for (size_t i = 0; i < times; i++) buf_puts(&text, "a''");
        buf_puts(&text, "'''''\nb: 'it''s'\n'''''': 1\n");
        assert_true(parse(&f, text.p));
        struct str a = yaml_get(f.doc.root, "a")->text;
        assert_int_equal(a.len, 2 * times + 2);
        for (size_t i = 0; i < a.len; i++)
            assert_int_equal(a.p[i], i < times * 2 && i % 2 == 0 ? 'a' : '\'');
        assert_false(yaml_get(f.doc.root, "a")->is_plain);
        assert_true(yaml_is(yaml_get(f.doc.root, "b"), "it's"));
        assert_true(yaml_is(yaml_get(f.doc.root, "''"), "1"));
        release(&f);
    }
    buf_release(&text);
    assert_true(parse(&f, "a: 'it''s\n  folded'\n"));
    assert_true(yaml_is(yaml_get(f.doc.root, "a"), "it's folded"));
    release(&f);
    assert_false(parse(&f, "a: 1\nb: 'two ''''\n  lines'\n"));
    assert_string_equal(errors(&f),
                        "x.yaml:2:5: a text in single quotes over several lines has ''''; "
                        "write it in double quotes, or as a block (|)\n"
                        "    b: 'two ''''\n"
                        "        ^\n");
    release(&f);
}

static void values_keep_their_text(void **state)
{
    (void)state;
    struct fixture f;
    if (!parse(&f, "# comment\n"
                   "country: NO\n"
                   "time: 22:30\n"
                   "quoted: \"a\\tb\"\n"
                   "block: |\n"
                   "  one\n"
                   "  two\n"
                   "folded: >\n"
                   "  one\n"
                   "  two\n"
                   "flow: {A10:1, L4:1}\n"
                   "list:\n"
                   "- a\n"
                   "- [b, c]\n"
                   "empty:\n"))
        fail_msg("%s", errors(&f));
    const struct yaml_node *r = f.doc.root;
    assert_int_equal(r->kind, YAML_MAP);
    assert_true(yaml_is(yaml_get(r, "country"), "NO"));
    assert_true(yaml_is(yaml_get(r, "time"), "22:30"));
    assert_true(yaml_is(yaml_get(r, "quoted"), "a\tb"));
    assert_false(yaml_get(r, "quoted")->is_plain);
    assert_true(yaml_is(yaml_get(r, "block"), "one\ntwo\n"));
    assert_true(yaml_is(yaml_get(r, "folded"), "one two\n"));
    const struct yaml_node *flow = yaml_get(r, "flow");
    assert_int_equal(flow->count, 2);
    assert_true(yaml_is(&flow->keys[0], "A10:1"));
    assert_true(yaml_is_null(&flow->items[0]));
    const struct yaml_node *list = yaml_get(r, "list");
    assert_int_equal(list->count, 2);
    assert_int_equal(list->items[1].count, 2);
    assert_true(yaml_is(&list->items[1].items[1], "c"));
    assert_true(yaml_is_null(yaml_get(r, "empty")));
    assert_null(yaml_get(r, "absent"));
    release(&f);
}

static void empty_lists_and_maps_are_content(void **state)
{
    (void)state;
    static const char *const rows[] = {"[]", "{}"};
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        assert_true(parse(&f, rows[i]));
        assert_int_equal(f.doc.root->kind, i == 0 ? YAML_LIST : YAML_MAP);
        assert_int_equal(f.doc.root->count, 0);
        release(&f);
    }
}

static void what_is_refused_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", "x.yaml:1:1: the file has no content"},
        {"# only a comment\n", "x.yaml:1:1: the file has no content"},
        {"a: &x 1\n", "x.yaml:1:4: anchors"},
        {"a: 1\nb: *x\n", "x.yaml:2:4: aliases"},
        {"a: !!str 1\n", "x.yaml:1:4: tags"},
        {"a: 1\n<<: {b: 2}\n", "x.yaml:2:1: merge keys"},
        {"a: 1\nb: 2\na: 3\n", "x.yaml:3:1: key 'a' is stated twice"},
        {"a: 1\n\"a\": 3\n", "x.yaml:2:2: key 'a' is stated twice"},
        {"? [a]\n: 1\n", "x.yaml:1:3: a key must be a word"},
        {"a: 1\n---\nb: 2\n", "x.yaml:2:1: a second document"},
        {"%YAML 1.1\n---\na: 1\n", "directives"},
        {"a: [1, 2\nb: 3\n", "not valid YAML"},
        {"a:\n\tb: 1\n", "not valid YAML"},
        {"a: b: c\n", "x.yaml:1:"},
        {"a: \x01\n", "x.yaml:1:4: control character 0x01"},
        {"ok: caf\xc3\xa9\nx: \xff\n", "x.yaml:2:4: the text is not valid UTF-8"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "nested more than 32 deep"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        if (parse(&f, rows[i].in)) fail_msg("accepted: %s", rows[i].in);
        if (strstr(errors(&f), rows[i].out) == NULL)
            fail_msg("'%s' gave '%s', wanted '%s'", rows[i].in, errors(&f), rows[i].out);
        release(&f);
    }
}

static void every_prefix_and_deep_input_is_survived(void **state)
{
    (void)state;
    static const char text[] =
        "a: {b: [1, \"x\\n\"], c: 'y'}\nd: |\n  z\ne:\n- f: g\n  h: >-\n   i\n";
    for (size_t len = 0; len < sizeof text; len++) {
        struct fixture f = {0};
        yaml_errors_init(&f.errs, &f.arena);
        bool ok = yaml_parse((struct str){text, len}, 1000, STR("x"), &f.arena, &f.errs, &f.doc);
        assert_true(ok == (f.errs.total == 0));
        release(&f);
    }
    for (int k = 0; k < 3; k++) {
        static const char *const deep[] = {"[", "{a: ", "- "};
        struct buf b = {0};
        for (int i = 0; i < 100000; i++) buf_puts(&b, deep[k]);
        struct fixture f;
        assert_false(parse(&f, b.p));
        buf_release(&b);
        release(&f);
    }
}

static void a_file_over_its_cap_is_refused(void **state)
{
    (void)state;
    struct fixture f = {0};
    yaml_errors_init(&f.errs, &f.arena);
    assert_false(yaml_parse(STR("a: 1\n"), 4, STR("x.yaml"), &f.arena, &f.errs, &f.doc));
    assert_non_null(strstr(errors(&f), "the file has 5 bytes; at most 4 are allowed"));
    release(&f);
}

static void errors_show_the_line_and_a_caret(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "a: 1\nn\xc3\xa4me: {wieght: 3}\n"));
    static const char *const keys[] = {"a", "n\xc3\xa4me", NULL};
    static const char *const inner[] = {"weight", "users", NULL};
    assert_true(yaml_map(&f.errs, f.doc.root, keys));
    const struct yaml_node *map = yaml_get(f.doc.root, "n\xc3\xa4me");
    assert_false(yaml_map(&f.errs, map, inner));
    assert_null(yaml_need(&f.errs, map, "users"));
    assert_string_equal(errors(&f), "x.yaml:2:7: key 'users' is missing\n"
                                    "    n\xc3\xa4me: {wieght: 3}\n"
                                    "          ^\n"
                                    "x.yaml:2:8: unknown key 'wieght'; did you mean 'weight'?\n"
                                    "    n\xc3\xa4me: {wieght: 3}\n"
                                    "           ^\n");
    struct errtext error;
    assert_int_equal(yaml_errors_result(&f.errs, &error), ERR_INVALID);
    release(&f);
}

static void block_maps_and_values_have_their_own_places(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "top:\n  one: x\n  two:\n    - y\n    - three: z\n"));
    const struct yaml_node *top = yaml_get(f.doc.root, "top");
    yaml_fail(&f.errs, top, "A");
    yaml_fail(&f.errs, yaml_get(top, "one"), "B");
    const struct yaml_node *two = yaml_get(top, "two");
    yaml_fail(&f.errs, two, "C");
    yaml_fail(&f.errs, &two->items[0], "D");
    yaml_fail(&f.errs, &two->items[1], "E");
    yaml_fail(&f.errs, yaml_get(&two->items[1], "three"), "F");
    static const char *const places[] = {"2:3: A", "2:8: B", "4:5: C",
                                         "4:7: D", "5:7: E", "5:14: F"};
    for (size_t i = 0; i < 6; i++)
        if (strstr(errors(&f), places[i]) == NULL)
            fail_msg("no '%s' in\n%s", places[i], errors(&f));
    release(&f);
}

static void more_errors_than_are_kept_are_counted(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f, "a: 1\n"));
    for (int i = 0; i < 105; i++) yaml_fail(&f.errs, f.doc.root, "no. %d", i);
    assert_int_equal(f.errs.count, 100);
    assert_non_null(strstr(errors(&f), "and 5 more errors"));
    release(&f);
}

static void numbers_and_words_are_read_exactly(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(parse(&f,
                      "int: -42\nbig: 1_000_000\ndec: 12.5\nshare: 40%\nfrac: 0.375\n"
                      "money: 2.10\nyes: yes\ncountry: NO\nunknown: unknown\n"
                      "day: 2026-12-31\ninstant: 2026-12-31T18:00:00Z\nlist: [a, b]\none: a\n"));
    const struct yaml_node *r = f.doc.root;
    struct yaml_errors *e = &f.errs;
    int64_t i = 0;
    int32_t ppm = 0;
    int tri = 0;
    struct str s, *list = NULL;
    uint32_t n = 0;
    assert_true(yaml_i64(e, yaml_get(r, "int"), -100, 0, &i) && i == -42);
    assert_true(yaml_i64(e, yaml_get(r, "big"), 0, INT64_MAX, &i) && i == 1000000);
    assert_true(yaml_decimal(e, yaml_get(r, "dec"), 3, 0, INT64_MAX, &i) && i == 12500);
    assert_true(yaml_share(e, yaml_get(r, "share"), &ppm) && ppm == 400000);
    assert_true(yaml_share(e, yaml_get(r, "frac"), &ppm) && ppm == 375000);
    assert_true(yaml_money(e, yaml_get(r, "money"), &i) && i == 2100000);
    assert_true(yaml_tri(e, yaml_get(r, "yes"), &tri) && tri == 2);
    assert_true(yaml_country(e, yaml_get(r, "country"), &s) && str_eqz(s, "NO"));
    assert_true(yaml_country(e, yaml_get(r, "unknown"), &s) && s.len == 0);
    int64_t day = civil_days(2026, 12, 31) * CIVIL_DAY_MS;
    assert_true(yaml_date(e, yaml_get(r, "day"), false, &i) && i == day);
    assert_true(yaml_date(e, yaml_get(r, "day"), true, &i) && i == day + CIVIL_DAY_MS);
    assert_true(yaml_date(e, yaml_get(r, "instant"), true, &i) && i == day + 18 * 3600000);
    assert_true(yaml_texts(e, yaml_get(r, "list"), 9, 9, &list, &n) && n == 2);
    assert_true(yaml_ids(e, yaml_get(r, "one"), 9, &list, &n) && n == 1);
    assert_int_equal(f.errs.total, 0);
    release(&f);
}

static void wrong_values_are_refused(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "1.5", "1e3", "0x10", "+1",    "--1", "1_", "_1", "1__0", "99999999999999999999",
        "ten", "~",   "[1]",  "{a: 1}"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct fixture f;
        char text[64];
        snprintf(text, sizeof text, "a: %s\n", numbers[i]);
        assert_true(parse(&f, text));
        int64_t v = 7;
        assert_false(yaml_i64(&f.errs, yaml_get(f.doc.root, "a"), INT64_MIN, INT64_MAX, &v));
        assert_int_equal(v, 7);
        assert_int_equal(f.errs.total, 1);
        release(&f);
    }
    struct fixture f;
    assert_true(parse(&f, "a: [x, x]\nb: [x y]\nc: no\nd: jp\ne: 101%\nf: 1.\ng: 2026-02-30\n"));
    const struct yaml_node *r = f.doc.root;
    struct yaml_errors *e = &f.errs;
    struct str s, *list = NULL;
    uint32_t n = 0;
    bool b = false;
    int32_t ppm = 0;
    int64_t i = 0;
    assert_false(yaml_texts(e, yaml_get(r, "a"), 9, 9, &list, &n));
    assert_false(yaml_ids(e, yaml_get(r, "b"), 9, &list, &n));
    assert_false(yaml_bool(e, yaml_get(r, "c"), &b));
    assert_false(yaml_country(e, yaml_get(r, "d"), &s));
    assert_false(yaml_share(e, yaml_get(r, "e"), &ppm));
    assert_false(yaml_decimal(e, yaml_get(r, "f"), 3, 0, 100000, &i));
    assert_false(yaml_date(e, yaml_get(r, "g"), false, &i));
    assert_int_equal(f.errs.total, 7);
    release(&f);
}

static void suggestions_are_near_words_only(void **state)
{
    (void)state;
    static const char *const words[] = {"partition", "party", "parties", "price", NULL};
    assert_string_equal(suggest(STR("partiton"), words), "partition");
    assert_string_equal(suggest(STR("pirce"), words), "price");
    assert_string_equal(suggest(STR("partie"), words), "parties");
    assert_null(suggest(STR("zebra"), words));
    assert_null(suggest(STR(""), words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_keep_their_text),
        cmocka_unit_test(doubled_quotes_are_undone),
        cmocka_unit_test(empty_lists_and_maps_are_content),
        cmocka_unit_test(what_is_refused_is_named_with_its_place),
        cmocka_unit_test(every_prefix_and_deep_input_is_survived),
        cmocka_unit_test(a_file_over_its_cap_is_refused),
        cmocka_unit_test(errors_show_the_line_and_a_caret),
        cmocka_unit_test(block_maps_and_values_have_their_own_places),
        cmocka_unit_test(more_errors_than_are_kept_are_counted),
        cmocka_unit_test(numbers_and_words_are_read_exactly),
        cmocka_unit_test(wrong_values_are_refused),
        cmocka_unit_test(suggestions_are_near_words_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
