/* series.h - quantities over time, averaged over bins, in bounded memory.
 *
 * A lane holds a value until it is set again. There are at most SERIES_BINS bins of equal width;
 * when time runs past the last one, neighbours are merged and the width doubles. So the whole run
 * is always covered, and the integral over it stays exact (up to the sum of doubles). */
#ifndef BERTH_SIM_RUN_SERIES_H
#define BERTH_SIM_RUN_SERIES_H

#include <stddef.h>
#include <stdint.h>

enum {
    SERIES_BINS = 480, /* even; about the pixels of a plot */
    SERIES_BIN_FIRST_MS = 1000,
};

struct series_lane {
    int64_t value, since_ms;
    double total; /* integral of value over ms, up to since_ms */
    int64_t peak;
    double *bin; /* SERIES_BINS integrals */
};

struct series {
    int64_t begin_ms, bin_ms;
    uint32_t lane_count;
    size_t lane_cap;
    struct series_lane *lanes;
};

void series_init(struct series *s, uint32_t lane_count, int64_t begin_ms);
void series_release(struct series *s);
/* One more lane, the last, with value 0 from the beginning. */
void series_add_lane(struct series *s);
/* From `at_ms` on (not before the lane's last time) the lane has this value. */
void series_set(struct series *s, uint32_t lane, int64_t at_ms, int64_t value);
/* Bring every lane to the instant; gives how many bins are begun by then. */
uint32_t series_close(struct series *s, int64_t at_ms);
/* Mean value of a lane in a bin; the last bin is only as long as series_close made it. */
double series_mean(const struct series *s, uint32_t lane, uint32_t bin);

#endif
