/* names.h - numbers for names, in the order in which they were first met. */
#ifndef BERTH_SIM_RUN_NAMES_H
#define BERTH_SIM_RUN_NAMES_H

#include "base/arena.h"
#include "base/str.h"
#include "model/ids.h"

/* names_init and names_release. */
struct names {
    struct arena arena;
    struct str *name; /* by number */
    size_t count, cap;
    uint32_t *slot; /* open addressing: number + 1, 0 free; a power of two of them */
    size_t slot_count;
};

void names_init(struct names *n);
void names_release(struct names *n);
/* The number of a name, or NO_INDEX. */
uint32_t names_find(const struct names *n, struct str name);
/* The same, given one when it has none. */
uint32_t names_add(struct names *n, struct str name);

#endif
