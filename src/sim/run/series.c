#include "sim/run/series.h"

#include "base/check.h"
#include "base/mem.h"

void series_add_lane(struct series *s)
{
    s->lanes = mem_grow(s->lanes, &s->lane_cap, s->lane_count + 1, sizeof *s->lanes);
    s->lanes[s->lane_count].since_ms = s->begin_ms;
    s->lanes[s->lane_count].bin = mem_alloc(SERIES_BINS, sizeof(double));
    s->lane_count++;
}

void series_init(struct series *s, uint32_t lane_count, int64_t begin_ms)
{
    *s = (struct series){.begin_ms = begin_ms, .bin_ms = SERIES_BIN_FIRST_MS};
    for (uint32_t i = 0; i < lane_count; i++) series_add_lane(s);
}

void series_release(struct series *s)
{
    for (uint32_t i = 0; i < s->lane_count; i++) mem_free(s->lanes[i].bin);
    mem_free(s->lanes);
    *s = (struct series){0};
}

static void widen(struct series *s)
{
    for (uint32_t l = 0; l < s->lane_count; l++) {
        double *bin = s->lanes[l].bin;
        for (int i = 0; i < SERIES_BINS; i++)
            bin[i] = i < SERIES_BINS / 2 ? bin[2 * i] + bin[2 * i + 1] : 0;
    }
    s->bin_ms *= 2;
}

/* Integrate the lane's value up to the instant. */
static void carry(struct series *s, struct series_lane *l, int64_t at_ms)
{
    ASSERT(at_ms >= l->since_ms);
    while ((at_ms - s->begin_ms) / s->bin_ms >= SERIES_BINS) widen(s);
    l->total += (double)l->value * (double)(at_ms - l->since_ms);
    while (l->since_ms < at_ms) {
        int64_t i = (l->since_ms - s->begin_ms) / s->bin_ms;
        int64_t end = s->begin_ms + (i + 1) * s->bin_ms;
        if (end > at_ms) end = at_ms;
        l->bin[i] += (double)l->value * (double)(end - l->since_ms);
        l->since_ms = end;
    }
}

void series_set(struct series *s, uint32_t lane, int64_t at_ms, int64_t value)
{
    ASSERT(lane < s->lane_count);
    struct series_lane *l = &s->lanes[lane];
    carry(s, l, at_ms);
    l->value = value;
    if (value > l->peak) l->peak = value;
}

uint32_t series_close(struct series *s, int64_t at_ms)
{
    for (uint32_t i = 0; i < s->lane_count; i++) carry(s, &s->lanes[i], at_ms);
    return (uint32_t)((at_ms - s->begin_ms + s->bin_ms - 1) / s->bin_ms);
}

double series_mean(const struct series *s, uint32_t lane, uint32_t bin)
{
    const struct series_lane *l = &s->lanes[lane];
    int64_t from = s->begin_ms + (int64_t)bin * s->bin_ms, to = from + s->bin_ms;
    if (to > l->since_ms) to = l->since_ms;
    return to > from ? l->bin[bin] / (double)(to - from) : 0;
}
