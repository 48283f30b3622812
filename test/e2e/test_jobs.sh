#!/bin/bash
# The life of jobs: run, fail, time out, wait, depend, hold, cancel, requeue, arrays, environment, output.
source "$(dirname "$0")/lib.sh"
start_daemon
cd "$WORK"

id=$(submit -o out.txt -e err.txt --wrap 'echo out; echo err >&2; exit 3')
wait_state "$id" FAILED
expect "stdout goes to its file" "$(cat out.txt)" out
expect "stderr goes to its file" "$(cat err.txt)" err
expect "the exit code is kept" "$("$BERTH" sacct -X -n -P -j "$id" -o ExitCode)" 3:0

id=$(submit -J named --gpus=h100-sxm:2 -c 3 --wrap 'env')
wait_state "$id" COMPLETED
env=$(cat "slurm-$id.out")
for want in "SLURM_JOB_ID=$id" SLURM_JOB_NAME=named SLURM_GPUS_ON_NODE=2 CUDA_VISIBLE_DEVICES=0,1 SLURM_CPUS_ON_NODE=3 \
    SLURM_JOB_NUM_NODES=1 SLURM_JOB_PARTITION=gpu "SLURM_SUBMIT_DIR=$WORK" SLURM_CLUSTER_NAME=testbed SLURM_NTASKS=1; do
    grep -qx "$want" <<<"$env" || fail "environment lacks $want"
done
say "ok: the environment is Slurm's"
id=$(submit --wrap 'echo "[${CUDA_VISIBLE_DEVICES-unset}]"')
wait_state "$id" COMPLETED
expect "a CPU job sees no chips" "$(cat "slurm-$id.out")" "[]"

id=$(submit -t 0:05 --signal=B:USR1@2 --wrap 'trap "echo warned; trap - USR1" USR1; while :; do sleep 0.1; done')
wait_state "$id" TIMEOUT 60
expect "--signal comes before the limit" "$(head -n 1 "slurm-$id.out")" warned

a=$(submit --wrap 'while [ ! -e fail-now ]; do sleep 0.05; done; exit 1')
ok=$(submit --dependency=afterok:"$a" --wrap true)
any=$(submit --dependency=afterany:"$a" --wrap true)
expect "a dependent job waits" "$(job_state "$any")" PENDING
touch fail-now
wait_state "$any" COMPLETED
expect "afterok of a failed job" "$("$BERTH" squeue -h -j "$ok" -o %r)" DependencyNeverSatisfied
"$BERTH" scancel "$ok"
wait_state "$ok" CANCELLED

id=$(submit --hold --wrap true)
expect "a held job says so" "$("$BERTH" squeue -h -j "$id" -o %r)" JobHeldUser
"$BERTH" scontrol release "$id"
wait_state "$id" COMPLETED
id=$(submit --begin=now+6 --wrap true)
expect "a job with --begin waits for it" "$("$BERTH" squeue -h -j "$id" -o %r)" BeginTime
wait_state "$id" COMPLETED

id=$(submit --wrap 'sleep 60 & echo $! >child; wait')
wait_for 30 test -s child || fail "the job did not start"
"$BERTH" scancel "$id"
wait_state "$id" CANCELLED
wait_for 30 bash -c '! kill -0 $(cat child) 2>/dev/null' || fail "a child outlived its cancelled job"
say "ok: cancel ends the whole job"

id=$(submit --wrap 'echo "run ${SLURM_RESTART_COUNT:-0}" >>runs; [ "${SLURM_RESTART_COUNT:-0}" = 1 ] || sleep 60')
wait_for 30 test -s runs || fail "the job did not start"
"$BERTH" scontrol requeue "$id"
wait_state "$id" COMPLETED
expect "a requeued job runs again" "$(tr '\n' ',' <runs)" "run 0,run 1,"

id=$(submit --array=1-5%2 -o 'task-%A_%a.txt' --wrap 'echo $SLURM_ARRAY_TASK_ID; sleep 0.2')
all_ended() { [ -z "$("$BERTH" squeue -h -j "$1")" ]; }
wait_for 30 all_ended "$id" || fail "the array does not end"
expect "every task ran once" "$(cat task-"$id"_*.txt | sort | tr '\n' ' ')" "1 2 3 4 5 "
expect "sacct knows the tasks" "$("$BERTH" sacct -X -n -P -j "$id" -o JobID | tr '\n' ' ')" "${id}_1 ${id}_2 ${id}_3 ${id}_4 ${id}_5 "

printf '#!/bin/bash\n#SBATCH -J scripted --mem=1G\n#SBATCH --ntasks=2\necho "$@"\n' >s.sh
id=$(submit s.sh a "b c")
wait_state "$id" COMPLETED
expect "a script gets its arguments" "$(cat "slurm-$id.out")" "a b c"
cat >task.yaml <<'Y'
name: sky
num_nodes: 1
resources:
  accelerators: {H100: 4}
envs: {GREETING: hello}
setup: echo setup
run: echo "$GREETING $SKYPILOT_NUM_GPUS_PER_NODE $SKYPILOT_NODE_RANK"
Y
id=$("$BERTH" submit --parsable task.yaml)
wait_state "$id" COMPLETED
expect "a SkyPilot task runs" "$(tail -n 1 "slurm-$id.out")" "hello 4 0"
cat >nodes.yaml <<'Y'
num_nodes: 3
setup: echo once >>setups
run: |
  echo "$SKYPILOT_NODE_RANK of $SKYPILOT_NUM_NODES"
  [ "$SKYPILOT_NODE_RANK" != "${FAILS:-none}" ] || exit 5
  [ -z "${FAILS:-}" ] || sleep 300
Y
id=$("$BERTH" submit --parsable -p gpu nodes.yaml)
wait_state "$id" COMPLETED
expect "on every node once" "$(sort "slurm-$id.out" | tr '\n' ' ')$(cat setups)" "0 of 3 1 of 3 2 of 3 once"
id=$(FAILS=2 "$BERTH" submit --parsable -p gpu --export=FAILS,PATH nodes.yaml)
wait_state "$id" FAILED
expect "where one fails all end" "$(api GET "/v1/jobs/$id" | jq -c .exit_code)" 5

body='{"key":"once","spec":{"name":"k","uid":'$(id -u)',"user":"me","tasks":1,"data_known":true,"workdir":"'$WORK'","script":"#!/bin/sh\necho x >>once\n"}}'
first=$(api POST /v1/jobs "$body" | jq .job_id)
again=$(api POST /v1/jobs "$body" | jq -c '[.job_id, .repeated]')
expect "a submission with a known key is not repeated" "$again" "[$first,true]"
wait_state "$first" COMPLETED
expect "and ran once" "$(cat once)" x

expect_exit 0 "$BERTH" sbatch --wait --wrap 'exit 0'
expect_exit 7 "$BERTH" sbatch --wait --wrap 'exit 7'
say "ok: --wait gives the job's exit code"
stop_daemon
expect_exit 0 "$BERTH" ledger verify
expect_exit 0 "$BERTH" replay
say "ok: ledger verify and replay hold"
