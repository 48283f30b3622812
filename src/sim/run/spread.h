/* spread.h - the distribution of many durations in little memory.
 *
 * Each octave of milliseconds has 256 equal steps, made when it is first met, so that a quantile is
 * within 0.2 % of the true one (HdrHistogram's idea). Count, sum and the greatest are exact. */
#ifndef BERTH_SIM_RUN_SPREAD_H
#define BERTH_SIM_RUN_SPREAD_H

#include <stdint.h>

enum { SPREAD_STEPS = 256, SPREAD_OCTAVES = 56 };

/* All zero is empty. */
struct spread {
    uint64_t *octave[SPREAD_OCTAVES]; /* NULL: nothing in it */
    uint64_t count;
    double sum_ms;
    int64_t max_ms;
};

void spread_release(struct spread *h);
void spread_add(struct spread *h, int64_t ms); /* ms >= 0 */
/* The value that `ppm` millionths of all do not exceed (nearest rank); 0 when empty. */
int64_t spread_quantile(const struct spread *h, uint32_t ppm);
double spread_mean_ms(const struct spread *h); /* 0 when empty */

#endif
