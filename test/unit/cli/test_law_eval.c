/* berth law eval: what is printed where, and the exit code. */
#include "cli/cmd_law_eval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 4096, WORDS_MAX = 8 };

struct outcome {
    int code;
    char out[OUTPUT_MAX], err[OUTPUT_MAX];
};

static int redirect(FILE *stream, FILE *to)
{
    (void)fflush(stream);
    int saved = dup(fileno(stream));
    assert_true(saved >= 0 && dup2(fileno(to), fileno(stream)) >= 0);
    return saved;
}

static void restore(FILE *stream, int saved, FILE *from, char text[OUTPUT_MAX])
{
    (void)fflush(stream);
    assert_true(dup2(saved, fileno(stream)) >= 0);
    (void)close(saved);
    rewind(from);
    text[fread(text, 1, OUTPUT_MAX - 1, from)] = '\0';
    (void)fclose(from);
}

/* Run the command with words separated by '|', for words may have blanks. */
static struct outcome run(const char *words)
{
    static char line[OUTPUT_MAX];
    char *argv[WORDS_MAX + 1] = {0};
    int argc = 0;
    struct outcome o;
    (void)snprintf(line, sizeof line, "law eval|%s", words);
    for (char *p = line, *end = line; end != NULL && argc < WORDS_MAX; p = end + 1) {
        end = strchr(p, '|');
        if (end != NULL) *end = '\0';
        argv[argc++] = p;
        if (end == NULL) break;
    }
    FILE *out = tmpfile(), *err = tmpfile();
    assert_true(out != NULL && err != NULL);
    int saved_out = redirect(stdout, out), saved_err = redirect(stderr, err);
    o.code = cmd_law_eval(argc, argv);
    restore(stdout, saved_out, out, o.out);
    restore(stderr, saved_err, err, o.err);
    return o;
}

static void values_go_to_stdout_as_json(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1 + 2", "3\n"},
        {"-1 < 0", "true\n"},
        {"--5", "5\n"},
        {"'a' + 'b'", "\"ab\"\n"},
        {"[1, 2.5, null]", "[1,2.5,null]\n"},
        {"b'\\xff'", "\"/w==\"\n"},
        {"--|-(3)", "-3\n"},
        {"1 + 2|--type", "int\n"},
        {"--type|{'a': [1u]}", "map(string, list(uint))\n"},
        {"--type|-1", "int\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct outcome o = run(cases[i][0]);
        assert_string_equal(o.out, cases[i][1]);
        assert_string_equal(o.err, "");
        assert_int_equal(o.code, 0);
    }
}

static void errors_go_to_stderr_with_a_caret(void **state)
{
    (void)state;
    struct outcome o = run("1 / 0");
    assert_string_equal(o.err, "ERROR: <input>:1:3: divide by zero\n | 1 / 0\n | ..^\n");
    assert_string_equal(o.out, "");
    assert_int_equal(o.code, 1);
    o = run("x +");
    assert_non_null(strstr(o.err, "ERROR: <input>:1:4: Syntax error"));
    assert_int_equal(o.code, 1);
    o = run("1 + 'a'|--type");
    assert_non_null(
        strstr(o.err, "found no matching overload for '_+_' applied to '(int, string)'"));
    assert_int_equal(o.code, 1);
    o = run("");
    assert_int_equal(o.code, 1);
    o = run("1|2");
    assert_non_null(strstr(o.err, "one expression is wanted"));
    assert_int_equal(o.code, 1);
    o = run("1|--vars=/nonexistent/facts.json");
    assert_non_null(strstr(o.err, "cannot open '/nonexistent/facts.json'"));
    assert_int_equal(o.code, 1);
}

static void variables_come_from_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/berth-test-eval-XXXXXX", words[256];
    static const char facts[] = "{\"chip\": {\"tpp\": 4720.0}, \"d5\": [\"XA\", \"XB\"], \"n\": 3}";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(write(fd, facts, sizeof facts - 1) == (ssize_t)(sizeof facts - 1));
    (void)close(fd);
    (void)snprintf(words, sizeof words, "--vars|%s|chip.tpp >= 4800.0 ? n : size(d5)", path);
    assert_string_equal(run(words).out, "2\n");
    (void)snprintf(words, sizeof words, "d5|--type|--vars=%s", path);
    assert_string_equal(run(words).out, "list(string)\n");
    (void)snprintf(words, sizeof words, "m|--vars=%s", path);
    assert_non_null(strstr(run(words).err, "undeclared reference to 'm'"));
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_go_to_stdout_as_json),
        cmocka_unit_test(errors_go_to_stderr_with_a_caret),
        cmocka_unit_test(variables_come_from_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
