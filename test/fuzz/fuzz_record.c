/* Read any bytes as an event, an outcome and a record's message. What is accepted must be
 * canonical: written again it has the same bytes, which is what the hash chain and replay rest on.
 */
#include "base/check.h"
#include "store/chain.h"
#include "store/replay.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* now_ms of an event stands in the record too, so it is tried with the event's own. */
static void try_event(struct str in, struct arena *arena)
{
    struct replay_record typed;
    struct errtext error;
    struct ledger_record r = {.seq = 1, .event = in, .outcome = STR("\xa0")};
    if (replay_decode(&r, arena, &typed, &error) != ERR_NONE) {
        if (strstr(error.s, "time is not the record's") == NULL) return;
        r.now_ms = typed.event.now_ms;
        ASSERT(replay_decode(&r, arena, &typed, &error) == ERR_NONE);
    }
    struct buf again = {0};
    replay_encode_event(&typed.event, &again);
    ASSERT(str_eq(buf_str(&again), in));
    buf_release(&again);
}

static void try_outcome(struct str in, struct arena *arena)
{
    struct replay_record typed;
    /* The least event: a tick at time 0. */
    struct ledger_record r = {.seq = 1, .event = STR("\xa1\x64kind\x64tick"), .outcome = in};
    if (replay_decode(&r, arena, &typed, NULL) != ERR_NONE) return;
    struct buf again = {0};
    replay_encode_outcome(&typed.outcome, &again);
    ASSERT(str_eq(buf_str(&again), in));
    buf_release(&again);
}

static void try_message(struct str in)
{
    struct ledger_record r;
    unsigned char prev[STORE_HASH_BYTES], hash[STORE_HASH_BYTES];
    if (chain_parse(in, &r, prev, NULL) != ERR_NONE) return;
    struct buf again = {0};
    chain_message(&r, prev, &again);
    ASSERT(str_eq(buf_str(&again), in));
    chain_hash(&r, prev, hash);
    ASSERT(memcmp(hash, r.hash, sizeof hash) == 0);
    buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = {(const char *)data, size};
    struct arena arena;
    arena_init(&arena);
    try_event(in, &arena);
    try_outcome(in, &arena);
    try_message(in);
    arena_release(&arena);
    return 0;
}
