/* sshare's formats against lines as Slurm prints them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/share_fields.h"

#include <stdlib.h>

#define USD INT64_C(1000000)

static struct share_view accounts[] = {
    {.account = {"atlas", 5},
     .weight = 3,
     .used_uusd = 250 * USD,
     .budget_per = {"year", 4},
     .budget_uusd = 5000 * USD,
     .budget_binds = true,
     .spent_uusd = 300 * USD,
     .committed_uusd = 120 * USD,
     .left_uusd = 4580 * USD},
    {.account = {"boat", 4}, .weight = 1, .used_uusd = 750 * USD},
    {.account = {"idle", 4}, .weight = 4},
};
static const struct share_list all = {accounts, 3, 8, 1000 * USD, 0};

static void expect_row(const char *text, enum format_style style, struct share_row row,
                       const char *want)
{
    struct format f;
    struct errtext error;
    struct buf out = {0};
    if (format_account(str_of(text), share_fields, share_field_count, &f, &error) != ERR_NONE)
        fail_msg("%s", error.s);
    format_row(&f, style, &row, &all, &out);
    assert_string_equal(out.p, want);
    buf_release(&out);
}

static void the_usual_lines_are_sshares(void **state)
{
    (void)state;
    struct format f;
    struct errtext error;
    struct buf out = {0};
    assert_int_equal(format_account(STR(SHARE_FORMAT), share_fields, share_field_count, &f, &error),
                     ERR_NONE);
    format_header(&f, STYLE_PLUS, &out);
    format_rule(&f, &out);
    assert_string_equal(out.p, "Account                    User  RawShares  NormShares    RawUsage "
                               " EffectvUsage  FairShare \n"
                               "-------------------- ---------- ---------- ----------- ----------- "
                               "------------- ---------- \n");
    buf_release(&out);
    expect_row(SHARE_FORMAT, STYLE_PLUS, (struct share_row){0},
               "root                                          1.000000      100000      1.000000   "
               "         \n");
    expect_row(SHARE_FORMAT, STYLE_PLUS, (struct share_row){.account = &accounts[0]},
               " atlas                                   3    0.375000       25000      0.250000   "
               "0.629961 \n");
    expect_row(SHARE_FORMAT, STYLE_BARS_BETWEEN,
               (struct share_row){.account = &accounts[1], .user = STR("ann")},
               "  boat|ann|1|0.125000|75000|0.750000|0.015625\n");
    expect_row(SHARE_FORMAT, STYLE_BARS, (struct share_row){.account = &accounts[2]},
               " idle||4|0.500000|0|0.000000|1.000000|\n");
}

static void the_long_lines_have_budgets(void **state)
{
    (void)state;
    expect_row(
        SHARE_FORMAT_LONG, STYLE_BARS_BETWEEN, (struct share_row){.account = &accounts[0]},
        " atlas||3|0.375000|25000|0.250000|0.250000|0.629961|1.500000|billing=5000|billing=120\n");
    expect_row("Account,LevelFS,GrpTRESMins,Left", STYLE_BARS_BETWEEN,
               (struct share_row){.account = &accounts[2]}, " idle|inf||\n");
    expect_row("Budget,Spent,Committed,Left", STYLE_BARS_BETWEEN,
               (struct share_row){.account = &accounts[0]}, "$5000.00|$300.00|$120.00|$4580.00\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_lines_are_sshares),
        cmocka_unit_test(the_long_lines_have_budgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
