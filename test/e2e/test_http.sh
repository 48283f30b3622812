#!/bin/bash
# HTTP: tokens, other users, event streams, metrics, idempotency, methods and paths that do not exist.
source "$(dirname "$0")/lib.sh"
LISTEN=127.0.0.1:0
start_daemon
url=$(sed -n 's/.*\(http:[^ ]*\)$/\1/p' "$WORK/daemon.log")
token=$(awk '/^operator/ { print $3 }' "$BERTH_STATE/tokens")
status() { curl -s -o "$WORK/body" -w '%{http_code}' -m 10 "$@"; }

expect "the token file is private" "$(stat -c %a "$BERTH_STATE/tokens")" 600
expect "no token" "$(status "$url/v1/ping")" 401
expect "a wrong token" "$(status -H "Authorization: Bearer ${token%?}x" "$url/v1/ping")" 401
expect "the token" "$(status -H "Authorization: Bearer $token" "$url/v1/ping")" 200
auth=(-H "Authorization: Bearer $token")
expect "no such path" "$(status "${auth[@]}" "$url/v1/nothing")" 404
expect "no such method" "$(status "${auth[@]}" -X DELETE "$url/v1/pools")" 405
expect "no such job" "$(status "${auth[@]}" "$url/v1/jobs/77")" 404
expect "errors are JSON" "$(jq -r .error "$WORK/body")" not-found
expect "garbage is refused" "$(status "${auth[@]}" -d '{"spec": [' "$url/v1/jobs")" 400
expect "an unknown key is refused" "$(status "${auth[@]}" -d '{"spec":{"colour":"red"}}' "$url/v1/jobs")" 400
expect_match "by its path" "$(cat "$WORK/body")" "spec.colour"
head -c 20000000 /dev/zero | tr '\0' x >"$WORK/large"
code=$(status "${auth[@]}" -H "Expect:" --data-binary "@$WORK/large" "$url/v1/jobs" || true)
expect_match "a body over the limit is refused" "$code" "413|000"

curl -sN -m 20 "${auth[@]}" "$url/v1/events" >"$WORK/events" &
stream=$!
wait_for 30 grep -q connected "$WORK/events" || fail "no event stream"
job='{"key":"h1","spec":{"name":"web","user":"me","uid":'$(id -u)',"tasks":1,"data_known":true,"workdir":"'$WORK'","script":"#!/bin/sh\ntrue\n"}}'
expect "a job without a script is refused" "$(status "${auth[@]}" -d '{"spec":{"workdir":"/"}}' "$url/v1/jobs")" 400
expect "and one without a folder" "$(status "${auth[@]}" -d '{"spec":{"script":"#!/bin/sh"}}' "$url/v1/jobs")" 400
expect_match "a body that is no object" "$(curl -s "${auth[@]}" -d '[]' "$url/v1/jobs")" '"the body: not an object"'
expect_match "a filter that is none is no filter" "$(curl -s "${auth[@]}" "$url/v1/jobs?stat=PENDING")" 'stat: no such parameter; /v1/jobs takes: state user'
expect_match "a method that is not taken" "$(curl -si "${auth[@]}" -X DELETE "$url/v1/jobs")" '405.*Allow: POST, GET'
expect "a job over HTTP" "$(status "${auth[@]}" -d "$job" "$url/v1/jobs")" 201
wait_state 1 COMPLETED
wait_for 30 grep -q '"ended"' "$WORK/events" || fail "events: $(cat "$WORK/events")"
say "ok: the stream told placement and end"
kill $stream 2>/dev/null || true

