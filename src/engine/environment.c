#include "engine/environment.h"

#include "base/check.h"
#include "base/mem.h"
#include "model/nodelist.h"
#include "model/topology.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sorted. Beside what is set below: what Slurm sets inside a job, which must not leak from an outer
 * one. */
static const char *const owned[] = {
    "ASCEND_RT_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE",
    "CUDA_VISIBLE_DEVICES",
    "ENVIRONMENT",
    "GPU_DEVICE_ORDINAL",
    "HABANA_VISIBLE_MODULES",
    "HIP_VISIBLE_DEVICES",
    "MLU_VISIBLE_DEVICES",
    "MUSA_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "SKYPILOT_NODE_IPS",
    "SKYPILOT_NODE_RANK",
    "SKYPILOT_NUM_GPUS_PER_NODE",
    "SKYPILOT_NUM_NODES",
    "SKYPILOT_TASK_ID",
    "SLURMD_NODENAME",
    "SLURM_ARRAY_JOB_ID",
    "SLURM_ARRAY_TASK_COUNT",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_ARRAY_TASK_MAX",
    "SLURM_ARRAY_TASK_MIN",
    "SLURM_ARRAY_TASK_STEP",
    "SLURM_CLUSTER_NAME",
    "SLURM_CPUS_ON_NODE",
    "SLURM_CPUS_PER_TASK",
    "SLURM_GPUS",
    "SLURM_GPUS_ON_NODE",
    "SLURM_GPUS_PER_NODE",
    "SLURM_GTIDS",
    "SLURM_JOBID",
    "SLURM_JOB_ACCOUNT",
    "SLURM_JOB_CPUS_PER_NODE",
    "SLURM_JOB_DEPENDENCY",
    "SLURM_JOB_END_TIME",
    "SLURM_JOB_GID",
    "SLURM_JOB_GPUS",
    "SLURM_JOB_ID",
    "SLURM_JOB_NAME",
    "SLURM_JOB_NODELIST",
    "SLURM_JOB_NUM_NODES",
    "SLURM_JOB_PARTITION",
    "SLURM_JOB_QOS",
    "SLURM_JOB_RESERVATION",
    "SLURM_JOB_START_TIME",
    "SLURM_JOB_UID",
    "SLURM_JOB_USER",
    "SLURM_LOCALID",
    "SLURM_MEM_PER_CPU",
    "SLURM_MEM_PER_GPU",
    "SLURM_MEM_PER_NODE",
    "SLURM_NNODES",
    "SLURM_NODEID",
    "SLURM_NODELIST",
    "SLURM_NPROCS",
    "SLURM_NTASKS",
    "SLURM_NTASKS_PER_NODE",
    "SLURM_PROCID",
    "SLURM_RESTART_COUNT",
    "SLURM_SHARDS_ON_NODE",
    "SLURM_STEPID",
    "SLURM_STEP_GPUS",
    "SLURM_STEP_ID",
    "SLURM_STEP_NODELIST",
    "SLURM_SUBMIT_DIR",
    "SLURM_SUBMIT_HOST",
    "SLURM_TASKS_PER_NODE",
    "SLURM_TASK_PID",
    "SLURM_TOPOLOGY_ADDR",
    "SLURM_TOPOLOGY_ADDR_PATTERN",
    "TPU_VISIBLE_CHIPS",
};

/* By which variable each vendor's runtime is told its devices. */
static const struct {
    const char *vendor, *variable;
} device_variables[] = {
    {"NVIDIA", "CUDA_VISIBLE_DEVICES"},        {"AMD", "ROCR_VISIBLE_DEVICES"},
    {"Hygon", "ROCR_VISIBLE_DEVICES"}, /* its runtime is ROCm's */
    {"Huawei", "ASCEND_RT_VISIBLE_DEVICES"},   {"Intel", "HABANA_VISIBLE_MODULES"}, /* Gaudi */
    {"Google", "TPU_VISIBLE_CHIPS"},           {"Cambricon", "MLU_VISIBLE_DEVICES"},
    {"Moore Threads", "MUSA_VISIBLE_DEVICES"},
};
enum { DEVICE_VARIABLES = sizeof device_variables / sizeof *device_variables };

