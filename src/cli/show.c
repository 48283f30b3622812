#include "cli/show.h"

#include "cli/job_rows.h"
#include "cli/node_set.h"
#include "cli/table.h"
#include "cli/times.h"

#include <grp.h>
#include <inttypes.h>
#include <pwd.h>

static void line_break(struct buf *out, bool oneline)
{
    buf_puts(out, oneline ? " " : "\n   ");
}

static void end_record(struct buf *out, bool oneline)
{
    buf_puts(out, oneline ? "\n" : "\n\n");
}

static void put_text(struct buf *out, const char *key, struct str value, const char *absent)
{
    buf_puts(out, key);
    size_t before = out->len;
    if (value.len > 0)
        buf_put_str(out, value);
    else
        buf_puts(out, absent);
    text_clean(out, before);
}

static void put_instant(struct buf *out, const char *key, int64_t ms, const char *absent)
{
    char text[INSTANT_TEXT_MAX];
    buf_puts(out, key);
    buf_puts(out, ms != 0 ? instant_iso(ms, text) : absent);
}

static void put_tres(struct buf *out, const char *key, uint32_t cpus, uint64_t mem_mb,
                     uint32_t nodes, uint32_t chips)
{
    char memory[SPAN_TEXT_MAX];
    buf_printf(out, "%scpu=%" PRIu32, key, cpus);
    if (mem_mb > 0) buf_printf(out, ",mem=%s", megabytes(mem_mb * nodes, memory));
    buf_printf(out, ",node=%" PRIu32 ",billing=%" PRIu32, nodes, cpus);
    if (chips > 0) buf_printf(out, ",gres/gpu=%" PRIu32, chips);
}

static void job_identity(const struct job_view *j, bool oneline, struct buf *out)
{
    buf_printf(out, "JobId=%" PRIu32, j->job_id);
    if (j->is_array)
        buf_printf(out, " ArrayJobId=%" PRIu32 " ArrayTaskId=%" PRIu32, j->array_job_id,
                   j->array_task_id);
    put_text(out, " JobName=", j->name, "(null)");
    line_break(out, oneline);
    put_text(out, "UserId=", j->user, "nobody");
    const struct group *g = getgrgid(j->gid);
    buf_printf(out, "(%" PRIu32 ") GroupId=%s(%" PRIu32 ") MCS_label=N/A", j->uid,
               g != NULL ? g->gr_name : "nobody", j->gid);
    line_break(out, oneline);
    buf_printf(out, "Priority=%" PRId32 " Nice=%" PRId32, j->priority, j->nice);
    put_text(out, " Account=", j->account, "(null)");
    put_text(out, " QOS=", j->qos, "normal");
    line_break(out, oneline);
    put_text(out, "JobState=", j->state, "");
    put_text(out, " Reason=", j->reason, "None");
    put_text(out, " Dependency=", j->dependency, "(null)");
    line_break(out, oneline);
    buf_printf(out,
               "Requeue=%d Restarts=%" PRIu32 " BatchFlag=1 Reboot=0 ExitCode=%" PRId32 ":%" PRId32,
               j->requeue, j->restarts, j->exit_code, j->exit_signal);
    if (j->preemptions == 0) return;
    line_break(out, oneline);
    buf_printf(out, "Preemptions=%" PRIu32 " PreemptedBy=%" PRIu32, j->preemptions,
               j->preempted_by);
}

static void job_times(const struct job_view *j, int64_t now_ms, bool oneline, struct buf *out)
{
    char span[SPAN_TEXT_MAX];
    bool ends = j->start_ms != 0 && !job_view_is_unlimited(j);
    line_break(out, oneline);
    buf_printf(out, "RunTime=%s", span_long(job_elapsed_ms(j, now_ms), span));
    buf_printf(out, " TimeLimit=%s TimeMin=N/A",
               job_view_is_unlimited(j) ? "UNLIMITED" : span_long(j->time_limit_ms, span));
    line_break(out, oneline);
    put_instant(out, "SubmitTime=", j->submit_ms, "Unknown");
    put_instant(out, " EligibleTime=", j->eligible_ms, "Unknown");
    line_break(out, oneline);
    put_instant(out, "StartTime=", j->start_ms, "Unknown");
    put_instant(out, " EndTime=",
                j->end_ms != 0 ? j->end_ms
                : ends         ? j->start_ms + j->time_limit_ms
                               : 0,
                "Unknown");
    put_instant(out, " Deadline=", j->deadline_ms, "N/A");
}

/* What the job has said of its progress. */
static void job_work(const struct job_view *j, bool oneline, struct buf *out)
{
    if (j->type.len == 0 && j->steps_total == 0 && j->heartbeat_ms == 0) return;
    line_break(out, oneline);
    put_text(out, "BerthType=", j->type, "(null)");
    buf_printf(out, " BerthSteps=%" PRId64 "/", j->steps);
    if (j->steps_total > 0)
        buf_printf(out, "%" PRId64, j->steps_total);
    else
        buf_puts(out, "unknown");
    put_instant(out, " BerthCheckpoint=", j->checkpoint_ms, "None");
    put_instant(out, " BerthExpectedEnd=", j->expected_end_ms, "Unknown");
}

