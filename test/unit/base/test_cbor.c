#include "base/cbor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char *const colours[] = {"none", "red", "green", "blue"};

struct leaf {
    int64_t n;
    struct str name;
};

struct thing {
    int64_t i;
    uint64_t u;
    uint32_t u32;
    int32_t i32;
    bool yes;
    struct str text, bytes;
    int colour;
    uint32_t flags;
    struct str *words;
    uint32_t word_count;
    struct leaf one;
    bool has_one;
    struct leaf *leaves;
    uint32_t leaf_count;
};

static void visit_leaf(struct visit *v, struct leaf *l)
{
    visit_i64(v, "n", &l->n);
    visit_text(v, "name", &l->name);
}

static void visit_thing(struct visit *v, struct thing *t)
{
    visit_i64(v, "i", &t->i);
    visit_u64(v, "u", &t->u);
    visit_u32(v, "u32", &t->u32);
    visit_i32(v, "i32", &t->i32);
    visit_bool(v, "yes", &t->yes);
    visit_text(v, "text", &t->text);
    visit_bytes(v, "bytes", &t->bytes);
    visit_enum(v, "colour", &t->colour, colours, 4);
    visit_flags(v, "flags", &t->flags, colours, 4);
    visit_texts(v, "words", &t->words, &t->word_count, 5);
    if (visit_map(v, "one", !t->has_one)) {
        t->has_one = true;
        visit_leaf(v, &t->one);
        visit_map_end(v);
    }
    VISIT_ARRAY(v, "leaves", t->leaves, t->leaf_count, 300, visit_leaf);
}

static void encode(struct buf *out, struct thing *t)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out);
    assert_true(visit_map(&w.v, NULL, false));
    visit_thing(&w.v, t);
    visit_map_end(&w.v);
    assert_int_equal(w.depth, 0);
}

static enum err decode(struct str in, struct arena *a, struct thing *t, struct errtext *error)
{
    struct cbor_reader r;
    cbor_reader_init(&r, in, a);
    *t = (struct thing){0};
    if (visit_map(&r.v, NULL, false)) {
        visit_thing(&r.v, t);
        visit_map_end(&r.v);
    }
    return cbor_reader_finish(&r, error);
}

static void values_and_bytes_round_trip(void **state)
{
    (void)state;
    static const int64_t numbers[] = {
        0,         1,  23,  24,  255,  256,  65535,    65536, UINT32_MAX, INT64_C(1) << 32,
        INT64_MAX, -1, -24, -25, -256, -257, INT64_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct str words[] = {STR("a"), STR(""), STR("caf\xc3\xa9")};
        struct leaf leaves[2] = {{.n = 0}, {.n = numbers[i], .name = STR("x")}};
        struct thing t = {.i = numbers[i],
                          .u = numbers[i] > 0 ? (uint64_t)numbers[i] : 0,
                          .u32 = 7,
                          .i32 = INT32_MIN,
                          .yes = true,
                          .text = STR("t"),
                          .bytes = STR("\xff\x00\x01"),
                          .colour = 2,
                          .flags = 0xau,
                          .words = words,
                          .word_count = 3,
                          .leaves = leaves,
                          .leaf_count = 2,
                          .has_one = true};
        struct buf first = {0}, second = {0};
        struct arena a;
        arena_init(&a);
        struct thing back;
        encode(&first, &t);
        struct errtext error;
        assert_int_equal(decode(buf_str(&first), &a, &back, &error), ERR_NONE);
        assert_true(back.i == numbers[i] && back.i32 == INT32_MIN && back.u32 == 7);
        assert_true(back.yes && back.has_one && back.colour == 2 && back.flags == 0xau);
        assert_int_equal(back.word_count, 3);
        assert_true(str_eqz(back.words[2], "caf\xc3\xa9") && back.words[1].len == 0);
        assert_int_equal(back.bytes.len, 3);
        assert_true(back.leaf_count == 2 && back.leaves[1].n == numbers[i]);
        encode(&second, &back);
        assert_true(str_eq(buf_str(&first), buf_str(&second)));
        buf_release(&first);
        buf_release(&second);
        arena_release(&a);
    }
}

