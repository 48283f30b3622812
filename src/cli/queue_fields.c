/* The fields of squeue: letters of -o, names of -O, headers as Slurm prints them; then Berth's. */
#include "cli/job_rows.h"
#include "cli/times.h"

#include <grp.h>
#include <inttypes.h>

#define GETTER(name) static void name(const void *row, const void *env, struct buf *out)
#define JOB (((const struct job_row *)row)->job)
#define NOW (((const struct job_env *)env)->now_ms)

static void put_or(struct buf *out, struct str text, const char *absent)
{
    if (text.len > 0)
        buf_put_str(out, text);
    else
        buf_puts(out, absent);
}

static void put_instant(struct buf *out, int64_t ms)
{
    char text[INSTANT_TEXT_MAX];
    buf_puts(out, ms != 0 ? instant_iso(ms, text) : "N/A");
}

static void put_span(struct buf *out, int64_t ms)
{
    char text[SPAN_TEXT_MAX];
    buf_puts(out, span_short(ms, text));
}

static void put_u32(struct buf *out, uint32_t n)
{
    buf_printf(out, "%" PRIu32, n);
}

#define TEXT_GETTER(name, field, absent)                                                           \
    GETTER(name)                                                                                   \
    {                                                                                              \
        (void)env;                                                                                 \
        put_or(out, JOB->field, absent);                                                           \
    }
#define U32_GETTER(name, field)                                                                    \
    GETTER(name)                                                                                   \
    {                                                                                              \
        (void)env;                                                                                 \
        put_u32(out, JOB->field);                                                                  \
    }
#define INSTANT_GETTER(name, field)                                                                \
    GETTER(name)                                                                                   \
    {                                                                                              \
        (void)env;                                                                                 \
        put_instant(out, JOB->field);                                                              \
    }

TEXT_GETTER(q_account, account, "(null)")
TEXT_GETTER(q_name, name, "(null)")
TEXT_GETTER(q_comment, comment, "(null)")
TEXT_GETTER(q_dependency, dependency, "(null)")
TEXT_GETTER(q_nodes, nodes, "")
TEXT_GETTER(q_partition, partition, "(any)")
TEXT_GETTER(q_qos, qos, "normal")
TEXT_GETTER(q_reason, reason, "None")
TEXT_GETTER(q_state, state, "")
TEXT_GETTER(q_code, state_code, "")
TEXT_GETTER(q_user, user, "nobody")
TEXT_GETTER(q_workdir, workdir, "")
TEXT_GETTER(q_stdout, stdout_path, "")
TEXT_GETTER(q_stderr, stderr_path, "")
TEXT_GETTER(q_stdin, stdin_path, "/dev/null")
TEXT_GETTER(q_site, site, "")
TEXT_GETTER(q_chip, chip, "")
TEXT_GETTER(q_rule, rule, "")
TEXT_GETTER(q_purpose, purpose, "")
TEXT_GETTER(q_type, type, "(null)")
U32_GETTER(q_job_id, job_id)
U32_GETTER(q_cpus, cpus)
U32_GETTER(q_chips, chips)
U32_GETTER(q_tasks, tasks)
U32_GETTER(q_uid, uid)
U32_GETTER(q_gid, gid)
U32_GETTER(q_restarts, restarts)
U32_GETTER(q_preemptions, preemptions)
U32_GETTER(q_preempted_by, preempted_by)
INSTANT_GETTER(q_submit, submit_ms)
INSTANT_GETTER(q_eligible, eligible_ms)
INSTANT_GETTER(q_start, start_ms)
INSTANT_GETTER(q_deadline, deadline_ms)
INSTANT_GETTER(q_heartbeat, heartbeat_ms)
INSTANT_GETTER(q_checkpoint, checkpoint_ms)

GETTER(q_id)
{
    (void)env;
    job_row_id(row, out);
}

GETTER(q_array_id)
{
    (void)env;
    put_u32(out, JOB->is_array ? JOB->array_job_id : JOB->job_id);
}

