/* ledger.c - the simulated shell's ledger: real encodings and a real hash chain on a made-up disk.
 */
#include "base/cbor.h"
#include "base/check.h"
#include "base/mem.h"
#include "sim/world.h"
#include "store/chain.h"

#include <inttypes.h>
#include <string.h>

void ledger_write_event(struct buf *out, struct event *e)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out);
    bool entered = visit_map(&w.v, NULL, false);
    ASSERT(entered);
    visit_event(&w.v, e);
    visit_map_end(&w.v);
}

bool ledger_read_event(struct str bytes, struct arena *arena, struct event *out)
{
    struct cbor_reader r;
    *out = (struct event){0};
    cbor_reader_init(&r, bytes, arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_event(&r.v, out);
        visit_map_end(&r.v);
    }
    return cbor_reader_finish(&r, NULL) == ERR_NONE;
}

void ledger_write_outcome(struct buf *out, struct outcome *o)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out);
    bool entered = visit_map(&w.v, NULL, false);
    ASSERT(entered);
    visit_outcome(&w.v, o);
    visit_map_end(&w.v);
}

void ledger_write_core(struct buf *out, struct core *c)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out);
    bool entered = visit_map(&w.v, NULL, false);
    ASSERT(entered);
    visit_core(&w.v, c);
    visit_map_end(&w.v);
}

struct core *ledger_read_core(struct str bytes)
{
    struct arena arena;
    struct cbor_reader r;
    struct core *c = core_new();
    arena_init(&arena);
    cbor_reader_init(&r, bytes, &arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_core(&r.v, c);
        visit_map_end(&r.v);
    }
    enum err e = cbor_reader_finish(&r, NULL);
    arena_release(&arena);
    if (e == ERR_NONE) return c;
    core_free(c);
    return NULL;
}

static void chain_prev(const struct sim *s, uint64_t seq, unsigned char out[STORE_HASH_BYTES])
{
    if (seq == 1)
        chain_origin_hash(STR("simulated"), out);
    else
        memcpy(out, s->shell.records[seq - 2].hash, STORE_HASH_BYTES);
}

void ledger_seal(struct sim *s, uint64_t seq)
{
    struct record *r = &s->shell.records[seq - 1];
    unsigned char prev[STORE_HASH_BYTES];
    chain_prev(s, seq, prev);
    struct ledger_record l = {.seq = seq,
                              .now_ms = r->now_ms,
                              .event = buf_str(&r->event),
                              .outcome = buf_str(&r->outcome)};
    chain_hash(&l, prev, r->hash);
}

static bool chain_holds(const struct sim *s, uint64_t seq)
{
    const struct record *r = &s->shell.records[seq - 1];
    unsigned char prev[STORE_HASH_BYTES], hash[STORE_HASH_BYTES];
    chain_prev(s, seq, prev);
    struct ledger_record l = {.seq = seq,
                              .now_ms = r->now_ms,
                              .event = buf_str(&r->event),
                              .outcome = buf_str(&r->outcome)};
    chain_hash(&l, prev, hash);
    return memcmp(hash, r->hash, sizeof hash) == 0;
}

bool ledger_fold(struct sim *s, struct core *c, uint64_t first, uint64_t last)
{
    struct arena arena;
    struct outcome out;
    struct buf bytes = {0};
    bool ok = true;
    arena_init(&arena);
    outcome_init(&out);
    for (uint64_t seq = first; seq <= last && ok; seq++) {
        const struct record *r = &s->shell.records[seq - 1];
        struct event e;
        arena_clear(&arena);
        ok = chain_holds(s, seq);
        if (!ok) sim_fail(s, "CHAIN", "the hash of record %" PRIu64 " does not hold", seq);
        if (ok && !ledger_read_event(buf_str(&r->event), &arena, &e)) {
            sim_fail(s, "REPLAY", "the event of record %" PRIu64 " cannot be read back", seq);
            ok = false;
        }
        if (!ok) break;
        core_step(c, seq, &e, &out);
        buf_clear(&bytes);
        ledger_write_outcome(&bytes, &out);
        ok = str_eq(buf_str(&bytes), buf_str(&r->outcome));
        if (!ok)
            sim_fail(s, "REPLAY", "record %" PRIu64 " (%s) gives another outcome when replayed",
                     seq, event_names[e.kind]);
    }
    buf_release(&bytes);
    outcome_release(&out);
    arena_release(&arena);
    return ok;
}

void ledger_check(struct sim *s)
{
    sim_count(s, STAT_REPLAYS);
    struct core *again = core_new();
    struct buf a = {0}, b = {0};
    if (ledger_fold(s, again, 1, s->shell.count)) {
        ledger_write_core(&a, s->shell.core);
        ledger_write_core(&b, again);
        if (!str_eq(buf_str(&a), buf_str(&b)))
            sim_fail(s, "REPLAY",
                     "the fold of %" PRIu64 " records gives another state than the live one",
                     s->shell.count);
    }
    buf_release(&a);
    buf_release(&b);
    core_free(again);
}
