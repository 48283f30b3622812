/* fleet_names.h - ids in sorted order, for look-up by binary search. For src/model and the reader
 * of fleet files; others use the look-ups of model/fleet.h. */
#ifndef BERTH_MODEL_FLEET_NAMES_H
#define BERTH_MODEL_FLEET_NAMES_H

#include "model/fleet.h"

struct name_entry {
    struct str name;
    bool is_alias;
    uint32_t index; /* of the thing it names */
};

struct name_table {
    struct name_entry *entries; /* by name, ids before aliases, then by index */
    uint32_t count;
};

struct fleet_names {
    struct name_table parties, chips, sites, pools, tenants, permits;
};

void name_table_sort(struct name_table *t);
/* The first entry of that name, or NULL. */
const struct name_entry *name_table_find(const struct name_table *t, struct str name);

/* No node of a site is in two pools, or twice in one: the pools' site indexes must be set. */
enum err fleet_check_nodes(const struct fleet *f, struct errtext *error);
/* No party owns itself, directly or through others, at any one instant: the owners' party indexes
 * must be set. */
enum err fleet_check_owners(const struct fleet *f, struct errtext *error);

#endif
