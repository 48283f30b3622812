/* wall.h - instants beyond which nothing may run in a pool: the end of its lease and the beginning
 * of a maintenance window. Private to src/core.
 *
 * A wall is treated alike whatever it is made of (the law's last date is the third kind, legal.c):
 * a job starts only where it can end before the wall, or, when it saves its work and may be
 * requeued, where it can save once; WALL_STOP_MS before the wall an attempt that still runs is
 * stopped, after a warning to those that asked for a signal, and waits for another place. */
#ifndef BERTH_CORE_WALL_H
#define BERTH_CORE_WALL_H

#include "core/core.h"

/* The next wall of the pool, CIVIL_NEVER_MS: none; in the past while a window is open. The reason
 * is that of a job which the wall keeps from starting. */
int64_t wall_of_pool(const struct fleet *f, uint32_t pool, int64_t now_ms, int *reason_out);
/* The window that the pool is in, of several the one that ends last; NULL: none. */
const struct window *window_at(const struct fleet *f, uint32_t pool, int64_t now_ms);
/* The next instant at which a lease begins or a window ends; CIVIL_NEVER_MS. */
int64_t wall_next_opening(const struct fleet *f, int64_t now_ms);
/* How long the job must be able to run for a start to be worth it: its limit, or, when it can go on
 * elsewhere, until it has saved its work once. */
int64_t wall_run_ms(const struct job_spec *s, int64_t limit_ms);
/* The last instant for a start that must run so long before the pool's next wall. */
int64_t wall_last_start(const struct fleet *f, uint32_t pool, int64_t run_ms, int64_t now_ms);

#endif
