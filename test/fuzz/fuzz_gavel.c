/* Any bytes as the two files of Gavel's experiments, a line "=" between them. Nothing may crash or
 * leak; what is accepted runs under every policy, for some rounds, and no run uses more than there
 * is. */
#include "base/check.h"
#include "sim/gavel/gavel_run.h"

#include <stdint.h>
#include <string.h>

enum { JOBS_RUN_MAX = 200, ROUNDS_RUN_MAX = 50 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *open_part(const char *p, size_t len)
{
    FILE *f = len > 0 ? fmemopen((void *)(uintptr_t)p, len, "r") : fopen("/dev/null", "re");
    ASSERT(f != NULL);
    return f;
}

static void run_all(struct gavel_source *s)
{
    if (s->count > JOBS_RUN_MAX) return;
    for (int policy = 0; policy < GAVEL_POLICIES; policy++) {
        struct gavel_setup setup = {
            .workers = {4, 3, 0}, .policy = policy, .rounds_max = ROUNDS_RUN_MAX};
        struct gavel_result r;
        struct errtext error = {""};
        enum err e = gavel_run(s, &setup, &r, &error);
        ASSERT((e == ERR_NONE) == (error.s[0] == '\0'));
        if (e != ERR_NONE) continue;
        ASSERT(r.jobs + r.dropped == s->count);
        ASSERT(r.utilisation >= 0 && r.utilisation <= 1 + 1e-9);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *)data, *end = p + size;
    const char *cut = size > 0 ? memmem(p, size, "\n=\n", 3) : NULL;
    FILE *table = open_part(p, (size_t)((cut != NULL ? cut + 1 : end) - p));
    FILE *trace = open_part(cut != NULL ? cut + 3 : end, cut != NULL ? (size_t)(end - cut - 3) : 0);
    struct arena arena;
    struct gavel_speeds speeds;
    struct gavel_source source;
    struct errtext error = {""};
    arena_init(&arena);
    enum err e = gavel_speeds_parse(table, "table", &arena, &speeds, &error);
    if (e == ERR_NONE) e = gavel_source_parse(trace, "trace", &speeds, &source, &error);
    ASSERT((e == ERR_NONE) == (error.s[0] == '\0'));
    if (e == ERR_NONE) {
        run_all(&source);
        gavel_source_release(&source);
    }
    arena_release(&arena);
    fclose(table);
    fclose(trace);
    return 0;
}
