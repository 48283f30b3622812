#include "sim/gavel/gavel_job.h"

#include <stddef.h>

const char *const gavel_type_names[GAVEL_TYPES + 1] = {"v100", "p100", "k80", NULL};
const double gavel_usd_per_gpu_h[GAVEL_TYPES] = {0.74, 0.43, 0.135};
