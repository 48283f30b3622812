/* A reader of ledgers written from docs/ledger-format.md alone: SQLite and libsodium, nothing of
 * Berth. The tests below let Berth write a ledger, and this reader check it. */
#include <sodium.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- section 3: the chain ------------------------------------------------------------------- */

static void put_u64(crypto_hash_sha256_state *h, uint64_t x)
{
    unsigned char b[8];
    for (int i = 7; i >= 0; i--, x >>= 8) b[i] = (unsigned char)x;
    crypto_hash_sha256_update(h, b, 8);
}

static void origin_hash(const unsigned char *origin, size_t len, unsigned char out[32])
{
    crypto_hash_sha256_state h;
    crypto_hash_sha256_init(&h);
    crypto_hash_sha256_update(&h, (const unsigned char *)"berth/ledger/origin/v1", 23);
    put_u64(&h, len);
    crypto_hash_sha256_update(&h, origin, len);
    crypto_hash_sha256_final(&h, out);
}

static void record_hash(sqlite3_stmt *row, const unsigned char prev[32], unsigned char out[32])
{
    crypto_hash_sha256_state h;
    crypto_hash_sha256_init(&h);
    crypto_hash_sha256_update(&h, (const unsigned char *)"berth/ledger/record/v1", 23);
    put_u64(&h, (uint64_t)sqlite3_column_int64(row, 0));
    put_u64(&h, (uint64_t)sqlite3_column_int64(row, 1));
    crypto_hash_sha256_update(&h, prev, 32);
    for (int column = 3; column <= 4; column++) {
        const unsigned char *bytes = sqlite3_column_blob(row, column);
        size_t len = (size_t)sqlite3_column_bytes(row, column);
        put_u64(&h, len);
        if (len > 0) crypto_hash_sha256_update(&h, bytes, len);
    }
    crypto_hash_sha256_final(&h, out);
}

/* ---- section 4: the tree, straight from its definition -------------------------------------- */

static void tree_hash(const unsigned char (*leaf)[32], uint64_t n, unsigned char out[32])
{
    unsigned char in[65] = {0};
    if (n == 0) {
        crypto_hash_sha256(out, in, 0);
        return;
    }
    if (n == 1) {
        in[0] = 0;
        memcpy(in + 1, leaf[0], 32);
        crypto_hash_sha256(out, in, 33);
        return;
    }
    uint64_t k = 1;
    while (2 * k < n) k *= 2;
    in[0] = 1;
    tree_hash(leaf, k, in + 1);
    tree_hash(leaf + k, n - k, in + 33);
    crypto_hash_sha256(out, in, 65);
}

/* ---- section 5: a checkpoint with one signature --------------------------------------------- */

static bool check_note(const char *note, size_t len, const unsigned char key[32], uint64_t size,
                       const unsigned char root[32], const char *origin)
{
    char text[512], base64[64];
    sodium_bin2base64(base64, sizeof base64, root, 32, sodium_base64_VARIANT_ORIGINAL);
    size_t text_len = (size_t)snprintf(text, sizeof text, "%s\n%llu\n%s\n", origin,
                                       (unsigned long long)size, base64);
    if (len < text_len || memcmp(note, text, text_len) != 0) return false;
    char line[512];
    int line_len = snprintf(line, sizeof line, "\n\xe2\x80\x94 %s ", origin);
    const char *at = note + text_len;
    if (strncmp(at, line, (size_t)line_len) != 0) return false;
    unsigned char signature[68], hash[32], one = 1;
    size_t got = 0;
    const char *end = NULL;
    at += line_len;
    if (sodium_base642bin(signature, sizeof signature, at, len - (size_t)(at - note), NULL, &got,
                          &end, sodium_base64_VARIANT_ORIGINAL) != 0 &&
        (end == NULL || *end != '\n'))
        return false;
    crypto_hash_sha256_state h;
    crypto_hash_sha256_init(&h);
    crypto_hash_sha256_update(&h, (const unsigned char *)origin, strlen(origin));
    crypto_hash_sha256_update(&h, (const unsigned char *)"\n", 1);
    crypto_hash_sha256_update(&h, &one, 1);
    crypto_hash_sha256_update(&h, key, 32);
    crypto_hash_sha256_final(&h, hash);
    return memcmp(signature, hash, 4) == 0 &&
           crypto_sign_verify_detached(signature + 4, (const unsigned char *)note, text_len, key) ==
               0;
}

/* ---- section 7: canonical CBOR -------------------------------------------------------------- */