# A stream goes on behind the last event that was read, to the single decision.
since() { curl -sN -m 2 "${auth[@]}" -H "Last-Event-ID: $1" "$url/v1/events" 2>/dev/null | grep '^id:' | tr -d '\n' || true; }
all=$(since 0)
expect "a stream from the beginning is what was told" "$all" "$(grep '^id:' "$WORK/events" | tr -d '\n')"
first=$(sed -n 's/^id: //p' "$WORK/events" | head -n 1)
expect "behind the first event come the others" "id: $first$(since "$first")" "$all"
expect "behind the last nothing" "$(since "$(api GET '/v1/ledger?from=1&limit=10000' | jq '.records[-1].seq')")" ""
expect "an id that is none" "$(status "${auth[@]}" -H 'Last-Event-ID: 4711' "$url/v1/events")" 400
expect "HEAD is GET without a body" "$(curl -sI "${auth[@]}" "$url/v1/pools" | tr -d '\r' | sed -n '1p;/^Content-Type/p')" "HTTP/1.1 200 OK
Content-Type: application/json"
expect "also of a stream" "$(curl -sI -m 5 "${auth[@]}" "$url/v1/events" | head -n 1 | tr -d '\r')" "HTTP/1.1 200 OK"
# A key answers the request that it came with again, and no other.
expect "the same request again" "$(curl -s "${auth[@]}" -d "$job" "$url/v1/jobs" | jq -c '[.job_id,.repeated]')" "[1,true]"
expect "in other words and by the header" "$(curl -s "${auth[@]}" -H "Idempotency-Key: h1" -d "$(jq 'del(.key)' <<<"$job")" "$url/v1/jobs" | jq -c '[.job_id,.repeated]')" "[1,true]"
expect "another request with that key" "$(status "${auth[@]}" -d "${job/web/other}" "$url/v1/jobs")" 409
expect_match "is told whose it is" "$(cat "$WORK/body")" "key 'h1' came with another request, job 1"
expect "a path that is too long" "$(status "${auth[@]}" "$url/v1/jobs?name=$(head -c 40000 /dev/zero | tr '\0' a)")" 414
expect "a header that is too long" "$(status "${auth[@]}" -H "X-Long: $(head -c 40000 /dev/zero | tr '\0' a)" "$url/v1/jobs")" 431
# Requests behind each other on one connection, the second of them junk: the first is answered.
exec 9<>"/dev/tcp/127.0.0.1/${url##*:}"
printf 'GET /v1/ping HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer %s\r\n\r\nJUNK \001\r\n\r\n' "$token" >&9
answers=$(timeout 10 grep -a '^HTTP' <&9 | tr -d '\r' | tr '\n' ' ') || true
exec 9<&-
expect_match "junk behind a request" "$answers" "^HTTP/1.1 200 OK (HTTP/1.1 400|$)"

curl -s "${auth[@]}" "$url/metrics" >"$WORK/metrics"
grep -q '^berth_ends_total 1$' "$WORK/metrics" || fail "metrics: $(grep ends "$WORK/metrics")"
bad=$(grep -vE '^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.]+)$' "$WORK/metrics" || true)
expect "every line of /metrics is well formed" "$bad" ""
expect "names are unique" "$(grep '^# TYPE' "$WORK/metrics" | awk '{print $3}' | sort | uniq -d)" ""

# The same names in CBOR, which Berth's own commands read lists of jobs in.
expect "a reply in CBOR" "$(status "${auth[@]}" -H 'Accept: application/cbor' -D "$WORK/head" "$url/v1/jobs?state=all") $(grep -ci '^content-type: application/cbor' "$WORK/head")" "200 1"
expect "errors stay JSON" "$(curl -s "${auth[@]}" -H 'Accept: application/cbor' "$url/v1/jobs/77" | jq -r .error)" not-found

