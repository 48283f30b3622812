/* Packs that are wrong: every mistake is told at its place, and nothing is loaded. */
#include "law_text.h"

#include "base/cbor.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* The head that desk_try puts before has three lines. */
static const char *errors_of(struct desk *d, const char *text)
{
    bool ok = desk_try(d, text);
    struct buf b = {0};
    yaml_errors_print(&d->errs, &b);
    char *out = str_dupz(&d->arena, buf_str(&b));
    buf_release(&b);
    assert_int_equal(ok, d->errs.total == 0);
    return out;
}

static void expect_error(const char *text, const char *expected)
{
    struct desk d;
    const char *got = errors_of(&d, text);
    if (strstr(got, expected) == NULL)
        fail_msg("%s\n    expected %s\n    got      %s", text, expected, got);
    desk_close(&d);
}

#define RULE                                                                                       \
    "- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [export], then: "              \
    "forbid, " SOURCE

static void mistakes_are_told_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"ruels: []\n", "pack.yaml:4:1: unknown key 'ruels'; did you mean 'rules'?"},
        {"rules:\n" RULE ", whn: true}\n", "unknown key 'whn'; did you mean 'when'?"},
        {"rules:\n" RULE ", permit: {hodlers: [tenant]}}\n", "unknown key 'hodlers'"},
        {"rules: 7\n", "pack.yaml:4:8: "},
        {"rules:\n- {rule: A}\n", "pack.yaml:5:3: key 'title' is missing"},
        {"rules:\n" RULE ", acts: [export]}\n", "acts"}, /* a key twice */
        {"rules:\n- {rule: A, title: t, level: lawful, effective: 2024-01-01, acts: [export], "
         "then: forbid, " SOURCE "}\n",
         "pack.yaml:5:30: 'lawful' is none of"},
        {"rules:\n- {rule: A, title: t, level: law, effective: 2024-13-01, acts: [export], then: "
         "forbid, " SOURCE "}\n",
         "'2024-13-01' is not a date"},
        {"rules:\n- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [exprt], then: "
         "forbid, " SOURCE "}\n",
         "exprt"},
        {"rules:\n- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [], then: "
         "forbid, " SOURCE "}\n",
         "no act is named"},
        {"rules:\n- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [export], then: "
         "maybe, " SOURCE "}\n",
         "maybe"},
        {"rules:\n- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [export], then: "
         "{licence: {policy: perhaps}}, " SOURCE "}\n",
         "perhaps"},
        {"rules:\n- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [export], then: "
         "{licence: {days: 3}}, " SOURCE "}\n",
         "unknown key 'days'"},
        {"rules:\n" RULE ", until: 2023-01-01}\n",
         "until 2023-01-01 is not after effective 2024-01-01"},
        {"rules:\n" RULE ", compliance: 2023-01-01}\n", "`compliance` is before `effective`"},
        {"rules:\n" RULE ", suspended: [{from: 2024-03-01, to: 2024-02-01}]}\n",
         "`from` is not before `to`"},
        {"rules:\n" RULE ", suspended: [{from: 2024-03-01, to: 2024-05-01}, {from: 2024-04-01}]}\n",
         "suspensions overlap"},
        {"rules:\n- {rule: A, title: t, level: law, acts: [export], then: forbid, " SOURCE "}\n",
         "neither `effective` nor `published` is stated"},
        {"rules:\n" RULE "}\n" RULE "}\n", "pack.yaml:6:10: rule 'A' is defined twice"},
        {"rules:\n" RULE ", lowers: [B]}\n", "there is no rule 'B' in this pack"},
        {"rules:\n" RULE ", lowers: [A]}\n", "a rule cannot lower itself"},
        {"rules:\n" RULE ", lowers: [B]}\n- {rule: B, title: t, level: law, effective: 2024-01-01, "
         "acts: [export], then: permit, lowers: [C], " SOURCE
         "}\n- {rule: C, title: t, level: law, effective: 2024-01-01, acts: [export], then: "
         "permit, lowers: [A], " SOURCE "}\n",
         "a cycle of exceptions"},
        {"rules:\n" RULE "}\n- {rule: B, title: t, level: guidance, effective: 2024-01-01, acts: "
         "[export], then: permit, lowers: [A], " SOURCE "}\n",
         "at level guidance a rule only tightens"},
        {"rules:\n- {rule: A, title: t, level: law, effective: 2024-01-01, acts: [place], then: "
         "{licence: {authority: X}}, " SOURCE
         "}\n- {rule: B, title: t, level: guidance, effective: 2024-01-01, acts: [place], then: "
         "{permit: {authority: Y}}, lowers: [A], " SOURCE "}\n",
         "only the authority of 'A' can spare from it"},
        {"rules:\n" RULE ", needs: [x]}\n", "`needs` is for an exception"},
        {"rules:\n" RULE ", cap: {sum: amount, by: nobody, at_most: 4}}\n",
         "neither a role of the chain nor site, country"},
        {"rules:\n" RULE ", cap: {sum: to, at_most: 4}}\n",
         "the expression gives string, not a number"},
        {"rules:\n" RULE ", cap: {sum: amount, window: days, at_most: 4}}\n",
         "`days` is stated exactly when"},
        {"rules:\n" RULE ", ratio: {share_of: 'true', per: site}}\n", "a ratio states one of"},
        {"rules:\n" RULE ", permit: {holders: [landlord]}}\n",
         "'landlord' is no role of the chain"},
        {"sets:\n- {set: S, members: [], " SOURCE "}\n", "pack.yaml:5:21: set 'S' names nobody"},
        {"sets:\n- {set: S, members: [{is: XB, from: 2024-02-01, until: 2024-01-01}], " SOURCE
         "}\n",
         "from 2024-02-01 is not before until 2024-01-01"},
        {"sets:\n- {set: S, members: [XB], " SOURCE "}\nlets:\n- {let: S, is: 'true'}\n",
         "'S' is defined twice in this pack"},
        {"sets:\n- {set: chip, members: [XB], " SOURCE "}\n",
         "'chip' is a word of the language or a fact"},
        {"sets:\n- {set: A-B, members: [XB], " SOURCE "}\n", "'A-B' is not a name"},
        {"ownership:\n- {ownership: O, lists: [L], " SOURCE "}\n", "`at_least` or `more_than`"},
        {"ownership:\n- {ownership: O, lists: [L], at_least: 150%, " SOURCE "}\n", "150%"},
        {"lets:\n- {let: a, is: b}\n- {let: b, is: a}\n", "leads back to itself"},
        {"lets:\n- {let: a, is: 'a || true'}\n", "leads back to itself"},
        {"acts:\n- {act: remote_use, when: chain.tenant.contry != site.country}\n", "contry"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_error(rows[i].text, rows[i].expected);
}