GETTER(q_task_id)
{
    (void)env;
    const struct job_row *r = row;
    if (r->tasks.len > 0)
        job_row_tasks(r, out);
    else if (JOB->is_array)
        put_u32(out, JOB->array_task_id);
    else
        buf_puts(out, "N/A");
}

GETTER(q_node_count)
{
    (void)env;
    put_u32(out, JOB->node_count > 0 ? JOB->node_count : 1);
}

GETTER(q_min_cpus)
{
    (void)env;
    put_u32(out, JOB->cpus_per_task > 0 ? JOB->cpus_per_task : 1);
}

GETTER(q_gres)
{
    (void)env;
    if (JOB->gres.len > 0)
        buf_printf(out, "gres/" STR_FMT, STR_ARG(JOB->gres));
    else
        buf_puts(out, "N/A");
}

GETTER(q_memory)
{
    (void)env;
    char text[SPAN_TEXT_MAX];
    buf_puts(out, megabytes(JOB->mem_mb, text));
}

GETTER(q_priority)
{
    (void)env;
    buf_printf(out, "%" PRId32, JOB->priority);
}

GETTER(q_time)
{
    put_span(out, job_elapsed_ms(JOB, NOW));
}

GETTER(q_time_limit)
{
    (void)env;
    if (job_view_is_unlimited(JOB))
        buf_puts(out, "UNLIMITED");
    else
        put_span(out, JOB->time_limit_ms);
}

GETTER(q_time_left)
{
    if (job_view_is_unlimited(JOB))
        buf_puts(out, "UNLIMITED");
    else
        put_span(out, JOB->time_limit_ms - job_elapsed_ms(JOB, NOW));
}

GETTER(q_end)
{
    (void)env;
    bool known = JOB->end_ms != 0 || (JOB->start_ms != 0 && !job_view_is_unlimited(JOB));
    put_instant(out, JOB->end_ms != 0 ? JOB->end_ms
                     : known          ? JOB->start_ms + JOB->time_limit_ms
                                      : 0);
}

/* Slurm shows why a job waits or failed in the place of the nodes. */
GETTER(q_nodes_or_reason)
{
    (void)env;
    static const char *const with_reason[] = {"PENDING",       "TIMEOUT",  "FAILED",
                                              "OUT_OF_MEMORY", "DEADLINE", "REFUSED"};
    for (size_t i = 0; i < sizeof with_reason / sizeof *with_reason; i++) {
        if (!str_eqz(JOB->state, with_reason[i])) continue;
        buf_putc(out, '(');
        put_or(out, JOB->reason, "None");
        buf_putc(out, ')');
        return;
    }
    buf_put_str(out, JOB->nodes);
}

GETTER(q_exit)
{
    (void)env;
    buf_printf(out, "%" PRId32 ":%" PRId32, JOB->exit_code, JOB->exit_signal);
}

GETTER(q_group)
{
    (void)env;
    const struct group *g = getgrgid(JOB->gid);
    if (g != NULL)
        buf_puts(out, g->gr_name);
    else
        put_u32(out, JOB->gid);
}

GETTER(q_nice)
{
    (void)env;
    buf_printf(out, "%" PRId32, JOB->nice);
}

/* Others may use the rest of its nodes: Slurm says OK of that. */
GETTER(q_shares)
{
    (void)env;
    buf_puts(out, JOB->exclusive ? "NO" : "OK");
}

GETTER(q_requeue)
{
    (void)env;
    buf_puts(out, JOB->requeue ? "1" : "0");
}

GETTER(q_cost)
{
    (void)env;
    char text[DOLLARS_TEXT_MAX];
    buf_puts(out, dollars(job_view_is_ended(JOB) ? JOB->spent_uusd : JOB->cost_uusd, text));
}

/* By the job's own heartbeats where it has any, else as EndTime. */
GETTER(q_expected_end)
{
    if (JOB->expected_end_ms != 0 && JOB->heartbeat_ms != 0)
        put_instant(out, JOB->expected_end_ms);
    else
        q_end(row, env, out);
}

GETTER(q_steps)
{
    (void)env;
    buf_printf(out, "%" PRId64, JOB->steps);
    if (JOB->steps_total > 0) buf_printf(out, "/%" PRId64, JOB->steps_total);
}

