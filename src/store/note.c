#include "store/note.h"

#include "base/check.h"
#include "port/sha256.h"
#include "store/base64.h"
#include "store/file.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SIGNER_PREFIX "PRIVATE+KEY+"
#define DASH "\xe2\x80\x94 " /* em dash, space: begins a signature line */

enum {
    ALGORITHM_ED25519 = 0x01,
    KEY_ID_BYTES = 4,
    KEY_DATA_BYTES = 1 + NOTE_KEY_BYTES, /* algorithm, key */
    SIGNATURE_BYTES = KEY_ID_BYTES + crypto_sign_BYTES,
    KEY_LINE_MAX = 512, /* bytes of a key's line: name, hash, 44 of base64 */
};

/* ---- names ---------------------------------------------------------------------------------- */

/* Bytes of the space, control character or '+' at p; 0 when there is none. The spaces are those of
 * Unicode's White_Space property. */
static size_t unfit_at(const unsigned char *p, size_t left)
{
    if (p[0] <= 0x20 || p[0] == 0x7f || p[0] == '+') return 1;
    if (left >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0)) return 2;
    if (left < 3) return 0;
    uint32_t c = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    bool unfit = c == 0xe19a80 || (c >= 0xe28080 && c <= 0xe2808a) || c == 0xe280a8 ||
                 c == 0xe280a9 || c == 0xe280af || c == 0xe2819f || c == 0xe38080;
    return unfit ? 3 : 0;
}

enum err note_name_check(struct str name, struct errtext *error)
{
    if (name.len == 0) return err_set(error, ERR_INVALID, "a key's name may not be empty");
    if (name.len > NOTE_NAME_MAX)
        return err_set(error, ERR_INVALID, "a key's name has at most %d bytes", NOTE_NAME_MAX);
    if (!str_is_utf8(name)) return err_set(error, ERR_INVALID, "a key's name must be UTF-8");
    for (size_t i = 0; i < name.len; i++)
        if (unfit_at((const unsigned char *)name.p + i, name.len - i) != 0)
            return err_set(error, ERR_INVALID,
                           "a key's name may not hold spaces, control characters or '+'");
    return ERR_NONE;
}

static uint32_t get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- keys ----------------------------------------------------------------------------------- */

static uint32_t key_id(const char *name, const unsigned char public_key[NOTE_KEY_BYTES])
{
    static const unsigned char middle[2] = {'\n', ALGORITHM_ED25519};
    const struct str parts[] = {str_of(name),
                                {(const char *)middle, sizeof middle},
                                {(const char *)public_key, NOTE_KEY_BYTES}};
    unsigned char hash[SHA256_BYTES];
    sha256(parts, sizeof parts / sizeof *parts, hash);
    return get_u32(hash);
}

/* Cut `s` at the first '+': the part before it; *s is what follows. */
static bool cut_plus(struct str *s, struct str *part)
{
    const char *plus = s->len > 0 ? memchr(s->p, '+', s->len) : NULL;
    if (plus == NULL) return false;
    *part = (struct str){s->p, (size_t)(plus - s->p)};
    *s = (struct str){plus + 1, s->len - part->len - 1};
    return true;
}

/* Exactly 8 digits, letters small. */
static bool get_hex_u32(struct str s, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'a' || c > 'f')) return false;
        *out = *out << 4 | (uint32_t)(digit ? c - '0' : c - 'a' + 10);
    }
    return s.len == 8;
}

/* The three parts that both forms of key end with; `data` is without the algorithm byte. */
static enum err parse_key(struct str line, char name[NOTE_NAME_MAX + 1], uint32_t *id,
                          unsigned char data[NOTE_KEY_BYTES], struct errtext *error)
{
    struct str name_part, hash_part;
    if (!cut_plus(&line, &name_part) || !cut_plus(&line, &hash_part))
        return err_set(error, ERR_INVALID, "a key has the form name+hash+base64");
    enum err e = note_name_check(name_part, error);
    if (e != ERR_NONE) return e;
    if (!get_hex_u32(hash_part, id))
        return err_set(error, ERR_INVALID, "the key's hash is not 8 hexadecimal digits");
    unsigned char bytes[KEY_DATA_BYTES];
    if (!base64_get_exactly(line, bytes, sizeof bytes))
        return err_set(error, ERR_INVALID, "the key is not base64 of %d bytes", KEY_DATA_BYTES);
    if (bytes[0] != ALGORITHM_ED25519)
        return err_set(error, ERR_INVALID, "the key is not an Ed25519 key (algorithm %d)",
                       bytes[0]);
    memcpy(name, name_part.p, name_part.len);
    name[name_part.len] = '\0';
    memcpy(data, bytes + 1, NOTE_KEY_BYTES);
    sodium_memzero(bytes, sizeof bytes);
    return ERR_NONE;
}

