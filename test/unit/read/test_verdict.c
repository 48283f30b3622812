/* The meaning of the rule language: packs and cases in, verdicts out. */
#include "law_text.h"

#include "base/civil.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *facts; /* added to the case */
    const char *expect;
};

/* Each row's facts make a case with the common head. */
static void expect_rows(struct desk *d, const char *head, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[2048];
        snprintf(text, sizeof text, "{%s%s}", head, rows[i].facts);
        const char *got = desk_verdict(d, text);
        if (strcmp(got, rows[i].expect) != 0)
            fail_msg("%s\n    expected %s\n    got      %s", text, rows[i].expect, got);
    }
}

#define EXPECT_ROWS(d, head, rows) expect_rows((d), (head), (rows), sizeof(rows) / sizeof *(rows))

static void a_verdict_is_the_strictest_demand_of_all_rules(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "rules:\n"
                  "- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [export], when: "
                  "'to == \"XB\"', then: {notice: {days: 30, authority: N}}, " SOURCE "}\n"
                  "- {rule: B, title: t, level: law, effective: 2020-01-01, acts: [export], when: "
                  "'amount > 10', then: {licence: {authority: L, policy: approve}}, " SOURCE "}\n"
                  "- {rule: C, title: t, level: law, effective: 2020-01-01, acts: [export], when: "
                  "'amount > 100', then: {licence: {policy: case-by-case}}, " SOURCE "}\n"
                  "- {rule: D, title: t, level: law, effective: 2020-01-01, acts: [export], when: "
                  "'end_use == \"military\"', then: forbid, " SOURCE "}\n"
                  "- {rule: E, title: t, level: reported, effective: 2020-01-01, acts: [export], "
                  "then: forbid, " SOURCE "}\n");
    static const struct row rows[] = {
        {"to: XC, amount: 1, end_use: other", "permit"},
        {"to: XB, amount: 1, end_use: other", "notice"},
        {"to: XB, amount: 11, end_use: other", "licence approve"},
        {"to: XC, amount: 101, end_use: other", "licence case-by-case"},
        {"to: XC, amount: 101, end_use: military", "forbid"},
        {"to: XC, amount: 101", "unresolved end_use"},
        {"amount: 101, end_use: other", "licence case-by-case"}, /* `to` could only ask less */
        {"end_use: military", "forbid"}, /* nothing can ask more */
        {"to: XC, end_use: other", "unresolved amount"},
        {"end_use: other", "unresolved amount to"},
    };
    EXPECT_ROWS(&d, "on: 2024-01-01, act: export, ", rows);
    law_bind(d.law, LAW_BIND_DEFAULT | 1u << LEVEL_REPORTED);
    assert_string_equal(desk_verdict(&d, "{on: 2024-01-01, act: export}"), "forbid");
    desk_close(&d);
}

static void rules_follow_their_dates(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "rules:\n"
                  "- {rule: A, title: t, level: law, published: 2024-01-01, effective: 2024-02-01, "
                  "compliance: 2024-03-01, until: 2026-01-01, acts: [place], then: forbid,\n"
                  "   suspended: [{from: 2024-06-01, to: 2024-07-01}], unenforced: {from: "
                  "2025-01-01, until: 2025-02-01, reason: they said so}, " SOURCE "}\n");
    static const struct row rows[] = {
        {"on: 2024-01-31", "permit"},
        {"on: 2024-02-01", "permit"},
        {"on: 2024-02-29", "permit"},
        {"on: 2024-03-01", "forbid"},
        {"on: '2024-05-31T23:59:59Z'", "forbid"},
        {"on: 2024-06-01", "permit"},
        {"on: '2024-06-30T23:59:59Z'", "permit"},
        {"on: 2024-07-01", "forbid"},
        {"on: 2025-01-01", "permit"},
        {"on: 2025-02-01", "forbid"},
        {"on: 2025-12-31", "forbid"},
        {"on: 2026-01-01", "permit"},
    };
    EXPECT_ROWS(&d, "act: place, ", rows);
    struct law_verdict v;
    desk_decide(&d, "{act: place, on: 2024-02-15}", &v);
    assert_int_equal(v.finding_count, 1);
    assert_false(v.findings[0].binding);
    assert_non_null(strstr(v.findings[0].note.p, "2024-03-01"));
    desk_decide(&d, "{act: place, on: 2025-01-15}", &v);
    assert_non_null(strstr(v.findings[0].note.p, "they said so"));
    desk_decide(&d, "{act: place, on: 2024-06-15}", &v);
    assert_int_equal(v.finding_count, 0);
    assert_int_equal(v.considered_count, 0);
    desk_close(&d);
}

