/* base64.h - standard base64 with padding (RFC 4648 section 4), strict: one text for one value. */
#ifndef BERTH_STORE_BASE64_H
#define BERTH_STORE_BASE64_H

#include "base/str.h"

/* Append the text of `len` bytes. */
void base64_put(struct buf *out, const void *p, size_t len);

/* Bytes that hold what a text of `len` characters can decode to. */
size_t base64_room(size_t len);

/* Decode all of `text` into `out` of `cap` bytes; false when it is not canonical or does not fit.
 */
bool base64_get(struct str text, void *out, size_t cap, size_t *len_out);
/* The same for exactly `want` bytes. */
bool base64_get_exactly(struct str text, void *out, size_t want);

#endif
