#!/bin/bash
# By the names of Slurm's commands, with Slurm's formats.
source "$(dirname "$0")/lib.sh"
start_daemon
cd "$WORK"
mkdir bin
for n in sbatch squeue sinfo scancel scontrol sacct sshare sprio; do ln -s "$BERTH" bin/$n; done
PATH=$WORK/bin:$PATH

expect "sbatch says what Slurm says" "$(sbatch -J sleeper -t 1:00 --wrap 'sleep 30')" "Submitted batch job 1"
wait_state 1 RUNNING
me=$(id -un)
expect "squeue's default header" "$(squeue | head -n 1)" "             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)"
expect_match "squeue's default row" "$(squeue -h)" "^ +1 +cpu +sleeper +${me:0:8} +R +0:0[0-9] +1 c01$"
expect "squeue -o" "$(squeue -h -o '%i|%j|%T|%l|%D|%R')" "1|sleeper|RUNNING|1:00|1|c01"
expect "squeue -t filters" "$(squeue -h -t PENDING)" ""
expect "sinfo's default header" "$(sinfo | head -n 1)" "PARTITION AVAIL  TIMELIMIT  NODES  STATE NODELIST"
expect "sinfo shows a mixed node" "$(sinfo -h -p cpu -t mixed -o '%P|%a|%D|%t|%N')" "cpu*|up|1|mix|c01"
expect_match "scontrol show job" "$(scontrol show job 1)" "JobId=1 JobName=sleeper"
expect_match "scontrol ping" "$(scontrol ping)" "UP"
scontrol update JobId=1 TimeLimit=0:50
expect "scontrol update TimeLimit" "$(squeue -h -o %l)" "0:50"
sbatch --hold --array=1-3 --wrap true >/dev/null
expect "a waiting array is one row" "$(squeue -h -t PD -o '%i')" "2_[1-3]"
expect "and -r shows its tasks" "$(squeue -h -r -t PD -o '%i' | tr '\n' ' ')" "2_1 2_2 2_3 "
scancel 2_2
expect "one task is cancelled" "$(squeue -h -r -t PD -o '%i' | tr '\n' ' ')" "2_1 2_3 "
scancel -u "$me"
# An array is cancelled by one request, also one of more tasks than a batch of the ledger holds.
sbatch --hold --array=1-1500 --wrap true >/dev/null
expect "one request for a whole array" "$("$BERTH" cancel --json 5 | jq -r '[.array_job_id,.state]|tostring')" '[5,"CANCELLED"]'
expect "ends all its tasks" "$(api GET '/v1/jobs?state=CANCELLED&id=5&limit=2000' | jq ".jobs|length")" 1500
expect_exit 1 scancel 5
expect_match "once over, it says so" "$ERR" "Kill job error on job id 5: Job/step already completing or completed"
expect_exit 1 scancel 4711
expect_match "an id that is none" "$ERR" "Invalid job id specified: 4711"
wait_for 20 test -z "$(squeue -h)" || true
wait_state 1 CANCELLED
expect_match "sacct's header" "$(sacct -X | head -n 1)" "^JobID +JobName +Partition +Account +AllocCPUS +State +ExitCode"
expect "sacct -P" "$(sacct -X -n -P -j 1 -o JobID,JobName,State)" "1|sleeper|CANCELLED by $(id -u)"
expect_match "--test-only stores nothing" "$(sbatch --test-only --wrap true 2>&1)" "would start"
expect "and no job appeared" "$(squeue -h)" ""
"$BERTH" drain cpu c01 --reason repair
expect "a drained node" "$(sinfo -h -t drained -o '%N')" "c01"
expect_match "and why, by whom and when" "$(sinfo -h -R)" "^repair +${me:0:9} +20[0-9-]+T[0-9:]+ c01$"
"$BERTH" resume cpu c01
expect "and back" "$(sinfo -h -t drained -o '%N')" ""
expect "json keeps its names" "$("$BERTH" queue --json | jq -c 'keys')" '["now_ms"]'
# A word that names nothing is an error, never an empty answer or a deed.
expect_exit 1 squeue -t foo
expect_match "a state that is none" "$ERR" "Invalid job state specified: foo"
expect_exit 1 scancel -t foo 1
expect_match "and scancel does nothing with it" "$ERR" "Invalid job state specified: foo"
expect_exit 1 sinfo -t foo
expect_match "nor sinfo" "$ERR" "Bad state string: foo"
expect_exit 1 squeue -h -j 4711
expect_match "a job that is none" "$ERR" "Invalid job id specified: 4711"
expect "one that is over is no error" "$(squeue -h -j 1)" ""
sbatch -J free -t UNLIMITED -p cpu -N 2 --exclusive --wrap 'sleep 300' >/dev/null
free=$(squeue -h -n free -o %A)
wait_state "$free" RUNNING
expect "no limit is UNLIMITED" "$(squeue -h -n free -o '%l %L %e %B %z')" "UNLIMITED UNLIMITED N/A c01 *:*:*"
expect "squeue -w finds it" "$(squeue -h -w c02 -o %j)" "free"
expect "on no other node" "$(squeue -h -w g01)" ""
expect "scancel -w ends it" "$(scancel -v -w c02)" "cancelled job $free"
wait_state "$free" CANCELLED
expect "an ended job had two nodes" "$(sacct -n -P -j "$free" -o NNodes,MaxRSS,Timelimit)" "2||UNLIMITED"
held=$(sbatch --parsable --hold -t 10 --wrap true)
scontrol update JobId="$held" TimeLimit=+5
expect "a limit is raised by some minutes" "$(squeue -h -j "$held" -o %l)" "15:00"
scontrol update JobId="$held" TimeLimit=-10
expect "and lowered" "$(squeue -h -j "$held" -o %l)" "5:00"
scancel "$held"
expect "options stand in any order" "$("$BERTH" plan -t 5 --json --wrap true | jq -r 'has("pools")')" "true"
first=$(sbatch --parsable -a 1-2 --wrap 'exit $((SLURM_ARRAY_TASK_ID - 1))')
then=$(sbatch --parsable -a 1-2 -d aftercorr:"$first" --wrap true)
wait_state "$then" COMPLETED
expect "aftercorr waits task by task" "$(squeue -h -r -j "$then" -o '%i %r')" "${then}_2 DependencyNeverSatisfied"
scancel "$then"
# Habits of Slurm's users, each compared with Slurm 22.05.8 beside it.
many=$(sbatch --parsable -H -a 1-5%2 -n 2 --nice=5 --wrap true)
expect "a waiting array tells its limit" "$(squeue -h -j "$many" -o '%i %K %y %p %g %h')" "${many}_[1-5%2] 1-5%2 5 -5 $(id -gn) OK"
expect "one task is asked for" "$(squeue -h -r -j "${many}_[2-3]" -o %K | tr '\n' ' ')" "2 3 "
scontrol update JobId="${many}_1" Nice=50
expect "nice is taken off the same priority" "$(squeue -h -j "${many}_1" -o '%y %p')" "50 -50"
scancel "$many"
expect "a format of the environment" "$(SQUEUE_FORMAT='%F|%j' squeue -h -j "$many" -t all | head -n 1)" "$many|wrap"
expect "all fields at once" "$(squeue -o %all | tr '|' '\n' | head -n 2 | tr '\n' ' ')" "ACCOUNT JOBID "
expect_exit 1 squeue -u no-such-user
expect_match "a user that is none" "$ERR" "Invalid user: no-such-user"
expect_exit 1 squeue -w no-such-node
expect_match "a node that is none" "$ERR" "Invalid node name no-such-node"
expect "times are never cut" "$(sbatch -H -t 100-0 --parsable --wrap true >long && squeue -h -j "$(cat long)" -o '%.5l')" "100-00:00:00"
scancel "$(cat long)"
# So is a pool, an account, a site or a class that is none, and nothing happens.
for c in "squeue -p" "sinfo -p" "scancel -p" "sprio -p"; do
    expect_exit 1 $c nope
    expect_match "$c of a partition that is none" "$ERR" "Invalid partition specified: nope; there are: gpu cpu"
