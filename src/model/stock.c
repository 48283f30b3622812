#include "model/stock.h"

#include <string.h>

static void add(struct stock *s, struct arena *arena, const struct chip *chip, struct str country,
                int64_t amount)
{
    uint32_t at = 0;
    while (at < s->count && (s->rows[at].chip != chip || !str_eq(s->rows[at].country, country)))
        at++;
    if (at == s->count) {
        if ((s->count & (s->count - 1)) == 0) { /* full: it holds 1, 2, 4 ... rows */
            struct stock_row *more =
                ARENA_ARRAY(arena, s->count > 0 ? 2 * s->count : 1, struct stock_row);
            if (s->count > 0) memcpy(more, s->rows, s->count * sizeof *more);
            s->rows = more;
        }
        s->rows[s->count++] = (struct stock_row){.chip = chip, .country = country};
    }
    s->rows[at].amount += amount;
}

static void clear(struct fleet *f)
{
    f->stock = (struct stock){0};
    for (uint32_t i = 0; i < f->site_count; i++)
        f->sites[i].stock = f->sites[i].country_stock = (struct stock){0};
    for (uint32_t i = 0; i < f->party_count; i++) {
        struct party *p = &f->parties[i];
        p->owned = p->let = p->operated = p->held = (struct stock){0};
    }
}

/* The first site in its country keeps that stock until all is added up. */
static struct site *first_in_country(struct fleet *f, struct str country)
{
    uint32_t i = 0;
    while (!str_eq(f->sites[i].country, country)) i++;
    return &f->sites[i];
}

void stock_fleet(struct fleet *f, struct arena *arena)
{
    clear(f);
    for (uint32_t i = 0; i < f->pool_count; i++) {
        const struct pool *p = &f->pools[i];
        if (p->chip_index == NO_INDEX) continue;
        const struct chip *chip = &f->chips[p->chip_index];
        struct site *site = &f->sites[p->site_index];
        uint32_t owner = p->title.owner_index, lessor = p->title.lessor_index;
        uint32_t op = site->operator_index;
        int64_t amount = (int64_t)p->node_count * p->chips_per_node;
        struct stock *into[8];
        int n = 0;
        into[n++] = &f->stock;
        into[n++] = &site->stock;
        into[n++] = &first_in_country(f, site->country)->country_stock;
        if (owner != NO_INDEX) into[n++] = &f->parties[owner].owned;
        if (owner != NO_INDEX) into[n++] = &f->parties[owner].held;
        if (lessor != NO_INDEX) into[n++] = &f->parties[lessor].let;
        if (op != NO_INDEX) into[n++] = &f->parties[op].operated;
        if (op != NO_INDEX && op != owner) into[n++] = &f->parties[op].held;
        while (n > 0) add(into[--n], arena, chip, site->country, amount);
    }
    for (uint32_t i = 0; i < f->site_count; i++)
        f->sites[i].country_stock = first_in_country(f, f->sites[i].country)->country_stock;
}
