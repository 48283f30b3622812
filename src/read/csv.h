/* csv.h - a bounded reader of comma-separated values as RFC 4180 has them, row by row.
 *
 * The first row names the columns; every other row has as many fields. Fields in double quotes may
 * hold commas, line ends and doubled quotes. Lines end with LF or CRLF; a last line may lack its
 * end; empty lines are skipped, and so is a byte order mark at the beginning. Refused by line: a
 * quote inside an unquoted field, text behind a closing quote, an open quote at the end, NUL,
 * invalid UTF-8, a row of another length, and anything over the limits. */
#ifndef BERTH_READ_CSV_H
#define BERTH_READ_CSV_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdio.h>

enum {
    CSV_FIELDS_MAX = 256, /* columns */
    CSV_ROW_BYTES_MAX = 1024 * 1024, /* bytes of one row's fields: rows of data have under 2 kB */
};

struct csv;

/* Pass over the UTF-8 byte order mark (EF BB BF) that spreadsheets put at the beginning of a file;
 * csv_new does so itself. False: the first byte begins another character, and the file is a pipe.
 */
bool csv_skip_mark(FILE *file);

/* Read from `file` (borrowed, as is `name`, which messages show) and take its header row. */
enum err csv_new(FILE *file, const char *name, struct csv **out, struct errtext *error);
void csv_free(struct csv *c); /* NULL is allowed */

/* Index of a column by its header, or -1. */
int csv_column(const struct csv *c, const char *header);
/* How many columns there are, and their headers; borrowed. */
int csv_columns(const struct csv *c);
struct str csv_header(const struct csv *c, int column);

/* Read the next row; *more_out is false at the end. */
enum err csv_next(struct csv *c, bool *more_out, struct errtext *error);
/* A field of the row, valid until the next csv_next; "" for column -1. */
struct str csv_field(const struct csv *c, int column);
/* The line on which the row begins, from 1. */
unsigned csv_line(const struct csv *c);
/* The byte of its line, from 1, at which a field of the row begins; 1 for column -1. */
unsigned csv_position(const struct csv *c, int column);
/* The last row read had no line end: it is the file's last, and perhaps cut off. */
bool csv_is_cut(const struct csv *c);

#endif
