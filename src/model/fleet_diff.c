/* fleet_diff.c - each thing is flattened by its own visit function into rows "path value", in the
 * order of its fields, so that no field can be forgotten; the rows of the same thing in both fleets
 * are then compared by path. */
#include "model/fleet_diff.h"

#include "base/check.h"
#include "base/civil.h"
#include "base/mem.h"
#include "base/money.h"
#include "model/fleet_names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct row {
    struct str path, value;
};

enum { FLAT_DEPTH_MAX = 8 };

struct flat {
    struct visit v;
    struct arena *arena;
    struct row *rows;
    size_t count, cap;
    struct {
        struct str path;
        size_t next;
    } level[FLAT_DEPTH_MAX];
    int depth;
};

/* ---- flattening ------------------------------------------------------------------------------ */

static struct flat *flat_of(struct visit *v)
{
    return (struct flat *)v;
}

static bool ends_with(struct str s, const char *tail)
{
    size_t n = strlen(tail);
    return s.len >= n && memcmp(s.p + s.len - n, tail, n) == 0;
}

/* A field's name for people: without the unit that its value then shows. */
static struct str without_unit(const char *key)
{
    static const char *const units[] = {"_ms", "_ppm", "_milli", "_uusd"};
    struct str s = str_of(key);
    if (str_eqz(s, "milli")) return STR("value");
    if (str_eqz(s, "uusd_per_chip_h")) return STR("price");
    if (str_eqz(s, "uusd_per_gb")) return STR("price_per_gb");
    if (str_eqz(s, "uusd_per_cpu_h")) return STR("cpu_price");
    if (str_eqz(s, "shadow_uusd_per_chip_h")) return STR("shadow_price");
    if (str_eqz(s, "power_uusd_per_kwh")) return STR("power_price");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ends_with(s, units[i])) s.len -= strlen(units[i]);
    return s;
}

static struct str path_of(struct flat *f, const char *key)
{
    struct str base = f->depth > 0 ? f->level[f->depth - 1].path : (struct str){0};
    if (key == NULL) {
        ASSERT(f->depth > 0);
        size_t i = f->level[f->depth - 1].next++;
        return str_of(arena_printf(f->arena, STR_FMT "[%zu]", STR_ARG(base), i));
    }
    struct str name = without_unit(key);
    return str_of(arena_printf(f->arena, STR_FMT "%s" STR_FMT, STR_ARG(base),
                               base.len > 0 ? "." : "", STR_ARG(name)));
}

static void add_row(struct flat *f, struct str path, const char *value)
{
    f->rows = mem_grow(f->rows, &f->cap, f->count + 1, sizeof *f->rows);
    f->rows[f->count++] = (struct row){path, str_of(arena_printf(f->arena, "%s", value))};
}

static void put_row(struct flat *f, const char *key, const char *value)
{
    if (key == NULL) { /* a list of words is one row */
        ASSERT(f->depth > 0);
        struct row *last = f->count > 0 ? &f->rows[f->count - 1] : NULL;
        struct str path = f->level[f->depth - 1].path;
        if (last != NULL && str_eq(last->path, path)) {
            last->value =
                str_of(arena_printf(f->arena, STR_FMT ", %s", STR_ARG(last->value), value));
            return;
        }
        add_row(f, path, value);
        return;
    }
    add_row(f, path_of(f, key), value);
}

/* A fraction in units of 1/scale, without trailing zeros. */
static const char *decimal(struct arena *a, int64_t x, int64_t scale)
{
    char *s =
        arena_printf(a, "%" PRId64 ".%0*" PRId64, x / scale, scale == 1000 ? 3 : 4, x % scale);
    size_t len = strlen(s);
    while (s[len - 1] == '0') s[--len] = '\0';
    if (s[len - 1] == '.') s[len - 1] = '\0';
    return s;
}

static const char *value_of(struct arena *a, struct str key, int64_t x)
{
    char date[CIVIL_TEXT_MAX], money[MONEY_TEXT_MAX];
    if (str_starts(key, "time_limit") || str_eqz(key, "minimum_term_ms"))
        return arena_printf(a, "%" PRId64 " s", x / 1000);
    if (ends_with(key, "_ms")) return arena_printf(a, "%s", civil_format(x, date));
    if (ends_with(key, "_ppm")) return arena_printf(a, "%s %%", decimal(a, x, 10000));
    if (ends_with(key, "milli")) return decimal(a, x, 1000);
    if (str_starts(key, "uusd") || ends_with(key, "_uusd") || str_eqz(key, "power_uusd_per_kwh"))
        return arena_printf(a, "%s", money_format(x, money));
    return arena_printf(a, "%" PRId64, x);
}

static void flat_i64(struct visit *v, const char *key, int64_t *x)
{
    if (key != NULL && *x == 0) return;
    put_row(flat_of(v), key, value_of(flat_of(v)->arena, str_of(key), *x));
}