static int64_t day(int32_t y, int32_t m, int32_t dd)
{
    return civil_days(y, m, dd) * CIVIL_DAY_MS;
}

static void the_next_change_is_the_next_date_on_which_this_case_differs(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d,
              "sets:\n- {set: S, members: [XB, {is: XC, from: 2025-05-05}], " SOURCE "}\n"
              "rules:\n"
              "- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [export], when: to "
              "in S, then: forbid, suspended: [{from: 2024-06-01, to: 2025-07-01}], " SOURCE "}\n"
              "- {rule: B, title: t, level: law, effective: 2024-03-03, acts: [import], then: "
              "forbid, " SOURCE "}\n"
              "- {rule: L, title: t, level: law, effective: 2024-01-01, acts: [lease], then: "
              "{licence: {authority: X}}, " SOURCE "}\n");
    struct law_verdict v;
    desk_decide(&d, "{on: 2024-02-01, act: export, to: XB}", &v);
    assert_int_equal(v.next_change_ms, day(2024, 6, 1));
    desk_decide(&d, "{on: 2024-02-01, act: export, to: XC}", &v);
    assert_int_equal(v.next_change_ms, day(2025, 7, 1)); /* joined the set, while A slept */
    desk_decide(&d, "{on: 2024-02-01, act: export, to: XD}", &v);
    assert_true(v.next_change_ms == CIVIL_NEVER_MS);
    /* The end of a permit, and of a holding, are dates too. */
    desk_decide(&d,
                "{on: 2024-02-01, act: lease, amount: 1, chain: {tenant: {id: t}}, permits: "
                "[{rule: L, holder: tenant, amount: 5, to: 2024-02-20}]}",
                &v);
    assert_true(v.allowed);
    assert_int_equal(v.next_change_ms, day(2024, 2, 21));
    desk_close(&d);
}

#define BASE_RULE                                                                                  \
    "- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [export], when: to == "        \
    "\"XB\", "                                                                                     \
    "then: {licence: {authority: L, policy: presumption-of-denial}}, " SOURCE "}\n"

static void an_exception_lowers_only_the_rule_it_names(void **state)
{
    (void)state;
    struct desk d;
    desk_open(
        &d, "rules:\n" BASE_RULE
            "- {rule: B, title: t, level: law, effective: 2020-01-01, acts: [export], when: "
            "chip.tpp < 100, lowers: [A], then: permit, " SOURCE "}\n"
            "- {rule: C, title: t, level: law, effective: 2020-01-01, acts: [export], lowers: [A], "
            "needs: [x, y], then: {licence: {authority: L, policy: case-by-case}}, " SOURCE "}\n"
            "- {rule: D, title: t, level: law, effective: 2020-01-01, acts: [export], when: amount "
            "> 5, then: {licence: {authority: M, policy: approve}}, " SOURCE "}\n");
    static const struct row rows[] = {
        {"chip: {tpp: 200}, amount: 1, evidence: []", "licence presumption-of-denial"},
        {"chip: {tpp: 99}, amount: 1, evidence: []", "permit"},
        {"chip: {tpp: 99}, amount: 6, evidence: []", "licence approve"}, /* D is not named */
        {"chip: {tpp: 200}, amount: 1, evidence: [x]", "licence presumption-of-denial"},
        {"chip: {tpp: 200}, amount: 1, evidence: [x, y]", "licence case-by-case"},
        {"chip: {tpp: 200}, amount: 1", "unresolved evidence"},
        {"amount: 1, evidence: []", "unresolved chip.tpp"},
        {"chip: {tpp: 99}, amount: 1", "permit"}, /* whatever the evidence */
        {"amount: 1", "unresolved chip.tpp evidence"},
    };
    EXPECT_ROWS(&d, "on: 2024-01-01, act: export, to: XB, ", rows);
    struct law_verdict v;
    desk_decide(&d,
                "{on: 2024-01-01, act: export, to: XB, chip: {tpp: 200}, amount: 1, evidence: [x]}",
                &v);
    assert_int_equal(v.findings[0].missing_count, 1);
    assert_string_equal(v.findings[0].missing_evidence[0].p, "y");
    desk_decide(
        &d, "{on: 2024-01-01, act: export, to: XB, chip: {tpp: 200}, amount: 1, evidence: [x, y]}",
        &v);
    assert_int_equal(v.finding_count, 2);
    assert_string_equal(v.findings[0].rule.p, "A");
    assert_string_equal(v.findings[0].lowered_by.p, "C");
    assert_string_equal(v.findings[1].rule.p, "C");
    /* Where A does not apply its exceptions say nothing. */
    assert_string_equal(
        desk_verdict(&d, "{on: 2024-01-01, act: export, to: XC, chip: {tpp: 200}, amount: 1}"),
        "permit");
    desk_close(&d);
}

