/* openb_berth.h - Berth's own packing rule: what a placement costs the node, in whole numbers.
 *
 * A node's burden is a sum of five parts, all in milli of GPU:
 *
 *     burden = 3 F + 3 C + 2 M - 4 U - W
 *
 *   F   idle milli that the expected workload cannot use, by FGD's definition (openb_frag.h), from
 *       the classes of M that ask for a device: those that ask for none add the same everywhere.
 *   C   idle milli that CPU runs short for: idle - cpu left / c, at least 0, with c the CPU that
 *       the GPU tasks of the pod list ask for per milli of GPU, on average.
 *   M   the same for memory.
 *   U   credit for room that is open to sharing tasks: what is left on a device that is in use, if
 *       that is less than the largest share of the pod list, and enough for one in twenty of its
 *       sharing tasks; and 800 for an idle device, so that opening one seldom pays of itself.
 *   W   idle milli times how much the node is wanted by tasks that few nodes could run: the sum
 *       over the classes of the pod list of (milli asked for / milli of the nodes that could run
 *       the class when idle) * (part of all milli that could not) ^ 2, at most 1.
 *
 * The node (and, for a sharing task, the device) whose burden grows least is taken, in steps of 50;
 * within a step the lower rank wins, which fills nodes one after another. Whole numbers make the
 * choice the same on every machine.
 *
 * F alone sees CPU and memory only when a class no longer fits: by then a node has devices that
 * nothing can use. C and M act from the first task on: CPU-heavy tasks and tasks without device go
 * where CPU is plenty. U makes F, which counts what lies beside a share as lost to whole-device
 * tasks, less eager to pair shares badly. W keeps tasks that can run anywhere off the few nodes of
 * a model that others name, or of a size that others need. Nothing is held back: a task that fits
 * somewhere is placed. The rule knows what FGD knows, the frequencies in the pod list, and nothing
 * of what comes next. Its factors were found by search on the default trace and one seed each of
 * four others; doubling one costs 0.1 to 0.2 points of allocation there.
 */
#ifndef BERTH_SIM_OPENB_BERTH_H
#define BERTH_SIM_OPENB_BERTH_H

#include "sim/openb/openb_policy.h"

struct openb_berth;

/* In the arena. */
struct openb_berth *openb_berth_new(const struct openb_trace *t, const struct openb_frag *f,
                                    struct arena *arena);
/* The score of a node that can take the task. */
struct openb_score openb_berth_score(const struct openb_berth *b, const struct openb_left *n,
                                     const struct openb_class *c);

#endif
