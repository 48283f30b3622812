/* Case and deal files. */
#include "law_text.h"

#include "base/civil.h"
#include "read/deal_yaml.h"

#include <stdio.h>
#include <string.h>

static const struct chip catalogue[] = {{.id = {"h200", 4},
                                         .vendor_hq = {"US", 2},
                                         .tpp = {true, 15832000, 15832000, 15832000},
                                         .pd = {true, 19450, 19450, 19450}}};
static const struct case_world world = {.chips = catalogue, .chip_count = 1};

struct bench {
    struct arena arena;
    struct yaml_errors errs;
};

static void bench_open(struct bench *b)
{
    arena_init(&b->arena);
    yaml_errors_init(&b->errs, &b->arena);
}

static void every_fact_of_a_case_is_read(void **state)
{
    (void)state;
    struct bench b;
    struct case_file f;
    bench_open(&b);
    static const char text[] =
        "name: all of it\n"
        "on: 2026-01-15T00:01:00-05:00\n"
        "act: [export, place]\n"
        "from: US\n"
        "to: CN\n"
        "chip: {id: h200, tpp: 15000..16000, dc_marketed: yes}\n"
        "amount: 8\n"
        "chain:\n"
        "  exporter: {id: seller, country: US}\n"
        "  consignee: buyer\n"
        "  intermediaries: [{id: mid}]\n"
        "parties:\n"
        "  - {id: buyer, hq: CN, owners: [{party: fund, share: 40%, from: 2025-01-01, to: "
        "2025-12-31}, {party: x, share: unknown}], lists: [US-EL], kinds: [military]}\n"
        "  - {id: fund, hq: SG}\n"
        "site: {country: CN, state_funded: true, build_progress: 0.2, public_hub: no}\n"
        "end_use: research\n"
        "data:\n"
        "  - {class: personal, subject_country: CN, located: CN, accessed_from: SG, persons: "
        "99999}\n"
        "acquired: 2024-05-01\n"
        "evidence: [us_supply]\n"
        "permits: [{rule: R-1, holder: tenant, amount: 100, used: 90, from: 2026-01-28, to: "
        "2026-12-31}]\n"
        "fleet: {scope: site, chips: [{chip: h200, amount: 40}, {chip: {id: other}, amount: 2}]}\n";
    if (!case_yaml_read(str_of(text), STR("c.yaml"), &world, &b.arena, &b.errs, &f))
        desk_fail(&b.errs);
    const struct law_case *c = &f.cases[0];
    assert_int_equal(f.count, 1);
    assert_string_equal(f.names[0].p, "all of it");
    assert_int_equal(c->on_ms, civil_days(2026, 1, 15) * CIVIL_DAY_MS + 5 * 3600000 + 60000);
    assert_int_equal(c->acts, 1u << ACT_EXPORT | 1u << ACT_PLACE);
    assert_true(c->chip_present && c->chip.dc_marketed == TRI_YES);
    assert_int_equal(c->chip.tpp.lo_milli, 15000000);
    assert_int_equal(c->chip.pd.milli, 19450); /* from the catalogue */
    assert_true(c->amount_known && c->amount == 8);
    assert_true(c->chain_present[ROLE_EXPORTER] && c->chain_present[ROLE_CONSIGNEE]);
    assert_false(c->chain_present[ROLE_TENANT]);
    const struct law_party *buyer = &c->chain[ROLE_CONSIGNEE];
    assert_string_equal(buyer->hq.p, "CN");
    assert_int_equal(buyer->owners[0].share_ppm, 400000);
    /* The last day belongs to the holding. */
    assert_int_equal(buyer->owners[0].to_ms, civil_days(2026, 1, 1) * CIVIL_DAY_MS);
    assert_false(buyer->owners[1].share_known);
    assert_true(c->intermediaries_known && c->intermediary_count == 1);
    assert_false(c->intermediaries[0].owners_known || c->intermediaries[0].lists_known);
    assert_int_equal(c->site.state_funded, TRI_YES);
    assert_int_equal(c->site.public_hub, TRI_NO);
    assert_int_equal(c->site.critical_infrastructure, TRI_UNKNOWN);
    assert_int_equal(c->site.build_progress_ppm, 200000);
    assert_int_equal(c->data[0].persons, 99999);
    assert_int_equal(c->permits[0].to_ms, civil_days(2027, 1, 1) * CIVIL_DAY_MS);
    assert_true(c->fleet_count == 1 && c->fleets[0].stock.count == 2);
    assert_int_equal(c->fleets[0].stock.rows[0].chip->tpp.milli, 15832000);
    arena_release(&b.arena);
}

