/* fleet_nodes.c - proof that no node is in two places, and where the nodes of a range stand.
 *
 * Ranges may be written in many ways that name the same node ("a[8-12]", "a1[0-2]", "a11"), so they
 * are first cut into classes: (site, stem, digits, suffix) with an interval of values, where a name
 * is stem, then its last run of digits read as one number of `digits` digits, then suffix. A name
 * belongs to one class and value, so two ranges meet exactly when two intervals of one class do. */
#include "base/check.h"
#include "base/mem.h"
#include "model/fleet_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUE_DIGITS_MAX = 18 }; /* digits that fit in 64 bits; those before them stay in the stem */

struct node_class {
    uint32_t site;
    struct str stem, suffix;
    uint32_t digits;
    uint64_t lo, hi;
    uint32_t pool;
    uint32_t at; /* index in the pool of the node with value lo */
};

static int key_cmp(const struct node_class *x, const struct node_class *y)
{
    if (x->site != y->site) return x->site < y->site ? -1 : 1;
    int c = str_cmp(x->stem, y->stem);
    if (c == 0) c = str_cmp(x->suffix, y->suffix);
    if (c != 0) return c;
    return x->digits < y->digits ? -1 : x->digits > y->digits ? 1 : 0;
}

static int class_cmp(const void *a, const void *b)
{
    const struct node_class *x = a, *y = b;
    int c = key_cmp(x, y);
    if (c != 0) return c;
    if (x->lo != y->lo) return x->lo < y->lo ? -1 : 1;
    if (x->hi != y->hi) return x->hi < y->hi ? -1 : 1;
    return x->pool < y->pool ? -1 : x->pool > y->pool ? 1 : 0;
}

