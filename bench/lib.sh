# lib.sh - a daemon of one's own for a measurement; it goes with its folder at the end.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$ROOT/build}
BERTH=${BERTH:-$BUILD/berth}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/berth-bench-XXXXXX")
export BERTH_STATE=$WORK/state BERTH_SOCKET=$WORK/berth.sock BERTH_DATA=$ROOT/data
export BERTH_LAW=${BERTH_LAW:-$ROOT/law}
DAEMON=
start() { # start FLEET
    "$BERTH" serve --listen 127.0.0.1:0 --socket "$BERTH_SOCKET" --fleet "$1" --law "$BERTH_LAW" >"$WORK/log" 2>&1 &
    DAEMON=$!
    until "$BERTH" ping >/dev/null 2>&1; do
        kill -0 $DAEMON 2>/dev/null || { cat "$WORK/log" >&2; exit 1; }
        sleep 0.02
    done
    URL=$(sed -n 's/.*\(http:[^ ]*\)$/\1/p' "$WORK/log" | tail -n 1)
    export TOKEN BENCH_UID
    TOKEN=$(awk '/^operator/ { print $3 }' "$BERTH_STATE/tokens") BENCH_UID=$(id -u)
}
stop() { kill "$DAEMON" && wait "$DAEMON"; DAEMON=; }
cleanup() {
    [ -z "$DAEMON" ] || kill -9 "$DAEMON" 2>/dev/null || true
    rm -rf "$WORK"
}
trap cleanup EXIT
seconds() { date +%s.%N; }
