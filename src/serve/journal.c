#include "serve/journal.h"

#include "base/cbor.h"
#include "base/check.h"
#include "base/mem.h"
#include "serve/views_fill.h"
#include "store/replay.h"

#include <inttypes.h>
#include <string.h>

/* ---- rebuilding ------------------------------------------------------------------------------ */

struct replay {
    struct journal *j;
    struct arena arena;
    struct outcome outcome;
    struct buf derived; /* the outcome's bytes */
    void (*progress)(uint64_t done, uint64_t total);
    uint64_t total;
    enum err failed;
    struct errtext *error;
};

/* A release that would have decided otherwise must not go on from a state that never was: jobs run
 * where the ledger says. */
static enum err hold_to(const struct ledger_record *record, struct replay *r)
{
    buf_clear(&r->derived);
    replay_encode_outcome(&r->outcome, &r->derived);
    if (str_eq(buf_str(&r->derived), record->outcome)) return ERR_NONE;
    return err_set(r->error, ERR_CORRUPT,
                   "ledger record %" PRIu64 " was decided by a release that decides otherwise than "
                   "this one; start that release once more and stop it with SIGTERM, so that it "
                   "leaves a snapshot (docs/operations.md, Upgrades)",
                   record->seq);
}

static bool replay_record(void *arg, const struct ledger_record *record)
{
    struct replay *r = arg;
    arena_clear(&r->arena);
    struct event e;
    r->failed = replay_decode_event(record->event, &r->arena, &e, r->error);
    if (r->failed == ERR_NONE && core_admit(r->j->core, &e, r->error) != ERR_NONE)
        r->failed = ERR_CORRUPT;
    if (r->failed != ERR_NONE) {
        err_prefix(r->error, r->failed,
                   "ledger record %" PRIu64 " cannot be replayed; run: berth ledger verify",
                   record->seq);
        return false;
    }
    core_step(r->j->core, record->seq, &e, &r->outcome);
    r->failed = hold_to(record, r);
    if (r->failed != ERR_NONE) return false;
    r->j->head = record->seq;
    r->j->stats.replayed++;
    if (r->progress != NULL) r->progress(record->seq, r->total);
    return true;
}

/* Read the newest snapshot into j->core; none is no error. */
static enum err load_snapshot(struct journal *j, uint64_t at_most, struct errtext *error)
{
    struct buf bytes = {0};
    uint64_t seq = 0;
    enum err e = j->store->ops->snapshot_latest(j->store, at_most, &seq, &bytes, NULL, NULL, error);
    if (e == ERR_NONE && seq > 0) {
        struct arena arena;
        arena_init(&arena);
        struct cbor_reader r;
        cbor_reader_init(&r, buf_str(&bytes), &arena);
        if (visit_map(&r.v, NULL, false)) {
            visit_core(&r.v, j->core);
            visit_map_end(&r.v);
        }
        e = cbor_reader_finish(&r, error);
        if (e == ERR_NONE) {
            j->head = j->snapshot_at = seq;
        } else {
            /* Of another release: the records hold everything, so start from the first. */
            core_free(j->core);
            j->core = core_new();
            e = ERR_NONE;
        }
        arena_release(&arena);
    }
    buf_release(&bytes);
    return e;
}

static enum err rebuild(struct journal *j, void (*progress)(uint64_t, uint64_t),
                        struct errtext *error)
{
    struct store_head head;
    enum err e = j->store->ops->head(j->store, &head, error);
    if (e != ERR_NONE) return e;
    core_free(j->core);
    j->core = core_new();
    j->head = j->snapshot_at = 0;
    j->durable = head.seq;
    if (head.seq == 0) return ERR_NONE;
    e = load_snapshot(j, head.seq, error);
    if (e != ERR_NONE) return e;
    struct replay r = {.j = j, .progress = progress, .total = head.seq, .error = error};
    arena_init(&r.arena);
    outcome_init(&r.outcome);
    if (j->head < head.seq)
        e = j->store->ops->read(j->store, j->head + 1, 0, replay_record, &r, error);
    if (e == ERR_NONE) e = r.failed;
    ASSERT(e != ERR_NONE || j->head == head.seq);
    buf_release(&r.derived);
    outcome_release(&r.outcome);
    arena_release(&r.arena);
    return e;
}

