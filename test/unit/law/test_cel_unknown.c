/* Three-valued results: which facts a result waits for, and when it does not. */
#include "unit/law/cel_cases.h"

static const struct cel_field party_fields[] = {
    {LIT("hq"), &cel_type_string},
    {LIT("listed"), &cel_type_bool},
    {LIT("parent"), &cel_type_string},
};
static const struct cel_type party = {
    .kind = CEL_OBJECT, .name = LIT("Party"), .fields = party_fields, .field_count = 3};
static const struct cel_type parties = {.kind = CEL_LIST, .elem = &party};
static const struct cel_field chain_fields[] = {{LIT("tenant"), &party}, {LIT("owners"), &parties}};
static const struct cel_type chain = {
    .kind = CEL_OBJECT, .name = LIT("Chain"), .fields = chain_fields, .field_count = 2};

enum { U, V, T, F, ERR, CHAIN, OPEN, SHUT, PART, NUMBERS, NAMED, GONE, COUNT };
static const struct cel_decl decls[COUNT] = {
    [U] = {LIT("u"), &cel_type_bool},   [V] = {LIT("v"), &cel_type_int},
    [T] = {LIT("t"), &cel_type_bool},   [F] = {LIT("f"), &cel_type_bool},
    [ERR] = {LIT("e"), &cel_type_bool}, [CHAIN] = {LIT("chain"), &chain},
    [OPEN] = {LIT("open"), NULL},       [SHUT] = {LIT("shut"), NULL},
    [PART] = {LIT("part"), NULL},       [NUMBERS] = {LIT("numbers"), NULL},
    [NAMED] = {LIT("named"), NULL},     [GONE] = {LIT("gone"), &parties},
};
static const struct cel_schema schema = {.decls = decls, .count = COUNT};

/* u, v, gone: unknown. e: an error. chain.tenant: hq "XA", listed unknown, parent absent.
 * chain.owners: one whose hq is unknown, one in "XB". open: {"k": 1} and perhaps more.
 * part: {"k": unknown}. numbers: [1, unknown]. named: unknown, called "registry.entry". */
static struct cel_env make_env(struct arena *a)
{
    struct cel_value *vars = ARENA_ARRAY(a, COUNT, struct cel_value);
    struct cel_value *tenant = ARENA_ARRAY(a, 3, struct cel_value);
    tenant[0] = cel_string(STR("XA"));
    tenant[2] = cel_absent();
    struct cel_value *owner = ARENA_ARRAY(a, 3, struct cel_value);
    owner[1] = cel_bool(true);
    struct cel_value *other = ARENA_ARRAY(a, 3, struct cel_value);
    other[0] = cel_string(STR("XB"));
    other[1] = cel_bool(true);
    struct cel_object *o = ARENA_ARRAY(a, 4, struct cel_object);
    o[0] = (struct cel_object){.type = &party, .fields = tenant};
    o[1] = (struct cel_object){.type = &party, .fields = owner};
    o[2] = (struct cel_object){.type = &party, .fields = other, .path = STR("parties.beta")};
    struct cel_value *owners = ARENA_ARRAY(a, 2, struct cel_value);
    owners[0] = cel_object(&o[1]);
    owners[1] = cel_object(&o[2]);
    struct cel_value *fields = ARENA_ARRAY(a, 2, struct cel_value);
    fields[0] = cel_object(&o[0]);
    fields[1] = cel_list(owners, 2);
    o[3] = (struct cel_object){.type = &chain, .fields = fields};
    struct cel_entry *k = ARENA_ARRAY(a, 2, struct cel_entry);
    k[0] = (struct cel_entry){cel_string(STR("k")), cel_int(1)};
    k[1] = (struct cel_entry){cel_string(STR("k")), cel_unknown()};
    struct cel_value *numbers = ARENA_ARRAY(a, 2, struct cel_value);
    numbers[0] = cel_int(1);
    vars[T] = cel_bool(true);
    vars[F] = cel_bool(false);
    vars[ERR] = cel_error(a, "broken");
    vars[CHAIN] = cel_object(&o[3]);
    vars[OPEN] = cel_map_new(a, &k[0], 1, true, STR(""));
    vars[SHUT] = cel_map_new(a, &k[0], 1, false, STR(""));
    vars[PART] = cel_map_new(a, &k[1], 1, false, STR(""));
    vars[NUMBERS] = cel_list(numbers, 2);
    vars[NAMED] = cel_unknown_named(a, STR("registry.entry"));
    return (struct cel_env){.vars = vars, .var_count = COUNT};
}

