#include "engine/nvml.h"

#include "model/limits.h"

#include <dlfcn.h>
#include <string.h>

/* The part of NVML's interface that is used (NVML API reference, stable since driver 418):
 * functions return 0 for success. */
struct nvml_device;

struct nvml_memory {
    unsigned long long total, free, used; /* bytes */
};

struct nvml_pci {
    char bus_id_legacy[16];
    unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
};

enum { NVML_TEXT_MAX = 96 }; /* NVML's largest buffer: a device's name or UUID, version 2 */

struct nvml {
    void *library;
    int (*init)(void);
    int (*shutdown)(void);
    const char *(*error_string)(int);
    int (*device_count)(unsigned *);
    int (*device_by_index)(unsigned, struct nvml_device **);
    int (*device_name)(struct nvml_device *, char *, unsigned);
    int (*device_uuid)(struct nvml_device *, char *, unsigned);
    int (*device_memory)(struct nvml_device *, struct nvml_memory *);
    int (*device_pci)(struct nvml_device *, struct nvml_pci *);
    int (*driver_version)(char *, unsigned);
    int (*library_version)(char *, unsigned);
    int (*cuda_version)(int *);
};

/* A function pointer through memory: ISO C has no conversion from void *. */
static enum err find(const struct nvml *n, const char *name, void *function_out,
                     struct errtext *error)
{
    void *symbol = dlsym(n->library, name);
    if (symbol == NULL)
        return err_set(error, ERR_UNAVAILABLE,
                       "the NVIDIA driver's library lacks %s; it is older than 418 or damaged",
                       name);
    memcpy(function_out, &symbol, sizeof symbol);
    return ERR_NONE;
}

static enum err find_all(struct nvml *n, struct errtext *error)
{
    const struct {
        const char *name;
        void *function;
    } wanted[] = {
        {"nvmlInit_v2", &n->init},
        {"nvmlShutdown", &n->shutdown},
        {"nvmlErrorString", &n->error_string},
        {"nvmlDeviceGetCount_v2", &n->device_count},
        {"nvmlDeviceGetHandleByIndex_v2", &n->device_by_index},
        {"nvmlDeviceGetName", &n->device_name},
        {"nvmlDeviceGetUUID", &n->device_uuid},
        {"nvmlDeviceGetMemoryInfo", &n->device_memory},
        {"nvmlDeviceGetPciInfo_v3", &n->device_pci},
        {"nvmlSystemGetDriverVersion", &n->driver_version},
        {"nvmlSystemGetNVMLVersion", &n->library_version},
        {"nvmlSystemGetCudaDriverVersion", &n->cuda_version},
    };
    enum err e = ERR_NONE;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted && e == ERR_NONE; i++)
        e = find(n, wanted[i].name, wanted[i].function, error);
    return e;
}

static enum err said(const struct nvml *n, int code, const char *what, struct errtext *error)
{
    if (code == 0) return ERR_NONE;
    const char *why = n->error_string(code);
    return err_set(error, ERR_UNAVAILABLE, "the NVIDIA driver cannot tell %s: %s", what,
                   why != NULL ? why : "unknown error");
}

static enum err open_library(struct nvml *n, struct errtext *error)
{
    *n = (struct nvml){.library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)};
    if (n->library == NULL)
        return err_set(error, ERR_UNAVAILABLE,
                       "no NVIDIA driver on this machine (libnvidia-ml.so.1 is not found); the "
                       "nodes of the fleet file are used as they stand");
    enum err e = find_all(n, error);
    if (e == ERR_NONE) e = said(n, n->init(), "its devices", error);
    if (e != ERR_NONE) dlclose(n->library);
    return e;
}

static void close_library(const struct nvml *n)
{
    (void)n->shutdown();
    dlclose(n->library);
}

/* A text answer; NVML ends it, but the end is made sure of. */
static struct str text_of(struct arena *arena, const char *text, size_t size)
{
    return (struct str){arena_copy(arena, text, strnlen(text, size)), strnlen(text, size)};
}

static enum err read_gpu(const struct nvml *n, uint32_t index, struct arena *arena, struct gpu *out,
                         struct errtext *error)
{
    struct nvml_device *device;
    char name[NVML_TEXT_MAX] = "", uuid[NVML_TEXT_MAX] = "";
    struct nvml_memory memory = {0};
    struct nvml_pci pci = {0};
    enum err e = said(n, n->device_by_index(index, &device), "a device", error);
    if (e == ERR_NONE) e = said(n, n->device_name(device, name, sizeof name), "a name", error);
    if (e == ERR_NONE) e = said(n, n->device_uuid(device, uuid, sizeof uuid), "a UUID", error);
    if (e == ERR_NONE) e = said(n, n->device_memory(device, &memory), "a memory size", error);
    if (e == ERR_NONE) e = said(n, n->device_pci(device, &pci), "a PCI address", error);
    if (e != ERR_NONE) return err_prefix(error, e, "GPU %u", (unsigned)index);
    *out = (struct gpu){.index = index,
                        .name = text_of(arena, name, sizeof name),
                        .uuid = text_of(arena, uuid, sizeof uuid),
                        .pci_bus_id = text_of(arena, pci.bus_id, sizeof pci.bus_id),
                        .mem_bytes = memory.total};
    return ERR_NONE;
}

enum err nvml_list(struct arena *arena, struct gpu **gpus_out, uint32_t *count_out,
                   struct errtext *error)
{
    struct nvml n;
    enum err e = open_library(&n, error);
    if (e != ERR_NONE) return e;
    unsigned count = 0;
    e = said(&n, n.device_count(&count), "how many devices there are", error);
    if (e == ERR_NONE && count > CHIPS_PER_NODE_MAX)
        e = err_set(error, ERR_LIMIT, "%u GPUs on one machine; at most %d are supported", count,
                    CHIPS_PER_NODE_MAX);
    struct gpu *gpus = e == ERR_NONE ? ARENA_ARRAY(arena, count, struct gpu) : NULL;
    for (uint32_t i = 0; i < count && e == ERR_NONE; i++)
        e = read_gpu(&n, i, arena, &gpus[i], error);
    close_library(&n);
    if (e != ERR_NONE) return e;
    *gpus_out = gpus;
    *count_out = count;
    return ERR_NONE;
}

enum err nvml_versions(struct arena *arena, struct nvml_versions *out, struct errtext *error)
{
    struct nvml n;
    enum err e = open_library(&n, error);
    if (e != ERR_NONE) return e;
    char driver[NVML_TEXT_MAX] = "", library[NVML_TEXT_MAX] = "";
    int cuda = 0; /* 1000 * major + 10 * minor */
    e = said(&n, n.driver_version(driver, sizeof driver), "its version", error);
    if (e == ERR_NONE)
        e = said(&n, n.library_version(library, sizeof library), "its library's version", error);
    if (e == ERR_NONE) e = said(&n, n.cuda_version(&cuda), "its CUDA version", error);
    close_library(&n);
    if (e != ERR_NONE) return e;
    *out = (struct nvml_versions){.driver = text_of(arena, driver, sizeof driver),
                                  .library = text_of(arena, library, sizeof library),
                                  .cuda_major = (uint32_t)cuda / 1000,
                                  .cuda_minor = (uint32_t)cuda % 1000 / 10};
    return ERR_NONE;
}
