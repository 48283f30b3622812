/* decay.h - exponential decay in integers, for what a tenant has used.
 *
 * An amount halves in every half-life; what accrues at a steady rate decays from the instant at
 * which it accrues:
 *
 *     U(t + d) = U(t) 2^(-d/H)  +  r (H / ln 2) (1 - 2^(-d/H))
 *
 * Both need only 1 - 2^(-d/H), which is worked out in fixed point with 62 bits behind the point:
 * whole half-lives are shifts, the rest is the alternating series of 1 - e^-y, broken off where a
 * term is 0. The amount is rounded half up once for each of the two parts, so a settlement is exact
 * to one micro-USD. */
#ifndef BERTH_CORE_DECAY_H
#define BERTH_CORE_DECAY_H

#include <stdint.h>

/* What is left of the amount after `ms`. amount, ms >= 0; half_life_ms from 1 to 2^39 (17 years).
 */
int64_t decay_left(int64_t amount_uusd, int64_t ms, int64_t half_life_ms);
/* What `ms` of a steady rate leave at their end. */
int64_t decay_accrued(int64_t rate_uusd_h, int64_t ms, int64_t half_life_ms);

#endif
