#!/bin/bash
# Two accounts with weights, one with a small budget: a job waits at the budget, berth why says so, a
# larger budget lets it start; berth share, sshare, the API and the metrics tell the same.
. "$(dirname "$0")/lib.sh"
fleet_with() { # fleet_with BUDGET
    sed '/^tenants:/,$d' "$HERE/fleet.yaml" >"$WORK/fleet.yaml"
    cat >>"$WORK/fleet.yaml" <<YAML
tenants:
  lab: {party: tenant, users: ["*"], default: true, data: none, purpose: research}
  atlas: {party: tenant, weight: 3, users: ["*"], data: none, purpose: research, budget: $1}
YAML
}
fleet_with "{amount: 20, per: year}"
FLEET=$WORK/fleet.yaml
start_daemon
mkdir bin
ln -s "$BERTH" bin/sshare
PATH=$WORK/bin:$PATH

hour() { submit -A "$1" --gpus=8 -t 60 --wrap 'sleep 300'; } # 16 USD to its limit
first=$(hour atlas)
wait_state "$first" RUNNING
second=$(hour atlas)
expect "the second waits, under Slurm's name for it" "$("$BERTH" squeue -h -j "$second" -o '%t %r')" "PD AssocGrpBillingMinutes"
expect_match "why says what is left" "$("$BERTH" why "$second" | tr '\n' ' ' | tr -s ' ')" \
    'the job may cost 16.00 USD there until its time limit; of the budget of atlas, 20.00 USD a year, 0.[0-9]+ are spent and 1[56].[0-9]+ committed to running jobs; the next begins on 20[0-9]+-01-01'
expect "4 USD buy a quarter of an hour" "$("$BERTH" why --json "$second" | jq -c '.explanation.flip|[.kind,.value]')" '["time-limit",900000]'
expect_match "a dry run agrees" "$("$BERTH" sbatch --test-only -A atlas --gpus=8 -t 60 --wrap true 2>&1 || true)" "16.00 USD"
expect_match "and would start what fits" "$("$BERTH" sbatch --test-only -A atlas --gpus=8 -t 15 --wrap true 2>&1)" "would start"
other=$(hour lab)
wait_state "$other" RUNNING
say "ok: another account is not held up"

# squeue's order: waiting jobs first, of equal priority the account first that has used less for its weight.
# atlas has 3 of 4 shares and has used half, so its job goes before the lab's, though that came earlier.
"$BERTH" drain gpu
third=$(hour lab)
fourth=$(submit -A atlas --gpus=8 -t 10 --wrap true)
expect "squeue shows whose turn it is" "$("$BERTH" squeue -h -t PD -o %i | tr '\n' ' ')" "$second $fourth $third "
expect "priority comes first" "$("$BERTH" update "$third" --priority=5 >/dev/null; "$BERTH" squeue -h -t PD -o %i | tr '\n' ' ')" "$third $second $fourth "
"$BERTH" cancel "$third" "$fourth" >/dev/null
"$BERTH" resume gpu

expect "sshare's header" "$(sshare | head -n 1 | tr -s ' ')" "Account User RawShares NormShares RawUsage EffectvUsage FairShare "
expect_match "and an account" "$(sshare -h -A atlas | tail -n 1)" "^ atlas +3 +0.750000 +[0-9]+ +0.[0-9]{6} +0.[0-9]{6} $"
expect_match "a user's line" "$(sshare -h -P -U -A lab -o Account,User)" "^  lab\|$(id -un)$"
expect "the budget in Slurm's long format" "$(sshare -n -P -l -A atlas -o GrpTRESMins | tail -n 1)" "billing=20"
expect_match "a table for people" "$("$BERTH" share | tr -s ' ')" 'atlas 3 75.0% [0-9.]+% \$16.00 1 1 \$20.00 \$0.[0-9]+ \$1[56].[0-9]+ \$4.00 20[0-9]+-01-01'
expect "json" "$("$BERTH" share --json | jq -c '[.weights, (.shares[]|select(.account=="atlas")|.budget_uusd,.left_uusd,.budget_per)]')" '[4,20000000,4000000,"year"]'
expect_exit 1 sshare -o Nonsense
expect_match "a field that is none" "$ERR" "Nonsense"
api GET /metrics >metrics
expect "metrics" "$(grep '^berth_tenant_budget_left_dollars' metrics)" 'berth_tenant_budget_left_dollars{tenant="atlas"} 4.000000'

kill_daemon
start_daemon
expect "what is left survives kill -9" "$("$BERTH" share -n -P -A atlas -o Left | tail -n 1)" '$4.00'
fleet_with "{amount: 12, per: yaer}"
expect_exit 1 "$BERTH" fleet apply "$FLEET"
expect_match "a mistake has its place" "$ERR" "fleet.yaml:[0-9]+:[0-9]+: expected month, quarter, year, ever"
fleet_with "{amount: 32, per: year}"
expect_match "a larger budget" "$("$BERTH" fleet apply "$FLEET")" "budget.* 20.00 -> 32.00"
wait_state "$second" RUNNING
expect "is used to the last cent" "$("$BERTH" share -n -P -A atlas -o Left | tail -n 1)" '$0.00'
"$BERTH" cancel "$first" "$second" "$other" >/dev/null
wait_state "$second" CANCELLED
expect_match "what was not used is given back" "$("$BERTH" share -n -P -A atlas -o Left | tail -n 1)" '^\$31.'
stop_daemon
expect "every decision comes out again" "$("$BERTH" replay >/dev/null && echo same)" same