static void format_key(const char *name, uint32_t id, const unsigned char data[NOTE_KEY_BYTES],
                       struct buf *out)
{
    unsigned char bytes[KEY_DATA_BYTES] = {ALGORITHM_ED25519};
    memcpy(bytes + 1, data, NOTE_KEY_BYTES);
    buf_printf(out, "%s+%08" PRIx32 "+", name, id);
    base64_put(out, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
}

enum err note_key_parse(struct str line, struct note_key *out, struct errtext *error)
{
    struct note_key k = {0};
    enum err e = parse_key(line, k.name, &k.id, k.public_key, error);
    if (e != ERR_NONE) return e;
    if (k.id != key_id(k.name, k.public_key))
        return err_set(error, ERR_INVALID, "the key's hash does not belong to its name and key");
    *out = k;
    return ERR_NONE;
}

void note_key_format(const struct note_key *key, struct buf *out)
{
    format_key(key->name, key->id, key->public_key, out);
}

/* The secret form that libsodium signs with: seed and public key. */
static void expand(const unsigned char seed[NOTE_KEY_BYTES],
                   unsigned char public_key[NOTE_KEY_BYTES],
                   unsigned char secret[crypto_sign_SECRETKEYBYTES])
{
    int failed = crypto_sign_seed_keypair(public_key, secret, seed);
    ASSERT(failed == 0);
}

static void derive_public(struct note_signer *s)
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    expand(s->seed, s->key.public_key, secret);
    sodium_memzero(secret, sizeof secret);
    s->key.id = key_id(s->key.name, s->key.public_key);
}

void note_signer_generate(const char *name, struct note_signer *out)
{
    ASSERT(note_name_check(str_of(name), NULL) == ERR_NONE);
    int failed = sodium_init();
    ASSERT(failed >= 0);
    *out = (struct note_signer){0};
    snprintf(out->key.name, sizeof out->key.name, "%s", name);
    randombytes_buf(out->seed, sizeof out->seed);
    derive_public(out);
}

enum err note_signer_parse(struct str line, struct note_signer *out, struct errtext *error)
{
    if (!str_starts(line, SIGNER_PREFIX))
        return err_set(error, ERR_INVALID, "a signer key begins with " SIGNER_PREFIX);
    size_t skip = sizeof SIGNER_PREFIX - 1;
    struct note_signer s = {0};
    uint32_t id = 0;
    enum err e =
        parse_key((struct str){line.p + skip, line.len - skip}, s.key.name, &id, s.seed, error);
    if (e == ERR_NONE) {
        derive_public(&s);
        if (s.key.id != id)
            e = err_set(error, ERR_INVALID, "the key's hash does not belong to its name and key");
    }
    if (e == ERR_NONE) *out = s;
    note_signer_release(&s);
    return e;
}

void note_signer_format(const struct note_signer *signer, struct buf *out)
{
    buf_puts(out, SIGNER_PREFIX);
    format_key(signer->key.name, signer->key.id, signer->seed, out);
}

void note_signer_release(struct note_signer *signer)
{
    sodium_memzero(signer, sizeof *signer);
}

static enum err create_signer(const char *path, const char *name, struct note_signer *out,
                              struct errtext *error)
{
    enum err e = note_name_check(str_of(name), error);
    if (e != ERR_NONE) return e;
    struct note_signer fresh;
    note_signer_generate(name, &fresh);
    struct buf line = {0};
    note_signer_format(&fresh, &line);
    buf_putc(&line, '\n');
    e = file_replace(path, 0600, buf_str(&line), error);
    if (e == ERR_NONE) *out = fresh;
    sodium_memzero(line.p, line.cap);
    buf_release(&line);
    note_signer_release(&fresh);
    return e;
}

enum err note_signer_load(const char *path, const char *create_name, struct note_signer *out,
                          struct errtext *error)
{
    struct buf line = {0};
    enum err e = file_read(path, KEY_LINE_MAX, &line, error);
    if (e == ERR_NOT_FOUND && create_name != NULL) {
        e = create_signer(path, create_name, out, error);
        goto out;
    }
    if (e != ERR_NONE) goto out;
    struct stat st;
    if (stat(path, &st) != 0 || (st.st_mode & 077) != 0) {
        e = err_set(error, ERR_DENIED,
                    "%s: others may read this signing key; remove it so that a new one is made",
                    path);
        goto out;
    }
    struct str text = buf_str(&line);
    if (text.len > 0 && text.p[text.len - 1] == '\n') text.len--;
    e = note_signer_parse(text, out, error);
    if (e != ERR_NONE) err_prefix(error, e, "%s", path);
out:
    if (line.p != NULL) sodium_memzero(line.p, line.cap);
    buf_release(&line);
    return e;
}

/* ---- notes ---------------------------------------------------------------------------------- */

