/* openb_run.h - one run of the packing experiment: every task arrives once, and is placed for ever
 * or dropped for ever. */
#ifndef BERTH_SIM_OPENB_RUN_H
#define BERTH_SIM_OPENB_RUN_H

#include "sim/openb/openb_policy.h"

#include <stdio.h>

/* Points of arrived load, in percent of the capacity, for which the curve is told. */
enum { OPENB_POINTS = 6 };
extern const int openb_points[OPENB_POINTS];

struct openb_result {
    uint32_t arrived_pods, failed_pods;
    int64_t capacity_milli;
    int64_t arrived_milli; /* asked for by all that arrived, failed ones too */
    int64_t used_milli;
    int64_t cpu_total_milli, cpu_used_milli;
    double frag_milli; /* F at the end */
    double loss_milli[OPENB_LOSSES]; /* where the idle milli are at the end */
    /* Mean of the allocation in percent, rounded to two places, over the arrivals whose load rounds
     * to the point; negative when there is none. */
    double alloc_at[OPENB_POINTS];
};

/* Run the trace under a policy. `log`: NULL, or where to write "pod,node,gpu_index,gpu_milli" for
 * every arrival, the node empty for one that failed. A failed write shows in ferror(log). */
void openb_run(const struct openb_trace *t, int policy, FILE *log, struct openb_result *out);

#endif
