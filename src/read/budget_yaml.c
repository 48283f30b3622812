#include "read/budget_yaml.h"

#include "base/civil.h"
#include "base/money.h"

static void read_amount(struct yaml_errors *errs, const struct yaml_node *n, struct budget *out)
{
    if (n->kind == YAML_SCALAR && money_parse(n->text, &out->amount_uusd) &&
        out->amount_uusd <= BUDGET_MAX_UUSD)
        return;
    yaml_fail(errs, n, "expected an amount in USD such as 250000 or 1200.50");
}

/* "14 days", "1 day" */
static bool days_of(struct str s, uint32_t *out)
{
    size_t digits = 0;
    while (digits < s.len && s.p[digits] >= '0' && s.p[digits] <= '9') digits++;
    struct str unit = {s.p + digits, s.len - digits};
    uint64_t days = 0;
    if (!str_to_u64((struct str){s.p, digits}, &days)) return false;
    if (!str_eqz(unit, " days") && !(days == 1 && str_eqz(unit, " day"))) return false;
    *out = (uint32_t)days;
    return days > 0 && days <= BUDGET_DAYS_MAX;
}

static void read_per(struct yaml_errors *errs, const struct yaml_node *n, struct budget *out)
{
    static const int words[] = {BUDGET_EVER, BUDGET_MONTH, BUDGET_QUARTER, BUDGET_YEAR};
    if (n->kind == YAML_SCALAR) {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (yaml_is(n, budget_names[words[i]])) out->per = words[i];
        if (out->per != BUDGET_NONE) return;
        out->days = 1;
        if (yaml_is(n, "day") || days_of(n->text, &out->days)) {
            out->per = BUDGET_DAYS;
            return;
        }
    }
    yaml_fail(errs, n,
              "expected month, quarter, year, ever, or a number of days such as 14 days "
              "(at most %d)",
              (int)BUDGET_DAYS_MAX);
}

static void read_from(struct yaml_errors *errs, const struct yaml_node *n, struct budget *out)
{
    if (!yaml_date(errs, n, false, &out->from_ms)) return;
    if (out->from_ms < 0 || out->from_ms > INSTANT_MAX_MS)
        yaml_fail(errs, n, "a budget begins between 1970 and 9998");
    else if (out->per >= BUDGET_MONTH &&
             (out->from_ms % CIVIL_DAY_MS != 0 || civil_of_ms(out->from_ms).day > 28))
        yaml_fail(
            errs, n,
            "with per: %s it begins on one of the first 28 days of a month, which every month "
            "has",
            budget_names[out->per]);
}

void budget_yaml_read(struct yaml_errors *errs, const struct yaml_node *n, struct budget *out)
{
    static const char *const keys[] = {"amount", "per", "from", NULL};
    *out = (struct budget){0};
    if (!yaml_map(errs, n, keys) && n->kind != YAML_MAP) return;
    const struct yaml_node *x = yaml_need(errs, n, "amount");
    if (x != NULL) read_amount(errs, x, out);
    if ((x = yaml_need(errs, n, "per")) != NULL) read_per(errs, x, out);
    if ((x = yaml_get(n, "from")) != NULL) read_from(errs, x, out);
}
