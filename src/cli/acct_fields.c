/* The fields of sacct: names, headers and default widths as Slurm's; then Berth's. Berth keeps no
 * record of steps, so each job is one row. */
#include "cli/job_rows.h"
#include "cli/times.h"
#include "core/job.h"

#include <inttypes.h>

#define GETTER(name) static void name(const void *row, const void *env, struct buf *out)
#define JOB (((const struct job_row *)row)->job)
#define NOW (((const struct job_env *)env)->now_ms)

static void put_instant(struct buf *out, int64_t ms, const char *absent)
{
    char text[INSTANT_TEXT_MAX];
    buf_puts(out, ms != 0 ? instant_iso(ms, text) : absent);
}

static void put_span(struct buf *out, int64_t ms)
{
    char text[SPAN_TEXT_MAX];
    buf_puts(out, span_long(ms, text));
}

#define TEXT_GETTER(name, field)                                                                   \
    GETTER(name)                                                                                   \
    {                                                                                              \
        (void)env;                                                                                 \
        buf_put_str(out, JOB->field);                                                              \
    }
#define U32_GETTER(name, field)                                                                    \
    GETTER(name)                                                                                   \
    {                                                                                              \
        (void)env;                                                                                 \
        buf_printf(out, "%" PRIu32, JOB->field);                                                   \
    }

TEXT_GETTER(a_name, name)
TEXT_GETTER(a_user, user)
TEXT_GETTER(a_account, account)
TEXT_GETTER(a_partition, partition)
TEXT_GETTER(a_comment, comment)
TEXT_GETTER(a_workdir, workdir)
TEXT_GETTER(a_stdout, stdout_path)
TEXT_GETTER(a_stderr, stderr_path)
TEXT_GETTER(a_site, site)
TEXT_GETTER(a_chip, chip)
TEXT_GETTER(a_rule, rule)
U32_GETTER(a_raw_id, job_id)
U32_GETTER(a_uid, uid)
U32_GETTER(a_cpus, cpus)
U32_GETTER(a_nodes, node_count)
U32_GETTER(a_tasks, tasks)
U32_GETTER(a_gpus, chips)
U32_GETTER(a_restarts, restarts)
U32_GETTER(a_preemptions, preemptions)
U32_GETTER(a_preempted_by, preempted_by)

GETTER(a_system_comment)
{
    (void)env;
    if (JOB->preempted_by != 0) buf_printf(out, "preempted by job %" PRIu32, JOB->preempted_by);
}

GETTER(a_id)
{
    (void)env;
    job_row_id(row, out);
}

GETTER(a_qos)
{
    (void)env;
    if (JOB->qos.len > 0)
        buf_put_str(out, JOB->qos);
    else
        buf_puts(out, "normal");
}

GETTER(a_reason)
{
    (void)env;
    if (JOB->reason.len > 0)
        buf_put_str(out, JOB->reason);
    else
        buf_puts(out, "None");
}

GETTER(a_node_list)
{
    (void)env;
    if (JOB->nodes.len > 0)
        buf_put_str(out, JOB->nodes);
    else
        buf_puts(out, "None assigned");
}

GETTER(a_state)
{
    (void)env;
    buf_put_str(out, JOB->state);
    if (JOB->cancel_asked && str_eqz(JOB->state, job_state_names[JOB_CANCELLED]))
        buf_printf(out, " by %" PRIu32, JOB->cancel_uid);
}

GETTER(a_exit)
{
    (void)env;
    buf_printf(out, "%" PRId32 ":%" PRId32, JOB->exit_code, JOB->exit_signal);
}

GETTER(a_submit)
{
    (void)env;
    put_instant(out, JOB->submit_ms, "Unknown");
}

GETTER(a_eligible)
{
    (void)env;
    put_instant(out, JOB->eligible_ms, "Unknown");
}

GETTER(a_start)
{
    (void)env;
    put_instant(out, JOB->start_ms, job_view_is_ended(JOB) ? "None" : "Unknown");
}

GETTER(a_end)
{
    (void)env;
    put_instant(out, JOB->end_ms, "Unknown");
}

GETTER(a_elapsed)
{
    put_span(out, job_elapsed_ms(JOB, NOW));
}

GETTER(a_elapsed_raw)
{
    buf_printf(out, "%" PRId64, job_elapsed_ms(JOB, NOW) / 1000);
}

GETTER(a_cpu_time)
{
    put_span(out, job_elapsed_ms(JOB, NOW) * JOB->cpus);
}

GETTER(a_cpu_time_raw)
{
    buf_printf(out, "%" PRId64, job_elapsed_ms(JOB, NOW) * JOB->cpus / 1000);
}

GETTER(a_limit)
{
    (void)env;
    if (job_view_is_unlimited(JOB))
        buf_puts(out, "UNLIMITED");
    else
        put_span(out, JOB->time_limit_ms);
}

GETTER(a_limit_raw)
{
    (void)env;
    if (job_view_is_unlimited(JOB))
        buf_puts(out, "UNLIMITED");
    else
        buf_printf(out, "%" PRId64, JOB->time_limit_ms / 60000);
}

GETTER(a_memory)
{
    (void)env;
    char text[SPAN_TEXT_MAX];
    buf_puts(out, megabytes(JOB->mem_mb, text));
}

GETTER(a_priority)
{
    (void)env;
    buf_printf(out, "%" PRId32, JOB->priority);
}

