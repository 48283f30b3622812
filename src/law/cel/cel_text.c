/* cel_text.c - values and faults as text for people. */
#include "law/cel/cel_ast.h"
#include "law/cel/cel_values.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value that shares its parts may be far larger as text than in memory. */
#define VALUE_TEXT_MAX 65536

const char *cel_double_text(double d, char out[CEL_DOUBLE_TEXT_MAX])
{
    if (isnan(d)) return memcpy(out, "NaN", 4);
    if (isinf(d)) {
        (void)snprintf(out, CEL_DOUBLE_TEXT_MAX, "%sInfinity", d < 0 ? "-" : "");
        return out;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(out, CEL_DOUBLE_TEXT_MAX, "%.*g", digits, d);
        if (strtod(out, NULL) == d) break;
    }
    return out;
}

/* ---------------------------------------------------------------- literals */

static void put_quoted(struct buf *b, struct str s, bool bytes)
{
    buf_putc(b, '"');
    for (size_t i = 0; i < s.len && b->len < VALUE_TEXT_MAX; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '"' || c == '\\') {
            buf_printf(b, "\\%c", c);
        } else if (c == '\n') {
            buf_puts(b, "\\n");
        } else if (c < 0x20 || c == 0x7F || (bytes && c >= 0x80)) {
            buf_printf(b, "\\x%02x", c);
        } else {
            buf_putc(b, (char)c);
        }
    }
    buf_putc(b, '"');
}

static void put_double(struct buf *b, double d)
{
    char text[CEL_DOUBLE_TEXT_MAX];
    if (isnan(d) || isinf(d)) {
        buf_printf(b, "double(\"%s\")", cel_double_text(d, text));
        return;
    }
    buf_puts(b, cel_double_text(d, text));
    if (strpbrk(text, ".e") == NULL) buf_puts(b, ".0");
}

static void put_value(struct buf *b, struct cel_value v);

static void put_list(struct buf *b, struct cel_value v)
{
    buf_putc(b, '[');
    for (uint32_t i = 0; i < v.len && b->len < VALUE_TEXT_MAX; i++) {
        if (i > 0) buf_puts(b, ", ");
        put_value(b, v.as.items[i]);
    }
    buf_putc(b, ']');
}

static void put_map(struct buf *b, const struct cel_map *m)
{
    buf_putc(b, '{');
    for (uint32_t i = 0; i < m->count && b->len < VALUE_TEXT_MAX; i++) {
        if (i > 0) buf_puts(b, ", ");
        put_value(b, m->entries[i].key);
        buf_puts(b, ": ");
        put_value(b, m->entries[i].value);
    }
    buf_putc(b, '}');
}

static void put_object(struct buf *b, const struct cel_object *o)
{
    bool first = true;
    buf_put_str(b, o->type->name);
    buf_putc(b, '{');
    for (uint32_t i = 0; i < o->type->field_count && b->len < VALUE_TEXT_MAX; i++) {
        if (o->fields[i].kind == CEL_ABSENT) continue;
        if (!first) buf_puts(b, ", ");
        first = false;
        buf_put_str(b, o->type->fields[i].name);
        buf_puts(b, ": ");
        put_value(b, o->fields[i]);
    }
    buf_putc(b, '}');
}

static void put_unknown(struct buf *b, const struct cel_unknown *u)
{
    buf_puts(b, "unknown(");
    for (uint32_t i = 0; u != NULL && i < u->count; i++) {
        if (i > 0) buf_puts(b, ", ");
        buf_put_str(b, u->names[i]);
    }
    buf_putc(b, ')');
}

static void put_value(struct buf *b, struct cel_value v)
{
    char text[CEL_TIME_TEXT_MAX];
    switch (v.kind) {
    case CEL_UNKNOWN: put_unknown(b, v.as.unknown); return;
    case CEL_NULL: buf_puts(b, "null"); return;
    case CEL_BOOL: buf_puts(b, v.as.b ? "true" : "false"); return;
    case CEL_INT: buf_printf(b, "%" PRId64, v.as.i); return;
    case CEL_UINT: buf_printf(b, "%" PRIu64 "u", v.as.u); return;
    case CEL_DOUBLE: put_double(b, v.as.d); return;
    case CEL_BYTES:
        buf_putc(b, 'b');
        put_quoted(b, cel_str(v), true);
        return;
    case CEL_STRING: put_quoted(b, cel_str(v), false); return;
    case CEL_LIST: put_list(b, v); return;
    case CEL_MAP: put_map(b, v.as.map); return;
    case CEL_TIMESTAMP: buf_printf(b, "timestamp(\"%s\")", cel_timestamp_text(v, text)); return;
    case CEL_DURATION: buf_printf(b, "duration(\"%s\")", cel_duration_text(v, text)); return;
    case CEL_TYPE: buf_put_str(b, cel_str(v)); return;
    case CEL_OBJECT: put_object(b, v.as.object); return;
    case CEL_ERROR:
        buf_puts(b, "error(");
        buf_put_str(b, v.as.error->text);
        buf_putc(b, ')');
        return;
    case CEL_ABSENT: buf_puts(b, "absent"); return;
    case CEL_DYN:
    case CEL_NEVER:
    case CEL_KIND_COUNT: return;
    }
}

struct str cel_value_text(struct arena *a, struct cel_value v)
{
    struct buf b = {0};
    put_value(&b, v);
    struct str text = str_copy(a, buf_str(&b));
    buf_release(&b);
    return text;
}

/* ---------------------------------------------------------------- faults */

void cel_fault(struct cel_diag *d, enum err code, uint32_t pos, const char *fmt, ...)
{
    char text[512];
    if (d->count == CEL_FAULTS_MAX) return;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (d->count == 0) d->code = code;
    d->faults[d->count].pos = pos;
    d->faults[d->count].text = str_dupz(d->a, str_of(text));
    d->count++;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* The source line of byte `pos`, cut to some 120 bytes around it, and a caret below the character.
 * Columns count characters from 1. */
void cel_put_fault(struct buf *b, struct str src, uint32_t pos, const char *text)
{
    enum { AROUND = 60 };
    size_t at = pos < src.len ? pos : src.len, line = 1, from = 0, column = 1;
    for (size_t i = 0; i < at; i++) {
        if (src.p[i] == '\n') {
            line++;
            from = i + 1;
        }
    }
    for (size_t i = from; i < at; i++) column += is_continuation(src.p[i]) ? 0 : 1;
    size_t to = at;
    while (to < src.len && src.p[to] != '\n' && to < at + AROUND) to++;
    while (to < src.len && is_continuation(src.p[to])) to++;
    if (at - from > AROUND) {
        from = at - AROUND;
        while (is_continuation(src.p[from])) from++;
    }
    buf_printf(b, "ERROR: <input>:%zu:%zu: %s\n | ", line, column, text);
    for (size_t i = from; i < to; i++) buf_putc(b, src.p[i] == '\t' ? ' ' : src.p[i]);
    buf_puts(b, "\n | ");
    for (size_t i = from; i < at; i++) {
        if (!is_continuation(src.p[i])) buf_putc(b, '.');
    }
    buf_putc(b, '^');
}

const char *cel_error_text(struct arena *a, const struct cel_expr *e, struct cel_value error)
{
    struct buf b = {0};
    const struct cel_error *x = error.as.error;
    if (x->position == CEL_NO_POSITION) {
        buf_puts(&b, "ERROR: ");
        buf_put_str(&b, x->text);
    } else {
        cel_put_fault(&b, e->source, x->position, x->text.p);
    }
    char *text = arena_copy(a, b.p, b.len);
    buf_release(&b);
    return text;
}
