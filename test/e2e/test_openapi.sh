#!/bin/bash
# docs/openapi.yaml against a running daemon: every operation is called, and what is sent and answered
# fits its description (the checker: test/unit/cli/test_openapi_calls.c).
source "$(dirname "$0")/lib.sh"
CHECKER=$(dirname "$BERTH")/unit/cli/test_openapi_calls
[ -x "$CHECKER" ] || fail "build the checker first: make BUILD=$(dirname "$BERTH") unit-build"
LEASED='  rented:\n    site: lab\n    chip: h100-sxm\n    nodes: r[1-2]\n    chips_per_node: 8\n    cpus_per_node: 32\n    memory_per_node: 256G\n    switches: {a: {nodes: r1}, b: {switches: [a]}}\n    title: {leased: {lessor: owner, owner: owner, price: "2.10", from: 2026-01-01, to: 2036-12-31}}'
sed "s/^pools:/&\n$LEASED/" "$FLEET" >"$WORK/fleet.yaml"
FLEET=$WORK/fleet.yaml
start_daemon
cd "$WORK"
touch calls
calls=0

# call STATUS METHOD PATH [BODY [TYPE]]: the reply is in the file `reply`; what happened is noted.
call() {
    local status=$1 method=$2 path=$3 type=${5:-application/json} request=- got
    calls=$((calls + 1))
    local args=(-s -m 30 --unix-socket "$BERTH_SOCKET" -X "$method" -o "reply.$calls" -w '%{http_code}\t%{content_type}')
    if [ $# -ge 4 ]; then
        printf '%s' "$4" >"request.$calls"
        args+=(-H "Content-Type: $type" --data-binary "@request.$calls")
        # What is sent wrongly on purpose is not held against its description.
        [ "$type" != application/json ] || [ "$status" -ge 400 ] || request=$WORK/request.$calls
    fi
    got=$(curl "${args[@]}" "http://berth$path") || fail "$method $path: curl ended with $?"
    [ "${got%%$'\t'*}" = "$status" ] || fail "$method $path gave $got: $(head -c 600 "reply.$calls")"
    printf '%s\t%s\t%s\t%s\t%s\n' "$method" "$path" "$got" "$request" "$WORK/reply.$calls" >>calls
    cp "reply.$calls" reply
}
# spec SCRIPT [MORE]: a job's specification.
spec() {
    jq -nc --arg script $'#!/bin/sh\n'"$1"$'\n' --arg dir "$WORK" --argjson uid "$(id -u)" \
        '{name:"call",user:"me",uid:$uid,tasks:1,data_known:true,workdir:$dir,script:$script} + '"${2:-{\}}"
}

call 200 GET /v1/ping
call 201 POST /v1/jobs "{\"key\":\"k1\",\"spec\":$(spec 'sleep 60' '{chips:8,time_limit_ms:300000}')}"
call 201 POST /v1/jobs "{\"key\":\"k1\",\"spec\":$(spec 'sleep 60' '{chips:8,time_limit_ms:300000}')}"
expect "a known key repeats the reply" "$(jq -c '[.job_id,.repeated]' reply)" "[1,true]"
wait_state 1 RUNNING
call 201 POST /v1/jobs "{\"spec\":$(spec true '{hold:true,array_tasks:[1,2,3]}')}"
call 201 POST /v1/jobs "{\"spec\":$(spec 'exit 3')}"
wait_state 5 FAILED
call 400 POST /v1/jobs "{\"spec\":$(spec true '{colour:"red"}')}"
call 400 POST /v1/jobs '{"spec":'
call 200 POST /v1/plan "{\"spec\":$(spec true '{chips:16,chip_kinds:["h100-sxm"]}')}"
call 200 GET /v1/jobs
call 200 GET '/v1/jobs?state=all&limit=2'
expect "a page says how to go on" "$(jq -c '[(.jobs|length),.next]' reply)" "[2,2]"
call 400 GET '/v1/jobs?state=lost'
for id in 1 2 5; do
    call 200 GET /v1/jobs/$id
    call 200 GET /v1/jobs/$id/spec
    call 200 GET /v1/jobs/$id/why
    call 200 GET "/v1/jobs/$id/why?pool=gpu"
done
call 404 GET /v1/jobs/77
call 200 GET /v1/speeds
call 200 POST '/v1/speeds?name=own.csv' $'type,chip,chips,steps_per_s,source\nmine,h100,8,12.5,us\n' text/csv
call 400 POST /v1/speeds $'type,chip,chips,steps_per_s,source\nmine,h100,0,12.5,us\n' text/csv
call 404 GET '/v1/jobs/1/why?pool=none'
call 200 PATCH /v1/jobs/2 '{"fields":["name","time_limit"],"spec":{"name":"other","time_limit_ms":60000}}'
expect "the change shows in the reply" "$(jq -r .name reply)" other
call 400 PATCH /v1/jobs/2 '{"fields":[],"spec":{}}'
call 200 POST /v1/jobs/2/release
call 201 POST /v1/jobs "{\"spec\":$(spec true '{hold:true,array_tasks:[7,8,9]}')}"
call 200 POST /v1/jobs/6/hold
call 200 POST /v1/jobs/6/cancel '{"array":true}'
expect "a whole array is cancelled at once" "$(api GET '/v1/jobs?state=CANCELLED&id=6' | jq '.jobs|length')" 3
call 409 POST /v1/jobs/6/cancel '{"array":true}'
call 200 POST /v1/jobs/1/cancel '{"signal":18}'
call 400 POST /v1/jobs/1/cancel '{"signal":99}'
call 200 POST /v1/jobs/1/requeue
wait_state 1 RUNNING
call 200 POST /v1/jobs/1/requeuehold
call 200 POST /v1/jobs/1/release
wait_state 1 RUNNING
call 200 POST /v1/jobs/1/cancel
wait_state 1 CANCELLED
call 409 POST /v1/jobs/1/hold
call 200 GET /v1/acct
call 200 GET '/v1/acct?limit=3&after=1&from_ms=1'
call 400 GET '/v1/acct?from_ms=noon'
call 200 GET /v1/pools
for pool in gpu cpu debug rented; do call 200 GET /v1/pools/$pool/nodes; done
call 200 GET /v1/pools/rented/switches
expect "the switches of a pool" "$(jq -r '.switches[].nodes' reply | tr '\n' ' ')" "r1 r1 "
call 404 GET /v1/pools/nowhere/switches
call 200 GET /v1/shares
expect "the accounts" "$(jq -r '.shares[0].account' reply)" lab
call 200 GET /v1/leases
expect "the leased pool" "$(jq -r '.leases[].pool' reply)" rented
call 200 POST /v1/nodes '{"changes":[{"pool":"gpu","first":1,"count":2,"state":"drain","reason":"repair"}]}'
call 200 GET /v1/pools/gpu/nodes
call 200 POST /v1/nodes '{"changes":[{"pool":"gpu"}]}'
call 400 POST /v1/nodes '{"changes":[]}'
call 200 GET /v1/fleet
call 200 POST '/v1/fleet?dry_run=1&name=fleet.yaml' "$(sed 's/price: "2.10"/price: "2.20"/' "$FLEET")" application/yaml
expect "what it would change" "$(jq -c '[(.diff|length),.applied]' reply)" "[1,null]"
call 200 POST '/v1/fleet?name=fleet.yaml' "$(sed 's/price: "2.10"/price: "2.20"/' "$FLEET")" application/yaml
call 422 POST /v1/fleet 'fleet: {a: b' application/yaml
call 200 POST /v1/law "{\"dir\":\"$BERTH_LAW\"}"
call 200 GET /v1/law
call 200 POST /v1/law/bind '{"levels":["law","act"]}'
call 200 GET '/v1/law/diff?from_ms=1735689600000&to_ms=1798761600000'
expect "every pool is compared between two dates of the law" "$(jq -c '.compared >= 2' reply)" true
call 400 GET '/v1/law/diff?from_ms=soon&to_ms=1'
case='{on: 2024-06-01, act: export, from: XA, to: XC, chip: {id: big, tpp: 15832, pd: 19}, amount: 8}'
call 200 POST /v1/check "$case" application/yaml
call 200 POST /v1/check "[$case, $case]" application/yaml
call 422 POST /v1/check 'on: never' application/yaml
call 200 GET /v1/ledger
call 200 GET '/v1/ledger?from=2&limit=3'
expect "a page of the ledger" "$(jq -c '[[.records[].seq],.next]' reply)" "[[2,3,4],5]"
call 200 GET /v1/ledger/checkpoint
call 200 GET /metrics

# The stream has no end: it is left after its first words.
curl -sN -m 20 --unix-socket "$BERTH_SOCKET" -D head -o stream http://berth/v1/events &
stream=$!
wait_for 30 grep -qs connected stream || fail "no event stream"
kill $stream && wait $stream 2>/dev/null || true
type=$(sed -n 's/^[Cc]ontent-[Tt]ype: *\([^\r]*\).*/\1/p' head)
printf 'GET\t/v1/events\t200\t%s\t-\t%s\n' "$type" "$WORK/stream" >>calls

cd "$ROOT"
expect_exit 0 "$CHECKER" "$WORK/calls"
expect_match "all fits docs/openapi.yaml" "$OUT" "^[0-9]+ calls fit"
# The checker bites: an answer with a property that is not described, and an operation left out.
jq -c '.colour = "red"' "$WORK/reply.1" >"$WORK/red" && cp "$WORK/red" "$WORK/reply.1"
expect_exit 1 "$CHECKER" "$WORK/calls"
expect_match "an undescribed property is noticed" "$OUT" "GET /v1/ping gave 200: the body: has, what is not described, colour"
sed -i '/\/v1\/ping/d' "$WORK/calls"
expect_exit 1 "$CHECKER" "$WORK/calls"
expect_match "an operation left out is noticed" "$OUT" "get /v1/ping was not called"
