#include "base/cbor.h"
#include "model/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static struct str kinds[] = {{"h100-sxm", sizeof "h100-sxm" - 1},
                             {"h200-sxm", sizeof "h200-sxm" - 1}};
static struct str arguments[] = {{"x", sizeof "x" - 1}, {"\xff", sizeof "\xff" - 1}};
static struct str environment[] = {{"A=1", sizeof "A=1" - 1}, {"B=", sizeof "B=" - 1}};
static struct dependency dependencies[] = {{.kind = DEPENDENCY_AFTER, .job = 4},
                                           {.kind = DEPENDENCY_SINGLETON}};
static uint32_t tasks[] = {0, 1, 5};
static struct data_set data[] = {
    {.class = {"personal", sizeof "personal" - 1}, .subject_country = {"CN", sizeof "CN" - 1}}};

static struct job_spec sample(void)
{
    return (struct job_spec){.name = STR("train"),
                             .tenant = STR("lab"),
                             .uid = 1000,
                             .nodes = 2,
                             .chips_per_node = 8,
                             .chip_kinds = kinds,
                             .chip_kind_count = 2,
                             .dependencies = dependencies,
                             .dependency_count = 2,
                             .array_tasks = tasks,
                             .array_count = 3,
                             .purpose = STR("research"),
                             .data = data,
                             .data_count = 1,
                             .data_known = true,
                             .time_limit_ms = 3600000,
                             .script = STR("#!/bin/sh\nexit 0\n"),
                             .arguments = arguments,
                             .argument_count = 2,
                             .environment = environment,
                             .environment_count = 2};
}

static void encode(struct buf *b, struct job_spec *s, bool light)
{
    struct cbor_writer w;
    cbor_writer_init(&w, b);
    assert_true(visit_map(&w.v, NULL, false));
    if (light)
        visit_job_spec_light(&w.v, s);
    else
        visit_job_spec(&w.v, s);
    visit_map_end(&w.v);
}

static void the_whole_spec_round_trips(void **state)
{
    (void)state;
    struct job_spec s = sample(), back = {0};
    struct buf a = {0}, b = {0};
    struct arena arena = {0};
    encode(&a, &s, false);
    struct cbor_reader r;
    cbor_reader_init(&r, buf_str(&a), &arena);
    assert_true(visit_map(&r.v, NULL, false));
    visit_job_spec(&r.v, &back);
    visit_map_end(&r.v);
    assert_int_equal(cbor_reader_finish(&r, NULL), ERR_NONE);
    encode(&b, &back, false);
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    assert_int_equal(back.array_tasks[0], 0);
    assert_int_equal(back.dependencies[1].kind, DEPENDENCY_SINGLETON);
    assert_true(str_eqz(back.arguments[1], "\xff"));
    buf_release(&a);
    buf_release(&b);
    arena_release(&arena);
}

static void the_light_copy_leaves_the_heavy_part(void **state)
{
    (void)state;
    struct job_spec s = sample(), copy;
    struct arena arena = {0};
    job_spec_copy_light(&s, &arena, &copy);
    struct buf a = {0}, b = {0};
    encode(&a, &s, true);
    encode(&b, &copy, false);
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    assert_int_equal(copy.script.len, 0);
    buf_release(&a);
    buf_release(&b);
    arena_release(&arena);
}

static void the_light_copy_shares_no_memory(void **state)
{
    (void)state;
    struct job_spec s = sample(), read = {0}, copy;
    struct buf a = {0}, b = {0};
    struct arena source = {0}, arena = {0};
    encode(&a, &s, true);
    struct cbor_reader r;
    struct str kept = str_copy(&source, buf_str(&a));
    cbor_reader_init(&r, kept, &source);
    assert_true(visit_map(&r.v, NULL, false));
    visit_job_spec_light(&r.v, &read);
    visit_map_end(&r.v);
    assert_int_equal(cbor_reader_finish(&r, NULL), ERR_NONE);
    job_spec_copy_light(&read, &arena, &copy);
    /* Under AddressSanitizer a reference into the source fails here. */
    arena_release(&source);
    encode(&b, &copy, true);
    assert_true(str_eq(buf_str(&a), buf_str(&b)));
    buf_release(&a);
    buf_release(&b);
    arena_release(&arena);
}

