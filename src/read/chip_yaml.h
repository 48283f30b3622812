/* chip_yaml.h - a chip, or what differs from the catalogue's, in YAML: the key `chips` of a fleet
 * file and the key `chip` of a case. */
#ifndef BERTH_READ_CHIP_YAML_H
#define BERTH_READ_CHIP_YAML_H

#include "model/fleet.h"
#include "read/yaml.h"

/* The keys of a chip, NULL at the end; the first is "id". */
extern const char *const chip_yaml_keys[];

/* Set the fields of *chip that the map states, whatever its key order; `id` is left alone. */
bool chip_yaml_read(struct yaml_errors *errs, const struct yaml_node *map, struct chip *chip);

#endif
