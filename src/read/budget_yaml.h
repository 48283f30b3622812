/* budget_yaml.h - the budget of a tenant in a fleet file:
 *
 *     budget: {amount: 250000, per: quarter, from: 2026-04-01}
 *
 * amount: USD, at most six decimals. per: month, quarter, year (of the calendar, UTC, counted from
 * `from`), day, "N days", or ever. from: the first day; 1970-01-01 when absent, so that months,
 * quarters and years are those of the calendar. */
#ifndef BERTH_READ_BUDGET_YAML_H
#define BERTH_READ_BUDGET_YAML_H

#include "model/fleet.h"
#include "read/yaml.h"

/* Faults are reported at their place; *out is then worthless. */
void budget_yaml_read(struct yaml_errors *errs, const struct yaml_node *n, struct budget *out);

#endif
