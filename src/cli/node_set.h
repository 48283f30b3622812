/* node_set.h - nodes named on the command line by a hostlist, and changing their state. */
#ifndef BERTH_CLI_NODE_SET_H
#define BERTH_CLI_NODE_SET_H

#include "cli/api.h"
#include "model/fleet.h"

struct node_set {
    struct pool names; /* only its ranges are used */
};

/* Parse "a[001-064,70],b7"; the text is borrowed. */
enum err node_set_parse(struct str hostlist, struct arena *arena, struct node_set *out,
                        struct errtext *error);
bool node_set_has(const struct node_set *s, struct str name);
/* True when a node of the hostlist is in the set. */
bool node_set_meets(const struct node_set *s, struct str hostlist);

/* Append the nodes of a hostlist in as few brackets as neighbours allow: "a1,a2,a3,b7" is
 * "a[1-3],b7". `sorted`: by name and number; else in the order given. */
enum err hostlist_fold(struct str hostlist, bool sorted, struct buf *out, struct errtext *error);

/* Ask the daemon to bring nodes into a state (enum node_state): all of `pool` when `hostlist` is
 * empty, else those that the hostlist names, in `pool` or (when that is empty) wherever they are.
 * ERR_NOT_FOUND when a named node is nowhere; nothing is changed then. Gives the number of nodes;
 * 0 for a whole pool. */
enum err nodes_change(struct api *a, struct str pool, struct str hostlist, int state,
                      struct str reason, uint32_t *count_out);

#endif
