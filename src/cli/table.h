/* table.h - a table for people: columns sized to their cells and to the terminal.
 *
 * When the table is wider than the page, columns that may drop are left out, a last column that
 * wraps is narrowed to TABLE_WRAP_MIN, and the widest columns that may shrink are cut evenly, their
 * cells ending in ".."; where that cannot suffice, columns that can be spared are left out, too.
 * Widths count code points, not bytes. */
#ifndef BERTH_CLI_TABLE_H
#define BERTH_CLI_TABLE_H

#include "base/arena.h"
#include "base/str.h"
#include "cli/say.h"

enum { TABLE_COLUMNS_MAX = 16, TABLE_SHRUNK_MIN = 6, TABLE_WRAP_MIN = 30 };

enum table_flag {
    COLUMN_PLAIN = 0,
    COLUMN_RIGHT = 1, /* numbers */
    COLUMN_SHRINKS = 2, /* may be cut to fit the page */
    COLUMN_DROPS = 8, /* left out where the page is too narrow; the last such first */
    COLUMN_WRAPS = 4, /* last column only: goes on in further lines, and is never cut */
    COLUMN_SPARE = 16, /* left out where cutting others does not suffice; the last such first */
};

struct table_column {
    const char *title;
    unsigned flags; /* of enum table_flag */
};

struct table_cell {
    struct str text;
    enum colour colour;
};

struct table {
    const struct table_column *columns;
    int column_count;
    struct table_cell *cells; /* row after row */
    size_t cell_count, cell_cap;
    struct arena arena;
};

/* `columns` is borrowed until release. */
void table_init(struct table *t, const struct table_column *columns, int count);
void table_release(struct table *t);

/* Cells are added from left to right, row after row; the text is copied. */
void table_add(struct table *t, struct str text);
void table_add_colour(struct table *t, enum colour c, struct str text);
void table_addf(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Print to `out`. `width` 0: never cut. `indent` blanks stand before each line. */
void table_print(const struct table *t, struct buf *out, int width, int indent, bool header,
                 bool colour);

/* Append words wrapped at `width` (0: not wrapped), further lines indented by `indent`. The last
 * line of `out` is taken to be `at` columns long; no line end is put behind the text. */
void text_wrap(struct buf *out, struct str text, int width, int at, int indent);
/* Replace by '?' from byte `from` on what could steer a terminal, break a line or show it in
 * another order than it has: names and comments come from other users. That is C0 and C1 controls,
 * DEL, line and paragraph separators, the embeddings, overrides and isolates of bidirectional text
 * (Unicode TR36, 2.9), and bytes that are not UTF-8. The text may become shorter. */
void text_clean(struct buf *text, size_t from);
/* The same, but line ends and tabs stay: for a whole page or message. */
void text_clean_page(struct buf *text, size_t from);
/* Code points in UTF-8 text. */
int text_columns(struct str s);
/* The bytes of the first `n` code points. */
size_t text_cut(struct str s, int n);

#endif
