#!/bin/bash
# Preemption with real processes: a job of low priority saves its work when told to, waits again, and goes on from there.
source "$(dirname "$0")/lib.sh"
FLEET=$WORK/fleet.yaml
{
    cat "$HERE/fleet.yaml"
    printf 'preempt: requeue\npreempt_exempt: 0:01\n'
} >"$FLEET"
start_daemon
cd "$WORK"

# It counts up to 1000 and never gets there in one go; on USR1 it saves where it is.
cat >saves.sh <<'JOB'
#!/bin/bash
#SBATCH --gpus=h100-sxm:32 --time=4:00:00 --signal=B:USR1@60 --output=saves.out
#BERTH --checkpoint=3600 --checkpoint-cost=20
step=$(cat saved 2>/dev/null || echo 0)
echo "from $step"
trap 'echo $step >saved; echo "saved $step"; exit 0' USR1
while [ $step -lt 1000 ]; do
    step=$((step + 1))
    echo $step >step.new && mv step.new step
    [ -e finish ] && exit 0
    sleep 0.05
done
JOB
low=$(submit --open-mode=append saves.sh)
has_run() { [ "$(cat step 2>/dev/null || echo 0)" -ge 30 ]; } # 30 steps take longer than the exempt second
wait_for 30 has_run || fail "the job did not start"
keen=$(submit --gpus=h100-sxm:8 --priority=10 --time=1:00:00 -o keen.out --wrap 'echo keen; while [ ! -e finish ]; do sleep 0.1; done')
wait_state "$keen" RUNNING
wait_for 30 grep -qs keen keen.out || fail "the job of high priority does not run"
expect_match "the other one has saved its work" "$(cat saves.out)" 'saved [0-9]+'
expect "and waits again" "$(job_state "$low")" PENDING
saved=$(cat saved)
expect_match "why says for whom it was stopped" "$("$BERTH" why "$low")" "preempted by job $keen"
expect "squeue knows" "$("$BERTH" squeue -h -j "$low" -O PreemptedBy:10 | tr -d ' ')" "$keen"
expect_match "scontrol shows it" "$("$BERTH" scontrol show job "$low")" "Preemptions=1 PreemptedBy=$keen"
expect_match "the ledger says what it lost and gained" "$("$BERTH" ledger show --job "$keen")" 'preempting in gpu.*loses.*gains'

# One of equal priority stops nobody, and says why.
equal=$(submit --gpus=h100-sxm:32 --priority=10 --time=1:00:00 --wrap true)
expect "a job of equal priority waits" "$(job_state "$equal")" PENDING
expect_match "and why says that nobody may be stopped" "$("$BERTH" why "$equal")" 'no running job of lower priority may be stopped for it'
"$BERTH" scancel "$equal"

touch finish
wait_state "$keen" COMPLETED
wait_state "$low" COMPLETED
expect_match "the job went on where it had saved" "$(tr '\n' ' ' <saves.out)" "from 0 saved $saved from $saved"
expect "sacct counts" "$("$BERTH" sacct -X -n -P -j "$low" -o State,Preemptions,SystemComment)" "COMPLETED|1|preempted by job $keen"

stop_daemon
