#!/bin/bash
# Full disk, damaged ledger, restart: nothing accepted is lost.
source "$(dirname "$0")/lib.sh"
start_daemon
cd "$WORK"
for i in 1 2 3; do submit --wrap "echo $i" >/dev/null; done
for i in 1 2 3; do wait_state $i COMPLETED; done
stop_daemon

# A restart shows the same world.
start_daemon
expect "history survives a restart" "$("$BERTH" sacct -X -n -P -o JobID,State | tr '\n' ' ')" "1|COMPLETED 2|COMPLETED 3|COMPLETED "
stop_daemon

# Something is taken away under the daemon: it stops and says what, and the next one makes it anew.
ended() { ! kill -0 "$DAEMON" 2>/dev/null; }
taken_away() { # taken_away PATH TEXT
    start_daemon
    rm -r "${1:?}"
    wait_for 20 ended || fail "the daemon goes on without $1"
    expect_match "without $1 the daemon stops" "$(tail -n 1 "$WORK/daemon.log")" "$2"
    rc=0
    wait "$DAEMON" || rc=$?
    expect "with the status of what is unavailable" $rc 4
    DAEMON=
}
taken_away "$BERTH_STATE/attempts" "removed the folder attempts"
taken_away "$BERTH_SOCKET" "removed or replaced the socket"
start_daemon
job=$(submit --wrap true)
wait_state "$job" COMPLETED
stop_daemon

# A full disk: a small file system when we may mount one.
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=6m none small 2>/dev/null; then
    old=$BERTH_STATE
    export BERTH_STATE=$WORK/small/state
    start_daemon
    first=$(submit --hold --wrap true)
    head -c 64M /dev/zero >small/fill 2>/dev/null || true
    refused=0
    for _ in $(seq 400); do
        "$BERTH" sbatch --hold --comment "$(head -c 3000 /dev/zero | tr '\0' c)" --wrap true >>"$WORK/accepted" 2>"$WORK/err" || { refused=1; break; }
    done
    expect "a full disk refuses" "$refused" 1
    expect_match "and says why" "$(cat "$WORK/err")" "ledger"
    expect "reads go on" "$(job_state "$first")" PENDING
    rm small/fill
    accepts() { "$BERTH" sbatch --hold --wrap true >>"$WORK/accepted" 2>/dev/null; }
    wait_for 30 accepts || fail "does not recover when there is room again"
    say "ok: with room again it accepts again"
    accepted=$(grep -c Submitted "$WORK/accepted")
    expect "every acknowledged job is there" "$("$BERTH" squeue -h -t PD | wc -l)" $((accepted + 1))
    stop_daemon
    start_daemon
    expect "after a restart too" "$("$BERTH" squeue -h -t PD | wc -l)" $((accepted + 1))
    stop_daemon
    umount small
    export BERTH_STATE=$old
else
    say "skipped: no right to mount a small file system"
fi

# One flipped byte in a record is found and named.
cp -r "$BERTH_STATE" damaged
sqlite3 damaged/ledger.db "PRAGMA wal_checkpoint(TRUNCATE);" >/dev/null
table=$(sqlite3 damaged/ledger.db "SELECT name FROM sqlite_schema WHERE type='table' AND name LIKE '%record%' LIMIT 1")
at=$(grep -abo 'echo 2' damaged/ledger.db | head -n 1 | cut -d: -f1)
printf 'X' | dd of=damaged/ledger.db bs=1 seek="$at" conv=notrunc status=none
rc=0; "$BERTH" ledger verify --state "$WORK/damaged" >out 2>&1 || rc=$?
expect "verify fails on a flipped byte" "$rc" 1
expect_match "and names the record (table $table)" "$(cat out)" "record [0-9]+"

# Cut in the middle.
cp -r "$BERTH_STATE" cut
sqlite3 cut/ledger.db "PRAGMA wal_checkpoint(TRUNCATE);" >/dev/null
size=$(stat -c %s cut/ledger.db)
truncate -s $((size * 2 / 3)) cut/ledger.db
rc=0; "$BERTH" ledger verify --state "$WORK/cut" >out 2>&1 || rc=$?
expect "verify fails on a cut file" "$rc" 1
rc=0; timeout 20 "$BERTH" serve --state "$WORK/cut" --socket "$WORK/cut.sock" --listen none >out 2>&1 || rc=$?
[ $rc -ne 0 ] && [ $rc -ne 124 ] || fail "a daemon started on a cut ledger: $(cat out)"
say "ok: a daemon does not start on it"
