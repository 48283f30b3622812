/* Names and types against a schema; names without one; what an expression reads. */
#include "unit/law/cel_cases.h"

/* The facts of a small law: chip, chain (of parties), on (the date), and a few of each type. */
static const struct cel_field party_fields[] = {
    {LIT("name"), &cel_type_string},
    {LIT("hq"), &cel_type_string},
    {LIT("share"), &cel_type_double},
    {LIT("listed"), &cel_type_bool},
};
static const struct cel_type party = {
    .kind = CEL_OBJECT, .name = LIT("berth.Party"), .fields = party_fields, .field_count = 4};
static const struct cel_type parties = {.kind = CEL_LIST, .elem = &party};
static const struct cel_field chain_fields[] = {
    {LIT("tenant"), &party},
    {LIT("owners"), &parties},
};
static const struct cel_type chain = {
    .kind = CEL_OBJECT, .name = LIT("berth.Chain"), .fields = chain_fields, .field_count = 2};
static const struct cel_type strings = {.kind = CEL_LIST, .elem = &cel_type_string};
static const struct cel_type counts = {
    .kind = CEL_MAP, .key = &cel_type_string, .elem = &cel_type_int};
static const struct cel_decl decls[] = {
    {LIT("chain"), &chain},           {LIT("d5"), &strings},
    {LIT("counts"), &counts},         {LIT("any"), NULL},
    {LIT("on"), &cel_type_timestamp}, {LIT("tpp"), &cel_type_double},
    {LIT("n"), &cel_type_int},        {LIT("u"), &cel_type_uint},
    {LIT("s"), &cel_type_string},     {LIT("b"), &cel_type_bool},
    {LIT("a.b"), &cel_type_int},      {LIT("a.b.c"), &cel_type_string},
    {LIT("law.eu.x"), &cel_type_int}, {LIT("law.x"), &cel_type_string},
    {LIT("x"), &cel_type_bool},       {LIT("y.z"), &cel_type_int},
};
static const struct cel_schema schema = {.decls = decls, .count = sizeof decls / sizeof decls[0]};

/* The type of an expression, or "!fault". */
static const char *type_of(struct arena *a, const char *expr, const struct cel_schema *s)
{
    struct cel_expr *e;
    struct errtext t;
    if (cel_compile(a, str_of(expr), s, NULL, &e, &t) != ERR_NONE) {
        return arena_printf(a, "!%s", t.s);
    }
    return cel_expr_type(e);
}

static void run_types(const struct cel_case *cases, size_t count, const struct cel_schema *s)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena a;
        arena_init(&a);
        const char *got = type_of(&a, cases[i].expr, s);
        if (!cel_outcome_is(got, cases[i].want)) {
            failed++;
            print_error("%s\n  wanted: %s\n  got:    %s\n", cases[i].expr, cases[i].want, got);
        }
        arena_release(&a);
    }
    assert_int_equal(failed, 0);
}

