/* What may be changed of a job, in sbatch's words and in scontrol's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/update.h"
#include "read/sbatch_options.h"

#include <string.h>

static void keys_of_scontrol_set_fields_of_the_api(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        int field;
    } rows[] = {
        {"JobName", "x", UPDATE_NAME},
        {"name", "x", UPDATE_NAME},
        {"Priority", "5", UPDATE_PRIORITY},
        {"timelimit", "2:00:00", UPDATE_TIME_LIMIT},
        {"StartTime", "now+1hour", UPDATE_BEGIN},
        {"Deadline", "2099-01-01T00:00:00", UPDATE_DEADLINE},
        {"Partition", "a,b", UPDATE_PARTITION},
        {"Features", "h100|h200", UPDATE_CHIP_KINDS},
        {"Gres", "gpu:4", UPDATE_CHIPS},
        {"TresPerNode", "gres/gpu:4", UPDATE_CHIPS},
        {"NumNodes", "2", UPDATE_NODES},
        {"MaxPrice", "2.10", UPDATE_MAX_PRICE},
        {"Comment", "a b", UPDATE_COMMENT},
        {"Requeue", "0", UPDATE_REQUEUE},
        {"Requeue", "1", UPDATE_REQUEUE},
        {"Dependency", "afterok:4", UPDATE_DEPENDENCY},
        {"Clusters", "tokyo", UPDATE_SITES},
        {"Data", "personal:JP", UPDATE_DATA},
        {"Purpose", "commercial-training", UPDATE_PURPOSE},
        {"MinMemoryNode", "64G", UPDATE_MEMORY},
        {"Nice", "7", UPDATE_PRIORITY},
        {"Type", "ResNet-50", UPDATE_TYPE},
        {"Steps", "900/100", UPDATE_STEPS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct update u;
        struct arena arena;
        struct errtext error;
        arena_init(&arena);
        update_init(&u, &arena);
        if (update_key(&u, str_of(rows[i].key), str_of(rows[i].value), &error) != ERR_NONE)
            fail_msg("%s=%s: %s", rows[i].key, rows[i].value, error.s);
        assert_int_equal(u.fields, 1u << rows[i].field);
        arena_release(&arena);
    }
}

static void values_are_read_as_sbatch_reads_them(void **state)
{
    (void)state;
    struct update u;
    struct arena arena;
    struct errtext error;
    arena_init(&arena);
    update_init(&u, &arena);
    assert_int_equal(update_option(&u, "time", STR("90"), &error), ERR_NONE);
    assert_int_equal(update_option(&u, "gpus", STR("h100-sxm:8"), &error), ERR_NONE);
    assert_int_equal(update_key(&u, STR("Requeue"), STR("0"), &error), ERR_NONE);
    assert_int_equal(sbatch_settle_chips(&u.request, &error), ERR_NONE);
    assert_int_equal(u.request.spec.time_limit_ms, INT64_C(5400000));
    assert_int_equal(u.request.spec.chips, 8);
    assert_int_equal(u.request.spec.chip_kind_count, 1);
    assert_true(u.request.spec.no_requeue);
    arena_release(&arena);
}

static void what_cannot_be_changed_is_refused_by_name(void **state)
{
    (void)state;
    struct update u;
    struct arena arena;
    struct errtext error;
    arena_init(&arena);
    update_init(&u, &arena);
    assert_int_equal(update_key(&u, STR("UserId"), STR("0"), &error), ERR_INVALID);
    assert_non_null(strstr(error.s, "UserId"));
    assert_int_equal(update_option(&u, "array", STR("1-3"), &error), ERR_INVALID);
    assert_non_null(strstr(error.s, "array"));
    assert_int_equal(update_key(&u, STR("TimeLimit"), STR("soon"), &error), ERR_INVALID);
    assert_int_equal(u.fields, 0);
    arena_release(&arena);
}

static void every_change_is_an_option_of_sbatch(void **state)
{
    (void)state;
    int count = 0;
    for (const struct cli_option *o = update_options(); o->id != 0; o++) {
        assert_non_null(o->help);
        count++;
    }
    assert_true(count > UPDATE_FIELD_COUNT); /* each field, and --json */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_scontrol_set_fields_of_the_api),
        cmocka_unit_test(values_are_read_as_sbatch_reads_them),
        cmocka_unit_test(what_cannot_be_changed_is_refused_by_name),
        cmocka_unit_test(every_change_is_an_option_of_sbatch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
