/* journal.h - the order of things that makes Berth safe: admit, stamp, step, write, sync, then act.
 *
 * The journal owns the core and the store. Events are stepped into the core at once and collected
 * in the open batch; one sync makes a batch durable. Until then nothing that rests on it may leave
 * the process: no reply, no order to an engine. `durable` says how far that is.
 *
 *     open --journal_commit--> (append in this thread) --> durable --journal_batch_done--> empty
 *     open --journal_seal----> committing in the committer's thread --journal_collect--> durable
 *
 * While a batch commits the next one may be stepped (decision 0048), so memory is at most two
 * batches ahead of the ledger. When a commit fails both are dropped and the core is rebuilt from
 * what is durable. A batch with effects is never sealed, only committed: effects are carried out
 * against the very state that decided them, with nothing stepped since.
 *
 * One thread, the writer, uses a journal. */
#ifndef BERTH_SERVE_JOURNAL_H
#define BERTH_SERVE_JOURNAL_H

#include "core/core.h"
#include "port/store.h"
#include "serve/clock.h"
#include "serve/committer.h"

enum {
    JOURNAL_BATCH_MAX = 1024, /* events of one sync: bounds the wait of the first of them */
    JOURNAL_SNAPSHOT_EVERY = 100000, /* records between snapshots: a second of replay */
    JOURNAL_SNAPSHOT_LATEST =
        1000000, /* while it is busy: writing one stops all for half a second */
};

/* Called for every decision of an event, in order, before the sync. */
typedef void journal_decision_fn(void *arg, const struct event *e, const struct decision *d);

struct journal_stats {
    uint64_t records, batches, failed_batches;
    int64_t sync_last_us, sync_sum_us;
    uint64_t replayed; /* records stepped at start */
};

enum batch_state {
    BATCH_EMPTY,
    BATCH_OPEN, /* takes events */
    BATCH_COMMITTING, /* its records are on their way to the disk: not to be touched */
    BATCH_DURABLE, /* what rests on it may leave */
};

/* Events that become durable together. */
struct batch {
    enum batch_state state;
    struct arena arena; /* of the bytes in records and history */
    struct ledger_record *records;
    size_t record_count, record_cap;
    struct history_row *history;
    size_t history_count, history_cap;
    struct effect *effects;
    size_t effect_count, effect_cap;
};

struct journal {
    struct core *core;
    struct store *store; /* see journal_store */
    struct committer committer;
    struct stamp_clock clock;
    uint64_t head; /* sequence number of the last record, the batches included */
    uint64_t durable; /* of the last record that is synced: at most head */
    struct journal_stats stats;
    bool lost; /* the core could not be rebuilt after a failed commit: it is not the ledger's */

    struct batch open; /* EMPTY or OPEN */
    struct batch sealed; /* EMPTY, COMMITTING or DURABLE */
    struct store_batch committing; /* what the store sees of `sealed` */

    struct outcome outcome;
    struct buf bytes; /* of the record in hand, while it is encoded */
    uint64_t snapshot_at; /* record of the last snapshot */
    journal_decision_fn *on_decision;
    void *on_decision_arg;
};

/* Take over `store` (open for writing) and rebuild the core from its snapshot and records.
 * `progress` may be NULL. On failure the store is still the caller's. */
enum err journal_open(struct journal *j, struct store *store,
                      void (*progress)(uint64_t done, uint64_t total), struct errtext *error);
/* Closes the store too. Uncommitted events are dropped. */
void journal_close(struct journal *j);

/* The time to stamp an event with. */
int64_t journal_now_ms(struct journal *j);

/* Admit and step one event; its now_ms is set here. `out_first` and `out_count` (may be NULL) get
 * the job ids of a submission. Errors are core_admit's; nothing has changed then. */
enum err journal_step(struct journal *j, struct event *e, struct job_id *first_out,
                      uint32_t *count_out, struct errtext *error);
bool journal_is_full(const struct journal *j); /* commit or seal before the next step */
bool journal_is_dirty(const struct journal *j); /* the open batch has records */
bool journal_is_committing(const struct journal *j); /* sealed and not yet collected */
/* The store has all that was stepped, and nobody else uses it. */
bool journal_is_settled(const struct journal *j);
/* The store, for reading; nothing is committing. */
struct store *journal_store(const struct journal *j);

/* Make the open batch durable in this thread. On success its effects are in j->sealed.effects until
 * journal_batch_done. On failure it is undone and the text says why. Nothing is committing. */
enum err journal_commit(struct journal *j, struct errtext *error);
/* Give the open batch, which has records and no effects, to the committer; the next step opens
 * another. Nothing is committing. */
void journal_seal(struct journal *j);
/* The sealed batch's commit has ended: journal_collect will not wait. */
bool journal_has_ended(const struct journal *j);
int journal_fd(const struct journal *j); /* readable when it has */
/* Wait for the sealed batch's commit. On success it is durable, until journal_batch_done. On
 * failure it and the open batch are undone and the text says why. */
enum err journal_collect(struct journal *j, struct errtext *error);
void journal_batch_done(struct journal *j);

/* The whole spec that a SUBMIT or UPDATE event in that record carried; strings live in `arena`. */
enum err journal_spec(struct journal *j, uint64_t record, struct arena *arena, struct job_spec *out,
                      struct errtext *error);

/* Is it time for a snapshot? `busy`: requests are waiting. */
bool journal_snapshot_is_due(const struct journal *j, bool busy);
/* Write a snapshot now; the journal is settled. */
enum err journal_snapshot(struct journal *j, struct errtext *error);

#endif
