/* defect.h - mistakes planted on purpose, for the simulator's oracles to find.
 *
 * Built with -DBERTH_DEFECT=n the core is wrong in one known way; test/gates/defects.sh shows which
 * oracle finds each and with which seed. 0, the default, is the product.
 *
 *   1  chips are free as soon as a stop is ordered, before the engine confirms  (claims.c)
 *   2  law cells stay as they were when packs are adopted                       (step.c)
 *   3  the end of a lease is not looked at                                      (pool_row.c)
 *   4  the attempt number does not grow on requeue                              (lifecycle.c)
 *   5  a count outside the state decides which of two equal pools is taken      (place.c)
 *   6  a permit is given back twice                                             (legal.c)
 *   7  the snapshot forgets that a stop is to requeue the job                   (snapshot.c)
 *   8  a stop of an unknown attempt leaves no tombstone                  (src/agent/agent.c)
 *   9  a start that has expired still spawns                             (src/agent/agent.c)
 *   10  what has ended no longer counts under a cap over a window              (counters.c)
 *
 * Of the masks, found by test_masks (test/gates/masks.sh), not by the simulator:
 *
 *   12: pools that differ in the date of acquisition alone are taken for the same  (legal.c)
 *   13: jobs that differ in where their data lies alone are taken for the same     (legal.c)
 *   14: jobs that differ in the end user alone are taken for the same              (legal.c)
 *   15: pools that differ in evidence alone are taken for the same                 (legal.c)
 *
 * Of preemption:
 *
 *   20  a job is stopped for one of equal priority                              (preempt.c)
 *   21  a victim that is not needed is stopped too                       (preempt_search.c)
 *   22  what victims leave is not held for the job in whose favour they go         (hold.c)
 *   23  a job is stopped for others though it has only just begun        (preempt_search.c)
 *   91  a job for which others are stopped waits for all of them, though it fits   (hold.c)
 *   90  a job is stopped for others however often it was before             (preempt.c)
 *   30  what is kept for the head of the queue is given to jobs behind it         (reserve.c)
 *
 * Of costs, walls and heartbeats:
 *
 *   40  tables of speeds are replaced, and the costs of waiting jobs stay          (cost.c)
 *   41  maintenance is only seen once it has begun                                 (wall.c)
 *   42  a deadline is not looked at                                      (pool_row.c, time.c)
 *   43  a speed is measured across a fall of the steps                         (progress.c)
 *   44  shadow prices are left out                                                 (cost.c)
 *   45  a heartbeat of an earlier attempt is taken                             (progress.c)
 *   46  a job begins again from what it had done, saved or not                 (progress.c)
 *
 *   80  a deadline that may be missed does not matter to the choice of a pool      (cost.c)
 *   81  what a placement strands costs nothing                                     (cost.c)
 *
 * Of budgets:
 *
 *   50  what an attempt has cost is forgotten by its budget when it ends           (budget.c)
 *
 * Of the law over many jobs:
 *
 *   60  a share of the law counts the first kind of chip alone                     (case.c)
 *   61  shares by country, party or all count the pool's site alone                (case.c)
 *   62  a cap that begins later is not looked at before                          (coming.c)
 *
 * Of the clock:
 *
 *   63  what runs does not keep its time when the clock is set ahead             (claims.c)
 *
 * Of jobs that must come to their end:
 *
 *   70  a job that waits for others of its name waits for ever             (dependencies.c)
 */
#ifndef BERTH_CORE_DEFECT_H
#define BERTH_CORE_DEFECT_H

#ifndef BERTH_DEFECT
#define BERTH_DEFECT 0
#endif

#endif
