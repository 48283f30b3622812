/* reply.h - how a handler answers: a struct through its visit function, an error, or plain text;
 * and how it reads a JSON body. */
#ifndef BERTH_SERVE_REPLY_H
#define BERTH_SERVE_REPLY_H

#include "base/visit.h"
#include "serve/op.h"

typedef void visit_fn(struct visit *v, void *what);

/* Answer with the JSON of one struct, or with ready JSON text. */
void reply_visit(struct op *op, int status, visit_fn *visit, void *what);
void reply_json(struct op *op, int status, struct str json);
void reply_text(struct op *op, int status, const char *content_type, struct str text);
/* Answer with an error: the status that belongs to the code, and error_reply. */
void reply_error(struct op *op, enum err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Append the JSON of a struct to `out`. */
void json_put(struct buf *out, visit_fn *visit, void *what);
/* The same in canonical CBOR (base/cbor.h). */
void cbor_put(struct buf *out, visit_fn *visit, void *what);
/* Append a JSON string with its quotes. */
void json_put_text(struct buf *out, struct str text);

/* Read the body, strictly: an unknown key, a wrong type or trailing text is ERR_INVALID with the
 * path of the member. Everything lives in `arena`. An empty body is an empty object. */
enum err body_read(const struct op *op, struct arena *arena, visit_fn *visit, void *what,
                   struct errtext *error);

#endif
