/* topology.h - on which switches the nodes of a pool hang.
 *
 * A fleet file names the switches of a pool (struct pool_switch), in any order and of any size, as
 * Slurm's topology.conf does, or says in short how many consecutive nodes hang on one and how many
 * of these on one spine. Either becomes this one structure, which is all that the core knows:
 *
 *   - A leaf is a switch on which nodes hang: its level is 0. Another switch has the level above the
 *     highest of those below it. A node that no switch names is alone on a leaf without a name:
 *     nothing is known to be near it.
 *   - The leaves are numbered so that those below any switch follow one another: a switch is a
 *     stretch of leaves. The order is that of the file, each root with all below it before the next.
 *   - `switches` has the leaves first, by number, then the other levels from low to high, each by
 *     its first leaf. A forest is allowed: what hangs below no common switch is far apart.
 *
 * Names of the short form are POOL-switchN and POOL-spineN, N from 0. */
#ifndef BERTH_MODEL_TOPOLOGY_H
#define BERTH_MODEL_TOPOLOGY_H

#include "model/fleet.h"
#include "model/fleet_names.h"

struct topology_switch {
    uint32_t level;
    uint32_t first, end; /* the leaves first .. end - 1 are below it, or it is leaf `first` */
    uint32_t parent; /* index of the switch above; NO_INDEX: none */
    uint32_t stated; /* index in pool->switches; NO_INDEX: short form, or a node without a switch */
};

struct topology {
    uint32_t leaf_count, switch_count, level_count;
    uint32_t
        level_first[SWITCH_LEVELS_MAX + 1]; /* of level l: switches level_first[l] .. [l + 1] - 1 */
    struct topology_switch *switches;
    uint32_t *leaf_of; /* by node */
    uint32_t *span_first; /* of leaf l: spans span_first[l] .. [l + 1] - 1 */
    struct node_span *spans; /* the nodes of the leaves, lowest first, as few spans as can be */
    uint32_t leaf_nodes_max; /* of any one leaf */
};

/* Sets pool->topology, in `arena`, NULL where none is stated. The pool has an id, sound ranges, none
 * of its nodes twice, and node_count. ERR_INVALID for a switch that is named twice, does not exist,
 * has nothing below it, or both nodes and switches, for a node outside the pool or on two switches,
 * a switch below two others or below itself, and more than SWITCH_LEVELS_MAX levels; *at_out (may be
 * NULL) then gets the index in pool->switches of the one at fault. */
enum err topology_build(struct pool *p, struct arena *arena, uint32_t *at_out,
                        struct errtext *error);

enum { SWITCH_NAME_MAX = ID_LEN_MAX + 24 };
/* The name of switch `at` (< switch_count); gives out. "" for a leaf without a name. */
const char *switch_name(const struct pool *p, uint32_t at, char out[SWITCH_NAME_MAX]);
/* Index of the switch with that name, or NO_INDEX: for people's questions, it looks at each. */
uint32_t switch_index(const struct pool *p, struct str name);
/* Append the nodes below the switch as a hostlist, in the pool's order. */
void switch_put_nodes(const struct pool *p, uint32_t at, struct buf *out);
/* The nodes below the switch; *next, 0 at first, moves on. False: there are no more. */
bool switch_next_nodes(const struct topology *t, uint32_t at, uint32_t *next,
                       struct node_span *out);

#endif
