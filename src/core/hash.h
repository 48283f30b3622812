/* hash.h - a chained hash table of things that carry their own link. For finding only: it is never
 * walked, so no decision can depend on its order. The caller compares what the hash led to. */
#ifndef BERTH_CORE_HASH_H
#define BERTH_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_node {
    struct hash_node *next;
    uint64_t value;
};

struct hash {
    struct hash_node **buckets;
    size_t cap, count; /* cap: a power of two */
};

void hash_release(struct hash *h);
void hash_insert(struct hash *h, struct hash_node *n, uint64_t value);
/* `n` is in the table. */
void hash_remove(struct hash *h, struct hash_node *n);
/* The first node with that value, and the next after one found; NULL: none. */
struct hash_node *hash_find(const struct hash *h, uint64_t value);
struct hash_node *hash_next(const struct hash_node *n);

/* A 64-bit mix of the bytes (FNV-1a over words, finished with a 64-bit finaliser). */
uint64_t hash_bytes(const void *p, size_t len, uint64_t seed);

#endif
