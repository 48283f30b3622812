# prices.awk - the lease against buying, in USD per 1,000 dense FP8 TOPS and hour. No verdict: a figure beside it.
#   awk -F, -v lease=USD -v days=N -f prices.awk data/chips.csv data/prices.csv
# Bought chips are written off in `years`, draw their rated power all the time at `power` USD/kWh (CN, business),
# and bear what the law adds in money: 25 % duty on the H200 (US-S232-2026). Servers, rooms and people are left out,
# so buying looks cheaper here than it is. Fields read stand before any quoted one.
BEGIN { years = 4; hours = years * 8760 }
FNR == 1 { file++ }
file == 1 { fp8[$1] = $7; watts[$1] = $13 }
file == 2 && $1 == "power" && $5 == "CN" && $7 != "" { power = $7 }
file == 2 && $1 == "purchase" && $5 == "CN" && $2 == "h20-96" && $7 != "" { price["h20-96"] = $7 } # the latest row
file == 2 && $1 == "purchase" && $5 == "CN" && $2 == "h200-sxm" && $7 != "" { price["h200-sxm"] = $7 * 1.25 }
function line(what, usd, tops) { printf "%-34s %8.3f USD/chip-h %8.3f USD per 1,000 TOPS-h\n", what, usd, usd / tops * 1000 }
END {
    line("lease, 15,000 Blackwell", lease / 15000 / (days * 24), fp8["b200"])
    n = split("h200-sxm h20-96", kind, " ")
    for (i = 1; i <= n; i++) {
        k = kind[i]
        line("buy " k " at " price[k] " USD", price[k] / hours + watts[k] / 1000 * power, fp8[k])
    }
}
