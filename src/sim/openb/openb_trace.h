/* openb_trace.h - the input of the packing experiment: nodes, tasks, and the order of arrival.
 *
 * The experiment is that of "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with
 * Fragmentation Gradient Descent" (USENIX ATC 2023) on the openb trace that its authors published
 * (github.com/alibaba/clusterdata, cluster-trace-gpu-v2023). There is no time in it: tasks arrive
 * one after another and stay for ever; one that fits nowhere is dropped for good.
 *
 *   nodes   CSV with columns sn, cpu_milli, memory_mib, gpu, model
 *   pods    CSV with columns name, cpu_milli, memory_mib, num_gpu, gpu_milli and perhaps gpu_spec
 *           (models joined by '|'; empty: any); other columns are not looked at
 *   order   lines "N,<node>,<rank>" (one for each node; ranks break ties, the lower wins) and
 *           "P,<pod>" in the order of arrival; "<pod>-tuned-<k>" is a further copy of a pod */
#ifndef BERTH_SIM_OPENB_TRACE_H
#define BERTH_SIM_OPENB_TRACE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdio.h>

enum {
    OPENB_GPUS_MAX = 16, /* devices of a node: the trace has 8; 16 is the largest sold */
    OPENB_GPU_MILLI = 1000, /* what one device has */
    OPENB_NODES_MAX = 20000, /* the trace has 1,213 */
    OPENB_PODS_MAX = 200000, /* rows of the pod list; the longest of the traces has under 20,000 */
    OPENB_ARRIVALS_MAX = 1000000, /* lines P of the order; the traces have about 11,000 */
    OPENB_CLASSES_MAX = 2048, /* different tasks; the traces have about 150 */
    OPENB_MODELS_MAX = 64, /* device models: bits of a mask; the trace has 7 */
    OPENB_PODS_ON_NODE_MAX = 1001, /* the published simulator's limit: 1 + 1000 tasks */
    OPENB_CPU_MILLI_MAX = 100000000, /* CPU of a node or task, in 1/1000 of a core */
    OPENB_MEMORY_MIB_MAX = 1 << 30, /* memory of a node or task: 1 PiB */
    OPENB_LINE_MAX = 512, /* bytes of a line of the order file: a name and a number */
};

struct openb_node {
    struct str name;
    int32_t cpu_milli;
    int32_t memory_mib;
    int32_t gpu_count;
    uint64_t model_bit; /* one bit; 0 for a node without a device */
    uint32_t rank; /* breaks ties, lower wins; each once */
};

/* What a task asks for. Tasks that ask for the same are of one class. */
struct openb_class {
    int32_t cpu_milli;
    int32_t memory_mib;
    int32_t gpu_count;
    int32_t gpu_milli; /* of each device: 1000, or less when gpu_count is 1; 0 without devices */
    uint64_t models; /* bits of the models that will do; all ones when any will */
    struct str spec; /* as written in gpu_spec: part of what the published code groups by */
    uint32_t pods; /* rows of the pod list: the workload that a scheduler expects */
};

struct openb_arrival {
    struct str name;
    uint32_t class_index;
};

/* Everything lies in the arena given to openb_trace_read. Nodes are in the order of their rank. */
struct openb_trace {
    struct openb_node *nodes;
    struct openb_class *classes;
    struct openb_arrival *arrivals;
    uint32_t node_count, class_count, arrival_count;
    uint32_t pod_count;
    int64_t capacity_milli; /* of all devices */
};

/* A file to read, and its name in messages; both borrowed. */
struct openb_input {
    FILE *file;
    const char *name;
};

/* Read the three files. ERR_INVALID or ERR_LIMIT with file and line when one is wrong, ERR_IO when
 * one cannot be read; `out` is then untouched. */
enum err openb_trace_parse(const struct openb_input *nodes, const struct openb_input *pods,
                           const struct openb_input *order, struct arena *arena,
                           struct openb_trace *out, struct errtext *error);
/* The same by path. */
enum err openb_trace_read(const char *nodes_path, const char *pods_path, const char *order_path,
                          struct arena *arena, struct openb_trace *out, struct errtext *error);

#endif
