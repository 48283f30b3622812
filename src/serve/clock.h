/* clock.h - the one place where Berth asks what time it is.
 *
 * Stamps never decrease. When the clock is set back, time goes on at half speed until the clock has
 * caught up: limits and repeated orders must not stop for as long as it was set back.
 *
 * A clock that is set ahead by more than CLOCK_STEP_MS, or a machine that stood still (a paused
 * virtual machine), is a step: stamps go on by the monotonic clock until stamp_clock_take_step lets
 * the step through, so that the core hears of it before anything is stamped behind it, and what
 * runs keeps its time. A clock that is ahead by more than CLOCK_LEAP_MS is not believed: law and
 * leases depend on the date, and a wrong leap would end jobs. We then go on by the monotonic clock
 * and say so, until the clock comes back or the daemon is restarted. */
#ifndef BERTH_SERVE_CLOCK_H
#define BERTH_SERVE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_LEAP_MS                                                                              \
    (INT64_C(24) * 3600 * 1000) /* a day: more than any step of a sane time service */
/* Less is as good as passed: limits are of minutes, and time services turn the clock slowly below a
 * second. */
#define CLOCK_STEP_MS INT64_C(10000)

struct stamp_clock {
    int64_t last_ms; /* of the last stamp */
    int64_t last_steady_ms; /* the monotonic clock then */
    bool leaping; /* the wall clock is more than a leap ahead */
    int64_t step_ms; /* it is ahead by so much, to be taken; 0: it is not */
    int64_t set_back_ms; /* how far the wall clock is behind the last stamp; 0: not */
};

/* Start at the wall clock, or at `not_before_ms` (the ledger's last stamp) when that is later. */
void stamp_clock_init(struct stamp_clock *c, int64_t not_before_ms);
/* The same with given readings; stamp_clock_now uses the system's. For tests. */
int64_t stamp_clock_advance(struct stamp_clock *c, int64_t wall_ms, int64_t steady_ms);
int64_t stamp_clock_now(struct stamp_clock *c);
/* The next stamp is by the clock that was set ahead: by how much; 0: it was not. */
int64_t stamp_clock_take_step(struct stamp_clock *c);

/* Milliseconds that only grow and also count while the machine sleeps. */
int64_t steady_ms(void);

#endif