static void job_size(const struct job_view *j, bool oneline, struct buf *out)
{
    uint32_t nodes = j->node_count > 0 ? j->node_count : 1;
    char memory[SPAN_TEXT_MAX];
    line_break(out, oneline);
    put_text(out, "Partition=", j->partition, "(null)");
    buf_puts(out, " AllocNode:Sid=N/A:0");
    line_break(out, oneline);
    buf_puts(out, "ReqNodeList=(null) ExcNodeList=(null)");
    line_break(out, oneline);
    put_text(out, "NodeList=", j->nodes, "");
    line_break(out, oneline);
    buf_printf(out,
               "NumNodes=%" PRIu32 " NumCPUs=%" PRIu32 " NumTasks=%" PRIu32 " CPUs/Task=%" PRIu32
               " ReqB:S:C:T=0:0:*:*",
               nodes, j->cpus, j->tasks, j->cpus_per_task);
    line_break(out, oneline);
    put_tres(out, "ReqTRES=", j->cpus, j->mem_mb, nodes, j->chips);
    line_break(out, oneline);
    if (j->nodes.len > 0)
        put_tres(out, "AllocTRES=", j->cpus, j->mem_mb, nodes, j->chips);
    else
        buf_puts(out, "AllocTRES=(null)");
    line_break(out, oneline);
    buf_printf(out, "MinCPUsNode=%" PRIu32 " MinMemoryNode=%s MinTmpDiskNode=0", j->cpus_per_task,
               megabytes(j->mem_mb, memory));
    if (j->gres.len > 0) {
        line_break(out, oneline);
        put_text(out, "TresPerNode=gres/", j->gres, "");
    }
}

static void job_rest(const struct job_view *j, bool oneline, struct buf *out)
{
    char cost[DOLLARS_TEXT_MAX], spent[DOLLARS_TEXT_MAX];
    line_break(out, oneline);
    put_text(out, "WorkDir=", j->workdir, "(null)");
    if (j->comment.len > 0) put_text(out, " Comment=", j->comment, "");
    line_break(out, oneline);
    struct arena arena;
    arena_init(&arena);
    put_text(out, "StdErr=", job_output_file(j, true, &arena), "");
    line_break(out, oneline);
    put_text(out, "StdIn=", j->stdin_path, "/dev/null");
    line_break(out, oneline);
    put_text(out, "StdOut=", job_output_file(j, false, &arena), "");
    arena_release(&arena);
    line_break(out, oneline);
    put_text(out, "BerthSite=", j->site, "(null)");
    put_text(out, " BerthChip=", j->chip, "(null)");
    buf_printf(out, " BerthCost=%s BerthSpent=%s", dollars(j->cost_uusd, cost),
               dollars(j->spent_uusd, spent));
    put_text(out, " BerthRule=", j->rule, "(null)");
    put_text(out, " BerthPurpose=", j->purpose, "(null)");
    buf_printf(out, " BerthAttempt=%" PRIu32 " BerthRecord=%" PRIu64, j->attempt,
               j->decision_record);
}

void show_job(const struct job_view *job, int64_t now_ms, bool oneline, struct buf *out)
{
    job_identity(job, oneline, out);
    job_times(job, now_ms, oneline, out);
    job_work(job, oneline, out);
    job_size(job, oneline, out);
    job_rest(job, oneline, out);
    end_record(out, oneline);
}

/* All nodes of a pool, whatever their state. */
static void put_nodes(struct buf *out, const struct pool_view *p)
{
    struct buf list = {0};
    struct errtext error;
    for (uint32_t i = 0; i < p->group_count; i++)
        buf_printf(&list, "%s" STR_FMT, i > 0 ? "," : "", STR_ARG(p->groups[i].nodes));
    buf_puts(out, "Nodes=");
    if (hostlist_fold(buf_str(&list), true, out, &error) != ERR_NONE)
        buf_put_str(out, buf_str(&list));
    buf_release(&list);
}

