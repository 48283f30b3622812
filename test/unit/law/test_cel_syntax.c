/* Words, literals, precedence and faults of the grammar. */
#include "unit/law/cel_cases.h"

static void literals_evaluate_to_themselves(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"0", "0"},
        {"17", "17"},
        {"007", "7"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"- 5", "-5"},
        {"0x0", "0"},
        {"0xFf", "255"},
        {"-0x10", "-16"},
        {"0x7fffffffffffffff", "9223372036854775807"},
        {"0u", "0u"},
        {"3U", "3u"},
        {"0xFFu", "255u"},
        {"18446744073709551615u", "18446744073709551615u"},
        {"0.0", "0.0"},
        {"1.5", "1.5"},
        {".5", "0.5"},
        {"1e3", "1000.0"},
        {"1E3", "1000.0"},
        {"2.5e-3", "0.0025"},
        {"-2.5e+3", "-2500.0"},
        {"-0.0", "-0.0"},
        {"1e308", "1e+308"},
        {"0.1", "0.1"},
        {"true", "true"},
        {"false", "false"},
        {"null", "null"},
        {"[]", "[]"},
        {"{}", "{}"},
        {"[1, 2u, 3.5]", "[1, 2u, 3.5]"},
        {"[1, 2,]", "[1, 2]"},
        {"{'a': 1, 'b': [true]}", "{\"a\": 1, \"b\": [true]}"},
        {"{1: 2, 3u: 4, true: 5,}", "{1: 2, 3u: 4, true: 5}"},
        {"[[], [[]]]", "[[], [[]]]"},
    };
    run_cel_cases(CASES(cases), NULL, NULL);
}

static void strings_read_quotes_and_escapes(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"''", "\"\""},
        {"\"\"", "\"\""},
        {"'berth'", "\"berth\""},
        {"\"it's\"", "\"it's\""},
        {"'say \"so\"'", "\"say \\\"so\\\"\""},
        {"'''a'b''c'''", "\"a'b''c\""},
        {"\"\"\"a\"b\"\"c\"\"\"", "\"a\\\"b\\\"\\\"c\""},
        {"'''two\nlines'''", "\"two\\nlines\""},
        {"''''''", "\"\""},
        {"'\\n\\t\\\\\\'\\\"\\?\\`'", "\"\\n\\x09\\\\'\\\"?`\""},
        {"'\\a\\b\\f\\v\\r'", "\"\\x07\\x08\\x0c\\x0b\\x0d\""},
        {"'\\x41\\X42'", "\"AB\""},
        {"'\\101'", "\"A\""},
        {"'\\377' == '\\u00ff'", "true"},
        {"'\\xe9' == 'é'", "true"},
        {"'\\u00e9'", "\"é\""},
        {"'\\U0001F6A2'", "\"🚢\""},
        {"'\\ud83d\\udea2'", "\"🚢\""},
        {"size('\\U00088888')", "1"},
        {"r'\\n'", "\"\\\\n\""},
        {"R\"\\d+\"", "\"\\\\d+\""},
        {"r'''a\\'''", "\"a\\\\\""},
        {"b'abc'", "b\"abc\""},
        {"B'\\xff\\377'", "b\"\\xff\\xff\""},
        {"b'é'", "b\"\\xc3\\xa9\""},
        {"b'\\u00e9'", "b\"\\xc3\\xa9\""},
        {"br'\\x00'", "b\"\\\\x00\""},
        {"rb'\\x00'", "!the end is wanted"},
        {"b'''x\ny'''", "b\"x\\ny\""},
        {"'a' 'b'", "!the end is wanted"},
        {"'abc", "!no closing quote"},
        {"'a\nb'", "!no closing quote on its line"},
        {"'a\rb'", "!no closing quote on its line"},
        {"'''abc''", "!no closing quote"},
        {"'abc\\'", "!no closing quote"},
        {"'\\q'", "!escape"},
        {"'\\x4'", "!escape"},
        {"'\\400'", "!escape"},
        {"'\\12'", "!escape"},
        {"'\\u12'", "!escape"},
        {"'\\ud800'", "!escape"},
        {"'\\ud800\\u0041'", "!escape"},
        {"'\\U00110000'", "!escape"},
        {"'\\U0000d800'", "!escape"},
    };
    run_cel_cases(CASES(cases), NULL, NULL);
}

static void operators_bind_as_the_specification_says(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"1 + 2 * 3", "7"},
        {"(1 + 2) * 3", "9"},
        {"10 - 4 - 3", "3"},
        {"100 / 10 / 5", "2"},
        {"17 % 10 % 4", "3"},
        {"2 * 3 % 4", "2"},
        {"1 + 1 == 2", "true"},
        {"1 < 2 == true", "true"},
        {"false == 2 < 1", "!no such overload"},
        {"true || false && false", "true"},
        {"(true || false) && false", "false"},
        {"!true || true", "true"},
        {"!(true || true)", "false"},
        {"!!true", "true"},
        {"--5", "5"},
        {"---5", "-5"},
        {"-(-(5))", "5"},
        {"-5 + 3", "-2"},
        {"3 - -5", "8"},
        {"2 in [1, 2] == true", "true"},
        {"true ? 1 : false ? 2 : 3", "1"},
        {"false ? 1 : false ? 2 : 3", "3"},
        {"false ? 1 : true ? 2 : 3", "2"},
        {"(true ? false : true) ? 1 : 2", "2"},
        {"true || false ? 1 : 2", "1"},
        {"[1, 2][0] + 1", "2"},
        {"{'a': {'b': 3}}.a.b", "3"},
        {"[[1, 2], [3]][1][0]", "3"},
        {"-[1, 2][1]", "-2"},
        {"1 // a comment", "1"},
        {"1 + // one\n 2", "3"},
        {" \t\r\n\f 1", "1"},
        {"// only\n1", "1"},
        {"'//' + '/'", "\"///\""},
        {"((((((1))))))", "1"},
    };
    run_cel_cases(CASES(cases), NULL, NULL);
}

