/* store.h - what Berth asks of a place that keeps its ledger.
 *
 * A ledger is an append-only sequence of records 1, 2, 3 ... : an event, and the outcome that the
 * core derived from it. Each record carries the hash of the one before it, and a Merkle tree over
 * the records lets an auditor check a part against a signed head (docs/ledger-format.md).
 * Everything else a store keeps (snapshots, the history of ended jobs) can be made again from the
 * records.
 *
 * The store treats event and outcome as opaque bytes. It stamps no time and draws no conclusion.
 *
 * One thread uses a store object at a time. One process writes to a ledger; any number may read it
 * meanwhile, each through a store of its own opened read-only.
 *
 * Errors of all functions: ERR_IO (the system or the database refused: full disk, read-only file
 * system ... the text names file and cause), ERR_CORRUPT (stored bytes are not what was written).
 * After a failed append nothing of the batch is stored, and the store remains usable: the same
 * batch may be appended again once the cause is gone. */
#ifndef BERTH_PORT_STORE_H
#define BERTH_PORT_STORE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STORE_OPS_VERSION = 1, /* of struct store_ops; grows when a function changes its meaning */
    STORE_HASH_BYTES = 32, /* SHA-256 */
    STORE_RECORD_MAX = 128 * 1024 * 1024, /* bytes of an event or an outcome: the largest is a fleet
                                             of 100,000 parties and 4,096 pools, under 64 MiB */
    STORE_BATCH_MAX = 4096, /* records of one append: one group commit, under a second */
    STORE_SNAPSHOT_MAX = 1024 * 1024 * 1024, /* bytes: 2,000,000 jobs of some 500 bytes */
    STORE_SNAPSHOTS_KEPT = 2, /* the older one serves when the newer is damaged */
    STORE_FILTER_LIST_MAX = 1000, /* jobs or states named in one history query */
    STORE_ORIGIN_MAX = 200, /* bytes of the ledger's name */
    STORE_NOTE_MAX =
        128 * 1024, /* bytes of a signed checkpoint: 16 post-quantum cosignatures fit */
};

struct ledger_record {
    uint64_t seq; /* from 1, without gaps */
    int64_t now_ms; /* the event's own time, UTC; never less than that of the record before */
    struct str event, outcome; /* canonical CBOR (base/cbor.h) of core's event and outcome */
    unsigned char hash[STORE_HASH_BYTES]; /* of this record and so of all before; set by append */
};

/* Where the ledger stands: the last record and the root of the Merkle tree over all. */
struct store_head {
    uint64_t seq; /* 0: no record yet */
    int64_t now_ms; /* of the last record; INT64_MIN when there is none */
    unsigned char hash[STORE_HASH_BYTES]; /* of the last record; of the origin when there is none */
    unsigned char root[STORE_HASH_BYTES]; /* of the tree with `seq` leaves */
};

/* One ended job, for sacct. Written with the record that ended it. */
struct history_row {
    uint32_t job; /* job id: the key; a later row of the same job replaces it */
    uint32_t array_job; /* first id of its array; 0: not an array */
    uint32_t array_task;
    uint32_t uid;
    struct str user, account, name, partition; /* text */
    struct str state; /* "COMPLETED" ...: job_state_names */
    int64_t submit_ms, start_ms, end_ms; /* 0: never */
    int32_t exit_code, exit_signal;
    uint32_t chips;
    struct str nodes; /* hostlist expression */
    int64_t cost_uusd;
    struct str blob; /* canonical CBOR with the rest, for readers that want more */
};

/* Which rows are wanted: every condition that is set must hold. All zero: every row. */
struct history_filter {
    const uint32_t *jobs; /* job or array ids; job_count 0: any */
    size_t job_count;
    uint32_t after; /* job ids above this; 0: any */
    bool by_uid;
    uint32_t uid;
    struct str user, account, name, partition; /* "": any */
    const struct str *states; /* any of these; state_count 0: any */
    size_t state_count;
    int64_t from_ms; /* ended at or after; 0: any */
    int64_t to_ms; /* submitted before; 0: any */
    uint64_t limit; /* at most so many rows; 0: no limit */
};

/* What one append makes durable together. `records[i].seq` continues the head without a gap (else
 * ERR_CONFLICT); their hashes are set. */
struct store_batch {
    struct ledger_record *records;
    size_t record_count; /* 1 .. STORE_BATCH_MAX */
    const struct history_row *history;
    size_t history_count; /* any */
};

