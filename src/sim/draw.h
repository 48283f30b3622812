/* draw.h - random fleets, changes of fleets, and job specs. Everything drawn lives in `arena`. */
#ifndef BERTH_SIM_DRAW_H
#define BERTH_SIM_DRAW_H

#include "model/fleet.h"
#include "model/job.h"
#include "sim/rng.h"

enum {
    SIM_SITES_MAX = 3,
    SIM_POOLS_MAX = 6,
    SIM_NODES_MAX = 8, /* of one pool, growth included */
};

/* A fleet whose leases and permits begin and end around [from_ms, to_ms). Indexed. */
struct fleet *draw_fleet(struct rng *r, struct arena *arena, int64_t from_ms, int64_t to_ms);

/* The fleet a while later: leases and permits prolonged or cut, prices, nodes, drained pools, and
 * facts about parties that turned out wrong. Ids and the order of pools stay. */
struct fleet *draw_fleet_change(struct rng *r, struct arena *arena, const struct fleet *old,
                                int64_t from_ms, int64_t to_ms);

/* The fleet in which everything can run: no lease ends, nothing is drained, no price is too high.
 */
struct fleet *draw_fleet_healed(struct arena *arena, const struct fleet *old);

/* What a client wants. */
void draw_job_spec(struct rng *r, struct arena *arena, const struct fleet *f, uint32_t number,
                   int64_t now_ms, struct job_spec *out);

#endif
