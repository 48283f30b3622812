#include "sim/rng.h"

#include "base/check.h"

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

void rng_init(struct rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        r->s[i] = z ^ (z >> 31);
    }
}

struct rng rng_fork(const struct rng *r, uint64_t purpose)
{
    struct rng copy = *r, own;
    rng_init(&own, rng_next(&copy) ^ purpose);
    return own;
}

uint64_t rng_next(struct rng *r)
{
    uint64_t result = rotl(r->s[1] * 5, 7) * 9;
    uint64_t t = r->s[1] << 17;
    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rotl(r->s[3], 45);
    return result;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    ASSERT(n > 0);
    return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}

int64_t rng_between(struct rng *r, int64_t lo, int64_t hi)
{
    ASSERT(lo <= hi);
    uint64_t span = (uint64_t)(hi - lo) + 1;
    ASSERT(span > 0);
    return lo + (int64_t)(rng_next(r) % span);
}

bool rng_chance(struct rng *r, uint32_t percent)
{
    return rng_below(r, 100) < percent;
}