static void an_exception_to_an_exception_works_through_it(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "rules:\n" BASE_RULE
                  "- {rule: B, title: t, level: law, effective: 2020-01-01, acts: [export], "
                  "lowers: [A], then: {notice: {days: 25}}, " SOURCE "}\n"
                  "- {rule: C, title: t, level: law, effective: 2020-01-01, acts: [export], when: "
                  "amount < 3, lowers: [B], then: permit, " SOURCE "}\n");
    static const struct row rows[] = {
        {"amount: 3", "notice"},
        {"amount: 2", "permit"},
        {"evidence: []", "unresolved amount"},
    };
    EXPECT_ROWS(&d, "on: 2024-01-01, act: export, to: XB, ", rows);
    desk_close(&d);
}

static void permits_meet_a_licence_up_to_their_amount_while_they_hold(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d,
              "rules:\n"
              "- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [import], then: "
              "{licence: {authority: L}}, permit: {counts: chips, holders: [tenant]}, " SOURCE "}\n"
              "- {rule: B, title: t, level: law, effective: 2020-01-01, acts: [place], then: "
              "{licence: {authority: L}}, permit: none, " SOURCE "}\n"
              "- {rule: C, title: t, level: law, effective: 2020-01-01, acts: [data_export], then: "
              "{licence: {authority: L}}, permit: {counts: persons}, " SOURCE "}\n");
#define P(amount, used, rest)                                                                      \
    "permits: [{rule: A, holder: tenant, amount: " #amount ", used: " #used rest "}]"
    static const struct row rows[] = {
        {"amount: 10, " P(100, 90, ""), "licence met"},
        {"amount: 11, " P(100, 90, ""), "licence"},
        {"amount: 1, " P(100, 100, ""), "licence"},
        {"amount: 1, " P(100, 200, ""), "licence"},
        {P(100, 90, ""), "licence"}, /* an amount that is not stated is not covered */
        {"amount: 1, " P(100, 0, ", from: 2026-01-02"), "licence"},
        {"amount: 1, " P(100, 0, ", from: 2026-01-01, to: 2026-01-01"), "licence met"},
        {"amount: 1, " P(100, 0, ", to: 2025-12-31"), "licence"},
        {"amount: 999, permits: [{rule: A, holder: acme}]", "licence met"},
        {"amount: 1, permits: [{rule: A, holder: other}]", "licence"},
        {"amount: 1, permits: [{rule: A, holder: consignee}]", "licence"},
        {"amount: 1, permits: [{rule: B, holder: tenant}]", "licence"},
    };
    EXPECT_ROWS(&d, "on: '2026-01-01T18:00:00Z', act: import, chain: {tenant: {id: acme}}, ", rows);
    assert_string_equal(desk_verdict(&d, "{on: 2026-01-01, act: place, chain: {tenant: {id: "
                                         "acme}}, permits: [{rule: B, holder: acme}]}"),
                        "licence");
    assert_string_equal(
        desk_verdict(&d, "{on: 2026-01-01, act: data_export, chain: {tenant: {id: acme}}, data: "
                         "[{class: personal, persons: 70}, {class: personal, persons: 31}], "
                         "permits: [{rule: C, holder: acme, amount: 100}]}"),
        "licence");
    struct law_verdict v;
    desk_decide(&d,
                "{on: 2026-01-01, act: import, amount: 12, chain: {tenant: {id: acme}}, permits: "
                "[{id: P1, rule: A, holder: tenant, amount: 100, used: 90}]}",
                &v);
    assert_string_equal(v.findings[0].permit.p, "P1");
    assert_int_equal(v.findings[0].short_by, 2);
    assert_false(v.findings[0].met);
    assert_string_equal(v.flip[0].p, "permit P1 covers 2 more");
    desk_close(&d);
}

