/* yaml.h - YAML files read into plain trees, with every mistake reported at its place.
 *
 * The dialect is what people write by hand: block and flow maps and lists, plain and quoted
 * scalars, literal and folded text, comments; YAML 1.2 core schema, so NO is a country and not
 * false. Refused by line and column: anchors, aliases, tags, directives, merge keys, keys that are
 * not scalars, keys stated twice, a second document, tabs and control characters where YAML forbids
 * them, invalid UTF-8, and anything over the limits below.
 *
 * A reader walks the tree with the typed getters. A getter that meets a wrong value records an
 * error and returns false with its out-parameter untouched; the reader goes on, so one run reports
 * all mistakes. Nothing read may be used when the list of errors is not empty.
 *
 *     const struct yaml_node *n = yaml_get(map, "weight");
 *     if (n != NULL) yaml_u32(errs, n, 1, 1000, &tenant->weight);
 */
#ifndef BERTH_READ_YAML_H
#define BERTH_READ_YAML_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    YAML_BYTES_MAX = 16 * 1024 * 1024, /* a fleet of 100,000 parties takes about 10 MB */
    YAML_NODES_MAX = 4 * 1024 * 1024, /* one for every four bytes: more is not a file for people */
    YAML_DEPTH_MAX = 32, /* nesting: files of Berth need fewer than 10 */
    YAML_ERRORS_MAX = 100, /* errors kept with text; the rest is only counted */
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_doc;

struct yaml_node {
    int kind; /* enum yaml_kind */
    bool is_plain; /* a scalar without quotes and not a block: may be null, a number, a truth value
                    */
    uint32_t at; /* byte offset in the file: of the first character, behind an opening quote; of a
                    block scalar (| or >) the beginning of the line below */
    uint32_t count; /* elements of a list, pairs of a map */
    struct str text; /* scalar: its value, unescaped; NUL-terminated */
    struct yaml_node *keys; /* map: `count` scalars */
    struct yaml_node *items; /* list: elements; map: values, items[i] belongs to keys[i] */
    const struct yaml_doc *doc;
};

/* A file in memory. */
struct yaml_doc {
    struct str file; /* name, for messages */
    struct str bytes; /* the whole text */
    struct yaml_node *root;
};

struct yaml_error {
    struct str file;
    uint32_t line, column; /* from 1; column in characters; 0: no place */
    struct str text; /* one line, no position */
    struct str source; /* the line of the file, "" without a place */
};

struct yaml_errors {
    struct arena *arena; /* holds the texts */
    struct yaml_error *items;
    uint32_t count; /* kept */
    uint32_t total; /* found */
};

/* Texts will live in `arena` (borrowed). */
void yaml_errors_init(struct yaml_errors *errs, struct arena *arena);

