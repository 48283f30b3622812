/* The JSON of a verdict is a contract: its keys, their order, and its bytes. */
#include "law_text.h"

#include "read/verdict_json.h"

#include <string.h>

static const char pack[] =
    "rules:\n"
    "- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [export], when: chip.pd >= "
    "5.92, then: {licence: {authority: BIS, policy: presumption-of-denial}}, cost: 15%, " SOURCE
    "}\n"
    "- {rule: B, title: u, level: law, effective: 2020-01-01, until: 2027-01-01, acts: [export], "
    "lowers: [A], needs: [x], then: {licence: {authority: BIS, policy: case-by-case}}, " SOURCE
    "}\n";

static char *json_of(struct desk *d, const char *text)
{
    struct law_verdict v;
    struct buf b = {0};
    desk_decide(d, text, &v);
    verdict_json_put(&v, NULL, &b);
    char *out = str_dupz(&d->arena, buf_str(&b));
    buf_release(&b);
    return out;
}

static void a_verdict_has_these_bytes(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, pack);
    static const char text[] =
        "{on: 2026-01-15, act: export, chip: {pd: 19.45}, amount: 8, evidence: []}";
    static const char expected[] =
        "{\"on\":\"2026-01-15\",\"effect\":\"licence\",\"policy\":\"presumption-of-denial\","
        "\"authority\":\"BIS\",\"allowed\":false,\"unresolved\":[],"
        "\"costs\":[{\"rule\":\"A\",\"percent\":15}],"
        "\"findings\":[{\"rule\":\"A\",\"title\":\"t\",\"level\":\"law\",\"binding\":true,"
        "\"effect\":\"licence\",\"policy\":\"presumption-of-denial\",\"authority\":\"BIS\","
        "\"days\":null,\"cite\":\"c\",\"source\":\"s\",\"because\":\"chip.pd 19.45 >= 5.92\","
        "\"note\":null,\"lowered_by\":null,"
        "\"numbers\":[{\"fact\":\"chip.pd\",\"value\":19.45,\"op\":\">=\",\"bound\":5.92,"
        "\"margin\":13.53}],"
        "\"met\":false,\"permit\":null,\"short_by\":0,\"missing_evidence\":[\"x\"],"
        "\"report\":null,\"record\":null}],"
        "\"considered\":[\"A\",\"B\"],"
        "\"flip\":[\"obtain a licence of BIS under A for 8 chips (presumption-of-denial)\","
        "\"with x on record B lowers A to licence case-by-case\","
        "\"a chip with chip.pd < 5.92 (this one: 19.45): A would not apply\"],"
        "\"next_change\":null}";
    assert_string_equal(json_of(&d, text), expected);
    assert_string_equal(json_of(&d, text), expected);
    desk_close(&d);
}

static void an_unresolved_verdict_names_fact_reason_and_rules(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, pack);
    const char *got = json_of(&d, "{on: 2026-01-15T12:00:00Z, act: export, evidence: []}");
    assert_non_null(strstr(got, "\"on\":\"2026-01-15T12:00:00Z\",\"effect\":\"unresolved\","
                                "\"policy\":null,\"authority\":null"));
    assert_non_null(strstr(
        got, "\"unresolved\":[{\"fact\":\"chip.pd\",\"why\":\"not stated\",\"rules\":[\"A\"]}]"));
    got = json_of(&d, "{on: 2026-01-15, act: export, chip: {pd: 19.45}, evidence: [x]}");
    assert_non_null(strstr(got, "\"next_change\":\"2027-01-01\""));
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_has_these_bytes),
        cmocka_unit_test(an_unresolved_verdict_names_fact_reason_and_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
