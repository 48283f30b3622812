/* Known answers of FIPS 180-4, and libsodium's implementation as the oracle for every length around
 * the block size and every split into parts. */
#include "port/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

static void check(const char *text, const char *hex)
{
    unsigned char hash[SHA256_BYTES];
    char said[2 * SHA256_BYTES + 1];
    sha256_of(str_of(text), hash);
    assert_string_equal(sodium_bin2hex(said, sizeof said, hash, sizeof hash), hex);
}

static void the_examples_of_the_standard_come_out(void **state)
{
    (void)state;
    check("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

enum { LONGEST = 300 };

static void fill(unsigned char text[LONGEST])
{
    for (int i = 0; i < LONGEST; i++) text[i] = (unsigned char)(i * 7 + 3);
}

static void every_length_and_every_split_agree_with_another_library(void **state)
{
    (void)state;
    unsigned char text[LONGEST], want[SHA256_BYTES], got[SHA256_BYTES];
    fill(text);
    for (size_t len = 0; len <= LONGEST; len++) {
        crypto_hash_sha256(want, text, len);
        for (size_t cut = 0; cut <= len; cut += 13) {
            const struct str parts[] = {
                {(const char *)text, cut}, {NULL, 0}, {(const char *)text + cut, len - cut}};
            sha256(parts, 3, got);
            assert_memory_equal(got, want, sizeof want);
        }
    }
}

static void *hash_many(void *arg)
{
    unsigned char text[LONGEST], want[SHA256_BYTES], got[SHA256_BYTES];
    fill(text);
    int *wrong = arg;
    for (size_t len = 0; len < LONGEST; len++) {
        crypto_hash_sha256(want, text, len);
        sha256_of((struct str){(const char *)text, len}, got);
        *wrong += memcmp(want, got, sizeof want) != 0;
    }
    return NULL;
}

static void threads_hash_side_by_side(void **state)
{
    (void)state;
    pthread_t threads[4];
    int wrong[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_many, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standard_come_out),
        cmocka_unit_test(every_length_and_every_split_agree_with_another_library),
        cmocka_unit_test(threads_hash_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
