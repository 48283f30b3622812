/* json_node.h - JSON texts of requests, parsed into the reader's arena.
 *
 * For what arrives thousands of times a second: one pass, no allocation of its own, no table per
 * object. jansson, which everything else uses, takes 4 us for a small job and this a fifth of it
 * (decision 0056); the tests and the fuzz target hold the two against each other.
 *
 * The grammar is RFC 8259's, nothing more: UTF-8 only (no byte order mark, no lone surrogates), no
 * bytes behind the value, no key twice in an object. A number with a fraction or an exponent is
 * known as such and not converted, since Berth has no use for one; an integer has 64 bits. */
#ifndef BERTH_READ_JSON_NODE_H
#define BERTH_READ_JSON_NODE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

enum {
    JSON_BYTES_MAX =
        16 * 1024 * 1024, /* one request: a job with script and environment needs 6 MB */
    JSON_DEPTH_MAX = 16, /* nesting that structs of Berth use, as CBOR_DEPTH_MAX */
    JSON_KEYS_MAX = 128, /* of one object: job_spec has about 60. Each is held against those before
                            it, so this bounds the work too */
};

enum json_kind {
    JSON_IS_NULL,
    JSON_IS_BOOL,
    JSON_IS_INT,
    JSON_IS_REAL,
    JSON_IS_TEXT,
    JSON_IS_LIST,
    JSON_IS_MAP
};

/* A value; what belongs to it lives in the arena or in the parsed text. */
struct json_node {
    struct json_node *next; /* in the same list or map, in the order of the text */
    struct str key; /* of an element of a map */
    union {
        int64_t number; /* INT; BOOL: 0 or 1 */
        struct str text; /* TEXT; NUL-terminated, and may hold NULs */
        struct {
            struct json_node *child; /* the first */
            size_t count;
        };
    };
    enum json_kind kind;
    bool is_known; /* for the reader: somebody asked for it */
};

/* One of 64 bits for a key, to tell at once that a map has none like it: of the hundred fields that
 * a struct may have, a request states ten. */
static inline uint64_t json_key_bit(const char *key, size_t len)
{
    unsigned first = len > 0 ? (unsigned char)key[0] : 0;
    unsigned second = len > 1 ? (unsigned char)key[1] : 0;
    return UINT64_C(1) << ((first * 7 + second) % 64);
}

/* Parse one value. `in` must live as long as the nodes. The error says line and column. */
enum err json_node_parse(struct str in, struct arena *arena, struct json_node **out,
                         struct errtext *error);
/* A tree of jansson's as nodes; keys are borrowed from it. NULL gives NULL. */
struct json_node *json_node_of(const json_t *j, struct arena *arena);

#endif