# The history in pages: jobs that are over and jobs that wait, in one order of ids.
hold() { api POST /v1/jobs '{"spec":{"name":"'$1'","user":"me","uid":'$(id -u)',"tasks":1,"hold":true,"data_known":true,"workdir":"'$WORK'","script":"#!/bin/sh\ntrue\n"}}' >/dev/null; }
for n in a b c d e; do hold $n; done
for n in 3 5; do api POST /v1/jobs/$n/cancel >/dev/null; done
expect "all in one page" "$(api GET /v1/acct | jq -c '[[.jobs[].job_id],.next]')" "[[1,2,3,4,5,6],null]"
expect "the first page" "$(api GET '/v1/acct?limit=2' | jq -c '[[.jobs[].job_id],.next]')" "[[1,2],2]"
expect "the second" "$(api GET '/v1/acct?limit=2&after=2' | jq -c '[[.jobs[].job_id],.next]')" "[[3,4],4]"
expect "the last, which is full" "$(api GET '/v1/acct?limit=2&after=4' | jq -c '[[.jobs[].job_id],.next]')" "[[5,6],null]"
expect "pages of one state" "$(api GET '/v1/acct?limit=1&state=CANCELLED&after=3' | jq -c '[[.jobs[].job_id],.next]')" "[[5],null]"
expect "lists of names reach the history" "$(api GET '/v1/acct?name=b,c,d' | jq -c '[.jobs[].job_id]')" "[3,4,5]"
expect "who cancelled" "$(api GET '/v1/jobs/3' | jq -c '[.cancel_asked,.cancel_uid // 0]')" "[true,$(id -u)]"
for n in 2 4 6; do api POST /v1/jobs/$n/cancel >/dev/null; done

# Another user: over the unix socket the kernel tells who asks.
if [ "$(id -u)" = 0 ]; then
    other() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/ "$@"; }
    chmod 777 "$WORK"; chmod 755 "$BERTH_STATE" # reach the socket's folder; the files inside stay private
    expect "another user sees no job of mine" "$(other "$BERTH" squeue -h -t all)" ""
    sleeper=$(submit --wrap 'sleep 30')
    rc=0; other "$BERTH" scancel "$sleeper" 2>"$WORK/err" || rc=$?
    expect "and cannot cancel one" "$(job_state "$sleeper")" "RUNNING"
    rc=0; other "$BERTH" drain cpu 2>"$WORK/err" || rc=$?
    expect "nor drain a pool" "$rc" 1
    mkdir -m 777 "$WORK/theirs"
    mine=$(cd "$WORK/theirs" && other "$BERTH" sbatch --parsable --wrap 'id -u')
    wait_state "$mine" COMPLETED
    expect "a job runs as its submitter" "$(cat "$WORK/theirs/slurm-$mine.out")" 65534
    expect "and its output is the submitter's" "$(stat -c %u "$WORK/theirs/slurm-$mine.out")" 65534
    body='{"spec":{"name":"forged","user":"root","uid":0,"tasks":1,"data_known":true,"workdir":"/","script":"#!/bin/sh\nid\n"}}'
    expect "nobody submits as somebody else" "$(other curl -s -o /dev/null -w '%{http_code}' --unix-socket "$BERTH_SOCKET" -d "$body" http://berth/v1/jobs)" 403
    # A group is a claim as well: 0 (not stated) is the user's own, and one that is not the user's is refused.
    for gid in 0 42; do
        body='{"spec":{"name":"group'$gid'","user":"nobody","uid":65534,"gid":'$gid',"tasks":1,"data_known":true,"workdir":"'$WORK/theirs'","script":"#!/bin/sh\nid -G\n"}}'
        other curl -sf -o /dev/null --unix-socket "$BERTH_SOCKET" -d "$body" http://berth/v1/jobs || fail "group $gid"
    done
    wait_state $((mine + 1)) COMPLETED
    expect "without a group it has the user's own" "$(cat "$WORK/theirs/slurm-$((mine + 1)).out")" "$(id -G nobody)"
    wait_state $((mine + 2)) FAILED
    [ ! -e "$WORK/theirs/slurm-$((mine + 2)).out" ] || fail "it ran: $(cat "$WORK/theirs/slurm-$((mine + 2)).out")"
    expect_match "a group of others is refused" "$("$BERTH" ledger show --job $((mine + 2)) 2>/dev/null)" "not one of nobody.s groups"
    "$BERTH" scancel "$sleeper"
    wait_state "$sleeper" CANCELLED
fi
stop_daemon
