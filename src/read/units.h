/* units.h - durations and sizes as Slurm's users write them (sbatch(1), options --time, --mem). */
#ifndef BERTH_READ_UNITS_H
#define BERTH_READ_UNITS_H

#include "base/str.h"

/* "minutes", "minutes:seconds", "hours:minutes:seconds", "days-hours", "days-hours:minutes",
 * "days-hours:minutes:seconds"; "UNLIMITED", "INFINITE" and "-1" give 0. At most ten years. False
 * when it is none of these. A limit of zero written as a number is refused: it would read as none.
 */
bool duration_parse(struct str text, int64_t *ms_out);

/* Digits with an optional unit K, M, G, T or P (powers of 1024; no unit: M), in MB, rounded up. At
 * most 1 PiB. False when it is not that. */
bool memory_parse(struct str text, uint64_t *mb_out);

#endif