static int compare_name(const void *key, const void *element)
{
    const struct str *name = key;
    const char *const *owned_name = element;
    return str_cmp(*name, str_of(*owned_name));
}

/* True for names that never pass through from the submitter. */
static bool environment_is_owned(struct str name)
{
    return str_starts(name, "BERTH_") ||
           bsearch(&name, owned, sizeof owned / sizeof *owned, sizeof *owned, compare_name) != NULL;
}

static struct str entry_name(struct str entry)
{
    const char *equals = entry.len > 0 ? memchr(entry.p, '=', entry.len) : NULL;
    return (struct str){entry.p, equals != NULL ? (size_t)(equals - entry.p) : entry.len};
}

bool environment_get(const struct str *entries, uint32_t count, const char *name,
                     struct str *value_out)
{
    for (uint32_t i = count; i > 0; i--) {
        struct str found = entry_name(entries[i - 1]);
        if (!str_eqz(found, name) || found.len == entries[i - 1].len) continue;
        *value_out =
            (struct str){entries[i - 1].p + found.len + 1, entries[i - 1].len - found.len - 1};
        return true;
    }
    return false;
}

/* ---- building ------------------------------------------------------------------------------ */

struct builder {
    struct arena *arena;
    struct str *entries;
    size_t count, cap;
};

static void set(struct builder *b, const char *name, struct str value)
{
    ASSERT(environment_is_owned(str_of(name)));
    b->entries = mem_grow(b->entries, &b->cap, b->count + 1, sizeof *b->entries);
    b->entries[b->count++] = str_of(arena_printf(b->arena, "%s=" STR_FMT, name, STR_ARG(value)));
}

static void set_number(struct builder *b, const char *name, uint64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRIu64, value);
    set(b, name, (struct str){text, (size_t)len});
}

static void set_buf(struct builder *b, const char *name, struct buf *text)
{
    set(b, name, buf_str(text));
    buf_clear(text);
}

static void put_device_list(struct buf *out, uint64_t mask)
{
    bool first = true;
    for (unsigned i = 0; i < 64; i++) {
        if ((mask >> i & 1) == 0) continue;
        buf_printf(out, first ? "%u" : ",%u", i);
        first = false;
    }
}

/* Slurm's "16(x2),8" for a list of counts. */
static void put_counts(struct buf *out, const uint32_t *counts, uint32_t n)
{
    for (uint32_t i = 0; i < n;) {
        uint32_t same = 1;
        while (i + same < n && counts[i + same] == counts[i]) same++;
        buf_printf(out, i == 0 ? "%" PRIu32 : ",%" PRIu32, counts[i]);
        if (same > 1) buf_printf(out, "(x%" PRIu32 ")", same);
        i += same;
    }
}

static void pass_exported(struct builder *b, const struct job_spec *spec)
{
    for (uint32_t i = 0; i < spec->environment_count; i++) {
        struct str entry = spec->environment[i], name = entry_name(entry);
        if (name.len == 0 || name.len == entry.len || environment_is_owned(name)) continue;
        b->entries = mem_grow(b->entries, &b->cap, b->count + 1, sizeof *b->entries);
        b->entries[b->count++] = entry;
    }
}

static void set_job(struct builder *b, const struct engine_start *o)
{
    const struct job_spec *spec = o->spec;
    const struct pool *pool = &o->fleet->pools[o->claim->pool.v];
    set_number(b, "SLURM_JOB_ID", o->claim->job.v);
    set_number(b, "SLURM_JOBID", o->claim->job.v);
    set(b, "SLURM_JOB_NAME", spec->name);
    set(b, "SLURM_JOB_PARTITION", pool->id);
    set(b, "SLURM_JOB_ACCOUNT", spec->tenant);
    set(b, "SLURM_JOB_QOS", spec->qos.len > 0 ? spec->qos : STR("normal"));
    set(b, "SLURM_JOB_USER", spec->user);
    set_number(b, "SLURM_JOB_UID", spec->uid);
    set_number(b, "SLURM_JOB_GID", spec->gid);
    set(b, "SLURM_CLUSTER_NAME", o->fleet->name);
    struct str submit_dir = spec->workdir;
    (void)environment_get(spec->environment, spec->environment_count, "SLURM_SUBMIT_DIR",
                          &submit_dir);
    set(b, "SLURM_SUBMIT_DIR", submit_dir);
    set(b, "SLURM_SUBMIT_HOST", spec->submit_host);
    if (o->restarts > 0) set_number(b, "SLURM_RESTART_COUNT", o->restarts);
    set(b, "ENVIRONMENT", STR("BATCH"));
}

