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
broken=$(submit -p cpu -D /nowhere/at/all --wrap true)
wait_state "$broken" FAILED
expect_match "what a failed launch said" "$("$BERTH" why "$broken")" "attempt 1 could not be started: cannot enter the working folder /nowhere/at/all"
two=$(submit -p gpu --gpus=8 --time=3-0 --max-price=1.50 --wrap true)
expect_match "two things in the way are told together" "$("$BERTH" why "$two" | tr -s ' \n' '  ')" \
    "run in gpu if you pay up to 2.00 USD a chip hour \(--max-price\), and ask for at most 1440 minutes"
"$BERTH" update "$two" --max-price=2.00 --time=1440
wait_state "$two" COMPLETED
say "ok: and these two let it run"
stop_daemon
