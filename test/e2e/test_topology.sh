#!/bin/bash
# Switches by name: Slurm's words show them, jobs are told of them, gangs go by them, and a fleet that
# rewires a pool is applied, recorded and replayed.
. "$(dirname "$0")/lib.sh"
scontrol() { "$BERTH" scontrol "$@"; }

sed '/^    nodes: c\[01-02\]/{
s/c\[01-02\]/c[01-06]/
a\    switches:\n      s0: {nodes: "c[01,05]"}\n      s1: {nodes: "c[02-04]"}\n      s2: {switches: "s[0-1]"}
}' "$HERE/fleet.yaml" >"$WORK/fleet.yaml"
FLEET=$WORK/fleet.yaml
start_daemon

expect "all switches, as Slurm prints them" "$(scontrol show topology)" \
    "SwitchName=s0 Level=0 LinkSpeed=1 Nodes=c[01,05]
SwitchName=s1 Level=0 LinkSpeed=1 Nodes=c[02-04]
SwitchName=s2 Level=1 LinkSpeed=1 Nodes=c[01-05] Switches=s[0-1]"
expect "one by name" "$(scontrol show topology s1)" "SwitchName=s1 Level=0 LinkSpeed=1 Nodes=c[02-04]"
expect "those above a node" "$(scontrol show topo c05 | cut -d ' ' -f 1)" "SwitchName=s0
SwitchName=s2"
expect_exit 1 scontrol show topology c06
expect_match "a name that is neither" "$ERR" "contains no switch or node named c06"
expect_match "a node names its switch" "$(scontrol -o show node c04)" " BerthSwitch=s1"
expect "and one without does not" "$(scontrol -o show node c06 | grep -c BerthSwitch || true)" 0
expect_match "berth info has them" "$("$BERTH" info --switches -h)" "cpu +s2 +1 +5 +s0 s1"
expect "and its JSON" "$("$BERTH" info --switches --json | jq -c '.pools[0] | [.pool, .switches[2].node_count, .switches[2].switches]')" \
    '["cpu",5,["s0","s1"]]'

# Three whole nodes fit on one leaf only; the script is told of its first node's switches.
gang=$(submit -p cpu -N 3 --ntasks-per-node=32 -o "$WORK/out" --wrap 'echo $SLURM_TOPOLOGY_ADDR $SLURM_TOPOLOGY_ADDR_PATTERN; sleep 600')
wait_state "$gang" RUNNING
expect "a gang goes to one leaf" "$("$BERTH" squeue -h -j "$gang" -o %N)" "c[02-04]"
expect_match "why says where it is" "$("$BERTH" why "$gang")" "Network +all nodes on switch s1"
told() { grep -q . "$WORK/out" 2>/dev/null; }
wait_for 20 told || fail "the job wrote nothing"
expect "where it hangs" "$(cat "$WORK/out")" "s2.s1.c02 switch.switch.node"

# Another waits for room on one switch.
second=$(submit -p cpu -N 3 --ntasks-per-node=32 --switches=1 --wrap true)
expect "it waits" "$(job_state "$second")" PENDING

# The pool is rewired while a job runs there.
sed 's/s0: {nodes: "c\[01,05\]"}/s0: {nodes: "c[01,05-06]"}/' "$FLEET" >"$WORK/rewired.yaml"
expect "what would change" "$("$BERTH" fleet apply --dry-run "$WORK/rewired.yaml" | grep switch)" \
    "~ pool cpu: switch s0 c[01],c[05] -> c[01],c[05-06]"
"$BERTH" fleet apply "$WORK/rewired.yaml" >/dev/null
wait_state "$second" COMPLETED
expect_match "it ran on the leaf that grew" "$("$BERTH" sacct -n -X -P -j "$second" -o NodeList)" '^c\[01,05-06\]$'

# A mistake is told at its place.
sed 's/c\[01,05\]/c[01,07]/' "$FLEET" >"$WORK/wrong.yaml"
expect_exit 1 "$BERTH" fleet check "$WORK/wrong.yaml"
expect_match "a node that is not there" "$ERR" "wrong.yaml:[0-9]+:[0-9]+: pool 'cpu': switch 's0' has node 'c07', which the pool does not have"

stop_daemon
expect_match "the ledger is whole" "$("$BERTH" ledger verify)" "records"
expect "every decision comes out again" "$("$BERTH" replay >/dev/null && echo same)" same
