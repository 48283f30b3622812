/* Berth's own trace format, as CSV and as JSON Lines: what is read, and what is refused where. */
#include "base/civil.h"
#include "sim/trace/trace_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* All rows as "id:submit/duration/chips/tenant;" or the text of the failure. */
static void read_all(const char *text, int format, struct buf *out)
{
    struct trace_options o = {.name = "f", .format = format};
    struct trace *t = NULL;
    struct errtext error = {""};
    buf_clear(out);
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    assert_non_null(file);
    enum err e = trace_open(file, &o, &t, &error);
    for (bool more = true; e == ERR_NONE && more;) {
        struct trace_job j;
        e = trace_next(t, &j, &more, &error);
        if (e != ERR_NONE || !more) break;
        buf_printf(out, STR_FMT ":%lld/%lld/%u/" STR_FMT ";", STR_ARG(j.id), (long long)j.submit_ms,
                   (long long)j.duration_ms, job_spec_chips(&j.spec), STR_ARG(j.spec.tenant));
    }
    if (e != ERR_NONE) {
        buf_clear(out);
        buf_puts(out, error.s);
    }
    buf_putc(out, '\0');
    trace_close(t);
    fclose(file);
}

struct row {
    const char *text, *expected; /* a beginning of what read_all gives */
};

static void check_rows(const struct row *rows, size_t count)
{
    struct buf out = {0};
    for (size_t i = 0; i < count; i++) {
        read_all(rows[i].text, TRACE_AUTO, &out);
        if (strncmp(out.p, rows[i].expected, strlen(rows[i].expected)) != 0)
            fail_msg("row %zu\n  %s\nexpected %s\ngot      %s", i, rows[i].text, rows[i].expected,
                     out.p);
    }
    buf_release(&out);
}

