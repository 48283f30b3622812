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

/* Nodes of a pool that follow each other. */
struct node_span {
    uint32_t first, count;
};
struct node_spans {
    struct node_span *items; /* from mem_grow */
    size_t count, cap;
};

/* The names of a pool's nodes in order, to look many of them up: the pool must name none twice. */
struct node_class;
struct node_classes {
    struct node_class *items;
    size_t count, cap;
};
void node_finder_init(struct node_classes *finder, const struct pool *p);
void node_finder_release(struct node_classes *finder);
/* Where the nodes of that sound range stand in the pool, added to `out`; ERR_INVALID where one does
 * not, with its name. */
enum err node_finder_find(const struct node_classes *finder, const struct node_range *r,
                          struct node_spans *out, struct errtext *error);

/* May the range come from a ledger: not empty, names of bounded length, numbers of at most nine
 * digits? */
bool node_range_is_sound(const struct node_range *r);

/* No node of a site is in two pools, or twice in one: the pools' site indexes must be set. */
enum err fleet_check_nodes(const struct fleet *f, struct errtext *error);
/* No party owns itself, directly or through others, at any one instant: the owners' party indexes
 * must be set. */
enum err fleet_check_owners(const struct fleet *f, struct errtext *error);

#endif
