#include "perf/speeds.h"

#include "base/mem.h"
#include "base/money.h"
#include "model/fleet.h"

#include <string.h>

/* ---- outside -------------------------------------------------------------------------------- */

static void visit_row(struct visit *v, struct speed_row *r)
{
    visit_text(v, "type", &r->type);
    visit_text(v, "chip", &r->chip);
    visit_u32(v, "chips", &r->chips);
    visit_i64(v, "usteps_per_s", &r->usteps_per_s);
    visit_text(v, "source", &r->source);
}

static void visit_type(struct visit *v, struct speed_type *t)
{
    visit_text(v, "type", &t->type);
    visit_i64(v, "mflop_per_byte", &t->mflop_per_byte);
    visit_text(v, "source", &t->source);
}

void visit_speeds(struct visit *v, struct speeds *t)
{
    VISIT_ARRAY(v, "rows", t->rows, t->row_count, SPEED_ROWS_MAX, visit_row);
    VISIT_ARRAY(v, "types", t->types, t->type_count, SPEED_TYPES_MAX, visit_type);
}

void speeds_copy(const struct speeds *from, struct arena *arena, struct speeds *out)
{
    *out = *from;
    out->rows = ARENA_ARRAY(arena, from->row_count, struct speed_row);
    out->types = ARENA_ARRAY(arena, from->type_count, struct speed_type);
    for (uint32_t i = 0; i < from->row_count; i++) {
        out->rows[i] = from->rows[i];
        out->rows[i].type = str_copy(arena, from->rows[i].type);
        out->rows[i].chip = str_copy(arena, from->rows[i].chip);
        out->rows[i].source = str_copy(arena, from->rows[i].source);
    }
    for (uint32_t i = 0; i < from->type_count; i++) {
        out->types[i] = from->types[i];
        out->types[i].type = str_copy(arena, from->types[i].type);
        out->types[i].source = str_copy(arena, from->types[i].source);
    }
}

/* ---- order ---------------------------------------------------------------------------------- */

static int compare_rows(const struct speed_row *a, const struct speed_row *b)
{
    int by = str_cmp(a->type, b->type);
    if (by == 0) by = str_cmp(a->chip, b->chip);
    if (by == 0) by = (a->chips > b->chips) - (a->chips < b->chips);
    return by;
}

static int compare_any_rows(const void *a, const void *b)
{
    return compare_rows(a, b);
}

static int compare_types(const void *a, const void *b)
{
    return str_cmp(((const struct speed_type *)a)->type, ((const struct speed_type *)b)->type);
}

/* Stable: of equal keys the last one given is last. `spare` is as large as `items`. */
static void merge_sort(char *items, char *spare, size_t n, size_t size,
                       int (*compare)(const void *a, const void *b))
{
    if (n < 2) return;
    size_t half = n / 2, i = 0, k = half, out = 0;
    merge_sort(items, spare, half, size, compare);
    merge_sort(items + half * size, spare, n - half, size, compare);
    while (i < half || k < n) {
        bool left = k == n || (i < half && compare(items + i * size, items + k * size) <= 0);
        memcpy(spare + out++ * size, items + (left ? i++ : k++) * size, size);
    }
    memcpy(items, spare, n * size);
}

static void sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *))
{
    char *spare = mem_alloc(n, size);
    merge_sort(items, spare, n, size, compare);
    mem_free(spare);
}

void speeds_sort(struct speeds *t)
{
    sort(t->rows, t->row_count, sizeof *t->rows, compare_any_rows);
    sort(t->types, t->type_count, sizeof *t->types, compare_types);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->row_count; i++) {
        if (n > 0 && compare_rows(&t->rows[n - 1], &t->rows[i]) == 0) n--;
        t->rows[n++] = t->rows[i];
    }
    t->row_count = n;
    n = 0;
    for (uint32_t i = 0; i < t->type_count; i++) {
        if (n > 0 && str_eq(t->types[n - 1].type, t->types[i].type)) n--;
        t->types[n++] = t->types[i];
    }
    t->type_count = n;
}

static enum err check_row(const struct speeds *t, uint32_t i, struct errtext *error)
{
    const struct speed_row *r = &t->rows[i];
    if (r->type.len == 0 || !text_is_valid(r->type, NAME_LEN_MAX))
        return err_set(error, ERR_INVALID, "speeds, row %u: the job type has 1 to %d bytes", i + 1,
                       (int)NAME_LEN_MAX);
    if (!id_is_valid(r->chip))
        return err_set(error, ERR_INVALID, "speeds, row %u: '" STR_FMT "' is no kind of chip",
                       i + 1, STR_ARG(r->chip));
    if (!text_is_valid(r->source, TEXT_LEN_MAX))
        return err_set(error, ERR_INVALID, "speeds, row %u: the source is not text", i + 1);
    if (r->chips == 0 || r->chips > (uint32_t)JOB_NODES_MAX * CHIPS_PER_NODE_MAX)
        return err_set(error, ERR_INVALID, "speeds, row %u: chips: out of range", i + 1);
    if (r->usteps_per_s <= 0 || r->usteps_per_s > USTEPS_PER_S_MAX)
        return err_set(error, ERR_INVALID, "speeds, row %u: steps a second: out of range", i + 1);
    if (i > 0 && compare_rows(&t->rows[i - 1], r) >= 0)
        return err_set(error, ERR_INVALID, "speeds, row %u: not in order, or twice", i + 1);
    return ERR_NONE;
}

