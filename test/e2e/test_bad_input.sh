#!/bin/bash
# Bad input gets a clear error or a clean refusal, and the daemon stays well.
source "$(dirname "$0")/lib.sh"
start_daemon
cd "$WORK"
alive() { api GET /v1/ping | jq -e .version >/dev/null || fail "the daemon is not well after: $1"; }

head -c 100000 /dev/urandom | timeout 5 curl -s --unix-socket "$BERTH_SOCKET" telnet://berth:1 >/dev/null 2>&1 || true
alive "garbage on the socket"
say "ok: garbage on the socket"

{ printf '#!/bin/bash\n'; head -c 1G /dev/zero | tr '\0' '#'; } >big.sh
expect_exit 1 "$BERTH" sbatch big.sh
expect_match "a 1 GB script" "$ERR" "over [0-9]+ bytes"
rm big.sh
expect_exit 1 "$BERTH" sbatch --no-such-option --wrap true
expect_match "an unknown option" "$ERR" "no-such-option"
printf '#!/bin/bash\n#SBATCH --gpu=4\n' >typo.sh
expect_exit 1 "$BERTH" sbatch typo.sh
expect_match "an unknown option in a script, by line" "$ERR" "typo.sh:2"
printf '#!/bin/bash\n#SBATCH --begin=2026-02-30\ntrue\n' >date.sh
expect_exit 1 "$BERTH" sbatch date.sh
expect_match "a date that does not exist" "$ERR" "date.sh:2.*2026-02-30"
printf 'no interpreter\n' >plain.sh
expect_exit 1 "$BERTH" sbatch plain.sh
expect_match "a script without an interpreter" "$ERR" "#!"
printf 'true\n' | expect_exit 1 "$BERTH" sbatch
expect_exit 1 "$BERTH" sbatch missing.sh
expect_exit 1 "$BERTH" squeue --colour
expect_exit 1 "$BERTH" frobnicate
expect_exit 1 "$BERTH" sbatch -t 99:99:99:99 --wrap true
expect_exit 1 "$BERTH" sbatch -N 0 --wrap true
expect_exit 1 "$BERTH" sbatch --array=1-9999999 --wrap true
alive "wrong submissions"
say "ok: wrong options"

cat >aliases.yaml <<'Y'
fleet: bomb
a: &a [x, x]
b: &b [*a, *a]
Y
expect_exit 1 "$BERTH" fleet check aliases.yaml
expect_match "a fleet file of aliases" "$ERR$OUT" "aliases.yaml:2"
cat >wrong.yaml <<'Y'
fleet: wrong
parties:
  p: {country: sg, hq: SG}
sites:
  s: {country: NO, operator: nobody}
pools:
  q: {site: s, chip: h100-smx, nodes: "n[3-1]", chips_per_nod: 8}
Y
expect_exit 1 "$BERTH" fleet check wrong.yaml
for at in wrong.yaml:3: wrong.yaml:5: wrong.yaml:7:; do
    grep -q "$at" <<<"$ERR$OUT" || fail "no error at $at in: $ERR$OUT"
done
say "ok: all mistakes of a fleet file in one run"
expect_exit 1 "$BERTH" fleet apply wrong.yaml
expect "and nothing was applied" "$(api GET /v1/pools | jq -r .fleet)" testbed

expect_exit 1 "$BERTH" serve --state "$BERTH_STATE" --socket "$WORK/second.sock" --listen none
expect_match "a second daemon names the first" "$ERR" "$DAEMON"
expect_exit 1 "$BERTH" serve --state /proc/nowhere --socket "$WORK/x.sock" --listen none
expect_exit 1 "$BERTH" serve --state "$WORK/s2" --socket "$WORK/x.sock" --listen 0.0.0.0:1
expect_match "only loopback" "$ERR" "loopback"
mkdir open && chmod 777 open
expect_exit 1 "$BERTH" serve --state "$WORK/open" --socket "$WORK/x.sock" --listen none
expect_match "a state folder that others may write" "$ERR" "chmod go-w"
stop_daemon
