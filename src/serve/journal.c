#include "serve/journal.h"

#include "base/cbor.h"
#include "base/check.h"
#include "base/mem.h"
#include "serve/views_fill.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* ---- rebuilding -------------------------------------------------------------------------------
 */

struct replay {
    struct journal *j;
    struct arena arena;
    struct outcome outcome;
    void (*progress)(uint64_t done, uint64_t total);
    uint64_t total;
    enum err failed;
    struct errtext *error;
};

static enum err event_of(struct str bytes, struct arena *arena, struct event *out,
                         struct errtext *error)
{
    struct cbor_reader r;
    cbor_reader_init(&r, bytes, arena);
    *out = (struct event){0};
    if (visit_map(&r.v, NULL, false)) {
        visit_event(&r.v, out);
        visit_map_end(&r.v);
    }
    return cbor_reader_finish(&r, error);
}

static bool replay_record(void *arg, const struct ledger_record *record)
{
    struct replay *r = arg;
    arena_clear(&r->arena);
    struct event e;
    r->failed = event_of(record->event, &r->arena, &e, r->error);
    if (r->failed == ERR_NONE && core_admit(r->j->core, &e, r->error) != ERR_NONE)
        r->failed = ERR_CORRUPT;
    if (r->failed != ERR_NONE) {
        err_prefix(r->error, r->failed,
                   "ledger record %" PRIu64 " cannot be replayed; run: berth ledger verify",
                   record->seq);
        return false;
    }
    core_step(r->j->core, record->seq, &e, &r->outcome);
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
    outcome_release(&r.outcome);
    arena_release(&r.arena);
    return e;
}

enum err journal_open(struct journal *j, struct store *store,
                      void (*progress)(uint64_t done, uint64_t total), struct errtext *error)
{
    *j = (struct journal){.store = store};
    arena_init(&j->arena);
    outcome_init(&j->outcome);
    enum err e = rebuild(j, progress, error);
    if (e != ERR_NONE) {
        j->store = NULL;
        journal_close(j);
        return e;
    }
    stamp_clock_init(&j->clock, core_now_ms(j->core));
    return ERR_NONE;
}

void journal_close(struct journal *j)
{
    core_free(j->core);
    if (j->store != NULL) j->store->ops->close(j->store);
    outcome_release(&j->outcome);
    buf_release(&j->bytes);
    arena_release(&j->arena);
    mem_free(j->records);
    mem_free(j->history);
    mem_free(j->effects);
    *j = (struct journal){0};
}

int64_t journal_now_ms(struct journal *j)
{
    return stamp_clock_now(&j->clock);
}

/* ---- the batch --------------------------------------------------------------------------------
 */

static void add_history(struct journal *j, struct job_id id)
{
    const struct job *job = core_job(j->core, id);
    ASSERT(job != NULL && job_state_is_ended(job->state));
    j->history = mem_grow(j->history, &j->history_cap, j->history_count + 1, sizeof *j->history);
    j->history[j->history_count++] = view_history(j->core, job, &j->arena);
}

enum { BYTES_KEPT = 1024 * 1024 }; /* of the encoding buffer; a fleet or a large script needs more */

static struct str encode(struct journal *j, void (*visit)(struct visit *, void *), void *what)
{
    struct cbor_writer w;
    buf_clear(&j->bytes);
    cbor_writer_init(&w, &j->bytes);
    if (visit_map(&w.v, NULL, false)) {
        visit(&w.v, what);
        visit_map_end(&w.v);
    }
    return str_copy(&j->arena, buf_str(&j->bytes));
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
    j->records = mem_grow(j->records, &j->record_cap, j->record_count + 1, sizeof *j->records);
    struct ledger_record *r = &j->records[j->record_count++];
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
    j->effects =
        mem_grow(j->effects, &j->effect_cap, j->effect_count + o->effect_count, sizeof *j->effects);
    if (o->effect_count > 0)
        memcpy(j->effects + j->effect_count, o->effects, o->effect_count * sizeof *j->effects);
    j->effect_count += o->effect_count;
    if (first_out != NULL) *first_out = o->first_job;
    if (count_out != NULL) *count_out = o->job_count;
    return ERR_NONE;
}

bool journal_is_full(const struct journal *j)
{
    return j->record_count >= JOURNAL_BATCH_MAX;
}

bool journal_is_dirty(const struct journal *j)
{
    return j->record_count > 0;
}

static int64_t steady_us(void)
{
    struct timespec t;
    ASSERT(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

enum err journal_commit(struct journal *j, struct errtext *error)
{
    if (!journal_is_dirty(j)) return ERR_NONE;
    struct store_batch batch = {.records = j->records,
                                .record_count = j->record_count,
                                .history = j->history,
                                .history_count = j->history_count};
    int64_t begun = steady_us();
    enum err e = j->store->ops->append(j->store, &batch, error);
    if (e != ERR_NONE) {
        j->stats.failed_batches++;
        journal_batch_done(j);
        struct errtext why;
        if (rebuild(j, NULL, &why) != ERR_NONE)
            return err_set(error, ERR_CORRUPT, "the ledger cannot be read back: %s", why.s);
        return e;
    }
    j->stats.sync_last_us = steady_us() - begun;
    j->stats.sync_sum_us += j->stats.sync_last_us;
    j->stats.batches++;
    j->stats.records += j->record_count;
    return ERR_NONE;
}

void journal_batch_done(struct journal *j)
{
    j->record_count = j->history_count = j->effect_count = 0;
    arena_clear(&j->arena);
    if (j->bytes.cap > BYTES_KEPT) buf_release(&j->bytes);
}

/* ---- reading back -----------------------------------------------------------------------------
 */

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
    s->failed = event_of(str_copy(s->arena, r->event), s->arena, &s->event, s->error);
    return false;
}

enum err journal_spec(struct journal *j, uint64_t record, struct arena *arena, struct job_spec *out,
                      struct errtext *error)
{
    struct spec_search s = {.arena = arena, .error = error};
    enum err e = j->store->ops->read(j->store, record, 1, spec_record, &s, error);
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
    ASSERT(!journal_is_dirty(j));
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
