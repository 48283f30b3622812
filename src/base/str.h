/* str.h - borrowed strings with a length, and a growing byte buffer. */
#ifndef BERTH_BASE_STR_H
#define BERTH_BASE_STR_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes owned by somebody else. `p` may be NULL when `len` is 0. Not NUL-terminated in general. */
struct str {
    const char *p;
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, ((s).p != NULL ? (s).p : "")

struct str str_of(const char *nul_terminated); /* NULL gives the empty string */
bool str_eq(struct str a, struct str b);
bool str_eqz(struct str a, const char *b);
/* Byte order, shorter first on a tie: a total order without locale. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, const char *prefix);
/* Copy into the arena; the copy is NUL-terminated. */
struct str str_copy(struct arena *a, struct str s);
char *str_dupz(struct arena *a, struct str s);
/* True when the bytes are valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool str_is_utf8(struct str s);
/* Length of the longest beginning that is valid UTF-8. */
size_t str_utf8_len(struct str s);
/* Decimal digits only, the whole string, no sign unless `*_i64`; false on overflow. */
bool str_to_u64(struct str s, uint64_t *out);
bool str_to_i64(struct str s, int64_t *out);

/* A growing byte buffer; zero-initialise, release with buf_release. Always NUL-terminated once
 * something was written (the NUL is not counted). */
struct buf {
    char *p;
    size_t len, cap;
};

void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* length 0, memory kept */
/* Make room for `more` bytes beside what is there. */
void buf_reserve(struct buf *b, size_t more);
void buf_put(struct buf *b, const void *p, size_t len);
void buf_putc(struct buf *b, char c);
void buf_puts(struct buf *b, const char *s);
void buf_put_str(struct buf *b, struct str s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str buf_str(const struct buf *b); /* borrowed until the next write */

#endif
