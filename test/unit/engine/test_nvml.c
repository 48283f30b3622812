/* The driver's library is stood in for by test/double/nvml.c, which is compiled here and found by
 * LD_LIBRARY_PATH: this program runs itself again with that set. */
#include "engine/nvml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void without_a_driver_one_clear_line_is_said(void **state)
{
    (void)state;
    void *real = dlopen("libnvidia-ml.so.1", RTLD_NOW);
    if (real != NULL) {
        dlclose(real);
        skip(); /* this machine has the driver */
    }
    struct arena arena;
    arena_init(&arena);
    struct gpu *gpus = NULL;
    uint32_t count = 7;
    struct errtext error;
    assert_int_equal(nvml_list(&arena, &gpus, &count, &error), ERR_UNAVAILABLE);
    assert_int_equal(count, 7);
    assert_null(strchr(error.s, '\n'));
    assert_non_null(strstr(error.s, "libnvidia-ml.so.1 is not found"));
    assert_non_null(strstr(error.s, "fleet file"));
    arena_release(&arena);
}

static void the_driver_lists_its_devices(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct gpu *gpus = NULL;
    uint32_t count = 0;
    struct errtext error = {{0}};
    if (nvml_list(&arena, &gpus, &count, &error) != ERR_NONE) fail_msg("%s", error.s);
    assert_int_equal(count, 8);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(gpus[i].index, i);
        assert_true(str_eqz(gpus[i].name, "NVIDIA H200"));
        assert_int_equal(gpus[i].mem_bytes, 150754820096u);
    }
    assert_true(str_eqz(gpus[7].uuid, "GPU-00000000-0000-0000-0000-000000000007"));
    assert_true(str_eqz(gpus[7].pci_bus_id, "00000000:17:00.0"));
    arena_release(&arena);
}

static void the_driver_tells_its_versions(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct nvml_versions v;
    assert_int_equal(nvml_versions(&arena, &v, NULL), ERR_NONE);
    assert_true(str_eqz(v.driver, "550.54.15"));
    assert_true(str_eqz(v.library, "12.550.54.15"));
    assert_int_equal(v.cuda_major, 12);
    assert_int_equal(v.cuda_minor, 4);
    arena_release(&arena);
}

static void whatever_fails_is_named_and_nothing_is_given(void **state)
{
    (void)state;
    static const char *const functions[] = {"nvmlInit_v2",
                                            "nvmlDeviceGetCount_v2",
                                            "nvmlDeviceGetHandleByIndex_v2",
                                            "nvmlDeviceGetName",
                                            "nvmlDeviceGetUUID",
                                            "nvmlDeviceGetMemoryInfo",
                                            "nvmlDeviceGetPciInfo_v3"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        setenv("NVML_DOUBLE_FAIL", functions[i], 1);
        struct arena arena;
        arena_init(&arena);
        struct gpu *gpus = NULL;
        uint32_t count = 7;
        struct errtext error;
        assert_int_equal(nvml_list(&arena, &gpus, &count, &error), ERR_UNAVAILABLE);
        assert_non_null(strstr(error.s, "Unknown Error"));
        assert_int_equal(count, 7);
        assert_null(gpus);
        arena_release(&arena);
    }
    unsetenv("NVML_DOUBLE_FAIL");
}

static void more_devices_than_a_node_may_have_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct gpu *gpus = NULL;
    uint32_t count = 0;
    setenv("NVML_DOUBLE_COUNT", "65", 1);
    assert_int_equal(nvml_list(&arena, &gpus, &count, NULL), ERR_LIMIT);
    setenv("NVML_DOUBLE_COUNT", "0", 1);
    assert_int_equal(nvml_list(&arena, &gpus, &count, NULL), ERR_NONE);
    assert_int_equal(count, 0);
    unsetenv("NVML_DOUBLE_COUNT");
    arena_release(&arena);
}

/* test/double/nvml.c beside this source, compiled into `folder`. */
static bool compile_double(const char *folder)
{
    char source[PATH_MAX], library[PATH_MAX];
    const char *end = strstr(__FILE__, "unit/engine/");
    if (end == NULL) return false;
    snprintf(source, sizeof source, "%.*sdouble/nvml.c", (int)(end - __FILE__), __FILE__);
    snprintf(library, sizeof library, "%s/libnvidia-ml.so.1", folder);
    const char *cc = getenv("CC") != NULL ? getenv("CC") : "cc";
    pid_t pid = fork();
    if (pid == 0) {
        execlp(cc, cc, "-shared", "-fPIC", "-o", library, source, (char *)NULL);
        _exit(127);
    }
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(int argc, char **argv)
{
    if (argc == 2) { /* the second run: the double is in that folder */
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_driver_lists_its_devices),
            cmocka_unit_test(the_driver_tells_its_versions),
            cmocka_unit_test(whatever_fails_is_named_and_nothing_is_given),
            cmocka_unit_test(more_devices_than_a_node_may_have_are_refused),
        };
        int failed = cmocka_run_group_tests_name("nvml", tests, NULL, NULL);
        char library[PATH_MAX];
        snprintf(library, sizeof library, "%s/libnvidia-ml.so.1", argv[1]);
        unlink(library);
        rmdir(argv[1]);
        return failed;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_driver_one_clear_line_is_said),
    };
    int failed = cmocka_run_group_tests_name("nvml-absent", tests, NULL, NULL);
    char folder[] = "/tmp/berth-nvml-XXXXXX";
    if (failed != 0 || mkdtemp(folder) == NULL || !compile_double(folder)) return 1;
    setenv("LD_LIBRARY_PATH", folder, 1);
    execl("/proc/self/exe", argv[0], folder, (char *)NULL);
    return 1;
}
