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
expect_match "the rule's page says the same" "$("$BERTH" law show XA-1 --law packs --on 2026-03-01)" "stands +in doubt"
expect_match "and binds before" "$("$BERTH" law show XA-1 --law packs --on 2025-03-01)" "stands +binds"
echo '{on: 2026-03-01, act: export, from: XA, to: XB, amount: 8}' >case.yaml
expect_exit 3 "$BERTH" check --law packs case.yaml
expect_match "what to find out, and what to put on record then" "$(tr -s ' \n' ' ' <<<"$OUT")" \
    'ask: Was it extended\? If so, put on record xa_extended; if not, xa_lapsed'
