#!/bin/bash
# Ctrl-C and a closed terminal: the demo stops everything it started, the daemon ends in order.
source "$(dirname "$0")/lib.sh"
cd "$WORK"
unset BERTH_STATE BERTH_SOCKET BERTH_LAW BERTH_DATA

# alive DIR: processes that were started for the demo in DIR, jobs and supervisors too.
alive() { grep -lzs "^BERTH_SOCKET=$1/" /proc/[0-9]*/environ 2>/dev/null | wc -l; }
none_alive() { [ "$(alive "$1")" = 0 ]; }
says() { grep -q "$1" "$WORK/said" 2>/dev/null; }

# interrupt SIGNAL TEXT STATUS: run the demo as a terminal does, in a process group of its own, and signal
# the whole group once TEXT has been said. The demo must end with STATUS and leave nothing behind.
interrupt() {
    export BERTH_DEMO_DIR=$WORK/demo
    rm -f "$WORK/said" # what the run before has said is none of this one's
    BERTH=$BERTH env --default-signal setsid "$ROOT/examples/pacific/run" >"$WORK/said" 2>&1 </dev/null &
    local demo=$! rc=0
    wait_for 60 says "$2" || fail "the demo never said '$2': $(tail -n 20 "$WORK/said")"
    kill "-$1" -- -$demo
    wait $demo || rc=$?
    expect "$1 at '$2': the status" $rc "$3"
    wait_for 10 none_alive "$BERTH_DEMO_DIR" || fail "still running: $(alive "$BERTH_DEMO_DIR")"
    say "ok: $1 at '$2': nothing runs on"
    rm -rf "$BERTH_DEMO_DIR"
}
interrupt INT 'sbatch train.sh' 130
interrupt INT 'In another terminal' 130
interrupt HUP 'sbatch infer.sh' 129
interrupt TERM 'In another terminal' 143

# The daemon in the foreground of a terminal that is closed; and by nohup.
export BERTH_STATE=$WORK/state BERTH_SOCKET=$WORK/berth.sock BERTH_LAW=$ROOT/test/packs BERTH_DATA=$ROOT/data
start_daemon
kill -HUP "$DAEMON"
rc=0
wait "$DAEMON" || rc=$?
DAEMON=
expect "a terminal that closes ends the daemon in order" $rc 0
[ ! -e "$BERTH_SOCKET" ] || fail "its socket is left"
trap '' HUP
start_daemon
trap - HUP
kill -HUP "$DAEMON"
for _ in 1 2 3; do daemon_answers || fail "nohup does not help"; done # it reads signals before requests
say "ok: a daemon started by nohup stays"
stop_daemon
