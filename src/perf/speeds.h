/* speeds.h - tables of measured speeds: so many steps a second, by job type, chip kind and gang.
 *
 * A row says that a job of that type did so many steps a second on so many chips of a kind. What a
 * step is belongs to the type: rows of one type must mean the same. The kind is the id of a chip
 * ("h100-sxm") or a family ("h100", model/fleet.h: chip_is_named); a row for the very id goes
 * before one for its family. A second list says of types how much they compute for each byte that
 * they read from memory, which the roofline (perf/roofline.h) wants.
 *
 * The tables enter the core whole, as one event, so that a replay needs no file. Rows are in order
 * of (type, chip, chips), types in order of type; speeds_check holds that, and lookups rely on it.
 * Speeds are integers, in millionths of a step a second. */
#ifndef BERTH_PERF_SPEEDS_H
#define BERTH_PERF_SPEEDS_H

#include "base/err.h"
#include "base/visit.h"

enum {
    SPEED_ROWS_MAX = 20000, /* one event holds them all: about 3 MB */
    SPEED_TYPES_MAX = 5000,
};

struct speed_row {
    struct str type, chip;
    uint32_t chips; /* gang size, at least 1 */
    int64_t usteps_per_s; /* of the whole gang, at least 1 */
    struct str source;
};

struct speed_type {
    struct str type;
    int64_t mflop_per_byte; /* thousandths of a floating point operation for each byte of memory */
    struct str source;
};

struct speeds {
    struct speed_row *rows;
    uint32_t row_count;
    struct speed_type *types;
    uint32_t type_count;
};

void visit_speeds(struct visit *v, struct speeds *t);

/* Bounds, and the order described above, without duplicates. */
enum err speeds_check(const struct speeds *t, struct errtext *error);

/* Into that order; of equal keys the last one given stays. For those who read tables. */
void speeds_sort(struct speeds *t);

/* A deep copy in `arena`. */
void speeds_copy(const struct speeds *from, struct arena *arena, struct speeds *out);

/* What the tables say of a gang. */
struct speed {
    int64_t usteps_per_s; /* best value */
    int64_t lo, hi; /* lo <= usteps_per_s <= hi */
    bool exact; /* a row was measured with so many chips */
    struct str source; /* of the row, or of the nearest smaller or else larger gang */
};

/* The speed of a type on a gang of `chips` chips of kind `chip` (an id); false: the tables do not
 * know the type on that kind. Between two measured gangs it is interpolated, with their speeds as
 * the bar. Beyond the largest it lies between no gain and a linear one, best value the middle;
 * below the smallest between a linear loss, which is the best value, and none. */
bool speeds_find(const struct speeds *t, struct str type, struct str chip, uint32_t chips,
                 struct speed *out);

/* The type's operations for each byte, in thousandths; 0: not known. */
int64_t speeds_mflop_per_byte(const struct speeds *t, struct str type);

#endif
