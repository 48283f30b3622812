#include "cli/table.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GAP = 2 }; /* blanks between columns */

void table_init(struct table *t, const struct table_column *columns, int count)
{
    ASSERT(count > 0 && count <= TABLE_COLUMNS_MAX);
    *t = (struct table){.columns = columns, .column_count = count};
    arena_init(&t->arena);
}

void table_release(struct table *t)
{
    mem_free(t->cells);
    arena_release(&t->arena);
    *t = (struct table){0};
}

void table_add_colour(struct table *t, enum colour c, struct str text)
{
    struct buf clean = {0};
    buf_put_str(&clean, text);
    text_clean(&clean, 0);
    t->cells = mem_grow(t->cells, &t->cell_cap, t->cell_count + 1, sizeof *t->cells);
    t->cells[t->cell_count++] =
        (struct table_cell){.text = str_copy(&t->arena, buf_str(&clean)), .colour = c};
    buf_release(&clean);
}

void table_add(struct table *t, struct str text)
{
    table_add_colour(t, COLOUR_NONE, text);
}

void table_addf(struct table *t, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    table_add(t, str_of(text));
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0u) == 0x80u;
}

/* One character of valid UTF-8, `len` bytes. */
static bool steers(const char *p, size_t len, bool page)
{
    const unsigned char *c = (const unsigned char *)p;
    if (len == 1) return (c[0] < 0x20 || c[0] == 0x7f) && !(page && (c[0] == '\n' || c[0] == '\t'));
    if (len == 2) return c[0] == 0xc2 && c[1] < 0xa0; /* U+0080 to U+009F */
    if (len != 3 || c[0] != 0xe2) return false;
    return (c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) || /* U+2028 to U+202E */
           (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9); /* U+2066 to U+2069 */
}

static void clean(struct buf *text, size_t from, bool page)
{
    size_t to = from, valid_end = from; /* what is before valid_end is known to be UTF-8 */
    for (size_t i = from; i < text->len;) {
        if (i >= valid_end) valid_end = i + str_utf8_len((struct str){text->p + i, text->len - i});
        size_t len = 1;
        while (i + len < valid_end && is_continuation(text->p[i + len])) len++;
        bool keeps = i < valid_end && !steers(text->p + i, len, page);
        if (keeps)
            memmove(text->p + to, text->p + i, len);
        else
            text->p[to] = '?';
        to += keeps ? len : 1;
        i += len;
    }
    if (to < text->len) {
        text->len = to;
        text->p[to] = '\0';
    }
}

void text_clean(struct buf *text, size_t from)
{
    clean(text, from, false);
}

void text_clean_page(struct buf *text, size_t from)
{
    clean(text, from, true);
}

int text_columns(struct str s)
{
    int n = 0;
    for (size_t i = 0; i < s.len; i++) n += !is_continuation(s.p[i]);
    return n;
}

size_t text_cut(struct str s, int n)
{
    size_t i = 0;
    while (i < s.len && (n > 0 || is_continuation(s.p[i]))) {
        if (!is_continuation(s.p[i])) n--;
        i++;
    }
    return i;
}