GETTER(q_progress)
{
    (void)env;
    if (JOB->steps_total <= 0)
        buf_puts(out, "N/A");
    else if (JOB->steps >= JOB->steps_total)
        buf_puts(out, "100%");
    else
        buf_printf(out, "%d%%", (int)(100.0 * (double)JOB->steps / (double)JOB->steps_total));
}

/* How long it has waited, or waited until it began. */
GETTER(q_pending_time)
{
    int64_t until = JOB->start_ms != 0 ? JOB->start_ms : JOB->end_ms != 0 ? JOB->end_ms : NOW;
    buf_printf(out, "%" PRId64, until > JOB->submit_ms ? (until - JOB->submit_ms) / 1000 : 0);
}

GETTER(q_batch_host)
{
    (void)env;
    char name[NODE_NAME_MAX];
    put_or(out, job_first_node(JOB, name), "N/A");
}

GETTER(q_tres)
{
    (void)env;
    uint32_t nodes = JOB->node_count > 0 ? JOB->node_count : 1;
    char memory[SPAN_TEXT_MAX];
    buf_printf(out, "cpu=%" PRIu32, JOB->cpus);
    if (JOB->mem_mb > 0) buf_printf(out, ",mem=%s", megabytes(JOB->mem_mb * nodes, memory));
    buf_printf(out, ",node=%" PRIu32, nodes);
    if (JOB->chips > 0) buf_printf(out, ",gres/gpu=%" PRIu32, JOB->chips);
}

#define WORD_GETTER(name, word)                                                                    \
    GETTER(name)                                                                                   \
    {                                                                                              \
        (void)row;                                                                                 \
        (void)env;                                                                                 \
        buf_puts(out, word);                                                                       \
    }
/* What Berth does not have prints Slurm's neutral value. */
WORD_GETTER(q_none, "N/A")
WORD_GETTER(q_null, "(null)")
WORD_GETTER(q_any, "*")
WORD_GETTER(q_any_shape, "*:*:*")
WORD_GETTER(q_one, "1")
WORD_GETTER(q_na, "NA")
WORD_GETTER(q_not_set, "NotSet")
WORD_GETTER(q_no_time, "0:00")
WORD_GETTER(q_nothing, "")
WORD_GETTER(q_zero, "0")

GETTER(q_cluster)
{
    (void)row;
    put_or(out, ((const struct job_env *)env)->cluster, "N/A");
}

