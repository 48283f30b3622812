#!/bin/bash
# kill.sh - kill -9 the daemon at random moments under load, and sometimes a supervisor; then prove that
# every acknowledged job ended exactly once.
#   usage: BERTH=build/berth test/e2e/kill.sh [KILLS] [SEED]
# Each job appends "JOB.RESTART" to a file of its own, which is not idempotent: a doubled run shows.
source "$(dirname "$0")/lib.sh"
kills=${1:-15}
RANDOM=${2:-7}
mkdir -p "$WORK/markers" "$WORK/out"
start_daemon

# ---- load: three submitters, each repeats a submission with its key until it is acknowledged
submitter() {
    local me=$1 i=0 reply body
    RANDOM=$((me * 100 + 1))
    while [ ! -e "$WORK/stop" ]; do
        i=$((i + 1))
        printf -v body '{"key":"k%s","spec":{"name":"k%s","tenant":"lab","user":"test","uid":%s,"tasks":1,"data_known":true,
            "workdir":"%s/out","no_requeue":%s,"stdout_path":"/dev/null","time_limit_ms":60000,
            "script":"#!/bin/sh\\necho $SLURM_JOB_ID.${SLURM_RESTART_COUNT:-0} >>%s/markers/k%s\\nsleep 0.%s\\n"}}' \
            "$me-$i" "$me-$i" "$(id -u)" "$WORK" "$([ $((i % 3)) = 0 ] && echo true || echo false)" "$WORK" "$me-$i" \
            "$((RANDOM % 90 + 1))"
        until reply=$(curl -s -m 10 --unix-socket "$BERTH_SOCKET" --data-binary "$body" http://berth/v1/jobs) &&
            [[ $reply =~ \"job_id\":([0-9]+) ]]; do
            [ ! -e "$WORK/stop" ] || return 0
            case $reply in *'"invalid"'* | *'"denied"'*) echo "$reply" >>"$WORK/refused"; return 0 ;; esac
            sleep 0.02
        done
        echo "k$me-$i ${BASH_REMATCH[1]}" >>"$WORK/acked-$me"
    done
}
for s in 1 2 3; do submitter $s & subs+=($!); done

# ---- kills
# The supervisors of running scripts: their parents. A script that is about to start a command has a
# child of the same name for a moment: what is below a script is none.
supervisors_of_scripts() {
    ps -eo pid=,ppid=,args= | awk -v mine="sh $BERTH_STATE/attempts/" -v daemon="$DAEMON" '
        index($0, mine) && $3 ~ /sh$/ { script[$1] = 1; parent[$1] = $2 }
        END { for (s in parent) if (!(parent[s] in script) && parent[s] != 1 && parent[s] != daemon) print parent[s] }' >"$WORK/supervisors"
    [ -s "$WORK/supervisors" ]
}
supervisors=0
for ((n = 1; n <= kills; n++)); do
    sleep "0.$(printf '%03d' $((RANDOM % 400 + 20)))"
    if [ $((n % 5)) = 0 ]; then
        wait_for 5 supervisors_of_scripts || true
        pid=$(shuf -n 1 "$WORK/supervisors")
        if [ -n "$pid" ] && kill -9 "$pid" 2>/dev/null; then supervisors=$((supervisors + 1)); fi
    fi
    kill_daemon
    if [ $((n % 10)) = 0 ] || [ "$kills" -le 20 ]; then
        "$BERTH" ledger verify --state "$BERTH_STATE" >"$WORK/verify" 2>&1 || fail "verify after kill $n: $(cat "$WORK/verify")"
    fi
    start_daemon
done
touch "$WORK/stop"
wait "${subs[@]}" || true
[ ! -e "$WORK/refused" ] || fail "a submission was refused: $(head -n 1 "$WORK/refused")"

# ---- quiet: everything acknowledged ends
idle() { [ "$(api GET '/v1/jobs?limit=1' | jq '.jobs | length')" = 0 ]; }
wait_for 120 idle || fail "jobs are left: $(api GET /v1/jobs | jq -c '.jobs[] | [.job_id, .state, .reason]' | head -n 5)"
cat "$WORK"/acked-* >"$WORK/acked"
total=$(wc -l <"$WORK/acked")
[ "$total" -gt 0 ] || fail "nothing was submitted"
say "ok: $kills kills of the daemon, $supervisors of supervisors, $total jobs acknowledged"

api GET "/v1/acct?limit=10000" | jq -r '.jobs[] | [.name, .job_id, .state, (.restarts // 0), (.exit_code // 0)] | @tsv' >"$WORK/acct"
# Every acknowledged job is known once, with the id that was acknowledged, and has ended.
awk 'NR == FNR { id[$1] = $2; n[$1]++; state[$1] = $3; restarts[$1] = $4; code[$1] = $5; next }
     !($1 in id) { print "lost: " $1; bad = 1; next }
     n[$1] != 1 { print "doubled: " $1; bad = 1 }
     id[$1] != $2 { print "another id: " $1; bad = 1 }
     state[$1] !~ /^(COMPLETED|NODE_FAIL)$/ { print "ended " state[$1] " with " code[$1] ": " $1; bad = 1 }
     END { exit bad }' "$WORK/acct" "$WORK/acked" || fail "not every acknowledged job ended once"
say "ok: every acknowledged job ended exactly once"

# No attempt ran twice; a completed job ran; at most one more run for each restart.
completed=0
while read -r name id; do
    read -r state restarts < <(awk -v n="$name" '$1 == n { print $3, $4 }' "$WORK/acct")
    runs=$(cat "$WORK/markers/$name" 2>/dev/null | wc -l)
    distinct=$(sort -u "$WORK/markers/$name" 2>/dev/null | wc -l)
    [ "$runs" = "$distinct" ] || fail "$name: an attempt ran twice: $(tr '\n' ' ' <"$WORK/markers/$name")"
    [ "$runs" -le $((restarts + 1)) ] || fail "$name: $runs runs with $restarts restarts"
    if [ "$state" = COMPLETED ]; then
        completed=$((completed + 1))
        grep -q "^$id\.$restarts$" "$WORK/markers/$name" || fail "$name is COMPLETED but its last attempt left no mark"
    fi
done <"$WORK/acked"
say "ok: no attempt ran twice; $completed of $total completed"

api GET /v1/pools | jq -e '[.pools[] | (.chips_used // 0), (.nodes_mixed // 0), (.nodes_allocated // 0)] | add == 0' >/dev/null ||
    fail "a claim outlived its job"
say "ok: no claim survives its job"
stop_daemon
"$BERTH" ledger verify --state "$BERTH_STATE" >"$WORK/verify" 2>&1 || fail "verify: $(cat "$WORK/verify")"
"$BERTH" replay --state "$BERTH_STATE" >"$WORK/replay" 2>&1 || fail "replay: $(cat "$WORK/replay")"
say "ok: ledger verify and replay hold: $(tail -n 1 "$WORK/replay")"