static void zero_value_is_an_empty_map(void **state)
{
    (void)state;
    struct thing t = {0}, back;
    struct buf b = {0};
    struct arena a;
    arena_init(&a);
    encode(&b, &t);
    assert_int_equal(b.len, 1);
    assert_int_equal((unsigned char)b.p[0], 0xa0);
    assert_int_equal(decode(buf_str(&b), &a, &back, NULL), ERR_NONE);
    buf_release(&b);
    arena_release(&a);
}

static void large_maps_and_lists_get_longer_heads(void **state)
{
    (void)state;
    struct leaf leaves[300];
    for (int i = 0; i < 300; i++) leaves[i] = (struct leaf){.n = i, .name = STR("n")};
    struct thing t = {.leaves = leaves, .leaf_count = 300}, back;
    struct buf b = {0};
    struct arena a;
    arena_init(&a);
    encode(&b, &t);
    assert_int_equal(decode(buf_str(&b), &a, &back, NULL), ERR_NONE);
    assert_int_equal(back.leaf_count, 300);
    assert_int_equal(back.leaves[299].n, 299);
    buf_release(&b);
    /* A map of 30 keys has a head of two bytes. */
    struct cbor_writer w;
    cbor_writer_init(&w, &b);
    assert_true(visit_map(&w.v, NULL, false));
    char keys[30][4];
    for (int i = 0; i < 30; i++) {
        keys[i][0] = 'k';
        keys[i][1] = (char)('0' + i / 10);
        keys[i][2] = (char)('0' + i % 10);
        keys[i][3] = '\0';
        int64_t x = i + 1;
        visit_i64(&w.v, keys[i], &x);
    }
    visit_map_end(&w.v);
    assert_int_equal((unsigned char)b.p[0], 0xb8);
    assert_int_equal((unsigned char)b.p[1], 30);
    struct cbor_reader r;
    cbor_reader_init(&r, buf_str(&b), &a);
    assert_true(visit_map(&r.v, NULL, false));
    for (int i = 0; i < 30; i++) {
        int64_t x = 0;
        visit_i64(&r.v, keys[i], &x);
        assert_int_equal(x, i + 1);
    }
    visit_map_end(&r.v);
    assert_int_equal(cbor_reader_finish(&r, NULL), ERR_NONE);
    buf_release(&b);
    arena_release(&a);
}

#define BYTES(s)                                                                                   \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }

static void what_is_not_canonical_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        struct str in;
    } rows[] = {
        {"nothing at all", BYTES("")},
        {"one-byte number in two bytes", BYTES("\xa1\x61i\x18\x17")},
        {"two-byte number in three bytes", BYTES("\xa1\x61i\x19\x00\xff")},
        {"indefinite map", BYTES("\xbf\x61i\x01\xff")},
        {"indefinite text", BYTES("\xa1\x64text\x7f\x61x\xff")},
        {"zero value written", BYTES("\xa1\x61i\x00")},
        {"false written", BYTES("\xa1\x63yes\xf4")},
        {"empty text written", BYTES("\xa1\x64text\x60")},
        {"empty list written", BYTES("\xa1\x65words\x80")},
        {"null", BYTES("\xa1\x61i\xf6")},
        {"float", BYTES("\xa1\x61i\xf9\x3c\x00")},
        {"truth value with a long head", BYTES("\xa1\x63yes\xf8\x15")},
        {"tag", BYTES("\xa1\x61i\xc1\x01")},
        {"unknown key", BYTES("\xa1\x63zzz\x01")},
        {"keys out of order", BYTES("\xa2\x61u\x01\x61i\x01")},
        {"key twice", BYTES("\xa2\x61i\x01\x61i\x01")},
        {"wrong type", BYTES("\xa1\x61i\x61x")},
        {"text for bytes", BYTES("\xa1\x65"
                                 "bytes\x61x")},
        {"bytes for text", BYTES("\xa1\x64text\x41x")},
        {"not UTF-8", BYTES("\xa1\x64text\x62\xc3\x28")},
        {"text cut off", BYTES("\xa1\x64text\x65x")},
        {"map says more than there is", BYTES("\xa2\x61i\x01")},
        {"huge list", BYTES("\xa1\x65words\x9b\x7f\xff\xff\xff\xff\xff\xff\xff")},
        {"huge text", BYTES("\xa1\x64text\x7b\xff\xff\xff\xff\xff\xff\xff\xff")},
        {"number over 63 bits", BYTES("\xa1\x61i\x1b\x80\x00\x00\x00\x00\x00\x00\x00")},
        {"too many elements", BYTES("\xa1\x65words\x86\x61x\x61x\x61x\x61x\x61x\x61x")},
        {"over 32 bits", BYTES("\xa1\x63u32\x1b\x00\x00\x00\x01\x00\x00\x00\x00")},
        {"negative where none may be", BYTES("\xa1\x61u\x20")},
        {"unknown name", BYTES("\xa1\x66"
                               "colour\x64pink")},
        {"name of zero written", BYTES("\xa1\x66"
                                       "colour\x64none")},
        {"flags out of order", BYTES("\xa1\x65"
                                     "flags\x82\x64"
                                     "blue\x63red")},
        {"a flag twice", BYTES("\xa1\x65"
                               "flags\x82\x63red\x63red")},
        {"bytes left over", BYTES("\xa0\x00")},
        {"key cut off", BYTES("\xa1\x63yes")},
        {"key longer than the input", BYTES("\xa1\x78\xffyes")},
        {"integer key", BYTES("\xa1\x01\x01")},
        {"a list at the top", BYTES("\x80")},
    };
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct thing t;
        struct errtext error = {""};
        if (decode(rows[i].in, &a, &t, &error) != ERR_CORRUPT)
            fail_msg("accepted: %s", rows[i].why);
        if (error.s[0] == '\0') fail_msg("no text: %s", rows[i].why);
    }
    arena_release(&a);
}

