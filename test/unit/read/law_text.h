/* law_text.h - packs and cases written as YAML inside a test. */
#ifndef BERTH_TEST_LAW_TEXT_H
#define BERTH_TEST_LAW_TEXT_H

#include "law/law.h"
#include "read/pack_yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What every rule needs beside what a test is about. */
#define SOURCE "cite: c, source: s, read: 2026-01-01"

struct desk {
    struct arena arena;
    struct yaml_errors errs;
    struct law *law;
    struct pack_file pack;
};

static inline void desk_fail(const struct yaml_errors *errs)
{
    struct buf text = {0};
    yaml_errors_print(errs, &text);
    print_message(STR_FMT "\n", STR_ARG(buf_str(&text)));
    buf_release(&text);
    fail();
}

static inline bool desk_try(struct desk *d, const char *rules)
{
    arena_init(&d->arena);
    yaml_errors_init(&d->errs, &d->arena);
    d->law = law_new();
    struct buf text = {0};
    buf_puts(&text, "pack: test\ntitle: a test\njurisdiction: XA\n");
    buf_puts(&text, rules);
    struct pack_source source = {STR("pack.yaml"), buf_str(&text)};
    struct case_world world = {0};
    bool ok = pack_yaml_parse(&source, 1, &world, &d->arena, &d->errs, &d->pack);
    buf_release(&text);
    return ok;
}

static inline void desk_open(struct desk *d, const char *rules)
{
    struct errtext t;
    if (!desk_try(d, rules)) desk_fail(&d->errs);
    if (law_adopt(d->law, &d->pack.pack, &t) != ERR_NONE) fail_msg("%s", t.s);
}

static inline void desk_close(struct desk *d)
{
    law_free(d->law);
    arena_release(&d->arena);
}

static inline void desk_case(struct desk *d, const char *text, struct law_case *out)
{
    struct case_world world = {0};
    struct case_file file;
    if (!case_yaml_read(str_of(text), STR("case.yaml"), &world, &d->arena, &d->errs, &file))
        desk_fail(&d->errs);
    *out = file.cases[0];
}

static inline void desk_decide(struct desk *d, const char *text, struct law_verdict *out)
{
    struct law_case c;
    int effect = 0;
    struct str rule;
    desk_case(d, text, &c);
    law_decide(d->law, &c, &d->arena, out);
    bool allowed = law_allows(d->law, &c, &d->arena, &effect, &rule);
    assert_int_equal(allowed, out->allowed);
    assert_int_equal(effect, out->effect);
}

/* "licence case-by-case met", "unresolved chain.tenant.hq". */
static inline const char *desk_verdict(struct desk *d, const char *text)
{
    struct law_verdict v;
    desk_decide(d, text, &v);
    struct buf b = {0};
    buf_puts(&b, law_effect_names[v.effect]);
    if (v.policy != POLICY_NONE) buf_printf(&b, " %s", law_policy_names[v.policy]);
    if (v.effect != EFFECT_PERMIT && v.allowed) buf_puts(&b, " met");
    for (uint32_t i = 0; i < v.unresolved_count; i++)
        buf_printf(&b, " " STR_FMT, STR_ARG(v.unresolved[i].fact));
    char *out = str_dupz(&d->arena, buf_str(&b));
    buf_release(&b);
    return out;
}

#endif
