#!/bin/sh
# purity.sh BUILD/obj - proves on the objects that the pure layers are pure (docs: design, "A pure
# core"): what they call is on a short list, they have no writable data, and perf, core and agent
# compute without floating point. A sanitizer build is looked at too, apart from what the sanitizer adds.
set -eu
obj=${1:?usage: purity.sh BUILD/obj}
failed=0

# What a pure layer may take from outside itself: bytes, text, memory, sorting, a failed check, and
# the compiler's own arithmetic on integers.
allowed='^(mem(chr|cmp|cpy|mem|move|set)|__mem(cpy|move|set)_chk|str(chr|cmp|cspn|len|ncmp|nlen|pbrk|rchr|spn|str)'
allowed="$allowed"'|(v)?snprintf|__(v)?snprintf_chk|qsort(_r)?|bsearch|calloc|realloc|free|abort|__stack_chk_fail'
allowed="$allowed"'|__(u?div|u?mod|mul)ti3|__popcount[ds]i2|_GLOBAL_OFFSET_TABLE_|__asan_.*|__ubsan_.*|___asan_.*)$'
# The law computes with doubles, as CEL does.
allowed_math='^(floor|ceil|trunc|fabs|isnan|isinf|fmod|pow|ldexp|frexp|nearbyint|round|lround|strtod)$'
# base/check.c and base/mem.c say why they end the process.
allowed_end='^(stderr|fprintf|__fprintf_chk|fwrite|fputs|fputc)$'

complain() {
    echo "purity: $*" >&2
    failed=1
}

# Everything that the pure layers define, so that they may use each other.
defined=$(mktemp)
trap 'rm -f "$defined"' EXIT
for layer in base model law perf core agent; do
    [ -d "$obj/$layer" ] && find "$obj/$layer" -name '*.o' -exec nm --defined-only -g {} +
done | awk 'NF == 3 {print $3}' | sort -u >"$defined"

check_symbols() { # object layer
    nm -u "$1" | awk '{print $2}' | sort -u | while read -r symbol; do
        grep -qxF -- "$symbol" "$defined" && continue
        echo "$symbol" | grep -qE "$allowed" && continue
        [ "$2" = law ] && echo "$symbol" | grep -qE "$allowed_math" && continue
        case $1 in
        */base/check.o | */base/mem.o) echo "$symbol" | grep -qE "$allowed_end" && continue ;;
        esac
        echo "$symbol"
    done
}

# Names of writable objects; relocated constants (.data.rel.ro) are read-only when it runs.
check_data() { # object
    objdump -t "$1" | awk '$0 ~ / O / && $0 ~ / \.(data|bss|tdata|tbss)(\.[^ ]*)?\t/ &&
        $0 !~ / \.data\.rel\.ro/ {print $NF}' | grep -vE '^(_?\.?LASAN|__(asan|ubsan|odr_asan)|\.?Lubsan|\*?\.LC)' || true
}

check_float() { # object
    objdump -d --no-show-raw-insn "$1" |
        grep -oE '[[:space:]](v?(add|sub|mul|div|sqrt|max|min)[sp][sd]|v?cvt[a-z0-9]*2s[sid]|v?cvtt?s[sd]2si|v?u?comis[sd]|f(add|sub|mul|div|ild|ld|st)[a-z]*|u?comis[sd])[[:space:]]' |
        sort -u | tr -d '[:space:]' || true
}

count=0
for layer in base model law perf core agent; do
    [ -d "$obj/$layer" ] || continue
    for o in $(find "$obj/$layer" -name '*.o' | sort); do
        count=$((count + 1))
        calls=$(check_symbols "$o" "$layer")
        [ -z "$calls" ] || complain "$o uses" $calls
        data=$(check_data "$o")
        [ -z "$data" ] || complain "$o has writable data:" $data
        case $layer in
        perf | core | agent)
            float=$(check_float "$o")
            [ -z "$float" ] || complain "$o has floating point: $float"
            ;;
        esac
    done
done
[ "$count" -gt 0 ] || complain "no objects under $obj"
[ "$failed" -eq 0 ] && echo "purity: $count objects are pure"
exit "$failed"
