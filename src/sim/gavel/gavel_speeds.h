/* gavel_speeds.h - the table of measured speeds: steps a second by (model, GPUs) and chip type.
 *
 * A CSV file with the columns model, scale_factor (the GPUs of the job), v100, p100, k80; others
 * are ignored. A speed is that of the whole job; 0: it cannot run on that type. */
#ifndef BERTH_SIM_GAVEL_SPEEDS_H
#define BERTH_SIM_GAVEL_SPEEDS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sim/gavel/gavel_job.h"

#include <stdio.h>

struct gavel_speed {
    struct str model;
    uint32_t gpus;
    double speed[GAVEL_TYPES];
};

struct gavel_speeds {
    struct gavel_speed *rows; /* by model and GPUs, no two alike */
    uint32_t count;
};

/* Read the table into the arena; `name` stands in messages. */
enum err gavel_speeds_parse(FILE *file, const char *name, struct arena *arena,
                            struct gavel_speeds *out, struct errtext *error);
enum err gavel_speeds_read(const char *path, struct arena *arena, struct gavel_speeds *out,
                           struct errtext *error);

/* The row of a model with so many GPUs; NULL when there is none. */
const struct gavel_speed *gavel_speeds_find(const struct gavel_speeds *s, struct str model,
                                            uint32_t gpus);
/* The row of that model with the fewest GPUs; NULL when it is not in the table. */
const struct gavel_speed *gavel_speeds_model(const struct gavel_speeds *s, struct str model);

/* Read a number of 0 .. max, written in digits with a point or an exponent; false otherwise. */
bool gavel_number(struct str s, double max, double *out);

#endif