static void flat_bool(struct visit *v, const char *key, bool *x)
{
    if (*x) put_row(flat_of(v), key, "true");
}

static void flat_text(struct visit *v, const char *key, struct str *x)
{
    if (x->len > 0) put_row(flat_of(v), key, str_dupz(flat_of(v)->arena, *x));
}

static void open_level(struct flat *f, const char *key)
{
    ASSERT(f->depth < FLAT_DEPTH_MAX);
    struct str path = f->depth == 0 && key == NULL ? (struct str){0} : path_of(f, key);
    f->level[f->depth].path = path;
    f->level[f->depth].next = 0;
    f->depth++;
}

static bool flat_map_begin(struct visit *v, const char *key, bool is_empty)
{
    if (!is_empty) open_level(flat_of(v), key);
    return !is_empty;
}

static bool flat_list_begin(struct visit *v, const char *key, size_t *count)
{
    if (*count == 0) return false;
    open_level(flat_of(v), key);
    return true;
}

static void flat_end(struct visit *v)
{
    flat_of(v)->depth--;
}

static const struct visit_ops flat_ops = {
    .i64 = flat_i64,
    .boolean = flat_bool,
    .text = flat_text,
    .bytes = flat_text,
    .map_begin = flat_map_begin,
    .map_end = flat_end,
    .list_begin = flat_list_begin,
    .list_end = flat_end,
};

/* ---- kinds of things ------------------------------------------------------------------------- */

static void flat_party(struct visit *v, const struct fleet *f, uint32_t i)
{
    struct party p = f->parties[i];
    visit_party(v, &p);
}

static void flat_chip(struct visit *v, const struct fleet *f, uint32_t i)
{
    struct chip c = f->chips[i];
    visit_chip(v, &c);
}

static void flat_site(struct visit *v, const struct fleet *f, uint32_t i)
{
    struct site s = f->sites[i];
    visit_site(v, &s);
}

static const char *hostlist_of(struct arena *a, const struct node_range *ranges, uint32_t count)
{
    struct buf text = {0};
    for (uint32_t k = 0; k < count; k++) {
        const struct node_range *r = &ranges[k];
        buf_printf(&text, "%s" STR_FMT, k > 0 ? "," : "", STR_ARG(r->prefix));
        if (!r->numbered) continue;
        buf_printf(&text, "[%0*u", (int)r->width, r->first);
        if (r->count > 1) buf_printf(&text, "-%0*u", (int)r->width, r->first + r->count - 1);
        buf_printf(&text, "]" STR_FMT, STR_ARG(r->suffix));
    }
    const char *kept = str_dupz(a, buf_str(&text));
    buf_release(&text);
    return kept;
}

/* A switch by its name: its nodes, or the switches below it. */
static void put_switch(struct flat *f, const struct pool_switch *s)
{
    struct str path = str_of(arena_printf(f->arena, "switch " STR_FMT, STR_ARG(s->name)));
    struct buf text = {0};
    for (uint32_t i = 0; i < s->below_count; i++)
        buf_printf(&text, "%s" STR_FMT, i > 0 ? ", " : "", STR_ARG(s->below[i]));
    buf_puts(&text, hostlist_of(f->arena, s->ranges, s->range_count));
    add_row(f, path, text.p);
    buf_release(&text);
}

/* The nodes as people write them, in place of their ranges. */
static void flat_pool(struct visit *v, const struct fleet *f, uint32_t i)
{
    struct pool p = f->pools[i];
    p.range_count = p.switch_count = 0;
    visit_pool(v, &p);
    p = f->pools[i];
    put_row(flat_of(v), "nodes", hostlist_of(flat_of(v)->arena, p.ranges, p.range_count));
    for (uint32_t k = 0; k < p.switch_count; k++) put_switch(flat_of(v), &p.switches[k]);
}

static void flat_tenant(struct visit *v, const struct fleet *f, uint32_t i)
{
    struct tenant t = f->tenants[i];
    visit_tenant(v, &t);
}

static void flat_permit(struct visit *v, const struct fleet *f, uint32_t i)
{
    struct permit p = f->permits[i];
    visit_permit(v, &p);
}

typedef void flat_fn(struct visit *v, const struct fleet *f, uint32_t i);

/* ---- comparing ------------------------------------------------------------------------------- */

/* `hint`: where it probably stands: mostly the rows of both are nearly the same. */
static const struct row *find_row(const struct flat *f, struct str path, size_t hint)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct row *r = &f->rows[(hint + i) % f->count];
        if (str_eq(r->path, path)) return r;
    }
    return NULL;
}

