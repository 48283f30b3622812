# lib.sh - what the scenarios' `run` files share: they ask, keep a transcript, and compare it.
#   BERTH=PATH            the binary; else build/berth of this tree, else the one on PATH
#   EXAMPLE_WRITE=1       write expected/output.txt instead of comparing with it
# A `run` sources this file with $here set to its own folder, and ends with `finish`. It succeeds when
# every command ended with the status it was said to end with, and the transcript is the expected one.
# shellcheck shell=bash disable=SC2154 # $here is set by whoever sources this
set -euo pipefail
root=$(cd "$here/../.." && pwd)
if [ -z "${BERTH:-}" ]; then
    BERTH=$root/build/berth
    [ -x "$BERTH" ] || BERTH=$(command -v berth) || { echo "build it first: make" >&2; exit 1; }
fi
case $BERTH in */*) BERTH=$(cd "$(dirname "$BERTH")" && pwd)/$(basename "$BERTH") ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/berth-example-XXXXXX")
at_exit() { :; } # a `run` that starts something stops it here
trap 'at_exit; rm -rf "$work"' EXIT
unset BERTH_URL BERTH_TOKEN BERTH_SOCKET BERTH_STATE
export BERTH_LAW=$root/law BERTH_DATA=$root/data COLUMNS=132 NO_COLOR=1 LC_ALL=C TZ=UTC
transcript=$work/transcript
wrong=0
# The commands run in a copy of the folder, beside the law; changed files land there too.
mkdir "$work/here"
cp -r "$here"/. "$work/here"
cd "$work/here"
ln -s "$root/law" law
exec 3>&1
exec > >(tee "$transcript" >&3)
teller=$!

# tell LINE...: what comes next in the story.
tell() {
    echo
    printf '== %s\n' "$@"
}

# How an answer is shown: whole (but for the list of the rules looked at, which grows with every pack); or
# the table of a deal only; or a page in short: what is not met with its numbers, what is unknown, what would
# change it; no sources, no warnings.
whole() { awk '/^Rules looked at/ { skip = 1 } /^$/ { skip = 0 } !skip'; }
table() { awk '/^$/ { exit } 1'; }
short() {
    awk '/^(Rules looked at|Warnings)/ { skip = 1; next } /^[^ ]|^$/ { skip = 0; facts = /^Not known/ }
        /^  [^ ]/ { unmet = / not met / }
        /^DATE|^$/ { rows = /^DATE/ }
        !skip && (rows || facts || !/^      / || (unmet && /\(margin | is short by |not on record:/))'
}

# What differs from run to run: times, counts of records, hashes; and the number of rules, which grows.
masked() {
    sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+Z?|[0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/g' \
        -e 's/ for [0-9.]+ m?s, at a cost of \$[0-9.]+/ for a moment/' -e 's/[0-9a-f]{64}/HASH/' \
        -e 's/[0-9]+ (records|bytes|decisions|rules looked)/N \1/g' -e 's/from [0-9]+ to [0-9]+/from N to N/' \
        -e 's/[0-9]+ signed checkpoints? fits?/N signed checkpoints fit/'
}

# ask VIEW STATUS COMMAND...: show the command as a user types it and what it answers, by VIEW; it must
# end with STATUS.
ask() {
    local view=$1 want=$2 rc=0 shown
    shift 2
    shown="$*"
    [ "$1" != berth ] || set -- "$BERTH" "${@:2}"
    "$@" >"$work/answer" 2>&1 || rc=$?
    {
        printf '\n$ %s%s\n' "$shown" "$([ "$view" = whole ] || echo " | $view")"
        "$view" <"$work/answer"
        echo "(exit $rc)"
        [ $rc = "$want" ] || echo "!! the status should be $want"
    }
}

# change NEW OLD SED_SCRIPT...: NEW is OLD with a few words changed; a script that changes nothing is an error.
change() {
    local new=$1 script
    cp "$2" "$new"
    shift 2
    for script; do
        sed -E "$script" "$new" >"$work/changed"
        ! cmp -s "$work/changed" "$new" || { echo "$new: '$script' changes nothing" >&2; exit 1; }
        cp "$work/changed" "$new"
    done
}

# finish: compare the transcript with the expected one.
finish() {
    local expected=$here/expected/output.txt
    exec >&3 3>&-
    wait $teller
    ! grep -q '^!! ' "$transcript" || wrong=1
    if [ "${EXAMPLE_WRITE:-}" = 1 ]; then
        cp "$transcript" "$expected"
    elif ! diff -u "$expected" "$transcript" >"$work/diff"; then
        wrong=1
        printf '\nThe outcome is not the expected one:\n' >&2
        cat "$work/diff" >&2
    fi
    [ $wrong = 0 ] && printf '\nThe outcome is the expected one.\n'
    exit $wrong
}
