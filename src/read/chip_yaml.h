/* chip_yaml.h - a chip, or what differs from the catalogue's, in YAML: the key `chips` of a fleet
 * file and the key `chip` of a case. */
#ifndef BERTH_READ_CHIP_YAML_H
#define BERTH_READ_CHIP_YAML_H

#include "model/fleet.h"
#include "read/yaml.h"

/* The keys of a chip, NULL at the end; the first is "id". */
extern const char *const chip_yaml_keys[];

/* `900`, `54000..56000` (best value in the middle), `7700(7700..8000)`, `unknown`, or {value, lo,
 * hi}; at most three decimals. */
bool yaml_quantity(struct yaml_errors *errs, const struct yaml_node *n, struct quantity *out);

/* Set the fields of *chip that the map states, whatever its key order; `id` is left alone. */
bool chip_yaml_read(struct yaml_errors *errs, const struct yaml_node *map, struct chip *chip);

#endif