static void run(const struct cel_case *cases, size_t count)
{
    struct arena a;
    arena_init(&a);
    struct cel_env env = make_env(&a);
    run_cel_cases(cases, count, &schema, &env);
    arena_release(&a);
}

static void logic_waits_only_for_what_matters(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"u", "unknown(u)"},
        {"u && f", "false"},
        {"f && u", "false"},
        {"u && t", "unknown(u)"},
        {"t && u", "unknown(u)"},
        {"u || t", "true"},
        {"t || u", "true"},
        {"u || f", "unknown(u)"},
        {"f || u", "unknown(u)"},
        {"u && v == 1", "unknown(u, v)"},
        {"v == 1 && u", "unknown(u, v)"},
        {"u && u", "unknown(u)"},
        {"u && v == 1 && f", "false"},
        {"u || v == 1 || t", "true"},
        {"!u", "unknown(u)"},
        {"e && u", "unknown(u)"},
        {"u && e", "unknown(u)"},
        {"e || u", "unknown(u)"},
        {"e && f", "false"},
        {"u && e && f", "false"},
        {"e && t", "!broken"},
        {"u ? 1 : 2", "unknown(u)"},
        {"t ? v : 1", "unknown(v)"},
        {"f ? v : 1", "1"},
        {"e ? v : 1", "!broken"},
    };
    run(CASES(cases));
}

static void functions_of_unknowns_are_unknown(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"v + 1", "unknown(v)"},
        {"1 + v", "unknown(v)"},
        {"v * v", "unknown(v)"},
        {"v + 1 / 0", "unknown(v)"},
        {"1 / 0 + v", "unknown(v)"},
        {"-v", "unknown(v)"},
        {"v == v", "unknown(v)"},
        {"v < 3", "unknown(v)"},
        {"v in [1, 2]", "unknown(v)"},
        {"string(v)", "unknown(v)"},
        {"type(v)", "unknown(v)"},
        {"dyn(v)", "unknown(v)"},
        {"size(gone)", "unknown(gone)"},
        {"[v, 1]", "unknown(v)"},
        {"{'a': v}", "unknown(v)"},
        {"{'a': v}.a", "unknown(v)"},
        {"[1][v]", "unknown(v)"},
        {"named", "unknown(registry.entry)"},
        {"named == v", "unknown(registry.entry, v)"},
        {"string(v).startsWith(string(named))", "unknown(registry.entry, v)"},
    };
    run(CASES(cases));
}

static void a_field_that_is_unknown_is_named_by_its_path(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"chain.tenant.hq", "\"XA\""},
        {"chain.tenant.listed", "unknown(chain.tenant.listed)"},
        {"chain.tenant.listed && u", "unknown(chain.tenant.listed, u)"},
        {"chain.tenant.hq == 'XB' && chain.tenant.listed", "false"},
        {"chain.tenant.parent", "!no such field: 'parent' has no value"},
        {"has(chain.tenant.hq)", "true"},
        {"has(chain.tenant.parent)", "false"},
        {"has(chain.tenant.listed)", "unknown(chain.tenant.listed)"},
        {"has(chain.tenant.parent) && chain.tenant.parent == 'XB'", "false"},
        {"chain.owners[0].hq", "unknown(chain.owners[0].hq)"},
        {"chain.owners[1].hq", "\"XB\""},
        {"chain.owners[1].parent", "unknown(parties.beta.parent)"},
        {"gone[0].hq", "unknown(gone)"},
        {"dyn(chain).tenant.listed", "unknown(dyn(chain).tenant.listed)"},
        {"dyn(chain.owners[1]).parent", "unknown(parties.beta.parent)"},
    };
    run(CASES(cases));
}

