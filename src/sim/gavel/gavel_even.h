/* gavel_even.h - the even split: how long each job would take if the cluster were split evenly.
 *
 * At every moment each of the n jobs present has 1/n of the GPUs of every type (never more than it
 * can use), and moves between the types at no cost. A job with s GPUs and speeds v_j then does
 * sum_j N_j v_j / max(n s, N) steps a second, with N_j GPUs of type j and N in all. As the
 * denominator is the same for all jobs of one size, a clock for each size that runs at
 * 1 / max(n s, N) tells when its jobs end: an event costs the logarithm of the jobs.
 *
 * This is what the authors of Gavel divide by in their figures of finish-time fairness: the
 * completion time of the job in a run of their policy `isolated` on the same workload (notebook
 * figures/evaluation/continuous_jobs.ipynb, plot_jct_cdf). It depends on the jobs and the cluster
 * alone, so that it compares policies by one measure. The objective of their policy
 * finish_time_fairness (section 4.2), after Themis, takes n from the run itself instead: a policy
 * that ends other jobs sooner has a smaller n, and so seems worse to a job whose own time is the
 * same. */
#ifndef BERTH_SIM_GAVEL_EVEN_H
#define BERTH_SIM_GAVEL_EVEN_H

#include "sim/gavel/gavel_source.h"
#include "sim/gavel/gavel_world.h"

/* The even split as far as jobs have arrived. */
struct gavel_even;

struct gavel_even *gavel_even_new(const int32_t workers[GAVEL_TYPES]);
void gavel_even_free(struct gavel_even *e); /* NULL is allowed */

/* Job `index` arrives: the next one, not before the last one. Jobs are numbered from 0. */
void gavel_even_admit(struct gavel_even *e, uint32_t index, const struct gavel_job *j);

/* When job `index`, which has arrived, ends, if no more jobs come: others that come later put it
 * off, and never bring it forward. In seconds since the start of the run. */
double gavel_even_end_s(struct gavel_even *e, uint32_t index);

/* No later than that, without reckoning: what was last reckoned, or if it had been alone. */
double gavel_even_end_at_least_s(const struct gavel_even *e, uint32_t index);

/* Completion times under the even split of the jobs of the window, into even_s[index -
 * window_begin]. A stream is drawn as far as it takes. */
void gavel_even_times(struct gavel_source *s, const int32_t workers[GAVEL_TYPES], double *even_s);

/* The time for `steps` of a job with 1/n of every type, n being the jobs that are there now. */
double gavel_even_s(const struct gavel_world *w, const struct gavel_job *j, double steps);

#endif
