/* gavel_lp.h - the linear program behind Gavel's policies, solved in time that grows with the jobs.
 *
 *     maximise t   such that   sum_j speed_ij x_ij >= need_i t     for every job i
 *                              sum_j x_ij <= 1                     for every job i
 *                              sum_i gpus_i x_ij <= workers_j      for every type j
 *                              x >= 0
 *
 * Max-min fairness is this program with need = 1 / (scale of the job); the smallest makespan T is
 * 1 / t with need = steps left.
 *
 * The method is the primal-dual predictor-corrector of Mehrotra (SIAM J. Optimization 2(4), 1992)
 * from a strictly feasible start. Its normal equations have two rows for each job, coupled only by
 * a row for each type and the column of t: the jobs' 2 x 2 blocks are eliminated one by one, which
 * leaves a system of types + 1 rows. An iteration is two passes over the jobs, those that are alike
 * taken as one; about fifteen do.
 * The optimum is seldom one point; as an interior method does, this gives one inside the optimal
 * face, not a vertex. */
#ifndef BERTH_SIM_GAVEL_LP_H
#define BERTH_SIM_GAVEL_LP_H

#include "sim/gavel/gavel_job.h"

struct gavel_lp_job {
    double speed[GAVEL_TYPES]; /* >= 0, one of a type with workers above 0 */
    double need; /* > 0 */
    double gpus;
};

/* Solve for `count` > 0 jobs; workers of at least one type are above 0. x[i][j] is given within
 * 0..1; returns t. */
double gavel_lp_solve(const struct gavel_lp_job *jobs, uint32_t count,
                      const int32_t workers[GAVEL_TYPES], double (*x)[GAVEL_TYPES]);

#endif
