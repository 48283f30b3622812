/* rng.h - the simulator's only source of chance: a seed gives the same numbers everywhere.
 *
 * xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
 * 47(4), 2021), seeded by splitmix64 as its authors advise. */
#ifndef BERTH_SIM_RNG_H
#define BERTH_SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed);
/* A generator of its own for one purpose; `r` goes on as if nothing had been asked of it. */
struct rng rng_fork(const struct rng *r, uint64_t purpose);
uint64_t rng_next(struct rng *r);
/* 0 .. n-1; n > 0. */
uint32_t rng_below(struct rng *r, uint32_t n);
/* lo .. hi, both included. */
int64_t rng_between(struct rng *r, int64_t lo, int64_t hi);
/* True `percent` times of a hundred. */
bool rng_chance(struct rng *r, uint32_t percent);

#endif
