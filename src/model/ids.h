/* ids.h - distinct types for the numbers that name things, so that the compiler refuses a pool
 * where a job belongs. Indexes count from 0 in the order of the fleet; job ids count from 1 for
 * ever. */
#ifndef BERTH_MODEL_IDS_H
#define BERTH_MODEL_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct job_id {
    uint32_t v; /* 0: no job */
};

struct pool_id {
    uint32_t v; /* index into fleet.pools */
};

#define NO_INDEX UINT32_MAX /* "none" where an index is optional */

/* Three-valued knowledge of a fact. Unknown is 0, so a fact that was never stated is unknown. */
enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };
extern const char *const tri_names[3];

#endif
