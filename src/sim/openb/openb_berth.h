/* openb_berth.h - the trace in the words of Berth's own packing rule (core/fit.h): the simulated
 * policy is the code that places jobs.
 *
 * The expected workload is what FGD is given too: the frequencies of the pod list, popular classes
 * for F, all of them for the averages. Nothing is known of what comes next, and nothing is held
 * back: a task that fits somewhere is placed. Of nodes whose burdens grow by as many steps the
 * lower rank wins, which fills nodes one after another. The weight of a class in W: (milli asked for
 * by the pod list / milli of the nodes that could run one task of it when idle) * (part of all milli
 * that could not) ^ 2, at most 1. */
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
