#include "core/decay.h"

#include "base/check.h"
#include "base/money.h"

__extension__ typedef unsigned __int128 wide;

enum { POINT = 62, MS_POINT = 20 };
#define ONE (UINT64_C(1) << POINT)
#define LN2 UINT64_C(3196577161300663915) /* ln 2 x 2^62 */
#define HALF_LIFE_MAX_MS (INT64_C(1) << 39)
#define HOUR_MS INT64_C(3600000)

static uint64_t times(uint64_t a, uint64_t b)
{
    return (uint64_t)((wide)a * b >> POINT);
}

/* 1 - 2^(-ms / half_life), behind the point. */
static uint64_t lost_part(int64_t ms, int64_t half_life_ms)
{
    ASSERT(ms >= 0);
    ASSERT(half_life_ms > 0 && half_life_ms <= HALF_LIFE_MAX_MS);
    int64_t whole = ms / half_life_ms;
    if (whole >= POINT) return ONE;
    uint64_t y = (uint64_t)((wide)LN2 * (uint64_t)(ms % half_life_ms) / (uint64_t)half_life_ms);
    uint64_t plus = 0, minus = 0, term = y;
    for (uint64_t n = 1; term > 0; term = times(term, y) / ++n) {
        if (n % 2 == 1)
            plus += term;
        else
            minus += term;
    }
    return ONE - ((ONE - (plus - minus)) >> whole);
}

int64_t decay_left(int64_t amount_uusd, int64_t ms, int64_t half_life_ms)
{
    if (amount_uusd == 0 || ms == 0) return amount_uusd;
    return money_scale(amount_uusd, (int64_t)(ONE - lost_part(ms, half_life_ms)), (int64_t)ONE);
}

int64_t decay_accrued(int64_t rate_uusd_h, int64_t ms, int64_t half_life_ms)
{
    if (rate_uusd_h == 0 || ms == 0) return 0;
    /* As long as it counts: at most the half-life / ln 2; 20 bits behind the point. */
    wide lost = lost_part(ms, half_life_ms);
    wide counts = ((wide)(uint64_t)half_life_ms * lost << MS_POINT) / LN2; /* 39 + 62 + 20 bits */
    return money_scale(rate_uusd_h, (int64_t)counts, HOUR_MS << MS_POINT);
}
