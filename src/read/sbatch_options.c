#include "read/sbatch_options.h"

#include "read/suggest.h"

#include <string.h>

#define SIZE_OR_PLACE "could change the size or place of the job and is not supported; remove it"

/* One line for each option: name, letter, argument, scope, group, handler, refusal, variable, help.
 */
#define APPLIED(name, letter, arg, scope, group, fn, env, value, help)                             \
    {                                                                                              \
        (name), (letter), (arg), (scope), (group), (fn), NULL, (env), (value), (help)              \
    }
#define NOTED(name, letter, arg)                                                                   \
    {                                                                                              \
        (name), (letter), (arg), IN_ALL, GROUP_NONE, NULL, NULL, NULL, NULL, NULL                  \
    }
#define REFUSED(name, letter, arg, env, why)                                                       \
    {                                                                                              \
        (name), (letter), (arg), IN_ALL, GROUP_NONE, NULL, (why), (env), NULL, NULL                \
    }

/* clang-format off */
const struct sbatch_option sbatch_options[] = {
    APPLIED("account", 'A', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_account, "SBATCH_ACCOUNT", "NAME", "tenant that the job belongs to"),
    APPLIED("array", 'a', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_array, "SBATCH_ARRAY_INX", "TASKS", "one job for each task: 1-10:2%4, 0,3,7"),
    APPLIED("begin", 'b', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_begin, NULL, "TIME", "not before: now+1hour, 16:00, 2026-12-31T18:00"),
    APPLIED("chdir", 'D', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_chdir, NULL, "DIR", "working directory"),
    APPLIED("cluster-constraint", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_cluster_constraint, NULL, "[!]SITES", "narrow --clusters to these sites; !: to others"),
    APPLIED("chips", 0, ARG_NEEDED, IN_OURS, GROUP_CHIPS, sbatch_set_gpus, NULL, "[KIND:]N", "the same as --gpus"),
    APPLIED("clusters", 'M', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_clusters, "SBATCH_CLUSTERS", "SITES", "run at one of these sites only"),
    APPLIED("comment", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_comment, NULL, "TEXT", "free text kept with the job"),
    APPLIED("constraint", 'C', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_constraint, "SBATCH_CONSTRAINT", "CHIPS", "acceptable kinds of chip: \"h100|h200\""),
    APPLIED("contiguous", 0, ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_contiguous, NULL, NULL, "on adjacent nodes, in the order of the pool"),
    APPLIED("cpus-per-gpu", 0, ARG_NEEDED, IN_ALL, GROUP_CHIPS, sbatch_set_cpus_per_gpu, "SBATCH_CPUS_PER_GPU", "N", "CPUs for each chip"),
    APPLIED("cpus-per-task", 'c', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_cpus_per_task, NULL, "N", "CPUs for each task"),
    APPLIED("deadline", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_deadline, NULL, "TIME", "give up if it cannot end by then"),
    APPLIED("dependency", 'd', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_dependency, NULL, "LIST", "wait for jobs: afterok:12:13_4,afterany:9"),
    APPLIED("error", 'e', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_error, "SBATCH_ERROR", "FILE", "standard error; default: with the output"),
    APPLIED("exclusive", 0, ARG_OPTIONAL, IN_ALL, GROUP_NONE, sbatch_set_exclusive, "SBATCH_EXCLUSIVE", NULL, "whole nodes"),
    APPLIED("export", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_export, "SBATCH_EXPORT", "LIST", "environment: ALL (default), NONE, NAME, NAME=VALUE"),
    APPLIED("gpus", 'G', ARG_NEEDED, IN_ALL, GROUP_CHIPS, sbatch_set_gpus, "SBATCH_GPUS", "[KIND:]N", "chips in all; 0.5: half a chip, shared"),
    APPLIED("gpus-per-node", 0, ARG_NEEDED, IN_ALL, GROUP_CHIPS, sbatch_set_gpus_per_node, "SBATCH_GPUS_PER_NODE", "[KIND:]N", "chips on each node"),
    APPLIED("gpus-per-task", 0, ARG_NEEDED, IN_ALL, GROUP_CHIPS, sbatch_set_gpus_per_task, "SBATCH_GPUS_PER_TASK", "[KIND:]N", "chips for each task"),
    APPLIED("gres", 0, ARG_NEEDED, IN_ALL, GROUP_CHIPS, sbatch_set_gres, "SBATCH_GRES", "gpu[:KIND]:N", "chips on each node; shard:N: N shares of one chip"),
    APPLIED("help", 'h', ARG_NONE, IN_COMMAND, GROUP_NONE, sbatch_set_help, NULL, NULL, "this list"),
    APPLIED("hold", 'H', ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_hold, NULL, NULL, "submit held"),
    APPLIED("input", 'i', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_input, "SBATCH_INPUT", "FILE", "standard input"),
    APPLIED("job-name", 'J', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_job_name, "SBATCH_JOB_NAME", "NAME", "name of the job"),
    APPLIED("mem", 0, ARG_NEEDED, IN_ALL, GROUP_MEMORY, sbatch_set_mem, "SBATCH_MEM_PER_NODE", "SIZE", "memory on each node: 64G"),
    APPLIED("mem-per-cpu", 0, ARG_NEEDED, IN_ALL, GROUP_MEMORY, sbatch_set_mem_per_cpu, "SBATCH_MEM_PER_CPU", "SIZE", "memory for each CPU"),
    APPLIED("mem-per-gpu", 0, ARG_NEEDED, IN_ALL, GROUP_MEMORY, sbatch_set_mem_per_gpu, "SBATCH_MEM_PER_GPU", "SIZE", "memory for each chip"),
    APPLIED("nice", 0, ARG_OPTIONAL, IN_ALL, GROUP_NONE, sbatch_set_nice, NULL, "N", "lower the priority by N (100)"),
    APPLIED("no-requeue", 0, ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_no_requeue, "SBATCH_NO_REQUEUE", NULL, "do not run again after a failure of a node"),
    APPLIED("nodes", 'N', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_nodes, NULL, "N[-MAX]", "number of nodes"),
    APPLIED("ntasks", 'n', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_ntasks, NULL, "N", "number of tasks"),
    APPLIED("ntasks-per-node", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_ntasks_per_node, NULL, "N", "tasks on each node"),
    APPLIED("open-mode", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_open_mode, "SBATCH_OPEN_MODE", "append|truncate", "how output files are opened"),
    APPLIED("output", 'o', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_output, "SBATCH_OUTPUT", "FILE", "standard output; default slurm-%j.out"),
    APPLIED("oversubscribe", 's', ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_oversubscribe, NULL, NULL, "share nodes (the default; takes --exclusive back)"),
    APPLIED("parsable", 0, ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_parsable, NULL, NULL, "print the job id only"),
    APPLIED("partition", 'p', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_partition, "SBATCH_PARTITION", "NAMES", "pools, by id or alias; default: any"),
    APPLIED("prefer", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_prefer, NULL, "CHIPS", "kinds of chip to prefer among acceptable ones"),
    APPLIED("priority", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_priority, NULL, "N", "larger goes first"),
    APPLIED("qos", 'q', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_qos, "SBATCH_QOS", "NAME", "quality of service"),
    APPLIED("quiet", 'Q', ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_quiet, NULL, NULL, "no notes"),
    APPLIED("requeue", 0, ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_requeue, "SBATCH_REQUEUE", NULL, "run again after a failure of a node (default)"),
    APPLIED("signal", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_signal, "SBATCH_SIGNAL", "[B:]SIG[@S]", "send a signal S seconds (60) before the end"),
    APPLIED("switches", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_switches, "SBATCH_REQ_SWITCH", "N[@TIME]", "on at most N switches; waits TIME (5 min) for that"),
    APPLIED("test-only", 0, ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_test_only, NULL, NULL, "say what would happen; submit nothing"),
    APPLIED("time", 't', ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_time, "SBATCH_TIMELIMIT", "TIME", "time limit: minutes, 4:00:00, 2-12:00:00"),
    APPLIED("time-min", 0, ARG_NEEDED, IN_ALL, GROUP_NONE, sbatch_set_time_min, NULL, "TIME", "checked against --time only: no limit is shortened"),
    APPLIED("usage", 0, ARG_NONE, IN_COMMAND, GROUP_NONE, sbatch_set_usage, NULL, NULL, "one line of usage"),
    APPLIED("verbose", 'v', ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_verbose, "SBATCH_DEBUG", NULL, "say more"),
    APPLIED("version", 'V', ARG_NONE, IN_COMMAND, GROUP_NONE, sbatch_set_version, NULL, NULL, "print the version"),
    APPLIED("wait", 'W', ARG_NONE, IN_ALL, GROUP_NONE, sbatch_set_wait, "SBATCH_WAIT", NULL, "return when the job has ended, with its exit code"),
    APPLIED("wrap", 0, ARG_NEEDED, IN_COMMAND, GROUP_NONE, sbatch_set_wrap, NULL, "COMMAND", "run this command line; no script"),

    APPLIED("all", 0, ARG_NONE, IN_COMMAND, GROUP_NONE, sbatch_set_all, NULL, NULL, "plan: every pool"),
    APPLIED("json", 0, ARG_NONE, IN_COMMAND, GROUP_NONE, sbatch_set_json, NULL, NULL, "print the API's JSON"),
    APPLIED("checkpoint", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_checkpoint, NULL, "SECONDS", "the job saves its state this often"),
    APPLIED("checkpoint-cost", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_checkpoint_cost, NULL, "SECONDS", "saving its state takes this long"),
    APPLIED("checkpoint-size", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_checkpoint_size, NULL, "GB", "the saved state has this size"),
    APPLIED("restart-cost", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_restart_cost, NULL, "SECONDS", "it computes again this long after a start"),
    APPLIED("country", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_country, NULL, "CODES", "run in one of these countries only"),
    APPLIED("data", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_data, NULL, "CLASS[:COUNTRY]", "data the job reads: personal:CN,located=SG,persons=500,gb=20; none"),
    APPLIED("end-user", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_end_user, NULL, "PARTY", "who uses the result, if not the tenant"),
    APPLIED("evidence", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_evidence, NULL, "NAMES", "evidence on record for this job"),
    APPLIED("max-price", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_max_price, NULL, "USD", "at most so much for a chip hour"),
    APPLIED("purpose", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_purpose, NULL, "WORD", "end use: commercial-training, research ..."),
    APPLIED("steps", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_steps, NULL, "N[/DONE]", "steps of work in all, and how many are done"),
    APPLIED("type", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_type, NULL, "NAME", "job type, by which its speed is looked up (berth speeds)"),
    APPLIED("tenant", 0, ARG_NEEDED, IN_OURS, GROUP_NONE, sbatch_set_account, NULL, "NAME", "the same as --account"),

    /* Cannot change size, place or law. */
    NOTED("acctg-freq", 0, ARG_NEEDED), NOTED("cpu-freq", 0, ARG_NEEDED), NOTED("delay-boot", 0, ARG_NEEDED),
    NOTED("distribution", 'm', ARG_NEEDED), NOTED("get-user-env", 0, ARG_OPTIONAL), NOTED("gpu-bind", 0, ARG_NEEDED),
    NOTED("gpu-freq", 0, ARG_NEEDED), NOTED("gres-flags", 0, ARG_NEEDED), NOTED("hint", 0, ARG_NEEDED),
    NOTED("ignore-pbs", 0, ARG_NONE), NOTED("kill-on-invalid-dep", 0, ARG_NEEDED), NOTED("mail-type", 0, ARG_NEEDED),
    NOTED("mail-user", 0, ARG_NEEDED), NOTED("mcs-label", 0, ARG_NEEDED), NOTED("mem-bind", 0, ARG_NEEDED),
    NOTED("no-kill", 'k', ARG_OPTIONAL), NOTED("overcommit", 'O', ARG_NONE),
    NOTED("power", 0, ARG_NEEDED), NOTED("profile", 0, ARG_NEEDED), NOTED("propagate", 0, ARG_OPTIONAL),
    NOTED("reboot", 0, ARG_NONE), NOTED("slo", 0, ARG_NEEDED), NOTED("spread-job", 0, ARG_NONE),
    NOTED("tres-bind", 0, ARG_NEEDED),
    NOTED("use-min-nodes", 0, ARG_NONE), NOTED("wait-all-nodes", 0, ARG_NEEDED), NOTED("wckey", 0, ARG_NEEDED),

    REFUSED("batch", 0, ARG_NEEDED, "SBATCH_BATCH", SIZE_OR_PLACE),
    REFUSED("bb", 0, ARG_NEEDED, NULL, SIZE_OR_PLACE),
    REFUSED("bbf", 0, ARG_NEEDED, NULL, SIZE_OR_PLACE),
    REFUSED("container", 0, ARG_NEEDED, "SBATCH_CONTAINER", "containers are not run by this release"),
    REFUSED("container-id", 0, ARG_NEEDED, "SBATCH_CONTAINER_ID", "containers are not run by this release"),
    REFUSED("core-spec", 'S', ARG_NEEDED, "SBATCH_CORE_SPEC", SIZE_OR_PLACE),
    REFUSED("cores-per-socket", 0, ARG_NEEDED, NULL, SIZE_OR_PLACE),
    REFUSED("exclude", 'x', ARG_NEEDED, NULL, "nodes are chosen by Berth; one that is broken is taken out for everybody: berth drain POOL NODES"),
    REFUSED("export-file", 0, ARG_NEEDED, NULL, "is not supported; use --export"),
    REFUSED("extra", 0, ARG_NEEDED, NULL, SIZE_OR_PLACE),
    REFUSED("extra-node-info", 'B', ARG_NEEDED, NULL, SIZE_OR_PLACE),
    REFUSED("gid", 0, ARG_NEEDED, NULL, "jobs run as who submits them"),
    REFUSED("gpus-per-socket", 0, ARG_NEEDED, NULL, "use --gpus-per-node"),
    REFUSED("licenses", 'L', ARG_NEEDED, NULL, "software licences are not counted by Berth; export licences are permits of the fleet file"),
    REFUSED("mincpus", 0, ARG_NEEDED, NULL, "use --cpus-per-task"),
    REFUSED("network", 0, ARG_NEEDED, "SBATCH_NETWORK", SIZE_OR_PLACE),
    REFUSED("nodefile", 'F', ARG_NEEDED, NULL, "nodes are chosen by Berth; use --partition or --clusters"),
    REFUSED("nodelist", 'w', ARG_NEEDED, NULL, "nodes are chosen by Berth; use --partition or --clusters"),
    REFUSED("ntasks-per-core", 0, ARG_NEEDED, NULL, SIZE_OR_PLACE),
    REFUSED("ntasks-per-gpu", 0, ARG_NEEDED, NULL, "use --ntasks with --gpus-per-task"),
    REFUSED("ntasks-per-socket", 0, ARG_NEEDED, NULL, "use --ntasks-per-node"),
    REFUSED("reservation", 0, ARG_NEEDED, "SBATCH_RESERVATION", "there are no reservations; use --partition or --begin"),
    REFUSED("resv-ports", 0, ARG_OPTIONAL, NULL, SIZE_OR_PLACE),
    REFUSED("sockets-per-node", 0, ARG_NEEDED, NULL, SIZE_OR_PLACE),
    REFUSED("thread-spec", 0, ARG_NEEDED, "SBATCH_THREAD_SPEC", SIZE_OR_PLACE),
    REFUSED("threads-per-core", 0, ARG_NEEDED, "SBATCH_THREADS_PER_CORE", SIZE_OR_PLACE),
    REFUSED("tmp", 0, ARG_NEEDED, NULL, "space on local disks is not counted by Berth; remove it"),
    REFUSED("tres-per-task", 0, ARG_NEEDED, "SBATCH_TRES_PER_TASK", "use --cpus-per-task and --gpus-per-task"),
    REFUSED("uid", 0, ARG_NEEDED, NULL, "jobs run as who submits them"),
};
/* clang-format on */
const size_t sbatch_option_count = sizeof sbatch_options / sizeof *sbatch_options;

