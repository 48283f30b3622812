/* What happens at the limits: a clear error, soon, and no harm to the stack. */
#include "base/mem.h"
#include "unit/law/cel_cases.h"

/* `count` times `part`, between `before` and `after`; on the heap. */
static struct str repeat(const char *before, const char *part, size_t count, const char *after)
{
    struct buf b = {0};
    buf_puts(&b, before);
    for (size_t i = 0; i < count; i++) buf_puts(&b, part);
    buf_puts(&b, after);
    return buf_str(&b);
}

static void release(struct str s)
{
    mem_free((void *)(uintptr_t)s.p);
}

static enum err compile(struct arena *a, struct str src, const struct cel_limits *l,
                        struct cel_expr **e, struct errtext *t)
{
    enum err code = cel_compile(a, src, NULL, l, e, t);
    release(src);
    return code;
}

static void a_source_of_ten_megabytes_is_refused_at_once(void **state)
{
    (void)state;
    struct arena a;
    struct cel_expr *e;
    struct errtext t;
    arena_init(&a);
    assert_int_equal(compile(&a, repeat("1", "+1", 5 * 1024 * 1024, ""), NULL, &e, &t), ERR_LIMIT);
    assert_non_null(strstr(t.s, "10485761 bytes; at most 65536 are allowed"));
    assert_int_equal(a.used_bytes, 0);
    arena_release(&a);
}

