#include "store/merkle.h"

#include "base/check.h"
#include "port/sha256.h"

#include <string.h>

struct merkle_hash merkle_leaf(const unsigned char record_hash[STORE_HASH_BYTES])
{
    unsigned char in[1 + STORE_HASH_BYTES] = {0x00};
    memcpy(in + 1, record_hash, STORE_HASH_BYTES);
    struct merkle_hash out;
    sha256_of((struct str){(const char *)in, sizeof in}, out.h);
    return out;
}

static struct merkle_hash merkle_inner(struct merkle_hash left, struct merkle_hash right)
{
    unsigned char in[1 + 2 * STORE_HASH_BYTES] = {0x01};
    memcpy(in + 1, left.h, STORE_HASH_BYTES);
    memcpy(in + 1 + STORE_HASH_BYTES, right.h, STORE_HASH_BYTES);
    struct merkle_hash out;
    sha256_of((struct str){(const char *)in, sizeof in}, out.h);
    return out;
}

static bool hash_eq(struct merkle_hash a, struct merkle_hash b)
{
    return memcmp(a.h, b.h, STORE_HASH_BYTES) == 0;
}

static unsigned low_zeros(uint64_t x)
{
    ASSERT(x != 0);
    return (unsigned)__builtin_ctzll(x);
}

/* ---- the growing tree ----------------------------------------------------------------------- */

unsigned merkle_frontier_add(struct merkle_frontier *f, struct merkle_hash leaf)
{
    ASSERT(f->size < UINT64_MAX);
    f->size++;
    unsigned completed = low_zeros(f->size);
    struct merkle_hash h = leaf;
    for (unsigned level = 0; level < completed; level++) {
        struct merkle_hash left = f->last[level];
        f->last[level] = h;
        h = merkle_inner(left, h);
    }
    f->last[completed] = h;
    return completed;
}

/* The tree is a row of complete subtrees, one for each bit of its size, the largest first. */
struct merkle_hash merkle_frontier_root(const struct merkle_frontier *f)
{
    struct merkle_hash h = {{0}};
    if (f->size == 0) {
        sha256_of(STR(""), h.h);
        return h;
    }
    unsigned level = low_zeros(f->size);
    h = f->last[level];
    for (level++; level < MERKLE_LEVELS; level++)
        if ((f->size >> level & 1) != 0) h = merkle_inner(f->last[level], h);
    return h;
}

enum err merkle_frontier_load(struct merkle_frontier *f, uint64_t size, merkle_node_fn *node,
                              void *arg, struct errtext *error)
{
    struct merkle_frontier out = {.size = size};
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        if ((size >> level & 1) == 0) continue;
        enum err e = node(arg, level, (size >> level) - 1, out.last[level].h, error);
        if (e != ERR_NONE) return e;
    }
    *f = out;
    return ERR_NONE;
}

enum err merkle_root(uint64_t size, merkle_node_fn *node, void *arg, struct merkle_hash *out,
                     struct errtext *error)
{
    struct merkle_frontier f;
    enum err e = merkle_frontier_load(&f, size, node, arg, error);
    if (e == ERR_NONE) *out = merkle_frontier_root(&f);
    return e;
}

/* ---- proofs --------------------------------------------------------------------------------- */

