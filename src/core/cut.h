/* cut.h - what a part of a chip is worth to the tasks that share chips.
 *
 * Cutting chips into the shares that are asked for is the cutting stock problem: which ways to cut
 * (patterns), each how often, serve a given mix of shares from the fewest chips? Its linear program
 * has a dual: a price for each share, so that no pattern is worth more than one chip and the mix is
 * worth as much as possible. By these prices a part of a chip is worth what the best shares that fit
 * into it together are. So what is left beside a large share is worth nothing when the small ones
 * that it would hold find room in any case, and two thirds of a chip are worth one third when nothing
 * asks for the rest.
 *
 * The program is solved by column generation: from patterns of one size each, as long as a knapsack
 * over the prices finds a pattern worth more than a chip, it enters the basis (Gilmore and Gomory, "A
 * linear programming approach to the cutting-stock problem", Operations Research 9, 1961). In whole
 * numbers with CUT_ONE for 1, so the same everywhere; rounding, and an end after some rounds, cost
 * exactness, but never that a chip is worth less than one of its patterns: prices are scaled down in
 * the end. */
#ifndef BERTH_CORE_CUT_H
#define BERTH_CORE_CUT_H

#include "model/limits.h"

#include <stdint.h>

enum {
    CUT_UNITS_MAX = 100, /* parts are multiples of a chip's hundredth at the finest; the published
                            shares are. Others are rounded up: bounds the cost, 100 sizes at most */
};

/* `asked[m]`: how many shares of m milli are expected, each below 2^40. `worth_out[m]`, in milli, for
 * parts of 0 to CHIP_MILLI milli; a whole chip is worth CHIP_MILLI. All others 0 when nothing is
 * asked for. */
void cut_worth(const int64_t asked[CHIP_MILLI], int32_t worth_out[CHIP_MILLI + 1]);

#endif