static void words_that_no_fact_can_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"rules:\n" RULE ",\n   when: 'to in [\"CN\", \"UK\"]'}\n", "did you mean GB?"},
        {"rules:\n" RULE ",\n   when: '\"JAP\" == from'}\n", "'JAP' is not an ISO 3166-1 country"},
        {"rules:\n" RULE ",\n   when: 'links.exists(p, p.hq != \"cn\")'}\n",
         "pack.yaml:6:35: 'cn' is not an ISO"},
        {"rules:\n" RULE ",\n   when: 'links.all(p, p.role == \"tennant\")'}\n",
         "'tennant' is none of: exporter"},
        {"rules:\n" RULE ",\n   when: 'act == \"exprot\"'}\n", "'exprot' is none of: export"},
        {"rules:\n" RULE ",\n   when: '\"palce\" in acts'}\n", "'palce' is none of: export"},
        {"rules:\n" RULE ",\n   when: 'end_use == \"militry\"'}\n", "'militry' is none of"},
        {"lets:\n- {let: a, is: 'data.exists(d, d.class in [\"persnal\"])'}\n",
         "'persnal' is none of: personal"},
        {"sets:\n- {set: S, members: [JP, Japan], " SOURCE
         "}\nlets:\n- {let: a, is: S}\n- {let: b, is: 'data.exists(d, d.located in a)'}\n",
         "pack.yaml:5:21: countries are looked for in the set, and 'Japan'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_error(rows[i].text, rows[i].expected);
    struct desk d;
    desk_open(&d, "sets:\n- {set: KINDS, members: [Bank], " SOURCE "}\nrules:\n" RULE
                  ", when: 'chip.vendor_hq != \"\" && to != \"XK\" && links.exists(p, "
                  "p.kinds.exists(k, k in KINDS))'}\n");
    desk_close(&d);
}

