#!/bin/bash
# berth why on a placed, a waiting and a refused job; the stated change is applied and works.
source "$(dirname "$0")/lib.sh"
start_daemon
cd "$WORK"
hog=$(submit -N 4 --gpus-per-node=h100-sxm:8 -t 0:08 --wrap 'sleep 60')
wait_state "$hog" RUNNING
expect_match "placed: the chosen pool and its cost" "$("$BERTH" why "$hog")" "Chosen +gpu \(lab, h100-sxm\): expected cost \\\$0\.14"
wait=$(submit --gpus=h100-sxm:8 -t 1:00 --wrap 'true')
expect_match "waiting: what is free and what is needed" "$("$BERTH" why "$wait")" "0 of 32 chips are free"
json=$("$BERTH" why "$wait" --json)
expect "every pool has a row" "$(jq '.explanation.pools | length' <<<"$json")" 2
expect "the change it states: wait" "$(jq -r .explanation.flip.kind <<<"$json")" "wait-until"
until=$(jq -r .explanation.flip.value <<<"$json")
wait_state "$wait" COMPLETED 60
start=$(api GET "/v1/jobs/$wait" | jq .start_ms)
[ $((start - until)) -lt 5000 ] || fail "it started $((start - until)) ms after the stated instant"
say "ok: it starts when it was said to"
expect_exit 1 "$BERTH" sbatch --gpus=h100-sxm:64 --wrap true
expect_match "what can never run is refused with what there is" "$ERR" "large enough"
expect_exit 1 "$BERTH" sbatch --gpus=b300:1 --wrap true
expect_match "an unknown kind names those there are" "$ERR" "h100-sxm"
expect_exit 1 "$BERTH" why-not "$hog"
expect_match "why-not wants a pool" "$ERR" "name a job and a pool"
expect "and says what why says of it" "$("$BERTH" why-not "$hog" cpu)" "$("$BERTH" why "$hog" cpu)"
expect_exit 1 "$BERTH" why 999
stop_daemon
