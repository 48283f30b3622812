#include "store_util.h"

#include "store/audit.h"
#include "store/verify.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum { RECORDS = 300, BYTES = 24 };

/* ---- a small signed ledger, and damage to it ------------------------------------------------ */

struct world {
    char *dir;
    struct note_key key;
    struct buf note; /* a checkpoint over all records, kept by the auditor */
};

static void make_world(struct world *w)
{
    *w = (struct world){.dir = new_dir()};
    struct store *s = open_ledger(w->dir, false, NULL);
    struct note_signer signer;
    must_append(s, 1, 100, BYTES);
    assert_int_equal(audit_signer_load(w->dir, OPS->origin(s), true, &signer, NULL), ERR_NONE);
    assert_int_equal(audit_checkpoint(s, &signer, &w->note, NULL), ERR_NONE);
    must_append(s, 101, RECORDS - 100, BYTES);
    assert_int_equal(audit_checkpoint(s, &signer, &w->note, NULL), ERR_NONE);
    w->key = signer.key;
    note_signer_release(&signer);
    OPS->close(s);
}

static void drop_world(struct world *w)
{
    buf_release(&w->note);
    drop_dir(w->dir);
}

static sqlite3 *open_db(const struct world *w)
{
    char path[256];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/ledger.db", w->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void sql(const struct world *w, const char *text)
{
    sqlite3 *db = open_db(w);
    static const char off[] = "DROP TRIGGER record_same; DROP TRIGGER record_kept;"
                              "DROP TRIGGER record_next; DROP TRIGGER tree_same;"
                              "DROP TRIGGER tree_kept; DROP TRIGGER checkpoint_same;"
                              "DROP TRIGGER checkpoint_kept;";
    sqlite3_exec(db, off, NULL, NULL, NULL);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

struct told {
    uint64_t first_seq;
    int faults, records_blamed;
    struct errtext text;
};

static void tell(void *arg, uint64_t seq, const char *text)
{
    struct told *t = arg;
    if (seq != 0) t->records_blamed++;
    if (t->faults++ > 0) return;
    t->first_seq = seq;
    snprintf(t->text.s, sizeof t->text.s, "%s", text);
}

static enum err verify(const struct world *w, struct told *t, struct verify_result *r)
{
    *t = (struct told){0};
    struct store *s = NULL;
    struct store_options o = {.dir = w->dir, .read_only = true};
    enum err e = OPS->open(&o, &s, &t->text);
    if (e != ERR_NONE) return e;
    struct str note = buf_str(&w->note);
    struct verify_options v = {
        .keys = &w->key, .key_count = 1, .notes = &note, .note_count = 1, .fault = tell, .arg = t};
    struct errtext why;
    e = ledger_verify(s, &v, r, &why);
    if (e != ERR_NONE) assert_true(strlen(why.s) > 0);
    OPS->close(s);
    return e;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void a_sound_ledger_passes(void **state)
{
    (void)state;
    struct world w;
    struct told t;
    struct verify_result r;
    make_world(&w);
    assert_int_equal(verify(&w, &t, &r), ERR_NONE);
    assert_int_equal(r.records, RECORDS);
    assert_int_equal(r.checkpoints, 3);
    assert_int_equal(r.signatures, 3);
    assert_int_equal(r.covered, RECORDS);
    assert_int_equal(r.faults, 0);
    assert_int_equal(t.faults, 0);
    struct store *s = open_ledger(w.dir, false, NULL);
    struct store_head head;
    assert_int_equal(s->ops->head(s, &head, NULL), ERR_NONE);
    assert_memory_equal(head.root, r.head.root, sizeof head.root);
    assert_memory_equal(head.hash, r.head.hash, sizeof head.hash);
    assert_int_equal(head.now_ms, r.head.now_ms);
    OPS->close(s);
    drop_world(&w);
}

/* One transaction flips a byte through SQL, is seen by the verifier, and flips it back. */
static void every_flipped_byte_of_a_record_is_found_and_named(void **state)
{
    (void)state;
    struct world w;
    struct told t;
    struct verify_result r;
    make_world(&w);
    sql(&w, "DELETE FROM checkpoint"); /* the chain alone must find it */
    sqlite3 *db = open_db(&w);
    buf_clear(&w.note);
    struct store *s = open_ledger(w.dir, true, NULL);
    struct verify_options v = {.fault = tell, .arg = &t};
    static const char *const columns[] = {"event", "outcome", "hash"};
    static const int seqs[] = {1, 2, 150, RECORDS};
    for (size_t k = 0; k < sizeof seqs / sizeof *seqs; k++) {
        for (size_t c = 0; c < 3; c++) {
            for (int at = 0; at < BYTES; at++) {
                char path[128];
                sqlite3_blob *blob = NULL;
                unsigned char byte = 0;
                snprintf(path, sizeof path, "%s", columns[c]);
                assert_int_equal(sqlite3_blob_open(db, "main", "record", path, seqs[k], 1, &blob),
                                 SQLITE_OK);
                assert_int_equal(sqlite3_blob_read(blob, &byte, 1, at), SQLITE_OK);
                byte ^= (unsigned char)(1 << at % 8);
                assert_int_equal(sqlite3_blob_write(blob, &byte, 1, at), SQLITE_OK);
                assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
                t = (struct told){0};
                assert_int_equal(ledger_verify(s, &v, &r, NULL), ERR_CORRUPT);
                assert_int_equal(t.first_seq, seqs[k]);
                assert_int_equal(r.first_fault, seqs[k]);
                assert_int_equal(t.records_blamed, 1); /* not those around it */
                assert_int_equal(sqlite3_blob_open(db, "main", "record", path, seqs[k], 1, &blob),
                                 SQLITE_OK);
                byte ^= (unsigned char)(1 << at % 8);
                assert_int_equal(sqlite3_blob_write(blob, &byte, 1, at), SQLITE_OK);
                assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
            }
        }
    }
    assert_int_equal(ledger_verify(s, &v, &r, NULL), ERR_NONE);
    OPS->close(s);
    sqlite3_close(db);
    drop_world(&w);
}

static void other_changes_through_sql_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        uint64_t seq;
        const char *says;
    } table[] = {
        {"UPDATE record SET now_ms = now_ms + 1 WHERE seq = 20", 20, "record 20 is not what"},
        {"UPDATE record SET now_ms = 0 WHERE seq = 20", 20, "record 20 is older"},
        {"UPDATE record SET event = CAST(event || x'00' AS BLOB) WHERE seq = 20", 20,
         "record 20 is not what"},
        {"DELETE FROM record WHERE seq = 20", 20, "record 20 is missing"},
        {"DELETE FROM record WHERE seq > 290", 291, "records 291 to 300 are missing"},
        {"DELETE FROM record", 1, "records 1 to 300 are missing"},
        {"DELETE FROM record; DELETE FROM checkpoint; DELETE FROM tree", 1,
         "records 1 to 300 are missing"},
        {"UPDATE tree SET hash = zeroblob(32)", 0, "tree hash over records 1 to 256 is wrong"},
        {"DELETE FROM tree", 0, "head cannot be read"},
        {"UPDATE checkpoint SET note = CAST(replace(CAST(note AS TEXT),"
         " char(10) || '100' || char(10), char(10) || '101' || char(10)) AS BLOB) WHERE size = 100",
         0, "checkpoint of 100 records"},
        {"UPDATE checkpoint SET size = 99 WHERE size = 100", 0, "kept for 99 records and says 100"},
        {"UPDATE meta SET value = 'example.org/u'", 0, "of another ledger"},
        {"UPDATE record SET event = x'41' WHERE seq = 7; UPDATE record SET hash = x'42'"
         " WHERE seq = 9",
         7, "record 7 is not what"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct world w;
        struct told t;
        struct verify_result r = {0};
        make_world(&w);
        sql(&w, table[i].sql);
        assert_int_equal(verify(&w, &t, &r), ERR_CORRUPT);
        if (strstr(t.text.s, table[i].says) == NULL)
            fail_msg("'%s' says '%s'", table[i].sql, t.text.s);
        assert_int_equal(t.first_seq, table[i].seq);
        drop_world(&w);
    }
}

/* A forger who makes all records after the change anew has a sound chain, but not the signature. */
static void a_ledger_made_anew_does_not_fit_the_auditors_checkpoint(void **state)
{
    (void)state;
    struct world w, forged;
    struct told t;
    struct verify_result r;
    make_world(&w);
    make_world(&forged); /* the same records, another key */
    assert_int_equal(verify(&forged, &t, &r), ERR_NONE);
    struct note_key key = forged.key;
    forged.key = w.key;
    assert_int_equal(verify(&forged, &t, &r), ERR_CORRUPT);
    forged.key = key;
    sql(&forged, "DELETE FROM record; DELETE FROM tree; DELETE FROM checkpoint");
    struct store *s = open_ledger(forged.dir, false, NULL);
    must_append(s, 1, RECORDS, BYTES + 1);
    OPS->close(s);
    assert_int_equal(verify(&forged, &t, &r), ERR_CORRUPT);
    assert_non_null(strstr(t.text.s, "the tree of the first 300 records is not the one"));
    drop_world(&w);
    drop_world(&forged);
}

/* ---- damage to the file --------------------------------------------------------------------- */

static unsigned char *load_file(const char *path, size_t *len)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    *len = (size_t)st.st_size;
    unsigned char *bytes = malloc(*len);
    FILE *f = fopen(path, "rb");
    assert_non_null(bytes);
    assert_non_null(f);
    assert_int_equal(fread(bytes, 1, *len, f), *len);
    fclose(f);
    return bytes;
}

static void save_file(const char *path, const unsigned char *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

static bool same_records(void *arg, const struct ledger_record *r)
{
    struct buf event = {0}, outcome = {0};
    fill(&event, &outcome, r->seq, BYTES);
    assert_true(str_eq(r->event, buf_str(&event)) && str_eq(r->outcome, buf_str(&outcome)));
    buf_release(&event);
    buf_release(&outcome);
    ++*(uint64_t *)arg;
    return true;
}

/* A verifier may pass a file with a changed byte only when it still gives every record as it was
 * written: the byte then lies in unused space or in what is not the ledger (indexes of history). */
static void a_changed_byte_of_the_file_is_found_or_without_effect(void **state)
{
    (void)state;
    struct world w;
    struct told t;
    struct verify_result r;
    char path[256];
    size_t len = 0;
    make_world(&w);
    snprintf(path, sizeof path, "%s/ledger.db", w.dir);
    unsigned char *bytes = load_file(path, &len);
    unsigned found = 0, harmless = 0;
    uint64_t random = 88172645463325252u; /* xorshift: the same places in every run */
    for (int i = 0; i < 600; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        size_t at = i < 100 ? (size_t)i : (size_t)(random % len);
        unsigned char mask = (unsigned char)(1u << (random >> 40 & 7));
        bytes[at] ^= mask;
        save_file(path, bytes, len);
        bytes[at] ^= mask;
        enum err e = verify(&w, &t, &r);
        if (e == ERR_NONE) {
            uint64_t count = 0;
            struct store *s = open_ledger(w.dir, true, NULL);
            assert_int_equal(s->ops->read(s, 1, 0, same_records, &count, NULL), ERR_NONE);
            assert_int_equal(count, RECORDS);
            OPS->close(s);
            harmless++;
        } else {
            assert_true(strlen(t.text.s) > 0);
            found++;
        }
    }
    assert_true(found > 150);
    assert_true(harmless > 0);
    free(bytes);
    drop_world(&w);
}

static void a_file_cut_anywhere_is_found(void **state)
{
    (void)state;
    struct world w;
    struct told t;
    struct verify_result r;
    char path[256];
    size_t len = 0;
    make_world(&w);
    snprintf(path, sizeof path, "%s/ledger.db", w.dir);
    unsigned char *bytes = load_file(path, &len);
    for (size_t cut = 0; cut < len; cut += 1531) {
        save_file(path, bytes, cut);
        assert_int_not_equal(verify(&w, &t, &r), ERR_NONE);
        assert_true(strlen(t.text.s) > 0);
    }
    free(bytes);
    drop_world(&w);
}

/* ---- proofs --------------------------------------------------------------------------------- */

static void a_proof_convinces_whoever_has_the_key_and_nobody_else(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    struct store *s = open_ledger(w.dir, false, NULL);
    must_append(s, RECORDS + 1, 1, BYTES);
    struct note_key other = w.key;
    other.public_key[0] ^= 1;
    for (uint64_t seq = 1; seq <= RECORDS; seq += 23) {
        for (int whole = 0; whole < 2; whole++) {
            struct buf proof = {0};
            struct audit_evidence ev;
            struct errtext why;
            if (audit_prove(s, seq, whole != 0, &proof, &why) != ERR_NONE) fail_msg("%s", why.s);
            if (audit_check_proof(buf_str(&proof), &w.key, &ev, &why) != ERR_NONE)
                fail_msg("%s", why.s);
            assert_int_equal(ev.seq, seq);
            assert_int_equal(ev.checkpoint.size, RECORDS);
            assert_int_equal(ev.whole, whole);
            if (whole) {
                struct buf event = {0}, outcome = {0};
                fill(&event, &outcome, seq, BYTES);
                assert_true(str_eq(ev.record.event, buf_str(&event)));
                buf_release(&event);
                buf_release(&outcome);
            }
            audit_evidence_release(&ev);
            assert_int_equal(audit_check_proof(buf_str(&proof), &other, &ev, NULL), ERR_CORRUPT);
            for (size_t i = 0; i < proof.len; i += 5) {
                proof.p[i] ^= 1;
                assert_int_not_equal(audit_check_proof(buf_str(&proof), &w.key, &ev, NULL),
                                     ERR_NONE);
                proof.p[i] ^= 1;
            }
            buf_release(&proof);
        }
    }
    struct buf none = {0};
    assert_int_equal(audit_prove(s, RECORDS + 1, false, &none, NULL), ERR_NOT_FOUND);
    assert_int_equal(audit_prove(s, RECORDS + 2, false, &none, NULL), ERR_NOT_FOUND);
    assert_int_equal(audit_prove(s, 0, false, &none, NULL), ERR_NOT_FOUND);
    OPS->close(s);
    drop_world(&w);
}

static void the_keys_of_a_ledger_are_its_own(void **state)
{
    (void)state;
    struct world w;
    make_world(&w);
    struct note_signer signer;
    struct note_key key;
    assert_int_equal(audit_key_load(w.dir, &key, NULL), ERR_NONE);
    assert_int_equal(key.id, w.key.id);
    assert_int_equal(audit_signer_load(w.dir, STR("example.org/other"), false, &signer, NULL),
                     ERR_CONFLICT);
    assert_int_equal(audit_signer_load(w.dir, STR("example.org/t"), false, &signer, NULL),
                     ERR_NONE);
    note_signer_release(&signer);
    drop_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_ledger_passes),
        cmocka_unit_test(every_flipped_byte_of_a_record_is_found_and_named),
        cmocka_unit_test(other_changes_through_sql_are_found),
        cmocka_unit_test(a_ledger_made_anew_does_not_fit_the_auditors_checkpoint),
        cmocka_unit_test(a_changed_byte_of_the_file_is_found_or_without_effect),
        cmocka_unit_test(a_file_cut_anywhere_is_found),
        cmocka_unit_test(a_proof_convinces_whoever_has_the_key_and_nobody_else),
        cmocka_unit_test(the_keys_of_a_ledger_are_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
