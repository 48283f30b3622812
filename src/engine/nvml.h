/* nvml.h - the NVIDIA accelerators of this machine, found through the driver's own library.
 *
 * libnvidia-ml.so.1 comes with the driver and is opened at run time, so Berth builds and runs
 * without it; the prototypes used are stated in nvml.c. Where it is absent the fleet file's nodes
 * are used as they stand. */
#ifndef BERTH_ENGINE_NVML_H
#define BERTH_ENGINE_NVML_H

#include "base/err.h"
#include "base/str.h"

struct gpu {
    uint32_t index; /* NVML's: in order of PCI address, as CUDA_DEVICE_ORDER=PCI_BUS_ID counts */
    struct str name; /* "NVIDIA H100 80GB HBM3" */
    struct str uuid; /* "GPU-..." */
    struct str pci_bus_id; /* "00000000:1B:00.0" */
    uint64_t mem_bytes; /* as the driver states it: a little below the data sheet's */
};

struct nvml_versions {
    struct str driver, library; /* "550.54.15", "12.550.54.15" */
    uint32_t cuda_major, cuda_minor; /* newest CUDA that the driver runs */
};

/* All devices, in order of index; text lives in `arena`. ERR_UNAVAILABLE where there is no driver
 * or it does not answer: the text is one line for the log. A machine with the driver and no device
 * gives a count of 0. ERR_LIMIT above CHIPS_PER_NODE_MAX. */
enum err nvml_list(struct arena *arena, struct gpu **gpus_out, uint32_t *count_out,
                   struct errtext *error);

enum err nvml_versions(struct arena *arena, struct nvml_versions *out, struct errtext *error);

#endif
