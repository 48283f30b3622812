/* Any bytes as the three files of the packing experiment, a line "=" between them. Nothing may
 * crash or leak; what is accepted runs under every policy, and no run uses more than there is. */
#include "base/check.h"
#include "sim/openb/openb_run.h"

#include <stdint.h>
#include <string.h>

enum { FILES = 3, ARRIVALS_RUN_MAX = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *open_part(const char *p, size_t len)
{
    FILE *f = len > 0 ? fmemopen((void *)(uintptr_t)p, len, "r") : fopen("/dev/null", "re");
    ASSERT(f != NULL);
    return f;
}

static void run_all(const struct openb_trace *t)
{
    if (t->arrival_count > ARRIVALS_RUN_MAX) return;
    for (int policy = 0; policy < OPENB_POLICIES; policy++) {
        struct openb_result r;
        openb_run(t, policy, NULL, &r);
        ASSERT(r.arrived_pods == t->arrival_count && r.failed_pods <= r.arrived_pods);
        ASSERT(r.used_milli <= r.capacity_milli && r.used_milli <= r.arrived_milli);
        ASSERT(r.cpu_used_milli <= r.cpu_total_milli);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct openb_input in[FILES] = {{NULL, "nodes"}, {NULL, "pods"}, {NULL, "order"}};
    const char *p = (const char *)data, *end = p + size;
    for (int i = 0; i < FILES; i++) {
        const char *cut = size > 0 ? memmem(p, (size_t)(end - p), "\n=\n", 3) : NULL;
        in[i].file = open_part(p, (size_t)((cut != NULL ? cut : end) - p));
        p = cut != NULL ? cut + 3 : end;
    }
    struct arena arena;
    struct openb_trace t;
    struct errtext error = {""};
    arena_init(&arena);
    enum err e = openb_trace_parse(&in[0], &in[1], &in[2], &arena, &t, &error);
    ASSERT((e == ERR_NONE) == (error.s[0] == '\0'));
    if (e == ERR_NONE) run_all(&t);
    arena_release(&arena);
    for (int i = 0; i < FILES; i++) fclose(in[i].file);
    return 0;
}
