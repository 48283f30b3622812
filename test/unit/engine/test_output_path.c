#include "engine/output_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct row {
    const char *pattern, *want;
};

static void check(const struct row *rows, size_t count, const struct output_names *names)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < count; i++) {
        struct str got = output_path(str_of(rows[i].pattern), STR("/run"), names, &arena);
        if (!str_eqz(got, rows[i].want))
            fail_msg("\"%s\" gave \"%s\", not \"%s\"", rows[i].pattern, got.p, rows[i].want);
    }
    arena_release(&arena);
}

static void every_pattern_of_sbatch_is_replaced(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "/run/slurm-12.out"},
        {"out", "/run/out"},
        {"/abs/out", "/abs/out"},
        {"a/b", "/run/a/b"},
        {"%j", "/run/12"},
        {"%J", "/run/12"},
        {"%4j", "/run/0012"},
        {"%10j", "/run/0000000012"},
        {"%99j", "/run/0000000012"},
        {"%A-%a", "/run/12-4294967294"},
        {"%b", "/run/4"},
        {"%x", "/run/train"},
        {"%u", "/run/mika"},
        {"%N", "/run/tyo001"},
        {"%n%t", "/run/00"},
        {"%2n", "/run/00"},
        {"%s", "/run/batch"},
        {"%%j", "/run/%j"},
        {"100%", "/run/100%"},
        {"%5", "/run/%5"},
        {"%z", "/run/%z"},
        {"%%%%", "/run/%%"},
        {"\\%j", "/run/%j"},
        {"a\\b%j", "/run/ab%j"},
        {"/x/%x.%j.%u", "/x/train.12.mika"},
    };
    const struct output_names names = {
        .job = {12}, .job_name = STR("train"), .user = STR("mika"), .node = STR("tyo001")};
    check(rows, sizeof rows / sizeof *rows, &names);
}

static void tasks_of_an_array_have_both_numbers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "/run/slurm-10_23.out"},  {"%A_%a", "/run/10_23"}, {"%j", "/run/12"},
        {"%4A_%4a", "/run/0010_0023"}, {"%b", "/run/3"},
    };
    const struct output_names names = {.job = {12}, .array_job = {10}, .array_task = 23};
    check(rows, sizeof rows / sizeof *rows, &names);
}

static void names_cannot_lead_out_of_the_folder(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"%x", "/run/.._.._etc_passwd"},
        {"%u", "/run/_root"},
        {"%x/%j", "/run/.._.._etc_passwd/1"},
    };
    const struct output_names names = {
        .job = {1}, .job_name = STR("../../etc/passwd"), .user = STR("/root")};
    check(rows, sizeof rows / sizeof *rows, &names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pattern_of_sbatch_is_replaced),
        cmocka_unit_test(tasks_of_an_array_have_both_numbers),
        cmocka_unit_test(names_cannot_lead_out_of_the_folder),
    };
    return cmocka_run_group_tests_name("output_path", tests, NULL, NULL);
}
