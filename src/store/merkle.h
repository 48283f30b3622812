/* merkle.h - the Merkle tree over the ledger's records, as RFC 6962 section 2.1 and RFC 9162
 * section 2.1 define it, so that existing tools for transparency logs check Berth's proofs.
 *
 * Leaf i (from 0) is the 32-byte hash of record i + 1 (chain.h). With HASH = SHA-256:
 *
 *     leaf hash       HASH(0x00 || leaf)
 *     inner hash      HASH(0x01 || left || right)
 *     tree of n > 1   split at the largest power of two below n
 *     empty tree      HASH("")
 *
 * A "complete subtree" of level k holds 2^k leaves and begins at a multiple of 2^k: its hash never
 * changes once its leaves are there. Everything here is made of those. */
#ifndef BERTH_STORE_MERKLE_H
#define BERTH_STORE_MERKLE_H

#include "base/err.h"
#include "port/store.h"

#include <stdbool.h>

enum { MERKLE_LEVELS = 64, MERKLE_PROOF_MAX = 65 };

struct merkle_hash {
    unsigned char h[STORE_HASH_BYTES];
};

struct merkle_hash merkle_leaf(const unsigned char record_hash[STORE_HASH_BYTES]);

/* A growing tree in constant memory: last[k] is the hash of the complete subtree of level k that
 * was completed last (meaningless before the first). Zero-initialise. */
struct merkle_frontier {
    uint64_t size; /* leaves */
    struct merkle_hash last[MERKLE_LEVELS];
};

/* Add one leaf hash. Gives the number of levels above 0 that it completed: after the call
 * last[1 .. that number] are new. */
unsigned merkle_frontier_add(struct merkle_frontier *f, struct merkle_hash leaf);
struct merkle_hash merkle_frontier_root(const struct merkle_frontier *f);

/* Where the hashes of complete subtrees come from (store_ops.tree_hash has this shape). */
typedef enum err merkle_node_fn(void *arg, unsigned level, uint64_t index,
                                unsigned char out[STORE_HASH_BYTES], struct errtext *error);

/* The frontier of the tree's first `size` leaves. */
enum err merkle_frontier_load(struct merkle_frontier *f, uint64_t size, merkle_node_fn *node,
                              void *arg, struct errtext *error);

/* Root of the tree over the first `size` leaves. */
enum err merkle_root(uint64_t size, merkle_node_fn *node, void *arg, struct merkle_hash *out,
                     struct errtext *error);

struct merkle_proof {
    uint32_t count;
    struct merkle_hash hashes[MERKLE_PROOF_MAX]; /* from the leaf's sibling up */
};

/* That leaf `index` is in the tree of `size` leaves (index < size). RFC 6962 section 2.1.1. */
enum err merkle_prove_inclusion(uint64_t index, uint64_t size, merkle_node_fn *node, void *arg,
                                struct merkle_proof *out, struct errtext *error);
bool merkle_check_inclusion(uint64_t index, uint64_t size, struct merkle_hash leaf,
                            const struct merkle_proof *proof, struct merkle_hash root);

/* That the tree of `old_size` leaves is the beginning of that of `size` leaves
 * (1 <= old_size <= size). RFC 6962 section 2.1.2. */
enum err merkle_prove_consistency(uint64_t old_size, uint64_t size, merkle_node_fn *node, void *arg,
                                  struct merkle_proof *out, struct errtext *error);
bool merkle_check_consistency(uint64_t old_size, uint64_t size, struct merkle_hash old_root,
                              struct merkle_hash root, const struct merkle_proof *proof);

#endif
