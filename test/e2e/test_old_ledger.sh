#!/bin/bash
# A ledger that an earlier release wrote is verified, shown, replayed and gone on with.
source "$(dirname "$0")/lib.sh"
old() { # a fresh copy of it in $1
    mkdir -m 700 "$1"
    tar -xzf "$ROOT/test/data/ledger-1.tar.gz" -C "$1" --strip-components=1
}
serve_old() { # serve_old RECORDS_REPLAYED
    : >"$WORK/daemon.log"
    "$BERTH" serve --socket "$BERTH_SOCKET" --listen none >>"$WORK/daemon.log" 2>&1 &
    DAEMON=$!
    wait_for 30 daemon_answers || fail "the daemon did not start"
    expect_match "serve: $1 records replayed" "$(cat "$WORK/daemon.log")" "ledger: 53 records, $1 replayed"
    expect "serve: what had ended" "$("$BERTH" sacct -X -n -P -j 1,2,4,6,15 -o JobID,State | tr '\n' ' ')" \
        "1|COMPLETED 2|FAILED 3_2|COMPLETED 6|CANCELLED by 0 15|COMPLETED "
    expect "serve: what waits" "$("$BERTH" squeue -h -j 7,8,9,11 -o '%i %r' | sort | tr '\n' ' ')" \
        "11 LawNoSite 7 DependencyNeverSatisfied 8 JobHeldUser 9 BeginTime "
    expect_match "serve: why" "$("$BERTH" why 11)" "XA-BAN"
    # Its process is not on this machine: its time is over, or it is lost and runs again.
    wait_for 30 first_is_over || fail "job 16 is said to run: $("$BERTH" sacct -X -j 16)"
    say "ok: serve: what ran is over"
    expect "serve: the next job" "$(submit --wrap true)" 17
    wait_state 17 COMPLETED
    stop_daemon
    expect_match "verify again" "$("$BERTH" ledger verify)" "every hash fits"
    expect_match "replay again" "$("$BERTH" replay)" "all as stored"
}
first_is_over() { [ "$(api GET '/v1/jobs?state=all&id=16' | jq '.jobs[0] | .attempt == 1 and .state == "RUNNING"')" = false ]; }

export BERTH_STATE=$WORK/state
old "$BERTH_STATE"
expect_match "verify" "$("$BERTH" ledger verify)" "good: old.example/ledger, 53 records, every hash fits.1 signed checkpoint fits"
expect_match "replay" "$("$BERTH" replay --check)" "53 records from 1 to 53: 34 decisions derived again, all as stored"
expect_match "replay from the snapshot" "$("$BERTH" replay --from-snapshot)" "13 records from 41 to 53"
expect "show: every kind of event in it" \
    "$("$BERTH" ledger show | awk '/^ +[0-9]/ { print $4 }' | sort -u | tr '\n' ' ')" \
    "cancel fleet nodes packs progress report requeue speeds submit tick update "
expect_match "show a record" "$("$BERTH" ledger show --from 30 --to 32)" "job 11 attempt 1: step 10 of 100"
serve_old 13

export BERTH_STATE=$WORK/whole
old "$BERTH_STATE"
sqlite3 "$BERTH_STATE/ledger.db" 'DELETE FROM snapshot; DELETE FROM snapshot_part' >/dev/null
serve_old 53
