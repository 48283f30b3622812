#include "cli/fields.h"

#include "base/check.h"
#include "cli/lists.h"
#include "cli/say.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LONG_WIDTH = 20 };

static const struct field *by_letter(const struct field *fields, size_t count, char letter)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].letter == letter) return &fields[i];
    return NULL;
}

static const struct field *by_name(const struct field *fields, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].name != NULL && strlen(fields[i].name) == name.len &&
            strncasecmp(fields[i].name, name.p, name.len) == 0)
            return &fields[i];
    return NULL;
}

static enum err no_letter(const struct field *fields, size_t count, char letter,
                          struct errtext *error)
{
    char list[2 * 64 + 1] = "";
    size_t n = 0;
    for (size_t i = 0; i < count && n + 2 < sizeof list; i++) {
        if (fields[i].letter == '\0') continue;
        list[n++] = ' ';
        list[n++] = fields[i].letter;
        list[n] = '\0';
    }
    return err_set(error, ERR_INVALID, "the format has no field %%%c; there are:%s", letter, list);
}

static enum err no_name(const struct field *fields, size_t count, struct str name,
                        struct errtext *error)
{
    struct buf list = {0};
    for (size_t i = 0; i < count; i++)
        if (fields[i].name != NULL) buf_printf(&list, " %s", fields[i].name);
    enum err code = err_set(error, ERR_INVALID, "there is no field '" STR_FMT "'; there are:%s",
                            STR_ARG(name), list.p != NULL ? list.p : "");
    buf_release(&list);
    return code;
}

int fields_list(const char *command, const struct field *fields, size_t count)
{
    size_t printed = 0;
    for (size_t i = 0; i < count; i++)
        if (fields[i].name != NULL)
            printf("%-20s%s", fields[i].name, ++printed % 4 == 0 ? "\n" : "");
    if (printed % 4 != 0) putchar('\n');
    return say_end(command, EXIT_DONE);
}

static struct format_item *add_item(struct format *f, struct errtext *error)
{
    if (f->count < FORMAT_ITEMS_MAX) return &f->items[f->count++];
    err_set(error, ERR_LIMIT, "the format has more than %d fields", FORMAT_ITEMS_MAX);
    return NULL;
}

/* Read a width at *i; false when it is over FORMAT_WIDTH_MAX. */
static bool take_width(struct str s, size_t *i, int *width_out)
{
    int width = 0;
    while (*i < s.len && s.p[*i] >= '0' && s.p[*i] <= '9') {
        width = width * 10 + (s.p[(*i)++] - '0');
        if (width > FORMAT_WIDTH_MAX) return false;
    }
    *width_out = width;
    return true;
}

static enum err too_wide(struct errtext *error)
{
    return err_set(error, ERR_LIMIT, "a width in the format is over %d", FORMAT_WIDTH_MAX);
}

/* "%all". */
static enum err add_all(const struct field *fields, size_t count, struct str before,
                        struct format *out, struct errtext *error)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].letter == '\0') continue;
        struct format_item *item = add_item(out, error);
        if (item == NULL) return ERR_LIMIT;
        *item = (struct format_item){.before = before, .field = &fields[i]};
        before = STR("|");
    }
    return ERR_NONE;
}

enum err format_percent(struct str text, const struct field *fields, size_t count,
                        struct format *out, struct errtext *error)
{
    *out = (struct format){.separator = '|'};
    size_t literal = 0;
    for (size_t i = 0; i < text.len;) {
        if (text.p[i] != '%') {
            i++;
            continue;
        }
        struct str before = {text.p + literal, i - literal};
        i++;
        if (text.len - i >= 3 && memcmp(text.p + i, "all", 3) == 0) {
            enum err code = add_all(fields, count, before, out, error);
            if (code != ERR_NONE) return code;
            literal = i += 3;
            continue;
        }
        struct format_item *item = add_item(out, error);
        if (item == NULL) return ERR_LIMIT;
        item->before = before;
        if (i < text.len && text.p[i] == '#') {
            item->fits = true;
            i++;
        }
        if (i < text.len && text.p[i] == '.') {
            item->right = true;
            i++;
        }
        if (!take_width(text, &i, &item->width)) return too_wide(error);
        char letter = '%';
        if (i < text.len) letter = text.p[i++];
        item->field = by_letter(fields, count, letter);
        if (item->field == NULL) return no_letter(fields, count, letter, error);
        literal = i;
    }
    out->after = (struct str){text.p + literal, text.len - literal};
    return ERR_NONE;
}

