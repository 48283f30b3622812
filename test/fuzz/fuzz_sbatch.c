/* Command line, environment and script: three parts divided by NUL, the first two one word a line.
 * Fewer parts are the last ones. What is accepted passes the check of the model. */
#include "base/check.h"
#include "read/sbatch.h"

#include <string.h>

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str take_part(struct str *rest, bool *found)
{
    const char *nul = rest->len > 0 ? memchr(rest->p, '\0', rest->len) : NULL;
    *found = nul != NULL;
    if (nul == NULL) return (struct str){0};
    struct str part = {rest->p, (size_t)(nul - rest->p)};
    *rest = (struct str){nul + 1, rest->len - part.len - 1};
    return part;
}

static int words(struct arena *a, struct str text, char **out)
{
    int n = 0;
    while (text.len > 0 && n < WORDS_MAX) {
        const char *end = memchr(text.p, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.p) : text.len;
        out[n++] = arena_copy(a, text.p, len);
        text = end != NULL ? (struct str){end + 1, text.len - len - 1} : (struct str){0};
    }
    out[n] = NULL;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct str rest = {(const char *)data, size};
    char *argv[WORDS_MAX + 2], *environment[WORDS_MAX + 1];
    bool found = false;
    argv[0] = arena_copy(&a, "sbatch", 6);
    int argc = 1 + words(&a, take_part(&rest, &found), argv + 1);
    words(&a, take_part(&rest, &found), environment);

    struct sbatch_context context = {.environment = environment,
                                     .workdir = "/w",
                                     .host = "h",
                                     .user = "u",
                                     .now_ms = INT64_C(1795242600000)};
    struct sbatch_request r;
    struct errtext error;
    sbatch_request_init(&r, &context, &a);
    enum err e = sbatch_read_command(&r, argc, argv, &error);
    if (e == ERR_NONE) e = sbatch_read_script(&r, rest, "job.sh", &error);
    if (e == ERR_NONE) {
        struct job_spec light;
        ASSERT(job_spec_check(&r.spec, NULL) == ERR_NONE);
        job_spec_copy_light(&r.spec, &a, &light);
    }
    arena_release(&a);
    return 0;
}