/* Record an error at a node (NULL: at no place). */
void yaml_fail(struct yaml_errors *errs, const struct yaml_node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Record an error at a byte offset of a document. */
void yaml_fail_at(struct yaml_errors *errs, const struct yaml_doc *doc, size_t at, const char *fmt,
                  ...) __attribute__((format(printf, 4, 5)));

/* All errors in order of file and place:
 *     fleet.yaml:3:14: country 'sg' is not two capital letters
 *         country: sg
 *                  ^
 * and a last line with the number of those not kept. */
void yaml_errors_print(const struct yaml_errors *errs, struct buf *out);
/* ERR_NONE without errors; else ERR_INVALID and as many errors as fit in the text. */
enum err yaml_errors_result(const struct yaml_errors *errs, struct errtext *error);

/* Parse `bytes` (copied into the arena) with at most `bytes_max` of them. False: errors were
 * recorded; *out is then not to be used. A file without content is an error. */
bool yaml_parse(struct str bytes, size_t bytes_max, struct str file, struct arena *arena,
                struct yaml_errors *errs, struct yaml_doc *out);

/* ---- walking --------------------------------------------------------------------------------- */

/* The value of a key, or NULL when the map does not have it (or `map` is not a map). A key with
 * nothing behind it has a null value, which every getter refuses. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* The key node itself, for errors about the key. */
const struct yaml_node *yaml_key(const struct yaml_node *map, const char *key);
/* True for a plain scalar that is empty, ~ or null. */
bool yaml_is_null(const struct yaml_node *n);
/* True for a scalar that is this word. */
bool yaml_is(const struct yaml_node *n, const char *word);

/* The node is a map whose keys are all among `allowed` (NULL at the end). Each other key is
 * reported with the nearest allowed one. */
bool yaml_map(struct yaml_errors *errs, const struct yaml_node *n, const char *const *allowed);
/* The map has the key; else an error at the map. Gives the value or NULL. */
const struct yaml_node *yaml_need(struct yaml_errors *errs, const struct yaml_node *map,
                                  const char *key);
bool yaml_list(struct yaml_errors *errs, const struct yaml_node *n, uint32_t max);

/* ---- values ---------------------------------------------------------------------------------- */

/* Any scalar that is not null, as text, at most `max` bytes. */
bool yaml_text(struct yaml_errors *errs, const struct yaml_node *n, size_t max, struct str *out);
/* Text of one line without control characters. */
bool yaml_line(struct yaml_errors *errs, const struct yaml_node *n, size_t max, struct str *out);
/* An id (model/fleet.h). */
bool yaml_id(struct yaml_errors *errs, const struct yaml_node *n, struct str *out);
/* Two capital letters; `unknown` gives "". */
bool yaml_country(struct yaml_errors *errs, const struct yaml_node *n, struct str *out);
/* Decimal integer within lo..hi; _ may separate digits. */
bool yaml_i64(struct yaml_errors *errs, const struct yaml_node *n, int64_t lo, int64_t hi,
              int64_t *out);
bool yaml_u32(struct yaml_errors *errs, const struct yaml_node *n, uint32_t lo, uint32_t hi,
              uint32_t *out);
/* true or false. */
bool yaml_bool(struct yaml_errors *errs, const struct yaml_node *n, bool *out);
/* true, false, yes, no or unknown: enum tri. */
bool yaml_tri(struct yaml_errors *errs, const struct yaml_node *n, int *out);
/* A decimal number such as 12.5 times 10^decimals, exactly; more decimals are an error. */
bool yaml_decimal(struct yaml_errors *errs, const struct yaml_node *n, int decimals, int64_t lo,
                  int64_t hi, int64_t *out);
/* A share as 40% or 0.4, in parts per million. */
bool yaml_share(struct yaml_errors *errs, const struct yaml_node *n, int32_t *ppm_out);
/* Money in USD, "2.10", not negative, in micro-USD. */
bool yaml_money(struct yaml_errors *errs, const struct yaml_node *n, int64_t *uusd_out);
/* A date or RFC 3339 time, ms UTC. A bare date is 00:00 UTC of that day or, with `is_end`, 00:00
 * UTC of the day after: an end date belongs to its period. */
bool yaml_date(struct yaml_errors *errs, const struct yaml_node *n, bool is_end, int64_t *ms_out);
/* One of `names[0 .. count-1]`. */
bool yaml_enum(struct yaml_errors *errs, const struct yaml_node *n, const char *const *names,
               int count, int *out);
/* A list of one-line texts (a single scalar counts as a list of one), each at most
 * `max_bytes`; duplicates are errors. Allocated in the arena of the errors. */
bool yaml_texts(struct yaml_errors *errs, const struct yaml_node *n, uint32_t max_count,
                size_t max_bytes, struct str **out, uint32_t *count_out);
/* The same, of ids. */
bool yaml_ids(struct yaml_errors *errs, const struct yaml_node *n, uint32_t max_count,
              struct str **out, uint32_t *count_out);

#endif
