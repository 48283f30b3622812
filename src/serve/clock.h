/* clock.h - the one place where Berth asks what time it is.
 *
 * Stamps never decrease. When the clock is set back, time goes on at half speed until the clock has
 * caught up: limits and repeated orders must not stop for as long as it was set back. A clock that
 * leaps forward by more than CLOCK_LEAP_MS while we run is not believed: law and leases depend on
 * the date, and a wrong leap would end jobs. We then go on by the monotonic clock and say so, until
 * the clock comes back or the daemon is restarted. */
#ifndef BERTH_SERVE_CLOCK_H
#define BERTH_SERVE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_LEAP_MS                                                                              \
    (INT64_C(24) * 3600 * 1000) /* a day: more than any step of a sane time service */

struct stamp_clock {
    int64_t last_ms; /* of the last stamp */
    int64_t base_wall_ms, base_steady_ms; /* both clocks, read together */
    int64_t creep_steady_ms; /* up to where half speed was counted */
    bool leaping; /* the wall clock is more than a leap ahead */
    int64_t set_back_ms; /* how far the wall clock is behind the last stamp; 0: not */
};

/* Start at the wall clock, or at `not_before_ms` (the ledger's last stamp) when that is later. */
void stamp_clock_init(struct stamp_clock *c, int64_t not_before_ms);
/* The same with given readings; stamp_clock_now uses the system's. For tests. */
int64_t stamp_clock_advance(struct stamp_clock *c, int64_t wall_ms, int64_t steady_ms);
int64_t stamp_clock_now(struct stamp_clock *c);

/* Milliseconds that only grow and also count while the machine sleeps. */
int64_t steady_ms(void);

#endif