/* The largest power of two below n > 1. */
static uint64_t split_of(uint64_t n)
{
    ASSERT(n > 1);
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* Hash of the tree over leaves [from, from + n): complete subtrees joined from the right. */
static enum err range_hash(uint64_t from, uint64_t n, merkle_node_fn *node, void *arg,
                           struct merkle_hash *out, struct errtext *error)
{
    ASSERT(n > 0);
    bool have = false;
    while (n > 0) {
        unsigned level = low_zeros(n);
        uint64_t size = UINT64_C(1) << level;
        n -= size;
        ASSERT((from + n) % size == 0);
        struct merkle_hash h;
        enum err e = node(arg, level, (from + n) >> level, h.h, error);
        if (e != ERR_NONE) return e;
        *out = have ? merkle_inner(h, *out) : h;
        have = true;
    }
    return ERR_NONE;
}

/* The siblings of a path are found from the root down and proven from the leaf up. */
static void reverse(struct merkle_proof *p)
{
    for (uint32_t i = 0, j = p->count; i + 1 < j; i++) {
        struct merkle_hash h = p->hashes[i];
        p->hashes[i] = p->hashes[--j];
        p->hashes[j] = h;
    }
}

static enum err push_range(struct merkle_proof *p, uint64_t from, uint64_t n, merkle_node_fn *node,
                           void *arg, struct errtext *error)
{
    ASSERT(p->count < MERKLE_PROOF_MAX);
    return range_hash(from, n, node, arg, &p->hashes[p->count++], error);
}

enum err merkle_prove_inclusion(uint64_t index, uint64_t size, merkle_node_fn *node, void *arg,
                                struct merkle_proof *out, struct errtext *error)
{
    ASSERT(index < size);
    out->count = 0;
    uint64_t from = 0;
    while (size > 1) {
        uint64_t k = split_of(size);
        enum err e = ERR_NONE;
        if (index - from < k) {
            e = push_range(out, from + k, size - k, node, arg, error);
            size = k;
        } else {
            e = push_range(out, from, k, node, arg, error);
            from += k;
            size -= k;
        }
        if (e != ERR_NONE) return e;
    }
    reverse(out);
    return ERR_NONE;
}

/* RFC 9162 section 2.1.3.2. */
bool merkle_check_inclusion(uint64_t index, uint64_t size, struct merkle_hash leaf,
                            const struct merkle_proof *proof, struct merkle_hash root)
{
    if (index >= size) return false;
    uint64_t fn = index, sn = size - 1;
    struct merkle_hash r = leaf;
    for (uint32_t i = 0; i < proof->count; i++) {
        struct merkle_hash p = proof->hashes[i];
        if (sn == 0) return false;
        if ((fn & 1) != 0 || fn == sn) {
            r = merkle_inner(p, r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = merkle_inner(r, p);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(r, root);
}

enum err merkle_prove_consistency(uint64_t old_size, uint64_t size, merkle_node_fn *node, void *arg,
                                  struct merkle_proof *out, struct errtext *error)
{
    ASSERT(old_size > 0 && old_size <= size);
    out->count = 0;
    uint64_t from = 0;
    bool whole = true; /* the old tree's remainder begins at 0: its hash is known to the checker */
    while (old_size != size) {
        uint64_t k = split_of(size);
        enum err e = ERR_NONE;
        if (old_size <= k) {
            e = push_range(out, from + k, size - k, node, arg, error);
            size = k;
        } else {
            e = push_range(out, from, k, node, arg, error);
            from += k;
            size -= k;
            old_size -= k;
            whole = false;
        }
        if (e != ERR_NONE) return e;
    }
    if (!whole) {
        enum err e = push_range(out, from, size, node, arg, error);
        if (e != ERR_NONE) return e;
    }
    reverse(out);
    return ERR_NONE;
}

/* RFC 9162 section 2.1.4.2. */
bool merkle_check_consistency(uint64_t old_size, uint64_t size, struct merkle_hash old_root,
                              struct merkle_hash root, const struct merkle_proof *proof)
{
    if (old_size == 0 || old_size > size) return false;
    if (old_size == size) return proof->count == 0 && hash_eq(old_root, root);
    uint64_t fn = old_size - 1, sn = size - 1;
    uint32_t next = 0;
    struct merkle_hash start = old_root;
    if ((old_size & (old_size - 1)) != 0) {
        if (proof->count == 0) return false;
        start = proof->hashes[next++];
    }
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    struct merkle_hash fr = start, sr = start;
    for (; next < proof->count; next++) {
        struct merkle_hash c = proof->hashes[next];
        if (sn == 0) return false;
        if ((fn & 1) != 0 || fn == sn) {
            fr = merkle_inner(c, fr);
            sr = merkle_inner(c, sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = merkle_inner(sr, c);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(fr, old_root) && hash_eq(sr, root);
}