static enum err check_type(const struct speeds *t, uint32_t i, struct errtext *error)
{
    const struct speed_type *x = &t->types[i];
    if (x->type.len == 0 || !text_is_valid(x->type, NAME_LEN_MAX) ||
        !text_is_valid(x->source, TEXT_LEN_MAX))
        return err_set(error, ERR_INVALID, "job types, row %u: type or source is not text", i + 1);
    if (x->mflop_per_byte <= 0 || x->mflop_per_byte > FLOP_PER_BYTE_MAX * 1000)
        return err_set(error, ERR_INVALID, "job types, row %u: operations a byte: out of range",
                       i + 1);
    if (i > 0 && str_cmp(t->types[i - 1].type, x->type) >= 0)
        return err_set(error, ERR_INVALID, "job types, row %u: not in order, or twice", i + 1);
    return ERR_NONE;
}

enum err speeds_check(const struct speeds *t, struct errtext *error)
{
    if (t->row_count > SPEED_ROWS_MAX || t->type_count > SPEED_TYPES_MAX)
        return err_set(error, ERR_LIMIT, "speeds: %u rows and %u types; at most %d and %d",
                       t->row_count, t->type_count, (int)SPEED_ROWS_MAX, (int)SPEED_TYPES_MAX);
    enum err e = ERR_NONE;
    for (uint32_t i = 0; i < t->row_count && e == ERR_NONE; i++) e = check_row(t, i, error);
    for (uint32_t i = 0; i < t->type_count && e == ERR_NONE; i++) e = check_type(t, i, error);
    return e;
}

/* ---- looking up ------------------------------------------------------------------------------ */

/* The first row of the type; row_count: none. */
static uint32_t first_of_type(const struct speeds *t, struct str type)
{
    uint32_t lo = 0, hi = t->row_count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (str_cmp(t->rows[mid].type, type) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The largest gang measured that is at most `chips`, and the smallest that is at least. */
struct around {
    const struct speed_row *below, *above;
};

static struct around rows_around(const struct speeds *t, struct str type, struct str chip,
                                 uint32_t chips, bool by_family)
{
    struct around a = {NULL, NULL};
    for (uint32_t i = first_of_type(t, type); i < t->row_count && str_eq(t->rows[i].type, type);
         i++) {
        const struct speed_row *r = &t->rows[i];
        if (by_family ? !chip_is_named(chip, r->chip) : !str_eq(chip, r->chip)) continue;
        if (r->chips <= chips && (a.below == NULL || r->chips > a.below->chips)) a.below = r;
        if (r->chips >= chips && (a.above == NULL || r->chips < a.above->chips)) a.above = r;
    }
    return a;
}

static void from_below(const struct speed_row *r, uint32_t chips, struct speed *out)
{
    out->lo = r->usteps_per_s;
    out->hi = money_scale(r->usteps_per_s, chips, r->chips);
    out->usteps_per_s = out->lo + (out->hi - out->lo) / 2;
}

static void from_above(const struct speed_row *r, uint32_t chips, struct speed *out)
{
    out->hi = r->usteps_per_s;
    out->lo = money_scale(r->usteps_per_s, chips, r->chips);
    if (out->lo < 1) out->lo = 1;
    out->usteps_per_s = out->lo;
}

static void between(const struct speed_row *a, const struct speed_row *b, uint32_t chips,
                    struct speed *out)
{
    int64_t x = a->usteps_per_s, y = b->usteps_per_s;
    uint32_t span = b->chips - a->chips, part = chips - a->chips;
    out->lo = x < y ? x : y;
    out->hi = x < y ? y : x;
    out->usteps_per_s =
        x < y ? x + money_scale(y - x, part, span) : x - money_scale(x - y, part, span);
}

bool speeds_find(const struct speeds *t, struct str type, struct str chip, uint32_t chips,
                 struct speed *out)
{
    *out = (struct speed){0};
    if (type.len == 0 || chips == 0) return false;
    struct around a = rows_around(t, type, chip, chips, false);
    if (a.below == NULL && a.above == NULL) a = rows_around(t, type, chip, chips, true);
    if (a.below == NULL && a.above == NULL) return false;
    out->source = a.below != NULL ? a.below->source : a.above->source;
    out->exact = a.below != NULL && a.below->chips == chips;
    if (out->exact)
        out->usteps_per_s = out->lo = out->hi = a.below->usteps_per_s;
    else if (a.above == NULL)
        from_below(a.below, chips, out);
    else if (a.below == NULL)
        from_above(a.above, chips, out);
    else
        between(a.below, a.above, chips, out);
    return true;
}

int64_t speeds_mflop_per_byte(const struct speeds *t, struct str type)
{
    uint32_t lo = 0, hi = t->type_count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (str_cmp(t->types[mid].type, type) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < t->type_count && str_eq(t->types[lo].type, type) ? t->types[lo].mflop_per_byte : 0;
}
