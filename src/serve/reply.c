#include "serve/reply.h"

#include "base/cbor.h"
#include "base/check.h"
#include "read/json_text.h"

#include <stdio.h>

static int status_of(enum err code)
{
    switch (code) {
    case ERR_INVALID:
    case ERR_LIMIT: return 400;
    case ERR_DENIED: return 403;
    case ERR_NOT_FOUND: return 404;
    case ERR_EXISTS:
    case ERR_CONFLICT: return 409;
    case ERR_UNAVAILABLE: return 503;
    case ERR_IO:
    case ERR_CORRUPT: return 500;
    case ERR_NONE:
    case ERR_COUNT: break;
    }
    UNREACHABLE("an error reply needs an error");
}

void json_put(struct buf *out, visit_fn *visit, void *what)
{
    struct json_text w;
    json_text_init(&w, out);
    if (visit_map(&w.v, NULL, false)) {
        visit(&w.v, what);
        visit_map_end(&w.v);
    }
}

void cbor_put(struct buf *out, visit_fn *visit, void *what)
{
    struct cbor_writer w;
    cbor_writer_init(&w, out);
    if (visit_map(&w.v, NULL, false)) {
        visit(&w.v, what);
        visit_map_end(&w.v);
    }
}

void json_put_text(struct buf *out, struct str text)
{
    json_text_put(out, str_is_utf8(text) ? text : STR("(not UTF-8)"));
}

void reply_text(struct op *op, int status, const char *content_type, struct str text)
{
    op->status = status;
    op->content_type = content_type;
    buf_clear(&op->reply);
    buf_put_str(&op->reply, text);
}

void reply_json(struct op *op, int status, struct str json)
{
    reply_text(op, status, "application/json", json);
    buf_putc(&op->reply, '\n');
}

void reply_visit(struct op *op, int status, visit_fn *visit, void *what)
{
    op->status = status;
    op->content_type = op->wants_cbor ? "application/cbor" : "application/json";
    buf_clear(&op->reply);
    if (op->wants_cbor) {
        cbor_put(&op->reply, visit, what);
        return;
    }
    json_put(&op->reply, visit, what);
    buf_putc(&op->reply, '\n');
}

void reply_error(struct op *op, enum err code, const char *fmt, ...)
{
    char text[ERRTEXT_MAX + 256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct buf body = {0};
    buf_puts(&body, "{\"error\":");
    json_put_text(&body, str_of(err_name(code)));
    buf_puts(&body, ",\"message\":");
    json_put_text(&body, str_of(text));
    buf_putc(&body, '}');
    reply_json(op, status_of(code), buf_str(&body));
    buf_release(&body);
}

enum err body_read(const struct op *op, struct arena *arena, visit_fn *visit, void *what,
                   struct errtext *error)
{
    struct str text = op->body.len > 0 ? buf_str(&op->body) : STR("{}");
    json_t *root = NULL;
    enum err e = json_parse(text, &root, error);
    if (e != ERR_NONE) return e;
    struct json_reader r;
    json_reader_init(&r, root, arena);
    if (visit_map(&r.v, NULL, false)) {
        visit(&r.v, what);
        visit_map_end(&r.v);
    }
    e = json_reader_finish(&r, error);
    json_decref(root);
    if (e == ERR_NONE || error->s[0] != ':') return e;
    struct errtext at_root = *error; /* ": not an object" */
    return err_set(error, e, "the body%s", at_root.s);
}
