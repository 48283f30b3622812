#include "sim/run/names.h"

#include "base/mem.h"

enum { SLOTS_FIRST = 64 };

void names_init(struct names *n)
{
    *n = (struct names){.slot_count = SLOTS_FIRST};
    arena_init(&n->arena);
    n->slot = mem_alloc(n->slot_count, sizeof *n->slot);
}

void names_release(struct names *n)
{
    mem_free(n->slot);
    mem_free(n->name);
    arena_release(&n->arena);
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(struct str s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < s.len; i++) h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* The slot that holds the name, or the free one where it belongs. */
static size_t slot_of(const struct names *n, struct str name)
{
    size_t at = (size_t)hash_of(name) & (n->slot_count - 1);
    while (n->slot[at] != 0 && !str_eq(n->name[n->slot[at] - 1], name))
        at = (at + 1) & (n->slot_count - 1);
    return at;
}

uint32_t names_find(const struct names *n, struct str name)
{
    uint32_t v = n->slot[slot_of(n, name)];
    return v == 0 ? NO_INDEX : v - 1;
}

static void grow(struct names *n)
{
    mem_free(n->slot);
    n->slot_count *= 2;
    n->slot = mem_alloc(n->slot_count, sizeof *n->slot);
    for (size_t i = 0; i < n->count; i++) n->slot[slot_of(n, n->name[i])] = (uint32_t)i + 1;
}

uint32_t names_add(struct names *n, struct str name)
{
    uint32_t v = names_find(n, name);
    if (v != NO_INDEX) return v;
    n->name = mem_grow(n->name, &n->cap, n->count + 1, sizeof *n->name);
    n->name[n->count++] = str_copy(&n->arena, name);
    if (n->count * 2 > n->slot_count)
        grow(n);
    else
        n->slot[slot_of(n, name)] = (uint32_t)n->count;
    return (uint32_t)n->count - 1;
}
