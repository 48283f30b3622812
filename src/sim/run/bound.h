/* bound.h - what no scheduler could better, for the arrivals that were given.
 *
 * The fleet is taken as one machine of `chips` chips on which work can be cut at will, and each job
 * as the least chip time that any pool would need for it. Whatever a scheduler does, it needs that
 * chip time and has no more chips, so for this relaxed machine
 *
 *     makespan     the last instant at which a machine that never idles while there is work is
 * done, and no job can end before its submission plus its shortest duration mean JCT     the
 * shortest-remaining-work-first rule is optimal for the sum of completion times (Schrage, "A proof
 * of the optimality of the shortest remaining processing time discipline", Operations Research 16,
 * 1968); nor can it be less than the mean of the shortest durations */
#ifndef BERTH_SIM_RUN_BOUND_H
#define BERTH_SIM_RUN_BOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bound_init and bound_release. */
struct bound {
    double chips;
    int64_t now_ms; /* of the last arrival */
    double *heap; /* remaining work in chip ms, the least on top */
    size_t count, cap;
    double clock_ms; /* the relaxed machine's, relative to begin_ms */
    int64_t begin_ms;
    double work_chip_ms; /* of all jobs */
    double jct_sum_ms, shortest_sum_ms;
    int64_t end_ms; /* greatest submission plus shortest duration */
    double busy_until_ms; /* when the relaxed machine was last done */
    uint64_t jobs;
};

void bound_init(struct bound *b, uint64_t chips, int64_t begin_ms);
void bound_release(struct bound *b);
/* A job of the least chip time and the shortest duration given. In order of time. A job without
 * chips only counts by its duration. */
void bound_add(struct bound *b, int64_t at_ms, double chip_ms, int64_t shortest_ms);

struct bounds {
    double makespan_ms; /* from begin_ms */
    double mean_jct_ms;
    double work_chip_ms;
};
/* The bounds of all that was added. */
struct bounds bound_finish(struct bound *b);

#endif
