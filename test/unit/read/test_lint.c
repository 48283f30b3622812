/* What berth law lint finds. */
#include "law_text.h"

#include "base/civil.h"
#include "law/lint.h"

#include <stdio.h>
#include <string.h>

struct notes {
    struct buf text;
    uint32_t errors, warnings;
};

static void note(void *ctx, bool is_error, const struct law_place *at, const char *text)
{
    struct notes *n = ctx;
    is_error ? n->errors++ : n->warnings++;
    buf_printf(&n->text, "%s %u: %s\n", at->key, at->index, text);
}

#define SOUND "cite: c, source: s, read: 2026-01-01, confidence: high, basis: verbatim"
#define RULE(id, more)                                                                             \
    "- {rule: " id ", title: t, level: law, acts: [place], then: forbid, " more ", " SOUND "}\n"

static void expect_notes(const char *pack, uint32_t errors, uint32_t warnings, const char *part)
{
    struct desk d;
    struct notes n = {0};
    desk_open(&d, pack);
    law_pack_lint(&d.pack.pack, civil_days(2026, 6, 1) * CIVIL_DAY_MS, note, &n);
    if (n.errors != errors || n.warnings != warnings ||
        (part != NULL && (n.text.p == NULL || strstr(n.text.p, part) == NULL)))
        fail_msg("%s: %u errors, %u warnings: %s", pack, n.errors, n.warnings,
                 n.text.p != NULL ? n.text.p : "");
    buf_release(&n.text);
    desk_close(&d);
}

static void a_sound_pack_has_no_notes(void **state)
{
    (void)state;
    expect_notes("rules:\n" RULE("A", "effective: 2024-01-01, when: chip.tpp > 3"), 0, 0, NULL);
}

static void rules_that_can_never_apply_are_errors(void **state)
{
    (void)state;
    expect_notes("rules:\n" RULE("A", "effective: 2024-01-01, when: 1 > 2"), 1, 0,
                 "can never apply");
    expect_notes("rules:\n" RULE("A", "effective: 2024-01-01, suspended: [{from: 2023-01-01}]"), 1,
                 0, "suspended for all its time");
    expect_notes(
        "rules:\n- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [place], then: "
        "forbid, cite: c, source: s, read: 2026-01-01, confidence: high, basis: memory}\n",
        1, 0, "rests on memory");
}

static void rules_that_exclude_themselves_are_errors(void **state)
{
    (void)state;
    static const struct {
        const char *when;
        uint32_t errors;
    } cases[] = {
        {"to == 'DE' && to == 'FR'", 1},
        {"to == 'DE' && from == 'FR'", 0},
        {"to == 'DE' || to == 'FR'", 0},
        {"to == 'FR' && to in ['DE', 'JP']", 1},
        {"to == 'JP' && to in ['DE', 'JP']", 0},
        {"chip.tpp > 5 && chip.tpp < 3", 1},
        {"chip.tpp >= 5 && chip.tpp <= 5", 0},
        {"chip.tpp > 5 && chip.tpp <= 5", 1},
        {"small && chip.tpp > 5", 1},
        {"!small && chip.tpp > 5", 0},
        {"small && chip.pd > 5", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char pack[512];
        (void)snprintf(pack, sizeof pack,
                       "lets:\n- {let: small, title: t, is: chip.tpp < 3}\n"
                       "rules:\n- {rule: A, title: t, level: law, acts: [place], then: forbid, "
                       "effective: 2024-01-01, when: \"small == small && %s\", " SOUND "}\n",
                       cases[i].when);
        expect_notes(pack, cases[i].errors, 0,
                     cases[i].errors > 0 ? "the rule can never apply: what it asks of" : NULL);
    }
}

static void doubtful_rules_are_warnings(void **state)
{
    (void)state;
    expect_notes(
        "rules:\n" RULE(
            "A",
            "effective: 2024-01-01, when: chip.tpp > 3") "- {rule: B, title: t, level: law, "
                                                         "effective: 2024-01-01, acts: [place], "
                                                         "when: 'chip.tpp  >  3', then: "
                                                         "{condition: {evidence: [x]}}, " SOUND
                                                         "}\n",
        0, 1, "rule 1: shadowed: 'A'");
    expect_notes(
        "rules:\n" RULE(
            "A", "effective: 2025-01-01, when: chip.tpp > 3") "- {rule: B, title: t, level: law, "
                                                              "effective: 2024-01-01, acts: "
                                                              "[place], when: chip.tpp > 3, then: "
                                                              "{condition: {evidence: [x]}}, " SOUND
                                                              "}\n",
        0, 1, "overlaps with 'A'");
    expect_notes("rules:\n" RULE("A", "effective: 2024-01-01, when: 'on > acquired'"), 0, 1,
                 "reads `on`");
    expect_notes("rules:\n- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [place], "
                 "then: permit, " SOUND "}\n",
                 0, 1, "permits what nothing forbids");
    expect_notes(
        "rules:\n- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [place], then: "
        "forbid, cite: c, source: s, read: 2024-01-01, confidence: high, basis: firm}\n",
        0, 1, "read 882 days ago");
}

static void sets_that_are_empty_or_unused_are_warnings(void **state)
{
    (void)state;
    expect_notes("sets:\n- {set: S, members: [{is: XB, until: 2025-01-01}, {is: XC, from: "
                 "2026-01-01}], " SOUND
                 "}\nrules:\n" RULE("A", "effective: 2024-01-01, when: to in S"),
                 0, 1, "set 'S' is empty from 2025-01-01");
    expect_notes("sets:\n- {set: S, members: [XB], " SOUND "}\nlets:\n- {let: l, is: 'true'}\n", 0,
                 2, "'l' is used by no expression");
    expect_notes("sets:\n- {set: S, members: [XB, {is: XB, from: 2025-01-01}], " SOUND
                 "}\nrules:\n" RULE("A", "effective: 2024-01-01, when: to in S"),
                 0, 1, "'XB' is named twice for the same time");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_pack_has_no_notes),
        cmocka_unit_test(rules_that_can_never_apply_are_errors),
        cmocka_unit_test(rules_that_exclude_themselves_are_errors),
        cmocka_unit_test(doubtful_rules_are_warnings),
        cmocka_unit_test(sets_that_are_empty_or_unused_are_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
