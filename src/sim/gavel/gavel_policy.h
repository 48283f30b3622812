/* gavel_policy.h - the policies by name, and those of Gavel's authors.
 *
 *   fifo_perf      jobs by arrival; each gets the free type on which it is fastest; the first job
 *                  that fits nowhere ends the list
 *   fifo           the same without looking at speeds, as published: with its mistake
 *                  (gavel_fifo.h)
 *   isolated       1/n of every type to each of the n jobs; what the authors call fair
 *   las            max-min fairness over time shares: maximise the smallest s x / w, with x the
 *                  part of the time in which the job runs, s its GPUs, w its priority weight
 *   las_perf       the same over effective throughput: the smallest s t / (w p), t being the mean
 *                  speed of the job and p its speed with an even part of the cluster
 *   makespan_perf  every job gets at least (steps left) / T for the smallest possible T
 *   berth, berth_blind   Berth's own (gavel_berth.h)
 *
 * Source: Gavel, OSDI 2020, sections 3 and 4. The linear programs are solved by gavel_lp.h. */
#ifndef BERTH_SIM_GAVEL_POLICY_H
#define BERTH_SIM_GAVEL_POLICY_H

#include "sim/gavel/gavel_world.h"

enum gavel_policy {
    GAVEL_BERTH,
    GAVEL_BERTH_BLIND,
    GAVEL_FIFO,
    GAVEL_FIFO_PERF,
    GAVEL_ISOLATED,
    GAVEL_LAS,
    GAVEL_LAS_PERF,
    GAVEL_MAKESPAN_PERF,
    GAVEL_POLICIES
};

extern const char *const gavel_policy_names[GAVEL_POLICIES + 1]; /* NULL at the end */

/* What Berth's policy goes for. */
enum gavel_objective { GAVEL_JCT, GAVEL_MAKESPAN, GAVEL_OBJECTIVES };

extern const char *const gavel_objective_names[GAVEL_OBJECTIVES + 1];

/* True for policies that choose the jobs of each round themselves. */
bool gavel_policy_chooses(int policy);
/* True for policies that know no speeds: they look at the types in a random order. */
bool gavel_policy_is_agnostic(int policy);
/* True for policies under which a job without a share never runs. */
bool gavel_policy_is_fifo(int policy);

/* State `share` of every job, for a policy that does not choose, other than fifo. */
void gavel_allocate(struct gavel_world *w, int policy);

#endif
