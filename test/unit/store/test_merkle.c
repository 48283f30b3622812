#include "store_util.h"

#include "store/merkle.h"

#include <sodium.h>

enum { LEAVES = 70 };

/* ---- an independent tree: RFC 6962's definition, word for word ------------------------------ */

struct forest {
    struct merkle_hash leaf[LEAVES];
};

static struct merkle_hash slow_root(const struct forest *f, uint64_t from, uint64_t to)
{
    struct merkle_hash h = {{0}};
    if (from == to) {
        crypto_hash_sha256(h.h, (const unsigned char *)"", 0);
        return h;
    }
    if (to - from == 1) return f->leaf[from];
    uint64_t k = 1;
    while (k * 2 < to - from) k *= 2;
    unsigned char in[65] = {1};
    memcpy(in + 1, slow_root(f, from, from + k).h, 32);
    memcpy(in + 33, slow_root(f, from + k, to).h, 32);
    crypto_hash_sha256(h.h, in, sizeof in);
    return h;
}

static enum err node(void *arg, unsigned level, uint64_t index, unsigned char out[STORE_HASH_BYTES],
                     struct errtext *error)
{
    (void)error;
    uint64_t first = index << level, end = (index + 1) << level;
    assert_true(end <= LEAVES);
    memcpy(out, slow_root(arg, first, end).h, 32);
    return ERR_NONE;
}

static void plant(struct forest *f)
{
    for (int i = 0; i < LEAVES; i++) {
        unsigned char data[32] = {(unsigned char)i, 42};
        f->leaf[i] = merkle_leaf(data);
    }
}

static bool same(struct merkle_hash a, struct merkle_hash b)
{
    return memcmp(a.h, b.h, 32) == 0;
}

static struct merkle_hash hex_hash(const char *hex)
{
    struct merkle_hash h;
    size_t len = 0;
    assert_int_equal(sodium_hex2bin(h.h, 32, hex, strlen(hex), NULL, &len, NULL), 0);
    assert_int_equal(len, 32);
    return h;
}

/* The test vectors of the Certificate Transparency project. */
static void roots_agree_with_published_ones(void **state)
{
    (void)state;
    static const char *const data[8] = {"",
                                        "\0",
                                        "\x10",
                                        "\x20\x21",
                                        "\x30\x31",
                                        "\x40\x41\x42\x43",
                                        "\x50\x51\x52\x53\x54\x55\x56\x57",
                                        "`abcdefghijklmno"};
    static const size_t len[8] = {0, 1, 1, 2, 2, 4, 8, 16};
    static const struct {
        int size;
        const char *root;
    } want[] = {
        {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct merkle_frontier f = {0};
    size_t next = 0;
    for (int i = 0; i <= 8; i++) {
        if (next < sizeof want / sizeof *want && want[next].size == i) {
            assert_true(same(merkle_frontier_root(&f), hex_hash(want[next].root)));
            next++;
        }
        if (i == 8) break;
        unsigned char in[17] = {0};
        memcpy(in + 1, data[i], len[i]);
        struct merkle_hash leaf;
        crypto_hash_sha256(leaf.h, in, 1 + len[i]);
        merkle_frontier_add(&f, leaf);
    }
}

static void the_growing_tree_has_the_root_of_the_definition(void **state)
{
    (void)state;
    struct forest forest;
    plant(&forest);
    struct merkle_frontier f = {0};
    for (uint64_t n = 0; n < LEAVES; n++) {
        struct merkle_frontier loaded;
        struct merkle_hash root;
        assert_true(same(merkle_frontier_root(&f), slow_root(&forest, 0, n)));
        assert_int_equal(merkle_frontier_load(&loaded, n, node, &forest, NULL), ERR_NONE);
        assert_true(same(merkle_frontier_root(&loaded), merkle_frontier_root(&f)));
        assert_int_equal(merkle_root(n, node, &forest, &root, NULL), ERR_NONE);
        assert_true(same(root, merkle_frontier_root(&f)));
        unsigned completed = merkle_frontier_add(&f, forest.leaf[n]);
        merkle_frontier_add(&loaded, forest.leaf[n]);
        assert_true(same(merkle_frontier_root(&loaded), merkle_frontier_root(&f)));
        for (unsigned k = 0; k <= completed; k++)
            assert_true(same(f.last[k], slow_root(&forest, n + 1 - (UINT64_C(1) << k), n + 1)));
    }
}

static void every_inclusion_is_proven_and_no_other(void **state)
{
    (void)state;
    struct forest f;
    plant(&f);
    for (uint64_t size = 1; size <= LEAVES; size++) {
        struct merkle_hash root = slow_root(&f, 0, size);
        for (uint64_t i = 0; i < size; i++) {
            struct merkle_proof p;
            assert_int_equal(merkle_prove_inclusion(i, size, node, &f, &p, NULL), ERR_NONE);
            assert_true(merkle_check_inclusion(i, size, f.leaf[i], &p, root));
            assert_false(merkle_check_inclusion(i, size, f.leaf[(i + 1) % LEAVES], &p, root));
            assert_false(merkle_check_inclusion(size, size, f.leaf[i], &p, root));
            if (i + 1 < size)
                assert_false(merkle_check_inclusion(i + 1, size, f.leaf[i], &p, root));
            struct merkle_proof longer = p;
            longer.hashes[longer.count++] = root;
            assert_false(merkle_check_inclusion(i, size, f.leaf[i], &longer, root));
            for (uint32_t k = 0; k < p.count; k++) {
                struct merkle_proof bad = p;
                bad.hashes[k].h[k % 32] ^= 1;
                assert_false(merkle_check_inclusion(i, size, f.leaf[i], &bad, root));
            }
            if (p.count == 0) continue;
            p.count--;
            assert_false(merkle_check_inclusion(i, size, f.leaf[i], &p, root));
        }
    }
}

static void every_growth_is_proven_and_no_other(void **state)
{
    (void)state;
    struct forest f;
    plant(&f);
    for (uint64_t size = 1; size <= LEAVES; size++) {
        struct merkle_hash root = slow_root(&f, 0, size);
        for (uint64_t old = 1; old <= size; old++) {
            struct merkle_hash old_root = slow_root(&f, 0, old);
            struct merkle_proof p;
            assert_int_equal(merkle_prove_consistency(old, size, node, &f, &p, NULL), ERR_NONE);
            assert_true(merkle_check_consistency(old, size, old_root, root, &p));
            struct merkle_hash wrong = old_root;
            wrong.h[0] ^= 1;
            assert_false(merkle_check_consistency(old, size, wrong, root, &p));
            wrong = root;
            wrong.h[31] ^= 0x80;
            assert_false(merkle_check_consistency(old, size, old_root, wrong, &p));
            for (uint32_t k = 0; k < p.count; k++) {
                struct merkle_proof bad = p;
                bad.hashes[k].h[5] ^= 4;
                assert_false(merkle_check_consistency(old, size, old_root, root, &bad));
            }
            struct merkle_proof longer = p;
            longer.hashes[longer.count++] = root;
            assert_false(merkle_check_consistency(old, size, old_root, root, &longer));
        }
        struct merkle_proof none = {0};
        assert_false(merkle_check_consistency(0, size, root, root, &none));
        assert_false(merkle_check_consistency(size + 1, size, root, root, &none));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_agree_with_published_ones),
        cmocka_unit_test(the_growing_tree_has_the_root_of_the_definition),
        cmocka_unit_test(every_inclusion_is_proven_and_no_other),
        cmocka_unit_test(every_growth_is_proven_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