static void evidence_meets_notices_and_conditions(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "rules:\n"
                  "- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [transit], then: "
                  "{notice: {days: 30, authority: N, evidence: [notified]}}, " SOURCE "}\n"
                  "- {rule: B, title: t, level: law, effective: 2020-01-01, acts: [remote_use], "
                  "then: {condition: {evidence: [kyc, parent_recorded]}}, " SOURCE "}\n"
                  "- {rule: C, title: t, level: law, effective: 2020-01-01, acts: [remote_use], "
                  "when: end_use == \"wmd\", then: {notice: {authority: N}}, " SOURCE "}\n");
    static const struct row rows[] = {
        {"act: transit, evidence: []", "notice"},
        {"act: transit, evidence: [notified]", "notice met"},
        {"act: remote_use, end_use: other, evidence: [kyc]", "condition"},
        {"act: remote_use, end_use: other", "condition"}, /* not on record is not met */
        {"act: remote_use, end_use: other, evidence: [parent_recorded, kyc]", "condition met"},
        /* C could not raise the verdict, but it could still stop the act. */
        {"act: remote_use, evidence: [parent_recorded, kyc]", "unresolved end_use"},
        {"act: remote_use, evidence: []", "condition"},
        {"act: [transit, remote_use], end_use: other, evidence: [notified]", "condition"},
    };
    EXPECT_ROWS(&d, "on: 2024-01-01, ", rows);
    desk_close(&d);
}

static void a_bound_inside_an_error_bar_is_unresolved(void **state)
{
    (void)state;
    struct desk d;
    desk_open(
        &d, "lets:\n- {let: big, is: 'chip.tpp >= 4800 || (chip.tpp >= 1600 && chip.pd >= 5.92)'}\n"
            "rules:\n"
            "- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [export], when: big, "
            "then: forbid, " SOURCE "}\n"
            "- {rule: B, title: t, level: law, effective: 2020-01-01, acts: [import], when: "
            "chip.tpp > 20800 && chip.tpp < 21100, then: forbid, " SOURCE "}\n");
    static const struct row rows[] = {
        {"act: export, chip: {tpp: 4800, pd: 1}", "forbid"},
        {"act: export, chip: {tpp: 4799.999, pd: 1}", "permit"},
        {"act: export, chip: {tpp: 4700..4900, pd: 1}", "unresolved chip.tpp"},
        {"act: export, chip: {tpp: 4800..4900, pd: 1}", "forbid"},
        {"act: export, chip: {tpp: 4700..4799, pd: 1}", "permit"},
        {"act: export, chip: {tpp: 4700..4900, pd: 6}", "forbid"}, /* either way */
        {"act: export, chip: {tpp: 2000, pd: 5..7}", "unresolved chip.pd"},
        {"act: export, chip: {tpp: 1500..5000, pd: 5..7}", "unresolved chip.pd chip.tpp"},
        {"act: export, chip: {tpp: 5000..6000, pd: 5..7}", "forbid"},
        {"act: export, chip: {pd: 7}", "unresolved chip.tpp"},
        {"act: export, chip: {tpp: 1000}", "permit"},
        /* A band that lies wholly inside the bar: both ends and the middle miss it. */
        {"act: import, chip: {tpp: {value: 20000, lo: 19000, hi: 22000}}", "unresolved chip.tpp"},
        {"act: import, chip: {tpp: {value: 20900, lo: 20801, hi: 21099}}", "forbid"},
        {"act: import, chip: {tpp: {value: 20900, lo: 20800, hi: 21099}}", "unresolved chip.tpp"},
        {"act: import, chip: none", "permit"},
    };
    EXPECT_ROWS(&d, "on: 2024-01-01, ", rows);
    struct law_verdict v;
    desk_decide(&d, "{on: 2024-01-01, act: export, chip: {tpp: 4700..4900, pd: 1}}", &v);
    assert_string_equal(v.unresolved[0].why.p,
                        "the bound 4800 lies inside its error bar 4700..4900");
    desk_close(&d);
}

static void caps_and_ratios_apply_where_they_are_broken(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "rules:\n"
                  "- {rule: CAP, title: t, level: law, effective: 2020-01-01, acts: [export], cap: "
                  "{sum: 'chip.tpp * double(amount)', by: consignee, window: year, at_most: 1000, "
                  "unit: TPP}, then: forbid, " SOURCE "}\n"
                  "- {rule: HALF, title: t, level: law, effective: 2020-01-01, acts: [place], "
                  "ratio: {share_of: 'row.chip.vendor_hq == \"XA\"', per: site, more_than: 50%}, "
                  "then: forbid, " SOURCE "}\n"
                  "- {rule: SOLD, title: t, level: law, effective: 2020-01-01, acts: [resell], "
                  "when: 'double(amount) > 0.1 * double(fleet.total)', then: forbid, " SOURCE "}\n"
                  "- {rule: TPP, title: t, level: law, effective: 2020-01-01, acts: [lease], "
                  "ratio: {share_of: 'row.chip.vendor_hq == \"XA\"', per: site, unit: tpp, "
                  "at_most: 7%}, then: forbid, " SOURCE "}\n");
