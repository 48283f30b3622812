/* Regular expressions: RE2's syntax, its answers, its faults, and linear time. */
#include "base/mem.h"
#include "law/cel/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct match_case {
    const char *pattern, *text;
    bool want;
};

static void run(const struct match_case *cases, size_t count)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena a;
        const char *fault = "";
        size_t at = 0;
        arena_init(&a);
        const struct regex *re = regex_compile(&a, str_of(cases[i].pattern), &fault, &at);
        if (re == NULL) {
            failed++;
            print_error("/%s/: %s at %zu\n", cases[i].pattern, fault, at);
        } else if (regex_matches(re, str_of(cases[i].text), &a) != cases[i].want) {
            failed++;
            print_error("/%s/ on '%s': wanted %d\n", cases[i].pattern, cases[i].text,
                        cases[i].want);
        }
        arena_release(&a);
    }
    assert_int_equal(failed, 0);
}

#define RUN(cases) run((cases), sizeof(cases) / sizeof(cases)[0])

static void literals_match_anywhere(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"", "", true},
        {"", "a", true},
        {"a", "", false},
        {"a", "bab", true},
        {"ab", "aab", true},
        {"ab", "ba", false},
        {"a|b", "xb", true},
        {"a|", "x", true},
        {"|a", "x", true},
        {"ab|cd", "acd", true},
        {"ab|cd", "ad", false},
        {"(ab|cd)e", "cde", true},
        {"a(b|c)d", "acd", true},
        {"(?:ab)c", "abc", true},
        {"()", "", true},
        {"(?P<name>a)b", "ab", true},
        {"(?<name>a)b", "ab", true},
        {"a{", "a{", true},
        {"a{,3}", "a{,3}", true},
        {"]", "]", true},
        {"}", "}", true},
        {"a]b", "a]b", true},
        {"é", "café", true},
        {"日本", "東京日本", true},
        {"🚢", "a🚢b", true},
    };
    RUN(cases);
}

static void repetition_counts(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"^a*$", "", true},
        {"^a*$", "aaa", true},
        {"^a*$", "ab", false},
        {"^a+$", "", false},
        {"^a+$", "aaa", true},
        {"^a?$", "a", true},
        {"^a?$", "aa", false},
        {"^a{3}$", "aaa", true},
        {"^a{3}$", "aa", false},
        {"^a{2,}$", "aaaa", true},
        {"^a{2,}$", "a", false},
        {"^a{1,3}$", "aaaa", false},
        {"^a{1,3}$", "aa", true},
        {"^a{0}$", "", true},
        {"^a{0}$", "a", false},
        {"^a*?b$", "aab", true},
        {"^a+?$", "aa", true},
        {"^a??b$", "ab", true},
        {"^a{1,2}?$", "aa", true},
        {"^(ab)*$", "abab", true},
        {"^(ab)*$", "aba", false},
        {"^(a*)*$", "aaa", true},
        {"^(a*)*$", "b", false},
        {"^(a|b)*c$", "ababc", true},
        {"^(a+)+$", "aaaaab", false},
        {"^()*$", "", true},
        {"^(|a)+$", "aa", true},
        {"^(a{2}){3}$", "aaaaaa", true},
        {"^(a{2}){3}$", "aaaaa", false},
        {"^.{3}$", "日本語", true},
        {"^a{1000}$", "a", false},
        {"(^a)*b", "b", true},
    };
    RUN(cases);
}