static void put_tres(struct buf *out, const struct job_view *job)
{
    uint32_t nodes = job->node_count > 0 ? job->node_count : 1;
    uint32_t cpus = job->cpus > 0 ? job->cpus : 1;
    char memory[SPAN_TEXT_MAX];
    buf_printf(out, "billing=%" PRIu32 ",cpu=%" PRIu32, cpus, cpus);
    if (job->chips > 0) buf_printf(out, ",gres/gpu=%" PRIu32, job->chips);
    if (job->mem_mb > 0) buf_printf(out, ",mem=%s", megabytes(job->mem_mb * nodes, memory));
    buf_printf(out, ",node=%" PRIu32, nodes);
}

GETTER(a_req_tres)
{
    (void)env;
    put_tres(out, JOB);
}

GETTER(a_alloc_tres)
{
    (void)env;
    if (JOB->start_ms != 0) put_tres(out, JOB);
}

GETTER(a_cost)
{
    (void)env;
    char text[DOLLARS_TEXT_MAX];
    buf_puts(out, dollars(job_view_is_ended(JOB) ? JOB->spent_uusd : JOB->cost_uusd, text));
}

/* From being able to run until it began, as Slurm counts it. */
GETTER(a_planned)
{
    int64_t from = JOB->eligible_ms;
    int64_t until = JOB->start_ms != 0 ? JOB->start_ms : JOB->end_ms != 0 ? JOB->end_ms : NOW;
    put_span(out, from != 0 && until > from ? until - from : 0);
}

GETTER(a_suspended)
{
    (void)row;
    (void)env;
    put_span(out, 0);
}

/* What is not measured stays empty, as where Slurm gathers nothing. */
GETTER(a_unmeasured)
{
    (void)row;
    (void)env;
    (void)out;
}

GETTER(a_cluster)
{
    (void)row;
    buf_put_str(out, ((const struct job_env *)env)->cluster);
}

const struct field acct_fields[] = {
    {0, "Account", "Account", 10, a_account},
    {0, "AllocCPUS", "AllocCPUS", 10, a_cpus},
    {0, "AllocGPUS", "AllocGPUS", 9, a_gpus},
    {0, "AllocNodes", "AllocNodes", 10, a_nodes},
    {0, "AllocTRES", "AllocTRES", 10, a_alloc_tres},
    {0, "Cluster", "Cluster", 10, a_cluster},
    {0, "Comment", "Comment", 14, a_comment},
    {0, "AveCPU", "AveCPU", 10, a_unmeasured},
    {0, "AveRSS", "AveRSS", 10, a_unmeasured},
    {0, "ConsumedEnergy", "ConsumedEnergy", 14, a_unmeasured},
    {0, "CPUTime", "CPUTime", 10, a_cpu_time},
    {0, "CPUTimeRAW", "CPUTimeRAW", 10, a_cpu_time_raw},
    {0, "DerivedExitCode", "DerivedExitCode", 15, a_exit},
    {0, "Elapsed", "Elapsed", 10, a_elapsed},
    {0, "ElapsedRaw", "ElapsedRaw", 10, a_elapsed_raw},
    {0, "Eligible", "Eligible", 19, a_eligible},
    {0, "End", "End", 19, a_end},
    {0, "ExitCode", "ExitCode", 8, a_exit},
    {0, "JobID", "JobID", -12, a_id},
    {0, "JobIDRaw", "JobIDRaw", -12, a_raw_id},
    {0, "JobName", "JobName", 10, a_name},
    {0, "MaxRSS", "MaxRSS", 10, a_unmeasured},
    {0, "MaxVMSize", "MaxVMSize", 10, a_unmeasured},
    {0, "NCPUS", "NCPUS", 10, a_cpus},
    {0, "NNodes", "NNodes", 8, a_nodes},
    {0, "NTasks", "NTasks", 8, a_tasks},
    {0, "NodeList", "NodeList", 15, a_node_list},
    {0, "Partition", "Partition", 10, a_partition},
    {0, "Planned", "Planned", 10, a_planned},
    {0, "Priority", "Priority", 10, a_priority},
    {0, "QOS", "QOS", 10, a_qos},
    {0, "Reason", "Reason", 22, a_reason},
    {0, "ReqCPUS", "ReqCPUS", 8, a_cpus},
    {0, "ReqMem", "ReqMem", 10, a_memory},
    {0, "ReqNodes", "ReqNodes", 8, a_nodes},
    {0, "ReqTRES", "ReqTRES", 10, a_req_tres},
    {0, "Restarts", "Restarts", 8, a_restarts},
    {0, "Start", "Start", 19, a_start},
    {0, "State", "State", 10, a_state},
    {0, "StdErr", "StdErr", 20, a_stderr},
    {0, "StdOut", "StdOut", 20, a_stdout},
    {0, "Submit", "Submit", 19, a_submit},
    {0, "Suspended", "Suspended", 10, a_suspended},
    {0, "SystemCPU", "SystemCPU", 10, a_unmeasured},
    {0, "Timelimit", "Timelimit", 10, a_limit},
    {0, "SystemComment", "SystemComment", 14, a_system_comment},
    {0, "TimelimitRaw", "TimelimitRaw", 12, a_limit_raw},
    {0, "TotalCPU", "TotalCPU", 10, a_unmeasured},
    {0, "UID", "UID", 6, a_uid},
    {0, "User", "User", 9, a_user},
    {0, "UserCPU", "UserCPU", 10, a_unmeasured},
    {0, "WorkDir", "WorkDir", 20, a_workdir},
    {0, "Site", "Site", 12, a_site},
    {0, "Chip", "Chip", 12, a_chip},
    {0, "Rule", "Rule", 20, a_rule},
    {0, "Cost", "Cost", 12, a_cost},
    {0, "Preemptions", "Preemptions", 11, a_preemptions},
    {0, "PreemptedBy", "PreemptedBy", 11, a_preempted_by},
};
const size_t acct_field_count = sizeof acct_fields / sizeof *acct_fields;
