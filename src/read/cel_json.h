/* cel_json.h - CEL values from JSON and to JSON.
 *
 * To JSON follows the language definition ("JSON Data Conversion") and the JSON mapping of
 * protobuf: int and uint are numbers within +-(2^53-1) and decimal strings beyond; a double keeps a
 * point or an exponent, and is "NaN", "Infinity" or "-Infinity" as a string; bytes are base64;
 * timestamps RFC 3339; durations seconds ("1.5s"). Where the definition gives no mapping, so that
 * every value can be shown: a key that is no string becomes its text, a type its name.
 *
 * From JSON: whole numbers without point or exponent are int, others double; objects are maps with
 * string keys in the order of the text. */
#ifndef BERTH_READ_CEL_JSON_H
#define BERTH_READ_CEL_JSON_H

#include "law/cel/cel.h"

enum {
    CEL_JSON_BYTES_MAX = 16 * 1024 * 1024, /* read or written: facts for one expression */
    CEL_JSON_DEPTH_MAX = 200, /* nesting read: bounds every later walk of the value */
};

/* Parse `text` into a value in the arena. ERR_INVALID with line and column; ERR_LIMIT. */
enum err cel_from_json(struct arena *a, struct str text, struct cel_value *out, struct errtext *t);

/* Append the value on one line. ERR_INVALID when it is, or has inside, an error or an unknown;
 * ERR_LIMIT over CEL_JSON_BYTES_MAX. On failure `out` holds an unfinished text. */
enum err cel_to_json(struct cel_value v, struct buf *out, struct errtext *t);

/* The narrowest type the checker knows for a value: list(int), map(string, dyn). */
const struct cel_type *cel_type_of_value(struct arena *a, struct cel_value v);

#endif
