/* What berth law lint finds. */
#include "law_text.h"

#include "base/civil.h"
#include "law/cel/cel.h"
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
        {"to == 'DE' && to != 'DE'", 1},
        {"to == 'DE' && !(to == 'DE')", 1},
        {"to != 'DE' && !(to == 'FR')", 0},
        {"to in ['DE', 'FR'] && to in ['JP', 'SG']", 1},
        {"to in ['DE', 'FR'] && to in ['JP', 'FR']", 0},
        {"to in ['DE', 'FR'] && to != 'DE' && to != 'FR'", 1},
        {"to in ['DE', 'FR'] && !(to in ['FR', 'DE', 'JP'])", 1},
        {"(to == 'DE' || to == 'FR') && to == 'JP'", 1},
        {"(to == 'DE' || to == 'FR') && to == 'FR'", 0},
        {"(chip.tpp > 5 && chip.tpp < 3) || false", 1},
        {"chip.tpp > 5 && 3 > chip.tpp", 1},
        {"chip.tpp >= 5 && chip.tpp <= 5 && chip.tpp != 5.0", 1},
        {"site.public_hub && !site.public_hub", 1},
        {"site.public_hub && site.public_hub == false", 1},
        {"!(chip.tpp > 5 || chip.tpp <= 5)", 1},
        {"links.exists(p, p.hq == 'DE') && !links.exists(p, p.hq == 'DE')", 1},
        {"links.exists(p, p.hq == 'DE') && links.exists(p, p.hq == 'FR')", 0},
        {"(chip.pd > 1 ? chip.tpp > 5 : chip.tpp > 6) && chip.tpp < 4", 1},
        {"(chip.pd > 1 ? chip.tpp > 5 : chip.tpp > 3) && chip.tpp < 4", 0},
        {"chip.id.startsWith('a') && !chip.id.startsWith('a')", 1},
        {"small && !small", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char pack[640];
        (void)snprintf(pack, sizeof pack,
                       "lets:\n- {let: small, title: t, is: chip.tpp < 3}\n"
                       "rules:\n- {rule: A, title: t, level: law, acts: [place], then: forbid, "
                       "effective: 2024-01-01, when: \"small == small && %s\", " SOUND "}\n",
                       cases[i].when);
        expect_notes(pack, cases[i].errors, 0,
                     cases[i].errors > 0 ? "the rule can never apply" : NULL);
    }
}

