#!/bin/bash
# berth sim run: a trace is played on a fleet file without a daemon; figures, page and log agree, the
# same seed gives the same run, and mistakes are told with their place.
source "$(dirname "$0")/lib.sh"
cd "$WORK"
{
    echo submit,id,tenant,chips,duration_s,limit_s
    for i in $(seq 0 199); do
        echo "$((i * 30)),job-$i,lab,$((1 << i % 5)),$((60 + i * 37 % 900)),3600"
    done
} >jobs.csv
run() { "$BERTH" sim run --fleet "$FLEET" --on 2026-11-01 "$@"; }

run --trace jobs.csv --json --log log.csv --html page.html >a.json
[ "$(jq .jobs.completed a.json)" = 200 ] || fail "not all jobs completed: $(jq -c .jobs a.json)"
[ "$(jq '.makespan_h >= .bound.makespan_h and .jct.mean_s >= .bound.mean_jct_s' a.json)" = true ] ||
    fail "better than the bound"
[ "$(tail -n +2 log.csv | wc -l)" = 200 ] || fail "the log has not a line for each job"
logged=$(awk -F, 'NR > 1 { sum += $12 } END { printf "%.2f", sum }' log.csv)
[ "$(jq -r '.cost_usd * 100 | round / 100' a.json)" = "$(jq -n "$logged")" ] ||
    fail "the log's costs sum to $logged, not $(jq .cost_usd a.json)"
grep -q '</html>' page.html || fail "the page is not whole"
scrolls=$(grep -oE 'class="(plot|wide)"[^>]*' page.html)
[ -n "$scrolls" ] || fail "the page has no plot or table"
grep -v 'tabindex="0"' <<<"$scrolls" && fail "what scrolls cannot be reached by keyboard"
say "ok: 200 jobs, as CSV"

{ tail -n +2 jobs.csv | awk -F, '{
    printf "{\"submit\":%s,\"id\":\"%s\",\"tenant\":\"%s\",\"chips\":%s,\"duration_s\":%s,\"limit_s\":%s}\n",
        $1, $2, $3, $4, $5, $6 }'; } >jobs.jsonl
run --trace jobs.jsonl --json >b.json
same='del(.trace, .format, .cpu_seconds)'
[ "$(jq "$same" a.json)" = "$(jq "$same" b.json)" ] || fail "JSON Lines give another run than CSV"
say "ok: the same as JSON Lines"

run --trace jobs.csv --json --faults 5 --log f1.csv >f1.json
run --trace jobs.csv --json --faults 5 --log f2.csv >f2.json
cmp f1.csv f2.csv || fail "the same seed gave another run"
[ "$(jq .jobs.completed f1.json)" = 200 ] || fail "a job was lost to a fault"
say "ok: with faults, twice the same"

run --trace jobs.csv --from 600 --to 1200 --json >part.json
[ "$(jq .jobs.submitted part.json)" = 20 ] || fail "--from and --to took $(jq .jobs.submitted part.json)"

# The large pool's chips are forbidden from a date on: jobs that may run nowhere else are refused.
ban_large_chips law 2026-11-02
"$BERTH" sim run --fleet "$FLEET" --trace jobs.csv --on 2026-11-03 --law "$WORK/law" --json >law.json
[ "$(jq -c '[.jobs.refused_by_law, .refusals[0].rule, .refusals[0].first]' law.json)" = '[200,"XA-BAN","job-0"]' ] ||
    fail "the ban: $(jq -c '.jobs, .refusals' law.json)"
say "ok: under a ban all are refused, by its rule"

"$BERTH" sim run --fleet "$FLEET" --trace "$ROOT/test/unit/sim/sacct-22.05.txt" --add-tenants --any-partition --json >s.json
[ "$(jq -c '[.format, .jobs.submitted, .jobs.failed, .rows_skipped > 0]' s.json)" = '["sacct",19,1,true]' ] ||
    fail "sacct's output: $(jq -c '.format, .jobs, .rows_skipped' s.json)"
printf 'sn,cpu_milli,memory_mib,gpu,model\nn1,64000,262144,2,P100\nn2,64000,262144,8,T4\n' >nodes.csv
printf '%s\n%s\n%s\n' name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time,scheduled_time \
    p1,4000,1000,2,1000,P100,0,100,0 p2,4000,1000,1,500,,10,100,50 >pods.csv
"$BERTH" sim run --fleet nodes.csv --trace pods.csv --json >o.json
[ "$(jq -c '[.format, .jobs.completed, .chips]' o.json)" = '["openb",2,10]' ] || fail "openb: $(cat o.json)"
printf 'A3C\tpython3 x.py\ta3c\t-n\t0\t71757\t1\t1\t-1.0\t0\n' >gavel.trace # 7.175767 steps a second on a V100
sed 's/chip: h100-sxm/chip: v100-sxm2-16/' "$FLEET" >v100.yaml
grep -q '^v100-sxm2-16,' "$BERTH_DATA/chips.csv" || fail "the catalogue has no v100-sxm2-16"
"$BERTH" sim run --fleet v100.yaml --trace gavel.trace --json >g.json
[ "$(jq -c '[.format, .jobs.completed, (.makespan_h * 3600 | round)]' g.json)" = '["gavel",1,10000]' ] ||
    fail "gavel: $(jq -c '.format, .jobs, .makespan_h' g.json)"
printf 'type,chip,chips,steps_per_s,source,licence,year\nA3C,v100,1,71.757,mine,CC0-1.0,2026\n' >own.csv
"$BERTH" sim run --fleet v100.yaml --trace gavel.trace --speeds own.csv --json >g.json
[ "$(jq '.makespan_h * 3600 | round' g.json)" = 1000 ] || fail "--speeds: $(jq .makespan_h g.json)"
say "ok: traces of others"

expect_error() { # FILE TEXT
    if run --trace "$1" >out 2>&1; then fail "$1 was taken"; fi
    grep -qF "$2" out || fail "$1: expected '$2', got: $(cat out)"
}
printf 'submit,duration_s\n5,1\n4,1\n' >order.csv
expect_error order.csv 'order.csv:3:1: submitted before the job of line 2'
printf 'submit,duration_s\n5,-1\n' >negative.csv
expect_error negative.csv "negative.csv:2:3: duration_s: '-1' is negative"
printf 'submit,duration_s,chips,chip\n5,1,1,b9000\n' >chip.csv
expect_error chip.csv "chip.csv:2:7: there is no chip 'b9000'"
head -c 1000 jobs.csv >cut.csv
expect_error cut.csv 'the file ends inside this line'
mkfifo pipe
cat jobs.csv >pipe &
expect_error pipe 'cannot be read twice'
printf 'submit,duration_s,tenant\n5,1,who\n' >tenant.csv
expect_error tenant.csv "tenant.csv:2:5: the fleet has no tenant 'who'"
run --trace tenant.csv --add-tenants >/dev/null || fail "--add-tenants"
say "ok: mistakes are told with their place"
