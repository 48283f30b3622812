/* instant.h - instants as sbatch(1) takes them for --begin and --deadline, in the zone of $TZ. */
#ifndef BERTH_READ_INSTANT_H
#define BERTH_READ_INSTANT_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* "now", "now+90", "now+2hours" (seconds, minutes, hours, days, weeks), "today", "tomorrow",
 * "midnight", "noon", "fika" (15:00), "teatime" (16:00), "HH:MM[:SS][am|pm]", "MMDD[YY]",
 * "MM/DD[/YY][-HH:MM[:SS]]", "YYYY-MM-DD[THH:MM[:SS]]", with an optional zone Z or +hh:mm behind a
 * time of the last form. A time of day that is past today means tomorrow's. False when it is none
 * of these or names a day or time that does not exist. */
bool instant_read(struct str text, int64_t now_ms, int64_t *ms_out);

#endif