static uint64_t power10(uint32_t n)
{
    uint64_t p = 1;
    while (n-- > 0) p *= 10;
    return p;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Add the names text + (lo..hi written with `digits` digits, none when 0) + suffix. */
static void add_class(struct node_classes *list, struct node_class c, struct str text)
{
    size_t run = 0;
    while (run < text.len && run + c.digits < VALUE_DIGITS_MAX &&
           is_digit(text.p[text.len - 1 - run]))
        run++;
    c.stem = (struct str){text.p, text.len - run};
    uint64_t head = 0;
    if (run > 0) ASSERT(str_to_u64((struct str){text.p + c.stem.len, run}, &head));
    uint64_t base = head * power10(c.digits);
    c.lo += base;
    c.hi += base;
    c.digits += (uint32_t)run;
    list->items = mem_grow(list->items, &list->cap, list->count + 1, sizeof *list->items);
    list->items[list->count++] = c;
}

static void add_range(struct node_classes *list, const struct node_range *r, struct node_class c)
{
    if (!r->numbered) {
        struct str text = r->prefix;
        while (text.len > 0 && !is_digit(text.p[text.len - 1])) text.len--;
        if (text.len == 0) text = r->prefix;
        c.suffix = (struct str){text.p + text.len, r->prefix.len - text.len};
        add_class(list, c, text);
        return;
    }
    c.suffix = r->suffix;
    uint64_t first = r->first, end = first + r->count;
    for (uint32_t digits = 1; first < end; digits++) {
        uint64_t stop = power10(digits); /* numbers below it are written with `digits` digits */
        if (digits < r->width || first >= stop) continue;
        c.lo = first;
        c.hi = (end < stop ? end : stop) - 1;
        c.digits = digits;
        add_class(list, c, r->prefix);
        c.at += (uint32_t)(c.hi - c.lo) + 1;
        first = c.hi + 1;
    }
}

/* The number in the name of one node of the class. */
static const char *number_of(const struct node_class *c, uint64_t value, char out[32])
{
    out[0] = '\0';
    if (c->digits > 0) snprintf(out, 32, "%0*" PRIu64, (int)c->digits, value);
    return out;
}

static enum err fail_twice(const struct fleet *f, const struct node_class *a,
                           const struct node_class *b, struct errtext *error)
{
    char number[32];
    struct str first = f->pools[a->pool].id, second = f->pools[b->pool].id;
    return err_set(error, ERR_INVALID,
                   "node '" STR_FMT "%s" STR_FMT "' is named twice: in pool '" STR_FMT
                   "' and in pool '" STR_FMT "' of the same site",
                   STR_ARG(b->stem), number_of(b, b->lo, number), STR_ARG(b->suffix),
                   STR_ARG(first), STR_ARG(second));
}

enum err fleet_check_nodes(const struct fleet *f, struct errtext *error)
{
    struct node_classes list = {0};
    for (uint32_t i = 0; i < f->pool_count; i++) {
        const struct pool *p = &f->pools[i];
        for (uint32_t k = 0; k < p->range_count; k++)
            add_range(&list, &p->ranges[k], (struct node_class){.site = p->site_index, .pool = i});
    }
    if (list.count > 1) qsort(list.items, list.count, sizeof *list.items, class_cmp);
    enum err e = ERR_NONE;
    for (size_t i = 1; i < list.count && e == ERR_NONE; i++) {
        const struct node_class *a = &list.items[i - 1], *b = &list.items[i];
        if (key_cmp(a, b) == 0 && b->lo <= a->hi) e = fail_twice(f, a, b, error);
    }
    mem_free(list.items);
    return e;
}

/* ---- where nodes stand ----------------------------------------------------------------------- */

void node_finder_init(struct node_classes *finder, const struct pool *p)
{
    uint32_t at = 0;
    *finder = (struct node_classes){0};
    for (uint32_t k = 0; k < p->range_count; at += p->ranges[k++].count)
        add_range(finder, &p->ranges[k], (struct node_class){.at = at});
    if (finder->count > 1) qsort(finder->items, finder->count, sizeof *finder->items, class_cmp);
}

void node_finder_release(struct node_classes *finder)
{
    mem_free(finder->items);
    *finder = (struct node_classes){0};
}

/* The class that holds that value of c, or NULL. */
static const struct node_class *find_class(const struct node_classes *finder,
                                           const struct node_class *c, uint64_t value)
{
    size_t lo = 0, hi = finder->count;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        const struct node_class *x = &finder->items[middle];
        int order = key_cmp(x, c);
        if (order < 0 || (order == 0 && x->hi < value))
            lo = middle + 1;
        else
            hi = middle;
    }
    const struct node_class *x = lo < finder->count ? &finder->items[lo] : NULL;
    return x != NULL && key_cmp(x, c) == 0 && x->lo <= value ? x : NULL;
}

static enum err find_nodes(const struct node_classes *finder, const struct node_class *c,
                           struct node_spans *out, struct errtext *error)
{
    char number[32];
    for (uint64_t value = c->lo; value <= c->hi;) {
        const struct node_class *x = find_class(finder, c, value);
        if (x == NULL)
            return err_set(error, ERR_INVALID,
                           "has node '" STR_FMT "%s" STR_FMT "', which the pool does not have",
                           STR_ARG(c->stem), number_of(c, value, number), STR_ARG(c->suffix));
        uint64_t last = x->hi < c->hi ? x->hi : c->hi;
        out->items = mem_grow(out->items, &out->cap, out->count + 1, sizeof *out->items);
        out->items[out->count++] =
            (struct node_span){x->at + (uint32_t)(value - x->lo), (uint32_t)(last - value) + 1};
        value = last + 1;
    }
    return ERR_NONE;
}

enum err node_finder_find(const struct node_classes *finder, const struct node_range *r,
                          struct node_spans *out, struct errtext *error)
{
    struct node_classes wanted = {0};
    enum err e = ERR_NONE;
    add_range(&wanted, r, (struct node_class){0});
    for (size_t i = 0; i < wanted.count && e == ERR_NONE; i++)
        e = find_nodes(finder, &wanted.items[i], out, error);
    mem_free(wanted.items);
    return e;
}
