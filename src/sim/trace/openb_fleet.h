/* openb_fleet.h - the node list of cluster-trace-gpu-v2023 as a fleet file.
 *
 * Nodes alike in model, devices, CPU and memory become a pool; models become chips of which nothing
 * else is known, and which can be shared in hundredths; everything is at one site of one invented owner, at one USD for a chip hour. */
#ifndef BERTH_SIM_OPENB_FLEET_H
#define BERTH_SIM_OPENB_FLEET_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/* True when the text begins like such a list: a header row with sn and cpu_milli. */
bool openb_fleet_is(struct str text);
/* Append a fleet file in YAML made of the list. ERR_INVALID with the file's line when it is wrong.
 */
enum err openb_fleet_yaml(struct str text, const char *name, struct buf *out,
                          struct errtext *error);

#endif
