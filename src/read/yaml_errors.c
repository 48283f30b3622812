#include "read/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 1024, SOURCE_MAX = 200 };

void yaml_errors_init(struct yaml_errors *errs, struct arena *arena)
{
    *errs = (struct yaml_errors){.arena = arena};
}

/* Line, column and text of the line that holds offset `at`. */
static void find_place(const struct yaml_doc *doc, size_t at, struct yaml_error *e)
{
    struct str b = doc->bytes;
    if (at > b.len) at = b.len;
    size_t start = 0;
    e->line = 1;
    for (size_t i = 0; i < at; i++) {
        if (b.p[i] != '\n') continue;
        e->line++;
        start = i + 1;
    }
    e->column = 1;
    for (size_t i = start; i < at; i++)
        if (((unsigned char)b.p[i] & 0xc0) != 0x80) e->column++;
    size_t end = start;
    while (end < b.len && b.p[end] != '\n' && b.p[end] != '\r') end++;
    e->source = (struct str){b.p + start, end - start};
}

__attribute__((format(printf, 4, 0))) static void
add(struct yaml_errors *errs, const struct yaml_doc *doc, size_t at, const char *fmt, va_list ap)
{
    errs->total++;
    if (errs->count == YAML_ERRORS_MAX) return;
    if (errs->items == NULL)
        errs->items = ARENA_ARRAY(errs->arena, YAML_ERRORS_MAX, struct yaml_error);
    struct yaml_error *e = &errs->items[errs->count++];
    char text[MESSAGE_MAX];
    vsnprintf(text, sizeof text, fmt, ap);
    for (char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f) *p = ' ';
    if (doc != NULL) {
        e->file = str_copy(errs->arena, doc->file);
        find_place(doc, at, e);
        /* A line of a megabyte is not shown; the column still tells the place. */
        if (e->source.len > SOURCE_MAX || !str_is_utf8(e->source)) e->source = (struct str){0};
        e->source = str_copy(errs->arena, e->source);
    }
    e->text = str_copy(errs->arena, str_of(text));
}

void yaml_fail(struct yaml_errors *errs, const struct yaml_node *at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(errs, at != NULL ? at->doc : NULL, at != NULL ? at->at : 0, fmt, ap);
    va_end(ap);
}

void yaml_fail_at(struct yaml_errors *errs, const struct yaml_doc *doc, size_t at, const char *fmt,
                  ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(errs, doc, at, fmt, ap);
    va_end(ap);
}

static int error_cmp(const void *a, const void *b)
{
    const struct yaml_error *x = a, *y = b;
    int c = str_cmp(x->file, y->file);
    if (c != 0) return c;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->column != y->column) return x->column < y->column ? -1 : 1;
    return str_cmp(x->text, y->text);
}

/* The line and a caret below the column; tabs are kept so that the caret stands right. */
static void print_source(const struct yaml_error *e, struct buf *out)
{
    if (e->source.len == 0) return;
    buf_puts(out, "    ");
    buf_put_str(out, e->source);
    buf_puts(out, "\n    ");
    uint32_t column = 1;
    for (size_t i = 0; i < e->source.len && column < e->column; i++) {
        unsigned char c = (unsigned char)e->source.p[i];
        if (c == '\t')
            buf_putc(out, '\t');
        else if ((c & 0xc0) != 0x80)
            buf_putc(out, ' ');
        else
            continue;
        column++;
    }
    buf_puts(out, "^\n");
}

void yaml_errors_print(const struct yaml_errors *errs, struct buf *out)
{
    if (errs->count == 0) return;
    struct yaml_error sorted[YAML_ERRORS_MAX];
    memcpy(sorted, errs->items, errs->count * sizeof *sorted);
    qsort(sorted, errs->count, sizeof *sorted, error_cmp);
    for (uint32_t i = 0; i < errs->count; i++) {
        const struct yaml_error *e = &sorted[i];
        if (e->line > 0) buf_printf(out, STR_FMT ":%u:%u: ", STR_ARG(e->file), e->line, e->column);
        buf_put_str(out, e->text);
        buf_putc(out, '\n');
        print_source(e, out);
    }
    if (errs->total > errs->count)
        buf_printf(out, "and %u more errors\n", errs->total - errs->count);
}

enum err yaml_errors_result(const struct yaml_errors *errs, struct errtext *error)
{
    if (errs->total == 0) return ERR_NONE;
    struct buf all = {0};
    yaml_errors_print(errs, &all);
    while (all.len > 0 && all.p[all.len - 1] == '\n') all.p[--all.len] = '\0';
    enum err e = err_set(error, ERR_INVALID, "%s", all.p);
    buf_release(&all);
    return e;
}
