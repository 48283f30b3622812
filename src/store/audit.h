/* audit.h - what the owner of a ledger gives to an auditor, and how the auditor checks it.
 *
 * The owner signs the ledger's head (a checkpoint), at intervals and on demand, and proves single
 * records against it. The auditor needs the owner's verifier key, one line of text, and nothing
 * else of Berth: all forms are those of tlog.h and note.h. */
#ifndef BERTH_STORE_AUDIT_H
#define BERTH_STORE_AUDIT_H

#include "store/tlog.h"

/* The ledger's signing key DIR/ledger.key, whose name is the ledger's origin. With `create` a
 * missing one is made, and DIR/ledger.vkey with its public half is written beside it. Errors as
 * note_signer_load; ERR_CONFLICT: the key is that of another ledger. */
enum err audit_signer_load(const char *dir, struct str origin, bool create, struct note_signer *out,
                           struct errtext *error);
/* The verifier key DIR/ledger.vkey. ERR_NOT_FOUND: nothing was signed yet. */
enum err audit_key_load(const char *dir, struct note_key *out, struct errtext *error);

/* Sign the ledger as it stands: the note into `note_out` (overwritten), its size into *size_out.
 * Nothing is kept: see audit_checkpoint. */
enum err audit_sign_head(struct store *s, const struct note_signer *signer, uint64_t *size_out,
                         struct buf *note_out, struct errtext *error);
/* The same, and keep the checkpoint in the ledger (a store that writes). */
enum err audit_checkpoint(struct store *s, const struct note_signer *signer, struct buf *note_out,
                          struct errtext *error);

/* Append the proof that record `seq` is in the ledger of the newest kept checkpoint. It carries the
 * record's hash, or with `whole` the record itself. ERR_NOT_FOUND: no such record, or none of the
 * checkpoints covers it. */
enum err audit_prove(struct store *s, uint64_t seq, bool whole, struct buf *out,
                     struct errtext *error);

/* What a proof establishes. */
struct audit_evidence {
    uint64_t seq;
    unsigned char hash[STORE_HASH_BYTES];
    struct checkpoint checkpoint; /* origin points into the proof's text */
    bool whole; /* `record` and `prev` are known; its bytes are in `message` */
    struct ledger_record record;
    unsigned char prev[STORE_HASH_BYTES];
    struct buf message; /* owned: audit_evidence_release */
};

void audit_evidence_release(struct audit_evidence *e);
/* Check a proof against a key that the auditor trusts. ERR_INVALID: not a proof; ERR_CORRUPT: it
 * proves nothing (signature, path or record do not fit). */
enum err audit_check_proof(struct str proof, const struct note_key *key, struct audit_evidence *out,
                           struct errtext *error);

#endif