#define ROWS(home, away)                                                                           \
    "fleet: {scope: site, chips: [{chip: {vendor_hq: XA, tpp: 100}, amount: " #home                \
    "}, {chip: {vendor_hq: XB, tpp: 300}, amount: " #away "}]}"
    static const struct row rows[] = {
        {"act: export, amount: 10, chip: {tpp: 100}", "permit"},
        {"act: export, amount: 11, chip: {tpp: 100}", "forbid"},
        {"act: export, amount: 10, chip: {tpp: 100}, permits: [{rule: CAP, holder: consignee, "
         "used: 1}]",
         "forbid"},
        {"act: export, amount: 9, chip: {tpp: 100}, counters: [{rule: CAP, used: 100.001}]",
         "forbid"},
        {"act: export, amount: 10, chip: {tpp: 100}, counters: [], permits: [{rule: CAP, holder: "
         "consignee, used: 1}]",
         "permit"}, /* where counters are kept, permits are not looked at */
        {"act: export, chip: {tpp: 100}", "unresolved amount"},
        {"act: export, amount: 10, chip: {tpp: 99..101}", "unresolved chip.tpp"},
        {"act: place, " ROWS(51, 49), "permit"},
        {"act: place, " ROWS(50, 50), "forbid"},
        {"act: place, " ROWS(0, 0), "permit"},
        {"act: place", "unresolved fleet"},
        {"act: place, fleet: {scope: operator, chips: []}", "unresolved fleet"},
        {"act: place, fleet: {scope: site, chips: [{chip: {id: q}, amount: 1}]}",
         "unresolved fleet.chips[0].chip.vendor_hq"},
        {"act: resell, amount: 10, " ROWS(50, 50), "permit"},
        {"act: resell, amount: 11, " ROWS(50, 50), "forbid"},
        {"act: lease, " ROWS(18, 82), "permit"}, /* 1800 of 26400: 6.8 % */
        {"act: lease, " ROWS(20, 80), "forbid"}, /* 2000 of 26000: 7.7 % */
    };
    EXPECT_ROWS(&d, "on: 2024-01-01, ", rows);
    struct law_verdict v;
    desk_decide(&d, "{on: 2024-01-01, act: place, " ROWS(40, 60) "}", &v);
    assert_int_equal(v.findings[0].number_count, 1);
    assert_int_equal(v.findings[0].numbers[0].value_milli, 400);
    assert_int_equal(v.findings[0].numbers[0].bound_milli, 500);
    desk_close(&d);
}

static void sets_have_the_members_of_the_day(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "sets:\n- {set: S, members: [XB, {is: XC, until: 2024-05-01}, {is: XD, from: "
                  "2024-05-01}], " SOURCE "}\n"
                  "rules:\n- {rule: A, title: t, level: law, effective: 2020-01-01, acts: "
                  "[export], when: to in S, then: forbid, " SOURCE "}\n");
    static const struct row rows[] = {
        {"on: 2024-04-30, to: XB", "forbid"}, {"on: 2024-04-30, to: XC", "forbid"},
        {"on: 2024-04-30, to: XD", "permit"}, {"on: 2024-05-01, to: XB", "forbid"},
        {"on: 2024-05-01, to: XC", "permit"}, {"on: 2024-05-01, to: XD", "forbid"},
    };
    EXPECT_ROWS(&d, "act: export, ", rows);
    desk_close(&d);
}

static void
what_was_acquired_before_is_not_reached_by_a_rule_with_a_grandfather_clause(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "rules:\n- {rule: A, title: t, level: guidance, effective: 2026-05-31, acts: "
                  "[place], grandfather: 2026-05-31, then: forbid, " SOURCE "}\n");
    static const struct row rows[] = {
        {"on: 2026-06-01, acquired: 2026-05-30", "permit"},
        {"on: 2026-06-01, acquired: 2026-05-31", "forbid"},
        {"on: 2026-06-01", "unresolved acquired"},
        {"on: 2026-05-01", "permit"},
    };
    EXPECT_ROWS(&d, "act: place, ", rows);
    desk_close(&d);
}