const struct field queue_fields[] = {
    {'a', "Account", "ACCOUNT", 0, q_account},
    {'A', "JobID", "JOBID", 0, q_job_id},
    {'b', "tres-per-node", "TRES_PER_NODE", 0, q_gres},
    {'c', "MinCPUs", "MIN_CPUS", 0, q_min_cpus},
    {'B', "BatchHost", "EXEC_HOST", 0, q_batch_host},
    {'C', "NumCPUs", "CPUS", FIELD_WHOLE, q_cpus},
    {'d', "MinTmpDisk", "MIN_TMP_DISK", 0, q_zero},
    {'D', "NumNodes", "NODES", FIELD_WHOLE, q_node_count},
    {'e', "EndTime", "END_TIME", FIELD_WHOLE, q_end},
    {'E', "Dependency", "DEPENDENCY", 0, q_dependency},
    {'f', "Feature", "FEATURES", 0, q_chip},
    {'g', "GroupName", "GROUP", 0, q_group},
    {'G', "GroupID", "GROUP", 0, q_gid},
    {'F', "ArrayJobID", "ARRAY_JOB_ID", 0, q_array_id},
    {'h', "OverSubscribe", "OVER_SUBSCRIBE", 0, q_shares},
    {'H', "Sockets", "SOCKETS_PER_NODE", 0, q_any},
    {'i', "JobArrayID", "JOBID", 0, q_id},
    {'I', "Cores", "CORES_PER_SOCKET", 0, q_any},
    {'j', "Name", "NAME", 0, q_name},
    {'J', "Threads", "THREADS_PER_CORE", 0, q_any},
    {'k', "Comment", "COMMENT", 0, q_comment},
    {'K', "ArrayTaskID", "ARRAY_TASK_ID", 0, q_task_id},
    {'l', "TimeLimit", "TIME_LIMIT", FIELD_WHOLE, q_time_limit},
    {'L', "TimeLeft", "TIME_LEFT", FIELD_WHOLE, q_time_left},
    {'m', "MinMemory", "MIN_MEMORY", 0, q_memory},
    {'M', "TimeUsed", "TIME", FIELD_WHOLE, q_time},
    {'n', "ReqNodes", "REQ_NODES", 0, q_nothing},
    {'N', "NodeList", "NODELIST", 0, q_nodes},
    {'o', "Command", "COMMAND", 0, q_null},
    {'O', "Contiguous", "CONTIGUOUS", 0, q_zero},
    {'p', "Priority", "PRIORITY", FIELD_WHOLE, q_priority},
    {'P', "Partition", "PARTITION", 0, q_partition},
    {'q', "QOS", "QOS", 0, q_qos},
    {'Q', "PriorityLong", "PRIORITY", FIELD_WHOLE, q_priority},
    {'r', "Reason", "REASON", 0, q_reason},
    {'R', "ReasonList", "NODELIST(REASON)", 0, q_nodes_or_reason},
    {'s', "SelectJobInfo", "", 0, q_nothing},
    {'S', "StartTime", "START_TIME", FIELD_WHOLE, q_start},
    {'t', "StateCompact", "ST", 0, q_code},
    {'T', "State", "STATE", 0, q_state},
    {'u', "UserName", "USER", 0, q_user},
    {'U', "UserID", "UID", 0, q_uid},
    {'v', "Reservation", "RESERVATION", 0, q_null},
    {'V', "SubmitTime", "SUBMIT_TIME", FIELD_WHOLE, q_submit},
    {'w', "WCKey", "WCKEY", 0, q_null},
    {'W', "Licenses", "LICENSES", 0, q_null},
    {'x', "ExcNodes", "EXC_NODES", 0, q_nothing},
    {'X', "CoreSpec", "CORE_SPEC", 0, q_none},
    {'y', "Nice", "NICE", 0, q_nice},
    {'Y', "SchedNodes", "SCHEDNODES", 0, q_null},
    {'z', "SCT", "S:C:T", 0, q_any_shape},
    {'Z', "WorkDir", "WORK_DIR", 0, q_workdir},
    {0, "tres-alloc", "TRES_ALLOC", 0, q_tres},
    {0, "PendingTime", "PENDING_TIME", 0, q_pending_time},
    {0, "cluster", "CLUSTER", 0, q_cluster},
    {0, "NumTasks", "TASKS", 0, q_tasks},
    {0, "cpus-per-task", "CPUS_PER_TASK", 0, q_min_cpus},
    {0, "EligibleTime", "ELIGIBLE_TIME", FIELD_WHOLE, q_eligible},
    {0, "Deadline", "DEADLINE", FIELD_WHOLE, q_deadline},
    {0, "exit_code", "EXIT_CODE", 0, q_exit},
    {0, "Requeue", "REQUEUE", 0, q_requeue},
    {0, "RestartCnt", "RESTART_COUNT", 0, q_restarts},
    {0, "STDOUT", "STDOUT", 0, q_stdout},
    {0, "STDERR", "STDERR", 0, q_stderr},
    {0, "STDIN", "STDIN", 0, q_stdin},
    {0, "AccrueTime", "ACCRUE_TIME", FIELD_WHOLE, q_eligible},
    {0, "admin_comment", "ADMIN_COMMENT", 0, q_null},
    {0, "AllocNodes", "ALLOC_NODES", 0, q_none},
    {0, "AllocSID", "ALLOC_SID", 0, q_zero},
    {0, "AssocID", "ASSOC_ID", 0, q_zero},
    {0, "BatchFlag", "BATCH_FLAG", 0, q_one},
    {0, "BoardsPerNode", "BOARDS_PER_NODE", 0, q_zero},
    {0, "BurstBuffer", "BURST_BUFFER", 0, q_null},
    {0, "BurstBufferState", "BURST_BUFFER_STATE", 0, q_null},
    {0, "ClusterFeature", "CLUSTER_FEATURES", 0, q_null},
    {0, "cpus-per-tres", "CPUS_PER_TRES", 0, q_none},
    {0, "DelayBoot", "DELAY_BOOT", 0, q_no_time},
    {0, "DerivedEC", "DERIVED_EC", 0, q_exit},
    {0, "HetJobID", "HET_JOB_ID", 0, q_none},
    {0, "HetJobIDSet", "HET_JOB_ID_SET", 0, q_none},
    {0, "HetJobOffset", "HET_JOB_OFFSET", 0, q_none},
    {0, "MaxCPUs", "MAX_CPUS", FIELD_WHOLE, q_cpus},
    {0, "MaxNodes", "MAX_NODES", FIELD_WHOLE, q_node_count},
    {0, "MCSLabel", "MCSLABEL", 0, q_null},
    {0, "mem-per-tres", "MEM_PER_TRES", 0, q_none},
    {0, "MinTime", "TIME_MIN", 0, q_no_time},
    {0, "Network", "NETWORK", 0, q_null},
    {0, "NTPerBoard", "NTASKS_PER_BOARD", 0, q_zero},
    {0, "NTPerCore", "NTASKS_PER_CORE", 0, q_none},
    {0, "NTPerNode", "NTASKS_PER_NODE", 0, q_zero},
    {0, "NTPerSocket", "NTASKS_PER_SOCKET", 0, q_none},
    {0, "Origin", "ORIGIN", 0, q_na},
    {0, "OriginRaw", "ORIGIN_RAW", 0, q_na},
    {0, "PreemptTime", "PREEMPT_TIME", 0, q_none},
    {0, "Profile", "PROFILE", 0, q_not_set},
    {0, "Reboot", "REBOOT", 0, q_zero},
    {0, "ResizeTime", "RESIZE_TIME", 0, q_none},
    {0, "SiblingsActive", "ACTIVE_SIBLINGS", 0, q_na},
    {0, "SiblingsActiveRaw", "ACTIVE_SIBLINGS_RAW", 0, q_na},
    {0, "SiblingsViable", "VIABLE_SIBLINGS", 0, q_na},
    {0, "SiblingsViableRaw", "VIALBLE_SIBLINGS_RAW", 0, q_na},
    {0, "SPerBoard", "SOCKETS_PER_BOARD", 0, q_zero},
    {0, "system_comment", "SYSTEM_COMMENT", 0, q_null},
    {0, "tres-bind", "TRES_BIND", 0, q_none},
    {0, "tres-freq", "TRES_FREQ", 0, q_none},
    {0, "tres-per-job", "TRES_PER_JOB", 0, q_none},
    {0, "tres-per-socket", "TRES_PER_SOCKET", 0, q_none},
    {0, "tres-per-task", "TRES_PER_TASK", 0, q_none},
    {0, "Site", "SITE", 0, q_site},
    {0, "Chip", "CHIP", 0, q_chip},
    {0, "Chips", "CHIPS", 0, q_chips},
    {0, "Type", "TYPE", 0, q_type},
    {0, "Steps", "STEPS", 0, q_steps},
    {0, "Progress", "PROGRESS", 0, q_progress},
    {0, "Heartbeat", "HEARTBEAT", FIELD_WHOLE, q_heartbeat},
    {0, "Checkpoint", "CHECKPOINT", FIELD_WHOLE, q_checkpoint},
    {0, "ExpectedEnd", "EXPECTED_END", FIELD_WHOLE, q_expected_end},
    {0, "Cost", "COST", 0, q_cost},
    {0, "Rule", "RULE", 0, q_rule},
    {0, "Purpose", "PURPOSE", 0, q_purpose},
    {0, "Preemptions", "PREEMPTIONS", 0, q_preemptions},
    {0, "PreemptedBy", "PREEMPTED_BY", 0, q_preempted_by},
};
const size_t queue_field_count = sizeof queue_fields / sizeof *queue_fields;
