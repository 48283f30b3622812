#!/bin/bash
# berth law diff on a daemon: running and waiting jobs, pools and leases whose verdict changes on a
# date, or with another pack, are named with the rule that does it, and nothing else is; so are stored
# cases.
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
sed -e 's/{owned: {owner: owner, price: "2.00",/{leased: {lessor: owner, owner: owner, price: "2.00", from: 2024-01-01, to: 2060-12-31,/' \
    "$FLEET" >"$WORK/fleet.yaml"
FLEET=$WORK/fleet.yaml
BERTH_LAW=$WORK/law
start_daemon
cd "$WORK"
job=$(submit --gpus=8 --time=10 --wrap 'sleep 60')
cpu=$(submit --time=10 --wrap 'sleep 60')
wait_state "$job" RUNNING
wait_state "$cpu" RUNNING
waiting=$(submit --gpus=16 --hold --time=10 --wrap 'sleep 60')

expect "what 2040 brings" "$("$BERTH" law diff --from 2039-06-01 --to 2040-06-01)" "\
job $job in gpu: permit (allowed)  ->  forbid
    XA-LATE: No large chips from 2040 on (Act 1 of 2039)
job $waiting, waiting, in gpu: permit (allowed)  ->  forbid
    XA-LATE: No large chips from 2040 on (Act 1 of 2039)
pool gpu: permit (allowed)  ->  forbid
    XA-LATE: No large chips from 2040 on (Act 1 of 2039)
3 of 6 verdicts on jobs, pools and leases change"
expect "the way back" "$("$BERTH" law diff --from 2040-06-01 --to 2039-06-01 | head -n 1)" \
    "job $job in gpu: forbid  ->  permit (allowed)"
expect "before it nothing" "$("$BERTH" law diff --from 2027-01-01 --to 2028-01-01)" \
    "0 of 6 verdicts on jobs, pools and leases change"

# A draft in place of the pack: the ban comes at once, leases too.
cp -r "$WORK/law" "$WORK/draft"
sed -i -e 's/effective: 2040-01-01/effective: 2020-01-01/' -e 's/rule: XA-LATE/rule: XA-NOW/' \
    -e 's/title: No large chips from 2040 on/title: No large chips/' \
    -e 's/acts: .*/acts: [place, lease]/' -e '/examples:/,$d' "$WORK/draft/xa/rules.yaml"
mkdir "$WORK/cases"
cat >"$WORK/cases/one.yaml" <<'YAML'
- {name: eight, on: 2030-01-01, act: place, chip: {id: big, tpp: 15832}, amount: 8}
- {name: small, on: 2030-01-01, act: place, chip: {id: small, tpp: 100}, amount: 8}
YAML
cat >"$WORK/cases/two.yaml" <<'YAML'
{name: old, on: 2019-01-01, act: place, chip: {id: big, tpp: 15832}, amount: 8}
YAML
expect "a draft" "$("$BERTH" law diff --with "$WORK/draft" --cases "$WORK/cases")" "\
$WORK/cases/one.yaml[1] eight: place, 8 x big
    PERMIT  ->  FORBID
    + XA-NOW forbid: No large chips
1 of 3 verdicts on cases change
job $job in gpu: permit (allowed)  ->  forbid
    XA-NOW: No large chips (Act 1 of 2039)
job $waiting, waiting, in gpu: permit (allowed)  ->  forbid
    XA-NOW: No large chips (Act 1 of 2039)
lease of gpu: permit (allowed)  ->  forbid
    XA-NOW: No large chips (Act 1 of 2039)
3 of 6 verdicts on jobs, pools and leases change"
expect "and back" "$("$BERTH" law diff --law "$WORK/draft" --with "$WORK/law" "$WORK/cases/one.yaml" |
    tail -n 1)" "1 of 2 verdicts on cases change"
expect_exit 1 "$BERTH" law diff --with "$WORK/nothing-there"
expect_exit 1 "$BERTH" law diff --law "$WORK/law" --with "$WORK/draft"
stop_daemon