static void a_rule_in_doubt_is_unresolved_until_it_is_settled(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d,
              "rules:\n- {rule: A, title: t, level: law, effective: 2025-09-29, suspended: [{from: "
              "2025-11-10, to: 2026-11-10}], "
              "doubt: {from: 2026-11-10, ask: was it extended?, confirmed_by: returned, denied_by: "
              "extended}, acts: [export], when: to == \"XB\", then: forbid, " SOURCE "}\n");
    static const struct row rows[] = {
        {"on: 2025-10-01, to: XB", "forbid"},
        {"on: 2026-01-01, to: XB", "permit"},
        {"on: 2026-11-20, to: XB", "unresolved in_force.A"},
        {"on: 2026-11-20, to: XC", "permit"},
        {"on: 2026-11-20, to: XB, evidence: [returned]", "forbid"},
        {"on: 2026-11-20, to: XB, evidence: [extended]", "permit"},
    };
    EXPECT_ROWS(&d, "act: export, ", rows);
    struct law_verdict v;
    desk_decide(&d, "{on: 2026-01-01, act: export, to: XB}", &v);
    assert_int_equal(v.next_change_ms, day(2026, 11, 10));
    desk_close(&d);
}

static void costs_are_told_and_exceptions_lower_them(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "rules:\n- {rule: A, title: t, level: law, effective: 2020-01-01, acts: "
                  "[import], then: permit, cost: 25%, " SOURCE "}\n"
                  "- {rule: B, title: t, level: law, effective: 2020-01-01, acts: [import], when: "
                  "end_use == \"us-data-centre\", lowers: [A], then: permit, " SOURCE "}\n");
    struct law_verdict v;
    desk_decide(&d, "{on: 2024-01-01, act: import, end_use: other}", &v);
    assert_int_equal(v.effect, EFFECT_PERMIT);
    assert_true(v.allowed);
    assert_int_equal(v.cost_count, 1);
    assert_int_equal(v.costs[0].percent, 25);
    desk_decide(&d, "{on: 2024-01-01, act: import, end_use: us-data-centre}", &v);
    assert_int_equal(v.cost_count, 0);
    desk_close(&d);
}

static void a_case_of_several_acts_is_judged_once_for_each(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "lets:\n- {let: moved, is: 'act == \"export\" && from != to'}\n"
                  "rules:\n- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [export, "
                  "place], when: moved && to == \"XB\", then: forbid, " SOURCE "}\n");
    static const struct row rows[] = {
        {"act: export, from: XA, to: XB", "forbid"},
        {"act: place, from: XA, to: XB", "permit"},
        {"act: [place, export], from: XA, to: XB", "forbid"},
        {"act: [place, export], from: XB, to: XB", "permit"},
        {"act: [place, export], to: XB", "unresolved from"},
    };
    EXPECT_ROWS(&d, "on: 2024-01-01, ", rows);
    desk_close(&d);
}

static void placements_imply_the_acts_of_the_map(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "acts:\n- {act: remote_use, when: chain.tenant.country != site.country}\n"
                  "- {act: data_export, when: 'data.exists(d, d.subject_country != "
                  "site.country)'}\n- {act: lease, when: 'false'}\n");
    struct law_case c;
    desk_case(&d,
              "{on: 2024-01-01, act: place, site: {country: XA}, chain: {tenant: {country: XB}}, "
              "data: []}",
              &c);
    law_imply_acts(d.law, &c, &d.arena);
    assert_int_equal(c.acts, 1u << ACT_PLACE | 1u << ACT_REMOTE_USE);
    /* What is unknown is assumed. */
    desk_case(&d,
              "{on: 2024-01-01, act: place, site: {country: XA}, chain: {tenant: {country: XA}}}",
              &c);
    law_imply_acts(d.law, &c, &d.arena);
    assert_int_equal(c.acts, 1u << ACT_PLACE | 1u << ACT_DATA_EXPORT);
    desk_close(&d);
}

