/* tlog.h - the texts an auditor exchanges: checkpoints and proofs.
 *
 * Checkpoint (c2sp.org/tlog-checkpoint), the text of a signed note (note.h):
 *
 *     origin                         the ledger's name, also the name of the key that signs
 *     tree size                      decimal, no leading zeros: the number of records
 *     base64 of the root hash        merkle.h
 *     any further lines              passed over by readers; Berth writes none
 *
 * Proof (c2sp.org/tlog-proof): offline evidence that one record is in the ledger:
 *
 *     c2sp.org/tlog-proof@v1
 *     extra base64                   Berth: the record's hash (32 bytes), or its whole message
 *     index N                        decimal, from 0: record N + 1
 *     base64 of a hash               once per sibling, from the leaf up
 *     (an empty line)
 *     the signed checkpoint */
#ifndef BERTH_STORE_TLOG_H
#define BERTH_STORE_TLOG_H

#include "base/err.h"
#include "store/merkle.h"
#include "store/note.h"

enum {
    TLOG_EXTRA_MAX = 2 * STORE_RECORD_MAX + 4096, /* bytes of a proof's extra data: any message */
};

struct checkpoint {
    struct str origin;
    uint64_t size;
    struct merkle_hash root;
};

/* Append the text (not signed). */
void checkpoint_format(const struct checkpoint *c, struct buf *out);
/* Read a note's text; `origin` points into it. ERR_INVALID. */
enum err checkpoint_parse(struct str text, struct checkpoint *out, struct errtext *error);

struct tlog_proof {
    struct buf extra; /* owned */
    uint64_t index;
    struct merkle_proof path;
    struct str note; /* points into the text parsed or formatted */
};

void tlog_proof_release(struct tlog_proof *p);
void tlog_proof_format(const struct tlog_proof *p, struct buf *out);
/* ERR_INVALID; *out is released by the caller also then. */
enum err tlog_proof_parse(struct str text, struct tlog_proof *out, struct errtext *error);

#endif
