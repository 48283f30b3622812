/* seen.h - what has been asked of the nodes of one pool: the workload that fit.h expects of it.
 *
 * Every claim that is made adds one to the row of its need, a gang as one; rows of equal chips,
 * share and (rounded) CPUs are one. When 1024 claims are counted all rows are halved, so the past
 * fades with the claims that follow, not with time, and a pool that stands idle forgets nothing. A
 * need that occurs once is forgotten after some 3,000 others. With SEEN_ROWS_MAX rows a new need
 * takes the place of the rarest.
 *
 * The rows are part of the stored state: what they advise depends on all claims before. */
#ifndef BERTH_CORE_SEEN_H
#define BERTH_CORE_SEEN_H

#include "base/visit.h"
#include "core/fit.h"
#include "core/size.h"

enum {
    SEEN_ROWS_MAX = 32, /* real pools see some ten kinds of needs; bounds the cost of the rule */
    SEEN_ONE = 64, /* what a claim adds: halved six times it is gone */
    SEEN_SUM_MAX = 1024 * SEEN_ONE, /* with 64 whole chips each and 1 PiB a node the products of
                                       fit.c stay below 2^63 */
};

struct seen_row {
    uint32_t chips, milli; /* milli: CHIP_MILLI for whole chips */
    uint32_t cpus; /* of a need, rounded up to 1, 2, 3, 4, 6, 8, 12 ... */
    uint32_t weight; /* above 0 */
    uint64_t mem_mb; /* sum over the claims counted in `weight` */
};

struct seen {
    struct seen_row rows[SEEN_ROWS_MAX]; /* first seen first */
    uint32_t count;
    uint32_t sum; /* of weights */
};

/* A claim with that need was made in a pool with nodes of `cpus_per_node` CPUs (0: not counted). */
void seen_note(struct seen *s, const struct need *each, uint32_t cpus_per_node);
/* In the words of the rule; clears the arena first. s->count is above 0. */
void seen_expect(const struct seen *s, struct fit_workload *out, struct arena *arena);
/* Read back, are these rows that seen_note could have made? */
bool seen_is_sane(const struct seen *s);
void visit_seen_row(struct visit *v, struct seen_row *r);

#endif
