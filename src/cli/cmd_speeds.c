/* berth speeds: the tables of measured speeds, by which costs are reckoned. */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/table.h"
#include "perf/speeds.h"
#include "read/json_visit.h"
#include "store/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OPT_JSON = OPTION_LONG, OPT_ADOPT };
enum { TABLE_BYTES_MAX = 8 * 1024 * 1024 }; /* SPEED_ROWS_MAX rows have some 3 MB */

const struct cli_option speeds_options[] = {
    {OPT_ADOPT, "adopt", "FILE", "take this table (CSV) over those that come with Berth"},
    {OPT_JSON, "json", NULL, "the API's JSON"},
    {0},
};

static enum err read_reply(struct api *a, struct speeds *out)
{
    struct json_reader r;
    json_reader_init(&r, a->json, &a->arena);
    if (visit_map(&r.v, NULL, false)) {
        visit_speeds(&r.v, out);
        visit_map_end(&r.v);
    }
    enum err code = json_reader_finish(&r, &a->error);
    if (code == ERR_NONE) return ERR_NONE;
    return err_prefix(&a->error, ERR_CORRUPT, "the daemon's reply is not understood");
}

static enum err adopt(struct api *a, const char *path)
{
    struct buf bytes = {0}, url = {0};
    const char *slash = strrchr(path, '/');
    enum err code = file_read(path, TABLE_BYTES_MAX, &bytes, &a->error);
    buf_puts(&url, "/v1/speeds");
    url_put_query(&url, "name", str_of(slash != NULL ? slash + 1 : path));
    struct request r = {
        .method = "POST", .path = url.p, .body = buf_str(&bytes), .type = "text/csv"};
    if (code == ERR_NONE) code = client_json(&a->client, &r, &a->json, &a->error);
    buf_release(&bytes);
    buf_release(&url);
    return code;
}

static bool is_asked(struct str type, struct str part)
{
    return part.len == 0 || (type.len > 0 && memmem(type.p, type.len, part.p, part.len) != NULL);
}

/* "0.347222": no zeros at the end. */
static void add_decimal(struct table *t, int64_t value, int64_t one)
{
    char text[40];
    int digits = one == 1000 ? 3 : 6;
    int n = snprintf(text, sizeof text, "%" PRId64 ".%0*" PRId64, value / one, digits, value % one);
    while (text[n - 1] == '0') text[--n] = '\0';
    if (text[n - 1] == '.') text[--n] = '\0';
    table_add(t, str_of(text));
}

static void print_speeds(const struct speeds *s, struct str part)
{
    static const struct table_column columns[] = {
        {"TYPE", COLUMN_SHRINKS},  {"CHIP", COLUMN_PLAIN},   {"CHIPS", COLUMN_RIGHT},
        {"STEPS/S", COLUMN_RIGHT}, {"SOURCE", COLUMN_DROPS},
    };
    static const struct table_column type_columns[] = {
        {"TYPE", COLUMN_SHRINKS}, {"FLOP/BYTE", COLUMN_RIGHT}, {"SOURCE", COLUMN_DROPS}};
    struct table t, types;
    struct buf out = {0};
    table_init(&t, columns, sizeof columns / sizeof *columns);
    table_init(&types, type_columns, sizeof type_columns / sizeof *type_columns);
    for (uint32_t i = 0; i < s->row_count; i++) {
        const struct speed_row *r = &s->rows[i];
        if (!is_asked(r->type, part)) continue;
        table_add(&t, r->type);
        table_add(&t, r->chip);
        table_addf(&t, "%" PRIu32, r->chips);
        add_decimal(&t, r->usteps_per_s, 1000000);
        table_add(&t, r->source);
    }
    for (uint32_t i = 0; i < s->type_count; i++) {
        const struct speed_type *x = &s->types[i];
        if (!is_asked(x->type, part)) continue;
        table_add(&types, x->type);
        add_decimal(&types, x->mflop_per_byte, 1000);
        table_add(&types, x->source);
    }
    if (t.cell_count > 0) table_print(&t, &out, say_width(), 0, true, say_in_colour());
    if (t.cell_count > 0 && types.cell_count > 0) buf_putc(&out, '\n');
    if (types.cell_count > 0) table_print(&types, &out, say_width(), 0, true, say_in_colour());
    if (out.len == 0) buf_puts(&out, "no speed of such a type is known\n");
    say_buf(&out, stdout);
    buf_release(&out);
    table_release(&t);
    table_release(&types);
}

int cmd_speeds(int argc, char **argv)
{
    struct args args;
    const char *path = NULL;
    bool json = false;
    args_init(&args, argc, argv, speeds_options, false);
    for (int id; (id = args_next(&args)) != ARGS_END;) {
        if (id == ARGS_STOP) return args.exit_code;
        if (id == OPT_ADOPT)
            path = args.value;
        else
            json = true;
    }
    if (args_count(&args) > (path == NULL))
        return say_error(argv[0], "name one type, or a part of its name: berth speeds ResNet");
    struct api a;
    struct speeds s = {0};
    int exit_code = api_open(&a, argv[0]);
    if (exit_code != EXIT_DONE) return exit_code;
    enum err code = path != NULL ? adopt(&a, path) : api_call(&a, "GET", "/v1/speeds", NULL);
    if (code == ERR_NONE) code = read_reply(&a, &s);
    if (code != ERR_NONE) return api_fail(&a, code);
    if (json)
        api_print_json(&a);
    else if (path != NULL)
        printf("%" PRIu32 " speeds and %" PRIu32 " types are in force\n", s.row_count,
               s.type_count);
    else
        print_speeds(&s, args_count(&args) > 0 ? str_of(args_operands(&args)[0]) : STR(""));
    return api_close(&a, say_end(argv[0], EXIT_DONE));
}