static void what_is_left_out_is_unknown_and_an_empty_list_is_not(void **state)
{
    (void)state;
    struct bench b;
    struct case_file f;
    bench_open(&b);
    static const char text[] =
        "- {on: 2026-01-01, act: place}\n"
        "- {on: 2026-01-01, act: place, chip: none, evidence: [], data: [], chain: "
        "{intermediaries: [], tenant: {owners: [], lists: []}}, amount: unknown, to: unknown}\n";
    if (!case_yaml_read(str_of(text), STR("c.yaml"), &world, &b.arena, &b.errs, &f))
        desk_fail(&b.errs);
    const struct law_case *c = &f.cases[0];
    assert_true(c->chip_present && !c->chip.tpp.known);
    assert_false(c->evidence_known || c->data_known || c->intermediaries_known ||
                 c->fleet_count > 0);
    c = &f.cases[1];
    assert_true(!c->chip_present && c->evidence_known && c->data_known && c->intermediaries_known);
    assert_true(c->chain[ROLE_TENANT].owners_known && c->chain[ROLE_TENANT].lists_known);
    assert_false(c->chain[ROLE_TENANT].kinds_known || c->amount_known);
    assert_int_equal(c->to.len, 0);
    arena_release(&b.arena);
}

static void mistakes_in_cases_are_told_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"{act: place}", "c.yaml:1:1: key 'on' is missing"},
        {"{on: 2026-01-01}", "key 'act' is missing"},
        {"{on: 2026-02-30, act: place}", "c.yaml:1:6: '2026-02-30' is not a date"},
        {"{on: 2026-01-01, act: plaice}", "c.yaml:1:23: 'plaice'"},
        {"{on: 2026-01-01, act: place, too: CN}", "c.yaml:1:30: unknown key 'too'"},
        {"{on: 2026-01-01, act: place, chip: h20o}",
         "c.yaml:1:36: chip 'h20o' is not in the catalogue; did you mean 'h200'?"},
        {"{on: 2026-01-01, act: place, chip: {id: q, tpp: fast}}", "fast"},
        {"{on: 2026-01-01, act: place, chain: {tenant: nobody}}",
         "c.yaml:1:46: party 'nobody' is not described"},
        {"{on: 2026-01-01, act: place, chain: {tennant: {}}}",
         "unknown key 'tennant'; did you mean 'tenant'?"},
        {"{on: 2026-01-01, act: place, to: china}", "china"},
        {"{on: 2026-01-01, act: place, amount: -1}", "c.yaml:1:38: "},
        {"{on: 2026-01-01, act: place, data: [{class: secret}]}", "'secret' is none of"},
        {"{on: 2026-01-01, act: place, end_use: militry}", "'militry' is none of"},
        {"{on: 2026-01-01, act: place, chain: {tenant: {id: a, kinds: [state_owned]}}}",
         "no rule knows 'state_owned'; did you mean 'state-owned'?"},
        {"{on: 2026-01-01, act: place, chain: {tenant: {id: a, kinds: goverment}}}",
         "no rule knows 'goverment'; did you mean 'government'?"},
        {"{on: 2026-01-01, act: place, chain: {tenant: {id: a, lists: [us_el]}}}",
         "no rule knows 'us_el'; did you mean 'US-EL'?"},
        {"{on: 2026-01-01, act: place, parties: [{hq: CN}]}", "needs an `id`"},
        {"{on: 2026-01-01, act: place, parties: [{id: a}, {id: a}]}",
         "party 'a' is described twice"},
        {"{on: 2026-01-01, act: place, parties: [{id: a, owners: [{party: b, share: 60%}]}, {id: "
         "b, owners: [{party: a, share: 60%}]}]}",
         "a cycle of owners: 'b' and 'a' own each other"},
        {"{on: 2026-01-01, act: place, parties: [{id: a, owners: [{party: b, share: 60%}, {party: "
         "c, share: 50%}]}]}",
         "hold more than 100 % together"},
        {"{on: 2026-01-01, act: place, parties: [{id: a, owners: [{party: b, share: 160%}]}]}",
         "160%"},
        {"{on: 2026-01-01, act: place, permits: [{rule: R, holder: tenant, from: 2026-02-01, to: "
         "2026-01-01}]}",
         "`to` is before `from`"},
        {"[]", "the list of cases is empty"},
        {"- 7", "c.yaml:1:3: "},
        {"", "c.yaml"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        struct case_file f;
        struct buf out = {0};
        bench_open(&b);
        bool ok =
            case_yaml_read(str_of(rows[i].text), STR("c.yaml"), &world, &b.arena, &b.errs, &f);
        yaml_errors_print(&b.errs, &out);
        if (ok || strstr(out.p, rows[i].expected) == NULL)
            fail_msg("%s\n    expected %s\n    got      %s", rows[i].text, rows[i].expected,
                     out.p != NULL ? out.p : "no error");
        buf_release(&out);
        arena_release(&b.arena);
    }
}

