# lib.sh - what the scenarios' `run` files share: they ask, keep a transcript, and compare it.
#   BERTH=PATH            the binary; else build/berth of this tree, else the one on PATH
#   EXAMPLE_WRITE=1       write expected/output.txt instead of comparing with it
# A `run` sources this file with $here set to its own folder, and ends with `finish`. It succeeds when
# every command ended with the status it was said to end with, and the transcript is the expected one.
set -euo pipefail
root=$(cd "$here/../.." && pwd)
if [ -z "${BERTH:-}" ]; then
    BERTH=$root/build/berth
    [ -x "$BERTH" ] || BERTH=$(command -v berth) || { echo "build it first: make" >&2; exit 1; }
fi
case $BERTH in */*) BERTH=$(cd "$(dirname "$BERTH")" && pwd)/$(basename "$BERTH") ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/berth-example-XXXXXX")
trap 'rm -rf "$work"' EXIT
unset BERTH_URL BERTH_TOKEN BERTH_SOCKET BERTH_STATE
export BERTH_LAW=$root/law BERTH_DATA=$root/data COLUMNS=100 NO_COLOR=1 LC_ALL=C TZ=UTC
transcript=$work/transcript
wrong=0
cd "$here"

# tell TEXT: a line of the story.
tell() { printf '\n== %s\n' "$*" | tee -a "$transcript"; }

# ask STATUS COMMAND...: show the command as a user types it and what it answers; it must end with STATUS.
# Standard input is the command's: `changed SED_SCRIPT FILE | ask 2 berth check -`.
ask() {
    local want=$1 rc=0
    shift
    { printf '\n$ %s\n' "$*"; } >"$work/shown"
    if [ "$1" = berth ]; then set -- "$BERTH" "${@:2}"; fi
    "$@" >>"$work/shown" 2>&1 || rc=$?
    echo "(exit $rc)" >>"$work/shown"
    tee -a "$transcript" <"$work/shown"
    if [ $rc != "$want" ]; then
        printf '!! the status should be %s\n' "$want" | tee -a "$transcript"
    fi
}

# changed SED_SCRIPT FILE: the file with one thing changed; it is an error when nothing changes.
changed() {
    sed -E "$1" "$2" >"$work/changed"
    ! cmp -s "$work/changed" "$2" || { echo "$2: '$1' changes nothing" >&2; exit 1; }
    cat "$work/changed"
}

# finish: compare the transcript with the expected one.
finish() {
    local expected=$here/expected/output.txt
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