static void classes_hold_ranges_and_names(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"^[abc]$", "b", true},
        {"^[abc]$", "d", false},
        {"^[^abc]$", "d", true},
        {"^[^abc]$", "a", false},
        {"^[^a]$", "\n", true},
        {"^[a-c]$", "b", true},
        {"^[a-c]$", "d", false},
        {"^[a-]$", "-", true},
        {"^[-a]$", "-", true},
        {"^[]a]$", "]", true},
        {"^[^]a]$", "]", false},
        {"^[^]a]$", "b", true},
        {"^[a\\]b]$", "]", true},
        {"^[\\d]$", "5", true},
        {"^[\\D]$", "5", false},
        {"^[\\w-]+$", "a-b_1", true},
        {"^[^\\s]+$", "ab", true},
        {"^[^\\s]+$", "a b", false},
        {"^[[:alpha:]]+$", "aZ", true},
        {"^[[:alpha:]]+$", "a1", false},
        {"^[[:^alpha:]]$", "1", true},
        {"^[[:digit:][:upper:]]+$", "1A", true},
        {"^[[:xdigit:]]+$", "fF0", true},
        {"^[[:punct:]]+$", "!~", true},
        {"^[[:cntrl:]]$", "\x01", true},
        {"^[[:ascii:]]$", "é", false},
        {"^[[:word:]]+$", "a_1", true},
        {"^[[:space:]]$", "\v", true},
        {"^\\s$", "\v", false},
        {"^[à-ý]$", "é", true},
        {"^[à-ý]$", "e", false},
        {"^[\\x41-\\x43]$", "B", true},
        {"^[\\x{1F600}-\\x{1F64F}]$", "😀", true},
        {"^[.*]$", "*", true},
        {"^[.*]$", "a", false},
        {"^[a[]$", "[", true},
        {"^\\d+$", "0123456789", true},
        {"^\\d$", "٣", false},
        {"^\\D$", "٣", true},
        {"^\\w+$", "aZ_9", true},
        {"^\\w$", "é", false},
        {"^\\W$", "é", true},
        {"^\\S\\s\\S$", "a\tb", true},
        {"^[\\n]$", "\n", true},
    };
    RUN(cases);
}

static void anchors_and_edges_hold_their_places(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"^a", "ba", false},
        {"a$", "ab", false},
        {"^$", "", true},
        {"^$", "a", false},
        {"a$", "a\n", false},
        {"^b", "a\nb", false},
        {"(?m)^b", "a\nb", true},
        {"(?m)a$", "a\nb", true},
        {"\\Aa", "a", true},
        {"(?m)\\Ab", "a\nb", false},
        {"a\\z", "a", true},
        {"(?m)a\\z", "a\nb", false},
        {"\\bcat\\b", "a cat.", true},
        {"\\bcat\\b", "concat", false},
        {"\\Bcat", "concat", true},
        {"\\Bcat", "cat", false},
        {"\\b", "", false},
        {"\\B", "", true},
        {"a\\b", "aé", true},
        {"x*^a", "a", true},
        {"(a|^)b", "b", true},
    };
    RUN(cases);
}

static void flags_change_what_follows(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"(?i)berth", "BeRTH", true}, {"(?i:b)erth", "Berth", true}, {"(?i:b)erth", "BErth", false},
        {"b(?i)e", "bE", true},       {"b(?i)e", "BE", false},       {"(?i)[a-c]+$", "ABC", true},
        {"(?i)[^a]", "A", false},     {"(?i)é", "É", true},          {"(?i)ж", "Ж", true},
        {"(?i)σ", "Σ", true},         {"(?i)ő", "Ő", true},          {"(?i)a(?-i)b", "AB", false},
        {"(?i)a(?-i)b", "Ab", true},  {"((?i)a)b", "Ab", true},      {"((?i)a)b", "AB", false},
        {"a.b", "a\nb", false},       {"(?s)a.b", "a\nb", true},     {"(?s:a.)b.", "a\nb\n", false},
        {"(?is)A.B", "a\nb", true},   {"(?U)a+", "a", true},         {"(?i-s)A.B", "a\nb", false},
        {"(?i)(?P<n>x)", "X", true},
    };
    RUN(cases);
}

static void escapes_denote_characters(void **state)
{
    (void)state;
    static const struct match_case cases[] = {
        {"^\\.$", ".", true},
        {"^\\.$", "a", false},
        {"^\\\\$", "\\", true},
        {"^\\t\\n\\r\\f\\v\\a$", "\t\n\r\f\v\a", true},
        {"^\\x41$", "A", true},
        {"^\\x{e9}$", "é", true},
        {"^\\101$", "A", true},
        {"^\\0$", "", false},
        {"^\\Qa.b*\\E$", "a.b*", true},
        {"^\\Qa.b*\\E$", "axb", false},
        {"\\Q(", "(", true},
        {"^\\-\\/\\_$", "-/_", true},
        {"^\\*\\+\\?\\(\\)\\[\\]\\{\\}\\^\\$\\|$", "*+?()[]{}^$|", true},
    };
    RUN(cases);
}