/* "name", then `mark` and a width with an optional `flag` ('.' right, '-' left). */
static enum err parse_named(struct str word, char mark, char flag, const struct field *fields,
                            size_t count, struct format *out, struct errtext *error)
{
    size_t n = 0;
    while (n < word.len && word.p[n] != mark) n++;
    struct str name = {word.p, n};
    struct format_item *item = add_item(out, error);
    if (item == NULL) return ERR_LIMIT;
    item->field = by_name(fields, count, name);
    if (item->field == NULL) return no_name(fields, count, name, error);
    bool flagged = false;
    if (n < word.len) {
        n++;
        flagged = n < word.len && word.p[n] == flag;
        if (flagged) n++;
        if (!take_width(word, &n, &item->width)) return too_wide(error);
        if (n < word.len)
            return err_set(error, ERR_INVALID, "'" STR_FMT "' is not NAME%c[%c]WIDTH",
                           STR_ARG(word), mark, flag);
    }
    if (mark == ':') {
        item->right = flagged;
        if (item->width == 0) item->width = LONG_WIDTH;
    } else {
        int usual = item->field->width;
        item->right = !flagged && (item->width > 0 || usual >= 0);
        if (item->width == 0) item->width = usual < 0 ? -usual : usual;
    }
    return ERR_NONE;
}

static enum err parse_list(struct str text, char mark, char flag, const struct field *fields,
                           size_t count, struct format *out, struct errtext *error)
{
    *out = (struct format){.separator = '|'};
    struct str word;
    while (list_next(&text, &word)) {
        enum err code = parse_named(word, mark, flag, fields, count, out, error);
        if (code != ERR_NONE) return code;
    }
    if (out->count == 0) return err_set(error, ERR_INVALID, "the format names no field");
    return ERR_NONE;
}

enum err format_long(struct str text, const struct field *fields, size_t count, struct format *out,
                     struct errtext *error)
{
    return parse_list(text, ':', '.', fields, count, out, error);
}

enum err format_account(struct str text, const struct field *fields, size_t count,
                        struct format *out, struct errtext *error)
{
    return parse_list(text, '%', '-', fields, count, out, error);
}

void format_fit(struct format *f, const void *const *rows, size_t count, const void *env,
                bool header)
{
    struct buf value = {0};
    for (int i = 0; i < f->count; i++) {
        struct format_item *item = &f->items[i];
        if (!item->fits) continue;
        size_t widest = header ? strlen(item->field->header) : 0;
        if (widest < FORMAT_FIT_MIN) widest = FORMAT_FIT_MIN;
        for (size_t r = 0; r < count; r++) {
            buf_clear(&value);
            item->field->put(rows[r], env, &value);
            size_t columns = (size_t)text_columns(buf_str(&value));
            if (columns > widest) widest = columns;
        }
        item->width = widest > FORMAT_WIDTH_MAX ? FORMAT_WIDTH_MAX : (int)widest;
    }
    buf_release(&value);
}

static void put_value(const struct format_item *item, enum format_style style, bool whole,
                      struct str value, struct buf *out)
{
    size_t width = (size_t)item->width;
    if (style == STYLE_BARS || style == STYLE_BARS_BETWEEN || width == 0) {
        buf_put_str(out, value);
        return;
    }
    size_t columns = (size_t)text_columns(value);
    if (columns > width && whole) {
        buf_put_str(out, value);
        return;
    }
    if (columns > width) {
        bool plus = style == STYLE_PLUS;
        buf_put(out, value.p, text_cut(value, item->width - plus));
        if (plus) buf_putc(out, '+');
        return;
    }
    int pad = (int)(width - columns);
    if (item->right) buf_printf(out, "%*s", pad, "");
    buf_put_str(out, value);
    if (!item->right) buf_printf(out, "%*s", pad, "");
}

static void put_row(const struct format *f, enum format_style style, const void *row,
                    const void *env, struct buf *out)
{
    struct buf value = {0};
    for (int i = 0; i < f->count; i++) {
        const struct format_item *item = &f->items[i];
        buf_put_str(out, item->before);
        buf_clear(&value);
        if (row == NULL)
            buf_puts(&value, item->field->header);
        else
            item->field->put(row, env, &value);
        text_clean(&value, 0);
        bool whole = style == STYLE_CUT && item->field->width == FIELD_WHOLE && row != NULL;
        put_value(item, style, whole, buf_str(&value), out);
        if (style == STYLE_PLUS) buf_putc(out, ' ');
        if (style == STYLE_BARS || (style == STYLE_BARS_BETWEEN && i + 1 < f->count))
            buf_putc(out, f->separator);
    }
    buf_put_str(out, f->after);
    buf_putc(out, '\n');
    buf_release(&value);
}

void format_header(const struct format *f, enum format_style style, struct buf *out)
{
    put_row(f, style, NULL, NULL, out);
}

void format_rule(const struct format *f, struct buf *out)
{
    for (int i = 0; i < f->count; i++) {
        for (int w = 0; w < f->items[i].width; w++) buf_putc(out, '-');
        buf_putc(out, ' ');
    }
    buf_putc(out, '\n');
}

void format_row(const struct format *f, enum format_style style, const void *row, const void *env,
                struct buf *out)
{
    ASSERT(row != NULL);
    put_row(f, style, row, env, out);
}