static void mistakes_in_expressions_are_told_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"rules:\n" RULE ",\n   when: chip.tpp >= 4 && chip.speed > 3}\n", "pack.yaml:6:31: "},
        {"rules:\n" RULE ",\n   when: 'to in NOWHERE'}\n",
         "pack.yaml:6:17: undeclared reference to 'NOWHERE'"},
        {"rules:\n" RULE ",\n   when: to > 3}\n", "pack.yaml:6:13: "},
        {"rules:\n" RULE ",\n   when: amount}\n", "the expression gives int, not bool"},
        {"rules:\n" RULE ",\n   when: row.amount > 3}\n",
         "`row` is known only inside a ratio's `share_of`"},
        {"rules:\n" RULE ",\n   when: '('}\n", "pack.yaml:6:"},
        /* Folded over lines, and in a block. */
        {"rules:\n- rule: A\n  title: t\n  level: law\n  effective: 2024-01-01\n  acts: [export]\n "
         " then: forbid\n  cite: c\n  source: s\n  read: 2024-01-01\n"
         "  when: chip.tpp >= 4 &&\n        bogus\n",
         "pack.yaml:15:9: undeclared reference to 'bogus'"},
        {"rules:\n- rule: A\n  title: t\n  level: law\n  effective: 2024-01-01\n  acts: [export]\n "
         " then: forbid\n  cite: c\n  source: s\n  read: 2024-01-01\n"
         "  when: |\n    chip.tpp >= 4 &&\n      bogus\n",
         "pack.yaml:16:7: undeclared reference to 'bogus'"},
        {"rules:\n" RULE ",\n   ratio: {share_of: bogus, per: site, at_least: 1%}}\n",
         "pack.yaml:6:22: undeclared reference to 'bogus'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_error(rows[i].text, rows[i].expected);
}

static void all_mistakes_of_a_pack_are_told_at_once(void **state)
{
    (void)state;
    struct desk d;
    const char *got =
        errors_of(&d, "rules:\n" RULE ", when: bogus > 1}\n"
                      "- {rule: B, title: t, level: law, effective: 2024-01-01, until: 2024-01-01, "
                      "acts: [place], when: nothing, then: forbid, " SOURCE "}\n");
    assert_int_equal(d.errs.total, 3);
    assert_non_null(strstr(got, "'bogus'"));
    assert_non_null(strstr(got, "is not after effective"));
    assert_non_null(strstr(got, "'nothing'"));
    desk_close(&d);
}

static void expect_refused(struct buf *text, const char *expected)
{
    struct desk d;
    const char *got = errors_of(&d, text->p);
    assert_true(d.errs.total > 0);
    if (expected != NULL && strstr(got, expected) == NULL)
        fail_msg("expected %s, got %s", expected, got);
    desk_close(&d);
    buf_clear(text);
}

static void repeat(struct buf *b, const char *s, size_t n)
{
    while (n-- > 0) buf_puts(b, s);
}

static void hostile_packs_are_refused_quickly_with_a_place(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_puts(&b, "rules:\n" RULE ",\n   when: 'true");
    repeat(&b, " || true", 10u * 1024 * 1024 / 8);
    buf_puts(&b, "'}\n");
    expect_refused(&b, "pack.yaml:6:");
    buf_puts(&b, "rules:\n" RULE ",\n   when: '");
    repeat(&b, "(", 2000);
    buf_puts(&b, "true");
    repeat(&b, ")", 2000);
    buf_puts(&b, "'}\n");
    expect_refused(&b, "pack.yaml:6:");
    buf_puts(&b, "rules: ");
    repeat(&b, "[", 5000);
    buf_puts(&b, "\n");
    expect_refused(&b, "pack.yaml:");
    buf_puts(&b, "rules:\n- {rule: \"\xff\xfe\", title: t}\n");
    expect_refused(&b, "pack.yaml:5:");
    buf_puts(&b, "rules: &a\n- *a\n");
    expect_refused(&b, "pack.yaml:4:");
    buf_puts(&b, "rules: !!map {}\n");
    expect_refused(&b, "pack.yaml:4:");
    buf_puts(&b, "lets:\n");
    for (int i = 0; i < 400; i++)
        buf_printf(&b, "- {let: a%d, is: 'a%d || a%d'}\n", i, i + 1, i + 1);
    buf_puts(&b, "- {let: a400, is: a0}\n");
    expect_refused(&b, "leads back to itself");
    buf_release(&b);
}

