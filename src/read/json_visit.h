/* json_visit.h - the JSON forms of base/visit.h: what the API sends and takes.
 *
 * Writing leaves out zero and empty values as the canonical form does. Text and bytes are JSON
 * strings; bytes that are not UTF-8 or hold a NUL are {"base64": "..."}.
 *
 * Reading is strict: an unknown key, a wrong type, a fraction where an integer belongs or a name
 * that does not exist is refused with its path, as in `jobs[3].time_limit_ms: not an integer`. A
 * null counts as absent. The order of keys does not matter; zero values may be written out.
 */
#ifndef BERTH_READ_JSON_VISIT_H
#define BERTH_READ_JSON_VISIT_H

#include "base/visit.h"

#include <jansson.h>

enum {
    JSON_BYTES_MAX =
        16 * 1024 * 1024, /* one request: a job with script and environment needs 6 MB */
    JSON_DEPTH_MAX = 16, /* nesting that structs of Berth use, as CBOR_DEPTH_MAX */
    JSON_KEYS_MAX = 128, /* fields of one struct that a text may state: job_spec has about 60 */
};

/* Parse one JSON value; keys stated twice and bytes behind it are errors. Gives a new reference. */
enum err json_parse(struct str in, json_t **out, struct errtext *error);

/* Text or bytes as a JSON value. Gives a new reference. */
json_t *json_of_bytes(struct str s);

struct json_writer {
    struct visit v;
    json_t *root;
    json_t *level[JSON_DEPTH_MAX]; /* borrowed: containers that are open */
    int depth;
};

/* Write one value, usually visit_map(&w.v, NULL, false) ... visit_map_end(&w.v). */
void json_writer_init(struct json_writer *w);
/* Gives the value; NULL when nothing was written. */
json_t *json_writer_finish(struct json_writer *w);

/* A container that is being read. */
struct json_level {
    const json_t *container;
    const char *key; /* by which it was entered; NULL: an element, or the top */
    uint64_t key_bits; /* maps: a key whose bit is not among these is absent */
    size_t next; /* lists: the next element */
    const char *found[JSON_KEYS_MAX]; /* maps: the keys asked for that are there */
    size_t found_count;
};

struct json_reader {
    struct visit v;
    const json_t *root;
    struct json_level level[JSON_DEPTH_MAX];
    int depth;
};

/* Read `root` (borrowed until finish). Strings and arrays are copied into `arena`. */
void json_reader_init(struct json_reader *r, const json_t *root, struct arena *arena);
/* ERR_NONE, or ERR_INVALID with the path and what is wrong there. */
enum err json_reader_finish(struct json_reader *r, struct errtext *error);

#endif
