/* gavel_fifo.h - the published policy `fifo`, with its mistake.
 *
 * A job keeps its type until it ends; then the first that waits gets its place. What is still free
 * goes to those that wait, in order, one by one: of the types with room for the job one is drawn.
 * Here is the mistake: the job does not get the type drawn, but the last that has room for any job,
 * by name (v100, as long as it is listed), and when that type is full, it is the type drawn that is
 * taken off the list. So v100 stays on it, full, and all jobs that come are given to it, while the
 * others idle. The figures published for `fifo` are of this rule; as a baseline it is of no use. */
#ifndef BERTH_SIM_GAVEL_FIFO_H
#define BERTH_SIM_GAVEL_FIFO_H

#include "sim/gavel/gavel_world.h"

struct gavel_fifo;

struct gavel_fifo *gavel_fifo_new(uint32_t seed);
void gavel_fifo_free(struct gavel_fifo *f); /* NULL is allowed */

/* State `share` of every job. */
void gavel_fifo_allocate(struct gavel_fifo *f, struct gavel_world *w);

#endif
