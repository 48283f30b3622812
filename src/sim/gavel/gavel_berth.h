/* gavel_berth.h - Berth's own policy for unequal chips: each round, the matching of greatest value.
 *
 * Each round the jobs are matched with types (gavel_match.h) so that the sum of the values of what
 * they do is greatest. The value of job i on type j is
 *
 *     v_ij = w_i min(r_ij, left_i) + e_i max(0, 1 - left_i / r_ij)
 *
 * with r_ij its speed there over its best speed, left_i the rounds that it still needs at its best
 * speed, and w_i the worth of a round of its work. The second term is for a job that ends within
 * the round: it is worth e_i a round to be rid of it sooner.
 *
 * The worth is the priority weight times three parts, w_i = weight_i m_i (1 + q_i) late_i:
 *
 *   m_i   What an hour of its work costs where it is cheapest: min_j (1 + gpus_i rent_j) / r_ij. An
 *         hour of waiting costs 1, and so does an hour of running, plus the rent of the GPUs: what
 *         one GPU more of that type would have added to the last matchings (a shadow price, by the
 *         duality of linear programs), over the worth of the jobs that ran; the cheapest type is
 *         free. A job that every type serves alike has m = 1; one that only the sought type serves
 *         has more. When nobody waits this is all: jobs go where their advantage is greatest
 *         compared with that of others, long or short, and no duration is looked at.
 *   q_i   When jobs wait, short ones first (shortest remaining processing time: Schrage, Operations
 *         Research 16(3), 1968): q_i = 30 c / (1 + z_i / mean z), z_i = m_i times the hours that
 *         the job still needs, c the GPUs asked for beyond those there are, over those there are,
 * or the average of that over about 50 rounds if it is more: a queue that was there comes back.
 *   late_i  Fairness. With f the finish-time ratio that the job would have if from now on it ran at
 *         its best speed, and h the time since it last ran over the mean z:
 *         late_i = max(1, f / g)^12 (1 + h^2). The ratio is that of the time from its arrival to
 *         the time under the even split (gavel_even.h), which goes on beside the run, as in the
 *         fair sojourn protocol: who follows the order in which jobs would end under an even split
 *         makes none end later than there, at nearly the mean of the shortest first (Friedman and
 *         Henderson, "Fairness and efficiency in web server protocols", SIGMETRICS 2003). Here that
 *         order sets in near the bound only, and the bound g is what others had: the worst ratio
 *         with which a job ended, which fades by 1/300 with each that ends, within 0.6 .. 0.75. So
 *         nobody ends much worse than the others do. Both factors grow without bound while a job
 *         waits, so none waits for ever.
 *
 * and e_i is the worth that the job would have with nothing left to do, for m = 1 and had it
 * run in the last round.
 *
 * `berth_blind` knows no durations. It takes for what is left what the job has had, plus the mean
 * of that over the jobs: for heavy-tailed run times the expected rest grows with the age (so the
 * Gittins index falls with it, and serving the least attained is right: Aalto, Ayesta, Righter,
 * Queueing Systems 63, 2009). As a guess, it weighs less: q_i = c / (1 + z_i / mean z). Its f is
 * that of the work done so far, over the time with 1/n of every type, n being those present, and
 * late_i = max(1, f / 1.05)^4 (1 + h^2).
 *
 * The numbers 30 and 50 are round ones from flat optima: half or double of each changes the mean
 * completion time over the workloads of bench/gavel by 1 % at most. 0.6, 0.75,
 * 300 and 12 weigh fairness against it (decisions 0051 and 0067).
 *
 * With the objective `makespan`, shares of time that end all work soonest are stated by the linear
 * program of makespan_perf, anew at each change. */
#ifndef BERTH_SIM_GAVEL_BERTH_H
#define BERTH_SIM_GAVEL_BERTH_H

#include "sim/gavel/gavel_world.h"

struct gavel_berth;

struct gavel_berth *gavel_berth_new(bool blind, const int32_t workers[GAVEL_TYPES]);
void gavel_berth_free(struct gavel_berth *b); /* NULL is allowed */

/* Set `type` of every job for the round that begins; what it was in the last one comes in. */
void gavel_berth_choose(struct gavel_berth *b, struct gavel_world *w);

#endif
