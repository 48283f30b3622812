#!/bin/bash
# berth law diff on a daemon: a running job and a pool whose verdict changes on a date are named with
# the rule that does it, and nothing else is.
source "$(dirname "$0")/lib.sh"
mkdir -p "$WORK/law/xa"
cat >"$WORK/law/xa/pack.yaml" <<'YAML'
pack: xa
title: One ban that comes late
jurisdiction: XA
YAML
cat >"$WORK/law/xa/rules.yaml" <<'YAML'
rules:
  - rule: XA-LATE
    title: No large chips from 2040 on
    level: law
    effective: 2040-01-01
    acts: [place, continue_use]
    when: chip.tpp >= 4800
    then: forbid
    cite: Act 1 of 2039
    source: https://law.example/1
    read: 2026-01-01
    confidence: high
    basis: verbatim
    examples:
      - refused: A large chip in 2041
        case: {on: 2041-01-01, act: place, chip: {id: big, tpp: 15832}, amount: 8}
        expect: forbid
      - permitted: The same in 2039
        case: {on: 2039-01-01, act: place, chip: {id: big, tpp: 15832}, amount: 8}
        expect: permit
YAML
BERTH_LAW=$WORK/law
start_daemon
cd "$WORK"
job=$(submit --gpus=8 --time=10 --wrap 'sleep 60')
cpu=$(submit --time=10 --wrap 'sleep 60')
wait_state "$job" RUNNING
wait_state "$cpu" RUNNING

expect "what 2040 brings" "$("$BERTH" law diff --from 2039-06-01 --to 2040-06-01)" "\
job $job in gpu: permit (allowed)  ->  forbid
    XA-LATE: No large chips from 2040 on (Act 1 of 2039)
pool gpu: permit (allowed)  ->  forbid
    XA-LATE: No large chips from 2040 on (Act 1 of 2039)
2 of 4 verdicts on running jobs and pools change"
expect "the way back" "$("$BERTH" law diff --from 2040-06-01 --to 2039-06-01 | head -n 1)" \
    "job $job in gpu: forbid  ->  permit (allowed)"
expect "before it nothing" "$("$BERTH" law diff --from 2027-01-01 --to 2028-01-01)" \
    "0 of 4 verdicts on running jobs and pools change"
expect_exit 1 "$BERTH" law diff --from 2027-01-01 --to 2028-01-01 --with "$WORK/law"
stop_daemon
