/* roofline.h - how much faster one kind of chip is than another, by their data sheets.
 *
 * The roofline model (Williams, Waterman, Patterson: "Roofline: an insightful visual performance
 * model", CACM 52(4), 2009): a chip does at most
 *
 *     min(peak operations a second, operations for each byte x bytes of memory a second)
 *
 * Peaks are dense FP16 (FP32 where a chip has no FP16 rate) and memory bandwidth. For a type whose
 * operations for each byte are known the ratio of these is the best value. For others the ratio of
 * bandwidths is: of the two ratios it is the nearer to what was measured (docs/decisions/0045). The
 * bar reaches from the smaller to the larger ratio and beyond by ROOFLINE_BAR.
 *
 * Gangs of different sizes: the best value takes speed to be linear in chips, the bar reaches to no
 * gain at all. Links between chips are not looked at. */
#ifndef BERTH_PERF_ROOFLINE_H
#define BERTH_PERF_ROOFLINE_H

#include "model/fleet.h"

enum {
    ROOFLINE_BAR_NUM =
        17, /* 1.7: then the bar holds 215 of 243 measured ratios of Gavel's types, */
    ROOFLINE_BAR_DEN = 10, /* and 182 of 205 of serving benchmarks (bench/roofline) */
};

#define RATIO_ONE INT64_C(1000000)
#define RATIO_MAX INT64_C(1000000000000000) /* a billion: no chip is that much faster */

/* Speed of one gang over that of another, parts per million. */
struct ratio {
    int64_t ppm, lo_ppm, hi_ppm; /* 1 <= lo <= ppm <= hi <= RATIO_MAX */
};

/* Gang `b` over gang `a`; false: the data sheets have neither rate for both. mflop_per_byte 0:
 * unknown. */
bool roofline_ratio(const struct chip *a, uint32_t a_chips, const struct chip *b, uint32_t b_chips,
                    int64_t mflop_per_byte, struct ratio *out);

#endif