struct store_options {
    const char *dir; /* the state directory; the store owns the names it documents inside */
    bool read_only; /* never writes, needs no lock, works beside a running daemon */
    bool create; /* make directory and ledger when absent; else ERR_NOT_FOUND */
    const char *origin; /* the name of a ledger that is created, as C2SP tlog-checkpoint wants it:
                           a URL without scheme; it must pass note_name_check. NULL:
                           "berth.invalid/" and 32 random hex digits */
    const char *vfs; /* SQLite: the file layer, for tests; NULL: the default */
};

/* Callbacks borrow the row for the call; false stops the reading without an error. */
typedef bool store_record_fn(void *arg, const struct ledger_record *record);
typedef bool store_history_fn(void *arg, const struct history_row *row);
typedef bool store_note_fn(void *arg, uint64_t size, struct str note);
/* A line for the operator about something that was mended or passed over. */
typedef void store_warn_fn(void *arg, const char *line);

struct store;

struct store_ops {
    uint32_t version; /* STORE_OPS_VERSION */
    const char *name; /* "sqlite" */

    /* Errors: ERR_NOT_FOUND, ERR_CONFLICT (another process writes: the text names its pid),
     * ERR_INVALID (not a Berth ledger, or of a newer release). */
    enum err (*open)(const struct store_options *options, struct store **out,
                     struct errtext *error);
    void (*close)(struct store *s); /* NULL is allowed */

    /* The ledger's name: borrowed, constant while open. */
    struct str (*origin)(const struct store *s);
    enum err (*head)(struct store *s, struct store_head *out, struct errtext *error);

    /* All or nothing, and durable (survives a power cut) when it returns ERR_NONE. */
    enum err (*append)(struct store *s, struct store_batch *batch, struct errtext *error);

    /* Call `fn` with records from, from + 1, ... at most `limit` of them (0: all), in order. A gap
     * is ERR_CORRUPT. Hashes are as stored: the reader of untrusted ledgers checks them (verify.h).
     * The store must not be used from inside `fn`. */
    enum err (*read)(struct store *s, uint64_t from, uint64_t limit, store_record_fn *fn, void *arg,
                     struct errtext *error);

    /* Hash of the complete subtree over leaves [index << level, (index + 1) << level), which must
     * be inside the ledger: what proofs are made of. Leaf i is record i + 1. */
    enum err (*tree_hash)(struct store *s, unsigned level, uint64_t index,
                          unsigned char out[STORE_HASH_BYTES], struct errtext *error);

    /* Keep the state as it is after record `seq`; the oldest beyond STORE_SNAPSHOTS_KEPT goes.
     * Durable when it returns. */
    enum err (*snapshot_put)(struct store *s, uint64_t seq, struct str bytes,
                             struct errtext *error);
    /* The newest sound snapshot at or before record `at_most` into `out` (overwritten). A damaged
     * one is passed over with a warning. *seq_out 0: there is none, replay from record 1. */
    enum err (*snapshot_latest)(struct store *s, uint64_t at_most, uint64_t *seq_out,
                                struct buf *out, store_warn_fn *warn, void *warn_arg,
                                struct errtext *error);

    /* Rows in order of job id. */
    enum err (*history_query)(struct store *s, const struct history_filter *filter,
                              store_history_fn *fn, void *arg, struct errtext *error);

    /* A signed checkpoint (store/note.h) of the tree with `size` leaves. A note of the same size
     * is replaced only by one that extends it (more signatures); other changes are ERR_CONFLICT. */
    enum err (*checkpoint_put)(struct store *s, uint64_t size, struct str note,
                               struct errtext *error);
    /* The checkpoint of the largest size into `out` (overwritten); ERR_NOT_FOUND: none. */
    enum err (*checkpoint_latest)(struct store *s, uint64_t *size_out, struct buf *out,
                                  struct errtext *error);
    /* All, in order of size. */
    enum err (*checkpoint_each)(struct store *s, store_note_fn *fn, void *arg,
                                struct errtext *error);

    /* Slow check of the container itself (SQLite: integrity_check): ERR_CORRUPT names the first
     * fault found. The records are verify.h's work. */
    enum err (*check_container)(struct store *s, struct errtext *error);
};

/* The head of every implementation's own struct. */
struct store {
    const struct store_ops *ops;
};

#endif