static void faults_of_grammar_name_their_place(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"", "!<input>:1:1: Syntax error: the expression ends here"},
        {"   ", "!<input>:1:4"},
        {"1 +", "!<input>:1:4: Syntax error: the expression ends here"},
        {"1 + + 2", "!<input>:1:5: Syntax error: '+' found"},
        {"(1", "!')' is wanted"},
        {"[1", "!',' or ']' is wanted"},
        {"[1 2]", "!<input>:1:4: Syntax error: '2' found"},
        {"[,]", "!an expression is wanted"},
        {"{1}", "!':' is wanted"},
        {"{1: 2", "!',' or '}' is wanted"},
        {"{,}", "!an expression is wanted"},
        {"size(", "!an expression is wanted"},
        {"size('a',)", "!an argument is wanted"},
        {"1)", "!the end is wanted"},
        {"a.", "!a field name is wanted"},
        {"a.1", "!the end is wanted"},
        {"a.'b'", "!a field name is wanted"},
        {"a.true", "!a field name is wanted"},
        {"a.in", "!a field name is wanted"},
        {"a..b", "!a field name is wanted"},
        {".", "!a name is wanted"},
        {"a.?b", "!optional fields are not supported"},
        {"[?1]", "!an expression is wanted"},
        {"1 = 2", "!no meaning here"},
        {"1 & 2", "!no meaning here"},
        {"true | false", "!no meaning here"},
        {"a # b", "!no meaning here"},
        {"a @ b", "!no meaning here"},
        {"~1", "!no meaning here"},
        {"1 ? 2", "!':' is wanted"},
        {"1 : 2", "!the end is wanted"},
        {"if", "!reserved word"},
        {"let x", "!reserved word"},
        {"while(true)", "!reserved word"},
        {"1 <> 2", "!'>' found"},
        {"1 === 2", "!no meaning here"},
        {"in [1]", "!an expression is wanted"},
        {"!", "!an expression is wanted"},
        {"1abc", "!the end is wanted"},
        {"0xg", "!the end is wanted"},
        {"1.", "!a field name is wanted"},
        {"1e", "!the end is wanted"},
        {"1uu", "!the end is wanted"},
        {"9223372036854775808", "!range of int"},
        {"-9223372036854775809", "!range of int"},
        {"--9223372036854775808", "!integer overflow"},
        {"0x8000000000000000", "!range of int"},
        {"99999999999999999999", "!range of int"},
        {"18446744073709551616u", "!range of uint"},
        {"1e309", "!range of double"},
        {"chip.Chip{tpp: 1}", "!message literals are not supported"},
        {"Chip{}", "!message literals are not supported"},
        {"`a`", "!an expression is wanted"},
        {"a.`b", "!backquotes"},
        {"a.``", "!backquotes"},
        {"1 +\n  * 2", "!<input>:2:3: Syntax error: '*' found"},
        {"'é' + #", "!<input>:1:7"},
        {"[1].all(1, true)", "!first argument of a macro must be a simple name"},
        {"[1].map(.x, x)", "!first argument of a macro must be a simple name"},
        {"[1].exists(x.y, true)", "!first argument of a macro must be a simple name"},
        {"has(a)", "!invalid argument to has() macro"},
        {"has({'a': 1}['a'])", "!invalid argument to has() macro"},
        {"has(1)", "!invalid argument to has() macro"},
    };
    run_cel_cases(CASES(cases), NULL, NULL);
}

static void a_fault_shows_its_line_and_a_caret(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    assert_string_equal(cel_outcome(&a, "true &&\n  1 + 'é' + ~", NULL, NULL),
                        "!ERROR: <input>:2:13: Syntax error: this character has no meaning here\n"
                        " |   1 + 'é' + ~\n"
                        " | ............^");
    assert_string_equal(cel_outcome(&a, "1 / 0", NULL, NULL),
                        "!ERROR: <input>:1:3: divide by zero\n"
                        " | 1 / 0\n"
                        " | ..^");
    arena_release(&a);
}

static void fields_may_be_reserved_words_or_quoted(void **state)
{
    (void)state;
    static const struct cel_case cases[] = {
        {"{'if': 1}.if", "1"},
        {"{'package': {'var': 2}}.package.var", "2"},
        {"{'a-b': 1}.`a-b`", "1"},
        {"{'/api/v1': {'x.y': 2}}.`/api/v1`.`x.y`", "2"},
        {"has({'a b': 1}.`a b`)", "true"},
        {"has({'a b': 1}.`a-b`)", "false"},
    };
    run_cel_cases(CASES(cases), NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_evaluate_to_themselves),
        cmocka_unit_test(strings_read_quotes_and_escapes),
        cmocka_unit_test(operators_bind_as_the_specification_says),
        cmocka_unit_test(faults_of_grammar_name_their_place),
        cmocka_unit_test(a_fault_shows_its_line_and_a_caret),
        cmocka_unit_test(fields_may_be_reserved_words_or_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
