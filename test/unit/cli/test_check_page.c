/* The page of a verdict: golden text. */
#include "cli/check_page.h"

#include "../read/law_text.h"

#include <string.h>

static const char pack[] =
    "sets:\n- {set: CLOSED, members: [XC], " SOURCE "}\n"
    "rules:\n"
    "- {rule: A, title: Licence for large chips, level: law, effective: 2020-01-01, until: "
    "2027-01-01, acts: [export], when: chip.tpp >= 4800 && to in CLOSED, then: {licence: "
    "{authority: XA-TRADE, policy: presumption-of-denial}}, " SOURCE "}\n"
    "- {rule: W, title: A warning, level: proposed, effective: 2020-01-01, acts: [export], then: "
    "forbid, " SOURCE "}\n"
    "- {rule: Q, title: Asks for the use, level: law, effective: 2020-01-01, acts: [lease], when: "
    "end_use == \"military\", then: forbid, questions: {end_use: What is it for?}, " SOURCE "}\n";

static const char *page_of(struct desk *d, const char *text, int width, bool colour)
{
    struct law_verdict v;
    struct law_case c;
    struct buf b = {0};
    desk_case(d, text, &c);
    desk_decide(d, text, &v);
    check_page_put(&c, &v, STR("test"), STR("packs at 1f"), width, colour, &b);
    char *out = str_dupz(&d->arena, buf_str(&b));
    buf_release(&b);
    return out;
}

static void a_page_says_what_which_why_and_what_would_change_it(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, pack);
    assert_string_equal(
        page_of(&d,
                "{on: 2026-01-15, act: export, from: XA, to: XC, chip: {id: big, tpp: 15832}, "
                "amount: 8}",
                0, false),
        "test: export from XA to XC, 8 x big, on 2026-01-15\n"
        "LICENCE, presumed to be denied (XA-TRADE)\n"
        "Findings\n"
        "  A LICENCE, presumed to be denied (XA-TRADE) not met [law]\n"
        "      Licence for large chips\n"
        "      because chip.tpp 15832 >= 4800; to XC in CLOSED\n"
        "      chip.tpp = 15832 >= 4800 (margin 11032)\n"
        "      c s\n"
        "Warnings (these do not bind)\n"
        "  W FORBID not met [proposed]\n"
        "      A warning\n"
        "      because it applies to every such act\n"
        "      note: a warning: level `proposed` does not bind here\n"
        "      c s\n"
        "What would change it\n"
        "  - if W (proposed) bound: forbid\n"
        "  - obtain a licence of XA-TRADE under A for 8 chips (presumption-of-denial)\n"
        "  - a chip with chip.tpp < 4800 (this one: 15832): A would not apply\n"
        "  - on 2027-01-01 the verdict on this case changes by date alone\n"
        "Changes next on 2027-01-01.\n"
        "Rules looked at (packs at 1f): A, W\n");
    assert_string_equal(page_of(&d, "{on: 2026-01-15, act: lease}", 0, false),
                        "test: lease, on 2026-01-15\n"
                        "UNRESOLVED\n"
                        "Not known, and it matters\n"
                        "  end_use: not stated; ask: What is it for?\n"
                        "      asked by Q\n"
                        "What would change it\n"
                        "  - state end_use\n"
                        "No date is known on which it changes.\n"
                        "Rules looked at (packs at 1f): Q\n");
    assert_string_equal(page_of(&d, "{on: 2026-01-15, act: transit}", 0, false),
                        "test: transit, on 2026-01-15\n"
                        "PERMIT\n"
                        "No date is known on which it changes.\n"
                        "Rules looked at (packs at 1f): none concerns this act on this date\n");
    desk_close(&d);
}

static void a_page_fits_its_width_and_is_plain_unless_asked(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, pack);
    static const char text[] =
        "{on: 2026-01-15, act: export, from: XA, to: XC, chip: {id: big, tpp: 15832}, amount: 8}";
    const char *page = page_of(&d, text, 40, false);
    size_t column = 0;
    for (const char *p = page; *p != '\0'; p++) {
        column = *p == '\n' ? 0 : column + 1;
        assert_true(column <= 40);
        assert_true(*p != '\033');
    }
    assert_non_null(strchr(page_of(&d, text, 0, true), '\033'));
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_says_what_which_why_and_what_would_change_it),
        cmocka_unit_test(a_page_fits_its_width_and_is_plain_unless_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
