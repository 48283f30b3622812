#!/bin/bash
# The scenarios under examples/: each `run` answers as expected, from any folder; a wrong outcome is noticed.
source "$(dirname "$0")/lib.sh"
cd "$WORK"
export BERTH TMPDIR=$WORK
for scenario in lease-abroad approvals pass-on train-abroad; do
    expect_exit 0 "$ROOT/examples/$scenario/run"
    expect_match "$scenario has the expected outcome" "$OUT" "The outcome is the expected one"
done
expect "nothing is left behind" "$(find "$WORK" -maxdepth 1 -name 'berth-example-*' | wc -l)" 0

# A run that is not what it should be fails: one line of the expected output changed, and a wrong status.
mkdir "$WORK/tree"
cp -r "$ROOT/examples" "$WORK/tree/"
ln -s "$ROOT/law" "$ROOT/data" "$WORK/tree/"
sed -i 's/^FORBID$/PERMIT/' "$WORK/tree/examples/pass-on/expected/output.txt"
expect_exit 1 "$WORK/tree/examples/pass-on/run"
expect_match "another output is noticed" "$ERR" "not the expected one"
cp "$ROOT/examples/pass-on/expected/output.txt" "$WORK/tree/examples/pass-on/expected/"
sed -i 's/amount: 1200, used: 0, from: 2024/amount: 1199, used: 0, from: 2024/' "$WORK/tree/examples/pass-on/willow.yaml"
expect_exit 1 "$WORK/tree/examples/pass-on/run"
expect_match "another status is noticed" "$OUT" "the status should be 0"
