/* gavel_push.h - the part of the matching that pushes jobs out, for jobs of several sizes.
 *
 * A job goes to a type that has too few idle GPUs for it; the jobs there that lose least for each
 * GPU that is missing make room, one by one, and go where they gain most of what is idle; waiting
 * jobs fill what is left over. The change stays if all of it together gains. Most jobs can be
 * passed over without trying: who makes room for a waiting job depends on the missing GPUs alone,
 * so that its cost is found once for each number of them. */
#ifndef BERTH_SIM_GAVEL_PUSH_H
#define BERTH_SIM_GAVEL_PUSH_H

#include "sim/gavel/gavel_match.h"

#include <stdbool.h>

/* Try every job on every type, by falling worth (all are ranked: m->heaped is 0); true when
 * something gained. */
bool gavel_push(struct gavel_match *m);

#endif
