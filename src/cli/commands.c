#include "cli/commands.h"

#include "cli/cmd_check.h"
#include "cli/cmd_law.h"
#include "cli/cmd_ledger.h"
#include "cli/cmd_serve.h"
#include "cli/cmd_sim.h"

const struct command commands[] = {
    {
        .name = "submit",
        .alias = "sbatch",
        .group = GROUP_JOBS,
        .summary = "submit a batch script or a SkyPilot task",
        .usage = "[OPTION]... [FILE [ARGUMENT]...]",
        .about = "A file that begins with #! is read as a script for sbatch: #SBATCH lines say "
                 "what the job needs, #BERTH lines what only Berth knows. A YAML file is read as "
                 "a SkyPilot task. Without a file, the script is read from standard input. "
                 "Options on the command line go before SBATCH_ variables, and those before the "
                 "lines of the script.",
        .options_of = submit_options,
        .examples = "sbatch train.sh\tsubmit a script\n"
                    "sbatch --wrap=\"python train.py\" --gpus=h100-sxm:8 -t 4:00:00\twithout one\n"
                    "berth submit task.yaml\tsubmit a SkyPilot task\n",
        .exits = "2\tthe law refuses the job in every pool that would do\n",
        .run = cmd_submit,
    },
    {
        .name = "plan",
        .group = GROUP_JOBS,
        .summary = "say where a job would go, and at what cost",
        .usage = "[OPTION]... [FILE [ARGUMENT]...]",
        .about = "Takes what berth submit takes, stores nothing, and prints a table of all pools "
                 "with the chips "
                 "that are free, the cost of the whole job and the law's answer, then one line "
                 "for each pool that will not do. The same as sbatch --test-only.",
        .options_of = submit_options,
        .examples = "berth plan train.sh\twhere would it run?\n",
        .exits = "2\tthe law refuses the job in every pool that would do\n"
                 "3\tlawful, but no capacity now\n",
        .run = cmd_plan,
    },
    {
        .name = "queue",
        .alias = "squeue",
        .group = GROUP_JOBS,
        .summary = "show the jobs that wait and run",
        .usage = "[OPTION]... [JOB,...]",
        .about = "As squeue, and with a format, it prints what Slurm's squeue prints. As berth "
                 "queue it prints a table that fits the terminal and says where each job is and "
                 "why it waits.",
        .options = queue_options,
        .examples = "berth queue\tall jobs that wait and run\n"
                    "squeue --me -t PENDING\tyour own jobs that wait\n"
                    "squeue -o \"%i %T %R\" -h\tthree fields, for a script\n"
                    "squeue --start\twhen waiting jobs are expected to start\n",
        .run = cmd_queue,
    },
    {
        .name = "order",
        .alias = "sprio",
        .group = GROUP_JOBS,
        .summary = "show the order of the queue, and what it comes from",
        .usage = "[OPTION]...",
        .about = "The jobs that wait for room, the next one first. PRIORITY goes first, larger "
                 "before smaller; --nice was taken off it. Then FAIRSHARE, smaller before larger: "
                 "what the account has used, and its running jobs use in an hour, for each unit of "
                 "its weight (berth share). Then AGE. Jobs that are held, or wait for another job "
                 "or a date, are not in the queue yet.",
        .options = order_options,
        .examples = "berth order\twho is next\n"
                    "sprio -u $USER\twhere your own jobs stand\n",
        .run = cmd_order,
    },
    {
        .name = "why",
        .group = GROUP_JOBS,
        .summary = "say why a job is where it is, or why not",
        .usage = "[OPTION]... JOB [POOL]",
        .about = "Prints the chosen pool and its cost, the runner-up, every other pool with its "
                 "one reason (law with rule and citation, capacity, memory, lease end, price, "
                 "quota), and the smallest change that would make the job run. With a pool, the "
                 "law's whole verdict about the job there.",
        .options = why_options,
        .examples = "berth why 12\tthe story of job 12\n"
                    "berth why 12 tokyo-h100\twhy not there\n",
        .run = cmd_why,
    },
    {
        .name = "why-not",
        .group = GROUP_JOBS,
        .summary = "say why a job is not in a certain pool",
        .usage = "[OPTION]... JOB POOL",
        .about = "The law's whole verdict about the job in that pool. The same as berth why JOB POOL.",
        .options = why_options,
        .examples = "berth why-not 12 tokyo-h100\twhat forbids it there, or would allow it\n",
        .run = cmd_why,
    },
    {
        .name = "progress",
        .group = GROUP_JOBS,
        .summary = "inside a job: say how far it is",
        .usage = "[OPTION]... STEP",
        .about = "From two of these on, Berth knows how fast the job is: when it will end, what a "
                 "stop would lose, and, if it runs again, what it costs where. A job may say so "
                 "as often as it likes; at most one record in 30 seconds is kept.\n"
                 "It sends one line to the datagram socket that BERTH_PROGRESS names, which any "
                 "program can do: \"job $BERTH_JOB_ID step 1200 of 5000 saved\", where the total "
                 "and \"saved\" may be left out. It never fails because nobody hears it.",
        .options = progress_options,
        .examples = "berth progress 1200\t1,200 steps are done\n"
                    "berth progress 1200 --of 5000 --checkpoint\tof 5,000, and they are saved\n",
        .run = cmd_progress,
    },
    {
        .name = "cancel",
        .alias = "scancel",
        .group = GROUP_JOBS,
        .summary = "end jobs, or send them a signal",
        .usage = "[OPTION]... [JOB]...",
        .about = "Jobs are named by id (12), as tasks of an array (12_3, 12_[1-3]) or by "
                 "options that pick among the jobs that wait and run.",
        .options = cancel_options,
        .examples = "scancel 12\tend job 12, or all tasks of array 12\n"
                    "scancel 12_[1-3]\tend three tasks of an array\n"
                    "scancel --me -t PENDING\tend all your waiting jobs\n"
                    "scancel -s USR1 12\tsend SIGUSR1 to job 12\n",
        .run = cmd_cancel,
    },
    {
        .name = "hold",
        .group = GROUP_JOBS,
        .summary = "keep waiting jobs from starting",
        .usage = "[OPTION]... JOB...",
        .options = act_options,
        .run = cmd_hold,
    },
    {
        .name = "release",
        .group = GROUP_JOBS,
        .summary = "let held jobs start",
        .usage = "[OPTION]... JOB...",
        .options = act_options,
        .run = cmd_release,
    },
    {
        .name = "requeue",
        .group = GROUP_JOBS,
        .summary = "stop running jobs and let them wait again",
        .usage = "[OPTION]... JOB...",
        .options = act_options,
        .run = cmd_requeue,
    },
    {
        .name = "update",
        .group = GROUP_JOBS,
        .summary = "change jobs",
        .usage = "OPTION... JOB...",
        .about = "Values are written as for berth submit. Of a job that runs, name, comment, "
                 "requeue and time limit can be changed; its owner may lower the limit, an "
                 "operator may raise it. --time=+30 adds to the limit, --time=-30 takes from it.",
        .options_of = update_options,
        .examples = "berth update 12 --time=2:00:00 --constraint=\"h100-sxm|h200-sxm\"\tboth\n"
                    "berth update 12 --time=+30\thalf an hour more\n",
        .run = cmd_update,
    },
    {
        .name = "scontrol",
        .alias = "scontrol",
        .group = GROUP_JOBS,
        .summary = "do what Slurm's scontrol does",
        .usage = "[OPTION]... VERB [ARGUMENT]...",
        .about = "Verbs: show job [ID], show node [NAME], show partition [NAME], show config, "
                 "show hostnames LIST; hold, release, uhold, requeue and requeuehold JOB...; "
                 "update JobId=ID "
                 "KEY=VALUE..., update NodeName=LIST State=DRAIN|DOWN|RESUME Reason=TEXT, update "
                 "PartitionName=NAME State=UP|DOWN|DRAIN; write batch_script ID [FILE]; ping; "
                 "version.",
        .options = scontrol_options,
        .examples = "scontrol show job 12\tall that is known of job 12\n"
                    "scontrol update JobId=12 TimeLimit=2:00:00\tchange a job that waits\n"
                    "scontrol update NodeName=th001 State=DRAIN Reason=fan\ttake a node out\n",
        .run = cmd_scontrol,
    },
    {
        .name = "logs",
        .group = GROUP_JOBS,
        .summary = "print the output of a job",
        .usage = "[OPTION]... JOB",
        .options = logs_options,
        .examples = "berth logs -f 12\tfollow the output until the job ends\n",
        .run = cmd_logs,
    },
    {
        .name = "acct",
        .alias = "sacct",
        .group = GROUP_JOBS,
        .summary = "show the history of jobs and what they cost",
        .usage = "[OPTION]...",
        .about = "Jobs of today unless --starttime or --jobs says otherwise; your own unless "
                 "--allusers or --user does. Berth keeps no record of job steps: each job is one "
                 "line, as with sacct -X.",
        .options = acct_options,
        .examples = "sacct -S now-7days\tyour jobs of the last week\n"
                    "sacct -j 12 -P -o JobID,State,Elapsed,Cost\tfor a script\n",
        .run = cmd_acct,
    },
    {
        .name = "info",
        .alias = "sinfo",
        .group = GROUP_FLEET,
        .summary = "show the pools: free chips, prices, leases",
        .usage = "[OPTION]...",
        .about = "As sinfo, and with a format, it prints what Slurm's sinfo prints, a pool being "
                 "a partition. LAST SAFE START is the last instant at which a job with the usual "
                 "time limit can still end before the lease does or maintenance begins; "
                 "maintenance ahead or under way is told below.",
        .options = info_options,
        .examples = "berth info\tall pools\n"
                    "sinfo -N -l\tone line for each node\n"
                    "sinfo -R\twhy nodes are down or drained\n",
        .run = cmd_info,
    },
    {
        .name = "share",
        .alias = "sshare",
        .group = GROUP_FLEET,
        .summary = "show what accounts have used, and their budgets",
        .usage = "[OPTION]...",
        .about = "SHARE is an account's part of all weights, USED its part of what all have used, "
                 "halved in every half-life of the fleet file: of two accounts, jobs of the one "
                 "that has used less for its weight go first. COMMITTED is what running jobs may "
                 "still cost to their time limits; a job starts where its own cost to its limit is "
                 "at most LEFT. As sshare, and with a format, it prints what Slurm's sshare "
                 "prints, in money: RawUsage is in cents, GrpTRESMins (the budget) and TRESRunMins "
                 "(committed) are in USD.",
        .options = share_options,
        .examples = "berth share\tall accounts\n"
                    "sshare -l -P\tSlurm's long format, for a script\n"
                    "berth share -A atlas -o Account,Budget,Left -n -P\tthree fields\n",
        .run = cmd_share,
    },
    {
        .name = "fleet",
        .group = GROUP_FLEET,
        .summary = "check, show or apply a fleet file",
        .usage = "[OPTION]... [show | check FILE | apply FILE]",
        .about = "check reads the file here and reports every mistake with its line. apply sends "
                 "it to the daemon, which takes it whole or not at all, and prints what changed.",
        .options = fleet_options,
        .examples = "berth fleet check fleet.yaml\tfind mistakes\n"
                    "berth fleet apply --dry-run fleet.yaml\tsay what would change\n",
        .run = cmd_fleet,
    },
    {
        .name = "speeds",
        .group = GROUP_FLEET,
        .summary = "show or adopt tables of measured speeds",
        .usage = "[OPTION]... [TYPE]",
        .about = "How many steps a second jobs of a type do on so many chips of a kind. Where a "
                 "job states its type and steps, these tables say how long it takes in each pool, "
                 "and so what it costs there; berth why says which row was used. A table of your "
                 "own has the columns type, chip, chips, steps_per_s and source; rows of equal "
                 "type, chip and chips replace those that come with Berth.",
        .options = speeds_options,
        .examples = "berth speeds ResNet\ttypes with that in their name\n"
                    "berth speeds --adopt ours.csv\tmeasured here\n",
        .run = cmd_speeds,
    },
    {
        .name = "drain",
        .group = GROUP_FLEET,
        .summary = "let nothing new start on a pool or its nodes",
        .usage = "[OPTION]... POOL [NODES]",
        .options = nodes_options,
        .examples = "berth drain tokyo-h100 th[001-004] -r \"new firmware\"\tfour nodes\n",
        .run = cmd_drain,
    },
    {
        .name = "resume",
        .group = GROUP_FLEET,
        .summary = "take a pool or its nodes back into use",
        .usage = "[OPTION]... POOL [NODES]",
        .options = nodes_options,
        .run = cmd_resume,
    },
    {
        .name = "check",
        .group = GROUP_LAW,
        .summary = "ask whether a case or deal is lawful, and why",
        .usage = "[OPTION]... FILE...",
        .options = check_options,
        .examples = "berth check deal.yaml\ta page on each case of the file\n",
        .about = "A deal is judged on signing day, on the day it starts and on every later day on "
                 "which the law is known to change; the exit status counts signing day alone, as "
                 "the rest may still be put right.",
        .exits = "2\tone is refused, or its demands are not met (of a deal: on signing day)\n"
                 "3\tone is unresolved\n",
        .run = cmd_check,
    },
    {
        .name = "law",
        .group = GROUP_LAW,
        .summary = "list, show, test and compare the rule packs",
        .usage = "list | show RULE | lint | test | diff | explain | eval ...",
        .about = "'berth law VERB --help' tells more of each.",
        .examples = "berth law list --on 2027-01-01\tthe rules in force on that day\n",
        .run = cmd_law,
    },
    {
        .name = "ledger",
        .group = GROUP_RECORD,
        .summary = "verify the ledger, show and prove records",
        .usage = "[OPTION]... verify | show | checkpoint | prove ...",
        .options = ledger_options,
        .examples = ledger_examples,
        .run = cmd_ledger,
    },
    {
        .name = "replay",
        .group = GROUP_RECORD,
        .summary = "derive every decision again, and compare",
        .usage = "[OPTION]...",
        .options = replay_options,
        .examples = replay_examples,
        .run = cmd_replay,
    },
    {
        .name = "serve",
        .group = GROUP_OTHER,
        .summary = "run the daemon",
        .usage = "[OPTION]...",
        .options = serve_options,
        .run = cmd_serve,
    },
    {
        .name = "sim",
        .group = GROUP_OTHER,
        .summary = "play a trace, or run a published experiment",
        .usage = "run | openb | gavel [OPTION]...",
        .about =
            "run plays recorded arrivals of jobs on a fleet, by the core that the daemon runs; "
            "'berth sim run --help' tells more.\ngavel is the experiments of Gavel (OSDI "
            "2020) on unequal chips; 'berth sim gavel --help' tells more.\nopenb is the packing "
            "experiment of FGD (USENIX ATC 2023): tasks that share or "
            "fill GPUs arrive one after another and stay. It says how much of the fleet's "
            "GPUs a policy fills. The trace is at github.com/alibaba/clusterdata, in "
            "cluster-trace-gpu-v2023.",
        .options = sim_options,
        .examples = sim_examples,
        .run = cmd_sim,
    },
    {
        .name = "demo",
        .group = GROUP_OTHER,
        .summary = "run an example",
        .usage = "[NAME]",
        .about = "Runs one of the scenarios that come with Berth, pacific unless another is named: "
                 "a daemon of its own with an invented fleet and real jobs, in a temporary folder. "
                 "It stays up until Ctrl-C; with BERTH_DEMO=once it waits for its jobs, verifies "
                 "the ledger and ends.",
        .options = no_options,
        .examples = "berth demo\tthe Pacific fleet\n"
                    "BERTH_DEMO=once berth demo\tthe same, and end\n",
        .run = cmd_demo,
    },
    {
        .name = "ping",
        .group = GROUP_OTHER,
        .summary = "ask whether the daemon is there",
        .usage = "[OPTION]...",
        .options = ping_options,
        .run = cmd_ping,
    },
    {
        .name = "completion",
        .group = GROUP_OTHER,
        .summary = "print a completion script for a shell",
        .usage = "bash|zsh|fish",
        .options = no_options,
        .examples = "source <(berth completion bash)\tfor this shell\n",
        .run = cmd_completion,
    },
    {
        .name = "man",
        .group = GROUP_OTHER,
        .summary = "print a manual page",
        .usage = "[OPTION]... [COMMAND]",
        .options = man_options,
        .examples = "berth man queue | man -l -\tread the page of berth queue\n",
        .run = cmd_man,
    },
    {
        .name = "help",
        .group = GROUP_OTHER,
        .summary = "list the commands, or explain one",
        .usage = "[COMMAND]",
        .run = cmd_help,
    },
    {
        .name = "version",
        .group = GROUP_OTHER,
        .summary = "print the version",
        .usage = "",
        .run = cmd_version,
    },
};
const size_t command_count = sizeof commands / sizeof *commands;
