#!/bin/bash
# berth sim gavel: the published figure of a trace, every policy, every option and field, and mistakes that are
# told with file and line or with the option.
source "$(dirname "$0")/lib.sh"
cd "$WORK"
DATA=$ROOT/test/gavel
SMALL=v100=8,p100=16,k80=24
gavel() { "$BERTH" sim gavel --throughputs "$DATA/throughputs.csv" "$@"; }

gavel --trace "$DATA/max_min_fairness.trace" --cluster $SMALL --policy fifo_perf --json >a.json
[ "$(jq -c '[(.avg_jct_h * 1e6 | round), (.cost_usd * 100 | round), .rounds, .jobs, .dropped]' a.json)" = \
    '[5424126,24543,202,96,0]' ] || fail "not the published run: $(cat a.json)"
fields=allocations,avg_jct_h,cost_usd,cpu_seconds,dropped,finish_time_ratio,jobs,makespan_h
fields=$fields,objective,own_n_ratio,p99_jct_h,policy,rounds,service,utilisation,worst_wait_h
[ "$(jq -r 'keys | join(",")' a.json)" = $fields ] || fail "fields: $(jq -c keys a.json)"
[ "$(jq '.service | map(.jobs) | add' a.json)" = 96 ] || fail "service: $(jq -c .service a.json)"
gavel --trace "$DATA/max_min_fairness.trace" --cluster $SMALL --policy fifo_perf >a.txt
grep -q '^completion   5.424 h on average, 99 % within 8.743 h$' a.txt || fail "as text: $(cat a.txt)"
say "ok: the published figures, as JSON and as text"

for policy in berth berth_blind fifo isolated las las_perf makespan_perf; do
    gavel --generate multi --rate 2 --seed 3 --window 20:50 --policy $policy --reset 0 --json >"$policy.json"
    gavel --generate multi --rate 2 --seed 3 --window 20:50 --policy $policy --reset 0 --json >again.json
    [ "$(jq -c 'del(.cpu_seconds)' $policy.json)" = "$(jq -c 'del(.cpu_seconds)' again.json)" ] ||
        fail "$policy: another run from the same seed"
    [ "$(jq '.jobs + .dropped == 30 and .utilisation > 0 and .utilisation <= 1 and .p99_jct_h >= .avg_jct_h and
        .finish_time_ratio.worst >= .finish_time_ratio.mean and
        .finish_time_ratio.worst >= .finish_time_ratio.floor - 1e-9' $policy.json)" = true ] ||
        fail "$policy: $(cat $policy.json)"
done
[ "$(jq -s '.[0].avg_jct_h < .[1].avg_jct_h' berth.json las_perf.json)" = true ] || fail "berth is slower than las_perf"
for objective in jct makespan; do
    gavel --trace "$DATA/minimize_makespan.trace" --cluster $SMALL --objective $objective --json >$objective.json
done
[ "$(jq -s '.[0].makespan_h < .[1].makespan_h and .[0].avg_jct_h > .[1].avg_jct_h' makespan.json jct.json)" = true ] ||
    fail "the objectives: $(jq -c '[.makespan_h, .avg_jct_h]' makespan.json jct.json)"
say "ok: every policy and objective, twice the same"

expect_error() { # TEXT ARG...
    if gavel "${@:2}" >out 2>&1; then fail "taken: ${*:2}"; fi
    grep -qF -- "$1" out || fail "${*:2}: expected '$1', got: $(cat out)"
}
job() { printf 'A3C\tcmd\tdir\t-n\t0\t%s\t%s\t1\t-1\t%s\n' "$@"; } # STEPS GPUS ARRIVAL
job 100 1 5 >order.trace && job 100 1 4 >>order.trace
expect_error 'order.trace:2: arrives before the job of the line before it' --trace order.trace
job 100 1 0 >negative.trace && job -1 1 0 >>negative.trace
expect_error "negative.trace:2: total steps: '-1' is not a number of steps" --trace negative.trace
job 100 1 0 | head -c 20 >cut.trace
expect_error 'cut.trace:1: the last line has no end' --trace cut.trace
job 100 1 0 | sed s/A3C/B4D/ >type.trace
expect_error "type.trace:1: unknown job type 'B4D'" --trace type.trace
job 100 1 0 >one.trace && job 100 8 0 | sed "s/A3C/ResNet-18 (batch size 16)/" >wide.trace
expect_error "asks for 8 GPUs of one type, and no type of the cluster has as many" --trace wide.trace --cluster v100=4,k80=4
printf 'model,scale_factor,v100,p100,k80\nA3C,1,1,-2,3\n' >bad.csv
if "$BERTH" sim gavel --throughputs bad.csv --trace one.trace >out 2>&1; then fail "bad.csv was taken"; fi
grep -q 'bad.csv:2: column p100' out || fail "bad.csv: $(cat out)"
expect_error "gone.trace: cannot be opened" --trace gone.trace
say "ok: mistakes in files are told with their line"

expect_error 'needs either --trace or --generate'
expect_error 'needs --rate and --window' --generate single
expect_error 'are for --generate' --trace one.trace --seed 1
expect_error "--window: '5:5' is not A:B" --generate single --rate 1 --window 5:5
expect_error "--rate: '-1' is not a number" --generate single --rate -1 --window 0:5
expect_error "--cluster: 'v100' is not TYPE=GPUS" --trace one.trace --cluster v100
expect_error "has no GPUs" --trace one.trace --cluster v100=0
expect_error "did you mean 'las_perf'?" --trace one.trace --policy las_pref
expect_error '--objective is for --policy berth' --trace one.trace --policy las --objective makespan
if "$BERTH" sim gavel --trace one.trace >out 2>&1; then fail "no table was taken"; fi
grep -q 'needs --throughputs' out || fail "no table: $(cat out)"
say "ok: so are mistakes in options"
