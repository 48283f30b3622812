#include "read/csv.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>

struct csv {
    FILE *file;
    const char *name;
    unsigned line; /* being read */
    unsigned row_line;
    unsigned at; /* bytes of the line that were read */
    bool cut; /* the last row read had no line end */
    struct buf bytes; /* the fields of the row, one after the other */
    size_t ends[CSV_FIELDS_MAX]; /* where each field ends in `bytes` */
    unsigned starts[CSV_FIELDS_MAX]; /* and begins in its line, from 1 */
    int count;
    struct buf header_bytes;
    size_t header_ends[CSV_FIELDS_MAX];
    int header_count;
};

static int next_byte(struct csv *c)
{
    c->at++;
    return getc(c->file);
}

static enum err fail(const struct csv *c, const char *why, struct errtext *error)
{
    return err_set(error, ERR_INVALID, "%s:%u: %s", c->name, c->line, why);
}

static enum err end_field(struct csv *c, struct errtext *error)
{
    if (c->count == CSV_FIELDS_MAX)
        return err_set(error, ERR_LIMIT, "%s:%u: more than %d fields", c->name, c->line,
                       (int)CSV_FIELDS_MAX);
    c->ends[c->count++] = c->bytes.len;
    return ERR_NONE;
}

static enum err put(struct csv *c, int byte, struct errtext *error)
{
    if (byte == '\0') return fail(c, "a NUL byte", error);
    if (c->bytes.len == CSV_ROW_BYTES_MAX)
        return err_set(error, ERR_LIMIT, "%s:%u: a row of more than %d bytes", c->name, c->line,
                       (int)CSV_ROW_BYTES_MAX);
    buf_putc(&c->bytes, (char)byte);
    return ERR_NONE;
}

/* The byte behind the field that begins with `byte`: ',', '\n' or EOF. CRLF counts as '\n'. */
static enum err take_plain(struct csv *c, int byte, int *after_out, struct errtext *error)
{
    for (;; byte = next_byte(c)) {
        if (byte == '\r') {
            byte = next_byte(c);
            if (byte != '\n') return fail(c, "a carriage return inside a line", error);
        }
        if (byte == ',' || byte == '\n' || byte == EOF) break;
        if (byte == '"') return fail(c, "a quote inside a field that has none around it", error);
        enum err e = put(c, byte, error);
        if (e != ERR_NONE) return e;
    }
    *after_out = byte;
    return ERR_NONE;
}

static enum err take_quoted(struct csv *c, int *after_out, struct errtext *error)
{
    for (;;) {
        int byte = next_byte(c);
        if (byte == EOF) return fail(c, "a quote is not closed", error);
        if (byte == '"') {
            byte = next_byte(c);
            if (byte == '\r') byte = next_byte(c);
            if (byte == ',' || byte == '\n' || byte == EOF) {
                *after_out = byte;
                return ERR_NONE;
            }
            if (byte != '"') return fail(c, "text behind a closing quote", error);
        }
        if (byte == '\n') {
            c->line++;
            c->at = 0;
        }
        enum err e = put(c, byte, error);
        if (e != ERR_NONE) return e;
    }
}

/* Read one row of any length; count 0 at the end of the file. */
static enum err take_row(struct csv *c, struct errtext *error)
{
    int byte;
    buf_clear(&c->bytes);
    c->count = 0;
    do {
        c->at = 0;
        byte = next_byte(c);
        c->line++;
        if (byte == '\r') byte = next_byte(c);
    } while (byte == '\n');
    c->row_line = c->line;
    if (byte == EOF) goto end;
    for (;;) {
        if (c->count < CSV_FIELDS_MAX) c->starts[c->count] = c->at;
        enum err e = byte == '"' ? take_quoted(c, &byte, error) : take_plain(c, byte, &byte, error);
        if (e == ERR_NONE) e = end_field(c, error);
        if (e != ERR_NONE) return e;
        if (byte != ',') break;
        byte = next_byte(c);
    }
    c->cut = byte == EOF;
    if (!str_is_utf8(buf_str(&c->bytes))) return fail(c, "not valid UTF-8", error);
end:
    if (ferror(c->file))
        return err_set(error, ERR_IO, "%s: cannot be read: %s", c->name, strerror(errno));
    return ERR_NONE;
}

bool csv_skip_mark(FILE *file)
{
    int byte = getc(file);
    if (byte == 0xEF && getc(file) == 0xBB && getc(file) == 0xBF) return true;
    if (byte == 0xEF) return fseeko(file, 0, SEEK_SET) == 0;
    return byte == EOF || ungetc(byte, file) == byte;
}

enum err csv_new(FILE *file, const char *name, struct csv **out, struct errtext *error)
{
    struct csv *c = mem_alloc(1, sizeof *c);
    c->file = file;
    c->name = name;
    enum err e = csv_skip_mark(file)
                     ? take_row(c, error)
                     : err_set(error, ERR_INVALID, "%s: no header begins in this way", name);
    if (e == ERR_NONE && c->count == 0)
        e = err_set(error, ERR_INVALID, "%s: the file is empty; it needs a header row", name);
    if (e != ERR_NONE) {
        csv_free(c);
        return e;
    }
    c->header_bytes = c->bytes;
    c->bytes = (struct buf){0};
    c->header_count = c->count;
    memcpy(c->header_ends, c->ends, sizeof c->ends);
    *out = c;
    return ERR_NONE;
}

void csv_free(struct csv *c)
{
    if (c == NULL) return;
    buf_release(&c->bytes);
    buf_release(&c->header_bytes);
    mem_free(c);
}

static struct str field_of(const struct buf *bytes, const size_t *ends, int i)
{
    size_t from = i > 0 ? ends[i - 1] : 0;
    return (struct str){bytes->p != NULL ? bytes->p + from : "", ends[i] - from};
}

int csv_column(const struct csv *c, const char *header)
{
    for (int i = 0; i < c->header_count; i++)
        if (str_eqz(field_of(&c->header_bytes, c->header_ends, i), header)) return i;
    return -1;
}

int csv_columns(const struct csv *c)
{
    return c->header_count;
}

struct str csv_header(const struct csv *c, int column)
{
    ASSERT(column >= 0 && column < c->header_count);
    return field_of(&c->header_bytes, c->header_ends, column);
}

enum err csv_next(struct csv *c, bool *more_out, struct errtext *error)
{
    enum err e = take_row(c, error);
    if (e != ERR_NONE) return e;
    *more_out = c->count > 0;
    if (c->count > 0 && c->count != c->header_count)
        return err_set(error, ERR_INVALID, "%s:%u: %d fields, but the header has %d%s", c->name,
                       c->row_line, c->count, c->header_count,
                       c->cut ? "; the file ends inside this line" : "");
    return ERR_NONE;
}

struct str csv_field(const struct csv *c, int column)
{
    if (column < 0) return (struct str){0};
    ASSERT(column < c->count);
    return field_of(&c->bytes, c->ends, column);
}

unsigned csv_line(const struct csv *c)
{
    return c->row_line;
}

unsigned csv_position(const struct csv *c, int column)
{
    return column >= 0 && column < c->count ? c->starts[column] : 1;
}

bool csv_is_cut(const struct csv *c)
{
    return c->cut;
}
