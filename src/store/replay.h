/* replay.h - derive every decision again from the events alone, and compare.
 *
 * The fold is the one that the daemon runs: each event of the ledger is read from its bytes and
 * stepped through src/core; the outcome's canonical bytes must equal the stored ones. So the whole
 * history of decisions is checked against the rules as this release understands them. */
#ifndef BERTH_STORE_REPLAY_H
#define BERTH_STORE_REPLAY_H

#include "core/core.h"
#include "port/store.h"

/* One record as typed values. Event and outcome live in `arena` and in the record's bytes. */
struct replay_record {
    struct event event;
    struct outcome outcome; /* only decisions; its own arena is not used */
};

/* Read event and outcome of a record. ERR_CORRUPT: the bytes are not canonical, or of a newer
 * release; the text names the field. */
enum err replay_decode(const struct ledger_record *r, struct arena *arena,
                       struct replay_record *out, struct errtext *error);

/* Its event alone; ERR_CORRUPT as above. */
enum err replay_decode_event(struct str bytes, struct arena *arena, struct event *out,
                             struct errtext *error);

/* Append the canonical bytes of an event, an outcome, or the whole state. */
void replay_encode_event(struct event *e, struct buf *out);
void replay_encode_outcome(struct outcome *o, struct buf *out);
void replay_encode_core(struct core *c, struct buf *out);
/* Read a state into a core fresh from core_new. */
enum err replay_decode_core(struct str bytes, struct core *c, struct errtext *error);

struct replay_options {
    uint64_t until; /* the last record to fold; 0: the head */
    bool from_snapshot; /* begin at the newest sound snapshot, else at record 1 */
    bool check; /* core_check after every record: slow, finds a wrong state at its source */
    void (*progress)(void *arg, uint64_t done, uint64_t total); /* NULL allowed */
    store_warn_fn *warn; /* a snapshot was passed over; NULL allowed */
    void *arg;
};

struct replay_result {
    uint64_t first, last; /* records that were folded; first > last: none */
    uint64_t decisions; /* compared */
    uint64_t differs; /* the record whose outcome differs; 0: none */
    struct buf stored, derived; /* both outcomes as CBOR, when one differs; owned */
};

void replay_result_release(struct replay_result *r);

/* Fold the ledger. Gives the state in *core_out (core_free) when it returns ERR_NONE. ERR_CORRUPT:
 * a record cannot be read or stepped, or its outcome differs (*out says which). ERR_NOT_FOUND:
 * `until` is behind the head. */
enum err ledger_replay(struct store *s, const struct replay_options *options,
                       struct core **core_out, struct replay_result *out, struct errtext *error);

#endif
