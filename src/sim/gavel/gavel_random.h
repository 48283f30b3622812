/* gavel_random.h - the random numbers of Gavel's generators, bit for bit those of CPython's module
 * `random`: the Mersenne Twister MT19937 (Matsumoto and Nishimura, ACM TOMACS 8(1), 1998) seeded by
 * its init_by_array with the one word of the seed. */
#ifndef BERTH_SIM_GAVEL_RANDOM_H
#define BERTH_SIM_GAVEL_RANDOM_H

#include <stdint.h>

enum { GAVEL_RANDOM_WORDS = 624 };

struct gavel_random {
    uint32_t word[GAVEL_RANDOM_WORDS];
    uint32_t next; /* index of the next word */
};

void gavel_random_init(struct gavel_random *r, uint32_t seed);
uint32_t gavel_random_u32(struct gavel_random *r);
/* 0 <= x < 1, of 53 bits. */
double gavel_random_unit(struct gavel_random *r);
/* lo + (hi - lo) * unit. */
double gavel_random_uniform(struct gavel_random *r, double lo, double hi);
/* 0 .. n-1; n > 0. */
uint32_t gavel_random_below(struct gavel_random *r, uint32_t n);
/* Put the items in another order (Fisher and Yates, from the end). */
void gavel_random_shuffle(struct gavel_random *r, int *items, uint32_t count);

#endif
