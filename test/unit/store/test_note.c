#include "store_util.h"

#include "store/note.h"
#include "store/tlog.h"

#include <sys/stat.h>

/* The example of the Go package that first defined the form (golang.org/x/mod/sumdb/note). */
#define GO_SKEY "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define GO_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define GO_TEXT                                                                                    \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define GO_SIGNATURE                                                                               \
    "\xe2\x80\x94 PeterNeumann "                                                                   \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvq"                          \
    "fqdngotpRZb6KE6RyyBwJnAM=\n"

static struct note_key key_of(const char *line)
{
    struct note_key k;
    struct errtext why;
    if (note_key_parse(str_of(line), &k, &why) != ERR_NONE) fail_msg("%s", why.s);
    return k;
}

static void a_note_is_byte_for_byte_what_go_writes(void **state)
{
    (void)state;
    struct note_signer s;
    struct buf note = {0}, line = {0};
    assert_int_equal(note_signer_parse(STR(GO_SKEY), &s, NULL), ERR_NONE);
    note_key_format(&s.key, &line);
    assert_true(str_eqz(buf_str(&line), GO_VKEY));
    buf_clear(&line);
    note_signer_format(&s, &line);
    assert_true(str_eqz(buf_str(&line), GO_SKEY));
    note_sign(STR(GO_TEXT), &s, &note);
    assert_true(str_eqz(buf_str(&note), GO_TEXT "\n" GO_SIGNATURE));
    struct note_key k = key_of(GO_VKEY);
    struct str text;
    assert_int_equal(note_open(buf_str(&note), &k, 1, &text, NULL), ERR_NONE);
    assert_true(str_eqz(text, GO_TEXT));
    note_signer_release(&s);
    buf_release(&note);
    buf_release(&line);
}

static void no_changed_byte_of_a_note_passes(void **state)
{
    (void)state;
    char note[] = GO_TEXT "\n" GO_SIGNATURE;
    struct note_key k = key_of(GO_VKEY);
    for (size_t i = 0; i < sizeof note - 1; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct str text;
            note[i] = (char)(note[i] ^ 1 << bit);
            assert_int_not_equal(note_open((struct str){note, sizeof note - 1}, &k, 1, &text, NULL),
                                 ERR_NONE);
            note[i] = (char)(note[i] ^ 1 << bit);
        }
    }
}

static void unknown_signatures_are_passed_over_and_bad_ones_are_not(void **state)
{
    (void)state;
    struct note_signer s;
    note_signer_generate("example.org/witness", &s);
    struct buf note = {0}, theirs = {0};
    buf_puts(&note, GO_TEXT "\n" GO_SIGNATURE);
    note_sign(STR(GO_TEXT), &s, &theirs);
    const char *line = strrchr(theirs.p, '\n');
    assert_non_null(line);
    struct str rest, text;
    assert_int_equal(note_split(buf_str(&theirs), &text, &rest, NULL), ERR_NONE);
    buf_put_str(&note, rest);

    struct note_key keys[2] = {key_of(GO_VKEY), s.key};
    assert_int_equal(note_open(buf_str(&note), keys, 1, &text, NULL), ERR_NONE);
    assert_int_equal(note_open(buf_str(&note), keys + 1, 1, &text, NULL), ERR_NONE);
    assert_int_equal(note_open(buf_str(&note), keys, 2, &text, NULL), ERR_NONE);
    struct note_key stranger = keys[1];
    stranger.id ^= 1;
    assert_int_equal(note_open(buf_str(&note), &stranger, 1, &text, NULL), ERR_CORRUPT);
    keys[1].public_key[3] ^= 1; /* a key whose signature now does not verify spoils the note */
    assert_int_equal(note_open(buf_str(&note), keys, 2, &text, NULL), ERR_CORRUPT);
    buf_release(&note);
    buf_release(&theirs);
    note_signer_release(&s);
}

static void malformed_notes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n" GO_SIGNATURE,
        GO_TEXT "\n" GO_SIGNATURE "\n",
        GO_TEXT "\n- PeterNeumann x08go/ZJkuBS9UG=\n",
        GO_TEXT "\n\xe2\x80\x94 PeterNeumann\n",
        GO_TEXT "\n\xe2\x80\x94  x08go/ZJkuBS9UG=\n",
        GO_TEXT "\n\xe2\x80\x94 PeterNeumann x08g\n",
        "tab\tbed\n\n" GO_SIGNATURE,
        "\xff\xfe\n\n" GO_SIGNATURE,
    };
    struct note_key k = key_of(GO_VKEY);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct str text;
        assert_int_not_equal(note_open(str_of(bad[i]), &k, 1, &text, NULL), ERR_NONE);
    }
}