/* SLURM_ARRAY_TASK_STEP is the distance of the ids where it is the same everywhere, else 1. */
static void set_array(struct builder *b, const struct engine_start *o)
{
    if (o->array_job.v == 0) return;
    const uint32_t *ids = o->spec->array_tasks;
    uint32_t count = o->spec->array_count;
    uint32_t min = o->array_task, max = o->array_task, step = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (ids[i] < min) min = ids[i];
        if (ids[i] > max) max = ids[i];
    }
    if (count > 1 && ids[1] > ids[0]) step = ids[1] - ids[0];
    for (uint32_t i = 1; i < count; i++)
        if (ids[i] - ids[i - 1] != step) step = 1;
    set_number(b, "SLURM_ARRAY_JOB_ID", o->array_job.v);
    set_number(b, "SLURM_ARRAY_TASK_ID", o->array_task);
    set_number(b, "SLURM_ARRAY_TASK_COUNT", count > 0 ? count : 1);
    set_number(b, "SLURM_ARRAY_TASK_MIN", min);
    set_number(b, "SLURM_ARRAY_TASK_MAX", max);
    set_number(b, "SLURM_ARRAY_TASK_STEP", step);
}

/* As Slurm counts: -n, or tasks per node on every node, or one on each. */
static uint32_t task_count(const struct engine_start *o)
{
    const struct job_spec *spec = o->spec;
    uint32_t nodes = o->claim->part_count;
    if (spec->tasks > 0) return spec->tasks;
    return spec->tasks_per_node > 0 ? spec->tasks_per_node * nodes : nodes;
}

static void set_tasks(struct builder *b, const struct engine_start *o)
{
    const struct job_spec *spec = o->spec;
    const struct claim *claim = o->claim;
    uint32_t nodes = claim->part_count, tasks = task_count(o);
    uint32_t *counts = arena_alloc(b->arena, nodes, sizeof *counts);
    struct buf text = {0};
    set_number(b, "SLURM_NTASKS", tasks);
    set_number(b, "SLURM_NPROCS", tasks);
    if (spec->tasks_per_node > 0) set_number(b, "SLURM_NTASKS_PER_NODE", spec->tasks_per_node);
    if (spec->cpus_per_task > 0) set_number(b, "SLURM_CPUS_PER_TASK", spec->cpus_per_task);
    for (uint32_t i = 0; i < nodes; i++) counts[i] = tasks / nodes + (i < tasks % nodes ? 1 : 0);
    put_counts(&text, counts, nodes);
    set_buf(b, "SLURM_TASKS_PER_NODE", &text);
    for (uint32_t i = 0; i < nodes; i++) counts[i] = claim->parts[i].cpus;
    put_counts(&text, counts, nodes);
    set_buf(b, "SLURM_JOB_CPUS_PER_NODE", &text);
    set_number(b, "SLURM_CPUS_ON_NODE", claim->parts[0].cpus);
    if (spec->mem_mb_per_node > 0) set_number(b, "SLURM_MEM_PER_NODE", spec->mem_mb_per_node);
    if (spec->mem_mb_per_chip > 0) set_number(b, "SLURM_MEM_PER_GPU", spec->mem_mb_per_chip);
    if (spec->mem_mb_per_cpu > 0) set_number(b, "SLURM_MEM_PER_CPU", spec->mem_mb_per_cpu);
    buf_release(&text);
}