/* Sets change with the date: a rule applies if it does on one of its days. */
static void what_sets_hold_in_the_life_of_a_rule_counts(void **state)
{
    (void)state;
    static const char sets[] = "sets:\n- {set: S, members: [DE, {is: JP, from: 2025-01-01}], " SOUND
                               "}\nlets:\n- {let: l, title: t, is: \"S + ['SG']\"}\n";
    static const struct {
        const char *rule;
        uint32_t errors;
    } cases[] = {
        {"effective: 2024-01-01, when: to in S && to == 'JP'", 0},
        {"effective: 2024-01-01, until: 2025-01-01, when: to in S && to == 'JP'", 1},
        {"effective: 2024-01-01, when: to in S && to == 'FR'", 1},
        {"effective: 2024-01-01, when: to in l && to == 'SG'", 0},
        {"effective: 2024-01-01, when: to in l && !(to in S) && to != 'SG'", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char pack[1024];
        (void)snprintf(
            pack, sizeof pack,
            "%srules:\n- {rule: A, title: t, level: law, acts: [place], then: forbid, " SOUND
            ", %s}\n- {rule: Z, title: t, level: law, acts: [export], then: "
            "forbid, effective: 2024-01-01, when: to in l || to in S, " SOUND "}\n",
            sets, cases[i].rule);
        expect_notes(pack, cases[i].errors, 0, NULL);
    }
    expect_notes("rules:\n" RULE("A", "effective: 2024-01-01, when: act == 'export'"), 1, 0,
                 "none of its `acts`");
}

/* ---- random conditions, against all facts there are ---- */

static const char *const countries[] = {"DE", "FR", "JP", "SG"}; /* of SG no condition speaks */
enum { COUNTRIES = 4, BOUND_STEP = 2, BOUNDS = 3, TPP_MAX = 8, CONDITIONS = 1500 };

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

static void put_part(uint64_t *seed, struct buf *b)
{
    static const char *const orders[] = {"<", "<=", ">", ">="};
    const char *one = countries[draw(seed, COUNTRIES - 1)], *two = countries[draw(seed, 3)];
    uint32_t bound = 3 + BOUND_STEP * draw(seed, BOUNDS);
    switch (draw(seed, 6)) {
    case 0: buf_printf(b, "to == '%s'", one); break;
    case 1: buf_printf(b, "to != '%s'", one); break;
    case 2: buf_printf(b, "to in ['%s', '%s']", one, two); break;
    case 3: buf_printf(b, "chip.tpp %s %u", orders[draw(seed, 4)], bound); break;
    case 4: buf_printf(b, "%u %s chip.tpp", bound, orders[draw(seed, 4)]); break;
    default: buf_puts(b, "site.public_hub"); break;
    }
}

static void put_condition(uint64_t *seed, int depth, struct buf *b)
{
    uint32_t kind = draw(seed, depth > 0 ? 5 : 1);
    if (kind == 0) {
        put_part(seed, b);
        return;
    }
    buf_puts(b, kind == 1 ? "!(" : "(");
    put_condition(seed, depth - 1, b);
    if (kind == 4) {
        buf_puts(b, " ? ");
        put_condition(seed, depth - 1, b);
    }
    if (kind > 1) {
        buf_puts(b, kind == 2 ? " || " : kind == 3 ? " && " : " : ");
        put_condition(seed, depth - 1, b);
    }
    buf_puts(b, ")");
}

static bool find_fact(void *ctx, struct str name, struct arena *a, struct cel_value *out)
{
    const uint32_t *at = ctx;
    (void)a;
    if (str_eqz(name, "to")) *out = cel_string(str_of(countries[*at % COUNTRIES]));
    if (str_eqz(name, "chip.tpp")) *out = cel_double(*at / COUNTRIES % (TPP_MAX + 1));
    if (str_eqz(name, "site.public_hub")) *out = cel_bool(*at / COUNTRIES / (TPP_MAX + 1) == 1);
    return out->kind != CEL_UNKNOWN;
}

static bool holds_somewhere(struct str condition)
{
    struct arena a;
    struct cel_expr *e = NULL;
    struct errtext t;
    bool holds = false;
    arena_init(&a);
    if (cel_compile(&a, condition, NULL, NULL, &e, &t) != ERR_NONE) fail_msg("%s", t.s);
    for (uint32_t at = 0; !holds && at < COUNTRIES * (TPP_MAX + 1) * 2; at++) {
        struct cel_env env = {.lookup = find_fact, .ctx = &at};
        struct cel_value v = cel_eval(e, &env, &a);
        assert_int_equal(v.kind, CEL_BOOL);
        holds = v.as.b;
    }
    arena_release(&a);
    return holds;
}

static void a_condition_is_said_never_to_hold_exactly_where_no_facts_make_it_hold(void **state)
{
    (void)state;
    uint64_t seed = 7;
    uint32_t never = 0;
    for (int i = 0; i < CONDITIONS; i++) {
        struct buf condition = {0}, pack = {0};
        put_condition(&seed, 4, &condition);
        buf_printf(&pack,
                   "rules:\n- {rule: A, title: t, level: law, acts: [place], then: forbid, "
                   "effective: 2024-01-01, when: \"" STR_FMT "\", " SOUND "}\n",
                   STR_ARG(buf_str(&condition)));
        bool holds = holds_somewhere(buf_str(&condition));
        never += holds ? 0 : 1;
        expect_notes(buf_str(&pack).p, holds ? 0 : 1, 0, holds ? NULL : "can never apply");
        buf_release(&condition);
        buf_release(&pack);
    }
    assert_in_range(never, CONDITIONS / 100, CONDITIONS / 2);
}

#define LICENCE(id, acts, when, policy, more)                                                      \
    "- {rule: " id ", title: t, level: law, effective: 2024-01-01, acts: [" acts "], when: " when  \
    ", then: {licence: {authority: X, policy: " policy "}}" more ", " SOUND "}\n"

static void a_rule_that_another_one_makes_idle_is_shadowed(void **state)
{
    (void)state;
    static const char wide[] = "rules:\n" RULE("A", "effective: 2024-01-01, when: chip.tpp > 3");
    static const struct {
        const char *rule;
        uint32_t warnings;
        const char *part;
    } cases[] = {
        {"effective: 2024-01-01, when: chip.tpp > 3 && to == 'DE', then: forbid", 1, "'A'"},
        {"effective: 2024-01-01, when: chip.tpp >= 4, then: {condition: {evidence: [x]}}", 1,
         "'A'"},
        {"effective: 2024-01-01, when: chip.tpp > 2, then: {condition: {evidence: [x]}}", 0, NULL},
        {"effective: 2023-01-01, when: chip.tpp > 4, then: {condition: {evidence: [x]}}", 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char pack[1024];
        (void)snprintf(pack, sizeof pack,
                       "%s- {rule: B, title: t, level: law, acts: [place], " SOUND ", %s}\n", wide,
                       cases[i].rule);
        expect_notes(pack, 0, cases[i].warnings, cases[i].part);
    }
    /* A licence does not meet a condition, nor one authority another's demand. */
    expect_notes("rules:\n" LICENCE("A", "place", "'true'", "none", "")
                     LICENCE("B", "place", "chip.tpp > 3", "none", ", record: who asked"),
                 0, 0, NULL);
    expect_notes("rules:\n" LICENCE("A", "place", "'true'", "none", "")
                     LICENCE("B", "place", "chip.tpp > 3", "none", ""),
                 0, 1, "rule 1: shadowed: 'A'");
}

static void licences_with_other_policies_on_facts_in_common_are_warnings(void **state)
{
    (void)state;
    expect_notes("rules:\n" LICENCE("A", "export", "chip.tpp > 3", "case-by-case", "")
                     LICENCE("B", "export", "to == 'DE'", "presumption-of-denial", ""),
                 0, 1, "another policy of review");
    expect_notes("rules:\n" LICENCE("A", "export", "to == 'FR'", "case-by-case", "")
                     LICENCE("B", "export", "to == 'DE'", "presumption-of-denial", ""),
                 0, 0, NULL);
    expect_notes("rules:\n" LICENCE("A", "export", "chip.tpp > 3", "case-by-case", ", lowers: [B]")
                     LICENCE("B", "export", "to == 'DE'", "presumption-of-denial", ""),
                 0, 0, NULL);
}

static void an_exception_that_never_meets_its_rule_is_an_error(void **state)
{
    (void)state;
    expect_notes("rules:\n" LICENCE("A", "export", "to == 'FR'", "approve", ", lowers: [B]")
                     LICENCE("B", "export", "to == 'DE'", "presumption-of-denial", ""),
                 1, 0, "lowers 0: 'B' never applies where it does");
    expect_notes("rules:\n" LICENCE("A", "place", "'true'", "approve", ", lowers: [B]")
                     LICENCE("B", "export", "'true'", "presumption-of-denial", ""),
                 1, 0, "'B' has none of its acts");
    expect_notes("rules:\n" LICENCE(
                     "A", "export", "'true'", "approve",
                     ", lowers: [B], until: 2024-06-01") "- {rule: B, title: t, level: law, "
                                                         "effective: 2025-01-01, acts: [export], "
                                                         "then: forbid, " SOUND "}\n",
                 1, 0, "'B' is never in force when it is");
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
    expect_notes(
        "sets:\n- {set: S, members: [XB], cite: c, source: s, read: 2024-01-01}\nrules:\n" RULE(
            "A", "effective: 2024-01-01, when: to in S"),
        0, 1, "read 0: the source was read 882 days ago");
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
        cmocka_unit_test(what_sets_hold_in_the_life_of_a_rule_counts),
        cmocka_unit_test(a_condition_is_said_never_to_hold_exactly_where_no_facts_make_it_hold),
        cmocka_unit_test(a_rule_that_another_one_makes_idle_is_shadowed),
        cmocka_unit_test(licences_with_other_policies_on_facts_in_common_are_warnings),
        cmocka_unit_test(an_exception_that_never_meets_its_rule_is_an_error),
        cmocka_unit_test(doubtful_rules_are_warnings),
        cmocka_unit_test(sets_that_are_empty_or_unused_are_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