static void put_pack(struct law_pack *p, struct buf *out)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out);
    assert_true(visit_map(&w.v, NULL, false));
    visit_law_pack(&w.v, p);
    visit_map_end(&w.v);
}

static void a_pack_keeps_everything_through_its_canonical_form(void **state)
{
    (void)state;
    struct arena arena;
    struct yaml_errors errs;
    struct case_world world = {0};
    struct pack_file *packs = NULL;
    uint32_t count = 0;
    arena_init(&arena);
    yaml_errors_init(&errs, &arena);
    if (!packs_load("test/packs/tiny", &world, &arena, &errs, &packs, &count)) desk_fail(&errs);
    assert_int_equal(count, 1);
    assert_int_equal(packs[0].pack.rule_count, 8);
    assert_int_equal(packs[0].example_count, 16);
    struct buf first = {0}, second = {0};
    put_pack(&packs[0].pack, &first);
    struct law_pack copy = {0};
    struct cbor_reader r;
    struct errtext t;
    cbor_reader_init(&r, buf_str(&first), &arena);
    assert_true(visit_map(&r.v, NULL, false));
    visit_law_pack(&r.v, &copy);
    visit_map_end(&r.v);
    if (cbor_reader_finish(&r, &t) != ERR_NONE) fail_msg("%s", t.s);
    put_pack(&copy, &second);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.p, second.p, first.len);
    assert_int_equal(copy.rules[2].suspended_count, 1);
    assert_int_equal(copy.ownerships[0].threshold_ppm, 500000);
    buf_release(&first);
    buf_release(&second);
    arena_release(&arena);
}

static void a_law_is_kept_in_snapshots_and_adopts_whole_packs_only(void **state)
{
    (void)state;
    struct desk d;
    struct errtext t;
    desk_open(&d, "rules:\n" RULE "}\n");
    law_bind(d.law, 1u << LEVEL_LAW);
    struct buf bytes = {0};
    struct cbor_writer w;
    cbor_writer_init(&w, &bytes);
    assert_true(visit_map(&w.v, NULL, false));
    visit_law(&w.v, d.law);
    visit_map_end(&w.v);
    struct law *copy = law_new();
    struct cbor_reader r;
    cbor_reader_init(&r, buf_str(&bytes), &d.arena);
    assert_true(visit_map(&r.v, NULL, false));
    visit_law(&r.v, copy);
    visit_map_end(&r.v);
    if (cbor_reader_finish(&r, &t) != ERR_NONE) fail_msg("%s", t.s);
    assert_int_equal(law_binding(copy), 1u << LEVEL_LAW);
    struct str cite, title;
    assert_true(law_cite(copy, STR("A"), &cite, &title));
    assert_true(str_eqz(cite, "c"));
    /* A pack with a fault leaves the law as it was. */
    struct law_pack bad = d.pack.pack;
    struct law_rule rule = bad.rules[0];
    rule.when = STR("nonsense");
    bad.rules = &rule;
    assert_int_equal(law_adopt(copy, &bad, &t), ERR_INVALID);
    assert_non_null(strstr(t.s, "pack test: A: when: "));
    assert_true(law_cite(copy, STR("A"), &cite, &title));
    /* Two packs cannot have a rule of the same id. */
    bad = d.pack.pack;
    bad.id = STR("other");
    assert_int_equal(law_adopt(copy, &bad, &t), ERR_EXISTS);
    /* A pack of the same id takes the place of the old one. */
    rule = d.pack.pack.rules[0];
    rule.id = STR("B");
    bad.id = STR("test");
    bad.rules = &rule;
    assert_int_equal(law_adopt(copy, &bad, &t), ERR_NONE);
    assert_false(law_cite(copy, STR("A"), &cite, &title));
    assert_true(law_cite(copy, STR("B"), &cite, &title));
    law_free(copy);
    buf_release(&bytes);
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_at_their_place),
        cmocka_unit_test(words_that_no_fact_can_be_are_refused),
        cmocka_unit_test(mistakes_in_expressions_are_told_at_their_place),
        cmocka_unit_test(all_mistakes_of_a_pack_are_told_at_once),
        cmocka_unit_test(hostile_packs_are_refused_quickly_with_a_place),
        cmocka_unit_test(a_pack_keeps_everything_through_its_canonical_form),
        cmocka_unit_test(a_law_is_kept_in_snapshots_and_adopts_whole_packs_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
