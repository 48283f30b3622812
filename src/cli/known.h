/* known.h - names that options filter by: one that names nothing is a mistake of who typed it, not
 * an empty answer. Asked only where the answer is empty, so the usual call costs nothing. */
#ifndef BERTH_CLI_KNOWN_H
#define BERTH_CLI_KNOWN_H

#include "cli/api.h"
#include "cli/node_set.h"

/* Lists separated by commas, of pools or their aliases, sites, accounts that the caller may see, and
 * classes of service; empty: not asked for. ERR_NOT_FOUND says which word is none, and what there
 * is. */
struct known_lists {
    struct str partitions, sites, accounts, qos;
};
enum err known_check(struct api *a, const struct known_lists *lists);

/* The same for pools and sites that are at hand. */
enum err known_pools(const struct pool_list *pools, struct str partitions, struct str sites,
                     struct errtext *error);

/* The nodes of a host list, each of which must exist. */
enum err known_nodes(struct api *a, struct str hostlist, struct node_set *nodes);

#endif
