/* berth ledger: verify, show, sign and prove. */
#include "cli/cmd_ledger.h"

#include "base/civil.h"
#include "cli/ledger_show.h"
#include "cli/paths.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "store/audit.h"
#include "store/file.h"
#include "store/sqlite_store.h"
#include "store/verify.h"

#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_STATE = OPTION_LONG,
    OPT_FROM,
    OPT_TO,
    OPT_JOB,
    OPT_JSON,
    OPT_KEY,
    OPT_CHECKPOINT,
    OPT_PROOF,
    OPT_WHOLE
};

enum { NOTES_MAX = 64 }; /* checkpoints named on one command line */

const struct cli_option ledger_options[] = {
    {OPT_FROM, "from", "N", "show: the first record (default 1)"},
    {OPT_TO, "to", "N", "show: the last record"},
    {OPT_JOB, "job", "N", "show: only records that concern this job"},
    {OPT_KEY, "key", "VKEY", "verify: trust this verifier key, or the one in this file"},
    {OPT_CHECKPOINT, "checkpoint", "FILE",
     "verify: hold the ledger against this signed checkpoint too (repeatable)"},
    {OPT_PROOF, "proof", "FILE", "verify: check this proof instead of the ledger; needs --key"},
    {OPT_WHOLE, "whole", NULL, "prove: put the record itself into the proof, not only its hash"},
    {OPT_STATE, "state", "DIR", "the daemon's state directory"},
    {OPT_JSON, "json", NULL, "JSON"},
    {0},
};

const char ledger_examples[] =
    "berth ledger verify\trecompute every hash and check every signature\n"
    "berth ledger show --job 42\teverything that concerns job 42\n"
    "berth ledger key\tthe verifier key, to be given to auditors\n"
    "berth ledger checkpoint\tsign the ledger as it stands now\n"
    "berth ledger prove 17 --whole > 17.tlog-proof\ta proof of record 17\n"
    "berth ledger verify --proof 17.tlog-proof --key VKEY\twhat the auditor runs\n";

struct ask {
    const char *name; /* as typed */
    const char *dir;
    uint64_t from, to, job;
    bool json, whole;
    const char *key, *proof;
    const char *notes[NOTES_MAX];
    size_t note_count;
    char **operands;
    int operand_count;
};

static enum err open_reader(const struct ask *q, struct store **out, struct errtext *error)
{
    struct store_options o = {.dir = q->dir, .read_only = true};
    return sqlite_store_ops.open(&o, out, error);
}

static void print(struct buf *out)
{
    say_buf(out, stdout);
    buf_clear(out);
}

static void hex_of(const unsigned char hash[STORE_HASH_BYTES], char out[2 * STORE_HASH_BYTES + 1])
{
    sodium_bin2hex(out, 2 * STORE_HASH_BYTES + 1, hash, STORE_HASH_BYTES);
}

static void put_text(json_t *json, const char *key, struct str text)
{
    json_object_set_new(json, key, json_stringn(text.p, text.len));
}

static void put_number(json_t *json, const char *key, uint64_t n)
{
    json_object_set_new(json, key, json_integer((json_int_t)n));
}

/* Takes the reference. */
static void print_json(json_t *json)
{
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(json);
}

/* A verifier key: the words themselves, or the name of a file that holds them. */
static enum err read_key(const char *text, struct note_key *out, struct errtext *error)
{
    if (strchr(text, '+') != NULL && note_key_parse(str_of(text), out, NULL) == ERR_NONE)
        return ERR_NONE;
    struct buf bytes = {0};
    enum err e = file_read(text, 1024, &bytes, error);
    if (e == ERR_NONE) {
        struct str line = buf_str(&bytes);
        while (line.len > 0 && line.p[line.len - 1] == '\n') line.len--;
        e = note_key_parse(line, out, error);
        if (e != ERR_NONE) err_prefix(error, e, "%s", text);
    } else if (strchr(text, '+') != NULL) {
        e = note_key_parse(str_of(text), out, error);
    }
    buf_release(&bytes);
    return e;
}

/* ---- verify --------------------------------------------------------------------------------- */

struct verifying {
    const struct ask *q;
    struct progress progress;
    struct note_key key;
    bool have_key;
    struct buf files[NOTES_MAX + 1];
    struct str notes[NOTES_MAX + 1];
    size_t note_count;
};

static void show_fault(void *arg, uint64_t seq, const char *text)
{
    struct verifying *v = arg;
    (void)seq;
    progress_clear(&v->progress);
    say_error(v->q->name, "%s", text);
}

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
    struct verifying *v = arg;
    progress_show(&v->progress, done, total);
}

static enum err add_note(struct verifying *v, const char *path, struct errtext *error)
{
    struct buf *file = &v->files[v->note_count];
    enum err e = file_read(path, STORE_NOTE_MAX, file, error);
    if (e == ERR_NONE) v->notes[v->note_count++] = buf_str(file);
    return e;
}

