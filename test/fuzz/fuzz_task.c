/* Any bytes as a task file: no crash, and what is accepted passes the check of the model. */
#include "base/check.h"
#include "read/skypilot_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    char program[] = "submit", home[] = "HOME=/home/u";
    char *argv[] = {program, NULL}, *environment[] = {home, NULL};
    struct sbatch_context context = {.environment = environment,
                                     .workdir = "/w",
                                     .host = "h",
                                     .user = "u",
                                     .now_ms = INT64_C(1795242600000)};
    struct sbatch_request r;
    struct errtext error;
    sbatch_request_init(&r, &context, &a);
    ASSERT(sbatch_read_command(&r, 1, argv, &error) == ERR_NONE);
    struct str text = {(const char *)data, size};
    if (skypilot_yaml_read(&r, text, "task.yaml", &error) == ERR_NONE) {
        struct job_spec light;
        ASSERT(job_spec_check(&r.spec, NULL) == ERR_NONE);
        job_spec_copy_light(&r.spec, &a, &light);
    }
    arena_release(&a);
    return 0;
}
