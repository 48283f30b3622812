#!/bin/bash
# Heartbeats from inside a job, over a kill of the daemon; tables of speeds; what both do to costs.
source "$(dirname "$0")/lib.sh"
cd "$WORK"
printf 'type,chip,chips,steps_per_s,source\ndemo,h100-sxm,8,100,measured here\n' >own.csv
start_daemon --speeds own.csv

cat >loop.sh <<END
#!/bin/bash
#BERTH --type=demo --steps=5000
for i in \$(seq 1 400); do "$BERTH" progress \$((i * 10)) --of 4000 --checkpoint; sleep 0.2; done
END
job=$(submit -t 30 --gpus=h100-sxm:1 loop.sh)
wait_state "$job" RUNNING
said() { [ "$(api GET "/v1/jobs/$job" | jq '.steps // 0')" -gt "$1" ]; }
wait_for 30 said 0 || fail "no heartbeat arrived"
view=$(api GET "/v1/jobs/$job")
expect "the total that the job states goes over the one it was submitted with" "$(jq .steps_total <<<"$view")" 4000
expect "what it saved is kept" "$(jq '.checkpoint_ms == .heartbeat_ms and .checkpoint_ms > 0' <<<"$view")" true
sleep 1
records() { "$BERTH" ledger show | grep -c "progress  *job $job "; }
expect "many heartbeats are one record" "$(records)" 1

first=$(jq .steps <<<"$view")
kill_daemon
start_daemon --speeds own.csv
wait_for 30 said "$first" || fail "no heartbeat reached the daemon after its restart"
say "ok: heartbeats go on after the daemon was killed"
"$BERTH" scancel "$job"
wait_state "$job" CANCELLED

expect_exit 1 "$BERTH" progress 5
expect_match "outside a job it says so" "$ERR" "inside a job"
BERTH_PROGRESS=$WORK/none BERTH_JOB_ID=1 BERTH_ATTEMPT=1 "$BERTH" progress 5 || fail "a lost heartbeat fails a script"
say "ok: a heartbeat that nobody hears fails no script"

why() { "$BERTH" why "$(submit --gpus=h100-sxm:8 --type=demo --hold --wrap true "$@")" --json; }
row=$(why -t 1:00:00 --steps=180000 | jq '.explanation.pools[0]')
expect "the table says how long it takes" "$(jq .expected_ms <<<"$row")" 1800000
expect "and it is the table that says so" "$(jq -r .basis <<<"$row")" table
expect_match "in words, with whose table it is" "$(jq -r .sentence <<<"$row")" "30 min expected, measured .table: measured here"
row=$(why -t 0:20:00 --steps=180000 | jq '.explanation.pools[0]')
expect "a limit that is too short" "$(jq -r .reason <<<"$row")" TooSlow
expect "by the work and a tenth to spare" "$(jq .need <<<"$row")" 1980000
printf 'type,chip,chips,steps_per_s,source\ndemo,h100-sxm,8,400,measured again\n' >newer.csv
expect_match "a table is adopted" "$("$BERTH" speeds --adopt newer.csv)" "speeds and 3 types are in force"
expect_match "and shown" "$("$BERTH" speeds demo)" "demo +h100-sxm +8 +400 +measured again"
printf 'type,chip,chips,steps_per_s,source\ndemo,h100-sxm,8,fast,us\n' >bad.csv
expect_exit 1 "$BERTH" speeds --adopt bad.csv
expect_match "a fault in it is told with its line" "$ERR" "bad.csv:2: column steps_per_s"
stop_daemon
