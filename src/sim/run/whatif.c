#include "sim/run/recorded.h"

enum err whatif_fleet(const struct whatif *w, const struct fleet *from, struct arena *arena,
                      struct fleet **out, struct errtext *error)
{
    struct fleet *f = ARENA_NEW(arena, struct fleet);
    fleet_copy(w->fleet != NULL ? w->fleet : from, arena, f);
    for (uint32_t i = 0; i < w->price_count; i++) {
        bool found = false;
        for (uint32_t p = 0; p < f->pool_count; p++) {
            if (!str_eq(f->pools[p].id, w->price[i].pool)) continue;
            f->pools[p].title.uusd_per_chip_h = w->price[i].uusd_per_chip_h;
            found = true;
        }
        if (!found)
            return err_set(error, ERR_NOT_FOUND, "the fleet has no pool '" STR_FMT "'",
                           STR_ARG(w->price[i].pool));
    }
    *out = f;
    return ERR_NONE;
}

void whatif_packs(const struct whatif *w, const struct law_pack *from, uint32_t count,
                  struct arena *arena, struct law_pack **out, uint32_t *count_out)
{
    struct law_pack *all = ARENA_ARRAY(arena, count + w->pack_count, struct law_pack);
    uint32_t n = 0;
    for (uint32_t i = 0; i < count && !w->no_law; i++) {
        bool replaced = false;
        for (uint32_t k = 0; k < w->pack_count; k++)
            replaced = replaced || str_eq(w->packs[k].id, from[i].id);
        if (!replaced) all[n++] = from[i];
    }
    for (uint32_t k = 0; k < w->pack_count; k++) all[n++] = w->packs[k];
    *out = all;
    *count_out = n;
}