static void csv_and_json_lines_give_the_same_jobs(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"submit,duration_s,id,tenant,chips\n0,60,a,x,8\n1.5,0.25,b,y,1\n",
         "a:0/60000/8/x;b:1500/250/1/y;"},
        {"{\"submit\":0,\"duration_s\":60,\"id\":\"a\",\"tenant\":\"x\",\"chips\":8}\n"
         "{\"submit\":1.5,\"duration_s\":0.25,\"id\":\"b\",\"tenant\":\"y\",\"chips\":1}\n",
         "a:0/60000/8/x;b:1500/250/1/y;"},
        {"submit,duration_s\n2026-01-01,60\n2026-01-01T01:00:00+01:00,1\n",
         ":1767225600000/60000/0/;:1767225600000/1000/0/;"},
        {"submit,duration_s\n1767225600,60\n", ":1767225600000/60000/0/;"},
        {"submit,x_note,duration_s\r\n5,\"a, b\",60", ":5000/60000/0/;"},
        {"submit,duration_s,chips_per_node,nodes\n0,1,8,4\n", ":0/1000/32/;"},
        {"submit,duration_s,chips\n0,1,0.5\n", ":0/1000/1/;"},
        {"submit,steps,type,chips\n0,100,lm,2\n", ":0/-1/2/;"},
        {"submit,steps,type,chips\n0,100.0,lm,2.0\n", ":0/-1/2/;"},
        {"{\"submit\":0,\"duration_s\":1,\"chips\":10.0}\n", ":0/1000/10/;"},
        {"\xef\xbb\xbfsubmit,duration_s\r\n0,1\r\n", ":0/1000/0/;"},
        {"\xef\xbb\xbf{\"submit\":0,\"duration_s\":1}\n", ":0/1000/0/;"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void what_is_wrong_is_told_with_line_and_column(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"submit,duration_s\n0,-5\n", "f:2:3: duration_s: '-5' is negative"},
        {"submit,duration_s\n0,5\n-1,5\n", "f:3:1: submit: '-1' is negative"},
        {"submit,duration_s\n9,5\n10,5\n9.999,5\n",
         "f:4:1: submitted before the job of line 3; sort the file"},
        {"submit,duration_s\n0,5\n2026-01-01,5\n",
         "f:3:1: submit: '2026-01-01' is an instant, but the first"},
        {"submit,duration_s\n0,5\n1,\n", "f:3:1: no duration, nor steps of a type"},
        {"submit,duration_s\n,5\n", "f:2:1: no submit time"},
        {"submit,duration_s\n0,5\n1", "f:3: 1 fields, but the header has 2; the file ends inside"},
        {"submit,duration_s\n0,5,6\n", "f:2: 3 fields, but the header has 2"},
        {"submit,chips,duration_s,chips\n", "f:1:25: column 'chips' is there twice"},
        {"submit,durations_s\n0,1\n",
         "f:1:8: there is no column 'durations_s'; did you mean 'duration_s'?"},
        {"submit,duration_s,chips\n0,1,many\n", "f:2:5: chips: 'many' is not a whole number"},
        {"submit,duration_s,chips\n0,1,18446744073709551616\n",
         "f:2:5: chips: '18446744073709551616' is more than"},
        {"submit,duration_s,chips\n0,1,.0\n", "f:2:5: chips: '.0' is neither a whole number nor"},
        {"submit,duration_s,chips\n0,1,1.5\n", "f:2:5: chips: '1.5' is neither a whole number nor"},
        {"submit,steps,type\n0,0,lm\n", "f:2:3: steps: '0' is not a whole number of 1 to"},
        {"submit,steps\n0,5\n", "f:2:1: no duration, nor steps of a type"},
        {"submit,duration_s,chips_per_node\n0,1,65\n",
         "f:2:5: chips_per_node: '65' is more than 64"},
        {"submit,duration_s,nodes,chips\n0,1,9,8\n", "f:2:1: 9 nodes for 8 chips"},
        {"submit,duration_s,tenant\n0,1,a b\n", "f:2:5: tenant: 'a b' is no valid name"},
        {"submit,duration_s,purpose\n0,1,fun\n", "f:2:5: purpose: "},
        {"submit,duration_s,data\n0,1,secret:JP\n", "f:2:5: data: "},
        {"submit,duration_s,exit\n0,1,256\n", "f:2:5: exit: '256' is more than 255"},
        {"submit,duration_s\n0,1e3\n", "f:2:3: duration_s: '1e3' is not a number of seconds"},
        {"submit,duration_s\n0,999999999999\n", "f:2:3: duration_s: '999999999999' is more than"},
        {"submit,duration_s\nyesterday,1\n", "f:2:1: submit: 'yesterday' is neither"},
        {"", "f: the file is empty"},
        {"\xff\n", "f:1: not valid UTF-8"},
        {"{\"submit\":0,\"duration_s\":-1}\n", "f:1:13: duration_s: '-1' is negative"},
        {"{\"submit\":0,\"duration_s\":1}\n{\"submit\":0,", "f:2:"},
        {"{\"submit\":0,\"submit\":1}\n", "f:1:"},
        {"{\"submit\":0}\n", "f:1:1: no duration"},
        {"{\"submit\":{},\"duration_s\":1}\n", "f:1:2: submit: must be a number, a text or a list"},
        {"{\"submit\":0,\"duration_s\":1,\"chip\":[[\"a\"]]}\n", "f:1:28: chip: must be"},
        {"{\"submit\":0,\"durations\":1}\n", "f:1:13: durations: there is no such field"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

/* ---- formats of others ----------------------------------------------------------------------- */

static void other_formats_are_known_by_their_first_line(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* openb: sorted by creation; never scheduled: passed over; a part is a whole */
        {"name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time,"
         "scheduled_time\n"
         "b,2500,100,1,460,,70,100,80\na,1000,100,2,1000,T4|T4|G2,60,90,60\nc,1,1,0,0,,1,2,\n",
         "a:60000/30000/2/;b:70000/20000/1/;"},
        {"name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time,"
         "scheduled_time\na,1,1,1,1,,5,6,7\n",
         "f:2:14: deletion_time: deleted before it was scheduled"},
        {"name,cpu_milli\n", "f:1: there is no column 'memory_mib'"},
        /* Philly */
        {"timestamp,duration,num_gpus,gpu_time,cluster\n"
         "2017-10-07 00:00:10,100.5,8,804,vc1\n2017-10-07 00:00:00,5,1,5,vc2\n",
         ":1507334400000/5000/1/vc2;:1507334410000/100500/8/vc1;"},
        {"\xef\xbb\xbftimestamp,duration,num_gpus\n2017-10-07 00:00:00,1,8.0\n",
         ":1507334400000/1000/8/;"},
        {"\xef\xbb\xbf\n[{\"jobid\":\"never\"}]", "f:2:1: submitted_time is not a time such as"},
        {"timestamp,duration,num_gpus\n2017-10-07 00:00:10,-1,8\n",
         "f:2:21: duration: '-1' is neg"},
        {"[{\"status\":\"Pass\",\"vc\":\"v c\",\"jobid\":\"j\",\"attempts\":["
         "{\"start_time\":\"2017-10-07 01:00:00\",\"end_time\":\"2017-10-07 "
         "01:00:10\",\"detail\":[{"
         "\"ip\":\"m\",\"gpus\":[\"a\",\"b\"]}]},"
         "{\"start_time\":\"2017-10-07 01:01:00\",\"end_time\":\"2017-10-07 "
         "01:01:05\",\"detail\":[{"
         "\"ip\":\"m\",\"gpus\":[\"a\",\"b\"]}]}],\"submitted_time\":\"2017-10-07 00:00:00\"},\n"
         "{\"jobid\":\"never\",\"attempts\":[],\"submitted_time\":\"2017-10-07 00:00:00\"}]",
         "j:1507334400000/15000/2/v_c;"},
        {"[{\"jobid\":\"never\"}]", "f:1:1: submitted_time is not a time such as"},
        {"[\n{\"jobid\":", "f:2: the file ends inside a job"},
        {"[ 7 ]", "f:1: expected a JSON object"},
        {"[", "f:1: the file ends before the list does"},
        /* Gavel */
        {"A3C\tpython3 x.py\tdir\t-n\t0\t700\t4\t1\t-1.000000\t12.5\n"
         "LM (batch size 5)\tc\td\t-n\t0\t1\t1\t2\t-1\t13",
         ":12500/-1/4/;:13000/-1/1/;"},
        {"A3C\tc\td\t-n\t0\t700\t4\t1\t-1\t5\nA3C\tc\td\t-n\t0\t700\t4\t1\t-1\t4\n",
         "f:2:1: submitted before the job of line 1"},
        {"A3C\tc\td\t-n\t0\t-7\t4\t1\t-1\t5\n", "f:1:14: '-7' is not a number of steps"},
        {"A3C\tc\td\t-n\t0\t7\t4",
         "f:1: 7 fields between tabs; a Gavel trace has 10; the file ends"},
        /* sacct */
        {"JobID|JobName|Submit|Elapsed|Timelimit|ReqTRES|Account|State|\n"
         "7|a|b|2026-01-01T00:01:00|00:00:00|1:00|cpu=1|x|COMPLETED|\n"
         "5|n|2026-01-01T00:00:00|1-00:00:01|UNLIMITED|gres/gpu=4,gres/"
         "gpu:h200=4,node=2|y|TIMEOUT|\n"
         "6|n|2026-01-01T00:00:00|00:00:00|1:00|cpu=1|y|PENDING|\n"
         "5.0|n|2026-01-01T00:00:00|00:00:09||cpu=1||COMPLETED|\n",
         "5:1767225600000/86401000/4/y;7:1767225660000/0/0/x;"},
        {"\xef\xbb\xbfJobID|Submit|ElapsedRaw\r\n1|2026-01-01T00:00:00|5\r\n",
         "1:1767225600000/5000/0/;"},
        {"JobID|Submit\n", "f:1: sacct's columns must have JobID, Submit and ElapsedRaw"},
        {"JobID|Submit|ElapsedRaw\n1|soon|5\n", "f:2:3: Submit: 'soon' is not a time"},
        {"JobID|Submit|ElapsedRaw\n1|2026-01-01T00:00:00|-5\n", "f:2:23: ElapsedRaw: '-5' is not"},
        {"JobID|Submit|ElapsedRaw|ReqTRES\n1|2026-01-01T00:00:00|5|cpu=x\n", "f:2:25: ReqTRES: '"},
        {"JobID|Submit|ElapsedRaw\n1|2026-01-01T00:00:00",
         "f:2: 2 fields, but the header has 3; the file ends inside this line"},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

/* Printed by Slurm 22.05: arrays, steps, a heterogeneous job, a name with '|', jobs that failed,
 * were cancelled while they waited, and still run. */
static void what_a_real_sacct_prints_is_read(void **state)
{
    (void)state;
    static const char name[] = "test/unit/sim/sacct-22.05.txt";
    struct trace_options o = {.name = name};
    struct trace *t = NULL;
    struct errtext error = {""};
    FILE *file = fopen(name, "re");
    assert_non_null(file);
    enum err e = trace_open(file, &o, &t, &error);
    assert_string_equal(error.s, "");
    assert_int_equal(e, ERR_NONE);
    assert_int_equal(trace_format(t), TRACE_SACCT);
    int jobs = 0, chips = 0, failed = 0;
    for (bool more = true; more; jobs += more) {
        struct trace_job j;
        assert_int_equal(trace_next(t, &j, &more, NULL), ERR_NONE);
        if (!more) break;
        chips += (int)job_spec_chips(&j.spec);
        failed += j.exit_code != 0;
        assert_true(str_eqz(j.spec.tenant, "berth"));
        if (str_eqz(j.id, "1")) {
            assert_int_equal(j.spec.nodes, 2);
            assert_int_equal(j.spec.chips, 16);
            assert_int_equal(j.spec.cpus_per_task, 8);
            assert_int_equal(j.spec.mem_mb_per_node, 65536);
            assert_int_equal(j.spec.time_limit_ms, 600000);
            assert_int_equal(j.duration_ms, 6000);
        }
        if (str_eqz(j.id, "13")) assert_true(str_eqz(j.spec.name, "odd|name"));
    }
    assert_int_equal(jobs, 19);
    assert_int_equal(failed, 1);
    assert_int_equal(chips, 16 + 6 * 2 + 1 + 1 + 1 + 2 + 3 + 4 + 5 + 6 + 7);
    trace_close(t);
    fclose(file);
}

static void durations_may_differ_by_chip(void **state)
{
    (void)state;
    static const char text[] = "submit,duration_s,duration_s.h20-96,duration_s.l20,chip\n"
                               "0,10,30,,h100|h20-96\n";
    struct trace_options o = {.name = "f"};
    struct trace *t = NULL;
    struct trace_job j;
    bool more = false;
    FILE *file = fmemopen((void *)(uintptr_t)text, sizeof text - 1, "r");
    assert_int_equal(trace_open(file, &o, &t, NULL), ERR_NONE);
    assert_int_equal(trace_next(t, &j, &more, NULL), ERR_NONE);
    assert_true(more);
    assert_int_equal(j.duration_ms, 10000);
    assert_int_equal(j.on_count, 1);
    assert_true(str_eqz(j.on[0].chip, "h20-96"));
    assert_int_equal(j.on[0].ms, 30000);
    assert_int_equal(j.spec.chip_kind_count, 2);
    trace_close(t);
    fclose(file);
}

/* The same text as CSV, ten times: beginning again gives the same rows. */
static void a_trace_can_be_read_again(void **state)
{
    (void)state;
    static const char text[] = "submit,duration_s\n2026-01-01,10\n2026-01-02,10\n";
    struct trace_options o = {.name = "f"};
    struct trace *t = NULL;
    FILE *file = fmemopen((void *)(uintptr_t)text, sizeof text - 1, "r");
    assert_int_equal(trace_open(file, &o, &t, NULL), ERR_NONE);
    for (int round = 0; round < 3; round++) {
        struct trace_job j;
        bool more = true;
        int n = 0;
        for (; more; n++) assert_int_equal(trace_next(t, &j, &more, NULL), ERR_NONE);
        assert_int_equal(n, 3);
        assert_true(trace_is_absolute(t));
        assert_int_equal(trace_rewind(t, NULL), ERR_NONE);
    }
    trace_close(t);
    fclose(file);
}

static void seconds_are_rounded_half_up_to_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {{"0", 0},          {"1", 1000},
                {"1.5", 1500},     {"0.0005", 1},
                {"0.00049", 0},    {"2.9996", 3000},
                {"2.99949", 2999}, {"0.999999999", 1000},
                {"1.", -1},        {".5", -1},
                {"", -1},          {"1,5", -1},
                {"0x1", -1},       {"1.0000000000", -1},
                {"100", 100000},   {"100.001", -1},
                {"101", -1},       {"99999999999999999999", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -1;
        enum err e = trace_seconds(str_of(rows[i].text), 100, &ms, NULL);
        if ((e == ERR_NONE) != (rows[i].ms >= 0) || (e == ERR_NONE && ms != rows[i].ms))
            fail_msg("%s: got %lld", rows[i].text, (long long)ms);
    }
}

static void every_field_is_in_the_manual(void **state)
{
    (void)state;
    struct buf page = {0};
    FILE *file = fopen("docs/trace-format.md", "re");
    assert_non_null(file);
    char block[4096];
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;) buf_put(&page, block, n);
    fclose(file);
    for (int i = 0; trace_field_name(i) != NULL; i++) {
        char row[64];
        snprintf(row, sizeof row, "| `%s` |", trace_field_name(i));
        if (strstr(page.p, row) == NULL) fail_msg("%s is not in docs/trace-format.md", row);
    }
    for (int i = 1; i < TRACE_FORMAT_COUNT; i++) {
        char row[64];
        snprintf(row, sizeof row, "`%s`", trace_format_names[i]);
        if (strstr(page.p, row) == NULL) fail_msg("%s is not in docs/trace-format.md", row);
    }
    buf_release(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_and_json_lines_give_the_same_jobs),
        cmocka_unit_test(what_is_wrong_is_told_with_line_and_column),
        cmocka_unit_test(other_formats_are_known_by_their_first_line),
        cmocka_unit_test(what_a_real_sacct_prints_is_read),
        cmocka_unit_test(durations_may_differ_by_chip),
        cmocka_unit_test(a_trace_can_be_read_again),
        cmocka_unit_test(seconds_are_rounded_half_up_to_milliseconds),
        cmocka_unit_test(every_field_is_in_the_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