static void types_are_deduced(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"1", "int"},
        {"1u", "uint"},
        {"1.0", "double"},
        {"'a'", "string"},
        {"b'a'", "bytes"},
        {"true", "bool"},
        {"null", "null"},
        {"[1, 2]", "list(int)"},
        {"[1, 'a']", "list(dyn)"},
        {"[]", "list(dyn)"},
        {"[[], [[]], [[[]]]]", "list(list(list(list(dyn))))"},
        {"[[[1]], []]", "list(list(list(int)))"},
        {"{}", "map(dyn, dyn)"},
        {"{'a': 1}", "map(string, int)"},
        {"{'a': 1, 2: 'b'}", "map(dyn, dyn)"},
        {"{'a': []}", "map(string, list(dyn))"},
        {"[any, 1]", "list(dyn)"},
        {"[1] + []", "list(int)"},
        {"[] + ['a'] + []", "list(string)"},
        {"[1][0]", "int"},
        {"{'a': 1.5}['a']", "double"},
        {"counts.x", "int"},
        {"counts['x']", "int"},
        {"chain", "berth.Chain"},
        {"chain.tenant", "berth.Party"},
        {"chain.tenant.share", "double"},
        {"chain.owners", "list(berth.Party)"},
        {"chain.owners[0].hq", "string"},
        {"chain.owners.map(o, o.hq)", "list(string)"},
        {"chain.owners.map(o, o.share > 0.5, o.hq)", "list(string)"},
        {"chain.owners.filter(o, o.listed)", "list(berth.Party)"},
        {"chain.owners.all(o, o.listed)", "bool"},
        {"counts.filter(k, k != '')", "list(string)"},
        {"counts.map(k, counts[k])", "list(int)"},
        {"[].map(x, x)[0].foo", "dyn"},
        {"any", "dyn"},
        {"any.a.b[0]", "dyn"},
        {"any + 1", "int"},
        {"any + any", "dyn"},
        {"any - on", "duration"},
        {"on - any", "dyn"},
        {"any < 1", "bool"},
        {"any && b", "bool"},
        {"any == 1", "bool"},
        {"-any", "dyn"},
        {"on + duration('1s')", "timestamp"},
        {"on - on", "duration"},
        {"on.getFullYear()", "int"},
        {"size(s) + n", "int"},
        {"s.size()", "int"},
        {"s.matches('a')", "bool"},
        {"string(n)", "string"},
        {"int(s)", "int"},
        {"dyn(n)", "dyn"},
        {"type(n)", "type(int)"},
        {"int", "type(int)"},
        {"b ? 1 : 2", "int"},
        {"b ? [] : [1]", "list(int)"},
        {"b ? any : 1", "dyn"},
        {"n in [1, 2]", "bool"},
        {"s in counts", "bool"},
        {"has(chain.tenant.hq)", "bool"},
        {"has(counts.x)", "bool"},
        {"has(any.x.y)", "bool"},
        {"n < u", "bool"},
        {"n < tpp", "bool"},
        {"chain.tenant == null", "bool"},
        {"on == null", "bool"},
        {"a.b", "int"},
        {"a.b.c", "string"},
        {"y.z", "int"},
    };
    run_types(CASES(cases), &schema);
}

