/* visit.h - one description of a struct serves every form it takes outside the program.
 *
 * A struct that is stored, hashed, sent or shown has one function
 *
 *     void visit_job_spec(struct visit *v, struct job_spec *s)
 *
 * that names its fields in a fixed order. The same function writes canonical CBOR (base/cbor.h: the
 * ledger and snapshots), reads it back, and writes and reads JSON (read/json_visit.h: the API). So
 * a field has one name everywhere, and no form can be forgotten when a field is added.
 *
 * Rules
 * - A field whose value is 0, false, "", or an empty list or map is left out when writing and is
 * that value when absent in reading. So a new field may be added anywhere without breaking old
 * ledgers; a field is never renamed or given another meaning.
 * - Fields are visited in the same order when reading and writing.
 * - A reader never trusts its input: a wrong type, an unknown key or an over-long list makes the
 *   visit fail; the first failure is kept in `error`, later calls do nothing and give zeros.
 * - Strings and arrays that a reader produces live in the reader's arena (or in its input). */
#ifndef BERTH_BASE_VISIT_H
#define BERTH_BASE_VISIT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct visit;

/* What a form implements. `key` is NULL for elements of a list. */
struct visit_ops {
    void (*i64)(struct visit *v, const char *key, int64_t *x);
    void (*boolean)(struct visit *v, const char *key, bool *x);
    void (*text)(struct visit *v, const char *key, struct str *x);
    void (*bytes)(struct visit *v, const char *key, struct str *x);
    /* Enter a map or list. False: absent (nothing is entered, do not call the end). */
    bool (*map_begin)(struct visit *v, const char *key, bool is_empty);
    void (*map_end)(struct visit *v);
    bool (*list_begin)(struct visit *v, const char *key, size_t *count);
    void (*list_end)(struct visit *v);
};

struct visit {
    const struct visit_ops *ops;
    bool reading;
    bool canonical; /* reading: refuse what a writer would have written otherwise */
    struct arena *arena; /* where a reader allocates; NULL for writers */
    enum err failed; /* ERR_NONE while all is well */
    struct errtext error;
};

/* Record the first failure; the text should name what was wrong. */
void visit_fail(struct visit *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void visit_i64(struct visit *v, const char *key, int64_t *x);
void visit_u64(struct visit *v, const char *key, uint64_t *x); /* at most INT64_MAX */
void visit_i32(struct visit *v, const char *key, int32_t *x);
void visit_u32(struct visit *v, const char *key, uint32_t *x);
void visit_bool(struct visit *v, const char *key, bool *x);
void visit_text(struct visit *v, const char *key, struct str *x);
void visit_bytes(struct visit *v, const char *key, struct str *x);

/* An enum stored as its name: `names[0 .. count-1]`, no NULL among them. Value 0 is left out. */
void visit_enum(struct visit *v, const char *key, int *x, const char *const *names, int count);
/* A set of flags stored as a list of names; bit i is names[i]. */
void visit_flags(struct visit *v, const char *key, uint32_t *x, const char *const *names,
                 int count);

/* if (visit_map(v, "title", false)) { ...fields...; visit_map_end(v); }
 * A writer passes `is_empty` true to leave the map out. */
bool visit_map(struct visit *v, const char *key, bool is_empty);
void visit_map_end(struct visit *v);

/* Visit a counted array. When reading, allocates *items in the arena: at most `max` elements. */
#define VISIT_ARRAY(v, key, items, count, max, visit_one)                                          \
    do {                                                                                           \
        size_t n_ = (size_t)(count);                                                               \
        if (visit_list((v), (key), &n_, (max))) {                                                  \
            if ((v)->reading) {                                                                    \
                (items) = arena_alloc((v)->arena, n_, sizeof *(items));                            \
                (count) = (__typeof__(count))n_;                                                   \
            }                                                                                      \
            for (size_t i_ = 0; i_ < n_; i_++) {                                                   \
                if (visit_map((v), NULL, false)) {                                                 \
                    visit_one((v), &(items)[i_]);                                                  \
                    visit_map_end(v);                                                              \
                }                                                                                  \
            }                                                                                      \
            visit_list_end(v);                                                                     \
        } else if ((v)->reading) {                                                                 \
            (items) = NULL;                                                                        \
            (count) = 0;                                                                           \
        }                                                                                          \
    } while (0)

/* The building blocks of VISIT_ARRAY, for lists of scalars: *count is in/out. */
bool visit_list(struct visit *v, const char *key, size_t *count, size_t max);
void visit_list_end(struct visit *v);
/* A list of strings. */
void visit_texts(struct visit *v, const char *key, struct str **items, uint32_t *count, size_t max);

#endif
