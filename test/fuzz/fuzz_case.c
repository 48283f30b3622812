/* Any bytes as a case or deal file, judged under a small fixed pack by both evaluators. */
#include "base/check.h"
#include "law/allows.h"
#include "read/deal_yaml.h"
#include "read/pack_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SOURCE "cite: c, source: s, read: 2026-01-01"
static const char pack_text[] =
    "pack: fuzz\ntitle: t\njurisdiction: XA\n"
    "sets:\n- {set: S, members: [CN, {is: SG, from: 2026-01-01}], " SOURCE "}\n"
    "ownership:\n- {ownership: HELD, lists: [L1], at_least: 50%, " SOURCE "}\n"
    "acts:\n- {act: remote_use, when: chain.tenant.country != site.country}\n"
    "rules:\n"
    "- {rule: A, title: t, level: law, effective: 2020-01-01, acts: [export, place], when: "
    "chip.tpp >= 4800 && to in S, then: {licence: {authority: X}}, " SOURCE "}\n"
    "- {rule: B, title: t, level: law, effective: 2020-01-01, acts: [export], lowers: [A], needs: "
    "[x], then: permit, " SOURCE "}\n"
    "- {rule: C, title: t, level: law, effective: 2020-01-01, acts: [lease, place, remote_use], "
    "when: 'links.exists(p, p.ultimate_parent_hq in S) || HELD.any', then: {condition: {evidence: "
    "[y]}}, " SOURCE "}\n"
    "- {rule: D, title: t, level: law, effective: 2020-01-01, acts: [place], ratio: {share_of: "
    "row.chip.vendor_hq == \"CN\", per: site, more_than: 50%}, then: forbid, " SOURCE "}\n"
    "- {rule: E, title: t, level: law, effective: 2020-01-01, acts: [data_export], when: "
    "'data.exists(d, d.persons >= 100000)', then: {licence: {authority: Y}}, permit: {counts: "
    "persons}, " SOURCE "}\n";

static void judge(const struct law *law, const struct law_case *c, struct arena *arena)
{
    struct law_verdict full;
    struct law_answer fast;
    law_decide(law, c, arena, &full);
    law_answer(law, c, arena, &fast);
    ASSERT(fast.effect == full.effect);
    ASSERT(fast.allowed == full.allowed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct chip chips[] = {
        {.id = {"h200", 4}, .tpp = {true, 15832000, 15832000, 15832000}},
        {.id = {"b300", 4}, .tpp = {true, 55000000, 54000000, 56000000}}};
    const struct case_world world = {.chips = chips, .chip_count = 2};
    struct arena arena;
    struct yaml_errors errs;
    struct yaml_doc doc;
    struct pack_file pack;
    struct errtext t;
    arena_init(&arena);
    yaml_errors_init(&errs, &arena);
    struct pack_source source = {STR("pack.yaml"), STR(pack_text)};
    struct law *law = law_new();
    bool sound = pack_yaml_parse(&source, 1, &world, &arena, &errs, &pack) &&
                 law_adopt(law, &pack.pack, &t) == ERR_NONE;
    ASSERT(sound);
    struct str bytes = {(const char *)data, size};
    if (yaml_parse(bytes, YAML_BYTES_MAX, STR("case.yaml"), &arena, &errs, &doc)) {
        struct deal d;
        struct case_file f;
        if (deal_yaml_is(doc.root)) {
            if (deal_yaml_node(&errs, doc.root, &world, &arena, &d)) {
                deal_acts(&d, law, &arena);
                for (uint32_t i = 0; i < d.act_count; i++) judge(law, &d.acts[i].c, &arena);
            }
        } else if (case_yaml_read(bytes, STR("case.yaml"), &world, &arena, &errs, &f)) {
            for (uint32_t i = 0; i < f.count; i++) judge(law, &f.cases[i], &arena);
        }
    }
    law_free(law);
    arena_release(&arena);
    return 0;
}