static void maps_may_be_open(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"open.k", "1"},
        {"open.x", "unknown(open.x)"},
        {"open['x']", "unknown(open.x)"},
        {"has(open.k)", "true"},
        {"has(open.x)", "unknown(open.x)"},
        {"has(open.x) || t", "true"},
        {"'k' in open", "true"},
        {"'x' in open", "unknown(open)"},
        {"size(open)", "unknown(open)"},
        {"open.all(k, k == 'k')", "unknown(open)"},
        {"open.all(k, k == 'x')", "false"},
        {"open.exists(k, k == 'k')", "true"},
        {"open.exists(k, k == 'x')", "unknown(open)"},
        {"open.map(k, k)", "unknown(open)"},
        {"open == {'k': 2}", "false"},
        {"open == {'k': 1}", "unknown(open)"},
        {"open == {}", "false"},
        {"{'x': 1} == open", "false"},
        {"shut.x", "!no such key: 'x'"},
        {"has(shut.x)", "false"},
        {"'x' in shut", "false"},
        {"size(shut)", "1"},
        {"part.k", "unknown(part.k)"},
        {"has(part.k)", "unknown(part.k)"},
        {"part == {'k': 1}", "unknown(part)"},
        {"part == {'j': 1}", "false"},
    };
    run(CASES(cases));
}

static void loops_over_unknown_elements_are_three_valued(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"gone.all(p, p.listed)", "unknown(gone)"},
        {"gone.map(p, p.hq)", "unknown(gone)"},
        {"gone.exists(p, true)", "unknown(gone)"},
        {"chain.owners.exists(o, o.hq == 'XB')", "true"},
        {"chain.owners.exists(o, o.hq == 'XC')", "unknown(chain.owners[*].hq)"},
        {"chain.owners.all(o, o.hq == 'XB')", "unknown(chain.owners[*].hq)"},
        {"chain.owners.all(o, o.hq == 'XC')", "false"},
        {"chain.owners.all(o, o.listed)", "true"},
        {"chain.owners.exists_one(o, o.hq == 'XB')", "unknown(chain.owners[*].hq)"},
        {"chain.owners.filter(o, o.hq == 'XB').size()", "unknown(chain.owners[*].hq)"},
        {"chain.owners.map(o, o.hq)", "unknown(chain.owners[*].hq)"},
        {"chain.owners.map(o, o.listed)", "[true, true]"},
        {"numbers.exists(n, n == 1)", "true"},
        {"numbers.exists(n, n == 2)", "unknown(numbers[*])"},
        {"1 in numbers", "true"},
        {"2 in numbers", "unknown(numbers)"},
        {"numbers == [1, 2]", "unknown(numbers)"},
        {"numbers == [2, 2]", "false"},
        {"numbers == [1]", "false"},
        {"numbers != [1, 2]", "unknown(numbers)"},
        {"numbers != [2, 2]", "true"},
        {"numbers[1]", "unknown(numbers[1])"},
        {"numbers[0]", "1"},
        {"size(numbers)", "2"},
        {"[1, 2].all(x, u)", "unknown(u)"},
        {"[1, 2].exists(x, x == 2 || u)", "true"},
    };
    run(CASES(cases));
}

static bool lookup(void *ctx, struct str name, struct arena *a, struct cel_value *out)
{
    (void)ctx;
    (void)a;
    *out = cel_unknown();
    return str_eqz(name, "a.b") || str_eqz(name, "c");
}

static void names_without_a_schema_are_named_as_far_as_they_resolve(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"a.b.x.y == 1", "unknown(a.b)"},
        {"c && a.b", "unknown(a.b, c)"},
        {"c || true", "true"},
        {"c.d.e.exists(x, x)", "unknown(c)"},
        {"c.f(1)", "!undeclared reference to 'f'"},
    };
    run_cel_cases(CASES(cases), NULL, &(struct cel_env){.lookup = lookup});
}

static void unions_are_sorted_and_without_duplicates(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct cel_value x = cel_unknown_named(&a, STR("m")), y = cel_unknown_named(&a, STR("b"));
    struct cel_value z = cel_unknown_merge(&a, cel_unknown_merge(&a, x, y), x);
    z = cel_unknown_merge(&a, cel_unknown_named(&a, STR("z")), cel_unknown_merge(&a, z, y));
    assert_string_equal(cel_value_text(&a, z).p, "unknown(b, m, z)");
    assert_string_equal(cel_value_text(&a, cel_unknown_merge(&a, cel_unknown(), z)).p,
                        "unknown(b, m, z)");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logic_waits_only_for_what_matters),
        cmocka_unit_test(functions_of_unknowns_are_unknown),
        cmocka_unit_test(a_field_that_is_unknown_is_named_by_its_path),
        cmocka_unit_test(maps_may_be_open),
        cmocka_unit_test(loops_over_unknown_elements_are_three_valued),
        cmocka_unit_test(names_without_a_schema_are_named_as_far_as_they_resolve),
        cmocka_unit_test(unions_are_sorted_and_without_duplicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
