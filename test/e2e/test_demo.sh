#!/bin/bash
# berth demo: finds its examples, in the tree and installed, and runs them with this very program.
source "$(dirname "$0")/lib.sh"
cd "$WORK"
mkdir -p here/bin here/share/berth/examples/{pacific,other,notes} build
cp "$BERTH" here/bin/berth
for n in pacific other; do
    printf '#!/bin/sh\necho "%s with $BERTH"\nexit 7\n' $n >here/share/berth/examples/$n/run
    chmod +x here/share/berth/examples/$n/run
done
unset BERTH_STATE
expect_exit 7 here/bin/berth demo
expect "without a name it is pacific, run with this program" "$OUT" "pacific with $WORK/here/bin/berth"
expect_exit 7 here/bin/berth demo other
expect "another by its name" "$OUT" "other with $WORK/here/bin/berth"
expect_exit 1 here/bin/berth demo nothing
expect_match "one that is not there" "$ERR" "there is no example 'nothing'; there are: other, pacific$"
expect_exit 1 here/bin/berth demo ../examples/other
expect_match "no path is taken" "$ERR" "there is no example"
mkdir -p examples/tree && printf '#!/bin/sh\necho tree\n' >examples/tree/run && chmod +x examples/tree/run
cp "$BERTH" build/berth
expect_exit 0 build/berth demo tree
expect "in the tree it was built in" "$OUT" "tree"
expect_exit 0 "$BERTH" demo --help
expect_match "help" "$OUT" "BERTH_DEMO=once"
