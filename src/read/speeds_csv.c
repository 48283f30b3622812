#include "read/speeds_csv.h"

#include "base/money.h"
#include "read/csv.h"

#include <errno.h>
#include <string.h>

struct loader {
    struct csv *csv;
    const char *name;
    struct arena *arena;
    struct errtext *error;
};

static struct str cell(const struct loader *l, const char *header)
{
    return csv_field(l->csv, csv_column(l->csv, header));
}

static enum err bad_cell(const struct loader *l, const char *header, const char *wanted)
{
    return err_set(l->error, ERR_INVALID, "%s:%u: column %s: '" STR_FMT "' is not %s", l->name,
                   csv_line(l->csv), header, STR_ARG(cell(l, header)), wanted);
}

/* One row checked by itself, so that a fault is told with its line. */
static enum err checked(const struct loader *l, const struct speeds *one)
{
    struct errtext why;
    enum err e = speeds_check(one, &why);
    if (e == ERR_NONE) return ERR_NONE;
    const char *text = strstr(why.s, "row 1: ");
    return err_set(l->error, e, "%s:%u: %s", l->name, csv_line(l->csv),
                   text != NULL ? text + 7 : why.s);
}

static enum err take_speed(const struct loader *l, struct speed_row *r)
{
    uint64_t chips = 0;
    struct str count = cell(l, "chips");
    if (!str_to_u64(count, &chips) || chips > UINT32_MAX)
        return bad_cell(l, "chips", "a whole number");
    /* Six decimals: the same form as money. */
    if (!money_parse(cell(l, "steps_per_s"), &r->usteps_per_s))
        return bad_cell(l, "steps_per_s", "a number with at most six decimals");
    r->type = str_copy(l->arena, cell(l, "type"));
    r->chip = str_copy(l->arena, cell(l, "chip"));
    r->source = str_copy(l->arena, cell(l, "source"));
    r->chips = (uint32_t)chips;
    return checked(l, &(struct speeds){.rows = r, .row_count = 1});
}

static enum err take_type(const struct loader *l, struct speed_type *t)
{
    int64_t micro = 0;
    if (!money_parse(cell(l, "flop_per_byte"), &micro) || micro % 1000 != 0)
        return bad_cell(l, "flop_per_byte", "a number with at most three decimals");
    t->type = str_copy(l->arena, cell(l, "type"));
    t->source = str_copy(l->arena, cell(l, "source"));
    t->mflop_per_byte = micro / 1000;
    return checked(l, &(struct speeds){.types = t, .type_count = 1});
}

/* Room for the rows of before and as many as one event may hold. */
static void make_room(const struct speeds *from, struct arena *arena, struct speeds *to)
{
    *to = *from;
    to->rows = ARENA_ARRAY(arena, from->row_count + SPEED_ROWS_MAX, struct speed_row);
    to->types = ARENA_ARRAY(arena, from->type_count + SPEED_TYPES_MAX, struct speed_type);
    if (from->row_count > 0) memcpy(to->rows, from->rows, from->row_count * sizeof *to->rows);
    if (from->type_count > 0) memcpy(to->types, from->types, from->type_count * sizeof *to->types);
}

static enum err take_rows(const struct loader *l, const struct speeds *from, struct speeds *to)
{
    bool is_speeds = csv_column(l->csv, "steps_per_s") >= 0;
    for (;;) {
        bool more = false;
        enum err e = csv_next(l->csv, &more, l->error);
        if (e != ERR_NONE || !more) return e;
        uint32_t taken =
            is_speeds ? to->row_count - from->row_count : to->type_count - from->type_count;
        if (taken == (is_speeds ? SPEED_ROWS_MAX : SPEED_TYPES_MAX))
            return err_set(l->error, ERR_LIMIT, "%s: more than %u rows", l->name, taken);
        e = is_speeds ? take_speed(l, &to->rows[to->row_count++])
                      : take_type(l, &to->types[to->type_count++]);
        if (e != ERR_NONE) return e;
    }
}

static enum err check_columns(const struct loader *l)
{
    static const char *const speeds[] = {"type", "chip", "chips", "steps_per_s", "source", NULL};
    static const char *const types[] = {"type", "flop_per_byte", "source", NULL};
    const char *const *needed = csv_column(l->csv, "flop_per_byte") >= 0 ? types : speeds;
    for (size_t i = 0; needed[i] != NULL; i++)
        if (csv_column(l->csv, needed[i]) < 0)
            return err_set(l->error, ERR_INVALID, "%s: column %s is missing", l->name, needed[i]);
    return ERR_NONE;
}

enum err speeds_read(FILE *file, const char *name, struct arena *arena, struct speeds *into,
                     struct errtext *error)
{
    struct loader l = {.name = name, .arena = arena, .error = error};
    struct speeds all;
    enum err e = csv_new(file, name, &l.csv, error);
    if (e == ERR_NONE) e = check_columns(&l);
    if (e == ERR_NONE) {
        make_room(into, arena, &all);
        e = take_rows(&l, into, &all);
    }
    csv_free(l.csv);
    if (e != ERR_NONE) return e;
    speeds_sort(&all);
    e = speeds_check(&all, error);
    if (e == ERR_NONE) *into = all;
    return e;
}

enum err speeds_load(const char *path, struct arena *arena, struct speeds *into,
                     struct errtext *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set(error, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: cannot be opened: %s",
                       path, strerror(errno));
    enum err e = speeds_read(file, path, arena, into, error);
    fclose(file);
    return e;
}
