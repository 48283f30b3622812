#include "base/arena.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Blocks double from the first: an arena for one small thing stays small (there is one for each job),
 * and a large one needs few blocks. */
enum { ARENA_BLOCK_FIRST = 480, ARENA_BLOCK_LAST = 1024 * 1024, ARENA_ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t len, cap;
    alignas(ARENA_ALIGN) char data[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_init_sized(struct arena *a, size_t first_block_bytes)
{
    ASSERT(first_block_bytes < SIZE_MAX / 2);
    size_t cap = (first_block_bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct arena_block *b = mem_alloc(1, sizeof *b + cap);
    b->cap = cap;
    *a = (struct arena){.head = b};
}

void arena_release(struct arena *a)
{
    for (struct arena_block *b = a->head; b != NULL;) {
        struct arena_block *next = b->next;
        mem_free(b);
        b = next;
    }
    *a = (struct arena){0};
}

void arena_clear(struct arena *a)
{
    struct arena_block *keep = a->head;
    if (keep != NULL) {
        for (struct arena_block *b = keep->next; b != NULL;) {
            struct arena_block *next = b->next;
            mem_free(b);
            b = next;
        }
        keep->next = NULL;
        memset(keep->data, 0, keep->len);
        keep->len = 0;
    }
    *a = (struct arena){.head = keep};
}

void *arena_alloc(struct arena *a, size_t count, size_t size)
{
    ASSERT(size > 0);
    ASSERT(count <= (SIZE_MAX / 2) / size);
    size_t need = (count * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (need == 0) need = ARENA_ALIGN;
    struct arena_block *b = a->head;
    if (b == NULL || b->cap - b->len < need) {
        size_t cap = b != NULL ? b->cap * 2 : ARENA_BLOCK_FIRST;
        if (cap > ARENA_BLOCK_LAST) cap = ARENA_BLOCK_LAST;
        if (cap < need) cap = need;
        b = mem_alloc(1, sizeof *b + cap);
        b->cap = cap;
        b->next = a->head;
        a->head = b;
    }
    void *p = b->data + b->len;
    b->len += need;
    a->used_bytes += need;
    return p;
}

char *arena_copy(struct arena *a, const char *p, size_t len)
{
    char *q = arena_alloc(a, len + 1, 1);
    if (len > 0) memcpy(q, p, len);
    return q;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    ASSERT(n >= 0);
    char *q = arena_alloc(a, (size_t)n + 1, 1);
    vsnprintf(q, (size_t)n + 1, fmt, again);
    va_end(again);
    return q;
}
