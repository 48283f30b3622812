#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/lists.h"
#include "cli/targets.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {'a', "all", NULL, "all"},
    {'n', "name", "NAME", "a name"},
    {'j', "jobs", "[=LIST]", "perhaps a list"},
    {OPTION_LONG, "json", NULL, "JSON"},
    {0},
};

enum { WORDS_MAX = 16, LINE_BYTES = 256 };

/* Split a command line at blanks, in place. */
static int split(char *line, char *argv[WORDS_MAX + 1])
{
    int argc = 0;
    char *rest = NULL;
    for (char *w = strtok_r(line, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest)) {
        assert_true(argc < WORDS_MAX);
        argv[argc++] = w;
    }
    argv[argc] = NULL;
    return argc;
}

/* Parse a command line; what was met is written as "a n=x | operand ...". */
static const char *parse(const char *text, bool in_order, char out[LINE_BYTES])
{
    struct args a;
    char line[LINE_BYTES];
    char *argv[WORDS_MAX + 1];
    size_t n = 0;
    snprintf(line, sizeof line, "%s", text);
    int argc = split(line, argv);
    out[0] = '\0';
    args_init(&a, argc, argv, options, in_order);
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        if (id == ARGS_STOP) return "stop";
        n += (size_t)snprintf(out + n, LINE_BYTES - n, id < OPTION_LONG ? "%c" : "#%d", id);
        if (a.value != NULL) n += (size_t)snprintf(out + n, LINE_BYTES - n, "=%s", a.value);
        n += (size_t)snprintf(out + n, LINE_BYTES - n, " ");
    }
    n += (size_t)snprintf(out + n, LINE_BYTES - n, "|");
    for (int i = 0; i < args_count(&a); i++)
        n += (size_t)snprintf(out + n, LINE_BYTES - n, " %s", args_operands(&a)[i]);
    return out;
}

static void options_may_stand_anywhere(void **state)
{
    (void)state;
    char out[LINE_BYTES];
    assert_string_equal(parse("test 12 -a -nx --json 13", false, out), "a n=x #256 | 12 13");
    assert_string_equal(parse("test --name=y -- -a", false, out), "n=y | -a");
    assert_string_equal(parse("test --na z -j --jobs=1,2", false, out), "n=z j j=1,2 |");
}

static void in_order_the_first_operand_ends_the_options(void **state)
{
    (void)state;
    char out[LINE_BYTES];
    assert_string_equal(parse("test -a script -n", true, out), "a | script -n");
}

/* Run with stderr in a file; gives what was written there. */
static const char *complaint(const char *text, char out[512])
{
    char ignored[LINE_BYTES];
    FILE *f = tmpfile();
    assert_non_null(f);
    fflush(stderr);
    int keep = dup(STDERR_FILENO);
    dup2(fileno(f), STDERR_FILENO);
    assert_string_equal(parse(text, false, ignored), "stop");
    fflush(stderr);
    dup2(keep, STDERR_FILENO);
    close(keep);
    rewind(f);
    size_t n = fread(out, 1, 511, f);
    out[n] = '\0';
    fclose(f);
    return out;
}

static void mistakes_are_answered_with_the_nearest_option(void **state)
{
    (void)state;
    char out[512];
    assert_string_equal(complaint("squeue --jsno", out),
                        "squeue: error: there is no option '--jsno'; did you mean '--json'?\n");
    assert_string_equal(complaint("squeue --frobnicate", out),
                        "squeue: error: there is no option '--frobnicate'; see 'squeue --help'\n");
    assert_string_equal(complaint("squeue -x", out),
                        "squeue: error: there is no option '-x'; see 'squeue --help'\n");
    assert_string_equal(complaint("squeue -n", out), "squeue: error: option '-n' needs a value\n");
    assert_string_equal(complaint("squeue --name", out),
                        "squeue: error: option '--name' needs a value\n");
    assert_string_equal(complaint("squeue --json=1", out),
                        "squeue: error: option '--json' takes no value\n");
}

static void unknown_commands_get_a_suggestion(void **state)
{
    (void)state;
    assert_string_equal(command_nearest("sumbit"), "submit");
    assert_string_equal(command_nearest("qeue"), "queue");
    assert_string_equal(command_nearest("squeu"), "squeue");
    assert_null(command_nearest("frobnicate"));
}

static void lists_are_walked_and_searched(void **state)
{
    (void)state;
    struct str list = STR("a,,bc,"), item;
    assert_true(list_next(&list, &item));
    assert_true(str_eqz(item, "a"));
    assert_true(list_next(&list, &item));
    assert_true(str_eqz(item, "bc"));
    assert_false(list_next(&list, &item));
    assert_true(list_has(STR("RUNNING,pd"), STR("PD")));
    assert_false(list_has(STR("RUNNING,pd"), STR("P")));
    assert_false(list_has(STR(""), STR("")));
}

static void job_ids_name_jobs_and_tasks(void **state)
{
    (void)state;
    struct arena arena;
    struct target t;
    struct errtext error;
    arena_init(&arena);
    struct job_view single = {.job_id = 12};
    struct job_view task = {.job_id = 15, .is_array = true, .array_job_id = 12, .array_task_id = 3};
    assert_int_equal(target_parse(STR("12"), &arena, &t, &error), ERR_NONE);
    assert_true(target_has(&t, &single));
    assert_true(target_has(&t, &task));
    assert_int_equal(target_parse(STR("12_3"), &arena, &t, &error), ERR_NONE);
    assert_false(target_has(&t, &single));
    assert_true(target_has(&t, &task));
    assert_int_equal(target_parse(STR("12_[1-2,4]"), &arena, &t, &error), ERR_NONE);
    assert_false(target_has(&t, &task));
    assert_int_equal(target_parse(STR("15"), &arena, &t, &error), ERR_NONE);
    assert_true(target_has(&t, &task));
    static const char *const wrong[] = {"", "0", "x", "12_", "12_x", "12_[", "-1", "99999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(target_parse(str_of(wrong[i]), &arena, &t, &error), ERR_INVALID);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(in_order_the_first_operand_ends_the_options),
        cmocka_unit_test(mistakes_are_answered_with_the_nearest_option),
        cmocka_unit_test(unknown_commands_get_a_suggestion),
        cmocka_unit_test(lists_are_walked_and_searched),
        cmocka_unit_test(job_ids_name_jobs_and_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
