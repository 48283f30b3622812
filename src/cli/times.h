/* times.h - spans, instants, money and lists of numbers as Slurm's tools and people write them. */
#ifndef BERTH_CLI_TIMES_H
#define BERTH_CLI_TIMES_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { SPAN_TEXT_MAX = 40, INSTANT_TEXT_MAX = 40 };

/* squeue and sinfo: "0:07", "1:02:03", "3-01:02:03"; "INVALID" below zero. Whole seconds. */
const char *span_short(int64_t ms, char out[SPAN_TEXT_MAX]);
/* sacct and scontrol: "00:00:07", "3-01:02:03"; "INVALID" below zero. */
const char *span_long(int64_t ms, char out[SPAN_TEXT_MAX]);
/* For people: "45 s", "12 min", "3 h 20 min", "4 days". */
const char *span_words(int64_t ms, char out[SPAN_TEXT_MAX]);

/* "2026-11-21T20:15:00" in the zone of $TZ, as Slurm prints instants. */
const char *instant_iso(int64_t ms, char out[INSTANT_TEXT_MAX]);
/* For people, in the zone of $TZ: "20:15:03" on the day of `now_ms`, "Nov 23 20:15" within 300
 * days, else "2027-06-01". */
const char *instant_words(int64_t ms, int64_t now_ms, char out[INSTANT_TEXT_MAX]);

/* An instant as sacct -S takes it: "now", "now-2days" (seconds minutes hours days weeks; + or -),
 * "today", "midnight", "noon", "tomorrow", "yesterday", "HH:MM[:SS]", "MMDD[YY]", "MM/DD[/YY]",
 * "YYYY-MM-DD[THH:MM[:SS]]" in the zone of $TZ. False when it is none of these. */
bool instant_parse(struct str text, int64_t now_ms, int64_t *ms_out);

/* "$12.35": two decimals; four below a dollar that is not whole cents. */
enum { DOLLARS_TEXT_MAX = 48 };
const char *dollars(int64_t uusd, char out[DOLLARS_TEXT_MAX]);

/* "4G", "512M", "1.5T": MB as squeue prints memory. */
const char *megabytes(uint64_t mb, char out[SPAN_TEXT_MAX]);

/* Append "1-3,5" for ascending numbers; after `max_len` bytes the rest is "...". */
void ranges_put(struct buf *out, const uint32_t *ids, size_t count, size_t max_len);

/* Parse "1-3,5" (or the same within []), at most `max` numbers, ascending or not; gives the count,
 * or -1 when the text is none. */
int ranges_parse(struct str text, uint32_t *ids, int max);

#endif
