#include "core/hash.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

enum { HASH_CAP_MIN = 64 };

void hash_release(struct hash *h)
{
    mem_free(h->buckets);
    *h = (struct hash){0};
}

static void hash_grow(struct hash *h)
{
    size_t cap = h->cap == 0 ? HASH_CAP_MIN : h->cap * 2;
    struct hash_node **buckets = mem_alloc(cap, sizeof(struct hash_node *));
    for (size_t i = 0; i < h->cap; i++) {
        for (struct hash_node *n = h->buckets[i]; n != NULL;) {
            struct hash_node *next = n->next;
            size_t at = (size_t)n->value & (cap - 1);
            n->next = buckets[at];
            buckets[at] = n;
            n = next;
        }
    }
    mem_free(h->buckets);
    h->buckets = buckets;
    h->cap = cap;
}

void hash_insert(struct hash *h, struct hash_node *n, uint64_t value)
{
    if (h->count >= h->cap) hash_grow(h);
    size_t at = (size_t)value & (h->cap - 1);
    *n = (struct hash_node){h->buckets[at], value};
    h->buckets[at] = n;
    h->count++;
}

void hash_remove(struct hash *h, struct hash_node *n)
{
    ASSERT(h->count > 0);
    struct hash_node **at = &h->buckets[(size_t)n->value & (h->cap - 1)];
    while (*at != n) {
        ASSERT(*at != NULL);
        at = &(*at)->next;
    }
    *at = n->next;
    *n = (struct hash_node){0};
    h->count--;
}

struct hash_node *hash_find(const struct hash *h, uint64_t value)
{
    if (h->cap == 0) return NULL;
    struct hash_node *n = h->buckets[(size_t)value & (h->cap - 1)];
    while (n != NULL && n->value != value) n = n->next;
    return n;
}

struct hash_node *hash_next(const struct hash_node *n)
{
    struct hash_node *m = n->next;
    while (m != NULL && m->value != n->value) m = m->next;
    return m;
}

uint64_t hash_bytes(const void *p, size_t len, uint64_t seed)
{
    const unsigned char *b = p;
    uint64_t h = 0xcbf29ce484222325U ^ seed ^ (uint64_t)len;
    for (; len >= 8; len -= 8, b += 8) {
        uint64_t word;
        memcpy(&word, b, sizeof word);
        h = (h ^ word) * 0x9e3779b97f4a7c15U;
        h ^= h >> 32;
    }
    for (; len > 0; len--, b++) h = (h ^ *b) * 0x100000001b3U;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdU;
    h ^= h >> 33;
    return h;
}