static void a_sound_spec_passes(void **state)
{
    (void)state;
    struct job_spec s = sample();
    struct errtext error = {""};
    if (job_spec_check(&s, &error) != ERR_NONE) fail_msg("%s", error.s);
    s = (struct job_spec){0};
    assert_int_equal(job_spec_check(&s, &error), ERR_NONE);
}

static void expect(struct job_spec s, const char *text)
{
    struct errtext error = {""};
    if (job_spec_check(&s, &error) == ERR_NONE) fail_msg("accepted, wanted: %s", text);
    if (strstr(error.s, text) == NULL) fail_msg("got '%s', wanted '%s'", error.s, text);
}

#define EXPECT(text, ...)                                                                          \
    do {                                                                                           \
        struct job_spec s = sample();                                                              \
        __VA_ARGS__;                                                                               \
        expect(s, text);                                                                           \
    } while (0)

static void contradictions_are_refused(void **state)
{
    (void)state;
    EXPECT("do not agree", s.chips = 15);
    EXPECT("each node needs at least one", s.chips_per_node = 0, s.chips = 1);
    EXPECT("64 are possible", s.chips_per_node = 65);
    EXPECT("at most 1 is below", s.nodes_limit = 1);
    EXPECT("two ways", s.mem_mb_per_node = 1, s.mem_mb_per_cpu = 1);
    EXPECT("asks for no chips", s.chips_per_node = 0, s.mem_mb_per_chip = 1);
    EXPECT("more than 65536 nodes", s.nodes = JOB_NODES_MAX + 1);
    EXPECT("time limit", s.time_limit_ms = -1);
    EXPECT("deadline", s.begin_ms = 10, s.deadline_ms = 10);
    EXPECT("control characters", s.name = STR("a\nb"));
    EXPECT("account", s.tenant = STR("a b"));
    EXPECT("'researhc' is none of", s.purpose = STR("researhc"));
    EXPECT("said to be unknown", s.data_known = false);
    EXPECT("signal", s.signal_number = 65);
    EXPECT("#!", s.script = STR("echo"));
    EXPECT("NUL", s.script = ((struct str){"#!/bin/sh\n\0", 11}));
    EXPECT("highest price", s.max_uusd_per_chip_h = -1);
}

static void bad_list_elements_are_refused(void **state)
{
    (void)state;
    struct str bad_kind[] = {STR("h 100")};
    struct str bad_env[] = {STR("NAME")};
    struct str bad_country[] = {STR("uk")};
    struct dependency bad_dependency[] = {{.kind = DEPENDENCY_AFTER_OK}};
    struct data_set bad_class[] = {{.class = STR("persnal")}};
    uint32_t bad_tasks[] = {2, 2};
    EXPECT("chip kinds", s.chip_kinds = bad_kind, s.chip_kind_count = 1);
    EXPECT("NAME=VALUE", s.environment = bad_env, s.environment_count = 1);
    EXPECT("two capital letters", s.countries = bad_country, s.country_count = 1);
    EXPECT("names no job", s.dependencies = bad_dependency, s.dependency_count = 1);
    EXPECT("'persnal' is none of: personal", s.data = bad_class);
    EXPECT("not in order", s.array_tasks = bad_tasks, s.array_count = 2);
}

static void chips_are_counted_over_nodes(void **state)
{
    (void)state;
    struct job_spec s = sample();
    assert_int_equal(job_spec_chips(&s), 16);
    s.nodes = 0;
    assert_int_equal(job_spec_chips(&s), 8);
    s = (struct job_spec){.chips = 5};
    assert_int_equal(job_spec_chips(&s), 5);
    s = (struct job_spec){.nodes = 3};
    assert_int_equal(job_spec_chips(&s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_spec_round_trips),
        cmocka_unit_test(the_light_copy_leaves_the_heavy_part),
        cmocka_unit_test(the_light_copy_shares_no_memory),
        cmocka_unit_test(a_sound_spec_passes),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(bad_list_elements_are_refused),
        cmocka_unit_test(chips_are_counted_over_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
