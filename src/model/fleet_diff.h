/* fleet_diff.h - what a new fleet file changes. */
#ifndef BERTH_MODEL_FLEET_DIFF_H
#define BERTH_MODEL_FLEET_DIFF_H

#include "model/fleet.h"

/* Append one line for each thing that comes, goes or changes, in the order parties, chips, sites,
 * pools, tenants, permits and by id within; nothing when the fleets are equal:
 *
 *     + pool syd-b200
 *     - tenant lab
 *     ~ pool tyo-h100: title.price 2.10 -> 2.40
 *     ~ party fund: owners[0].share 40 % -> 55 %
 *
 * Both fleets are indexed. */
void fleet_diff(const struct fleet *old, const struct fleet *new, struct buf *out);

#endif