/* The published copy of the newest checkpoint, unless the ledger still holds the same. */
static enum err add_published(struct verifying *v, struct store *s, struct errtext *error)
{
    char path[PATH_MAX];
    struct buf kept = {0};
    uint64_t size = 0;
    if (snprintf(path, sizeof path, "%s/" LEDGER_CHECKPOINT_FILE, v->q->dir) >= (int)sizeof path)
        return err_set(error, ERR_LIMIT, "%s: the path is too long", v->q->dir);
    enum err e = add_note(v, path, error);
    if (e == ERR_NONE && s->ops->checkpoint_latest(s, &size, &kept, NULL) == ERR_NONE &&
        str_eq(buf_str(&kept), v->notes[v->note_count - 1]))
        v->note_count--;
    buf_release(&kept);
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* The key (the one named, else the ledger's own) and the checkpoints that lie in files. */
static enum err gather(struct verifying *v, struct store *s, struct errtext *error)
{
    const struct ask *q = v->q;
    enum err e =
        q->key != NULL ? read_key(q->key, &v->key, error) : audit_key_load(q->dir, &v->key, error);
    v->have_key = e == ERR_NONE;
    if (e == ERR_NOT_FOUND && q->key == NULL) e = ERR_NONE;
    for (size_t i = 0; e == ERR_NONE && i < q->note_count; i++) e = add_note(v, q->notes[i], error);
    return e == ERR_NONE ? add_published(v, s, error) : e;
}

static void show_verified(const struct ask *q, struct str origin, const struct verify_result *r)
{
    char hash[2 * STORE_HASH_BYTES + 1], root[2 * STORE_HASH_BYTES + 1];
    hex_of(r->head.hash, hash);
    hex_of(r->head.root, root);
    if (q->json) {
        json_t *json = json_object();
        put_text(json, "origin", origin);
        json_object_set_new(json, "good", json_boolean(r->faults == 0));
        put_number(json, "records", r->records);
        put_number(json, "faults", r->faults);
        put_number(json, "first_fault", r->first_fault);
        put_number(json, "checkpoints", r->checkpoints);
        put_number(json, "signatures", r->signatures);
        put_number(json, "covered", r->covered);
        put_text(json, "hash", str_of(hash));
        put_text(json, "root", str_of(root));
        print_json(json);
        return;
    }
    if (r->faults > 0) {
        printf("NOT GOOD: %" PRIu64 " faults in " STR_FMT ", %" PRIu64 " records read\n", r->faults,
               STR_ARG(origin), r->records);
        return;
    }
    printf("good: " STR_FMT ", %" PRIu64 " record%s, every hash fits\n", STR_ARG(origin),
           r->records, r->records == 1 ? "" : "s");
    if (r->checkpoints == 0)
        printf("no checkpoint was signed yet\n");
    else if (r->signatures == 0)
        printf("%" PRIu64
               " checkpoint%s; signatures were not checked: no key is known, use --key\n",
               r->checkpoints, r->checkpoints == 1 ? " fits" : "s fit");
    else
        printf("%" PRIu64 " signed checkpoint%s; the newest covers %" PRIu64 " record%s\n",
               r->signatures, r->signatures == 1 ? " fits" : "s fit", r->covered,
               r->covered == 1 ? "" : "s");
    printf("last hash %s\ntree root %s\n", hash, root);
}

static int verify_ledger(const struct ask *q)
{
    struct errtext error;
    struct store *s = NULL;
    struct verifying v = {.q = q, .progress = {.doing = "verifying"}};
    struct verify_result r = {0};
    enum err e = open_reader(q, &s, &error);
    if (e == ERR_NONE) e = gather(&v, s, &error);
    if (e == ERR_NONE) {
        struct verify_options o = {.keys = &v.key,
                                   .key_count = v.have_key ? 1 : 0,
                                   .notes = v.notes,
                                   .note_count = v.note_count,
                                   .fault = show_fault,
                                   .progress = show_progress,
                                   .arg = &v};
        e = ledger_verify(s, &o, &r, &error);
        progress_clear(&v.progress);
    }
    if (e == ERR_NONE || r.faults > 0)
        show_verified(q, s->ops->origin(s), &r);
    else
        say_failure(q->name, e, &error);
    for (size_t i = 0; i <= NOTES_MAX; i++) buf_release(&v.files[i]);
    if (s != NULL) s->ops->close(s);
    return say_end(q->name, e == ERR_NONE ? EXIT_DONE : EXIT_USER);
}

static void show_evidence(const struct ask *q, struct audit_evidence *ev)
{
    char hash[2 * STORE_HASH_BYTES + 1];
    hex_of(ev->hash, hash);
    if (q->json) {
        json_t *json = json_object();
        json_object_set_new(json, "good", json_true());
        put_text(json, "origin", ev->checkpoint.origin);
        put_number(json, "size", ev->checkpoint.size);
        put_number(json, "seq", ev->seq);
        put_text(json, "hash", str_of(hash));
        print_json(json);
        return;
    }
    printf("good: record %" PRIu64 " with hash %s\nis in the ledger " STR_FMT " of %" PRIu64
           " records that was signed\n",
           ev->seq, hash, STR_ARG(ev->checkpoint.origin), ev->checkpoint.size);
    if (!ev->whole) return;
    struct arena arena;
    struct replay_record typed;
    struct errtext error;
    struct buf line = {0};
    arena_init(&arena);
    if (replay_decode(&ev->record, &arena, &typed, &error) == ERR_NONE)
        ledger_put_line(&ev->record, &typed, 0, &line);
    else
        buf_printf(&line, "its content cannot be shown by this release: %s\n", error.s);
    print(&line);
    buf_release(&line);
    arena_release(&arena);
}

static int verify_proof(const struct ask *q)
{
    if (q->key == NULL)
        return say_error(q->name, "--proof needs --key: the verifier key that you trust");
    struct errtext error;
    struct buf text = {0};
    struct note_key key;
    struct audit_evidence ev = {0};
    enum err e = read_key(q->key, &key, &error);
    if (e == ERR_NONE) e = file_read(q->proof, (size_t)TLOG_EXTRA_MAX * 2, &text, &error);
    if (e == ERR_NONE) {
        e = audit_check_proof(buf_str(&text), &key, &ev, &error);
        if (e != ERR_NONE) err_prefix(&error, e, "%s", q->proof);
    }
    int code = EXIT_DONE;
    if (e == ERR_NONE)
        show_evidence(q, &ev);
    else
        code = say_failure(q->name, e, &error);
    audit_evidence_release(&ev);
    buf_release(&text);
    return say_end(q->name, code);
}

static int verify(const struct ask *q)
{
    return q->proof != NULL ? verify_proof(q) : verify_ledger(q);
}

/* ---- show ----------------------------------------------------------------------------------- */

struct showing {
    const struct ask *q;
    struct arena arena;
    struct buf line;
    uint64_t shown;
    enum err failed;
    struct errtext error;
};

static void put_json(struct showing *w, const struct ledger_record *r, struct replay_record *typed)
{
    json_t *json = ledger_json(r, typed);
    char *text = json_dumps(json, JSON_COMPACT);
    buf_printf(&w->line, "%s%s", w->shown > 0 ? ",\n" : "", text != NULL ? text : "null");
    free(text);
    json_decref(json);
}

static bool show_record(void *arg, const struct ledger_record *r)
{
    struct showing *w = arg;
    struct replay_record typed;
    arena_clear(&w->arena);
    w->failed = replay_decode(r, &w->arena, &typed, &w->error);
    if (w->failed != ERR_NONE) return false;
    if (w->q->job != 0 && !ledger_concerns(&typed, (uint32_t)w->q->job)) return true;
    if (w->q->json)
        put_json(w, r, &typed);
    else
        ledger_put_line(r, &typed, (uint32_t)w->q->job, &w->line);
    w->shown++;
    print(&w->line);
    return !ferror(stdout);
}

static int show(const struct ask *q)
{
    struct store *s = NULL;
    struct showing w = {.q = q};
    uint64_t from = q->from != 0 ? q->from : 1;
    if (q->to != 0 && q->to < from)
        return say_error(q->name, "--to %" PRIu64 " stands before --from %" PRIu64, q->to, from);
    enum err e = open_reader(q, &s, &w.error);
    if (e != ERR_NONE) return say_failure(q->name, e, &w.error);
    arena_init(&w.arena);
    if (q->json) fputs("{\"records\":[", stdout);
    e = s->ops->read(s, from, q->to != 0 ? q->to - from + 1 : 0, show_record, &w, &w.error);
    if (e == ERR_NONE) e = w.failed;
    if (q->json) fputs("]}\n", stdout);
    int code = e == ERR_NONE ? EXIT_DONE : say_failure(q->name, e, &w.error);
    arena_release(&w.arena);
    buf_release(&w.line);
    s->ops->close(s);
    return say_end(q->name, code);
}

/* ---- key, checkpoint, prove ----------------------------------------------------------------- */

static int show_key(const struct ask *q)
{
    struct errtext error;
    struct note_key key;
    enum err e = audit_key_load(q->dir, &key, &error);
    if (e == ERR_NOT_FOUND)
        return say_error(q->name, "%s: nothing was signed yet; 'berth ledger checkpoint' signs",
                         q->dir);
    if (e != ERR_NONE) return say_failure(q->name, e, &error);
    struct buf line = {0};
    note_key_format(&key, &line);
    buf_putc(&line, '\n');
    print(&line);
    buf_release(&line);
    return say_end(q->name, EXIT_DONE);
}

/* Sign the head. While a daemon works with the ledger the checkpoint is not kept in it: the daemon
 * keeps its own, at intervals. */
static enum err sign(const struct ask *q, bool *kept, struct buf *note, struct errtext *error)
{
    struct store_options o = {.dir = q->dir};
    struct store *s = NULL;
    struct note_signer signer;
    uint64_t size = 0;
    enum err e = sqlite_store_ops.open(&o, &s, error);
    *kept = e == ERR_NONE;
    if (e == ERR_CONFLICT) e = open_reader(q, &s, error);
    if (e != ERR_NONE) return e;
    e = audit_signer_load(q->dir, s->ops->origin(s), true, &signer, error);
    if (e == ERR_NONE && *kept)
        e = audit_checkpoint(s, &signer, note, error);
    else if (e == ERR_NONE)
        e = audit_sign_head(s, &signer, &size, note, error);
    note_signer_release(&signer);
    s->ops->close(s);
    return e;
}

static int checkpoint(const struct ask *q)
{
    struct errtext error;
    struct buf note = {0};
    bool kept = false;
    enum err e = sign(q, &kept, &note, &error);
    int code = EXIT_DONE;
    if (e == ERR_NONE)
        print(&note);
    else
        code = say_failure(q->name, e, &error);
    if (e == ERR_NONE && !kept)
        say_note(q->name, "a daemon works with the ledger: this checkpoint was not kept in it");
    buf_release(&note);
    return say_end(q->name, code);
}

static int prove(const struct ask *q)
{
    uint64_t seq = 0;
    if (q->operand_count != 2 || !str_to_u64(str_of(q->operands[1]), &seq))
        return say_error(q->name, "prove wants the number of one record");
    struct errtext error;
    struct store *s = NULL;
    struct buf proof = {0};
    enum err e = open_reader(q, &s, &error);
    if (e == ERR_NONE) e = audit_prove(s, seq, q->whole, &proof, &error);
    int code = EXIT_DONE;
    if (e == ERR_NONE)
        print(&proof);
    else
        code = say_failure(q->name, e, &error);
    buf_release(&proof);
    if (s != NULL) s->ops->close(s);
    return say_end(q->name, code);
}

/* ---- the command ---------------------------------------------------------------------------- */

static bool number(const struct args *a, const char *option, uint64_t max, uint64_t *out)
{
    if (str_to_u64(str_of(a->value), out) && *out > 0 && *out <= max) return true;
    say_error(a->name, "--%s: '%s' is not a number that can be", option, a->value);
    return false;
}

static bool read_option(struct args *a, int id, struct ask *q)
{
    switch (id) {
    case OPT_STATE: q->dir = a->value; return true;
    case OPT_FROM: return number(a, "from", INT64_MAX, &q->from);
    case OPT_TO: return number(a, "to", INT64_MAX, &q->to);
    case OPT_JOB: return number(a, "job", UINT32_MAX, &q->job);
    case OPT_JSON: q->json = true; return true;
    case OPT_WHOLE: q->whole = true; return true;
    case OPT_KEY: q->key = a->value; return true;
    case OPT_PROOF: q->proof = a->value; return true;
    case OPT_CHECKPOINT:
        if (q->note_count == NOTES_MAX) {
            say_error(a->name, "at most %d checkpoints can be named", NOTES_MAX);
            return false;
        }
        q->notes[q->note_count++] = a->value;
        return true;
    default: return false;
    }
}

int cmd_ledger(int argc, char **argv)
{
    static const struct {
        const char *name;
        int operands;
        int (*run)(const struct ask *q);
    } verbs[] = {
        {"verify", 1, verify},         {"show", 1, show}, {"key", 1, show_key}, {"prove", 2, prove},
        {"checkpoint", 1, checkpoint},
    };
    struct args a;
    args_init(&a, argc, argv, ledger_options, false);
    struct ask q = {.name = a.name, .dir = path_state()};
    for (int id; (id = args_next(&a)) != ARGS_END;) {
        if (id == ARGS_STOP) return a.exit_code;
        if (!read_option(&a, id, &q)) return EXIT_USER;
    }
    q.operands = args_operands(&a);
    q.operand_count = args_count(&a);
    for (size_t i = 0; q.operand_count > 0 && i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(q.operands[0], verbs[i].name) != 0) continue;
        if (q.operand_count > verbs[i].operands)
            return say_error(a.name, "%s: what is '%s'?", verbs[i].name,
                             q.operands[verbs[i].operands]);
        return verbs[i].run(&q);
    }
    return say_error(a.name, "what shall be done: verify, show, key, checkpoint or prove SEQ?");
}