static void a_verdict_says_why(void **state)
{
    (void)state;
    struct desk d;
    desk_open(
        &d, "sets:\n- {set: S, members: [XC], " SOURCE "}\n"
            "rules:\n"
            "- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [lease], when: "
            "'chip.tpp >= 4800 && links.exists(p, p.ultimate_parent_hq in S)', then: {licence: "
            "{authority: L}}, questions: {links.ultimate_parent_hq: Who owns it?}, " SOURCE "}\n");
    struct law_verdict v;
    desk_decide(&d,
                "{on: 2024-01-01, act: lease, amount: 4, chip: {id: c, tpp: 5000}, chain: "
                "{operator: {id: op, hq: XA, owners: []}, intermediaries: [{id: mid, hq: XB, "
                "owners: [{party: top, share: 60%}]}]}, parties: [{id: top, hq: XC, owners: []}]}",
                &v);
    assert_string_equal(v.findings[0].because.p,
                        "chip.tpp 5000 >= 4800; decided by intermediary mid (headquarters XB, "
                        "ultimate parent XC, held 60 % by top)");
    assert_int_equal(v.findings[0].number_count, 1);
    assert_int_equal(v.findings[0].numbers[0].margin_milli, 200000);
    assert_string_equal(v.flip[0].p, "obtain a licence of L under A for 4 chips");
    assert_string_equal(v.flip[1].p,
                        "a chip with chip.tpp < 4800 (this one: 5000): A would not apply");
    desk_decide(&d,
                "{on: 2024-01-01, act: lease, chip: {tpp: 5000}, chain: {operator: {id: op, hq: "
                "XA, owners: []}, tenant: {id: te, hq: XB, owners: [{party: top, share: "
                "unknown}]}}, parties: [{id: top, hq: XC, owners: []}]}",
                &v);
    assert_int_equal(v.unresolved_count, 1);
    assert_string_equal(v.unresolved[0].fact.p, "chain.tenant.ultimate_parent_hq");
    assert_string_equal(v.unresolved[0].why.p,
                        "the share of top in te is not known; ask: Who owns it?");
    desk_close(&d);
}

static void facts_that_are_true_or_false_and_words_that_match_are_reasons_too(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, "rules:\n"
                  "- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [place], when: "
                  "'chip.vendor_hq != \"XA\" && chip.id != \"\" && site.state_funded && "
                  "!site.public_hub && chip.id.matches(\"^a[0-9]\") && acquired < "
                  "timestamp(\"2024-01-01T00:00:00Z\")', then: forbid, " SOURCE "}\n");
    struct law_verdict v;
    desk_decide(&d,
                "{on: 2024-01-01, act: place, chip: {id: a1, vendor_hq: XB}, acquired: 2023-05-01, "
                "site: {state_funded: true, public_hub: false}}",
                &v);
    assert_int_equal(v.finding_count, 1);
    assert_string_equal(v.findings[0].because.p,
                        "chip.vendor_hq XB is not XA; site.state_funded is true; site.public_hub "
                        "is false; chip.id a1 matches \"^a[0-9]\"; acquired 2023-05-01 < "
                        "2024-01-01");
    desk_close(&d);
}

static void the_same_law_and_case_give_the_same_bytes(void **state)
{
    (void)state;
    struct desk d, e;
    static const char pack[] = "rules:\n- {rule: A, title: t, level: law, effective: 2020-01-01, "
                               "acts: [place], when: chip.tpp > 1, then: forbid, " SOURCE "}\n";
    desk_open(&d, pack);
    desk_open(&e, pack);
    assert_int_equal(d.pack.pack.digest.len, 64);
    assert_true(str_eq(d.pack.pack.digest, e.pack.pack.digest));
    desk_close(&e);
    desk_open(&e, "notes: [other]\nrules:\n- {rule: A, title: t, level: law, effective: "
                  "2020-01-01, acts: [place], when: chip.tpp > 1, then: forbid, " SOURCE "}\n");
    assert_false(str_eq(d.pack.pack.digest, e.pack.pack.digest));
    desk_close(&e);
    desk_close(&d);
}

/* The number that follows `before` in the first flip that has it; -1: none. */
static long flip_number(const struct law_verdict *v, const char *before)
{
    for (uint32_t i = 0; i < v->flip_count; i++) {
        const char *at = strstr(v->flip[i].p, before);
        if (at != NULL) return strtol(at + strlen(before), NULL, 10);
    }
    return -1;
}

#define USED                                                                                       \
    "{on: 2024-01-01, act: export, amount: %u, chip: {tpp: 3}, counters: [{rule: CAP, used: %u}]}"
#define STOCK                                                                                      \
    "{on: 2024-01-01, act: place, fleet: {scope: site, chips: [{chip: {vendor_hq: XA}, amount: "   \
    "%u}, {chip: {vendor_hq: XB}, amount: %u}]}}"