static void read_deal(struct bench *b, const char *text, struct deal *d)
{
    struct yaml_doc doc;
    if (!yaml_parse(str_of(text), YAML_BYTES_MAX, STR("d.yaml"), &b->arena, &b->errs, &doc))
        desk_fail(&b->errs);
    assert_true(deal_yaml_is(doc.root));
    if (!deal_yaml_node(&b->errs, doc.root, &world, &b->arena, d)) desk_fail(&b->errs);
}

static const struct deal_act *find_act(const struct deal *d, uint32_t row, int act)
{
    for (uint32_t i = 0; i < d->act_count; i++)
        if (d->acts[i].row == row && d->acts[i].act == act) return &d->acts[i];
    return NULL;
}

static void a_deal_is_all_the_acts_it_implies(void **state)
{
    (void)state;
    struct desk desk;
    struct bench b;
    struct deal d;
    desk_open(&desk, "acts:\n- {act: remote_use, when: chain.tenant.country != site.country}\n");
    bench_open(&b);
    read_deal(&b,
              "{deal: lease, name: x, signed: 2026-06-01, starts: 2026-07-01, ends: 2029-06-30, "
              "value_usd: 1200000000,\n"
              " chips: [{chip: h200, amount: 5000, site: {country: JP}}, {chip: h200, amount: 9, "
              "site: {country: SG}}],\n"
              " chain: {tenant: {id: t, country: SG}}, evidence: []}\n",
              &d);
    deal_acts(&d, desk.law, &b.arena);
    assert_int_equal(d.ends_ms, civil_days(2029, 7, 1) * CIVIL_DAY_MS);
    const struct deal_act *a = find_act(&d, 0, ACT_LEASE);
    assert_non_null(a);
    assert_int_equal(a->c.on_ms, civil_days(2026, 6, 1) * CIVIL_DAY_MS);
    assert_int_equal(a->c.amount, 5000);
    a = find_act(&d, 0, ACT_REMOTE_USE);
    assert_non_null(a);
    assert_int_equal(a->c.on_ms, civil_days(2026, 7, 1) * CIVIL_DAY_MS);
    assert_string_equal(a->c.to.p, "JP");
    assert_non_null(find_act(&d, 1, ACT_PLACE));
    assert_null(find_act(&d, 1, ACT_REMOTE_USE)); /* the tenant is at home there */
    assert_null(find_act(&d, 0, ACT_EXPORT));
    read_deal(&b,
              "{deal: purchase, signed: 2026-06-01, from: US, chips: [{chip: h200, amount: 5, "
              "site: {country: CN}}], chain: {tenant: {country: CN}}}",
              &d);
    deal_acts(&d, desk.law, &b.arena);
    a = find_act(&d, 0, ACT_EXPORT);
    assert_non_null(a);
    assert_string_equal(a->c.from.p, "US");
    assert_string_equal(a->c.to.p, "CN");
    assert_non_null(find_act(&d, 0, ACT_IMPORT));
    a = find_act(&d, 0, ACT_PLACE);
    assert_int_equal(a->c.acquired_ms, d.starts_ms);
    arena_release(&b.arena);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fact_of_a_case_is_read),
        cmocka_unit_test(what_is_left_out_is_unknown_and_an_empty_list_is_not),
        cmocka_unit_test(mistakes_in_cases_are_told_at_their_place),
        cmocka_unit_test(a_deal_is_all_the_acts_it_implies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
