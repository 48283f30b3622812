/* fleet_yaml.h - the reader of fleet files. The format is docs/fleet-file.md. */
#ifndef BERTH_READ_FLEET_YAML_H
#define BERTH_READ_FLEET_YAML_H

#include "model/fleet.h"
#include "read/yaml.h"

/* Read a fleet file. `catalogue` (borrowed for the call) has the chips that pools may name; those
 * that are used are copied into the fleet. On success *out is indexed and lives in `arena`. On
 * failure all mistakes are in `errs` and the result is ERR_INVALID; *out is not to be used. */
enum err fleet_yaml_read(struct str bytes, const char *file_name, const struct chip *catalogue,
                         uint32_t catalogue_count, struct arena *arena, struct fleet *out,
                         struct yaml_errors *errs);

#endif
