/* squeue's and sacct's formats against lines as Slurm prints them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/job_rows.h"
#include "unit/cli/slurm_headers.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define T0 INT64_C(1795291200000) /* 2026-11-21T20:00:00Z */
#define MINUTE_MS INT64_C(60000)

static struct job_view running(void)
{
    return (struct job_view){
        .job_id = 12,
        .name = STR("train-large-model"),
        .user = STR("alice"),
        .account = STR("acme"),
        .partition = STR("tokyo-h100"),
        .uid = 1000,
        .state = STR("RUNNING"),
        .state_code = STR("R"),
        .reason = STR("None"),
        .nodes = STR("th[001-002]"),
        .site = STR("tokyo"),
        .chip = STR("h100-sxm"),
        .node_count = 2,
        .chips = 16,
        .cpus = 32,
        .tasks = 2,
        .cpus_per_task = 16,
        .mem_mb = 65536,
        .gres = STR("gpu:h100-sxm:8"),
        .submit_ms = T0 - 10 * MINUTE_MS,
        .eligible_ms = T0 - 10 * MINUTE_MS,
        .start_ms = T0 - 5 * MINUTE_MS,
        .time_limit_ms = 120 * MINUTE_MS,
        .priority = 100,
        .attempt = 1,
        .cost_uusd = 67200000,
        .requeue = true,
    };
}

static struct job_view pending(uint32_t id, uint32_t task)
{
    return (struct job_view){
        .job_id = id,
        .array_job_id = 20,
        .array_task_id = task,
        .is_array = true,
        .name = STR("sweep"),
        .user = STR("bob"),
        .account = STR("acme"),
        .state = STR("PENDING"),
        .state_code = STR("PD"),
        .reason = STR("Resources"),
        .cpus = 1,
        .submit_ms = T0,
        .time_limit_ms = 30 * MINUTE_MS,
    };
}

/* Format one job with a percent format. */
static char *percent(const struct job_view *job, const char *text, bool header)
{
    struct format format;
    struct errtext error;
    struct buf out = {0};
    struct job_row row = {.job = job, .task_count = 1};
    struct job_env env = {.now_ms = T0};
    assert_int_equal(format_percent(str_of(text), queue_fields, queue_field_count, &format, &error),
                     ERR_NONE);
    if (header)
        format_header(&format, STYLE_CUT, &out);
    else
        format_row(&format, STYLE_CUT, &row, &env, &out);
    return out.p;
}

static void expect(char *got, const char *want)
{
    assert_string_equal(got, want);
    free(got);
}

static void the_default_format_is_squeues(void **state)
{
    (void)state;
    struct job_view j = running();
    expect(
        percent(&j, QUEUE_FORMAT, true),
        "             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)\n");
    expect(percent(&j, QUEUE_FORMAT, false),
           "                12 tokyo-h10 train-la    alice  R       5:00      2 th[001-002]\n");
}

static void the_long_format_is_squeues(void **state)
{
    (void)state;
    struct job_view j = running();
    expect(percent(&j, QUEUE_FORMAT_LONG, true),
           "             JOBID PARTITION     NAME     USER    STATE       TIME TIME_LIMI  NODES "
           "NODELIST(REASON)\n");
    expect(percent(&j, QUEUE_FORMAT_LONG, false),
           "                12 tokyo-h10 train-la    alice  RUNNING       5:00   2:00:00      2 "
           "th[001-002]\n");
}

static void a_waiting_job_shows_its_reason_in_brackets(void **state)
{
    (void)state;
    struct job_view j = pending(23, 3);
    expect(percent(&j, "%i %t %M %l %R|%r|%N|%S", false),
           "20_3 PD 0:00 30:00 (Resources)|Resources||N/A\n");
    j.state = STR("REFUSED");
    j.state_code = STR("RF");
    j.reason = STR("LawNoSite");
    expect(percent(&j, "%t %R", false), "RF (LawNoSite)\n");
}

