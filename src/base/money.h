/* money.h - fixed-point money: int64 micro-USD (1 USD = 1,000,000). Range +-9.2e12 USD.
 *
 * Products are formed in 128 bits and rounded half up; a result outside the range is clamped to
 * MONEY_MAX, which compares as "dearer than anything", never wraps. */
#ifndef BERTH_BASE_MONEY_H
#define BERTH_BASE_MONEY_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define MONEY_UUSD INT64_C(1000000)
#define MONEY_MAX INT64_MAX
enum { MONEY_TEXT_MAX = 40 };

int64_t money_add(int64_t a_uusd, int64_t b_uusd);
/* amount x num / den, rounded half up; amount, num >= 0, den > 0. */
int64_t money_scale(int64_t amount_uusd, int64_t num, int64_t den);
/* "2.10" or "15" to micro-USD; at most six decimals, no sign; false otherwise. */
bool money_parse(struct str text, int64_t *uusd_out);
/* "2.10", "0.004125": at least two decimals, no trailing zeros beyond them. */
const char *money_format(int64_t uusd, char out[MONEY_TEXT_MAX]);

#endif