static void faults_of_type_are_found_before_evaluation(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"nothing", "!<input>:1:1: undeclared reference to 'nothing' (in container '')"},
        {"b && nothing.x.y", "!<input>:1:6: undeclared reference to 'nothing'"},
        {"f(1)", "!<input>:1:2: undeclared reference to 'f'"},
        {"s.f()", "!<input>:1:4: undeclared reference to 'f'"},
        {"a", "!undeclared reference to 'a'"},
        {"chain.tenat", "!<input>:1:6: undefined field 'tenat' of 'berth.Chain'"},
        {"chain.tenant.hq.x", "!type 'string' does not support field selection"},
        {"has(chain.tenant.x)", "!undefined field 'x'"},
        {"1 + 'a'", "!found no matching overload for '_+_' applied to '(int, string)'"},
        {"n + tpp", "!'_+_' applied to '(int, double)'"},
        {"n == 'a'", "!'_==_' applied to '(int, string)'"},
        {"n == 1.0", "!'_==_' applied to '(int, double)'"},
        {"n == null", "!'_==_' applied to '(int, null)'"},
        {"d5 == [1]", "!'_==_' applied to '(list(string), list(int))'"},
        {"n != u", "!'_!=_' applied to '(int, uint)'"},
        {"s < 1", "!'_<_' applied to '(string, int)'"},
        {"d5 < d5", "!'_<_' applied to '(list(string), list(string))'"},
        {"!n", "!'!_' applied to '(int)'"},
        {"-u", "!'-_' applied to '(uint)'"},
        {"n && b", "!<input>:1:1: expected type 'bool' but found 'int'"},
        {"b || b || s", "!<input>:1:11: expected type 'bool' but found 'string'"},
        {"n ? 1 : 2", "!'_?_:_' applied to '(int, int, int)'"},
        {"b ? 1 : 'a'", "!'_?_:_' applied to '(bool, int, string)'"},
        {"tpp % 2.0", "!'_%_' applied to '(double, double)'"},
        {"d5[s]", "!'_[_]' applied to '(list(string), string)'"},
        {"counts[1]", "!'_[_]' applied to '(map(string, int), int)'"},
        {"s[0]", "!'_[_]' applied to '(string, int)'"},
        {"n in d5", "!'@in' applied to '(int, list(string))'"},
        {"n in counts", "!'@in'"},
        {"n in s", "!'@in'"},
        {"d5 + [1]", "!'_+_' applied to '(list(string), list(int))'"},
        {"n.startsWith('a')", "!'startsWith' applied to 'int.(string)'"},
        {"startsWith(s, 'a')", "!'startsWith' applied to '(string, string)'"},
        {"s.startsWith()", "!'startsWith' applied to 'string.()'"},
        {"size(n)", "!'size' applied to '(int)'"},
        {"int(b)", "!'int' applied to '(bool)'"},
        {"on.getHours(1)", "!'getHours' applied to 'timestamp.(int)'"},
        {"on + on", "!'_+_' applied"},
        {"d5.all(x, x)", "!expected type 'bool' but found 'string'"},
        {"d5.map(x, x > 1)", "!'_>_' applied to '(string, int)'"},
        {"n.exists(x, true)", "!type 'int' cannot be range of a comprehension"},
        {"d5.exists(x, y == 1)", "!undeclared reference to 'y'"},
        {"{1.5: 2}", "!unsupported key type: double"},
        {"s.matches('(')", "!invalid regular expression: missing closing )"},
        {"on < timestamp('2025-13-01T00:00:00Z')", "!'2025-13-01T00:00:00Z' is no timestamp"},
        {"duration('1 day') > duration('1s')", "!is no duration"},
        {"law.y", "!undeclared reference to 'law'"},
    };
    run_types(CASES(cases), &schema);
}

static void several_faults_are_reported_at_once(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    assert_string_equal(type_of(&a, "nope ||\nchain.nope", &schema),
                        "!ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n"
                        " | nope ||\n"
                        " | ^\n"
                        "ERROR: <input>:2:6: undefined field 'nope' of 'berth.Chain'\n"
                        " | chain.nope\n"
                        " | .....^");
    arena_release(&a);
}

static void names_resolve_in_the_container_first(void **state)
{
    (void)state;
    static const struct cel_case inner[] = {
        {"x", "int"},
        {".x", "bool"},
        {"eu.x", "int"},
        {"law.x", "string"},
        {".law.eu.x", "int"},
        {"[0].exists(x, x == 0)", "bool"},
        {"[0].exists(x, .x)", "bool"},
        {"[{'z': 'q'}].map(y, y.z)", "list(string)"},
        {"[{'z': 'q'}].map(y, .y.z)", "list(int)"},
        {"[1].map(x, ['a'].map(x, x))", "list(list(string))"},
        {"unknown", "!undeclared reference to 'unknown' (in container 'law.eu')"},
    };
    static const struct cel_case outer[] = {{"x", "string"}, {"eu.x", "int"}};
    struct cel_schema s = schema;
    s.container = STR("law.eu");
    run_types(CASES(inner), &s);
    s.container = STR("law");
    run_types(CASES(outer), &s);
}

struct binding {
    const char *name;
    struct cel_value value;
};

static bool lookup(void *ctx, struct str name, struct arena *a, struct cel_value *out)
{
    (void)a;
    for (const struct binding *b = ctx; b->name != NULL; b++) {
        if (!str_eqz(name, b->name)) continue;
        *out = b->value;
        return true;
    }
    return false;
}

