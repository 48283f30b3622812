/* draw_work.h - what costs and speeds are worked out from: tables of measured speeds, what jobs
 * have to do, data to move, prices, maintenance. Everything drawn lives in `arena`. */
#ifndef BERTH_SIM_DRAW_WORK_H
#define BERTH_SIM_DRAW_WORK_H

#include "model/fleet.h"
#include "model/job.h"
#include "perf/speeds.h"
#include "sim/rng.h"

/* Data sheets of the chips; links, prices of CPUs, shadow prices and maintenance around
 * [from_ms, to_ms). Not indexed yet. */
void draw_supply(struct rng *r, struct arena *arena, struct fleet *f, int64_t from_ms,
                 int64_t to_ms);
/* One of these changes: a window is announced, put off or called off, a price is another. */
void draw_supply_change(struct rng *r, struct arena *arena, struct fleet *f, int64_t from_ms,
                        int64_t to_ms);
/* No window, and nothing costs anything. */
void draw_supply_healed(struct fleet *f);

/* Tables of some types on some kinds and gangs; now and then with an absurd row. */
struct speeds *draw_speeds(struct rng *r, struct arena *arena, const struct fleet *f);

/* What the job has to do, and gigabytes of its data. Its size and limit are drawn already. */
void draw_work(struct rng *r, struct arena *arena, const struct fleet *f, struct job_spec *s);
/* A job of a storm instead: one that may run for hours, or a short one of higher priority. Each takes
 * a node of the default pool. */
void draw_storm(struct rng *r, const struct fleet *f, struct job_spec *s);

#endif