static void faults_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *fault;
    } cases[] = {
        {"(", "missing closing )"},
        {"(a", "missing closing )"},
        {")", "unexpected )"},
        {"a)b", "unexpected )"},
        {"[", "missing closing ]"},
        {"[a", "missing closing ]"},
        {"[]", "missing closing ]"},
        {"[b-a]", "invalid character class range"},
        {"[[:foo:]]", "invalid character class name"},
        {"[a-\\d]", "invalid escape sequence in a class"},
        {"*", "missing argument to repetition operator"},
        {"+a", "missing argument to repetition operator"},
        {"a|*", "missing argument to repetition operator"},
        {"(?)", "invalid or unsupported group syntax"},
        {"(?i)*", "missing argument to repetition operator"},
        {"a**", "invalid nested repetition operator"},
        {"a+*", "invalid nested repetition operator"},
        {"a{2}{3}", "invalid nested repetition operator"},
        {"a{1001}", "invalid repeat count"},
        {"a{2,1}", "invalid repeat count"},
        {"a{1,1001}", "invalid repeat count"},
        {"\\", "trailing \\"},
        {"\\8", "invalid escape sequence"},
        {"\\1", "invalid escape sequence"},
        {"\\q", "invalid escape sequence"},
        {"\\Z", "invalid escape sequence"},
        {"\\C", "invalid escape sequence"},
        {"\\x4", "invalid escape sequence"},
        {"\\x{110000}", "invalid escape sequence"},
        {"\\x{}", "invalid escape sequence"},
        {"\\pL", "\\p classes are not supported"},
        {"(?=a)", "invalid or unsupported group syntax"},
        {"(?!a)", "invalid or unsupported group syntax"},
        {"(?<=a)", "invalid or unsupported group syntax"},
        {"(?P<1-x>a)", "invalid or unsupported group syntax"},
        {"(?<>a)", "invalid or unsupported group syntax"},
        {"(?z)", "invalid or unsupported group syntax"},
        {"(?i", "invalid or unsupported group syntax"},
        {"((((a{100}){100}){100}){100}){100}", "the pattern is too large"},
        {"(((((){1000}){1000}){1000}){1000}){1000}", "the pattern is too large"},
        {"(((((|){1000}){1000}){1000}){1000}){1000}", "the pattern is too large"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena a;
        const char *fault = "";
        size_t at = 0;
        arena_init(&a);
        const struct regex *re = regex_compile(&a, str_of(cases[i].pattern), &fault, &at);
        if (re != NULL || strstr(fault, cases[i].fault) == NULL) {
            print_error("/%s/: %s\n", cases[i].pattern, re != NULL ? "compiled" : fault);
        }
        assert_null(re);
        assert_non_null(strstr(fault, cases[i].fault));
        assert_true(at <= strlen(cases[i].pattern));
        arena_release(&a);
    }
}

static void size_and_depth_are_limited(void **state)
{
    (void)state;
    struct arena a;
    const char *fault = "";
    size_t at;
    arena_init(&a);
    char *long_pattern = arena_alloc(&a, REGEX_PATTERN_BYTES_MAX + 2, 1);
    memset(long_pattern, 'a', REGEX_PATTERN_BYTES_MAX + 1);
    assert_null(regex_compile(&a, str_of(long_pattern), &fault, &at));
    assert_string_equal(fault, "the pattern is too long");
    memset(long_pattern, '(', 2000);
    memset(long_pattern + 2000, ')', 2000);
    long_pattern[4000] = '\0';
    assert_null(regex_compile(&a, str_of(long_pattern), &fault, &at));
    assert_string_equal(fault, "groups are nested too deep");
    arena_release(&a);
}

/* Patterns on which backtracking takes exponential time. */
static void no_pattern_is_slow(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "^(a+)+$", "^(a|a)*$", "^(a*)*b$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y"};
    enum { LENGTH = 20000 };
    struct arena a;
    arena_init(&a);
    char *text = arena_alloc(&a, LENGTH + 2, 1);
    memset(text, 'a', LENGTH);
    text[LENGTH] = '!';
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        const char *fault;
        size_t at;
        const struct regex *re = regex_compile(&a, str_of(patterns[i]), &fault, &at);
        assert_non_null(re);
        assert_false(regex_matches(re, str_of(text), &a));
        assert_true(regex_cost(re, LENGTH) < 100000);
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_match_anywhere),
        cmocka_unit_test(repetition_counts),
        cmocka_unit_test(classes_hold_ranges_and_names),
        cmocka_unit_test(anchors_and_edges_hold_their_places),
        cmocka_unit_test(flags_change_what_follows),
        cmocka_unit_test(escapes_denote_characters),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(size_and_depth_are_limited),
        cmocka_unit_test(no_pattern_is_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