static void every_letter_prints_what_slurm_prints(void **state)
{
    (void)state;
    struct job_view j = running();
    static const char *const rows[][2] = {
        {"%a", "acme"},
        {"%A", "12"},
        {"%b", "gres/gpu:h100-sxm:8"},
        {"%c", "16"},
        {"%C", "32"},
        {"%D", "2"},
        {"%e", "2026-11-21T21:55:00"},
        {"%E", "(null)"},
        {"%F", "12"},
        {"%K", "N/A"},
        {"%k", "(null)"},
        {"%L", "1:55:00"},
        {"%m", "64G"},
        {"%p", "100"},
        {"%q", "normal"},
        {"%Q", "100"},
        {"%S", "2026-11-21T19:55:00"},
        {"%T", "RUNNING"},
        {"%U", "1000"},
        {"%V", "2026-11-21T19:50:00"},
        {"%v", "(null)"},
        {"%B", "th001"},
        {"%z", "*:*:*"},
        {"x%iy", "x12y"},
        {"%5i|", "12   |"},
        {"%.5i|", "   12|"},
        {"%1i|", "1|"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = percent(&j, rows[i][0], false);
        got[strlen(got) - 1] = '\0';
        if (strcmp(got, rows[i][1]) != 0) fail_msg("%s gives '%s'", rows[i][0], got);
        free(got);
    }
}

static void the_long_dialect_names_fields(void **state)
{
    (void)state;
    struct job_view j = running();
    struct job_row row = {.job = &j, .task_count = 1};
    struct job_env env = {.now_ms = T0, .cluster = STR("pacific")};
    struct format format;
    struct errtext error;
    struct buf out = {0};
    assert_int_equal(format_long(STR("jobid:6,Name:.8,StartTime,Chip:10,cluster:7"), queue_fields,
                                 queue_field_count, &format, &error),
                     ERR_NONE);
    format_header(&format, STYLE_CUT, &out);
    format_row(&format, STYLE_CUT, &row, &env, &out);
    assert_string_equal(out.p, "JOBID     NAMESTART_TIME          CHIP      CLUSTER\n"
                               "12    train-la2026-11-21T19:55:00 h100-sxm  pacific\n");
    buf_release(&out);
}

static void progress_is_told_by_its_names(void **state)
{
    (void)state;
    struct job_view j = running();
    struct job_row row = {.job = &j, .task_count = 1};
    struct job_env env = {.now_ms = T0};
    struct format format;
    struct errtext error;
    struct buf out = {0};
    assert_int_equal(format_long(STR("Progress:9,Steps:9,EndTime:20,ExpectedEnd:20"), queue_fields,
                                 queue_field_count, &format, &error),
                     ERR_NONE);
    format_row(&format, STYLE_CUT, &row, &env, &out);
    j.steps = 333;
    j.steps_total = 1000;
    j.heartbeat_ms = T0;
    j.expected_end_ms = T0 + 10 * MINUTE_MS;
    format_row(&format, STYLE_CUT, &row, &env, &out);
    assert_string_equal(out.p, "N/A      0        2026-11-21T21:55:00 2026-11-21T21:55:00 \n"
                               "33%      333/1000 2026-11-21T21:55:00 2026-11-21T20:10:00 \n");
    buf_release(&out);
}

static void wrong_formats_are_named(void **state)
{
    (void)state;
    struct format format;
    struct errtext error;
    assert_int_equal(format_percent(STR("%i %1"), queue_fields, queue_field_count, &format, &error),
                     ERR_INVALID);
    assert_int_equal(format_percent(STR("%?"), queue_fields, queue_field_count, &format, &error),
                     ERR_INVALID);
    assert_non_null(strstr(error.s, "%?"));
    assert_int_equal(
        format_percent(STR("%99999i"), queue_fields, queue_field_count, &format, &error),
        ERR_LIMIT);
    assert_int_equal(format_long(STR("Nme"), queue_fields, queue_field_count, &format, &error),
                     ERR_INVALID);
    assert_non_null(strstr(error.s, "'Nme'"));
    assert_int_equal(format_long(STR("Name:8x"), queue_fields, queue_field_count, &format, &error),
                     ERR_INVALID);
    assert_int_equal(format_account(STR(""), acct_fields, acct_field_count, &format, &error),
                     ERR_INVALID);
    struct buf many = {0};
    for (int i = 0; i <= FORMAT_ITEMS_MAX; i++) buf_puts(&many, "%i");
    assert_int_equal(
        format_percent(buf_str(&many), queue_fields, queue_field_count, &format, &error),
        ERR_LIMIT);
    buf_release(&many);
}

static char *account(const struct job_view *job, const char *text, enum format_style style,
                     bool header)
{
    struct format format;
    struct errtext error;
    struct buf out = {0};
    struct job_row row = {.job = job, .task_count = 1};
    struct job_env env = {.now_ms = T0, .cluster = STR("pacific")};
    assert_int_equal(format_account(str_of(text), acct_fields, acct_field_count, &format, &error),
                     ERR_NONE);
    if (header) format_header(&format, style, &out);
    if (header && style == STYLE_PLUS) format_rule(&format, &out);
    if (!header) format_row(&format, style, &row, &env, &out);
    return out.p;
}

static void the_account_format_is_saccts(void **state)
{
    (void)state;
    struct job_view j = running();
    expect(account(&j, ACCT_FORMAT, STYLE_PLUS, true),
           "JobID           JobName  Partition    Account  AllocCPUS      State ExitCode \n"
           "------------ ---------- ---------- ---------- ---------- ---------- -------- \n");
    expect(account(&j, ACCT_FORMAT, STYLE_PLUS, false),
           "12           train-lar+ tokyo-h100       acme         32    RUNNING      0:0 \n");
}

static void parsable_account_rows_are_not_cut(void **state)
{
    (void)state;
    struct job_view j = running();
    expect(account(&j, "JobID,JobName,Elapsed,Cost", STYLE_BARS, false),
           "12|train-large-model|00:05:00|$67.20|\n");
    expect(account(&j, "JobID,JobName,TimelimitRaw,AllocTRES", STYLE_BARS_BETWEEN, false),
           "12|train-large-model|120|billing=32,cpu=32,gres/gpu=16,mem=128G,node=2\n");
    expect(account(&j, "JobName%-20,State%9", STYLE_PLUS, false),
           "train-large-model      RUNNING \n");
}

static void waiting_tasks_of_an_array_are_one_row(void **state)
{
    (void)state;
    struct job_view jobs[6] = {running(),      pending(20, 0), pending(21, 1),
                               pending(22, 2), pending(25, 5), pending(24, 4)};
    jobs[2].state = STR("RUNNING");
    struct job_list list = {.jobs = jobs, .count = 6};
    struct arena arena;
    struct job_row *rows;
    size_t count;
    struct buf id = {0};
    arena_init(&arena);
    job_rows_make(&list, true, &arena, &rows, &count);
    assert_int_equal(count, 3);
    job_row_id(&rows[1], &id);
    assert_string_equal(id.p, "20_[0,2,4-5]");
    assert_int_equal(rows[1].task_count, 4);
    buf_clear(&id);
    job_row_id(&rows[2], &id);
    assert_string_equal(id.p, "20_1");
    job_rows_make(&list, false, &arena, &rows, &count);
    assert_int_equal(count, 6);
    buf_release(&id);
    arena_release(&arena);
}

static void names_are_cut_at_characters_and_cannot_steer_a_terminal(void **state)
{
    (void)state;
    struct job_view j = running();
    j.name = STR("z\xc3\xbcrich-large");
    expect(percent(&j, "%.8j|%8j|%10i|", false), "z\xc3\xbcrich-l|z\xc3\xbcrich-l|12        |\n");
    j.name = STR("a\033[2Jb\nc");
    expect(percent(&j, "%j", false), "a?[2Jb?c\n");
}

static void rows_are_sorted_as_asked(void **state)
{
    (void)state;
    struct job_view jobs[3] = {running(), running(), running()};
    struct errtext error;
    jobs[0].job_id = 1;
    jobs[0].priority = 5;
    jobs[1].job_id = 2;
    jobs[1].priority = 9;
    jobs[2].job_id = 3;
    jobs[2].priority = 9;
    jobs[2].partition = STR("a");
    struct job_row rows[3] = {{.job = &jobs[0]}, {.job = &jobs[1]}, {.job = &jobs[2]}};
    assert_int_equal(job_rows_sort(rows, 3, STR("P,t,-p"), &error), ERR_NONE);
    assert_int_equal(rows[0].job->job_id, 3);
    assert_int_equal(rows[1].job->job_id, 2);
    assert_int_equal(rows[2].job->job_id, 1);
    assert_int_equal(job_rows_sort(rows, 3, STR("+i"), &error), ERR_NONE);
    assert_int_equal(rows[0].job->job_id, 1);
    assert_int_equal(job_rows_sort(rows, 3, STR("-i"), &error), ERR_NONE);
    assert_int_equal(rows[0].job->job_id, 3);
    assert_int_equal(job_rows_sort(rows, 3, STR("?"), &error), ERR_INVALID);
    assert_int_equal(job_rows_sort(rows, 3, STR("-"), &error), ERR_INVALID);
}

static void no_getter_needs_more_than_an_empty_job(void **state)
{
    (void)state;
    struct job_view nothing = {0};
    struct job_row row = {.job = &nothing, .task_count = 1};
    struct job_env env = {.now_ms = T0};
    struct buf out = {0};
    for (size_t i = 0; i < queue_field_count; i++) queue_fields[i].put(&row, &env, &out);
    for (size_t i = 0; i < acct_field_count; i++) acct_fields[i].put(&row, &env, &out);
    assert_true(out.len > 0);
    buf_release(&out);
}

static void letters_and_names_are_stated_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < queue_field_count; i++)
        for (size_t k = 0; k < i; k++) {
            assert_true(queue_fields[i].letter == '\0' ||
                        queue_fields[i].letter != queue_fields[k].letter);
            assert_string_not_equal(queue_fields[i].name, queue_fields[k].name);
        }
    for (size_t i = 0; i < acct_field_count; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(acct_fields[i].name, acct_fields[k].name);
}

