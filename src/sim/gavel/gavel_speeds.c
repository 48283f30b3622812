#include "sim/gavel/gavel_speeds.h"

#include "base/mem.h"
#include "read/csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool gavel_number(struct str s, double max, double *out)
{
    enum { DIGITS_MAX = 60 }; /* a double printed in full takes 25 */
    static const char allowed[] = "0123456789.eE+-";
    char text[DIGITS_MAX + 1], *end;
    if (s.len == 0 || s.len > DIGITS_MAX) return false;
    memcpy(text, s.p, s.len);
    text[s.len] = '\0';
    if (strspn(text, allowed) != s.len) return false; /* no hexadecimals, infinities, blanks */
    double v = strtod(text, &end);
    if (*end != '\0' || !(v >= 0 && v <= max)) return false;
    *out = v;
    return true;
}

static enum err take_row(struct csv *c, const char *name, struct arena *arena,
                         struct gavel_speed *out, struct errtext *error)
{
    uint64_t gpus;
    struct str model = csv_field(c, csv_column(c, "model"));
    struct str digits = csv_field(c, csv_column(c, "scale_factor"));
    if (model.len == 0 || model.len > GAVEL_NAME_MAX)
        return err_set(error, ERR_INVALID, "%s:%u: column model: a name of 1 to %d bytes is needed",
                       name, csv_line(c), GAVEL_NAME_MAX);
    if (!str_to_u64(digits, &gpus) || gpus == 0 || gpus > GAVEL_GPUS_MAX)
        return err_set(error, ERR_INVALID,
                       "%s:%u: column scale_factor: '" STR_FMT "' is not a number from 1 to %d",
                       name, csv_line(c), STR_ARG(digits), GAVEL_GPUS_MAX);
    for (int j = 0; j < GAVEL_TYPES; j++) {
        struct str cell = csv_field(c, csv_column(c, gavel_type_names[j]));
        double *v = &out->speed[j];
        if (!gavel_number(cell, GAVEL_SPEED_MAX, v) || (*v > 0 && *v < GAVEL_SPEED_MIN))
            return err_set(error, ERR_INVALID,
                           "%s:%u: column %s: '" STR_FMT "' is not a speed: steps a second, 0 "
                           "where the model cannot run",
                           name, csv_line(c), gavel_type_names[j], STR_ARG(cell));
    }
    out->model = str_copy(arena, model);
    out->gpus = (uint32_t)gpus;
    return ERR_NONE;
}

static int by_key(const void *a, const void *b)
{
    const struct gavel_speed *x = a, *y = b;
    int c = str_cmp(x->model, y->model);
    return c != 0 ? c : (x->gpus > y->gpus) - (x->gpus < y->gpus);
}

static enum err sort_rows(struct gavel_speeds *s, const char *name, struct errtext *error)
{
    if (s->count == 0) return err_set(error, ERR_INVALID, "%s: no rows", name);
    qsort(s->rows, s->count, sizeof *s->rows, by_key);
    for (uint32_t i = 1; i < s->count; i++)
        if (by_key(&s->rows[i - 1], &s->rows[i]) == 0)
            return err_set(error, ERR_INVALID,
                           "%s: '" STR_FMT "' with scale_factor %u stands twice", name,
                           STR_ARG(s->rows[i].model), s->rows[i].gpus);
    return ERR_NONE;
}

static enum err check_columns(struct csv *c, const char *name, struct errtext *error)
{
    static const char *const needed[] = {"model", "scale_factor", "v100", "p100", "k80"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (csv_column(c, needed[i]) < 0)
            return err_set(error, ERR_INVALID, "%s:1: column %s is missing", name, needed[i]);
    return ERR_NONE;
}

enum err gavel_speeds_parse(FILE *file, const char *name, struct arena *arena,
                            struct gavel_speeds *out, struct errtext *error)
{
    struct gavel_speeds s = {.rows = ARENA_ARRAY(arena, GAVEL_SPEEDS_MAX, struct gavel_speed)};
    struct csv *c = NULL;
    bool more = true;
    enum err e = csv_new(file, name, &c, error);
    if (e == ERR_NONE) e = check_columns(c, name, error);
    while (e == ERR_NONE) {
        e = csv_next(c, &more, error);
        if (e != ERR_NONE || !more) break;
        if (s.count == GAVEL_SPEEDS_MAX)
            e = err_set(error, ERR_LIMIT, "%s:%u: more than %d rows", name, csv_line(c),
                        (int)GAVEL_SPEEDS_MAX);
        else
            e = take_row(c, name, arena, &s.rows[s.count++], error);
    }
    csv_free(c);
    if (e == ERR_NONE) e = sort_rows(&s, name, error);
    if (e == ERR_NONE) *out = s;
    return e;
}

enum err gavel_speeds_read(const char *path, struct arena *arena, struct gavel_speeds *out,
                           struct errtext *error)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) return err_set(error, ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    enum err e = gavel_speeds_parse(f, path, arena, out, error);
    fclose(f);
    return e;
}

/* The first row that is not before the key. */
static uint32_t lower_bound(const struct gavel_speeds *s, const struct gavel_speed *key)
{
    uint32_t lo = 0, hi = s->count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (by_key(&s->rows[mid], key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct gavel_speed *gavel_speeds_find(const struct gavel_speeds *s, struct str model,
                                            uint32_t gpus)
{
    struct gavel_speed key = {.model = model, .gpus = gpus};
    uint32_t i = lower_bound(s, &key);
    return i < s->count && by_key(&s->rows[i], &key) == 0 ? &s->rows[i] : NULL;
}

const struct gavel_speed *gavel_speeds_model(const struct gavel_speeds *s, struct str model)
{
    struct gavel_speed key = {.model = model};
    uint32_t i = lower_bound(s, &key);
    return i < s->count && str_eq(s->rows[i].model, model) ? &s->rows[i] : NULL;
}
