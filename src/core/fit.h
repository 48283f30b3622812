/* fit.h - Berth's packing rule: what a placement costs a node, in whole numbers.
 *
 * It builds on the fragmentation measure of Weng et al., "Beware of Fragmentation: Scheduling
 * GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023, section 3: room that
 * the expected workload cannot use is as good as lost, so take the node where least is lost. A
 * node's burden is a sum of five parts, all in milli of a chip (1000: one whole chip):
 *
 *     burden = F + 2 C + M - 5 V - 3 W
 *
 *   F   idle milli that the expected workload cannot use: the mean, over the popular tasks, of the
 *       idle milli on chips that have less left than the task asks of each; of all idle milli when
 *       the node has too few such chips, too little CPU, or a model that the task does not take.
 *       Tasks without a chip add the same on every node and are only counted.
 *   C   idle milli that CPU runs short for: idle - cpu left / c, at least 0, with c the CPU that
 *       tasks with chips ask for per milli of a chip, on average.
 *   M   the same for memory.
 *   V   what the idle milli of each chip are worth to tasks that share one (core/cut.h): 1000 for an
 *       idle chip, so that a share which opens one as the first of a good pattern costs what it
 *       costs beside its partner, and one that leaves room nobody will use costs that as well.
 *   W   idle milli that tasks which few nodes could run can use, each task with a weight that the
 *       caller knows: how scarce room for it is. What a task can use is measured as in F, with
 *       memory, so that a node loses its worth to a gang of eight with the first chip given away, not
 *       bit by bit. Within a pool all nodes are alike: no weights, and W is 0.
 *
 * The node (and, for a task that shares, the chip) whose burden grows least is taken, in steps of
 * 50; the caller says who wins within a step.
 *
 * What it adds to the paper's rule, and why: F alone sees CPU and memory only when a task no longer
 * fits, and by then a node has chips that nothing can use; C and M act from the first task on. F
 * counts what lies beside a share as lost to whole-chip tasks, which pairs shares badly; V knows which
 * shares make up a chip. W keeps tasks that can run anywhere off nodes that others need; F leaves
 * those out, since they are seldom popular. The factors were chosen on one half of some sixty made
 * mixes and hold on the other (decision 0068, docs/figures.md). The simulator's policy `berth`
 * (sim/openb) and the pools of the core (nodes.c) both call this code. */
#ifndef BERTH_CORE_FIT_H
#define BERTH_CORE_FIT_H

#include "base/arena.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum { FIT_SCARCE_PPM_MAX = 1000000 }; /* all the room there is, is asked for */

/* Tasks that are alike. CPU and memory in any unit, the same as in rooms. */
struct fit_task {
    int32_t chips; /* on one node; 0: none */
    int32_t milli; /* of each: CHIP_MILLI, or less when chips is 1 */
    int64_t cpu, mem;
    uint64_t models; /* bits of the models that will do */
    int64_t count; /* how many of them are expected, in any unit */
    int64_t scarce_ppm; /* its weight in W, at most FIT_SCARCE_PPM_MAX; 0: many nodes will do */
};

/* The expected workload, prepared. Lies in the arena given to fit_expect. */
struct fit_workload {
    struct fit_demand *demands; /* tasks that differ in CPU only are one */
    struct fit_cpu *cpus;
    struct fit_task *scarce; /* tasks with a weight, those that ask most of a chip first */
    struct fit_demand *scarce_demands; /* of these */
    uint32_t demand_count, scarce_count, scarce_demand_count;
    int64_t tasks; /* the popular ones, those without a chip too */
    int64_t milli_asked, cpu_asked, mem_asked; /* by all tasks with chips */
    int32_t *worth; /* V's parts, in milli, by what is left of a chip in milli: 0 to CHIP_MILLI */
};

/* What is idle on a node. */
struct fit_room {
    int32_t milli[CHIPS_PER_NODE_MAX]; /* by chip, in any order */
    int32_t chips;
    int64_t cpu, mem;
    uint64_t model; /* its bit */
};

struct fit_score {
    int32_t score; /* the burden's fall in steps: higher is better */
    int32_t chip; /* for a task that shares: where in room->milli; else -1 */
};

/* F is of the `popular` tasks; averages, V and W, of `all` of them. Counts of demands and
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