/* Skip one value; NULL when it is not in the canonical subset. */
static const unsigned char *skip_value(const unsigned char *p, const unsigned char *end, int depth)
{
    if (p == end || depth > 16) return NULL;
    int major = p[0] >> 5, low = p[0] & 31;
    uint64_t n = (uint64_t)low;
    p++;
    if (low > 27) return NULL;
    if (low >= 24) {
        int width = 1 << (low - 24);
        static const uint64_t least[] = {24, 256, 65536, UINT64_C(1) << 32};
        if (end - p < width) return NULL;
        for (n = 0; width > 0; width--) n = n << 8 | *p++;
        if (n < least[low - 24]) return NULL;
    }
    switch (major) {
    case 0:
    case 1: return n <= INT64_MAX ? p : NULL;
    case 2:
    case 3: return n <= (uint64_t)(end - p) ? p + n : NULL;
    case 4:
        for (; p != NULL && n > 0; n--) p = skip_value(p, end, depth + 1);
        return p;
    case 5:
        for (; p != NULL && n > 0; n--) {
            if (p == end || p[0] >> 5 != 3) return NULL;
            p = skip_value(p, end, depth + 1);
            if (p != NULL) p = skip_value(p, end, depth + 1);
        }
        return p;
    case 7: return low == 20 || low == 21 ? p : NULL;
    default: return NULL;
    }
}

static bool is_map(sqlite3_stmt *row, int column)
{
    const unsigned char *p = sqlite3_column_blob(row, column);
    const unsigned char *end = p + sqlite3_column_bytes(row, column);
    return p != end && p[0] >> 5 == 5 && skip_value(p, end, 1) == end;
}

/* ---- the whole ledger ----------------------------------------------------------------------- */

struct reading {
    sqlite3 *db;
    char origin[256];
    unsigned char (*leaf)[32];
    uint64_t count;
    const char *wrong; /* the first thing that is not as the document says */
};

static sqlite3_stmt *query(struct reading *r, const char *sql)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(r->db, sql, -1, &st, NULL) != SQLITE_OK) r->wrong = sql;
    return st;
}

static long number(struct reading *r, const char *sql)
{
    sqlite3_stmt *st = query(r, sql);
    long n = st != NULL && sqlite3_step(st) == SQLITE_ROW ? (long)sqlite3_column_int64(st, 0) : -1;
    sqlite3_finalize(st);
    return n;
}

static void read_records(struct reading *r)
{
    unsigned char prev[32], hash[32];
    origin_hash((const unsigned char *)r->origin, strlen(r->origin), prev);
    sqlite3_stmt *st = query(r, "SELECT seq, now_ms, hash, event, outcome FROM record"
                                " ORDER BY seq");
    int64_t now = INT64_MIN;
    while (r->wrong == NULL && sqlite3_step(st) == SQLITE_ROW) {
        record_hash(st, prev, hash);
        if ((uint64_t)sqlite3_column_int64(st, 0) != r->count + 1)
            r->wrong = "seq";
        else if (sqlite3_column_int64(st, 1) < now)
            r->wrong = "now_ms";
        else if (sqlite3_column_bytes(st, 2) != 32 ||
                 memcmp(hash, sqlite3_column_blob(st, 2), 32) != 0)
            r->wrong = "hash";
        else if (!is_map(st, 3))
            r->wrong = "event";
        else if (!is_map(st, 4))
            r->wrong = "outcome";
        now = sqlite3_column_int64(st, 1);
        r->leaf = realloc(r->leaf, (r->count + 1) * sizeof *r->leaf);
        memcpy(r->leaf[r->count++], hash, 32);
        memcpy(prev, hash, 32);
    }
    sqlite3_finalize(st);
}

/* The rows of `tree`, of which there is exactly one for each complete subtree. */
static void read_tree(struct reading *r)
{
    uint64_t rows = 0, want = 0;
    for (uint64_t n = r->count / 256; n > 0; n /= 256) want += n;
    sqlite3_stmt *st = query(r, "SELECT level, idx, hash FROM tree");
    while (r->wrong == NULL && sqlite3_step(st) == SQLITE_ROW) {
        int level = sqlite3_column_int(st, 0);
        uint64_t first = (uint64_t)sqlite3_column_int64(st, 1) << level, n = UINT64_C(1) << level;
        unsigned char hash[32];
        if (level % 8 != 0 || level == 0 || first + n > r->count) {
            r->wrong = "tree";
            break;
        }
        tree_hash((const unsigned char(*)[32])(r->leaf + first), n, hash);
        if (memcmp(hash, sqlite3_column_blob(st, 2), 32) != 0) r->wrong = "tree hash";
        rows++;
    }
    if (r->wrong == NULL && rows != want) r->wrong = "rows of tree";
    sqlite3_finalize(st);
}

