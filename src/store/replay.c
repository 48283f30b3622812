#include "store/replay.h"

#include "base/cbor.h"
#include "base/check.h"

#include <inttypes.h>

/* ---- forms ---------------------------------------------------------------------------------- */

enum err replay_decode_event(struct str bytes, struct arena *arena, struct event *out,
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

static enum err decode_outcome(struct str bytes, struct arena *arena, struct outcome *out,
                               struct errtext *error)
{
    struct cbor_reader r;
    cbor_reader_init(&r, bytes, arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_outcome(&r.v, out);
        visit_map_end(&r.v);
    }
    return cbor_reader_finish(&r, error);
}

enum err replay_decode(const struct ledger_record *r, struct arena *arena,
                       struct replay_record *out, struct errtext *error)
{
    *out = (struct replay_record){0};
    enum err e = replay_decode_event(r->event, arena, &out->event, error);
    if (e != ERR_NONE) return err_prefix(error, e, "record %" PRIu64 ", event", r->seq);
    if (out->event.now_ms != r->now_ms)
        return err_set(error, ERR_CORRUPT,
                       "record %" PRIu64 ": the event's time is not the "
                       "record's",
                       r->seq);
    e = decode_outcome(r->outcome, arena, &out->outcome, error);
    if (e != ERR_NONE) return err_prefix(error, e, "record %" PRIu64 ", outcome", r->seq);
    return ERR_NONE;
}

void replay_encode_event(struct event *e, struct buf *out)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out);
    visit_map(&w.v, NULL, false);
    visit_event(&w.v, e);
    visit_map_end(&w.v);
}

void replay_encode_outcome(struct outcome *o, struct buf *out)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out);
    visit_map(&w.v, NULL, false);
    visit_outcome(&w.v, o);
    visit_map_end(&w.v);
}

void replay_encode_core(struct core *c, struct buf *out)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out);
    visit_map(&w.v, NULL, false);
    visit_core(&w.v, c);
    visit_map_end(&w.v);
}

enum err replay_decode_core(struct str bytes, struct core *c, struct errtext *error)
{
    struct arena arena;
    struct cbor_reader r;
    arena_init(&arena);
    cbor_reader_init(&r, bytes, &arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_core(&r.v, c);
        visit_map_end(&r.v);
    }
    enum err e = cbor_reader_finish(&r, error);
    arena_release(&arena);
    return e;
}

void replay_result_release(struct replay_result *r)
{
    buf_release(&r->stored);
    buf_release(&r->derived);
    *r = (struct replay_result){0};
}

/* ---- the fold ------------------------------------------------------------------------------- */

struct fold {
    const struct replay_options *o;
    struct replay_result *out;
    struct core *core;
    struct arena arena;
    struct outcome outcome;
    struct buf derived;
    uint64_t until;
    enum err failed;
    struct errtext *error;
};

/* Is this record one that the core takes? A made-up ledger must not trip its assertions. */
static enum err admissible(const struct fold *f, const struct ledger_record *r,
                           const struct event *e)
{
    if (r->seq != core_record(f->core) + 1 || e->now_ms < core_now_ms(f->core))
        return err_set(f->error, ERR_CORRUPT, "record %" PRIu64 " does not follow the state",
                       r->seq);
    enum err failed = core_admit(f->core, e, f->error);
    if (failed == ERR_NONE) return ERR_NONE;
    return err_prefix(f->error, ERR_CORRUPT, "record %" PRIu64 " holds an event that is refused",
                      r->seq);
}

static enum err fold_one(struct fold *f, const struct ledger_record *r)
{
    struct replay_record typed;
    arena_clear(&f->arena);
    enum err e = replay_decode(r, &f->arena, &typed, f->error);
    if (e == ERR_NONE) e = admissible(f, r, &typed.event);
    if (e != ERR_NONE) return e;
    core_step(f->core, r->seq, &typed.event, &f->outcome);
    buf_clear(&f->derived);
    replay_encode_outcome(&f->outcome, &f->derived);
    f->out->decisions += f->outcome.decision_count;
    if (!str_eq(buf_str(&f->derived), r->outcome)) {
        f->out->differs = r->seq;
        buf_put_str(&f->out->stored, r->outcome);
        buf_put_str(&f->out->derived, buf_str(&f->derived));
        return err_set(f->error, ERR_CORRUPT,
                       "record %" PRIu64 ": the stored decisions are not the ones that follow from "
                       "the events; if another release wrote it, replay it by that release",
                       r->seq);
    }
    if (f->o->check) e = core_check(f->core, f->error);
    return e == ERR_NONE ? ERR_NONE : err_prefix(f->error, e, "after record %" PRIu64, r->seq);
}

static bool fold_record(void *arg, const struct ledger_record *r)
{
    struct fold *f = arg;
    f->failed = fold_one(f, r);
    if (f->failed != ERR_NONE) return false;
    f->out->last = r->seq;
    if (f->o->progress != NULL && (r->seq % 1024 == 0 || r->seq == f->until))
        f->o->progress(f->o->arg, r->seq, f->until);
    return true;
}

/* Begin at a snapshot when one is wanted and can be read; a snapshot of another release is passed
 * over, since the records hold everything. */
static enum err load_snapshot(struct fold *f, struct store *s, struct errtext *error)
{
    struct buf bytes = {0};
    struct errtext why;
    uint64_t seq = 0;
    enum err e = s->ops->snapshot_latest(s, f->until, &seq, &bytes, f->o->warn, f->o->arg, error);
    if (e == ERR_NONE && seq > 0) {
        if (replay_decode_core(buf_str(&bytes), f->core, &why) == ERR_NONE &&
            core_record(f->core) == seq) {
            f->out->first = seq + 1;
            f->out->last = seq;
        } else {
            core_free(f->core);
            f->core = core_new();
            if (f->o->warn != NULL)
                f->o->warn(f->o->arg,
                           "the snapshot is of another release: replaying from record 1");
        }
    }
    buf_release(&bytes);
    return e;
}

static enum err run(struct fold *f, struct store *s, struct errtext *error)
{
    struct store_head head;
    enum err e = s->ops->head(s, &head, error);
    if (e != ERR_NONE) return e;
    f->until = f->o->until == 0 ? head.seq : f->o->until;
    if (f->until > head.seq)
        return err_set(error, ERR_NOT_FOUND, "there is no record %" PRIu64 "; the last is %" PRIu64,
                       f->until, head.seq);
    if (f->o->from_snapshot) e = load_snapshot(f, s, error);
    if (e != ERR_NONE || f->out->first > f->until) return e;
    e = s->ops->read(s, f->out->first, f->until - f->out->first + 1, fold_record, f, error);
    if (e == ERR_NONE) e = f->failed;
    if (e == ERR_NONE && f->out->last != f->until)
        e = err_set(error, ERR_CORRUPT, "record %" PRIu64 " is missing", f->out->last + 1);
    return e;
}

enum err ledger_replay(struct store *s, const struct replay_options *options,
                       struct core **core_out, struct replay_result *out, struct errtext *error)
{
    struct errtext unused;
    *out = (struct replay_result){.first = 1};
    struct fold f = {.o = options, .out = out, .core = core_new()};
    f.error = error != NULL ? error : &unused;
    arena_init(&f.arena);
    outcome_init(&f.outcome);
    enum err e = run(&f, s, f.error);
    if (e == ERR_NONE)
        *core_out = f.core;
    else
        core_free(f.core);
    outcome_release(&f.outcome);
    arena_release(&f.arena);
    buf_release(&f.derived);
    return e;
}