enum err journal_open(struct journal *j, struct store *store,
                      void (*progress)(uint64_t done, uint64_t total), struct errtext *error)
{
    *j = (struct journal){.store = store};
    arena_init(&j->open.arena);
    arena_init(&j->sealed.arena);
    outcome_init(&j->outcome);
    enum err e = rebuild(j, progress, error);
    if (e == ERR_NONE) e = committer_start(&j->committer, store, error);
    if (e != ERR_NONE) {
        j->store = NULL;
        journal_close(j);
        return e;
    }
    stamp_clock_init(&j->clock, core_now_ms(j->core));
    return ERR_NONE;
}

static void batch_release(struct batch *b)
{
    arena_release(&b->arena);
    mem_free(b->records);
    mem_free(b->history);
    mem_free(b->effects);
}

void journal_close(struct journal *j)
{
    committer_stop(&j->committer);
    core_free(j->core);
    if (j->store != NULL) j->store->ops->close(j->store);
    outcome_release(&j->outcome);
    buf_release(&j->bytes);
    batch_release(&j->open);
    batch_release(&j->sealed);
    *j = (struct journal){0};
}

int64_t journal_now_ms(struct journal *j)
{
    return stamp_clock_now(&j->clock);
}

/* ---- the batch ------------------------------------------------------------------------------- */

static void add_history(struct journal *j, struct job_id id)
{
    const struct job *job = core_job(j->core, id);
    ASSERT(job != NULL && job_state_is_ended(job->state));
    struct batch *b = &j->open;
    b->history = mem_grow(b->history, &b->history_cap, b->history_count + 1, sizeof *b->history);
    b->history[b->history_count++] = view_history(j->core, job, &b->arena);
}

/* Of the encoding buffer; a fleet or a large script needs more. */
enum { BYTES_KEPT = 1024 * 1024 };

static struct str encode(struct journal *j, void (*visit)(struct visit *, void *), void *what)
{
    struct cbor_writer w;
    buf_clear(&j->bytes);
    cbor_writer_init(&w, &j->bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit(&w.v, what);
        visit_map_end(&w.v);
    }
    return str_copy(&j->open.arena, buf_str(&j->bytes));
}

static void visit_event_any(struct visit *v, void *e)
{
    visit_event(v, e);
}

static void visit_outcome_any(struct visit *v, void *o)
{
    visit_outcome(v, o);
}

enum err journal_step(struct journal *j, struct event *e, struct job_id *first_out,
                      uint32_t *count_out, struct errtext *error)
{
    ASSERT(!journal_is_full(j));
    e->now_ms = journal_now_ms(j);
    enum err admitted = core_admit(j->core, e, error);
    if (admitted != ERR_NONE) return admitted;
    struct batch *b = &j->open;
    b->state = BATCH_OPEN;
    b->records = mem_grow(b->records, &b->record_cap, b->record_count + 1, sizeof *b->records);
    struct ledger_record *r = &b->records[b->record_count++];
    *r = (struct ledger_record){.seq = ++j->head, .now_ms = e->now_ms};
    r->event = encode(j, visit_event_any, e);
    core_step(j->core, r->seq, e, &j->outcome);
    struct outcome *o = &j->outcome;
    r->outcome = encode(j, visit_outcome_any, o);

    for (size_t i = 0; i < o->decision_count; i++) {
        const struct decision *d = &o->decisions[i];
        if (job_state_is_ended(d->state)) add_history(j, d->job);
        if (j->on_decision != NULL) j->on_decision(j->on_decision_arg, e, d);
    }
    b->effects =
        mem_grow(b->effects, &b->effect_cap, b->effect_count + o->effect_count, sizeof *b->effects);
    if (o->effect_count > 0)
        memcpy(b->effects + b->effect_count, o->effects, o->effect_count * sizeof *b->effects);
    b->effect_count += o->effect_count;
    if (first_out != NULL) *first_out = o->first_job;
    if (count_out != NULL) *count_out = o->job_count;
    return ERR_NONE;
}

bool journal_is_full(const struct journal *j)
{
    return j->open.record_count >= JOURNAL_BATCH_MAX;
}

bool journal_is_dirty(const struct journal *j)
{
    return j->open.record_count > 0;
}

bool journal_is_committing(const struct journal *j)
{
    return j->sealed.state == BATCH_COMMITTING;
}

bool journal_is_settled(const struct journal *j)
{
    return !journal_is_dirty(j) && !journal_is_committing(j);
}

struct store *journal_store(const struct journal *j)
{
    ASSERT(!journal_is_committing(j));
    return j->store;
}

/* ---- commits --------------------------------------------------------------------------------- */

static void batch_clear(struct batch *b)
{
    b->state = BATCH_EMPTY;
    b->record_count = b->history_count = b->effect_count = 0;
    arena_clear(&b->arena);
}

