/* speeds_csv.h - tables of measured speeds: data/speeds.csv, data/job-types.csv and a fleet's own.
 * Their columns are explained in data/README.md. */
#ifndef BERTH_READ_SPEEDS_CSV_H
#define BERTH_READ_SPEEDS_CSV_H

#include "base/arena.h"
#include "perf/speeds.h"

#include <stdio.h>

/* Read one table and add its rows to `into`, whose arrays are made anew in `arena`; which of the
 * two it is follows from its columns: steps_per_s or flop_per_byte. `name` is for messages. The
 * result is in order (speeds_sort): a row replaces one of before that has the same key. On failure
 * `into` is as before. */
enum err speeds_read(FILE *file, const char *name, struct arena *arena, struct speeds *into,
                     struct errtext *error);
/* The same of a file by its path. ERR_NOT_FOUND where there is none. */
enum err speeds_load(const char *path, struct arena *arena, struct speeds *into,
                     struct errtext *error);

#endif
