#include "read/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* All rows as "line:field|field;", or the error. */
static void read_all(const char *text, size_t len, struct buf *out)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, len, "r");
    assert_non_null(file);
    struct csv *c = NULL;
    struct errtext error = {""};
    enum err e = csv_new(file, "f", &c, &error);
    bool more = e == ERR_NONE;
    buf_puts(out, "");
    while (more) {
        e = csv_next(c, &more, &error);
        if (e != ERR_NONE || !more) break;
        buf_printf(out, "%u:", csv_line(c));
        for (int i = 0; i < 2; i++) {
            if (i > 0) buf_putc(out, '|');
            buf_put_str(out, csv_field(c, i));
        }
        buf_putc(out, ';');
    }
    if (e != ERR_NONE) buf_printf(out, "%s", error.s);
    csv_free(c);
    fclose(file);
}

static void rows_are_read_as_rfc_4180_has_them(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a,b\n", ""},
        {"a,b\n1,2\n", "2:1|2;"},
        {"a,b\r\n1,2\r\n3,4", "2:1|2;3:3|4;"},
        {"a,b\n\n1,2\n\r\n\n3,4\n", "3:1|2;6:3|4;"},
        {"a,b\n,\n", "2:|;"},
        {"a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "2:x,y|say \"hi\";"},
        {"a,b\n\"two\nlines\",1\n2,3\n", "2:two\nlines|1;4:2|3;"},
        {"a,b\n\"\",\"\"\n", "2:|;"},
        {"a,b\n1,2\n3\n", "2:1|2;f:3: 1 fields, but the header has 2"},
        {"a,b\n1,2,3\n", "f:2: 3 fields, but the header has 2"},
        {"a,b\n1,x\"y\n", "f:2: a quote inside a field that has none around it"},
        {"a,b\n1,\"x\"y\n", "f:2: text behind a closing quote"},
        {"a,b\n1,\"x\n", "f:3: a quote is not closed"},
        {"a,b\n1,\xff\n", "f:2: not valid UTF-8"},
        {"a,b\n1\r,2\n", "f:2: a carriage return inside a line"},
        {"\xef\xbb\xbf\"a\",b\n1,2\n", "2:1|2;"},
        {"\xef\xbb\xbf", "f: the file is empty; it needs a header row"},
        {"\xef\xbc\xa1,b\n1,2\n", "2:1|2;"},
        {"\xef", "f:1: not valid UTF-8"},
        {"\n", "f: the file is empty; it needs a header row"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        read_all(rows[i].in, strlen(rows[i].in), &out);
        assert_string_equal(out.p, rows[i].out);
        buf_release(&out);
    }
    struct buf out = {0};
    read_all("a,b\n1,\0\n", 8, &out);
    assert_string_equal(out.p, "f:2: a NUL byte");
    buf_release(&out);
}

static void limits_are_kept(void **state)
{
    (void)state;
    struct buf in = {0}, out = {0};
    for (int i = 0; i <= CSV_FIELDS_MAX; i++) buf_puts(&in, "x,");
    read_all(in.p, in.len, &out);
    assert_string_equal(out.p, "f:1: more than 256 fields");
    buf_clear(&in);
    buf_clear(&out);
    buf_puts(&in, "a,b\n1,\"");
    for (int i = 0; i <= CSV_ROW_BYTES_MAX; i++) buf_putc(&in, 'x');
    read_all(in.p, in.len, &out);
    assert_string_equal(out.p, "f:2: a row of more than 1048576 bytes");
    buf_release(&in);
    buf_release(&out);
}

static void columns_are_found_by_header(void **state)
{
    (void)state;
    static const char text[] = "id,name\n1,x\n";
    FILE *file = fmemopen((void *)(uintptr_t)text, sizeof text - 1, "r");
    struct csv *c = NULL;
    bool more = false;
    assert_int_equal(csv_new(file, "f", &c, NULL), ERR_NONE);
    assert_int_equal(csv_column(c, "name"), 1);
    assert_int_equal(csv_column(c, "zip"), -1);
    assert_int_equal(csv_next(c, &more, NULL), ERR_NONE);
    assert_true(str_eqz(csv_field(c, csv_column(c, "name")), "x"));
    assert_int_equal(csv_field(c, -1).len, 0);
    csv_free(c);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_as_rfc_4180_has_them),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(columns_are_found_by_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
