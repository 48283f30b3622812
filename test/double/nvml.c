/* nvml.c - stands in for libnvidia-ml.so.1 in tests: eight devices that answer as a driver does.
 *
 * NVML_DOUBLE_COUNT sets the number of devices; NVML_DOUBLE_FAIL names the function that fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nvml_memory {
    unsigned long long total, free, used;
};

struct nvml_pci {
    char bus_id_legacy[16];
    unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
};

int nvmlInit_v2(void);
int nvmlShutdown(void);
const char *nvmlErrorString(int code);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetName(void *device, char *out, unsigned size);
int nvmlDeviceGetUUID(void *device, char *out, unsigned size);
int nvmlDeviceGetMemoryInfo(void *device, struct nvml_memory *out);
int nvmlDeviceGetPciInfo_v3(void *device, struct nvml_pci *out);
int nvmlSystemGetDriverVersion(char *out, unsigned size);
int nvmlSystemGetNVMLVersion(char *out, unsigned size);
int nvmlSystemGetCudaDriverVersion(int *out);

enum { UNKNOWN_ERROR = 999 };

static int initialised;
static unsigned devices[128];

static int answer(const char *function)
{
    const char *fail = getenv("NVML_DOUBLE_FAIL");
    if (fail != NULL && strcmp(fail, function) == 0) return UNKNOWN_ERROR;
    return initialised ? 0 : 1;
}

int nvmlInit_v2(void)
{
    initialised = 1;
    return answer("nvmlInit_v2");
}

int nvmlShutdown(void)
{
    initialised = 0;
    return 0;
}

const char *nvmlErrorString(int code)
{
    return code == UNKNOWN_ERROR ? "Unknown Error" : "Uninitialized";
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
    const char *text = getenv("NVML_DOUBLE_COUNT");
    *count = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 8;
    return answer("nvmlDeviceGetCount_v2");
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    devices[index] = index;
    *device = &devices[index];
    return answer("nvmlDeviceGetHandleByIndex_v2");
}

int nvmlDeviceGetName(void *device, char *out, unsigned size)
{
    (void)device;
    snprintf(out, size, "NVIDIA H200");
    return answer("nvmlDeviceGetName");
}

int nvmlDeviceGetUUID(void *device, char *out, unsigned size)
{
    snprintf(out, size, "GPU-00000000-0000-0000-0000-%012u", *(unsigned *)device);
    return answer("nvmlDeviceGetUUID");
}

int nvmlDeviceGetMemoryInfo(void *device, struct nvml_memory *out)
{
    (void)device;
    *out = (struct nvml_memory){150754820096ULL, 150000000000ULL, 754820096ULL};
    return answer("nvmlDeviceGetMemoryInfo");
}

int nvmlDeviceGetPciInfo_v3(void *device, struct nvml_pci *out)
{
    *out = (struct nvml_pci){.bus = 0x10 + *(unsigned *)device};
    snprintf(out->bus_id, sizeof out->bus_id, "00000000:%02X:00.0", out->bus);
    return answer("nvmlDeviceGetPciInfo_v3");
}

int nvmlSystemGetDriverVersion(char *out, unsigned size)
{
    snprintf(out, size, "550.54.15");
    return answer("nvmlSystemGetDriverVersion");
}

int nvmlSystemGetNVMLVersion(char *out, unsigned size)
{
    snprintf(out, size, "12.550.54.15");
    return answer("nvmlSystemGetNVMLVersion");
}

int nvmlSystemGetCudaDriverVersion(int *out)
{
    *out = 12040;
    return answer("nvmlSystemGetCudaDriverVersion");
}
