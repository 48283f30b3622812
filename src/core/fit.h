/* fit.h - Berth's packing rule: what a placement costs a node, in whole numbers.
 *
 * It builds on the fragmentation measure of Weng et al., "Beware of Fragmentation: Scheduling
 * GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023, section 3: room that
 * the expected workload cannot use is as good as lost, so take the node where least is lost. A
 * node's burden is a sum of five parts, all in milli of a chip (1000: one whole chip):
 *
 *     burden = 3 F + 3 C + 2 M - 4 U - W
 *
 *   F   idle milli that the expected workload cannot use: the mean, over the popular tasks, of the
 *       idle milli on chips that have less left than the task asks of each; of all idle milli when
 *       the node has too few such chips, too little CPU, or a model that the task does not take.
 *       Tasks without a chip add the same on every node and are only counted.
 *   C   idle milli that CPU runs short for: idle - cpu left / c, at least 0, with c the CPU that
 *       tasks with chips ask for per milli of a chip, on average.
 *   M   the same for memory.
 *   U   credit for room that is open to tasks that share a chip: what is left on a chip in use, if
 *       that is less than the largest share asked for and enough for one in twenty of the sharing
 *       tasks; and 800 for an idle chip, so that opening one seldom pays of itself.
 *   W   idle milli times how much the node is wanted by tasks that few nodes could run (a part per
 *       million that the caller knows; within a pool all nodes are alike and it is 0).
 *
 * The node (and, for a task that shares, the chip) whose burden grows least is taken, in steps of
 * 50; the caller says who wins within a step.
 *
 * What it adds to the paper's rule, and why: F alone sees CPU and memory only when a task no longer
 * fits, and by then a node has chips that nothing can use; C and M act from the first task on. F
 * counts what lies beside a share as lost to whole-chip tasks, which pairs shares badly; U makes
 * that less eager. W keeps tasks that can run anywhere off nodes that others need. The factors were
 * found by search on the published traces (docs/figures.md); doubling one costs 0.1 to 0.2 points
 * of allocation there. The simulator's policy `berth` (sim/openb) and the pools of the core
 * (nodes.c) both call this code. */
#ifndef BERTH_CORE_FIT_H
#define BERTH_CORE_FIT_H

#include "base/arena.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* Tasks that are alike. CPU and memory in any unit, the same as in rooms. */
struct fit_task {
    int32_t chips; /* on one node; 0: none */
    int32_t milli; /* of each: CHIP_MILLI, or less when chips is 1 */
    int64_t cpu, mem;
    uint64_t models; /* bits of the models that will do */
    int64_t count; /* how many of them are expected, in any unit */
};

/* The expected workload, prepared. Lies in the arena given to fit_expect. */
struct fit_workload {
    struct fit_demand *demands; /* tasks that differ in CPU only are one */
    struct fit_cpu *cpus;
    uint32_t demand_count;
    int64_t tasks; /* the popular ones, those without a chip too */
    int64_t milli_asked, cpu_asked, mem_asked; /* by all tasks with chips */
    int32_t open_from_milli, open_below_milli;
};

/* What is idle on a node. */
struct fit_room {
    int32_t milli[CHIPS_PER_NODE_MAX]; /* by chip, in any order */
    int32_t chips;
    int64_t cpu, mem;
    uint64_t model; /* its bit */
    int64_t wanted_ppm; /* W's part */
};

struct fit_score {
    int32_t score; /* the burden's fall in steps: higher is better */
    int32_t chip; /* for a task that shares: where in room->milli; else -1 */
};

/* F is of the `popular` tasks; averages and what is open, of `all` of them. Counts of demands and
 * sums stay below 2^40, so that nothing overflows. */
void fit_expect(struct fit_workload *w, const struct fit_task *popular, uint32_t popular_count,
                const struct fit_task *all, uint32_t all_count, struct arena *arena);
/* F alone, in milli: what of the room's idle milli the expected workload cannot use, on average.
 * `w->tasks` is above 0. */
int64_t fit_stranded(const struct fit_workload *w, const struct fit_room *r);
/* The room can take the task. `w->tasks` is above 0. */
struct fit_score fit_score(const struct fit_workload *w, const struct fit_room *r,
                           const struct fit_task *t);
bool fit_is_sharing(const struct fit_task *t);

#endif
