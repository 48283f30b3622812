#include "store_util.h"

#include "store/chain.h"

#include <sodium.h>

static void a_message_has_the_documented_bytes(void **state)
{
    (void)state;
    unsigned char prev[STORE_HASH_BYTES];
    memset(prev, 0xab, sizeof prev);
    struct ledger_record r = {.seq = 258, .now_ms = -2, .event = STR("EV"), .outcome = STR("OUT")};
    struct buf m = {0};
    chain_message(&r, prev, &m);
    assert_int_equal(m.len, CHAIN_MESSAGE_OVERHEAD + 5);
    assert_memory_equal(m.p, "berth/ledger/record/v1", 23);
    assert_memory_equal(m.p + 23, "\0\0\0\0\0\0\1\2", 8);
    assert_memory_equal(m.p + 31, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8);
    assert_memory_equal(m.p + 39, prev, 32);
    assert_memory_equal(m.p + 71, "\0\0\0\0\0\0\0\2EV\0\0\0\0\0\0\0\3OUT", 21);
    unsigned char want[32], got[32];
    crypto_hash_sha256(want, (const unsigned char *)m.p, m.len);
    chain_hash(&r, prev, got);
    assert_memory_equal(got, want, 32);
    buf_release(&m);
}

static void the_origin_hash_has_the_documented_bytes(void **state)
{
    (void)state;
    unsigned char want[32], got[32];
    crypto_hash_sha256(want, (const unsigned char *)"berth/ledger/origin/v1\0\0\0\0\0\0\0\0\3abc",
                       34);
    chain_origin_hash(STR("abc"), got);
    assert_memory_equal(got, want, 32);
}

static void a_message_is_read_back_and_damage_is_refused(void **state)
{
    (void)state;
    unsigned char prev[STORE_HASH_BYTES] = {7}, back[STORE_HASH_BYTES], hash[STORE_HASH_BYTES];
    struct ledger_record r = {.seq = 5, .now_ms = 99, .event = STR("event"), .outcome = STR("")};
    struct ledger_record got;
    struct buf m = {0};
    chain_message(&r, prev, &m);
    assert_int_equal(chain_parse(buf_str(&m), &got, back, NULL), ERR_NONE);
    assert_int_equal(got.seq, 5);
    assert_int_equal(got.now_ms, 99);
    assert_true(str_eqz(got.event, "event"));
    assert_int_equal(got.outcome.len, 0);
    assert_memory_equal(back, prev, sizeof prev);
    chain_hash(&r, prev, hash);
    assert_memory_equal(got.hash, hash, sizeof hash);
    for (size_t cut = 0; cut < m.len; cut++)
        assert_int_equal(chain_parse((struct str){m.p, cut}, &got, back, NULL), ERR_INVALID);
    m.p[71] = 0x7f; /* an event of 2^62 bytes */
    assert_int_equal(chain_parse(buf_str(&m), &got, back, NULL), ERR_INVALID);
    buf_release(&m);
}

static void every_field_changes_the_hash(void **state)
{
    (void)state;
    unsigned char prev[STORE_HASH_BYTES] = {1}, other[STORE_HASH_BYTES] = {2};
    struct ledger_record r[] = {
        {.seq = 1, .now_ms = 1, .event = STR("ab"), .outcome = STR("c")},
        {.seq = 2, .now_ms = 1, .event = STR("ab"), .outcome = STR("c")},
        {.seq = 1, .now_ms = 2, .event = STR("ab"), .outcome = STR("c")},
        {.seq = 1, .now_ms = 1, .event = STR("a"), .outcome = STR("bc")},
        {.seq = 1, .now_ms = 1, .event = STR("abc"), .outcome = STR("")},
    };
    enum { N = sizeof r / sizeof *r };
    unsigned char h[N + 1][32];
    for (size_t i = 0; i < N; i++) chain_hash(&r[i], prev, h[i]);
    chain_hash(&r[0], other, h[N]);
    for (size_t i = 0; i <= N; i++)
        for (size_t j = 0; j < i; j++) assert_memory_not_equal(h[i], h[j], 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_has_the_documented_bytes),
        cmocka_unit_test(the_origin_hash_has_the_documented_bytes),
        cmocka_unit_test(a_message_is_read_back_and_damage_is_refused),
        cmocka_unit_test(every_field_changes_the_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
