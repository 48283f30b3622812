/* The rule packs of law/ against their own examples and the dated cases of test/law/. Runs in the
 * root of the repository. */
#include "cli/law_files.h"
#include "law/allows.h"
#include "read/chips_csv.h"
#include "read/text_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct shelf {
    struct arena arena;
    struct yaml_errors errs;
    struct case_world world;
    struct pack_file *packs;
    uint32_t pack_count;
};

static void shelf_fail(const struct yaml_errors *errs)
{
    struct buf text = {0};
    yaml_errors_print(errs, &text);
    print_message(STR_FMT "\n", STR_ARG(buf_str(&text)));
    buf_release(&text);
    fail();
}

static void shelf_open(struct shelf *s, const char *dir)
{
    struct errtext t;
    struct chip *chips = NULL;
    *s = (struct shelf){0};
    arena_init(&s->arena);
    yaml_errors_init(&s->errs, &s->arena);
    if (chips_load("data/chips.csv", &s->arena, &chips, &s->world.chip_count, &t) != ERR_NONE)
        fail_msg("%s", t.s);
    s->world.chips = chips;
    if (!packs_load(dir, &s->world, &s->arena, &s->errs, &s->packs, &s->pack_count))
        shelf_fail(&s->errs);
}

static void check_examples(const char *dir)
{
    struct shelf s;
    struct arena arena;
    struct buf why = {0};
    uint32_t failed = 0;
    shelf_open(&s, dir);
    arena_init(&arena);
    for (uint32_t i = 0; i < s.pack_count; i++)
        for (uint32_t k = 0; k < s.packs[i].example_count; k++) {
            const struct law_example *x = &s.packs[i].examples[k];
            if (example_holds(&s.packs[i], x, &arena, &why)) continue;
            print_message(STR_FMT ", " STR_FMT ": " STR_FMT "\n",
                          STR_ARG(s.packs[i].pack.rules[x->rule].id), STR_ARG(x->title),
                          STR_ARG(buf_str(&why)));
            buf_clear(&why);
            failed++;
        }
    buf_release(&why);
    arena_release(&arena);
    arena_release(&s.arena);
    assert_int_equal(failed, 0);
}

static void every_example_of_every_pack_holds(void **state)
{
    (void)state;
    check_examples("test/packs");
    check_examples("law");
}

static void check_cases(const char *path, uint32_t at_least)
{
    struct shelf s;
    struct errtext t;
    struct str bytes = {0};
    struct vector *vectors = NULL;
    uint32_t count = 0, failed = 0;
    shelf_open(&s, "law");
    if (text_file_read(path, YAML_BYTES_MAX, &s.arena, &bytes, &t) != ERR_NONE) fail_msg("%s", t.s);
    if (!vectors_yaml_read(bytes, str_of(path), &s.world, &s.arena, &s.errs, &vectors, &count))
        shelf_fail(&s.errs);
    struct law *law = law_new();
    for (uint32_t i = 0; i < s.pack_count; i++)
        if (law_adopt(law, &s.packs[i].pack, &t) != ERR_NONE) fail_msg("%s", t.s);
    for (uint32_t i = 0; i < count; i++) {
        struct buf why = {0};
        struct law_answer fast;
        struct law_verdict full;
        law_bind(law, vectors[i].bind != 0 ? vectors[i].bind : LAW_BIND_DEFAULT);
        if (!expectation_holds(law, &vectors[i].c, &vectors[i].expect, &s.arena, &why)) {
            print_message(STR_FMT ": " STR_FMT "\n", STR_ARG(vectors[i].title),
                          STR_ARG(buf_str(&why)));
            failed++;
        }
        law_answer(law, &vectors[i].c, &s.arena, &fast);
        law_decide(law, &vectors[i].c, &s.arena, &full);
        assert_int_equal(fast.effect, full.effect);
        assert_int_equal(fast.allowed, full.allowed);
        buf_release(&why);
    }
    law_free(law);
    arena_release(&s.arena);
    assert_true(count >= at_least);
    assert_int_equal(failed, 0);
}

static void every_vector_gets_its_verdict(void **state)
{
    (void)state;
    check_cases("test/law/vectors.yaml", 63);
}

static void the_law_changes_on_its_days_and_at_its_numbers(void **state)
{
    (void)state;
    check_cases("test/law/dates.yaml", 148);
}

static void every_bound_unknown_and_link_of_the_facts_gets_its_verdict(void **state)
{
    (void)state;
    check_cases("test/law/audit.yaml", 194);
}

static void what_would_change_a_verdict_and_when_is_told(void **state)
{
    (void)state;
    check_cases("test/law/outlook.yaml", 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_of_every_pack_holds),
        cmocka_unit_test(every_vector_gets_its_verdict),
        cmocka_unit_test(the_law_changes_on_its_days_and_at_its_numbers),
        cmocka_unit_test(every_bound_unknown_and_link_of_the_facts_gets_its_verdict),
        cmocka_unit_test(what_would_change_a_verdict_and_when_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
