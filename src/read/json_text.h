/* json_text.h - a struct's JSON form (read/json_visit.h) written straight into text.
 *
 * The same bytes as a struct json_writer's tree dumped by jansson with JSON_COMPACT, without the
 * tree: a reply of 100,000 rows needs no memory beside its text, and takes a fifth of the time.
 * Text that needs escapes is still jansson's work (docs/decisions/0041-json-text.md). */
#ifndef BERTH_READ_JSON_TEXT_H
#define BERTH_READ_JSON_TEXT_H

#include "base/visit.h"
#include "read/json_visit.h"

struct json_text {
    struct visit v;
    struct buf *out;
    char close[JSON_DEPTH_MAX]; /* '}' or ']' of the containers that are open */
    int depth;
    bool comma; /* the container in hand has something already */
};

/* Append to `out` (borrowed until the last visit). Write one value, usually
 * visit_map(&w.v, NULL, false) ... visit_map_end(&w.v). Writing cannot fail. */
void json_text_init(struct json_text *w, struct buf *out);

/* Append a JSON string with its quotes; bytes that are not text as json_visit.h says. */
void json_text_put(struct buf *out, struct str s);

#endif
