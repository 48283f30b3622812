/* arena.h - memory that is released all at once. Blocks are zeroed and 16-byte aligned. */
#ifndef BERTH_BASE_ARENA_H
#define BERTH_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *head;
    size_t used_bytes; /* sum of what was asked for since init or clear */
};

void arena_init(struct arena *a);
/* The same with a first block of just that many bytes: for many small arenas of known size. */
void arena_init_sized(struct arena *a, size_t first_block_bytes);
void arena_release(struct arena *a);
/* Forget everything; one block is kept for reuse. */
void arena_clear(struct arena *a);

/* `count` zeroed elements of `size` bytes, valid until clear or release; never NULL. */
void *arena_alloc(struct arena *a, size_t count, size_t size);

/* A NUL-terminated copy of `len` bytes. */
char *arena_copy(struct arena *a, const char *p, size_t len);

/* A NUL-terminated formatted string. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), 1, sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_alloc((a), (count), sizeof(type)))

#endif