void show_partition(const struct pool_view *p, bool oneline, struct buf *out)
{
    char span[SPAN_TEXT_MAX], price[DOLLARS_TEXT_MAX];
    buf_printf(out, "PartitionName=" STR_FMT, STR_ARG(p->pool));
    line_break(out, oneline);
    buf_puts(out, "AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL");
    line_break(out, oneline);
    buf_printf(out, "AllocNodes=ALL Default=%s QoS=N/A", p->is_default ? "YES" : "NO");
    line_break(out, oneline);
    buf_printf(out, "DefaultTime=NONE DisableRootJobs=NO ExclusiveUser=NO GraceTime=0 Hidden=NO");
    line_break(out, oneline);
    buf_printf(out, "MaxNodes=UNLIMITED MaxTime=%s MinNodes=0 LLN=NO MaxCPUsPerNode=UNLIMITED",
               p->time_limit_max_ms != 0 ? span_long(p->time_limit_max_ms, span) : "UNLIMITED");
    line_break(out, oneline);
    put_nodes(out, p);
    line_break(out, oneline);
    buf_printf(out, "State=%s TotalCPUs=%" PRIu64 " TotalNodes=%" PRIu32, p->up ? "UP" : "DRAIN",
               (uint64_t)p->cpus_per_node * p->nodes, p->nodes);
    line_break(out, oneline);
    put_text(out, "BerthSite=", p->site, "");
    put_text(out, " BerthCountry=", p->country, "(null)");
    put_text(out, " BerthChip=", p->chip, "(null)");
    buf_printf(out, " BerthChips=%" PRIu32 " BerthChipsUsed=%" PRIu32, p->chips_total,
               p->chips_used);
    put_text(out, " BerthTitle=", p->title, "");
    buf_printf(out, " BerthPrice=%s", dollars(p->uusd_per_chip_h, price));
    put_instant(out, " BerthLeaseEnd=", p->lease_to_ms, "N/A");
    put_instant(out, " BerthLastSafeStart=", p->last_safe_start_ms, "N/A");
    end_record(out, oneline);
}

static const char *node_state(struct str state)
{
    static const char *const words[][2] = {
        {"idle", "IDLE"},
        {"mixed", "MIXED"},
        {"allocated", "ALLOCATED"},
        {"down", "DOWN"},
        {"drained", "IDLE+DRAIN"},
        {"draining", "MIXED+DRAIN"},
        {"maint", "IDLE+MAINTENANCE"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eqz(state, words[i][0])) return words[i][1];
    return "UNKNOWN";
}

void show_node(const struct node_view *n, const struct pool_view *p, bool oneline, struct buf *out)
{
    buf_printf(out, "NodeName=" STR_FMT " Arch=N/A CoresPerSocket=%" PRIu32, STR_ARG(n->name),
               p->cpus_per_node);
    line_break(out, oneline);
    buf_printf(out, "CPUAlloc=%" PRIu32 " CPUEfctv=%" PRIu32 " CPUTot=%" PRIu32 " CPULoad=N/A",
               n->cpus_used, p->cpus_per_node, p->cpus_per_node);
    line_break(out, oneline);
    put_text(out, "AvailableFeatures=", p->chip, "(null)");
    line_break(out, oneline);
    put_text(out, "ActiveFeatures=", p->chip, "(null)");
    line_break(out, oneline);
    if (p->chips_per_node > 0)
        buf_printf(out, "Gres=gpu:" STR_FMT ":%" PRIu32, STR_ARG(p->chip), p->chips_per_node);
    else
        buf_puts(out, "Gres=(null)");
    if (p->shards_per_chip > 0)
        buf_printf(out, ",shard:" STR_FMT ":%" PRIu32, STR_ARG(p->chip),
                   p->chips_per_node * p->shards_per_chip);
    line_break(out, oneline);
    buf_printf(out, "NodeAddr=" STR_FMT " NodeHostName=" STR_FMT, STR_ARG(n->name),
               STR_ARG(n->name));
    line_break(out, oneline);
    buf_printf(out, "RealMemory=%" PRIu64 " AllocMem=%" PRIu64 " FreeMem=N/A Sockets=1 Boards=1",
               p->mem_mb_per_node, n->mem_mb_used);
    line_break(out, oneline);
    buf_printf(out, "State=%s ThreadsPerCore=1 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A",
               node_state(n->state));
    line_break(out, oneline);
    buf_printf(out, "Partitions=" STR_FMT, STR_ARG(p->pool));
    line_break(out, oneline);
    buf_printf(out, "BerthSite=" STR_FMT " BerthChipsUsed=%" PRIu32, STR_ARG(p->site),
               n->chips_used);
    if (n->on_switch.len > 0) put_text(out, " BerthSwitch=", n->on_switch, "");
    if (n->reason.len > 0) {
        line_break(out, oneline);
        put_text(out, "Reason=", n->reason, "");
        char at[INSTANT_TEXT_MAX];
        const struct passwd *by = getpwuid(n->reason_uid);
        if (n->reason_ms != 0)
            buf_printf(out, " [%s@%s]", by != NULL ? by->pw_name : "nobody",
                       instant_iso(n->reason_ms, at));
    }
    end_record(out, oneline);
}

void show_switch(const struct switch_view *s, struct buf *out)
{
    buf_printf(out, "SwitchName=" STR_FMT " Level=%" PRIu32 " LinkSpeed=1 Nodes=" STR_FMT,
               STR_ARG(s->name), s->level, STR_ARG(s->nodes));
    if (s->below_count > 0) {
        struct buf names = {0};
        struct errtext error;
        for (uint32_t i = 0; i < s->below_count; i++)
            buf_printf(&names, "%s" STR_FMT, i > 0 ? "," : "", STR_ARG(s->below[i]));
        buf_puts(out, " Switches=");
        if (hostlist_fold(buf_str(&names), false, out, &error) != ERR_NONE)
            buf_put_str(out, buf_str(&names));
        buf_release(&names);
    }
    buf_putc(out, '\n');
}