done
for c in "squeue -A" "scancel -A" "sprio -A"; do
    expect_exit 1 $c nope
    expect_match "$c of an account that is none" "$ERR" "Invalid account specified: nope; there are: lab"
done
for c in "squeue -M" "sinfo -M"; do
    expect_exit 1 $c nope
    expect_match "$c of a site that is none" "$ERR" "Invalid cluster specified: nope; there are: lab"
done
expect_exit 1 sinfo -n nope
expect_match "a node that is none" "$ERR" "Invalid node name nope"
# What --json shows is what the other options leave.
tasks=$(sbatch --parsable -H -a 1-3 --wrap true)
expect "one task as JSON" "$(squeue --json -j "${tasks}_2" | jq -c '[.jobs[].array_task_id]')" "[2]"
expect "none on a node that it does not hold" "$(squeue --json -w g01 | jq -c '.jobs // []')" "[]"
expect "held jobs have no place in the order" "$(sprio --json | jq -c '.jobs // []')" "[]"
expect "scontrol has it too" "$(scontrol --json show job "${tasks}_3" | jq -c '[.jobs[].array_task_id]')" "[3]"
expect "of nodes" "$(scontrol --json show node 'c[01-02]' | jq -c '[.nodes[].name]')" '["c01","c02"]'
expect "and partitions" "$(scontrol --json show partition debug | jq -c '[.pools[].pool]')" '["cpu"]'
expect "sinfo of one pool" "$(sinfo --json -p gpu | jq -c '[.pools[].pool]')" '["gpu"]'
expect "a fleet file's mistakes" "$(printf 'fleet: x\n' >bad.yaml; "$BERTH" fleet check --json bad.yaml | jq -c '[.good,.mistakes[0].file,.mistakes[0].line]')" '[null,"bad.yaml",1]'
scancel "$tasks"
# Stopped, and kept from starting again.
kept=$(sbatch --parsable -p cpu --wrap 'sleep 300')
wait_state "$kept" RUNNING
scontrol requeuehold "$kept"
wait_state "$kept" PENDING
expect "requeuehold" "$(squeue -h -j "$kept" -o '%T %r')" "PENDING JobHeldUser"
scontrol release "$kept"
wait_state "$kept" RUNNING
scancel "$kept"
busy=$(sbatch --parsable -p cpu --exclusive --wrap 'sleep 300')
wait_state "$busy" RUNNING
host=$(squeue -h -j "$busy" -o %N)
scontrol update NodeName="$host" State=DRAIN Reason=fan
expect "a node that drains is not yet drained" "$(sinfo -h -p cpu -t drng -o '%t %N')$(sinfo -h -p cpu -t drained -o '%D %t')" "drng ${host}0 n/a"
scancel "$busy"
wait_state "$busy" CANCELLED
expect "then it is" "$(sinfo -h -p cpu -t drained -o '%t %N')" "drain $host"
expect_match "and scontrol says why" "$(scontrol show node "$host")" "State=IDLE.DRAIN .*Reason=fan .$me@20"
scontrol update NodeName="$host" State=RESUME
expect "an ended job keeps the CPUs it held" "$(sacct -n -P -j "$busy" -o AllocCPUS)" 32
expect "sinfo sorts" "$(sinfo -h -S -P -o %P | uniq | tr "\n" " ")" "cpu* gpu "
expect "hostlists are folded" "$(scontrol show hostlist a1,a2,a3,b7) $(scontrol show hostlistsorted a3,a1,a2)" "a[1-3],b7 a[1-3]"
expect_exit 1 scontrol suspend 1
expect_match "what is not done says what to do" "$ERR" "suspend: .*scontrol requeue"
expect_exit 1 scancel -u no-such-user
expect_match "scancel by a user that is none" "$ERR" "Invalid user: no-such-user"
heard=$(sbatch --parsable -p cpu --wrap 'trap "exit 3" USR1; touch up; while :; do sleep 0.1; done')
wait_state "$heard" RUNNING
wait_for 20 test -e up || fail "the script did not begin"
scancel -b -s USR1 "$heard"
wait_state "$heard" FAILED
expect "a signal to the batch script" "$(sacct -n -P -j "$heard" -o ExitCode)" "3:0"
# What ended a job stands in its error output, in Slurm's words.
at='AT 20[0-9-]+T[0-9:]+'
late=$(sbatch --parsable -p cpu -t 0:01 -o late.out -e late.err --wrap 'trap "echo saved" TERM; sleep 300 & wait')
cut=$(sbatch --parsable -p cpu -o cut.out --wrap 'echo begun; sleep 300')
again=$(sbatch --parsable -p cpu -o again.out --open-mode=append --wrap 'sleep 300')
wait_for 20 grep -qs begun cut.out || fail "the script did not begin"
scancel "$cut"
wait_state "$cut" CANCELLED
expect_match "who cancels sees it" "$(tail -n 1 cut.out)" "^slurmstepd: error: \*\*\* JOB $cut ON c0[12] CANCELLED $at \*\*\*$"
wait_state "$late" TIMEOUT
expect_match "so does who runs out of time" "$(cat late.err)" "^slurmstepd: error: \*\*\* JOB $late ON c0[12] CANCELLED $at DUE TO TIME LIMIT \*\*\*$"
expect "and the script may still write" "$(cat late.out)" "saved"
wait_state "$again" RUNNING
scontrol requeue "$again"
wait_for 20 grep -qs "DUE TO JOB REQUEUE" again.out || fail "again.out: $(cat again.out)"
scancel "$again"
wait_state "$again" CANCELLED
expect "the submitter's umask counts" "$(umask 027; m=$(sbatch --parsable -o mask.out --wrap umask); wait_state "$m" COMPLETED; cat mask.out; stat -c %a mask.out)" "0027
640"
expect "--parsable with a cluster" "$(sbatch --parsable -H -M lab --wrap true | tr 0-9 N | tr -s N)" "N;lab"
expect_match "and without --parsable" "$(sbatch -H -M lab --wrap true)" "^Submitted batch job [0-9]+ on cluster lab$"
scancel -u "$me" -t PD
expect_exit 1 sbatch --time-min=20 -t 10 --wrap true
expect_match "times that contradict" "$ERR" "--time-min is longer than --time"
full=$(sbatch --parsable -p cpu -N 2 --exclusive --wrap 'sleep 300')
wait_state "$full" RUNNING
sbatch -p cpu -N 2 --exclusive --wrap true >/dev/null
sbatch -p cpu -N 2 --exclusive --nice=-10 -J first --wrap true >/dev/null
expect "sprio shows who is next, and why" "$(sprio -h -o '%j %Y %N' | tr '\n' ' ')" "first 10 -10 wrap 0 0 "
scancel -u "$me"
wait_state "$full" CANCELLED
# The limit of a running job: an operator raises it, and the supervisor obeys.
long=$(sbatch --parsable -J long -t 0:04 --wrap 'sleep 8')
wait_state "$long" RUNNING
scontrol update JobId="$long" TimeLimit=1:00:00
expect "a raised limit is shown" "$(squeue -h -j "$long" -o %l)" "1:00:00"
kill_daemon
start_daemon
expect "and remembered" "$(squeue -h -j "$long" -o %l)" "1:00:00"
wait_state "$long" COMPLETED
expect "its time counts from its start" "$(sacct -n -P -j "$long" -o State,ExitCode)" "COMPLETED|0:0"
"$BERTH" replay >"$WORK/replay" || fail "replay: $(cat "$WORK/replay")"
stop_daemon
expect_exit 4 squeue
expect_match "without a daemon, what to do" "$ERR" "berth serve"
