#include "store/chain.h"

#include "base/check.h"
#include "port/sha256.h"

#include <assert.h>
#include <string.h>

#define RECORD_TAG "berth/ledger/record/v1"
#define ORIGIN_TAG "berth/ledger/origin/v1"

enum {
    TAG_BYTES = sizeof RECORD_TAG, /* the zero byte included */
    SEQ_AT = TAG_BYTES,
    NOW_AT = SEQ_AT + 8,
    PREV_AT = NOW_AT + 8,
    EVENT_LEN_AT = PREV_AT + STORE_HASH_BYTES,
    FRONT_BYTES = EVENT_LEN_AT + 8
};
static_assert(FRONT_BYTES + 8 == CHAIN_MESSAGE_OVERHEAD, "the header states the layout");
static_assert((int)STORE_HASH_BYTES == (int)SHA256_BYTES, "SHA-256");

static void put_u64(unsigned char out[8], uint64_t x)
{
    for (int i = 0; i < 8; i++) out[i] = (unsigned char)(x >> (56 - 8 * i));
}

static uint64_t get_u64(const char *p)
{
    uint64_t x = 0;
    for (int i = 0; i < 8; i++) x = x << 8 | (unsigned char)p[i];
    return x;
}

void chain_origin_hash(struct str origin, unsigned char out[STORE_HASH_BYTES])
{
    unsigned char len[8];
    put_u64(len, origin.len);
    const struct str parts[] = {
        {ORIGIN_TAG, sizeof ORIGIN_TAG}, {(const char *)len, sizeof len}, origin};
    sha256(parts, sizeof parts / sizeof *parts, out);
}

/* The message up to the event. */
static void put_front(unsigned char out[FRONT_BYTES], const struct ledger_record *r,
                      const unsigned char prev[STORE_HASH_BYTES])
{
    memcpy(out, RECORD_TAG, TAG_BYTES);
    put_u64(out + SEQ_AT, r->seq);
    put_u64(out + NOW_AT, (uint64_t)r->now_ms);
    memcpy(out + PREV_AT, prev, STORE_HASH_BYTES);
    put_u64(out + EVENT_LEN_AT, r->event.len);
}

void chain_hash(const struct ledger_record *r, const unsigned char prev[STORE_HASH_BYTES],
                unsigned char out[STORE_HASH_BYTES])
{
    unsigned char front[FRONT_BYTES];
    put_front(front, r, prev);
    unsigned char outcome_len[8];
    put_u64(outcome_len, r->outcome.len);
    const struct str parts[] = {{(const char *)front, sizeof front},
                                r->event,
                                {(const char *)outcome_len, sizeof outcome_len},
                                r->outcome};
    sha256(parts, sizeof parts / sizeof *parts, out);
}

void chain_message(const struct ledger_record *r, const unsigned char prev[STORE_HASH_BYTES],
                   struct buf *out)
{
    unsigned char front[FRONT_BYTES];
    put_front(front, r, prev);
    unsigned char outcome_len[8];
    put_u64(outcome_len, r->outcome.len);
    buf_put(out, front, sizeof front);
    buf_put_str(out, r->event);
    buf_put(out, outcome_len, sizeof outcome_len);
    buf_put_str(out, r->outcome);
}

enum err chain_parse(struct str m, struct ledger_record *r,
                     unsigned char prev_out[STORE_HASH_BYTES], struct errtext *error)
{
    if (m.len < CHAIN_MESSAGE_OVERHEAD || memcmp(m.p, RECORD_TAG, TAG_BYTES) != 0)
        return err_set(error, ERR_INVALID, "not the message of a ledger record");
    uint64_t room = m.len - CHAIN_MESSAGE_OVERHEAD;
    uint64_t event_len = get_u64(m.p + EVENT_LEN_AT);
    if (event_len > room) return err_set(error, ERR_INVALID, "the record's event is cut off");
    uint64_t outcome_len = get_u64(m.p + FRONT_BYTES + event_len);
    if (outcome_len != room - event_len)
        return err_set(error, ERR_INVALID, "the record's outcome is cut off or too long");
    *r = (struct ledger_record){
        .seq = get_u64(m.p + SEQ_AT),
        .now_ms = (int64_t)get_u64(m.p + NOW_AT),
        .event = {m.p + FRONT_BYTES, (size_t)event_len},
        .outcome = {m.p + FRONT_BYTES + event_len + 8, (size_t)outcome_len},
    };
    memcpy(prev_out, m.p + PREV_AT, STORE_HASH_BYTES);
    sha256_of(m, r->hash);
    return ERR_NONE;
}
