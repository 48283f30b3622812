#!/bin/sh
# Does the differential test of the masks bite? Each mistake of src/core/defect.h that makes the core
# take for the same what the law can tell apart must be found by test_masks, as `make test` runs it.
#
#   usage: test/gates/masks.sh BUILD MODE      BUILD has been made in MODE, with its unit tests
set -eu
cd "$(dirname "$0")/../.."
build=$1
mode=$2
out=$build/masks
mkdir -p "$out"
found=0
for n in $(sed -n 's/^ \*  *\([0-9][0-9]*\): .*/\1/p' src/core/defect.h); do
    rm -f "$out/test_masks" "$out/legal.o"
    make -s MODE="$mode" BUILD="$build" DEFECT="$n" "$out/test_masks" >/dev/null
    if "$out/test_masks" >"$out/$n.txt" 2>&1; then
        echo "masks: defect $n of src/core/defect.h is not found by test_masks" >&2
        exit 1
    fi
    if ! grep -q ': kept ' "$out/$n.txt"; then
        echo "masks: test_masks fails with defect $n, but not by a difference:" >&2
        tail -n 5 "$out/$n.txt" >&2
        exit 1
    fi
    found=$((found + 1))
done
echo "masks: $found planted mistakes are found"
