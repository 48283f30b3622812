#include "perf/roofline.h"

#include "base/money.h"

static const struct quantity *peak(const struct chip *c)
{
    return c->fp16_tflops.known ? &c->fp16_tflops : &c->fp32_tflops;
}

static bool is_usable(const struct quantity *q)
{
    return q->known && q->milli > 0;
}

static int64_t within(int64_t ppm)
{
    return ppm < 1 ? 1 : ppm < RATIO_MAX ? ppm : RATIO_MAX;
}

static int64_t over(int64_t b, int64_t a)
{
    return within(money_scale(b, RATIO_ONE, a));
}

/* Millions of operations a second that the chip reaches: peaks are thousandths of 1e12, bandwidths
 * thousandths of 1e9 bytes. */
static int64_t attainable(const struct chip *c, int64_t mflop_per_byte)
{
    int64_t by_peak = money_scale(peak(c)->milli, 1000, 1);
    int64_t by_memory = money_scale(c->dram_bw_gbs.milli, mflop_per_byte, 1000);
    int64_t least = by_peak < by_memory ? by_peak : by_memory;
    return least > 0 ? least : 1;
}

static bool chip_ratio(const struct chip *a, const struct chip *b, int64_t mflop_per_byte,
                       struct ratio *out)
{
    bool has_peaks = is_usable(peak(a)) && is_usable(peak(b));
    bool has_memory = is_usable(&a->dram_bw_gbs) && is_usable(&b->dram_bw_gbs);
    if (!has_peaks && !has_memory) return false;
    int64_t by_peak = has_peaks ? over(peak(b)->milli, peak(a)->milli) : 0;
    int64_t by_memory = has_memory ? over(b->dram_bw_gbs.milli, a->dram_bw_gbs.milli) : by_peak;
    if (!has_peaks) by_peak = by_memory;
    if (mflop_per_byte > 0 && has_peaks && has_memory) {
        out->ppm = over(attainable(b, mflop_per_byte), attainable(a, mflop_per_byte));
        by_peak = by_memory = out->ppm;
    }
    out->ppm = by_memory;
    out->lo_ppm = by_peak < by_memory ? by_peak : by_memory;
    out->hi_ppm = by_peak < by_memory ? by_memory : by_peak;
    out->lo_ppm = within(money_scale(out->lo_ppm, ROOFLINE_BAR_DEN, ROOFLINE_BAR_NUM));
    out->hi_ppm = within(money_scale(out->hi_ppm, ROOFLINE_BAR_NUM, ROOFLINE_BAR_DEN));
    return true;
}

bool roofline_ratio(const struct chip *a, uint32_t a_chips, const struct chip *b, uint32_t b_chips,
                    int64_t mflop_per_byte, struct ratio *out)
{
    *out = (struct ratio){RATIO_ONE, RATIO_ONE, RATIO_ONE};
    if (!str_eq(a->id, b->id) && !chip_ratio(a, b, mflop_per_byte, out)) return false;
    if (a_chips == b_chips || a_chips == 0 || b_chips == 0) return true;
    out->ppm = within(money_scale(out->ppm, b_chips, a_chips));
    if (b_chips < a_chips)
        out->lo_ppm = within(money_scale(out->lo_ppm, b_chips, a_chips));
    else
        out->hi_ppm = within(money_scale(out->hi_ppm, b_chips, a_chips));
    return true;
}
