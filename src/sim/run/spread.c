#include "sim/run/spread.h"

#include "base/check.h"
#include "base/mem.h"

enum { PPM = 1000000 };

void spread_release(struct spread *h)
{
    for (int i = 0; i < SPREAD_OCTAVES; i++) mem_free(h->octave[i]);
    *h = (struct spread){0};
}

/* Octave 0 is 0 .. 255 ms in steps of one; octave k > 0 is 2^(7+k) .. 2^(8+k) - 1 in 256 steps of
 * 2^(k-1), so that the middle of a step is within 1/512 of any value in it. */
static int octave_of(int64_t ms)
{
    int k = 0;
    while (k < SPREAD_OCTAVES - 1 && ms >> k >= 2 * SPREAD_STEPS) k++;
    return ms < SPREAD_STEPS ? 0 : k + 1;
}

static int64_t step_of(int octave)
{
    return octave == 0 ? 1 : INT64_C(1) << (octave - 1);
}

static int64_t base_of(int octave)
{
    return octave == 0 ? 0 : (int64_t)SPREAD_STEPS << (octave - 1);
}

void spread_add(struct spread *h, int64_t ms)
{
    ASSERT(ms >= 0);
    int k = octave_of(ms);
    ASSERT(k < SPREAD_OCTAVES);
    if (h->octave[k] == NULL) h->octave[k] = mem_alloc(SPREAD_STEPS, sizeof(uint64_t));
    h->octave[k][(ms - base_of(k)) / step_of(k)]++;
    h->count++;
    h->sum_ms += (double)ms;
    if (ms > h->max_ms) h->max_ms = ms;
}

int64_t spread_quantile(const struct spread *h, uint32_t ppm)
{
    ASSERT(ppm <= PPM);
    uint64_t rank = (h->count * ppm + PPM - 1) / PPM, seen = 0;
    if (rank == 0) rank = 1;
    for (int k = 0; k < SPREAD_OCTAVES; k++) {
        for (int i = 0; h->octave[k] != NULL && i < SPREAD_STEPS; i++) {
            seen += h->octave[k][i];
            if (seen < rank) continue;
            int64_t middle = base_of(k) + i * step_of(k) + step_of(k) / 2;
            return middle < h->max_ms ? middle : h->max_ms;
        }
    }
    return 0;
}

double spread_mean_ms(const struct spread *h)
{
    return h->count > 0 ? h->sum_ms / (double)h->count : 0;
}
