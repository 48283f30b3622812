/* err.h - how a function says that it could not do its work.
 *
 * A fallible function returns `enum err` and takes a `struct errtext *` last. On failure nothing
 * visible has changed and the text is one line for a person: what was wrong, where, what to do. A
 * lawful refusal is not an error; it is a decision (core/decision.h). */
#ifndef BERTH_BASE_ERR_H
#define BERTH_BASE_ERR_H

#include <stdarg.h>

enum err {
    ERR_NONE = 0, /* success */
    ERR_INVALID, /* the input is wrong; the text says where and how to mend it */
    ERR_LIMIT, /* the input is over a stated limit */
    ERR_NOT_FOUND, /* the thing named does not exist */
    ERR_EXISTS, /* the thing named exists already */
    ERR_DENIED, /* the caller may not do this */
    ERR_CONFLICT, /* not possible in the present state */
    ERR_IO, /* the operating system refused; the text carries strerror */
    ERR_CORRUPT, /* stored bytes are not what was written */
    ERR_UNAVAILABLE, /* a peer or service cannot be reached now */
    ERR_COUNT
};

enum { ERRTEXT_MAX = 2048 }; /* bytes with the final NUL: a message with a source line and caret */

struct errtext {
    char s[ERRTEXT_MAX];
};

/* Format the message (cut at ERRTEXT_MAX) and return `code`. `t` may be NULL: the text is dropped.
 */
enum err err_set(struct errtext *t, enum err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "prefix: " before the message of `t` and return `code`. */
enum err err_prefix(struct errtext *t, enum err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The stable, lower-case name of a code ("invalid", "not-found", ...), for logs and the API. */
const char *err_name(enum err code);

#endif
