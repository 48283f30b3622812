# lib.sh - what the end-to-end tests share: a daemon of their own, requests, waiting with deadlines.
# Every test file sources it; it sets BERTH_STATE and BERTH_SOCKET to a fresh folder and cleans up.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
BERTH=$(realpath "${BERTH:-$ROOT/build/berth}")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/berth-e2e-XXXXXX")
chmod 755 "$WORK"
export BERTH_STATE=$WORK/state BERTH_SOCKET=$WORK/berth.sock BERTH_DATA=$ROOT/data BERTH_LAW=$ROOT/test/packs
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=0:detect_leaks=1}
DAEMON=
FLEET=$HERE/fleet.yaml

say() { printf '    %s\n' "$*"; }
fail() {
    printf 'FAIL: %s\n' "$*" >&2
    [ -f "$WORK/daemon.log" ] && { echo "--- daemon.log" >&2; tail -n 40 "$WORK/daemon.log" >&2; }
    exit 1
}

# Start the daemon and wait until it answers; arguments go to `berth serve`.
start_daemon() {
    "$BERTH" serve --socket "$BERTH_SOCKET" --listen "${LISTEN:-none}" --fleet "$FLEET" --law "$BERTH_LAW" \
        "$@" >>"$WORK/daemon.log" 2>&1 &
    DAEMON=$!
    wait_for 30 daemon_answers || fail "the daemon did not start"
}
daemon_answers() {
    kill -0 "$DAEMON" 2>/dev/null || fail "the daemon ended: $(tail -n 3 "$WORK/daemon.log")"
    curl -sf -m 5 --unix-socket "$BERTH_SOCKET" http://berth/v1/ping >/dev/null 2>&1
}
stop_daemon() {
    [ -n "$DAEMON" ] || return 0
    kill "$DAEMON" 2>/dev/null || true
    wait "$DAEMON" || fail "the daemon ended with status $?"
    DAEMON=
}
kill_daemon() {
    kill -9 "$DAEMON" 2>/dev/null || true
    wait "$DAEMON" 2>/dev/null || true
    DAEMON=
}
cleanup() {
    local rc=$? background
    background=$(jobs -p)
    [ -z "$background" ] || kill -9 $background 2>/dev/null || true
    [ -z "$DAEMON" ] || kill -9 "$DAEMON" 2>/dev/null || true
    # Supervisors and jobs of this test carry its folder in their environment or arguments.
    pkill -9 -f "$WORK" 2>/dev/null || true
    for p in /proc/[0-9]*; do
        if grep -qzs "^BERTH_SOCKET=${BERTH_SOCKET:-none}$" "$p/environ" 2>/dev/null && [ "${p#/proc/}" != $$ ]; then
            kill -9 "${p#/proc/}" 2>/dev/null || true
        fi
    done
    if [ "${KEEP:-}" = "" ]; then rm -rf "$WORK"; else echo "kept: $WORK"; fi
    exit $rc
}
trap cleanup EXIT

# wait_for SECONDS COMMAND...: poll until it succeeds.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.05
    done
}
# api METHOD PATH [BODY]: the reply's body; fails on an HTTP error.
api() {
    local method=$1 path=$2
    shift 2
    curl -s -m 30 --unix-socket "$BERTH_SOCKET" -X "$method" ${1+--data-binary "$1"} "http://berth$path"
}
job_state() { api GET "/v1/jobs?state=all&id=$1" | jq -r '.jobs[0].state // "NONE"'; }
job_is() { [ "$(job_state "$1")" = "$2" ]; }
wait_state() { wait_for "${3:-30}" job_is "$1" "$2" || fail "job $1 is $(job_state "$1"), not $2"; }
# submit ARGS...: an sbatch submission; prints the job id.
submit() { "$BERTH" sbatch --parsable "$@"; }
expect() { # expect WHAT GOT WANTED
    [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
    say "ok: $1"
}
expect_match() { # expect_match WHAT GOT REGEX
    [[ $2 =~ $3 ]] || fail "$1: got '$2', wanted something like '$3'"
    say "ok: $1"
}
# expect_exit CODE COMMAND...: runs it, keeps its output in $OUT and $ERR.
expect_exit() {
    local want=$1 rc=0
    shift
    "$@" >"$WORK/out" 2>"$WORK/err" || rc=$?
    OUT=$(cat "$WORK/out") ERR=$(cat "$WORK/err")
    [ $rc = "$want" ] || fail "$*: exit $rc, wanted $want: $OUT $ERR"
}
cd "$WORK"

# ban_large_chips FOLDER DATE: a rule pack with one rule, XA-BAN, which forbids large chips from DATE on.
ban_large_chips() {
    mkdir -p "$1/xa"
    printf 'pack: xa\ntitle: One ban\njurisdiction: XA\n' >"$1/xa/pack.yaml"
    cat >"$1/xa/rules.yaml" <<YAML
rules:
  - rule: XA-BAN
    title: No large chips
    level: law
    effective: $2
    acts: [place, continue_use]
    when: chip.tpp >= 4800
    then: forbid
    cite: Act 1
    source: https://law.example/1
    read: 2026-01-01
    confidence: high
    basis: verbatim
    examples:
      - refused: A large chip
        case: {on: 2027-01-01, act: place, chip: {id: big, tpp: 15832}, amount: 8}
        expect: forbid
      - permitted: A small one
        case: {on: 2027-01-01, act: place, chip: {id: small, tpp: 100}, amount: 8}
        expect: permit
YAML
}
