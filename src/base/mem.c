#include "base/mem.h"

#include "base/check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(size_t count, size_t size)
{
    fprintf(stderr, "berth: out of memory (asked for %zu x %zu bytes)\n", count, size);
    abort();
}

void *mem_alloc(size_t count, size_t size)
{
    ASSERT(size > 0);
    void *p = calloc(count > 0 ? count : 1, size);
    if (p == NULL) out_of_memory(count, size);
    return p;
}

void *mem_grow(void *p, size_t *cap, size_t need, size_t size)
{
    ASSERT(size > 0);
    if (need <= *cap) return p;
    size_t next = *cap > 0 ? *cap : 8;
    while (next < need) {
        if (next > SIZE_MAX / 2) out_of_memory(need, size);
        next *= 2;
    }
    if (next > SIZE_MAX / size) out_of_memory(next, size);
    char *q = realloc(p, next * size);
    if (q == NULL) out_of_memory(next, size);
    memset(q + *cap * size, 0, (next - *cap) * size);
    *cap = next;
    return q;
}

void mem_free(void *p)
{
    free(p);
}
