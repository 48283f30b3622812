#include "store/verify.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/chain.h"
#include "store/merkle.h"
#include "store/tlog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 1024, /* records between two comparisons of the tree, and of the progress */
    TREE_STEP = 8, /* levels of the tree that are compared: those that stores keep */
    CHUNK_NODES = CHUNK / 256 + MERKLE_LEVELS, /* of those levels that a chunk can complete */
};

struct root_at {
    uint64_t size;
    struct merkle_hash root;
};

struct node_at {
    unsigned level;
    uint64_t index;
    struct merkle_hash hash;
};

struct check {
    struct store *s;
    const struct verify_options *o;
    struct verify_result *out;
    struct errtext first; /* the text of the first fault */

    struct root_at *roots; /* of the checkpoints, sorted by size */
    size_t root_count, root_cap, next_root;
    bool root_differs; /* said once: all later roots differ too */

    struct merkle_frontier tree;
    struct node_at nodes[CHUNK_NODES]; /* completed since the last comparison */
    size_t node_count;

    uint64_t seq; /* the last record seen */
    int64_t now_ms;
    /* The hash before the next record. After a record that does not fit its stored hash either of
     * the two may be the true one: the next record tells. */
    unsigned char prev[STORE_HASH_BYTES], other_prev[STORE_HASH_BYTES];
    bool in_doubt;
    bool stop;
};

__attribute__((format(printf, 3, 4))) static void fault(struct check *c, uint64_t seq,
                                                        const char *fmt, ...)
{
    struct errtext text;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text.s, sizeof text.s, fmt, ap);
    va_end(ap);
    if (c->out->faults == 0) {
        c->first = text;
        c->out->first_fault = seq;
    }
    if (++c->out->faults >= VERIFY_FAULTS_MAX) c->stop = true;
    if (c->o->fault != NULL) c->o->fault(c->o->arg, seq, text.s);
}

/* ---- checkpoints ---------------------------------------------------------------------------- */

/* Read one note, check its signature and keep its root to be compared. `where` names it. */
static void take_note(struct check *c, const char *where, uint64_t stored_size, struct str note)
{
    struct errtext why;
    struct str text, rest;
    struct checkpoint cp;
    enum err e = c->o->key_count > 0 ? note_open(note, c->o->keys, c->o->key_count, &text, &why)
                                     : note_split(note, &text, &rest, &why);
    if (e == ERR_NONE) e = checkpoint_parse(text, &cp, &why);
    if (e == ERR_NONE && !str_eq(cp.origin, c->s->ops->origin(c->s)))
        e = err_set(&why, ERR_CORRUPT, "it is of another ledger, " STR_FMT, STR_ARG(cp.origin));
    if (e == ERR_NONE && stored_size != UINT64_MAX && cp.size != stored_size)
        e = err_set(&why, ERR_CORRUPT, "it is kept for %" PRIu64 " records and says %" PRIu64,
                    stored_size, cp.size);
    c->out->checkpoints++;
    if (e != ERR_NONE) {
        fault(c, 0, "%s is not good: %s", where, why.s);
        return;
    }
    if (c->o->key_count > 0) c->out->signatures++;
    c->roots = mem_grow(c->roots, &c->root_cap, c->root_count + 1, sizeof *c->roots);
    c->roots[c->root_count++] = (struct root_at){cp.size, cp.root};
}

static bool take_kept_note(void *arg, uint64_t size, struct str note)
{
    struct check *c = arg;
    char where[64];
    snprintf(where, sizeof where, "the kept checkpoint of %" PRIu64 " records", size);
    take_note(c, where, size, note);
    return !c->stop;
}

static int by_size(const void *a, const void *b)
{
    const struct root_at *x = a, *y = b;
    if (x->size != y->size) return x->size < y->size ? -1 : 1;
    return memcmp(x->root.h, y->root.h, STORE_HASH_BYTES);
}

static enum err collect_checkpoints(struct check *c, struct errtext *error)
{
    enum err e = c->s->ops->checkpoint_each(c->s, take_kept_note, c, error);
    if (e == ERR_CORRUPT) {
        fault(c, 0, "the kept checkpoints cannot be read: %s", error != NULL ? error->s : "");
        e = ERR_NONE;
    }
    for (size_t i = 0; i < c->o->note_count; i++)
        take_note(c, "the given checkpoint", UINT64_MAX, c->o->notes[i]);
    if (c->root_count > 1) qsort(c->roots, c->root_count, sizeof *c->roots, by_size);
    return e;
}

/* Hold the tree as it has grown against the checkpoints of its size. */
static void compare_roots(struct check *c)
{
    while (c->next_root < c->root_count && c->roots[c->next_root].size == c->tree.size) {
        struct merkle_hash root = merkle_frontier_root(&c->tree);
        bool same = memcmp(root.h, c->roots[c->next_root].root.h, STORE_HASH_BYTES) == 0;
        if (same)
            c->out->covered = c->tree.size;
        else if (!c->root_differs)
            fault(c, 0, "the tree of the first %" PRIu64 " records is not the one that was signed",
                  c->tree.size);
        if (!same) c->root_differs = true;
        c->next_root++;
    }
}

/* ---- records -------------------------------------------------------------------------------- */

/* Does the record fit? Settles a doubt about the hash before it. */
static void check_hash(struct check *c, const struct ledger_record *r)
{
    unsigned char made[STORE_HASH_BYTES], other[STORE_HASH_BYTES];
    chain_hash(r, c->prev, made);
    bool fits = memcmp(made, r->hash, STORE_HASH_BYTES) == 0;
    if (!fits && c->in_doubt) {
        chain_hash(r, c->other_prev, other);
        fits = memcmp(other, r->hash, STORE_HASH_BYTES) == 0;
    }
    c->in_doubt = !fits;
    memcpy(c->prev, r->hash, STORE_HASH_BYTES);
    memcpy(c->other_prev, made, STORE_HASH_BYTES);
    if (!fits)
        fault(c, r->seq,
              "record %" PRIu64 " is not what was written: its bytes do not fit its hash", r->seq);
}