void note_sign(struct str text, const struct note_signer *signer, struct buf *out)
{
    ASSERT(text.len > 0 && text.p[text.len - 1] == '\n');
    unsigned char public_key[NOTE_KEY_BYTES], secret[crypto_sign_SECRETKEYBYTES];
    unsigned char bytes[SIGNATURE_BYTES];
    uint32_t id = signer->key.id;
    for (int i = 0; i < KEY_ID_BYTES; i++) bytes[i] = (unsigned char)(id >> (24 - 8 * i));
    expand(signer->seed, public_key, secret);
    int failed = crypto_sign_detached(bytes + KEY_ID_BYTES, NULL, (const unsigned char *)text.p,
                                      text.len, secret);
    ASSERT(failed == 0);
    sodium_memzero(secret, sizeof secret);
    buf_put_str(out, text);
    buf_printf(out, "\n" DASH "%s ", signer->key.name);
    base64_put(out, bytes, sizeof bytes);
    buf_putc(out, '\n');
}

static bool has_controls(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < 0x20 && s.p[i] != '\n') return true;
    return false;
}

enum err note_split(struct str note, struct str *text_out, struct str *signatures_out,
                    struct errtext *error)
{
    if (note.len > STORE_NOTE_MAX)
        return err_set(error, ERR_INVALID, "a note has at most %d bytes", STORE_NOTE_MAX);
    if (note.len == 0 || note.p[note.len - 1] != '\n')
        return err_set(error, ERR_INVALID, "not a signed note: it does not end in a newline");
    if (!str_is_utf8(note) || has_controls(note))
        return err_set(error, ERR_INVALID, "not a signed note: not clean UTF-8 text");
    for (size_t i = note.len - 1; i >= 1; i--) {
        if (note.p[i] != '\n' || note.p[i - 1] != '\n') continue;
        *text_out = (struct str){note.p, i};
        *signatures_out = (struct str){note.p + i + 1, note.len - i - 1};
        if (signatures_out->len == 0) break;
        return ERR_NONE;
    }
    return err_set(error, ERR_INVALID, "not a signed note: no signature after an empty line");
}

struct signature {
    struct str name, base64;
};

/* Take the next signature line off *rest. */
static bool next_signature(struct str *rest, struct signature *out)
{
    const char *end = memchr(rest->p, '\n', rest->len);
    if (end == NULL) return false;
    struct str line = {rest->p, (size_t)(end - rest->p)};
    *rest = (struct str){end + 1, rest->len - line.len - 1};
    if (!str_starts(line, DASH)) return false;
    line.p += sizeof DASH - 1;
    line.len -= sizeof DASH - 1;
    const char *space = line.len > 0 ? memchr(line.p, ' ', line.len) : NULL;
    if (space == NULL) return false;
    out->name = (struct str){line.p, (size_t)(space - line.p)};
    out->base64 = (struct str){space + 1, line.len - out->name.len - 1};
    return note_name_check(out->name, NULL) == ERR_NONE && out->base64.len > 0;
}

/* The id stands in the first 4 bytes: 6 characters of base64 hold them whatever follows. */
static bool signature_id(struct str base64, uint32_t *id)
{
    if (base64.len < 8) return false;
    unsigned char first[6];
    if (!base64_get_exactly((struct str){base64.p, 8}, first, sizeof first)) return false;
    *id = get_u32(first);
    return true;
}

static const struct note_key *key_of(const struct signature *s, uint32_t id,
                                     const struct note_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].id == id && str_eqz(s->name, keys[i].name)) return &keys[i];
    return NULL;
}

enum err note_open(struct str note, const struct note_key *keys, size_t key_count,
                   struct str *text_out, struct errtext *error)
{
    struct str text, rest;
    enum err e = note_split(note, &text, &rest, error);
    if (e != ERR_NONE) return e;
    size_t good = 0;
    for (size_t i = 0; rest.len > 0; i++) {
        struct signature s;
        uint32_t id = 0;
        if (i == NOTE_SIGNATURES_MAX)
            return err_set(error, ERR_INVALID, "a note has at most %d signatures",
                           NOTE_SIGNATURES_MAX);
        if (!next_signature(&rest, &s) || !signature_id(s.base64, &id))
            return err_set(error, ERR_INVALID, "signature line %zu of the note is malformed",
                           i + 1);
        const struct note_key *key = key_of(&s, id, keys, key_count);
        if (key == NULL) continue;
        unsigned char bytes[SIGNATURE_BYTES];
        if (!base64_get_exactly(s.base64, bytes, sizeof bytes) ||
            crypto_sign_verify_detached(bytes + KEY_ID_BYTES, (const unsigned char *)text.p,
                                        text.len, key->public_key) != 0)
            return err_set(error, ERR_CORRUPT, "the signature of %s does not fit the text",
                           key->name);
        good++;
    }
    if (good == 0)
        return err_set(error, ERR_CORRUPT, "the note is not signed by a key that is trusted here");
    *text_out = text;
    return ERR_NONE;
}
