/* switches_yaml.h - on which switches the nodes of a pool hang, in a fleet file: by name,
 *
 *     switches:
 *       leaf-1:
 *         nodes: n[1-8]               # a hostlist of nodes of the pool
 *       leaf-2:
 *         nodes: n[9-15],n30
 *       spine-1:
 *         switches: [leaf-1, leaf-2]  # or a hostlist: leaf-[1-2]
 *
 * or in short, where they follow one another:
 *
 *     nodes_per_switch: 8
 *     switches_per_spine: 4
 *
 * What either comes to, and what is refused, says model/topology.h. */
#ifndef BERTH_READ_SWITCHES_YAML_H
#define BERTH_READ_SWITCHES_YAML_H

#include "model/fleet.h"
#include "read/yaml.h"

/* Sets the switches of `p`, whose nodes have been read, from these keys of its map. Texts live in
 * `arena` or the file. Every fault is reported at its place; of those that show only when all is put
 * together, the first. */
void switches_yaml_read(struct yaml_errors *errs, const struct yaml_node *pool, struct arena *arena,
                        struct pool *p);

#endif