static void put_change(struct buf *out, const char *kind, struct str id, struct str path,
                       const struct row *was, const struct row *is)
{
    struct str none = STR("none");
    buf_printf(out, "~ %s " STR_FMT ": " STR_FMT " " STR_FMT " -> " STR_FMT "\n", kind, STR_ARG(id),
               STR_ARG(path), STR_ARG(was != NULL ? was->value : none),
               STR_ARG(is != NULL ? is->value : none));
}

static struct flat flatten(flat_fn *fn, const struct fleet *f, uint32_t i, struct arena *arena)
{
    struct flat x = {.v.ops = &flat_ops, .arena = arena};
    fn(&x.v, f, i);
    return x;
}

static void compare(const char *kind, struct str id, const struct flat *was, const struct flat *is,
                    struct buf *out)
{
    for (size_t i = 0; i < was->count; i++) {
        const struct row *now = find_row(is, was->rows[i].path, i);
        if (now == NULL || !str_eq(now->value, was->rows[i].value))
            put_change(out, kind, id, was->rows[i].path, &was->rows[i], now);
    }
    for (size_t i = 0; i < is->count; i++)
        if (find_row(was, is->rows[i].path, i) == NULL)
            put_change(out, kind, id, is->rows[i].path, NULL, &is->rows[i]);
}

struct side {
    const struct fleet *f;
    const struct name_table *ids;
};

static void diff_kind(const char *kind, flat_fn *fn, struct side old, struct side new,
                      struct buf *out)
{
    struct arena arena = {0};
    uint32_t a = 0, b = 0;
    while (a < old.ids->count || b < new.ids->count) {
        const struct name_entry *x = a < old.ids->count ? &old.ids->entries[a] : NULL;
        const struct name_entry *y = b < new.ids->count ? &new.ids->entries[b] : NULL;
        int c = x == NULL ? 1 : y == NULL ? -1 : str_cmp(x->name, y->name);
        /* Aliases stand in the table of pools too; they are fields of their pool. */
        if (c <= 0) a++;
        if (c >= 0) b++;
        if (c < 0 && !x->is_alias) buf_printf(out, "- %s " STR_FMT "\n", kind, STR_ARG(x->name));
        if (c > 0 && !y->is_alias) buf_printf(out, "+ %s " STR_FMT "\n", kind, STR_ARG(y->name));
        if (c != 0 || (x->is_alias && y->is_alias)) continue;
        if (x->is_alias != y->is_alias) {
            buf_printf(out, "%c %s " STR_FMT "\n", x->is_alias ? '+' : '-', kind, STR_ARG(x->name));
            continue;
        }
        struct flat was = flatten(fn, old.f, x->index, &arena);
        struct flat is = flatten(fn, new.f, y->index, &arena);
        compare(kind, x->name, &was, &is, out);
        mem_free(was.rows);
        mem_free(is.rows);
        arena_clear(&arena);
    }
    arena_release(&arena);
}

static void diff_seconds(const char *what, int64_t old_ms, int64_t new_ms, struct buf *out)
{
    if (old_ms == new_ms) return;
    buf_printf(out, "~ fleet: %s %" PRId64 " s -> %" PRId64 " s\n", what, old_ms / 1000,
               new_ms / 1000);
}

void fleet_diff(const struct fleet *old, const struct fleet *new, struct buf *out)
{
    ASSERT(old->names != NULL && new->names != NULL);
    if (!str_eq(old->name, new->name))
        buf_printf(out, "~ fleet: name " STR_FMT " -> " STR_FMT "\n", STR_ARG(old->name),
                   STR_ARG(new->name));
    diff_seconds("default_time", old->time_limit_default_ms, new->time_limit_default_ms, out);
    diff_seconds("share_half_life", old->share_half_life_ms, new->share_half_life_ms, out);
    if (old->preempt != new->preempt)
        buf_printf(out, "~ fleet: preempt %s -> %s\n", preempt_names[old->preempt],
                   preempt_names[new->preempt]);
    diff_seconds("preempt_exempt", old->preempt_exempt_ms, new->preempt_exempt_ms, out);
    diff_seconds("preempt_grace", old->preempt_grace_ms, new->preempt_grace_ms, out);
    const struct {
        const char *kind;
        flat_fn *fn;
        const struct name_table *old, *new;
    } kinds[] = {
        {"party", flat_party, &old->names->parties, &new->names->parties},
        {"chip", flat_chip, &old->names->chips, &new->names->chips},
        {"site", flat_site, &old->names->sites, &new->names->sites},
        {"pool", flat_pool, &old->names->pools, &new->names->pools},
        {"tenant", flat_tenant, &old->names->tenants, &new->names->tenants},
        {"permit", flat_permit, &old->names->permits, &new->names->permits},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        diff_kind(kinds[i].kind, kinds[i].fn, (struct side){old, kinds[i].old},
                  (struct side){new, kinds[i].new}, out);
}