static void every_kind_of_nesting_ends_at_the_depth_limit(void **state)
{
    (void)state;
    static const struct {
        const char *before, *part, *middle, *after;
    } cases[] = {
        {"", "(", "1", ")"},        {"", "[", "", "]"},        {"", "!", "true", ""},
        {"", "-", "x", ""},         {"", "{1:", "1", "}"},     {"x", "[0", "", "]"},
        {"x", ".y", "", ""},        {"1", "+1", "", ""},       {"1", "<1", "", ""},
        {"", "f(", "1", ")"},       {"", "1+(", "1", ")"},     {"", "true?1:", "1", ""},
        {"", "true?(", "1", "):1"}, {"x", ".f()", "", ""},     {"'a'", ".contains('a')", "", ""},
        {"", "size([", "", "])"},   {"", "x&&(y||", "z", ")"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct cel_expr *e;
        struct errtext t;
        arena_init(&a);
        struct str open = repeat(cases[i].before, cases[i].part, 4000, cases[i].middle);
        struct str all = repeat(open.p, cases[i].after, 4000, "");
        release(open);
        enum err code = compile(&a, all, NULL, &e, &t);
        if (code != ERR_LIMIT) print_error("%s: %s\n", cases[i].part, err_name(code));
        assert_int_equal(code, ERR_LIMIT);
        assert_non_null(strstr(t.s, "nested deeper than 250 levels"));
        arena_release(&a);
    }
}

static void unfinished_nesting_is_an_error_too(void **state)
{
    (void)state;
    static const char *const parts[] = {"(", "[", "{", "!", "f(", "[1,", "{1:", "true?"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct arena a;
        struct cel_expr *e;
        struct errtext t;
        arena_init(&a);
        assert_int_not_equal(compile(&a, repeat("", parts[i], 10000, ""), NULL, &e, &t), ERR_NONE);
        arena_release(&a);
    }
}

static void what_the_specification_requires_fits(void **state)
{
    (void)state;
    static const struct {
        const char *before, *part, *middle, *after;
        int count;
    } cases[] = {
        {"", "(", "1", ")", 240},           {"", "[", "1", "]", 240},
        {"1", "+1", "", "", 240},           {"", "!", "true", "", 240},
        {"false", "||false", "", "", 8000}, {"true", "&&true", "", "", 9000},
        {"", "true?1:", "1", "", 240},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct cel_expr *e;
        struct errtext t = {""};
        arena_init(&a);
        struct str open =
            repeat(cases[i].before, cases[i].part, (size_t)cases[i].count, cases[i].middle);
        struct str all = repeat(open.p, cases[i].after, (size_t)cases[i].count, "");
        release(open);
        assert_int_equal(compile(&a, all, NULL, &e, &t), ERR_NONE);
        assert_int_not_equal(cel_eval(e, NULL, &a).kind, CEL_ERROR);
        arena_release(&a);
    }
}

static void macros_nest_six_deep(void **state)
{
    (void)state;
    struct arena a;
    struct cel_expr *e;
    struct errtext t;
    arena_init(&a);
    assert_int_equal(compile(&a, repeat("", "[1].all(x,", 6, "true))))))"), NULL, &e, &t),
                     ERR_NONE);
    assert_true(cel_eval(e, NULL, &a).as.b);
    assert_int_equal(compile(&a, repeat("", "[1].all(x,", 7, "true)))))))"), NULL, &e, &t),
                     ERR_LIMIT);
    assert_non_null(strstr(t.s, "macros are nested deeper than 6 levels"));
    /* A loop in the range of another is not inside it. */
    assert_int_equal(compile(&a, repeat("[1]", ".map(x, x)", 100, ""), NULL, &e, &t), ERR_NONE);
    assert_int_equal(cel_eval(e, NULL, &a).kind, CEL_LIST);
    arena_release(&a);
}

static void the_number_of_nodes_is_limited(void **state)
{
    (void)state;
    struct arena a;
    struct cel_expr *e;
    struct errtext t;
    struct cel_limits few = {.nodes = 5};
    arena_init(&a);
    assert_int_equal(compile(&a, repeat("", "1,", 0, "[1,2,3,4]"), &few, &e, &t), ERR_NONE);
    assert_int_equal(compile(&a, repeat("", "1,", 0, "[1,2,3,4,5]"), &few, &e, &t), ERR_LIMIT);
    assert_non_null(strstr(t.s, "more than 5 parts"));
    assert_int_equal(compile(&a, repeat("[", "1,", 32500, "]"), NULL, &e, &t), ERR_NONE);
    assert_int_equal(compile(&a, repeat("[", "1+1,", 16000, "]"), NULL, &e, &t), ERR_LIMIT);
    assert_non_null(strstr(t.s, "more than 32768 parts"));
    arena_release(&a);
}

/* A list of `n` ints as variable x. */
static bool lookup(void *ctx, struct str name, struct arena *a, struct cel_value *out)
{
    (void)a;
    *out = *(const struct cel_value *)ctx;
    return str_eqz(name, "x");
}

static void evaluation_ends_when_its_steps_are_used_up(void **state)
{
    (void)state;
    static const char *const greedy[] = {
        "x.all(a, x.all(b, x.all(c, a + b + c >= 0)))",
        "x.map(a, x.map(b, x.map(c, a)))",
        "x.exists(a, x.exists(b, a == b + 1000000)) || true",
        "x.all(a, x == x)",
        "x.map(a, [x, x]).map(a, [a, a]).map(a, [a, a]) == x.map(a, [x, x]).map(a, [a, a]).map(a, "
        "[a, a])",
        "x.map(a, x + x + x + x)",
        "x.filter(a, !(-1 in x)).filter(a, !(-1 in x))",
        "x.all(a, x.map(b, string(b)).all(s, !s.matches('(a|b)*c' + s)))",
        "x.all(a, x.all(b, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.matches('(a*)*(a*)*b') || "
        "true))",
    };
    struct arena a;
    arena_init(&a);
    struct cel_value items[3000];
    for (int i = 0; i < 3000; i++) items[i] = cel_int(i);
    struct cel_value x = cel_list(items, 3000);
    struct cel_env env = {.lookup = lookup, .ctx = &x};
    for (size_t i = 0; i < sizeof greedy / sizeof greedy[0]; i++) {
        const char *got = cel_outcome(&a, greedy[i], NULL, &env);
        if (!cel_outcome_is(got, "!cost limit exceeded")) print_error("%s: %s\n", greedy[i], got);
        assert_true(cel_outcome_is(got, "!cost limit exceeded"));
        assert_true(a.used_bytes < 256u * 1024 * 1024);
        arena_clear(&a);
    }
    arena_release(&a);
}

static void text_that_doubles_meets_the_cost_limit(void **state)
{
    (void)state;
    struct arena a;
    struct cel_expr *e;
    struct errtext t;
    arena_init(&a);
    struct str src = repeat("['aaaaaaaaaaaaaaaa']", ".map(x, x + x)", 60, "[0]");
    assert_int_equal(compile(&a, src, NULL, &e, &t), ERR_NONE);
    struct cel_value v = cel_eval(e, NULL, &a);
    assert_int_equal(v.kind, CEL_ERROR);
    assert_true(str_eqz(v.as.error->text, "cost limit exceeded"));
    src = repeat("[1]", ".map(x, [x, x])", 60, "");
    assert_int_equal(compile(&a, src, NULL, &e, &t), ERR_NONE);
    v = cel_eval(e, NULL, &a);
    assert_int_equal(v.kind, CEL_LIST);
    assert_true(cel_value_text(&a, v).len < 70000); /* 2^60 leaves, written only in part */
    arena_release(&a);
}

static void the_environment_may_lower_the_cost(void **state)
{
    (void)state;
    struct arena a;
    struct cel_expr *e;
    arena_init(&a);
    struct cel_env env = {.cost_limit = 10};
    assert_int_equal(cel_compile(&a, STR("[1, 2, 3, 4, 5, 6].all(x, x > 0)"), NULL, NULL, &e, NULL),
                     ERR_NONE);
    assert_int_equal(cel_eval(e, &env, &a).kind, CEL_ERROR);
    env.cost_limit = 100;
    assert_int_equal(cel_eval(e, &env, &a).kind, CEL_BOOL);
    struct cel_limits l = {.cost = 10};
    assert_int_equal(cel_compile(&a, STR("[1, 2, 3, 4, 5, 6].all(x, x > 0)"), NULL, &l, &e, NULL),
                     ERR_NONE);
    assert_int_equal(cel_eval(e, NULL, &a).kind, CEL_ERROR);
    arena_release(&a);
}

static void bytes_that_are_no_utf_8_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"'\xff'",     "'\xc3'", "'\xed\xa0\x80'",
                                      "'\xc0\x80'", "\x80",   "'\xf5\x80\x80\x80'"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena a;
        arena_init(&a);
        assert_true(cel_outcome_is(cel_outcome(&a, bad[i], NULL, NULL), "!not valid UTF-8"));
        arena_release(&a);
    }
    struct arena a;
    struct cel_expr *e;
    arena_init(&a);
    assert_int_equal(cel_compile(&a, (struct str){"1\0+1", 4}, NULL, NULL, &e, NULL), ERR_INVALID);
    assert_int_equal(cel_compile(&a, (struct str){"'\0'", 3}, NULL, NULL, &e, NULL), ERR_NONE);
    assert_int_equal(cel_eval(e, NULL, &a).len, 1);
    assert_int_equal(cel_compile(&a, (struct str){NULL, 0}, NULL, NULL, &e, NULL), ERR_INVALID);
    arena_release(&a);
}