static void every_field_of_squeue_has_its_header(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof slurm_headers / sizeof *slurm_headers; i++) {
        const char *name = slurm_headers[i][0], *header = slurm_headers[i][1];
        struct format f;
        struct errtext error;
        struct buf out = {0};
        enum err code =
            name[0] == '%'
                ? format_percent(str_of(name), queue_fields, queue_field_count, &f, &error)
                : format_long(str_of(name), queue_fields, queue_field_count, &f, &error);
        if (code == ERR_NONE) f.items[0].width = 0;
        if (code == ERR_NONE) format_header(&f, STYLE_CUT, &out);
        size_t len = strlen(header);
        if (code != ERR_NONE || out.len != len + 1 || memcmp(out.p, header, len) != 0) {
            print_error("%s: '%s', Slurm's is '%s'\n", name, code == ERR_NONE ? out.p : error.s,
                        header);
            wrong++;
        }
        buf_release(&out);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    setenv("TZ", "UTC0", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_format_is_squeues),
        cmocka_unit_test(the_long_format_is_squeues),
        cmocka_unit_test(a_waiting_job_shows_its_reason_in_brackets),
        cmocka_unit_test(every_letter_prints_what_slurm_prints),
        cmocka_unit_test(the_long_dialect_names_fields),
        cmocka_unit_test(progress_is_told_by_its_names),
        cmocka_unit_test(wrong_formats_are_named),
        cmocka_unit_test(the_account_format_is_saccts),
        cmocka_unit_test(parsable_account_rows_are_not_cut),
        cmocka_unit_test(waiting_tasks_of_an_array_are_one_row),
        cmocka_unit_test(names_are_cut_at_characters_and_cannot_steer_a_terminal),
        cmocka_unit_test(rows_are_sorted_as_asked),
        cmocka_unit_test(no_getter_needs_more_than_an_empty_job),
        cmocka_unit_test(letters_and_names_are_stated_once),
        cmocka_unit_test(every_field_of_squeue_has_its_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
