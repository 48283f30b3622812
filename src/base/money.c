#include "base/money.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int64_t money_add(int64_t a_uusd, int64_t b_uusd)
{
    int64_t sum = 0;
    if (__builtin_add_overflow(a_uusd, b_uusd, &sum)) return a_uusd > 0 ? MONEY_MAX : INT64_MIN;
    return sum;
}

int64_t money_scale(int64_t amount_uusd, int64_t num, int64_t den)
{
    ASSERT(amount_uusd >= 0);
    ASSERT(num >= 0);
    ASSERT(den > 0);
    __extension__ typedef unsigned __int128 wide;
    wide v = ((wide)amount_uusd * (wide)num + (wide)(den / 2)) / (wide)den;
    return v > (wide)MONEY_MAX ? MONEY_MAX : (int64_t)v;
}

bool money_parse(struct str text, int64_t *uusd_out)
{
    size_t dot = 0;
    while (dot < text.len && text.p[dot] != '.') dot++;
    uint64_t whole = 0, part = 0;
    if (!str_to_u64((struct str){text.p, dot}, &whole)) return false;
    if (dot < text.len) {
        size_t decimals = text.len - dot - 1;
        if (decimals > 6 || !str_to_u64((struct str){text.p + dot + 1, decimals}, &part))
            return false;
        for (; decimals < 6; decimals++) part *= 10;
    }
    if (whole > (uint64_t)(INT64_MAX / MONEY_UUSD) - 1) return false;
    *uusd_out = (int64_t)whole * MONEY_UUSD + (int64_t)part;
    return true;
}

const char *money_format(int64_t uusd, char out[MONEY_TEXT_MAX])
{
    uint64_t v = uusd < 0 ? (uint64_t)0 - (uint64_t)uusd : (uint64_t)uusd;
    snprintf(out, MONEY_TEXT_MAX, "%s%" PRIu64 ".%06" PRIu64, uusd < 0 ? "-" : "",
             v / (uint64_t)MONEY_UUSD, v % (uint64_t)MONEY_UUSD);
    size_t n = strlen(out);
    for (int cut = 0; cut < 4 && out[n - 1] == '0'; cut++) out[--n] = '\0';
    return out;
}