static void without_a_schema_the_longest_name_wins_at_run_time(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct cel_entry entries[] = {{cel_string(STR("c")), cel_int(1)}};
    struct cel_value map = cel_map_new(&a, entries, 1, false, STR(""));
    struct binding both[] = {
        {"a.b", map}, {"a.b.c", cel_int(2)}, {"int", cel_int(7)}, {NULL, cel_null()}};
    struct binding one[] = {{"a.b", map}, {"y.z", cel_int(42)}, {NULL, cel_null()}};
    static const struct cel_case with_both[] = {
        {"a.b.c", "2"},         {".a.b.c", "2"}, {"(a.b).c", "1"}, {"a.b['c']", "1"},
        {"has(a.b.c)", "true"}, {"int", "7"},    {"int(3)", "3"},  {"uint", "uint"},
    };
    static const struct cel_case with_one[] = {
        {"a.b.c", "1"},
        {"a.b.d", "!no such key: 'd'"},
        {"a.c", "!undeclared reference to 'a'"},
        {"a.b.c.d", "!does not support field selection"},
        {"[{'z': 0}].exists(y, y.z == 0)", "true"},
        {"[{'z': 0}].exists(y, .y.z == 42)", "true"},
    };
    run_cel_cases(CASES(with_both), NULL, &(struct cel_env){.lookup = lookup, .ctx = both});
    run_cel_cases(CASES(with_one), NULL, &(struct cel_env){.lookup = lookup, .ctx = one});
    arena_release(&a);
}