static void set_nodes(struct builder *b, const struct engine_start *o)
{
    const struct pool *pool = &o->fleet->pools[o->claim->pool.v];
    uint32_t count = o->claim->part_count;
    uint32_t *nodes = arena_alloc(b->arena, count, sizeof *nodes);
    for (uint32_t i = 0; i < count; i++) nodes[i] = o->claim->parts[i].node;
    struct buf text = {0};
    nodelist_format(pool, nodes, count, &text);
    set(b, "SLURM_JOB_NODELIST", buf_str(&text));
    set_buf(b, "SLURM_NODELIST", &text);
    set_number(b, "SLURM_JOB_NUM_NODES", count);
    set_number(b, "SLURM_NNODES", count);
    char name[NODE_NAME_MAX];
    set(b, "SLURMD_NODENAME", str_of(pool_node_name(pool, nodes[0], name)));
    set_number(b, "SLURM_NODEID", 0);
    set_number(b, "SLURM_PROCID", 0);
    set_number(b, "SLURM_LOCALID", 0);
    set_number(b, "SLURM_GTIDS", 0);
    buf_release(&text);
}

/* Where the first node hangs, as Slurm's topology plugins say it: the switches from the top down. */
static void set_topology(struct builder *b, const struct engine_start *o)
{
    const struct pool *pool = &o->fleet->pools[o->claim->pool.v];
    const struct topology *t = pool->topology;
    uint32_t node = o->claim->parts[0].node, path[SWITCH_LEVELS_MAX], count = 0;
    struct buf addr = {0}, pattern = {0};
    char name[NODE_NAME_MAX], of_switch[SWITCH_NAME_MAX];
    if (t == NULL) return;
    for (uint32_t at = t->leaf_of[node]; at != NO_INDEX; at = t->switches[at].parent)
        path[count++] = at;
    while (count > 0) {
        if (switch_name(pool, path[--count], of_switch)[0] == '\0') continue;
        buf_printf(&addr, "%s.", of_switch);
        buf_puts(&pattern, "switch.");
    }
    buf_puts(&addr, pool_node_name(pool, node, name));
    buf_puts(&pattern, "node");
    set_buf(b, "SLURM_TOPOLOGY_ADDR", &addr);
    set_buf(b, "SLURM_TOPOLOGY_ADDR_PATTERN", &pattern);
    buf_release(&addr);
    buf_release(&pattern);
}

static void hide_all_devices(struct builder *b)
{
    for (int i = 0; i < DEVICE_VARIABLES; i++) {
        bool repeated =
            i > 0 && strcmp(device_variables[i].variable, device_variables[i - 1].variable) == 0;
        if (!repeated) set(b, device_variables[i].variable, STR(""));
    }
}

/* The names that Slurm gives a job with gres/shard and gres/mps; the bound on threads keeps NVIDIA
 * jobs apart where the machine runs the MPS daemon, and does nothing where it does not. */
static void set_share(struct builder *b, const struct pool *pool, const struct chip *chip,
                      uint32_t milli)
{
    uint64_t percent = milli / 10;
    ASSERT(pool->shards_per_chip > 0);
    set_number(b, "SLURM_SHARDS_ON_NODE", (uint64_t)milli * pool->shards_per_chip / CHIP_MILLI);
    if (str_eqz(chip->vendor, "NVIDIA"))
        set_number(b, "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", percent > 0 ? percent : 1);
    set_number(b, "BERTH_CHIP_MILLI", milli);
}