/* The open batch takes no more events. */
static void close_batch(struct journal *j)
{
    ASSERT(j->open.state == BATCH_OPEN);
    ASSERT(j->sealed.state == BATCH_EMPTY);
    struct batch b = j->open;
    j->open = j->sealed;
    j->sealed = b;
    j->sealed.state = BATCH_COMMITTING;
    j->committing = (struct store_batch){.records = b.records,
                                         .record_count = b.record_count,
                                         .history = b.history,
                                         .history_count = b.history_count};
    if (j->bytes.cap > BYTES_KEPT) buf_release(&j->bytes);
}

static enum err commit_failed(struct journal *j, enum err e, struct errtext *error)
{
    j->stats.failed_batches++;
    batch_clear(&j->sealed);
    batch_clear(&j->open);
    struct errtext why;
    j->lost = rebuild(j, NULL, &why) != ERR_NONE;
    if (j->lost) return err_set(error, ERR_CORRUPT, "the ledger cannot be read back: %s", why.s);
    return e;
}

static void commit_succeeded(struct journal *j, int64_t took_us)
{
    struct batch *b = &j->sealed;
    uint64_t last = b->records[b->record_count - 1].seq;
    ASSERT(last == j->durable + b->record_count);
    j->durable = last;
    b->state = BATCH_DURABLE;
    j->stats.sync_last_us = took_us;
    j->stats.sync_sum_us += took_us;
    j->stats.batches++;
    j->stats.records += b->record_count;
}

enum err journal_commit(struct journal *j, struct errtext *error)
{
    close_batch(j);
    int64_t took_us = 0;
    enum err e = committer_run(&j->committer, &j->committing, &took_us, error);
    if (e != ERR_NONE) return commit_failed(j, e, error);
    commit_succeeded(j, took_us);
    return ERR_NONE;
}

void journal_seal(struct journal *j)
{
    ASSERT(j->open.effect_count == 0);
    close_batch(j);
    committer_begin(&j->committer, &j->committing);
}

bool journal_has_ended(const struct journal *j)
{
    return journal_is_committing(j) && !committer_is_busy(&j->committer);
}

int journal_fd(const struct journal *j)
{
    return j->committer.event_fd;
}

enum err journal_collect(struct journal *j, struct errtext *error)
{
    ASSERT(journal_is_committing(j));
    int64_t took_us = 0;
    enum err e = committer_end(&j->committer, &took_us, error);
    if (e != ERR_NONE) return commit_failed(j, e, error);
    commit_succeeded(j, took_us);
    return ERR_NONE;
}

void journal_batch_done(struct journal *j)
{
    ASSERT(j->sealed.state == BATCH_DURABLE);
    batch_clear(&j->sealed);
}

/* ---- reading back ---------------------------------------------------------------------------- */

struct spec_search {
    struct arena *arena;
    struct event event;
    enum err failed;
    struct errtext *error;
    bool found;
};

static bool spec_record(void *arg, const struct ledger_record *r)
{
    struct spec_search *s = arg;
    s->found = true;
    s->failed = replay_decode_event(str_copy(s->arena, r->event), s->arena, &s->event, s->error);
    return false;
}

enum err journal_spec(struct journal *j, uint64_t record, struct arena *arena, struct job_spec *out,
                      struct errtext *error)
{
    struct spec_search s = {.arena = arena, .error = error};
    struct store *store = journal_store(j);
    enum err e = store->ops->read(store, record, 1, spec_record, &s, error);
    if (e == ERR_NONE) e = s.failed;
    if (e != ERR_NONE) return e;
    if (!s.found || s.event.spec == NULL)
        return err_set(error, ERR_CORRUPT, "ledger record %" PRIu64 " holds no job", record);
    *out = *s.event.spec;
    return ERR_NONE;
}

bool journal_snapshot_is_due(const struct journal *j, bool busy)
{
    return j->head - j->snapshot_at >= (busy ? JOURNAL_SNAPSHOT_LATEST : JOURNAL_SNAPSHOT_EVERY);
}

enum err journal_snapshot(struct journal *j, struct errtext *error)
{
    ASSERT(journal_is_settled(j));
    if (j->head == j->snapshot_at) return ERR_NONE;
    struct buf bytes = {0};
    struct cbor_writer w;
    cbor_writer_init(&w, &bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit_core(&w.v, j->core);
        visit_map_end(&w.v);
    }
    enum err e = j->store->ops->snapshot_put(j->store, j->head, buf_str(&bytes), error);
    buf_release(&bytes);
    if (e == ERR_NONE) j->snapshot_at = j->head;
    return e;
}
