/* Any bytes as a rule pack. What is accepted must survive its canonical form, be adopted, linted,
 * and give the same verdict by both evaluators. */
#include "base/check.h"
#include "law/allows.h"
#include "law/lint.h"
#include "read/pack_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *ctx, bool is_error, const struct law_place *at, const char *text)
{
    (void)is_error;
    (void)at;
    (void)text;
    ++*(uint32_t *)ctx;
}

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
    struct arena arena;
    struct yaml_errors errs;
    struct pack_file pack;
    struct case_world world = {0};
    struct pack_source source = {STR("pack.yaml"), {(const char *)data, size}};
    arena_init(&arena);
    yaml_errors_init(&errs, &arena);
    if (pack_yaml_parse(&source, 1, &world, &arena, &errs, &pack)) {
        struct errtext t;
        uint32_t notes = 0;
        struct law *law = law_new();
        enum err adopted = law_adopt(law, &pack.pack, &t);
        ASSERT(adopted == ERR_NONE);
        law_pack_lint(&pack.pack, 0, ignore, &notes);
        struct law_case blank = {.on_ms = INT64_C(1767225600000), .acts = (1u << ACT_COUNT) - 1};
        judge(law, &blank, &arena);
        for (uint32_t i = 0; i < pack.example_count; i++) judge(law, &pack.examples[i].c, &arena);
        law_free(law);
    }
    arena_release(&arena);
    return 0;
}
