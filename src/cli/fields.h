/* fields.h - Slurm's output formats: rows printed through a table of named fields.
 *
 * Three dialects choose fields and widths:
 *   percent   squeue and sinfo -o: "%[[.]width]letter", other characters stand as they are. A value
 *             is cut to its width; a point aligns it right; '#' in place of the width takes the
 *             widest value. "%all" is every field that has a letter, with bars between them.
 *   long      squeue and sinfo -O: "name[:[.]width][,...]"; 20 columns where none are given.
 *   account   sacct -o: "name[%[-]width][,...]"; right-aligned, '-' left; a cut value ends in '+'.
 * A program's fields are a table of `struct field`; its getters append a value to a buffer. */
#ifndef BERTH_CLI_FIELDS_H
#define BERTH_CLI_FIELDS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    FORMAT_ITEMS_MAX = 96,
    FORMAT_WIDTH_MAX = 4096,
    FORMAT_FIT_MIN = 9
}; /* FIT: Slurm's, of '#' */

enum { FIELD_WHOLE = 1 }; /* never cut, as Slurm prints times: half an instant would mislead */

struct field {
    char letter; /* of the percent dialect; 0 none */
    const char *name; /* of the long and account dialects; compared without case; NULL none */
    const char *header; /* as Slurm prints it */
    int width; /* account dialect: where none is given; negative: to the left. Percent and long
                  dialects: FIELD_WHOLE, or 0 */
    void (*put)(const void *row, const void *env, struct buf *out);
};

struct format_item {
    struct str before; /* literal text before the value; borrowed from the format's text */
    const struct field *field;
    int width; /* 0: as long as the value */
    bool right, fits; /* fits: as wide as the widest value */
};

struct format {
    struct format_item items[FORMAT_ITEMS_MAX];
    int count;
    struct str after; /* literal text at the end */
    char separator; /* of the styles with bars; '|' unless changed */
};

/* Parse `text` (borrowed: it must outlive the format). ERR_INVALID names the wrong field and lists
 * those that there are; ERR_LIMIT at FORMAT_ITEMS_MAX. */
enum err format_percent(struct str text, const struct field *fields, size_t count,
                        struct format *out, struct errtext *error);
enum err format_long(struct str text, const struct field *fields, size_t count, struct format *out,
                     struct errtext *error);
enum err format_account(struct str text, const struct field *fields, size_t count,
                        struct format *out, struct errtext *error);

/* Set the width of items that fit to the widest of `rows` (an array of `count` pointers). */
void format_fit(struct format *f, const void *const *rows, size_t count, const void *env,
                bool header);

/* Print the names of all fields, four a line (--helpformat); gives the exit code. */
int fields_list(const char *command, const struct field *fields, size_t count);

enum format_style {
    STYLE_CUT, /* values cut at their width */
    STYLE_PLUS, /* account: cut values end in '+', a blank after each */
    STYLE_BARS, /* account -p: values whole, '|' after each */
    STYLE_BARS_BETWEEN, /* account -P: values whole, '|' between them */
};

void format_header(const struct format *f, enum format_style style, struct buf *out);
/* The line of dashes under the account dialect's header. */
void format_rule(const struct format *f, struct buf *out);
void format_row(const struct format *f, enum format_style style, const void *row, const void *env,
                struct buf *out);

#endif
