#!/bin/bash
# berth sim run --ledger: what a daemon recorded is played again, and what if fleet, law or price had
# been others. The jobs are real processes.
source "$(dirname "$0")/lib.sh"
start_daemon
cd "$WORK"
jobs=()
for i in 1 2 3; do jobs+=("$(submit --gpus=$i --time=5 --wrap "sleep 0.$i")"); done
failing=$(submit --gpus=1 --time=5 --wrap 'exit 3')
array=$(submit --gpus=2 --time=5 --array=0-3 --wrap 'sleep 0.2')
cpu=$(submit --time=5 --wrap 'true')
late=$(submit --gpus=32 --time=5 --dependency=afterany:"${jobs[0]}" --wrap 'sleep 0.1')
for j in "${jobs[@]}" "$cpu" "$late" "$array"; do wait_state "$j" COMPLETED; done
wait_state "$failing" FAILED
stopped=$(submit --gpus=1 --time=5 --wrap 'sleep 100')
wait_state "$stopped" RUNNING
"$BERTH" cancel "$stopped"
wait_state "$stopped" CANCELLED

# Beside the running daemon, which it must not disturb.
sim() { "$BERTH" sim run --ledger "$BERTH_STATE" "$@"; }
sim --json >plain.json
[ "$(jq -c '[.jobs.submitted, .jobs.completed, .jobs.failed, .jobs.waiting]' plain.json)" = '[11,9,2,0]' ] ||
    fail "played again: $(jq -c .jobs plain.json)"
[ "$(jq -c '[.fidelity.jobs, .fidelity.same_pool]' plain.json)" = '[11,11]' ] ||
    fail "fidelity: $(jq -c .fidelity plain.json)"
say "ok: 11 jobs played again, all in their pool"

sim --with-price gpu=4.00 --json >price.json
[ "$(jq -c '.what_if | [.changed > 0, .by_kind.cost == .changed, .by_kind.pool, .by_kind.verdict]' price.json)" = '[true,true,0,0]' ] ||
    fail "twice the price: $(jq -c .what_if price.json)"
[ "$(jq '(.cost_usd * 1000 | round) == (.base.cost_usd * 2000 | round)' price.json)" = true ] ||
    fail "twice the price is not twice the cost: $(jq -c '[.cost_usd, .base.cost_usd]' price.json)"
say "ok: at twice the price"

sed 's/nodes: g\[01-04\]/nodes: g01/' "$FLEET" >small.yaml
sim --with-fleet small.yaml --json --html page.html >small.json
[ "$(jq -c '[.what_if.by_kind.state, (.rejections | length)]' small.json)" = '[1,1]' ] ||
    fail "a small fleet: $(jq -c '.what_if.by_kind, .rejections' small.json)"
[ "$(jq -r '.what_if.changes[] | select(.b.state == "REJECTED") | .id' small.json)" = "$late" ] ||
    fail "it is not the large job that is rejected"
grep -q 'What changes' page.html || fail "the page does not say what changes"
say "ok: on a quarter of the fleet"

ban_large_chips law 2020-01-01
sim --with-law law --json >law.json
[ "$(jq -c '[.what_if.by_kind.verdict, .jobs.completed, .refusals[0].rule]' law.json)" = '[10,1,"XA-BAN"]' ] ||
    fail "with a ban: $(jq -c '.what_if.by_kind, .jobs, .refusals' law.json)"
sim --with-law law >law.txt
grep -q "^job ${jobs[0]}: COMPLETED -> REFUSED by XA-BAN" law.txt || fail "the list: $(cat law.txt)"
say "ok: under a law that it did not have"

if sim --fleet small.yaml >out 2>&1; then fail "--fleet was taken with --ledger"; fi
grep -q 'a ledger has its own fleet' out || fail "$(cat out)"
if sim --with-price nowhere=1 >out 2>&1; then fail "a price of no pool was taken"; fi
grep -q "the fleet has no pool 'nowhere'" out || fail "$(cat out)"
stop_daemon
"$BERTH" ledger verify >/dev/null || fail "the ledger was disturbed"
