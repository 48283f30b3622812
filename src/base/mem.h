/* mem.h - the heap.
 *
 * Out of memory ends the process with a message (docs/decisions/0002-out-of-memory.md): inputs are
 * bounded before memory is asked for, and the ledger holds everything that was acknowledged. All
 * memory is zeroed, so that no state depends on what the heap held before. */
#ifndef BERTH_BASE_MEM_H
#define BERTH_BASE_MEM_H

#include <stddef.h>

/* `count` zeroed elements of `size` bytes; never NULL (count 0 gives one unusable byte). */
void *mem_alloc(size_t count, size_t size);

/* Grow `p` (NULL at first) from *cap elements to at least `need`, doubling; the new part is zeroed.
 * Gives the moved array and updates *cap. Does nothing when *cap >= need. */
void *mem_grow(void *p, size_t *cap, size_t need, size_t size);

/* free(); NULL is allowed. */
void mem_free(void *p);

#endif