static void grow_tree(struct check *c, const struct ledger_record *r)
{
    unsigned completed = merkle_frontier_add(&c->tree, merkle_leaf(r->hash));
    for (unsigned level = TREE_STEP; level <= completed; level += TREE_STEP) {
        ASSERT(c->node_count < CHUNK_NODES);
        c->nodes[c->node_count++] =
            (struct node_at){level, (c->tree.size >> level) - 1, c->tree.last[level]};
    }
}

static bool check_record(void *arg, const struct ledger_record *r)
{
    struct check *c = arg;
    c->seq = r->seq;
    c->out->records++;
    if (r->now_ms < c->now_ms)
        fault(c, r->seq, "record %" PRIu64 " is older than the one before", r->seq);
    c->now_ms = r->now_ms;
    check_hash(c, r);
    grow_tree(c, r);
    compare_roots(c);
    return !c->stop;
}

/* The store's own hashes of the tree, from which it makes roots and proofs. */
static enum err compare_nodes(struct check *c, struct errtext *error)
{
    for (size_t i = 0; i < c->node_count && !c->stop; i++) {
        const struct node_at *n = &c->nodes[i];
        unsigned char stored[STORE_HASH_BYTES];
        struct errtext why;
        enum err e = c->s->ops->tree_hash(c->s, n->level, n->index, stored, &why);
        if (e != ERR_NONE && e != ERR_CORRUPT) return err_set(error, e, "%s", why.s);
        if (e != ERR_NONE || memcmp(stored, n->hash.h, STORE_HASH_BYTES) != 0)
            fault(c, 0, "the stored tree hash over records %" PRIu64 " to %" PRIu64 " is wrong",
                  (n->index << n->level) + 1, (n->index + 1) << n->level);
    }
    c->node_count = 0;
    return ERR_NONE;
}

static enum err check_records(struct check *c, uint64_t total, struct errtext *error)
{
    compare_roots(c); /* checkpoints of the empty ledger */
    while (!c->stop) {
        uint64_t before = c->seq;
        struct errtext why;
        enum err e = c->s->ops->read(c->s, c->seq + 1, CHUNK, check_record, c, &why);
        if (e != ERR_NONE && e != ERR_CORRUPT) return err_set(error, e, "%s", why.s);
        if (e != ERR_NONE) {
            fault(c, c->seq + 1, "record %" PRIu64 " cannot be read, nor what follows it: %s",
                  c->seq + 1, why.s);
            return ERR_NONE;
        }
        e = compare_nodes(c, error);
        if (e != ERR_NONE) return e;
        if (c->o->progress != NULL)
            c->o->progress(c->o->arg, c->seq, total > c->seq ? total : c->seq);
        if (c->seq - before < CHUNK) break;
    }
    return ERR_NONE;
}

/* What the checkpoints cover beyond the last record was cut off. */
static void check_end(struct check *c, uint64_t total)
{
    if (c->seq < total)
        fault(c, c->seq + 1, "records %" PRIu64 " to %" PRIu64 " are missing", c->seq + 1, total);
    if (c->next_root == c->root_count) return;
    uint64_t size = c->roots[c->root_count - 1].size;
    fault(c, c->seq + 1,
          "records %" PRIu64 " to %" PRIu64 " are missing: they were cut off after a "
          "checkpoint over them was signed",
          c->seq + 1, size);
}

static enum err run(struct check *c, struct errtext *error)
{
    struct errtext why;
    enum err e = c->s->ops->check_container(c->s, &why);
    if (e == ERR_CORRUPT)
        fault(c, 0, "%s", why.s);
    else if (e != ERR_NONE)
        return err_set(error, e, "%s", why.s);

    /* A damaged head is a fault of the tree or of the last record, which are found below. */
    struct store_head head = {0};
    e = c->s->ops->head(c->s, &head, &why);
    if (e == ERR_CORRUPT)
        fault(c, 0, "the head cannot be read: %s", why.s);
    else if (e != ERR_NONE)
        return err_set(error, e, "%s", why.s);

    e = collect_checkpoints(c, &why);
    if (e != ERR_NONE) return err_set(error, e, "%s", why.s);
    uint64_t faults = c->out->faults;
    e = check_records(c, head.seq, error);
    if (e != ERR_NONE) return e;
    if (!c->stop && c->out->faults == faults) check_end(c, head.seq);
    return ERR_NONE;
}

enum err ledger_verify(struct store *s, const struct verify_options *options,
                       struct verify_result *out, struct errtext *error)
{
    *out = (struct verify_result){0};
    struct check *c = mem_alloc(1, sizeof *c);
    c->s = s;
    c->o = options;
    c->out = out;
    c->now_ms = INT64_MIN;
    chain_origin_hash(s->ops->origin(s), c->prev);
    enum err e = run(c, error);
    if (e == ERR_NONE && out->faults > 0) e = err_set(error, ERR_CORRUPT, "%s", c->first.s);
    out->head.seq = c->seq;
    out->head.now_ms = c->now_ms;
    memcpy(out->head.hash, c->prev, STORE_HASH_BYTES);
    memcpy(out->head.root, merkle_frontier_root(&c->tree).h, STORE_HASH_BYTES);
    mem_free(c->roots);
    mem_free(c);
    return e;
}