static void set_chips(struct builder *b, const struct engine_start *o)
{
    const struct claim *claim = o->claim;
    uint64_t mask = claim->parts[0].chip_mask;
    if (claim->chips == 0) {
        hide_all_devices(b);
        return;
    }
    const struct pool *pool = &o->fleet->pools[claim->pool.v];
    ASSERT(pool->chip_index != NO_INDEX);
    const struct chip *chip = &o->fleet->chips[pool->chip_index];
    struct buf list = {0};
    put_device_list(&list, mask);
    set_number(b, "SLURM_GPUS", claim->chips);
    set_number(b, "SLURM_GPUS_ON_NODE", (uint64_t)__builtin_popcountll(mask));
    if (o->spec->chips_per_node > 0) set_number(b, "SLURM_GPUS_PER_NODE", o->spec->chips_per_node);
    set(b, "SLURM_JOB_GPUS", buf_str(&list));
    for (int i = 0; i < DEVICE_VARIABLES; i++)
        if (str_eqz(chip->vendor, device_variables[i].vendor))
            set(b, device_variables[i].variable, buf_str(&list));
    /* CUDA's own default order is by speed, and would not be the claim's. */
    if (str_eqz(chip->vendor, "NVIDIA")) set(b, "CUDA_DEVICE_ORDER", STR("PCI_BUS_ID"));
    set(b, "BERTH_CHIP", chip->id);
    set_number(b, "BERTH_CHIPS", claim->chips);
    if (claim->parts[0].milli > 0) set_share(b, pool, chip, claim->parts[0].milli);
    buf_release(&list);
}

static void set_berth(struct builder *b, const struct engine_start *o,
                      const struct environment_extra *extra)
{
    const struct pool *pool = &o->fleet->pools[o->claim->pool.v];
    const struct site *site = &o->fleet->sites[pool->site_index];
    set_number(b, "BERTH_JOB_ID", o->claim->job.v);
    set_number(b, "BERTH_ATTEMPT", o->claim->attempt);
    set(b, "BERTH_POOL", pool->id);
    set(b, "BERTH_SITE", site->id);
    set(b, "BERTH_COUNTRY", site->country);
    set(b, "BERTH_TENANT", o->spec->tenant);
    if (o->spec->checkpoint_s > 0) set_number(b, "BERTH_CHECKPOINT_S", o->spec->checkpoint_s);
    if (extra->socket.len > 0) {
        struct buf progress = {0};
        buf_printf(&progress, STR_FMT PROGRESS_SUFFIX, STR_ARG(extra->socket));
        set(b, "BERTH_SOCKET", extra->socket);
        set(b, "BERTH_PROGRESS", buf_str(&progress));
        buf_release(&progress);
    }
    set(b, "BERTH_MARK", extra->mark);
}

/* The nodes of a local gang are posed by this machine, so each one's address is the loopback's. The
 * task id stays the same over restarts, as SkyPilot's does. */
static void set_skypilot(struct builder *b, const struct engine_start *o)
{
    if (!str_eqz(o->spec->wrapper, "skypilot")) return;
    uint32_t nodes = o->claim->part_count;
    struct buf text = {0};
    for (uint32_t i = 0; i < nodes; i++) buf_puts(&text, i == 0 ? "127.0.0.1" : "\n127.0.0.1");
    set_buf(b, "SKYPILOT_NODE_IPS", &text);
    set_number(b, "SKYPILOT_NODE_RANK", 0);
    set_number(b, "SKYPILOT_NUM_NODES", nodes);
    set_number(b, "SKYPILOT_NUM_GPUS_PER_NODE",
               (uint64_t)__builtin_popcountll(o->claim->parts[0].chip_mask));
    buf_printf(&text, "sky-managed-" STR_FMT "_%" PRIu32 "-0", STR_ARG(o->spec->name),
               o->claim->job.v);
    set_buf(b, "SKYPILOT_TASK_ID", &text);
    buf_release(&text);
}

void environment_build(const struct engine_start *order, const struct environment_extra *extra,
                       struct arena *arena, struct str **entries_out, uint32_t *count_out)
{
    ASSERT(order->claim->part_count > 0);
    struct builder b = {.arena = arena};
    pass_exported(&b, order->spec);
    set_job(&b, order);
    set_array(&b, order);
    set_tasks(&b, order);
    set_nodes(&b, order);
    set_topology(&b, order);
    set_chips(&b, order);
    set_berth(&b, order, extra);
    set_skypilot(&b, order);
    *entries_out = arena_alloc(arena, b.count, sizeof **entries_out);
    memcpy(*entries_out, b.entries, b.count * sizeof **entries_out);
    *count_out = (uint32_t)b.count;
    mem_free(b.entries);
}
