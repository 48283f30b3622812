/* The fields of sinfo: letters of -o, names of -O, headers as Slurm prints them; then Berth's. What
 * Berth does not have prints Slurm's neutral value. */
#include "cli/pool_rows.h"
#include "cli/times.h"

#include <inttypes.h>
#include <pwd.h>

#define GETTER(name) static void name(const void *row, const void *env, struct buf *out)
#define ROW ((const struct pool_row *)row)
#define POOL (ROW->pool)

#define WORD_GETTER(name, word)                                                                    \
    GETTER(name)                                                                                   \
    {                                                                                              \
        (void)row;                                                                                 \
        (void)env;                                                                                 \
        buf_puts(out, word);                                                                       \
    }
#define TEXT_GETTER(name, text)                                                                    \
    GETTER(name)                                                                                   \
    {                                                                                              \
        (void)env;                                                                                 \
        buf_put_str(out, text);                                                                    \
    }

WORD_GETTER(i_all, "all")
WORD_GETTER(i_no, "no")
WORD_GETTER(i_no_share, "NO")
WORD_GETTER(i_one, "1")
WORD_GETTER(i_zero, "0")
WORD_GETTER(i_none, "N/A")
WORD_GETTER(i_size, "1-infinite")
WORD_GETTER(i_unlimited, "UNLIMITED")
WORD_GETTER(i_version, "berth " BERTH_VERSION)
WORD_GETTER(i_preempt, "REQUEUE")
TEXT_GETTER(i_pool, POOL->pool)
TEXT_GETTER(i_nodes, ROW->nodes)
TEXT_GETTER(i_state, ROW->state)
TEXT_GETTER(i_site, POOL->site)
TEXT_GETTER(i_country, POOL->country)
TEXT_GETTER(i_title, POOL->title)

GETTER(i_partition)
{
    (void)env;
    buf_put_str(out, POOL->pool);
    if (POOL->is_default) buf_putc(out, '*');
}

GETTER(i_avail)
{
    (void)env;
    buf_puts(out, POOL->up ? "up" : "drain");
}

GETTER(i_limit)
{
    (void)env;
    char text[SPAN_TEXT_MAX];
    buf_puts(out,
             POOL->time_limit_max_ms == 0 ? "infinite" : span_short(POOL->time_limit_max_ms, text));
}

GETTER(i_compact)
{
    (void)env;
    buf_puts(out, node_state_compact(ROW->state));
}

GETTER(i_chip)
{
    (void)env;
    if (POOL->chip.len > 0)
        buf_put_str(out, POOL->chip);
    else
        buf_puts(out, "(null)");
}

GETTER(i_gres)
{
    (void)env;
    if (POOL->chips_per_node > 0)
        buf_printf(out, "gpu:" STR_FMT ":%" PRIu32, STR_ARG(POOL->chip), POOL->chips_per_node);
    else
        buf_puts(out, "(null)");
    if (POOL->shards_per_chip > 0)
        buf_printf(out, ",shard:" STR_FMT ":%" PRIu32, STR_ARG(POOL->chip),
                   POOL->chips_per_node * POOL->shards_per_chip);
}

GETTER(i_gres_used)
{
    (void)env;
    if (POOL->chips_per_node > 0)
        buf_printf(out, "gpu:" STR_FMT ":%" PRIu32, STR_ARG(POOL->chip), ROW->chips_used);
    else
        buf_puts(out, "gpu:0");
}

GETTER(i_reason)
{
    (void)env;
    if (ROW->reason.len > 0)
        buf_put_str(out, ROW->reason);
    else
        buf_puts(out, "none");
}

GETTER(i_reason_user)
{
    (void)env;
    const struct passwd *p = ROW->reason_ms != 0 ? getpwuid(ROW->reason_uid) : NULL;
    if (p != NULL)
        buf_puts(out, p->pw_name);
    else if (ROW->reason_ms != 0)
        buf_printf(out, "%" PRIu32, ROW->reason_uid);
    else
        buf_puts(out, "Unknown");
}

GETTER(i_reason_time)
{
    (void)env;
    char text[INSTANT_TEXT_MAX];
    buf_puts(out, ROW->reason_ms != 0 ? instant_iso(ROW->reason_ms, text) : "Unknown");
}

GETTER(i_cpus)
{
    (void)env;
    buf_printf(out, "%" PRIu32, POOL->cpus_per_node);
}

GETTER(i_sockets)
{
    (void)env;
    buf_printf(out, "1:%" PRIu32 ":1", POOL->cpus_per_node);
}

GETTER(i_memory)
{
    (void)env;
    buf_printf(out, "%" PRIu64, POOL->mem_mb_per_node);
}

static uint64_t total(const struct aiot *x)
{
    return x->allocated + x->idle + x->other;
}

static void put_aiot(struct buf *out, const struct aiot *x)
{
    buf_printf(out, "%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64, x->allocated, x->idle, x->other,
               total(x));
}

