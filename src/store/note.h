/* note.h - signed notes: text with Ed25519 signatures, as c2sp.org/signed-note defines them.
 *
 *     text ... the last line ends in a newline
 *     (an empty line)
 *     EM DASH, space, key name, space, base64(key id || signature), newline        once or more
 *
 * A key id is the first 4 bytes of SHA-256(name || 0x0A || 0x01 || public key), big-endian; the
 * signature is Ed25519 (RFC 8032) over the text. A verifier key is written as one line
 * `name+hash+base64(0x01 || public key)`, `hash` being the id as 8 hex digits; a signer key as
 * `PRIVATE+KEY+name+hash+base64(0x01 || seed)`: the forms of golang.org/x/mod/sumdb/note. */
#ifndef BERTH_STORE_NOTE_H
#define BERTH_STORE_NOTE_H

#include "base/err.h"
#include "port/store.h"

#include <stdint.h>

enum {
    NOTE_NAME_MAX = STORE_ORIGIN_MAX, /* bytes of a key's name */
    NOTE_SIGNATURES_MAX = 100, /* of one note; the standard asks for at least 16 */
    NOTE_KEY_BYTES = 32, /* Ed25519 public key and seed */
};

/* What a verifier knows. */
struct note_key {
    char name[NOTE_NAME_MAX + 1];
    uint32_t id;
    unsigned char public_key[NOTE_KEY_BYTES];
};

/* What a signer holds. Wipe with note_signer_release. */
struct note_signer {
    struct note_key key;
    unsigned char seed[NOTE_KEY_BYTES];
};

/* A name that a key or ledger may have: 1 .. NOTE_NAME_MAX bytes of UTF-8 without spaces, control
 * characters and '+'. */
enum err note_name_check(struct str name, struct errtext *error);

/* Verifier keys from and to their line (without newline). ERR_INVALID says what is wrong. */
enum err note_key_parse(struct str line, struct note_key *out, struct errtext *error);
void note_key_format(const struct note_key *key, struct buf *out);

/* A new random key of that name (note_name_check holds). */
void note_signer_generate(const char *name, struct note_signer *out);
enum err note_signer_parse(struct str line, struct note_signer *out, struct errtext *error);
void note_signer_format(const struct note_signer *signer, struct buf *out);
void note_signer_release(struct note_signer *signer);

/* The signer kept in file `path`. When the file is absent and `create_name` is not NULL, a new key
 * is made and written there, mode 0600, durably. A file that others may read is refused
 * (ERR_DENIED): its key must be replaced. Errors: ERR_NOT_FOUND, ERR_DENIED, ERR_INVALID, ERR_IO.
 */
enum err note_signer_load(const char *path, const char *create_name, struct note_signer *out,
                          struct errtext *error);

/* Append `text` (ends in a newline, no control characters) as a note signed by one key. */
void note_sign(struct str text, const struct note_signer *signer, struct buf *out);

/* The text and the signature lines of a note; nothing is verified. Both point into `note`. */
enum err note_split(struct str note, struct str *text_out, struct str *signatures_out,
                    struct errtext *error);

/* The text of a note that at least one of the keys has signed. A signature by one of the keys that
 * does not verify makes the whole note invalid; those of unknown keys are passed over. *text_out
 * points into `note`. Errors: ERR_INVALID (not a note), ERR_CORRUPT (no good signature). */
enum err note_open(struct str note, const struct note_key *keys, size_t key_count,
                   struct str *text_out, struct errtext *error);

#endif
