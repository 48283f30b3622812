/* journal.h - the order of things that makes Berth safe: admit, stamp, step, write, sync, then act.
 *
 * The journal owns the core and the store. Events are stepped into the core at once and collected
 * in a batch; journal_commit makes the batch durable with one sync. Until then nothing that rests
 * on it may leave the process: no reply, no order to an engine. When the sync fails the core is
 * thrown away and rebuilt from what is durable, so memory never runs ahead of the ledger.
 *
 * One thread, the writer, uses a journal. */
#ifndef BERTH_SERVE_JOURNAL_H
#define BERTH_SERVE_JOURNAL_H

#include "core/core.h"
#include "port/store.h"
#include "serve/clock.h"

enum {
    JOURNAL_BATCH_MAX = 1024, /* events of one sync: bounds the wait of the first of them */
    JOURNAL_SNAPSHOT_EVERY = 100000, /* records between snapshots: a second of replay */
    JOURNAL_SNAPSHOT_LATEST = 1000000, /* while it is busy: writing one stops all for half a second */
};

/* Called for every decision of an event, in order, before the sync. */
typedef void journal_decision_fn(void *arg, const struct event *e, const struct decision *d);

struct journal_stats {
    uint64_t records, batches, failed_batches;
    int64_t sync_last_us, sync_sum_us;
    uint64_t replayed; /* records stepped at start */
};

struct journal {
    struct core *core;
    struct store *store;
    struct stamp_clock clock;
    uint64_t head; /* sequence number of the last record, the batch included */
    struct journal_stats stats;

    /* the batch */
    struct arena arena;
    struct ledger_record *records;
    size_t record_count, record_cap;
    struct history_row *history;
    size_t history_count, history_cap;
    struct effect *effects;
    size_t effect_count, effect_cap;

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
bool journal_is_full(const struct journal *j); /* commit before the next step */
bool journal_is_dirty(const struct journal *j); /* something waits for a commit */

/* Make the batch durable. On success the effects of the batch are in j->effects until
 * journal_batch_done. On failure the batch is undone and the text says why. */
enum err journal_commit(struct journal *j, struct errtext *error);
void journal_batch_done(struct journal *j);

/* The whole spec that a SUBMIT or UPDATE event in that record carried; strings live in `arena`. */
enum err journal_spec(struct journal *j, uint64_t record, struct arena *arena, struct job_spec *out,
                      struct errtext *error);

/* Is it time for a snapshot? `busy`: requests are waiting. */
bool journal_snapshot_is_due(const struct journal *j, bool busy);
/* Write a snapshot now. */
enum err journal_snapshot(struct journal *j, struct errtext *error);

#endif
