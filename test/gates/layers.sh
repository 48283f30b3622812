#!/bin/sh
# layers.sh - a folder of src/ includes only itself and folders that stand before it in the LAYERS
# of the Makefile. Run in the root of the repository.
set -eu
layers=$(sed -n 's/^LAYERS := //p' Makefile)
[ -n "$layers" ] || { echo "layers: no LAYERS in the Makefile" >&2; exit 1; }
failed=0
below=' '
count=0
for layer in $layers; do
    below="$below$layer "
    [ -d "src/$layer" ] || continue
    for file in $(find "src/$layer" -name '*.[ch]' | sort); do
        count=$((count + 1))
        for folder in $(sed -n 's|^#include "\([^/"]*\)/.*|\1|p' "$file" | sort -u); do
            case "$below" in
            *" $folder "*) ;;
            *)
                echo "layers: $file includes $folder/, which does not stand below $layer" >&2
                failed=1
                ;;
            esac
        done
    done
done
[ "$failed" -eq 0 ] && echo "layers: $count files include only downwards"
exit "$failed"