GETTER(i_node_count)
{
    (void)env;
    buf_printf(out, "%" PRIu64, total(&ROW->node_count));
}

GETTER(i_node_ai)
{
    (void)env;
    buf_printf(out, "%" PRIu64 "/%" PRIu64, ROW->node_count.allocated, ROW->node_count.idle);
}

GETTER(i_node_aiot)
{
    (void)env;
    put_aiot(out, &ROW->node_count);
}

GETTER(i_cpu_aiot)
{
    (void)env;
    put_aiot(out, &ROW->cpus);
}

GETTER(i_price)
{
    (void)env;
    char text[DOLLARS_TEXT_MAX];
    buf_puts(out, dollars(POOL->uusd_per_chip_h, text));
}

static void put_instant(struct buf *out, int64_t ms)
{
    char text[INSTANT_TEXT_MAX];
    buf_puts(out, ms != 0 ? instant_iso(ms, text) : "N/A");
}

GETTER(i_lease_end)
{
    (void)env;
    put_instant(out, POOL->lease_to_ms);
}

GETTER(i_safe_start)
{
    (void)env;
    put_instant(out, POOL->last_safe_start_ms);
}

const struct field pool_fields[] = {
    {'a', "Available", "AVAIL", 0, i_avail},
    {'A', "NodeAI", "NODES(A/I)", 0, i_node_ai},
    {'b', "features_act", "ACTIVE_FEATURES", 0, i_chip},
    {'c', "CPUs", "CPUS", 0, i_cpus},
    {'C', "CPUsState", "CPUS(A/I/O/T)", 0, i_cpu_aiot},
    {'B', "MaxCPUsPerNode", "MAX_CPUS_PER_NODE", 0, i_unlimited},
    {'d', "Disk", "TMP_DISK", 0, i_zero},
    {'D', "Nodes", "NODES", 0, i_node_count},
    {'e', "FreeMem", "FREE_MEM", 0, i_none},
    {'E', "Reason", "REASON", 0, i_reason},
    {'f', "Features", "AVAIL_FEATURES", 0, i_chip},
    {'F', "NodeAIOT", "NODES(A/I/O/T)", 0, i_node_aiot},
    {'g', "Groups", "GROUPS", 0, i_all},
    {'G', "Gres", "GRES", 0, i_gres},
    {'h', "OverSubscribe", "OVERSUBSCRIBE", 0, i_no_share},
    {'H', "Timestamp", "TIMESTAMP", 0, i_reason_time},
    {'I', "PriorityJobFactor", "PRIO_JOB_FACTOR", 0, i_one},
    {'l', "Time", "TIMELIMIT", 0, i_limit},
    {'L', "DefaultTime", "DEFAULTTIME", 0, i_none},
    {'m', "Memory", "MEMORY", 0, i_memory},
    {'M', "PreemptMode", "PREEMPT_MODE", 0, i_preempt},
    {'n', "NodeHost", "HOSTNAMES", 0, i_nodes},
    {'N', "NodeList", "NODELIST", 0, i_nodes},
    {'o', "NodeAddr", "NODE_ADDR", 0, i_nodes},
    {'O', "CPUsLoad", "CPU_LOAD", 0, i_none},
    {'p', "PriorityTier", "PRIO_TIER", 0, i_one},
    {'P', "Partition", "PARTITION", 0, i_partition},
    {'r', "Root", "ROOT", 0, i_no},
    {'R', "PartitionName", "PARTITION", 0, i_pool},
    {'s', "Size", "JOB_SIZE", 0, i_size},
    {'S', "AllocNodes", "ALLOCNODES", 0, i_all},
    {'t', "StateCompact", "STATE", 0, i_compact},
    {'T', "StateLong", "STATE", 0, i_state},
    {'u', "User", "USER", 0, i_reason_user},
    {'U', "UserLong", "USER", 0, i_reason_user},
    {'v', "Version", "VERSION", 0, i_version},
    {'V', "Cluster", "CLUSTER", 0, i_none},
    {'w', "Weight", "WEIGHT", 0, i_one},
    {'X', "Sockets", "SOCKETS", 0, i_one},
    {'Y', "Cores", "CORES", 0, i_cpus},
    {'z', "SocketCoreThread", "S:C:T", 0, i_sockets},
    {'Z', "Threads", "THREADS", 0, i_one},
    {0, "GresUsed", "GRES_USED", 0, i_gres_used},
    {0, "Site", "SITE", 0, i_site},
    {0, "Country", "COUNTRY", 0, i_country},
    {0, "Title", "TITLE", 0, i_title},
    {0, "Price", "PRICE", 0, i_price},
    {0, "LeaseEnd", "LEASE_END", 0, i_lease_end},
    {0, "LastSafeStart", "LAST_SAFE_START", 0, i_safe_start},
};
const size_t pool_field_count = sizeof pool_fields / sizeof *pool_fields;