static void malformed_keys_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter\xc2\xa0Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcgQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW ",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct note_key k;
        assert_int_equal(note_key_parse(str_of(bad[i]), &k, NULL), ERR_INVALID);
    }
    struct note_signer s;
    assert_int_equal(note_signer_parse(STR(GO_VKEY), &s, NULL), ERR_INVALID);
}

static void a_signing_key_is_made_private_and_read_back(void **state)
{
    (void)state;
    char dir[] = "/tmp/berth-note-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/ledger.key", dir);
    struct note_signer a, b;
    assert_int_equal(note_signer_load(path, NULL, &a, NULL), ERR_NOT_FOUND);
    assert_int_equal(note_signer_load(path, "bad name", &a, NULL), ERR_INVALID);
    assert_int_equal(note_signer_load(path, "example.org/log", &a, NULL), ERR_NONE);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(note_signer_load(path, NULL, &b, NULL), ERR_NONE);
    assert_memory_equal(a.seed, b.seed, sizeof a.seed);
    assert_int_equal(a.key.id, b.key.id);
    assert_string_equal(b.key.name, "example.org/log");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(note_signer_load(path, NULL, &b, NULL), ERR_DENIED);
    unlink(path);
    rmdir(dir);
}

static void a_checkpoint_has_the_standard_form(void **state)
{
    (void)state;
    struct checkpoint c = {.origin = STR("example.com/behind-the-sofa"), .size = 20852163}, got;
    for (int i = 0; i < 32; i++) c.root.h[i] = (unsigned char)i;
    struct buf text = {0};
    checkpoint_format(&c, &text);
    assert_true(str_eqz(buf_str(&text), "example.com/behind-the-sofa\n20852163\n"
                                        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"));
    assert_int_equal(checkpoint_parse(buf_str(&text), &got, NULL), ERR_NONE);
    assert_int_equal(got.size, c.size);
    assert_true(str_eq(got.origin, c.origin));
    assert_memory_equal(got.root.h, c.root.h, 32);
    buf_puts(&text, "a line of another program\n");
    assert_int_equal(checkpoint_parse(buf_str(&text), &got, NULL), ERR_NONE);
    buf_release(&text);
    static const char *const bad[] = {
        "",
        "o\n1\n",
        "\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n01\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n-1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n99999999999999999999\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "o\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
        "o\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",
        "o\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\n",
        "o\n1\nAAECAwQFBgcICQoLDA0ODxAREhMU\xc6RYXGBkaGxwdHh8=\n",
        "o\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\nmore\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(checkpoint_parse(str_of(bad[i]), &got, NULL), ERR_INVALID);
}

static void a_proof_text_is_read_back_and_damage_is_refused(void **state)
{
    (void)state;
    struct tlog_proof p = {.index = 73894, .path = {.count = 2}, .note = STR("the note\n")}, got;
    buf_puts(&p.extra, "\x01\x02 extra");
    p.path.hashes[1].h[0] = 9;
    struct buf text = {0};
    tlog_proof_format(&p, &text);
    assert_int_equal(tlog_proof_parse(buf_str(&text), &got, NULL), ERR_NONE);
    assert_int_equal(got.index, p.index);
    assert_int_equal(got.path.count, 2);
    assert_memory_equal(got.path.hashes, p.path.hashes, 2 * sizeof *p.path.hashes);
    assert_true(str_eq(buf_str(&got.extra), buf_str(&p.extra)));
    assert_true(str_eqz(got.note, "the note\n"));
    tlog_proof_release(&got);
    for (size_t cut = 0; cut + 9 <= text.len; cut++) { /* the note itself is checked elsewhere */
        assert_int_equal(tlog_proof_parse((struct str){text.p, cut}, &got, NULL), ERR_INVALID);
        tlog_proof_release(&got);
    }
    buf_release(&text);
    tlog_proof_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_is_byte_for_byte_what_go_writes),
        cmocka_unit_test(no_changed_byte_of_a_note_passes),
        cmocka_unit_test(unknown_signatures_are_passed_over_and_bad_ones_are_not),
        cmocka_unit_test(malformed_notes_are_refused),
        cmocka_unit_test(malformed_keys_are_refused),
        cmocka_unit_test(a_signing_key_is_made_private_and_read_back),
        cmocka_unit_test(a_checkpoint_has_the_standard_form),
        cmocka_unit_test(a_proof_text_is_read_back_and_damage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
