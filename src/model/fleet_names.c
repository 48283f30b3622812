#include "model/fleet_names.h"

#include <stdlib.h>

static int entry_cmp(const void *a, const void *b)
{
    const struct name_entry *x = a, *y = b;
    int c = str_cmp(x->name, y->name);
    if (c != 0) return c;
    if (x->is_alias != y->is_alias) return x->is_alias ? 1 : -1;
    return x->index < y->index ? -1 : x->index > y->index ? 1 : 0;
}

void name_table_sort(struct name_table *t)
{
    if (t->count > 1) qsort(t->entries, t->count, sizeof *t->entries, entry_cmp);
}

const struct name_entry *name_table_find(const struct name_table *t, struct str name)
{
    uint32_t lo = 0, hi = t->count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (str_cmp(t->entries[mid].name, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < t->count && str_eq(t->entries[lo].name, name) ? &t->entries[lo] : NULL;
}

static uint32_t find(const struct name_table *t, struct str name)
{
    const struct name_entry *e = name_table_find(t, name);
    return e != NULL ? e->index : NO_INDEX;
}

uint32_t fleet_party(const struct fleet *f, struct str id)
{
    return find(&f->names->parties, id);
}

uint32_t fleet_chip(const struct fleet *f, struct str id)
{
    return find(&f->names->chips, id);
}

uint32_t fleet_site(const struct fleet *f, struct str id)
{
    return find(&f->names->sites, id);
}

uint32_t fleet_pool(const struct fleet *f, struct str id_or_alias)
{
    return find(&f->names->pools, id_or_alias);
}

uint32_t fleet_tenant(const struct fleet *f, struct str id)
{
    return find(&f->names->tenants, id);
}

bool pool_is_named(const struct pool *p, struct str name)
{
    if (str_eq(p->id, name)) return true;
    for (uint32_t i = 0; i < p->alias_count; i++)
        if (str_eq(p->aliases[i], name)) return true;
    return false;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool chip_is_named(struct str id, struct str name)
{
    if (name.len == 0 || name.len > id.len) return false;
    for (size_t i = 0; i < name.len; i++)
        if (lower(id.p[i]) != lower(name.p[i])) return false;
    return name.len == id.len || id.p[name.len] == '-';
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool id_is_valid(struct str id)
{
    if (id.len == 0 || id.len > ID_LEN_MAX) return false;
    if (!is_alnum(id.p[0]) || !is_alnum(id.p[id.len - 1])) return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.p[i];
        if (!is_alnum(c) && c != '.' && c != '_' && c != '-' && c != ':' && c != '@' && c != '+')
            return false;
    }
    return true;
}

bool text_is_valid(struct str text, size_t max)
{
    if (text.len > max || !str_is_utf8(text)) return false;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f) return false;
    return true;
}