/* Whatever one byte is changed to, what is accepted writes itself back to the same bytes. */
static void every_accepted_input_is_the_one_that_is_written(void **state)
{
    (void)state;
    struct str words[] = {STR("a"), STR("bb")};
    struct leaf leaves[2] = {{.n = 5}, {.n = -3000, .name = STR("x")}};
    struct thing t = {.i = 300,
                      .u32 = 7,
                      .yes = true,
                      .text = STR("t"),
                      .bytes = STR("\xff\x01"),
                      .colour = 2,
                      .flags = 0x6u,
                      .words = words,
                      .word_count = 2,
                      .leaves = leaves,
                      .leaf_count = 2};
    struct buf b = {0}, again = {0};
    encode(&b, &t);
    struct arena a;
    arena_init(&a);
    for (size_t at = 0; at < b.len; at++) {
        char was = b.p[at];
        for (int x = 0; x < 256; x++) {
            b.p[at] = (char)x;
            struct thing back;
            arena_clear(&a);
            if (decode(buf_str(&b), &a, &back, NULL) != ERR_NONE) continue;
            buf_clear(&again);
            encode(&again, &back);
            if (!str_eq(buf_str(&b), buf_str(&again)))
                fail_msg("byte %zu set to %02x is accepted but not canonical", at, (unsigned)x);
        }
        b.p[at] = was;
    }
    for (size_t len = 0; len < b.len; len++) {
        struct thing back;
        assert_int_equal(decode((struct str){b.p, len}, &a, &back, NULL), ERR_CORRUPT);
    }
    buf_release(&b);
    buf_release(&again);
    arena_release(&a);
}

static void visit_nest(struct visit *v, int depth)
{
    if (depth == 0 || !visit_map(v, "m", false)) return;
    visit_nest(v, depth - 1);
    visit_map_end(v);
}

static void nesting_deeper_than_the_limit_is_refused(void **state)
{
    (void)state;
    char in[200] = "\xa1";
    size_t len = 1;
    for (int i = 0; i < 30; i++) {
        memcpy(in + len, "\x61m\xa1", 3);
        len += 3;
    }
    struct cbor_reader r;
    cbor_reader_init(&r, (struct str){in, len}, NULL);
    if (visit_map(&r.v, NULL, false)) {
        visit_nest(&r.v, 40);
        visit_map_end(&r.v);
    }
    assert_int_equal(cbor_reader_finish(&r, NULL), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_bytes_round_trip),
        cmocka_unit_test(zero_value_is_an_empty_map),
        cmocka_unit_test(large_maps_and_lists_get_longer_heads),
        cmocka_unit_test(what_is_not_canonical_is_refused),
        cmocka_unit_test(every_accepted_input_is_the_one_that_is_written),
        cmocka_unit_test(nesting_deeper_than_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
