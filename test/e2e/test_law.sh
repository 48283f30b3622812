#!/bin/bash
# berth law list and show: how a rule stands on a date, one in doubt included; and how doubt is asked about.
source "$(dirname "$0")/lib.sh"
cd "$WORK"
mkdir -p packs/doubted
printf "pack: doubted\ntitle: The Republic of Example\njurisdiction: XA\n" >packs/doubted/pack.yaml
cat >packs/doubted/rules.yaml <<'PACK'
rules:
  - rule: XA-1
    title: Licence for controlled chips
    level: law
    published: 2024-01-01
    effective: 2024-02-01
    doubt:
      from: 2026-01-01
      ask: Was it extended?
      confirmed_by: xa_extended
      denied_by: xa_lapsed
    acts: [export]
    when: amount > 0
    then: {licence: {authority: XA-TRADE}}
    cite: Example Code 1
    source: https://law.example/code/1
    read: 2026-09-20
    confidence: high
    basis: verbatim
    examples:
      - refused: Eight chips
        case: {on: 2025-06-01, act: export, from: XA, to: XB, amount: 8}
        expect: licence
      - permitted: None
        case: {on: 2025-06-01, act: export, from: XA, to: XB, amount: 0}
        expect: permit
PACK
stands() { "$BERTH" law list --law packs --on "$1" | awk '$1 == "XA-1" { $1 = $2 = $3 = $4 = $5 = ""; print }' | sed -E 's/^ +//; s/ licence.*//'; }
expect "before it begins" "$(stands 2024-01-15)" "not yet"
expect "while it binds" "$(stands 2025-12-31)" "binds"
expect "while nobody knows" "$(stands 2026-01-01)" "in doubt"
expect "the same as JSON" "$("$BERTH" law list --json --law packs --on 2026-03-01 | jq -c '[.rules[0].rule,.rules[0].stands,.rules[0].then]')" '["XA-1","in doubt","licence"]'
expect "and the rule whole" "$("$BERTH" law show --json XA-1 --law packs | jq -c '[.pack,.rules[0].id // .rules[0].rule]')" '["doubted","XA-1"]'
expect_match "the rule's page says the same" "$("$BERTH" law show XA-1 --law packs --on 2026-03-01)" "stands +in doubt"
expect_match "and binds before" "$("$BERTH" law show XA-1 --law packs --on 2025-03-01)" "stands +binds"
echo '{on: 2026-03-01, act: export, from: XA, to: XB, amount: 8}' >case.yaml
expect_exit 3 "$BERTH" check --law packs case.yaml
expect_match "what to find out, and what to put on record then" "$(tr -s ' \n' ' ' <<<"$OUT")" \
    'ask: Was it extended\? If so, put on record xa_extended; if not, xa_lapsed'

# What would slip past every rule is refused, at its place.
mkdir -p twice/one twice/two
for p in one two; do
    sed "s/pack: doubted/pack: $p/" packs/doubted/pack.yaml >twice/$p/pack.yaml
    cp packs/doubted/rules.yaml twice/$p/
done
expect_exit 1 "$BERTH" law list --law twice
expect_match "a rule in two packs" "$ERR" "twice/two/rules.yaml:2:11: rule 'XA-1' exists already in another pack"
mkfifo packs/doubted/late.yaml
expect_exit 1 timeout 20 "$BERTH" law list --law packs
expect_match "a pipe in a pack is not waited for" "$ERR" "late.yaml: not a file"
rm packs/doubted/late.yaml
expect_exit 1 "$BERTH" check --law packs --bind= case.yaml
expect_match "binding no level at all" "$ERR" "--bind names no level"
expect_exit 1 "$BERTH" law show XA-2 --law packs
expect_match "a rule misspelt" "$ERR" "did you mean 'XA-1'"
expect_exit 1 "$BERTH" law diff --from 2026-01-01 --to 2026-01-01 --law packs case.yaml
expect_match "one date twice" "$ERR" "the same date"
echo '{on: never}' >wrong.yaml
expect_exit 1 "$BERTH" check --law packs wrong.yaml case.yaml
expect_match "a wrong file keeps no other from being judged" "$ERR$OUT" "wrong.yaml:1:6.*export from XA to XB"

# A deal is looked at again when an owner buys or sells, not only when the law changes.
mkdir -p owned/owned
printf "pack: owned\ntitle: The Republic of Example\njurisdiction: XA\n" >owned/owned/pack.yaml
cat >owned/owned/rules.yaml <<'PACK'
rules:
  - rule: XA-OWNED
    title: No use by who is owned from XC
    level: law
    effective: 2024-01-01
    acts: [place]
    when: chain.tenant.ultimate_parent_hq == "XC"
    then: forbid
    cite: Example Code 2
    source: https://law.example/code/2
    read: 2026-09-20
    confidence: high
    basis: verbatim
    examples:
      - refused: Owned from there
        case: {on: 2025-06-01, act: place, chain: {tenant: {id: t, hq: XA, ultimate_parent_hq: XC}}}
        expect: forbid
      - permitted: Owned at home
        case: {on: 2025-06-01, act: place, chain: {tenant: {id: t, hq: XA, ultimate_parent_hq: XA}}}
        expect: permit
PACK
cat >deal.yaml <<'DEAL'
deal: lease
signed: 2026-01-15
ends: 2029-12-31
chips: [{chip: {id: big}, amount: 8, site: {country: XA}}]
chain: {tenant: {id: t, country: XA, hq: XA, owners: [{party: buyer, share: 60%, from: 2027-03-01, to: 2028-02-29}]}}
parties: [{id: buyer, country: XC, hq: XC, owners: []}]
DEAL
expect "what whoever signs wants to know, and on which days it changes" \
    "$("$BERTH" check --law owned deal.yaml | sed -n '2,/^$/p' | sed -E 's/ +$//')" "\
On signing day 2 of its 2 acts may be done. From 2027-03-01 on one that may be done then may not.
DATE        ACT                   VERDICT  RULES AND OPEN FACTS
2026-01-15  lease to XA, 8 x big  PERMIT   -
2026-01-15  place in XA, 8 x big  PERMIT   -
2027-03-01  place in XA, 8 x big  FORBID   XA-OWNED
2028-03-01  place in XA, 8 x big  PERMIT   -"

# A draft beside stored cases needs no daemon; a permit under no rule, and a catalogue that is missing, are told.
mkdir stored
cp case.yaml stored/
expect_exit 0 env BERTH_LAW=owned BERTH_SOCKET="$WORK/none.sock" "$BERTH" law diff --with packs/doubted --cases stored
expect_match "what a draft changes for stored cases" "$OUT$ERR" "1 of 1 verdicts on cases change.*no daemon answers"
echo '{on: 2025-06-01, act: export, amount: 8, permits: [{rule: XA-11, holder: consignee}]}' >permit.yaml
expect_exit 2 "$BERTH" check --law packs permit.yaml
expect_match "a permit under a rule that is misspelt" "$ERR" "no pack has the rule 'XA-11' of a permit"
echo '{on: 2025-06-01, act: export, chip: h100-sxm}' >chip.yaml
expect_exit 1 env BERTH_DATA="$WORK" "$BERTH" check --law packs chip.yaml
expect_match "no catalogue of chips" "$ERR" 'no catalogue of chips was found.*BERTH_DATA'