static void what_is_said_to_keep_a_cap_keeps_it_and_one_more_does_not(void **state)
{
    (void)state;
    static const char *const sums[] = {"amount", "double(amount) * 2.5",
                                       "chip.tpp * double(amount)"};
    uint32_t told = 0, seed = 1;
    for (uint32_t i = 0; i < 300; i++) {
        struct desk d;
        char text[1024];
        seed = seed * 1664525 + 1013904223;
        uint32_t at_most = seed >> 20 & 255, used = seed >> 12 & 63, amount = 2 + (seed >> 8 & 127);
        snprintf(
            text, sizeof text,
            "rules:\n- {rule: CAP, title: t, level: law, effective: 2020-01-01, acts: [export], "
            "cap: {sum: '%s', by: consignee, window: days, days: 30, at_most: %u, unit: u}, "
            "then: forbid, " SOURCE "}\n",
            sums[i % 3], at_most);
        desk_open(&d, text);
        struct law_verdict v;
        snprintf(text, sizeof text, USED, amount, used);
        desk_decide(&d, text, &v);
        long most = flip_number(&v, "at most ");
        long down = flip_number(&v, "is down to ");
        if (v.allowed || most < 0) {
            assert_int_equal(most, -1);
        } else {
            told++;
            snprintf(text, sizeof text, USED, (uint32_t)most, used);
            assert_string_equal(desk_verdict(&d, text), "permit");
            snprintf(text, sizeof text, USED, (uint32_t)most + 1, used);
            assert_string_equal(desk_verdict(&d, text), "forbid");
        }
        if (down >= 0) { /* in whole units: the sums may be halves */
            snprintf(text, sizeof text, USED, amount, (uint32_t)down);
            assert_string_equal(desk_verdict(&d, text), "permit");
            snprintf(text, sizeof text, USED, amount, (uint32_t)down + 1);
            assert_string_equal(desk_verdict(&d, text), "forbid");
        }
        desk_close(&d);
    }
    assert_true(told > 50);
}

static void what_is_said_to_mend_a_share_mends_it_and_one_less_does_not(void **state)
{
    (void)state;
    static const char *const bounds[] = {"at_least", "more_than", "at_most", "less_than"};
    uint32_t told = 0, seed = 7;
    for (uint32_t i = 0; i < 300; i++) {
        struct desk d;
        char text[1024];
        seed = seed * 1664525 + 1013904223;
        uint32_t percent = 1 + (seed >> 20) % 99, home = seed >> 12 & 63, away = seed >> 4 & 63;
        snprintf(text, sizeof text,
                 "rules:\n- {rule: SHARE, title: t, level: law, effective: 2020-01-01, acts: "
                 "[place], ratio: {share_of: 'row.chip.vendor_hq == \"XA\"', per: site, %s: "
                 "%u%%}, then: forbid, " SOURCE "}\n",
                 bounds[i % 4], percent);
        desk_open(&d, text);
        struct law_verdict v;
        snprintf(text, sizeof text, STOCK, home, away);
        desk_decide(&d, text, &v);
        long more = v.flip_count > 0 ? strtol(v.flip[0].p, NULL, 10) : -1;
        assert_int_equal(v.allowed, more < 0);
        for (uint32_t k = 0; more >= 0 && k < 2; k++) {
            uint32_t n = (uint32_t)more - k;
            snprintf(text, sizeof text, STOCK, home + (i % 4 < 2 ? n : 0),
                     away + (i % 4 < 2 ? 0 : n));
            assert_string_equal(desk_verdict(&d, text), k == 0 ? "permit" : "forbid");
        }
        told += more >= 0;
        desk_close(&d);
    }
    assert_true(told > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_is_the_strictest_demand_of_all_rules),
        cmocka_unit_test(rules_follow_their_dates),
        cmocka_unit_test(the_next_change_is_the_next_date_on_which_this_case_differs),
        cmocka_unit_test(an_exception_lowers_only_the_rule_it_names),
        cmocka_unit_test(an_exception_to_an_exception_works_through_it),
        cmocka_unit_test(permits_meet_a_licence_up_to_their_amount_while_they_hold),
        cmocka_unit_test(evidence_meets_notices_and_conditions),
        cmocka_unit_test(a_bound_inside_an_error_bar_is_unresolved),
        cmocka_unit_test(caps_and_ratios_apply_where_they_are_broken),
        cmocka_unit_test(what_is_said_to_keep_a_cap_keeps_it_and_one_more_does_not),
        cmocka_unit_test(what_is_said_to_mend_a_share_mends_it_and_one_less_does_not),
        cmocka_unit_test(sets_have_the_members_of_the_day),
        cmocka_unit_test(
            what_was_acquired_before_is_not_reached_by_a_rule_with_a_grandfather_clause),
        cmocka_unit_test(a_rule_in_doubt_is_unresolved_until_it_is_settled),
        cmocka_unit_test(costs_are_told_and_exceptions_lower_them),
        cmocka_unit_test(a_case_of_several_acts_is_judged_once_for_each),
        cmocka_unit_test(placements_imply_the_acts_of_the_map),
        cmocka_unit_test(a_verdict_says_why),
        cmocka_unit_test(facts_that_are_true_or_false_and_words_that_match_are_reasons_too),
        cmocka_unit_test(the_same_law_and_case_give_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
