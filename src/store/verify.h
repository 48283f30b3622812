/* verify.h - is the ledger what was written? Recompute everything that a hash protects.
 *
 * Checked: the container; that the records are 1, 2, 3 ... without a gap and with times that never
 * go back; every record's hash over its bytes and the hash before it; the stored hashes of the
 * tree; every kept checkpoint, and those that the caller brings from elsewhere: signature, origin,
 * root; that no record is missing that a checkpoint covers.
 *
 * The chain alone finds any change of a byte. It cannot find that the newest records were cut off,
 * nor that everything was made anew: checkpoints kept elsewhere do. */
#ifndef BERTH_STORE_VERIFY_H
#define BERTH_STORE_VERIFY_H

#include "store/note.h"

/* Something is wrong with record `seq`; 0: with no record in particular. `text` is one line. */
typedef void verify_fault_fn(void *arg, uint64_t seq, const char *text);
typedef void verify_progress_fn(void *arg, uint64_t done, uint64_t total);

enum { VERIFY_FAULTS_MAX = 1000 }; /* after so many the check ends: the ledger is another one */

struct verify_options {
    const struct note_key *keys; /* whose signatures count; none: signatures are not checked */
    size_t key_count;
    const struct str *notes; /* checkpoints kept elsewhere */
    size_t note_count;
    verify_fault_fn *fault; /* NULL allowed, as the next */
    verify_progress_fn *progress; /* about every thousand records */
    void *arg;
};

struct verify_result {
    uint64_t records; /* read and found good or not */
    uint64_t checkpoints; /* compared, brought ones included */
    uint64_t signatures; /* checkpoints whose signature was checked and is good */
    uint64_t faults;
    uint64_t first_fault; /* record of the first fault; 0: none in particular */
    uint64_t covered; /* size of the largest good checkpoint */
    struct store_head head; /* as recomputed */
};

/* ERR_NONE: no fault was found. ERR_CORRUPT: *out counts the faults, the text is the first. Other
 * errors: the check could not be done. */
enum err ledger_verify(struct store *s, const struct verify_options *options,
                       struct verify_result *out, struct errtext *error);

#endif