static void what_is_read_is_listed_once_and_sorted(void **state)
{
    (void)state;
    static const struct {
        const char *expr, *reads;
    } cases[] = {
        {"1 + 2", ""},
        {"tpp >= 4800.0", "tpp"},
        {"tpp > 1.0 || tpp < 0.5", "tpp"},
        {"chain.tenant.hq in d5 && b", "b chain.tenant.hq d5"},
        {"chain.owners.exists(o, o.hq == 'XA')", "chain.owners chain.owners[*].hq"},
        {"d5.all(x, x != s)", "d5 d5[*] s"},
        {"chain.owners[0].hq", "chain.owners[0].hq"},
        {"chain.owners[n].hq", "chain.owners[*].hq n"},
        {"counts['a'] + counts.a", "counts.a"},
        {"has(chain.tenant.hq)", "chain.tenant.hq"},
        {"any.x.y + any.x", "any.x any.x.y"},
        {"b ? n : size(s)", "b n s"},
        {"chain.tenant == null || a.b.c == ''", "a.b.c chain.tenant"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        struct cel_expr *e;
        struct errtext t = {""};
        struct buf b = {0};
        const struct cel_read *reads;
        arena_init(&a);
        assert_int_equal(cel_compile(&a, str_of(cases[i].expr), &schema, NULL, &e, &t), ERR_NONE);
        uint32_t count = cel_expr_reads(e, &reads);
        for (uint32_t k = 0; k < count; k++) {
            if (k > 0) buf_putc(&b, ' ');
            buf_put_str(&b, reads[k].path);
            assert_true(reads[k].slot >= 0 && (uint32_t)reads[k].slot < schema.count);
        }
        assert_string_equal(b.p != NULL ? b.p : "", cases[i].reads);
        buf_release(&b);
        arena_release(&a);
    }
}

static void comparisons_are_listed_with_both_sides(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct cel_value vars[sizeof decls / sizeof decls[0]] = {0};
    vars[5] = cel_double(4720.0);
    vars[8] = cel_string(STR("XA"));
    struct cel_env env = {.vars = vars, .var_count = schema.count};
    struct cel_expr *e;
    struct cel_comparison c[8];
    assert_int_equal(cel_compile(&a,
                                 STR("tpp >= (4800.0 + 0.0) && (s in ['XA'] || n == 1) && "
                                     "d5.all(x, x < s)"),
                                 &schema, NULL, &e, NULL),
                     ERR_NONE);
    assert_int_equal(cel_comparisons(e, &env, &a, c, 8), 3);
    assert_true(str_eqz(c[0].left_text, "tpp") && str_eqz(c[0].right_text, "(4800.0 + 0.0)"));
    assert_string_equal(c[0].op, ">=");
    assert_true(c[0].left.as.d == 4720.0 && c[0].right.as.d == 4800.0);
    assert_string_equal(c[1].op, "in");
    assert_int_equal(c[2].left.kind, CEL_UNKNOWN);
    assert_true(str_eqz(c[2].left.as.unknown->names[0], "n"));
    assert_int_equal(cel_comparisons(e, &env, &a, c, 1), 3);
    arena_release(&a);
}

/* The parts that decide, as "text op value" with a ! for those that count by not holding. */
static const char *reasons_of(struct arena *a, const char *expr, const struct cel_env *env)
{
    struct cel_expr *e;
    struct cel_reason r[8];
    struct buf b = {0};
    assert_int_equal(cel_compile(a, str_of(expr), &schema, NULL, &e, NULL), ERR_NONE);
    uint32_t n = cel_reasons(e, env, a, r, 8);
    assert_int_equal(cel_reasons(e, env, a, r, 1), n);
    (void)cel_reasons(e, env, a, r, 8);
    for (uint32_t i = 0; i < n; i++) {
        buf_printf(&b, "%s%s", i > 0 ? ", " : "", r[i].holds ? "" : "!");
        if (r[i].slot >= 0)
            buf_put_str(&b, schema.decls[r[i].slot].name);
        else
            buf_printf(&b, STR_FMT " %s " STR_FMT, STR_ARG(r[i].comparison.left_text),
                       r[i].comparison.op, STR_ARG(r[i].comparison.right_text));
    }
    const char *text = str_dupz(a, buf_str(&b));
    buf_release(&b);
    return text;
}

static void reasons_are_the_parts_that_make_the_value(void **state)
{
    (void)state;
    static const struct {
        const char *expr, *reasons;
    } cases[] = {
        {"tpp > 1.0 || s == 'XA'", "tpp > 1.0"},
        {"tpp > 9999.0 || s == 'XA'", "s == 'XA'"},
        {"tpp > 1.0 && s == 'XA'", "tpp > 1.0, s == 'XA'"},
        {"tpp > 9999.0 && s == 'XB'", "!tpp > 9999.0"},
        {"!(tpp > 9999.0 || s == 'XB')", "!tpp > 9999.0, !s == 'XB'"},
        {"!(tpp > 9999.0 && n == 1)", "!tpp > 9999.0"},
        {"n == 1 || s == 'XA'", "s == 'XA'"},
        {"s == 'XA' ? tpp > 1.0 : tpp < 1.0", "s == 'XA', tpp > 1.0"},
        {"[1].exists(x, x == 1) && tpp > 1.0", "tpp > 1.0"},
        {"n == 1", ""},
        {"1 + 1", ""},
    };
    struct arena a;
    arena_init(&a);
    struct cel_value vars[sizeof decls / sizeof decls[0]] = {0};
    vars[5] = cel_double(4720.0);
    vars[8] = cel_string(STR("XA"));
    struct cel_env env = {.vars = vars, .var_count = schema.count};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(reasons_of(&a, cases[i].expr, &env), cases[i].reasons);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_deduced),
        cmocka_unit_test(faults_of_type_are_found_before_evaluation),
        cmocka_unit_test(several_faults_are_reported_at_once),
        cmocka_unit_test(names_resolve_in_the_container_first),
        cmocka_unit_test(without_a_schema_the_longest_name_wins_at_run_time),
        cmocka_unit_test(what_is_read_is_listed_once_and_sorted),
        cmocka_unit_test(comparisons_are_listed_with_both_sides),
        cmocka_unit_test(reasons_are_the_parts_that_make_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
