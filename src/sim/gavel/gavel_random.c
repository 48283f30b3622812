#include "sim/gavel/gavel_random.h"

#include "base/check.h"

enum { N = GAVEL_RANDOM_WORDS, M = 397 };

/* The names and constants are those of the paper. */
static void init_genrand(struct gavel_random *r, uint32_t s)
{
    r->word[0] = s;
    for (uint32_t i = 1; i < N; i++)
        r->word[i] = UINT32_C(1812433253) * (r->word[i - 1] ^ (r->word[i - 1] >> 30)) + i;
    r->next = N;
}

void gavel_random_init(struct gavel_random *r, uint32_t seed)
{
    uint32_t i = 1, *w = r->word;
    init_genrand(r, 19650218);
    for (uint32_t k = N; k > 0; k--) { /* init_by_array with a key of one word */
        w[i] = (w[i] ^ ((w[i - 1] ^ (w[i - 1] >> 30)) * UINT32_C(1664525))) + seed;
        if (++i >= N) {
            w[0] = w[N - 1];
            i = 1;
        }
    }
    for (uint32_t k = N - 1; k > 0; k--) {
        w[i] = (w[i] ^ ((w[i - 1] ^ (w[i - 1] >> 30)) * UINT32_C(1566083941))) - i;
        if (++i >= N) {
            w[0] = w[N - 1];
            i = 1;
        }
    }
    w[0] = UINT32_C(0x80000000);
}

static void twist(struct gavel_random *r)
{
    uint32_t *w = r->word;
    for (uint32_t i = 0; i < N; i++) {
        uint32_t y = (w[i] & UINT32_C(0x80000000)) | (w[(i + 1) % N] & UINT32_C(0x7fffffff));
        w[i] = w[(i + M) % N] ^ (y >> 1) ^ ((y & 1) != 0 ? UINT32_C(0x9908b0df) : 0);
    }
    r->next = 0;
}

uint32_t gavel_random_u32(struct gavel_random *r)
{
    if (r->next >= N) twist(r);
    uint32_t y = r->word[r->next++];
    y ^= y >> 11;
    y ^= (y << 7) & UINT32_C(0x9d2c5680);
    y ^= (y << 15) & UINT32_C(0xefc60000);
    return y ^ (y >> 18);
}

double gavel_random_unit(struct gavel_random *r)
{
    uint32_t high = gavel_random_u32(r) >> 5, low = gavel_random_u32(r) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0; /* 2^26, 2^53 */
}

double gavel_random_uniform(struct gavel_random *r, double lo, double hi)
{
    return lo + (hi - lo) * gavel_random_unit(r);
}

uint32_t gavel_random_below(struct gavel_random *r, uint32_t n)
{
    ASSERT(n > 0);
    uint32_t bits = 0, x;
    while (bits < 32 && n >> bits != 0) bits++;
    do x = gavel_random_u32(r) >> (32 - bits);
    while (x >= n);
    return x;
}

void gavel_random_shuffle(struct gavel_random *r, int *items, uint32_t count)
{
    for (uint32_t i = count; i-- > 1;) {
        uint32_t j = gavel_random_below(r, i + 1);
        int kept = items[i];
        items[i] = items[j];
        items[j] = kept;
    }
}