const struct sbatch_option *sbatch_option_letter(char letter)
{
    for (size_t i = 0; i < sbatch_option_count; i++)
        if (letter != 0 && sbatch_options[i].letter == letter) return &sbatch_options[i];
    return NULL;
}

const struct sbatch_option *sbatch_option_name(struct str name, struct errtext *error)
{
    const char *names[sizeof sbatch_options / sizeof *sbatch_options + 1] = {0};
    const struct sbatch_option *found = NULL;
    int starts = 0;
    for (size_t i = 0; i < sbatch_option_count; i++) {
        const struct sbatch_option *o = &sbatch_options[i];
        names[i] = o->name;
        struct str full = str_of(o->name);
        if (str_eq(full, name)) return o;
        if (name.len == 0 || name.len > full.len || memcmp(full.p, name.p, name.len) != 0) continue;
        found = o;
        starts++;
    }
    if (starts == 1) return found;
    const char *near = starts == 0 ? suggest(name, names) : NULL;
    if (starts > 1)
        err_set(error, ERR_INVALID, "option --" STR_FMT " is ambiguous", STR_ARG(name));
    else if (near != NULL)
        err_set(error, ERR_INVALID, "unknown option --" STR_FMT "; did you mean --%s?",
                STR_ARG(name), near);
    else
        err_set(error, ERR_INVALID, "unknown option --" STR_FMT, STR_ARG(name));
    return NULL;
}