static void comparisons_over_slots_allocate_nothing(void **state)
{
    (void)state;
    static const struct cel_field fields[] = {{LIT("tpp"), &cel_type_double},
                                              {LIT("hq"), &cel_type_string},
                                              {LIT("at"), &cel_type_timestamp}};
    static const struct cel_type chip = {
        .kind = CEL_OBJECT, .name = LIT("Chip"), .fields = fields, .field_count = 3};
    static const struct cel_decl decls[] = {{LIT("chip"), &chip}, {LIT("n"), &cel_type_int}};
    static const struct cel_schema schema = {.decls = decls, .count = 2};
    struct arena a, scratch;
    struct cel_expr *e;
    arena_init(&a);
    arena_init(&scratch);
    struct cel_value f[] = {cel_double(5000.0), cel_string(STR("XB")), cel_timestamp_ms(&a, 0)};
    struct cel_object o = {.type = &chip, .fields = f};
    struct cel_value vars[] = {cel_object(&o), cel_int(3)};
    assert_int_equal(
        cel_compile(&a,
                    STR("chip.tpp >= 4800.0 && chip.hq in ['XA', 'XB'] && n + 1 < 10 && "
                        "chip.at < timestamp('2025-01-01T00:00:00Z') && "
                        "!chip.hq.startsWith('Y') && ['XC'].all(c, c != chip.hq)"),
                    &schema, NULL, &e, NULL),
        ERR_NONE);
    struct cel_env env = {.vars = vars, .var_count = 2};
    struct cel_value v = cel_eval(e, &env, &scratch);
    assert_true(v.kind == CEL_BOOL && v.as.b);
    assert_int_equal(scratch.used_bytes, 0);
    f[0] = cel_unknown();
    v = cel_eval(e, &env, &scratch);
    assert_int_equal(v.kind, CEL_UNKNOWN);
    assert_int_equal(scratch.used_bytes, 0);
    arena_release(&scratch);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_of_ten_megabytes_is_refused_at_once),
        cmocka_unit_test(every_kind_of_nesting_ends_at_the_depth_limit),
        cmocka_unit_test(unfinished_nesting_is_an_error_too),
        cmocka_unit_test(what_the_specification_requires_fits),
        cmocka_unit_test(macros_nest_six_deep),
        cmocka_unit_test(the_number_of_nodes_is_limited),
        cmocka_unit_test(evaluation_ends_when_its_steps_are_used_up),
        cmocka_unit_test(text_that_doubles_meets_the_cost_limit),
        cmocka_unit_test(the_environment_may_lower_the_cost),
        cmocka_unit_test(bytes_that_are_no_utf_8_are_refused),
        cmocka_unit_test(comparisons_over_slots_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
