/* chain.h - the hash that binds a record to all records before it.
 *
 * A record's message is, byte for byte,
 *
 *     offset   bytes  what
 *     0           23  the ASCII text "berth/ledger/record/v1" and a zero byte
 *     23           8  seq, big-endian
 *     31           8  now_ms, big-endian two's complement
 *     39          32  hash of record seq - 1; for record 1 the origin hash
 *     71           8  number of event bytes E, big-endian
 *     79           E  event
 *     79 + E       8  number of outcome bytes O, big-endian
 *     87 + E       O  outcome
 *
 * and its hash is the SHA-256 of the message. The lengths stand before the bytes and the tag before
 * all, so no two different records, and no other use of SHA-256 in Berth, have the same message.
 *
 * The origin hash is the SHA-256 of "berth/ledger/origin/v1", a zero byte, the length of the
 * ledger's origin as 8 bytes big-endian, and the origin: so a record belongs to one ledger only. */
#ifndef BERTH_STORE_CHAIN_H
#define BERTH_STORE_CHAIN_H

#include "base/err.h"
#include "port/store.h"

enum { CHAIN_MESSAGE_OVERHEAD = 87 }; /* bytes of a message beside event and outcome */

/* The hash that stands before record 1 of the ledger with that origin. */
void chain_origin_hash(struct str origin, unsigned char out[STORE_HASH_BYTES]);

/* The hash of record *r (its `hash` is not read) behind a record with hash `prev`. */
void chain_hash(const struct ledger_record *r, const unsigned char prev[STORE_HASH_BYTES],
                unsigned char out[STORE_HASH_BYTES]);

/* Append the message of *r to `out`: what a proof carries so that an auditor sees the record. */
void chain_message(const struct ledger_record *r, const unsigned char prev[STORE_HASH_BYTES],
                   struct buf *out);

/* Read a message: fills *r (event and outcome point into `message`; `hash` is the message's) and
 * the previous hash. ERR_INVALID when it is not a record's message. */
enum err chain_parse(struct str message, struct ledger_record *r,
                     unsigned char prev_out[STORE_HASH_BYTES], struct errtext *error);

#endif
