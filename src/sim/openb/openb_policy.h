/* openb_policy.h - which node takes a task: the rules of the published experiment.
 *
 * A node can take a task when CPU, memory, the number of tasks, the model and enough devices with
 * enough left allow it; that test is the same for all. Among those nodes a policy gives the highest
 * score; the lower rank wins a tie. Unless said otherwise a sharing task goes to the device with
 * the least that is enough (lowest index on a tie), an exclusive one to the idle devices of lowest
 * index. `cpu` and `left` are what the node has before the task comes, CPU and GPU in milli. int()
 * cuts towards zero.
 *
 *   fgd            int(100 / (1 + exp(-d / 1000))), d = fall of F (openb_frag.h) by the placement,
 * in milli. A sharing task takes the device where that is highest. Without the cut to an integer it
 * packs worse: ties by rank are part of the rule. bestfit        int((1 - s) * 100), s = (cpu -
 * task's) / 128000 / 2 + (left - task's) / 8000 / 2 dotprod        int(100 * (1 - (cpu / 128000 *
 * task's cpu / 128000 + left / 8000 * task's gpu / 8000) / 2)) gpupacking     all f devices idle:
 * max(33 - f, f); else with the fittest devices, u of them idle: u > 0: max(50 - u, 33), u = 0:
 * max(100 - int(sum(left * 100 / 1000) / 10), 50) gpuclustering  b = 25 * (8000 - left) / 8000;
 * tasks of its kind are here: b + 75, b + 50 when other kinds are too; else no GPU task is here: b
 * + 25; else b berth          openb_berth.h
 *
 * Source: the simulator published with Weng et al., USENIX ATC 2023. */
#ifndef BERTH_SIM_OPENB_POLICY_H
#define BERTH_SIM_OPENB_POLICY_H

#include "sim/openb/openb_frag.h"

enum openb_policy {
    OPENB_FGD,
    OPENB_BESTFIT,
    OPENB_DOTPROD,
    OPENB_GPUPACKING,
    OPENB_GPUCLUSTERING,
    OPENB_BERTH,
    OPENB_POLICIES
};
/* For the command line; ends with NULL. */
extern const char *const openb_policy_names[OPENB_POLICIES + 1];

/* What a policy knows before the first task arrives. */
struct openb_scorer {
    int policy; /* enum openb_policy */
    struct openb_frag frag;
    struct openb_berth *berth; /* NULL for the others */
};

/* A node's answer to a task. */
struct openb_score {
    int32_t score; /* higher is better */
    int32_t device; /* of a sharing task */
};

void openb_scorer_init(struct openb_scorer *s, int policy, const struct openb_trace *t,
                       struct arena *arena);
/* A node on which nothing runs. */
void openb_left_init(struct openb_left *left, const struct openb_node *n);
/* Can the node take the task? */
bool openb_fits(const struct openb_left *n, const struct openb_class *c);
/* To be called when what is left of a node has changed, and at first. */
void openb_note_change(const struct openb_scorer *s, struct openb_left *n);
/* The score of a node that can. */
struct openb_score openb_score(const struct openb_scorer *s, const struct openb_left *n,
                               const struct openb_class *c);
/* Put the task on a node that can take it; `device` is used by a sharing task only. */
void openb_take(struct openb_left *n, const struct openb_class *c, int32_t device);
/* Use up `wanted` idle devices, those of lowest index; there must be as many. */
void openb_take_idle(int32_t *gpu_milli, int32_t gpu_count, int32_t wanted);
/* Does the task take part of one device? */
bool openb_is_sharing(const struct openb_class *c);
/* The device with the least left that is enough for the share; lowest index on a tie. */
int32_t openb_tightest(const struct openb_left *n, int32_t gpu_milli);

#endif
