#!/bin/sh
# Do the simulator's oracles bite? Build it with each planted defect (src/core/defect.h) and look for
# the first seed that finds it. Prints a table; fails when one is not found, or when the build without
# a defect fails on the same seeds.
#
#   usage: test/gates/defects.sh [BUILD]      BUILD: a folder for the builds (default build/defects)
#   DEFECTS  which to plant (default: all of src/core/defect.h)
#   SEEDS    how many seeds to try for each (default 200)
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build/defects}
seeds=${SEEDS:-200}
defects=${DEFECTS:-$(sed -n 's/^ \*  *\([0-9][0-9]*\)  .*/\1/p' src/core/defect.h)}

make -s MODE=release BUILD="$build/0" "$build/0/sim" >/dev/null
if ! "$build/0/sim" 1 "$seeds" >"$build/0/out"; then
    echo "without any defect these seeds fail:" >&2
    cat "$build/0/out" >&2
    exit 1
fi
printf '%-7s %-10s %-6s %s\n' defect oracle seed what
printf '%-7s %-10s %-6s %s\n' 0 none - "$seeds seeds pass without a defect"

found=0
missed=0
for n in $defects; do
    # Only the core and the agent know of defects: the rest is taken from the clean build.
    rm -rf "$build/$n"
    cp -a "$build/0" "$build/$n"
    rm -rf "$build/$n/obj/core" "$build/$n/obj/agent" "$build/$n/sim"
    make -s MODE=release BUILD="$build/$n" CFLAGS="-DBERTH_DEFECT=$n" "$build/$n/sim" >/dev/null
    what=$(sed -n "s/^ \*  *$n  \(.*[^ ]\)  *(.*)/\1/p" src/core/defect.h)
    if "$build/$n/sim" --first 1 "$seeds" >"$build/$n/out" 2>&1; then
        printf '%-7s %-10s %-6s %s\n' "$n" - - "$what: NOT FOUND in $seeds seeds"
        missed=$((missed + 1))
        continue
    fi
    found=$((found + 1))
    seed=$(sed -n 's/^seed \([0-9]*\): FAILED.*/\1/p' "$build/$n/out" | head -1)
    oracle=$(sed -n 's/^seed [0-9]*: FAILED \([A-Z]*\) .*/\1/p' "$build/$n/out" | head -1)
    printf '%-7s %-10s %-6s %s\n' "$n" "${oracle:-ASSERT}" "$seed" "$what"
done
echo "$found defects found, $missed not found"
[ "$missed" -eq 0 ]
