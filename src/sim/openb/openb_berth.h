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
 *   W   idle milli times the part of its model's devices that tasks which name models will ask for:
 *       those tasks' milli in the pod list spread over the devices that will do, at most all.
 *
 * The node (and, for a sharing task, the device) whose burden grows least is taken, in steps of 50;
 * within a step the lower rank wins, which fills nodes one after another. Whole numbers make the
 * choice the same on every machine.
 *
 * F alone sees CPU and memory only when a class no longer fits: by then a node has devices that
 * nothing can use. C and M act from the first task on: CPU-heavy tasks and tasks without device go
 * where CPU is plenty. U makes F, which counts what lies beside a share as lost to whole-device
 * tasks, less eager to pair shares badly. W keeps tasks that can run anywhere off wanted models.
 * Nothing is held back: a task that fits somewhere is placed. It knows what FGD knows, the
 * frequencies in the pod list, and nothing of what comes next. The factors come from the default
 * trace; docs/figures.md has what they give on the others. */
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