static void read_checkpoints(struct reading *r, const unsigned char key[32])
{
    sqlite3_stmt *st = query(r, "SELECT size, note FROM checkpoint");
    while (r->wrong == NULL && sqlite3_step(st) == SQLITE_ROW) {
        uint64_t size = (uint64_t)sqlite3_column_int64(st, 0);
        unsigned char root[32];
        if (size > r->count) {
            r->wrong = "checkpoint of more records than there are";
            break;
        }
        tree_hash((const unsigned char(*)[32])r->leaf, size, root);
        if (!check_note(sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1), key, size,
                        root, r->origin))
            r->wrong = "checkpoint";
    }
    sqlite3_finalize(st);
}

/* Check the ledger in `path`; NULL: all is as the document says. */
static const char *read_ledger(const char *path, const unsigned char key[32], uint64_t *count_out)
{
    struct reading r = {0};
    if (sqlite3_open_v2(path, &r.db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) return "open";
    if (number(&r, "PRAGMA application_id") != 0x42525448)
        r.wrong = "application_id";
    else if (number(&r, "PRAGMA user_version") != 1)
        r.wrong = "user_version";
    sqlite3_stmt *st = query(&r, "SELECT value FROM meta WHERE key = 'origin'");
    if (r.wrong == NULL && sqlite3_step(st) == SQLITE_ROW)
        snprintf(r.origin, sizeof r.origin, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    if (r.wrong == NULL) read_records(&r);
    if (r.wrong == NULL) read_tree(&r);
    if (r.wrong == NULL) read_checkpoints(&r, key);
    *count_out = r.count;
    free(r.leaf);
    sqlite3_close(r.db);
    return r.wrong;
}

/* ---- from here on: Berth writes, the reader above reads ------------------------------------- */

#include "store_util.h"

#include "store/audit.h"
#include "store/replay.h"

static void append_ticks(struct store *s, uint64_t from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct event e = {.kind = i % 3 == 0 ? EVENT_TICK : EVENT_CANCEL,
                          .now_ms = (int64_t)(1790000000000 + from + i),
                          .actor = STR("uid:1000"),
                          .actor_uid = 1000,
                          .job = {(uint32_t)(i * 1000)},
                          .resume = i == 0};
        struct decision d = {.kind = DECISION_ENDED,
                             .job = e.job,
                             .state = JOB_CANCELLED,
                             .pool = NO_INDEX,
                             .cost_uusd = -1};
        struct outcome o = {.decisions = &d, .decision_count = i % 2};
        struct buf event = {0}, outcome = {0};
        replay_encode_event(&e, &event);
        replay_encode_outcome(&o, &outcome);
        struct ledger_record r = {.seq = from + i,
                                  .now_ms = e.now_ms,
                                  .event = buf_str(&event),
                                  .outcome = buf_str(&outcome)};
        struct store_batch batch = {.records = &r, .record_count = 1};
        assert_int_equal(s->ops->append(s, &batch, NULL), ERR_NONE);
        buf_release(&event);
        buf_release(&outcome);
    }
}

static void another_reader_agrees_about_every_byte(void **state)
{
    (void)state;
    char *dir = new_dir(), path[256];
    struct store *s = open_ledger(dir, false, NULL);
    struct note_signer signer;
    struct buf note = {0};
    assert_int_equal(audit_signer_load(dir, OPS->origin(s), true, &signer, NULL), ERR_NONE);
    static const size_t steps[] = {0, 1, 254, 1, 1, 300, 11};
    uint64_t next = 1, count = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        append_ticks(s, next, steps[i]);
        next += steps[i];
        assert_int_equal(audit_checkpoint(s, &signer, &note, NULL), ERR_NONE);
    }
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    const char *wrong = read_ledger(path, signer.key.public_key, &count);
    if (wrong != NULL) fail_msg("the reader says: %s", wrong);
    assert_int_equal(count, next - 1);
    OPS->close(s);
    wrong = read_ledger(path, signer.key.public_key, &count);
    if (wrong != NULL) fail_msg("the reader says after closing: %s", wrong);
    signer.key.public_key[7] ^= 1;
    assert_string_equal(read_ledger(path, signer.key.public_key, &count), "checkpoint");
    buf_release(&note);
    note_signer_release(&signer);
    drop_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_reader_agrees_about_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
