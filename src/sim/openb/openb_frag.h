/* openb_frag.h - the fragmentation measure of FGD: how much idle GPU the expected workload cannot
 * use.
 *
 * The expected workload M is the most popular classes of task (by CPU, share, devices and models;
 * memory is not looked at) that together make up 95 % of the pod list, each with its part p. For a
 * node with idle milli L[i] on its devices (sum R) and a class m: all of R is lost to m when the
 * node cannot run one task of m (wrong model, too little CPU, too few devices with m's share left),
 * and always when m asks for no device; else what lies on devices with less than m's share left is
 * lost. F is the mean of that over M.
 *
 * FGD's score is cut to an integer, and is exactly 50 where F does not change. The published code
 * adds in floating point, by kind of loss first, so that a task which only moves a class from one
 * kind to another earns 49 or 50 by the last bit of the sums. To place as published, p and F are
 * computed here by the same operations in the same order.
 * Source: Weng et al., USENIX ATC 2023, section 3, and the simulator its authors published. */
#ifndef BERTH_SIM_OPENB_FRAG_H
#define BERTH_SIM_OPENB_FRAG_H

#include "sim/openb/openb_trace.h"

enum { OPENB_POPULAR_PERCENT = 95 }; /* how much of the pod list M covers */

/* What is left of a node while tasks arrive. */
struct openb_left {
    int64_t gpu_sum; /* of gpu_milli */
    int32_t cpu_milli;
    int32_t memory_mib;
    int32_t gpu_milli[OPENB_GPUS_MAX]; /* by device */
    int32_t gpu_count;
    uint32_t pods;
    uint64_t model_bit;
    double frag_milli; /* F, for the policy that looks at it: openb_note_change */
    uint32_t tags; /* kinds of GPU task here: bit 0 sharing, bit n exclusive on n devices */
};

/* Why idle milli are lost, or not; in the order in which they are summed. */
enum openb_loss {
    OPENB_LACK_BOTH, /* q1 */
    OPENB_LACK_GPU, /* q2 */
    OPENB_SATISFIED, /* q3: not lost */
    OPENB_LACK_CPU, /* q4 */
    OPENB_NO_GPU_ASKED, /* xl: a task without device would run here */
    OPENB_NO_GPU_LACK_CPU, /* xr */
    OPENB_NO_ACCESS, /* the model is not asked for */
    OPENB_LOSSES
};
extern const char *const openb_loss_names[OPENB_LOSSES];

/* M, most popular class first. */
struct openb_frag {
    struct openb_class *classes; /* memory_mib is 0; pods: how many there are */
    double *parts; /* p of each; their sum is 1 */
    uint32_t class_count;
};

/* Devices by what they have left, most first, with running sums: sum[k] of the first k. */
struct openb_sorted {
    int32_t milli[OPENB_GPUS_MAX];
    int32_t sum[OPENB_GPUS_MAX + 1];
    int32_t count;
};

/* M of the trace, in the arena. */
void openb_frag_init(struct openb_frag *f, const struct openb_trace *t, struct arena *arena);
void openb_sort_devices(const int32_t *gpu_milli, int32_t count, struct openb_sorted *out);
/* Where the idle milli of a node with that CPU left and those devices go. */
void openb_frag_losses(const struct openb_frag *f, const struct openb_sorted *s, int32_t cpu_milli,
                       uint64_t model_bit, double out[OPENB_LOSSES]);
/* F in milli: all losses but OPENB_SATISFIED. */
double openb_frag_sum(const double losses[OPENB_LOSSES]);

#endif
