/* cbor.h - the canonical binary form: a subset of CBOR (RFC 8949).
 *
 * What is written: integers (major types 0 and 1), byte strings (2), UTF-8 text (3), arrays (4),
 * maps with text keys (5), false and true; always the shortest head (RFC 8949 section 4.2.1),
 * definite lengths only. Map keys stand in the order in which the struct's visit function names
 * them, which is fixed by docs/ledger-format.md; a key whose value is zero or empty is absent. So
 * equal values have equal bytes, and any CBOR reader shows a record.
 *
 * The reader accepts exactly what the writer can write: another head length, order, an unknown key,
 * a zero-valued key, floats, tags, trailing bytes or nesting deeper than CBOR_DEPTH_MAX fail. */
#ifndef BERTH_BASE_CBOR_H
#define BERTH_BASE_CBOR_H

#include "base/visit.h"

enum { CBOR_DEPTH_MAX = 16 }; /* nesting of maps and lists: records need fewer than 10 */

struct cbor_writer {
    struct visit v;
    struct buf *out;
    struct {
        size_t head; /* where the map's head byte stands */
        uint64_t keys; /* pairs written so far */
        bool is_map;
    } level[CBOR_DEPTH_MAX];
    int depth;
};

/* Append to `out` (borrowed until the writer is done). Wrap the fields of the top struct in
 * visit_map(&w.v, NULL, false) ... visit_map_end. Writers cannot fail. */
void cbor_writer_init(struct cbor_writer *w, struct buf *out);

struct cbor_reader {
    struct visit v;
    const unsigned char *p, *end;
    struct {
        uint64_t left; /* pairs or elements not yet read */
        bool is_map;
    } level[CBOR_DEPTH_MAX];
    int depth;
};

/* Read `in` (borrowed: strings point into it); arrays are allocated in `arena`. */
void cbor_reader_init(struct cbor_reader *r, struct str in, struct arena *arena);
/* After the last visit: ERR_NONE when all bytes were read and nothing failed, else ERR_CORRUPT. */
enum err cbor_reader_finish(struct cbor_reader *r, struct errtext *error);

#endif