void text_wrap(struct buf *out, struct str text, int width, int at, int indent)
{
    size_t i = 0;
    bool first = true;
    while (i < text.len) {
        size_t n = 0;
        while (i + n < text.len && text.p[i + n] != ' ' && text.p[i + n] != '\n') n++;
        int columns = text_columns((struct str){text.p + i, n});
        if (!first && width > 0 && at + 1 + columns > width) {
            buf_printf(out, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            buf_putc(out, ' ');
            at++;
        }
        size_t before = out->len;
        buf_put(out, text.p + i, n);
        text_clean(out, before);
        at += columns;
        i += n;
        while (i < text.len && (text.p[i] == ' ' || text.p[i] == '\n')) i++;
        first = false;
    }
}

/* Take columns away from the widest shrinkable column until the row fits. */
static void shrink(const struct table *t, int widths[], int excess)
{
    while (excess > 0) {
        int widest = -1;
        for (int c = 0; c < t->column_count; c++)
            if ((t->columns[c].flags & COLUMN_SHRINKS) != 0 && widths[c] > TABLE_SHRUNK_MIN &&
                (widest < 0 || widths[c] > widths[widest]))
                widest = c;
        if (widest < 0) return;
        widths[widest]--;
        excess--;
    }
}

/* Narrow the last column as far as it wraps; gives what is still too much. */
static int narrow(const struct table *t, int widths[], int excess)
{
    int last = t->column_count - 1;
    if ((t->columns[last].flags & COLUMN_WRAPS) == 0 || excess <= 0 ||
        widths[last] <= TABLE_WRAP_MIN)
        return excess;
    int spare = widths[last] - TABLE_WRAP_MIN;
    int taken = spare < excess ? spare : excess;
    widths[last] -= taken;
    return excess - taken;
}

enum { DROPPED = -1 }; /* in place of a width */

/* How much shrinking could take away. */
static int shrinkable(const struct table *t, const int widths[])
{
    int sum = 0;
    for (int c = 0; c < t->column_count; c++)
        if ((t->columns[c].flags & COLUMN_SHRINKS) != 0 && widths[c] > TABLE_SHRUNK_MIN)
            sum += widths[c] - TABLE_SHRUNK_MIN;
    return sum;
}

/* Leave columns with this flag out while the row is too long; gives what is still too much. */
static int drop(const struct table *t, int widths[], int excess, unsigned flag)
{
    for (int c = t->column_count - 1; c >= 0; c--) {
        if (excess <= (flag == COLUMN_SPARE ? shrinkable(t, widths) : 0)) break;
        if ((t->columns[c].flags & flag) == 0) continue;
        excess -= widths[c] + GAP;
        widths[c] = DROPPED;
    }
    return excess;
}

static void measure(const struct table *t, int width, int indent, bool header, int widths[])
{
    int total = indent + GAP * (t->column_count - 1);
    for (int c = 0; c < t->column_count; c++) {
        widths[c] = header ? text_columns(str_of(t->columns[c].title)) : 0;
        for (size_t i = (size_t)c; i < t->cell_count; i += (size_t)t->column_count) {
            int w = text_columns(t->cells[i].text);
            if (w > widths[c]) widths[c] = w;
        }
        total += widths[c];
    }
    if (width == 0) return;
    int excess = narrow(t, widths, drop(t, widths, total - width, COLUMN_DROPS));
    shrink(t, widths, drop(t, widths, excess, COLUMN_SPARE));
}

static void put_cell(struct buf *out, struct str text, int width, bool right, bool last)
{
    int columns = text_columns(text);
    if (columns > width) {
        buf_put(out, text.p, text_cut(text, width > 2 ? width - 2 : width));
        if (width > 2) buf_puts(out, "..");
        return;
    }
    int pad = width - columns;
    if (right) buf_printf(out, "%*s", pad, "");
    buf_put_str(out, text);
    if (!right && !last) buf_printf(out, "%*s", pad, "");
}

static void put_row(const struct table *t, struct buf *out, const struct table_cell *cells,
                    const int widths[], int indent, bool colour)
{
    int at = indent;
    buf_printf(out, "%*s", indent, "");
    for (int c = 0; c < t->column_count; c++) {
        bool last = c == t->column_count - 1;
        if (widths[c] == DROPPED) continue;
        struct str text = cells != NULL ? cells[c].text : str_of(t->columns[c].title);
        enum colour shade = cells != NULL ? cells[c].colour : COLOUR_BOLD;
        bool on = colour && shade != COLOUR_NONE;
        if (on) buf_puts(out, colour_begin(shade));
        unsigned flags = t->columns[c].flags;
        if ((flags & COLUMN_WRAPS) != 0)
            text_wrap(out, text, at + widths[c], at, at);
        else
            put_cell(out, text, widths[c], (flags & COLUMN_RIGHT) != 0, last);
        at += widths[c] + GAP;
        if (on) buf_puts(out, COLOUR_END);
        if (!last) buf_printf(out, "%*s", GAP, "");
    }
    while (!colour && out->len > 0 && out->p[out->len - 1] == ' ') out->len--;
    buf_putc(out, '\n');
}

void table_print(const struct table *t, struct buf *out, int width, int indent, bool header,
                 bool colour)
{
    ASSERT(t->cell_count % (size_t)t->column_count == 0);
    int widths[TABLE_COLUMNS_MAX];
    measure(t, width, indent, header, widths);
    if (header) put_row(t, out, NULL, widths, indent, colour);
    for (size_t i = 0; i < t->cell_count; i += (size_t)t->column_count)
        put_row(t, out, t->cells + i, widths, indent, colour);
}
